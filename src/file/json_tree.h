/* json_tree.h: JSON that is read, as a tree of views into its text, in an arena. Not with jansson,
 * which goes on where a character finds no memory, and makes an object of every string, most of
 * which nobody reads. Beyond the grammar Infinity, -Infinity and NaN stand bare, as Python writes
 * them, and integers keep their 64 bits. Of members with one name the first is asked for.
 */
#ifndef MILC_JSON_TREE_H
#define MILC_JSON_TREE_H

#include "base/base.h"

typedef enum JTreeKind {
	J_NONE,
	J_NULL,
	J_BOOL,
	J_INT,
	J_FLOAT,
	J_TEXT,
	J_LIST,
	J_OBJECT
} JTreeKind;
typedef struct JValue JValue;
struct JValue {
	uint8_t kind;
	bool escaped; /* J_TEXT: it holds backslashes, jtree_text() resolves them */
	uint32_t n;   /* bytes of a text, items, members */
	union {
		int64_t i; /* J_INT, J_BOOL */
		double f;
		const char *s;
		const JValue *item; /* J_OBJECT: names and values in turns */
	};
};
typedef struct JTreeError {
	const char *what;
	size_t at; /* the byte, */
	int line;  /* and its line */
} JTreeError;

extern const JValue jtree_nothing; /* of kind J_NONE */
/* The text must stay as long as the tree. False: it is no JSON, err says why. */
bool jtree_read(Arena *a, const char *s, size_t n, JValue *out, JTreeError *err);
/* The member of that name; of anything else and where there is none an object of kind J_NONE. */
const JValue *jtree_member(const JValue *j, const char *name);
/* Item i of a list, likewise. */
const JValue *jtree_item(const JValue *j, uint32_t i);
/* Its text with escapes resolved, in the arena; of anything but a text 0. */
const char *jtree_text(Arena *a, const JValue *j);
const Str *jtree_name(Interner *t, Arena *a, const JValue *j);
bool jtree_is(const JValue *j, const char *text);
/* Of a number; 0 of anything else. */
double jtree_number(const JValue *j);
/* Not there, or null. */
static inline bool
jtree_absent(const JValue *j)
{
	return j->kind <= J_NULL;
}

#endif
