/* module.c: modules whose members stand in a table, enumerations, and names of things to come. */
#include "bind.h"

int
member_of(Interp *in, const Member *table, const Str *name, Value *out)
{
	for (const Member *e = table; e->fn.name; e++)
		if (str_is(name, native_member(&e->fn))) {
			*out = e->make(in, e);
			return 1;
		}
	return 0;
}

static int
module_member(Interp *in, ModuleObj *m, const Str *name, Value *out)
{
	return member_of(in, m->data, name, out);
}

static const char *
module_near(const ModuleObj *m, const char *name)
{
	const char *names[64] = {0};
	bool swap;
	DType meant = dtype_from_numpy(name, &swap);
	size_t n = 0;

	for (const Member *e = m->data; e->fn.name && n < countof(names); e++) {
		names[n++] = native_member(&e->fn);
		if (meant && dtype_from_mil(names[n - 1]) == meant)
			return names[n - 1]; /* types.float16 */
	}
	return nearest(name, names, n);
}

/* Of the element types there are no others. */
static bool
types_lack(Interp *in, const Str *name, UNUSED Value *out, Span at)
{
	ModuleObj m = {.data = (void *)(uintptr_t)types_members};
	const char *near = module_near(&m, name->s);

	return fail(in, at,
	            near ? "types has no '%s'; did you mean types.%s?" : "types has no '%s'",
	            name->s, near);
}

Value
module_of(Interp *in, const char *name, const Member *table)
{
	Value m = module_with(vmodule(in, name, module_member, (void *)(uintptr_t)table),
	                      module_near);

	if (table == types_members)
		((ModuleObj *)m.o)->lacks = types_lack;
	return m;
}

Value
make_fn(Interp *in, const Member *m)
{
	return vnative(in, &m->fn, vint(m->i));
}

Value
make_module(Interp *in, const Member *m)
{
	return module_of(in, m->fn.name, m->p);
}

bool
bind_call(Interp *in, Value of, const char *name, const Value *arg, uint32_t n, Value *out, Span at)
{
	Span spans[4] = {at, at, at, at};
	Args args = {.pos = arg, .pos_span = spans, .npos = n, .span = at, .callee = at};
	bool ok;

	interp_push(in, of);
	for (uint32_t i = 0; i < n; i++)
		interp_push(in, arg[i]);
	ok = (!name || value_getattr(in, of, intern_cstr(interp_names(in), name), &of, at)) &&
	     interp_call(in, of, &args, out);
	interp_pop(in, n + 1);
	return ok;
}

/* ---- enumerations ---- */

static const EnumItem *
item_of(const HostObj *self)
{
	return self->data;
}

static void
enum_str(UNUSED Interp *in, HostObj *self, Buf *out)
{
	if (self->type->number) /* an IntEnum is printed as its number */
		buf_printf(out, "%d", item_of(self)->value);
	else
		buf_printf(out, "%s.%s", self->type->name, item_of(self)->name);
}

static void
enum_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	const EnumItem *item = item_of(self);

	buf_printf(out, "<%s.%s: ", self->type->name, item->name);
	if (item->text)
		buf_printf(out, "'%s'>", item->text);
	else
		buf_printf(out, "%d>", item->value);
}

static int
enum_equal(UNUSED Interp *in, HostObj *a, Value b)
{
	return is_host(b, a->type) && item_of(HOST_OF(b))->value == item_of(a)->value;
}

static uint64_t
enum_hash(HostObj *a)
{
	return (uint64_t)item_of(a)->value * 0x9e3779b97f4a7c15u;
}

static int64_t
enum_number(HostObj *a)
{
	return item_of(a)->value;
}

static Value
item_value(Interp *in, const EnumItem *item)
{
	return item->text ? vstrz(in, item->text) : vint(item->value);
}

static int
enum_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	if (str_is(name, "name"))
		*out = vstrz(in, item_of(self)->name);
	else if (str_is(name, "value"))
		*out = item_value(in, item_of(self));
	else
		return 0;
	return 1;
}

/* An alias is the first member of its value, as in Python's enum. */
static bool
is_alias(const EnumDef *def, uint32_t i)
{
	return i && def->item[i - 1].value == def->item[i].value;
}

static Value
enum_member(Interp *in, const EnumDef *def, uint32_t i)
{
	while (is_alias(def, i))
		i--;
	return vhost(in, &def->type, (void *)(uintptr_t)&def->item[i]);
}

