/* unit.h: one compilation from a script to models in memory; milc_compile and milc_run share it. */
#ifndef MILC_UNIT_H
#define MILC_UNIT_H

#include "ct/bind.h"
#include "file/mapfile.h"
#include "milc.h"

typedef struct Opened { /* files that the script read, for make */
	const char *path;
	struct Opened *next;
} Opened;

typedef struct Unit {
	Arena arena;
	Interner names;
	Diag diag;
	Interp *in;
	Bind bind;
	ConvertFlags flags;
	PassRunOptions pass_run;
	const milc_compile_options *o;
	MapFile file;
	const char *path, *dir;
	Opened *opened;
	bool print_to_stderr; /* standard output belongs to the model or its text */
	Types *types;         /* of the bind, or own for models read from files */
	Types own_types;
	double started;         /* ms; progress is shown a second later */
	bool progress_shown;
} Unit;

void unit_init(Unit *u, const milc_compile_options *o);
void unit_free(Unit *u);
/* Checks the options, reads and runs the script, converts. False after reporting; *status is the
 * exit status then. The models are in u->bind. */
bool unit_script(Unit *u, const char *path, int *status);
/* The model to run or print: the last one saved, or else the last one converted. */
Model *unit_model(Unit *u);
/* Says on a terminal what is being done, once it takes over a second. 0: wipes that again. */
void unit_progress(Unit *u, const char *what);
void unit_print(Unit *u, const char *text, size_t n); /* to where a script prints */

#endif
