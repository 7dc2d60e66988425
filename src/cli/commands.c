/* commands.c: the commands, each a call into milc.h. */
#include "cli.h"

#include <stdio.h>

int
cli_compile(int argc, char **argv)
{
	Options o;
	int status = options_parse(&o, argc, argv, false);

	if (status < 0 && o.print_passes)
		status = milc_passes(&o.run.compile.common);
	else if (status < 0 && !o.file)
		status = usage_error("no file: expected 'milc FILE.mil'");
	else if (status < 0)
		status = milc_compile(o.file, &o.run.compile);
	arena_free(&o.arena);
	return status;
}

int
cli_run(int argc, char **argv)
{
	Options o;
	int status = options_parse(&o, argc, argv, true);

	if (status < 0 && !o.file)
		status = usage_error("no model: expected 'milc run MODEL'");
	else if (status < 0)
		status = milc_run(o.file, &o.run);
	arena_free(&o.arena);
	return status;
}

int
cli_ops(int argc, char **argv)
{
	const char *name = NULL;
	bool json = false;

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
	return milc_ops(name, json, &(milc_common){0});
}

int
cli_later(int argc, char **argv)
{
	(void)argc;
	fprintf(stderr, "milc: 'milc %s' is not yet supported\n", argv[0]);
	return MILC_WRONG_USE;
}

static const char help_compile[] =
    "usage: milc FILE.mil [-o OUT]        compile a script to a Core ML model\n"
    "       milc COMMAND …                one of the commands below\n"
    "\n"
    "  -o, --output OUT        .mlpackage, .mlmodel, .mil, a folder ending in '/', or - (with "
    "-S);\n"
    "                          default: what model.save(…) names, else FILE.mlpackage here\n"
    "  -t, --convert-to FORM   mlprogram or neuralnetwork\n"
    "      --target T          minimum deployment target: iOS13 … iOS26, macOS12 …\n"
    "      --precision P       fp16 or fp32\n"
    "  -S                      write MIL text (to OUT, or standard output)\n"
    "  -D NAME=VALUE           define a name of the script, a Python literal\n"
    "      --program NAME      compile this program of the script\n"
    "      --function NAME     compile this function of it\n"
    "      --passes=LIST       run exactly these passes; none; -NAME,+NAME edits the default\n"
    "      --print-passes      list the passes in order\n"
    "      --print-after=PASS  show the program as MIL text after a pass, or after all\n"
    "      --time-passes       time each pass\n"
    "      --verify-passes     check each pass by running the program before and after it\n"
    "  -MD, -MF FILE           write a make dependency file\n"
    "      --diagnostics=json  one JSON object a line instead of text\n"
    "      --color[=WHEN]      always, never or auto\n"
    "      --werror            warnings are errors\n"
    "      --max-steps=N, --max-memory=N   limits for scripts and runs (K, M, G)\n"
    "  -q, --quiet             no progress\n"
    "      --version, -h, --help\n"
    "\n"
    "commands ('milc help COMMAND' for more):\n";

static const char help_run[] =
    "usage: milc run MODEL [-i IN.npz] [-o OUT.npz]\n"
    "\n"
    "MODEL is a script (.mil), a .mlpackage or a .mlmodel.\n"
    "\n"
    "  -i, --input IN.npz      inputs by name; missing ones are random, states zero\n"
    "  -o, --output OUT.npz    outputs by name; without it a summary is printed\n"
    "      --seed N            of random inputs\n"
    "      --repeat N          run N times; states go on from one to the next\n"
    "      --time              print the time of each run\n"
    "      --profile           print the time of each op\n"
    "  and the options of 'milc FILE.mil' for scripts\n";

static const char help_ops[] = "usage: milc ops [NAME] [--json]\n"
                               "\n"
                               "The op reference: operands, types, defaults, opset versions.\n";

int
cli_help(int argc, char **argv)
{
	const char *topic = argc > 1 ? argv[1] : argv[0];
	const Command *c;
	size_t n;

	if (strcmp(topic, "run") == 0) {
		fputs(help_run, stdout);
	} else if (strcmp(topic, "ops") == 0) {
		fputs(help_ops, stdout);
	} else if (argc > 1 && topic[0] != '-' && strcmp(topic, "help") != 0) {
		return usage_error("there is no command '%s' to explain", topic);
	} else {
		fputs(help_compile, stdout);
		c = cli_commands(&n);
		for (size_t i = 0; i < n; i++)
			if (c[i].run != cli_later)
				printf("  %-8s %s\n", c[i].name, c[i].what);
	}
	return MILC_OK;
}
