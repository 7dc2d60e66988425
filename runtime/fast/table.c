/* table.c: the kernels of one instruction set. */
#include "chain_run.h"
#include "gemm.h"
#include "row_api.h"

#define MAP(op, name)
#define KERNEL(op, name) extern const Kernel FAST(kernel_##name);
#include "runtime/fast.def"
#undef KERNEL
extern const Isa FAST(isa);

static const Kernel *
kernel(Opcode code)
{
	static const Kernel *const kernels[OP_COUNT] = {
#define KERNEL(op, name) [OP_##op] = &FAST(kernel_##name),
#include "runtime/fast.def"
#undef KERNEL
#undef MAP
	};

	return kernels[code];
}

#define NAME_OF(x) #x
#define NAME(x)    NAME_OF(x)
const Isa FAST(isa) = {NAME(MILC_ISA_NAME),  kernel,           &FAST(gemm_api),
                       &FAST(gemm64_api), &FAST(chain_api), &FAST(row_api)};
