/* network_script.c: a network layer by layer: calls that were tried, and fields. */
#include "dump/assign.h"
#include "script/core.h"
#include "writing_net.h"

/* Bytes of assignments behind a call that does not make all of a layer. */
enum { MAX_BEHIND = 400 };

/* ---- calls ---- */

/* builder.add_softmax(name="s", input_name="x", output_name="y") */
static void
put_call(NetScript *n, const char *builder, const LayerCall *c)
{
	const char *layer = c->n && c->arg[0].v.kind == V_STR ? STR_OF(c->arg[0].v)->s : "layer";

	buf_printf(n->out, "%s.%s(", builder, c->method->name);
	for (uint32_t i = 0; i < c->n; i++) {
		buf_printf(n->out, i ? ", %s=" : "%s=", c->arg[i].param);
		put_argument(n, n->out, c->arg[i].v,
		             arena_printf(n->arena, "%s_%s", layer, c->arg[i].param));
	}
	buf_puts(n->out, ")\n");
}

/* ---- layers ---- */

static bool put_network(NetScript *n, const char *name, const Msg *want, Value builder);

/* The fields of a layer that are networks. */
static const char *const inner_nets[][2] = {{"branch", "ifBranch"},
                                            {"branch", "elseBranch"},
                                            {"loop", "conditionNetwork"},
                                            {"loop", "bodyNetwork"}};

/* A copy of a layer in which these are empty. */
static Msg *
outer_layer(NetScript *n, const Msg *layer)
{
	Msg *copy = msg_copy(n->arena, layer);

	for (size_t k = 0; k < countof(inner_nets); k++) {
		Msg *m;
		if (!msg_has(copy, inner_nets[k][0]))
			continue;
		m = msg_lazy(copy, inner_nets[k][0]);
		if (!msg_has(m, inner_nets[k][1]))
			continue;
		msg_clear(m, inner_nets[k][1]);
		msg_present(msg_lazy(m, inner_nets[k][1]));
	}
	return copy;
}

/* How a row's call and the layer compare. */
typedef struct Trial {
	LayerCall call;
	Value layer;
	bool same, np;
	Buf rest; /* what is to be assigned behind it to make it the same */
} Trial;

/* Weights are no little rest: they are not even written down. */
static const char *
too_much(void *ctx, const Msg *m, const Field *f)
{
	const NetScript *script = ctx;
	bool list = f->label == PROTOBUF_C_LABEL_REPEATED;
	size_t n = list                               ? msg_count(m, f->name)
	           : f->type == PROTOBUF_C_TYPE_BYTES ? msg_bytes(m, f->name)->len
	                                              : 0;

	if (n < MAX_BEHIND / 2)
		return NULL;
	return arena_printf(script->arena, "%*s", MAX_BEHIND, "");
}

/* Makes the layer by a row, on the builder. False: it cannot, and did nothing. */
static bool
try_row(NetScript *n, const CallRow *row, const Msg *want, Value builder, Trial *t)
{
	NetBuilder *b = builder_of(builder);
	Assigning r = {.arena = n->arena, .out = &t->rest, .large = too_much, .ctx = n};
	uint32_t nerror = n->diag->nerror;
	size_t count = msg_count(b->net, "layers");
	const Msg *made;
	bool ok;

	call_of(n->in, row, want, &t->call);
	b->layers = vlist(n->in, NULL, 0);
	b->layer_specs = vdict(n->in);
	b->rank_dict = vdict(n->in);
	n->diag->muted = true;
	ok = call_run(n->in, &t->call, builder, &t->layer) &&
	     msg_count(b->net, "layers") == count + 1;
	n->diag->muted = false;
	n->diag->nerror = nerror;
	if (!ok)
		return false;
	made = msg_at(b->net, "layers", count);
	t->same = msg_same(made, want);
	if (!t->same)
		assign_differences(&r, "layer", want, made);
	t->np = r.np;
	return true;
}

/* Puts the builder back to how it was before the call. */
static void
forget(NetScript *n, Value builder, size_t count, int64_t version)
{
	NetBuilder *b = builder_of(builder);

	while (msg_count(b->net, "layers") > count)
		msg_remove(b->net, "layers", count);
	msg_int(n->made, "specificationVersion", version);
}

/* Makes the layer by the row that makes it, or else by the one whose call leaves least to be said
 * behind it, if that is little. False: none does. */
