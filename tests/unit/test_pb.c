/* Unit tests of pb.c and msg.c: what the scan refuses and why, message trees, edits in place. */
#include "pb/msg.h"
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

	error = pb_check(&a, d, p, n);
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
	CHECK(SAYS(model, "\x12\x80\x80\x80\x80\x80\x00", ""));
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
	CHECK(says(type, b.at, b.n, "at byte 300: messages are nested more than 100 deep"));
	buf_clear(&b);
	for (i = 0; i < 66; i++)
		pb_len_field(&b, 2, 0, 0);
	CHECK(says(
	    value, b.at, b.n,
	    "at byte 132: 'type' of Value comes again: too many single fields do, expected one "
	    "each"));
	buf_clear(&b);
	/* four million small operations are many, and eight million empty ones too many */
	for (i = 0; i < 8000000; i++)
		pb_len_field(&b, 1, 0, 0);
	CHECK(!pb_check(&a, &core_ml__specification__milspec__block__descriptor, b.at, b.n / 2));
	b.n = 0;
	for (i = 0; i < 15000000; i++)
		pb_len_field(&b, 1, 0, 0);
	error = pb_check(&a, &core_ml__specification__milspec__block__descriptor, b.at, b.n);
	CHECK(error && strstr(error, "30000000 bytes would take ") == error);
	CHECK(error && strstr(error, " bytes of memory, which is out of proportion"));
	arena_free(&a);
	buf_free(&b);
}

/* The same message made by hand and as a tree. */
static void
test_writing(void)
{
	char name[301] = {0};
	Buf a = {0}, b = {0};
	const char *error;
	Arena mem = {0};
	Msg *m = msg_new(&mem, model);
	size_t outer;

	memset(name, 'n', 300);
	msg_int(msg_sub(m, "mlProgram"), "version", 1); /* in any order */
	msg_int(m, "specificationVersion", 9);
	msg_string(msg_sub(m, "description"), "predictedFeatureName", name);
	msg_int(m, "isUpdatable", 0); /* zero: left out */
	msg_write(m, &a);
	pb_uint_field(&b, 1, 9);
	outer = pb_open(&b, 2);
	pb_str_field(&b, 11, name);
	pb_close(&b, outer);
	pb_len_field(&b, 502, "\x08\x01", 2);
	CHECK(a.n == b.n && memcmp(a.at, b.at, a.n) == 0);
	m = msg_read(&mem, model, b.at, b.n, &error);
	CHECK(m);
	CHECK_INT(msg_get_int(msg_get(m, "mlProgram"), "version"), 1);
	CHECK_INT(msg_get_int(m, "specificationVersion"), 9);
	CHECK_STR(msg_get_string(msg_get(m, "description"), "predictedFeatureName"), name);
	CHECK_STR(msg_case(m, "neuralNetwork"), "mlProgram");
	m = msg_read(&mem, model, 0, 0, &error);
	CHECK(m && !msg_has(m, "description"));
	CHECK_INT(msg_case(m, "mlProgram"), 0);
	arena_free(&mem);
	buf_free(&a);
	buf_free(&b);
}

/* What `edit` makes of the bytes; "" when it is `want`. */
static const char *
edited(const char *at, size_t n, const char *path, const char *to, const char *want,
       size_t nwant)
{
	static char said[400];
	const char *error;
	Arena a = {0};
	Buf b = {0};
	Msg *m = msg_read(&a, model, at, n, &error);

	if (m)
		error = path ? msg_set_path(m, path, to) : NULL;
	said[0] = '\0';
	if (error) {
		snprintf(said, sizeof said, "%s", error);
	} else {
		msg_write(m, &b);
		if (b.n != nwant || (nwant && memcmp(b.at, want, nwant) != 0))
			for (size_t i = 0; i < b.n && i < 90; i++)
				snprintf(said + 4 * i, 5, "\\x%02x", (unsigned char)b.at[i]);
	}
	buf_free(&b);
	arena_free(&a);
	return said;
}
#define EDITED(bytes, path, value, want)                                                           \
	edited(bytes, sizeof bytes - 1, path, value, want, sizeof want - 1)

/* Field 999 is unknown, and stands between known ones; the version is written in two bytes. */
#define HEAD  "\x08\x89\x00"
#define ODD   "\xba\x3e\x02hi"
#define TAIL  "\xb2\x1f\x02\x08\x01"
#define DESC(n, body) "\x12" n body
#define META(n, body) "\xa2\x06" n body

