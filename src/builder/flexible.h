/* flexible.h: the classes of coremltools.models.neural_network.flexible_shape_utils: sizes, ranges,
 * and sets of them for the axes of images and arrays.
 */
#ifndef MILC_FLEXIBLE_H
#define MILC_FLEXIBLE_H

#include "classes.h"

/* Values of the records. */
enum { SHAPE_CHANNEL, SHAPE_HEIGHT, SHAPE_WIDTH, SHAPE_AXES }; /* array_shape_type: ints, None */
enum { IMAGE_HEIGHT, IMAGE_WIDTH }; /* image_size_type: sizes; image_range_type: ranges or None */
enum { BOUND_LOWER, BOUND_UPPER, BOUND_NONE, BOUND_FLEXIBLE }; /* shape_range_type */

extern const RecordDef shape_type, size_type, array_shape_type, image_size_type, shape_range_type,
    array_range_type, image_range_type;

/* A size as a number of the script; false after reporting that it is less than 1. */
bool size_holds(Interp *in, Value v, Span at);
/* [C] or [C, H, W] of an array_shape_type; false after reporting that it is neither. */
bool array_shape(Interp *in, Value shape, Value *list, Span at);
/* Whether the ranges of an array_range_type are of C or of C, H and W; false after reporting.
 * They stand in *ranges, a dict. */
bool array_ranges(Interp *in, Value range, Value *ranges, Span at);

#endif
