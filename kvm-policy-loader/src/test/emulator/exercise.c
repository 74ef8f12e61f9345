// SPDX-License-Identifier: GPL-2.0
/*
 * Runs inside the emulator, on a stock kernel with the module: one guest of
 * one vCPU, every call of the ABI, right and wrong. Prints a line a check; the
 * last line says whether all of them held.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "postern_abi.h"

#define PAGE 4096ULL
#define SECRET 0x5ec2
#define RWX 7ULL
#define WB_IPAT (6ULL << 3 | 1ULL << 6)

static int failures;

static void check(const char *what, long got, long want)
{
	int ok = got == want;

	printf("POSTERN %s %s", ok ? "ok" : "FAILED", what);
	if (!ok)
		printf(": got %ld, not %ld", got, want);
	printf("\n");
	fflush(stdout);
	failures += !ok;
}

/* 0, or the negative error number. */
static long call(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument) < 0 ? -errno : 0;
}

/* SHA-256, FIPS 180-4. */
static const unsigned int K[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static unsigned int rotate(unsigned int word, int by)
{
	return word >> by | word << (32 - by);
}

static void block(unsigned int h[8], const unsigned char *p)
{
	unsigned int w[64], v[8];
	int i;

	for (i = 0; i < 16; i++)
		w[i] = p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 |
		       p[4 * i + 3];
	for (; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, h, sizeof(v));
	for (i = 0; i < 64; i++) {
		unsigned int a = v[7] + K[i] + w[i] + (v[4] & v[5] ^ ~v[4] & v[6]) +
				 (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25));
		unsigned int b = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) +
				 (v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]);

		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += a;
		v[0] = a + b;
	}
	for (i = 0; i < 8; i++)
		h[i] += v[i];
}

/* Of whole pages: the padding is a block of its own. */
static void sha256(const void *data, size_t size, unsigned char out[32])
{
	unsigned int h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	unsigned char last[64] = { 0x80 };
	size_t i;

	for (i = 0; i < size; i += 64)
		block(h, (const unsigned char *)data + i);
	for (i = 0; i < 8; i++)
		last[56 + i] = (unsigned long long)size * 8 >> (56 - 8 * i);
	block(h, last);
	for (i = 0; i < 32; i++)
		out[i] = h[i / 4] >> (24 - 8 * (i % 4));
}

/* The guest: real mode, memory at 0 and 0x8000, a gate at 0x2000. */
struct guest {
	int kvm, vm, vcpu, pidfd;
	struct kvm_run *run;
	unsigned char *memory;
	volatile int spin;
	pthread_t thread;
};

static const unsigned char SPIN[] = { 0xe5, 0x11, 0xeb, 0xfc };	/* in ax,17; jmp */
static const unsigned char GATE[] = {
	0x66, 0xb9, 1, 0, 0, 0,		/* mov ecx,1 */
	0x66, 0x31, 0xc0,		/* xor eax,eax */
	0x0f, 0x01, 0xd4,		/* vmfunc: view 1 */
	0xa1, 0x00, 0x50,		/* mov ax,[5000h] */
	0xa3, 0x00, 0x60,		/* mov [6000h],ax */
	0x8b, 0x1e, 0x00, 0x60,		/* mov bx,[6000h] */
	0x66, 0x31, 0xc9,		/* xor ecx,ecx */
	0x66, 0x31, 0xc0,		/* xor eax,eax */
	0x0f, 0x01, 0xd4,		/* vmfunc: view 0 */
	0x89, 0xd8,			/* mov ax,bx */
	0xe7, 0x10,			/* out 16,ax */
	0xf4
};
static const unsigned char PEEK[] = { 0xa1, 0x00, 0x50, 0xf4 };
static const unsigned char STRAY[] = {
	0x66, 0xb9, 1, 0, 0, 0, 0x66, 0x31, 0xc0, 0x0f, 0x01, 0xd4, 0xf4
};

static void *spin(void *argument)
{
	struct guest *guest = argument;

	while (guest->spin)
		ioctl(guest->vcpu, KVM_RUN, 0);
	return NULL;
}

static void go(struct guest *guest, unsigned long rip)
{
	struct kvm_regs regs = { .rip = rip, .rflags = 2, .rsp = 0x9000 };
	struct kvm_sregs sregs;

	ioctl(guest->vcpu, KVM_GET_SREGS, &sregs);
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	ioctl(guest->vcpu, KVM_SET_SREGS, &sregs);
	ioctl(guest->vcpu, KVM_SET_REGS, &regs);
}

