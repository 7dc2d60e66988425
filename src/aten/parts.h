/* parts.h: what the handlers of arithmetic share beyond aten.h. */
#ifndef MILC_ATEN_PARTS_H
#define MILC_ATEN_PARTS_H

#include "broadcast.h"

/* An operation in the middle of a handler, with the node's name and an ending: one that has a name
 * leaves the counters of automatic names alone, and outputs may depend on those. */
#define PART_NAME(ending) name_with(c, c->node->name, ending)
#define PART(op, ending, ...) aten_op(c, OP_##op, PART_NAME(ending), ARGS(__VA_ARGS__))
/* One operation for one. */
#define UNARY(handler, op)                                                                         \
	HANDLER(handler) { RESULT(NAMED(op, X(operand_n(c, 0)))); }
/* The node is this operation, in place or not. */
bool node_is(const AtenCtx *c, const char *key);
/* A number for a float parameter: as fp32 where it is known, whole ones too. */
Var *float_var(AtenCtx *c, const char *name);
#define AXES(p, n) INTS_OR_NONE("axes", p, n) /* p 0: absent */

/* The mean of squares about the mean (reduce.c). axis 0: of all elements; correction < 0: none. */
typedef struct Variance {
	const int64_t *axis;
	uint32_t naxis;
	bool keep_dims, corrected, unbiased;
	double correction;
} Variance;
Var *variance(AtenCtx *c, Var *x, const Variance *v);

#endif
