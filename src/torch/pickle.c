/* pickle.c: the machine of pickles, without its power: a stack of values, a memo, and a list of
 * functions that are known by name (pickle_call.c). No step recurses, and each costs a byte of the
 * pickle.
 */
#include "pickle_impl.h"

enum {
	OP_MARK = '(', OP_STOP = '.', OP_POP = '0', OP_POP_MARK = '1', OP_DUP = '2',
	OP_BINFLOAT = 'G', OP_BININT = 'J', OP_BININT1 = 'K', OP_BININT2 = 'M', OP_NONE = 'N',
	OP_BINPERSID = 'Q', OP_REDUCE = 'R', OP_BINUNICODE = 'X', OP_EMPTY_LIST = ']',
	OP_APPEND = 'a', OP_BUILD = 'b', OP_GLOBAL = 'c', OP_APPENDS = 'e', OP_BINGET = 'h',
	OP_LONG_BINGET = 'j', OP_BINPUT = 'q', OP_LONG_BINPUT = 'r', OP_SETITEM = 's',
	OP_TUPLE = 't', OP_EMPTY_TUPLE = ')', OP_SETITEMS = 'u', OP_EMPTY_DICT = '}',
	OP_BINBYTES = 'B', OP_SHORT_BINBYTES = 'C', OP_BINSTRING = 'T', OP_SHORT_BINSTRING = 'U',
	OP_PROTO = 0x80, OP_NEWOBJ = 0x81, OP_TUPLE1 = 0x85, OP_TUPLE2 = 0x86, OP_TUPLE3 = 0x87,
	OP_NEWTRUE = 0x88, OP_NEWFALSE = 0x89, OP_LONG1 = 0x8a, OP_LONG4 = 0x8b,
	OP_SHORT_BINUNICODE = 0x8c, OP_EMPTY_SET = 0x8f, OP_ADDITEMS = 0x90,
	OP_STACK_GLOBAL = 0x93, OP_MEMOIZE = 0x94, OP_FRAME = 0x95,
};

bool
unpickle_fail(Unpickler *u, const char *what)
{
	return diag_error(u->ar->diag, u->place, "the pickle cannot be read at byte %zu: %s", u->at,
	                  what);
}

PValue *
pvalue_new(Unpickler *u, PKind kind)
{
	PValue *v = new (u->ar->arena, PValue);

	v->kind = kind;
	v->at = (uint32_t)u->at;
	return v;
}

PValue *
pvalue_list(Unpickler *u, PKind kind, PValue *const *item, uint32_t n)
{
	PValue *v = pvalue_new(u, kind);

	v->list.n = kind == P_DICT ? n / 2 : n;
	v->list.cap = n;
	v->list.item = n ? arena_dup(u->ar->arena, item, n * sizeof *item) : 0;
	return v;
}

/* ---- the stack ---- */

static bool
push(Unpickler *u, PValue *v)
{
	if (v)
		vec_push(u->ar->arena, &u->stack, v);
	return v != 0;
}

static bool
push_int(Unpickler *u, PKind kind, int64_t i)
{
	PValue *v = pvalue_new(u, kind);

	v->i = i;
	return push(u, v);
}

/* How many values lie above the last mark; it goes. */
static bool
pop_mark(Unpickler *u, uint32_t *first, uint32_t *n)
{
	uint32_t i = u->stack.n;

	while (i > 0 && u->stack.at[i - 1]->kind != P_MARK)
		i--;
	if (i == 0)
		return unpickle_fail(u, "there is no mark where one is needed");
	*n = u->stack.n - i;
	memmove(&u->stack.at[i - 1], &u->stack.at[i], *n * sizeof *u->stack.at);
	*first = i - 1;
	u->stack.n--;
	return true;
}

static bool
has(Unpickler *u, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (i >= u->stack.n || u->stack.at[u->stack.n - 1 - i]->kind == P_MARK)
			return unpickle_fail(u, "a value is missing");
	return true;
}

static bool
make(Unpickler *u, PKind kind, uint32_t first, uint32_t n)
{
	PValue *v = pvalue_list(u, kind, u->stack.at + first, n);

	u->stack.n = first;
	return push(u, v);
}

