/* options.h: what ct.convert is told: by a script, or by the command line in its place. Passes read
 * them as well.
 */
#ifndef MILC_OPTIONS_H
#define MILC_OPTIONS_H

#include "model/model.h"

typedef enum Precision { PRECISION_AUTO, PRECISION_FP16, PRECISION_FP32 } Precision;

typedef struct InputSpec { /* an element of ct.convert(inputs=…), or of outputs= */
	const Str *name;      /* 0: not said */
	bool has_shape;
	uint32_t rank;
	DimRange *dim;
	Dim *symbolic;        /* the shape with its symbols, or 0 */
	uint32_t nshape;      /* EnumeratedShapes: so many shapes of `rank` dims each */
	int64_t *shape;
	int64_t *dflt;        /* the default shape */
	DType dtype;          /* DT_NONE: not said */
	bool has_default;     /* default_value (uniform): */
	double default_value;
	uint32_t default_rank;
	const int64_t *default_shape;
	Span span;
	ImageColor color;     /* ct.ImageType: not COLOR_NONE; then: */
	const Tensor *scale, *bias; /* numbers of fp64, mostly of rank 0 or 1 */
	bool channel_last;    /* channel_first=False */
	bool uint8;           /* grayscale_use_uint8 */
} InputSpec;
#define RANGE_UNSAID (-2) /* upper bound of a dimension that is a symbol without bounds */

typedef struct ConvertOptions {
	Format format;
	Opset target;         /* minimum_deployment_target; OPSET_NONE: not said */
	Precision precision;
	InputSpec *input;
	uint32_t ninput;
	const InputSpec *output; /* outputs=: for PyTorch files; else ignored, with a warning */
	uint32_t noutput;
	Span input_span;      /* of inputs=, where it was said */
	const char *source, *dialect; /* of a PyTorch file, as the metadata says: "torch==2.13.0" */
	bool implied;          /* no ct.convert: what is missing are options of milc */
	const char *passes;    /* --passes; 0: */
	const struct Pipeline *main; /* pass_pipeline, or 0: the default */
	Span span;             /* of the convert call, for notes */
	Span format_span, target_span, precision_span;
	const ClassifierSpec *classifier; /* 0: none */
} ConvertOptions;

#endif
