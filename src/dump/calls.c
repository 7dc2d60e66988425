/* calls.c: operations as calls of the builder, blocks as functions of the script.
 *
 * plan_function() goes through a function in the order in which the builder will, keeping its
 * counters, and finds the constants that can stand in the calls. put_body() then writes.
 */
#include "writing.h"

/* ---- which constants stand in calls ---- */

/* The value is no operation of the file's: it stands where it is used, or nowhere. */
static bool
is_hidden(const Writing *w, const Var *v)
{
	if (map_get(&w->shown, KEY(v)))
		return false;
	if (v->in_place || v->unsaid)
		return true;
	for (const Use *u = v->uses; u; u = u->next)
		if (!use_is_held(u) && !inst_is(u->user, OP_classify))
			return false;
	return v->uses;
}

/* What a script has only once, though the file has it where it is used: see find_shared(). */
static const Var *
shown_as(const Writing *w, const Var *v)
{
	const Var *other = map_get(&w->shown, KEY(v));

	return other ? other : v;
}

static bool
stands_in_call(const Writing *w, const Inst *i, const Var *v)
{
	return var_is_const(v) && (map_get(&w->held, KEY(v->def)) == i || is_hidden(w, v));
}

/* OPNAME_PARAM, and behind it the place in a tuple. */
static const char *
stem_of(Writing *w, const Inst *i, const OperandAt *o)
{
	const Param *p = &i->op->param[o->param];

	if (p->kind == P_TUPLE)
		return arena_printf(w->arena, "%s_%s%u", i->name->s, p->name, o->next - 1);
	return arena_printf(w->arena, "%s_%s", i->name->s, p->name);
}

static unsigned
count_of(const Writing *w, const char *stem)
{
	return (unsigned)(uintptr_t)map_get(&w->counts, hash_bytes(stem, strlen(stem), 0));
}

static void
count_up(Writing *w, const char *stem)
{
	map_put(&w->counts, hash_bytes(stem, strlen(stem), 0),
	        (void *)(uintptr_t)(count_of(w, stem) + 1));
}

/* The operand of i that the constant would be if it stood in the call. */
static bool
find_operand(Writing *w, const Inst *i, const Var *v, OperandAt *at)
{
	const char *stem;

	if (!v->uses || v->uses->next || v->uses->user != i || v->name != v->def->name ||
	    map_get(&w->shown, KEY(v)))
		return false;
	for each_operand (o, i)
		if (o.var == v) {
			*at = o;
			stem = stem_of(w, i, &o);
			return str_is(v->name, arena_printf(w->arena, "%s_%u", stem,
			                                    count_of(w, stem)));
		}
	return false;
}

typedef struct Place { /* of a constant: of i, and which operand of the call it would be */
	const Inst *i;
	OperandAt at;
} Place;
typedef VEC(Place) Places;

/* The constants right in front of i that could be made by its call; the last one first. */
static Places
find_run(Writing *w, const Inst *i)
{
	Places run = {0};

	for (const Inst *c = i->prev; inst_is(c, OP_const) && !w->loops; c = c->prev) {
		Place p = {.i = c};
		if (is_hidden(w, c->out[0]))
			continue;
		if (!find_operand(w, i, c->out[0], &p.at))
			break;
		vec_push(w->arena, &run, p);
	}
	return run;
}

/* The order of columns in the call: first those that make no constants of the run, then the others
 * as their constants follow each other. */
static uint32_t
order_columns(const Inst *i, const Places *run, uint8_t *column)
{
	uint32_t n = 0;
	uint32_t seen[MAX_PARAMS] = {0};

	for (uint32_t k = run->n; k-- > 0;)
		seen[run->at[k].at.param]++;
	for (uint32_t k = 0; k < i->op->nparam; k++)
		if (!seen[k])
			column[n++] = (uint8_t)k;
	for (uint32_t k = run->n; k-- > 0;)
		if (seen[run->at[k].at.param]) {
			column[n++] = (uint8_t)run->at[k].at.param;
			seen[run->at[k].at.param] = 0;
		}
	return n;
}

