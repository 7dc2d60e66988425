/* evidence.c: whether the tables of evidence that are compiled in are sound: run while milc is
 * built. */
#include "ane/evidence.h"

int
main(void)
{
	Arena arena = {0};
	Interner names = {0};
	Diag diag = {0};
	Evidence e;
	bool good;

	intern_init(&names, &arena);
	diag_init(&diag, &arena);
	diag.max_errors = 0;
	good = evidence_load(&e, &arena, &names, &diag);
	good &= evidence_check(&e, &diag);
	diag_flush(&diag);
	intern_free(&names);
	arena_free(&arena);
	return !good;
}
