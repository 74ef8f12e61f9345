// SPDX-License-Identifier: GPL-2.0
/*
 * The controls K1..K20 a bundle demands, as far as they can be held around a
 * stock KVM: read from, or written to, the VMCS before every entry. What KVM
 * changes on an exit is seen at the entry that follows, so no instruction of
 * the guest runs with it.
 */
#include <asm/vmx.h>

#include "postern.h"
#include "vmcs.h"

#define SECONDARY_VMFUNC	BIT(13)
#define SECONDARY_FORBIDDEN	(BIT(14) | BIT(17))	/* shadow VMCS, PML */

/* K4: the bits of CR0 and CR4 that are pinned, and those that must be set. */
#define CR0_PINNED	(X86_CR0_PE | X86_CR0_PG | X86_CR0_WP)
#define CR4_CLEAR	(X86_CR4_LA57 | X86_CR4_VMXE | X86_CR4_PKE | \
			 BIT_ULL(23) /* CET */ | BIT_ULL(24) /* PKS */ | \
			 BIT_ULL(25) /* UINTR */ | BIT_ULL(28) /* LAM */ | \
			 BIT_ULL(32) /* FRED */)
#define CR4_PINNED	(X86_CR4_PAE | X86_CR4_PSE | CR4_CLEAR)

#define XCR0_APX	BIT_ULL(19)
#define DEBUGCTL_TRACE	(BIT(6) | BIT(7))	/* branch trace, by pointer */

/* K5: writes of these exit, and what they hold lets nobody write memory. */
static const struct {
	u32 first, last;
} msrs[] = {
	{ 0x1cc, 0x1d4 },	/* FRED */
	{ 0x1d9, 0x1d9 },	/* DEBUGCTL */
	{ 0x3f1, 0x3f1 },	/* PEBS_ENABLE */
	{ 0x560, 0x58f },	/* RTIT */
	{ 0x600, 0x600 },	/* DS_AREA */
	{ 0x6a0, 0x6a8 },	/* CET */
	{ 0x6e1, 0x6e1 },	/* PKRS */
	{ 0x985, 0x98a },	/* UINTR */
	{ 0xda0, 0xda0 },	/* XSS */
	{ 0xc0000080, 0xc0000080 },	/* EFER */
};

/* Controls whose holding can be read from, or written to, a VMCS of KVM's. */
u64 postern_enforceable(void)
{
	u64 held = POSTERN_K(1) | POSTERN_K(2) | POSTERN_K(3) | POSTERN_K(4) |
		   POSTERN_K(5) | POSTERN_K(6) | POSTERN_K(7) | POSTERN_K(9) |
		   POSTERN_K(10) | POSTERN_K(11) | POSTERN_K(12) |
		   POSTERN_K(13) | POSTERN_K(14) | POSTERN_K(16) |
		   POSTERN_K(17) | POSTERN_K(18) | POSTERN_K(19);
	u64 second;

	if (!rdmsrl_safe(MSR_IA32_VMX_PROCBASED_CTLS2, &second) &&
	    second >> 32 & SECONDARY_EXEC_DESC)
		held |= POSTERN_K(8);
	return held;
}

/*
 * KVM lets a guest use VMX only if its CPUID has it, and fixes a vCPU's CPUID
 * when it first runs.
 */
static bool has_vmx(struct kvm_vcpu *vcpu)
{
	int i;

	for (i = 0; i < vcpu->arch.cpuid_nent; i++)
		if (vcpu->arch.cpuid_entries[i].function == 1)
			return vcpu->arch.cpuid_entries[i].ecx & BIT(5);
	return false;
}

/* As the guest reads it: KVM sets bits of its own that VMX asks for. */
static u64 guest_cr0(void)
{
	u64 mask = vmcs_read(CR0_GUEST_HOST_MASK);

	return (vmcs_read(CR0_READ_SHADOW) & mask) | (vmcs_read(GUEST_CR0) & ~mask);
}

