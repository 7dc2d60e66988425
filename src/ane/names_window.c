/* names_window.c: names of what moves a window over an image: convolutions, pools, resizing,
 * slices, padding.
 */
#include "names.h"

static bool
is_conv(const Site *s)
{
	return site_is(s, OP_conv, OP_conv_transpose, OP_none);
}

static bool
is_window(const Site *s)
{
	return is_conv(s) || site_is(s, OP_avg_pool, OP_max_pool, OP_l2_pool);
}

/* Size of the kernel along the axis `at` from the end (-1: width). */
static Val
kernel(const Site *s, int at)
{
	const Var *x = site_input(s);
	int spatial = var_rank(x) - 2;

	if (!is_window(s))
		return VAL(ABSENT);
	if (rank_is_open(s, x))
		return VAL(UNKNOWN);
	if (-at > spatial)
		return val_int(1);
	return is_conv(s) ? var_size(site_operand(s, "weight"), at)
	                  : site_element(s, "kernel_sizes", at, VAL(UNKNOWN));
}

/* A number for each spatial axis, 1 where it is not given. */
static Val
spatial(const Site *s, const char *param, int at)
{
	if (!is_window(s) || !site_has(s, param))
		return VAL(ABSENT);
	if (rank_is_open(s, site_input(s)))
		return VAL(UNKNOWN);
	return -at > var_rank(site_input(s)) - 2 ? val_int(1)
	                                         : site_element(s, param, at, val_int(1));
}

/* What "same" pads in all along an axis: so much that the result is ceil(size / stride). */
static Val
same_padding(const Site *s, int at)
{
	Val size = var_size(site_input(s), at), k = kernel(s, at), step = spatial(s, "strides", at);
	Val wide = spatial(s, "dilations", at);
	int64_t n;

	if (size.kind != VAL_INT || k.kind != VAL_INT || step.kind != VAL_INT || step.i <= 0)
		return VAL(UNKNOWN);
	n = (k.i - 1) * (wide.kind == VAL_INT ? wide.i : 1) + 1;
	if (inst_is(s->inst, OP_conv_transpose))
		return val_int(MAX(n - step.i, 0));
	return val_int(MAX((int_ceildiv(size.i, step.i) - 1) * step.i + n - size.i, 0));
}

static Val
padding(const Site *s, int at)
{
	Val type = site_param(s, "pad_type"), a, b;
	int rank = var_rank(site_input(s)) - 2;

	if (!is_window(s))
		return VAL(ABSENT);
	if (rank_is_open(s, site_input(s)))
		return VAL(UNKNOWN);
	if (-at > rank)
		return val_int(0);
	if (type.kind != VAL_TEXT)
		return type.kind == VAL_NONE ? val_int(0) : VAL(UNKNOWN);
	if (strcmp(type.s, "valid") == 0)
		return val_int(0);
	if (strcmp(type.s, "custom") != 0) {
		a = same_padding(s, at);
		return is_conv(s) || a.kind != VAL_INT ? a : val_int(a.i - a.i / 2);
	}
	a = site_element(s, "pad", 2 * at, val_int(0));
	b = site_element(s, "pad", 2 * at + 1, val_int(0));
	if (a.kind != VAL_INT || b.kind != VAL_INT)
		return VAL(UNKNOWN);
	return val_int(is_conv(s) ? a.i + b.i : MAX(a.i, b.i));
}

Val
name_kW(const Site *s)
{
	return kernel(s, -1);
}

Val
name_kH(const Site *s)
{
	return kernel(s, -2);
}

Val
name_sW(const Site *s)
{
	return spatial(s, "strides", -1);
}

Val
name_sH(const Site *s)
{
	return spatial(s, "strides", -2);
}

Val
name_dW(const Site *s)
{
	return spatial(s, "dilations", -1);
}

Val
name_dH(const Site *s)
{
	return spatial(s, "dilations", -2);
}

Val
name_pad_w(const Site *s)
{
	return padding(s, -1);
}

Val
name_pad_h(const Site *s)
{
	return padding(s, -2);
}

Val
name_Cin(const Site *s)
{
	return is_conv(s) ? var_size(site_input(s), 1) : VAL(ABSENT);
}

Val
name_Cout(const Site *s)
{
	return is_conv(s) ? var_size(s->inst->out[0], 1) : VAL(ABSENT);
}

/* ---- resizing ---- */

/* Sizes of input and result along one axis, which both have. */
static bool
sizes(const Site *s, int at, Val *in, Val *out)
{
	const Var *x = site_input(s);

	if (!s->inst->nout || var_rank(x) != var_rank(s->inst->out[0]))
		return false;
	*in = var_size(x, at);
	*out = var_size(s->inst->out[0], at);
	return true;
}

