/* var.c: SSA values, operations and symbolic dimensions as scripts see them. */
#include "bind.h"

#include "nd/nd.h"

/* ---- Var ---- */

/* What a Var lacks by design gets the op that does it instead. */
typedef struct Instead {
	const char *what, *op;
	bool unary;
} Instead;
static const Instead insteads[] = {
    {"+", "add", 0},         {"-", "sub", 0},          {"*", "mul", 0},
    {"/", "real_div", 0},    {"//", "floor_div", 0},   {"%", "mod", 0},
    {"**", "pow", 0},        {"@", "matmul", 0},       {"<", "less", 0},
    {"<=", "less_equal", 0}, {">", "greater", 0},      {">=", "greater_equal", 0},
    {"&", "logical_and", 0}, {"|", "logical_or", 0},   {"^", "logical_xor", 0},
    {"abs", "abs", 1},       {"round", "round", 1},    {"~", "logical_not", 1},
};

/* Operand i as the script wrote it, or else what it is. */
static const char *
operand_text(Interp *in, Value v, Span at, int i)
{
	const char *s = interp_operand(in, at, i);
	Buf b = {0};

	if (s || is_host(v, &var_type))
		return s ? s : var_of(v)->name->s;
	value_repr(in, v, &b);
	s = b.n > 40 ? "…" : arena_strdup(interp_arena(in), b.at ? b.at : "");
	buf_free(&b);
	return s;
}

/* The type of v as an operand; DT_NONE when it is none. */
static DType
operand_dtype(Value v)
{
	DType t = v.kind == V_BOOL                        ? DT_BOOL
	          : v.kind == V_INT                       ? DT_INT32
	          : v.kind == V_FLOAT                     ? DT_FP32
	          : v.kind == V_ARRAY || v.kind == V_NPSCALAR ? ARRAY_OF(v)->dtype
	                                                  : DT_NONE;

	if (is_host(v, &var_type) && tensor_part(var_of(v)->type)->kind == TY_TENSOR)
		return tensor_part(var_of(v)->type)->dtype;
	return t == DT_FP64 ? DT_FP32 : t == DT_INT64 ? DT_INT32 : t;
}

/* A float beside an int wins; else what a Var has. */
static DType
common_dtype(Value left, Value right)
{
	DType a = operand_dtype(left), b = operand_dtype(right);

	if (a == DT_NONE || b == DT_NONE)
		return a == DT_NONE ? b : a;
	if (dtype_is_float(a) != dtype_is_float(b))
		return dtype_is_float(a) ? a : b;
	return is_host(left, &var_type) ? a : b;
}

/* The text of an operand that gives it the type t. */
static const char *
text_as(Interp *in, Value v, const char *text, DType t)
{
	Arena *a = interp_arena(in);
	DType d = operand_dtype(v);

	if (d == t || d == DT_NONE)
		return text;
	if (is_host(v, &var_type))
		return arena_printf(a, "mb.cast(x=%s, dtype=\"%s\")", text, dtype_info[t].mil);
	if (t == DT_FP32 && !text[strspn(text, "-0123456789")])
		return arena_printf(a, "%s.0", text);
	return arena_printf(a, "np.%s(%s)", dtype_info[t].np, text);
}

/* What to write for an operator, if an operation takes such operands. */
static void
note_instead(Interp *in, const Instead *i, Value left, Value right, Span at)
{
	bool negated = right.kind == V_UNSET && !i->unary;
	const char *x = operand_text(in, left, at, 0), *y;
	const char *op = negated ? "mul" : i->op;
	const OpDef *def = op_oldest(op_find(op, strlen(op)));
	DType t;

	if (negated)
		right = vint(-1);
	t = i->unary ? operand_dtype(left) : common_dtype(left, right);
	if (!(def->param[0].mask >> t & 1))
		return;
	if (i->unary) {
		diag_note(interp_diag(in), NOSPAN, "write mb.%s(x=%s)", op, x);
		return;
	}
	y = negated ? "-1" : operand_text(in, right, at, 1);
	diag_note(interp_diag(in), NOSPAN, "write mb.%s(x=%s, y=%s)", op, text_as(in, left, x, t),
	          text_as(in, right, y, t));
}

