/* pool.c: pooling with windows, and to a given size. */
#include "parts.h"

typedef struct Pool {
	int64_t *kernel, *strides, *pad; /* pad: two for each dimension */
	uint32_t spatial;
	bool ceil;
} Pool;

/* ---- windows ---- */

static int64_t
pooled_size(int64_t in, int64_t kernel, int64_t stride, int64_t left, int64_t right, bool ceil)
{
	int64_t n = int_floordiv(in + left + right - kernel + (ceil ? stride - 1 : 0), stride) + 1;
	if (ceil && (n - 1) * stride >= in + left && (left > 0 || right > 0))
		n--;
	return n;
}

/* Core ML rounds sizes up in one and two dimensions alone: in three it is done by more padding.
 * True: some was added. */
static bool
pad_to_round_up(AtenCtx *c, const Var *x, Pool *p)
{
	bool more = false;
	for (uint32_t i = 0; i < p->spatial && !c->failed; i++) {
		Dim in = dim_of(x, (int64_t)i - p->spatial);
		int64_t k = p->kernel[i], s = p->strides[i], *pad = p->pad + 2 * i, right = pad[1];
		if (s < 1 || k < 1) {
			aten_fail(c, "a window of %lld with stride %lld is not possible",
			          (long long)k, (long long)s);
		} else if (!dim_known(in)) {
			pad[1] += s - 1;
		} else {
			int64_t up = pooled_size(in, k, s, pad[0], right, true);
			while (pooled_size(in, k, s, pad[0], pad[1], false) < up)
				pad[1]++;
		}
		more |= pad[1] != right;
	}
	return more;
}

static bool
all_ones(const int64_t *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (v[i] != 1)
			return false;
	return true;
}

/* n numbers of an operand that may have one for all. */
static int64_t *
spread(AtenCtx *c, const char *name, uint32_t n)
{
	uint32_t have;
	int64_t *v = ints_operand(c, name, &have), *out = newn(c->arena, int64_t, n);
	if (have != n && have > 1)
		aten_fail(c, "%s has %u numbers, expected %u", name, have, n);
	for (uint32_t i = 0; i < n && have && !c->failed; i++)
		out[i] = v[have == 1 ? 0 : i];
	return have ? out : 0;
}

static Pool
pool_of(AtenCtx *c, uint32_t dims)
{
	Pool p = {.ceil = bool_operand(c, "ceil_mode", false)};
	p.kernel = ints_operand(c, "kernel_size", &p.spatial);
	if (p.spatial == 1 && dims > 1) {
		p.kernel = spread(c, "kernel_size", dims);
		p.spatial = dims;
	}
	p.strides = spread(c, "stride", p.spatial);
	if (!p.strides)
		p.strides = p.kernel;
	int64_t *pad = spread(c, "padding", p.spatial);
	p.pad = newn(c->arena, int64_t, 2 * (size_t)p.spatial);
	for (uint32_t i = 0; pad && i < 2 * p.spatial; i++)
		p.pad[i] = pad[i / 2];
	return p;
}

/* How many dimensions the operation's name says. */
static uint32_t
dims_of_name(const AtenCtx *c)
{
	const char *pool = strstr(c->node->key->s, "pool");
	return pool ? (uint32_t)(pool[4] - '0') : 1;
}

#define WINDOWS(p)                                                                                 \
	INTS("kernel_sizes", (p).kernel, (p).spatial), INTS("strides", (p).strides, (p).spatial),  \
	    STR("pad_type", "custom"), INTS("pad", (p).pad, 2 * (p).spatial),                      \
	    BOOL("ceil_mode", (p).ceil && (p).spatial <= 2)

HANDLER(max_pool1d)
{
	Var *x = operand(c, "self");
	Pool p = pool_of(c, dims_of_name(c));
	uint32_t n;
	int64_t *dilation = ints_operand(c, "dilation", &n);
	for (uint32_t i = 0; i < n; i++)
		if (dilation[i] > 1)
			aten_fail(c, "max_pool has no dilation in Core ML: expected 1, it is %lld",
			          (long long)dilation[i]);
	if (c->failed)
		return;
	if (p.spatial > 2 && p.ceil && !all_ones(p.strides, p.spatial))
		pad_to_round_up(c, x, &p);
	RESULT(NAMED(max_pool, X(x), WINDOWS(p)));
}

HANDLER(avg_pool1d)
{
	Var *x = operand(c, "self");
	Pool p = pool_of(c, dims_of_name(c));
	bool with_pad = bool_operand(c, "count_include_pad", true);
	if (operand_is_there(c, "divisor_override"))
		aten_fail(c, "divisor_override of average pooling has no counterpart in Core ML: "
		             "multiply the result instead");
	if (c->failed)
		return;
	if (p.spatial > 2 && p.ceil && !all_ones(p.strides, p.spatial) &&
	    pad_to_round_up(c, x, &p) && with_pad)
		aten_fail(c, "ceil_mode=True of avg_pool3d goes with count_include_pad=False only");
	RESULT(NAMED(avg_pool, X(x), WINDOWS(p), BOOL("exclude_padding_from_average", !with_pad)));
}

/* ---- to a given size ---- */

enum { MOST_WINDOWS = 1 << 16 }; /* each is a slice of its own */

