/* paint.c: what the colours of a picture can mean, one row for each word of --color-by. */
#include "view.h"

/* ---- families ---- */

enum { F_MATRIX, F_ELEMENTS, F_ACTIVATION, F_NORM, F_POOL, F_MOVE, F_QUANT, F_CONTROL };
static const PicClass family_class[] = {
    [F_MATRIX] = {"convolution, matrix product", PIC_BLUE},
    [F_ELEMENTS] = {"elementwise", PIC_SKY},
    [F_ACTIVATION] = {"activation", PIC_RED},
    [F_NORM] = {"normalization, reduction", PIC_GREEN},
    [F_POOL] = {"pooling, resizing", PIC_ORANGE},
    [F_MOVE] = {"shape, order, selection", PIC_GREY},
    [F_QUANT] = {"quantization", PIC_YELLOW},
    [F_CONTROL] = {"control flow, state, lists, random", PIC_PURPLE},
};

static PicSaid
family_of(void *ctx, const Inst *i)
{
	static const struct {
		const char *family;
		uint32_t class;
	} row[] = {
	    {"conv", F_MATRIX},
	    {"linear", F_MATRIX},
	    {"recurrent", F_MATRIX},
	    {"transformers", F_MATRIX},
	    {"elementwise_binary", F_ELEMENTS},
	    {"elementwise_unary", F_ELEMENTS},
	    {"activation", F_ACTIVATION},
	    {"normalization", F_NORM},
	    {"reduction", F_NORM},
	    {"pool", F_POOL},
	    {"image_resizing", F_POOL},
	    {"tensor_transformation", F_MOVE},
	    {"tensor_operation", F_MOVE},
	    {"scatter_gather", F_MOVE},
	    {"quantization_ops", F_QUANT},
	    {"control_flow", F_CONTROL},
	    {"states", F_CONTROL},
	    {"random", F_CONTROL},
	};

	(void)ctx;
	for (size_t k = 0; i->op->family && k < countof(row); k++)
		if (!strcmp(row[k].family, i->op->family))
			return (PicSaid){.class = row[k].class};
	return (PicSaid){.class = PIC_PLAIN};
}

/* ---- element types ---- */

enum { D_FP16, D_FP32, D_FLOAT, D_INT, D_BOOL, D_OTHER };
static const PicClass dtype_class[] = {
    [D_FP16] = {"fp16", PIC_BLUE},         [D_FP32] = {"fp32", PIC_ORANGE},
    [D_FLOAT] = {"other floats", PIC_RED}, [D_INT] = {"integers", PIC_GREEN},
    [D_BOOL] = {"bool", PIC_YELLOW},       [D_OTHER] = {"other", PIC_GREY},
};

static PicSaid
dtype_of(void *ctx, const Inst *i)
{
	const Type *type = i->nout ? tensor_part(i->out[0]->type) : NULL;
	DType t = type && type->kind == TY_TENSOR ? type->dtype : DT_NONE;

	(void)ctx;
	return (PicSaid){.class = t == DT_FP16        ? D_FP16
	                          : t == DT_FP32      ? D_FP32
	                          : dtype_is_float(t) ? D_FLOAT
	                          : dtype_is_int(t)   ? D_INT
	                          : t == DT_BOOL      ? D_BOOL
	                                              : D_OTHER};
}

#define CLASSES(c) c, countof(c)
static const struct {
	const char *word;
	PicPaint paint;
} paints[] = {
    {"family", {CLASSES(family_class), family_of, NULL}},
    {"dtype", {CLASSES(dtype_class), dtype_of, NULL}},
    {"verdict", {NULL, 0, NULL, NULL}}, /* report.c makes it for a model */
};

const PicPaint *
view_paint(const char *word)
{
	for (size_t k = 0; k < countof(paints); k++)
		if (!word || !strcmp(word, paints[k].word))
			return &paints[k].paint;
	return NULL;
}
