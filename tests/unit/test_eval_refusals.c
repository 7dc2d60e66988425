/* test_eval_refusals.c: operands that no evaluator can compute with. Type rules find most of them
 * while a script compiles; the evaluators meet them when shapes were not known before, and in
 * models from files. See ops.h for how a row reads.
 */
#include "ops.h"

#define LSTM "weight_ih=fp32[4,1] 1*; weight_hh=fp32[4,1] 1*; direction=\"forward\"; " \
	     "output_sequence=bool f; recurrent_activation=\"sigmoid\"; " \
	     "cell_activation=\"tanh\"; activation=\"tanh\"; "
#define RNN "direction=\"forward\"; output_sequence=bool f; "
#define ONES "fp32[1,1,1,1,1,1,1] 1"
#define NCHW "fp32[1,2,2,2] 1*"
#define ATTENTION "scaled_dot_product_attention"

static void
rows_weights(void)
{
	EVALV("constexpr_blockwise_shift_scale", IOS18,
	      "data=int8[2,4] 1*; scale=fp32[2,3] 1*", "!the blocks do not fit the data of rank 2");
	EVALV("constexpr_sparse_to_dense", IOS18, "nonzero_data=fp32[1] 1; mask=uint1[2] 1 1",
	      "!the mask has more ones than there are values");
	EVALV("constexpr_lut_to_dense", IOS18, "indices=uint4[1] 3; lut=fp32[1,2,1] 1 2",
	      "!index 3 is beyond a palette of 2");
	EVALV("constexpr_lut_to_sparse", IOS18,
	      "indices_mask=uint1[2] 1 1; indices_nonzero_data=uint1[1] 1; lut=fp32[1,2,1] 1 2",
	      "!the mask has too many ones");
	EVALV("constexpr_lut_to_dense", IOS16,
	      "indices=uint8[1] 1; lut=fp32[2] 1 2; "
	      "shape=uint32[3] 4294967295 4294967295 4294967295",
	      "!the shape has too many elements");
	EVALV("constexpr_affine_dequantize", IOS16,
	      "quantized_data=int8[2] 1 2; zero_point=int8 0; scale=fp32[3] 1*; axis=int32 0",
	      "!there are 3 scales for an axis of 2 elements");
	EVALV("constexpr_lut_to_dense", IOS16,
	      "indices=uint8[1] 1; lut=fp32[2] 1 2; shape=uint32[1] 9",
	      "!1 bytes do not hold 9 indices of 1 bits");
	EVALV("constexpr_sparse_to_dense", IOS16,
	      "nonzero_data=fp32[1] 1; mask=uint8[1] 1; "
	      "shape=uint32[1] 9", "!the mask is too short");
	EVALV("quantize", IOS17, "input=fp32[2] 1 2; scale=fp32[3] 1*; axis=int32 0; "
	      "output_dtype=\"int8\"", "!there are 3 scales for an axis of 2 elements");
}

static void
rows_conv(void)
{
	EVAL("conv", "x=fp32[1,2,4] 1*; weight=fp32[1,2] 1*", "!x has rank 3 and weight 2");
	EVAL("conv", "x=fp32[1,3,4] 1*; weight=fp32[1,2,1] 1*; groups=int32 1",
	     "!3 channels in 1 groups do not fit the weight");
	EVAL("conv", "x=fp32[1,2,4] 1*; weight=fp32[1,2,1] 1*; bias=fp32[2] 1*; groups=int32 1",
	     "!bias has 2 elements for 1 channels");
	EVAL("conv_quantized", "x=fp32[1,2,4] 1*; weight=uint8[1,2,1] 1*; "
	     "quantization_type=\"lut\"; quant_scale=fp32[1] 1; quant_bias=fp32[1] 1; "
	     "strides=int32[1] 1; dilations=int32[1] 1; pad_type=\"valid\"; groups=int32 1",
	     "!quantization_type must be 'linear' to be computed");
	EVAL("max_pool", "x=fp32[1,2,4] 1*; kernel_sizes=int32[2] 1 1; pad_type=\"valid\"",
	     "!there are 2 kernel sizes for rank 3");
	EVAL("max_pool", "x=fp32[1,2,4] 1*; kernel_sizes=int32[1] 2; strides=int32[2] 1 1; "
	     "pad_type=\"valid\"", "!x has rank 3, not 3 to 5 as the strides need it");
	EVAL("max_pool", "x=fp32[1,2,4] 1*; kernel_sizes=int32[1] 0; strides=int32[1] 1; "
	     "pad_type=\"valid\"",
	     "!axis 2 has no window");
	EVAL("max_pool", "x=fp32[1,2,4] 1*; kernel_sizes=int32[1] 2; strides=int32[1] 1; "
	     "pad_type=\"custom\"; "
	     "pad=int32[1] 1", "!pad has not 2 elements");
	EVAL("max_pool", "x=fp32[1,2,4] 1*; kernel_sizes=int32[1] 5; strides=int32[1] 1; "
	     "pad_type=\"valid\"",
	     "!a window of 5 does not fit into 4 elements");
}

