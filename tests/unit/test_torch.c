/* Files of torch.export: the layouts of all versions, what is in them, and what is wrong with them;
 * pickles.
 */
#include "torch/pickle.h"
#include "torch/torch.h"
#include "file/mapfile.h"
#include "check.h"

typedef struct World {
	Arena arena;
	Interner names;
	Diag diag;
	Buf said;
} World;

static void
hear(void *ctx, const char *text, size_t n)
{
	buf_put(ctx, text, n);
}

static void
begin(World *w)
{
	*w = (World){0};
	intern_init(&w->names, &w->arena);
	diag_init(&w->diag, &w->arena);
	w->diag.sink = hear;
	w->diag.sink_ctx = &w->said;
}

static void
end(World *w)
{
	intern_free(&w->names);
	buf_free(&w->said);
	arena_free(&w->arena);
}

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

	begin(&w);
	if (mapfile_map(&m, &w.diag, NOSPAN, path) &&
	    (g = open_bytes(&w, m.at, m.n, training)) != NULL) {
		text = text_of(g);
		for (uint32_t i = 0; places && i < g->top.node.n; i++) {
			const TNode *n = g->top.node.at[i];
			buf_printf(places, "%s %s %s\n", n->name->s, n->module ? n->module : "-",
			           n->source ? n->source : "-");
		}
	} else {
		text = xmalloc(w.said.n + 1);
		memcpy(text, w.said.at ? w.said.at : "", w.said.n + 1);
	}
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

