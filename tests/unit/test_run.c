/* test_run.c: running programs: inputs, branches, loops, lists, states, limits and messages. */
#include "ops.h"

#include "exec/exec.h"
#include "exec/profile.h"

static Var *
param(OpsCtx *c, const char *name, DType d, Dim n)
{
	const Type *t = n ? type_tensor(&c->types, d, &n, 1) : type_scalar(&c->types, d);

	return block_add_param(c->func->body, intern_cstr(&c->names, name), t);
}

static const Tensor *
num(OpsCtx *c, DType d, double v)
{
	return tensor_scalar_f(&c->arena, d, v);
}

static Var *
op2(Builder *b, Opcode code, Var *x, Var *y)
{
	return build1(b, code, NULL, ARGS(VAR("x", x), VAR("y", y)));
}

static Var *
op2c(Builder *b, Opcode code, Var *x, const Tensor *y)
{
	return build1(b, code, NULL, ARGS(VAR("x", x), TENSOR("y", y)));
}

static void
set_output(OpsCtx *c, Var *v)
{
	block_set_outputs(c->func->body, &v, 1);
}

typedef struct Given {
	const char *name, *value;
} Given;

/* Runs and compares output 0, or the message if expect starts with '!'. */
static void
run_with(int line, OpsCtx *c, const Given *given, uint32_t n, const SessionOptions *o,
         const char *expect)
{
	NamedTensor in[8], *out = NULL;
	uint32_t nout = 0;
	OpsValue v;
	Buf err = {0};
	Session *s = session_new(c->func, o);
	bool ok;

	for (uint32_t i = 0; i < n; i++) {
		ops_value(c, given[i].value, &v);
		in[i] = (NamedTensor){intern_cstr(&c->names, given[i].name), v.val};
	}
	ok = session_run(s, in, n, &c->arena, &out, &nout) == RUN_OK;
	if (!ok)
		buf_puts(&err, session_error(s, &(Span){0, 0}));
	session_free(s);
	if (*expect == '!') {
		ok = !ok && err.n && strstr(err.at, expect + 1);
	} else if (ok) {
		ops_value(c, expect, &v);
		ok = ops_same(out[0].t, &v);
		ops_put(&err, out[0].t);
	}
	if (ok)
		check_passed++;
	else
		check_failed++, fprintf(stderr, "%s:%d: got %s, expected %s\n", __FILE__, line,
		                        err.n ? err.at : "nothing", expect);
	buf_free(&err);
}

#define RUN(c, o, expect, ...)                                                                     \
	run_with(__LINE__, c, (const Given[]){__VA_ARGS__},                                        \
	         countof(((const Given[]){__VA_ARGS__})), o, expect)

static void
inputs(void)
{
	OpsCtx c;
	Var *x, *y;
	Dim s;

	ops_init(&c);
	s = sym_new(&c.types, intern_cstr(&c.names, "s"));
	x = param(&c, "x", DT_FP16, s);
	y = param(&c, "y", DT_FP16, s);
	set_output(&c, op2(&c.b, OP_add, x, y));
	RUN(&c, NULL, "fp16[2] 1.5 4", {"x", "fp32[2] 1 2"}, {"y", "fp16[2] 0.5 2"});
	RUN(&c, NULL, "fp16[1] 3", {"y", "int32[1] 1"}, {"x", "fp16[1] 2"});
	RUN(&c, NULL, "!there is no value for input 'y', tensor[s,fp16]", {"x", "fp32[2] 1 2"});
	RUN(&c, NULL, "!the program has no input 'z'", {"x", "fp32[1] 1"}, {"z", "fp32[1] 1"});
	RUN(&c, NULL, "!input 'y' has shape (1,), expected (2,)", {"x", "fp32[2] 1 2"},
	    {"y", "fp32[1] 1"});
	RUN(&c, NULL, "!input 'x' has shape (1, 1), expected (s,)", {"x", "fp32[1,1] 1"},
	    {"y", "fp32[1] 1"});
	RUN(&c, NULL, "!input 'x' cannot be of type string", {"x", "\"a\""}, {"y", "fp32[1] 1"});
	ops_free(&c);
}

