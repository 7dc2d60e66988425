/* images.c: add_ methods of layers over height and width, and depth: poolings, borders, sizes. */
#include "builder.h"

#include "script/core.h"

#include <math.h>
#include <stdio.h>

/* ---- borders ---- */

/* Start and end of an edge, as two more BorderAmounts of m, which holds them. */
static bool
edge(Adding *a, Msg *m, const char *start, const char *end)
{
	Msg *e = msg_sub(m, "borderAmounts");

	return add_field(a, e, "startEdgeSize", start) && add_field(a, e, "endEdgeSize", end);
}

static bool
borders(Adding *a, Msg *amounts, const char *const side[4])
{
	return edge(a, amounts, side[0], side[1]) && edge(a, amounts, side[2], side[3]);
}

static const char *const padding_sides[] = {"padding_top", "padding_bottom", "padding_left",
                                            "padding_right"};
static const char *const plain_sides[] = {"top", "bottom", "left", "right"};

bool
add_valid_padding(Adding *a)
{
	return borders(a, msg_edit(msg_edit(a->params, "valid"), "paddingAmounts"), padding_sides);
}

bool
add_same_padding(Adding *a)
{
	Msg *same = msg_edit(a->params, "same");
	const char *word;
	int v;

	if (!add_word(a, "same_padding_asymmetry_mode", true, &word))
		return false;
	v = layer_enum(same->descriptor, "asymmetryMode", word);
	if (v < 0)
		return add_no_word(a, "same_padding_asymmetry_mode",
		                   "BOTTOM_RIGHT_HEAVY, TOP_LEFT_HEAVY");
	msg_int(same, "asymmetryMode", v);
	return true;
}

bool
add_padding(Adding *a)
{
	const char *word;

	if (!add_word(a, "padding_type", true, &word))
		return false;
	if (!strcmp(word, "CONSTANT")) {
		if (!add_field(a, msg_edit(a->params, "constant"), "value", "value"))
			return false;
	} else if (!strcmp(word, "REFLECTION")) {
		msg_edit(a->params, "reflection");
	} else if (!strcmp(word, "REPLICATION")) {
		msg_edit(a->params, "replication");
	} else {
		return add_no_word(a, "padding_type", "constant, reflection, replication");
	}
	return borders(a, msg_edit(a->params, "paddingAmounts"), plain_sides);
}

bool
add_crop(Adding *a)
{
	if (SEQ_OF(a->inputs)->n == 1)
		msg_ints(a->params, "offset", (const int64_t[]){0, 0}, 2);
	else if (!add_field(a, a->params, "offset", "offset"))
		return false;
	return borders(a, msg_edit(a->params, "cropAmounts"), plain_sides);
}

bool
add_constant_pad(Adding *a)
{
	return SEQ_OF(a->inputs)->n != 1 || msg_count(a->params, "padAmounts") ||
	       add_fail(a, "pad_amounts", "pad_amounts must be given where there is one input");
}

/* ---- poolings ---- */

static bool
last_pixel(Adding *a)
{
	Msg *m = msg_edit(a->params, "includeLastPixel");
	Span at = add_span(a, "padding_type");
	Value v[4], both;
	bool same;

	for (int k = 0; k < 4; k++)
		v[k] = add_arg(a, padding_sides[k]);
	for (int k = 0; k < 4; k += 2) {
		if (!value_compare(a->in, CMP_EQ, v[k], v[k + 1], &both, at) ||
		    !value_truth(a->in, both, &same, at))
			return false;
		if (!same)
			return add_fail(a, padding_sides[k],
			                "with INCLUDE_LAST_PIXEL %s must be the same as %s",
			                padding_sides[k], padding_sides[k + 1]);
	}
	v[1] = v[2];
	return add_value(a, m, "paddingAmounts", vlist(a->in, v, 2), "padding_top");
}

