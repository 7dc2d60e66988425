/* steps.c: what each step makes of the constant at hand. */
#include "weights.h"

/* ---- blocks ---- */

/* Elements per block on each axis, 0 for a whole one; false: it was said why there are none. */
static bool
block_sizes(Job *j, int rank, int64_t *size, int64_t *axis)
{
	const OpCompress *o = j->what;
	Channels c = weight_channels(j, j->op->out[0]);
	int64_t in = 0, out = 0;

	*axis = c.out;
	if (o->granularity == PER_BLOCK && o->nblock) {
		if (o->nblock != rank)
			return job_error(j,
			                 "block_size has %d sizes, but weight '%s' has %d "
			                 "dimensions",
			                 (int)o->nblock, j->op->name->s, rank);
		memcpy(size, o->blocks, (size_t)rank * sizeof *size);
		return true;
	}
	if (c.in < 0 || c.out < 0) {
		job_skip(j, "the operations that use it have their channels on different axes");
		return false;
	}
	if (o->granularity == PER_GROUPED_CHANNEL && o->has_axis)
		*axis = o->axis;
	if (o->granularity == PER_CHANNEL || o->granularity == PER_BLOCK)
		out = 1;
	if (o->granularity == PER_GROUPED_CHANNEL)
		out = o->group_size;
	if (o->granularity == PER_BLOCK)
		in = o->block;
	memset(size, 0, (size_t)rank * sizeof *size);
	if (c.in < rank)
		size[c.in] = in;
	if (*axis < -rank)
		return job_error(j, "channel_axis is %lld, but weight '%s' has %d dimensions",
		                 (long long)*axis, j->op->name->s, rank);
	if (*axis < rank)
		size[*axis < 0 ? *axis + rank : *axis] = out;
	return true;
}

static bool
blocks_divide(Job *j, const Tensor *w, const int64_t *size, int64_t *groups)
{
	for (int k = 0; k < w->rank; k++) {
		groups[k] = 1;
		if (!size[k])
			continue;
		if (w->dim[k] % size[k]) {
			job_skip(j, "axis %d has %lld elements, no whole number of blocks of %lld",
			         k, (long long)w->dim[k], (long long)size[k]);
			return false;
		}
		groups[k] = w->dim[k] / size[k];
	}
	return true;
}

/* One axis less for each dimension of 1; what is left is a number or a row. */
static const Tensor *
squeezed(Arena *a, const Tensor *t)
{
	int64_t dim[TENSOR_MAX_RANK];
	int n = 0;

	for (int k = 0; k < t->rank; k++)
		if (t->dim[k] != 1)
			dim[n++] = t->dim[k];
	return tensor_reshape(a, t, dim, n);
}

/* Builds in front of the const; the last result. */
static Var *
build_last(Job *j, Inst *before, Opcode op, const Str *name, const Operand *arg, uint32_t narg,
           Var **first)
{
	Builder b = job_builder(j, before);
	uint32_t n;
	Var **out;

	b.span = j->c->span;
	if (!build_op(&b, op, name, arg, narg, &out, &n)) {
		j->failed = true;
		return NULL;
	}
	if (first)
		*first = out[0];
	return out[n - 1];
}

/* What the const stands for: the dense weight, where it is the values of a sparse one. */
static const Tensor *
dense_weight(Job *j)
{
	const Tensor *w = j->op->out[0]->val;
	const Inst *user = sparse_user(j);
	const Tensor *mask = user ? inst_val(user, "mask") : NULL;

	if (!user)
		return w;
	return mask && mask->dtype == DT_UINT1 ? mask_spread(j->arena, w, mask) : NULL;
}

/* ---- linear quantization ---- */

