/* np.h: the module np for scripts. */
#ifndef MILC_NP_H
#define MILC_NP_H

#include "script/interp.h"

/* Gives the interpreter arrays, and the modules numpy and safetensors.numpy. */
void np_install(Interp *in);
Value np_module(Interp *in, void *ctx);

#endif
