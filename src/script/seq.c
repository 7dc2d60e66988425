/* seq.c: lists, tuples and ranges: indexing, slicing, concatenation, search. The bounds of slices
 * are those of Python for every kind of sequence (slice_bounds).
 */
#include "class.h"
#include "core.h"

/* More items than this are refused as more memory than there is. */
#define SEQ_MAX ((size_t)1 << 31)

Value
vrange(Interp *in, int64_t start, int64_t stop, int64_t step)
{
	RangeObj *r = interp_alloc(in, V_RANGE, sizeof *r);

	r->start = start;
	r->stop = stop;
	r->step = step;
	return vobj(r);
}

int64_t
range_len(const RangeObj *r)
{
	uint64_t span, step;

	if (r->step > 0 ? r->start >= r->stop : r->start <= r->stop)
		return 0;
	span = r->step > 0 ? (uint64_t)r->stop - (uint64_t)r->start
	                   : (uint64_t)r->start - (uint64_t)r->stop;
	step = r->step > 0 ? (uint64_t)r->step : 0 - (uint64_t)r->step;
	span = (span - 1) / step;
	return span >= INT64_MAX ? INT64_MAX : (int64_t)span + 1;
}

void
range_at(const RangeObj *r, int64_t i, Value *out)
{
	*out = vint((int64_t)((uint64_t)r->start + (uint64_t)i * (uint64_t)r->step));
}

bool
range_find(Value range, Value item, int64_t *index)
{
	RangeObj *r = RANGE_OF(range);
	uint64_t off, step = r->step > 0 ? (uint64_t)r->step : 0 - (uint64_t)r->step;
	int64_t i = item.i;

	*index = -1;
	if (item.kind == V_FLOAT) {
		if (item.f != (double)(int64_t)item.f)
			return false;
		i = (int64_t)item.f;
	}
	if (!range_len(r) ||
	    (r->step > 0 ? i < r->start || i >= r->stop : i > r->start || i <= r->stop))
		return false;
	off = r->step > 0 ? (uint64_t)i - (uint64_t)r->start : (uint64_t)r->start - (uint64_t)i;
	if (off % step)
		return false;
	*index = (int64_t)(off / step);
	return true;
}

bool
range_contains(Interp *in, Value range, Value item, bool *out)
{
	Value plain = item;
	int64_t i;

	if (item.kind == V_NPSCALAR && !arrays(in)->item(in, item, &plain, NOSPAN))
		return false;
	*out = false;
	if (plain.kind == V_FLOAT && !(plain.f > -9.2e18 && plain.f < 9.2e18))
		return true;
	if (plain.kind == V_INT || plain.kind == V_BOOL || plain.kind == V_FLOAT)
		*out = range_find(range, plain, &i);
	return true;
}

/* False: too large (reported). */
static bool
seq_reserve(Interp *in, SeqObj *s, size_t n)
{
	size_t cap = s->cap;

	if (n <= cap)
		return true;
	if (n > SEQ_MAX)
		return interp_memory(in, SIZE_MAX);
	cap = MIN(MAX(n, cap + cap / 2 + 4), SEQ_MAX);
	if (!interp_memory(in, (cap - s->cap) * sizeof *s->at))
		return false;
	s->at = xrealloc(s->at, cap, sizeof *s->at);
	s->cap = (uint32_t)cap;
	return true;
}

bool
vlist_push(Interp *in, Value list, Value v)
{
	SeqObj *s = SEQ_OF(list);

	if (s->n == s->cap && !seq_reserve(in, s, (size_t)s->n + 1))
		return false;
	s->at[s->n++] = v;
	return true;
}

/* ---- indices ---- */

bool
seq_index(Interp *in, Value key, int64_t n, const char *what, int64_t *out, Span at)
{
	int64_t i = key.i;
	bool text;
	Big big;

	if (key.kind != V_INT && key.kind != V_BOOL) {
		text = !strcmp(what, "string");
		if (is_poison(key) || host_refuses(in, "index", key, VUNSET, at))
			return false;
		if (!is_index(in, key, &big))
			return fail(in, at,
			            text ? "%.*s indices must be integers, not '%s'"
			                 : "%.*s indices must be integers or slices, not %s",
			            (int)strcspn(what, " "), what, type_name(key));
		i = big < INT64_MIN || big > INT64_MAX ? INT64_MAX : (int64_t)big;
	}
	*out = i < 0 ? i + n : i;
	if (*out < 0 || *out >= n)
		return fail(in, at, "%s index out of range: %lld of %lld", what, (long long)i,
		            (long long)n);
	return true;
}

