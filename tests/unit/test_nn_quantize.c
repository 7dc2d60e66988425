/* test_nn_quantize.c: weights of networks as codes of every width, and back; and the table of what
 * each layer has. The numbers are the peer's, of the same weights.
 */
#include "nn/quantize.h"

#include "NeuralNetwork.pb-c.h"
#include "check.h"
#include "compress/numerics.h"

#include <math.h>

static Arena arena;
static const float some[] = {0.1F,   -0.7F, 0.35F, 1.25F,  3,  0.2F,
                             -0.05F, 0,     -2.5F, -2.25F, -1, -0.125F};

static Msg *
weights(const float *f, size_t n)
{
	Msg *w = msg_new(&arena, &core_ml__specification__weight_params__descriptor);

	memcpy(msg_floats(w, "floatValue", n), f, n * sizeof *f);
	return w;
}

static Quantizer
to(QuantMode mode, unsigned bits)
{
	return (Quantizer){.arena = &arena, .mode = mode, .bits = bits};
}

static QuantShape
shape(int rank, int axis, int64_t a, int64_t b, int64_t c)
{
	QuantShape s = {.dim = {a, b, c, 1}, .rank = rank, .axis = axis, .count = 1};

	for (int k = 0; k < rank; k++)
		s.count *= (size_t)s.dim[k];
	return s;
}

static const char *
hex(const ProtobufCBinaryData *d)
{
	Buf b = {0};

	for (size_t i = 0; i < d->len; i++)
		buf_printf(&b, "%02x", d->data[i]);
	return b.n ? buf_keep(&b, &arena) : "";
}

static const char *
floats(const Msg *m, const char *field)
{
	Buf b = {0};

	for (size_t i = 0; i < msg_count(m, field); i++)
		buf_printf(&b, "%s%.9g", i ? " " : "", msg_float_at(m, field, i));
	return b.n ? buf_keep(&b, &arena) : "";
}

static const Msg *
line_of(const Msg *w)
{
	return msg_get(msg_get(w, "quantization"), "linearQuantization");
}

static const Msg *
table_of(const Msg *w)
{
	return msg_get(msg_get(w, "quantization"), "lookupTableQuantization");
}

/* ---- codes ---- */

static void
test_pack(void)
{
	static const char *const packed[] = {
	    "5580",         "1b1bc0",         "053977e0",         "01234567f0",
	    "00443214c7f8", "001083105187fc", "00041030814307fe", "0001020304050607ff"};
	uint8_t code[9] = {0, 1, 2, 3, 4, 5, 6, 7, 255}, bytes[9], back[9];
	size_t n;

	for (unsigned bits = 1; bits <= 8; bits++) {
		CHECK(codes_size(9, bits, &n));
		CHECK_INT(n, (9 * bits + 7) / 8);
		codes_pack(code, 9, bits, bytes);
		CHECK_STR(hex(&(ProtobufCBinaryData){n, bytes}), packed[bits - 1]);
		codes_unpack(bytes, 9, bits, back);
		for (int i = 0; i < 9; i++)
			CHECK_INT(back[i], code[i] & ((1 << bits) - 1));
	}
	CHECK(!codes_size(SIZE_MAX, 8, &n));
	CHECK(codes_size(0, 5, &n) && n == 0);
}

static const struct {
	const char *scale, *codes; /* of rows of four */
	const char *table, *index; /* the first, second, middle and last entry */
} widths[] = {
    {"1.95000005 3.04999995 2.375", "3830", "-2.5 3", "3800"},
    {"0.650000036 1.01666665 0.791666687", "4bc00b", "-2.5 -0.666666627 1.16666675 3", "5ad505"},
    {"0.278571427 0.435714275 0.339285702", "627e400670", "-2.5 -1.71428573 0.642857075 3",
     "6a5edb0130"},
    {"0.13000001 0.203333333 0.158333331", "608ff100029f", "-2.5 -2.13333321 0.433333397 3",
     "758af7770146"},
    {"0.0629032254 0.0983870924 0.0766129047", "6823ff8c0100e9f0",
     "-2.5 -2.32258058 0.338709593 2.99999976", "7aa15fbdce0050d0"},
    {"0.030952381 0.0484126993 0.0376984142", "6808bffc5001007a3f",
     "-2.5 -2.41269851 0.293650866 3.00000024", "79586bfdf71d00345b"},
    {"0.0153543307 0.024015747 0.0187007878", "680227ffe28002003687f0",
     "-2.5 -2.45669293 0.271653652 3.00000024", "78aa157fef9cba00191b70"},
    {"0.00764705893 0.011960784 0.00931372587", "690089ffff150004001ba1ff",
     "-2.5 -2.47843146 0.260784388 3.00000024", "795384aeff7d7274000c466e"},
};

