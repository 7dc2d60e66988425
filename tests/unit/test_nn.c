/* test_nn.c: layers of a NeuralNetwork lifted to ops and run, and what is wrong in a layer said
 * with its name. nn_text.h says how they are written.
 */
#include "nn_text.h"

static void
output_of(World *w, Model *m, const Case *c)
{
	char *save, *text = arena_strdup(&w->arena, c->out);
	const char *word = strtok_r(text, " ", &save);

	add_feature(w, m, true, word ? word : "y", 0, NULL);
}

static void
check_runs(const Case *c, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		World w;
		Msg *net;
		world_init(&w, IOS14);
		Model *m = model_with(&w, &net);
		add_layer(&w.arena, net, &c[k]);
		output_of(&w, m, &c[k]);
		bool ok = read_net(&w, net, m);
		diag_flush(&w.diag);
		const char *got = ok ? run_text(&w, m) : w.said.at;
		if (!ok || strcmp(got, c[k].want))
			fprintf(stderr, "%s %s: got '%s', expected '%s'\n", c[k].kind, c[k].fields,
			        got, c[k].want);
		CHECK(ok);
		CHECK_STR(got, c[k].want);
		world_free(&w);
	}
}

static void
check_refused(const Case *c, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		World w;
		Msg *net;
		world_init(&w, IOS14);
		Model *m = model_with(&w, &net);
		add_layer(&w.arena, net, &c[k]);
		output_of(&w, m, &c[k]);
		bool ok = read_net(&w, net, m);
		if (ok)
			fprintf(stderr, "%s %s was read, expected '%s'\n", c[k].kind, c[k].fields,
			    c[k].want);
		CHECK(!ok && world_heard(&w, c[k].want));
		world_free(&w);
	}
}

/* ---- tables ---- */

