/* test_nn_net.c: networks of several layers lifted to programs: branches, loops, the interface and
 * its shapes, classifiers; and what is wrong in them.
 */
#include "nn_text.h"

static Msg *
sub(Msg *m, const char *field)
{
	return msg_sub(m, field);
}

static void
layer(World *w, Msg *net, const char *kind, const char *in, const char *out, const char *fields)
{
	add_layer(&w->arena, net, &(Case){kind, in, out, fields, NULL});
}

/* A branch whose sides have different shapes: what comes after sees a symbol. */
static void
test_branch(void)
{
	World w;
	Msg *net, *p;

	world_init(&w, IOS14);
	Model *m = model_with(&w, &net);
	layer(&w, net, "copy", "v", "y", "");
	p = add_layer(&w.arena, net, &(Case){"branch", "s", "", "", NULL});
	layer(&w, sub(p, "ifBranch"), "activation.ReLU", "v", "y", "");
	Msg *no = sub(p, "elseBranch");
	layer(&w, no, "concatND", "v v", "inner", "axis=0");
	layer(&w, no, "add", "inner", "y", "alpha=1");
	layer(&w, net, "add", "y", "out", "alpha=1");
	add_feature(&w, m, true, "out", 0, NULL);
	CHECK(read_net(&w, net, m));
	CHECK_STR(run_text(&w, m), "6: 2 3 4 2 3 4");
	const Block *b = m->prog->funcs.at[0]->body;
	CHECK(!dim_known(b->out[0]->var->type->dim[0]));
	CHECK(program_verify(m->prog));
	world_free(&w);
}

/* A condition that is known takes one side, and what only the other one writes is unknown. */
static void
test_known_branch(void)
{
	World w;
	Msg *net, *p;

	world_init(&w, IOS14);
	Model *m = model_with(&w, &net);
	layer(&w, net, "loadConstantND", "", "yes", "shape=1,data.floatValue=1");
	p = add_layer(&w.arena, net, &(Case){"branch", "yes", "", "", NULL});
	layer(&w, sub(p, "ifBranch"), "add", "v", "y", "alpha=1");
	layer(&w, sub(p, "elseBranch"), "add", "v", "y", "alpha=2");
	add_feature(&w, m, true, "y", 0, NULL);
	CHECK(read_net(&w, net, m));
	CHECK_STR(run_text(&w, m), "3: 1 2 3");
	world_free(&w);
	world_init(&w, IOS14);
	m = model_with(&w, &net);
	p = add_layer(&w.arena, net, &(Case){"branch", "s", "", "", NULL});
	layer(&w, sub(p, "ifBranch"), "add", "v", "y", "alpha=1");
	add_feature(&w, m, true, "y", 0, NULL);
	CHECK(!read_net(&w, net, m) && world_heard(&w, "no layer makes the output 'y'"));
	world_free(&w);
}

/* y doubles n times: counted by the layer, by an input, and by a condition of its own. */
static void
test_loop(void)
{
	static const char *const want[] = {"3: 0 8 16", "3: 0 1 2", "3: 0 32 64"};
	World w;
	Msg *net, *p, *cond;

	for (int k = 0; k < 3; k++) {
		world_init(&w, IOS14);
		Model *m = model_with(&w, &net);
		layer(&w, net, "copy", "v", "y", "");
		layer(&w, net, "loadConstantND", "", "n", "shape=1,data.floatValue=0");
		p = add_layer(&w.arena, net,
		              &(Case){"loop", k == 1 ? "s" : "", "",
		                      k == 0 ? "maxLoopIterations=3" : "", NULL});
		Msg *body = sub(p, "bodyNetwork");
		layer(&w, body, "multiply", "y", "twice", "alpha=2");
		layer(&w, body, "copy", "twice", "y", "");
		layer(&w, body, "add", "n", "n", "alpha=1");
		if (k == 2) {
			cond = sub(p, "conditionNetwork");
			layer(&w, cond, "lessThan", "n", "go", "alpha=5");
			msg_string(p, "conditionVar", "go");
		}
		add_feature(&w, m, true, "y", 0, NULL);
		CHECK(read_net(&w, net, m));
		CHECK_STR(run_text(&w, m), want[k]);
		world_free(&w);
	}
	world_init(&w, IOS14);
	Model *m = model_with(&w, &net);
	layer(&w, net, "copy", "v", "y", "");
	p = add_layer(&w.arena, net, &(Case){"loop", "", "", "conditionVar=go", NULL});
	layer(&w, sub(p, "bodyNetwork"), "multiply", "y", "y", "alpha=2");
	add_feature(&w, m, true, "y", 0, NULL);
	CHECK(!read_net(&w, net, m) &&
	      world_heard(&w, "its condition 'go' is not made by any layer"));
	world_free(&w);
}

