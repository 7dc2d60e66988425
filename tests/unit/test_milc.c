/* test_milc.c: every function of milc.h, with the values and messages it gives; that nothing is
 * left of a hundred loads and runs; and that a stop or a fault ends one call only.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api.h"
#include "base/sys.h"
#include "pass/pass.h"

#include "check.h"

static const char script[] =
    "@mb.program(input_specs=[mb.TensorSpec(shape=(get_new_symbol('b'), 2))])\n"
    "def prog(x):\n"
    "    return mb.add(x=x, y=1.0, name='sum')\n"
    "m = ct.convert(prog, compute_precision=ct.precision.FLOAT32,\n"
    "               inputs=[ct.TensorType(name='x', shape=(ct.RangeDim(1, 4), 2))])\n"
    "m.author = 'somebody'\n"
    "m.user_defined_metadata['my.key'] = 'value'\n"
    "print('made')\n";

typedef struct Told {
	char said[2000], text[100000];
	milc_message last;
	int messages, texts, words, stop, what;
	milc *again; /* a handle to be called from inside */
	int status;
} Told;

static void
on_message(void *ctx, const milc_message *msg)
{
	Told *t = ctx;

	t->messages++;
	t->last = *msg;
	snprintf(t->said, sizeof t->said, "%s", msg->rendered);
	if (t->again) {
		t->status = milc_load(t->again, "again.mil");
		milc_free(t->again);
	}
}

static void
on_text(void *ctx, int what, const char *text, size_t n)
{
	Told *t = ctx;

	t->texts++;
	t->what = what;
	snprintf(t->text, sizeof t->text, "%.*s", (int)n, text);
}

static int
on_progress(void *ctx, const char *what)
{
	Told *t = ctx;

	if (t->stop < 0)
		die("the test fails at %s", what);
	return ++t->words == t->stop;
}

static milc *
handle(Told *t)
{
	milc *m = milc_new();

	*t = (Told){0};
	milc_on_message(m, on_message, t);
	milc_on_text(m, on_text, t);
	milc_on_progress(m, on_progress, t);
	return m;
}

static milc *
loaded(Told *t)
{
	milc *m = handle(t);

	CHECK_INT(milc_load_bytes(m, "add.mil", script, sizeof script - 1), MILC_OK);
	CHECK_STR(t->said, "");
	return m;
}

/* ---- what there is ---- */

static void
test_versions(void)
{
	char number[20];
	int v = milc_version_number();

	CHECK_INT(v, MILC_VERSION_NUMBER);
	snprintf(number, sizeof number, "%d.%d.%d", v / 10000, v / 100 % 100, v % 100);
	CHECK_STR(milc_version(), number);
	CHECK(strncmp(milc_libraries(), "protobuf-c ", 11) == 0);
}

static void
test_options(void)
{
	const milc_option *o;
	Told t;
	milc *m = handle(&t);
	size_t n, i;

	o = milc_options(&n);
	for (i = 0; i < n && strcmp(o[i].name, "define") != 0; i++)
		CHECK_INT(milc_set(m, o[i].name, NULL), MILC_OK);
	CHECK_INT(i < n, true);
	CHECK_STR(o[i].spelled, "-D NAME=VALUE");
	CHECK_INT(o[i].letter, 'D');
	CHECK_INT(o[i].takes_value, 1);
	CHECK_INT(o[i].commands & (MILC_COMPILE | MILC_RUN), MILC_COMPILE | MILC_RUN);
	CHECK_STR(o[i].help, "define a name of the script, a Python literal");
	CHECK_INT(t.messages, 0);

	CHECK_INT(milc_set(m, "taget", "iOS17"), MILC_WRONG_USE);
	CHECK_STR(t.said, "milc: error: there is no option 'taget'; did you mean 'target'?\n");
	CHECK_INT(milc_set(m, "colour of the bike shed", "1"), MILC_WRONG_USE);
	CHECK_STR(t.last.text, "there is no option 'colour of the bike shed'");
	CHECK_INT(milc_set(m, "text", "yes"), MILC_WRONG_USE);
	CHECK_STR(t.said, "milc: error: -S is 'yes', expected 1 or 0\n");
	CHECK_INT(milc_set(m, "max-steps", "64X"), MILC_WRONG_USE);
	CHECK_STR(t.said,
	          "milc: error: --max-steps is '64X', expected a number such as 1000, 64K or 8G\n");
	CHECK_INT(milc_set(m, "repeat", "0"), MILC_WRONG_USE);
	CHECK_STR(t.said, "milc: error: --repeat is '0', expected a number from 1 on\n");
	CHECK_INT(milc_set(m, "define", "N"), MILC_WRONG_USE);
	CHECK_STR(t.said, "milc: error: -D is 'N', expected NAME=VALUE\n");
	CHECK_INT(milc_set(m, "target", "iOS99"), MILC_OK);
	CHECK_INT(milc_load_bytes(m, "add.mil", script, sizeof script - 1), MILC_WRONG_USE);
	CHECK_STR(t.said,
	          "milc: error: --target is 'iOS99', expected iOS13 … iOS26 or macOS12 …\n");
	milc_free(m);
	milc_free(NULL);
}

