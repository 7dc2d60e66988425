/* Files of torch.export: the layouts of all versions, what is in them, what is wrong with them. */
#include "file/mapfile.h"
#include "torch/schema.h"
#include "torchfile.h"

static TGraph *
open_bytes(World *w, const char *s, size_t n, bool training)
{
	TorchOpen o = {.arena = &w->arena, .names = &w->names, .diag = &w->diag};
	TGraph *g;

	o.at = diag_object(&w->diag, NOSPAN, NULL, "a.pt2");
	o.path = "a.pt2";
	o.data = s;
	o.n = n;
	o.training = training;
	g = torch_open(&o);
	diag_flush(&w->diag);
	return g;
}

/* ---- files of PyTorch ---- */

static void
put_tensor(Buf *b, const TTensor *x)
{
	const Tensor *t = x->t;

	buf_printf(b, " %s[", dtype_info[t->dtype].mil);
	for (int i = 0; i < t->rank; i++)
		buf_printf(b, "%s%lld", i ? ", " : "", (long long)t->dim[i]);
	buf_puts(b, "]");
	for (int64_t i = 0; i < MIN(t->count, 12); i++)
		buf_printf(b, " %g", tensor_f(t, i));
	buf_byte(b, '\n');
}

/* Graph, tensors and places in the user's program; for buf_free(). */
static char *
text_of(const TGraph *g)
{
	Buf b = {0};

	tgraph_print(g, &b);
	for (uint32_t i = 0; i < g->constant.n; i++) {
		buf_printf(&b, "%s", g->constant.at[i].path->s);
		put_tensor(&b, &g->constant.at[i].tensor);
	}
	for (uint32_t i = 0; i < g->state.n; i++) {
		const TState *s = &g->state.at[i];
		buf_printf(&b, "%s -> %s", s->read->s, s->written.s->s);
		put_tensor(&b, &s->tensor);
	}
	for (uint32_t i = 0; i < g->input.n; i++)
		for (uint32_t k = 0; k < g->input.at[i].rank; k++) {
			const TDim *d = &g->input.at[i].dim[k];
			buf_printf(&b, "size %lld%s%s %lld..%lld\n", (long long)d->n,
			           d->symbol ? " " : "", d->symbol ? d->symbol->s : "",
			           (long long)d->lower, (long long)d->upper);
		}
	return b.at;
}

static char *
text_of_file(const char *path, bool training, Buf *places)
{
	World w;
	MapFile m;
	TGraph *g;
	char *text = NULL;
	bool mapped;

	begin(&w);
	mapped = mapfile_map(&m, &w.diag, NOSPAN, path);
	if (mapped && (g = open_bytes(&w, m.at, m.n, training)) != NULL) {
		text = text_of(g);
		for (uint32_t i = 0; places && i < g->top.node.n; i++) {
			const TNode *n = g->top.node.at[i];
			const char *line = g->source_of(g, n);
			buf_printf(places, "%s %s %s\n", n->name->s, n->module ? n->module : "-",
			           line ? line : "-");
		}
	} else {
		text = xmalloc(w.said.n + 1);
		memcpy(text, w.said.at ? w.said.at : "", w.said.n + 1);
	}
	if (mapped)
		mapfile_close(&m);
	end(&w);
	return text;
}

