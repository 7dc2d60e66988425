/* pt2.c: archives of torch.export.save: which program they hold, its versions, and its signature:
 * what goes in, comes out, and is a parameter, a buffer or a state.
 */
#include "pt2.h"
#include "schema.h"

#define SCHEMA_MAJOR 8

static const char *
text_of(Pt2 *p, const JValue *j)
{
	const char *s = jtree_text(p->o->arena, j);

	return s ? s : "";
}

/* The first of the members of j that is none of null: of a union, which one it is and its value. */
static const char *
tag_of(Pt2 *p, const JValue *j, const JValue **value)
{
	*value = &jtree_nothing;
	for (uint32_t i = 0; j->kind == J_OBJECT && i < j->n; i++)
		if (!jtree_absent(&j->item[2 * i + 1])) {
			*value = &j->item[2 * i + 1];
			return text_of(p, &j->item[2 * i]);
		}
	return "";
}

/* ---- the program and its versions ---- */

/* The program called "model", as torch.export.save calls it, or the only one. 0 after reporting. */
static const char *
find_model(Pt2 *p, TorchForm form)
{
	static const char folder[] = "models/", ending[] = ".json";
	size_t root = strlen(p->ar->root), skip = sizeof folder - 1;
	const char *found = 0;
	Buf all = {0};
	uint32_t n = 0;

	if (form == TORCH_LEGACY) {
		p->model = "";
		return "serialized_exported_program.json";
	}
	for (uint32_t i = 0; i < p->ar->zip.count; i++) {
		const char *name = p->ar->zip.member[i].name + root;
		size_t len = strlen(name);

		if (strncmp(name, folder, skip) || !ends_with(name, len, ending))
			continue;
		found = name;
		p->model = arena_printf(p->o->arena, "%.*s", (int)(len - skip - sizeof ending + 1),
		                        name + skip);
		buf_printf(&all, "%s'%s'", n++ ? ", " : "", p->model);
		if (strcmp(p->model, "model") == 0) {
			n = 1;
			break;
		}
	}
	if (n == 0)
		diag_error(p->o->diag, p->o->at, "the archive holds no program (models/NAME.json)");
	else if (n > 1)
		diag_error(p->o->diag, p->o->at,
		           "the archive holds %u programs (%.400s): save each in a file of its "
		           "own",
		           n, all.at);
	buf_free(&all);
	return n == 1 ? found : 0;
}

void
pt2_values(Pt2 *p, const JValue *graph, Map *out)
{
	const JValue *values = jtree_member(graph, "tensor_values");

	for (uint32_t i = 0; values->kind == J_OBJECT && i < values->n; i++)
		map_put(out, KEY(jtree_name(p->o->names, p->o->arena, &values->item[2 * i])),
		        (void *)(uintptr_t)&values->item[2 * i + 1]);
}

static bool
read_json(Pt2 *p, const char *member)
{
	JTreeError err;
	const char *s;
	size_t n;

	p->at = archive_place(p->ar, member);
	if (!archive_get(p->ar, member, &s, &n))
		return false;
	if (!jtree_read(p->o->arena, s, n, &p->root, &err))
		return diag_error(p->o->diag, p->at, "its JSON is damaged at byte %zu: %s", err.at,
		                  err.what);
	p->graph = jtree_member(jtree_member(&p->root, "graph_module"), "graph");
	pt2_values(p, p->graph, &p->meta);
	return true;
}

/* The bytes of tensors are little-endian, and the JSON is one that we know. */
static bool
check_versions(Pt2 *p)
{
	Diag *d = p->o->diag;
	const JValue *major = jtree_member(jtree_member(&p->root, "schema_version"), "major");
	const JValue *version = jtree_member(&p->root, "torch_version");
	const JValue *dialect = jtree_item(jtree_member(&p->root, "verifiers"), 0);

	if (major->kind != J_INT || major->i != SCHEMA_MAJOR)
		return diag_error(d, p->at,
		                  "the file has version %lld of its schema, expected %d: export it "
		                  "again with PyTorch 2.6 or newer",
		                  (long long)(major->kind == J_INT ? major->i : 0), SCHEMA_MAJOR);
	if (p->graph->kind != J_OBJECT)
		return diag_error(d, p->at, "the file has no graph");
	if (jtree_is(dialect, "EDGE"))
		return diag_error(d, p->at,
		                  "the program is of the EDGE dialect, which cannot be read back "
		                  "from a file: save it before to_edge()");
	p->g->version = jtree_text(p->o->arena, version);
	p->g->training = jtree_is(dialect, "TRAINING");
	return true;
}

/* ---- inputs ---- */

