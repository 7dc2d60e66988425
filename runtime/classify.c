/* classify.c: the label of the largest probability, and a dictionary, which is its values here:
 * those who need the keys find them in the operand `classes`, in the same order.
 */
#include "evals.h"

#include <string.h>

/* The first of the largest; the first NaN beats all numbers, as in reduce_argmax. */
static int64_t
largest(const double *p, int64_t n)
{
	int64_t best = 0;

	for (int64_t i = 1; i < n; i++)
		if (p[best] == p[best] && !(p[i] <= p[best]))
			best = i;
	return best;
}

bool
eval_classify(Eval *e)
{
	const Tensor *p = eval_arg(e, ARG_probabilities), *classes = eval_arg(e, ARG_classes);
	size_t size = classes ? dtype_size(classes->dtype) : 0;
	Tensor *label, *values;

	if (!classes)
		return eval_fail(e, "the labels are made by the model, not fixed in it");
	if (p->count != classes->count)
		return eval_fail(e, "there are %lld labels for %lld probabilities",
		                 (long long)classes->count, (long long)p->count);
	if (!p->count)
		return eval_fail(e, "there are no probabilities to choose from");
	label = eval_new(e, 0, classes->dtype, NULL, 0);
	values = eval_new(e, 1, DT_FP64, &p->count, 1);
	if (!label || !values)
		return false;
	for (int64_t i = 0; i < p->count; i++)
		tensor_set_f(values, i, tensor_f(p, i));
	memcpy(label->data,
	       (const char *)tensor_data(e->arena, classes) +
	           (size_t)largest(values->data, p->count) * size,
	       size);
	return true;
}
