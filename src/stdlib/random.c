/* random.c: the module _random: the generator of Python's random, one state for each Random.
 *
 * new() gives a state; seed(state, n) seeds it by an int, or by bytes that stand for a large one,
 * the highest first; random, getrandbits, getstate and setstate are the methods of Random. Without
 * a seed Python starts anywhere; a compiler must give the same model each time, so the seed is 0
 * then, and a warning says so.
 */
#include "natives.h"
#include "nd/mt19937.h"

typedef struct State {
	Mt19937 mt;
	bool seeded;
} State;
static const HostType state_type = {.name = "_random.State"};

/* The state that is the first argument, or 0 with *wrong: reported. */
static State *
state_of(const Args *args)
{
	State *s = natives_data(args->v[0], &state_type);

	if (!s)
		natives_wrong(args);
	return s;
}

/* For numbers to be drawn of it. */
static Mt19937 *
drawing(const Args *args)
{
	State *s = state_of(args);

	if (s && !s->seeded) {
		interp_unseeded(args->in, args->span);
		mt_seed_array(&s->mt, &(uint32_t){0}, 1);
		s->seeded = true;
	}
	return s ? &s->mt : 0;
}

NATIVE(random_new)
{
	return natives_object(in, &state_type, sizeof(State), out) != 0;
}

static void
seed_bytes(Mt19937 *mt, const StrObj *b)
{
	const uint8_t *at = (const uint8_t *)b->s, *end = at + b->len;
	uint32_t *words;
	size_t n;

	while (at < end && !*at)
		at++;
	n = at == end ? 1 : (size_t)(end - at + 3) / 4;
	words = xcalloc(n, sizeof *words);
	for (size_t i = 0; i < (size_t)(end - at); i++)
		words[i / 4] |= (uint32_t)end[-1 - (ptrdiff_t)i] << 8 * (i % 4);
	mt_seed_array(mt, words, n);
	xfree(words);
}

NATIVE(random_seed)
{
	State *s = state_of(args);
	Int n;

	*out = VNONE;
	if (!s)
		return false;
	s->seeded = args->v[1].kind != V_NONE;
	if (args->v[1].kind == V_BYTES)
		seed_bytes(&s->mt, STR_OF(args->v[1]));
	else if (s->seeded && !big_of(args->v[1], &n))
		return natives_wrong(args);
	else if (s->seeded)
		mt_seed_array(&s->mt, n.n ? n.d : &(uint32_t){0}, MAX(n.n, 1));
	return true;
}

NATIVE(random_random)
{
	Mt19937 *mt = drawing(args);

	if (!mt)
		return false;
	*out = vfloat(mt_double(mt));
	return true;
}

NATIVE(random_getrandbits)
{
	Mt19937 *mt = drawing(args);
	int64_t k;
	Int n = {0};

	if (!mt || !as_int(in, args->v[1], &k, "the number of bits", args->span))
		return false;
	if (k < 0)
		return fail(in, args->span, "number of bits must be non-negative");
	if (k > BIG_BITS)
		return fail(in, args->span,
		            "the int has more than %d bits, which is the limit here", BIG_BITS);
	for (; k > 0; k -= 32)
		n.d[n.n++] = mt_next(mt) >> (k < 32 ? 32 - k : 0);
	while (n.n && !n.d[n.n - 1])
		n.n--;
	*out = big_value(in, &n);
	return true;
}

NATIVE(random_getstate)
{
	Mt19937 *mt = drawing(args);

	if (!mt)
		return false;
	*out = vtuple(in, 0, MT_WORDS + 1);
	for (int i = 0; i < MT_WORDS; i++)
		SEQ_OF(*out)->at[i] = vint(mt->key[i]);
	SEQ_OF(*out)->at[MT_WORDS] = vint(mt->pos);
	return true;
}

NATIVE(random_setstate)
{
	State *s = state_of(args);
	Mt19937 mt = {.pos = MT_WORDS};
	const SeqObj *from;

	*out = VNONE;
	if (!s)
		return false;
	if (args->v[1].kind != V_TUPLE)
		return fail(in, args->span, "state vector must be a tuple");
	from = SEQ_OF(args->v[1]);
	if (from->n != MT_WORDS + 1)
		return fail(in, args->span, "state vector is the wrong size");
	for (uint32_t i = 0; i <= MT_WORDS; i++) {
		int64_t word, most = i < MT_WORDS ? UINT32_MAX : MT_WORDS;

		if (!as_int(in, from->at[i], &word, "an item of the state", args->span))
			return false;
		if (word < 0)
			return fail(in, args->span, "can't convert negative value to unsigned int");
		if (word > most)
			return fail(in, args->span, "invalid state");
		if (i < MT_WORDS)
			mt.key[i] = (uint32_t)word;
		else
			mt.pos = (int)word;
	}
	*s = (State){mt, true};
	return true;
}

static const Native random_functions[] = {
    METHOD_AS(_random, new, random_new, ""),
    METHOD_AS(_random, seed, random_seed, "state,a"),
    METHOD_AS(_random, random, random_random, "state"),
    METHOD_AS(_random, getrandbits, random_getrandbits, "state,k"),
    METHOD_AS(_random, getstate, random_getstate, "state"),
    METHOD_AS(_random, setstate, random_setstate, "state,to"),
    NATIVE_END,
};

const StdModule random_native = {"_random", random_functions, 0};
