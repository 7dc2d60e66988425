/* pt2.h: what the files that read torch.export's archives share. pt2.c has the program and its
 * signature, pt2_node.c the nodes, pt2_tensor.c the tensors, sizes.c symbolic sizes.
 */
#ifndef MILC_PT2_H
#define MILC_PT2_H

#include "pickle.h"
#include "file/json_tree.h"
#include "torch.h"

/* Which payloads a file has for its tensors. */
typedef struct Payloads {
	const char *folder;    /* of raw storages: "data/weights/" */
	Map entry;             /* Str of a path -> JValue of its entry in the config */
	Map pickled;           /* up to 2.8: -> PValue */
} Payloads;

typedef struct Pt2 {
	const TorchOpen *o;
	Archive *ar;
	TGraph *g;
	const char *model;   /* "model" */
	Span at;             /* its JSON */
	JValue root;           /* the whole program */
	const JValue *graph;
	Map meta;            /* Str -> JValue: what the file says of a value that is a tensor */
	Map state;           /* Str of a changed buffer -> place in g->state + 2; 1: none */
	Payloads weight, constant;
	Map defined;         /* names of values so far */
	Map *scope;          /* in a graph that is inlined: what its names stand for */
	const Map *inner;    /* Str -> JValue: what it says of its values that are tensors */
	Map alias;           /* results of graphs that were inlined: what they are */
	uint32_t nfresh;
} Pt2;

/* Element types by the numbers of the JSON. */
DType pt2_dtype(int64_t n);  /* DT_NONE: we have none */
int64_t pt2_c10(int64_t n);  /* -1: unknown */

/* ---- pt2_tensor.c ---- */
bool pt2_payloads(Pt2 *p, TorchForm form);
/* The tensor that the program calls path; false after reporting at `at`. */
bool pt2_tensor(Pt2 *p, Span at, const Str *path, bool constant, TTensor *out);

/* ---- pt2_node.c ---- */
bool pt2_nodes(Pt2 *p);
const char *pt2_source(const TGraph *g, const TNode *n); /* source_of of the graph */
/* An argument of any kind; false after reporting at `at`. */
bool pt2_arg(Pt2 *p, Span at, const JValue *j, TArg *out);
/* What a graph says of its values that are tensors, by their names (pt2.c). */
void pt2_values(Pt2 *p, const JValue *graph, Map *out);
/* What the program gives back and which buffers it changes, once all nodes are known (pt2.c). */
bool pt2_outputs(Pt2 *p);
/* Name is made by an input or a node; false after reporting that it was before. */
bool pt2_define(Pt2 *p, Span at, const Str *name);
bool pt2_defined(Pt2 *p, Span at, const Str *name);

/* ---- training.c ---- */
/* Makes functions of n nodes that change what others read; some become 0. */
bool pt2_functional(Pt2 *p, TNode **node, uint32_t n);
bool pt2_changes(const char *op); /* "aten::add_.Tensor" */
const char *pt2_function_of(Arena *a, const char *op); /* "aten::add.Tensor" */

/* ---- sizes.c ---- */
/* A size as the file has it, a number or an expression; false: it is neither. n is the number, or
 * the one that the expression had when the file was made. */
bool pt2_size(Pt2 *p, const JValue *j, TDim *out);

#endif
