/* datatypes.c: see datatypes.h. */
#include "datatypes.h"

#include "script/core.h"

#include <stdlib.h>

#include "Model.pb-c.h"

enum { MAX_FEATURES = 1 << 20 };

static const HostType types[DATA_DICT + 1];
static int datatype_getattr(Interp *in, HostObj *self, const Str *name, Value *out);

static const DataType *
data_of(Value v)
{
	return HOST_OF(v)->data;
}

static bool
is_datatype(Value v)
{
	return v.kind == V_HOST && HOST_OF(v)->type->getattr == datatype_getattr;
}

bool
datatype_same(const DataType *a, const DataType *b)
{
	return a->kind == b->kind && (a->kind != DATA_DICT || a->key == b->key) &&
	       a->rank == b->rank &&
	       (!a->rank || !memcmp(a->dim, b->dim, a->rank * sizeof *a->dim));
}

int64_t
datatype_count(const DataType *t)
{
	int64_t n = t->kind == DATA_DICT ? -1 : 1;

	for (uint32_t k = 0; k < t->rank; k++)
		if (__builtin_mul_overflow(n, t->dim[k], &n))
			return INT64_MAX;
	return n;
}

bool
datatype_of(Value v, DataType *out)
{
	const HostType *class = v.kind == V_TYPE ? host_type_of(v) : NULL;

	*out = (DataType){0};
	if (is_datatype(v)) {
		*out = *data_of(v);
		return true;
	}
	for (int k = 0; k <= DATA_STRING; k++) {
		static const int python[] = {V_INT, V_FLOAT, V_STR};
		out->kind = (DataKind)k;
		if (class == &types[k] || (v.kind == V_TYPE && v.i == python[k]) ||
		    (v.kind == V_STR && !strcmp(STR_OF(v)->s, types[k].name)))
			return true;
	}
	return false;
}

/* ---- the classes ---- */

/* As in the peer, of NumPy's ints only those that people have: np.prod() and the like. */
static bool
is_dimension(Value v)
{
	return v.kind == V_INT || v.kind == V_BIG ||
	       (v.kind == V_NPSCALAR &&
	        (ARRAY_OF(v)->dtype == DT_INT64 || ARRAY_OF(v)->dtype == DT_INT32));
}

static bool
take_dims(Interp *in, const Args *args, DataType *t)
{
	int64_t *dim = newn(interp_arena(in), int64_t, args->npos + 1);

	if (!args->npos)
		return fail(in, args->span, "an Array has at least one dimension: Array(3)");
	for (uint32_t i = 0; i < args->npos; i++) {
		Value v = args->pos[i];
		Big n;
		if (!is_dimension(v) || !is_index(in, v, &n) || n < INT64_MIN || n > INT64_MAX)
			return fail(in, args->span,
			            "the dimensions of an Array are ints of 64 bits, found %.80s "
			            "of type '%s'",
			            shown(in, v), type_name(v));
		dim[i] = (int64_t)n;
	}
	t->rank = args->npos;
	t->dim = dim;
	return true;
}

static bool
take_key(Interp *in, const Args *args, DataType *t)
{
	Value v = args->npos ? args->pos[0] : args->nkw ? args->kw[0].val : VNONE;
	DataType key;

	if (args->npos + args->nkw > 1 || !datatype_of(v, &key) ||
	    (key.kind != DATA_INT64 && key.kind != DATA_STRING))
		return fail(in, args->span, "a Dictionary has one key type, String() or Int64()");
	t->key = key.kind;
	return true;
}

NATIVE(datatype_make)
{
	DataType *t = new (interp_arena(in), DataType);
	const HostType *class = host_type_of(self);

	t->kind = (DataKind)(class - types);
	*out = vhost(in, class, t);
	if (t->kind == DATA_ARRAY)
		return take_dims(in, args, t);
	if (t->kind == DATA_DICT)
		return take_key(in, args, t);
	return !(args->npos + args->nkw) ||
	       fail(in, args->span, "%s() takes no arguments", class->name);
}

