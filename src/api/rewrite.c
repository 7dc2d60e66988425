/* rewrite.c: milc_rewrite: a model with the known safe rewrites for Apple's Neural Engine: the
 * passes of the pipeline "ane" on a copy of its program, what each did, and whether the numbers are
 * the same. A model in which none found anything is written as it is.
 */
#include "api.h"

#include "ane/ane.h"

enum { SHOWN = 3 }; /* places of a pass */

typedef struct Given { /* by a function before it was rewritten; at 0: it cannot be run */
	NamedTensor *at;
	uint32_t n;
} Given;

typedef struct Rewriting {
	milc *m;
	Unit *u;
	Model *was, *now;
	PassChanges changes;
	int family;
	Given *given; /* of each function */
	Arena arena;  /* outputs */
} Rewriting;

/* ---- what changed ---- */

/* Of all functions, as a report on the engine has them. */
typedef struct Totals {
	uint32_t of[OP_COUNT], all;
	double ops, flops;         /* of what costs anything */
	double own_ops, own_flops; /* of that, expected on the engine */
} Totals;

static void
sum_up(Rewriting *r, const Evidence *e, const Model *model, int family, Totals *s)
{
	for (uint32_t k = 0; k < model->prog->funcs.n; k++) {
		const AneReport *a =
		    ane_report(&r->u->arena, e, model, model->prog->funcs.at[k], family);
		for (uint32_t i = 0; i < a->op.n; i++)
			s->of[a->op.at[i].inst->op->code]++;
		s->all += a->op.n;
		s->own_ops += a->count[EXPECT_ENGINE];
		s->own_flops += a->flops[EXPECT_ENGINE];
		s->ops += a->op.n - a->count[EXPECT_FREE];
		s->flops +=
		    a->flops[EXPECT_ENGINE] + a->flops[EXPECT_ELSEWHERE] + a->flops[EXPECT_OPEN];
	}
}

/* "operations: 12 -> 20 (linear 4 -> 0, conv 0 -> 4)" */
static void
put_counts(const Totals *was, const Totals *now, Buf *b)
{
	const char *sep = " (";

	buf_printf(b, "operations: %u -> %u", was->all, now->all);
	for (int k = 1; k < OP_COUNT; k++)
		if (was->of[k] != now->of[k]) {
			buf_printf(b, "%s%s %u -> %u", sep, op_oldest((Opcode)k)->name, was->of[k],
			           now->of[k]);
			sep = ", ";
		}
	buf_puts(b, *sep == ',' ? ")\n" : "\n");
}

static double
percent(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 100;
}

/* "on the engine (H13): operations 40 % -> 100 %, FLOPs 10 % -> 100 %" */
static void
put_share(Rewriting *r, const Totals *was, const Totals *now, int family, Buf *b)
{
	double ops[2] = {percent(was->own_ops, was->ops), percent(now->own_ops, now->ops)};
	double work[2] = {percent(was->own_flops, was->flops), percent(now->own_flops, now->flops)};

	buf_printf(b,
	           "on the engine (%s): operations %.0f %% -> %.0f %%, FLOPs %.0f %% -> %.0f %%\n",
	           family_name(family), ops[0], ops[1], work[0], work[1]);
	if (ops[1] < ops[0] || work[1] < work[0])
		diag_warning(&r->u->diag, NOSPAN,
		             "a smaller share is expected on %s than before: "
		             "--passes with some of the rewrites alone may suit it better",
		             family_name(family));
	if (was->flops > 0)
		buf_printf(b, "FLOPs: %.6g -> %.6g, %.2f times\n", was->flops, now->flops,
		           now->flops / was->flops);
}

static void
put_sums(Rewriting *r, Buf *b)
{
	Totals *sum = newn(&r->u->arena, Totals, 2);
	Evidence e;

	evidence_load(&e, &r->u->arena, &r->u->names, &r->u->diag);
	sum_up(r, &e, r->was, r->family, &sum[0]);
	sum_up(r, &e, r->now, r->family, &sum[1]);
	put_counts(&sum[0], &sum[1], b);
	put_share(r, &sum[0], &sum[1], r->family, b);
}

