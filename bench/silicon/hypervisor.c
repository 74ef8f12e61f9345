/*
 * A hypervisor that runs scenarios. For each it puts host memory into the pristine state (the pages
 * of an image as `postern load --backend image` wrote them, everything else zero, then the
 * scenario's own contents), builds a fresh VMCS, and runs the guest to its first exit that is not a
 * single step. One SCN line each; the last line is the total. docs/silicon.md says what it shows.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

enum { BLOB = 0x1000000, BLOB_LBA = 128, SECTOR = 512, PAGE = 4096 };

/* What Java writes (dev.postern.silicon.Disk); little endian, no padding. */
struct header {
    char magic[8];                      /* PSTNSIL1 */
    u32 scenarios, ranges;
    u64 size, image, image_size, scenario_table, range_table;
};
struct range { u64 hpa, size; };        /* zero before each scenario */
struct content { u64 hpa, size, offset, when; };  /* before which instruction, from 0 */
struct scenario {
    char name[64];
    u32 flags, index, list, cs;
    u32 mode, contents;
    u32 steps, reserved;                /* instructions reported under STEP */
    u64 content_table;
    u64 cr3, rip, rflags, fs_base, gs_base, code_base, ds_base, es_base, ss_base;
    u64 gpr[16];                        /* in the order of their encoding; 4 is RSP */
    u64 watch[2];                       /* host addresses whose quadwords are printed */
};
enum { STEP = 1, CR3_FREE = 2, VMFUNC_OFF = 4 };

extern long enter(u64 *gpr, long launched);

/* ---- ports ------------------------------------------------------------------------------------ */

static void out8(u16 port, u8 value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static u8 in8(u16 port) { u8 v; asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port)); return v; }

/*
 * What is said goes to the port that Bochs copies to its standard output, a line at once: a serial
 * port would be waited for at every byte, and that took longer than all the guests.
 */
static char line[256];
static u64 said_of_line;

static void put(char c)
{
    line[said_of_line++] = c;
    if (c == '\n' || said_of_line == sizeof line) {
        const char *at = line;
        asm volatile("rep outsb" : "+S"(at), "+c"(said_of_line) : "d"((u16)0xe9) : "memory");
    }
}
static void text(const char *s) { while (*s) put(*s++); }
static void hex(const char *name, u64 value)
{
    text(name);
    text("=0x");
    int shift = 60;
    while (shift > 0 && !(value >> shift)) shift -= 4;
    for (; shift >= 0; shift -= 4) put("0123456789abcdef"[value >> shift & 15]);
}
static void dec(u64 value)
{
    if (value >= 10) dec(value / 10);
    put((char)('0' + value % 10));
}

/* The end of the machine: Bochs stops on this word. */
static void __attribute__((noreturn)) power_off(void)
{
    for (const char *s = "Shutdown"; *s; s++) out8(0x8900, (u8)*s);
    for (;;) asm volatile("cli; hlt");
}
static void __attribute__((noreturn)) fail(const char *why)
{
    text("BENCH ABORTED ");
    text(why);
    text("\n");
    power_off();
}

/* ---- memory ----------------------------------------------------------------------------------- */

static void copy(u64 to, u64 from, u64 size)
{
    u64 words = size / 8, rest = size % 8;
    asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
}
static void zero(u64 at, u64 size)
{
    u64 words = size / 8;
    asm volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(0UL) : "memory");
}

/* ATA PIO, 28-bit addresses, one sector a command: nothing here is in a hurry. */
static void read_sectors(u64 lba, u64 count, u64 to)
{
    while (count) {
        u64 now = count > 128 ? 128 : count;
        out8(0x1f6, (u8)(0xe0 | (lba >> 24 & 15)));
        out8(0x1f2, (u8)now);
        out8(0x1f3, (u8)lba);
        out8(0x1f4, (u8)(lba >> 8));
        out8(0x1f5, (u8)(lba >> 16));
        out8(0x1f7, 0x20);
        lba += now;
        count -= now;
        for (; now; now--) {
            u8 status;
            do status = in8(0x1f7); while (status & 0x80);
            if (status & 0x21 || !(status & 8)) fail("disk");
            u64 words = SECTOR / 2;
            asm volatile("rep insw" : "+D"(to), "+c"(words) : "d"((u16)0x1f0) : "memory");
        }
    }
}

