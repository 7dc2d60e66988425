/* commands.c: the commands, each a call into milc.h, and their help. */
#include "cli.h"

#include <stdio.h>

int
cli_do(const Command *c, milc *m, Terminal *t, int argc, char **argv)
{
	size_t n;
	int status = options_parse(m, t, argc, argv, c, &n);

	if (status >= 0)
		return status;
	if (n < c->least)
		return usage_error(c, "%s: expected '%s'",
		                   n         ? "a second model is missing"
		                   : c->name ? "no model"
		                             : "no file",
		                   c->usage);
	return c->call(m, (const char *const *)argv, n);
}

int
cli_ops(milc *m, Terminal *t, int argc, char **argv)
{
	const char *name = NULL, *folder = NULL;
	bool json = false, torch = false, man = false;

	(void)t;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--torch") == 0)
			torch = true;
		else if (strcmp(argv[i], "--man") == 0 && argc == 2)
			man = true;
		else if (strcmp(argv[i], "--html") == 0 && i + 1 < argc)
			folder = argv[++i];
		else if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0)
			return help_of(cli_command("ops"));
		else if (argv[i][0] == '-' || name)
			return usage_error(
			    cli_command("ops"),
			    "'milc ops' takes the name of an op, --torch and --json, "
			    "--html DIR, or --man alone, found '%s'",
			    argv[i]);
		else
			name = argv[i];
	}
	if (folder && (name || torch || json))
		return usage_error(cli_command("ops"),
		                   "--html makes pages of all operations, without %s",
		                   name    ? name
		                   : torch ? "--torch"
		                           : "--json");
	if (man)
		return milc_ops_page(m);
	if (folder)
		return milc_pages(m, folder);
	return torch ? milc_torch_ops(m, name, json) : milc_ops(m, name, json);
}

/* ---- help ---- */

enum { HELP_COLUMN = 26, HELP_WIDTH = 78 };

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

/* A run takes those of compiling, too, but for how to write. */
static bool
is_shared(const Command *c, const milc_option *o)
{
	return c->options & MILC_RUN && o->commands & MILC_COMPILE;
}

static void
put_options(const Command *c)
{
	size_t n, column = HELP_WIDTH;
	const milc_option *o = milc_options(&n);

	for (size_t i = 0; i < n; i++) {
		const char *help = c->output && o[i].letter == 'o' ? c->output : o[i].help;
		if (o[i].spelled && (o[i].commands & c->options) && !is_shared(c, &o[i]))
			put_row(o[i].spelled, help);
	}
	if (!(c->options & MILC_RUN))
		return;
	fputs("\nand those of 'milc --help' that say how a script or a model is converted:\n",
	      stdout);
	for (size_t i = 0; i < n; i++) {
		const char *s = o[i].spelled ? o[i].spelled + strspn(o[i].spelled, " ") : NULL;
		if (!s || !(o[i].commands & c->options) || !is_shared(c, &o[i]))
			continue;
		size_t len = strcspn(s, " =[,");
		column += len + 2;
		if (column > HELP_WIDTH)
			column = (size_t)printf("%s  %.*s", i ? "\n" : "", (int)len, s);
		else
			printf(", %.*s", (int)len, s);
	}
	putchar('\n');
}

static int
help_compile(void)
{
	const Command *c;
	size_t n;

	fputs("usage: milc FILE.mil [-o OUT]        compile a script to a Core ML model\n"
	      "            [-- ARGUMENT…]           … which has them in sys.argv\n"
	      "       milc MODEL -o OUT             write a model in another form\n"
	      "       milc COMMAND …                one of the commands below\n\n",
	      stdout);
	c = cli_commands(&n);
	put_options(c);
	put_row("    --print-passes", "list the passes in order");
	put_row("-q, --quiet", "no progress");
	put_row("    --version", "the versions of milc and of its libraries");
	put_row("-h, --help", "this, or the help of a command");
	fputs("\ncommands ('milc help COMMAND' for more):\n", stdout);
	for (size_t i = 0; i < n; i++)
		if (c[i].name)
			printf("  %-8s %s\n", c[i].name, c[i].what);
	return MILC_OK;
}

int
help_of(const Command *c)
{
	if (!c->name || !c->usage)
		return help_compile();
	printf("usage: %s\n\n%s\n", c->usage, c->more);
	if (c->options) {
		putchar('\n');
		put_options(c);
	}
	return MILC_OK;
}

int
cli_help(milc *m, Terminal *t, int argc, char **argv)
{
	const char *topic = argc > 1 ? argv[1] : argv[0];
	const Command *c = cli_command(topic);

	(void)m, (void)t;
	if (argc > 2)
		return usage_error(NULL, "'milc help' explains one command, found '%s'", argv[2]);
	if (argc > 1 && topic[0] != '-' && !c)
		return usage_error(NULL, "there is no command '%s' to explain", topic);
	return c ? help_of(c) : help_compile();
}
