/* pt2_json.h: JSON as torch.export.save writes it, as a tree of views into its text. Integers keep
 * their 64 bits, and Infinity, -Infinity and NaN stand bare in older files: jansson takes neither
 * of them, and makes an object of every string, most of which (stack traces, histories of nodes)
 * nobody reads.
 */
#ifndef MILC_PT2_JSON_H
#define MILC_PT2_JSON_H

#include "base/base.h"

typedef enum JsonKind { J_NONE, J_NULL, J_BOOL, J_INT, J_FLOAT, J_TEXT, J_LIST, J_OBJECT } JsonKind;
typedef struct JValue JValue;
struct JValue {
	uint8_t kind;
	bool escaped; /* J_TEXT: it holds backslashes, pt2_text() resolves them */
	uint32_t n;   /* bytes of a text, items, members */
	union {
		int64_t i; /* J_INT, J_BOOL */
		double f;
		const char *s;
		const JValue *item; /* J_OBJECT: names and values in turns */
	};
};
typedef struct JsonError {
	const char *what;
	size_t at; /* the byte */
} JsonError;

extern const JValue pt2_nothing; /* of kind J_NONE */
bool pt2_json(Arena *a, const char *s, size_t n, JValue *out, JsonError *err);
/* The member of that name; of anything else and where there is none an object of kind J_NONE. */
const JValue *pt2_member(const JValue *j, const char *name);
/* Item i of a list, likewise. */
const JValue *pt2_item(const JValue *j, uint32_t i);
/* Its text with escapes resolved, in the arena; of anything but a text 0. */
const char *pt2_text(Arena *a, const JValue *j);
const Str *pt2_name(Interner *t, Arena *a, const JValue *j);
bool pt2_is(const JValue *j, const char *text);
/* Not there, or null. */
static inline bool
pt2_absent(const JValue *j)
{
	return j->kind <= J_NULL;
}

#endif
