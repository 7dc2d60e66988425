/* fp16.c: milc_fp16: what half precision does not suit, in words, as JSON, or as lines of a script.
 */
#include "api.h"

#include <math.h>
#include <stdlib.h>

#include "file/json.h"
#include "prove/half.h"

enum { SHOWN = 20 }; /* names of operations to keep */

typedef struct Fp16 {
	milc *m;
	Unit *u;
	Model *model;
	VEC(HalfPair *) pairs; /* one for each program that was cast while it was converted */
	HalfPair own, *pair;
	const Func *func;
	HalfOptions o;
	HalfReport report, fixed;
	Map keep;
	Arena arena;
} Fp16;

/* ---- what is compared ---- */

static void
stand_around(void *ctx, const PassInfo *p, const Program *prog, bool behind)
{
	Fp16 *x = ctx;
	HalfPair *h = NULL;

	if (strcmp(p->name, "add_fp16_cast") != 0)
		return;
	for (uint32_t k = 0; k < x->pairs.n; k++)
		if (x->pairs.at[k]->of == prog)
			h = x->pairs.at[k];
	if (behind && h) {
		half_pair_end(h);
	} else if (!behind) {
		if (!h)
			vec_push(&x->arena, &x->pairs, h = new (&x->arena, HalfPair));
		half_pair_begin(h, prog);
	}
}

/* Its own conversion to half precision, or else the one that it would have. */
static bool
find_pair(Fp16 *x)
{
	const Program *p;

	if (!unit_values(x->u, x->model) || !unit_convert(x->u, x->model) ||
	    !unit_values(x->u, x->model))
		return false;
	p = x->model->prog;
	for (uint32_t k = 0; k < x->pairs.n; k++)
		if (x->pairs.at[k]->of == p && x->pairs.at[k]->made &&
		    !has_half(x->pairs.at[k]->single))
			x->pair = x->pairs.at[k];
	if (!x->pair) {
		x->pair = &x->own;
		if (!half_pair_make(x->pair, p))
			return diag_error(&x->u->diag, model_place(x->model),
			                  "the program cannot be brought to single precision");
	}
	for (uint32_t k = 0; k < x->pair->single->funcs.n; k++) {
		const Func *f = x->pair->single->funcs.at[k];
		if (f->name == p->default_func || !x->func)
			x->func = f;
	}
	return true;
}

/* ---- names and places ---- */

/* "net.mil:5", or the operation's own name where there are no lines. */
static const char *
place_of(const Fp16 *x, const HalfRow *r)
{
	DiagNote note = {.severity = DIAG_NOTE, .text = ""};
	DiagRecord at;

	if (!r->inst)
		return "";
	note.span = r->inst->span;
	at = diag_record(&x->u->diag, &note);
	return at.file && at.line ? arena_printf(x->o.arena, "%s:%u", at.file, (unsigned)at.line)
	                          : "";
}

static const char *
value_name(const Var *v)
{
	return v && v->name ? v->name->s : "?";
}

/* "exp 'y'" */
static const char *
title_of(const Fp16 *x, const HalfRow *r)
{
	return r->inst ? arena_printf(x->o.arena, "%s '%s'", r->inst->op->name,
	                              r->inst->name ? r->inst->name->s : value_name(r->value))
	               : arena_printf(x->o.arena, "input '%s'", value_name(r->value));
}

static const char *
number(const Fp16 *x, double v)
{
	return isnan(v)   ? "nan"
	       : isinf(v) ? v < 0 ? "-inf" : "inf"
	                  : arena_printf(x->o.arena, "%.4g", v);
}

static const char *
index_of(const HalfRow *r, const HalfSight *s, const Fp16 *x)
{
	return r->value->type->rank ? arena_printf(x->o.arena, " at %s", s->at) : "";
}

/* ---- what is found, in words ---- */

