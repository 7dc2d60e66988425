/* torch.h: opening what torch.export.save and torch.jit.save wrote. A file becomes a graph
 * (graph.h); what fails is reported with the file, its member and the node. Nothing of a file is
 * ever executed.
 */
#ifndef MILC_TORCH_H
#define MILC_TORCH_H

#include "archive.h"
#include "graph.h"

typedef struct TorchOpen {
	Arena *arena;
	Interner *names;
	Diag *diag;
	Span at;           /* the file, an object */
	const char *path;  /* as the user named it */
	const char *data;  /* its bytes, which outlive the graph */
	size_t n;
	bool training;     /* export's TRAINING dialect is taken: made functional (training.c) */
} TorchOpen;

/* The form of an archive, by the names of its members. */
typedef enum TorchForm {
	TORCH_UNKNOWN,
	TORCH_PT2,     /* torch.export.save since 2.8 */
	TORCH_LEGACY,  /* … before that */
	TORCH_JIT,     /* torch.jit.save */
	TORCH_WEIGHTS, /* torch.save: tensors without a program */
} TorchForm;

/* The graph of a file of any form; 0 after reporting. */
TGraph *torch_open(const TorchOpen *o);
/* ---- pt2.c, script.c ---- */
TGraph *pt2_open(const TorchOpen *o, Archive *a, TorchForm form);
TGraph *script_open(const TorchOpen *o, Archive *a);

#endif
