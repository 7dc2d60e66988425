/* options.c: the options of compiling and running, by one table for getopt_long. */
#include "base/sys.h"
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	O_TARGET = 256, O_PRECISION, O_PASSES, O_PRINT_PASSES, O_PRINT_AFTER, O_TIME_PASSES,
	O_VERIFY_PASSES, O_DIAGNOSTICS, O_COLOR, O_WERROR, O_FUNCTION, O_PROGRAM, O_VERSION,
	O_MAX_STEPS, O_MAX_MEMORY, O_SEED, O_REPEAT, O_TIME, O_PROFILE,
};

static const struct option longs[] = {
    {"output", required_argument, NULL, 'o'},
    {"convert-to", required_argument, NULL, 't'},
    {"target", required_argument, NULL, O_TARGET},
    {"precision", required_argument, NULL, O_PRECISION},
    {"passes", required_argument, NULL, O_PASSES},
    {"print-passes", no_argument, NULL, O_PRINT_PASSES},
    {"print-after", required_argument, NULL, O_PRINT_AFTER},
    {"time-passes", no_argument, NULL, O_TIME_PASSES},
    {"verify-passes", no_argument, NULL, O_VERIFY_PASSES},
    {"diagnostics", required_argument, NULL, O_DIAGNOSTICS},
    {"color", optional_argument, NULL, O_COLOR},
    {"werror", no_argument, NULL, O_WERROR},
    {"function", required_argument, NULL, O_FUNCTION},
    {"program", required_argument, NULL, O_PROGRAM},
    {"max-steps", required_argument, NULL, O_MAX_STEPS},
    {"max-memory", required_argument, NULL, O_MAX_MEMORY},
    {"input", required_argument, NULL, 'i'},
    {"seed", required_argument, NULL, O_SEED},
    {"repeat", required_argument, NULL, O_REPEAT},
    {"time", no_argument, NULL, O_TIME},
    {"profile", no_argument, NULL, O_PROFILE},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, O_VERSION},
    {NULL, 0, NULL, 0},
};

int
usage_error(const char *fmt, ...)
{
	va_list ap;

	fputs("milc: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\nmilc: 'milc --help' shows how to use it\n", stderr);
	return MILC_WRONG_USE;
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

static int
add_define(Options *o, char *arg)
{
	char *eq = strchr(arg, '=');

	if (!eq || eq == arg)
		return usage_error("-D takes NAME=VALUE, found '%s'", arg);
	*eq = '\0';
	vec_push(&o->arena, &o->defines, (milc_define){arg, eq + 1});
	return -1;
}

/* -MD, -MF FILE and -MFFILE, before getopt sees them: it would read -M -D. */
static int
take_depend(Options *o, int *argc, char **argv)
{
	int n = 1;

	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			while (i < *argc)
				argv[n++] = argv[i++];
			break;
		}
		if (strcmp(argv[i], "-MD") == 0) {
			o->run.compile.depend = true;
		} else if (strncmp(argv[i], "-MF", 3) == 0) {
			o->run.compile.depend = true;
			if (argv[i][3])
				o->run.compile.depend_file = argv[i] + 3;
			else if (i + 1 < *argc)
				o->run.compile.depend_file = argv[++i];
			else
				return usage_error("-MF takes the name of a file");
		} else {
			argv[n++] = argv[i];
		}
	}
	argv[n] = NULL;
	*argc = n;
	return -1;
}

static int
set_color(bool *color, const char *arg)
{
	if (!arg || strcmp(arg, "always") == 0)
		*color = true;
	else if (strcmp(arg, "never") == 0)
		*color = false;
	else if (strcmp(arg, "auto") != 0) /* that is what it was set to from the start */
		return usage_error("--color is always, never or auto, found '%s'", arg);
	return -1;
}

static const char *
long_name(int c)
{
	const struct option *l = longs;

	while (l->val != c)
		l++;
	return l->name;
}

/* Options that mean something to one of the two commands only. */
static int
check_command(const Options *o, int c)
{
	bool of_run = c == 'i' || c == O_SEED || c == O_REPEAT || c == O_TIME || c == O_PROFILE;

	if (of_run && !o->is_run)
		return usage_error("--%s is an option of 'milc run'", long_name(c));
	if (c == O_PRINT_PASSES && o->is_run)
		return usage_error("--%s is no option of 'milc run'", long_name(c));
	return -1;
}

