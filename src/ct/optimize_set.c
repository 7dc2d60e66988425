/* optimize_set.c: OptimizationConfig: the configuration for all weights, those for kinds of
 * operation, and those for names. */
#include "file/mapfile.h"
#include "stdlib/files.h"
#include "optimize.h"

static const HostType set_type;

typedef struct Set {
	Value all;          /* a configuration or None */
	Value types, names; /* dicts of such */
	Value deprecated, select;
} Set;

static Set *
set_of(Value v)
{
	return HOST_OF(v)->data;
}

static bool
check_config(Interp *in, Value v, Span at)
{
	return v.kind == V_NONE || is_config(v) ||
	       fail(in, at,
	            "a configuration such as OpLinearQuantizerConfig(…) or None is expected, "
	            "found '%s'",
	            type_name(v));
}

/* A dict of configurations; those of kinds of operation must allow theirs. */
static bool
check_dict(Interp *in, Value v, bool types, Span at)
{
	if (v.kind == V_NONE)
		return true;
	if (v.kind != V_DICT)
		return fail(in, at, "configurations by %s are a dict, found '%s'",
		            types ? "kind of operation" : "name", type_name(v));
	for (uint32_t i = 0; i < DICT_OF(v)->nentry; i++) {
		const DictEntry *e = &DICT_OF(v)->entry[i];
		if (e->key.kind == V_UNSET)
			continue;
		if (!check_config(in, e->val, at))
			return false;
		if (types && e->key.kind == V_STR &&
		    !config_allows_type(in, e->val,
		                        intern_cstr(interp_names(in), STR_OF(e->key)->s), at))
			return false;
	}
	return true;
}

static Value
set_new(Interp *in, Value all, Value types, Value names)
{
	Set *s = new (interp_arena(in), Set);
	Value v;

	*s = (Set){all, types, names, vbool(false), VNONE};
	v = vhost(in, &set_type, s);
	interp_push(in, v);
	if (types.kind == V_NONE)
		s->types = vdict(in);
	if (names.kind == V_NONE)
		s->names = vdict(in);
	interp_pop(in, 1);
	return v;
}

Value
set_of_selector(Interp *in, Value config, Value select)
{
	Value v = set_new(in, config, VNONE, VNONE);

	set_of(v)->deprecated = vbool(true);
	set_of(v)->select = select;
	return v;
}

static bool
set_call(Interp *in, UNUSED Value self, const Args *args, Value *out)
{
	Value v[5];

	if (!args_bind(in, "OptimizationConfig", args,
	               "global_config=,op_type_configs=,op_name_configs=,is_deprecated=,"
	               "op_selector=",
	               v))
		return false;
	for (int i = 0; i < 5; i++)
		if (v[i].kind == V_UNSET)
			v[i] = i == 3 ? vbool(false) : VNONE;
	if (!check_config(in, v[0], args->span) || !check_dict(in, v[1], true, args->span) ||
	    !check_dict(in, v[2], false, args->span))
		return false;
	if (v[3].kind != V_BOOL)
		return fail(in, args->span, "is_deprecated must be a bool, found '%s'",
		            type_name(v[3]));
	if (!v[3].b && v[4].kind != V_NONE)
		return fail(in, args->span, "op_selector is for ct.compression_utils only");
	*out = set_new(in, v[0], v[1], v[2]);
	set_of(*out)->deprecated = v[3];
	set_of(*out)->select = v[4];
	return true;
}

/* ---- its methods ---- */

NATIVE(set_global)
{
	*out = VNONE;
	if (!check_config(in, args->v[0], args->span))
		return false;
	set_of(self)->all = args->v[0];
	return true;
}

NATIVE(set_op_type)
{
	const Str *op;

	*out = VNONE;
	return as_str(in, args->v[0], &op, "op_type", args->span) &&
	       check_config(in, args->v[1], args->span) &&
	       config_allows_type(in, args->v[1], op, args->span) &&
	       dict_set(in, set_of(self)->types, args->v[0], args->v[1], args->span);
}

NATIVE(set_op_name)
{
	const Str *name;

	*out = VNONE;
	return as_str(in, args->v[0], &name, "op_name", args->span) &&
	       check_config(in, args->v[1], args->span) &&
	       dict_set(in, set_of(self)->names, args->v[0], args->v[1], args->span);
}

/* Dictionaries of arguments become configurations. */
static bool
read_dict(Interp *in, Value type, Value dict, const char *key, Span at, Value out)
{
	Value from, v;

	if (!dict_get(in, dict, vstrz(in, key), &from) || from.kind == V_NONE)
		return true;
	if (from.kind != V_DICT)
		return fail(in, at, "%s must be a dict, found '%s'", key, type_name(from));
	for (uint32_t i = 0; i < DICT_OF(from)->nentry; i++) {
		const DictEntry *e = &DICT_OF(from)->entry[i];
		v = VNONE;
		if (e->key.kind == V_UNSET)
			continue;
		if (e->val.kind != V_NONE && !config_from_dict(in, type, e->val, at, &v))
			return false;
		if (!dict_set(in, out, e->key, v, at))
			return false;
	}
	return true;
}

