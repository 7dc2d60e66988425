/* test_eval_reduction.c: exact values of the reduction evaluators;
 * see ops.h for how a row reads. */
#include "ops.h"

static void
rows_0(void)
{
	EVAL("reduce_sum", "x=fp32[2,3] 3 -4 2 1 5 9", "fp32 16");
	EVAL("reduce_sum",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] 0; keep_dims=bool t",
	     "fp32[1,3] 4 1 11");
	EVAL("reduce_sum", "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] -1", "fp32[2] 1 15");
	EVAL("reduce_sum", "x=int32[2,3] 3 -4 2 1 5 9; axes=int32[1] 1", "int32[2] 1 15");
	EVAL("reduce_sum",
	     "x=fp32[2,3,4] -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; "
	     "axes=int32[2] 0 2",
	     "fp32[3] 4 36 68");
	EVAL("reduce_sum", "x=fp16[2,2] 1 2 3 4; axes=int32[1] 1", "fp16[2] 3 7");
	EVAL("reduce_sum", "x=fp32 3", "fp32 3");
	EVAL("reduce_sum", "x=fp32[3] 1 nan 2; axes=int32[1] 0", "fp32 nan");
	EVAL("reduce_sum", "x=fp32[2,0]; axes=int32[1] 1", "fp32[2] 0 0");
	EVAL("reduce_mean", "x=fp32[2,3] 3 -4 2 1 5 9", "fp32 2.66666675");
	EVAL("reduce_mean",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] 0; keep_dims=bool t",
	     "fp32[1,3] 2 0.5 5.5");
	EVAL("reduce_mean", "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] -1", "fp32[2] 0.333333343 5");
	EVAL("reduce_mean", "x=int32[2,3] 3 -4 2 1 5 9; axes=int32[1] 1", "int32[2] 0 5");
	EVAL("reduce_mean",
	     "x=fp32[2,3,4] -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; "
	     "axes=int32[2] 0 2",
	     "fp32[3] 0.5 4.5 8.5");
	EVAL("reduce_mean", "x=fp16[2,2] 1 2 3 4; axes=int32[1] 1", "fp16[2] 1.5 3.5");
	EVAL("reduce_mean", "x=fp32 3", "fp32 3");
	EVAL("reduce_mean", "x=fp32[3] 1 nan 2; axes=int32[1] 0", "fp32 nan");
	EVAL("reduce_mean", "x=fp32[2,0]; axes=int32[1] 1", "fp32[2] nan nan");
	EVAL("reduce_max", "x=fp32[2,3] 3 -4 2 1 5 9", "fp32 9");
	EVAL("reduce_max",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] 0; keep_dims=bool t",
	     "fp32[1,3] 3 5 9");
	EVAL("reduce_max", "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] -1", "fp32[2] 3 9");
	EVAL("reduce_max", "x=int32[2,3] 3 -4 2 1 5 9; axes=int32[1] 1", "int32[2] 3 9");
	EVAL("reduce_max",
	     "x=fp32[2,3,4] -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; "
	     "axes=int32[2] 0 2",
	     "fp32[3] 8 12 16");
	EVAL("reduce_max", "x=fp16[2,2] 1 2 3 4; axes=int32[1] 1", "fp16[2] 2 4");
	EVAL("reduce_max", "x=fp32 3", "fp32 3");
	EVAL("reduce_max", "x=fp32[3] 1 nan 2; axes=int32[1] 0", "fp32 nan");
	EVAL("reduce_max", "x=fp32[2,0]; axes=int32[1] 1", "!x has no elements to choose from");
	EVAL("reduce_min", "x=fp32[2,3] 3 -4 2 1 5 9", "fp32 -4");
	EVAL("reduce_min",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] 0; keep_dims=bool t",
	     "fp32[1,3] 1 -4 2");
	EVAL("reduce_min", "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] -1", "fp32[2] -4 1");
	EVAL("reduce_min", "x=int32[2,3] 3 -4 2 1 5 9; axes=int32[1] 1", "int32[2] -4 1");
	EVAL("reduce_min",
	     "x=fp32[2,3,4] -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; "
	     "axes=int32[2] 0 2",
	     "fp32[3] -7 -3 1");
	EVAL("reduce_min", "x=fp16[2,2] 1 2 3 4; axes=int32[1] 1", "fp16[2] 1 3");
	EVAL("reduce_min", "x=fp32 3", "fp32 3");
	EVAL("reduce_min", "x=fp32[3] 1 nan 2; axes=int32[1] 0", "fp32 nan");
}

