/* predict.c: model.predict() and model.make_state(): a model runs while the script does, on this
 * machine's CPU, as it does under Core ML on a Mac. What goes in and comes out, and what raises, is
 * what coremltools/models/model.py and coremlpython/CoreMLPythonUtils.mm do: arrays of float16 come
 * back as float32, numbers as Python's, a classifier's probabilities as a dict.
 */
#include "bind.h"

#include "features.h"

/* A model made ready. It has a program of its own: what the script changes later does not count. */
typedef struct Runner {
	const Model *m;
	const Func *f;
	const Interface *face;
	Session *session;
} Runner;

/* ---- making ready ---- */

/* The body that runs: a program as it is; layers as they stand in the file, since these are what a
 * NeuralNetwork computes. 0 after reporting. */
static Model *
body_of(Interp *in, const ScriptModel *s, Span at)
{
	Bind *b = bind_of(in);
	ScriptModel copy = {0};

	if (!s->m->spec && s->m->prog && s->m->format == FORMAT_MLPROGRAM) {
		Model *m = arena_dup(b->arena, s->m, sizeof *m);
		m->prog = program_clone(m->prog);
		return m;
	}
	copy.m = model_snapshot(b, s->m);
	if (model_spec(in, &copy, at) && b->program_for(b->program_ctx, copy.m))
		return copy.m;
	diag_note(b->diag, at, "the model is to run here");
	return NULL;
}

static const Func *
function_of(Interp *in, const Model *m, const Str *name, Span at)
{
	const Program *p = m->prog;

	for (uint32_t i = 0; i < p->funcs.n; i++)
		if (p->funcs.at[i]->name == (name ? name : p->default_func) || p->funcs.n == 1)
			return p->funcs.at[i];
	fail(in, at, "the model has no function '%s'", name ? name->s : p->default_func->s);
	return NULL;
}

static Runner *
runner_of(Interp *in, ScriptModel *s, Span at)
{
	Bind *b = bind_of(in);
	const Interface *face;
	const Func *f;
	Model *m;

	if (s->run)
		return s->run;
	if (s->skipped) {
		fail(in, at,
		     "the model was made with skip_model_load=True, so there is none that "
		     "could run: leave skip_model_load out");
		return NULL;
	}
	m = body_of(in, s, at);
	f = m ? function_of(in, m, s->function, at) : NULL;
	if (!f)
		return NULL;
	face = model_face(m, f->name);
	s->run = new (b->arena, Runner);
	*s->run = (Runner){m, f, face ? face : &m->face, session_new(f, &b->session)};
	vec_push(b->arena, &b->sessions, s->run->session);
	return s->run;
}

void
bind_end(Bind *b)
{
	for (uint32_t i = 0; i < b->sessions.n; i++)
		session_free(b->sessions.at[i]);
	b->sessions.n = 0;
}

/* ---- states ---- */

typedef struct State { /* what all states of a model hold, between predictions */
	const Runner *r;
	NamedTensor *at;
	uint32_t n;
} State;

static const Tensor *
state_find(Interp *in, const State *s, Value name, Span at)
{
	const Str *want;

	if (!as_str(in, name, &want, "the name of a state", at))
		return NULL;
	for (uint32_t i = 0; i < s->n; i++)
		if (s->at[i].name == want)
			return s->at[i].t;
	fail(in, at, "the model has no state '%s'", want->s);
	return NULL;
}

NATIVE(state_read)
{
	const State *s = HOST_OF(self)->data;
	const Tensor *t = state_find(in, s, args->v[0], args->span);

	return t && array_out(in, t, t->dtype, out, args->span);
}

NATIVE(state_write)
{
	const State *s = HOST_OF(self)->data;
	const Tensor *to = state_find(in, s, args->v[0], args->span), *from;
	Arena scratch = {0};
	bool ok = false;

	*out = VNONE;
	if (!to)
		return false;
	if (!is_np(args->v[1]) || !ARRAY_OF(args->v[1])->rank)
		return fail(in, args->span, "a state takes an array, found '%s'",
		            type_name(args->v[1]));
	if (array_in(in, args->v[1], "the value of the state", &scratch, &from, args->span)) {
		ok = shape_same(from, to) ||
		     fail(in, args->span, "the state has shape %s, the value %s",
		          shape_str(bind_of(in)->types, to->dim, (uint32_t)to->rank),
		          shape_str(bind_of(in)->types, from->dim, (uint32_t)from->rank));
		if (ok)
			memcpy(to->data,
			       tensor_data(&scratch, tensor_cast(&scratch, from, to->dtype)),
			       tensor_bytes(to));
	}
	arena_free(&scratch);
	return ok;
}