/* What fits an input is rounded at most. */
static void
numbers(void)
{
	OpsCtx c;
	Var *x, *i, *h, *b;

	ops_init(&c);
	x = param(&c, "x", DT_FP32, 2);
	set_output(&c, op2c(&c.b, OP_add, x, num(&c, DT_FP32, 0)));
	RUN(&c, NULL, "fp32[2] 16777216 -inf", {"x", "fp64[2] 16777217 -inf"});
	RUN(&c, NULL, "fp32[2] 3.4028234663852886e38 nan", {"x", "fp64[2] 3.4028235e38 nan"});
	RUN(&c, NULL, "!input 'x' takes fp32, but element (1,) is 1e+39", {"x", "fp64[2] 0 1e39"});
	ops_free(&c);

	ops_init(&c);
	i = param(&c, "i", DT_INT32, 3);
	set_output(&c, op2c(&c.b, OP_mul, i, tensor_scalar_i(&c.arena, DT_INT32, 1)));
	RUN(&c, NULL, "int32[3] 2147483647 -2147483648 5",
	    {"i", "int64[3] 2147483647 -2147483648 5"});
	RUN(&c, NULL, "int32[3] 1 0 -7", {"i", "fp32[3] 1 -0 -7"});
	RUN(&c, NULL, "int32[3] 1 0 1", {"i", "bool[3] t f t"});
	RUN(&c, NULL, "!input 'i' takes int32, but element (0,) is 2147483648",
	    {"i", "int64[3] 2147483648 0 0"});
	RUN(&c, NULL, "!input 'i' takes int32, but element (1,) is 4294967303",
	    {"i", "int64[3] 1 4294967303 0"});
	RUN(&c, NULL, "!input 'i' takes int32, but element (2,) is -2147483649",
	    {"i", "int64[3] 1 1 -2147483649"});
	RUN(&c, NULL, "!input 'i' takes int32, but element (0,) is 1.9", {"i", "fp64[3] 1.9 0 0"});
	RUN(&c, NULL, "!input 'i' takes int32, but element (0,) is nan", {"i", "fp32[3] nan 0 0"});
	RUN(&c, NULL, "!input 'i' takes int32, but element (1,) is inf", {"i", "fp16[3] 0 inf 0"});
	RUN(&c, NULL, "!input 'i' takes int32, but element (0,) is 1e+20",
	    {"i", "fp32[3] 1e20 0 0"});
	ops_free(&c);

	ops_init(&c);
	h = param(&c, "h", DT_FP16, 2);
	set_output(&c, op2c(&c.b, OP_add, h, num(&c, DT_FP16, 0)));
	RUN(&c, NULL, "fp16[2] 65504 0.1", {"h", "fp32[2] 65519 0.1"});
	RUN(&c, NULL, "!input 'h' takes fp16, but element (0,) is 65520", {"h", "fp32[2] 65520 0"});
	RUN(&c, NULL, "!input 'h' takes fp16, but element (1,) is -100000",
	    {"h", "int32[2] 0 -100000"});
	ops_free(&c);

	ops_init(&c);
	b = param(&c, "b", DT_BOOL, 2);
	set_output(&c, build1(&c.b, OP_logical_not, NULL, ARGS(VAR("x", b))));
	RUN(&c, NULL, "bool[2] f t", {"b", "int32[2] 1 0"});
	RUN(&c, NULL, "!input 'b' takes bool, but element (1,) is 2", {"b", "int32[2] 1 2"});
	ops_free(&c);
}

/* ---- branches and loops ---- */

typedef struct Fn {
	Var *x;          /* from outside */
	const Tensor *k; /* a number */
} Fn;

static bool
one(Builder *b, Var ***out, uint32_t *nout, Var *v)
{
	*out = newn(b->prog->arena, Var *, 1);
	(*out)[0] = v;
	*nout = 1;
	return true;
}

