/*
 * A decoder as a filter, so that the test compares ours with somebody else's.
 *
 * In:  batches of a 32-bit count, then that many records of 16 bytes: the mode (64, 32, 16), 15 code bytes.
 * Out: for each record 32 bytes: the instruction's length (0: not an instruction), then its name, zero-padded.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct record { uint8_t mode, code[15]; };
struct answer { uint8_t length; char name[31]; };

static void decode(const struct record *record, struct answer *answer);

static int serve(void)
{
	uint32_t count;
	while (fread(&count, sizeof count, 1, stdin) == 1) {
		struct record *records = calloc(count, sizeof *records);
		struct answer *answers = calloc(count, sizeof *answers);
		if (!records || !answers || fread(records, sizeof *records, count, stdin) != count)
			return 1;
		for (uint32_t i = 0; i < count; i++)
			decode(&records[i], &answers[i]);
		if (fwrite(answers, sizeof *answers, count, stdout) != count || fflush(stdout))
			return 1;
		free(records);
		free(answers);
	}
	return 0;
}
