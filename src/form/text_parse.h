/* text_parse.h: MIL text as Apple's compiler prints it, as milc does, and as people write it.
 *
 * grammar/mil.re makes the tokens, text_value.c reads types and literals, text_parse.c the
 * statements. What comes out is the Program message, byte by byte as a package has it, so that all
 * that is known about programs from files (mlprogram_read.c) holds for text, too; and what the
 * text says beside: which opset it asks for and how its flexible inputs vary. text_read.c makes a
 * model of them.
 *
 *   file      = "program" "(" NUMBER ")" [attrs] "{" {function} "}"
 *   function  = "func" NAME ["<" NAME ">"] "(" [param {"," param}] ")" [attrs] body ";"
 *   body      = "{" {statement} "}" "->" "(" [NAME {"," NAME}] ")"
 *   statement = [type NAME {"," type NAME} "="] NAME "(" [arg {"," arg}] ")" [attrs] [nested] ";"
 *   param     = type NAME
 *   arg       = NAME "=" (one | "(" [one {"," one}] ")")
 *   one       = NAME | value
 *   attrs     = "[" [NAME "=" value {"," NAME "=" value}] "]"
 *   value     = type "(" literal ")"
 *   nested    = block {"," block}             (of cond and while_loop; milc's own spelling)
 *   block     = "(" [param {"," param}] ")" body
 *
 * Only the outermost value has a type; the literal inside is read by it. A NAME that is none by the
 * rules of the format, which models from elsewhere may have, is a string.
 */
#ifndef MILC_TEXT_PARSE_H
#define MILC_TEXT_PARSE_H

#include "spec.h"

enum { TEXT_END = 0, TEXT_NAME = 256, TEXT_INT, TEXT_FLOAT, TEXT_STRING, TEXT_ARROW, TEXT_DOTS,
	TEXT_BAD };
typedef struct TextLexer {
	const char *at, *cur, *limit; /* of the token, behind it, of the text, where a NUL stands */
} TextLexer;
int text_token(TextLexer *l);

typedef struct TextFunction {
	const Str *name;
	Opset opset;
	VEC(const Var *) input, output; /* names and types, no more */
	Map flexible; /* name -> Feature: what FlexibleShapeInformation says of an input */
} TextFunction;

typedef struct MilText {
	ReadCtx *c;
	const Source *source;
	TextLexer lex;
	int token;            /* the one at hand: lex.at to lex.cur */
	SpecOut out;          /* encodes types and values */
	Model as;             /* what out asks */
	int depth;            /* of blocks */
	Map types;            /* of values of the function at hand, by name */
	TextFunction *func;   /* the function at hand */
	/* Of the stage of a pipeline: its folder and number. Its weights get names of their own. */
	const char *stage_folder;
	size_t stage;
	VEC(WeightsAt) weights;
	const Msg *description; /* of the model, whose order of inputs functions get; or 0 */
	bool bare;            /* dialect 1.3 */
	bool failed;          /* something was reported */
	VEC(TextFunction *) funcs;
	VEC(Span) places;     /* of operations, in the order in which they begin */
	Buf program;          /* the Program message, without its head */
} MilText;

/* Copies the text. False after reporting. */
bool text_open(MilText *t, ReadCtx *c, const char *path, const char *at, size_t n);
/* Makes t->program, which is to be freed; false after reporting. Texts have the inputs of a
 * function by name; where t->description is set, they get the order that they have in it. */
bool text_parse(MilText *t);

/* text_read.c: a model of the text of o->file. 0 after reporting. */
Model *text_model(ReadCtx *c, Origin *o, const char *at, size_t n);

/* ---- between the files ---- */
void text_next(MilText *t);
bool text_is(const MilText *t, const char *name); /* the token is this name */
bool text_fail(MilText *t, const char *fmt, ...) PRINTF(2, 3); /* at the token; false */
void *text_none(MilText *t, const char *fmt, ...) PRINTF(2, 3);
bool text_expect(MilText *t, int token, const char *what); /* goes over it; false: reported */
/* In a list that `close` ends, n of it are read: whether one more follows. Goes over the comma
 * before it, and over the end. False, too, after reporting. */
bool text_more(MilText *t, int close, uint32_t n);
bool text_string(MilText *t, const Str **out);
const Type *text_type(MilText *t);                         /* 0 after reporting */
/* "(" literal ")" of a value of that type, as a Value message in field `field`. */
bool text_literal(MilText *t, Buf *b, uint32_t field, const Type *type);
/* What stands in a FlexibleShapeInformation, behind its type. */
bool text_flexible(MilText *t);

#endif