static int
take_option(Options *o, int c, char *arg)
{
	milc_compile_options *k = &o->run.compile;
	uint64_t n;

	switch (c) {
	case 'o': *(o->is_run ? &o->run.output : &k->output) = arg; break;
	case 'i': o->run.input = arg; break;
	case 't': k->convert_to = arg; break;
	case 'S': k->text = true; break;
	case 'D': return add_define(o, arg);
	case 'q': k->common.progress = false; break;
	case O_TARGET: k->target = arg; break;
	case O_PRECISION: k->precision = arg; break;
	case O_PASSES: k->passes = arg; break;
	case O_PRINT_PASSES: o->print_passes = true; break;
	case O_PRINT_AFTER: k->print_after = arg; break;
	case O_TIME_PASSES: k->time_passes = true; break;
	case O_VERIFY_PASSES: k->verify_passes = true; break;
	case O_COLOR: return set_color(&k->common.color, arg);
	case O_WERROR: k->common.warnings_are_errors = true; break;
	case O_FUNCTION: k->function = arg; break;
	case O_PROGRAM: k->program = arg; break;
	case O_TIME: o->run.time = true; break;
	case O_PROFILE: o->run.profile = true; break;
	case O_DIAGNOSTICS:
		if (strcmp(arg, "json") != 0 && strcmp(arg, "text") != 0)
			return usage_error("--diagnostics is json or text, found '%s'", arg);
		k->common.json = arg[0] == 'j';
		break;
	case O_MAX_STEPS:
	case O_MAX_MEMORY:
	case O_SEED:
	case O_REPEAT:
		if (!parse_count(arg, &n))
			return usage_error("--%s takes a number such as 1000, 64K or 8G, found "
			                   "'%s'",
			                   long_name(c), arg);
		if (c == O_MAX_STEPS)
			k->common.max_steps = n;
		else if (c == O_MAX_MEMORY)
			k->common.max_memory = n;
		else if (c == O_SEED)
			o->run.seed = n;
		else if (n == 0 || n > UINT32_MAX)
			return usage_error("--repeat takes a number from 1 on, found '%s'", arg);
		else
			o->run.repeat = (uint32_t)n;
		break;
	case 'h': {
		char topic[] = "run", none[] = "help";
		return cli_help(1, (char *[]){o->is_run ? topic : none, NULL});
	}
	case O_VERSION:
		printf("milc %s\n%s\n", milc_version(), milc_libraries());
		return MILC_OK;
	case ':':
		return usage_error("option '%s' takes a value", arg);
	default:
		return usage_error("there is no option '%s'", arg);
	}
	return -1;
}

/* The day that SOURCE_DATE_EPOCH names, for reproducible conversion dates. */
static const char *
source_date(Arena *a)
{
	const char *s = getenv("SOURCE_DATE_EPOCH");
	uint64_t n;
	time_t t;
	struct tm tm;

	if (!s || !parse_count(s, &n))
		return NULL;
	t = (time_t)n;
	if (!gmtime_r(&t, &tm))
		return NULL;
	return arena_printf(a, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

int
options_parse(Options *o, int argc, char **argv, bool is_run)
{
	int c, status;

	memset(o, 0, sizeof *o);
	o->run = (milc_run_options)MILC_RUN_INIT;
	o->is_run = is_run;
	o->run.compile.common.color = sys_is_terminal(SYS_STDERR) && !getenv("NO_COLOR");
	o->run.compile.common.progress = sys_is_terminal(SYS_STDERR);
	if ((status = take_depend(o, &argc, argv)) >= 0)
		return status;
	if (is_run && o->run.compile.depend)
		return usage_error("-MD and -MF are no options of 'milc run'");
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, is_run ? ":o:i:t:D:qh" : ":o:t:SD:qh", longs, NULL)) !=
	       -1) {
		char *arg = optarg;
		if (c == '?' || c == ':')
			arg = optopt && optopt < 256 ? arena_printf(&o->arena, "-%c", optopt)
			                             : argv[optind - 1];
		if ((status = check_command(o, c)) >= 0 || (status = take_option(o, c, arg)) >= 0)
			return status;
	}
	for (int i = optind; i < argc; i++) {
		if (o->file)
			return usage_error("one file at a time: '%s' and '%s'", o->file, argv[i]);
		o->file = argv[i];
	}
	o->run.compile.common.define = o->defines.at;
	o->run.compile.common.ndefine = o->defines.n;
	o->run.compile.date = source_date(&o->arena);
	return -1;
}
