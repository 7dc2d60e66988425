/* optimize_classes.c: the classes of configurations: their fields, what must hold of them
 * together, and what they come down to. */
#include "optimize_config.h"

#include <ctype.h>

/* The place of a text in a list that ends with NULL, whatever its case; -1: it is none. */
static int
word_of(Value v, const char *const *list)
{
	const char *s = STR_OF(v)->s;

	for (int i = 0; list[i]; i++) {
		size_t k = 0;
		while (s[k] && toupper((unsigned char)s[k]) == list[i][k])
			k++;
		if (!s[k] && !list[i][k])
			return i;
	}
	return -1;
}

static void
upper_mode(Interp *in, Config *c)
{
	char *s = arena_strdup(interp_arena(in), STR_OF(c->v[0])->s);

	for (char *p = s; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	c->v[0] = vstrz(in, s);
}

static Granularity
granularity_of(Value v)
{
	int g = PER_TENSOR;

	enum_value(v, &enum_granularity, &g);
	return (Granularity)g;
}

enum { L_MODE, L_DTYPE, L_GRANULARITY, L_BLOCK, L_THRESHOLD };
static const Field linear_fields[] = {
    {"mode", F_STR, F_STR, "linear_symmetric", V_STR, 0},
    {"dtype", F_DTYPE, F_ANY, "int8", V_STR, 0},
    {"granularity", F_GRANULARITY, F_ANY, "per_channel", V_STR, 0},
    {"block_size", O_BLOCK, O_BLOCK, NULL, V_INT, 32},
    {"weight_threshold", O_SIZE, O_INT, NULL, V_INT, 2048},
};
static const char *const linear_modes[] = {"LINEAR_SYMMETRIC", "LINEAR", NULL};

static bool
linear_check(Interp *in, const Value *v, Span at)
{
	DType t = dtype_of_host(HOST_OF(v[L_DTYPE]));

	if (word_of(v[L_MODE], linear_modes) < 0)
		return fail(in, at, "mode is '%s', expected \"linear_symmetric\" or \"linear\"",
		            STR_OF(v[L_MODE])->s);
	if (!dtype_is_int(t) || (dtype_bits(t) != 4 && dtype_bits(t) != 8))
		return fail(in, at, "dtype is %s, expected int8, uint8, int4 or uint4",
		            dtype_info[t].mil);
	return granularity_of(v[L_GRANULARITY]) != PER_GROUPED_CHANNEL ||
	       fail(in, at, "weights are quantized per_tensor, per_channel or per_block, not "
	                    "per_grouped_channel");
}

static void
linear_finish(Interp *in, Config *c)
{
	upper_mode(in, c);
	c->first_type = dtype_of_host(HOST_OF(c->v[L_DTYPE]));
}

static bool
linear_fill(Interp *in, const Config *c, Span at, OpCompress *out)
{
	Value b = c->v[L_BLOCK];

	out->symmetric = word_of(c->v[L_MODE], linear_modes) == 0;
	out->dtype = dtype_of_host(HOST_OF(c->v[L_DTYPE]));
	out->granularity = granularity_of(c->v[L_GRANULARITY]);
	if (b.kind == V_NONE)
		return out->granularity != PER_BLOCK ||
		       fail(in, at, "block_size is None: per_block needs a size");
	if (is_whole(b)) {
		out->block = whole(b);
		return true;
	}
	out->nblock = (int32_t)SEQ_OF(b)->n;
	for (int32_t i = 0; i < out->nblock; i++)
		out->blocks[i] = whole(SEQ_OF(b)->at[i]);
	return true;
}

enum { P_MODE, P_NBITS, P_CALL, P_GRANULARITY, P_GROUP, P_AXIS, P_CLUSTER, P_SCALE, P_WORKERS,
	P_THRESHOLD };
static const Field palette_fields[] = {
    {"mode", F_STR, F_STR, "kmeans", V_STR, 0},
    {"nbits", F_ANY, O_INT, NULL, V_NONE, 0},
    {"lut_function", F_ANY, NO_READ, NULL, V_NONE, 0},
    {"granularity", F_GRANULARITY, F_ANY, "per_tensor", V_STR, 0},
    {"group_size", F_ANY, F_INT, NULL, V_INT, 32},
    {"channel_axis", F_ANY, O_INT, NULL, V_NONE, 0},
    {"cluster_dim", F_INT, F_INT, NULL, V_INT, 1},
    {"enable_per_channel_scale", F_BOOL, F_BOOL, NULL, V_BOOL, 0},
    {"num_kmeans_workers", F_INT, F_INT, NULL, V_INT, 1},
    {"weight_threshold", O_SIZE, O_INT, NULL, V_INT, 2048},
};
static const char *const palette_modes[] = {
    [PALETTE_KMEANS] = "KMEANS",
    [PALETTE_UNIFORM] = "UNIFORM",
    [PALETTE_UNIQUE] = "UNIQUE",
    [PALETTE_CUSTOM] = "CUSTOM",
    NULL,
};

static bool
palette_check(Interp *in, const Value *v, Span at)
{
	int mode = word_of(v[P_MODE], palette_modes);
	bool bits = mode == PALETTE_KMEANS || mode == PALETTE_UNIFORM;
	const char *name = STR_OF(v[P_MODE])->s;
	Value call = v[P_CALL];
	Granularity g = granularity_of(v[P_GRANULARITY]);
	double n = 0;

	if (mode < 0)
		return fail(in, at, "mode is '%s', expected \"kmeans\", \"uniform\", \"unique\" or "
		                    "\"custom\"",
		            name);
	if (bits != (v[P_NBITS].kind != V_NONE))
		return fail(in, at, bits ? "mode '%s' needs nbits" : "mode '%s' takes no nbits: "
		                           "as many are used as are needed", name);
	if (bits && (!as_double(in, v[P_NBITS], &n, "nbits", at) || n != (double)(int)n ||
	             !palette_has_bits((int)n)))
		return fail(in, at, "nbits is %g, expected 1, 2, 3, 4, 6 or 8", n);
	if (mode == PALETTE_CUSTOM && call.kind == V_NONE)
		return fail(in, at, "mode 'custom' needs lut_function");
	if (mode != PALETTE_CUSTOM && call.kind != V_NONE)
		return fail(in, at, "lut_function is for mode 'custom', not for '%s'", name);
	if (call.kind != V_NONE && call.kind != V_FUNC && call.kind != V_BUILTIN)
		return fail(in, at, "lut_function must be a function, found '%s'",
		            type_name(call));
	return g == PER_TENSOR || g == PER_GROUPED_CHANNEL ||
	       fail(in, at, "tables are per_tensor or per_grouped_channel, not per_channel or "
	                    "per_block");
}

static void
palette_finish(Interp *in, Config *c)
{
	upper_mode(in, c);
}

typedef struct LutCall {
	Interp *in;
	Value fn;
	Span span;
} LutCall;

/* lut_function(weight) -> lut, indices */
static bool
call_lut(void *ctx, const Tensor *group, const Tensor **lut, const Tensor **indices)
{
	const LutCall *l = ctx;
	Value arg = bind_tensor(l->in, group, false), result;
	SeqObj *two;

	if (!interp_call(l->in, l->fn,
	                 &(Args){.pos = &arg, .pos_span = &l->span, .npos = 1, .span = l->span,
	                         .callee = l->span},
	                 &result))
		return false;
	if ((result.kind != V_TUPLE && result.kind != V_LIST) || SEQ_OF(result)->n != 2)
		return fail(l->in, l->span,
		            "lut_function must return a table and indices, found '%s'",
		            type_name(result));
	interp_push(l->in, result);
	two = SEQ_OF(result);
	if (!const_operand(l->in, two->at[0], "the table of lut_function", l->span, lut) ||
	    !const_operand(l->in, two->at[1], "the indices of lut_function", l->span, indices))
		return false;
	interp_pop(l->in, 1);
	return true;
}

static bool
palette_fill(Interp *in, const Config *c, Span at, OpCompress *out)
{
	LutCall *call;
	double bits = 0;

	out->mode = (PaletteMode)word_of(c->v[P_MODE], palette_modes);
	out->granularity = granularity_of(c->v[P_GRANULARITY]);
	out->vector = whole(c->v[P_CLUSTER]);
	out->channel_scale = c->v[P_SCALE].b;
	out->has_axis = c->v[P_AXIS].kind != V_NONE;
	if (c->v[P_NBITS].kind != V_NONE && !as_double(in, c->v[P_NBITS], &bits, "nbits", at))
		return false;
	out->bits = (int)bits;
	if (!as_int(in, c->v[P_GROUP], &out->group_size, "group_size", at) ||
	    (out->has_axis && !as_int(in, c->v[P_AXIS], &out->axis, "channel_axis", at)))
		return false;
	if (out->group_size < 0)
		return fail(in, at, "group_size is %lld, expected 0 or more",
		            (long long)out->group_size);
	if (out->vector < 1)
		return fail(in, at, "cluster_dim is %lld, expected 1 or more",
		            (long long)out->vector);
	if (out->vector > 1 && out->mode == PALETTE_UNIFORM)
		return fail(in, at, "mode 'uniform' makes no tables of vectors: cluster_dim must "
		                    "be 1");
	if (out->mode == PALETTE_CUSTOM) {
		call = new (interp_arena(in), LutCall);
		*call = (LutCall){in, c->v[P_CALL], at};
		out->custom = (PaletteFn){call_lut, call};
	}
	return true;
}

enum { T_THRESHOLD, T_LEAST, T_SIZE };
static const Field threshold_fields[] = {
    {"threshold", F_FLOAT, F_FLOAT, NULL, V_FLOAT, 1e-12},
    {"minimum_sparsity_percentile", F_FLOAT, F_FLOAT, NULL, V_FLOAT, 0.5},
    {"weight_threshold", O_SIZE, O_INT, NULL, V_INT, 2048},
};

static bool
threshold_check(Interp *in, const Value *v, Span at)
{
	double least = fraction(v[T_LEAST]);

	if (fraction(v[T_THRESHOLD]) < 0)
		return fail(in, at, "threshold is %g, expected 0 or more",
		            fraction(v[T_THRESHOLD]));
	return (least >= 0 && least <= 1) ||
	       fail(in, at, "minimum_sparsity_percentile is %g, expected 0 to 1", least);
}

static bool
threshold_fill(UNUSED Interp *in, const Config *c, UNUSED Span at, OpCompress *out)
{
	out->threshold = fraction(c->v[T_THRESHOLD]);
	out->least = fraction(c->v[T_LEAST]);
	return true;
}

enum { M_SHARE, M_BLOCK, M_RATIO, M_DIM, M_SIZE };
static const Field magnitude_fields[] = {
    {"target_sparsity", O_FLOAT, O_FLOAT, NULL, V_NONE, 0},
    {"block_size", O_INT, O_INT, NULL, V_NONE, 0},
    {"n_m_ratio", O_RATIO, O_RATIO, NULL, V_NONE, 0},
    {"dim", O_INT, O_INT, NULL, V_NONE, 0},
    {"weight_threshold", O_SIZE, O_INT, NULL, V_INT, 2048},
};

static bool
ratio_of(Value v, int64_t *n, int64_t *m)
{
	const SeqObj *s = SEQ_OF(v);

	if (s->n != 2 || !is_whole(s->at[0]) || !is_whole(s->at[1]))
		return false;
	*n = whole(s->at[0]);
	*m = whole(s->at[1]);
	return *n <= *m;
}

static bool
magnitude_check(Interp *in, const Value *v, Span at)
{
	bool share = v[M_SHARE].kind != V_NONE, ratio = v[M_RATIO].kind != V_NONE;
	bool block = v[M_BLOCK].kind != V_NONE;
	int64_t n, m;

	if (share == ratio)
		return fail(in, at, share ? "target_sparsity and n_m_ratio cannot both be given"
		                          : "either target_sparsity or n_m_ratio must be given");
	if (share && !(fraction(v[M_SHARE]) >= 0 && fraction(v[M_SHARE]) <= 1))
		return fail(in, at, "target_sparsity is %g, expected 0 to 1",
		            fraction(v[M_SHARE]));
	if (block && ratio)
		return fail(in, at, "block_size and n_m_ratio cannot both be given");
	if (block && whole(v[M_BLOCK]) <= 1)
		return fail(in, at, "block_size is %lld, expected 2 or more",
		            (long long)whole(v[M_BLOCK]));
	if (ratio && !ratio_of(v[M_RATIO], &n, &m))
		return fail(in, at, "n_m_ratio must be two ints, the first not the larger one");
	if (v[M_DIM].kind == V_NONE)
		return true;
	if (!block && !ratio)
		return fail(in, at, "dim is for block_size or n_m_ratio");
	return whole(v[M_DIM]) == 0 || whole(v[M_DIM]) == 1 ||
	       fail(in, at, "dim is %lld, expected 0 or 1", (long long)whole(v[M_DIM]));
}

static void
magnitude_finish(UNUSED Interp *in, Config *c)
{
	bool ratio = c->v[M_RATIO].kind != V_NONE;

	if (c->v[M_DIM].kind == V_NONE && (ratio || c->v[M_BLOCK].kind != V_NONE))
		c->v[M_DIM] = vint(ratio);
}

static bool
magnitude_fill(Interp *in, const Config *c, Span at, OpCompress *out)
{
	Value share = c->v[M_SHARE];

	if (share.kind != V_NONE) {
		out->share = fraction(share);
		out->wide = share.kind == V_NPSCALAR;
	}
	if (c->v[M_BLOCK].kind != V_NONE)
		out->size = whole(c->v[M_BLOCK]);
	if (c->v[M_RATIO].kind != V_NONE) {
		ratio_of(c->v[M_RATIO], &out->n, &out->m);
		if (out->n < 0 || out->m < 1)
			return fail(in, at, "n_m_ratio is %lld:%lld: n of every m weights go, so "
			                    "that n must be 0 or more and m 1 or more",
			            (long long)out->n, (long long)out->m);
	}
	out->dim = c->v[M_DIM].kind == V_NONE ? 0 : whole(c->v[M_DIM]);
	return true;
}

bool
config_allows_type(Interp *in, Value config, const Str *op, Span at)
{
	const Config *c;

	if (!is_host(config, &config_classes[WORK_PRUNE_SHARE].type))
		return true;
	c = HOST_OF(config)->data;
	if (c->v[M_RATIO].kind == V_NONE && c->v[M_BLOCK].kind == V_NONE)
		return true;
	return str_is(op, "conv") || str_is(op, "linear") ||
	       fail(in, at, "blocks and n:m are for the weights of conv and linear, not of %s",
	            op->s);
}

#define CONFIG_TYPE(n)                                                                             \
	{                                                                                          \
		.name = n, .module = "coremltools.optimize.coreml._config",                        \
		.getattr = config_getattr, .setattr = config_setattr, .repr = config_repr,         \
		.equal = config_equal, .mark = config_mark                                         \
	}
#define FIELDS(f) f, countof(f)
#define CLASS(work, n, params)                                                                     \
	CONFIG_TYPE(n), {n, params, make_config, AS_FUNCTION | WITH(work)}
const ConfigClass config_classes[WORK_COUNT] = {
    [WORK_LINEAR] = {CLASS(WORK_LINEAR, "OpLinearQuantizerConfig",
                           "mode=,dtype=,granularity=,block_size=,weight_threshold="),
                     FIELDS(linear_fields), linear_check, linear_finish, linear_fill},
    [WORK_PALETTE] = {CLASS(WORK_PALETTE, "OpPalettizerConfig",
                            "mode=,nbits=,lut_function=,granularity=,group_size=,"
                            "channel_axis=,cluster_dim=,enable_per_channel_scale=,"
                            "num_kmeans_workers=,weight_threshold="),
                      FIELDS(palette_fields), palette_check, palette_finish, palette_fill},
    [WORK_PRUNE_SHARE] = {CLASS(WORK_PRUNE_SHARE, "OpMagnitudePrunerConfig",
                                "target_sparsity=,block_size=,n_m_ratio=,dim=,"
                                "weight_threshold="),
                          FIELDS(magnitude_fields), magnitude_check, magnitude_finish,
                          magnitude_fill},
    [WORK_PRUNE_BELOW] = {CLASS(WORK_PRUNE_BELOW, "OpThresholdPrunerConfig",
                                "threshold=,minimum_sparsity_percentile=,weight_threshold="),
                          FIELDS(threshold_fields), threshold_check, NULL, threshold_fill},
};
