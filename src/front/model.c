/* model.c: the fronts for packages, model files and MIL text. */
#include "front.h"

#include <stdio.h>

#include "base/sys.h"
#include "form/read.h"

static bool
give_model(Unit *u, Model *m)
{
	if (m)
		vec_push(&u->arena, &u->models, m);
	return m;
}

bool
is_package(const Input *in)
{
	return in->folder;
}

/* By its name, or by what only a compiled model has. */
bool
is_compiled(const Input *in)
{
	char data[4096];

	if (!in->folder || ends_with(in->path, path_length(in->path), ".mlmodelc"))
		return in->folder;
	return strlen(in->path) < sizeof data - 20 &&
	       snprintf(data, sizeof data, "%s/coremldata.bin", in->path) > 0 && sys_kind(data);
}

bool
open_compiled(Unit *u, const Input *in)
{
	ReadCtx c = unit_reading(u);

	(void)in;
	return give_model(u, read_compiled(&c));
}

bool
is_model(const Input *in)
{
	return is_model_bytes(in->at, in->n) ||
	       ends_with(in->path, strlen(in->path), ".mlmodel");
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

/* "program(" behind comments and blanks, if any; no script starts like that. */
bool
is_mil_text(const Input *in)
{
	const char *s = in->at, *end = s + in->n;

	for (; s < end; s++) {
		if (end - s > 1 && memcmp(s, "//", 2) == 0)
			while (s < end && *s != '\n')
				s++;
		else if (!memchr(" \t\r\n", *s, 4))
			break;
	}
	if (end - s < 8 || memcmp(s, "program", 7) != 0)
		return false;
	for (s += 7; s < end && (*s == ' ' || *s == '\t'); s++)
		;
	return s < end && *s == '(';
}

bool
open_mil_text(Unit *u, const Input *in)
{
	ReadCtx c = unit_reading(u);

	return give_model(u, read_mil_text(&c, in->at, in->n));
}
