// SPDX-License-Identifier: GPL-2.0
/*
 * PINNED_PT: a guest's linear addresses lead into the protected views only where
 * the policy says. Its paging structures are walked once, with every vCPU out of
 * the guest; what was walked no view can write, and CR3 stays.
 *
 * A processor in a protected view can use the structures that view maps. Those
 * are the ones walked here: an entry that leads to another page of the view's,
 * which somebody may write, is refused, and one that leads to no page of it ends
 * in an EPT violation, and the machine with it.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "postern.h"

#define PRESENT		BIT_ULL(0)
#define LARGE		BIT_ULL(7)
#define ADDRESS		GENMASK_ULL(51, 12)

/* Structures may refer to each other, and to themselves. */
#define MAX_VISITS	4096U

int postern_lock(struct postern_installation *inst, struct postern_lock *arg)
{
	u64 needed = POSTERN_K(4) | POSTERN_K(5) | POSTERN_K(7);
	struct postern_range *locked;
	u32 i;

	if (inst->locked)
		return -EALREADY;
	if (!arg->ranges || arg->ranges > POSTERN_MAX_RANGES)
		return -EINVAL;
	/* Modes and CR3 must be the host's, or a walk says nothing of the next. */
	if (~inst->profile & needed)
		return -EINVAL;
	locked = memdup_user(u64_to_user_ptr(arg->at), arg->ranges * sizeof(*locked));
	if (IS_ERR(locked))
		return PTR_ERR(locked);
	for (i = 0; i < arg->ranges; i++)
		if (!IS_ALIGNED(locked[i].la | locked[i].gpa, PAGE_SIZE) ||
		    !locked[i].pages || locked[i].pages > BIT_ULL(36) ||
		    locked[i].gpa > ADDRESS) {
			kfree(locked);
			return -EINVAL;
		}
	inst->locked = locked;
	inst->ranges = arg->ranges;
	return 0;
}

/* A page of the machine's that no view writes, as the kernel reads it. */
static const u64 *unwritten(struct postern_installation *inst, u64 gpa)
{
	struct postern_pinned *run;
	struct postern_frame *frame;
	struct page *page;
	u64 at;

	list_for_each_entry(run, &inst->pinned, link) {
		at = (gpa - run->gpa) >> PAGE_SHIFT;
		if (!run->source || run->revoked || gpa < run->gpa || at >= run->pages)
			continue;
		page = run->page[at];
		frame = xa_load(&inst->frames, page_to_pfn(page));
		return frame && !frame->written ? page_address(page) : NULL;
	}
	return NULL;
}

/* Whether every view that has something there has this page. */
static bool same_in_views(struct postern_installation *inst, u64 gpa, const u64 *table)
{
	u64 leaf;
	u32 i, v;

	for (i = 0; i < inst->vcpus; i++)
		for (v = 0; v < inst->views; v++) {
			if (!inst->vcpu[i].list[v])
				continue;
			leaf = postern_translate(inst->vcpu[i].list[v], gpa);
			if (leaf && leaf != virt_to_phys((void *)table))
				return false;
		}
	return true;
}

/* A page of a protected view's. */
static bool in_view(struct postern_installation *inst, u64 gpa)
{
	u32 i;

	for (i = 0; i < inst->ranges; i++)
		if ((gpa - inst->locked[i].gpa) >> PAGE_SHIFT < inst->locked[i].pages)
			return true;
	return false;
}

/* No page of a protected view's at another linear address than its own. */
static bool leads_right(struct postern_installation *inst, u64 la, u64 gpa, u64 size)
{
	const struct postern_range *range;
	u32 i;

	for (i = 0; i < inst->ranges; i++) {
		range = &inst->locked[i];
		if (gpa < range->gpa + (range->pages << PAGE_SHIFT) &&
		    range->gpa < gpa + size && la - gpa != range->la - range->gpa)
			return false;
	}
	return true;
}

static bool walk(struct postern_installation *inst, u64 gpa, int level, u64 la,
		 unsigned int *visits)
{
	unsigned int shift = PAGE_SHIFT + 9 * (level - 1);
	const u64 *table = unwritten(inst, gpa);
	u64 entry, at, to;
	int i;

	if (!table || !same_in_views(inst, gpa, table) || ++*visits > MAX_VISITS)
		return false;
	cond_resched();
	for (i = 0; i < 512; i++) {
		entry = READ_ONCE(table[i]);
		if (!(entry & PRESENT))
			continue;
		at = la + ((u64)i << shift);
		if (level == 4 && i >= 256)
			at |= GENMASK_ULL(63, 48);
		to = entry & ADDRESS;
		if (level == 1 || (level < 4 && entry & LARGE)) {
			to &= ~((1ULL << shift) - 1);
			if (!leads_right(inst, at, to, 1ULL << shift))
				return false;
		} else if (unwritten(inst, to)) {
			if (!walk(inst, to, level - 1, at, visits))
				return false;
		} else if (in_view(inst, to)) {
			return false;
		}
	}
	return true;
}

/* Everybody is out of the guest, and CR3 is what it showed last. */
bool postern_locked(struct postern_installation *inst)
{
	bool right = true;
	unsigned int visits;
	u32 i;

	if (!inst->locked)
		return true;
	mutex_lock(&inst->runs);
	for (i = 0; i < inst->vcpus && right; i++) {
		visits = 0;
		right = walk(inst, inst->vcpu[i].cr3, 4, 0, &visits);
	}
	mutex_unlock(&inst->runs);
	return right;
}
