/* api.h: between the options of milc.h and a unit. */
#ifndef MILC_API_H
#define MILC_API_H

#include "front/unit.h"
#include "milc.h"

typedef struct Api {
	Unit *u;
	const milc_common *common;
	bool print_to_stderr; /* standard output belongs to the model or its text */
	bool progress_shown;
	Arena arena;
} Api;

void api_begin(Api *a, Unit *u, Settings *s, const milc_compile_options *o);
void api_end(Api *a);

#endif
