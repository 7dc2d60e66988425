/* scope.c: where operations come from: mb.scope(ScopeInfo(…)) and op.scopes; and where they go:
 * mb.set_before_op. Scopes are for who reads the program; no file has them.
 */
#include "bind.h"

/* ---- ScopeInfo ---- */

typedef struct ScopeInfo {
	int source;
	Value data; /* a list; of EXIR_STACK_TRACE perhaps a string */
} ScopeInfo;

static const char *
source_name(const ScopeInfo *s)
{
	return enum_scope_source.item[s->source].name; /* in the order of their values */
}

static void
info_mark(Interp *in, HostObj *self)
{
	interp_mark(in, ((const ScopeInfo *)self->data)->data);
}

static void
info_repr(Interp *in, HostObj *self, Buf *out)
{
	const ScopeInfo *s = self->data;

	buf_puts(out, "ScopeInfo(source=");
	value_repr(in, enum_item(in, &enum_scope_source, s->source), out);
	buf_puts(out, ", data=");
	value_repr(in, s->data, out);
	buf_byte(out, ')');
}

static int
info_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const ScopeInfo *s = self->data;

	if (str_is(name, "source"))
		*out = enum_item(in, &enum_scope_source, s->source);
	else if (str_is(name, "data"))
		*out = s->data;
	else
		return 0;
	return 1;
}

static const HostType info_type;

static int
info_equal(Interp *in, HostObj *a, Value b)
{
	const ScopeInfo *s = a->data, *t;
	Value same;

	if (!is_host(b, &info_type))
		return 0;
	t = HOST_OF(b)->data;
	if (s->source != t->source)
		return 0;
	return value_compare(in, CMP_EQ, s->data, t->data, &same, NOSPAN) ? same.b : -1;
}

static const HostType info_type = {
    .name = "ScopeInfo",
    .module = "coremltools.converters.mil.mil.scope",
    .mark = info_mark,
    .repr = info_repr,
    .getattr = info_getattr,
    .equal = info_equal,
};

/* Names lose their blanks, in the list that the script gave. */
static bool
clean_names(Interp *in, Value list, Span at)
{
	SeqObj *s = SEQ_OF(list);

	for (uint32_t k = 0; k < s->n; k++) {
		const StrObj *from = STR_OF(s->at[k]);
		Buf b = {0};
		if (s->at[k].kind != V_STR)
			return fail(in, at, "the data of a scope must be strings, found '%s'",
			            type_name(s->at[k]));
		for (uint32_t c = 0; c < from->len; c++)
			if (from->s[c] != ' ')
				buf_byte(&b, from->s[c]);
		s->at[k] = text_value(in, &b);
	}
	return true;
}

static bool
check_info(Interp *in, const ScopeInfo *s, Span at)
{
	const SeqObj *d = SEQ_OF(s->data);
	const char *name = source_name(s);

	if (s->source == SCOPE_TRACE)
		return true;
	if (s->source != SCOPE_HANDLE && !clean_names(in, s->data, at))
		return false;
	for (uint32_t k = 0; k < d->n; k++) {
		Value v = d->at[k];
		if (s->source == SCOPE_HANDLE && v.kind != V_NONE && v.kind != V_INT &&
		    v.kind != V_BIG && v.kind != V_BOOL)
			return fail(in, at, "the data of %s must be integers or None, found '%s'",
			            name, type_name(v));
		if (s->source == SCOPE_TYPE && STR_OF(v)->len == 0)
			return fail(in, at, "the data of %s cannot hold an empty string", name);
	}
	if (d->n > 1 && (s->source == SCOPE_PASS || s->source == SCOPE_HANDLE))
		return fail(in, at, "the data of %s can have one element, found %u", name,
		            (unsigned)d->n);
	return true;
}

NATIVE(make_info)
{
	ScopeInfo *s = new(interp_arena(in), ScopeInfo);
	const Value *v = args->v;

	if (!enum_value(v[0], &enum_scope_source, &s->source))
		return fail(in, args->span,
		            "source must be one of ScopeSource, such as "
		            "ScopeSource.TORCHSCRIPT_MODULE_TYPE, found '%s'",
		            type_name(v[0]));
	s->data = v[1];
	if (v[1].kind != V_STR && v[1].kind != V_LIST)
		return fail(in, args->span, "data must be a string or a list, found '%s'",
		            type_name(v[1]));
	if (s->source != SCOPE_TRACE && v[1].kind == V_STR)
		s->data = vlist(in, &v[1], 1);
	*out = vhost(in, &info_type, s);
	interp_push(in, *out);
	bool ok = check_info(in, s, args->span);
	interp_pop(in, 1);
	return ok;
}

/* ---- op.scopes: a dict that makes an empty list for what it lacks ---- */

typedef struct Scopes {
	Value dict; /* ScopeSource -> list */
} Scopes;

static Value
scopes_dict(const HostObj *self)
{
	return ((const Scopes *)self->data)->dict;
}

