/* test_infer_elementwise.c: types that elementwise ops and activations give, and what they
 * refuse; see ops.h for how a row reads. */
#include "ops.h"

static void
rows_0(void)
{
	INFER("abs", "x=fp32[2,p]", "tensor[2,p,fp32]");
	INFER("sign", "x=fp32[2,p]", "tensor[2,p,fp32]");
	INFER("square", "x=fp32[2,p]", "tensor[2,p,fp32]");
	INFER("exp2", "x=fp32[2,p]", "tensor[2,p,fp32]");
	INFER("exp", "x=fp32[2,p]", "tensor[2,p,fp32]");
	INFER("cos", "x=fp32[2,p]", "tensor[2,p,fp32]");
	INFER("relu", "x=fp32[2,p]", "tensor[2,p,fp32]");
	INFER("softsign", "x=fp32[2,p]", "tensor[2,p,fp32]");
	INFER("silu", "x=fp32[2,p]", "tensor[2,p,fp32]");
	INFER("abs", "x=int32[2]", "tensor[2,int32]");
	INFER("exp", "x=int32[2]", "!'x' of exp takes fp16 or fp32, but this is int32");
	INFER("sqrt", "x=fp16", "fp16");
	INFER("logical_not", "x=bool[3]", "tensor[3,bool]");
	INFER("logical_not", "x=fp32[3]", "!'x' of logical_not takes bool, but this is fp32");
	INFER("cast", "x=fp32[2,p]; dtype=\"int32\"", "tensor[2,p,int32]");
	INFER("cast", "x=bool; dtype=\"fp16\"", "fp16");
	INFER("cast", "x=fp32[2]; dtype=\"int8\"",
	      "!cannot cast to int8, only to one of bool, fp16, fp32, int32");
	INFERV("cast", IOS17, "x=fp32[2]; dtype=\"int8\"", "tensor[2,int8]");
	INFER("cast", "x=fp32[2]; dtype=\"int64\"",
	      "!cannot cast to int64, only to one of bool, fp16, fp32, int32");
	INFERV("cast", IOS17, "x=fp32[2]; dtype=\"uint16\"", "tensor[2,uint16]");
	INFERV("cast", IOS17, "x=fp32[2]; dtype=\"fp64\"",
	       "!cannot cast to fp64, only to one of bool, fp16, fp32, int8, int16, int32, "
	       "uint8, uint16");
	INFER("clip", "x=fp32[2]; alpha=fp32 1; beta=fp32 0", "tensor[2,fp32]");
	INFERV("clip", IOS17, "x=fp32[2]; alpha=fp32 1; beta=fp32 1",
	      "!'alpha' (1) must be less than 'beta' (1)");
	INFERV("clip", IOS17, "x=fp32[2]; alpha=fp32 0; beta=fp32 1", "tensor[2,fp32]");
	INFER("clip", "x=fp32[2]; alpha=fp32[2] 0 0; beta=fp32 1",
	      "!'alpha' must be a single number, but has shape (2,)");
	INFER("clip", "x=fp16[2]; alpha=fp32 0; beta=fp32 1",
	      "!'alpha' of clip is fp32, but 'x' is fp16: they must have the same type\nnote: a "
	      "Python float becomes fp32; write np.float16(...)");
	INFER("threshold", "x=int32[2]; alpha=int32 1", "tensor[2,int32]");
	INFER("threshold", "x=int32[2]; alpha=fp32 1",
	      "!'alpha' of threshold is fp32, but 'x' is int32: they must have the same type");
	INFER("log", "x=fp32[2]", "tensor[2,fp32]");
	INFER("log", "x=fp16[2]", "tensor[2,fp16]");
	INFER("log", "x=fp16[2]; epsilon=fp32 1",
	      "!'epsilon' of log is fp32, but 'x' is fp16: they must have the same type\nnote: a "
	      "Python float becomes fp32; write np.float16(...)");
	INFERV("log", IOS17, "x=fp16[2]; epsilon=fp32 1", "tensor[2,fp16]");
	INFER("inverse", "x=fp32[p]", "tensor[p,fp32]");
	INFER("rsqrt", "x=fp32[p]; epsilon=fp32[2] 1 2",
	      "!'epsilon' must be a single number, but has shape (2,)");
	INFER("add", "x=fp32[2,3]; y=fp32[3]", "tensor[2,3,fp32]");
}