static bool
times(void *ctx, Builder *b, Var *const *p, uint32_t np, Var ***out, uint32_t *nout)
{
	Fn *f = ctx;

	(void)p, (void)np;
	return one(b, out, nout, op2c(b, OP_mul, f->x, f->k));
}

static bool
itself(void *ctx, Builder *b, Var *const *p, uint32_t np, Var ***out, uint32_t *nout)
{
	Fn *f = ctx;

	(void)p, (void)np;
	return one(b, out, nout, f->x);
}

static void
branches(void)
{
	OpsCtx c;
	Var *p, **out;
	uint32_t n;
	Fn f;
	BlockFn yes = {times, &f, NOSPAN}, no = {itself, &f, NOSPAN};

	ops_init(&c);
	p = param(&c, "p", DT_BOOL, 0);
	f.x = param(&c, "x", DT_FP32, 2);
	f.k = num(&c, DT_FP32, 3);
	Operand a[] = {VAR("pred", p),
	               {.kind = A_FN, .name = "_true_fn", .fn = &yes},
	               {.kind = A_FN, .name = "_false_fn", .fn = &no}};
	CHECK(build_op(&c.b, OP_cond, NULL, a, 3, &out, &n));
	CHECK_INT(n, 1);
	set_output(&c, out[0]);
	RUN(&c, NULL, "fp32[2] 3 6", {"p", "bool t"}, {"x", "fp32[2] 1 2"});
	RUN(&c, NULL, "fp32[2] 1 2", {"p", "bool f"}, {"x", "fp32[2] 1 2"});
	ops_free(&c);
}

static bool
less_than(void *ctx, Builder *b, Var *const *p, uint32_t np, Var ***out, uint32_t *nout)
{
	Fn *f = ctx;

	(void)np;
	return one(b, out, nout, op2c(b, OP_less, p[0], f->k));
}

static bool
count_and_add(void *ctx, Builder *b, Var *const *p, uint32_t np, Var ***out, uint32_t *nout)
{
	Fn *f = ctx;

	(void)np;
	*out = newn(b->prog->arena, Var *, 2);
	(*out)[0] = op2c(b, OP_add, p[0], tensor_scalar_i(b->prog->arena, DT_INT32, 1));
	(*out)[1] = build1(b, OP_relu, NULL, ARGS(VAR("x", op2(b, OP_add, p[1], f->x))));
	*nout = 2;
	return true;
}

static Buf said_buf;
#define said said_buf.at

static void
put_profile(const Profile *p)
{
	for (uint32_t k = 0; k < p->step.n; k++) {
		const StepProfile *o = &p->step.at[k];
		buf_printf(&said_buf, "%llu %s", (unsigned long long)o->calls,
		           o->inst[0]->op->name);
		for (uint32_t i = 1; i < o->n; i++)
			buf_printf(&said_buf, " + %s", o->inst[i]->op->name);
		buf_printf(&said_buf, ", %g operations, %g bytes\n", o->flops, o->bytes);
	}
	buf_printf(&said_buf, "%s", p->peak ? "some values" : "none");
}

/* Runs with the options; `said` is the message, or the profile. */
static RunStatus
limited(OpsCtx *c, const NamedTensor *in, SessionOptions o, NamedTensor **out)
{
	Session *s = session_new(c->func, &o);
	uint32_t n;
	RunStatus status = session_run(s, in, 1, &c->arena, out, &n);

	buf_clear(&said_buf);
	if (status != RUN_OK)
		buf_puts(&said_buf, session_error(s, &(Span){0, 0}));
	else if (o.profile)
		put_profile(session_profile(s));
	session_free(s);
	return status;
}

