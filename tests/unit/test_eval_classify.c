/* test_eval_classify.c: the label that classify chooses; tests/convert/classifier.mil has the
 * probabilities; see ops.h for how a row reads. */
#include "ops.h"

int
main(void)
{
	EVAL("classify", "probabilities=fp32[1,3] 1 3 3; classes=int64[3] 5 -6 7", "int64 -6");
	EVAL("classify", "probabilities=fp32[3] 1 nan 3; classes=int64[3] 5 -6 7", "int64 -6");
	EVAL("classify", "probabilities=fp32[1] -inf; classes=int64[1] 5", "int64 5");
	EVAL("classify", "probabilities=fp32[2] 1*",
	     "!the labels are made by the model, not fixed in it");
	EVAL("classify", "probabilities=fp32[2] 1*; classes=int64[3] 1 2 3",
	     "!there are 3 labels for 2 probabilities");
	EVAL("classify", "probabilities=fp32[0]; classes=int64[0]",
	     "!there are no probabilities to choose from");
	return check_report();
}
