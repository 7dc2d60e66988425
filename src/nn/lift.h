/* lift.h: lifting the layers of a NeuralNetwork to the SSA form.
 *
 * Most layers are read with the rows that write them (emit/nn.def); the others have a row here, in
 * liftings.def:
 *
 *	LIFT("layer", fn, min, max, outputs)   bool fn(Lift *), for `min` to `max` inputs (MANY: no
 *	                                       limit) and so many outputs (MANY: one or more; 0:
 *	                                       whatever stands there is not looked at)
 *
 * Blobs are variables, so a map from names to Vars says what each holds now; a branch or a loop
 * yields the blobs that it may have written. Numbers of a NeuralNetwork are floats, and no blob has
 * rank 0: what an op cannot take as it is gets cast, a scalar result becomes a vector of one.
 *
 * All counts, names and nesting come from a stranger's file. An op that the layer asks for is built
 * by build_op, which checks what remains; a note then says which layer it was.
 */
#ifndef MILC_READ_NN_H
#define MILC_READ_NN_H

#include "ir/build.h"
#include "pb/msg.h"
#define msg_float_array(m, f) ((const float *)msg_array(m, f))
#include "model/io.h"
#include "layers.h"

enum { MANY = 1 << 16 };

typedef struct Env { /* blobs of one network, inside those of another */
	Map vars; /* interned name -> Var */
	const struct Env *outer;
} Env;
typedef struct Lift {
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
	bool channels_first; /* blobs are [C, H, W], as in the first versions: see nn_interface.c */
	uint32_t count;    /* layers lifted, also those inside a loop that are built again */
} Lift;

/* m->prog of a BODY_NETWORK. False after reporting. */
bool read_network(ReadCtx *c, Model *m);

bool lift_fail(Lift *l, const char *fmt, ...) PRINTF(2, 3); /* false */
bool lift_network(Lift *l, const Msg *net);
/* Parameters as the layer has them. */
size_t lift_ninput(const Lift *l);
size_t lift_noutput(const Lift *l);
const Tensor *lift_ints(Lift *l, const char *field);  /* repeated integers as an int32 vector */
const Tensor *lift_int(Lift *l, const char *field);   /* one integer as an int32 scalar */
const Tensor *lift_float(Lift *l, const char *field); /* fp32 */
const Tensor *lift_bools(Lift *l, const char *field);
/* Weights: floats, halves, or quantized codes; NULL after reporting. There must be as many as the
 * shape has elements. */
const Tensor *lift_weights(Lift *l, const Msg *m, const char *field, const int64_t *dim, int rank);
size_t lift_nweights(const Msg *m, const char *field); /* how many stand there */

/* Blobs. */
Var *lift_input(Lift *l, size_t i);             /* 0 after reporting */
Var *lift_find(const Lift *l, const Str *name); /* 0 if there is none */
void lift_bind(Lift *l, const Str *name, Var *v);
void lift_new(Lift *l, const Str *name, Var *v); /* binds, and names it so as far as that is free */
bool lift_output(Lift *l, size_t i, Var *v); /* names and binds; v may be 0: false */
bool lift_result(Lift *l, Var *v);           /* the only one */

/* Ops; 0 after reporting, and 0 when an operand is 0. Var operands are cast to what the parameter
 * takes, operands of one group to one type, plain values with them. */
Var *lift_op(Lift *l, Opcode op, const Operand *arg, uint32_t n);
bool lift_ops(Lift *l, Opcode op, const Operand *arg, uint32_t n, Var ***outs, uint32_t *nout);
Var *lift_as(Lift *l, Var *v, DType t); /* cast unless it is of that type */
Var *lift_float_var(Lift *l, Var *v);   /* fp32 */
Var *lift_const(Lift *l, const Tensor *t);
Var *lift_binary_op(Lift *l, Opcode op, Var *x, Var *y); /* integers only if both are */
/* Images without a batch get one for the time of an op that wants one. */
Var *lift_with_batch(Lift *l, Var *x, bool *added);
Var *lift_without_batch(Lift *l, Var *y, bool added);
bool lift_rank(Lift *l, const Var *v, uint32_t low, uint32_t high); /* of input 0; reports */
const Tensor *lift_vec(Lift *l, const int64_t *v, size_t n); /* int32 vector */
#define OPSTR(l, name, s) STRC((l)->b, name, s)
#define OPINT(l, name, v) INTC((l)->b, name, v)
#define OPBOOL(l, name, v) BOOLC((l)->b, name, v)

#define LIFT(layer, fn, min, max, outputs) bool fn(Lift *);
#include "liftings.def"
#undef LIFT

#endif
