/* cast_types.c: see cast_types.h. */
#include "cast_types.h"

#include "match.h"

#include <stdio.h>

/* A result that became narrow, while its users still expect the wide type (rule->lazy). */
typedef struct Narrow {
	bool on, output;
	const Str *name; /* of the result as it was */
	Var *wide;       /* the cast back, once someone needed it */
} Narrow;

/* Values that several ops of one block use are cast once. */
typedef struct Walk {
	PassCtx *c;
	const CastRule *rule;
	const OpSelector *selector; /* the pass's option, or 0 */
	Map *cache; /* Var and target -> cast Var */
	Narrow *narrow;       /* by the id of a Var; 0 unless lazy */
	uint32_t nnarrow;
	bool failed;
} Walk;

static bool
has_type(const Var *v, DType t)
{
	return v->type->kind == TY_TENSOR && v->type->dtype == t;
}

/* "_to_fp16". One for each operand of a program: too many for formats. */
static void
suffixed(char suffix[16], const char *between, DType to)
{
	strcpy(suffix, between);
	strcat(suffix, dtype_info[to].mil);
}

static const Str *
cast_name(Walk *w, const Var *v, const char *between, DType to)
{
	char suffix[16];

	suffixed(suffix, between, to);
	return name_join(w->c, v->name, suffix);
}

static const Tensor *
cast_value(const Walk *w, const Tensor *t, DType to)
{
	const Tensor *x = tensor_cast(w->c->prog->arena, t, to);

	return w->rule->adjust ? w->rule->adjust(w->c, x, t) : x;
}

/* Nobody misses the constant as it is: i is all that uses it, and it can become the new one. */
static bool
is_spare(const Var *v)
{
	return !v->held && !v->uses->next;
}

/* With the number that a new one would have. */
static Var *
const_changed(Inst *i, Var *v, const Str *name, const Tensor *val)
{
	Func *f = i->parent->func;

	inst_move_before(v->def, i);
	inst_name_set(v->def, name);
	v->def->unnamed = false;
	*v = (Var){.name = name, .type = type_with_dtype(f->prog->types, v->type, val->dtype),
	           .def = v->def, .val = val, .uses = v->uses, .id = f->nvar++,
	           .from_const = true};
	return v;
}

static Var *
const_down(Walk *w, Inst *i, Var *v, DType to)
{
	const Str *name = cast_name(w, v, "_to_", to);
	const Tensor *val = cast_value(w, v->val, to);
	Builder b = pass_builder_before(w->c, i);
	Var *x;

	if (is_spare(v))
		return const_changed(i, v, name, val);
	x = build_const(&b, name, val);
	x->def->span = v->def->span;
	return x;
}

static Var *
cast_down(Walk *w, Inst *i, Var *v, DType to)
{
	uint64_t key = KEY(v) ^ (uint64_t)to << 56;
	bool shared = var_nchild(v, 2) > 1;
	Var *x = map_get(w->cache, key);

	if (x) /* the first of several users had it made, though this one may be the last */
		return x;
	if (w->narrow && var_is_const(v)) {
		x = const_down(w, i, v, to);
	} else {
		x = rewrite_cast(w->c, i->parent, i, i->span, v, to, cast_name(w, v, "_to_", to));
		if (x->val && w->rule->adjust)
			x->val = w->rule->adjust(w->c, x->val, v->val);
	}
	if (shared)
		map_put(w->cache, key, x);
	return x;
}

/* The cast of a result back to the wide type, behind the instruction that makes it. */
static Var *
cast_back(Walk *w, Var *narrow)
{
	Inst *i = narrow->def;

	return rewrite_cast(w->c, i->parent, i->next, i->span, narrow, w->rule->from,
	                    cast_name(w, narrow, "_to_", w->rule->from));
}

static Narrow *
narrow_of(Walk *w, const Var *v)
{
	Narrow *n = w->narrow && v->def && v->id < w->nnarrow ? &w->narrow[v->id] : NULL;

	return n && n->on ? n : NULL;
}

/* v as its user expects it: cast back now if it became narrow. */
static Var *
widen(Walk *w, Var *v)
{
	Narrow *n = narrow_of(w, v);

	if (!n)
		return v;
	if (!n->wide) {
		n->wide = cast_back(w, v);
		if (n->output)
			n->wide->name = n->name;
	}
	return n->wide;
}

static void
widen_use(Walk *w, Use *u)
{
	if (narrow_of(w, u->var))
		use_set(u, widen(w, u->var));
}

