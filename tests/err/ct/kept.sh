# What constants lie in counts against --max-memory once, however many lie in it, and for good.
cat >rows.mil <<'END'
w = np.zeros((1000, 4096), np.float32)
@mb.program(input_specs=[mb.TensorSpec(shape=(4096,))])
def f(x):
    for i in range(1000):
        x = mb.add(x=x, y=w[i])
    junk = [np.zeros(1048576, np.float32) + i for i in range(3)]
    return x
END
try rows.mil --max-memory=48M
cat >each.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1048576,))])
def f(x):
    for i in range(20):
        w = np.zeros(1048576, np.float32)
        x = mb.add(x=x, y=w)
    return x
END
try each.mil --max-memory=36M
try each.mil --max-memory=90M
