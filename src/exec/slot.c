/* slot.c: see slot.h. */
#include "slot.h"

#include "base/sys.h"
#include "runtime/fast.h"

/* Scratch an evaluator may leave beside its results before they are moved away from it. */
enum { SLACK = 64 << 10 };

/* ---- buffers ---- */

/* The size of buffers for so many bytes, and its number. */
static size_t
buffer_size(size_t bytes, int *number)
{
	size_t n = MAX(bytes, (size_t)KERNEL_ALIGN), step;
	int power = 63 - __builtin_clzll(n);

	step = (size_t)1 << (power - 3);
	n = (n + step - 1) / step;
	if (n == 16) { /* the next power */
		n = 8;
		step *= 2;
		power++;
	}
	*number = (power - 6) * 8 + (int)n - 8;
	return n * step;
}

static void
free_buffers(Heap *h)
{
	for (int i = 0; i < BUFFER_SIZES; i++)
		while (h->buffer[i]) {
			FreeBuffer *f = h->buffer[i];
			h->buffer[i] = f->next;
			xfree(((void **)f)[-1]);
		}
	h->waiting = 0;
}

/* Where a block of the malloc family begins stands before the aligned bytes. */
static void *
new_buffer(size_t size)
{
	size_t total = size + KERNEL_ALIGN + sizeof(void *);
	char *raw = total >= SYS_HUGE ? xhuge(total) : xmalloc(total);
	uintptr_t at =
	    ((uintptr_t)raw + sizeof(void *) + KERNEL_ALIGN - 1) & -(uintptr_t)KERNEL_ALIGN;

	((void **)at)[-1] = raw;
	return (void *)at;
}

/* The smallest that waits and is large enough: of large ones up to four times as large, since its
 * pages are there anyway. */
static void *
waiting_buffer(Heap *h, int number, size_t *size)
{
	enum { LARGE = 64 << 10 };
	int most = number + (*size < LARGE ? 5 : 2 * 8);

	for (int i = number; i < MIN(most, BUFFER_SIZES); i++) {
		FreeBuffer *f = h->buffer[i];
		if (!f)
			continue;
		*size = (size_t)(8 + i % 8) << (i / 8 + 3);
		h->buffer[i] = f->next;
		h->waiting -= *size;
		return f;
	}
	return NULL;
}

static void
give_back(Heap *h, Box *b)
{
	FreeBuffer *f = b->buffer;
	int number;

	if (!f)
		return;
	buffer_size(b->room, &number);
	f->next = h->buffer[number];
	h->buffer[number] = f;
	h->waiting += b->room;
	b->buffer = NULL;
	b->room = 0;
}

/* ---- boxes ---- */

Box *
box_new(Heap *h)
{
	Box *b = h->spare;

	if (b) {
		h->spare = b->next;
		*b = (Box){.refs = 1};
	} else {
		b = xcalloc(1, sizeof *b);
		b->refs = 1;
	}
	b->next = h->boxes;
	if (h->boxes)
		h->boxes->prev = b;
	h->boxes = b;
	return b;
}

/* Counts what lies in the box now. */
static void
box_count(Heap *h, Box *b)
{
	h->bytes += b->arena.total + b->used - b->bytes;
	b->bytes = b->arena.total + b->used;
	h->peak = MAX(h->peak, h->bytes);
	h->most = MAX(h->most, h->bytes);
}

void *
box_buffer(Heap *h, Box *b, size_t bytes)
{
	int number;
	size_t size = buffer_size(bytes, &number);

	b->used = size;
	b->buffer = waiting_buffer(h, number, &size);
	if (!b->buffer) {
		if (h->waiting > h->most) /* of sizes that nobody asks for any more */
			free_buffers(h);
		b->buffer = new_buffer(size);
	}
	b->room = size;
	box_count(h, b);
	return b->buffer;
}

