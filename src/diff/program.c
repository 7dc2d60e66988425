/* program.c: two programs: functions by name, operations aligned by what they do.
 *
 * The operations of two blocks are aligned in rounds, each within the gaps that the last one left:
 * those that are the same down to their constants; those of one name that take the same types;
 * those that take the same types; those of one kind. What is left was put in, or taken out.
 *
 * Pairs say which value of b stands for which of a, and so whether operands are the same. An
 * operand may also have come to pass through what was put in, or no longer through what was taken
 * out: that is no difference of its own.
 */
#include "differ.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_STEPS = 64 }; /* operations that an operand is followed through */

typedef struct Pairs {
	Diff *d;
	Map to_b;    /* Var of a -> Var of b */
	Map lonely;  /* Inst without a partner -> itself */
	bool opsets; /* the functions' opsets differ, which is said once */
} Pairs;

typedef struct Sequence {
	const Inst **at;
	size_t n;
} Sequence;

static void diff_blocks(Pairs *p, const char *place, const Block *a, const Block *b);

/* ---- what an operation is ---- */

/* Constants belong to their users, but for those that nobody uses, or a block gives. */
static bool
is_item(const Inst *i)
{
	if (!inst_is(i, OP_const))
		return true;
	for each_use(u, i->out[0])
		if (u->user)
			return false;
	return true;
}

static Sequence
items_of(Diff *d, const Block *b)
{
	Sequence s = {newn(d->arena, const Inst *, (size_t)b->ninst + 1), 0};

	for each_inst(i, b)
		if (is_item(i))
			s.at[s.n++] = i;
	return s;
}

static void
put_type(Buf *b, const Type *t)
{
	if (t)
		type_put_mil(b, t, true);
	buf_byte(b, ';');
}

typedef enum Round { SAME_VALUES, SAME_NAME, SAME_TYPES, SAME_KIND, ROUNDS } Round;

static uint64_t
hash_of(const Inst *i, Round round)
{
	uint64_t h = hash_bytes(i->op->name, strlen(i->op->name), 0);
	Buf text = {0};

	if (round == SAME_KIND)
		return h;
	if (round == SAME_NAME)
		buf_printf(&text, "%s;", i->name->s);
	for (uint32_t k = 0; k < i->nout; k++)
		put_type(&text, i->out[k]->type);
	for each_operand(o, i) {
		uint64_t value = 0;
		if (o.var->unsaid)
			continue;
		if (round == SAME_VALUES && var_is_const(o.var) && o.var->val)
			value = tensor_hash(o.var->val);
		buf_printf(&text, "%s %llx", i->op->param[o.param].name,
		           (unsigned long long)value);
		put_type(&text, o.var->type);
	}
	if (round == SAME_VALUES && inst_is(i, OP_const) && i->out[0]->val)
		h ^= tensor_hash(i->out[0]->val);
	h = hash_bytes(text.at ? text.at : "", text.n, h);
	buf_free(&text);
	return h;
}

/* "relu(x = a, y = 2)" */
static const char *
inst_text(Diff *d, const Inst *i)
{
	Buf b = {0};
	uint32_t last = UINT32_MAX;

	buf_printf(&b, "%s(", i->op->name);
	for each_operand(o, i) {
		const Var *v = o.var;
		if (v->unsaid)
			continue;
		if (o.param != last)
			buf_printf(&b, "%s%s = ", last == UINT32_MAX ? "" : ", ",
			           i->op->param[o.param].name);
		else
			buf_puts(&b, ", ");
		last = o.param;
		if (var_is_const(v) && v->val && v->val->count == 1)
			value_print(&b, v->type, v->val, true);
		else
			buf_puts(&b, v->name->s);
	}
	buf_byte(&b, ')');
	return buf_keep(&b, d->arena);
}

/* ---- aligning ---- */

/* Fills match for items i0 to i1 of a and j0 to j1 of b, from this round on. */
static void
align_gap(Diff *d, const Sequence *a, size_t i0, size_t i1, const Sequence *b, size_t j0, size_t j1,
          int64_t *match, Round round)
{
	size_t na = i1 - i0, nb = j1 - j0;
	uint64_t *x, *y;

	if (!na || !nb || round == ROUNDS)
		return;
	x = newn(d->arena, uint64_t, na);
	y = newn(d->arena, uint64_t, nb);
	for (size_t i = 0; i < na; i++)
		x[i] = hash_of(a->at[i0 + i], round);
	for (size_t j = 0; j < nb; j++)
		y[j] = hash_of(b->at[j0 + j], round);
	diff_align(d->arena, x, na, y, nb, match + i0);
	for (size_t i = 0, from = 0, bfrom = j0; i <= na; i++) {
		if (i < na && match[i0 + i] < 0)
			continue;
		size_t bto = i < na ? j0 + (size_t)match[i0 + i] : j1;
		align_gap(d, a, i0 + from, i0 + i, b, bfrom, bto, match, round + 1);
		if (i < na)
			match[i0 + i] = (int64_t)bto;
		from = i + 1;
		bfrom = bto + 1;
	}
}