static const Case good[] = {
    /* elementwise */
    {"activation.ReLU", "x", "y", "", "2x3: 0 1 2 3 4 5"},
    {"activation.linear", "x", "y", "alpha=2,beta=1", "2x3: 1 3 5 7 9 11"},
    {"activation.scaledTanh", "x", "y", "alpha=2,beta=0", "2x3: 0 0 0 0 0 0"},
    {"activation.PReLU", "image", "y", "alpha.floatValue=1 2", "1x2x4x4: 0 1 2 3 4 5 6 7"},
    {"activation.PReLU", "x", "y", "alpha.floatValue=3", "2x3: 0 1 2 3 4 5"},
    {"activation.parametricSoftplus", "v", "y", "alpha.floatValue=1,beta.floatValue=0",
     "3: 0.6931 0.6931 0.6931"},
    {"unary", "v", "y", "type=3,alpha=2,scale=2,shift=1", "3: 1 9 25"},
    {"unary", "v", "y", "type=7,alpha=1.5,scale=1", "3: 1.5 1.5 2"},
    {"unary", "v", "y", "type=2,scale=1,epsilon=1", "3: 1 0.5 0.3333"},
    {"unary", "v", "y", "type=6,scale=-1", "3: 0 1 2"},
    {"add", "x", "y", "alpha=0.5", "2x3: 0.5 1.5 2.5 3.5 4.5 5.5"},
    {"add", "x x x", "y", "", "2x3: 0 3 6 9 12 15"},
    {"average", "x z", "y", "", "2x3: 0 1 2 3 4 5"},
    {"max", "x", "y", "", "2x3: 0 1 2 3 4 5"},
    {"greaterThan", "v", "y", "alpha=1", "3: 0 0 1"},
    {"divideBroadcastable", "x v", "y", "", "2x3: nan 1 1 inf 4 2.5"},
    {"asinh", "v", "y", "", "3: 0 0.8814 1.444"},
    {"acosh", "v", "y", "", "3: nan 0 1.317"},
    {"tanh", "v", "y", "", "3: 0 0.7616 0.964"},
    {"gelu", "v", "y", "", "3: 0 0.8413 1.954"},
    {"softmaxND", "v", "y", "axis=0", "3: 0.09003 0.2447 0.6652"},
    {"softmax", "image", "y", "",
     "1x2x4x4: 1.125e-07 1.125e-07 1.125e-07 1.125e-07 1.125e-07 "
     "1.125e-07 1.125e-07 1.125e-07"},
    {"whereBroadcastable", "x s v", "y", "", "2x3: 0 0 0 0 0 0"},
    {"scale", "image", "y",
     "shapeScale=2,scale.floatValue=1 2,hasBias=1,shapeBias=1,"
     "bias.floatValue=1",
     "1x2x4x4: 1 2 3 4 5 6 7 8"},
    {"bias", "v", "y", "shape=1,bias.floatValue=4", "3: 4 5 6"},
    {"copy", "x", "y", "", "2x3: 0 1 2 3 4 5"},
    {"clip", "v", "y", "minVal=0.5,maxVal=1.5", "3: 0.5 1 1.5"},
    /* shapes */
    {"loadConstantND", "", "y", "shape=2,data.floatValue=1 2", "2: 1 2"},
    {"loadConstantND", "", "y", "shape=2,data.float16Value=00 3c 00 c0", "2: 1 -2"},
    {"loadConstantND", "", "y", "shape=0", "0"},
    {"reshapeStatic", "x", "y", "targetShape=3 -1", "3x2: 0 1 2 3 4 5"},
    {"reshapeLike", "x z", "y", "", "2x3: 0 1 2 3 4 5"},
    {"rankPreservingReshape", "x", "y", "targetShape=0 -1", "2x3: 0 1 2 3 4 5"},
    {"flatten", "image", "y", "", "1x32x1x1: 0 1 2 3 4 5 6 7"},
    {"flatten", "image", "y", "mode=1", "1x32x1x1: 0 16 1 17 2 18 3 19"},
    {"reshape", "image", "y", "targetShape=4 4 2", "1x4x4x2: 0 1 2 3 4 5 6 7"},
    {"reshape", "image", "y", "mode=1,targetShape=4 4 2", "1x4x4x2: 0 2 4 6 8 10 12 14"},
    {"reshape", "x", "y", "targetShape=1 2 3", "1x2x3: 0 1 2 3 4 5"},
    {"permute", "image", "y", "", "1x2x4x4: 0 1 2 3 4 5 6 7"},
    {"permute", "seq", "y", "axis=1 0 2 3", "2x1x2x1x1: 0 2 1 3"},
    {"permute", "image", "y", "axis=0 2 1 3", "1x4x2x4: 0 1 2 3 16 17 18 19"},
    {"squeeze", "s", "y", "squeezeAll=1", "1: 0"},
    {"reverse", "x", "y", "reverseDim=1 0", "2x3: 3 4 5 0 1 2"},
    {"reverse", "x", "y", "reverseDim=0 0", "2x3: 0 1 2 3 4 5"},
    {"broadcastToStatic", "v", "y", "targetShape=2 3", "2x3: 0 1 2 0 1 2"},
    {"broadcastToLike", "v x", "y", "", "2x3: 0 1 2 0 1 2"},
    {"fillLike", "v", "y", "value=7", "3: 7 7 7"},
    {"fillStatic", "", "y", "value=7,targetShape=2", "2: 7 7"},
    {"slice", "image", "y", "axis=2,startIndex=1,endIndex=-1,stride=1",
     "1x2x4x2: 1 2 5 6 9 10 13 14"},
    {"sliceStatic", "x", "y", "beginIds=0 1,endIds=1 3,strides=1 1,squeezeMasks=1 0", "2: 1 2"},
    {"sliceDynamic", "v s", "y", "endIds=2 1 1 1 1,strides=1 1 1 1 1,endMasks=0 1 1 1 1",
     "2: 0 1"},
    {"sliceBySize", "x s", "y", "axis=1,size=2", "2x2: 0 1 3 4"},
    {"concatND", "x z", "y", "axis=0", "4x3: 0 1 2 3 4 5 0 1"},
    {"concat", "image image", "y", "", "1x4x4x4: 0 1 2 3 4 5 6 7"},
    {"splitND", "v", "y y2", "axis=0,numSplits=2", "2: 0 1"},
    {"splitND", "v", "y y2", "axis=0,numSplits=2,splitSizes=1 2", "1: 0"},
    {"tile", "x", "y", "reps=2", "2x6: 0 1 2 0 1 2 3 4"},
    {"tile", "v", "y", "reps=2 1", "2x3: 0 1 2 0 1 2"},
    {"cumSum", "v", "y", "axis=0,reverse=1", "3: 3 3 2"},
    {"argSort", "v", "y", "axis=0,descending=1", "3: 2 1 0"},
    {"topK", "v", "y i", "axis=0,K=2", "2: 2 1"},
    {"topK", "x s", "y i", "axis=1", "2x0"},
    {"gather", "x s", "y", "axis=0", "1x3: 0 1 2"},
    {"scatter", "v s s", "y", "mode=0", "3: 0 1 2"},
    {"lowerTriangular", "x", "y", "k=0", "2x3: 0 0 0 3 4 0"},
    {"lowerTriangular", "x", "y", "k=-1", "2x3: 0 0 0 3 0 0"},
    {"upperTriangular", "x", "y", "k=1", "2x3: 0 1 2 0 0 5"},
    {"upperTriangular", "x", "y", "k=-1", "2x3: 0 1 2 3 4 5"},
    {"oneHot", "v", "y", "oneHotVectorSize=2,axis=-1,onValue=5", "3x2: 5 0 0 5 0 0"},
    {"rangeStatic", "", "y", "endValue=3,stepSizeValue=2", "2: 0 2"},
    {"getShape", "x", "y", "", "2: 2 3"},
    {"stack", "v v", "y", "axis=0", "2x3: 0 1 2 0 1 2"},
    {"argMax", "x", "y", "axis=1,removeDim=1", "2: 2 2"},
    {"argMax", "v", "y", "axis=0,removeDim=1", "1: 2"},
    /* products and reductions */
    {"innerProduct", "x", "y",
     "inputChannels=3,outputChannels=1,weights.floatValue=1 1 1,"
     "hasBias=1,bias.floatValue=1",
     "2x1: 4 13"},
    {"innerProduct", "seq", "y", "inputChannels=2,outputChannels=1,weights.floatValue=1 2",
     "2x1x1x1x1: 2 8"},
    {"innerProduct", "x", "y",
     "inputChannels=3,outputChannels=2,weights.rawValue=1b 10,"
     "weights.quantization.numberOfBits=2,"
     "weights.quantization.linearQuantization.scale=1 10,"
     "weights.quantization.linearQuantization.bias=0 1",
     "2x2: 5 23 14 152"},
    {"innerProduct", "x", "y",
     "inputChannels=3,outputChannels=1,weights.rawValue=a0,"
     "weights.quantization.numberOfBits=1,"
     "weights.quantization.lookupTableQuantization.floatValue=3 4",
     "2x1: 11 44"},
    {"innerProduct", "x", "y",
     "inputChannels=3,outputChannels=1,weights.int8RawValue=ff 1 2,"
     "weights.quantization.numberOfBits=8,"
     "weights.quantization.linearQuantization.scale=0.5",
     "2x1: 2.5 5.5"},
    {"batchedMatmul", "x z", "y", "transposeB=1", "2x2: 5 14 14 50"},
    {"batchedMatmul", "x", "y",
     "weightMatrixFirstDimension=3,weightMatrixSecondDimension=1,"
     "weights.floatValue=1 2 3,hasBias=1,bias.floatValue=1",
     "2x1: 9 27"},
    {"innerProduct", "image", "y", "inputChannels=32,outputChannels=1,weights.floatValue=[32]",
     "1x1x1x1: 1.042e+04"},
    {"embedding", "h", "y", "inputDim=2,outputChannels=2,weights.floatValue=1 2 3 4",
     "1x1x2x1x1: 1 3"},
    {"dot", "seq seq", "y", "", "2x1x1x1x1: 1 13"},
    {"dot", "seq seq", "y", "cosineSimilarity=1", "2x1x1x1x1: 1 1"},
    {"embeddingND", "s", "y", "vocabSize=2,embeddingSize=2,weights.floatValue=1 2 3 4", "2: 1 3"},
    {"embedding", "s", "y",
     "inputDim=2,outputChannels=2,weights.floatValue=1 2 3 4,hasBias=1,"
     "bias.floatValue=1 1",
     "1x2: 2 4"},
    {"reduceSum", "x", "y", "axes=1", "2: 3 12"},
    {"reduceMax", "x", "y", "reduceAll=1", "1: 5"},
    {"reduce", "image", "y", "mode=7,axis=1", "1x2x1x1: 15 31"},
    {"reduce", "image", "y", "mode=9,axis=2", "1x1x4x4: 1 1 1 1 1 1 1 1"},
    {"reduce", "image", "y", "mode=3,axis=1,epsilon=1", "1x2x1x1: 4.913 5.971"},
    /* images */
    {"convolution", "image", "y",
     "outputChannels=1,kernelChannels=2,nGroups=1,kernelSize=4 4,"
     "valid.paddingAmounts.borderAmounts.startEdgeSize=0,"
     "valid.paddingAmounts.borderAmounts+.startEdgeSize=0,"
     "weights.floatValue=[32],hasBias=1,bias.floatValue=1",
     "1x1x1x1: 1.042e+04"},
    /* Codes 0 1 of the first input, 2 3 of the second; the scales are of the outputs. */
    {"convolution", "image", "y",
     "isDeconvolution=1,outputChannels=2,kernelChannels=2,nGroups=1,kernelSize=1 1,valid=,"
     "weights.rawValue=1b,weights.quantization.numberOfBits=2,"
     "weights.quantization.linearQuantization.scale=1 10,"
     "weights.quantization.linearQuantization.bias=0 1",
     "1x2x4x4: 32 34 36 38 40 42 44 46"},
    {"convolution", "image", "y",
     "isDeconvolution=1,outputChannels=1,kernelChannels=2,nGroups=1,"
     "kernelSize=1 1,same.asymmetryMode=0,weights.floatValue=1 1,"
     "outputShape=4 4",
     "1x1x4x4: 16 18 20 22 24 26 28 30"},
    {"convolution", "image", "y",
     "isDeconvolution=1,outputChannels=2,kernelChannels=2,nGroups=1,kernelSize=1 1,"
     "valid=,weights.rawValue=01 02 03 04,weights.quantization.numberOfBits=8,"
     "weights.quantization.linearQuantization.scale=1 10",
     "1x2x4x4: 48 52 56 60 64 68 72 76"},
    {"convolution", "image", "y",
     "isDeconvolution=1,outputChannels=2,kernelChannels=2,nGroups=2,kernelSize=1 1,"
     "valid=,weights.rawValue=01 02,weights.quantization.numberOfBits=8,"
     "weights.quantization.linearQuantization.scale=3 10,"
     "weights.quantization.linearQuantization.bias=0 0",
     "1x2x4x4: 0 3 6 9 12 15 18 21"},
    {"pooling", "image", "y", "type=0,kernelSize=2 2,stride=2 2,same.asymmetryMode=1",
     "1x2x2x2: 5 7 13 15 21 23 29 31"},
    {"pooling", "image", "y", "type=0,kernelSize=2 3,stride=1 2,same.asymmetryMode=1",
     "1x2x4x2: 1 3 5 7 9 11 13 15"},
    {"pooling", "image", "y", "type=0,kernelSize=2 3,stride=1 2,same.asymmetryMode=0",
     "1x2x4x2: 6 7 10 11 14 15 14 15"},
    {"convolution", "image", "y",
     "outputChannels=1,kernelChannels=2,nGroups=1,kernelSize=1 2,same.asymmetryMode=1,"
     "weights.floatValue=1 10 0 0",
     "1x1x4x4: 0 10 21 32 40 54 65 76"},
    {"convolution", "image", "y",
     "isDeconvolution=1,outputChannels=1,kernelChannels=2,nGroups=1,kernelSize=1 2,"
     "same.asymmetryMode=1,weights.floatValue=1 10 0 0",
     "1x1x4x4: 1 12 23 30 45 56 67 70"},
    {"convolution", "image", "y",
     "isDeconvolution=1,outputChannels=1,kernelChannels=2,nGroups=1,kernelSize=1 2,"
     "same.asymmetryMode=0,weights.floatValue=1 10 0 0",
     "1x1x4x4: 0 1 12 23 4 45 56 67"},
    {"convolution3d", "seq", "y",
     "outputChannels=1,inputChannels=1,nGroups=1,kernelDepth=2,"
     "kernelHeight=1,kernelWidth=1,paddingType=1,"
     "weights.floatValue=1 1",
     "2x1x1x1x1: 1 5"},
    {"pooling", "image", "y",
     "type=0,kernelSize=2 2,stride=2 2,valid=", "1x2x2x2: 5 7 13 15 21 23 29 31"},
    {"pooling", "image", "y", "type=0,globalPooling=1", "1x2x1x1: 15 31"},
    {"pooling", "image", "y",
     "type=1,kernelSize=3 3,stride=2 2,includeLastPixel.paddingAmounts=0 "
     "0,avgPoolExcludePadding=1",
     "1x2x2x2: 5 6.5 11 12.5 21 22.5 27 28.5"},
    {"pooling3d", "seq", "y", "type=1,kernelDepth=2,kernelHeight=1,kernelWidth=1,paddingType=1",
     "2x1x1x1x1: 0.5 2.5"},
    {"globalPooling3d", "seq", "y", "type=0", "2x1x1x1x1: 1 3"},
    {"padding", "x", "y",
     "replication=,paddingAmounts.borderAmounts.startEdgeSize=0,"
     "paddingAmounts.borderAmounts+.endEdgeSize=1",
     "2x4: 0 1 2 2 3 4 5 5"},
    {"constantPad", "v", "y", "value=9,padAmounts=1 0", "4: 9 0 1 2"},
    {"constantPad", "x", "y", "value=9,padAmounts=0 1 5 0,padToGivenOutputSizeMode=1",
     "2x5: 9 9 0 1 2 9 9 3"},
    {"constantPad", "v r", "y", "value=9,padToGivenOutputSizeMode=1", "3: 0 1 2"},
    {"crop", "image small", "y", "offset=1 2", "1x2x2x1: 6 10 22 26"},
    {"crop", "image", "y",
     "cropAmounts.borderAmounts.startEdgeSize=3,"
     "cropAmounts.borderAmounts+.endEdgeSize=2,offset=0 0",
     "1x2x1x2: 12 13 28 29"},
    {"reorganizeData", "image", "y", "mode=0,blockSize=2", "1x8x2x2: 0 2 8 10 16 18 24 26"},
    {"upsample", "image", "y", "scalingFactor=2 2", "1x2x8x8: 0 0 1 1 2 2 3 3"},
    {"upsample", "image", "y", "fractionalScalingFactor=1.75 1.75,mode=1,linearUpsampleMode=1",
     "1x2x7x7: 0 0.5 1 1.5 2 2.5 3 2"},
    {"upsample", "image", "y", "scalingFactor=1 2,mode=1",
     "1x2x4x8: 0 0.5 1 1.5 2 2.5 3 3"},
    {"resizeBilinear", "seq", "y", "", "2x1x2x1x1: 0 1 2 3"},
    {"resizeBilinear", "image", "y", "targetSize=2 2,mode.samplingMethod=1",
     "1x2x2x2: 0 3 12 15 16 19 28 31"},
    /* normalization */
    {"batchnorm", "image", "y",
     "channels=2,gamma.floatValue=1 1,beta.floatValue=1 1,"
     "mean.floatValue=0 0,variance.floatValue=1 1",
     "1x2x4x4: 1 2 3 4 5 6 7 8"},
    {"batchnorm", "seq", "y",
     "channels=2,gamma.floatValue=1 1,beta.floatValue=1 1,"
     "mean.floatValue=0 0,variance.floatValue=4 4",
     "2x1x2x1x1: 1 1.5 2 2.5"},
    {"batchnorm", "image", "y", "channels=2,computeMeanVar=1,instanceNormalization=1,epsilon=0.25",
     "1x2x4x4: -1.617 -1.402 -1.186 -0.9705 -0.7548 -0.5392 -0.3235 -0.1078"},
    {"batchnorm", "seq", "y", "channels=2,computeMeanVar=1,epsilon=3",
     "2x1x2x1x1: -0.5 -0.5 0.5 0.5"},
    {"mvn", "x", "y", "", "2x3: -2.5 -1.5 -0.5 0.5 1.5 2.5"},
    {"layerNormalization", "x", "y",
     "normalizedShape=3,gamma.floatValue=1 1 1,"
     "beta.floatValue=0 0 0,eps=0",
     "2x3: -1.225 0 1.225 -1.225 0 1.225"},
    {"l2normalize", "image", "y", "epsilon=1e-3",
     "1x2x4x4: 0 0.009798 0.0196 0.02939 0.03919 0.04899 0.05879 0.06859"},
    {"lrn", "image", "y", "localSize=1,alpha=0,beta=1", "1x2x4x4: 0 1 2 3 4 5 6 7"},
    /* random numbers: the shape is what can be known */
    {"randomNormalStatic", "", "y", "mean=3,outputShape=2,seed=1", "2: 3 3"},
    {"randomUniformLike", "v", "y", "minVal=2,maxVal=2", "3: 2 2 2"},
    {"randomBernoulliStatic", "", "y", "prob=1,outputShape=2", "2: 1 1"},
    /* recurrent */
    {"simpleRecurrent", "seq h", "y yh",
     "inputVectorSize=2,outputVectorSize=1,activation.linear=,"
     "weightMatrix.floatValue=1 1,recursionMatrix.floatValue=1,"
     "sequenceOutput=1,hasBiasVector=1,biasVector.floatValue=1",
     "2x1x1x1x1: 2 8"},
    {"simpleRecurrent", "seq", "y",
     "inputVectorSize=2,outputVectorSize=1,activation.linear.alpha=1,"
     "weightMatrix.floatValue=1 1,recursionMatrix.floatValue=1,sequenceOutput=1,reverseInput=1",
     "2x1x1x1x1: 5 6"},
    {"gru", "seq h", "y yh",
     "inputVectorSize=2,outputVectorSize=1,activations+.linear=,"
     "activations+.linear=,sequenceOutput=1,"
     "updateGateWeightMatrix.floatValue=0 0,"
     "resetGateWeightMatrix.floatValue=0 0,"
     "outputGateWeightMatrix.floatValue=1 1,"
     "updateGateRecursionMatrix.floatValue=0,"
     "resetGateRecursionMatrix.floatValue=0,"
     "outputGateRecursionMatrix.floatValue=0",
     "2x1x1x1x1: 1 5"},
};

