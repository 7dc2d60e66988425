/* stdlib.h: what of Python's library is made in C: files, and the modules below those that are
 * written in the script's own language.
 */
#ifndef MILC_STDLIB_H
#define MILC_STDLIB_H

#include "script/interp.h"

/* Gives the interpreter open() and the modules. */
void stdlib_install(Interp *in);

typedef struct StdModule {
	const char *name;
	const Native *functions; /* named with the module; ended by NATIVE_END */
	int (*more)(Interp *in, const Str *name, Value *out); /* as ModuleObj.member; may be 0 */
} StdModule;
typedef Value MakeModule(Interp *in, void *ctx);
MakeModule math_module, copy_module, sys_native_module;
extern const StdModule re_native, json_native, hash_native, struct_native, random_native,
    time_native, os_native;

#endif
