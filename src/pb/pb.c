/* pb.c: checks bytes against a message descriptor before msg.c splits them; writes envelopes.
 *
 * The scan walks exactly the fields that splitting all of the tree would, so its depth, its memory
 * and all reasons to fail are known beforehand. Memory is estimated from above. A single message
 * field that comes again is merged with the first, which costs their size each time: only a few are
 * allowed.
 */

#include "pb.h"

enum {
	MESSAGE_COST = 160, /* bytes of memory per message, at most, */
	FIELD_COST = 96,    /* and per field besides its contents */
	MAX_FIELDS = 512,   /* of one message type */
	MAX_MERGES = 64,    /* in one file */
	MEMORY_FACTOR = 40, /* bytes of memory per byte of input, beyond what any file may take */
};
/* A program of many small operations takes 80 bytes of memory for each of its own. */
static const uint64_t memory_base = UINT64_C(2) << 30;

typedef struct Scan {
	Arena *arena;
	const uint8_t *start;
	const char *error; /* the first */
	uint64_t need;     /* bytes of memory */
	unsigned merges;
} Scan;

typedef struct WireField {
	uint32_t id;
	unsigned wire;
	const uint8_t *at; /* contents: for PB_BYTES after the length */
	size_t n;
} WireField;

/* ---- scanning ---- */

static bool bad(Scan *s, const uint8_t *at, const char *fmt, ...) PRINTF(3, 4);

static bool
bad(Scan *s, const uint8_t *at, const char *fmt, ...)
{
	Buf b = {0};

	buf_printf(&b, "at byte %zu: ", (size_t)(at - s->start));
	WITH_ARGS(fmt, ap, buf_vprintf(&b, fmt, ap));
	s->error = buf_keep(&b, s->arena);
	return false;
}

/* Bytes of the varint at p; 0 if it does not end in time. */
static size_t
get_varint(const uint8_t *p, const uint8_t *end, uint64_t *out)
{
	size_t i;

	*out = 0;
	for (i = 0; i < 10 && p + i < end; i++) {
		*out |= (uint64_t)(p[i] & 0x7f) << (7 * i);
		if (!(p[i] & 0x80))
			return i + 1;
	}
	return 0;
}

/* Splits one field off; *next is behind it then. */
static bool
get_field(Scan *s, const char *message, const uint8_t **next, const uint8_t *end, WireField *f)
{
	const uint8_t *p = *next;
	uint64_t tag, len = 0;
	size_t k = get_varint(p, end, &tag);

	/* field numbers have 29 bits */
	if (!k || k > 5 || tag >> 3 == 0 || tag > UINT32_MAX)
		return bad(s, p, "expected a field of %s, found no valid tag", message);
	f->id = (uint32_t)(tag >> 3);
	f->wire = tag & 7;
	f->at = p + k;
	switch (f->wire) {
	case PB_VARINT:
		len = get_varint(f->at, end, &len);
		if (!len)
			return bad(s, p, "number in field %u of %s does not end", f->id, message);
		break;
	case PB_64:
		len = 8;
		break;
	case PB_32:
		len = 4;
		break;
	case PB_BYTES:
		k = get_varint(f->at, end, &len);
		if (!k)
			return bad(s, p, "length of field %u of %s does not end", f->id, message);
		f->at += k;
		break;
	default:
		return bad(s, p, "field %u of %s has wire type %u, which is not in use", f->id,
		           message, f->wire);
	}
	if (len > (uint64_t)(end - f->at))
		return bad(s, p, "field %u of %s has %llu bytes, but only %zu are left", f->id,
		           message, (unsigned long long)len, (size_t)(end - f->at));
	f->n = (size_t)len;
	*next = f->at + f->n;
	return true;
}

unsigned
pb_wire(ProtobufCType t)
{
	switch (t) {
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return PB_32;
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return PB_64;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return PB_BYTES;
	default:
		return PB_VARINT;
	}
}

/* Strings become C strings, and names: they must be text without a NUL. */
static bool
check_string(Scan *s, const char *message, const char *field, const WireField *f)
{
	const char *p = (const char *)f->at;
	size_t i, k;
	uint32_t cp;

	for (i = 0; i < f->n; i += k) {
		k = utf8_next(p + i, f->n - i, &cp);
		if (cp == 0 || cp == UTF8_BAD)
			return bad(s, f->at + i, "string '%s' of %s is not UTF-8 text without NUL",
			           field, message);
	}
	return true;
}

/* Several numbers in one field. */
static bool
check_packed(Scan *s, const char *message, const ProtobufCFieldDescriptor *d, const WireField *f)
{
	unsigned wire = pb_wire(d->type);
	size_t size = wire == PB_32 ? 4 : 8, i, k;
	uint64_t v;

	if (wire != PB_VARINT) {
		if (f->n % size)
			return bad(s, f->at, "'%s' of %s has %zu bytes, expected a multiple of %zu",
			           d->name, message, f->n, size);
		s->need += f->n;
		return true;
	}
	for (i = 0; i < f->n; i += k) {
		k = get_varint(f->at + i, f->at + f->n, &v);
		if (!k)
			return bad(s, f->at + i, "number in '%s' of %s does not end", d->name,
			           message);
		s->need += 8;
	}
	return true;
}

