/* function.c: a function of an ML Program as messages: its values by name, places that name them,
 * operations put in and taken out.
 */
#include "editing.h"

/* ---- finding ---- */

static Msg *
entry(const Msg *m, const char *field, const char *key)
{
	return msg_mutable(msg_entry(m, field, key));
}

static Msg *
face_of(Msg *description, const char *name)
{
	for (size_t i = 0; i < msg_count(description, "functions"); i++) {
		const Msg *f = msg_at(description, "functions", i);
		if (!strcmp(msg_get_string(f, "name"), name))
			return msg_mutable(f);
	}
	return msg_count(description, "functions") ? NULL : description;
}

bool
function_find(Editing *e, Function *f, const char *what)
{
	const Msg *program = msg_get(e->spec, "mlProgram");
	const char *first = msg_get_string(e->description, "defaultFunctionName");

	*f = (Function){.e = e, .name = *first ? first : "main"};
	if (!program)
		return diag_error(e->diag, e->place, "%s is for ML Programs, but the model is %s",
		                  what, msg_case(e->spec, "mlProgram"));
	f->function = entry(program, "functions", f->name);
	f->block =
	    entry(f->function, "block_specializations", msg_get_string(f->function, "opset"));
	f->face = face_of(e->description, f->name);
	if (!f->function || !f->block || !f->face)
		return diag_error(e->diag, e->place, "the model has no function '%s' to change",
		                  f->name);
	function_values(f);
	return true;
}

static void
add_value(Function *f, const Msg *named, int64_t op)
{
	Made *v = new (f->e->arena, Made);

	*v = (Made){msg_get(named, "type"), op};
	map_put(&f->values, KEY(intern_cstr(f->e->c->names, msg_get_string(named, "name"))), v);
}

void
function_values(Function *f)
{
	map_init(&f->values, f->e->arena);
	for (size_t i = 0; i < msg_count(f->function, "inputs"); i++)
		add_value(f, msg_at(f->function, "inputs", i), -1);
	for (size_t i = 0; i < msg_count(f->block, "operations"); i++) {
		const Msg *op = msg_at(f->block, "operations", i);
		for (size_t k = 0; k < msg_count(op, "outputs"); k++)
			add_value(f, msg_at(op, "outputs", k), (int64_t)i);
	}
}

const Made *
function_value(const Function *f, const char *name)
{
	return map_get(&f->values, KEY(intern_cstr(f->e->c->names, name)));
}

static const char *
did_you_mean(Arena *a, const Words *names, const char *name)
{
	const char *near = nearest(name, names->at, names->n);

	return near ? arena_printf(a, "; did you mean '%s'?", near) : "";
}

const char *
value_near(const Function *f, const char *name)
{
	Arena *a = f->e->arena;
	Words names = {0};

	for (size_t i = 0; i < msg_count(f->function, "inputs"); i++)
		vec_push(a, &names, msg_get_string(msg_at(f->function, "inputs", i), "name"));
	for (size_t i = 0; i < msg_count(f->block, "operations"); i++) {
		const Msg *op = msg_at(f->block, "operations", i);
		for (size_t k = 0; k < msg_count(op, "outputs"); k++)
			vec_push(a, &names, msg_get_string(msg_at(op, "outputs", k), "name"));
	}
	return did_you_mean(a, &names, name);
}

const char *
feature_near(Editing *e, const Msg *face, const char *list, const char *name)
{
	Words names = {0};

	for (size_t i = 0; i < msg_count(face, list); i++)
		vec_push(e->arena, &names, msg_get_string(msg_at(face, list, i), "name"));
	return did_you_mean(e->arena, &names, name);
}

bool
is_computed(const Function *f, const char *name, const char *what)
{
	const Made *v = function_value(f, name);
	const Msg *op = v && v->op >= 0 ? msg_at(f->block, "operations", (size_t)v->op) : NULL;
	const char *type = msg_get_string(op, "type");
	Opcode code = op_find(type, strlen(type));

	return (strcmp(type, "const") && (!code || !(op_oldest(code)->flags & CONSTEXPR))) ||
	       diag_error(f->e->diag, f->e->place,
	                  "%s: '%s' is a constant, expected a value that is computed", what, name);
}

/* ---- names ---- */

static void each_name_in_block(Msg *block, NameFn *fn, void *ctx);

static void
each_field(Msg *m, const char *list, const char *field, NameFn *fn, void *ctx)
{
	for (size_t i = 0; i < msg_count(m, list); i++)
		fn(ctx, msg_mutable(msg_at(m, list, i)), field, 0);
}

static void
each_binding(Msg *op, NameFn *fn, void *ctx)
{
	for (size_t i = 0; i < msg_count(op, "inputs"); i++) {
		const Msg *argument = msg_get(msg_at(op, "inputs", i), "value");
		for (size_t k = 0; k < msg_count(argument, "arguments"); k++) {
			const Msg *binding = msg_at(argument, "arguments", k);
			if (msg_has(binding, "name"))
				fn(ctx, msg_mutable(binding), "name", 0);
		}
	}
}

