/* test_ir.c: building instructions, uses, order, copies, and the builder's names and messages. */
#include "ir/build_impl.h"
#include "check.h"

#include <math.h>

static Arena arena;
static Interner names;
static Types types;
static Diag diag;
static Buf said;

static void
hear(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	buf_put(&said, text, n);
}

/* The messages since the last call contain `want`. */
static bool
heard(const char *want)
{
	bool found;

	diag_flush(&diag);
	found = said.at && strstr(said.at, want);
	if (!found)
		fprintf(stderr, "\tsaid: %s\n", said.at ? said.at : "nothing");
	buf_clear(&said);
	return found;
}

static const Str *
str(const char *s)
{
	return intern_cstr(&names, s);
}

static bool
is(const Str *s, const char *want)
{
	if (s && strcmp(s->s, want) == 0)
		return true;
	fprintf(stderr, "\t%s, want %s\n", s ? s->s : "none", want);
	return false;
}

typedef struct World {
	Program *p;
	Func *f;
	Builder b;
	Var *x;
} World;

static World
world(void)
{
	World w;

	w.p = program_new(&arena, &names, &types, &diag);
	w.f = func_new(w.p, str("main"), NOSPAN);
	w.x = block_add_param(w.f->body, str("x"), type_tensor(&types, DT_FP32, (Dim[]){2, 3}, 2));
	builder_init(&w.b, w.p, w.f);
	return w;
}

static bool
fails(World *w, Opcode op, const Operand *arg, uint32_t n)
{
	Var **out;
	uint32_t nout;

	return !build_op(&w->b, op, NULL, arg, n, &out, &nout);
}

static uint32_t
var_nuse(const Var *v)
{
	uint32_t n = 0;

	for (const Use *u = v->uses; u; u = u->next)
		n++;
	return n;
}

static void
test_uses(void)
{
	World w = world();
	Var *a = build1(&w.b, OP_relu, NULL, ARGS(VAR("x", w.x)));
	Var *b = build1(&w.b, OP_add, NULL, ARGS(VAR("x", a), VAR("y", a)));
	Var *c = build1(&w.b, OP_relu, NULL, ARGS(VAR("x", b)));

	block_set_outputs(w.f->body, &c, 1);
	CHECK_STR(a->name->s, "relu_0");
	CHECK_STR(b->name->s, "add_0");
	CHECK_STR(c->name->s, "relu_1");
	CHECK_INT(var_nuse(a), 2);
	CHECK_INT(var_nuse(w.x), 1);
	CHECK(!var_only_user(a));
	CHECK(var_only_user(b) == c->def && !var_only_user(c) && var_is_output(c));
	CHECK(inst_before(a->def, b->def) && !inst_before(c->def, b->def));
	CHECK_INT(w.f->nop[OP_relu], 2);
	CHECK_INT(w.f->body->ninst, 3); /* relu_0, add_0, relu_1 */
	CHECK(program_verify(w.p));
	var_replace_after(c->def, b, a);
	CHECK_INT(var_nuse(b), 0);
	CHECK_INT(var_nuse(a), 3);
	var_replace(a, w.x);
	CHECK_INT(var_nuse(w.x), 4);
	inst_remove(b->def);
	CHECK_INT(var_nuse(w.x), 2);
	CHECK_INT(w.f->nop[OP_add], 0);
	CHECK(program_verify(w.p));
	inst_move_before(c->def, a->def);
	CHECK(inst_before(c->def, a->def) && program_verify(w.p));
	CHECK(inst_arg(c->def, "x") == w.x && !inst_val(c->def, "x"));
}

/* Many insertions at one place use up the order numbers between two neighbours. */
static void
test_order(void)
{
	World w = world();
	Var *first = build1(&w.b, OP_relu, NULL, ARGS(VAR("x", w.x)));
	Var *last = build1(&w.b, OP_relu, NULL, ARGS(VAR("x", first)));
	Inst *prev = first->def;
	bool rising = true;

	w.b.before = last->def;
	for (int i = 0; i < 300; i++)
		build1(&w.b, OP_relu, NULL, ARGS(VAR("x", w.x)));
	for (Inst *i = prev->next; i; prev = i, i = i->next)
		rising &= inst_before(prev, i);
	CHECK(rising && prev == last->def);
	CHECK(program_verify(w.p));
}

