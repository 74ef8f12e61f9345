#!/bin/sh
# Builds the objects of this directory, with a C compiler, as and ld:
#
#     ./build.sh [DIRECTORY [COMPILER [LEVEL]]]         here, gcc and O2 where not said
#
# Options as in ../vhost-tx-c/build.sh; each function in a section of its own, and whole.
set -eu
here=$(cd -P -- "$(dirname -- "$0")" && pwd)
out=${1:-$here}
out=$(cd -P -- "$out" && pwd)
compiler=${2:-gcc}
level=${3:-O2}
cd "$here"

flags='-std=gnu11 -Wall -Wextra -Werror -ffreestanding -fno-builtin -fno-pic -fno-common
  -mcmodel=large -mgeneral-regs-only -mno-red-zone -fno-stack-protector -fcf-protection=none
  -fno-asynchronous-unwind-tables -fno-jump-tables -fno-strict-aliasing -fno-ident
  -ffunction-sections -gdwarf-5 -ffile-prefix-map='$here=.

as -o "$out/gate.o" gate.S
# shellcheck disable=SC2086
"$compiler" $flags "-$level" -c -o "$out/functions.o" functions.c
# shellcheck disable=SC2086
"$compiler" $flags "-$level" -DBUG -c -o "$out/functions-bug.o" functions.c
