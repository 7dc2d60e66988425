/* text_read.c: a model of MIL text: the program that stands there, and a description made from the
 * functions' inputs and outputs. Weights lie where BLOBFILE says, @model_path being the folder of
 * the text, or beside it as STEM_weights.bin.
 */
#include "reading.h"
#include "spec_json.h"
#include "text_parse.h"

#include "Model.pb-c.h"

static bool
make_array(MilText *t, const Var *v, const Type *type, Feature *f)
{
	static const DType arrays[] = {DT_FP16, DT_FP32, DT_FP64, DT_INT32, DT_INT8};
	size_t k = 0;

	while (k < countof(arrays) && arrays[k] != type->dtype)
		k++;
	if (k == countof(arrays)) {
		diag_error(t->c->diag, diag_span(t->source, 0, 0),
		           "'%s' has type %s, expected fp16, fp32, fp64, int32 or int8 for what "
		           "goes in and out of a model",
		           v->name->s, dtype_info[type->dtype].mil);
		return false;
	}
	f->dtype = type->dtype;
	f->has_shape = true;
	f->rank = MAX(type->rank, 1);
	f->shape = newn(t->c->arena, int64_t, f->rank);
	f->shape[0] = 1;
	for (uint32_t d = 0; d < type->rank; d++)
		f->shape[d] = dim_known(type->dim[d]) ? type->dim[d] : 1;
	return true;
}

/* Dimensions that vary do so as FlexibleShapeInformation says, else without a bound. */
static bool
make_flexible(MilText *t, const Feature *said, const Var *v, Feature *f)
{
	uint32_t rank = v->type->rank;

	if (said && said->has_shape && said->rank == rank)
		f->shape = said->shape;
	if (said && said->nenum && said->rank == rank) {
		f->nenum = said->nenum;
		f->enumerated = said->enumerated;
		return true;
	}
	f->nrange = rank;
	f->range = newn(t->c->arena, DimRange, MAX(rank, 1));
	for (uint32_t d = 0; d < rank; d++) {
		f->range[d] = dim_known(v->type->dim[d])
		                  ? (DimRange){.lower = v->type->dim[d], .upper = v->type->dim[d]}
		                  : (DimRange){.lower = 1, .upper = -1};
		if (said && said->nrange == rank)
			f->range[d] = said->range[d];
		f->range[d].dflt = f->shape[d];
	}
	return true;
}

static bool
make_input(MilText *t, const TextFunction *fn, const Var *v, Interface *face)
{
	const Type *type = tensor_part(v->type);
	Feature f = {.name = v->name,
	             .kind = v->type->kind == TY_STATE ? FEATURE_STATE : FEATURE_ARRAY};

	if (type->kind != TY_TENSOR) {
		diag_error(t->c->diag, diag_span(t->source, 0, 0),
		           "input '%s' is no tensor: models take tensors", v->name->s);
		return false;
	}
	if (!make_array(t, v, type, &f))
		return false;
	if (!type_all_known(type))
		make_flexible(t, map_get(&fn->flexible, KEY(v->name)), v, &f);
	vec_push(t->c->arena, f.kind == FEATURE_STATE ? &face->state : &face->input, f);
	return true;
}

/* What a classifier gives: its label, and a dictionary of probabilities. */
static bool
make_output(MilText *t, const Var *v, Interface *face)
{
	const Type *type = v->type;
	Feature f = {.name = v->name, .kind = FEATURE_ARRAY};

	if (type->kind == TY_DICT) {
		f.kind = FEATURE_DICT;
		f.key = type->elem->dtype;
		face->predicted_probs = v->name->s;
	} else if (type->kind == TY_TENSOR &&
	           (type->dtype == DT_STRING || type->dtype == DT_INT64)) {
		f.kind = type->dtype == DT_STRING ? FEATURE_STRING : FEATURE_INT64;
		face->predicted_feature = v->name->s;
	} else if (type->kind != TY_TENSOR) {
		diag_error(t->c->diag, diag_span(t->source, 0, 0),
		           "output '%s' is no tensor: models give tensors", v->name->s);
		return false;
	} else if (!make_array(t, v, type, &f)) {
		return false;
	}
	if (f.kind == FEATURE_ARRAY && (!type->rank || !type_all_known(type)))
		f.has_shape = false;
	vec_push(t->c->arena, &face->output, f);
	return true;
}

