/* test_read.c: files that are wrong. The protobuf of a small program is written by hand, with one
 * thing broken in each, and the message is looked for.
 */
#include "pb/pb.h"
#include "form/read.h"
#include "world.h"

#include <stdlib.h>
#include <sys/stat.h>

static char folder[] = "/tmp/milc-read-XXXXXX";

static void
put_file(const char *name, const char *at, size_t n)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "wb");
	if (!f || fwrite(at, 1, n, f) != n || fclose(f) != 0)
		exit(1);
}

/* Reads FOLDER/name, which fails with `want`. */
static bool
refused(const char *name, const char *want)
{
	World w;

	world_init(&w, IOS15);
	bool ok = !world_read(&w, arena_printf(&w.arena, "%s/%s", folder, name)) &&
	          world_heard(&w, want);
	world_free(&w);
	return ok;
}

/* ---- packages ---- */

static bool
manifest_refused(const char *text, const char *want)
{
	put_file("p.mlpackage/Manifest.json", text, strlen(text));
	return refused("p.mlpackage", want);
}

static void
test_manifest(void)
{
	char path[128];

	snprintf(path, sizeof path, "%s/p.mlpackage", folder);
	CHECK_INT(mkdir(path, 0777), 0);
	CHECK(refused("nothing", "cannot open"));
	CHECK(refused("p.mlpackage", "Manifest.json"));
	CHECK(manifest_refused("{", "Manifest.json is no JSON: line 1"));
	CHECK(manifest_refused("{}", "has fileFormatVersion 'none', expected 1.0.0 or older"));
	CHECK(manifest_refused("{\"fileFormatVersion\": \"1.1.0\"}", "fileFormatVersion '1.1.0'"));
	CHECK(manifest_refused("{\"fileFormatVersion\": \"1.0\"}", "fileFormatVersion '1.0'"));
	CHECK(manifest_refused("{\"fileFormatVersion\": \"0.9.7\"}", "names no root model"));
	CHECK(manifest_refused("{\"fileFormatVersion\": \"1.0.0\", \"rootModelIdentifier\": \"A\","
	                       "\"itemInfoEntries\": {\"A\": {\"path\": \"../x\"}}}",
	                       "has the path '../x' outside of Data/"));
	CHECK(manifest_refused("{\"fileFormatVersion\": \"1.0.0\", \"rootModelIdentifier\": \"A\","
	                       "\"itemInfoEntries\": {\"A\": {\"path\": \"a/b.mlmodel\"}}}",
	                       "b.mlmodel"));
}

/* ---- models ---- */

typedef struct Bad { /* what the small program has instead of what is right */
	int version;
	const char *opset, *block, *type, *operand, *param, *from, *output, *feature;
	int dtype, rank, color;
	bool twice, no_inputs, no_interface, no_name, const_op, list_type;
	const char *file;
	int value; /* field of TensorValue: 1 floats, 2 ints, 4 strings */
} Bad;

static void
put_tensor_type(Buf *b, uint32_t field, int dtype, int rank, uint64_t dim)
{
	size_t at = pb_open(b, field), t = pb_open(b, 1);

	pb_uint_field(b, 1, (uint64_t)dtype);
	pb_uint_field(b, 2, (uint64_t)rank);
	size_t d = pb_open(b, 3), c = pb_open(b, 1);
	pb_uint_field(b, 1, dim);
	pb_close(b, c);
	pb_close(b, d);
	pb_close(b, t);
	pb_close(b, at);
}

static void
put_named(Buf *b, uint32_t field, const char *name, int dtype, int rank)
{
	size_t at = pb_open(b, field);

	pb_str_field(b, 1, name);
	put_tensor_type(b, 2, dtype, rank, 2);
	pb_close(b, at);
}

/* A const of two elements: `val` is in the weights file, or in place. */
static void
put_const(Buf *b, const Bad *x)
{
	size_t op = pb_open(b, 3);

	pb_str_field(b, 1, "const");
	put_named(b, 3, "k", 11, 1);
	size_t attr = pb_open(b, 5);
	pb_str_field(b, 1, "val");
	size_t val = pb_open(b, 2);
	put_tensor_type(b, 2, x->dtype ? x->dtype : 11, 1, 2);
	if (x->file) {
		size_t blob = pb_open(b, 5);
		pb_str_field(b, 1, x->file);
		pb_uint_field(b, 2, 64);
		pb_close(b, blob);
	} else {
		size_t im = pb_open(b, 3), t = pb_open(b, 1);
		size_t v = pb_open(b, (uint32_t)x->value);
		if (x->value == 4)
			pb_str_field(b, 1, "text");
		else
			pb_len_field(b, 1, "\0\0\0", 4);
		pb_close(b, v);
		pb_close(b, t);
		pb_close(b, im);
	}
	pb_close(b, val);
	pb_close(b, attr);
	pb_close(b, op);
}

static void
put_relu(Buf *b, const Bad *x)
{
	size_t op = pb_open(b, 3);

	pb_str_field(b, 1, x->type ? x->type : "relu");
	if (!x->no_inputs) {
		size_t in = pb_open(b, 2);
		pb_str_field(b, 1, x->operand ? x->operand : "x");
		size_t arg = pb_open(b, 2), bind = pb_open(b, 1);
		pb_str_field(b, 1, x->from ? x->from : "x");
		pb_close(b, bind);
		pb_close(b, arg);
		pb_close(b, in);
	}
	put_named(b, 3,
	          x->no_name ? ""
	          : x->twice ? "x"
	                     : "y",
	          x->const_op || !x->dtype ? 11 : x->dtype, x->rank ? x->rank : 1);
	pb_close(b, op);
}

