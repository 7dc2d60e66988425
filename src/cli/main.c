/* main.c: the command line: which command it is, and the terminal around it. */
#include "cli.h"

#include "base/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int
compile(milc *m, const char *const *file, size_t n)
{
	(void)n;
	return milc_compile(m, *file);
}

static int
run(milc *m, const char *const *file, size_t n)
{
	(void)n;
	return milc_run(m, *file);
}

static int
compress(milc *m, const char *const *file, size_t n)
{
	(void)n;
	return milc_compress(m, *file);
}

static int
dump(milc *m, const char *const *file, size_t n)
{
	(void)n;
	return milc_dump(m, *file);
}

static int
check(milc *m, const char *const *file, size_t n)
{
	return milc_check(m, file, n);
}

static int
diff(milc *m, const char *const *file, size_t n)
{
	(void)n;
	return milc_diff(m, file[0], file[1]);
}

static int
edit(milc *m, const char *const *file, size_t n)
{
	(void)n;
	return milc_edit(m, *file);
}

static int
reduce(milc *m, const char *const *file, size_t n)
{
	(void)n;
	return milc_reduce(m, *file);
}

static int
ane(milc *m, const char *const *file, size_t n)
{
	bool person = sys_is_terminal(SYS_STDOUT) && !getenv("NO_COLOR");
	char columns[16];

	snprintf(columns, sizeof columns, "%u", sys_columns(SYS_STDOUT));
	milc_set(m, "paint", person ? "1" : "0");
	milc_set(m, "columns", columns);
	return milc_ane(m, n ? *file : NULL);
}

static int
rewrite(milc *m, const char *const *file, size_t n)
{
	(void)n;
	return milc_rewrite(m, *file);
}

static int
probe(milc *m, const char *const *file, size_t n)
{
	return milc_probe(m, n ? *file : NULL);
}

#define ONE_MODEL "the model: its ending, .mlpackage, .mlmodelc, .mlmodel or .mil, is its form"

static const Command commands[] = {
    {NULL, MILC_COMPILE, 1, 1, compile, NULL, "milc FILE.mil [-o OUT]", "compile", NULL, NULL},
    {"run", MILC_RUN, 1, 1, run, NULL, "milc run MODEL [-i IN.npz] [-o OUT.npz]",
     "run a script or a model on this machine's CPU",
     "MODEL is a script, MIL text, a package, a model file or a compiled model.", NULL},
    {"dump", MILC_DUMP, 1, 1, dump, NULL, "milc dump MODEL [-o OUT.mil]",
     "decompile a model to a script, or show it",
     "MODEL is a package, a model file, a compiled model, MIL text or a script.",
     "the script, its large weights in OUT.npz beside it, or\n"
     "the text that -S asks for; default: standard output"},
    {"check", MILC_CHECK, 1, MANY, check, NULL, "milc check MODEL…", "validate models",
     "Says all that is wrong with models of any form. Exit status 1: something is.", NULL},
    {"diff", MILC_DIFF, 2, 2, diff, NULL, "milc diff A B", "compare two models",
     "Says what differs between models of any form. Exit status 1: something does.", NULL},
    {"edit", MILC_EDIT, 1, 1, edit, NULL, "milc edit MODEL … -o OUT", "change a model",
     "Writes MODEL with what is asked for; all else stays, byte for byte.", ONE_MODEL},
    {"compress", MILC_COMPRESS, 1, 1, compress, NULL, "milc compress MODEL --linear int8 -o OUT",
     "weights in fewer bits",
     "Quantizes, palettizes or prunes the weights of an ML Program, and prints what each loses;\n"
     "with -i what the outputs do too.",
     ONE_MODEL},
    {"rewrite", MILC_REWRITE, 1, 1, rewrite, NULL, "milc rewrite --ane MODEL -o OUT",
     "rewrite a model for the Neural Engine",
     "Applies the known safe rewrites to an ML Program or what a script makes, runs it before and\n"
     "after, and prints what changed, and why.",
     ONE_MODEL},
    {"reduce", MILC_REDUCE, 1, 1, reduce, NULL,
     "milc reduce MODEL --when 'COMMAND' [-o OUT.mil]",
     "the smallest program that still does it",
     "Takes away operations, outputs, sizes and numbers as long as COMMAND succeeds, in which\n"
     "{} is the candidate, a script.",
     "the script, large constants in OUT.npz beside it;\ndefault: MODEL.reduced.mil here"},
    {"ane", MILC_ANE, 0, 1, ane, NULL, "milc ane MODEL", "what runs on the Neural Engine, and why",
     "For each operation a verdict, the conditions behind it evaluated with its own shapes and\n"
     "values, who says so, and what to write instead; then rules about the whole and a summary.",
     NULL},
    {"probe", MILC_PROBE, 0, 1, probe, NULL, "milc probe OP -o DIR",
     "ask a Mac what it runs where, operation by operation",
     "Makes a folder of scripts with one operation each, over a grid of shapes, types and\n"
     "attributes, a Makefile that compiles them, and results.csv; OP is an operation, or all.\n"
     "With --merge, says what a Mac's answers agree with.",
     "the folder"},
    {"ops", 0, 0, 0, NULL, cli_ops, "milc ops [NAME] [--torch] [--json] | --html DIR | --man",
     "the op reference",
     "The op reference: operands, types, defaults, opset versions. With --torch the operations\n"
     "of PyTorch files: what each becomes, on which conditions. With --html a folder of pages, "
     "one\n"
     "for each operation: versions, the Neural Engine, an example with its picture and numbers.\n"
     "With --man all as a manual page.",
     NULL},
    {"help", 0, 0, 0, NULL, cli_help, NULL, "how to use milc, or one of its commands", NULL, NULL},
};

const Command *
cli_commands(size_t *n)
{
	*n = countof(commands);
	return commands;
}

const Command *
cli_command(const char *name)
{
	for (size_t i = 0; i < countof(commands); i++)
		if (commands[i].name && strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

const Command *
cli_owner(const milc_option *o)
{
	size_t i = 0;

	while (!(commands[i].options & o->commands))
		i++;
	return &commands[i];
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
	fflush(stdout); /* what was said before stands above */
	fputs(msg->rendered, stderr);
}

/* Where standard output belongs to what was asked for, print() goes elsewhere. */
static void
text(void *ctx, int what, const char *s, size_t n)
{
	Terminal *t = ctx;
	bool taken = t->output ? strcmp(t->output, "-") == 0 : t->text;

	wipe(t);
	if (what == MILC_COMPLAINED)
		fflush(stdout); /* what was said before stands above */
	fwrite(s, 1, n,
	       what == MILC_COMPLAINED || (what == MILC_PRINTED && taken) ? stderr : stdout);
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
	const Command *c = argc > 1 ? cli_command(argv[1]) : NULL;
	bool named = c;
	Terminal t;
	milc *m = milc_new();
	int status;

	if (!m) {
		fputs("milc: error: out of memory\n", stderr);
		return MILC_FAILED;
	}
	sys_catch_signals();
	terminal_begin(&t, m);
	if (!named)
		c = commands;
	status = c->own ? c->own(m, &t, argc - named, argv + named)
	                : cli_do(c, m, &t, argc - named, argv + named);
	milc_free(m);
	if (!terminal_end(&t) && status == MILC_OK)
		status = MILC_FAILED;
	return status;
}
