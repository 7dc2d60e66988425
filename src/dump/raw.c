/* raw.c: what the specification says and no call does: the description that ct.convert and the
 * metadata will give is made, compared with the model's own, and each difference becomes an
 * assignment to a field.
 */
#include "writing.h"

#include "Model.pb-c.h"
#include "convert/convert.h"
#include "form/spec.h"

/* ---- what the script's calls give ---- */

/* In a copy of the program: the classifier's operations go, as ct.convert makes them. */
static void
drop_classify(const Writing *w, Program *copy, ClassifierSpec *c)
{
	Func *f = copy->funcs.at[0];
	const Tensor *label;
	Var **out;
	Inst *i;
	Var *p;

	for (uint32_t k = 0; k < copy->funcs.n; k++)
		if (copy->funcs.at[k]->name == copy->default_func)
			f = copy->funcs.at[k];
	i = f->body->last;
	p = inst_arg(i, "probabilities");
	label = inst_arg(i, "classes")->val;
	out = newn(w->arena, Var *, f->body->nout);
	out[0] = w->cast ? inst_arg(p->def, "x") : p;
	for (uint32_t k = 2; k < f->body->nout; k++)
		out[k - 1] = f->body->out[k]->var;
	*c = (ClassifierSpec){.ints = label->dtype != DT_STRING,
	                      .n = (uint32_t)label->count,
	                      .label = label->data,
	                      .number = label->data,
	                      .feature = i->out[0]->name,
	                      .probs = out[0]->name};
	block_set_outputs(f->body, out, f->body->nout - 1);
	inst_remove(i);
	if (w->cast)
		inst_remove(p->def);
}

/* The texts that the script sets behind the call. */
static void
copy_texts(const Writing *w, Model *p)
{
	static const char *const texts[] = {"shortDescription", "author", "license",
	                                    "versionString"};
	const Features *from[] = {&w->m->face.input, &w->m->face.output};
	const Features *to[] = {&p->face.input, &p->face.output};

	for (size_t k = 0; k < countof(texts); k++)
		if (*msg_get_string(w->m->metadata, texts[k]))
			msg_string(p->metadata, texts[k], msg_get_string(w->m->metadata, texts[k]));
	for (size_t l = 0; l < countof(to); l++)
		for (uint32_t i = 0; i < to[l]->n; i++)
			for (uint32_t k = 0; k < from[l]->n; k++)
				if (to[l]->at[i].name == from[l]->at[k].name)
					to[l]->at[i].doc = from[l]->at[k].doc;
}

Model *
predict(Writing *w, const ConvertOptions *asked)
{
	ConvertOptions o = *asked;
	ClassifierSpec classes;
	uint32_t nerror = w->diag->nerror;
	Model *p = NULL;

	/* The first time for the result alone, the second to hear why there is none. */
	for (int turn = 0; turn < 2 && !p; turn++) {
		Program *copy = program_clone(w->m->prog);
		copy->skip_all_passes = w->skip_passes;
		if (w->classify) {
			drop_classify(w, copy, &classes);
			o.classifier = &classes;
		}
		w->diag->muted = turn == 0;
		p = convert(copy, &o, NULL);
		w->diag->muted = false;
		w->diag->nerror = turn ? w->diag->nerror : nerror;
	}
	if (p)
		copy_texts(w, p);
	return p;
}

/* ---- differences as statements ---- */

typedef struct Raw {
	Writing *w;
	Buf *out;
	const char *about; /* what the next lines are about; 0: it was said */
} Raw;

static void
statement(Raw *r, const char *text)
{
	if (r->about)
		buf_printf(r->out, "# No call says this of %s.\n", r->about);
	r->about = NULL;
	buf_printf(r->out, "%s\n", text);
}

/* statement(r, MADE("…", …)) */
#define MADE(...) arena_printf(r->w->arena, __VA_ARGS__)

/* An element of a repeated field, or what a field holds (i is -1), as Python's literal. */
static const char *
literal(Raw *r, const ProtobufCFieldDescriptor *f, const Msg *m, long i)
{
	size_t k = (size_t)MAX(i, 0);
	Buf b = {0};

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		put_quoted_text(&b, i < 0 ? msg_get_string(m, f->name)
		                          : msg_string_at(m, f->name, k));
		break;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		put_number(&b, i < 0 ? msg_get_float(m, f->name) : msg_float_at(m, f->name, k));
		break;
	case PROTOBUF_C_TYPE_BOOL:
		buf_puts(&b, msg_get_int(m, f->name) ? "True" : "False");
		break;
	default:
		buf_printf(&b, "%lld",
		           (long long)(i < 0 ? msg_get_int(m, f->name)
		                             : msg_int_at(m, f->name, k)));
	}
	return buf_keep(&b, r->w->arena);
}

