// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine.h"

#define TABLES 0xa000UL		/* three pages */
#define IDT 0xd000UL
#define GDT 0xe000UL
#define POINTERS 0xf000UL

static void memory(struct machine *machine, int slot, unsigned long gpa, unsigned long size)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .guest_phys_addr = gpa, .memory_size = size,
		.userspace_addr = (unsigned long)machine->memory + gpa
	};

	need("memory slot", call(machine->vm, KVM_SET_USER_MEMORY_REGION, &region), 0);
}

static const struct layout USUAL = {
	.code = low_page, .high = 0x8000, .end = 0x10000, .stack = 0x8ff0
};

static void create(struct machine *machine, const struct layout *layout)
{
	struct kvm_pit_config pit = { 0 };

	memset(machine, 0, sizeof(*machine));
	machine->stack = layout->stack;
	machine->kvm = open("/dev/kvm", O_RDWR);
	machine->vm = ioctl(machine->kvm, KVM_CREATE_VM, 0);
	machine->memory = mmap(NULL, layout->end, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* A copy for a child would take the pages out of the views. */
	madvise(machine->memory, layout->end, MADV_DONTFORK);
	memory(machine, 0, 0, 0x2000);
	memory(machine, 1, layout->high, layout->end - layout->high);
	memcpy(machine->memory + 0x1000, layout->code, PAGE);
	*(unsigned short *)(machine->memory + 6 * 4) = ON_UD;
	*(unsigned short *)(machine->memory + 3 * 4) = ON_BP;
	if (layout->timer) {
		need("interrupt controller", call(machine->vm, KVM_CREATE_IRQCHIP, NULL), 0);
		need("timer", call(machine->vm, KVM_CREATE_PIT2, &pit), 0);
	}
}

int add_processor(struct machine *machine)
{
	struct processor *new = &machine->processor[machine->count];
	int size = ioctl(machine->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	new->fd = ioctl(machine->vm, KVM_CREATE_VCPU, machine->count);
	new->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, new->fd, 0);
	go(machine, machine->count, PARK);
	return machine->count++;
}

void boot_as(struct machine *machine, const struct layout *layout, int processors)
{
	struct kvm_mp_state runs = { .mp_state = KVM_MP_STATE_RUNNABLE };

	create(machine, layout);
	while (machine->count < processors) {
		int added = add_processor(machine);

		if (layout->timer)
			need("runnable", call(machine->processor[added].fd,
					      KVM_SET_MP_STATE, &runs), 0);
	}
}

void boot(struct machine *machine, int processors)
{
	boot_as(machine, &USUAL, processors);
}

void boot_with_timer(struct machine *machine, int processors)
{
	struct layout layout = USUAL;

	layout.timer = 1;
	boot_as(machine, &layout, processors);
}

void power_off(struct machine *machine)
{
	int i;

	for (i = 0; i < machine->count; i++)
		close(machine->processor[i].fd);
	close(machine->vm);
	close(machine->kvm);
}

static void gate(unsigned char *idt, int vector, unsigned long handler)
{
	unsigned short entry[8] = { handler, 8, 0x8e00, 0 };

	memcpy(idt + vector * 16, entry, sizeof(entry));
}

static struct kvm_segment flat(int selector, int type, int is_long)
{
	return (struct kvm_segment){
		.limit = 0xffffffff, .selector = selector, .type = type, .present = 1,
		.db = !is_long, .s = 1, .l = is_long, .g = 1
	};
}

static void processor_features(struct machine *machine, int processor)
{
	struct kvm_cpuid2 *all = calloc(1, sizeof(*all) + 100 * sizeof(*all->entries));
	unsigned int i;

	all->nent = 100;
	need("features", call(machine->kvm, KVM_GET_SUPPORTED_CPUID, all), 0);
	for (i = 0; i < all->nent; i++)
		if (all->entries[i].function == 1)
			all->entries[i].ecx &= ~(1U << 5);	/* VMX */
	need("features", call(machine->processor[processor].fd, KVM_SET_CPUID2, all), 0);
	free(all);
}

void long_mode_of(struct machine *machine, int processor, unsigned long tables,
		  unsigned long idt, unsigned long gdt, unsigned long tss)
{
	struct kvm_xcrs xcrs = { .nr_xcrs = 1, .xcrs[0].value = 3 };
	struct kvm_sregs sregs;
	int fd = machine->processor[processor].fd;

	processor_features(machine, processor);
	need("registers", call(fd, KVM_GET_SREGS, &sregs), 0);
	sregs.cs = flat(8, 11, 1);
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = flat(16, 3, 0);
	sregs.idt.base = idt;
	sregs.idt.limit = 0xfff;
	sregs.gdt.base = gdt;
	sregs.gdt.limit = 3 * 8 - 1;
	sregs.tr.base = tss;
	sregs.tr.limit = 0x67;
	sregs.ldt.unusable = 1;
	sregs.cr3 = tables;
	sregs.cr0 = 0x80010033;		/* PG WP NE ET MP PE */
	sregs.cr4 = 0x40020;		/* OSXSAVE PAE */
	sregs.efer = 0x500;		/* LMA LME */
	need("64-bit mode", call(fd, KVM_SET_SREGS, &sregs), 0);
	need("XCR0", call(fd, KVM_SET_XCRS, &xcrs), 0);
}

void long_mode(struct machine *machine)
{
	unsigned long *table = (unsigned long *)(machine->memory + TABLES);
	unsigned long gdt[3] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff };
	unsigned char *idt = machine->memory + IDT;

	table[0] = (TABLES + PAGE) | 3;
	table[512] = (TABLES + 2 * PAGE) | 3;
	table[1024] = 0x83;		/* the first 2 MiB, where they are */
	memcpy(machine->memory + GDT, gdt, sizeof(gdt));
	gate(idt, 3, ON_BP64);
	gate(idt, 13, ON_GP64);
	gate(idt, 14, ON_PF64);
	/* For LIDT: where nothing is protected, and where code is. */
	*(unsigned short *)(machine->memory + POINTERS) = 0xfff;
	*(unsigned long *)(machine->memory + POINTERS + 2) = IDT;
	*(unsigned short *)(machine->memory + POINTERS + 0x20) = 0xfff;
	*(unsigned long *)(machine->memory + POINTERS + 0x22) = 0x3000800;
	long_mode_of(machine, 0, TABLES, IDT, GDT, GDT + 0x100);
}

