/* pynames.c: which names CPython's modules have, so that a typo and what milc lacks are told apart.
 */
#include "core.h"
#include "stdlib/names.inc"

/* The names of that owner, each with a blank before it; 0: nothing is known of it. */
static const char *
names_of(const char *owner)
{
	for (size_t i = 0; i < countof(stdlib_names); i++)
		if (strcmp(stdlib_names[i].owner, owner) == 0)
			return stdlib_names[i].names;
	return 0;
}

int
python_knows(const char *owner, const char *name)
{
	const char *names = names_of(owner);

	if (!names)
		return -1;
	return has_word(names, name) || name[0] == '_'; /* the list has public ones only */
}
