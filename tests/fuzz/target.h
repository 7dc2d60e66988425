/* target.h: what the fuzz targets share. A target writes its input as a file into a folder of its
 * own, calls the library, and aborts when a failure has no message, a pass changes numbers, or an
 * exit status is none of those in milc(1). die() is a finding too.
 */
#ifndef MILC_FUZZ_TARGET_H
#define MILC_FUZZ_TARGET_H

#include "api/milc.h"
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
int LLVMFuzzerInitialize(int *argc, char ***argv);
_Noreturn void __wrap_exit(int status);

/* Without memory the library ends the process, which is right; run.sh goes on. */
void
__wrap_exit(int status)
{
	_exit(status == 3 ? 0 : status);
}

static bool target_spoke;

static inline void
target_hear(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	target_spoke = true;
	if (memmem(text, n, "changes what the program computes", 33) ||
	    memmem(text, n, "internal error", 14) || memmem(text, n, "(null)", 6))
		abort();
}

static inline void
target_drop(void *ctx, const char *text, size_t n)
{
	(void)ctx, (void)text, (void)n;
}

static inline void
target_limits(milc_common *c)
{
	target_spoke = false;
	c->diagnostics = target_hear;
	c->print = target_drop;
	c->max_steps = 30000;
	c->max_memory = 192u << 20;
}

static inline void
target_judge(int status)
{
	if ((status && !target_spoke) || (status != 0 && status != 1 && status != 3))
		abort();
}

/* Goes to a new folder for the files of this process. */
static inline void
target_folder(void)
{
	char at[] = "/tmp/milc-fuzz-XXXXXX";

	if (!mkdtemp(at) || chdir(at) != 0)
		abort();
}

static inline void
target_write(const char *path, const void *data, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0)
		abort();
}

#endif
