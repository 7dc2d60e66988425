/* gc.c: allocation of objects and their collection by mark and sweep. A collection starts when
 * GC_STEP bytes (and half of what lives, elements of arrays aside) were allocated since the last,
 * at the next statement or call: large arrays are soon marked, and pages never used are dear.
 * Marking goes by an explicit stack, since lists nest as deep as a script likes. */
#include "class.h"

#define SLAB ((size_t)64 << 10)

/* ---- allocation ----
 * Small objects are cells of slabs, one list of free cells for each size: what a collection frees
 * is warm when it is taken again. Sanitizers see each object by itself, and soon after its last
 * use. */
typedef struct Cell {
	struct Cell *next;
} Cell;
typedef struct Slab {
	struct Slab *next;
	uint64_t align;
} Slab;
#if defined(ARENA_SEPARATE) || defined(__SANITIZE_ADDRESS__)
enum { SMALL = 0, GC_STEP = 4 << 10 };
#else
enum { SMALL = CELLS_MAX, GC_STEP = 4 << 20 };
#endif

/* A cell that was never used. */
static Obj *
fresh_cell(Interp *in, size_t cells)
{
	char *at = in->fresh_cells[cells];

	if (!at || at > in->last_cell[cells]) {
		Slab *s = xmalloc(SLAB);

		s->next = in->slabs;
		in->slabs = s;
		at = (char *)(s + 1);
		in->last_cell[cells] = (char *)s + SLAB - cells * 16;
	}
	in->fresh_cells[cells] = at + cells * 16;
	return (Obj *)at;
}

static Obj *
object_memory(Interp *in, size_t size)
{
	size_t cells = (size + 15) / 16;
	Obj *o;

	if (cells > SMALL)
		return xcalloc(1, size);
	o = (Obj *)in->cells[cells];
	if (o)
		in->cells[cells] = in->cells[cells]->next;
	else
		o = fresh_cell(in, cells);
	memset(o, 0, size);
	o->cells = (uint8_t)cells;
	return o;
}

static void
object_release(Interp *in, Obj *o)
{
	Cell *c = (Cell *)o;
	size_t cells = o->cells;

	if (!cells) {
		xfree(o);
		return;
	}
	c->next = in->cells[cells];
	in->cells[cells] = c;
}

void *
interp_alloc(Interp *in, VKind kind, size_t size)
{
	Obj *o = object_memory(in, size);

	o->kind = (uint8_t)kind;
	o->number = ++in->nobject;
	o->next_obj = in->objects;
	in->objects = o;
	in->fresh += size + 16;
	in->steps += size / 256; /* of filling it: the next statement looks at the limit */
	if (in->fresh > in->gc_at)
		in->gc_due = true;
	return o;
}

/* An address would be another in each run: objects have numbers in its place, C functions get one
 * when they are first asked for. */
uint64_t
interp_identity(Interp *in, Value v)
{
	bool type = v.kind == V_TYPE || v.kind == V_DTYPE;
	uint64_t n = on_heap(v) ? v.o->number : type ? (uint64_t)v.i << 8 | v.kind : v.kind;

	if (v.kind == V_BUILTIN) {
		uint32_t *known = map_get(&in->functions, KEY(BUILTIN_OF(v)->fn->fn));
		if (!known) {
			known = new (in->unit, uint32_t);
			*known = ++in->nobject;
			map_put(&in->functions, KEY(BUILTIN_OF(v)->fn->fn), known);
		}
		n = *known;
	}
	return hash_bytes(&n, sizeof n, 0);
}

bool
interp_room(Interp *in, size_t n)
{
	size_t used = in->live + in->fresh + in->unit->total;

	if (in->over)
		return false;
	if (n > in->opt.limits.memory || used > in->opt.limits.memory - n) {
		interp_over(in);
		return fail(in, NOSPAN, "the script needs more than %llu MiB of memory",
		            (unsigned long long)(in->opt.limits.memory >> 20));
	}
	return true;
}

bool
interp_memory(Interp *in, size_t n)
{
	if (!interp_room(in, n) || !interp_steps(in, n / 256))
		return false;
	in->fresh += n;
	if (in->fresh > in->gc_at)
		in->gc_due = true;
	return true;
}