static const char net[] =
    "input %x\n"
    "constant %p_a_weight\n"
    "constant %p_a_bias\n"
    "constant %p_b_weight\n"
    "constant %b_scale\n"
    "constant %b_shift\n"
    "constant %c_lifted_tensor_0\n"
    "state seen\n"
    "block():\n"
    "  %linear = aten::linear.default(input=%x, weight=%p_b_weight, bias=%p_a_bias)\n"
    "  %mul_2 = aten::mul.Tensor(self=%linear, other=%b_scale)\n"
    "  %add_6 = aten::add.Tensor(self=%mul_2, other=%b_shift, alpha=1)\n"
    "  %linear_1 = aten::linear.default(input=%x, weight=%p_b_weight, bias=None)\n"
    "  %sub_4 = aten::sub.Tensor(self=%add_6, other=%linear_1, alpha=1)\n"
    "  %clone = aten::clone.default(self=%c_lifted_tensor_0, memory_format=None)\n"
    "  %add_16 = aten::add.Tensor(self=%sub_4, other=%clone, alpha=1)\n"
    "  %sum_1 = aten::sum.dim_IntList(self=%add_16, dim=[0], keepdim=True, dtype=None)\n"
    "  %add_20 = aten::add.Tensor(self=%b_seen, other=%sum_1, alpha=1)\n"
    "  %relu = aten::relu.default(self=%add_16)\n"
    "  %getitem, _ = aten::max.dim(self=%add_16, dim=1, keepdim=False)\n"
    "  return (%relu, %getitem)\n"
    "a.weight fp32[4, 3] 0 4 8 1 5 9 2 6 10 3 7 11\n"
    "a.bias fp32[4] 0.210865 -0.224994 -0.0420939 -0.0519773\n"
    "b.weight fp32[4, 3] 0 4 8 1 5 9 2 6 10 3 7 11\n"
    "scale bf16[4] 0.5 1 2 4\n"
    "shift int64[4] 0 1 2 3\n"
    "lifted_tensor_0 fp32[4] 1 2 3 4\n"
    "b_seen -> add_20 fp32[1, 4] 0 0 0 0\n"
    "size 2 s77 1..16\n"
    "size 3 3..3\n";

static void
test_layouts(void)
{
	static const char *const files[] = {"net", "net27", "net28"};

	for (size_t i = 0; i < countof(files); i++) {
		char path[64], *text;
		snprintf(path, sizeof path, "tests/torch/%s.pt2", files[i]);
		text = text_of_file(path, false, NULL);
		CHECK_STR(text, net);
		xfree(text);
	}
}

/* The TRAINING dialect becomes what run_decompositions({}) makes. */
static void
test_training(void)
{
	Buf places = {0};
	char *changing = text_of_file("tests/torch/changing.pt2", true, &places);
	char *decomposed = text_of_file("tests/torch/decomposed.pt2", false, NULL);
	char *viewing = text_of_file("tests/torch/viewing.pt2", true, NULL);

	CHECK_STR(changing, decomposed);
	CHECK_STR(places.at,
	          "conv2d conv tests/torch/make.py:48\n"
	          "_native_batch_norm_legit_no_training norm tests/torch/make.py:48\n"
	          "relu - tests/torch/make.py:48\nadd - tests/torch/make.py:49\n"
	          "add_1 - tests/torch/make.py:50\nview_1 - tests/torch/make.py:52\n"
	          "mul - tests/torch/make.py:52\nclone drop tests/torch/make.py:53\n"
	          "split - tests/torch/make.py:53\nadd_2 - tests/torch/make.py:54\n"
	          "view_2 - tests/torch/make.py:54\nsub - tests/torch/make.py:54\n");
	CHECK_STR(viewing,
	          "a.pt2: member models/model.json, node fill_: error: aten::fill_.Tensor changes "
	          "memory in place that is also read as 'mul' afterwards: call "
	          "run_decompositions({}) before saving the program\n");
	xfree(changing);
	xfree(decomposed);
	xfree(viewing);
	buf_free(&places);
}

/* ---- archives made here ---- */

/* y = add(x, w): the smallest program. */
#define META(sizes, strides)                                                                       \
	"{\"dtype\":7,\"sizes\":[" sizes "],\"strides\":[" strides "],"                            \
	"\"storage_offset\":{\"as_int\":0},\"layout\":7}"
