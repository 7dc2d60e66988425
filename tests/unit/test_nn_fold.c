/* test_nn_fold.c: what is folded into the layers before a network is quantized, and what must stay;
 * and the walk over layers, networks and models. A folded network computes what it did before.
 */
#include "nn/quantize.h"
#include "Model.pb-c.h"
#include "check.h"
#include "nn_text.h"

/* ---- a network with what is said about it ---- */

typedef struct Folding {
	World w;
	Msg *spec, *net;
	Model *m;
	Buf said;
	const char *skip; /* a kind of layer that is not taken, or "bias" */
} Folding;

static void
begin(Folding *f)
{
	Msg *net;

	memset(f, 0, sizeof *f);
	world_init(&f->w, IOS14);
	f->m = model_with(&f->w, &net);
	f->spec = msg_new(&f->w.arena, &core_ml__specification__model__descriptor);
	f->net = msg_sub(f->spec, "neuralNetwork");
	msg_assign(f->net, net);
}

static void
output(Folding *f, const char *name)
{
	msg_string(msg_sub(msg_lazy(f->spec, "description"), "output"), "name", name);
	add_feature(&f->w, f->m, true, name, 0, NULL);
}

static Msg *
layer(Folding *f, Msg *net, const char *name, const char *kind, const char *in, const char *out,
      const char *fields)
{
	Msg *p = add_layer(&f->w.arena, net, &(Case){kind, in, out, fields, NULL});

	msg_string(msg_mutable(msg_at(net, "layers", msg_count(net, "layers") - 1)), "name", name);
	return p;
}

static void
say(Quantizer *q, const char *line)
{
	buf_puts(&((Folding *)q->ctx)->said, line);
}

static int
take(Quantizer *q, UNUSED Msg *l, const char *kind, const char *weight)
{
	const Folding *f = q->ctx;

	if (f->skip && !strcmp(f->skip, "fail"))
		return -1;
	return !f->skip || strcmp(f->skip, weight ? weight : kind) != 0;
}

static Quantizer
quantizer(Folding *f, QuantMode mode, unsigned bits)
{
	return (Quantizer){
	    .arena = &f->w.arena, .mode = mode, .bits = bits, .take = take, .say = say, .ctx = f};
}

static const char *
fold(Folding *f)
{
	Quantizer q = quantizer(f, QUANT_LINEAR, 8);

	q.model = f->spec;
	fold_network(&q, f->net);
	return f->said.n ? f->said.at : "";
}

static const char *
numbers(Folding *f)
{
	Msg *copy = msg_copy(&f->w.arena, f->net);
	Model *m = new (&f->w.arena, Model);

	*m = *f->m;
	return read_net(&f->w, copy, m) ? run_text(&f->w, m) : "not read";
}

static void
end(Folding *f)
{
	buf_free(&f->said);
	world_free(&f->w);
}

/* ---- pairs ---- */

#define CONV                                                                                       \
	"outputChannels=3,kernelChannels=2,kernelSize=1 "                                          \
	"2,nGroups=1,valid=,weights.floatValue=[12]"
#define DECONV                                                                                     \
	"outputChannels=4,kernelChannels=2,kernelSize=1 2,nGroups=2,isDeconvolution=1,valid=,"     \
	"weights.floatValue=[8]"