Val
name_integer_scale(const Site *s)
{
	Val in, out;
	Tri all = TRI_YES;

	for (int i = 0; i < var_rank(site_input(s)); i++) {
		if (!sizes(s, i, &in, &out))
			return VAL(ABSENT);
		if (in.kind != VAL_INT || out.kind != VAL_INT)
			all = TRI_UNKNOWN;
		else if (in.i && out.i % in.i != 0)
			return val_bool(false);
	}
	return val_tri(all);
}

Val
name_scale(const Site *s)
{
	Val in, out;
	double most = 0;

	for (int i = 0; i < var_rank(site_input(s)); i++) {
		if (!sizes(s, i, &in, &out))
			return VAL(ABSENT);
		if (in.kind != VAL_INT || out.kind != VAL_INT)
			return VAL(UNKNOWN);
		if (in.i)
			most = MAX(most, (double)out.i / (double)in.i);
	}
	return most ? val_real(most) : VAL(ABSENT);
}

Val
name_axes_hw(const Site *s)
{
	Val in, out;
	Tri all = TRI_YES;

	for (int i = 0; i < var_rank(site_input(s)) - 2; i++) {
		if (!sizes(s, i, &in, &out))
			return VAL(ABSENT);
		if (in.kind != VAL_INT || out.kind != VAL_INT)
			all = TRI_UNKNOWN;
		else if (in.i != out.i)
			return val_bool(false);
	}
	return val_tri(all);
}

Val
name_mode(const Site *s)
{
	Val v;

	if (!inst_is(s->inst, OP_resize))
		return site_param(s, "mode");
	v = site_param(s, "interpolation_mode");
	if (v.kind != VAL_TEXT)
		return v;
	return val_text(strcmp(v.s, "LINEAR") == 0             ? "bilinear"
	                : strcmp(v.s, "NEAREST_NEIGHBOR") == 0 ? "nearest"
	                                                       : v.s);
}

Val
name_normalized_coordinates(const Site *s)
{
	Val v;

	if (site_has(s, "normalized_coordinates"))
		return site_param(s, "normalized_coordinates");
	v = site_param(s, "coordinates_mode");
	return v.kind == VAL_TEXT ? val_bool(strncmp(v.s, "normalized", 10) == 0) : v;
}

Val
name_coord_channels(const Site *s)
{
	const Var *v = site_operand(s, "coordinates");
	return v ? var_size(v, -1) : VAL(ABSENT);
}

/* ---- blocks, padding, slices ---- */

Val
name_block_h(const Site *s)
{
	return site_element(s, "block_shape", 0, VAL(ABSENT));
}

Val
name_block_w(const Site *s)
{
	return site_element(s, "block_shape", 1, VAL(ABSENT));
}

Val
name_factor(const Site *s)
{
	return site_param(s, site_has(s, "upscale_factor") ? "upscale_factor" : "downscale_factor");
}

Val
name_pad_axes_hw(const Site *s)
{
	Val pad = inst_is(s->inst, OP_pad) ? site_param(s, "pad") : VAL(ABSENT);

	if (pad.kind != VAL_LIST)
		return pad.kind == VAL_ABSENT ? pad : VAL(UNKNOWN);
	/* Pairs belong to the last axes. */
	for (uint32_t i = 0; i + 4 < pad.n; i++)
		if (pad.at[i].kind != VAL_INT || pad.at[i].i)
			return val_bool(false);
	return val_bool(true);
}

Val
name_begin_W(const Site *s)
{
	Val begin, masked, size;

	if (!site_is(s, OP_slice_by_index, OP_slice_by_size, OP_slice_update))
		return VAL(ABSENT);
	masked = site_element(s, "begin_mask", -1, val_bool(false));
	if (masked.kind == VAL_BOOL && masked.i)
		return val_int(0);
	begin = site_element(s, "begin", -1, val_int(0));
	if (begin.kind != VAL_INT || masked.kind != VAL_BOOL)
		return VAL(UNKNOWN);
	size = var_size(site_input(s), -1);
	if (begin.i >= 0)
		return begin;
	return size.kind == VAL_INT ? val_int(begin.i + size.i) : VAL(UNKNOWN);
}

Val
name_min_stride(const Site *s)
{
	Val v = site_param(s, "stride");
	int64_t least = INT64_MAX;

	if (v.kind == VAL_NONE)
		return val_int(1);
	if (v.kind != VAL_LIST)
		return v.kind == VAL_ABSENT ? v : VAL(UNKNOWN);
	for (uint32_t i = 0; i < v.n; i++) {
		if (v.at[i].kind != VAL_INT)
			return VAL(UNKNOWN);
		least = MIN(least, v.at[i].i);
	}
	return val_int(v.n ? least : 1);
}

Val
name_rows_written(const Site *s)
{
	const Var *v = inst_is(s->inst, OP_slice_update) ? site_operand(s, "update") : NULL;
	Val rows = val_int(1);

	if (!v)
		return VAL(ABSENT);
	for (int i = 0; i < var_rank(v) - 1; i++)
		rows = val_product(rows, var_size(v, i));
	return rows;
}
