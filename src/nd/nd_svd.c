/* nd_svd.c: singular values: a QR where a matrix is much longer than wide, bidiagonalization, and
 * implicit QR steps (Golub and Kahan, with Demmel and Kahan's zero shift). As in nd_decompose.c
 * every choice that a sign depends on is LAPACK's: dgesdd, dgebrd and dbdsqr.
 */
#include "nd_decompose.h"

#include <math.h>

#define TALL(m, n) ((m) >= (int64_t)((double)(n) * 11 / 6)) /* a QR first pays */

/* The smaller singular value of [f g; 0 h]. */
static double
singular_least(double f, double g, double h)
{
	double low = fmin(fabs(f), fabs(h)), high = fmax(fabs(f), fabs(h)), as, at, au;

	g = fabs(g);
	if (low == 0)
		return 0;
	as = 1 + low / high;
	at = (high - low) / high;
	if (g < high) {
		au = g / high * (g / high);
		return low * (2 / (sqrt(as * as + au) + sqrt(at * at + au)));
	}
	au = high / g;
	if (au == 0)
		return low * high / g;
	return 2 *
	       (low * (1 / (sqrt(1 + as * au * (as * au)) + sqrt(1 + at * au * (at * au)))) * au);
}

/* Of [f g; 0 h]: [cl sl; -sl cl] [f g; 0 h] [cr -sr; sr cr] = [big 0; 0 small]; |big| is larger. */
typedef struct TwoByTwo {
	double big, small, cl, sl, cr, sr;
} TwoByTwo;

static TwoByTwo
singular_two(double f, double g, double h)
{
	bool swap = fabs(h) > fabs(f);
	double x = swap ? h : f, z = swap ? f : h, fa = fabs(x), ha = fabs(z), ga = fabs(g), sign;
	double cl = 1, sl = 0, cr = 1, sr = 0;
	int widest = swap ? 3 : 1;
	TwoByTwo t = {fa, ha, 0, 0, 0, 0};

	if (ga > fa)
		widest = 2;
	if (ga > fa && fa / ga < ND_EPS) {
		t.big = ga;
		t.small = ha > 1 ? fa / (ga / ha) : fa / ga * ha;
		sl = z / g;
		sr = 1;
		cr = x / g;
	} else if (ga != 0) {
		double diff = fa - ha, l = diff == fa ? 1 : diff / fa, m = g / x, u = 2 - l;
		double mm = m * m, s = sqrt(u * u + mm), r = l == 0 ? fabs(m) : sqrt(l * l + mm);
		double a = 0.5 * (s + r);

		t.small = ha / a;
		t.big = fa * a;
		if (mm != 0)
			u = (m / (s + u) + m / (r + l)) * (1 + a);
		else if (l == 0)
			u = copysign(2, x) * copysign(1, g);
		else
			u = g / copysign(diff, x) + m / u;
		l = sqrt(u * u + 4);
		cr = 2 / l;
		sr = u / l;
		cl = (cr + sr * m) / a;
		sl = z / x * sr / a;
	}
	t.cl = swap ? sr : cl;
	t.sl = swap ? cr : sl;
	t.cr = swap ? sl : cr;
	t.sr = swap ? cl : sr;
	sign = widest == 1   ? copysign(1, t.cr) * copysign(1, t.cl) * copysign(1, f)
	       : widest == 2 ? copysign(1, t.sr) * copysign(1, t.cl) * copysign(1, g)
	                     : copysign(1, t.sr) * copysign(1, t.sl) * copysign(1, h);
	t.big = copysign(t.big, sign);
	t.small = copysign(t.small, sign * copysign(1, f) * copysign(1, h));
	return t;
}

/* An upper bidiagonal matrix and what its rotations go to: rows of the left and right vectors. */
typedef struct Bidiagonal {
	int64_t n;
	double *d, *e, *u, *v;
	int64_t wu, wv; /* entries of a row of u and v */
	double tol, least;
} Bidiagonal;

