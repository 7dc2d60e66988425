/* merge.c: what devices answered, laid beside what is expected, and the variables that decide.
 *
 * The table's column file says which script a line is about; it is made again, and judged by the
 * rows of now. Of a script's lines the one of the operation that was asked about counts; those of
 * constants and of what stands around it do not.
 */
#include "probe.h"

#include "ane/ane.h"
#include "file/csv.h"

#include <stdlib.h>

const char *const agreement_name[] = {"agreed", "disagreed", "open", "not filled"};

Agreement
answer_agreement(const Answer *x)
{
	bool engine = strcmp(x->judged.expected, expect_name[EXPECT_ENGINE]) == 0;

	if (!x->device)
		return NOT_FILLED;
	if (!engine && strcmp(x->judged.expected, expect_name[EXPECT_ELSEWHERE]) != 0)
		return NOT_EXPECTED;
	return engine == (strcmp(x->device, "ane") == 0) ? AGREED : DISAGREED;
}

/* ---- reading ---- */

typedef struct Reader {
	const Prober *p;
	Merged *out;
	Map by_file; /* hash of a script's name -> number of its operation << 32 | of its answer */
	int file, op, device, cost;
} Reader;

static OpAnswers *
answers_of(Reader *r, const Grid *g, uint32_t *at)
{
	Merged *m = r->out;

	for (*at = 0; *at < m->op.n; ++*at)
		if (m->op.at[*at].grid->probe == g->probe)
			return &m->op.at[*at];
	vec_push(r->p->arena, &m->op, (OpAnswers){.grid = g});
	return &m->op.at[*at];
}

/* The answer about the script that a line names; 0 after reporting, or with a warning. */
static Answer *
answer_of(Reader *r, const CsvRow *row, bool *ok)
{
	const Prober *p = r->p;
	Answer x = {.cost = -1};
	uint32_t op;
	uint64_t key, where;
	OpAnswers *o;
	Buf script = {0};

	if (!point_named(p->arena, row->s[r->file], &x.point)) {
		diag_warning(p->diag, row->at, "no probe is called '%s'", row->s[r->file]);
		return NULL;
	}
	x.name = point_name(p->arena, &x.point);
	key = hash_bytes(x.name, strlen(x.name), 0) | 1;
	where = (uint64_t)(uintptr_t)map_get(&r->by_file, key);
	if (where)
		return &r->out->op.at[where >> 32].answer.at[(where & UINT32_MAX) - 1];
	point_script(&script, &x.point, x.name);
	*ok = p->judge(p->ctx, x.point.grid->probe->op, arena_printf(p->arena, "%s.mil", x.name),
	               script.at, script.n, &x.judged);
	buf_free(&script);
	if (!*ok)
		return NULL;
	o = answers_of(r, x.point.grid, &op);
	vec_push(p->arena, &o->answer, x);
	map_put(&r->by_file, key, (void *)(uintptr_t)((uint64_t)op << 32 | o->answer.n));
	return &o->answer.at[o->answer.n - 1];
}

/* Lines may say one thing twice, but not two things of one operation. */
static bool
answer(Reader *r, Answer *x, const CsvRow *row, const char *device, double cost)
{
	Diag *d = r->p->diag;

	if (!x->device) {
		x->device = device;
		x->cost = cost;
		x->at = row->at;
		return true;
	}
	if (strcmp(x->device, device) == 0 && x->cost == cost)
		return true;
	diag_error(d, row->at, "another line says something else of '%s' in '%s': keep one of them",
	           x->judged.op, x->name);
	diag_note(d, x->at, "the other line is here");
	return false;
}

static bool
take(Reader *r, const CsvRow *row)
{
	const char *device = row->s[r->device], *where = ane_device(device);
	const char *text = r->cost >= 0 ? row->s[r->cost] : "";
	double cost;
	bool ok = true;
	Answer *x;

	if (*device && !where)
		return diag_error(r->p->diag, row->at,
		                  "'%s' is no device; expected ane, gpu or cpu", device);
	if (!ane_cost(text, &cost))
		return diag_error(r->p->diag, row->at, "'%s' is no cost, expected a number from 0",
		                  text);
	x = answer_of(r, row, &ok);
	if (!x || !where || strcmp(row->s[r->op], x->judged.op) != 0)
		return ok;
	return answer(r, x, row, where, cost);
}

