/* test_nomem.c: each allocation of a compilation, a conversion, a write and a run fails in turn,
 * and each word about progress stops the work. Then the call says so in one message, the output is
 * whole or not there, nothing is held any more, and the handle works as before. With the address
 * sanitizer every allocation fails, else some of each case.
 */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api.h"
#include "base/sys.h"

#include "check.h"

#if defined(__SANITIZE_ADDRESS__)
enum { SOME = 1 << 30 }; /* every one */
#else
enum { SOME = 24 }; /* failures of one case */
#endif
#define MANY (UINT64_C(1) << 40)

static const char *const scripts[] = {
    "lang/calls", "lang/comprehensions", "lang/convert-twice", "lang/decorators",
    "lang/flexible-inputs", "lang/function-builder", "lang/listing-quantized",
    "lang/net-gru-closure", "lang/loops-constants",
    "lang/names-outputs", "ops/while_loop", "ops/cond", "ops/make_list", "ops/lstm", "ops/conv",
    "ops/layer_norm.ios17", "ops/einsum", "ops/read_state", "ops/constexpr_lut_to_dense",
    "ops/topk",
};

typedef struct Told {
	int errors, texts;
	char text[80];
	uint64_t calls, stop; /* of progress */
} Told;

static void
on_message(void *ctx, const milc_message *msg)
{
	Told *t = ctx;

	if (msg->severity != MILC_ERROR)
		return;
	t->errors++;
	snprintf(t->text, sizeof t->text, "%s", msg->text);
}

static int
on_progress(void *ctx, const char *what)
{
	Told *t = ctx;

	(void)what;
	return ++t->calls == t->stop;
}

static void
on_text(void *ctx, int what, const char *text, size_t n)
{
	Told *t = ctx;

	(void)what, (void)text;
	t->texts += n > 0;
}

/* ---- the folder ---- */

static char tmp[] = "/tmp/milc-nomem-XXXXXX";

typedef struct Sum {
	const char *path;
	uint64_t hash;
} Sum;

static uint64_t sum_of(const char *path);

static bool
add_entry(void *ctx, const char *name)
{
	Sum *s = ctx;
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", s->path, name);
	s->hash += sum_of(path) ^ hash_bytes(name, strlen(name), 0); /* in any order */
	return true;
}

/* Of all that stands there; 0: nothing. */
static uint64_t
sum_of(const char *path)
{
	Sum s = {path, 1};
	char block[4096];
	size_t n;
	FILE *f;

	switch (sys_kind(path)) {
	case PATH_NONE: return 0;
	case PATH_FOLDER: sys_each(path, add_entry, &s); return s.hash;
	default:
		f = fopen(path, "r");
		while (f && (n = fread(block, 1, sizeof block, f)) > 0)
			s.hash = hash_bytes(block, n, s.hash);
		if (f)
			fclose(f);
		return s.hash;
	}
}

static bool
count_entry(void *ctx, const char *name)
{
	(void)name;
	++*(int *)ctx;
	return true;
}

static int
entries(const char *folder)
{
	int n = 0;

	sys_each(folder, count_entry, &n);
	return n;
}

/* ---- the work ---- */

typedef struct Case {
	const char *input, *out; /* what is written goes to `out`, below tmp */
	bool passes;             /* a model: the pipeline is run on it once more */
	uint64_t whole;          /* the sum of what is written */
} Case;

/* Loads, converts, runs, writes, makes a session; the status of the first that is not well. */
static int
work(milc *m, const Case *c)
{
	int status = milc_run(m, c->input);
	milc_model *model = milc_model_at(m, 0);
	size_t n = 0;

	if (status == MILC_OK)
		status = milc_write(model, c->out);
	if (status == MILC_OK)
		status = milc_feature_count(model, MILC_INPUT, &n);
	if (status == MILC_OK)
		status = milc_session_new(model, NULL) ? MILC_OK : MILC_FAILED;
	return status;
}

static bool
is_empty(const milc *m)
{
	return !m->guard.holds && (!m->guard.ring.next || m->guard.ring.next == &m->guard.ring);
}

/* Whether the output is as it must be after a failure, and nothing lies beside it. */
static bool
output_is_sound(const Case *c)
{
	uint64_t sum = sum_of(c->out);

	return (!sum || sum == c->whole) && entries(tmp) == (sum ? 1 : 0);
}

