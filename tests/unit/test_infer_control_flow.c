/* test_infer_control_flow.c: types of lists, branches and loops, and what they refuse; see ops.h
 * for how a row reads. */
#include "ops.h"

static void
lists(void)
{
	INFER("make_list", "elem_shape={int32 2}; init_length=int32 3; dynamic_length=bool f",
	      "list[tensor[2,fp32]]");
	INFER("make_list", "elem_shape={\"q\" | int32 2}; dtype=\"fp16\"",
	      "list[tensor[q,2,fp16]]");
	INFER("make_list", "elem_shape={int32 2}; dtype=\"foo\"", "!there is no type \"foo\"");
	INFER("make_list", "elem_shape={int32}",
	      "!'elem_shape' must be made of constant numbers and names");
	INFER("make_list", "elem_shape={int32 -1}", "!'elem_shape' has the negative size -1");
	INFER("make_list", "elem_shape={int32 2}; init_length=int32 -1",
	      "!'init_length' is -1, expected 0 or more");
	INFER("make_list", "elem_shape={int32 2}; init_length=int32", "list[tensor[2,fp32]]");
	INFER("make_list", "elem_shape={int32 1 | int32 1 | int32 1 | int32 1 | int32 1}",
	      "!elements of a list have at most rank 4, not 5");
	INFER("list_length", "ls=list 3 fp32[2]", "int32");
	INFER("list_length", "ls=fixed 3 fp32[2]", "int32");
	INFER("list_write", "ls=list 3 fp32[2]; index=int32 0; value=fp32[2]",
	      "list[tensor[2,fp32]]");
	INFER("list_write", "ls=list 3 fp32[q]; index=int32 0; value=fp32[2]",
	      "list[tensor[q,fp32]]");
	INFER("list_write", "ls=list 3 fp32[2]; index=int32 0; value=fp32[3]",
	      "!the list holds tensor[2,fp32], but the value is tensor[3,fp32]");
	INFER("list_write", "ls=list 3 fp32[2]; index=int32 0; value=fp32[q]",
	      "!the list holds tensor[2,fp32], but the value is tensor[q,fp32]");
	INFER("list_write", "ls=list 3 fp32[2]; index=int32 0; value=fp16[2]",
	      "!the list holds tensor[2,fp32], but the value is tensor[2,fp16]");
	INFER("list_write", "ls=list 3 fp32[2]; index=int32[2] 0 1; value=fp32[2]",
	      "!'index' must be a single number, but has shape (2,)");
	INFER("list_read", "ls=list 3 fp32[2]; index=int32", "tensor[2,fp32]");
	INFER("list_gather", "ls=list 3 fp32[2]; indices=int32[q]", "tensor[q,2,fp32]");
	INFER("list_gather", "ls=list 3 fp32[2]; indices=int32 1",
	      "!'indices' has shape (), expected a value of rank 1");
	INFER("list_scatter", "ls=list 3 fp32[2]; indices=int32[2] 0 1; value=fp32[2,2]",
	      "list[tensor[2,fp32]]");
	INFER("list_scatter", "ls=list 3 fp32[2]; indices=int32[2] 0 1; value=fp32[3,2]",
	      "!3 values cannot go to 2 indices");
	INFER("list_scatter", "ls=list 3 fp32[2]; indices=int32[2] 0 1; value=fp32[q,2]",
	      "!q values cannot go to 2 indices");
	INFER("list_scatter", "ls=list 3 fp32[2]; indices=int32 0; value=fp32[2,2]",
	      "!'indices' has shape (), expected a value of rank 1");
}

/* ---- blocks that return what `ret` says ---- */

typedef struct Ret {
	Var *v[2];
	uint32_t n;
} Ret;

static bool
give(void *ctx, Builder *b, Var *const *p, uint32_t np, Var ***out, uint32_t *nout)
{
	Ret *r = ctx;

	(void)b, (void)p, (void)np;
	*out = r->v;
	*nout = r->n;
	return true;
}

static bool
give_param(void *ctx, Builder *b, Var *const *p, uint32_t np, Var ***out, uint32_t *nout)
{
	(void)ctx, (void)b, (void)np;
	*out = (Var **)(uintptr_t)p;
	*nout = 1;
	return true;
}

/* Building it said `want`: an error, a warning, or nothing. */
static void
check(OpsCtx *c, bool ok, const char *want)
{
	diag_flush(&c->diag);
	CHECK_INT(ok, !want || strncmp(want, "milc: warning:", 14) == 0);
	CHECK_STR(c->text.n ? check_message(c->text.at) : "", want ? want : "");
	buf_clear(&c->text);
}

