/* struct.c: the module _struct: numbers as bytes, by the format strings of Python's struct.
 *
 * _struct.size(format, error), _struct.pack(format, values, who, error) and
 * _struct.unpack(format, data, offset, error), where the bytes are known to be enough. error(msg)
 * is called for what struct.error is raised for, and has to raise; who names the function in it.
 * Native formats are those of a 64-bit machine that has the lowest byte first, wherever milc runs.
 */
#include <ctype.h>
#include <math.h>

#include "natives.h"

enum { NAN_SERIAL = 0xfffffff }; /* by these bits the interpreter tells one NaN from another */

typedef enum Form { PAD, BYTE, BYTES, PASCAL, BOOL, SIGNED, UNSIGNED, FLOATING, POINTER } Form;
typedef struct StructCode {
	char code;
	Form form;
	uint8_t size, native; /* bytes; size 0: there is only the native form */
} StructCode;
static const StructCode codes[] = {
    {'x', PAD, 1, 1},      {'c', BYTE, 1, 1},     {'s', BYTES, 1, 1},    {'p', PASCAL, 1, 1},
    {'?', BOOL, 1, 1},     {'b', SIGNED, 1, 1},   {'B', UNSIGNED, 1, 1}, {'h', SIGNED, 2, 2},
    {'H', UNSIGNED, 2, 2}, {'i', SIGNED, 4, 4},   {'I', UNSIGNED, 4, 4}, {'l', SIGNED, 4, 8},
    {'L', UNSIGNED, 4, 8}, {'q', SIGNED, 8, 8},   {'Q', UNSIGNED, 8, 8}, {'n', SIGNED, 0, 8},
    {'N', UNSIGNED, 0, 8}, {'e', FLOATING, 2, 2}, {'f', FLOATING, 4, 4}, {'d', FLOATING, 8, 8},
    {'P', POINTER, 0, 8},
};

typedef struct StructFormat {
	const Args *args;
	Value error;
	const char *s;
	bool native, big;
	int64_t end; /* bytes of the fields so far */
	/* the field that was read last */
	const StructCode *code;
	int size;
	int64_t at, count; /* count: of items, or bytes of the only one */
} StructFormat;

static bool
wrong(const StructFormat *f, const char *msg)
{
	Value v = vstrz(f->args->in, msg), none;

	return call_values(f->args->in, f->error, &v, 1, &none, f->args->span) &&
	       natives_wrong(f->args);
}

#define WRONG(f, ...) wrong(f, arena_printf(interp_arena((f)->args->in), __VA_ARGS__))

static bool
format_start(StructFormat *f, const Args *args, Value format, Value error)
{
	*f = (StructFormat){.args = args, .error = error, .native = true};
	if (!is_text(format))
		return natives_wrong(args);
	f->s = STR_OF(format)->s;
	if (strlen(f->s) != STR_OF(format)->len)
		return wrong(f, "embedded null character");
	if (*f->s && strchr("@=<>!", *f->s)) {
		f->native = *f->s == '@';
		f->big = *f->s == '>' || *f->s == '!';
		f->s++;
	}
	return true;
}

/* 1 and the next field, 0 at the end, -1: reported. */
static int
format_next(StructFormat *f)
{
	bool counted, fits = true;
	int64_t bytes;

	while (isspace((unsigned char)*f->s))
		f->s++;
	if (!*f->s)
		return 0;
	counted = isdigit((unsigned char)*f->s);
	for (f->count = !counted; isdigit((unsigned char)*f->s); f->s++)
		fits = fits && !__builtin_mul_overflow(f->count, 10, &f->count) &&
		       !__builtin_add_overflow(f->count, *f->s - '0', &f->count);
	if (fits && !*f->s)
		return wrong(f, "repeat count given without format specifier") - 1;
	f->code = 0;
	for (size_t i = 0; i < countof(codes); i++)
		if (codes[i].code == *f->s && (f->native || codes[i].size))
			f->code = &codes[i];
	if (fits && !f->code)
		return wrong(f, "bad char in struct format") - 1;
	f->s++;
	f->size = !fits ? 1 : f->native ? f->code->native : f->code->size;
	bytes = f->native ? -f->end & (f->size - 1) : 0;
	if (!fits || __builtin_add_overflow(f->end, bytes, &f->at) ||
	    __builtin_mul_overflow(f->count, f->size, &bytes) ||
	    __builtin_add_overflow(f->at, bytes, &f->end))
		return wrong(f, "total struct size too long") - 1;
	return 1;
}

static int64_t
field_items(const StructFormat *f)
{
	Form form = f->code->form;

	return form == PAD ? 0 : form == BYTES || form == PASCAL ? 1 : f->count;
}

