/* layer_conv.c: what convolutions, pooling and layers of images alone must hold. */
#include "layer.h"

/* ---- convolutions ---- */

static size_t
groups_of(const Msg *params)
{
	size_t n = field_size(params, "nGroups", 0);

	return n ? n : 1;
}

static size_t
kernel_size(const Msg *params, size_t i)
{
	return i < msg_count(params, "kernelSize") ? field_size(params, "kernelSize", i) : 3;
}

static size_t
flat_size(const Msg *p, const char **formula)
{
	size_t in = field_size(p, "kernelChannels", 0), out = field_size(p, "outputChannels", 0);
	size_t area = times(kernel_size(p, 0), kernel_size(p, 1));

	*formula = "outputChannels*kernelChannels*kernelSize";
	if (msg_get_int(p, "isDeconvolution")) {
		*formula = "kernelChannels*(outputChannels/nGroups)*kernelSize";
		out /= groups_of(p);
	}
	return times(times(in, out), area);
}

size_t
convolution_size(const LayerCheck *l, const char **formula)
{
	const Msg *p = l->params;
	size_t in, out, area;

	if (!strcmp(l->rule->type, "convolution"))
		return flat_size(p, formula);
	in = field_size(p, "inputChannels", 0);
	out = field_size(p, "outputChannels", 0);
	area = times(field_size(p, "kernelHeight", 0), field_size(p, "kernelWidth", 0));
	*formula = "outputChannels*(inputChannels/nGroups)*kernelDepth*kernelHeight*kernelWidth";
	if (msg_get_int(p, "isDeconvolution")) {
		*formula =
		    "(outputChannels/nGroups)*inputChannels*kernelDepth*kernelHeight*kernelWidth";
		out /= groups_of(p);
	} else {
		in /= groups_of(p);
	}
	return times(times(in, out), times(field_size(p, "kernelDepth", 0), area));
}

void
check_convolution(const LayerCheck *l)
{
	if (l->nin == 1)
		return;
	if (msg_get_int(l->params, "isDeconvolution"))
		diag_error(
		    l->k->diag, l->at,
		    "convolution with 'isDeconvolution' has 2 inputs, expected 1 and 'weights'");
	for (size_t i = 0; i < 2; i++)
		if (field_size(l->params, "dilationFactor", i) > 1)
			diag_error(
			    l->k->diag, l->at,
			    "'convolution.dilationFactor' has %zu, expected 1 where the weights "
			    "are an input",
			    field_size(l->params, "dilationFactor", i));
}

void
check_convolution3d(const LayerCheck *l)
{
	size_t n = msg_count(l->params, "outputShape");

	if (n && !msg_get_int(l->params, "isDeconvolution"))
		diag_error(
		    l->k->diag, l->at,
		    "'convolution3d.outputShape' is there, expected it with 'isDeconvolution' "
		    "alone");
	else if (n && n != 3)
		diag_error(l->k->diag, l->at,
		           "'convolution3d.outputShape' has length %zu, expected 3", n);
}

/* ---- pooling ---- */

void
check_pooling3d(const LayerCheck *l)
{
	static const char *const sides[] = {"customPaddingFront", "customPaddingBack",
	                                    "customPaddingTop",   "customPaddingBottom",
	                                    "customPaddingLeft",  "customPaddingRight"};
	bool custom = !msg_get_int(l->params, "paddingType");

	for (size_t i = 0; i < countof(sides); i++) {
		long long v = msg_get_int(l->params, sides[i]);
		if (custom && v < 0)
			diag_error(l->k->diag, l->at, "'pooling3d.%s' is %lld, expected 0 or more",
			           sides[i], v);
		else if (!custom && v)
			diag_error(
			    l->k->diag, l->at,
			    "'pooling3d.%s' is %lld, expected 0 where 'paddingType' is not CUSTOM",
			    sides[i], v);
	}
}

/* ---- images ---- */

static void
check_two(const LayerCheck *l, const char *path, size_t n, const char *where)
{
	if (n != 2)
		diag_error(l->k->diag, l->at,
		           "'crop.%s' has length %zu, expected 2 where crop has %s", path, n,
		           where);
}

void
check_crop(const LayerCheck *l)
{
	if (l->nin == 1)
		check_two(l, "cropAmounts.borderAmounts",
		          msg_count(msg_get(l->params, "cropAmounts"), "borderAmounts"), "1 input");
	else
		check_two(l, "offset", msg_count(l->params, "offset"), "2 inputs");
}

void
check_upsample(const LayerCheck *l)
{
	bool whole = msg_count(l->params, "scalingFactor");
	bool fractional = msg_count(l->params, "fractionalScalingFactor");
	bool nearest = !msg_get_int(l->params, "mode");
	bool corners = msg_get_int(l->params, "linearUpsampleMode");

	if (whole && fractional)
		diag_error(
		    l->k->diag, l->at,
		    "upsample has 'scalingFactor' and 'fractionalScalingFactor', expected one");
	if (fractional && (nearest || !corners))
		diag_error(l->k->diag, l->at,
		           "'upsample.fractionalScalingFactor' is there, expected it with the mode "
		           "BILINEAR and a linearUpsampleMode that is not DEFAULT");
	else if (nearest && corners)
		diag_error(
		    l->k->diag, l->at,
		    "'upsample.linearUpsampleMode' is not DEFAULT, expected that with the mode "
		    "BILINEAR alone");
}
