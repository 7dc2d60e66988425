/* test_type.c: types, their texts, and symbolic dimensions against what sympy prints. */
#include "ir/type.h"
#include "check.h"

static Arena arena;
static Interner names;
static Types t;

static bool
says(Dim d, const char *want)
{
	if (strcmp(dim_str(&t, d), want) == 0)
		return true;
	fprintf(stderr, "\t%s, want %s\n", dim_str(&t, d), want);
	return false;
}

static bool
mil_is(const Type *ty, bool bare, const char *want)
{
	Buf b = {0};
	bool same;

	type_put_mil(&b, ty, bare);
	same = strcmp(b.at, want) == 0;
	if (!same)
		fprintf(stderr, "\t%s, want %s\n", b.at, want);
	buf_free(&b);
	return same;
}

static void
test_types(void)
{
	Dim s = sym_new(&t, intern_cstr(&names, "s"));
	Dim shape[] = {2, s};
	const Type *a = type_tensor(&t, DT_FP32, (Dim[]){2, 3}, 2);
	const Type *b = type_tensor(&t, DT_FP32, shape, 2);
	const Type *pair[] = {a, type_scalar(&t, DT_BOOL)};

	CHECK(a == type_tensor(&t, DT_FP32, (Dim[]){2, 3}, 2));
	CHECK(a != type_tensor(&t, DT_FP16, (Dim[]){2, 3}, 2));
	CHECK_INT(a->count, 6);
	CHECK_INT(b->count, -1);
	CHECK(type_with_dtype(&t, a, DT_FP32) == a);
	CHECK_INT(type_with_dtype(&t, b, DT_INT32)->dtype, DT_INT32);
	CHECK_STR(type_str(&t, b), "tensor[2,s,fp32]");
	CHECK_STR(type_str(&t, type_scalar(&t, DT_STRING)), "str");
	CHECK_STR(type_str(&t, type_list(&t, a, 4, true)), "list[tensor[2,3,fp32]]");
	CHECK_STR(type_str(&t, type_tuple(&t, pair, 2)), "tuple[tensor[2,3,fp32],bool]");
	CHECK_STR(type_str(&t, type_state(&t, a)), "state[tensor[2,3,fp32]]");
	CHECK_STR(shape_str(&t, shape, 2), "(2, s)");
	CHECK_STR(shape_str(&t, shape, 1), "(2,)");
	CHECK_STR(shape_str(&t, shape, 0), "()");
	CHECK(mil_is(b, true, "tensor<fp32, [2, ?]>"));
	CHECK(mil_is(pair[1], true, "bool"));
	CHECK(mil_is(pair[1], false, "tensor<bool, []>"));
	CHECK(mil_is(type_list(&t, a, 4, true), true, "list<tensor<fp32, [2, 3]>, ?>"));
	CHECK(mil_is(type_list(&t, pair[1], 4, false), true, "list<bool, 4>"));
	CHECK(mil_is(type_dict(&t, type_scalar(&t, DT_STRING), type_scalar(&t, DT_FP64)), false,
	             "dict<tensor<string, []>, tensor<fp64, []>>"));
	CHECK(mil_is(type_state(&t, a), true, "state<tensor<fp32, [2, 3]>>"));
	CHECK(type_is_subtype(a, b) && !type_is_subtype(b, a));
	CHECK(type_compatible(b, a) && type_compatible(a, b));
	CHECK(!type_compatible(a, pair[1]));
	CHECK(type_all_known(a) && !type_all_known(b));
	CHECK(type_is_subtype(type_list(&t, a, 1, true), type_list(&t, NULL, 1, true)));
}

static void
test_sums(Dim a, Dim b)
{
	CHECK(says(dim_mul(&t, 2, a), "2*is0"));
	CHECK(says(dim_add(&t, dim_mul(&t, a, 2), 1), "2*is0 + 1"));
	CHECK(says(dim_add(&t, 3, a), "is0 + 3"));
	CHECK(says(dim_sub(&t, a, 3), "is0 - 3"));
	CHECK(says(dim_sub(&t, 3, a), "3 - is0"));
	CHECK(says(dim_sub(&t, 0, a), "-is0"));
	CHECK(says(dim_mul(&t, a, b), "is0*is1"));
	CHECK(says(dim_mul(&t, a, a), "is0**2"));
	CHECK(says(dim_sub(&t, dim_mul(&t, 3, dim_mul(&t, a, dim_mul(&t, b, a))), 1),
	           "3*is0**2*is1 - 1"));
	CHECK(says(dim_mul(&t, dim_add(&t, a, 1), 2), "2*is0 + 2"));
	CHECK(says(dim_sub(&t, 0, dim_add(&t, a, 1)), "-is0 - 1"));
	CHECK_INT(dim_sub(&t, a, a), 0);
	CHECK(dim_sub(&t, dim_add(&t, a, b), b) == a);
	CHECK(dim_add(&t, a, b) == dim_add(&t, b, a));
	CHECK_INT(dim_sub(&t, 3, 5), -2);
	CHECK(dim_known(-2));
	CHECK_INT(dim_sub(&t, dim_add(&t, a, 1), dim_add(&t, a, 2)), -1);
	CHECK(dim_is_plain_symbol(&t, a) && !dim_is_plain_symbol(&t, dim_add(&t, a, 1)));
	CHECK(!dim_known(dim_mul(&t, INT64_MAX, a)) && !dim_known(dim_mul(&t, INT64_MAX, 2)));
}

