/*
 * Small functions of the kind that code in a protected view contains. Each is a program of its own:
 * the gate calls it with what the caller has in RDI, RSI and RDX. With BUG each has one error; the
 * comment there says which rule finds it, and what it is. README.md tells how it is built.
 */
#include "functions.h"

#include "ring.c"
#include "copies.c"
#include "checksums.c"
#include "headers.c"
#include "tables.c"
#include "lists.c"