static bool
can_quantize(Job *j, const Tensor *w)
{
	const OpCompress *o = j->what;
	const Inst *user = weight_user(j->op->out[0]);

	if (job_opset(j) < IOS18 && o->granularity == PER_BLOCK)
		return job_needs_ios18(j, "blocks are");
	if (job_opset(j) < IOS18 && dtype_bits(o->dtype) < 8)
		return job_needs_ios18(j, "4 bits are");
	if (!dtype_is_float(w->dtype))
		return false;
	if (has_infinity(w)) {
		job_skip(j, "it has infinities");
		return false;
	}
	if (j->c->joint && is_constexpr(user) && !sparse_user(j) && o->granularity != PER_TENSOR)
		return job_error(j, "the table of weight '%s' has other axes than the weight: "
		                    "quantize it with granularity=\"per_tensor\"",
		                 j->op->name->s);
	return true;
}

static Var *
build_affine(Job *j, const Linear *l)
{
	int64_t axis = 0;
	const Tensor *zero = l->offset, *scale = squeezed(j->arena, l->scale);

	for (int k = l->scale->rank; k-- > 0;)
		if (l->scale->dim[k] > 1)
			axis = k;
	zero = zero ? squeezed(j->arena, zero)
	            : tensor_new(j->arena, l->data->dtype, scale->dim, scale->rank);
	return build_last(j, j->op, OP_constexpr_affine_dequantize, job_name(j, "_quantized"),
	                  ARGS(TENSOR("quantized_data", l->data), TENSOR("zero_point", zero),
	                       TENSOR("scale", scale),
	                       TENSOR("axis", tensor_scalar_i(j->arena, DT_INT32, axis))),
	                  NULL);
}

static Var *
build_blocks(Job *j, const Linear *l)
{
	Inst *sparse = sparse_user(j);
	Var *mask = sparse ? inst_arg(sparse, "mask") : NULL;
	const Tensor *kept = sparse ? mask_select(j->arena, l->data, mask->val) : NULL;
	Operand arg[4];
	uint32_t n = 0;

	if (sparse)
		arg[n++] = (Operand)VAR("data_mask", mask);
	arg[n++] = (Operand)TENSOR(sparse ? "nonzero_data" : "data", sparse ? kept : l->data);
	arg[n++] = (Operand)TENSOR("scale", l->scale);
	if (l->offset)
		arg[n++] = (Operand)TENSOR("offset", l->offset);
	return build_last(j, sparse ? sparse : j->op,
	                  sparse ? OP_constexpr_sparse_blockwise_shift_scale
	                         : OP_constexpr_blockwise_shift_scale,
	                  job_name(j, "_quantized"), arg, n, NULL);
}

void
quantize_weight(Job *j)
{
	int64_t size[TENSOR_MAX_RANK], groups[TENSOR_MAX_RANK], axis;
	const Tensor *w = j->op->out[0]->val;
	Linear l;
	Var *v;

	if (!can_quantize(j, w) || !(w = dense_weight(j)) ||
	    !block_sizes(j, w->rank, size, &axis) || !blocks_divide(j, w, size, groups))
		return;
	l = linear_quantize(j->arena, w, j->what->dtype, j->what->symmetric, groups);
	v = job_opset(j) < IOS18 ? build_affine(j, &l) : build_blocks(j, &l);
	if (v) {
		Loss loss = j->c->seen ? loss_linear(w, &l) : (Loss){0};
		job_replace(j, v, &loss);
	}
}

/* ---- palettes ---- */

/* The axis of channels and the channels of a group, out of the sizes of blocks. */
static bool
find_groups(Job *j, const Tensor *w, const int64_t *size, int64_t axis, PalettePlan *plan)
{
	int64_t part = 0, channels;

	for (int k = 0; k < w->rank; k++) {
		if (!size[k] || size[k] == w->dim[k])
			continue;
		if (axis != k)
			return job_error(j, "tables for blocks of weight '%s' are not possible: "
			                    "use per_tensor or per_grouped_channel",
			                 j->op->name->s);
		part = size[k];
	}
	if (axis >= w->rank)
		return job_error(j, "channel_axis is %lld, but weight '%s' has %d dimensions",
		                 (long long)axis, j->op->name->s, w->rank);
	axis += axis < 0 ? w->rank : 0;
	channels = w->dim[axis];
	part = part ? part : channels;
	if (channels % part) {
		job_skip(j, "its %lld channels are no whole number of groups of %lld",
		         (long long)channels, (long long)part);
		return false;
	}
	if (part % plan->vector) {
		job_skip(j, "the %lld channels of a group are no whole number of vectors of %lld",
		         (long long)part, (long long)plan->vector);
		return false;
	}
	plan->axis = (int)axis;
	plan->groups = channels / part;
	return true;
}

