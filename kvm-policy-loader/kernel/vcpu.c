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
#include "vmcs.h"

/* K19: guest time in a protected view, three of these at most. */
#define BOUND_NS	(100 * NSEC_PER_MSEC)

/* The machine ends; KVM tells its VMM at the next entry, which never comes. */
static void end_machine(struct postern_installation *inst,
			struct kvm_vcpu *vcpu, struct postern_vcpu *own)
{
	atomic64_inc(&inst->violations);
	own->taken = true;
	own->view = 0;
	vmcs_write(EPT_POINTER, own->list[0]);
	/* O-51: nothing of the view is left for whoever reads the registers. */
	memset(vcpu->arch.regs, 0, sizeof(vcpu->arch.regs));
	kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
	/* The other vCPUs too, at their next exit, which is now. */
	if (!xchg(&inst->killed, true))
		postern_kick(inst);
}

/*
 * K19. Only a run that began in a view counts, because when a view was entered
 * within a run is not known. Whether it was left and entered again is: after
 * half of the time its list is empty, and the way back exits.
 */
static void count(struct postern_vcpu *own, bool resumed)
{
	if (!own->view || !resumed)
		own->stayed = 0;
	else
		own->stayed += ktime_to_ns(ktime_sub(ktime_get(), own->entered));
}

/* Its interrupt is an exit (K10), which is all that is wanted. */
static enum hrtimer_restart ring(struct hrtimer *timer)
{
	return HRTIMER_NORESTART;
}

