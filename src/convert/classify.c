/* classify.c: turns a program into a classifier: an operation `classify` behind the output with the
 * probabilities, whose two results, the label and a dictionary from labels to probabilities, take
 * its place.
 */
#include "convert.h"

/* Names as the passes leave them: anything but letters, digits and _ became _. */
static const Str *
sanitized(Convert *c, const Str *name)
{
	char *s = arena_dup(c->prog->arena, name->s, name->len + 1);

	for (uint32_t i = 0; i < name->len; i++)
		if (!(s[i] >= '0' && s[i] <= '9') && !(s[i] >= 'a' && s[i] <= 'z') &&
		    !(s[i] >= 'A' && s[i] <= 'Z'))
			s[i] = '_';
	return intern(c->prog->names, s, name->len);
}

static Var *
find_probabilities(Convert *c)
{
	const ClassifierSpec *cl = c->o->classifier;
	const Block *b = c->main->body;
	const Str *want = cl->probs && cl->probs->len ? sanitized(c, cl->probs) : 0;

	for (const Inst *i = b->last; i; i = i->prev) {
		if (!want && i->op->code != OP_const && i->nout == 1)
			return i->out[0];
		for (uint32_t k = 0; want && k < i->nout; k++)
			if (i->out[k]->name == want)
				return i->out[k];
	}
	if (want)
		convert_error(c, cl->span,
		              "predicted_probabilities_output is '%s', but no value of the program "
		              "has that name",
		              cl->probs->s);
	else
		convert_error(
		    c, cl->span,
		    "the program has no operation whose result could be the probabilities");
	return 0;
}

/* The outputs of the function without v, behind the n given ones. */
static void
set_outputs(Convert *c, Var *const *first, uint32_t n, const Var *without)
{
	Block *b = c->main->body;
	Var **v = newn(c->prog->arena, Var *, b->nout + n);
	uint32_t k = 0;

	for (uint32_t i = 0; i < n; i++)
		v[k++] = first[i];
	for (uint32_t i = 0; i < b->nout; i++)
		if (b->out[i]->var != without)
			v[k++] = b->out[i]->var;
	block_set_outputs(b, v, k);
}

static Var *
make_classes(Convert *c, Builder *b)
{
	const ClassifierSpec *cl = c->o->classifier;
	int64_t n = cl->n;
	Tensor *val = tensor_new(c->prog->arena, cl->ints ? DT_INT64 : DT_STRING, &n, 1);

	if (cl->ints)
		memcpy(val->data, cl->number, cl->n * sizeof *cl->number);
	else
		memcpy(val->data, cl->label, cl->n * sizeof *cl->label);
	return build_const_list(b, intern_cstr(c->prog->names, "classes"), val);
}

bool
add_classify(Convert *c)
{
	const ClassifierSpec *cl = c->o->classifier;
	Program *p = c->prog;
	Var *probs = find_probabilities(c);
	const Type *label = type_scalar(p->types, cl->ints ? DT_INT64 : DT_STRING);
	Builder b;

	if (!probs)
		return false;
	c->m->classifier = cl;
	c->m->face.predicted_feature = cl->feature ? cl->feature->s : "classLabel";
	c->m->face.predicted_probs =
	    arena_printf(c->m->arena, "%s_probs", c->m->face.predicted_feature);
	if (c->format == FORMAT_NEURALNETWORK) {
		c->m->face.predicted_probs = probs->name->s;
		return true;
	}
	if (probs->type->kind != TY_TENSOR)
		return convert_error(c, cl->span, "the probabilities '%s' are no tensor",
		                     probs->name->s);
	builder_init(&b, p, c->main);
	b.span = cl->span;
	Var *classes = make_classes(c, &b);
	set_outputs(c, 0, 0, probs);
	if (probs->type->dtype != DT_FP32)
		probs = build_must(
		    &b, OP_cast, intern_printf(p->names, "%s_cast_to_fp32", probs->name->s),
		    ARGS(VAR("x", probs), STRC(&b, "dtype", "fp32")));
	Inst *i = inst_new(c->main, op_oldest(OP_classify), intern_cstr(p->names, "classify"), 2,
	                   cl->span);
	inst_set_arg(i, op_param(i->op, "probabilities"), probs);
	inst_set_arg(i, op_param(i->op, "classes"), classes);
	i->out[0]->name = intern_cstr(p->names, c->m->face.predicted_feature);
	i->out[0]->type = label;
	i->out[1]->name = intern_cstr(p->names, c->m->face.predicted_probs);
	i->out[1]->type = type_dict(p->types, label, type_scalar(p->types, DT_FP64));
	inst_insert(c->main->body, 0, i);
	set_outputs(c, i->out, 2, probs);
	return true;
}
