// SPDX-License-Identifier: GPL-2.0
/*
 * What is active, and how it changes. A machine goes from nothing to an
 * installation, from one to the next, and back to nothing in one step: every
 * vCPU is out of the guest and in no protected view, nobody enters meanwhile,
 * and whoever enters next does so with what is active then. If the step cannot
 * be taken in time, what was active stays so.
 */
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "postern.h"

static DEFINE_MUTEX(registry);
static LIST_HEAD(installations);
static struct workqueue_struct *endings;

struct postern_installation *postern_find(struct kvm *kvm)
{
	struct postern_installation *inst;

	list_for_each_entry_rcu(inst, &installations, link,
				lockdep_is_held(&registry))
		if (inst->kvm == kvm)
			return inst;
	return NULL;
}

void postern_put(struct postern_installation *inst)
{
	u32 i;

	if (!refcount_dec_and_test(&inst->users))
		return;
	for (i = 0; i < inst->vcpus; i++)
		hrtimer_cancel(&inst->vcpu[i].bound);
	postern_release_frames(inst);
	kvm_put_kvm(inst->kvm);
	kfree(inst->locked);
	kvfree(inst->vcpu);
	kfree(inst);
}

static void publish(struct postern_installation *inst)
{
	refcount_inc(&inst->users);
	inst->published = true;
}

/* It is in nobody's way any more: no vCPU will enter with its tables. */
static void withdraw(struct postern_installation *inst)
{
	synchronize_rcu();
	postern_invept_all();
	postern_put(inst);
	module_put(THIS_MODULE);
}

static void retire(struct postern_installation *inst)
{
	mutex_lock(&registry);
	if (!inst->published) {
		mutex_unlock(&registry);
		return;
	}
	list_del_rcu(&inst->link);
	inst->published = false;
	mutex_unlock(&registry);
	withdraw(inst);
}

static void gone_work(struct work_struct *work)
{
	struct postern_installation *inst =
		container_of(work, struct postern_installation, gone);

	retire(inst);
	postern_put(inst);
}

static void kick_work(struct work_struct *work)
{
	struct postern_installation *inst =
		container_of(work, struct postern_installation, kick);

	kvm_make_all_cpus_request(inst->kvm, KVM_REQ_EVENT);
	wake_up_all(&inst->wait);
	postern_put(inst);
}

void postern_endings(struct postern_installation *inst)
{
	INIT_WORK(&inst->gone, gone_work);
	INIT_WORK(&inst->kick, kick_work);
}

/* The work has a reference of its own; what is being freed needs none. */
static void later(struct postern_installation *inst, struct work_struct *work)
{
	if (refcount_inc_not_zero(&inst->users) && !queue_work(endings, work))
		postern_put(inst);
}

/* Called where we may not wait: the machine's address space is going. */
void postern_gone(struct postern_installation *inst)
{
	WRITE_ONCE(inst->ended, true);
	later(inst, &inst->gone);
}

/* Called where we may not wait: whoever is in the guest is to come out. */
void postern_kick(struct postern_installation *inst)
{
	later(inst, &inst->kick);
}

static bool all_probed(struct postern_installation *inst)
{
	u32 i;

	for (i = 0; i < inst->vcpus; i++)
		/* Pairs with show(): what it found is there. */
		if (!smp_load_acquire(&inst->vcpu[i].probed))
			return false;
	return true;
}

static bool all_left(struct postern_installation *inst)
{
	u32 i;

	for (i = 0; i < inst->vcpus; i++)
		if (READ_ONCE(inst->vcpu[i].taken) && !READ_ONCE(inst->vcpu[i].left))
			return false;
	return true;
}

static bool all_out(struct postern_installation *inst)
{
	u32 i;

	for (i = 0; i < inst->vcpus; i++)
		/* Pairs with after_exit(): the view it left is known. */
		if (smp_load_acquire(&inst->vcpu[i].inside) ||
		    READ_ONCE(inst->vcpu[i].view))
			return false;
	return true;
}

/*
 * An entry that KVM gave up has no exit. A vCPU that nobody runs is not in the
 * guest, whatever it was about to do.
 */
static void at_rest(struct postern_installation *inst)
{
	struct kvm_vcpu *vcpu;
	u32 i;

	for (i = 0; i < inst->vcpus; i++) {
		if (!READ_ONCE(inst->vcpu[i].inside))
			continue;
		vcpu = kvm_get_vcpu(inst->kvm, i);
		if (vcpu && mutex_trylock(&vcpu->mutex)) {
			WRITE_ONCE(inst->vcpu[i].inside, false);
			mutex_unlock(&vcpu->mutex);
		}
	}
}

