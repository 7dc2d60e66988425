/* program_read.c: whole ML Programs: their functions, and the interface against them. */
#include "reading.h"

static const char *
read_text(Reading *r, const Msg *value)
{
	const Type *type;
	const Tensor *t = read_value(r, value, &type);

	if (!t || t->dtype != DT_STRING || t->count != 1)
		return NULL;
	return (*(const Str *const *)t->data)->s;
}

static void
read_build_info(Reading *r, const Msg *p)
{
	const Msg *d = read_immediate(msg_entry(p, "attributes", "buildInfo"), "dictionary");

	for (size_t i = 0; i < msg_count(d, "values"); i++) {
		const Msg *pair = msg_at(d, "values", i);
		const char *key = read_text(r, msg_get(pair, "key"));
		const char *val = key ? read_text(r, msg_get(pair, "value")) : NULL;
		if (val)
			vec_push(r->arena, &r->m->build_info, (MetaPair){key, val});
	}
}

/* ---- the interface against the functions ---- */

static bool
has_feature(const Feature *f, uint32_t n, const Str *name)
{
	for (uint32_t i = 0; i < n; i++)
		if (f[i].name == name)
			return true;
	return false;
}

/* The interface is that of the function: it names all that goes in and comes out. */
static bool
is_face_of(const Interface *face, const Block *b)
{
	for (uint32_t k = 0; k < b->nparam; k++)
		if (!has_feature(face->input.at, face->input.n, b->param[k]->name) &&
		    !has_feature(face->state.at, face->state.n, b->param[k]->name))
			return false;
	for (uint32_t k = 0; k < b->nout; k++)
		if (!has_feature(face->output.at, face->output.n, b->out[k]->var->name))
			return false;
	return face->input.n + face->state.n == b->nparam && face->output.n == b->nout;
}

/* Files say which one it is if they describe several; else it is main, or, as coremltools writes a
 * program with another default, the one that is described. */
static bool
find_default(Reading *r, const Msg *description)
{
	const char *name = msg_get_string(description, "defaultFunctionName");
	Program *p = r->prog;

	p->default_func = intern_cstr(r->c->names, *name ? name : "main");
	p->multifunction = r->m->func.n > 0;
	for (uint32_t k = 0; k < p->funcs.n; k++)
		if (p->funcs.at[k]->name == p->default_func)
			return true;
	for (uint32_t k = 0; k < p->funcs.n && !*name && !p->multifunction; k++)
		if (is_face_of(&r->m->face, p->funcs.at[k]->body)) {
			p->default_func = p->funcs.at[k]->name;
			return true;
		}
	return read_error(r, "the program has no function '%s'", p->default_func->s);
}

/* The features of a function are its parameters and outputs, by name. */
static bool
match_features(Reading *r, const Func *f, const Interface *face)
{
	const Block *b = f->body;

	if (face->input.n + face->state.n != b->nparam || face->output.n != b->nout)
		return read_error(
		    r,
		    "the interface has %u inputs and %u outputs, but function '%s' has %u and %u",
		    face->input.n + face->state.n, face->output.n, f->name->s, b->nparam, b->nout);
	for (uint32_t k = 0; k < b->nparam; k++)
		if (!has_feature(face->input.at, face->input.n, b->param[k]->name) &&
		    !has_feature(face->state.at, face->state.n, b->param[k]->name))
			return read_error(r, "input '%s' of function '%s' is not in the interface",
			                  b->param[k]->name->s, f->name->s);
	for (uint32_t k = 0; k < b->nout; k++) {
		bool found = false;
		for (uint32_t i = 0; i < b->nout; i++)
			found |= face->output.at[k].name == b->out[i]->var->name;
		if (!found)
			return read_error(r, "output '%s' is not one of function '%s'",
			                  face->output.at[k].name->s, f->name->s);
	}
	return true;
}

static bool
check_interface(Reading *r)
{
	const Model *m = r->m;

	for (uint32_t k = 0; k < r->prog->funcs.n; k++) {
		const Func *f = r->prog->funcs.at[k];
		if (!m->func.n && f->name == r->prog->default_func)
			return match_features(r, f, &m->face);
		for (uint32_t i = 0; i < m->func.n; i++)
			if (m->func.at[i].name == f->name &&
			    !match_features(r, f, &m->func.at[i]))
				return false;
	}
	return true;
}

static bool
read_functions(Reading *r, const Msg *p)
{
	size_t n = msg_count(p, "functions");
	Span file = r->place;

	if (!n)
		return read_error(r, "the program has no functions");
	for (size_t k = 0; k < n; k++) {
		const Msg *e = msg_at(p, "functions", k);
		const char *name = msg_get_string(e, "key");
		if (!msg_has(e, "value") || !*name) {
			read_error(r, "a function of the program is empty");
			if (read_stops(r))
				return false;
			continue;
		}
		if (!read_function(r, name, msg_get(e, "value")) && read_stops(r))
			return false;
		r->place = file;
	}
	r->func = 0;
	read_build_info(r, p);
	return true;
}

bool
read_program(ReadCtx *c, Model *m)
{
	Reading r = {.c = c,
	             .arena = c->arena,
	             .m = m,
	             .place = m->origin ? m->origin->place : c->span};

	map_init(&m->blobs, c->arena);
	r.prog = program_new(c->arena, c->names, c->types, c->diag);
	if (!read_functions(&r, msg_get(m->spec, "mlProgram")) ||
	    !find_default(&r, msg_get(m->spec, "description")) || !check_interface(&r))
		return false;
	m->prog = r.prog;
	return true;
}

bool
read_check_program(ReadCtx *c, Model *m, bool strict)
{
	Reading r = {.c = c,
	             .arena = c->arena,
	             .m = m,
	             .place = m->origin->place,
	             .all = true,
	             .strict = strict};

	map_init(&m->blobs, c->arena);
	r.prog = program_new(c->arena, c->names, c->types, c->diag);
	r.bad |= !read_functions(&r, msg_get(m->spec, "mlProgram"));
	return read_check_blobs(&r);
}
