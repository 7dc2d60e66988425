/* format.h: the format specs of f-strings, format() and str.format, and of the % operator. */
#ifndef MILC_FORMAT_H
#define MILC_FORMAT_H

#include "value.h"

typedef struct FormatSpec {
	uint32_t fill;   /* code point */
	char align;      /* '<' '>' '^' '=' */
	char sign;       /* '-' '+' ' ' */
	bool nozero;     /* 'z': no negative zero */
	bool alt;        /* '#' */
	bool align_given, sign_given;
	int64_t width;   /* -1: none */
	char group;      /* ',' '_' or 0 */
	int64_t prec;    /* -1: none */
	char type;       /* 0: none */
} FormatSpec;

#define FORMAT_WIDTH_MAX 1000000 /* a width or precision beyond is refused */

/* These put a number by a spec whose type was checked; % formatting uses them as well. */
void format_put_int(Buf *out, Value v, const FormatSpec *f);
void format_put_float(Buf *out, double v, const FormatSpec *f);
/* Pads text with f's fill to its width; `align` where none was given. */
void format_pad(Buf *out, const char *s, size_t n, const FormatSpec *f, char align);

#endif
