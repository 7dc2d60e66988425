/* scope.c: finds out what every name of a script means, as CPython's symbol table does.
 *
 * Three walks. collect() goes over the tree and notes for each scope which names it binds and
 * uses. lookup() then finds the scope that owns a name; a name owned by an outer function makes a
 * cell there and a captured variable in every function between. patch() gives slots and turns each
 * E_NAME into E_LOCAL, E_CELL, E_GLOBAL or E_FIELD. List, set and dict comprehensions are scopes
 * without a frame: their variables are slots of the frame around them. Generator expressions are
 * functions. The body of a class is one, too, whose names are in no slots and are seen by nobody in
 * it: what passes through it from further out has a Sym of its own.
 */
#include "syntax.h"

typedef struct Scope Scope;
typedef struct Sym Sym;
typedef enum ScopeKind { SCOPE_MODULE, SCOPE_FUNC, SCOPE_COMP, SCOPE_CLASS } ScopeKind;

struct Sym {
	const Str *name;
	Scope *scope;
	Sym *outer; /* captured from there */
	Span first;
	uint32_t slot;
	bool bound, used, param, nonlocal, global, cell;
	bool passes; /* bound by := in a generator expression: for the function around it */
};

typedef struct NameUse {
	Expr *e;
	Scope *scope;
} NameUse;

struct Scope {
	Scope *up;
	ScopeKind kind;
	FuncExpr *func;
	Comp *comp;
	VEC(Sym *) syms;
	Map index;   /* const Str * -> Sym * */
	Map through; /* of a class: those that only pass through it */
	uint32_t nslot;
};

typedef struct Resolver {
	Tree *tree;
	Arena *arena;
	VEC(Scope *) scopes;
	VEC(NameUse) names;
	uint32_t loops; /* around the statement, in this function */
	const Str *class; /* the innermost one around, or 0 */
	bool ok;
} Resolver;

static void collect_block(Resolver *r, Scope *s, Stmt *st);
static void collect(Resolver *r, Scope *s, Expr *e);
static void collect_walrus(Resolver *r, Scope *s, Expr *name);

#define error(r, ...) ((r)->ok = false, diag_error((r)->tree->diag, __VA_ARGS__))

static Scope *
scope_new(Resolver *r, Scope *up, ScopeKind k)
{
	Scope *s = new(r->arena, Scope);

	s->up = up;
	s->kind = k;
	map_init(&s->index, r->arena);
	map_init(&s->through, r->arena);
	vec_push(r->arena, &r->scopes, s);
	return s;
}

static Sym *
sym_in(Resolver *r, Scope *s, Map *index, const Str *name, Span at)
{
	Sym *y = map_get(index, KEY(name));

	if (y)
		return y;
	y = new(r->arena, Sym);
	y->name = name;
	y->scope = s;
	y->first = at;
	map_put(index, KEY(name), y);
	vec_push(r->arena, &s->syms, y);
	return y;
}

static Sym *
sym_of(Resolver *r, Scope *s, const Str *name, Span at)
{
	return sym_in(r, s, &s->index, name, at);
}

/* In a class, `__name` is private to it: `_Class__name`. */
static const Str *
mangled(Resolver *r, const Str *name)
{
	const char *class = r->class ? r->class->s : 0;

	if (!class || strncmp(name->s, "__", 2) != 0 || name->len < 3 ||
	    strcmp(name->s + name->len - 2, "__") == 0)
		return name;
	class += strspn(class, "_");
	return *class ? intern_printf(r->tree->names, "_%s%s", class, name->s) : name;
}

static Sym *
note_name(Resolver *r, Scope *s, Expr *e, bool bind)
{
	Sym *y;

	e->id = mangled(r, e->id);
	y = sym_of(r, s, e->id, e->span);
	if (bind)
		y->bound = true;
	else
		y->used = true;
	vec_push(r->arena, &r->names, (NameUse){e, s});
	return y;
}

/* ---- collecting ---- */