static void
rows_1(void)
{
	INFER("mul", "x=fp32[2,3]; y=fp32[3]", "tensor[2,3,fp32]");
	INFER("floor_div", "x=fp32[2,3]; y=fp32[3]", "tensor[2,3,fp32]");
	INFER("pow", "x=fp32[2,3]; y=fp32[3]", "tensor[2,3,fp32]");
	INFER("maximum", "x=fp32[2,3]; y=fp32[3]", "tensor[2,3,fp32]");
	INFER("add", "x=fp32[2,p]; y=fp32[1]", "tensor[2,p,fp32]");
	INFER("add", "x=fp32[p]; y=fp32[q]", "tensor[is2,fp32]");
	INFER("add", "x=fp32[p]; y=fp32[4]", "tensor[4,fp32]");
	INFER("add", "x=fp32[4]; y=fp32[p]", "tensor[4,fp32]");
	INFER("add", "x=fp32[p]; y=fp32[0]", "tensor[is1,fp32]");
	INFER("add", "x=fp32[p]; y=fp32[p]", "tensor[p,fp32]");
	INFER("add", "x=fp32[1]; y=fp32[0]", "tensor[0,fp32]");
	INFER("add", "x=fp32[2,1,3]; y=fp32[4,1]", "tensor[2,4,3,fp32]");
	INFER("add", "x=fp32[p,1]; y=fp32[1,q]", "tensor[p,q,fp32]");
	INFER("sub", "x=fp32; y=fp32[2]", "tensor[2,fp32]");
	INFER("sub", "x=fp32; y=fp32", "fp32");
	INFER("add", "x=fp32[2,3]; y=fp32[2]",
	      "!shape (2, 3) of 'x' and (2,) of 'y' cannot be broadcast together");
	INFER("add", "x=fp32[0]; y=fp32[3]",
	      "!shape (0,) of 'x' and (3,) of 'y' cannot be broadcast together");
	INFER("add", "x=fp32[2]; y=fp16[2]",
	      "!'y' of add is fp16, but 'x' is fp32: they must have the same type");
	INFER("add", "x=bool[2]; y=bool[2]",
	      "!'x' of add takes fp16, fp32 or int32, but this is bool\nmilc: error: 'y' of add "
	      "takes fp16, fp32 or int32, but this is bool");
	INFER("equal", "x=fp32[2,p]; y=fp32", "tensor[2,p,bool]");
	INFER("equal", "x=int32; y=int32", "bool");
	INFER("less", "x=fp32[2,p]; y=fp32", "tensor[2,p,bool]");
	INFER("less", "x=int32; y=int32", "bool");
	INFER("logical_and", "x=bool[2]; y=bool[1]", "tensor[2,bool]");
	INFER("logical_xor", "x=bool[2]; y=fp32[2]",
	      "!'y' of logical_xor takes bool, but this is fp32");
	INFER("elu", "x=fp32[2]; alpha=fp32 1", "tensor[2,fp32]");
	INFER("elu", "x=fp16[2]; alpha=fp32 1",
	      "!'alpha' of elu is fp32, but 'x' is fp16: they must have the same type\nnote: a "
	      "Python float becomes fp32; write np.float16(...)");
	INFERV("elu", IOS17, "x=fp16[2]; alpha=fp32 1", "tensor[2,fp16]");
	INFER("elu", "x=fp32[2]; alpha=fp32[2] 1 2",
	      "!'alpha' must be a single number, but has shape (2,)");
	INFER("clamped_relu", "x=fp32[2]; alpha=fp32 1; beta=fp32 2", "tensor[2,fp32]");
	INFERV("sigmoid_hard", IOS17, "x=fp16[2]; alpha=fp32 1; beta=fp32 2", "tensor[2,fp16]");
	INFER("scaled_tanh", "x=fp32[2]; alpha=fp32 1; beta=fp32[3] 1 2 3",
	      "!'beta' must be a single number, but has shape (3,)");
	INFER("gelu", "x=fp32[2]", "tensor[2,fp32]");
	INFER("gelu", "x=fp32[2]; mode=\"TANH_APPROXIMATION\"", "tensor[2,fp32]");
	INFER("gelu", "x=fp32[2]; mode=\"FAST\"",
	      "!'mode' is 'FAST', expected one of: EXACT, TANH_APPROXIMATION, "
	      "SIGMOID_APPROXIMATION");
}

static void
rows_2(void)
{
	INFER("softmax", "x=fp32[2,p]", "tensor[2,p,fp32]");
	INFER("softmax", "x=fp32[2,p]; axis=int32 -2", "tensor[2,p,fp32]");
	INFER("softmax", "x=fp32", "fp32");
	INFER("prelu", "x=fp32[1,3,2,2]; alpha=fp32[3] 1 2 3", "tensor[1,3,2,2,fp32]");
	INFER("prelu", "x=fp32[1,3]; alpha=fp32[3] 1 2 3",
	      "!'x' has shape (1, 3), expected a value of rank 3 to 5");
	INFER("prelu", "x=fp32[1,3,2]; alpha=fp32[3] 1 2 3",
	      "!'alpha' must be the same for all channels when 'x' has rank 3, only rank 4 takes "
	      "different ones");
	INFER("prelu", "x=fp32[1,3,2]; alpha=fp32[3] 1 1 1", "tensor[1,3,2,fp32]");
	INFER("prelu", "x=fp32[1,p,2]; alpha=fp32[3] 1 1 1",
	      "!'alpha' has 3 elements, but 'x' has p channels (dimension 1)");
	INFER("prelu", "x=fp32[1,1,2]; alpha=fp32 1",
	      "!'alpha' must have one number per channel, but has shape ()");
	INFERV("prelu", IOS17, "x=fp16[1,1,2,2]; alpha=fp32[1] 1", "tensor[1,1,2,2,fp16]");
	INFER("softplus_parametric", "x=fp32[1,2,3]; alpha=fp32[2] 1 2; beta=fp32[2] 1 2",
	      "tensor[1,2,3,fp32]");
	INFER("softplus_parametric", "x=fp32[1,2,3]; alpha=fp32[2] 1 2; beta=fp32[1] 1",
	      "!'beta' has 1 elements, but 'x' has 2 channels (dimension 1)");
	INFER("softplus_parametric", "x=fp32[1,2]; alpha=fp32[2] 1 2; beta=fp32[2] 1 2",
	      "!'x' has shape (1, 2), expected a value of rank 3 or more");
}

int
main(void)
{
	rows_0();
	rows_1();
	rows_2();
	return check_report();
}
