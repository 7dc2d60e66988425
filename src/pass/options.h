/* options.h: what ct.convert is told: by a script, or by the command line in its place. Passes read
 * them as well.
 */
#ifndef MILC_OPTIONS_H
#define MILC_OPTIONS_H

#include "model/model.h"

typedef enum Precision { PRECISION_AUTO, PRECISION_FP16, PRECISION_FP32 } Precision;

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
	bool implied;          /* no ct.convert: what is missing are options of milc */
	bool default_pipeline; /* else `passes` */
	const char *passes;    /* --passes */
	Span span;             /* of the convert call, for notes */
	Span format_span, target_span, precision_span;
	const ClassifierSpec *classifier; /* 0: none */
} ConvertOptions;

#endif
