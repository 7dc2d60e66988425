/* dedup_op_and_var_names.c: names that an earlier instruction or value of the function has get a
 * number. Instructions and values are counted apart; inputs and outputs keep their names.
 *
 *   %t = cast(x=%x, dtype="fp16")[name="t"]      %t = cast(…)[name="t"]
 *   %t = cast(x=%t, dtype="fp32")[name="t"]  ->  %t_1 = cast(x=%t, …)[name="t_1"]
 */
#include "ir/nameset.h"
#include "pass.h"

enum { OF_INST = 1, OF_VAR = 2, OF_INTERFACE = 4 };

typedef struct Dedup {
	PassCtx *c;
	Func *f;
	NameSet taken;
	Map next; /* stem and mark -> the number tried last */
} Dedup;

/* The name itself or the first NAME_n that is free, and takes it. */
static const Str *
take(Dedup *d, const Str *name, uint8_t mark)
{
	uint64_t key = KEY(name) ^ (uint64_t)mark << 60;
	uintptr_t n;
	const Str *s;

	if (!(nameset_add(&d->taken, name, mark) & mark))
		return name;
	n = (uintptr_t)map_get(&d->next, key);
	do
		s = intern_printf(d->c->prog->names, "%s_%ju", name->s, (uintmax_t)++n);
	while (nameset_get(&d->taken, s) & mark);
	map_put(&d->next, key, (void *)n);
	func_changed(d->f);
	nameset_add(&d->taken, s, mark);
	return s;
}

static bool
is_output(const Dedup *d, const Var *v)
{
	return nameset_get(&d->taken, v->name) & OF_INTERFACE && var_block(v) == d->f->body &&
	       var_is_output(v);
}

static void
rename_result(Dedup *d, Var *v)
{
	if (!v->name || is_output(d, v))
		return;
	v->name = take(d, v->name, OF_VAR);
}

static void
dedup_block(Dedup *d, Block *b)
{
	if (b->parent)
		for (uint32_t k = 0; k < b->nparam; k++)
			b->param[k]->name = take(d, b->param[k]->name, OF_VAR);
	for (Inst *i = b->first; i; i = i->next) {
		for (uint32_t k = 0; k < i->nblock; k++)
			dedup_block(d, i->block[k]);
		/* Nearly always both bear one name, which is new: a single look suffices. */
		if (i->nout == 1 && i->name && i->name == i->out[0]->name &&
		    !nameset_get(&d->taken, i->name)) {
			nameset_add(&d->taken, i->name, OF_INST | OF_VAR);
			continue;
		}
		if (i->name)
			i->name = take(d, i->name, OF_INST);
		for (uint32_t k = 0; k < i->nout; k++)
			rename_result(d, i->out[k]);
	}
}

/* Takes the name of an input or output; each value has one of its own. */
static bool
take_interface(Dedup *d, Map *seen, const Var *v)
{
	if (map_get(seen, KEY(v)))
		return true;
	map_put(seen, KEY(v), d);
	if (!(nameset_add(&d->taken, v->name, OF_VAR | OF_INTERFACE) & OF_INTERFACE))
		return true;
	return diag_error(d->c->prog->diag, v->def ? v->def->span : d->f->span,
	                  "two inputs or outputs of function %s are named '%s': give one of them "
	                  "another name",
	                  d->f->name->s, v->name->s);
}

bool
func_dedup_op_and_var_names(PassCtx *c, Func *f)
{
	Dedup d = {.c = c, .f = f};
	Map seen;
	bool ok = true;

	nameset_init(&d.taken, c->arena, c->prog->names);
	map_init(&d.next, c->arena);
	map_init(&seen, c->arena);
	for (uint32_t k = 0; k < f->body->nparam; k++)
		ok &= take_interface(&d, &seen, f->body->param[k]);
	for (uint32_t k = 0; k < f->body->nout; k++)
		ok &= take_interface(&d, &seen, f->body->out[k]->var);
	if (ok)
		dedup_block(&d, f->body);
	return ok;
}
