# Where there is no memory for a copy of the weights, nothing is drawn.
cat >weights.mil <<'END'
p = np.full(1000000, 1 / 1000000)
print(np.random.choice(1000000, p=p))
END
try --max-memory=9M weights.mil
