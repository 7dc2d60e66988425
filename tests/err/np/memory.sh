# Where there is no memory for a copy of the weights, nothing is drawn.
cat >weights.mil <<'END'
p = np.full(1000000, 1 / 1000000)
print(np.random.choice(1000000, p=p))
END
try --max-memory=9M weights.mil
# Views have no elements of their own, but are objects.
cat >views.mil <<'END'
a = np.zeros(4)
kept = []
for i in range(200000):
    kept.append(a[i % 4:])
print(len(kept))
END
try --max-memory=64M views.mil
