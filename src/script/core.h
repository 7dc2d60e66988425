/* core.h: what the files of the values share among themselves: value.c (generic operations),
 * attr.c (attributes, items), num*.c, seq*.c, str*.c, bytes.c, dict.c, set.c, repr.c, args.c.
 */
#ifndef MILC_CORE_H
#define MILC_CORE_H

#include "interp.h"
#include "iter.h"
#include "arrays.h"

/* Nested containers that ==, <, hash() and repr() follow before they give up. */
#define VALUE_DEPTH 900

/* A row of a type's or module's table: METHOD(list, append, "item,/"). */
#define METHOD(type, n, params) METHOD_AS(type, n, type##_##n, params)
#define METHOD_AS(type, n, fn, params) METHOD_WITH(type, n, fn, params, 0)
#define METHOD_WITH(type, n, fn, params, with) {#type "." #n, params, fn, WITH(with)}

extern const Native int_methods[], float_methods[], str_methods[], bytes_methods[], list_methods[],
    tuple_methods[], range_methods[], dict_methods[], set_methods[], frozenset_methods[];
const Native *native_look(Interp *in, const Native *table, const Str *name, int as);
/* The method of that name of values of this kind, or 0. */
const Native *method_of(Interp *in, int kind, const Str *name);
/* The methods of values of this kind, or 0. */
const Native *methods_of(int kind);

const char *last_part(const char *dotted); /* of a name: what stands behind its last dot */

/* pynames.c: 1: CPython's module (or class, "argparse.ArgumentParser") has that name, 0: it has
 * not, -1: it is none of those that are known. */
int python_knows(const char *owner, const char *name);

/* value.c */
const char *kind_name(VKind kind); /* "int" */
bool value_same(Interp *in, Value a, Value b, bool *out); /* identical or equal */
bool value_less(Interp *in, Value a, Value b, bool *out, Span at);
bool host_refuses(Interp *in, const char *what, Value a, Value b, Span at);
static inline bool
is_poison(Value v)
{
	return v.kind == V_POISON;
}

/* args.c */
bool args_count(Interp *in, const char *fn, const Args *args, uint32_t min, uint32_t max);
static inline Span
args_at(const Args *args, uint32_t i)
{
	return i < args->npos && args->pos_span ? args->pos_span[i] : args->span;
}
/* Calls fn with n positional values. */
bool call_values(Interp *in, Value fn, const Value *v, uint32_t n, Value *out, Span at);

/* num.c: numbers are bool, int (of any size) and float */
static inline bool
is_int(Value v)
{
	return v.kind == V_INT || v.kind == V_BOOL || v.kind == V_BIG;
}
static inline bool
is_num(Value v)
{
	return is_int(v) || v.kind == V_FLOAT;
}
static inline Value
int_value(Value v) /* a bool as the int that it is, others as they are */
{
	return v.kind == V_BOOL ? vint(v.i) : v;
}
bool num_binary(Interp *in, BinOp op, Value a, Value b, Value *out, Span at);
int num_compare(Value a, Value b); /* -1, 0, 1; 2 when a NaN is in it */
bool num_unary(Interp *in, UnOp op, Value a, Value *out, Span at);
uint64_t num_hash(Value v);
bool num_truth(Value v);
bool num_abs(Interp *in, Value v, Value *out, Span at);
bool num_round(Interp *in, Value v, Value ndigits, Value *out, Span at);
bool num_powmod(Interp *in, Value a, Value b, Value m, Value *out, Span at);
bool num_to_double(Interp *in, Value v, double *out, Span at); /* of an int too large: fails */
bool num_from_double(Interp *in, double d, Value *out, Span at); /* int(): truncates */
void num_repr(Value v, Buf *out);
/* numparse.c */
bool num_parse_int(Interp *in, Value text, int base, Value *out, Span at);
bool num_parse_float(Interp *in, Value text, Value *out, Span at);

/* repr.c: the start of a value's repr(), for messages */
const char *shown(Interp *in, Value v);

/* seq.c */
Value vseq(Interp *in, VKind kind, const Value *v, size_t n); /* V_TUPLE or V_LIST */
bool seq_concat(Interp *in, Value a, Value b, Value *out);
bool seq_repeat(Interp *in, Value a, Value n, Value *out, Span at);
bool seq_getitem(Interp *in, Value v, Value key, Value *out, Span at);
bool list_setitem(Interp *in, Value v, Value key, Value x, Span at);
/* Replaces items [i, j) by n new ones. */
bool list_splice(Interp *in, SeqObj *s, int64_t i, int64_t j, const Value *with, uint32_t n);
bool list_delitem(Interp *in, Value v, Value key, Span at);
void seq_reverse(SeqObj *s);
bool list_extend(Interp *in, Value list, Value iterable, Span at);
bool seq_find(Interp *in, Value seq, Value item, int64_t from, int64_t to, int64_t *index);
bool range_contains(Interp *in, Value range, Value item, bool *out);
bool range_find(Value range, Value item, int64_t *index);
void range_at(const RangeObj *r, int64_t i, Value *out);
/* An index for a sequence of length n: negative ones from the end. `what` as in "list index". */
bool seq_index(Interp *in, Value key, int64_t n, const char *what, int64_t *out, Span at);
/* A count for sequence * count; below 0 gives 0. */
bool repeat_count(Interp *in, Value n, size_t len, size_t unit, int64_t *out, Span at);
/* Sorts n values in place, stably. key: V_UNSET or called for each. */
bool sort_values(Interp *in, Value list, Value key, bool reverse, Span at);

