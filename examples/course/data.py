"""Makes the .npz files of the lessons: the same numbers everywhere."""
import numpy as np

np.savez("week.npz", celsius=np.array([-40, 0, 15, 21.5, 30, 37, 100], np.float32))

# Which of the seven bars of a display are lit for each digit, from the top clockwise, then the middle.
BARS = ["1111110", "0110000", "1101101", "1111001", "0110011", "1011011", "1011111", "1110000", "1111111", "1111011"]
digits = np.array([[int(c) for c in bars] for bars in BARS], np.float32)


def trained(x, steps=2000, rate=0.5):
    """Weights and bias of a layer that tells the rows of x apart: gradient descent on the cross entropy."""
    w, b, wanted = np.zeros((len(x), x.shape[1])), np.zeros(len(x)), np.eye(len(x))
    for _ in range(steps):
        e = np.exp(x @ w.T + b)
        error = e / e.sum(axis=1, keepdims=True) - wanted
        w, b = w - rate * error.T @ x, b - rate * error.sum(axis=0)
    return w.astype(np.float32), b.astype(np.float32)


weight, bias = trained(digits.astype(np.float64))
np.savez("segments.npz", weight=weight, bias=bias, digits=digits)

np.savez("collatz.npz", n=np.array([27], np.int32))
np.savez("ones.npz", x=np.ones(1, np.float16))
np.savez("seven.npz", bars=digits[7:8])

# A bright square on dark ground.
image = np.zeros((1, 1, 8, 8), np.float32)
image[..., 2:6, 2:6] = 1
np.savez("square.npz", image=image)
