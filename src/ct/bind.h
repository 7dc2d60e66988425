/* bind.h: what scripts see of the compiler: mb, ct, types, Var, Program, models. Everything here is
 * a host object of the interpreter (script/value.h) over the SSA form (ir/ir.h); the interpreter
 * knows nothing of ops and the IR nothing of scripts.
 */
#ifndef MILC_BIND_H
#define MILC_BIND_H

#include "ir/build.h"
#include "convert/convert.h"
#include "exec/exec.h"
#include "model/io.h"
#include "script/interp.h"

typedef struct Scripted { /* a program and the name it got in the script */
	Program *prog;
	const Str *name;
} Scripted;

/* The weights of a model that was made here, by the name of a folder that scripts are told. */
typedef struct MadeFolder {
	const char *path;
	const Model *m;
} MadeFolder;

/* One run of one script. Everything is in the unit arena. */
typedef struct Bind {
	Arena *arena;
	Interner *names;
	Types *types;
	Diag *diag;
	Interp *in;
	NameCounts *counts;
	const ConvertOptions *said; /* by the command line: wins over the script */
	const PassRunOptions *run;
	const char *program; /* the name of the one to compile, or 0 */
	Builder *cur;       /* where mb.* calls append; 0 outside of a function */
	bool hard;          /* script code that C called failed: who called C must, too */
	VEC(Scripted) programs;
	VEC(Model *) models; /* in order of conversion */
	Map converted;       /* Program -> the last model of it, which holds it still */
	VEC(Model *) copies; /* of these, as they were at save() or get_spec() */
	VEC(Saved) saved;
	uint32_t nfunc;
	struct Lent *lent;  /* arrays that constants share: share.c */
	Map *lent_of;       /* NdBuffer -> Lent */
	const char *const_threshold; /* that a pipeline's option said, or 0 */
	/* For models as specifications: made of programs, read from files. */
	Msg *(*lower)(const Model *m, EmitCtx *c, Arena *a, int *version);
	const char *date;
	struct Maps *maps;
	/* For predict(): m->prog and its weights, whatever the model's body is; false after
	 * reporting. */
	bool (*program_for)(void *ctx, Model *m);
	void *program_ctx;
	SessionOptions session;
	VEC(Session *) sessions;
	VEC(MadeFolder) folders;
	Model *made;        /* by ct.models.MLModel(…), the last one */
	bool wrong_use;     /* an option names what the script does not have */
	bool stale;         /* one that a constant has a copy of was written */
	Map *texts;         /* Tensor -> how a listing shows it, if not by its elements */
	struct { double v; const Tensor *t; } number[16]; /* fp32 scalars made last, by hash */
	Map message_types;  /* MsgDesc -> its HostType */
	Map *members;       /* interned name of an op -> its row, made once */
	Map *blocks;         /* Block -> BlockObj */
	Map *gone, *scopes;  /* removed Inst -> its operands; Inst -> Scopes */
	Map *holes;          /* Func -> Span of an operation that failed in it */
	Map *loose;          /* Program -> bool: it was changed so that types may be wrong */
	struct Entered *entered; /* blocks that `with` is in */
	Inst *before;       /* mb.set_before_op: where operations go */
	struct OpenScope *scope;
	int scope_source[8]; /* in the order in which they were first used */
	uint32_t nscope_source;
	struct TorchOp *torch_ops; /* that @register_torch_op made known */
	struct ScriptPass *passes; /* … @register_pass, the last one first */
	struct ScriptOp *ops;      /* … @register_op, likewise */
	struct UsedSym { const Str *name; struct UsedSym *next; } *syms;
} Bind;

/* What follows `arena` up to `program` is set. */
void bind_init(Bind *b);
void bind_end(Bind *b); /* frees what is not in the arena */
static inline Bind *
bind_of(Interp *in)
{
	return interp_ctx(in);
}
/* What to return behind an error that was reported: it ends the call where somebody may catch it;
 * else the script goes on with a value that stands for it, and may hold more errors. */
static inline bool
bind_poison(Interp *in, Value *out)
{
	*out = VPOISON;
	return !interp_catching(in);
}
/* The modules of coremltools and the prelude's names, for interp_add_modules. */
void bind_modules(Interp *in, Bind *b);

