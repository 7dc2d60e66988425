/* mt19937.h: MT19937, which is Python's random and NumPy's legacy RandomState. */
#ifndef MILC_MT19937_H
#define MILC_MT19937_H

#include "base/base.h"

enum { MT_WORDS = 624 };
typedef struct Mt19937 {
	uint32_t key[MT_WORDS];
	int pos; /* of the next word in key; MT_WORDS: all are used up */
	bool has_gauss; /* for NumPy: the second of two normal draws */
	double gauss;
} Mt19937;
void mt_seed(Mt19937 *m, uint32_t seed);
void mt_seed_array(Mt19937 *m, const uint32_t *key, size_t n); /* n > 0 */
uint32_t mt_next(Mt19937 *m);
double mt_double(Mt19937 *m); /* [0, 1), of two words */

#endif
