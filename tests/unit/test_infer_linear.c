/* test_infer_linear.c: types that reductions, products and select give, and what they refuse; see
 * ops.h for how a row reads. */
#include "ops.h"

static void
rows_0(void)
{
	INFER("reduce_sum", "x=fp32[2,p,3]; axes=int32[1] -1", "tensor[2,p,fp32]");
	INFER("reduce_sum", "x=fp32[2,p,3]", "fp32");
	INFER("reduce_sum", "x=fp32[2,p,3]; keep_dims=bool t", "tensor[1,1,1,fp32]");
	INFER("reduce_sum", "x=int32[2,p,3]; axes=int32[2] 0 1; keep_dims=bool t",
	      "tensor[1,1,3,int32]");
	INFER("reduce_max", "x=fp32[2,p,3]; axes=int32[1] -1", "tensor[2,p,fp32]");
	INFER("reduce_max", "x=fp32[2,p,3]", "fp32");
	INFER("reduce_max", "x=fp32[2,p,3]; keep_dims=bool t", "tensor[1,1,1,fp32]");
	INFER("reduce_max", "x=int32[2,p,3]; axes=int32[2] 0 1; keep_dims=bool t",
	      "tensor[1,1,3,int32]");
	INFER("reduce_log_sum_exp", "x=fp32[2,p,3]; axes=int32[1] -1", "tensor[2,p,fp32]");
	INFER("reduce_log_sum_exp", "x=fp32[2,p,3]", "fp32");
	INFER("reduce_log_sum_exp", "x=fp32[2,p,3]; keep_dims=bool t", "tensor[1,1,1,fp32]");
	INFER("reduce_log_sum_exp", "x=int32[2,p,3]; axes=int32[2] 0 1; keep_dims=bool t",
	      "tensor[1,1,3,int32]");
	INFER("reduce_sum", "x=fp32", "fp32");
	INFER("reduce_sum", "x=fp32[2,3]; axes=int32[0]", "tensor[2,3,fp32]");
	INFER("reduce_sum", "x=fp32[2,3]; axes=int32[1] 2",
	      "!axis 2 is out of range for 'x', which has rank 2");
	INFER("reduce_sum", "x=fp32[2,3]; axes=int32 1",
	      "!'axes' has shape (), expected a value of rank 1");
	INFER("reduce_sum", "x=bool[2,3]",
	      "!'x' of reduce_sum takes fp16, fp32 or int32, but this is bool");
	INFER("reduce_argmax", "x=fp32[2,p]", "tensor[2,int32]");
	INFER("reduce_argmax", "x=fp32[2,p]; axis=int32 0; keep_dims=bool t", "tensor[1,p,int32]");
	INFER("reduce_argmin", "x=fp32[4]", "int32");
	INFER("reduce_argmin", "x=int32[2,p]; axis=int32 2",
	      "!'axis' is 2, expected a number from -2 to 1 for rank 2");
	INFER("reduce_argmax", "x=fp32", "!'x' has shape (), expected a value of rank 1 or more");
	INFER("reduce_argmax", "x=fp32[2]; axis=int32[1] 0",
	      "!'axis' has shape (1,), expected a value of rank 0");
	INFERV("reduce_argmax", IOS17, "x=fp32[2,3]; output_dtype=\"uint16\"", "tensor[2,uint16]");
	INFERV("reduce_argmax", IOS17, "x=fp32[2,3]; output_dtype=\"UINT16\"", "tensor[2,uint16]");
	INFERV("reduce_argmax", IOS17, "x=fp32[2,3]; output_dtype=\"int16\"",
	      "!'output_dtype' is \"int16\", expected \"int32\" or \"uint16\"");
	INFER("matmul", "x=fp32[2,3]; y=fp32[3,4]", "tensor[2,4,fp32]");
	INFER("matmul", "x=fp32[3]; y=fp32[3,4]", "tensor[4,fp32]");
	INFER("matmul", "x=fp32[5,1,2,3]; y=fp32[4,3,2]", "tensor[5,4,2,2,fp32]");
	INFER("matmul", "x=fp32[2,3]; y=fp32[4,3]; transpose_y=bool t", "tensor[2,4,fp32]");
	INFER("matmul", "x=fp32[3,2]; y=fp32[3,4]; transpose_x=bool t", "tensor[2,4,fp32]");
	INFER("matmul", "x=fp32[p,3]; y=fp32[3,q]", "tensor[p,q,fp32]");
	INFER("matmul", "x=fp32[2,p]; y=fp32[3,4]", "tensor[2,4,fp32]");
	INFER("matmul", "x=fp32[p,2,3]; y=fp32[q,3,4]", "tensor[is2,2,4,fp32]");
	INFER("matmul", "x=fp32[p,2,3]; y=fp32[5,3,4]", "tensor[5,2,4,fp32]");
}