static void
collect_target(Resolver *r, Scope *s, Expr *e)
{
	switch ((ExprKind)e->kind) {
	case E_NAME:
		note_name(r, s, e, true);
		break;
	case E_TUPLE:
	case E_LIST:
		for (uint32_t i = 0; i < e->n; i++)
			collect_target(r, s, e->at[i]);
		break;
	case E_STAR:
		collect_target(r, s, e->a);
		break;
	default:
		collect(r, s, e);
	}
}

static const Str *
qualified(Resolver *r, const Scope *up, const Str *name)
{
	while (up->kind == SCOPE_COMP)
		up = up->up;
	if (up->kind == SCOPE_MODULE || !up->func)
		return name;
	return intern_printf(r->tree->names, up->kind == SCOPE_CLASS ? "%s.%s" : "%s.<locals>.%s",
	                     up->func->qualname->s, name->s);
}

static void
collect_func(Resolver *r, Scope *up, FuncExpr *f)
{
	Scope *s = scope_new(r, up, SCOPE_FUNC);
	uint32_t loops = r->loops;

	f->qualname = qualified(r, up, f->name);
	for (uint32_t i = 0; i < f->params.n; i++) {
		ParamDecl *q = &f->params.at[i];
		Sym *y;

		if (mangled(r, q->name) != q->name) {
			q->name = mangled(r, q->name);
			map_put(&f->params.index, KEY(q->name), (void *)(uintptr_t)(i + 1));
		}
		y = sym_of(r, s, q->name, q->span);
		y->bound = y->param = true;
		y->slot = i;
		collect(r, up, q->dflt);
	}
	s->func = f;
	r->loops = 0;
	collect(r, s, f->expr);
	collect_block(r, s, f->body);
	r->loops = loops;
}

static void
collect_comp(Resolver *r, Scope *up, Comp *c)
{
	bool gen = c->kind == COMP_GEN;
	Scope *s = scope_new(r, up, gen ? SCOPE_FUNC : SCOPE_COMP);

	s->comp = c;
	s->func = c->gen;
	if (gen)
		c->gen->qualname = qualified(r, up, c->gen->name);
	for (uint32_t i = 0; i < c->n; i++) {
		CompFor *f = &c->at[i];

		collect(r, i ? s : up, f->iter);
		collect_target(r, s, f->target);
		for (uint32_t j = 0; j < f->conds.n; j++)
			collect(r, s, f->conds.at[j]);
	}
	collect(r, s, c->item);
	collect(r, s, c->value);
}

/* name := …, in a comprehension, binds the name in the function around it. */
static void
collect_walrus(Resolver *r, Scope *s, Expr *name)
{
	Scope *to = s;

	for (; to->comp; to = to->up) {
		const Sym *y = map_get(&to->index, KEY(name->id));
		if (y && y->bound)
			error(r, name->span, "':=' cannot rebind '%s', a variable of the "
			      "comprehension", name->id->s);
		if (to->kind == SCOPE_FUNC)
			sym_of(r, to, name->id, name->span)->passes = true;
	}
	if (to->kind == SCOPE_CLASS && to != s)
		error(r, name->span, "':=' in a comprehension is not allowed in the body of a "
		      "class");
	if (to == s)
		note_name(r, s, name, true);
	else
		sym_of(r, to, name->id, name->span)->bound = true;
	if (to != s)
		vec_push(r->arena, &r->names, (NameUse){name, s});
}

static void
collect_items(Resolver *r, Scope *s, Expr *e)
{
	for (uint32_t i = 0; i < e->n; i++)
		if (e->at[i]) /* the key of ** is absent */
			collect(r, s, e->at[i]->kind == E_STAR ? e->at[i]->a : e->at[i]);
}

