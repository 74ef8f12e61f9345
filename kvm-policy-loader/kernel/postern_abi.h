/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Between the loader and the module: docs/kvm-abi.md says what each call
 * checks and which obligation that discharges. Every structure begins with its
 * own size; a size the module does not know is refused with E2BIG.
 */
#ifndef POSTERN_ABI_H
#define POSTERN_ABI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define POSTERN_ABI_VERSION	3

/* Bits 0..19 are the controls K1..K20 of docs/kvm-abi.md. */
#define POSTERN_K(n)		(1ULL << ((n) - 1))
/* Obligations on the hypervisor, by the bits of postern_info.attested. */
#define POSTERN_O_FRAMES_DISTINCT	(1ULL << 32)
#define POSTERN_O_23		(1ULL << 33)
#define POSTERN_O_25		(1ULL << 34)
#define POSTERN_O_26		(1ULL << 35)
#define POSTERN_O_27		(1ULL << 36)
#define POSTERN_O_32		(1ULL << 37)
#define POSTERN_O_36		(1ULL << 38)
#define POSTERN_O_40		(1ULL << 39)
#define POSTERN_O_48		(1ULL << 40)
#define POSTERN_O_71		(1ULL << 41)
#define POSTERN_O_72		(1ULL << 42)
#define POSTERN_O_76		(1ULL << 43)
/* Not an obligation: the lock pinned-pt, where POSTERN_LOCK was called. */
#define POSTERN_PINNED_PT	(1ULL << 44)

/* What an owned frame is for. */
#define POSTERN_TABLE		1	/* EPT paging structure or EPTP list */
#define POSTERN_CODE		2	/* never asked for: what was written to */
#define POSTERN_PRIVATE		3	/* stacks and state, until written to */

#define POSTERN_DIGEST		32
#define POSTERN_BUNDLE_ID	48

struct postern_info {
	__u32 size;
	__u32 abi;
	__u64 attested;		/* out: what the module makes true */
	__u64 enforceable;	/* out: controls it can hold or refuse */
	__u64 ept_vpid_cap;	/* out: IA32_VMX_EPT_VPID_CAP, 0 if absent */
	__u64 procbased2;	/* out: IA32_VMX_PROCBASED_CTLS2 */
	__u64 procbased3;	/* out: IA32_VMX_PROCBASED_CTLS3 */
	__u64 vmfunc;		/* out: IA32_VMX_VMFUNC */
	__u64 arch_capabilities;	/* out: IA32_ARCH_CAPABILITIES */
	__u32 cpuid_7_0_ebx;
	__u32 cpuid_7_0_ecx;
	__u32 cpuid_7_0_edx;
	__u32 cpuid_7_1_eax;
	__u32 cpuid_7_1_edx;
	__u32 phys_bits;	/* out: MAXPHYADDR */
};

struct postern_create {
	__u32 size;
	__s32 vm_fd;		/* the source's VM, in the caller's table */
	__u32 vcpus;		/* must be those the VM has */
	__u32 views;		/* slots 0..views-1 may be declared */
	__u64 profile;		/* controls the bundle demands, K1..K20 */
	__u32 exceptions;	/* K9: vectors that exit, by bit; not 2, not 18 */
	__u32 reserved;
	__u64 range_first;	/* K8: linear addresses no descriptor table */
	__u64 range_last;	/* may touch; none if the first is larger */
	__u8 bundle_id[POSTERN_BUNDLE_ID];
	__u8 plan_sha256[POSTERN_DIGEST];
};

struct postern_alloc {
	__u32 size;
	__u32 kind;		/* POSTERN_TABLE or _PRIVATE */
	__u32 pages;		/* contiguous, zeroed, at most 1024 */
	__u32 reserved;
	__u64 hpa;		/* out */
};

struct postern_pin {
	__u32 size;
	__s32 vm_fd;		/* whose memory */
	__u64 gpa;
	__u32 pages;		/* at most 65536 a call */
	__u32 write;		/* 1: views may write it */
	__u64 hpas;		/* out: user pointer to pages u64 */
};

struct postern_write {
	__u32 size;
	__u32 pages;
	__u64 hpa;		/* of owned frames of one allocation */
	__u64 source;		/* user pointer */
	__u8 sha256[POSTERN_DIGEST];	/* of the copy, or EBADMSG */
};

/* Pages of protected views, by the one linear address each has. */
struct postern_range {
	__u64 la;
	__u64 gpa;
	__u64 pages;
};

#define POSTERN_MAX_RANGES	4096U

struct postern_lock {
	__u32 size;
	__u32 ranges;
	__u64 at;		/* user pointer to ranges of postern_range */
};

struct postern_seal {
	__u32 size;
	__u32 lists;		/* 1, or one for each vCPU */
	__u64 list_hpas;	/* user pointer to lists u64 */
	__u64 where;		/* out: GPA or slot the check failed at */
};

struct postern_activate {
	__u32 size;
	__u32 timeout_ms;	/* for every vCPU to show its controls */
	__u64 missing;		/* out: controls demanded and not held, and the lock */
	__u8 replaces[POSTERN_BUNDLE_ID];	/* what the machine may have */
};

#define POSTERN_STATE_ACTIVE	1
#define POSTERN_STATE_REMOVING	2
#define POSTERN_STATE_KILLED	3

struct postern_status {
	__u32 size;
	__u32 index;		/* in: which installation, from 0 */
	__u32 state;		/* out */
	__u32 vcpus;		/* out */
	__u64 revoked;		/* out: pages taken out of views */
	__u64 violations;	/* out: what ended the machine */
	__s32 pid;		/* out: of the VMM, in the caller's namespace */
	__u32 reserved;
	__u8 bundle_id[POSTERN_BUNDLE_ID];
	__u8 plan_sha256[POSTERN_DIGEST];
};

struct postern_remove {
	__u32 size;
	__u32 timeout_ms;
	__u8 bundle_id[POSTERN_BUNDLE_ID];
};

#define POSTERN_MAGIC		0xb7
#define POSTERN_INFO		_IOWR(POSTERN_MAGIC, 0, struct postern_info)
#define POSTERN_CREATE		_IOW(POSTERN_MAGIC, 1, struct postern_create)
#define POSTERN_ALLOC		_IOWR(POSTERN_MAGIC, 2, struct postern_alloc)
#define POSTERN_PIN		_IOWR(POSTERN_MAGIC, 3, struct postern_pin)
#define POSTERN_WRITE		_IOW(POSTERN_MAGIC, 4, struct postern_write)
#define POSTERN_SEAL		_IOWR(POSTERN_MAGIC, 5, struct postern_seal)
#define POSTERN_ACTIVATE	_IOWR(POSTERN_MAGIC, 6, struct postern_activate)
#define POSTERN_STATUS		_IOWR(POSTERN_MAGIC, 7, struct postern_status)
#define POSTERN_REMOVE		_IOW(POSTERN_MAGIC, 8, struct postern_remove)
#define POSTERN_LOCK		_IOW(POSTERN_MAGIC, 9, struct postern_lock)

#endif