/* Convolutions have groups, which vectors must not cross. */
static bool
vector_fits(const Job *j, int64_t axis, int64_t vector)
{
	const Var *v = j->op->out[0];

	axis += axis < 0 ? v->type->rank : 0;
	for each_use (u, v) {
		int64_t n = axis < v->type->rank ? v->type->dim[axis] : 1;
		if (!inst_is(u->user, OP_conv) && !inst_is(u->user, OP_conv_transpose))
			continue;
		if (axis == 0)
			n /= MAX(inst_int(u->user, "groups"), 1);
		if (n % vector)
			return false;
	}
	return true;
}

static bool
can_palettize(Job *j)
{
	const OpCompress *o = j->what;

	if (job_opset(j) >= IOS18)
		return true;
	if (o->granularity == PER_GROUPED_CHANNEL)
		return job_needs_ios18(j, "tables for groups of channels are");
	if (o->vector > 1)
		return job_needs_ios18(j, "tables of vectors are");
	if (o->channel_scale)
		return job_needs_ios18(j, "a scale for each channel is");
	return true;
}

/* Values of a sparse weight: a new sparse_to_dense takes the mask that the table has. */
static Var *
build_sparse_table(Job *j, Inst *user, const Palette *p)
{
	Var *mask = inst_arg(user, "mask"), *wide, *values, *dense;
	const Tensor *kept = mask_select(j->arena, p->indices, mask->val);

	values = build_last(j, user, OP_constexpr_lut_to_sparse, job_name(j, "_palettized"),
	                    ARGS(VAR("indices_mask", mask), TENSOR("indices_nonzero_data", kept),
	                         TENSOR("lut", p->lut)),
	                    &wide);
	if (!values)
		return NULL;
	dense = build_last(j, user, OP_constexpr_sparse_to_dense, user->name,
	                   ARGS(VAR("nonzero_data", values), VAR("mask", wide)), NULL);
	if (!dense)
		return NULL;
	var_replace(user->out[0], dense);
	inst_remove(user);
	return values;
}

static Var *
build_table(Job *j, const PalettePlan *plan, const Palette *p)
{
	const Tensor *flat, *shape;
	const Str *name = job_name(j, "_palettized");
	int64_t n = p->lut->count;

	if (job_opset(j) >= IOS18) {
		Operand arg[3] = {TENSOR("indices", p->indices), TENSOR("lut", p->lut)};
		if (plan->vector > 1)
			arg[2] = (Operand)TENSOR(
			    "vector_axis", tensor_scalar_i(j->arena, DT_INT32, plan->axis));
		return build_last(j, j->op, OP_constexpr_lut_to_dense, name, arg,
		                  plan->vector > 1 ? 3 : 2, NULL);
	}
	flat = tensor_reshape(j->arena, p->lut, &n, 1);
	shape = tensor_vector_i(j->arena, DT_UINT32, p->indices->dim, p->indices->rank);
	return build_last(j, j->op, OP_constexpr_lut_to_dense, name,
	                  ARGS(TENSOR("indices", bits_pack(j->arena, p->indices, p->bits)),
	                       TENSOR("lut", flat), TENSOR("shape", shape)),
	                  NULL);
}

/* With a scale for each channel put behind it. */
static Var *
build_scaled(Job *j, Var *v, const Tensor *scale)
{
	return build_last(j, j->op, OP_constexpr_blockwise_shift_scale,
	                  job_name(j, "_palettized_pcs"),
	                  ARGS(VAR("data", v), TENSOR("scale", scale)), NULL);
}