/* What is not there (e 0) has no names. */
static void
collect(Resolver *r, Scope *s, Expr *e)
{
	if (!e)
		return;
	switch ((ExprKind)e->kind) {
	case E_NAME:
		note_name(r, s, e, false);
		break;
	case E_CONST:
	case E_LOCAL:
	case E_CELL:
	case E_GLOBAL:
	case E_FIELD:
		break;
	case E_TUPLE:
	case E_LIST:
	case E_SET:
	case E_DICT:
	case E_FSTRING:
		collect_items(r, s, e);
		break;
	case E_STAR:
		error(r, e->span, "a starred expression cannot stand here");
		break;
	case E_AS:
		error(r, e->span, "unexpected 'as'; it can stand only in with, import and case");
		break;
	case E_YIELD:
		error(r, e->span, "a yield in the midst of an expression is not part of the "
		      "language; assign its value to a name first");
		break;
	case E_WALRUS:
		collect(r, s, e->b);
		collect_walrus(r, s, e->a);
		break;
	case E_CHAIN:
		for (uint32_t i = 0; i < e->chain->n; i++)
			collect(r, s, e->chain->at[i].e);
		break;
	case E_LAMBDA:
		collect_func(r, s, e->func);
		break;
	case E_CALL:
		collect(r, s, e->call->callee);
		for (uint32_t i = 0; i < e->call->narg; i++)
			collect(r, s, e->call->arg[i].val);
		break;
	case E_ATTR:
		e->attr = mangled(r, e->attr);
		collect(r, s, e->obj);
		break;
	case E_COMP:
		collect_comp(r, s, e->comp);
		break;
	case E_UNARY:
	case E_NOT:
	case E_BINARY:
	case E_AND:
	case E_OR:
	case E_CMP:
	case E_INDEX:
	case E_COND:
	case E_SLICE:
	case E_FORMAT:
		collect(r, s, e->a);
		collect(r, s, e->b);
		collect(r, s, e->c);
		break;
	}
}

static void
collect_names(Resolver *r, Scope *s, Stmt *st)
{
	bool nonlocal = st->kind == S_NONLOCAL;
	const char *word = nonlocal ? "nonlocal" : "global";

	if (s->kind == SCOPE_MODULE && nonlocal) {
		error(r, st->span, "nonlocal is not allowed outside of functions");
		return;
	}
	for (uint32_t i = 0; i < st->names->n; i++) {
		Expr *e = st->names->at[i];
		Sym *y = sym_of(r, s, mangled(r, e->id), e->span);

		if (y->param)
			error(r, e->span, "name '%s' is both a parameter and %s", e->id->s, word);
		else if (nonlocal ? y->global : y->nonlocal)
			error(r, e->span, "name '%s' is both nonlocal and global", e->id->s);
		else if (y->bound && !y->nonlocal && !y->global)
			error(r, e->span, "name '%s' is assigned to before its %s declaration",
			      e->id->s, word);
		else if (y->used && !y->nonlocal && !y->global)
			error(r, e->span, "name '%s' is used before its %s declaration", e->id->s,
			      word);
		y->nonlocal |= nonlocal;
		y->global |= !nonlocal;
		y->first = e->span;
	}
}

/* ---- patterns ---- */

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
bind_capture(Resolver *r, Scope *s, Expr *e, Bound *bound)
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
	note_name(r, s, e, true);
}

static void collect_pattern(Resolver *r, Scope *s, Expr *e, Bound *bound);

