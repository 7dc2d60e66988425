/* value.h: what a script computes with at compile time.
 *
 * A Value is 16 bytes, passed by copy: a tag and an immediate or a pointer to an Obj. Objects are
 * collected by mark and sweep, only at the start of statements and only after much was allocated
 * since the last time (gc.c), so C code may hold Values freely as long as it does not run script
 * code meanwhile; a Value held across interp_call() (or anything that may reach it) must be
 * reachable from the interpreter or be pushed: interp_push/interp_pop.
 *
 * This folder knows nothing of ops, models or protobuf. What it does not know, it meets as a host
 * object: an Obj whose HostType answers attribute, call, item and so on (src/ct has them all).
 *
 * Errors. Functions that can fail return false after they have reported (fail() below); the
 * caller just returns false. V_POISON is the value of an expression whose error was reported but
 * did not end the run (an mb.* call): every operation on it silently yields poison, and a
 * statement that must decide on it ends the function silently.
 */
#ifndef MILC_VALUE_H
#define MILC_VALUE_H

#include "nd/nd.h"
#include "base/bignum.h"
#include "base/diag.h"
#include "syntax/ops_enum.h"

typedef struct Interp Interp;
typedef struct Obj Obj;

typedef enum VKind {
	V_UNSET, /* no value: an unbound local, an absent argument */
	V_POISON,
	V_NONE,
	V_ELLIPSIS,
	V_BOOL,
	V_INT, /* fits 64 bits */
	V_FLOAT,
	V_BIG,   /* BigObj: an int beyond 64 bits */
	V_STR,   /* StrObj */
	V_BYTES, /* StrObj, bytes */
	V_TUPLE, /* SeqObj */
	V_LIST,  /* SeqObj */
	V_DICT,  /* DictObj */
	V_SET,   /* DictObj without values */
	V_RANGE,
	V_SLICE,
	V_FUNC,     /* def or lambda */
	V_BUILTIN,  /* BuiltinObj: a C function, maybe bound to a receiver */
	V_ITER,     /* IterObj: enumerate, zip, map, reversed, generator expressions, … */
	V_TYPE,     /* a builtin type as a value: int, float, … (isinstance, dtype=float) */
	V_MODULE,   /* ModuleObj */
	V_ARRAY,    /* ArrayObj: numpy.ndarray */
	V_NPSCALAR, /* ArrayObj of rank 0 that numpy hands out as a scalar: np.float32(1.5) */
	V_DTYPE,    /* a numpy dtype or scalar type: np.float32; i = DType, the latter | NP_CLASS */
	V_NOTIMPLEMENTED,
	V_CLASS,    /* ClassObj: a class of a script, an exception class (class.h) */
	V_INSTANCE, /* InstanceObj: of one of these */
	V_METHOD,   /* MethodObj: a function bound to an object */
	V_HOST,     /* HostObj */
} VKind;

typedef struct Value {
	VKind kind;
	union {
		bool b;
		int64_t i;
		double f;
		Obj *o;
	};
} Value;
_Static_assert(sizeof(Value) == 16, "values are passed by copy");

/* Every object starts with this. */
struct Obj {
	Obj *next_obj; /* all objects, for the sweep */
	uint8_t kind;  /* the VKind */
	uint8_t mark;
	uint8_t sub;     /* it is an instance of a script's subclass of its type: class.h */
	uint8_t cells;   /* of a slab that it lies in; 0: it was allocated by itself (gc.c) */
	uint32_t number; /* of all that were made: shows in place of an address */
};

typedef struct StrObj {
	Obj obj;
	uint32_t len;  /* bytes of UTF-8 (V_BYTES: bytes) */
	uint32_t ncp;  /* code points; == len when ASCII */
	uint64_t hash; /* 0 = not computed */
	uint32_t room; /* bytes that fit */
	/* Made by `name += text` and not read since, so that nothing but the variable holds it and
	 * the next `+=` may grow it in place; LENT while the right side is evaluated. */
	enum { STR_SHARED, STR_ALONE, STR_LENT } alone;
	char s[]; /* NUL-terminated */
} StrObj;