static void
rows_1(void)
{
	EVAL("reduce_min", "x=fp32[2,0]; axes=int32[1] 1", "!x has no elements to choose from");
	EVAL("reduce_prod", "x=fp32[2,3] 3 -4 2 1 5 9", "fp32 -1080");
	EVAL("reduce_prod",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] 0; keep_dims=bool t",
	     "fp32[1,3] 3 -20 18");
	EVAL("reduce_prod", "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] -1", "fp32[2] -24 45");
	EVAL("reduce_prod", "x=int32[2,3] 3 -4 2 1 5 9; axes=int32[1] 1", "int32[2] -24 45");
	EVAL("reduce_prod",
	     "x=fp32[2,3,4] -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; "
	     "axes=int32[2] 0 2",
	     "fp32[3] 1411200 -0 1048320");
	EVAL("reduce_prod", "x=fp16[2,2] 1 2 3 4; axes=int32[1] 1", "fp16[2] 2 12");
	EVAL("reduce_prod", "x=fp32 3", "fp32 3");
	EVAL("reduce_prod", "x=fp32[3] 1 nan 2; axes=int32[1] 0", "fp32 nan");
	EVAL("reduce_prod", "x=fp32[2,0]; axes=int32[1] 1", "fp32[2] 1 1");
	EVAL("reduce_l1_norm", "x=fp32[2,3] 3 -4 2 1 5 9", "fp32 24");
	EVAL("reduce_l1_norm",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] 0; keep_dims=bool t",
	     "fp32[1,3] 4 9 11");
	EVAL("reduce_l1_norm", "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] -1", "fp32[2] 9 15");
	EVAL("reduce_l1_norm", "x=int32[2,3] 3 -4 2 1 5 9; axes=int32[1] 1", "int32[2] 9 15");
	EVAL("reduce_l1_norm",
	     "x=fp32[2,3,4] -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; "
	     "axes=int32[2] 0 2",
	     "fp32[3] 48 48 68");
	EVAL("reduce_l1_norm", "x=fp16[2,2] 1 2 3 4; axes=int32[1] 1", "fp16[2] 3 7");
	EVAL("reduce_l1_norm", "x=fp32 3", "fp32 3");
	EVAL("reduce_l1_norm", "x=fp32[3] 1 nan 2; axes=int32[1] 0", "fp32 nan");
	EVAL("reduce_l1_norm", "x=fp32[2,0]; axes=int32[1] 1", "fp32[2] 0 0");
	EVAL("reduce_l2_norm", "x=fp32[2,3] 3 -4 2 1 5 9", "fp32 11.6619034");
	EVAL("reduce_l2_norm",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] 0; keep_dims=bool t",
	     "fp32[1,3] 3.1622777 6.40312433 9.21954441");
	EVAL("reduce_l2_norm",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] -1",
	     "fp32[2] 5.38516474 10.34408");
	EVAL("reduce_l2_norm", "x=int32[2,3] 3 -4 2 1 5 9; axes=int32[1] 1", "int32[2] 5 10");
	EVAL("reduce_l2_norm",
	     "x=fp32[2,3,4] -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; "
	     "axes=int32[2] 0 2",
	     "fp32[3] 17.320509 21.4476109 29.5972977");
	EVAL("reduce_l2_norm", "x=fp16[2,2] 1 2 3 4; axes=int32[1] 1", "fp16[2] 2.23632812 5");
	EVAL("reduce_l2_norm", "x=fp32 3", "fp32 3");
	EVAL("reduce_l2_norm", "x=fp32[3] 1 nan 2; axes=int32[1] 0", "fp32 nan");
	EVAL("reduce_l2_norm", "x=fp32[2,0]; axes=int32[1] 1", "fp32[2] 0 0");
	EVAL("reduce_log_sum", "x=fp32[2,3] 3 -4 2 1 5 9", "fp32 2.77258873");
	EVAL("reduce_log_sum",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] 0; keep_dims=bool t",
	     "fp32[1,3] 1.38629436 0 2.39789534");
	EVAL("reduce_log_sum",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] -1",
	     "fp32[2] 0 2.70805025");
	EVAL("reduce_log_sum", "x=int32[2,3] 3 -4 2 1 5 9; axes=int32[1] 1", "int32[2] 0 2");
	EVAL("reduce_log_sum",
	     "x=fp32[2,3,4] -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; "
	     "axes=int32[2] 0 2",
	     "fp32[3] 1.38629436 3.58351898 4.21950769");
	EVAL("reduce_log_sum",
	     "x=fp16[2,2] 1 2 3 4; axes=int32[1] 1",
	     "fp16[2] 1.09863281 1.94628906");
	EVAL("reduce_log_sum", "x=fp32 3", "fp32 1.09861231");
}

