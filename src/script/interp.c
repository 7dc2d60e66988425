/* interp.c: an interpreter from outside: making one, running a script, and what the rest of the
 * library asks of it (places, paths, limits, the chain of calls in messages).
 */
#include "interp.h"

#include "base/sys.h"
#include "class.h"
#include "syntax/syntax.h"

enum {
	STACK_RESERVE = 16384, /* values for pushes without a check: nested expressions */
	STACK_BASE = 262144,
	STACK_PER_CALL = 512,
	KWARGS = 8192,
	NOTES = 8,              /* calls shown in a chain */
	LOOK = 1 << 20,         /* steps between two words about progress */
	C_RESERVE = 2 << 20,    /* of the C stack: nested expressions and what they call */
};

static const char script_faults[] =
#include "faults.def"
    ;

Space *
space_new(Interp *in, const char *name, bool library)
{
	Space *s = new (in->unit, Space);

	s->names = in->main ? tree_names(&in->tree) : in->tree.global;
	s->name = name;
	s->library = library;
	vec_push(in->unit, &in->spaces, s);
	return s;
}

static void
set_limits(InterpOptions *o)
{
	if (!o->limits.steps)
		o->limits.steps = 200000000;
	if (!o->limits.depth)
		o->limits.depth = 1000;
	if (!o->limits.memory)
		o->limits.memory = (uint64_t)8 << 30;
	if (!o->dir)
		o->dir = ".";
	if (!o->script)
		o->script = "script.mil";
}

Interp *
interp_new(Arena *unit, Interner *names, Diag *diag, const InterpOptions *opt)
{
	Interp *in = xcalloc(1, sizeof *in);
	size_t n;

	in->unit = unit;
	in->names = names;
	map_init(&in->functions, unit);
	in->diag = diag;
	if (opt)
		in->opt = *opt;
	set_limits(&in->opt);
	in->look = MIN(in->opt.limits.steps, LOOK);
	n = STACK_BASE + (size_t)MIN(in->opt.limits.depth, 20000u) * STACK_PER_CALL;
	in->stack = in->sp = xmalloc((n + STACK_RESERVE) * sizeof *in->stack);
	in->stack_end = in->stack + n;
	in->kw = in->kwsp = xmalloc(KWARGS * sizeof *in->kw);
	in->kw_end = in->kw + KWARGS;
	in->ret = VNONE;
	gc_plan(in);
	tree_init(&in->tree, unit, names, diag);
	map_init(&in->exceptions, unit);
	map_init(&in->library, unit);
	in->pending.exc = in->pending.arg = in->handling = in->sent = in->thrown = VUNSET;
	in->trial.first = attempt_first;
	in->trial.ctx = in;
	in->main = in->space = space_new(in, "__main__", false);
	interp_add_faults(in, script_faults, sizeof script_faults);
	return in;
}

void
interp_free(Interp *in)
{
	if (!in)
		return;
	gc_free_all(in);
	xfree(in->stack);
	xfree(in->kw);
	xfree(in);
	guard_trim(); /* arrays are done with */
}

void
interp_add_modules(Interp *in, const ModuleDef *m, size_t n, void *ctx)
{
	if (ctx)
		in->ctx = ctx;
	for (size_t i = 0; i < n; i++)
		vec_push(in->unit, &in->modules, (Module){.def = &m[i], .ctx = ctx});
}

void
interp_add_prelude(Interp *in, const char *name, const char *module_path, const char *member)
{
	Prelude p = {intern_cstr(in->names, name), module_path, member};

	vec_push(in->unit, &in->prelude, p);
}

/* ---- running ---- */

static Value
literal_value(Interp *in, const Literal *l)
{
	switch ((LiteralKind)l->kind) {
	case LIT_NONE:
		return VNONE;
	case LIT_ELLIPSIS:
		return (Value){.kind = V_ELLIPSIS};
	case LIT_FALSE:
	case LIT_TRUE:
		return vbool(l->kind == LIT_TRUE);
	case LIT_INT:
		return vint(l->i);
	case LIT_BIG:
		return big_value(in, l->big);
	case LIT_FLOAT:
		return vfloat(l->f);
	case LIT_STR:
		return vstr(in, l->s, l->len);
	case LIT_BYTES:
		return vbytes(in, l->s, l->len);
	}
	return VNONE;
}