static const char *
why(const char *pass)
{
	static const struct {
		const char *pass, *why;
	} rows[] = {
#define WHY(pass, why) {#pass, why},
#include "rewrite/ane_why.def"
#undef WHY
	};

	for (size_t k = 0; k < countof(rows); k++)
		if (strcmp(rows[k].pass, pass) == 0)
			return rows[k].why;
	return "";
}

/* "linear_0 (net.mil:12)", or the name alone where no line is known. */
static void
put_place(const Rewriting *r, const PassChange *p, Buf *b)
{
	DiagNote note = {.severity = DIAG_NOTE, .span = p->at, .text = ""};
	DiagRecord at = diag_record(&r->u->diag, &note);

	put_safe(b, p->name ? p->name->s : p->op);
	if (r->u->script && at.file && at.line)
		buf_printf(b, " (%s:%u)", path_base(at.file), (unsigned)at.line);
}

/* "ane_mod: 2 places: mod_0 (net.mil:3), mod_1 (net.mil:4): the engine has no mod" */
static void
put_pass(const Rewriting *r, const char *pass, Buf *b)
{
	const PassChange *p = r->changes.at;
	uint32_t n = 0;

	for (uint32_t k = 0; k < r->changes.n; k++)
		n += p[k].pass == pass;
	buf_printf(b, "%s: %u place%s: ", pass, (unsigned)n, n == 1 ? "" : "s");
	for (uint32_t k = 0, shown = 0; k < r->changes.n && shown < SHOWN; k++)
		if (p[k].pass == pass) {
			buf_puts(b, shown++ ? ", " : "");
			put_place(r, &p[k], b);
		}
	if (n > SHOWN)
		buf_printf(b, " and %u more", (unsigned)n - SHOWN);
	buf_printf(b, ": %s\n", why(pass));
}

/* Passes in the order in which they first did something. */
static void
put_changes(Rewriting *r)
{
	const PassChange *p = r->changes.at;
	Buf b = {0};

	for (uint32_t k = 0; k < r->changes.n; k++) {
		bool first = true;
		for (uint32_t j = 0; j < k; j++)
			first = first && p[j].pass != p[k].pass;
		if (first)
			put_pass(r, p[k].pass, &b);
	}
	put_sums(r, &b);
	talk_print(&r->u->talk, b.at, b.n);
	buf_free(&b);
}

/* ---- the passes ---- */

enum { NEWER_AXIS = 65536 }; /* from H16 on */

/* On a copy of the program, which is that of *to. */
static bool
run_passes(Rewriting *r, Model *to, const PassRunOptions *run)
{
	uint64_t cap = r->u->o->cap ? r->u->o->cap : r->family >= 16 ? NEWER_AXIS : 0;
	ConvertOptions o = {.format = FORMAT_MLPROGRAM,
	                    .target = (Opset)r->was->spec_version,
	                    .precision = PRECISION_FP32,
	                    .passes = "ane",
	                    .implied = true};

	if (cap)
		o.passes = arena_printf(&r->u->arena, "ane[cap=%llu]", (unsigned long long)cap);
	*to = *r->was;
	to->prog = program_clone(r->was->prog);
	return convert_again(to, &o, run);
}

/* ---- the numbers ---- */

/* What the functions give before. One that cannot be run then is not compared. */
static bool
run_before(Rewriting *r)
{
	const Program *p = r->was->prog;

	talk_progress(&r->u->talk, "running");
	r->given = newn(&r->arena, Given, p->funcs.n);
	for (uint32_t k = 0; k < p->funcs.n; k++) {
		Given *g = &r->given[k];
		if (!api_outputs(r->m, r->was, p->funcs.at[k]->name->s, false, &r->arena, &g->at,
		                 &g->n)) {
			g->at = NULL;
			if (r->u->diag.nerror)
				return false;
		}
	}
	return true;
}

/* False when a function that ran before cannot be run now. */
static bool
compare(Rewriting *r, const Model *now, Arena *a, Gaps *g)
{
	const Program *p = r->was->prog;

	for (uint32_t k = 0; k < p->funcs.n; k++) {
		const Given *was = &r->given[k];
		NamedTensor *out;
		uint32_t n;
		if (!was->at)
			continue;
		if (!api_outputs(r->m, now, p->funcs.at[k]->name->s, true, a, &out, &n))
			return false;
		gaps_find(g, a, p->funcs.at[k], was->at, was->n, out, n);
	}
	return true;
}