static void
rows_images(void)
{
	EVAL("crop", "x=" NCHW "; crop_height=int32[2] 1 2; crop_width=int32[2] 0 0",
	     "!more is cropped than there is");
	EVAL("resize_bilinear", "x=fp32[1,2,0,2]; target_size_height=int32 2; "
	     "target_size_width=int32 2; sampling_mode=\"DEFAULT\"",
	     "!an empty image cannot be resized");
	EVAL("upsample_nearest_neighbor", "x=fp32[2] 1 2; scale_factor_height=int32 1; "
	     "scale_factor_width=int32 1", "!x has rank 1, not 3 or more");
	EVALV("resize", IOS17, "x=fp32[2] 1 2; shape=int32[2] 1 1; resized_dims=uint32 2; "
	      "interpolation_mode=\"LINEAR\"; sampling_mode=\"DEFAULT\"",
	      "!2 axes cannot be resized");
	EVALV("resample", IOS15, "x=" NCHW "; coordinates=fp32[2,1,1,2] 0*; "
	      "sampling_mode=\"bilinear\"; padding_mode=\"constant\"; padding_value=fp32 0; "
	      "coordinates_mode=\"unnormalized\"; align_corners=bool t",
	      "!x and coordinates do not belong together");
	EVALV("affine", IOS15, "x=" NCHW "; transform_matrix=fp32[1,5] 0*; output_height=int32 1; "
	      "output_width=int32 1; sampling_mode=\"bilinear\"; padding_mode=\"constant\"; "
	      "padding_value=fp32 0; coordinates_mode=\"unnormalized\"; align_corners=bool t",
	      "!the matrix does not fit x");
	EVAL("crop_resize", "x=fp32[2,2,2] 1*; roi=fp32[1,1,4,1,1] 0*", "!x has rank 3, not 4");
	EVAL("crop_resize", "x=" NCHW "; roi=fp32[1,1,4,1,1] 0*; target_height=int32 0",
	     "!the patches would be empty");
	EVAL("crop_resize", "x=" NCHW "; roi=fp32[1,4] 0*",
	     "!roi must have shape (N, 1, 4 or 5, 1, 1)");
	EVALV("crop_resize", IOS17, "x=" NCHW "; boxes=fp32[1,5] 0*; box_indices=int32[1] 0",
	      "!boxes must have shape (N, 4)");
}

static void
rows_norm(void)
{
	EVAL("batch_norm", "x=fp32[1,2,2] 1*; mean=fp32[3] 0*; variance=fp32[3] 1*",
	     "!there are 3 means for rank 3");
	EVAL("instance_norm", "x=fp32[2,2] 1*", "!x has rank 2, not 3 or more");
	EVAL("l2_norm", "x=fp32[2,2] 1*; epsilon=fp32 0.1", "!x has rank 2, not 3 or more");
	EVAL("layer_norm", "x=fp32[2,2] 1*; axes=int32[1] 2", "!there is no axis 2");
	EVAL("layer_norm", "x=fp32[2,2] 1*; axes=int32[1] 1; gamma=fp32[3] 1*",
	     "!gamma and beta need 2 elements");
	EVAL("local_response_norm", "x=fp32[2] 1*; size=int32 1", "!x has rank 1 and size is 1");
}

