/* editing.h: what the files of this room share: a function of an ML Program as messages. */
#ifndef MILC_EDITING_H
#define MILC_EDITING_H

#include "edit.h"

typedef struct Editing {
	ReadCtx *c;
	Arena *arena;
	Diag *diag;
	Model *m;
	Msg *spec, *description;
	Span place;
} Editing;

/* The default function, and its part of the description. */
typedef struct Function {
	Editing *e;
	const char *name;
	Msg *function, *block; /* the block of its opset */
	Msg *face;             /* description, or one of its functions */
	Map values;            /* Str -> Made, of the outermost block */
} Function;

typedef struct Made {
	const Msg *type; /* ValueType */
	int64_t op;      /* the operation that makes it, -1: an input */
} Made;

/* ---- function.c ---- */
/* False after reporting: the model is no ML Program, or has no such function. */
bool function_find(Editing *e, Function *f, const char *what);
void function_values(Function *f);                               /* anew */
const Made *function_value(const Function *f, const char *name); /* NULL: there is none */
/* "; did you mean 'y'?" of a value of the function, or of that list of features ("output"); or
 * "". */
const char *value_near(const Function *f, const char *name);
const char *feature_near(Editing *e, const Msg *face, const char *list, const char *name);
/* Fixed when the model is compiled: false. An error says what cannot be done with it. */
bool is_computed(const Function *f, const char *name, const char *what);
const char *edit_name(const Function *f, const char *base); /* that nothing has */
/* Each place where a value is named: a definition, an operand, an output, those of nested blocks
 * too. */
typedef void NameFn(void *ctx, Msg *m, const char *field, size_t i);
void each_name(Msg *function, NameFn *fn, void *ctx);
void name_set(Msg *m, const char *field, size_t i, const char *name);
void function_rename(Msg *function, const char *from, const char *to);
/* … in what uses it alone: operands, and outputs of blocks. */
void function_replace(Msg *function, const char *from, const char *to);
/* "name = cast(x = from, dtype)" in front of operation i, or behind the last. */
void put_cast(Function *f, size_t i, const char *from, const char *name, DType to);
void remove_operations(Function *f, const bool *keep);

/* ---- live.c ---- */
/* Operations that the values named need, and what has an effect (with `effects`); `cut`, Str ->
 * any, are values whose making is not needed. */
bool *live_operations(Function *f, const Words *outputs, const Map *cut, bool effects);
/* Each name that an operation uses, those of nested blocks too. */
void each_use_of(const Msg *op, void (*fn)(void *ctx, const char *name), void *ctx);

/* ---- features.c ---- */
/* Lists: "input", "output", "state". */
int64_t feature_index(const Msg *face, const char *list, const char *name); /* -1: none */
void feature_drop(Msg *face, const char *list, const char *name);
/* The value as a feature, through a cast where its type is none of an array's; false after
 * reporting. */
bool add_output(Function *f, const char *name);
bool add_input(Function *f, const char *name, const Msg *type);
int64_t array_code(DType t, int version); /* 0: no array has it */
DType tensor_dtype(const Msg *type);      /* of a ValueType; DT_NONE: no tensor */

/* ---- the edits: false after reporting ---- */
bool edit_extract(Editing *e, const char *what);
bool edit_append(Editing *e, Model *script);
bool edit_tap(Editing *e, const char *value);
bool edit_drop(Editing *e, const char *output);
bool edit_io(Editing *e, DType to);
bool edit_rename(Editing *e, const char *pair);
void raise_target(Editing *e, Opset least); /* no lower than this */

/* "a,b" as words; each from the arena. */
Words split_words(Arena *a, const char *s, size_t n);
bool is_word(const Words *w, const char *s);

#endif
