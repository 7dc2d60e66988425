/* mlprogram_write.c: a Program as MIL protobuf. The bytes of each function's operations are made
 * first; what wraps them has a known size then, and is written around them.
 *
 * Constants are operations of their own, except where the format wants their value in place: in
 * constexpr operations (as attributes up to iOS17, as inputs from iOS18 on), for the classes of
 * classify, and for the bounds of reshape_like.
 */
#include "spec.h"

#include <stdlib.h>

static void put_block(Buf *b, uint32_t field, SpecOut *s, const Block *block);

/* The columns of op in the order of their names; made at the first use of the row. */
static const uint8_t *
sorted_params(SpecOut *s, const OpDef *op)
{
	uint8_t *o = op->flags & OPAQUE ? newn(s->arena, uint8_t, MAX_PARAMS)
	                                : s->order[op - s->rows];

	if (op->nparam > 1 && o[0] == o[1]) {
		for (uint32_t i = 0; i < op->nparam; i++) {
			uint32_t k = i;
			for (; k > 0 && strcmp(op->param[o[k - 1]].name, op->param[i].name) > 0;
			     k--)
				o[k] = o[k - 1];
			o[k] = (uint8_t)i;
		}
	}
	return o;
}

static bool
inline_operand(const Inst *i, const Param *p)
{
	if (i->op->code == OP_classify)
		return !strcmp(p->name, "classes");
	if (i->op->code == OP_reshape_like)
		return !strcmp(p->name, "begins") || !strcmp(p->name, "ends") ||
		       !strcmp(p->name, "end_masks");
	return false;
}

/* The three messages that nearly all of a program consists of are measured, and written without
 * asking for room at each byte. */
static char *
at_end(Buf *b, size_t n)
{
	buf_reserve(b, n);
	b->n += n;
	b->at[b->n] = 0;
	return b->at + b->n - n;
}

static char *
write_head(char *p, uint32_t field, size_t len)
{
	*p++ = (char)(field << 3 | PB_BYTES);
	for (; len >= 0x80; len >>= 7)
		*p++ = (char)(len | 0x80);
	*p++ = (char)len;
	return p;
}

static char *
write_bytes(char *p, uint32_t field, const void *bytes, size_t n)
{
	p = write_head(p, field, n);
	memcpy(p, bytes, n);
	return p + n;
}

void
put_named_type(Buf *b, uint32_t field, SpecOut *s, const Var *v)
{
	const TypeBytes *t = type_bytes(s, v->type);
	size_t len = pb_field_size(1, v->name->len) + pb_field_size(2, t->n);
	char *p = at_end(b, pb_field_size(field, len));

	p = write_head(p, field, len);
	p = write_bytes(p, 1, v->name->s, v->name->len);
	write_bytes(p, 2, t->at, t->n);
}

static void
put_name_attribute(Buf *b, const char *name, size_t n)
{
	size_t value = string_value_size(n), len = pb_field_size(1, 4) + pb_field_size(2, value);
	char *p = at_end(b, pb_field_size(OPERATION_ATTRIBUTE, len) - pb_field_size(2, value));

	p = write_head(p, OPERATION_ATTRIBUTE, len);
	write_bytes(p, 1, "name", 4);
	put_string_value(b, 2, name, n);
}

static void
put_value_attribute(Buf *b, SpecOut *s, const char *key, const Var *v)
{
	size_t at = pb_open(b, OPERATION_ATTRIBUTE);

	pb_len_field(b, 1, key, strlen(key));
	put_value(b, 2, s, v->type, v->val, true);
	pb_close(b, at);
}

/* inputs[key] = [name of v], the shape of nearly every operand: its size is known at once. */
static void
put_name_input(Buf *b, const char *key, const Var *v)
{
	size_t nkey = strlen(key), binding = pb_field_size(1, v->name->len);
	size_t argument = pb_field_size(1, binding);

	size_t len = pb_field_size(1, nkey) + pb_field_size(2, argument);
	char *p = at_end(b, pb_field_size(OPERATION_INPUT, len));

	p = write_head(p, OPERATION_INPUT, len);
	p = write_bytes(p, 1, key, nkey);
	p = write_head(p, 2, argument);
	p = write_head(p, 1, binding);
	write_bytes(p, 1, v->name->s, v->name->len);
}

static void
put_input(Buf *b, SpecOut *s, const char *key, const Arg *a, bool in_place, bool may_blob)
{
	if (a->n == 1 && !in_place) {
		put_name_input(b, key, a->u[0]->var);
		return;
	}
	size_t at = pb_open(b, OPERATION_INPUT);
	pb_len_field(b, 1, key, strlen(key));
	size_t argument = pb_open(b, 2);
	for (uint32_t k = 0; k < a->n; k++) {
		const Var *v = a->u[k]->var;
		size_t binding = pb_open(b, 1);
		if (in_place && v->val)
			put_value(b, 2, s, v->type, v->val, may_blob);
		else
			pb_len_field(b, 1, v->name->s, v->name->len);
		pb_close(b, binding);
	}
	pb_close(b, argument);
	pb_close(b, at);
}

