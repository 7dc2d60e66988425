/* test_infer_cast.c: casting a shape keeps its symbols where the type can hold the numbers. */
#include "ops.h"

static Var *
cast(OpsCtx *c, Var *x, const char *to)
{
	return build1(&c->b, OP_cast, NULL, ARGS(VAR("x", x), STRC(&c->b, "dtype", to)));
}

int
main(void)
{
	OpsCtx c;
	Dim dim[2] = {0, 3};
	Var *x, *shape, *y;

	ops_init(&c);
	dim[0] = sym_new(&c.types, intern_cstr(&c.names, "n"));
	x = block_add_param(c.func->body, intern_cstr(&c.names, "x"),
	                    type_tensor(&c.types, DT_FP32, dim, 2));
	shape = build1(&c.b, OP_shape, NULL, ARGS(VAR("x", x)));
	CHECK(shape->symval && shape->symval[0] == dim[0]);
	y = cast(&c, cast(&c, shape, "fp32"), "int32");
	CHECK(!y->val && y->symval && y->symval[0] == dim[0]);
	CHECK_INT(y->symval[1], 3);
	CHECK(!cast(&c, shape, "bool")->symval);
	y = cast(&c,
	         build_const(&c.b, NULL, tensor_vector_i(&c.arena, DT_INT32, (int64_t[]){4, 5}, 2)),
	         "fp32");
	CHECK(y->val);
	CHECK_INT(y->val->dtype, DT_FP32);
	CHECK_NUM(tensor_f(y->val, 1), 5);
	ops_free(&c);
	return check_report();
}