/* One sweep over d[l] … d[m], downwards (dir 1) or, the matrix seen upside down, upwards. */
static void
singular_sweep(Bidiagonal *b, int64_t l, int64_t m, int dir, double shift)
{
	int64_t at = dir > 0 ? l : m, end = dir > 0 ? m : l, off = dir > 0 ? 0 : -1;
	double *d = b->d, *e = b->e, *first = dir > 0 ? b->v : b->u, *last = dir > 0 ? b->u : b->v;
	int64_t wf = dir > 0 ? b->wv : b->wu, wl = dir > 0 ? b->wu : b->wv;
	double f = (fabs(d[at]) - shift) * (copysign(1, d[at]) + shift / d[at]), g = e[at + off];
	Rotation x = {1, 0, 0}, y = {1, 0, 0};

	for (int64_t i = at; i != end; i += dir) {
		double *here = &e[i + off], *before = &e[i - dir + off], *next = &d[i + dir];

		if (shift == 0) {
			x = nd_rotation(d[i] * x.c, *here);
			if (i != at)
				*before = y.s * x.r;
			y = nd_rotation(y.c * x.r, *next * x.s);
			d[i] = y.r;
		} else {
			x = nd_rotation(f, g);
			if (i != at)
				*before = x.r;
			f = x.c * d[i] + x.s * *here;
			*here = x.c * *here - x.s * d[i];
			g = x.s * *next;
			*next *= x.c;
			y = nd_rotation(f, g);
			d[i] = y.r;
			f = y.c * *here + y.s * *next;
			*next = y.c * *next - y.s * *here;
			if (i + dir != end) {
				g = y.s * e[i + dir + off];
				e[i + dir + off] *= y.c;
			}
		}
		nd_rotate(first + i * wf, first + (i + dir) * wf, wf, x.c, x.s);
		nd_rotate(last + i * wl, last + (i + dir) * wl, wl, y.c, y.s);
	}
	if (shift == 0) {
		double h = d[end] * x.c;

		d[end] = h * y.c;
		f = h * y.s;
	}
	e[end - dir + off] = fabs(f) <= b->least ? 0 : f;
}

/* True when an entry of e between l and m may be called 0; else *least is a bound of the smallest
 * singular value there. */
static bool
singular_splits(Bidiagonal *b, int64_t l, int64_t m, int dir, double *least)
{
	int64_t at = dir > 0 ? l : m, end = dir > 0 ? m : l, off = dir > 0 ? 0 : -1;
	double mu = fabs(b->d[at]);

	if (fabs(b->e[end - dir + off]) <= b->tol * fabs(b->d[end])) {
		b->e[end - dir + off] = 0;
		return true;
	}
	*least = mu;
	for (int64_t i = at; i != end; i += dir) {
		if (fabs(b->e[i + off]) <= b->tol * mu) {
			b->e[i + off] = 0;
			return true;
		}
		mu = fabs(b->d[i + dir]) * (mu / (mu + fabs(b->e[i + off])));
		*least = fmin(*least, mu);
	}
	return false;
}

static void
singular_step(Bidiagonal *b, int64_t l, int64_t m, int dir, double least, double most)
{
	double *d = b->d, *e = b->e, shift = 0, from = fabs(d[dir > 0 ? l : m]);

	if ((double)b->n * b->tol * (least / most) > fmax(ND_EPS, 0.01 * b->tol)) {
		shift = dir > 0 ? singular_least(d[m - 1], e[m - 1], d[m])
		                : singular_least(d[l], e[l], d[l + 1]);
		if (from > 0 && shift / from * (shift / from) < ND_EPS)
			shift = 0;
	}
	singular_sweep(b, l, m, dir, shift);
}

/* All singular values positive and in descending order. */
static void
singular_order(Bidiagonal *b)
{
	for (int64_t i = 0; i < b->n; i++) {
		if (!(b->d[i] < 0))
			continue;
		b->d[i] = -b->d[i];
		for (int64_t j = 0; j < b->wv; j++)
			b->v[i * b->wv + j] = -b->v[i * b->wv + j];
	}
	for (int64_t i = b->n - 1; i > 0; i--) {
		int64_t k = 0;

		for (int64_t j = 1; j <= i; j++)
			k = b->d[j] <= b->d[k] ? j : k;
		nd_swap(b->d, 1, i, k);
		nd_swap(b->u, b->wu, i, k);
		nd_swap(b->v, b->wv, i, k);
	}
}

