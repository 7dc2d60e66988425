/* os.h: pathlib.Path values and the modules that stand for the system (os.c). */
#ifndef MILC_OS_H
#define MILC_OS_H

#include "value.h"

bool is_path(Value v);
bool path_divide(Interp *in, Value a, Value b, Value *out, Span at); /* a / b, one is a Path */
const char *path_text(Value v); /* NUL-terminated */

Value os_module(Interp *in, void *ctx);
Value os_path_module(Interp *in, void *ctx);
Value sys_module(Interp *in, void *ctx);
Value pathlib_module(Interp *in, void *ctx);
Value warnings_module(Interp *in, void *ctx);
Value time_module(Interp *in, void *ctx);

#endif