static void
test_edits(void)
{
	/* nothing changed, nothing normalized */
	CHECK(!*EDITED(HEAD ODD TAIL, NULL, "", HEAD ODD TAIL));
	/* a number in its old place, the rest as it was */
	CHECK(!*EDITED(HEAD ODD TAIL, "specificationVersion", "7", "\x08\x07" ODD TAIL));
	/* a message that was not there: between its neighbours by number */
	CHECK(!*EDITED(HEAD ODD TAIL, "description.predictedFeatureName", "p",
	               HEAD "\x12\x03\x5a\x01p" ODD TAIL));
	/* one that was there, with unknown fields of its own in front and behind */
	CHECK(!*EDITED(HEAD DESC("\x0b", "\xba\x3e\x01?\x5a\x01q\xc2\x3e\x01!") TAIL,
	               "description.predictedFeatureName", "new",
	               HEAD DESC("\x0d", "\xba\x3e\x01?\x5a\x03new\xc2\x3e\x01!") TAIL));
	/* maps: another key, the same key */
	CHECK(!*EDITED(HEAD DESC("\x0c", META("\x09", "\xa2\x06\x06\x0a\x01k\x12\x01v")) TAIL,
	               "description.metadata.userDefined[a.b]", "w",
	               HEAD DESC("\x17", META("\x14", "\xa2\x06\x06\x0a\x01k\x12\x01v"
	                                             "\xa2\x06\x08\x0a\x03" "a.b" "\x12\x01w"))
	                   TAIL));
	CHECK(!*EDITED(HEAD DESC("\x0c", META("\x09", "\xa2\x06\x06\x0a\x01k\x12\x01v")) TAIL,
	               "description.metadata.userDefined[k]", "longer",
	               HEAD DESC("\x11", META("\x0e", "\xa2\x06\x0b\x0a\x01k\x12\x06longer"))
	                   TAIL));
	/* a zero goes away; another member of the oneof takes the place of the first */
	CHECK(!*EDITED(HEAD TAIL, "specificationVersion", "0", TAIL));
	CHECK_STR(EDITED(HEAD, "identity.x", "0", ""), "Identity has no field 'x'");
	CHECK_STR(EDITED(HEAD, "specificationVersion", "x", ""),
	          "'specificationVersion' cannot be 'x', expected a whole number of 32 bits");
	CHECK_STR(EDITED(HEAD, "description", "x", ""), "'description' is no number and no text");
	CHECK_STR(EDITED(HEAD, "description.input", "x", ""), "'input' is a list");
	CHECK_STR(EDITED(HEAD, "description.input[3].name", "x", ""), "'input[3]' is not there");
	CHECK_STR(EDITED(HEAD, "description.input[3", "x", ""), "'[3' has no closing bracket");
	CHECK_STR(EDITED(HEAD, "description.input[3]x", "x", ""), "expected a dot in front of 'x'");
	CHECK_STR(EDITED(HEAD, "specificationVersion.x", "x", ""),
	          "'specificationVersion' has no fields");
	CHECK_STR(EDITED(HEAD, "isUpdatable", "yes", ""),
	          "'isUpdatable' cannot be 'yes', expected true or false");
}

static void
test_paths(void)
{
	static const char bytes[] = HEAD DESC(
	    "\x11", "\x0a\x0f\x0a\x01x\x1a\x0a\x2a\x08\x0a\x02\x02\x03\x10\xa0\x80\x04") TAIL;
	const char *error;
	Arena a = {0};
	Msg *m = msg_read(&a, model, bytes, sizeof bytes - 1, &error);

	CHECK_STR(m ? "" : error, "");
	CHECK_STR(msg_get_path(m, "specificationVersion"), "9");
	CHECK_STR(msg_get_path(m, "description.input[0].name"), "x");
	CHECK_STR(msg_get_path(m, "description.input[0].type.multiArrayType.dataType"), "FLOAT32");
	CHECK_STR(msg_get_path(m, "description.input[0].type.multiArrayType.shape[1]"), "3");
	CHECK_STR(msg_get_path(m, "isUpdatable"), "false");
	CHECK(!msg_get_path(m, "description.input[1].name"));
	CHECK(!msg_get_path(m, "description.input[0].type.multiArrayType.shape[2]"));
	CHECK(!msg_get_path(m, "description.metadata.userDefined[k]"));
	CHECK(!msg_get_path(m, "description") && !msg_get_path(m, "nothing"));
	CHECK(!msg_set_path(m, "description.input[0].type.multiArrayType.dataType", "DOUBLE"));
	CHECK_STR(msg_get_path(m, "description.input[0].type.multiArrayType.dataType"), "DOUBLE");
	CHECK_STR(
	    msg_set_path(m, "specificationVersion", "4294967297"),
	    "'specificationVersion' cannot be '4294967297', expected a whole number of 32 bits");
	CHECK(!msg_set_path(m, "specificationVersion", "-2147483648"));
	CHECK(msg_set_path(m, "specificationVersion", "-2147483649"));
	CHECK_STR(msg_set_path(m, "neuralNetwork.updateParams.epochs.set.values", "1"),
	          "'values' is a list");
	CHECK(!msg_set_path(m, "neuralNetwork.updateParams.epochs.defaultValue", "-4294967297"));
	CHECK(msg_set_path(m, "linkedModel.linkedModelFile.a", "1"));
	CHECK(!msg_set_path(m, "glmRegressor.postEvaluationTransform", "Probit"));
	CHECK(msg_set_path(m, "wordTagger.revision", "-1"));
	CHECK(msg_set_path(m, "wordTagger.revision", "4294967296"));
	CHECK(!msg_set_path(m, "wordTagger.revision", "4294967295"));
	arena_free(&a);
}

