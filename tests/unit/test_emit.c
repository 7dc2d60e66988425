/* test_emit.c: models written and read again: the same bytes, the same text; which constants go to
 * the weights file; what cannot be written.
 */
#include "form/emit.h"
#include "form/spec.h"
#include "pass/pass.h"
#include "form/read.h"
#include "Model.pb-c.h"
#include "world.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/milc-emit-XXXXXX";

static const char *
path_of(World *w, const char *name)
{
	return arena_printf(&w->arena, "%s/%s", folder, name);
}

static Model *
conv(World *w, Opset target)
{
	return convert(w->p, &(ConvertOptions){.target = target, .passes = "none"}, 0);
}

static bool
emit(World *w, const Model *m, const char *name)
{
	EmitCtx c = world_emit(w, path_of(w, name));

	return emit_model(m, &c);
}

static Model *
reread(World *w, const char *name)
{
	return world_read(w, path_of(w, name));
}

static bool
same_spec(World *w, const Model *a, const Model *b)
{
	EmitCtx c = world_emit(w, NULL);
	Buf x = {0}, y = {0};
	bool same = emit_spec(a, &c, &x) && emit_spec(b, &c, &y) &&
	            x.n == y.n && !memcmp(x.at, y.at, x.n);

	buf_free(&x);
	buf_free(&y);
	return same;
}

static void
test_round_trip(void)
{
	static const DType types[] = {DT_FP32, DT_FP16, DT_INT32};
	World w;

	for (size_t k = 0; k < countof(types); k++) {
		world_init(&w, IOS18);
		Var *v = world_input(&w, "v", types[k], 4, 3);
		Var *y = world_add(&w, v, world_ramp(&w, types[k], 4, 3), "y");
		world_return(&w, y);
		Model *m = conv(&w, IOS18);
		CHECK(m && emit(&w, m, "a.mlpackage"));
		Model *n = reread(&w, "a.mlpackage");
		CHECK(n);
		CHECK_INT(n->spec_version, IOS18);
		CHECK_INT(n->prog->funcs.at[0]->opset, IOS18);
		CHECK(n && same_spec(&w, m, n));
		const Var *c = n ? inst_arg(n->prog->funcs.at[0]->body->out[0]->var->def, "y") : 0;
		CHECK(c && c->val);
		CHECK_NUM(tensor_f(c->val, 11), 11);
		diag_flush(&w.diag);
		CHECK_INT(w.said.n, 0);
		world_free(&w);
	}
}

static void
test_weights_rule(void)
{
	World w;
	Weights k;
	Model m = {.spec_version = IOS17};

	world_init(&w, IOS17);
	weights_init(&k, &w.arena, &m);
	CHECK(weights_wants(&k, world_ramp(&w, DT_FP32, 2, 5)));
	CHECK(!weights_wants(&k, world_ramp(&w, DT_FP32, 3, 3)));
	CHECK(weights_wants(&k, world_ramp(&w, DT_UINT8, 2, 5)));
	CHECK(!weights_wants(&k, world_ramp(&w, DT_INT32, 2, 5)));
	CHECK(!weights_wants(&k, world_ramp(&w, DT_BOOL, 2, 5)));
	k.spec_version = IOS18;
	CHECK(weights_wants(&k, world_ramp(&w, DT_INT32, 2, 5)));
	CHECK(!weights_wants(&k, world_ramp(&w, DT_INT64, 2, 5)));
	const Tensor *a = world_ramp(&w, DT_FP32, 4, 5), *b = world_ramp(&w, DT_FP16, 2, 5);
	CHECK_INT(weights_offset(&k, a), 64);
	CHECK_INT(weights_offset(&k, b), 256);
	CHECK_INT(weights_offset(&k, a), 64);
	CHECK_INT(k.list.n, 2);
	CHECK_INT(blob_size(world_ramp(&w, DT_UINT3, 3, 1)), 2);
	uint8_t bits[] = {5, 6, 7};
	CHECK_INT(blob_pack(bits, 3, 3), 2);
	CHECK_INT(bits[0], 0xf5);
	CHECK_INT(bits[1], 0x01);
	world_free(&w);
}

static void
test_text(void)
{
	World w;
	Buf text = {0};

	world_init(&w, IOS18);
	Var *v = world_input(&w, "v", DT_FP32, 4, 3);
	Var *y = world_add(&w, v, world_ramp(&w, DT_FP32, 4, 3), "y");
	world_return(&w, world_add(&w, y, world_ramp(&w, DT_FP32, 4, 3), "z"));
	Model *m = conv(&w, IOS18);
	CHECK(m && emit_mil_text(m, &text));
	CHECK(text.at && strstr(text.at, "main<ios18>") && strstr(text.at, "uint64(64)"));
	CHECK(text.at && strstr(text.at, "uint64(192)")); /* the second constant's record */
	CHECK(m && emit(&w, m, "a.mil"));
	buf_free(&text);
	world_free(&w);
}

