/* milc.h: the compiler as a library. Everything the command milc does is a call of this page.
 *
 *	milc *m = milc_new();
 *	milc_on_message(m, show, 0);
 *	milc_set(m, "target", "iOS17");
 *	if (milc_load(m, "sqrt.mil") == MILC_OK)
 *		milc_write(milc_model_at(m, 0), "sqrt.mlpackage");
 *	milc_free(m);
 *
 * A handle holds settings, where messages go, and one input with the models that came of it. All
 * memory, mappings, descriptors and temporary files of a handle are gone after milc_free(). There
 * is no other state: handles in different threads do not meet; one handle is for one thread at a
 * time. Called from one of its own callbacks, a function does nothing and gives MILC_WRONG_USE
 * (or 0).
 *
 * Strings are UTF-8. Those passed in are copied or used during the call alone; those given out
 * belong to the handle and stay until the next load. Nothing is printed: messages and texts go to
 * the callbacks, or nowhere. Numbers are written as in C, whatever locale the program has set; so
 * they are in callbacks.
 *
 * Results: MILC_OK; MILC_WRONG_INPUT, messages say why; MILC_WRONG_USE; MILC_FAILED, a limit or the
 * machine. Without memory, should milc itself be wrong, and when the progress callback stops it, a
 * function gives MILC_FAILED (or 0) after one message, and all that the handle had loaded is gone;
 * settings stay, and the handle can be used further. It never ends the process.
 */
#ifndef MILC_H
#define MILC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MILC_API __attribute__((visibility("default")))
#else
#define MILC_API
#endif

/* MAJOR * 10000 + MINOR * 100 + PATCH of this page; milc_version_number() is the library's. A
 * higher MAJOR may take something away, a higher MINOR only adds. */
#define MILC_VERSION_NUMBER 100
MILC_API int milc_version_number(void);
MILC_API const char *milc_version(void);   /* "0.1.0" */
MILC_API const char *milc_libraries(void); /* names and versions of the libraries in use */

enum { MILC_OK = 0, MILC_WRONG_INPUT = 1, MILC_WRONG_USE = 2, MILC_FAILED = 3 };

typedef struct milc milc;
typedef struct milc_model milc_model;
typedef struct milc_session milc_session;

MILC_API milc *milc_new(void); /* 0: no memory */
MILC_API void milc_free(milc *m); /* and its models and sessions; m may be 0 */

/* ---- settings ---- */

/* An option of the command, by its long name: "target", "passes", "define" (NAME=VALUE, adds one).
 * A flag takes "1" or "0". 0 as value takes back what was said. MILC_WRONG_USE after a message: no
 * such option, or not such a value; MILC_FAILED: no memory. What is set counts for all that is
 * loaded or compiled later; "seed", "threads", "reference", "max-steps" and "max-memory" for
 * sessions made later. */
MILC_API int milc_set(milc *m, const char *name, const char *value);

typedef struct milc_option {
	const char *name;    /* "output" */
	char letter;         /* 'o', or 0 */
	int takes_value;     /* 0: a flag */
	const char *spelled; /* "-o, --output OUT" */
	int commands;        /* those that take it: MILC_COMPILE | MILC_RUN … */
	const char *help;    /* one or more lines */
} milc_option;
enum { MILC_COMPILE = 1, MILC_RUN = 2, MILC_DUMP = 4, MILC_CHECK = 8, MILC_DIFF = 16,
	MILC_EDIT = 32, MILC_COMPRESS = 64, MILC_ANE = 128, MILC_REWRITE = 256, MILC_PROBE = 512,
	MILC_REDUCE = 1024, MILC_FP16 = 2048 };
MILC_API const milc_option *milc_options(size_t *n); /* all there are */

/* ---- messages and texts ---- */

enum { MILC_ERROR, MILC_WARNING, MILC_NOTE };
typedef struct milc_message {
	int severity;
	const char *file;   /* or 0 */
	const char *object; /* in a file without lines: "function main, operation relu_3"; or 0 */
	uint32_t line, column, end_line, end_column; /* from 1, columns in characters; 0: none */
	const char *text;   /* in one or more lines */
	const struct milc_message *notes;
	size_t nnotes;
	const char *rendered; /* all of it as the command shows it; JSON with "diagnostics" */
} milc_message;
typedef void milc_message_fn(void *ctx, const milc_message *msg);
MILC_API void milc_on_message(milc *m, milc_message_fn *fn, void *ctx);

/* What a script prints and listings that were asked for; what was asked to be written to "-"; what
 * a script writes to sys.stderr. */
enum { MILC_PRINTED, MILC_OUTPUT, MILC_COMPLAINED };
typedef void milc_text_fn(void *ctx, int what, const char *text, size_t n);
MILC_API void milc_on_text(milc *m, milc_text_fn *fn, void *ctx);

/* Called now and then during long work (each pass, a million steps of a script, twice a second of a
 * run); not 0 stops it, with MILC_FAILED. */
typedef int milc_progress_fn(void *ctx, const char *what);
MILC_API void milc_on_progress(milc *m, milc_progress_fn *fn, void *ctx);

/* ---- what the commands do, with the settings ---- */

/* milc INPUT: loads it and writes what it says, or what "output" says. */
MILC_API int milc_compile(milc *m, const char *path);
/* milc run INPUT, on "input", to "output" or as a summary to the text callback. */
MILC_API int milc_run(milc *m, const char *path);
/* milc dump INPUT: as a script to "output" or the text callback; with "text", "json" or "summary"
 * as that. */