void
interp_push(Interp *in, Value v)
{
	*in->sp++ = v;
}

void
interp_pop(Interp *in, uint32_t n)
{
	in->sp -= n;
}

void
interp_pin(Interp *in, Value v)
{
	if (on_heap(v))
		vec_push(in->unit, &in->pinned, v);
}

/* Its bytes count as those of an array until the next collection, and as kept from then on. */
void
interp_keep(Interp *in, NdBuffer *b)
{
	if (b->kept)
		return;
	b->kept = true;
	b->refs++;
	vec_push(in->unit, &in->kept, b);
	in->kept_size += b->mapped ? 0 : b->size;
}

/* ---- marking ---- */

void
interp_mark(Interp *in, Value v)
{
	if (!on_heap(v) || !v.o || v.o->mark)
		return;
	v.o->mark = 1;
	if (in->ngray == in->gray_cap) {
		in->gray_cap = in->gray_cap ? in->gray_cap * 2 : 1024;
		in->gray = xrealloc(in->gray, in->gray_cap, sizeof *in->gray);
	}
	in->gray[in->ngray++] = v.o;
}

static void
mark_all(Interp *in, const Value *v, size_t n)
{
	for (const Value *end = v + n; v < end; v++)
		interp_mark(in, *v);
}

static void
mark_parts(Interp *in, Obj *o)
{
	const ClosureObj *f = (ClosureObj *)o;
	const ClassObj *c = (ClassObj *)o;
	const SliceObj *slice = (SliceObj *)o;
	const InstanceObj *n = (InstanceObj *)o;
	const MethodObj *m = (MethodObj *)o;

	if (o->sub) {
		interp_mark(in, vobj(sub_of(o)->cls));
		interp_mark(in, sub_of(o)->dict);
	}
	switch (o->kind) {
	case V_LIST:
	case V_TUPLE:
		mark_all(in, ((SeqObj *)o)->at, ((SeqObj *)o)->n);
		break;
	case V_DICT:
	case V_SET:
		for (uint32_t i = 0; i < ((DictObj *)o)->nentry; i++) {
			interp_mark(in, ((DictObj *)o)->entry[i].key);
			interp_mark(in, ((DictObj *)o)->entry[i].val);
		}
		break;
	case V_SLICE:
		mark_all(in, (const Value[]){slice->start, slice->stop, slice->step}, 3);
		break;
	case V_CELL:
		interp_mark(in, ((CellObj *)o)->val);
		break;
	case V_CLASS:
		mark_all(in, (const Value[]){c->dict, c->bases, c->mro}, 3);
		if (c->meta)
			interp_mark(in, vobj(c->meta));
		break;
	case V_INSTANCE:
		mark_all(in, (const Value[]){vobj(n->cls), n->dict, n->base}, 3);
		break;
	case V_METHOD:
		mark_all(in, (const Value[]){m->fn, m->self}, 2);
		break;
	case V_FUNC:
		interp_mark(in, f->dict);
		if (f->home)
			interp_mark(in, (Value){.kind = V_CELL, .o = &f->home->obj});
		mark_all(in, f->dflt, f->code->ndflt);
		for (uint32_t i = 0; i < f->code->nfree; i++)
			interp_mark(in, (Value){.kind = V_CELL, .o = &f->free[i]->obj});
		break;
	case V_BUILTIN:
		interp_mark(in, ((BuiltinObj *)o)->self);
		break;
	case V_ITER:
		mark_all(in, ((IterObj *)o)->v, ITER_STATE);
		if (((IterObj *)o)->type->mark)
			((IterObj *)o)->type->mark(in, (IterObj *)o);
		break;
	case V_HOST:
		if (((HostObj *)o)->type->mark)
			((HostObj *)o)->type->mark(in, (HostObj *)o);
		break;
	default:
		break;
	}
}