/* One operand of the type that the op shall have. True if it is now. */
static bool
cast_operand(Walk *w, Inst *i, Use *u, DType to)
{
	Var *v = u->var;

	if (has_type(v, DT_STRING)) { /* it names the type of a result */
		Builder b = pass_builder_before(w->c, i);
		use_set(u, build_const(&b, name_join(w->c, v->name, "_cast"),
		                       build_str(&b, dtype_info[to].mil)));
		return true;
	}
	if (narrow_of(w, v)) {
		if (has_type(v, to))
			return true;
		v = widen(w, v);
	}
	if (!has_type(v, w->rule->from))
		return false;
	use_set(u, cast_down(w, i, v, to));
	if (w->narrow && var_is_const(v) && !v->uses)
		inst_remove(v->def);
	return true;
}

/* Casts the operands of i that the rule names; the type of the last one, or DT_NONE if none. */
static DType
cast_operands(Walk *w, Inst *i)
{
	DType to = DT_NONE;

	for (uint32_t p = 0; p < i->op->nparam; p++) {
		bool known = i->arg[p].n && !(i->op->flags & OPAQUE);
		DType target = known ? w->rule->target(w->c, i, (int)p) : DT_NONE;
		for (uint32_t k = 0; k < i->arg[p].n; k++)
			if (target == DT_NONE)
				widen_use(w, i->arg[p].u[k]);
			else if (cast_operand(w, i, i->arg[p].u[k], target))
				to = target;
	}
	return to;
}

/* Users that come later will find the result narrow. */
static void
note_narrow(Walk *w, const Var *v, const Str *old_name, bool output)
{
	w->narrow[v->id] = (Narrow){.on = true, .output = output, .name = old_name};
}

static void
transform(Walk *w, Inst *i)
{
	DType to = cast_operands(w, i);
	Builder b = pass_builder_before(w->c, i);
	char suffix[16];
	Var one, *before = &one;

	if (to == DT_NONE)
		return;
	/* The results as they were: names, types and which of them leave the function. */
	if (i->nout > 1)
		before = newn(w->c->arena, Var, i->nout);
	for (uint32_t k = 0; k < i->nout; k++)
		before[k] = *i->out[k];
	suffixed(suffix, "_cast_", to);
	inst_name_set(i, name_join(w->c, i->name, suffix));
	if (!build_reinfer(&b, i)) {
		w->failed = true;
		return;
	}
	for (uint32_t k = 0; k < i->nout; k++) {
		Var *v = i->out[k], *wide;
		bool output = var_is_function_output(v);
		bool narrowed = has_type(&before[k], w->rule->from) && !has_type(v, w->rule->from);
		v->name = i->name;
		if (i->nout > 1) {
			snprintf(suffix, sizeof suffix, "_%u", k);
			v->name = name_join(w->c, i->name, suffix);
		}
		if (narrowed && w->narrow) {
			note_narrow(w, v, before[k].name, output);
			continue;
		}
		wide = v;
		if (narrowed) {
			wide = cast_back(w, v);
			var_replace_but(v, wide);
		}
		if (output)
			wide->name = before[k].name;
	}
}

static void
leave_alone(Walk *w, Inst *i)
{
	if (w->narrow)
		for each_operand (o, i)
			widen_use(w, o.use);
}

static void
walk(Walk *w, Block *b)
{
	Map cache, *outer = w->cache;

	map_init(&cache, w->c->arena);
	w->cache = &cache;
	for (Inst *i = b->first, *next; i && !w->failed; i = next) {
		next = i->next;
		for (uint32_t k = 0; k < i->nblock; k++)
			walk(w, i->block[k]);
		if (w->rule->wanted(w->c, i, w->selector))
			transform(w, i);
		else
			leave_alone(w, i);
	}
	for (uint32_t k = 0; w->narrow && k < b->nout; k++)
		widen_use(w, b->out[k]);
	w->cache = outer;
}

bool
cast_types(PassCtx *c, const CastRule *rule)
{
	bool lazy = rule->lazy && pass_follows(c, "cast_optimization") &&
	            pass_follows(c, "const_elimination");
	Walk w = {.c = c, .rule = rule, .selector = pass_value(c, "op_selector")};

	for (uint32_t f = 0; f < c->prog->funcs.n; f++) {
		if (lazy) {
			w.nnarrow = c->prog->funcs.at[f]->nvar;
			w.narrow = newn(c->arena, Narrow, (size_t)w.nnarrow + 1);
		}
		walk(&w, c->prog->funcs.at[f]->body);
	}
	return !w.failed;
}
