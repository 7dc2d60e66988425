/* quantize.h: the weights of a NeuralNetwork in fewer bits, over messages and without scripts:
 * codes of 1 to 8 bits with a line or a table that makes numbers of them, halves, and back; and
 * what is folded into the layers before, scales and biases that follow them.
 *
 * All arithmetic is in single precision with NumPy's rounding, as in the peer
 * (coremltools.models.neural_network.quantization_utils), so that the codes are the same.
 *
 * Which weights a layer has is a row of quantize.def:
 *
 *	QUANTIZE("layer", "holder", "fields")
 *
 * holder: the message, or messages, of the layer's parameters that have the fields; "" is the
 * parameters themselves. fields: separated by a blank, each
 *
 *	[+]field[@1]=dim,dim…[?flag|!flag]
 *
 * dim is a number of the parameters, or all numbers of a repeated field, "*dim" their product,
 * "dim/other" a quotient (an `other` that is not set is 1). There are scales for each index of the
 * first dimension, "@1": of the second one; weights of one dimension have one. The field counts
 * only where the flag is (!: is not) set. "+": the selector is asked about it once more, by name.
 */
#ifndef MILC_NN_QUANTIZE_H
#define MILC_NN_QUANTIZE_H

#include "pb/msg.h"

/* ---- codes of 1 to 8 bits: the first in the highest bits of the first byte ---- */
static inline unsigned
code_at(const uint8_t *at, size_t i, unsigned bits)
{
	size_t first = i * bits;
	unsigned two = (unsigned)at[first / 8] << 8;

	if (first % 8 + bits > 8)
		two |= at[first / 8 + 1];
	return two >> (16 - first % 8 - bits) & ((1u << bits) - 1);
}
/* How many bytes n codes take, the last one filled with zeros. False: more than there can be. */
static inline bool
codes_size(size_t n, unsigned bits, size_t *bytes)
{
	*bytes = n / 8 * bits + (n % 8 * bits + 7) / 8;
	return n <= SIZE_MAX - 7;
}
/* Of the lowest bits of each code, and one code a byte. */
void codes_pack(const uint8_t *code, size_t n, unsigned bits, uint8_t *bytes);
void codes_unpack(const uint8_t *bytes, size_t n, unsigned bits, uint8_t *code);

/* ---- quantizing ---- */
typedef enum QuantMode {
	QUANT_LINEAR,    /* code * scale + bias, with the two of the code's channel */
	QUANT_SYMMETRIC, /* … where 128 stands for 0; 8 bits only */
	QUANT_KMEANS,    /* a table: the best means of clusters */
	QUANT_STEPS,     /* a table of equal steps */
	QUANT_CUSTOM,    /* a table that somebody makes */
	QUANT_UNDO,      /* codes and halves become floats; needs no bits */
} QuantMode;
enum { QUANT_HALVES = 16 }; /* bits, in any of the first five */

typedef struct QuantShape {
	int64_t dim[4];
	int rank, axis; /* of the channels: 0 or 1 */
	size_t count;
} QuantShape;

typedef struct Quantizer Quantizer;
struct Quantizer {
	Arena *arena;
	QuantMode mode;
	unsigned bits;
	/* Whether to take a layer of that kind (0: of none); weight: "bias", that part of it, or 0.
	 * 1, 0, or -1: that failed, and was reported. It may change the layer. */
	int (*take)(Quantizer *q, Msg *layer, const char *kind, const char *weight);
	void (*say)(Quantizer *q, const char *line); /* what is done, with a newline */
	/* QUANT_CUSTOM: a table for the weights, and an index into it for each (in the arena).
	 * False after reporting. */
	bool (*table)(Quantizer *q, const float *w, const QuantShape *s, const float **entry,
	              size_t *n, const uint8_t **index);
	void *ctx;
	const char *why; /* after false: in words; 0: it was reported already */
	const char *at;  /* whose weights are at hand, for words; 0: none */
	Msg *model; /* around the network at hand */
	struct BlobUses *uses; /* in it: fold.c */
};

/* All networks of a specification, those inside of branches, loops and pipelines too. Models of
 * other kinds stay as they are. Sets the version of the specification that this needs. */
bool quantize_model(Quantizer *q, Msg *spec);
/* Matrices of innerProduct and batchedMatmul as signed codes that are multiplied with inputs which
 * are quantized when they come. q->mode is QUANT_UNDO: what else has codes gets floats. */
bool quantize_products(Quantizer *q, Msg *spec);

/* One WeightParams. Without numbers it stays as it is. */
bool weights_quantize(Quantizer *q, Msg *w, const QuantShape *s);
bool weights_restore(Quantizer *q, Msg *w, const QuantShape *s); /* QUANT_UNDO */
bool quant_fail(Quantizer *q, const char *fmt, ...) PRINTF(2, 3); /* false */
/* Its numbers, in floats or halves; 0: it has none of these. */
const float *weights_floats(Arena *a, const Msg *w, size_t *n);
float *weights_put_floats(Msg *w, size_t n); /* instead of what it holds; to be filled */

/* fold.c: a scale, bias or batchnorm becomes a part of the layer whose only user it is. */
void fold_network(Quantizer *q, Msg *net);

typedef struct QuantRow {
	const char *layer, *holder, *fields;
} QuantRow;
const QuantRow *quant_rows(size_t *n);
/* An entry of a fields column, taken apart; false at the end. */
typedef struct QuantField {
	char name[64], dims[80], flag[64];
	bool asked, unless; /* +, ! */
	int axis;
} QuantField;
bool quant_field(const char **s, QuantField *f);

#endif