static const char *
overflow_text(const Fp16 *x, const HalfRow *r)
{
	Arena *a = x->o.arena;

	if (r->constant && fabs(r->was) > 65504)
		return arena_printf(a, "overflows: its %s, %s, becomes %s", r->constant,
		                    number(x, r->was), number(x, r->is));
	if (r->over.at)
		return arena_printf(a, "overflows: %s%s, and half precision ends at 65504",
		                    number(x, r->over.single), index_of(r, &r->over, x));
	if (r->inner)
		return arena_printf(
		    a,
		    "overflows: it squares a distance from the mean to %s, and half "
		    "precision ends at 65504",
		    number(x, r->inner));
	return arena_printf(a, "overflows: %s%s becomes %s", number(x, r->worst.single),
	                    index_of(r, &r->worst, x), number(x, r->worst.half));
}

static const char *
subnormal_text(const Fp16 *x, const HalfRow *r)
{
	Arena *a = x->o.arena;

	if (r->constant)
		return arena_printf(a, "goes subnormal: its %s, %s, is %s in half precision",
		                    r->constant, number(x, r->was), number(x, r->is));
	if (r->lost)
		return arena_printf(a,
		                    "goes subnormal: %lld of its numbers lie below 2.4e-07 and "
		                    "lose their digits",
		                    (long long)r->lost);
	return arena_printf(a, "goes subnormal: its numbers reach up to %s, below 6.1e-05",
	                    number(x, r->largest));
}

static const char *
what_of(const Fp16 *x, const HalfRow *r)
{
	Arena *a = x->o.arena;

	if (r->what & HALF_OVERFLOW)
		return overflow_text(x, r);
	if (r->what & HALF_SUBNORMAL)
		return subnormal_text(x, r);
	if (r->what & (HALF_LOST | HALF_DIVERGES))
		return arena_printf(a, "%s: %s%s becomes %s",
		                    r->what & HALF_LOST ? "loses all precision" : "diverges",
		                    number(x, r->worst.single), index_of(r, &r->worst, x),
		                    number(x, r->worst.half));
	if (r->what & HALF_DRIFTS)
		return arena_printf(a,
		                    "drifts: what went before adds up to %s here, itself it is off "
		                    "by %s",
		                    number(x, r->accumulated), number(x, r->own));
	if (r->what & HALF_TAKES)
		return arena_printf(a, "takes '%s', which overflows", value_name(r->from));
	return "";
}

/* The words of JSON. */
static const char *
word_of(int what)
{
	return what & HALF_OVERFLOW    ? "overflow"
	       : what & HALF_SUBNORMAL ? "subnormal"
	       : what & HALF_LOST      ? "lost"
	       : what & HALF_DIVERGES  ? "diverges"
	       : what & HALF_DRIFTS    ? "drifts"
	       : what & HALF_TAKES     ? "takes"
	                               : NULL;
}

/* ---- what to keep ---- */

static bool
is_kept(const Fp16 *x, const HalfRow *r)
{
	return r->inst && map_get(&x->keep, KEY(r->inst));
}

/* Their names, in order, each once. */
typedef VEC(const char *) Names;
static Names
kept_names(const Fp16 *x)
{
	Names n = {0};

	for (uint32_t k = 0; k < x->report.row.n; k++) {
		const HalfRow *r = &x->report.row.at[k];
		if (is_kept(x, r) && r->inst->name)
			vec_push(x->o.arena, &n, r->inst->name->s);
	}
	return n;
}

/* What an operation of a model in half precision was called before it was cast. */
static const char *
scripts_name(const Fp16 *x, const char *name)
{
	static const char half[] = "_cast_fp16";
	size_t n = strlen(name);

	return ends_with(name, n, half)
	           ? arena_printf(x->o.arena, "%.*s", (int)(n - (sizeof half - 1)), name)
	           : name;
}

