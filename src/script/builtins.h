/* builtins.h: the names that every script knows, and the builtin types as values. */
#ifndef MILC_BUILTINS_H
#define MILC_BUILTINS_H

#include "value.h"

/* A builtin function or type; false if there is none of that name. Names that Python has and
 * scripts may not use give a function whose call is the error. */
bool builtin_lookup(Interp *in, const Str *name, Value *out);
/* Those that may be used, for "did you mean"; 0 at the end. */
const char *builtin_name(size_t i);

/* itertools.c */
BuiltinFn builtin_enumerate, builtin_zip, builtin_map, builtin_filter, builtin_reversed,
    builtin_iter, builtin_next;

/* int(…), list(…): calling a V_TYPE value. */
bool type_call(Interp *in, Value type, const Args *args, Value *out);
int type_getattr(Interp *in, Value type, const Str *name, Value *out);
const char *type_value_module(Value type); /* "" when it stands in the name or is builtin */
const char *type_value_name(Value type); /* "int", "numpy.integer", "Var" */
Value type_of(Value v); /* type(v) */
bool is_unbound(Value v); /* str.lower and kin: a method of a builtin type, not bound */
bool is_instance(Interp *in, Value v, Value type, bool *out, Span at);

#endif