static void
test_refused(void)
{
	World w;

	world_init(&w, IOS15);
	world_return(&w, world_relu(&w, w.x, "y"));
	Model *m = conv(&w, IOS15);
	CHECK(m && !emit(&w, m, "a.onnx") && world_heard(&w, "does not say what to write"));
	CHECK(m && !emit(&w, m, "a.mlmodel") && world_heard(&w, "is the form of a NeuralNetwork"));
	CHECK(target_for_path("x.mlpackage/") == target_for_path("x.mlpackage"));
	CHECK(!target_for_path(".mlmodel"));
	world_free(&w);
}

static void
test_no_weights(void)
{
	World w;
	struct stat st;

	world_init(&w, IOS15);
	world_return(&w, world_relu(&w, w.x, "y"));
	Model *m = conv(&w, IOS15);
	for (int i = 0; i < 2; i++) {
		Msg *entry = msg_sub(m->metadata, "userDefined");
		msg_string(entry, "key", "key");
		msg_string(entry, "value", i ? "new" : "old");
	}
	CHECK(emit(&w, m, "b.mlpackage"));
	CHECK_INT(stat(path_of(&w, "b.mlpackage/Data/com.apple.CoreML/weights"), &st), 0);
	Model *n = reread(&w, "b.mlpackage");
	CHECK(n);
	CHECK_INT(msg_count(n->metadata, "userDefined"), 3);
	CHECK_STR(msg_get_string(msg_at(n->metadata, "userDefined", 2), "value"), "new");
	world_free(&w);
}

/* The number of the field at the end of a path of names. */
static uint32_t
number_of(const char *path)
{
	const ProtobufCMessageDescriptor *d = &core_ml__specification__model__descriptor;
	const ProtobufCFieldDescriptor *f = NULL;
	char word[64];

	for (size_t n; *path; path += n + (path[n] == '.')) {
		n = strcspn(path, ".");
		snprintf(word, sizeof word, "%.*s", (int)n, path);
		f = protobuf_c_message_descriptor_get_field_by_name(d, word);
		if (!f)
			return 0;
		d = f->descriptor;
	}
	return f->id;
}

#define FUNCTION "mlProgram.functions.value."
#define BLOCK FUNCTION "block_specializations.value."
#define OPERATION BLOCK "operations."
#define TYPE FUNCTION "inputs.type."
#define VALUE OPERATION "attributes.value.immediateValue.tensor."

static void
test_field_numbers(void)
{
	static const struct {
		const char *path;
		uint32_t number;
	} fields[] = {
	    {"neuralNetworkClassifier", MODEL_CLASSIFIER},
	    {"neuralNetwork", MODEL_NETWORK},
	    {"mlProgram", MODEL_PROGRAM},
	    {"mlProgram.version", PROGRAM_VERSION},
	    {"mlProgram.functions", PROGRAM_FUNCTION},
	    {"mlProgram.attributes", PROGRAM_ATTRIBUTE},
	    {FUNCTION "inputs", FUNCTION_INPUT},
	    {FUNCTION "opset", FUNCTION_OPSET},
	    {FUNCTION "block_specializations", FUNCTION_BLOCK},
	    {BLOCK "inputs", BLOCK_INPUT},
	    {BLOCK "outputs", BLOCK_OUTPUT},
	    {BLOCK "operations", BLOCK_OPERATION},
	    {OPERATION "type", OPERATION_TYPE},
	    {OPERATION "inputs", OPERATION_INPUT},
	    {OPERATION "outputs", OPERATION_OUTPUT},
	    {OPERATION "blocks", OPERATION_BLOCK},
	    {OPERATION "attributes", OPERATION_ATTRIBUTE},
	    {TYPE "tensorType", VT_TENSOR},
	    {TYPE "listType", VT_LIST},
	    {TYPE "tupleType", VT_TUPLE},
	    {TYPE "dictionaryType", VT_DICT},
	    {TYPE "stateType", VT_STATE},
	    {VALUE "floats", TV_FLOATS},
	    {VALUE "ints", TV_INTS},
	    {VALUE "bools", TV_BOOLS},
	    {VALUE "strings", TV_STRINGS},
	    {VALUE "longInts", TV_LONGS},
	    {VALUE "doubles", TV_DOUBLES},
	    {VALUE "bytes", TV_BYTES},
	};

	for (size_t k = 0; k < countof(fields); k++)
		if (number_of(fields[k].path) != fields[k].number)
			CHECK_STR(fields[k].path, "the field of that number");
}

int
main(void)
{
	if (!mkdtemp(folder))
		return 1;
	test_field_numbers();
	test_round_trip();
	test_weights_rule();
	test_text();
	test_refused();
	test_no_weights();
	if (system("rm -rf /tmp/milc-emit-*") != 0)
		return 1;
	return check_report();
}