static void
put_fix(const Fp16 *x, Buf *b)
{
	Names n = kept_names(x);

	buf_printf(b, "# What half precision does not suit in %s, as milc fp16 found.\n",
	           path_base(x->u->path));
	buf_puts(b, n.n ? "KEEP_FP32 = {" : "KEEP_FP32 = set(");
	for (uint32_t k = 0; k < n.n; k++) {
		buf_puts(b, "\n    ");
		json_put_words(b, scripts_name(x, n.at[k]), JSON_ENSURE_ASCII);
		buf_byte(b, ',');
	}
	buf_puts(b, n.n ? "\n}\n" : ")\n");
	buf_puts(b, "compute_precision = ct.transform.FP16ComputePrecision(\n"
	            "    op_selector=lambda op: op.name not in KEEP_FP32\n"
	            ")\n"
	            "# model = ct.convert(prog, compute_precision=compute_precision, ...)\n");
}

/* ---- the report ---- */

/* Columns: place, where there are lines, operation, largest magnitude, how far off, what, and what
 * to do. */
static void
put_rows(const Fp16 *x, Buf *b)
{
	int place = 0, title = 9;

	for (uint32_t k = 0; k < x->report.row.n; k++) {
		const HalfRow *r = &x->report.row.at[k];
		if (!r->what)
			continue;
		place = MAX(place, (int)strlen(place_of(x, r)));
		title = MAX(title, (int)strlen(title_of(x, r)));
	}
	place += place ? 2 : 0;
	buf_printf(b, "%-*s%-*s  %9s  %9s  %s\n", place, place ? "place" : "", title, "operation",
	           "largest", "off", "what");
	for (uint32_t k = 0; k < x->report.row.n; k++) {
		const HalfRow *r = &x->report.row.at[k];
		if (!r->what)
			continue;
		buf_printf(b, "%-*s%-*s  ", place, place_of(x, r), title, title_of(x, r));
		buf_printf(b, "%9s  %9s  ", number(x, r->largest), number(x, r->own));
		buf_puts(b, what_of(x, r));
		buf_puts(b, is_kept(x, r) ? "; keep in fp32\n" : "\n");
	}
}

/* The one that is furthest off by itself, of those that are well. */
static void
put_worst(const Fp16 *x, Buf *b)
{
	const HalfRow *worst = NULL;

	for (uint32_t k = 0; k < x->report.row.n; k++) {
		const HalfRow *r = &x->report.row.at[k];
		if (r->half && !r->what && r->own > (worst ? worst->own : 0))
			worst = r;
	}
	if (worst)
		buf_printf(b, "furthest off of the others: %s%s%s, by %s\n", title_of(x, worst),
		           *place_of(x, worst) ? " at " : "", place_of(x, worst),
		           number(x, worst->own));
}

static void
put_outputs(const Fp16 *x, Buf *b)
{
	for (uint32_t k = 0; k < x->report.output.n; k++) {
		const HalfOutput *o = &x->report.output.at[k];
		buf_puts(b, "output '");
		put_safe(b, o->name->s);
		buf_printf(b, "': off by %s", number(x, o->off));
		if (x->keep.n && k < x->fixed.output.n)
			buf_printf(b, ", with what to keep in fp32 by %s",
			           number(x, x->fixed.output.at[k].off));
		buf_byte(b, '\n');
	}
}

