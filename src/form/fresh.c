/* fresh.c: the program of a model made once more, of its specification. Who changes programs and
 * gives another model back begins with it. */
#include "emit.h"
#include "reading.h"

/* Defaults that the file left out are operands as any other. What has no name in the file is named
 * as the builder does it. */
static void
say_all(const ReadCtx *c, Block *b)
{
	for each_inst (i, b) {
		for (uint32_t k = 0; k < i->nblock; k++)
			say_all(c, i->block[k]);
		if (i->op->code != OP_const || (!i->out[0]->unsaid && !i->out[0]->in_place))
			continue;
		i->out[0]->unsaid = false;
		inst_name_set(i, intern_printf(c->names, "%s_0", i->name->s));
		i->out[0]->name = i->name;
	}
}

Model *
model_fresh(ReadCtx *c, EmitCtx *e, Model *m, Opset least)
{
	const Model *s = model_as_spec(c->arena, m, e);
	Model *f = new (c->arena, Model);
	ReadCtx reading = *c;

	if (!s)
		return NULL;
	*f = (Model){.arena = c->arena,
	             .origin = s->origin,
	             .spec = s->spec,
	             .weights = {s->weights.at, s->weights.n, s->weights.cap}};
	find_body(f);
	if (f->kind != BODY_PROGRAM) {
		diag_error(c->diag, c->span,
		           "this takes ML Programs, not a model of kind %s: convert it to "
		           "mlprogram first",
		           msg_case(s->spec, "mlProgram"));
		return NULL;
	}
	reading.least = least;
	if (!read_interface(&reading, f) || !read_program(&reading, f))
		return NULL;
	for (uint32_t k = 0; k < f->prog->funcs.n; k++)
		say_all(c, f->prog->funcs.at[k]->body);
	f->spec_version = MAX(f->spec_version, (int)least);
	f->build_info.n = 0;
	return f;
}