/* ---- module.c: members by table ---- */
typedef struct Member {
	Native fn; /* or its name alone */
	Value (*make)(Interp *in, const struct Member *m);
	const void *p;
	int64_t i;
} Member;
#define FN_MEMBER(n, params, f) {{n, params, f, AS_FUNCTION}, make_fn, 0, 0}
#define FN_MEMBER_I(n, params, f, i) {{n, params, f, AS_FUNCTION}, make_fn, 0, i}
#define MEMBER(n, make, p, i) {{n, 0, 0, 0}, make, p, i}
#define MODULE_MEMBER(n, table) MEMBER(n, make_module, table, 0)
#define ENUM_MEMBER(n, type) MEMBER(n, make_enum, type, 0)
#define TYPE_MEMBER(n, type) MEMBER(n, make_type, type, 0)
#define TEXT_MEMBER(n, text) MEMBER(n, make_str, text, 0)
#define LATER_MEMBER(n, what) MEMBER(n, make_later, what, 0)
#define END_MEMBER MEMBER(0, 0, 0, 0)
Value make_fn(Interp *in, const Member *m);
Value make_module(Interp *in, const Member *m); /* p: Member table ending with END_MEMBER */
Value make_enum(Interp *in, const Member *m);   /* p: EnumDef */
Value make_type(Interp *in, const Member *m); /* p: HostType: the type as a value */
Value make_str(Interp *in, const Member *m); /* p: a str */
Value make_later(Interp *in, const Member *m);  /* p: what is not supported yet, in words */
Value module_of(Interp *in, const char *name, const Member *table);
int member_of(Interp *in, const Member *table, const Str *name, Value *out); /* 1, or 0: none */

/* of.NAME(arg, …) as a script would call it, or `of` itself for no name; four at most. */
bool bind_call(Interp *in, Value of, const char *name, const Value *arg, uint32_t n, Value *out,
               Span at);

/* ---- enumerations such as ct.target: values with a name ---- */
typedef struct EnumItem {
	const char *name;
	int value;
	const char *text; /* what scripts see as its value, where that is a string */
} EnumItem;
typedef struct EnumDef {
	HostType type;       /* of its members; named as Python's class: AvailableTarget */
	const char *spelled; /* as scripts write it: "ct.target" */
	const EnumItem *item;
	uint32_t n;
} EnumDef;
extern const EnumDef enum_target, enum_precision, enum_compute_unit, enum_colorlayout;
extern const EnumDef enum_granularity; /* of ct.optimize.coreml */
Value enum_item(Interp *in, const EnumDef *def, int value); /* the member of this value */
/* True and *out when v is a member of def. */
bool enum_value(Value v, const EnumDef *def, int *out);
Value enum_by_text(Interp *in, const EnumDef *def, const char *text); /* of one with texts */

/* ---- var.c ---- */
extern const HostType var_type, symbol_type;
Dim symbol_dim(const HostObj *h); /* of a symbol_type */
/* Host objects of one type are equal when they stand for the same thing. */
int same_data(Interp *in, HostObj *a, Value b);
uint64_t data_hash(HostObj *a);
Value bind_var(Interp *in, Var *v);
static inline Var *
var_of(Value v)
{
	return HOST_OF(v)->data;
}
Value bind_tensor(Interp *in, const Tensor *t, bool from_const); /* as numpy hands it out */
Value bind_shape(Interp *in, const Dim *dim, uint32_t rank);
/* A list of dims (ints and symbols) given by a script; `what` names it in messages. */
bool script_shape(Interp *in, Value v, const char *what, Span at, Dim **dim, uint32_t *rank);
BuiltinFn bind_new_symbol, bind_existing_symbol;
/* A new symbol with that name, None: with an automatic one. */
bool bind_symbol(Interp *in, Value name, Span at, Value *out);

