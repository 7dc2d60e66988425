/* test_reduce.c: reducing programs with a test that looks at the program alone: which operations it
 * must still have.
 */
#include "prove/reduce.h"
#include "world.h"

/* "relu(x:fp32[2,3]) softmax(relu)": operations without constants, in order, with the types of the
 * inputs in front. */
static void
put_block(Buf *b, const Block *block)
{
	for (const Inst *i = block->first; i; i = i->next) {
		if (i->op->code == OP_const)
			continue;
		buf_printf(b, "%s%s", b->n ? " " : "", i->op->name);
		for (uint32_t k = 0; k < i->nblock; k++) {
			buf_puts(b, " {");
			put_block(b, i->block[k]);
			buf_puts(b, " }");
		}
	}
}

static char *
listing(World *w, const Program *p)
{
	const Block *body = p->funcs.at[0]->body;
	Buf b = {0};

	for (uint32_t k = 0; k < body->nparam; k++)
		buf_printf(&b, "%s%s", k ? ", " : "", type_str(&w->types, body->param[k]->type));
	buf_puts(&b, ":");
	put_block(&b, body);
	buf_printf(&b, " -> %u", (unsigned)body->nout);
	return buf_keep(&b, &w->arena);
}

typedef struct Wanted {
	Opcode code;
	uint32_t least; /* so many of them */
} Wanted;

static uint32_t
count_in(const Block *b, Opcode code)
{
	uint32_t n = 0;

	for (const Inst *i = b->first; i; i = i->next) {
		n += i->op->code == code;
		for (uint32_t k = 0; k < i->nblock; k++)
			n += count_in(i->block[k], code);
	}
	return n;
}

static bool
has_wanted(void *ctx, const Program *p)
{
	const Wanted *x = ctx;

	return count_in(p->funcs.at[0]->body, x->code) >= x->least;
}

static void
expect(World *w, Opcode code, uint32_t least, const char *want)
{
	Wanted x = {code, least};
	Shrinking r = {.interesting = has_wanted, .ctx = &x};

	CHECK(reduce(&r, w->p));
	CHECK_STR(listing(w, r.best), want);
	CHECK_INT(r.after, count_operations(r.best));
	CHECK(program_verify(r.best));
	shrinking_free(&r);
	CHECK_STR(w->said.at ? w->said.at : "", "");
}

/* x [2, 3] -> relu -> softmax -> exp -> split in 3 -> concat, beside an add with a wide constant.
 */
static void
build_chain(World *w)
{
	int64_t dim[2] = {2, 3};
	Var *r = build1(&w->b, OP_relu, NULL, ARGS(VAR("x", w->x))), **parts, *out[2];
	Var *s = build1(&w->b, OP_softmax, NULL, ARGS(VAR("x", r)));
	Var *e = build1(&w->b, OP_exp, NULL, ARGS(VAR("x", s)));
	uint32_t n;
	Operand split[] = {VAR("x", e), INTC(&w->b, "num_splits", 3), INTC(&w->b, "axis", 1)};
	Operand item[3], concat[2] = {{.kind = A_LIST, .name = "values"}, INTC(&w->b, "axis", 1)};

	CHECK(build_op(&w->b, OP_split, NULL, split, 3, &parts, &n) && n == 3);
	for (int k = 0; k < 3; k++)
		item[k] = (Operand)VAR(NULL, parts[k]);
	concat[0].list.item = item;
	concat[0].list.n = 3;
	CHECK(build_op(&w->b, OP_concat, NULL, concat, 2, &parts, &n));
	out[0] = parts[0];
	out[1] =
	    build1(&w->b, OP_add, NULL,
	           ARGS(VAR("x", r), TENSOR("y", tensor_filled(&w->arena, DT_FP32, dim, 2, 3))));
	block_set_outputs(w->f->body, out, 2);
}

static void
test_chain(void)
{
	World w;

	world_init(&w, IOS15);
	build_chain(&w);
	expect(&w, OP_relu, 1, "tensor[1,1,fp32]: relu -> 1");
	expect(&w, OP_softmax, 1, "tensor[1,1,fp32]: softmax -> 1");
	expect(&w, OP_exp, 1, "tensor[1,1,fp32]: exp -> 1");
	/* Its three results need three columns. */
	expect(&w, OP_split, 1, "tensor[1,3,fp32]: split -> 1");
	expect(&w, OP_add, 1, "tensor[1,1,fp32]: add -> 1");
	expect(&w, OP_concat, 1, "tensor[1,1,fp32]: concat -> 1");
	world_free(&w);
}