static bool
singular(Bidiagonal *b)
{
	double *d = b->d, *e = b->e, mu = b->n ? fabs(d[0]) : 0, low = mu, least = 0;
	int64_t m = b->n - 1, old_l = -1, old_m = -1, left = 6 * b->n * b->n;
	int dir = 1;

	b->tol = fmax(10, fmin(100, pow(ND_EPS, -0.125))) * ND_EPS;
	for (int64_t i = 1; i < b->n && low != 0; i++) {
		mu = fabs(d[i]) * (mu / (mu + fabs(e[i - 1])));
		low = fmin(low, mu);
	}
	b->least =
	    fmax(b->tol * (low / sqrt((double)MAX(b->n, 1))), 6. * (double)left * ND_SMALLEST);
	while (m > 0) {
		double most = fabs(d[m]);
		int64_t l = m;

		while (l > 0 && fabs(e[l - 1]) > b->least) {
			l--;
			most = fmax(most, fmax(fabs(d[l]), fabs(e[l])));
		}
		if (l > 0)
			e[l - 1] = 0;
		if (l == m) {
			m--;
		} else if (l == m - 1) {
			TwoByTwo t = singular_two(d[l], e[l], d[m]);

			d[l] = t.big;
			e[l] = 0;
			d[m] = t.small;
			nd_rotate(b->v + l * b->wv, b->v + m * b->wv, b->wv, t.cr, t.sr);
			nd_rotate(b->u + l * b->wu, b->u + m * b->wu, b->wu, t.cl, t.sl);
			m -= 2;
		} else {
			if (l > old_m || m < old_l)
				dir = fabs(d[l]) >= fabs(d[m]) ? 1 : -1;
			if (singular_splits(b, l, m, dir, &least))
				continue;
			old_l = l;
			old_m = m;
			if ((left -= m - l) < 0)
				return false;
			singular_step(b, l, m, dir, least, most);
		}
	}
	singular_order(b);
	return true;
}

/* a[m][n], m >= n, becomes upper bidiagonal: d, e; q and p: the reflections from the left and from
 * the right. */
static void
bidiagonal(double *a, int64_t m, int64_t n, double *d, double *e, double *tau, Reflections *q,
           Reflections *p)
{
	*q = (Reflections){a, tau, n, n + 1, n, m, 0};
	*p = (Reflections){a + 1, tau + n, 1, n + 1, MAX(n - 1, 0), n - 1, 1};
	for (int64_t k = 0; k < n; k++) {
		double *v = a + k * (n + 1);

		tau[k] = nd_reflection(v, n, m - k);
		d[k] = *v;
		for (int64_t j = 1; j < n - k; j++)
			nd_reflect(tau[k], v, n, m - k, v + j, n);
		if (k + 1 == n)
			break;
		tau[n + k] = nd_reflection(v + 1, 1, n - k - 1);
		e[k] = v[1];
		for (int64_t i = 1; i < m - k; i++)
			nd_reflect(tau[n + k], v + 1, 1, n - k - 1, v + 1 + i * n, 1);
	}
}

/* A lower bidiagonal matrix becomes an upper one; turn: the rotations, which the left vectors need
 * later. */
static void
lower_to_upper(double *d, double *e, int64_t n, Rotation *turn)
{
	for (int64_t i = 0; i + 1 < n; i++) {
		turn[i] = nd_rotation(d[i], e[i]);
		d[i] = turn[i].r;
		e[i] = turn[i].s * d[i + 1];
		d[i + 1] *= turn[i].c;
	}
}

/* The decomposition of a[m][n], m >= n, which is lost: u: cu rows of m, v: n rows of n. `wide`: a
 * is the transpose of what was given, and not one that a QR made square. */