static void
rows_recurrent(void)
{
	EVAL("rnn", "x=fp32[2,1,1] 1*; initial_h=fp32[1,1] 0; weight_ih=fp32[1,1] 1; "
	     "weight_hh=fp32[1,1] 1; activation=\"gelu\"; " RNN, "!there is no activation 'gelu'");
	EVAL("rnn", "x=fp32[2,1,1] 1*; initial_h=fp32[1,1] 0; weight_ih=fp32[1,2] 1*; "
	     "weight_hh=fp32[1,1] 1; activation=\"tanh\"; "
	     "" RNN, "!weight_ih has 2 elements, not 1");
	EVAL("rnn", "x=fp32[2,1] 1*; initial_h=fp32[1,1] 0; weight_ih=fp32[1,1] 1; "
	     "weight_hh=fp32[1,1] 1; activation=\"tanh\"; " RNN, "!x has rank 2 and weight_hh 2");
	EVAL("rnn", "x=fp32[2,2,1] 1*; initial_h=fp32[1,1] 0*; weight_ih=fp32[1,1] 1; "
	     "weight_hh=fp32[1,1] 1; activation=\"tanh\"; "
	     "" RNN, "!initial_h has 1 elements, not 2");
	EVAL("lstm", "x=fp32[2,2,1] 1*; initial_h=fp32[2,1] 0*; initial_c=fp32[1,1] 0*; " LSTM,
	     "!initial_c has 1 elements, not 2");
	/* Rows of more sequences than there are stay unused. */
	EVAL("rnn", "x=fp32[2,1,1] 1*; initial_h=fp32[3,1] 1 8 8; weight_ih=fp32[1,1] 2; "
	     "weight_hh=fp32[1,1] 1; activation=\"linear\"; " RNN,
	     "fp32[1,1,1] 5; fp32[1,1] 5");
	EVAL("lstm", "x=fp32[2,1,1] 1*; initial_h=fp32[1,2] 0*; initial_c=fp32[1,2] 0*; "
	     "weight_ih=fp32[4,1] 1*; weight_hh=fp32[4,1] 1*; direction=\"bidirectional\"; "
	     "output_sequence=bool f; recurrent_activation=\"sigmoid\"; cell_activation=\"tanh\"; "
	     "activation=\"tanh\"", "!the backward weights are missing");
}

static void
rows_gather(void)
{
	EVALV("gather", IOS16, "x=fp32[2,2] 1*; indices=int32[1] 0; axis=int32 0; "
	      "batch_dims=int32 1",
	      "!1 batch axes do not fit axis 0");
	EVALV("gather", IOS16, "x=fp32[2,2] 1*; indices=int32[3,1] 0*; axis=int32 1; "
	      "batch_dims=int32 1", "!x and indices have different batches");
	EVAL("gather_along_axis", "x=fp32[2,2] 1*; indices=int32[1,2] 0*; axis=int32 1",
	     "!the shapes differ in more than axis 1");
	EVAL("gather_nd", "x=fp32[2] 1*; indices=int32[1,2] 0*",
	     "!indices of rank 2 do not address a value of rank 1");
	EVAL("scatter", "data=fp32[2] 1*; indices=int32[1] 0; updates=fp32[2] 1*; axis=int32 0; "
	     "mode=\"add\"", "!there are 2 updates");
	EVAL("scatter_along_axis", "data=fp32[2] 1*; indices=int32[1] 0; updates=fp32[2] 1*; "
	     "axis=int32 0; mode=\"add\"", "!there are 2 updates");
	EVAL("scatter_nd", "data=fp32[2] 1*; indices=int32[1,1] 0; updates=fp32[2] 1*; "
	     "mode=\"add\"",
	     "!there are 2 updates");
	EVAL("topk", "x=fp32[2] 1*; k=int32 3; axis=int32 0; ascending=bool f",
	     "!k is 3, but the axis has 2 elements");
	EVAL("non_maximum_suppression", "boxes=fp32[1,2,4] 0*; scores=fp32[1,3,1] 0*; "
	     "iou_threshold=fp32 0.5; score_threshold=fp32 0.5; max_boxes=int32 1; "
	     "per_class_suppression=bool f", "!boxes and scores do not belong together");
}

