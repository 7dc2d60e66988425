/* natives.h: modules in C below those that are written in the script's own language. Their names
 * start with `_`, and only the modules around them know how they are called: what a script asked
 * for has been looked at there, so that functions here refuse what can only be a mistake with one
 * message (natives_wrong).
 */
#ifndef MILC_NATIVES_H
#define MILC_NATIVES_H

#include "script/core.h"
#include "stdlib.h"

/* Reports that the arguments are not those that such a function takes; false. */
bool natives_wrong(const Args *args);
static inline bool
is_text(Value v) /* str or bytes */
{
	return v.kind == V_STR || v.kind == V_BYTES;
}
/* A host object with `size` cleared bytes as its data, which is returned; 0: reported. And the data
 * of v if that is one of that type, else 0. */
void *natives_object(Interp *in, const HostType *type, size_t size, Value *out);
void *natives_data(Value v, const HostType *type);

#endif
