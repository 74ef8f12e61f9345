// SPDX-License-Identifier: GPL-2.0
/*
 * The controls, each twice: what it allows goes on, what it forbids ends the
 * machine.
 */
#include <unistd.h>

#include "machine.h"

/* #DE #DB #BP #UD #NM #GP #PF #MF #AC: what a policy intercepts that says nothing. */
#define STRICT 0x360cb

static const unsigned long long PINNED = POSTERN_K(3) | POSTERN_K(4) | POSTERN_K(5) |
					 POSTERN_K(6) | POSTERN_K(7) | POSTERN_K(8) |
					 POSTERN_K(9) | POSTERN_K(10) | POSTERN_K(17) |
					 POSTERN_K(19);

/* Ends the machine if the control is demanded, and not if it is not. */
static void forbids(const char *what, int control, unsigned long rip)
{
	struct wish wish = { .id = 0x40 + control, .secret = SECRET,
			     .profile = POSTERN_K(control),
			     .range_first = 0x3000000, .range_last = 0x3000fff };
	struct machine machine;

	boot(&machine, 1);
	long_mode(&machine);
	install(&machine, &wish);
	check(what, run(&machine, 0, rip).reason, KVM_EXIT_SHUTDOWN);
	check("which is recorded", status_of(0).state, POSTERN_STATE_KILLED);
	power_off(&machine);
	boot(&machine, 1);
	long_mode(&machine);
	wish.id += 0x20;
	wish.profile = POSTERN_K(10);
	install(&machine, &wish);
	check("and allowed where it is not demanded", run(&machine, 0, rip).port, 0x600d);
	power_off(&machine);
}

static void allowed(void)
{
	struct wish wish = { .id = 0x30, .secret = SECRET, .profile = PINNED,
			     .exceptions = STRICT,
			     .range_first = 0x3000000, .range_last = 0x3000fff };
	struct machine machine;

	boot(&machine, 1);
	long_mode(&machine);
	install(&machine, &wish);
	check("CR0.TS, CR3, EFER, XCR0, IDTR and DR0 written within what is pinned; #BP arrives",
	      run(&machine, 0, KEEP).port, 0x33);
	check("#PF arrives with its error code", next(&machine, 0).port, 0);
	check("and its address", next(&machine, 0).port, 0x40000000);
	check("#GP arrives with its error code", next(&machine, 0).port, 0x28);
	check("and the guest goes on", next(&machine, 0).port, 0x600d);
	check("STATUS active", status_of(0).state, POSTERN_STATE_ACTIVE);
	go(&machine, 0, PARK);
	spin(&machine);
	check("REMOVE", take_out(wish.id, 20000), 0);
	halt(&machine);
	check("KVM's own controls are back: CR0.WP may change", run(&machine, 0, DROP_WP).port,
	      0x600d);
	power_off(&machine);
}

/* An exception in a protected view: with K9 it never reaches a handler there. */
static void exceptions(void)
{
	struct wish wish = { .id = 0x20, .secret = SECRET, .events = 1,
			     .profile = POSTERN_K(10) };
	struct machine machine;

	boot(&machine, 1);
	*(unsigned short *)(machine.memory + 3 * 4) = BREAK_HANDLER;
	install(&machine, &wish);
	check("K9 not demanded: a handler runs in the protected view",
	      run(&machine, 0, BREAK_IN_VIEW).port, 0xbad);
	power_off(&machine);
	boot(&machine, 1);
	wish.id = 0x21;
	wish.profile |= POSTERN_K(9);
	wish.exceptions = STRICT;
	install(&machine, &wish);
	check("K9: an exception in the default view is the guest's", run(&machine, 0, BREAK).port,
	      0xd03);
	*(unsigned short *)(machine.memory + 3 * 4) = BREAK_HANDLER;
	check("K9: one in a protected view ends the machine",
	      run(&machine, 0, BREAK_IN_VIEW).reason, KVM_EXIT_SHUTDOWN);
	power_off(&machine);
}

static void bounded(void)
{
	struct wish wish = { .id = 0x22, .secret = SECRET,
			     .profile = POSTERN_K(10) | POSTERN_K(19) };
	struct machine machine;
	int i, wrong = 0;

	boot(&machine, 1);
	install(&machine, &wish);
	go(&machine, 0, CALLS);
	for (i = 0; i < 1000; i++)
		wrong += next(&machine, 0).port != SECRET;
	check("K19: a thousand calls that come back", wrong, 0);
	check("K19: one that never does ends the machine", run(&machine, 0, FOREVER).reason,
	      KVM_EXIT_SHUTDOWN);
	power_off(&machine);
}

static void not_to_begin_with(void)
{
	struct wish wish = { .id = 0x23, .secret = SECRET, .profile = POSTERN_K(4) };
	unsigned long long missing;
	struct machine machine;
	int fd;

	boot(&machine, 1);
	fd = sealed_build(&machine, &wish);
	spin(&machine);
	check("K4 of a guest without paging", activate_missing(fd, 20000, 0, &missing) < 0 &&
	      missing == POSTERN_K(4), 1);
	halt(&machine);
	close(fd);
	/* It could leave paging, and nobody would look at it when it does. */
	wish.profile = POSTERN_K(3);
	fd = sealed_build(&machine, &wish);
	spin(&machine);
	check("K3 without K4 and K5 where KVM's guests are unrestricted",
	      activate_missing(fd, 20000, 0, &missing) < 0 && missing == POSTERN_K(3), 1);
	halt(&machine);
	close(fd);
	power_off(&machine);
}

void controls(void)
{
	allowed();
	not_to_begin_with();
	forbids("K4: CR0.WP cleared", 4, DROP_WP);
	forbids("K4: CR4.PSE changed", 4, TOGGLE_PSE);
	forbids("K5: EFER changed", 5, TOGGLE_NX);
	forbids("K6: more in XCR0 than was", 6, MORE_XCR0);
	forbids("K8: IDT where protected code is", 8, MOVE_IDT);
	exceptions();
	bounded();
}
