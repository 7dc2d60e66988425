/* modules.c: the table of the modules that scripts may import without any library around. */
#include "modules.h"

const ModuleDef script_modules[] = {
    {"math", math_module}, {"os", os_module},           {"os.path", os_path_module},
    {"sys", sys_module},   {"pathlib", pathlib_module}, {"warnings", warnings_module},
    {"_copy", copy_module},
    {"_sys", sys_native_module},
};
const size_t script_nmodule = countof(script_modules);
