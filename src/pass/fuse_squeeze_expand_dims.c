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

	if (!expand || expand->out[0]->type != inst_argn(squeeze, 0)->type)
		return false;
	return pass_fuse_as(c, expand, name_new(c, "identity"), OP_identity,
	                    ARGS(VAR("x", inst_argn(squeeze, 0))), GONE(squeeze, expand));
}
