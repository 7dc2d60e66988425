/* palette.h: what the ways to make tables share: palette.c has those of numbers, tables.c those of
 * vectors, of all that occurs, and of the user's function. */
#ifndef MILC_PALETTE_H
#define MILC_PALETTE_H

#include "blocks.h"

enum { MOST_ENTRIES = 256 };

/* The weight as (outer, groups, part, inner): where the elements of a group lie. */
typedef struct PaletteGroups {
	Arena *arena;
	const Tensor *w;
	const PalettePlan *plan;
	int64_t outer, inner, part; /* part: channels of a group */
	int bits;
	float *table; /* of UNIQUE: groups * MOST_ENTRIES * vector entries, as they are found */
	int *used;    /* entries of each group */
	Palette out;
} PaletteGroups;

/* A run of elements of one group. */
typedef struct GroupRun {
	int64_t at, n;
} GroupRun;

static inline GroupRun
group_run(const PaletteGroups *g, int64_t group, int64_t outer)
{
	int64_t n = g->part * g->inner;

	return (GroupRun){(outer * g->plan->groups + group) * n, n};
}

/* Makes out, whose tables are of type t. */
void palette_begin(PaletteGroups *g, int bits, DType t);
/* A block as floats, of whole numbers too. */
void palette_load(const Tensor *w, int64_t at, int64_t n, float *x);
int palette_order(const void *a, const void *b); /* of floats, for qsort() */

/* ---- tables.c: the table of one group and its indices ---- */
void palette_vectors(PaletteGroups *g, int64_t group);
/* All that occurs in each group, and g->bits; false: too much. */
bool palette_list(PaletteGroups *g);
void palette_unique(PaletteGroups *g, int64_t group);
PaletteEnd palette_custom(PaletteGroups *g, int64_t group, const char **why);

#endif
