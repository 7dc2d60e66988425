/* test_nn_rank5.c: the layers of the first versions, in networks whose blobs have five dimensions
 * by the mapping of the inputs, and in newer ones whose inputs have these five: the numbers are the
 * same, and those that the format's formulas give. nn_text.h says how layers are written.
 */
#include "nn_text.h"

/* An lstm of linear gates with one unit that adds three inputs: the input and the output gate, and
 * what they let through. The forget gate is shut. */
#define LSTM(field)                                                                                \
	"inputVectorSize=3,outputVectorSize=1," field "+.linear=," field "+.linear=," field        \
	"+.linear=,params.hasBiasVectors=1"
#define WEIGHTS                                                                                    \
	".inputGateWeightMatrix.floatValue=0 0 0,weightParams.forgetGateWeightMatrix.floatValue="  \
	"0 0 0,weightParams.blockInputWeightMatrix.floatValue=1 1 1,"                              \
	"weightParams.outputGateWeightMatrix.floatValue=1 1 1,"                                    \
	"weightParams.inputGateRecursionMatrix.floatValue=0,"                                      \
	"weightParams.forgetGateRecursionMatrix.floatValue=0,"                                     \
	"weightParams.blockInputRecursionMatrix.floatValue=0,"                                     \
	"weightParams.outputGateRecursionMatrix.floatValue=0,"                                     \
	"weightParams.inputGateBiasVector.floatValue=1,"                                           \
	"weightParams.forgetGateBiasVector.floatValue=0,"                                          \
	"weightParams.blockInputBiasVector.floatValue=0,"                                          \
	"weightParams.outputGateBiasVector.floatValue=0"

static const struct {
	const char *name;
	uint32_t rank;
	int64_t dim[3];
} inputs[] = {{"x", 3, {2, 4, 4}}, {"small", 3, {2, 2, 2}}, {"v", 1, {3}},   {"w", 1, {3}},
              {"v2", 1, {2}},      {"one", 1, {1}},         {"box", 1, {4}}};

/* A model with these inputs, [C] and [C, H, W], or [1, 1, C, H, W] as they are. */
static Model *
model_of(World *w, Msg **net, bool exact)
{
	Model *m = model_with(w, net);

	m->face.input.n = 0;
	msg_int(*net, "arrayInputShapeMapping", exact);
	for (size_t k = 0; k < countof(inputs); k++) {
		int64_t five[5] = {1, 1, inputs[k].dim[0], 1, 1};
		if (inputs[k].rank == 3)
			memcpy(five + 2, inputs[k].dim, sizeof inputs[k].dim);
		add_feature(w, m, false, inputs[k].name, exact ? 5 : inputs[k].rank,
		            exact ? five : inputs[k].dim);
	}
	return m;
}

/* What the layer gives, by one of the mappings. */
static const char *
result(World *w, const Case *c, bool exact)
{
	Msg *net;
	Model *m = model_of(w, &net, exact);

	add_layer(&w->arena, net, c);
	add_feature(w, m, true, "y", 0, NULL);
	return net_text(w, net, m);
}

/* "4x2x1x1: 3 …" as its five dimensions say it: the batch of 1, or that and a sequence of 1. */
static const char *
with_five(Arena *a, const char *want)
{
	size_t n = strcspn(want, ":");
	int marks = 0;

	for (size_t k = 0; k < n; k++)
		marks += want[k] == 'x';
	if (marks == 2)
		return arena_printf(a, "1x1x%s", want);
	n = strcspn(want, "x");
	return arena_printf(a, "%.*sx1%s", (int)n, want, want + n);
}

/* ---- one layer ---- */

