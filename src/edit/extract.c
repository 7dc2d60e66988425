/* extract.c: the part of a function between values: what computes some from others. The latter
 * become inputs; inputs that are needed beside them stay.
 */
#include "editing.h"

typedef struct Part {
	Function f;
	Words from, to;
	Map cut;  /* Str of `from` */
	Map used; /* Str that what is left uses */
} Part;

static void
use_name(void *ctx, const char *name)
{
	Part *p = ctx;

	map_put(&p->used, KEY(intern_cstr(p->f.e->c->names, name)), p);
}

static bool
is_used(Part *p, const char *name)
{
	return map_get(&p->used, KEY(intern_cstr(p->f.e->c->names, name)));
}

/* An operation that stays and makes a value that is an input now, too: that result is nobody's. */
static void
set_aside(Part *p, const char *name)
{
	for (size_t i = 0; i < msg_count(p->f.block, "operations"); i++) {
		const Msg *op = msg_at(p->f.block, "operations", i);
		for (size_t k = 0; k < msg_count(op, "outputs"); k++) {
			Msg *out = msg_mutable(msg_at(op, "outputs", k));
			if (!strcmp(msg_get_string(out, "name"), name))
				msg_string(out, "name",
				           edit_name(&p->f, arena_printf(p->f.e->arena,
				                                          "%s_unused", name)));
		}
	}
}

/* Inputs and states that nothing uses go, but for a model that must have inputs. */
static void
drop_inputs(Part *p)
{
	bool any = p->from.n || msg_get_int(p->f.e->spec, "specificationVersion") >= IOS18;
	Msg *fn = p->f.function;

	for (size_t i = 0; i < msg_count(fn, "inputs"); i++)
		any |= is_used(p, msg_get_string(msg_at(fn, "inputs", i), "name"));
	if (!any)
		return;
	for (size_t i = msg_count(fn, "inputs"); i-- > 0;) {
		const char *name = msg_get_string(msg_at(fn, "inputs", i), "name");
		if (is_used(p, name))
			continue;
		feature_drop(p->f.face, "input", name);
		feature_drop(p->f.face, "state", name);
		msg_remove(fn, "inputs", i);
	}
}

static bool
put_inputs(Part *p, const Msg *const *type)
{
	for (uint32_t i = 0; i < p->from.n; i++) {
		const char *name = p->from.at[i];
		if (!is_used(p, name))
			return diag_error(p->f.e->diag, p->f.e->place,
			                  "--extract: nothing between them needs '%s'", name);
		if (feature_index(p->f.face, "input", name) >= 0)
			continue;
		set_aside(p, name);
		if (!add_input(&p->f, name, type[i]))
			return false;
	}
	return true;
}

static bool
put_outputs(Part *p)
{
	Msg *block = p->f.block;

	msg_clear(block, "outputs");
	for (size_t i = msg_count(p->f.face, "output"); i-- > 0;) {
		const char *name = msg_get_string(msg_at(p->f.face, "output", i), "name");
		if (!is_word(&p->to, name))
			feature_drop(p->f.face, "output", name);
	}
	for (uint32_t i = 0; i < p->to.n; i++) {
		const char *name = p->to.at[i];
		if (feature_index(p->f.face, "output", name) >= 0)
			msg_string(block, "outputs", name);
		else if (!add_output(&p->f, name))
			return false;
	}
	return true;
}

/* False after reporting. */
static bool
read_part(Part *p, const char *what)
{
	const char *dots = strstr(what, "..");
	Editing *e = p->f.e;

	p->from = split_words(e->arena, what, (size_t)(dots - what));
	p->to = split_words(e->arena, dots + 2, strlen(dots + 2));
	for (size_t i = 0; !p->to.n && i < msg_count(p->f.block, "outputs"); i++)
		vec_push(e->arena, &p->to, msg_string_at(p->f.block, "outputs", i));
	for (uint32_t i = 0; i < p->from.n + p->to.n; i++) {
		const char *name = i < p->from.n ? p->from.at[i] : p->to.at[i - p->from.n];
		const Made *v = function_value(&p->f, name);
		if (!v || (v->op < 0 && i >= p->from.n))
			return diag_error(
			    e->diag, e->place,
			    "--extract: function '%s' computes no value '%s' outside of "
			    "nested blocks%s",
			    p->f.name, name, v ? "" : value_near(&p->f, name));
		if (feature_index(p->f.face, "output", name) < 0 &&
		    !is_computed(&p->f, name, "--extract"))
			return false;
	}
	return true;
}

bool
edit_extract(Editing *e, const char *what)
{
	const Msg **type;
	Part p = {0};
	bool *live;

	if (!function_find(e, &p.f, "--extract") || !read_part(&p, what))
		return false;
	map_init(&p.cut, e->arena);
	map_init(&p.used, e->arena);
	type = newn(e->arena, const Msg *, (size_t)p.from.n + 1);
	for (uint32_t i = 0; i < p.from.n; i++) {
		type[i] = function_value(&p.f, p.from.at[i])->type;
		map_put(&p.cut, KEY(intern_cstr(e->c->names, p.from.at[i])), &p);
	}
	live = live_operations(&p.f, &p.to, &p.cut, false);
	for (size_t i = 0; i < msg_count(p.f.block, "operations"); i++)
		if (live[i])
			each_use_of(msg_at(p.f.block, "operations", i), use_name, &p);
	remove_operations(&p.f, live);
	drop_inputs(&p);
	return put_inputs(&p, type) && put_outputs(&p);
}
