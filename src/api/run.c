/* run.c: milc_run: a script's model, or one read from a file, on this machine's CPU. */
#include "api.h"

#include "file/fsout.h"
#include "file/npz.h"
#include "prove/watch.h"
#include "runtime/fast.h"
#include "tensor/elems.h"

#include <errno.h>
#include <math.h>

/* ---- results ---- */

enum { SHOWN = 8 }; /* elements of a result */

/* Integers with all their digits; the sign of a nan depends on the processor. */
static void
put_element(Buf *b, const Tensor *t, int64_t i)
{
	if (t->dtype == DT_STRING) {
		buf_byte(b, '"');
		put_safe(b, ((const Str *const *)t->data)[i]->s);
		buf_byte(b, '"');
	} else if (dtype_is_float(t->dtype) && isnan(tensor_f(t, i))) {
		buf_puts(b, "nan");
	} else if (dtype_is_float(t->dtype)) {
		buf_printf(b, "%.6g", tensor_f(t, i));
	} else {
		buf_printf(b, "%lld", (long long)tensor_i(t, i));
	}
}

/* Elements [at, at+n) as numbers. */
static void
read_numbers(const Tensor *t, int64_t at, int64_t n, double *out)
{
	if (t->data && dtype_is_float(t->dtype)) {
		elems_load_f(t->dtype, (const char *)t->data + (size_t)at * dtype_size(t->dtype),
		             out, (size_t)n);
		return;
	}
	for (int64_t i = 0; i < n; i++)
		out[i] = tensor_f(t, at + i);
}

/* "min 0  max 2  mean 1"; numbers that are none are counted and left out. */
static void
put_range(Buf *b, const Tensor *t)
{
	int64_t low = 0, high = 0, numbers = 0;
	double sum = 0, least = 0, most = 0, part[256];

	for (int64_t i = 0; i < t->count; i++) {
		double v;
		if (i % (int64_t)countof(part) == 0)
			read_numbers(t, i, MIN(t->count - i, (int64_t)countof(part)), part);
		v = part[i % (int64_t)countof(part)];
		if (isnan(v))
			continue;
		if (numbers++ == 0 || v < least)
			least = v, low = i;
		if (numbers == 1 || v > most)
			most = v, high = i;
		sum += v;
	}
	buf_puts(b, "  min ");
	put_element(b, t, low);
	buf_puts(b, "  max ");
	put_element(b, t, high);
	if (numbers && !isnan(sum))
		buf_printf(b, "  mean %.6g", sum / (double)numbers);
	else
		buf_puts(b, "  mean nan");
	if (numbers < t->count)
		buf_printf(b, "  %lld of %lld are nan", (long long)(t->count - numbers),
		           (long long)t->count);
}

/* Two lines for each output: name, type, shape and range, and the first elements. */
static void
put_tensor(Unit *u, Buf *b, const NamedTensor *x)
{
	const Tensor *t = x->t;

	put_safe(b, x->name->s);
	buf_printf(b, ": %s%s", dtype_info[t->dtype].mil,
	           shape_str(&u->types, t->dim, (uint32_t)t->rank));
	if (t->count && t->dtype != DT_STRING)
		put_range(b, t);
	if (t->count)
		buf_puts(b, "\n   ");
	for (int64_t i = 0; i < MIN(t->count, SHOWN); i++) {
		buf_byte(b, ' ');
		put_element(b, t, i);
	}
	buf_puts(b, t->count > SHOWN ? " …\n" : "\n");
}

/* Where the value stands behind that of element `at`: the largest first, then as they come; what is
 * no number is last. -1: nothing does. */
static int64_t
next_largest(const Tensor *t, int64_t at)
{
	double top = at < 0 ? INFINITY : tensor_f(t, at), most = 0;
	int64_t best = -1;

	for (int64_t i = 0; i < t->count; i++) {
		double v = tensor_f(t, i);
		bool behind = isnan(top) ? isnan(v) && i > at : !(v > top) && (v != top || i > at);
		if (behind && (best < 0 || v > most || (isnan(most) && !isnan(v)))) {
			best = i;
			most = v;
		}
	}
	return best;
}