/* ---- operands ---- */

/* v, and what it comes from through operations without partners. */
static size_t
follow(const Pairs *p, const Var *v, const Var **out)
{
	size_t n = 0;

	out[n++] = v;
	for (size_t k = 0; k < n; k++) {
		const Inst *i = out[k]->def;
		if (!i || !map_get(&p->lonely, KEY(i)))
			continue;
		for each_operand(o, i) {
			size_t j = 0;
			while (j < n && out[j] != o.var)
				j++;
			if (j == n && n < MOST_STEPS && !var_is_const(o.var))
				out[n++] = o.var;
		}
	}
	return n;
}

/* vb is what va became, perhaps by way of what was put in or taken out. */
static bool
same_value(const Pairs *p, const Var *va, const Var *vb)
{
	const Var *from[MOST_STEPS], *to[MOST_STEPS];
	size_t nfrom, nto;

	if (map_get(&p->to_b, KEY(va)) == vb)
		return true;
	nfrom = follow(p, va, from);
	nto = follow(p, vb, to);
	for (size_t i = 0; i < nfrom; i++)
		for (size_t j = 0; j < nto; j++)
			if (map_get(&p->to_b, KEY(from[i])) == to[j])
				return true;
	return false;
}

static void
renamed(Pairs *p, const char *place, const char *what, const Str *a, const Str *b)
{
	if (a != b)
		change_add(p->d, (Change){.kind = CHANGE_RENAMED,
		                          .place = place,
		                          .what = what,
		                          .before = a->s,
		                          .after = b->s,
		                          .most = NAN});
}

static const char *
operand_text(Diff *d, const Var *v)
{
	Buf b = {0};

	if (!v)
		return NULL;
	if (!var_is_const(v) || !v->val || v->val->count > 8)
		return v->name->s;
	value_print(&b, v->type, v->val, true);
	return buf_keep(&b, d->arena);
}

static void
diff_operand(Pairs *p, const char *place, const char *what, const Var *va, const Var *vb)
{
	Diff *d = p->d;

	if (va && vb && var_is_const(va) && var_is_const(vb) && va->val && vb->val) {
		if (map_get(&p->to_b, KEY(va)) == vb)
			return;
		map_put(&p->to_b, KEY(va), (Var *)(uintptr_t)vb);
		diff_values(d, place, what, va->type, va->val, vb->type, vb->val);
		if (!va->in_place && !vb->in_place && !va->unsaid && !vb->unsaid)
			renamed(p, place, what, va->name, vb->name);
		return;
	}
	if ((!va && vb && vb->unsaid) || (va && !vb && va->unsaid))
		return;
	if (va && vb && same_value(p, va, vb))
		return;
	change_add(d, (Change){.kind = CHANGE_OTHER,
	                       .place = place,
	                       .what = what,
	                       .before = va ? operand_text(d, va) : "not set",
	                       .after = vb ? operand_text(d, vb) : "not set",
	                       .most = NAN});
}

static void
diff_column(Pairs *p, const char *place, const char *name, const Arg *a, const Arg *b)
{
	uint32_t na = a ? a->n : 0, nb = b ? b->n : 0;

	for (uint32_t k = 0; k < MAX(na, nb); k++)
		diff_operand(p, place,
		             MAX(na, nb) == 1 ? name : arena_printf(p->d->arena, "%s[%u]", name, k),
		             k < na ? a->u[k]->var : NULL, k < nb ? b->u[k]->var : NULL);
}

static void
diff_operands(Pairs *p, const char *place, const Inst *a, const Inst *b)
{
	for (uint32_t k = 0; k < a->op->nparam; k++) {
		const char *name = a->op->param[k].name;
		int other = op_param(b->op, name);
		diff_column(p, place, name, &a->arg[k], other < 0 ? NULL : &b->arg[other]);
	}
	for (uint32_t k = 0; k < b->op->nparam; k++)
		if (op_param(a->op, b->op->param[k].name) < 0)
			diff_column(p, place, b->op->param[k].name, NULL, &b->arg[k]);
}

/* ---- pairs ---- */

