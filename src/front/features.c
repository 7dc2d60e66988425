/* features.c: what was said of inputs beside the model: --input NAME=SHAPE, and the arrays of a
 * run; and inputs of old networks that have a sequence and a batch by it.
 */
#include "front.h"

#include <stdlib.h>

#include "file/npz.h"

/* "1", "1..64" or "1..64=8" (the default behind it). */
static bool
read_size(const char **at, DimRange *d)
{
	char *end;
	const char *s = *at;

	d->lower = strtoll(s, &end, 10);
	if (end == s || d->lower < 0)
		return false;
	d->upper = d->dflt = d->lower;
	if (end[0] == '.' && end[1] == '.') {
		s = end + 2;
		d->flexible = true;
		d->upper = strtoll(s, &end, 10);
		if (end == s || d->upper < d->lower)
			return false;
		if (*end == '=') {
			s = end + 1;
			d->dflt = strtoll(s, &end, 10);
			if (end == s || d->dflt < d->lower || d->dflt > d->upper)
				return false;
		}
	}
	*at = end;
	return true;
}

/* NAME=SHAPE, NAME=SHAPE:TYPE, or either without NAME= for the next input. */
static bool
read_feature(Unit *u, const char *text, InputSpec *s)
{
	static const char form[] = "expected NAME=SHAPE or NAME=SHAPE:TYPE, such as "
	                           "x=1,3,224,224, ids=1..64:int32 or x=1..64=8,3";
	const char *at = strchr(text, '='), *digits = text + strspn(text, "0123456789.,");
	VEC(DimRange) dims = {0};

	if (at && at != digits) {
		s->name = intern(&u->names, text, (size_t)(at - text));
		at++;
	} else {
		at = text;
	}
	while (*at && *at != ':') {
		DimRange d = {0};
		if (!read_size(&at, &d) || (*at && *at != ',' && *at != ':'))
			return unit_wrong_use(u, "--input is '%s', %s", text, form);
		vec_push(&u->arena, &dims, d);
		at += *at == ',';
	}
	if (*at == ':' && !(s->dtype = dtype_from_mil(at + 1)))
		return unit_wrong_use(u,
		                      "--input is '%s', whose type '%s' is none of fp16, fp32, "
		                      "int32 and bool",
		                      text, at + 1);
	s->has_shape = true;
	s->rank = dims.n;
	s->dim = dims.at;
	s->dflt = newn(&u->arena, int64_t, MAX(dims.n, 1));
	for (uint32_t k = 0; k < dims.n; k++)
		s->dflt[k] = dims.at[k].dflt;
	return true;
}

static bool
is_input(const Model *m, const char *name)
{
	for (uint32_t k = 0; k < m->face.input.n; k++)
		if (str_is(m->face.input.at[k].name, name))
			return true;
	return false;
}

static bool
of_arrays(Unit *u, const Model *m, InputSpec **list, uint32_t *n)
{
	Npz *z = npz_open(&u->arena, &u->diag, NOSPAN, u->o->input);
	uint32_t count = z ? npz_count(z) : 0;

	*list = newn(&u->arena, InputSpec, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		if (m && !is_input(m, npz_name(z, i)))
			continue;
		InputSpec *s = &(*list)[(*n)++];
		const Tensor *t = npz_tensor(z, npz_name(z, i));
		if (!t)
			break;
		s->name = intern_cstr(&u->names, npz_name(z, i));
		s->has_shape = true;
		s->rank = (uint32_t)t->rank;
		s->dflt = arena_dup(&u->arena, t->dim, s->rank * sizeof *t->dim);
		s->dim = newn(&u->arena, DimRange, MAX(s->rank, 1));
		for (uint32_t k = 0; k < s->rank; k++)
			s->dim[k] = (DimRange){t->dim[k], t->dim[k], t->dim[k], false};
		s->dtype = dtype_is_float(t->dtype) ? DT_FP32 : DT_INT32;
	}
	if (z)
		npz_close(z);
	return z && u->diag.nerror == 0;
}