static const char program[] =
    "{\"graph_module\":{\"graph\":{\"inputs\":[],\"outputs\":[],\"nodes\":[{"
    "\"target\":\"torch.ops.aten.add.Tensor\",\"inputs\":["
    "{\"name\":\"self\",\"arg\":{\"as_tensor\":{\"name\":\"x\"}},\"kind\":1},"
    "{\"name\":\"other\",\"arg\":{\"as_tensor\":{\"name\":\"w\"}},\"kind\":1}],"
    "\"outputs\":[{\"as_tensor\":{\"name\":\"y\"}}],"
    "\"metadata\":{\"stack_trace\":\"File \\\"n\\u0065t.py\\\", line 5, in f\"},\"name\":\"y\"}],"
    "\"tensor_values\":{\"x\":" META("{\"as_int\":2}", "{\"as_int\":1}") "}},"
    "\"signature\":{\"input_specs\":["
    "{\"parameter\":{\"arg\":{\"name\":\"w\"},\"parameter_name\":\"w\"}},"
    "{\"user_input\":{\"arg\":{\"as_tensor\":{\"name\":\"x\"}}}}],"
    "\"output_specs\":[{\"user_output\":{\"arg\":{\"as_tensor\":{\"name\":\"y\"}}}}]}},"
    "\"range_constraints\":{\"s0\":{\"min_val\":2,\"max_val\":null}},"
    "\"schema_version\":{\"major\":8,\"minor\":14},\"verifiers\":[\"ATEN\"],"
    "\"torch_version\":\"2.9.0\"}";
static const char config[] =
    "{\"config\":{\"w\":{\"path_name\":\"weight_0\",\"use_pickle\":false,\"tensor_meta\":" META(
	"{\"as_int\":2}", "{\"as_int\":1}") "}}}";

/* Text with the first `from` made `to`. */
static char *
replaced(const char *text, const char *from, const char *to)
{
	const char *at = from ? strstr(text, from) : NULL;
	Buf b = {0};

	if (at) {
		buf_put(&b, text, (size_t)(at - text));
		buf_puts(&b, to);
		buf_puts(&b, at + strlen(from));
	} else {
		buf_puts(&b, text);
	}
	return b.at;
}

/* The archive with one change: its graph as text, or what is said. */
static char *
opened(const char *from, const char *to)
{
	ZipMaker z = {0};
	World w;
	char *json = replaced(program, from, to), *list = replaced(config, from, to), *text;
	bool training = strstr(to, "_.Tensor") != NULL;
	TGraph *g;

	if (training) {
		text = json;
		json = replaced(text, "ATEN", "TRAINING");
		xfree(text);
	}

	add(&z, "n/archive_format", "pt2", 3);
	if (from && strcmp(from, "little") == 0)
		add(&z, "n/byteorder", to, strlen(to));
	add(&z, "n/models/model.json", json, strlen(json));
	add(&z, "n/data/weights/model_weights_config.json", list, strlen(list));
	add(&z, "n/data/weights/weight_0", "\0\0\200?\0\0\0@", 8);
	finish(&z);
	begin(&w);
	if ((g = open_bytes(&w, z.b.at, z.b.n, true)) != NULL) {
		text = text_of(g);
		if (g->refused) {
			xfree(text);
			text = xmalloc(strlen(g->refused) + 1);
			strcpy(text, g->refused);
		}
	} else {
		const char *s = check_message(w.said.at);
		text = xmalloc(strlen(s) + 1);
		strcpy(text, s);
	}
	end(&w);
	drop(&z);
	xfree(json);
	xfree(list);
	return text;
}

#define IN_MODEL "a.pt2: member models/model.json"
#define GRAPH                                                                                      \
	"input %x\nconstant %w\nblock():\n  %y = aten::add.Tensor(self=%x, other=%w, alpha=1)\n"   \
	"  return (%y)\nw fp32[2] 1 2\n"
