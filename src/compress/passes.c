/* passes.c: compression as passes of a conversion, with the configuration as their option; of the
 * pipelines for weights that were pruned or have few values before they came here.
 */
#include "compress.h"

static bool
run_step(PassCtx *c, CompressStep step)
{
	const Compression *config = pass_value(c, "config");

	return config ? compress_program(c->prog, config, step)
	              : diag_error(c->prog->diag, c->opt ? c->opt->span : NOSPAN,
	                           "pass %s needs the option config: a "
	                           "ct.optimize.coreml.OptimizationConfig(…) of a script",
	                           c->name);
}

bool
pass_prune_weights(PassCtx *c)
{
	return run_step(c, STEP_PRUNE);
}

bool
pass_palettize_weights(PassCtx *c)
{
	return run_step(c, STEP_PALETTIZE);
}

bool
pass_linear_quantize_weights(PassCtx *c)
{
	return run_step(c, STEP_QUANTIZE);
}

bool
pass_WeightDecompressor(PassCtx *c)
{
	return decompress_program(c->prog, NOSPAN);
}
