/* live.c: which operations the outputs of a function need. */
#include "editing.h"

typedef struct UseFn {
	void (*fn)(void *ctx, const char *name);
	void *ctx;
} UseFn;

static void
uses_in_block(const Msg *block, const UseFn *u)
{
	for (size_t i = 0; i < msg_count(block, "operations"); i++)
		each_use_of(msg_at(block, "operations", i), u->fn, u->ctx);
	for (size_t i = 0; i < msg_count(block, "outputs"); i++)
		u->fn(u->ctx, msg_string_at(block, "outputs", i));
}

void
each_use_of(const Msg *op, void (*fn)(void *ctx, const char *name), void *ctx)
{
	UseFn u = {fn, ctx};

	for (size_t i = 0; i < msg_count(op, "inputs"); i++) {
		const Msg *argument = msg_get(msg_at(op, "inputs", i), "value");
		for (size_t k = 0; k < msg_count(argument, "arguments"); k++) {
			const Msg *binding = msg_at(argument, "arguments", k);
			if (msg_has(binding, "name"))
				fn(ctx, msg_get_string(binding, "name"));
		}
	}
	for (size_t i = 0; i < msg_count(op, "blocks"); i++)
		uses_in_block(msg_at(op, "blocks", i), &u);
}

/* What is not in the table may do anything. */
static bool
has_effect(const Msg *op)
{
	const char *type = msg_get_string(op, "type");
	Opcode code = op_find(type, strlen(type));

	if (!code || op_oldest(code)->flags & EFFECT || !strcmp(type, "write_state"))
		return strcmp(type, "read_state") != 0;
	for (size_t i = 0; i < msg_count(op, "blocks"); i++) {
		const Msg *b = msg_at(op, "blocks", i);
		for (size_t k = 0; k < msg_count(b, "operations"); k++)
			if (has_effect(msg_at(b, "operations", k)))
				return true;
	}
	return false;
}

typedef struct Live {
	Function *f;
	const Map *cut;
	Map names; /* Str -> any: needed */
} Live;

static void
need(void *ctx, const char *name)
{
	Live *l = ctx;
	const Str *s = intern_cstr(l->f->e->c->names, name);

	if (!l->cut || !map_get(l->cut, KEY(s)))
		map_put(&l->names, KEY(s), l);
}

static bool
makes_needed(Live *l, const Msg *op)
{
	for (size_t k = 0; k < msg_count(op, "outputs"); k++) {
		const char *name = msg_get_string(msg_at(op, "outputs", k), "name");
		if (map_get(&l->names, KEY(intern_cstr(l->f->e->c->names, name))))
			return true;
	}
	return false;
}

/* A write into a state that something needed reads behind it. */
static bool
is_read_later(Live *l, const Msg *op, const Map *read)
{
	const Msg *a = msg_entry(op, "inputs", "input");
	const char *state = msg_get_string(msg_at(a, "arguments", 0), "name");

	return !strcmp(msg_get_string(op, "type"), "write_state") &&
	       map_get(read, KEY(intern_cstr(l->f->e->c->names, state)));
}

bool *
live_operations(Function *f, const Words *outputs, const Map *cut, bool effects)
{
	size_t n = msg_count(f->block, "operations");
	bool *live = newn(f->e->arena, bool, n + 1);
	Live l = {.f = f, .cut = cut};
	Map read; /* states that are read behind the operation at hand */

	map_init(&l.names, f->e->arena);
	map_init(&read, f->e->arena);
	for (uint32_t i = 0; i < outputs->n; i++)
		need(&l, outputs->at[i]);
	for (size_t i = n; i-- > 0;) {
		const Msg *op = msg_at(f->block, "operations", i);
		live[i] = makes_needed(&l, op) || (effects && has_effect(op)) ||
		          is_read_later(&l, op, &read);
		if (!live[i])
			continue;
		each_use_of(op, need, &l);
		if (!strcmp(msg_get_string(op, "type"), "read_state")) {
			const Msg *a = msg_entry(op, "inputs", "input");
			const char *state = msg_get_string(msg_at(a, "arguments", 0), "name");
			map_put(&read, KEY(intern_cstr(f->e->c->names, state)), live);
		}
	}
	return live;
}
