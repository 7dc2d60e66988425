/* fold.c: a scale, a bias or a batchnorm behind a layer becomes a part of the layer's own numbers:
 *
 *	c = convolution(x, w, b); y = scale(c, s, t)    y = convolution(x, s * w, s * b + t)
 *
 * also of an innerProduct; and a scale behind a batchnorm a part of its gamma and beta. That is
 *right only where nobody else reads c, in whatever network of the model, where s and t are one for
 *each channel, and where all numbers are there. What is not, stays as it is.
 *
 * The peer does the same with less care. It reads the scales of a deconvolution as if they were of
 * its inputs, leaves b as it is where there is no t, and fails on batchnorms.
 */
#include "quantize.h"

#include <math.h>

/* y = s * x + t for each channel; 0: none. */
typedef struct Affine {
	float *s, *t;
} Affine;

/* ---- who sees a blob ---- */

typedef struct BlobUse {
	size_t reads, writes;
	const Msg *reader; /* the last layer that reads it */
} BlobUse;
/* By the hash of the name: two of one hash are taken for one blob, which is seen more often then,
 * and stays as it is. */
struct BlobUses {
	Arena *arena;
	Map uses; /* hash -> BlobUse */
};

static BlobUse *
use_of(struct BlobUses *b, const char *blob)
{
	uint64_t key = hash_bytes(blob, strlen(blob), 0);
	BlobUse *u = map_get(&b->uses, key);

	if (!u) {
		u = new (b->arena, BlobUse);
		map_put(&b->uses, key, u);
	}
	return u;
}

static void
note_read(struct BlobUses *b, const char *blob, const Msg *layer)
{
	BlobUse *u = use_of(b, blob);

	u->reads++;
	u->reader = layer;
}

/* The networks of a layer; how many. */
static size_t
inner_networks(const Msg *layer, const Msg *net[2])
{
	const Msg *branch = msg_get(layer, "branch"), *loop = msg_get(layer, "loop");

	net[0] = branch ? msg_get(branch, "ifBranch") : msg_get(loop, "conditionNetwork");
	net[1] = branch ? msg_get(branch, "elseBranch") : msg_get(loop, "bodyNetwork");
	return branch || loop ? 2 : 0;
}

static void
note_network(struct BlobUses *b, const Msg *net)
{
	const Msg *inner[2];

	for (size_t i = 0; i < msg_count(net, "layers"); i++) {
		const Msg *layer = msg_at(net, "layers", i), *loop = msg_get(layer, "loop");
		for (size_t k = 0; k < msg_count(layer, "input"); k++)
			note_read(b, msg_string_at(layer, "input", k), layer);
		for (size_t k = 0; k < msg_count(layer, "output"); k++)
			use_of(b, msg_string_at(layer, "output", k))->writes++;
		if (loop)
			note_read(b, msg_get_string(loop, "conditionVar"), NULL);
		for (size_t k = inner_networks(layer, inner); k-- > 0;)
			note_network(b, inner[k]);
	}
}

/* What is read by none of the layers: outputs, probabilities, and what training compares. */
static void
note_outside(struct BlobUses *b, const Msg *spec, const Msg *net)
{
	const Msg *d = msg_get(spec, "description"), *train = msg_get(net, "updateParams");

	for (size_t i = 0; i < msg_count(d, "output"); i++)
		note_read(b, msg_get_string(msg_at(d, "output", i), "name"), NULL);
	if (msg_has(spec, "neuralNetworkClassifier"))
		note_read(b, msg_get_string(net, "labelProbabilityLayerName"), NULL);
	for (size_t i = 0; i < msg_count(train, "lossLayers"); i++) {
		const Msg *loss = msg_at(train, "lossLayers", i);
		const char *kind = msg_case(loss, "meanSquaredErrorLossLayer");
		if (kind)
			note_read(b, msg_get_string(msg_get(loss, kind), "input"), NULL);
	}
}

static struct BlobUses *
uses_in(Arena *a, const Msg *spec)
{
	const Msg *net = msg_get(spec, msg_case(spec, "neuralNetwork"));
	struct BlobUses *b = new (a, struct BlobUses);

	b->arena = a;
	map_init(&b->uses, a);
	note_network(b, net);
	note_outside(b, spec, net);
	return b;
}

static bool
lists(const Msg *layer, const char *field, const char *blob)
{
	for (size_t i = 0; i < msg_count(layer, field); i++)
		if (!strcmp(msg_string_at(layer, field, i), blob))
			return true;
	return false;
}

/* Whether the layer, or one inside of it, reads or writes the blob. */
static bool
mentions(const Msg *layer, const char *blob)
{
	const Msg *inner[2];

	if (lists(layer, "input", blob) || lists(layer, "output", blob))
		return true;
	for (size_t k = inner_networks(layer, inner); k-- > 0;)
		for (size_t i = 0; i < msg_count(inner[k], "layers"); i++)
			if (mentions(msg_at(inner[k], "layers", i), blob))
				return true;
	return false;
}

