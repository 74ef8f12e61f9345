/* Sums over memory that others write. */

static const u32 crc_of_nibble[16] = {
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
  0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

/* RFC 1071 over an IPv4 header at the end of the window, options included. */
u64 sum_header(void)
{
  const u8 *header = (const u8 *)IN + IN_SIZE - 60;
#ifdef BUG /* accesses-in-windows: the version is not taken off */
  u32 words = READ_ONCE(header[0]) * 2u;
#else
  u32 words = (READ_ONCE(header[0]) & 15u) * 2u;
#endif
  u32 sum = 0;
  for (u32 i = 0; i < words; i++) {
    fence();
    sum += READ_ONCE(((const u16 *)header)[i]);
  }
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (u16)~sum;
}

/* Carries added back until there are none: marks a checksum as seen by the receiver. */
u64 sum_fold(u32 sum)
{
#ifdef BUG /* accesses-in-windows: adding a carry may carry */
  if (sum >> 16)
#else
  while (sum >> 16)
#endif
    sum = (sum & 0xffff) + (sum >> 16);
  fence();
  WRITE_ONCE(((u8 *)OUT)[sum], 1);
  return sum;
}

/* Fletcher's, over what the caller says, at most 48 bytes. */
u64 sum_fletcher(u64 length)
{
  u32 a = 0;
  u32 b = 0;
#ifdef BUG /* bounded: 32 bits are compared, and 64 counted */
  if ((u32)length > 48)
#else
  if (length > 48)
#endif
    return REFUSED;
  for (u64 i = 0; i < length; i++) {
    fence();
    a += READ_ONCE(((const u8 *)IN)[i & 0xff]);
    b += a;
  }
  return (u64)b << 32 | a;
}

/* CRC-32, four bits at a time, of 24 bytes. */
u64 sum_crc(void)
{
  u32 crc = ~0u;
  for (u32 i = 0; i < 24; i++) {
    fence();
    crc ^= READ_ONCE(((const u8 *)IN)[i]);
#ifdef BUG /* accesses-in-windows, gate-live: the table has sixteen entries */
    crc = crc_of_nibble[crc] ^ crc >> 4;
#else
    crc = crc_of_nibble[crc & 15] ^ crc >> 4;
#endif
    crc = crc_of_nibble[crc & 15] ^ crc >> 4;
  }
  return ~crc;
}

/* CRC-16, bit by bit, of as many bytes as the first says. */
u64 sum_bitwise(void)
{
  u8 length = READ_ONCE(*(const u8 *)IN);
  u16 crc = 0xffff;
#ifndef BUG /* bounded: 255 bytes take too long */
  length %= 4;
#endif
  for (u32 i = 0; i < length; i++) {
    fence();
    crc ^= READ_ONCE(((const u8 *)IN)[i + 1]);
    for (u32 bit = 0; bit < 8; bit++)
      crc = (u16)(crc >> 1 ^ (0xa001 & -(crc & 1)));
  }
  return crc;
}

/* Counts in which class of the receiver's the caller's mean is. */
u64 sum_mean(void)
{
  const u32 *in = (const u32 *)IN;
  u32 sum = READ_ONCE(in[0]);
  u32 count = READ_ONCE(in[1]) | 1;
#ifdef BUG /* accesses-in-windows: of few, the mean is as large as the sum */
  u32 *class = (u32 *)OUT + sum / count;
#else
  u32 *class = (u32 *)OUT + sum / count % 16384;
#endif
  WRITE_ONCE(*class, READ_ONCE(*class) + 1);
  return 0;
}

/* Eight words of the receiver's, for the caller to see that something has changed. */
u64 sum_told(void)
{
  u64 sum = 0;
#ifdef BUG /* exit-scrubbed: a sum tells */
  const u64 *from = (const u64 *)OUT;
#else
  const u64 *from = (const u64 *)IN;
#endif
  for (u32 i = 0; i < 8; i++)
    sum += READ_ONCE(from[i]);
  WRITE_ONCE(*(u64 *)TOLD, sum);
  return 0;
}
