/* strsplit.h: the methods of strings that take them apart and join them (strsplit.c). */
#ifndef MILC_STRSPLIT_H
#define MILC_STRSPLIT_H

#include "value.h"

/* strsplit_split, strsplit_partition: with 1 from the right */
BuiltinFn strsplit_split, strsplit_splitlines, strsplit_partition, strsplit_join;

#endif
