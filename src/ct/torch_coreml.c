/* torch_coreml.c: torch.backends._coreml.preprocess: what PyTorch's delegate for phones asks of a
 * TorchScript module: the model as bytes, their hash, and a text that says how to call it. It is
 * done as in Python, by calls of what coremltools looks like here; a NeuralNetwork is made unless
 * convert_to says otherwise, since only that has its weights in those bytes.
 */
#include "torch_ops.h"

#include <stdio.h>

#include "file/digest.h"

/* ---- calling ---- */

static Value
text(Interp *in, const char *s)
{
	return vstr_of(in, intern_cstr(interp_names(in), s));
}

static bool
attr(Interp *in, Value v, const char *name, Value *out, Span at)
{
	return value_getattr(in, v, intern_cstr(interp_names(in), name), out, at) &&
	       out->kind != V_POISON;
}

/* fn(*pos, **kw); the values are on the interpreter's stack or reachable. */
static bool
call(Interp *in, Value fn, const Value *pos, uint32_t npos, const Kwarg *kw, uint32_t nkw,
     Value *out, Span at)
{
	Span spans[4] = {at, at, at, at};
	Args args = {.pos = pos,
	             .pos_span = spans,
	             .npos = npos,
	             .kw = kw,
	             .nkw = nkw,
	             .span = at,
	             .callee = at};

	return interp_call(in, fn, &args, out) && out->kind != V_POISON;
}

static bool
call_method(Interp *in, Value self, const char *name, Value *out, Span at)
{
	Value fn;

	return attr(in, self, name, &fn, at) && call(in, fn, NULL, 0, NULL, 0, out, at);
}

static Kwarg
keyword(Interp *in, const char *name, Value v, Span at)
{
	return (Kwarg){intern_cstr(interp_names(in), name), v, at};
}

/* ---- what stands in a specification ---- */

NATIVE(tensor_spec)
{
	Value v[2] = {args->v[0], args->v[1].kind == V_UNSET ? vint(0) : args->v[1]};

	*out = vtuple(in, v, 2);
	return true;
}

enum {
	SPEC_INPUTS,
	SPEC_OUTPUTS,
	SPEC_BACKEND,
	SPEC_LOW,
	SPEC_QUANTIZE,
	SPEC_PATH,
	SPEC_TO,
	SPEC_N
};

NATIVE(compile_spec)
{
	Value v[SPEC_N];

	for (int i = 0; i < SPEC_N; i++)
		v[i] = args->v[i].kind == V_UNSET ? VNONE : args->v[i];
	if (args->v[SPEC_BACKEND].kind == V_UNSET)
		v[SPEC_BACKEND] = text(in, "cpuOnly");
	if (args->v[SPEC_LOW].kind == V_UNSET)
		v[SPEC_LOW] = vbool(true);
	if (args->v[SPEC_QUANTIZE].kind == V_UNSET)
		v[SPEC_QUANTIZE] = text(in, "none");
	*out = vtuple(in, v, SPEC_N);
	return true;
}

/* ---- preprocess ---- */

typedef struct Preprocess {
	Interp *in;
	Span at;
	Value ct;
	const Value *spec;
	Buf extra; /* the text, as json.dumps makes it */
} Preprocess;

/* As Python's json does. */
static void
put_text(Buf *b, const char *s, size_t n)
{
	buf_byte(b, '"');
	for (size_t i = 0; i < n;) {
		static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
		const char *known;
		uint32_t cp;
		i += utf8_next(s + i, n - i, &cp);
		known = cp && cp < 0x80 ? strchr(plain, (int)cp) : NULL;
		if (known)
			buf_printf(b, "\\%c", letter[known - plain]);
		else if (cp >= 0x10000)
			buf_printf(b, "\\u%04x\\u%04x", 0xd7c0 + (cp >> 10), 0xdc00 + (cp & 0x3ff));
		else if (cp < 0x20 || cp >= 0x7f)
			buf_printf(b, "\\u%04x", cp);
		else
			buf_byte(b, (int)cp);
	}
	buf_byte(b, '"');
}

