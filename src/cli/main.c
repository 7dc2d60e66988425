/* main.c: the command line: which command it is, and the terminal around it. */
#include "cli.h"

#include "base/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const Command commands[] = {
    {"run", cli_run, "run a script or a model on this machine's CPU"},
    {"ops", cli_ops, "the op reference"},
    {"help", cli_help, "how to use milc, or one of its commands"},
    {"dump", cli_later, "decompile a model to a script"},
    {"check", cli_later, "validate a model"},
    {"diff", cli_later, "compare two models"},
    {"ane", cli_later, "report what runs on the Neural Engine"},
};

const Command *
cli_commands(size_t *n)
{
	*n = countof(commands);
	return commands;
}

/* ---- the terminal ---- */

static void
wipe(Terminal *t)
{
	if (t->shown)
		fputs("\r\033[K", stderr);
	t->shown = false;
}

static void
message(void *ctx, const milc_message *msg)
{
	wipe(ctx);
	fputs(msg->rendered, stderr);
}

/* Where standard output belongs to what was asked for, print() goes elsewhere. */
static void
text(void *ctx, int what, const char *s, size_t n)
{
	Terminal *t = ctx;
	bool taken = t->output ? strcmp(t->output, "-") == 0 : t->text;

	wipe(t);
	fwrite(s, 1, n, what == MILC_PRINTED && taken ? stderr : stdout);
	if (what == MILC_OUTPUT && n)
		t->broken_line = s[n - 1] != '\n';
}

/* What is being done, once it takes over a second. */
static int
progress(void *ctx, const char *what)
{
	Terminal *t = ctx;

	if (t->progress && sys_clock(false) - t->started > 1) {
		t->shown = true;
		fprintf(stderr, "\r\033[Kmilc: %s", what);
	}
	return 0;
}

static void
terminal_begin(Terminal *t, milc *m)
{
	bool person = sys_is_terminal(SYS_STDERR);

	*t = (Terminal){.color = person && !getenv("NO_COLOR"),
	                .progress = person,
	                .started = sys_clock(false)};
	milc_on_message(m, message, t);
	milc_on_text(m, text, t);
	milc_on_progress(m, progress, t);
}

/* False: standard output could not be written. */
static bool
terminal_end(Terminal *t)
{
	wipe(t);
	/* Apple's text ends without a newline; a prompt needs one. */
	if (t->broken_line && sys_is_terminal(SYS_STDOUT))
		putchar('\n');
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	fprintf(stderr, "milc: error: cannot write to standard output: %s\n", strerror(errno));
	return false;
}

int
main(int argc, char **argv)
{
	const Command *c = NULL;
	Terminal t;
	milc *m = milc_new();
	int status;

	if (!m) {
		fputs("milc: error: out of memory\n", stderr);
		return MILC_FAILED;
	}
	sys_catch_signals();
	terminal_begin(&t, m);
	for (size_t i = 0; argc > 1 && i < countof(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			c = &commands[i];
	status = c ? c->run(m, &t, argc - 1, argv + 1) : cli_compile(m, &t, argc, argv);
	milc_free(m);
	if (!terminal_end(&t) && status == MILC_OK)
		status = MILC_FAILED;
	return status;
}