/* ---- VMX -------------------------------------------------------------------------------------- */

static u64 rdmsr(u32 msr)
{
    u32 lo, hi;
    asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (u64)hi << 32 | lo;
}
static void vmwrite(u64 field, u64 value)
{
    u8 bad;
    asm volatile("vmwrite %2, %1; setna %0" : "=r"(bad) : "r"(field), "r"(value) : "cc");
    if (bad) {
        hex("field", field);
        text("\n");
        fail("vmwrite");
    }
}
static u64 vmread(u64 field)
{
    u64 value = 0;
    asm volatile("vmread %1, %0" : "=r"(value) : "r"(field) : "cc");
    return value;
}
/* What is wanted, with the bits that must be 1; what must be 0 and is wanted is an error. */
static u32 controls(u32 msr, u32 wanted)
{
    u64 allowed = rdmsr(msr);
    if (wanted & ~(u32)(allowed >> 32)) {
        hex("msr", msr);
        hex(" wanted", wanted);
        hex(" allowed", allowed);
        text("\n");
        fail("a control this processor does not have");
    }
    return wanted | (u32)allowed;
}

static u8 vmxon_region[PAGE] __attribute__((aligned(PAGE)));
static u8 vmcs[PAGE] __attribute__((aligned(PAGE)));
static u8 tss[104] __attribute__((aligned(16)));
static u64 gdt[5] __attribute__((aligned(16)));

static void load_gdt(void)
{
    struct { u16 limit; u64 base; } __attribute__((packed)) gdtr = {sizeof gdt - 1, (u64)gdt};
    u64 base = (u64)tss;
    gdt[1] = 0x00af9b000000ffff;
    gdt[2] = 0x00cf93000000ffff;
    gdt[3] = 103 | (base & 0xffffff) << 16 | 0x89UL << 40 | (base >> 24 & 0xff) << 56;
    gdt[4] = base >> 32;
    asm volatile("lgdt %0; ltr %w1" : : "m"(gdtr), "r"(0x18));
}

static void vmx_on(void)
{
    u64 cr4;
    u8 bad;
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    asm volatile("mov %0, %%cr4" : : "r"(cr4 | 1 << 13 | 1 << 9));
    *(u32 *)vmxon_region = (u32)rdmsr(0x480);
    u64 region = (u64)vmxon_region;
    asm volatile("vmxon %1; setna %0" : "=r"(bad) : "m"(region) : "cc", "memory");
    if (bad) fail("vmxon");
}

static void invalidate(void)
{
    struct { u64 a, b; } all = {0, 0};
    asm volatile("invept %0, %1" : : "m"(all), "r"(2UL) : "cc", "memory");
    asm volatile("invvpid %0, %1" : : "m"(all), "r"(2UL) : "cc", "memory");
}

static void segment(u32 which, u16 selector, u64 base, u32 limit, u32 access)
{
    vmwrite(0x800 + 2 * which, selector);
    vmwrite(0x6806 + 2 * which, base);
    vmwrite(0x4800 + 2 * which, limit);
    vmwrite(0x4814 + 2 * which, access);
}

