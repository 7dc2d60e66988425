/* check.c: a model from its outside in: version, kind, interface, single fields, and what only its
 * kind has.
 */
#include "checking.h"

#include "form/read.h"

static const Kind kinds[] = {
#define KIND(type, since, flags, nin, in, nout, out, check)                                        \
	{#type, since, flags, nin, in, nout, out, rules_##check},
#include "kinds.def"
#undef KIND
};

static const Kind *
find_kind(const char *type)
{
	for (size_t i = 0; type && i < countof(kinds); i++)
		if (!strcmp(kinds[i].type, type))
			return &kinds[i];
	return NULL;
}

static void
check_version(Checking *k)
{
	if (k->version < 1 || k->version > IOS26)
		diag_error(k->diag, k->place, "the specification version is %d, expected 1 to %d",
		           k->version, IOS26);
	else if (k->version < k->kind->since)
		diag_warning(k->diag, k->place,
		             "%s came with specification version %d, but this is version %d",
		             k->kind->type, k->kind->since, k->version);
}

static void
check_updatable(Checking *k)
{
	if (!msg_get_int(k->m->spec, "isUpdatable"))
		return;
	if (!(k->kind->flags & UPDATABLE))
		diag_error(k->diag, k->place, "%s cannot be updatable", k->kind->type);
	if (k->version < IOS13)
		diag_error(k->diag, k->place,
		           "an updatable model needs specification version %d, but this is version "
		           "%d",
		           IOS13, k->version);
}

static void
check_spec(Checking *k)
{
	const Msg *spec = k->m->spec;
	const char *type = msg_case(spec, "mlProgram");

	k->version = (int)msg_get_int(spec, "specificationVersion");
	k->description = msg_get(spec, "description");
	k->kind = find_kind(k->m->sealed ? k->m->sealed : type);
	if (!k->kind) {
		diag_error(k->diag, k->place, "the model is empty, or of an unknown kind");
		return;
	}
	k->body = type ? msg_get(spec, type) : NULL;
	check_version(k);
	if (!k->description)
		k->description = msg_new(k->arena, spec->descriptor->fields[1].descriptor);
	check_interface(k);
	check_updatable(k);
	if (k->m->sealed) {
		diag_warning(
		    k->diag, k->place,
		    "this is %s, of which milc reads the interface alone: nothing else was "
		    "checked",
		    k->m->sealed);
		return;
	}
	check_fields(k, type, k->body, k->place);
	k->kind->check(k);
}

void
check_part(const Checking *outer, const Msg *spec, Span place)
{
	Checking k = *outer;

	k.place = place;
	k.m = read_part(k.c, outer->m, spec, place);
	check_spec(&k);
}

bool
check_model(ReadCtx *c, Model *m, bool strict)
{
	uint32_t before = c->diag->nerror;
	Checking k = {.c = c,
	              .arena = c->arena,
	              .diag = c->diag,
	              .m = m,
	              .strict = strict,
	              .place = m->origin->place};

	if (m->origin->package)
		check_package(&k);
	check_spec(&k);
	return c->diag->nerror == before;
}