static void
test_widths(void)
{
	QuantShape s = shape(2, 0, 3, 4, 0);

	for (unsigned bits = 1; bits <= 8; bits++) {
		size_t n = (size_t)1 << bits;
		Msg *w = weights(some, 12);
		Quantizer q = to(QUANT_LINEAR, bits);
		const Msg *t;
		Buf b = {0};

		CHECK(weights_quantize(&q, w, &s));
		CHECK_INT(msg_get_int(msg_get(w, "quantization"), "numberOfBits"), bits);
		CHECK_STR(floats(line_of(w), "scale"), widths[bits - 1].scale);
		CHECK_STR(floats(line_of(w), "bias"), "-0.699999988 -0.0500000007 -2.5");
		CHECK_STR(hex(msg_bytes(w, "rawValue")), widths[bits - 1].codes);
		CHECK_INT(msg_count(w, "floatValue"), 0);

		w = weights(some, 12);
		q.mode = QUANT_STEPS;
		CHECK(weights_quantize(&q, w, &s));
		t = table_of(w);
		CHECK_INT(msg_count(t, "floatValue"), n);
		for (size_t i = 0; i < n; i++)
			if (i < 2 || i == n / 2 || i == n - 1)
				buf_printf(&b, "%s%.9g", i ? " " : "",
				           msg_float_at(t, "floatValue", i));
		CHECK_STR(b.at, widths[bits - 1].table);
		CHECK_STR(hex(msg_bytes(w, "rawValue")), widths[bits - 1].index);
		buf_free(&b);
	}
}

static void
test_channels(void)
{
	Quantizer q = to(QUANT_LINEAR, 8);
	QuantShape columns = shape(4, 1, 2, 3, 2), rows = shape(4, 0, 2, 3, 2);
	QuantShape line = shape(1, 0, 12, 0, 0);
	Msg *w = weights(some, 12);

	CHECK(weights_quantize(&q, w, &columns));
	CHECK_STR(floats(line_of(w), "scale"), "0.00313725485 0.0147058824 0.0156862754");
	CHECK_STR(floats(line_of(w), "bias"), "-0.699999988 -2.5 -1");
	CHECK_STR(hex(msg_bytes(w, "rawValue")), "ff00c2ffff4ccfdf00110038");
	w = weights(some, 12);
	CHECK(weights_quantize(&q, w, &rows));
	CHECK_STR(floats(line_of(w), "scale"), "0.0145098045 0.00980392192");
	CHECK_STR(hex(msg_bytes(w, "rawValue")), "37004886ff3efaff001a99f2");
	w = weights(some, 12);
	CHECK(weights_quantize(&q, w, &line));
	CHECK_STR(floats(line_of(w), "scale"), "0.021568628");
	CHECK_STR(hex(msg_bytes(w, "rawValue")), "795384aeff7d7274000c466e");
}

/* A scale of a millionth and less leaves the code 0 alone. */
static void
test_symmetric(void)
{
	static const float tiny[] = {1e-5F, 1.1e-5F, 2, 2, 0, 0};
	QuantShape s = shape(2, 0, 3, 4, 0), pairs = shape(2, 0, 3, 2, 0);
	Quantizer q = to(QUANT_SYMMETRIC, 8);
	Msg *w = weights(some, 12);

	CHECK(weights_quantize(&q, w, &s));
	CHECK_STR(floats(line_of(w), "scale"), "0.00984251965 0.0236220472 0.0196850393");
	CHECK_STR(floats(line_of(w), "bias"), "-1.25984251 -3.02362204 -2.51968503");
	CHECK_STR(hex(msg_bytes(w, "rawValue")), "8a39a4ffff887e80010e4d7a");
	w = weights(tiny, 6);
	CHECK(weights_quantize(&q, w, &pairs));
	CHECK_STR(floats(line_of(w), "bias"), "-1.1086614e-05 -2.01574802 -0");
	CHECK_STR(hex(msg_bytes(w, "rawValue")), "0000ffff0000");
	w = weights(tiny, 6);
	q.mode = QUANT_LINEAR;
	CHECK(weights_quantize(&q, w, &pairs));
	CHECK_STR(floats(line_of(w), "scale"), "3.92156974e-09 0 0");
	CHECK_STR(hex(msg_bytes(w, "rawValue")), "000000000000");
}

