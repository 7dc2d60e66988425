/* cond_parse.c: conditions taken apart into clauses, and their names looked up. */
#include "cond.h"

#include "syntax/syntax.h"

/* The functions of Python that conditions have. */
static const char *const python_calls[] = {"max", "min", "len", "set", "sorted", "prime_factors"};

const char *
cond_text(const Expr *x)
{
	return x->kind == E_CONST && x->lit->kind == LIT_STR ? x->lit->s : NULL;
}

/* ---- looking up: the slot of a name is its place in the table, from 1 ---- */

typedef struct Lookup {
	Diag *diag;
	const char *op;
	bool good;
} Lookup;

static void
wrong(Lookup *k, Span at, const char *what, const char *name, const char *near)
{
	k->good = near ? diag_error(k->diag, at, "there is no %s '%s'; did you mean '%s'?", what,
	                            name, near)
	               : diag_error(k->diag, at, "there is no %s '%s'", what, name);
}

static bool
op_takes(const char *op, const char *operand)
{
	size_t n;
	const OpDef *d = op_rows(&n);
	bool found = false;

	for (size_t i = 0; i < n; i++)
		if (!op || strcmp(d[i].name, op) == 0)
			found |= op_param(&d[i], operand) >= 0;
	return found;
}

static void look_up(Lookup *k, Expr *x);

static void
look_up_call(Lookup *k, Expr *x)
{
	const CallExpr *c = x->call;
	const char *name = c->callee->kind == E_NAME ? c->callee->id->s : "";
	size_t n;
	const CondCall *all = cond_calls(&n), *known = NULL;
	bool python = false;

	for (size_t i = 0; i < countof(python_calls); i++)
		python |= strcmp(name, python_calls[i]) == 0;
	for (size_t i = 0; i < n && !known; i++)
		if (strcmp(all[i].name, name) == 0)
			known = &all[i];
	c->callee->slot = known ? (uint32_t)(known - all) + 1 : 0;
	if (!known && !python) {
		wrong(k, c->callee->span, "function of conditions", name, NULL);
		return;
	}
	for (uint32_t i = 0; i < c->narg; i++)
		if (python)
			look_up(k, c->arg[i].val);
	if (known && c->narg != known->narg) {
		k->good = diag_error(k->diag, x->span, "%s takes %u texts, not %u", name,
		                     known->narg, c->narg);
		return;
	}
	for (uint32_t i = 0; known && i < c->narg; i++) {
		const char *s = cond_text(c->arg[i].val);
		if (!s)
			k->good = diag_error(k->diag, c->arg[i].val->span,
			                     "%s takes texts in quotes", name);
		else if (known->takes == TAKES_OPERATION && !op_find(s, strlen(s)))
			wrong(k, c->arg[i].val->span, "operation", s, op_nearest(s));
		else if (known->takes == TAKES_OPERAND && !op_takes(k->op, s))
			wrong(k, c->arg[i].val->span, "operand", s, NULL);
	}
}

static void
look_up_name(Lookup *k, Expr *x)
{
	const char *names[256];
	size_t n;
	const CondName *all = cond_names(&n);

	for (size_t i = 0; i < n && i < countof(names); i++) {
		names[i] = all[i].name;
		if (str_is(x->id, all[i].name))
			x->slot = (uint32_t)i + 1;
	}
	if (!x->slot)
		wrong(k, x->span, "name of conditions", x->id->s,
		      nearest(x->id->s, names, MIN(n, countof(names))));
}

static void
look_up(Lookup *k, Expr *x)
{
	switch (x->kind) {
	case E_CONST:
		break;
	case E_NAME:
		x->slot = 0;
		look_up_name(k, x);
		break;
	case E_CALL:
		look_up_call(k, x);
		break;
	case E_TUPLE:
	case E_LIST:
	case E_SET:
		for (uint32_t i = 0; i < x->n; i++)
			look_up(k, x->at[i]);
		break;
	case E_CHAIN:
		for (uint32_t i = 0; i < x->chain->n; i++)
			look_up(k, x->chain->at[i].e);
		break;
	case E_COND:
		look_up(k, x->c);
		/* fall through */
	case E_AND:
	case E_OR:
	case E_CMP:
	case E_BINARY:
		look_up(k, x->a);
		look_up(k, x->b);
		break;
	case E_NOT:
	case E_UNARY:
		look_up(k, x->a);
		break;
	default:
		k->good = diag_error(k->diag, x->span, "conditions have no such expression");
	}
}

/* ---- taking apart ---- */

static bool
clause_parse(Tree *t, const char *text, size_t len, uint32_t at, const char *op, Clause *c)
{
	Lookup k = {t->diag, op, true};
	size_t skip = 0;
	Expr *x;
	Parser p;

	*c = (Clause){.kind = CLAUSE_EXPR};
	if (text[0] == '#') {
		c->kind = CLAUSE_REMARK;
		c->limits = len > 1 && text[1] == '!';
		skip = c->limits ? 2 : 1;
		while (skip < len && text[skip] == ' ')
			skip++;
	} else if (text[0] == '~') {
		c->soft = true;
		skip = 1;
	}
	c->text = arena_printf(t->arena, "%.*s", (int)(len - skip), text + skip);
	c->at = at + (uint32_t)skip;
	if (strcmp(c->text, "G") == 0)
		c->kind = CLAUSE_GLOBAL;
	if (c->kind != CLAUSE_EXPR)
		return true;
	p = (Parser){.tree = t, .arena = t->arena, .diag = t->diag, .names = t->names};
	c->expr = x = parse_inner(&p, c->text, len - skip, c->at);
	if (x)
		look_up(&k, x);
	return x && k.good;
}

bool
clauses_parse(Tree *t, const char *text, size_t len, uint32_t at, const char *op, Clauses *out)
{
	size_t from = 0, end;
	bool good = true;
	Clause c;

	if (len == 1 && text[0] == '-')
		return true;
	for (; from < len; from = end + 2) {
		for (end = from; end < len && !(text[end] == ';' && text[end + 1] == ' ');)
			end++;
		if (clause_parse(t, text + from, end - from, at + (uint32_t)from, op, &c))
			vec_push(t->arena, out, c);
		else
			good = false;
	}
	return good;
}
