/* window.h: sliding a window over spatial axes, for convolutions and pooling. */
#ifndef MILC_WINDOW_H
#define MILC_WINDOW_H

#include "shapes.h"

enum { MAX_SPATIAL = 3 };

/* All that decides the spatial size of a result. */
typedef struct Window {
	int n;                      /* spatial axes */
	char pad_type[16];          /* valid, same, same_lower, custom */
	Dim in[MAX_SPATIAL];
	int64_t kernel[MAX_SPATIAL]; /* with dilation */
	int64_t stride[MAX_SPATIAL];
	int64_t pad[2 * MAX_SPATIAL];
	bool ceil_mode;
} Window;

/* Checks x's rank and reads strides, pad_type and pad. `kernel` holds the undilated sizes of the n
 * axes; with_pad: pad counts whatever the pad_type. */
bool window_read(Infer *c, Window *w, const int64_t *kernel, const int64_t *dilation,
                 bool with_pad);
/* The result has so many channels and the spatial dimensions that the window leaves. Equal windows
 * over equal symbols give equal symbols. */
bool window_result(Infer *c, const Window *w, Dim channels);
/* strides, dilations …: one number >= 1 for each spatial axis. */
bool window_counts(Infer *c, const char *param, int n, int64_t *out);

#endif
