/* options.c: the command line as settings: the options that milc_options() lists, by getopt_long,
 * and the few that are for the command alone.
 */
#include "cli.h"

#include "base/sys.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { O_FIRST = 256, MAX_OPTIONS = 120, O_PRINT_PASSES = 1000, O_VERSION, O_COLOR };

int
usage_error(const Command *c, const char *fmt, ...)
{
	const char *name = c && c->name && c->usage ? c->name : NULL;

	fputs("milc: ", stderr);
	WITH_ARGS(fmt, ap, vfprintf(stderr, fmt, ap));
	fprintf(stderr, "\nmilc: 'milc %s%s--help' shows how to use it\n", name ? name : "",
	        name ? " " : "");
	return MILC_WRONG_USE;
}

/* A word that is no file was perhaps to be a command, of which `second` is the file. */
static int
no_command(const char *word, const char *second)
{
	const char *names[16] = {0}, *near;
	size_t n, k = 0;
	const Command *cmd = cli_commands(&n);

	if (cli_command(word))
		return usage_error(cli_command(word),
		                   "the command '%s' comes first, before its options", word);
	for (size_t i = 0; i < n && k < countof(names); i++)
		if (cmd[i].name)
			names[k++] = cmd[i].name;
	near = nearest(word, names, k);
	if (near)
		return usage_error(NULL, "there is no command '%s'; did you mean '%s'?", word,
		                   near);
	if (second)
		return usage_error(NULL, "there is no command '%s': 'milc %s' compiles", word,
		                   second);
	return usage_error(NULL, "there is no command and no file '%s'", word);
}

static bool
may_be_command(const char *word)
{
	return *word && !strpbrk(word, "./") && strcmp(word, "-") != 0 && !sys_kind(word);
}

/* A file too many. */
static int
second_file(const Command *command, const char *first, const char *second)
{
	if (command->most > 1)
		return usage_error(command, "a file too many, '%s': expected '%s'", second,
		                   command->usage);
	if (!command->name && may_be_command(first))
		return no_command(first, second);
	if (ends_with(second, strlen(second), ".npz") && command->options & MILC_RUN)
		return usage_error(command, "one model at a time: give inputs with -i %s", second);
	return usage_error(command, "one file at a time: '%s' and '%s'", first, second);
}

/* -1: it is set; else the status, after a message. */
static int
set(milc *m, const char *name, const char *value)
{
	int status = milc_set(m, name, value);

	return status == MILC_OK ? -1 : status;
}

/* -MD, -MF FILE and -MFFILE, before getopt sees them: it would read -M -D. */
static int
take_depend(milc *m, int *argc, char **argv)
{
	int n = 1, status = -1;

	for (int i = 1; i < *argc && status < 0; i++) {
		bool file = strncmp(argv[i], "-MF", 3) == 0;
		if (strcmp(argv[i], "--") == 0) {
			while (i < *argc)
				argv[n++] = argv[i++];
			break;
		}
		if (!file && strcmp(argv[i], "-MD") != 0) {
			argv[n++] = argv[i];
			continue;
		}
		milc_set(m, "depend", "1");
		if (file && !argv[i][3] && i + 1 == *argc)
			return usage_error(NULL, "-MF takes the name of a file");
		if (file)
			status = set(m, "depend-file", argv[i][3] ? argv[i] + 3 : argv[++i]);
	}
	argv[n] = NULL;
	*argc = n;
	return status;
}

/* The rows of milc_options() for this command, as getopt_long wants them. */
typedef struct Getopt {
	const milc_option *row[MAX_OPTIONS]; /* by value - O_FIRST */
	struct option longs[MAX_OPTIONS + 8];
	char names[MAX_OPTIONS][24]; /* theirs */
	char shorts[MAX_OPTIONS];
} Getopt;

/* The long name as the help spells it, "output" of "-o, --output OUT", or that of the row. Options
 * of two commands may be spelled alike and mean different things. */
static const char *
long_name(const milc_option *o, size_t *len)
{
	const char *s = strstr(o->spelled, "--");

	s = s ? s + 2 : o->name;
	*len = strcspn(s, " =[");
	return s;
}

static void
make_getopt(Getopt *g, const Command *c)
{
	static const struct option own[] = {{"color", optional_argument, NULL, O_COLOR},
	                                    {"quiet", no_argument, NULL, 'q'},
	                                    {"help", no_argument, NULL, 'h'},
	                                    {"version", no_argument, NULL, O_VERSION},
	                                    {"print-passes", no_argument, NULL, O_PRINT_PASSES}};
	size_t n, used = 0;
	const milc_option *all = milc_options(&n);
	char *s = g->shorts;

	memset(g, 0, sizeof *g);
	s += sprintf(s, ":qh");
	for (size_t i = 0; i < n && i < MAX_OPTIONS; i++) {
		const milc_option *o = &all[i];
		const char *name;
		size_t len;
		if (!o->spelled || !(o->commands & c->options) || !strcmp(o->name, "color"))
			continue;
		name = long_name(o, &len);
		snprintf(g->names[used], sizeof g->names[used], "%.*s", (int)len, name);
		g->row[used] = o;
		g->longs[used] = (struct option){g->names[used],
		                                 o->takes_value ? required_argument : no_argument,
		                                 NULL, O_FIRST + (int)used};
		used++;
		if (o->letter)
			s += sprintf(s, "%c%s", o->letter, o->takes_value ? ":" : "");
	}
	memcpy(g->longs + used, own, sizeof own - (c->name ? sizeof *own : 0));
}