static int
class_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const EnumDef *def = self->data;

	for (uint32_t i = 0; i < def->n; i++)
		if (str_is(name, def->item[i].name)) {
			*out = enum_member(in, def, i);
			return 1;
		}
	return 0;
}

/* The nearest name, of equals the newest; or what ends with the same number. */
static const char *
enum_near(const EnumDef *def, const char *name)
{
	const char *names[64] = {0}, *near;
	uint32_t n = MIN(def->n, countof(names));
	size_t len = strlen(name);

	for (uint32_t i = 0; i < n; i++)
		names[i] = def->item[def->n - 1 - i].name;
	near = nearest(name, names, n);
	for (uint32_t i = 0; !near && len > 2 && i < n; i++)
		if (strlen(names[i]) > 2 &&
		    strcmp(names[i] + strlen(names[i]) - 2, name + len - 2) == 0)
			near = names[i];
	return near;
}

static bool
class_refuse(Interp *in, const char *what, Value left, Value right, Span at)
{
	const EnumDef *def = left.kind == V_HOST ? HOST_OF(left)->data : NULL;
	const char *name, *near;

	if (strcmp(what, "attribute") != 0 || !def || right.kind != V_STR)
		return fail(in, at, "'%s' is not supported between an enumeration and '%s'", what,
		            type_name(right));
	name = STR_OF(right)->s;
	near = enum_near(def, name);
	return fail(in, at, near ? "%s has no member '%s'; did you mean '%s'?"
	                         : "%s has no member '%s'",
	            def->spelled, name, near);
}

static bool
class_getitem(Interp *in, HostObj *self, Value key, Value *out, Span at)
{
	const EnumDef *def = self->data;
	const Str *name;

	if (!as_str(in, key, &name, "the name of a member", at))
		return false;
	return class_getattr(in, self, name, out) > 0 ||
	       fail(in, at, "%s has no member [\"%s\"]", def->spelled, name->s);
}

static bool
class_iter(Interp *in, HostObj *self, VKind *as, Value *list)
{
	const EnumDef *def = self->data;

	*as = V_LIST;
	*list = vlist(in, NULL, 0);
	for (uint32_t i = 0; i < def->n; i++)
		if (!is_alias(def, i))
			vlist_push(in, *list, enum_member(in, def, i));
	return true;
}

/* ct.colorlayout("RGB"): the member with that value. */
NATIVE(class_call)
{
	const EnumDef *def = HOST_OF(self)->data;
	Value v, equal;
	bool same = false;

	if (!args_bind(in, def->type.name, args, "value", &v))
		return false;
	*out = v;
	if (is_host(v, &def->type))
		return true;
	for (uint32_t i = 0; i < def->n && !same; i++) {
		if (!value_compare(in, CMP_EQ, v, item_value(in, &def->item[i]), &equal,
		                   args->span) ||
		    !value_truth(in, equal, &same, args->span))
			return false;
		if (same)
			*out = enum_member(in, def, i);
	}
	return same || fail(in, args->span, "no member of %s has the value given", def->spelled);
}

static void
class_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	buf_printf(out, "<enum '%s'>", ((const EnumDef *)self->data)->type.name);
}

static const HostType class_type = {.name = "EnumType",
                                    .getattr = class_getattr,
                                    .getitem = class_getitem,
                                    .iter = class_iter,
                                    .call = class_call,
                                    .repr = class_repr,
                                    .refuse = class_refuse};

Value
make_type(UNUSED Interp *in, const Member *m)
{
	return (Value){.kind = V_TYPE, .i = (intptr_t)m->p};
}

Value
make_str(Interp *in, const Member *m)
{
	return vstrz(in, m->p);
}

Value
make_enum(Interp *in, const Member *m)
{
	return vhost(in, &class_type, (void *)(uintptr_t)m->p);
}

Value
enum_item(Interp *in, const EnumDef *def, int value)
{
	uint32_t i = 0;

	while (def->item[i].value != value)
		i++;
	return enum_member(in, def, i);
}

bool
enum_value(Value v, const EnumDef *def, int *out)
{
	if (!is_host(v, &def->type))
		return false;
	*out = item_of(HOST_OF(v))->value;
	return true;
}

Value
enum_by_text(Interp *in, const EnumDef *def, const char *text)
{
	uint32_t i = 0;

	while (i + 1 < def->n && strcmp(def->item[i].text, text) != 0)
		i++;
	return enum_member(in, def, i);
}

