/* test_nomem_run.c: `milc run` of three models on two threads, where each allocation fails in turn:
 * of milc, of the libraries that it uses and of what makes threads. It ends with status 3 and one
 * message, nothing is held any more, what is written is whole or not there and no other file
 * stays. Where only a thread could not be made the numbers are the same without it. Under
 * sanitizers, which have an allocator of their own, the allocations of milc fail.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api.h"
#include "base/sys.h"

#include "check.h"

#define MANY (1L << 40)

/* ---- what fails ---- */

static _Atomic long until, live, made; /* allocations; blocks; threads */
static _Atomic bool armed, no_threads;

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WHOLE_PROCESS true
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);
void __libc_free(void *p);

static void *
counted(void *p)
{
	live += p != NULL;
	return p;
}

static bool
fails(void)
{
	if (!armed || --until != 0)
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return fails() ? NULL : counted(__libc_malloc(n));
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : counted(__libc_calloc(n, size));
}

void *
realloc(void *p, size_t n)
{
	void *to = fails() ? NULL : __libc_realloc(p, n);

	live += to && !p;
	return to;
}

void *
aligned_alloc(size_t align, size_t n)
{
	return fails() ? NULL : counted(__libc_memalign(align, n));
}

int
posix_memalign(void **p, size_t align, size_t n)
{
	void *to = aligned_alloc(align, n);

	if (!to)
		return ENOMEM;
	*p = to;
	return 0;
}

void
free(void *p)
{
	live -= p != NULL;
	__libc_free(p);
}

int
pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	if (no_threads)
		return EAGAIN;
	made++;
	return real(t, attr, fn, arg);
}
#else
#define WHOLE_PROCESS false
#endif

/* ---- the command ---- */

static char folder[] = "/tmp/milc-nomem-run-XXXXXX";
static char output[80], state[80];

typedef struct Case {
	const char *script, *form, *model; /* the model lies below `folder` once it is made */
	bool state, profile;
	uint64_t numbers, left; /* hashes of what is written */
} Case;