static const Native state_methods[] = {
    {"read_state", "name", state_read, AS_FUNCTION},
    {"write_state", "name,value", state_write, AS_FUNCTION},
    NATIVE_END,
};

const HostType mlstate_type = {
    .name = "MLState", .module = "coremltools.models.model", .methods = state_methods};

/* Zeros for each. */
NATIVE_EXTERN(model_make_state)
{
	Arena *a = interp_arena(in);
	Runner *r = runner_of(in, model_of(self), args->span);
	State *s;

	if (!r)
		return false;
	s = new (a, State);
	s->r = r;
	s->at = newn(a, NamedTensor, r->f->body->nparam + 1);
	for (uint32_t i = 0; i < r->f->body->nparam; i++) {
		const Var *v = r->f->body->param[i];
		const Type *t = v->type->elem;
		if (v->type->kind != TY_STATE)
			continue;
		if (!interp_memory(in, (size_t)MAX(t->count, 1) * dtype_size(t->dtype)))
			return false;
		s->at[s->n++] =
		    (NamedTensor){v->name, tensor_new(a, t->dtype, t->dim, (int)t->rank)};
	}
	*out = vhost(in, &mlstate_type, s);
	return true;
}

/* state= of predict(): 0 where it is None. */
static bool
state_arg(Interp *in, const Runner *r, Value v, State **out, Span at)
{
	*out = NULL;
	if (!given(v))
		return true;
	if (!is_host(v, &mlstate_type))
		return fail(in, at, "state must be what model.make_state() gave, found '%s'",
		            type_name(v));
	*out = HOST_OF(v)->data;
	return (*out)->r == r || fail(in, at, "the state was made by another model's make_state()");
}

/* ---- one prediction ---- */

typedef struct Prediction {
	Interp *in;
	Runner *r;
	State *state;
	Arena scratch;
	NamedTensor *given;
	uint32_t n;
	Span at;
} Prediction;

static bool
check_names(const Prediction *p, Value data)
{
	const Features *f = &p->r->face->input;
	const char *names[64] = {0}, *near;
	const DictObj *d = DICT_OF(data);
	uint32_t n = MIN(f->n, countof(names));

	for (uint32_t i = 0; i < n; i++)
		names[i] = f->at[i].name->s;
	for (uint32_t i = 0; i < d->nentry; i++) {
		Value key = d->entry[i].key;
		if (key.kind == V_UNSET ||
		    (key.kind == V_STR && features_find(f, STR_OF(key)->s, STR_OF(key)->len)))
			continue;
		if (key.kind != V_STR)
			return fail(p->in, p->at, "inputs go by their names, found '%s'",
			            type_name(key));
		near = nearest(STR_OF(key)->s, names, n);
		return fail(p->in, p->at,
		            near ? "the model has no input '%s'; did you mean '%s'?"
		                 : "the model has no input '%s'",
		            STR_OF(key)->s, near);
	}
	return true;
}

/* What the run is given for a parameter: what the script gives for its feature, or else the
 * default of an optional one. The run says what it lacks. */
static bool
give_input(Prediction *p, Value data, const Var *v)
{
	const Feature *f = features_find(&p->r->face->input, v->name->s, v->name->len);
	const Tensor *t = NULL;
	Value x;

	if (f && dict_get(p->in, data, vstr_of(p->in, v->name), &x)) {
		if (!feature_in(p->in, f, v->type, x, &p->scratch, &t, p->at))
			return false;
	} else if (f && f->optional) {
		t = default_in(f, v->type, &p->scratch);
	}
	if (t)
		p->given[p->n++] = (NamedTensor){v->name, t};
	return true;
}

