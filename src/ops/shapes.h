/* shapes.h: what type rules share, those of shape-changing ops above all: checks of ranks, axes and
 * lists that report in one wording, and int operands of which only some elements are known.
 */
#ifndef MILC_SHAPES_H
#define MILC_SHAPES_H

#include "ir/build.h"

/* Elements of the int value v, each a number (of any sign) or a symbol; NULL when nothing is known
 * of them. Their number is v->type->count. */
const Dim *values_of(Infer *c, const Var *v);
const Dim *values_arg(Infer *c, const char *param);
bool values_known(const Dim *e, int64_t n); /* all are numbers */
/* The value of output i, whose int type is set: a constant, or one with symbols. */
void set_values(Infer *c, uint32_t i, const Dim *e);
const char *shape_of(Infer *c, const Type *t); /* as text */

const Type *type_known(const Infer *c, const char *param); /* die if absent */
/* The type of a result; true, as a rule ends with it. set_like: the operand's own type. */
bool set_shape(Infer *c, uint32_t i, DType d, const Dim *dim, uint32_t rank);
bool set_like(Infer *c, uint32_t i, const char *param);
Dim *dims_copy(Infer *c, const Type *t, uint32_t extra); /* room for `extra` more */
Dim dims_product(Infer *c, const Dim *d, uint32_t n);
Dim dim_fresh(Infer *c);
/* Stands for any number of dimensions: the whole shape of a value of unknown rank. Its name begins
 * with a star. */
Dim dim_variadic(Infer *c);
/* Equal up to symbols. */
bool dims_agree(const Dim *a, uint32_t na, const Dim *b, uint32_t nb);

/* The operand has a rank in [min, max] (max < 0: any above). */
bool rank_between(Infer *c, const char *param, int min, int max);
bool number_arg(Infer *c, const char *param); /* one number, of rank 0, if it is there */
bool known_arg(Infer *c, const char *param, const Tensor **t); /* an error when it is computed */
bool int_arg(Infer *c, const char *param, int64_t *v);          /* both */
bool size_arg(Infer *c, const char *param, int64_t *v);         /* … and 1 or more */
/* The known int operand `param` as an axis of a value of the given rank, negative ones counted from
 * the end. */
bool axis_arg(Infer *c, const char *param, uint32_t rank, uint32_t *axis);
/* A known list of ints: *n elements, or an error when it must have `want` (want < 0: any). One
 * number is no list: lists have rank 1, here and in Core ML. ints_any: of any rank. */
bool ints_arg(Infer *c, const char *param, int64_t want, const int64_t **v, int64_t *n);
bool ints_any(Infer *c, const char *param, int64_t want, const int64_t **v, int64_t *n);
/* The known string operand is one of the words (one string, separated by spaces). */
bool word_arg(Infer *c, const char *param, const char *words);
bool word_arg_any_case(Infer *c, const char *param, const char *words);

/* The operand, if given, has exactly one element. */
bool rule_scalar(Infer *c, const char *param);
/* a and b broadcast together, with element type d; 0 after reporting. */
const Type *rule_broadcast_type(Infer *c, const char *a, const char *b, DType d);

/* Bits that are set in the bytes of its elements, which are a byte each. */
int64_t set_bits(const Tensor *t);

/* Prototypes of all rules, so that each definition is checked against the table. */
#include "oprules.h"

#endif