static const struct {
	const char *from, *to, *want;
} changes[] = {
    {NULL, "", GRAPH "size 2 2..2\n"},
    {"little", "big", "a.pt2: member byteorder: error: the file is big-endian ('big'): save it "
                      "on a little-endian machine"},
    {"\"major\":8", "\"major\":7",
     IN_MODEL ": error: the file has version 7 of its schema, expected 8: export it again with "
              "PyTorch 2.6 or newer"},
    {"\"ATEN\"", "\"EDGE\"",
     IN_MODEL ": error: the program is of the EDGE dialect, which cannot be read back from a "
              "file: save it before to_edge()"},
    {"{\"graph_module\"", "{\"graph_module\" \"x\"",
     IN_MODEL ": error: its JSON is damaged at byte 17: expected ':'"},
    {"{\"config\"", "[[{\"config\"",
     "a.pt2: member data/weights/model_weights_config.json: error: its JSON is damaged at byte "
     "177: it is cut off"},
    {"\"major\":8", "\"major\":\"8",
     IN_MODEL ": error: its JSON is damaged at byte 757: expected ',' or '}'"},
    {"torch.ops.aten.add.Tensor", "executorch.exir.dialects.edge._ops.aten.add.Tensor",
     IN_MODEL ", node y: error: it calls executorch.exir.dialects.edge._ops.aten.add.Tensor, an "
              "operation of the EDGE dialect: save the program before to_edge()"},
    {"\"torch.ops.aten.add.Tensor\"", "5",
     IN_MODEL ", node y: error: it does not say which operation it calls"},
    {"\"outputs\":[{\"as_tensor\"", "\"outputs\":3,\"o\":[{\"as_tensor\"",
     IN_MODEL ": error: a node lacks its inputs or outputs"},
    {"\"nodes\":[", "\"n\":[", IN_MODEL ": error: a graph has no list of nodes"},
    {"\"graph\":{", "\"g\":{", IN_MODEL ": error: the file has no graph"},
    {"\"name\":\"x\"}},\"kind\"", "\"name\":\"z\"}},\"kind\"",
     IN_MODEL ", node y: error: it uses the value 'z', which nothing before it defines"},
    {"\"outputs\":[{\"as_tensor\":{\"name\":\"y\"", "\"outputs\":[{\"as_tensor\":{\"name\":\"x\"",
     IN_MODEL ", node y: error: the value 'x' is defined twice"},
    {"\"outputs\":[{\"as_tensor\":{\"name\":\"y\"}", "\"outputs\":[{\"as_thing\":{\"name\":\"y\"}",
     IN_MODEL ", node y: error: one of its results is of a kind that is not known"},
    {"{\"as_tensor\":{\"name\":\"w\"}}", "{\"as_thing\":{\"name\":\"w\"}}",
     IN_MODEL ", node y: error: one of its arguments is of the kind 'as_thing', which is not "
              "known"},
    {"{\"as_tensor\":{\"name\":\"w\"}}", "{\"as_ints\":[2,\"3\"]}",
     IN_MODEL ", node y: error: one of its arguments cannot be read"},
    {"{\"as_tensor\":{\"name\":\"w\"}}", "{\"as_scalar_type\":99}",
     IN_MODEL ", node y: error: one of its arguments is an element type that is not known"},
    {"aten.add.Tensor", "higher_order.wrap_with_set_grad_enabled",
     IN_MODEL ", node y: error: the graph that it calls does not fit it"},
    {"aten.add.Tensor", "aten.add_.Tensor",
     IN_MODEL ", node y: error: aten::add_.Tensor changes input 'x' of the program in place: "
              "clone it first, or register a buffer, which becomes a state"},
    {"aten.add.Tensor\",\"inputs\":[{\"name\":\"self\",\"arg\":{\"as_tensor\":"
     "{\"name\":\"x\"}}",
     "aten.add_.Tensor\",\"inputs\":[{\"name\":\"self\",\"arg\":{\"as_int\":1}",
     IN_MODEL ", node y: error: aten::add_.Tensor changes something else than one tensor: call "
              "run_decompositions({}) before saving the program"},
    {"\"input_specs\"", "\"i\"", IN_MODEL ": error: its signature has no list of inputs"},
    {"\"output_specs\"", "\"o\"", IN_MODEL ": error: its signature has no list of outputs"},
    {"\"parameter_name\"", "\"p\"", IN_MODEL ": error: a tensor of its signature has no name"},
    {"\"parameter_name\":\"w\"", "\"parameter_name\":\"v\"",
     IN_MODEL ", parameter v: error: the file has no data of it"},
    {"{\"user_input\"", "{\"custom_obj\"",
     "an input of the program is no tensor (custom_obj): make it a constant of the module"},
    {"{\"user_input\":{\"arg\":{\"as_tensor\":{\"name\":\"x\"}}}}",
     "{\"user_input\":{\"arg\":{\"as_sym_int\":{\"as_name\":\"x\"}}}}",
     "an input of the program is no tensor (as_sym_int): make it a constant of the module"},
    {"{\"user_input\":{\"arg\":{\"as_tensor\"",
     "{\"constant_input\":{\"name\":\"x\",\"arg\":{\"b\"",
     IN_MODEL ", node y: error: it uses the value 'x', which nothing before it defines"},
    {"{\"user_output\"", "{\"buffer_mutation\"",
     IN_MODEL ": error: the program changes the buffer '', which it does not have"},
    {"{\"user_output\"", "{\"user_input_mutation\":{\"user_input_name\":\"x\"},\"user_output\"",
     "the program changes its input 'x' in place: clone the input first, or register it as a "
     "buffer, which becomes a state"},
    {"{\"user_output\"", "{\"loss_output\"",
     "an output of the program is of the kind 'loss_output': expected tensors and changed buffers"},
    {"\"tensor_values\":{\"x\":{\"dtype\":7", "\"tensor_values\":{\"x\":{\"dtype\":77",
     IN_MODEL ", input x: error: its element type is not known"},
    {"\"x\":{\"dtype\":7,\"sizes\":", "\"x\":{\"dtype\":7,\"s\":",
     IN_MODEL ", input x: error: its shape is not known"},
    {"\"tensor_values\"", "\"v\"", IN_MODEL ", input x: error: its shape is not known"},
    {"\"x\":{\"dtype\":7,\"sizes\":[{\"as_int\":2}",
     "\"x\":{\"dtype\":7,\"sizes\":[{\"as_int\":-2}",
     IN_MODEL ", input x: error: its size 0 cannot be read"},
    {"\"path_name\":\"weight_0\"", "\"path_name\":\"weight_1\"",
     "a.pt2: error: its member 'data/weights/weight_1' is missing"},
    {"\"use_pickle\":false", "\"use_pickle\":true",
     IN_MODEL ", parameter w: error: it is a tensor of a class of its own, which is saved as a "
              "pickle: save plain tensors"},
    {"\"path_name\"", "\"p\"",
     IN_MODEL ", parameter w: error: the entry that describes it is no valid one"},
    {"\"tensor_meta\":{\"dtype\":7", "\"tensor_meta\":{\"dtype\":9",
     IN_MODEL ", parameter w: error: its element type or layout (numbers 9 and 7) is not "
              "supported: convert it to a dense tensor of floats or integers"},
    {"\"tensor_meta\":{\"dtype\":7,\"sizes\":[{\"as_int\":2}",
     "\"tensor_meta\":{\"dtype\":7,\"sizes\":[{\"as_int\":3}",
     IN_MODEL ", parameter w: error: the tensor ends at element 3 of its storage, which has 2"},
    {"\"tensor_meta\":{\"dtype\":7,\"sizes\":[{\"as_int\":2}],\"strides\":[{\"as_int\":1}",
     "\"tensor_meta\":{\"dtype\":7,\"sizes\":[{\"as_int\":2}],\"strides\":[{\"as_int\":-1}",
     IN_MODEL ", parameter w: error: the tensor's sizes, strides or offset are no valid numbers"},
    {"\"tensor_meta\":{\"dtype\":7,\"sizes\":[{\"as_int\":2}],\"strides\":[{\"as_int\":1}",
     "\"tensor_meta\":{\"dtype\":7,\"sizes\":[{\"as_int\":999999999}],\"strides\":[{\"as_int\":0}",
     IN_MODEL ", parameter w: error: what the file of 1528 bytes unpacks to is too large: save "
              "clones of expanded tensors"},
};

