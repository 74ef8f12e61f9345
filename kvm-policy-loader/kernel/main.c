// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/postern: an open file is one installation in the making; closing it
 * before POSTERN_ACTIVATE takes everything back. What is active belongs to the
 * machine, and goes with it, or by POSTERN_REMOVE.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/cpu_device_id.h>
#include <asm/msr.h>
#include <asm/vmx.h>

#include "postern.h"

#ifndef MSR_IA32_VMX_PROCBASED_CTLS3
#define MSR_IA32_VMX_PROCBASED_CTLS3 0x492
#endif

/* What this module makes true while an installation is active. */
#define ATTESTED (POSTERN_O_FRAMES_DISTINCT | POSTERN_O_23 | POSTERN_O_25 | \
		  POSTERN_O_26 | POSTERN_O_27 | POSTERN_O_32 | POSTERN_O_36 | \
		  POSTERN_O_40 | POSTERN_O_48 | POSTERN_O_71 | POSTERN_O_72 | \
		  POSTERN_O_76)

static DEFINE_MUTEX(registry);
static LIST_HEAD(installations);
static struct workqueue_struct *endings;

struct postern_installation *postern_find(struct kvm *kvm)
{
	struct postern_installation *inst;

	list_for_each_entry_rcu(inst, &installations, link)
		if (inst->kvm == kvm)
			return inst;
	return NULL;
}

static u64 msr_or_zero(u32 msr)
{
	u64 value;

	return rdmsrl_safe(msr, &value) ? 0 : value;
}

static long info(struct postern_info *arg)
{
	u32 eax, ebx, ecx, edx;
	u64 second;

	arg->abi = POSTERN_ABI_VERSION;
	arg->attested = ATTESTED;
	arg->enforceable = postern_enforceable();
	second = msr_or_zero(MSR_IA32_VMX_PROCBASED_CTLS2);
	arg->procbased2 = second;
	arg->ept_vpid_cap = msr_or_zero(MSR_IA32_VMX_EPT_VPID_CAP);
	arg->procbased3 = msr_or_zero(MSR_IA32_VMX_PROCBASED_CTLS3);
	arg->vmfunc = second >> 32 & BIT(13) ? msr_or_zero(MSR_IA32_VMX_VMFUNC) : 0;
	arg->arch_capabilities = msr_or_zero(MSR_IA32_ARCH_CAPABILITIES);
	cpuid_count(7, 0, &eax, &ebx, &ecx, &edx);
	arg->cpuid_7_0_ebx = ebx;
	arg->cpuid_7_0_ecx = ecx;
	arg->cpuid_7_0_edx = edx;
	cpuid_count(7, 1, &eax, &ebx, &ecx, &edx);
	arg->cpuid_7_1_eax = eax;
	arg->cpuid_7_1_edx = edx;
	arg->phys_bits = boot_cpu_data.x86_phys_bits;
	return 0;
}

static void put(struct postern_installation *inst)
{
	if (!refcount_dec_and_test(&inst->users))
		return;
	postern_release_frames(inst);
	kvm_put_kvm(inst->kvm);
	kvfree(inst->vcpu);
	kfree(inst);
}

/* The machine is gone or left: no vCPU of it will enter with our tables. */
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
	synchronize_rcu();
	postern_invept_all();
	put(inst);
	module_put(THIS_MODULE);
}

static void gone_work(struct work_struct *work)
{
	retire(container_of(work, struct postern_installation, gone));
}

/* Called where we may not wait: the machine's address space is going. */
void postern_gone(struct postern_installation *inst)
{
	if (inst->published)
		queue_work(endings, &inst->gone);
}

static struct postern_installation *create(struct postern_create *arg)
{
	struct postern_installation *inst;
	struct kvm *kvm;

	if (!arg->vcpus || arg->vcpus > POSTERN_MAX_VCPUS || !arg->views ||
	    arg->views > POSTERN_SLOTS)
		return ERR_PTR(-EINVAL);
	/* A control nobody here can hold is refused, not promised. */
	if (arg->profile & ~postern_enforceable())
		return ERR_PTR(-EOPNOTSUPP);
	kvm = postern_kvm(arg->vm_fd);
	if (IS_ERR(kvm))
		return ERR_CAST(kvm);
	if (atomic_read(&kvm->online_vcpus) != arg->vcpus) {
		kvm_put_kvm(kvm);
		return ERR_PTR(-ERANGE);
	}
	inst = kzalloc(sizeof(*inst), GFP_KERNEL_ACCOUNT);
	if (!inst) {
		kvm_put_kvm(kvm);
		return ERR_PTR(-ENOMEM);
	}
	inst->vcpu = kvcalloc(arg->vcpus, sizeof(*inst->vcpu), GFP_KERNEL_ACCOUNT);
	if (!inst->vcpu) {
		kvm_put_kvm(kvm);
		kfree(inst);
		return ERR_PTR(-ENOMEM);
	}
	inst->kvm = kvm;
	refcount_set(&inst->users, 1);
	inst->vcpus = arg->vcpus;
	inst->views = arg->views;
	inst->profile = arg->profile;
	inst->pid = kvm->userspace_pid;
	memcpy(inst->bundle_id, arg->bundle_id, sizeof(inst->bundle_id));
	memcpy(inst->plan_sha256, arg->plan_sha256, sizeof(inst->plan_sha256));
	mutex_init(&inst->lock);
	mutex_init(&inst->runs);
	spin_lock_init(&inst->entries);
	INIT_LIST_HEAD(&inst->owned);
	INIT_LIST_HEAD(&inst->pinned);
	INIT_LIST_HEAD(&inst->mms);
	xa_init(&inst->frames);
	init_waitqueue_head(&inst->wait);
	INIT_WORK(&inst->gone, gone_work);
	return inst;
}

