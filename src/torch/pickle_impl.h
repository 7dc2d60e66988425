/* pickle_impl.h: what pickle.c, the machine, and pickle_call.c, the functions that it knows,
 * share. */
#ifndef MILC_PICKLE_IMPL_H
#define MILC_PICKLE_IMPL_H

#include "pickle.h"

typedef struct Unpickler {
	Archive *ar;
	Interner *names;
	Span place;           /* the member */
	const char *storages; /* "data/" */
	const char *s;
	size_t n, next, at;   /* at: where the operation at hand begins */
	VEC(PValue *) stack;
	Map memo;             /* number -> PValue */
	Map storage;          /* Str of a member -> PValue */
} Unpickler;

bool unpickle_fail(Unpickler *u, const char *what); /* false, reported with the byte */
PValue *pvalue_new(Unpickler *u, PKind kind);
PValue *pvalue_list(Unpickler *u, PKind kind, PValue *const *item, uint32_t n);
/* The result of a function; the storage that a persistent id stands for. 0 after reporting. */
PValue *unpickle_call(Unpickler *u, const Str *f, PValue *args);
PValue *unpickle_storage(Unpickler *u, const PValue *id);

#endif
