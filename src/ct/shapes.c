/* shapes.c: ct.RangeDim, ct.Shape and ct.EnumeratedShapes as scripts see them. */
#include "record.h"

/* ---- ct.RangeDim ---- */

static void
range_repr(Interp *in, HostObj *self, Buf *out)
{
	static const char *const lead[] = {"RangeDim(lower_bound=", ", upper_bound=", ", default=",
	                                   ", symbol=\""};
	const Record *r = self->data;

	for (size_t k = 0; k < countof(lead); k++) {
		buf_puts(out, lead[k]);
		value_str(in, r->at[k], out);
	}
	buf_puts(out, "\")");
}

static bool range_inplace(Interp *in, HostObj *self, BinOp op, Value other, Span at);

static const char *const range_fields[] = {"lower_bound", "upper_bound", "default", "symbol", 0};
const RecordDef range_def =
    RECORD("RangeDim", range_fields, false, .getattr = record_getattr, .repr = range_repr,
           .inplace = range_inplace);

static bool
bounds(Interp *in, const Record *r, int64_t bound[3], Span at)
{
	for (int i = 0; i < 3; i++)
		if (!as_int(in, r->at[i], &bound[i], "a bound of ct.RangeDim", at))
			return false;
	return true;
}

/* r |= s: what either takes; the default moves into it. */
static bool
range_inplace(Interp *in, HostObj *self, BinOp op, Value other, Span at)
{
	Record *r = self->data;
	int64_t a[3], b[3];

	if (op != BIN_OR || !is_record(other, &range_def))
		return fail(in, at,
		            "a ct.RangeDim can only take in another one, r |= s, found '%s'",
		            type_name(other));
	if (!bounds(in, r, a, at) || !bounds(in, record_of(other), b, at))
		return false;
	a[0] = MIN(a[0], b[0]);
	a[1] = a[1] == -1 || b[1] == -1 ? -1 : MAX(a[1], b[1]);
	a[2] = MAX(a[0], MIN(a[2], a[1]));
	for (int i = 0; i < 3; i++)
		r->at[i] = vint(a[i]);
	return true;
}

/* ct.RangeDim(lower_bound=1, upper_bound=-1, default=None, symbol=None) */
NATIVE_EXTERN(ct_range_dim)
{
	const Value *v = args->v;
	Value made = record_new(in, &range_def, args->span);
	Record *r = record_of(made);
	int64_t n[3];

	if (!bind_symbol(in, v[RANGE_SYMBOL], args->span, &r->at[RANGE_SYMBOL]))
		return false;
	if (given(v[RANGE_SYMBOL]))
		bind_of(in)->types->next_sym--; /* only get_new_symbol() counts names, too */
	r->at[RANGE_LOWER] = given(v[0]) ? v[0] : vint(1);
	r->at[RANGE_UPPER] = given(v[1]) ? v[1] : vint(-1);
	r->at[RANGE_DEFAULT] = given(v[2]) ? v[2] : r->at[RANGE_LOWER];
	if (!bounds(in, r, n, args->span))
		return false;
	if (n[0] < 0)
		return fail(in, args->span,
		            "lower_bound of ct.RangeDim is %lld, expected 0 or more",
		            (long long)n[0]);
	if (n[1] < -1 || (n[1] != -1 && n[1] < n[0]))
		return fail(in, args->span,
		            "upper_bound of ct.RangeDim is %lld, expected at least lower_bound "
		            "(%lld), or -1 for no bound",
		            (long long)n[1], (long long)n[0]);
	if (n[2] < n[0] || (n[1] != -1 && n[2] > n[1]))
		return fail(in, args->span,
		            "default of ct.RangeDim is %lld, outside of %lld to %lld",
		            (long long)n[2], (long long)n[0], (long long)n[1]);
	*out = made;
	return true;
}

/* ---- ct.Shape ---- */

static void
shape_repr(Interp *in, HostObj *self, Buf *out)
{
	value_repr(in, ((Record *)self->data)->at[SHAPE_SHAPE], out);
}

bool
shape_is_symbolic(Value shape)
{
	Value list = record_of(shape)->at[SHAPE_SYMBOLIC];

	for (uint32_t i = 0; list.kind == V_LIST && i < SEQ_OF(list)->n; i++)
		if (is_host(SEQ_OF(list)->at[i], &symbol_type))
			return true;
	return false;
}

static int
shape_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	if (!str_is(name, "has_symbolic"))
		return record_getattr(in, self, name, out);
	*out = vbool(shape_is_symbolic(vobj(self)));
	return 1;
}

