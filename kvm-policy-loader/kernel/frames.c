// SPDX-License-Identifier: GPL-2.0
/*
 * Frames: those of ours, copied into and hashed before anything maps them
 * (O-32, O-40), and those of machines, pinned while a view has them and taken
 * out of all views when their owner lets go of them (O-36).
 */
#include <crypto/sha2.h>
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "postern.h"

/* The VM behind a file of the caller's; a reference to it is the caller's. */
struct kvm *postern_kvm(int fd)
{
	struct kvm *kvm = ERR_PTR(-EINVAL);
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file_is_kvm(file)) {
		kvm = file->private_data;
		if (!kvm_get_kvm_safe(kvm))
			kvm = ERR_PTR(-ESTALE);
	}
	fput(file);
	return kvm;
}

static int remember(struct postern_installation *inst, u64 pfn, u32 kind,
		    bool write, bool source)
{
	struct postern_frame *frame;
	int ret;

	frame = kzalloc(sizeof(*frame), GFP_KERNEL_ACCOUNT);
	if (!frame)
		return -ENOMEM;
	frame->kind = kind;
	frame->write = write;
	frame->source = source;
	/* One frame, one purpose: frames-distinct. */
	ret = xa_insert(&inst->frames, pfn, frame, GFP_KERNEL_ACCOUNT);
	if (ret) {
		kfree(frame);
		return ret == -EBUSY ? -EEXIST : ret;
	}
	return 0;
}

static void forget(struct postern_installation *inst, u64 pfn)
{
	kfree(xa_erase(&inst->frames, pfn));
}

int postern_alloc(struct postern_installation *inst, struct postern_alloc *arg)
{
	struct postern_owned *owned;
	unsigned int i;
	int ret = 0;
	u64 pfn;

	if (arg->reserved || !arg->pages || arg->pages > POSTERN_MAX_ALLOC)
		return -EINVAL;
	if (arg->kind != POSTERN_TABLE && arg->kind != POSTERN_PRIVATE)
		return -EINVAL;
	owned = kzalloc(sizeof(*owned), GFP_KERNEL_ACCOUNT);
	if (!owned)
		return -ENOMEM;
	owned->address = alloc_pages_exact((size_t)arg->pages << PAGE_SHIFT,
					   GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!owned->address) {
		kfree(owned);
		return -ENOMEM;
	}
	owned->pages = arg->pages;
	owned->kind = arg->kind;
	pfn = virt_to_phys(owned->address) >> PAGE_SHIFT;
	for (i = 0; i < arg->pages && !ret; i++)
		ret = remember(inst, pfn + i, arg->kind,
			       arg->kind == POSTERN_PRIVATE, false);
	if (ret) {
		while (--i)
			forget(inst, pfn + i - 1);
		free_pages_exact(owned->address,
				 (size_t)arg->pages << PAGE_SHIFT);
		kfree(owned);
		return ret;
	}
	list_add_tail(&owned->link, &inst->owned);
	arg->hpa = virt_to_phys(owned->address);
	return 0;
}

struct postern_owned *postern_owned(struct postern_installation *inst, u64 hpa,
				    unsigned int pages)
{
	struct postern_owned *owned;

	list_for_each_entry(owned, &inst->owned, link) {
		u64 start = virt_to_phys(owned->address);
		u64 end = start + ((u64)owned->pages << PAGE_SHIFT);

		if (hpa >= start && hpa < end && pages <= (end - hpa) >> PAGE_SHIFT)
			return owned;
	}
	return NULL;
}

int postern_write(struct postern_installation *inst, struct postern_write *arg)
{
	struct postern_owned *owned;
	u8 digest[SHA256_DIGEST_SIZE];
	struct postern_frame *frame;
	size_t length;
	u32 i;
	void *to;

	if (!arg->pages || !IS_ALIGNED(arg->hpa, PAGE_SIZE))
		return -EINVAL;
	owned = postern_owned(inst, arg->hpa, arg->pages);
	if (!owned)
		return -ENXIO;
	to = phys_to_virt(arg->hpa);
	length = (size_t)arg->pages << PAGE_SHIFT;
	if (copy_from_user(to, u64_to_user_ptr(arg->source), length)) {
		memset(to, 0, length);
		return -EFAULT;
	}
	/*
	 * O-40: what is hashed is the copy, in the frame that will be mapped;
	 * the caller's page may have changed since.
	 */
	sha256(to, length, digest);
	if (memcmp(digest, arg->sha256, sizeof(digest))) {
		memset(to, 0, length);
		return -EBADMSG;
	}
	/* What was given content is code from now on: no view writes it. */
	if (owned->kind == POSTERN_PRIVATE)
		for (i = 0; i < arg->pages; i++) {
			frame = xa_load(&inst->frames,
					(arg->hpa >> PAGE_SHIFT) + i);
			frame->kind = POSTERN_CODE;
			frame->write = false;
		}
	return 0;
}