/* A setting is as it was when it could not be changed for want of memory, or by a wrong value. */
static void
test_settings_stay(void)
{
	Told t;
	milc *m = handle(&t);

	milc_set(m, "seed", "64K");
	milc_set(m, "date", "2026-01-20");
	milc_set(m, "define", "N=3");
	CHECK_INT(milc_set(m, "seed", "x"), MILC_WRONG_USE);
	for (uint64_t n = 1; n <= 3; n++) {
		guard_fail_after(&m->words, n);
		CHECK_INT(milc_set(m, "define", "M=4"), MILC_FAILED);
		CHECK_STR(t.said, "milc: error: out of memory\n");
	}
	guard_fail_after(&m->words, 1);
	CHECK_INT(milc_set(m, "date", "2026-01-21"), MILC_FAILED);
	CHECK_INT(m->settings.seed, 65536);
	CHECK_STR(m->settings.date, "2026-01-20");
	CHECK_INT(m->settings.ndefine, 1);
	CHECK_STR(m->settings.define[0].literal, "3");
	milc_set(m, "define", NULL);
	milc_set(m, "date", NULL);
	CHECK(!m->settings.date && m->settings.ndefine == 0);
	milc_free(m);
}

/* Each pass there is, by its name; those of the Neural Engine in the pipeline that has them. */
static void
check_passes(const char *text)
{
	const char *ane = strstr(text, "\nane (--passes=ane, milc rewrite --ane):\n   1  ");
	const char *rest = strstr(text, "\nin none of these (--passes=+NAME adds one):\n      ");
	size_t n;
	const PassInfo *row = pass_table(&n);

	CHECK(strncmp(text, "mlprogram:\n   1  common::", 25) == 0);
	CHECK(ane && rest && ane < rest);
	for (size_t i = 0; i < n; i++) {
		char name[128];
		const char *at;
		snprintf(name, sizeof name, "  %s::%s ", row[i].space, row[i].name);
		at = strstr(text, name);
		CHECK_STR(at ? name : "", name);
		if (strcmp(row[i].space, "ane") == 0)
			CHECK(at > ane && at < rest);
	}
	CHECK(strstr(rest, "common::const_elimination ") == NULL);
	CHECK(strstr(rest, "compression::palettize_weights ") != NULL);
}

static void
test_lists(void)
{
	Told t;
	milc *m = handle(&t);

	CHECK_INT(milc_ops(m, "sqrt", 0), MILC_OK);
	CHECK_INT(t.what, MILC_OUTPUT);
	CHECK(strncmp(t.text, "sqrt  (elementwise_unary, since iOS13, folds)\n", 46) == 0);
	CHECK_INT(milc_ops(m, "sqrt", 1), MILC_OK);
	CHECK(strncmp(t.text, "[\n {\n  \"name\": \"sqrt\",", 22) == 0);
	CHECK_INT(milc_ops(m, NULL, 0), MILC_OK);
	CHECK_INT(milc_passes(m), MILC_OK);
	check_passes(t.text);
	CHECK_INT(milc_ops(m, "sqrtt", 0), MILC_WRONG_INPUT);
	CHECK_STR(t.said, "milc: error: there is no op 'sqrtt'; did you mean 'sqrt'?\n");
	CHECK_INT(milc_ops(m, "frobnicate", 0), MILC_WRONG_INPUT);
	CHECK_STR(t.said, "milc: error: there is no op 'frobnicate'\n");
	milc_free(m);
}

