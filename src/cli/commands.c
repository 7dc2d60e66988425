/* commands.c: the commands, each a call into milc.h, and their help. */
#include "cli.h"

#include <stdio.h>

int
cli_compile(milc *m, Terminal *t, int argc, char **argv)
{
	const char *file;
	int status = options_parse(m, t, argc, argv, MILC_COMPILE, &file);

	if (status >= 0)
		return status;
	return file ? milc_compile(m, file) : usage_error("no file: expected 'milc FILE.mil'");
}

int
cli_run(milc *m, Terminal *t, int argc, char **argv)
{
	const char *file;
	int status = options_parse(m, t, argc, argv, MILC_RUN, &file);

	if (status >= 0)
		return status;
	return file ? milc_run(m, file) : usage_error("no model: expected 'milc run MODEL'");
}

int
cli_ops(milc *m, Terminal *t, int argc, char **argv)
{
	const char *name = NULL;
	bool json = false;

	(void)t;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (argv[i][0] == '-' || name)
			return usage_error("'milc ops' takes the name of an op and --json, found "
			                   "'%s'",
			                   argv[i]);
		else
			name = argv[i];
	}
	return milc_ops(m, name, json);
}

int
cli_later(milc *m, Terminal *t, int argc, char **argv)
{
	(void)m, (void)t, (void)argc;
	fprintf(stderr, "milc: 'milc %s' is not yet supported\n", argv[0]);
	return MILC_WRONG_USE;
}

/* ---- help ---- */

enum { HELP_COLUMN = 26 };

static void
put_row(const char *spelled, const char *help)
{
	printf("  %-*s", HELP_COLUMN - 3, spelled);
	if (strlen(spelled) > HELP_COLUMN - 3)
		printf("\n%*s", HELP_COLUMN - 1, "");
	for (putchar(' '); *help; help++) {
		putchar(*help);
		if (*help == '\n')
			printf("%*s", HELP_COLUMN, "");
	}
	putchar('\n');
}

/* Options of one command; those that run shares with compile are left out there. */
static void
put_options(int command)
{
	size_t n;
	const milc_option *o = milc_options(&n);

	for (size_t i = 0; i < n; i++)
		if (o[i].spelled && (command == MILC_RUN ? o[i].commands == MILC_RUN
		                                         : o[i].commands & MILC_COMPILE))
			put_row(o[i].spelled, o[i].help);
}

static void
help_compile(void)
{
	const Command *c;
	size_t n;

	fputs("usage: milc FILE.mil [-o OUT]        compile a script to a Core ML model\n"
	      "       milc MODEL -o OUT             write a model in another form\n"
	      "       milc COMMAND …                one of the commands below\n\n",
	      stdout);
	put_options(MILC_COMPILE);
	put_row("    --print-passes", "list the passes in order");
	put_row("-q, --quiet", "no progress");
	put_row("    --version, -h, --help", "");
	fputs("\ncommands ('milc help COMMAND' for more):\n", stdout);
	c = cli_commands(&n);
	for (size_t i = 0; i < n; i++)
		if (c[i].run != cli_later)
			printf("  %-8s %s\n", c[i].name, c[i].what);
}

int
cli_help(milc *m, Terminal *t, int argc, char **argv)
{
	const char *topic = argc > 1 ? argv[1] : argv[0];

	(void)m, (void)t;
	if (strcmp(topic, "run") == 0) {
		fputs("usage: milc run MODEL [-i IN.npz] [-o OUT.npz]\n\n"
		      "MODEL is a script (.mil), a .mlpackage or a .mlmodel.\n\n",
		      stdout);
		put_options(MILC_RUN);
		fputs("  and the options of 'milc FILE.mil' for scripts\n", stdout);
	} else if (strcmp(topic, "ops") == 0) {
		fputs("usage: milc ops [NAME] [--json]\n\n"
		      "The op reference: operands, types, defaults, opset versions.\n",
		      stdout);
	} else if (argc > 1 && topic[0] != '-' && strcmp(topic, "help") != 0) {
		return usage_error("there is no command '%s' to explain", topic);
	} else {
		help_compile();
	}
	return MILC_OK;
}
