/* nd_decompose.c: QR by Householder's reflections, and eigenvalues of symmetric matrices by
 * implicit QL and QR steps. The signs of vectors depend on every choice on the way: shifts,
 * directions and the order of rotations are LAPACK's, as dgeqrf, dsytrd and dsteqr document them.
 */
#include "nd_decompose.h"

#include <math.h>

/* ---- plane rotations ---- */
Rotation
nd_rotation(double f, double g)
{
	double d;

	if (g == 0)
		return (Rotation){1, 0, f};
	if (f == 0)
		return (Rotation){0, copysign(1, g), fabs(g)};
	d = hypot(f, g);
	return (Rotation){fabs(f) / d, g / copysign(d, f), copysign(d, f)};
}

void
nd_rotate(double *x, double *y, int64_t n, double c, double s)
{
	for (int64_t i = 0; i < n; i++) {
		double u = x[i], v = y[i];

		x[i] = c * u + s * v;
		y[i] = c * v - s * u;
	}
}

void
nd_swap(double *row, int64_t n, int64_t i, int64_t k)
{
	for (int64_t j = 0; i != k && j < n; j++) {
		double t = row[i * n + j];

		row[i * n + j] = row[k * n + j];
		row[k * n + j] = t;
	}
}

/* ---- reflections: I - tau v v', where v[0] is 1 ---- */
double
nd_reflection(double *x, int64_t step, int64_t n)
{
	double most = 0, sum = 0, alpha = x[0], beta;

	for (int64_t i = 1; i < n; i++)
		most = fmax(most, fabs(x[i * step]));
	if (most == 0)
		return 0;
	for (int64_t i = 1; i < n; i++)
		sum += x[i * step] / most * (x[i * step] / most);
	beta = -copysign(hypot(alpha, most * sqrt(sum)), alpha);
	for (int64_t i = 1; i < n; i++)
		x[i * step] /= alpha - beta;
	x[0] = beta;
	return (beta - alpha) / beta;
}

void
nd_reflect(double tau, const double *v, int64_t step, int64_t n, double *y, int64_t ystep)
{
	double sum = y[0];

	if (tau == 0)
		return;
	for (int64_t i = 1; i < n; i++)
		sum += v[i * step] * y[i * ystep];
	y[0] -= tau * sum;
	for (int64_t i = 1; i < n; i++)
		y[i * ystep] -= tau * sum * v[i * step];
}

void
nd_reflect_rows(const Reflections *h, double *row, int64_t width, int64_t count)
{
	for (int64_t r = 0; r < count; r++, row += width)
		for (int64_t k = h->count - 1; k >= 0; k--)
			nd_reflect(h->tau[k], h->at + k * h->each, h->step, h->length - k,
			           row + h->first + k, 1);
}

Reflections
nd_triangular(double *a, int64_t m, int64_t n, double *tau)
{
	Reflections h = {a, tau, n, n + 1, MIN(m, n), m, 0};

	for (int64_t k = 0; k < h.count; k++) {
		double *v = a + k * h.each;

		tau[k] = nd_reflection(v, n, m - k);
		for (int64_t j = 1; j < n - k; j++)
			nd_reflect(tau[k], v, n, m - k, v + j, n);
	}
	return h;
}

void
nd_identity(double *row, int64_t width, int64_t count)
{
	for (int64_t i = 0; i < count; i++)
		row[i * width + i] = 1;
}

void
nd_turn(double *to, const double *from, int64_t m, int64_t n)
{
	for (int64_t i = 0; i < m; i++)
		for (int64_t j = 0; j < n; j++)
			to[j * m + i] = from[i * n + j];
}

/* ---- eigenvalues ---- */
/* a (symmetric, its lower half) becomes tridiagonal: d, e; its reflections stay in a's columns. */
static Reflections
tridiagonal(double *a, int64_t n, double *d, double *e, double *tau)
{
	Reflections h = {a + n, tau, n, n + 1, MAX(n - 1, 0), n - 1, 1};
	double *x = xcalloc((size_t)n + 1, sizeof *x);

	for (int64_t k = 0; k + 1 < n; k++) {
		int64_t len = n - k - 1;
		double *v = a + (k + 1) * n + k, *b = v + 1, half = 0; /* b: the rest */

		tau[k] = nd_reflection(v, n, len);
		e[k] = *v;
		*v = 1;
		for (int64_t i = 0; i < len; i++) {
			x[i] = 0;
			for (int64_t j = 0; j < len; j++)
				x[i] += b[MAX(i, j) * n + MIN(i, j)] * v[j * n];
			x[i] *= tau[k];
			half += x[i] * v[i * n];
		}
		for (int64_t i = 0; i < len; i++)
			x[i] -= tau[k] / 2 * half * v[i * n];
		for (int64_t i = 0; i < len; i++)
			for (int64_t j = 0; j <= i; j++)
				b[i * n + j] -= v[i * n] * x[j] + x[i] * v[j * n];
		*v = e[k];
	}
	for (int64_t k = 0; k < n; k++)
		d[k] = a[k * (n + 1)];
	xfree(x);
	return h;
}