/* Items from `first` on go into the list or dict below them. */
static bool
extend(Unpickler *u, PKind kind, uint32_t first, uint32_t n)
{
	PValue *to = first ? u->stack.at[first - 1] : 0;
	uint32_t have, step = kind == P_DICT ? 2 : 1;

	if (!to || to->kind != kind || n % step)
		return unpickle_fail(u, "items are added to what takes none");
	have = to->list.n * step;
	if (have + n > to->list.cap) {
		uint32_t cap = MAX(2 * to->list.cap, have + n);
		PValue **item = newn(u->ar->arena, PValue *, cap);

		if (have)
			memcpy(item, to->list.item, have * sizeof *item);
		to->list.item = item;
		to->list.cap = cap;
	}
	if (n)
		memcpy(to->list.item + have, u->stack.at + first, n * sizeof *to->list.item);
	to->list.n += n / step;
	u->stack.n = first;
	return true;
}

/* ---- operands in the bytes ---- */

static bool
take(Unpickler *u, size_t n, const char **out)
{
	if (n > u->n - u->next)
		return unpickle_fail(u, "it is cut off");
	*out = u->s + u->next;
	u->next += n;
	return true;
}

static bool
take_number(Unpickler *u, int bytes, uint64_t *out)
{
	const char *p = 0;

	if (!take(u, (size_t)bytes, &p))
		return false;
	*out = get_le(p, bytes);
	return true;
}

static bool
take_text(Unpickler *u, PKind kind, int bytes)
{
	uint64_t n = 0;
	const char *p = 0;
	PValue *v;

	if (!take_number(u, bytes, &n) || !take(u, (size_t)MIN(n, SIZE_MAX), &p))
		return false;
	v = pvalue_new(u, kind);
	v->s = intern(u->names, p, (size_t)n);
	return push(u, v);
}

static bool
take_long(Unpickler *u, int bytes)
{
	uint64_t n = 0, i;
	const char *p = 0;

	if (!take_number(u, bytes, &n) || !take(u, (size_t)MIN(n, SIZE_MAX), &p))
		return false;
	if (n > 8)
		return unpickle_fail(u, "an integer has more than 64 bits");
	i = get_le(p, (int)n);
	if (n && n < 8 && (p[n - 1] & 0x80))
		i |= ~(uint64_t)0 << (8 * n);
	return push_int(u, P_INT, (int64_t)i);
}

static bool
take_float(Unpickler *u)
{
	const char *p = 0;
	char turned[8];
	PValue *v;

	if (!take(u, 8, &p))
		return false;
	for (int i = 0; i < 8; i++)
		turned[i] = p[7 - i];
	v = pvalue_new(u, P_FLOAT);
	memcpy(&v->f[0], turned, 8);
	return push(u, v);
}

/* ---- names ---- */

/* Those that a file of PyTorch has no reason to name are refused here already. */
static bool
push_name(Unpickler *u, const char *module, size_t nmodule, const char *name, size_t n)
{
	static const char *const known[] = {"torch",    "__torch__",   "collections",
	                                    "builtins", "__builtin__", "_codecs"};
	size_t first = 0;
	PValue *v = pvalue_new(u, P_NAME);

	v->s = intern_printf(u->names, "%.*s.%.*s", (int)nmodule, module, (int)n, name);
	while (first < nmodule && module[first] != '.')
		first++;
	for (size_t i = 0; i < countof(known); i++)
		if (strlen(known[i]) == first && memcmp(known[i], module, first) == 0)
			return push(u, v);
	return diag_error(u->ar->diag, u->place,
	                  "the pickle names %.200s at byte %zu, which is foreign to PyTorch: it is "
	                  "not followed",
	                  v->s->s, u->at);
}

static bool
take_line(Unpickler *u, const char **out, size_t *n)
{
	const char *p = u->s + u->next, *end = memchr(p, '\n', u->n - u->next);

	if (!end)
		return unpickle_fail(u, "it is cut off");
	*out = p;
	*n = (size_t)(end - p);
	u->next += *n + 1;
	return true;
}

static bool
take_global(Unpickler *u)
{
	const char *module = 0, *name = 0;
	size_t nmodule = 0, n = 0;

	return take_line(u, &module, &nmodule) && take_line(u, &name, &n) &&
	       push_name(u, module, nmodule, name, n);
}

