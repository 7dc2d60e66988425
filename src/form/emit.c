/* emit.c: the forms of output, the Model protobuf as a whole. */
#include "spec.h"

#include <stdlib.h>

static const Target targets[] = {
#define TARGET(ending, fn, folder, what) {ending, fn, folder, what},
#include "targets.def"
#undef TARGET
};

const Target *
target_for_path(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	for (size_t i = 0; i < countof(targets); i++) {
		size_t k = strlen(targets[i].ending);
		if (n > k && !memcmp(path + n - k, targets[i].ending, k))
			return &targets[i];
	}
	return 0;
}

bool
emit_model(const Model *m, EmitCtx *c)
{
	const Target *t = target_for_path(c->path);

	if (!t) {
		diag_error(c->diag, c->span,
		           "'%s' does not say what to write: expected an ending such as "
		           ".mlpackage, .mlmodel or "
		           ".mil",
		           c->path);
		return false;
	}
	if (t->emit == emit_mlmodel && m->format == FORMAT_MLPROGRAM) {
		diag_error(
		    c->diag, c->span,
		    "'%s' is the form of a NeuralNetwork, but the model is an ML Program: write a "
		    ".mlpackage",
		    c->path);
		return false;
	}
	return t->emit(m, c);
}

static void
spec_out_init(SpecOut *s, const Model *m, Diag *d, Span at, Arena *a, Weights *w)
{
	size_t n;

	memset(s, 0, sizeof *s);
	s->m = m;
	s->diag = d;
	s->at = at;
	s->arena = a;
	s->w = w;
	s->rows = op_rows(&n);
	s->order = arena_array(a, n, sizeof *s->order);
	map_init(&s->types, a);
}

bool
put_model(Buf *b, Arena *a, const Model *m, EmitCtx *c, Weights *w)
{
	uint32_t errors = c->diag->nerror;
	SpecOut s;

	if (m->format == FORMAT_NEURALNETWORK) /* with --werror a warning is an error too */
		return emit_nn(m, c, b) && c->diag->nerror == errors;
	spec_out_init(&s, m, c->diag, c->span, a, w);
	put_description(b, a, m, c);
	if (!put_program(b, &s))
		return false;
	if (b->n > PB_MAX_BYTES) {
		diag_error(
		    c->diag, c->span,
		    "the program takes %zu bytes in the model file, more than the 2 GiB that fit",
		    b->n);
		return false;
	}
	return true;
}

bool
emit_spec(const Model *m, Diag *d, Span at, Buf *out)
{
	Arena a = {0};
	Weights w;
	EmitCtx c = {.diag = d, .span = at};

	weights_init(&w, &a, m);
	bool ok = put_model(out, &a, m, &c, &w);
	arena_free(&a);
	return ok;
}