/* What no float is becomes something, and nothing else does. */
static void
test_not_finite(void)
{
	const float odd[] = {NAN, 1, 2, 3, INFINITY, 1, -INFINITY, 4};
	QuantShape s = shape(2, 0, 2, 4, 0);
	Quantizer q = to(QUANT_LINEAR, 8);
	Msg *w = weights(odd, 8);

	CHECK(weights_quantize(&q, w, &s));
	CHECK(isnan(msg_float_at(line_of(w), "scale", 0)));
	CHECK_STR(hex(msg_bytes(w, "rawValue")), "0000000000000000");
	w = weights(odd, 8);
	q.mode = QUANT_KMEANS;
	CHECK(!weights_quantize(&q, w, &s));
	CHECK_STR(q.why, "weight 0 is nan: only finite numbers have clusters");
}

static void
test_clusters(void)
{
	static const float few[] = {5, 1, 1.5F, 5.5F, 9};
	QuantShape s = shape(1, 0, 5, 0, 0);
	Quantizer q = to(QUANT_KMEANS, 1);
	Msg *w = weights(few, 5);

	CHECK(weights_quantize(&q, w, &s));
	CHECK_STR(floats(table_of(w), "floatValue"), "1.25 6.5");
	CHECK_STR(hex(msg_bytes(w, "rawValue")), "98");
	w = weights(few, 5);
	q.bits = 3;
	CHECK(weights_quantize(&q, w, &s));
	CHECK_STR(floats(table_of(w), "floatValue"), "1 1.5 5 5.5 9 0 0 0");
	CHECK_STR(hex(msg_bytes(w, "rawValue")), "40b8");
}

static bool
signs(UNUSED Quantizer *q, const float *w, const QuantShape *s, const float **entry, size_t *n,
      const uint8_t **index)
{
	static const float two[] = {-1, 1};
	uint8_t *sign = newn(&arena, uint8_t, s->count);

	for (size_t i = 0; i < s->count; i++)
		sign[i] = w[i] >= 0;
	*entry = two;
	*n = 2;
	*index = sign;
	return true;
}

static void
test_custom(void)
{
	QuantShape s = shape(2, 0, 3, 4, 0);
	Quantizer q = to(QUANT_CUSTOM, 1);
	Msg *w = weights(some, 12);

	q.table = signs;
	CHECK(weights_quantize(&q, w, &s));
	CHECK_STR(floats(table_of(w), "floatValue"), "-1 1");
	CHECK_STR(hex(msg_bytes(w, "rawValue")), "bd00");
}

/* ---- halves, and back ---- */

static void
test_halves(void)
{
	static const float large[] = {1, -65504};
	QuantShape s = shape(2, 0, 3, 4, 0), two = shape(1, 0, 2, 0, 0);
	Quantizer q = to(QUANT_LINEAR, QUANT_HALVES);
	Msg *w = weights(some, 12);

	CHECK(weights_quantize(&q, w, &s));
	CHECK_STR(hex(msg_bytes(w, "float16Value")),
	          "662e9ab99a35003d0042663266aa000000c180c000bc00b0");
	CHECK_INT(msg_count(w, "floatValue"), 0);
	CHECK(!msg_has(w, "quantization"));
	q.mode = QUANT_UNDO;
	CHECK(weights_restore(&q, w, &s));
	CHECK_STR(floats(w, "floatValue"), "0.0999755859 -0.700195312 0.350097656 1.25 3 "
	                                   "0.199951172 -0.049987793 0 -2.5 -2.25 -1 -0.125");
	CHECK_INT(msg_bytes(w, "float16Value")->len, 0);
	q.mode = QUANT_LINEAR;
	CHECK(!weights_quantize(&q, weights(large, 2), &two));
	CHECK_STR(q.why, "weight 1 is -65504, which cannot be represented in half precision: use 8 "
	                 "bits or fewer, or a selector that leaves the layer alone");
}