static bool
make_palette(Job *j, const Tensor *w, const PalettePlan *plan, Palette *p)
{
	const char *why = NULL;
	PaletteEnd end = palette_make(j->arena, w, plan, p, &why);

	if (end == PALETTE_TOO_MANY)
		job_skip(j, "it has more than 256 different values");
	else if (end == PALETTE_FAILED && why)
		job_error(j, "lut_function cannot be used for weight '%s': %s", j->op->name->s,
		          why);
	else if (end == PALETTE_FAILED)
		j->failed = true;
	return end == PALETTE_DONE;
}

void
palettize_weight(Job *j)
{
	const OpCompress *o = j->what;
	PalettePlan plan = {
	    .mode = o->mode, .bits = o->bits, .vector = o->vector, .custom = o->custom};
	int64_t size[TENSOR_MAX_RANK], axis;
	const Tensor *w, *scale = NULL;
	Inst *sparse = sparse_user(j);
	DType back = j->op->out[0]->type->dtype;
	Palette p;
	Var *v;

	if (!can_palettize(j) || !(w = dense_weight(j)))
		return;
	if (!dtype_is_float(back))
		w = tensor_cast(j->arena, w, DT_INT32);
	if (!block_sizes(j, w->rank, size, &axis))
		return;
	if (o->vector > 1 && !vector_fits(j, axis, o->vector)) {
		job_skip(j, "vectors of %lld would cross the groups of a convolution",
		         (long long)o->vector);
		return;
	}
	if (!find_groups(j, w, size, axis, &plan))
		return;
	if (sparse && plan.vector > 1) {
		job_error(j, "the sparse weight '%s' cannot have a table of vectors",
		          j->op->name->s);
		return;
	}
	if (o->channel_scale && !dtype_is_float(back)) {
		job_error(j, "weight '%s' is of type %s: only floats can be scaled by channel",
		          j->op->name->s, dtype_info[back].mil);
		return;
	}
	if (o->channel_scale) {
		scale = channel_scale(j->arena, w, plan.axis);
		w = channel_divide(j->arena, w, scale, plan.axis);
	}
	if (!make_palette(j, w, &plan, &p))
		return;
	if (!dtype_is_float(back))
		p.lut = tensor_cast(j->arena, p.lut, back);
	v = sparse ? build_sparse_table(j, sparse, &p) : build_table(j, &plan, &p);
	if (v && scale)
		v = build_scaled(j, v, scale);
	if (v) {
		Loss loss = j->c->seen ? loss_palette(w, &p, &plan) : (Loss){0};
		job_replace(j, v, &loss);
	}
}

/* ---- pruning ---- */

/* Structure is for the weights of convolutions and linear layers, unless the weight is named. */
static bool
structure_fits(const Job *j)
{
	for each_use (u, j->op->out[0])
		if (u->user && ((!inst_is(u->user, OP_conv) && !inst_is(u->user, OP_linear)) ||
		                inst_arg(u->user, "weight") != j->op->out[0]))
			return false;
	return true;
}

static bool
is_named(const Job *j)
{
	for (uint32_t k = 0; k < j->c->names.n; k++)
		if (j->c->names.at[k].key == j->op->name)
			return true;
	return false;
}

/* False: it was said why not. */
static bool
prune_by_magnitude(Job *j, const Tensor *w, Sparse *s)
{
	const OpCompress *o = j->what;
	bool structure = o->size || o->m;
	int64_t run = o->size ? o->size : o->m;

	if (!structure) {
		*s = prune_share(j->arena, w, o->share, o->wide);
		return true;
	}
	if (inst_is(j->op, OP_const) ? !structure_fits(j) && !is_named(j) : true) {
		job_skip(j, "blocks and n:m are for the weights of conv and linear");
		return false;
	}
	if (run * 2 > w->dim[o->dim]) {
		job_skip(j, "its %lld channels are less than twice %lld",
		         (long long)w->dim[o->dim], (long long)run);
		return false;
	}
	*s = o->size ? prune_blocks(j->arena, w, o->share, o->wide, o->size, (int)o->dim)
	             : prune_of_every(j->arena, w, o->n, o->m, (int)o->dim);
	return true;
}