static void
expect_failure(milc *m, const Case *c, Told *t, const char *message, uint64_t n)
{
	int status;
	bool ok;

	t->errors = 0;
	t->calls = 0;
	t->text[0] = 0;
	sys_remove_tree(c->out);
	status = work(m, c);
	ok = status == MILC_FAILED && t->errors == 1 && output_is_sound(c);
	if (!strstr(t->text, "no memory for an array")) /* a script's own fault */
		ok = ok && strcmp(t->text, message) == 0 && is_empty(m);
	if (!check_count(c->input, ok))
		fprintf(stderr, "  number %llu: status %d, %d errors, the last '%s'; %s; %s\n",
		        (unsigned long long)n, status, t->errors, t->text,
		        is_empty(m) ? "nothing held" : "something is held",
		        output_is_sound(c) ? "the output is sound" : "the output is not sound");
}

static void
expect_success(milc *m, Case *c, Told *t)
{
	int status;

	t->stop = 0;
	sys_remove_tree(c->out);
	status = work(m, c);
	if (!check_count(c->input, status == MILC_OK))
		fprintf(stderr, "  status %d: %s\n", status, t->text);
	CHECK(!c->whole || sum_of(c->out) == c->whole);
	c->whole = sum_of(c->out);
}

/* The first ones, which are different work, and then some of all. */
static uint64_t
next(uint64_t n, uint64_t all)
{
	return n + MAX(all / SOME, 1);
}

static void
test_case(Case *c)
{
	Told t = {0};
	milc *m = milc_new();
	uint64_t allocations, calls;

	milc_on_message(m, on_message, &t);
	milc_on_progress(m, on_progress, &t);
	milc_on_text(m, on_text, &t);
	milc_set(m, c->passes ? "print-after" : "target",
	         c->passes ? "dead_code_elimination" : "iOS18");
	guard_fail_after(&m->guard, MANY);
	expect_success(m, c, &t);
	allocations = MANY - m->guard.countdown;
	calls = t.calls;
	if (getenv("VERBOSE"))
		fprintf(stderr, "%s: %llu allocations, %llu calls\n", c->input,
		        (unsigned long long)allocations, (unsigned long long)calls);
	for (uint64_t n = 1; n <= allocations; n = next(n, allocations)) {
		milc_load_bytes(m, "a", "", 0);
		guard_fail_after(&m->guard, n);
		expect_failure(m, c, &t, "out of memory", n);
	}
	guard_fail_after(&m->guard, 0);
	expect_success(m, c, &t);
	for (uint64_t n = 1; n <= calls; n = next(n, calls)) {
		t.stop = n;
		expect_failure(m, c, &t, "stopped", n);
	}
	expect_success(m, c, &t);
	milc_free(m);
}

/* ---- scripts, and models made from them ---- */

static void
make_model(const char *input, const char *out, const char *form)
{
	milc *m = milc_new();

	milc_set(m, "convert-to", form);
	if (strcmp(form, "mlprogram") == 0)
		milc_set(m, "target", "iOS18");
	if (milc_load(m, input) == MILC_OK && milc_model_count(m))
		milc_write(milc_model_at(m, 0), out);
	milc_free(m);
}

static void
test_script(const char *name, const char *models, const char *out)
{
	static const char *const form[][2] = {{"mlprogram", "mlpackage"},
	                                      {"neuralnetwork", "mlmodel"}};
	char input[PATH_MAX], model[PATH_MAX + 80];
	Case c = {input, out, false, 0};

	snprintf(input, sizeof input, "tests/%s.mil", name);
	test_case(&c);
	for (size_t i = 0; i < countof(form); i++) {
		snprintf(model, sizeof model, "%s/%d.%s", models, entries(models), form[i][1]);
		make_model(input, model, form[i][0]);
		c = (Case){model, out, true, 0};
		if (sys_kind(model) != PATH_NONE)
			test_case(&c);
	}
}

int
main(int argc, char **argv)
{
	char models[] = "/tmp/milc-models-XXXXXX", out[sizeof tmp + 20];

	if (!mkdtemp(models) || !mkdtemp(tmp))
		return 1;
	snprintf(out, sizeof out, "%s/out.mlpackage", tmp);
	for (size_t i = 0; i < countof(scripts); i++)
		if (argc < 2 || strstr(scripts[i], argv[1]))
			test_script(scripts[i], models, out);
	sys_remove_tree(models);
	sys_remove_tree(tmp);
	return check_report();
}
