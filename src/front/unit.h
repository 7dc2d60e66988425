/* unit.h: one input on its way to models in memory: the settings that hold for it, where messages
 * go, all memory, and the models that came of it. Every command begins here.
 */
#ifndef MILC_UNIT_H
#define MILC_UNIT_H

#include "convert/convert.h"
#include "file/mapfile.h"
#include "model/io.h"
#include "script/interp.h"

/* What a caller can ask for; 0 or NULL: nothing was said. */
typedef struct Settings {
#define FLAG(field) bool field;
#define TEXT(field) const char *field;
#define LIST(field)                                                                                \
	const char *const *field;                                                                  \
	size_t n##field;
#define COUNT(field) uint64_t field;
#define POSITIVE(field) uint64_t field;
#define DEFINE(field)                                                                              \
	const Define *field;                                                                       \
	size_t n##field;
#define OPTION(name, letter, kind, field, spelled, commands, help) kind(field)
#include "options.def"
#undef OPTION
#undef FLAG
#undef TEXT
#undef LIST
#undef COUNT
#undef POSITIVE
#undef DEFINE
} Settings;

/* Of a script, of what is made from a model, and of a run, unless --max-memory says otherwise. */
#define MAX_MEMORY (UINT64_C(8) << 30)

typedef struct Unit {
	Arena arena;
	Interner names;
	Types types;
	Diag diag;
	Maps maps;
	Settings said; /* when it began */
	const Settings *o;
	const char *path, *dir; /* the input and its folder */
	bool script;            /* its models come from ct.convert, with the settings heeded */
	ConvertOptions flags;   /* format, target, precision, passes as words */
	PassRunOptions pass_run;
	VEC(Saved) saved;       /* by a script, in that order */
	VEC(Model *) models;    /* converted or read, in that order */
	VEC(const char *) opened; /* files that were read beside the input, for make */
	VEC(struct CustomProgram { const char *class; const Func *func; }) customs;
	VEC(struct Opened { void (*close)(void *); void *what; }) open; /* by its fronts */
	struct FsBatch *batch;  /* outputs wait there for each other (file/fsout.h), or 0 */
	struct Store *store;    /* what the script wrote (stdlib/store.h), or 0 */
	bool wrong_use;         /* the exit status is 2 */
	Talk talk;              /* what a script prints, and listings */
	/* Who wants to know what --verify-passes finds (pass.h), or 0. */
	void (*differs)(void *ctx, const PassDifference *d);
	void *differs_ctx;
} Unit;

void unit_init(Unit *u, const Settings *o);
void unit_free(Unit *u);
/* Checks the settings and opens the input, whatever it is. False after reporting. */
bool unit_open(Unit *u, const char *path);
bool unit_open_bytes(Unit *u, const char *name, const void *p, size_t n);
/* The model to run or print: the last one saved, or else the last one converted or read. A
 * script may have made none: 0 after reporting that. */
Model *unit_model(Unit *u);
/* m->prog is there afterwards: read from an ML Program or lifted from a network at the first call.
 * False after reporting. */
bool unit_program(Unit *u, Model *m);
/* The same, and its weights are there: for who computes with them. */
bool unit_values(Unit *u, Model *m);
ReadCtx unit_reading(Unit *u);
/* Runs the passes that were asked for on a model that was read; a script's have run already. Then
 * takes the function that was asked for. */
bool unit_convert(Unit *u, Model *m);
/* A function of its program, the default one for NULL; 0 after reporting. */
const Func *unit_function(Unit *u, const Model *m, const char *name);
bool unit_wrong_use(Unit *u, const char *fmt, ...) PRINTF(2, 3); /* false */
/* Exit status of the command, from what was reported. */
int unit_status(const Unit *u, bool ok);

#endif