/* One bound, cut to what a slice can mean. */
static bool
slice_part(Interp *in, Value v, int64_t absent, int64_t *out, Span at)
{
	Big b;

	*out = absent;
	if (v.kind == V_NONE)
		return true;
	if (is_poison(v))
		return false;
	if (!is_index(in, v, &b))
		return host_refuses(in, "index", v, VUNSET, at)
		           ? false
		           : fail(in, at, "slice indices must be integers or None, not %s",
		                  type_name(v));
	*out = b < -INT64_MAX ? -INT64_MAX : b > INT64_MAX ? INT64_MAX : (int64_t)b;
	return true;
}

static int64_t
clamp(int64_t i, int64_t len, int64_t low, int64_t high)
{
	if (i < 0)
		i += len;
	return i < low ? low : i > high ? high : i;
}

bool
slice_bounds(Interp *in, Value slice, int64_t len, int64_t *start, int64_t *stop, int64_t *step,
             int64_t *count, Span at)
{
	SliceObj *s = SLICE_OF(slice);
	bool down;

	if (!slice_part(in, s->step, 1, step, at))
		return false;
	if (!*step)
		return fail(in, at, "slice step cannot be zero");
	down = *step < 0;
	if (!slice_part(in, s->start, down ? INT64_MAX : 0, start, at) ||
	    !slice_part(in, s->stop, INT64_MAX, stop, at))
		return false;
	*start = clamp(*start, len, down ? -1 : 0, down ? len - 1 : len);
	*stop = s->stop.kind == V_NONE ? down ? -1 : len
	                               : clamp(*stop, len, down ? -1 : 0, down ? len - 1 : len);
	if (down)
		*count = *start > *stop ? (*start - *stop - 1) / -*step + 1 : 0;
	else
		*count = *start < *stop ? (*stop - *start - 1) / *step + 1 : 0;
	return true;
}

static bool
range_getitem(Interp *in, Value v, Value key, Value *out, Span at)
{
	RangeObj *r = RANGE_OF(v);
	int64_t i, stop, step, n, len = range_len(r);
	Value a, b;

	if (key.kind != V_SLICE) {
		if (!seq_index(in, key, len, "range object", &i, at))
			return false;
		range_at(r, i, out);
		return true;
	}
	if (!slice_bounds(in, key, len, &i, &stop, &step, &n, at))
		return false;
	range_at(r, i, &a);
	range_at(r, stop, &b);
	*out = vrange(in, a.i, b.i, (int64_t)((uint64_t)r->step * (uint64_t)step));
	return true;
}

bool
seq_getitem(Interp *in, Value v, Value key, Value *out, Span at)
{
	SeqObj *s = SEQ_OF(v);
	int64_t i, stop, step, n;

	if (v.kind == V_RANGE)
		return range_getitem(in, v, key, out, at);
	if (key.kind != V_SLICE) {
		if (!seq_index(in, key, s->n, kind_name(v.kind), &i, at))
			return false;
		*out = s->at[i];
		return true;
	}
	if (!slice_bounds(in, key, s->n, &i, &stop, &step, &n, at))
		return false;
	*out = vseq(in, v.kind, 0, (size_t)n);
	for (int64_t k = 0; k < n; k++)
		SEQ_OF(*out)->at[k] = s->at[i + k * step];
	return true;
}

bool
list_splice(Interp *in, SeqObj *s, int64_t i, int64_t j, const Value *with, uint32_t n)
{
	if (j < i)
		j = i;
	if (!seq_reserve(in, s, (size_t)s->n - (size_t)(j - i) + n))
		return false;
	if (!interp_steps(in, (uint64_t)(s->n - j + n) / 64))
		return false;
	if (s->n > j)
		memmove(s->at + i + n, s->at + j, (s->n - (size_t)j) * sizeof *s->at);
	if (n)
		memcpy(s->at + i, with, n * sizeof *s->at);
	s->n = (uint32_t)(s->n - (j - i) + n);
	return true;
}

bool
list_setitem(Interp *in, Value v, Value key, Value x, Span at)
{
	SeqObj *s = SEQ_OF(v);
	int64_t i, stop, step, n;
	Value items;

	if (key.kind != V_SLICE) {
		if (key.kind == V_INT && key.i >= 0 && key.i < s->n)
			i = key.i;
		else if (!seq_index(in, key, s->n, "list assignment", &i, at))
			return false;
		s->at[i] = x;
		return true;
	}
	if (!value_iterable(in, x))
		return fail(in, at,
		            SLICE_OF(key)->step.kind == V_NONE
		                ? "can only assign an iterable"
		                : "must assign iterable to extended slice");
	if (!value_to_list(in, x, &items, at) ||
	    !slice_bounds(in, key, s->n, &i, &stop, &step, &n, at))
		return false;
	if (step == 1)
		return list_splice(in, s, i, stop, SEQ_OF(items)->at, SEQ_OF(items)->n);
	if (SEQ_OF(items)->n != n)
		return fail(in, at, "attempt to assign %u items to an extended slice of %lld",
		            SEQ_OF(items)->n, (long long)n);
	for (int64_t k = 0; k < n; k++)
		s->at[i + k * step] = SEQ_OF(items)->at[k];
	return true;
}