static void build(const struct scenario *s, u64 list)
{
    u8 bad;
    u64 region = (u64)vmcs, cr0, cr4;
    zero(region, PAGE);
    *(u32 *)vmcs = (u32)rdmsr(0x480);
    asm volatile("vmclear %1; setna %0" : "=r"(bad) : "m"(region) : "cc", "memory");
    if (bad) fail("vmclear");
    asm volatile("vmptrld %1; setna %0" : "=r"(bad) : "m"(region) : "cc", "memory");
    if (bad) fail("vmptrld");

    u32 primary = 1u << 7 | 1u << 23 | 1u << 24 | 1u << 31;     /* HLT, DR, I/O exit; secondary */
    if (!(s->flags & CR3_FREE)) primary |= 1u << 15;            /* CR3 loads exit */
    u32 secondary = 1u << 1 | 1u << 2 | 1u << 5;                /* EPT, descriptor tables, VPID */
    if (!(s->flags & VMFUNC_OFF)) secondary |= 1u << 13;
    vmwrite(0x4000, controls(0x48d, 1 | 1 << 3 | 1 << 6));      /* interrupts, NMI, timer */
    vmwrite(0x4002, controls(0x48e, primary));
    vmwrite(0x401e, controls(0x48b, secondary));
    vmwrite(0x400c, controls(0x48f, 1u << 9 | 1u << 20 | 1u << 21));
    vmwrite(0x4012, controls(0x490, 1u << 9 | 1u << 15));
    vmwrite(0x4004, 0xffffffff);                                /* every exception exits */
    vmwrite(0x400a, 1);                                         /* the one CR3 that may be loaded */
    vmwrite(0x6008, s->cr3);
    vmwrite(0x482e, 200000);
    vmwrite(0, 1);
    vmwrite(0x2800, ~0UL);
    vmwrite(0x201a, ((u64 *)list)[s->index]);
    if (!(s->flags & VMFUNC_OFF)) {
        vmwrite(0x2018, 1);
        vmwrite(0x2024, list);
    }
    vmwrite(4, s->index);

    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    u64 cr3;
    asm volatile("mov %%cr3, %0" : "=r"(cr3));
    vmwrite(0x6c00, cr0);
    vmwrite(0x6c02, cr3);
    vmwrite(0x6c04, cr4);
    vmwrite(0x2c02, rdmsr(0xc0000080));
    vmwrite(0xc02, 8);
    for (u32 field = 0xc00; field <= 0xc0a; field += 2)
        if (field != 0xc02) vmwrite(field, 16);
    vmwrite(0xc0c, 0x18);
    vmwrite(0x6c0a, (u64)tss);
    vmwrite(0x6c0c, (u64)gdt);

    vmwrite(0x6800, 0x80010033);                                /* PG WP NE ET MP PE */
    vmwrite(0x6802, s->cr3);
    vmwrite(0x6804, 0x2020 | 1 << 9);                           /* VMXE, PAE, OSFXSR */
    vmwrite(0x6000, ~0UL);                                      /* CR0 and CR4 are the host's */
    vmwrite(0x6002, ~0UL);
    vmwrite(0x6004, 0x80010033);
    vmwrite(0x6006, 0x20 | 1 << 9);
    vmwrite(0x2806, 0xd00);                                     /* EFER: LMA LME NXE */
    u16 rpl = s->cs & 3;
    u32 dpl = (u32)rpl << 5;
    u32 code = s->mode == 64 ? 0xa09b : s->mode == 32 ? 0xc09b : 0x009b;
    segment(0, (u16)(0x18 | rpl), s->es_base, ~0u, 0xc093 | dpl);
    segment(1, (u16)s->cs, s->mode == 64 ? 0 : s->code_base, s->mode == 16 ? 0xffff : ~0u,
            code | dpl);
    segment(2, (u16)(0x18 | rpl), s->ss_base, ~0u, 0xc093 | dpl);
    segment(3, (u16)(0x18 | rpl), s->ds_base, ~0u, 0xc093 | dpl);
    segment(4, (u16)(0x18 | rpl), s->fs_base, ~0u, 0xc093 | dpl);
    segment(5, (u16)(0x18 | rpl), s->gs_base, ~0u, 0xc093 | dpl);
    segment(6, 0, 0, 0, 0x10000);
    segment(7, 0x28, 0, 103, 0x8b);
    vmwrite(0x6816, 0);
    vmwrite(0x6818, 0);
    vmwrite(0x681a, 0x400);
    vmwrite(0x681c, s->gpr[4]);
    vmwrite(0x681e, s->rip);
    vmwrite(0x6820, s->rflags | 2 | (s->flags & STEP ? 1u << 8 : 0));
}