/* v.name or v.name(…): an op of that name is no method. */
static bool
refuse_attr(Interp *in, Value v, const char *name, Span at)
{
	static const char *const attrs[] = {"name", "shape", "rank", "dtype",
	                                    "val",  "sym_val", "op"};
	const char *args = interp_operand(in, at, 1), *near, *op = name;
	Opcode code = op_find(name, strlen(name));
	const OpDef *def;
	Buf b = {0};
	size_t n;

	if (code == OP_none && args && (op = op_nearest(name)) != NULL)
		code = op_find(op, strlen(op));
	if (code == OP_none || !args) {
		near = nearest(name, attrs, countof(attrs));
		return fail(in, at,
		            near ? "'Var' object has no attribute '%s'; did you mean '%s'?"
		                 : "'Var' object has no attribute '%s'",
		            name, near);
	}
	fail(in, at, "a Var has no method '%s'", name);
	def = op_oldest(code);
	n = strcspn(args, "= ,()");
	if (op == name && n && args[n] == '=' &&
	    op_param(def, arena_printf(interp_arena(in), "%.*s", (int)n, args)) >= 0)
		buf_printf(&b, ", %s", args);
	for (uint32_t i = 1; !b.n && i < def->nparam; i++)
		if (!def->param[i].optional)
			buf_printf(&b, ", %s=…", def->param[i].name);
	if (*args && !b.n)
		buf_puts(&b, ", …");
	diag_note(interp_diag(in), NOSPAN, "write mb.%s(%s=%s%s)", op, def->param[0].name,
	          operand_text(in, v, at, 0), b.at ? b.at : "");
	buf_free(&b);
	return false;
}

static bool
var_refuse(Interp *in, const char *what, Value left, Value right, Span at)
{
	Value v = is_host(left, &var_type) ? left : right;
	const char *name = var_of(v)->name->s, *text = operand_text(in, v, at, v.o != left.o);

	for (size_t i = 0; i < countof(insteads); i++)
		if (strcmp(insteads[i].what, what) == 0) {
			fail(in, at,
			     "'%s' is not defined for a Var: its value exists only when the model "
			     "runs",
			     what);
			note_instead(in, &insteads[i], left, right, at);
			return false;
		}
	if (!strcmp(what, "attribute"))
		return refuse_attr(in, v, STR_OF(right)->s, at);
	if (!strcmp(what, "if") || !strcmp(what, "while") || !strcmp(what, "not") ||
	    !strcmp(what, "and") || !strcmp(what, "or") || !strcmp(what, "assert") ||
	    !strcmp(what, "bool")) {
		fail(in, at,
		     "the Var %s cannot decide while the script runs: its value exists only when "
		     "the model runs",
		     name);
		diag_note(interp_diag(in), NOSPAN,
		          "for a choice at run time write mb.cond(pred=%s, _true_fn=…, "
		          "_false_fn=…) or mb.select(cond=%s, a=…, b=…)",
		          text, text);
		return false;
	}
	if (!strcmp(what, "[]")) {
		fail(in, at, "a Var cannot be indexed with []");
		diag_note(interp_diag(in), NOSPAN,
		          "write mb.slice_by_index(x=%s, begin=[…], end=[…]) or mb.gather(x=%s, …)",
		          text, text);
		return false;
	}
	if (!strcmp(what, "len") || !strcmp(what, "iter")) {
		fail(in, at, "a Var has no length and no items while the script runs");
		diag_note(interp_diag(in), NOSPAN, "its shape is known: %s.shape[0]", text);
		return false;
	}
	if (!strcmp(what, "numpy")) {
		fail(in, at,
		     "numpy cannot compute with the Var %s: its value exists only when the model "
		     "runs",
		     name);
		diag_note(interp_diag(in), NOSPAN, "write an operation of mb, as in mb.sqrt(x=%s)",
		          strchr("[(", *text) ? name : text);
		return false;
	}
	return fail(in, at,
	            "%s() needs a value now, but the Var %s has one only when the model runs", what,
	            name);
}

static void
var_repr(Interp *in, HostObj *self, Buf *out)
{
	list_var(bind_of(in), self->data, out);
}

static Value bind_dim(Interp *in, Dim d);

