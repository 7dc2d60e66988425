/* torch.c: fuzzes the readers of PyTorch's files: the first byte chooses an archive, the JSON of
 * an exported program, the pickle of its weights, or pickle or code of a TorchScript module, the
 * rest is that; what belongs around it is good.
 */
#include "target.h"
#include "tests/unit/zipmaker.h"

enum { ARCHIVE, JSON, WEIGHTS, MODULE, CODE, KINDS };

/* y = add(x, w), w a parameter that the dict of weights has. */
static const char program[] =
    "{\"graph_module\":{\"graph\":{\"nodes\":[{\"target\":\"torch.ops.aten.add.Tensor\","
    "\"inputs\":[{\"name\":\"self\",\"arg\":{\"as_tensor\":{\"name\":\"x\"}}},"
    "{\"name\":\"other\",\"arg\":{\"as_tensor\":{\"name\":\"w\"}}}],"
    "\"outputs\":[{\"as_tensor\":{\"name\":\"y\"}}]}],\"tensor_values\":{\"x\":{\"dtype\":7,"
    "\"sizes\":[{\"as_int\":2}],\"strides\":[{\"as_int\":1}]}}},\"signature\":{\"input_specs\":["
    "{\"parameter\":{\"arg\":{\"name\":\"w\"},\"parameter_name\":\"w\"}},"
    "{\"user_input\":{\"arg\":{\"as_tensor\":{\"name\":\"x\"}}}}],\"output_specs\":["
    "{\"user_output\":{\"arg\":{\"as_tensor\":{\"name\":\"y\"}}}}]}},"
    "\"schema_version\":{\"major\":8}}";
static const char code[] = "class Net(Module):\n"
                           "  __parameters__ = [\"w\", ]\n"
                           "  __buffers__ = []\n"
                           "  w : Tensor\n"
                           "  training : bool\n"
                           "  def forward(self: __torch__.Net,\n"
                           "    x: Tensor) -> Tensor:\n"
                           "    w = self.w\n"
                           "    return torch.add(x, w)\n";
#define W                                                                                          \
	"X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\n"    \
	"X\1\0\0\0000X\3\0\0\0cpuK\2tQK\0K\2\205K\1\205\211ccollections\nOrderedDict\n)RtR"
static const char module[] = "\200\2c__torch__\nNet\n)\201}(" W "X\10\0\0\0training\211ub.";

static void
exported(ZipMaker *z, const uint8_t *data, size_t n, int kind)
{
	static const char storage[64];
	ZipMaker inner = {0};

	add(z, "a/archive_format", "pt2", 3);
	if (kind == JSON) {
		/* Behind a NUL: the entries of the weights. */
		const uint8_t *list = memchr(data, 0, n);
		size_t nlist = list ? (size_t)(data + n - list) - 1 : 0;
		add(z, "a/models/model.json", data, list ? (size_t)(list - data) : n);
		if (list)
			add(z, "a/data/weights/model_weights_config.json", list + 1, nlist);
		add(z, "a/data/weights/weight_0", storage, sizeof storage);
		return;
	}
	add(z, "a/models/model.json", program, sizeof program - 1);
	add(&inner, "archive/data.pkl", data, n);
	add(&inner, "archive/data/0", storage, sizeof storage);
	finish(&inner);
	add(z, "a/data/weights/model.pt", inner.b.at, inner.b.n);
	drop(&inner);
}

static void
scripted(ZipMaker *z, const uint8_t *data, size_t n, int kind)
{
	static const char storage[64];

	if (kind == MODULE)
		add(z, "a/data.pkl", data, n);
	else
		add(z, "a/data.pkl", module, sizeof module - 1);
	if (kind == CODE)
		add(z, "a/code/__torch__.py", data, n);
	else
		add(z, "a/code/__torch__.py", code, sizeof code - 1);
	add(z, "a/constants.pkl", "\200\2)." , 4);
	add(z, "a/data/0", storage, sizeof storage);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	target_folder();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int kind = size ? data[0] % KINDS : ARCHIVE;
	size_t n = size - (size > 0);
	milc *m = target_new();
	ZipMaker z = {0};

	data += size > 0;
	if (kind == ARCHIVE) {
		target_write("a.pt2", data, n);
	} else {
		if (kind == JSON || kind == WEIGHTS)
			exported(&z, data, n, kind);
		else
			scripted(&z, data, n, kind);
		finish(&z);
		target_write("a.pt2", z.b.at, z.b.n);
		drop(&z);
	}
	milc_set(m, "target", "iOS18");
	if (kind == MODULE || kind == CODE)
		milc_set(m, "feature", "x=2");
	milc_set(m, "output", "a.mlpackage");
	target_judge(m, milc_compile(m, "a.pt2"));
	return 0;
}