/* Adds x to itself `turns` times; 4000 numbers, and each turn must free those of the one before. */
static void
loops(void)
{
	OpsCtx c;
	Var *x, **out;
	uint32_t n;
	Fn cond, body;
	BlockFn fc = {less_than, &cond, NOSPAN}, fb = {count_and_add, &body, NOSPAN};
	Operand vars[2], a[3];

	ops_init(&c);
	x = param(&c, "x", DT_FP32, 4000);
	cond.k = tensor_scalar_i(&c.arena, DT_INT32, 1000);
	body.x = x;
	vars[0] = (Operand)TENSOR(NULL, tensor_scalar_i(&c.arena, DT_INT32, 0));
	vars[1] = (Operand)VAR(NULL, x);
	a[0] = (Operand){.kind = A_FN, .name = "_cond", .fn = &fc};
	a[1] = (Operand){.kind = A_FN, .name = "_body", .fn = &fb};
	a[2] = (Operand){.kind = A_LIST, .name = "loop_vars"};
	a[2].list.item = vars;
	a[2].list.n = 2;
	CHECK(build_op(&c.b, OP_while_loop, NULL, a, 3, &out, &n));
	CHECK_INT(n, 2);
	set_output(&c, build1(&c.b, OP_reduce_max, NULL, ARGS(VAR("x", out[1]))));
	Tensor *ones = tensor_new(&c.arena, DT_FP32, x->type->dim, 1);
	for (int64_t i = 0; i < ones->count; i++)
		tensor_set_f(ones, i, 1);
	NamedTensor in = {x->name, ones}, *res;
	CHECK(limited(&c, &in, (SessionOptions){.memory = 200000}, &res) == RUN_OK);
	CHECK(tensor_f(res[0].t, 0) == 1001);
	CHECK(limited(&c, &in, (SessionOptions){.max_steps = 50}, &res) == RUN_STEPS);
	CHECK(strcmp(said, "while_loop_0_0 (while_loop): the run did not end after 50 operations "
	                   "in loops") == 0);
	CHECK(limited(&c, &in, (SessionOptions){.memory = 20000}, &res) == RUN_MEMORY);
	CHECK(strcmp(said, "add_3 (add): the run needs more than 20000 bytes of memory") == 0);
	CHECK(limited(&c, &in, (SessionOptions){.memory = 15999}, &res) == RUN_MEMORY);
	CHECK(strcmp(said, "the run needs more than 15999 bytes of memory") == 0);
	CHECK(limited(&c, &in, (SessionOptions){.profile = true}, &res) == RUN_OK);
	CHECK(strstr(said, "1000 add + relu, 8e+06 operations, 4.8e+07 bytes"));
	CHECK(strstr(said, "some values"));
	CHECK(limited(&c, &in, (SessionOptions){.profile = true, .no_fuse = true}, &res) == RUN_OK);
	CHECK(strstr(said, "1000 relu, 4e+06 operations, 3.2e+07 bytes"));
	CHECK(strstr(said, "some values"));
	buf_free(&said_buf);
	ops_free(&c);
}

/* ---- lists ---- */

static Var *
make_list(OpsCtx *c, int64_t n, bool dynamic)
{
	Operand shape = TENSOR(NULL, tensor_scalar_i(&c->arena, DT_INT32, 2));
	Operand a[] = {INTC(&c->b, "init_length", n),
	               BOOLC(&c->b, "dynamic_length", dynamic),
	               {.kind = A_LIST, .name = "elem_shape"}};

	a[2].list.item = &shape;
	a[2].list.n = 1;
	return build1(&c->b, OP_make_list, NULL, a, 3);
}

static Var *
list_write(OpsCtx *c, Var *ls, int64_t at, Var *v)
{
	return build1(&c->b, OP_list_write, NULL,
	              ARGS(VAR("ls", ls), INTC(&c->b, "index", at), VAR("value", v)));
}

static const Tensor *
indices(OpsCtx *c, const char *text)
{
	OpsValue v;

	ops_value(c, text, &v);
	return v.val;
}

static Var *
gather(OpsCtx *c, Var *ls, const char *at)
{
	return build1(&c->b, OP_list_gather, NULL,
	              ARGS(VAR("ls", ls), TENSOR("indices", indices(c, at))));
}

