/* multifunction.c: joining models: ct.utils.MultiFunctionDescriptor says which function of which
 * package gets which name, ct.utils.save_multifunction makes one model of them. Functions are taken
 * as they stand in the files: no pass changes them, but what is equal is stored once. */
#include "bind.h"

#include "form/read.h"

typedef struct FromModel { /* a model that the descriptor has looked at */
	const Str *path;
	Model *m;
	Program *prog; /* made when the functions are joined */
	const Str **function;
	uint32_t n;
	struct FromModel *next;
} FromModel;

typedef struct Descriptor {
	Value functions; /* dict: name -> (path, name of the function there) */
	const Str *dflt; /* or 0 */
	FromModel *sources;
} Descriptor;

static const Str *
str_of(Interp *in, Value v)
{
	return intern(interp_names(in), STR_OF(v)->s, STR_OF(v)->len);
}

/* The names of a model's functions; one without a list of them has "main". */
static void
list_functions(Interp *in, FromModel *s)
{
	const Msg *d = msg_get(s->m->spec, "description");
	uint32_t n = (uint32_t)msg_count(d, "functions");

	s->n = MAX(n, 1);
	s->function = newn(interp_arena(in), const Str *, s->n);
	s->function[0] = intern_cstr(interp_names(in), "main");
	for (uint32_t i = 0; i < n; i++)
		s->function[i] = intern_cstr(interp_names(in),
		                             msg_get_string(msg_at(d, "functions", i), "name"));
}

/* What lies under the path now, or lay there when it was first named. */
static FromModel *
source_of(Interp *in, Descriptor *d, const Str *path, Span at)
{
	FromModel *s = d->sources;

	while (s && s->path != path)
		s = s->next;
	if (s)
		return s;
	s = new (interp_arena(in), FromModel);
	s->path = path;
	s->m = model_at(in, path, at);
	if (!s->m)
		return NULL;
	list_functions(in, s);
	s->next = d->sources;
	return d->sources = s;
}

static bool
put_function(Interp *in, Descriptor *d, const FromModel *s, const Str *from, Value name, Span at)
{
	Value where[2] = {vstr_of(in, s->path), vstr_of(in, from)}, known;
	uint32_t i = 0;

	while (i < s->n && s->function[i] != from)
		i++;
	if (i == s->n) {
		fail(in, at, "'%s' has no function '%s'", s->path->s, from->s);
		for (uint32_t k = 0; k < s->n; k++)
			diag_note(interp_diag(in), at, "it has '%s'", s->function[k]->s);
		return false;
	}
	if (dict_get(in, d->functions, name, &known))
		return fail(in, at, "the descriptor has a function '%s' already",
		            STR_OF(name)->s);
	return dict_set(in, d->functions, name, vtuple(in, where, 2), at);
}

NATIVE(add_function)
{
	Descriptor *d = HOST_OF(self)->data;
	const Str *path, *from, *name;
	FromModel *s;

	*out = VNONE;
	if (!as_str(in, args->v[0], &path, "model_path", args->span) ||
	    !as_str(in, args->v[1], &from, "src_function_name", args->span) ||
	    !as_str(in, args->v[2], &name, "target_function_name", args->span))
		return false;
	s = source_of(in, d, path, args->span);
	return s && put_function(in, d, s, from, args->v[2], args->span);
}

static bool
add_all(Interp *in, Descriptor *d, Value v, Span at)
{
	const Str *path;
	FromModel *s;

	if (!as_str(in, v, &path, "model_path", at))
		return false;
	s = source_of(in, d, path, at);
	for (uint32_t i = 0; s && i < s->n; i++)
		if (!put_function(in, d, s, s->function[i], vstr_of(in, s->function[i]), at))
			return false;
	return s;
}

NATIVE(add_model)
{
	*out = VNONE;
	return add_all(in, HOST_OF(self)->data, args->v[0], args->span);
}

NATIVE(remove_function)
{
	const Descriptor *d = HOST_OF(self)->data;
	const Str *name;
	Value known;

	*out = VNONE;
	if (!as_str(in, args->v[0], &name, "function_name", args->span))
		return false;
	if (!dict_get(in, d->functions, args->v[0], &known))
		return fail(in, args->span, "the descriptor has no function '%s'", name->s);
	return value_delitem(in, d->functions, args->v[0], args->span);
}

