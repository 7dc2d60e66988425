/* verify_run.c: see verify_run.h. The inputs are made once; what the program gives after each pass
 * is compared with what it gave after the one before, so that the pass that changes it is named.
 */
#include "verify_run.h"

#include "exec/exec.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_ELEMENTS = 1 << 22 }; /* of an input: beyond that a check would take minutes */

struct PassCheck {
	PassCtx *c;
	Arena arena; /* inputs */
	Arena kept[2]; /* outputs, in turn */
	int turn;
	Func *f;
	NamedTensor *in, *out;
	uint32_t nin, nout;
	bool off, half;
};

static const Tensor *
make_input(PassCheck *k, const Var *v, uint64_t *state)
{
	const Type *t = v->type->kind == TY_STATE ? v->type->elem : v->type;
	int64_t dim[TENSOR_MAX_RANK], count;
	Tensor *x;

	for (uint32_t i = 0; i < t->rank; i++)
		dim[i] = dim_known(t->dim[i]) ? t->dim[i] : 2;
	if (!shape_count(dim, (int)t->rank, &count) || count > MAX_ELEMENTS)
		return NULL;
	x = tensor_new(&k->arena, t->dtype, dim, (int)t->rank);
	for (int64_t i = 0; i < count && v->type->kind != TY_STATE; i++)
		if (dtype_is_float(t->dtype))
			tensor_set_f(x, i, splitmix_unit(state) + 0x1p-10);
		else
			tensor_set_i(x, i, (int64_t)(splitmix_bits(state) % 2));
	return x;
}

static bool
run(PassCheck *k, NamedTensor **out, uint32_t *nout)
{
	Session *s = session_new(k->f, &(SessionOptions){.seed = 1, .max_steps = 100000});
	bool ok;
	Span at;

	k->turn = !k->turn;
	arena_free(&k->kept[k->turn]);
	/* A pass may have renamed the inputs: they go by their places. */
	for (uint32_t i = 0; i < k->nin; i++)
		k->in[i].name = k->f->body->param[i]->name;
	ok = session_run(s, k->in, k->nin, &k->kept[k->turn], out, nout) == RUN_OK;
	if (!ok) {
		k->off = true;
		const char *why = session_error(s, &at);
		diag_warning(k->c->prog->diag, at,
		             "--verify-passes: the program cannot be run here, so numbers are not "
		             "compared: %s",
		             why);
	}
	session_free(s);
	return ok;
}

PassCheck *
pass_check_new(PassCtx *c)
{
	PassCheck *k = xcalloc(1, sizeof *k);
	uint64_t state = 1;

	k->c = c;
	k->f = c->prog->funcs.n ? c->prog->funcs.at[0] : NULL;
	k->off = c->prog->funcs.n != 1;
	if (k->off)
		return k;
	k->nin = k->f->body->nparam;
	k->in = newn(&k->arena, NamedTensor, MAX(k->nin, 1));
	for (uint32_t i = 0; i < k->nin && !k->off; i++) {
		k->in[i].t = make_input(k, k->f->body->param[i], &state);
		k->off = !k->in[i].t;
	}
	if (!k->off)
		run(k, &k->out, &k->nout);
	return k;
}

static bool
computes_half(const Block *b)
{
	for (const Inst *i = b->first; i; i = i->next) {
		for (uint32_t k = 0; k < i->nout; k++)
			if (i->out[k]->type->kind == TY_TENSOR && i->out[k]->type->dtype == DT_FP16)
				return true;
		for (uint32_t k = 0; k < i->nblock; k++)
			if (computes_half(i->block[k]))
				return true;
	}
	return false;
}

/* fp16 keeps 11 bits of each operation; sums of them lose a few more. */
static double
tolerance(const PassCheck *k, const Tensor *a)
{
	if (!dtype_is_float(a->dtype))
		return k->half ? 1 : 0; /* a rounded number may step over to the next integer */
	return k->half ? 2e-2 : 1e-4;
}

static bool
same_numbers(const PassCheck *k, const Tensor *a, const Tensor *b, int64_t *at)
{
	double tol = tolerance(k, a), largest = 0;
	double least = tol >= 2e-2 ? 0x1p-14 : 0; /* below, half precision loses digits */

	*at = 0;
	if (a->count != b->count || a->dtype == DT_STRING)
		return a->count == b->count;
	for (int64_t i = 0; i < a->count; i++)
		if (isfinite(tensor_f(a, i)))
			largest = fmax(largest, fabs(tensor_f(a, i)));
	for (*at = 0; *at < a->count; (*at)++) {
		double x = tensor_f(a, *at), y = tensor_f(b, *at);
		if (x == y || (isnan(x) && isnan(y)) ||
		    fabs(x - y) <= tol * (fabs(x) + largest) + least)
			continue;
		if (tol >= 2e-2 && (!isfinite(x) || !isfinite(y)))
			continue; /* beyond the range of fp16 on one side */
		return false;
	}
	return true;
}

bool
pass_check_run(PassCheck *k, const PassInfo *p)
{
	NamedTensor *out;
	uint32_t nout;
	int64_t at;

	if (k->off || !run(k, &out, &nout))
		return true;
	k->half = k->half || computes_half(k->f->body);
	for (uint32_t i = 0; i < nout && i < k->nout; i++)
		if (!same_numbers(k, k->out[i].t, out[i].t, &at)) {
			bool counts = k->out[i].t->count == out[i].t->count;
			diag_error(k->c->prog->diag, NOSPAN,
			           "pass %s::%s changes what the program computes: output '%s' "
			           "differs at element %lld: %g before, %g after",
			           p->space, p->name, out[i].name->s, (long long)at,
			           counts ? tensor_f(k->out[i].t, at) : (double)k->out[i].t->count,
			           counts ? tensor_f(out[i].t, at) : (double)out[i].t->count);
			return false;
		}
	k->out = out;
	k->nout = nout;
	return true;
}

void
pass_check_free(PassCheck *k)
{
	if (!k)
		return;
	arena_free(&k->arena);
	arena_free(&k->kept[0]);
	arena_free(&k->kept[1]);
	xfree(k);
}