static bool
give_inputs(Prediction *p, Value data)
{
	const Block *b = p->r->f->body;
	uint32_t states = 0;

	p->given = newn(&p->scratch, NamedTensor, b->nparam + 1);
	for (uint32_t i = 0; i < b->nparam; i++) {
		const Var *v = b->param[i];
		if (v->type->kind != TY_STATE) {
			if (!give_input(p, data, v))
				return false;
			continue;
		}
		p->given[p->n++] =
		    p->state ? p->state->at[states++]
		             : (NamedTensor){v->name, state_zeros(v->type->elem, &p->scratch)};
	}
	return true;
}

static bool
run(Prediction *p, NamedTensor **out, uint32_t *n)
{
	Session *s = p->r->session;
	RunStatus status = session_run(s, p->given, p->n, &p->scratch, out, n);
	Span at;

	if (status == RUN_OK)
		return true;
	if (status == RUN_WRONG)
		return fail(p->in, p->at, "the model does not run: %s", session_error(s, &at));
	interp_diag(p->in)->machine = true;
	fail(p->in, p->at, "the model needs more than it may take: %s", session_error(s, &at));
	diag_note(interp_diag(p->in), NOSPAN, "%s=N allows more",
	          status == RUN_STEPS ? "--max-steps" : "--max-memory");
	return false;
}

/* What the run left in the states becomes what they hold. */
static void
keep_states(const Prediction *p)
{
	for (uint32_t i = 0; p->state && i < p->state->n; i++) {
		const NamedTensor *s = &p->state->at[i];
		const Tensor *t = session_state(p->r->session, s->name);
		memcpy(s->t->data, t->data, tensor_bytes(s->t));
	}
}

/* A dict of the outputs, in the order of the model's description. */
static bool
take_outputs(const Prediction *p, const NamedTensor *made, uint32_t n, Value *out)
{
	const Features *f = &p->r->face->output;

	*out = vdict(p->in);
	interp_push(p->in, *out);
	for (uint32_t i = 0; i < f->n; i++) {
		uint32_t k = 0;
		Value v;
		while (k < n && made[k].name != f->at[i].name)
			k++;
		if (k == n)
			continue;
		if (!feature_out(p->in, &f->at[i], &made[k], &v, p->at) ||
		    !dict_set(p->in, *out, vstr_of(p->in, f->at[i].name), v, p->at))
			return false;
	}
	interp_pop(p->in, 1);
	return true;
}

static bool
predict_one(Interp *in, Runner *r, State *state, Value data, Span at, Value *out)
{
	Prediction p = {.in = in, .r = r, .state = state, .at = at};
	NamedTensor *made = NULL;
	uint32_t n = 0;
	bool ok = check_names(&p, data) && give_inputs(&p, data) && run(&p, &made, &n);

	if (ok) {
		keep_states(&p);
		ok = take_outputs(&p, made, n, out);
	}
	arena_free(&p.scratch);
	return ok;
}

/* predict(data, state=None): a dict, or a list of them one after the other. */
NATIVE_EXTERN(model_predict)
{
	Value data = args->v[0], one;
	State *state;
	Runner *r;

	if (data.kind == V_POISON) {
		*out = VPOISON;
		return true;
	}
	if (data.kind != V_DICT && data.kind != V_LIST)
		return fail(in, args->span,
		            "predict() takes a dict of inputs by name, or a list of such dicts, "
		            "found '%s'",
		            type_name(data));
	for (uint32_t i = 0; data.kind == V_LIST && i < SEQ_OF(data)->n; i++)
		if (SEQ_OF(data)->at[i].kind != V_DICT)
			return fail(in, args->span,
			            "a list for predict() holds dicts of inputs by name, found "
			            "'%s'",
			            type_name(SEQ_OF(data)->at[i]));
	r = runner_of(in, model_of(self), args->span);
	if (!r || !state_arg(in, r, args->v[1], &state, args->span))
		return false;
	if (data.kind == V_DICT)
		return predict_one(in, r, state, data, args->span, out);
	if (state)
		return fail(in, args->span,
		            "a state goes with one dict of inputs, not with a "
		            "list of them");
	*out = vlist(in, NULL, 0);
	interp_push(in, *out);
	for (uint32_t i = 0; i < SEQ_OF(data)->n; i++)
		if (!predict_one(in, r, NULL, SEQ_OF(data)->at[i], args->span, &one) ||
		    !vlist_push(in, *out, one))
			return false;
	interp_pop(in, 1);
	return true;
}
