/* preprocess.c: set_pre_processing_parameters: inputs become images, whose pixels are scaled and
 * shifted before the network sees them; and where these come as NHWC, transposes that the network
 * needs no longer go, or one that it needs is put in front of it.
 */
#include "builder.h"
#include "classes.h"

#include "script/core.h"

#include <strings.h>

enum { P_NAMES, P_BGR, P_RED, P_GREEN, P_BLUE, P_GRAY, P_SCALE, P_FORMAT, P_COUNT };
static const struct {
	const char *param, *field; /* of a NeuralNetworkImageScaler */
} settings[P_COUNT] = {
    [P_BGR] = {"is_bgr", NULL},
    [P_RED] = {"red_bias", "redBias"},
    [P_GREEN] = {"green_bias", "greenBias"},
    [P_BLUE] = {"blue_bias", "blueBias"},
    [P_GRAY] = {"gray_bias", "grayBias"},
    [P_SCALE] = {"image_scale", "channelScale"},
};

typedef struct Images {
	Interp *in;
	NetBuilder *b;
	Value builder, names;
	Value of[P_COUNT]; /* dicts by the names of inputs */
	bool nhwc;
	Span at;
} Images;

/* ---- arguments ---- */

/* One for each name, if it is no dict of names already. */
static bool
take_setting(Images *im, int k, Value v)
{
	Value names;
	bool known;

	if (v.kind == V_UNSET)
		v = k == P_BGR ? vbool(false) : vfloat(k == P_SCALE);
	im->of[k] = v;
	if (v.kind != V_DICT) {
		im->of[k] = vdict(im->in);
		if (!value_to_list(im->in, im->names, &names, im->at))
			return false;
		for (uint32_t i = 0; i < SEQ_OF(names)->n; i++)
			if (!dict_set(im->in, im->of[k], SEQ_OF(names)->at[i], v, im->at))
				return false;
		return true;
	}
	if (!value_to_list(im->in, v, &names, im->at))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(names)->n; i++) {
		if (!value_contains(im->in, im->names, SEQ_OF(names)->at[i], &known, im->at))
			return false;
		if (!known)
			return fail(im->in, im->at,
			            "%s has the key %.80s, which is not among "
			            "image_input_names",
			            settings[k].param, shown(im->in, SEQ_OF(names)->at[i]));
	}
	return true;
}

static bool
take_format(Images *im, Value v)
{
	static const char *const word[] = {"NCHW", "NHWC"};

	for (int k = 0; k < 2 && v.kind == V_STR; k++)
		if (!strcasecmp(STR_OF(v)->s, word[k])) {
			im->nhwc = k;
			return true;
		}
	return v.kind == V_UNSET ||
	       (v.kind != V_POISON &&
	        fail(im->in, im->at, "image_format is %.40s, expected 'NCHW' or 'NHWC'",
	             shown(im->in, v)));
}

/* ---- transposes ---- */

static Msg *
layer_at(const Images *im, size_t i)
{
	return msg_mutable(msg_at(im->b->net, "layers", i));
}

static size_t
nlayer(const Images *im)
{
	return msg_count(im->b->net, "layers");
}

/* A transpose that makes channels come first. */
static bool
channels_first(const Msg *layer)
{
	static const int64_t order[][4] = {{2, 0, 1}, {0, 3, 1, 2}};
	const Msg *t = msg_get(layer, "transpose");
	size_t n = msg_count(t, "axes"), k = 0;

	if (n != 3 && n != 4)
		return false;
	while (k < n && msg_int_at(t, "axes", k) == order[n - 3][k])
		k++;
	return k == n;
}

static bool
reads(const Msg *layer, const char *name)
{
	for (size_t i = 0; i < msg_count(layer, "input"); i++)
		if (!strcmp(msg_string_at(layer, "input", i), name))
			return true;
	return false;
}

/* Whether all that reads the input transposes it so; *names: a dict with these layers'
 * names as keys, *outputs: a list of their outputs'. */