/* Takes a run out of every view, and only then lets its pages go. */
static void revoke(struct postern_pinned *run)
{
	struct postern_installation *inst = run->mm->installation;
	unsigned long i, zapped = 0;

	if (run->revoked)
		return;
	run->revoked = true;
	for (i = 0; i < run->pages; i++) {
		u64 pfn = page_to_pfn(run->page[i]);

		zapped += postern_zap(inst, pfn, pfn);
		forget(inst, pfn);
	}
	/* O-36: no translation is left on any processor when a page is free. */
	postern_invept_all();
	atomic64_add(zapped, &inst->revoked);
	unpin_user_pages_dirty_lock(run->page, run->pages, run->write);
}

static int invalidate(struct mmu_notifier *notifier,
		      const struct mmu_notifier_range *range)
{
	struct postern_mm *mm =
		container_of(notifier, struct postern_mm, notifier);
	struct mutex *runs = &mm->installation->runs;
	struct postern_pinned *run;

	atomic_inc(&mm->invalidations);
	/* The caller comes again when it may wait. */
	if (mmu_notifier_range_blockable(range))
		mutex_lock(runs);
	else if (!mutex_trylock(runs))
		return -EAGAIN;
	list_for_each_entry(run, &mm->installation->pinned, link) {
		unsigned long end = run->hva + (run->pages << PAGE_SHIFT);

		if (run->mm != mm || run->revoked || range->start >= end ||
		    range->end <= run->hva)
			continue;
		if (!mmu_notifier_range_blockable(range)) {
			mutex_unlock(runs);
			return -EAGAIN;
		}
		revoke(run);
	}
	mutex_unlock(runs);
	return 0;
}

static void mm_release(struct mmu_notifier *notifier, struct mm_struct *mm)
{
	struct postern_mm *held =
		container_of(notifier, struct postern_mm, notifier);
	struct postern_pinned *run;

	mutex_lock(&held->installation->runs);
	list_for_each_entry(run, &held->installation->pinned, link)
		if (run->mm == held)
			revoke(run);
	mutex_unlock(&held->installation->runs);
	if (held->mm == held->installation->kvm->mm)
		postern_gone(held->installation);
}

static const struct mmu_notifier_ops postern_mm_ops = {
	.invalidate_range_start = invalidate,
	.release = mm_release,
};

static struct postern_mm *watch(struct postern_installation *inst,
				struct mm_struct *mm)
{
	struct postern_mm *held;
	int ret;

	list_for_each_entry(held, &inst->mms, link)
		if (held->mm == mm)
			return held;
	held = kzalloc(sizeof(*held), GFP_KERNEL_ACCOUNT);
	if (!held)
		return ERR_PTR(-ENOMEM);
	held->mm = mm;
	held->installation = inst;
	held->notifier.ops = &postern_mm_ops;
	ret = mmu_notifier_register(&held->notifier, mm);
	if (ret) {
		kfree(held);
		return ERR_PTR(ret);
	}
	mmgrab(mm);
	list_add_tail(&held->link, &inst->mms);
	return held;
}

/* The host address of pages that are one memory slot's, contiguous. */
static int slot_hva(struct kvm *kvm, u64 gpa, u32 pages, unsigned long *hva)
{
	int idx = srcu_read_lock(&kvm->srcu);
	gfn_t gfn = gpa >> PAGE_SHIFT;
	int ret = 0;
	u32 i;

	*hva = gfn_to_hva(kvm, gfn);
	for (i = 0; i < pages && !ret; i++) {
		unsigned long at = gfn_to_hva(kvm, gfn + i);

		if (kvm_is_error_hva(at) || at != *hva + ((u64)i << PAGE_SHIFT))
			ret = -ERANGE;
	}
	srcu_read_unlock(&kvm->srcu, idx);
	return ret;
}