/* ---- listing.c: what print() shows ---- */
void list_var(Bind *bd, const Var *v, Buf *out);
void list_shape(Bind *bd, const Var *v, Buf *out); /* "(2, 3, fp32)" */
const char *list_kind(const Var *v);               /* "(Tensor)" */
/* attrs: with the scopes. */
void list_inst(Interp *in, const Inst *i, int indent, bool attrs, Buf *out);
void list_block(Interp *in, const Block *b, int indent, bool attrs, Buf *out);
void list_func(Interp *in, const Func *f, const char *name, bool attrs, Buf *out);
void list_program(Interp *in, const Program *p, bool attrs, Buf *out);

/* ---- op.c ---- */
extern const HostType inst_type;
Value bind_inst(Interp *in, Inst *i);
Value inst_operand(Interp *in, const Inst *i, uint32_t k); /* of column k; None: it is absent */
void inst_remember(Interp *in, const Inst *i); /* its operands, before it is taken out */

/* ---- block.c: functions and nested blocks ---- */
typedef struct BlockObj { /* one for each block that the script met */
	Block *b;
	Builder build; /* build.opset: OPSET_NONE as long as the function has none */
} BlockObj;
extern const HostType block_type, function_type;
Value bind_block(Interp *in, Block *b);
Value bind_function(Interp *in, Func *f, Opset opset); /* a new one */
void block_settle(Value function); /* it is whole: its opset is that in use, if it has none */
Value bind_vars(Interp *in, Use *const *u, uint32_t n); /* a list */
const char *block_name(Arena *a, const Block *b);
bool block_enter(Interp *in, HostObj *self, Value *out, Span at);
bool block_begin_edit(Interp *in, const Block *b, Span at); /* it is in its program still */
bool block_leave(Interp *in, HostObj *self, Value exc, bool *swallow, Span at);
Value block_max_opset(Interp *in, const Block *b); /* (version, operation or None) */
/* prefix and type: strings, or not given. Adds to the list. */
void find_ops(Interp *in, const Block *b, Value prefix, Value type, Value list);
bool find_args(Interp *in, const Args *args);
bool var_visible(const Block *b, const Var *v, const Inst *upto);
bool inst_arg_of(Interp *in, Value v, const char *what, Span at, Inst **out);
bool var_arg_of(Interp *in, Value v, const char *what, Span at, Var **out);
bool not_in_block(Interp *in, const Inst *i, const Block *b, Span at); /* reports: false */
bool text_args(Interp *in, const Args *args, int *indent, bool *attrs);
Value text_value(Interp *in, Buf *b); /* its text as a str; frees it */

/* ---- edit.c ---- */
#define REPLACE_PARAMS "anchor_op,old_var,new_var,end_op=,no_check_var_types="
BuiltinFn block_set, block_remove_ops, block_replace, block_replace_output, inst_set_inputs,
    inst_infer, inst_remove_from_block;
/* The results of all operations have the types that their operands give; false after reporting. */
bool bind_settled(Bind *bd, const Program *p);
const char *inst_word(const Inst *i); /* its name, or its type if it has none */
void bind_edit_inst(Interp *in, const Inst *i); /* it is about to be changed */
/* The users of a value in the order in which they became such, one twice that takes it twice. */
Inst **users_of(Arena *a, const Var *v, uint32_t *n);
bool keeps_weights(Interp *in, const Var *old, const Var *by); /* compressed ones */
bool bind_set_outputs(Interp *in, Block *b, Value v, const char *who, Span at);

/* ---- scope.c ---- */
BuiltinFn mb_scope, mb_set_before_op;
extern const Member scope_members[];
extern const EnumDef enum_scope_source;
enum { SCOPE_TYPE, SCOPE_NAME, SCOPE_PASS, SCOPE_TRACE, SCOPE_HANDLE, SCOPE_PATH };
void scopes_note(Interp *in, const Inst *i); /* a new operation gets the scopes that are open */
Value bind_scopes(Interp *in, const Inst *i); /* of 0: none */
bool scopes_set(Interp *in, const Inst *i, Value v, Span at);
void list_scopes(Interp *in, const Inst *i, Buf *out);

/* ---- passes.c ---- */
extern const Member pass_registry_members[], graph_pass_members[], pass_helper_members[];