/* y gets one longer in each round but the first, where the condition is known: the type of y
 * changes only when the loop is built with an unknown n. */
static void
test_growing(void)
{
	World w;
	Msg *net, *p;

	world_init(&w, IOS14);
	Model *m = model_with(&w, &net);
	layer(&w, net, "loadConstantND", "", "y", "shape=1,data.floatValue=5");
	layer(&w, net, "loadConstantND", "", "n", "shape=1,data.floatValue=0");
	p = add_layer(&w.arena, net, &(Case){"loop", "", "", "maxLoopIterations=3", NULL});
	Msg *body = sub(p, "bodyNetwork");
	p = add_layer(&w.arena, body, &(Case){"branch", "n", "", "", NULL});
	Msg *yes = sub(p, "ifBranch");
	layer(&w, yes, "concatND", "y n", "longer", "axis=0");
	layer(&w, yes, "copy", "longer", "y", "");
	layer(&w, body, "add", "n", "n", "alpha=1");
	add_feature(&w, m, true, "y", 0, NULL);
	CHECK(read_net(&w, net, m) && !strcmp(run_text(&w, m), "3: 5 1 2"));
	world_free(&w);
}

/* Rounds that end before their last layer, and loops that end with one. In each round n counts, y
 * doubles, and z takes n; what is in front of z leaves it out, or all that is to come. */
static const char *
early(World *w, int how)
{
	Msg *net, *p, *body, *inner;

	world_init(w, IOS14);
	Model *m = model_with(w, &net);
	layer(w, net, "add", "v", "y", "alpha=1");
	layer(w, net, "multiply", "s", "n", "alpha=0");
	layer(w, net, "multiply", "s", "t", "alpha=0");
	p = add_layer(&w->arena, net, &(Case){"loop", "", "", "maxLoopIterations=5", NULL});
	body = sub(p, "bodyNetwork");
	layer(w, body, "add", "n", "n", "alpha=1");
	layer(w, body, how == 2 || how == 5 ? "lessThan" : "greaterThan", "n", "c", "alpha=2");
	p = add_layer(&w->arena, body, &(Case){"branch", "c", "", "", NULL});
	inner = sub(p, "ifBranch");
	if (how == 3) { /* a break in a loop of its own ends that one */
		p = add_layer(&w->arena, inner,
		              &(Case){"loop", "", "", "maxLoopIterations=9", NULL});
		inner = sub(p, "bodyNetwork");
	}
	layer(w, inner, "add", "t", "t", "alpha=10");
	layer(w, inner, how == 2 || how == 5 ? "loopContinue" : "loopBreak", "", "", "");
	layer(w, inner, "add", "t", "t", "alpha=100");
	if (how == 4) /* without anything behind it */
		goto done;
	layer(w, body, "multiply", "y", "twice", "alpha=2");
	layer(w, body, "copy", "twice", "y", "");
	if (how == 5) { /* two of them in one round */
		layer(w, body, "greaterThan", "n", "d", "alpha=3");
		p = add_layer(&w->arena, body, &(Case){"branch", "d", "", "", NULL});
		layer(w, sub(p, "ifBranch"), "loopBreak", "", "", "");
	}
	layer(w, body, "addBroadcastable", "t n", "t", "");
done:
	layer(w, net, "concatND", "n t y", "out", "axis=0");
	add_feature(w, m, true, "out", 0, NULL);
	return net_text(w, net, m);
}