static void
test_names(void)
{
	World w = world();
	const Tensor *two = tensor_scalar_f(&arena, DT_FP64, 2);
	Var *y = build1(&w.b, OP_add, str("a"), ARGS(VAR("x", w.x), TENSOR("y", two)));
	Var *z = build1(&w.b, OP_add, str("a"), ARGS(TENSOR("y", two), VAR("x", y)));
	Operand item[] = {VAR("", y), TENSOR("", tensor_new(&arena, DT_FP32, (int64_t[]){1, 3}, 2)),
	                  VAR("", z)};
	Operand arg[] = {{.kind = A_LIST, .name = "values", .list = {item, 3}},
	                 INTC(&w.b, "axis", 0)};
	Var **out;
	uint32_t n;

	CHECK_STR(inst_arg(y->def, "y")->name->s, "a_y_0");
	CHECK_STR(inst_arg(z->def, "y")->name->s, "a_y_1");
	CHECK(inst_arg(y->def, "y")->type == type_scalar(&types, DT_FP32));
	CHECK(build_op(&w.b, OP_concat, NULL, arg, 2, &out, &n));
	CHECK_INT(n, 1);
	CHECK_STR(out[0]->name->s, "concat_0");
	CHECK_INT(out[0]->type->dim[0], 5);
	CHECK_STR(arg_at(&out[0]->def->arg[0], 1)->name->s, "concat_0_values1_0");
	CHECK_STR(inst_arg(out[0]->def, "axis")->name->s, "concat_0_axis_0");
	CHECK_STR(inst_arg(out[0]->def, "interleave")->name->s, "concat_0_interleave_0");
	CHECK(build_op(&w.b, OP_split, str("s"),
	               ARGS(VAR("x", w.x), INTC(&w.b, "num_splits", 3), INTC(&w.b, "axis", 1)),
	               &out, &n));
	CHECK_INT(n, 3);
	CHECK_STR(out[0]->name->s, "s_0");
	CHECK_STR(out[2]->name->s, "s_2");
	CHECK_STR(out[0]->def->name->s, "s");
	CHECK_STR(build_const(&w.b, NULL, two)->name->s, "const_0");
	CHECK(program_verify(w.p));
	name_counts_reset(w.b.counts);
	CHECK_STR(name_free(w.b.counts, &names, "concat")->s, "concat_0");
	CHECK_STR(name_free(w.b.counts, &names, "concat")->s, "concat_1");
	CHECK_STR(name_free(w.b.counts, &names, "concat")->s, "concat_2");
	/* A name that is there for another reason was not given away. */
	intern_cstr(&names, "other_0");
	CHECK_STR(name_free(w.b.counts, &names, "other")->s, "other_0");
	CHECK_STR(name_free(w.b.counts, &names, "concat_0")->s, "concat_0_0");
	CHECK_STR(name_free(w.b.counts, &names, "concat_0")->s, "concat_0_1");
}

static void
test_nameset(void)
{
	Interner few;
	const Str *a, *late;
	NameSet s;

	intern_init(&few, &arena);
	a = intern_cstr(&few, "a");
	nameset_init(&s, &arena, &few);
	CHECK_INT(nameset_get(&s, a), 0);
	CHECK_INT(nameset_add(&s, a, 1), 0);
	CHECK_INT(nameset_add(&s, a, 2), 1);
	CHECK_INT(nameset_add(&s, a, 2), 3);
	for (int i = 0; i < 500; i++)
		late = intern_printf(&few, "late_%d", i);
	CHECK_INT(nameset_get(&s, late), 0); /* made after the set had room for it */
	CHECK_INT(nameset_add(&s, late, 4), 0);
	CHECK_INT(nameset_get(&s, late), 4);
	CHECK_INT(nameset_get(&s, a), 3);
	nameset_clear(&s);
	CHECK_INT(nameset_get(&s, a) | nameset_get(&s, late), 0);
	intern_free(&few);
}