/* As torch's dim_order() says it: sizes of 1 do not count while all others are in order. */
static bool
is_permuted(Pt2 *p, const TInput *in, const JValue *strides)
{
	int64_t step[TENSOR_MAX_RANK], want = 1;
	bool contiguous = true;
	TDim d;

	if (strides->kind != J_LIST || strides->n != in->rank)
		return false;
	for (uint32_t i = 0; i < in->rank; i++)
		step[i] = pt2_size(p, &strides->item[i], &d) ? d.n : 0;
	for (uint32_t i = in->rank; i-- > 0;) {
		contiguous &= in->dim[i].n == 1 || step[i] == want;
		if (__builtin_mul_overflow(want, MAX(in->dim[i].n, 1), &want))
			return false;
	}
	for (uint32_t i = 0; i < in->rank && !contiguous; i++)
		for (uint32_t k = 0; k < i; k++)
			if (step[k] && step[k] < step[i])
				return true;
	return false;
}

/* The file is right, but no model can be made of it: said when one is asked for. */
static bool
refuse(Pt2 *p, const char *fmt, const char *what)
{
	if (!p->g->refused)
		p->g->refused = arena_printf(p->o->arena, fmt, what);
	return true;
}

/* An input that is no tensor. Its name may stand in nodes. */
static bool
odd_input(Pt2 *p, const JValue *arg, const char *kind)
{
	const JValue *value;
	const Str *name;

	tag_of(p, arg, &value);
	name = jtree_name(p->o->names, p->o->arena, jtree_member(value, "name"));
	if (!name)
		name = jtree_name(p->o->names, p->o->arena, jtree_member(value, "as_name"));
	if (!name)
		name = jtree_name(p->o->names, p->o->arena, jtree_member(arg, "name"));
	return refuse(p, "an input of the program is no tensor (%.60s): make it a constant of the "
	                 "module",
	              kind) &&
	       (!name || pt2_define(p, p->at, name));
}

static bool
user_input(Pt2 *p, const JValue *spec)
{
	const JValue *arg = jtree_member(spec, "arg"), *value, *meta, *sizes, *type;
	const char *kind = tag_of(p, arg, &value);
	const Str *name = jtree_name(p->o->names, p->o->arena, jtree_member(value, "name"));
	TInput in = {.name = name, .typed = true};

	if (strcmp(kind, "as_tensor") != 0 || !name)
		return odd_input(p, arg, kind);
	in.at = diag_object(p->o->diag, p->at, "input", name->s);
	meta = map_get(&p->meta, KEY(name));
	if (!meta)
		return diag_error(p->o->diag, in.at, "its shape is not known");
	sizes = jtree_member(meta, "sizes");
	type = jtree_member(meta, "dtype");
	in.dtype = type->kind == J_INT ? pt2_dtype(type->i) : DT_NONE;
	if (!in.dtype)
		return diag_error(p->o->diag, in.at, "its element type is not known");
	if (sizes->kind != J_LIST || sizes->n > TENSOR_MAX_RANK)
		return diag_error(p->o->diag, in.at, "its shape is not known");
	in.rank = sizes->n;
	in.dim = newn(p->o->arena, TDim, sizes->n);
	for (uint32_t i = 0; i < sizes->n; i++)
		if (!pt2_size(p, &sizes->item[i], &in.dim[i]))
			return diag_error(p->o->diag, in.at, "its size %u cannot be read", i);
	in.permuted = is_permuted(p, &in, jtree_member(meta, "strides"));
	vec_push(p->o->arena, &p->g->input, in);
	return pt2_define(p, in.at, name);
}

static bool
tensor_input(Pt2 *p, const JValue *spec, const char *path_name, bool buffer, bool constant)
{
	Arena *a = p->o->arena;
	const Str *name =
	    jtree_name(p->o->names, a, jtree_member(jtree_member(spec, "arg"), "name"));
	const Str *path = jtree_name(p->o->names, a, jtree_member(spec, path_name));
	TTensor t;
	Span at;

	if (!name || !path)
		return diag_error(p->o->diag, p->at, "a tensor of its signature has no name");
	at = diag_object(p->o->diag, p->at, buffer ? "buffer" : "parameter", path->s);
	if (!pt2_tensor(p, at, path, constant, &t) || !pt2_define(p, at, name))
		return false;
	if (buffer && map_get(&p->state, KEY(path))) {
		vec_push(a, &p->g->state, (TState){.path = path, .read = name, .tensor = t});
		map_put(&p->state, KEY(path), (void *)(uintptr_t)(p->g->state.n + 1));
	} else
		vec_push(a, &p->g->constant, (TNamed){name, path, t, buffer});
	return true;
}

static const JValue *
signature(Pt2 *p, const char *list)
{
	return jtree_member(jtree_member(jtree_member(&p->root, "graph_module"), "signature"),
	                    list);
}