bool
list_delitem(Interp *in, Value v, Value key, Span at)
{
	SeqObj *s = SEQ_OF(v);
	int64_t i, stop, step, n;
	uint32_t kept = 0;

	if (key.kind != V_SLICE)
		return seq_index(in, key, s->n, "list assignment", &i, at) &&
		       list_splice(in, s, i, i + 1, 0, 0);
	if (!slice_bounds(in, key, s->n, &i, &stop, &step, &n, at))
		return false;
	if (step < 0 && n) {
		i += (n - 1) * step;
		step = -step;
	}
	if (!interp_steps(in, s->n / 16))
		return false;
	for (int64_t k = 0, gone = 0; k < s->n; k++)
		if (gone < n && k == i + gone * step)
			gone++;
		else
			s->at[kept++] = s->at[k];
	s->n = kept;
	return true;
}

/* ---- operators ---- */

bool
seq_concat(Interp *in, Value a, Value b, Value *out)
{
	uint32_t n = SEQ_OF(a)->n, m = SEQ_OF(b)->n;

	if ((size_t)n + m > SEQ_MAX)
		return interp_memory(in, SIZE_MAX);
	if (!interp_memory(in, ((size_t)n + m) * sizeof(Value)))
		return false;
	*out = vseq(in, a.kind, 0, (size_t)n + m);
	if (n)
		memcpy(SEQ_OF(*out)->at, SEQ_OF(a)->at, n * sizeof(Value));
	if (m)
		memcpy(SEQ_OF(*out)->at + n, SEQ_OF(b)->at, m * sizeof(Value));
	return true;
}

bool
repeat_count(Interp *in, Value n, size_t len, size_t unit, int64_t *out, Span at)
{
	Big big = 0;
	size_t items, bytes;

	is_index(in, n, &big);
	*out = big < 0 || !len ? 0 : big > INT64_MAX ? INT64_MAX : (int64_t)big;
	if (!mul_size((size_t)*out, len, &items) || items > SEQ_MAX ||
	    !mul_size(items, unit, &bytes))
		return fail(in, at, "a sequence of %zu items repeated that often is too long", len);
	return interp_memory(in, bytes);
}

bool
seq_repeat(Interp *in, Value a, Value n, Value *out, Span at)
{
	uint32_t len = SEQ_OF(a)->n;
	int64_t times;

	if (!repeat_count(in, n, len, sizeof(Value), &times, at))
		return false;
	*out = vseq(in, a.kind, 0, (size_t)times * len);
	for (int64_t k = 0; k < times; k++)
		memcpy(SEQ_OF(*out)->at + k * len, SEQ_OF(a)->at, len * sizeof(Value));
	return true;
}

/* Those before a failure stay. */
static bool
extend(Interp *in, Value list, Value iterable, bool hint, Span at)
{
	Value it, v;
	int r;

	if ((iterable.kind == V_LIST || iterable.kind == V_TUPLE) && !iterable.o->sub) {
		uint32_t n = SEQ_OF(iterable)->n;
		if (!interp_steps(in, n / 64) ||
		    !seq_reserve(in, SEQ_OF(list), (size_t)SEQ_OF(list)->n + n))
			return false;
		for (uint32_t i = 0; i < n; i++) /* which may be the list itself */
			SEQ_OF(list)->at[SEQ_OF(list)->n++] = SEQ_OF(iterable)->at[i];
		return true;
	}
	if (!value_iter(in, iterable, &it, at))
		return false;
	interp_push(in, list);
	interp_push(in, it);
	r = hint ? length_hint(in, iterable, at) : 1;
	while (r > 0 && (r = value_next(in, it, &v, at)) > 0)
		r = interp_item(in) && vlist_push(in, list, v) ? 1 : -1;
	interp_pop(in, 2);
	return r == 0;
}

bool
list_extend(Interp *in, Value list, Value iterable, Span at)
{
	return extend(in, list, iterable, true, at);
}

bool
value_to_list(Interp *in, Value v, Value *list, Span at)
{
	*list = vlist(in, 0, 0);
	return extend(in, *list, v, false, at);
}

void
seq_reverse(SeqObj *s)
{
	for (uint32_t i = 0, j = s->n; i + 1 < j; i++) {
		Value v = s->at[i];
		s->at[i] = s->at[--j];
		s->at[j] = v;
	}
}

/* The first item equal to `item` within [from, to); -1 if there is none. */
bool
seq_find(Interp *in, Value seq, Value item, int64_t from, int64_t to, int64_t *index)
{
	*index = -1;
	for (int64_t i = from; i < to && i < SEQ_OF(seq)->n; i++) {
		bool same;
		if (!value_same(in, SEQ_OF(seq)->at[i], item, &same))
			return false;
		if (same) {
			*index = i;
			break;
		}
	}
	return true;
}
