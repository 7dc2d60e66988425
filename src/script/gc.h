/* gc.h: what the collector must know of objects whose layout belongs to the values' files. V_FUNC
 * objects are the interpreter's own; all others are here.
 */
#ifndef MILC_GC_H
#define MILC_GC_H

#include "value.h"

/* Frees what o owns beside itself (SeqObj.at, DictObj.entry, an array's buffer); not o. */
void value_free_parts(Obj *o);
/* interp_mark() for each Value that o holds. */
void value_mark_parts(Interp *in, Obj *o);

#endif
