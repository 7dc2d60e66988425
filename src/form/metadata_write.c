/* metadata_write.c: metadata.json of a compiled model: what it takes and gives, the operations that
 * it consists of, and which systems run it, in the words of Apple's compiler.
 */
#include "metadata_json.h"

#include <stdlib.h>

#include "spec.h"

/* ---- what the operations are, and in which types they compute and are stored ---- */

/* Words in the order of their bytes, with how often they were added. */
typedef struct Word {
	const char *text;
	uint32_t count;
} Word;
typedef VEC(Word) Words;

static void
add_word(Arena *a, Words *w, const char *s)
{
	uint32_t k = 0;

	while (k < w->n && strcmp(w->at[k].text, s) < 0)
		k++;
	if (k == w->n || strcmp(w->at[k].text, s) != 0) {
		vec_push(a, w, (Word){0});
		memmove(w->at + k + 1, w->at + k, (w->n - 1 - k) * sizeof *w->at);
		w->at[k] = (Word){s, 0};
	}
	w->at[k].count++;
}

/* One word, or "Mixed (Float16, Int32)". */
static void
put_words(Json *j, Arena *a, const char *key, const Words *w)
{
	Buf b = {0};

	if (!w->n)
		return;
	buf_puts(&b, w->n > 1 ? "Mixed (" : "");
	for (uint32_t k = 0; k < w->n; k++)
		buf_printf(&b, "%s%s", k ? ", " : "", w->at[k].text);
	buf_puts(&b, w->n > 1 ? ")" : "");
	json_text(j, key, buf_keep(&b, a));
}

static const struct {
	const char *opsets, *names;
} defined[] = {
#define DEFINED(opsets, names) {opsets, names},
#include "metadata_ops.def"
#undef DEFINED
};

/* The opset whose definition a function of that opset takes; IOS15: the first. */
static Opset
definition_of(const Inst *i, Opset opset)
{
	Opset best = IOS15;
	char *end;

	for (size_t k = 0; k < countof(defined); k++) {
		if (!has_word(defined[k].names, i->op->name))
			continue;
		for (const char *s = defined[k].opsets; *s; s = end + (*end == ' ')) {
			Opset o = (Opset)(strtol(s, &end, 10) == 26
			                      ? IOS26
			                      : IOS15 + strtol(s, &end, 10) - 15);
			if (o <= opset)
				best = MAX(best, o);
		}
		return best;
	}
	return MAX(i->op->since, IOS15);
}

/* "Ios17.sliceByIndex", "SliceByIndex". The opset behind iOS 18 is called 19 here. */
static const char *
histogram_name(Arena *a, const Inst *i, Opset opset)
{
	Opset o = definition_of(i, opset);
	bool up = o == IOS15;
	Buf b = {0};

	if (!up)
		buf_printf(&b, "Ios%d.", 15 + (int)o - IOS15);
	for (const char *s = i->op->name; *s; s++) {
		if (*s == '_') {
			up = true;
			continue;
		}
		buf_byte(&b, up && *s >= 'a' && *s <= 'z' ? *s - 'a' + 'A' : *s);
		up = false;
	}
	return buf_keep(&b, a);
}

typedef struct Counts {
	Arena *arena;
	const Model *m;
	Weights stored; /* which constants would stand in the file of a model that was made */
	Words ops, computed, kept;
} Counts;

static void
count_computed(Counts *c, const Inst *i)
{
	for (uint32_t k = 0; k < i->nout; k++) {
		const Type *t = tensor_part(i->out[k]->type);
		if (t->kind == TY_TENSOR && t->dtype != DT_BOOL && t->dtype != DT_STRING)
			add_word(c->arena, &c->computed, json_type_name(c->arena, t->dtype));
	}
}

static bool
is_stored(const Counts *c, const Var *v)
{
	return v->val && (c->m->spec ? map_get(&c->m->blobs, KEY(v->val)) != NULL
	                             : v->type->kind == TY_TENSOR &&
	                                   weights_wants(&c->stored, v->val));
}

/* Indices are told by the size of their table, a mask is what makes a weight sparse. An operation
 * that nobody knows may have any of these names. */
