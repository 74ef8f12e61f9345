// SPDX-License-Identifier: GPL-2.0
/*
 * EPT paging structures as the loader wrote them into frames of ours, walked
 * here once more before a processor sees them: the kernel takes no table on
 * user space's word. Bits are those of SDM vol. 3, tables 28-1 to 28-6.
 */
#include <linux/smp.h>
#include <linux/uaccess.h>

#include "postern.h"

#define EPT_R		BIT_ULL(0)
#define EPT_W		BIT_ULL(1)
#define EPT_X		BIT_ULL(2)
#define EPT_RWX		(EPT_R | EPT_W | EPT_X)
#define EPT_TYPE	GENMASK_ULL(5, 3)
#define EPT_TYPE_WB	(6ULL << 3)
#define EPT_IPAT	BIT_ULL(6)
#define EPT_LARGE	BIT_ULL(7)
#define EPT_XU		BIT_ULL(10)
#define EPT_FRAME	GENMASK_ULL(51, 12)
#define EPT_VGP		BIT_ULL(57)
#define EPT_SVE		BIT_ULL(63)
/* Accessed and dirty, and bits whose meaning is modelled. */
#define EPT_LEAF	(EPT_RWX | EPT_TYPE | EPT_IPAT | EPT_LARGE | \
			 GENMASK_ULL(9, 8) | EPT_XU | EPT_FRAME | EPT_VGP | EPT_SVE)
#define EPTP_FIELDS	(6ULL | 3ULL << 3)	/* WB, 4 levels */

struct walk {
	struct postern_installation *inst;
	u64 root;
	u32 view;
	u32 vcpu;		/* whose list, from 1 */
	bool shared;		/* the list is every vCPU's */
	bool holds_private;
	u64 where;
};

static u64 *table_of(struct walk *walk, u64 frame)
{
	struct postern_frame *known;

	known = xa_load(&walk->inst->frames, frame >> PAGE_SHIFT);
	if (!known || known->kind != POSTERN_TABLE)
		return ERR_PTR(-ENXIO);
	/* O-27: one hierarchy, reached once. */
	if (known->root)
		return ERR_PTR(-EMLINK);
	known->root = walk->root;
	return phys_to_virt(frame);
}

/* One frame of a leaf, by who owns it and in which view it stands. */
static int check_frame(struct walk *walk, u64 pfn, u64 entry, bool executes)
{
	struct postern_frame *known = xa_load(&walk->inst->frames, pfn);

	/* O-35: what nobody registered is in no view. */
	if (!known)
		return -ENXIO;
	switch (known->kind) {
	case POSTERN_TABLE:	/* O-34 */
		return -EPERM;
	case POSTERN_CODE:	/* O-30 */
		return entry & EPT_W ? -EPERM : 0;
	case POSTERN_PRIVATE:	/* O-38; O-58: one vCPU's, in no default view */
		if (executes || !walk->view || walk->shared ||
		    (known->vcpu && known->vcpu != walk->vcpu))
			return -EPERM;
		known->vcpu = walk->vcpu;
		walk->holds_private = true;
		return 0;
	}
	if (entry & EPT_W && !known->write && walk->view)
		return -EPERM;
	known->written |= !!(entry & EPT_W);
	/* The default view is the machine's own memory and nobody else's. */
	if (!walk->view)
		return known->source ? 0 : -EPERM;
	return executes ? -EPERM : 0;
}

/* Of a hierarchy that was walked: the frame of a guest-physical page, or 0. */
u64 postern_translate(u64 eptp, u64 gpa)
{
	u64 entry = eptp;
	unsigned int shift;

	for (shift = 39; shift >= PAGE_SHIFT; shift -= 9) {
		const u64 *table = phys_to_virt(entry & EPT_FRAME);

		entry = READ_ONCE(table[gpa >> shift & 511]);
		if (!(entry & EPT_RWX))
			return 0;
		if (shift == PAGE_SHIFT || entry & EPT_LARGE)
			return (entry & EPT_FRAME & ~((1ULL << shift) - 1)) |
			       (gpa & ((1ULL << shift) - 1) & PAGE_MASK);
	}
	return 0;
}

