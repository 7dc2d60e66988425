/* sanitize.h: names that files may hold: a letter or underscore, then letters, digits, underscores,
 * and none of the words of the MIL text. What sanitize_name_strings and
 * sanitize_input_output_names share.
 */
#ifndef MILC_SANITIZE_H
#define MILC_SANITIZE_H

#include "ir/nameset.h"
#include "pass.h"

typedef struct Sanitizer {
	PassCtx *c;
	const char *prefix; /* for names that begin with a digit */
	NameSet met;        /* names met so far; changed ones keep clear of them */
	bool changed;       /* some name was */
} Sanitizer;

bool name_is_sane(const Str *name);
/* What such a name becomes where no other has it; prefix: for those that begin with a digit. */
const Str *name_cleaned(Interner *names, const Str *name, const char *prefix);
/* The name, changed where it must be. */
const Str *sanitize(Sanitizer *s, const Str *name);
/* An input or output of a function may be renamed: says so, and tells the options. */
void sanitize_input(Sanitizer *s, Var *v);
void sanitize_output(Sanitizer *s, Var *v, bool warn);

#endif
