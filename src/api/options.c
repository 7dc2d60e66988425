/* options.c: settings by name, from the rows of front/options.def. */
#include "api.h"

#include <errno.h>
#include <stdlib.h>

enum { BOTH = MILC_COMPILE | MILC_RUN, PROVE = MILC_REDUCE | MILC_FP16, ALL = 4095 };
typedef enum OptionKind { FLAG, TEXT, LIST, COUNT, POSITIVE, DEFINE } OptionKind;

static const milc_option options[] = {
#define OPTION(name, letter, kind, field, spelled, commands, help)                                 \
	{name, letter, kind != FLAG, spelled, commands, help},
#include "front/options.def"
#undef OPTION
};

static const struct {
	OptionKind kind;
	size_t at;
} fields[] = {
#define OPTION(name, letter, kind, field, spelled, commands, help)                                 \
	{kind, offsetof(Settings, field)},
#include "front/options.def"
#undef OPTION
};

static const char no_memory[] = "out of memory";

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

/* A text that lives as long as the handle; 0: no memory, and nothing has changed. */
static const char *
keep(const char *s, size_t n)
{
	char *kept = xtry(n + 1);

	return kept ? memcpy(kept, s, n) : NULL;
}

static const char *
add_define(milc *m, const char *value)
{
	Settings *s = &m->settings;
	const char *eq = strchr(value, '=');
	Define *all, d;

	if (!eq || eq == value || (*value >= '0' && *value <= '9') ||
	    strcspn(value, " +-*/.,:;!?()[]{}<>'\"") < (size_t)(eq - value))
		return "expected NAME=VALUE";
	all = xtry((s->ndefine + 1) * sizeof *all);
	d = (Define){keep(value, (size_t)(eq - value)), keep(eq + 1, strlen(eq + 1))};
	if (!all || !d.name || !d.literal)
		return no_memory;
	if (s->ndefine)
		memcpy(all, s->define, s->ndefine * sizeof *all);
	all[s->ndefine++] = d;
	s->define = all;
	return NULL;
}

/* The count of a list stands behind it. */
static const char *
add_text(const char *const **list, const char *value)
{
	size_t *n = (size_t *)(list + 1);
	const char **all = xtry((*n + 1) * sizeof *all), *text = keep(value, strlen(value));

	if (!all || !text)
		return no_memory;
	if (*n)
		memcpy(all, *list, *n * sizeof *all);
	all[(*n)++] = text;
	*list = all;
	return NULL;
}

/* What is wrong with the value, or 0. */
static const char *
set_field(milc *m, size_t k, const char *value)
{
	char *at = (char *)&m->settings + fields[k].at;
	const char *text = NULL;
	uint64_t count = 0;

	switch (fields[k].kind) {
	case FLAG:
		if (value && strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
			return "expected 1 or 0";
		*(bool *)at = value && *value == '1';
		break;
	case TEXT:
		if (value && !(text = keep(value, strlen(value))))
			return no_memory;
		*(const char **)at = text;
		break;
	case LIST:
		if (value)
			return add_text((const char *const **)(void *)at, value);
		*(size_t *)(void *)(at + sizeof(const char *const *)) = 0;
		break;
	case COUNT:
	case POSITIVE:
		if (value && !parse_count(value, &count))
			return "expected a number such as 1000, 64K or 8G";
		if (value && fields[k].kind == POSITIVE && count == 0)
			return "expected a number from 1 on";
		*(uint64_t *)at = count;
		break;
	case DEFINE:
		if (value)
			return add_define(m, value);
		m->settings.ndefine = 0;
		break;
	}
	return NULL;
}

typedef struct Said {
	milc *m;
	const char *name, *value;
	int result;
} Said;

/* The option's name as the command spells it: "-D", "--seed". */
static int
set_option(const Said *s, size_t k)
{
	const milc_option *o = &options[k];
	const char *name = o->spelled ? o->spelled + strspn(o->spelled, " ") : o->name;
	const char *why = set_field(s->m, k, s->value);

	if (why == no_memory)
		api_say(s->m, "%s", why);
	else if (why)
		api_say(s->m, "%.*s is '%.100s', %s", (int)strcspn(name, " ,=["), name, s->value,
		        why);
	return why == no_memory ? MILC_FAILED : why ? MILC_WRONG_USE : MILC_OK;
}

static void
set(void *ctx)
{
	const char *names[countof(options)], *near;
	Said *s = ctx;

	s->result = MILC_WRONG_USE;
	for (size_t k = 0; k < countof(options); k++) {
		names[k] = options[k].name;
		if (strcmp(options[k].name, s->name) == 0) {
			s->result = set_option(s, k);
			return;
		}
	}
	near = nearest(s->name, names, countof(options));
	api_say(s->m, near ? "there is no option '%.100s'; did you mean '%s'?"
	                   : "there is no option '%.100s'",
	        s->name, near);
}

int
milc_set(milc *m, const char *name, const char *value)
{
	Said s = {m, name, value, MILC_WRONG_USE};

	if (!m->guard.entry && !m->words.entry)
		guard_run(&m->words, set, &s);
	return s.result;
}