typedef struct BigObj { /* sign and magnitude, 4096 bits at most; see bignum.h */
	Obj obj;
	bool neg;
	uint32_t n;
	uint32_t d[]; /* least significant first, the last is not 0 */
} BigObj;

typedef struct SeqObj {
	Obj obj;
	uint32_t n, cap;
	Value *at; /* malloc'ed, freed by the sweep */
} SeqObj;

typedef struct DictEntry {
	Value key, val; /* key V_UNSET: deleted */
	uint64_t hash;
} DictEntry;
typedef struct DictObj {
	Obj obj;
	DictEntry *entry; /* in insertion order */
	uint32_t n, nentry, cap;
	uint32_t *slot; /* open addressing into entry, +1 */
	uint32_t nslot;
	uint32_t fill, finger; /* of sets only: slots ever used, where pop() looks next */
	bool frozen;           /* a frozenset */
} DictObj;

/* ---- functions in C ----
 * A function is a row of a table: the arguments of a call are bound to its parameters (args_bind)
 * before it runs and are in args->v, V_UNSET where one is absent. Without parameters in the row it
 * looks at args itself. A method has its object as self; where the row says AS_METHOD, as
 * args->v[0] too, for the first of its parameters, so that one row serves np.sum(a, axis) and
 * a.sum(axis). */
typedef struct Kwarg {
	const Str *name;
	Value val;
	Span span; /* of `name=value` */
} Kwarg;
typedef struct Args { /* positionals, then keywords, as the caller gave them */
	const Value *pos;
	const Span *pos_span;
	uint32_t npos;
	const Kwarg *kw;
	uint32_t nkw;
	Span span;   /* of the whole call */
	Span callee; /* of the called expression */
	/* while a row's function runs */
	Interp *in;
	const struct Native *fn;
	Value *v;
	Value *out;
} Args;

typedef bool BuiltinFn(Interp *in, Value self, const Args *args, Value *out);
#define NATIVE_ARGS 32
typedef struct Native {
	const char *name; /* as in messages: "len", "list.append" */
	const char *params;
	BuiltinFn *fn;
	int as;
} Native;
enum { AS_FUNCTION = 1, AS_METHOD = 2, AS_BOTH = 3 };
/* Added to `as`: a number for a function that serves several rows; args_with() has it there. */
#define WITH(n) ((n) << 2)
#define NATIVE_END {0, 0, 0, 0}
#define NATIVE_EXTERN(name)                                                                        \
	bool name(UNUSED Interp *in, UNUSED Value self, UNUSED const Args *args, UNUSED Value *out)
#define NATIVE(name) static NATIVE_EXTERN(name)
static inline int
args_with(const Args *args)
{
	return args->fn->as >> 2;
}
typedef struct BuiltinObj {
	Obj obj;
	const Native *fn;
	Value self; /* receiver, or V_UNSET */
} BuiltinObj;
/* The row of that member name in a table that NATIVE_END ends; as: which may be taken, 0: any. */
const Native *native_find(const Native *table, const Str *name, int as);
/* What may have been meant by a name that the rows of these tables lack (with as: of that kind). */
const char *native_nearest(const Native *const *tables, size_t n, const char *name, int as);
/* That row as a value: 1, or 0 if there is none. */
int native_get(Interp *in, const Native *table, const Str *name, int as, Value self, Value *out);
const char *native_member(const Native *fn); /* its name without type or module */
bool native_call(Interp *in, const Native *fn, Value self, const Args *args, Value *out);

typedef struct ArrayObj {
	Obj obj;
	Nd nd;
} ArrayObj;

/* ---- modules: a fixed table of members plus a fallback ---- */
typedef struct ModuleObj {
	Obj obj;
	const char *name; /* "numpy" */
	/* 1 found, 0 no such member, -1 failed (reported) */
	int (*member)(Interp *in, struct ModuleObj *m, const Str *name, Value *out);
	void *data;
	/* What was perhaps meant by a name that it lacks, or 0; may be 0. */
	const char *(*near)(const struct ModuleObj *m, const char *name);
	/* Reports that it lacks the name; true: *out stands for it, so that the run goes on. */
	bool (*lacks)(Interp *in, const Str *name, Value *out, Span at);
} ModuleObj;