/* ---- models ---- */

static void
test_messages(void)
{
	static const char wrong[] = "def f(x):\n    return x + y\nf(1)\n";
	Told t;
	milc *m = handle(&t);

	CHECK_INT(milc_load_bytes(m, "w.mil", wrong, sizeof wrong - 1), MILC_WRONG_INPUT);
	CHECK_INT(milc_model_count(m), 0);
	CHECK(milc_model_at(m, 0) == NULL);
	CHECK_INT(t.messages, 1);
	CHECK_INT(t.last.severity, MILC_ERROR);
	CHECK_INT(t.last.line, 2);
	CHECK_INT(t.last.column, 16);
	CHECK_INT(t.last.end_line, 2);
	CHECK_INT(t.last.end_column, 17);
	CHECK_INT(t.last.nnotes, 1);
	CHECK_STR(t.last.file, "w.mil");
	CHECK(t.last.object == NULL);
	CHECK_STR(t.last.text, "name 'y' is not defined");
	CHECK_INT(t.last.notes[0].severity, MILC_NOTE);
	CHECK_INT(t.last.notes[0].line, 3);
	CHECK_STR(t.last.notes[0].text, "in call to f");
	CHECK(strncmp(t.said, "w.mil:2:16: error: name 'y' is not defined\n", 43) == 0);
	milc_set(m, "diagnostics", "json");
	CHECK_INT(milc_load_bytes(m, "w.mil", wrong, sizeof wrong - 1), MILC_WRONG_INPUT);
	CHECK(strncmp(t.said, "{\"severity\":\"error\",\"file\":\"w.mil\",\"line\":2,", 44) == 0);
	CHECK_INT(milc_load(m, "/none/such.mil"), MILC_WRONG_INPUT);
	CHECK_STR(t.last.text, "cannot open '/none/such.mil': No such file or directory");
	milc_on_message(m, NULL, NULL);
	CHECK_INT(milc_load(m, "/none/such.mil"), MILC_WRONG_INPUT);
	milc_free(m);
}

static void
test_interface(void)
{
	milc_feature f;
	milc_model *w;
	Told t;
	milc *m = loaded(&t);
	size_t n = 9;

	CHECK_STR(t.text, "made\n");
	CHECK_INT(t.what, MILC_PRINTED);
	CHECK_INT(milc_model_count(m), 1);
	w = milc_model_at(m, 0);
	CHECK(milc_model_path(w) == NULL);
	CHECK_INT(milc_feature_count(w, MILC_INPUT, &n), MILC_OK);
	CHECK_INT(n, 1);
	CHECK_INT(milc_feature_count(w, MILC_STATE, &n), MILC_OK);
	CHECK_INT(n, 0);
	CHECK_INT(milc_feature_at(w, MILC_INPUT, 0, &f), MILC_OK);
	CHECK_STR(f.name, "x");
	CHECK_STR(f.kind, "array");
	CHECK_STR(f.dtype, "fp32");
	CHECK(!f.description && !f.optional);
	CHECK_INT(f.rank, 2);
	CHECK_INT(f.shape[0], 1);
	CHECK_INT(f.shape[1], 2);
	CHECK_INT(f.low[0], 1);
	CHECK_INT(f.high[0], 4);
	CHECK_INT(f.low[1], 2);
	CHECK_INT(f.high[1], 2);
	CHECK_INT(milc_feature_at(w, MILC_OUTPUT_FEATURE, 0, &f), MILC_OK);
	CHECK_STR(f.name, "sum");
	CHECK_INT(milc_feature_at(w, MILC_OUTPUT_FEATURE, 1, &f), MILC_WRONG_USE);
	milc_free(m);
}

