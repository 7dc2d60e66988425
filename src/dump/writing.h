/* writing.h: what the files that write a script share. */
#ifndef MILC_WRITING_H
#define MILC_WRITING_H

#include "dump.h"
#include "pass/pass.h"

typedef struct Writing {
	const Model *m;
	const DumpOptions *o;
	Diag *diag;
	Arena *arena;
	Buf *out;
	DumpedWeights *weights;
	Map stored;      /* Tensor -> its name in the weights file */
	Map stored_names;
	const Func *f;   /* being written: */
	Map taken;       /* names of Python's in it */
	Map name_of;     /* Var -> such a name */
	Map held;        /* constants that stand in the call that uses them: Inst -> that one */
	Map shown;       /* Var -> the one with a line of its own that stands for it */
	Map records;     /* of the weights file: place -> the first Var with it */
	Map runs;        /* Inst -> those that its call makes, as Places */
	Map counts;      /* behind automatic names: stem -> how often it was used */
	Opset opset;     /* that picks the versions of operations */
	uint32_t loops;  /* around what is planned: their functions run once or twice, and nobody
	                    knows the names of constants that stand in calls */
	const char *made_probs; /* the name of its probabilities there */
	const Inst *classify; /* of a classifier: made by ct.convert, as is its cast; or 0 */
	const Inst *cast;
	const Var *probabilities; /* what it is given */
	int64_t elements; /* of constants in the text so far */
	bool skip_passes; /* those of the back end would change the program */
	bool failed;
} Writing;

/* ---- names.c ---- */
/* The name can stand as a parameter, for what a script calls so hides nothing that is needed. */
bool is_plain_name(const char *s);
/* One that is free in the function, as near to s as can be. */
const char *fresh_name(Writing *w, const char *s);
const char *var_name(Writing *w, const Var *v); /* given at the first call */
void put_quoted_text(Buf *b, const char *s); /* quoted */

/* ---- literal.c ---- */
/* An expression whose value is the constant: for an argument, or for mb.const(val=…). */
void put_literal(Writing *w, const Var *v);
void put_number(Buf *b, double v);
void put_elements(Buf *b, const Tensor *t); /* as nested lists */
/* Adds it to the weights file under a name like `base` that is free there: that name. */
const char *store_tensor(DumpedWeights *all, Map *taken, Arena *a, Interner *names,
                         const char *base, const Tensor *t);
/* The beginning of a script with weights beside it: the assignment to `weights`. */
void put_weights_file(Buf *b, const DumpOptions *o);
/* "fp16 (2, ?)" */
void put_type_words(Writing *w, Buf *b, const Type *t);
void put_shape(Writing *w, const Type *t, const char *unknown); /* "(2, UNKNOWN)" */

/* ---- interface.c: what ct.convert is told, and what it makes of that ---- */
/* The options that the script will give; its inputs are those that need words. */
ConvertOptions make_options(Writing *w);
void put_options(Writing *w, const ConvertOptions *o);
void find_classifier(Writing *w); /* in the default function */
/* What differs from what the call gave the model p. */
void put_metadata(Writing *w, const Model *p);

/* ---- raw.c: what the calls leave unsaid ---- */
/* The model as ct.convert and the metadata will make it, without passes; 0 after reporting. */
Model *predict(Writing *w, const ConvertOptions *o);
void put_raw(Writing *w, const Model *p); /* assignments to fields of the specification */

/* ---- calls.c ---- */
bool pick_opset(Writing *w, Opset target); /* false after reporting */
void plan_function(Writing *w); /* which constants stand in calls */
void put_body(Writing *w, const Block *b, int depth);
void put_results(Writing *w, const Block *b); /* "x, y" */

#endif
