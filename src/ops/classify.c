/* classify.c: type rule of classify: the class label and the dictionary of probabilities. */
#include "shapes.h"

bool
infer_classify(Infer *c)
{
	const Type *p = type_known(c, "probabilities"), *t = type_known(c, "classes");
	const Type *label;

	if (t->kind != TY_LIST)
		return op_error(c, "classes", "'classes' is a %s, expected a list of labels",
		                type_str(c->types, t));
	label = t->elem;
	if (label->kind != TY_TENSOR || (label->dtype != DT_STRING && label->dtype != DT_INT64))
		return op_error(c, "classes",
		                "the labels are of type %s, expected strings or int64",
		                type_str(c->types, label));
	if (p->count >= 0 && dim_known(t->length) && t->length != p->count)
		return op_clash(c, "classes", "probabilities",
		                "there are %lld labels for %lld probabilities",
		                (long long)t->length, (long long)p->count);
	infer_outputs(c, 2);
	infer_set_type(c, 0, label);
	return infer_set_type(c, 1, type_dict(c->types, label, type_scalar(c->types, DT_FP64)));
}