void *
box_take(Heap *h, Box *b, const Slot *from, size_t bytes)
{
	Box *old = from->box;

	if (!old || old->refs != 1 || !old->buffer || old->room < bytes ||
	    from->v.t->data != old->buffer)
		return NULL;
	b->buffer = old->buffer;
	b->room = old->room;
	b->used = old->used;
	old->buffer = NULL;
	old->room = old->used = 0;
	box_count(h, old);
	box_count(h, b);
	return b->buffer;
}

static void
box_free(Heap *h, Box *b)
{
	if (b->prev)
		b->prev->next = b->next;
	else
		h->boxes = b->next;
	if (b->next)
		b->next->prev = b->prev;
	h->bytes -= b->bytes;
	arena_free(&b->arena);
	give_back(h, b);
	b->next = h->spare;
	h->spare = b;
}

/* Boxes hold boxes of elements and of shared data, which hold none: two levels. */
static void
box_release(Heap *h, Box *b)
{
	if (!b || --b->refs)
		return;
	for (int64_t i = 0; i < b->nheld; i++)
		box_release(h, b->held[i]);
	box_free(h, b);
}

void
heap_free(Heap *h)
{
	while (h->boxes)
		box_free(h, h->boxes);
	while (h->spare) {
		Box *b = h->spare;
		h->spare = b->next;
		xfree(b);
	}
	free_buffers(h);
}

Slot
slot_new(Heap *h, DType t, const int64_t *dim, int rank)
{
	Box *b = box_new(h);
	Tensor *to = &b->tensor;

	*to = (Tensor){.dtype = t, .rank = rank};
	to->dim = arena_dup(&b->arena, dim, (size_t)rank * sizeof *dim);
	if (!shape_count(dim, rank, &to->count))
		die("a value of no shape");
	to->data = box_buffer(h, b, tensor_bytes(to));
	return (Slot){{to, NULL}, b};
}

Slot
slot_own(Heap *h, const Tensor *t)
{
	Slot s = slot_new(h, t->dtype, t->dim, t->rank);

	if (t->data)
		memcpy(s.v.t->data, t->data, tensor_bytes(t));
	else
		tensor_read(t, 0, t->count, s.v.t->data);
	return s;
}

void
slot_unblock(Heap *h, Slot *s)
{
	const Box *old = s->box;
	BlockShape shape;
	Slot plain;

	if (!old || !old->blocks)
		return;
	blocks_shape(s->v.t->dim, old->blocks, &shape);
	plain = slot_new(h, s->v.t->dtype, s->v.t->dim, s->v.t->rank);
	blocks_read(&shape, dtype_size(s->v.t->dtype), s->v.t->data, plain.v.t->data);
	slot_clear(h, s);
	*s = plain;
}

Slot
slot_share(Slot s)
{
	if (s.box)
		s.box->refs++;
	return s;
}

void
slot_clear(Heap *h, Slot *s)
{
	box_release(h, s->box);
	*s = (Slot){{0, 0}, 0};
}

/* The operand in whose memory the tensor's data lie, or 0. */
static const Slot *
shared_with(const Tensor *t, const Slot *in, uint32_t nin)
{
	for (uint32_t i = 0; i < nin; i++) {
		const Tensor *x = in[i].v.t;
		uintptr_t at = (uintptr_t)t->data, from = x ? (uintptr_t)x->data : 0;
		if (from && at >= from && at < from + MAX(tensor_bytes(x), 1))
			return &in[i];
	}
	return NULL;
}

/* The operand itself, or an element of an operand that is a list. */
static bool
adopt_same(const Tensor *t, const Slot *in, uint32_t nin, Slot *to)
{
	for (uint32_t i = 0; i < nin; i++) {
		const RtList *l = in[i].v.list;
		if (in[i].v.t == t) {
			*to = slot_share(in[i]);
			return true;
		}
		for (int64_t k = 0; l && k < l->n; k++)
			if (l->item[k] == t) {
				Box *held =
				    in[i].box && k < in[i].box->nheld ? in[i].box->held[k] : NULL;
				*to = slot_share((Slot){{t, 0}, held});
				return true;
			}
	}
	return false;
}

