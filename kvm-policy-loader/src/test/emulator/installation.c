// SPDX-License-Identifier: GPL-2.0
/* An installation by hand: what the loader does, without its checks. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "machine.h"

#define RWX 7ULL
#define WB_IPAT (6ULL << 3 | 1ULL << 6)
#define WB_FOUR_LEVELS 0x1eULL

/* Tables: a list and a hierarchy a processor, and the default view. */
enum { DEFAULT = 0, LIST = 4, VIEW = LIST + PROCESSORS, COUNT = VIEW + 4 * PROCESSORS };

static unsigned long long tables[COUNT][512] __attribute__((aligned(4096)));
static unsigned char page[4096] __attribute__((aligned(4096)));

/* 0, or the negative error number. */
long call(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument) < 0 ? -errno : 0;
}

/* Entry for one page under the view whose root is table `root`. */
static void map(unsigned long long base, int root, unsigned long gpa,
		unsigned long long hpa, unsigned long long rights)
{
	tables[root][0] = (base + (root + 1) * PAGE) | RWX;
	tables[root + 1][0] = (base + (root + 2) * PAGE) | RWX;
	tables[root + 2][0] = (base + (root + 3) * PAGE) | RWX;
	tables[root + 3][gpa >> 12] = hpa | rights | WB_IPAT;
}

static long copy(int fd, unsigned long long hpa, const void *from, unsigned int pages)
{
	struct postern_write arg = { .size = sizeof(arg), .pages = pages, .hpa = hpa,
				     .source = (unsigned long)from };

	sha256(from, pages * PAGE, arg.sha256);
	return call(fd, POSTERN_WRITE, &arg);
}

static unsigned long long alloc(int fd, unsigned int kind, unsigned int pages)
{
	struct postern_alloc arg = { .size = sizeof(arg), .kind = kind, .pages = pages };

	need("ALLOC", call(fd, POSTERN_ALLOC, &arg), 0);
	return arg.hpa;
}

static void pin(int fd, int vm, unsigned long gpa, unsigned int pages,
		unsigned long long *hpas)
{
	struct postern_pin arg = { .size = sizeof(arg), .vm_fd = vm, .write = 1,
				   .gpa = gpa, .pages = pages,
				   .hpas = (unsigned long)hpas };

	need("PIN", call(fd, POSTERN_PIN, &arg), 0);
}

static void contents(int fd, unsigned long long code, int secret)
{
	need("WRITE code", copy(fd, code, gate_page, 1), 0);
	memset(page, 0, sizeof(page));
	page[0] = secret & 0xff;
	page[1] = secret >> 8;
	need("WRITE constants", copy(fd, code + PAGE, page, 1), 0);
}

static void protected_view(const struct wish *wish, unsigned long long base, int root,
			   unsigned long long code, unsigned long long own,
			   const unsigned long long *low, const unsigned long long *high)
{
	map(base, root, 0x2000, code, 5);
	map(base, root, 0x5000, code + PAGE, 1);
	map(base, root, 0x6000, wish->wrong == FOREIGN_FRAME ? 0x1000 : own, 3);
	if (wish->events) {
		map(base, root, 0, low[0], 1);
		map(base, root, 0x8000, high[0], 3);
	}
}

int build(struct machine *machine, const struct wish *wish, long *sealed,
	  unsigned long long *where)
{
	struct postern_create create = {
		.size = sizeof(create), .vm_fd = machine->vm, .vcpus = machine->count,
		.views = 2, .profile = wish->profile, .exceptions = wish->exceptions,
		.range_first = wish->range_first, .range_last = wish->range_last
	};
	unsigned long long low[2], high[8], base, code, own, lists[PROCESSORS];
	struct postern_seal seal = { .size = sizeof(seal), .list_hpas = (unsigned long)lists };
	int fd = open("/dev/postern", O_RDWR);
	int i;

	memset(create.bundle_id, wish->id, sizeof(create.bundle_id));
	need("CREATE", call(fd, POSTERN_CREATE, &create), 0);
	base = alloc(fd, POSTERN_TABLE, COUNT);
	code = alloc(fd, POSTERN_PRIVATE, 2);
	own = alloc(fd, POSTERN_PRIVATE, PROCESSORS);
	pin(fd, machine->vm, 0, 2, low);
	pin(fd, machine->vm, 0x8000, 8, high);
	contents(fd, code, wish->secret);

	memset(tables, 0, sizeof(tables));
	for (i = 0; i < 2; i++)
		map(base, DEFAULT, i * PAGE, low[i], 7);
	for (i = 0; i < 8; i++)
		map(base, DEFAULT, 0x8000 + i * PAGE, high[i], 7);
	map(base, DEFAULT, 0x2000, code, 5);
	for (i = 0; i < machine->count; i++) {
		int root = VIEW + (wish->wrong == ONE_HIERARCHY ? 0 : 4 * i);

		protected_view(wish, base, root, code,
			       own + (wish->wrong == OTHERS_FRAME ? 0 : i * PAGE), low, high);
		tables[LIST + i][0] = (base + DEFAULT * PAGE) | WB_FOUR_LEVELS;
		tables[LIST + i][1] = (base + root * PAGE) | WB_FOUR_LEVELS;
		lists[i] = base + (LIST + i) * PAGE;
	}
	need("WRITE tables", copy(fd, base, tables, COUNT), 0);
	seal.lists = wish->wrong == ONE_LIST ? 1 : machine->count;
	*sealed = call(fd, POSTERN_SEAL, &seal);
	*where = seal.where;
	return fd;
}

long activate_missing(int fd, unsigned int timeout, int replaces,
		      unsigned long long *missing)
{
	struct postern_activate arg = { .size = sizeof(arg), .timeout_ms = timeout };
	long answer;

	memset(arg.replaces, replaces, sizeof(arg.replaces));
	answer = call(fd, POSTERN_ACTIVATE, &arg);
	*missing = arg.missing;
	return answer;
}

long activate(int fd, unsigned int timeout, int replaces)
{
	unsigned long long missing;

	return activate_missing(fd, timeout, replaces, &missing);
}

long take_out(unsigned char id, unsigned int timeout)
{
	struct postern_remove arg = { .size = sizeof(arg), .timeout_ms = timeout };
	int fd = open("/dev/postern", O_RDWR);
	long answer;

	memset(arg.bundle_id, id, sizeof(arg.bundle_id));
	answer = call(fd, POSTERN_REMOVE, &arg);
	close(fd);
	return answer;
}

/* Of what is not there, state is 0. */
struct postern_status status_of(unsigned int index)
{
	struct postern_status arg = { .size = sizeof(arg), .index = index };
	int fd = open("/dev/postern", O_RDWR);

	if (call(fd, POSTERN_STATUS, &arg))
		arg.state = 0;
	close(fd);
	return arg;
}

int sealed_build(struct machine *machine, const struct wish *wish)
{
	unsigned long long where;
	long sealed;
	int fd = build(machine, wish, &sealed, &where);

	need("SEAL", sealed, 0);
	return fd;
}

void install(struct machine *machine, const struct wish *wish)
{
	int fd = sealed_build(machine, wish);

	spin(machine);
	need("ACTIVATE", activate(fd, 20000, 0), 0);
	halt(machine);
	close(fd);
}