static void
test_fields(void)
{
	static const char author[] = "description.metadata.author";
	milc_feature f;
	milc_model *w;
	Told t;
	milc *m = loaded(&t);

	w = milc_model_at(m, 0);
	CHECK_STR(milc_get_field(w, "specificationVersion"), "6");
	CHECK_STR(milc_get_field(w, author), "somebody");
	CHECK_STR(milc_get_field(w, "description.metadata.userDefined[my.key]"), "value");
	CHECK(milc_get_field(w, "description.output[7].name") == NULL);
	CHECK_INT(milc_set_field(w, author, "another"), MILC_OK);
	CHECK_STR(milc_get_field(w, author), "another");
	CHECK_INT(milc_set_field(w, "description.input[0].shortDescription", "what"), MILC_OK);
	CHECK_INT(milc_set_field(w, "description.metadata.autor", "x"), MILC_WRONG_USE);
	CHECK_STR(t.last.text, "field 'description.metadata.autor': Metadata has no field 'autor'");
	CHECK_INT(milc_write(w, "fields.mlpackage"), MILC_OK);
	CHECK_INT(milc_load(m, "fields.mlpackage"), MILC_OK);
	w = milc_model_at(m, 0);
	CHECK_STR(milc_get_field(w, author), "another");
	CHECK_INT(milc_feature_at(w, MILC_INPUT, 0, &f), MILC_OK);
	CHECK_STR(f.description, "what");
	milc_free(m);
}

/* A call that fails says so of itself only. */
static void
test_writing(void)
{
	milc_model *w;
	Told t;
	milc *m = loaded(&t);

	w = milc_model_at(m, 0);
	CHECK_INT(milc_write(w, "/none/such.mlpackage"), MILC_FAILED);
	CHECK_STR(t.said, "milc: error: cannot create '/none/such.mlpackage': No such file or "
	                  "directory\n");
	CHECK_INT(milc_write(w, "model.xyz"), MILC_WRONG_INPUT);
	CHECK_INT(milc_write(w, "a.mil"), MILC_OK);
	CHECK_INT(milc_write(w, "a.mlpackage"), MILC_OK);
	CHECK_INT(sys_kind("a.mlpackage/Data/com.apple.CoreML/model.mlmodel"), PATH_FILE);
	CHECK_INT(milc_write_text(w, ".mil"), MILC_OK);
	CHECK_INT(t.what, MILC_OUTPUT);
	CHECK(strncmp(t.text, "program(1.0)\n", 13) == 0);
	CHECK_INT(milc_write_text(w, ".mlmodel"), MILC_OK);
	CHECK_INT(t.text[0], 8); /* field 1, a number */
	CHECK_INT(milc_write_text(w, ".txt"), MILC_WRONG_USE);
	CHECK_STR(t.said, "milc: error: expected the form .mil or .mlmodel\n");
	milc_free(m);
}

static void
put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void
test_commands(void)
{
	Told t;
	milc *m = handle(&t);

	put_file("add.mil", script);
	CHECK_INT(milc_set(m, "output", "b.mlpackage"), MILC_OK);
	CHECK_INT(milc_compile(m, "add.mil"), MILC_OK);
	CHECK_INT(sys_kind("b.mlpackage"), PATH_FOLDER);
	CHECK_INT(milc_set(m, "output", "-"), MILC_OK);
	CHECK_INT(milc_compile(m, "b.mlpackage"), MILC_OK);
	CHECK_INT(t.what, MILC_OUTPUT);
	CHECK(strncmp(t.text, "program(1", 9) == 0);
	CHECK_INT(milc_set(m, "seed", "1"), MILC_OK);
	CHECK_INT(milc_run(m, "b.mlpackage"), MILC_OK);
	CHECK_STR(t.text, "sum: fp32(1, 2)  min 1.56656  max 1.74578  mean 1.65617\n"
	                  "    1.56656 1.74578\n");
	milc_free(m);
}

/* ---- running ---- */

static int
give(milc_session *s, const char *name, const char *dtype, int64_t rows, const float *data)
{
	int64_t shape[2] = {rows, 2};

	return milc_session_set(s, &(milc_tensor){name, dtype, 2, shape, data,
	                                          (size_t)rows * 2 * sizeof *data});
}

