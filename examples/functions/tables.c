/* Look-ups in tables: constant, private, and somebody else's. */

static const u16 squares[32] = {
  0,   1,   4,   9,   16,  25,  36,  49,  64,  81,  100, 121, 144, 169, 196, 225,
  256, 289, 324, 361, 400, 441, 484, 529, 576, 625, 676, 729, 784, 841, 900, 961,
};

/* What follows of a letter's class: between, in a word, in a number, refused. */
static const u8 following[4][4] = {
  {0, 1, 2, 3},
  {0, 1, 1, 3},
  {0, 3, 2, 3},
  {3, 3, 3, 3},
};

struct route {
  u32 prefix;
  u32 hop;
};

/* A constant table at the caller's index. */
u64 table_constant(u64 index)
{
#ifdef BUG /* accesses-in-windows: 32 entries, and sixteen more */
  return squares[index & 0x7fff];
#else
  return squares[index & 31];
#endif
}

/* The largest root whose square is no larger, by bisection, and its buffer. */
u64 table_root(u32 value)
{
  u32 low = 0;
  u32 high = 32;
  while (low + 1 < high) {
    u32 middle = (low + high) / 2;
    fence();
    if (squares[middle & 31] <= value)
      low = middle;
    else
      high = middle;
  }
  fence();
#ifdef BUG /* accesses-in-windows: the square in the place of its root */
  WRITE_ONCE(((u8 *)OUT)[squares[low] * 2048ul], 1);
#else
  WRITE_ONCE(((u8 *)OUT)[low * 2048ul], 1);
#endif
  return low;
}

/* A state machine over the caller's letters. */
u64 table_machine(void)
{
  u32 at = 0;
  for (u32 i = 0; i < 12; i++) {
    fence();
#ifdef BUG /* accesses-in-windows: four classes */
    u32 class = READ_ONCE(((const u16 *)IN)[i]);
#else
    u32 class = READ_ONCE(((const u16 *)IN)[i]) & 3;
#endif
    at = following[at][class];
  }
  return at;
}

/* Which of sixteen private keys the caller's is. */
u64 table_search(u64 key)
{
  const u64 *keys = (const u64 *)STATE;
  u64 found = REFUSED;
  for (u32 i = 0; i < 16; i++)
    found = keys[i] == key ? i : found;
#ifdef BUG /* exit-scrubbed: whether it is one of them */
  WRITE_ONCE(*(u64 *)TOLD, found);
#else
  WRITE_ONCE(*(u64 *)OUT, found);
#endif
  return 0;
}

/* A hash table of the receiver's, open addressing, eight steps. */
u64 table_probe(u64 key)
{
  const u64 *slot = (const u64 *)OUT;
  u64 at = (key ^ key >> 13) % 8192;
  for (u32 i = 0; i < 8; i++) {
    fence();
#ifdef BUG /* accesses-in-windows: behind the last comes the first */
    if (READ_ONCE(slot[at + i]) == key)
#else
    if (READ_ONCE(slot[(at + i) % 8192]) == key)
#endif
      return i;
  }
  return REFUSED;
}

/* An entry of one table says where in the other. */
u64 table_indirect(u64 index)
{
  const u16 *first = (const u16 *)IN;
  const u64 *second = (const u64 *)OUT;
  u16 at = READ_ONCE(first[index % (IN_SIZE / 2)]);
#ifdef BUG /* accesses-in-windows: the first is checked, and the second believed */
  return READ_ONCE(second[at]);
#else
  return READ_ONCE(second[at % (OUT_SIZE / 8)]);
#endif
}

/* The last route of sixteen that fits, kept in private memory; all take the same time. */
u64 table_route(u32 address)
{
  const struct route *route = (const struct route *)STATE;
  u32 hop = 0;
  for (u32 i = 0; i < 16; i++) {
    u32 prefix = READ_ONCE(route[i].prefix);
    u32 next = READ_ONCE(route[i].hop);
    hop = (address & 0xffff0000) == prefix ? next : hop;
  }
  fence();
#ifdef BUG /* accesses-in-windows: bytes are counted, not words */
  WRITE_ONCE(((u64 *)OUT)[hop % OUT_SIZE], address);
#else
  WRITE_ONCE(((u64 *)OUT)[hop % (OUT_SIZE / 8)], address);
#endif
  return 0;
}