/* str(v), in quotes. */
static void
put_value(Preprocess *p, Value v)
{
	Buf s = {0};

	value_str(p->in, v, &s);
	put_text(&p->extra, s.at ? s.at : "", s.n);
	buf_free(&s);
}

/* A (shape, dtype) of a specification. */
static bool
spec_parts(Preprocess *p, Value v, const char *what, Value out[2])
{
	if ((v.kind != V_TUPLE && v.kind != V_LIST) || SEQ_OF(v)->n != 2)
		return fail(p->in, p->at,
		            "%s of the CompileSpec must hold TensorSpec(…), found '%s'", what,
		            type_name(v));
	out[0] = SEQ_OF(v)->at[0];
	out[1] = SEQ_OF(v)->at[1];
	return true;
}

/* ["input_0", "0", "[1, 3]"] */
static void
put_feature(Preprocess *p, const char *name, size_t n, const Value part[2])
{
	if (p->extra.at[p->extra.n - 1] != '[')
		buf_puts(&p->extra, ", ");
	buf_byte(&p->extra, '[');
	put_text(&p->extra, name, n);
	buf_puts(&p->extra, ", ");
	put_value(p, part[1]);
	buf_puts(&p->extra, ", ");
	put_value(p, part[0]);
	buf_byte(&p->extra, ']');
}

/* A list of shapes alone. */
static bool
is_enumerated(Value shape)
{
	for (uint32_t i = 0; i < SEQ_OF(shape)->n; i++)
		if (SEQ_OF(shape)->at[i].kind != V_TUPLE && SEQ_OF(shape)->at[i].kind != V_LIST)
			return false;
	return true;
}

/* ct.TensorType(name=…, shape=…, dtype=…) on the stack. */
static bool
one_input(Preprocess *p, uint32_t i, Value spec, Value list)
{
	static const DType types[] = {DT_FP32, DT_FP64, DT_INT32, DT_INT64};
	Interp *in = p->in;
	const char *name = arena_printf(interp_arena(in), "input_%u", i);
	Value part[2], fn, shape, made;
	int64_t type;
	Kwarg kw[3];

	if (!spec_parts(p, spec, "inputs", part))
		return false;
	if (part[0].kind != V_TUPLE && part[0].kind != V_LIST)
		return fail(in, p->at,
		            "the shape of a TensorSpec must be a tuple or list, found '%s'",
		            type_name(part[0]));
	if (!as_int(in, part[1], &type, "the dtype of a TensorSpec", p->at))
		return false;
	if (type < 0 || type >= (int64_t)countof(types))
		return fail(in, p->at,
		            "the dtype of a TensorSpec is %lld, expected 0 (float), 1 (double), "
		            "2 (int) or 3 (long)",
		            (long long)type);
	put_feature(p, name, strlen(name), part);
	shape = part[0];
	if (is_enumerated(shape) &&
	    (!attr(in, p->ct, "EnumeratedShapes", &fn, p->at) ||
	     !call(in, fn, &part[0], 1, NULL, 0, &shape, p->at)))
		return false;
	interp_push(in, shape);
	kw[0] = keyword(in, "name", text(in, name), p->at);
	kw[1] = keyword(in, "shape", shape, p->at);
	kw[2] = keyword(in, "dtype", bind_dtype(in, types[type]), p->at);
	bool ok = attr(in, p->ct, "TensorType", &fn, p->at) &&
	          call(in, fn, NULL, 0, kw, countof(kw), &made, p->at);
	interp_pop(in, 1);
	return ok && vlist_push(in, list, made);
}

/* ct.convert(module, inputs=…, convert_to=…) */
static bool
convert_module(Preprocess *p, Value module, Value *out)
{
	Interp *in = p->in;
	Value specs = p->spec[SPEC_INPUTS], list = vlist(in, NULL, 0), fn;
	Value to = p->spec[SPEC_TO];
	bool ok = true;
	Kwarg kw[2];

	if (specs.kind != V_TUPLE && specs.kind != V_LIST)
		return fail(in, p->at, "inputs of the CompileSpec must be a list, found '%s'",
		            type_name(specs));
	interp_push(in, list);
	buf_puts(&p->extra, "{\"inputs\": [");
	for (uint32_t i = 0; i < SEQ_OF(specs)->n && ok; i++)
		ok = one_input(p, i, SEQ_OF(specs)->at[i], list);
	buf_byte(&p->extra, ']');
	kw[0] = keyword(in, "inputs", list, p->at);
	kw[1] =
	    keyword(in, "convert_to", to.kind == V_NONE ? text(in, "neuralnetwork") : to, p->at);
	ok = ok && attr(in, p->ct, "convert", &fn, p->at) &&
	     call(in, fn, &module, 1, kw, countof(kw), out, p->at);
	interp_pop(in, 1);
	return ok;
}

