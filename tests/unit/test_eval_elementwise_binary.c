/* test_eval_elementwise_binary.c: exact values of the binary elementwise evaluators;
 * see ops.h for how a row reads. */
#include "ops.h"

static void
rows_0(void)
{
	EVAL("add",
	     "x=fp32[8] -7.5 7.5 0 3 nan inf -1 1; y=fp32[8] 2 -2 0 0 1 2 inf -0.5",
	     "fp32[8] -5.5 5.5 0 3 nan inf inf 0.5");
	EVAL("add",
	     "x=fp16[5] -7.5 7.5 0 3 -8; y=fp16[5] 2 -2 0 0 0.333251953",
	     "fp16[5] -5.5 5.5 0 3 -7.66796875");
	EVAL("add",
	     "x=int32[5] -7 7 2147483647 5 -2147483648; y=int32[5] 2 -2 2 3 3",
	     "int32[5] -5 5 -2147483647 8 -2147483645");
	EVAL("add", "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[3] 10 20 30", "fp32[2,3] 11 22 33 14 25 36");
	EVAL("add", "x=fp32 7; y=fp32[2] 2 -4", "fp32[2] 9 3");
	EVAL("add", "x=int32[2,1] 1 2; y=int32[1,3] 3 4 5", "int32[2,3] 4 5 6 5 6 7");
	EVAL("sub",
	     "x=fp32[8] -7.5 7.5 0 3 nan inf -1 1; y=fp32[8] 2 -2 0 0 1 2 inf -0.5",
	     "fp32[8] -9.5 9.5 0 3 nan inf -inf 1.5");
	EVAL("sub",
	     "x=fp16[5] -7.5 7.5 0 3 -8; y=fp16[5] 2 -2 0 0 0.333251953",
	     "fp16[5] -9.5 9.5 0 3 -8.3359375");
	EVAL("sub",
	     "x=int32[5] -7 7 2147483647 5 -2147483648; y=int32[5] 2 -2 2 3 3",
	     "int32[5] -9 9 2147483645 2 2147483645");
	EVAL("sub",
	     "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[3] 10 20 30",
	     "fp32[2,3] -9 -18 -27 -6 -15 -24");
	EVAL("sub", "x=fp32 7; y=fp32[2] 2 -4", "fp32[2] 5 11");
	EVAL("sub", "x=int32[2,1] 1 2; y=int32[1,3] 3 4 5", "int32[2,3] -2 -3 -4 -1 -2 -3");
	EVAL("mul",
	     "x=fp32[8] -7.5 7.5 0 3 nan inf -1 1; y=fp32[8] 2 -2 0 0 1 2 inf -0.5",
	     "fp32[8] -15 -15 0 0 nan inf -inf -0.5");
	EVAL("mul",
	     "x=fp16[5] -7.5 7.5 0 3 -8; y=fp16[5] 2 -2 0 0 0.333251953",
	     "fp16[5] -15 -15 0 0 -2.66601562");
	EVAL("mul",
	     "x=int32[5] -7 7 2147483647 5 -2147483648; y=int32[5] 2 -2 2 3 3",
	     "int32[5] -14 -14 -2 15 -2147483648");
	EVAL("mul", "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[3] 10 20 30", "fp32[2,3] 10 40 90 40 100 180");
	EVAL("mul", "x=fp32 7; y=fp32[2] 2 -4", "fp32[2] 14 -28");
	EVAL("mul", "x=int32[2,1] 1 2; y=int32[1,3] 3 4 5", "int32[2,3] 3 4 5 6 8 10");
	EVAL("real_div",
	     "x=fp32[8] -7.5 7.5 0 3 nan inf -1 1; y=fp32[8] 2 -2 0 0 1 2 inf -0.5",
	     "fp32[8] -3.75 -3.75 nan inf nan inf -0 -2");
	EVAL("real_div",
	     "x=fp16[5] -7.5 7.5 0 3 -8; y=fp16[5] 2 -2 0 0 0.333251953",
	     "fp16[5] -3.75 -3.75 nan inf -24");
	EVAL("real_div",
	     "x=int32[5] -7 7 2147483647 5 -2147483648; y=int32[5] 2 -2 2 3 3",
	     "int32[5] -3 -3 1073741823 1 -715827882");
	EVAL("real_div",
	     "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[3] 10 20 30",
	     "fp32[2,3] 0.100000001 0.100000001 0.100000001 0.400000006 0.25 0.200000003");
	EVAL("real_div", "x=fp32 7; y=fp32[2] 2 -4", "fp32[2] 3.5 -1.75");
	EVAL("real_div", "x=int32[2,1] 1 2; y=int32[1,3] 3 4 5", "int32[2,3] 0 0 0 0 0 0");
	EVAL("floor_div",
	     "x=fp32[8] -7.5 7.5 0 3 nan inf -1 1; y=fp32[8] 2 -2 0 0 1 2 inf -0.5",
	     "fp32[8] -4 -4 nan inf nan nan -1 -2");
	EVAL("floor_div",
	     "x=fp16[5] -7.5 7.5 0 3 -8; y=fp16[5] 2 -2 0 0 0.333251953",
	     "fp16[5] -4 -4 nan inf -25");
	EVAL("floor_div",
	     "x=int32[5] -7 7 2147483647 5 -2147483648; y=int32[5] 2 -2 2 3 3",
	     "int32[5] -4 -4 1073741823 1 -715827883");
	EVAL("floor_div", "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[3] 10 20 30", "fp32[2,3] 0 0 0 0 0 0");
	EVAL("floor_div", "x=fp32 7; y=fp32[2] 2 -4", "fp32[2] 3 -2");
	EVAL("floor_div", "x=int32[2,1] 1 2; y=int32[1,3] 3 4 5", "int32[2,3] 0 0 0 0 0 0");
	EVAL("mod",
	     "x=fp32[8] -7.5 7.5 0 3 nan inf -1 1; y=fp32[8] 2 -2 0 0 1 2 inf -0.5",
	     "fp32[8] 0.5 -0.5 nan nan nan nan inf -0");
	EVAL("mod",
	     "x=fp16[5] -7.5 7.5 0 3 -8; y=fp16[5] 2 -2 0 0 0.333251953",
	     "fp16[5] 0.5 -0.5 nan nan 0.331298828");
	EVAL("mod",
	     "x=int32[5] -7 7 2147483647 5 -2147483648; y=int32[5] 2 -2 2 3 3",
	     "int32[5] 1 -1 1 2 1");
	EVAL("mod", "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[3] 10 20 30", "fp32[2,3] 1 2 3 4 5 6");
	EVAL("mod", "x=fp32 7; y=fp32[2] 2 -4", "fp32[2] 1 -1");
}

