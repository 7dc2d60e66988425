/* match.h: how passes find their patterns and build what replaces them.
 *
 * A pass that looks for small patterns is a RewriteFn for the instruction they start (or end) with;
 * the functions below offer it all of those. "Children" of a value are the operand slots that hold
 * it, an instruction that takes it twice counting twice; outputs of blocks are none.
 */
#ifndef MILC_MATCH_H
#define MILC_MATCH_H

#include "rewrite.h"

/* Offers the instructions with one of the opcodes (a list that ends with OP_none), in program order
 * and those of nested blocks first; what fn removes is not offered, what it builds only in the
 * next round. `rounds` goes on until a round changes nothing (an error if it never does), `once` is
 * one round; `top` leaves out nested blocks. */
void rewrite_rounds(PassCtx *c, const Opcode *ops, RewriteFn *fn);
void rewrite_once(PassCtx *c, const Opcode *ops, RewriteFn *fn);
void rewrite_top(PassCtx *c, const Opcode *ops, RewriteFn *fn);
#define OPS(...) ((const Opcode[]){__VA_ARGS__, OP_none})

/* ---- values ---- */
bool var_leaves_block(const Var *v); /* an output of the block that makes it */
uint32_t var_nchild(const Var *v, uint32_t limit); /* stops counting at limit */
Inst *var_only_child(const Var *v);  /* there is exactly one child: that, else 0 */
/* … of a one-output i, with that opcode, else 0 */
Inst *inst_only_child(const Inst *i, Opcode op);
/* The only child of a one-output i with that opcode, when i's result does not leave its block: the
 * next instruction of a pattern. 0 otherwise, and for i 0. */
Inst *inst_follow(const Inst *i, Opcode op);
/* … a binary operation on i's result and a single number within 1e-3 of x. */
Inst *inst_follow_number(const Inst *i, Opcode op, double x);
/* The last instruction of i's result * x * 0.5, or 0: (i * 0.5) * x, i * (x * 0.5) or, where that
 * is `late`, (i * x) * 0.5. *half is the other multiplication. */
Inst *inst_follow_half(const Inst *i, const Var *x, bool late, Inst **half);
/* The children in program order; false if there are not exactly n. */
bool var_children(const Var *v, Inst **child, uint32_t n);
bool var_is_float(const Var *v);
bool var_has_rank(const Var *v, uint32_t rank);
bool shape_is_known(const Var *v);
/* The value is a single number within tol of x. */
bool val_is_near(const Var *v, double x, double tol);
bool val_all_equal(const Tensor *t, double x);
/* Of a binary operation: the operand that is not v. */
Var *other_operand(const Inst *i, const Var *v);
/* Some operation of it has blocks (`live`: and results that are used). */
bool func_has_nested(const Func *f, bool live);
/* Elements of a known int vector or scalar, at most max; -1 if not known or longer. */
int val_ints(const Var *v, int64_t *out, int max);
bool val_ints_are(const Var *v, const int64_t *want, int n);
/* The axis counted from 0. */
static inline int64_t
axis_from_front(int64_t axis, uint32_t rank)
{
	return axis < 0 ? axis + (int64_t)rank : axis;
}

/* ---- replacing ---- */
/* Weights that are decompressed at run time (constexpr ops) must not fall out of the program: by
 * may stand for old only if it is made of all of those that old is made of. */
bool var_keeps_weights(PassCtx *c, const Var *old, const Var *by);
/* The end of a pattern becomes one operation, built where it stands and with its result's name, or
 * with another one. */
bool pass_fuse(PassCtx *c, Inst *end, Opcode op, const Operand *arg, uint32_t narg,
               Inst *const *gone, uint32_t ngone);
bool pass_fuse_as(PassCtx *c, Inst *end, const Str *name, Opcode op, const Operand *arg,
                  uint32_t narg, Inst *const *gone, uint32_t ngone);
/* The end of a pattern goes into i, which is built again with some operands changed. */
bool pass_absorb(PassCtx *c, Inst *i, Inst *end, const Operand *over, uint32_t nover,
                 Inst *const *gone, uint32_t ngone);
bool pass_absorb_as(PassCtx *c, Inst *i, Inst *end, const Str *name, const Operand *over,
                    uint32_t nover, Inst *const *gone, uint32_t ngone);
/* op(x=x, param=[…]) of n numbers; name 0: a new one. */
Var *build_ints(PassCtx *c, Builder *b, Opcode op, const Str *name, Var *x, const char *param,
                const int64_t *v, int n);
/* i with some operands changed (an A_VAR operand 0 leaves it out), built where b stands. */
Var *rewrite_again(Builder *b, const Inst *i, const Str *name, const Operand *over, uint32_t nover);
/* A builder as pass_builder_before, with the span of `at`. */
Builder builder_at(PassCtx *c, Inst *before, const Inst *at);
/* A name for an intermediate result, of no other value: "linear_new_0". */
const Str *name_new(PassCtx *c, const char *stem);
Tensor *ints_tensor(PassCtx *c, const int64_t *v, int n); /* int32; 0 when one does not fit */
#define STRP(c, n, s)                                                                              \
	TENSOR(n, tensor_scalar_str((c)->prog->arena, intern_cstr((c)->prog->names, (s))))
#define BOOLP(c, n, v) TENSOR(n, tensor_scalar_bool((c)->prog->arena, (v)))
#define INTSC(c, n, v, k) TENSOR(n, ints_tensor((c), (v), (k)))

#endif
