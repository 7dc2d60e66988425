/* pt2_tensor.c: element types by the numbers of torch.export's JSON, and the tensors of its
 * archives: since 2.9 each storage is a member of raw bytes that a list of entries describes,
 * before that one pickle holds them all.
 */
#include "pt2.h"

static const struct {
	uint8_t n, c10, type;
} types[] = {
    {1, 0, DT_UINT8},  {2, 1, DT_INT8},  {3, 2, DT_INT16},      {4, 3, DT_INT32},
    {5, 4, DT_INT64},  {6, 5, DT_FP16},  {7, 6, DT_FP32},       {8, 7, DT_FP64},
    {9, 8, DT_NONE},   {11, 10, DT_NONE}, {10, 9, DT_COMPLEX64}, {12, 11, DT_BOOL},
    {13, 15, DT_BF16}, {28, 27, DT_UINT16}, {29, 24, DT_FP8E4M3FN}, {30, 23, DT_FP8E5M2},
    {31, 26, DT_NONE}, {32, 25, DT_NONE}, {33, 44, DT_NONE},    {34, 28, DT_UINT32},
    {35, 29, DT_UINT64},
};

DType
pt2_dtype(int64_t n)
{
	for (size_t i = 0; i < countof(types); i++)
		if (types[i].n == n)
			return types[i].type;
	return DT_NONE;
}

int64_t
pt2_c10(int64_t n)
{
	for (size_t i = 0; i < countof(types); i++)
		if (types[i].n == n)
			return types[i].c10;
	return -1;
}

/* ---- where the payloads are ---- */

static bool
read_config(Pt2 *p, Payloads *out, const char *member)
{
	Arena *a = p->o->arena;
	JValue *root = new (a, JValue);
	const JValue *list;
	JTreeError err;
	const char *s;
	size_t n;

	if (!archive_get(p->ar, member, &s, &n))
		return false;
	if (!jtree_read(a, s, n, root, &err))
		return diag_error(p->o->diag, archive_place(p->ar, member),
		                  "its JSON is damaged at byte %zu: %s", err.at, err.what);
	list = jtree_member(root, "config");
	for (uint32_t i = 0; list->kind == J_OBJECT && i < list->n; i++) {
		const Str *name = jtree_name(p->o->names, a, &list->item[2 * i]);

		map_put(&out->entry, KEY(name), (void *)(uintptr_t)&list->item[2 * i + 1]);
	}
	return true;
}

/* The dict that torch.save wrote into that member, which is an archive itself. */
static bool
read_pickled(Pt2 *p, Payloads *out, const char *member)
{
	Archive *inner = new (p->o->arena, Archive);
	Span at = archive_place(p->ar, member);
	const PValue *dict;
	const char *s;
	size_t n;

	if (!archive_get(p->ar, member, &s, &n))
		return false;
	if (n == 0)
		return true;
	if (!archive_open(inner, p->o->arena, p->o->diag, at, s, n) ||
	    !(dict = pickle_read(inner, p->o->names, "data.pkl", "data/")))
		return false;
	if (dict->kind != P_DICT)
		return diag_error(p->o->diag, at, "it holds %s, expected a dict of tensors",
		                  pvalue_kind(dict));
	for (uint32_t i = 0; i < dict->list.n; i++)
		if (dict->list.item[2 * i]->kind == P_TEXT)
			map_put(&out->pickled, KEY(dict->list.item[2 * i]->s),
			        dict->list.item[2 * i + 1]);
	return true;
}

static bool
find_payloads(Pt2 *p, Payloads *out, const char *kind)
{
	Arena *a = p->o->arena;
	const char *config, *pickled;

	out->folder = arena_printf(a, "data/%s/", kind);
	config = arena_printf(a, "%s%s_%s_config.json", out->folder, p->model, kind);
	pickled = arena_printf(a, "%s%s.pt", out->folder, p->model);
	if (archive_has(p->ar, config))
		return read_config(p, out, config);
	return !archive_has(p->ar, pickled) || read_pickled(p, out, pickled);
}