NATIVE(shape_to_list)
{
	bool symbols = false;

	if (args->v[0].kind != V_UNSET && !value_truth(in, args->v[0], &symbols, args->span))
		return false;
	*out = !symbols && shape_is_symbolic(self) ? VNONE : record_of(self)->at[SHAPE_SYMBOLIC];
	return true;
}

static const Native shape_methods[] = {
    {"to_list", "allow_symbolic=", shape_to_list, AS_FUNCTION},
    NATIVE_END,
};
static const char *const shape_fields[] = {"shape", "symbolic_shape", "default", 0};
const RecordDef shape_def =
    RECORD("Shape", shape_fields, true, .repr = shape_repr, .methods = shape_methods,
           .getattr = shape_getattr);

static bool
is_list(Value v)
{
	return v.kind == V_LIST || v.kind == V_TUPLE;
}

/* A size, or the symbol of one. */
static bool
is_size(Interp *in, Value v, Span at, bool *is)
{
	int64_t n;

	*is = is_host(v, &symbol_type) || v.kind == V_INT || v.kind == V_BOOL ||
	      v.kind == V_NPSCALAR;
	if (!*is || v.kind == V_HOST)
		return true;
	if (!as_int(in, v, &n, "a dimension", at))
		return false;
	return n >= -1 || fail(in, at, "a dimension is %lld, expected a size or a ct.RangeDim",
	                       (long long)n);
}

static bool
is_minus_one(Value v)
{
	return v.kind == V_INT && v.i == -1;
}

/* default= of a shape of that rank. */
static bool
default_sizes(Interp *in, const char *who, Value v, uint32_t rank, Span at)
{
	bool is;

	if (!is_list(v))
		return fail(in, at, "default of %s must be a list or tuple of sizes, found '%s'",
		            who, type_name(v));
	for (uint32_t i = 0; i < SEQ_OF(v)->n; i++) {
		if (!is_size(in, SEQ_OF(v)->at[i], at, &is))
			return false;
		if (!is || is_minus_one(SEQ_OF(v)->at[i]))
			return fail(in, at,
			            "default of %s has no size as dimension %u, expected integers",
			            who, i);
	}
	return SEQ_OF(v)->n == rank || fail(in, at,
	                                    "default of %s has %u dimensions, the shape %u", who,
	                                    SEQ_OF(v)->n, rank);
}

/* Dimension i of a shape: what stands for it in symbolic_shape and in default. */
static bool
shape_item(Interp *in, Value v, uint32_t i, Span at, Value *symbolic, Value *dflt)
{
	bool is;

	if (is_record(v, &range_def)) {
		*symbolic = record_of(v)->at[RANGE_SYMBOL];
		*dflt = record_of(v)->at[RANGE_DEFAULT];
		return true;
	}
	if (!is_size(in, v, at, &is))
		return false;
	if (v.kind == V_NONE || is_minus_one(v))
		return fail(in, at,
		            "dimension %u of a shape is %s: give ct.RangeDim(…) for a size that is "
		            "known only when the model runs",
		            i, v.kind == V_NONE ? "None" : "-1");
	if (!is)
		return fail(in, at,
		            "dimension %u of a shape is a '%s', expected an integer, a symbol or a "
		            "ct.RangeDim",
		            i, type_name(v));
	*symbolic = *dflt = v;
	return true;
}

static bool
shape_new(Interp *in, Value v, Value dflt, Span at, Value *out)
{
	Value made = record_new(in, &shape_def, at);
	Record *r = record_of(made);
	uint32_t n;

	if (!is_list(v))
		return fail(in, at,
		            "a shape must be a list or tuple, ct.Shape or ct.EnumeratedShapes, "
		            "found '%s'",
		            type_name(v));
	n = SEQ_OF(v)->n;
	r->at[SHAPE_SHAPE] = vtuple(in, SEQ_OF(v)->at, n);
	r->at[SHAPE_SYMBOLIC] = vlist(in, SEQ_OF(v)->at, n);
	r->at[SHAPE_DEFAULT] = vtuple(in, NULL, n);
	for (uint32_t i = 0; i < n; i++)
		if (!shape_item(in, SEQ_OF(v)->at[i], i, at,
		                &SEQ_OF(r->at[SHAPE_SYMBOLIC])->at[i],
		                &SEQ_OF(r->at[SHAPE_DEFAULT])->at[i]))
			return false;
	if (given(dflt)) {
		if (!default_sizes(in, "ct.Shape", dflt, n, at))
			return false;
		r->at[SHAPE_DEFAULT] = vtuple(in, SEQ_OF(dflt)->at, SEQ_OF(dflt)->n);
	}
	*out = made;
	return true;
}