static void
test_functions(Dim a, Dim b)
{
	Dim half = dim_floordiv(&t, a, 2);

	CHECK(says(half, "floor(is0/2)"));
	CHECK(says(dim_floordiv(&t, dim_add(&t, a, 3), 2), "floor(is0/2 + 3/2)"));
	CHECK(says(dim_floordiv(&t, dim_sub(&t, a, 5), 2), "floor(is0/2 - 5/2)"));
	CHECK(says(dim_floordiv(&t, dim_mul(&t, 3, a), 2), "floor(3*is0/2)"));
	CHECK(says(dim_floordiv(&t, dim_add(&t, dim_mul(&t, 4, a), 6), 8), "floor(is0/2 + 3/4)"));
	CHECK(says(dim_floordiv(&t, dim_add(&t, a, 4), 2), "floor(is0/2) + 2"));
	CHECK(dim_floordiv(&t, dim_mul(&t, 2, a), 2) == a);
	CHECK(dim_floordiv(&t, dim_mul(&t, a, b), b) == a);
	CHECK(says(dim_floordiv(&t, dim_mul(&t, a, b), 2), "floor(is0*is1/2)"));
	CHECK(says(dim_floordiv(&t, a, b), "floor(is0/is1)"));
	CHECK(says(dim_floordiv(&t, a, dim_mul(&t, 2, b)), "floor(is0/(2*is1))"));
	CHECK(says(dim_floordiv(&t, a, dim_add(&t, b, 1)), "floor(is0/(is1 + 1))"));
	CHECK(says(dim_floordiv(&t, dim_add(&t, a, b), dim_mul(&t, a, 2)),
	           "floor((is0 + is1)/(2*is0))"));
	CHECK(says(dim_floordiv(&t, 10, a), "floor(10/is0)"));
	CHECK(says(dim_floordiv(&t, half, 2), "floor(floor(is0/2)/2)"));
	CHECK(says(dim_ceildiv(&t, a, 2), "ceiling(is0/2)"));
	CHECK(says(dim_mul(&t, 2, half), "2*floor(is0/2)"));
	CHECK(says(dim_sub(&t, 5, half), "5 - floor(is0/2)"));
	CHECK(says(dim_mul(&t, half, b), "is1*floor(is0/2)"));
	CHECK(says(dim_add(&t, half, a), "is0 + floor(is0/2)"));
	CHECK(half == dim_floordiv(&t, a, 2));
	CHECK_INT(dim_floordiv(&t, 7, 2), 3);
	CHECK_INT(dim_floordiv(&t, -7, 2), -4);
	CHECK_INT(dim_ceildiv(&t, 7, 2), 4);
	CHECK(!dim_known(dim_floordiv(&t, 7, 0)));
}

static int64_t
seven(void *ctx, Dim sym)
{
	(void)sym;
	return *(int64_t *)ctx;
}

static void
test_values(Dim a, Dim b)
{
	int64_t n = 7, none = -1;
	Dim e = dim_add(&t, dim_floordiv(&t, dim_add(&t, dim_mul(&t, a, b), 3), 4), a), out;
	const Type *x = type_tensor(&t, DT_FP32, (Dim[]){a, 1, 3}, 3);
	const Type *y = type_tensor(&t, DT_FP32, (Dim[]){b, 1}, 2);
	Dim shape[3];
	uint32_t rank;

	CHECK_INT(dim_eval(&t, e, seven, &n), 20);
	CHECK_INT(dim_eval(&t, e, seven, &none), -1);
	CHECK_INT(dim_eval(&t, 5, seven, &none), 5);
	CHECK(dim_broadcast(&t, 1, a, &out) && out == a);
	CHECK(dim_broadcast(&t, a, 4, &out));
	CHECK_INT(out, 4);
	CHECK(dim_broadcast(&t, a, a, &out) && out == a);
	CHECK(dim_broadcast(&t, a, b, &out) && dim_is_plain_symbol(&t, out) && out != a);
	CHECK(!dim_broadcast(&t, 2, 3, &out));
	CHECK(shape_broadcast(&t, x, y, shape, &rank));
	CHECK_INT(rank, 3);
	CHECK(shape[0] == a && shape[1] == b);
	CHECK_INT(shape[2], 3);
}

/* Expressions of strangers: large ones end as fresh symbols instead of large texts. */
static void
test_limits(Dim a)
{
	Dim d = a;

	for (int i = 0; i < 200; i++)
		d = dim_add(&t, dim_mul(&t, d, dim_add(&t, a, i)), dim_floordiv(&t, d, i + 2));
	CHECK(!dim_known(d) && strlen(dim_str(&t, d)) < 20000);
	for (int i = 0; i < 200; i++)
		d = dim_mul(&t, d, sym_new(&t, NULL));
	CHECK(!dim_known(d) && strlen(dim_str(&t, d)) < 20000);
}

int
main(void)
{
	Dim a, b;

	intern_init(&names, &arena);
	types_init(&t, &arena, &names);
	a = sym_new(&t, NULL);
	b = sym_new(&t, NULL);
	test_sums(a, b);
	test_functions(a, b);
	test_values(a, b);
	test_limits(a);
	test_types();
	CHECK(sym_find(&t, intern_cstr(&names, "is1")) == b);
	sym_forget(&t);
	CHECK_INT(sym_find(&t, intern_cstr(&names, "is1")), 0);
	CHECK(says(sym_new(&t, NULL), "is0"));
	intern_free(&names);
	arena_free(&arena);
	return check_report();
}
