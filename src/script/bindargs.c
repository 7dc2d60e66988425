/* bindargs.c: puts the arguments of a call into the slots of a script function, by Python's rules,
 * and says what does not fit.
 */
#include <stdio.h>

#include "run.h"

/* What is ours is nowhere that a script could look at. */
static void
note_definition(Interp *in, const ClosureObj *fo)
{
	if (!fo->space->library)
		diag_note(in->diag, fo->code->name_span, "defined here");
}

static bool
missing(Interp *in, const ClosureObj *fo, const Args *a, const Value *slot, bool kwonly)
{
	const FuncExpr *f = fo->code;
	Buf names = {0};
	uint32_t n = 0, k = 0;

	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < f->params.n; i++) {
			const ParamDecl *q = &f->params.at[i];
			bool mine = kwonly ? q->kind == P_KWONLY : q->kind <= P_NORMAL;

			if (!mine || slot[i].kind != V_UNSET)
				continue;
			if (pass == 0) {
				n++;
				continue;
			}
			buf_printf(&names, "%s'%s'",
			           k == 0      ? ""
			           : k + 1 < n ? ", "
			           : n > 2     ? ", and "
			                       : " and ",
			           q->name->s);
			k++;
		}
	fail(in, a->span, "%s() misses %u required %s argument%s: %s", f->qualname->s, n,
	     kwonly ? "keyword-only" : "positional", n == 1 ? "" : "s", names.at);
	note_definition(in, fo);
	buf_free(&names);
	return false;
}

static bool
too_many(Interp *in, const ClosureObj *fo, const Args *a)
{
	const FuncExpr *f = fo->code;
	uint32_t least = 0, kwonly = 0;
	char given[128];

	for (uint32_t i = 0; i < a->nkw; i++) {
		int64_t k = param_index(&f->params, a->kw[i].name);
		kwonly += k >= 0 && f->params.at[k].kind == P_KWONLY;
	}
	if (kwonly)
		snprintf(given, sizeof given,
		         "%u positional argument%s (and %u keyword-only argument%s) were", a->npos,
		         a->npos == 1 ? "" : "s", kwonly, kwonly == 1 ? "" : "s");
	else
		snprintf(given, sizeof given, "%u %s", a->npos, a->npos == 1 ? "was" : "were");

	for (uint32_t i = 0; i < f->npos; i++)
		least += !f->params.at[i].dflt;
	if (least == f->npos)
		fail(in, a->span, "%s() takes %u positional argument%s but %s given",
		     f->qualname->s, f->npos, f->npos == 1 ? "" : "s", given);
	else
		fail(in, a->span, "%s() takes %u to %u positional arguments but %s given",
		     f->qualname->s, least, f->npos, given);
	note_definition(in, fo);
	return false;
}

static bool
unknown_keyword(Interp *in, const ClosureObj *fo, const Args *a, const Kwarg *k)
{
	const FuncExpr *f = fo->code;
	VEC(const char *) names = {0};
	const char *near;

	for (uint32_t i = 0; i < f->params.n; i++) {
		const ParamDecl *q = &f->params.at[i];

		if (q->kind == P_POS && q->name == k->name)
			return fail(in, a->span, "parameter '%s' of %s() is positional only",
			            q->name->s, f->qualname->s);
		if (q->kind == P_NORMAL || q->kind == P_KWONLY)
			vec_push(in->unit, &names, q->name->s);
	}
	near = nearest(k->name->s, names.at, names.n);
	fail(in, a->span,
	     near ? "%s() got an unexpected keyword argument '%s'; did you mean '%s'?"
	          : "%s() got an unexpected keyword argument '%s'",
	     f->qualname->s, k->name->s, near);
	note_definition(in, fo);
	return false;
}

static bool
bind_keyword(Interp *in, const ClosureObj *fo, const Args *a, const Kwarg *k, Value *slot)
{
	const FuncExpr *f = fo->code;
	int64_t i = param_index(&f->params, k->name);

	if (i >= 0 && (f->params.at[i].kind == P_NORMAL || f->params.at[i].kind == P_KWONLY)) {
		if (slot[i].kind != V_UNSET)
			return fail(in, a->span, "%s() got several values for argument '%s'",
			            f->qualname->s, k->name->s);
		slot[i] = k->val;
		return true;
	}
	if (f->dstar < 0)
		return unknown_keyword(in, fo, a, k);
	return dict_set(in, slot[f->dstar], vstr_of(in, k->name), k->val, k->span);
}

bool
bind_args(Interp *in, const ClosureObj *fo, const Args *a, Value *slot)
{
	const FuncExpr *f = fo->code;
	uint32_t n = MIN(a->npos, f->npos), d = 0;
	bool poison = false, nopos = false, nokw = false;

	for (uint32_t i = 0; i < a->nkw; i++) /* **refused */
		poison |= a->kw[i].name->s[0] == '*';
	for (uint32_t i = 0; i < n; i++)
		slot[i] = a->pos[i];
	if (f->star >= 0)
		slot[f->star] = vtuple(in, a->npos > n ? a->pos + n : a->pos, a->npos - n);
	else if (a->npos > n)
		return too_many(in, fo, a);
	if (f->dstar >= 0)
		slot[f->dstar] = vdict(in);
	for (uint32_t i = 0; i < a->nkw; i++)
		if (a->kw[i].name->s[0] != '*' && !bind_keyword(in, fo, a, &a->kw[i], slot))
			return false;
	for (uint32_t i = 0; i < f->params.n; i++) {
		const ParamDecl *q = &f->params.at[i];

		if (slot[i].kind == V_UNSET && q->dflt)
			slot[i] = fo->dflt[d];
		d += q->dflt != 0;
		if (slot[i].kind == V_UNSET && poison)
			slot[i] = VPOISON;
		nopos |= slot[i].kind == V_UNSET && q->kind <= P_NORMAL;
		nokw |= slot[i].kind == V_UNSET && q->kind == P_KWONLY;
	}
	if (nopos || nokw)
		return missing(in, fo, a, slot, !nopos);
	return true;
}
