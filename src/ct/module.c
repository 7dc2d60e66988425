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

Value
module_of(Interp *in, const char *name, const Member *table)
{
	return module_with(vmodule(in, name, module_member, (void *)(uintptr_t)table), module_near);
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

/* ---- enumerations ---- */

static const EnumDef *
enum_of(const HostObj *self)
{
	return (const EnumDef *)(const void *)((const char *)self->type - offsetof(EnumDef, type));
}

static const EnumItem *
item_of(const HostObj *self)
{
	return self->data;
}

static void
enum_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	buf_printf(out, "<%s.%s: %d>", enum_of(self)->type.name, item_of(self)->name,
	           item_of(self)->value);
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

static int
enum_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	if (str_is(name, "name"))
		*out = vstrz(in, item_of(self)->name);
	else if (str_is(name, "value"))
		*out = vint(item_of(self)->value);
	else
		return 0;
	return 1;
}

static int
enum_member(Interp *in, ModuleObj *m, const Str *name, Value *out)
{
	const EnumDef *def = m->data;

	for (uint32_t i = 0; i < def->n; i++) {
		const EnumItem *item = &def->item[i];
		if (!str_is(name, item->name))
			continue;
		/* An alias is the first member of its value, as in Python's enum. */
		while (item > def->item && item[-1].value == item->value)
			item--;
		*out = vhost(in, &def->type, (void *)(uintptr_t)item);
		return 1;
	}
	return 0;
}

/* The nearest name, of equals the newest; or what ends with the same number. */
static const char *
enum_near(const ModuleObj *m, const char *name)
{
	const EnumDef *def = m->data;
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

Value
make_enum(Interp *in, const Member *m)
{
	const EnumDef *def = m->p;

	return module_with(vmodule(in, def->spelled, enum_member, (void *)(uintptr_t)def),
	                   enum_near);
}

bool
enum_value(Value v, const EnumDef *def, int *out)
{
	if (!is_host(v, &def->type))
		return false;
	*out = item_of(HOST_OF(v))->value;
	return true;
}

#define ENUM(class, spelled, items, ordered)                                                       \
	{{.name = class, .repr = enum_repr, .equal = enum_equal, .hash = enum_hash,                \
	  .getattr = enum_getattr, .number = ordered ? enum_number : NULL},                        \
	 spelled, items, countof(items)}

/* Aliases directly behind what they stand for. */
static const EnumItem targets[] = {
    {"iOS13", IOS13},      {"macOS10_15", IOS13}, {"watchOS6", IOS13},  {"tvOS13", IOS13},
    {"iOS14", IOS14},      {"macOS10_16", IOS14}, {"macOS11", IOS14},   {"watchOS7", IOS14},
    {"tvOS14", IOS14},     {"iOS15", IOS15},      {"macOS12", IOS15},   {"watchOS8", IOS15},
    {"tvOS15", IOS15},     {"iOS16", IOS16},      {"macOS13", IOS16},   {"watchOS9", IOS16},
    {"tvOS16", IOS16},     {"iOS17", IOS17},      {"macOS14", IOS17},   {"watchOS10", IOS17},
    {"tvOS17", IOS17},     {"iOS18", IOS18},      {"macOS15", IOS18},   {"watchOS11", IOS18},
    {"tvOS18", IOS18},     {"iOS26", IOS26},      {"macOS26", IOS26},   {"watchOS26", IOS26},
    {"tvOS26", IOS26},
};
const EnumDef enum_target = ENUM("AvailableTarget", "ct.target", targets, 1);

static const EnumItem precisions[] = {{"FLOAT16", PRECISION_FP16}, {"FLOAT32", PRECISION_FP32}};
const EnumDef enum_precision = ENUM("Precision", "ct.precision", precisions, 0);

static const EnumItem units[] = {
    {"ALL", 1}, {"CPU_AND_GPU", 2}, {"CPU_ONLY", 3}, {"CPU_AND_NE", 4}};
const EnumDef enum_compute_unit = ENUM("ComputeUnit", "ct.ComputeUnit", units, 0);

static const EnumItem colors[] = {
    {"GRAYSCALE", 10}, {"RGB", 20}, {"BGR", 30}, {"GRAYSCALE_FLOAT16", 40}};
const EnumDef enum_colorlayout = ENUM("ColorLayout", "ct.colorlayout", colors, 0);

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
