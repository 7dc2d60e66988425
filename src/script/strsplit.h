/* strsplit.h: the methods of strings that take them apart and join them (strsplit.c). */
#ifndef MILC_STRSPLIT_H
#define MILC_STRSPLIT_H

#include "value.h"

BuiltinFn strsplit_split, strsplit_rsplit, strsplit_splitlines, strsplit_partition,
    strsplit_rpartition, strsplit_join;

#endif
