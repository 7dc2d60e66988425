/* Unit tests of msg_edit.c, msg_text.c and protos.c: lists changed in place, messages that
 * join when something is set in them, copies, merging, the text form. What is not touched stays
 * as it was read.
 */
#include "pb/msg.h"
#include "pb/pb.h"
#include "pb/protos.h"
#include "Model.pb-c.h"
#include <math.h>

#include "check.h"

static const ProtobufCMessageDescriptor *const model = &core_ml__specification__model__descriptor;

static const char *
hex(Arena *a, Msg *m)
{
	const char *s = "";
	Buf b = {0};

	msg_write(m, &b);
	for (size_t i = 0; i < b.n; i++)
		s = arena_printf(a, "%s%02x", s, (unsigned char)b.at[i]);
	buf_free(&b);
	return s;
}

static const char *
text(Arena *a, const Msg *m)
{
	Buf b = {0};

	msg_text(m, &b);
	return b.n ? buf_keep(&b, a) : "";
}

static Msg *
read_model(Arena *a, const char *p, size_t n)
{
	const char *error;

	return msg_read(a, model, p, n, &error);
}

/* Field 1 encoded in two bytes, an unknown field 15, a description with two inputs. */
#define ODD "\x08\x85\x00\x7a\x01z\x12\x0a\x0a\x03\x0a\x01x\x0a\x03\x0a\x01y"

static void
test_splice(void)
{
	Arena a = {0};
	Msg *m = read_model(&a, ODD, sizeof ODD - 1), *d = msg_edit(m, "description"), *first;

	first = (Msg *)(uintptr_t)msg_at(d, "input", 0);
	CHECK_STR(hex(&a, m), "0885007a017a120a0a030a01780a030a0179");
	msg_splice(d, "input", 1, 0, 1);
	CHECK_STR(hex(&a, m), "0885007a017a120c0a030a01780a000a030a0179");
	msg_splice(d, "input", 0, 2, 0);
	CHECK_STR(hex(&a, m), "0885007a017a12050a030a0179");
	msg_string(first, "name", "gone"); /* it is nobody's part now */
	CHECK_STR(hex(&a, m), "0885007a017a12050a030a0179");
	msg_string(msg_sub(d, "input"), "name", "w");
	msg_permute(d, "input", (size_t[]){1, 0});
	CHECK_STR(hex(&a, m), "0885007a017a120a0a030a01770a030a0179");
	msg_clear(d, "input");
	CHECK_STR(hex(&a, m), "0885007a017a1200");
	msg_clear(m, "specificationVersion");
	CHECK_STR(hex(&a, m), "7a017a1200");
	msg_clear_all(m);
	CHECK_STR(hex(&a, m), "");
	arena_free(&a);
}

static void
test_numbers(void)
{
	Arena a = {0};
	Msg *m = msg_new(&a, &core_ml__specification__array_feature_type__descriptor);

	msg_splice(m, "shape", 0, 0, 3);
	msg_put_int(m, "shape", 0, 300);
	msg_put_int(m, "shape", 2, -1);
	CHECK_STR(text(&a, m), "shape: 300\nshape: 0\nshape: -1\n");
	msg_splice(m, "shape", 0, 1, 0);
	CHECK_STR(text(&a, m), "shape: 0\nshape: -1\n");
	msg_permute(m, "shape", (size_t[]){1, 0});
	CHECK_STR(hex(&a, m), "0a0bffffffffffffffffff0100");
	m = msg_new(&a, &core_ml__specification__weight_params__descriptor);
	msg_splice(m, "floatValue", 0, 0, 2);
	msg_put_float(m, "floatValue", 1, 0.1);
	msg_set_bytes(m, "rawValue", "\0a\xff\"", 4);
	CHECK_STR(text(&a, m), "floatValue: 0\nfloatValue: 0.1\nrawValue: \"\\000a\\377\\\"\"\n");
	m = msg_new(&a, &core_ml__specification__unary_function_layer_params__descriptor);
	msg_float(m, "alpha", 3.25e20); /* no int64_t holds that, or a NaN */
	msg_float(m, "shift", -1e300);
	msg_float(m, "scale", NAN);
	CHECK_STR(text(&a, m), "alpha: 3.25e+20\nshift: -inf\nscale: nan\n");
	arena_free(&a);
}

static void
test_joining(void)
{
	Arena a = {0};
	Msg *m = read_model(&a, "\x08\x07", 2), *d = msg_lazy(m, "description"), *meta, *net;

	meta = msg_lazy(d, "metadata");
	CHECK_INT(msg_lazy(d, "metadata") == meta, true);
	CHECK_STR(hex(&a, m), "0807");
	CHECK_INT(msg_depth(meta), 2);
	msg_string(meta, "author", "A");
	CHECK_INT(msg_get(m, "description") == d, true);
	CHECK_STR(text(&a, m),
	          "specificationVersion: 7\ndescription {\n  metadata {\n    author: \"A\"\n"
	          "  }\n}\n");
	net = msg_lazy(m, "neuralNetwork");
	msg_present(net);
	CHECK_STR(msg_case(m, "pipeline"), "neuralNetwork");
	msg_present(msg_lazy(m, "pipeline"));
	CHECK_STR(msg_case(m, "pipeline"), "pipeline");
	CHECK_INT(msg_has(m, "neuralNetwork"), false);
	msg_clear(m, "pipeline");
	CHECK_INT(msg_case(m, "pipeline") == NULL, true);
	net = msg_lazy(m, "neuralNetwork");
	msg_clear(m, "neuralNetwork"); /* what was only asked for belongs to nobody then */
	msg_sub(net, "layers");
	CHECK_INT(msg_has(m, "neuralNetwork"), false);
	arena_free(&a);
}