static void memory(struct guest *guest, int slot, unsigned long gpa, unsigned long size)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .guest_phys_addr = gpa, .memory_size = size,
		.userspace_addr = (unsigned long)guest->memory + gpa
	};

	check("memory slot", call(guest->vm, KVM_SET_USER_MEMORY_REGION, &region), 0);
}

static void boot(struct guest *guest)
{
	int size;

	guest->kvm = open("/dev/kvm", O_RDWR);
	guest->vm = ioctl(guest->kvm, KVM_CREATE_VM, 0);
	guest->memory = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memory(guest, 0, 0, 0x2000);
	memory(guest, 1, 0x8000, 0x8000);
	memcpy(guest->memory + 0x1000, SPIN, sizeof(SPIN));
	memcpy(guest->memory + 0x1100, PEEK, sizeof(PEEK));
	memcpy(guest->memory + 0x1200, STRAY, sizeof(STRAY));
	guest->vcpu = ioctl(guest->vm, KVM_CREATE_VCPU, 0);
	size = ioctl(guest->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	guest->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, guest->vcpu, 0);
	go(guest, 0x1000);
}

static unsigned long long tables[16][512] __attribute__((aligned(4096)));
static unsigned char page[4096] __attribute__((aligned(4096)));

/* Entry for one page under the view whose root is table `root`. */
static void map(unsigned long long base, int root, unsigned long gpa,
		unsigned long long hpa, unsigned long long rights)
{
	tables[root][0] = (base + (root + 1) * PAGE) | RWX;
	tables[root + 1][0] = (base + (root + 2) * PAGE) | RWX;
	tables[root + 2][0] = (base + (root + 3) * PAGE) | RWX;
	tables[root + 3][gpa >> 12] = hpa | rights | WB_IPAT;
}

static long copy(int fd, unsigned long long hpa, void *from, unsigned int pages)
{
	struct postern_write arg = { .size = sizeof(arg), .pages = pages, .hpa = hpa,
				     .source = (unsigned long)from };

	sha256(from, pages * PAGE, arg.sha256);
	return call(fd, POSTERN_WRITE, &arg);
}

static unsigned long long alloc(int fd, unsigned int kind, unsigned int pages)
{
	struct postern_alloc arg = { .size = sizeof(arg), .kind = kind, .pages = pages };

	check("ALLOC", call(fd, POSTERN_ALLOC, &arg), 0);
	return arg.hpa;
}

/* A control nobody here can hold is refused, each by itself. */
static void refuse_unheld(int fd, struct postern_create create)
{
	static const int UNHELD[] = { 4, 5, 6, 8, 9, 15, 19, 20 };
	long all = -EOPNOTSUPP;
	unsigned int i;

	for (i = 0; i < sizeof(UNHELD) / sizeof(*UNHELD); i++) {
		create.profile = POSTERN_K(UNHELD[i]);
		if (call(fd, POSTERN_CREATE, &create) != -EOPNOTSUPP)
			all = UNHELD[i];
	}
	check("CREATE with a control nobody holds", all, -EOPNOTSUPP);
}