/* The TRAINING dialect becomes what run_decompositions({}) makes, except where names of views count on. */
static void
test_training(void)
{
	Buf places = {0};
	char *changing = text_of_file("tests/torch/changing.pt2", true, &places);
	char *decomposed = text_of_file("tests/torch/decomposed.pt2", false, NULL), *s;
	char *viewing = text_of_file("tests/torch/viewing.pt2", true, NULL);

	for (s = decomposed; (s = strstr(s, "view_")) != NULL; s += 5)
		if (s[5] == '1' || s[5] == '2')
			s[5]--;
	for (s = decomposed; (s = strstr(s, "%view_0")) != NULL; s += 5)
		memmove(s + 5, s + 7, strlen(s + 7) + 1);
	CHECK_STR(changing, decomposed);
	CHECK_STR(places.at,
	          "conv2d conv tests/torch/make.py:48\n"
	          "_native_batch_norm_legit_no_training norm tests/torch/make.py:48\n"
	          "relu - tests/torch/make.py:48\nadd - tests/torch/make.py:49\n"
	          "add_1 - tests/torch/make.py:50\nview - tests/torch/make.py:52\n"
	          "mul - tests/torch/make.py:52\nclone drop tests/torch/make.py:53\n"
	          "split - tests/torch/make.py:53\nadd_2 - tests/torch/make.py:54\n"
	          "view_1 - tests/torch/make.py:54\nsub - tests/torch/make.py:54\n");
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

typedef struct ZipMaker {
	Buf b, dir;
	int n;
} ZipMaker;

static void
put(Buf *b, uint64_t v, int bytes)
{
	for (; bytes-- > 0; v >>= 8)
		buf_byte(b, (int)(v & 255));
}

static void
add(ZipMaker *z, const char *name, const char *data, size_t size)
{
	size_t local = z->b.n;

	buf_puts(&z->b, "PK\3\4");
	put(&z->b, 20, 4);
	put(&z->b, 0, 10);
	put(&z->b, size, 4);
	put(&z->b, size, 4);
	put(&z->b, strlen(name), 4);
	buf_puts(&z->b, name);
	buf_put(&z->b, data, size);
	buf_puts(&z->dir, "PK\1\2");
	put(&z->dir, 20, 6);
	put(&z->dir, 0, 10);
	put(&z->dir, size, 4);
	put(&z->dir, size, 4);
	put(&z->dir, strlen(name), 2);
	put(&z->dir, 0, 12);
	put(&z->dir, local, 4);
	buf_puts(&z->dir, name);
	z->n++;
}

static void
finish(ZipMaker *z)
{
	size_t at = z->b.n;

	buf_put(&z->b, z->dir.at, z->dir.n);
	buf_puts(&z->b, "PK\5\6");
	put(&z->b, 0, 4);
	put(&z->b, z->n, 2);
	put(&z->b, z->n, 2);
	put(&z->b, z->dir.n, 4);
	put(&z->b, at, 4);
	put(&z->b, 0, 2);
}

static void
drop(ZipMaker *z)
{
	buf_free(&z->b);
	buf_free(&z->dir);
}

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
	TGraph *g;

	add(&z, "n/archive_format", "pt2", 3);
	if (from && strcmp(from, "little") == 0)
		add(&z, "n/byteorder", to, strlen(to));
	add(&z, "n/models/model.json", json, strlen(json));
	add(&z, "n/data/weights/model_weights_config.json", list, strlen(list));
	add(&z, "n/data/weights/weight_0", "\0\0\200?\0\0\0@", 8);
	finish(&z);
	begin(&w);
	if ((g = open_bytes(&w, z.b.at, z.b.n, false)) != NULL) {
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
     IN_MODEL ": error: its JSON is damaged at byte 757: expected ',' or the end of a list"},
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
     IN_MODEL ", node y: error: one of its arguments is of the kind 'as_thing', which is not known"},
    {"{\"as_tensor\":{\"name\":\"w\"}}", "{\"as_ints\":[2,\"3\"]}",
     IN_MODEL ", node y: error: one of its arguments cannot be read"},
    {"{\"as_tensor\":{\"name\":\"w\"}}", "{\"as_scalar_type\":99}",
     IN_MODEL ", node y: error: one of its arguments is an element type that is not known"},
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
    {"{\"user_input\":{\"arg\":{\"as_tensor\"", "{\"constant_input\":{\"name\":\"x\",\"arg\":{\"b\"",
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
    {"\"x\":{\"dtype\":7,\"sizes\":[{\"as_int\":2}", "\"x\":{\"dtype\":7,\"sizes\":[{\"as_int\":-2}",
     IN_MODEL ", input x: error: its size 0 cannot be read"},
    {"\"path_name\":\"weight_0\"", "\"path_name\":\"weight_1\"",
     "a.pt2: error: its member 'data/weights/weight_1' is missing"},
    {"\"use_pickle\":false", "\"use_pickle\":true",
     IN_MODEL ", parameter w: error: it is a tensor of a class of its own, which is saved as a "
              "pickle: save plain tensors"},
    {"\"path_name\"", "\"p\"",
     IN_MODEL ", parameter w: error: the entry that describes it is no valid one"},
    {"\"tensor_meta\":{\"dtype\":7", "\"tensor_meta\":{\"dtype\":9",
     IN_MODEL ", parameter w: error: its element type or layout (numbers 9 and 7) is not supported: "
              "convert it to a dense tensor of floats or integers"},
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
	     "a.pt2: error: the archive holds 2 programs ('one', 'two'): save each in a file of its "
	     "own"},
	    {{"serialized_exported_program.json"},
	     "a.pt2: member serialized_exported_program.json: error: its JSON is damaged at byte 1: "
	     "it is cut off"},
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
	          "a.pt2: error: this file cannot be read: it is a damaged or truncated PyTorch file: "
	          "the directory at its end is missing");
	end(&w);
}

/* ---- pickles ---- */

