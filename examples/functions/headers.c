/* Headers, whose fields say where the next one is. The packet is the end of the window. */

#define PACKET_SIZE 128u
#define packet      ((const u8 *)IN + IN_SIZE - PACKET_SIZE)

static inline u16 packet16(u32 at)
{
  return swap16(READ_ONCE(*(const u16 *)(packet + at)));
}

/* Type of what is in an Ethernet frame, behind up to eight VLAN tags. */
u64 parse_ethernet(u64 length)
{
  u32 at = 12;
  u16 type;
  if (length < 14 || length > PACKET_SIZE)
    return REFUSED;
  for (;;) {
    fence();
    type = packet16(at);
    if (type != 0x8100)
      break;
    at += 4;
#ifdef BUG /* accesses-in-windows: tags without end */
    if (at > OUT_SIZE)
#else
    if (at > length - 2)
#endif
      return REFUSED;
  }
  return type;
}

/* The port that a packet goes to. */
u64 parse_ports(void)
{
#ifdef BUG /* accesses-in-windows: one byte is version and length */
  u32 header = READ_ONCE(packet[0]) * 4u;
#else
  u32 header = (READ_ONCE(packet[0]) & 15u) * 4;
#endif
  if (header < 20)
    return REFUSED;
  fence();
  return packet16(header + 2);
}

/* Length of a name of up to four labels, as DNS has them. */
u64 parse_name(void)
{
  u32 at = 0;
  for (u32 labels = 0; labels < 4 && at < PACKET_SIZE; labels++) {
    fence();
    u8 length = READ_ONCE(packet[at]);
    if (length == 0)
      return (u64)labels << 32 | at;
    if (length > 63)
      return REFUSED;
#ifndef BUG /* accesses-in-windows: the label's last letter may be behind the packet */
    if (at + length >= PACKET_SIZE)
      return REFUSED;
#endif
    fence();
    if (READ_ONCE(packet[at + length]) == '.')
      return REFUSED;
    at += length + 1u;
  }
  return REFUSED;
}

struct link {
  u32 length;
  u16 flags;
  u16 next;
};

/* A chain of descriptors, whose links the caller writes. */
u64 parse_chain(u64 head)
{
  const struct link *link = (const struct link *)IN;
  u64 total = 0;
#ifdef BUG /* bounded: a chain that bites its tail */
  for (;;) {
#else
  for (u32 i = 0; i < 16; i++) {
#endif
    head %= 256;
    fence();
    u16 flags = READ_ONCE(link[head].flags);
    total += READ_ONCE(link[head].length);
    head = READ_ONCE(link[head].next);
    if (!(flags & 1))
      return total;
  }
  return REFUSED;
}

/* A number of seven bits a byte, at the packet's end. */
u64 parse_varint(void)
{
  const u8 *number = packet + PACKET_SIZE - 10;
  u64 value = 0;
#ifdef BUG /* accesses-in-windows: the last byte is the one that says so */
  for (u32 i = 0;; i++) {
#else
  for (u32 i = 0; i < 10; i++) {
#endif
    fence();
    u8 byte = READ_ONCE(number[i]);
    value |= (u64)(byte & 0x7f) << (7 * i & 63);
    if (!(byte & 0x80))
      return value;
  }
  return REFUSED;
}

/* Sizes of the segments that a packet is cut into. */
u64 parse_segments(void)
{
  u16 *size = (u16 *)OUT;
  u32 length = packet16(0);
  u32 most = packet16(2) | 64;
#ifdef BUG /* bounded: a packet of a thousand segments */
  u32 segments = length / most;
#else
  u32 segments = length / most & 31;
#endif
  for (u32 i = 0; i < segments; i++) {
    fence();
    WRITE_ONCE(size[i], (u16)most);
  }
  return segments;
}