static const Case cases[] = {
    {"activation.PReLU", "x", "y",
     "alpha.floatValue=1 2",
     "2x4x4: 0 1 2 3 4 5 6 7"},
    {"activation.linear", "x", "y",
     "alpha=-1,beta=8",
     "2x4x4: 8 7 6 5 4 3 2 1"},
    {"unary", "x", "y",
     "type=3,alpha=2,shift=1",
     "2x4x4: 1 4 9 16 25 36 49 64"},
    {"add", "x v2", "y",
     "",
     "2x4x4: 0 1 2 3 4 5 6 7"},
    {"add", "x", "y",
     "alpha=3",
     "2x4x4: 3 4 5 6 7 8 9 10"},
    {"multiply", "x x", "y",
     "",
     "2x4x4: 0 1 4 9 16 25 36 49"},
    {"average", "x v2", "y",
     "",
     "2x4x4: 0 0.5 1 1.5 2 2.5 3 3.5"},
    {"max", "x v2", "y",
     "",
     "2x4x4: 0 1 2 3 4 5 6 7"},
    {"min", "x v2", "y",
     "",
     "2x4x4: 0 0 0 0 0 0 0 0"},
    {"batchnorm", "x", "y",
     "channels=2,gamma.floatValue=2 1,beta.floatValue=1 0,mean.floatValue=0 16,"
     "variance.floatValue=4 1",
     "2x4x4: 1 2 3 4 5 6 7 8"},
    {"batchnorm", "x", "y",
     "channels=2,computeMeanVar=1,epsilon=0.25",
     "2x4x4: -1.617 -1.402 -1.186 -0.9705 -0.7548 -0.5392 -0.3235 -0.1078"},
    {"batchnorm", "x", "y",
     "channels=2,computeMeanVar=1,instanceNormalization=1,epsilon=0.25",
     "2x4x4: -1.617 -1.402 -1.186 -0.9705 -0.7548 -0.5392 -0.3235 -0.1078"},
    {"bias", "x", "y",
     "shape=2,bias.floatValue=1 2",
     "2x4x4: 1 2 3 4 5 6 7 8"},
    {"bias", "x", "y",
     "shape=1 4 4,bias.floatValue=[16]",
     "2x4x4: 0 2 4 6 8 10 12 14"},
    {"scale", "x", "y",
     "shapeScale=2,scale.floatValue=2 3,hasBias=1,shapeBias=1,bias.floatValue=1",
     "2x4x4: 1 3 5 7 9 11 13 15"},
    {"concat", "v v2", "y",
     "",
     "5x1x1: 0 1 2 0 1"},
    {"crop", "x", "y",
     "cropAmounts.borderAmounts.startEdgeSize=3,cropAmounts.borderAmounts+.endEdgeSize=2",
     "2x1x2: 12 13 28 29"},
    {"crop", "x small", "y",
     "offset=1 2",
     "2x2x2: 6 7 10 11 22 23 26 27"},
    {"dot", "v w", "y",
     "",
     "1x1x1: 5"},
    {"dot", "v w", "y",
     "cosineSimilarity=1",
     "1x1x1: 1"},
    {"embedding", "one", "y",
     "inputDim=2,outputChannels=3,weights.floatValue=1 2 3 4 5 6,hasBias=1,bias.floatValue=1 1 1",
     "3x1x1: 2 4 6"},
    {"flatten", "x", "y",
     "",
     "32x1x1: 0 1 2 3 4 5 6 7"},
    {"flatten", "x", "y",
     "mode=1",
     "32x1x1: 0 16 1 17 2 18 3 19"},
    {"innerProduct", "v", "y",
     "inputChannels=3,outputChannels=2,weights.floatValue=1 2 3 0 1 0,hasBias=1,"
     "bias.floatValue=1 0",
     "2x1x1: 9 1"},
    {"innerProduct", "x", "y",
     "inputChannels=32,outputChannels=1,weights.floatValue=[32]",
     "1x1x1: 1.042e+04"},
    {"l2normalize", "v", "y",
     "epsilon=4",
     "3x1x1: 0 0.3333 0.6667"},
    {"loadConstant", "", "y",
     "shape=2 1 2,data.floatValue=1 2 3 4",
     "2x1x2: 1 2 3 4"},
    {"mvn", "x", "y",
     "epsilon=1",
     "2x4x4: -7.5 -6.5 -5.5 -4.5 -3.5 -2.5 -1.5 -0.5"},
    {"mvn", "x", "y",
     "acrossChannels=1,normalizeVariance=1,epsilon=1",
     "2x4x4: -1.669 -1.561 -1.454 -1.346 -1.238 -1.131 -1.023 -0.9152"},
    {"padding", "small", "y",
     "replication=,paddingAmounts.borderAmounts.startEdgeSize=1,"
     "paddingAmounts.borderAmounts+.endEdgeSize=1",
     "2x3x3: 0 1 1 0 1 1 2 3"},
    {"padding", "small", "y",
     "constant.value=9,paddingAmounts.borderAmounts.startEdgeSize=1,"
     "paddingAmounts.borderAmounts+.endEdgeSize=1",
     "2x3x3: 9 9 9 0 1 9 2 3"},
    {"permute", "x", "y",
     "axis=0 2 3 1",
     "4x4x2: 0 16 1 17 2 18 3 19"},
    {"permute", "x", "y",
     "",
     "2x4x4: 0 1 2 3 4 5 6 7"},
    {"reduce", "x", "y",
     "mode=0,axis=0",
     "1x1x1: 496"},
    {"reduce", "x", "y",
     "mode=1,axis=1",
     "2x1x1: 7.5 23.5"},
    {"reduce", "x", "y",
     "mode=8,axis=2",
     "1x4x4: 0 1 2 3 4 5 6 7"},
    {"reduce", "x", "y",
     "mode=9,axis=4",
     "2x4x1: 3 3 3 3 3 3 3 3"},
    {"reduce", "x", "y",
     "mode=5,axis=3",
     "2x1x4: 24 28 32 36 88 92 96 100"},
    {"reshape", "x", "y",
     "targetShape=4 4 2",
     "4x4x2: 0 1 2 3 4 5 6 7"},
    {"reshape", "x", "y",
     "mode=1,targetShape=4 4 2",
     "4x4x2: 0 2 4 6 8 10 12 14"},
    {"slice", "x", "y",
     "axis=0,startIndex=1,endIndex=2,stride=1",
     "1x4x4: 16 17 18 19 20 21 22 23"},
    {"slice", "x", "y",
     "axis=2,startIndex=0,endIndex=-1,stride=2",
     "2x4x2: 0 2 4 6 8 10 12 14"},
    {"softmax", "v", "y",
     "",
     "3x1x1: 0.09003 0.2447 0.6652"},
    {"split", "x", "y y2",
     "nOutputs=2",
     "1x4x4: 0 1 2 3 4 5 6 7"},
    {"convolution", "x", "y",
     "outputChannels=1,kernelChannels=2,nGroups=1,kernelSize=4 4,valid=,"
     "weights.floatValue=[32],hasBias=1,bias.floatValue=1",
     "1x1x1: 1.042e+04"},
    {"convolution", "small", "y",
     "isDeconvolution=1,outputChannels=1,kernelChannels=2,kernelSize=1 1,stride=1 1,"
     "valid=,weights.floatValue=1 2",
     "1x2x2: 8 11 14 17"},
    {"lrn", "x", "y",
     "localSize=3,alpha=3,beta=1",
     "2x4x4: 0 0.003436 0.006079 0.008086 0.009592 0.01071 0.01152 0.01209"},
    {"pooling", "x", "y",
     "type=0,kernelSize=2 2,stride=2 2,valid=",
     "2x2x2: 5 7 13 15 21 23 29 31"},
    {"pooling", "x", "y",
     "type=1,globalPooling=1",
     "2x1x1: 7.5 23.5"},
    {"reorganizeData", "x", "y",
     "mode=0,blockSize=2",
     "8x2x2: 0 2 8 10 16 18 24 26"},
    {"resizeBilinear", "x", "y",
     "targetSize=2 2,mode.samplingMethod=1",
     "2x2x2: 0 3 12 15 16 19 28 31"},
    {"upsample", "small", "y",
     "scalingFactor=2 1",
     "2x4x2: 0 1 0 1 2 3 2 3"},
    {"upsample", "small", "y",
     "scalingFactor=1 2,mode=1",
     "2x2x4: 0 0.5 1 1 2 2.5 3 3"},
    {"permute", "x", "y", "axis=3 1 2 0", "4x2x4x1: 0 4 8 12 16 20 24 28"},
    {"sequenceRepeat", "v", "y", "nRepetitions=2", "2x3x1x1: 0 1 2 0 1 2"},
    {"concat", "v w", "y", "sequenceConcat=1", "2x3x1x1: 0 1 2 0 1 2"},
    {"reshape", "x", "y", "targetShape=4 2 2 2", "4x2x2x2: 0 1 2 3 4 5 6 7"},
    {"reshape", "x", "y", "mode=1,targetShape=2 4 2 2", "2x4x2x2: 0 2 4 6 16 18 20 22"},
    {"simpleRecurrent", "v", "y",
     "inputVectorSize=3,outputVectorSize=2,activation.linear=,"
     "weightMatrix.floatValue=1 2 3 0 1 0,recursionMatrix.floatValue=1 0 0 1",
     "1x2x1x1: 8 1"},
    {"simpleRecurrent", "v v2", "y h",
     "inputVectorSize=3,outputVectorSize=2,activation.linear=,"
     "weightMatrix.floatValue=1 2 3 0 1 0,recursionMatrix.floatValue=1 0 0 1",
     "1x2x1x1: 8 2"},
    {"gru", "v", "y",
     "inputVectorSize=3,outputVectorSize=1,activations+.linear=,activations+.linear=,"
     "updateGateWeightMatrix.floatValue=0 0 0,resetGateWeightMatrix.floatValue=0 0 0,"
     "outputGateWeightMatrix.floatValue=1 1 1,updateGateRecursionMatrix.floatValue=0,"
     "resetGateRecursionMatrix.floatValue=0,outputGateRecursionMatrix.floatValue=0",
     "1x1x1x1: 3"},
    {"uniDirectionalLSTM", "v", "y", LSTM("activations") ",weightParams" WEIGHTS, "1x1x1x1: 9"},
    {"biDirectionalLSTM", "v", "y",
     LSTM("activationsForwardLSTM") ",activationsBackwardLSTM+.linear=,"
     "activationsBackwardLSTM+.linear=,activationsBackwardLSTM+.linear=,"
     "weightParams+" WEIGHTS ",weightParams+" WEIGHTS,
     "1x2x1x1: 9 9"},
    {"cropResize", "x box", "y", "targetSize=1 2,mode.samplingMethod=0,spatialScale=1",
     "1x2x1x2: 1 3 17 19"},
};