/* A line for each of the largest values, with its key. */
static void
put_dictionary(Unit *u, Buf *b, const Type *ty, const NamedTensor *x)
{
	const Tensor *values = x[0].t, *keys = x[1].t;
	int64_t at = -1;

	put_safe(b, x->name->s);
	buf_printf(b, ": %s  %lld keys\n", type_str(&u->types, ty), (long long)keys->count);
	for (int n = 0; n < SHOWN && (at = next_largest(values, at)) >= 0; n++) {
		buf_puts(b, "    ");
		put_element(b, keys, at);
		buf_puts(b, ": ");
		put_element(b, values, at);
		buf_byte(b, '\n');
	}
	if (keys->count > SHOWN)
		buf_puts(b, "    …\n");
}

static void
put_summary(Unit *u, Buf *b, const Func *f, const NamedTensor *out)
{
	const Block *body = f->body;

	for (uint32_t i = 0; i < body->nout; i++) {
		const Type *ty = body->out[i]->var->type;
		if (ty->kind != TY_DICT) {
			put_tensor(u, b, out++);
			continue;
		}
		put_dictionary(u, b, ty, out);
		out += 2;
	}
}

/* A value that is returned twice has one name, and so one member. */
static uint32_t
named_once(NamedTensor *out, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = 0;
		while (k < kept && out[k].name != out[i].name)
			k++;
		if (k == kept)
			out[kept++] = out[i];
	}
	return kept;
}

/* What is to be committed. */
static void
write_arrays(Unit *u, FsOut *o, const char *path, NamedTensor *out, uint32_t n)
{
	int fd;

	if (!fsout_begin(o, &u->diag, NOSPAN, path, false))
		return;
	fd = fsout_create(o, NULL);
	if (fd < 0)
		return;
	if (!npz_write(fd, out, named_once(out, n)))
		fsout_fail(o, errno);
	fsout_close(o, fd);
}

/* What the states hold, for the next call with --state. */
static void
write_states(Unit *u, FsOut *o, const Session *s, const Func *f)
{
	const Block *b = f->body;
	NamedTensor *state = newn(&u->arena, NamedTensor, MAX(b->nparam, 1));
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->nparam; i++)
		if (b->param[i]->type->kind == TY_STATE)
			state[n++] =
			    (NamedTensor){b->param[i]->name, session_state(s, b->param[i]->name)};
	write_arrays(u, o, u->o->state, state, n);
}

/* Outputs and the states behind them appear together. */
static bool
save(Unit *u, const char *path, NamedTensor *out, uint32_t n, const Session *s, const Func *f)
{
	FsOut arrays, states;

	if (path)
		write_arrays(u, &arrays, path, out, n);
	if (!u->o->state)
		return !path || fsout_commit(&arrays);
	write_states(u, &states, s, f);
	return path ? fsout_commit_pair(&arrays, &states, NULL) : fsout_commit(&states);
}

/* ---- running ---- */

SessionOptions
api_session(const milc *m)
{
	const Settings *o = &m->settings;

	return (SessionOptions){.seed = o->seed,
	                        .max_steps = o->max_steps,
	                        .memory = o->max_memory ? o->max_memory : MAX_MEMORY,
	                        .profile = o->profile || o->chrome_trace,
	                        .events = o->chrome_trace != NULL,
	                        .reference = o->reference,
	                        .no_fuse = o->no_fuse,
	                        .isa = o->isa,
	                        .threads = (unsigned)MIN(o->threads, 64),
	                        .talk = m->unit.talk};
}

bool
api_run_status(milc *m, Session *s, RunStatus status)
{
	Diag *d = &m->unit.diag;
	const char *why;
	Span at;

	if (status == RUN_OK)
		return true;
	why = session_error(s, &at);
	diag_error(d, at, "%s", why);
	d->machine = status != RUN_WRONG;
	if (status != RUN_WRONG)
		diag_note(d, NOSPAN, "%s=N allows more",
		          status == RUN_STEPS ? "--max-steps" : "--max-memory");
	return false;
}

/* All runs; the outputs are those of the last. States go from one run to the next: only the first
 * is given those of the input file. */
static bool
run_often(milc *m, Session *s, const Inputs *in, NamedTensor **out, uint32_t *nout)
{
	const Settings *o = &m->settings;
	Unit *u = &m->unit;

	for (uint64_t i = 0; i < MAX(o->repeat, 1); i++) {
		double start = now_ms();
		Buf text = {0};
		RunStatus status;
		talk_progress(&u->talk, "running");
		status = session_run(s, in->at, i ? in->plain : in->n, NULL, out, nout);
		if (!api_run_status(m, s, status))
			return false;
		if (o->time)
			buf_printf(&text, "run %llu: %.3f ms\n", (unsigned long long)i + 1,
			           now_ms() - start);
		talk_print(&u->talk, text.at, text.n);
		buf_free(&text);
	}
	return !session_profile(s) || api_profile(m, session_profile(s));
}

