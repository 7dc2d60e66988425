/* handle_return_unused_inputs.c: another name of handle_return_inputs_as_outputs.
 *
 *   main(%x) { … } -> (%x)
 *   becomes
 *   main(%x) { …
 *     %x_tmp = identity(x=%x)
 *     %x = identity(x=%x_tmp)
 *   } -> (%x)
 */
#include "pass.h"

bool
func_handle_return_unused_inputs(PassCtx *c, Func *f)
{
	return func_handle_return_inputs_as_outputs(c, f);
}