static void
test_restore(void)
{
	QuantShape rows = shape(2, 0, 3, 4, 0), columns = shape(4, 1, 2, 3, 2);
	Quantizer q = to(QUANT_LINEAR, 3), undo = to(QUANT_UNDO, 0);
	Msg *w = weights(some, 12);

	CHECK(weights_restore(&undo, w, &rows)); /* nothing to do */
	CHECK_INT(msg_count(w, "floatValue"), 12);
	CHECK(weights_quantize(&q, w, &rows));
	CHECK(weights_restore(&undo, w, &rows));
	CHECK_STR(floats(w, "floatValue"),
	          "0.135714293 -0.699999988 0.414285719 1.25 3 0.385714263 -0.0500000007 "
	          "-0.0500000007 -2.5 -2.16071439 -1.14285719 -0.125000089");
	CHECK_INT(msg_bytes(w, "rawValue")->len, 0);
	CHECK(msg_has(w, "quantization") && !line_of(w));
	w = weights(some, 12);
	CHECK(weights_quantize(&q, w, &columns));
	CHECK(weights_restore(&undo, w, &columns));
	CHECK_STR(floats(w, "floatValue"),
	          "0.100000016 -0.699999988 0.178571343 1.24999988 3.00000024 0.142857194 "
	          "-0.0142856985 -0.0142856985 -2.5 -2.5 -1 0.142857194");
	w = weights(some, 12);
	q.mode = QUANT_STEPS;
	CHECK(weights_quantize(&q, w, &rows));
	CHECK(weights_restore(&undo, w, &rows));
	CHECK_STR(floats(w, "floatValue"),
	          "-0.142857194 -0.928571463 0.642857075 1.42857134 3 -0.142857194 -0.142857194 "
	          "-0.142857194 -2.5 -2.5 -0.928571463 -0.142857194");
}

static void
restore_fails(Msg *w, const char *why)
{
	QuantShape s = shape(2, 0, 3, 4, 0);
	Quantizer undo = to(QUANT_UNDO, 0);

	CHECK(!weights_restore(&undo, w, &s));
	CHECK_STR(undo.why, why);
}

static Msg *
coded(int64_t bits, size_t bytes, const char *how, const char *field, size_t n)
{
	Msg *w = msg_new(&arena, &core_ml__specification__weight_params__descriptor), *q;
	uint8_t *raw = newn(&arena, uint8_t, bytes);

	memset(raw, 0x5a, bytes);
	msg_set_bytes(w, "rawValue", raw, bytes);
	q = msg_sub(w, "quantization");
	msg_int(q, "numberOfBits", bits);
	msg_floats(msg_sub(q, how), field, n);
	return w;
}

static void
test_broken(void)
{
	static const uint8_t raw[12];
	Msg *w = coded(8, 12, "linearQuantization", "scale", 3);
	QuantShape s = shape(2, 0, 3, 5, 0);
	Quantizer q = to(QUANT_LINEAR, 8);

	restore_fails(w,
	              "linear quantization scale and bias vectors are different lengths: 3 and 0");
	w = coded(8, 12, "linearQuantization", "scale", 2);
	msg_floats(msg_mutable(line_of(w)), "bias", 2);
	restore_fails(w, "it has 2 scales for 3 channels");
	restore_fails(coded(8, 11, "linearQuantization", "scale", 3),
	              "it has 11 bytes of codes, which are not 12 codes of 8 bits");
	restore_fails(coded(9, 12, "linearQuantization", "scale", 3),
	              "it is quantized to 9 bits, expected 1 to 8");
	restore_fails(coded(4, 6, "lookupTableQuantization", "floatValue", 8),
	              "weight 1 is entry 10 of a table of 8");
	w = msg_new(&arena, &core_ml__specification__weight_params__descriptor);
	msg_set_bytes(w, "int8RawValue", raw, 12);
	restore_fails(w, "its codes are made to be multiplied as they are (int8RawValue), and "
	                 "cannot be dequantized");
	CHECK(!weights_quantize(&q, weights(some, 12), &s));
	CHECK_STR(q.why, "cannot reshape array of size 12 into shape (3,5)");
	s = shape(1, 0, 5, 0, 0);
	q.at = "'bias' of layer 'fc' (innerProduct)";
	CHECK(!weights_quantize(&q, weights(some, 12), &s));
	CHECK_STR(q.why,
	          "'bias' of layer 'fc' (innerProduct): cannot reshape array of size 12 into "
	          "shape (5,)");
	/* One scale is for all channels. */
	w = coded(8, 12, "linearQuantization", "scale", 1);
	*msg_floats(msg_mutable(line_of(w)), "scale", 1) = 2;
	*msg_floats(msg_mutable(line_of(w)), "bias", 1) = 1;
	s = shape(2, 0, 3, 4, 0);
	CHECK(weights_restore(&q, w, &s));
	CHECK_NUM(msg_float_at(w, "floatValue", 11), 0x5a * 2 + 1);
}

