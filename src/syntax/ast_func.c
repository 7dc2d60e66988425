/* ast_func.c: the parameters of functions and lambdas, and the rules of their order. */
#include "syntax.h"

#include "parse.h"

int64_t
param_index(const ParamList *ps, const Str *name)
{
	return ps->n ? (int64_t)(uintptr_t)map_get(&ps->index, KEY(name)) - 1 : -1;
}

ParamDecl
ast_param(Parser *p, Token name, Expr *note, Expr *dflt)
{
	return (ParamDecl){.name = intern(p->names, name.text, name.span.len),
	                   .note = note,
	                   .dflt = dflt,
	                   .span = name.span,
	                   .kind = P_NORMAL};
}

/* `*`, `*name`, `**name` and `/`; the two signs without a name have none. */
ParamDecl
ast_param_star(Parser *p, Token star, const Token *name, Expr *note)
{
	ParamDecl q = {
	    .note = note, .span = star.span, .kind = star.span.len == 2 ? P_DSTAR : P_STAR};

	if (*star.text == '/')
		q.kind = P_POS;
	if (name) {
		q.name = intern(p->names, name->text, name->span.len);
		q.span = name->span;
	}
	return q;
}

static void
add_slash(Parser *p, ParamList *ps, const ParamDecl *q)
{
	bool late = ps->slash || ps->bare_star;

	for (uint32_t i = 0; i < ps->n; i++) {
		late |= ps->at[i].kind != P_NORMAL && ps->at[i].kind != P_POS;
		if (ps->at[i].kind == P_NORMAL)
			ps->at[i].kind = P_POS;
	}
	if (late || ps->n == 0)
		parse_error(p, q->span,
		            "'/' must follow the first parameters, once and before '*'");
	ps->slash = true;
}

static void
check_param(Parser *p, ParamList *ps, ParamDecl *q)
{
	const ParamDecl *last = ps->n ? &ps->at[ps->n - 1] : 0;
	bool star = ps->star_span.len != 0;

	if (last && last->kind == P_DSTAR)
		parse_error(p, q->span, "no parameter can follow the '**' one");
	if (q->kind == P_STAR && star)
		parse_error(p, q->span, "'*' can stand only once among the parameters");
	if (q->kind == P_NORMAL && star)
		q->kind = P_KWONLY;
	if (q->kind == P_NORMAL && !q->dflt && last && last->dflt && last->kind <= P_NORMAL)
		parse_error(p, q->span,
		            "parameter '%s' without a default follows one with a default",
		            q->name->s);
	if (q->name && param_index(ps, q->name) >= 0)
		parse_error(p, q->span, "duplicate parameter '%s' in function definition",
		            q->name->s);
}

ParamList *
ast_params(Parser *p, ParamList *ps, ParamDecl q)
{
	if (!ps) {
		ps = new (p->arena, ParamList);
		map_init(&ps->index, p->arena);
	}
	if (q.kind == P_POS && !q.name) {
		add_slash(p, ps, &q);
		return ps;
	}
	check_param(p, ps, &q);
	if (q.kind == P_STAR) {
		ps->star_span = q.span;
		ps->bare_star = !q.name;
		if (!q.name)
			return ps;
	} else if (q.kind == P_KWONLY) {
		ps->bare_star = false;
	}
	vec_push(p->arena, ps, q);
	if (q.name)
		map_put(&ps->index, KEY(q.name), (void *)(uintptr_t)ps->n);
	return ps;
}

ParamList *
ast_params_end(Parser *p, ParamList *ps)
{
	if (ps->bare_star)
		parse_error(p, ps->star_span, "named parameters must follow a bare '*'");
	return ps;
}

FuncExpr *
ast_func(Parser *p, const Str *name, ParamList *ps, Span at, Span name_span)
{
	FuncExpr *f = new (p->arena, FuncExpr);

	f->name = name;
	f->span = at;
	f->name_span = name_span;
	f->star = f->dstar = -1;
	if (ps)
		f->params = *ps;
	for (uint32_t i = 0; i < f->params.n; i++) {
		const ParamDecl *q = &f->params.at[i];

		f->npos += q->kind <= P_NORMAL;
		f->ndflt += q->dflt != 0;
		if (q->kind == P_STAR)
			f->star = (int)i;
		if (q->kind == P_DSTAR)
			f->dstar = (int)i;
	}
	return f;
}