static void
put_inputs(Buf *b, SpecOut *s, const Inst *i)
{
	const uint8_t *order = sorted_params(s, i->op);
	bool constexpr = i->op->flags & CONSTEXPR;

	for (uint32_t k = 0; k < i->op->nparam; k++) {
		const Param *p = &i->op->param[order[k]];
		const Arg *a = &i->arg[order[k]];
		if (p->kind == P_FN || p->kind == P_INTERNAL || p->name[0] == '_' || !a->n)
			continue;
		if (inst_attribute(i, order[k]))
			continue;
		bool in_place = inline_operand(i, p);
		if (constexpr) {
			const Inst *def = a->u[0]->var->def;
			in_place = !def || !(def->op->flags & CONSTEXPR);
		}
		put_input(b, s, p->name, a, in_place, constexpr);
	}
}

/* The operands that are attributes, and among them the name, by name. */
static void
put_attributes(Buf *b, SpecOut *s, const Inst *i)
{
	const uint8_t *order = sorted_params(s, i->op);
	bool named = false;

	for (uint32_t k = 0; i->op->flags & (CONSTEXPR | OPAQUE) && k < i->op->nparam; k++) {
		const char *key = i->op->param[order[k]].name;
		if (!i->arg[order[k]].n || !inst_attribute(i, order[k]))
			continue;
		const Var *v = i->arg[order[k]].u[0]->var;
		if (!named && strcmp(key, "name") > 0) {
			put_name_attribute(b, i->name->s, i->name->len);
			named = true;
		}
		if (v->val)
			put_value_attribute(b, s, key, v);
	}
	if (!named)
		put_name_attribute(b, i->name->s, i->name->len);
}

static void
put_const(Buf *b, SpecOut *s, const Inst *i)
{
	const Var *v = i->out[0];

	if (const_is_inlined(v))
		return;
	if (!v->val) {
		if (!s->failed)
			diag_error(s->diag, i->span.at ? i->span : s->at,
			           "const '%s' has no value that a file can hold", i->name->s);
		s->failed = true;
		return;
	}
	size_t at = pb_open(b, BLOCK_OPERATION);
	pb_len_field(b, OPERATION_TYPE, "const", 5);
	put_named_type(b, OPERATION_OUTPUT, s, v);
	put_name_attribute(b, i->name->s, i->name->len);
	put_value_attribute(b, s, "val", v);
	pb_close(b, at);
}

/* A state is updated by a write and, where the result is used, a read. */
static void
put_state_update(Buf *b, SpecOut *s, const Inst *i)
{
	const Var *state = inst_arg(i, "state");
	Buf name = {0};
	size_t at = pb_open(b, BLOCK_OPERATION);

	buf_printf(&name, "%s_write_state", i->name->s);
	pb_len_field(b, OPERATION_TYPE, "write_state", 11);
	put_name_input(b, "data", inst_arg(i, "value"));
	put_name_input(b, "input", state);
	put_name_attribute(b, name.at, name.n);
	pb_close(b, at);
	buf_free(&name);
	if (!i->out[0]->uses)
		return;
	at = pb_open(b, BLOCK_OPERATION);
	pb_len_field(b, OPERATION_TYPE, "read_state", 10);
	put_name_input(b, "input", state);
	put_named_type(b, OPERATION_OUTPUT, s, i->out[0]);
	put_name_attribute(b, i->name->s, i->name->len);
	pb_close(b, at);
}

static void
put_operation(Buf *b, SpecOut *s, const Inst *i)
{
	if (i->op->code == OP_const) {
		put_const(b, s, i);
		return;
	}
	if (i->op->code == OP_coreml_update_state) {
		put_state_update(b, s, i);
		return;
	}
	size_t at = pb_open(b, BLOCK_OPERATION);
	pb_len_field(b, OPERATION_TYPE, i->op->name, strlen(i->op->name));
	if (i->op->flags & CONSTEXPR)
		weights_place(s->w, i);
	put_inputs(b, s, i);
	for (uint32_t k = 0; k < i->nout; k++)
		put_named_type(b, OPERATION_OUTPUT, s, i->out[k]);
	for (uint32_t k = 0; k < i->nblock; k++)
		put_block(b, OPERATION_BLOCK, s, i->block[k]);
	put_attributes(b, s, i);
	pb_close(b, at);
}

static void
put_outputs(Buf *b, const Block *block)
{
	for (uint32_t k = 0; k < block->nout; k++)
		pb_len_field(b, BLOCK_OUTPUT, block->out[k]->var->name->s,
		             block->out[k]->var->name->len);
}