static void
rows_parts(void)
{
	EVAL("concat", "values={fp32[2] 1* | int32[2] 1*}; axis=int32 0; interleave=bool f",
	     "!value 1 has rank 1 and type int32, not 1 and fp32");
	EVAL("concat", "values={fp32[2,2] 1* | fp32[2,3] 1*}; axis=int32 0; interleave=bool f",
	     "!value 1 has 3 elements along axis 1");
	EVAL("stack", "values={fp32[2] 1* | fp32[3] 1*}; axis=int32 0",
	     "!value 1 has another shape than value 0");
	EVAL("tile", "x=fp32[2] 1*; reps=int32[2] 1 1", "!reps has 2 elements for rank 1");
	EVAL("tile", "x=fp32[2] 1*; reps=int32[1] -1", "!axis 0 cannot be repeated -1 times");
	EVAL("tile", "x=fp32[1,1,1] 1; reps=int32[3] 2147483647 2147483647 2147483647",
	     "!no tensor of rank 3 can be as large as this one would be");
	EVAL("fill", "shape=int32[1] -2; value=fp32 1", "!this is no shape to fill");
	EVAL("range_1d", "start=fp32 0; end=fp32 1e30; step=fp32 1",
	     "!the range has too many elements");
	EVAL("band_part", "x=fp32[2] 1*; lower=int32 0; upper=int32 0",
	     "!x has rank 1, not 2 or more");
	EVAL("one_hot", "indices=int32[1] 0; one_hot_vector_size=int32 -1; axis=int32 -1; "
	     "on_value=fp32 1; off_value=fp32 0", "!vectors of size -1");
	EVAL("pad", "x=fp32[2] 1*; pad=int32[4] 1*; mode=\"constant\"; constant_val=fp32 0",
	     "!pad has 4 elements for rank 1");
	EVAL("pad", "x=fp32[2] 1*; pad=int32[2] -1 0; mode=\"constant\"; constant_val=fp32 0",
	     "!axis 0 cannot be padded by -1 and 0");
	EVAL("random_uniform", "shape=int32[1] -1; low=fp32 0; high=fp32 1; seed=int32 1",
	     "!this is no shape to fill");
	EVAL("random_categorical", "x=fp32[1,0]; mode=\"logits\"; size=int32 1; seed=int32 1",
	     "!there are no classes to draw from");
}

/* Shapes that are known at run time alone may be those of no tensor. */
static void
rows_sizes(void)
{
	EVAL("tile", "x=fp32[1,1,1] 1; reps=int32[3] 2147483647 2147483647 2147483647",
	     "!no tensor of rank 3 can be as large as this one would be");
	EVAL("list_length", "ls=int32[2] 1 2", "!ls is no list made by make_list");
}