/* Builds an installation as far as SEAL; `wrong` maps a frame nobody gave. */
static int build(struct guest *guest, unsigned char id, int wrong, long sealed)
{
	struct postern_create create = { .size = sizeof(create), .vm_fd = guest->vm,
					 .vcpus = 1, .views = 2,
					 .profile = POSTERN_K(2) | POSTERN_K(10) |
						    POSTERN_K(11) | POSTERN_K(12) |
						    POSTERN_K(14) | POSTERN_K(18) };
	struct postern_seal seal = { .size = sizeof(seal), .lists = 1 };
	struct postern_pin pin = { .size = sizeof(pin), .vm_fd = guest->vm, .write = 1 };
	unsigned long long low[2], high[8], base, code, own;
	int fd = open("/dev/postern", O_RDWR);
	int i;

	memset(create.bundle_id, id, sizeof(create.bundle_id));
	refuse_unheld(fd, create);
	check("CREATE", call(fd, POSTERN_CREATE, &create), 0);
	check("CREATE again", call(fd, POSTERN_CREATE, &create), -EALREADY);
	base = alloc(fd, POSTERN_TABLE, 16);
	code = alloc(fd, POSTERN_PRIVATE, 2);
	own = alloc(fd, POSTERN_PRIVATE, 1);
	pin.pages = 2;
	pin.hpas = (unsigned long)low;
	check("PIN", call(fd, POSTERN_PIN, &pin), 0);
	check("PIN again", call(fd, POSTERN_PIN, &pin), -EEXIST);
	pin.gpa = 0x8000;
	pin.pages = 8;
	pin.hpas = (unsigned long)high;
	check("PIN", call(fd, POSTERN_PIN, &pin), 0);
	pin.gpa = 0x2000;
	pin.pages = 1;
	check("PIN of no memory", call(fd, POSTERN_PIN, &pin), -ERANGE);

	memset(page, 0xcc, sizeof(page));
	memcpy(page, GATE, sizeof(GATE));
	check("WRITE code", copy(fd, code, page, 1), 0);
	memset(page, 0, sizeof(page));
	page[0] = SECRET & 0xff;
	page[1] = SECRET >> 8;
	check("WRITE constants", copy(fd, code + PAGE, page, 1), 0);
	check("WRITE elsewhere", copy(fd, low[0], page, 1), -ENXIO);

	memset(tables, 0, sizeof(tables));
	for (i = 0; i < 2; i++)
		map(base, 1, i * PAGE, low[i], 7);
	for (i = 0; i < 8; i++)
		map(base, 1, 0x8000 + i * PAGE, high[i], 7);
	map(base, 1, 0x2000, code, 5);
	map(base, 5, 0x2000, code, 5);
	map(base, 5, 0x5000, code + PAGE, 1);
	map(base, 5, 0x6000, wrong ? 0x1000 : own, 3);
	tables[0][0] = (base + 1 * PAGE) | 0x1e;
	tables[0][1] = (base + 5 * PAGE) | 0x1e;
	check("WRITE tables", copy(fd, base, tables, 16), 0);
	seal.list_hpas = (unsigned long)&base;
	check(wrong ? "SEAL of a frame nobody gave" : "SEAL",
	      call(fd, POSTERN_SEAL, &seal), sealed);
	if (wrong)
		check("SEAL says where", seal.where, 0x6000);
	check("WRITE after SEAL", copy(fd, code, page, 1), -EBADFD);
	return fd;
}

static long activate(int fd, unsigned int timeout)
{
	struct postern_activate arg = { .size = sizeof(arg), .timeout_ms = timeout };

	return call(fd, POSTERN_ACTIVATE, &arg);
}

static void run(struct guest *guest, unsigned long rip)
{
	go(guest, rip);
	ioctl(guest->vcpu, KVM_RUN, 0);
}

static void *remover(void *argument)
{
	struct postern_remove remove = { .size = sizeof(remove), .timeout_ms = 20000 };

	memset(remove.bundle_id, *(unsigned char *)argument, sizeof(remove.bundle_id));
	return (void *)call(open("/dev/postern", O_RDWR), POSTERN_REMOVE, &remove);
}

/*
 * A monitor with one machine, which spins. "gate" calls the gate's page and
 * says how the guest left and with what; the end of the input ends it.
 */
static int monitor(int secret)
{
	struct guest guest = { .spin = 1 };
	char line[16];

	/* The loader shares the processor with what spins. */
	if (nice(19) < 0)
		return 1;
	boot(&guest);
	guest.memory[0x8000] = secret & 0xff;
	guest.memory[0x8001] = secret >> 8;
	pthread_create(&guest.thread, NULL, spin, &guest);
	printf("READY\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		struct kvm_run *run_ = guest.run;

		guest.spin = 0;
		pthread_join(guest.thread, NULL);
		run(&guest, 0x2000);
		if (run_->exit_reason == KVM_EXIT_IO) {
			printf("port %x\n", *(unsigned short *)((char *)run_ +
								  run_->io.data_offset));
			ioctl(guest.vcpu, KVM_RUN, 0);
		} else {
			printf("exit %d\n", run_->exit_reason);
		}
		fflush(stdout);
		go(&guest, 0x1000);
		guest.spin = 1;
		pthread_create(&guest.thread, NULL, spin, &guest);
	}
	return 0;
}