static bool
by_best_row(NetScript *n, const CallRow *row, uint32_t rows, const Msg *want, Value builder,
            Trial *t)
{
	int64_t version = msg_get_int(n->made, "specificationVersion");
	size_t count = msg_count(builder_of(builder)->net, "layers"), least = MAX_BEHIND;
	int best = -1;

	for (uint32_t k = 0; k < rows; k++) {
		bool ok = try_row(n, &row[k], want, builder, t);
		if (ok && t->same)
			return true;
		if (ok && t->rest.n && t->rest.n < least) {
			best = (int)k;
			least = t->rest.n;
		}
		forget(n, builder, count, version);
		buf_free(&t->rest);
	}
	return best >= 0 && try_row(n, &row[best], want, builder, t);
}

/* known: names of layers so far, each of which may stand in one call. */
static bool
put_by_call(NetScript *n, Map *known, const char *name, const Msg *want, Value builder, bool inside)
{
	NetBuilder *b = builder_of(builder);
	const char *id = msg_get_string(want, "name");
	CallRow row[MAX_CALLS];
	uint32_t rows = call_rows(n->arena, want, row);
	const Msg *outer = inside ? outer_layer(n, want) : want;
	size_t count = msg_count(b->net, "layers");
	Trial t = {0};

	if (map_get(known, hash_bytes(id, strlen(id), 0)) ||
	    !by_best_row(n, row, rows, outer, builder, &t))
		return false;
	map_put(known, hash_bytes(id, strlen(id), 0), n);
	buf_puts(n->out, inside || !t.same ? "layer = " : "");
	put_call(n, name, &t.call);
	if (!t.same) {
		buf_put(n->out, t.rest.at, t.rest.n);
		n->np = n->np || t.np;
		msg_clear_all(msg_mutable(msg_at(b->net, "layers", count)));
		msg_assign(msg_mutable(msg_at(b->net, "layers", count)), outer);
	}
	buf_free(&t.rest);
	return true;
}

/* The networks inside of the layer that was made last: a builder for each, then what they build. */
static bool
put_inner(NetScript *n, const Msg *want, Value builder)
{
	const NetBuilder *around = builder_of(builder);
	Msg *made =
	    msg_mutable(msg_at(around->net, "layers", msg_count(around->net, "layers") - 1));
	NetBuilder *b[countof(inner_nets)] = {0};
	const char *name[countof(inner_nets)];

	for (size_t k = 0; k < countof(inner_nets); k++) {
		const char *kind = inner_nets[k][0], *field = inner_nets[k][1];
		if (!msg_get(msg_get(want, kind), field))
			continue;
		b[k] = new (n->arena, NetBuilder);
		b[k]->net = msg_lazy(msg_lazy(made, kind), field);
		b[k]->any_rank = around->any_rank;
		name[k] = arena_printf(n->arena, "inner_%u", ++n->builders);
		buf_printf(n->out, "%s = NeuralNetworkBuilder(nn_spec=layer.%s.%s%s)\n", name[k],
		           kind, field,
		           around->any_rank ? ", disable_rank5_shape_mapping=True" : "");
	}
	for (size_t k = 0; k < countof(inner_nets); k++)
		if (b[k] && !put_network(n, name[k],
		                         msg_get(msg_get(want, inner_nets[k][0]), inner_nets[k][1]),
		                         vhost(n->in, &builder_type, b[k])))
			return false;
	return true;
}

static void
put_by_fields(NetScript *n, const char *name, const Msg *want, Value builder)
{
	buf_printf(n->out, "layer = %s.nn_spec.layers.add()\n", name);
	put_fields(n, "layer", want, NULL);
	msg_adopt(builder_of(builder)->net, "layers", want);
}

bool
put_layers(NetScript *n, const char *name, const Msg *want, Value builder)
{
	Map known;

	map_init(&known, n->arena);
	for (size_t i = 0; i < msg_count(want, "layers"); i++) {
		const Msg *layer = msg_at(want, "layers", i);
		bool inside = msg_has(layer, "branch") || msg_has(layer, "loop");
		if (!put_by_call(n, &known, name, layer, builder, inside))
			put_by_fields(n, name, layer, builder);
		else if (inside && !put_inner(n, layer, builder))
			return false;
		if (!script_fits(n))
			return false;
	}
	return true;
}

static bool
put_network(NetScript *n, const char *name, const Msg *want, Value builder)
{
	if (!put_layers(n, name, want, builder))
		return false;
	put_rest(n, arena_printf(n->arena, "%s.nn_spec", name), want, builder_of(builder)->net,
	         NULL);
	return true;
}
