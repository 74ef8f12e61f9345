/* Rings: indices that count up and wrap, taken modulo the number of entries. */

#define ENTRIES 8192u                           /* of 8 bytes: the whole window */

struct ring_state {
  u32 next;
};

struct in_ring {
  u32 head;
  u32 tail;
  u64 entry[ENTRIES - 1];
};

#define ring_state ((struct ring_state *)STATE)
#define in_ring    ((struct in_ring *)IN)
#define out_entry  ((u64 *)OUT)

/* Appends to the receiver's ring, at a count of our own. */
u64 ring_push(u64 value)
{
  u32 next = ring_state->next;
#ifdef BUG /* accesses-in-windows: sixteen bits of the count are more than there are entries */
  WRITE_ONCE(out_entry[(u16)next], value);
#else
  WRITE_ONCE(out_entry[next % ENTRIES], value);
#endif
  ring_state->next = next + 1;
  return next;
}

/* Takes an entry at an index that the caller keeps. */
u64 ring_take(void)
{
  u32 head = READ_ONCE(in_ring->head);
#ifdef BUG /* accesses-in-windows: the header takes the place of one entry */
  if (head > ENTRIES - 1)
#else
  if (head >= ENTRIES - 1)
#endif
    return REFUSED;
  fence();
  return READ_ONCE(in_ring->entry[head]);
}

/* The caller names the entry. */
u64 ring_peek(s64 index)
{
#ifdef BUG /* accesses-in-windows: a negative index is a small one */
  if (index >= ENTRIES)
#else
  if ((u64)index >= ENTRIES)
#endif
    return REFUSED;
  fence();
  return READ_ONCE(out_entry[index]);
}

/* Clears what is free between tail and head, which only look as if they were ours. */
u64 ring_clear(void)
{
  u32 head = READ_ONCE(in_ring->head);
  u32 tail = READ_ONCE(in_ring->tail);
  u32 used = head - tail;
#ifndef BUG /* accesses-in-windows: more in use than there is: the difference is huge */
  if (used > ENTRIES)
    return REFUSED;
  fence();
#endif
  u64 room = ENTRIES - used;
  fill(out_entry, 0, room * sizeof(u64));
  return room;
}

/* Bytes into a byte ring: as far as its end, and the rest at its beginning. */
u64 ring_write(u64 length)
{
  u32 at = ring_state->next % OUT_SIZE;
  if (length > 1024)
    return REFUSED;
  u64 first = OUT_SIZE - at;
#ifdef BUG /* accesses-in-windows: nothing wraps */
  first = length;
#else
  first = first < length ? first : length;
#endif
  fence();
  copy((u8 *)OUT + at, (const u8 *)IN, first);
  copy((u8 *)OUT, (const u8 *)IN + first, length - first);
  ring_state->next = at + (u32)length;
  return length;
}

/* Entry, then index: another processor looks at the index. */
u64 ring_publish(u64 index, u64 value)
{
  if (index >= ENTRIES - 1)
    return REFUSED;
#ifndef BUG /* speculation: the store may run ahead of the check */
  fence();
#endif
  WRITE_ONCE(out_entry[index + 1], value);
  smp_wmb();
  WRITE_ONCE(out_entry[0], index);
  return 0;
}

/* As many as the caller wants, at most 32. */
u64 ring_batch(u64 budget)
{
  u32 next = ring_state->next;
  u64 done;
#ifdef BUG /* bounded: as many as the caller wants */
  u64 most = budget;
#else
  u64 most = budget < 32 ? budget : 32;
#endif
  for (done = 0; done < most; done++) {
    fence();
    u64 value = READ_ONCE(in_ring->entry[done % ENTRIES / 2]);
    WRITE_ONCE(out_entry[next % ENTRIES], value);
    next++;
  }
  ring_state->next = next;
  return done;
}

/* From head to tail, both of them the caller's. */
u64 ring_drain(void)
{
  u32 head = READ_ONCE(in_ring->head);
  u32 used = READ_ONCE(in_ring->tail) - head;
  u64 sum = 0;
  if (used > 16)
    return REFUSED;
#ifdef BUG /* bounded: the end is looked up again each time, and moves */
  for (u32 i = 0; i < READ_ONCE(in_ring->tail) - head; i++) {
#else
  for (u32 i = 0; i < used; i++) {
#endif
    fence();
    sum += READ_ONCE(out_entry[(head + i) % ENTRIES]);
  }
  return sum;
}
