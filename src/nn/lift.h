/* lift.h: lifting the layers of a NeuralNetwork to the SSA form, with the rows of layers.def.
 *
 * Blobs are variables, so a map from names to Vars says what each holds now; a branch or a loop
 * yields the blobs that it may have written. Numbers of a NeuralNetwork are floats, and no blob has
 * rank 0: what an op cannot take as it is gets cast, a scalar result becomes a vector of one.
 *
 * All counts, names and nesting come from a stranger's file. An op that the layer asks for is built
 * by build_op, which checks what remains; a note then says which layer it was.
 */
#ifndef MILC_NN_LIFT_H
#define MILC_NN_LIFT_H

#include "ir/build.h"
#include "model/io.h"
#include "layers.h"

typedef struct Env { /* blobs of one network, inside those of another */
	Map vars; /* interned name -> Var */
	const struct Env *outer;
} Env;
struct Lift {
	ReadCtx *c;
	Model *m;
	Arena *arena;
	Builder *b;
	Env *env;
	Map *taken;        /* names of values so far, and those of the outputs */
	const Msg *layer;  /* the one at hand, or 0 */
	const Msg *params; /* its parameters, those inside for "activation.ReLU" */
	const char *kind;  /* "activation.ReLU" */
	uint32_t fresh;    /* values with this id or a higher one were made for it */
	int depth;
	bool channels_first; /* blobs are [C, H, W], as in the first versions: see interface.c */
	uint32_t count;    /* layers lifted, also those inside a loop that are built again */
};

/* m->prog of a BODY_NETWORK. False after reporting. */
bool read_network(ReadCtx *c, Model *m);

bool lift_fail(Lift *l, const char *fmt, ...) PRINTF(2, 3);  /* false */
void *lift_none(Lift *l, const char *fmt, ...) PRINTF(2, 3); /* … and NULL */
bool lift_binary(Lift *l); /* of the BINARY rows */
bool lift_network(Lift *l, const Msg *net);
/* Parameters as the layer has them. */
size_t lift_ninput(const Lift *l);
size_t lift_noutput(const Lift *l);
int64_t lift_number(const Lift *l, const char *field); /* an integer, a truth value */
const char *lift_word(Lift *l, const char *field); /* an enum as a word; 0 after reporting */
const Tensor *lift_ints(Lift *l, const char *field);  /* repeated integers as an int32 vector */
const Tensor *lift_int(Lift *l, const char *field);   /* one integer as an int32 scalar */
const Tensor *lift_float(Lift *l, const char *field); /* fp32 */
const Tensor *lift_bools(Lift *l, const char *field);
/* Weights: floats, halves, or quantized codes; NULL after reporting. There must be as many as the
 * shape has elements. */
const Tensor *lift_weights(Lift *l, const Msg *m, const char *field, const int64_t *dim, int rank);
/* … whose codes have a scale for each index of that axis, where they have several. */
const Tensor *lift_weights_by(Lift *l, const Msg *m, const char *field, const int64_t *dim,
                              int rank, int axis);
size_t lift_nweights(const Msg *m, const char *field); /* how many stand there */

/* Blobs. */
Var *lift_input(Lift *l, size_t i);             /* 0 after reporting */
Var *lift_find(const Lift *l, const Str *name); /* 0 if there is none */
void lift_bind(Lift *l, const Str *name, Var *v);
void lift_new(Lift *l, const Str *name, Var *v); /* binds, and names it so as far as that is free */
bool lift_output(Lift *l, size_t i, Var *v); /* names and binds; v may be 0: false */
bool lift_outputs(Lift *l, Var *const *v, uint32_t n);
bool lift_result(Lift *l, Var *v);           /* the only one */
bool lift_to(Lift *l, Opcode op, const Operand *arg, uint32_t n); /* … of lift_op() */
/* All inputs, at least one, as elements of a list; 0 after reporting. */
Operand *lift_items(Lift *l);

/* Ops; 0 after reporting, and 0 when an operand is 0. Var operands are cast to what the parameter
 * takes, operands of one group to one type, plain values with them. */
Var *lift_op(Lift *l, Opcode op, const Operand *arg, uint32_t n);
bool lift_ops(Lift *l, Opcode op, const Operand *arg, uint32_t n, Var ***outs, uint32_t *nout);
Var *lift_as(Lift *l, Var *v, DType t); /* cast unless it is of that type */
Var *lift_float_var(Lift *l, Var *v);   /* fp32 */
Var *lift_const(Lift *l, const Tensor *t);
Var *lift_binary_op(Lift *l, Opcode op, Var *x, Var *y); /* integers only if both are */
/* {top, bottom, left, right} of a BorderAmounts field of m; zeros if it is not set. */
bool lift_borders(Lift *l, const Msg *m, const char *field, int64_t edge[4]);
/* Images without a batch get one for the time of an op that wants one; as x, the first operand. */
bool lift_to_image(Lift *l, Opcode op, const Operand *arg, uint32_t n);
Var *lift_with_batch(Lift *l, Var *x, bool *added);
Var *lift_without_batch(Lift *l, Var *y, bool added);
Var *lift_joined(Lift *l, const Operand *part, uint32_t n, int64_t axis);
Var *lift_shape_of(Lift *l, Var *v);
Var *lift_scalar(Lift *l, Var *v, const char *what); /* of one element, as rank 0 */
Var *lift_squeezed(Lift *l, Var *v, const int64_t *axes, size_t n);
Var *lift_expanded(Lift *l, Var *v, const int64_t *axes, size_t n);
/* The layer at hand by its LAYER row; `in`, if given, are its inputs. */
bool lift_by_row(Lift *l, Var *const *in);
/* Adds the operands that a row has as fields. */
bool lift_fields(Lift *l, const LayerDef *row, Operand *arg, uint32_t *n);
/* Ops of x alone, and of x and y. */
Var *lift_x(Lift *l, Opcode op, Var *x);
Var *lift_xy(Lift *l, Opcode op, Var *x, Var *y);
Var *lift_xt(Lift *l, Opcode op, Var *x, const Tensor *y);
const Tensor *lift_one(Lift *l, double v); /* fp32 */
bool lift_rank(Lift *l, const Var *v, uint32_t low, uint32_t high); /* of input 0; reports */
const Tensor *lift_int32(Lift *l, int64_t v);                /* a number */
const Tensor *lift_vec(Lift *l, const int64_t *v, size_t n); /* int32 vector */
#define OPSTR(l, name, s) STRC((l)->b, name, s)
#define OPINT(l, name, v) TENSOR(name, lift_int32(l, v))
#define OPBOOL(l, name, v) BOOLC((l)->b, name, v)

#define LIFT(name, min, max, outputs, fn) bool fn(Lift *);
#include "layers.def"

#endif
