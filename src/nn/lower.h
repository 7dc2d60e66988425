/* lower.h: lowering a program to the layers of a NeuralNetwork.
 *
 * Rows of nn.def, one per op that has layers:
 *
 *	LAYER(op, "inputs", "layer", "fields")   one layer that the table describes
 *	LOWER(op, fn)                            bool fn(Nn *, const Inst *): as many as it takes
 *
 * inputs: the operands that become the layer's inputs, "x,y". layer: the member of the oneof,
 * and of the oneof inside ("activation.linear"). fields: "field=param" copies a known operand
 * (a number, or a vector into a repeated field; an absent one is left out), "field" alone means the
 * same name on both sides, "field:1.5" is a number, "!field=param" is the truth reversed.
 *
 * Blobs have names, not types; all numbers are floats. A constant becomes a loadConstantND layer
 * where it is first used as an input (rank 0 as shape [1]).
 */
#ifndef MILC_EMIT_NN_H
#define MILC_EMIT_NN_H

#include "pb/msg.h"

#define msg_sub(a, m, ...) ((void)(a), msg_sub(m, __VA_ARGS__))
#define msg_int(a, m, ...) ((void)(a), msg_int(m, __VA_ARGS__))
#define msg_float(a, m, ...) ((void)(a), msg_float(m, __VA_ARGS__))
#define msg_string(a, m, ...) ((void)(a), msg_string(m, __VA_ARGS__))
#define msg_ints(a, m, ...) ((void)(a), msg_ints(m, __VA_ARGS__))
#define msg_floats(a, m, ...) ((void)(a), msg_floats(m, __VA_ARGS__))
#include "model/io.h"
#include "pass/options.h"
#include "layers.h"

typedef struct NnConst { /* constants that are loaded, innermost network first */
	const Var *v;
	struct NnConst *next;
} NnConst;
typedef struct Nn {
	Arena *arena;
	const Model *m;
	EmitCtx *c;
	Msg *net;       /* layers go here: the model's network, or one of a branch or loop */
	Map *names;     /* Var -> its blob's name */
	Map *taken;     /* interned blob name -> number to try next */
	NnConst *loaded;
	int depth, deepest; /* networks around this one; the most there were */
} Nn;

typedef const char *Blob; /* a blob's name, in the arena or interned */

Blob nn_blob(Nn *n, const Var *v);           /* its name; a constant is loaded first */
Blob nn_name(Nn *n, const Var *v);           /* its name alone */
Blob nn_temp(Nn *n, Blob base, const char *suffix); /* base + suffix, made unique */
/* A layer with inputs and outputs; returns its parameters (the member `layer` of the oneof, or the
 * member inside for "activation.linear"). */
Msg *nn_layer(Nn *n, Blob name, const char *layer, const Blob *in, size_t nin, const Blob *out,
              size_t nout);
Msg *nn_layer1(Nn *n, Blob name, const char *layer, Blob in, Blob out);
void nn_load(Nn *n, Blob name, const Tensor *val);
/* A unary layer of that number, of x alone. */
void nn_unary(Nn *n, Blob name, int type, Blob in, Blob out, double alpha);
/* expandDims to a blob named base + suffix; squeeze to `out`. */
Blob nn_expanded(Nn *n, Blob in, Blob base, const char *suffix, const int64_t *axes, size_t naxis);
void nn_squeezed(Nn *n, Blob in, Blob out, const int64_t *axes, size_t naxis);
/* Weights: floats as they are stored, row by row; transposed: of a matrix, column by column. */
void nn_weights(Nn *n, Msg *params, const char *field, const Tensor *t, bool transposed);
/* Edges of an image, {top, bottom, left, right}, into a field of type BorderAmounts. */
void nn_borders(Nn *n, Msg *params, const char *field, const int64_t edge[4]);
/* The known value of an operand as ints. */
const int64_t *nn_ints(Nn *n, const Inst *i, const char *param, size_t *count);
bool nn_fail(Nn *n, const Inst *i, const char *fmt, ...) PRINTF(3, 4);
bool nn_block(Nn *n, const Block *b); /* all instructions, and constants among its outputs */

/* The program's layers as a NeuralNetwork, or a classifier's, and the version of the specification
 * that they need. For EmitCtx.lower; 0 after reporting. */
Msg *lower_network(const Model *m, EmitCtx *c, Arena *a, int *version);

#define LAYER(op, inputs, layer, fields)
#define LOWER(op, fn) bool fn(Nn *, const Inst *);
#include "nn.def"
#undef LAYER
#undef LOWER

#endif
