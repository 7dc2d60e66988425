"""Makes mlp.npz: small weights that are the same everywhere."""
import numpy as np

rng = np.random.RandomState(7)
width, hidden = 32, 64
np.savez(
    "mlp.npz",
    gain=np.ones(width, np.float32),
    w1=(rng.randn(hidden, width) / 8).astype(np.float32),
    b1=np.zeros(hidden, np.float32),
    w2=(rng.randn(width, hidden) / 8).astype(np.float32),
    b2=(rng.randn(width) / 100).astype(np.float32),
)