static bool
make_face(MilText *t, const TextFunction *fn, Interface *face)
{
	face->name = fn->name;
	for (uint32_t k = 0; k < fn->input.n; k++)
		if (!make_input(t, fn, fn->input.at[k], face))
			return false;
	for (uint32_t k = 0; k < fn->output.n; k++)
		if (!make_output(t, fn->output.at[k], face))
			return false;
	return true;
}

static bool
make_faces(MilText *t)
{
	const Str *first = t->funcs.at[0]->name;
	Model *m = &t->as;

	m->spec_version = t->bare ? IOS18 : IOS15;
	for (uint32_t k = 0; k < t->funcs.n; k++)
		m->spec_version = MAX(m->spec_version, (int)t->funcs.at[k]->opset);
	if (t->funcs.n == 1 && str_is(first, "main"))
		return make_face(t, t->funcs.at[0], &m->face);
	m->prog->default_func = first;
	for (uint32_t k = 0; k < t->funcs.n; k++) {
		Interface face = {0};
		if (!make_face(t, t->funcs.at[k], &face))
			return false;
		vec_push(t->c->arena, &m->func, face);
		if (str_is(face.name, "main"))
			m->prog->default_func = face.name;
	}
	return true;
}

/* "// model = {…}" behind the program, as milc writes it; without what makes it a comment. */
static bool
take_comment(MilText *t, Buf *json)
{
	static const char begin[] = "\n// model = ";
	const char *s = t->source->text, *next, *end;

	while ((next = strstr(s + 1, begin)))
		s = next;
	if (strncmp(s, begin, sizeof begin - 1) != 0)
		return false;
	for (s += sizeof begin - 1;; s = end + 3) {
		end = strchr(s, '\n');
		buf_put(json, s, end ? (size_t)(end - s) + 1 : strlen(s));
		if (!end || strncmp(end, "\n//", 3) != 0)
			return true;
	}
}

/* Version and description as the comment says them; NULL: there is none, or *failed. */
static Msg *
read_comment(MilText *t, bool *failed)
{
	Msg *m = msg_new(t->c->arena, &core_ml__specification__model__descriptor);
	const char *why = NULL;
	Buf json = {0};
	bool there = take_comment(t, &json);

	if (there && (why = read_json(m, json.at, json.n)))
		diag_error(t->c->diag, diag_span(t->source, t->source->len, 0),
		           "the comment 'model = …' cannot be read: %s", why);
	*failed = why != NULL;
	buf_free(&json);
	return there && !why ? m : NULL;
}

/* Byte by byte as a package of this program would have it. */
static bool
make_spec(MilText *t, Buf *spec)
{
	bool failed;
	Msg *said = read_comment(t, &failed);

	t->description = said ? msg_get(said, "description") : NULL;
	if (failed || !text_parse(t) || (!said && !make_faces(t)))
		return false;
	if (said)
		msg_write(said, spec);
	else
		put_description(spec, t->c->arena, &t->as, &(EmitCtx){.diag = t->c->diag});
	pb_head(spec, MODEL_PROGRAM, t->program.n);
	buf_take(spec, &t->program);
	return true;
}

Model *
text_model(ReadCtx *c, Origin *o, const char *at, size_t n)
{
	Buf spec = {0};
	Model *m = NULL;
	MilText t;

	if (text_open(&t, c, o->file, at, n) && make_spec(&t, &spec)) {
		o->at = t.places.at;
		m = read_spec(c, o, arena_dup(c->arena, spec.at, spec.n), spec.n);
	}
	buf_free(&spec);
	buf_free(&t.program);
	return m;
}

Model *
read_mil_text(ReadCtx *c, const char *at, size_t n)
{
	size_t len = strlen(c->path);
	Origin *o = new (c->arena, Origin);

	*o = (Origin){.path = c->path,
	              .place = diag_object(c->diag, NOSPAN, NULL, c->path),
	              .file = c->path,
	              .folder = path_folder(c->arena, c->path)};
	len -= ends_with(c->path, len, ".mil") ? 4 : 0;
	o->stem = arena_printf(c->arena, "%.*s", (int)len, c->path);
	return text_model(c, o, at, n);
}
