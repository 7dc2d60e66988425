/* stdlib.c: the modules of this room, by table. */
#include "stdlib.h"

#include "fileobj.h"
#include "script/faults.h"

static int
member(Interp *in, ModuleObj *m, const Str *name, Value *out)
{
	const StdModule *s = m->data;

	if (native_get(in, s->functions, name, 0, VUNSET, out))
		return 1;
	return s->more ? s->more(in, name, out) : 0;
}

static const Native io_functions[] = {
    {"open", "file,mode=,buffering=,encoding=,errors=,newline=,closefd=,opener=", file_open, 0},
    NATIVE_END,
};

/* The streams are made once: `is` tells them apart. */
static int
io_more(Interp *in, const Str *name, Value *out)
{
	static const char *const streams[] = {"", "stdin", "stdout", "stderr"};

	for (int k = FILE_STDIN; k <= FILE_STDERR; k++)
		if (str_is(name, streams[k])) {
			*out = file_stream(in, k);
			interp_pin(in, *out);
			return 1;
		}
	return 0;
}

static const StdModule io_native = {"_io", io_functions, io_more};

#define MODULE(make, module)                                                                       \
	static Value make(Interp *in, UNUSED void *ctx)                                            \
	{                                                                                          \
		return vmodule(in, (module).name, member, (void *)(uintptr_t)&(module));           \
	}
MODULE(make_os, os_native)
MODULE(make_io, io_native)
MODULE(make_re, re_native)
MODULE(make_json, json_native)
MODULE(make_hash, hash_native)
MODULE(make_struct, struct_native)
MODULE(make_random, random_native)
MODULE(make_time, time_native)

static const char faults[] =
#include "faults.def"
    ;

void
stdlib_install(Interp *in)
{
	static const ModuleDef modules[] = {
	    {"_os", make_os},         {"_io", make_io},         {"_re", make_re},
	    {"_json", make_json},     {"_hash", make_hash},     {"_struct", make_struct},
	    {"_random", make_random}, {"_time", make_time},     {"_copy", copy_module},
	    {"_sys", sys_native_module}, {"math", math_module},
	};

	interp_add_faults(in, faults, sizeof faults);
	interp_add_modules(in, modules, countof(modules), 0);
	interp_add_prelude(in, "open", "_io", "open");
}