/* The bytes and the items of a format. */
static bool
measure(const Args *args, Value format, Value error, int64_t *size, int64_t *items)
{
	StructFormat f;
	int more;

	*items = 0;
	if (!format_start(&f, args, format, error))
		return false;
	while ((more = format_next(&f)) > 0)
		*items += field_items(&f);
	*size = f.end;
	return more == 0;
}

NATIVE(struct_size)
{
	int64_t size, items;

	if (!measure(args, args->v[0], args->v[1], &size, &items))
		return false;
	*out = vint(size);
	return interp_steps(in, STR_OF(args->v[0])->len / 16);
}

/* ---- packing ---- */

static void
put_number(const StructFormat *f, uint8_t *to, uint64_t v)
{
	set_le(to, v, f->size);
	for (int i = 0; f->big && i < f->size / 2; i++) {
		uint8_t t = to[i];
		to[i] = to[f->size - 1 - i];
		to[f->size - 1 - i] = t;
	}
}

/* Where the value has to lie, and what CPython says: its texts depend on which of its functions
 * packs that size in that order. */
static bool
pack_int(const StructFormat *f, Value v, uint8_t *to)
{
	bool small = f->size == 1 || (f->size == 2 && !f->big);
	bool unsign = f->code->form == UNSIGNED, word = unsign && !small;
	Big least = unsign ? 0 : -((Big)1 << (8 * f->size - 1));
	Big most = ((Big)1 << (8 * f->size - !unsign)) - 1, x;

	if (!is_index(f->args->in, v, &x))
		return wrong(f, "required argument is not an integer");
	if (f->code->form == POINTER) {
		if (x < INT64_MIN || x > UINT64_MAX)
			return wrong(f, "int too large to convert");
	} else if (x < (word ? 0 : INT64_MIN) || x > (word ? (Big)UINT64_MAX : INT64_MAX)) {
		return wrong(f, f->big && f->size == 8 ? "int too large to convert"
		                                       : "argument out of range");
	} else if ((x < least || x > most) && small) {
		return WRONG(f, "%s%s format requires %d <= number <= %d", unsign ? "u" : "",
		             f->size == 1 ? "byte" : "short", (int)least, (int)most);
	} else if (x < least || x > most) {
		return WRONG(f, "'%c' format requires %lld <= number <= %lld", f->code->code,
		             (long long)least, (long long)most);
	}
	put_number(f, to, (uint64_t)x);
	return true;
}

static bool
float_of(const StructFormat *f, Value v, double *d)
{
	Int big;

	if (v.kind == V_BIG && big_of(v, &big) && isinf(*d = big_to_double(&big)))
		return wrong(f, "required argument is not a float");
	if (is_text(v) || v.kind == V_NONE || v.kind == V_TUPLE || v.kind == V_LIST ||
	    v.kind == V_DICT || v.kind == V_SET)
		return wrong(f, "required argument is not a float");
	return as_double(f->args->in, v, d, "a number to pack", f->args->span);
}

static bool
pack_float(const StructFormat *f, Value v, uint8_t *to)
{
	double d;
	float s;
	uint64_t bits = 0;
	bool fits = true;

	if (!float_of(f, v, &d))
		return false;
	if (f->size == 8) {
		memcpy(&bits, &d, 8);
		bits &= isnan(d) ? ~(uint64_t)NAN_SERIAL : UINT64_MAX;
	} else if (f->size == 4) {
		s = (float)d;
		memcpy(&bits, &s, 4);
		fits = f->native || !isinf(s) || isinf(d);
	} else {
		bits = half_from_double(d);
		fits = (bits & 0x7fff) != 0x7c00 || isinf(d);
	}
	if (!fits && is_int(v))
		return wrong(f, "int too large to convert");
	if (!fits)
		return fail(f->args->in, f->args->span, "float too large to pack with %c format",
		            f->code->code);
	put_number(f, to, bits);
	return true;
}

static bool
pack_bytes(const StructFormat *f, Value v, uint8_t *to)
{
	bool pascal = f->code->form == PASCAL;
	size_t n, room = (size_t)f->count - (pascal && f->count);

	if (v.kind != V_BYTES)
		return WRONG(f, "argument for '%c' must be a bytes object", f->code->code);
	n = MIN(STR_OF(v)->len, room);
	if (pascal && f->count)
		*to++ = (uint8_t)MIN(n, 255);
	memcpy(to, STR_OF(v)->s, n);
	return true;
}

