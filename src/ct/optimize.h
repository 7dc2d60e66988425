/* optimize.h: ct.optimize.coreml and ct.compression_utils: optimize_config.c has the classes that
 * say what becomes of a weight, optimize_set.c which weights it is for, optimize.c does it to
 * models. */
#ifndef MILC_OPTIMIZE_H
#define MILC_OPTIMIZE_H

#include "bind.h"
#include "compress/compress.h"

/* ---- optimize_config.c ---- */
enum { MAX_FIELDS = 10 };
Value make_config_class(Interp *in, const Member *m); /* i: Work */
bool is_config(Value v);
Work config_work(Value v);
const char *config_class_name(Work w);
/* Whether it may be set for a kind of operation; v may be None. False after reporting. */
bool config_allows_type(Interp *in, Value v, const Str *op, Span at);
const OpCompress *config_fill(Interp *in, Value config, Span at); /* 0 after reporting */
/* Of the class `type`, unless the dictionary names another one. */
bool config_from_dict(Interp *in, Value type, Value dict, Span at, Value *out);
/* With these arguments, MAX_FIELDS at most, V_UNSET for the default. */
bool config_make(Interp *in, Work work, const Value *v, Span at, Value *out);

/* ---- optimize_set.c ---- */
Value make_set_class(Interp *in, const Member *m); /* OptimizationConfig */
/* One configuration for the weights that `select` is true for. */
Value set_of_selector(Interp *in, Value config, Value select);
/* As compress.h has it, for the rest of the run, and the function that chooses weights. False after
 * reporting: also when a configuration in it is of another step. */
bool set_compression(Interp *in, Value set, CompressStep step, Span at, Compression *out,
                     Value *select);

/* ---- optimize.c ---- */
/* The model, made once more of its specification, for `who` to look at or change. 0 after
 * reporting. */
Model *optimize_fresh(Interp *in, Value model, const char *who, Span at);

/* ---- optimize_meta.c ---- */
BuiltinFn weights_metadata, make_weight_meta, make_op_meta;

/* ---- yaml.c ---- */
/* A document of mappings, lists and plain values, in blocks or in brackets. */
bool yaml_read(Interp *in, const char *text, size_t n, Span at, Value *out);

#endif
