/* fields.c: messages field by field. Elements of a list that have a name or a key are matched by
 * it; others are aligned by what they hold, and what is left between those that are the same is
 * compared one by one. Weights go by their largest difference.
 */
#include "differ.h"

#include <math.h>

#include "MIL.pb-c.h"

typedef ProtobufCFieldDescriptor Field;

enum { FEW = 16 };

static uint64_t
msg_hash(const Msg *m)
{
	Buf b = {0};
	uint64_t h;

	if (m->raw && !m->changed)
		return hash_bytes(m->raw, m->nraw, 0);
	msg_write((Msg *)(uintptr_t)m, &b);
	h = hash_bytes(b.n ? b.at : "", b.n, 0);
	buf_free(&b);
	return h;
}

static bool
same_message(const Msg *a, const Msg *b)
{
	return a && b && a->raw && b->raw && !a->changed && !b->changed && a->nraw == b->nraw &&
	       !memcmp(a->raw, b->raw, a->nraw);
}

/* ---- scalars ---- */

static const char *
scalar_text(Diff *d, const Msg *m, const Field *f, size_t i)
{
	const ProtobufCEnumValue *v;

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return arena_printf(d->arena, "\"%s\"", msg_string_at(m, f->name, i));
	case PROTOBUF_C_TYPE_BYTES:
		return arena_printf(d->arena, "%zu bytes", msg_bytes(m, f->name)->len);
	case PROTOBUF_C_TYPE_BOOL:
		return msg_int_at(m, f->name, i) ? "true" : "false";
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		return arena_printf(d->arena, "%.9g", msg_float_at(m, f->name, i));
	case PROTOBUF_C_TYPE_ENUM:
		v = protobuf_c_enum_descriptor_get_value(f->descriptor,
		                                         (int)msg_int_at(m, f->name, i));
		if (v)
			return v->name;
		/* fall through */
	default:
		return arena_printf(d->arena, "%lld", (long long)msg_int_at(m, f->name, i));
	}
}

/* NULL where nothing is set. */
static const char *
field_text(Diff *d, const Msg *m, const Field *f)
{
	size_t n = msg_count(m, f->name);
	Buf b = {0};

	if (!n || f->label != PROTOBUF_C_LABEL_REPEATED)
		return n ? scalar_text(d, m, f, 0) : NULL;
	if (n > FEW)
		return arena_printf(d->arena, "%zu elements", n);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i ? ", " : "[", scalar_text(d, m, f, i));
	buf_byte(&b, ']');
	return buf_keep(&b, d->arena);
}

/* Numbers of a field as a tensor: a list, or bytes that are halves; NULL: neither. */
static const Tensor *
numbers(Diff *d, const Msg *m, const Field *f)
{
	bool half = f->type == PROTOBUF_C_TYPE_BYTES && !strcmp(f->name, "float16Value");
	int64_t n = half ? (int64_t)msg_bytes(m, f->name)->len / 2 : (int64_t)msg_count(m, f->name);
	DType t = half                                ? DT_FP16
	          : f->type == PROTOBUF_C_TYPE_FLOAT  ? DT_FP32
	          : f->type == PROTOBUF_C_TYPE_DOUBLE ? DT_FP64
	          : f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_BYTES
	              ? DT_NONE
	              : DT_INT64;
	const void *p = half ? msg_bytes(m, f->name)->data : msg_array(m, f->name);

	if (t == DT_NONE || !n || (!half && f->label != PROTOBUF_C_LABEL_REPEATED))
		return NULL;
	return tensor_view(d->arena, t, &n, 1,
	                   half ? arena_dup(d->arena, p, 2 * (size_t)n) : (void *)(uintptr_t)p);
}

static bool
same_scalars(const Msg *a, const Msg *b, const Field *f)
{
	size_t n = msg_count(a, f->name);

	if (n != msg_count(b, f->name))
		return false;
	for (size_t i = 0; i < n; i++) {
		double x, y;
		switch (f->type) {
		case PROTOBUF_C_TYPE_STRING:
			if (strcmp(msg_string_at(a, f->name, i), msg_string_at(b, f->name, i)) != 0)
				return false;
			break;
		case PROTOBUF_C_TYPE_BYTES:
			if (msg_bytes(a, f->name)->len != msg_bytes(b, f->name)->len ||
			    memcmp(msg_bytes(a, f->name)->data, msg_bytes(b, f->name)->data,
			           msg_bytes(a, f->name)->len) != 0)
				return false;
			break;
		case PROTOBUF_C_TYPE_FLOAT:
		case PROTOBUF_C_TYPE_DOUBLE:
			x = msg_float_at(a, f->name, i);
			y = msg_float_at(b, f->name, i);
			if (memcmp(&x, &y, sizeof x) != 0)
				return false;
			break;
		default:
			if (msg_int_at(a, f->name, i) != msg_int_at(b, f->name, i))
				return false;
		}
	}
	return true;
}