static void
test_early_ends(void)
{
	static const char *const want[] = {
	    [1] = "5: 3 13 4 8 12",   /* n 1 2 3; t 1 + 2 + 10 */
	    [2] = "5: 5 24 16 32 48", /* n 1 goes on; t 10 + 2 + 3 + 4 + 5 */
	    [3] = "5: 5 45 32 64 96", /* t 1 + 2 + (10 + 3) + (10 + 4) + (10 + 5) */
	    [4] = "5: 3 10 1 2 3",
	    [5] = "5: 4 15 8 16 24"}; /* n 1 goes on, 4 breaks: t 10 + 2 + 3 */

	for (int how = 1; how <= 5; how++) {
		World w;
		CHECK_STR(early(&w, how), want[how]);
		world_free(&w);
	}
}

/* All layers without an equivalent are one error, wherever they stand, and what needs them is not
 * another: not the layers behind them, not a branch that would yield them, not an output. */
static void
test_lacks(void)
{
	World w;
	Msg *net, *p, *body;

	world_init(&w, IOS14);
	Model *m = model_with(&w, &net);
	layer(&w, net, "copy", "v", "y", "");
	layer(&w, net, "custom", "v", "a", "className=A");
	layer(&w, net, "add", "a", "b", "alpha=1");
	p = add_layer(&w.arena, net, &(Case){"branch", "s", "", "", NULL});
	layer(&w, sub(p, "ifBranch"), "custom", "v", "y", "className=B");
	layer(&w, net, "add", "y", "y2", "alpha=1");
	layer(&w, net, "copy", "v", "z", "");
	p = add_layer(&w.arena, net, &(Case){"loop", "", "", "maxLoopIterations=2", NULL});
	body = sub(p, "bodyNetwork");
	layer(&w, body, "add", "z", "z", "alpha=1");
	layer(&w, body, "cumSum", "z s", "z", "");
	p = add_layer(&w.arena, net, &(Case){"branch", "b", "", "", NULL});
	layer(&w, sub(p, "ifBranch"), "add", "v", "y", "alpha=1");
	add_feature(&w, m, true, "b", 0, NULL);
	CHECK(!read_net(&w, net, m));
	CHECK_INT(w.diag.nerror, 1);
	CHECK(world_heard(&w, "m.mlmodel: error: 3 layers of the network have no equivalent"));
	world_free(&w);
}

/* An index that was a scalar leaves an axis of 1 in front of what it picked: a list takes it. */
static void
test_scalar_index(void)
{
	World w;
	Msg *net;

	world_init(&w, IOS14);
	Model *m = model_with(&w, &net);
	layer(&w, net, "gather", "x s", "row", "axis=0");
	layer(&w, net, "expandDims", "row", "item", "axes=0");
	layer(&w, net, "loadConstantND", "", "second", "shape=1,data.floatValue=1");
	layer(&w, net, "scatter", "z second item", "y", "");
	add_feature(&w, m, true, "y", 0, NULL);
	CHECK(read_net(&w, net, m) && !strcmp(run_text(&w, m), "2x3: 0 1 2 0 1 2"));
	world_free(&w);
}

/* A program may return a value twice. */
static void
test_output_twice(void)
{
	World w;
	Msg *net;

	world_init(&w, IOS14);
	Model *m = model_with(&w, &net);
	layer(&w, net, "add", "v", "y", "alpha=1");
	add_feature(&w, m, true, "y", 0, NULL);
	add_feature(&w, m, true, "y", 0, NULL);
	CHECK(read_net(&w, net, m) && m->face.output.n == 2);
	CHECK_STR(run_text(&w, m), "3: 1 2 3");
	world_free(&w);
}

static void
test_deep(void)
{
	World w;
	Msg *net, *at;

	world_init(&w, IOS14);
	Model *m = model_with(&w, &net);
	at = net;
	for (int k = 0; k < 40; k++) {
		Msg *p =
		    add_layer(&w.arena, at, &(Case){"loop", "", "", "maxLoopIterations=2", NULL});
		at = sub(p, "bodyNetwork");
	}
	layer(&w, at, "copy", "x", "x", "");
	add_feature(&w, m, true, "x", 0, NULL);
	CHECK(!read_net(&w, net, m) && world_heard(&w, "nested more than 30 deep"));
	world_free(&w);
}