static Value
var_symval(Interp *in, const Var *v)
{
	int64_t n = v->type->count;
	Value list;

	if (v->type->rank == 0)
		return bind_dim(in, v->symval[0]);
	list = vlist(in, NULL, 0);
	for (int64_t i = 0; i < n; i++)
		vlist_push(in, list, bind_dim(in, v->symval[i]));
	return list;
}

static Value
var_child_ops(Interp *in, const Var *v)
{
	Value list = vlist(in, NULL, 0);
	uint32_t n;
	Inst **user = users_of(interp_arena(in), v, &n);

	for (uint32_t k = 0; k < n; k++)
		vlist_push(in, list, bind_inst(in, user[k]));
	return list;
}

/* The blocks that it is an output of, each once. */
static Value
var_blocks(Interp *in, const Var *v)
{
	Value list = vlist(in, NULL, 0);

	for each_use (u, v) {
		bool again = u->user != NULL;
		for (const Use *w = u->next; !again && w; w = w->next)
			again = !w->user && w->block == u->block;
		if (!again)
			vlist_push(in, list, bind_block(in, u->block));
	}
	for (uint32_t k = 0, n = SEQ_OF(list)->n; k < n / 2; k++) { /* uses are last first */
		Value x = SEQ_OF(list)->at[k];
		SEQ_OF(list)->at[k] = SEQ_OF(list)->at[n - 1 - k];
		SEQ_OF(list)->at[n - 1 - k] = x;
	}
	return list;
}

/* Of a complex value: its part, which is known where mb.complex makes it. */
static Value
complex_part(Interp *in, const Var *v, const char *param)
{
	return inst_is(v->def, OP_complex) ? bind_var(in, inst_arg(v->def, param)) : VNONE;
}

static Value
var_val(Interp *in, const Var *v)
{
	return v->val ? bind_tensor(in, v->val, var_is_const(v)) : VNONE;
}

/* What a tensor has, or a state. */
static int
tensor_getattr(Interp *in, const Var *v, const Str *name, Value *out)
{
	const Type *t = tensor_part(v->type);

	if (t->kind != TY_TENSOR) {
		fail(in, NOSPAN, "%s is not a tensor and has no %s", v->name->s, name->s);
		return -1;
	}
	*out = name->s[0] == 's'   ? bind_shape(in, t->dim, t->rank)
	       : name->s[0] == 'r' ? vint(t->rank)
	                           : bind_dtype(in, t->dtype);
	return 1;
}

/* What a list has. */
static int
list_getattr(Interp *in, const Type *t, const Str *name, Value *out)
{
	if (str_is(name, "elem_type"))
		*out = bind_type(in, t->elem);
	else if (str_is(name, "elem_shape"))
		*out = t->elem->kind == TY_TENSOR ? bind_shape(in, t->elem->dim, t->elem->rank)
		                                  : VNONE;
	else if (str_is(name, "init_length"))
		*out = bind_dim(in, t->length);
	else if (str_is(name, "dynamic_length"))
		*out = vbool(t->dynamic_length);
	else
		return 0;
	return 1;
}

static int
var_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Var *v = self->data;
	const Type *t = tensor_part(v->type);

	if (str_is(name, "name"))
		*out = vstr_of(in, v->name);
	else if (str_is(name, "shape") || str_is(name, "rank") || str_is(name, "dtype"))
		return tensor_getattr(in, v, name, out);
	else if (str_is(name, "val"))
		*out = var_val(in, v);
	else if (str_is(name, "sym_val"))
		*out = v->val || !v->symval ? var_val(in, v) : var_symval(in, v);
	else if (str_is(name, "sym_type"))
		*out = bind_type(in, v->type);
	else if (str_is(name, "op"))
		*out = v->def ? bind_inst(in, v->def) : VNONE;
	else if (str_is(name, "op_output_idx"))
		*out = v->def ? vint(v->index) : VNONE;
	else if (str_is(name, "child_ops"))
		*out = var_child_ops(in, v);
	else if (str_is(name, "consuming_blocks"))
		*out = var_blocks(in, v);
	else if (str_is(name, "scopes"))
		*out = bind_scopes(in, v->def);
	else if (str_is(name, "is_descendant_of_const"))
		*out = vbool(v->def && (v->from_const || v->val));
	else if (t->kind == TY_TENSOR && t->dtype == DT_COMPLEX64 &&
	         (str_is(name, "real") || str_is(name, "imag")))
		*out = complex_part(in, v, *name->s == 'r' ? "real_data" : "imag_data");
	else
		return t->kind == TY_LIST ? list_getattr(in, t, name, out) : 0;
	return 1;
}

