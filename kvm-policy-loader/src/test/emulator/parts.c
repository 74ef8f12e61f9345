// SPDX-License-Identifier: GPL-2.0
/*
 * Guests of two processors, the next version in the place of the one before,
 * and interrupts.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"

#define NEXT_SECRET 0x1dea

/* A processor that calls a gate, over and over; what it was answered. */
struct caller {
	struct machine *machine;
	int processor;
	volatile int stop;
	volatile long before, after, wrong;
	pthread_t thread;
};

static void *calling(void *argument)
{
	struct caller *caller = argument;

	while (!caller->stop && !caller->wrong) {
		struct answer answer = next(caller->machine, caller->processor);

		caller->before += answer.port == SECRET;
		caller->after += answer.port == NEXT_SECRET;
		caller->wrong += answer.port != SECRET && answer.port != NEXT_SECRET;
	}
	return NULL;
}

static void start(struct caller *caller, struct machine *machine, int processor,
		  unsigned long rip)
{
	*caller = (struct caller){ .machine = machine, .processor = processor };
	go(machine, processor, rip);
	pthread_create(&caller->thread, NULL, calling, caller);
}

static void stop(struct caller *caller)
{
	caller->stop = 1;
	pthread_join(caller->thread, NULL);
}

static long seal_of(struct machine *machine, struct wish wish, enum wrong wrong)
{
	unsigned long long where;
	long sealed;

	wish.wrong = wrong;
	close(build(machine, &wish, &sealed, &where));
	return sealed;
}

void several_processors(void)
{
	struct wish wish = { .id = 0xd1, .secret = SECRET,
			     .profile = POSTERN_K(2) | POSTERN_K(10) };
	struct machine machine;
	int fd;

	boot(&machine, 2);
	check("SEAL of one list for two vCPUs with private memory",
	      seal_of(&machine, wish, ONE_LIST), -EPERM);
	check("SEAL of two lists that share a hierarchy with private memory",
	      seal_of(&machine, wish, ONE_HIERARCHY), -EPERM);
	check("SEAL of another vCPU's private frame",
	      seal_of(&machine, wish, OTHERS_FRAME), -EPERM);
	install(&machine, &wish);
	check("vCPU 0 calls the gate", run(&machine, 0, GATE).port, SECRET);
	check("vCPU 0 finds in private memory what it put there", run(&machine, 0, LOOK).port,
	      SECRET);
	check("vCPU 1 does not find what vCPU 0 put there", run(&machine, 1, LOOK).port, 0);
	check("vCPU 1 calls the gate", run(&machine, 1, GATE).port, SECRET);
	check("and has put it into its own", run(&machine, 1, LOOK).port, SECRET);
	check("vCPU 1 leaves its view by a stray VMFUNC", run(&machine, 1, STRAY).reason,
	      KVM_EXIT_SHUTDOWN);
	check("and vCPU 0 ends with it", run(&machine, 0, GATE).reason, KVM_EXIT_SHUTDOWN);

	/* Which vCPUs there are is decided at CREATE. */
	wish.id = 0xd2;
	boot(&machine, 1);
	fd = sealed_build(&machine, &wish);
	add_processor(&machine);
	spin(&machine);
	check("ACTIVATE after a vCPU was added", activate(fd, 20000, 0), -ERANGE);
	halt(&machine);
	close(fd);
	boot(&machine, 1);
	install(&machine, &wish);
	add_processor(&machine);
	check("a vCPU added later has no list", run(&machine, 1, GATE).reason,
	      KVM_EXIT_SHUTDOWN);
	check("and those that have go on", run(&machine, 0, GATE).port, SECRET);
}

