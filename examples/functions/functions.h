/* What the functions of this directory have in common: types, memory, barriers. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef int s32;
typedef long s64;

/*
 * The view, as functions.postern has it. Nobody else keeps still: what is in a window may change
 * between any two loads. What is in private memory was left there by an earlier call, of any of
 * these functions: nothing is known of it.
 */
#define LINEAR 0xffffc00000000000ul
#define STATE  (LINEAR + 0x0000a000ul)          /* private */
#define IN     (LINEAR + 0x01000000ul)          /* the caller's, read only */
#define TOLD   (LINEAR + 0x02000000ul)          /* the caller's, written for it to read */
#define OUT    (LINEAR + 0x10000000ul)          /* the receiver's */

#define STATE_SIZE 0x1000u
#define IN_SIZE    0x10000u
#define TOLD_SIZE  0x1000u
#define OUT_SIZE   0x10000u

#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/* Behind every branch that guards an access: speculation, and SDM vol. 3, 8.2.5. */
#define fence() __asm__ volatile("lfence" ::: "memory")
/* Stores are seen in their order; the compiler is told. */
#define smp_wmb() __asm__ volatile("" ::: "memory")

static inline void copy(void *to, const void *from, u64 bytes)
{
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

static inline void fill(void *to, u8 value, u64 bytes)
{
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
}

static inline u16 swap16(u16 x)
{
  return (u16)(x << 8 | x >> 8);
}

#define REFUSED (~0ul)