static Slot
adopt_tensor(Box *b, const Tensor *t, const Slot *in, uint32_t nin)
{
	const Slot *from = t->data ? shared_with(t, in, nin) : NULL;
	Slot s;

	if (adopt_same(t, in, nin, &s))
		return s;
	if (!t->data || (from && b->nheld)) {
		t = tensor_copy(&b->arena, t);
	} else if (from && from->box) {
		Box *owner = from->box->nheld ? from->box->held[0] : from->box;
		b->held = newn(&b->arena, Box *, 1);
		b->held[0] = owner;
		b->nheld = 1;
		owner->refs++;
	}
	return slot_share((Slot){{t, 0}, b});
}

/* An element of a new list: of the old list at the same place, an operand, or new. */
static Box *
adopt_item(Heap *h, RtList *l, int64_t i, const Slot *in, uint32_t nin)
{
	Box *b;

	for (uint32_t k = 0; k < nin; k++) {
		const RtList *old = in[k].v.list;
		b = in[k].box;
		if (in[k].v.t == l->item[i] || (old && i < old->n && old->item[i] == l->item[i])) {
			b = !old ? b : b && i < b->nheld ? b->held[i] : NULL;
			if (b)
				b->refs++;
			return b;
		}
	}
	b = box_new(h);
	l->item[i] = tensor_copy(&b->arena, l->item[i]);
	box_count(h, b);
	return b;
}

static Slot
adopt_list(Heap *h, const RtList *l, const Slot *in, uint32_t nin)
{
	Box *b = box_new(h);
	RtList *own = arena_dup(&b->arena, l, sizeof *l);

	own->item = newn(&b->arena, const Tensor *, (size_t)MAX(l->n, 1));
	own->dim = arena_dup(&b->arena, l->dim, (size_t)l->rank * sizeof *l->dim);
	b->held = newn(&b->arena, Box *, (size_t)MAX(l->n, 1));
	b->nheld = l->n;
	for (int64_t i = 0; i < l->n; i++) {
		own->item[i] = l->item[i];
		if (own->item[i])
			b->held[i] = adopt_item(h, own, i, in, nin);
	}
	box_count(h, b);
	return (Slot){{0, own}, b};
}

/* Results that lie among a lot of scratch move to a box of their own. */
static Box *
leave_scratch(Heap *h, Box *b, RtValue *out, uint32_t nout, const Slot *in, uint32_t nin)
{
	size_t need = 0;
	Box *own;

	for (uint32_t i = 0; i < nout; i++)
		need += out[i].t ? tensor_bytes(out[i].t) : 0;
	if (b->arena.total <= need + need / 2 + SLACK)
		return b;
	own = box_new(h);
	for (uint32_t i = 0; i < nout; i++) {
		Slot s;
		const Tensor *t = out[i].t;
		if (!t)
			continue;
		if (adopt_same(t, in, nin, &s))
			slot_clear(h, &s);
		else if (shared_with(t, in, nin))
			out[i].t = tensor_view(&own->arena, t->dtype, t->dim, t->rank, t->data);
		else
			out[i].t = tensor_copy(&own->arena, t);
	}
	return own;
}

void
slots_adopt(Heap *h, Box *b, const RtValue *out, uint32_t nout, const Slot *in, uint32_t nin,
            Slot *to)
{
	RtValue *v = arena_dup(&b->arena, out, nout * sizeof *out);
	Box *own;

	for (uint32_t i = 0; i < nout; i++)
		if (v[i].t && !v[i].t->data && v[i].t->count > 0)
			v[i].t = tensor_copy(&b->arena, v[i].t);
	own = leave_scratch(h, b, v, nout, in, nin);
	for (uint32_t i = 0; i < nout; i++)
		to[i] = v[i].list ? adopt_list(h, v[i].list, in, nin)
		                  : adopt_tensor(own, v[i].t, in, nin);
	if (own != b)
		box_release(h, b);
	box_count(h, own);
	box_release(h, own);
}