/* The call makes its constants column by column, those of a tuple from the first to the last. */
static bool
keeps_order(const Places *run)
{
	for (uint32_t k = 1; k < run->n; k++) {
		const OperandAt *a = &run->at[k].at, *b = &run->at[k - 1].at; /* a comes first */
		if (a->param == b->param ? a->next >= b->next : false)
			return false;
		for (uint32_t j = k + 1; j < run->n && a->param != b->param; j++)
			if (run->at[j].at.param == b->param)
				return false;
	}
	return true;
}

/* ---- values that are shared ---- */

/* Two operations that refer to one record of the weights file. */
static void
share_record(Writing *w, Var *v)
{
	const BlobAt *at = v->val ? map_get(&w->m->blobs, KEY(v->val)) : NULL;
	Var *first;
	uint64_t key;

	if (!at)
		return;
	key = hash_bytes(at->file, strlen(at->file), at->offset);
	first = map_get(&w->records, key);
	if (!first || first->type != v->type ||
	    !block_encloses(var_block(first), var_block(v))) {
		map_put(&w->records, key, v);
		return;
	}
	map_put(&w->shown, KEY(first), first);
	map_put(&w->shown, KEY(v), first);
}

/* Some operations have an operand in the file twice: in place, and as a constant of that name,
 * which nothing uses. */
static void
share_twin(Writing *w, const Inst *i, const OperandAt *o)
{
	const char *param = stem_of(w, i, o) + i->name->len;

	for (const Inst *c = i->prev; c; c = c->prev) {
		Var *twin = inst_is(c, OP_const) ? c->out[0] : NULL;
		if (!twin || twin->uses || map_get(&w->shown, KEY(twin)) ||
		    twin->type != o->var->type || !strstr(twin->name->s, param) ||
		    !tensor_equal(twin->val, o->var->val))
			continue;
		map_put(&w->shown, KEY(twin), twin);
		map_put(&w->shown, KEY(o->var), twin);
		return;
	}
}

static bool
has_unused(const Block *b)
{
	for (const Inst *i = b->first; i; i = i->next)
		if (inst_is(i, OP_const) && !i->out[0]->uses)
			return true;
	return false;
}

/* Finds constants that must be one in the script, with a line of their own. */
static void
find_shared(Writing *w, const Block *b)
{
	bool unused = has_unused(b);

	for (const Inst *i = b->first; i; i = i->next) {
		for each_operand (o, i) {
			if (!var_is_const(o.var) || !is_hidden(w, o.var) || o.var->unsaid)
				continue;
			if (o.var->uses->next && o.var->type->count >= LARGE_CONST)
				map_put(&w->shown, KEY(o.var), o.var);
			else if (use_is_held(o.use))
				share_record(w, o.var);
			else if (unused && o.var->in_place)
				share_twin(w, i, &o);
		}
		for (uint32_t k = 0; k < i->nblock; k++)
			find_shared(w, i->block[k]);
	}
}

/* ---- planning ---- */

static void
plan_call(Writing *w, const Inst *i)
{
	Places run = find_run(w, i);

	if (!keeps_order(&run))
		run.n = 0;
	for (uint32_t k = 0; k < run.n; k++)
		map_put(&w->held, KEY(run.at[k].i), (void *)(uintptr_t)i);
	map_put(&w->runs, KEY(i), arena_dup(w->arena, &run, sizeof run));
	for each_operand (o, i)
		if (stands_in_call(w, i, o.var))
			count_up(w, stem_of(w, i, &o));
}

static void
plan_block(Writing *w, const Block *b)
{
	for (const Inst *i = b->first; i; i = i->next) {
		if (inst_is(i, OP_const))
			continue;
		plan_call(w, i);
		for (uint32_t k = 0; k < i->nblock; k++) {
			bool loop = i->block[k]->nparam;
			w->loops += loop;
			plan_block(w, i->block[k]);
			w->loops -= loop;
		}
	}
}

void
plan_function(Writing *w)
{
	map_init(&w->records, w->arena);
	find_shared(w, w->f->body);
	plan_block(w, w->f->body);
}

/* ---- which versions ---- */

static bool
is_given(const Inst *i, int column)
{
	return column >= 0 && i->arg[column].n && !i->arg[column].u[0]->var->unsaid;
}

/* Called in this version, the operation gets the operands that it has in the file: all of them, and
 * if `exact` no defaults beside them. */
