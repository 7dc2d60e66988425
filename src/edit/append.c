/* append.c: the program of another model behind that of this one, on outputs that have the names of
 * its inputs. Names that are taken already get a number. Its weights go to a file of their own.
 */
#include "editing.h"

typedef struct Append {
	Function f, g; /* that of the model; that of the script */
	Interner *names;
	Map to;  /* Str of g -> Str in f */
	Map fed; /* Str of g's inputs */
} Append;

static const char *
other_name(Append *a, const char *name)
{
	const Str *from = intern_cstr(a->names, name), *to = map_get(&a->to, KEY(from));

	if (!to) {
		to = intern_cstr(a->names, edit_name(&a->f, name));
		map_put(&a->to, KEY(from), (Str *)(uintptr_t)to);
	}
	return to->s;
}

static void
give_name(void *ctx, Msg *m, const char *field, size_t i)
{
	name_set(m, field, i, other_name(ctx, msg_string_at(m, field, i)));
}

/* Operations that are named as their results are. */
static void
give_op_names(Append *a)
{
	for (size_t i = 0; i < msg_count(a->g.block, "operations"); i++) {
		const Msg *op = msg_at(a->g.block, "operations", i);
		const Msg *v = msg_get(msg_entry(op, "attributes", "name"), "immediateValue");
		const Msg *text = msg_get(msg_get(v, "tensor"), "strings");
		const Str *name = intern_cstr(a->names, msg_string_at(text, "values", 0));
		const Str *to = map_get(&a->to, KEY(name));
		if (msg_count(text, "values") == 1 && to)
			msg_string_put(msg_mutable(text), "values", 0, to->s);
	}
}

/* ---- weights ---- */

#define OWN_WEIGHTS "@model_path/weights/append.bin"

static void
move_values(Msg *m)
{
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		if (f->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		for (size_t k = 0; k < msg_count(m, f->name); k++) {
			Msg *sub = msg_mutable(msg_at(m, f->name, k));
			if (!strcmp(f->name, "blobFileValue"))
				msg_string(sub, "fileName", OWN_WEIGHTS);
			else
				move_values(sub);
		}
	}
}

/* The one weights file of a script's model; a file of that name must not be there. */
static void
take_weights(Editing *e, const Model *script)
{
	for (uint32_t k = 0; k < script->weights.n; k++) {
		WeightsAt w = script->weights.at[k];
		w.name = OWN_WEIGHTS;
		vec_push(e->arena, &e->m->weights, w);
	}
}

/* ---- joining ---- */

static bool
same_tensor(const Msg *a, const Msg *b)
{
	const Msg *x = msg_get(a, "tensorType"), *y = msg_get(b, "tensorType");
	size_t n = msg_count(x, "dimensions");

	if (!x || !y || msg_get_int(x, "dataType") != msg_get_int(y, "dataType") ||
	    n != msg_count(y, "dimensions"))
		return false;
	for (size_t i = 0; i < n; i++) {
		const Msg *p = msg_get(msg_at(x, "dimensions", i), "constant");
		const Msg *q = msg_get(msg_at(y, "dimensions", i), "constant");
		if (p && q && msg_get_int(p, "size") != msg_get_int(q, "size"))
			return false;
	}
	return true;
}

static bool
not_fed(Append *a, const char *name)
{
	Editing *e = a->f.e;
	const Msg *face = a->f.face;
	const char *names = "";

	for (size_t i = 0; i < msg_count(face, "output"); i++)
		names = arena_printf(e->arena, "%s%s'%s'", names, i ? ", " : "",
		                     msg_get_string(msg_at(face, "output", i), "name"));
	diag_error(e->diag, e->place,
	           "--append: what follows takes '%s', which is no output of the model", name);
	diag_note(e->diag, e->place,
	          "its outputs are %s; milc edit --rename gives one another name", names);
	return false;
}

/* Inputs of the script are outputs of the model. */
static bool
feed_inputs(Append *a)
{
	Editing *e = a->f.e;

	for (size_t i = 0; i < msg_count(a->g.function, "inputs"); i++) {
		const Msg *in = msg_at(a->g.function, "inputs", i);
		const char *name = msg_get_string(in, "name");
		const Str *s = intern_cstr(a->names, name);
		const Made *v = function_value(&a->f, name);
		if (feature_index(a->f.face, "output", name) < 0 || !v)
			return not_fed(a, name);
		if (!same_tensor(v->type, msg_get(in, "type")))
			return diag_error(
			    e->diag, e->place,
			    "--append: what follows takes '%s' as another type than the "
			    "model gives it",
			    name);
		map_put(&a->to, KEY(s), (Str *)(uintptr_t)s);
		map_put(&a->fed, KEY(s), a);
	}
	return true;
}

static void
drop_fed(Append *a)
{
	Msg *block = a->f.block;

	for (size_t i = msg_count(block, "outputs"); i-- > 0;) {
		const char *name = msg_string_at(block, "outputs", i);
		if (!map_get(&a->fed, KEY(intern_cstr(a->names, name))))
			continue;
		feature_drop(a->f.face, "output", name);
		msg_remove(block, "outputs", i);
	}
}

static void
take_outputs(Append *a)
{
	for (size_t i = 0; i < msg_count(a->g.block, "outputs"); i++)
		msg_string(a->f.block, "outputs",
		           other_name(a, msg_string_at(a->g.block, "outputs", i)));
	for (size_t i = 0; i < msg_count(a->g.face, "output"); i++) {
		Msg *f = msg_adopt(a->f.face, "output", msg_at(a->g.face, "output", i));
		msg_string(f, "name", other_name(a, msg_get_string(f, "name")));
	}
}

bool
edit_append(Editing *e, Model *script)
{
	Editing other = *e;
	size_t n;
	Append a = {.names = e->c->names};

	other.m = script;
	other.spec = script->spec;
	other.description = msg_edit(script->spec, "description");
	other.place = model_place(script);
	if (!function_find(e, &a.f, "--append") || !function_find(&other, &a.g, "--append"))
		return false;
	map_init(&a.to, e->arena);
	map_init(&a.fed, e->arena);
	if (!feed_inputs(&a))
		return false;
	if (strcmp(msg_get_string(a.f.function, "opset"), msg_get_string(a.g.function, "opset")) <
	    0)
		return diag_error(e->diag, e->place,
		                  "--append: what follows needs opset %s, but the model has %s: "
		                  "milc edit --target raises that",
		                  msg_get_string(a.g.function, "opset"),
		                  msg_get_string(a.f.function, "opset"));
	move_values(a.g.block);
	each_name(a.g.function, give_name, &a);
	give_op_names(&a);
	drop_fed(&a);
	n = msg_count(a.g.block, "operations");
	for (size_t i = 0; i < n; i++)
		msg_adopt(a.f.block, "operations", msg_at(a.g.block, "operations", i));
	take_outputs(&a);
	take_weights(e, script);
	return true;
}
