/* classes.h: the small classes beside NeuralNetworkBuilder: records (ct/record.h) of a few values,
 * which their methods set; and values as Python has them.
 */
#ifndef MILC_CLASSES_H
#define MILC_CLASSES_H

#include "ct/message.h"
#include "ct/record.h"

/* A RecordDef; parent: what it is a kind of, or 0; get: record_getattr, where attributes are
 * nothing but the values. */
#define CLASS(class, parent, in_module, fields, table, get, maker)                                 \
	{{.name = class, .module = "coremltools.models.neural_network." in_module,                 \
	  .methods = table, .getattr = get, .setattr = record_setattr, .mark = record_mark,        \
	  .make = maker, .base = parent},                                                          \
	 fields,                                                                                   \
	 true}
/* With these values, as many as the class has. */
Value class_new(Interp *in, const RecordDef *def, const Value *v, Span at);
/* Binds the arguments of a call of the class. */
bool class_args(Interp *in, Value class, const Args *args, const char *params, Value *v);

extern const RecordDef adam_type, sgd_type; /* update.c */

/* The first argument, a message of that kind; 0 after reporting. */
Msg *message_arg(Interp *in, const Args *args, const MsgDesc *d);

/* ---- all false after reporting ---- */
/* The answer to a comparison, as a condition takes it. */
bool value_holds(Interp *in, CmpOp op, Value a, Value b, bool *out, Span at);
bool value_member(Interp *in, Value v, const char *name, Value *out, Span at);
/* m.field = v */
bool field_set(Interp *in, Msg *m, const char *field, Value v, Span at);

#endif