static void
test_nothing(void)
{
	Msg *w = msg_new(&arena, &core_ml__specification__weight_params__descriptor);
	QuantShape s = shape(2, 0, 3, 4, 0);
	Quantizer q = to(QUANT_LINEAR, 8);

	CHECK(weights_quantize(&q, w, &s));
	CHECK(weights_restore(&q, w, &s));
	CHECK(!msg_has(w, "quantization"));
}

/* ---- the table ---- */

typedef ProtobufCFieldDescriptor Field;

static const Field *
field_of(const ProtobufCMessageDescriptor *d, const char *name)
{
	return protobuf_c_message_descriptor_get_field_by_name(d, name);
}

static bool
row_fails(const QuantRow *r, const char *what, const char *name)
{
	fprintf(stderr, "\tQUANTIZE(\"%s\"): %s '%s'\n", r->layer, what, name);
	return false;
}

static bool
is_weights(const Field *f)
{
	return f && f->type == PROTOBUF_C_TYPE_MESSAGE &&
	       f->descriptor == &core_ml__specification__weight_params__descriptor;
}

static bool
dims_fit(const QuantRow *r, const ProtobufCMessageDescriptor *d, const char *dims)
{
	char word[64];
	int rank = 0;

	for (const char *s = dims, *end; *s; s = end + (*end != 0)) {
		end = s + strcspn(s, ",/");
		snprintf(word, sizeof word, "%.*s", (int)(end - s), s + (*s == '*'));
		word[strcspn(word, ",/")] = 0;
		const Field *f = field_of(d, word);
		if (!f || f->type != PROTOBUF_C_TYPE_UINT64)
			return row_fails(r, "no number is called", word);
		if ((*s == '*') > (f->label == PROTOBUF_C_LABEL_REPEATED))
			return row_fails(r, "no list is called", word);
		rank += !strcmp(word, "kernelSize") ? 2 : *end != '/';
	}
	return rank <= 4 || row_fails(r, "more than four", dims);
}

static bool
row_fits(const QuantRow *r)
{
	const Field *layer =
	    field_of(&core_ml__specification__neural_network_layer__descriptor, r->layer);
	const ProtobufCMessageDescriptor *d, *holder;
	const char *s = r->fields;
	QuantField f;

	if (!layer)
		return row_fails(r, "no layer is called", r->layer);
	d = holder = layer->descriptor;
	if (*r->holder && field_of(d, r->holder))
		holder = field_of(d, r->holder)->descriptor;
	while (quant_field(&s, &f)) {
		const char *flag = f.flag, *dot = strchr(flag, '.');
		const ProtobufCMessageDescriptor *in = d;
		if (dot) {
			in = field_of(d, "params")->descriptor;
			flag = dot + 1;
		}
		if (!is_weights(field_of(holder, f.name)))
			return row_fails(r, "no weights are called", f.name);
		if (*flag &&
		    (!field_of(in, flag) || field_of(in, flag)->type != PROTOBUF_C_TYPE_BOOL))
			return row_fails(r, "no flag is called", f.flag);
		if (!dims_fit(r, d, f.dims))
			return false;
	}
	return true;
}

/* Layers with weights that have no row are those that the peer leaves alone. */
static void
test_rows(void)
{
	const ProtobufCMessageDescriptor *d =
	    &core_ml__specification__neural_network_layer__descriptor;
	size_t n;
	const QuantRow *row = quant_rows(&n);
	Buf without = {0};

	for (size_t i = 0; i < n; i++)
		CHECK(row_fits(&row[i]));
	for (unsigned i = 0; i < d->n_fields; i++) {
		const ProtobufCMessageDescriptor *p = d->fields[i].descriptor;
		bool has = false, listed = false;
		if (d->fields[i].type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		for (unsigned k = 0; k < p->n_fields; k++)
			has |= is_weights(&p->fields[k]);
		for (size_t k = 0; k < n; k++)
			listed |= !strcmp(row[k].layer, d->fields[i].name);
		if (has && !listed)
			buf_printf(&without, "%s ", d->fields[i].name);
	}
	CHECK_STR(without.at, "custom layerNormalization convolution3d ");
	buf_free(&without);
}

int
main(void)
{
	test_pack();
	test_widths();
	test_channels();
	test_symmetric();
	test_not_finite();
	test_clusters();
	test_custom();
	test_halves();
	test_restore();
	test_broken();
	test_nothing();
	test_rows();
	arena_free(&arena);
	return check_report();
}