static u64 guest_cr4(void)
{
	u64 mask = vmcs_read(CR4_GUEST_HOST_MASK);

	return (vmcs_read(CR4_READ_SHADOW) & mask) | (vmcs_read(GUEST_CR4) & ~mask);
}

/* Four levels, write protection, nothing that gives addresses new meanings. */
static bool modes_held(void)
{
	u64 cr0 = guest_cr0(), cr4 = guest_cr4();

	return (cr0 & CR0_PINNED) == CR0_PINNED && cr4 & X86_CR4_PAE &&
	       !(cr4 & CR4_CLEAR);
}

static bool msr_writes_exit(void)
{
	const unsigned long *writes;
	u32 i, msr;

	if (!(vmcs_read(CPU_BASED_VM_EXEC_CONTROL) & CPU_BASED_USE_MSR_BITMAPS))
		return true;
	/* SDM vol. 3, 25.6.9: writes of low MSRs, then of those at C0000000H. */
	writes = phys_to_virt(vmcs_read(MSR_BITMAP) + 0x800);
	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		for (msr = msrs[i].first; msr <= msrs[i].last; msr++)
			if (!test_bit((msr & 0x1fff) + (msr >> 31 ? 0x2000 : 0),
				      writes))
				return false;
	return true;
}

static bool traces(struct kvm_vcpu *vcpu)
{
	if (vmcs_read(GUEST_IA32_DEBUGCTL) & DEBUGCTL_TRACE)
		return true;
	if (vmcs_read(VM_ENTRY_CONTROLS) & VM_ENTRY_LOAD_IA32_RTIT_CTL &&
	    vmcs_read(GUEST_IA32_RTIT_CTL))
		return true;
	return vcpu->arch.pmu.pebs_enable || vcpu->arch.ia32_xss;
}

static bool overlaps(struct postern_installation *inst, u64 base, u64 limit)
{
	u64 last = base + limit;

	return inst->range_first <= inst->range_last &&
	       (last < base ||
		(base <= inst->range_last && inst->range_first <= last));
}

/* K8: no table the processor reads by itself lies where protected code does. */
static bool tables_outside(struct postern_installation *inst)
{
	if (overlaps(inst, vmcs_read(GUEST_GDTR_BASE), vmcs_read(GUEST_GDTR_LIMIT)) ||
	    overlaps(inst, vmcs_read(GUEST_IDTR_BASE), vmcs_read(GUEST_IDTR_LIMIT)) ||
	    overlaps(inst, vmcs_read(GUEST_TR_BASE), vmcs_read(GUEST_TR_LIMIT)))
		return false;
	return vmcs_read(GUEST_LDTR_AR_BYTES) & VMX_AR_UNUSABLE_MASK ||
	       !overlaps(inst, vmcs_read(GUEST_LDTR_BASE),
			 vmcs_read(GUEST_LDTR_LIMIT));
}

/*
 * K9: KVM hands on #DB by itself always; of #PF it may want only some, and
 * then the filter is its own.
 */
static bool exceptions_held(struct postern_installation *inst)
{
	u32 more = inst->exceptions & ~(u32)vmcs_read(EXCEPTION_BITMAP);

	if (more & BIT(DB_VECTOR))
		return false;
	return !(inst->exceptions & BIT(PF_VECTOR)) ||
	       !(vmcs_read(PAGE_FAULT_ERROR_CODE_MASK) |
		 vmcs_read(PAGE_FAULT_ERROR_CODE_MATCH));
}

