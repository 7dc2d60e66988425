/* share.c: arrays that constants of programs are made of. A constant shares the memory of its
 * array: what the script writes into the array later is seen by the program, and by what
 * ct.convert makes of it after that. What was converted stays as it is: before the first write into
 * the array after that, the models get constants of their own. A constant made of a strided view
 * has its own elements, which are brought up to date when somebody looks.
 */
#include "bind.h"

#include "nd/nd_impl.h"

typedef struct Strided {
	Nd view;
	Tensor *copy;
	struct Strided *next;
} Strided;

typedef struct Lent {
	NdGuard guard; /* first: the guard is the Lent */
	Bind *bd;
	NdBuffer *buf;
	Strided *strided;
	Map copies;     /* Tensor -> its Strided */
	bool stale;     /* written since the copies were made */
	bool converted; /* a model holds constants in it */
	struct Lent *next;
} Lent;

static bool
inside(const NdBuffer *b, const void *p)
{
	return p && (const char *)p >= (const char *)b->data &&
	       (const char *)p < (const char *)b->data + b->size;
}

/* A constant that changes with the array. */
static bool
shares(const Lent *l, const Tensor *t)
{
	for (; t; t = t->cast_from) {
		if (inside(l->buf, t->data) || (l->strided && map_get(&l->copies, KEY(t))))
			return true;
	}
	return false;
}

/* It as it is now; `to` has what is in the array. */
static const Tensor *
as_it_is(const Lent *l, const Tensor *t, char *to)
{
	Tensor *own;

	if (!t || !shares(l, t))
		return t;
	((Tensor *)(uintptr_t)t)->hash = 0; /* which the array's new elements will not have */
	own = arena_dup(l->bd->arena, t, sizeof *t);
	own->cast_from = as_it_is(l, t->cast_from, to);
	if (inside(l->buf, t->data))
		own->data = to + ((char *)t->data - (char *)l->buf->data);
	else if (t->data)
		own = tensor_copy(l->bd->arena, t);
	return own;
}

static bool
block_shares(const Lent *l, const Block *b)
{
	for each_inst (i, b) {
		for (uint32_t k = 0; k < i->nblock; k++)
			if (block_shares(l, i->block[k]))
				return true;
		for (uint32_t k = 0; k < i->nout; k++)
			if (shares(l, i->out[k]->val))
				return true;
	}
	return false;
}

static void
keep_block(const Lent *l, const Block *b, char *to)
{
	for each_inst (i, b) {
		for (uint32_t k = 0; k < i->nblock; k++)
			keep_block(l, i->block[k], to);
		for (uint32_t k = 0; k < i->nout; k++)
			i->out[k]->val = as_it_is(l, i->out[k]->val, to);
	}
}

static bool
program_shares(const Lent *l, const Program *p)
{
	for (uint32_t k = 0; p && k < p->funcs.n; k++)
		if (block_shares(l, p->funcs.at[k]->body))
			return true;
	return false;
}

/* A model gets constants of its own, and if its program is the source's, which may be converted
 * again, one in which to have them. */
static void
keep_model(const Lent *l, Model *m, char **to)
{
	if (!program_shares(l, m->prog))
		return;
	if (map_get(&l->bd->converted, KEY(m->prog)))
		bind_keep_program(l->bd, m->prog);
	if (!*to)
		*to = memcpy(arena_alloc(l->bd->arena, MAX(l->buf->size, 1)), l->buf->data,
		             l->buf->size);
	for (uint32_t k = 0; k < m->prog->funcs.n; k++)
		keep_block(l, m->prog->funcs.at[k]->body, *to);
}

static void
keep_models(const Lent *l)
{
	char *to = NULL;

	for (uint32_t i = 0; i < l->bd->models.n; i++)
		keep_model(l, l->bd->models.at[i], &to);
	for (uint32_t i = 0; i < l->bd->copies.n; i++)
		keep_model(l, l->bd->copies.at[i], &to);
}

static void
before_write(NdGuard *g)
{
	Lent *l = (Lent *)g;

	if (l->converted)
		keep_models(l);
	l->converted = false;
	if (l->strided)
		l->stale = l->bd->stale = true;
}

/* A constant t was made of the array. */
void
share_lend(Bind *bd, const Nd *nd, const Tensor *t)
{
	bool shared = t->cast_from ? inside(nd->buf, t->cast_from->data) : inside(nd->buf, t->data);
	Lent *l = map_get(bd->lent_of, (uint64_t)(uintptr_t)nd->buf);
	Strided *s;

	if (!shared && nd->dtype != t->dtype)
		return; /* converted: NumPy has copied it too */
	if (!l) {
		interp_keep(bd->in, nd->buf);
		l = new(bd->arena, Lent);
		*l = (Lent){.guard = {before_write}, .bd = bd, .buf = nd->buf, .next = bd->lent};
		bd->lent = l;
		map_put(bd->lent_of, (uint64_t)(uintptr_t)nd->buf, l);
	}
	if (shared)
		return;
	if (!l->strided)
		map_init(&l->copies, bd->arena);
	s = new(bd->arena, Strided);
	*s = (Strided){*nd, (Tensor *)(uintptr_t)t, l->strided};
	l->strided = s;
	map_put(&l->copies, KEY(t), s);
	l->buf->guard = &l->guard;
}

/* Brings the constants that are copies up to date. */
void
share_refresh(Bind *bd)
{
	if (!bd->stale)
		return;
	for (Lent *l = bd->lent; l; l = l->next) {
		for (Strided *s = l->stale ? l->strided : NULL; s; s = s->next) {
			Nd to = nd_from_tensor(s->copy);
			NdErr err = {0};
			/* Of the same shape and type: cannot fail. */
			nd_assign(&to, &s->view, &err);
			nd_release(&to);
			s->copy->hash = 0;
		}
		if (l->stale)
			l->buf->guard = &l->guard;
		l->stale = false;
	}
	bd->stale = false;
}

/* A program was converted: what it holds does not change any more. */
void
share_freeze(Bind *bd)
{
	for (Lent *l = bd->lent; l; l = l->next) {
		l->converted = true;
		l->buf->guard = &l->guard;
	}
}