static bool
fits(const Inst *i, const OpDef *d, bool exact)
{
	for (uint32_t k = 0; k < i->op->nparam; k++)
		if (is_given(i, (int)k) && op_param(d, i->op->param[k].name) < 0)
			return false;
	for (uint32_t k = 0; exact && k < d->nparam; k++)
		if (d->param[k].dflt && d->param[k].kind != P_INTERNAL &&
		    !is_given(i, op_param(i->op, d->param[k].name)))
			return false;
	return true;
}

static const OpDef *
version_at(const Inst *i, Opset o)
{
	return o ? op_for_opset(i->op->code, o) : op_oldest(i->op->code);
}

static const Inst *
find_misfit(const Block *b, Opset o, bool exact)
{
	for (const Inst *i = b->first; i; i = i->next) {
		const Inst *bad = NULL;
		const OpDef *d = i->op->flags & (DIALECT | OPAQUE) ? i->op : version_at(i, o);
		if (!inst_is(i, OP_const) && (!d || !fits(i, d, exact)))
			bad = i;
		for (uint32_t k = 0; k < i->nblock && !bad; k++)
			bad = find_misfit(i->block[k], o, exact);
		if (bad)
			return bad;
	}
	return NULL;
}

static const Inst *
find_opaque(const Block *b)
{
	for (const Inst *i = b->first; i; i = i->next) {
		const Inst *nested = i->op->flags & OPAQUE ? i : NULL;
		for (uint32_t k = 0; k < i->nblock && !nested; k++)
			nested = find_opaque(i->block[k]);
		if (nested)
			return nested;
	}
	return NULL;
}

/* The target's, or an older one if the operations are those of one; none: each is its oldest. */
bool
pick_opset(Writing *w, Opset target)
{
	const Inst *other = find_opaque(w->f->body);

	if (other)
		return diag_error(w->diag, other->span,
		                  "the operation '%s' is none that a script can call: "
		                  "use -S or --json",
		                  other->op->name);
	for (int exact = 1; exact >= 0; exact--)
		for (int o = (int)target; o >= IOS13 - 1; o--) {
			w->opset = o < IOS13 ? OPSET_NONE : (Opset)o;
			if (!find_misfit(w->f->body, w->opset, exact))
				return true;
		}
	other = find_misfit(w->f->body, target, false);
	return diag_error(w->diag, other->span,
	                  "this %s is the one of opset %s, but other operations are newer, and a "
	                  "script has one opset: use -S or --json",
	                  other->op->name, opset_name(other->op->since));
}

/* ---- calls ---- */

static void
indent(Writing *w, int depth)
{
	buf_printf(w->out, "%*s", 4 * depth, "");
}

static void
put_operand(Writing *w, const Inst *i, const Var *v)
{
	if (stands_in_call(w, i, v))
		put_literal(w, v);
	else
		buf_puts(w->out, var_name(w, shown_as(w, v)));
}

/* The function of the script that is the kth block of the operation. */
static const char *
block_name(Writing *w, const Inst *i, uint32_t k)
{
	const char *name = map_get(&w->name_of, KEY(i->block[k]));

	for (uint32_t p = 0, n = 0; !name && p < i->op->nparam; p++)
		if (i->op->param[p].kind == P_FN && n++ == k) {
			name = fresh_name(w, arena_printf(w->arena, "%s%s", i->name->s,
			                                  i->op->param[p].name));
			map_put(&w->name_of, KEY(i->block[k]), (void *)(uintptr_t)name);
		}
	return name;
}

static void
put_tuple(Writing *w, const Inst *i, const Arg *a)
{
	buf_byte(w->out, '[');
	for (uint32_t k = 0; k < a->n; k++) {
		buf_puts(w->out, k ? ", " : "");
		put_operand(w, i, a->u[k]->var);
	}
	buf_byte(w->out, ']');
}

static void
put_arguments(Writing *w, const Inst *i)
{
	const Places *run = map_get(&w->runs, KEY(i));
	uint8_t column[MAX_PARAMS];
	uint32_t n = order_columns(i, run, column), nfn = 0;

	for (uint32_t k = 0; k < n; k++) {
		const Param *p = &i->op->param[column[k]];
		const Arg *a = &i->arg[column[k]];
		if (p->kind == P_FN) {
			buf_printf(w->out, "%s=%s, ", p->name, block_name(w, i, nfn++));
			continue;
		}
		if (!a->n || a->u[0]->var->unsaid)
			continue;
		buf_printf(w->out, "%s=", p->name);
		if (p->kind == P_TUPLE)
			put_tuple(w, i, a);
		else
			put_operand(w, i, a->u[0]->var);
		buf_puts(w->out, ", ");
	}
}