static void
rows_2(void)
{
	EVAL("reduce_log_sum", "x=fp32[3] 1 nan 2; axes=int32[1] 0", "fp32 nan");
	EVAL("reduce_log_sum", "x=fp32[2,0]; axes=int32[1] 1", "fp32[2] -inf -inf");
	EVAL("reduce_log_sum_exp", "x=fp32[2,3] 3 -4 2 1 5 9", "fp32 9.02180481");
	EVAL("reduce_log_sum_exp",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] 0; keep_dims=bool t",
	     "fp32[1,3] 3.12692809 5.0001235 9.00091171");
	EVAL("reduce_log_sum_exp",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] -1",
	     "fp32[2] 3.31392813 9.01847935");
	EVAL("reduce_log_sum_exp", "x=int32[2,3] 3 -4 2 1 5 9; axes=int32[1] 1", "int32[2] 3 9");
	EVAL("reduce_log_sum_exp",
	     "x=fp32[2,3,4] -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; "
	     "axes=int32[2] 0 2",
	     "fp32[3] 8.44019604 12.440196 16.4401951");
	EVAL("reduce_log_sum_exp", "x=fp16[2,2] 1 2 3 4; axes=int32[1] 1", "fp16[2] 2.3125 4.3125");
	EVAL("reduce_log_sum_exp", "x=fp32 3", "fp32 3");
	EVAL("reduce_log_sum_exp", "x=fp32[3] 1 nan 2; axes=int32[1] 0", "fp32 nan");
	EVAL("reduce_log_sum_exp", "x=fp32[2,0]; axes=int32[1] 1",
	     "!x has no elements to choose from");
	EVAL("reduce_sum_square", "x=fp32[2,3] 3 -4 2 1 5 9", "fp32 136");
	EVAL("reduce_sum_square",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] 0; keep_dims=bool t",
	     "fp32[1,3] 10 41 85");
	EVAL("reduce_sum_square", "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] -1", "fp32[2] 29 107");
	EVAL("reduce_sum_square", "x=int32[2,3] 3 -4 2 1 5 9; axes=int32[1] 1", "int32[2] 29 107");
	EVAL("reduce_sum_square",
	     "x=fp32[2,3,4] -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; "
	     "axes=int32[2] 0 2",
	     "fp32[3] 300 460 876");
	EVAL("reduce_sum_square", "x=fp16[2,2] 1 2 3 4; axes=int32[1] 1", "fp16[2] 5 25");
	EVAL("reduce_sum_square", "x=fp32 3", "fp32 9");
	EVAL("reduce_sum_square", "x=fp32[3] 1 nan 2; axes=int32[1] 0", "fp32 nan");
	EVAL("reduce_sum_square", "x=fp32[2,0]; axes=int32[1] 1", "fp32[2] 0 0");
	EVAL("reduce_sum", "x=int32[2] 2147483647 1", "int32 -2147483648");
	EVAL("reduce_prod", "x=int32[3] 65536 65536 3", "int32 0");
	EVAL("reduce_l1_norm", "x=int32[1] -2147483648", "int32 -2147483648");
	EVAL("reduce_sum_square", "x=int32[2] 70000 1", "int32 605032705");
	EVAL("reduce_sum", "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[0]", "fp32[2,3] 3 -4 2 1 5 9");
	EVAL("reduce_sum", "x=fp32[2,3] 3 -4 2 1 5 9; axes=int32[1] 2",
	     "!axis 2 is out of range for rank 2");
	EVAL("reduce_mean", "x=int32[2] -3 -4", "int32 -3");
	EVAL("reduce_log_sum_exp", "x=fp32[2] 1000 1000", "fp32 1000.69318");
	EVAL("reduce_sum", "x=fp32[3,700] 1*; axes=int32[1] 1", "fp32[3] 700 700 700");
	EVAL("reduce_sum", "x=fp32[700,2] 1*; axes=int32[1] 0", "fp32[2] 700 700");
	EVAL("reduce_argmax", "x=fp32[2,3] 3 -4 2 1 5 9", "int32[2] 0 2");
	EVAL("reduce_argmax",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axis=int32 0; keep_dims=bool t",
	     "int32[1,3] 0 1 1");
	EVAL("reduce_argmax", "x=int32[2,3] 3 -4 2 1 5 9; axis=int32 -2", "int32[3] 0 1 1");
	EVAL("reduce_argmax", "x=fp32[4] 1 nan nan 7", "int32 1");
	EVAL("reduce_argmax", "x=fp16[4] 5 1 1 5", "int32 0");
}

