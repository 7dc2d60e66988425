/* nn.h: lifting the layers of a NeuralNetwork to the SSA form.
 *
 * Most layers are read with the rows that write them (emit/nn.def); the others have a function here,
 * named in liftings.def as LIFT("layer", fn). Blobs are variables, so a map from names to Vars says
 * what each holds now; a branch or a loop yields the blobs that it may have written.
 *
 * Numbers of a NeuralNetwork are floats; an operand that must be bool or an integer is cast.
 */
#ifndef MILC_READ_NN_H
#define MILC_READ_NN_H

#include "../ir/build.h"
#include "../pbmsg.h"
#include "internal.h"

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
	const Msg *layer;  /* the one at hand */
	const Msg *params; /* its parameters, those inside for "activation.ReLU" */
	const char *kind;  /* "activation.ReLU" */
	int depth;
	bool reported;
} Lift;

bool lift_fail(Lift *l, const char *fmt, ...) PRINTF(2, 3); /* false */
bool lift_network(Lift *l, const Msg *net);
size_t lift_ninput(const Lift *l);
Var *lift_input(Lift *l, size_t i);      /* 0 after reporting */
Var *lift_find(const Lift *l, const Str *name); /* 0 if there is none */
void lift_bind(Lift *l, const Str *name, Var *v);
bool lift_output(Lift *l, size_t i, Var *v); /* names and binds */
Var *lift_as(Lift *l, Var *v, DType t);  /* cast unless it is of that type */
/* An op named as the layer; 0 after reporting. */
Var *lift_op(Lift *l, Opcode op, const Operand *arg, uint32_t n);
/* Numbers stored as floats or halves. */
const Tensor *lift_weights(Lift *l, const Msg *m, const char *field, const int64_t *dim, int rank);

#define LIFT(layer, fn) bool fn(Lift *);
#include "liftings.def"
#undef LIFT

#endif