static void
diff_types(Pairs *p, const char *place, const char *what, const Type *a, const Type *b)
{
	Buf x = {0}, y = {0};

	if (a != b) {
		put_type(&x, a);
		put_type(&y, b);
	}
	if (a != b && (x.n != y.n || memcmp(x.at, y.at, x.n) != 0)) {
		x.at[x.n - 1] = y.at[y.n - 1] = '\0';
		change_add(p->d, (Change){.kind = CHANGE_OTHER,
		                          .place = place,
		                          .what = what,
		                          .before = arena_strdup(p->d->arena, x.at),
		                          .after = arena_strdup(p->d->arena, y.at),
		                          .most = NAN});
	}
	buf_free(&x);
	buf_free(&y);
}

static void
diff_pair(Pairs *p, const char *place, const Inst *a, const Inst *b)
{
	Diff *d = p->d;
	bool same_names = true;

	if (a->op->since != b->op->since && !p->opsets && !(a->op->flags & DIALECT))
		change_add(d, (Change){.kind = CHANGE_OTHER,
		                       .place = place,
		                       .what = "version",
		                       .before = opset_name(a->op->since),
		                       .after = opset_name(b->op->since),
		                       .most = NAN});
	for (uint32_t k = 0; k < MIN(a->nout, b->nout); k++) {
		const char *what = a->nout == 1 ? "result" : arena_printf(d->arena, "result %u", k);
		same_names &= a->out[k]->name == b->out[k]->name;
		renamed(p, place, what, a->out[k]->name, b->out[k]->name);
		diff_types(p, place, what, a->out[k]->type, b->out[k]->type);
	}
	if (same_names && !a->unnamed && !b->unnamed)
		renamed(p, place, "name", a->name, b->name);
	if (a->nout != b->nout)
		change_add(d, (Change){.kind = CHANGE_OTHER,
		                       .place = place,
		                       .what = "number of results",
		                       .before = arena_printf(d->arena, "%u", a->nout),
		                       .after = arena_printf(d->arena, "%u", b->nout),
		                       .most = NAN});
	if (inst_is(a, OP_const) && a->out[0]->val && b->out[0]->val)
		diff_values(d, place, NULL, a->out[0]->type, a->out[0]->val, b->out[0]->type,
		            b->out[0]->val);
	diff_operands(p, place, a, b);
	for (uint32_t k = 0; k < MIN(a->nblock, b->nblock); k++)
		diff_blocks(p, place_in(d, place, "block", arena_printf(d->arena, "%u", k)),
		            a->block[k], b->block[k]);
}

static void
one_side(Pairs *p, ChangeKind kind, const char *place, const Inst *i)
{
	const char *text = inst_text(p->d, i);

	change_add(p->d, (Change){.kind = kind,
	                          .place = place_in(p->d, place, "operation", i->name->s),
	                          .before = kind == CHANGE_REMOVED ? text : NULL,
	                          .after = kind == CHANGE_ADDED ? text : NULL,
	                          .most = NAN});
}

/* ---- blocks ---- */

static void
pair_values(Pairs *p, const Sequence *a, const Sequence *b, const int64_t *match)
{
	Map paired;

	map_init(&paired, p->d->arena);
	for (size_t i = 0; i < a->n; i++) {
		const Inst *x = a->at[i], *y = match[i] < 0 ? NULL : b->at[match[i]];
		if (!y) {
			map_put(&p->lonely, KEY(x), (Inst *)(uintptr_t)x);
			continue;
		}
		map_put(&paired, KEY(y), (Inst *)(uintptr_t)y);
		for (uint32_t k = 0; k < MIN(x->nout, y->nout); k++)
			map_put(&p->to_b, KEY(x->out[k]), y->out[k]);
	}
	for (size_t j = 0; j < b->n; j++)
		if (!map_get(&paired, KEY(b->at[j])))
			map_put(&p->lonely, KEY(b->at[j]), (Inst *)(uintptr_t)b->at[j]);
}

static void
diff_outputs(Pairs *p, const char *place, const Block *a, const Block *b)
{
	for (uint32_t k = 0; k < MIN(a->nout, b->nout); k++)
		diff_operand(p, place, arena_printf(p->d->arena, "output %u", k), a->out[k]->var,
		             b->out[k]->var);
}

static void
diff_items(Pairs *p, const char *place, const Block *a, const Block *b)
{
	Sequence x = items_of(p->d, a), y = items_of(p->d, b);
	int64_t *match = newn(p->d->arena, int64_t, x.n + 1);
	size_t j = 0;

	for (size_t i = 0; i < x.n; i++)
		match[i] = -1;
	align_gap(p->d, &x, 0, x.n, &y, 0, y.n, match, SAME_VALUES);
	pair_values(p, &x, &y, match);
	for (size_t i = 0; i < x.n; i++) {
		if (match[i] < 0) {
			one_side(p, CHANGE_REMOVED, place, x.at[i]);
			continue;
		}
		while (j < (size_t)match[i])
			one_side(p, CHANGE_ADDED, place, y.at[j++]);
		diff_pair(p, place_in(p->d, place, "operation", x.at[i]->name->s), x.at[i],
		          y.at[j++]);
	}
	while (j < y.n)
		one_side(p, CHANGE_ADDED, place, y.at[j++]);
}

