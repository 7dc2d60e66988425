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

typedef struct PassCtx {
	Program *prog;
	Model *model;        /* inputs, outputs and format asked for; 0 in unit tests of passes */
	const ConvertOptions *opt;
	Arena *arena;        /* scratch, released after the pass */
	const char *name;    /* of this pass */
	bool failed;         /* reported; the pass need not know */
	const char *option;  /* of this pass, as "name=value,…"; or 0 */
	const struct Pipeline *pipeline; /* that this pass runs in, and its place there; 0 alone */
	uint32_t place;
} PassCtx;

typedef bool PassFn(PassCtx *); /* false: failed, reported */
typedef bool RewriteFn(PassCtx *c, Inst *i); /* true: it changed something */
typedef struct PassInfo {
	const char *name;      /* "const_elimination" */
	const char *space;     /* "common", "mil_backend", "nn_backend" */
	PassFn *run;
	const Opcode *trigger; /* ends with OP_none; behind it what is needed, or another one */
	const char *what;
} PassInfo;

#define PASS(name, space, triggers, what) PassFn pass_##name;
#define FUNC(name, space, triggers, what) bool func_##name(PassCtx *c, Func *f);
#define REWRITE(name, space, how, triggers, what) RewriteFn rewrite_##name;
#define LATER(name, space, triggers, what) /* a row whose pass is still to be written */
#include "passes.def"

const PassInfo *pass_table(size_t *n);
const PassInfo *pass_find(const char *name); /* with or without "common::" */
const char *pass_nearest(const char *name);

bool pass_is_written(const PassInfo *p);

/* What the options come down to: the format, and whether float16 is computed in. */
Format options_format(const ConvertOptions *o);

typedef struct PassOption {
	const PassInfo *pass;
	const char *text; /* "name=value,…" */
} PassOption;
/* A list of passes to run. pipeline_default builds the peer's for the format and precision. */
typedef struct Pipeline {
	VEC(const PassInfo *) pass;
	uint32_t nfrontend; /* the first so many run before the backend ones (for options) */
	VEC(PassOption) option; /* the last one of a pass counts */
} Pipeline;
void pipeline_default(Pipeline *pl, Arena *a, const ConvertOptions *o);
/* --passes=LIST: "a,b,c" exactly these; "none"; "-a,+b" edits the default; "main=a,b,c" (made of a
 * script's PassPipeline): these, then the back end's without what the list leaves out. A name may
 * have options behind it: "const_elimination[skip_const_by_size=1000]". Reports bad names. */
bool pipeline_parse(Pipeline *pl, Arena *a, Diag *d, const char *list, const ConvertOptions *o);

typedef struct PassRunOptions {
	const char *print_after; /* pass name, "all" or 0 */
	bool time, verify;
	Talk talk; /* listings; progress before each pass */
} PassRunOptions;
bool pipeline_run(const Pipeline *pl, PassCtx *c, const PassRunOptions *o);

/* What stands behind "KEY=" in this pass's option; 0 if it says something else. */
const char *pass_option(const PassCtx *c, const char *key);
/* The pass `name` comes later in the pipeline: what it will tidy up need not be made first. */
bool pass_follows(const PassCtx *c, const char *name);
/* For a pass that renamed values or changed operands, and neither built nor removed anything: those
 * that had nothing to do before may have now. */
void func_changed(Func *f);
/* A builder that inserts before i with its function's opset, and i's span. */
Builder pass_builder_before(PassCtx *c, Inst *i);

#endif