static void
rows_1(void)
{
	EVAL("mod", "x=int32[2,1] 1 2; y=int32[1,3] 3 4 5", "int32[2,3] 1 1 1 2 2 2");
	EVAL("pow",
	     "x=fp32[8] -7.5 7.5 0 3 nan inf -1 1; y=fp32[8] 2 -2 0 0 1 2 inf -0.5",
	     "fp32[8] 56.25 0.0177777782 1 1 nan inf 1 1");
	EVAL("pow",
	     "x=fp16[5] -7.5 7.5 0 3 -8; y=fp16[5] 2 -2 0 0 0.333251953",
	     "fp16[5] 56.25 0.0177764893 1 1 nan");
	EVAL("pow",
	     "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[3] 10 20 30",
	     "fp32[2,3] 1 1048576 2.05891136e+14 1048576 9.53674336e+13 2.21073923e+23");
	EVAL("pow", "x=fp32 7; y=fp32[2] 2 -4", "fp32[2] 49 0.000416493131");
	EVAL("pow", "x=int32[2,1] 1 2; y=int32[1,3] 3 4 5", "int32[2,3] 1 1 1 8 16 32");
	EVAL("maximum",
	     "x=fp32[8] -7.5 7.5 0 3 nan inf -1 1; y=fp32[8] 2 -2 0 0 1 2 inf -0.5",
	     "fp32[8] 2 7.5 0 3 nan inf inf 1");
	EVAL("maximum",
	     "x=fp16[5] -7.5 7.5 0 3 -8; y=fp16[5] 2 -2 0 0 0.333251953",
	     "fp16[5] 2 7.5 0 3 0.333251953");
	EVAL("maximum",
	     "x=int32[5] -7 7 2147483647 5 -2147483648; y=int32[5] 2 -2 2 3 3",
	     "int32[5] 2 7 2147483647 5 3");
	EVAL("maximum",
	     "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[3] 10 20 30",
	     "fp32[2,3] 10 20 30 10 20 30");
	EVAL("maximum", "x=fp32 7; y=fp32[2] 2 -4", "fp32[2] 7 7");
	EVAL("maximum", "x=int32[2,1] 1 2; y=int32[1,3] 3 4 5", "int32[2,3] 3 4 5 3 4 5");
	EVAL("minimum",
	     "x=fp32[8] -7.5 7.5 0 3 nan inf -1 1; y=fp32[8] 2 -2 0 0 1 2 inf -0.5",
	     "fp32[8] -7.5 -2 0 0 nan 2 -1 -0.5");
	EVAL("minimum",
	     "x=fp16[5] -7.5 7.5 0 3 -8; y=fp16[5] 2 -2 0 0 0.333251953",
	     "fp16[5] -7.5 -2 0 0 -8");
	EVAL("minimum",
	     "x=int32[5] -7 7 2147483647 5 -2147483648; y=int32[5] 2 -2 2 3 3",
	     "int32[5] -7 -2 2 3 -2147483648");
	EVAL("minimum", "x=fp32[2,3] 1 2 3 4 5 6; y=fp32[3] 10 20 30", "fp32[2,3] 1 2 3 4 5 6");
	EVAL("minimum", "x=fp32 7; y=fp32[2] 2 -4", "fp32[2] 2 -4");
	EVAL("minimum", "x=int32[2,1] 1 2; y=int32[1,3] 3 4 5", "int32[2,3] 1 1 1 2 2 2");
	EVAL("equal", "x=fp32[4] 1 2 nan 3; y=fp32[4] 1 3 nan 2", "bool[4] t f f f");
	EVAL("equal", "x=int32[3] 1 2 3; y=int32 2", "bool[3] f t f");
	EVAL("equal", "x=fp16[3] 1 2 3; y=fp16[3] 3 2 1", "bool[3] f t f");
	EVAL("not_equal", "x=fp32[4] 1 2 nan 3; y=fp32[4] 1 3 nan 2", "bool[4] f t t t");
	EVAL("not_equal", "x=int32[3] 1 2 3; y=int32 2", "bool[3] t f t");
	EVAL("not_equal", "x=fp16[3] 1 2 3; y=fp16[3] 3 2 1", "bool[3] t f t");
	EVAL("less", "x=fp32[4] 1 2 nan 3; y=fp32[4] 1 3 nan 2", "bool[4] f t f f");
	EVAL("less", "x=int32[3] 1 2 3; y=int32 2", "bool[3] t f f");
	EVAL("less", "x=fp16[3] 1 2 3; y=fp16[3] 3 2 1", "bool[3] t f f");
	EVAL("less_equal", "x=fp32[4] 1 2 nan 3; y=fp32[4] 1 3 nan 2", "bool[4] t t f f");
	EVAL("less_equal", "x=int32[3] 1 2 3; y=int32 2", "bool[3] t t f");
	EVAL("less_equal", "x=fp16[3] 1 2 3; y=fp16[3] 3 2 1", "bool[3] t t f");
	EVAL("greater", "x=fp32[4] 1 2 nan 3; y=fp32[4] 1 3 nan 2", "bool[4] f f f t");
	EVAL("greater", "x=int32[3] 1 2 3; y=int32 2", "bool[3] f f t");
	EVAL("greater", "x=fp16[3] 1 2 3; y=fp16[3] 3 2 1", "bool[3] f f t");
	EVAL("greater_equal", "x=fp32[4] 1 2 nan 3; y=fp32[4] 1 3 nan 2", "bool[4] t f f t");
	EVAL("greater_equal", "x=int32[3] 1 2 3; y=int32 2", "bool[3] f t t");
}

