/* verify.c: the invariants of ir.h and of the op table, in one walk. A bit per Var says whether it
 * is defined at this place: set where it is made, cleared where its block ends.
 */

#include "ir.h"

typedef struct Verifier {
	const Program *p;
	const Func *f;
	uint8_t *defined; /* by id: bit 0 now, bit 1 ever */
	uint32_t *nop;
	bool ok;
} Verifier;

static void walk_block(Verifier *v, const Block *b, const Inst *parent);

/* One message for all: what is broken, where. */
static void
broken(Verifier *v, const Inst *i, const char *what)
{
	v->ok = false;
	diag_error(v->p->diag, i ? i->span : v->f->span, "broken program: %s, at %s %s", what,
	           i ? i->op->name : "function",
	           i && i->name ? i->name->s : v->f->name ? v->f->name->s : "without a name");
}

static void
define(Verifier *v, const Var *x, const Inst *i)
{
	if (x->id >= v->f->nvar)
		broken(v, i, "the id of a value is out of range");
	else if (v->defined[x->id] & 2)
		broken(v, i, "two values have one id");
	else
		v->defined[x->id] = 3;
	if (!x->type)
		broken(v, i, "a value has no type");
	else if (x->type->kind == TY_ERROR)
		broken(v, i, "a value is in error");
	if (x->val && x->type && x->type->kind == TY_TENSOR &&
	    (x->val->dtype != x->type->dtype || (uint32_t)x->val->rank != x->type->rank ||
	     (x->type->count >= 0 && x->val->count != x->type->count)))
		broken(v, i, "a known value does not have the type of its variable");
	for (const Use *u = x->uses; u; u = u->next)
		if (u->var != x || *u->prevp != u)
			broken(v, i, "the list of uses is torn");
}

static void
undefine(Verifier *v, const Var *x)
{
	if (x->id < v->f->nvar)
		v->defined[x->id] &= (uint8_t)~1u;
}

static void
check_use(Verifier *v, const Use *u, const Inst *i)
{
	const Var *x = u->var;

	if (!x)
		broken(v, i, "an operand slot is empty");
	else if (*u->prevp != u)
		broken(v, i, "a use is not in the list of its variable");
	else if (x->id >= v->f->nvar || !(v->defined[x->id] & 1))
		broken(v, i, "an operand is not defined before it is used");
}

static void
check_args(Verifier *v, const Inst *i)
{
	for (uint32_t k = 0; k < i->op->nparam; k++) {
		const Param *p = &i->op->param[k];
		const Arg *a = &i->arg[k];
		bool slot = p->kind != P_FN && p->kind != P_INTERNAL;
		if (slot && !p->optional && p->kind != P_TUPLE && a->n == 0)
			broken(v, i, "a required operand is absent");
		if (p->kind != P_TUPLE && a->n > 1)
			broken(v, i, "a single operand has several values");
		for (uint32_t j = 0; j < a->n; j++) {
			check_use(v, a->u[j], i);
			if (a->u[j]->user != i)
				broken(v, i, "a use names another user");
		}
		if (a->n == 1 && p->kind == P_TENSOR && a->u[0]->var && a->u[0]->var->type &&
		    a->u[0]->var->type->kind == TY_TENSOR &&
		    !(p->mask >> a->u[0]->var->type->dtype & 1))
			broken(v, i, "an operand has a type that the op does not take");
	}
}

static void
walk_inst(Verifier *v, const Inst *i, const Block *b)
{
	if (i->parent != b)
		broken(v, i, "an instruction is not in its block");
	if ((i->prev ? i->prev->next : b->first) != i || (i->next ? i->next->prev : b->last) != i)
		broken(v, i, "the list of instructions is torn");
	if (i->prev && i->order && i->prev->order && i->prev->order >= i->order)
		broken(v, i, "order numbers do not rise");
	if (inst_is(i, OP_const) && (i->nout != 1 || !i->out[0]->val))
		broken(v, i, "a const has no value");
	v->nop[i->op->code]++;
	check_args(v, i);
	for (uint32_t k = 0; k < i->nblock; k++)
		walk_block(v, i->block[k], i);
	for (uint32_t k = 0; k < i->nout; k++) {
		if (i->out[k]->def != i || i->out[k]->index != k)
			broken(v, i, "an output belongs to another instruction");
		define(v, i->out[k], i);
	}
}

static void
walk_block(Verifier *v, const Block *b, const Inst *parent)
{
	uint32_t n = 0;

	if (b->parent != parent || b->func != v->f)
		broken(v, parent, "a block does not know where it is");
	for (uint32_t k = 0; k < b->nparam; k++) {
		if (b->param[k]->param_of != b || b->param[k]->def)
			broken(v, parent, "a parameter belongs to another block");
		define(v, b->param[k], parent);
	}
	for (const Inst *i = b->first; i; i = i->next, n++)
		walk_inst(v, i, b);
	if (n != b->ninst)
		broken(v, parent, "the number of instructions is wrong");
	for (uint32_t k = 0; k < b->nout; k++) {
		check_use(v, b->out[k], parent);
		if (b->out[k]->user || b->out[k]->block != b)
			broken(v, parent, "an output of a block names another block");
	}
	for (uint32_t k = 0; k < b->nparam; k++)
		undefine(v, b->param[k]);
	for (const Inst *i = b->first; i; i = i->next)
		for (uint32_t k = 0; k < i->nout; k++)
			undefine(v, i->out[k]);
}

bool
program_verify(const Program *p)
{
	Verifier v = {.p = p, .ok = true};

	for (uint32_t k = 0; k < p->funcs.n; k++) {
		v.f = p->funcs.at[k];
		v.defined = xcalloc(v.f->nvar, 1);
		v.nop = xcalloc(OP_COUNT, sizeof *v.nop);
		walk_block(&v, v.f->body, NULL);
		if (memcmp(v.nop, v.f->nop, OP_COUNT * sizeof *v.nop) != 0)
			broken(&v, NULL, "the numbers of instructions by opcode are wrong");
		xfree(v.defined);
		xfree(v.nop);
	}
	return v.ok;
}
