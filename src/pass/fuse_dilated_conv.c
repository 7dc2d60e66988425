/* fuse_dilated_conv.c: a conv on every n-th pixel, made by rearranging them, is a dilated conv.
 *
 *   %s = space_to_batch(x=%x, block_shape=[2, 2], paddings)
 *   %c = conv(x=%s, weight=%w)                               ->  %y = conv(x=%x, weight=%w,
 *   %y = batch_to_space(x=%c, block_shape=[2, 2], crops)                    dilations=[2, 2])
 *
 * Without padding, or with the padding that pad_type "same" stands for.
 */
#include "match.h"

typedef struct Match {
	Inst *space, *conv, *batch;
	int64_t block[2], padding[4], crop[4];
} Match;

static bool
read_ints(const Var *v, int64_t *out, int64_t n)
{
	if (!v || !v->val || v->val->count != n)
		return false;
	for (int64_t k = 0; k < n; k++)
		out[k] = tensor_i(v->val, k);
	return true;
}

static bool
find(Match *m, Inst *space)
{
	int64_t block[2];

	m->space = space;
	m->conv = inst_only_child(space, OP_conv);
	m->batch = m->conv ? inst_only_child(m->conv, OP_batch_to_space) : NULL;
	if (!m->batch || !var_has_rank(inst_arg(m->conv, "x"), 4) ||
	    var_leaves_block(space->out[0]) || var_leaves_block(m->conv->out[0]) ||
	    inst_arg(m->conv, "x") != space->out[0])
		return false;
	return read_ints(inst_arg(space, "block_shape"), m->block, 2) &&
	       read_ints(inst_arg(m->batch, "block_shape"), block, 2) &&
	       m->block[0] == block[0] && m->block[1] == block[1] &&
	       read_ints(inst_arg(space, "paddings"), m->padding, 4) &&
	       read_ints(inst_arg(m->batch, "crops"), m->crop, 4);
}

/* Along one axis, padding and cropping are those of a "same" convolution with dilation d: as much
 * as keeps the size, and what makes it divide by d on top. */
static bool
keeps_size(int64_t size, int64_t kernel, int64_t d, const int64_t *padding, const int64_t *crop)
{
	int64_t all = d * (kernel - 1), start = all / 2, end = all - all / 2;
	int64_t extra = (d - (size + all) % d) % d;

	return padding[0] == start && padding[1] == end + extra && crop[0] == 0 && crop[1] == extra;
}

static bool
is_same_padding(const Match *m)
{
	const Type *x = inst_argn(m->space, 0)->type, *w = inst_arg(m->conv, "weight")->type;

	for (int k = 0; k < 2; k++)
		if (!dim_known(x->dim[2 + k]) || !dim_known(w->dim[2 + k]) ||
		    !keeps_size(x->dim[2 + k], w->dim[2 + k], m->block[k], m->padding + 2 * k,
		                m->crop + 2 * k))
			return false;
	return true;
}

bool
rewrite_fuse_dilated_conv(PassCtx *c, Inst *space)
{
	Match m;
	bool padded = false;

	if (!find(&m, space) || m.block[0] < 1 || m.block[1] < 1)
		return false;
	for (int k = 0; k < 4; k++)
		padded |= m.padding[k] != 0;
	if (padded && !is_same_padding(&m))
		return false;
	return pass_absorb_as(
	    c, m.conv, m.batch, name_new(c, "conv"),
	    ARGS(VAR("x", inst_argn(space, 0)), INTSC(c, "dilations", m.block, 2),
	         padded ? (Operand)STRP(c, "pad_type", "same")
	                : (Operand)VAR("pad_type", inst_arg(m.conv, "pad_type"))),
	    GONE(space, m.conv, m.batch));
}
