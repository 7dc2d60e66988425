/* model.c: the fronts for packages and model files. */
#include "front.h"

#include "form/read.h"

bool
is_package(const Input *in)
{
	return in->folder;
}

bool
is_model(const Input *in)
{
	return is_model_bytes(in->at, in->n) ||
	       ends_with(in->path, strlen(in->path), ".mlmodel");
}

static bool
give_model(Unit *u, Model *m)
{
	if (m)
		vec_push(&u->arena, &u->models, m);
	return m;
}

bool
open_package(Unit *u, const Input *in)
{
	ReadCtx c = unit_reading(u);

	(void)in;
	return give_model(u, read_package(&c));
}

bool
open_model(Unit *u, const Input *in)
{
	ReadCtx c = unit_reading(u);

	return give_model(u, read_model_file(&c, in->at, in->n));
}