static void
lists(void)
{
	OpsCtx c;
	Var *a, *b, *ls, *ls2;

	ops_init(&c);
	a = param(&c, "a", DT_FP32, 2);
	b = param(&c, "b", DT_FP32, 2);
	ls = list_write(&c, make_list(&c, 2, true), 0, a);
	ls2 = list_write(&c, ls, 4, op2(&c.b, OP_add, a, b));
	ls2 = build1(&c.b, OP_list_scatter, NULL,
	             ARGS(VAR("ls", ls2), TENSOR("indices", indices(&c, "int32[2] 2 1")),
	                  TENSOR("value", indices(&c, "fp32[2,2] -1 -2 -4 -5"))));
	set_output(&c, gather(&c, ls2, "int32[5] 4 2 3 0 1"));
	RUN(&c, NULL, "fp32[5,2] 11 22 -1 -2 0 0 1 2 -4 -5", {"a", "fp32[2] 1 2"},
	    {"b", "fp32[2] 10 20"});
	set_output(&c, build1(&c.b, OP_list_length, NULL, ARGS(VAR("ls", ls2))));
	RUN(&c, NULL, "int32 5", {"a", "fp32[2] 1 2"}, {"b", "fp32[2] 10 20"});
	set_output(&c, op2(&c.b, OP_mul, b,
	                   build1(&c.b, OP_list_read, NULL,
	                          ARGS(VAR("ls", ls2), INTC(&c.b, "index", 1)))));
	RUN(&c, NULL, "fp32[2] -40 -100", {"a", "fp32[2] 1 2"}, {"b", "fp32[2] 10 20"});
	set_output(&c,
	           build1(&c.b, OP_list_read, NULL, ARGS(VAR("ls", ls), INTC(&c.b, "index", 1))));
	RUN(&c, NULL, "fp32[2] 0 0", {"a", "fp32[2] 1 2"}, {"b", "fp32[2] 10 20"});
	set_output(&c, gather(&c, ls, "int32[1] 4"));
	RUN(&c, NULL, "!index 4 is outside of the list, which has 2 elements", {"a", "fp32[2] 1 2"},
	    {"b", "fp32[2] 10 20"});
	ops_free(&c);
}

static void
fixed_list(void)
{
	OpsCtx c;
	Var *a, *ls;

	ops_init(&c);
	a = param(&c, "a", DT_FP32, 2);
	ls = list_write(&c, make_list(&c, 2, false), 2, a);
	set_output(&c, gather(&c, ls, "int32[1] 0"));
	RUN(&c, NULL, "!index 2 is outside of the list", {"a", "fp32[2] 1 2"});
	ops_free(&c);
	ops_init(&c);
	a = param(&c, "a", DT_FP32, 2);
	ls = list_write(&c, make_list(&c, 2, true), 1 << 30, a);
	set_output(&c, gather(&c, ls, "int32[1] 0"));
	RUN(&c, NULL, "!is outside of the list", {"a", "fp32[2] 1 2"});
	ops_free(&c);
	ops_init(&c);
	a = param(&c, "a", DT_FP32, 2);
	ls = list_write(&c, make_list(&c, 2, true), 0, a);
	set_output(&c, gather(&c, ls, "int32[0]"));
	RUN(&c, NULL, "!indices is empty", {"a", "fp32[2] 1 2"});
	ops_free(&c);
}

/* A list of vectors of which only the run knows the length: its start has n elements. */
static Var *
open_list(OpsCtx *c, Var **a, Var **b)
{
	Operand shape = STRC(&c->b, NULL, "q");
	Operand args[] = {{.kind = A_VAR, .name = "init_length"},
	                  {.kind = A_LIST, .name = "elem_shape"}};

	*a = param(c, "a", DT_FP32, sym_new(&c->types, intern_cstr(&c->names, "m")));
	*b = param(c, "b", DT_FP32, sym_new(&c->types, intern_cstr(&c->names, "k")));
	args[0].var = param(c, "n", DT_INT32, 0);
	args[1].list.item = &shape;
	args[1].list.n = 1;
	return build1(&c->b, OP_make_list, NULL, args, 2);
}

