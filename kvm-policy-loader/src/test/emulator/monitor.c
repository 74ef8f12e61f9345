// SPDX-License-Identifier: GPL-2.0
/*
 * A monitor with one machine of two vCPUs, which spin. It is told words, a
 * line each, sends vCPU 0 there and says how that ended; the end of the input
 * ends it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

static const struct place PLACES[] = {
	{ "gate", GATE }, { "look", LOOK }, { "peek", PEEK }, { "write", WRITE_GATE },
	{ "stray", STRAY }, { "empty", EMPTY_SLOT }, { "leaf", OTHER_LEAF },
};

void tell(struct machine *machine, int processor, struct answer answer)
{
	struct kvm_run *run = machine->processor[processor].run;

	if (answer.port >= 0)
		printf("port %lx\n", answer.port);
	else if (answer.reason == KVM_EXIT_MMIO)
		printf("mmio %s %llx\n", run->mmio.is_write ? "write" : "read",
		       run->mmio.phys_addr);
	else if (answer.reason == KVM_EXIT_SHUTDOWN)
		printf("shutdown\n");
	else
		printf("exit %d\n", answer.reason);
	fflush(stdout);
}

/* Calls from vCPU 0 while its timer interrupts it: the first answer that differs. */
static void many(struct machine *machine)
{
	struct answer first, answer;
	volatile unsigned short *ticks = (unsigned short *)(machine->memory + TICKS);
	int calls = 1;

	*ticks = 0;
	first = answer = run(machine, 0, TIMER);
	while (answer.port == first.port && first.port >= 0 && (calls < 100 || *ticks < 50)) {
		answer = next(machine, 0);
		calls++;
	}
	tell(machine, 0, answer);
}

int serve(struct machine *machine, const struct place *places, unsigned int count,
	  void (*more)(struct machine *machine, const char *word))
{
	char line[16];
	unsigned int i;

	/* The loader shares the processor with what spins. */
	if (nice(19) < 0)
		return 1;
	spin(machine);
	printf("READY\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		halt(machine);
		for (i = 0; i < count; i++)
			if (!strcmp(line, places[i].word))
				tell(machine, 0, run(machine, 0, places[i].rip));
		more(machine, line);
		fflush(stdout);
		go(machine, 0, PARK);
		go(machine, 1, PARK);
		spin(machine);
	}
	return 0;
}

static void more(struct machine *machine, const char *word)
{
	if (!strcmp(word, "interrupts"))
		many(machine);
	if (!strcmp(word, "word"))
		printf("port %x\n", *(unsigned short *)(machine->memory + 0xa000));
	if (!strcmp(word, "other"))
		tell(machine, 1, run(machine, 1, LOOK));
}

int monitor(int secret)
{
	struct machine machine;

	boot_with_timer(&machine, 2);
	*(unsigned short *)(machine.memory + 0xa000) = secret;
	*(unsigned short *)(machine.memory + 0xb000) = ~secret;
	return serve(&machine, PLACES, sizeof(PLACES) / sizeof(*PLACES), more);
}
