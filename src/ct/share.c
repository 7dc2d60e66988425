/* share.c: arrays that constants of programs are made of. A constant shares the memory of its
 * array: what the script writes into the array later is seen by the program, up to ct.convert.
 * What was converted stays as it is: the first write into the array after that moves the models'
 * constants to a copy. A constant made of a strided view has its own elements, which are brought up
 * to date when somebody looks.
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

static void
move_tensor(const Tensor *t, const NdBuffer *b, char *to)
{
	for (; t; t = t->cast_from)
		if (inside(b, t->data)) {
			Tensor *w = (Tensor *)(uintptr_t)t;
			w->data = to + ((char *)t->data - (char *)b->data);
		}
}

static void
move_block(const Block *b, const NdBuffer *buf, char *to)
{
	for each_inst (i, b) {
		for (uint32_t k = 0; k < i->nblock; k++)
			move_block(i->block[k], buf, to);
		for (uint32_t k = 0; k < i->nout; k++)
			move_tensor(i->out[k]->val, buf, to);
	}
}

/* The constants of all models that lie in the buffer go to a copy of it. */
static void
move_models(Lent *l)
{
	char *to = arena_alloc(l->bd->arena, MAX(l->buf->size, 1));

	memcpy(to, l->buf->data, l->buf->size);
	for (uint32_t m = 0; m < l->bd->models.n; m++) {
		const Program *p = l->bd->models.at[m]->prog;
		for (uint32_t k = 0; p && k < p->funcs.n; k++)
			move_block(p->funcs.at[k]->body, l->buf, to);
	}
}

static void
before_write(NdGuard *g)
{
	Lent *l = (Lent *)g;

	l->stale = l->bd->stale = l->strided != NULL;
	if (l->converted)
		move_models(l);
	l->converted = false;
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
	s = new(bd->arena, Strided);
	*s = (Strided){*nd, (Tensor *)(uintptr_t)t, l->strided};
	l->strided = s;
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
		l->strided = NULL;
		l->converted = true;
		l->buf->guard = &l->guard;
	}
}
