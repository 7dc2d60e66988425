/* torch.c: what the module torch looks like to a script: files can be loaded and converted.
 * Tensors and modules have no life here; what would need them says how to come by a file instead.
 */
#include "bind.h"

#include "aten/aten.h"
#include "base/sys.h"
#include "file/mapfile.h"
#include "stdlib/files.h"
#include "torch_ops.h"
#include "torch/torch.h"

#define SAVE_FIRST                                                                                 \
	"milc runs no PyTorch: save the module in Python with torch.export.save or "               \
	"torch.jit.save, then load that file here"

/* ---- loaded files ---- */

static TGraph *
graph_of(const HostObj *h)
{
	return h->data;
}

static void
torch_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	buf_printf(out, "<%s of %u inputs>", self->type->name, graph_of(self)->input.n);
}

/* eval(), cpu(), requires_grad_(): files are converted as if they had been called. */
NATIVE(torch_self)
{
	*out = self;
	return true;
}

static const Native module_methods[] = {
    {"eval", "", torch_self, AS_FUNCTION},
    {"cpu", "", torch_self, AS_FUNCTION},
    {"float", "", torch_self, AS_FUNCTION},
    {"requires_grad_", "requires_grad=", torch_self, AS_FUNCTION},
    NATIVE_END,
};

static int
torch_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	if (str_is(name, "_c")) { /* the module without its Python side: as good */
		*out = vobj(self);
		return 1;
	}
	fail(in, NOSPAN, "'%s' is not known of a loaded %s, which can be converted alone: "
	     SAVE_FIRST, name->s, self->type->name);
	return -1;
}

static bool
torch_call(Interp *in, Value self, const Args *args, UNUSED Value *out)
{
	return fail(in, args->span, "a loaded %s cannot be called: " SAVE_FIRST,
	            HOST_OF(self)->type->name);
}

static const HostType script_module_type = {.name = "RecursiveScriptModule",
                                            .module = "torch.jit._script",
                                            .methods = module_methods,
                                            .getattr = torch_getattr,
                                            .call = torch_call,
                                            .repr = torch_repr};
static const HostType exported_type = {.name = "ExportedProgram",
                                       .module = "torch.export.exported_program",
                                       .getattr = torch_getattr,
                                       .call = torch_call,
                                       .repr = torch_repr};

static TGraph *
load(Interp *in, const Str *path, Span at)
{
	Bind *b = bind_of(in);
	const char *file = script_read(in, path->s, at);
	TGraph *g;
	MapFile *map;
	TorchOpen o = {.arena = b->arena, .names = b->names, .diag = b->diag, .path = path->s};

	if (!file)
		return NULL;
	if (sys_kind(file) != PATH_FILE) {
		fail(in, at, "there is no file '%s'", path->s);
		return NULL;
	}
	script_opened(in, file);
	map = maps_map(b->maps, b->diag, at, file);
	if (!map)
		return NULL;
	o.at = diag_object(b->diag, NOSPAN, NULL, path->s);
	o.data = map->at;
	o.n = map->n;
	b->diag->call = at;
	g = torch_open(&o);
	b->diag->call = NOSPAN;
	return g;
}

static bool
load_as(Interp *in, const Args *args, TSource want, Value *out)
{
	const Str *path;
	TGraph *g;

	if (!as_path(in, args->v[0], &path, "the file", args_span(args, "f", 0)))
		return false;
	g = load(in, path, args->span);
	if (!g)
		return bind_poison(in, out);
	if (g->source != want)
		return fail(in, args->span, "'%s' was saved by %s: load it with %s", path->s,
		            want == TORCH_EXPORT ? "torch.jit.save" : "torch.export.save",
		            want == TORCH_EXPORT ? "torch.jit.load" : "torch.export.load");
	*out = vhost(in, want == TORCH_EXPORT ? &exported_type : &script_module_type, g);
	return true;
}

/* torch.jit.load(f, map_location=None, _extra_files=None, _restore_shapes=False) */
NATIVE(jit_load)
{
	return load_as(in, args, TORCH_SCRIPT, out);
}

