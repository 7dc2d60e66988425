/* inputs.c: see api.h. Shapes are held against the model's description of the input: its range
 * or its list of shapes, which the function's type does not know. Of an image the description has
 * the height and width, the last two dimensions. */
#include "api.h"

#include "base/sys.h"
#include "file/npz.h"
#include "model/shape.h"

#include <errno.h>
#include <strings.h>

typedef struct Loading {
	Unit *u;
	const Feature *f;
	uint32_t nf;
	const Func *func;
	Npz *npz;
	Npz *state; /* what the states hold; 0: no file, or none yet */
	uint64_t memory, used, random;
} Loading;

/* Floats in [0, 1), so that roots and logarithms exist; integers in [0, 10). */
static const Tensor *
random_tensor(Unit *u, DType t, const int64_t *dim, uint32_t rank, uint64_t *state)
{
	Tensor *x = tensor_new(&u->arena, t, dim, (int)rank);

	for (int64_t i = 0; i < x->count; i++)
		if (dtype_is_float(t))
			tensor_set_f(x, i, splitmix_unit(state));
		else
			tensor_set_i(x, i,
			             (int64_t)(splitmix_unit(state) * (t == DT_BOOL ? 2 : 10)));
	return x;
}

/* ---- shapes ---- */

/* The description of an input, and how many leading dimensions it leaves out; 0: there is none. */
static const Feature *
feature_of(const Loading *l, const Var *v, uint32_t *lead)
{
	for (uint32_t i = 0; i < l->nf; i++) {
		const Feature *f = &l->f[i];
		uint32_t rank = tensor_part(v->type)->rank;
		if (f->name != v->name || !f->has_shape || f->rank > rank)
			continue;
		*lead = rank - f->rank;
		return *lead == 0 || f->kind == FEATURE_IMAGE ? f : NULL;
	}
	return NULL;
}

/* The shape of an input that nothing was given for: the default one where it is flexible. */
static bool
default_shape(const Loading *l, const Var *v, int64_t *dim)
{
	uint32_t lead = 0;
	const Feature *f = feature_of(l, v, &lead);

	for (uint32_t i = 0; i < v->type->rank; i++) {
		dim[i] = v->type->dim[i];
		if (!dim_known(dim[i]))
			dim[i] = f && i >= lead ? f->shape[i - lead] : -1;
		if (dim[i] < 0)
			return diag_error(&l->u->diag, NOSPAN,
			                  "input '%s' has no fixed shape: give it with -i",
			                  v->name->s);
	}
	return true;
}

static bool
check_shape(const Loading *l, const Var *v, const Tensor *t)
{
	const Type *ty = tensor_part(v->type);
	uint32_t lead = 0;
	const Feature *f = feature_of(l, v, &lead);
	const char *expected = shape_expected(ty, f, lead, t, &l->u->arena);

	if (!expected)
		return true;
	return diag_error(&l->u->diag, NOSPAN, "%s '%s' has shape %s, expected %s",
	                  v->type->kind == TY_STATE ? "state" : "input", v->name->s,
	                  shape_str(&l->u->types, t->dim, (uint32_t)t->rank), expected);
}

/* ---- the arrays ---- */

/* Features have at least one dimension: a single number stands for a vector of one. */
static const Tensor *
as_vector(Unit *u, const Type *ty, const Tensor *t)
{
	static const int64_t one = 1;

	return t->rank == 0 && ty->rank == 1 ? tensor_reshape(&u->arena, t, &one, 1) : t;
}

static const Tensor *
given_input(const Loading *l, Npz *npz, const Var *v)
{
	const Tensor *t = npz_tensor(npz, v->name->s);

	if (t)
		t = as_vector(l->u, tensor_part(v->type), t);
	return t && check_shape(l, v, t) ? t : NULL;
}

static const Tensor *
random_input(Loading *l, const Var *v)
{
	const Type *ty = v->type;
	int64_t dim[TENSOR_MAX_RANK], count;
	size_t bytes;

	if (!default_shape(l, v, dim))
		return NULL;
	if (!shape_count(dim, (int)ty->rank, &count) ||
	    !mul_size((size_t)count, dtype_size(ty->dtype), &bytes) ||
	    bytes > l->memory - l->used) {
		diag_error(&l->u->diag, NOSPAN,
		           "input '%s' of shape %s needs more than %llu bytes of memory",
		           v->name->s, shape_str(&l->u->types, dim, ty->rank),
		           (unsigned long long)l->memory);
		diag_note(&l->u->diag, NOSPAN, "--max-memory=N allows more");
		l->u->diag.machine = true;
		return NULL;
	}
	l->used += bytes;
	return random_tensor(l->u, ty->dtype, dim, ty->rank, &l->random);
}

/* ---- names ---- */

static bool
is_input(const Loading *l, const char *name)
{
	for (uint32_t i = 0; i < l->func->body->nparam; i++)
		if (str_is(l->func->body->param[i]->name, name))
			return true;
	return false;
}

