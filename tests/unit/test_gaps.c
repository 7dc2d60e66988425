/* test_gaps.c: how far two runs lie apart: by output, and what rounding explains. */
#include "exec/gaps.h"
#include "ops.h"

typedef struct Pair {
	const char *was, *now; /* as in ops.h; 0: the output is not there */
} Pair;

/* Outputs y, z, … of a function, of these types; "half: " before one makes it of half precision. */
static void
set_up(OpsCtx *c, const Pair *p, uint32_t n, NamedTensor *was, NamedTensor *now, uint32_t *nnow)
{
	Var *out[4];

	ops_init(c);
	*nnow = 0;
	for (uint32_t k = 0; k < n; k++) {
		bool half = strncmp(p[k].was, "half: ", 6) == 0;
		const Str *name = intern_cstr(&c->names, (char[]){(char)('y' + k), 0});
		Dim two = 2;
		const Type *t = type_tensor(&c->types, half ? DT_FP16 : DT_FP32, &two, 1);
		Var *x =
		    block_add_param(c->func->body, intern_cstr(&c->names, half ? "h" : "x"), t);
		OpsValue v, w;
		out[k] =
		    build1(&c->b, OP_cast, name, ARGS(VAR("x", x), STRC(&c->b, "dtype", "fp32")));
		out[k]->name = name;
		ops_value(c, p[k].was + (half ? 6 : 0), &v);
		was[k] = (NamedTensor){name, v.val};
		if (!p[k].now)
			continue;
		ops_value(c, p[k].now, &w);
		now[(*nnow)++] = (NamedTensor){name, w.val};
	}
	block_set_outputs(c->func->body, out, n);
}

static void
put(Buf *b, const char *what, const NumberGap *g)
{
	buf_printf(b, "%s ", what);
	if (g->at)
		buf_printf(b, "%.3g, %s: %g, %g\n", g->size, g->at, g->before, g->after);
	else
		buf_puts(b, "none\n");
}

static void
between(int line, const Pair *p, uint32_t n, const char *expect)
{
	char at[64];
	NamedTensor was[4], now[4];
	uint32_t nnow;
	OpsCtx c;
	Gaps g = {0};
	Buf b = {0};

	set_up(&c, p, n, was, now, &nnow);
	gaps_find(&g, &c.arena, c.func, was, n, now, nnow);
	put(&b, "absolute", &g.absolute);
	put(&b, "relative", &g.relative);
	buf_printf(&b, "wrong: %s\n", g.wrong ? g.wrong : "no");
	snprintf(at, sizeof at, __FILE__ ":%d: gaps", line);
	buf_byte(&b, 0);
	check_str(at, b.at, expect);
	buf_free(&b);
	ops_free(&c);
}
#define BETWEEN(expect, ...)                                                                       \
	between(__LINE__, (const Pair[]){__VA_ARGS__},                                             \
	        (uint32_t)(sizeof((const Pair[]){__VA_ARGS__}) / sizeof(Pair)), expect)

static void
test_numbers(void)
{
	BETWEEN("absolute none\nrelative none\nwrong: no\n", {"fp32[2] 1 -2", "fp32[2] 1 -2"});
	/* the largest of both need not be at one element */
	BETWEEN("absolute 0.004, output y at [1]: 100, 100.004\n"
	        "relative 3e-05, output y at [0]: 0, 0.003\nwrong: no\n",
	        {"fp32[2] 0 100", "fp32[2] 0.003 100.004"});
	BETWEEN("absolute 1, output y at [1]: 1000, 1001\n"
	        "relative 0.0005, output y at [1]: 1000, 1001\n"
	        "wrong: output 'y' at [1] is 1001 and was 1000, with numbers up to 1000\n",
	        {"fp32[2] 0 1000", "fp32[2] 0 1001"});
	/* all are zeros: the smallest number is too much */
	BETWEEN("absolute 0.5, output y at [0]: 0, 0.5\n"
	        "relative inf, output y at [0]: 0, 0.5\n"
	        "wrong: output 'y' at [0] is 0.5 and was 0, with numbers up to 0\n",
	        {"fp32[2] 0 0", "fp32[2] 0.5 0"});
}

