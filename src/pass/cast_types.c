/* cast_types.c: see cast_types.h. */
#include "cast_types.h"

#include <stdio.h>

/* Values that several ops of one block use are cast once. */
typedef struct Walk {
	PassCtx *c;
	const CastRule *rule;
	Map *cache; /* Var and target -> cast Var */
	Var *dtype[DT_COUNT]; /* of the function at hand: see rewrite_cast */
	bool failed;
} Walk;

static bool
has_type(const Var *v, DType t)
{
	return v->type->kind == TY_TENSOR && v->type->dtype == t;
}

static bool
several_operands(const Var *v)
{
	uint32_t n = 0;

	for (const Use *u = v->uses; u && n < 2; u = u->next)
		n += u->user != NULL;
	return n > 1;
}

static Var *
cast_down(Walk *w, Inst *i, Var *v, DType to)
{
	uint64_t key = KEY(v) ^ (uint64_t)to << 56;
	bool shared = several_operands(v);
	char suffix[16] = "_to_";
	Var *x;

	if (shared && (x = map_get(w->cache, key)))
		return x;
	strcat(suffix, dtype_info[to].mil);
	x = rewrite_cast(w->c, i->parent, i, i->span, v, to, name_join(w->c, v->name, suffix),
	                 &w->dtype[to]);
	if (x->val && w->rule->adjust)
		w->rule->adjust(w->c, x, v);
	if (shared)
		map_put(w->cache, key, x);
	return x;
}

/* A cast of a result back to the wide type, behind i; all users of the result get it. */
static Var *
cast_back(Walk *w, Inst *i, Var *narrow)
{
	char suffix[16] = "_to_";
	Var *wide;

	strcat(suffix, dtype_info[w->rule->from].mil);
	wide = rewrite_cast(w->c, i->parent, i->next, i->span, narrow, w->rule->from,
	                    name_join(w->c, narrow->name, suffix), &w->dtype[w->rule->from]);
	for (Use *u = narrow->uses, *next; u; u = next) {
		next = u->next;
		if (u->user != wide->def)
			use_set(u, wide);
	}
	return wide;
}

/* Casts the operands of i that the rule names; the type of the last one, or DT_NONE if none. */
static DType
cast_operands(Walk *w, Inst *i)
{
	DType to = DT_NONE;

	for (uint32_t p = 0; p < i->op->nparam; p++) {
		DType target = i->arg[p].n ? w->rule->target(w->c, i, (int)p) : DT_NONE;
		if (target == DT_NONE)
			continue;
		for (uint32_t k = 0; k < i->arg[p].n; k++) {
			Var *v = arg_at(&i->arg[p], k);
			if (has_type(v, DT_STRING)) { /* the operand names the type of a result */
				Builder b = pass_builder_before(w->c, i);
				use_set(i->arg[p].u[k],
				        build_const(&b, v->name,
				                    build_str(&b, dtype_info[target].mil)));
				to = target;
			} else if (has_type(v, w->rule->from)) {
				use_set(i->arg[p].u[k], cast_down(w, i, v, target));
				to = target;
			}
		}
	}
	return to;
}

static void
transform(Walk *w, Inst *i)
{
	char suffix[16] = "_cast_";
	DType to = cast_operands(w, i);
	Var *before;

	if (to == DT_NONE)
		return;
	/* The results as they were: names, types and which of them leave the function. */
	before = newn(w->c->arena, Var, MAX(i->nout, 1));
	for (uint32_t k = 0; k < i->nout; k++)
		before[k] = *i->out[k];
	strcat(suffix, dtype_info[to].mil);
	inst_name_set(i, name_join(w->c, i->name, suffix));
	Builder b = pass_builder_before(w->c, i);
	if (!build_reinfer(&b, i)) {
		w->failed = true;
		return;
	}
	for (uint32_t k = 0; k < i->nout; k++) {
		Var *v = i->out[k];
		bool output = var_is_function_output(v);
		char index[16];
		snprintf(index, sizeof index, "_%u", k);
		v->name = i->nout == 1 ? i->name : name_join(w->c, i->name, index);
		if (has_type(&before[k], w->rule->from) && !has_type(v, w->rule->from))
			v = cast_back(w, i, v);
		if (output)
			v->name = before[k].name;
	}
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
		if (i->op->code != OP_const && w->rule->wanted(w->c, i, &w->failed))
			transform(w, i);
	}
	w->cache = outer;
}

bool
cast_types(PassCtx *c, const CastRule *rule)
{
	Walk w = {.c = c, .rule = rule};

	for (uint32_t f = 0; f < c->prog->funcs.n; f++) {
		memset(w.dtype, 0, sizeof w.dtype);
		walk(&w, c->prog->funcs.at[f]->body);
	}
	return !w.failed;
}