static bool
in_oneof(const ProtobufCFieldDescriptor *f)
{
	return f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

static void diff(Raw *r, const char *path, const Msg *want, const Msg *got);

static void
diff_list(Raw *r, const char *path, const ProtobufCFieldDescriptor *f, const Msg *want,
          const Msg *got)
{
	size_t n = msg_count(want, f->name), old = msg_count(got, f->name);
	bool same = n == old;
	Buf all = {0};

	for (size_t i = 0; same && i < n; i++)
		same = !strcmp(literal(r, f, want, (long)i), literal(r, f, got, (long)i));
	if (same)
		return;
	if (old)
		statement(r, MADE("del %s.%s[:]", path, f->name));
	for (size_t i = 0; i < n; i++)
		buf_printf(&all, i ? ", %s" : "%s", literal(r, f, want, (long)i));
	if (n)
		statement(r, MADE("%s.%s.extend([%s])", path, f->name, all.at));
	buf_free(&all);
}

/* The features of a description say what they are, for the comment. */
static const char *
words_for(Raw *r, const char *field, const Msg *m)
{
	const char *what = strcmp(field, "functions") ? field : "function";

	return MADE("%s '%s'", what, msg_get_string(m, "name"));
}

static void
diff_messages(Raw *r, const char *path, const ProtobufCFieldDescriptor *f, const Msg *want,
              const Msg *got)
{
	size_t n = msg_count(want, f->name), old = msg_count(got, f->name);
	bool named = !strcmp(want->descriptor->short_name, "ModelDescription");

	if (n != old && old)
		statement(r, MADE("del %s.%s[:]", path, f->name));
	for (size_t i = 0; i < n; i++) {
		const Msg *m = msg_at(want, f->name, i);
		if (named)
			r->about = words_for(r, f->name, m);
		if (n != old)
			statement(r, MADE("%s.%s.add()", path, f->name));
		diff(r, MADE("%s.%s[%zu]", path, f->name, i), m,
		     n == old ? msg_at(got, f->name, i) : NULL);
	}
}

static void
diff_message(Raw *r, const char *path, const ProtobufCFieldDescriptor *f, const Msg *want,
             const Msg *got)
{
	const Msg *w = msg_get(want, f->name), *g = msg_get(got, f->name);
	const char *at = MADE("%s.%s", path, f->name);
	size_t before = r->out->n;

	if (!w && g && !(in_oneof(f) && msg_case(want, f->name)))
		statement(r, MADE("%s.ClearField(\"%s\")", path, f->name));
	if (!w)
		return;
	diff(r, at, w, g);
	if (!g && r->out->n == before)
		statement(r, MADE("%s.SetInParent()", at));
}

static void
diff_scalar(Raw *r, const char *path, const ProtobufCFieldDescriptor *f, const Msg *want,
            const Msg *got)
{
	const char *text = literal(r, f, want, -1);

	if (in_oneof(f) && !msg_has(want, f->name)) {
		if (msg_has(got, f->name) && !msg_case(want, f->name))
			statement(r, MADE("%s.ClearField(\"%s\")", path, f->name));
		return;
	}
	if (strcmp(text, literal(r, f, got, -1)) != 0 ||
	    (in_oneof(f) && !msg_has(got, f->name)))
		statement(r, MADE("%s.%s = %s", path, f->name, text));
}

static void
diff(Raw *r, const char *path, const Msg *want, const Msg *got)
{
	const ProtobufCMessageDescriptor *d = want->descriptor;

	for (unsigned k = 0; k < d->n_fields; k++) {
		const ProtobufCFieldDescriptor *f = &d->fields[k];
		bool list = f->label == PROTOBUF_C_LABEL_REPEATED;
		bool message = f->type == PROTOBUF_C_TYPE_MESSAGE;
		if (msg_is_map(f)) /* userDefined, which has calls */
			continue;
		if (!strcmp(f->name, "metadata") && !msg_get(want, f->name))
			continue; /* ct.convert says there who made the model */
		if (list && message)
			diff_messages(r, path, f, want, got);
		else if (list)
			diff_list(r, path, f, want, got);
		else if (message)
			diff_message(r, path, f, want, got);
		else
			diff_scalar(r, path, f, want, got);
	}
}

/* ---- the whole ---- */

/* The specification without a body that the writer would make. */
static const Msg *
described(Writing *w, const Model *m)
{
	EmitCtx c = {.diag = w->diag};
	const char *error;
	Buf b = {0};
	Msg *spec;

	put_description(&b, w->arena, m, &c);
	spec = msg_read(w->arena, &core_ml__specification__model__descriptor,
	                arena_dup(w->arena, b.at, b.n), b.n, &error);
	buf_free(&b);
	return spec;
}

void
put_raw(Writing *w, const Model *p)
{
	const Msg *want = w->m->spec ? w->m->spec : described(w, w->m), *got = described(w, p);
	Buf lines = {0};
	Raw r = {.w = w, .out = &lines, .about = "the model"};
	static const char *const fields[] = {"specificationVersion", "isUpdatable"};

	for (size_t k = 0; k < countof(fields); k++)
		diff_scalar(&r, "spec",
		            protobuf_c_message_descriptor_get_field_by_name(want->descriptor,
		                                                            fields[k]),
		            want, got);
	if (msg_get(want, "description"))
		diff(&r, "spec.description", msg_get(want, "description"),
		     msg_get(got, "description"));
	if (lines.n) {
		buf_puts(w->out, "\nspec = model.get_spec()\n");
		buf_put(w->out, lines.at, lines.n);
		buf_puts(w->out, "model = ct.models.MLModel(spec, weights_dir=model.weights_dir, "
		                 "skip_model_load=True)\n\n");
	}
	buf_free(&lines);
}
