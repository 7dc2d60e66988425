/* The interpreter from outside: running, defines, limits, calls from C, the collector. */
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

static const char *
printed(const Run *r)
{
	return r->printed.at ? r->printed.at : "";
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

static void
test_run(void)
{
	Run r;

	CHECK(run(&r, (InterpOptions){0}, "x = 40\nprint(x + 2)\n"));
	CHECK_STR(printed(&r), "42\n");
	CHECK_INT(interp_global(r.in, "x").kind, V_INT);
	CHECK_INT(interp_global(r.in, "x").i, 40);
	CHECK_INT(interp_global(r.in, "y").kind, V_UNSET);
	done(&r);
	CHECK(!run(&r, (InterpOptions){0}, "print(1)\nx = = 2\ny = (3\n"));
	CHECK_STR(printed(&r), ""); /* nothing runs when the syntax is wrong */
	CHECK(said(&r, "t.mil:2:5: error: unexpected '=', expected an expression\n"));
	CHECK(said(&r, "t.mil:3:5: error: '(' was never closed\n"));
	CHECK_INT(r.diag.nerror, 2);
	done(&r);
	CHECK(run(&r, (InterpOptions){0}, ""));
	done(&r);
	CHECK(run(&r, (InterpOptions){0}, "\n\n# only\n"));
	done(&r);
}

static void
test_defines(void)
{
	static const Define defines[] = {{"n", "-3"}, {"t", "(1, [2, 'a'], {'k': None})"}};
	InterpOptions opt = {.defines = defines, .ndefine = 2};
	Run r;

	CHECK(run(&r, opt, "n = 1\nn: int = 2\nn, m = 5, 6\n"
	                   "def f():\n    n = 9\n    return n\nprint(n, m, t, f())\n"));
	CHECK_STR(printed(&r), "-3 6 (1, [2, 'a'], {'k': None}) 9\n");
	done(&r);
}

static void
test_limits(void)
{
	InterpOptions steps = {.limits = {.steps = 1000}}, depth = {.limits = {.depth = 20}},
	              memory = {.limits = {.memory = 16 << 20}};
	Run r;

	CHECK(!run(&r, steps, "while True:\n    pass\n"));
	CHECK(said(&r, "takes more than 1000 steps"));
	done(&r);
	CHECK(!run(&r, steps, "x = [i for i in range(10 ** 9)]\n"));
	CHECK(said(&r, "takes more than 1000 steps"));
	done(&r);
	CHECK(!run(&r, depth, "def f(): f()\nf()\n"));
	CHECK(said(&r, "nested more than 20 deep") && said(&r, "in call to f, 19 times"));
	done(&r);
	CHECK(!run(&r, memory, "x = []\nwhile True:\n    x.append('a' * 100000)\n"));
	CHECK(said(&r, "the script needs more than 16 MiB of memory"));
	done(&r);
	CHECK(run(&r, memory, "for i in range(10000):\n    x = 'a' * 100000\n"));
	done(&r);
	/* What a call's arguments were made from is free before it. */
	CHECK(run(&r, memory,
	          "x = ('a' * 3000000).upper().lower().upper().lower().upper().lower().upper()\n"
	          "print(x[-1], len(x))\n"));
	CHECK_STR(printed(&r), "A 3000000\n");
	done(&r);
}

/* C code that loops as long as a script likes counts steps (these are a few statements each). */
static void
test_metered(void)
{
	static const char *const work[] = {
	    "x = (1,)\nfor i in range(20): x = (x, x)\nrepr(x)\n",
	    "x = [0] * 30000\nfor i in range(100): repr(x)\n",
	    "x = [0] * 30000\ny = [0] * 30000\nfor i in range(100): x == y\n",
	    "x = [0] * 30000\nfor i in range(100): -1 in x\n",
	    "x = [0] * 30000\nfor i in range(100): x.count(-1)\n",
	    "x = [0] * 30000\nfor i in range(100): max(x)\n",
	    "x = [0] * 30000\nfor i in range(300): x.insert(0, 1)\n",
	    "x = [0] * 30000\nfor i in range(300): x.pop(0)\n",
	    "x = [0] * 30000\nfor i in range(300): x.reverse()\n",
	    "d = {}\nfor i in range(1000): d[i * (2**61 - 1)] = i\n",
	    "s = {i * (2**61 - 1) for i in range(1000)}\n",
	    "s = 'a' * 10**5\nfor i in range(400): s.find('b')\n",
	    "s = 'a' * 10**5\nfor i in range(400): s.count('b')\n",
	    "s = 'a' * 10**5\nfor i in range(400): 'b' in s\n",
	    "s = 'a' * 10**5\nfor i in range(400): s + 'b'\n",
	    "s = 'a' * 10**5\nfor i in range(400): s.replace('b', 'c')\n",
	    "s = 'a' * 10**5\nfor i in range(400): s.split('b')\n",
	    "s = 'a' * 10**5\nfor i in range(400): s.upper()\n",
	    "s = 'a' * 10**5\nfor i in range(400): s.isalpha()\n",
	    "s = 'a' * 10**5\nfor i in range(400): s[1:]\n",
	    "s = '\\u00fc' * 10**5\nfor i in range(400): s[-1]\n",
	    "s = 'a' * 10000\ns.strip('b' * 1000 + 'a')\n",
	    "s = 'a' * 10**6\nt = 'a' * 10**6\nfor i in range(200): s == t\n",
	    "x = 3**1200\nfor i in range(2000): x * x % 7\n",
	    "pow(3, 2**3000, 2**3000 + 1)\n",
	    "import numpy as np\na = np.broadcast_to(np.float32(1), (4000, 4000))\na @ a\n",
	    "import numpy as np\na = np.broadcast_to(np.float32(1), (4000, 4000))\na.dot(a)\n",
	    "import numpy as np\na = np.broadcast_to(np.float32(1), (4000, 4000))\na.max()\n",
	    "import numpy as np\na = np.broadcast_to(np.float32(1), (4000, 4000))\na.argmax()\n",
	    "import numpy as np\na = np.broadcast_to(np.float32(1), (4000, 4000))\na.cumsum()\n",
	    "import numpy as np\na = np.broadcast_to(np.float32(1), (4000, 4000))\na + 1\n",
	    "import numpy as np\na = np.broadcast_to(np.float32(1), (4000, 4000))\n-a\n",
	    "import numpy as np\na = np.broadcast_to(np.float32(1), (4000, 4000))\na.mean()\n",
	    "import numpy as np\na = np.broadcast_to(np.float32(1), (4000, 4000))\na.nonzero()\n",
	    "import numpy as np\na = np.broadcast_to(np.float32(1), (6000, 6000))\na.copy()\n",
	    "import numpy as np\na = np.broadcast_to(np.float32(1), (4000, 4000))\n"
	    "np.einsum('ij->', a)\n",
	};
	InterpOptions few = {.limits = {.steps = 100000}}, memory = {.limits = {.memory = 8 << 20}};
	Run r;

	for (unsigned i = 0; i < countof(work); i++) {
		CHECK(!run(&r, few, work[i]));
		if (!said(&r, "takes more than 100000 steps"))
			fprintf(stderr, "not counted: %s", work[i]);
		CHECK(said(&r, "takes more than 100000 steps"));
		done(&r);
	}
	CHECK(run(&r, few,
	          "x = list(range(1000))\nfor i in range(1000): str(i)\nmax(x)\nrepr(x)\n"
	          "s = 'a' * 10000\ns.find('b')\ns.upper()\nx == x\nx.insert(0, 1)\n"
	          "import numpy as np\na = np.ones((64, 64))\n(a @ a).max()\n"));
	done(&r);
	CHECK(!run(&r, memory, "x = (1,)\nfor i in range(60): x = (x, x)\nprint(x)\n"));
	CHECK(said(&r, "the script needs more than 8 MiB of memory"));
	done(&r);
}

/* `s += text` grows the string where it lies, as long as nothing else holds it. */
static void
test_append(void)
{
	InterpOptions few = {.limits = {.steps = 100000}};
	Run r;

	CHECK(run(&r, few, "s = ''\nfor i in range(30000): s += 'ab'\nprint(len(s), s[:3])\n"));
	CHECK_STR(printed(&r), "60000 aba\n");
	done(&r);
	CHECK(run(&r, few, "s = 'a'\ns += 'b'\nt = s\ns += 'c'\ns += 'd'\ns += s\nprint(s, t)\n"));
	CHECK_STR(printed(&r), "abcdabcd ab\n");
	done(&r);
	CHECK(run(&r, few,
	          "def f():\n    x = '\\u00e9'\n    def add():\n        nonlocal x\n"
	          "        x += 'u'\n        x += 'o'\n        return x\n"
	          "    x += add()\n    x += add()\n    return x, len(x)\nprint(f())\n"));
	CHECK_STR(printed(&r), "('\xc3\xa9\xc3\xa9uo\xc3\xa9\xc3\xa9uouo', 10)\n");
	done(&r);
	CHECK(run(&r, few,
	          "d = {}\nz = 'q'\nz += 'w'\nz += 'e'\nd[z] = 1\nz += 'r'\nd[z] = 2\n"
	          "print(d, d['qw' + 'er'])\nw = ''\nw += 'x'\nw += 'y'\n"
	          "for c in w: w += c\nprint(w)\n"));
	CHECK_STR(printed(&r), "{'qwe': 1, 'qwer': 2} 2\nxyxy\n");
	done(&r);
}

static void
test_collector(void)
{
	InterpOptions opt = {.collect_always = true};
	Run r;

	CHECK(
	    run(&r, opt,
	        "def pair(a, b=[9], *c, k=[8], **d):\n    t = [a]\n    return t, b, c, k, d\n"
	        "def make():\n    n = [1]\n    def f(v):\n        n.append([v])\n        return n\n"
	        "    return f\n"
	        "f = make()\n"
	        "print(pair([1], *[[2], [3]], z=[4]), f(5), [f([i]) for i in range(2)][0])\n"
	        "g = (f(i) + [i] for i in [1, 2])\n"
	        "print(len(next(g)), len(next(g)), sorted([3, 1], key=lambda v: len(f(v))))\n"
	        "a, *b = [f(0), [1], [2]]\nd = {str(k): f(k) for k in range(2)}\n"
	        "d['x'] = f('y' + 'z')[-1]\nprint(b, d['x'], f'{f(1)[0]}{[f(2)[0]]}')\n"));
	CHECK_STR(printed(&r), "([[1]], [2], ([3],), [8], {'z': [4]}) "
	                  "[1, [5], [[0]], [[1]]] [1, [5], [[0]], [[1]]]\n"
	                  "6 7 [3, 1]\n[[1], [2]] ['yz'] 1[1]\n");
	done(&r);
}

/* What an expression makes each time is the collector's: the arena ends as after one turn. */
static size_t
arena_after(const char *turns)
{
	char text[256];
	size_t n;
	Run r;

	snprintf(text, sizeof text,
	         "import math\nfor i in range(%s):\n    math.sin(0.5)\n    list.copy([1])\n"
	         "    'a'.upper()\n    f'{1}'\n    getattr(math, 'cos')\n    [k for k in (1, 2)]\n",
	         turns);
	CHECK(run(&r, (InterpOptions){0}, text));
	n = r.arena.total;
	done(&r);
	return n;
}

static void
test_turns(void)
{
	size_t once = arena_after("0x1");

	CHECK_INT(arena_after("999"), once);
}

static void
test_call(void)
{
	Run r;
	Value v[2] = {vint(3), vint(4)}, out;
	Args a = {.pos = v, .npos = 2};
	const Str **params;
	uint32_t n;
	Span def;

	CHECK(run(&r, (InterpOptions){0}, "def f(a, b, *c):\n    return a * b\nx = 1\n"));
	CHECK(interp_call(r.in, interp_global(r.in, "f"), &a, &out));
	CHECK_INT(out.i, 12);
	CHECK(interp_call(r.in, interp_global(r.in, "f"), &a, &v[0]));
	CHECK_INT(v[0].i, 12);
	CHECK(!interp_call(r.in, interp_global(r.in, "x"), &a, &out));
	CHECK(said(&r, "'int' object is not callable"));
	CHECK(interp_signature(r.in, interp_global(r.in, "f"), &params, &n, &def));
	CHECK_STR(interp_func_name(interp_global(r.in, "f"))->s, "f");
	CHECK_INT(n, 3);
	CHECK_STR(params[2]->s, "c");
	CHECK(!interp_signature(r.in, interp_global(r.in, "x"), &params, &n, &def));
	done(&r);
}

static void
test_paths(void)
{
	InterpOptions opt = {.dir = "some/dir"};
	Run r;

	run(&r, opt, "");
	CHECK_STR(interp_path(r.in, "a.npy"), "some/dir/a.npy");
	CHECK_STR(interp_path(r.in, "/a.npy"), "/a.npy");
	done(&r);
}

int
main(void)
{
	test_run();
	test_defines();
	test_limits();
	test_metered();
	test_append();
	test_collector();
	test_turns();
	test_call();
	test_paths();
	return check_report();
}