/* Loops that are built again when a value does not stay, each with a loop that does so in turn. */
static void
test_many(void)
{
	World w;
	Msg *net, *at;

	world_init(&w, IOS14);
	Model *m = model_with(&w, &net);
	layer(&w, net, "loadConstantND", "", "y", "shape=1,data.floatValue=0");
	at = net;
	for (int k = 0; k < 15; k++) {
		Msg *p =
		    add_layer(&w.arena, at, &(Case){"loop", "", "", "maxLoopIterations=2", NULL});
		at = sub(p, "bodyNetwork");
	}
	for (int k = 0; k < 20; k++)
		layer(&w, at, "add", "y", "y", "alpha=1");
	add_feature(&w, m, true, "y", 0, NULL);
	CHECK(!read_net(&w, net, m) && world_heard(&w, "counting those in loops again"));
	world_free(&w);
}

/* ---- the interface ---- */

static void
test_outputs(void)
{
	World w;
	Msg *net;

	world_init(&w, IOS14);
	Model *m = model_with(&w, &net);
	layer(&w, net, "copy", "x", "a", "");
	layer(&w, net, "getShape", "x", "b", "");
	add_feature(&w, m, true, "a", 0, NULL);
	add_feature(&w, m, true, "x", 0, NULL);
	add_feature(&w, m, true, "b", 0, NULL);
	m->face.output.at[2].dtype = DT_INT32;
	CHECK(read_net(&w, net, m) && program_verify(m->prog));
	const Block *b = m->prog->funcs.at[0]->body;
	CHECK_INT(b->nout, 3);
	CHECK_STR(b->out[0]->var->name->s, "a");
	CHECK_STR(b->out[1]->var->name->s, "x");
	CHECK_INT(b->out[2]->var->type->dtype, DT_INT32);
	CHECK(!b->out[1]->var->param_of);
	world_free(&w);
	world_init(&w, IOS14);
	m = model_with(&w, &net);
	add_feature(&w, m, false, "x", 0, NULL);
	m->face.input.at[m->face.input.n - 1].has_shape = true;
	CHECK(!read_net(&w, net, m) && world_heard(&w, "input 'x' is there twice"));
	m->face.input.at[0].has_shape = false;
	CHECK(!read_net(&w, net, m) && world_heard(&w, "input 'x' has no shape"));
	m->face.input.at[0].kind = FEATURE_STRING;
	CHECK(!read_net(&w, net, m) && world_heard(&w, "neither an array nor an image"));
	world_free(&w);
}

/* Flexible sizes are symbols; images are scaled first. */
static void
test_inputs(void)
{
	DimRange range[2] = {{1, 5, 2, 0}, {3, 3, 3, 0}};
	World w;
	Msg *net, *p;

	world_init(&w, IOS14);
	Model *m = model_with(&w, &net);
	m->face.input.at[0].nrange = 2;
	m->face.input.at[0].range = range;
	add_feature(&w, m, false, "photo", 2, (int64_t[]){1, 2});
	m->face.input.at[m->face.input.n - 1].kind = FEATURE_IMAGE;
	m->face.input.at[m->face.input.n - 1].color = COLOR_BGR;
	p = sub(net, "preprocessing");
	msg_string(p, "featureName", "photo");
	p = sub(p, "scaler");
	msg_float(p, "channelScale", 2);
	msg_float(p, "blueBias", 1);
	layer(&w, net, "copy", "photo", "y", "");
	add_feature(&w, m, true, "y", 0, NULL);
	CHECK(read_net(&w, net, m));
	CHECK_STR(run_text(&w, m), "1x3x1x2: 1 3 4 6 8 10");
	const Block *b = m->prog->funcs.at[0]->body;
	CHECK(!dim_known(b->param[0]->type->dim[0]));
	CHECK_INT(b->param[0]->type->dim[1], 3);
	p = sub(net, "preprocessing");
	msg_string(p, "featureName", "photo");
	put(&w.arena, sub(p, "meanImage"), "meanImage", "1 2");
	CHECK(!read_net(&w, net, m) && world_heard(&w, "the mean image of"));
	msg_string(p, "featureName", "nothing");
	CHECK(!read_net(&w, net, m) && world_heard(&w, "the preprocessing is for 'nothing'"));
	world_free(&w);
}

