/* io.h: what readers and writers of models are given. */
#ifndef MILC_IO_H
#define MILC_IO_H

#include "model.h"

typedef struct ReadCtx {
	Arena *arena;
	Interner *names;
	Types *types;
	Diag *diag;
	const char *path;
	Span span;         /* what asked for it: the place of what has no file */
	Opset least;       /* functions of an older opset are read as of this one */
	struct Maps *maps; /* owns the files that are mapped for models (file/mapfile.h) */
	/* The program that stands in for custom layers of a class, or 0 if nobody gave one; false
	 * after reporting. May be 0 itself. */
	bool (*custom)(const struct ReadCtx *c, const char *class, const Func **f);
	void *custom_ctx;
} ReadCtx;

typedef struct EmitCtx EmitCtx;
struct EmitCtx {
	const char *path;  /* final path; written beside it, then renamed (fsout.h) */
	const char *script; /* what was read, if it is one: no output may replace it */
	Diag *diag;
	Span span;         /* what asked for it, for errors */
	const char *date;  /* conversion date "2026-01-20" or 0 (SOURCE_DATE_EPOCH) */
	ReadCtx read;      /* with which bodies of models inside of models are read */
	const char *color_by; /* what the colours of a picture mean (view/view.h), or 0 */
	const char *family;   /* … of verdicts: on which chips, or 0 */
	struct FsBatch *batch; /* the output waits there for others (file/fsout.h); or 0 */
	bool unverified;   /* what no model of Apple's shows is written as it is likely to be */
	/* Makes the layers of a model whose format is NeuralNetwork and that has none yet:
	 * nn/lower.h. Memory from the arena; the version of the specification that they need; 0
	 * after reporting. */
	Msg *(*lower)(const Model *m, EmitCtx *c, Arena *a, int *version);
};

typedef struct Saved { /* one model.save() of a script */
	const Model *of;  /* as the script knows it */
	Model *model;     /* as it was then */
	const char *path; /* relative to the script's folder, as written; 0: it was removed */
	Span span;
	bool temporary; /* in a folder that goes with the script: no output */
	uint32_t made;    /* so many models the script had converted then */
} Saved;

#endif
