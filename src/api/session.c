/* session.c: sessions on the caller's buffers. */
#include "api.h"

typedef struct Lent { /* a buffer of the caller, as a tensor */
	Tensor t;
	int64_t dim[TENSOR_MAX_RANK];
} Lent;

struct milc_session {
	milc *m;
	milc_session *next;
	const Func *f;
	Session *run;
	Arena arena;
	NamedTensor *in; /* one for each parameter; t is 0 until it is given, */
	Lent *lent;      /* then one of these */
	NamedTensor *out;
	uint32_t nout;
	Arena results; /* of the last run */
};

void
session_end(milc_session *s)
{
	milc_session **p = &s->m->sessions;

	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	session_free(s->run);
	arena_free(&s->results);
	arena_free(&s->arena);
	xfree(s);
}

typedef struct Make {
	milc_model *model;
	const char *function;
	milc_session *made;
} Make;

static int
make(milc *m, void *ctx)
{
	Make *k = ctx;
	Model *model = k->model->model;
	SessionOptions o = api_session(m);
	milc_session *s;
	const Func *f;

	if (!unit_values(&m->unit, model) || !unit_convert(&m->unit, model))
		return api_status(m, false);
	f = unit_function(&m->unit, model, k->function);
	if (!f)
		return api_status(m, false);
	s = xcalloc(1, sizeof *s);
	*s = (milc_session){.m = m, .next = m->sessions, .f = f, .run = session_new(f, &o)};
	s->in = newn(&s->arena, NamedTensor, f->body->nparam + 1);
	s->lent = newn(&s->arena, Lent, f->body->nparam + 1);
	for (uint32_t i = 0; i < f->body->nparam; i++)
		s->in[i].name = f->body->param[i]->name;
	m->sessions = k->made = s;
	return MILC_OK;
}

milc_session *
milc_session_new(milc_model *model, const char *function)
{
	Make k = {model, function, NULL};

	return api_enter(model->m, make, &k) == MILC_OK ? k.made : NULL;
}

static int
end(milc *m, void *s)
{
	(void)m;
	session_end(s);
	return MILC_OK;
}

void
milc_session_free(milc_session *s)
{
	if (s)
		api_enter(s->m, end, s);
}

typedef struct Given {
	milc_session *s;
	const milc_tensor *t;
	milc_tensor *out;
	size_t i;
} Given;

/* Why the tensor cannot be an input; 0: it can. */
static const char *
wrong(const milc_tensor *t, DType type, int64_t *count)
{
	size_t bytes;

	if (type == DT_NONE || type == DT_STRING)
		return "a tensor has an unknown dtype";
	if (t->rank > TENSOR_MAX_RANK)
		return "a tensor has too many dimensions";
	if (!shape_count(t->shape, (int)t->rank, count) ||
	    !mul_size((size_t)*count, dtype_size(type), &bytes))
		return "a tensor's size overflows";
	return bytes == t->bytes ? NULL : "a tensor's bytes are not those of its shape and dtype";
}

static void
lend(Lent *l, const milc_tensor *t, DType type, int64_t count)
{
	for (size_t k = 0; k < t->rank; k++)
		l->dim[k] = t->shape[k];
	l->t = (Tensor){.dtype = type,
	                .rank = (int)t->rank,
	                .dim = l->dim,
	                .count = count,
	                .data = (void *)(uintptr_t)t->data};
}

static int
give(milc *m, void *ctx)
{
	const Given *g = ctx;
	DType type = dtype_from_mil(g->t->dtype);
	int64_t count;
	const char *why = wrong(g->t, type, &count);

	for (uint32_t i = 0; !why && i < g->s->f->body->nparam; i++) {
		if (!str_is(g->s->in[i].name, g->t->name))
			continue;
		lend(&g->s->lent[i], g->t, type, count);
		g->s->in[i].t = &g->s->lent[i].t;
		return MILC_OK;
	}
	api_say(m, "input '%.60s': %s", g->t->name,
	        why ? why : "the function has none of this name");
	return MILC_WRONG_USE;
}

int
milc_session_set(milc_session *s, const milc_tensor *input)
{
	return api_enter(s->m, give, &(Given){.s = s, .t = input});
}

static int
run(milc *m, void *ctx)
{
	milc_session *s = ctx;
	uint32_t n = 0;
	NamedTensor *in;
	RunStatus status;

	s->nout = 0;
	arena_free(&s->results);
	in = newn(&s->results, NamedTensor, s->f->body->nparam + 1);
	for (uint32_t i = 0; i < s->f->body->nparam; i++)
		if (s->in[i].t)
			in[n++] = s->in[i];
	status = session_run(s->run, in, n, NULL, &s->out, &s->nout);
	if (status != RUN_OK)
		s->nout = 0;
	return api_status(m, api_run_status(m, s->run, status));
}

int
milc_session_run(milc_session *s)
{
	return api_enter(s->m, run, s);
}

static int
reset(milc *m, void *ctx)
{
	milc_session *s = ctx;
	SessionOptions o = api_session(m);

	session_free(s->run);
	s->run = session_new(s->f, &o);
	return MILC_OK;
}

int
milc_session_reset(milc_session *s)
{
	return api_enter(s->m, reset, s);
}

size_t
milc_session_outputs(const milc_session *s)
{
	return s->nout;
}

/* The elements as a caller knows them: texts are const char *. */
static const void *
elements(Arena *a, const Tensor *t)
{
	const Str *const *s = tensor_data(a, t);
	const char **text;

	if (t->dtype != DT_STRING)
		return s;
	text = newn(a, const char *, (size_t)t->count);
	for (int64_t i = 0; i < t->count; i++)
		text[i] = s[i]->s;
	return text;
}

static int
result(milc *m, void *ctx)
{
	const Given *g = ctx;
	const Tensor *t;

	(void)m;
	if (g->i >= g->s->nout)
		return MILC_WRONG_USE;
	t = g->s->out[g->i].t;
	*g->out = (milc_tensor){.name = g->s->out[g->i].name->s,
	                        .dtype = dtype_info[t->dtype].mil,
	                        .rank = (size_t)t->rank,
	                        .shape = t->dim,
	                        .data = elements(&g->s->results, t),
	                        .bytes = tensor_bytes(t)};
	return MILC_OK;
}

int
milc_session_output(milc_session *s, size_t i, milc_tensor *out)
{
	return api_enter(s->m, result, &(Given){.s = s, .i = i, .out = out});
}