static void
put_value(Buf *b, const PValue *v, int depth)
{
	switch (v->kind) {
	case P_INT:
	case P_BOOL:
		buf_printf(b, v->kind == P_INT ? "%lld" : v->i ? "True" : "False", (long long)v->i);
		break;
	case P_FLOAT:
	case P_COMPLEX:
		buf_printf(b, "%g", v->f[0]);
		if (v->kind == P_COMPLEX)
			buf_printf(b, "+%gj", v->f[1]);
		break;
	case P_TEXT:
	case P_BYTES:
	case P_NAME:
		buf_printf(b, v->kind == P_TEXT ? "'%s'" : v->kind == P_BYTES ? "b'%s'" : "%s",
		           v->s->s);
		break;
	case P_TUPLE:
	case P_LIST:
	case P_DICT:
		buf_byte(b, "([{"[v->kind - P_TUPLE]);
		for (uint32_t i = 0; depth < 4 && i < v->list.n * (v->kind == P_DICT ? 2 : 1); i++) {
			buf_puts(b, i ? ", " : "");
			put_value(b, v->list.item[i], depth + 1);
		}
		buf_byte(b, ")]}"[v->kind - P_TUPLE]);
		break;
	case P_OBJECT:
		buf_printf(b, "%s:", v->object.type->s);
		if (v->object.state)
			put_value(b, v->object.state, depth + 1);
		break;
	case P_TENSOR:
		buf_printf(b, "tensor(%s%s", v->tensor.storage->s,
		           v->tensor.parameter ? ", parameter" : "");
		for (uint32_t i = 0; v->tensor.tensor.quant && i < v->tensor.tensor.quant->n; i++)
			buf_printf(b, ", (q - %lld) * %g",
			           (long long)v->tensor.tensor.quant->zero[i],
			           v->tensor.tensor.quant->scale[i]);
		for (int64_t i = 0; i < v->tensor.tensor.t->count; i++)
			buf_printf(b, " %g", tensor_f(v->tensor.tensor.t, i));
		buf_byte(b, ')');
		break;
	default:
		buf_puts(b, pvalue_kind(v));
	}
}

