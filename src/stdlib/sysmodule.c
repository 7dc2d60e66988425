/* sysmodule.c: _sys, what the module sys (src/stdlib/library/sys.py) asks of the interpreter. */
#include "script/class.h"

#include "script/core.h"
#include "stdlib.h"

NATIVE(sys_exc_info)
{
	Value three[3] = {VNONE, VNONE, VNONE};

	if (in->handling.kind != V_UNSET) {
		three[0] = vobj(class_of(in->handling));
		three[1] = in->handling;
		exc_getattr(in, in->handling, intern_cstr(in->names, "__traceback__"), &three[2]);
	}
	*out = vtuple(in, three, 3);
	return true;
}

static const Native sys_functions[] = {{"sys.exc_info", "", sys_exc_info, 0}, NATIVE_END};

static int
sys_member(Interp *in, UNUSED ModuleObj *m, const Str *name, Value *out)
{
	Value v;

	if (native_get(in, sys_functions, name, 0, VUNSET, out))
		return 1;
	if (str_is(name, "folder")) {
		*out = vstrz(in, in->opt.dir);
		return 1;
	}
	if (!str_is(name, "argv"))
		return 0;
	v = vstrz(in, in->opt.script);
	*out = vlist(in, &v, 1);
	for (uint32_t i = 0; i < in->opt.nargv; i++)
		vlist_push(in, *out, vstrz(in, in->opt.argv[i]));
	return 1;
}

Value
sys_native_module(Interp *in, UNUSED void *ctx)
{
	return vmodule(in, "_sys", sys_member, 0);
}
