/* run.c: milc_run: a script's model, or one read from a file, on this machine's CPU. */
#include "inputs.h"

#include "exec/exec.h"
#include "file/fsout.h"
#include "file/npz.h"

#include <errno.h>
#include <math.h>

#define MAX_MEMORY (UINT64_C(8) << 30) /* bytes of a run, unless --max-memory says otherwise */

/* ---- results ---- */

/* Integers with all their digits; the sign of a nan depends on the processor. */
static void
put_number(Buf *b, const Tensor *t, int64_t i)
{
	if (dtype_is_float(t->dtype) && isnan(tensor_f(t, i)))
		buf_puts(b, "nan");
	else if (dtype_is_float(t->dtype))
		buf_printf(b, "%.6g", tensor_f(t, i));
	else
		buf_printf(b, "%lld", (long long)tensor_i(t, i));
}

/* "min 0  max 2  mean 1"; numbers that are none are counted and left out. */
static void
put_range(Buf *b, const Tensor *t)
{
	int64_t low = 0, high = 0, numbers = 0;
	double sum = 0;

	for (int64_t i = 0; i < t->count; i++) {
		double v = tensor_f(t, i);
		if (isnan(v))
			continue;
		if (numbers++ == 0 || v < tensor_f(t, low))
			low = i;
		if (numbers == 1 || v > tensor_f(t, high))
			high = i;
		sum += v;
	}
	buf_puts(b, "  min ");
	put_number(b, t, low);
	buf_puts(b, "  max ");
	put_number(b, t, high);
	if (numbers && !isnan(sum))
		buf_printf(b, "  mean %.6g", sum / (double)numbers);
	else
		buf_puts(b, "  mean nan");
	if (numbers < t->count)
		buf_printf(b, "  %lld of %lld are nan", (long long)(t->count - numbers),
		           (long long)t->count);
}

/* Two lines for each output: name, type, shape and range, and the first numbers. */
static void
put_summary(Unit *u, Buf *b, const NamedTensor *x)
{
	const Tensor *t = x->t;

	put_safe(b, x->name->s);
	buf_printf(b, ": %s%s", dtype_info[t->dtype].mil,
	           shape_str(&u->types, t->dim, (uint32_t)t->rank));
	if (t->dtype == DT_STRING || t->count == 0) {
		buf_byte(b, '\n');
		return;
	}
	put_range(b, t);
	buf_puts(b, "\n   ");
	for (int64_t i = 0; i < MIN(t->count, 8); i++) {
		buf_byte(b, ' ');
		put_number(b, t, i);
	}
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
say_profile(Unit *u, Session *s)
{
	Buf b = {0};

	session_profile(s, &b);
	unit_print(u, b.at, b.n);
	buf_free(&b);
}

static void
say_time(Unit *u, uint32_t run, double ms)
{
	Buf b = {0};

	buf_printf(&b, "run %u: %.3f ms\n", run + 1, ms);
	unit_print(u, b.at, b.n);
	buf_free(&b);
}

/* ---- running ---- */

static const Func *
find_function(Unit *u, const Model *m)
{
	const Program *p = m->prog;

	for (uint32_t i = 0; i < p->funcs.n; i++)
		if (p->funcs.at[i]->name == p->default_func || p->funcs.n == 1)
			return p->funcs.at[i];
	diag_error(&u->diag, NOSPAN, "the model has no function '%s'", p->default_func->s);
	return NULL;
}

/* All runs; the outputs, in `a`, are those of the last. States go from one run to the next: only
 * the first is given those of the input file. */
static bool
run_often(Unit *u, Session *s, const Inputs *in, const milc_run_options *o, Arena *a,
          NamedTensor **out, uint32_t *nout)
{
	for (uint32_t i = 0; i < MAX(o->repeat, 1); i++) {
		double start = now_ms();
		RunStatus status;
		Span at;
		arena_free(a);
		unit_progress(u, "running");
		status = session_run(s, in->at, i ? in->plain : in->n, a, out, nout);
		if (status != RUN_OK) {
			const char *why = session_error(s, &at);
			diag_error(&u->diag, at, "%s", why);
			u->diag.machine = status != RUN_WRONG;
			if (status != RUN_WRONG)
				diag_note(&u->diag, NOSPAN, "%s=N allows more",
				          status == RUN_STEPS ? "--max-steps"
				                              : "--max-memory");
			return false;
		}
		if (o->time)
			say_time(u, i, now_ms() - start);
		if (o->profile)
			say_profile(u, s);
	}
	return true;
}

static bool
run_model(Unit *u, const Model *m, const milc_run_options *o)
{
	const milc_common *c = &o->compile.common;
	SessionOptions so = {.seed = o->seed,
	                     .max_steps = c->max_steps,
	                     .memory = c->max_memory ? c->max_memory : MAX_MEMORY,
	                     .profile = o->profile,
	                     .progress = c->progress ? u->progress : NULL,
	                     .progress_ctx = u->progress_ctx};
	const Func *f = find_function(u, m);
	NamedTensor *out = NULL;
	Arena results = {0};
	Buf text = {0};
	uint32_t nout = 0;
	Session *s;
	Inputs in;
	bool ok;

	if (!f || !inputs_load(u, m->input.at, m->input.n, f, o, so.memory, &in))
		return false;
	s = session_new(f, &so);
	ok = run_often(u, s, &in, o, &results, &out, &nout) &&
	     (!o->output || save_outputs(u, o->output, out, nout));
	for (uint32_t i = 0; ok && !o->output && i < nout; i++)
		put_summary(u, &text, &out[i]);
	if (text.n)
		unit_print(u, text.at, text.n);
	buf_free(&text);
	session_free(s);
	arena_free(&results);
	return ok;
}

/* Settings that say something about a script only. */
static bool
check_settings(Unit *u)
{
	const Settings *o = u->o;
	const char *name = o->program    ? "--program"
	                   : o->function ? "--function"
	                   : o->ndefine  ? "-D"
	                                 : NULL;

	if (u->script || !name)
		return true;
	return unit_wrong_use(u, "%s is about a script, but '%s' is a model", name, u->path);
}

int
milc_run(const char *path, const milc_run_options *o)
{
	Settings s;
	Model *m;
	Api a;
	Unit u;
	bool ok = false;
	int status;

	api_begin(&a, &u, &s, &o->compile);
	if (unit_open(&u, path) && check_settings(&u)) {
		m = unit_model(&u);
		ok = unit_program(&u, m) && unit_convert(&u, m) && run_model(&u, m, o);
	}
	status = unit_status(&u, ok);
	api_end(&a);
	return status;
}
