/* names_whole.c: names about the device and the program around an operation. */
#include "names.h"

Val
name_fam(const Site *s)
{
	return val_int(s->family);
}

Val
name_cap(const Site *s)
{
	return val_int(s->family < 16 ? 16384 : 65536);
}

Val
name_flex(const Site *s)
{
	return val_text(s->whole->flex);
}

Val
name_enumerated_shapes(const Site *s)
{
	return val_bool(strcmp(s->whole->flex, "enumerated") == 0);
}

Val
name_bucketed(const Site *s)
{
	return val_bool(strcmp(s->whole->flex, "range") != 0);
}

Val
name_max_dim_all(const Site *s)
{
	return s->whole->max_dim;
}

Val
name_weight_bytes(const Site *s)
{
	return val_int((int64_t)s->whole->weight_bytes);
}

Val
name_n_segments(const Site *s)
{
	return s->whole->segments < 0 ? VAL(UNKNOWN) : val_int(s->whole->segments);
}

Val
name_lone(const Site *s)
{
	return val_bool(s->whole->nop == (s->inst->op->code != OP_cast));
}

Tri
call_has_op(const Site *s, const char *const *arg)
{
	Opcode op = op_find(arg[0], strlen(arg[0]));
	return s->whole->func->nop[op] != 0;
}

Val
name_op(const Site *s)
{
	return val_text(s->inst->op->name);
}