static bool
rename_var(Interp *in, Var *v, Value x, Span at)
{
	if (var_block(v))
		bind_keep_program(bind_of(in), var_block(v)->func->prog);
	return as_str(in, x, &v->name, "the name of a Var", at);
}

static bool
var_setattr(Interp *in, HostObj *self, const Str *name, Value x, Span at)
{
	Var *v = self->data;

	if (str_is(name, "scopes") && v->def)
		return scopes_set(in, v->def, x, at);
	if (!str_is(name, "name"))
		return fail(in, at, "the attribute '%s' of a Var cannot be set", name->s);
	return rename_var(in, v, x, at);
}

/* ---- methods ---- */

NATIVE(var_set_name)
{
	*out = VNONE;
	return rename_var(in, var_of(self), args->v[0], args->span);
}

NATIVE(var_shape_str)
{
	Buf b = {0};

	list_shape(bind_of(in), var_of(self), &b);
	*out = text_value(in, &b);
	return true;
}

NATIVE(var_type_str)
{
	*out = vstrz(in, list_kind(var_of(self)));
	return true;
}

NATIVE(var_is_of)
{
	const Type *t = var_of(self)->type;
	const Str *s;
	DType d = DT_NONE;

	if (args->v[0].kind == V_STR) {
		if (!as_str(in, args->v[0], &s, "dtype", args->span))
			return false;
		d = dtype_from_mil(str_is(s, "str") ? "string" : s->s);
	} else if (!dtype_arg(in, args->v[0], "dtype", args->span, &d)) {
		return false;
	}
	*out = vbool(t->kind == TY_TENSOR && t->dtype == d);
	return true;
}

NATIVE(var_can_be_replaced)
{
	Var *by = NULL;

	if (!var_arg_of(in, args->v[0], "new_var", args->span, &by))
		return false;
	*out = vbool(keeps_weights(in, var_of(self), by));
	return true;
}

static const Native var_methods[] = {
    {"set_name", "name", var_set_name, AS_FUNCTION},
    {"shape_str", "", var_shape_str, AS_FUNCTION},
    {"type_str", "", var_type_str, AS_FUNCTION},
    {"is_tensor_or_scalar_of", "dtype", var_is_of, AS_FUNCTION},
    {"can_be_replaced_by_var", "new_var", var_can_be_replaced, AS_FUNCTION},
    NATIVE_END,
};

int
same_data(UNUSED Interp *in, HostObj *a, Value b)
{
	return b.kind == V_HOST && HOST_OF(b)->type == a->type && HOST_OF(b)->data == a->data;
}

uint64_t
data_hash(HostObj *a)
{
	return hash_bytes(&a->data, sizeof a->data, 1);
}

const HostType var_type = {
    .name = "Var",
    .module = "coremltools.converters.mil.mil.var",
    .methods = var_methods,
    .getattr = var_getattr,
    .setattr = var_setattr,
    .repr = var_repr,
    .equal = same_data,
    .hash = data_hash,
    .refuse = var_refuse,
};

Value
bind_var(Interp *in, Var *v)
{
	v->held = true;
	return vhost(in, &var_type, v);
}

/* ---- symbols ---- */

/* A pointer may be too small for a Dim, but not for a symbol's number. */
Dim
symbol_dim(const HostObj *h)
{
	return INT64_MIN + (intptr_t)h->data;
}

static void
symbol_repr(Interp *in, HostObj *self, Buf *out)
{
	buf_puts(out, dim_str(bind_of(in)->types, symbol_dim(self)));
}

static bool
symbol_refuse(Interp *in, const char *what, Value left, Value right, Span at)
{
	Value v = is_host(left, &symbol_type) ? left : right;

	return fail(in, at,
	            "'%s' is not supported on the symbolic dimension %s, whose size is known only "
	            "when the model runs",
	            what, dim_str(bind_of(in)->types, symbol_dim(HOST_OF(v))));
}

const HostType symbol_type = {
    .name = "Symbol",
    .module = "coremltools.converters.mil.mil.program",
    .repr = symbol_repr,
    .equal = same_data,
    .hash = data_hash,
    .refuse = symbol_refuse,
};