/* Of [a b; b c]: the eigenvalue of larger magnitude, the other; (c, s): the vector of the first. */
static void
eigen_two(double a, double b, double c, double *large, double *small, double *cs, double *sn)
{
	double sum = a + c, diff = a - c, twice = b + b, root = hypot(diff, twice), t;
	double more = fabs(a) > fabs(c) ? a : c, less = fabs(a) > fabs(c) ? c : a;
	bool minus = sum < 0;

	if (sum == 0) {
		*large = root / 2;
		*small = -root / 2;
	} else {
		*large = (minus ? sum - root : sum + root) / 2;
		*small = more / *large * less - b / *large * b;
	}
	t = diff >= 0 ? diff + root : diff - root;
	if (fabs(t) > fabs(twice)) {
		*sn = 1 / sqrt(1 + twice / t * (twice / t));
		*cs = -twice / t * *sn;
	} else {
		*cs = twice == 0 ? 1 : 1 / sqrt(1 + t / twice * (t / twice));
		*sn = twice == 0 ? 0 : -t / twice * *cs;
	}
	if (minus == (diff < 0)) {
		t = *cs;
		*cs = -*sn;
		*sn = t;
	}
}

/* One sweep over [l, m] against the direction dir (1: QL, -1: QR); e[at] joins at and at + dir. */
static void
eigen_sweep(double *d, double *e, double *z, int64_t n, int64_t l, int64_t m, int dir)
{
	int64_t off = dir > 0 ? 0 : -1;
	double p = d[l], el = e[l + off], g = (d[l + dir] - p) / (2 * el), r = hypot(g, 1), s = 1;
	double c = 1, f, b;

	g = d[m] - p + el / (g + copysign(r, g));
	p = 0;
	for (int64_t i = m - dir; dir > 0 ? i >= l : i <= l; i -= dir) {
		Rotation t;

		f = s * e[i + off];
		b = c * e[i + off];
		t = nd_rotation(g, f);
		c = t.c;
		s = t.s;
		if (i != m - dir)
			e[i + dir + off] = t.r;
		g = d[i + dir] - p;
		r = (d[i] - g) * s + 2 * c * b;
		p = s * r;
		d[i + dir] = g + p;
		g = c * r - b;
		nd_rotate(z + (i + dir) * n, z + i * n, n, c, s);
	}
	d[l] -= p;
	e[l + off] = g;
}

/* All of the block [l, end], in the direction from l to end. */
static bool
eigen_block(double *d, double *e, double *z, int64_t n, int64_t l, int64_t end, int64_t *left)
{
	int dir = end > l ? 1 : -1;
	int64_t off = dir > 0 ? 0 : -1, m;

	for (; dir > 0 ? l <= end : l >= end;) {
		for (m = l; m != end; m += dir)
			if (e[m + off] * e[m + off] <=
			    ND_EPS * ND_EPS * fabs(d[m]) * fabs(d[m + dir]) + ND_SMALLEST)
				break;
		if (m != end)
			e[m + off] = 0;
		if (m == l) {
			l += dir;
		} else if (m == l + dir) {
			int64_t low = MIN(l, m);
			double large, small, c, s;

			eigen_two(d[low], e[low], d[low + 1], &large, &small, &c, &s);
			nd_rotate(z + low * n, z + (low + 1) * n, n, c, s);
			d[low] = large;
			d[low + 1] = small;
			e[low] = 0;
			l += 2 * dir;
		} else if ((*left)-- > 0) {
			eigen_sweep(d, e, z, n, l, m, dir);
		} else {
			return false;
		}
	}
	return true;
}