static bool
pack_item(const StructFormat *f, Value v, uint8_t *to)
{
	bool truth;

	switch (f->code->form) {
	case BYTE:
		if (v.kind != V_BYTES || STR_OF(v)->len != 1)
			return wrong(f, "char format requires a bytes object of length 1");
		*to = (uint8_t)STR_OF(v)->s[0];
		return true;
	case BOOL:
		if (!value_truth(f->args->in, v, &truth, f->args->span))
			return false;
		*to = truth;
		return true;
	case BYTES:
	case PASCAL:
		return pack_bytes(f, v, to);
	case FLOATING:
		return pack_float(f, v, to);
	default:
		return pack_int(f, v, to);
	}
}

static bool
pack_all(const Args *args, uint8_t *to)
{
	SeqObj *values = SEQ_OF(args->v[1]);
	StructFormat f;
	uint32_t k = 0;

	if (!format_start(&f, args, args->v[0], args->v[3]))
		return false;
	while (format_next(&f) > 0)
		for (int64_t i = 0; i < field_items(&f); i++)
			if (!pack_item(&f, values->at[k++], to + f.at + i * f.size))
				return false;
	return true;
}

NATIVE(struct_pack)
{
	StructFormat f = {.args = args, .error = args->v[3]};
	int64_t size, items;
	uint8_t *bytes;
	bool ok;

	if (args->v[1].kind != V_TUPLE || args->v[2].kind != V_STR)
		return natives_wrong(args);
	if (!measure(args, args->v[0], args->v[3], &size, &items))
		return false;
	if (items != SEQ_OF(args->v[1])->n)
		return WRONG(&f, "%s expected %lld items for packing (got %u)",
		             STR_OF(args->v[2])->s, (long long)items, SEQ_OF(args->v[1])->n);
	if (size > UINT32_MAX / 2 || !interp_memory(in, (size_t)size))
		return interp_memory(in, SIZE_MAX);
	bytes = xcalloc((size_t)size + 1, 1);
	ok = pack_all(args, bytes);
	if (ok)
		*out = vbytes(in, bytes, (size_t)size);
	xfree(bytes);
	return ok;
}

/* ---- unpacking ---- */

static Value
unpack_float(const StructFormat *f, uint64_t bits)
{
	double d;
	float s;

	if (f->size == 2)
		return vfloat((double)half_to_float((uint16_t)bits));
	if (f->size == 4) {
		memcpy(&s, &bits, 4);
		return vfloat((double)s);
	}
	memcpy(&d, &bits, 8);
	return vfloat(d);
}

static Value
unpack_item(const StructFormat *f, const uint8_t *p)
{
	Interp *in = f->args->in;
	uint8_t swapped[8];
	uint64_t bits;
	size_t n;

	switch (f->code->form) {
	case BYTE:
		return vbytes(in, p, 1);
	case BYTES:
		return vbytes(in, p, (size_t)f->count);
	case PASCAL:
		n = f->count ? MIN(*p, (size_t)f->count - 1) : 0;
		return vbytes(in, p + (f->count > 0), n);
	case BOOL:
		return vbool(*p != 0);
	default:
		break;
	}
	for (int i = 0; i < f->size; i++)
		swapped[i] = p[f->big ? f->size - 1 - i : i];
	bits = get_le(swapped, f->size);
	if (f->code->form == FLOATING)
		return unpack_float(f, bits);
	if (f->code->form == SIGNED)
		return vint((int64_t)(bits << (64 - 8 * f->size)) >> (64 - 8 * f->size));
	return vbig(in, (Big)bits);
}

NATIVE(struct_unpack)
{
	const Value *v = args->v;
	int64_t size, items;
	const uint8_t *data;
	StructFormat f;

	if (v[1].kind != V_BYTES || v[2].kind != V_INT || v[2].i < 0)
		return natives_wrong(args);
	if (!measure(args, v[0], v[3], &size, &items))
		return false;
	if (v[2].i > STR_OF(v[1])->len || size > STR_OF(v[1])->len - v[2].i)
		return natives_wrong(args);
	if (!interp_memory(in, (size_t)items * sizeof(Value)) ||
	    !format_start(&f, args, v[0], v[3]))
		return false;
	data = (const uint8_t *)STR_OF(v[1])->s + v[2].i;
	*out = vlist(in, 0, 0);
	while (format_next(&f) > 0)
		for (int64_t i = 0; i < field_items(&f); i++)
			if (!vlist_push(in, *out, unpack_item(&f, data + f.at + i * f.size)))
				return false;
	*out = vtuple(in, SEQ_OF(*out)->at, SEQ_OF(*out)->n);
	return true;
}

static const Native struct_functions[] = {
    METHOD_AS(_struct, size, struct_size, "format,error"),
    METHOD_AS(_struct, pack, struct_pack, "format,values,who,error"),
    METHOD_AS(_struct, unpack, struct_unpack, "format,data,offset,error"),
    NATIVE_END,
};

const StdModule struct_native = {"_struct", struct_functions, 0};
