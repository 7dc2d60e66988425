/* model.c: fuzzes the readers of models: the input is the model's message, which is run as an
 * .mlmodel and as the model of a package. Inputs are changed field by field, so that lengths
 * stay right.
 */
#include "target.h"

enum { WEIGHTS = 3999 };
#define PACKAGE "p.mlpackage/Data/com.apple.CoreML/"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char manifest[] =
	    "{\"fileFormatVersion\": \"1.0.0\", \"itemInfoEntries\": {\"a\": {\"path\": "
	    "\"com.apple.CoreML/model.mlmodel\"}, \"b\": {\"path\": "
	    "\"com.apple.CoreML/weights\"}}, "
	    "\"rootModelIdentifier\": \"a\"}";

	(void)argc, (void)argv;
	target_folder();
	mkdir("p.mlpackage", 0755);
	mkdir("p.mlpackage/Data", 0755);
	mkdir("p.mlpackage/Data/com.apple.CoreML", 0755);
	mkdir(PACKAGE "weights", 0755);
	target_write("p.mlpackage/Manifest.json", manifest, sizeof manifest - 1);
	return 0;
}

/* ---- fields ---- */

typedef struct Field {
	uint64_t tag, value; /* value: of a varint, or the length */
	const uint8_t *body;
	size_t size; /* of all, with the tag */
} Field;

static bool
read_varint(const uint8_t **p, const uint8_t *end, uint64_t *v)
{
	*v = 0;
	for (int shift = 0; *p < end && shift < 64; shift += 7) {
		uint8_t c = *(*p)++;
		*v |= (uint64_t)(c & 127) << shift;
		if (c < 128)
			return true;
	}
	return false;
}

static bool
read_field(const uint8_t *p, const uint8_t *end, Field *f)
{
	const uint8_t *start = p;

	if (!read_varint(&p, end, &f->tag) || f->tag >> 3 == 0 || f->tag >> 3 > 4000)
		return false;
	f->value = (f->tag & 7) == 1 ? 8 : 4;
	if ((f->tag & 7) == 0 || (f->tag & 7) == 2) {
		if (!read_varint(&p, end, &f->value))
			return false;
	} else if ((f->tag & 7) != 1 && (f->tag & 7) != 5) {
		return false;
	}
	f->body = p;
	f->size = (size_t)(p - start);
	if (f->tag & 7) {
		if (f->value > (uint64_t)(end - p))
			return false;
		f->size += (size_t)f->value;
	}
	return true;
}

/* The weights of the package: the last field of the message, whose number no model has. */
static Field
find_weights(const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n;
	Field f;

	for (; p < end && read_field(p, end, &f); p += f.size)
		if (f.tag == (WEIGHTS << 3 | 2) && p + f.size == end)
			return f;
	return (Field){.body = end};
}