static void
test_changes(void)
{
	for (size_t i = 0; i < countof(changes); i++) {
		char *text = opened(changes[i].from, changes[i].to);
		CHECK_STR(text, changes[i].want);
		xfree(text);
	}
}

/* Sizes in the file, as the first size of the input. */
static void
test_sizes(void)
{
#define S0 "Symbol('s0', positive=True, integer=True)"
	static const struct {
		const char *expr, *want;
	} sizes[] = {
	    {S0, "s0"},
	    {"Symbol('s1', integer=True)", "= s1"},
	    {"Mul(Integer(2), " S0 ")", "= 2*s0"},
	    {"Add(Mul(Integer(2), " S0 "), Integer(-1))", "= 2*s0 - 1"},
	    {"FloorDiv(Add(" S0 ", Integer(1)), Integer(2))", "= (s0 + 1)//2"},
	    {"Max(" S0 ", Pow(" S0 ", Integer(2)))", "= Max(s0, s0**2)"},
	    {"Mul(Rational(1, 2), " S0 ")", "= 1/2*s0"},
	    {"Add(" S0, NULL},
	    {S0 ")", NULL},
	    {"", NULL},
	    {"f('a)", NULL},
	};

	for (size_t i = 0; i < countof(sizes); i++) {
		char expr[256], *text;
		const char *from = "{\"as_int\":2}";
		ZipMaker z = {0};
		World w;
		TGraph *g;
		Buf b = {0};
		snprintf(expr, sizeof expr,
		         "{\"as_expr\":{\"expr_str\":\"%s\",\"hint\":{\"as_int\":4}}}",
		         sizes[i].expr);
		text = replaced(program, from, expr);
		add(&z, "models/model.json", text, strlen(text));
		add(&z, "data/weights/model_weights_config.json", config, strlen(config));
		add(&z, "data/weights/weight_0", "\0\0\200?\0\0\0@", 8);
		finish(&z);
		begin(&w);
		g = open_bytes(&w, z.b.at, z.b.n, false);
		CHECK((g != NULL) == (sizes[i].want != NULL));
		if (g) {
			const TDim *d = &g->input.at[0].dim[0];
			buf_printf(&b, "%s%s", d->expr ? "= " : "",
			           d->expr ? d->expr : d->symbol->s);
			CHECK_STR(b.at, sizes[i].want);
			CHECK_INT(d->n, 4);
			CHECK(d->expr || (d->lower == 2 && d->upper == INT64_MAX));
		}
		buf_free(&b);
		end(&w);
		drop(&z);
		xfree(text);
	}
}

