/* author.c: the door to author.py, and what it takes from here. */
#include "author.h"

#define AUTHOR "_coremltools_author"

Value
make_author(Interp *in, const Member *m)
{
	Value module, v;

	return interp_import(in, AUTHOR, &module) &&
	               value_getattr(in, module, intern_cstr(interp_names(in), m->fn.name), &v,
	                             NOSPAN)
	           ? v
	           : VPOISON;
}

bool
author_call(Interp *in, const char *fn, const Value *arg, uint32_t n, Value *out, Span at)
{
	Value module;

	return interp_import(in, AUTHOR, &module) && bind_call(in, module, fn, arg, n, out, at);
}

const Member author_natives[] = {
    TYPE_MEMBER("Inst", &inst_type),
    FN_MEMBER("add_pass", "namespace,name,cls,override", add_pass),
    FN_MEMBER("add_op", "name,cls,is_custom_op,dialect,allow_override", add_op),
    END_MEMBER,
};