static int check_leaf(struct walk *walk, u64 entry, unsigned int shift)
{
	u64 pages = 1ULL << (shift - PAGE_SHIFT);
	u64 pfn = (entry & EPT_FRAME) >> PAGE_SHIFT;
	bool executes = entry & (EPT_X | EPT_XU);
	u64 i;
	int ret;

	if (entry & ~EPT_LEAF || (shift == PAGE_SHIFT && entry & EPT_LARGE))
		return -EBADR;
	if (entry & EPT_W && !(entry & EPT_R))
		return -EBADR;
	/* O-24: one memory type for ordinary memory. */
	if ((entry & EPT_TYPE) != EPT_TYPE_WB || !(entry & EPT_IPAT))
		return -EBADR;
	if (pfn & (pages - 1))
		return -EBADR;
	/* O-26: code is 4-KiB pages. */
	if (walk->view && executes && shift != PAGE_SHIFT)
		return -EPERM;
	for (i = 0; i < pages; i++) {
		ret = check_frame(walk, pfn + i, entry, executes);
		if (ret)
			return ret;
		if (!(i & 4095))
			cond_resched();
	}
	return 0;
}

static int check_table(struct walk *walk, u64 frame, u64 gpa, unsigned int shift)
{
	u64 *entries = table_of(walk, frame);
	unsigned int i;
	int ret;

	if (IS_ERR(entries)) {
		walk->where = gpa;
		return PTR_ERR(entries);
	}
	for (i = 0; i < POSTERN_SLOTS; i++) {
		u64 entry = entries[i];
		u64 at = gpa + ((u64)i << shift);

		if (!(entry & (EPT_RWX | EPT_XU))) {
			/* O-49: absent is 0 or suppresses #VE, nothing else. */
			ret = entry & ~EPT_SVE ? -EBADR : 0;
		} else if (shift == PAGE_SHIFT ||
			   (shift < 39 && entry & EPT_LARGE)) {
			ret = check_leaf(walk, entry, shift);
		} else {
			/* Permissions of upper levels take nothing away. */
			if ((entry & EPT_RWX) != EPT_RWX ||
			    entry & ~(EPT_RWX | EPT_XU | EPT_FRAME)) {
				ret = -EBADR;
			} else {
				ret = check_table(walk, entry & EPT_FRAME, at,
						  shift - 9);
				if (ret)
					return ret;
			}
		}
		if (ret) {
			walk->where = at;
			return ret;
		}
		cond_resched();
	}
	return 0;
}

/* One EPTP list: O-13, O-28, and every hierarchy that was not seen yet. */
static int check_list(struct postern_installation *inst, u32 vcpu, bool shared,
		      u64 *first, u64 *where)
{
	struct walk walk = { .inst = inst, .vcpu = vcpu + 1, .shared = shared };
	u64 hpa = inst->vcpu[vcpu].list_pa;
	struct postern_owned *owned = postern_owned(inst, hpa, 1);
	struct postern_frame *known;
	u64 *list;
	u32 i, j;
	int ret;

	if (!owned || owned->kind != POSTERN_TABLE || !IS_ALIGNED(hpa, PAGE_SIZE))
		return -ENXIO;
	known = xa_load(&inst->frames, hpa >> PAGE_SHIFT);
	if (!known || known->root)
		return -EMLINK;
	known->root = hpa;
	list = phys_to_virt(hpa);
	for (i = 0; i < POSTERN_SLOTS; i++) {
		*where = i;
		if (i >= inst->views) {
			if (list[i])
				return -EBADSLT;
			continue;
		}
		if (!list[i]) {
			/* A hole; slot 0 is where every vCPU starts. */
			if (!i)
				return -EBADSLT;
			continue;
		}
		if ((list[i] & ~EPT_FRAME) != EPTP_FIELDS)
			return -EBADSLT;
		for (j = 0; j < i; j++)
			if (list[j] && (list[j] & EPT_FRAME) == (list[i] & EPT_FRAME))
				return -EBADSLT;
		walk.root = list[i] & EPT_FRAME;
		walk.view = i;
		/* The same hierarchy in another vCPU's list, same slot. */
		if (first && first[i] == list[i]) {
			known = xa_load(&inst->frames, walk.root >> PAGE_SHIFT);
			if (known->holds_private)
				return -EPERM;
			continue;
		}
		walk.holds_private = false;
		ret = check_table(&walk, walk.root, 0, 39);
		if (ret) {
			*where = walk.where;
			return ret;
		}
		known = xa_load(&inst->frames, walk.root >> PAGE_SHIFT);
		known->holds_private = walk.holds_private;
	}
	return 0;
}

