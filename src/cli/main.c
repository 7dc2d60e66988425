/* main.c: the command line. Options become a struct of milc.h, which does the rest. */
#include "cli.h"

#include <stdio.h>

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

int
main(int argc, char **argv)
{
	if (argc > 1)
		for (size_t i = 0; i < countof(commands); i++)
			if (strcmp(argv[1], commands[i].name) == 0)
				return commands[i].run(argc - 1, argv + 1);
	return cli_compile(argc, argv);
}