NATIVE(functions_of)
{
	const DictObj *d = DICT_OF(((Descriptor *)HOST_OF(self)->data)->functions);

	*out = vdict(in);
	for (uint32_t i = 0; i < d->nentry; i++)
		if (d->entry[i].key.kind != V_UNSET)
			dict_set(in, *out, d->entry[i].key, d->entry[i].val, args->span);
	return true;
}

static int
descriptor_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Descriptor *d = self->data;

	*out = d->dflt ? vstr_of(in, d->dflt) : VNONE;
	return str_is(name, "default_function_name");
}

static bool
descriptor_setattr(Interp *in, HostObj *self, const Str *name, Value x, Span at)
{
	Descriptor *d = self->data;

	if (!str_is(name, "default_function_name"))
		return fail(in, at, "'MultiFunctionDescriptor' has no settable attribute '%s'",
		            name->s);
	return as_str(in, x, &d->dflt, "default_function_name", at);
}

static void
descriptor_mark(Interp *in, HostObj *self)
{
	interp_mark(in, ((const Descriptor *)self->data)->functions);
}

static const Native descriptor_methods[] = {
    {"add_function", "model_path,src_function_name,target_function_name", add_function,
     AS_FUNCTION},
    {"add_model", "model_path", add_model, AS_FUNCTION},
    {"remove_function", "function_name", remove_function, AS_FUNCTION},
    {"_functions", "", functions_of, AS_FUNCTION},
    NATIVE_END,
};

static const HostType descriptor_type = {
    .name = "MultiFunctionDescriptor",
    .module = "coremltools.models.utils",
    .methods = descriptor_methods,
    .getattr = descriptor_getattr,
    .setattr = descriptor_setattr,
    .mark = descriptor_mark,
};

NATIVE_EXTERN(ct_descriptor)
{
	Descriptor *d = new (interp_arena(in), Descriptor);

	d->functions = VNONE;
	*out = vhost(in, &descriptor_type, d);
	d->functions = vdict(in);
	return !given(args->v[0]) || add_all(in, d, args->v[0], args->span);
}

/* ---- joining ---- */

typedef struct Joining {
	Interp *in;
	Descriptor *d;
	Model *m;
	Span at;
} Joining;

/* Entry i of the functions; 0: it is gone. */
static FromModel *
source_at(const Joining *j, uint32_t i, const Str **from)
{
	const DictEntry *e = &DICT_OF(j->d->functions)->entry[i];
	const Value *where = e->key.kind == V_UNSET ? NULL : SEQ_OF(e->val)->at;

	if (!where)
		return NULL;
	*from = str_of(j->in, where[1]);
	return source_of(j->in, j->d, str_of(j->in, where[0]), j->at);
}

/* The newest version that one of the models has; each is an ML Program. */
static bool
find_version(Joining *j)
{
	const Str *from;

	j->m->spec_version = IOS18;
	for (uint32_t i = 0; i < DICT_OF(j->d->functions)->nentry; i++) {
		const FromModel *s = source_at(j, i, &from);
		if (!s)
			continue;
		if (!msg_has(s->m->spec, "mlProgram"))
			return fail(j->in, j->at,
			            "'%s' is a %s: only ML Programs in packages can be joined",
			            s->path->s, msg_case(s->m->spec, "mlProgram"));
		j->m->spec_version = (int)MAX(
		    j->m->spec_version, msg_get_int(s->m->spec, "specificationVersion"));
	}
	j->m->file_opset = j->m->asked = (Opset)j->m->spec_version;
	return true;
}

static bool
read_source(Joining *j, FromModel *s)
{
	Bind *b = bind_of(j->in);
	ReadCtx c = {.arena = b->arena,
	             .names = b->names,
	             .types = b->types,
	             .diag = b->diag,
	             .path = s->path->s,
	             .span = j->at,
	             .maps = b->maps};
	EmitCtx e = {.diag = b->diag, .span = j->at, .lower = b->lower, .date = b->date};
	Model *fresh;

	if (s->prog)
		return true;
	fresh = model_fresh(&c, &e, s->m, (Opset)j->m->spec_version);
	if (!fresh)
		return false;
	s->m = fresh;
	s->prog = fresh->prog;
	return true;
}

/* Functions of older models are read as of the newest version; an operation that has another form
 * there cannot be. */
