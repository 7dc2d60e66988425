/* cli.h: the commands, one row each in main.c. */
#ifndef MILC_CLI_H
#define MILC_CLI_H

#include "api/milc.h"
#include "base/base.h"

/* Where messages and texts go; of the one handle of the process. */
typedef struct Terminal {
	bool color, progress;    /* standard error is for a person */
	bool text;               /* -S */
	const char *output;      /* -o OUT */
	bool shown, broken_line; /* progress stands there; the last output had no newline */
	double started;
} Terminal;
typedef struct Command {
	const char *name;
	int (*run)(milc *m, Terminal *t, int argc, char **argv); /* argv[0] is the command's name */
	const char *what;
} Command;
const Command *cli_commands(size_t *n);

int cli_compile(milc *m, Terminal *t, int argc, char **argv);
int cli_run(milc *m, Terminal *t, int argc, char **argv);
int cli_ops(milc *m, Terminal *t, int argc, char **argv);
int cli_help(milc *m, Terminal *t, int argc, char **argv);
int cli_later(milc *m, Terminal *t, int argc, char **argv);

/* Sets what the arguments say. *file: the input, or 0. -1: go on; else the exit status (help,
 * version, a list, wrong use). */
int options_parse(milc *m, Terminal *t, int argc, char **argv, int command, const char **file);
int usage_error(const char *fmt, ...) PRINTF(1, 2);

#endif
