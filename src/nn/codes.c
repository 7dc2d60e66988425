/* codes.c: the numbers of one WeightParams as codes, and back. What is computed, and in which order
 * it is rounded, is the peer's, as NumPy does it on arrays of floats.
 */
#include "compress/numerics.h"
#include "quantize.h"

#include <math.h>

bool
codes_size(size_t n, unsigned bits, size_t *bytes)
{
	if (!mul_size(n, bits, bytes))
		return false;
	*bytes = *bytes / 8 + (*bytes % 8 != 0);
	return true;
}

void
codes_pack(const uint8_t *code, size_t n, unsigned bits, uint8_t *bytes)
{
	unsigned held = 0, some = 0; /* bits that wait for their byte, and how many */

	for (size_t i = 0; i < n; i++) {
		held = held << bits | (code[i] & ((1u << bits) - 1));
		for (some += bits; some >= 8; some -= 8)
			*bytes++ = (uint8_t)(held >> (some - 8));
	}
	if (some)
		*bytes = (uint8_t)(held << (8 - some));
}

void
codes_unpack(const uint8_t *bytes, size_t n, unsigned bits, uint8_t *code)
{
	for (size_t i = 0; i < n; i++)
		code[i] = (uint8_t)code_at(bytes, i, bits);
}

/* ---- numbers ---- */

const float *
weights_floats(Arena *a, const Msg *w, size_t *n)
{
	const ProtobufCBinaryData *half;
	float *f;

	*n = w ? msg_count(w, "floatValue") : 0;
	if (*n)
		return msg_array(w, "floatValue");
	half = w ? msg_bytes(w, "float16Value") : NULL;
	*n = half ? half->len / 2 : 0;
	if (!*n)
		return NULL;
	f = newn(a, float, *n);
	for (size_t i = 0; i < *n; i++)
		f[i] = half_to_float((uint16_t)get_le(half->data + 2 * i, 2));
	return f;
}

float *
weights_put_floats(Msg *w, size_t n)
{
	if (msg_bytes(w, "float16Value")->len)
		msg_clear(w, "float16Value");
	if (msg_bytes(w, "rawValue")->len)
		msg_clear(w, "rawValue");
	return msg_floats(w, "floatValue", n);
}