static bool
svd_of(double *a, int64_t m, int64_t n, bool wide, double *d, double *u, int64_t cu, double *v)
{
	double *room = xcalloc((size_t)(6 * n) + 1, sizeof *room), *e = room, *tau = room + n;
	Rotation *turn = xcalloc((size_t)n + 1, sizeof *turn);
	Bidiagonal b = {n, d, e, wide ? v : u, wide ? u : v, wide ? n : m, wide ? m : n, 0, 0};
	Reflections q, p;
	bool ok;

	nd_identity(u, m, cu);
	nd_identity(v, n, n);
	bidiagonal(a, m, n, d, e, tau, &q, &p);
	if (wide)
		lower_to_upper(d, e, n, turn);
	ok = singular(&b);
	for (int64_t i = n - 2; wide && i >= 0; i--) /* v's rows are the left vectors there */
		for (int64_t r = 0; r < n; r++)
			nd_rotate(v + r * n + i, v + r * n + i + 1, 1, turn[i].c, -turn[i].s);
	nd_reflect_rows(&q, u, m, cu);
	nd_reflect_rows(&p, v, n, n);
	xfree(room);
	xfree(turn);
	return ok;
}

/* a[m][n], m >= n, where a QR pays: u: cu rows of m, v: n rows of n. `wide` as above: then the
 * square factor is taken as it stands in the matrix that was given. */
static bool
svd_tall(double *a, int64_t m, int64_t n, bool wide, double *d, double *u, int64_t cu, double *v)
{
	double *room = xcalloc((size_t)(3 * n * n + n) + 1, sizeof *room), *s = room + n * n;
	double *small = s + n * n, *tau = small + n * n;
	Reflections h = nd_triangular(a, m, n, tau);
	bool ok;

	for (int64_t i = 0; i < n; i++)
		for (int64_t j = i; j < n; j++)
			room[wide ? j * n + i : i * n + j] = a[i * n + j];
	ok = wide ? svd_of(room, n, n, false, d, v, n, small)
	          : svd_of(room, n, n, false, d, small, n, v);
	nd_identity(u, m, cu);
	for (int64_t i = 0; i < n; i++)
		memcpy(u + i * m, small + i * n, (size_t)n * sizeof *u);
	nd_reflect_rows(&h, u, m, cu);
	xfree(room);
	return ok;
}

bool
nd_svd(Nd out[3], const Nd *a, bool full, NdErr *err)
{
	Stack s;
	bool wide;
	double *x, *u, *v;

	if (!nd_stack_of(&s, a, err))
		return false;
	wide = s.m < s.n;
	const int64_t n = s.least, m = MAX(s.m, s.n), longer = full ? m : n;
	const int64_t cu = wide ? n : longer, cv = wide ? longer : n;
	const int64_t size[3][2] = {{s.m, cu}, {n, -1}, {cv, s.n}};
	if (!nd_results(out, 3, &s, a, size, err))
		return false;
	x = xcalloc((size_t)(m * n + longer * m + n * n) + 1, sizeof *x);
	u = x + m * n;
	v = u + longer * m;
	for (int64_t i = 0; i < s.count; i++) {
		double *from = nd_matrix(&s.nd, i, m * n), *d = nd_matrix(&out[1], i, n);

		memset(u, 0, (size_t)(longer * m + n * n) * sizeof *u);
		if (wide)
			nd_turn(x, from, n, m);
		else
			memcpy(x, from, (size_t)(m * n) * sizeof *x);
		if (!(TALL(m, n) ? svd_tall : svd_of)(x, m, n, wide, d, u, longer, v))
			*d = NAN;
		nd_turn(nd_matrix(&out[0], i, s.m * cu), wide ? v : u, cu, s.m);
		memcpy(nd_matrix(&out[2], i, cv * s.n), wide ? u : v,
		       (size_t)(cv * s.n) * sizeof *x);
	}
	xfree(x);
	nd_release(&s.nd);
	return true;
}
