/* test_fast_math.c: functions of elementwise kernels, over a sample of all floats: the same bits
 * with each instruction set that this processor has, and within so many units of the last digit
 * (ulp) of what libm gives in double.
 */
#include "runtime/chain.h"
#include "runtime/rowmath.h"
#include "check.h"

#include <math.h>

enum { SAMPLE = 1 << 17, PIECE = 1021 };

typedef double Want(double x, double y, double a);
typedef struct Row {
	const char *op, *mode;
	float a, b;  /* alpha or epsilon, and beta */
	double ulp;  /* bound; */
	double tiny; /* results smaller than this count as if they were as large */
	Want *want;
} Row;

static double
softplus(double x)
{
	return log1p(exp(-fabs(x))) + fmax(x, 0);
}

static double
keeps(double x, double r) /* NaN where x is */
{
	return x != x ? x : r;
}

static double
whole(double x, double y)
{
	double m = fmod(x, y), q = (x - m) / y;

	if (y == 0)
		return x / y;
	q -= m != 0 && (y < 0) != (m < 0);
	return q == 0 ? copysign(0, x / y) : floor(q + 0.5);
}

static double
rest(double x, double y)
{
	double m = fmod(x, y);

	return m == 0 ? copysign(0, y) : (y < 0) != (m < 0) ? m + y : m;
}

/*  op (and what sets it apart behind two underscores), mode, alpha or epsilon, beta, bound,
 * smallest result that is held to it, formula */
#define ROWS(R)                                                                                    \
	R(abs, "", 0, 0, 0, 0, fabs(x))                                                            \
	R(acos, "", 0, 0, 0.51, 0, acos(x))                                                        \
	R(add, "", 0, 0, 0.5, 0, x + y)                                                            \
	R(asin, "", 0, 0, 0.51, 0, asin(x))                                                        \
	R(atan, "", 0, 0, 0.51, 0, atan(x))                                                        \
	R(atanh, "", 0, 0, 0.51, 0, atanh(x))                                                      \
	R(ceil, "", 0, 0, 0, 0, ceil(x))                                                           \
	R(clamped_relu, "", 0.25f, 6, 0.5, 0, keeps(x, x < 0 ? 0.25 * x : fmin(x, 6)))             \
	R(clip, "", -0.5f, 3, 0, 0, keeps(x, fmin(fmax(x, -0.5), 3)))                              \
	R(cos, "", 0, 0, 0.51, 0, cos(x))                                                          \
	R(cosh, "", 0, 0, 0.51, 0, cosh(x))                                                        \
	R(elu, "", 1.5f, 0, 0.51, 0, x < 0 ? 1.5 * expm1(x) : x)                                   \
	R(equal, "", 0, 0, 0, 0, x == y)                                                           \
	R(erf, "", 0, 0, 1, 0, erf(x))                                                             \
	R(exp, "", 0, 0, 1, 0, exp(x))                                                             \
	R(exp2, "", 0, 0, 1, 0, exp2(x))                                                           \
	R(floor, "", 0, 0, 0, 0, floor(x))                                                         \
	R(floor_div, "", 0, 0, 0.5, 0, whole(x, y))                                                \
	R(gelu__exact, "EXACT", 0, 0, 7, 0x1p-118, 0.5 * x * erfc(-x * sqrt(0.5)))                 \
	R(gelu__sigmoid, "SIGMOID_APPROXIMATION", 0, 0, 10, 0x1p-6, x / (1 + exp(-1.702 * x)))     \
	R(gelu__tanh, "TANH_APPROXIMATION", 0, 0, 10, 0x1p-6,                                      \
	  x / (1 + exp(-2 * sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x))))       \
	R(greater, "", 0, 0, 0, 0, x > y)                                                          \
	R(greater_equal, "", 0, 0, 0, 0, x >= y)                                                   \
	R(inverse, "", 1e-4f, 0, 1.5, 0, 1 / (x + a))                                              \
	R(leaky_relu, "", 0.1f, 0, 0.5, 0, x < 0 ? a * x : x)                                      \
	R(less, "", 0, 0, 0, 0, x < y)                                                             \
	R(less_equal, "", 0, 0, 0, 0, x <= y)                                                      \
	R(linear_activation, "", 0.1f, 3, 0.51, 0, a *x + 3)                                       \
	R(log, "", 1e-45f, 0, 0.51, 0, log(x + a))                                                 \
	R(log__half, "", 0.5f, 0, 0.51, 0, log(x + 0.5))                                           \
	R(maximum, "", 0, 0, 0, 0, x >= y || x != x ? x : y)                                       \
	R(minimum, "", 0, 0, 0, 0, x <= y || x != x ? x : y)                                       \
	R(mod, "", 0, 0, 0.5, 0, rest(x, y))                                                       \
	R(mul, "", 0, 0, 0.5, 0, x *y)                                                             \
	R(not_equal, "", 0, 0, 0, 0, x != y)                                                       \
	R(pow, "", 0, 0, 0.51, 0, pow(x, y))                                                       \
	R(prelu, "", 0.25f, 0, 0.5, 0, x < 0 ? 0.25 * x : x)                                       \
	R(real_div, "", 0, 0, 0.5, 0, x / y)                                                       \
	R(relu, "", 0, 0, 0, 0, x < 0 ? 0 : x)                                                     \
	R(relu6, "", 0, 0, 0, 0, x<0 ? 0 : x> 6 ? 6 : x)                                           \
	R(round, "", 0, 0, 0, 0, rint(x))                                                          \
	R(rsqrt, "", 1e-12f, 0, 1, 0, 1 / sqrt(x + a))                                             \
	R(scaled_tanh, "", 1.5f, 0.75f, 3, 0, 1.5 * tanh(0.75 * x))                                \
	R(sigmoid, "", 0, 0, 2.5, 0x1p-126, 1 / (1 + exp(-x)))                                     \
	R(sigmoid_hard, "", 0.2f, 0.5f, 0.51, 0, keeps(x, fmin(fmax(a *x + 0.5, 0), 1)))           \
	R(sign, "", 0, 0, 0, 0, x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x)                           \
	R(silu, "", 0, 0, 3, 0x1p-119, x / (1 + exp(-x)))                                          \
	R(sin, "", 0, 0, 0.51, 0, sin(x))                                                          \
	R(sinh, "", 0, 0, 0.51, 0, sinh(x))                                                        \
	R(softplus, "", 0, 0, 0.51, 0, softplus(x))                                                \
	R(softplus_parametric, "", 1.5f, 0.75f, 0.51, 0, 1.5 * softplus(0.75 * x))                 \
	R(softsign, "", 0, 0, 1.5, 0, x / (1 + fabs(x)))                                           \
	R(sqrt, "", 0, 0, 0.5, 0, sqrt(x))                                                         \
	R(square, "", 0, 0, 0.5, 0, x *x)                                                          \
	R(sub, "", 0, 0, 0.5, 0, x - y)                                                            \
	R(tan, "", 0, 0, 0.51, 0, tan(x))                                                          \
	R(tanh, "", 0, 0, 1, 0, tanh(x))                                                           \
	R(threshold, "", 0.25f, 0, 0, 0, keeps(x, fmax(x, 0.25)))                                  \
	R(thresholded_relu, "", 0.25f, 0, 0, 0, x < 0.25 ? 0 : x)