static int seal(struct postern_installation *inst, struct postern_seal *arg)
{
	u64 *first = NULL;
	u32 i;
	int ret;

	for (i = 0; i < arg->lists; i++) {
		ret = check_list(inst, i, arg->lists < inst->vcpus, first,
				 &arg->where);
		if (ret)
			return ret;
		inst->vcpu[i].list = phys_to_virt(inst->vcpu[i].list_pa);
		first = inst->vcpu[0].list;
	}
	for (; i < inst->vcpus; i++) {
		inst->vcpu[i].list = inst->vcpu[0].list;
		inst->vcpu[i].list_pa = inst->vcpu[0].list_pa;
	}
	return 0;
}

int postern_seal(struct postern_installation *inst, struct postern_seal *arg)
{
	u64 __user *hpas = u64_to_user_ptr(arg->list_hpas);
	u32 i;
	int ret;

	if (arg->lists != 1 && arg->lists != inst->vcpus)
		return -EINVAL;
	for (i = 0; i < arg->lists; i++)
		if (get_user(inst->vcpu[i].list_pa, hpas + i))
			return -EFAULT;
	/* What is revoked before this is unknown, after it is zapped. */
	mutex_lock(&inst->runs);
	ret = seal(inst, arg);
	if (ret)
		for (i = 0; i < inst->vcpus; i++)
			inst->vcpu[i].list = NULL;
	mutex_unlock(&inst->runs);
	return ret;
}

static unsigned long zap_table(u64 *entries, unsigned int shift, u64 first,
			       u64 last)
{
	unsigned long zapped = 0;
	unsigned int i;

	for (i = 0; i < POSTERN_SLOTS; i++) {
		u64 entry = entries[i];
		u64 pfn = (entry & EPT_FRAME) >> PAGE_SHIFT;

		if (!(entry & (EPT_RWX | EPT_XU)))
			continue;
		if (shift == PAGE_SHIFT || entry & EPT_LARGE) {
			u64 pages = 1ULL << (shift - PAGE_SHIFT);

			if (pfn <= last && first < pfn + pages) {
				WRITE_ONCE(entries[i], EPT_SVE);
				zapped++;
			}
			continue;
		}
		zapped += zap_table(phys_to_virt(entry & EPT_FRAME), shift - 9,
				    first, last);
	}
	return zapped;
}

/* Takes every leaf over these frames out of every view; counts them. */
unsigned long postern_zap(struct postern_installation *inst, u64 first,
			  u64 last)
{
	unsigned long zapped = 0;
	u32 v, i;

	spin_lock(&inst->entries);
	for (v = 0; v < inst->vcpus; v++)
		for (i = 0; i < inst->views; i++)
			if (inst->vcpu[v].list && inst->vcpu[v].list[i])
				zapped += zap_table(phys_to_virt(inst->vcpu[v].list[i] &
								 EPT_FRAME),
						    39, first, last);
	spin_unlock(&inst->entries);
	return zapped;
}

static void forget_all(void *unused)
{
	struct {
		u64 eptp, zero;
	} operand = { 0, 0 };
	bool fail;

	/* KVM turns VMX on where it runs machines; elsewhere nothing is cached. */
	if (!(native_read_cr4() & X86_CR4_VMXE))
		return;
	asm volatile("invept %1, %2; setna %0"
		     : "=qm"(fail) : "m"(operand), "r"(2UL) : "cc", "memory");
	WARN_ON_ONCE(fail);
}

/* O-23, O-75: all contexts on all processors, whichever root they ran. */
void postern_invept_all(void)
{
	on_each_cpu(forget_all, NULL, 1);
}
