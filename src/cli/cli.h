/* cli.h: the commands, one row each in main.c. */
#ifndef MILC_CLI_H
#define MILC_CLI_H

#include "base/base.h"
#include "api/milc.h"

typedef struct Command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
	const char *what;
} Command;
const Command *cli_commands(size_t *n);

int cli_compile(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_ops(int argc, char **argv);
int cli_help(int argc, char **argv);
int cli_later(int argc, char **argv);

/* Options that compile and run share. */
typedef struct Options {
	milc_run_options run;
	const char *file;
	VEC(milc_define) defines;
	Arena arena;
	bool print_passes, is_run;
} Options;
/* -1: go on; else the exit status (help, version, wrong use). */
int options_parse(Options *o, int argc, char **argv, bool is_run);
int usage_error(const char *fmt, ...) PRINTF(1, 2);

#endif
