/* run.c: milc_run: a script's model, or one read from a file, on this machine's CPU. */
#include "api.h"

#include "exec/exec.h"
#include "file/fsout.h"
#include "file/npz.h"

#include <errno.h>
#include <math.h>

typedef struct Inputs {
	NamedTensor *at;
	uint32_t n;
} Inputs;

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

static const Feature *
feature_of(const Model *m, const Str *name)
{
	for (uint32_t i = 0; i < m->input.n; i++)
		if (m->input.at[i].name == name)
			return &m->input.at[i];
	return NULL;
}

/* The shape of an input that nothing was given for: the default one where it is flexible. */
static bool
default_shape(Unit *u, const Model *m, const Var *v, int64_t *dim)
{
	const Feature *f = feature_of(m, v->name);

	for (uint32_t i = 0; i < v->type->rank; i++) {
		dim[i] = v->type->dim[i];
		if (!dim_known(dim[i]))
			dim[i] = f && f->has_shape && f->rank == v->type->rank ? f->shape[i] : -1;
		if (dim[i] < 0) {
			diag_error(&u->diag, NOSPAN,
			           "input '%s' has no fixed shape: give it with -i", v->name->s);
			return false;
		}
	}
	return true;
}

static bool
check_shape(Unit *u, const Var *v, const Tensor *t)
{
	const Type *ty = v->type;
	Dim dim[TENSOR_MAX_RANK];
	bool ok = (uint32_t)t->rank == ty->rank;

	for (uint32_t i = 0; ok && i < ty->rank; i++)
		ok = !dim_known(ty->dim[i]) || ty->dim[i] == t->dim[i];
	if (ok)
		return true;
	for (int i = 0; i < t->rank; i++)
		dim[i] = t->dim[i];
	diag_error(&u->diag, NOSPAN, "input '%s' has shape %s, expected %s", v->name->s,
	           shape_str(&u->types, dim, (uint32_t)t->rank),
	           shape_str(&u->types, ty->dim, ty->rank));
	return false;
}

/* Features have at least one dimension: a single number stands for a vector of one. */
static const Tensor *
as_vector(Unit *u, const Type *ty, const Tensor *t)
{
	static const int64_t one = 1;

	return t->rank == 0 && ty->rank == 1 ? tensor_reshape(&u->arena, t, &one, 1) : t;
}

static bool
load_inputs(Unit *u, const Model *m, const Func *f, const milc_run_options *o, Inputs *in)
{
	uint64_t state = o->seed;
	int64_t dim[TENSOR_MAX_RANK];
	Npz *npz = NULL;

	if (o->input && !(npz = npz_open(&u->arena, &u->diag, NOSPAN, o->input)))
		return false;
	in->n = f->body->nparam;
	in->at = newn(&u->arena, NamedTensor, MAX(in->n, 1));
	for (uint32_t i = 0; i < in->n; i++) {
		const Var *v = f->body->param[i];
		const Type *ty = v->type->kind == TY_STATE ? v->type->elem : v->type;
		in->at[i].name = v->name;
		if (npz && npz_has(npz, v->name->s)) {
			in->at[i].t = npz_tensor(npz, v->name->s);
			if (in->at[i].t)
				in->at[i].t = as_vector(u, ty, in->at[i].t);
			if (!in->at[i].t || !check_shape(u, v, in->at[i].t))
				return false;
		} else if (v->type->kind == TY_STATE) {
			in->at[i].t = tensor_new(&u->arena, ty->dtype, ty->dim, (int)ty->rank);
		} else {
			if (!default_shape(u, m, v, dim))
				return false;
			in->at[i].t = random_tensor(u, ty->dtype, dim, ty->rank, &state);
		}
	}
	for (uint32_t i = 0; npz && i < npz_count(npz); i++) {
		const char *name = npz_name(npz, i);
		bool known = false;
		for (uint32_t k = 0; k < in->n; k++)
			known = known || str_is(in->at[k].name, name);
		if (!known)
			diag_warning(&u->diag, NOSPAN, "%s: the model has no input '%s'", o->input,
			             name);
	}
	return true;
}

