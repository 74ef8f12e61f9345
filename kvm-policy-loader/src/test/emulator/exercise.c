// SPDX-License-Identifier: GPL-2.0
/*
 * Runs inside the emulator, on a stock kernel with the module: every call of
 * the ABI, right and wrong, around guests of one processor and of two. Prints
 * a line a check; the last line says whether all of them held.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "machine.h"

int failures;

static void said(int ok, const char *what, long got, long want)
{
	printf("POSTERN %s %s", ok ? "ok" : "FAILED", what);
	if (!ok)
		printf(": got %ld, not %ld", got, want);
	printf("\n");
	fflush(stdout);
	failures += !ok;
}

void check(const char *what, long got, long want)
{
	said(got == want, what, got, want);
}

void need(const char *what, long got, long want)
{
	if (got != want)
		said(0, what, got, want);
}

static void before_create(int fd)
{
	struct postern_info info = { .size = sizeof(info) };
	struct postern_alloc unknown = { .size = 4, .pages = 1 };
	struct postern_alloc alloc = { .size = sizeof(alloc) };
	struct postern_lock lock = { .size = sizeof(lock) };

	check("INFO", call(fd, POSTERN_INFO, &info), 0);
	check("INFO version", info.abi, POSTERN_ABI_VERSION);
	check("EPTP switching", info.vmfunc & 1, 1);
	check("another size", call(fd, POSTERN_ALLOC, &unknown), -E2BIG);
	check("another call", call(fd, _IOWR(POSTERN_MAGIC, 99, struct postern_info), &info),
	      -ENOTTY);
	check("ALLOC before CREATE", call(fd, POSTERN_ALLOC, &alloc), -EBADFD);
	check("LOCK before CREATE", call(fd, POSTERN_LOCK, &lock), -EBADFD);
	check("STATUS of nothing", status_of(0).state, 0);
}

/* A control nobody here can hold is refused, each by itself. */
static void refuse_unheld(int fd, struct postern_create create)
{
	static const int UNHELD[] = { 15, 20 };
	long all = -EOPNOTSUPP;
	unsigned int i;

	for (i = 0; i < sizeof(UNHELD) / sizeof(*UNHELD); i++) {
		create.profile = POSTERN_K(UNHELD[i]);
		if (call(fd, POSTERN_CREATE, &create) != -EOPNOTSUPP)
			all = UNHELD[i];
	}
	check("CREATE with a control nobody holds", all, -EOPNOTSUPP);
	create.profile = 0;
	create.exceptions = 1 << 2;
	check("CREATE that takes the host's NMIs", call(fd, POSTERN_CREATE, &create), -EINVAL);
}

static void while_building(int fd, struct machine *machine)
{
	struct postern_create create = { .size = sizeof(create), .vm_fd = machine->vm,
					 .vcpus = 1, .views = 2 };
	unsigned long long hpas[2];
	struct postern_pin pin = { .size = sizeof(pin), .vm_fd = machine->vm, .pages = 2,
				   .hpas = (unsigned long)hpas };
	struct postern_write write = { .size = sizeof(write), .pages = 1 };
	struct postern_range range = { .la = 0x2000, .gpa = 0x2000, .pages = 1 };
	struct postern_lock lock = { .size = sizeof(lock), .ranges = 1,
				     .at = (unsigned long)&range };
	static unsigned char page[4096];

	refuse_unheld(fd, create);
	create.vcpus = 2;
	check("CREATE for another number of vCPUs", call(fd, POSTERN_CREATE, &create), -ERANGE);
	create.vcpus = 1;
	check("CREATE", call(fd, POSTERN_CREATE, &create), 0);
	check("CREATE again", call(fd, POSTERN_CREATE, &create), -EALREADY);
	check("LOCK without the controls it rests on", call(fd, POSTERN_LOCK, &lock), -EINVAL);
	check("PIN", call(fd, POSTERN_PIN, &pin), 0);
	check("PIN again", call(fd, POSTERN_PIN, &pin), -EEXIST);
	write.hpa = hpas[0];
	write.source = (unsigned long)page;
	check("WRITE to what was pinned", call(fd, POSTERN_WRITE, &write), -ENXIO);
	pin.gpa = 0x2000;
	pin.pages = 1;
	check("PIN of no memory", call(fd, POSTERN_PIN, &pin), -ERANGE);
	check("ACTIVATE before SEAL", activate(fd, 100, 0), -EBADFD);
}

