/* update.c: networks that learn: which layers do, the loss, the optimizer and its numbers.
 *
 * A builder without a specification, of a network inside of another one, has nothing to do here:
 * its methods leave everything as it is, as the peer's do.
 */
#include "builder.h"
#include "classes.h"

#include "ct/datatypes.h"
#include "script/core.h"

enum { VERSION_UPDATABLE = 4 };

static const RecordDef range_type, batch_type;

/* ---- numbers within a range, and out of a set ---- */

enum { R_VALUE, R_MIN, R_MAX };

static bool
new_range(Interp *in, Value value, Value min, Value max, Value *out, Span at)
{
	const Value v[] = {value, min, max};
	bool no;

	if (!value_holds(in, CMP_GE, min, max, &no, at))
		return false;
	if (no)
		return fail(in, at, "min is %.40s, expected less than max, which is %.40s",
		            shown(in, min), shown(in, max));
	*out = class_new(in, &range_type, v, at);
	return true;
}

static bool
new_batch(Interp *in, Value value, Value allowed, Value *out, Span at)
{
	Value v[] = {value, allowed}, set;
	int64_t n;

	if (!given(allowed)) {
		v[1] = vlist(in, &value, 1);
	} else {
		set = vset(in);
		if (!value_len(in, allowed, &n, at) || !set_update_from(in, set, allowed, at))
			return false;
		if (n > DICT_OF(set)->n)
			return fail(in, at, "allowed_set has a value twice: %.80s",
			            shown(in, allowed));
	}
	*out = class_new(in, &batch_type, v, at);
	return true;
}

NATIVE(range_make)
{
	Value v[3];

	return class_args(in, self, args, "value,min=,max=", v) &&
	       new_range(in, v[0], v[1].kind == V_UNSET ? vint(0) : v[1],
	                 v[2].kind == V_UNSET ? vint(1) : v[2], out, args->span);
}

NATIVE(batch_make)
{
	Value v[2];

	return class_args(in, self, args, "value,allowed_set=", v) &&
	       new_batch(in, v[0], v[1], out, args->span);
}

#define UPDATE_CLASS(name, fields, methods, make)                                                  \
	CLASS(name, NULL, "update_optimizer_utils", fields, methods, record_getattr, make)
static const char *const range_fields[] = {"value", "min", "max", NULL};
static const RecordDef range_type = UPDATE_CLASS("RangeParam", range_fields, NULL, range_make);
static const char *const batch_fields[] = {"value", "allowed_set", NULL};
static const RecordDef batch_type = UPDATE_CLASS("Batch", batch_fields, NULL, batch_make);

/* ---- what optimizers know: what each is called here, in the message, and when inspected ---- */

enum { LR, BATCH, MAX_KNOWN = 5 }; /* the first two of each optimizer */
typedef struct Known {
	Value value; /* if it is not given */
	const char *field, *label;
} Known;
typedef struct Optimizer {
	const char *field; /* of the message Optimizer */
	const RecordDef *type;
	const char *params;
	Known known[MAX_KNOWN];
} Optimizer;
#define WHOLE(n) {.kind = V_INT, .i = (n)}
#define REAL(x) {.kind = V_FLOAT, .f = (x)}
static const Optimizer optimizers[] = {
    {"adamOptimizer",
     &adam_type,
     "lr=,batch=,beta1=,beta2=,eps=",
     {{REAL(0.01), "learningRate", "lr"},
      {WHOLE(10), "miniBatchSize", "batch"},
      {REAL(0.9), "beta1", "beta1"},
      {REAL(0.999), "beta2", "beta2"},
      {REAL(1e-8), "eps", "epsilon"}}},
    {"sgdOptimizer",
     &sgd_type,
     "lr=,batch=,momentum=",
     {{REAL(0.01), "learningRate", "lr"},
      {WHOLE(10), "miniBatchSize", "batch"},
      {WHOLE(0), "momentum", "momentum"}}},
};