/*
 * Shuts the door and waits until all are out. 0: they are, and stay so until
 * the state is another.
 */
static long hold(struct postern_installation *inst, unsigned int timeout_ms)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(timeout_ms);
	long left;

	WRITE_ONCE(inst->state, POSTERN_HOLDING);
	/* enter() says that it is inside, and then looks at the state. */
	smp_mb();
	/* Who passed before there was a door is in the guest by now, or back. */
	synchronize_rcu();
	do {
		kvm_make_all_cpus_request(inst->kvm, KVM_REQ_EVENT);
		kvm_make_all_cpus_request(inst->kvm, KVM_REQ_OUTSIDE_GUEST_MODE);
		at_rest(inst);
		left = wait_event_interruptible_timeout(inst->wait,
							all_out(inst) ||
							READ_ONCE(inst->killed),
							1 + HZ / 100);
	} while (!left && time_before(jiffies, deadline));
	if (left < 0)
		return left;
	if (READ_ONCE(inst->killed))
		return -ESTALE;
	return left ? 0 : -ETIMEDOUT;
}

static long wait_probed(struct postern_installation *inst,
			struct postern_installation *where,
			unsigned int timeout_ms)
{
	long left;

	kvm_make_all_cpus_request(inst->kvm, KVM_REQ_EVENT);
	left = wait_event_interruptible_timeout(inst->wait, all_probed(inst),
						msecs_to_jiffies(timeout_ms));
	if (left <= 0)
		return left ? left : -ETIMEDOUT;
	return hold(where, timeout_ms);
}

/* All are out of the guest: what they showed last is what they will have. */
static long shown(struct postern_installation *inst, u64 *missing)
{
	u32 i;

	*missing = 0;
	for (i = 0; i < inst->vcpus; i++)
		*missing |= inst->vcpu[i].missing;
	if (!postern_locked(inst))
		*missing |= POSTERN_PINNED_PT;
	if (*missing)
		return -EPERM;
	/* One that was added has no list. */
	return atomic_read(&inst->kvm->online_vcpus) == inst->vcpus ? 0 : -ERANGE;
}

/* Nobody is in a view: O-23, and then the state, which whoever enters reads. */
static void take_effect(struct postern_installation *inst)
{
	postern_invept_all();
	WRITE_ONCE(inst->in_use, true);
	/* Pairs with enter(): whoever sees it sees the lists. */
	smp_store_release(&inst->state, POSTERN_ACTIVE);
}

static long activate_first(struct postern_installation *inst,
			   struct postern_activate *arg)
{
	long ret = wait_probed(inst, inst, arg->timeout_ms);

	if (!ret)
		ret = shown(inst, &arg->missing);
	if (ret) {
		retire(inst);
		inst->state = POSTERN_SEALED;
		return ret;
	}
	take_effect(inst);
	return 0;
}

/* The next version in the place of the one before, or that one as it was. */
static long activate_next(struct postern_installation *inst,
			  struct postern_installation *before,
			  struct postern_activate *arg)
{
	long ret = wait_probed(inst, before, arg->timeout_ms);
	u32 i;

	if (!ret)
		ret = shown(inst, &arg->missing);
	mutex_lock(&registry);
	if (!ret && (!before->published || READ_ONCE(inst->ended)))
		ret = -ESTALE;
	rcu_assign_pointer(before->next, NULL);
	if (!ret) {
		/* What was set for the one before is still set. */
		for (i = 0; i < inst->vcpus; i++) {
			inst->vcpu[i].primary = before->vcpu[i].primary;
			inst->vcpu[i].exceptions = before->vcpu[i].exceptions;
			inst->vcpu[i].bitmap = before->vcpu[i].bitmap;
			inst->vcpu[i].descriptors = before->vcpu[i].descriptors;
		}
		publish(inst);
		take_effect(inst);
		list_replace_rcu(&before->link, &inst->link);
		before->published = false;
	} else if (before->state == POSTERN_HOLDING) {
		/* Pairs with enter(): as it was. */
		smp_store_release(&before->state, POSTERN_ACTIVE);
	}
	mutex_unlock(&registry);
	if (!ret) {
		withdraw(before);
		return 0;
	}
	/* No vCPU shows itself to this one any more. */
	synchronize_rcu();
	inst->state = POSTERN_SEALED;
	module_put(THIS_MODULE);
	return ret;
}