/* The one layer behind layer i that reads what it makes, if nothing else does; 0: there is none. */
static size_t
only_reader(struct BlobUses *b, const Msg *net, size_t i)
{
	const Msg *layer = msg_at(net, "layers", i), *next;
	size_t k = i + 1, n = msg_count(net, "layers");
	const BlobUse *u;

	if (msg_count(layer, "input") != 1 || msg_count(layer, "output") != 1)
		return 0;
	u = use_of(b, msg_string_at(layer, "output", 0));
	next = u->reader;
	if (u->reads != 1 || u->writes != 1 || !next || msg_count(next, "input") != 1 ||
	    msg_count(next, "output") != 1 ||
	    !lists(next, "input", msg_string_at(layer, "output", 0)))
		return 0;
	/* What it makes is made earlier from now on. */
	while (k < n && msg_at(net, "layers", k) != next)
		if (mentions(msg_at(net, "layers", k++), msg_string_at(next, "output", 0)))
			return 0;
	return k < n ? k : 0;
}

/* ---- numbers ---- */

/* [C], [C, 1, 1], or that of an image in a batch. */
static bool
is_of_channels(const Msg *m, const char *shape, size_t channels)
{
	size_t rank = msg_count(m, shape);

	return msg_int_at(m, shape, rank < 3 ? 0 : rank - 3) == (int64_t)channels;
}

/* One for each channel, of a field that has that or one for all; 0: it has neither. shape: of the
 * field, if it has one. */
static float *
per_channel(Arena *a, const Msg *m, const char *field, const char *shape, size_t channels)
{
	size_t n;
	const float *f = weights_floats(a, msg_get(m, field), &n);
	float *out;

	if (!f || (n != 1 && n != channels))
		return NULL;
	if (n > 1 && shape && !is_of_channels(m, shape, channels))
		return NULL;
	out = newn(a, float, channels);
	for (size_t i = 0; i < channels; i++)
		out[i] = f[n == 1 ? 0 : i];
	return out;
}

static bool
scale_affine(Arena *a, const Msg *scale, size_t channels, Affine *out)
{
	bool biased = msg_get_int(scale, "hasBias");

	out->s = per_channel(a, scale, "scale", "shapeScale", channels);
	out->t = biased ? per_channel(a, scale, "bias", "shapeBias", channels) : NULL;
	return out->s && (out->t || !biased);
}

static bool
bias_affine(Arena *a, const Msg *bias, size_t channels, Affine *out)
{
	out->s = NULL;
	out->t = per_channel(a, bias, "bias", "shape", channels);
	return out->t;
}

/* One that takes its mean and variance from what it is given has none to fold. */
static bool
norm_affine(Arena *a, const Msg *norm, size_t channels, Affine *out)
{
	const float *mean = per_channel(a, norm, "mean", NULL, channels);
	const float *variance = per_channel(a, norm, "variance", NULL, channels);
	float epsilon = (float)msg_get_float(norm, "epsilon");

	out->s = per_channel(a, norm, "gamma", NULL, channels);
	out->t = per_channel(a, norm, "beta", NULL, channels);
	if (msg_get_int(norm, "instanceNormalization") || msg_get_int(norm, "computeMeanVar") ||
	    !mean || !variance || !out->s || !out->t)
		return false;
	for (size_t i = 0; i < channels; i++) {
		float root = sqrtf(variance[i] + epsilon);
		out->t[i] -= out->s[i] * mean[i] / root;
		out->s[i] /= root;
	}
	return true;
}

/* ---- folding ---- */

/* The output channel of each weight: of a deconvolution they lie as (inputs, outputs / groups,
 * height, width), of others as (outputs, …). False: they are no whole number for each. */
typedef struct Layout {
	size_t channels, each, groups, inputs;
} Layout;

static bool
layout_of(const Msg *params, bool transposed, size_t n, Layout *l)
{
	int64_t channels = msg_get_int(params, "outputChannels"), parts = channels;

	*l = (Layout){.channels = (size_t)channels, .groups = 1, .inputs = 1};
	if (channels <= 0)
		return false;
	if (transposed) {
		int64_t groups = MAX(msg_get_int(params, "nGroups"), 1);
		int64_t inputs = msg_get_int(params, "kernelChannels");
		if (inputs <= 0 || inputs % groups || channels % groups)
			return false;
		l->groups = (size_t)groups;
		l->inputs = (size_t)inputs;
		if (__builtin_mul_overflow(inputs, channels / groups, &parts))
			return false;
	}
	l->each = n / (size_t)parts;
	return n % (size_t)parts == 0;
}

static size_t
channel_at(const Layout *l, size_t i)
{
	size_t part = l->channels / l->groups, input = i / l->each / part;

	return input / (l->inputs / l->groups) * part + i / l->each % part;
}

