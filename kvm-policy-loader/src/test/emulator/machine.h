/* SPDX-License-Identifier: GPL-2.0 */
/* A machine as a monitor has it, and an installation for it. */
#ifndef MACHINE_H
#define MACHINE_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stddef.h>

#include "postern_abi.h"

#define PAGE 4096ULL
#define SECRET 0x5ec2
#define PROCESSORS 2

/* Where guest.S has what. */
enum {
	PARK = 0x1000, PEEK = 0x1100, WRITE_GATE = 0x1120, STRAY = 0x1140,
	EMPTY_SLOT = 0x1160, OTHER_LEAF = 0x1180, ON_UD = 0x1200, ON_BP = 0x1220,
	BREAK = 0x1240, TIMER = 0x1300, CALLS = 0x13a0, CALLS_OPEN = 0x13c0,
	KEEP = 0x1400, DROP_WP = 0x1500, TOGGLE_NX = 0x1520, MORE_XCR0 = 0x1540,
	MOVE_IDT = 0x1560, TOGGLE_PSE = 0x1580, ON_BP64 = 0x1600, ON_PF64 = 0x1620,
	ON_GP64 = 0x1640,
	FOREVER = 0x13e0, GATE = 0x2000, LOOK = 0x2040, LONG = 0x2080,
	BREAK_IN_VIEW = 0x2100, BREAK_HANDLER = 0x2140,
	TICKS = 0x8010,
};

extern const unsigned char low_page[4096], gate_page[4096], long_page[4096];

struct processor {
	int fd;
	struct kvm_run *run;
	volatile int spins;
	pthread_t thread;
};

struct machine {
	int kvm, vm, count;
	unsigned long stack;
	unsigned char *memory;
	struct processor processor[PROCESSORS];
};

/* How a run ended: what came out at port 16, or -1 and the exit's reason. */
struct answer {
	long port;
	int reason;
};

/* Memory in two slots, from 0 and from `high`; code at 1000h. */
struct layout {
	const unsigned char *code;
	unsigned long high, end, stack;
	int timer;
};

void boot_as(struct machine *machine, const struct layout *layout, int processors);
/* A vCPU in 64-bit mode, on paging structures and descriptor tables that are there. */
void long_mode_of(struct machine *machine, int processor, unsigned long tables,
		  unsigned long idt, unsigned long gdt, unsigned long tss);
/* Memory at 0 and 8000h, so many processors, at rest. */
void boot(struct machine *machine, int processors);
/* With an interrupt controller and a timer. */
void boot_with_timer(struct machine *machine, int processors);
/* In 64-bit mode, tables and all. */
void long_mode(struct machine *machine);
int add_processor(struct machine *machine);
void power_off(struct machine *machine);

void go(struct machine *machine, int processor, unsigned long rip);
/* The next thing a processor says at port 16, or its end. */
struct answer next(struct machine *machine, int processor);
struct answer run(struct machine *machine, int processor, unsigned long rip);
/* All of them do nothing, over and over, or stop. */
void spin(struct machine *machine);
void halt(struct machine *machine);

/* What build() is to put wrong. */
enum wrong {
	NOTHING, FOREIGN_FRAME, ONE_LIST, ONE_HIERARCHY, OTHERS_FRAME,
};

struct wish {
	unsigned char id;
	int secret;
	unsigned long long profile;
	unsigned int exceptions;
	unsigned long long range_first, range_last;
	enum wrong wrong;
	int events;	/* an IVT and a stack in the protected view */
};

long call(int fd, unsigned long request, void *argument);
/* Up to SEAL; what that answered is at *sealed. */
int build(struct machine *machine, const struct wish *wish, long *sealed,
	  unsigned long long *where);
/* The same, where SEAL has to agree. */
int sealed_build(struct machine *machine, const struct wish *wish);
/* Installed, and at rest again. */
void install(struct machine *machine, const struct wish *wish);
long activate(int fd, unsigned int timeout, int replaces);
long activate_missing(int fd, unsigned int timeout, int replaces,
		      unsigned long long *missing);
long take_out(unsigned char id, unsigned int timeout);
struct postern_status status_of(unsigned int index);

void check(const char *what, long got, long want);
/* What has to work before there is anything to check. */
void need(const char *what, long got, long want);
extern int failures;

void sha256(const void *data, size_t size, unsigned char out[32]);

/* The parts. */
void calls_right_and_wrong(void);
void several_processors(void);
void next_version(void);
void interrupts(void);
void controls(void);
int monitor(int secret);
int monitor_long(int message, const char *flaw);

/* A word that a monitor is told, and where it sends vCPU 0 then. */
struct place {
	const char *word;
	unsigned long rip;
};

/* Does what it is told, a line each, until its input ends; `more` knows the other words. */
int serve(struct machine *machine, const struct place *places, unsigned int count,
	  void (*more)(struct machine *machine, const char *word));
void tell(struct machine *machine, int processor, struct answer answer);

#endif