static void
test_limits(void)
{
	Wanted x = {OP_softmax, 1};
	Shrinking r = {.interesting = has_wanted, .ctx = &x, .most = 3};
	World w;

	world_init(&w, IOS15);
	build_chain(&w);
	CHECK(reduce(&r, w.p));
	CHECK_INT(r.tried, 3);
	CHECK_INT(r.before, 6);
	CHECK(has_wanted(&x, r.best));
	shrinking_free(&r);
	x.code = OP_conv;
	r = (Shrinking){.interesting = has_wanted, .ctx = &x};
	CHECK(!reduce(&r, w.p));
	CHECK_INT(r.tried, 2);
	shrinking_free(&r);
	CHECK_INT(count_operations(w.p), 6); /* it is as it was */
	world_free(&w);
}

/* Sizes that are open stay open. */
static void
test_symbols(void)
{
	World w;
	Var *x, *y;

	world_init(&w, IOS15);
	x = world_input(&w, "z", DT_FP32, sym_new(&w.types, world_str(&w, "n")), 8);
	y = build1(&w.b, OP_exp, NULL,
	           ARGS(VAR("x", build1(&w.b, OP_relu, NULL, ARGS(VAR("x", x))))));
	block_set_outputs(w.f->body, &y, 1);
	expect(&w, OP_exp, 1, "tensor[n,1,fp32]: exp -> 1");
	world_free(&w);
}

/* ---- blocks ---- */

static bool
smaller(void *ctx, Builder *b, Var *const *p, uint32_t np, Var ***out, uint32_t *nout)
{
	(void)np;
	*out = newn(b->prog->arena, Var *, 1);
	**out =
	    build1(b, OP_less, NULL,
	           ARGS(VAR("x", p[0]), TENSOR("y", tensor_scalar_f(b->prog->arena, DT_FP32, 9))));
	*nout = 1;
	(void)ctx;
	return **out;
}

static bool
next(void *ctx, Builder *b, Var *const *p, uint32_t np, Var ***out, uint32_t *nout)
{
	(void)np;
	*out = newn(b->prog->arena, Var *, 2);
	(*out)[0] =
	    build1(b, OP_add, NULL,
	           ARGS(VAR("x", p[0]), TENSOR("y", tensor_scalar_f(b->prog->arena, DT_FP32, 1))));
	(*out)[1] = build1(b, OP_tanh, NULL,
	                   ARGS(VAR("x", build1(b, OP_relu, NULL, ARGS(VAR("x", p[1]))))));
	*nout = 2;
	(void)ctx;
	return true;
}

static void
test_loop(void)
{
	World w;
	BlockFn cond = {smaller, NULL, NOSPAN}, body = {next, NULL, NOSPAN};
	Operand vars[2], a[3];
	Var **out;
	uint32_t n;

	world_init(&w, IOS15);
	vars[0] = (Operand)TENSOR(NULL, tensor_scalar_f(&w.arena, DT_FP32, 0));
	vars[1] = (Operand)VAR(NULL, w.x);
	a[0] = (Operand){.kind = A_FN, .name = "_cond", .fn = &cond};
	a[1] = (Operand){.kind = A_FN, .name = "_body", .fn = &body};
	a[2] = (Operand){.kind = A_LIST, .name = "loop_vars", .list = {vars, 2}};
	CHECK(build_op(&w.b, OP_while_loop, NULL, a, 3, &out, &n) && n == 2);
	block_set_outputs(w.f->body, out, 2);
	/* One turn stands for the loop, unless the loop is what is looked for. */
	expect(&w, OP_tanh, 1, "tensor[1,1,fp32]: tanh -> 1");
	expect(&w, OP_while_loop, 1, "tensor[1,1,fp32]: while_loop { } { } -> 1");
	world_free(&w);
}

/* ---- states ---- */

static void
test_states(void)
{
	World w;
	Var *s, *v, *out;

	world_init(&w, IOS18);
	s = block_add_param(w.f->body, world_str(&w, "s"), type_state(&w.types, w.x->type));
	v = build1(&w.b, OP_read_state, NULL, ARGS(VAR("input", s)));
	v = build1(&w.b, OP_add, NULL, ARGS(VAR("x", v), VAR("y", w.x)));
	out = build1(&w.b, OP_coreml_update_state, NULL, ARGS(VAR("state", s), VAR("value", v)));
	out = build1(&w.b, OP_relu, NULL, ARGS(VAR("x", out)));
	block_set_outputs(w.f->body, &out, 1);
	expect(&w, OP_relu, 1, "tensor[1,1,fp32]: relu -> 1");
	expect(&w, OP_coreml_update_state, 1, "state[tensor[1,1,fp32]]: coreml_update_state -> 1");
	world_free(&w);
}

int
main(void)
{
	test_chain();
	test_limits();
	test_symbols();
	test_loop();
	test_states();
	return check_report();
}
