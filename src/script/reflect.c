/* reflect.c: builtins that look at objects and scopes, and exec(), which runs text in the script's
 * own module or in a dict.
 */
#include "class.h"

#include "builtins.h"
#include "core.h"
#include "syntax/syntax.h"

NATIVE(reflect_hash)
{
	uint64_t h = 0;

	if (!value_hash(in, args->pos[0], &h, args->span))
		return false;
	*out = vint((int64_t)h);
	return true;
}

NATIVE(reflect_id)
{
	*out = vint((int64_t)(interp_identity(in, args->pos[0]) >> 17));
	return true;
}

static bool
is_subclass(Interp *in, Value c, Value of, bool *yes, Span at)
{
	Value answer;
	int r;

	*yes = false;
	if (of.kind == V_TUPLE) {
		for (uint32_t i = 0; !*yes && i < SEQ_OF(of)->n; i++)
			if (!is_subclass(in, c, SEQ_OF(of)->at[i], yes, at))
				return false;
		return true;
	}
	if (c.kind != V_CLASS && c.kind != V_TYPE && c.kind != V_DTYPE)
		return fail(in, at, "issubclass() arg 1 must be a class");
	r = special_call(in, of, SP_subclasscheck, &c, 1, &answer, at);
	if (r)
		return r > 0 && value_truth(in, answer, yes, at);
	if (of.kind != V_CLASS && of.kind != V_TYPE && of.kind != V_DTYPE)
		return fail(in, at,
		            "issubclass() arg 2 must be a class, a tuple of classes, or a union");
	r = type_special(in, of, SP_subclasscheck, &c, 1, &answer, at);
	if (r)
		return r > 0 && value_truth(in, answer, yes, at);
	if (c.kind == V_CLASS)
		*yes = class_has(in, CLASS_OF(c), of);
	else
		*yes = value_is(c, of) || (of.kind == V_TYPE && of.i == TYPE_OBJECT) ||
		       (c.kind == V_TYPE && c.i == V_BOOL && of.kind == V_TYPE && of.i == V_INT);
	return true;
}

NATIVE(reflect_issubclass)
{
	bool yes;

	if (!is_subclass(in, args->pos[0], args->pos[1], &yes, args->span))
		return false;
	*out = vbool(yes);
	return true;
}

NATIVE(reflect_delattr)
{
	const Str *name;

	*out = VNONE;
	if (!as_str(in, args->pos[1], &name, "the attribute name", args_at(args, 1)))
		return false;
	return value_delattr(in, args->pos[0], name, args->span);
}

/* The names of a module, as a dict of its own. */
static Value
globals_of(Interp *in, const Space *s)
{
	Value d = vdict(in);

	for (uint32_t i = 0; i < s->global.n; i++)
		if (s->global.at[i].val.kind != V_UNSET)
			dict_set(in, d, vstr_of(in, s->names->at.at[i]), s->global.at[i].val,
			         NOSPAN);
	return d;
}

NATIVE(reflect_globals)
{
	*out = globals_of(in, in->space);
	return true;
}

NATIVE(reflect_vars)
{
	Value v = args->v[0];
	const Value *d;

	if (v.kind == V_UNSET && !in->frame->func) {
		*out = globals_of(in, in->space);
		return true;
	}
	if (v.kind == V_TYPE) { /* what the builtin types have is in C */
		*out = vdict(in);
		return true;
	}
	if (v.kind == V_CLASS) {
		*out = dict_copy(in, CLASS_OF(v)->dict);
		return true;
	}
	d = object_dict(in, v, class_of(v) || v.kind == V_FUNC);
	if (!d)
		return fail(in, args->span, "vars() argument must have __dict__ attribute");
	*out = *d;
	return true;
}

static void
add_names(Interp *in, Value to, Value dict)
{
	int64_t pos = 0;
	const DictEntry *e;

	while (dict.kind == V_DICT && (e = entry_next(DICT_OF(dict), &pos)) != 0)
		set_add_value(in, to, e->key, NOSPAN);
}

/* The names that a script gave: of the object, its class and the classes above. */
NATIVE(reflect_dir)
{
	Value v = args->v[0], names = vset(in);
	const ClassObj *c = v.kind == V_CLASS ? CLASS_OF(v) : class_of(v);
	const Native *m = methods_of((int)v.kind);

	if (v.kind == V_UNSET)
		add_names(in, names, globals_of(in, in->space));
	else if (object_dict(in, v, false))
		add_names(in, names, *object_dict(in, v, false));
	for (uint32_t i = 0; c && i < SEQ_OF(c->mro)->n; i++)
		if (SEQ_OF(c->mro)->at[i].kind == V_CLASS)
			add_names(in, names, CLASS_OF(SEQ_OF(c->mro)->at[i])->dict);
	for (; m && m->name; m++)
		set_add_value(in, names, vstrz(in, last_part(m->name)), NOSPAN);
	return value_to_list(in, names, out, args->span) &&
	       sort_values(in, *out, VUNSET, false, args->span);
}

