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
		  POSTERN_O_76 | POSTERN_PINNED_PT)

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

static struct postern_installation *create(struct postern_create *arg)
{
	struct postern_installation *inst;
	struct kvm *kvm;
	u32 i;

	if (!arg->vcpus || arg->vcpus > POSTERN_MAX_VCPUS || !arg->views ||
	    arg->views > POSTERN_SLOTS || arg->reserved)
		return ERR_PTR(-EINVAL);
	/* NMIs and machine checks are the host's own. */
	if (arg->exceptions & (BIT(NMI_VECTOR) | BIT(MC_VECTOR)))
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
	inst->exceptions = arg->exceptions;
	inst->range_first = arg->range_first;
	inst->range_last = arg->range_last;
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
	postern_endings(inst);
	for (i = 0; i < inst->vcpus; i++)
		postern_bound(&inst->vcpu[i]);
	return inst;
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
	struct postern_lock lock;
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
			postern_put(inst);
			return -EALREADY;
		}
		inst = create(&arg->create);
		if (IS_ERR(inst))
			return PTR_ERR(inst);
		if (!replace(file, NULL, inst)) {
			postern_put(inst);
			return -EALREADY;
		}
		return 0;
	}
	if (!inst)
		return -EBADFD;
	if (mutex_lock_interruptible(&inst->lock)) {
		postern_put(inst);
		return -EINTR;
	}
	if (cmd != POSTERN_ACTIVATE && inst->state != POSTERN_BUILDING) {
		mutex_unlock(&inst->lock);
		postern_put(inst);
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
	case POSTERN_LOCK:
		ret = postern_lock(inst, &arg->lock);
		break;
	case POSTERN_SEAL:
		ret = postern_seal(inst, &arg->seal);
		/* A table that was refused once is not looked at again. */
		inst->state = ret ? POSTERN_REFUSED : POSTERN_SEALED;
		break;
	default:
		ret = postern_activate(inst, &arg->activate);
	}
	mutex_unlock(&inst->lock);
	/* From here on it is the machine's. */
	if (cmd == POSTERN_ACTIVATE && !ret && replace(file, inst, NULL))
		postern_put(inst);
	postern_put(inst);
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
		ret = postern_status(&arg.status);
		break;
	case POSTERN_REMOVE:
		ret = postern_remove(&arg.remove);
		break;
	case POSTERN_CREATE:
	case POSTERN_ALLOC:
	case POSTERN_PIN:
	case POSTERN_WRITE:
	case POSTERN_LOCK:
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
		postern_put(file->private_data);
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
	ret = postern_active_init();
	if (ret)
		return ret;
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
	postern_active_exit();
	return ret;
}

static void __exit postern_exit(void)
{
	misc_deregister(&postern_device);
	postern_unhook();
	postern_active_exit();
}

module_init(postern_init);
module_exit(postern_exit);
MODULE_DESCRIPTION("EPTP lists that were proved, for running KVM guests");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: kvm_intel");