/* The shapes of the first versions. */
static void
test_rank5(void)
{
	World w;
	Msg *net;

	world_init(&w, IOS14);
	Model *m = model_with(&w, &net);
	msg_int(net, "arrayInputShapeMapping", 0);
	m->face.input.n = 0;
	add_feature(&w, m, false, "v", 1, (int64_t[]){3});
	layer(&w, net, "innerProduct", "v", "y", "inputChannels=3,outputChannels=1,"
	                                         "weights.floatValue=1 2 3");
	add_feature(&w, m, true, "y", 1, (int64_t[]){1});
	m->face.output.at[0].has_shape = true;
	CHECK(read_net(&w, net, m));
	CHECK_STR(run_text(&w, m), "1: 8");
	m->face.input.at[0].rank = 2;
	CHECK(!read_net(&w, net, m) && world_heard(&w, "has rank 2, expected 1 or 3"));
	world_free(&w);
}

/* Arrays are scaled as images are; three channels are red, green and blue. */
static void
test_scaled_arrays(void)
{
	static const struct {
		const char *name, *want;
	} rows[] = {{"rgb", "3x1x1: 1 4 7"}, {"v", "3: 10 12 14"}};

	for (size_t k = 0; k < countof(rows); k++) {
		World w;
		Msg *net, *p;
		world_init(&w, IOS14);
		Model *m = model_with(&w, &net);
		add_feature(&w, m, false, "rgb", 3, (int64_t[]){3, 1, 1});
		p = sub(net, "preprocessing");
		msg_string(p, "featureName", rows[k].name);
		p = sub(p, "scaler");
		msg_float(p, "channelScale", 2);
		msg_float(p, "redBias", 1);
		msg_float(p, "greenBias", 2);
		msg_float(p, "blueBias", 3);
		msg_float(p, "grayBias", 10);
		layer(&w, net, "copy", rows[k].name, "y", "");
		add_feature(&w, m, true, "y", 0, NULL);
		CHECK(read_net(&w, net, m));
		CHECK_STR(run_text(&w, m), rows[k].want);
		world_free(&w);
	}
}

static void
test_classifier(void)
{
	World w;
	Msg *net, *labels, *old;

	world_init(&w, IOS14);
	Model *m = model_with(&w, &old);
	net = msg_new(&w.arena, &core_ml__specification__neural_network_classifier__descriptor);
	msg_int(net, "arrayInputShapeMapping", 1);
	msg_int(net, "imageInputShapeMapping", 1);
	layer(&w, net, "softmaxND", "v", "p", "axis=0");
	m->face.predicted_feature = "label";
	add_feature(&w, m, true, "label", 0, NULL);
	m->face.output.at[0].kind = FEATURE_STRING;
	add_feature(&w, m, true, "p", 0, NULL);
	m->face.output.at[1].kind = FEATURE_DICT;
	CHECK(!read_net(&w, net, m) && world_heard(&w, "the classifier has no labels"));
	labels = sub(net, "stringClassLabels");
	for (int k = 0; k < 3; k++)
		msg_string(labels, "vector", k ? k == 1 ? "bee" : "cat" : "ant");
	CHECK(read_net(&w, net, m));
	const Block *b = m->prog->funcs.at[0]->body;
	CHECK_INT(b->nout, 2);
	CHECK(inst_is(b->out[0]->var->def, OP_classify));
	CHECK_STR(b->out[0]->var->name->s, "label");
	CHECK_STR(b->out[1]->var->name->s, "p");
	msg_string(net, "labelProbabilityLayerName", "q");
	CHECK(!read_net(&w, net, m) && world_heard(&w, "no layer makes the probabilities 'q'"));
	world_free(&w);
}

int
main(void)
{
	test_branch();
	test_known_branch();
	test_loop();
	test_growing();
	test_early_ends();
	test_lacks();
	test_scalar_index();
	test_output_twice();
	test_deep();
	test_many();
	test_outputs();
	test_inputs();
	test_rank5();
	test_scaled_arrays();
	test_classifier();
	return check_report();
}
