// SPDX-License-Identifier: GPL-2.0
/*
 * What happens around each entry and exit of a vCPU. KVM is stock: two kprobes
 * stand at the last function before an entry and at the first one that acts on
 * an exit. Both run on the vCPU's thread with its VMCS current, preemption off.
 *
 * The rule is that nothing an exit from a protected view can lead to is left
 * to KVM: it is one of a few exits that change no state, and the view is
 * resumed as it was; or the machine ends (O-48, O-71, O-72).
 */
#include <linux/kprobes.h>
#include <linux/nospec.h>
#include <asm/vmx.h>

#include "postern.h"

#define SECONDARY_VMFUNC	BIT(13)
#define SECONDARY_FORBIDDEN	(BIT(14) | BIT(17))	/* shadow VMCS, PML */

static u64 vmcs_read(u32 field)
{
	unsigned long value;

	asm volatile("vmread %1, %0" : "=r"(value) : "r"((unsigned long)field)
		     : "cc");
	return value;
}

static void vmcs_write(u32 field, u64 value)
{
	u8 failed;

	asm volatile("vmwrite %1, %2; setna %0"
		     : "=qm"(failed)
		     : "r"((unsigned long)value), "r"((unsigned long)field)
		     : "cc");
	WARN_ONCE(failed, "postern: vmwrite %x failed\n", field);
}

