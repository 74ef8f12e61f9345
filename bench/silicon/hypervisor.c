/*
 * A hypervisor that runs scenarios. Each finds host memory in the pristine state (the pages of an
 * image as `postern load --backend image` wrote them, everything else zero, then the scenario's own
 * contents) and a fresh VMCS, and the guest runs to its first exit that is not a single step. One SCN
 * line each; the last line is the total. docs/silicon.md says what it shows.
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
    u32 steps, pages;                   /* rounds to step under STEP; pages under PAGES */
    u64 content_table, page_table;
    u64 cr3, rip, rflags, fs_base, gs_base, code_base, ds_base, es_base, ss_base;
    u64 gpr[16];                        /* in the order of their encoding; 4 is RSP */
    u64 watch[2];                       /* host addresses whose quadwords are printed */
};
enum { STEP = 1, CR3_FREE = 2, VMFUNC_OFF = 4, PAGES = 8 };

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

/* Where the guest is between two instructions. */
struct state { u64 rip, index, gpr[16], rflags; };

static void look(struct state *now, const u64 *gpr)
{
    now->rip = vmread(0x681e);
    now->index = vmread(4);
    now->rflags = vmread(0x6820);
    for (int i = 0; i < 16; i++) now->gpr[i] = gpr[i];
    now->gpr[4] = vmread(0x681c);
}

static int alike(const struct state *a, const struct state *b)
{
    const u64 *x = (const u64 *)a, *y = (const u64 *)b;
    for (u64 i = 0; i < sizeof *a / 8; i++)
        if (x[i] != y[i]) return 0;
    return 1;
}

/* All of it, or its address and what differs from `said`. */
static void say(const struct state *now, const struct state *said)
{
    text("STEP");
    hex(" rip", now->rip);
    if (!said || now->index != said->index) hex(" idx", now->index);
    for (int i = 0; i < 16; i++)
        if (!said || now->gpr[i] != said->gpr[i]) hex(names[i], now->gpr[i]);
    if (!said || now->rflags != said->rflags) hex(" rflags", now->rflags);
    text("\n");
}

/*
 * Contents due before the instruction of number `now`: what another processor would have written by
 * then. The rounds of a repeated string instruction are one instruction. Answers when the next are due.
 */
static u64 write_due(const struct scenario *s, u64 now)
{
    const struct content *contents = (const struct content *)(BLOB + s->content_table);
    u64 next = ~0UL;
    for (u32 i = 0; i < s->contents; i++) {
        u64 when = contents[i].when;
        if (when == now) copy(contents[i].hpa, BLOB + contents[i].offset, contents[i].size);
        else if (when > now && when < next) next = when;
    }
    return next;
}

/*
 * Answers whether the guest ran at all. Of the rounds of a repeated string instruction the last is
 * said: RIP stays and RSI or RDI moves only there, as a branch to itself moves neither. What is
 * exactly where it was, which is such a branch, is so to the last step, and is not followed there.
 */
