// cxx.cc: milc.h as C++ sees it: compiled with all warnings, linked and run.
#include <milc.h>

#include <clocale>
#include <cstdio>
#include <cstring>
#include <string>

static void
on_text(void *ctx, int what, const char *text, size_t n)
{
	if (what == MILC_PRINTED)
		static_cast<std::string *>(ctx)->append(text, n);
}

int
main()
{
	static const char script[] = "print(np.float32(8.5) * 5, 1 / 8)\n"
	                             "@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])\n"
	                             "def prog(x):\n"
	                             "    return mb.sqrt(x=x, name='root')\n"
	                             "ct.convert(prog, compute_precision=ct.precision.FLOAT32)\n";
	static const int64_t shape[] = {2};
	const float x[] = {4, 9};
	std::string printed;

	std::setlocale(LC_ALL, ""); // perhaps one with decimal commas
	milc_tensor in = {"x", "fp32", 1, shape, x, sizeof x}, out = {};
	milc *m = milc_new();

	milc_on_text(m, on_text, &printed);
	if (milc_version_number() != MILC_VERSION_NUMBER ||
	    milc_load_bytes(m, "sqrt.mil", script, sizeof script - 1) != MILC_OK || printed != "42.5 0.125\n")
		return 1;
	milc_session *s = milc_session_new(milc_model_at(m, 0), nullptr);
	if (!s || milc_session_set(s, &in) || milc_session_run(s) || milc_session_output(s, 0, &out))
		return 2;
	const float *root = static_cast<const float *>(out.data);
	if (out.bytes != sizeof x || root[0] != 2 || root[1] != 3 || std::strcmp(out.name, "root"))
		return 3;
	milc_free(m);
	std::printf("root of 4, 9: 2, 3; a half: %.1f\n", .5);
}
