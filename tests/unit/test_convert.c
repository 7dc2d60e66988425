/* test_convert.c: what convert() refuses, and the interface it makes. Passes are left out. */
#include "pass/pass.h"
#include "world.h"

static Model *
conv(World *w, ConvertOptions o)
{
	/* A script's pipeline has all the checks of the default one, even if it is empty. */
	o.main = &(Pipeline){0};
	return convert(w->p, &o, 0);
}

static void
test_formats(void)
{
	World w;

	world_init(&w, OPSET_NONE);
	world_return(&w, world_relu(&w, w.x, "y"));
	Model *m = conv(&w, (ConvertOptions){0});
	CHECK(m);
	CHECK_INT(m->format, FORMAT_MLPROGRAM);
	CHECK_INT(m->spec_version, IOS15);
	CHECK_INT(m->face.input.n, 1);
	CHECK_INT(m->face.output.n, 1);
	CHECK_INT(m->face.input.at[0].dtype, DT_FP32);
	CHECK(m->face.output.at[0].has_shape);
	CHECK_INT(m->face.output.at[0].shape[1], 3);
	m = conv(&w, (ConvertOptions){.target = IOS14});
	CHECK(m);
	CHECK_INT(m->format, FORMAT_NEURALNETWORK);
	CHECK_INT(m->spec_version, IOS13);
	CHECK(!m->face.output.at[0].has_shape);
	m = conv(&w, (ConvertOptions){.target = IOS17});
	CHECK(m);
	CHECK_INT(m->spec_version, IOS17);
	CHECK_INT(m->file_opset, IOS17);
	CHECK(!conv(&w, (ConvertOptions){.format = FORMAT_MLPROGRAM, .target = IOS14}));
	CHECK(world_heard(&w, "an ML Program needs iOS15 or newer, but the target is iOS14"));
	CHECK(!conv(&w, (ConvertOptions){.format = FORMAT_NEURALNETWORK, .target = IOS16}));
	CHECK(world_heard(&w, "a NeuralNetwork is for targets up to iOS14"));
	CHECK(!conv(&w, (ConvertOptions){.target = IOS13, .precision = PRECISION_FP16}));
	CHECK(world_heard(&w, "precision is for ML Programs"));
	world_free(&w);
}

static void
test_names(void)
{
	World w;

	world_init(&w, OPSET_NONE);
	world_return(&w, world_relu(&w, w.x, "x"));
	CHECK(!conv(&w, (ConvertOptions){0}));
	CHECK(world_heard(&w, "output 'x' has the name of an input"));
	Var *two[2] = {world_relu(&w, w.x, "y"), world_relu(&w, w.x, "y")};
	block_set_outputs(w.f->body, two, 2);
	CHECK(!conv(&w, (ConvertOptions){0}));
	CHECK(world_heard(&w, "two outputs are named 'y'"));
	w.p->default_func = world_str(&w, "other");
	CHECK(!conv(&w, (ConvertOptions){0}));
	CHECK(world_heard(&w, "the program has no function 'other'"));
	world_free(&w);
}