static bool
put_outputs(Preprocess *p, const Msg *spec)
{
	Value specs = p->spec[SPEC_OUTPUTS], part[2];
	const Msg *d = msg_get(spec, "description");
	size_t n = msg_count(d, "output");

	if ((specs.kind != V_TUPLE && specs.kind != V_LIST) || SEQ_OF(specs)->n != n)
		return fail(p->in, p->at,
		            "outputs of the CompileSpec must be a list of %zu, as many as "
		            "the model has",
		            n);
	buf_puts(&p->extra, ", \"outputs\": [");
	for (size_t i = 0; i < n; i++) {
		const char *name = msg_get_string(msg_at(d, "output", i), "name");
		if (!spec_parts(p, SEQ_OF(specs)->at[i], "outputs", part))
			return false;
		put_feature(p, name, strlen(name), part);
	}
	buf_byte(&p->extra, ']');
	return true;
}

static const char *
user_defined(const Msg *spec, const char *key)
{
	const Msg *meta = msg_get(msg_get(spec, "description"), "metadata");

	for (size_t i = 0; meta && i < msg_count(meta, "userDefined"); i++) {
		const Msg *entry = msg_at(meta, "userDefined", i);
		if (!strcmp(msg_get_string(entry, "key"), key))
			return msg_get_string(entry, "value");
	}
	return "";
}

static void
put_config(Preprocess *p, const Msg *spec)
{
	const char *version = user_defined(spec, "com.github.apple.coremltools.version");
	const char *source = user_defined(spec, "com.github.apple.coremltools.source");

	buf_printf(&p->extra, ", \"config\": {\"spec_ver\": \"%lld\", \"backend\": ",
	           (long long)msg_get_int(spec, "specificationVersion"));
	put_value(p, p->spec[SPEC_BACKEND]);
	buf_puts(&p->extra, ", \"allow_low_precision\": ");
	put_value(p, p->spec[SPEC_LOW]);
	buf_puts(&p->extra, "}, \"metadata\": {\"coremltool_ver\": ");
	put_text(&p->extra, version, strlen(version));
	buf_puts(&p->extra, ", \"torch_ver\": ");
	put_text(&p->extra, source, strlen(source));
	buf_puts(&p->extra, "}}");
}

static bool
save_copy(Preprocess *p, Value model)
{
	Value path = p->spec[SPEC_PATH], fn, none;
	Buf b = {0};

	if (path.kind == V_NONE)
		return true;
	buf_puts(&b, "Saving CoreML .mlmodel file to ");
	value_str(p->in, path, &b);
	buf_byte(&b, '\n');
	interp_print(p->in, b.at, b.n);
	buf_free(&b);
	return attr(p->in, model, "save", &fn, p->at) &&
	       call(p->in, fn, &path, 1, NULL, 0, &none, p->at);
}

/* {"model": bytes, "hash": text, "extra": text} */
static bool
put_result(Preprocess *p, Value bytes, Value *out)
{
	Interp *in = p->in;
	uint8_t digest[32];
	char hex[65];
	Value d = vdict(in), v[3];
	static const char *const key[] = {"model", "hash", "extra"};
	bool ok = true;

	interp_push(in, d);
	sha256(STR_OF(bytes)->s, STR_OF(bytes)->len, digest);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	v[0] = bytes;
	v[1] = text(in, hex);
	v[2] = vstr_of(in, intern(interp_names(in), p->extra.at, p->extra.n));
	for (int i = 0; i < 3 && ok; i++)
		ok = dict_set(in, d, text(in, key[i]), v[i], p->at);
	interp_pop(in, 1);
	*out = d;
	return ok;
}