bool
add_pooling(Adding *a)
{
	const char *word;
	bool done;

	if (!add_word(a, "padding_type", true, &word))
		return false;
	if (!strcmp(word, "VALID"))
		done = add_valid_padding(a);
	else if (!strcmp(word, "SAME"))
		done = add_same_padding(a);
	else if (!strcmp(word, "INCLUDE_LAST_PIXEL"))
		done = last_pixel(a);
	else
		return add_no_word(a, "padding_type", "VALID, SAME, INCLUDE_LAST_PIXEL");
	return done && add_pair(a, "kernelSize", "height", "width") &&
	       add_pair(a, "stride", "stride_height", "stride_width");
}

bool
add_custom_padding(Adding *a, const char *prefix)
{
	static const char *const side[] = {"Front", "Back", "Top", "Bottom", "Left", "Right"};
	const char *word;
	char field[32], param[40];

	if (!add_word(a, "padding_mode", true, &word))
		return false;
	for (size_t k = 0; !strcmp(word, "CUSTOM") && k < countof(side); k++) {
		snprintf(field, sizeof field, "customPadding%s", side[k]);
		snprintf(param, sizeof param, "%s%c%s", prefix, side[k][0] + ('a' - 'A'),
		         side[k] + 1);
		if (!add_field(a, a->params, field, param))
			return false;
	}
	return true;
}

bool
add_pooling3d(Adding *a)
{
	return add_custom_padding(a, "custom_padding_");
}

/* ---- sizes ---- */

/* An enum value in a message of its own, the word being one of all. */
static bool
sampling(Adding *a, const char *outer, const char *field, const char *param, const char *words)
{
	Msg *m = msg_edit(a->params, outer);
	const char *word;
	int v;

	if (!add_word(a, param, true, &word))
		return false;
	v = layer_enum(m->descriptor, field, word);
	if (v < 0)
		return add_no_word(a, param, words);
	msg_int(m, field, v);
	return true;
}

static bool
sampled(Adding *a)
{
	return add_pair(a, "targetSize", "target_height", "target_width") &&
	       sampling(a, "mode", "samplingMethod", "mode",
	                "STRICT_ALIGN_ENDPOINTS_MODE, ALIGN_ENDPOINTS_MODE, UPSAMPLE_MODE, "
	                "ROI_ALIGN_MODE");
}

bool
add_resize(Adding *a)
{
	return sampled(a);
}

bool
add_crop_resize(Adding *a)
{
	return sampled(a) &&
	       sampling(a, "boxIndicesMode", "boxMode", "box_indices_mode",
	                "CORNERS_HEIGHT_FIRST, CORNERS_WIDTH_FIRST, CENTER_SIZE_HEIGHT_FIRST, "
	                "CENTER_SIZE_WIDTH_FIRST");
}

/* A fraction counts from a thousandth on. */
static bool
has_fraction(double v)
{
	return v - floor(v) > 0.001;
}

bool
add_upsample(Adding *a)
{
	static const char *const factors[] = {"scaling_factor_h", "scaling_factor_w"};
	bool aligned = msg_get_int(a->params, "linearUpsampleMode") != 0,
	     linear = msg_get_int(a->params, "mode") != 0, fraction;
	double v[2];

	if (!add_double(a, factors[0], &v[0]) || !add_double(a, factors[1], &v[1]))
		return false;
	if (aligned)
		builder_version(a->b, 5);
	fraction = has_fraction(v[0]) || has_fraction(v[1]);
	if (fraction && !(linear && aligned))
		return add_fail(a, factors[!has_fraction(v[0])],
		                "a fraction as factor needs the mode BILINEAR and "
		                "ALIGN_CORNERS_TRUE or ALIGN_CORNERS_FALSE as "
		                "linear_upsample_mode");
	for (int k = 0; k < 2; k++) {
		if (fraction)
			msg_float(a->params, "fractionalScalingFactor", v[k]);
		else if (!(v[k] >= 0 && v[k] < 9e18))
			return add_fail(a, factors[k], "%s must not be negative, found %g",
			                factors[k], v[k]);
		else
			msg_int(a->params, "scalingFactor", (int64_t)v[k]);
	}
	return true;
}