typedef struct Told {
	int errors;
	char text[200];
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

static void
on_text(void *ctx, int what, const char *text, size_t n)
{
	(void)ctx, (void)what, (void)text, (void)n;
}

/* 0: it is not there. */
static uint64_t
hash_of(const char *path)
{
	static char bytes[1 << 20];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;

	if (f)
		fclose(f);
	return f ? hash_bytes(bytes, n, 1) : 0;
}

static bool
count_entry(void *ctx, const char *name)
{
	(void)name;
	++*(int *)ctx;
	return true;
}

static int
files(void)
{
	int n = 0;

	sys_each(folder, count_entry, &n);
	return n;
}

/* As the command calls the library; -1: there was no memory to begin with, which it says itself. */
static int
command(const Case *c, Told *t, long n)
{
	milc *m;
	int status = -1;

	*t = (Told){0};
	until = n;
	armed = WHOLE_PROCESS;
	m = milc_new();
	if (m) {
		milc_on_message(m, on_message, t);
		milc_on_text(m, on_text, t);
		status = milc_set(m, "run-output", output);
		if (status == MILC_OK)
			status = milc_set(m, "threads", "2");
		if (status == MILC_OK && c->state)
			status = milc_set(m, "state", state);
		if (status == MILC_OK && c->profile)
			status = milc_set(m, "profile", "1");
		if (!WHOLE_PROCESS)
			guard_fail_after(&m->guard, (uint64_t)n);
		if (status == MILC_OK)
			status = milc_run(m, c->model);
		if (!WHOLE_PROCESS)
			until = (long)m->guard.countdown;
	}
	milc_free(m);
	armed = false;
	return status;
}

/* Nothing but the model and what is written. */
static bool
is_sound(const Case *c, uint64_t *numbers, uint64_t *left)
{
	*numbers = hash_of(output);
	*left = hash_of(state);
	return (!*numbers || *numbers == c->numbers) && (!*left || *left == c->left) &&
	       files() == 1 + (*numbers != 0) + (*left != 0);
}

static void
test_failure(const Case *c, long n)
{
	uint64_t numbers, left;
	long before;
	bool ok, sound;
	int status;
	Told t;

	unlink(output);
	unlink(state);
	before = live;
	status = command(c, &t, n);
	sound = is_sound(c, &numbers, &left);
	if (status == MILC_OK) /* a thread less */
		ok = (WHOLE_PROCESS || n == MANY) && sound && numbers && !t.errors;
	else
		ok = sound && (status < 0 || (status == MILC_FAILED && t.errors == 1 &&
		                              strstr(t.text, "memory")));
	ok = ok && live <= before;
	if (!check_count(c->model, ok))
		fprintf(stderr,
		        "  number %ld: status %d, %d errors, the last '%s'; %ld blocks more; "
		        "%s\n",
		        n, status, t.errors, t.text, (long)live - before,
		        sound ? "the files are sound" : "the files are not sound");
}

static void
make_model(Case *c)
{
	milc *m = milc_new();
	static char path[160];

	milc_set(m, "convert-to", c->form);
	if (strcmp(c->form, "mlprogram") == 0)
		milc_set(m, "target", "iOS18");
	snprintf(path, sizeof path, "%s/%s", folder, c->model);
	c->model = path;
	CHECK_INT(milc_load_bytes(m, "a.mil", c->script, strlen(c->script)), MILC_OK);
	CHECK_INT(milc_write(milc_model_at(m, 0), path), MILC_OK);
	milc_free(m);
}

static void
test_case(Case *c)
{
	long all;
	Told t;

	make_model(c);
	for (int turn = 0; turn < 3; turn++) { /* the libraries keep some memory */
		unlink(output);
		unlink(state);
		made = 0;
		CHECK_INT(command(c, &t, MANY), MILC_OK);
	}
	all = MANY - until;
	if (getenv("VERBOSE"))
		fprintf(stderr, "%s: %ld allocations\n", c->model, all);
	c->numbers = hash_of(output);
	c->left = hash_of(state);
	CHECK(c->numbers && (c->left != 0) == c->state);
	CHECK(!WHOLE_PROCESS || made == 1);
	for (long n = 1; n <= all; n++)
		test_failure(c, n);
	no_threads = true;
	test_failure(c, MANY);
	no_threads = false;
	test_failure(c, MANY);
	CHECK(hash_of(output) == c->numbers);
	sys_remove_tree(c->model);
	unlink(output);
	unlink(state);
}

/* ---- the models ---- */

static const char convolutions[] =
    "w = np.ones((32, 16, 3, 3), np.float32)\n"
    "@mb.program(input_specs=[mb.TensorSpec(shape=(1, 16, 64, 64))])\n"
    "def f(x):\n"
    "    h = mb.relu(x=mb.conv(x=x, weight=w, pad_type=\"same\"))\n"
    "    h = mb.max_pool(x=h, kernel_sizes=[2, 2], strides=[2, 2], pad_type=\"valid\")\n"
    "    return mb.softmax(x=mb.reduce_mean(x=h, axes=[2, 3]), axis=-1, name=\"y\")\n"
    "ct.convert(f, compute_precision=ct.precision.FLOAT32)\n";
static const char transformer[] =
    "rng = np.random.RandomState(0)\n"
    "def weight(*shape):\n"
    "    return rng.randn(*shape).astype(np.float16)\n"
    "@mb.program(input_specs=[mb.TensorSpec(shape=(1, 128, 128), dtype=types.fp16),\n"
    "                         mb.StateTensorSpec((1, 2, 128, 64), dtype=types.fp16)],\n"
    "            opset_version=ct.target.iOS18)\n"
    "def f(x, keys):\n"
    "    h = mb.layer_norm(x=x, axes=[-1])\n"
    "    def heads(w):\n"
    "        p = mb.reshape(x=mb.linear(x=h, weight=w), shape=[1, 128, 2, 64])\n"
    "        return mb.transpose(x=p, perm=[0, 2, 1, 3])\n"
    "    q, k, v = [heads(weight(128, 128)) for n in range(3)]\n"
    "    mb.coreml_update_state(state=keys, value=mb.add(x=mb.read_state(input=keys), y=k))\n"
    "    a = mb.scaled_dot_product_attention(query=q, key=mb.read_state(input=keys), value=v)\n"
    "    a = mb.reshape(x=mb.transpose(x=a, perm=[0, 2, 1, 3]), shape=[1, 128, 128])\n"
    "    x = mb.add(x=x, y=mb.linear(x=a, weight=weight(128, 128)))\n"
    "    h = mb.gelu(x=mb.linear(x=x, weight=weight(512, 128)))\n"
    "    return mb.add(x=x, y=mb.linear(x=h, weight=weight(128, 512)), name=\"y\")\n";
static const char loop[] =
    "w = np.ones((16, 16, 3, 3), np.float32)\n"
    "@mb.program(input_specs=[mb.TensorSpec(shape=(1, 16, 48, 48))])\n"
    "def f(x):\n"
    "    i, a = mb.while_loop(_cond=lambda i, a: mb.less(x=i, y=3.0), loop_vars=(0.0, x),\n"
    "        _body=lambda i, a: (mb.add(x=i, y=1.0),\n"
    "                            mb.relu(x=mb.conv(x=a, weight=w, pad_type=\"same\"))))\n"
    "    return mb.cond(pred=mb.greater(x=i, y=2.0), _true_fn=lambda: mb.tanh(x=a),\n"
    "                   _false_fn=lambda: mb.exp(x=a), name=\"y\")\n";

int
main(void)
{
	Case cases[] = {
	    {convolutions, "mlprogram", "a.mlpackage", false, false, 0, 0},
	    {transformer, "mlprogram", "b.mlpackage", true, false, 0, 0},
	    {loop, "neuralnetwork", "c.mlmodel", false, true, 0, 0},
	};

	if (!mkdtemp(folder))
		return 1;
	snprintf(output, sizeof output, "%s/out.npz", folder);
	snprintf(state, sizeof state, "%s/state.npz", folder);
	for (size_t i = 0; i < countof(cases); i++)
		test_case(&cases[i]);
	sys_remove_tree(folder);
	return check_report();
}