static void
open_shapes(void)
{
	OpsCtx c;
	Var *a, *b, *ls;

	ops_init(&c);
	ls = open_list(&c, &a, &b);
	set_output(&c, gather(&c, ls, "int32[1] 0"));
	RUN(&c, NULL, "!a list cannot have -1 elements", {"a", "fp32[1] 1"}, {"b", "fp32[1] 2"},
	    {"n", "int32 -1"});
	RUN(&c, NULL, "!element 0 was not written, and its shape is not known", {"a", "fp32[1] 1"},
	    {"b", "fp32[1] 2"}, {"n", "int32 1"});
	ops_free(&c);
	ops_init(&c);
	ls = open_list(&c, &a, &b);
	ls = list_write(&c, list_write(&c, ls, 0, a), 1, b);
	set_output(&c, gather(&c, ls, "int32[3] 1 2 0"));
	RUN(&c, NULL, "fp32[3,1] 2 0 1", {"a", "fp32[1] 1"}, {"b", "fp32[1] 2"}, {"n", "int32 3"});
	RUN(&c, NULL, "!elements of the list have different shapes", {"a", "fp32[1] 1"},
	    {"b", "fp32[2] 2 3"}, {"n", "int32 3"});
	set_output(&c, ls);
	RUN(&c, NULL, "!output 'list_write_1' is no tensor", {"a", "fp32[1] 1"}, {"b", "fp32[1] 2"},
	    {"n", "int32 3"});
	ops_free(&c);
}

static void
no_evaluator(void)
{
	OpsCtx c;
	OpDef none = *op_oldest(OP_non_zero);
	Var *y;

	ops_init(&c);
	none.eval = NULL;
	y = build1(&c.b, OP_non_zero, NULL, ARGS(VAR("x", param(&c, "x", DT_FP32, 1))));
	y->def->op = &none;
	set_output(&c, y);
	RUN(&c, NULL, "!non_zero_0 (non_zero): non_zero cannot be run yet on the CPU",
	    {"x", "fp32[1] 1"});
	ops_free(&c);
}

/* ---- states, constants, sharing ---- */

static void
states(void)
{
	OpsCtx c;
	Var *x, *s, *r;
	Dim two = 2;

	ops_init(&c);
	c.b.opset = IOS18;
	x = param(&c, "x", DT_FP16, 2);
	s = block_add_param(c.func->body, intern_cstr(&c.names, "s"),
	                    type_state(&c.types, type_tensor(&c.types, DT_FP16, &two, 1)));
	r = build1(&c.b, OP_read_state, NULL, ARGS(VAR("input", s)));
	r = op2(&c.b, OP_add, r, x);
	build1(&c.b, OP_coreml_update_state, NULL, ARGS(VAR("state", s), VAR("value", r)));
	r = build1(&c.b, OP_read_state, NULL, ARGS(VAR("input", s)));
	set_output(&c, op2(&c.b, OP_add, r, x));
	RUN(&c, NULL, "fp16[2] 2 4", {"x", "fp16[2] 1 2"});
	RUN(&c, NULL, "fp16[2] 12 4", {"x", "fp16[2] 1 2"}, {"s", "fp16[2] 10 0"});
	ops_free(&c);
}