#define TEXT(n, s) "X" n "\0\0\0" s
#define STORAGE(type) "(" TEXT("\7", "storage") "ctorch\n" type "\n" TEXT("\1", "0") TEXT("\3", "cpu") "K\4tQ"
#define V2 "ctorch._utils\n_rebuild_tensor_v2\n"
#define DICT "ccollections\nOrderedDict\n)R"
#define FLOATS "(" STORAGE("FloatStorage") "K\0K\4\205K\1\205\211" DICT "t"
#define QUANTIZED(by) "ctorch._utils\n_rebuild_qtensor\n(" STORAGE("QInt8Storage") "K\0K\2\205K\1\205" by "\211" DICT "tR."
#define CANNOT "the pickle cannot be read at byte "
static const struct {
	const char *pickle;
	size_t n;
	const char *want; /* the value, or the message behind its place */
} pickles[] = {
#define P(text, want) {text, sizeof(text) - 1, want},
    P("\200\2N.", "None")
    P("(K\1M\1\2J\377\377\377\377\2121\0.", CANNOT "11: it is cut off")
    P("(K\1M\1\2J\377\377\377\377\212\1\200\212\0\210\211G?\370\0\0\0\0\0\0t.",
      "(1, 513, -1, -128, 0, True, False, 1.5)")
    P("\212\11\1\1\1\1\1\1\1\1\1.", CANNOT "0: an integer has more than 64 bits")
    P("]q\0(K\1h\0e.", "[1, [1, [1, [1, []]]]]")
    P("}" TEXT("\1", "a") "K\1s(" TEXT("\1", "b") "]K\2au.", "{'a', 1, 'b', [2]}")
    P("}(K\1u.", CANNOT "4: items are added to what takes none")
    P("K\1a.", CANNOT "2: items are added to what takes none")
    P("t.", CANNOT "0: there is no mark where one is needed")
    P("\205.", CANNOT "0: a value is missing")
    P("h\5.", CANNOT "0: it refers to a value that is not there")
    P("K\1", CANNOT "2: it is cut off")
    P("\200\7.", CANNOT "0: its protocol is not known")
    P("I1\n.", "the pickle has the operation 0x49 at byte 0, which PyTorch does not write")
    P("cos\nsystem\n(" TEXT("\2", "ls") "tR.",
      "the pickle names os.system at byte 0, which is foreign to PyTorch: it is not followed")
    P("ctorch.hub\nload\n)R.", "the pickle calls torch.hub.load at byte 17: it is not followed")
    P("\214\2os\214\6system\223.",
      "the pickle names os.system at byte 12, which is foreign to PyTorch: it is not followed")
    P("K\1K\2\223.", CANNOT "4: a name is no text")
    P("ctorch\nfloat32\n.", "torch.float32")
    P("c__torch__\nNet\n)\201}" TEXT("\1", "a") "K\1sb.", "__torch__.Net:{'a', 1}")
    P("c__torch__\nNet\n)\201K\5b.", "__torch__.Net:5")
    P("ctorch\nNet\n)\201.", "the pickle makes an object of the class torch.Net at byte 12: "
                             "expected classes of __torch__")
    P("K\1K\2b.", CANNOT "4: a state is given to what has none")
    P("K\1)R.", CANNOT "3: something else than a function is called")
    P(DICT "(" TEXT("\1", "a") "K\1u}b.", "{'a', 1}")
    P("ccollections\nOrderedDict\n](" TEXT("\1", "a") "K\1\206e\205R.", "{'a', 1}")
    P("ccollections\nOrderedDict\n]K\1a\205R.",
      CANNOT "30: a dict is made of something else than pairs")
    P("ctorch.jit._pickle\nbuild_intlist\n]K\1a\205R.", "[1]")
    P("ctorch.jit._pickle\nrestore_type_tag\n]K\1a" TEXT("\4", "List") "\206R.", "[1]")
    P("ctorch\ndevice\n" TEXT("\3", "cpu") "\205R.", "None")
    P("ctorch\nSize\n(K\1K\2t\205R.", "(1, 2)")
    P("cbuiltins\nset\n]K\1a\205R.", "[1]")
    P("cbuiltins\nset\nK\1\205R.", CANNOT "17: a list is made of something else")
    P("cbuiltins\ncomplex\nK\1G?\370\0\0\0\0\0\0\206R.", "1+1.5j")
    P("cbuiltins\ncomplex\nN\205R.", CANNOT "20: a complex number is made of something else")
    P("c_codecs\nencode\n" TEXT("\3", "a\303\251") TEXT("\6", "latin1") "\206R.", "b'a\351'")
    P("c_codecs\nencode\nNN\206R.", CANNOT "19: bytes are made of something else")
    P("ctorch\ndevice\n)R.", CANNOT "15: a function is called with a wrong number of arguments")
    P(V2 FLOATS "R.", "tensor(data/0 1 2 3 4)")
    P("ctorch._utils\n_rebuild_parameter\n(" V2 FLOATS "R\210" DICT "tR.",
      "tensor(data/0, parameter 1 2 3 4)")
    P("ctorch._utils\n_rebuild_parameter\n(K\1\210" DICT "tR.",
      CANNOT "65: a parameter is no tensor")
    P("ctorch._tensor\n_rebuild_from_type_v2\n(" V2 "ctorch\nTensor\n" FLOATS "}tR.",
      "tensor(data/0 1 2 3 4)")
    P("ctorch._tensor\n_rebuild_from_type_v2\n(" V2 "ctorchao\nTensor\n" FLOATS "}tR.",
      "the pickle names torchao.Tensor at byte 71, which is foreign to PyTorch: it is not followed")
    P("ctorch._tensor\n_rebuild_from_type_v2\n(" V2 "ctorch.x\nTensor\n" FLOATS "}tR.",
      "the pickle has a tensor of the class torch.x.Tensor at byte 178: save plain tensors")
    P("ctorch._tensor\n_rebuild_from_type_v2\n(K\1ctorch\nTensor\n" FLOATS "}tR.",
      CANNOT "145: a tensor is not described as one")
    P("ctorch._utils\n_rebuild_tensor_v3\n(" STORAGE("UntypedStorage") "K\0K\2\205K\1\205\211" DICT
      "ctorch\nbfloat16\ntR.", "tensor(data/0 0 1)")
    P("ctorch._utils\n_rebuild_tensor_v3\n(" STORAGE("UntypedStorage") "K\0K\2\205K\1\205\211" DICT
      "ctorch\nquint4x2\ntR.",
      CANNOT "140: the element type of a tensor is not supported")
    P(V2 "(" STORAGE("UntypedStorage") "K\0K\4\205K\1\205\211" DICT "tR.",
      CANNOT "124: the element type of a tensor is not supported")
    P(V2 "(" STORAGE("FloatStorage") "K\0K\5\205K\1\205\211" DICT "tR.",
      "the tensor ends at element 5 of its storage, which has 4")
    P(V2 "(" STORAGE("FloatStorage") "K\0K\4\205K\1\206\211" DICT "tR.",
      CANNOT "122: a function is called with a wrong number of arguments")
    P(V2 "(K\1K\0K\4\205K\1\205\211" DICT "tR.", CANNOT "73: a tensor is not described as one")
    P(STORAGE("ComplexDoubleStorage") ".",
      "the pickle has a torch.ComplexDoubleStorage at byte 58: its element type is not supported")
    P("K\1Q.", CANNOT "2: a persistent id is none of a storage")
    P(QUANTIZED("(ctorch\nper_tensor_affine\nG?\340\0\0\0\0\0\0K\3t"),
      "tensor(data/0, (q - 3) * 0.5 0 0)")
    P(QUANTIZED("(ctorch\nper_channel_affine\n" V2 "(" STORAGE("FloatStorage")
                "K\0K\2\205K\1\205\211" DICT "tR" V2 "(" STORAGE("IntStorage")
                "K\0K\2\205K\0\205\211" DICT "tRK\0t"),
      "tensor(data/0, (q - 1065353216) * 1, (q - 1065353216) * 2 0 0)")
    P(QUANTIZED("(ctorch\nper_channel_affine_float_qparams\n" V2 "(" STORAGE("FloatStorage")
                "K\0K\2\205K\1\205\211" DICT "tR" V2 "(" STORAGE("FloatStorage")
                "K\1K\2\205K\1\205\211" DICT "tRK\0t"),
      "tensor(data/0, (q - 2) * 1, (q - 3) * 2 0 0)")
    P(QUANTIZED("(ctorch\nper_channel_symmetric\nG?\340\0\0\0\0\0\0K\3t"),
      CANNOT "162: a tensor is quantized in a way that is not supported: expected "
             "per_tensor_affine or per_channel_affine")
#undef P
};