/* torch.export.load(f, *, extra_files=None, expected_opset_version=None) */
NATIVE(export_load)
{
	return load_as(in, args, TORCH_EXPORT, out);
}

/* ---- converting ---- */

static bool
is_script_path(Value v)
{
	const StrObj *s = v.kind == V_STR ? STR_OF(v) : NULL;

	return s && (ends_with(s->s, s->len, ".pt") || ends_with(s->s, s->len, ".pth"));
}

bool
is_torch_model(Value v)
{
	return is_host(v, &script_module_type) || is_host(v, &exported_type) || is_script_path(v);
}

Model *
torch_convert(Interp *in, Value v, const ConvertOptions *o, const InputSpec *state, uint32_t nstate,
              Program **made, Span at)
{
	Bind *b = bind_of(in);
	TGraph *g;
	const Str *path;
	Model *m;
	AtenImport im = {.o = o,
	                 .state = state,
	                 .nstate = nstate,
	                 .counts = b->counts,
	                 .types = b->types,
	                 .script = in,
	                 .registered = b->torch_ops ? torch_op_call : NULL,
	                 .is_registered = torch_op_is_registered};

	*made = NULL;
	if (!is_script_path(v))
		g = graph_of(HOST_OF(v));
	else if (!as_str(in, v, &path, "model", at) || !(g = load(in, path, at)))
		return NULL;
	if (b->diag->nerror)
		return NULL;
	if (g->training) {
		fail(in, at,
		     "the file holds a program for training, as torch.export.export makes it: "
		     "call .run_decompositions({}) on it before torch.export.save");
		return NULL;
	}
	b->diag->call = at;
	m = aten_convert(g, &im, b->run, made);
	b->diag->call = NOSPAN;
	return m;
}

/* ---- the modules ---- */

NATIVE(needs_torch)
{
	return fail(in, args->span, "%s is not known here: " SAVE_FIRST, args->fn->name);
}

/* torch.nn and all below it: can be imported and named, as scripts for both do, and not called. */
static bool
nn_call(Interp *in, Value self, const Args *args, UNUSED Value *out)
{
	return fail(in, args->span, "%s is not known here: " SAVE_FIRST,
	            (const char *)HOST_OF(self)->data);
}

static int nn_getattr(Interp *in, HostObj *self, const Str *name, Value *out);
static const HostType nn_type = {.name = "module", .getattr = nn_getattr, .call = nn_call};

static int
nn_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	*out = vhost(in, &nn_type,
	             arena_printf(interp_arena(in), "%s.%s", (const char *)self->data, name->s));
	return 1;
}

static Value
make_nn(Interp *in, const Member *m)
{
	return vhost(in, &nn_type, (void *)(uintptr_t)m->p);
}

#define NEEDS_TORCH(name) FN_MEMBER(name, 0, needs_torch)

const Member torch_jit_members[] = {
    FN_MEMBER("torch.jit.load", "f,map_location=,_extra_files=,_restore_shapes=", jit_load),
    NEEDS_TORCH("torch.jit.trace"),
    NEEDS_TORCH("torch.jit.script"),
    NEEDS_TORCH("torch.jit.freeze"),
    NEEDS_TORCH("torch.jit.save"),
    END_MEMBER,
};
const Member torch_export_members[] = {
    FN_MEMBER("torch.export.load", "f,*,extra_files=,expected_opset_version=", export_load),
    NEEDS_TORCH("torch.export.export"),
    NEEDS_TORCH("torch.export.save"),
    NEEDS_TORCH("torch.export.Dim"),
    END_MEMBER,
};
const Member torch_members[] = {
    MODULE_MEMBER("jit", torch_jit_members),
    MODULE_MEMBER("export", torch_export_members),
    NEEDS_TORCH("torch.load"),
    NEEDS_TORCH("torch.save"),
    NEEDS_TORCH("torch.tensor"),
    NEEDS_TORCH("torch.rand"),
    NEEDS_TORCH("torch.randn"),
    NEEDS_TORCH("torch.zeros"),
    NEEDS_TORCH("torch.ones"),
    NEEDS_TORCH("torch.compile"),
    MEMBER("nn", make_nn, "torch.nn", 0),
    END_MEMBER,
};
