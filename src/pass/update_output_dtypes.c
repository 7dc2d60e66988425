/* update_output_dtypes.c: outputs get the types that the caller asked for. ct.convert of a script
 * takes none (it ignores outputs=, and says so), so every program stays as it is:
 *
 *   main(%x) { … } -> (%y)      stays      main(%x) { … } -> (%y)
 */
#include "pass.h"

bool
pass_update_output_dtypes(PassCtx *c)
{
	(void)c;
	return true;
}