static bool
check_keys(Interp *in, Value dict, Span at)
{
	static const char *const keys[] = {"config_type", "global_config", "op_type_configs",
	                                   "op_name_configs"};
	const char *key;

	if (dict.kind != V_DICT)
		return fail(in, at, "an OptimizationConfig is made of a dict, found '%s'",
		            type_name(dict));
	for (uint32_t i = 0; i < DICT_OF(dict)->nentry; i++) {
		const DictEntry *e = &DICT_OF(dict)->entry[i];
		size_t k = 0;
		if (e->key.kind == V_UNSET)
			continue;
		key = e->key.kind == V_STR ? STR_OF(e->key)->s : type_name(e->key);
		while (k < countof(keys) && strcmp(key, keys[k]) != 0)
			k++;
		if (k == countof(keys))
			return fail(in, at,
			            "an OptimizationConfig has no '%s': expected config_type, "
			            "global_config, op_type_configs or op_name_configs",
			            key);
	}
	return true;
}

static bool
set_from_dict(Interp *in, Value dict, Span at, Value *out)
{
	Value type, global, v;

	if (!check_keys(in, dict, at))
		return false;
	if (!dict_get(in, dict, vstrz(in, "config_type"), &type) || type.kind != V_STR)
		return fail(in, at, "config_type must be given, the name of a class such as "
		                    "\"OpPalettizerConfig\"");
	*out = v = set_new(in, VNONE, VNONE, VNONE);
	interp_push(in, v);
	if (dict_get(in, dict, vstrz(in, "global_config"), &global) && global.kind != V_NONE &&
	    !config_from_dict(in, type, global, at, &set_of(v)->all))
		return false;
	if (!read_dict(in, type, dict, "op_type_configs", at, set_of(v)->types) ||
	    !read_dict(in, type, dict, "op_name_configs", at, set_of(v)->names) ||
	    !check_dict(in, set_of(v)->types, true, at))
		return false;
	interp_pop(in, 1);
	return true;
}

NATIVE(from_dict)
{
	return set_from_dict(in, args->v[0], args->span, out);
}

/* Of an object that can be read, such as an open file: the text. 0: it is none. */
static int
read_text(Interp *in, Value v, Value *text, Span at)
{
	Value read;
	int r = v.kind == V_INSTANCE || v.kind == V_HOST
	            ? value_findattr(in, v, intern_cstr(interp_names(in), "read"), &read, at)
	            : 0;

	if (r <= 0)
		return r;
	if (!interp_call(in, read, &(Args){.span = at, .callee = at}, text))
		return -1;
	if (text->kind == V_STR || text->kind == V_BYTES)
		return 1;
	fail(in, at, "read() of a YAML file gave '%s', not a text", type_name(*text));
	return -1;
}

NATIVE(from_yaml)
{
	enum { MOST = 1 << 20 };
	const Str *name;
	const char *path;
	Value dict, text;
	MapFile file;
	bool ok;
	int r = read_text(in, args->v[0], &text, args->span);

	if (r < 0)
		return false;
	if (r) {
		interp_push(in, text);
		ok = yaml_read(in, STR_OF(text)->s, STR_OF(text)->len, args->span, &dict) &&
		     set_from_dict(in, dict, args->span, out);
		interp_pop(in, 1);
		return ok;
	}
	if (!as_path(in, args->v[0], &name, "the path of a YAML file", args->span))
		return false;
	path = script_read(in, name->s, args->span);
	if (!path || !mapfile_read(&file, interp_diag(in), args->span, path, false, MOST))
		return false;
	script_opened(in, path);
	ok = yaml_read(in, file.at, file.n, args->span, &dict);
	mapfile_close(&file);
	if (!ok)
		return false;
	interp_push(in, dict);
	ok = set_from_dict(in, dict, args->span, out);
	interp_pop(in, 1);
	return ok;
}

/* ---- as an object ---- */

static Value *
set_slot(Set *s, const Str *name)
{
	return str_is(name, "global_config")     ? &s->all
	       : str_is(name, "op_type_configs") ? &s->types
	       : str_is(name, "op_name_configs") ? &s->names
	       : str_is(name, "_is_deprecated")  ? &s->deprecated
	       : str_is(name, "_op_selector")    ? &s->select
	                                         : NULL;
}

static int
set_getattr(UNUSED Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Value *v = set_slot(self->data, name);

	if (v)
		*out = *v;
	return v != NULL;
}