/* Which buffers the outputs change; 1: it has no place in g->state yet. */
static void
find_states(Pt2 *p)
{
	const JValue *specs = signature(p, "output_specs");

	for (uint32_t i = 0; specs->kind == J_LIST && i < specs->n; i++) {
		const JValue *b = jtree_member(&specs->item[i], "buffer_mutation");
		const Str *path =
		    jtree_name(p->o->names, p->o->arena, jtree_member(b, "buffer_name"));

		if (path)
			map_put(&p->state, KEY(path), (void *)(uintptr_t)1);
	}
}

static bool
read_inputs(Pt2 *p, const JValue *specs)
{
	find_states(p);
	for (uint32_t i = 0; specs->kind == J_LIST && i < specs->n; i++) {
		const JValue *spec, *persistent;
		const char *tag = tag_of(p, &specs->item[i], &spec);
		bool ok;

		persistent = jtree_member(spec, "persistent");
		if (strcmp(tag, "user_input") == 0)
			ok = user_input(p, spec);
		else if (strcmp(tag, "parameter") == 0)
			ok = tensor_input(p, spec, "parameter_name", false, false);
		else if (strcmp(tag, "buffer") == 0)
			ok = tensor_input(p, spec, "buffer_name", true,
			                  persistent->kind == J_BOOL && !persistent->i);
		else if (strcmp(tag, "tensor_constant") == 0)
			ok = tensor_input(p, spec, "tensor_constant_name", false, true);
		else if (strcmp(tag, "constant_input") == 0)
			ok = refuse(p, "the input '%.200s' of the program is a number, text or "
			               "None, no tensor: make it a constant of the module",
			            text_of(p, jtree_member(spec, "name")));
		else
			ok = odd_input(p, jtree_member(spec, "arg"), tag);
		if (!ok)
			return false;
	}
	return specs->kind == J_LIST ||
	       diag_error(p->o->diag, p->at, "its signature has no list of inputs");
}

/* ---- outputs ---- */

static bool
written_buffer(Pt2 *p, const JValue *spec)
{
	Arena *a = p->o->arena;
	const Str *name =
	    jtree_name(p->o->names, a, jtree_member(jtree_member(spec, "arg"), "name"));
	const Str *path = jtree_name(p->o->names, a, jtree_member(spec, "buffer_name"));

	uintptr_t at = path ? (uintptr_t)map_get(&p->state, KEY(path)) : 0;

	if (name && at > 1) {
		p->g->state.at[at - 2].written = targ_value(name);
		return pt2_defined(p, p->at, name);
	}
	return diag_error(p->o->diag, p->at,
	                  "the program changes the buffer '%.200s', which it does not have",
	                  path ? path->s : "");
}

static bool
read_output(Pt2 *p, const JValue *item)
{
	TBlock *top = &p->g->top;
	const JValue *spec;
	const char *tag = tag_of(p, item, &spec);

	if (strcmp(tag, "user_output") == 0)
		return pt2_arg(p, p->at, jtree_member(spec, "arg"), &top->out[top->nout++]);
	if (strcmp(tag, "buffer_mutation") == 0)
		return written_buffer(p, spec);
	if (strcmp(tag, "user_input_mutation") == 0)
		return refuse(p, "the program changes its input '%.200s' in place: clone the "
		                 "input first, or register it as a buffer, which becomes a state",
		              text_of(p, jtree_member(spec, "user_input_name")));
	return refuse(p, "an output of the program is of the kind '%.60s': expected tensors and "
	                 "changed buffers",
	              tag);
}

bool
pt2_outputs(Pt2 *p)
{
	const JValue *specs = signature(p, "output_specs");

	if (specs->kind != J_LIST)
		return diag_error(p->o->diag, p->at, "its signature has no list of outputs");
	p->g->top.out = newn(p->o->arena, TArg, specs->n);
	for (uint32_t i = 0; i < specs->n; i++)
		if (!read_output(p, &specs->item[i]))
			return false;
	return true;
}

TGraph *
pt2_open(const TorchOpen *o, Archive *a, TorchForm form)
{
	Pt2 p = {.o = o, .ar = a};
	TGraph *g = p.g = new (o->arena, TGraph);
	const char *member;

	*g = (TGraph){.arena = o->arena,
	              .names = o->names,
	              .diag = o->diag,
	              .at = o->at,
	              .source = TORCH_EXPORT,
	              .source_of = pt2_source,
	              .schemas = schemas_new(o->arena, o->names)};
	map_init(&p.defined, o->arena);
	map_init(&p.meta, o->arena);
	map_init(&p.state, o->arena);
	if (!(member = find_model(&p, form)) || !read_json(&p, member) || !check_versions(&p) ||
	    !pt2_payloads(&p, form))
		return 0;
	if (!read_inputs(&p, signature(&p, "input_specs")) || !pt2_nodes(&p))
		return 0;
	return g;
}