static void
diff_scalars(Diff *d, const char *place, const char *what, const Msg *a, const Msg *b,
             const Field *f)
{
	Change c = {.kind = CHANGE_OTHER, .place = place, .what = what, .most = NAN};
	const Tensor *x, *y;

	if (same_scalars(a, b, f))
		return;
	x = numbers(d, a, f);
	y = numbers(d, b, f);
	if (x && y && x->count == y->count && x->count > FEW) {
		c.after = elements_text(d, x, y, &c.most);
	} else {
		c.before = field_text(d, a, f);
		c.after = field_text(d, b, f);
		c.before = c.before ? c.before : "not set";
		c.after = c.after ? c.after : "not set";
	}
	change_add(d, c);
}

/* ---- lists of messages ---- */

/* The text that a Value of a program is, or "". */
static const char *
text_of(const Msg *value)
{
	const Msg *tensor = msg_get(msg_get(value, "immediateValue"), "tensor");

	return msg_string_at(msg_get(tensor, "strings"), "values", 0);
}

/* "input" of "name": what an element is called; "" where it has no name. */
static const char *
name_in(const Msg *m)
{
	static const char *const names[] = {"name", "key"};
	const ProtobufCMessageDescriptor *value =
	    &core_ml__specification__milspec__value__descriptor;

	for (size_t i = 0; i < countof(names); i++) {
		const Field *f =
		    protobuf_c_message_descriptor_get_field_by_name(m->descriptor, names[i]);
		if (f && f->type == PROTOBUF_C_TYPE_STRING)
			return msg_get_string(m, names[i]);
		if (f && f->type == PROTOBUF_C_TYPE_MESSAGE && f->descriptor == value)
			return text_of(msg_get(m, names[i]));
	}
	return "";
}

static const char *
element_place(Diff *d, const char *place, const char *field, const Msg *m, size_t i)
{
	const char *name = name_in(m);
	size_t n = strlen(field);

	if (ends_with(field, n, "s"))
		field = arena_printf(d->arena, "%.*s", (int)n - 1, field);
	return place_in(d, place, field, *name ? name : arena_printf(d->arena, "%zu", i));
}

/* "multiArrayType", the member of a oneof that says what an element is; or NULL. */
static const char *
summary(const Msg *m)
{
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const Field *f = &m->descriptor->fields[i];
		if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF && msg_has(m, f->name))
			return f->name;
		if (f->type == PROTOBUF_C_TYPE_MESSAGE && !strcmp(f->name, "type") &&
		    f->label != PROTOBUF_C_LABEL_REPEATED && msg_has(m, f->name))
			return summary(msg_get(m, f->name));
	}
	return NULL;
}

static void
add_or_remove(Diff *d, ChangeKind kind, const char *place, const char *field, const Msg *m,
              size_t i)
{
	const char *text = summary(m);
	const Field *value =
	    protobuf_c_message_descriptor_get_field_by_name(m->descriptor, "value");

	if (value && value->type == PROTOBUF_C_TYPE_STRING &&
	    value->label != PROTOBUF_C_LABEL_REPEATED)
		text = scalar_text(d, m, value, 0);
	change_add(d, (Change){.kind = kind,
	                       .place = element_place(d, place, field, m, i),
	                       .before = kind == CHANGE_REMOVED ? text : NULL,
	                       .after = kind == CHANGE_ADDED ? text : NULL,
	                       .most = NAN});
}

/* All have names, and no two the same. */
static bool
has_names(Diff *d, const Msg *m, const char *field, Map *by_name)
{
	map_init(by_name, d->arena);
	for (size_t i = 0; i < msg_count(m, field); i++) {
		const Msg *e = msg_at(m, field, i);
		const Str *name = intern_cstr(d->c->names, name_in(e));
		if (!name->len || map_get(by_name, KEY(name)))
			return false;
		map_put(by_name, KEY(name), (Msg *)(uintptr_t)e);
	}
	return true;
}

/* By name: what is in both is compared, wherever it stands. */
static void
diff_named(Diff *d, const char *place, const char *field, const Msg *a, const Msg *b,
           const Map *in_a, const Map *in_b)
{
	for (size_t i = 0; i < msg_count(a, field); i++) {
		const Msg *x = msg_at(a, field, i);
		const Msg *y = map_get(in_b, KEY(intern_cstr(d->c->names, name_in(x))));
		if (y)
			diff_fields(d, element_place(d, place, field, x, i), x, y, NULL);
		else
			add_or_remove(d, CHANGE_REMOVED, place, field, x, i);
	}
	for (size_t i = 0; i < msg_count(b, field); i++) {
		const Msg *y = msg_at(b, field, i);
		if (!map_get(in_a, KEY(intern_cstr(d->c->names, name_in(y)))))
			add_or_remove(d, CHANGE_ADDED, place, field, y, i);
	}
}

