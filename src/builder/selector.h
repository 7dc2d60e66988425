/* selector.h: the objects that say which layers are quantized. A selector is whatever has a method
 * do_quantize(layer, weight_param=…); these are the ones that coremltools has. */
#ifndef MILC_SELECTOR_H
#define MILC_SELECTOR_H

#include "ct/record.h"

typedef enum SelectorKind {
	SELECT_ALL,      /* QuantizedLayerSelector: by kind alone */
	SELECT_ADVANCED, /* AdvancedQuantizedLayerSelector: small convolutions stay */
	SELECT_PRODUCTS, /* MatrixMultiplyLayerSelector: matrices of some size */
	SELECTORS,
} SelectorKind;
extern const RecordDef selector_defs[SELECTORS];

Value selector_new(Interp *in, SelectorKind kind, Span at); /* with the defaults */
/* What selector.do_quantize(layer) says, or do_quantize(layer, weight_param=weight). 1, 0, or -1
 * after reporting. */
int selector_takes(Interp *in, Value selector, Value layer, const char *weight, Span at);

#endif