/* ---- types.c ---- */
extern const HostType dtype_type;
extern const Member types_members[];
/* ---- symbolic.c: coremltools.converters.mil.mil.types.symbolic ---- */
extern const Member symbolic_members[];
BuiltinFn symbolic_is;
Value bind_dtype(Interp *in, DType t);
static inline DType
dtype_of_host(const HostObj *h)
{
	return (DType)(intptr_t)h->data;
}
/* A type as scripts see it: that of a tensor, a list or a state, or an element type. */
Value bind_type(Interp *in, const Type *t);
bool dtype_arg(Interp *in, Value v, const char *what, Span at, DType *out);
const Type *type_arg(Interp *in, Value v); /* of a type, be it a tensor's or a scalar's; or 0 */

/* ---- operand.c ---- */
/* A Python value as a constant, by the peer's rules. */
bool const_operand(Interp *in, Value v, const char *what, Span at, const Tensor **out);

/* ---- share.c: constants that share memory with the script's arrays ---- */
void share_lend(Bind *bd, const Nd *nd, const Tensor *t);
void share_refresh(Bind *bd);
void share_freeze(Bind *bd);

/* ---- mb.c, program.c ---- */
Value mb_module(Interp *in, void *ctx);
extern const Member mb_specials[]; /* program, TensorSpec, … */
/* An operation of a row that is not in the table, with operands of the call and others behind. */
bool op_call_row(Interp *in, const OpDef *row, const Args *args, const Kwarg *dflt,
                 uint32_t ndflt, Value *out);
/* A builder for f whose messages carry the script's chain of calls. */
void bind_builder(Bind *bd, Builder *b, Program *p, Func *f);
extern const HostType program_type;
static inline Program *
program_of(Value v)
{
	return HOST_OF(v)->data;
}
BuiltinFn bind_program_new, bind_function_new, bind_placeholder_new, bind_curr_block;
bool opset_arg(Interp *in, Value v, Span at, Opset *out); /* None: OPSET_NONE */
/* v, or an item of the tuple or list v, stands for an error that was reported. */
bool holds_poison(Value v);
/* The Vars that a function of the script returned: one, a tuple or a list. */
bool returned_vars(Interp *in, Value v, const char *who, Span at, Var ***out, uint32_t *n);

/* ---- shapes.c, inputs.c: what describes inputs and outputs ---- */
BuiltinFn ct_tensor_type, ct_image_type, ct_state_type, ct_range_dim, ct_shape,
    ct_enumerated_shapes, ct_classifier_config;

/* ---- face.c: the arguments of ct.convert that describe the interface ---- */
/* nested: tuples may stand among the inputs, whose members count. */
bool face_inputs(Interp *in, Value v, bool nested, Span at, ConvertOptions *o);
/* torch: they count, and cannot be names alone. */
bool face_outputs(Interp *in, Value v, bool torch, Span at, ConvertOptions *o);
/* Of a PyTorch model; another one has none. */
bool face_states(Interp *in, Value v, bool torch, Span at, InputSpec **state, uint32_t *nstate);
bool face_classifier(Interp *in, Value v, Span at, ConvertOptions *o);
/* The lines of a text file, as str.splitlines() takes them apart: a V_LIST. */
bool labels_of_file(Interp *in, Value path, Span at, Value *out);
/* What ct.convert leaves in the objects that it was given. */
void face_converted(Interp *in, Value inputs, Value classifier, const Model *m);

/* ---- torch.c: files of PyTorch ---- */
extern const Member torch_members[], torch_jit_members[], torch_export_members[],
    torch_coreml_members[];
/* A loaded file, or the path of a TorchScript one, as ct.convert takes it. */
bool is_torch_model(Value v);
/* The model that becomes of it, and its program; NULL after reporting. */
Model *torch_convert(Interp *in, Value v, const ConvertOptions *o, const InputSpec *state,
                     uint32_t nstate, Program **made, Span at);

/* ---- pass_pipeline.c: ct.PassPipeline ---- */
extern const HostType selector_type; /* of compute_precision= */
BuiltinFn ct_fp16_precision;
extern const Member pass_pipeline_members[];
Value make_pipeline_class(Interp *in, const Member *m);
/* In coremltools some passes look for patterns that they make as functions, which take numbers. */
void count_patterns(Bind *b, const Pipeline *pl);
/* pass_pipeline= of ct.convert, or the default one, as o->main. As in coremltools the pipeline
 * loses its casts unless fp16 is asked for, and gets the option of a selector. */
