/* add_conv_transpose_output_shape.c: a conv_transpose says how large its result is.
 *
 *   %y = conv_transpose(x=%x, weight=%w)      %y: (1, 4, 9, 9)
 *   becomes
 *   %y = conv_transpose(x=%x, weight=%w, output_shape=[1, 4, 9, 9])
 */
#include "match.h"

bool
rewrite_add_conv_transpose_output_shape(PassCtx *c, Inst *i)
{
	const Type *y = i->out[0]->type;

	if (inst_arg(i, "output_shape") || !shape_is_known(i->out[0]))
		return false;
	return pass_absorb_as(c, i, i, name_join(c, i->name, "_has_output_shape"),
	                      ARGS(INTSC(c, "output_shape", y->dim, (int)y->rank)), GONE(i));
}
