/* summary.c: what a model takes and gives, what it consists of, how large it is: read from its
 * specification, so that a model of any kind has one, and one without its weights too.
 */
#include "dump.h"

#include <stdlib.h>

#include "form/reading.h"

typedef struct Count {
	const char *name;
	uint64_t n;
} Count;
typedef struct Summary {
	ReadCtx *c;
	Buf *out;
	int depth;           /* models inside of models */
	VEC(Count) ops;      /* of the function or network at hand */
	uint64_t nop;
	VEC(Count) file;     /* weights files: bytes of what is referred to in them */
	Map seen;            /* records of these files that were counted */
	uint64_t inside;     /* bytes of weights in the model file itself */
} Summary;

/* A line at the indentation of the model, and of so many levels more. */
static void
line(Summary *s, int level)
{
	buf_printf(s->out, "%*s", 4 * (s->depth + level), "");
}

/* "12,345" */
static void
put_grouped(Buf *b, uint64_t n)
{
	char digit[24];
	int k = (int)sizeof digit, since = 0;

	do {
		if (since && since % 3 == 0)
			digit[--k] = ',';
		digit[--k] = (char)('0' + n % 10);
		since++;
	} while (n /= 10);
	buf_put(b, digit + k, sizeof digit - (size_t)k);
}

/* ---- features ---- */

static void
put_dims(Buf *b, const Feature *f)
{
	buf_puts(b, " (");
	for (uint32_t k = 0; k < f->rank; k++) {
		const DimRange *r = f->nrange == f->rank ? &f->range[k] : NULL;
		buf_puts(b, k ? ", " : "");
		if (r && r->upper < 0)
			buf_printf(b, "%lld…", (long long)r->lower);
		else if (r && r->lower != r->upper)
			buf_printf(b, "%lld…%lld", (long long)r->lower, (long long)r->upper);
		else
			buf_printf(b, "%lld", (long long)f->shape[k]);
	}
	buf_byte(b, ')');
	for (uint32_t k = 0; k < f->nenum; k++) {
		buf_puts(b, k ? " or (" : ", one of (");
		for (uint32_t d = 0; d < f->rank; d++)
			buf_printf(b, d ? ", %lld" : "%lld",
			           (long long)f->enumerated[k * f->rank + d]);
		buf_byte(b, ')');
	}
}

static const char *
color_word(ImageColor c)
{
	switch (c) {
	case COLOR_GRAY: return " grayscale";
	case COLOR_RGB: return " RGB";
	case COLOR_BGR: return " BGR";
	case COLOR_GRAY_FP16: return " grayscale fp16";
	case COLOR_NONE: break;
	}
	return "";
}

static void
put_kind(Buf *b, const Feature *f)
{
	static const char *const words[] = {"",       "image",   "",       "dictionary",
	                                    "string", "integer", "number", "sequence"};
	bool array = f->kind == FEATURE_ARRAY || f->kind == FEATURE_STATE;

	buf_puts(b, array ? dtype_info[f->dtype].mil : words[f->kind]);
	if (f->kind == FEATURE_IMAGE)
		buf_puts(b, color_word(f->color));
	if (f->kind == FEATURE_SEQUENCE)
		buf_printf(b, " of %ss", f->key == DT_INT64 ? "integer" : "string");
	if (f->kind == FEATURE_DICT)
		buf_printf(b, " of numbers by %s", f->key == DT_INT64 ? "integer" : "string");
	if ((array || f->kind == FEATURE_IMAGE) && f->has_shape)
		put_dims(b, f);
	else if (array)
		buf_puts(b, ", shape not given");
	if (f->optional)
		buf_puts(b, ", optional");
	if (f->has_default)
		buf_printf(b, ", default %.9g", f->default_value);
}

static void
put_features(Summary *s, const char *what, const Features *list)
{
	uint32_t width = 0;

	if (!list->n)
		return;
	line(s, 0);
	buf_printf(s->out, "%s\n", what);
	for (uint32_t k = 0; k < list->n; k++)
		width = MAX(width, list->at[k].name->len);
	for (uint32_t k = 0; k < list->n; k++) {
		const Feature *f = &list->at[k];
		line(s, 1);
		buf_printf(s->out, "%-*s  ", (int)MIN(width, 40), f->name->s);
		put_kind(s->out, f);
		buf_puts(s->out, f->doc ? "  # " : "");
		put_safe(s->out, f->doc ? f->doc : "");
		buf_byte(s->out, '\n');
	}
}

