/*
 * The real CPU as an oracle: runs one instruction from a given state and says what became of it.
 *
 * Protocol, all fields in host byte order. On start the program writes struct hello. Then, until the
 * input ends: a struct batch, followed by `count` structs state; it answers each state in order with
 * a struct outcome, followed by `changed` structs change. A batch is read whole before any of it runs.
 *
 * The instruction runs under TF at a fixed offset of its own page, with int3 around it, and traps
 * after it; every signal arrives on an alternate stack, in a handler that records the state, loads
 * the next one into the signal frame, and returns into it. So the handler is the loop. Memory is one
 * page between unmapped ones, filled from a seed. 32- and 16-bit code runs in compatibility mode
 * through code segments of the local descriptor table, where DS, ES, SS and GS have a base of their
 * own.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <x86intrin.h>

enum {
  CODE_BASE = 0x5d3b6000,   /* base of the 32- and 16-bit code segments; no address met by chance */
  CODE_OFFSET = 0x100,      /* where the instruction stands */
  DATA_BASE = 0x20000000,   /* base of the data segment in those modes */
  DATA_OFFSET = 0x8000,     /* the page of memory; 64 KiB from the base on are otherwise unmapped */
  PAGE = 0x1000,
  GS_BASE = DATA_BASE,      /* the data segment's */
  FS_BASE = DATA_BASE + PAGE,
  CODE32 = 0x07, CODE16 = 0x0f, DATA = 0x17, /* selectors into the LDT, RPL 3 */
  MAX_COUNT = 1024,
  MAX_CHANGED = 40          /* ENTER of 31 levels writes 33 words, in one more if not aligned */
};

enum { FLAG_TF = 1 << 8, FLAG_NT = 1 << 14, FLAG_ID = 1 << 21 };

struct hello {
  uint64_t code_base, code_offset, data_base, data_offset, fs_base, gs_base;
  uint64_t cs64, cs32, cs16, ss64, ss32, ds, es, fs, gs;
  uint64_t compatibility; /* 1 if 32- and 16-bit code can run */
};

struct batch {
  uint32_t mode, length, count, reserved;
  uint8_t code[16];
};

struct state {
  uint64_t gpr[16]; /* in encoding order: rAX, rCX, rDX, rBX, rSP, rBP, rSI, rDI, r8.. */
  uint64_t flags;
  uint64_t seed;
};

struct outcome {
  uint64_t vector; /* exception vector; 1 is the trap after the instruction */
  uint64_t rip;    /* in 32- and 16-bit modes relative to the code segment's base */
  uint64_t gpr[16];
  uint64_t flags;
  uint64_t changed;
};

struct change {
  uint64_t offset, value; /* an aligned 8-byte word of the page that differs from its filling */
};