#define R(name, mode, alpha, beta, ulp, tiny, formula)                                             \
	static double want_##name(double x, double y, double a)                                    \
	{                                                                                          \
		(void)y, (void)a;                                                                  \
		return formula;                                                                    \
	}
ROWS(R)
#undef R
static const Row rows[] = {
#define R(name, mode, alpha, beta, ulp, tiny, formula)                                             \
	{#name, mode, alpha, beta, ulp, tiny, want_##name},
    ROWS(R)
#undef R
};

/* ---- numbers ---- */

static float
float_of(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

/* All magnitudes and signs; those near to 1 more often; and the ends of ranges. */
static void
sample(float *x, float *y)
{
	static const float edge[] = {0.f,
	                             -0.f,
	                             INFINITY,
	                             -INFINITY,
	                             NAN,
	                             1,
	                             -1,
	                             2,
	                             -2,
	                             0.5f,
	                             -0.5f,
	                             0x1p-149f,
	                             -0x1p-149f,
	                             0x1p-126f,
	                             0x1.fffffep127f,
	                             3,
	                             -3,
	                             1e5f,
	                             0x1.921fb6p+0f,
	                             0x1.fffffep19f,
	                             0x1p20f,
	                             -0x1.fffffep127f,
	                             88.72284f,
	                             -103.972f,
	                             0x1.fffffep-1f,
	                             0x1.000002p0f};
	enum { EDGES = sizeof edge / sizeof *edge };
	uint32_t n = 0, seed = 1;

	for (uint32_t i = 0; i < EDGES * EDGES; i++, n++) {
		x[n] = edge[i / EDGES];
		y[n] = edge[i % EDGES];
	}
	for (; n < SAMPLE; n++) {
		seed = seed * 1664525 + 1013904223;
		x[n] = float_of(n * 65539u);
		if (n % 2)
			x[n] = (float)(int32_t)(n * 2654435761u) * 0x1p-31f * (n % 4 == 1 ? 3 : 90);
		y[n] = n % 8 < 3 ? float_of(seed) : (float)(int32_t)seed * 0x1p-27f;
		if (n % 16 == 5)
			y[n] = rintf(y[n]);
	}
}

/* How far they lie apart, in units of the last digit that a float of this size has. */
static double
ulps(float got, double want, double tiny)
{
	int exponent;

	if (want != want || got != got)
		return want != want && got != got ? 0 : INFINITY;
	if (fabs(want) >= 0x1.ffffffp127) /* it is rounded to infinity */
		return got == (want > 0 ? INFINITY : -INFINITY) ? 0
		       : fabsf(got) == 0x1.fffffep127f          ? 1
		                                                : INFINITY;
	if (fabsf(got) > 0x1.fffffep127f)
		return fabs(want) > 0x1.fffffcp127 ? 1 : INFINITY;
	if (want == 0 && got == 0)
		return !signbit(want) == !signbit(got) ? 0 : INFINITY;
	frexp(fmax(fmax(fabs(want), tiny), 0x1p-126), &exponent);
	return fabs((double)got - want) / ldexp(1, exponent - 24);
}

/* ---- one function ---- */

typedef struct Operands {
	RtValue value[MAX_PARAMS];
	EvalArg arg[MAX_PARAMS];
	bool known[MAX_PARAMS];
	Eval e;
} Operands;

static void
operands(Operands *o, Arena *a, Interner *names, const Row *r)
{
	size_t n = strstr(r->op, "__") ? (size_t)(strstr(r->op, "__") - r->op) : strlen(r->op);
	const OpDef *d = op_for_opset(op_find(r->op, n), IOS18);
	const int64_t dim[] = {1, 1};

	for (uint32_t c = 0; c < d->nparam; c++) {
		ArgName name = d->param[c].arg;
		o->known[c] = name != ARG_x && name != ARG_y;
		o->value[c].t =
		    name == ARG_mode ? tensor_scalar_str(a, intern_cstr(names, r->mode))
		    : o->known[c]    ? tensor_scalar_f(a, DT_FP32,
                                                    name == ARG_beta ? (double)r->b : (double)r->a)
		                     : tensor_new(a, DT_FP32, dim, 2);
		o->arg[c] = (EvalArg){&o->value[c], 1};
	}
	o->e = (Eval){.arena = a, .row = d, .arg = o->arg};
}

/* What a set makes of the sample. False: the op is not its. */
static bool
run(const Isa *isa, const Row *r, const Operands *o, const float *x, const float *y, float *to)
{
	MapOp m;

	if (!isa->chain->map(o->e.row->code, &o->e, o->known, &m))
		return false;
	for (size_t i = 0; i < SAMPLE; i += PIECE) {
		const float *from[MAP_OPERANDS] = {x + i, y + i, &r->b};
		unsigned one = 0;
		if (m.n > 1 && m.kind[1] == MAP_CHANNEL) {
			from[1] = &r->a;
			one = 6;
		}
		m.fn(to + i, from, one, SAMPLE - i < PIECE ? SAMPLE - i : PIECE, m.param);
	}
	return true;
}

static void
compare(const Row *r, const float *x, const float *y, const float *got, const char *isa)
{
	double worst = 0;
	size_t at = 0;

	for (size_t i = 0; i < SAMPLE; i++) {
		double gap =
		    ulps(got[i], r->want((double)x[i], (double)y[i], (double)r->a), r->tiny);
		if (gap > worst) {
			worst = gap;
			at = i;
		}
	}
	if (worst > r->ulp)
		fprintf(stderr, "%s (%s): %g ulp, at most %g; of %a and %a: %a, expected %a\n",
		        r->op, isa, worst, r->ulp, (double)x[at], (double)y[at], (double)got[at],
		        r->want((double)x[at], (double)y[at], (double)r->a));
	CHECK(worst <= r->ulp);
}

static void
alike(const Row *r, const float *x, const float *a, const float *b, const char *isa)
{
	size_t i = 0;

	while (i < SAMPLE &&
	       (memcmp(&a[i], &b[i], sizeof *a) == 0 || (a[i] != a[i] && b[i] != b[i])))
		i++;
	if (i < SAMPLE)
		fprintf(stderr, "%s of %a: %a with %s, expected %a\n", r->op, (double)x[i],
		        (double)b[i], isa, (double)a[i]);
	CHECK(i == SAMPLE);
}

static void
test_row(const Row *r, Arena *a, Interner *names)
{
	static float x[SAMPLE], y[SAMPLE], first[SAMPLE], other[SAMPLE];
	Operands o = {.value = {{0, 0}}};
	const Isa *isa = isa_list(0);

	operands(&o, a, names, r);
	sample(x, y);
	CHECK(run(isa, r, &o, x, y, first));
	compare(r, x, y, first, isa->name);
	for (uint32_t i = 1; (isa = isa_list(i)); i++) {
		CHECK(run(isa, r, &o, x, y, other));
		alike(r, x, first, other, isa->name);
	}
	memcpy(other, x, sizeof x); /* in place */
	CHECK(run(isa_best(), r, &o, other, y, other));
	alike(r, x, first, other, "the result in an operand's place");
}

/* Every op that is done by element has its row above, or no function of floats. */
static void
test_complete(void)
{
	static const char others[] =
	    " batch_norm cast logical_and logical_not logical_or logical_xor select ";

	for (int code = 1; code < OP_COUNT; code++) {
		const char *name =
		    isa_best()->chain->maps((Opcode)code) ? op_oldest((Opcode)code)->name : "";
		size_t n = strlen(name), i = 0;
		const char *in = n ? strstr(others, name) : others;
		while (i < sizeof rows / sizeof *rows &&
		       (strncmp(rows[i].op, name, n) != 0 || !strchr("_", rows[i].op[n])))
			i++;
		if (!in && i == sizeof rows / sizeof *rows)
			fprintf(stderr, "%s: no row says how near it must be\n", name);
		CHECK(in || i < sizeof rows / sizeof *rows);
	}
}

/* Rows for those who know no ops: function, bound. */
#define FUNCTIONS(R)                                                                               \
	R(ABS, fabs, 0)                                                                            \
	R(ACOS, acos, 0.51)                                                                        \
	R(ACOSH, acosh, 0.51)                                                                      \
	R(ASIN, asin, 0.51)                                                                        \
	R(ASINH, asinh, 0.51)                                                                      \
	R(ATAN, atan, 0.51)                                                                        \
	R(ATANH, atanh, 0.51)                                                                      \
	R(CBRT, cbrt, 0.51)                                                                        \
	R(CEIL, ceil, 0)                                                                           \
	R(COS, cos, 0.51)                                                                          \
	R(COSH, cosh, 0.51)                                                                        \
	R(EXP, exp, 1)                                                                             \
	R(EXP2, exp2, 1)                                                                           \
	R(EXPM1, expm1, 0.51)                                                                      \
	R(FLOOR, floor, 0)                                                                         \
	R(LOG, log, 0.51)                                                                          \
	R(LOG10, log10, 0.51)                                                                      \
	R(LOG1P, log1p, 0.51)                                                                      \
	R(LOG2, log2, 0.51)                                                                        \
	R(RINT, rint, 0)                                                                           \
	R(SIN, sin, 0.51)                                                                          \
	R(SINH, sinh, 0.51)                                                                        \
	R(SQRT, sqrt, 0.5)                                                                         \
	R(TAN, tan, 0.51)                                                                          \
	R(TANH, tanh, 1)                                                                           \
	R(TRUNC, trunc, 0)

#define R(op, f, bound)                                                                            \
	static double want_row_##op(double x, double y, double a)                                  \
	{                                                                                          \
		(void)y, (void)a;                                                                  \
		return f(x);                                                                       \
	}
FUNCTIONS(R)
#undef R

static void
test_rows(void)
{
	static const Row all[ROW_COUNT] = {
#define R(name, f, bound)                                                                          \
	[ROW_##name] = {.op = "row of " #f, .ulp = bound, .want = want_row_##name},
	    FUNCTIONS(R)
#undef R
	};
	static float x[SAMPLE], y[SAMPLE], first[SAMPLE], other[SAMPLE];
	const Isa *isa;

	sample(x, y);
	for (int op = 0; op < ROW_COUNT; op++) {
		row_function((RowOp)op)(first, x, SAMPLE);
		compare(&all[op], x, y, first, isa_best()->name);
		for (uint32_t i = 0; (isa = isa_list(i)); i++) {
			for (size_t at = 0; at < SAMPLE; at += PIECE)
				isa->row->fn[op](other + at, x + at,
				                 MIN(SAMPLE - at, (size_t)PIECE));
			alike(&all[op], x, first, other, isa->name);
		}
	}
}

int
main(void)
{
	Arena a = {0};
	Interner names;

	intern_init(&names, &a);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		test_row(&rows[i], &a, &names);
	test_complete();
	test_rows();
	arena_free(&a);
	intern_free(&names);
	return check_report();
}