static bool
set_setattr(Interp *in, HostObj *self, const Str *name, Value x, Span at)
{
	Set *s = self->data;
	Value *v = set_slot(s, name);

	if (!v || v == &s->deprecated || v == &s->select)
		return fail(in, at, "'OptimizationConfig' has no settable attribute '%s'", name->s);
	if (v == &s->all ? !check_config(in, x, at) : !check_dict(in, x, v == &s->types, at))
		return false;
	*v = x;
	return true;
}

static void
set_repr(Interp *in, HostObj *self, Buf *out)
{
	static const char *const names[] = {"global_config", "op_type_configs", "op_name_configs",
	                                    "_is_deprecated", "_op_selector"};

	buf_puts(out, "OptimizationConfig(");
	for (size_t i = 0; i < countof(names); i++) {
		buf_printf(out, "%s%s=", i ? ", " : "", names[i]);
		value_repr(in, *set_slot(self->data, intern_cstr(interp_names(in), names[i])), out);
	}
	buf_puts(out, ")");
}

static int
set_equal(Interp *in, HostObj *a, Value b)
{
	const Set *x = a->data, *y;
	Value same;
	bool yes = true;

	if (!is_host(b, a->type))
		return 0;
	y = set_of(b);
	const Value pair[][2] = {{x->all, y->all},
	                         {x->types, y->types},
	                         {x->names, y->names},
	                         {x->deprecated, y->deprecated},
	                         {x->select, y->select}};
	for (size_t i = 0; i < countof(pair) && yes; i++)
		yes = value_compare(in, CMP_EQ, pair[i][0], pair[i][1], &same, NOSPAN) &&
		      same.kind == V_BOOL && same.b;
	return yes;
}

static void
set_mark(Interp *in, HostObj *self)
{
	const Set *s = self->data;

	interp_mark(in, s->all);
	interp_mark(in, s->types);
	interp_mark(in, s->names);
	interp_mark(in, s->select);
}

#define CLASS_METHODS                                                                              \
	{"OptimizationConfig.from_dict", "config_dict", from_dict, AS_FUNCTION},                   \
	    {"OptimizationConfig.from_yaml", "yml", from_yaml, AS_FUNCTION}
static const Native set_methods[] = {
    {"set_global", "op_config", set_global, AS_FUNCTION},
    {"set_op_type", "op_type,op_config", set_op_type, AS_FUNCTION},
    {"set_op_name", "op_name,op_config", set_op_name, AS_FUNCTION},
    CLASS_METHODS,
    NATIVE_END,
};
static const Native class_methods[] = {CLASS_METHODS, NATIVE_END};

static const HostType set_type = {
    .name = "OptimizationConfig",
    .module = "coremltools.optimize.coreml._config",
    .methods = set_methods,
    .getattr = set_getattr,
    .setattr = set_setattr,
    .repr = set_repr,
    .equal = set_equal,
    .mark = set_mark,
};
static const HostType class_type = {.name = "type", .methods = class_methods, .call = set_call};

Value
make_set_class(Interp *in, UNUSED const Member *m)
{
	return vhost(in, &class_type, NULL);
}

/* ---- for the steps ---- */

static bool
fill(Interp *in, Value config, CompressStep step, Span at, const OpCompress **out)
{
	static const char *const wanted[] = {
	    [STEP_PRUNE] = "OpMagnitudePrunerConfig or OpThresholdPrunerConfig",
	    [STEP_PALETTIZE] = "OpPalettizerConfig",
	    [STEP_QUANTIZE] = "OpLinearQuantizerConfig",
	};

	*out = NULL;
	if (config.kind == V_NONE)
		return true;
	if (!compress_takes(step, config_work(config)))
		return fail(in, at, "this needs configurations of class %s, found %s", wanted[step],
		            config_class_name(config_work(config)));
	*out = config_fill(in, config, at);
	return *out != NULL;
}

bool
set_compression(Interp *in, Value set, CompressStep step, Span at, Compression *out,
                Value *select)
{
	const Set *s;

	if (!is_host(set, &set_type))
		return fail(in, at, "config must be an OptimizationConfig, found '%s'",
		            type_name(set));
	s = set_of(set);
	*select = s->select;
	*out = (Compression){.span = at, .deprecated = s->deprecated.b};
	if (!fill(in, s->all, step, at, &out->all))
		return false;
	for (int k = 0; k < 2; k++) {
		const DictObj *d = DICT_OF(k ? s->names : s->types);
		for (uint32_t i = 0; i < d->nentry; i++) {
			CompressRule r = {0};
			if (d->entry[i].key.kind != V_STR)
				continue;
			r.key = intern_cstr(interp_names(in), STR_OF(d->entry[i].key)->s);
			if (!fill(in, d->entry[i].val, step, at, &r.what))
				return false;
			if (k)
				vec_push(interp_arena(in), &out->names, r);
			else
				vec_push(interp_arena(in), &out->types, r);
		}
	}
	interp_pin(in, set);
	return true;
}
