/* nameset.h: names that are taken. A set of strings of one interner, each with small marks, which
 * stand by the numbers of the strings: a program has millions of names, and they are met nearly in
 * the order in which they were made.
 */
#ifndef MILC_NAMESET_H
#define MILC_NAMESET_H

#include "base/base.h"

typedef struct NameSet {
	Arena *arena;
	uint8_t *mark; /* by id */
	uint32_t n;
} NameSet;

void nameset_init(NameSet *s, Arena *a, const Interner *names);
/* Adds the marks to the name and returns those it had before. */
uint8_t nameset_add(NameSet *s, const Str *name, uint8_t mark);
void nameset_clear(NameSet *s);
static inline uint8_t
nameset_get(const NameSet *s, const Str *name)
{
	return name->id < s->n ? s->mark[name->id] : 0;
}

#endif
