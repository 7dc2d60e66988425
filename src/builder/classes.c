/* classes.c: see classes.h. */
#include "classes.h"

Value
class_new(Interp *in, const RecordDef *def, const Value *v, Span at)
{
	Value made = record_new(in, def, at);

	for (uint32_t i = 0; def->field[i]; i++)
		record_of(made)->at[i] = v[i];
	return made;
}

bool
class_args(Interp *in, Value class, const Args *args, const char *params, Value *v)
{
	return args_bind(in, host_type_of(class)->name, args, params, v);
}

Msg *
message_arg(Interp *in, const Args *args, const MsgDesc *d)
{
	Value v = args->v[0];

	if (is_message(v) && message_of(v)->descriptor == d)
		return message_of(v);
	if (v.kind != V_POISON)
		fail(in, args->span, "%s() takes a message %s, found '%s'", args->fn->name,
		     d->short_name, type_name(v));
	return NULL;
}

bool
value_holds(Interp *in, CmpOp op, Value a, Value b, bool *out, Span at)
{
	Value v;

	return value_compare(in, op, a, b, &v, at) && value_truth(in, v, out, at);
}

bool
value_member(Interp *in, Value v, const char *name, Value *out, Span at)
{
	return value_getattr(in, v, intern_cstr(interp_names(in), name), out, at);
}

bool
field_set(Interp *in, Msg *m, const char *field, Value v, Span at)
{
	return field_store(
	    in, m, protobuf_c_message_descriptor_get_field_by_name(m->descriptor, field), 0, v, at);
}
