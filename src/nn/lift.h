/* lift.h: lifting the layers of a NeuralNetwork to the SSA form, with the rows of layers.def.
 *
 * Blobs are variables, so a map from names to Vars says what each holds now; a branch or a loop
 * yields the blobs that it may have written. Numbers of a NeuralNetwork are floats, and no blob has
 * rank 0: what an op cannot take as it is gets cast, a scalar result becomes a vector of one.
 *
 * All counts, names and nesting come from a stranger's file. An op that the layer asks for is built
 * by build_op, which checks what remains; a note then says which layer it was.
 *
 * Networks of the first versions (arrayInputShapeMapping RANK5_ARRAY_MAPPING, the only one below
 * specification 4) have blobs [sequence, batch, channels, height, width] and nothing else. An input
 * [C] is [1, 1, C, 1, 1] there, an input [C, H, W] is [1, 1, C, H, W], an image [1, 1, C, H, W];
 * two more dimensions in front may come with the data. Their layers count the axes from the end and
 * repeat what they do along the others, but for a few that work along the sequence: axes.def has
 * all of them. So a blob whose sequence is 1 is lifted as [batch, C, H, W], as images are in a
 * program, and gets its fifth dimension where a layer looks at it. With a layer of later versions
 * in it, which sees an array as it is, a network has all five all the time.
 *
 * An output is what it is declared as: [C] without the height and width, [C, H, W] without the
 * sequence and the batch, each if that leaves nothing out; if nothing is declared, [C, H, W], and
 * the sequence in front of it where a layer works along it.
 */
#ifndef MILC_NN_LIFT_H
#define MILC_NN_LIFT_H

#include "ir/build.h"
#include "model/io.h"
#include "layers.h"

typedef enum AxesView { AXES_NONE, AXES_EACH, AXES_CHW, AXES_IMAGES, AXES_ALL } AxesView;

/* Layers that nothing in a program does the same as. Lifting goes on behind them, so that all of
 * them can be said at once; what they would have made is missing, and what needs that is left out.
 */
typedef struct Lacks {
	VEC(struct Lack { Span place; const char *why; }) list;
	Map said;    /* their Msg: a loop may be built again */
	Map missing; /* names of blobs */
	bool now;    /* the layer at hand failed for that, and nothing was reported */
} Lacks;

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
	AxesView view;     /* of the layer at hand: axes.def */
	const Var *images; /* input 0 before it became images, or 0 */
	bool rank5;        /* blobs are those of the first versions */
	bool short_blobs;  /* … without a sequence of 1 */
	Lacks *lacks;
	int loops;         /* around the layer at hand */
	const Str *round_flag; /* the blob that says that the innermost one's round is over, or 0 */
	uint32_t count;    /* layers lifted, also those inside a loop that are built again */
};

/* m->prog of a BODY_NETWORK. False after reporting. */
bool read_network(ReadCtx *c, Model *m);

bool lift_fail(Lift *l, const char *fmt, ...) PRINTF(2, 3);  /* false */
void *lift_none(Lift *l, const char *fmt, ...) PRINTF(2, 3); /* … and NULL */
/* No operation is equivalent to the layer at hand, with the reason; false. */
bool lift_lacks(Lift *l, const char *fmt, ...) PRINTF(2, 3);
bool lift_binary(Lift *l); /* of the BINARY rows */
bool lift_layers(Lift *l, const Msg *net, size_t first); /* all from that one on */
/* control_lift.c: loops whose rounds end early. */
int lift_round_over(const Lift *l);
bool lift_rest(Lift *l, const Msg *net, size_t first);
/* Parameters as the layer has them. */
size_t lift_ninput(const Lift *l);
size_t lift_noutput(const Lift *l);
int64_t lift_number(const Lift *l, const char *field); /* an integer, a truth value */
const char *lift_word(Lift *l, const char *field); /* an enum as a word; 0 after reporting */
const Tensor *lift_ints(Lift *l, const char *field);  /* repeated integers as an int32 vector */
const Tensor *lift_int(Lift *l, const char *field);   /* one integer as an int32 scalar */
const Tensor *lift_float(Lift *l, const char *field); /* fp32 */
/* One number from an input that is a constant, or from the field if there is no such input; 0: no
 * operation is equivalent to the layer, which has been said. */
const Tensor *lift_setting(Lift *l, size_t input, const char *field, DType t);
const Tensor *lift_bools(Lift *l, const char *field);
double lift_real(const Lift *l, const char *field, double zero); /* what 0 stands for */
/* Weights: floats, halves, or quantized codes; NULL after reporting. There must be as many as the
 * shape has elements. */
const Tensor *lift_weights(Lift *l, const Msg *m, const char *field, const int64_t *dim, int rank);
/* … whose output channels, which may have scales of their own, are that axis, 0 or 1. */
const Tensor *lift_weights_by(Lift *l, const Msg *m, const char *field, const int64_t *dim,
                                 int rank, int axis);
const Tensor *lift_custom_weights(Lift *l, size_t i, const Type *param);
size_t lift_nweights(const Msg *m, const char *field); /* how many stand there */

/* Blobs. */
Var *lift_input(Lift *l, size_t i);             /* 0 after reporting */
Var *lift_find(const Lift *l, const Str *name); /* 0 if there is none */
void lift_bind(Lift *l, const Str *name, Var *v);
bool lift_is_missing(Lift *l, const Str *name); /* a layer that was left out would make it */
void lift_new(Lift *l, const Str *name, Var *v); /* binds, and names it so as far as that is free */
const Str *lift_free_name(Lift *l, const Str *stem);
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
/* axes.c: input 0 of a layer whose view is IMAGES, and what it makes of it, with the dimensions in
 * front of the channels that the input had. Both leave 0 alone. */
Var *lift_as_images(Lift *l, Var *x);
Var *lift_as_before(Lift *l, Var *y);
Var *lift_five(Lift *l, Var *v); /* a short blob with all its dimensions */
/* v in the shape of some pieces: dimensions `from` up to `to` of a variable, or one number. */
typedef struct DimPiece {
	Var *of; /* or 0 */
	uint32_t from, to;
	int64_t number;
} DimPiece;
Var *lift_reshaped(Lift *l, Var *v, const DimPiece *piece, size_t n);
Var *lift_pieces(Lift *l, const DimPiece *piece, size_t n); /* as a vector of run time */
AxesView lift_view(const char *kind);
/* The blob of an input feature, and an output of a blob, in networks of the first versions. */
Var *lift_from_feature(Lift *l, const Feature *f, Var *v);
Var *lift_for_feature(Lift *l, const Feature *f, Var *v);
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