MILC_API int milc_dump(milc *m, const char *path);
/* milc check MODEL…: all that is wrong with each of the files, as messages. */
MILC_API int milc_check(milc *m, const char *const *paths, size_t n);
/* milc edit MODEL: the model with what was asked for, to "output". */
MILC_API int milc_edit(milc *m, const char *path);
/* milc diff A B: what differs, to the text callback as MILC_OUTPUT. MILC_OK: nothing does;
 * MILC_WRONG_INPUT: something, or one of them cannot be read, which a message says. */
MILC_API int milc_diff(milc *m, const char *a, const char *b);
/* milc compress INPUT to "output": weights as "linear", "palettize", "prune" or "decompress" say.
 * What each loses, and with "input" each output, goes to the text callback. */
MILC_API int milc_compress(milc *m, const char *path);
/* milc reduce INPUT: the smallest program for which the command "when" succeeds, as a script to
 * "output". The command is run by the shell, once for each candidate; nothing else of milc runs
 * commands. */
MILC_API int milc_reduce(milc *m, const char *path);
/* milc fp16 INPUT: which operations half precision does not suit, on "input", to the text callback;
 * with "fix" the lines of a script that keep them in single precision, to "fix-output" or as
 * MILC_OUTPUT. MILC_WRONG_INPUT: some, or the input is wrong. */
MILC_API int milc_fp16(milc *m, const char *path);
/* milc ane INPUT: what of it runs on the Neural Engine, and why, to the text callback. With
 * "explain" the path can be 0. MILC_WRONG_INPUT: "require" does not hold, or the input is wrong. */
MILC_API int milc_ane(milc *m, const char *path);
/* milc rewrite --ane INPUT to "output": the safe rewrites for Apple's Neural Engine, which "ane"
 * asks for. What they did, and the largest difference of the numbers, goes to the text callback. */
MILC_API int milc_rewrite(milc *m, const char *path);
/* milc probe OP to the folder "output": scripts of that one operation over a grid, or with "all"
 * one of each. With "swift" or "merge" op can be 0: a program that asks a Mac, or what its answers
 * say about the tables, to the text callback. */
MILC_API int milc_probe(milc *m, const char *op);
/* The op reference, all or one, as text or JSON; the passes of the default pipelines. */
MILC_API int milc_ops(milc *m, const char *name, int json);
/* All of it as the source of a manual page, milc-ops(7). */
MILC_API int milc_ops_page(milc *m);
/* The operations of PyTorch files, all or one ("conv2d", "aten::add.Tensor"), and what becomes of
 * them. */
MILC_API int milc_torch_ops(milc *m, const char *key, int json);
/* The op reference as a folder of pages: one for each operation, with examples just run. */
MILC_API int milc_pages(milc *m, const char *folder);
MILC_API int milc_passes(milc *m);

/* ---- models ---- */

/* A script, package or model file, by content; what was loaded before is gone. The path "-" is
 * standard input. The bytes are copied; name stands in messages, its folder is the script's. */
MILC_API int milc_load(milc *m, const char *path);
MILC_API int milc_load_bytes(milc *m, const char *name, const void *bytes, size_t n);

/* Those that a script saved, or else those that it converted; the one that was read. */
MILC_API size_t milc_model_count(const milc *m);
MILC_API milc_model *milc_model_at(milc *m, size_t i); /* 0: there are not so many */
MILC_API const char *milc_model_path(const milc_model *model); /* as save() has it, or 0 */

typedef enum milc_role { MILC_INPUT, MILC_OUTPUT_FEATURE, MILC_STATE } milc_role;
typedef struct milc_feature {
	const char *name, *description; /* the latter may be 0 */
	const char *kind;               /* "array", "image", "state", "dictionary" … */
	const char *dtype;              /* "fp32" … of arrays and states, else 0 */
	size_t rank;
	const int64_t *shape;      /* the default one where it is flexible; 0: not said */
	const int64_t *low, *high; /* bounds of each dimension, high -1: none; 0: shape is fixed */
	int optional;
} milc_feature;
MILC_API int milc_feature_count(milc_model *model, milc_role role, size_t *n);
MILC_API int milc_feature_at(milc_model *model, milc_role role, size_t i, milc_feature *out);

/* A field of the specification by path, as text: "specificationVersion",
 * "description.metadata.author", "description.metadata.userDefined[my.key]",
 * "description.input[0].shortDescription". 0: nothing there. */
MILC_API const char *milc_get_field(milc_model *model, const char *path);
/* Changes one field and nothing else. */
MILC_API int milc_set_field(milc_model *model, const char *path, const char *value);

/* In the form that the ending names, after the passes that were asked for. */
MILC_API int milc_write(milc_model *model, const char *path);
/* The specification (".mlmodel") or MIL text (".mil") to the text callback, as MILC_OUTPUT. */
MILC_API int milc_write_text(milc_model *model, const char *form);

/* ---- running ---- */

/* A function made ready once, to be run many times on this machine's CPU. 0 after messages. */
MILC_API milc_session *milc_session_new(milc_model *model, const char *function /* 0: default */);
MILC_API void milc_session_free(milc_session *s); /* before its handle; else milc_free() does it */

typedef struct milc_tensor {
	const char *name;
	const char *dtype; /* "fp16", "fp32", "int32", "bool" … */
	size_t rank;
	const int64_t *shape;
	const void *data; /* dense, row by row; as in this machine's memory; texts: const char * */
	size_t bytes;
} milc_tensor;
/* The buffer is read by each run until another one is given; it is not copied. */
MILC_API int milc_session_set(milc_session *s, const milc_tensor *input);
/* States keep what the run before left in them; milc_session_reset() begins anew. */
MILC_API int milc_session_run(milc_session *s);
MILC_API int milc_session_reset(milc_session *s);
MILC_API size_t milc_session_outputs(const milc_session *s); /* of the last run */
/* The result is the session's until its next run. */
MILC_API int milc_session_output(milc_session *s, size_t i, milc_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
