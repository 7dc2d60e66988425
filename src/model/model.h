/* model.h: a model: an interface and a body. Readers and ct.convert make Models, writers write
 * them.
 *
 * A model that was read has its specification message, unknown fields included, and its body is
 * that message as long as nobody asks for more: it is written back byte for byte, whether or not
 * milc knows all that stands in it. Who needs a program (a run, passes, text) has the body read or
 * lifted (form/read.h, nn/lift.h), and who changes the program drops the message with
 * model_changed().
 */
#ifndef MILC_MODEL_H
#define MILC_MODEL_H

#include "ir/ir.h"
#include "pb/msg.h"

typedef enum Format { FORMAT_AUTO, FORMAT_MLPROGRAM, FORMAT_NEURALNETWORK } Format;

/* One dimension of an input as ct.TensorType / ct.RangeDim gave it. */
typedef struct DimRange {
	int64_t lower, upper; /* upper -1: unbounded; equal: fixed */
	int64_t dflt;
	bool flexible;        /* a RangeDim or a symbol stands there, if only for one size */
} DimRange;
/* Numbers as in the file; layouts of ct.colorlayout. */
typedef enum ImageColor { COLOR_NONE, COLOR_GRAY = 10, COLOR_RGB = 20, COLOR_BGR = 30,
	COLOR_GRAY_FP16 = 40 } ImageColor;
typedef enum FeatureKind {
	FEATURE_ARRAY,
	FEATURE_IMAGE,
	FEATURE_STATE,
	FEATURE_DICT,
	FEATURE_STRING,
	FEATURE_INT64,
	FEATURE_DOUBLE,
	FEATURE_SEQUENCE
} FeatureKind;
typedef struct Feature {
	const Str *name;
	const char *doc;       /* shortDescription or 0 */
	FeatureKind kind;
	DType dtype;           /* array: fp16 fp32 fp64 int32 int8 */
	uint32_t rank;         /* shape; has_shape false: left out (dynamic output) */
	bool has_shape;
	int64_t *shape;
	uint32_t nrange;       /* shapeRange: rank entries, or 0 */
	DimRange *range;
	uint32_t nenum;        /* enumeratedShapes: so many shapes of rank dims */
	int64_t *enumerated;
	bool sequence;         /* of an old network: sequence and batch are in front of the shape */
	bool optional, has_default;
	double default_value;
	ImageColor color;      /* image: shape, ranges and enumerated ones are (height, width) */
	DType key;             /* dict and sequence: int64 or string */
	DType default_dtype;   /* field that holds the default: fp32 (or DT_NONE), int32, fp64 */
} Feature;
typedef VEC(Feature) Features;

/* That of a name, which may be no interned one; 0: there is none. */
static inline const Feature *
features_find(const Features *list, const char *name, size_t len)
{
	for (uint32_t i = 0; i < list->n; i++) {
		const Str *s = list->at[i].name;
		if (s->len == len && memcmp(s->s, name, len) == 0)
			return &list->at[i];
	}
	return 0;
}

typedef struct Interface { /* of a model, or of one of its functions */
	const Str *name; /* of the function */
	Features input, output, state;
	const char *predicted_feature, *predicted_probs;
} Interface;

/* Of a value, or of what a state holds. */
static inline const Type *
tensor_part(const Type *t)
{
	return t->kind == TY_STATE ? t->elem : t;
}

typedef struct MetaPair {
	const char *key, *val;
} MetaPair;
/* What the specification has as its type. */
typedef enum BodyKind {
	BODY_PROGRAM,  /* an ML Program */
	BODY_NETWORK,  /* a NeuralNetwork, its classifier or its regressor */
	BODY_PIPELINE, /* models in a row */
	BODY_OTHER,    /* any other kind: carried, not looked at */
	BODY_EMPTY,
} BodyKind;

typedef struct Origin { /* where a model was read from */
	const char *path;   /* as the user named it */
	Span place;         /* that file, for messages */
	bool package;       /* a folder with a manifest */
	const char *file;   /* the model file; of a package, below it */
	const char *folder; /* of the model file: @model_path */
	const char *stem;   /* of a bare model file: STEM.mlmodel */
	const Span *at;     /* of text: where each operation stands, in their order */
} Origin;

/* A weights file of a specification that was made here: no folder has it. */
typedef struct WeightsAt {
	const char *name;            /* "@model_path/weights/weight.bin" */
	const char *path;            /* a file that is it, or */
	const struct Weights *plan;  /* the constants that stand in it (form/spec.h) */
} WeightsAt;

typedef struct ClassifierSpec { /* ct.ClassifierConfig */
	bool ints;            /* labels are integers */
	uint32_t n;
	const Str **label;    /* strings, or: */
	const int64_t *number;
	const Str *feature;   /* predicted_feature_name; 0: "classLabel" */
	const Str *probs;     /* predicted_probabilities_output; 0: the last op's */
	Span span;
} ClassifierSpec;

typedef struct ImageScale { /* what a NeuralNetwork does to an image first: scale x + bias */
	const Str *name;
	double scale, bias[4]; /* gray, red, green, blue */
} ImageScale;

typedef struct BlobAt { /* where the value of a constant was read */
	const char *file; /* "@model_path/weights/weight.bin" */
	uint64_t offset;  /* of its record */
} BlobAt;

typedef struct Model {
	Arena *arena;
	BodyKind kind;
	Format format;
	int spec_version;
	Opset file_opset;      /* what the functions have in the file; OPSET_NONE: their own */
	Opset asked;           /* the target that was asked for; OPSET_NONE: none */
	bool single;           /* single precision was asked for */
	const Origin *origin;  /* 0: made here */
	Msg *spec;             /* the whole message, as it was read; 0: made of what stands below */
	bool bare;             /* spec is written alone, its weights are wherever it says */
	VEC(WeightsAt) weights; /* of spec, before those in the folder that it came from */
	Msg *network;          /* of BODY_NETWORK: the layers, read or lowered; 0: not yet */
	Program *prog;         /* of a model that was read: 0 until it is asked for */
	bool lifted;           /* it was made of layers, and numbers of layers are fp32 */
	const char *sealed;    /* what it is, where only its interface can be read */
	const char *absent;    /* a weights file that is not there: its constants are zeros */
	Map blobs;             /* of a program that was read: Tensor -> BlobAt */
	bool converted;        /* the passes that were asked for have run on it */
	bool picked;           /* the function that was asked for is its only one */
	Interface face;        /* of the default function */
	Msg *metadata;         /* of the description, with its entries in order of setting; or 0 */
	VEC(Interface) func; /* multi-function model: instead of input, output and state */
	const ClassifierSpec *classifier; /* labels, for the lowering to a NeuralNetwork */
	VEC(ImageScale) scaled;           /* images, for the same */
	VEC(MetaPair) build_info; /* program attribute buildInfo */
} Model;

/* The file that it was read from, for messages. */
static inline Span
model_place(const Model *m)
{
	return m->origin ? m->origin->place : NOSPAN;
}

/* The description of a function; 0: it has none. */
static inline const Interface *
model_face(const Model *m, const Str *function)
{
	for (uint32_t i = 0; i < m->func.n; i++)
		if (m->func.at[i].name == function)
			return &m->func.at[i];
	return m->func.n || (m->prog && m->prog->default_func != function) ? 0 : &m->face;
}

/* The program is about to change: it is the body from now on. */
static inline void
model_changed(Model *m)
{
	m->spec = 0;
	m->network = 0;
}

#endif