static bool
stack_global(Unpickler *u)
{
	const PValue *module, *name;

	if (!has(u, 2))
		return false;
	name = u->stack.at[u->stack.n - 1];
	module = u->stack.at[u->stack.n - 2];
	u->stack.n -= 2;
	if (name->kind != P_TEXT || module->kind != P_TEXT)
		return unpickle_fail(u, "a name is no text");
	return push_name(u, module->s->s, module->s->len, name->s->s, name->s->len);
}

/* ---- the memo ---- */

static bool
memo_put(Unpickler *u, uint64_t i)
{
	if (!has(u, 1))
		return false;
	map_put(&u->memo, i, u->stack.at[u->stack.n - 1]);
	return true;
}

static bool
memo_get(Unpickler *u, int bytes)
{
	uint64_t i = 0;

	if (!take_number(u, bytes, &i))
		return false;
	return push(u, map_get(&u->memo, i)) ||
	       unpickle_fail(u, "it refers to a value that is not there");
}

/* ---- objects ---- */

/* Calls f with args, both on the stack. */
static bool
reduce(Unpickler *u)
{
	PValue *f, *args;

	if (!has(u, 2))
		return false;
	args = u->stack.at[u->stack.n - 1];
	f = u->stack.at[u->stack.n - 2];
	u->stack.n -= 2;
	if (f->kind != P_NAME || args->kind != P_TUPLE)
		return unpickle_fail(u, "something else than a function is called");
	return push(u, unpickle_call(u, f->s, args));
}

static bool
new_object(Unpickler *u)
{
	const PValue *type;
	PValue *v;

	if (!has(u, 2))
		return false;
	type = u->stack.at[u->stack.n - 2];
	u->stack.n -= 2;
	if (type->kind != P_NAME || strncmp(type->s->s, "__torch__.", 10) != 0)
		return diag_error(u->ar->diag, u->place,
		                  "the pickle makes an object of the class %.200s at byte %zu: "
		                  "expected classes of __torch__",
		                  type->kind == P_NAME ? type->s->s : pvalue_kind(type), u->at);
	v = pvalue_new(u, P_OBJECT);
	v->object.type = type->s;
	return push(u, v);
}

/* The state of an object; what dicts have as attributes says nothing. */
static bool
build(Unpickler *u)
{
	PValue *v, *state;

	if (!has(u, 2))
		return false;
	state = u->stack.at[--u->stack.n];
	v = u->stack.at[u->stack.n - 1];
	if (v->kind == P_OBJECT)
		v->object.state = state;
	return v->kind == P_OBJECT || v->kind == P_DICT ||
	       unpickle_fail(u, "a state is given to what has none");
}

static bool
marked(Unpickler *u, bool (*fn)(Unpickler *, PKind, uint32_t, uint32_t), PKind kind)
{
	uint32_t first, n;

	return pop_mark(u, &first, &n) && fn(u, kind, first, n);
}

static bool
last(Unpickler *u, bool (*fn)(Unpickler *, PKind, uint32_t, uint32_t), PKind kind, uint32_t n)
{
	return has(u, n) && fn(u, kind, u->stack.n - n, n);
}