static const milc_option *
row_of(const Getopt *g, int c)
{
	if (c >= O_FIRST && c < O_FIRST + MAX_OPTIONS)
		return g->row[c - O_FIRST];
	for (size_t i = 0; g->row[i]; i++)
		if (g->row[i]->letter == c)
			return g->row[i];
	return NULL;
}

static int
set_color(Terminal *t, const Command *c, const char *arg)
{
	if (!arg || strcmp(arg, "always") == 0)
		t->color = true;
	else if (strcmp(arg, "never") == 0)
		t->color = false;
	else if (strcmp(arg, "auto") != 0) /* that is what it was set to from the start */
		return usage_error(c, "--color is always, never or auto, found '%s'", arg);
	return -1;
}

/* Whether arg, of len bytes, is that option: -i, --input. */
static bool
spells(const milc_option *o, const char *arg, size_t len)
{
	if (len == 2 && arg[1] != '-')
		return o->letter == arg[1];
	return len > 2 && strlen(o->name) == len - 2 && memcmp(arg + 2, o->name, len - 2) == 0;
}

/* An option that getopt does not know: perhaps one of another command. */
static int
unknown_option(const Command *command, const char *arg)
{
	const char *names[64], *near;
	size_t n, k = 0, len = strcspn(arg, "=");
	const milc_option *all = milc_options(&n);
	char word[64];

	for (size_t i = 0; i < n; i++)
		if (all[i].spelled && spells(&all[i], arg, len))
			return usage_error(command, "%.*s is an option of 'milc %s'", (int)len, arg,
			                   cli_owner(&all[i])->name ? cli_owner(&all[i])->name
			                                            : "FILE.mil");
	for (size_t i = 0; i < n && k < countof(names); i++)
		if (all[i].spelled && all[i].commands & command->options)
			names[k++] = all[i].name;
	snprintf(word, sizeof word, "%.*s", (int)MIN(len, sizeof word), arg);
	near = strncmp(arg, "--", 2) ? NULL : nearest(word + 2, names, k);
	return near ? usage_error(command, "there is no option '%s'; did you mean '--%s'?", arg,
	                          near)
	            : usage_error(command, "there is no option '%s'", arg);
}

static int
take_option(milc *m, Terminal *t, const Getopt *g, int c, char **argv, const Command *command)
{
	const milc_option *row = row_of(g, c);
	char letter[3] = {'-', (char)optopt, 0};

	if (row && strcmp(row->name, "output") == 0)
		t->output = optarg;
	if (row && strcmp(row->name, "text") == 0)
		t->text = true;
	if (row)
		return set(m, row->name, row->takes_value ? optarg : "1");
	switch (c) {
	case 'q':
		t->progress = false;
		return -1;
	case O_COLOR:
		return set_color(t, command, optarg);
	case O_PRINT_PASSES:
		return milc_passes(m);
	case 'h':
		return help_of(command);
	case O_VERSION:
		printf("milc %s\n%s\n", milc_version(), milc_libraries());
		return MILC_OK;
	default:
		if (optopt && optopt < O_FIRST)
			argv[optind - 1] = letter;
		if (c == ':')
			return usage_error(command, "option '%s' takes a value", argv[optind - 1]);
		return unknown_option(command, argv[optind - 1]);
	}
}

/* The day that SOURCE_DATE_EPOCH names, for reproducible conversion dates. */
static int
set_date(milc *m)
{
	const char *s = getenv("SOURCE_DATE_EPOCH");
	char *end, day[80];
	struct tm tm;
	time_t t;

	errno = 0;
	t = s ? (time_t)strtoll(s, &end, 10) : 0;
	if (!s || end == s || *end || errno || !gmtime_r(&t, &tm))
		return -1;
	snprintf(day, sizeof day, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	return set(m, "date", day);
}

static bool
runs_scripts(const Command *c)
{
	size_t n;
	const milc_option *o = milc_options(&n);

	while (strcmp(o->name, "argument") != 0)
		o++;
	return o->commands & c->options;
}

/* The words behind "--": files that are still missing, then what the script has in sys.argv. Of a
 * command that runs no script all of them are files. */
static int
take_rest(milc *m, const Command *command, char **rest, int n, char **file, size_t *nfile)
{
	bool script = runs_scripts(command);
	int used = 0;

	while (used < n && (!script || *nfile < command->least))
		file[(*nfile)++] = rest[used++];
	for (int status; used < n; used++)
		if ((status = set(m, "argument", rest[used])) >= 0)
			return status;
	return -1;
}

int
options_parse(milc *m, Terminal *t, int argc, char **argv, const Command *command, size_t *nfile)
{
	int c, given = argc, status = take_depend(m, &argc, argv), all = argc;
	Getopt g;

	if (status >= 0)
		return status;
	for (argc = 1; argc < all && strcmp(argv[argc], "--") != 0;)
		argc++;
	if (command->name && all < given)
		return usage_error(command, "-MD and -MF are no options of 'milc %s'",
		                   command->name);
	make_getopt(&g, command);
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, g.shorts, g.longs, NULL)) != -1) {
		status = take_option(m, t, &g, c, argv, command);
		if (status >= 0)
			return status;
	}
	*nfile = (size_t)(argc - optind);
	memmove(argv, argv + optind, *nfile * sizeof *argv);
	if (argc < all)
		status = take_rest(m, command, argv + argc + 1, all - argc - 1, argv, nfile);
	if (status >= 0)
		return status;
	if (*nfile > command->most)
		return second_file(command, argv[command->most - 1], argv[command->most]);
	if (!command->name && *nfile == 1 && may_be_command(argv[0]))
		return no_command(argv[0], NULL);
	milc_set(m, "color", t->color ? "1" : "0");
	return set_date(m);
}
