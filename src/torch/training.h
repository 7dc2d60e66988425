/* training.h: what training.c, which follows what changes in place, and training_ops.c, which knows
 * operations and names, share.
 */
#ifndef MILC_TRAINING_H
#define MILC_TRAINING_H

#include "pt2.h"
#include "schema.h"

/* The tensors that share some memory. */
typedef struct Handle Handle;
typedef struct Memory {
	VEC(Handle *) view;
	bool changed;
	const char *owner; /* "input", "parameter": it cannot be changed; or 0 */
} Memory;
/* What the program calls one tensor: all names that in-place operations give it. */
struct Handle {
	const Str *now;     /* the value that holds its content */
	uint32_t last;      /* the node that reads it last, + 1; UINT32_MAX: the end */
	Memory *memory;
	const TNamed *buffer; /* whose it is */
};

typedef struct Training {
	Pt2 *p;
	Arena *arena;
	Map object;  /* Str -> Handle */
	Map last;    /* Str -> number of the node that reads it last, + 1 */
	Map twice;   /* TNode: its names are counted twice */
	Map renamed; /* Str -> Str, at the end */
	Map used;    /* names that are taken */
	Map count;   /* of names with a number, by what stands before it */
} Training;

/* ---- training_ops.c ---- */
/* "aten::add_.Tensor" -> "add" */
const char *training_base(Arena *a, const char *op);
void training_become(Training *t, TNode *n, const char *op);
/* Makes it what the decomposed program has in its place. True: it gives back its first operand,
 * which is called self in the file. */
bool training_rewrite(Training *t, TNode *n, const char *base, const Str *self);
bool training_is_one_of(const char *s, const char *const *list, size_t n);
/* Names as torch.fx gives them to what is left. */
void training_rename(Training *t, TNode **node, uint32_t n);
typedef void ArgVisit(Training *t, TArg *a, uint32_t at);
void training_visit(Training *t, TArg *a, uint32_t at, ArgVisit *fn);

#endif