static void
test_defaults(void)
{
	World w = world();
	Tensor *weight = tensor_new(&arena, DT_FP32, (int64_t[]){4, 3}, 2);
	Var *y = build1(&w.b, OP_linear, NULL, ARGS(VAR("x", w.x), TENSOR("weight", weight)));
	Var *bias = inst_arg(y->def, "bias");

	CHECK(bias && bias->type == type_tensor(&types, DT_FP32, (Dim[]){4}, 1));
	CHECK_STR(bias->name->s, "linear_0_bias_0");
	y = build1(&w.b, OP_rsqrt, NULL, ARGS(VAR("x", w.x)));
	CHECK(tensor_f(inst_val(y->def, "epsilon"), 0) == (double)1e-12f);
	y = build1(&w.b, OP_gelu, NULL, ARGS(VAR("x", w.x)));
	CHECK_STR((*(const Str *const *)inst_val(y->def, "mode")->data)->s, "EXACT");
}

/* Every literal of the table is one, and of a type that its parameter takes. */
static void
test_literals(void)
{
	World w = world();
	size_t n;
	const OpDef *row = op_rows(&n);

	for (const OpDef *d = row; d < row + n; d++)
		for (uint32_t k = 0; k < d->nparam; k++) {
			const Param *p = &d->param[k];
			Infer c = {.b = &w.b, .types = &types, .arena = &arena};
			if (p->dflt && !strpbrk(p->dflt, "[ "))
				CHECK(p->mask >> default_literal(&c, p)->dtype & 1);
		}
}

static void
test_folding(void)
{
	World w = world();
	Var *y = build1(&w.b, OP_add, NULL, ARGS(INTC(&w.b, "x", 3), INTC(&w.b, "y", 4)));

	CHECK(y->val);
	CHECK_INT(tensor_i(y->val, 0), 7);
	CHECK(y->from_const);
	w.b.no_fold = true;
	y = build1(&w.b, OP_add, NULL, ARGS(INTC(&w.b, "x", 3), INTC(&w.b, "y", 4)));
	CHECK(!y->val && y->from_const);
}

/* Building it fails and says so. */
#define FAILS(want, op, ...)                                                                       \
	CHECK(fails(&w, op, (const Operand[]){__VA_ARGS__},                                        \
	            countof(((const Operand[]){__VA_ARGS__}))) &&                                  \
	      heard(want))

static void
test_messages(void)
{
	World w = world(), other = world();
	Var *x = w.x, *bad = build1(&w.b, OP_relu, NULL, ARGS(VAR("x", x)));
	Tensor *fp16 = tensor_scalar_f(&arena, DT_FP16, 1);
	Operand pair[] = {VAR("", x), VAR("", x)};
	Operand list = {.kind = A_LIST, .name = "x", .list = {pair, 2}};

	FAILS("has no parameter 'why'", OP_add, VAR("x", x), VAR("why", x));
	FAILS("did you mean 'axis'?", OP_softmax, VAR("x", x), VAR("axes", x));
	FAILS("add needs 'y'", OP_add, VAR("x", x));
	FAILS("'x' is given twice", OP_add, VAR("x", x), VAR("y", x), VAR("x", x));
	FAILS("'y' of add takes fp16, fp32 or int32, but this is bool", OP_add, VAR("x", x),
	      BOOLC(&w.b, "y", true));
	FAILS("'y' of add is fp16, but 'x' is fp32: they must have the same type", OP_add,
	      VAR("x", x), TENSOR("y", fp16));
	FAILS("'axis' of softmax takes int32, but this is fp32", OP_softmax, VAR("x", x),
	      VAR("axis", x));
	FAILS("x is not defined at this place", OP_relu, VAR("x", other.x));
	FAILS("gather has no parameter 'batch_dims' before opset iOS16", OP_gather, VAR("x", x),
	      INTC(&w.b, "indices", 0), INTC(&w.b, "batch_dims", 0));
	FAILS("'input' of read_state takes a state", OP_read_state, VAR("input", x));
	FAILS("'x' of relu takes one value, not a list", OP_relu, list);
	FAILS("takes a list or tuple of values, not a tensor", OP_concat, VAR("values", x),
	      INTC(&w.b, "axis", 0));
	FAILS("'ls' of list_length takes a list made by make_list, not", OP_list_length,
	      TENSOR("ls", fp16));
	FAILS("'pred' of cond takes a tensor, not a state[fp32]", OP_cond,
	      VAR("pred", block_add_param(w.f->body, str("st"),
	                                  type_state(&types, type_scalar(&types, DT_FP32)))),
	      VAR("_true_fn", x), VAR("_false_fn", x));
	w.b.opset = IOS15;
	FAILS("fill_like exists from opset iOS16 on, but this function has opset_version iOS15",
	      OP_fill_like, VAR("ref_tensor", x));
	bad->type = types.error;
	CHECK(!fails(&w, OP_add, ARGS(VAR("x", bad), VAR("y", x))));
}