/* d becomes the eigenvalues in ascending order, z's rows their vectors. */
static bool
eigen(double *d, double *e, double *z, int64_t n)
{
	int64_t left = 30 * n;

	for (int64_t l = 0, m; l < n; l = m + 1) {
		for (m = l; m + 1 < n; m++)
			if (fabs(e[m]) <= sqrt(fabs(d[m])) * sqrt(fabs(d[m + 1])) * ND_EPS)
				break;
		if (m + 1 < n)
			e[m] = 0;
		if (!(fabs(d[m]) < fabs(d[l]) ? eigen_block(d, e, z, n, m, l, &left)
		                              : eigen_block(d, e, z, n, l, m, &left)))
			return false;
	}
	for (int64_t i = 0; i < n; i++) {
		int64_t k = i;

		for (int64_t j = i + 1; j < n; j++)
			k = d[j] < d[k] ? j : k;
		nd_swap(d, 1, i, k);
		nd_swap(z, n, i, k);
	}
	return true;
}

/* ---- stacks ---- */
bool
nd_stack_of(Stack *s, const Nd *a, NdErr *err)
{
	s->m = a->rank > 1 ? a->dim[a->rank - 2] : 1;
	s->n = a->rank ? a->dim[a->rank - 1] : 1;
	s->least = MIN(s->m, s->n);
	s->count = s->least ? nd_count(a) / (s->m * s->n) : 0;
	return nd_work(err, (double)nd_count(a) * (double)(s->m + s->n), ND_HEAVY) &&
	       nd_astype(&s->nd, a, DT_FP64, err);
}

bool
nd_results(Nd *out, int count, Stack *s, const Nd *a, const int64_t (*size)[2], NdErr *err)
{
	int64_t dim[TENSOR_MAX_RANK + 2];
	int rank = MAX(a->rank - 2, 0), made = 0;

	memcpy(dim, a->dim, sizeof a->dim);
	for (; made < count; made++) {
		dim[rank] = size[made][0];
		dim[rank + 1] = size[made][1];
		if (!nd_new(&out[made], DT_FP64, dim, rank + 1 + (dim[rank + 1] >= 0), err))
			break;
	}
	if (made == count)
		return true;
	while (made > 0)
		nd_release(&out[--made]);
	nd_release(&s->nd);
	return false;
}

bool
nd_qr(Nd out[2], const Nd *a, bool complete, NdErr *err)
{
	Stack s;
	double *tau, *rows;

	if (!nd_stack_of(&s, a, err))
		return false;
	const int64_t k = complete ? s.m : s.least, size[2][2] = {{s.m, k}, {k, s.n}};
	if (!nd_results(out, 2, &s, a, size, err))
		return false;
	tau = xcalloc((size_t)(k * s.m + s.n) + 1, sizeof *tau);
	rows = tau + s.n;
	for (int64_t i = 0; i < s.count; i++) {
		double *x = nd_matrix(&s.nd, i, s.m * s.n), *r = nd_matrix(&out[1], i, k * s.n);
		Reflections h = nd_triangular(x, s.m, s.n, tau);

		memset(rows, 0, (size_t)(k * s.m) * sizeof *rows);
		nd_identity(rows, s.m, k);
		nd_reflect_rows(&h, rows, s.m, k);
		nd_turn(nd_matrix(&out[0], i, s.m * k), rows, k, s.m);
		for (int64_t p = 0; p < k; p++)
			for (int64_t j = p; j < s.n; j++)
				r[p * s.n + j] = x[p * s.n + j];
	}
	xfree(tau);
	nd_release(&s.nd);
	return true;
}

bool
nd_eigh(Nd out[2], const Nd *a, NdErr *err)
{
	Stack s;
	double *room, *z;

	if (!nd_stack_of(&s, a, err))
		return false;
	const int64_t n = s.least, size[2][2] = {{n, -1}, {n, n}};
	if (!nd_results(out, 2, &s, a, size, err))
		return false;
	room = xcalloc((size_t)(n * (n + 2)) + 1, sizeof *room);
	z = room + 2 * n;
	for (int64_t i = 0; i < s.count; i++) {
		double *d = nd_matrix(&out[0], i, n);
		Reflections h;

		memset(z, 0, (size_t)(n * n) * sizeof *z);
		nd_identity(z, n, n);
		h = tridiagonal(nd_matrix(&s.nd, i, s.m * s.n), n, d, room, room + n);
		if (!eigen(d, room, z, n))
			*d = NAN;
		nd_reflect_rows(&h, z, n, n);
		nd_turn(nd_matrix(&out[1], i, n * n), z, n, n);
	}
	xfree(room);
	nd_release(&s.nd);
	return true;
}
