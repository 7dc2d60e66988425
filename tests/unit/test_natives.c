/* test_natives.c: what bounds the modules in C, and that what they hold survives a collection at
 * every statement. What they compute is in tests/lang.
 */
#include <stdlib.h>

#include "base/diag.h"
#include "np/np.h"
#include "stdlib/stdlib.h"
#include "check.h"

typedef struct Run {
	Arena arena;
	Interner names;
	Diag diag;
	Interp *in;
	Buf printed, said;
} Run;

static void
keep(void *ctx, const char *text, size_t n)
{
	buf_put(ctx, text, n);
}

static bool
run(Run *r, InterpOptions opt, const char *text)
{
	memset(r, 0, sizeof *r);
	intern_init(&r->names, &r->arena);
	diag_init(&r->diag, &r->arena);
	r->diag.sink = keep;
	r->diag.sink_ctx = &r->said;
	opt.talk = (Talk){.print = keep, .ctx = &r->printed};
	r->in = interp_new(&r->arena, &r->names, &r->diag, &opt);
	np_install(r->in);
	stdlib_install(r->in);
	return interp_run(r->in, diag_add_source(&r->diag, "t.mil", text, strlen(text)));
}

static bool
said(Run *r, const char *what)
{
	diag_flush(&r->diag);
	if (r->said.at && strstr(r->said.at, what))
		return true;
	fprintf(stderr, "said:   %s\nwanted: %s\n", r->said.at ? r->said.at : "nothing", what);
	return false;
}

static void
done(Run *r)
{
	diag_flush(&r->diag);
	interp_free(r->in);
	buf_free(&r->printed);
	buf_free(&r->said);
	intern_free(&r->names);
	arena_free(&r->arena);
}

/* An expression that looks for a match in vain, in more ways than there are steps. */
static void
test_steps(void)
{
	static const char *const endless[] = {
	    "import re\nre.search('(a+)+[bc]', 'a' * 200 + 'd')\n",
	    "import re\nre.findall('(?:a|aa)+$', 'a' * 200 + 'd')\n",
	    "import re\nre.sub('(x+x+)+[yz]', '', 'x' * 100)\n",
	    "import re\nre.findall('a*a*a*a*[bc]', 'a' * 3000)\n",
	};
	InterpOptions steps = {.limits = {.steps = 200000}};
	Run r;

	for (size_t i = 0; i < countof(endless); i++) {
		CHECK(!run(&r, steps, endless[i]));
		CHECK(said(&r, "takes more than 200000 steps"));
		done(&r);
	}
	/* One that needs more calls than the first try has. */
	CHECK(run(&r, steps,
	          "import re\nprint(re.search('(a+)+[bc]', 'a' * 13 + 'd'))\n"
	          "print(re.search('x?(a+)+[bc]', '-' + 'a' * 12 + 'd' + 'ab').span())\n"
	          "print(re.findall('(?:a|a)*?(?=[bc])|', 'a' * 10 + 'd'))\n"));
	CHECK_STR(r.printed.at,
	          "None\n(14, 16)\n['', '', '', '', '', '', '', '', '', '', '', '']\n");
	done(&r);
}

static void
test_memory(void)
{
	InterpOptions memory = {.limits = {.memory = 32 << 20}};
	Run r;

	CHECK(!run(&r, memory, "import re\nx = re.findall('', 'a' * 1000000)\n"));
	CHECK(said(&r, "the script needs more than 32 MiB of memory"));
	done(&r);
	CHECK(!run(&r, memory, "import struct\nstruct.pack('9999999999x')\n"));
	CHECK(said(&r, "the script needs more than 32 MiB of memory"));
	done(&r);
	CHECK(!run(&r, memory, "import json\nx = json.loads('[' + '1,' * 5000000 + '1]')\n"));
	CHECK(said(&r, "the script needs more than 32 MiB of memory"));
	done(&r);
	CHECK(!run(&r, memory, "import hashlib\nx = [hashlib.md5() for i in range(10 ** 6)]\n"));
	CHECK(said(&r, "the script needs more than 32 MiB of memory"));
	done(&r);
}

/* What only a C function holds while a script's function runs below it. */
static void
test_collections(void)
{
	static const char hooks[] =
	    "import json\n"
	    "def hook(pairs):\n"
	    "    junk = [str(i) for i in range(9)]\n"
	    "    return [(k + '!', v) for k, v in pairs]\n"
	    "def number(s):\n"
	    "    junk = s * 9\n"
	    "    return s + '?'\n"
	    "text = '{\"a\": [1, {\"b\": 2.5, \"c\": [NaN, {}]}, \"x\\\\n\"], \"d\": {\"e\": "
	    "-1}}'\n"
	    "print(json.loads(text, object_pairs_hook=hook, parse_int=number, "
	    "parse_float=number))\n"
	    "import re\n"
	    "print(re.sub('(.)(b)?', lambda m: m.group(1).upper() + str(m.groups()), 'abc'))\n";
	InterpOptions always = {.collect_always = true};
	Run r;

	CHECK(run(&r, always, hooks));
	CHECK_STR(r.printed.at,
	          "[('a!', ['1?', [('b!', '2.5?'), ('c!', [nan, []])], 'x\\n']), ('d!', [('e!', "
	          "'-1?')])]\nA('a', 'b')C('c', None)\n");
	done(&r);
}

static void
test_time(void)
{
	static const char text[] =
	    "import time\n"
	    "a = time.perf_counter()\n"
	    "print(time.time(), time.time() > 1.5e9, time.perf_counter() >= a)\n"
	    "print(time.strftime('%Y-%m-%d %H:%M:%S'))\n";
	static const struct {
		const char *epoch, *prints;
	} known[] = {
	    {"86400", "86400.0 False True\n1970-01-02 00:00:00\n"},
	    {"1709210096", "1709210096.0 True True\n2024-02-29 12:34:56\n"},
	};
	Run r;

	for (size_t i = 0; i < countof(known); i++) {
		setenv("SOURCE_DATE_EPOCH", known[i].epoch, 1);
		CHECK(run(&r, (InterpOptions){0}, text));
		CHECK_STR(r.printed.at, known[i].prints);
		done(&r);
	}
	setenv("SOURCE_DATE_EPOCH", "today", 1); /* no number: as if it were not there */
	CHECK(run(&r, (InterpOptions){0}, text));
	CHECK(strstr(r.printed.at, " True True\n"));
	done(&r);
	unsetenv("SOURCE_DATE_EPOCH");
}

int
main(void)
{
	test_time();
	test_steps();
	test_memory();
	test_collections();
	return check_report();
}