static void
test_layers(void)
{
	for (size_t k = 0; k < countof(cases); k++) {
		World a, b;
		world_init(&a, IOS14);
		world_init(&b, IOS14);
		const char *mapped = result(&a, &cases[k], false);
		const char *five = result(&b, &cases[k], true);
		const char *want = with_five(&b.arena, cases[k].want);
		if (strcmp(mapped, cases[k].want) || strcmp(five, want))
			fprintf(stderr, "%s %s\n", cases[k].kind, cases[k].fields);
		CHECK_STR(mapped, cases[k].want);
		CHECK_STR(five, want);
		world_free(&a);
		world_free(&b);
	}
}

/* No layer of axes.def is left out. */
static void
test_all_there(void)
{
	static const char *const rows[] = {
#define AXES(name, view) name,
#include "nn/axes.def"
	};

	for (size_t k = 0; k < countof(rows); k++) {
		size_t n = strlen(rows[k]);
		size_t found = !strcmp(rows[k], "custom"); /* err/nn/custom.sh */
		for (size_t i = 0; i < countof(cases); i++)
			found += !strncmp(cases[i].kind, rows[k], n) &&
			         strchr(".", cases[i].kind[n]);
		if (!found)
			fprintf(stderr, "\tno case for %s\n", rows[k]);
		CHECK(found > 0);
	}
}