static void
collect_alternatives(Resolver *r, Scope *s, Expr *e, Bound *bound)
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
collect_parts(Resolver *r, Scope *s, Expr *e, Bound *bound)
{
	bool star = false;

	for (uint32_t i = 0; i < e->n; i++) {
		Expr *part = e->at[i];

		if (e->kind == E_DICT) {
			if (!part)
				bind_capture(r, s, e->at[i + 1], bound);
			else if (part->kind != E_CONST && part->kind != E_ATTR)
				error(r, part->span, "a key in a pattern is a literal or a dotted "
				      "name");
			else
				collect(r, s, part);
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
collect_pattern(Resolver *r, Scope *s, Expr *e, Bound *bound)
{
	switch ((ExprKind)e->kind) {
	case E_NAME:
		bind_capture(r, s, e, bound);
		return;
	case E_CONST:
		return;
	case E_ATTR:
		collect(r, s, e);
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
		collect(r, s, e->call->callee);
		for (uint32_t i = 0; i < e->call->narg; i++) {
			if (e->call->arg[i].star)
				error(r, e->call->arg[i].span, "a class pattern takes no * or **");
			collect_pattern(r, s, e->call->arg[i].val, bound);
		}
		return;
	default:
		break;
	}
	error(r, e->span, "this is no pattern: expected a literal, a name, a dotted name, a sequence, "
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

static void
collect_match(Resolver *r, Scope *s, Stmt *st)
{
	collect(r, s, st->subject);
	for (uint32_t i = 0; i < st->cases->at.n; i++) {
		Case *c = &st->cases->at.at[i];
		Bound bound = {0};

		if (is_irrefutable(c->pattern) && !c->guard && i + 1 < st->cases->at.n)
			error(r, c->pattern->span, "this pattern takes everything, so that the "
			      "cases below it are never reached");
		collect_pattern(r, s, c->pattern, &bound);
		collect(r, s, c->guard);
		collect_block(r, s, c->body);
	}
}

/* ---- definitions ---- */

static void
collect_class(Resolver *r, Scope *s, Stmt *st)
{
	const Str *outer = r->class;
	uint32_t loops = r->loops;
	Scope *own;

	for (uint32_t i = 0; st->bases && i < st->bases->narg; i++)
		collect(r, s, st->bases->arg[i].val);
	note_name(r, s, st->name, true);
	own = scope_new(r, s, SCOPE_CLASS);
	own->func = st->func;
	st->func->qualname = qualified(r, s, st->func->name);
	r->class = st->func->name;
	r->loops = 0;
	collect_block(r, own, st->func->body);
	r->class = outer;
	r->loops = loops;
}

static void
collect_def(Resolver *r, Scope *s, Stmt *st)
{
	for (uint32_t i = 0; st->decorators && i < st->decorators->n; i++)
		collect(r, s, st->decorators->at[i]);
	if (st->kind == S_CLASS) {
		collect_class(r, s, st);
		return;
	}
	note_name(r, s, st->name, true);
	collect_func(r, s, st->func);
}

static void
collect_loop(Resolver *r, Scope *s, Stmt *st)
{
	if (st->kind == S_FOR) {
		collect(r, s, st->iter);
		collect_target(r, s, st->test);
	} else {
		collect(r, s, st->test);
	}
	r->loops++;
	collect_block(r, s, st->body);
	r->loops--;
	collect_block(r, s, st->orelse);
}

/* What stands alone or right of '=': there it may be a yield. */
static void
collect_value(Resolver *r, Scope *s, Expr *e)
{
	if (!e || e->kind != E_YIELD) {
		collect(r, s, e);
		return;
	}
	if (s->kind != SCOPE_FUNC)
		error(r, e->span, "'yield' outside of a function");
	else
		s->func->yields = true;
	collect(r, s, e->a);
}

static void
collect_simple(Resolver *r, Scope *s, Stmt *st)
{
	switch ((StmtKind)st->kind) {
	case S_ASSIGN:
		collect_value(r, s, st->value);
		for (uint32_t i = 0; i < st->target.n; i++)
			collect_target(r, s, st->target.at[i]);
		break;
	case S_AUG:
	case S_ANN:
		collect_value(r, s, st->b);
		collect_target(r, s, st->a);
		if (st->kind == S_ANN && s->kind == SCOPE_CLASS)
			collect(r, s, st->note);
		break;
	case S_ASSERT:
	case S_RAISE:
		collect(r, s, st->a);
		collect(r, s, st->b);
		break;
	case S_DEL:
		for (uint32_t i = 0; i < st->names->n; i++)
			collect_target(r, s, st->names->at[i]);
		break;
	case S_NONLOCAL:
	case S_GLOBAL:
		collect_names(r, s, st);
		break;
	case S_IMPORT:
	case S_FROM:
		for (uint32_t i = 0; i < st->aliases->n; i++)
			note_name(r, s, st->aliases->at[i].target, true);
		break;
	case S_RETURN:
	case S_EXPR:
		collect_value(r, s, st->expr);
		break;
	default:
		break;
	}
}

static void
collect_try(Resolver *r, Scope *s, TryStmt *t)
{
	collect_block(r, s, t->body);
	for (uint32_t i = 0; i < t->handler.n; i++) {
		collect(r, s, t->handler.at[i].type);
		if (t->handler.at[i].name)
			note_name(r, s, t->handler.at[i].name, true);
		collect_block(r, s, t->handler.at[i].body);
	}
	collect_block(r, s, t->orelse);
	collect_block(r, s, t->final);
}

/* Statements that may stand only in a function or a loop. */
static void
check_place(Resolver *r, const Scope *s, const Stmt *st)
{
	if (st->kind == S_RETURN && s->kind != SCOPE_FUNC)
		error(r, st->span, "'return' outside of a function");
	if ((st->kind == S_BREAK || st->kind == S_CONTINUE) && !r->loops)
		error(r, st->span, "'%s' outside of a loop",
		      st->kind == S_BREAK ? "break" : "continue");
}

static void
collect_block(Resolver *r, Scope *s, Stmt *st)
{
	for (; st; st = st->next) {
		switch ((StmtKind)st->kind) {
		case S_IF:
			for (Stmt *link = st;; link = link->orelse) {
				collect(r, s, link->test);
				collect_block(r, s, link->body);
				if (!link->orelse || link->orelse->kind != S_IF ||
				    link->orelse->next) {
					collect_block(r, s, link->orelse);
					break;
				}
			}
			break;
		case S_WHILE:
		case S_FOR:
			collect_loop(r, s, st);
			break;
		case S_DEF:
		case S_CLASS:
			collect_def(r, s, st);
			break;
		case S_TRY:
			collect_try(r, s, st->attempt);
			break;
		case S_MATCH:
			collect_match(r, s, st);
			break;
		case S_WITH:
			for (uint32_t i = 0; i < st->nwith; i++) {
				collect(r, s, st->with[i].expr);
				if (st->with[i].target)
					collect_target(r, s, st->with[i].target);
			}
			collect_block(r, s, st->with_body);
			break;
		default:
			check_place(r, s, st);
			collect_simple(r, s, st);
		}
	}
}

/* ---- looking up ---- */

static bool
is_own(const Sym *y)
{
	return y->bound && !y->nonlocal && !y->global && !y->passes;
}

/* The variable that `name` means in s, as s's own frame sees it; 0: global. inner: seen from a scope
 * in s. */
static Sym *
lookup_from(Resolver *r, Scope *s, const Str *name, bool inner)
{
	Map *index = s->kind == SCOPE_CLASS && inner ? &s->through : &s->index;
	Sym *y, *outer;

	if (s->kind == SCOPE_MODULE)
		return 0;
	y = map_get(index, KEY(name));
	if (y && y->global)
		return 0;
	if (y && (is_own(y) || y->outer))
		return y;
	outer = lookup_from(r, s->up, name, true);
	if (!outer || s->kind == SCOPE_COMP)
		return outer;
	outer->cell = true;
	y = sym_in(r, s, index, name, NOSPAN);
	y->outer = outer;
	y->cell = true;
	return y;
}

static Sym *
lookup(Resolver *r, Scope *s, const Str *name)
{
	return lookup_from(r, s, name, false);
}

static void
check_nonlocals(Resolver *r)
{
	for (uint32_t i = 0; i < r->scopes.n; i++)
		for (uint32_t j = 0; j < r->scopes.at[i]->syms.n; j++) {
			Sym *y = r->scopes.at[i]->syms.at[j];

			if (y->nonlocal && !y->param && !lookup(r, y->scope, y->name))
				error(r, y->first, "no binding for nonlocal '%s' found in an "
				      "enclosing function", y->name->s);
		}
}

/* ---- slots ---- */

static Scope *
frame_of(Scope *s)
{
	while (s->kind == SCOPE_COMP)
		s = s->up;
	return s;
}

static uint32_t *
slots_where(Resolver *r, const Scope *s, bool (*want)(const Sym *), uint32_t *n)
{
	uint32_t *out = newn(r->arena, uint32_t, s->syms.n + 1);

	*n = 0;
	for (uint32_t i = 0; i < s->syms.n; i++)
		if (want(s->syms.at[i]))
			out[(*n)++] = s->syms.at[i]->slot;
	return out;
}

static bool
own_cell(const Sym *y)
{
	return is_own(y) && y->cell && !y->param && y->scope->kind != SCOPE_CLASS;
}

static bool
is_captured(const Sym *y)
{
	return y->outer != 0;
}

static void
give_slots(Resolver *r, Scope *s)
{
	Scope *f = frame_of(s);

	if (s->func && s->kind == SCOPE_FUNC && f->nslot < s->func->params.n)
		f->nslot = s->func->params.n;
	if (s->kind == SCOPE_COMP)
		s->comp->slot = f->nslot;
	for (uint32_t i = 0; i < s->syms.n; i++) {
		Sym *y = s->syms.at[i];

		if (y->param || s->kind == SCOPE_MODULE)
			continue;
		if ((is_own(y) && s->kind != SCOPE_CLASS) || y->outer)
			y->slot = f->nslot++;
	}
	if (s->kind == SCOPE_COMP) {
		s->comp->nslot = f->nslot - s->comp->slot;
		s->comp->cell = slots_where(r, s, own_cell, &s->comp->ncell);
	}
}

static void
finish_func(Resolver *r, Scope *s)
{
	FuncExpr *f = s->func;

	f->nslot = s->nslot;
	f->cell = slots_where(r, s, own_cell, &f->ncell);
	f->to = slots_where(r, s, is_captured, &f->nfree);
	f->from = newn(r->arena, uint32_t, f->nfree + 1);
	for (uint32_t i = 0, n = 0; i < s->syms.n; i++) {
		Sym *y = s->syms.at[i];

		if (y->outer)
			f->from[n++] = y->outer->slot;
		if (y->param && y->cell)
			f->params.at[y->slot].cell = true;
	}
}

static void
patch(Resolver *r)
{
	for (uint32_t i = 0; i < r->names.n; i++) {
		Expr *e = r->names.at[i].e;
		Sym *y = lookup(r, r->names.at[i].scope, e->id);

		if (!y) {
			e->kind = E_GLOBAL;
			e->slot = tree_global(r->tree, e->id);
		} else if (y->scope->kind == SCOPE_CLASS && !y->outer) {
			e->kind = E_FIELD;
			e->slot = tree_global(r->tree, e->id); /* what it is before it is bound */
		} else {
			e->kind = y->cell ? E_CELL : E_LOCAL;
			e->slot = y->slot;
		}
	}
}

bool
scope_resolve(Tree *t)
{
	Resolver r = {.tree = t, .arena = t->arena, .ok = true};
	Scope *top = scope_new(&r, 0, SCOPE_MODULE);

	collect_block(&r, top, t->module);
	check_nonlocals(&r);
	if (!r.ok)
		return false;
	for (uint32_t i = 0; i < r.names.n; i++)
		lookup(&r, r.names.at[i].scope, r.names.at[i].e->id);
	for (uint32_t i = 0; i < r.scopes.n; i++)
		give_slots(&r, r.scopes.at[i]);
	for (uint32_t i = 0; i < r.scopes.n; i++)
		if (r.scopes.at[i]->kind == SCOPE_FUNC || r.scopes.at[i]->kind == SCOPE_CLASS)
			finish_func(&r, r.scopes.at[i]);
	patch(&r);
	t->nslot = top->nslot;
	return r.ok;
}
