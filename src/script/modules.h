/* modules.h: the modules that belong to the language itself. */
#ifndef MILC_MODULES_H
#define MILC_MODULES_H

#include "interp.h"

extern const ModuleDef script_modules[];
extern const size_t script_nmodule;

typedef Value MakeModule(Interp *in, void *ctx);
MakeModule math_module, os_module, os_path_module, sys_module, pathlib_module, warnings_module,
    time_module, copy_module, sys_native_module;

#endif