/* ---- networks ---- */

/* What a network of some layers gives for an output that is declared with that many dimensions, 0:
 * not at all, or as an image. */
static const char *
network(World *w, const Case *layer, size_t n, uint32_t rank, FeatureKind kind)
{
	Msg *net;
	Model *m = model_of(w, &net, false);

	for (size_t k = 0; k < n; k++)
		add_layer(&w->arena, net, &layer[k]);
	add_feature(w, m, true, "y", rank, (int64_t[]){2, 2, 2});
	m->face.output.at[0].has_shape = rank != 0;
	m->face.output.at[0].kind = kind;
	return net_text(w, net, m);
}

static void
test_outputs(void)
{
	static const Case channels = {"add", "v2", "y", "alpha=1", NULL};
	static const Case two[] = {{"concat", "v2 v2", "s", "sequenceConcat=1", NULL},
	                           {"add", "s", "y", "alpha=1", NULL}};
	static const struct {
		const Case *layer;
		size_t n;
		uint32_t rank;
		FeatureKind kind;
		const char *want;
	} rows[] = {
	    {&channels, 1, 0, FEATURE_ARRAY, "2x1x1: 1 2"},
	    {&channels, 1, 1, FEATURE_ARRAY, "2: 1 2"},
	    {&channels, 1, 3, FEATURE_ARRAY, "2x1x1: 1 2"},
	    {&channels, 1, 0, FEATURE_IMAGE, "1x2x1x1: 1 2"},
	    {two, 2, 0, FEATURE_ARRAY, "2x2x1x1: 1 2 1 2"},
	    {two, 2, 1, FEATURE_ARRAY, "2x1x2: 1 2 1 2"},
	    {two, 2, 3, FEATURE_ARRAY, "2x1x2x1x1: 1 2 1 2"},
	};

	for (size_t k = 0; k < countof(rows); k++) {
		World w;
		world_init(&w, IOS14);
		CHECK_STR(network(&w, rows[k].layer, rows[k].n, rows[k].rank, rows[k].kind),
		          rows[k].want);
		world_free(&w);
	}
}

