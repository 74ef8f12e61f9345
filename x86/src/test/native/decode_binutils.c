/* GNU objdump's decoder, libopcodes (Debian: binutils-dev), as the oracle. */
#define PACKAGE "postern"
#define PACKAGE_VERSION "1"
#include <stdarg.h>
#include <dis-asm.h>
#include "decode_oracle.h"

static char text[512];
static size_t used;

static int append(const char *format, va_list arguments)
{
	int n = vsnprintf(text + used, sizeof text - used, format, arguments);
	if (n > 0 && (used += (size_t)n) >= sizeof text)
		used = sizeof text - 1;
	return n;
}

static int print(void *stream, const char *format, ...)
{
	va_list arguments;
	(void)stream;
	va_start(arguments, format);
	int n = append(format, arguments);
	va_end(arguments);
	return n;
}

static int print_styled(void *stream, enum disassembler_style style, const char *format, ...)
{
	va_list arguments;
	(void)stream, (void)style;
	va_start(arguments, format);
	int n = append(format, arguments);
	va_end(arguments);
	return n;
}

static int ended;

static void memory_error(int status, bfd_vma address, struct disassemble_info *info)
{
	(void)status, (void)address, (void)info;
	ended = 1;
}

static void print_address(bfd_vma address, struct disassemble_info *info)
{
	info->fprintf_func(info->stream, "0x%llx", (unsigned long long)address);
}

static int prefix(const char *word, size_t n)
{
	static const char *const prefixes[] = {
		"lock", "rep", "repz", "repnz", "data16", "data32", "addr16", "addr32", "es", "cs", "ss", "ds", "fs", "gs",
		"bnd", "notrack", "xacquire", "xrelease", NULL,
	};
	if (n >= 3 && !strncmp(word, "rex", 3))
		return 1;
	for (int i = 0; prefixes[i]; i++)
		if (strlen(prefixes[i]) == n && !strncmp(word, prefixes[i], n))
			return 1;
	return 0;
}

static void decode(const struct record *record, struct answer *answer)
{
	struct disassemble_info info;

	init_disassemble_info(&info, NULL, print, print_styled);
	info.arch = bfd_arch_i386;
	info.mach = bfd_mach_x86_64;
	info.disassembler_options = record->mode == 64 ? "x86-64,intel" : record->mode == 32 ? "i386,intel" : "i8086,intel";
	info.buffer = (bfd_byte *)record->code;
	info.buffer_length = sizeof record->code;
	info.memory_error_func = memory_error;
	info.print_address_func = print_address;
	disassemble_init_for_target(&info);
	used = ended = 0;
	text[0] = 0;
	int length = disassembler(bfd_arch_i386, 0, info.mach, NULL)(0, &info);
	if (length <= 0 || ended || strstr(text, "(bad)"))
		return;
	answer->length = (uint8_t)length;
	/* The first word that is not a prefix; prefixes alone are reported as such. */
	const char *word = text;
	for (;;) {
		while (*word == ' ')
			word++;
		size_t n = strcspn(word, " ,");
		if (!*word || !prefix(word, n)) {
			if (n >= sizeof answer->name)
				n = sizeof answer->name - 1;
			memcpy(answer->name, word, n);
			break;
		}
		word += n;
	}
	if (strstr(text, "FWORD PTR") && (!strcmp(answer->name, "call") || !strcmp(answer->name, "jmp")))
		strcat(answer->name, " far");
}

int main(void)
{
	return serve();
}