/* Weights as 2.8 has them, which are none. */
static void
test_pickled(void)
{
	static const struct {
		const char *pickle, *want;
	} rows[] = {
	    {"\200\2N.",
	     "a.pt2: member data/weights/model.pt: error: it holds None, expected a dict of "
	     "tensors"},
	    {"\200\2}(X\1\0\0\0w]u.",
	     "a.pt2: member models/model.json, parameter w: error: it is a list, expected a "
	     "tensor"},
	};

	for (size_t i = 0; i < countof(rows); i++) {
		ZipMaker z = {0}, inner = {0};
		World w;
		add(&inner, "archive/data.pkl", rows[i].pickle, i ? 13 : 4);
		finish(&inner);
		add(&z, "models/model.json", program, strlen(program));
		add(&z, "data/weights/model.pt", inner.b.at, inner.b.n);
		finish(&z);
		begin(&w);
		CHECK(!open_bytes(&w, z.b.at, z.b.n, false));
		CHECK_STR(check_message(w.said.at), rows[i].want);
		end(&w);
		drop(&z);
		drop(&inner);
	}
}

/* What is no archive of torch.export. */
static void
test_forms(void)
{
	static const struct {
		const char *member[3], *want;
	} forms[] = {
	    {{"a/x"},
	     "a.pt2: error: this archive is none of PyTorch's: expected a file that "
	     "torch.export.save or torch.jit.save wrote"},
	    {{"a/data.pkl", "a/version"},
	     "a.pt2: error: this file holds tensors without a program, as torch.save writes them: "
	     "save the model with torch.export.save or torch.jit.save"},
	    {{"a/archive_format"},
	     "a.pt2: error: the archive holds no program (models/NAME.json)"},
	    {{"a/archive_format", "a/models/one.json", "a/models/two.json"},
	     "a.pt2: error: the archive holds 2 programs ('one', 'two'): save each in a file of "
	     "its own"},
	    {{"a/archive_format", "a/models/one.json", "a/models/model.json"},
	     "a.pt2: member models/model.json: error: its JSON is damaged at byte 1: it is cut "
	     "off"},
	    {{"serialized_exported_program.json"},
	     "a.pt2: member serialized_exported_program.json: error: its JSON is damaged at byte "
	     "1: it is cut off"},
	};
	World w;

	for (size_t i = 0; i < countof(forms); i++) {
		ZipMaker z = {0};
		for (int k = 0; k < 3 && forms[i].member[k]; k++)
			add(&z, forms[i].member[k], "[", 1);
		finish(&z);
		begin(&w);
		CHECK(!open_bytes(&w, z.b.at, z.b.n, false));
		CHECK_STR(check_message(w.said.at), forms[i].want);
		end(&w);
		drop(&z);
	}
	begin(&w);
	CHECK(!open_bytes(&w, "PK\3\4 and so on, but not to the end", 34, false));
	CHECK_STR(check_message(w.said.at),
	          "a.pt2: error: this file cannot be read: it is a damaged or truncated PyTorch "
	          "file: the directory at its end is missing");
	end(&w);
}