static void
count_call(void *ctx)
{
	(*(int *)ctx)++;
}

static bool
fail_inside(void *ctx, Builder *b, Var *const *param, uint32_t n, Var ***out, uint32_t *nout)
{
	(void)ctx;
	(void)n;
	return build_op(b, OP_add, NULL, ARGS(VAR("x", param[0])), out, nout);
}

/* An error stands at the operand, but on the line of the call; a failure inside of a nested block
 * is reported once. */
static void
test_places(void)
{
	World w = world();
	const char text[] = "add(\n  x=1)\nwhile_loop()";
	Source *s = diag_add_source(&diag, "t.mil", text, sizeof text - 1);
	Operand x = BOOLC(&w.b, "x", true), y = VAR("y", w.x), item = VAR("", w.x);
	BlockFn bad = {fail_inside, NULL, NOSPAN};
	Operand loop[] = {{.kind = A_FN, .name = "_cond", .fn = &bad},
	                  {.kind = A_FN, .name = "_body", .fn = &bad},
	                  {.kind = A_LIST, .name = "loop_vars", .list = {&item, 1}}};
	int calls = 0;

	w.b.after_error = count_call;
	w.b.after_error_ctx = &calls;
	w.b.span = diag_span(s, 0, 11);
	x.span = diag_span(s, 7, 3);
	CHECK(fails(&w, OP_add, (Operand[]){x, y}, 2));
	CHECK_INT(calls, 1);
	CHECK(heard("t.mil:1:1: error: 'x' of add takes"));
	x.span = diag_span(s, 2, 1);
	CHECK(fails(&w, OP_add, (Operand[]){x, y}, 2));
	CHECK_INT(calls, 2);
	CHECK(heard("t.mil:1:3: error: 'x' of add takes"));
	CHECK(fails(&w, OP_while_loop, loop, 3));
	CHECK_INT(calls, 3);
	CHECK(heard("add needs 'y'"));
	CHECK(program_verify(w.p));
}

/* A body that adds k to its only variable, and a condition that compares it with 10. */
static bool
below_ten(void *ctx, Builder *b, Var *const *param, uint32_t n, Var ***out, uint32_t *nout)
{
	static Var *v;

	(void)ctx;
	(void)n;
	v = build1(b, OP_less, NULL, ARGS(VAR("x", param[0]), INTC(b, "y", 10)));
	*out = &v;
	*nout = 1;
	return true;
}

static bool
plus_k(void *ctx, Builder *b, Var *const *param, uint32_t n, Var ***out, uint32_t *nout)
{
	static Var *v;

	(void)n;
	v = build1(b, OP_add, NULL, ARGS(VAR("x", param[0]), INTC(b, "y", *(int *)ctx)));
	*out = &v;
	*nout = 1;
	return true;
}

