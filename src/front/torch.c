/* torch.c: the front for files of PyTorch: what ct.convert makes of them, with the settings of the
 * command line in the place of its arguments.
 */
#include "front.h"

#include <stdlib.h>

#include "aten/aten.h"
#include "torch/torch.h"

bool
is_archive(const Input *in)
{
	return in->n > 4 && memcmp(in->at, "PK\3\4", 4) == 0;
}

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
		return unit_wrong_use(u, "--input is '%s', whose type '%s' is none of fp16, fp32, "
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

bool
open_torch(Unit *u, const Input *in)
{
	TorchOpen o = {.arena = &u->arena,
	               .names = &u->names,
	               .diag = &u->diag,
	               .at = diag_object(&u->diag, NOSPAN, NULL, in->path),
	               .path = in->path,
	               .data = in->at,
	               .n = in->n};
	AtenImport im = {
	    .o = &u->flags, .counts = name_counts_new(&u->arena), .types = &u->types};
	TGraph *g;
	Model *m;

	u->flags.implied = true;
	u->flags.ninput = (uint32_t)u->o->nfeature;
	u->flags.input = newn(&u->arena, InputSpec, u->o->nfeature + 1);
	for (size_t i = 0; i < u->o->nfeature; i++)
		if (!read_feature(u, u->o->feature[i], &u->flags.input[i]))
			return false;
	g = torch_open(&o);
	m = g ? aten_convert(g, &im, &u->pass_run, NULL) : NULL;
	if (!m)
		return false;
	m->converted = true;
	vec_push(&u->arena, &u->models, m);
	return true;
}