/* Sequences of images are one batch for convolutions, and a sequence again for the lstm's kin. */
static void
test_sequence(void)
{
	static const Case layers[] = {
	    {"concat", "small small", "s", "sequenceConcat=1", NULL},
	    {"pooling", "s", "p", "type=0,kernelSize=1 2,stride=1 1,valid=", NULL},
	    {"flatten", "p", "f", "", NULL},
	    {"simpleRecurrent", "f", "y",
	     "inputVectorSize=4,outputVectorSize=1,activation.linear=,sequenceOutput=1,"
	     "weightMatrix.floatValue=1 1 1 1,recursionMatrix.floatValue=1", NULL},
	};
	World w;

	world_init(&w, IOS14);
	CHECK_STR(network(&w, layers, countof(layers), 1, FEATURE_ARRAY), "2x1x1: 16 32");
	world_free(&w);
}

/* A layer of later versions sees all five dimensions, and so do the others with it. */
static void
test_later_layer(void)
{
	static const Case layers[] = {{"activation.ReLU", "small", "a", "", NULL},
	                              {"transpose", "a", "t", "axes=2 1 0 3 4", NULL},
	                              {"squeeze", "t", "q", "axes=1 2", NULL},
	                              {"sliceStatic", "q", "y",
	                               "beginIds=1 0 0,endIds=2 2 2,strides=1 1 1", NULL}};
	World w;

	world_init(&w, IOS14);
	CHECK_STR(network(&w, layers, countof(layers), 0, FEATURE_ARRAY), "1x2x2: 4 5 6 7");
	world_free(&w);
}

/* Sizes that are known only at run time: a reshape goes by the input's own. */
static void
test_flexible(void)
{
	static DimRange range[3] = {{2, 2, 2, 0}, {1, 9, 2, 0}, {1, 9, 2, 0}};
	static const Case layers[] = {
	    {"concat", "small small", "s", "sequenceConcat=1", NULL},
	    {"pooling", "s", "p", "type=0,kernelSize=1 1,stride=1 1,valid=", NULL},
	    {"crop", "p small", "y", "", NULL}};
	World w;
	Msg *net;

	world_init(&w, IOS14);
	Model *m = model_of(&w, &net, false);
	m->face.input.at[1].nrange = 3;
	m->face.input.at[1].range = range;
	for (size_t k = 0; k < countof(layers); k++)
		add_layer(&w.arena, net, &layers[k]);
	add_feature(&w, m, true, "y", 0, NULL);
	CHECK(read_net(&w, net, m));
	CHECK_STR(run_text(&w, m), "2x2x2x2: 0 1 2 3 4 5 6 7");
	const Type *t = m->prog->funcs.at[0]->body->out[0]->var->type;
	CHECK(dim_known(t->dim[0]) && dim_known(t->dim[1]) && !dim_known(t->dim[2]));
	world_free(&w);
}

/* Images are mapped on their own. */
static void
test_images(void)
{
	for (int exact = 0; exact < 2; exact++) {
		World w;
		Msg *net;
		world_init(&w, IOS14);
		Model *m = model_of(&w, &net, exact);
		msg_int(net, "imageInputShapeMapping", !exact);
		add_feature(&w, m, false, "photo", 2, (int64_t[]){1, 2});
		m->face.input.at[m->face.input.n - 1].kind = FEATURE_IMAGE;
		m->face.input.at[m->face.input.n - 1].color = COLOR_RGB;
		add_layer(&w.arena, net, &(Case){"add", "photo v", "y", "", NULL});
		add_feature(&w, m, true, "y", 0, NULL);
		m->face.output.at[0].kind = FEATURE_IMAGE;
		CHECK(read_net(&w, net, m));
		CHECK_STR(run_text(&w, m), "1x3x1x2: 0 1 3 4 6 7");
		world_free(&w);
	}
}

int
main(void)
{
	test_layers();
	test_all_there();
	test_outputs();
	test_sequence();
	test_later_layer();
	test_flexible();
	test_images();
	return check_report();
}