long postern_activate(struct postern_installation *inst,
		      struct postern_activate *arg)
{
	struct postern_installation *before;
	long ret = 0;
	u32 i;

	if (inst->state != POSTERN_SEALED)
		return -EBADFD;
	for (i = 0; i < inst->vcpus; i++)
		inst->vcpu[i].probed = false;
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	mutex_lock(&registry);
	before = postern_find(inst->kvm);
	if (!before) {
		inst->state = POSTERN_PROBING;
		publish(inst);
		list_add_rcu(&inst->link, &installations);
	} else if (memcmp(before->bundle_id, arg->replaces, sizeof(arg->replaces)) ||
		   before->vcpus != inst->vcpus || !mutex_trylock(&before->lock)) {
		ret = -EBUSY;
	} else if (before->state != POSTERN_ACTIVE || before->killed) {
		mutex_unlock(&before->lock);
		ret = -ESTALE;
	} else {
		refcount_inc(&before->users);
		rcu_assign_pointer(before->next, inst);
	}
	mutex_unlock(&registry);
	if (ret) {
		module_put(THIS_MODULE);
		return ret;
	}
	if (!before)
		return activate_first(inst, arg);
	ret = activate_next(inst, before, arg);
	mutex_unlock(&before->lock);
	postern_put(before);
	return ret;
}

long postern_status(struct postern_status *arg)
{
	struct postern_installation *inst;
	u32 index = 0;
	long ret = -ENOENT;

	mutex_lock(&registry);
	list_for_each_entry(inst, &installations, link) {
		if (!inst->in_use || index++ != arg->index)
			continue;
		arg->state = inst->killed ? POSTERN_STATE_KILLED :
			     inst->state == POSTERN_REMOVING ? POSTERN_STATE_REMOVING :
							       POSTERN_STATE_ACTIVE;
		arg->vcpus = inst->vcpus;
		arg->revoked = atomic64_read(&inst->revoked);
		arg->violations = atomic64_read(&inst->violations);
		arg->pid = inst->pid;
		memcpy(arg->bundle_id, inst->bundle_id, sizeof(arg->bundle_id));
		memcpy(arg->plan_sha256, inst->plan_sha256, sizeof(arg->plan_sha256));
		ret = 0;
		break;
	}
	mutex_unlock(&registry);
	return ret;
}

static struct postern_installation *named(const u8 *bundle_id)
{
	struct postern_installation *inst;

	list_for_each_entry(inst, &installations, link)
		if (!memcmp(inst->bundle_id, bundle_id, sizeof(inst->bundle_id)))
			return inst;
	return NULL;
}

/*
 * All are out of the views at once. Tables are freed when every vCPU has
 * entered without them: one that does not run keeps them. EINPROGRESS, and the
 * next call, or the machine's end, finishes.
 */
static long take_out(struct postern_installation *inst, unsigned int timeout_ms)
{
	long ret;

	if (inst->state == POSTERN_ACTIVE) {
		ret = hold(inst, timeout_ms);
		if (ret && ret != -ESTALE) {
			/* Pairs with enter(): as it was. */
			smp_store_release(&inst->state, POSTERN_ACTIVE);
			return ret;
		}
		/* Pairs with enter(). */
		smp_store_release(&inst->state, POSTERN_REMOVING);
		/* KVM writes its own EPT pointer before the next entry. */
		kvm_make_all_cpus_request(inst->kvm, KVM_REQ_LOAD_MMU_PGD);
	}
	if (inst->state != POSTERN_REMOVING)
		return -ENOENT;
	ret = wait_event_interruptible_timeout(inst->wait, all_left(inst),
					       msecs_to_jiffies(timeout_ms));
	if (ret <= 0)
		return ret ? ret : -EINPROGRESS;
	retire(inst);
	return 0;
}

long postern_remove(struct postern_remove *arg)
{
	struct postern_installation *inst;
	long ret = -ENOENT;

	mutex_lock(&registry);
	inst = named(arg->bundle_id);
	if (inst && !mutex_trylock(&inst->lock)) {
		inst = NULL;
		ret = -EBUSY;
	}
	if (inst)
		refcount_inc(&inst->users);
	mutex_unlock(&registry);
	if (!inst)
		return ret;
	ret = take_out(inst, arg->timeout_ms);
	mutex_unlock(&inst->lock);
	postern_put(inst);
	return ret;
}

int postern_active_init(void)
{
	endings = alloc_workqueue("postern", 0, 0);
	return endings ? 0 : -ENOMEM;
}

void postern_active_exit(void)
{
	destroy_workqueue(endings);
}