void
interp_prepare(Interp *in)
{
	for (uint32_t i = in->literal.n; i < in->tree.literal.n; i++)
		vec_push(in->unit, &in->literal, literal_value(in, in->tree.literal.at[i]));
	while (in->space->global.n < in->space->names->at.n)
		vec_push(in->unit, &in->space->global, (Global){.pinned = false});
}

/* How far this thread's stack may grow. */
static const char *
stack_limit(void)
{
	const char *low = sys_stack_end(), *here = __builtin_frame_address(0);

	if (!low || low > here)
		return here - (size_t)4 * C_RESERVE / 2;
	if ((size_t)(here - low) < (size_t)2 * C_RESERVE)
		return low + (here - low) / 2;
	return low + C_RESERVE;
}

static bool
define(Interp *in, const Define *d)
{
	const char *name = arena_printf(in->unit, "-D %s", d->name);
	Source *src = diag_add_source(in->diag, name, d->literal, strlen(d->literal));
	const Expr *e = src ? parse_literal(&in->tree, src) : 0;
	const Str *id = intern_cstr(in->names, d->name);
	bool used = map_get(&in->tree.global->index, KEY(id)) != NULL;
	Global *g = global_ref(in, d->name);

	if (!used)
		diag_warning(in->diag, NOSPAN, "-D %s: the script has no such name", d->name);
	if (!e || !eval(in, e, &g->val))
		return false;
	g->pinned = true;
	return true;
}

static bool
run(Interp *in, const Source *src)
{
	Frame frame = {.slot = in->sp, .call = NOSPAN, .space = in->space};
	Flow flow;

	if (!stack_room(in, in->tree.nslot, NOSPAN))
		return false;
	for (uint32_t i = 0; i < in->tree.nslot; i++)
		push(in, VUNSET);
	in->frame = &frame;
	for (uint32_t i = 0; i < in->opt.ndefine; i++)
		if (!define(in, &in->opt.defines[i]))
			return false;
	global_ref(in, "__name__")->val = vstrz(in, "__main__");
	global_ref(in, "__file__")->val = vstrz(in, in->opt.file ? in->opt.file : src->name);
	flow = exec_block(in, in->tree.module);
	in->frame = 0;
	in->sp = frame.slot;
	return flow != FLOW_FAIL || (in->exiting && !in->diag->nerror);
}

bool
interp_run(Interp *in, const Source *src)
{
	uint32_t before = in->diag->nerror;

	in->c_limit = stack_limit();
	in->gc_due = in->opt.collect_always;
	if (!parse_module(&in->tree, src) || !scope_resolve(&in->tree))
		return false;
	interp_prepare(in);
	return run(in, src) && in->diag->nerror == before;
}

/* ---- questions ---- */

const Str *
interp_func_name(Value fn)
{
	return fn.kind == V_FUNC ? FUNC_OF(fn)->code->name : 0;
}

bool
interp_signature(Interp *in, Value fn, const Str ***params, uint32_t *n, Span *def)
{
	const FuncExpr *f;

	if (fn.kind != V_FUNC)
		return false;
	f = FUNC_OF(fn)->code;
	*def = f->span;
	*n = f->params.n;
	*params = newn(in->unit, const Str *, f->params.n + 1);
	for (uint32_t i = 0; i < f->params.n; i++)
		(*params)[i] = f->params.at[i].name;
	return true;
}

#define ASK(type, name, answer)                                                                    \
	type name(Interp *in)                                                                      \
	{                                                                                          \
		return answer;                                                                     \
	}
ASK(Diag *, interp_diag, in->diag)
ASK(Arena *, interp_arena, in->unit)
ASK(Interner *, interp_names, in->names)
ASK(const ArrayOps *, arrays, in->arrays)
ASK(void *, interp_ctx, in->ctx)
ASK(struct Store *, interp_store, in->opt.store)
ASK(uint64_t, interp_serial, ++in->serial)
ASK(Span, interp_here, in->here)

void
interp_set_arrays(Interp *in, const ArrayOps *ops)
{
	in->arrays = ops;
}

void
interp_print(Interp *in, const char *text, size_t n)
{
	talk_print(&in->opt.talk, text, n);
}

void
interp_complain(Interp *in, const char *text, size_t n)
{
	const Talk *t = &in->opt.talk;

	if (t->complain)
		t->complain(t->ctx, text, n);
}

const char *
interp_path(Interp *in, const char *path)
{
	if (path[0] == '/' || !in->opt.dir[0] || strcmp(in->opt.dir, ".") == 0)
		return arena_strdup(in->unit, path);
	return arena_printf(in->unit, "%s/%s", in->opt.dir, path);
}