/* Each output by what has a part in it. */
static void
test_precision(void)
{
	BETWEEN("absolute 1, output y at [1]: 1000, 1001\n"
	        "relative 0.0005, output y at [1]: 1000, 1001\nwrong: no\n",
	        {"half: fp32[2] 0 1000", "fp32[2] 0 1001"});
	BETWEEN("absolute 1, output y at [1]: 1000, 1001\n"
	        "relative 0.0005, output y at [1]: 1000, 1001\n"
	        "wrong: output 'z' at [0] is 1.0005 and was 1, with numbers up to 1\n",
	        {"half: fp32[2] 0 1000", "fp32[2] 0 1001"}, {"fp32[2] 1 0", "fp32[2] 1.0005 0"});
	/* below 2^-14 digits are lost */
	BETWEEN("absolute 3.05e-05, output y at [0]: 0, 3.05176e-05\n"
	        "relative 1, output y at [0]: 0, 3.05176e-05\nwrong: no\n",
	        {"half: fp32[2] 0 3.0517578125e-05", "fp32[2] 3.0517578125e-05 3.0517578125e-05"});
}

static void
test_integers(void)
{
	BETWEEN("absolute 1, output y at [0]: 500, 501\n"
	        "relative 0.001, output y at [0]: 500, 501\n"
	        "wrong: output 'y' at [0] is 501 and was 500, with numbers up to 500\n",
	        {"int32[1] 500", "int32[1] 501"});
	BETWEEN("absolute 1, output y at [0]: 500, 501\n"
	        "relative 0.001, output y at [0]: 500, 501\nwrong: no\n",
	        {"half: int32[1] 500", "int32[1] 501"});
	BETWEEN("absolute 2, output y at [0]: 500, 502\n"
	        "relative 0.002, output y at [0]: 500, 502\n"
	        "wrong: output 'y' at [0] is 502 and was 500, with numbers up to 500\n",
	        {"half: int32[1] 500", "int32[1] 502"});
}

static void
test_infinite(void)
{
	BETWEEN("absolute none\nrelative none\nwrong: no\n",
	        {"fp32[3] nan inf -inf", "fp32[3] 7 inf -inf"});
	BETWEEN("absolute inf, output y at [1]: -inf, -40000\n"
	        "relative inf, output y at [1]: -inf, -40000\n"
	        "wrong: output 'y' at [1] is -40000 and was -inf, with numbers up to 1\n",
	        {"half: fp32[2] 1 -inf", "fp32[2] 1 -40000"});
	BETWEEN("absolute inf, output y at [0]: 1, nan\n"
	        "relative inf, output y at [0]: 1, nan\n"
	        "wrong: output 'y' at [0] is nan and was 1, with numbers up to 2\n",
	        {"fp32[2] 1 2", "fp32[2] nan 2"});
	BETWEEN("absolute inf, output y at [0]: inf, -inf\n"
	        "relative inf, output y at [0]: inf, -inf\n"
	        "wrong: output 'y' at [0] is -inf and was inf, with numbers up to 0\n",
	        {"fp32[1] inf", "fp32[1] -inf"});
}

static void
test_outputs(void)
{
	BETWEEN("absolute none\nrelative none\n"
	        "wrong: function 'main' has 1 output and had 2\n",
	        {"fp32[1] 1", "fp32[1] 1"}, {"fp32[1] 1", NULL});
	BETWEEN("absolute none\nrelative none\n"
	        "wrong: output 'y' is fp32[1, 2] and was fp32[2]\n",
	        {"fp32[2] 1 2", "fp32[1,2] 1 2"});
	BETWEEN("absolute none\nrelative none\nwrong: output 'y' is fp16[] and was fp32[]\n",
	        {"fp32 1", "fp16 1"});
	BETWEEN("absolute none\nrelative none\nwrong: no\n", {"\"cat\"", "\"dog\""});
}

int
main(void)
{
	test_numbers();
	test_precision();
	test_integers();
	test_infinite();
	test_outputs();
	return check_report();
}
