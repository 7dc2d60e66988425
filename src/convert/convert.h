/* convert.h: the parts of convert(): what must hold of a program before and after the passes, and
 * the interface computed from its function parameters and outputs.
 */
#ifndef MILC_CONVERT_H
#define MILC_CONVERT_H

#include "pass/pass.h"

typedef struct Convert {
	Program *prog;
	const ConvertOptions *o;
	Format format;
	Opset spec; /* what the target, or its default, comes down to */
	Model *m;
	Diag *d;
	const Func *main;          /* the default function */
	Func *described;           /* that of this name, which inputs= is about; or 0 */
	const InputSpec **spec_of; /* per parameter of it; 0: nothing was said */
	bool adding; /* a function to the program, by the call at o->span; nothing is converted */
	bool exact; /* --passes names each pass: nothing more is done, or asked for */
} Convert;

/* ---- check.c ---- */
bool check_options(Convert *c); /* options against each other */
bool check_program(Convert *c); /* before the passes: versions, names */
bool check_result(Convert *c);  /* after them: ranks, constant operands, dialects */
/* What must hold of the functions of a program when another one is added: versions of operations. A
 * function without an opset gets the newest version in use. */
bool check_functions(Program *p, Span call);
/* Error with a note at the convert call. When a function is added, it stands at that call. */
bool convert_error(Convert *c, Span at, const char *fmt, ...) PRINTF(3, 4);

/* ---- interface.c ---- */
bool match_inputs(Convert *c); /* fills in spec_of; warns about what is ignored */
bool make_interface(Convert *c);
/* Of a function that the model does not describe, by what it takes and gives. */
bool function_interface(Model *m, const Func *f, Interface *out);

/* ---- classify.c ---- */
bool add_classify(Convert *c);
bool name_classes(Convert *c); /* of a NeuralNetwork: its first output is for each class */

/* ct.convert: checks options against the program (errors at their spans), runs the pipelines on
 * prog (which is changed, as the peer does) and fills in the interface. 0 after reporting. */
Model *convert(Program *prog, const ConvertOptions *o, const PassRunOptions *run);

/* The same passes over a model that was read, whose interface stays. False after reporting. */
bool convert_again(Model *m, const ConvertOptions *o, const PassRunOptions *run);

#endif