/* ---- exec ---- */

static bool
run_text(Interp *in, const Source *src, Space *space)
{
	Space *was = in->space;
	Frame frame = {.slot = in->sp, .up = in->frame, .space = was, .call = in->here};
	Stmt *module = in->tree.module;
	uint32_t nslot = in->tree.nslot, mine;
	Value *sp = in->sp;
	Flow flow;
	bool ok;

	in->tree.global = space->names;
	in->tree.metaclasses = space->library;
	in->space = space;
	ok = parse_module(&in->tree, src) && scope_resolve(&in->tree);
	mine = in->tree.nslot;
	if (!ok && !in->pending.final)
		in->pending.class = "SyntaxError";
	if (ok) {
		interp_prepare(in);
		ok = stack_room(in, mine, NOSPAN);
	}
	for (uint32_t i = 0; ok && i < mine; i++)
		push(in, VUNSET);
	in->frame = &frame;
	if (ok) {
		Stmt *body = in->tree.module;
		in->tree.module = module;
		in->tree.nslot = nslot;
		in->depth++;
		flow = exec_block(in, body);
		in->depth--;
		ok = flow != FLOW_FAIL;
	}
	in->tree.module = module;
	in->tree.nslot = nslot;
	in->frame = frame.up;
	in->space = was;
	in->here = frame.call;
	in->tree.global = was->names;
	in->sp = sp;
	return ok;
}

bool
interp_run_module(Interp *in, const Source *src, Space *space)
{
	return run_text(in, src, space);
}

/* Names go in from the dict, and what the text bound goes back. */
static bool
exec_in(Interp *in, const Source *src, Value dict, Span at)
{
	Space *space = space_new(in, "builtins", in->space->library);
	const DictEntry *e;
	int64_t pos = 0;
	bool ok;

	in->tree.global = space->names;
	while ((e = entry_next(DICT_OF(dict), &pos)) != 0) {
		uint32_t n;
		if (e->key.kind != V_STR)
			continue;
		n = tree_global(&in->tree,
		                intern(in->names, STR_OF(e->key)->s, STR_OF(e->key)->len));
		while (space->global.n <= n)
			vec_push(in->unit, &space->global, (Global){.pinned = false});
		space->global.at[n].val = e->val;
		if (str_is(space->names->at.at[n], "__name__") && e->val.kind == V_STR)
			space->name = arena_strdup(in->unit, STR_OF(e->val)->s);
	}
	ok = run_text(in, src, space);
	for (uint32_t i = 0; i < space->global.n; i++)
		if (space->global.at[i].val.kind != V_UNSET &&
		    !dict_set(in, dict, vstr_of(in, space->names->at.at[i]),
		              space->global.at[i].val, at))
			return false;
	return ok;
}

NATIVE(reflect_exec)
{
	Value text = args->v[0], dict = args->v[1];
	const Source *src;
	const char *copy;

	*out = VNONE;
	if (text.kind != V_STR)
		return fail(in, args->span, "exec() takes the text of statements, not '%s'",
		            type_name(text));
	if (given(args->v[2]))
		return fail(in, args->span, "milc knows exec() with one dict for all names only");
	if (dict.kind != V_UNSET && dict.kind != V_NONE && dict.kind != V_DICT)
		return fail(in, args->span, "exec() globals must be a dict, not %s",
		            type_name(dict));
	if (interp_deep(in, args->span))
		return false;
	copy = arena_dup(in->unit, STR_OF(text)->s, STR_OF(text)->len + 1);
	src = diag_add_source(in->diag, "<string>", copy, STR_OF(text)->len);
	if (!src)
		return false;
	if (dict.kind == V_DICT)
		return exec_in(in, src, dict, args->span);
	if (in->frame->func)
		return fail(in, args->span,
		            "milc knows exec() in a function only with a dict for its names: "
		            "exec(text, names)");
	return run_text(in, src, in->space);
}

const Native reflect_builtins[] = {
    {"hash", "x,/", reflect_hash, 0},
    {"id", "x,/", reflect_id, 0},
    {"issubclass", "x,y,/", reflect_issubclass, 0},
    {"delattr", "x,y,/", reflect_delattr, 0},
    {"globals", "", reflect_globals, 0},
    {"vars", "x=,/", reflect_vars, 0},
    {"dir", "x=,/", reflect_dir, 0},
    {"exec", "x,y=,z=,/", reflect_exec, 0},
    NATIVE_END,
};
