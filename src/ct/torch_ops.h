/* torch_ops.h: operations of PyTorch files that functions of the script convert. */
#ifndef MILC_TORCH_OPS_H
#define MILC_TORCH_OPS_H

#include "bind.h"

struct AtenCtx;
struct TNode;

/* For AtenImport: script is the interpreter. */
bool torch_op_is_registered(void *script, const char *key);
bool torch_op_call(struct AtenCtx *c, const struct TNode *n, bool *handled);
/* register_torch_op(_func=None, torch_alias=None, override=False) and _get_inputs(…) */
BuiltinFn ct_register_torch_op, ct_torch_get_inputs;

#endif