int postern_pin(struct postern_installation *inst, struct postern_pin *arg,
		struct kvm *kvm)
{
	u64 __user *out = u64_to_user_ptr(arg->hpas);
	struct mm_struct *mm = kvm->mm;
	struct postern_pinned *run;
	struct postern_mm *held;
	long got = 0, i = 0;
	int ret, before;

	if (!arg->pages || arg->pages > POSTERN_MAX_PIN || arg->write > 1 ||
	    !IS_ALIGNED(arg->gpa, PAGE_SIZE))
		return -EINVAL;
	run = kzalloc(sizeof(*run), GFP_KERNEL_ACCOUNT);
	if (!run)
		return -ENOMEM;
	run->page = kvcalloc(arg->pages, sizeof(*run->page), GFP_KERNEL_ACCOUNT);
	if (!run->page) {
		ret = -ENOMEM;
		goto free;
	}
	if (!mmget_not_zero(mm)) {
		ret = -ESRCH;
		goto free;
	}
	held = watch(inst, mm);
	if (IS_ERR(held)) {
		ret = PTR_ERR(held);
		goto put;
	}
	ret = slot_hva(kvm, arg->gpa, arg->pages, &run->hva);
	if (ret)
		goto put;
	run->mm = held;
	run->gpa = arg->gpa;
	run->pages = arg->pages;
	run->write = arg->write;
	run->source = kvm == inst->kvm;
	before = atomic_read(&held->invalidations);
	mmap_read_lock(mm);
	got = pin_user_pages_remote(mm, run->hva, arg->pages,
				    FOLL_LONGTERM | FOLL_WRITE, run->page, NULL,
				    NULL);
	mmap_read_unlock(mm);
	if (got != arg->pages) {
		ret = got < 0 ? got : -EFAULT;
		goto unpin;
	}
	for (i = 0; i < got; i++) {
		u64 hpa = page_to_phys(run->page[i]);

		/* O-43: ordinary memory, nothing a device or the zero page is. */
		ret = is_zero_pfn(hpa >> PAGE_SHIFT) ||
			      PageReserved(run->page[i]) ? -EPERM : 0;
		if (!ret)
			ret = remember(inst, hpa >> PAGE_SHIFT, 0, run->write,
				       run->source);
		if (ret)
			goto forget;
		if (put_user(hpa, out + i)) {
			i++;
			ret = -EFAULT;
			goto forget;
		}
	}
	mutex_lock(&inst->runs);
	/* Pages that went away while we looked are not known to be these. */
	if (before != atomic_read(&held->invalidations)) {
		mutex_unlock(&inst->runs);
		ret = -EAGAIN;
		goto forget;
	}
	list_add_tail(&run->link, &inst->pinned);
	mutex_unlock(&inst->runs);
	mmput(mm);
	return 0;

forget:
	while (i--)
		forget(inst, page_to_pfn(run->page[i]));
unpin:
	if (got > 0)
		unpin_user_pages_dirty_lock(run->page, got, false);
put:
	mmput(mm);
free:
	kvfree(run->page);
	kfree(run);
	return ret;
}

/* The last step of an installation's life: no processor uses any of it. */
void postern_release_frames(struct postern_installation *inst)
{
	struct postern_pinned *run, *next_run;
	struct postern_owned *owned, *next_owned;
	struct postern_mm *held, *next_held;
	struct postern_frame *frame;
	unsigned long index;

	list_for_each_entry_safe(held, next_held, &inst->mms, link) {
		mmu_notifier_unregister(&held->notifier, held->mm);
		mmdrop(held->mm);
	}
	list_for_each_entry_safe(run, next_run, &inst->pinned, link) {
		if (!run->revoked)
			unpin_user_pages_dirty_lock(run->page, run->pages,
						    run->write);
		list_del(&run->link);
		kvfree(run->page);
		kfree(run);
	}
	list_for_each_entry_safe(held, next_held, &inst->mms, link) {
		list_del(&held->link);
		kfree(held);
	}
	list_for_each_entry_safe(owned, next_owned, &inst->owned, link) {
		/* Private state does not outlive its machine (O-51). */
		memzero_explicit(owned->address,
				 (size_t)owned->pages << PAGE_SHIFT);
		free_pages_exact(owned->address,
				 (size_t)owned->pages << PAGE_SHIFT);
		list_del(&owned->link);
		kfree(owned);
	}
	xa_for_each(&inst->frames, index, frame)
		kfree(frame);
	xa_destroy(&inst->frames);
}