/* Of the controls demanded, those that do not hold as the VMCS is now. */
u64 postern_missing(struct postern_installation *inst, struct kvm_vcpu *vcpu)
{
	u32 pin = vmcs_read(PIN_BASED_VM_EXEC_CONTROL);
	u32 second = vmcs_read(SECONDARY_VM_EXEC_CONTROL);
	u64 profile = inst->profile;
	u64 missing = 0;

	if (!(second & SECONDARY_EXEC_ENABLE_VPID))
		missing |= POSTERN_K(2);
	/* With both of these CR0.PE, CR0.PG and EFER are the host's, and stay. */
	if (second & SECONDARY_EXEC_UNRESTRICTED_GUEST &&
	    ~profile & (POSTERN_K(4) | POSTERN_K(5)))
		missing |= POSTERN_K(3);
	if (profile & POSTERN_K(4) && !modes_held())
		missing |= POSTERN_K(4);
	if (profile & POSTERN_K(5) && (!msr_writes_exit() || traces(vcpu)))
		missing |= POSTERN_K(5);
	if (vcpu->arch.xcr0 & XCR0_APX)
		missing |= POSTERN_K(6);
	if (profile & POSTERN_K(8) && !tables_outside(inst))
		missing |= POSTERN_K(8);
	if (profile & POSTERN_K(9) && !exceptions_held(inst))
		missing |= POSTERN_K(9);
	if (!(pin & PIN_BASED_EXT_INTR_MASK) || !(pin & PIN_BASED_NMI_EXITING))
		missing |= POSTERN_K(10);
	if (second & SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY ||
	    pin & PIN_BASED_POSTED_INTR)
		missing |= POSTERN_K(11);
	if (second & BIT(18))
		missing |= POSTERN_K(12);
	if (!(second & BIT(22)))
		missing |= POSTERN_K(13);
	if (second & BIT(23))
		missing |= POSTERN_K(14);
	if (profile & POSTERN_K(18) && has_vmx(vcpu))
		missing |= POSTERN_K(18);
	missing &= profile;
	if (!(second & SECONDARY_EXEC_ENABLE_EPT) || second & SECONDARY_FORBIDDEN)
		missing |= POSTERN_K(1);
	return missing;
}

/* Remembers what is pinned from here on. */
void postern_pin_controls(struct kvm_vcpu *vcpu, struct postern_vcpu *own)
{
	own->cr0 = guest_cr0() & CR0_PINNED;
	own->cr4 = guest_cr4() & CR4_PINNED;
	own->efer = vcpu->arch.efer;
	own->xcr0 = vcpu->arch.xcr0;
	own->cr3 = vmcs_read(GUEST_CR3) & GENMASK_ULL(51, 12);
}

/* Whether something that is pinned is not what it was. */
bool postern_moved(struct postern_installation *inst, struct kvm_vcpu *vcpu,
		   struct postern_vcpu *own)
{
	if (inst->profile & POSTERN_K(4) &&
	    ((guest_cr0() & CR0_PINNED) != own->cr0 ||
	     (guest_cr4() & CR4_PINNED) != own->cr4))
		return true;
	if (inst->profile & POSTERN_K(5) && vcpu->arch.efer != own->efer)
		return true;
	if (inst->locked &&
	    (vmcs_read(GUEST_CR3) & GENMASK_ULL(51, 12)) != own->cr3)
		return true;
	return inst->profile & POSTERN_K(6) && vcpu->arch.xcr0 & ~own->xcr0;
}

/* The host owns these bits too: a guest reads what they are, a write exits. */
static void own_bits(u32 mask_field, u32 shadow_field, u32 value_field, u64 bits)
{
	u64 mask = vmcs_read(mask_field);
	u64 more = bits & ~mask;

	if (!more)
		return;
	vmcs_write(shadow_field, (vmcs_read(shadow_field) & ~more) |
					 (vmcs_read(value_field) & more));
	vmcs_write(mask_field, mask | more);
}

