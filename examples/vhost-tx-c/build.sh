#!/bin/sh
# Builds the objects of this directory, with Debian's gcc, clang, as and ld:
#
#     ./build.sh [DIRECTORY]
#
# Integer registers only, no red zone and no stack protector, as for a kernel; no jump tables; no
# calls into a library that is not there. -g is for the C lines in findings: sections of debug
# information take no part in what is mapped.
set -eu
here=$(cd -P -- "$(dirname -- "$0")" && pwd)
out=${1:-$here}
out=$(cd -P -- "$out" && pwd)
cd "$here"

flags='-std=gnu11 -Wall -Wextra -Werror -ffreestanding -fno-builtin -fno-pic -fno-common
  -mcmodel=large -mgeneral-regs-only -mno-red-zone -fno-stack-protector -fcf-protection=none
  -fno-asynchronous-unwind-tables -fno-jump-tables -fno-strict-aliasing -fno-ident
  -gdwarf-5 -ffile-prefix-map='$here=.

# object NAME COMPILER OPTION... : vhost_tx.c behind its gate; bug is set or empty
bug=
object() {
  name=$1
  compiler=$2
  shift 2
  # shellcheck disable=SC2086
  "$compiler" $flags "$@" ${bug:+-DBUG_$bug} -c -o "$out/$name.c.o" vhost_tx.c
  as ${bug:+--defsym BUG_$bug=1} -o "$out/$name.gate.o" gate.S
  ld -r -o "$out/$name.o" "$out/$name.gate.o" "$out/$name.c.o"
  rm -f "$out/$name.c.o" "$out/$name.gate.o"
}

for level in O1 O2 Os O3; do
  object "gcc-$level" gcc "-$level"
  object "clang-$level" clang "-$level"
done
sed -n 's|.*BUG_\([A-Z][A-Z_]*\).*|\1|p' vhost_tx.c gate.S | sort -u | while read -r bug; do
  object "bug-$(printf %s "$bug" | tr A-Z_ a-z-)" gcc -O2
done
