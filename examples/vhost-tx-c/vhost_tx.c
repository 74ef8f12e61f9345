/*
 * The transmit half of vhost-net, in C, run by the sending guest itself in a protected view.
 *
 * Takes packets off the sender's split virtqueue (virtio 1.2, 2.7) and copies each into a buffer
 * the receiver has posted. Nobody outside this file is trusted: the sender's ring and the
 * receiver's may change between any two loads, so every field is loaded once, into a local
 * variable, and what was checked is what is used.
 *
 * README.md has the compiler's options. Each BUG_... below puts one error of the kind people make
 * into the code; the objects with them are refuted by the policies beside this file.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

/* Where the view has what; the policy says the same, and is what the proof goes by. */
#define LINEAR      0xffffc00000000000ul
#define STATE       (LINEAR + 0x0000a000ul)     /* private: how far the receiver's ring is used */
#define TX_MEMORY   (LINEAR + 0x01000000ul)     /* the sender's descriptors and packets */
#define TX_USED     (LINEAR + 0x02000000ul)     /* the sender's used ring */
#define RX_AVAIL    (LINEAR + 0x10000000ul)     /* the receiver's rings */
#define RX_USED     (LINEAR + 0x10001000ul)
#define RX_BUFFERS  (LINEAR + 0x11000000ul)

#define TX_GPA      0x10000000ul                /* TX_MEMORY as the sender's descriptors name it */
#define TX_SIZE     0x01000000ul
#define ENTRIES     256u                        /* of each ring */
#define BUFFERS     8192u                       /* of 2 KiB, in one array */
#define BUFFER_SIZE 2048u
#define MIN_PACKET  12u                         /* struct virtio_net_hdr_v1 */
#define BATCH       8u

#define DESC_NEXT     1u
#define DESC_WRITE    2u
#define DESC_INDIRECT 4u

struct desc {
  u64 addr;
  u32 len;
  u16 flags;
  u16 next;
};

struct avail {
  u16 flags;
  u16 idx;
  u16 ring[ENTRIES];
};

struct used {
  u16 flags;
  u16 idx;
  struct {
    u32 id;
    u32 len;
  } ring[ENTRIES];
};

struct tx_memory {
  struct desc desc[ENTRIES];                    /* one page; the available ring on the next */
  struct avail avail;
};

#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/* Stores of write-back memory are seen in their order (SDM vol. 3, 8.2.2): the compiler is told. */
#define smp_wmb() __asm__ volatile("" ::: "memory")
/* Nothing behind a check runs before it: 8.2.5, and speculation. */
#define check_barrier() __asm__ volatile("lfence" ::: "memory")

static inline void copy(void *to, const void *from, u64 bytes)
{
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

/* Number of descriptors taken from the ring, refused ones included. */
__attribute__((section(".protected"), used)) u32 transmit(u32 budget)
{
  struct tx_memory *tx = (struct tx_memory *)TX_MEMORY;
  struct used *tx_used = (struct used *)TX_USED;
  struct avail *rx_avail = (struct avail *)RX_AVAIL;
  struct used *rx_used = (struct used *)RX_USED;
  u16 *rx_next = (u16 *)STATE;
  u32 done = 0;

  /* Indices count up and wrap; the sender's used index is the sender's own business. */
  u16 tx_next = READ_ONCE(tx_used->idx);
  u16 tx_end = READ_ONCE(tx->avail.idx);
  u16 next = *rx_next;

#ifdef BUG_STALE_DESCRIPTOR
  const struct desc *checked = 0;
#endif

  if (budget > BATCH)
    budget = BATCH;
  while (done < budget) {
    if (tx_next == tx_end || next == READ_ONCE(rx_avail->idx))
      break;
    check_barrier();

    u16 head = READ_ONCE(tx->avail.ring[tx_next % ENTRIES]) % ENTRIES;

    /* The descriptor, each field once. */
    struct desc *d = &tx->desc[head];
    u64 addr = READ_ONCE(d->addr);
#ifdef BUG_SIGNED_LENGTH
    int len = READ_ONCE(d->len);
#else
    u32 len = READ_ONCE(d->len);
#endif
    u16 flags = READ_ONCE(d->flags);

#ifdef BUG_SIGNED_LENGTH                        /* negative lengths are short */
    int good = !(flags & (DESC_NEXT | DESC_WRITE | DESC_INDIRECT))
               && len <= (int)BUFFER_SIZE;
#elif defined(BUG_OFF_BY_ONE)                   /* one byte into the next buffer; behind the last */
    int good = !(flags & (DESC_NEXT | DESC_WRITE | DESC_INDIRECT))
               && len >= MIN_PACKET && len <= BUFFER_SIZE + 1;
#else
    int good = !(flags & (DESC_NEXT | DESC_WRITE | DESC_INDIRECT))
               && len >= MIN_PACKET && len <= BUFFER_SIZE;
#endif
#ifdef BUG_LOWER_BOUND                          /* an address below the memory: a huge offset */
    good = good && addr + len <= TX_GPA + TX_SIZE && addr + len >= len;
#elif defined(BUG_WRAP)                                 /* addr + len may wrap */
    good = good && addr >= TX_GPA && addr + len <= TX_GPA + TX_SIZE;
#else
    good = good && addr >= TX_GPA && addr - TX_GPA <= TX_SIZE - len;
#endif

#ifdef BUG_STALE_DESCRIPTOR                     /* it was good in an earlier round, and has changed */
    if (d == checked)
      good = 1;
    else if (good)
      checked = d;
#endif
    if (good) {
#ifndef BUG_BARRIER                             /* the copy may run ahead of the checks */
#ifndef BUG_BARRIER_ORDER
      check_barrier();
#endif
#endif
#ifdef BUG_BUFFER_NUMBER                        /* the receiver says which buffer, up to 65535 */
      u32 buffer = READ_ONCE(rx_avail->ring[next % ENTRIES]);
#else
      u32 buffer = READ_ONCE(rx_avail->ring[next % ENTRIES]) % BUFFERS;
#endif
#ifdef BUG_DOUBLE_FETCH                         /* checked above, read again */
      copy((void *)(RX_BUFFERS + (u64)buffer * BUFFER_SIZE),
           (const void *)(TX_MEMORY + (addr - TX_GPA)), READ_ONCE(d->len));
#else
      copy((void *)(RX_BUFFERS + (u64)buffer * BUFFER_SIZE),
           (const void *)(TX_MEMORY + (addr - TX_GPA)), len);
#endif

#ifdef BUG_BARRIER_ORDER                        /* behind the copy it should be before */
      check_barrier();
#endif

      /* The used entry, then the index that shows it. */
#ifdef BUG_INDEX_MASK                           /* the ring has 256 entries, the index 16 bits */
      u32 slot = next;
#else
      u32 slot = next % ENTRIES;
#endif
      WRITE_ONCE(rx_used->ring[slot].id, buffer);
      WRITE_ONCE(rx_used->ring[slot].len, len);
      smp_wmb();
      next++;
      WRITE_ONCE(rx_used->idx, next);
    }

    check_barrier();
    u32 slot = tx_next % ENTRIES;
    WRITE_ONCE(tx_used->ring[slot].id, head);
    WRITE_ONCE(tx_used->ring[slot].len, 0);
    smp_wmb();
    tx_next++;
    WRITE_ONCE(tx_used->idx, tx_next);
    done++;
  }
  *rx_next = next;
  return done;
}
