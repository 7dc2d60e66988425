/* Unit tests of the arithmetic of compression. The numbers are NumPy's: coremltools was asked for
 * what it makes of the same weights. */
#include "compress/loss.h"
#include "check.h"

static Arena arena;

/* The elements, "10 -71 36"; of a text in turn. */
static const char *
text_of(const Tensor *t)
{
	static Buf b;

	buf_clear(&b);
	for (int64_t i = 0; i < t->count; i++) {
		if (dtype_is_float(t->dtype))
			buf_printf(&b, "%s%.9g", i ? " " : "", tensor_f(t, i));
		else
			buf_printf(&b, "%s%lld", i ? " " : "", (long long)tensor_i(t, i));
	}
	return b.at;
}

static Tensor *
weights(DType t)
{
	static const double w[] = {0.1,  -0.7,  0.35, 1.25,   3, 0.2, -0.05, 0,
	                           -2.5, -2.25, -1,   -0.125, 0, 0,   0,     0};
	Tensor *x = tensor_new(&arena, t, (int64_t[]){4, 4}, 2);

	for (int64_t i = 0; i < 16; i++)
		tensor_set_f(x, i, w[i]);
	return x;
}

/* ---- whole numbers with a scale ---- */

static void
test_linear_half(void)
{
	Tensor *w = weights(DT_FP16);
	Linear l = linear_quantize(&arena, w, DT_INT8, true, (int64_t[]){4, 1});

	CHECK_STR(text_of(l.data), "10 -71 36 127 127 8 -2 0 -127 -114 -51 -6 0 0 0 0");
	CHECK_STR(text_of(l.scale), "0.00984191895 0.0236206055 0.0196838379 0");
	CHECK(!l.offset);
	l = linear_quantize(&arena, w, DT_UINT8, false, (int64_t[]){4, 1});
	CHECK_STR(text_of(l.data), "105 0 138 255 255 21 0 4 0 25 153 242 0 0 0 0");
	CHECK_STR(text_of(l.offset), "92 4 255 0");
	l = linear_quantize(&arena, w, DT_INT4, false, (int64_t[]){4, 2});
	CHECK_STR(text_of(l.data), "7 -8 -4 7 7 -7 -8 7 -8 -7 -8 5 0 0 0 0");
	CHECK_STR(text_of(l.scale), "0.0533447266 0.0833129883 0.199951172 0.00333213806 "
	                            "0.166625977 0.0666503906 0 0");
	CHECK_STR(text_of(l.offset), "5 -8 -8 7 7 7 0 0");
	l = linear_quantize(&arena, w, DT_UINT4, true, (int64_t[]){1, 1});
	CHECK_STR(text_of(l.data), "7 5 8 10 14 7 7 7 1 2 5 7 7 7 7 7");
	CHECK_STR(text_of(l.scale), "0.428466797");
	CHECK_STR(text_of(l.offset), "7");
}

static void
test_linear_single(void)
{
	Tensor *w = weights(DT_FP32);
	Linear l = linear_quantize(&arena, w, DT_UINT8, false, (int64_t[]){4, 1});

	CHECK_STR(text_of(l.data), "105 0 138 255 255 21 0 4 0 26 153 242 0 0 0 0");
	CHECK_STR(text_of(l.scale), "0.00764705893 0.011960784 0.00980392192 0");
	/* Groups along the last axis: a scale for each column. */
	l = linear_quantize(&arena, w, DT_INT8, true, (int64_t[]){1, 4});
	CHECK_STR(text_of(l.data), "4 -40 44 127 127 11 -6 0 -106 -127 -127 -13 0 0 0 0");
}

static void
test_infinity(void)
{
	Tensor *w = weights(DT_FP16);

	CHECK(!has_infinity(w));
	tensor_set_f(w, 15, -1.0 / 0.0);
	CHECK(has_infinity(w));
	w = weights(DT_FP32);
	CHECK(!has_infinity(w));
	tensor_set_f(w, 0, 1.0 / 0.0);
	CHECK(has_infinity(w));
}

/* ---- tables ---- */

static Palette
palette(const Tensor *w, PalettePlan plan)
{
	const char *why = NULL;
	Palette p;

	CHECK_INT(palette_make(&arena, w, &plan, &p, &why), PALETTE_DONE);
	return p;
}

static void
test_uniform(void)
{
	PalettePlan plan = {.mode = PALETTE_UNIFORM, .bits = 2, .groups = 2, .vector = 1};
	Palette p = palette(weights(DT_FP16), plan);

	CHECK_STR(text_of(p.indices), "1 0 1 2 3 1 1 1 0 0 2 3 3 3 3 3");
	CHECK_STR(text_of(p.lut), "-0.700195312 0.533203125 1.76660156 3 -2.5 -1.66601562 "
	                          "-0.833007812 0.00048828125");
	p = palette(weights(DT_FP32), plan);
	CHECK_STR(text_of(p.lut), "-0.699999988 0.533333361 1.76666665 3 -2.5 -1.66666675 "
	                          "-0.833333373 -5.96046448e-08");
}

static void
test_unique_vectors(void)
{
	static const double w[] = {0, -0.5, 0.5, 1, 3, 0, 0, 0, -2.5, -2, -1, 0, 0, 0, 0, 0};
	Tensor *x = tensor_new(&arena, DT_FP16, (int64_t[]){4, 4}, 2);
	PalettePlan plan = {.mode = PALETTE_UNIQUE, .groups = 1, .vector = 2};
	Palette p;

	for (int64_t i = 0; i < 16; i++)
		tensor_set_f(x, i, w[i]);
	p = palette(x, plan);
	CHECK_INT(p.bits, 3);
	CHECK_STR(text_of(p.indices), "5 3 6 7 0 1 2 4");
	CHECK_STR(text_of(p.lut), "-2.5 0 -2 0 -1 0 -0.5 0 0 0 0 3 0.5 0 1 0");
}

