/* states.c: type rules of reading and writing states. */
#include "shapes.h"

bool
infer_read_state(Infer *c)
{
	const Type *t = type_known(c, "input");

	if (t->kind != TY_STATE)
		return op_error(c, "input", "'input' is %s, expected a state",
		                type_str(c->types, t));
	infer_set_type(c, 0, t->elem);
	return true;
}

bool
infer_coreml_update_state(Infer *c)
{
	const Type *t = type_known(c, "state"), *v = type_known(c, "value");

	if (t->kind != TY_STATE)
		return op_error(c, "state", "'state' is %s, expected a state",
		                type_str(c->types, t));
	if (t->elem != v) {
		op_error(c, "value",
		         "'value' is %s, but the state holds %s; write a value of just this "
		         "type",
		         type_str(c->types, v), type_str(c->types, t->elem));
		op_note_operand(c, "state");
		return false;
	}
	infer_set_type(c, 0, v);
	return true;
}