static void
each_name_in_op(Msg *op, NameFn *fn, void *ctx)
{
	each_binding(op, fn, ctx);
	for (size_t i = 0; i < msg_count(op, "blocks"); i++)
		each_name_in_block(msg_mutable(msg_at(op, "blocks", i)), fn, ctx);
	each_field(op, "outputs", "name", fn, ctx);
}

static void
each_name_in_block(Msg *block, NameFn *fn, void *ctx)
{
	each_field(block, "inputs", "name", fn, ctx);
	for (size_t i = 0; i < msg_count(block, "operations"); i++)
		each_name_in_op(msg_mutable(msg_at(block, "operations", i)), fn, ctx);
	for (size_t i = 0; i < msg_count(block, "outputs"); i++)
		fn(ctx, block, "outputs", i);
}

void
each_name(Msg *function, NameFn *fn, void *ctx)
{
	each_field(function, "inputs", "name", fn, ctx);
	for (size_t i = 0; i < msg_count(function, "block_specializations"); i++) {
		const Msg *e = msg_at(function, "block_specializations", i);
		if (msg_has(e, "value"))
			each_name_in_block(msg_mutable(msg_get(e, "value")), fn, ctx);
	}
}

void
name_set(Msg *m, const char *field, size_t i, const char *name)
{
	if (msg_repeated(m, field))
		msg_string_put(m, field, i, name);
	else
		msg_string(m, field, name);
}

typedef struct Renaming {
	const char *from, *to;
	bool uses; /* not where it is made */
} Renaming;

static void
rename_one(void *ctx, Msg *m, const char *field, size_t i)
{
	const Renaming *r = ctx;
	bool made = protobuf_c_message_descriptor_get_field_by_name(m->descriptor, "type") != NULL;

	if (!(r->uses && made) && !strcmp(msg_string_at(m, field, i), r->from))
		name_set(m, field, i, r->to);
}

void
function_rename(Msg *function, const char *from, const char *to)
{
	each_name(function, rename_one, &(Renaming){from, to, false});
}

void
function_replace(Msg *function, const char *from, const char *to)
{
	each_name(function, rename_one, &(Renaming){from, to, true});
}

typedef struct Names {
	Interner *names;
	Map *taken;
} Names;

static void
take_name(void *ctx, Msg *m, const char *field, size_t i)
{
	const Names *n = ctx;

	map_put(n->taken, KEY(intern_cstr(n->names, msg_string_at(m, field, i))), n->taken);
}

const char *
edit_name(const Function *f, const char *base)
{
	const char *name = base;
	Map taken;

	map_init(&taken, f->e->arena);
	each_name(f->function, take_name, &(Names){f->e->c->names, &taken});
	for (unsigned n = 0; map_get(&taken, KEY(intern_cstr(f->e->c->names, name))); n++)
		name = arena_printf(f->e->arena, "%s_%u", base, n);
	return name;
}

/* ---- operations ---- */

static Msg *
set_attribute(Msg *op, const char *key)
{
	Msg *e = msg_sub(op, "attributes");

	msg_string(e, "key", key);
	return msg_sub(e, "value");
}

static void
set_text(Msg *value, const char *text)
{
	Msg *tensor = msg_sub(msg_sub(value, "immediateValue"), "tensor");

	msg_int(msg_sub(msg_sub(value, "type"), "tensorType"), "dataType",
	        dtype_info[DT_STRING].pb);
	msg_string(msg_sub(tensor, "strings"), "values", text);
}

static void
put_text_const(Msg *op, const char *name, const char *text)
{
	Msg *out;

	msg_string(op, "type", "const");
	out = msg_sub(op, "outputs");
	msg_string(out, "name", name);
	msg_int(msg_sub(msg_sub(out, "type"), "tensorType"), "dataType", dtype_info[DT_STRING].pb);
	set_text(set_attribute(op, "name"), name);
	set_text(set_attribute(op, "val"), text);
}

static void
set_operand(Msg *op, const char *key, const char *name)
{
	Msg *e = msg_sub(op, "inputs");

	msg_string(e, "key", key);
	msg_string(msg_sub(msg_sub(e, "value"), "arguments"), "name", name);
}

void
put_cast(Function *f, size_t i, const char *from, const char *name, DType to)
{
	const char *dtype = edit_name(f, arena_printf(f->e->arena, "%s_dtype", name));
	const Made *v = function_value(f, from);
	Msg *op = msg_insert(f->block, "operations", i), *out, *tensor;

	put_text_const(op, dtype, dtype_info[to].mil);
	op = msg_insert(f->block, "operations", i + 1);
	msg_string(op, "type", "cast");
	set_operand(op, "dtype", dtype);
	set_operand(op, "x", from);
	out = msg_sub(op, "outputs");
	msg_string(out, "name", name);
	tensor = msg_edit(msg_adopt(out, "type", v->type), "tensorType");
	msg_int(tensor, "dataType", dtype_info[to].pb);
	set_text(set_attribute(op, "name"), arena_printf(f->e->arena, "%s_cast", name));
	function_values(f);
}

void
remove_operations(Function *f, const bool *keep)
{
	for (size_t i = msg_count(f->block, "operations"); i-- > 0;)
		if (!keep[i])
			msg_remove(f->block, "operations", i);
	function_values(f);
}