Value
datatype_value(Interp *in, const DataType *t)
{
	DataType *copy = arena_dup(interp_arena(in), t, sizeof *t);

	if (t->rank)
		copy->dim = arena_dup(interp_arena(in), t->dim, t->rank * sizeof *t->dim);
	return vhost(in, &types[t->kind], copy);
}

static void
put_name(Buf *b, const DataType *t)
{
	buf_puts(b, types[t->kind].name);
	if (t->kind == DATA_DICT)
		buf_printf(b, "(%s)", types[t->key].name);
	if (t->kind != DATA_ARRAY)
		return;
	buf_puts(b, "({");
	for (uint32_t k = 0; k < t->rank; k++)
		buf_printf(b, "%s%lld", k ? "," : "", (long long)t->dim[k]);
	buf_puts(b, "})");
}

static void
datatype_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	put_name(out, self->data);
}

static int
datatype_equal(UNUSED Interp *in, HostObj *a, Value b)
{
	return is_datatype(b) && datatype_same(a->data, data_of(b));
}

static uint64_t
datatype_hash(HostObj *a)
{
	Buf b = {0};
	uint64_t h;

	put_name(&b, a->data);
	h = hash_bytes(b.at, b.n, 0);
	buf_free(&b);
	return h;
}

static int
datatype_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const DataType *t = self->data;
	int64_t n = datatype_count(t);
	Buf b = {0};

	if (str_is(name, "num_elements")) {
		*out = n < 0 ? VNONE : vint(n);
	} else if (str_is(name, "type_tag")) {
		*out = vstrz(in, types[t->kind].name);
	} else if (str_is(name, "full_tag")) {
		put_name(&b, t);
		*out = vstr(in, b.at, b.n);
		buf_free(&b);
	} else if (t->kind == DATA_DICT && str_is(name, "key_type")) {
		DataType *key = new (interp_arena(in), DataType);
		key->kind = t->key;
		*out = vhost(in, &types[t->key], key);
	} else if (t->kind == DATA_ARRAY && str_is(name, "dimensions")) {
		*out = vtuple(in, NULL, t->rank);
		for (uint32_t k = 0; k < t->rank; k++)
			SEQ_OF(*out)->at[k] = vint(t->dim[k]);
	} else {
		return 0;
	}
	return 1;
}

#define DATATYPE(n)                                                                                \
	{                                                                                          \
		.name = n, .module = "coremltools.models.datatypes", .getattr = datatype_getattr,  \
		.repr = datatype_repr, .equal = datatype_equal, .hash = datatype_hash,             \
		.make = datatype_make                                                              \
	}
static const HostType types[DATA_DICT + 1] = {
    [DATA_INT64] = DATATYPE("Int64"),     [DATA_DOUBLE] = DATATYPE("Double"),
    [DATA_STRING] = DATATYPE("String"),   [DATA_ARRAY] = DATATYPE("Array"),
    [DATA_DICT] = DATATYPE("Dictionary"),
};

static Value
make_class(UNUSED Interp *in, const Member *m)
{
	return vhosttype(m->p);
}

const Member datatypes_members[] = {
    MEMBER("Int64", make_class, &types[DATA_INT64], 0),
    MEMBER("Double", make_class, &types[DATA_DOUBLE], 0),
    MEMBER("String", make_class, &types[DATA_STRING], 0),
    MEMBER("Array", make_class, &types[DATA_ARRAY], 0),
    MEMBER("Dictionary", make_class, &types[DATA_DICT], 0),
    END_MEMBER,
};

/* ---- in messages ---- */

static void
put_dims(Msg *array, const DataType *t)
{
	const ProtobufCEnumDescriptor *codes =
	    &core_ml__specification__array_feature_type__array_data_type__descriptor;

	msg_int(array, "dataType",
	        protobuf_c_enum_descriptor_get_value_by_name(codes, "DOUBLE")->value);
	msg_ints(array, "shape", t->dim, t->rank);
}

