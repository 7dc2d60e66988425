/* threads.c: eight threads, each with handles of its own, do at once all that a handle can do: make
 * tsan runs it under the thread sanitizer. What one of them gets, all get.
 */
#include <milc.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 8, TURNS = 6 };

static const char script[] =
    "@mb.program(input_specs=[mb.TensorSpec(shape=(2, 8))])\n"
    "def prog(x):\n"
    "    w = np.random.default_rng(1).random((4, 8), dtype=np.float32)\n"
    "    return mb.softmax(x=mb.linear(x=x, weight=w), axis=-1, name='out')\n"
    "ct.convert(prog)\n";

/* Large enough to be shared out by threads of its own, the steps of a layer, too; and a state. */
static const char large[] =
    "@mb.program(input_specs=[mb.TensorSpec(shape=(64, 256)),\n"
    "                         mb.StateTensorSpec((64, 512), dtype=types.fp16)],\n"
    "            opset_version=ct.target.iOS18)\n"
    "def prog(x, s):\n"
    "    w = np.random.default_rng(1).random((256, 512), dtype=np.float32)\n"
    "    v = np.random.default_rng(2).random((768, 256), dtype=np.float32) * np.float32(0.01)\n"
    "    h = mb.expand_dims(x=mb.slice_by_size(x=x, begin=[0, 0], size=[10, 256]), axes=[1])\n"
    "    h = mb.gru(x=h, initial_h=np.zeros((1, 256), np.float32), weight_ih=v,\n"
    "               weight_hh=v, reset_after=False)[1]\n"
    "    y = mb.relu(x=mb.add(x=mb.matmul(x=x, y=w), y=1.0))\n"
    "    y = mb.add(x=y, y=mb.reduce_sum(x=h, axes=[0, 1], keep_dims=False))\n"
    "    t = mb.add(x=mb.read_state(input=s), y=mb.cast(x=y, dtype='fp16'))\n"
    "    t = mb.coreml_update_state(state=s, value=t)\n"
    "    return mb.mul(x=y, y=mb.cast(x=t, dtype='fp32'), name='out')\n"
    "ct.convert(prog, minimum_deployment_target=ct.target.iOS18)\n";

typedef struct Worker {
	pthread_t thread;
	int number, words;
	const char *wrong; /* what went wrong first, or 0 */
	float out[8], sum;
} Worker;

static void
on_message(void *ctx, const milc_message *msg)
{
	(void)ctx, (void)msg;
}

static int
on_progress(void *ctx, const char *what)
{
	((Worker *)ctx)->words++;
	return what == NULL;
}

static const char *
run(Worker *w, milc_model *model)
{
	static const int64_t shape[] = {2, 8};
	float x[16];
	milc_tensor in = {"x", "fp32", 2, shape, x, sizeof x}, out;
	milc_session *s = milc_session_new(model, NULL);

	for (int i = 0; i < 16; i++)
		x[i] = (float)i / 16;
	if (!s || milc_session_set(s, &in) || milc_session_run(s) ||
	    milc_session_output(s, 0, &out) || out.bytes != sizeof w->out)
		return "running";
	memcpy(w->out, out.data, sizeof w->out);
	return NULL;
}

static const char *
run_large(Worker *w, milc *m)
{
	static const int64_t shape[] = {64, 256};
	static const float x[64 * 256] = {1, 2, 3};
	milc_tensor in = {"x", "fp32", 2, shape, x, sizeof x}, out;
	milc_session *s;

	if (milc_set(m, "convert-to", NULL) || milc_set(m, "threads", "3") ||
	    milc_load_bytes(m, "l.mil", large, sizeof large - 1))
		return "compiling the large one";
	s = milc_session_new(milc_model_at(m, 0), NULL);
	w->sum = 0;
	for (int i = 0; i < 3; i++)
		if (!s || milc_session_set(s, &in) || milc_session_run(s) ||
		    milc_session_output(s, 0, &out) || out.bytes != 64 * 512 * sizeof(float))
			return "running the large one";
	for (int i = 0; i < 64 * 512; i++)
		w->sum += ((const float *)out.data)[i];
	return milc_set(m, "threads", NULL) ? "settings" : NULL;
}

/* A turn of one thread: a script, a package and a network of its own, and a mistake. */
static const char *
turn(Worker *w)
{
	char path[60];
	milc *m = milc_new();
	const char *wrong;

	milc_on_message(m, on_message, w);
	milc_on_progress(m, on_progress, w);
	snprintf(path, sizeof path, "threads-%d.mlpackage", w->number);
	if (milc_set(m, "verify-passes", "1") || milc_set(m, "precision", "fp32") ||
	    milc_load_bytes(m, "t.mil", script, sizeof script - 1) ||
	    milc_write(milc_model_at(m, 0), path))
		return "compiling";
	if (milc_load(m, path) || (wrong = run(w, milc_model_at(m, 0))) || milc_run(m, path))
		return "reading";
	if (milc_set(m, "convert-to", "neuralnetwork") || milc_set(m, "precision", NULL) ||
	    milc_load_bytes(m, "t.mil", script, sizeof script - 1) ||
	    milc_write_text(milc_model_at(m, 0), ".mlmodel"))
		return "lowering";
	wrong = run_large(w, m);
	if (wrong)
		return wrong;
	if (milc_load_bytes(m, "wrong.mil", "x = 1 +\n", 8) != MILC_WRONG_INPUT ||
	    milc_ops(m, NULL, 1))
		return "failing";
	milc_free(m);
	return NULL;
}

static void *
work(void *ctx)
{
	Worker *w = ctx;

	for (int i = 0; i < TURNS && !w->wrong; i++)
		w->wrong = turn(w);
	return NULL;
}

int
main(void)
{
	Worker w[THREADS] = {0};
	int failed = 0;

	for (int i = 0; i < THREADS; i++) {
		w[i].number = i;
		if (pthread_create(&w[i].thread, NULL, work, &w[i]) != 0)
			return 2;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(w[i].thread, NULL);
	for (int i = 0; i < THREADS; i++) {
		const char *wrong = w[i].wrong ? w[i].wrong : "other numbers";
		int bad = w[i].wrong || w[i].words == 0 ||
		          memcmp(w[i].out, w[0].out, sizeof w[0].out) != 0 || w[i].sum != w[0].sum;

		if (bad)
			fprintf(stderr, "thread %d: %s\n", i, wrong);
		failed += bad;
	}
	printf("%d passed, %d failed\n", THREADS - failed, failed);
	return failed != 0;
}
