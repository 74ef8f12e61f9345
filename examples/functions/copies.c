/* Copies, whose length or place somebody else says. */

#define in_bytes  ((const u8 *)IN)
#define out_bytes ((u8 *)OUT)

/* The caller says from where, and how much. */
u64 copy_slice(u64 offset, u64 length)
{
#ifdef BUG /* accesses-in-windows: the sum wraps */
  if (offset + length > IN_SIZE)
#else
  if (length > IN_SIZE || offset > IN_SIZE - length)
#endif
    return REFUSED;
  fence();
  copy(out_bytes, in_bytes + offset, length);
  return length;
}

/* The length stands in front of the data. */
u64 copy_counted(void)
{
  u32 length = READ_ONCE(*(const u32 *)in_bytes);
  if (length > IN_SIZE - 4)
    return REFUSED;
  fence();
#ifdef BUG /* accesses-in-windows: read again behind the check */
  copy(out_bytes, in_bytes + 4, READ_ONCE(*(const u32 *)in_bytes));
#else
  copy(out_bytes, in_bytes + 4, length);
#endif
  return length;
}

/* Into the last twelve words of the window. */
u64 copy_words(u64 words)
{
  u64 *to = (u64 *)(out_bytes + OUT_SIZE - 96);
  if (words > 12)
    return REFUSED;
#ifdef BUG /* accesses-in-windows: one word more */
  for (u64 i = 0; i <= words; i++) {
#else
  for (u64 i = 0; i < words; i++) {
#endif
    fence();
    WRITE_ONCE(to[i], READ_ONCE(((const u64 *)IN)[i]));
  }
  return words * 8;
}

/* Up to the zero, or as far as there is room. */
u64 copy_string(void)
{
  u8 *to = out_bytes + OUT_SIZE - 48;
  u32 i = 0;
#ifdef BUG /* accesses-in-windows: there is a zero somewhere */
  for (;; i++) {
#else
  for (; i < 48; i++) {
#endif
    fence();
    u8 byte = READ_ONCE(in_bytes[i]);
    WRITE_ONCE(to[i], byte);
    if (!byte)
      break;
  }
  return i;
}

/* Backwards, as for areas that overlap. */
u64 copy_backwards(u64 length)
{
  u8 *to = out_bytes + OUT_SIZE - 48;
  if (length > 48)
    return REFUSED;
#ifdef BUG /* accesses-in-windows: starts at the length, not at the last byte */
  for (u64 i = length; i > 0; i--) {
#else
  for (u64 i = length; i-- > 0;) {
#endif
    fence();
    WRITE_ONCE(to[i], READ_ONCE(in_bytes[i]));
  }
  return length;
}

/* Pads what the caller left free. */
u64 copy_padded(u32 words)
{
#ifdef BUG /* accesses-in-windows: a number of words compared with a number of bytes */
  if (words > OUT_SIZE)
#else
  if (words > OUT_SIZE / 4)
#endif
    return REFUSED;
  fence();
  u64 bytes = words * 4ul;
  copy(out_bytes, in_bytes, bytes);
  fill(out_bytes + bytes, 0, OUT_SIZE - bytes);
  return bytes;
}

struct piece {
  u32 offset;
  u32 length;
};

/* Four pieces, one behind the other. */
u64 copy_gather(void)
{
  const struct piece *piece = (const struct piece *)in_bytes;
  u32 used = 0;
  for (u32 i = 0; i < 4; i++) {
    fence();
    u32 offset = READ_ONCE(piece[i].offset);
    u32 length = READ_ONCE(piece[i].length);
    if (length > IN_SIZE || offset > IN_SIZE - length)
      return REFUSED;
#ifdef BUG /* accesses-in-windows: each fits, all do not */
    if (length > OUT_SIZE)
#else
    if (length > OUT_SIZE - used)
#endif
      return REFUSED;
    fence();
    copy(out_bytes + used, in_bytes + offset, length);
    used += length;
  }
  return used;
}

/* What an earlier call put aside, for the receiver. */
u64 copy_saved(void)
{
  const u64 *saved = (const u64 *)STATE;
#ifdef BUG /* exit-scrubbed: to the wrong side */
  u64 *to = (u64 *)TOLD;
#else
  u64 *to = (u64 *)OUT;
#endif
  for (u32 i = 0; i < 8; i++)
    WRITE_ONCE(to[i], saved[i]);
  return 64;
}
