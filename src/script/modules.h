/* modules.h: the modules that belong to the language itself. */
#ifndef MILC_MODULES_H
#define MILC_MODULES_H

#include "interp.h"

extern const ModuleDef script_modules[];
extern const size_t script_nmodule;

typedef Value MakeModule(Interp *in, void *ctx);
MakeModule math_module, copy_module, sys_native_module;

#endif
