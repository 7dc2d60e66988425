/* isa.h: which instruction set this object is compiled for. The Makefile compiles each source of
 * this folder for the machine's base, and on x86-64 twice more, with MILC_AVX2 and MILC_AVX512
 * defined. What the objects offer carries the set's name: FAST(gemm) is gemm_avx2.
 */
#ifndef MILC_ISA_H
#define MILC_ISA_H

#include "runtime/fast.h"

#if !defined(MILC_AVX512) && !defined(MILC_AVX2) && defined(__aarch64__)
#define MILC_NEON
#endif
#if defined(MILC_AVX512)
#define MILC_ISA_NAME avx512
#elif defined(MILC_AVX2)
#define MILC_ISA_NAME avx2
#elif defined(MILC_NEON)
#define MILC_ISA_NAME neon
#else
#define MILC_ISA_NAME plain
#endif
#define FAST_JOIN(name, isa) name##_##isa
#define FAST_AS(name, isa)   FAST_JOIN(name, isa)
#define FAST(name)           FAST_AS(name, MILC_ISA_NAME)

/* A function of arguments that are constants where it is called, as large as it may be. */
#define INLINE static inline __attribute__((always_inline))

#endif