static void
test_versions(void)
{
	World w;
	const Tensor *shape;
	int64_t six = 6;

	world_init(&w, IOS17);
	shape = tensor_vector_i(&w.arena, DT_INT32, &six, 1);
	Var *y = build1(&w.b, OP_reshape, world_str(&w, "y"),
	                ARGS(VAR("x", w.x), TENSOR("shape", shape)));
	world_return(&w, y);
	CHECK(!conv(&w, (ConvertOptions){.target = IOS15}));
	CHECK(world_heard(&w, "reshape is an operation of iOS17, but the model is for iOS15"));
	CHECK(conv(&w, (ConvertOptions){.target = IOS17}) != 0);
	w.b.opset = IOS15;
	Var *z = build1(&w.b, OP_reshape, world_str(&w, "z"),
	                ARGS(VAR("x", w.x), TENSOR("shape", shape)));
	world_return(&w, z);
	CHECK(!conv(&w, (ConvertOptions){.target = IOS17}));
	CHECK(world_heard(&w, "outdated beside operations of iOS17"));
	world_return(&w, y);
	inst_remove(z->def);
	w.f->opset = IOS16;
	CHECK(!conv(&w, (ConvertOptions){.target = IOS17}));
	CHECK(world_heard(&w, "function 'main' has opset_version iOS16, but the program uses "
	                      "operations of iOS17"));
	Func *g = func_new(w.p, world_str(&w, "second"), NOSPAN);
	w.f->opset = IOS18;
	g->opset = IOS17;
	CHECK(!conv(&w, (ConvertOptions){.target = IOS18}));
	CHECK(world_heard(&w,
	                  "function 'second' has opset_version iOS17 and function 'main' iOS18: "
	                  "all functions of a program need the same"));
	CHECK(!conv(&w, (ConvertOptions){.target = IOS14}));
	CHECK(world_heard(&w, "the program has 2 functions, but a NeuralNetwork holds only one"));
	w.p->multifunction = true;
	CHECK(!conv(&w, (ConvertOptions){.target = IOS17}));
	CHECK(world_heard(&w, "a multi-function model needs iOS18, but the target is iOS17: set "
	                      "minimum_deployment_target=ct.target.iOS18"));
	ClassifierSpec cl = {.ints = true};
	CHECK(!conv(&w, (ConvertOptions){.target = IOS18, .classifier = &cl}));
	CHECK(world_heard(&w, "a multi-function model cannot be a classifier: leave out "
	                      "classifier_config"));
	world_free(&w);
}

static void
test_results(void)
{
	World w;
	int64_t six[6] = {1, 1, 1, 1, 2, 3};

	world_init(&w, OPSET_NONE);
	Var *high = build1(
	    &w.b, OP_reshape, world_str(&w, "high"),
	    ARGS(VAR("x", w.x), TENSOR("shape", tensor_vector_i(&w.arena, DT_INT32, six, 6))));
	world_return(&w, high);
	CHECK(!conv(&w, (ConvertOptions){0}));
	CHECK(world_heard(&w, "has a result of rank 6"));
	world_free(&w);

	world_init(&w, OPSET_NONE);
	/* Only main gets casts for what an interface cannot hold. */
	w.f->name = w.p->default_func = world_str(&w, "other");
	Var *b = build1(&w.b, OP_greater, world_str(&w, "b"), ARGS(VAR("x", w.x), VAR("y", w.x)));
	world_return(&w, b);
	CHECK(!conv(&w, (ConvertOptions){0}));
	CHECK(world_heard(&w, "output 'b' has dtype bool: inputs and outputs of a model are fp32, "
	                      "int32, fp16 (from iOS16) or int8 (from iOS26)"));
	world_free(&w);

	world_init(&w, OPSET_NONE);
	const Type *elem = type_scalar(&w.types, DT_FP32);
	block_add_param(w.f->body, world_str(&w, "l"), type_list(&w.types, elem, 3, false));
	world_return(&w, world_relu(&w, w.x, "y"));
	CHECK(!conv(&w, (ConvertOptions){0}));
	CHECK(world_heard(&w, "input 'l' is no tensor: models take tensors"));
	world_free(&w);
}