static bool all(struct postern_installation *inst, bool left)
{
	u32 i;

	for (i = 0; i < inst->vcpus; i++)
		if (!(left ? READ_ONCE(inst->vcpu[i].left) :
			     READ_ONCE(inst->vcpu[i].probed)))
			return false;
	return true;
}

/* Publishes, looks at every vCPU's controls, and only then takes over. */
static long activate(struct postern_installation *inst,
		     struct postern_activate *arg)
{
	long left, ret = 0;

	u32 i;

	if (inst->state != POSTERN_SEALED)
		return -EBADFD;
	for (i = 0; i < inst->vcpus; i++)
		inst->vcpu[i].probed = false;
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	mutex_lock(&registry);
	if (postern_find(inst->kvm)) {
		mutex_unlock(&registry);
		module_put(THIS_MODULE);
		return -EBUSY;
	}
	WRITE_ONCE(inst->state, POSTERN_PROBING);
	refcount_inc(&inst->users);
	list_add_rcu(&inst->link, &installations);
	inst->published = true;
	mutex_unlock(&registry);

	kvm_make_all_cpus_request(inst->kvm, KVM_REQ_EVENT);
	left = wait_event_interruptible_timeout(inst->wait, all(inst, false),
						msecs_to_jiffies(arg->timeout_ms));
	arg->missing = inst->missing;
	if (left <= 0)
		ret = left ? left : -ETIMEDOUT;
	else if (inst->missing)
		ret = -EPERM;
	if (ret) {
		retire(inst);
		inst->state = POSTERN_SEALED;
		inst->missing = 0;
		return ret;
	}
	/* O-23: nothing cached before the views existed outlives this. */
	postern_invept_all();
	/* Whoever sees ACTIVE sees the lists and what was probed. */
	smp_store_release(&inst->state, POSTERN_ACTIVE);
	kvm_make_all_cpus_request(inst->kvm, KVM_REQ_EVENT);
	return 0;
}