void postern_bound(struct postern_vcpu *own)
{
	hrtimer_init(&own->bound, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	own->bound.function = ring;
}

static void take_over(struct postern_installation *inst, struct kvm_vcpu *vcpu,
		      struct postern_vcpu *own)
{
	u32 event = vmcs_read(VM_ENTRY_INTR_INFO_FIELD);
	u64 list = own->list_pa;

	if (READ_ONCE(inst->killed)) {
		end_machine(inst, vcpu, own);
		return;
	}
	/* KVM may have changed its mind, or the guest, or who runs it. */
	if (postern_missing(inst, vcpu) || postern_moved(inst, vcpu, own)) {
		end_machine(inst, vcpu, own);
		return;
	}
	/* O-48, O-50: an event is never delivered in a protected view. */
	if (own->view && event & INTR_INFO_VALID_MASK) {
		end_machine(inst, vcpu, own);
		return;
	}
	own->taken = true;
	own->resumed = own->view;
	if (inst->profile & POSTERN_K(19)) {
		own->entered = ktime_get();
		if (own->stayed > BOUND_NS)
			list = page_to_phys(ZERO_PAGE(0));
		hrtimer_start(&own->bound, ns_to_ktime(BOUND_NS),
			      HRTIMER_MODE_REL_PINNED);
	}
	postern_demand(inst, own);
	vmcs_write(EPTP_LIST_ADDRESS, list);
	/* Back into the view it left, or the default one; never KVM's own. */
	vmcs_write(EPT_POINTER, own->list[array_index_nospec(own->view,
							     POSTERN_SLOTS)]);
}

static bool is_ours(struct postern_installation *inst, struct postern_vcpu *own,
		    u32 *view)
{
	u64 eptp = vmcs_read(EPT_POINTER);
	u32 i;

	for (i = 0; i < inst->views; i++)
		if (own->list[i] && own->list[i] == eptp) {
			*view = i;
			return true;
		}
	return false;
}

static void leave(struct postern_installation *inst, struct kvm_vcpu *vcpu,
		  struct postern_vcpu *own)
{
	u32 view;

	if (own->left)
		return;
	/* KVM was asked to load its own EPT pointer: not before it has. */
	if (is_ours(inst, own, &view)) {
		kvm_make_request(KVM_REQ_LOAD_MMU_PGD, vcpu);
		return;
	}
	if (own->taken)
		postern_restore_controls(vcpu, own);
	WRITE_ONCE(own->left, true);
	wake_up_all(&inst->wait);
}

static struct postern_vcpu *own_of(struct postern_installation *inst,
				   struct kvm_vcpu *vcpu)
{
	u32 idx = vcpu->vcpu_idx;

	return idx < inst->vcpus ? &inst->vcpu[idx] : NULL;
}

/* What this vCPU's controls are, for an installation that is not yet in use. */
static void show(struct postern_installation *inst, struct kvm_vcpu *vcpu)
{
	struct postern_vcpu *own = own_of(inst, vcpu);

	if (!own)
		return;
	own->missing = postern_missing(inst, vcpu);
	postern_pin_controls(vcpu, own);
	if (!own->probed) {
		/* Pairs with all_probed(). */
		smp_store_release(&own->probed, true);
		wake_up_all(&inst->wait);
	}
}

/* The door is shut: KVM finds a request, does not enter, and comes again. */
static void stay_out(struct postern_installation *inst, struct kvm_vcpu *vcpu,
		     struct postern_vcpu *own)
{
	WRITE_ONCE(own->inside, false);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	if (wq_has_sleeper(&inst->wait))
		wake_up_all(&inst->wait);
}

static void enter(struct postern_installation *inst, struct kvm_vcpu *vcpu,
		  struct postern_vcpu *own)
{
	struct postern_installation *next = rcu_dereference(inst->next);

	if (next)
		show(next, vcpu);
	WRITE_ONCE(own->inside, true);
	/* Said before the door is looked at; hold() does the reverse. */
	smp_mb();
	/* Pairs with take_effect() and those that change the state. */
	switch (smp_load_acquire(&inst->state)) {
	case POSTERN_PROBING:
		show(inst, vcpu);
		break;
	case POSTERN_ACTIVE:
		take_over(inst, vcpu, own);
		break;
	case POSTERN_HOLDING:
		/* Out of a protected view it has to come first. */
		if (own->view)
			take_over(inst, vcpu, own);
		else
			stay_out(inst, vcpu, own);
		break;
	case POSTERN_REMOVING:
		leave(inst, vcpu, own);
		break;
	default:
		break;
	}
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
	if (own)
		enter(inst, vcpu, own);
	else if (inst && READ_ONCE(inst->in_use))
		/* A vCPU that was added later has no list and no view. */
		kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
	rcu_read_unlock();
	return 0;
}

/* Where a handler of KVM's is not run: it returns 1, "continue". */
static noinline int skipped(void)
{
	return 1;
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

/* K19: the switch a full list would have made, where ours was empty. */
static bool switched(struct postern_installation *inst, struct kvm_vcpu *vcpu,
		     struct postern_vcpu *own, u32 reason)
{
	u32 leaf = vcpu->arch.regs[VCPU_REGS_RAX];
	u32 slot = vcpu->arch.regs[VCPU_REGS_RCX];

	if (reason != EXIT_REASON_VMFUNC || leaf || slot >= inst->views ||
	    vmcs_read(EPTP_LIST_ADDRESS) == own->list_pa)
		return false;
	slot = array_index_nospec(slot, POSTERN_SLOTS);
	if (!own->list[slot])
		return false;
	own->view = slot;
	own->stayed = 0;
	vcpu->arch.regs[VCPU_REGS_RIP] = vmcs_read(GUEST_RIP) +
					 vmcs_read(VM_EXIT_INSTRUCTION_LEN);
	vcpu->arch.regs_avail |= BIT(VCPU_REGS_RIP);
	vcpu->arch.regs_dirty |= BIT(VCPU_REGS_RIP);
	return true;
}

/* What becomes of an exit. */
enum verdict {
	TO_KVM,
	OVER,
	SKIP,		/* done with; the guest goes on */
	HAND_ON,	/* postern_hand_on() */
	BY_EMULATOR,	/* postern_emulate() */
};

static enum verdict in_view(struct postern_installation *inst,
			    struct kvm_vcpu *vcpu, struct postern_vcpu *own,
			    u32 reason)
{
	if (reason >> 16)
		return OVER;
	if (switched(inst, vcpu, own, reason))
		return SKIP;
	if (inst->profile & POSTERN_K(19) && own->stayed > 2 * BOUND_NS)
		return OVER;
	return harmless(reason) ? TO_KVM : OVER;
}

static enum verdict in_default(struct postern_installation *inst,
			       struct kvm_vcpu *vcpu, struct postern_vcpu *own,
			       u32 reason)
{
	u32 info;

	switch (reason & 0xffff) {
	case EXIT_REASON_EPT_VIOLATION:
		return denied(vcpu) ? OVER : TO_KVM;
	case EXIT_REASON_EPT_MISCONFIG:
		return OVER;
	case EXIT_REASON_EXCEPTION_NMI:
		info = vmcs_read(VM_EXIT_INTR_INFO);
		switch (info & INTR_INFO_INTR_TYPE_MASK) {
		case INTR_TYPE_HARD_EXCEPTION:
		case INTR_TYPE_SOFT_EXCEPTION:
			return own->exceptions & BIT(info & 31) ? HAND_ON : TO_KVM;
		default:
			return TO_KVM;
		}
	case EXIT_REASON_GDTR_IDTR:
	case EXIT_REASON_LDTR_TR:
		return own->descriptors ? BY_EMULATOR : TO_KVM;
	case EXIT_REASON_CR_ACCESS:
		/* MOV to CR3, bits 5:4 and 3:0. */
		return (vmcs_read(EXIT_QUALIFICATION) & 0x3f) == 3 &&
				       own->primary & CPU_BASED_CR3_LOAD_EXITING ?
			       BY_EMULATOR :
			       TO_KVM;
	case EXIT_REASON_DR_ACCESS:
		/* KVM would take the control away and have it tried again. */
		return own->primary & CPU_BASED_MOV_DR_EXITING ? BY_EMULATOR :
								 TO_KVM;
	default:
		return TO_KVM;
	}
}

static enum verdict judge(struct postern_installation *inst,
			  struct kvm_vcpu *vcpu, struct postern_vcpu *own)
{
	u32 reason = vmcs_read(VM_EXIT_REASON);

	/* O-70: which view the processor was in, from its own EPT pointer. */
	if (!is_ours(inst, own, &own->view))
		return OVER;
	count(own, own->resumed);
	if (READ_ONCE(inst->killed))
		return OVER;
	return own->view ? in_view(inst, vcpu, own, reason) :
			   in_default(inst, vcpu, own, reason);
}

/* vmx_handle_exit(vcpu, fastpath) */
static int after_exit(struct kprobe *probe, struct pt_regs *regs)
{
	struct kvm_vcpu *vcpu = (struct kvm_vcpu *)regs->di;
	struct postern_installation *inst;
	enum verdict verdict = TO_KVM;
	struct postern_vcpu *own;

	rcu_read_lock();
	inst = postern_find(vcpu->kvm);
	own = inst ? own_of(inst, vcpu) : NULL;
	/* It may have entered before there were lists. */
	if (own && own->taken && !own->left) {
		verdict = judge(inst, vcpu, own);
		postern_after_exceptions(own);
		if (verdict == OVER)
			end_machine(inst, vcpu, own);
	}
	if (own) {
		/* What the view is, is said before that it was left. */
		smp_store_release(&own->inside, false);
		if (wq_has_sleeper(&inst->wait))
			wake_up_all(&inst->wait);
	}
	rcu_read_unlock();
	switch (verdict) {
	case TO_KVM:
		return 0;
	case OVER:
	case SKIP:
		regs->ip = (unsigned long)skipped;
		return 1;
	case HAND_ON:
		regs->ip = (unsigned long)postern_hand_on;
		return 1;
	case BY_EMULATOR:
		regs->ip = (unsigned long)postern_emulate;
		return 1;
	}
	return 0;
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
