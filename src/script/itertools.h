/* itertools.h: the builtins that give iterators (itertools.c). */
#ifndef MILC_ITERTOOLS_H
#define MILC_ITERTOOLS_H

#include "value.h"

BuiltinFn builtin_enumerate, builtin_zip, builtin_map, builtin_filter, builtin_reversed,
    builtin_iter, builtin_next;

#endif
