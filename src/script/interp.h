/* interp.h: running a script. The interpreter is a walk over the syntax tree with resolved local
 * slots; it is re-entrant (C code called by scripts may call back) and bounded: steps, depth of
 * calls, bytes allocated.
 */
#ifndef MILC_INTERP_H
#define MILC_INTERP_H

#include "value.h"

typedef struct Limits {
	uint64_t steps;   /* statements and calls; default 200,000,000 */
	uint32_t depth;   /* nested calls of script functions; default 1000, as CPython */
	uint64_t memory;  /* bytes of live objects; default 8 GiB */
} Limits;

typedef struct Define { /* -D NAME=VALUE */
	const char *name, *literal;
} Define;

typedef struct InterpOptions {
	Limits limits;
	const Define *defines;
	uint32_t ndefine;
	const char *dir;    /* the script's folder: base of all relative paths */
	const char *script; /* sys.argv[0] */
	const char *file;   /* __file__; 0: the name of the source */
	const char *const *argv; /* the rest of it */
	uint32_t nargv;
	Talk talk; /* print(); progress every million steps */
	/* A file was opened for reading: for -MD. May be 0. */
	void (*opened)(void *ctx, const char *path);
	void *opened_ctx;
	struct Store *store; /* the script's files (stdlib/store.h); 0: no path can be opened */
	bool collect_always; /* at every statement and call: for tests of the collector */
} InterpOptions;

/* An importable module. `path` is dotted as in the import statement ("coremltools.converters.mil");
 * make() is called once, on first use. */
typedef struct ModuleDef {
	const char *path;
	Value (*make)(Interp *in, void *ctx);
} ModuleDef;

Interp *interp_new(Arena *unit, Interner *names, Diag *diag, const InterpOptions *opt);
void interp_free(Interp *in);
/* The library around it adds its modules and the prelude (names that a script may use without
 * import), before running. ctx is handed to make(). */
void interp_add_modules(Interp *in, const ModuleDef *m, size_t n, void *ctx);
void interp_add_prelude(Interp *in, const char *name, const char *module_path, const char *member);
void *interp_ctx(Interp *in); /* the ctx of interp_add_modules */

/* What `import path` binds, but for the last name. */
bool interp_import(Interp *in, const char *path, Value *out);
/* Parses and runs the module. False if anything was reported as an error. */
bool interp_run(Interp *in, const Source *src);

/* Calls any callable. `out` may be V_POISON with true. */
bool interp_call(Interp *in, Value fn, const Args *args, Value *out);
/* The name of a def or lambda; 0: fn is none. */
const Str *interp_func_name(Value fn);
/* Its parameters' names, for @mb.program, whose inputs are named by them; false: fn is none. */
bool interp_signature(Interp *in, Value fn, const Str ***params, uint32_t *n, Span *def);
Diag *interp_diag(Interp *in);
Arena *interp_arena(Interp *in);   /* lives as long as the compilation */
Interner *interp_names(Interp *in);
struct Store *interp_store(Interp *in);
/* Path as the script gave it -> as messages show it: from where milc was started (arena). */
const char *interp_path(Interp *in, const char *path);
void interp_opened(Interp *in, const char *path); /* tell -MD */
void interp_print(Interp *in, const char *text, size_t n); /* to where print() goes */
void interp_complain(Interp *in, const char *text, size_t n); /* to sys.stderr */
uint64_t interp_serial(Interp *in);                        /* 1, 2, 3 … */
/* Place of the statement or call being executed now. */
Span interp_here(Interp *in);
Span interp_place(Interp *in, Span at); /* in library code: where the script called it */
void interp_unseeded(Interp *in, Span at); /* warns: random numbers are those of seed 0 */
/* The source text of operand i of the operation at `at`; of a.m(…): a and what stands between the
 * parentheses. 0 if that is not what runs, or it has no such operand. */
const char *interp_text(Interp *in, Span s); /* the source, "…" if it is long */
const char *interp_operand(Interp *in, Span at, int i);
Value interp_global(Interp *in, const char *name); /* V_UNSET if absent */

/* A table of what messages mean to Python (faults.h). */
void interp_add_faults(Interp *in, const char *rows, size_t size);

bool vfail(Interp *in, Span at, const char *fmt, va_list ap);
/* As fail(), where no row of a table says what is caught (faults.h): it is `exc`. V_UNSET: nobody
 * may catch it. */
bool fail_with(Interp *in, Span at, Value exc, const char *fmt, ...) PRINTF(4, 5);
/* What the rows say of a message: the class (0: milc lacks it), and what str(e) gives into text. */
const char *fault_of(Interp *in, const char *fmt, va_list ap, char *text, size_t room);
/* Raises an exception of that builtin class, whose text is also what is said. */
bool raise_as(Interp *in, Span at, const char *class, const char *fmt, ...) PRINTF(4, 5);
/* What was just reported has this as args[0] in place of its text. False. */
bool fault_arg(Interp *in, Value v);
/* A new exception of a builtin class; raise_value() sends it on its way. */
Value exc_new(Interp *in, const char *class, const Value *args, uint32_t n);
bool raise_value(Interp *in, Value v, Span at);
/* Somebody may catch what is reported now: it has to end the call. */
bool interp_catching(Interp *in);

/* Reports an error at `at` (or interp_here when NOSPAN), followed by the chain of calls that led
 * there as notes; returns false. Ends the run when the false reaches the top. */
bool fail(Interp *in, Span at, const char *fmt, ...) PRINTF(3, 4);
/* The notes with the chain of calls, after a diagnostic issued by someone else (the builder). */
void interp_note_calls(Interp *in);
/* Counts n steps; false (reported) when the limit is reached. For long loops in C code. */
bool interp_steps(Interp *in, uint64_t n);
/* Counts one item of a loop in C code: sixteen of them make a step. */
bool interp_item(Interp *in);
/* True, after reporting, when the C stack is nearly used up: for C code that recurses as deep as a
 * script likes. */
bool interp_deep(Interp *in, Span at);
/* Accounts n bytes, and the work of filling them; false (reported) when the memory limit is
 * reached. */
bool interp_memory(Interp *in, size_t n);
/* The same check for n bytes that are not accounted yet. */
bool interp_room(Interp *in, size_t n);

/* Temporaries that must survive a collection. */
void interp_push(Interp *in, Value v);
void interp_pop(Interp *in, uint32_t n);
void interp_mark(Interp *in, Value v); /* only from HostType.mark */
void interp_pin(Interp *in, Value v);  /* lives as long as the interpreter */
void interp_keep(Interp *in, NdBuffer *b); /* so do these elements */
uint64_t interp_identity(Interp *in, Value v); /* hash of what equals only itself */
void *interp_alloc(Interp *in, VKind kind, size_t size); /* a new Obj */

#endif
