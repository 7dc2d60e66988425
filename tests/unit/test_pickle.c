/* Pickles of PyTorch: what becomes of each thing that they hold, and what is refused. */
#include "torchfile.h"

static void
put_value(Buf *b, const PValue *v, int depth)
{
	uint32_t n;

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
		n = v->list.n * (v->kind == P_DICT ? 2 : 1);
		for (uint32_t i = 0; depth < 4 && i < n; i++) {
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
#define STORAGE(type)                                                                              \
	"(" TEXT("\7", "storage") "ctorch\n" type "\n" TEXT("\1", "0") TEXT("\3", "cpu") "K\4tQ"
#define V2 "ctorch._utils\n_rebuild_tensor_v2\n"
#define DICT "ccollections\nOrderedDict\n)R"
#define FLOATS "(" STORAGE("FloatStorage") "K\0K\4\205K\1\205\211" DICT "t"
#define QINT8 "ctorch._utils\n_rebuild_qtensor\n(" STORAGE("QInt8Storage")
#define QUANTIZED(by) QINT8 "K\0K\2\205K\1\205" by "\211" DICT "tR."
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
    P("K\1", "the pickle cannot be read at byte 2: it is cut off")
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
	test_pickles();
	return check_report();
}