/* Between the runs of a session states stay: one is fed what the other holds, and an input. */
static void
states_stay(void)
{
	OpsCtx c;
	Var *x, *s[2], *r[2], *sum;
	Dim two = 2;
	NamedTensor in[2], *out;
	uint32_t n;
	Session *run;

	ops_init(&c);
	c.b.opset = IOS18;
	x = param(&c, "x", DT_FP16, 2);
	for (int k = 0; k < 2; k++) {
		s[k] =
		    block_add_param(c.func->body, intern_cstr(&c.names, k ? "t" : "s"),
		                    type_state(&c.types, type_tensor(&c.types, DT_FP16, &two, 1)));
		r[k] = build1(&c.b, OP_read_state, NULL, ARGS(VAR("input", s[k])));
	}
	sum = op2(&c.b, OP_add, r[0], x);
	build1(&c.b, OP_coreml_update_state, NULL, ARGS(VAR("state", s[0]), VAR("value", r[1])));
	build1(&c.b, OP_coreml_update_state, NULL, ARGS(VAR("state", s[1]), VAR("value", sum)));
	set_output(&c, op2(&c.b, OP_add, sum, r[1]));
	run = session_new(c.func, NULL);
	in[0] = (NamedTensor){x->name, indices(&c, "fp16[2] 1 1")};
	in[1] = (NamedTensor){s[1]->name, indices(&c, "fp16[2] 4 4")};
	for (int k = 0; k < 3; k++) { /* s and t are 0, 4; then 4, 1; then 1, 5 */
		CHECK(session_run(run, in, k ? 1 : 2, &c.arena, &out, &n) == RUN_OK);
		CHECK(tensor_f(out[0].t, 0) == 5 + k);
	}
	session_free(run);
	ops_free(&c);
}

/* Kernels give the bits of the evaluators. */
static void
kernels(void)
{
	static const double v[] = {1,   -1,    0,    -0.0, INFINITY, -INFINITY,
	                           NAN, 65504, 1e-7, 0.1,  3e-5,     -3};
	static const DType type[] = {DT_FP32, DT_FP16};
	enum { N = 12 * 12 * 10 };
	NamedTensor in[2], *out[2];
	OpsCtx c;
	uint32_t n;

	for (size_t d = 0; d < countof(type); d++) {
		Var *x[2], *y;
		ops_init(&c);
		for (int k = 0; k < 2; k++) {
			Tensor *t;
			x[k] = param(&c, k ? "y" : "x", type[d], N);
			t = tensor_new(&c.arena, type[d], x[k]->type->dim, 1);
			for (int64_t i = 0; i < N; i++)
				tensor_set_f(t, i,
				             v[(k ? i / 12 : i) % 12] / (i < 144 ? 1 : (double)i));
			in[k] = (NamedTensor){x[k]->name, t};
		}
		y = op2(&c.b, OP_add, x[0], x[1]);
		y = build1(&c.b, OP_relu, NULL, ARGS(VAR("x", y)));
		set_output(&c, y);
		for (int k = 0; k < 2; k++) {
			Session *s = session_new(c.func, &(SessionOptions){.reference = k == 1});
			CHECK(session_run(s, in, 2, &c.arena, &out[k], &n) == RUN_OK);
			session_free(s);
		}
		CHECK(memcmp(out[0][0].t->data, out[1][0].t->data, N * dtype_size(type[d])) == 0);
		ops_free(&c);
	}
}

/* A kernel leaves what it would have to refuse to the evaluator. */
static void
indices_of_a_run(void)
{
	OpsCtx c;
	Var *x, *i;

	ops_init(&c);
	x = build_const(&c.b, NULL, indices(&c, "int32[3,2] 1 2 3 4 5 6"));
	i = param(&c, "i", DT_INT32, 2);
	set_output(&c, build1(&c.b, OP_gather, NULL, ARGS(VAR("x", x), VAR("indices", i))));
	RUN(&c, NULL, "int32[2,2] 5 6 3 4", {"i", "int32[2] 2 -2"});
	RUN(&c, NULL, "!index 3 is beyond an axis of 3 elements", {"i", "int32[2] 0 3"});
	RUN(&c, NULL, "!index -4 is beyond an axis of 3 elements", {"i", "int32[2] -4 0"});
	ops_free(&c);
	ops_init(&c);
	x = build_const(&c.b, NULL, indices(&c, "int32[3,2] 1 2 3 4 5 6"));
	i = param(&c, "i", DT_INT32, 2);
	set_output(&c, build1(&c.b, OP_gather_nd, NULL, ARGS(VAR("x", x), VAR("indices", i))));
	RUN(&c, NULL, "int32 5", {"i", "int32[2] 2 -2"});
	RUN(&c, NULL, "!index 2 is beyond an axis of 2 elements", {"i", "int32[2] 0 2"});
	ops_free(&c);
	ops_init(&c);
	x = build_const(&c.b, NULL, indices(&c, "fp32[2,1,2,2] 1 2 3 4 5 6 7 8"));
	i = param(&c, "i", DT_FP32, 5);
	i = build1(&c.b, OP_reshape, NULL,
	           ARGS(VAR("x", i), TENSOR("shape", indices(&c, "int32[5] 1 1 5 1 1"))));
	set_output(&c, build1(&c.b, OP_crop_resize, NULL, ARGS(VAR("x", x), VAR("roi", i))));
	RUN(&c, NULL, "fp32[1,1,1,1,1] 5", {"i", "fp32[5] 1 0 0 1 1"});
	RUN(&c, NULL,
	    "!box 0 belongs to image 2, expected 0 <= image < 2, the first dimension of 'x'",
	    {"i", "fp32[5] 2 0 0 1 1"});
	ops_free(&c);
}

