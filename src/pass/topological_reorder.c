/* topological_reorder.c: casts and transposes move right before their first use, or to the end of
 * the block when only the block's outputs hold them.
 *
 *   %a = cast(x=%x, dtype="fp16")      %b = relu(x=%y)
 *   %b = relu(x=%y)                ->  %a = cast(x=%x, dtype="fp16")
 *   %c = exp(x=%a)                     %c = exp(x=%a)
 *
 * Going backwards, each finds its users where they will stand. Places are compared by the order
 * number of the instruction that stays, then by a label within what moves before it; so nothing
 * has to be moved before all places are known.
 */
#include "match.h"

/* Where an instruction stands: in front of the one with number `anchor`, those with smaller labels
 * first; one that stays is its own anchor and has the last label. */
typedef struct Place {
	uint64_t anchor;
	int64_t label;
} Place;

typedef struct Move {
	Inst *inst, *before; /* 0: to the end */
	Place place;
	struct Move *prev; /* moved before the same anchor, the one in front of it */
	struct Move *next;
} Move;

enum { STEP_BITS = 32 };
#define OWN_LABEL INT64_MAX
#define AT_END UINT64_MAX

typedef struct Walk {
	PassCtx *c;
	Map moved; /* Inst -> Move */
	Map last;  /* anchor Inst (or the block) -> the Move right in front of it */
	VEC(Move *) order;
} Walk;

static Place
place_of(const Walk *w, const Inst *i)
{
	const Move *m = map_get(&w->moved, KEY(i));

	return m ? m->place : (Place){i->order, OWN_LABEL};
}

static bool
is_before(Place a, Place b)
{
	return a.anchor != b.anchor ? a.anchor < b.anchor : a.label < b.label;
}

static Inst *
first_user(const Walk *w, const Inst *i)
{
	Inst *first = NULL;
	Place at = {0, 0};

	for (const Use *u = i->out[0]->uses; u; u = u->next) {
		Inst *user = use_holder(u, i->parent);
		if (!user)
			continue;
		Place p = place_of(w, user);
		if (!first || is_before(p, at)) {
			first = user;
			at = p;
		}
	}
	return first;
}

/* Fresh labels for all that moves before the anchor of m. */
static void
relabel(Move *m)
{
	int64_t label = 0;

	while (m->prev)
		m = m->prev;
	for (; m; m = m->next, label += INT64_C(1) << STEP_BITS)
		m->place.label = label;
}

/* Puts m between its neighbours. */
static void
label_between(Move *m)
{
	const int64_t step = INT64_C(1) << STEP_BITS;

	if (m->prev && m->next) {
		if (m->next->place.label - m->prev->place.label < 2)
			relabel(m);
		else
			m->place.label = m->prev->place.label +
			                 (m->next->place.label - m->prev->place.label) / 2;
	} else if (m->prev) {
		m->place.label = m->prev->place.label + step;
	} else {
		m->place.label = m->next ? m->next->place.label - step : 0;
	}
}

static void
decide(Walk *w, Inst *i)
{
	Move *m = new (w->c->arena, Move), *after;
	Inst *user = first_user(w, i);

	m->inst = i;
	m->before = user;
	after = user ? map_get(&w->moved, KEY(user)) : NULL;
	if (after) { /* the user moves: in front of it, before the same anchor */
		m->place.anchor = after->place.anchor;
		m->prev = after->prev;
		m->next = after;
		after->prev = m;
		if (m->prev)
			m->prev->next = m;
	} else {
		uint64_t key = user ? KEY(user) : KEY(i->parent);
		m->place.anchor = user ? user->order : AT_END;
		m->prev = map_get(&w->last, key);
		if (m->prev)
			m->prev->next = m;
		map_put(&w->last, key, m);
	}
	label_between(m);
	map_put(&w->moved, KEY(i), m);
	vec_push(w->c->arena, &w->order, m);
}

static void
move_to_end(Inst *i)
{
	Inst *last = i->parent->last;

	if (last == i)
		return;
	inst_move_before(i, last);
	inst_move_before(last, i);
}

static void
reorder(Walk *w, Block *b)
{
	uint32_t from = w->order.n;

	for (const Inst *i = b->first; i; i = i->next)
		if (i->order == 0) {
			(void)inst_before(i, i); /* numbers the whole block */
			break;
		}
	for (Inst *i = b->last; i; i = i->prev) {
		for (uint32_t k = 0; k < i->nblock; k++)
			reorder(w, i->block[k]);
		if (i->op->code == OP_cast || i->op->code == OP_transpose)
			decide(w, i);
	}
	for (uint32_t k = from; k < w->order.n; k++) {
		const Move *m = w->order.at[k];
		if (!m->before)
			move_to_end(m->inst);
		else
			inst_move_before(m->inst, m->before);
	}
	w->order.n = from;
}

bool
func_topological_reorder(PassCtx *c, Func *f)
{
	Walk w = {.c = c};

	map_init(&w.moved, c->arena);
	map_init(&w.last, c->arena);
	if (f->nop[OP_cast] || f->nop[OP_transpose])
		reorder(&w, f->body);
	return true;
}