static bool
check_forms(const Joining *j, const FromModel *s, const Block *b)
{
	for (const Inst *i = b->first; i; i = i->next) {
		const OpDef *now = op_for_opset(i->op->code, b->func->opset);
		if (now && now != i->op && !(i->op->flags & OPAQUE))
			return fail(j->in, j->at,
			            "%s '%s' of '%s' is of %s, and %s has another form of it: "
			            "convert that model for %s",
			            i->op->name, i->name->s, s->path->s, opset_name(i->op->since),
			            opset_name(b->func->opset), opset_name(b->func->opset));
		for (uint32_t k = 0; k < i->nblock; k++)
			if (!check_forms(j, s, i->block[k]))
				return false;
	}
	return true;
}

/* One function with its description, under its new name. */
static bool
join_function(Joining *j, FromModel *s, const Str *from, const Str *name)
{
	Interface face = {0};
	const Interface *known;
	uint32_t i = 0;

	if (!read_source(j, s))
		return false;
	while (i < s->prog->funcs.n && s->prog->funcs.at[i]->name != from)
		i++;
	known = model_face(s->m, from);
	if (i == s->prog->funcs.n || !known)
		return fail(j->in, j->at, "the program of '%s' has no function '%s'", s->path->s,
		            from->s);
	if (!check_forms(j, s, s->prog->funcs.at[i]->body))
		return false;
	face = *known;
	face.name = name;
	program_put(j->m->prog, func_clone(s->prog->funcs.at[i], j->m->prog, name));
	vec_push(j->m->arena, &j->m->func, face);
	return true;
}

/* In each function; what several have is stored once anyway. */
static bool
share_constants(Joining *j)
{
	const PassInfo *pass = pass_find("common::const_deduplication");
	Arena scratch = {0};
	PassCtx c = {.prog = j->m->prog, .model = j->m, .arena = &scratch, .name = pass->name};
	bool ok = pass->run(&c);

	arena_free(&scratch);
	return ok;
}

static bool
check_default(const Joining *j)
{
	const Program *p = j->m->prog;
	const Str *name = j->d->dflt;

	if (!name)
		return fail(j->in, j->at,
		            "the descriptor has no default function: set its "
		            "default_function_name");
	for (uint32_t i = 0; i < p->funcs.n; i++)
		if (p->funcs.at[i]->name == name)
			return true;
	fail(j->in, j->at, "the default function '%s' is not one of the descriptor's", name->s);
	for (uint32_t i = 0; i < p->funcs.n; i++)
		diag_note(interp_diag(j->in), j->at, "it has '%s'", p->funcs.at[i]->name->s);
	return false;
}

static bool
join(Joining *j)
{
	Bind *b = bind_of(j->in);
	DictObj *d = DICT_OF(j->d->functions);
	const Str *from;
	Program *p;

	if (!d->n)
		return fail(j->in, j->at, "the descriptor has no functions");
	p = j->m->prog = program_new(b->arena, b->names, b->types, b->diag);
	p->span = j->at;
	p->counts = b->counts;
	if (!find_version(j))
		return false;
	for (uint32_t i = 0; i < d->nentry; i++) {
		FromModel *s = source_at(j, i, &from);
		if (s && !join_function(j, s, from, str_of(j->in, d->entry[i].key)))
			return false;
	}
	if (!check_functions(p, j->at) || !share_constants(j) || !check_default(j))
		return false;
	p->default_func = j->d->dflt;
	p->multifunction = p->skip_all_passes = true;
	return true;
}

NATIVE_EXTERN(ct_save_multifunction)
{
	Bind *b = bind_of(in);
	Joining j = {.in = in, .at = args->span};
	const char *path;

	*out = VNONE;
	if (!is_host(args->v[0], &descriptor_type))
		return fail(in, args->span,
		            "save_multifunction takes a MultiFunctionDescriptor, found '%s'",
		            type_name(args->v[0]));
	j.d = HOST_OF(args->v[0])->data;
	j.m = new (b->arena, Model);
	*j.m = (Model){.arena = b->arena, .kind = BODY_PROGRAM, .format = FORMAT_MLPROGRAM};
	return join(&j) && save_path(in, args->v[1], "an ML Program", &path, args->span) &&
	       note_save(in, j.m, j.m, path, args->span);
}
