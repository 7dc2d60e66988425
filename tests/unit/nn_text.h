/* nn_text.h: NeuralNetworks written as text, read and run: for the tests of their reader. The
 * fields of a layer are "FIELD=numbers", with dots for messages inside, + to append one, and [n] to
 * fill n numbers. A model has the inputs x, z, s, v, image, seq, h, r and small.
 */
#ifndef NN_TEXT_H
#define NN_TEXT_H

#include "exec/exec.h"
#include "form/emit.h"
#include "nn/lift.h"
#include "NeuralNetwork.pb-c.h"
#include "world.h"

#include <math.h>
#include <stdlib.h>

typedef struct Case {
	const char *kind, *in, *out, *fields;
	const char *want; /* "shape: numbers" of the first output, or a part of the message */
} Case;

/* ---- building ---- */

/* The message that the last step of a dotted path lies in; *last is that step. */
static Msg *
walk(Msg *m, char *path, const char **last)
{
	for (char *dot; (dot = strchr(path, '.')); path = dot + 1) {
		*dot = '\0';
		bool more = dot > path && dot[-1] == '+';
		if (more)
			dot[-1] = '\0';
		size_t n = msg_repeated(m, path) ? msg_count(m, path) : 0;
		if (msg_repeated(m, path))
			m = more || !n ? msg_sub(m, path)
			               : (Msg *)(uintptr_t)msg_at(m, path, n - 1);
		else
			m = msg_has(m, path) ? (Msg *)(uintptr_t)msg_get(m, path)
			                     : msg_sub(m, path);
	}
	*last = path;
	return m;
}

static bool
is_message(const Msg *m, const char *field)
{
	return protobuf_c_message_descriptor_get_field_by_name(m->descriptor, field)->type ==
	       PROTOBUF_C_TYPE_MESSAGE;
}

static bool
is_bytes(const Msg *m, const char *field)
{
	return protobuf_c_message_descriptor_get_field_by_name(m->descriptor, field)->type ==
	       PROTOBUF_C_TYPE_BYTES;
}

static bool
is_string(const Msg *m, const char *field)
{
	return protobuf_c_message_descriptor_get_field_by_name(m->descriptor, field)->type ==
	       PROTOBUF_C_TYPE_STRING;
}

static void
put(Arena *a, Msg *m, const char *field, const char *value)
{
	if (is_message(m, field)) {
		msg_sub(m, field);
		return;
	}
	if (is_string(m, field)) {
		msg_string(m, field, arena_strdup(a, value));
		return;
	}
	if (is_bytes(m, field)) {
		uint8_t *b = arena_alloc(a, 64);
		size_t n = 0;
		for (char *end; *value; value = end + (*end == ' '))
			b[n++] = (uint8_t)strtol(value, &end, 16);
		msg_set_bytes(m, field, b, n);
		return;
	}
	if (*value == '[') {
		size_t n = strtoul(value + 1, NULL, 10);
		float *f = msg_floats(m, field, n);
		for (size_t k = 0; k < n; k++)
			f[k] = (float)k;
		return;
	}
	for (char *end; *value; value = end + (*end == ' '))
		msg_float(m, field, strtod(value, &end));
}

static Msg *
add_layer(Arena *a, Msg *net, const Case *c)
{
	Msg *l = msg_sub(net, "layers"), *p = l;
	char *word, *rest, *save, *text;

	msg_string(l, "name", "it");
	text = arena_strdup(a, c->in);
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		msg_string(l, "input", word);
	text = arena_strdup(a, c->out);
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		msg_string(l, "output", word);
	if (!*c->kind)
		return l;
	text = arena_strdup(a, c->kind);
	for (word = strtok_r(text, ".", &save); word; word = strtok_r(NULL, ".", &save))
		p = msg_sub(p, word);
	text = arena_strdup(a, c->fields);
	for (word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		const char *last;
		rest = strchr(word, '=');
		*rest++ = '\0';
		Msg *at = walk(p, word, &last);
		put(a, at, last, rest);
	}
	return p;
}

/* ---- reading ---- */