/* ---- host objects ---- */
typedef struct HostObj HostObj;
typedef struct HostType {
	const char *name;   /* Python's type name in messages: "Var", "Program" */
	const char *module; /* where Python's type is defined, for print(type(x)); may be 0 */
	const struct HostType *base; /* what it is a kind of, for isinstance(); may be 0 */
	const Native *methods;       /* ended by NATIVE_END; may be 0 */
	/* All may be 0 (then: "'Var' object has no attribute …", "… is not callable", …).
	 * getattr: 1 found, 0 no such attribute, -1 failed. Others: false after reporting. */
	int (*getattr)(Interp *in, HostObj *self, const Str *name, Value *out);
	bool (*setattr)(Interp *in, HostObj *self, const Str *name, Value v, Span at);
	BuiltinFn *call; /* self is the V_HOST value */
	bool (*getitem)(Interp *in, HostObj *self, Value key, Value *out, Span at);
	bool (*setitem)(Interp *in, HostObj *self, Value key, Value v, Span at);
	bool (*inplace)(Interp *in, HostObj *self, BinOp op, Value v, Span at); /* self op= v */
	void (*repr)(Interp *in, HostObj *self, Buf *out);
	void (*str)(Interp *in, HostObj *self, Buf *out);              /* 0: as repr */
	bool (*enter)(Interp *in, HostObj *self, Value *out, Span at); /* with … as */
	/* exc: the exception that ends it, or None; *swallow: it goes no further. */
	bool (*leave)(Interp *in, HostObj *self, Value exc, bool *swallow, Span at);
	int64_t (*number)(HostObj *self); /* orders like this number (IntEnum); 0: has no order */
	int (*equal)(Interp *in, HostObj *a, Value b); /* 0: identity */
	uint64_t (*hash)(HostObj *a);                  /* 0: identity; with equal: it has none */
	/* Unpacking; *list is a V_LIST. */
	bool (*iter)(Interp *in, HostObj *self, VKind *as, Value *list);
	/* Iteration by an iterator of its own (iter.h) instead; may be 0. */
	bool (*walk)(Interp *in, HostObj *self, Value *iter);
	bool walking; /* next() takes the object: each iteration goes on where the last stopped */
	/* Reports why this value cannot stand where Python needs a number, a truth value, …:
	 * `what` is the operation as written ("+", "<", "if", "[]", "len", "float", "bool"), the
	 * operands as in the source. 0: Python's own message. True: it does not mind. */
	bool (*refuse)(Interp *in, const char *what, Value left, Value right, Span at);
	void (*mark)(Interp *in, HostObj *self); /* interp_mark() the Values it holds */
	bool (*delitem)(Interp *in, HostObj *self, Value key, Span at);
	/* Of what iter lists, where it can be told without: the rest is Python's fallback. */
	int64_t (*len)(HostObj *self);
	bool (*contains)(Interp *in, HostObj *self, Value item, bool *out, Span at);
	DType (*elements)(HostObj *self); /* numpy makes an array of its items; DT_NONE: of any */
	Value (*copy)(Interp *in, HostObj *self); /* copy.copy() and deepcopy(); 0: itself */
	/* The type as a value: a call of it (self is the V_TYPE), and its own attributes. */
	BuiltinFn *make;
	int (*class_attr)(Interp *in, const struct HostType *type, const Str *name, Value *out);
} HostType;
struct HostObj {
	Obj obj;
	const HostType *type;
	void *data; /* owned by the unit arena */
};