void calls_right_and_wrong(void)
{
	struct wish wish = { .id = 0xa1, .secret = SECRET,
			     .profile = POSTERN_K(2) | POSTERN_K(10) | POSTERN_K(11) |
					POSTERN_K(12) | POSTERN_K(14) | POSTERN_K(18) };
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entry;
	} vmx = { .head.nent = 1, .entry = { .function = 1, .ecx = 1 << 5 } };
	struct postern_alloc more = { .size = sizeof(more), .kind = POSTERN_TABLE, .pages = 1 };
	struct machine machine, nested;
	unsigned long long where, missing;
	int fd = open("/dev/postern", O_RDWR);
	long sealed;

	check("/dev/postern", fd >= 0, 1);
	before_create(fd);
	boot(&machine, 1);
	while_building(fd, &machine);
	close(fd);

	wish.wrong = FOREIGN_FRAME;
	close(build(&machine, &wish, &sealed, &where));
	check("SEAL of a frame nobody gave", sealed, -ENXIO);
	check("SEAL says where", where, 0x6000);
	wish.wrong = NOTHING;
	fd = sealed_build(&machine, &wish);
	check("ALLOC after SEAL", call(fd, POSTERN_ALLOC, &more), -EBADFD);
	check("ACTIVATE of a vCPU at rest", activate(fd, 300, 0), -ETIMEDOUT);
	check("STATUS of nothing", status_of(0).state, 0);
	spin(&machine);
	check("ACTIVATE", activate(fd, 20000, 0), 0);
	halt(&machine);
	close(fd);
	check("STATUS active", status_of(0).state, POSTERN_STATE_ACTIVE);

	check("the gate reads the protected page", run(&machine, 0, GATE).port, SECRET);
	check("the default view has no protected page", run(&machine, 0, PEEK).reason,
	      KVM_EXIT_MMIO);

	/* Taken out at rest, which ends when it runs, and put in again. */
	go(&machine, 0, PARK);
	check("REMOVE of a vCPU at rest", take_out(wish.id, 100), -EINPROGRESS);
	check("STATUS removing", status_of(0).state, POSTERN_STATE_REMOVING);
	spin(&machine);
	check("REMOVE", take_out(wish.id, 20000), 0);
	check("REMOVE again", take_out(wish.id, 100), -ENOENT);
	halt(&machine);
	check("STATUS of nothing", status_of(0).state, 0);
	check("the guest runs without", run(&machine, 0, PARK).reason, KVM_EXIT_IO);
	check("and has no gate", run(&machine, 0, GATE).port != SECRET, 1);

	wish.id = 0xb2;
	install(&machine, &wish);
	check("a stray VMFUNC ends the machine", run(&machine, 0, STRAY).reason,
	      KVM_EXIT_SHUTDOWN);
	check("STATUS killed", status_of(0).state, POSTERN_STATE_KILLED);
	check("an ended machine stays ended", run(&machine, 0, GATE).reason, KVM_EXIT_SHUTDOWN);

	/* Memory goes while a view has it: out of the view first. */
	munmap(machine.memory + 0x9000, PAGE);
	check("a page that went was revoked", status_of(0).revoked > 0, 1);
	/* A guest that could virtualise itself. */
	boot(&nested, 1);
	ioctl(nested.processor[0].fd, KVM_SET_CPUID2, &vmx);
	fd = sealed_build(&nested, &wish);
	spin(&nested);
	check("ACTIVATE where nested VMX is on", activate_missing(fd, 20000, 0, &missing),
	      -EPERM);
	halt(&nested);
	check("and it says so", missing == POSTERN_K(18), 1);
	close(fd);
}

int main(int count, char **arguments)
{
	unsigned int i;

	/* What was said is on the line before the machine is off. */
	if (count > 1 && !strcmp(arguments[1], "drain"))
		return tcdrain(STDOUT_FILENO) ? errno : 0;
	if (count > 1 && !strcmp(arguments[1], "gate-page")) {
		for (i = 0; i < sizeof(gate_page); i++)
			printf("%02x", gate_page[i]);
		printf("\n");
		return 0;
	}
	if (count > 2 && !strcmp(arguments[1], "monitor"))
		return monitor(strtol(arguments[2], NULL, 16));
	if (count > 2 && !strcmp(arguments[1], "long"))
		return monitor_long(strtol(arguments[2], NULL, 16),
				    count > 3 ? arguments[3] : "");
	calls_right_and_wrong();
	several_processors();
	next_version();
	interrupts();
	controls();
	printf("POSTERN RESULT %s\n", failures ? "FAIL" : "PASS");
	return failures != 0;
}
