/* Integer code in the ways compilers write it; CompilerOutputTest decodes what gcc makes of it. */
#include <stddef.h>
#include <stdint.h>

struct descriptor { uint64_t address; uint32_t length; uint16_t flags, next; };
struct used { uint16_t flags, index; struct { uint32_t id, length; } ring[256]; };

uint64_t checksum(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum = (sum << 5 | sum >> 59) ^ p[i];
	return sum;
}

int in_bounds(uint64_t address, uint64_t length, uint64_t low, uint64_t high)
{
	return address >= low && address <= high && length <= high - address;
}

void publish(struct used *used, uint32_t id, uint32_t length)
{
	uint16_t index = used->index;
	used->ring[index & 255].id = id;
	used->ring[index & 255].length = length;
	__atomic_store_n(&used->index, index + 1, __ATOMIC_RELEASE);
}

int64_t signed_math(int64_t a, int32_t b, int16_t c, int8_t d)
{
	int64_t q = a / (b ? b : 1), r = a % (c ? c : 1);
	return q * 7 - r * c + (a >> (d & 63)) - (int64_t)(int8_t)(a >> 9) + (b < c ? a : d);
}

uint64_t unsigned_math(uint64_t a, uint32_t b, uint16_t c, uint8_t d)
{
	unsigned __int128 wide = (unsigned __int128)a * b;
	return (uint64_t)(wide >> 64) + (uint64_t)wide / (c + 1u) + a % (d + 1u) + __builtin_bswap64(a) + __builtin_bswap32(b);
}

unsigned __int128 wide_math(unsigned __int128 a, unsigned __int128 b, int n)
{
	return (a + b - (a << (n & 127))) ^ (b >> (n & 127));
}

int bits(uint64_t a, uint32_t b)
{
	return __builtin_ctzll(a | 1) + __builtin_clz(b | 1) + __builtin_popcountll(a) + !!(a & 1ull << (b & 63)) + __builtin_parity(b);
}

int dispatch(int op, int a, int b)
{
	switch (op) {
	case 0: return a + b;
	case 1: return a - b;
	case 2: return a * b;
	case 3: return a & b;
	case 4: return a | ~b;
	case 5: return a << (b & 31);
	case 6: return (unsigned)a >> (b & 31);
	case 7: return -a;
	case 8: return a > b ? a : b;
	default: return 0;
	}
}

uint64_t atomics(uint64_t *p, uint32_t *q, uint8_t *r, uint64_t v)
{
	uint64_t old = __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
	old += __atomic_exchange_n(q, (uint32_t)v, __ATOMIC_SEQ_CST);
	__atomic_fetch_or(r, 4, __ATOMIC_SEQ_CST);
	__atomic_compare_exchange_n(p, &old, v, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	__builtin_ia32_pause();
	return old;
}

void copy(struct descriptor *to, const struct descriptor *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from[i];
	__builtin_memset(to + n, 0, 200);
	__builtin_memcpy(to + n + 20, from, 400);
}

uint64_t calls(uint64_t (*f)(uint64_t, uint64_t), uint64_t n)
{
	volatile uint64_t buffer[40];
	for (unsigned i = 0; i < 40; i++)
		buffer[i] = f(i, n);
	return n ? calls(f, n - 1) + buffer[n % 40] : buffer[0];
}

int overflow(int a, int b, int *out)
{
	if (__builtin_mul_overflow(a, b, out))
		__builtin_trap();
	return __builtin_add_overflow(a, b, out);
}