void
interp_opened(Interp *in, const char *path)
{
	if (in->opt.opened)
		in->opt.opened(in->opt.opened_ctx, path);
}

const char *
interp_operand(Interp *in, Span at, int i)
{
	bool here = in->doing.at == at.at && in->doing.len == at.len;

	return here && in->operand[i].at ? interp_text(in, in->operand[i]) : 0;
}

const char *
interp_text(Interp *in, Span s)
{
	uint32_t line, col;
	const Source *src = diag_place(in->diag, s.at, &line, &col);
	const char *text;

	if (!src)
		return "";
	text = src->text + (s.at - src->base);
	if (s.len > 60 || memchr(text, '\n', s.len))
		return "…";
	return arena_printf(in->unit, "%.*s", (int)s.len, text);
}

Value
interp_global(Interp *in, const char *name)
{
	return global_ref(in, name)->val;
}

/* ---- errors and limits ---- */

/* Where the script called it, or what in our modules called it: nobody sees into these. */
static Span
called_at(const Frame *f)
{
	while (f && (!f->call.at || (f->space && f->space->library)))
		f = f->up;
	return f ? f->call : NOSPAN;
}

void
interp_note_calls(Interp *in)
{
	const Frame *shown[NOTES];
	uint32_t n = 0, more = 0, times[NOTES] = {0}, i;

	/* a place that calls again and again has one note, however long the chain */
	for (const Frame *f = in->frame; f && f->func; f = f->up) {
		/* a program is called by nobody, a module of ours where the error stands */
		if (!f->call.at || f->func->is_class || (f->fo && f->fo->space->library))
			continue;
		for (i = 0; i < n && called_at(shown[i]).at != called_at(f).at;)
			i++;
		if (i < n || n < NOTES)
			times[i]++;
		else
			more++;
		if (i == n && n < NOTES)
			shown[n++] = f;
	}
	for (i = 0; i < n; i++)
		diag_note(in->diag, called_at(shown[i]),
		          times[i] > 1 ? "in call to %s, %u times" : "in call to %s",
		          shown[i]->func->name->s, times[i]);
	if (more)
		diag_note(in->diag, NOSPAN, "... and %u more calls", more);
}

bool
vfail(Interp *in, Span at, const char *fmt, va_list ap)
{
	Buf text = {0};
	va_list again;

	va_copy(again, ap);
	buf_vprintf(&text, fmt, again);
	va_end(again);
	/* Why a refused value inside of another was refused has been said. */
	if (!in->diag->nerror || !strstr(text.at, type_name(VPOISON))) {
		diag_vreport(in->diag, DIAG_ERROR, interp_place(in, at), fmt, ap);
		interp_note_calls(in);
	}
	buf_free(&text);
	return false;
}

bool
fail(Interp *in, Span at, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, vfail(in, at, fmt, ap));
	return false;
}

/* Where the script stands: in a module of ours, at the call that led there. */
Span
interp_place(Interp *in, Span at)
{
	Span called = in->space->library ? called_at(in->frame) : NOSPAN;

	return called.at ? called : at.at ? at : in->here;
}

void
interp_unseeded(Interp *in, Span at)
{
	diag_warning(in->diag, interp_place(in, at),
	             "random numbers without a seed differ from run to run in Python; here the "
	             "seed is 0");
}

bool
interp_deep(Interp *in, Span at)
{
	if ((const char *)__builtin_frame_address(0) >= in->c_limit)
		return false;
	/* how deep that is depends on the machine: no chain of calls */
	diag_error(in->diag, interp_place(in, at),
	           "calls nested too deeply for the machine's stack");
	return true;
}

/* From now on no loop, call or statement goes on, whatever its caller makes of the failure. */
void
interp_over(Interp *in)
{
	in->over = in->diag->machine = true;
	in->steps = in->opt.limits.steps + 1;
}

bool
interp_item(Interp *in)
{
	return ++in->items % 16 ? !in->over : interp_steps(in, 1);
}

bool
interp_steps(Interp *in, uint64_t n)
{
	if (in->over)
		return false;
	in->steps += n;
	if (in->steps <= in->look)
		return true;
	if (in->steps <= in->opt.limits.steps) {
		in->look = MIN(in->opt.limits.steps, in->steps + LOOK);
		talk_progress(&in->opt.talk, "running the script");
		return true;
	}
	interp_over(in);
	return fail(in, NOSPAN, "the script takes more than %llu steps; is a loop endless?",
	            (unsigned long long)in->opt.limits.steps);
}