/* Writes what is demanded and is ours to write. */
void postern_demand(struct postern_installation *inst, struct postern_vcpu *own)
{
	u32 second = vmcs_read(SECONDARY_VM_EXEC_CONTROL) | SECONDARY_VMFUNC;
	u32 primary = vmcs_read(CPU_BASED_VM_EXEC_CONTROL);
	u32 exceptions = vmcs_read(EXCEPTION_BITMAP);
	u32 more = 0;

	vmcs_write(VM_FUNCTION_CONTROL, 1);		/* K1: leaf 0 only */
	if (inst->profile & POSTERN_K(4)) {
		own_bits(CR0_GUEST_HOST_MASK, CR0_READ_SHADOW, GUEST_CR0, CR0_PINNED);
		own_bits(CR4_GUEST_HOST_MASK, CR4_READ_SHADOW, GUEST_CR4, CR4_PINNED);
	}
	if (inst->profile & POSTERN_K(7)) {
		more |= CPU_BASED_CR3_LOAD_EXITING;
		vmcs_write(CR3_TARGET_COUNT, 0);
	}
	if (inst->profile & POSTERN_K(8) && !(second & SECONDARY_EXEC_DESC)) {
		own->descriptors = true;
		second |= SECONDARY_EXEC_DESC;
	}
	if (inst->profile & POSTERN_K(9)) {
		/* An entry that KVM gave up has left ours there. */
		if (exceptions == own->bitmap)
			exceptions &= ~own->exceptions;
		own->exceptions = inst->exceptions & ~exceptions;
		own->bitmap = exceptions | own->exceptions;
		vmcs_write(EXCEPTION_BITMAP, own->bitmap);
	}
	if (inst->profile & POSTERN_K(17))
		more |= CPU_BASED_MOV_DR_EXITING;
	own->primary |= more & ~primary;
	vmcs_write(CPU_BASED_VM_EXEC_CONTROL, primary | more);
	vmcs_write(SECONDARY_VM_EXEC_CONTROL, second);
}

/* KVM sees its own exception bitmap, and adds to that. */
void postern_after_exceptions(struct postern_vcpu *own)
{
	u32 now = vmcs_read(EXCEPTION_BITMAP);

	if (own->exceptions && now == own->bitmap)
		vmcs_write(EXCEPTION_BITMAP, now & ~own->exceptions);
	own->bitmap = 0;
}

/* What KVM had before; the next entry is as if we had never been. */
void postern_restore_controls(struct kvm_vcpu *vcpu, struct postern_vcpu *own)
{
	u32 second = vmcs_read(SECONDARY_VM_EXEC_CONTROL) & ~SECONDARY_VMFUNC;

	/* KVM has it on for a guest whose UMIP it emulates. */
	if (own->descriptors && !(vcpu->arch.cr4 & X86_CR4_UMIP))
		second &= ~SECONDARY_EXEC_DESC;
	postern_after_exceptions(own);
	vmcs_write(VM_FUNCTION_CONTROL, 0);
	vmcs_write(SECONDARY_VM_EXEC_CONTROL, second);
	vmcs_write(EPTP_LIST_ADDRESS, 0);
	vmcs_write(CPU_BASED_VM_EXEC_CONTROL,
		   vmcs_read(CPU_BASED_VM_EXEC_CONTROL) & ~(u64)own->primary);
	vmcs_write(CR0_GUEST_HOST_MASK, ~vcpu->arch.cr0_guest_owned_bits);
	vmcs_write(CR4_GUEST_HOST_MASK, ~vcpu->arch.cr4_guest_owned_bits);
}

/*
 * K9: an exception that exits for us alone, in the default view. The guest
 * gets it as if it had not exited; runs where KVM would handle the exit.
 */
int postern_hand_on(struct kvm_vcpu *vcpu)
{
	u32 info = vmcs_read(VM_EXIT_INTR_INFO);
	u32 vector = info & INTR_INFO_VECTOR_MASK;

	if (vector == PF_VECTOR)
		vcpu->arch.cr2 = vmcs_read(EXIT_QUALIFICATION);
	if (vector == BP_VECTOR || vector == OF_VECTOR)
		vcpu->arch.event_exit_inst_len = vmcs_read(VM_EXIT_INSTRUCTION_LEN);
	if (info & INTR_INFO_DELIVER_CODE_MASK)
		kvm_queue_exception_e(vcpu, vector,
				      vmcs_read(VM_EXIT_INTR_ERROR_CODE));
	else
		kvm_queue_exception(vcpu, vector);
	return 1;
}

/*
 * K8: KVM's own handler warns where the guest has no UMIP; what it does then
 * is this. K7: it warns where unrestricted guest is on. K17: it gives the
 * registers to the guest.
 */
int postern_emulate(struct kvm_vcpu *vcpu)
{
	return kvm_emulate_instruction(vcpu, 0);
}