static const char *
storage_word(Counts *c, const Inst *i, uint32_t param, const Var *v)
{
	const char *name = i ? i->op->param[param].name : "";
	bool indices = i && !strcmp(name, "indices") && op_param(i->op, "lut") >= 0;
	const Var *table = indices ? inst_arg(i, "lut") : NULL;
	unsigned bits = 0;
	int64_t entries;

	if (i && !strcmp(name, "mask"))
		return "Sparse";
	if (!table)
		return json_type_name(c->arena, v->type->dtype);
	entries = table->type->count;
	if (table->type->rank > 1) /* […, entries, size of a vector] */
		entries = table->type->dim[table->type->rank - 2];
	while (bits < 8 && ((int64_t)1 << bits) < entries)
		bits++;
	return arena_printf(c->arena, "Palettized (%u bits)", bits);
}

static void
count_stored(Counts *c, const Inst *i)
{
	bool own = i->op->code == OP_const;

	if (own && is_stored(c, i->out[0]) && !const_is_inlined(i->out[0]))
		add_word(c->arena, &c->kept, storage_word(c, NULL, 0, i->out[0]));
	for (uint32_t k = 0; !own && k < i->op->nparam; k++)
		for (uint32_t n = 0; n < i->arg[k].n; n++) {
			const Var *v = i->arg[k].u[n]->var;
			if ((v->in_place || i->op->flags & CONSTEXPR) && is_stored(c, v))
				add_word(c->arena, &c->kept, storage_word(c, i, k, v));
		}
}

static void
count_block(Counts *c, const Block *b, Opset opset)
{
	for (const Inst *i = b->first; i; i = i->next) {
		bool inlined = i->op->code == OP_const && const_is_inlined(i->out[0]);
		if (!inlined)
			count_computed(c, i);
		count_stored(c, i);
		if (i->op->code == OP_coreml_update_state) { /* one or two in the text */
			add_word(c->arena, &c->ops, "Ios18.writeState");
			if (i->out[0]->uses)
				add_word(c->arena, &c->ops, "Ios18.readState");
		} else if (i->op->code != OP_const) {
			add_word(c->arena, &c->ops, histogram_name(c->arena, i, opset));
		}
		for (uint32_t k = 0; k < i->nblock; k++)
			count_block(c, i->block[k], opset);
	}
}

static void
count_func(Counts *c, const Func *f)
{
	count_block(c, f->body, c->m->file_opset ? c->m->file_opset : f->opset);
}

static void
put_histogram(Json *j, const Words *ops)
{
	json_open(j, "mlProgramOperationTypeHistogram", '{');
	for (uint32_t k = 0; k < ops->n; k++) {
		json_key(j, ops->at[k].text);
		buf_printf(j->b, "%u", ops->at[k].count);
	}
	json_close(j, '}');
}

/* ---- the whole ---- */

/* Systems that run a version of the specification, from 6 on. */
static void
put_availability(Json *j, int version)
{
	static const struct {
		const char *system, *first[5];
	} systems[] = {
	    {"macOS", {"12.0", "13.0", "14.0", "15.0", "26.0"}},
	    {"tvOS", {"15.0", "16.0", "17.0", "18.0", "26.0"}},
	    {"visionOS", {"1.0", "1.0", "1.0", "2.0", "26.0"}},
	    {"watchOS", {"8.0", "9.0", "10.0", "11.0", "26.0"}},
	    {"iOS", {"15.0", "16.0", "17.0", "18.0", "26.0"}},
	    {"macCatalyst", {"15.0", "16.0", "17.0", "18.0", "26.0"}},
	};
	int k = MIN(MAX(version, IOS15), IOS26) - IOS15;

	json_open(j, "availability", '{');
	for (size_t i = 0; i < countof(systems); i++)
		json_text(j, systems[i].system, systems[i].first[k]);
	json_close(j, '}');
}

/* The source's name as an identifier. */
static const char *
class_name(Arena *a, const Model *m, const char *path)
{
	const char *from = m->origin ? m->origin->path : path;
	size_t n = path_length(from), at = n;
	char *name;

	while (at > 0 && from[at - 1] != '/')
		at--;
	name = arena_printf(a, "%.*s", (int)(n - at), from + at);
	if (strrchr(name, '.') && strrchr(name, '.') != name)
		*strrchr(name, '.') = '\0';
	for (char *s = name; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		      (*s >= '0' && *s <= '9' && s > name)))
			*s = '_';
	return name;
}