static Value
bind_dim(Interp *in, Dim d)
{
	return dim_known(d) ? vint(d) : vhost(in, &symbol_type, (void *)(intptr_t)(d - INT64_MIN));
}

Value
bind_shape(Interp *in, const Dim *dim, uint32_t rank)
{
	Value t = vtuple(in, NULL, rank);

	for (uint32_t i = 0; i < rank; i++)
		SEQ_OF(t)->at[i] = bind_dim(in, dim[i]);
	return t;
}

bool
script_shape(Interp *in, Value v, const char *what, Span at, Dim **dim, uint32_t *rank)
{
	Value list;
	SeqObj *s;

	if (v.kind != V_LIST && v.kind != V_TUPLE && v.kind != V_ARRAY)
		return fail(in, at, "%s must be a list or tuple of sizes, found '%s'", what,
		            type_name(v));
	if (!value_to_list(in, v, &list, at))
		return false;
	s = SEQ_OF(list);
	if (s->n > TENSOR_MAX_RANK)
		return fail(in, at, "%s has %u dimensions, more than the %d that any op takes",
		            what, s->n, TENSOR_MAX_RANK);
	*dim = newn(interp_arena(in), Dim, MAX(s->n, 1));
	*rank = s->n;
	for (uint32_t i = 0; i < s->n; i++) {
		Value d = instance_value(s->at[i]);
		if (is_host(d, &symbol_type)) {
			(*dim)[i] = symbol_dim(HOST_OF(d));
			continue;
		}
		if (d.kind != V_INT && d.kind != V_NPSCALAR && d.kind != V_BOOL) {
			Buf b = {0};
			value_repr(in, d, &b);
			fail(in, at, "dimension %u of %s is %s, expected an integer or a symbol", i,
			     what, b.at);
			buf_free(&b);
			return false;
		}
		if (!as_int(in, d, &(*dim)[i], "a dimension", at))
			return false;
		if ((*dim)[i] < 0)
			return fail(in, at, "dimension %u of %s is %lld; sizes are not negative", i,
			            what, (long long)(*dim)[i]);
	}
	return true;
}

/* A name may be used once until the next conversion. */
bool
bind_symbol(Interp *in, Value v, Span at, Value *out)
{
	Bind *b = bind_of(in);
	const Str *name = NULL;
	struct UsedSym *used;

	if (given(v)) {
		if (!as_str(in, v, &name, "the name of a symbol", at))
			return false;
		char c = name->s[0];
		if (!((c | 32) >= 'a' && (c | 32) <= 'z') && c != '*' && !(c & 0x80))
			return fail(in, at, "'%s' cannot name a symbol: begin with a letter",
			            name->s);
		for (used = b->syms; used; used = used->next)
			if (used->name == name)
				return fail(in, at,
				            "the symbol '%s' exists already; a name can be used "
				            "once until the next ct.convert",
				            name->s);
		used = new(b->arena, struct UsedSym);
		used->name = name;
		used->next = b->syms;
		b->syms = used;
	}
	*out = bind_dim(in, sym_new(b->types, name));
	return true;
}

/* get_new_symbol(name=None) */
NATIVE_EXTERN(bind_new_symbol)
{
	return bind_symbol(in, args->v[0], args->span, out);
}

/* ---- known values, as NumPy hands them out ---- */

static Value
string_value(Interp *in, const Tensor *t, int64_t i)
{
	return vstr_of(in, ((const Str *const *)t->data)[i]);
}

Value
bind_tensor(Interp *in, const Tensor *t, bool from_const)
{
	Nd nd;

	if (t->dtype == DT_STRING) {
		Value list;
		if (t->rank == 0)
			return string_value(in, t, 0);
		list = vlist(in, NULL, 0);
		for (int64_t i = 0; i < t->count; i++)
			vlist_push(in, list, string_value(in, t, i));
		return list;
	}
	share_refresh(bind_of(in));
	if (t->rank == 0 && t->dtype == DT_BOOL && from_const)
		return vbool(tensor_i(t, 0) != 0);
	if (!t->data && t->count)
		t = tensor_copy(interp_arena(in), t);
	nd = nd_from_tensor(t);
	return t->rank ? vnd(in, &nd) : vnpscalar(in, &nd);
}
