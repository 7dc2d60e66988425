/* scope_pattern.c: the patterns of match statements: the names that they bind, and what is no
 * pattern.
 */
#include "scope.h"

typedef VEC(const Str *) Bound;

static bool
has_name(const Bound *b, const Str *name)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->at[i] == name)
			return true;
	return false;
}

static void
bind_capture(Resolver *r, NameScope *s, Expr *e, Bound *bound)
{
	if (e->kind != E_NAME) {
		error(r, e->span, "expected a name here in the pattern");
		return;
	}
	if (str_is(e->id, "_")) /* stays E_NAME: takes anything */
		return;
	if (has_name(bound, e->id))
		error(r, e->span, "the pattern binds '%s' several times", e->id->s);
	vec_push(r->arena, bound, e->id);
	scope_note(r, s, e, true);
}

static void collect_pattern(Resolver *r, NameScope *s, Expr *e, Bound *bound);

static void
collect_alternatives(Resolver *r, NameScope *s, Expr *e, Bound *bound)
{
	Bound left = {0}, right = {0};
	bool same;

	collect_pattern(r, s, e->a, &left);
	collect_pattern(r, s, e->b, &right);
	same = left.n == right.n;
	for (uint32_t i = 0; i < left.n; i++) {
		same &= has_name(&right, left.at[i]);
		vec_push(r->arena, bound, left.at[i]);
	}
	if (!same)
		error(r, e->span, "the alternatives of the pattern bind different names");
}

static void
collect_parts(Resolver *r, NameScope *s, Expr *e, Bound *bound)
{
	bool star = false;

	for (uint32_t i = 0; i < e->n; i++) {
		Expr *part = e->at[i];

		if (e->kind == E_DICT) {
			if (!part)
				bind_capture(r, s, e->at[i + 1], bound);
			else if (part->kind != E_CONST && part->kind != E_ATTR)
				error(r, part->span,
				      "a key in a pattern is a literal or a dotted "
				      "name");
			else
				scope_expr(r, s, part);
			if (part)
				collect_pattern(r, s, e->at[i + 1], bound);
			i++;
		} else if (part->kind == E_STAR) {
			if (star)
				error(r, part->span, "several starred names in a sequence pattern");
			star = true;
			bind_capture(r, s, part->a, bound);
		} else {
			collect_pattern(r, s, part, bound);
		}
	}
}

static void
collect_pattern(Resolver *r, NameScope *s, Expr *e, Bound *bound)
{
	switch ((ExprKind)e->kind) {
	case E_NAME:
		bind_capture(r, s, e, bound);
		return;
	case E_CONST:
		return;
	case E_ATTR:
		scope_expr(r, s, e);
		return;
	case E_BINARY:
		if (e->op != BIN_OR)
			break;
		collect_alternatives(r, s, e, bound);
		return;
	case E_AS:
		collect_pattern(r, s, e->a, bound);
		bind_capture(r, s, e->b, bound);
		return;
	case E_TUPLE:
	case E_LIST:
	case E_DICT:
		collect_parts(r, s, e, bound);
		return;
	case E_CALL:
		scope_expr(r, s, e->call->callee);
		for (uint32_t i = 0; i < e->call->narg; i++) {
			if (e->call->arg[i].star)
				error(r, e->call->arg[i].span, "a class pattern takes no * or **");
			collect_pattern(r, s, e->call->arg[i].val, bound);
		}
		return;
	default:
		break;
	}
	error(r, e->span,
	      "this is no pattern: expected a literal, a name, a dotted name, a sequence, "
	      "a mapping or a class with its arguments");
}

/* Takes anything. */
static bool
is_irrefutable(const Expr *e)
{
	if (e->kind == E_AS)
		return is_irrefutable(e->a);
	if (e->kind == E_BINARY)
		return is_irrefutable(e->a) || is_irrefutable(e->b);
	return e->kind == E_NAME;
}

void
scope_match(Resolver *r, NameScope *s, Stmt *st)
{
	scope_expr(r, s, st->subject);
	for (uint32_t i = 0; i < st->cases->at.n; i++) {
		Case *c = &st->cases->at.at[i];
		Bound bound = {0};

		if (is_irrefutable(c->pattern) && !c->guard && i + 1 < st->cases->at.n)
			error(r, c->pattern->span,
			      "this pattern takes everything, so that the "
			      "cases below it are never reached");
		collect_pattern(r, s, c->pattern, &bound);
		scope_expr(r, s, c->guard);
		scope_block(r, s, c->body);
	}
}