static void
test_flexible(void)
{
	World w;

	world_init(&w, OPSET_NONE);
	Dim s = sym_new(&w.types, 0);
	Var *n = world_input(&w, "n", DT_FP32, s, 3);
	world_return(&w, world_relu(&w, n, "y"));
	Model *m = conv(&w, (ConvertOptions){0});
	CHECK(m);
	CHECK_INT(m->face.input.at[1].nrange, 2);
	CHECK_INT(m->face.input.at[1].range[0].upper, 2);
	CHECK(m && !m->face.output.at[0].has_shape);
	CHECK(world_heard(&w, "has a dimension without bounds"));

	DimRange dim[2] = {{2, 9, 4, 0}, {3, 3, 3, 0}};
	int64_t dflt[2] = {4, 3};
	InputSpec in = {.name = world_str(&w, "n"),
	                .has_shape = true,
	                .rank = 2,
	                .dim = dim,
	                .dflt = dflt,
	                .has_default = true,
	                .default_value = 1.5,
	                .default_rank = 2,
	                .default_shape = dflt};
	ConvertOptions o = {.input = &in, .ninput = 1};
	m = conv(&w, o);
	CHECK(m);
	CHECK_INT(m->face.input.at[1].range[0].lower, 2);
	CHECK_INT(m->face.input.at[1].range[0].upper, 9);
	CHECK_INT(m->face.input.at[1].shape[0], 4);
	CHECK(m->face.input.at[1].optional);
	CHECK_NUM(m->face.input.at[1].default_value, 1.5);

	int64_t shapes[6] = {8, 3, 16, 3, 8, 3};
	in.nshape = 3;
	in.shape = shapes;
	dflt[0] = 16;
	m = conv(&w, o);
	CHECK(m);
	CHECK_INT(m->face.input.at[1].nenum, 2);
	CHECK_INT(m->face.input.at[1].enumerated[0], 16);

	dflt[0] = 5;
	m = conv(&w, o);
	CHECK(m);
	CHECK_INT(m->face.input.at[1].nenum, 3);
	CHECK_INT(m->face.input.at[1].enumerated[0], 5);
	CHECK_INT(m->face.input.at[1].enumerated[2], 8);

	in.nshape = 0;
	dflt[0] = 2;
	dim[0].upper = -1;
	CHECK(!conv(&w, o));
	CHECK(world_heard(&w, "dimension 0 of input 'n' has no upper bound"));
	dim[0] = (DimRange){5, 2, 5, 0};
	CHECK(!conv(&w, o));
	CHECK(world_heard(&w, "has lower bound 5 above its upper bound 2"));
	dim[0] = (DimRange){2, 9, 1, 0};
	CHECK(!conv(&w, o));
	CHECK(world_heard(&w, "has the default 1 outside of its range 2 to 9"));
	dim[0] = (DimRange){2, 9, 2, 0};
	in.dtype = DT_FP16;
	CHECK(!conv(&w, o));
	CHECK(world_heard(&w, "which needs minimum_deployment_target iOS16 or newer"));
	in.dtype = DT_INT32;
	CHECK(conv(&w, o) && world_heard(&w, "is not that of the program, fp32, which counts"));
	in.name = world_str(&w, "q");
	CHECK(conv(&w, o) && world_heard(&w, "the program has no input 'q'"));
	in.name = 0;
	CHECK(!conv(&w, o) && world_heard(&w, "an element of inputs has no name"));
	world_free(&w);
}

static void
test_classifier(void)
{
	World w;

	world_init(&w, OPSET_NONE);
	Var *p = world_relu(&w, w.x, "p");
	Var *two[2] = {world_relu(&w, p, "q"), p};
	block_set_outputs(w.f->body, two, 2);
	const Str *labels[6] = {world_str(&w, "cat"), world_str(&w, "dog")};
	for (int k = 2; k < 6; k++)
		labels[k] = labels[1];
	ClassifierSpec cl = {.n = 6, .label = labels, .probs = world_str(&w, "nothing")};
	CHECK(!conv(&w, (ConvertOptions){.classifier = &cl}));
	CHECK(world_heard(&w, "predicted_probabilities_output is 'nothing', but no value of the "
	                      "program has that name"));
	cl.probs = world_str(&w, "p");
	Model *m = conv(&w, (ConvertOptions){.classifier = &cl});
	CHECK(m);
	CHECK_INT(m->face.output.n, 3);
	CHECK_INT(m->face.output.at[0].kind, FEATURE_STRING);
	CHECK_INT(m->face.output.at[1].kind, FEATURE_DICT);
	CHECK_INT(m->face.output.at[1].key, DT_STRING);
	CHECK_STR(m->face.output.at[2].name->s, "q");
	CHECK_STR(m->face.predicted_probs, "classLabel_probs");
	world_free(&w);

	world_init(&w, OPSET_NONE);
	world_return(&w, w.x);
	cl.probs = 0;
	CHECK(!convert(w.p, &(ConvertOptions){.classifier = &cl, .passes = "none"}, 0));
	CHECK(world_heard(&w, "the program has no operation whose result could be the "
	                      "probabilities"));
	Var *l = build1(&w.b, OP_make_list, world_str(&w, "l"),
	                ARGS({.kind = A_LIST, .name = "elem_shape"}));
	cl.probs = l->name;
	CHECK(!conv(&w, (ConvertOptions){.classifier = &cl}));
	CHECK(world_heard(&w, "the probabilities 'l' are no tensor"));
	world_free(&w);
}