void
datatype_put(Msg *to, const DataType *t)
{
	static const char *const field[] = {"int64Type", "doubleType", "stringType",
	                                    "multiArrayType", "dictionaryType"};
	Msg *m = msg_edit(to, field[t->kind]);

	if (t->kind == DATA_ARRAY)
		put_dims(m, t);
	if (t->kind == DATA_DICT)
		msg_edit(m, t->key == DATA_INT64 ? "int64KeyType" : "stringKeyType");
}

void
features_put(Msg *spec, const char *list, const NamedTypes *f)
{
	Msg *d = msg_edit(spec, "description"), *one;

	for (uint32_t i = 0; i < f->n; i++) {
		one = msg_sub(d, list);
		msg_string(one, "name", f->at[i].name->s);
		datatype_put(msg_edit(one, "type"), &f->at[i].type);
	}
}

/* ---- lists of features ---- */

/* A string that fields and names take: it does not end early. */
static bool
is_name(Value v)
{
	return v.kind == V_STR && strlen(STR_OF(v)->s) == STR_OF(v)->len;
}

bool
features_listed(Interp *in, Value v, NamedTypes *out)
{
	const SeqObj *s = SEQ_OF(v);

	*out = (NamedTypes){0};
	for (uint32_t i = 0; v.kind == V_LIST && i < s->n; i++) {
		const SeqObj *pair = SEQ_OF(s->at[i]);
		NamedType f;
		if (s->at[i].kind != V_TUPLE || pair->n != 2 || !is_name(pair->at[0]) ||
		    !datatype_of(pair->at[1], &f.type))
			return false;
		f.name = intern_cstr(interp_names(in), STR_OF(pair->at[0])->s);
		vec_push(interp_arena(in), out, f);
	}
	return v.kind == V_LIST && s->n;
}

typedef struct Places { /* of a feature in the row of all numbers */
	const Str *name;
	int64_t from, to, n;
} Places;
typedef VEC(Places) PlaceList;

static void
add_place(Interp *in, PlaceList *list, const char *name, int64_t i)
{
	const Str *s = intern_cstr(interp_names(in), name);
	uint32_t k = 0;

	while (k < list->n && list->at[k].name != s)
		k++;
	if (k == list->n)
		vec_push(interp_arena(in), list, (Places){s, i, i, 0});
	list->at[k].from = MIN(list->at[k].from, i);
	list->at[k].to = MAX(list->at[k].to, i);
	list->at[k].n++;
}

static bool
list_places(Interp *in, Value v, PlaceList *list, Span at)
{
	Value names, index;

	if (v.kind != V_DICT) {
		if (!value_to_list(in, v, &names, at))
			return false;
		for (uint32_t i = 0; i < SEQ_OF(names)->n; i++) {
			Value name = SEQ_OF(names)->at[i];
			if (!is_name(name))
				return fail(in, at,
				            "a list of features holds (name, datatype) tuples, or "
				            "names, found %.80s",
				            shown(in, name));
			add_place(in, list, STR_OF(name)->s, i);
		}
		return true;
	}
	for (uint32_t i = 0; i < DICT_OF(v)->nentry; i++) {
		const DictEntry *e = &DICT_OF(v)->entry[i];
		if (e->key.kind == V_UNSET)
			continue;
		index = e->val.kind == V_INT ? vlist(in, &e->val, 1) : e->val;
		if (!is_name(e->key) || (index.kind != V_LIST && index.kind != V_TUPLE &&
		                             index.kind != V_SET && index.kind != V_RANGE))
			return fail(in, at,
			            "a dict of features has names and their places, ints or lists "
			            "of ints, found %.80s and a '%s'",
			            shown(in, e->key), type_name(e->val));
		if (!value_to_list(in, index, &index, at))
			return false;
		for (uint32_t k = 0; k < SEQ_OF(index)->n; k++) {
			int64_t place;
			if (!as_int(in, SEQ_OF(index)->at[k], &place, "the place of a feature", at))
				return false;
			add_place(in, list, STR_OF(e->key)->s, place);
		}
	}
	return true;
}