/* ct.Shape(shape, default=None) */
NATIVE_EXTERN(ct_shape)
{
	return shape_new(in, args->v[0], args->v[1], args->span, out);
}

/* ---- ct.EnumeratedShapes ---- */

static void
enumerated_repr(Interp *in, HostObj *self, Buf *out)
{
	const Record *r = self->data;

	buf_puts(out, "EnumeratedShapes(");
	value_repr(in, r->at[ENUM_SHAPES], out);
	buf_puts(out, ", default=");
	value_str(in, r->at[ENUM_DEFAULT], out);
	buf_byte(out, ')');
}

static const char *const enumerated_fields[] = {"shapes", "symbolic_shape", "default", 0};
const RecordDef enumerated_def =
    RECORD("EnumeratedShapes", enumerated_fields, true, .getattr = record_getattr,
           .repr = enumerated_repr);

/* What differs between the shapes becomes a symbol; the list is that of the first shape. */
static bool
join_symbolic(Interp *in, SeqObj *all, const SeqObj *one, Span at)
{
	Value equal;
	bool same;

	if (one->n != all->n)
		return fail(in, at,
		            "the shapes of ct.EnumeratedShapes have different ranks: %u and %u",
		            all->n, one->n);
	for (uint32_t i = 0; i < one->n; i++) {
		if (is_host(all->at[i], &symbol_type))
			continue;
		same = false;
		if (is_host(one->at[i], &symbol_type)) {
			all->at[i] = one->at[i];
			continue;
		}
		if (!value_compare(in, CMP_EQ, all->at[i], one->at[i], &equal, at) ||
		    !value_truth(in, equal, &same, at) ||
		    (!same && !bind_symbol(in, VNONE, at, &all->at[i])))
			return false;
	}
	return true;
}

static bool
enumerated_new(Interp *in, Value v, Value dflt, Span at, Value *out)
{
	Value made = record_new(in, &enumerated_def, at), shape;
	Record *r = record_of(made), *first;
	SeqObj *s;

	if (!is_list(v))
		return fail(in, at,
		            "ct.EnumeratedShapes takes a list or tuple of shapes, found '%s'",
		            type_name(v));
	s = SEQ_OF(v);
	if (s->n < 2)
		return fail(in, at, "ct.EnumeratedShapes takes at least two shapes, found %u",
		            s->n);
	r->at[ENUM_SHAPES] = vlist(in, NULL, 0);
	for (uint32_t i = 0; i < s->n; i++) {
		shape = s->at[i];
		if (!is_record(shape, &shape_def) && !shape_new(in, shape, VNONE, at, &shape))
			return false;
		vlist_push(in, r->at[ENUM_SHAPES], shape);
	}
	first = record_of(SEQ_OF(r->at[ENUM_SHAPES])->at[0]);
	r->at[ENUM_SYMBOLIC] = first->at[SHAPE_SYMBOLIC];
	for (uint32_t i = 1; i < s->n; i++) {
		shape = SEQ_OF(r->at[ENUM_SHAPES])->at[i];
		if (!join_symbolic(in, SEQ_OF(first->at[SHAPE_SYMBOLIC]),
		                   SEQ_OF(record_of(shape)->at[SHAPE_SYMBOLIC]), at))
			return false;
	}
	if (given(dflt) && !default_sizes(in, "ct.EnumeratedShapes", dflt,
	                                  SEQ_OF(first->at[SHAPE_SHAPE])->n, at))
		return false;
	r->at[ENUM_DEFAULT] = given(dflt) ? dflt : first->at[SHAPE_DEFAULT];
	*out = made;
	return true;
}

/* ct.EnumeratedShapes(shapes, default=None) */
NATIVE_EXTERN(ct_enumerated_shapes)
{
	return enumerated_new(in, args->v[0], args->v[1], args->span, out);
}

bool
shape_from(Interp *in, Value v, Span at, Value *out)
{
	*out = v;
	if (is_record(v, &shape_def) || is_record(v, &enumerated_def))
		return true;
	if (is_list(v) && SEQ_OF(v)->n > 1 &&
	    (is_list(SEQ_OF(v)->at[0]) || is_record(SEQ_OF(v)->at[0], &shape_def)))
		return enumerated_new(in, v, VNONE, at, out);
	return shape_new(in, v, VNONE, at, out);
}