static const Optimizer *
optimizer_of(const HostType *t)
{
	return t == &adam_type.type ? &optimizers[0] : &optimizers[1];
}

NATIVE(optimizer_make)
{
	const Optimizer *o = optimizer_of(host_type_of(self));
	Value v[MAX_KNOWN], to[MAX_KNOWN];
	size_t n = 0;

	if (!class_args(in, self, args, o->params, v))
		return false;
	for (; n < MAX_KNOWN && o->known[n].field; n++) {
		Value x = v[n].kind == V_UNSET ? o->known[n].value : v[n];
		if (!(n == BATCH ? new_batch(in, x, VNONE, &to[n], args->span)
		                 : new_range(in, x, vint(0), vint(1), &to[n], args->span)))
			return false;
	}
	*out = class_new(in, o->type, to, args->span);
	return true;
}

NATIVE(optimizer_set)
{
	*out = VNONE;
	return new_range(in, args->v[0], args->v[1], args->v[2],
	                 &record_of(self)->at[args_with(args)], args->span);
}

NATIVE(optimizer_set_batch)
{
	*out = VNONE;
	return new_batch(in, args->v[0], args->v[1], &record_of(self)->at[BATCH], args->span);
}

#define SETTER(name, place) {name, "value,min,max", optimizer_set, AS_FUNCTION | WITH(place)}
#define SETTERS                                                                                    \
	SETTER("set_lr", LR), {"set_batch", "value,allowed_set", optimizer_set_batch, AS_FUNCTION}
static const Native adam_methods[] = {
    SETTERS, SETTER("set_beta1", 2), SETTER("set_beta2", 3), SETTER("set_eps", 4), NATIVE_END,
};
static const Native sgd_methods[] = {SETTERS, SETTER("set_momentum", 2), NATIVE_END};
static const char *const adam_fields[] = {"lr", "batch", "beta1", "beta2", "eps", NULL};
const RecordDef adam_type = UPDATE_CLASS("AdamParams", adam_fields, adam_methods, optimizer_make);
static const char *const sgd_fields[] = {"lr", "batch", "momentum", NULL};
const RecordDef sgd_type = UPDATE_CLASS("SgdParams", sgd_fields, sgd_methods, optimizer_make);

const Member optimizer_members[] = {
    TYPE_MEMBER("AdamParams", &adam_type),
    TYPE_MEMBER("SgdParams", &sgd_type),
    TYPE_MEMBER("RangeParam", &range_type),
    TYPE_MEMBER("Batch", &batch_type),
    END_MEMBER,
};

/* ---- the optimizer ---- */

static Msg *
update_params(NetBuilder *b)
{
	return msg_lazy(b->net, "updateParams");
}

static bool
put_range(Interp *in, Msg *m, Value range, Span at)
{
	const Value *v = record_of(range)->at;
	Msg *r = msg_lazy(m, "range");

	return field_set(in, m, "defaultValue", v[R_VALUE], at) &&
	       field_set(in, r, "minValue", v[R_MIN], at) &&
	       field_set(in, r, "maxValue", v[R_MAX], at);
}

/* A default and the values that may be chosen, which come to those that there are. */
static bool
put_choice(Interp *in, Msg *m, Value value, Value allowed, Span at)
{
	Msg *set = msg_lazy(m, "set");
	FieldRef all = {set, &set->descriptor->fields[0]};

	return field_set(in, m, "defaultValue", value, at) &&
	       repeated_extend(in, &all, allowed, at);
}

NATIVE_EXTERN(builder_set_optimizer)
{
	NetBuilder *b = builder_of(self);
	const Optimizer *o = &optimizers[args_with(args)];
	Value v = args->v[0];
	Msg *to;

	*out = VNONE;
	if (!b->spec)
		return true;
	if (!is_record(v, o->type))
		return v.kind != V_POISON &&
		       fail(in, args->span, "%s() takes an object %s(…), found '%s'",
		            args->fn->name, o->type->type.name, type_name(v));
	to = msg_lazy(msg_lazy(update_params(b), "optimizer"), o->field);
	for (size_t i = 0; i < MAX_KNOWN && o->known[i].field; i++) {
		Value x = record_of(v)->at[i];
		Msg *m = msg_lazy(to, o->known[i].field);
		if (!(i == BATCH
		          ? put_choice(in, m, record_of(x)->at[0], record_of(x)->at[1], args->span)
		          : put_range(in, m, x, args->span)))
			return false;
	}
	return true;
}

