/* palette.h: what the ways to make tables share: palette.c has those of numbers, tables.c those of
 * vectors, of all that occurs, and of the user's function. */
#ifndef MILC_PALETTE_H
#define MILC_PALETTE_H

#include "blocks.h"

enum { MOST_ENTRIES = 256 };

/* The weight as (outer, groups, part, inner): where the elements of a group lie. */
typedef struct Groups {
	Arena *arena;
	const Tensor *w;
	const PalettePlan *plan;
	int64_t outer, inner, part; /* part: channels of a group */
	int bits;
	float *table; /* of UNIQUE: groups * MOST_ENTRIES * vector entries, as they are found */
	int *used;    /* entries of each group */
	Palette out;
} Groups;

/* A run of elements of one group. */
typedef struct GroupRun {
	int64_t at, n;
} GroupRun;

static inline GroupRun
group_run(const Groups *g, int64_t group, int64_t outer)
{
	int64_t n = g->part * g->inner;

	return (GroupRun){(outer * g->plan->groups + group) * n, n};
}

/* Makes out, whose tables are of type t. */
void palette_begin(Groups *g, int bits, DType t);
/* A block as floats, of whole numbers too. */
void palette_load(const Tensor *w, int64_t at, int64_t n, float *x);
int palette_order(const void *a, const void *b); /* of floats, for qsort() */

/* ---- tables.c: the table of one group and its indices ---- */
void palette_vectors(Groups *g, int64_t group);
bool palette_list(Groups *g); /* all that occurs in each group, and g->bits; false: too much */
void palette_unique(Groups *g, int64_t group);
PaletteEnd palette_custom(Groups *g, int64_t group, const char **why);

#endif