static long status(struct postern_status *arg)
{
	struct postern_installation *inst;
	u32 index = 0;
	long ret = -ENOENT;

	mutex_lock(&registry);
	list_for_each_entry(inst, &installations, link) {
		if (index++ != arg->index)
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

/*
 * Tables are freed when the last vCPU has entered without them. One that does
 * not run keeps them: EINPROGRESS, and the next call, or the machine's end,
 * finishes.
 */
static long take_out(struct postern_remove *arg)
{
	struct postern_installation *inst, *found = NULL;
	long left;

	mutex_lock(&registry);
	list_for_each_entry(inst, &installations, link)
		if (!memcmp(inst->bundle_id, arg->bundle_id, sizeof(arg->bundle_id)) &&
		    (inst->state == POSTERN_ACTIVE || inst->state == POSTERN_REMOVING)) {
			found = inst;
			break;
		}
	if (found) {
		refcount_inc(&found->users);
		WRITE_ONCE(found->state, POSTERN_REMOVING);
		/* KVM writes its own EPT pointer before the next entry. */
		kvm_make_all_cpus_request(found->kvm, KVM_REQ_LOAD_MMU_PGD);
	}
	mutex_unlock(&registry);
	if (!found)
		return -ENOENT;
	left = wait_event_interruptible_timeout(found->wait, all(found, true),
						msecs_to_jiffies(arg->timeout_ms));
	if (left > 0)
		retire(found);
	put(found);
	return left > 0 ? 0 : left ? left : -EINPROGRESS;
}

union argument {
	u32 size;
	struct postern_info info;
	struct postern_create create;
	struct postern_alloc alloc;
	struct postern_pin pin;
	struct postern_write write;
	struct postern_seal seal;
	struct postern_activate activate;
	struct postern_status status;
	struct postern_remove remove;
};

/*
 * A call holds what it works on: another on the same file may hand it over to
 * the machine meanwhile, and the machine may end.
 */
static struct postern_installation *of_file(struct file *file)
{
	struct postern_installation *inst;

	spin_lock(&file->f_lock);
	inst = file->private_data;
	if (inst)
		refcount_inc(&inst->users);
	spin_unlock(&file->f_lock);
	return inst;
}

static bool replace(struct file *file, struct postern_installation *before,
		    struct postern_installation *after)
{
	bool same;

	spin_lock(&file->f_lock);
	same = file->private_data == before;
	if (same)
		file->private_data = after;
	spin_unlock(&file->f_lock);
	return same;
}

static long building(struct file *file, unsigned int cmd, union argument *arg)
{
	struct postern_installation *inst = of_file(file);
	struct kvm *kvm;
	long ret;

	if (cmd == POSTERN_CREATE) {
		if (inst) {
			put(inst);
			return -EALREADY;
		}
		inst = create(&arg->create);
		if (IS_ERR(inst))
			return PTR_ERR(inst);
		if (!replace(file, NULL, inst)) {
			put(inst);
			return -EALREADY;
		}
		return 0;
	}
	if (!inst)
		return -EBADFD;
	if (mutex_lock_interruptible(&inst->lock)) {
		put(inst);
		return -EINTR;
	}
	if (cmd != POSTERN_ACTIVATE && inst->state != POSTERN_BUILDING) {
		mutex_unlock(&inst->lock);
		put(inst);
		return -EBADFD;
	}
	switch (cmd) {
	case POSTERN_ALLOC:
		ret = postern_alloc(inst, &arg->alloc);
		break;
	case POSTERN_PIN:
		kvm = postern_kvm(arg->pin.vm_fd);
		if (IS_ERR(kvm)) {
			ret = PTR_ERR(kvm);
			break;
		}
		ret = postern_pin(inst, &arg->pin, kvm);
		kvm_put_kvm(kvm);
		break;
	case POSTERN_WRITE:
		ret = postern_write(inst, &arg->write);
		break;
	case POSTERN_SEAL:
		ret = postern_seal(inst, &arg->seal);
		/* A table that was refused once is not looked at again. */
		inst->state = ret ? POSTERN_REFUSED : POSTERN_SEALED;
		break;
	default:
		ret = activate(inst, &arg->activate);
	}
	mutex_unlock(&inst->lock);
	/* From here on it is the machine's. */
	if (cmd == POSTERN_ACTIVATE && !ret && replace(file, inst, NULL))
		put(inst);
	put(inst);
	return ret;
}

static long postern_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	void __user *at = (void __user *)user;
	union argument arg = {};
	long ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (_IOC_TYPE(cmd) != POSTERN_MAGIC || _IOC_SIZE(cmd) < sizeof(u32) ||
	    _IOC_SIZE(cmd) > sizeof(arg))
		return -ENOTTY;
	if (copy_from_user(&arg, at, _IOC_SIZE(cmd)))
		return -EFAULT;
	if (arg.size != _IOC_SIZE(cmd))
		return -E2BIG;
	switch (cmd) {
	case POSTERN_INFO:
		ret = info(&arg.info);
		break;
	case POSTERN_STATUS:
		ret = status(&arg.status);
		break;
	case POSTERN_REMOVE:
		ret = take_out(&arg.remove);
		break;
	case POSTERN_CREATE:
	case POSTERN_ALLOC:
	case POSTERN_PIN:
	case POSTERN_WRITE:
	case POSTERN_SEAL:
	case POSTERN_ACTIVATE:
		ret = building(file, cmd, &arg);
		break;
	default:
		return -ENOTTY;
	}
	if (_IOC_DIR(cmd) & _IOC_READ && copy_to_user(at, &arg, _IOC_SIZE(cmd)))
		return -EFAULT;
	return ret;
}

static int postern_open(struct inode *inode, struct file *file)
{
	file->private_data = NULL;	/* misc devices start with themselves */
	return 0;
}

static int postern_release(struct inode *inode, struct file *file)
{
	if (file->private_data)
		put(file->private_data);
	return 0;
}

static const struct file_operations postern_fops = {
	.owner = THIS_MODULE,
	.open = postern_open,
	.release = postern_release,
	.unlocked_ioctl = postern_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice postern_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "postern",
	.fops = &postern_fops,
	.mode = 0600,
};

static int __init postern_init(void)
{
	int ret;

	if (!boot_cpu_has(X86_FEATURE_VMX))
		return -ENODEV;
	endings = alloc_workqueue("postern", 0, 0);
	if (!endings)
		return -ENOMEM;
	ret = postern_hook();
	if (ret) {
		pr_err("this kvm_intel has no place to stand: %d\n", ret);
		goto no_hook;
	}
	ret = misc_register(&postern_device);
	if (ret)
		goto no_device;
	return 0;

no_device:
	postern_unhook();
no_hook:
	destroy_workqueue(endings);
	return ret;
}

static void __exit postern_exit(void)
{
	misc_deregister(&postern_device);
	postern_unhook();
	destroy_workqueue(endings);
}

module_init(postern_init);
module_exit(postern_exit);
MODULE_DESCRIPTION("EPTP lists that were proved, for running KVM guests");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: kvm_intel");