static bool
only_transposed(Images *im, const char *input, Value *names, Value *outputs, bool *only)
{
	*names = vdict(im->in);
	*outputs = vlist(im->in, NULL, 0);
	*only = true;
	for (size_t i = 0; i < nlayer(im); i++) {
		const Msg *layer = layer_at(im, i);
		bool transpose = msg_has(layer, "transpose");
		if (transpose && !msg_count(layer, "input"))
			return fail(im->in, im->at, "the transpose '%s' has no input",
			            msg_get_string(layer, "name"));
		if (!transpose || strcmp(msg_string_at(layer, "input", 0), input) != 0) {
			*only = *only && !reads(layer, input);
			continue;
		}
		if (!channels_first(layer)) {
			*only = false;
			break;
		}
		if (!dict_set(im->in, *names, vstrz(im->in, msg_get_string(layer, "name")), VNONE,
		              im->at))
			return false;
		for (size_t k = 0; k < msg_count(layer, "output"); k++)
			if (!vlist_push(im->in, *outputs,
			                vstrz(im->in, msg_string_at(layer, "output", k))))
				return false;
	}
	return true;
}

/* Layers with these names go. Those that read a value by such a layer's name read the input. */
static bool
drop_transposes(Images *im, const char *input, Value names, Value outputs)
{
	const SeqObj *s = SEQ_OF(outputs);
	bool named, found;
	Value gone;

	for (size_t i = 0; i < nlayer(im); i++)
		for (size_t k = 0; k < msg_count(layer_at(im, i), "input"); k++) {
			Msg *layer = layer_at(im, i);
			Value v = vstrz(im->in, msg_string_at(layer, "input", k));
			if (!value_contains(im->in, names, v, &named, im->at))
				return false;
			if (named)
				msg_string_put(layer, "input", k, input);
		}
	for (size_t i = 0; i < nlayer(im); i++)
		if (!strcmp(msg_get_string(layer_at(im, i), "name"), input)) {
			msg_clear(layer_at(im, i), "output");
			for (uint32_t k = 0; k < s->n; k++)
				msg_string(layer_at(im, i), "output",
				           arena_strdup(interp_arena(im->in), STR_OF(s->at[k])->s));
			break;
		}
	while (DICT_OF(names)->n)
		for (size_t i = 0; i < nlayer(im); i++) {
			Value v = vstrz(im->in, msg_get_string(layer_at(im, i), "name"));
			if (!value_contains(im->in, names, v, &found, im->at))
				return false;
			if (!found)
				continue;
			msg_remove(im->b->net, "layers", i);
			if (!dict_remove(im->in, names, v, &gone, &found, im->at))
				return false;
		}
	return true;
}

/* The network sees the image as it was described: a layer in front of all others sees to that. */
static bool
add_transpose_first(Images *im, const char *input, size_t rank)
{
	static const int64_t order[][4] = {{1, 2, 0}, {0, 2, 3, 1}};
	Interp *in = im->in;
	const char *name = arena_printf(interp_arena(in), "%s_to_nhwc", input);
	Value v[4], axes = vlist(in, NULL, 0), fn, layer;
	size_t last = nlayer(im);

	for (size_t k = 0; k < rank; k++)
		vlist_push(in, axes, vint(order[rank - 3][k]));
	v[0] = v[3] = vstrz(in, name);
	v[1] = axes;
	v[2] = vstrz(in, input);
	if (!value_member(in, im->builder, "add_transpose", &fn, im->at) ||
	    !call_values(in, fn, v, countof(v), &layer, im->at))
		return false;
	msg_remove(im->b->net, "layers", last);
	msg_assign(msg_insert(im->b->net, "layers", 0), message_of(layer));
	for (size_t i = 0; i < nlayer(im); i++)
		for (size_t k = 0; k < msg_count(layer_at(im, i), "input"); k++)
			if (strcmp(msg_get_string(layer_at(im, i), "name"), name) != 0 &&
			    !strcmp(msg_string_at(layer_at(im, i), "input", k), input))
				msg_string_put(layer_at(im, i), "input", k, name);
	return true;
}

