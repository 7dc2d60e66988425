/* diff.h: how two models differ: what a person would say that was done to the first to make the
 * second.
 *
 *	Diff d = diff_new(&c, names);
 *	diff_models(&d, a, b);
 *	diff_print(&d, &text);          or diff_json()
 *
 * Both models are specifications of one reading context, so that names and types of both are the
 * same pointers where they are equal.
 *
 * align.c: two sequences by their hashes, what stands in both, in order.
 *
 * program.c: functions. Operations are aligned by what they do, not by their names, so that one
 * that was put in is one difference; operands follow through what was put in.
 *
 * constants.c: constants, by the largest difference of their elements.
 *
 * fields.c: everything else, descriptions, metadata, layers, other kinds of models, field by field;
 * elements with a name or a key are matched by it, others aligned.
 *
 * Time grows with the size of the models and the number of differences, not with the product.
 */
#ifndef MILC_DIFF_H
#define MILC_DIFF_H

#include "model/io.h"

typedef enum ChangeKind { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_RENAMED, CHANGE_OTHER } ChangeKind;
typedef struct Change {
	ChangeKind kind;
	const char *place;          /* "function main, operation relu_3"; "" is the model itself */
	const char *what;           /* what of it: "operand y", "shape"; NULL: all of it */
	const char *before, *after; /* NULL: nothing was, or is, there */
	double most;                /* largest difference of elements; NaN: there is none */
} Change;

typedef struct Diff {
	ReadCtx *c;
	Arena *arena;
	const char *name[2]; /* of the models, for messages */
	VEC(Change) changes;
	bool failed; /* one could not be compared, which was reported */
} Diff;

void diff_init(Diff *d, ReadCtx *c, const char *a, const char *b);
/* False after reporting; what was found until then stands in d. */
bool diff_models(Diff *d, Model *a, Model *b);
/* What both computed from the same inputs. */
void diff_results(Diff *d, const NamedTensor *a, uint32_t na, const NamedTensor *b, uint32_t nb);
void diff_print(const Diff *d, Buf *out); /* nothing where there are no changes */
void diff_json(const Diff *d, Buf *out);

/* match[i]: the place in b of what stands at i in a, or -1. They go up. */
void diff_align(Arena *arena, const uint64_t *a, size_t na, const uint64_t *b, size_t nb,
                int64_t *match);

#endif
