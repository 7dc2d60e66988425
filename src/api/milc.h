/* milc.h: the compiler as a library. Everything the command milc does is a call of this page.
 *
 * Strings are UTF-8 and belong to whoever passes them; nothing is kept after a call returns. There
 * is no global state: calls in different threads do not meet. Every struct starts with its size, so
 * that a program built against an older page keeps working: use the MILC_..._INIT initializers.
 *
 * Results are the exit statuses of the command: 0 done, 1 the input is wrong (diagnostics were
 * given to the sink), 2 wrong use, 3 a limit or the machine failed.
 */
#ifndef MILC_H
#define MILC_H

#include <stdbool.h>
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

enum { MILC_OK = 0, MILC_WRONG_INPUT = 1, MILC_WRONG_USE = 2, MILC_FAILED = 3 };

/* Finished lines of text: diagnostics, or what a script prints. */
typedef void milc_sink(void *ctx, const char *text, size_t len);

typedef struct milc_define { /* like -D NAME=VALUE */
	const char *name, *value; /* a Python literal */
} milc_define;

/* What calls on scripts and models share. */
typedef struct milc_common {
	milc_sink *diagnostics; /* 0: standard error */
	void *diagnostics_ctx;
	milc_sink *print; /* what a script prints; 0: standard output */
	void *print_ctx;
	bool json, color;   /* form of diagnostics */
	bool warnings_are_errors;
	bool progress;       /* what is being done, on standard error, when it takes long */
	uint64_t max_steps;  /* statements and calls; of a run: operations in loops; 0: 2e8 */
	uint64_t max_memory; /* bytes of script values; of a run: inputs and values. 0: 8 GiB */
	const milc_define *define;
	size_t ndefine;
} milc_common;

typedef struct milc_compile_options {
	size_t size;
	milc_common common;
	const char *output;     /* file, folder with a trailing slash, "-", or 0: see milc(1) */
	const char *convert_to; /* "mlprogram", "neuralnetwork" or 0 */
	const char *target;     /* "iOS17", "macOS14" … or 0 */
	const char *precision;  /* "fp16", "fp32" or 0 */
	const char *passes;     /* see milc(1), or 0 */
	const char *program;    /* name of the one to compile, or 0: the last */
	const char *function;
	bool text;              /* MIL text instead of a model */
	const char *print_after; /* pass name or "all"; printed to `print` */
	bool time_passes, verify_passes;
	bool depend;               /* write a make dependency file */
	const char *depend_file;   /* its name; 0: the output's with .d */
	const char *date;          /* conversion date to record, or 0 */
} milc_compile_options;
#define MILC_COMPILE_INIT {.size = sizeof(milc_compile_options)}

/* Compiles a script and writes what it says. `path` "-" is standard input. */
MILC_API int milc_compile(const char *path, const milc_compile_options *o);

typedef struct milc_run_options {
	size_t size;
	milc_compile_options compile; /* for scripts */
	const char *input;    /* .npz of inputs and first states, or 0: random, and zero */
	const char *output;   /* .npz, or 0: a summary on `print` */
	uint64_t seed;        /* of random inputs and random ops */
	uint32_t repeat;      /* runs, states going on; 0: 1 */
	bool time;            /* print the time of each run */
	bool profile;         /* print the time of each op */
} milc_run_options;
#define MILC_RUN_INIT                                                                              \
	{                                                                                          \
		.size = sizeof(milc_run_options), .compile = MILC_COMPILE_INIT                     \
	}

/* Runs a script's model, a .mlpackage or a .mlmodel on this machine's CPU. */
MILC_API int milc_run(const char *path, const milc_run_options *o);

/* The op reference, all or one, as text or JSON, to the sink. */
MILC_API int milc_ops(const char *name, bool json, const milc_common *c);
/* The passes in the order of the default pipelines, to the sink. */
MILC_API int milc_passes(const milc_common *c);

MILC_API const char *milc_version(void);   /* "0.1.0" */
MILC_API const char *milc_libraries(void); /* names and versions of the libraries in use */

#ifdef __cplusplus
}
#endif
#endif