/* What the last exit was about is done with, before registers change. */
static void finish(struct processor *processor)
{
	processor->run->immediate_exit = 1;
	ioctl(processor->fd, KVM_RUN, 0);
	processor->run->immediate_exit = 0;
}

/* Real mode keeps its segments at 0; a call returns to where nothing is done. */
void go(struct machine *machine, int processor, unsigned long rip)
{
	unsigned long stack = machine->stack - 0x400 * processor;
	struct kvm_regs regs = { .rip = rip, .rflags = 2, .rsp = stack };
	int fd = machine->processor[processor].fd;
	struct kvm_sregs sregs;

	finish(&machine->processor[processor]);
	*(unsigned short *)(machine->memory + stack) = PARK;
	need("registers", call(fd, KVM_GET_SREGS, &sregs), 0);
	if (!(sregs.cr0 & 1)) {
		sregs.cs.base = 0;
		sregs.cs.selector = 0;
		need("registers", call(fd, KVM_SET_SREGS, &sregs), 0);
	}
	need("registers", call(fd, KVM_SET_REGS, &regs), 0);
}

struct answer next(struct machine *machine, int processor)
{
	struct kvm_run *run = machine->processor[processor].run;
	int parked = 0;

	while (parked < 3) {
		if (ioctl(machine->processor[processor].fd, KVM_RUN, 0) < 0) {
			need("KVM_RUN", -errno, 0);
			return (struct answer){ -1, -1 };
		}
		if (run->exit_reason != KVM_EXIT_IO)
			return (struct answer){ -1, run->exit_reason };
		if (run->io.port == 16)
			return (struct answer){
				run->io.size == 2 ?
				*(unsigned short *)((char *)run + run->io.data_offset) :
				*(unsigned int *)((char *)run + run->io.data_offset),
				KVM_EXIT_IO };
		parked++;
	}
	return (struct answer){ -1, KVM_EXIT_IO };
}

struct answer run(struct machine *machine, int processor, unsigned long rip)
{
	go(machine, processor, rip);
	return next(machine, processor);
}

static void *spinning(void *argument)
{
	struct processor *processor = argument;

	while (processor->spins)
		ioctl(processor->fd, KVM_RUN, 0);
	return NULL;
}

void spin(struct machine *machine)
{
	int i;

	for (i = 0; i < machine->count; i++) {
		machine->processor[i].spins = 1;
		pthread_create(&machine->processor[i].thread, NULL, spinning,
			       &machine->processor[i]);
	}
}

void halt(struct machine *machine)
{
	int i;

	for (i = 0; i < machine->count; i++)
		machine->processor[i].spins = 0;
	for (i = 0; i < machine->count; i++)
		pthread_join(machine->processor[i].thread, NULL);
}
