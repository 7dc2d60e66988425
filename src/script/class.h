/* class.h: classes that scripts define, their instances, and exceptions, which are instances of
 * classes too.
 *
 * A class is a ClassObj. Its instances are InstanceObjs, but those of subclasses of dict, list,
 * tuple, str, bytes and set are such objects themselves, so that C code takes them for what they
 * are: Obj.sub is set then, and what the class adds stands in a Sub behind them. Those of
 * subclasses of int and float are InstanceObjs that hold a number (instance_value).
 *
 * Special methods are looked up in the class by number (SPECIALS). value_*() ask for them first and
 * go on with the builtin meaning where there is none. They run with collections put off
 * (Interp.nogc), since their callers hold Values in C.
 */
#ifndef MILC_CLASS_H
#define MILC_CLASS_H

#include "run.h"

typedef struct ClassObj {
	Obj obj;
	const Str *name, *qualname;
	Value dict;            /* its own attributes */
	Value bases, mro;      /* tuples of V_CLASS and V_TYPE; mro: itself first, object last */
	struct ClassObj *meta; /* 0: type */
	VKind of; /* of its instances, or what they hold: V_INSTANCE, V_DICT, V_INT … */
	bool exception, metaclass;
	const Native *methods; /* of one made in C; may be 0 */
	const char *module;
} ClassObj;
#define CLASS_OF(v) ((ClassObj *)(v).o)

typedef struct InstanceObj {
	Obj obj;
	ClassObj *cls;
	Value dict; /* V_UNSET: no attributes yet */
	Value base; /* the number that it is, or the args of an exception; else V_UNSET */
	const struct Raised *raised; /* of an exception: where, and what is said; 0: not yet */
} InstanceObj;
#define INSTANCE_OF(v) ((InstanceObj *)(v).o)

typedef struct Sub { /* behind an object of a builtin kind whose class is not that of its kind */
	ClassObj *cls;
	Value dict;
} Sub;

typedef struct MethodObj {
	Obj obj;
	Value fn, self;
} MethodObj;
#define METHOD_OF(v) ((MethodObj *)(v).o)

#define SPECIALS(X)                                                                                \
	X(init)                                                                                    \
	X(new) X(call) X(repr) X(str) X(format) X(bool) X(len) X(getitem) X(setitem) X(delitem)    \
	    X(contains) X(iter) X(next) X(reversed) X(enter) X(exit) X(eq) X(ne) X(lt) X(le) X(gt) \
	        X(ge) X(hash) X(getattr) X(setattr) X(delattr) X(missing) X(int) X(float) X(index) \
	            X(abs) X(round) X(neg) X(pos) X(invert) X(add) X(sub) X(mul) X(truediv)        \
	                X(floordiv) X(mod) X(pow) X(matmul) X(and) X(or) X(xor) X(lshift)          \
	                    X(rshift) X(radd) X(rsub) X(rmul) X(rtruediv) X(rfloordiv) X(rmod)     \
	                        X(rpow) X(rmatmul) X(rand) X(ror) X(rxor) X(rlshift) X(rrshift)    \
	                            X(iadd) X(isub) X(imul) X(itruediv) X(ifloordiv) X(imod)       \
	                                X(ipow) X(imatmul) X(iand) X(ior) X(ixor) X(ilshift)       \
	                                    X(irshift) X(fspath) X(set_name) X(init_subclass)      \
	                                        X(class_getitem) X(dict) X(class) X(doc) X(module) \
	                                            X(annotations) X(abstractmethods) X(copy)      \
	                                                X(deepcopy) X(instancecheck)               \
	                                                    X(subclasscheck) X(post_init)          \
	                                                        X(divmod) X(bytes)
typedef enum Special {
#define SPECIAL_ID(n) SP_##n,
	SPECIALS(SPECIAL_ID)
#undef SPECIAL_ID
	    SP_COUNT
} Special;

static inline Sub *
sub_of(Obj *o)
{
	size_t n = o->kind == V_DICT || o->kind == V_SET ? sizeof(DictObj)
	           : o->kind == V_LIST || o->kind == V_TUPLE
	               ? sizeof(SeqObj)
	               : (sizeof(StrObj) + ((StrObj *)o)->room + 1 + 15) / 16 * 16;

	return (Sub *)((char *)o + n);
}