static void
test_sessions(void)
{
	float two[4] = {1, 2, 3, 4}, ten[20] = {0};
	milc_session *s, *other;
	milc_tensor out;
	Told t;
	milc *m = loaded(&t);

	CHECK(milc_session_new(milc_model_at(m, 0), "train") == NULL);
	CHECK_STR(t.last.text, "the model has no function 'train'");
	s = milc_session_new(milc_model_at(m, 0), NULL);
	other = milc_session_new(milc_model_at(m, 0), "main");
	CHECK(s && other);
	CHECK_INT(milc_session_run(s), MILC_WRONG_INPUT);
	CHECK_STR(t.last.text, "there is no value for input 'x', tensor[b,2,fp32]");
	CHECK_INT(milc_session_outputs(s), 0);
	CHECK_INT(give(s, "y", "fp32", 2, two), MILC_WRONG_USE);
	CHECK_STR(t.said, "milc: error: input 'y': the function has none of this name\n");
	CHECK_INT(give(s, "x", "fp31", 2, two), MILC_WRONG_USE);
	CHECK_STR(t.last.text, "input 'x': a tensor has an unknown dtype");
	CHECK_INT(give(s, "x", "fp16", 2, two), MILC_WRONG_USE);
	CHECK_STR(t.last.text, "input 'x': a tensor's bytes are not those of its shape and dtype");
	CHECK_INT(milc_session_set(s, &(milc_tensor){"x", "fp32", 99, NULL, two, 0}),
	          MILC_WRONG_USE);
	CHECK_STR(t.last.text, "input 'x': a tensor has too many dimensions");
	CHECK_INT(give(s, "x", "fp32", INT64_MAX / 2, two), MILC_WRONG_USE);
	CHECK_STR(t.last.text, "input 'x': a tensor's size overflows");

	CHECK_INT(give(s, "x", "fp32", 2, two), MILC_OK);
	CHECK_INT(milc_session_run(s), MILC_OK);
	CHECK_INT(milc_session_outputs(s), 1);
	CHECK_INT(milc_session_output(s, 1, &out), MILC_WRONG_USE);
	CHECK_INT(milc_session_output(s, 0, &out), MILC_OK);
	CHECK_STR(out.name, "sum");
	CHECK_STR(out.dtype, "fp32");
	CHECK_INT(out.rank, 2);
	CHECK_INT(out.shape[0], 2);
	CHECK_INT(out.bytes, 16);
	for (int i = 0; i < 4; i++)
		CHECK_NUM(((const float *)out.data)[i], two[i] + 1);
	two[0] = 7; /* it is the caller's buffer that is read */
	CHECK_INT(milc_session_run(s), MILC_OK);
	CHECK_INT(milc_session_output(s, 0, &out), MILC_OK);
	CHECK_NUM(((const float *)out.data)[0], 8);
	CHECK_INT(give(s, "x", "fp32", 3, ten), MILC_OK);
	CHECK_INT(milc_session_run(s), MILC_OK);
	CHECK_INT(milc_session_output(s, 0, &out), MILC_OK);
	CHECK_INT(out.shape[0], 3);
	milc_session_free(other);
	milc_session_free(NULL);
	milc_free(m); /* and s */
}

/* States go on from run to run, until the session begins anew. */
static void
test_states(void)
{
	static const char count[] =
	    "@mb.program(input_specs=[mb.StateTensorSpec((1,), types.fp16)],\n"
	    "            opset_version=ct.target.iOS18)\n"
	    "def prog(n):\n"
	    "    v = mb.add(x=mb.read_state(input=n), y=np.float16(1))\n"
	    "    return mb.coreml_update_state(state=n, value=v, name='v')\n"
	    "ct.convert(prog, minimum_deployment_target=ct.target.iOS18)\n";
	const uint16_t one = 0x3c00, two = 0x4000, *got;
	const uint16_t *want[] = {&one, &two, &one};
	milc_tensor out;
	milc_feature f;
	milc_session *s;
	Told t;
	milc *m = handle(&t);

	CHECK_INT(milc_load_bytes(m, "count.mil", count, sizeof count - 1), MILC_OK);
	CHECK_STR(t.said, "");
	CHECK_INT(milc_feature_at(milc_model_at(m, 0), MILC_STATE, 0, &f), MILC_OK);
	CHECK_STR(f.kind, "state");
	s = milc_session_new(milc_model_at(m, 0), NULL);
	for (size_t i = 0; s && i < countof(want); i++) {
		if (i == 2)
			CHECK_INT(milc_session_reset(s), MILC_OK);
		CHECK_INT(milc_session_run(s), MILC_OK);
		CHECK_INT(milc_session_output(s, 0, &out), MILC_OK);
		got = out.data;
		CHECK_INT(*got, *want[i]);
	}
	milc_free(m);
}