static void
rows_1(void)
{
	INFER("matmul", "x=fp32[2,3]; y=fp32[4,4]",
	      "!cannot multiply matrices of shape (2, 3) by (4, 4)");
	INFER("matmul", "x=fp32[2,2,3]; y=fp32[3,3,4]",
	      "!cannot multiply matrices of shape (2, 2, 3) by (3, 3, 4)");
	INFER("matmul", "x=fp32; y=fp32[2]",
	      "!'x' has shape (), expected a value of rank 1 or more");
	INFER("matmul", "x=fp32[2,3]; y=fp32[3]; transpose_y=bool t",
	      "!'y' is a vector and cannot be transposed");
	INFERV("matmul", IOS17, "x=fp16[2,2]; y=fp32[2,2] 1 2 3 4", "tensor[2,2,fp16]");
	INFERV("matmul", IOS17, "x=fp32[2,2] 1 2 3 4; y=fp16[2,2]", "tensor[2,2,fp16]");
	INFERV("matmul", IOS17, "x=fp16[2,2]; y=fp32[2,2]",
	       "!'x' is fp16 and 'y' is fp32, but they must be alike unless just one is constant");
	INFER("matmul", "x=fp16[2,2]; y=fp32[2,2]",
	      "!'y' of matmul is fp32, but 'x' is fp16: they must have the same type");
	INFERV("matmul", IOS17, "x=fp16[2,2] 1 2 3 4; y=fp32[2,2] 1 2 3 4",
	       "!'x' is fp16 and 'y' is fp32, but they must be alike unless just one is constant");
	INFER("linear", "x=fp32[2,3]; weight=fp32[4,3] 1 2 3 4 5 6 7 8 9 10 11 12",
	      "tensor[2,4,fp32]");
	INFER("linear", "x=fp32[3]; weight=fp32[4,3] 1 2 3 4 5 6 7 8 9 10 11 12", "tensor[4,fp32]");
	INFER("linear", "x=fp32[p,q]; weight=fp32[4,3] 1 2 3 4 5 6 7 8 9 10 11 12",
	      "tensor[p,4,fp32]");
	INFER("linear", "x=fp32[2,2]; weight=fp32[4,3] 1 2 3 4 5 6 7 8 9 10 11 12",
	      "!the last dimension of 'weight' is 3, but that of 'x' is 2; 'weight' is (out, in)");
	INFER("linear",
	      "x=fp32[2,3]; weight=fp32[4,3] 1 2 3 4 5 6 7 8 9 10 11 12; bias=fp32[3] 1 2 3",
	      "!'bias' has shape (3,), but 'weight' needs one of shape (4,)");
	INFER("linear", "x=fp32[2,3]; weight=fp32[4,3] 1 2 3 4 5 6 7 8 9 10 11 12; bias=fp32 1",
	      "!'bias' has shape (), but 'weight' needs one of shape (4,)");
	INFERV("linear", IOS17, "x=fp16[2,3]; weight=fp32[4,3] 1 2 3 4 5 6 7 8 9 10 11 12",
	      "tensor[2,4,fp16]");
	INFER("linear", "x=fp32[2,1]; weight=fp32[1] 1",
	      "!'weight' has shape (1,), expected a value of rank 2");
	INFER("einsum", "values={fp32[2,3,4,5] | fp32[2,5,4,6]}; equation=\"bnhk,bkhm->bnhm\"",
	      "tensor[2,3,4,6,fp32]");
	INFER("einsum", "values={fp32[2,3,4] | fp32[4,3,6]}; equation=\"nhk,khm->nhm\"",
	      "tensor[2,3,6,fp32]");
	INFER("einsum", "values={fp32[1,3,1,5] | fp32[2,5,4,6]}; equation=\"abcd,adce->abce\"",
	      "tensor[2,3,4,6,fp32]");
	INFER("einsum", "values={fp32[1,3,4,5] | fp32[2,5,1,6]}; equation=\"abcd, adce->abce\"",
	      "!equation \"abcd, adce->abce\" is not supported, expected the form "
	      "bnhk,bkhm->bnhm for values of rank 4");
	INFER("einsum", "values={fp32[p,3,4,5] | fp32[2,5,4,6]}; equation=\"abcd,adce->abce\"",
	      "!shapes (p, 3, 4, 5) and (2, 5, 4, 6) do not fit equation \"abcd,adce->abce\"");
	INFER("einsum", "values={fp32[p,3,4,5] | fp32[1,5,4,6]}; equation=\"abcd,adce->abce\"",
	      "tensor[p,3,4,6,fp32]");
	INFER("einsum", "values={fp32[p,3,4,5] | fp32[p,5,4,6]}; equation=\"abcd,adce->abce\"",
	      "tensor[p,3,4,6,fp32]");
	INFER("einsum", "values={fp32[p,3,4,5] | fp32[q,5,4,6]}; equation=\"abcd,adce->abce\"",
	      "!shapes (p, 3, 4, 5) and (q, 5, 4, 6) do not fit equation \"abcd,adce->abce\"");
	INFER("einsum", "values={fp32[1,3,4,5] | fp32[p,5,4,6]}; equation=\"abcd,adce->abce\"",
	      "tensor[p,3,4,6,fp32]");
	INFER("einsum", "values={fp32[2,3] | fp32[3,4]}; equation=\"ij,jk->ik\"",
	      "!'values' have ranks 2 and 2, expected both to be 3 or 4");
	INFER("einsum", "values={fp32[2,3,p] | fp32[4,3,6]}; equation=\"nhk,khm->nhm\"",
	      "tensor[2,3,6,fp32]");
	INFER("einsum", "values={fp32[2,3,4] | fp32[4,3,6]}; equation=\"nhk,khm\"",
	      "!equation \"nhk,khm\" is not supported, expected the form nhk,khm->nhm for values "
	      "of rank 3");
	INFER("einsum", "values={fp32[2,3,4] | fp32[4,3,6]}; equation=\"nhk,khm,a->nhm\"",
	      "!equation \"nhk,khm,a->nhm\" is not supported, expected the form nhk,khm->nhm for "
	      "values of rank 3");
	INFER("einsum", "values={fp32[2,3,4] | fp32[5,3,6]}; equation=\"nhk,khm->nhm\"",
	      "!shapes (2, 3, 4) and (5, 3, 6) do not fit equation \"nhk,khm->nhm\"");
	INFER("einsum", "values={fp32[2,3,4] | fp32[4,3,6]}; equation=\"nnk,khm->nhm\"",
	      "!equation \"nnk,khm->nhm\" is not supported, expected the form nhk,khm->nhm for "
	      "values of rank 3");
	INFER("einsum", "values={fp32[2,3,4] | fp16[4,3,6]}; equation=\"nhk,khm->nhm\"",
	      "!'values' are tensor[2,3,4,fp32] and tensor[4,3,6,fp16], but must have the same "
	      "element type");
	INFER("einsum", "values={fp32[2,3,4]}; equation=\"nhk,khm->nhm\"",
	      "!'values' holds 1 tensors, expected two");
	INFER("select", "cond=bool[3]; a=fp32[3]; b=fp32", "tensor[3,fp32]");
}

