/* linear.c: linear models, support vectors and neighbours: that their numbers of coefficients,
 * classes and samples agree.
 */
#include "checking.h"

static void
mismatch(Checking *k, const char *what, size_t n, const char *why, size_t want)
{
	if (n != want)
		diag_error(k->diag, k->place, "there are %zu %s, but %s: expected %zu", n, what,
		           why, want);
}

/* SIZE_MAX: there are no labels. */
static size_t
count_labels(const Checking *k)
{
	const char *set = msg_case(k->body, "int64ClassLabels");

	return set ? msg_count(msg_get(k->body, set), "vector") : SIZE_MAX;
}

static void
check_rows(Checking *k)
{
	size_t n = msg_count(msg_at(k->body, "weights", 0), "value");

	mismatch(k, "offsets", msg_count(k->body, "offset"), "one goes with each row of weights",
	         msg_count(k->body, "weights"));
	for (size_t i = 1; i < msg_count(k->body, "weights"); i++)
		mismatch(k, "weights in a row", msg_count(msg_at(k->body, "weights", i), "value"),
		         "all rows are of one length", n);
}

void
rules_glm_regressor(Checking *k)
{
	check_rows(k);
}

void
rules_glm_classifier(Checking *k)
{
	size_t rows = msg_count(k->body, "weights"), classes = count_labels(k);
	bool one_vs_rest = msg_get_int(k->body, "classEncoding") == 1;
	bool probit = msg_get_int(k->body, "postEvaluationTransform") == 1;

	check_rows(k);
	if (rows && !msg_count(msg_at(k->body, "weights", 0), "value"))
		diag_error(k->diag, k->place, "its rows of weights are empty");
	if (classes == SIZE_MAX)
		return;
	if (!one_vs_rest)
		mismatch(k, "rows of weights", rows, "one class is the reference",
		         classes ? classes - 1 : 0);
	else if (classes == 2)
		mismatch(k, "rows of weights", rows, "one tells two classes apart", 1);
	else
		mismatch(k, "rows of weights", rows, "each class has one", classes);
	if (probit && classes > 2)
		diag_error(k->diag, k->place, "Probit tells two classes apart, but there are %zu",
		           classes);
}

/* ---- support vectors ---- */

static size_t
count_vectors(const Checking *k)
{
	const char *set = msg_case(k->body, "sparseSupportVectors");

	return set ? msg_count(msg_get(k->body, set), "vectors") : 0;
}

void
rules_svm_regressor(Checking *k)
{
	mismatch(k, "coefficients", msg_count(msg_get(k->body, "coefficients"), "alpha"),
	         "each support vector has one", count_vectors(k));
}

void
rules_svm_classifier(Checking *k)
{
	size_t classes = count_labels(k), vectors = count_vectors(k), sum = 0;
	size_t pairs = classes * (classes - 1) / 2;
	size_t a = msg_count(k->body, "probA"), b = msg_count(k->body, "probB");

	if (classes == SIZE_MAX)
		return;
	for (size_t i = 0; i < msg_count(k->body, "numberOfSupportVectorsPerClass"); i++)
		sum += (size_t)msg_int_at(k->body, "numberOfSupportVectorsPerClass", i);
	mismatch(k, "rows of coefficients", msg_count(k->body, "coefficients"),
	         "there is one less than classes", classes ? classes - 1 : 0);
	mismatch(k, "numbers of support vectors",
	         msg_count(k->body, "numberOfSupportVectorsPerClass"), "each class has one",
	         classes);
	mismatch(k, "support vectors", vectors, "the classes say how many they have", sum);
	for (size_t i = 0; i < msg_count(k->body, "coefficients"); i++)
		mismatch(k, "coefficients in a row",
		         msg_count(msg_at(k->body, "coefficients", i), "alpha"),
		         "each support vector has one", vectors);
	if (!a && !b)
		return;
	mismatch(k, "values in probA", a, "each pair of classes has one", pairs);
	mismatch(k, "values in probB", b, "each pair of classes has one", pairs);
}

/* ---- neighbours ---- */

void
rules_neighbors(Checking *k)
{
	const Msg *index = msg_get(k->body, "nearestNeighborsIndex");
	const char *labels = msg_case(k->body, "int64ClassLabels");
	const char *other = msg_case(k->body, "defaultInt64Label");
	size_t classes = labels ? count_labels(k) : 0;

	check_parameter(k, msg_get(k->body, "numberOfNeighbors"), "numberOfNeighbors", true);
	if (!other && !classes)
		diag_error(k->diag, k->place, "there are neither labels nor a default label");
	if (labels && other &&
	    !strcmp(labels, "int64ClassLabels") != !strcmp(other, "defaultInt64Label"))
		diag_error(k->diag, k->place, "it has %s, but %s: expected the same type", labels,
		           other);
	mismatch(k, "samples", msg_count(index, "floatSamples"), "each has a label", classes);
	for (size_t i = 0; i < msg_count(index, "floatSamples"); i++)
		mismatch(
		    k, "numbers in a sample", msg_count(msg_at(index, "floatSamples", i), "vector"),
		    "numberOfDimensions says so", (size_t)msg_get_int(index, "numberOfDimensions"));
}
