/* test_eval_linear.c: exact values of the linear and select evaluators;
 * see ops.h for how a row reads. */
#include "ops.h"

static void
rows_0(void)
{
	EVAL("linear",
	     "x=fp32[2,3] 1 2 3 4 5 6; weight=fp32[4,3] 1 0 -1 2 2 2 0 1 0 -1 1 0.5",
	     "fp32[2,4] -2 12 2 2.5 -2 30 5 4");
	EVAL("linear",
	     "x=fp32[2,3] 1 2 3 4 5 6; weight=fp32[4,3] 1 0 -1 2 2 2 0 1 0 -1 1 0.5; "
	     "bias=fp32[4] 1 2 3 4",
	     "fp32[2,4] -1 14 5 6.5 -1 32 8 8");
	EVAL("linear",
	     "x=fp32[3] 1 2 3; weight=fp32[4,3] 1 0 -1 2 2 2 0 1 0 -1 1 0.5",
	     "fp32[4] -2 12 2 2.5");
	EVAL("linear", "x=int32[1,2] 1 2; weight=int32[1,2] 3 4; bias=int32[1] 5", "int32[1,1] 16");
	EVAL("linear", "x=fp16[1,2] 1 2; weight=fp16[1,2] 0.5 0.25; bias=fp16[1] 1", "fp16[1,1] 2");
	EVALV("linear", IOS17,
	     "x=fp16[1,2] 1 2; weight=fp32[1,2] 0.5 0.100000001",
	     "fp16[1,1] 0.700195312");
	EVALV("linear", IOS17, "x=fp32[1,2] 1.5 2; weight=int32[1,2] 3 4", "fp32[1,1] 12.5");
	EVAL("linear",
	     "x=fp32[2,0]; weight=fp32[3,0]; bias=fp32[3] 1 2 3",
	     "fp32[2,3] 1 2 3 1 2 3");
	EVAL("linear",
	     "x=fp32[2,3] 1 2 3 4 5 6; weight=fp32[1,2] 1 2",
	     "!x has 3 columns, but weight has 2");
	EVAL("matmul",
	     "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[3,2] 1 -1 0 2 0.5 3",
	     "fp32[2,2] 2.5 12 7 24");
	EVAL("matmul",
	     "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[2,3] 1 2 3 4 5 6; transpose_y=bool t",
	     "fp32[2,2] 14 32 32 77");
	EVAL("matmul",
	     "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[2,3] 1 2 3 4 5 6; transpose_x=bool t",
	     "fp32[3,3] 17 22 27 22 29 36 27 36 45");
	EVAL("matmul",
	     "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[3,2] 1 -1 0 2 0.5 3; transpose_x=bool t; "
	     "transpose_y=bool t",
	     "fp32[3,3] -3 8 12.5 -3 10 16 -3 12 19.5");
	EVAL("matmul",
	     "x=int32[2,2] 1 2 3 4; y=int32[2,2] 70000 1 70000 2",
	     "int32[2,2] 210000 5 490000 11");
	EVAL("matmul", "x=int32[1,1] 100000; y=int32[1,1] 100000", "int32[1,1] 1410065408");
	EVAL("matmul", "x=fp16[2,2] 1 2 3 4; y=fp16[2,2] 0.5 1 2 4", "fp16[2,2] 4.5 9 9.5 19");
	EVAL("matmul", "x=fp32[3] 1 2 3; y=fp32[3,2] 1 -1 0 2 0.5 3", "fp32[2] 2.5 12");
	EVAL("matmul", "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[3] 1 2 3", "fp32[2] 14 32");
	EVAL("matmul", "x=fp32[3] 1 2 3; y=fp32[3] 4 5 6", "fp32 32");
	EVAL("matmul",
	     "x=fp32[3,2,2] 0 1 2 3 4 5 6 7 8 9 10 11; y=fp32[2] 1 2",
	     "fp32[3,2] 2 8 14 20 26 32");
	EVAL("matmul",
	     "x=fp32[2] 1 2; y=fp32[3,2,2] 0 1 2 3 4 5 6 7 8 9 10 11",
	     "fp32[3,2] 4 7 16 19 28 31");
	EVAL("matmul",
	     "x=fp32[3,2,2] 0 1 2 3 4 5 6 7 8 9 10 11; y=fp32[1,2,2] 0 1 2 3",
	     "fp32[3,2,2] 2 3 6 11 10 19 14 27 18 35 22 43");
	EVAL("matmul",
	     "x=fp32[3,1,2,2] 0 1 2 3 4 5 6 7 8 9 10 11; y=fp32[2,2,2] 0 1 2 3 4 5 6 7",
	     "fp32[3,2,2,2] 2 3 6 11 6 7 26 31 10 19 14 27 46 55 66 79 18 35 22 43 86 103 "
	     "106 127");
	EVAL("matmul",
	     "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[2,3] 1 2 3 4 5 6",
	     "!cannot multiply matrices of shape (2, 3) and (2, 3)");
	EVAL("matmul", "x=fp32 1; y=fp32[2,3] 1 2 3 4 5 6",
	     "!a single number cannot be multiplied as a matrix");
	EVAL("matmul",
	     "x=fp32[3,2,2] 0 1 2 3 4 5 6 7 8 9 10 11; y=fp32[2,2,2] 0 1 2 3 4 5 6 7",
	     "!sizes 3 and 2 of a dimension cannot be broadcast together");
	EVAL("matmul",
	     "x=fp32[5,600] 1*; y=fp32[600,2] 1*",
	     "fp32[5,2] 600 600 600 600 600 600 600 600 600 600");
	EVAL("matmul", "x=fp32[2,0]; y=fp32[0,2]", "fp32[2,2] 0 0 0 0");
	EVAL("einsum",
	     "values={fp32[1,2,2,2] -2 -1 0 1 2 3 4 5 | fp32[2,2,1,1] -2 -1 0 1}; "
	     "equation=\"bnhk,bkhm->bnhm\"",
	     "fp32[2,2,2,1] 5 -1 -7 -13 -1 1 3 5");
	EVAL("einsum",
	     "values={fp32[2,1,1,2] -2 -1 0 1 | fp32[2,2,2,1] -2 -1 0 1 2 3 4 5}; "
	     "equation=\"bnhk,bkhm->bnhm\"",
	     "fp32[2,1,2,1] 4 1 4 5");
	EVAL("einsum",
	     "values={fp32[2,2,2] -2 -1 0 1 2 3 4 5 | fp32[2,2,1] -2 -1 0 1}; "
	     "equation=\"nhk,khm->nhm\"",
	     "fp32[2,2,1] 4 1 -4 1");
	EVAL("einsum",
	     "values={fp32[1,1,2] -2 -1 | fp32[2,2,2] -2 -1 0 1 2 3 4 5}; "
	     "equation=\"nhk,khm->nhm\"",
	     "fp32[1,2,2] 2 -1 -4 -7");
	EVAL("einsum",
	     "values={int32[1,2,2] -2 -1 0 1 | int32[2,2,1] -2 -1 0 1}; "
	     "equation=\"nhk,khm->nhm\"",
	     "int32[1,2,1] 4 1");
	EVAL("einsum",
	     "values={fp16[1,2,2] -2 -1 0 1 | fp16[2,2,1] -2 -1 0 1}; "
	     "equation=\"nhk,khm->nhm\"",
	     "fp16[1,2,1] 4 1");
	EVAL("einsum",
	     "values={fp32[1,2,2] -2 -1 0 1}; equation=\"nhk,khm->nhm\"",
	     "!expected two values");
}