static const Case bad[] = {
    {"", "x", "y", "", "m.mlmodel: layer it: error: it has no parameters"},
    {"activation", "x", "y", "", "does not say which activation"},
    {"custom", "x", "y", "", "m.mlmodel: error: 1 layer of the network has no equivalent"},
    {"custom", "x", "y", "className=A",
     "layer it (custom): note: its class 'A' is part of an app: --custom A=SCRIPT.mil gives"},
    {"loopBreak", "", "", "", "layer it (loopBreak): error: it stands in no loop"},
    {"activation.ReLU", "q", "y", "",
     "layer it (activation.ReLU): error: its input 'q' is not made"},
    {"activation.ReLU", "x x", "y", "", "it has 2 inputs, expected 1"},
    {"activation.ReLU", "x", "y y", "", "it has 2 outputs, expected 1"},
    {"stack", "", "y", "", "it has no inputs"},
    {"stack", "x q", "y", "", "its input 'q' is not made"},
    {"softmaxND", "x x", "y", "", "it has 2 inputs, expected 1"},
    {"add", "", "y", "", "it has 0 inputs, expected at least 1"},
    {"equal", "x x x", "y", "", "it has 3 inputs, expected at most 2"},
    {"softmaxND", "x", "", "", "it has 0 outputs, expected 1"},
    {"softmaxND", "x", "y", "axis=7", "m.mlmodel: layer it (softmaxND): error: 'axis' is 7"},
    {"unary", "x", "y", "type=9", "its type has the unknown number 9"},
    {"gelu", "x", "y", "mode=5", "its mode has the unknown number 5"},
    {"scatter", "v s s", "y", "mode=9", "its mode has the unknown number 9"},
    {"scale", "x", "y", "shapeScale=1 1 1 1 1", "shapeScale has 5 dimensions, expected at most 4"},
    {"bias", "x", "y", "shape=3,bias.floatValue=1 2", "bias has 2 numbers, expected shape (3,)"},
    {"bias", "x", "y", "shape=3", "it has no bias"},
    {"loadConstantND", "", "y", "shape=4294967296 4294967296 4294967296,data.floatValue=1",
     "shape has more elements than can be counted"},
    {"loadConstantND", "", "y",
     "shape=1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
     "1 1 1 1",
     "shape has 33 dimensions, more than 32"},
    {"loadConstantND", "", "y", "shape=2,data.rawValue=1 2,data.int8RawValue=1 2",
     "data has two kinds of codes"},
    {"loadConstantND", "", "y", "shape=2,data.int8RawValue=1 2", "data is quantized to 0 bits"},
    {"loadConstantND", "", "y", "shape=2,data.int8RawValue=1 2,data.quantization.numberOfBits=9",
     "data is quantized to 9 bits, expected 1 to 8"},
    {"loadConstantND", "", "y", "shape=2,data.rawValue=1 2,data.quantization.numberOfBits=8",
     "data is quantized, but does not say how"},
    {"loadConstantND", "", "y",
     "shape=2,data.rawValue=1 2,data.quantization.numberOfBits=8,"
     "data.quantization.linearQuantization.scale=1 2 3",
     "data has 3 scales and 0 biases for 2 channels"},
    {"loadConstantND", "", "y",
     "shape=2,data.rawValue=1 2,data.quantization.numberOfBits=8,"
     "data.quantization.lookupTableQuantization.floatValue=1 2 3",
     "the table of data has 3 entries, expected 256 for 8 bits"},
    {"loadConstantND", "", "y", "shape=18,data.rawValue=1 2,data.quantization.numberOfBits=1",
     "data has 16 numbers, expected shape (18,)"},
    {"loadConstant", "", "y", "shape=1 1,data.floatValue=1", "shape has 2 dimensions, expected 3"},
    {"reshape", "x", "y", "targetShape=1", "targetShape has 1 numbers, expected 3 or 4"},
    {"reshape", "x", "y", "targetShape=1 -2 3",
     "targetShape has the number -2, expected -1 or a size"},
    {"reshape", "x", "y", "mode=2,targetShape=1 1 1", "its mode has the unknown number 2"},
    {"reshape", "x", "y", "mode=1,targetShape=1 2 3", "its input has rank 2, expected 3 to 5"},
    {"flatten", "x", "y", "", "its input has rank 2, expected 3 to 5"},
    {"permute", "image", "y", "axis=0 1", "axis has 2 numbers, expected 4"},
    {"permute", "image", "y", "axis=0 1 2 4", "axis has the number 4, expected 0 to 3"},
    {"sequenceRepeat", "image", "y", "", "its input has rank 4, expected 5"},
    {"dot", "x x", "y", "", "its input has rank 2, expected 3 to 5"},
    {"crop", "image x", "y", "", "its second input has rank 2, expected 3 to 5"},
    {"crop", "image image", "y", "offset=1", "offset has 1 numbers, expected 2"},
    {"cumSum", "v s", "y", "", "its input 1 (axis) is known only at run time, but in an operation"},
    {"NonMaximumSuppression", "x x s", "a b c d", "", "its input 2 (iouThreshold) is known only"},
    {"reverse", "x", "y", "reverseDim=1", "reverseDim has 1 flags for an input of rank 2"},
    {"slice", "x", "y", "axis=0", "it has axis 0 of three, which its input of rank 2 lacks"},
    {"sliceDynamic", "x v v v", "y", "",
     "its input 3 (stride) is known only at run time, but in an operation it is a constant"},
    {"sliceBySize", "x s", "y", "axis=2", "it has axis 2, but its input has rank 2"},
    {"splitND", "v", "y", "axis=0,numSplits=3", "it has 1 outputs for 3 parts"},
    {"topK", "x v", "y i", "", "the number of elements is tensor[3,fp32], expected one number"},
    {"rangeDynamic", "v", "y", "", "its input is tensor[3,fp32], expected one number"},
    {"embedding", "x", "y", "inputDim=1,outputChannels=1,weights.floatValue=1",
     "its input has rank 2, expected 3 to 5"},
    {"innerProduct", "x", "y", "inputChannels=3,outputChannels=1", "it has no weights"},
    {"innerProduct", "image", "y", "inputChannels=3,outputChannels=1,weights.floatValue=1 2 3",
     "channels, height and width of its input make 32 numbers, but inputChannels is 3"},
    {"reduce", "image", "y", "mode=10", "it has the unknown mode 10 or axis 0"},
    {"reduce", "image", "y", "mode=9,axis=1",
     "the largest element is sought along one axis, not 2"},
    {"padding", "x", "y", "", "it does not say with what it pads"},
    {"padding", "x", "y", "constant=,paddingAmounts.borderAmounts.startEdgeSize=1",
     "paddingAmounts has edges for 1 axes, expected 2"},
    {"crop", "image", "y",
     "cropAmounts.borderAmounts.startEdgeSize=9e9,"
     "cropAmounts.borderAmounts+.endEdgeSize=2",
     "cropAmounts has an edge of 9000000000"},
    {"constantPad", "v", "y", "padToGivenOutputSizeMode=1",
     "it has 0 amounts of padding, expected 2 for rank 1"},
    {"reorganizeData", "image", "y", "mode=3", "its mode has the unknown number 3"},
    {"reorganizeData", "image", "y", "", "'block_size' is 0, expected a number"},
    {"upsample", "image", "y", "scalingFactor=1 1 1", "scalingFactor has 3 numbers, expected 2"},
    {"upsample", "image", "y", "mode=2", "its mode has the unknown number 2"},
    {"upsample", "image", "y", "mode=1,linearUpsampleMode=3",
     "its linearUpsampleMode has the unknown number 3"},
    {"upsample", "image", "y", "mode=1,fractionalScalingFactor=0.1 0.1",
     "its linearUpsampleMode DEFAULT needs a known size of at least 1"},
    {"resizeBilinear", "image", "y", "targetSize=1", "targetSize has 1 numbers, expected 2"},
    {"resizeBilinear", "image", "y", "targetSize=0 1", "targetSize has the number 0"},
    {"resizeBilinear", "image", "y", "targetSize=1 1,mode.samplingMethod=7",
     "its sampling method has the unknown number 7"},
    {"cropResize", "seq s", "y", "targetSize=1 1,boxIndicesMode.boxMode=7",
     "its boxes are of the unknown kind 7"},
    {"convolution", "image", "y", "outputChannels=3,nGroups=2",
     "its 3 output channels cannot be divided into 2 groups"},
    {"convolution", "image", "y", "outputChannels=1,kernelSize=1 1 1",
     "kernelSize has 3 numbers, expected 2"},
    {"convolution", "image image", "y", "outputChannels=1,isDeconvolution=1",
     "the weights of a transposed convolution are an input, but only a convolution can"},
    {"convolution", "image", "y",
     "isDeconvolution=1,outputChannels=1,kernelChannels=2,"
     "kernelSize=1 1,weights.floatValue=1 1,outputShape=4",
     "outputShape has 1 numbers, expected 2"},
    {"convolution", "x", "y",
     "outputChannels=1,kernelChannels=2,kernelSize=1 1,"
     "weights.floatValue=1 1",
     "its input has rank 2, expected 4"},
    {"pooling", "image", "y", "type=7", "its type has the unknown number 7"},
    {"pooling3d", "seq", "y", "type=2", "its type has the unknown number 2"},
    {"pooling", "image", "y", "includeLastPixel.paddingAmounts=1",
     "paddingAmounts has 1 numbers, expected 2"},
    {"batchnorm", "image", "y", "", "it has 0 channels"},
    {"layerNormalization", "x", "y", "", "normalizedShape has 0 dimensions, expected 1 to 32"},
    {"gru", "seq h", "y yh", "", "it has 0 activations, expected 2"},
    {"simpleRecurrent", "seq h", "y yh", "activation.ELU.alpha=1",
     "its activation is ELU, which no recurrent operation has"},
    {"simpleRecurrent", "seq h", "y yh", "activation.sigmoidHard.alpha=0.5",
     "its activation sigmoidHard has alpha 0.5 and beta 0, but a recurrent operation only has "
     "0.2 and 0.5"},
    {"simpleRecurrent", "seq h", "y yh", "", "its activation is not set"},
    {"simpleRecurrent", "seq", "y yh yc", "activation.tanh=,inputVectorSize=2,outputVectorSize=1,"
     "weightMatrix.floatValue=1 1,recursionMatrix.floatValue=1",
     "it has 3 outputs, expected 1 or 2"},
    {"uniDirectionalLSTM", "seq h", "y", "", "it has 2 inputs, expected 1 or 3"},
    {"simpleRecurrent", "seq h", "y yh", "activation.tanh=", "it has 0 inputs and 0 units"},
    {"gru", "seq h", "y yh",
     "activations+.tanh=,activations+.tanh=,inputVectorSize=2147483647,"
     "outputVectorSize=2147483647",
     "its weights have more elements than can be counted"},
    {"simpleRecurrent", "seq h", "y yh", "activation.tanh=,inputVectorSize=2,outputVectorSize=2",
     "it has no weightMatrix"},
    {"uniDirectionalLSTM", "seq h h", "y yh yc",
     "inputVectorSize=2,outputVectorSize=1,activations+.tanh=,activations+.tanh=,"
     "activations+.tanh=,params.coupledInputAndForgetGate=1",
     "its input and forget gates are coupled, which no operation has with the activation tanh"},
    {"uniDirectionalLSTM", "seq h h", "y yh yc",
     "inputVectorSize=2,outputVectorSize=1,activations+.tanh=,activations+.tanh=,"
     "activations+.tanh=",
     "it has no weights"},
    {"biDirectionalLSTM", "seq h h h h", "y yh yc yb ybc",
     "inputVectorSize=2,outputVectorSize=1,activationsForwardLSTM+.tanh=,"
     "activationsForwardLSTM+.tanh=,activationsForwardLSTM+.tanh=,"
     "activationsBackwardLSTM+.tanh=,activationsBackwardLSTM+.tanh=,"
     "activationsBackwardLSTM+.tanh=",
     "it has weights for 0 directions, expected 2"},
    {"biDirectionalLSTM", "seq h h h h", "y yh yc yb ybc",
     "inputVectorSize=2,outputVectorSize=1,activationsForwardLSTM+.tanh=,"
     "activationsForwardLSTM+.tanh=,activationsForwardLSTM+.tanh=,"
     "activationsBackwardLSTM+.tanh=,activationsBackwardLSTM+.tanh=,"
     "activationsBackwardLSTM+.ReLU=",
     "its directions have different activations, but an lstm has one set for both"},
    {"branch", "x", "y", "", "its condition is tensor[2,3,bool], expected one number"},
    {"loop", "", "y", "conditionNetwork.layers+.name=a", "conditionVar is empty"},
};

/* ---- control flow ---- */

int
main(void)
{
	check_runs(good, countof(good));
	check_refused(bad, countof(bad));
	return check_report();
}
