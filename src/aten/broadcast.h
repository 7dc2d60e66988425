/* broadcast.h: sizes as values of the program, and what has one shape made to have another one, for
 * the families that move elements about.
 */
#ifndef MILC_ATEN_BROADCAST_H
#define MILC_ATEN_BROADCAST_H

#include "aten.h"

/* Element i of a vector, as a number. name 0: automatic. */
Var *value_at(AtenCtx *c, Var *vector, int64_t i, const Str *name);
/* A vector of numbers (those of rank 0, or vectors one behind the other). */
Var *concat_numbers(AtenCtx *c, Var *const *v, uint32_t n);
Var *range_to(AtenCtx *c, Var *end); /* the vector 0, 1 … end - 1 */
/* The n numbers of a dimension list as a vector: those that are symbols are taken from the shape of
 * one of the tensors that has them. */
Var *size_vector(AtenCtx *c, const Dim *d, uint32_t n, Var *const *from, uint32_t nfrom);

/* x with dimensions of 1 in front, so that it has as many as a vector of sizes has elements, or
 * more; 0 after reporting that nobody knows how many these are. */
Var *with_rank_of(AtenCtx *c, Var *x, const Var *shape);
/* x repeated to a shape, a vector in which -1 keeps a size. */
Var *broadcast_to(AtenCtx *c, Var *x, Var *shape, const Str *name);
/* All of them get the shape that they broadcast to; in place. */
void broadcast_all(AtenCtx *c, Var **v, uint32_t n);
/* gather along an axis, or gather_nd, also of bool elements. */
Var *gather_any(AtenCtx *c, Opcode op, Var *x, Var *indices, int64_t axis, const Str *name);

/* Arrays of one number for each dimension of x, in the arena. */
int64_t *per_dim(AtenCtx *c, uint32_t n, int64_t all);
int64_t *count_from(AtenCtx *c, int64_t first, uint32_t n); /* first, first + 1 … */
bool *flag_per_dim(AtenCtx *c, uint32_t n, bool all);
/* Orders of dimensions: n of them in front of all others, and the one that undoes another. */
int64_t *axes_in_front(AtenCtx *c, uint32_t rank, const int64_t *front, uint32_t n);
int64_t *order_back(AtenCtx *c, const int64_t *perm, uint32_t rank);

#endif