/* Half are run; the others are checked, compared with the last one, changed, or dumped. */
static int
use(milc *m, const char *path, uint64_t hash)
{
	static const struct {
		const char *option, *value;
	} edits[] = {
	    {"tap", "y"},  {"drop-output", "y"}, {"extract", "x..y"},        {"rename", "x=q"},
	    {"fp16", "1"}, {"target", "iOS18"},  {"append", "last.mlmodel"}, {"set", "a=b"}};
	int status;

	switch (hash % 8) {
	case 0:
		milc_set(m, "strict", "1");
		return milc_check(m, &path, 1);
	case 1:
		milc_set(m, "numbers", hash / 8 % 2 ? "1" : "0");
		status = milc_diff(m, path, "last.mlmodel");
		target_spoke |= status == MILC_WRONG_INPUT; /* or else they differ */
		return status;
	case 2:
		milc_set(m, "output", path[0] == 'p' ? "out.mlpackage" : "out.mlmodel");
		for (size_t i = 0; i < countof(edits); i++)
			if (hash / 8 >> i & 1)
				milc_set(m, edits[i].option, edits[i].value);
		return milc_edit(m, path);
	case 3:
		if (hash / 8 % 2)
			milc_set(m, "output", "dump.mil");
		return milc_dump(m, path);
	default:
		return milc_run(m, path);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	milc *m = target_new();
	uint64_t hash = hash_bytes(data, size, 0);
	bool package = hash % 4;
	const char *path = package ? "p.mlpackage" : "m.mlmodel";
	Field weights = find_weights(data, size);

	target_write(package ? PACKAGE "model.mlmodel" : "m.mlmodel", data, size - weights.size);
	target_write(PACKAGE "weights/weight.bin", weights.body, (size_t)weights.value);
	target_judge(m, use(m, path, hash / 4));
	target_write("last.mlmodel", data, size - weights.size);
	return 0;
}

/* ---- changing a message ---- */

typedef struct Edit {
	uint32_t at, now; /* which field of all in the message; the one at hand */
	uint64_t state;
} Edit;

static uint32_t
count_fields(const uint8_t *p, size_t n, int depth)
{
	const uint8_t *end = p + n;
	uint32_t count = 0;
	Field f;

	for (; p < end; p += f.size, count++) {
		uint32_t inside;
		if (!read_field(p, end, &f))
			return 0;
		if ((f.tag & 7) == 2 && depth < 40 &&
		    (inside = count_fields(f.body, (size_t)f.value, depth + 1)))
			count += inside;
	}
	return count;
}

static void
put_varint(Buf *b, uint64_t v)
{
	for (; v >= 128; v >>= 7)
		buf_byte(b, (char)(v | 128));
	buf_byte(b, (char)v);
}

static void
put_changed(Buf *b, const Field *f, Edit *e)
{
	static const uint64_t odd[] = {0,     1,         2,          7,         127,         255,
	                               65536, INT32_MAX, UINT32_MAX, INT64_MAX, ~UINT64_C(0)};
	uint64_t r = splitmix_bits(&e->state);
	size_t n = (size_t)((f->tag & 7) ? f->value : 0), room = n + 128;
	uint8_t *body;

	if (r % 4 == 0) /* left out */
		return;
	put_varint(b, f->tag);
	if ((f->tag & 7) == 0) {
		put_varint(b, r % 4 == 1 ? f->value + 1 : odd[r / 4 % countof(odd)]);
		return;
	}
	body = xmalloc(room);
	memcpy(body, f->body, n);
	if ((f->tag & 7) == 2) {
		n = LLVMFuzzerMutate(body, n, room);
		put_varint(b, n);
	} else {
		LLVMFuzzerMutate(body, n, n);
	}
	buf_put(b, (const char *)body, n);
	xfree(body);
}

/* Copies the message with one field changed, or the message `other` in its place. */
static void
put_message(Buf *b, const uint8_t *p, size_t n, int depth, Edit *e)
{
	const uint8_t *end = p + n;
	Field f;

	for (; p < end && read_field(p, end, &f); p += f.size) {
		bool nested = (f.tag & 7) == 2 && depth < 40 &&
		              count_fields(f.body, (size_t)f.value, depth + 1);
		if (e->now++ == e->at) {
			if (nested && splitmix_bits(&e->state) % 2)
				buf_put(b, (const char *)p, f.size); /* twice */
			else
				put_changed(b, &f, e);
			if (!nested || splitmix_bits(&e->state) % 2)
				continue;
		}
		if (nested) {
			Buf inside = {0};
			put_message(&inside, f.body, (size_t)f.value, depth + 1, e);
			put_varint(b, f.tag);
			put_varint(b, inside.n);
			buf_put(b, inside.at ? inside.at : "", inside.n);
			buf_free(&inside);
		} else {
			buf_put(b, (const char *)p, f.size);
		}
	}
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	Edit e = {.state = seed};
	uint32_t n = count_fields(data, size, 0);
	Buf b = {0};

	if (n == 0 || splitmix_bits(&e.state) % 20 == 0)
		return LLVMFuzzerMutate(data, size, max);
	e.at = (uint32_t)(splitmix_bits(&e.state) % n);
	put_message(&b, data, size, 0, &e);
	size = MIN(b.n, max);
	memcpy(data, b.at ? b.at : "", size);
	buf_free(&b);
	return size;
}