/* Controls whose holding can be read from, or written to, a VMCS of KVM's. */
u64 postern_enforceable(void)
{
	return POSTERN_K(1) | POSTERN_K(2) | POSTERN_K(3) | POSTERN_K(7) |
	       POSTERN_K(10) | POSTERN_K(11) | POSTERN_K(12) | POSTERN_K(13) |
	       POSTERN_K(14) | POSTERN_K(16) | POSTERN_K(17) | POSTERN_K(18);
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

static u64 missing_controls(u64 profile, struct kvm_vcpu *vcpu)
{
	u32 pin = vmcs_read(PIN_BASED_VM_EXEC_CONTROL);
	u32 second = vmcs_read(SECONDARY_VM_EXEC_CONTROL);
	u64 missing = 0;

	if (!(second & SECONDARY_EXEC_ENABLE_VPID))
		missing |= POSTERN_K(2);
	if (second & SECONDARY_EXEC_UNRESTRICTED_GUEST)
		missing |= POSTERN_K(3);
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

/* The machine ends; KVM tells its VMM at the next entry, which never comes. */
static void end_machine(struct postern_installation *inst,
			struct kvm_vcpu *vcpu, struct postern_vcpu *own)
{
	WRITE_ONCE(inst->killed, true);
	atomic64_inc(&inst->violations);
	own->view = 0;
	vmcs_write(EPT_POINTER, own->list[0]);
	/* O-51: nothing of the view is left for whoever reads the registers. */
	memset(vcpu->arch.regs, 0, sizeof(vcpu->arch.regs));
	kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
}

static void take_over(struct postern_installation *inst, struct kvm_vcpu *vcpu,
		      struct postern_vcpu *own)
{
	u32 second = vmcs_read(SECONDARY_VM_EXEC_CONTROL);
	u32 primary = vmcs_read(CPU_BASED_VM_EXEC_CONTROL);
	u32 event = vmcs_read(VM_ENTRY_INTR_INFO_FIELD);

	if (READ_ONCE(inst->killed)) {
		end_machine(inst, vcpu, own);
		return;
	}
	/* KVM may have changed its mind about what it lets the guest do. */
	if (missing_controls(inst->profile, vcpu)) {
		end_machine(inst, vcpu, own);
		return;
	}
	/* O-48, O-50: an event is never delivered in a protected view. */
	if (own->view && event & INTR_INFO_VALID_MASK) {
		end_machine(inst, vcpu, own);
		return;
	}
	vmcs_write(VM_FUNCTION_CONTROL, 1);		/* K1: leaf 0 only */
	vmcs_write(EPTP_LIST_ADDRESS, own->list_pa);
	vmcs_write(SECONDARY_VM_EXEC_CONTROL, second | SECONDARY_VMFUNC);
	if (inst->profile & POSTERN_K(7)) {
		primary |= CPU_BASED_CR3_LOAD_EXITING;
		vmcs_write(CR3_TARGET_COUNT, 0);
	}
	if (inst->profile & POSTERN_K(17))
		primary |= CPU_BASED_MOV_DR_EXITING;
	vmcs_write(CPU_BASED_VM_EXEC_CONTROL, primary);
	/* Back into the view it left, or the default one; never KVM's own. */
	vmcs_write(EPT_POINTER, own->list[array_index_nospec(own->view,
							     POSTERN_SLOTS)]);
}

static void leave(struct postern_installation *inst, struct kvm_vcpu *vcpu,
		  struct postern_vcpu *own)
{
	u32 second = vmcs_read(SECONDARY_VM_EXEC_CONTROL);

	if (own->left)
		return;
	if (own->view)
		end_machine(inst, vcpu, own);
	vmcs_write(VM_FUNCTION_CONTROL, 0);
	vmcs_write(SECONDARY_VM_EXEC_CONTROL, second & ~SECONDARY_VMFUNC);
	vmcs_write(EPTP_LIST_ADDRESS, 0);
	/* KVM loaded its own EPT pointer for this entry: it was asked to. */
	own->left = true;
	wake_up_all(&inst->wait);
}

static struct postern_vcpu *own_of(struct postern_installation *inst,
				   struct kvm_vcpu *vcpu)
{
	u32 idx = vcpu->vcpu_idx;

	return idx < inst->vcpus ? &inst->vcpu[idx] : NULL;
}

/* vmx_prepare_switch_to_guest(vcpu) */
static int before_entry(struct kprobe *probe, struct pt_regs *regs)
{
	struct kvm_vcpu *vcpu = (struct kvm_vcpu *)regs->di;
	struct postern_installation *inst;
	struct postern_vcpu *own;

	rcu_read_lock();
	inst = postern_find(vcpu->kvm);
	own = inst ? own_of(inst, vcpu) : NULL;
	if (own) {
		switch (READ_ONCE(inst->state)) {
		case POSTERN_PROBING:
			if (!own->probed) {
				inst->missing |= missing_controls(inst->profile, vcpu);
				own->probed = true;
				wake_up_all(&inst->wait);
			}
			break;
		case POSTERN_ACTIVE:
			take_over(inst, vcpu, own);
			break;
		case POSTERN_REMOVING:
			leave(inst, vcpu, own);
			break;
		default:
			break;
		}
	} else if (inst) {
		/* A vCPU that was added later has no list and no view. */
		kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
	}
	rcu_read_unlock();
	return 0;
}

/* Where a handler of KVM's is not run: it returns 1, "continue". */
static noinline int skipped(void)
{
	return 1;
}

/* O-70: which view the processor was in, from its own EPT pointer. */
static u32 view_at_exit(struct postern_installation *inst,
			struct postern_vcpu *own)
{
	u64 eptp = vmcs_read(EPT_POINTER);
	u32 i;

	for (i = 0; i < inst->views; i++)
		if (own->list[i] && own->list[i] == eptp)
			return i;
	return POSTERN_SLOTS;
}

/* Exits that change nothing the view can see, and that KVM does not emulate. */
static bool harmless(u32 reason)
{
	switch (reason) {
	case EXIT_REASON_EXCEPTION_NMI:
		return (vmcs_read(VM_EXIT_INTR_INFO) & INTR_INFO_INTR_TYPE_MASK) ==
		       INTR_TYPE_NMI_INTR;
	case EXIT_REASON_EXTERNAL_INTERRUPT:
	case EXIT_REASON_INTERRUPT_WINDOW:
	case EXIT_REASON_NMI_WINDOW:
	case EXIT_REASON_PREEMPTION_TIMER:
		return true;
	default:
		return false;
	}
}

/*
 * An access our default view denies although the machine has memory there: a
 * gate's page, a locked table, memory that was revoked. KVM would repair its
 * own tables, which the processor does not use, and the guest would fault for
 * ever.
 */
static bool denied(struct kvm_vcpu *vcpu)
{
	gpa_t gpa = vmcs_read(GUEST_PHYSICAL_ADDRESS);

	return kvm_is_visible_gfn(vcpu->kvm, gpa >> PAGE_SHIFT);
}

/* vmx_handle_exit(vcpu, fastpath) */
static int after_exit(struct kprobe *probe, struct pt_regs *regs)
{
	struct kvm_vcpu *vcpu = (struct kvm_vcpu *)regs->di;
	struct postern_installation *inst;
	struct postern_vcpu *own;
	bool end = false;
	u32 reason;

	rcu_read_lock();
	inst = postern_find(vcpu->kvm);
	own = inst ? own_of(inst, vcpu) : NULL;
	if (own && READ_ONCE(inst->state) == POSTERN_ACTIVE) {
		reason = vmcs_read(VM_EXIT_REASON);
		own->view = view_at_exit(inst, own);
		if (own->view >= POSTERN_SLOTS)
			end = true;
		else if (own->view)
			end = reason >> 16 || !harmless(reason & 0xffff);
		else if ((reason & 0xffff) == EXIT_REASON_EPT_VIOLATION)
			end = denied(vcpu);
		else
			end = (reason & 0xffff) == EXIT_REASON_EPT_MISCONFIG;
		if (end)
			end_machine(inst, vcpu, own);
	}
	rcu_read_unlock();
	if (!end)
		return 0;
	regs->ip = (unsigned long)skipped;
	return 1;
}

static struct kprobe probes[] = {
	{ .symbol_name = "vmx_prepare_switch_to_guest", .pre_handler = before_entry },
	{ .symbol_name = "vmx_handle_exit", .pre_handler = after_exit },
};

int postern_hook(void)
{
	int ret = register_kprobe(&probes[0]);

	if (ret)
		return ret;
	ret = register_kprobe(&probes[1]);
	if (ret)
		unregister_kprobe(&probes[0]);
	return ret;
}

void postern_unhook(void)
{
	unregister_kprobe(&probes[1]);
	unregister_kprobe(&probes[0]);
}