/* The input that was meant by a name that none has: one that the file lacks. */
static const char *
meant(const Loading *l, const char *name)
{
	const Block *b = l->func->body;
	const char **names = newn(&l->u->arena, const char *, b->nparam + (size_t)1);
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->nparam; i++)
		if (!npz_has(l->npz, b->param[i]->name->s) && b->param[i]->type->kind != TY_STATE)
			names[n++] = b->param[i]->name->s;
	for (uint32_t i = 0; i < n; i++)
		if (strcasecmp(names[i], name) == 0)
			return names[i];
	return nearest(name, names, n);
}

static bool
fits_none(const Loading *l)
{
	const Block *b = l->func->body;
	Buf names = {0};

	for (uint32_t i = 0; i < b->nparam; i++)
		buf_printf(&names, "%s'%s'", i ? ", " : "", b->param[i]->name->s);
	return diag_error(&l->u->diag, NOSPAN, "%s has none of the model's inputs: %s",
	                  l->u->o->input, buf_keep(&names, &l->u->arena));
}

static bool
check_names(const Loading *l)
{
	uint32_t n = l->npz ? npz_count(l->npz) : 0, known = 0;

	for (uint32_t i = 0; i < n; i++)
		known += is_input(l, npz_name(l->npz, i));
	if (n && !known && l->func->body->nparam)
		return fits_none(l);
	for (uint32_t i = 0; i < n; i++) {
		const char *name = npz_name(l->npz, i), *near;
		if (is_input(l, name))
			continue;
		near = meant(l, name);
		if (near)
			diag_warning(&l->u->diag, NOSPAN,
			             "%s: the model has no input '%s'; did you mean '%s'? input "
			             "'%s' is random",
			             l->u->o->input, name, near, near);
		else
			diag_warning(&l->u->diag, NOSPAN, "%s: the model has no input '%s'",
			             l->u->o->input, name);
	}
	return true;
}

static bool
load_each(Loading *l, bool states, Inputs *in)
{
	const Block *b = l->func->body;

	for (uint32_t i = 0; i < b->nparam; i++) {
		const Var *v = b->param[i];
		Npz *from = l->npz && npz_has(l->npz, v->name->s) ? l->npz
		            : states                              ? l->state
		                                                  : NULL;
		const Tensor *t;
		if ((v->type->kind == TY_STATE) != states || (states && !from))
			continue;
		t = from ? given_input(l, from, v) : random_input(l, v);
		if (!t)
			return false;
		in->at[in->n++] = (NamedTensor){v->name, t};
	}
	return true;
}

/* The file of --state has each state and nothing else. */
static bool
check_states(const Loading *l)
{
	const Block *b = l->func->body;
	const char *path = l->u->o->state;
	uint32_t known = 0;

	for (uint32_t i = 0; i < b->nparam; i++) {
		const Var *v = b->param[i];
		if (v->type->kind != TY_STATE)
			continue;
		if (!npz_has(l->state, v->name->s))
			return diag_error(&l->u->diag, NOSPAN,
			                  "%s lacks the state '%s': it is of another model", path,
			                  v->name->s);
		known++;
	}
	for (uint32_t i = 0; known < npz_count(l->state) && i < npz_count(l->state); i++) {
		const char *name = npz_name(l->state, i);
		bool is_state = false;
		for (uint32_t k = 0; k < b->nparam && !is_state; k++)
			is_state =
			    str_is(b->param[k]->name, name) && b->param[k]->type->kind == TY_STATE;
		if (!is_state)
			return diag_error(&l->u->diag, NOSPAN,
			                  "%s has '%s', but the model has no such state", path,
			                  name);
	}
	return true;
}

/* Before the first run there is no file, and states are zero. */
static bool
open_states(Loading *l)
{
	const char *path = l->u->o->state;
	const Block *b = l->func->body;
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->nparam; i++)
		n += b->param[i]->type->kind == TY_STATE;
	if (path && n == 0)
		return diag_error(&l->u->diag, NOSPAN,
		                  "--state is for models with states; this one has none");
	if (!path || (sys_kind(path) == PATH_NONE && errno == ENOENT))
		return true;
	l->state = npz_open(&l->u->arena, &l->u->diag, NOSPAN, path);
	return l->state && check_states(l);
}

bool
inputs_load(Unit *u, const Feature *f, uint32_t nf, const Func *func, uint64_t memory, Inputs *in)
{
	Loading l = {
	    .u = u, .f = f, .nf = nf, .func = func, .memory = memory, .random = u->o->seed};

	if (u->o->input && !(l.npz = npz_open(&u->arena, &u->diag, NOSPAN, u->o->input)))
		return false;
	if (!check_names(&l) || !open_states(&l))
		return false;
	in->n = 0;
	in->at = newn(&u->arena, NamedTensor, MAX(func->body->nparam, 1));
	if (!load_each(&l, false, in))
		return false;
	in->plain = in->n;
	return load_each(&l, true, in);
}
