/* torch.c: the front for files of PyTorch: what ct.convert makes of them, with the settings of the
 * command line in the place of its arguments.
 */
#include "front.h"

#include <stdlib.h>

#include "aten/aten.h"
#include "file/npz.h"
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

/* Of a run: the arrays that it was given say what the inputs look like. */
static bool
features_of_arrays(Unit *u)
{
	Npz *z = npz_open(&u->arena, &u->diag, NOSPAN, u->o->input);
	uint32_t n = z ? npz_count(z) : 0;

	u->flags.input = newn(&u->arena, InputSpec, n + 1);
	for (uint32_t i = 0; i < n; i++) {
		InputSpec *s = &u->flags.input[u->flags.ninput++];
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

static bool
read_features(Unit *u, const TGraph *g)
{
	bool arrays = g->source == TORCH_SCRIPT && !u->o->nfeature && u->o->input;

	u->flags.implied = true;
	if (arrays)
		return features_of_arrays(u);
	u->flags.ninput = (uint32_t)u->o->nfeature;
	u->flags.input = newn(&u->arena, InputSpec, u->o->nfeature + 1);
	for (size_t i = 0; i < u->o->nfeature; i++)
		if (!read_feature(u, u->o->feature[i], &u->flags.input[i]))
			return false;
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
	               .n = in->n,
	               .training = true};
	AtenImport im = {
	    .o = &u->flags, .counts = name_counts_new(&u->arena), .types = &u->types};
	TGraph *g = torch_open(&o);
	Model *m;

	if (!g || !read_features(u, g))
		return false;
	if (u->o->nodes && g->source == TORCH_SCRIPT && !u->flags.ninput)
		return aten_check(g, &im);
	m = aten_convert(g, &im, &u->pass_run, NULL);
	if (!m)
		return false;
	m->converted = true;
	vec_push(&u->arena, &u->models, m);
	return true;
}