static void
show_value(void *ctx, const NamedTensor *x)
{
	Unit *u = ctx;
	Buf b = {0};

	put_tensor(u, &b, x);
	talk_print(&u->talk, b.at, b.n);
	buf_free(&b);
}

/* Whoever looks into the run, if anyone was asked to. False after reporting. */
static bool
begin_watch(milc *m, const Func *f, const Inputs *in, SessionOptions *so, Watch **w)
{
	const Settings *o = &m->settings;
	Unit *u = &m->unit;
	WatchOptions wo = {o->print_values, o->nan_check, show_value, u};

	if (!o->print_values && !o->nan_check)
		return true;
	*w = watch_new(&u->arena, &u->diag, f, &wo);
	for (uint32_t k = 0; *w && k < in->n; k++)
		watch_input(*w, &in->at[k]);
	so->watch = watch_see;
	so->turn = watch_turn;
	so->watch_ctx = *w;
	return *w;
}

/* As often as was asked for: the outputs to the file, or else as a summary behind `text`; in_text
 * may be 0. False after reporting. */
static bool
run_model(milc *m, const Model *model, const char *path, Buf *in_text, Buf *text)
{
	Unit *u = &m->unit;
	SessionOptions so = api_session(m);
	const Func *f = unit_function(u, model, NULL);
	const Interface *face = f ? model_face(model, f->name) : NULL;
	NamedTensor *out = NULL;
	uint32_t nout = 0;
	Watch *watch = NULL;
	Session *s;
	Inputs in;
	bool ok;

	so.reference = so.reference || in_text; /* pages show numbers that no kernel has rounded */
	if (!f || !inputs_load(u, face ? face->input.at : NULL, face ? face->input.n : 0, f,
	                       so.memory, &in))
		return false;
	if (!begin_watch(m, f, &in, &so, &watch))
		return false;
	s = session_new(f, &so);
	ok = run_often(m, s, &in, &out, &nout) && (!watch || watch_end(watch)) &&
	     save(u, path, out, nout, s, f);
	for (uint32_t i = 0; ok && in_text && i < in.plain; i++)
		put_tensor(u, in_text, &in.at[i]);
	if (ok && !path && !m->settings.json)
		put_summary(u, text, f, out);
	session_free(s);
	return ok;
}

/* --isa names a set of instructions that is not here. */
static void
unknown_isa(Unit *u, const char *name)
{
	Buf list = {0};
	const Isa *isa;

	for (uint32_t i = 0; (isa = isa_list(i)); i++)
		buf_printf(&list, "%s%s", i ? ", " : "", isa->name);
	unit_wrong_use(u, "--isa is '%s', but this processor has %s", name, list.at);
	buf_free(&list);
}

bool
api_try(milc *m, const Model *model, Buf *in, Buf *out)
{
	return run_model(m, model, NULL, in, out);
}

static int
run(milc *m, void *path)
{
	Unit *u = &m->unit;
	const char *o = m->settings.run_output;
	Model *model;
	Buf text = {0};
	bool ok;

	api_renew(m);
	if (m->settings.isa && !isa_named(m->settings.isa)) {
		unknown_isa(u, m->settings.isa);
		return api_status(m, false);
	}
	if (o && !strcmp(o, "-")) {
		unit_wrong_use(u, "outputs go to a file, -o OUT.npz; without -o they are printed");
		return api_status(m, false);
	}
	if (m->settings.json && !m->settings.profile) {
		unit_wrong_use(u, "--json is the form of --profile: give both");
		return api_status(m, false);
	}
	if (!api_load(m, path))
		return api_status(m, false);
	model = unit_model(u);
	ok = model && unit_values(u, model) && unit_convert(u, model) &&
	     run_model(m, model, o, NULL, &text);
	talk_print(&u->talk, text.at, text.n);
	buf_free(&text);
	return api_status(m, ok);
}

int
milc_run(milc *m, const char *path)
{
	return api_enter(m, run, (void *)(uintptr_t)path);
}