static void
rows_1(void)
{
	EVAL("einsum",
	     "values={fp32[2,2] -2 -1 0 1 | fp32[2,2] -2 -1 0 1}; equation=\"nhk,khm->nhm\"",
	     "!values have ranks 2 and 2, expected both to be 3 or 4");
	EVAL("einsum",
	     "values={fp32[1,2,2] -2 -1 0 1 | fp32[3,2,2] -2 -1 0 1 2 3 4 5 6 7 8 9}; "
	     "equation=\"nhk,khm->nhm\"",
	     "!sizes 2 and 3 do not fit");
	EVAL("einsum",
	     "values={fp32[1,2,2] -2 -1 0 1 | fp32[2,3,2] -2 -1 0 1 2 3 4 5 6 7 8 9}; "
	     "equation=\"nhk,khm->nhm\"",
	     "!sizes 2 and 3 do not fit");
	EVAL("select", "cond=bool[3] t f t; a=fp32[3] 1 2 3; b=fp32[3] 4 5 6", "fp32[3] 1 5 3");
	EVAL("select", "cond=bool t; a=int32[2] 1 2; b=int32[2] 3 4", "int32[2] 1 2");
	EVAL("select", "cond=bool f; a=fp16 1; b=fp16[2] 3 4", "fp16[2] 3 4");
	EVAL("select", "cond=bool[2,1] t f; a=fp32[2] 1 2; b=fp32[2,1] 3 4", "fp32[2,2] 1 2 4 4");
	EVAL("select", "cond=bool[2] t f; a=bool[2] t t; b=bool[2] f f", "bool[2] t f");
	EVAL("select", "cond=bool[3] t t f; a=fp32[2] 1 2; b=fp32[2] 1 2",
	     "!sizes 3 and 2 of a dimension cannot be broadcast together");
}

int
main(void)
{
	rows_0();
	rows_1();
	return check_report();
}
