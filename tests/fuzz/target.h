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
_Noreturn void __wrap_die_at(const char *file, int line, const char *fmt, ...);

/* Without memory the library ends the process, which is right; run.sh goes on. */
void
__wrap_exit(int status)
{
	_exit(status == 3 ? 0 : status);
}

/* Where it happens, before the guard frees what tells why. */
void
__wrap_die_at(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "die at %s:%d: ", file, line);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	abort();
}

static bool target_spoke;

static inline void
target_hear(void *ctx, const milc_message *m)
{
	(void)ctx;
	target_spoke = true;
	if (strncmp(m->text, "pass ", 5) == 0 && strstr(m->text, "::") &&
	    strstr(m->text, " changes what the program computes: "))
		abort();
}

static inline void
target_drop(void *ctx, int what, const char *text, size_t n)
{
	(void)ctx, (void)what, (void)text, (void)n;
}

static inline milc *
target_new(void)
{
	milc *m = milc_new();

	target_spoke = false;
	milc_on_message(m, target_hear, NULL);
	milc_on_text(m, target_drop, NULL);
	milc_set(m, "max-steps", "30000");
	milc_set(m, "max-memory", "32M");
	return m;
}

static inline void
target_judge(milc *m, int status)
{
	milc_free(m);
	if ((status && !target_spoke) || status < 0 || status > 3)
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
