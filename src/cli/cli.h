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
/* One of milc's commands: options of its rows in front/options.def, files, and the call of milc.h
 * that does it. */
typedef struct Command {
	const char *name; /* NULL: the one that goes without a name */
	int options;      /* MILC_RUN: which it takes; 0: it looks at its arguments itself */
	unsigned least, most; /* files */
	int (*call)(milc *m, const char *const *file, size_t n);
	int (*own)(milc *m, Terminal *t, int argc, char **argv); /* argv[0] is the command's name */
	const char *usage; /* "milc run MODEL [-i IN.npz] [-o OUT.npz]" */
	const char *what, *more; /* for the list, and in its own help */
	const char *output;      /* what its -o OUT is, where it is not that of compiling */
} Command;
const Command *cli_commands(size_t *n);
const Command *cli_command(const char *name); /* 0: there is none */
const Command *cli_owner(const milc_option *o); /* the first that takes it */

enum { MANY = 1000000 }; /* files */

int cli_do(const Command *c, milc *m, Terminal *t, int argc, char **argv);
int cli_ops(milc *m, Terminal *t, int argc, char **argv);
int cli_help(milc *m, Terminal *t, int argc, char **argv);
int help_of(const Command *c);

/* Sets what the arguments say, and moves the names of files to the front of argv: so many are
 * *nfile. -1: go on; else the exit status (help, version, a list, wrong use). */
int options_parse(milc *m, Terminal *t, int argc, char **argv, const Command *c, size_t *nfile);
/* `c`: whose help to point at; 0: that of milc. */
int usage_error(const Command *c, const char *fmt, ...) PRINTF(2, 3);

#endif