/* ---- making values ---- */
#define VNONE   ((Value){.kind = V_NONE})
#define VPOISON ((Value){.kind = V_POISON})
#define VUNSET  ((Value){.kind = V_UNSET})
static inline Value
vbool(bool b)
{
	return (Value){.kind = V_BOOL, .i = b};
}
static inline Value
vint(int64_t i)
{
	return (Value){.kind = V_INT, .i = i};
}
static inline Value
vfloat(double f)
{
	return (Value){.kind = V_FLOAT, .f = f};
}
static inline Value
vobj(void *o)
{
	return (Value){.kind = (VKind)((Obj *)o)->kind, .o = o};
}
static inline Value
vdtype(DType t)
{
	return (Value){.kind = V_DTYPE, .i = t};
}
#define NP_CLASS 0x1000
static inline Value
vnpclass(DType t) /* np.float32 itself: equal to its dtype, but printed as a class */
{
	return (Value){.kind = V_DTYPE, .i = t | NP_CLASS};
}
static inline DType
value_dtype(Value v) /* of a V_DTYPE */
{
	return (DType)(v.i & ~NP_CLASS);
}
Value vstr(Interp *in, const char *s, size_t len);   /* must be valid UTF-8 */
Value vascii(Interp *in, const char *s, size_t len); /* must be ASCII */
Value vstrz(Interp *in, const char *s);
Value vstr_of(Interp *in, const Str *s);
Value vbytes(Interp *in, const void *s, size_t len);
Value vbig(Interp *in, Big v); /* V_INT where it fits */
Value big_value(Interp *in, const Int *a);
bool big_of(Value v, Int *r); /* a bool or an int of any size; false: is none */
Value vtuple(Interp *in, const Value *v, size_t n); /* v may be 0: filled with None */
Value vlist(Interp *in, const Value *v, size_t n);
bool vlist_push(Interp *in, Value list, Value v);
Value vdict(Interp *in);
Value vset(Interp *in);
Value vnative(Interp *in, const Native *fn, Value self);
Value vbuiltin(Interp *in, const char *name, BuiltinFn *fn, Value self); /* a row of its own */
Value vmodule(Interp *in, const char *name,
              int (*member)(Interp *, ModuleObj *, const Str *, Value *), void *data);
Value module_with(Value m, const char *(*near)(const ModuleObj *, const char *));
Value vhost(Interp *in, const HostType *t, void *data);
static inline Value
vhosttype(const HostType *t) /* the type of such objects as a value: type(x) */
{
	return (Value){.kind = V_TYPE, .i = (intptr_t)t};
}
const HostType *host_type_of(Value type);  /* 0: of no host objects */
Value vnd(Interp *in, const Nd *nd);       /* takes over the reference to nd->buf */
Value vnpscalar(Interp *in, const Nd *nd); /* rank 0 */

/* The number that an instance of a script's subclass of int or float is; v itself if it is none. */
Value instance_value(Value v);

/* V_TYPE: .i is the VKind that the type's instances have, or one of these. */
enum {
	TYPE_OBJECT = 64,
	TYPE_TYPE,
	TYPE_COMPLEX,
	TYPE_FROZENSET,
	TYPE_GENERATOR,
	/* NumPy's abstract scalar types, for isinstance() */
	TYPE_NP_GENERIC,
	TYPE_NP_NUMBER,
	TYPE_NP_INTEGER,
	TYPE_NP_SIGNED,
	TYPE_NP_UNSIGNED,
	TYPE_NP_INEXACT,
	TYPE_NP_FLOATING,
};
static inline Value
vtype(int kind)
{
	return (Value){.kind = V_TYPE, .i = kind};
}

/* Casts; the kind must be right. */
#define STR_OF(v)   ((StrObj *)(v).o)
#define SEQ_OF(v)   ((SeqObj *)(v).o)
#define DICT_OF(v)  ((DictObj *)(v).o)
#define ARRAY_OF(v) (&((ArrayObj *)(v).o)->nd)
#define HOST_OF(v)  ((HostObj *)(v).o)
static inline bool
is_host(Value v, const HostType *t)
{
	return v.kind == V_HOST && HOST_OF(v)->type == t;
}

static inline bool
given(Value v) /* an argument that is there and not None */
{
	return v.kind != V_UNSET && v.kind != V_NONE;
}

static inline bool
is_frozen(Value v)
{
	return v.kind == V_SET && DICT_OF(v)->frozen;
}

static inline bool
is_np(Value v)
{
	return v.kind == V_ARRAY || v.kind == V_NPSCALAR;
}

/* The number that an instance of a subclass of int or float holds; others are themselves. */
Value instance_value(Value v);

