/* Zydis (Debian: libzydis-dev) as the oracle. */
#include <Zydis/Zydis.h>
#include "decode_oracle.h"

static ZydisDecoder decoders[3];

static void decode(const struct record *record, struct answer *answer)
{
	const ZydisDecoder *decoder = &decoders[record->mode == 64 ? 0 : record->mode == 32 ? 1 : 2];
	ZydisDecodedInstruction instruction;

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(decoder, ZYAN_NULL, record->code, sizeof record->code, &instruction)))
		return;
	answer->length = instruction.length;
	strncpy(answer->name, ZydisMnemonicGetString(instruction.mnemonic), sizeof answer->name - 1);
}

int main(void)
{
	ZydisDecoderInit(&decoders[0], ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	ZydisDecoderInit(&decoders[1], ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
	ZydisDecoderInit(&decoders[2], ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16);
	return serve();
}