static uint64_t *
hashes(Diff *d, const Msg *m, const char *field)
{
	size_t n = msg_count(m, field);
	uint64_t *h = newn(d->arena, uint64_t, n + 1);

	for (size_t i = 0; i < n; i++)
		h[i] = msg_hash(msg_at(m, field, i));
	return h;
}

void
diff_lists(Diff *d, const Msg *a, const Msg *b, const char *field, const Lists *to)
{
	int64_t na = (int64_t)msg_count(a, field), nb = (int64_t)msg_count(b, field), j = 0;
	int64_t *match = newn(d->arena, int64_t, (size_t)na + 1);

	diff_align(d->arena, hashes(d, a, field), (size_t)na, hashes(d, b, field), (size_t)nb,
	           match);
	match[na] = nb;
	for (int64_t i = 0, end; i <= na; i = end + 1) {
		for (end = i; match[end] < 0;)
			end++;
		for (; i < end && j < match[end]; i++)
			to->pair(to->ctx, i, j++);
		for (; i < end; i++)
			to->pair(to->ctx, i, -1);
		while (j < match[end])
			to->pair(to->ctx, -1, j++);
		j++;
	}
}

typedef struct List {
	Diff *d;
	const char *place, *field;
	const Msg *a, *b;
} List;

static void
diff_elements(void *ctx, int64_t i, int64_t j)
{
	const List *l = ctx;
	const Msg *x = i < 0 ? NULL : msg_at(l->a, l->field, (size_t)i);
	const Msg *y = j < 0 ? NULL : msg_at(l->b, l->field, (size_t)j);

	if (x && y)
		diff_fields(l->d, element_place(l->d, l->place, l->field, x, (size_t)i), x, y,
		            NULL);
	else if (x)
		add_or_remove(l->d, CHANGE_REMOVED, l->place, l->field, x, (size_t)i);
	else
		add_or_remove(l->d, CHANGE_ADDED, l->place, l->field, y, (size_t)j);
}

static void
diff_list(Diff *d, const char *place, const char *field, const Msg *a, const Msg *b)
{
	List l = {d, place, field, a, b};
	Map in_a, in_b;

	if (has_names(d, a, field, &in_a) && has_names(d, b, field, &in_b))
		diff_named(d, place, field, a, b, &in_a, &in_b);
	else
		diff_lists(d, a, b, field, &(Lists){&l, diff_elements});
}

/* ---- messages ---- */

static void diff_message(Diff *d, const char *place, const char *what, const Msg *a, const Msg *b,
                         const char *const *skip);

/* A message that only one has is compared with nothing, unless it says by itself what something
 * is. False: it is there or not, and that is all. */
static bool
in_both(Diff *d, const char *place, const char *what, const Msg *a, const Msg *b, const Field *f)
{
	const Msg *x = msg_get(a, f->name), *y = msg_get(b, f->name);
	uint32_t before = d->changes.n;

	if ((!x || !y) && f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return false;
	diff_message(d, place, what, x, y, NULL);
	return (x && y) || d->changes.n > before;
}

static void
diff_message(Diff *d, const char *place, const char *what, const Msg *a, const Msg *b,
             const char *const *skip)
{
	if (same_message(a, b))
		return;
	for (unsigned i = 0; i < (a ? a : b)->descriptor->n_fields; i++) {
		const Field *f = &(a ? a : b)->descriptor->fields[i];
		const char *path = *what ? arena_printf(d->arena, "%s.%s", what, f->name) : f->name;
		bool skipped = false;
		for (const char *const *s = skip; s && *s; s++)
			skipped |= !strcmp(*s, f->name);
		if (skipped || (!msg_count(a, f->name) && !msg_count(b, f->name)))
			continue;
		if (f->type != PROTOBUF_C_TYPE_MESSAGE)
			diff_scalars(d, place, path, a, b, f);
		else if (f->label == PROTOBUF_C_LABEL_REPEATED)
			diff_list(d, *what ? place_in(d, place, what, "") : place, f->name, a, b);
		else if (!in_both(d, place, path, a, b, f))
			change_add(
			    d, (Change){.kind = msg_has(a, f->name) ? CHANGE_REMOVED : CHANGE_ADDED,
			                .place = place,
			                .what = path,
			                .most = NAN});
	}
}

void
diff_fields(Diff *d, const char *place, const Msg *a, const Msg *b, const char *const *skip)
{
	if (a || b)
		diff_message(d, place, "", a, b, skip);
}