static void
rows_2(void)
{
	EVAL("greater_equal", "x=fp16[3] 1 2 3; y=fp16[3] 3 2 1", "bool[3] f t t");
	EVAL("floor_div", "x=int32[3] 7 -7 0; y=int32[3] 0 0 0", "int32[3] 0 0 0");
	EVAL("mod", "x=int32[3] 7 -7 0; y=int32[3] 0 0 0", "int32[3] 0 0 0");
	EVAL("real_div",
	     "x=int32[3] 7 -7 0; y=int32[3] 0 0 0",
	     "int32[3] -2147483648 -2147483648 -2147483648");
	EVAL("floor_div", "x=int32[1] -2147483648; y=int32[1] -1", "int32[1] -2147483648");
	EVAL("mod", "x=int32[1] -2147483648; y=int32[1] -1", "int32[1] 0");
	EVAL("floor_div", "x=fp32[3] 1 1 -1; y=fp32[3] 0.100000001 -0 inf", "fp32[3] 9 -inf -1");
	EVAL("mod", "x=fp32[3] 1 -6 6; y=fp32[3] 0.100000001 3 -3", "fp32[3] 0.0999999866 0 -0");
	EVAL("pow",
	     "x=int32[4] 2 -3 7 0; y=int32[4] 31 3 20 0",
	     "int32[4] -2147483648 -27 -1199696159 1");
	EVAL("pow", "x=int32[1] 2; y=int32[1] -1",
	     "!an integer cannot be raised to the negative power -1");
	EVAL("pow",
	     "x=fp32[4] -8 -8 0 2; y=fp32[4] 0.333333343 3 -1 -2",
	     "fp32[4] nan -512 inf 0.25");
	EVAL("logical_and", "x=bool[4] t t f f; y=bool[4] t f t f", "bool[4] t f f f");
	EVAL("logical_and", "x=bool[2] t f; y=bool t", "bool[2] t f");
	EVAL("logical_or", "x=bool[4] t t f f; y=bool[4] t f t f", "bool[4] t t t f");
	EVAL("logical_or", "x=bool[2] t f; y=bool t", "bool[2] t t");
	EVAL("logical_xor", "x=bool[4] t t f f; y=bool[4] t f t f", "bool[4] f t t f");
	EVAL("logical_xor", "x=bool[2] t f; y=bool t", "bool[2] f t");
	EVAL("add", "x=fp32[2] 1 2; y=fp32[3] 1 2 3",
	     "!sizes 2 and 3 of a dimension cannot be broadcast together");
	EVAL("add", "x=fp32[0,2]; y=fp32[2] 1 2", "fp32[0,2]");
	EVAL("mul",
	     "x=int32[2,3,4] 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23; "
	     "y=int32[1,3,1] 1 10 100",
	     "int32[2,3,4] 0 1 2 3 40 50 60 70 800 900 1000 1100 12 13 14 15 160 170 180 "
	     "190 2000 2100 2200 2300");
	EVAL("sub", "x=fp32[2,1,1] 1 2; y=fp32[2,2] 1 2 3 4", "fp32[2,2,2] 0 -1 -2 -3 1 0 -1 -2");
}

int
main(void)
{
	rows_0();
	rows_1();
	rows_2();
	return check_report();
}