/* Where the window of result i begins, and ends. */
static void
window(int64_t i, int64_t in, int64_t out, int64_t *begin, int64_t *end)
{
	*begin = int_floordiv(i * in, out);
	*end = int_ceildiv((i + 1) * in, out);
}

/* Each result from a slice of the last dimensions, for windows that are not alike. */
static Var *
by_slices(AtenCtx *c, Var *x, const int64_t *out, uint32_t spatial, Opcode reduce)
{
	uint32_t rank = rank_of(x), n = 0;
	int64_t rows = spatial == 2 ? out[0] : 1, columns = out[spatial - 1];
	int64_t *begin = newn(c->arena, int64_t, rank), *end = newn(c->arena, int64_t, rank);
	static const int64_t last[2] = {-2, -1};
	if (rows < 1 || columns < 1 || rows > MOST_WINDOWS || columns > MOST_WINDOWS / rows) {
		aten_fail(c, "pooling to %lld by %lld windows of their own is too much: choose a "
		             "size that divides that of the input",
		          (long long)rows, (long long)columns);
		return 0;
	}
	Var **part = newn(c->arena, Var *, (size_t)(rows * columns));
	for (uint32_t i = 0; i < rank; i++)
		end[i] = x->type->dim[i];
	for (int64_t i = 0; i < rows; i++)
		for (int64_t j = 0; j < columns; j++) {
			if (spatial == 2)
				window(i, x->type->dim[rank - 2], rows, &begin[rank - 2],
				       &end[rank - 2]);
			window(j, x->type->dim[rank - 1], columns, &begin[rank - 1],
			       &end[rank - 1]);
			Var *s = OP(slice_by_index, X(x), INTS("begin", begin, rank),
			            INTS("end", end, rank));
			part[n++] = aten_op(c, reduce, 0,
			                    ARGS(X(s), INTS("axes", last + 2 - spatial, spatial),
			                         BOOL("keep_dims", true)));
		}
	Var *y = OP(concat, VALUES(part, n), INT("axis", -1));
	for (uint32_t i = 0; i < rank; i++)
		end[i] = i + spatial < rank ? x->type->dim[i] : out[i + spatial - rank];
	return NAMED(reshape, X(y), INTS("shape", end, rank));
}

static int64_t *
output_size(AtenCtx *c, Var *x, uint32_t spatial)
{
	uint32_t n;
	int64_t *out = ints_operand(c, "output_size", &n);
	if (c->failed)
		return 0;
	if (n != spatial)
		aten_fail(c, "output_size has %u numbers, expected %u", n, spatial);
	else if (rank_of(x) != spatial + 1 && rank_of(x) != spatial + 2)
		aten_fail(c, "the input has rank %u, expected %u or %u", rank_of(x), spatial + 1,
		          spatial + 2);
	return c->failed ? 0 : out;
}

/* Reports sizes that are not known. */
static bool
sizes_known(AtenCtx *c, const Var *x)
{
	if (!dims_known(x))
		aten_fail(c, "pooling to a size other than 1 by 1 needs an input whose size is "
		             "known: give it a fixed shape");
	return !c->failed;
}

static void
adaptive_1d(AtenCtx *c, Opcode reduce)
{
	Var *x = operand(c, "self");
	int64_t *out = output_size(c, x, 1);
	if (out && sizes_known(c, x))
		RESULT(by_slices(c, x, out, 1, reduce));
}
HANDLER(adaptive_avg_pool1d) { adaptive_1d(c, OP_reduce_mean); }
HANDLER(adaptive_max_pool1d) { adaptive_1d(c, OP_reduce_max); }

/* Windows of one size, side by side. */
static Var *
even_windows(AtenCtx *c, Var *x, const int64_t *out, Opcode pool)
{
	int64_t stride[2], kernel[2];
	for (int i = 0; i < 2; i++) {
		int64_t in = dim_of(x, i - 2);
		stride[i] = in / out[i];
		kernel[i] = in - stride[i] * (out[i] - 1);
	}
	bool flat = rank_of(x) < 4;
	if (flat)
		x = OP(expand_dims, X(x), LIT("axes", 0));
	Var *y = aten_op(c, pool, flat ? 0 : c->node->name,
	                 ARGS(X(x), INTS("kernel_sizes", kernel, 2), INTS("strides", stride, 2),
	                      STR("pad_type", "valid")));
	return flat ? NAMED(squeeze, X(y), LIT("axes", 0)) : y;
}

static void
adaptive_2d(AtenCtx *c, Opcode pool, Opcode reduce)
{
	Var *x = operand(c, "self");
	int64_t *out = output_size(c, x, 2);
	if (!out)
		return;
	if (out[0] == 1 && out[1] == 1)
		RESULT(aten_op(c, reduce, c->node->name,
		               ARGS(X(x), LIT("axes", -2, -1), BOOL("keep_dims", true))));
	else if (!sizes_known(c, x))
		return;
	else if (out[0] > 0 && out[1] > 0 && dim_of(x, -2) % out[0] == 0 &&
	         dim_of(x, -1) % out[1] == 0)
		RESULT(even_windows(c, x, out, pool));
	else
		RESULT(by_slices(c, x, out, 2, reduce));
}
HANDLER(adaptive_avg_pool2d) { adaptive_2d(c, OP_avg_pool, OP_reduce_mean); }
HANDLER(adaptive_max_pool2d) { adaptive_2d(c, OP_max_pool, OP_reduce_max); }