static bool
put_field(Interp *in, Buf *out, Msg *m, const char *label, const char *field)
{
	Value v;

	if (!value_member(in, bind_message(in, m), field, &v, NOSPAN))
		return false;
	buf_printf(out, "%s: ", label);
	value_str(in, v, out);
	return true;
}

bool
optimizer_text(Interp *in, Msg *m, Buf *out)
{
	const char *kind = msg_case(m, optimizers[0].field);

	buf_printf(out, "Optimizer Type: %s\n", kind ? kind : "None");
	for (const Optimizer *o = optimizers; kind && o < optimizers + countof(optimizers); o++)
		for (size_t i = 0; !strcmp(o->field, kind) && i < MAX_KNOWN; i++) {
			const Known *k = &o->known[i];
			Msg *one, *r;
			if (!k->field)
				break;
			one = msg_lazy(msg_lazy(m, kind), k->field);
			r = i == BATCH ? msg_lazy(one, "set") : msg_lazy(one, "range");
			if (!put_field(in, out, one, k->label, "defaultValue") ||
			    !(i == BATCH ? put_field(in, out, r, ", allowed_set", "values")
			                 : put_field(in, out, r, ", min", "minValue") &&
			                       put_field(in, out, r, ", max", "maxValue")))
				return false;
			buf_byte(out, '\n');
		}
	return true;
}

NATIVE_EXTERN(builder_set_epochs)
{
	NetBuilder *b = builder_of(self);
	Value n = args->v[0].kind == V_UNSET ? vint(1) : args->v[0];

	*out = VNONE;
	return !b->spec ||
	       put_choice(in, msg_lazy(update_params(b), "epochs"), n,
	                  given(args->v[1]) ? args->v[1] : vlist(in, &n, 1), args->span);
}

NATIVE_EXTERN(builder_set_shuffle)
{
	NetBuilder *b = builder_of(self);
	Value seed = args->v[0];

	*out = VNONE;
	if (!b->spec)
		return true;
	if (given(seed) && !is_int(seed))
		return seed.kind != V_POISON &&
		       fail(in, args->span, "seed must be an int, found '%s'", type_name(seed));
	msg_int(msg_lazy(update_params(b), "shuffle"), "defaultValue", 1);
	return !given(seed) ||
	       field_set(in, msg_lazy(update_params(b), "seed"), "defaultValue", seed, args->span);
}

/* ---- which layers learn ---- */

/* Weights of a layer that are looked at for halves; the second only if the layer has it: so says
 * the flag. What else a layer holds, and all layers but the first, is not: the peer's way. */
static const struct {
	const char *layer, *weights, *flag, *more;
} weighed[] = {
    {"convolution", "weights", "hasBias", "bias"},
    {"batchnorm", "mean", NULL, NULL},
    {"innerProduct", "weights", "hasBias", "bias"},
    {"batchedMatmul", "weights", "hasBias", "bias"},
    {"embedding", "weights", "hasBias", "bias"},
    {"embeddingND", "weights", "hasBias", "bias"},
    {"bias", "bias", NULL, NULL},
    {"loadConstant", "data", NULL, NULL},
    {"simpleRecurrent", "weightMatrix", "hasBiasVector", "biasVector"},
    {"gru", "updateGateWeightMatrix", "hasBiasVectors", "outputGateBiasVector"},
};
static const char *const lstm_weights[] = {
    "inputGateWeightMatrix",     "forgetGateWeightMatrix",   "blockInputWeightMatrix",
    "outputGateWeightMatrix",    "inputGateRecursionMatrix", "forgetGateRecursionMatrix",
    "blockInputRecursionMatrix", "outputGateRecursionMatrix"};