bool
features_said(Unit *u, bool arrays, const Model *m, InputSpec **list, uint32_t *n)
{
	*n = 0;
	if (arrays && !u->o->nfeature && u->o->input)
		return of_arrays(u, m, list, n);
	*n = (uint32_t)u->o->nfeature;
	*list = newn(&u->arena, InputSpec, u->o->nfeature + 1);
	for (size_t i = 0; i < u->o->nfeature; i++)
		if (!read_feature(u, u->o->feature[i], &(*list)[i]))
			return false;
	return true;
}

/* ---- inputs of networks ---- */

/* Two dimensions in front, as they were said; the rest stays as it is declared. */
static void
add_sequence(Arena *a, Feature *f, const InputSpec *s)
{
	uint32_t rank = f->rank + 2;
	int64_t *shape = newn(a, int64_t, rank);
	DimRange *range = newn(a, DimRange, rank);
	bool flexible = s->dim[0].flexible || s->dim[1].flexible || f->nrange;

	for (uint32_t k = 0; k < rank; k++) {
		if (k < 2)
			range[k] = s->dim[k];
		else if (f->nrange)
			range[k] = f->range[k - 2];
		else
			range[k] = (DimRange){f->shape[k - 2], f->shape[k - 2], f->shape[k - 2], 0};
		shape[k] = k < 2 ? s->dim[k].dflt : f->shape[k - 2];
	}
	f->rank = rank;
	f->shape = shape;
	f->range = range;
	f->nrange = flexible ? rank : 0;
	f->sequence = true;
}

/* Two dimensions more than it has, the others its own where they are fixed. */
static bool
takes_sequence(const Feature *f, const InputSpec *s)
{
	if (f->kind != FEATURE_ARRAY || !f->has_shape || f->nenum || s->rank != f->rank + 2)
		return false;
	for (uint32_t k = 0; k < f->rank && !f->nrange; k++)
		if (s->dim[k + 2].lower != f->shape[k] || s->dim[k + 2].upper != f->shape[k])
			return false;
	return true;
}

/* --input, which names what is to be changed, must fit; arrays of a run are looked at later. */
static bool
check_said(Unit *u, const Model *m, const InputSpec *s)
{
	if (!s->name)
		return unit_wrong_use(u, "--input of a network needs a name: NAME=SHAPE");
	for (uint32_t k = 0; k < m->face.input.n; k++) {
		const Feature *f = &m->face.input.at[k];
		if (f->name == s->name)
			return takes_sequence(f, s) ||
			       unit_wrong_use(
			           u,
			           "--input %s is %s, expected a sequence and a batch in front of "
			           "its own shape %s",
			           f->name->s, shape_str(&u->types, s->dflt, s->rank),
			           shape_str(&u->types, f->shape, f->has_shape ? f->rank : 0));
	}
	return unit_wrong_use(u, "--input: the network has no input '%s'", s->name->s);
}

bool
network_sequences(Unit *u, Model *m)
{
	bool mapped = m->network && msg_get_int(m->network, "arrayInputShapeMapping") == 0;
	bool own = false;
	InputSpec *list;
	uint32_t n;

	if (!mapped || !(u->o->nfeature || u->o->input))
		return true;
	if (!features_said(u, true, m, &list, &n))
		return false;
	for (uint32_t k = 0; k < u->models.n; k++)
		own = own || u->models.at[k] == m;
	for (uint32_t i = 0; own && u->o->nfeature && i < n; i++) /* a stage has some of them */
		if (!check_said(u, m, &list[i]))
			return false;
	for (uint32_t k = 0; k < m->face.input.n; k++) {
		Feature *f = &m->face.input.at[k];
		for (uint32_t i = 0; i < n && !f->sequence; i++)
			if (list[i].name == f->name && takes_sequence(f, &list[i]))
				add_sequence(&u->arena, f, &list[i]);
	}
	return true;
}
