/* SPDX-License-Identifier: GPL-2.0 */
/* The VMCS that is current: KVM's, of the vCPU on whose thread this runs. */
#ifndef POSTERN_VMCS_H
#define POSTERN_VMCS_H

#include <linux/bug.h>
#include <linux/types.h>

static inline u64 vmcs_read(u32 field)
{
	unsigned long value;

	asm volatile("vmread %1, %0" : "=r"(value) : "r"((unsigned long)field)
		     : "cc");
	return value;
}

static inline void vmcs_write(u32 field, u64 value)
{
	u8 failed;

	asm volatile("vmwrite %1, %2; setna %0"
		     : "=qm"(failed)
		     : "r"((unsigned long)value), "r"((unsigned long)field)
		     : "cc");
	WARN_ONCE(failed, "postern: vmwrite %x failed\n", field);
}

#endif
