/* layer.h: what a single layer of a NeuralNetwork must hold, judged as Apple's validator does.
 *
 * The rows of layers.def, by family, each beginning with the layer, a member of the oneof:
 *
 *	LAYER(type, flags, in, most_in, out, most_out, rank, most_rank, check)
 *	                                so many inputs and outputs; the ranks that its first
 *	                                input and its first output may have; check_NAME(l) has
 *	                                the rest, or nothing. Where there can be none, others
 *	                                are worth a warning: the validator does not count them.
 *	LATER(type, "field")            of an OLD layer: the first systems lack this field
 *	AXIS(type, "field", back, more) an axis, or axes, of the first input with so many
 *	                                dimensions more; `back`: it may count from the back
 *	WEIGHT(type, "field", "flag", "size", "channels", how)
 *	                                weights: see below
 *	ACTIVATION(type, "field")       what a recurrent layer can apply
 *
 * and those of fields.def. Fields go by their paths behind the layer: POSITIVE(pooling3d,
 * "kernelDepth"). Ranks are those that are known: of what goes in and out of the model, and of the
 * layers' inputTensor and outputTensor. With RANK5_ARRAY_MAPPING none is.
 *
 * Weights are expected where the flag is set ("!flag": where it is not; "": always). `size` is a
 * product of fields, where a list is the product of its elements ("shape*channels"), or "@", the
 * formula of the convolutions. Quantized ones have as many scales as `channels` says, or one: a
 * field, or a list of three whose first is meant ("": one). All of a layer are of one precision.
 *
 * tests/unit/test_check_layers.c holds all rows against the descriptors of the messages.
 */
#ifndef MILC_CHECK_LAYER_H
#define MILC_CHECK_LAYER_H

#include "checking.h"

enum { MANY = UINT16_MAX };

enum {                        /* flags of a layer */
       OLD = 1,               /* of the first systems */
       SAME = 2,              /* its first output has the rank of its first input */
       SAME_ALL = 4 | SAME,   /* all its outputs have */
       SAME_INPUTS = 8,       /* all inputs are of one rank */
       SAME_OUTPUTS = 16,     /* so are all outputs */
};

enum {                 /* how weights are judged */
       LENIENT = 1,    /* there may be none, or whole bytes for int8DynamicQuantize */
       ONE_INPUT = 2,  /* a second input stands for them */
       FLOATS = 4,     /* not quantized */
       UNLIKE = 8,     /* of any precision */
       ALWAYS = 16,    /* of the others' precision, even where they are not expected */
       FREES = 32,     /* quantized, they set precisions free */
};

typedef struct LayerCheck LayerCheck;
typedef struct LayerRule {
	const char *type;
	unsigned flags, in, most_in, out, most_out, rank, most_rank;
	void (*check)(const LayerCheck *l);
} LayerRule;

struct LayerCheck {
	Checking *k;
	const LayerRule *rule;
	const Msg *m, *params; /* the layer; what only its type has */
	Span at;
	size_t nin, nout;
	const int64_t *in, *out; /* ranks of inputs and outputs; -1: not known */
};

/* ---- layers.c ---- */
const LayerRule *find_layer(const char *type); /* there is one for each member of the oneof */
/* It runs on the first systems, which know no other ranks than 5. */
bool is_old_layer(const Msg *layer);
void check_layer(const LayerCheck *l);
/* The rank in inputTensor or outputTensor of this very layer; -1: not there. */
int64_t tensor_rank(const LayerCheck *l, const char *tensors, size_t i);
void check_same_rank(const LayerCheck *l); /* of the first input and the first output */
void check_ranks(const LayerCheck *l, unsigned least, unsigned most); /* of the same */

static inline const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- layer_weights.c ---- */
typedef enum WeightsKind {
	W_NONE,      /* or bytes, but no word on what they mean */
	W_FLOAT32,   /* floatValue */
	W_FLOAT16,   /* float16Value */
	W_QUANTIZED, /* rawValue */
	W_INT8,      /* int8RawValue */
	W_SEVERAL,
} WeightsKind;
WeightsKind weights_kind(const Msg *weights);
void check_weights(const LayerCheck *l);
void check_int8(const LayerCheck *l); /* with int8DynamicQuantize */
size_t times(size_t a, size_t b); /* SIZE_MAX instead of what is greater */
size_t field_size(const Msg *m, const char *field, size_t i); /* from 0 to SIZE_MAX */

/* ---- layer_conv.c ---- */
/* How many weights a convolution has, and why. */
size_t convolution_size(const LayerCheck *l, const char **formula);

/* ---- layer_recurrent.c ---- */
void check_activations(const LayerCheck *l);

/* ---- what rows name: a layer's own rules; it has as many inputs and outputs as it must ---- */
#define LAYER(type, flags, in, most_in, out, most_out, rank, most_rank, check)                     \
	void check_##check(const LayerCheck *l);
#include "layers.def"

#endif