static const char names[16][5] = {" rax", " rcx", " rdx", " rbx", " rsp", " rbp", " rsi", " rdi",
                                  " r8",  " r9",  " r10", " r11", " r12", " r13", " r14", " r15"};

/* All of them, or what differs from what was said last. */
static void changed(const char *name, u64 value, u64 *said, int all)
{
    if (all || value != *said) hex(name, value);
    *said = value;
}
static void registers(const u64 *gpr, u64 *said, int all)
{
    for (int i = 0; i < 16; i++)
        changed(names[i], i == 4 ? vmread(0x681c) : gpr[i], &said[i], all);
}

/*
 * Contents due before the instruction of number `now`: what another processor would have written by
 * then. The rounds of a repeated string instruction are one instruction.
 */
static void write_due(const struct scenario *s, u64 now)
{
    const struct content *contents = (const struct content *)(BLOB + s->content_table);
    for (u32 i = 0; i < s->contents; i++)
        if (contents[i].when == now) copy(contents[i].hpa, BLOB + contents[i].offset, contents[i].size);
}

/* Answers whether the guest ran at all. */
static int run(const struct scenario *s, u64 list)
{
    u64 gpr[16], said[16] = {0}, said_index = 0, said_rflags = 0;
    for (int i = 0; i < 16; i++) gpr[i] = s->gpr[i];
    build(s, list);
    invalidate();
    write_due(s, 0);
    u64 steps = 0, instructions = 0, at = s->rip;
    for (;;) {
        if (enter(gpr, steps != 0)) {
            text("SCN ");
            text(s->name);
            text(" entry-failed");
            hex(" error", vmread(0x4400));
            text("\n");
            return 0;
        }
        u32 reason = (u32)vmread(0x4402);
        u32 event = (u32)vmread(0x4404);
        if (s->flags & STEP && (reason & 0xffff) == 0 && (event & 0xff) == 1 && steps < s->steps) {
            steps++;
            text("STEP");
            hex(" rip", vmread(0x681e));
            changed(" idx", vmread(4), &said_index, steps == 1);
            registers(gpr, said, steps == 1);
            changed(" rflags", vmread(0x6820), &said_rflags, steps == 1);
            text("\n");
            if (vmread(0x681e) != at) {
                at = vmread(0x681e);
                write_due(s, ++instructions);
            }
            vmwrite(0x6820, vmread(0x6820) | 1u << 8);
            vmwrite(0x4824, 0);                                 /* no shadow, or entry fails */
            continue;
        }
        text("SCN ");
        text(s->name);
        text(" exit=");
        dec(reason & 0xffff);
        hex(" entry", reason >> 31);
        hex(" vec", (reason & 0xffff) == 0 ? event & 0xff : 0);
        hex(" qual", vmread(0x6400));
        hex(" rip", vmread(0x681e));
        hex(" gpa", (reason & 0xffff) == 48 || (reason & 0xffff) == 49 ? vmread(0x2400) : 0);
        hex(" gla", vmread(0x640a));
        hex(" idx", vmread(4));
        registers(gpr, said, 1);
        hex(" w0", s->watch[0] ? *(u64 *)s->watch[0] : 0);
        hex(" w1", s->watch[1] ? *(u64 *)s->watch[1] : 0);
        hex(" steps", steps);
        text("\n");
        return !(reason >> 31);
    }
}

/* ---- the image: canonical JSON in front, then pages in the order it lists them ------------------ */

static const char *find(const char *at, const char *end, const char *word)
{
    for (; at < end; at++) {
        const char *a = at, *w = word;
        while (*w && a < end && *a == *w) a++, w++;
        if (!*w) return a;
    }
    fail("the image's header lacks a member");
}
static u64 number(const char *at, int base)
{
    u64 value = 0;
    for (;; at++) {
        int digit = *at >= '0' && *at <= '9' ? *at - '0' : *at >= 'a' && *at <= 'f' ? *at - 87 : 99;
        if (digit >= base) return value;
        value = value * (u64)base + (u64)digit;
    }
}

