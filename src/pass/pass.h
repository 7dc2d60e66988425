/* pass.h: rewriting programs.
 *
 * A pass is a file src/pass/NAME.c with one entry and a row in passes.def:
 *
 *   PASS(name, namespace, triggers, "what it rewrites, in one line")
 *       bool pass_NAME(PassCtx *)
 *   FUNC(name, namespace, triggers, "what it rewrites, in one line")
 *       bool func_NAME(PassCtx *, Func *), for one function after the other; false: reported
 *   REWRITE(name, namespace, rounds, triggers, "what it rewrites, in one line")
 *       bool rewrite_NAME(PassCtx *, Inst *), which is offered the triggers one by one: in rounds,
 *       once, or in rounds at the top alone (match.h)
 *
 * IDLE rows (passes.def) have no file.
 *
 * triggers: the opcodes of which at least one must be in the program for the pass to do anything,
 * as T(conv, conv_transpose), with NEEDS(op) when that one must; ALWAYS otherwise. The manager
 * skips the rest, so that a pass over a program without its ops costs nothing. The pipelines are
 * lists of rows in pipelines.def, in the peer's order; each entry runs once.
 *
 * A pass works on all functions and nested blocks, keeps uses right (ir.h), gives new instructions
 * the span of what they replace, and leaves a program that program_verify() accepts.
 */
#ifndef MILC_PASS_H
#define MILC_PASS_H

#include "ir/build.h"
#include "options.h"

/* What a pass for the Neural Engine rewrote: an instruction that is gone. */
typedef struct PassChange {
	const char *pass, *op;
	const Str *name; /* of its result */
	Span at;
} PassChange;
typedef VEC(PassChange) PassChanges;

typedef struct PassCtx {
	Program *prog;
	Model *model;        /* inputs, outputs and format asked for; 0 in unit tests of passes */
	const ConvertOptions *opt;
	Arena *arena;        /* scratch, released after the pass */
	const char *name;    /* of this pass */
	bool failed;         /* reported; the pass need not know */
	const struct Pipeline *pipeline; /* that this pass runs in, and its place there; 0 alone */
	uint32_t place;
	PassChanges *changes; /* who wants to know them; 0: nobody */
} PassCtx;

/* The value of op_selector: false keeps the pass away from an operation. */
typedef struct OpSelector {
	bool (*select)(void *ctx, const Inst *i);
	void *ctx;
} OpSelector;

/* The value of function_name_to_materialization_map: sizes for inputs, by function. */
typedef struct InputShape {
	const char *input;
	uint32_t rank;
	const int64_t *dim;
} InputShape;
typedef struct FunctionShapes {
	const char *function;
	VEC(InputShape) input;
} FunctionShapes;
typedef struct NewShapes {
	VEC(FunctionShapes) function;
	Span span; /* of what said so */
} NewShapes;

/* The value of activation_stats: which numbers a value was seen to have. */
typedef struct ValueRange {
	const Str *name;
	double low, high;
} ValueRange;
typedef struct ValueRanges {
	VEC(ValueRange) all; /* of a name, the last one counts */
	Span span;           /* of what said so */
} ValueRanges;

typedef bool PassFn(PassCtx *); /* false: failed, reported */
typedef bool RewriteFn(PassCtx *c, Inst *i); /* true: it changed something */
typedef struct PassInfo {
	const char *name;      /* "const_elimination" */
	const char *space;     /* "common", "mil_backend", "nn_backend", "ane" */
	PassFn *run;
	const Opcode *trigger; /* ends with OP_none; behind it what is needed, or another one;
	                          0: it is no row, but a script's, and always runs */
	const char *what;
} PassInfo;

#define PASS(name, space, triggers, what) PassFn pass_##name;
#define FUNC(name, space, triggers, what) bool func_##name(PassCtx *c, Func *f);
#define REWRITE(name, space, how, triggers, what) RewriteFn rewrite_##name;
#define IDLE(name, space, what)
#include "passes.def"

const PassInfo *pass_table(size_t *n);
const PassInfo *pass_find(const char *name); /* with or without "common::" */
const char *pass_nearest(const char *name);