static bool
step(Unpickler *u, unsigned char op)
{
	uint64_t n = 0;
	uint32_t first = 0, count = 0;
	const char *p = 0;

	switch (op) {
	case OP_PROTO:
		return take_number(u, 1, &n) &&
		       (n <= 5 || unpickle_fail(u, "its protocol is not known"));
	case OP_FRAME:
		return take(u, 8, &p);
	case OP_MARK:
		return push(u, pvalue_new(u, P_MARK));
	case OP_NONE:
		return push(u, pvalue_new(u, P_NONE));
	case OP_NEWTRUE:
	case OP_NEWFALSE:
		return push_int(u, P_BOOL, op == OP_NEWTRUE);
	case OP_BININT:
		return take_number(u, 4, &n) && push_int(u, P_INT, (int32_t)n);
	case OP_BININT1:
		return take_number(u, 1, &n) && push_int(u, P_INT, (int64_t)n);
	case OP_BININT2:
		return take_number(u, 2, &n) && push_int(u, P_INT, (int64_t)n);
	case OP_LONG1:
		return take_long(u, 1);
	case OP_LONG4:
		return take_long(u, 4);
	case OP_BINFLOAT:
		return take_float(u);
	case OP_BINUNICODE:
	case OP_BINSTRING:
		return take_text(u, P_TEXT, 4);
	case OP_SHORT_BINUNICODE:
	case OP_SHORT_BINSTRING:
		return take_text(u, P_TEXT, 1);
	case OP_BINBYTES:
		return take_text(u, P_BYTES, 4);
	case OP_SHORT_BINBYTES:
		return take_text(u, P_BYTES, 1);
	case OP_EMPTY_TUPLE:
		return make(u, P_TUPLE, u->stack.n, 0);
	case OP_TUPLE1:
	case OP_TUPLE2:
	case OP_TUPLE3:
		return last(u, make, P_TUPLE, op - OP_TUPLE1 + 1u);
	case OP_TUPLE:
		return marked(u, make, P_TUPLE);
	case OP_EMPTY_LIST:
	case OP_EMPTY_SET:
		return make(u, P_LIST, u->stack.n, 0);
	case OP_EMPTY_DICT:
		return make(u, P_DICT, u->stack.n, 0);
	case OP_APPEND:
		return last(u, extend, P_LIST, 1);
	case OP_APPENDS:
	case OP_ADDITEMS:
		return marked(u, extend, P_LIST);
	case OP_SETITEM:
		return last(u, extend, P_DICT, 2);
	case OP_SETITEMS:
		return marked(u, extend, P_DICT);
	case OP_POP:
		return has(u, 1) && u->stack.n--;
	case OP_POP_MARK:
		if (!pop_mark(u, &first, &count))
			return false;
		u->stack.n = first;
		return true;
	case OP_DUP:
		return has(u, 1) && push(u, u->stack.at[u->stack.n - 1]);
	case OP_GLOBAL:
		return take_global(u);
	case OP_STACK_GLOBAL:
		return stack_global(u);
	case OP_BINGET:
		return memo_get(u, 1);
	case OP_LONG_BINGET:
		return memo_get(u, 4);
	case OP_BINPUT:
		return take_number(u, 1, &n) && memo_put(u, n);
	case OP_LONG_BINPUT:
		return take_number(u, 4, &n) && memo_put(u, n);
	case OP_MEMOIZE:
		return memo_put(u, u->memo.n);
	case OP_BINPERSID:
		return has(u, 1) && push(u, unpickle_storage(u, u->stack.at[--u->stack.n]));
	case OP_REDUCE:
		return reduce(u);
	case OP_NEWOBJ:
		return new_object(u);
	case OP_BUILD:
		return build(u);
	default:
		return diag_error(u->ar->diag, u->place,
		                  "the pickle has the operation 0x%02x at byte %zu, which PyTorch "
		                  "does not write",
		                  op, u->at);
	}
}

const PValue *
pickle_read(Archive *ar, Interner *names, const char *member, const char *storages)
{
	Unpickler u = {.ar = ar, .names = names, .storages = storages};

	u.place = archive_place(ar, member);
	map_init(&u.memo, ar->arena);
	map_init(&u.storage, ar->arena);
	if (!archive_get(ar, member, &u.s, &u.n))
		return 0;
	if (u.n > UINT32_MAX) {
		unpickle_fail(&u, "it is larger than 4 GiB");
		return 0;
	}
	while (u.next < u.n) {
		u.at = u.next++;
		if (u.s[u.at] == OP_STOP && has(&u, 1))
			return u.stack.at[u.stack.n - 1];
		if (u.s[u.at] == OP_STOP || !step(&u, (unsigned char)u.s[u.at]))
			return 0;
	}
	u.at = u.n;
	unpickle_fail(&u, "it is cut off");
	return 0;
}

/* ---- asking ---- */

const PValue *
pvalue_get(const PValue *v, const char *name)
{
	size_t n = strlen(name);

	if (v->kind == P_OBJECT)
		v = v->object.state;
	for (uint32_t i = 0; v && v->kind == P_DICT && i < v->list.n; i++) {
		const PValue *key = v->list.item[2 * i];

		if (key->kind == P_TEXT && key->s->len == n && memcmp(key->s->s, name, n) == 0)
			return v->list.item[2 * i + 1];
	}
	return 0;
}

const char *
pvalue_kind(const PValue *v)
{
	static const char *const kinds[] = {
	    "None",   "a bool", "an integer", "a float", "a complex number",
	    "a text", "bytes",  "a tuple",    "a list",  "a dict",
	    "an object", "a name", "a tensor", "a storage", "a mark",
	};

	return kinds[v->kind];
}