int main(int count, char **arguments)
{
	struct postern_info info = { .size = sizeof(info) };
	struct postern_status status = { .size = sizeof(status) };
	struct postern_alloc unknown = { .size = 4, .pages = 1 };
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entry;
	} vmx = { .head.nent = 1, .entry = { .function = 1, .ecx = 1 << 5 } };
	struct guest guest = { .spin = 1 }, nested = { .spin = 1 };
	unsigned char id = 0xa1;
	int fd = open("/dev/postern", O_RDWR);
	void *removed;
	pthread_t thread;

	/* What was said is on the line before the machine is off. */
	if (count > 1 && !strcmp(arguments[1], "drain"))
		return tcdrain(STDOUT_FILENO) ? errno : 0;
	if (count > 2 && !strcmp(arguments[1], "monitor"))
		return monitor(strtol(arguments[2], NULL, 16));
	check("/dev/postern", fd >= 0, 1);
	check("INFO", call(fd, POSTERN_INFO, &info), 0);
	check("INFO version", info.abi, POSTERN_ABI_VERSION);
	check("EPTP switching", info.vmfunc & 1, 1);
	check("another size", call(fd, POSTERN_ALLOC, &unknown), -E2BIG);
	check("another call", call(fd, _IOWR(POSTERN_MAGIC, 99, struct postern_info), &info),
	      -ENOTTY);
	check("ALLOC before CREATE", call(fd, POSTERN_ALLOC,
	      &(struct postern_alloc){ .size = sizeof(struct postern_alloc) }), -EBADFD);
	check("STATUS of nothing", call(fd, POSTERN_STATUS, &status), -ENOENT);
	close(fd);

	boot(&guest);
	close(build(&guest, id, 1, -ENXIO));
	fd = build(&guest, id, 0, 0);
	check("ACTIVATE of a vCPU at rest", activate(fd, 300), -ETIMEDOUT);
	check("STATUS of nothing", call(fd, POSTERN_STATUS, &status), -ENOENT);
	pthread_create(&guest.thread, NULL, spin, &guest);
	check("ACTIVATE", activate(fd, 20000), 0);
	guest.spin = 0;
	pthread_join(guest.thread, NULL);
	check("STATUS", call(fd, POSTERN_STATUS, &status), 0);
	check("STATUS active", status.state, POSTERN_STATE_ACTIVE);

	run(&guest, 0x2000);
	check("gate leaves by a port", guest.run->exit_reason, KVM_EXIT_IO);
	check("gate read the protected page",
	      *(unsigned short *)((char *)guest.run + guest.run->io.data_offset), SECRET);
	ioctl(guest.vcpu, KVM_RUN, 0);
	run(&guest, 0x1100);
	check("the default view has no protected page", guest.run->exit_reason, KVM_EXIT_MMIO);
	ioctl(guest.vcpu, KVM_RUN, 0);

	/* Taken out while it runs, and put in again. */
	go(&guest, 0x1000);
	guest.spin = 1;
	pthread_create(&guest.thread, NULL, spin, &guest);
	pthread_create(&thread, NULL, remover, &id);
	pthread_join(thread, &removed);
	guest.spin = 0;
	pthread_join(guest.thread, NULL);
	check("REMOVE", (long)removed, 0);
	check("STATUS of nothing", call(fd, POSTERN_STATUS, &status), -ENOENT);
	close(fd);
	run(&guest, 0x1000);
	check("the guest runs without", guest.run->exit_reason, KVM_EXIT_IO);

	id = 0xb2;
	fd = build(&guest, id, 0, 0);
	go(&guest, 0x1000);
	guest.spin = 1;
	pthread_create(&guest.thread, NULL, spin, &guest);
	check("ACTIVATE", activate(fd, 20000), 0);
	guest.spin = 0;
	pthread_join(guest.thread, NULL);
	run(&guest, 0x1200);
	check("a stray VMFUNC ends the machine", guest.run->exit_reason, KVM_EXIT_SHUTDOWN);
	call(fd, POSTERN_STATUS, &status);
	check("STATUS killed", status.state, POSTERN_STATE_KILLED);
	run(&guest, 0x2000);
	check("an ended machine stays ended", guest.run->exit_reason, KVM_EXIT_SHUTDOWN);

	/* Memory goes while a view has it: out of the view first. */
	munmap(guest.memory + 0x9000, PAGE);
	call(fd, POSTERN_STATUS, &status);
	check("a page that went was revoked", status.revoked > 0, 1);
	/* A guest that could virtualise itself. */
	boot(&nested);
	ioctl(nested.vcpu, KVM_SET_CPUID2, &vmx);
	fd = build(&nested, 0xc3, 0, 0);
	pthread_create(&nested.thread, NULL, spin, &nested);
	check("ACTIVATE where nested VMX is on", activate(fd, 20000), -EPERM);
	nested.spin = 0;
	pthread_join(nested.thread, NULL);
	close(fd);
	printf("POSTERN RESULT %s\n", failures ? "FAIL" : "PASS");
	return failures != 0;
}