static void
test_images(void)
{
	World w;

	world_init(&w, OPSET_NONE);
	world_return(&w, world_relu(&w, w.x, "y"));
	int64_t three = 3;
	Tensor *bias = tensor_new(&w.arena, DT_FP64, &three, 1);
	InputSpec in = {.name = w.x->name, .color = COLOR_RGB};
	ConvertOptions o = {.input = &in, .ninput = 1};
	CHECK(!conv(&w, o));
	CHECK(world_heard(&w, "image input 'x' must have the shape (1, 3, height, width), but the "
	                      "program's is (2, 3)"));
	tensor_set_f(bias, 0, 1);
	in.bias = bias;
	CHECK(!convert(w.p, &o, 0));
	CHECK(world_heard(&w, "image input 'x' has rank 2, expected 3 or 4 for a bias for each "
	                      "channel"));
	world_free(&w);
}

/* inputs= and classifier_config= speak of main, whatever else there is. */
static void
test_main(void)
{
	World w;

	world_init(&w, IOS18);
	world_return(&w, world_relu(&w, w.x, "y"));
	int64_t shape[2] = {2, 3};
	InputSpec in = {.name = w.x->name,
	                .has_default = true,
	                .default_rank = 2,
	                .default_shape = shape,
	                .span = {1, 1}};
	ConvertOptions o = {.input = &in, .ninput = 1, .target = IOS18};
	w.p->multifunction = true;
	Model *m = conv(&w, o);
	CHECK(m && !m->func.at[0].input.at[0].optional);
	CHECK(world_heard(&w, "default_value of input 'x' is ignored: the inputs of a "
	                      "multi-function model cannot be left out"));
	w.p->multifunction = false;
	w.f->name = w.p->default_func = world_str(&w, "other");
	CHECK(!conv(&w, o));
	CHECK(world_heard(&w, "inputs= describes the function 'main', which the program does not "
	                      "have"));
	const Str *labels[1] = {world_str(&w, "a")};
	ClassifierSpec cl = {.n = 1, .label = labels};
	CHECK(!conv(&w, (ConvertOptions){.classifier = &cl, .target = IOS18}));
	CHECK(world_heard(&w, "classifier_config is about the function 'main', which the program "
	                      "does not have"));
	world_free(&w);
}

static void
test_states(void)
{
	World w;
	Dim dim[1] = {4};

	world_init(&w, IOS18);
	const Type *t = type_state(&w.types, type_tensor(&w.types, DT_FP32, dim, 1));
	block_add_param(w.f->body, world_str(&w, "s"), t);
	world_return(&w, world_relu(&w, w.x, "y"));
	CHECK(!conv(&w, (ConvertOptions){.target = IOS18}));
	CHECK(world_heard(&w, "state 's' has dtype fp32, but states are fp16"));
	world_free(&w);
}

int
main(void)
{
	test_formats();
	test_names();
	test_versions();
	test_results();
	test_flexible();
	test_classifier();
	test_images();
	test_main();
	test_states();
	return check_report();
}
