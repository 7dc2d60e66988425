/* record.c: objects that are nothing but their attributes, which scripts read and set: ct.RangeDim,
 * ct.TensorType and what else describes inputs and outputs.
 */
#include "record.h"

static const RecordDef *
def_of(const HostObj *self)
{
	return (const RecordDef *)(const void *)self->type;
}

static Value *
slot_of(HostObj *self, const Str *name)
{
	Record *r = self->data;

	for (uint32_t k = 0; def_of(self)->field[k]; k++)
		if (str_is(name, def_of(self)->field[k]))
			return &r->at[k];
	return NULL;
}

Value
record_new(Interp *in, const RecordDef *def, Span at)
{
	uint32_t n = 0;
	Record *r;

	while (def->field[n])
		n++;
	r = arena_alloc(interp_arena(in), sizeof *r + n * sizeof *r->at);
	r->span = at;
	for (uint32_t k = 0; k < n; k++)
		r->at[k] = VNONE;
	return vhost(in, &def->type, r);
}

int
record_getattr(UNUSED Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Value *slot = slot_of(self, name);

	if (slot)
		*out = *slot;
	return slot != NULL;
}

bool
record_setattr(Interp *in, HostObj *self, const Str *name, Value v, Span at)
{
	Value *slot = slot_of(self, name);

	if (!slot || def_of(self)->fixed)
		return fail(in, at, "a '%s' has no attribute '%s' that could be set",
		            self->type->name, name->s);
	*slot = v;
	return true;
}

void
record_mark(Interp *in, HostObj *self)
{
	const Record *r = self->data;

	for (uint32_t k = 0; def_of(self)->field[k]; k++)
		interp_mark(in, r->at[k]);
}