/* The dictionary of a classifier is two outputs. */
static void
test_classifier(void)
{
	static const char text[] =
	    "@mb.program(input_specs=[mb.TensorSpec(shape=(1, 2))])\n"
	    "def prog(x):\n"
	    "    return mb.softmax(x=x, name='p')\n"
	    "ct.convert(prog, classifier_config=ct.ClassifierConfig(['no', 'yes']))\n";
	static const char *const want[] = {"classLabel", "classLabel_probs",
	                                   "classLabel_probs.keys"};
	float x[2] = {0, 3};
	milc_tensor out[3];
	milc_session *s;
	Told t;
	milc *m = handle(&t);

	CHECK_INT(milc_load_bytes(m, "classes.mil", text, sizeof text - 1), MILC_OK);
	s = milc_session_new(milc_model_at(m, 0), NULL);
	CHECK_INT(give(s, "x", "fp32", 1, x), MILC_OK);
	CHECK_INT(milc_session_run(s), MILC_OK);
	CHECK_INT(milc_session_outputs(s), 3);
	for (size_t i = 0; i < 3; i++) {
		CHECK_INT(milc_session_output(s, i, &out[i]), MILC_OK);
		CHECK_STR(out[i].name, want[i]);
	}
	CHECK_STR(*(const char *const *)out[0].data, "yes");
	CHECK_STR(out[1].dtype, "fp64");
	CHECK_INT(out[1].shape[0], 2);
	CHECK(((const double *)out[1].data)[1] > 0.9);
	CHECK_STR(((const char *const *)out[2].data)[0], "no");
	milc_free(m);
}

/* A run that does not end: stopped by the callback, and by its limit. */
static void
test_long_runs(void)
{
	static const char text[] =
	    "@mb.program(input_specs=[mb.TensorSpec(shape=(1, 2))])\n"
	    "def prog(x):\n"
	    "    return mb.while_loop(_cond=lambda a: mb.less(x=mb.reduce_max(x=a), y=1e9),\n"
	    "                         _body=lambda a: mb.mul(x=a, y=1.0), loop_vars=(x,))\n"
	    "ct.convert(prog, compute_precision=ct.precision.FLOAT32)\n";
	float x[2] = {1, 2};
	milc_session *s;
	Told t;
	milc *m = handle(&t);

	CHECK_INT(milc_load_bytes(m, "loop.mil", text, sizeof text - 1), MILC_OK);
	CHECK_STR(t.said, "");
	milc_set(m, "max-steps", "1000");
	s = milc_session_new(milc_model_at(m, 0), NULL);
	CHECK_INT(give(s, "x", "fp32", 1, x), MILC_OK);
	CHECK_INT(milc_session_run(s), MILC_FAILED);
	CHECK(strstr(t.last.text, "the run did not end after 1000 operations in loops") != NULL);
	CHECK_INT(t.last.nnotes, 1);
	CHECK_STR(t.last.notes[0].text, "--max-steps=N allows more");
	milc_set(m, "max-steps", NULL);
	CHECK_INT(milc_session_reset(s), MILC_OK);
	t.words = 0;
	t.stop = 1;
	CHECK_INT(milc_session_run(s), MILC_FAILED);
	CHECK_STR(t.last.text, "stopped");
	CHECK_INT(milc_model_count(m), 0);
	milc_free(m);
}

/* ---- what is left ---- */

static bool
count_entry(void *ctx, const char *name)
{
	(void)name;
	++*(int *)ctx;
	return true;
}

static int
descriptors(void)
{
	int n = 0;

	sys_each("/proc/self/fd", count_entry, &n);
	return n;
}