/* dict.c, set.c */
#define PROBES_A_STEP 4 /* of slots that hold another key */
/* 1 and the index of the entry, 0 absent, -1 failed; sets too (by set_probe). */
int dict_find(Interp *in, const DictObj *d, Value key, uint64_t hash, uint32_t *index);
int set_probe(Interp *in, const DictObj *d, Value key, uint64_t hash, uint32_t *index);
int dict_look(Interp *in, Value d, Value key, uint32_t *index, Span at); /* not hashed yet */
bool dict_remove(Interp *in, Value d, Value key, Value *out, bool *found, Span at);
void dict_remove_at(DictObj *d, uint32_t index);
/* Reports that these have no such operator. False. */
bool no_types(Interp *in, const char *sign, Value a, Value b, Span at);
/* v[i] of an object with __getitem__: 1; 0: it raised IndexError, -1 failed. */
int item_or_end(Interp *in, Value v, int64_t i, Value *out, Span at);
/* Who makes a list of an object asks for its __len__, where a TypeError says nothing: 1, -1. */
int length_hint(Interp *in, Value v, Span at);
bool dict_update(Interp *in, Value d, Value from, Span at);
/* An object of a script's class with keys(): 1; 0: it has none, -1 failed. A subclass of dict is
 * asked where it has an order of its own. */
int dict_by_keys(Interp *in, Value d, Value from, Span at);
bool dict_fill(Interp *in, Value d, const Args *args); /* by the arguments of dict() */
bool dict_contains(Interp *in, Value d, Value key, bool *out, Span at);
Value dict_copy(Interp *in, Value d);
bool no_key(Interp *in, Value d, Value key, Span at); /* reports it */
bool dict_name(Interp *in, Value d, const Str *name, Value v, Span at); /* sets it */
bool dict_named(Interp *in, Value d, const Str *name, Value *out); /* of that text */
void dict_clear_all(DictObj *d);
bool set_add_value(Interp *in, Value s, Value v, Span at);
bool set_update_from(Interp *in, Value s, Value from, Span at);
bool set_fill(Interp *in, Value s, Value from); /* one by one, in the order of that set */
bool set_binary(Interp *in, BinOp op, Value a, Value b, Value *out, Span at);
bool set_inplace(Interp *in, BinOp op, Value a, Value b, Span at);
bool set_equal(Interp *in, Value a, Value b, bool *out);
bool set_order(Interp *in, CmpOp op, Value a, Value b, bool *out, Span at);
/* The next entry from *pos on: of a dict in its order, of a set (by set_next) in CPython's; 0 at
 * the end. */
const DictEntry *entry_next(const DictObj *d, int64_t *pos);
const DictEntry *set_next(const DictObj *s, int64_t *pos);
#define SET_GONE 0x80000000u /* in a slot whose item was taken out; the rest is its entry */
/* A new table for more than `want` items. */
bool set_resize(Interp *in, DictObj *s, uint64_t want);
bool set_add_entry(Interp *in, DictObj *s, Value key, uint64_t hash);
/* False: failed; *found tells whether it was there. */
bool set_drop_entry(Interp *in, DictObj *s, Value key, uint64_t hash, bool *found);
bool is_view(Value v);     /* any view of a dict */
bool is_setview(Value v);  /* of its keys or items */
bool is_setlike(Value v);  /* or a set */
DictObj *view_dict(Value v);
bool view_contains(Interp *in, Value view, Value item, bool *out, Span at);
extern const IterType dict_keys_type, dict_values_type, dict_items_type;

/* str.c, bytes.c */
size_t utf8_decode(const char *s, uint32_t *cp); /* bytes of the code point at s (valid UTF-8) */
const char *utf8_prev(const char *p, const char *start); /* the code point before p > start */
const char *str_at_cp(const StrObj *s, int64_t cp); /* where code point cp starts */
Value vstr_buf(Interp *in, Buf *b);                 /* and frees b */
/* A string of n bytes, which the caller fills in, as its ncp. */
bool str_room(Interp *in, size_t n, Value *out);
/* Takes the characters of set, 0: blanks, from the left (sides 1), the right (2) or both (3).
 * False: the limit of steps is reached, which a set of 64 bytes does not count. */
bool text_trim(Interp *in, const char **p, const char **end, int sides, const StrObj *set);
bool text_room(Interp *in, Buf *b); /* false, reported and b freed: longer than strings can be */
bool str_concat(Interp *in, Value a, Value b, size_t more, Value *out); /* more: spare bytes */
/* a + b for `name = a + b` where name holds a: grows a where nothing else holds it. */
bool str_append(Interp *in, Value a, Value b, Value *out);
bool str_repeat(Interp *in, Value a, Value n, Value *out, Span at);
bool str_getitem(Interp *in, Value v, Value key, Value *out, Span at);
bool bytes_getitem(Interp *in, Value v, Value key, Value *out, Span at);
bool str_contains(Interp *in, Value v, Value item, bool *out, Span at);
int str_order(Value a, Value b);
bool str_same(Value a, Value b);
bool str_percent(Interp *in, Value fmt, Value args, Value *out, Span at);
/* byteorder= of an int's bytes; encoding=: false, reported, if it is none of those known. */
bool byteorder_arg(Interp *in, const Args *args, Value v, bool *little);
bool encoding_arg(Interp *in, const Args *args, Value v);
bool bytes_make(Interp *in, Value v, Value *out, Span at);
/* The first or last occurrence of the text in n bytes, or 0. */
const char *text_find(const char *h, size_t n, const StrObj *text, bool last);

#endif