static void
put_text(const Fp16 *x, Buf *b)
{
	const HalfRow *first = half_first(&x->report);
	Names n = kept_names(x);
	const char *place = first ? place_of(x, first) : "";

	buf_printf(b, "%s: %u operation%s in half precision, inputs %s%s\n", x->u->path,
	           (unsigned)x->report.nhalf, x->report.nhalf == 1 ? "" : "s",
	           x->u->o->input ? "from " : "random", x->u->o->input ? x->u->o->input : "");
	if (first) {
		buf_printf(b, "first: %s%s%s %s\n\n", place, *place ? ": " : "", title_of(x, first),
		           what_of(x, first));
		put_rows(x, b);
		buf_byte(b, '\n');
	} else {
		buf_puts(b, "nothing overflows, goes subnormal, loses its digits or diverges\n");
	}
	put_worst(x, b);
	put_outputs(x, b);
	if (!n.n)
		return;
	buf_puts(b, "keep in fp32:");
	for (uint32_t k = 0; k < MIN(n.n, SHOWN); k++) {
		buf_puts(b, k ? ", " : " ");
		put_safe(b, n.at[k]);
	}
	if (n.n > SHOWN)
		buf_printf(b, " and %u more, which --fix lists", (unsigned)n.n - SHOWN);
	buf_byte(b, '\n');
}

/* ---- as JSON ---- */