static void
rows_shapes(void)
{
	EVAL("reshape", "x=fp32[2] 1*; shape=int32[2] -1 -1",
	     "!two dimensions of the new shape are -1");
	EVAL("reshape", "x=fp32[2] 1*; shape=int32[1] -3", "!-3 is no dimension");
	EVAL("reshape", "x=fp32[2] 1*; shape=int32[1] 3", "!2 elements do not fill the new shape");
	EVAL("reshape", "x=fp32[1] 1; shape=int32[40] 1*", "!the result would have rank 40");
	EVAL("expand_dims", "x=fp32[1] 1; axes=int32[1] 7", "!axis 7 cannot be inserted");
	EVAL("expand_dims", "x=fp32[1] 1; axes=int32[40] 1*",
	     "!the result would have too many dimensions");
	EVAL("squeeze", "x=fp32[2] 1*; axes=int32[1] 0", "!axis 0 does not have one element");
	EVALV("reshape_like", IOS16,
	      "x=fp32[1] 1; ref_tensors={" ONES " | " ONES " | " ONES " | " ONES " | " ONES "}; "
	      "begins={int32 0 | int32 0 | int32 0 | int32 0 | int32 0}; "
	      "ends={int32 7 | int32 7 | int32 7 | int32 7 | int32 7}; "
	      "end_masks={bool f | bool f | bool f | bool f | bool f}",
	      "!the result has too many dimensions");
	EVAL("split", "x=fp32[4] 1*; axis=int32 0; num_splits=int32 8; split_sizes=int32[1] 4",
	     "!there are 1 sizes for 8 parts");
	EVAL("split", "x=fp32[4] 1*; axis=int32 0; num_splits=int32 8; split_sizes=int32[8] 0*",
	     "!the parts have 0 elements, axis 0 has 4");
	EVAL("split", "x=fp32[4] 1*; axis=int32 0; num_splits=int32 8; split_sizes=int32[8] 3*",
	     "!part 1 goes beyond the end of axis 0");
	EVAL("transpose", "x=fp32[2] 1*; perm=int32[2] 0 1", "!perm has 2 elements for rank 1");
	EVAL("transpose", "x=fp32[2] 1*; perm=int32[1] 3", "!there is no axis 3");
	EVAL("reverse", "x=fp32[2] 1*; axes=int32[1] 3", "!there is no axis 3");
	EVAL("reverse_sequence", "x=fp32[2,2] 1*; lengths=int32[3] 1*; seq_axis=int32 1; "
	     "batch_axis=int32 0", "!there are 3 lengths for 2 sequences");
	EVALV("slice_update", IOS18, "x=fp32[2] 1*; update=fp32[2] 1*; begin=int32[1] 0; "
	      "end=int32[1] 1", "!update has 2 elements for a slice of 1");
	EVAL("slice_by_size", "x=fp32[2] 1*; begin=int32[2] 0 0; size=int32[2] 1 1",
	     "!begin and size must have 1 elements");
	EVAL("slice_by_size", "x=fp32[2] 1*; begin=int32[1] 1; size=int32[1] 2",
	     "!axis 0 has 2 elements, not 2 at 1");
	EVAL("slice_by_index", "x=fp32[2] 1*; begin=int32[1] 0; end=int32[1] 1; stride=int32[1] 0",
	     "!axis 0 cannot be sliced with this stride");
	EVAL("slice_by_index", "x=fp32[2] 1*; begin=int32[1] 5; end=int32[1] 1; "
	     "squeeze_mask=bool[1] t", "!axis 0 has 2 elements, not one at 5");
	EVAL("sliding_windows", "x=fp32[2] 1*; axis=int32 0; size=int32 3; stride=int32 1",
	     "!no window of 3 elements fits into 2");
	EVAL("depth_to_space", "x=fp32[1,3,2,2] 1*; block_size=int32 2",
	     "!x cannot be divided into blocks of 2 x 2");
	EVAL("space_to_batch", "x=fp32[1,3,3,2] 1*; block_shape=int32[2] 2 2; "
	     "paddings=int32[2,2] 0*", "!x cannot be divided into blocks of 2 x 2");
	EVAL("batch_to_space", "x=fp32[3,3,2,2] 1*; block_shape=int32[2] 2 3; crops=int32[2,2] 0*",
	     "!x cannot be divided into blocks of 2 x 3");
	EVAL("batch_to_space", "x=fp32[4,3,2,2] 1*; block_shape=int32[2] 2 2; "
	     "crops=int32[2,2] 4 4 0 0", "!more is cropped than there is");
	EVALV(ATTENTION, IOS18, "query=fp32[1,2,2] 1*; key=fp32[2,2,2] 1*; value=fp32[2,2,2] 1*",
	      "!query, key and value have different shapes");
	EVALV(ATTENTION, IOS18, "query=fp32[1,2,2] 1*; key=fp32[1,2,2] 1*; value=fp32[1,2,2] 1*; "
	      "attn_mask=fp32[1,2,3] 1*", "!attn_mask does not fit 2 keys");
	EVALV(ATTENTION, IOS18, "query=fp32[1,2,2] 1*; key=fp32[1,2,2] 1*; value=fp32[1,2,2] 1*; "
	      "attn_mask=fp32[3,5,2] 1*", "!attn_mask does not broadcast with query");
}

int
main(void)
{
	rows_weights();
	rows_conv();
	rows_images();
	rows_norm();
	rows_recurrent();
	rows_gather();
	rows_parts();
	rows_shapes();
	rows_sizes();
	return check_report();
}
