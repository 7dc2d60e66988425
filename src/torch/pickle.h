/* pickle.h: the pickles inside of PyTorch's archives, as values. Nothing is ever executed: what
 * calls a function is taken apart here when the function is one of a short list, and refused by
 * name otherwise.
 *
 * What becomes of what:
 *	numbers, None, bool, text, bytes   P_INT …; integers must fit 64 bits
 *	torch.Size, tuple, list, set       P_TUPLE, P_LIST; typed lists of TorchScript are P_LIST
 *	dict, OrderedDict                  P_DICT, in its order
 *	an object of a class               P_OBJECT: its class and its state, which is what BUILD
 *	                                   gave: a P_DICT of attributes, or what __getstate__
 *	                                   returned; or 0
 *	a tensor, a parameter              P_TENSOR, over a storage of the archive
 *	a name (torch.float32, a class)    P_NAME: "torch.float32", "__torch__.Net"
 *	torch.device("cpu")                P_NONE
 *
 * Values that stand for one object are one pointer. They may be cyclic: whoever follows them
 * bounds his steps. The memory is the archive's arena; tensors are views into it where they are
 * contiguous.
 */
#ifndef MILC_PICKLE_H
#define MILC_PICKLE_H

#include "archive.h"

typedef enum PKind {
	P_NONE,
	P_BOOL,
	P_INT,
	P_FLOAT,
	P_COMPLEX,
	P_TEXT,
	P_BYTES,
	P_TUPLE,
	P_LIST,
	P_DICT,
	P_OBJECT,
	P_NAME,
	P_TENSOR,
	P_STORAGE, /* of a tensor; only its own reader sees it */
	P_MARK,    /* likewise */
} PKind;
typedef struct PValue PValue;
struct PValue {
	PKind kind;
	uint32_t at; /* the byte of the pickle where it was made */
	union {
		int64_t i;         /* P_INT, P_BOOL */
		double f[2];       /* P_FLOAT; P_COMPLEX */
		const Str *s;      /* P_TEXT, P_BYTES, P_NAME */
		struct {           /* P_TUPLE, P_LIST; P_DICT: 2 * n items, a key, its value, … */
			PValue **item;
			uint32_t n, cap;
		} list;
		struct {
			const Str *type; /* "__torch__.torch.nn.modules.conv.Conv2d" */
			PValue *state;
		} object;
		struct {
			TTensor tensor;
			const Str *storage; /* "data/0": tensors of one storage share it */
			int64_t offset;     /* in it, in elements */
			bool parameter;
		} tensor;
		struct {
			const Str *member;
			const char *data;
			size_t n;
			DType type;
		} storage;
	};
};

/* The value of a member such as "data.pkl", whose storages are the members storages + "0" …
 * ("data/", "constants/"). 0 after reporting, with the member and the byte. */
const PValue *pickle_read(Archive *ar, Interner *names, const char *member, const char *storages);
/* Of a dict, or of the state of an object: what stands there by that name; 0: nothing. */
const PValue *pvalue_get(const PValue *v, const char *name);
const char *pvalue_kind(const PValue *v); /* "a dict", for messages */

#endif