/* The code of a class, which nobody's file has as much of. */
static void
test_long_code(void)
{
	static const char model[] = "\x80\x02" "c__torch__\nM\n)\x81}" "b.";
	size_t n = (64 << 20) + 1;
	char *code = xmalloc(n);
	ZipMaker z = {0};
	World w;

	memset(code, '\n', n);
	add(&z, "a/data.pkl", model, sizeof model - 1);
	add(&z, "a/code/__torch__.py", code, n);
	finish(&z);
	begin(&w);
	CHECK(!open_bytes(&w, z.b.at, z.b.n, false));
	CHECK_STR(check_message(w.said.at),
	          "a.pt2: member code/__torch__.py: error: the code text is too long");
	end(&w);
	drop(&z);
	xfree(code);
}

/* Every row of aten.def: a signature without its NUL would run into the next one. */
static void
test_rows(void)
{
	int keys = 0;

	for (TorchRow r = {0}; torch_row_next(&r);) {
		keys += *r.key != 0;
		for (const char *s = r.signature; *s; s = text_behind(s)) {
			const char *result = strstr(s, "->");
			if (!strstr(s, "::") || !result || strstr(result, "::"))
				CHECK_STR(s, "NAME(…) -> TYPE");
		}
	}
	CHECK(keys > 400);
}

int
main(void)
{
	test_rows();
	test_layouts();
	test_training();
	test_changes();
	test_sizes();
	test_pickled();
	test_forms();
	test_long_code();
	return check_report();
}