static void
test_too_many_values(void)
{
	Tensor *x = tensor_new(&arena, DT_FP32, (int64_t[]){1, 300}, 2);
	PalettePlan plan = {.mode = PALETTE_UNIQUE, .groups = 1, .vector = 1};
	const char *why = NULL;
	Palette p;

	for (int64_t i = 0; i < x->count; i++)
		tensor_set_f(x, i, (double)i);
	CHECK_INT(palette_make(&arena, x, &plan, &p, &why), PALETTE_TOO_MANY);
	for (int64_t i = 0; i < x->count; i++)
		tensor_set_f(x, i, (double)(i % 256));
	CHECK_INT(palette_make(&arena, x, &plan, &p, &why), PALETTE_DONE);
	CHECK_INT(p.bits, 8);
}

/* The same clusters as kmeans1d's, and the same means to the last bit. */
static void
test_kmeans(void)
{
	Tensor *x = tensor_new(&arena, DT_FP16, (int64_t[]){128, 100}, 2);
	PalettePlan plan = {.mode = PALETTE_KMEANS, .bits = 2, .groups = 1, .vector = 1};
	int64_t count[4] = {0};
	Palette p;

	for (int64_t i = 0; i < x->count; i++)
		tensor_set_f(x, i, (double)(i % 257) / 97.0 - 1);
	p = palette(x, plan);
	CHECK_STR(text_of(p.lut), "-0.675292969 -0.0154647827 0.64453125 1.30761719");
	for (int64_t i = 0; i < x->count; i++)
		count[tensor_i(p.indices, i)]++;
	for (int k = 0; k < 4; k++)
		CHECK_INT(count[k], 3200);
}

static void
test_kmeans_exact(void)
{
	static const float value[] = {-3, -1, 0, 2, 9, 10, 14};
	static const uint32_t count[] = {1, 1, 5, 1, 2, 1, 1};
	size_t first[3];
	double mean[3];

	kmeans_sorted(value, count, 7, 3, first, mean);
	CHECK_INT(first[0], 0);
	CHECK_INT(first[1], 4);
	CHECK_INT(first[2], 6);
	CHECK_NUM(mean[0], -0.25);
	CHECK_NUM(mean[1], 9 + 1 / 3.0);
	CHECK_NUM(mean[2], 14);
	kmeans_sorted(value, count, 7, 1, first, mean);
	CHECK_INT(first[0], 0);
}

static void
test_kmeans_vectors(void)
{
	static const float v[] = {0, 0, 0, 1, 10, 10, 10, 11, -5, 8, -5, 9};
	float center[6];
	uint8_t label[6];

	kmeans_vectors(v, 6, 2, 3, center, label);
	CHECK(label[0] == label[1] && label[2] == label[3] && label[4] == label[5]);
	CHECK(label[0] != label[2] && label[2] != label[4] && label[0] != label[4]);
	CHECK_NUM((double)center[label[4] * 2], -5);
	CHECK_NUM((double)center[label[4] * 2 + 1], 8.5);
}

/* ---- zeros ---- */

static void
check_sparse(Sparse s, const char *values, const char *bits)
{
	CHECK_STR(text_of(s.values), values);
	CHECK_STR(text_of(mask_pack(&arena, s.mask)), bits);
}

static void
test_prune(void)
{
	Tensor *w = weights(DT_FP16);

	check_sparse(prune_share(&arena, w, 0.4, false),
	             "-0.700195312 0.350097656 1.25 3 0.199951172 -2.5 -2.25 -1 -0.125", "62 15");
	check_sparse(prune_share(&arena, w, 0.5, false),
	             "-0.700195312 0.350097656 1.25 3 0.199951172 -2.5 -2.25 -1", "62 7");
	check_sparse(prune_blocks(&arena, w, 0.5, false, 2, 0),
	             "0.0999755859 1.25 3 -2.5 -2.25", "25 3");
	check_sparse(prune_of_every(&arena, w, 1, 2, 1),
	             "-0.700195312 1.25 3 -0.049987793 -2.5 -1", "90 5");
	check_sparse(prune_below(&arena, w, 0.35), "-0.700195312 1.25 3 -2.5 -2.25 -1", "26 7");
	check_sparse(prune_share(&arena, w, 1, false), "", "0 0");
}

static void
test_mask_and_back(void)
{
	Tensor *w = weights(DT_FP32);
	Sparse s = prune_below(&arena, w, 0.35);

	CHECK_STR(text_of(mask_spread(&arena, s.values, s.mask)),
	          "0 -0.699999988 0 1.25 3 0 0 0 -2.5 -2.25 -1 0 0 0 0 0");
}

/* ---- what is lost ---- */

static void
test_loss(void)
{
	Tensor *w = weights(DT_FP32);
	Sparse s = prune_below(&arena, w, 0.5);
	Loss l = loss_sparse(w, s.mask);

	CHECK_NUM(l.most, (double)0.35f);
	CHECK_INT(l.count, 16);
	l = loss_between(w, w);
	CHECK_NUM(l.error, 0);
	PalettePlan plan = {.mode = PALETTE_UNIQUE, .groups = 1, .vector = 1};
	Palette p = palette(w, plan);
	l = loss_palette(w, &p, &plan);
	CHECK_NUM(l.error, 0);
}

int
main(void)
{
	test_linear_half();
	test_linear_single();
	test_infinity();
	test_uniform();
	test_unique_vectors();
	test_too_many_values();
	test_kmeans();
	test_kmeans_exact();
	test_kmeans_vectors();
	test_prune();
	test_mask_and_back();
	test_loss();
	arena_free(&arena);
	return check_report();
}