#define FC      "inputChannels=3,outputChannels=2,weights.floatValue=[6]"
#define NORM(n) "channels=" n ",epsilon=0.5,mean.floatValue=1 2 4,variance.floatValue=0.5 3.5 0,"
static const struct {
	const char *kind, *in, *fields, *next, *more;
	bool folds;
} pairs[] = {
    {"convolution", "image", CONV, "scale", "shapeScale=3,scale.floatValue=1 2 4", true},
    {"convolution", "image", CONV, "scale",
     "shapeScale=3 1 1,scale.floatValue=1 2 4,hasBias=1,shapeBias=1,bias.floatValue=5", true},
    {"convolution", "image", CONV ",hasBias=1,bias.floatValue=1 2 3", "scale",
     "shapeScale=1,scale.floatValue=3,hasBias=1,shapeBias=3 1 1,bias.floatValue=5 6 7", true},
    /* The layer's bias is scaled where the scale has none. */
    {"convolution", "image", CONV ",hasBias=1,bias.floatValue=1 2 3", "scale",
     "shapeScale=3,scale.floatValue=3 5 7", true},
    {"convolution", "image", CONV, "bias", "shape=3,bias.floatValue=1 2 4", true},
    {"convolution", "image", CONV, "bias", "shape=1 3 1 1,bias.floatValue=1 2 4", true},
    {"convolution", "image", CONV ",hasBias=1,bias.floatValue=1 2 3", "bias",
     "shape=1,bias.floatValue=8", true},
    {"convolution", "image", CONV, "batchnorm",
     NORM("3") "gamma.floatValue=2 3 4,beta.floatValue=1 0 5", true},
    {"convolution", "image", CONV ",hasBias=1,bias.floatValue=1 2 3", "batchnorm",
     NORM("3") "gamma.floatValue=2 3 4,beta.floatValue=1 0 5", true},
    /* Its weights lie otherwise: channel 0 and 1 of the first input, 2 and 3 of the second. */
    {"convolution", "image", DECONV, "scale", "shapeScale=4,scale.floatValue=1 10 100 1000", true},
    {"innerProduct", "x", FC, "scale", "shapeScale=1,scale.floatValue=0.5", true},
    {"innerProduct", "x", FC ",hasBias=1,bias.floatValue=1 2", "bias",
     "shape=1,bias.floatValue=0.5", true},
    {"batchnorm", "image",
     "channels=2,epsilon=0.5,mean.floatValue=1 2,variance.floatValue=0.5 3.5,gamma.floatValue=2 3,"
     "beta.floatValue=1 0",
     "scale", "shapeScale=2,scale.floatValue=2 4,hasBias=1,shapeBias=2,bias.floatValue=1 -1", true},
    /* Halves become floats. */
    {"innerProduct", "x", "inputChannels=3,outputChannels=1,weights.float16Value=0 3c 0 40 0 42",
     "scale", "shapeScale=1,scale.float16Value=0 38", true},
    /* A scale for each place is for no channel; and what has no numbers cannot be folded. */
    {"convolution", "image", CONV, "scale", "shapeScale=1 4 3,scale.floatValue=[12]", false},
    {"convolution", "image",
     "outputChannels=3,kernelChannels=2,kernelSize=1 2,nGroups=1,valid=,weights.floatValue=[12]",
     "scale", "shapeScale=1 1 3,scale.floatValue=1 2 3", false},
    {"convolution", "image", CONV, "batchnorm",
     "channels=3,instanceNormalization=1,computeMeanVar=1,gamma.floatValue=2 3 4,"
     "beta.floatValue=1 0 5",
     false},
    {"batchnorm", "image",
     "channels=2,instanceNormalization=1,computeMeanVar=1,gamma.floatValue=2 3,"
     "beta.floatValue=1 0",
     "scale", "shapeScale=1,scale.floatValue=2", false},
    {"innerProduct", "x",
     "inputChannels=3,outputChannels=1,weights.rawValue=1 2 3,weights.quantization.numberOfBits=8,"
     "weights.quantization.linearQuantization.scale=1",
     "scale", "shapeScale=1,scale.floatValue=2", false},
    {"innerProduct", "x", FC, "activation.ReLU", "", false},
};

static void
test_pairs(void)
{
	for (size_t i = 0; i < countof(pairs); i++) {
		Folding f;
		const char *before, *said;
		bool folds = pairs[i].folds;

		begin(&f);
		layer(&f, f.net, "a", pairs[i].kind, pairs[i].in, "t", pairs[i].fields);
		layer(&f, f.net, "b", pairs[i].next, "t", "y", pairs[i].more);
		output(&f, "y");
		before = numbers(&f);
		said = fold(&f);
		CHECK_STR(said, folds ? "Fused a->b\n" : "");
		CHECK_INT(msg_count(f.net, "layers"), folds ? 1 : 2);
		CHECK_STR(numbers(&f), before);
		CHECK(strncmp(before, "failed", 6) != 0 && strcmp(before, "not read") != 0);
		end(&f);
	}
}

