/* digest.c: blocks, the last ones with a 1 bit, zeros and the length in bits behind the message.
 * Names are those of FIPS 180-4, section 6, and RFC 1321, section 3.4.
 */
#include "digest.h"

/* The first 64 bits of the fractional parts of the cube roots of the first 80 primes. SHA-256 takes
 * the first 32 of each. */
static const uint64_t roots[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

/* The first 32 bits of the absolute values of sin(1), sin(2), … */
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

static uint32_t
right32(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static uint32_t
left32(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static uint64_t
right64(uint64_t x, int n)
{
	return x >> n | x << (64 - n);
}

static uint64_t
big_endian(const uint8_t *p, int bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

/* A block of SHA-2 with words of type T: K takes the constant of a round out of roots, R rotates;
 * the other numbers are those of the functions Sigma and sigma. */
#define SHA2(NAME, T, ROUNDS, K, R, A1, A2, A3, E1, E2, E3, S1, S2, S3, T1, T2, T3)                \
	static void NAME(uint64_t h[8], const uint8_t *p)                                          \
	{                                                                                          \
		T w[ROUNDS], v[8];                                                                 \
                                                                                                   \
		for (int t = 0; t < 8; t++)                                                        \
			v[t] = (T)h[t];                                                            \
		for (int t = 0; t < ROUNDS; t++) {                                                 \
			T x = t < 16 ? 0 : w[t - 15], y = t < 16 ? 0 : w[t - 2];                   \
			w[t] = t < 16 ? (T)big_endian(p + t * sizeof(T), sizeof(T))                \
			              : (R(y, T1) ^ R(y, T2) ^ y >> T3) + w[t - 7] +               \
			                    (R(x, S1) ^ R(x, S2) ^ x >> S3) + w[t - 16];           \
		}                                                                                  \
		for (int t = 0; t < ROUNDS; t++) {                                                 \
			T a = v[0], e = v[4];                                                      \
			T t1 = v[7] + (R(e, E1) ^ R(e, E2) ^ R(e, E3)) +                           \
			       ((e & v[5]) ^ (~e & v[6])) + K(roots[t]) + w[t];                    \
			T t2 = (R(a, A1) ^ R(a, A2) ^ R(a, A3)) +                                  \
			       ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));                          \
			memmove(v + 1, v, 7 * sizeof *v);                                          \
			v[4] += t1;                                                                \
			v[0] = t1 + t2;                                                            \
		}                                                                                  \
		for (int t = 0; t < 8; t++)                                                        \
			h[t] = (T)(h[t] + v[t]);                                                   \
	}
#define HIGH(k)  ((uint32_t)((k) >> 32))
#define WHOLE(k) (k)
SHA2(sha2_32, uint32_t, 64, HIGH, right32, 2, 13, 22, 6, 11, 25, 7, 18, 3, 17, 19, 10)
SHA2(sha2_64, uint64_t, 80, WHOLE, right64, 28, 34, 39, 14, 18, 41, 1, 8, 7, 19, 61, 6)

static void
sha1(uint64_t h[8], const uint8_t *p)
{
	static const uint32_t K[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
	uint32_t w[80], a = (uint32_t)h[0], b = (uint32_t)h[1], c = (uint32_t)h[2],
	                d = (uint32_t)h[3], e = (uint32_t)h[4];

	for (int t = 0; t < 80; t++)
		w[t] = t < 16 ? (uint32_t)big_endian(p + 4 * t, 4)
		              : left32(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (int t = 0; t < 80; t++) {
		uint32_t f = t < 20              ? (b & c) ^ (~b & d)
		             : t >= 40 && t < 60 ? (b & c) ^ (b & d) ^ (c & d)
		                                 : b ^ c ^ d;
		uint32_t next = left32(a, 5) + f + e + K[t / 20] + w[t];

		e = d;
		d = c;
		c = left32(b, 30);
		b = a;
		a = next;
	}
	h[0] = (uint32_t)(h[0] + a);
	h[1] = (uint32_t)(h[1] + b);
	h[2] = (uint32_t)(h[2] + c);
	h[3] = (uint32_t)(h[3] + d);
	h[4] = (uint32_t)(h[4] + e);
}

static void
md5(uint64_t h[8], const uint8_t *p)
{
	static const uint8_t turns[4][4] = {
	    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
	static const uint8_t step[4] = {1, 5, 3, 7}, first[4] = {0, 1, 5, 0};
	uint32_t a = (uint32_t)h[0], b = (uint32_t)h[1], c = (uint32_t)h[2], d = (uint32_t)h[3];

	for (int t = 0; t < 64; t++) {
		int round = t / 16, k = (t * step[round] + first[round]) % 16;
		uint32_t f = round == 0   ? (b & c) | (~b & d)
		             : round == 1 ? (b & d) | (c & ~d)
		             : round == 2 ? b ^ c ^ d
		                          : c ^ (b | ~d);
		uint32_t turned =
		    left32(a + f + (uint32_t)get_le(p + 4 * k, 4) + sines[t], turns[round][t % 4]);

		a = d;
		d = c;
		c = b;
		b += turned;
	}
	h[0] = (uint32_t)(h[0] + a);
	h[1] = (uint32_t)(h[1] + b);
	h[2] = (uint32_t)(h[2] + c);
	h[3] = (uint32_t)(h[3] + d);
}

static const DigestKind kinds[] = {
    {"sha256",
     32,
     64,
     false,
     sha2_32,
     {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
      0x5be0cd19}},
    {"md5", 16, 64, true, md5, {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}},
    {"sha1", 20, 64, false, sha1, {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}},
    {"sha224",
     28,
     64,
     false,
     sha2_32,
     {0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7,
      0xbefa4fa4}},
    {"sha384",
     48,
     128,
     false,
     sha2_64,
     {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
      0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4}},
    {"sha512",
     64,
     128,
     false,
     sha2_64,
     {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
      0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179}},
};

const DigestKind *
digest_kind(const char *name)
{
	for (size_t i = 0; i < countof(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return 0;
}

Digest
digest_start(const DigestKind *kind)
{
	Digest d = {.kind = kind};

	memcpy(d.h, kind->start, sizeof d.h);
	return d;
}

void
digest_add(Digest *d, const void *p, size_t n)
{
	const uint8_t *at = p;
	size_t block = d->kind->block, rest = d->n % block, take;

	d->n += n;
	if (rest) {
		take = MIN(n, block - rest);
		memcpy(d->rest + rest, at, take);
		if (rest + take < block)
			return;
		d->kind->add(d->h, d->rest);
		at += take;
		n -= take;
	}
	for (; n >= block; n -= block, at += block)
		d->kind->add(d->h, at);
	if (n)
		memcpy(d->rest, at, n);
}

void
digest_end(const Digest *d, uint8_t *out)
{
	size_t block = d->kind->block, length = block / 8, rest = d->n % block;
	size_t word = block / 16, last = rest < block - length ? block : 2 * block;
	uint8_t tail[2 * DIGEST_BLOCK] = {0};
	uint64_t h[8];

	memcpy(h, d->h, sizeof h);
	memcpy(tail, d->rest, rest);
	tail[rest] = 0x80;
	for (size_t i = 0; i < 8; i++)
		tail[d->kind->little ? last - 8 + i : last - 1 - i] = (uint8_t)(d->n * 8 >> 8 * i);
	for (size_t i = 0; i < last; i += block)
		d->kind->add(h, tail + i);
	for (size_t i = 0; i < d->kind->size; i++) {
		size_t byte = d->kind->little ? i % word : word - 1 - i % word;
		out[i] = (uint8_t)(h[i / word] >> 8 * byte);
	}
}

void
sha256(const void *p, size_t n, uint8_t out[32])
{
	Digest d = digest_start(&kinds[0]);

	digest_add(&d, p, n);
	digest_end(&d, out);
}