/* The bytes of m are these; it is freed. */
static bool
is_written(Msg *m, const char *want, size_t n)
{
	Buf b = {0};
	bool same;

	msg_write(m, &b);
	same = b.n == n && !memcmp(b.at, want, n);
	buf_free(&b);
	return same;
}
#define WRITTEN(m, want) CHECK(is_written(m, want, sizeof want - 1))

/* Elements move, and hold what they held: y has a field that is unknown. */
static void
test_lists(void)
{
#define X "\x0a\x03\x0a\x01x"
#define Y "\x0a\x06\x0a\x01y\xba\x3e\x00"
	static const char bytes[] = HEAD DESC("\x0d", X Y) TAIL;
	const char *error;
	Arena a = {0};
	Msg *m = msg_read(&a, model, bytes, sizeof bytes - 1, &error), *d, *p;

	CHECK_STR(m ? "" : error, "");
	d = msg_mutable(msg_get(m, "description"));
	msg_string(msg_insert(d, "input", 1), "name", "z");
	WRITTEN(m, HEAD DESC("\x12", X "\x0a\x03\x0a\x01z" Y) TAIL);
	msg_remove(d, "input", 0);
	WRITTEN(m, HEAD DESC("\x0d", "\x0a\x03\x0a\x01z" Y) TAIL);
	msg_adopt(d, "output", msg_at(d, "input", 1));
	msg_remove(d, "input", 1);
	WRITTEN(m, HEAD DESC("\x0d", "\x0a\x03\x0a\x01z\x52\x06\x0a\x01y\xba\x3e\x00") TAIL);
	msg_clear(d, "output");
	msg_remove(d, "input", 0);
	WRITTEN(m, HEAD DESC("\x00", "") TAIL);
	CHECK_INT(msg_count(d, "input"), 0);
	p = msg_sub(m, "pipeline");
	msg_string(p, "names", "a");
	msg_string(p, "names", "b");
	msg_string_put(p, "names", 0, "long");
	WRITTEN(m, HEAD DESC("\x00", "") "\xd2\x0c\x09\x12\x04long\x12\x01" "b");
	arena_free(&a);
}

/* The last of several counts; two halves of one message are one. */
static void
test_again(void)
{
	static const char bytes[] = "\x08\x01" DESC("\x03", "\x5a\x01p") "\x08\x02"
	                            DESC("\x03", "\x62\x01q") "\xa2\x38\x00" TAIL;
	const char *error;
	Arena a = {0};
	Buf b = {0};
	Msg *m = msg_read(&a, model, bytes, sizeof bytes - 1, &error);

	CHECK_INT(msg_get_int(m, "specificationVersion"), 2);
	CHECK_STR(msg_get_string(msg_get(m, "description"), "predictedFeatureName"), "p");
	CHECK_STR(msg_get_string(msg_get(m, "description"), "predictedProbabilitiesName"), "q");
	CHECK_STR(msg_case(m, "identity"), "mlProgram"); /* not the one in front */
	msg_write(m, &b);
	CHECK(b.n == sizeof bytes - 1 && !memcmp(b.at, bytes, b.n));
	buf_free(&b);
	arena_free(&a);
}

int
main(void)
{
	test_refusals();
	test_limits();
	test_writing();
	test_edits();
	test_paths();
	test_lists();
	test_again();
	return check_report();
}
