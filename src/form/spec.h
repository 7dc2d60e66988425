/* spec.h: what the files of this folder share while they write a Model protobuf.
 *
 * weights.c decides which constants go to the weights file and at which offset; value_write.c
 * writes types and values; mlprogram_write.c functions and operations; features.c the interface.
 * Each function appends to a Buf. Maps are written in the order of their keys.
 */
#ifndef MILC_SPEC_H
#define MILC_SPEC_H

#include "blob_write.h"
#include "emit.h"
#include "wire.h"

#define WEIGHTS_PATH "@model_path/weights/weight.bin"

/* ---- weights.c ---- */
typedef struct Weight {
	const Tensor *t;
	uint64_t offset; /* of its record */
} Weight;
typedef struct Weights {
	Arena *arena;
	VEC(Weight) list; /* in the order of the file */
	Map by_tensor;    /* Tensor or its hash -> Weight */
	BlobWriter plan;  /* writes nothing, counts offsets */
	int spec_version;
	bool share; /* equal constants of several functions are stored once */
} Weights;

void weights_init(Weights *w, Arena *a, const Model *m);
bool weights_wants(const Weights *w, const Tensor *t); /* large enough and of a type it takes */
uint64_t weights_offset(Weights *w, const Tensor *t);  /* appended at the first call */
const Tensor *weights_tensor(const Weights *w, uint64_t offset); /* 0: none is there */
/* Places the operands of a constexpr operation, which do not stand in the file as constants. */
void weights_place(Weights *w, const Inst *i);
/* Places all constants of a program, in the order of its operations; operands of one operation in
 * the order of its signature. */
void weights_plan(Weights *w, const Program *p);
/* A const whose only users hold its value themselves: it is no operation in the file. */
bool const_is_inlined(const Var *v);

/* ---- value_write.c ---- */
typedef struct SpecOut {
	const Model *m;
	Diag *diag;
	Span at;      /* what asked for the output */
	Arena *arena; /* scratch */
	Weights *w;
	Map types;                    /* Type -> TypeBytes */
	uint8_t (*order)[MAX_PARAMS]; /* per op row: its parameters sorted by name */
	const OpDef *rows;
	bool failed;
} SpecOut;

typedef struct TypeBytes { /* a ValueType message */
	size_t n;
	char at[];
} TypeBytes;
const TypeBytes *type_bytes(SpecOut *s, const Type *t);
void put_type(Buf *b, uint32_t field, SpecOut *s, const Type *t);
void put_tensor_value(Buf *b, SpecOut *s, const Tensor *t); /* a field of TensorValue */
/* A Value message as field `field`: in place or a reference to the weights file. */
void put_value(Buf *b, uint32_t field, SpecOut *s, const Type *type, const Tensor *val,
               bool may_blob);
void put_string_value(Buf *b, uint32_t field, const char *text, size_t n);
size_t string_value_size(size_t n); /* of the Value message, without its head */
void put_string_dict(Buf *b, uint32_t field, const MetaPair *pair, uint32_t n);

/* ---- mlprogram_write.c ---- */
void put_named_type(Buf *b, uint32_t field, SpecOut *s, const Var *v);
typedef struct FuncBytes FuncBytes;
typedef struct ProgramBytes { /* field 502 of the Model */
	size_t size;              /* of the program */
	FuncBytes *func;          /* in the order of the file */
	uint32_t nfunc;
	Buf tail;
} ProgramBytes;
/* Makes the bytes of all operations; false after reporting. */
bool program_bytes_make(ProgramBytes *p, SpecOut *s);
void program_bytes_put(ProgramBytes *p, Buf *b); /* frees them on the way */
void program_bytes_free(ProgramBytes *p);

/* ---- features.c ---- */
/* Fields 1 (version) and 2 (description) of the Model. */
void put_description(Buf *b, Arena *a, const Model *m, const EmitCtx *c);
/* The pairs of userDefined, with that of the date, if there is one. */
MetaPair *user_pairs(Arena *a, const Msg *metadata, const char *date, uint32_t *n);
/* … sorted by key, the last of a key counts. */
MetaPair *sorted_pairs(Arena *a, const MetaPair *pair, uint32_t n, uint32_t *nout);

/* ---- mil_text.c ---- */
/* Fills in w. A compiled model names its compiler in line 2. */
void put_mil_text(Buf *b, Arena *a, const Model *m, Weights *w, bool compiled);

/* ---- model_bytes.c ---- */
typedef struct ModelBytes { /* a Model that is going to be written */
	const Model *m;
	Arena *arena;
	EmitCtx *c;
	Weights *w;
	size_t size;          /* all bytes */
	Buf head;             /* version and description, */
	Msg *tree;            /* and a network, */
	ProgramBytes program; /* or a program */
} ModelBytes;
/* Fills in w. c->path need not be set. False after reporting; to be freed then, too. */
bool model_measure(ModelBytes *p, Arena *a, const Model *m, EmitCtx *c, Weights *w);
void model_bytes_free(ModelBytes *p);
/* The whole Model in one Buf; false after reporting. */
bool put_model(Buf *b, Arena *a, const Model *m, EmitCtx *c, Weights *w);
/* … as a new file of the output; the hashes of its bytes with the seeds 0 and 1, unless hash is
 * 0. What fails is reported, and the output has failed. */
struct FsOut;
void model_to_file(ModelBytes *p, struct FsOut *o, const char *name, uint64_t hash[2]);

/* ---- package_write.c, mlmodel_write.c ---- */
void write_weights(struct FsOut *o, const char *name, const Weights *w);

/* ---- weights_copy.c: the weights of a model whose body is a specification ---- */
typedef VEC(WeightsAt) WeightsFiles;
/* All that its bytes name, with where each lies: both 0 where the name leads out of the model's
 * folder. */
WeightsFiles weights_files(const Model *m, const Buf *spec);
/* One of them to the output, under that name. False after reporting. */
bool weights_copy(struct FsOut *o, const WeightsAt *w, const char *to);

#endif
