/* image_sampling.h: images sampled anywhere between their pixels: what resample, affine and
 * crop_resize do, for evaluators and kernels. */
#ifndef MILC_IMAGE_SAMPLING_H
#define MILC_IMAGE_SAMPLING_H

#include "kernel.h"

/* The result's last axes are channels, rows and columns; what stands before them counts groups.
 * Each group lies on one image of x, at the same positions in all channels. */
typedef struct Sampling {
	int rank;
	int64_t dim[5], groups, channels, size[2]; /* the result */
	int64_t images, in[2];                     /* images of x; their rows and columns */
	Border border;
	double pad;   /* beyond the border */
	bool inside;  /* which is then the outermost pixels' middle */
	bool nearest; /* the pixel that is; else a mixture of four */
	/* Where positions come from. */
	enum { SAMPLE_COORDINATES, SAMPLE_MATRIX, SAMPLE_BOX } way;
	const Tensor *at, *index;    /* coordinates, matrices or boxes; of each box its image */
	const char *mode, *corners;  /* the grid in a box, its coordinates */
	bool align, normal, from_0;
	double scale;
} Sampling;

typedef struct SampleGroup {
	int64_t image;     /* of x, which may not have it */
	int64_t first;     /* coordinate of the group, */
	double matrix[6];  /* or its matrix, */
	double start[2], end[2]; /* or its box */
} SampleGroup;

/* Pixels above, on the left and on the right, and below; or none: what is taken for it. The weights
 * of those below and of those on the right. */
enum { SAMPLE_PAD = -1, SAMPLE_ZERO = -2 };
typedef struct Sample {
	int64_t place[4]; /* row * columns + column */
	double below, right;
} Sample;

/* What attributes say, and operands' shapes. Takes no memory. False after failing. */
bool sampling_read(Eval *e, Sampling *s);
SampleGroup sampling_group(const Sampling *s, int64_t group);
/* What the result takes at a row and column of the group: the first alone, if it is the nearest. */
Sample sampling_at(const Sampling *s, const SampleGroup *g, int64_t row, int64_t col);

/* Position of point i of `out` points on [0, in - 1], or from 0 down to it, by a sampling mode. */
double grid_point(const char *mode, double in, int64_t out, int64_t i);

#endif