/* Along an axis they must be there; else they are moved to the end that they are beyond. */
static void
scattered(Opcode op, const char *const *want)
{
	OpsCtx c;
	Var *x, *i, *u;

	ops_init(&c);
	x = param(&c, "x", DT_FP32, 3);
	u = param(&c, "u", DT_FP32, 4);
	i = param(&c, "i", DT_INT32, 4);
	if (op == OP_scatter_nd)
		i = build1(&c.b, OP_reshape, NULL,
		           ARGS(VAR("x", i), TENSOR("shape", indices(&c, "int32[2] 4 1"))));
	set_output(
	    &c, build1(&c.b, op, NULL, ARGS(VAR("data", x), VAR("indices", i), VAR("updates", u))));
	for (int k = 0; k < 2; k++)
		RUN(&c, NULL, want[k], {"x", "fp32[3] 1 2 3"}, {"u", "fp32[4] 1 2 4 8"},
		    {"i", k ? "int32[4] 7 -9 0 0" : "int32[4] 2 -1 0 0"});
	ops_free(&c);
}

static void
scatters_of_a_run(void)
{
	scattered(OP_scatter, (const char *[]){"fp32[3] 13 2 6", "fp32[3] 15 2 4"});
	scattered(OP_scatter_nd, (const char *[]){"fp32[3] 13 2 6", "fp32[3] 15 2 4"});
	scattered(OP_scatter_along_axis,
	          (const char *[]){"fp32[3] 13 2 6", "!index 7 is beyond an axis of 3 elements"});
}

static void
sharing(void)
{
	OpsCtx c;
	Var *x, *y;

	ops_init(&c);
	x = op2c(&c.b, OP_add, param(&c, "x", DT_FP32, 4), num(&c, DT_FP32, 1));
	y = build1(&c.b, OP_reshape, NULL,
	           ARGS(VAR("x", x), TENSOR("shape", indices(&c, "int32[2] 2 2"))));
	y = build1(&c.b, OP_reshape, NULL,
	           ARGS(VAR("x", y), TENSOR("shape", indices(&c, "int32[2] 4 1"))));
	y = op2c(&c.b, OP_mul, y, num(&c, DT_FP32, 2));
	set_output(&c, y);
	RUN(&c, NULL, "fp32[4,1] 4 6 8 10", {"x", "fp32[4] 1 2 3 4"});
	set_output(&c, op2c(&c.b, OP_add, build_const(&c.b, NULL, num(&c, DT_FP32, 2)),
	                    num(&c, DT_FP32, 3)));
	RUN(&c, NULL, "fp32 5", {"x", "fp32[4] 1 2 3 4"});
	ops_free(&c);
}

int
main(void)
{
	inputs();
	numbers();
	branches();
	loops();
	lists();
	fixed_list();
	open_shapes();
	no_evaluator();
	states();
	states_stay();
	kernels();
	indices_of_a_run();
	scatters_of_a_run();
	sharing();
	return check_report();
}
