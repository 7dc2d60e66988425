/* Unit tests of pb.c: what the scan refuses and why, unpacking, and hand-written envelopes. */
#include "pb/pb.h"
#include "MIL.pb-c.h"
#include "Model.pb-c.h"
#include "check.h"

static const ProtobufCMessageDescriptor *const model = &core_ml__specification__model__descriptor;
static const ProtobufCMessageDescriptor *const value =
    &core_ml__specification__milspec__value__descriptor;
static const ProtobufCMessageDescriptor *const tensor =
    &core_ml__specification__milspec__tensor_value__descriptor;
static const ProtobufCMessageDescriptor *const type =
    &core_ml__specification__milspec__value_type__descriptor;

static bool
says(const ProtobufCMessageDescriptor *d, const void *p, size_t n, const char *want)
{
	const char *error = "";
	Arena a = {0};
	bool same;

	pb_unpack(&a, d, p, n, &error);
	same = strcmp(error ? error : "", want) == 0;
	if (!same)
		fprintf(stderr, "said:   %s\nwanted: %s\n", error ? error : "", want);
	arena_free(&a);
	return same;
}
#define SAYS(d, bytes, want) says(d, bytes, sizeof bytes - 1, want)

static void
test_refusals(void)
{
	CHECK(SAYS(model, "", ""));
	CHECK(SAYS(model, "\x08\x05", ""));
	CHECK(SAYS(model, "\x08\x85", "at byte 0: number in field 1 of Model does not end"));
	CHECK(SAYS(model, "\x80", "at byte 0: expected a field of Model, found no valid tag"));
	CHECK(SAYS(model, "\x00\x00", "at byte 0: expected a field of Model, found no valid tag"));
	CHECK(SAYS(model, "\x0b",
	           "at byte 0: field 1 of Model has wire type 3, which is not in use"));
	CHECK(SAYS(model, "\x0d\x01\x02",
	           "at byte 0: field 1 of Model has 4 bytes, but only 2 are left"));
	CHECK(SAYS(model, "\x12\x7f",
	           "at byte 0: field 2 of Model has 127 bytes, but only 0 are left"));
	CHECK(SAYS(model, "\x12\xff", "at byte 0: length of field 2 of Model does not end"));
	CHECK(SAYS(model, "\x09\x01\x02\x03\x04\x05\x06\x07\x08",
	           "at byte 1: 'specificationVersion' of Model has wire type 1, expected 0"));
	CHECK(SAYS(model, "\x12\x02\x5a\x00", ""));
	CHECK(SAYS(model, "\x12\x03\x5a\x01\xff",
	           "at byte 4: string 'predictedFeatureName' of ModelDescription is not UTF-8 text "
	           "without NUL"));
	CHECK(SAYS(model, "\x12\x03\x5a\x01\x00",
	           "at byte 4: string 'predictedFeatureName' of ModelDescription is not UTF-8 text "
	           "without NUL"));
	CHECK(SAYS(tensor, "\x0a\x05\x0a\x03xyz",
	           "at byte 4: 'values' of RepeatedFloats has 3 bytes, expected a multiple of 4"));
	CHECK(SAYS(tensor, "\x12\x04\x0a\x02\x01\x80",
	           "at byte 5: number in 'values' of RepeatedInts does not end"));
	CHECK(SAYS(tensor, "\x12\x04\x0a\x02\x01\x7f", ""));
	CHECK(SAYS(tensor, "\x12\x04\x08\x02\x08\x7f", "")); /* not packed */
	CHECK(SAYS(model, "\x12\x80\x80\x80\x80\x80\x00", "the bytes are not a Model message"));
	CHECK(says(model, "", (size_t)INT32_MAX + 1, "2147483648 bytes, expected less than 2 GiB"));
}

/* A list type of a list type of ... */
static Buf
nested(int depth)
{
	Buf b = {0};
	size_t mark[2000];
	int i;

	for (i = 0; i < depth; i += 2) {
		mark[i] = pb_open(&b, 2);
		mark[i + 1] = pb_open(&b, 1);
	}
	for (i = depth; i-- > 0;)
		pb_close(&b, mark[i]);
	return b;
}

static void
test_limits(void)
{
	Buf b = nested(62);
	const char *error;
	Arena a = {0};
	size_t i;

	CHECK(says(type, b.at, b.n, ""));
	buf_free(&b);
	b = nested(2000);
	CHECK(says(type, b.at, b.n, "at byte 192: messages are nested more than 64 deep"));
	buf_clear(&b);
	for (i = 0; i < 66; i++)
		pb_len_field(&b, 2, 0, 0);
	CHECK(says(
	    value, b.at, b.n,
	    "at byte 132: 'type' of Value comes again: too many single fields do, expected one "
	    "each"));
	buf_clear(&b);
	for (i = 0; i < 1500000; i++)
		pb_len_field(&b, 1, 0, 0);
	error = pb_check(&a, &core_ml__specification__milspec__block__descriptor, b.at, b.n);
	CHECK(error && strstr(error, "3000000 bytes would take ") == error);
	CHECK(error && strstr(error, " bytes of memory, which is out of proportion"));
	arena_free(&a);
	buf_free(&b);
}

/* The same message made by hand and by protobuf-c. */
static void
test_writing(void)
{
	CoreML__Specification__Model m = CORE_ML__SPECIFICATION__MODEL__INIT;
	CoreML__Specification__ModelDescription d = CORE_ML__SPECIFICATION__MODEL_DESCRIPTION__INIT;
	CoreML__Specification__MILSpec__Program p = CORE_ML__SPECIFICATION__MILSPEC__PROGRAM__INIT;
	CoreML__Specification__Model *back;
	char name[301] = {0};
	Buf a = {0}, b = {0};
	const char *error;
	Arena mem = {0};
	size_t outer;

	memset(name, 'n', 300);
	m.specificationversion = 9;
	m.description = &d;
	d.predictedfeaturename = name;
	p.version = 1;
	m.type_case = CORE_ML__SPECIFICATION__MODEL__TYPE_ML_PROGRAM;
	m.mlprogram = &p;
	pb_message(&a, &m.base);
	pb_uint_field(&b, 1, 9);
	outer = pb_open(&b, 2);
	pb_str_field(&b, 11, name);
	pb_close(&b, outer);
	pb_message_field(&b, 502, &p.base);
	CHECK(a.n == b.n && memcmp(a.at, b.at, a.n) == 0);
	back = (void *)pb_unpack(&mem, model, b.at, b.n, &error);
	CHECK(back && back->mlprogram->version == 1 && back->specificationversion == 9);
	CHECK(back && strcmp(back->description->predictedfeaturename, name) == 0);
	CHECK(pb_unpack(&mem, model, 0, 0, &error));
	arena_free(&mem);
	buf_free(&a);
	buf_free(&b);
}

int
main(void)
{
	test_refusals();
	test_limits();
	test_writing();
	return check_report();
}
