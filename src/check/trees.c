/* trees.c: ensembles of trees: each is one, its leaves give values of the outputs there are. */
#include "checking.h"

typedef struct Node {
	const Msg *m;
	int64_t tree, id;
	struct Node *parent, *child[2];
	bool leaf, seen;
} Node;

typedef struct Trees {
	Checking *k;
	Map nodes; /* hash of tree and id -> Node */
	VEC(Node *) list;
	size_t outputs;
} Trees;

static uint64_t
key_of(int64_t tree, int64_t id)
{
	int64_t both[2] = {tree, id};

	return hash_bytes(both, sizeof both, 0);
}

static Span
place_of(Trees *t, const Node *n)
{
	Span tree = diag_object(t->k->diag, t->k->place, "tree",
	                        arena_printf(t->k->arena, "%lld", (long long)n->tree));

	return diag_object(t->k->diag, tree, "node",
	                   arena_printf(t->k->arena, "%lld", (long long)n->id));
}

static void
check_leaf(Trees *t, Node *n)
{
	size_t count = msg_count(n->m, "evaluationInfo");
	Map seen;

	map_init(&seen, t->k->arena);
	if (!count)
		diag_error(t->k->diag, place_of(t, n), "a leaf without values");
	for (size_t i = 0; i < count; i++) {
		const Msg *e = msg_at(n->m, "evaluationInfo", i);
		uint64_t index = (uint64_t)msg_get_int(e, "evaluationIndex");
		if (index >= t->outputs)
			diag_error(t->k->diag, place_of(t, n),
			           "a value for output %llu, but there are %zu",
			           (unsigned long long)index, t->outputs);
		if (map_get(&seen, index))
			diag_error(t->k->diag, place_of(t, n), "two values for output %llu",
			           (unsigned long long)index);
		map_put(&seen, index, n);
	}
}

static void
add_nodes(Trees *t, const Msg *ensemble)
{
	enum { LEAF = 6 };

	for (size_t i = 0; i < msg_count(ensemble, "nodes"); i++) {
		const Msg *m = msg_at(ensemble, "nodes", i);
		Node *n = new (t->k->arena, Node);
		int64_t behavior = msg_get_int(m, "nodeBehavior");
		*n = (Node){.m = m,
		            .tree = msg_get_int(m, "treeId"),
		            .id = msg_get_int(m, "nodeId"),
		            .leaf = behavior == LEAF};
		if (behavior < 0 || behavior > LEAF)
			diag_error(t->k->diag, place_of(t, n),
			           "nodeBehavior is %lld, expected 0 to %d", (long long)behavior,
			           LEAF);
		if (map_get(&t->nodes, key_of(n->tree, n->id))) {
			diag_error(t->k->diag, place_of(t, n), "the node stands there twice");
			continue;
		}
		map_put(&t->nodes, key_of(n->tree, n->id), n);
		vec_push(t->k->arena, &t->list, n);
		if (n->leaf)
			check_leaf(t, n);
	}
}

static void
connect(Trees *t, Node *n)
{
	static const char *const field[2] = {"falseChildNodeId", "trueChildNodeId"};

	for (int i = 0; i < 2 && !n->leaf; i++) {
		int64_t id = msg_get_int(n->m, field[i]);
		Node *child = map_get(&t->nodes, key_of(n->tree, id));
		if (!child)
			diag_error(t->k->diag, place_of(t, n), "its %s %lld is no node of the tree",
			           field[i], (long long)id);
		else if (child == n)
			diag_error(t->k->diag, place_of(t, n), "its %s is the node itself",
			           field[i]);
		else if (child->parent)
			diag_error(t->k->diag, place_of(t, n),
			           "its %s %lld is the child of node %lld already", field[i],
			           (long long)id, (long long)child->parent->id);
		else
			n->child[i] = child, child->parent = n;
	}
}

/* Each tree has one root, and all nodes hang on it. */
static void
check_roots(Trees *t)
{
	VEC(Node *) stack = {0};
	Map roots;

	map_init(&roots, t->k->arena);
	for (uint32_t i = 0; i < t->list.n; i++) {
		Node *n = t->list.at[i];
		if (n->parent)
			continue;
		if (map_get(&roots, (uint64_t)n->tree))
			diag_error(t->k->diag, place_of(t, n), "a second root of its tree");
		map_put(&roots, (uint64_t)n->tree, n);
		vec_push(t->k->arena, &stack, n);
	}
	while (stack.n) {
		Node *n = stack.at[--stack.n];
		n->seen = true;
		for (int i = 0; i < 2; i++)
			if (n->child[i])
				vec_push(t->k->arena, &stack, n->child[i]);
	}
	for (uint32_t i = 0; i < t->list.n; i++)
		if (!t->list.at[i]->seen)
			diag_error(t->k->diag, place_of(t, t->list.at[i]),
			           "no way from a root leads to the node");
}

void
rules_trees(Checking *k)
{
	const Msg *ensemble = msg_get(k->body, "treeEnsemble");
	size_t base = msg_count(ensemble, "basePredictionValue"), classes = 0;
	Trees t = {.k = k, .outputs = (size_t)msg_get_int(ensemble, "numPredictionDimensions")};
	const char *labels = NULL;

	if (!t.outputs) {
		diag_error(k->diag, k->place, "numPredictionDimensions is 0");
		return;
	}
	map_init(&t.nodes, k->arena);
	add_nodes(&t, ensemble);
	for (uint32_t i = 0; i < t.list.n; i++)
		connect(&t, t.list.at[i]);
	check_roots(&t);
	if (base && base != t.outputs)
		diag_error(k->diag, k->place,
		           "there are %zu base predictions, but numPredictionDimensions is %zu",
		           base, t.outputs);
	if (!strcmp(k->kind->type, "treeEnsembleClassifier"))
		labels = msg_case(k->body, "int64ClassLabels");
	classes = labels ? msg_count(msg_get(k->body, labels), "vector") : 0;
	if (classes && classes != (t.outputs == 1 ? 2 : t.outputs))
		diag_error(k->diag, k->place,
		           "there are %zu class labels, but numPredictionDimensions is %zu",
		           classes, t.outputs);
}