/* The class of an object of a script's class; 0: it has none. */
static inline ClassObj *
class_of(Value v)
{
	if (v.kind == V_INSTANCE)
		return INSTANCE_OF(v)->cls;
	return v.kind >= V_STR && v.kind <= V_SET && v.o->sub ? sub_of(v.o)->cls : 0;
}

/* ---- class.c ---- */
bool exec_class(Interp *in, const Stmt *s);
/* type(name, bases, dict); keywords go to __init_subclass__. */
bool class_make(Interp *in, ClassObj *meta, const Str *name, Value bases, Value dict,
                const Args *keywords, Span at, Value *out);
/* A class that scripts may derive from; base V_UNSET: object. */
Value class_native(Interp *in, const char *name, const char *module, Value base,
                   const Native *methods);
bool class_lookup(Interp *in, const ClassObj *c, const Str *name, Value *out);
bool class_has(Interp *in, const ClassObj *c,
               Value type); /* is a subclass of that V_CLASS, V_TYPE */
const Str *special_name(Interp *in, Special s);
/* Of the object's class; false: it has none of its own. */
bool special_find(Interp *in, Value v, Special s, Value *fn);
/* Calls it with v and n more: 1; 0: there is none (nothing was done), -1 failed. */
int special_call(Interp *in, Value v, Special s, const Value *more, uint32_t n, Value *out,
                 Span at);
bool value_iterable(Interp *in, Value v); /* by its kind or class; iterating may still fail */
int type_special(Interp *in, Value cls, Special s, const Value *more, uint32_t n, Value *out,
                 Span at); /* of the class's class */
/* As an attribute of self (or, V_UNSET, of the class cls): methods are bound, properties asked. */
bool attr_bind(Interp *in, Value attr, Value self, Value cls, Value *out, Span at);
bool class_call(Interp *in, Value cls, const Args *args, Value *out);
bool method_call(Interp *in, Value fn, Value self, const Args *args, Value *out);
Value vmethod(Interp *in, Value fn, Value self);
Value instance_new(Interp *in, ClassObj *c);        /* without __init__ */
Value *object_dict(Interp *in, Value v, bool make); /* of its attributes; 0: it has none */

bool default_init(Interp *in, Value v, const Args *args);
NATIVE_EXTERN(object_new); /* __new__ of the builtin types: cls, … */
bool class_instantiate(Interp *in, Value cls, const Args *args, Value *out);
Value object_class(Interp *in);                                      /* of object() itself */
bool type_new(Interp *in, Value meta, const Args *args, Value *out); /* name, bases, dict */
/* A function in C that is a method, not bound yet: its first argument will be self. */
#define UNBOUND ((Value){.kind = V_NOTIMPLEMENTED})

/* The function that obj.name(…) calls with obj first; false: it is something else. */
bool plain_method(Interp *in, Value obj, const Str *name, Value *fn);

/* ---- object.c: attributes of objects and classes, super, property and kin; what object's and the
 * builtin types' own special methods do ---- */
int object_getattr(Interp *in, Value v, const Str *name, Value *out, Span at, bool soft);
bool object_setattr(Interp *in, Value v, const Str *name, Value x, Span at);
bool object_delattr(Interp *in, Value v, const Str *name, Span at);
bool class_setattr(Interp *in, Value cls, const Str *name, Value x, Span at);
Value function_doc(Interp *in, const FuncExpr *f); /* its docstring, or None */
int function_getattr(Interp *in, Value v, const Str *name, Value *out);
int method_getattr(Interp *in, Value v, const Str *name, Value *out);
Value class_annotation(Interp *in, const Expr *e);
bool object_setplain(Interp *in, Value v, const Str *name, Value x, Span at);
int class_getattr(Interp *in, Value cls, const Str *name, Value *out, Span at);
extern const HostType super_type, staticmethod_type, classmethod_type;
Value vclassmethod(Interp *in, Value fn);
static inline Value
wrapped(Value v) /* the function in one of the last two */
{
	return *(Value *)HOST_OF(v)->data;
}
/* dict.__getitem__ and kin: of that builtin kind (TYPE_OBJECT: of every object). */
const Native *dunder_find(int kind, const Str *name);
/* Whether the builtin type itself has it, so that classes behind it are not asked. */
bool dunder_defined(Value type, const Str *name);
extern const Native object_builtins[];  /* property, staticmethod, classmethod */
extern const Native super_builtins[];   /* function.c */
/* An attribute of its own, not of its class. */
bool object_own(Interp *in, Value v, const Str *name, Value *out);
extern const Native reflect_builtins[]; /* reflect.c: hash, vars, exec … */
/* Parses and runs a module of ours. */
bool interp_run_module(Interp *in, const Source *src, Space *space);

