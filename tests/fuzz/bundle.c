/* bundle.c: fuzzes the readers of folders: the first byte chooses which file of a good package or
 * compiled model the rest stands for: a manifest, weights, coremldata.bin and so on.
 */
#include "target.h"

static const char script[] =
    "@mb.program(input_specs=[mb.TensorSpec(shape=(1, 20))], opset_version=ct.target.iOS16)\n"
    "def f(x):\n"
    "    w = np.arange(60, dtype=np.float32).reshape(3, 20)\n"
    "    q = mb.constexpr_lut_to_dense(indices=np.arange(20, dtype=np.uint8),\n"
    "        lut=np.arange(16, dtype=np.float32), shape=np.array([40], dtype=np.uint32))\n"
    "    return mb.linear(x=x, weight=w), mb.reduce_sum(x=q)\n"
    "ct.convert(f, minimum_deployment_target=ct.target.iOS16)\n";

static const struct {
	const char *file, *model;
} files[] = {
    {"p.mlpackage/Manifest.json", "p.mlpackage"},
    {"p.mlpackage/Data/com.apple.CoreML/weights/weight.bin", "p.mlpackage"},
    {"c.mlmodelc/coremldata.bin", "c.mlmodelc"},
    {"c.mlmodelc/model.mil", "c.mlmodelc"},
    {"c.mlmodelc/weights/weight.bin", "c.mlmodelc"},
    {"q.mlmodelc/coremldata.bin", "q.mlmodelc"},
    {"q.mlmodelc/modelNames/coremldata.bin", "q.mlmodelc"},
    {"q.mlmodelc/model0/coremldata.bin", "q.mlmodelc"},
};

static char *good[countof(files)];
static size_t ngood[countof(files)];

static void
compile_to(const char *out)
{
	milc *m = milc_new();

	milc_set(m, "output", out);
	if (milc_compile(m, "a.mil") != MILC_OK)
		abort();
	milc_free(m);
}

static char *
read_file(const char *path, size_t *n)
{
	char *data = malloc(1 << 16);
	FILE *f = fopen(path, "rb");

	*n = f ? fread(data, 1, 1 << 16, f) : 0;
	if (f)
		fclose(f);
	return data;
}

/* A pipeline of the compiled model alone: its coremldata.bin has another kind and tail. */
static void
make_pipeline(void)
{
	size_t n, names = 1;
	char *data = read_file("c.mlmodelc/coremldata.bin", &n);
	uint32_t kind = 202;
	uint64_t one = 1;

	if (system("mkdir q.mlmodelc q.mlmodelc/modelNames && cp -r c.mlmodelc q.mlmodelc/model0"))
		abort();
	memcpy(data, &kind, 4);
	memcpy(data + n - 16, &one, 8);
	target_write("q.mlmodelc/coremldata.bin", data, n);
	memset(data, 0, 17);
	data[0] = data[8] = 1;
	data[16] = 'a';
	target_write("q.mlmodelc/modelNames/coremldata.bin", data, 16 + names);
	free(data);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	target_folder();
	target_write("a.mil", script, sizeof script - 1);
	compile_to("p.mlpackage");
	compile_to("c.mlmodelc");
	make_pipeline();
	for (size_t k = 0; k < countof(files); k++)
		good[k] = read_file(files[k].file, &ngood[k]);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const forms[] = {"o.mil", "o.mlpackage", "o.mlmodelc"};
	size_t k = size ? data[0] % countof(files) : 0;
	milc *m;

	target_write(files[k].file, data + (size > 0), size - (size > 0));
	for (size_t i = 0; i < countof(forms); i++) {
		m = target_new();
		milc_set(m, "output", forms[i]);
		milc_set(m, "unverified", "1");
		target_judge(m, milc_compile(m, files[k].model));
	}
	m = target_new();
	target_judge(m, milc_run(m, files[k].model));
	target_write(files[k].file, good[k], ngood[k]);
	return 0;
}

/* Once in a while it begins with the good file again. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size_t k = seed / 32 % countof(files);

	if (seed % 32 == 0 && ngood[k] + 1 < max) {
		data[0] = (uint8_t)k;
		memcpy(data + 1, good[k], ngood[k]);
		size = ngood[k] + 1;
	}
	return LLVMFuzzerMutate(data, size, max);
}
