/* states.c: type rules of reading and writing states. */
#include "shapes.h"

bool
infer_read_state(Infer *c)
{
	const Type *t = type_known(c, "input");

	if (t->kind != TY_STATE)
		return op_error(c, "input", "'input' is %s, expected a state",
		                type_str(c->types, t));
	return infer_set_type(c, 0, t->elem);
}

bool
infer_coreml_update_state(Infer *c)
{
	const Type *t = type_known(c, "state"), *v = type_known(c, "value");

	if (t->kind != TY_STATE)
		return op_error(c, "state", "'state' is %s, expected a state",
		                type_str(c->types, t));
	if (t->elem != v)
		return op_clash(c, "value", "state",
		                "'value' is %s, but the state holds %s; write a value of just this "
		                "type",
		                type_str(c->types, v), type_str(c->types, t->elem));
	return infer_set_type(c, 0, v);
}