static void
rows_2(void)
{
	INFER("select", "cond=bool; a=fp32[3]; b=fp32[3]", "tensor[3,fp32]");
	INFER("select", "cond=bool[3]; a=fp32[2,3]; b=fp32[2,3]", "tensor[2,3,fp32]");
	INFER("select", "cond=bool[p]; a=fp32[4]; b=fp32", "tensor[4,fp32]");
	INFER("select", "cond=bool[2]; a=fp32[2]; b=fp16[2]",
	      "!'b' of select is fp16, but 'a' is fp32: they must have the same type");
	INFER("select", "cond=bool[2]; a=fp32[2]; b=fp32[3]",
	      "!shape (2,) of 'a' and (3,) of 'b' cannot be broadcast together");
	INFER("matmul", "x=fp32[2,3]; y=fp32[3]", "tensor[2,fp32]");
	INFER("matmul", "x=fp32[3]; y=fp32[3]", "fp32");
	INFER("matmul", "x=fp32[3]; y=fp32[5,3,4]", "tensor[5,4,fp32]");
	INFER("matmul", "x=fp32[3]; y=fp32[3,4]; transpose_x=bool t", "tensor[4,fp32]");
	INFER("select", "cond=bool[3]; a=fp32; b=fp32",
	      "!'cond' has shape (3,), but selects from values of shape ()");
	INFER("einsum", "values={fp32[2,3,4] | fp32[4,3,6]}; equation=\"bnhk,bkhm->bnhm\"",
	      "!equation \"bnhk,bkhm->bnhm\" is not supported, expected the form nhk,khm->nhm "
	      "for values of rank 3");
	INFER("einsum", "values={bool[2,3,4] | bool[4,3,6]}; equation=\"nhk,khm->nhm\"",
	      "!'values' are bool, expected fp16, fp32 or int32");
	INFER("reduce_sum", "x=fp32[2,3]; axes=int32[2] 0 -2", "!'axes' names dimension 0 twice");
	INFER("reduce_sum", "x=fp32[2,3]; axes=int32[1] -3",
	      "!axis -3 is out of range for 'x', which has rank 2");
	INFER("reduce_argmax", "x=fp32[2,3]; axis=int32 -3",
	      "!'axis' is -3, expected a number from -2 to 1 for rank 2");
	INFER("softmax", "x=fp32[2,3]; axis=int32 4",
	      "!'axis' is 4, expected a number from -2 to 1 for rank 2");
}

int
main(void)
{
	rows_0();
	rows_1();
	rows_2();
	return check_report();
}