/* What the results are, behind the call. */
static void
put_comment(Writing *w, const Inst *i)
{
	for (uint32_t k = 0; k < i->nout; k++) {
		buf_puts(w->out, k ? "; " : "  # ");
		put_type_words(w, w->out, i->out[k]->type);
	}
	buf_byte(w->out, '\n');
}

/* A name that the builder would not give. */
static void
put_rename(Writing *w, const Var *v, const char *given, int depth)
{
	if (str_is(v->name, given))
		return;
	indent(w, depth);
	buf_printf(w->out, "%s.name = ", var_name(w, v));
	put_quoted_text(w->out, v->name->s);
	buf_byte(w->out, '\n');
}

static void
put_renames(Writing *w, const Inst *i, int depth)
{
	for (uint32_t k = 0; k < i->nout; k++)
		put_rename(w, i->out[k],
		           i->nout == 1 ? i->name->s
		                        : arena_printf(w->arena, "%s_%u", i->name->s, k),
		           depth);
}

/* ---- nested blocks ---- */

/* The parameters of a loop's functions are called as what they begin with. */
static void
put_param_renames(Writing *w, const Inst *i, const Block *b, int depth)
{
	const Arg *start = NULL;

	for (uint32_t k = 0; k < i->op->nparam; k++)
		if (i->op->param[k].kind == P_TUPLE)
			start = &i->arg[k];
	for (uint32_t k = 0; start && k < b->nparam; k++) {
		const Str *name = start->u[k]->var->name;
		unsigned n = 0;
		for (uint32_t j = 0; j < k; j++)
			n += start->u[j]->var->name == name;
		put_rename(w, b->param[k], arena_printf(w->arena, "%s_x%u", name->s, n), depth);
	}
}

static void
put_nested(Writing *w, const Inst *i, uint32_t k, int depth)
{
	const Block *b = i->block[k];

	buf_byte(w->out, '\n');
	indent(w, depth);
	buf_printf(w->out, "def %s(", block_name(w, i, k));
	for (uint32_t j = 0; j < b->nparam; j++)
		buf_printf(w->out, j ? ", %s" : "%s", var_name(w, b->param[j]));
	buf_puts(w->out, "):\n");
	put_param_renames(w, i, b, depth + 1);
	put_body(w, b, depth + 1);
	indent(w, depth + 1);
	buf_puts(w->out, "return ");
	put_results(w, b);
	buf_byte(w->out, '\n');
}

static void
put_call(Writing *w, const Inst *i, int depth)
{
	for (uint32_t k = 0; k < i->nblock; k++)
		put_nested(w, i, k, depth);
	buf_puts(w->out, i->nblock ? "\n" : "");
	indent(w, depth);
	for (uint32_t k = 0; k < i->nout; k++)
		buf_printf(w->out, k ? ", %s" : "%s", var_name(w, i->out[k]));
	buf_printf(w->out, i->nout ? " = mb.%s(" : "mb.%s(", i->op->name);
	if (inst_is(i, OP_const)) {
		buf_puts(w->out, "val=");
		put_literal(w, i->out[0]);
		buf_puts(w->out, ", ");
	} else {
		put_arguments(w, i);
	}
	buf_puts(w->out, "name=");
	put_quoted_text(w->out, i->name->s);
	buf_byte(w->out, ')');
	put_comment(w, i);
	put_renames(w, i, depth);
}

void
put_results(Writing *w, const Block *b)
{
	for (uint32_t k = 0; k < b->nout; k++)
		buf_printf(w->out, k ? ", %s" : "%s", var_name(w, b->out[k]->var));
}

void
put_body(Writing *w, const Block *b, int depth)
{
	for (const Inst *i = b->first; i && !w->failed; i = i->next) {
		if (inst_is(i, OP_const) &&
		    (is_hidden(w, i->out[0]) || map_get(&w->held, KEY(i)) ||
		     shown_as(w, i->out[0]) != i->out[0]))
			continue;
		if (i == w->classify || i == w->cast)
			continue;
		put_call(w, i, depth);
	}
}