/* Killed while it waits for a vCPU that does not run. */
static void killed_in_activate(int fd, int replaces)
{
	pid_t child = fork();

	if (!child) {
		activate(fd, 60000, replaces);
		_exit(0);
	}
	usleep(300000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

void next_version(void)
{
	struct wish before = { .id = 0xe1, .secret = SECRET, .profile = POSTERN_K(10) };
	struct wish after = { .id = 0xe2, .secret = NEXT_SECRET, .profile = POSTERN_K(10) };
	struct wish more = { .id = 0xe3, .secret = NEXT_SECRET,
			     .profile = POSTERN_K(10) | POSTERN_K(13) };
	struct caller callers[2];
	struct machine machine;
	long seen;
	int fd, i;

	boot(&machine, 2);
	install(&machine, &before);
	fd = sealed_build(&machine, &after);
	check("ACTIVATE of a second installation", activate(fd, 20000, 0), -EBUSY);
	check("ACTIVATE in the place of another than is there", activate(fd, 20000, 0x77),
	      -EBUSY);
	check("ACTIVATE of the next while no vCPU runs", activate(fd, 300, before.id),
	      -ETIMEDOUT);
	killed_in_activate(fd, before.id);
	check("the one before is there", status_of(0).bundle_id[0], before.id);
	check("and works on vCPU 0", run(&machine, 0, GATE).port, SECRET);
	check("and on vCPU 1", run(&machine, 1, GATE).port, SECRET);

	for (i = 0; i < 2; i++)
		start(&callers[i], &machine, i, CALLS);
	i = sealed_build(&machine, &more);
	check("ACTIVATE of the next with a control KVM does not hold",
	      activate(i, 20000, before.id), -EPERM);
	close(i);
	check("ACTIVATE of the next while both vCPUs call the gate",
	      activate(fd, 20000, before.id), 0);
	check("only the next is there", status_of(0).bundle_id[0], after.id);
	close(fd);
	/* Each may have been on its way out with one old answer. */
	for (i = 0; i < 2; i++) {
		seen = callers[i].after;
		while (callers[i].after < seen + 20 && !callers[i].wrong)
			usleep(1000);
	}
	for (i = 0; i < 2; i++)
		stop(&callers[i]);
	check("no call had another answer than the old or the new one",
	      callers[0].wrong + callers[1].wrong, 0);
	check("both were called", callers[0].before > 0 && callers[1].before > 0 &&
	      callers[0].after > 0 && callers[1].after > 0, 1);
	check("vCPU 0 has the next", run(&machine, 0, GATE).port, NEXT_SECRET);
	check("vCPU 1 has the next", run(&machine, 1, GATE).port, NEXT_SECRET);
	check("the one before cannot be taken out", take_out(before.id, 100), -ENOENT);
	spin(&machine);
	check("REMOVE while both vCPUs run", take_out(after.id, 20000), 0);
	halt(&machine);
	check("the guest has no gate", run(&machine, 0, GATE).port != NEXT_SECRET, 1);
}

void interrupts(void)
{
	struct wish wish = { .id = 0xf1, .secret = SECRET, .profile = POSTERN_K(10) };
	struct caller callers[2];
	struct machine machine;
	unsigned short *ticks;
	int i;

	boot_with_timer(&machine, 2);
	ticks = (unsigned short *)(machine.memory + TICKS);
	install(&machine, &wish);
	start(&callers[0], &machine, 0, TIMER);
	start(&callers[1], &machine, 1, CALLS);
	while ((*(volatile unsigned short *)ticks < 100 || callers[0].before < 100 ||
		callers[1].before < 100) && !callers[0].wrong && !callers[1].wrong)
		usleep(1000);
	for (i = 0; i < 2; i++)
		stop(&callers[i]);
	printf("POSTERN interrupts: %d ticks in %ld and %ld calls\n", *ticks,
	       callers[0].before, callers[1].before);
	check("a hundred timer interrupts among the calls of two vCPUs disturb none",
	      callers[0].wrong + callers[1].wrong, 0);
	check("and none is lost to the gate", *ticks >= 100, 1);
	start(&callers[0], &machine, 0, CALLS_OPEN);
	while (!callers[0].wrong)
		usleep(1000);
	stop(&callers[0]);
	check("an interrupt taken in a protected view ends the machine", status_of(0).state,
	      POSTERN_STATE_KILLED);
}
