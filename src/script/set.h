/* set.h: the table of a set (set.c), for its operators and methods (setops.c). */
#ifndef MILC_SET_H
#define MILC_SET_H

#include "value.h"

#define SET_GONE 0x80000000u /* in a slot whose item was taken out; the rest is its entry */

/* A new table for more than `want` items. */
bool set_resize(Interp *in, DictObj *s, uint64_t want);
bool set_add_entry(Interp *in, DictObj *s, Value key, uint64_t hash);
/* False: failed; *found tells whether it was there. */
bool set_drop_entry(Interp *in, DictObj *s, Value key, uint64_t hash, bool *found);

#endif