static bool
scopes_getitem(Interp *in, HostObj *self, Value key, Value *out, Span at)
{
	if (dict_get(in, scopes_dict(self), key, out))
		return true;
	*out = vlist(in, NULL, 0);
	return dict_set(in, scopes_dict(self), key, *out, at);
}

static bool
scopes_setitem(Interp *in, HostObj *self, Value key, Value v, Span at)
{
	return dict_set(in, scopes_dict(self), key, v, at);
}

static bool
scopes_iter(Interp *in, HostObj *self, VKind *as, Value *list)
{
	*as = V_LIST;
	return value_to_list(in, scopes_dict(self), list, NOSPAN);
}

static int
scopes_equal(Interp *in, HostObj *a, Value b)
{
	Value same;

	if (b.kind == V_HOST && HOST_OF(b)->type == a->type)
		b = scopes_dict(HOST_OF(b));
	return value_compare(in, CMP_EQ, scopes_dict(a), b, &same, NOSPAN) ? same.b : -1;
}

static void
scopes_repr(Interp *in, HostObj *self, Buf *out)
{
	buf_puts(out, "defaultdict(<class 'list'>, ");
	value_repr(in, scopes_dict(self), out);
	buf_byte(out, ')');
}

/* items, keys, get …: those of the dict. */
static int
scopes_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	return value_findattr(in, scopes_dict(self), name, out, NOSPAN);
}

static void
scopes_mark(Interp *in, HostObj *self)
{
	interp_mark(in, scopes_dict(self));
}

static const HostType scopes_type = {
    .name = "defaultdict",
    .module = "collections",
    .getattr = scopes_getattr,
    .getitem = scopes_getitem,
    .setitem = scopes_setitem,
    .iter = scopes_iter,
    .equal = scopes_equal,
    .repr = scopes_repr,
    .mark = scopes_mark,
};

static Scopes *
scopes_new(Interp *in)
{
	Scopes *s = new(interp_arena(in), Scopes);

	s->dict = vdict(in);
	return s;
}

/* The scopes of i; made and kept, as the script may change them. */
static Scopes *
scopes_of(Interp *in, const Inst *i)
{
	Bind *bd = bind_of(in);
	Scopes *s = map_get(bd->scopes, KEY(i));

	if (!s) {
		s = scopes_new(in);
		interp_pin(in, s->dict);
		map_put(bd->scopes, KEY(i), s);
	}
	return s;
}

Value
bind_scopes(Interp *in, const Inst *i)
{
	return vhost(in, &scopes_type, i ? scopes_of(in, i) : scopes_new(in));
}

static bool
copy_entries(Interp *in, Value from, Value to, Span at)
{
	Value keys, data, list;

	if (!value_to_list(in, from, &keys, at))
		return false;
	for (uint32_t k = 0; k < SEQ_OF(keys)->n; k++)
		if (!dict_get(in, from, SEQ_OF(keys)->at[k], &data) ||
		    !value_to_list(in, data, &list, at) ||
		    !dict_set(in, to, SEQ_OF(keys)->at[k], list, at))
			return false;
	return true;
}

bool
scopes_set(Interp *in, const Inst *i, Value v, Span at)
{
	Scopes *s = scopes_of(in, i);

	if (is_host(v, &scopes_type))
		v = scopes_dict(HOST_OF(v));
	if (v.kind != V_DICT)
		return fail(in, at, "scopes must be a dict of ScopeSource and lists, found '%s'",
		            type_name(v));
	s->dict = vdict(in);
	interp_pin(in, s->dict);
	return copy_entries(in, v, s->dict, at);
}

void
list_scopes(Interp *in, const Inst *i, Buf *out)
{
	const Scopes *s = map_get(bind_of(in)->scopes, KEY(i));
	const DictObj *d = s ? DICT_OF(s->dict) : NULL;
	bool first = true;

	buf_byte(out, '[');
	for (uint32_t k = 0; d && k < d->nentry; k++) {
		if (d->entry[k].key.kind == V_UNSET)
			continue;
		buf_puts(out, first ? "" : ", ");
		first = false;
		value_str(in, d->entry[k].key, out);
		buf_puts(out, ": ");
		value_repr(in, d->entry[k].val, out);
	}
	buf_byte(out, ']');
}

/* ---- with mb.scope(…): ---- */

/* An open scope. Sources come in the order in which they were first used. */
struct OpenScope {
	ScopeInfo *info;
	struct OpenScope *outer;
};