static void
add_feature(World *w, Model *m, bool output, const char *name, uint32_t rank, const int64_t *dim)
{
	Feature f = {.name = world_str(w, name), .kind = FEATURE_ARRAY, .dtype = DT_FP32,
	    .rank = rank, .has_shape = !output,
	    .shape = arena_dup(&w->arena, dim, rank * sizeof *dim)};

	if (output)
		vec_push(&w->arena, &m->face.output, f);
	else
		vec_push(&w->arena, &m->face.input, f);
}

static Model *
model_with(World *w, Msg **net)
{
	Model *m = new (&w->arena, Model);

	m->arena = &w->arena;
	m->format = FORMAT_NEURALNETWORK;
	m->spec_version = IOS14;
	*net = msg_new(&w->arena, &core_ml__specification__neural_network__descriptor);
	msg_int(*net, "arrayInputShapeMapping", 1);
	msg_int(*net, "imageInputShapeMapping", 1);
	add_feature(w, m, false, "x", 2, (int64_t[]){2, 3});
	add_feature(w, m, false, "z", 2, (int64_t[]){2, 3});
	add_feature(w, m, false, "s", 1, (int64_t[]){1});
	add_feature(w, m, false, "v", 1, (int64_t[]){3});
	add_feature(w, m, false, "image", 4, (int64_t[]){1, 2, 4, 4});
	add_feature(w, m, false, "seq", 5, (int64_t[]){2, 1, 2, 1, 1});
	add_feature(w, m, false, "h", 5, (int64_t[]){1, 1, 1, 1, 1});
	add_feature(w, m, false, "r", 1, (int64_t[]){2});
	add_feature(w, m, false, "small", 4, (int64_t[]){1, 2, 2, 1});
	return m;
}

static bool
read_net(World *w, Msg *net, Model *m)
{
	ReadCtx c = {.arena = &w->arena,
	             .names = &w->names,
	             .types = &w->types,
	             .diag = &w->diag,
	             .path = "m.mlmodel",
	             .maps = &w->maps};
	Origin *o = new (&w->arena, Origin);

	o->place = diag_object(&w->diag, NOSPAN, NULL, "m.mlmodel");
	m->origin = o;
	m->network = net;
	return read_network(&c, m);
}

/* "2x3: 1 2 3 …" of the first output, for inputs 0, 1, 2 … */
static const char *
run_text(World *w, Model *m)
{
	const Block *b = m->prog->funcs.at[0]->body;
	NamedTensor *in = newn(&w->arena, NamedTensor, b->nparam), *out;
	Session *s = session_new(m->prog->funcs.at[0], NULL);
	Buf text = {0};
	uint32_t nout;

	for (uint32_t k = 0; k < b->nparam; k++) {
		const Type *t = b->param[k]->type;
		int64_t dim[TENSOR_MAX_RANK];
		for (uint32_t i = 0; i < t->rank; i++)
			dim[i] = dim_known(t->dim[i]) ? t->dim[i] : 2;
		Tensor *v = tensor_new(&w->arena, t->dtype, dim, (int)t->rank);
		for (int64_t i = 0; i < v->count; i++)
			tensor_set_f(v, i, (double)i);
		in[k] = (NamedTensor){b->param[k]->name, v};
	}
	if (session_run(s, in, b->nparam, &w->arena, &out, &nout) != RUN_OK) {
		buf_printf(&text, "failed: %s", session_error(s, &(Span){0, 0}));
	} else {
		for (int k = 0; k < out[0].t->rank; k++)
			buf_printf(&text, k ? "x%lld" : "%lld", (long long)out[0].t->dim[k]);
		for (int64_t k = 0; k < MIN(out[0].t->count, 8); k++) {
			double v = tensor_f(out[0].t, k);
			buf_printf(&text, k ? " %.4g" : ": %.4g", isnan(v) ? fabs(v) : v);
		}
	}
	const char *said = arena_strdup(&w->arena, text.at);
	buf_free(&text);
	session_free(s);
	return said;
}

/* The same of a network that is read and verified; or what was said of it. */
static inline const char *
net_text(World *w, Msg *net, Model *m)
{
	bool ok = read_net(w, net, m);

	diag_flush(&w->diag);
	if (ok)
		CHECK(program_verify(m->prog));
	return ok ? run_text(w, m) : w->said.at;
}

#endif
