/* modules.c: the table of the modules in C that belong to the language itself. */
#include "modules.h"

const ModuleDef script_modules[] = {
    {"math", math_module},
    {"_copy", copy_module},
    {"_sys", sys_native_module},
};
const size_t script_nmodule = countof(script_modules);