static int run(const struct scenario *s, u64 list)
{
    struct state states[2], *said = 0;
    u64 gpr[16], steps = 0, instructions = 0, at = s->rip;
    for (int i = 0; i < 16; i++) gpr[i] = s->gpr[i];
    build(s, list);
    invalidate();
    for (u64 due = write_due(s, 0);;) {
        u64 rsi = gpr[6], rdi = gpr[7];
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
            struct state *now = said == states ? states + 1 : states;
            look(now, gpr);
            steps++;
            int moved = now->rip != at;
            if (moved || (rsi == gpr[6] && rdi == gpr[7])) {
                if (!moved && said && due == ~0UL && alike(now, said)) {
                    text("STILL\n");
                    steps = s->steps;
                } else {
                    say(now, said);
                }
                said = now;
            }
            at = now->rip;
            if (moved && ++instructions == due) due = write_due(s, due);
            vmwrite(0x6820, now->rflags | 1u << 8);
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
        struct state last;
        look(&last, gpr);
        hex(" rip", last.rip);
        hex(" gpa", (reason & 0xffff) == 48 || (reason & 0xffff) == 49 ? vmread(0x2400) : 0);
        hex(" gla", vmread(0x640a));
        hex(" idx", last.index);
        for (int i = 0; i < 16; i++) hex(names[i], last.gpr[i]);
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

/* Pages of the image that follow one another: where in host memory, and where in the image. */
struct run { u64 host, size, from; };
static struct run runs[4096];
static u32 run_count;

/* What the header says; each run's members stand in canonical (sorted) order. */
static void read_header(const struct header *h)
{
    const char *image = (const char *)(BLOB + h->image);
    const char *header = image + 24, *end = header + *(u64 *)(image + 16);
    const char *pages = find(header, end, "\"pages\":[");
    const char *last = find(pages, end, "]");
    u64 from = (u64)image + ((24 + *(u64 *)(image + 16) + PAGE - 1) & ~(u64)(PAGE - 1));
    run_count = 0;
    for (const char *at = pages; *at == '{' || *at == ',';) {
        const char *stop = find(at, last, "}");
        if (run_count == sizeof runs / sizeof *runs) fail("the image is in too many pieces");
        struct run *r = &runs[run_count++];
        r->size = number(find(at, stop, "\"count\":"), 10) * PAGE;
        r->host = number(find(at, stop, "\"host\":\"0x"), 16);
        r->from = from;
        from += r->size;
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

/* ---- the pristine state ------------------------------------------------------------------------- */

/* Where the image's bytes of a page are; 0 if the page is zero. */
static u64 page_of_image(u64 page)
{
    for (u32 i = 0; i < run_count; i++)
        if (page - runs[i].host < runs[i].size) return runs[i].from + page - runs[i].host;
    return 0;
}

static void restore(u64 page)
{
    u64 from = page_of_image(page);
    if (from) copy(page, from, PAGE);
    else zero(page, PAGE);
}

static void restore_all(const struct header *h)
{
    const struct range *ranges = (const struct range *)(BLOB + h->range_table);
    for (u32 i = 0; i < h->ranges; i++) zero(ranges[i].hpa, ranges[i].size);
    for (u32 i = 0; i < run_count; i++) copy(runs[i].host, runs[i].from, runs[i].size);
}

/* Back to zero, for the image that comes next. */
static void remove_all(const struct header *h)
{
    const struct range *ranges = (const struct range *)(BLOB + h->range_table);
    for (u32 i = 0; i < h->ranges; i++) zero(ranges[i].hpa, ranges[i].size);
    for (u32 i = 0; i < run_count; i++) zero(runs[i].host, runs[i].size);
}

/* Whether `size` bytes, quadwords, are as they are at `from`, or zero if that is 0. */
static int same(u64 at, u64 from, u64 size)
{
    u64 words = size / 8;
    u8 equal;
    if (from)
        asm volatile("cmpq %%rax, %%rax; repe cmpsq; sete %0"
                     : "=r"(equal), "+D"(at), "+S"(from), "+c"(words) : : "memory", "cc");
    else
        asm volatile("cmpq %%rax, %%rax; repe scasq; sete %0"
                     : "=r"(equal), "+D"(at), "+c"(words) : "a"(0UL) : "memory", "cc");
    return equal;
}

/*
 * A scenario that names the pages it may change leaves the others alone. Whether it did is looked at
 * page by page before the page is anyone's again, and all over at the end; so that what is not
 * looked at each time was looked at in time.
 */
static void pristine(u64 page, const char *when)
{
    if (same(page, page_of_image(page), PAGE)) return;
    text("BENCH ABORTED a page that is not named was changed: ");
    hex("memory", page);
    text(" is not as it was, before ");
    text(when);
    text("\n");
    power_off();
}

static void all_pristine(const struct header *h)
{
    const struct range *ranges = (const struct range *)(BLOB + h->range_table);
    for (u32 i = 0; i < h->ranges; i++)
        for (u64 at = 0; at < ranges[i].size; at += PAGE) pristine(ranges[i].hpa + at, "the end");
    for (u32 i = 0; i < run_count; i++)
        for (u64 at = 0; at < runs[i].size; at += PAGE) pristine(runs[i].host + at, "the end");
}

/* The pages a scenario names, and those of its contents, one at a time; 0 behind the last. */
struct pages { const struct scenario *of; u64 next, last; };

static u64 next_page(struct pages *p)
{
    const struct scenario *s = p->of;
    const u64 *named = (const u64 *)(BLOB + s->page_table);
    const struct content *contents = (const struct content *)(BLOB + s->content_table);
    while (p->next < s->pages + s->contents) {
        u64 i = p->next++;
        u64 page = (i < s->pages ? named[i] : contents[i - s->pages].hpa) & ~(u64)(PAGE - 1);
        if (i >= s->pages) {
            u64 end = contents[i - s->pages].hpa + contents[i - s->pages].size;
            if (end > page + PAGE) fail("contents are of one page");
        }
        if (page != p->last) return p->last = page;             /* most follow one another */
    }
    return 0;
}

/* The scenarios of one blob; how many were executed. */
static u64 play(const struct header *h)
{
    const struct scenario *table = (const struct scenario *)(BLOB + h->scenario_table);
    u64 executed = 0, page;
    read_header(h);
    restore_all(h);
    for (u32 i = 0; i < h->scenarios; i++) {
        const struct scenario *s = &table[i];
        struct pages before = {s, 0, 0}, after = {s, 0, 0};
        if (s->list >= list_count) fail("no such EPTP list");
        while ((page = next_page(&before))) pristine(page, s->name);
        executed += (u64)run(s, lists[s->list]);
        if (s->flags & PAGES)
            while ((page = next_page(&after))) restore(page);
        else
            restore_all(h);
    }
    all_pristine(h);
    remove_all(h);
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
