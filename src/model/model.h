/* model.h: what ct.convert makes: a program (or a NeuralNetwork made of it) with its interface and
 * metadata. Emitters write Models, readers make them, `milc run` runs them.
 */
#ifndef MILC_MODEL_H
#define MILC_MODEL_H

#include "ir/ir.h"

typedef enum Format { FORMAT_AUTO, FORMAT_MLPROGRAM, FORMAT_NEURALNETWORK } Format;
typedef enum Precision { PRECISION_AUTO, PRECISION_FP16, PRECISION_FP32 } Precision;

/* One dimension of an input as ct.TensorType / ct.RangeDim gave it. */
typedef struct DimRange {
	int64_t lower, upper; /* upper -1: unbounded; equal: fixed */
	int64_t dflt;
	const Str *symbol;    /* RangeDim's symbol or 0 */
} DimRange;
/* Numbers as in the file; layouts of ct.colorlayout. */
typedef enum ImageColor { COLOR_NONE, COLOR_GRAY = 10, COLOR_RGB = 20, COLOR_BGR = 30,
	COLOR_GRAY_FP16 = 40 } ImageColor;
typedef struct InputSpec { /* an element of ct.convert(inputs=…) */
	const Str *name;      /* 0: by position */
	bool has_shape;
	uint32_t rank;
	DimRange *dim;
	uint32_t nshape;      /* EnumeratedShapes: so many shapes of `rank` dims each */
	int64_t *shape;
	uint32_t dflt_shape;
	DType dtype;          /* DT_NONE: not said */
	bool has_default;     /* default_value (uniform) */
	double default_value;
	Span span;
	ImageColor color;     /* ct.ImageType: not COLOR_NONE; then: */
	double scale, bias[3];
	bool channel_last;    /* channel_first=False */
} InputSpec;

typedef struct ClassifierSpec { /* ct.ClassifierConfig */
	bool ints;            /* labels are integers */
	uint32_t n;
	const Str **label;    /* strings, or: */
	const int64_t *number;
	const Str *feature;   /* predicted_feature_name; 0: "classLabel" */
	const Str *probs;     /* predicted_probabilities_output; 0: the last op's */
	Span span;
} ClassifierSpec;

typedef struct ConvertOptions {
	Format format;
	Opset target;         /* minimum_deployment_target; OPSET_NONE: not said */
	Precision precision;
	InputSpec *input;
	uint32_t ninput;
	bool has_outputs;     /* outputs= was said (ignored, with a warning) */
	/* FP16ComputePrecision(op_selector): false keeps the op in fp32. 0: all. */
	bool (*select)(void *ctx, const Inst *i);
	void *select_ctx;
	bool default_pipeline; /* else `passes` */
	const char *passes;    /* --passes */
	Span span;             /* of the convert call, for notes */
	Span format_span, target_span, precision_span;
	const ClassifierSpec *classifier; /* 0: none */
} ConvertOptions;

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
	bool optional, has_default;
	double default_value;
	ImageColor color;      /* image: shape, ranges and enumerated ones are (height, width) */
	DType key;             /* dict and sequence: int64 or string */
	DType default_dtype;   /* field that holds the default: fp32 (or DT_NONE), int32, fp64 */
} Feature;

typedef struct FuncInterface { /* of a function in a multi-function model */
	const Str *name;
	VEC(Feature) input;
	VEC(Feature) output;
	VEC(Feature) state;
	const char *predicted_feature, *predicted_probs;
} FuncInterface;

typedef struct MetaPair {
	const char *key, *val;
} MetaPair;
typedef struct Model {
	Arena *arena;
	Format format;
	int spec_version;
	Opset file_opset;      /* what the functions have in the file; OPSET_NONE: their own */
	Opset asked;           /* the target that was asked for; OPSET_NONE: none */
	Program *prog;         /* after all passes; a NeuralNetwork is lowered when written */
	VEC(Feature) input;
	VEC(Feature) output;
	VEC(Feature) state;
	const char *short_description, *author, *license, *version; /* 0: not set */
	VEC(MetaPair) user;    /* userDefined, in order of setting; written sorted by key */
	const char *source_dialect; /* "MIL" … for buildInfo */
	const char *predicted_feature, *predicted_probs; /* classifier, or 0 */
	VEC(FuncInterface) func; /* multi-function model: instead of input, output and state */
	const ClassifierSpec *classifier; /* labels, for the lowering to a NeuralNetwork */
	VEC(MetaPair) build_info; /* program attribute buildInfo */
} Model;

/* ct.convert: checks options against the program (errors at their spans), runs the pipelines on
 * prog (which is changed, as the peer does) and fills in the interface. 0 after reporting. */
struct PassRunOptions;
Model *convert(Program *prog, const ConvertOptions *o, const struct PassRunOptions *run);

#endif