static bool
fit_transposes(Images *im, const char *input, size_t rank)
{
	Value names, outputs;
	bool only;

	if (!only_transposed(im, input, &names, &outputs, &only))
		return false;
	return only ? drop_transposes(im, input, names, outputs)
	            : add_transpose_first(im, input, rank);
}

/* ---- inputs ---- */

static bool
setting_of(Images *im, int k, Value name, Value *v)
{
	return dict_get(im->in, im->of[k], name, v);
}

/* An array becomes an image. */
static bool
make_image(Images *im, Msg *feature, Value name)
{
	Msg *type = msg_lazy(feature, "type"), *image;
	const Msg *array = msg_get(type, "multiArrayType");
	size_t rank = msg_count(array, "shape"), first = rank - 3;
	int64_t dim[3], channels, height, width;
	const char *input = msg_get_string(feature, "name");
	bool bgr = false;
	Value v;

	if (rank != 3 && rank != 4)
		return fail(im->in, im->at, "input '%s' is of rank %zu, an image is of rank 3 or 4",
		            input, rank);
	for (size_t k = 0; k < 3; k++)
		dim[k] = msg_int_at(array, "shape", first + k);
	channels = dim[im->nhwc ? 2 : 0];
	height = dim[im->nhwc ? 0 : 1];
	width = dim[im->nhwc ? 1 : 2];
	if (im->nhwc && !fit_transposes(im, input, rank))
		return false;
	if (channels != 1 && channels != 3)
		return fail(im->in, im->at, "input '%s' has %lld channels, an image has 1 or 3",
		            input, (long long)channels);
	if (setting_of(im, P_BGR, name, &v) && !value_truth(im->in, v, &bgr, im->at))
		return false;
	image = msg_lazy(type, "imageType");
	msg_set_path(image, "colorSpace", channels == 1 ? "GRAYSCALE" : bgr ? "BGR" : "RGB");
	msg_int(image, "width", width);
	msg_int(image, "height", height);
	return true;
}

static bool
add_scaler(Images *im, Value name)
{
	Msg *p = msg_sub(im->b->net, "preprocessing"), *scaler = msg_lazy(p, "scaler");
	Value v;

	if (!field_set(im->in, p, "featureName", name, im->at))
		return false;
	msg_float(scaler, "channelScale", 1);
	for (int k = P_RED; k <= P_SCALE; k++)
		if (setting_of(im, k, name, &v) &&
		    !field_set(im->in, scaler, settings[k].field, v, im->at))
			return false;
	return true;
}

NATIVE_EXTERN(builder_set_preprocessing)
{
	Images im = {.in = in,
	             .b = builder_of(self),
	             .builder = self,
	             .names = args->v[P_NAMES],
	             .at = args->span};
	bool some = false;
	Msg *d;

	*out = VNONE;
	if (im.names.kind != V_UNSET && !value_truth(in, im.names, &some, args->span))
		return false;
	if (!some)
		return true;
	if (!take_format(&im, args->v[P_FORMAT]))
		return false;
	for (int k = P_BGR; k <= P_SCALE; k++)
		if (!take_setting(&im, k, args->v[k]))
			return false;
	d = builder_description(in, self, args);
	for (size_t i = 0; d && i < msg_count(d, "input"); i++) {
		Msg *feature = msg_mutable(msg_at(d, "input", i));
		Value name = vstrz(in, msg_get_string(feature, "name"));
		bool image;
		if (!value_contains(in, im.names, name, &image, args->span))
			return false;
		if (!image)
			continue;
		if ((msg_has(msg_lazy(feature, "type"), "multiArrayType") &&
		     !make_image(&im, feature, name)) ||
		    !add_scaler(&im, name))
			return false;
	}
	return d != NULL;
}