static void
put_program(Buf *b, const Bad *x)
{
	const char *opset = x->opset ? x->opset : "CoreML5";
	size_t prog = pb_open(b, 502), entry = pb_open(b, 2);

	pb_str_field(b, 1, "main");
	size_t f = pb_open(b, 2);
	put_named(b, 1, x->param ? x->param : "x", 11, 1);
	pb_str_field(b, 2, opset);
	size_t spec = pb_open(b, 3);
	pb_str_field(b, 1, x->block ? x->block : opset);
	size_t block = pb_open(b, 2);
	pb_str_field(b, 2, x->output ? x->output : "y");
	if (x->const_op)
		put_const(b, x);
	put_relu(b, x);
	pb_close(b, block);
	pb_close(b, spec);
	pb_close(b, f);
	pb_close(b, entry);
	pb_close(b, prog);
}

static void
put_feature(Buf *b, uint32_t field, const char *name, int dtype)
{
	size_t at = pb_open(b, field);

	pb_str_field(b, 1, name);
	size_t t = pb_open(b, 3), a = pb_open(b, 5);
	pb_len_field(b, 1, "\2", 1);
	pb_uint_field(b, 2, (uint64_t)dtype);
	pb_close(b, a);
	pb_close(b, t);
	pb_close(b, at);
}

static void
put_model(Buf *b, const Bad *x)
{
	pb_uint_field(b, 1, (uint64_t)(x->version ? x->version : 6));
	if (!x->no_interface) {
		size_t d = pb_open(b, 2);
		put_feature(b, 1, x->feature ? x->feature : "x", x->color ? x->color : 0x10020);
		put_feature(b, 10, x->output ? x->output : "y", 0x10020);
		pb_close(b, d);
	}
	put_program(b, x);
}

static bool
model_refused(Bad x, const char *want)
{
	Buf b = {0};

	put_model(&b, &x);
	put_file("m.mlmodel", b.at, b.n);
	buf_free(&b);
	return refused("m.mlmodel", want);
}

static bool
model_is_good(Bad x)
{
	World w;
	Buf b = {0};

	put_model(&b, &x);
	put_file("m.mlmodel", b.at, b.n);
	buf_free(&b);
	world_init(&w, IOS15);
	const Model *m = world_read(&w, arena_printf(&w.arena, "%s/m.mlmodel", folder));
	bool ok = m && m->prog->funcs.at[0]->body->first && program_verify(m->prog);
	if (!ok)
		world_heard(&w, "");
	world_free(&w);
	return ok;
}

static void
test_model(void)
{
	CHECK(model_is_good((Bad){0}));
	CHECK(model_refused((Bad){.version = 99},
	                    "the specification version is 99, expected 1 to 10"));
	CHECK(model_refused((Bad){.no_interface = true}, "the model has no description"));
	CHECK(model_refused((Bad){.color = 5}, "feature 'x' has the unknown element type 5"));
	CHECK(model_refused((Bad){.feature = "z"},
	                    "input 'x' of function 'main' is not in the interface"));
	CHECK(model_refused((Bad){.opset = "CoreML4x"}, "the opset 'CoreML4x' is unknown"));
	CHECK(model_refused((Bad){.block = "CoreML6"}, "there is no block for its opset CoreML5"));
	CHECK(model_is_good((Bad){.type = "relv"})); /* held as it is */
	CHECK(model_refused((Bad){.type = "reshape_like"}, "reshape_like is not in opset CoreML5"));
	CHECK(model_refused((Bad){.operand = "y"}, "relu has no operand 'y'"));
	CHECK(model_refused((Bad){.from = "q"},
	                    "operand x of relu is 'q', which is not defined before it"));
	CHECK(model_refused((Bad){.no_inputs = true}, "relu lacks its operand x"));
	CHECK(model_refused((Bad){.twice = true}, "value 'x' is defined twice"));
	CHECK(model_refused((Bad){.no_name = true}, "a value has no name"));
	CHECK(model_refused((Bad){.output = "q"}, "output 'q' of a block is not defined"));
	CHECK(model_refused((Bad){.rank = 2}, "a tensor has rank 2 but 1 dimensions"));
	CHECK(model_refused((Bad){.dtype = 99}, "99"));
	CHECK(
	    model_refused((Bad){.dtype = 10}, "result 'y' of relu is declared as tensor[2,fp16]"));
	put_file("m.mlmodel", "\1\2\3", 3);
	CHECK(refused("m.mlmodel", "is no Core ML model"));
}

static void
test_constants(void)
{
	Bad x = {.const_op = true};

	x.value = 2;
	CHECK(model_refused(x, "a constant of type fp32 is stored as another type"));
	x.value = 1;
	CHECK(model_refused(x, "has 1 elements or bytes stored, expected 2"));
	x.dtype = 23;
	x.value = 2;
	CHECK(model_refused(x, "has 4 elements or bytes stored, expected 2"));
	x.dtype = 0;
	x.file = "/etc/passwd";
	CHECK(model_refused(x, "expected a path below @model_path/"));
	x.file = "@model_path/../x";
	CHECK(model_refused(x, "expected a path below @model_path/"));
	x.file = "@model_path/w.bin";
	CHECK(model_is_good(x)); /* zeros; who needs the numbers sees that they are absent */
	put_file("w.bin", "none", 4);
	CHECK(model_refused(x, "w.bin' cannot be read"));
}

int
main(void)
{
	if (!mkdtemp(folder))
		return 1;
	test_manifest();
	test_model();
	test_constants();
	if (system("rm -rf /tmp/milc-read-*") != 0)
		return 1;
	return check_report();
}