#define ENUM(class, spelled, items, ordered)                                                       \
	{{.name = class, .repr = enum_repr, .str = enum_str, .equal = enum_equal,                  \
	  .hash = enum_hash, .getattr = enum_getattr, .number = ordered ? enum_number : NULL},     \
	 spelled, items, countof(items)}

/* Aliases directly behind what they stand for. */
static const EnumItem targets[] = {
    {"iOS13", IOS13, 0},     {"macOS10_15", IOS13, 0}, {"watchOS6", IOS13, 0},
    {"tvOS13", IOS13, 0},    {"iOS14", IOS14, 0},      {"macOS10_16", IOS14, 0},
    {"macOS11", IOS14, 0},   {"watchOS7", IOS14, 0},   {"tvOS14", IOS14, 0},
    {"iOS15", IOS15, 0},     {"macOS12", IOS15, 0},    {"watchOS8", IOS15, 0},
    {"tvOS15", IOS15, 0},    {"iOS16", IOS16, 0},      {"macOS13", IOS16, 0},
    {"watchOS9", IOS16, 0},  {"tvOS16", IOS16, 0},     {"iOS17", IOS17, 0},
    {"macOS14", IOS17, 0},   {"watchOS10", IOS17, 0},  {"tvOS17", IOS17, 0},
    {"iOS18", IOS18, 0},     {"macOS15", IOS18, 0},    {"watchOS11", IOS18, 0},
    {"tvOS18", IOS18, 0},    {"iOS26", IOS26, 0},      {"macOS26", IOS26, 0},
    {"watchOS26", IOS26, 0}, {"tvOS26", IOS26, 0},
};
const EnumDef enum_target = ENUM("AvailableTarget", "ct.target", targets, 1);

static const EnumItem precisions[] = {{"FLOAT16", PRECISION_FP16, "float16"},
                                      {"FLOAT32", PRECISION_FP32, "float32"}};
const EnumDef enum_precision = ENUM("ComputePrecision", "ct.precision", precisions, 0);

static const EnumItem units[] = {
    {"ALL", 1, 0}, {"CPU_AND_GPU", 2, 0}, {"CPU_ONLY", 3, 0}, {"CPU_AND_NE", 4, 0}};
const EnumDef enum_compute_unit = ENUM("ComputeUnit", "ct.ComputeUnit", units, 0);

static const EnumItem colors[] = {{"RGB", COLOR_RGB, "RGB"},
                                  {"BGR", COLOR_BGR, "BGR"},
                                  {"GRAYSCALE", COLOR_GRAY, "G"},
                                  {"GRAYSCALE_FLOAT16", COLOR_GRAY_FP16, "G_FLOAT16"}};
const EnumDef enum_colorlayout = ENUM("ColorLayout", "ct.colorlayout", colors, 0);

static const EnumItem sources[] = {{"TORCHSCRIPT_MODULE_TYPE", SCOPE_TYPE, 0},
                                   {"TORCHSCRIPT_MODULE_NAME", SCOPE_NAME, 0},
                                   {"COREMLTOOLS_GRAPH_PASS", SCOPE_PASS, 0},
                                   {"EXIR_STACK_TRACE", SCOPE_TRACE, 0},
                                   {"EXIR_DEBUG_HANDLE", SCOPE_HANDLE, 0},
                                   {"TORCHSCRIPT_MODULE_PATH", SCOPE_PATH, 0}};
const EnumDef enum_scope_source = ENUM("ScopeSource", "ScopeSource", sources, 0);
static const EnumItem granularities[] = {{"PER_TENSOR", 1, 0},
                                         {"PER_GROUPED_CHANNEL", 2, 0},
                                         {"PER_CHANNEL", 3, 0},
                                         {"PER_BLOCK", 4, 0}};
const EnumDef enum_granularity =
    ENUM("CompressionGranularity", "CompressionGranularity", granularities, 0);

/* ---- what a later version will do ---- */

NATIVE(later_call)
{
	const Member *m = HOST_OF(self)->data;

	return fail(in, args->span, "%s is not yet supported: %s", m->fn.name, (const char *)m->p);
}

static int
later_getattr(Interp *in, HostObj *self, const Str *name, UNUSED Value *out)
{
	const Member *m = self->data;

	fail(in, NOSPAN, "%s.%s is not yet supported: %s", m->fn.name, name->s, (const char *)m->p);
	return -1;
}

static const HostType later_type = {.name = "type", .call = later_call, .getattr = later_getattr};

Value
make_later(Interp *in, const Member *m)
{
	return vhost(in, &later_type, (void *)(uintptr_t)m);
}
