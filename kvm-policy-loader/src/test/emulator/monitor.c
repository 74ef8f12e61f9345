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

static const struct {
	const char *word;
	unsigned long rip;
} PLACES[] = {
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

int monitor(int secret)
{
	struct machine machine;
	char line[16];
	unsigned int i;

	/* The loader shares the processor with what spins. */
	if (nice(19) < 0)
		return 1;
	boot_with_timer(&machine, 2);
	*(unsigned short *)(machine.memory + 0xa000) = secret;
	*(unsigned short *)(machine.memory + 0xb000) = ~secret;
	spin(&machine);
	printf("READY\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		halt(&machine);
		if (!strcmp(line, "interrupts"))
			many(&machine);
		for (i = 0; i < sizeof(PLACES) / sizeof(*PLACES); i++)
			if (!strcmp(line, PLACES[i].word))
				tell(&machine, 0, run(&machine, 0, PLACES[i].rip));
		if (!strcmp(line, "word")) {
			printf("port %x\n", *(unsigned short *)(machine.memory + 0xa000));
			fflush(stdout);
		}
		if (!strcmp(line, "other"))
			tell(&machine, 1, run(&machine, 1, LOOK));
		go(&machine, 0, PARK);
		go(&machine, 1, PARK);
		spin(&machine);
	}
	return 0;
}