static json_t *
real(double v)
{
	return isfinite(v) ? json_real(v) : json_words(isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
}

static json_t *
sight_json(const HalfSight *s)
{
	json_t *o = json_new_object();

	json_member(o, "at", json_words(s->at));
	json_member(o, "single", real(s->single));
	json_member(o, "half", real(s->half));
	return o;
}

static json_t *
row_json(const Fp16 *x, const HalfRow *r)
{
	json_t *o = json_new_object();
	DiagNote note = {
	    .severity = DIAG_NOTE, .span = r->inst ? r->inst->span : NOSPAN, .text = ""};
	DiagRecord at = diag_record(&x->u->diag, &note);

	json_member(o, "op", r->inst ? json_words(r->inst->op->name) : json_null());
	json_member(o, "name",
	            json_words(r->inst && r->inst->name ? r->inst->name->s : value_name(r->value)));
	json_member(o, "file", json_words(at.file));
	json_member(o, "line", at.line ? json_integer(at.line) : json_null());
	json_member(o, "half", json_boolean(r->half));
	json_member(o, "found", json_words(word_of(r->what)));
	json_member(o, "what", r->what ? json_words(what_of(x, r)) : json_null());
	json_member(o, "largest", real(r->largest));
	json_member(o, "own", real(r->own));
	json_member(o, "accumulated", real(r->accumulated));
	json_member(o, "beyond", json_integer(r->beyond));
	json_member(o, "worst", r->worst.at ? sight_json(&r->worst) : json_null());
	json_member(o, "overflow", r->over.at ? sight_json(&r->over) : json_null());
	json_member(o, "keep", json_boolean(is_kept(x, r)));
	return o;
}

static void
put_report_json(const Fp16 *x, Buf *b)
{
	json_t *o = json_new_object(), *rows = json_new_list(), *outputs = json_new_list(),
	       *keep = json_new_list();
	const HalfRow *first = half_first(&x->report);
	Names n = kept_names(x);

	for (uint32_t k = 0; k < x->report.row.n; k++)
		json_item(rows, row_json(x, &x->report.row.at[k]));
	for (uint32_t k = 0; k < x->report.output.n; k++) {
		json_t *out = json_new_object();
		json_member(out, "name", json_words(x->report.output.at[k].name->s));
		json_member(out, "largest", real(x->report.output.at[k].most));
		json_member(out, "off", real(x->report.output.at[k].off));
		json_member(out, "off_kept",
		            real((x->keep.n && k < x->fixed.output.n ? &x->fixed : &x->report)
		                     ->output.at[k]
		                     .off));
		json_item(outputs, out);
	}
	for (uint32_t k = 0; k < n.n; k++)
		json_item(keep, json_words(n.at[k]));
	json_member(o, "model", json_words(x->u->path));
	json_member(o, "bound", real(x->o.bound));
	json_member(o, "half_operations", json_integer(x->report.nhalf));
	json_member(o, "first", first ? row_json(x, first) : json_null());
	json_member(o, "operations", rows);
	json_member(o, "outputs", outputs);
	json_member(o, "keep", keep);
	json_put(b, o, JSON_INDENT(2));
	json_drop(o);
	buf_byte(b, '\n');
}

/* ---- the command ---- */

static bool
give(const Fp16 *x)
{
	Unit *u = x->u;
	Buf text = {0}, fix = {0};
	EmitCtx c = api_emit(x->m, u->o->fix_output, NOSPAN);
	bool to_file = u->o->fix_output && strcmp(u->o->fix_output, "-") != 0, ok = true;

	if (u->o->json)
		put_report_json(x, &text);
	else if (!u->o->fix || to_file)
		put_text(x, &text);
	if (text.n)
		api_give(x->m, &text);
	if (!u->o->fix)
		return true;
	put_fix(x, &fix);
	if (to_file)
		ok = emit_spares_script(&c) && emit_text_file(&c, fix.at, fix.n);
	else
		api_give(x->m, &fix);
	buf_free(&fix);
	return ok;
}

static bool
run_pair(Fp16 *x)
{
	Unit *u = x->u;
	const Interface *face = model_face(x->model, x->func->name);
	const char *why = NULL;
	RunStatus status;
	Inputs in;
	Span at = NOSPAN;

	x->o.session = api_session(x->m);
	if (!inputs_load(u, face ? face->input.at : NULL, face ? face->input.n : 0, x->func,
	                 x->o.session.memory, &in))
		return false;
	talk_progress(&u->talk, "running");
	status = half_run(x->pair, x->func, in.at, in.n, &x->o, &x->report, &why, &at);
	if (status != RUN_OK) {
		diag_error(&u->diag, at, "%s", why);
		u->diag.machine = status != RUN_WRONG;
		return false;
	}
	if (x->report.infinite)
		diag_warning(&u->diag, NOSPAN,
		             "there are numbers that are not finite in single precision, too: "
		             "'milc run --precision fp32 --nan-check' says where they begin");
	map_init(&x->keep, &x->arena);
	half_keep(x->pair, x->func, in.at, in.n, &x->o, &x->report, &x->keep, &x->fixed);
	return give(x);
}

static bool
check_asked(Fp16 *x)
{
	const char *s = x->u->o->bound, *out = x->u->o->fix_output;
	char *end;

	x->o.bound = 0.02;
	if (out && !x->u->o->fix)
		return unit_wrong_use(x->u, "-o %s is for the lines of --fix", out);
	if (out && target_for_path(out) && target_for_path(out)->made != AS_TEXT)
		return unit_wrong_use(x->u, "--fix writes lines of a script, but '%s' is a model",
		                      out);
	if (x->u->o->json && x->u->o->fix && (!out || !strcmp(out, "-")))
		return unit_wrong_use(x->u, "--json and --fix both go to standard output: give -o");
	if (!s)
		return true;
	x->o.bound = strtod(s, &end);
	return (end != s && !*end && x->o.bound > 0 && x->o.bound < 1) ||
	       unit_wrong_use(x->u, "--bound is '%s', expected a number between 0 and 1", s);
}

static int
fp16(milc *m, void *path)
{
	Fp16 x = {.m = m, .u = &m->unit};
	PassRunOptions watchers = {.around = stand_around, .around_ctx = &x};
	bool ok;
	int status;

	api_renew(m);
	ok = check_asked(&x) && api_load_as(m, path, NULL, &watchers);
	x.o.arena = &m->unit.arena;
	ok = ok && (x.model = unit_model(x.u)) != NULL && find_pair(&x) && run_pair(&x);
	status = api_status(m, ok);
	if (status == MILC_OK && half_first(&x.report))
		status = MILC_WRONG_INPUT;
	for (uint32_t k = 0; k < x.pairs.n; k++)
		half_pair_free(x.pairs.at[k]);
	half_pair_free(&x.own);
	arena_free(&x.arena);
	return status;
}

int
milc_fp16(milc *m, const char *path)
{
	return api_enter(m, fp16, (void *)(uintptr_t)path);
}