static void
put_block(Buf *b, uint32_t field, SpecOut *s, const Block *block)
{
	size_t at = pb_open(b, field);

	for (uint32_t k = 0; k < block->nparam; k++)
		put_named_type(b, BLOCK_INPUT, s, block->param[k]);
	put_outputs(b, block);
	for (const Inst *i = block->first; i; i = i->next)
		put_operation(b, s, i);
	pb_close(b, at);
}

static const char *
opset_in_file(const Model *m, const Func *f)
{
	return opset_coreml(m->file_opset ? m->file_opset : f->opset);
}

struct FuncBytes { /* a function as an entry of the program */
	const Func *f;
	Buf head; /* all that stands before the operations */
	VEC(Buf) ops;
	size_t nops;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const FuncBytes *)a)->f->name->s, ((const FuncBytes *)b)->f->name->s);
}

/* Operations stand in pieces, which never move once they are full; all but the first are made full
 * at once. */
static void
make_operations(FuncBytes *fb, SpecOut *s)
{
	enum { PIECE = 4 << 20, FULL = PIECE - (64 << 10) };
	Buf ops = {0};

	for (const Inst *i = fb->f->body->first; i; i = i->next) {
		put_operation(&ops, s, i);
		if (ops.n < FULL && i->next)
			continue;
		fb->nops += ops.n;
		vec_push(s->arena, &fb->ops, ops);
		ops = i->next ? (Buf){.at = xhuge(PIECE), .cap = PIECE} : (Buf){0};
	}
}

static void
make_function(FuncBytes *fb, SpecOut *s)
{
	const char *opset = opset_in_file(s->m, fb->f);
	const Block *body = fb->f->body;
	const Str *name = fb->f->name;
	size_t nopset = strlen(opset), block, entry, function;
	Buf inputs = {0}, outputs = {0}, *b = &fb->head;

	for (uint32_t k = 0; k < body->nparam; k++)
		put_named_type(&inputs, FUNCTION_INPUT, s, body->param[k]);
	put_outputs(&outputs, body);
	make_operations(fb, s);
	block = outputs.n + fb->nops;
	entry = pb_field_size(1, nopset) + pb_field_size(2, block);
	function = inputs.n + pb_field_size(FUNCTION_OPSET, nopset) +
	           pb_field_size(FUNCTION_BLOCK, entry);
	pb_head(b, PROGRAM_FUNCTION, pb_field_size(1, name->len) + pb_field_size(2, function));
	pb_len_field(b, 1, name->s, name->len);
	pb_head(b, 2, function);
	buf_take(b, &inputs);
	pb_str_field(b, FUNCTION_OPSET, opset);
	pb_head(b, FUNCTION_BLOCK, entry);
	pb_str_field(b, 1, opset);
	pb_head(b, 2, block);
	buf_take(b, &outputs);
}

bool
program_bytes_make(ProgramBytes *out, SpecOut *s)
{
	const Program *p = s->m->prog;
	uint32_t ninfo;
	MetaPair *info = sorted_pairs(s->arena, s->m->build_info.at, s->m->build_info.n, &ninfo);

	if (ninfo) {
		size_t at = pb_open(&out->tail, PROGRAM_ATTRIBUTE);
		pb_str_field(&out->tail, 1, "buildInfo");
		put_string_dict(&out->tail, 2, info, ninfo);
		pb_close(&out->tail, at);
	}
	out->nfunc = p->funcs.n;
	out->func = newn(s->arena, FuncBytes, out->nfunc + 1);
	out->size = out->tail.n + pb_varint_size(PROGRAM_VERSION << 3) + 1;
	/* In order of definition, which is the order of the weights file. */
	for (uint32_t i = 0; i < out->nfunc; i++) {
		out->func[i].f = p->funcs.at[i];
		make_function(&out->func[i], s);
		out->size += out->func[i].head.n + out->func[i].nops;
	}
	qsort(out->func, out->nfunc, sizeof *out->func, by_name);
	return !s->failed;
}

void
program_bytes_put(ProgramBytes *p, Buf *b)
{
	pb_head(b, MODEL_PROGRAM, p->size);
	pb_uint_field(b, PROGRAM_VERSION, 1);
	for (uint32_t i = 0; i < p->nfunc; i++) {
		FuncBytes *f = &p->func[i];
		buf_take(b, &f->head);
		for (uint32_t k = 0; k < f->ops.n; k++)
			buf_take(b, &f->ops.at[k]);
	}
	buf_take(b, &p->tail);
}

void
program_bytes_free(ProgramBytes *p)
{
	for (uint32_t i = 0; i < p->nfunc; i++) {
		buf_free(&p->func[i].head);
		for (uint32_t k = 0; k < p->func[i].ops.n; k++)
			buf_free(&p->func[i].ops.at[k]);
	}
	buf_free(&p->tail);
}