bool pipeline_arg(Interp *in, Value given_pipe, Value precision, bool fp16, Span at,
                  ConvertOptions *o);

/* ---- optimize.c: compressing models ---- */
extern const Member optimize_members[], optimize_coreml_members[], compression_utils_members[];

/* ---- src/builder: networks layer by layer, and what is beside that in scripts ---- */
extern const Member neural_network_members[], builder_module_members[], flexible_members[],
    printer_members[], quantization_utils_members[], inspection_members[],
    optimizer_members[], network_utils_members[];

/* ---- ct.c, mlmodel.c ---- */
/* A model as a script has it: what ct.convert gives, and MLModel(…). */
typedef struct ScriptModel {
	Model *m;
	bool package, temporary;
	bool skipped;         /* skip_model_load: there is nothing to predict with */
	struct Runner *run;   /* once it has predicted */
	const char *folder;   /* package_path and … */
	const char *weights;  /* weights_dir; 0: not asked for yet, or none */
	Value unit, program;  /* compute_unit, _mil_program */
	const Str *function;
	Value hints;
} ScriptModel;
extern const HostType mlmodel_type;
static inline ScriptModel *
model_of(Value v)
{
	return HOST_OF(v)->data;
}
Value bind_model(Interp *in, Model *m, Program *p, Value unit);
/* The specification of a model, which is its body from here on; 0 after reporting. */
Msg *model_spec(Interp *in, ScriptModel *s, Span at);
const char *model_weights(Interp *in, ScriptModel *s); /* its folder of weights, or 0 */
/* A model of a message, with the weights in a folder, made or real; v may be None. */
Model *model_of_spec(Interp *in, Msg *spec, Value weights, Span at);
/* Saved models are found again in the store of the script. */
void bind_files(Bind *b);
/* Notes that a model is to be saved under the path. */
bool note_save(Interp *in, const Model *of, Model *m, const char *path, Span at);
Model *model_snapshot(Bind *b, const Model *m);
/* The path to save to, with the ending put behind it where it has none; packed: what it is, if it
 * must be a package, or 0. */
bool save_path(Interp *in, Value v, const char *packed, const char **path, Span at);
bool model_save_at(Interp *in, const ScriptModel *s, Value path, Span at); /* as it is now */
BuiltinFn ct_convert, ct_mlmodel;
extern const char convert_params[];
/* ---- predict.c ---- */
extern const HostType mlstate_type;
BuiltinFn model_predict, model_make_state;
/* ---- device.c: what only a Mac has ---- */
extern const HostType compiled_type, asset_type;
extern const Member compute_plan_members[], compute_device_members[];
BuiltinFn utils_compile, model_compiled, model_devices;
/* ---- modelprogram.c ---- */
/* The passes of a conversion without a change of precision, on a model whose program was changed,
 * which is a model of the script from then on. */
bool model_convert(Interp *in, Model *m, Opset target, Value unit, Value *out, Span at);
/* A new program, converted; the model says nothing of who did it. 0 after reporting. */
Model *convert_unrecorded(Interp *in, Program *p, const ConvertOptions *o);
BuiltinFn utils_retype, utils_randomize;
/* ---- modelutils.c, bisect.c ---- */
BuiltinFn utils_pipeline, utils_bisect;
extern const Member utils_members[]; /* coremltools.models.utils */

/* What was saved under the path, or what lies there. 0 after reporting. */
Model *model_at(Interp *in, const Str *path, Span at);
/* ---- multifunction.c, materialize.c: several functions in one model ---- */
BuiltinFn ct_descriptor, ct_save_multifunction, ct_materialize;

/* The program is about to change: models that were made of it keep it as it is. */
void bind_keep_program(Bind *b, const Program *p);
/* The end of a script: converts the last program when there was no ct.convert. True without a
 * model when the script made none this time. */
Program *bind_last_program(const Bind *b); /* 0: it made none */
bool bind_finish(Bind *b);

#endif
