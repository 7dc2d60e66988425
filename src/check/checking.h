/* checking.h: what the files of this room share. */
#ifndef MILC_CHECKING_H
#define MILC_CHECKING_H

#include "check.h"

/* Types of features, as bits. */
enum {
	T_INT64 = 1,
	T_DOUBLE = 2,
	T_STRING = 4,
	T_IMAGE = 8,
	T_ARRAY = 16,
	T_DICT = 32,
	T_SEQUENCE = 64,
	T_STATE = 128,
	T_ANY = 255,
	T_NUMBERS = T_INT64 | T_DOUBLE | T_ARRAY,
};

enum {                  /* what kinds of models may have, or must */
       EMPTY_INPUT = 1, /* no inputs, from iOS18 on */
       FUNCTIONS = 2,   /* several functions */
       UPDATABLE = 4,
       OPTIONAL = 8,  /* any input may be optional, */
       NOT_ALL = 16,  /* … any but the last; else none */
       DEFAULTS = 32, /* optional inputs may have default values */
       CLASSIFIER = 64,
       NO_LABELS = 128, /* a classifier may be without labels */
       REGRESSOR = 256,
};

typedef struct Checking Checking;
typedef struct Kind {
	const char *type; /* member of the oneof in Model */
	int since;        /* specification version */
	unsigned flags;
	size_t nin;  /* so many inputs at most; 0: any number */
	unsigned in; /* of these types */
	size_t nout;
	unsigned out;
	void (*check)(Checking *k); /* the rest; or NULL */
} Kind;

struct Checking {
	ReadCtx *c;
	Arena *arena;
	Diag *diag;
	Model *m;
	bool strict;
	Span place;  /* of the model */
	int version; /* of the specification */
	const Msg *description;
	const Kind *kind;
	const Msg *body; /* the message of its kind */
};

/* ---- check.c ---- */
/* A model inside of another one. */
void check_part(const Checking *outer, const Msg *spec, Span place);

/* ---- features.c ---- */
typedef enum Role { ROLE_INPUT, ROLE_OUTPUT, ROLE_STATE, ROLE_COUNT } Role;
extern const char *const role_field[ROLE_COUNT]; /* "input" … in descriptions */
void check_feature(Checking *k, const Msg *feature, Role role, Span place);
unsigned feature_type(const Msg *feature);        /* a bit; 0: none is set */
const char *types_text(Arena *a, unsigned types); /* "multiArrayType or imageType" */
Span feature_place(Checking *k, Span outer, Role role, const Msg *feature, size_t i);
/* The two can be wired together. */
bool features_alike(const Msg *a, const Msg *b);
const char *feature_text(Checking *k, const Msg *feature); /* "multiArrayType FLOAT32 (3,)" */
/* The array type of an array or a state, or NULL. */
const Msg *feature_array(const Msg *feature);

/* ---- interface.c ---- */
void check_interface(Checking *k);
/* The feature of that name in the description; NULL after reporting that `why` names it. */
const Msg *find_feature(Checking *k, Role role, const char *name, const char *why, unsigned types);
/* Reports features that are too many or of other types than `types`. */
void check_features(Checking *k, Role role, size_t most, unsigned types);
/* The feature of that name, or NULL. */
const Msg *feature_named(const Msg *face, Role role, const char *name);

/* ---- fields.c ---- */
void check_fields(Checking *k, const char *type, const Msg *m, Span place);
void check_layer_fields(Checking *k, const char *type, const Msg *layer, Span place);

/* ---- the rules of each kind ---- */
#define KIND(type, since, flags, nin, in, nout, out, check) void rules_##check(Checking *k);
#include "kinds.def"
#undef KIND

/* ---- update.c ---- */
/* A network that is marked as updatable. */
void check_update(Checking *k);
/* An Int64Parameter or DoubleParameter. */
void check_parameter(Checking *k, const Msg *parameter, const char *name, bool positive);

/* ---- package.c ---- */
void check_package(Checking *k);

#endif