/* ---- exc.c ---- */
typedef struct Raised {
	const DiagNote *note; /* an error and its notes, maybe more */
	uint32_t n, calls;    /* calls: between where it was caught first and there */
	Span at;
} Raised;
Value trace_value(Interp *in, const Raised *r, uint32_t calls); /* __traceback__: trace.c */
bool exception_lookup(Interp *in, const Str *name, Value *out);
Value exc_class(Interp *in, const char *name); /* of a builtin one */
Value exc_make(Interp *in, Value cls, const Value *args, uint32_t n);
void exc_set_cause(Interp *in, Value exc, Value cause);
/* What a report in C knows of it beside its text: the name that was looked for, the context. */
void exc_describe(Interp *in, Value exc, const char *text, Value context);
/* OSError(2, …) is a FileNotFoundError: the class that cls(v[0], …) makes. */
Value exc_exact(Interp *in, Value cls, const Value *v, uint32_t n);
bool exc_matches(Interp *in, Value exc, Value type, bool *yes, Span at);
int exc_getattr(Interp *in, Value v, const Str *name, Value *out);
bool exc_setattr(Interp *in, Value v, const Str *name, Value x, bool *done);
/* except C1, (C2, C3): must be classes of exceptions. */
Flow exec_raise(Interp *in, const Stmt *s);

/* ---- attempt.c: what is being caught ---- */
typedef struct Attempt {
	uint32_t nerror;
	Value *sp;
	Kwarg *kwsp;
	Frame *frame;
	uint32_t depth;
	Span here;
	struct Space *space;
} Attempt;
void attempt_begin(Interp *in, Attempt *a);
void attempt_end(Interp *in, Attempt *a); /* errors are said again, where nobody else catches */
/* After a failure: the exception that it is, which is no longer on its way; V_UNSET: it is none
 * that could be caught. */
Value attempt_take(Interp *in, const Attempt *a);
void attempt_drop(Interp *in, const Attempt *a); /* whatever failed is forgotten */
void attempt_first(void *ctx, const char *fmt, va_list ap);
void attempt_again(Interp *in, Value exc); /* on its way once more */
/* After a failure: 0, and it is forgotten, where it is an instance of that builtin class, which
 * *exc (may be 0) is; else -1, and it is on its way as before. */
int attempt_failed(Interp *in, const Attempt *a, const char *class, Value *exc);
/* Calls it: 1; 0: it raised an instance of that builtin class, which *exc (may be 0) is. */
int call_catching(Interp *in, Value fn, const Args *a, Value *out, const char *class, Value *exc);
/* exec.c */
bool call_decorator(Interp *in, const Expr *e, Value deco, Value *fn);

Flow exec_try(Interp *in, const Stmt *s);
Flow exec_with(Interp *in, const Stmt *s);

/* ---- generator.c ----
 * A generator's code runs until it yields; then each statement that it stands in leaves what it
 * needs to go on, the innermost first, and takes it again on the way back. */
typedef struct Waiting {
	const Stmt *s; /* of a block: where it stands */
	int64_t i, n;
	Value v[2];
} Waiting;
void wait_at(Interp *in, const Stmt *s, int64_t i, int64_t n, Value v0, Value v1);
Waiting *resume_take(Interp *in, Waiting *w); /* w, or 0: it is not on the way back */
Value generator_new(Interp *in, const ClosureObj *fo, const Value *slot, Span at);
/* The yield that s does; 0: none. */
const Expr *yield_of(const Stmt *s);
/* FLOW_YIELD, FLOW_FAIL; FLOW_NEXT: in->sent is its value, with which s goes on. */
Flow exec_yield(Interp *in, const Stmt *s, const Expr *e);
bool is_generator(Value v);
const char *generator_name(Value v); /* 0: it is none */
void generator_stopped(Interp *in, Value exc, Span at);
Value generator_result(Value v); /* what a finished one returned */
bool generator_close(Interp *in, Value v, Span at);

/* ---- match.c ---- */
Flow exec_match(Interp *in, const Stmt *s);

#endif