static void
diff_blocks(Pairs *p, const char *place, const Block *a, const Block *b)
{
	for (uint32_t k = 0; k < MIN(a->nparam, b->nparam); k++) {
		const char *what = arena_printf(p->d->arena, "input %u", k);
		map_put(&p->to_b, KEY(a->param[k]), b->param[k]);
		renamed(p, place, what, a->param[k]->name, b->param[k]->name);
		diff_types(p, place, what, a->param[k]->type, b->param[k]->type);
	}
	diff_items(p, place, a, b);
	diff_outputs(p, place, a, b);
}

/* ---- functions ---- */

static Var *
named(Var *const *v, uint32_t n, const Str *name)
{
	for (uint32_t k = 0; k < n; k++)
		if (v[k]->name == name)
			return v[k];
	return NULL;
}

/* Inputs are matched by name, the rest of them in their order. */
static void
pair_inputs(Pairs *p, const char *place, const Block *a, const Block *b)
{
	uint32_t next = 0;

	for (uint32_t k = 0; k < a->nparam; k++) {
		Var *x = a->param[k], *y = named(b->param, b->nparam, x->name);
		while (!y && next < b->nparam && named(a->param, a->nparam, b->param[next]->name))
			next++;
		if (!y && next < b->nparam) {
			y = b->param[next++];
			renamed(p, place, "input", x->name, y->name);
		}
		if (!y) {
			change_add(p->d,
			           (Change){.kind = CHANGE_REMOVED,
			                    .place = place_in(p->d, place, "input", x->name->s),
			                    .most = NAN});
			continue;
		}
		map_put(&p->to_b, KEY(x), y);
		diff_types(p, place_in(p->d, place, "input", x->name->s), "type", x->type, y->type);
	}
	for (; next < b->nparam; next++)
		if (!named(a->param, a->nparam, b->param[next]->name))
			change_add(p->d, (Change){.kind = CHANGE_ADDED,
			                          .place = place_in(p->d, place, "input",
			                                            b->param[next]->name->s),
			                          .most = NAN});
}

/* Outputs that both have; the description says which one lacks. */
static void
diff_named_outputs(Pairs *p, const char *place, const Block *a, const Block *b)
{
	for (uint32_t k = 0; k < a->nout; k++) {
		const Var *x = a->out[k]->var, *y = NULL;
		for (uint32_t j = 0; j < b->nout; j++)
			if (b->out[j]->var->name == x->name)
				y = b->out[j]->var;
		if (y)
			diff_operand(p, place, arena_printf(p->d->arena, "output %s", x->name->s),
			             x, y);
	}
}

static void
diff_functions(Diff *d, const char *place, const Func *a, const Func *b)
{
	Pairs p = {.d = d, .opsets = a->opset != b->opset};

	map_init(&p.to_b, d->arena);
	map_init(&p.lonely, d->arena);
	if (p.opsets)
		change_add(d, (Change){.kind = CHANGE_OTHER,
		                       .place = place,
		                       .what = "opset",
		                       .before = opset_coreml(a->opset),
		                       .after = opset_coreml(b->opset),
		                       .most = NAN});
	pair_inputs(&p, place, a->body, b->body);
	diff_items(&p, place, a->body, b->body);
	diff_named_outputs(&p, place, a->body, b->body);
}

static const Func *
function_named(const Program *p, const Str *name)
{
	for (uint32_t k = 0; k < p->funcs.n; k++)
		if (p->funcs.at[k]->name == name)
			return p->funcs.at[k];
	return NULL;
}

void
diff_programs(Diff *d, const char *place, const Program *a, const Program *b)
{
	for (uint32_t k = 0; k < a->funcs.n; k++) {
		const Func *x = a->funcs.at[k], *y = function_named(b, x->name);
		const char *at = place_in(d, place, "function", x->name->s);
		if (y)
			diff_functions(d, at, x, y);
		else
			change_add(d, (Change){.kind = CHANGE_REMOVED, .place = at, .most = NAN});
	}
	for (uint32_t k = 0; k < b->funcs.n; k++) {
		const Str *name = b->funcs.at[k]->name;
		if (!function_named(a, name))
			change_add(d, (Change){.kind = CHANGE_ADDED,
			                       .place = place_in(d, place, "function", name->s),
			                       .most = NAN});
	}
}
