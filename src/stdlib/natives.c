/* natives.c: what the modules in C share. */
#include "natives.h"

bool
natives_wrong(const Args *args)
{
	return fail(args->in, args->span,
	            "%s() is called by milc's own modules only, and not with these arguments",
	            args->fn->name);
}

void *
natives_object(Interp *in, const HostType *type, size_t size, Value *out)
{
	void *data;

	if (!interp_room(in, size))
		return 0;
	data = arena_alloc(interp_arena(in), size);
	*out = vhost(in, type, data);
	return data;
}

void *
natives_data(Value v, const HostType *type)
{
	return is_host(v, type) ? HOST_OF(v)->data : 0;
}