static bool scan_message(Scan *s, const ProtobufCMessageDescriptor *d, const uint8_t *p,
                         const uint8_t *end, int depth);

static bool
scan_field(Scan *s, const ProtobufCMessageDescriptor *m, const ProtobufCFieldDescriptor *d,
           const WireField *f, int depth)
{
	unsigned wire = pb_wire(d->type);

	if (f->wire == PB_BYTES && wire != PB_BYTES && d->label == PROTOBUF_C_LABEL_REPEATED)
		return check_packed(s, m->short_name, d, f);
	if (f->wire != wire)
		return bad(s, f->at, "'%s' of %s has wire type %u, expected %u", d->name,
		           m->short_name, f->wire, wire);
	switch (d->type) {
	case PROTOBUF_C_TYPE_STRING:
		s->need += f->n;
		return check_string(s, m->short_name, d->name, f);
	case PROTOBUF_C_TYPE_BYTES:
		s->need += f->n;
		return true;
	case PROTOBUF_C_TYPE_MESSAGE:
		return scan_message(s, d->descriptor, f->at, f->at + f->n, depth + 1);
	default:
		return true;
	}
}

/* Counts a single message field that comes again: it is merged. */
static bool
check_again(Scan *s, const ProtobufCMessageDescriptor *m, const ProtobufCFieldDescriptor *d,
            uint8_t *seen, const WireField *f)
{
	size_t i = (size_t)(d - m->fields);

	if (d->type != PROTOBUF_C_TYPE_MESSAGE || d->label == PROTOBUF_C_LABEL_REPEATED)
		return true;
	if (seen[i / 8] >> (i % 8) & 1 && ++s->merges > MAX_MERGES)
		return bad(s, f->at,
		           "'%s' of %s comes again: too many single fields do, expected one each",
		           d->name, m->short_name);
	seen[i / 8] |= (uint8_t)(1u << (i % 8));
	return true;
}

static bool
scan_message(Scan *s, const ProtobufCMessageDescriptor *m, const uint8_t *p, const uint8_t *end,
             int depth)
{
	uint8_t seen[MAX_FIELDS / 8] = {0};
	const ProtobufCFieldDescriptor *d;
	WireField f = {0};

	if (m->n_fields > MAX_FIELDS)
		die("message type %s has %u fields", m->short_name, m->n_fields);
	if (depth > PB_MAX_DEPTH)
		return bad(s, p, "messages are nested more than %d deep", PB_MAX_DEPTH);
	s->need += MESSAGE_COST;
	while (p < end) {
		if (!get_field(s, m->short_name, &p, end, &f))
			return false;
		d = protobuf_c_message_descriptor_get_field(m, f.id);
		s->need += FIELD_COST;
		if (d && !(check_again(s, m, d, seen, &f) && scan_field(s, m, d, &f, depth)))
			return false;
	}
	return true;
}

const char *
pb_check(Arena *a, const ProtobufCMessageDescriptor *d, const void *p, size_t n)
{
	Scan s = {.arena = a, .start = p};

	if (n > PB_MAX_BYTES)
		return arena_printf(a, "%zu bytes, expected less than 2 GiB", n);
	if (!n)
		return 0;
	if (!scan_message(&s, d, p, s.start + n, 1))
		return s.error;
	if (s.need > memory_base + (uint64_t)n * MEMORY_FACTOR)
		return arena_printf(
		    a, "%zu bytes would take %llu bytes of memory, which is out of proportion", n,
		    (unsigned long long)s.need);
	return 0;
}

/* ---- writing ---- */

void
pb_varint(Buf *b, uint64_t v)
{
	char part[PB_MAX_VARINT];

	buf_put(b, part, (size_t)(pb_write_varint(part, v) - part));
}

void
pb_tag(Buf *b, uint32_t field, unsigned wire)
{
	pb_varint(b, (uint64_t)field << 3 | wire);
}

char *
pb_room(Buf *b, size_t n)
{
	buf_reserve(b, n);
	b->n += n;
	b->at[b->n] = 0;
	return b->at + b->n - n;
}

void
pb_head(Buf *b, uint32_t field, size_t n)
{
	char part[2 * PB_MAX_VARINT];

	buf_put(b, part, (size_t)(pb_write_head(part, field, n) - part));
}

void
pb_uint_field(Buf *b, uint32_t field, uint64_t v)
{
	if (!v)
		return;
	pb_tag(b, field, PB_VARINT);
	pb_varint(b, v);
}

void
pb_len_field(Buf *b, uint32_t field, const void *p, size_t n)
{
	pb_head(b, field, n);
	buf_put(b, p, n);
}

void
pb_str_field(Buf *b, uint32_t field, const char *s)
{
	pb_len_field(b, field, s, strlen(s));
}

size_t
pb_open(Buf *b, uint32_t field)
{
	pb_tag(b, field, PB_BYTES);
	return b->n;
}

/* The length is put in front only now, when it is known. */
void
pb_close(Buf *b, size_t mark)
{
	size_t n = b->n - mark, k = pb_varint_size(n);

	buf_reserve(b, k);
	memmove(b->at + mark + k, b->at + mark, n);
	pb_write_varint(b->at + mark, n);
	b->n += k;
	b->at[b->n] = 0;
}
