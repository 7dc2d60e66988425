/* nameset.h: names that are taken. A set of interned strings, each with small marks; made for
 * programs of a million names, so one probe answers for all marks at once.
 */
#ifndef MILC_NAMESET_H
#define MILC_NAMESET_H

#include "pass.h"

typedef struct NameSet {
	Arena *arena;
	const Str **name; /* open addressing; power of two */
	uint8_t *mark;
	uint32_t nslot, n;
} NameSet;

void nameset_init(NameSet *s, Arena *a, uint32_t expected);
/* Adds the marks to the name and returns those it had before. */
uint8_t nameset_add(NameSet *s, const Str *name, uint8_t mark);
uint8_t nameset_get(const NameSet *s, const Str *name);
/* About how many names a function has. */
uint32_t nameset_guess(const Func *f);

#endif
