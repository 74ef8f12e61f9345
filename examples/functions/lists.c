/* Free-lists, bitmaps and stacks in private memory, of which a call knows nothing. */

#define NODES   32u
#define BUFFERS 32u                             /* of 2 KiB, the receiver's */

struct lists {
  u64 bitmap;
  u32 head;
  u32 depth;
  u32 credit;
  u16 next[NODES];
  u16 stack[NODES];
};

#define lists ((struct lists *)STATE)

/* Takes a node off the list, and clears the buffer of that number. */
u64 list_take(void)
{
  u32 node = lists->head;
#ifdef BUG /* accesses-in-windows: the end of the list is a number too */
  if (node > 0xffff)
#else
  if (node >= NODES)
#endif
    return REFUSED;
  fence();
  lists->head = lists->next[node];
  fill((u8 *)OUT + node * 2048ul, 0, 2048);
  return node;
}

/* Puts a node back. */
u64 list_give(u64 node)
{
#ifdef BUG /* accesses-in-windows: a page has room for as many, but not behind a header */
  if (node >= STATE_SIZE / sizeof(u16))
#else
  if (node >= NODES)
#endif
    return REFUSED;
  fence();
  lists->next[node] = (u16)lists->head;
  lists->head = (u32)node;
  return 0;
}

/* Length of the list, at most sixteen: what an earlier call left may be a ring. */
u64 list_length(void)
{
  u32 node = lists->head;
  u32 length = 0;
#ifdef BUG /* accesses-in-windows: the end is not the only number of no node */
  while (node != 0xffff && length < 16) {
#else
  while (node < NODES && length < 16) {
#endif
    fence();
    node = lists->next[node];
    length++;
  }
  return length;
}

/* The lowest bit that is set, and its buffer. */
u64 bitmap_take(void)
{
  u64 bitmap = lists->bitmap;
#ifdef BUG /* accesses-in-windows: 64 bits, and 32 buffers */
  if (!bitmap)
    return REFUSED;
  u64 bit = (u64)__builtin_ctzl(bitmap);
#else
  if (!(u32)bitmap)
    return REFUSED;
  u64 bit = (u64)__builtin_ctz((u32)bitmap);
#endif
  fence();
  lists->bitmap = bitmap & (bitmap - 1);
  WRITE_ONCE(*((u8 *)OUT + bit * 2048), 1);
  return bit;
}

/* Whether the bit is set that the caller names, in a map of 4096 at the end of the state. */
u64 bitmap_test(u64 bit)
{
  const u64 *map = (const u64 *)(STATE + STATE_SIZE - 512);
#ifdef BUG /* accesses-in-windows: the state has as many bits, the map has not */
  if (bit >= STATE_SIZE * 8)
#else
  if (bit >= 512 * 8)
#endif
    return REFUSED;
  fence();
  return map[bit / 64] >> (bit & 63) & 1;
}

/* A stack of buffer numbers. */
u64 stack_push(u64 buffer)
{
  u32 depth = lists->depth;
#ifdef BUG /* accesses-in-windows: never full */
  depth %= STATE_SIZE;
#else
  if (depth >= NODES)
    return REFUSED;
  fence();
#endif
  lists->stack[depth] = (u16)buffer;
  lists->depth = depth + 1;
  return 0;
}

/* Its top, and the buffer of that number. */
u64 stack_pop(void)
{
  u32 depth = lists->depth;
#ifdef BUG /* accesses-in-windows, gate-live: below the bottom */
  if (depth > NODES)
#else
  if (depth == 0 || depth > NODES)
#endif
    return REFUSED;
  fence();
  u32 buffer = lists->stack[depth - 1];
  lists->depth = depth - 1;
  WRITE_ONCE(((u8 *)OUT)[(buffer % BUFFERS) * 2048], 0);
  return buffer;
}

/* As many words as there is credit for. */
u64 credit_spend(u64 wanted)
{
  u32 credit = lists->credit;
#ifdef BUG /* accesses-in-windows: what is left may be less than nothing */
  s32 left = (s32)credit - (s32)wanted;
  if (left < 0)
    return REFUSED;
#else
  if (credit > OUT_SIZE / 8 || wanted > credit)
    return REFUSED;
  u32 left = credit - (u32)wanted;
#endif
  fence();
  copy((void *)OUT, (const void *)IN, wanted * 8);
  lists->credit = (u32)left;
  return (u64)left;
}
