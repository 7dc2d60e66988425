/* emit.c: the forms of output, the Model protobuf as a whole. */
#include "spec.h"

#include "base/sys.h"

#include "Model.pb-c.h"
#include "reading.h"

static const Target targets[] = {
#define TARGET(ending, fn, made, holds, what) {ending, fn, made, holds, what},
#include "targets.def"
#undef TARGET
};

const Target *
target_for_path(const char *path)
{
	size_t n = path_length(path);

	for (size_t i = 0; i < countof(targets); i++)
		if (ends_with(path, n, targets[i].ending))
			return &targets[i];
	return 0;
}

/* ".mlpackage, .mlmodel or .mil" */
static const char *
all_endings(Arena *a)
{
	const char *s = targets[0].ending;

	for (size_t i = 1; i < countof(targets); i++)
		s = arena_printf(a, "%s%s%s", s, i + 1 < countof(targets) ? ", " : " or ",
		                 targets[i].ending);
	return s;
}

const Target *
emit_target(Diag *d, Span at, const char *path)
{
	const Target *t = target_for_path(path);

	if (!t)
		diag_error(d, at,
		           "'%s' does not say what to write: expected an ending such as %s", path,
		           all_endings(d->arena));
	return t;
}

static unsigned
held_as(const Model *m)
{
	if (m->kind == BODY_PROGRAM && m->format != FORMAT_NEURALNETWORK)
		return m->bare || (m->origin && !m->origin->package)
		           ? HOLDS_PROGRAM | HOLDS_SAME
		           : HOLDS_PROGRAM;
	if (m->kind == BODY_NETWORK || m->format == FORMAT_NEURALNETWORK)
		return HOLDS_NETWORK;
	return m->kind == BODY_PIPELINE ? HOLDS_PIPELINE | HOLDS_OTHER : HOLDS_OTHER;
}

bool
model_is_open(const Model *m, Diag *d, Span at)
{
	return !m->sealed ||
	       diag_error(d, at,
	                  "this is a compiled %s, whose body stands in a form of Apple's that milc "
	                  "does not read: expected an ML Program or a pipeline of them",
	                  m->sealed);
}

bool
emit_spares_script(const EmitCtx *c)
{
	return !c->script || !sys_same(c->script, c->path) ||
	       diag_error(c->diag, c->span,
	                  "'%s' is the script, which the output would replace: name another file",
	                  c->path);
}

/* The form does not hold the kind of body. */
static bool
wrong_form(const Target *t, const Model *m, const EmitCtx *c)
{
	unsigned holds = held_as(m);
	bool program = holds & HOLDS_PROGRAM, network = holds & HOLDS_NETWORK;
	const char *other = program && t->holds & HOLDS_NETWORK   ? "neuralnetwork"
	                    : network && t->holds & HOLDS_PROGRAM ? "mlprogram"
	                                                          : NULL;

	return diag_error(c->diag, c->span,
	                  "'%s' is %s, but the model is %s: write a .mlpackage%s%s", c->path,
	                  t->what,
	                  program   ? "an ML Program"
	                  : network ? "a NeuralNetwork"
	                            : "of another kind",
	                  other ? ", or convert it with -t " : "", other ? other : "");
}

bool
emit_model(const Model *m, EmitCtx *c)
{
	const Target *t = emit_target(c->diag, c->span, c->path);

	if (!t || !model_is_open(m, c->diag, c->span) || !emit_spares_script(c))
		return false;
	return t->holds & held_as(m) ? t->emit(m, c) : wrong_form(t, m, c);
}

bool
emit_spec(const Model *m, EmitCtx *c, Buf *out)
{
	Arena a = {0};
	Weights w;

	bool ok = put_model(out, &a, m, c, &w);

	arena_free(&a);
	return ok;
}

Model *
model_as_spec(Arena *a, Model *m, EmitCtx *c)
{
	Model *out = new (a, Model);
	Weights *w = new (a, Weights);
	const char *error;
	Buf spec = {0};

	if (m->spec)
		return m;
	*out = (Model){.arena = a};
	if (put_model(&spec, a, m, c, w))
		out->spec = msg_read(a, &core_ml__specification__model__descriptor,
		                     arena_dup(a, spec.at, spec.n), spec.n, &error);
	buf_free(&spec);
	if (!out->spec)
		return NULL;
	find_body(out);
	if (w->list.n)
		vec_push(a, &out->weights, (WeightsAt){.name = WEIGHTS_PATH, .plan = w});
	return out;
}