static void
put_schemas(Json *j, Arena *a, const Interface *face)
{
	put_schema(j, a, "inputSchema", &face->input);
	put_schema(j, a, "outputSchema", &face->output);
	put_schema(j, a, "stateSchema", &face->state);
}

static const Interface *
default_face(const Model *m)
{
	for (uint32_t k = 0; k < m->func.n; k++)
		if (m->prog && m->func.at[k].name == m->prog->default_func)
			return &m->func.at[k];
	return &m->face;
}

static void
put_functions(Json *j, Arena *a, const Model *m)
{
	json_open(j, "functions", '[');
	for (uint32_t k = 0; k < m->func.n; k++) {
		Counts c = {.arena = a, .m = m};
		weights_init(&c.stored, a, m);
		for (uint32_t i = 0; i < m->prog->funcs.n; i++)
			if (m->prog->funcs.at[i]->name == m->func.at[k].name)
				count_func(&c, m->prog->funcs.at[i]);
		json_open(j, NULL, '{');
		json_text(j, "name", m->func.at[k].name->s);
		put_words(j, a, "computePrecision", &c.computed);
		put_histogram(j, &c.ops);
		put_schemas(j, a, &m->func.at[k]);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_text(j, "defaultFunctionName", m->prog->default_func->s);
}

/* Texts stand there if one of them does. */
static void
put_texts(Json *j, const Model *m)
{
	static const char *const texts[][2] = {{"shortDescription", "shortDescription"},
	                                       {"version", "versionString"},
	                                       {"author", "author"},
	                                       {"license", "license"}};

	for (size_t k = 0; k < countof(texts); k++)
		if (*msg_get_string(m->metadata, texts[k][1]))
			json_text(j, texts[k][0], msg_get_string(m->metadata, texts[k][1]));
}

static void
put_model_type(Json *j, bool pipeline, size_t nstage)
{
	json_open(j, "modelType", '{');
	json_text(j, "name", pipeline ? "MLModelType_pipeline" : "MLModelType_mlProgram");
	if (pipeline) {
		json_open(j, "structure", '[');
		for (size_t k = 0; k < nstage; k++) {
			json_open(j, NULL, '{');
			json_text(j, "name", "MLModelType_mlProgram");
			json_close(j, '}');
		}
		json_close(j, ']');
	}
	json_close(j, '}');
}

void
put_metadata_json(Buf *b, Arena *a, const Model *m, const Model *const *stage, size_t nstage,
                  const char *path)
{
	Json j = {b, 0, true};
	Counts c = {.arena = a};
	uint32_t nuser;
	const MetaPair *user = user_pairs(a, m->metadata, NULL, &nuser);

	for (size_t s = 0; s < nstage; s++) {
		c.m = stage[s];
		weights_init(&c.stored, a, c.m);
		for (uint32_t k = 0; k < c.m->prog->funcs.n; k++)
			if (!c.m->func.n || c.m->prog->funcs.at[k]->name == c.m->prog->default_func)
				count_func(&c, c.m->prog->funcs.at[k]);
	}
	buf_byte(b, '[');
	j.depth++;
	json_open(&j, NULL, '{');
	put_texts(&j, m);
	json_text(&j, "metadataOutputVersion", "3.0");
	json_key(&j, "specificationVersion");
	buf_printf(b, "%d", m->spec_version);
	put_model_type(&j, m->kind == BODY_PIPELINE, nstage);
	put_schemas(&j, a, default_face(m));
	json_open(&j, "modelParameters", '[');
	json_close(&j, ']');
	put_histogram(&j, &c.ops);
	put_words(&j, a, "computePrecision", &c.computed);
	put_words(&j, a, "storagePrecision", &c.kept);
	if (m->func.n)
		put_functions(&j, a, m);
	put_availability(&j, m->spec_version);
	json_flag(&j, "isUpdatable", m->spec && msg_get_int(m->spec, "isUpdatable"));
	json_open(&j, "userDefinedMetadata", '{');
	for (uint32_t k = 0; k < nuser; k++)
		json_text(&j, user[k].key, user[k].val);
	json_close(&j, '}');
	json_text(&j, "generatedClassName", class_name(a, m, path));
	json_text(&j, "method", "predict");
	json_close(&j, '}');
	buf_puts(b, "\n]");
}