static int
by_place(const void *a, const void *b)
{
	const Places *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* Together the places must be all from 0 to n, each feature's in a row. */
static bool
take_places(Interp *in, PlaceList *list, int64_t n, NamedTypes *out, Span at)
{
	int64_t next = 0;

	if (list->n)
		qsort(list->at, list->n, sizeof *list->at, by_place);
	for (uint32_t i = 0; i < list->n; i++) {
		const Places *p = &list->at[i];
		int64_t *dim = arena_dup(interp_arena(in), &p->n, sizeof p->n);
		NamedType f = {p->name, {DATA_ARRAY, 0, 1, dim}};

		if (p->from != next || p->to - p->from != p->n - 1)
			return fail(in, at,
			            "the places of feature '%s' are %lld to %lld, expected %lld "
			            "and those behind it",
			            p->name->s, (long long)p->from, (long long)p->to,
			            (long long)next);
		next += p->n;
		if (p->n == 1)
			f.type = (DataType){DATA_DOUBLE, 0, 0, NULL};
		vec_push(interp_arena(in), out, f);
	}
	return (next && (n < 0 || next == n)) ||
	       fail(in, at, "there are %lld features, expected %s%.0lld", (long long)next,
	            n < 0 ? "at least one" : "", n < 0 ? 0 : (long long)n);
}

static int64_t
count_all(const NamedTypes *f)
{
	int64_t n = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		int64_t one = datatype_count(&f->at[i].type);
		if (one < 0 || f->at[i].type.kind == DATA_STRING ||
		    __builtin_add_overflow(n, one, &n))
			return -1;
	}
	return n;
}

bool
features_arg(Interp *in, Value v, int64_t n, NamedTypes *out, Span at)
{
	PlaceList list = {0};
	int64_t all;

	if (features_listed(in, v, out)) {
		all = count_all(out);
		return n < 0 || all < 0 || all == n ||
		       fail(in, at, "the features have %lld numbers, expected %lld", (long long)all,
		            (long long)n);
	}
	*out = (NamedTypes){0};
	if (v.kind == V_POISON)
		return false;
	if (is_name(v) && n >= 0 && n <= MAX_FEATURES) {
		for (int64_t i = 0; i < n; i++)
			add_place(in, &list, STR_OF(v)->s, i);
		return take_places(in, &list, n, out, at);
	}
	if (v.kind != V_DICT && v.kind != V_LIST && v.kind != V_TUPLE && v.kind != V_ARRAY)
		return fail(in, at,
		            "features are a list of (name, datatype) tuples or of names, or a dict "
		            "of names and places, found '%s'",
		            type_name(v));
	return list_places(in, v, &list, at) && take_places(in, &list, n, out, at);
}

bool
training_features(Interp *in, Msg *spec, Value v, Span at)
{
	Value list, pair;
	NamedTypes one = {0};

	if (!value_to_list(in, v, &list, at))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++) {
		NamedType f = {0};
		Msg *input;
		const Str *name;
		if (!value_to_list(in, SEQ_OF(list)->at[i], &pair, at))
			return false;
		if (SEQ_OF(pair)->n != 2)
			return fail(in, at, "a training input is (name, datatype), found %u values",
			            SEQ_OF(pair)->n);
		if (!as_str(in, SEQ_OF(pair)->at[0], &name, "the name of a training input", at))
			return false;
		f.name = name;
		if (!given(SEQ_OF(pair)->at[1])) {
			input = msg_sub(msg_edit(spec, "description"), "trainingInput");
			msg_string(input, "name", name->s);
			continue;
		}
		if (!datatype_of(SEQ_OF(pair)->at[1], &f.type))
			return fail(in, at, "'%s' is no datatype of a training input",
			            type_name(SEQ_OF(pair)->at[1]));
		one.n = 0;
		vec_push(interp_arena(in), &one, f);
		features_put(spec, "trainingInput", &one);
	}
	return true;
}