/* Which pass it was: they run once more, and the numbers are compared after each. */
typedef struct Search {
	Rewriting *r;
	Model now;
	uint64_t edits; /* of the program when they were compared last */
	const PassInfo *found;
} Search;

static bool
is_still_right(void *ctx, const PassInfo *p)
{
	Search *s = ctx;
	Arena outputs = {0};
	Gaps g = {0};
	bool ran;

	if (s->now.prog->edits == s->edits)
		return true;
	s->edits = s->now.prog->edits;
	ran = compare(s->r, &s->now, &outputs, &g);
	arena_free(&outputs);
	if (ran && g.wrong)
		s->found = p;
	return ran && !g.wrong;
}

/* What the passes had to say was said the first time. */
static const PassInfo *
find_pass(Rewriting *r)
{
	Search s = {.r = r};
	PassRunOptions run = {.after = is_still_right, .after_ctx = &s};

	r->u->diag.muted = true;
	run_passes(r, &s.now, &run);
	r->u->diag.muted = false;
	return s.found;
}

static bool
is_any_compared(const Rewriting *r)
{
	for (uint32_t k = 0; k < r->was->prog->funcs.n; k++)
		if (r->given[k].at)
			return true;
	return false;
}

static bool
verify(Rewriting *r)
{
	const PassInfo *by;
	Gaps g = {0};

	if (!run_before(r) || !compare(r, r->now, &r->arena, &g))
		return false;
	if (is_any_compared(r))
		api_put_gaps(r->m, &g);
	if (!g.wrong)
		return true;
	by = find_pass(r);
	return diag_error(&r->u->diag, NOSPAN,
	                  "the rewritten model computes other numbers%s%s: %s: -i compares on "
	                  "other inputs, --no-verify writes it all the same",
	                  by ? " since pass " : "", by ? by->name : "", g.wrong);
}

/* ---- the work ---- */

static bool
rewrite_model(Rewriting *r)
{
	static const char nothing[] = "nothing to rewrite\n";
	const char *out = r->m->settings.output;
	PassRunOptions run = r->u->pass_run;

	if (r->was->kind != BODY_PROGRAM || r->was->format == FORMAT_NEURALNETWORK)
		return diag_error(&r->u->diag, NOSPAN,
		                  "the rewrites are for ML Programs: -t mlprogram makes one of a "
		                  "NeuralNetwork");
	run.changes = &r->changes;
	r->now = new (&r->u->arena, Model);
	if (!unit_values(r->u, r->was) || !run_passes(r, r->now, &run))
		return false;
	r->was->converted = r->now->converted = true;
	if (!r->changes.n) {
		talk_print(&r->u->talk, nothing, sizeof nothing - 1);
		return api_write(r->m, r->was, out, NOSPAN);
	}
	put_changes(r);
	return (r->u->o->no_verify || verify(r)) && api_write(r->m, r->now, out, NOSPAN);
}

static bool
check_asked(Unit *u)
{
	if (!u->o->ane)
		return unit_wrong_use(u, "say for what to rewrite: --ane");
	if (!u->o->output || !strcmp(u->o->output, "-"))
		return unit_wrong_use(u, "a rewritten model needs a place: -o OUT");
	return api_output_has_form(u);
}

static int
rewrite(milc *m, void *path)
{
	Rewriting r = {.m = m, .u = &m->unit};
	bool ok;

	api_renew(m);
	ok = check_asked(r.u) && (r.family = api_family(r.u, "H13")) && api_load(m, path) &&
	     (r.was = unit_model(r.u)) != NULL && unit_program(r.u, r.was) &&
	     unit_convert(r.u, r.was) && rewrite_model(&r);
	arena_free(&r.arena);
	return api_status(m, ok);
}

int
milc_rewrite(milc *m, const char *path)
{
	return api_enter(m, rewrite, (void *)(uintptr_t)path);
}
