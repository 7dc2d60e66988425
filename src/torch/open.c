/* open.c: which form a PyTorch file has, and the reader for it. */
#include "torch.h"

static TorchForm
form_of(const Archive *a)
{
	if (archive_has(a, "archive_format") || archive_has(a, "models/model.json"))
		return TORCH_PT2;
	if (archive_has(a, "serialized_exported_program.json"))
		return TORCH_LEGACY;
	if (!archive_has(a, "data.pkl"))
		return TORCH_UNKNOWN;
	for (uint32_t i = 0; i < a->zip.count; i++) {
		const char *name = a->zip.member[i].name + strlen(a->root);

		if (strncmp(name, "code/", 5) == 0)
			return TORCH_JIT;
	}
	return archive_has(a, "constants.pkl") ? TORCH_JIT : TORCH_WEIGHTS;
}

/* All numbers are as in memory here. */
static bool
is_little(Archive *a)
{
	const char *s;
	size_t n;

	if (!archive_has(a, "byteorder"))
		return true;
	if (!archive_get(a, "byteorder", &s, &n))
		return false;
	return (n == 6 && memcmp(s, "little", 6) == 0) ||
	       diag_error(a->diag, archive_place(a, "byteorder"),
	                  "the file is big-endian ('%.*s'): save it on a little-endian machine",
	                  (int)MIN(n, 20), s);
}

TGraph *
torch_open(const TorchOpen *o)
{
	Archive *a = new (o->arena, Archive);
	TorchForm form;

	if (!archive_open(a, o->arena, o->diag, o->at, o->data, o->n) || !is_little(a))
		return 0;
	switch (form = form_of(a)) {
	case TORCH_PT2:
	case TORCH_LEGACY:
		return pt2_open(o, a, form);
	case TORCH_JIT:
		return script_open(o, a);
	case TORCH_WEIGHTS:
		diag_error(o->diag, o->at,
		           "this file holds tensors without a program, as torch.save writes them: "
		           "save the model with torch.export.save or torch.jit.save");
		return 0;
	case TORCH_UNKNOWN:
		break;
	}
	diag_error(o->diag, o->at,
	           "this archive is none of PyTorch's: expected a file that torch.export.save or "
	           "torch.jit.save wrote");
	return 0;
}