bool
pt2_payloads(Pt2 *p, TorchForm form)
{
	map_init(&p->weight.entry, p->o->arena);
	map_init(&p->weight.pickled, p->o->arena);
	map_init(&p->constant.entry, p->o->arena);
	map_init(&p->constant.pickled, p->o->arena);
	if (form == TORCH_LEGACY)
		return read_pickled(p, &p->weight, "serialized_state_dict.pt") &&
		       read_pickled(p, &p->constant, "serialized_constants.pt");
	return find_payloads(p, &p->weight, "weights") &&
	       find_payloads(p, &p->constant, "constants");
}

/* ---- tensors ---- */

static bool
read_numbers(const JValue *list, int64_t *out)
{
	for (uint32_t i = 0; i < list->n; i++) {
		const JValue *n = jtree_member(&list->item[i], "as_int");

		if (n->kind != J_INT)
			return false;
		out[i] = n->i;
	}
	return true;
}

static bool
raw_tensor(Pt2 *p, Span at, const Payloads *from, const JValue *entry, TTensor *out)
{
	Diag *d = p->o->diag;
	const JValue *meta = jtree_member(entry, "tensor_meta");
	const JValue *size = jtree_member(meta, "sizes"), *stride = jtree_member(meta, "strides");
	const JValue *offset = jtree_member(jtree_member(meta, "storage_offset"), "as_int");
	const JValue *type = jtree_member(meta, "dtype"), *layout = jtree_member(meta, "layout");
	const char *name = jtree_text(p->o->arena, jtree_member(entry, "path_name")), *s;
	int64_t dim[TENSOR_MAX_RANK], step[TENSOR_MAX_RANK];
	DType t = type->kind == J_INT ? pt2_dtype(type->i) : DT_NONE;
	size_t n;

	if (jtree_member(entry, "use_pickle")->i &&
	    jtree_member(entry, "use_pickle")->kind == J_BOOL)
		return diag_error(d, at,
		                  "it is a tensor of a class of its own, which is saved as a "
		                  "pickle: save plain tensors");
	if (!name || size->kind != J_LIST || stride->kind != J_LIST || size->n != stride->n ||
	    size->n > TENSOR_MAX_RANK || !read_numbers(size, dim) || !read_numbers(stride, step))
		return diag_error(d, at, "the entry that describes it is no valid one");
	if (!t || (layout->kind == J_INT && layout->i != 7))
		return diag_error(d, at,
		                  "its element type or layout (numbers %lld and %lld) is not "
		                  "supported: convert it to a dense tensor of floats or integers",
		                  (long long)(type->kind == J_INT ? type->i : 0),
		                  (long long)(layout->kind == J_INT ? layout->i : 0));
	name = arena_printf(p->o->arena, "%s%s", from->folder, name);
	if (!archive_get(p->ar, name, &s, &n))
		return false;
	out->quant = 0;
	out->t = storage_tensor(p->ar, at, s, n, t, dim, step, size->n,
	                        offset->kind == J_INT ? offset->i : 0);
	return out->t != 0;
}

bool
pt2_tensor(Pt2 *p, Span at, const Str *path, bool constant, TTensor *out)
{
	/* Which of the two holds a buffer differs between versions. */
	const Payloads *from[2] = {constant ? &p->constant : &p->weight,
	                           constant ? &p->weight : &p->constant};

	for (int i = 0; i < 2; i++) {
		const JValue *entry = map_get(&from[i]->entry, KEY(path));
		const PValue *v = map_get(&from[i]->pickled, KEY(path));

		if (entry)
			return raw_tensor(p, at, from[i], entry, out);
		if (v && v->kind == P_TENSOR) {
			*out = v->tensor.tensor;
			return true;
		}
		if (v)
			return diag_error(p->o->diag, at, "it is %s, expected a tensor",
			                  pvalue_kind(v));
	}
	return diag_error(p->o->diag, at, "the file has no data of it");
}