static bool
grow(void *ctx, Builder *b, Var *const *param, uint32_t n, Var ***out, uint32_t *nout)
{
	static Var *v;
	Operand item[] = {VAR("", param[0]), VAR("", param[0])};
	Operand arg[] = {{.kind = A_LIST, .name = "values", .list = {item, 2}},
	                 INTC(b, "axis", 0)};

	(void)ctx;
	(void)n;
	v = build1(b, OP_concat, NULL, arg, 2);
	*out = &v;
	*nout = 1;
	return true;
}

static bool
always(void *ctx, Builder *b, Var *const *param, uint32_t n, Var ***out, uint32_t *nout)
{
	static Var *v;

	(void)ctx;
	(void)n;
	(void)param;
	v = build_const(b, NULL, tensor_scalar_bool(&arena, true));
	*out = &v;
	*nout = 1;
	return true;
}

static Var *
loop(World *w, Var *start, const BlockFn *cond, const BlockFn *body)
{
	Operand item[] = {VAR("", start)};
	Operand arg[] = {{.kind = A_FN, .name = "_cond", .fn = cond},
	                 {.kind = A_FN, .name = "_body", .fn = body},
	                 {.kind = A_LIST, .name = "loop_vars", .list = {item, 1}}};
	Var **out;
	uint32_t n;

	return build_op(&w->b, OP_while_loop, str("w"), arg, 3, &out, &n) && n == 1 ? out[0] : NULL;
}

static bool
keep(void *ctx, Builder *b, Var *const *param, uint32_t n, Var ***out, uint32_t *nout)
{
	(void)ctx, (void)b;
	*nout = n;
	*out = arena_dup(&arena, param, n * sizeof(Var *));
	return true;
}

/* As many results as a script likes. */
static void
test_many_results(void)
{
	enum { MANY = 70000 };
	World w = world();
	BlockFn yes = {always, NULL, NOSPAN}, same = {keep, NULL, NOSPAN};
	Operand *item = newn(&arena, Operand, MANY);
	Var **out;
	uint32_t n;

	for (uint32_t k = 0; k < MANY; k++)
		item[k] = (Operand)VAR("loop_vars", w.x);
	CHECK(build_op(&w.b, OP_while_loop, str("many"),
	               ARGS({.kind = A_FN, .name = "_cond", .fn = &yes},
	                    {.kind = A_FN, .name = "_body", .fn = &same},
	                    {.kind = A_LIST, .name = "loop_vars", .list = {item, MANY}}),
	               &out, &n));
	CHECK(n == MANY && out[MANY - 1]->index == MANY - 1);
	CHECK(out[0]->def->block[1]->param[MANY - 1]->index == MANY - 1);
	CHECK(program_verify(w.p));
}

/* What a pass tries and the type rule refuses leaves neither words nor operations behind. */
static void
test_declines(void)
{
	World w = world();
	Builder b = w.b;
	uint32_t nerror = diag.nerror;
	Var *y;

	buf_clear(&said);
	y = build1(&b, OP_relu, str("y"), ARGS(VAR("x", w.x)));
	CHECK(y && w.f->body->last == y->def);
	CHECK(!build1(&b, OP_transpose, str("z"), ARGS(VAR("x", y), INTC(&b, "perm", 7))));
	CHECK(!w.f->body->first && b.failed);
	CHECK(!build1(&b, OP_relu, str("y"), ARGS(VAR("x", w.x)))); /* from now on */
	b = w.b;
	CHECK(!build1(&b, OP_relu, str("y"), ARGS(VAR("x", NULL))) && b.failed);
	b = w.b;
	CHECK(!build1(&b, OP_softmax, str("y"),
	              ARGS(VAR("x", w.x), INTC(&b, "axis", INT64_C(1) << 31))));
	CHECK(!w.f->body->first);
	diag_flush(&diag);
	CHECK(diag.nerror == nerror && said.n == 0);
}