static void
test_pickles(void)
{
	static const char in[] = "a.pt2, member data.pkl: error: ";

	for (size_t i = 0; i < countof(pickles); i++) {
		static const float numbers[] = {1, 2, 3, 4};
		ZipMaker z = {0};
		Archive ar;
		World w;
		Buf b = {0};
		const PValue *v;
		add(&z, "a/data.pkl", pickles[i].pickle, pickles[i].n);
		add(&z, "a/data/0", (const char *)numbers, sizeof numbers);
		finish(&z);
		begin(&w);
		CHECK(archive_open(&ar, &w.arena, &w.diag,
		                   diag_object(&w.diag, NOSPAN, NULL, "a.pt2"), z.b.at, z.b.n));
		v = pickle_read(&ar, &w.names, "data.pkl", "data/");
		diag_flush(&w.diag);
		if (v)
			put_value(&b, v, 0);
		else if (w.said.n > sizeof in)
			buf_puts(&b, check_message(w.said.at) + sizeof in - 1);
		CHECK_STR(b.at, pickles[i].want);
		buf_free(&b);
		end(&w);
		drop(&z);
	}
}

int
main(void)
{
	test_layouts();
	test_training();
	test_changes();
	test_sizes();
	test_forms();
	test_pickles();
	return check_report();
}