/* One after the other, as long as there are more. */
static void
test_chain(void)
{
	Folding f;

	begin(&f);
	layer(&f, f.net, "fc", "innerProduct", "x", "a", FC);
	layer(&f, f.net, "s", "scale", "a", "b", "shapeScale=1,scale.floatValue=2");
	layer(&f, f.net, "t", "bias", "b", "c", "shape=1,bias.floatValue=1");
	layer(&f, f.net, "u", "scale", "c", "y", "shapeScale=1,scale.floatValue=0.5");
	output(&f, "y");
	CHECK_STR(numbers(&f), "2x2: 5.5 14.5 14.5 50.5");
	CHECK_STR(fold(&f), "Fused fc->s\nFused fc->t\nFused fc->u\n");
	CHECK_STR(numbers(&f), "2x2: 5.5 14.5 14.5 50.5");
	end(&f);
}

/* ---- what else reads a blob ---- */

static void
scaled(Folding *f)
{
	begin(f);
	layer(f, f->net, "fc", "innerProduct", "x", "t", FC);
	layer(f, f->net, "s", "scale", "t", "y", "shapeScale=1,scale.floatValue=2");
}

static void
test_readers(void)
{
	Folding f;
	Msg *p;

	scaled(&f);
	output(&f, "t"); /* an output of the model */
	CHECK_STR(fold(&f), "");
	end(&f);

	scaled(&f);
	layer(&f, f.net, "relu", "activation.ReLU", "t", "z", "");
	CHECK_STR(fold(&f), "");
	end(&f);

	scaled(&f);
	p = layer(&f, f.net, "if", "branch", "s", "", "");
	layer(&f, msg_sub(p, "ifBranch"), "relu", "activation.ReLU", "t", "z", "");
	msg_sub(p, "elseBranch");
	CHECK_STR(fold(&f), "");
	end(&f);

	scaled(&f);
	p = layer(&f, f.net, "for", "loop", "", "", "");
	msg_string(p, "conditionVar", "t");
	CHECK_STR(fold(&f), "");
	end(&f);

	scaled(&f);
	p = layer(&f, f.net, "for", "loop", "", "", "maxLoopIterations=2");
	layer(&f, msg_sub(p, "bodyNetwork"), "copy", "copy", "y", "t", ""); /* writes it */
	CHECK_STR(fold(&f), "");
	end(&f);

	scaled(&f);
	p = msg_sub(msg_sub(msg_sub(f.net, "updateParams"), "lossLayers"),
	            "meanSquaredErrorLossLayer");
	msg_string(p, "input", "t");
	CHECK_STR(fold(&f), "");
	end(&f);

	begin(&f);
	layer(&f, f.net, "fc", "innerProduct", "x", "t", FC);
	layer(&f, f.net, "relu", "activation.ReLU", "y", "z", ""); /* another y */
	layer(&f, f.net, "s", "scale", "t", "y", "shapeScale=1,scale.floatValue=2");
	CHECK_STR(fold(&f), "");
	end(&f);

	begin(&f);
	layer(&f, f.net, "fc", "innerProduct", "x", "t", FC);
	p = layer(&f, f.net, "for", "loop", "", "", "");
	layer(&f, msg_sub(p, "bodyNetwork"), "copy", "copy", "y", "z", "");
	layer(&f, f.net, "s", "scale", "t", "y", "shapeScale=1,scale.floatValue=2");
	CHECK_STR(fold(&f), "");
	end(&f);

	begin(&f);
	layer(&f, f.net, "fc", "innerProduct", "x", "t", FC);
	layer(&f, f.net, "s", "scale", "t x", "y", "shapeScale=1,scale.floatValue=2");
	CHECK_STR(fold(&f), "");
	end(&f);
}

/* The probabilities of a classifier are a name of its own. */
static void
test_classifier(void)
{
	Folding f;
	Msg *net;
	Quantizer q;

	scaled(&f);
	net = msg_sub(f.spec, "neuralNetworkClassifier");
	layer(&f, net, "fc", "innerProduct", "x", "t", FC);
	layer(&f, net, "s", "scale", "t", "y", "shapeScale=1,scale.floatValue=2");
	msg_string(net, "labelProbabilityLayerName", "t");
	q = quantizer(&f, QUANT_STEPS, 8);
	CHECK(quantize_model(&q, f.spec));
	CHECK_STR(f.said.at, "Optimizing Neural Network before Quantization:\n"
	                     "Finished optimizing network. Quantizing neural network..\n"
	                     "Quantizing layer fc of type innerProduct\n"
	                     "Quantizing layer s of type scale\n");
	CHECK_INT(msg_get_int(f.spec, "specificationVersion"), 3);
	end(&f);
}

