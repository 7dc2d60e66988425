/* api.h: the handle behind milc.h. Each function of milc.h is one call of api_enter(), inside which
 * everything is the guard's.
 */
#ifndef MILC_API_H
#define MILC_API_H

#include "dump/dump.h"
#include "exec/exec.h"
#include "exec/gaps.h"
#include "form/emit.h"
#include "front/unit.h"
#include "milc.h"

struct milc_model {
	milc *m;
	Model *model;
	const char *path; /* as saved, or 0 */
	Model *built;     /* with the specification as its body, once asked for */
};

struct milc {
	Guard guard, words; /* of what was loaded; of the settings' texts */
	Settings settings;
	Unit unit;
	bool loaded; /* unit is alive */
	milc_model *model;
	size_t nmodel;
	milc_session *sessions; /* a list */
	milc_message_fn *message;
	milc_text_fn *text;
	milc_progress_fn *progress;
	void *message_ctx, *text_ctx, *progress_ctx;
};

/* fn in the handle's guard: its result, or MILC_FAILED when memory ran out or milc is wrong; then
 * what was loaded is gone. MILC_WRONG_USE from inside a callback. */
int api_enter(milc *m, int (*fn)(milc *m, void *ctx), void *ctx);
/* An error that is about the call. */
void api_say(milc *m, const char *fmt, ...) PRINTF(2, 3);
/* Ends the unit with all that came of it, and begins a new one with the settings of now. */
void api_renew(milc *m);
bool api_load(milc *m, const char *path);
/* With these passes where none were said, and in this precision; 0: as it was said. */
bool api_load_as(milc *m, const char *path, const char *passes, const char *precision);
/* In the form that the path names, after the passes that were asked for. */
bool api_write(milc *m, Model *model, const char *path, Span at);
/* With the specification as its body. What a script made has no file: its place is the script. 0
 * after reporting. */
Model *api_spec(milc *m, Model *model);
/* The model of a second input beside the one that was loaded, with its specification; what was
 * taken of the first stays. 0 after reporting. */
Model *api_second(milc *m, const char *path);
/* MIL text, or the specification, after the passes that were asked for. */
bool api_text(milc *m, Model *model, bool mil, Buf *b);
void api_give(milc *m, Buf *b); /* to the text callback as MILC_OUTPUT, and frees it */
int api_status(milc *m, bool ok); /* of the unit, and flushes its messages */
EmitCtx api_emit(milc *m, const char *path, Span at);
/* -o names a form of output; else that is wrong use, and reported. */
bool api_output_has_form(Unit *u);

/* ---- dump.c ---- */
/* A script to the path, and beside it, at `arrays`, what belongs into its weights file. */
bool api_put_script(milc *m, const char *path, const Buf *text, const char *arrays,
                    const DumpedWeights *w);
/* "net" of "models/net.mlpackage/" */
const char *api_stem(Arena *a, const char *path);

/* ---- reduce.c ---- */
/* --verify-passes found a difference: the smallest program that shows it goes to a script beside
 * the output. ctx is the handle. */
void api_reduce_difference(void *ctx, const PassDifference *d);

/* ---- session.c ---- */
void session_end(milc_session *s); /* and takes it out of its handle's list */

/* ---- ane.c ---- */
/* The family of --family, which must be one; that of the chip `unsaid` without. 0 after reporting
 * wrong use. */
int api_family(Unit *u, const char *unsaid);

/* ---- run.c ---- */
SessionOptions api_session(const milc *m);
bool api_run_status(milc *m, Session *s, RunStatus status); /* false after reporting */
/* Runs the default function once on random inputs: what goes in and what comes out, as `milc run`
 * prints it. False after reporting. */
bool api_try(milc *m, const Model *model, Buf *in, Buf *out);

/* ---- numbers.c ---- */
/* Runs all functions of two forms of a model on the same inputs and adds what lies between outputs
 * of one name, whose texts are in `a`; *compared: there were some. False after reporting when the
 * second cannot be run; a first one that cannot is not compared. */
bool api_compare(milc *m, const Model *was, const Model *now, Arena *a, Gaps *g, bool *compared);
void api_put_gaps(milc *m, const Gaps *g); /* the largest, as lines */

/* ---- outputs.c ---- */
/* What a function gives (0: the default one) for "input", and random numbers where that says
 * nothing, in `a`. False after reporting: as a warning when it cannot be run and need not. */
bool api_outputs(milc *m, const Model *model, const char *function, bool must, Arena *a,
                 NamedTensor **out, uint32_t *n);

/* ---- inputs.c: what `milc run` gives a function: arrays by name, and random numbers ---- */
typedef struct Inputs {
	NamedTensor *at; /* first all that are no states, */
	uint32_t plain;  /* so many, */
	uint32_t n;      /* then the states that were given */
} Inputs;

/* f are the model's descriptions of the function's inputs, with the bounds of flexible ones. False
 * after reporting; what is too large for `memory` bytes is a fault of the machine. */
bool inputs_load(Unit *u, const Feature *f, uint32_t nf, const Func *func, uint64_t memory,
                 Inputs *in);

#endif