static u64 lists[64];
static u32 list_count;

/* Puts the pages where the image says; each run's members stand in canonical (sorted) order. */
static void install(const struct header *h)
{
    const char *image = (const char *)(BLOB + h->image);
    const char *header = image + 24, *end = header + *(u64 *)(image + 16);
    const char *pages = find(header, end, "\"pages\":[");
    const char *last = find(pages, end, "]");
    u64 from = (u64)image + ((24 + *(u64 *)(image + 16) + PAGE - 1) & ~(u64)(PAGE - 1));
    for (const char *at = pages; *at == '{' || *at == ',';) {
        const char *stop = find(at, last, "}");
        u64 count = number(find(at, stop, "\"count\":"), 10);
        u64 host = number(find(at, stop, "\"host\":\"0x"), 16);
        copy(host, from, count * PAGE);
        from += count * PAGE;
        at = stop;
    }
    const char *entries = find(header, end, "\"lists\":[");
    const char *closed = find(entries, end, "]");
    list_count = 0;
    for (const char *at = entries; (*at == '{' || *at == ',') && list_count < 64;) {
        const char *stop = find(at, closed, "}");
        lists[list_count++] = number(find(at, stop, "\"host\":\"0x"), 16);
        at = stop;
    }
}

/* Back to zero, for the image that comes next. */
static void remove(const struct header *h)
{
    const char *image = (const char *)(BLOB + h->image);
    const char *header = image + 24, *end = header + *(u64 *)(image + 16);
    const char *pages = find(header, end, "\"pages\":[");
    const char *last = find(pages, end, "]");
    for (const char *at = pages; *at == '{' || *at == ',';) {
        const char *stop = find(at, last, "}");
        zero(number(find(at, stop, "\"host\":\"0x"), 16),
             number(find(at, stop, "\"count\":"), 10) * PAGE);
        at = stop;
    }
}

/* The scenarios of one blob; how many were executed. */
static u64 play(const struct header *h)
{
    const struct scenario *table = (const struct scenario *)(BLOB + h->scenario_table);
    const struct range *ranges = (const struct range *)(BLOB + h->range_table);
    u64 executed = 0;
    for (u32 i = 0; i < h->scenarios; i++) {
        for (u32 j = 0; j < h->ranges; j++) zero(ranges[j].hpa, ranges[j].size);
        install(h);
        if (table[i].list >= list_count) fail("no such EPTP list");
        executed += (u64)run(&table[i], lists[table[i].list]);
    }
    for (u32 j = 0; j < h->ranges; j++) zero(ranges[j].hpa, ranges[j].size);
    remove(h);
    return executed;
}

/* Blobs follow one another on the disk; nothing of one is left for the next. */
void bench(void)
{
    static u8 first[SECTOR];
    const struct header *h = (const struct header *)first;
    u64 at = BLOB_LBA, executed = 0, scenarios = 0;
    text("\n");                         /* what Bochs said before ends here */
    load_gdt();
    vmx_on();
    hex("VMX basic", rdmsr(0x480));
    hex(" secondary", rdmsr(0x48b) >> 32);
    hex(" ept-vpid", rdmsr(0x48c));
    hex(" vmfunc", rdmsr(0x491));
    text("\n");

    for (;;) {
        read_sectors(at, 1, (u64)first);
        if (*(u64 *)h->magic != *(const u64 *)"PSTNSIL1") break;
        u64 sectors = (h->size + SECTOR - 1) / SECTOR;
        read_sectors(at, sectors, BLOB);
        executed += play(h);
        scenarios += h->scenarios;
        at += sectors;
    }
    if (at == BLOB_LBA) fail("no scenarios on the disk");
    text("BENCH executed ");
    dec(executed);
    text(" of ");
    dec(scenarios);
    text("\n");
    power_off();
}
