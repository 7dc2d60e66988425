/* lower.h: lowering a program to the layers of a NeuralNetwork, with the rows of layers.def.
 *
 * Blobs have names, not types; all numbers are floats. A constant becomes a loadConstantND layer
 * where it is first used as an input (rank 0 as shape [1]).
 */
#ifndef MILC_NN_LOWER_H
#define MILC_NN_LOWER_H

#include "model/io.h"
#include "layers.h"

typedef struct NnWide { /* values that recurrent layers of a network take already */
	const Var *v;
	const Msg *net;
	struct NnWide *next;
} NnWide;
typedef struct NnConst { /* constants that are loaded, innermost network first */
	const Var *v;
	struct NnConst *next;
} NnConst;
struct Nn {
	Arena *arena;
	const Model *m;
	EmitCtx *c;
	Msg *net;       /* layers go here: the model's network, or one of a branch or loop */
	Map *names;     /* Var -> its blob's name */
	Map *taken;     /* interned blob name -> number to try next */
	NnConst *loaded;
	NnWide *wide;
	const Inst *at; /* the operation that is lowered */
	int depth, deepest; /* networks around this one; the most there were */
};

typedef const char *Blob; /* a blob's name, in the arena or interned */

Blob nn_blob(Nn *n, const Var *v);           /* its name; a constant is loaded first */
Blob nn_name(Nn *n, const Var *v);           /* its name alone */
Blob nn_temp(Nn *n, Blob base, const char *suffix); /* base + suffix, made unique */
/* A layer with inputs and outputs; returns its parameters (the member `layer` of the oneof, or the
 * member inside for "activation.linear"). */
Msg *nn_layer(Nn *n, Blob name, const char *layer, const Blob *in, size_t nin, const Blob *out,
              size_t nout);
Msg *nn_layer1(Nn *n, Blob name, const char *layer, Blob in, Blob out);
Msg *nn_of_x(Nn *n, const Inst *i, const char *layer); /* from x to the only result */
/* Of two blobs; returns out. */
Blob nn_two(Nn *n, const char *layer, Blob a, Blob b, Blob out);
void nn_load(Nn *n, Blob name, const Tensor *val);
Blob nn_loaded(Nn *n, Blob base, const char *suffix, const Tensor *val);
/* A layer of one input, to a blob named base + suffix. */
Blob nn_made(Nn *n, const char *layer, Blob in, Blob base, const char *suffix);
/* A unary layer of that function ("POWER"), of x alone. */
void nn_unary(Nn *n, const char *type, Blob in, Blob out, double alpha);
void nn_times(Nn *n, Blob in, Blob out, double by);
void nn_copy(Nn *n, Blob from, Blob to);
void nn_cropped(Nn *n, Blob in, Blob out, const int64_t edge[4]);
/* Layers go into net until nn_leave() with what this returns. */
Msg *nn_enter(Nn *n, Msg *net);
void nn_leave(Nn *n, Msg *outer);
/* expandDims to a blob named base + suffix; squeeze to `out`. */
Blob nn_expanded(Nn *n, Blob in, Blob base, const char *suffix, const int64_t *axes, size_t naxis);
void nn_squeezed(Nn *n, Blob in, Blob out, const int64_t *axes, size_t naxis);
/* Weights: floats as they are stored, row by row; transposed: of a matrix, column by column. */
void nn_weights(Nn *n, Msg *params, const char *field, const Tensor *t, bool transposed);
/* Edges of an image, {top, bottom, left, right}, into a field of type BorderAmounts. */
void nn_borders(Msg *params, const char *field, const int64_t edge[4]);
/* The known value of an operand as ints. */
const int64_t *nn_ints(Nn *n, const Inst *i, const char *param, size_t *count);
const char *nn_word(const Inst *i, const char *param);  /* … as a string, "" if there is none */
double nn_number(const Inst *i, const char *param);     /* … as a number */
bool nn_word_is(const Inst *i, const char *param, const char *word);
bool nn_fail(Nn *n, const Inst *i, const char *fmt, ...) PRINTF(3, 4);
/* By its first LAYER row that fits; its parameters, or 0 after reporting. */
Msg *nn_by_row(Nn *n, const Inst *i);
void nn_fields(Msg *params, const Inst *i, const char *fields); /* of a row */
bool nn_block(Nn *n, const Block *b); /* all instructions, and constants among its outputs */

/* The program's layers as a NeuralNetwork, or a classifier's, and the version of the specification
 * that they need. For EmitCtx.lower; 0 after reporting. */
Msg *lower_network(const Model *m, EmitCtx *c, Arena *a, int *version);

#define LOWER(op, fn) bool fn(Nn *, const Inst *);
#include "layers.def"
bool nn_binary(Nn *n, const Inst *i);    /* of the BINARY rows */
bool lower_custom(Nn *n, const Inst *i); /* of a script's own operation (custom.c) */

#endif