static void
put_face(Summary *s, const Interface *f)
{
	put_features(s, "inputs", &f->input);
	put_features(s, "outputs", &f->output);
	put_features(s, "states", &f->state);
	if (f->predicted_feature) {
		line(s, 0);
		buf_printf(s->out, "classifier: label %s, probabilities %s\n", f->predicted_feature,
		           f->predicted_probs ? f->predicted_probs : "none");
	}
}

/* ---- bodies ---- */

static void
add(Summary *s, const char *name, uint64_t n, bool file)
{
	VEC(Count) *list = file ? (void *)&s->file : (void *)&s->ops;

	for (uint32_t k = 0; k < list->n; k++)
		if (!strcmp(list->at[k].name, name)) {
			list->at[k].n += n;
			return;
		}
	vec_push(s->c->arena, list, (Count){name, n});
}

static int
by_number(const void *a, const void *b)
{
	const Count *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->name, y->name);
}

static void
put_counts(Summary *s, const char *what)
{
	buf_printf(s->out, ": %llu %s%s\n", (unsigned long long)s->nop, what,
	           s->nop == 1 ? "" : "s");
	if (s->ops.n)
		qsort(s->ops.at, s->ops.n, sizeof *s->ops.at, by_number);
	for (uint32_t k = 0; k < s->ops.n; k++) {
		line(s, 1);
		buf_printf(s->out, "%6llu  %s\n", (unsigned long long)s->ops.at[k].n,
		           s->ops.at[k].name);
	}
	s->ops.n = 0;
	s->nop = 0;
}

/* Bytes that a value of a tensor type takes; 0 when that is not said. */
static uint64_t
value_bytes(const Msg *type)
{
	const Msg *t = msg_get(type, "tensorType");
	DType dtype = dtype_from_pb((int)msg_get_int(t, "dataType"));
	size_t bits = dtype ? (size_t)dtype_bits(dtype) : 0;

	for (size_t k = 0; k < msg_count(t, "dimensions"); k++) {
		const Msg *d = msg_get(msg_at(t, "dimensions", k), "constant");
		if (!mul_size(bits, (size_t)msg_get_int(d, "size"), &bits))
			return 0;
	}
	return bits / 8 + (bits % 8 != 0);
}

static bool
is_message(const Msg *m, const char *name)
{
	return !strcmp(m->descriptor->short_name, name);
}

static void
measure_value(Summary *s, const Msg *m)
{
	const Msg *blob = msg_get(m, "blobFileValue");
	const char *file = msg_get_string(blob, "fileName");
	uint64_t key = hash_bytes(file, strlen(file), (uint64_t)msg_get_int(blob, "offset"));
	uint64_t n = value_bytes(msg_get(m, "type"));

	if (!blob)
		s->inside += n;
	else if (!map_get(&s->seen, key)) {
		map_put(&s->seen, key, s);
		add(s, file, n, true);
	}
}