/* 2**31 * 2**32 elements, and a rank of 33. */
static void
test_impossible(void)
{
	int64_t much = INT64_C(1) << 31;
	Dim dim[33];

	CHECK(type_is_possible(type_tensor(&types, DT_FP32, (Dim[]){much, much / 8 - 1}, 2)));
	CHECK(!type_is_possible(type_tensor(&types, DT_FP32, (Dim[]){much, much / 4}, 2)));
	CHECK(!type_is_possible(type_tensor(&types, DT_FP32, (Dim[]){much, 0, much * 4}, 3)));
	CHECK(type_is_possible(type_tensor(&types, DT_FP32, (Dim[]){much, 0, much / 8 - 1}, 3)));
	dim[0] = sym_new(&types, NULL);
	dim[1] = much;
	dim[2] = much;
	CHECK(!type_is_possible(type_tensor(&types, DT_FP32, dim, 3)));
	for (int64_t k = 0; k < 33; k++)
		dim[k] = 1;
	CHECK(type_is_possible(type_tensor(&types, DT_FP32, dim, 32)));
	CHECK(!type_is_possible(type_list(&types, type_tensor(&types, DT_FP32, dim, 33), 1, true)));
}

static void
test_loops(void)
{
	World w = world();
	int k = 1;
	BlockFn cond = {below_ten, NULL, NOSPAN}, body = {plus_k, &k, NOSPAN};
	BlockFn twice = {grow, NULL, NOSPAN}, yes = {always, NULL, NOSPAN};
	BlockFn same = {keep, NULL, NOSPAN};
	Var *start = build_const(&w.b, str("i"), tensor_scalar_i(&arena, DT_INT32, 0));
	Var *r = loop(&w, start, &cond, &body), *p;

	CHECK(r && is(r->name, "w") && r->type == start->type && !r->val);
	p = r->def->block[1]->param[0];
	CHECK(is(p->name, "i_x0") && !p->val && is(r->def->block[0]->param[0]->name, "i_x0"));
	/* The value of i does not stay: both functions ran twice, and counted. */
	CHECK_STR(r->def->block[1]->out[0]->var->name->s, "add_1");
	CHECK_STR(r->def->block[0]->out[0]->var->name->s, "less_1");
	CHECK(program_verify(w.p));
	k = 0; /* now it does */
	r = loop(&w, start, &cond, &body);
	CHECK(r && r->def->block[1]->param[0]->val);
	CHECK_STR(r->def->block[1]->out[0]->var->name->s, "add_2");
	/* A NaN is not the value that it was. */
	start = build_const(&w.b, str("f"), tensor_scalar_f(&arena, DT_FP32, (double)NAN));
	r = loop(&w, start, &yes, &same);
	CHECK(r && !r->def->block[1]->param[0]->val);
	r = loop(&w, w.x, &yes, &twice);
	CHECK(r && !dim_known(r->def->block[1]->param[0]->type->dim[0]));
	CHECK(r);
	CHECK_INT(r->def->block[1]->param[0]->type->dim[1], 3);
	CHECK(program_verify(w.p));
}

static void
test_clone(void)
{
	World w = world();
	int k = 1;
	BlockFn cond = {below_ten, NULL, NOSPAN}, body = {plus_k, &k, NOSPAN};
	Var *start = build_const(&w.b, str("i"), tensor_scalar_i(&arena, DT_INT32, 0));
	Var *r = loop(&w, start, &cond, &body);
	PrintOptions o = {.spec_version = 9};
	Buf one = {0}, two = {0};
	Program *copy;

	block_set_outputs(w.f->body, &r, 1);
	copy = program_clone(w.p);
	CHECK(program_verify(copy));
	CHECK_INT(copy->funcs.n, 1);
	program_print(w.p, &o, &one);
	program_print(copy, &o, &two);
	CHECK(one.n == two.n && memcmp(one.at, two.at, one.n) == 0);
	buf_free(&one);
	buf_free(&two);
}

int
main(void)
{
	intern_init(&names, &arena);
	types_init(&types, &arena, &names);
	diag_init(&diag, &arena);
	diag.sink = hear;
	test_uses();
	test_order();
	test_names();
	test_nameset();
	test_defaults();
	test_literals();
	test_folding();
	test_messages();
	test_places();
	test_loops();
	test_clone();
	test_many_results();
	test_declines();
	test_impossible();
	buf_free(&said);
	intern_free(&names);
	arena_free(&arena);
	return check_report();
}