/* ---- the walk ---- */

static const char *
quantized(Folding *f, QuantMode mode, unsigned bits, bool want)
{
	Quantizer q = quantizer(f, mode, bits);

	CHECK_INT(quantize_model(&q, f->spec), want);
	return q.why ? q.why : f->said.n ? f->said.at : "";
}

static void
test_walk(void)
{
	Folding f;
	Msg *p;

	begin(&f);
	p = layer(&f, f.net, "if", "branch", "s", "", "");
	layer(&f, msg_sub(p, "ifBranch"), "a", "innerProduct", "x", "t", FC);
	msg_sub(p, "elseBranch");
	layer(&f, f.net, "mine", "custom", "t", "u", "");
	CHECK_STR(quantized(&f, QUANT_LINEAR, QUANT_HALVES, true),
	          "Quantizing layer if of type branch\nQuantizing layer a of type innerProduct\n"
	          "Quantizing layer mine of type custom\nSkipping custom layer mine. Weights for "
	          "this layer need tobe converted manually\n");
	CHECK_INT(msg_get_int(f.spec, "specificationVersion"), 2);
	end(&f);

	begin(&f); /* a part of a layer that is not taken */
	layer(&f, f.net, "fc", "innerProduct", "x", "t", FC ",hasBias=1,bias.floatValue=1 2");
	f.skip = "bias";
	quantized(&f, QUANT_LINEAR, 8, true);
	p = msg_mutable(msg_get(msg_at(f.net, "layers", 0), "innerProduct"));
	CHECK_INT(msg_bytes(msg_get(p, "weights"), "rawValue")->len, 6);
	CHECK_INT(msg_count(msg_get(p, "bias"), "floatValue"), 2);
	end(&f);

	begin(&f);
	layer(&f, f.net, "fc", "innerProduct", "x", "t", FC);
	f.skip = "innerProduct";
	quantized(&f, QUANT_LINEAR, 8, true);
	CHECK(!strstr(f.said.at, "Quantizing layer"));
	f.skip = "fail";
	CHECK(!strstr(quantized(&f, QUANT_LINEAR, 8, false), "Quantizing layer"));
	end(&f);
}

static void
test_refusals(void)
{
	static const struct {
		QuantMode mode;
		unsigned bits;
		const char *kind, *fields, *why;
	} wrong[] = {
	    {QUANT_LINEAR, 0, "copy", "",
	     "Only half precision (16-bit), 1 to 8-bit quantization is supported"},
	    {QUANT_STEPS, 9, "copy", "",
	     "Only half precision (16-bit), 1 to 8-bit quantization is supported"},
	    {QUANT_SYMMETRIC, 4, "copy", "",
	     "Symmetric quantization is only applicable for 8 bitlinear"},
	    {QUANT_LINEAR, 8, "copy", "", "Unknown layer copy to be quantized"},
	    {QUANT_LINEAR, 8, "", "", "layer 'it' is of no kind that could be quantized"},
	    {QUANT_LINEAR, 8, "innerProduct",
	     "inputChannels=4,outputChannels=2,weights.floatValue=1",
	     "'weights' of layer 'it' (innerProduct): cannot reshape array of size 1 into shape "
	     "(2,4)"},
	    {QUANT_LINEAR, 8, "bias", "shape=4294967296 4294967296,bias.floatValue=1",
	     "'bias' of layer 'it' (bias): no weights are as many as its dimensions say"},
	    {QUANT_LINEAR, 8, "embedding",
	     "inputDim=4611686018427387904,outputChannels=5,weights.floatValue=1",
	     "'weights' of layer 'it' (embedding): no weights are as many as its dimensions say"},
	};

	for (size_t i = 0; i < countof(wrong); i++) {
		Folding f;
		begin(&f);
		layer(&f, f.net, "it", wrong[i].kind, "x", "y", wrong[i].fields);
		CHECK_STR(quantized(&f, wrong[i].mode, wrong[i].bits, false), wrong[i].why);
		end(&f);
	}
}

