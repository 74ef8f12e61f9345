/* SPDX-License-Identifier: GPL-2.0 */
#ifndef POSTERN_H
#define POSTERN_H

#include <linux/hrtimer.h>
#include <linux/kvm_host.h>
#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "postern_abi.h"

#define POSTERN_SLOTS		512
#define POSTERN_MAX_VCPUS	512
#define POSTERN_MAX_PIN		65536U
#define POSTERN_MAX_ALLOC	1024U

enum postern_state {
	POSTERN_BUILDING,
	POSTERN_REFUSED,
	POSTERN_SEALED,
	POSTERN_PROBING,
	POSTERN_ACTIVE,
	POSTERN_HOLDING,	/* nobody enters: what is active changes */
	POSTERN_REMOVING,
};

/* Frames of ours, contiguous and outside every memory slot (O-32). */
struct postern_owned {
	struct list_head link;
	void *address;
	unsigned int pages;
	u32 kind;
};

/* Frames of a machine, pinned until every view has let go of them (O-36). */
struct postern_pinned {
	struct list_head link;
	struct postern_mm *mm;
	unsigned long hva;
	u64 gpa;
	unsigned long pages;
	struct page **page;
	bool write;
	bool source;
	bool revoked;
};

/* An address space we hold pages of. */
struct postern_mm {
	struct list_head link;
	struct mmu_notifier notifier;
	struct mm_struct *mm;
	struct postern_installation *installation;
	atomic_t invalidations;
};

/* What is known of a frame, by its number. */
struct postern_frame {
	u32 kind;		/* POSTERN_TABLE.., 0 for pinned */
	bool write;
	bool source;
	bool written;		/* some view may write it */
	bool holds_private;	/* a root with private frames below it */
	u32 vcpu;		/* whose private frame, from 1; 0 nobody's yet */
	u64 root;		/* hierarchy a table belongs to */
};

struct postern_vcpu {
	u64 *list;		/* its EPTP list */
	u64 list_pa;
	u32 view;		/* view at the last exit */
	bool probed;		/* its controls were looked at */
	bool inside;		/* past the door, on its way to an exit */
	bool taken;		/* it has entered with our list */
	bool resumed;		/* into a protected view, at the last entry */
	bool left;
	u64 missing;
	/* K4, K5, K6: what is pinned. */
	u64 cr0;
	u64 cr4;
	u64 efer;
	u64 xcr0;
	u64 cr3;		/* where its paging structures begin */
	/* What KVM's own controls have not. */
	u32 primary;
	u32 exceptions;
	u32 bitmap;		/* the exception bitmap, with ours in it; or 0 */
	bool descriptors;
	/* K19. */
	struct hrtimer bound;
	ktime_t entered;
	s64 stayed;		/* nanoseconds of guest time in one view */
};

struct postern_installation {
	struct list_head link;
	struct kvm *kvm;
	struct mutex lock;		/* building; never taken by a vCPU */
	struct mutex runs;		/* pinned runs, against revocation */
	spinlock_t entries;		/* leaves */
	enum postern_state state;
	refcount_t users;		/* the open file, the registry, waiters */
	u32 vcpus;
	u32 views;
	u64 profile;
	u32 exceptions;			/* K9 */
	u64 range_first;		/* K8: protected linear addresses */
	u64 range_last;
	struct postern_range *locked;	/* PINNED_PT: pages of protected views */
	u32 ranges;
	struct postern_installation __rcu *next;	/* to take its place */
	bool published;
	bool in_use;			/* it has been active */
	bool killed;
	bool ended;			/* the machine's address space is gone */
	atomic64_t revoked;
	atomic64_t violations;
	struct list_head owned;
	struct list_head pinned;
	struct list_head mms;
	struct xarray frames;
	wait_queue_head_t wait;
	struct work_struct gone;
	struct work_struct kick;
	struct postern_vcpu *vcpu;
	u8 bundle_id[POSTERN_BUNDLE_ID];
	u8 plan_sha256[POSTERN_DIGEST];
	pid_t pid;
};

/* frames.c */
int postern_alloc(struct postern_installation *inst, struct postern_alloc *arg);
int postern_write(struct postern_installation *inst, struct postern_write *arg);
int postern_pin(struct postern_installation *inst, struct postern_pin *arg,
		struct kvm *kvm);
void postern_release_frames(struct postern_installation *inst);
struct postern_owned *postern_owned(struct postern_installation *inst, u64 hpa,
				    unsigned int pages);
struct kvm *postern_kvm(int fd);

/* tables.c */
int postern_seal(struct postern_installation *inst, struct postern_seal *arg);
unsigned long postern_zap(struct postern_installation *inst, u64 first,
			  u64 last);
u64 postern_translate(u64 eptp, u64 gpa);
void postern_invept_all(void);

/* locked.c */
int postern_lock(struct postern_installation *inst, struct postern_lock *arg);
bool postern_locked(struct postern_installation *inst);

/* controls.c */
u64 postern_enforceable(void);
u64 postern_missing(struct postern_installation *inst, struct kvm_vcpu *vcpu);
void postern_pin_controls(struct kvm_vcpu *vcpu, struct postern_vcpu *own);
bool postern_moved(struct postern_installation *inst, struct kvm_vcpu *vcpu,
		   struct postern_vcpu *own);
void postern_demand(struct postern_installation *inst, struct postern_vcpu *own);
void postern_after_exceptions(struct postern_vcpu *own);
void postern_restore_controls(struct kvm_vcpu *vcpu, struct postern_vcpu *own);
int postern_hand_on(struct kvm_vcpu *vcpu);
int postern_emulate(struct kvm_vcpu *vcpu);

/* vcpu.c */
int postern_hook(void);
void postern_unhook(void);
void postern_bound(struct postern_vcpu *own);

/* active.c */
int postern_active_init(void);
void postern_active_exit(void);
struct postern_installation *postern_find(struct kvm *kvm);
void postern_put(struct postern_installation *inst);
void postern_gone(struct postern_installation *inst);
void postern_kick(struct postern_installation *inst);
void postern_endings(struct postern_installation *inst);
long postern_activate(struct postern_installation *inst,
		      struct postern_activate *arg);
long postern_status(struct postern_status *arg);
long postern_remove(struct postern_remove *arg);

#endif
