/* script.c: fuzzes the script language: the input is parsed and run with small limits, without
 * files and without anything around the interpreter. The first byte chooses whether the collector
 * runs at every statement.
 */
#include "base/diag.h"
#include "np/np.h"
#include "stdlib/stdlib.h"
#include "stdlib/stdlib.h"
#include "target.h"

static void
drop_print(void *ctx, const char *text, size_t n)
{
	(void)ctx, (void)text, (void)n;
}

static void
drop_diag(void *ctx, const char *text, size_t n)
{
	(void)ctx, (void)text, (void)n;
}

typedef struct Input {
	const uint8_t *data;
	size_t size;
} Input;

static void
run(void *ctx)
{
	const uint8_t *data = ((Input *)ctx)->data;
	size_t size = ((Input *)ctx)->size;
	InterpOptions opt = {
	    .limits = {.steps = 20000, .depth = 60, .memory = 64 << 20},
	    .talk = {.print = drop_print},
	    .collect_always = size && (data[0] & 1),
	};
	Arena arena = {0};
	Interner names;
	Diag diag;
	Source *src;
	Interp *in;

	intern_init(&names, &arena);
	diag_init(&diag, &arena);
	diag.sink = drop_diag;
	src = diag_add_source(&diag, "fuzz.mil", (const char *)data, size);
	in = interp_new(&arena, &names, &diag, &opt);
	np_install(in);
	stdlib_install(in);
	stdlib_install(in);
	interp_run(in, src);
	diag_flush(&diag);
	interp_free(in);
	intern_free(&names);
	arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Guard guard = {0};

	guard_run(&guard, run, &(Input){data, size});
	guard_release(&guard);
	return 0;
}