static void
test_copies(void)
{
	Arena a = {0};
	Msg *m = read_model(&a, ODD, sizeof ODD - 1), *copy = msg_copy(&a, m);
	Msg *into = msg_new(&a, model);
	Msg *d = msg_lazy(into, "description");

	msg_string(msg_edit(copy, "description"), "predictedFeatureName", "p");
	CHECK_STR(hex(&a, m), "0885007a017a120a0a030a01780a030a0179");
	CHECK_STR(hex(&a, copy), "0885007a017a120d0a030a01780a030a01795a0170");
	CHECK_INT(msg_same(m, copy), false);
	CHECK_INT(msg_assign(d, msg_get(m, "description")) == NULL, true);
	CHECK_STR(hex(&a, into), "120a0a030a01780a030a0179");
	msg_int(into, "specificationVersion", 5);
	CHECK_INT(msg_same(m, into), true); /* but for what nobody knows */
	CHECK_INT(msg_merge(into, copy) == NULL, true);
	CHECK_STR(hex(&a, into), "080512170a030a01780a030a01790a030a01780a030a01795a0170");
	CHECK_STR(msg_parse(into, "\xff", 1),
	          "at byte 0: expected a field of Model, found no valid tag");
	CHECK_INT(msg_count(msg_get(into, "description"), "input"), 4);
	arena_free(&a);
}

static void
test_maps(void)
{
	Arena a = {0};
	Msg *m = msg_new(&a, &core_ml__specification__metadata__descriptor);
	Msg *k = msg_new(&a, &core_ml__specification__metadata__descriptor), *e;
	static const char *const keys[] = {"b", "ab", "a", ""};

	for (size_t i = 0; i < countof(keys); i++) {
		msg_string(msg_sub(m, "userDefined"), "key", keys[i]);
		msg_string(msg_sub(k, "userDefined"), "key", keys[countof(keys) - 1 - i]);
	}
	CHECK_INT(msg_same(m, k), true);
	e = (Msg *)(uintptr_t)msg_at(k, "userDefined", 0);
	CHECK_STR(msg_get_string(msg_map_find(m, "userDefined", e), "key"), "");
	msg_string(e, "value", "v");
	CHECK_INT(msg_same(m, k), false);
	msg_merge(m, k);
	CHECK_INT(msg_same(m, k), true);
	CHECK_STR(text(&a, m),
	          "userDefined {\n  key: \"\"\n  value: \"v\"\n}\n"
	          "userDefined {\n  key: \"b\"\n  value: \"\"\n}\n"
	          "userDefined {\n  key: \"a\"\n  value: \"\"\n}\n"
	          "userDefined {\n  key: \"ab\"\n  value: \"\"\n}\n");
	arena_free(&a);
}

static void
test_names(void)
{
	const ProtobufCMessageDescriptor *array =
	    proto_in_file("Model", "ArrayFeatureType").message;
	const ProtobufCEnumDescriptor *e = proto_in_message(array, "ArrayDataType").enumeration;
	size_t pos = 0;

	CHECK_INT(proto_in_file("Model", "Model").message == model, true);
	CHECK_INT(proto_in_file("FeatureTypes", "Model").message == NULL, true);
	CHECK_INT(proto_is_file("Features"), false);
	CHECK_STR(proto_file(array), "FeatureTypes");
	CHECK_STR(e->short_name, "ArrayDataType");
	CHECK_INT(proto_in_message(array, "FLOAT16").value->value, 65552);
	CHECK_INT(proto_in_message(array, "Model").message == NULL, true);
	CHECK_STR(proto_in_message(array, "ShapeRange").message->name,
	          "CoreML.Specification.ArrayFeatureType.ShapeRange");
	CHECK_INT(proto_next_value(e, &pos)->value, 0);
	CHECK_STR(proto_next_value(e, &pos)->name, "FLOAT32");
	pos = 0;
	CHECK_STR(proto_oneof(model, "Type")->name, "pipelineClassifier");
	CHECK_INT(proto_oneof(model, "type") == NULL, true);
	CHECK_STR(proto_next_oneof(array, &pos), "ShapeFlexibility");
	CHECK_STR(proto_next_oneof(array, &pos), "defaultOptionalValue");
	CHECK_INT(proto_next_oneof(array, &pos) == NULL, true);
}

int
main(void)
{
	test_splice();
	test_numbers();
	test_joining();
	test_copies();
	test_maps();
	test_names();
	return check_report();
}
