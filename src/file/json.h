/* json.h: objects of jansson that the guard of a call releases should it not come to its end. */
#ifndef MILC_JSON_H
#define MILC_JSON_H

#include <jansson.h>

#include "base/base.h"

static inline void
json_end(void *j)
{
	json_decref(j);
}

/* j, until json_drop() in the same file; without j there was no memory for it. */
static inline json_t *
json_held(json_t *j)
{
	if (!j)
		milc_nomem();
	guard_hold(json_end, j);
	return j;
}

static inline void
json_drop(json_t *j)
{
	guard_drop_last(json_end, j);
	json_decref(j);
}

#endif
