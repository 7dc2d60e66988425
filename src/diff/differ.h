/* differ.h: what the files of this room share. */
#ifndef MILC_DIFFER_H
#define MILC_DIFFER_H

#include "diff.h"

/* ---- report.c ---- */
void change_add(Diff *d, Change c);
/* "outer, kind name". */
const char *place_in(Diff *d, const char *outer, const char *kind, const char *name);

/* ---- fields.c ---- */
/* All fields but those in `skip` (NULL ends it). */
void diff_fields(Diff *d, const char *place, const Msg *a, const Msg *b, const char *const *skip);
/* Elements of two lists that were aligned by their hashes: pairs, what stands where others did
 * taken as pairs, too; the rest has no other (-1). */
typedef struct Lists {
	void *ctx;
	void (*pair)(void *ctx, int64_t i, int64_t j);
} Lists;
void diff_lists(Diff *d, const Msg *a, const Msg *b, const char *field, const Lists *to);

/* ---- program.c ---- */
void diff_programs(Diff *d, const char *place, const Program *a, const Program *b);

/* ---- constants.c ---- */
/* Two values of one place in a program. */
void diff_values(Diff *d, const char *place, const char *what, const Type *ta, const Tensor *a,
                 const Type *tb, const Tensor *b);
/* "largest difference 0.5 at 3, 7 of 12 elements"; *most is that difference. */
const char *elements_text(Diff *d, const Tensor *a, const Tensor *b, double *most);

#endif