bool
probe_read(const Prober *p, const char *path, const char *text, size_t n, Merged *out)
{
	static const char *const like = "file,function,op,device,cost";
	Reader r = {.p = p, .out = out};
	CsvRow head = {0}, row = {0};
	bool ok = true;
	Csv c;

	map_init(&r.by_file, p->arena);
	if (!csv_begin(&c, &head, p->arena, p->diag, path, text, n, like))
		return false;
	r.file = csv_column(&head, "file"), r.op = csv_column(&head, "op");
	r.device = csv_column(&head, "device"), r.cost = csv_column(&head, "cost");
	if (r.file < 0 || r.op < 0 || r.device < 0)
		return diag_error(p->diag, head.at,
		                  "a column of 'file', 'op' and 'device' is missing; expected '%s'",
		                  like);
	while (ok && csv_row(&c, &head, &row, &ok))
		ok = take(&r, &row);
	return ok;
}

/* ---- what decides ---- */

typedef enum Side { SIDE_NONE, SIDE_YES, SIDE_NO, SIDE_BOTH } Side;

/* Measured: on the engine or not; else where it is expected. */
static Side
side_of(const Answer *x, bool measured)
{
	const char *e = x->judged.expected;

	if (measured)
		return !x->device ? SIDE_NONE : strcmp(x->device, "ane") == 0 ? SIDE_YES : SIDE_NO;
	return strcmp(e, expect_name[EXPECT_ENGINE]) == 0      ? SIDE_YES
	       : strcmp(e, expect_name[EXPECT_ELSEWHERE]) == 0 ? SIDE_NO
	                                                       : SIDE_NONE;
}

typedef struct AxisValue {
	const char *text;
	Side side;
} AxisValue;

static int
by_number(const void *a, const void *b)
{
	double x = strtod(((const AxisValue *)a)->text, NULL);
	double y = strtod(((const AxisValue *)b)->text, NULL);

	return (x > y) - (x < y);
}

static bool
is_real(const char *s)
{
	char *end;

	(void)strtod(s, &end);
	return end != s && !*end;
}

/* Whether two points differ in no variable but one. */
static bool
is_beside(const ProbePoint *a, const ProbePoint *b, uint32_t axis)
{
	for (uint32_t i = 0; i < a->grid->n; i++)
		if (i != axis && strcmp(a->value[i], b->value[i]) != 0)
			return false;
	return true;
}

/* The variable's values with the sides on which they were met, in v; so many. */
static uint32_t
sides(const OpAnswers *o, uint32_t axis, bool measured, bool along, AxisValue *v)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < o->answer.n; i++) {
		const Answer *x = &o->answer.at[i];
		Side side = side_of(x, measured);
		uint32_t k = 0;
		if (!side || (along && !is_beside(&x->point, &o->answer.at[0].point, axis)))
			continue;
		while (k < n && strcmp(v[k].text, x->point.value[axis]) != 0)
			k++;
		if (k == n)
			v[n++] = (AxisValue){x->point.value[axis], SIDE_NONE};
		v[k].side |= side;
	}
	return n;
}

/* False: the variable does not decide. */
static bool
split(Arena *a, const OpAnswers *o, uint32_t axis, bool measured, bool along, Splitting *out)
{
	AxisValue *v = newn(a, AxisValue, o->answer.n + 1);
	uint32_t n = sides(o, axis, measured, along, v), turns = 0;
	VEC(const char *) yes = {0}, no = {0};
	bool numbers = true;

	for (uint32_t i = 0; i < n; i++)
		numbers &= is_real(v[i].text);
	if (numbers)
		qsort(v, n, sizeof *v, by_number);
	for (uint32_t i = 0; i < n; i++) {
		if (v[i].side == SIDE_BOTH)
			return false;
		turns += i && v[i].side != v[i - 1].side;
		if (v[i].side == SIDE_YES)
			vec_push(a, &yes, v[i].text);
		else
			vec_push(a, &no, v[i].text);
	}
	*out = (Splitting){&o->grid->axis[axis], yes.at, no.at, yes.n, no.n, numbers && turns == 1};
	return yes.n && no.n;
}

Splits
split_answers(Arena *a, const OpAnswers *o, bool measured, bool *along)
{
	Splits found = {0};
	Splitting one;

	*along = false;
	for (int k = 0; k < 2 && !found.n; k++)
		for (uint32_t axis = 0; axis < o->grid->n; axis++)
			if (split(a, o, axis, measured, k > 0, &one)) {
				vec_push(a, &found, one);
				*along = k > 0;
			}
	return found;
}