/* All weights inside of a message, of networks and of programs, and the operations. */
static void
measure(Summary *s, const Msg *m)
{
	const ProtobufCMessageDescriptor *d = m->descriptor;

	if (is_message(m, "Operation") && msg_get_string(m, "type")[0] &&
	    strcmp(msg_get_string(m, "type"), "const") != 0) {
		add(s, msg_get_string(m, "type"), 1, false);
		s->nop++;
	}
	if (is_message(m, "WeightParams")) {
		s->inside += 4 * msg_count(m, "floatValue") + msg_bytes(m, "float16Value")->len +
		             msg_bytes(m, "rawValue")->len + msg_bytes(m, "int8RawValue")->len;
		return;
	}
	if (is_message(m, "Value")) {
		measure_value(s, m);
		return;
	}
	for (unsigned k = 0; k < d->n_fields; k++) {
		const char *name = d->fields[k].name;
		if (d->fields[k].type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		if (d->fields[k].label != PROTOBUF_C_LABEL_REPEATED) {
			if (msg_get(m, name))
				measure(s, msg_get(m, name));
			continue;
		}
		for (size_t i = 0; i < msg_count(m, name); i++)
			measure(s, msg_at(m, name, i));
	}
}

static void
put_program(Summary *s, const Msg *p)
{
	for (size_t k = 0; k < msg_count(p, "functions"); k++) {
		const Msg *e = msg_at(p, "functions", k), *f = msg_get(e, "value");
		line(s, 0);
		buf_printf(s->out, "function %s, opset %s", msg_get_string(e, "key"),
		           msg_get_string(f, "opset"));
		if (f)
			measure(s, f);
		put_counts(s, "operation");
	}
}

static void
put_network(Summary *s, const Msg *net)
{
	for (size_t k = 0; k < msg_count(net, "layers"); k++) {
		const char *kind = msg_case(msg_at(net, "layers", k), "convolution");
		add(s, kind ? kind : "none", 1, false);
		s->nop++;
	}
	measure(s, net);
	line(s, 0);
	buf_puts(s->out, "network");
	put_counts(s, "layer");
}

/* ---- the whole ---- */

static bool put_model_summary(Summary *s, Model *m);

static bool
put_pipeline(Summary *s, const Model *m, const Msg *p)
{
	const Msg *inner = msg_get(m->spec, "pipeline") ? p : msg_get(p, "pipeline");

	for (size_t k = 0; k < msg_count(inner, "models"); k++) {
		Model sub = {.arena = s->c->arena,
		             .origin = m->origin,
		             .spec = (Msg *)(uintptr_t)msg_at(inner, "models", k)};
		find_body(&sub);
		line(s, 0);
		buf_printf(s->out, "model %zu %s\n", k,
		           k < msg_count(inner, "names") ? msg_string_at(inner, "names", k) : "");
		s->depth++;
		if (!put_model_summary(s, &sub))
			return false;
		s->depth--;
	}
	return true;
}

static void
put_weights(Summary *s)
{
	if (!s->file.n && !s->inside)
		return;
	line(s, 0);
	buf_puts(s->out, "weights\n");
	for (uint32_t k = 0; k < s->file.n; k++) {
		line(s, 1);
		put_grouped(s->out, s->file.at[k].n);
		buf_printf(s->out, " bytes in %s\n", s->file.at[k].name);
	}
	line(s, 1);
	put_grouped(s->out, s->inside);
	buf_puts(s->out, " bytes in the model file\n");
	s->file.n = 0;
	s->inside = 0;
}

static void
put_pair(Summary *s, const char *key, const char *val)
{
	if (!val || !*val)
		return;
	line(s, 1);
	buf_printf(s->out, "%s: ", key);
	put_safe(s->out, val);
	buf_byte(s->out, '\n');
}

static void
put_metadata_summary(Summary *s, const Model *m)
{
	static const char *const texts[][2] = {{"description", "shortDescription"},
	                                       {"author", "author"},
	                                       {"license", "license"},
	                                       {"version", "versionString"}};
	Buf out = {0}, *outer = s->out;

	s->out = &out;
	for (size_t k = 0; k < countof(texts); k++)
		put_pair(s, texts[k][0], msg_get_string(m->metadata, texts[k][1]));
	for (size_t k = 0; k < msg_count(m->metadata, "userDefined"); k++) {
		const Msg *e = msg_at(m->metadata, "userDefined", k);
		put_pair(s, msg_get_string(e, "key"), msg_get_string(e, "value"));
	}
	s->out = outer;
	if (out.n) {
		line(s, 0);
		buf_puts(s->out, "metadata\n");
		buf_take(s->out, &out);
	}
	buf_free(&out);
}

static bool
put_model_summary(Summary *s, Model *m)
{
	const char *kind = msg_case(m->spec, "mlProgram");
	const Msg *body = kind ? msg_get(m->spec, kind) : NULL;
	const char *since;

	if (!read_interface(s->c, m))
		return false;
	since = m->spec_version >= IOS13 ? opset_name((Opset)m->spec_version) : "iOS12 or older";
	line(s, 0);
	buf_printf(s->out, "%s, specification version %d (%s)%s\n", kind, m->spec_version, since,
	           msg_get_int(m->spec, "isUpdatable") ? ", updatable" : "");
	put_face(s, &m->face);
	for (uint32_t k = 0; k < m->func.n; k++) {
		line(s, 0);
		buf_printf(s->out, "interface of %s\n", m->func.at[k].name->s);
		put_face(s, &m->func.at[k]);
	}
	if (m->kind == BODY_PROGRAM)
		put_program(s, body);
	else if (m->kind == BODY_NETWORK)
		put_network(s, body);
	else if (m->kind == BODY_PIPELINE && !put_pipeline(s, m, body))
		return false;
	put_weights(s);
	put_metadata_summary(s, m);
	return true;
}

bool
dump_summary(ReadCtx *c, Model *m, Buf *out)
{
	Summary s = {.c = c, .out = out};

	map_init(&s.seen, c->arena);
	return put_model_summary(&s, m);
}
