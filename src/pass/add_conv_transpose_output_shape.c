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
	Var *v = i->out[0], *y;
	Builder b;

	if (inst_arg(i, "output_shape") || !shape_is_known(v))
		return false;
	b = pass_builder_before(c, i);
	y = rewrite_again(&b, i, name_join(c, i->name, "_has_output_shape"),
	                  ARGS(INTSC(c, "output_shape", v->type->dim, (int)v->type->rank)));
	return pass_replace(v, y, GONE(i));
}