/* One line for each output: name, type, shape, range and the first numbers. */
static void
put_summary(Unit *u, Buf *b, const NamedTensor *x)
{
	const Tensor *t = x->t;
	Dim dim[TENSOR_MAX_RANK];
	double lo = INFINITY, hi = -INFINITY, sum = 0;

	for (int i = 0; i < t->rank; i++)
		dim[i] = t->dim[i];
	buf_printf(b, "%s: %s%s", x->name->s, dtype_info[t->dtype].mil,
	           shape_str(&u->types, dim, (uint32_t)t->rank));
	if (t->dtype == DT_STRING) {
		buf_byte(b, '\n');
		return;
	}
	for (int64_t i = 0; i < t->count; i++) {
		double v = tensor_f(t, i);
		lo = fmin(lo, v);
		hi = fmax(hi, v);
		sum += v;
	}
	if (t->count)
		buf_printf(b, "  min %.6g  max %.6g  mean %.6g\n   ", lo, hi,
		           sum / (double)t->count);
	for (int64_t i = 0; i < MIN(t->count, 8); i++)
		buf_printf(b, " %.6g", tensor_f(t, i));
	buf_puts(b, t->count > 8 ? " …\n" : "\n");
}

static bool
save_outputs(Unit *u, const char *path, const NamedTensor *out, uint32_t n)
{
	FsOut o;
	int fd;

	if (!fsout_begin(&o, &u->diag, NOSPAN, path, false))
		return false;
	fd = fsout_create(&o, NULL);
	if (fd >= 0) {
		if (!npz_write(fd, out, n))
			fsout_fail(&o, errno);
		fsout_close(&o, fd);
	}
	return fsout_commit(&o);
}

static void
say_time(Unit *u, uint32_t run, double ms)
{
	Buf b = {0};

	buf_printf(&b, "run %u: %.3f ms\n", run + 1, ms);
	unit_print(u, b.at, b.n);
	buf_free(&b);
}

static int
run_model(Unit *u, Model *m, const milc_run_options *o)
{
	Span at = NOSPAN;
	RunOptions ro = {.seed = o->seed, .profile = o->profile, .at = &at};
	Func *f = NULL;
	NamedTensor *out = NULL;
	Buf err = {0}, text = {0};
	uint32_t nout = 0;
	Inputs in;
	int status = MILC_OK;

	for (uint32_t i = 0; i < m->prog->funcs.n; i++)
		if (m->prog->funcs.at[i]->name == m->prog->default_func || m->prog->funcs.n == 1)
			f = m->prog->funcs.at[i];
	if (!f) {
		diag_error(&u->diag, NOSPAN, "the model has no function '%s'",
		           m->prog->default_func->s);
		return MILC_WRONG_INPUT;
	}
	if (!load_inputs(u, m, f, o, &in))
		return MILC_WRONG_INPUT;
	for (uint32_t i = 0; i < MAX(o->repeat, 1); i++) {
		double start = now_ms();
		unit_progress(u, "running");
		if (!run_func(f, &u->arena, in.at, in.n, &out, &nout, &ro, &err)) {
			diag_error(&u->diag, at, "%s", err.at ? err.at : "the run failed");
			buf_free(&err);
			return MILC_WRONG_INPUT;
		}
		if (o->time)
			say_time(u, i, now_ms() - start);
		if (o->profile && err.n)
			unit_print(u, err.at, err.n);
		buf_clear(&err);
	}
	if (o->output) {
		if (!save_outputs(u, o->output, out, nout))
			status = MILC_FAILED;
	} else {
		for (uint32_t i = 0; i < nout; i++)
			put_summary(u, &text, &out[i]);
		unit_print(u, text.at, text.n);
	}
	buf_free(&text);
	buf_free(&err);
	return status;
}

int
milc_run(const char *path, const milc_run_options *o)
{
	int status = MILC_WRONG_INPUT;
	Settings s;
	Model *m;
	Api a;
	Unit u;

	api_begin(&a, &u, &s, &o->compile);
	if (unit_open(&u, path)) {
		m = unit_model(&u);
		if (unit_program(&u, m) && unit_convert(&u, m))
			status = run_model(&u, m, o);
	}
	if (status == MILC_WRONG_INPUT)
		status = unit_status(&u, false);
	api_end(&a);
	return status;
}
