/* classify.c: turns a program into a classifier: an operation `classify` behind the output with the
 * probabilities, whose two results, the label and a dictionary from labels to probabilities, take
 * its place.
 */
#include "convert.h"
#include "pass/sanitize.h"

static Var *
find_probabilities(Convert *c)
{
	const ClassifierSpec *cl = c->o->classifier;
	const Block *b = c->described->body;
	const Str *want = cl->probs && cl->probs->len
	                      ? name_cleaned(c->prog->names, cl->probs, "_")
	                      : 0;

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
	Block *b = c->described->body;
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

/* The probabilities as fp32, which is all that classify takes. */
static Var *
as_fp32(Convert *c, Builder *b, Var *probs)
{
	if (probs->type->dtype == DT_FP32)
		return probs;
	return build_must(b, OP_cast,
	                  intern_printf(c->prog->names, "%s_cast_to_fp32", probs->name->s),
	                  ARGS(VAR("x", probs), STRC(b, "dtype", "fp32")));
}

/* The peer does not count for a NeuralNetwork, but who labels classes meant something by it. */
static bool
check_count(Convert *c, const Var *probs)
{
	const ClassifierSpec *cl = c->o->classifier;
	long long n = probs->type->count;

	if (n < 0 || n == cl->n)
		return true;
	if (c->format == FORMAT_MLPROGRAM)
		return convert_error(c, cl->span,
		                     "the class labels are %u, but '%s' holds %lld numbers for "
		                     "them",
		                     cl->n, probs->name->s, n);
	diag_warning(c->d, cl->span,
	             "the class labels are %u, but '%s' holds %lld numbers for them",
	             cl->n, probs->name->s, n);
	return true;
}

static bool
build_classify(Convert *c, Var *probs)
{
	const ClassifierSpec *cl = c->o->classifier;
	Program *p = c->prog;
	const Type *label = type_scalar(p->types, cl->ints ? DT_INT64 : DT_STRING);
	Builder b;

	builder_init(&b, p, c->described);
	b.span = cl->span;
	Var *classes = make_classes(c, &b);
	set_outputs(c, 0, 0, probs);
	probs = as_fp32(c, &b, probs);
	Inst *i = inst_new(c->described, op_oldest(OP_classify), intern_cstr(p->names, "classify"),
	                   2, cl->span);
	inst_set_arg(i, op_param(i->op, "probabilities"), probs);
	inst_set_arg(i, op_param(i->op, "classes"), classes);
	i->out[0]->name = intern_cstr(p->names, c->m->face.predicted_feature);
	i->out[0]->type = label;
	i->out[1]->name = intern_cstr(p->names, c->m->face.predicted_probs);
	i->out[1]->type = type_dict(p->types, label, type_scalar(p->types, DT_FP64));
	inst_insert(c->described->body, 0, i);
	set_outputs(c, i->out, 2, probs);
	return true;
}

/* The label and the dictionary need names of their own. */
static bool
check_name(Convert *c, const char *name)
{
	const Block *b = c->described->body;
	bool taken = false;

	for (const Inst *i = b->first; i && !taken; i = i->next)
		for (uint32_t k = 0; k < i->nout; k++)
			taken = taken || str_is(i->out[k]->name, name);
	for (uint32_t k = 0; k < b->nparam; k++)
		taken = taken || str_is(b->param[k]->name, name);
	return !taken || convert_error(c, c->o->classifier->span,
	                               "an output of the classifier is called '%s', but so is "
	                               "a value of the program: choose another "
	                               "predicted_feature_name",
	                               name);
}

bool
add_classify(Convert *c)
{
	const ClassifierSpec *cl = c->o->classifier;
	ClassifierSpec *found = arena_dup(c->m->arena, cl, sizeof *cl);
	bool network = c->format == FORMAT_NEURALNETWORK;
	Interface *face = &c->m->face;
	Var *probs;

	if (!c->described)
		return convert_error(c, cl->span,
		                     "classifier_config is about the function 'main', which the "
		                     "program does not have");
	probs = find_probabilities(c);
	if (!probs)
		return false;
	if (probs->type->kind != TY_TENSOR)
		return convert_error(c, cl->span, "the probabilities '%s' are no tensor",
		                     probs->name->s);
	found->probs = probs->name;
	c->m->classifier = found;
	face->predicted_feature = cl->feature ? cl->feature->s : "classLabel";
	face->predicted_probs =
	    network ? c->described->body->out[0]->var->name->s
	            : arena_printf(c->m->arena, "%s_probs", face->predicted_feature);
	if (!check_count(c, probs) || !check_name(c, face->predicted_feature) ||
	    (!network && !check_name(c, face->predicted_probs)))
		return false;
	return network || build_classify(c, probs);
}

bool
name_classes(Convert *c)
{
	const ClassifierSpec *cl = c->m->classifier;
	Interface *face = &c->m->face;
	Feature label = {.kind = FEATURE_STRING}, *first = &face->output.at[0];

	if (!cl)
		return true;
	label.name = intern_cstr(c->prog->names, face->predicted_feature);
	if (cl->ints)
		label.kind = FEATURE_INT64;
	*first = (Feature){.name = first->name,
	                   .kind = FEATURE_DICT,
	                   .key = cl->ints ? DT_INT64 : DT_STRING};
	vec_push(c->m->arena, &face->output, label);
	return true;
}
