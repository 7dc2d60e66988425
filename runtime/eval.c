/* eval.c: what every evaluator uses to reach its operands and to hand over results. Operands are
 * found by the column that a name has in the row. */
#include "eval.h"

#include <stdio.h>

const EvalArg *
eval_operand(const Eval *e, ArgName param)
{
	static const EvalArg absent;
	int k = op_column(e->row, param);

	if (k >= 0)
		return &e->arg[k];
	for (const OpDef *d = op_oldest(e->row->code); d; d = op_newer(d))
		if (op_column(d, param) >= 0)
			return &absent;
	die("%s has no parameter %s", e->row->name, arg_name(param));
}

uint32_t
operand_place(const OpDef *row, const EvalArg *arg, ArgName param)
{
	int column = op_column(row, param);
	uint32_t n = 0;

	if (column < 0 || arg[column].n == 0)
		return UINT32_MAX;
	for (int k = 0; k < column; k++)
		n += arg[k].n;
	return n;
}

const Tensor *
eval_arg(const Eval *e, ArgName param)
{
	const EvalArg *a = eval_operand(e, param);

	return a->n ? a->v[0].t : NULL;
}

int64_t
eval_int(const Eval *e, ArgName param, int64_t dflt)
{
	const Tensor *t = eval_arg(e, param);

	return t && t->count > 0 ? tensor_i(t, 0) : dflt;
}

double
eval_double(const Eval *e, ArgName param, double dflt)
{
	const Tensor *t = eval_arg(e, param);

	return t && t->count > 0 ? tensor_f(t, 0) : dflt;
}

bool
eval_bool(const Eval *e, ArgName param, bool dflt)
{
	const Tensor *t = eval_arg(e, param);

	return t && t->count > 0 ? tensor_i(t, 0) != 0 : dflt;
}

const char *
eval_str(const Eval *e, ArgName param, const char *dflt)
{
	const Tensor *t = eval_arg(e, param);

	if (!t || t->count < 1)
		return dflt;
	if (t->dtype != DT_STRING)
		die("%s: %s is no string", e->row->name, arg_name(param));
	return (*(const Str *const *)t->data)->s;
}

bool
eval_axis(Eval *e, ArgName param, int rank, int64_t dflt, int *out)
{
	int64_t axis = eval_int(e, param, dflt);

	if (axis < -rank || axis >= rank)
		return eval_fail(e, "%s is %lld, but x has rank %d", arg_name(param),
		                 (long long)axis, rank);
	*out = (int)(axis < 0 ? axis + rank : axis);
	return true;
}

Tensor *
eval_scratch(Eval *e, DType t, const int64_t *dim, int rank)
{
	int64_t count;

	if (shape_count(dim, rank, &count))
		return tensor_new(e->arena, t, dim, rank);
	eval_fail(e, "no tensor of rank %d can be as large as this one would be", rank);
	return NULL;
}

Tensor *
eval_new(Eval *e, uint32_t i, DType t, const int64_t *dim, int rank)
{
	Tensor *r = eval_scratch(e, t, dim, rank);

	if (i >= e->nout)
		die("%s has %u results, not %u", e->row->name, e->nout, i + 1);
	e->out[i].t = r;
	return r;
}

bool
eval_room(Eval *e, DType t, const int64_t *dim, int rank)
{
	int64_t count;
	size_t bytes;

	if (!shape_count(dim, rank, &count) || !mul_size((size_t)count, dtype_size(t), &bytes))
		return true; /* eval_new() will say so */
	e->full = e->room && bytes > e->room;
	return !e->full;
}

int64_t
dims_count(const int64_t *dim, int from, int to)
{
	int64_t n = 1;

	for (int i = from; i < to; i++)
		n *= dim[i];
	return n;
}

bool
eval_fail(Eval *e, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, vsnprintf(e->err, sizeof e->err, fmt, ap));
	return false;
}
