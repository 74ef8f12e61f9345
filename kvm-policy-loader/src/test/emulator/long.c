// SPDX-License-Identifier: GPL-2.0
/*
 * A machine in 64-bit mode as examples/kvm/guest.postern has it, and its monitor.
 * Its paging structures map the first 2 MiB where they are.
 */
#include <stdio.h>
#include <string.h>

#include "machine.h"

enum {
	TABLES = 0xa000, OTHER_TABLES = 0x13000, IDT = 0xd000, GDT = 0xe000, TSS = 0xe100,
	OUTBOX = 0xf000, TIMER_VECTOR = 0x20, TIMES = 0x12010,
	POST = 0x1040, LOOK_INTO = 0x1100, WRITE_TO = 0x1120, STRAY64 = 0x1140,
	OWN_TABLES = 0x1160, SECOND = 0x1180, OTHER_ROOT = 0x11a0, POSTS = 0x1200,
	ON_TIMER = 0x1300,
};

static const struct place PLACES[] = {
	{ "post", POST }, { "peek", LOOK_INTO }, { "write", WRITE_TO },
	{ "stray", STRAY64 }, { "tables", OWN_TABLES }, { "second", SECOND },
	{ "root", OTHER_ROOT },
};

/* Accessed and dirty already: a locked table is not written by the processor. */
static void tables(struct machine *machine, unsigned long at)
{
	unsigned long *table = (unsigned long *)(machine->memory + at);

	table[0] = (at + PAGE) | 0x23;
	table[512] = (at + 2 * PAGE) | 0x23;
	table[1024] = 0xe3;
}

/* What nobody may lock: another address for the gate, a structure in a window, one that is written. */
static unsigned long spoil(struct machine *machine, const char *flaw)
{
	unsigned long *directory = (unsigned long *)(machine->memory + TABLES + 2 * PAGE);

	if (!strcmp(flaw, "alias"))
		directory[1] = 0xe3;
	if (!strcmp(flaw, "window"))
		directory[1] = 0x8023;
	return strcmp(flaw, "root") ? TABLES : OTHER_TABLES;
}

static void boot_long(struct machine *machine, int processors, const char *flaw)
{
	static const struct layout layout = {
		.code = long_page, .high = TABLES, .end = 0x18000, .stack = 0x11ff0, .timer = 1
	};
	unsigned long gdt[3] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff };
	unsigned short on_timer[8] = { ON_TIMER, 8, 0x8e00, 0 };
	unsigned long root;
	int i;

	boot_as(machine, &layout, processors);
	tables(machine, TABLES);
	tables(machine, OTHER_TABLES);
	root = spoil(machine, flaw);
	memcpy(machine->memory + GDT, gdt, sizeof(gdt));
	memcpy(machine->memory + IDT + TIMER_VECTOR * 16, on_timer, sizeof(on_timer));
	for (i = 0; i < processors; i++)
		long_mode_of(machine, i, root, IDT, GDT, TSS);
}

/* Posts from vCPU 0 while its timer interrupts it: none is lost, and none counted twice. */
static void many(struct machine *machine)
{
	volatile unsigned short *times = (unsigned short *)(machine->memory + TIMES);
	struct answer first, answer;
	int calls = 1;

	*times = 0;
	first = answer = run(machine, 0, POSTS);
	while (first.port >= 0 && answer.port == first.port + calls - 1 &&
	       (calls < 100 || *times < 50)) {
		answer = next(machine, 0);
		calls++;
	}
	if (answer.port == first.port + calls - 1)
		printf("each counted\n");
	else
		tell(machine, 0, answer);
}

static void more(struct machine *machine, const char *word)
{
	if (!strcmp(word, "interrupts"))
		many(machine);
	if (!strcmp(word, "other"))
		tell(machine, 1, run(machine, 1, POST));
}

/* With a message, in its outbox. */
int monitor_long(int message, const char *flaw)
{
	struct machine machine;

	boot_long(&machine, 2, flaw);
	*(unsigned short *)(machine.memory + OUTBOX) = message;
	return serve(&machine, PLACES, sizeof(PLACES) / sizeof(*PLACES), more);
}