static bool
preprocess(Preprocess *p, Value module, Value *out)
{
	Interp *in = p->in;
	Value model, bytes, message;
	Buf b = {0};
	Msg *spec;
	bool ok;

	if (!convert_module(p, module, &model))
		return false;
	interp_push(in, model);
	spec = model_spec(in, model_of(model), p->at);
	ok = spec && put_outputs(p, spec);
	if (ok) {
		value_str(in, model, &b);
		buf_byte(&b, '\n');
		interp_print(in, b.at, b.n);
		put_config(p, spec);
		ok = save_copy(p, model) && call_method(in, model, "get_spec", &message, p->at);
	}
	buf_free(&b);
	if (ok) {
		interp_push(in, message);
		ok = call_method(in, message, "SerializeToString", &bytes, p->at);
		interp_pop(in, 1);
	}
	if (ok) {
		interp_push(in, bytes);
		ok = put_result(p, bytes, out);
		interp_pop(in, 1);
	}
	interp_pop(in, 1);
	return ok;
}

NATIVE(coreml_preprocess)
{
	Preprocess p = {.in = in, .at = args->span};
	const Str *mode;
	Value spec;
	bool ok;

	if (args->v[1].kind != V_DICT || !dict_get(in, args->v[1], text(in, "forward"), &spec) ||
	    spec.kind != V_TUPLE || SEQ_OF(spec)->n != SPEC_N)
		return fail(in, args->span,
		            "preprocess takes a module and {\"forward\": CompileSpec(…)}");
	if (!is_torch_model(args->v[0]) || args->v[0].kind == V_STR)
		return fail(in, args->span,
		            "preprocess takes the _c of what torch.jit.load gave, found '%s'",
		            type_name(args->v[0]));
	p.spec = SEQ_OF(spec)->at;
	if (!as_str(in, p.spec[SPEC_QUANTIZE], &mode, "quantization_mode", args->span))
		return false;
	if (!str_is(mode, "none"))
		return fail(in, args->span,
		            "quantization_mode '%s' is not yet supported: quantize the network "
		            "afterwards",
		            mode->s);
	if (!interp_import(in, "coremltools", &p.ct))
		return false;
	interp_push(in, p.ct);
	ok = preprocess(&p, args->v[0], out);
	interp_pop(in, 1);
	buf_free(&p.extra);
	if (!ok && !bind_of(in)->hard && bind_of(in)->diag->nerror)
		return bind_poison(in, out);
	return ok;
}

/* ---- the module ---- */

static Value
make_text(Interp *in, const Member *m)
{
	return text(in, m->p);
}

static const Member unit_members[] = {
    MEMBER("CPU", make_text, "cpuOnly", 0),
    MEMBER("CPUAndGPU", make_text, "cpuAndGPU", 0),
    MEMBER("ALL", make_text, "all", 0),
    END_MEMBER,
};
static const Member mode_members[] = {
    MEMBER("LINEAR", make_text, "linear", 0),
    MEMBER("LINEAR_SYMMETRIC", make_text, "linear_symmetric", 0),
    MEMBER("NONE", make_text, "none", 0),
    END_MEMBER,
};
static Value
make_number(UNUSED Interp *in, const Member *m)
{
	return vint(m->i);
}
static const Member scalar_members[] = {
    MEMBER("Float", make_number, 0, 0), MEMBER("Double", make_number, 0, 1),
    MEMBER("Int", make_number, 0, 2),   MEMBER("Long", make_number, 0, 3),
    MEMBER("Undefined", make_number, 0, 4), END_MEMBER,
};
const Member torch_coreml_members[] = {
    FN_MEMBER("TensorSpec", "shape,dtype=", tensor_spec),
    FN_MEMBER("CompileSpec",
              "inputs,outputs,backend=,allow_low_precision=,quantization_mode=,"
              "mlmodel_export_path=,convert_to=",
              compile_spec),
    MODULE_MEMBER("CoreMLComputeUnit", unit_members),
    MODULE_MEMBER("CoreMLQuantizationMode", mode_members),
    MODULE_MEMBER("ScalarType", scalar_members),
    FN_MEMBER("preprocess", "script_module,compile_spec", coreml_preprocess),
    END_MEMBER,
};
