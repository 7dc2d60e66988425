/* io.c: arrays that go in and out of a function as halves or as floats: a cast behind each input
 * and in front of each output. The features keep their names.
 */
#include "editing.h"

static Msg *
array_of(const Msg *feature)
{
	return msg_mutable(msg_get(msg_get(feature, "type"), "multiArrayType"));
}

static void
change_input(Function *f, Msg *feature, DType from, DType to)
{
	const char *name = msg_get_string(feature, "name");
	const char *inner =
	    edit_name(f, arena_printf(f->e->arena, "%s_to_%s", name, dtype_info[from].mil));

	function_replace(f->function, name, inner);
	for (size_t i = 0; i < msg_count(f->block, "outputs"); i++)
		if (!strcmp(msg_string_at(f->block, "outputs", i), inner))
			msg_string_put(f->block, "outputs", i, name); /* it goes straight through */
	for (size_t i = 0; i < msg_count(f->function, "inputs"); i++) {
		const Msg *in = msg_at(f->function, "inputs", i);
		if (!strcmp(msg_get_string(in, "name"), name))
			msg_int(msg_mutable(msg_get(msg_get(in, "type"), "tensorType")), "dataType",
			        dtype_info[to].pb);
	}
	put_cast(f, 0, name, inner, from);
}

static void
change_output(Function *f, Msg *feature, DType from, DType to)
{
	const char *name = msg_get_string(feature, "name");
	const char *inner =
	    edit_name(f, arena_printf(f->e->arena, "%s_%s", name, dtype_info[from].mil));

	function_rename(f->function, name, inner);
	function_values(f);
	for (size_t i = 0; i < msg_count(f->block, "outputs"); i++)
		if (!strcmp(msg_string_at(f->block, "outputs", i), inner))
			msg_string_put(f->block, "outputs", i, name);
	put_cast(f, msg_count(f->block, "operations"), inner, name, to);
}

bool
edit_io(Editing *e, DType to)
{
	DType from = to == DT_FP16 ? DT_FP32 : DT_FP16;
	static const struct {
		const char *list;
		void (*change)(Function *, Msg *, DType, DType);
	} lists[] = {{"input", change_input}, {"output", change_output}};
	Function f;

	if (!function_find(e, &f, to == DT_FP16 ? "--fp16" : "--fp32"))
		return false;
	if (to == DT_FP16)
		raise_target(e, IOS16);
	if (!function_find(e, &f, ""))
		return false;
	for (size_t l = 0; l < countof(lists); l++)
		for (size_t i = 0; i < msg_count(f.face, lists[l].list); i++) {
			Msg *feature = msg_mutable(msg_at(f.face, lists[l].list, i));
			Msg *array = array_of(feature);
			const Made *v = function_value(&f, msg_get_string(feature, "name"));
			bool through = l && v && v->op < 0; /* an input that changed already */
			if (msg_get_int(array, "dataType") != array_code(from, IOS26) || !v ||
			    tensor_dtype(v->type) != (through ? to : from))
				continue;
			if (!through)
				lists[l].change(&f, feature, from, to);
			msg_int(array, "dataType", array_code(to, IOS26));
		}
	return true;
}