void
scopes_note(Interp *in, const Inst *i)
{
	Bind *bd = bind_of(in);
	uint32_t n = 0;
	const struct OpenScope **open;
	Value d;

	for (const struct OpenScope *s = bd->scope; s; s = s->outer)
		n++;
	if (!n)
		return;
	open = newn(bd->arena, const struct OpenScope *, n);
	for (const struct OpenScope *s = bd->scope; s; s = s->outer)
		open[--n] = s;
	for (const struct OpenScope *s = bd->scope; s; s = s->outer)
		n++;
	d = scopes_of(in, i)->dict;
	for (uint32_t k = 0; k < bd->nscope_source; k++) {
		Value key = enum_item(in, &enum_scope_source, bd->scope_source[k]), all, part;
		all = vlist(in, NULL, 0);
		for (uint32_t o = 0; o < n; o++)
			if (open[o]->info->source == bd->scope_source[k] &&
			    value_to_list(in, open[o]->info->data, &part, NOSPAN))
				for (uint32_t e = 0; e < SEQ_OF(part)->n; e++)
					vlist_push(in, all, SEQ_OF(part)->at[e]);
		if (SEQ_OF(all)->n)
			dict_set(in, d, key, all, NOSPAN);
	}
}

typedef struct ScopeBlock {
	Value infos; /* a list of ScopeInfo */
} ScopeBlock;

static bool
scope_enter(Interp *in, HostObj *self, Value *out, UNUSED Span at)
{
	Bind *bd = bind_of(in);
	const SeqObj *s = SEQ_OF(((const ScopeBlock *)self->data)->infos);

	*out = VNONE;
	for (uint32_t k = 0; k < s->n; k++) {
		struct OpenScope *o = new(bd->arena, struct OpenScope);
		uint32_t n = 0;
		o->info = HOST_OF(s->at[k])->data;
		o->outer = bd->scope;
		bd->scope = o;
		while (n < bd->nscope_source && bd->scope_source[n] != o->info->source)
			n++;
		bd->scope_source[n] = o->info->source;
		bd->nscope_source = MAX(bd->nscope_source, n + 1);
	}
	return true;
}

static bool
scope_leave(Interp *in, HostObj *self, UNUSED Value exc, UNUSED bool *swallow,
            UNUSED Span at)
{
	const SeqObj *s = SEQ_OF(((const ScopeBlock *)self->data)->infos);

	for (uint32_t k = 0; k < s->n; k++)
		bind_of(in)->scope = bind_of(in)->scope->outer;
	return true;
}

static void
scope_mark(Interp *in, HostObj *self)
{
	interp_mark(in, ((const ScopeBlock *)self->data)->infos);
}

static const HostType scope_type = {.name = "ScopeContextManager",
                                    .module = "coremltools.converters.mil.mil.scope",
                                    .enter = scope_enter,
                                    .leave = scope_leave,
                                    .mark = scope_mark};

NATIVE_EXTERN(mb_scope)
{
	ScopeBlock *b = new(interp_arena(in), ScopeBlock);
	uint32_t seen = 0;

	if (args->nkw)
		return fail(in, args->span,
		            "mb.scope takes ScopeInfo(…) without names, found '%s='",
		            args->kw[0].name->s);
	for (uint32_t k = 0; k < args->npos; k++) {
		const ScopeInfo *s;
		if (!is_host(args->pos[k], &info_type))
			return fail(in, args->pos_span[k],
			            "mb.scope takes ScopeInfo(source=…, data=…), found '%s'",
			            type_name(args->pos[k]));
		s = HOST_OF(args->pos[k])->data;
		if (seen >> s->source & 1)
			return fail(in, args->pos_span[k], "ScopeSource.%s is given twice",
			            source_name(s));
		seen |= 1u << s->source;
	}
	b->infos = vlist(in, args->pos, args->npos);
	*out = vhost(in, &scope_type, b);
	return true;
}

/* ---- with mb.set_before_op(…): ---- */

typedef struct Before {
	Inst *inst, *outer;
} Before;

static bool
before_enter(Interp *in, HostObj *self, Value *out, UNUSED Span at)
{
	Bind *bd = bind_of(in);
	Before *w = self->data;

	*out = VNONE;
	w->outer = bd->before;
	bd->before = w->inst;
	return true;
}

static bool
before_leave(Interp *in, HostObj *self, UNUSED Value exc, UNUSED bool *swallow,
             UNUSED Span at)
{
	bind_of(in)->before = ((const Before *)self->data)->outer;
	return true;
}

static const HostType before_type = {
    .name = "BeforeOpContextManager", .enter = before_enter, .leave = before_leave};

NATIVE_EXTERN(mb_set_before_op)
{
	Before *w = new(interp_arena(in), Before);
	Value v = args->v[0];

	if (is_host(v, &inst_type))
		w->inst = HOST_OF(v)->data;
	else if (v.kind != V_NONE)
		return fail(in, args->span,
		            "mb.set_before_op takes an operation such as x.op, found '%s'",
		            type_name(v));
	*out = vhost(in, &before_type, w);
	return true;
}

const Member scope_members[] = {
    FN_MEMBER("ScopeInfo", "source,data", make_info),
    ENUM_MEMBER("ScopeSource", &enum_scope_source),
    END_MEMBER,
};
