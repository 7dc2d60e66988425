/* options.c: settings by name. A row of options.def:
 *
 *	OPTION("name", letter, kind, field, "spelled", commands, "help")
 *
 *	kind      FLAG, TEXT, COUNT (64K, 8G), POSITIVE (a count from 1 on) or DEFINE (NAME=VALUE,
 *	          adds one)
 *	field     of Settings (front/unit.h)
 *	spelled   as the help shows it; NULL: for the library alone
 *	commands  MILC_COMPILE, MILC_RUN or BOTH
 *
 * The rows make milc_set(), the command's options and its help.
 */
#include "api.h"

#include "script/interp.h"

#include <errno.h>
#include <stdlib.h>

enum { BOTH = MILC_COMPILE | MILC_RUN };
typedef enum OptionKind { FLAG, TEXT, COUNT, POSITIVE, DEFINE } OptionKind;

static const milc_option options[] = {
#define OPTION(name, letter, kind, field, spelled, commands, help)                                 \
	{name, letter, kind != FLAG, spelled, commands, help},
#include "options.def"
#undef OPTION
};

static const struct {
	OptionKind kind;
	size_t at;
} fields[] = {
#define OPTION(name, letter, kind, field, spelled, commands, help)                                 \
	{kind, offsetof(Settings, field)},
#include "options.def"
#undef OPTION
};

const milc_option *
milc_options(size_t *n)
{
	*n = countof(options);
	return options;
}

/* A count such as 200000000, 64K, 8G. */
static bool
parse_count(const char *s, uint64_t *out)
{
	char *end;
	unsigned shift = 0;

	errno = 0;
	*out = strtoull(s, &end, 10);
	if (end == s || *s == '-' || errno)
		return false;
	if (*end == 'K' || *end == 'M' || *end == 'G')
		shift = *end == 'K' ? 10 : *end == 'M' ? 20 : 30, end++;
	if (*end || *out > UINT64_MAX >> shift)
		return false;
	*out <<= shift;
	return true;
}

static bool
add_define(milc *m, const char *value)
{
	Settings *s = &m->settings;
	const char *eq = strchr(value, '=');
	Define *all;

	if (!eq || eq == value || (*value >= '0' && *value <= '9') ||
	    strcspn(value, " +-*/.,:;!?()[]{}<>'\"") < (size_t)(eq - value))
		return false;
	all = newn(&m->said, Define, s->ndefine + 1);
	if (s->ndefine)
		memcpy(all, s->define, s->ndefine * sizeof *all);
	all[s->ndefine++] = (Define){arena_printf(&m->said, "%.*s", (int)(eq - value), value),
	                             arena_strdup(&m->said, eq + 1)};
	s->define = all;
	return true;
}

/* What is wrong with the value, or 0. */
static const char *
set_field(milc *m, size_t k, const char *value)
{
	char *at = (char *)&m->settings + fields[k].at;

	switch (fields[k].kind) {
	case FLAG:
		if (value && strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
			return "expected 1 or 0";
		*(bool *)at = value && *value == '1';
		break;
	case TEXT:
		*(const char **)at = value ? arena_strdup(&m->said, value) : NULL;
		break;
	case COUNT:
	case POSITIVE:
		*(uint64_t *)at = 0;
		if (value && !parse_count(value, (uint64_t *)at))
			return "expected a number such as 1000, 64K or 8G";
		if (value && fields[k].kind == POSITIVE && *(uint64_t *)at == 0)
			return "expected a number from 1 on";
		break;
	case DEFINE:
		if (!value)
			m->settings.ndefine = 0;
		else if (!add_define(m, value))
			return "expected NAME=VALUE";
		break;
	}
	return NULL;
}

/* As the command spells it: "-D", "--seed". */
static const char *
short_name(milc *m, const milc_option *o)
{
	const char *s = o->spelled ? o->spelled + strspn(o->spelled, " ") : o->name;

	return arena_printf(&m->said, "%.*s", (int)strcspn(s, " ,=["), s);
}

typedef struct Said {
	const char *name, *value;
} Said;

static int
set(milc *m, void *ctx)
{
	const char *names[countof(options)], *near, *why;
	const Said *s = ctx;

	for (size_t k = 0; k < countof(options); k++) {
		names[k] = options[k].name;
		if (strcmp(options[k].name, s->name) != 0)
			continue;
		why = set_field(m, k, s->value);
		if (why)
			api_say(m, "%s is '%.100s', %s", short_name(m, &options[k]), s->value, why);
		return why ? MILC_WRONG_USE : MILC_OK;
	}
	near = nearest(s->name, names, countof(options));
	api_say(m, near ? "there is no option '%.100s'; did you mean '%s'?" : "there is no option '%.100s'",
	        s->name, near);
	return MILC_WRONG_USE;
}

int
milc_set(milc *m, const char *name, const char *value)
{
	return api_enter(m, set, &(Said){name, value});
}
