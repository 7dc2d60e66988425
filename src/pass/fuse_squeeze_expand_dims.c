/* fuse_squeeze_expand_dims.c: an expand_dims that undoes a squeeze.
 *
 *   %s = squeeze(x=%x, axes=[1])           %x: (2, 1, 3)
 *   %y = expand_dims(x=%s, axes=[1])  ->   %y = identity(x=%x)
 */
#include "match.h"

bool
rewrite_fuse_squeeze_expand_dims(PassCtx *c, Inst *squeeze)
{
	Inst *expand = inst_follow(squeeze, OP_expand_dims);
	Builder b;
	Var *y;

	if (!expand || expand->out[0]->type != inst_argn(squeeze, 0)->type)
		return false;
	b = builder_at(c, expand, expand);
	y = build1(&b, OP_identity, name_new(c, "identity"), ARGS(VAR("x", inst_argn(squeeze, 0))));
	return pass_try_replace(c, expand->out[0], y, GONE(squeeze, expand));
}