static bool
prune_by_threshold(Job *j, const Tensor *w, Sparse *s)
{
	double zeros;

	*s = prune_below(j->arena, w, j->what->threshold);
	zeros = (double)(w->count - s->values->count) / (double)w->count;
	if (zeros >= j->what->least)
		return true;
	job_skip(j, "%.4g of it are zeros, less than minimum_sparsity_percentile=%.4g", zeros,
	         j->what->least);
	return false;
}

/* The values of a weight that was quantized or has a table, as far as they are kept. */
static Var *
build_kept(Job *j, const Tensor *mask, Var **wide)
{
	bool table = inst_is(j->op, OP_constexpr_lut_to_dense);
	const Tensor *data = inst_val(j->op, table ? "indices" : "data");
	Var *b = inst_arg(j->op, table ? "lut" : "scale");
	Var *c = inst_arg(j->op, table ? "vector_axis" : "offset");
	const char *second = table ? "lut" : "scale", *third = table ? "vector_axis" : "offset";
	Operand arg[4];

	if (!data || data->count != mask->count) {
		job_error(j, "weight '%s' is compressed twice already, or has a table of vectors: "
		             "it cannot be pruned",
		          j->op->name->s);
		return NULL;
	}
	arg[0] = (Operand)TENSOR(table ? "indices_mask" : "data_mask", mask);
	arg[1] = (Operand)TENSOR(table ? "indices_nonzero_data" : "nonzero_data",
	                         mask_select(j->arena, data, mask));
	arg[2] = (Operand)VAR(second, b);
	arg[3] = (Operand)VAR(third, c);
	return build_last(j, j->op,
	                  table ? OP_constexpr_lut_to_sparse
	                        : OP_constexpr_sparse_blockwise_shift_scale,
	                  NULL, arg, c ? 4 : 3, wide);
}

static Var *
build_sparse(Job *j, const Tensor *w, const Sparse *s)
{
	const Str *name = job_name(j, "_sparsified");
	Var *values, *mask;

	if (!inst_is(j->op, OP_const)) {
		values = build_kept(j, s->mask, &mask);
		return values ? build_last(j, j->op, OP_constexpr_sparse_to_dense, name,
		                           ARGS(VAR("nonzero_data", values), VAR("mask", mask)),
		                           NULL)
		              : NULL;
	}
	if (job_opset(j) >= IOS18)
		return build_last(
		    j, j->op, OP_constexpr_sparse_to_dense, name,
		    ARGS(TENSOR("nonzero_data", s->values), TENSOR("mask", s->mask)), NULL);
	return build_last(
	    j, j->op, OP_constexpr_sparse_to_dense, name,
	    ARGS(TENSOR("nonzero_data", s->values), TENSOR("mask", mask_pack(j->arena, s->mask)),
	         TENSOR("shape", tensor_vector_i(j->arena, DT_UINT32, w->dim, w->rank))),
	    NULL);
}

void
prune_weight(Job *j)
{
	const char *why;
	const Tensor *w = weight_value(j->arena, j->op->out[0], &why), *x = w;
	Sparse s = {0};
	Var *v;

	if (!w) {
		job_error(j, "weight '%s' cannot be decompressed: %s", j->op->name->s, why);
		return;
	}
	if (!dtype_is_float(w->dtype))
		x = tensor_cast(j->arena, w, DT_FP32);
	if (!(j->what->work == WORK_PRUNE_BELOW ? prune_by_threshold(j, x, &s)
	                                        : prune_by_magnitude(j, x, &s)))
		return;
	if (x != w)
		s.values = mask_select(j->arena, w, s.mask);
	v = build_sparse(j, w, &s);
	if (v) {
		Loss loss = j->c->seen ? loss_sparse(x, s.mask) : (Loss){0};
		job_replace(j, v, &loss);
	}
}
