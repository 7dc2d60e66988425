/* time.c: the module _time: time() is the second that SOURCE_DATE_EPOCH names, where it does, so
 * that a model can have its date in it and be made again; perf_counter() only goes forward.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/sys.h"
#include "natives.h"

/* with 1: of the wall */
NATIVE(time_of)
{
	const char *s = args_with(args) ? getenv("SOURCE_DATE_EPOCH") : 0;
	long long t;
	char *end;

	errno = 0;
	t = s ? strtoll(s, &end, 10) : 0;
	*out = vfloat(s && end != s && !*end && !errno ? (double)t : sys_clock(args_with(args)));
	return true;
}

static const Native time_functions[] = {
    METHOD_WITH(_time, time, time_of, "", 1),
    METHOD_AS(_time, perf_counter, time_of, ""),
    NATIVE_END,
};

const StdModule time_native = {"_time", time_functions, 0};