static const int order[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static struct hello hello;
static struct batch batch;
static struct state states[MAX_COUNT];
static uint8_t answers[MAX_COUNT * (sizeof(struct outcome) + MAX_CHANGED * sizeof(struct change))];
static size_t answered;
static uint32_t current, running;
static uint64_t filling[PAGE / 8];
static uint64_t *const page = (uint64_t *)(uintptr_t)(DATA_BASE + DATA_OFFSET);
static uint8_t *const code = (uint8_t *)(uintptr_t)(CODE_BASE);
static uint8_t signal_stack[1 << 16] __attribute__((aligned(64)));

/* Once FS has a base for the instructions there is no thread-local storage: no errno, no stack
   protector (-fno-stack-protector), no lazy binding (-z now). */
static long call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

static void leave(int status) {
  for (;;) call(SYS_exit_group, status, 0, 0);
}

static void die(const char *why) {
  call(SYS_write, 2, (long)why, (long)strlen(why));
  call(SYS_write, 2, (long)"\n", 1);
  leave(3);
}

static int read_all(void *to, size_t size) {
  for (size_t have = 0; have < size;) {
    long n = call(SYS_read, 0, (long)to + (long)have, (long)(size - have));
    if (n < 0) die("read failed");
    if (n == 0) return have == 0 ? 0 : (die("input ends inside a batch"), 0);
    have += (size_t)n;
  }
  return 1;
}

static void write_all(const void *from, size_t size) {
  for (size_t done = 0; done < size;) {
    long n = call(SYS_write, 1, (long)from + (long)done, (long)(size - done));
    if (n <= 0) die("write failed");
    done += (size_t)n;
  }
}

/* splitmix64 */
static uint64_t mix(uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* Word i of a page: the seed's top three bits choose how dense its ones are. */
static uint64_t word(uint64_t seed, uint64_t i) {
  uint64_t a = mix(seed + 2 * i), b = mix(seed + 2 * i + 1);
  switch (seed >> 61) {
    case 0: return a & b;
    case 1: return a | b;
    case 2: return mix(seed); /* all words alike */
    case 3: return a >> (b & 63); /* small and large numbers, addresses among them */
    default: return a;
  }
}

static void record(const ucontext_t *uc) {
  const greg_t *regs = uc->uc_mcontext.gregs;
  struct outcome *o = (struct outcome *)(answers + answered);
  o->vector = (uint64_t)regs[REG_TRAPNO];
  o->rip = (uint64_t)regs[REG_RIP];
  for (int i = 0; i < 16; i++) o->gpr[i] = (uint64_t)regs[order[i]];
  o->flags = (uint64_t)regs[REG_EFL];
  o->changed = 0;
  struct change *c = (struct change *)(o + 1);
  for (uint64_t i = 0; i < PAGE / 8; i++) {
    if (page[i] != filling[i]) {
      if (o->changed == MAX_CHANGED) die("too many words changed");
      c[o->changed++] = (struct change){8 * i, page[i]};
    }
  }
  answered += sizeof *o + o->changed * sizeof *c;
}

static void next_batch(void) {
  write_all(answers, answered);
  answered = 0;
  current = 0;
  if (!read_all(&batch, sizeof batch)) leave(0);
  if (batch.count < 1 || batch.count > MAX_COUNT || batch.length < 1 || batch.length > 15)
    die("bad batch");
  if (!read_all(states, batch.count * sizeof states[0])) die("input ends inside a batch");
  memset(code, 0xcc, PAGE);
  memcpy(code + CODE_OFFSET, batch.code, batch.length);
}

static uint64_t start(ucontext_t *uc) {
  const struct state *s = &states[current];
  greg_t *regs = uc->uc_mcontext.gregs;
  for (uint64_t i = 0; i < PAGE / 8; i++) page[i] = filling[i] = word(s->seed, i);
  for (int i = 0; i < 16; i++) regs[order[i]] = (greg_t)s->gpr[i];
  regs[REG_EFL] = (greg_t)(s->flags | FLAG_TF);
  regs[REG_RIP] = batch.mode == 64 ? CODE_BASE + CODE_OFFSET : CODE_OFFSET;
  uint64_t cs = batch.mode == 64 ? hello.cs64 : batch.mode == 32 ? CODE32 : CODE16;
  uint64_t ss = batch.mode == 64 ? hello.ss64 : DATA;
  regs[REG_CSGSFS] = (greg_t)(cs | hello.gs << 16 | hello.fs << 32 | ss << 48);
  uc->uc_flags |= 0x2 | 0x4; /* UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS: SS is as said here */
  return s->flags;
}

/* The kernel leaves AC, NT and ID of the interrupted code in force; NT and ID of this code survive
   sigreturn, AC and the status flags come from the frame. */
static void on_signal(int number, siginfo_t *info, void *context) {
  __writeeflags(0x202);
  (void)number;
  (void)info;
  ucontext_t *uc = context;
  if (running) {
    record(uc);
    current++;
  }
  if (!running || current == batch.count) next_batch();
  running = 1;
  uint64_t flags = start(uc);
  __writeeflags(0x202 | (flags & (FLAG_NT | FLAG_ID)));
}

static void *map(uint64_t address, size_t size, int protection) {
  void *p = mmap((void *)(uintptr_t)address, size, protection,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (p == MAP_FAILED) die("cannot map the sandbox");
  return p;
}

static int segment(unsigned index, unsigned base, int is_code, int is_32bit) {
  struct user_desc d;
  memset(&d, 0, sizeof d);
  d.entry_number = index;
  d.base_addr = base;
  d.limit = 0xfffff;
  d.limit_in_pages = 1;
  d.seg_32bit = is_32bit;
  d.contents = is_code ? 2 : 0;
  d.useable = 1;
  return syscall(SYS_modify_ldt, 0x11, &d, sizeof d) == 0;
}

#define SELECTOR(name, field) do { uint16_t v; __asm__("mov %%" name ", %0" : "=r"(v)); field = v; } while (0)

static void describe(void) {
  hello.code_base = CODE_BASE;
  hello.code_offset = CODE_OFFSET;
  hello.data_base = DATA_BASE;
  hello.data_offset = DATA_OFFSET;
  hello.compatibility = segment(CODE32 >> 3, CODE_BASE, 1, 1) && segment(CODE16 >> 3, CODE_BASE, 1, 0)
                        && segment(DATA >> 3, DATA_BASE, 0, 1);
  if (hello.compatibility) {
    uint16_t selector = DATA;
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%gs" : : "r"(selector));
  } else if (syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)GS_BASE) != 0) {
    die("cannot set the base of GS");
  }
  hello.fs_base = FS_BASE;
  hello.gs_base = GS_BASE;
  SELECTOR("cs", hello.cs64);
  SELECTOR("ss", hello.ss64);
  SELECTOR("ds", hello.ds);
  SELECTOR("es", hello.es);
  SELECTOR("fs", hello.fs);
  SELECTOR("gs", hello.gs);
  hello.cs32 = CODE32;
  hello.cs16 = CODE16;
  hello.ss32 = DATA;
}

int main(void) {
  map(CODE_BASE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
  map(DATA_BASE, 0x10000, PROT_NONE);
  if (mprotect(page, PAGE, PROT_READ | PROT_WRITE) != 0) die("cannot open the page");
  describe();
  write_all(&hello, sizeof hello);

  stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
  if (sigaltstack(&stack, NULL) != 0) die("sigaltstack failed");
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
    if (sigaction(signals[i], &action, NULL) != 0) die("sigaction failed");
  }
  if (call(SYS_arch_prctl, ARCH_SET_FS, FS_BASE, 0) != 0) die("cannot set the base of FS");
  __asm__ volatile("int3"); /* into the handler, which never comes back here */
  return 1;
}