/* What the options come down to: the format, and whether float16 is computed in. */
Format options_format(const ConvertOptions *o);

/* What an option's value is: a text up to PASS_WORD, else something that only scripts have. */
typedef enum PassOptionKind {
	PASS_NO_OPTION,
	PASS_NUMBER,   /* or a text that is one */
	PASS_COUNT,    /* int */
	PASS_NATURAL,  /* int from 0 on */
	PASS_POSITIVE, /* int from 1 on */
	PASS_WORD,     /* str */
	PASS_SELECTOR, /* OpSelector */
	PASS_SHAPES,   /* NewShapes: by function */
	PASS_CONFIG,   /* of ct.optimize.coreml */
	PASS_FLAG,     /* bool */
	PASS_STATS,    /* ValueRanges: by value */
} PassOptionKind;
PassOptionKind pass_option_kind(const PassInfo *p, const char *name);
typedef struct PassOption {
	const PassInfo *pass;
	const char *name, *text; /* of NAME=TEXT */
	const void *value;       /* what only a script can say, instead of the text */
} PassOption;
/* A list of passes to run. pipeline_default builds the peer's for the format and precision. */
typedef struct Pipeline {
	VEC(const PassInfo *) pass;
	uint32_t nfrontend; /* the first so many run before the backend ones (for options) */
	VEC(PassOption) option; /* of a name, the last one counts */
} Pipeline;
void pipeline_default(Pipeline *pl, Arena *a, const ConvertOptions *o);
/* These passes, such as a script's pass_pipeline, between those of the reader and of the back end,
 * without what the default has and they lack. */
void pipeline_main(Pipeline *pl, Arena *a, const Pipeline *main, const ConvertOptions *o);
/* --passes=LIST: "a,b,c" exactly these, where "ane" stands for a list (pipelines.def); "none";
 * "-a,+b" edits the default. A name may have options behind it, as
 * "const_elimination[skip_const_by_size=1000]". Reports bad names. */
bool pipeline_parse(Pipeline *pl, Arena *a, Diag *d, const char *list, const ConvertOptions *o);
/* The lists that have names: "default", "cleanup", …; 0 behind the last. */
const char *pipeline_name(size_t i);
void pipeline_named(Pipeline *pl, Arena *a, size_t i);

/* What --verify-passes found. All is gone behind the call that tells it. */
typedef struct PassDifference {
	const PassInfo *pass;
	const PassCtx *ctx;   /* in which it ran */
	const Program *before; /* the program that it changed */
} PassDifference;
/* Whether the pass changes what this program computes, on random inputs; for those who look for the
 * smallest such program. It is left as it is. */
bool pass_differs(const PassDifference *d, const Program *p);

typedef struct PassRunOptions {
	const char *print_after; /* pass name, "all" or 0 */
	bool time, verify;
	PassChanges *changes; /* what was rewritten for the Neural Engine; 0: who cares */
	bool (*after)(void *ctx, const PassInfo *p); /* each pass that ran; false ends it; or 0 */
	void *after_ctx;
	Talk talk; /* listings; progress before each pass */
	/* `verify` found a difference, which has been reported; notes join that. Or 0. */
	void (*differs)(void *ctx, const PassDifference *d);
	void *differs_ctx;
} PassRunOptions;
bool pipeline_run(const Pipeline *pl, PassCtx *c, const PassRunOptions *o);

/* This pass's option of that name: its text, or what a script gave; 0: none, or the other kind. */
const char *pass_option(const PassCtx *c, const char *name);
const void *pass_value(const PassCtx *c, const char *name);
/* The pass `name` comes later in the pipeline, without options that hold it back: what it will tidy
 * up need not be made first. */
bool pass_follows(const PassCtx *c, const char *name);
/* For a pass that renamed values or changed operands, and neither built nor removed anything: those
 * that had nothing to do before may have now. */
void func_changed(Func *f);
/* A builder that inserts before i with its function's opset, and i's span. */
Builder pass_builder_before(PassCtx *c, Inst *i);

#endif