/* Of files: the heap comes and goes as it likes. */
static int
mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[600];
	int n = 0;

	while (f && fgets(line, sizeof line, f))
		n += strstr(line, "milc-test-") != NULL;
	if (f)
		fclose(f);
	return n;
}

static size_t
blocks(const Guard *g)
{
	size_t n = 0;

	for (const MemLink *b = g->ring.next; b && b != &g->ring; b = b->next)
		n++;
	for (const Hold *h = g->holds; h; h = NULL)
		n++;
	return n;
}

static void
use(milc *m)
{
	float x[4] = {0};
	milc_session *s;

	CHECK_INT(milc_load(m, "b.mlpackage"), MILC_OK);
	s = milc_session_new(milc_model_at(m, 0), NULL);
	CHECK_INT(give(s, "x", "fp32", 2, x), MILC_OK);
	CHECK_INT(milc_session_run(s), MILC_OK);
	CHECK_INT(milc_write(milc_model_at(m, 0), "c.mlpackage"), MILC_OK);
	milc_session_free(s);
}

static void
test_nothing_is_left(void)
{
	Told t;
	milc *m = handle(&t), *fresh;
	int fds = descriptors();
	size_t held;

	use(m);
	held = blocks(&m->guard);
	for (int i = 0; i < 100; i++)
		use(m);
	CHECK_INT(blocks(&m->guard), (long long)held);
	milc_free(m);
	CHECK_INT(mappings(), 0);
	for (int i = 0; i < 100; i++) {
		fresh = handle(&t);
		use(fresh);
		milc_free(fresh);
	}
	CHECK_INT(mappings(), 0);
	CHECK_INT(descriptors(), fds);
}

/* ---- callbacks ---- */

static void
test_ways_out(void)
{
	static const char endless[] = "while True: pass\n";
	Told t;
	milc *m = handle(&t);

	t.stop = 3;
	CHECK_INT(milc_load_bytes(m, "endless.mil", endless, sizeof endless - 1), MILC_FAILED);
	CHECK_STR(t.said, "milc: error: stopped\n");
	CHECK_INT(t.words, 3);
	t.stop = -1;
	CHECK_INT(milc_load_bytes(m, "add.mil", script, sizeof script - 1), MILC_FAILED);
	CHECK(strncmp(t.said, "milc: error: internal error at ", 31) == 0);
	CHECK(strstr(t.said, "the test fails at") != NULL);
	t.stop = 0;
	guard_fail_after(&m->guard, 5);
	CHECK_INT(milc_load_bytes(m, "add.mil", script, sizeof script - 1), MILC_FAILED);
	CHECK_STR(t.said, "milc: error: out of memory\n");
	CHECK_INT(milc_load_bytes(m, "add.mil", script, sizeof script - 1), MILC_OK);
	t.again = m; /* its own handle: refused; what goes on is not disturbed */
	CHECK_INT(milc_load(m, "/none/such.mil"), MILC_WRONG_INPUT);
	CHECK_INT(t.status, MILC_WRONG_USE);
	t.again = NULL;
	CHECK_INT(milc_load_bytes(m, "add.mil", script, sizeof script - 1), MILC_OK);
	milc_free(m);
}

/* Of a file without shapes a check looks at the operations; what comes after it asks for shapes. */
static void
test_checking(void)
{
	const char *path = "examples/torch/finish.pt";
	milc *m = milc_new();
	Told t = {0};

	milc_on_message(m, on_message, &t);
	CHECK_INT(milc_check(m, &path, 1), MILC_OK);
	CHECK_INT(t.messages, 0);
	CHECK_INT(milc_load(m, path), MILC_WRONG_INPUT);
	CHECK(strstr(t.said, "does not know the shapes of its 1 input"));
	milc_free(m);
}

int
main(void)
{
	char folder[] = "/tmp/milc-test-XXXXXX";

	test_checking(); /* before the folder is another one */
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	test_versions();
	test_options();
	test_settings_stay();
	test_lists();
	test_messages();
	test_interface();
	test_fields();
	test_writing();
	test_commands();
	test_sessions();
	test_states();
	test_classifier();
	test_long_runs();
	test_nothing_is_left();
	test_ways_out();
	CHECK(chdir("/") == 0 && sys_remove_tree(folder));
	return check_report();
}
