/* objparts.c: what the collector must know of the objects' layouts (gc.h). */
#include "gc.h"

#include <stdlib.h>

#include "iter.h"
#include "nd/nd.h"

void
value_free_parts(Obj *o)
{
	switch ((VKind)o->kind) {
	case V_LIST:
	case V_TUPLE:
		xfree(((SeqObj *)o)->at);
		break;
	case V_DICT:
	case V_SET:
		xfree(((DictObj *)o)->entry);
		xfree(((DictObj *)o)->slot);
		break;
	case V_ARRAY:
	case V_NPSCALAR:
		nd_release(&((ArrayObj *)o)->nd);
		break;
	case V_ITER:
		if (((IterObj *)o)->type->free)
			((IterObj *)o)->type->free((IterObj *)o);
		break;
	default:
		break;
	}
}

void
value_mark_parts(Interp *in, Obj *o)
{
	switch ((VKind)o->kind) {
	case V_LIST:
	case V_TUPLE:
		for (uint32_t i = 0; i < ((SeqObj *)o)->n; i++)
			interp_mark(in, ((SeqObj *)o)->at[i]);
		break;
	case V_DICT:
	case V_SET:
		for (uint32_t i = 0; i < ((DictObj *)o)->nentry; i++) {
			interp_mark(in, ((DictObj *)o)->entry[i].key);
			interp_mark(in, ((DictObj *)o)->entry[i].val);
		}
		break;
	case V_SLICE:
		interp_mark(in, ((SliceObj *)o)->start);
		interp_mark(in, ((SliceObj *)o)->stop);
		interp_mark(in, ((SliceObj *)o)->step);
		break;
	case V_BUILTIN:
		interp_mark(in, ((BuiltinObj *)o)->self);
		break;
	case V_ITER:
		for (int i = 0; i < ITER_STATE; i++)
			interp_mark(in, ((IterObj *)o)->v[i]);
		if (((IterObj *)o)->type->mark)
			((IterObj *)o)->type->mark(in, (IterObj *)o);
		break;
	case V_HOST:
		if (((HostObj *)o)->type->mark)
			((HostObj *)o)->type->mark(in, (HostObj *)o);
		break;
	default:
		break;
	}
}