static bool
cond(OpsCtx *c, Var *pred, Ret *yes, Ret *no, Var ***out)
{
	BlockFn fy = {give, yes, NOSPAN}, fn = {give, no, NOSPAN};
	Operand a[] = {VAR("pred", pred), {.kind = A_FN, .name = "_true_fn", .fn = &fy},
	               {.kind = A_FN, .name = "_false_fn", .fn = &fn}};
	uint32_t n;

	return build_op(&c->b, OP_cond, NULL, a, 3, out, &n);
}

static Var *
value(OpsCtx *c, const char *text)
{
	OpsValue v;

	ops_value(c, text, &v);
	if (v.val)
		return build_const(&c->b, NULL, v.val);
	return block_add_param(c->func->body, intern_cstr(&c->names, "v"), ops_type(c, &v));
}

static void
branches(void)
{
	OpsCtx c;
	Var *p, **out;
	Ret two = {{0}, 1}, s = {{0}, 1}, three = {{0}, 1}, both = {{0}, 2}, k1 = {{0}, 1},
	    k2 = {{0}, 1};

	ops_init(&c);
	p = value(&c, "bool");
	two.v[0] = value(&c, "fp32[2]");
	three.v[0] = value(&c, "fp32[3]");
	s.v[0] = value(&c, "fp32[s]");
	both.v[0] = both.v[1] = two.v[0];
	k1.v[0] = value(&c, "fp32 1");
	k2.v[0] = value(&c, "fp32 2");
	check(&c, cond(&c, p, &two, &s, &out), NULL);
	CHECK(out[0]->type == two.v[0]->type && !out[0]->val);
	check(&c, cond(&c, p, &two, &three, &out),
	      "result 0 is tensor[2,fp32] in the true branch, but tensor[3,fp32] in the false "
	      "branch");
	check(&c, cond(&c, p, &both, &two, &out),
	      "the true branch has 2 results, but the false branch has 1");
	check(&c, cond(&c, value(&c, "bool[2]"), &two, &two, &out),
	      "milc: warning: 'pred' of cond has shape (2,): Core ML takes a branch by one bool");
	check(&c, cond(&c, value(&c, "bool t"), &k1, &k2, &out), NULL);
	CHECK(out[0]->val);
	CHECK_NUM(tensor_f(out[0]->val, 0), 1);
	check(&c, cond(&c, value(&c, "bool f"), &k1, &k2, &out), NULL);
	CHECK(out[0]->val);
	CHECK_NUM(tensor_f(out[0]->val, 0), 2);
	check(&c, cond(&c, value(&c, "bool f"), &two, &s, &out), NULL);
	CHECK(!out[0]->val);
	ops_free(&c);
}

static bool
loop(OpsCtx *c, Ret *test, Var *start)
{
	BlockFn fc = {give, test, NOSPAN}, fb = {give_param, 0, NOSPAN};
	Operand var = VAR(NULL, start);
	Operand a[] = {{.kind = A_FN, .name = "_cond", .fn = &fc},
	               {.kind = A_FN, .name = "_body", .fn = &fb},
	               {.kind = A_LIST, .name = "loop_vars"}};
	Var **out;
	uint32_t n;

	a[2].list.item = &var;
	a[2].list.n = 1;
	return build_op(&c->b, OP_while_loop, NULL, a, 3, &out, &n) && out[0]->type == start->type;
}

static void
loops(void)
{
	OpsCtx c;
	Var *x;
	Ret r = {{0}, 1};

	ops_init(&c);
	x = value(&c, "fp32[2]");
	r.v[0] = value(&c, "bool[1]");
	check(&c, loop(&c, &r, x), NULL);
	r.v[0] = x;
	check(&c, loop(&c, &r, x), "the condition of a loop must be one bool, not tensor[2,fp32]");
	r.n = 2;
	r.v[1] = x;
	check(&c, loop(&c, &r, x), "the condition of a loop must be one bool, not several values");
	ops_free(&c);
}

/* A list that nothing was written to, as other front ends make them. */
static void
open_list(void)
{
	static const Type unknown = {.kind = TY_UNKNOWN};
	OpsCtx c;
	Var *ls, *x, **out;
	uint32_t n;

	ops_init(&c);
	ls = block_add_param(c.func->body, intern_cstr(&c.names, "ls"),
	                     type_list(&c.types, &unknown, 1, true));
	x = value(&c, "fp32[2]");
	Operand a[] = {VAR("ls", ls), INTC(&c.b, "index", 0), VAR("value", x)};
	check(&c, build_op(&c.b, OP_list_read, NULL, a, 2, &out, &n),
	      "nothing was written to the list yet, so its element type is not known");
	check(&c, build_op(&c.b, OP_list_write, NULL, a, 3, &out, &n), NULL);
	CHECK(out[0]->type == type_list(&c.types, x->type, 1, true));
	ops_free(&c);
}

int
main(void)
{
	lists();
	open_list();
	branches();
	loops();
	return check_report();
}
