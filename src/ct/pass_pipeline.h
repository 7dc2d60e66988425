/* pass_pipeline.h: options of passes in scripts: what pass_pipeline.c and pass_option.c share. */
#ifndef MILC_PASS_PIPELINE_H
#define MILC_PASS_PIPELINE_H

#include "bind.h"

typedef struct Selector { /* a function of the script that picks operations */
	OpSelector c;
	Interp *in;
	Value fn; /* None: all operations */
	Span span;
} Selector;

typedef struct OptionObj { /* PassOption */
	Value name, val;
	Span span; /* of the call that set it */
} OptionObj;
Value option_new(Interp *in, Value name, Value val, Span span);

/* Where the options of a pass (a list of them) were set; `at` if that is not known. */
Span options_span(Value list, Span at);
/* An error at the options of a pass, with a note at the call that found it. */
bool option_error(Interp *in, Span at, Span call, const char *fmt, ...) PRINTF(4, 5);
/* Adds the options of one pass to the pipeline. False after reporting. */
bool options_take(Interp *in, Pipeline *pl, const PassInfo *pass, Value list, Span call);

#endif