/* ---- operations with Python's meaning; all may fail ---- */
bool value_callable(Value v);
const char *type_name(Value v); /* "int", "numpy.ndarray", "Var" */
bool value_truth(Interp *in, Value v, bool *out, Span at);
bool value_compare(Interp *in, CmpOp op, Value a, Value b, Value *out, Span at);
bool value_binary(Interp *in, BinOp op, Value a, Value b, Value *out, Span at);
/* a op= b: lists, sets, dicts and arrays change in place; else as value_binary. */
bool value_inplace(Interp *in, BinOp op, Value a, Value b, Value *out, Span at);
bool value_unary(Interp *in, UnOp op, Value a, Value *out, Span at);
bool value_contains(Interp *in, Value container, Value item, bool *out, Span at); /* item in c */
bool value_is(Value a, Value b);                                                  /* a is b */
bool value_hash(Interp *in, Value v, uint64_t *out, Span at);
bool value_getattr(Interp *in, Value v, const Str *name, Value *out, Span at);
/* 1 found, 0 no such attribute (not reported), -1 failed. */
int value_findattr(Interp *in, Value v, const Str *name, Value *out, Span at);
bool value_setattr(Interp *in, Value v, const Str *name, Value x, Span at);
bool value_delattr(Interp *in, Value v, const Str *name, Span at);
bool value_getitem(Interp *in, Value v, Value key, Value *out, Span at);
bool value_setitem(Interp *in, Value v, Value key, Value x, Span at);
bool value_delitem(Interp *in, Value v, Value key, Span at);
bool value_len(Interp *in, Value v, int64_t *out, Span at);
void value_repr(Interp *in, Value v, Buf *out);
void value_str(Interp *in, Value v, Buf *out);
/* As !r, !s or !a (repr with escapes beyond ASCII). */
void value_text(Interp *in, Value v, char how, Buf *out);
bool value_format(Interp *in, Value v, const char *spec, size_t n, Buf *out, Span at);
/* Iteration. After value_iter, value_next gives 1 and an item, 0 at the end, -1 on failure. */
bool value_iter(Interp *in, Value v, Value *iter, Span at);
int value_next(Interp *in, Value iter, Value *out, Span at);
/* All items into a fresh V_LIST (a copy). */
bool value_to_list(Interp *in, Value v, Value *list, Span at);

bool dict_get(Interp *in, Value d, Value key, Value *out); /* false: absent (not an error) */
bool dict_set(Interp *in, Value d, Value key, Value v, Span at);

/* Numbers out of Values: bool, int, float, numpy scalars and rank-0 arrays as Python's __index__
 * and __float__ take them. `what` names the thing in the message. */
bool as_int(Interp *in, Value v, int64_t *out, const char *what, Span at);
bool as_double(Interp *in, Value v, double *out, const char *what, Span at);
bool as_str(Interp *in, Value v, const Str **out, const char *what, Span at);
/* A path: a str, or what __fspath__ gives. */
bool as_path(Interp *in, Value v, const Str **out, const char *what, Span at);
/* __index__ without a report: false if v is no int; larger than 128 bits gives the nearest. */
bool is_index(Interp *in, Value v, Big *out);
/* An object with __index__ becomes what that gives. */
bool ask_index(Interp *in, Value *v, Span at);
bool slice_bounds(Interp *in, Value slice, int64_t len, int64_t *start, int64_t *stop,
                  int64_t *step, int64_t *count, Span at);
/* A dtype given in any of Python's ways: np.float32, float, "float32", "<f4", np.dtype. */
bool as_dtype(Interp *in, Value v, DType *out, Span at);

/* ---- argument lists of C functions ----
 * args_bind(in, args, "axis=,keepdims=", out): names in order; `name` required, `name=` optional
 * (V_UNSET when absent; a default may follow, which only the function looks at), `*` before
 * keyword-only ones, `/` after positional-only ones. Reports Python's TypeErrors; `fn` names the
 * function in them. */
bool args_bind(Interp *in, const char *fn, const Args *args, const char *params, Value *out);
/* The span of argument `name` (or of the call when it was not given by keyword). */
Span args_span(const Args *args, const char *name, uint32_t index);

#endif