/* Pipelines inside of pipelines; not those of other kinds. */
static void
test_pipelines(void)
{
	Folding f;
	Msg *whole, *inner, *p;
	Quantizer q;

	begin(&f);
	layer(&f, f.net, "fc", "innerProduct", "x", "t", FC);
	whole = msg_new(&f.w.arena, &core_ml__specification__model__descriptor);
	p = msg_sub(whole, "pipeline");
	msg_sub(msg_sub(p, "models"), "identity");
	inner = msg_sub(msg_sub(p, "models"), "pipeline");
	msg_adopt(inner, "models", f.spec);
	q = quantizer(&f, QUANT_LINEAR, 8);
	CHECK(quantize_model(&q, whole));
	CHECK_INT(msg_get_int(whole, "specificationVersion"), 0);
	CHECK_INT(msg_get_int(msg_at(inner, "models", 0), "specificationVersion"), 3);
	CHECK(strstr(f.said.at, "Quantizing layer fc of type innerProduct\n"));
	msg_adopt(msg_sub(msg_sub(msg_sub(p, "models"), "pipelineRegressor"), "pipeline"), "models",
	          f.spec);
	CHECK(!quantize_model(&q, whole));
	CHECK_STR(q.why, "a pipelineRegressor is not taken apart: quantize its models, and join "
	                 "them again");
	end(&f);
}

/* ---- products of 8-bit numbers ---- */

static void
test_products(void)
{
	static const uint8_t want[] = {0, 25, 50, 76, 101, 127};
	Folding f;
	Quantizer q;
	const Msg *p, *w;

	begin(&f);
	layer(&f, f.net, "fc", "innerProduct", "x", "t", FC);
	layer(&f, f.net, "none", "innerProduct", "x", "u", "inputChannels=3,outputChannels=2");
	layer(&f, f.net, "s", "bias", "t", "y", "shape=1,bias.floatValue=2");
	q = quantizer(&f, QUANT_UNDO, 0);
	CHECK(quantize_products(&q, f.spec));
	CHECK_STR(f.said.at,
	          "Quantizing layer fc of type innerProduct\nQuantizing layer none of type "
	          "innerProduct\nQuantizing layer s of type bias\nModifying layer fc with size of "
	          "weights 6, to use Int8 * Int8 matrix multiplication\n");
	CHECK_INT(msg_get_int(f.spec, "specificationVersion"), 5);
	p = msg_get(msg_at(f.net, "layers", 0), "innerProduct");
	w = msg_get(p, "weights");
	CHECK_INT(msg_get_int(p, "int8DynamicQuantize"), 1);
	CHECK_INT(msg_bytes(w, "int8RawValue")->len, 6);
	CHECK(!memcmp(msg_bytes(w, "int8RawValue")->data, want, 6));
	p = msg_get(msg_get(w, "quantization"), "linearQuantization");
	CHECK_INT(msg_count(p, "scale"), 1);
	CHECK_NUM(msg_float_at(p, "scale", 0), (double)(5.0F / 127));
	CHECK_INT(msg_count(p, "bias"), 0);
	end(&f);

	begin(&f);
	layer(&f, f.net, "mm", "batchedMatmul", "x", "t",
	      "weightMatrixFirstDimension=3,weightMatrixSecondDimension=2,weights.floatValue=1");
	q = quantizer(&f, QUANT_UNDO, 0);
	CHECK(!quantize_products(&q, f.spec));
	CHECK_STR(q.why,
	          "layer 'mm' (batchedMatmul) has 1 weights, which its dimensions do not say");
	f.spec = msg_new(&f.w.arena, &core_ml__specification__model__descriptor);
	CHECK(!quantize_products(&q, f.spec));
	CHECK_STR(q.why, "Model Type None not supported.");
	end(&f);
}

int
main(void)
{
	test_pairs();
	test_chain();
	test_readers();
	test_classifier();
	test_walk();
	test_refusals();
	test_pipelines();
	test_products();
	return check_report();
}