static bool
fold_into(Arena *a, Msg *params, const char *kind, const Affine *f)
{
	bool transposed = !strcmp(kind, "convolution") && msg_get_int(params, "isDeconvolution");
	bool biased = msg_get_int(params, "hasBias");
	size_t n, nb = 0;
	const float *w = weights_floats(a, msg_get(params, "weights"), &n);
	const float *b = biased ? weights_floats(a, msg_get(params, "bias"), &nb) : NULL;
	Layout l;
	float *out;

	if (!w || !layout_of(params, transposed, n, &l) || (biased && nb != l.channels))
		return false;
	if (f->s) {
		out = weights_put_floats(msg_edit(params, "weights"), n);
		for (size_t i = 0; i < n; i++)
			out[i] = w[i] * f->s[transposed ? channel_at(&l, i) : i / l.each];
	}
	if (!biased && !f->t)
		return true;
	out = weights_put_floats(msg_edit(params, "bias"), l.channels);
	for (size_t i = 0; i < l.channels; i++) {
		float x = biased ? b[i] : 0;
		if (f->s)
			x *= f->s[i];
		out[i] = f->t ? x + f->t[i] : x;
	}
	msg_int(params, "hasBias", 1);
	return true;
}

/* A batchnorm's gamma and beta take the scale; its mean and variance may be whatever they are. */
static bool
fold_into_norm(Arena *a, Msg *norm, const Affine *f)
{
	size_t n = (size_t)msg_get_int(norm, "channels");
	const float *gamma = per_channel(a, norm, "gamma", NULL, n);
	const float *beta = per_channel(a, norm, "beta", NULL, n);
	float *out;

	if (msg_get_int(norm, "instanceNormalization") || !gamma || !beta)
		return false;
	out = weights_put_floats(msg_edit(norm, "gamma"), n);
	for (size_t i = 0; i < n; i++)
		out[i] = gamma[i] * f->s[i];
	out = weights_put_floats(msg_edit(norm, "beta"), n);
	for (size_t i = 0; i < n; i++) {
		float x = beta[i] * f->s[i];
		out[i] = f->t ? x + f->t[i] : x;
	}
	return true;
}

typedef struct FoldRule {
	const char *layer, *next;
	bool (*affine)(Arena *a, const Msg *next, size_t channels, Affine *out);
} FoldRule;
static const FoldRule rules[] = {
    {"convolution", "batchnorm", norm_affine}, {"convolution", "scale", scale_affine},
    {"convolution", "bias", bias_affine},      {"innerProduct", "scale", scale_affine},
    {"innerProduct", "bias", bias_affine},     {"batchnorm", "scale", scale_affine},
};

/* False: they stay two. */
static bool
fold_pair(Arena *a, const FoldRule *r, Msg *layer, const Msg *next)
{
	Msg *params = msg_edit(layer, r->layer);
	bool norm = !strcmp(r->layer, "batchnorm");
	int64_t channels = msg_get_int(params, norm ? "channels" : "outputChannels");
	size_t n;
	Affine f;

	/* No more channels than there are numbers: that count is no stranger's. */
	weights_floats(a, msg_get(params, norm ? "gamma" : "weights"), &n);
	if (channels <= 0 || (uint64_t)channels > n ||
	    !r->affine(a, msg_get(next, r->next), (size_t)channels, &f))
		return false;
	return norm ? fold_into_norm(a, params, &f) : fold_into(a, params, r->layer, &f);
}

static bool
fold_layer(Quantizer *q, Msg *net, size_t i, const char *kind)
{
	Msg *layer = msg_mutable(msg_at(net, "layers", i));
	size_t k = only_reader(q->uses, net, i), r = 0;
	const Msg *next = msg_at(net, "layers", k);

	while (k && r < countof(rules) &&
	       (strcmp(rules[r].layer, kind) != 0 || !msg_has(next, rules[r].next)))
		r++;
	if (!k || r == countof(rules) || !fold_pair(q->arena, &rules[r], layer, next))
		return false;
	q->say(q, arena_printf(q->arena, "Fused %s->%s\n", msg_get_string(layer, "name"),
	                       msg_get_string(next, "name")));
	msg_string_put(layer, "output", 0, msg_string_at(next, "output", 0));
	msg_remove(net, "layers", k);
	return true;
}

void
fold_network(Quantizer *q, Msg *net)
{
	static const char *const kinds[] = {"convolution", "innerProduct", "batchnorm"};

	if (!q->uses)
		q->uses = uses_in(q->arena, q->model);
	for (size_t kind = 0; kind < countof(kinds); kind++)
		for (size_t i = 0; i < msg_count(net, "layers"); i++)
			while (msg_has(msg_at(net, "layers", i), kinds[kind]) &&
			       fold_layer(q, net, i, kinds[kind]))
				;
}