static void
mark_roots(Interp *in)
{
	const Value single[] = {in->ret,  in->pending.exc, in->pending.arg, in->pending.context,
	                        in->sent, in->handling,    in->thrown};

	mark_all(in, in->stack, (size_t)(in->sp - in->stack));
	for (Kwarg *k = in->kw; k < in->kwsp; k++)
		interp_mark(in, k->val);
	mark_all(in, single, countof(single));
	mark_all(in, in->pinned.at, in->pinned.n);
	mark_all(in, in->literal.at, in->literal.n);
	for (uint32_t k = 0; k < in->spaces.n; k++) {
		const Space *s = in->spaces.at[k];
		for (uint32_t i = 0; i < s->global.n; i++) {
			interp_mark(in, s->global.at[i].val);
			interp_mark(in, s->global.at[i].fallback);
		}
	}
	for (const Frame *f = in->frame; f; f = f->up) {
		interp_mark(in, f->fields);
		if (f->fo)
			interp_mark(in, vobj((void *)f->fo));
	}
	for (uint32_t i = 0; i < in->modules.n; i++)
		interp_mark(in, in->modules.at[i].val);
	mark_all(in, in->opaque.at, in->opaque.n);
	mark_all(in, in->package.at, in->package.n);
}

/* ---- sweeping ---- */

/* Adds to *elements those of an array, or its part of them when they are shared. */
static size_t
size_of(const Obj *o, size_t *elements)
{
	const NdBuffer *b;

	switch (o->kind) {
	case V_STR:
	case V_BYTES:
		return sizeof(StrObj) + ((const StrObj *)o)->room;
	case V_LIST:
	case V_TUPLE:
		return sizeof(SeqObj) + ((const SeqObj *)o)->cap * sizeof(Value);
	case V_DICT:
	case V_SET:
		return sizeof(DictObj) + ((const DictObj *)o)->cap * sizeof(DictEntry) +
		       ((const DictObj *)o)->nslot * 4;
	case V_ARRAY:
	case V_NPSCALAR:
		b = ((const ArrayObj *)o)->nd.buf;
		*elements += b && !b->mapped && !b->kept && b->refs ? b->size / b->refs : 0;
		return sizeof(ArrayObj);
	default:
		return 64;
	}
}

/* Frees o and what it owns beside itself (SeqObj.at, DictObj.entry, an array's buffer). */
static void
free_object(Interp *in, Obj *o)
{
	switch (o->kind) {
	case V_LIST:
	case V_TUPLE:
		xfree(((SeqObj *)o)->at);
		break;
	case V_DICT:
	case V_SET:
		xfree(((DictObj *)o)->entry);
		xfree(((DictObj *)o)->slot);
		break;
	case V_ARRAY:
	case V_NPSCALAR:
		nd_release(&((ArrayObj *)o)->nd);
		break;
	case V_ITER:
		if (((IterObj *)o)->type->free)
			((IterObj *)o)->type->free((IterObj *)o);
		break;
	default:
		break;
	}
	object_release(in, o);
}

/* When the next collection is due; before the limit is reached by garbage. */
void
gc_plan(Interp *in)
{
	size_t used = in->live + in->unit->total;
	size_t room = in->opt.limits.memory > used ? in->opt.limits.memory - used : 0;

	in->gc_at = MIN(GC_STEP + in->walked / 2, room / 2);
}

void
gc_collect(Interp *in)
{
	Obj **link = &in->objects, *o;

	if (in->nogc)
		return;
	mark_roots(in);
	while (in->ngray)
		mark_parts(in, in->gray[--in->ngray]);
	in->live = in->kept_size;
	in->walked = 0;
	while ((o = *link)) {
		if (o->mark) {
			o->mark = 0;
			in->walked += size_of(o, &in->live) + 16;
			link = &o->next_obj;
			continue;
		}
		*link = o->next_obj;
		free_object(in, o);
	}
	in->live += in->walked;
	in->fresh = 0;
	in->classes_changed++; /* what class_lookup() remembers may be gone */
	in->steps += in->walked / 1024;
	gc_plan(in);
	in->gc_due = in->opt.collect_always;
}

void
gc_free_all(Interp *in)
{
	for (Obj *o = in->objects, *next; o; o = next) {
		next = o->next_obj;
		free_object(in, o);
	}
	for (Slab *s = in->slabs, *up; s; s = up) {
		up = s->next;
		xfree(s);
	}
	for (uint32_t i = 0; i < in->kept.n; i++)
		nd_release(&(Nd){.buf = in->kept.at[i]});
	xfree(in->gray);
	in->objects = 0;
}