static const char *const lstm_peepholes[] = {"inputGatePeepholeVector", "forgetGatePeepholeVector",
                                             "outputGatePeepholeVector"};

static bool
halves(const Msg *m, const char *weights)
{
	return msg_bytes(msg_lazy(msg_mutable(m), weights), "float16Value")->len != 0;
}

static bool
any_halves(const Msg *m, const char *const *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (halves(m, name[i]))
			return true;
	return false;
}

static bool
lstm_halves(const Msg *weights, const Msg *layer)
{
	return any_halves(weights, lstm_weights, countof(lstm_weights)) ||
	       (msg_get_int(msg_lazy(msg_mutable(layer), "params"), "hasPeepholeVectors") &&
	        any_halves(weights, lstm_peepholes, countof(lstm_peepholes)));
}

static bool
layer_halves(const Msg *layer)
{
	const char *kind = msg_case(layer, "convolution");
	const Msg *m = kind ? msg_get(layer, kind) : NULL;

	if (!kind)
		return false;
	for (size_t k = 0; k < countof(weighed); k++)
		if (!strcmp(weighed[k].layer, kind))
			return halves(m, weighed[k].weights) ||
			       (weighed[k].flag && msg_get_int(m, weighed[k].flag) &&
			        halves(m, weighed[k].more));
	if (!strcmp(kind, "uniDirectionalLSTM"))
		return lstm_halves(msg_lazy(msg_mutable(m), "weightParams"), m);
	if (!strcmp(kind, "biDirectionalLSTM"))
		for (size_t i = 0; i < msg_count(m, "weightParams"); i++)
			if (lstm_halves(msg_at(m, "weightParams", i), m))
				return true;
	return false;
}

static bool
can_learn(Interp *in, const NetBuilder *b, Span at)
{
	static const char *const not_first[] = {"branch", "loop", "scale"}; /* as in the peer */
	const Msg *first;

	if (!msg_count(b->net, "layers"))
		return true;
	first = msg_at(b->net, "layers", 0);
	for (size_t k = 0; k < countof(not_first); k++)
		if (msg_has(first, not_first[k]))
			return fail(in, at,
			            "a network whose first layer is a %s cannot be updatable",
			            not_first[k]);
	return !layer_halves(first) ||
	       fail(in, at,
	            "layer '%s' has weights of 16 bits: a network with such is kept in 16 bits "
	            "as a whole and cannot be updatable. Leave it in 32 bits, or put what learns "
	            "into a model of its own, the last one of a pipeline",
	            msg_get_string(first, "name"));
}

static bool
mark_layer(Interp *in, NetBuilder *b, Value name, Span at)
{
	const char *type;
	Msg *layer = builder_layer(in, b, name, &type, at), *m;

	if (!layer)
		return false;
	if (strcmp(type, "innerProduct") != 0 && strcmp(type, "convolution") != 0)
		return fail(in, at,
		            "layer %.80s is of type %s: layers that can be marked as updatable are "
		            "innerProduct and convolution",
		            shown(in, name), type);
	msg_int(layer, "isUpdatable", 1);
	m = msg_lazy(layer, type);
	msg_int(msg_lazy(m, "weights"), "isUpdatable", 1);
	msg_int(msg_lazy(m, "bias"), "isUpdatable", 1);
	return true;
}

NATIVE_EXTERN(builder_make_updatable)
{
	NetBuilder *b = builder_of(self);
	Value list;

	*out = VNONE;
	if (!b->spec)
		return true;
	if (!can_learn(in, b, args->span) || !value_to_list(in, args->v[0], &list, args->span))
		return false;
	msg_int(b->spec, "isUpdatable", 1);
	builder_version(b, VERSION_UPDATABLE);
	msg_present(update_params(b));
	msg_int(msg_lazy(update_params(b), "shuffle"), "defaultValue", 1);
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!mark_layer(in, b, SEQ_OF(list)->at[i], args->span))
			return false;
	return true;
}
