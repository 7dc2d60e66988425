cat >nearest.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 3, 4, 4))])
def f(x):
    return mb.upsample_nearest_neighbor(x=x, scale_factor_height=1.5, scale_factor_width=1.5)
END
try -t neuralnetwork nearest.mil -o nearest.mlmodel
