/* sha256.h: SHA-256 of bytes in memory (FIPS 180-4). A library that has it would cost every start
 * of milc a tenth of a millisecond.
 */
#ifndef MILC_SHA256_H
#define MILC_SHA256_H

#include "base/base.h"

void sha256(const void *p, size_t n, uint8_t out[32]);

#endif