static void
rows_3(void)
{
	EVAL("reduce_argmax",
	     "x=fp32[2,3,4] -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; "
	     "axis=int32 1",
	     "int32[2,4] 2 2 2 2 2 2 2 2");
	EVALV("reduce_argmax", IOS17,
	     "x=fp32[2,3] 3 -4 2 1 5 9; output_dtype=\"uint16\"",
	     "uint16[2] 0 2");
	EVAL("reduce_argmax", "x=fp32[2,0]", "!x has no elements to choose from");
	EVAL("reduce_argmax", "x=fp32[2,3] 3 -4 2 1 5 9; axis=int32 2",
	     "!axis is 2, but x has rank 2");
	EVAL("reduce_argmin", "x=fp32[2,3] 3 -4 2 1 5 9", "int32[2] 1 0");
	EVAL("reduce_argmin",
	     "x=fp32[2,3] 3 -4 2 1 5 9; axis=int32 0; keep_dims=bool t",
	     "int32[1,3] 1 0 0");
	EVAL("reduce_argmin", "x=int32[2,3] 3 -4 2 1 5 9; axis=int32 -2", "int32[3] 1 0 0");
	EVAL("reduce_argmin", "x=fp32[4] 1 nan nan 7", "int32 1");
	EVAL("reduce_argmin", "x=fp16[4] 5 1 1 5", "int32 1");
	EVAL("reduce_argmin",
	     "x=fp32[2,3,4] -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; "
	     "axis=int32 1",
	     "int32[2,4] 0 0 0 0 0 0 0 0");
	EVALV("reduce_argmin", IOS17,
	     "x=fp32[2,3] 3 -4 2 1 5 9; output_dtype=\"uint16\"",
	     "uint16[2] 1 0");
	EVAL("reduce_argmin", "x=fp32[2,0]", "!x has no elements to choose from");
	EVAL("reduce_argmin", "x=fp32[2,3] 3 -4 2 1 5 9; axis=int32 2",
	     "!axis is 2, but x has rank 2");
}

int
main(void)
{
	rows_0();
	rows_1();
	rows_2();
	rows_3();
	return check_report();
}
