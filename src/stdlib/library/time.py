# time: the clock (native: _time.time() and _time.perf_counter() in seconds), and times as fields. All zones are UTC.
import _dates
import _time

timezone = altzone = daylight = 0
tzname = ("UTC", "UTC")
time, perf_counter = _time.time, _time.perf_counter
monotonic = process_time = thread_time = perf_counter


def time_ns():
    return int(time() * 1e9)


def perf_counter_ns():
    return int(perf_counter() * 1e9)


monotonic_ns = process_time_ns = perf_counter_ns


def sleep(seconds, /):
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")


class struct_time(tuple):
    def __repr__(self):
        parts = [f"{name}={value}" for name, value in zip(_FIELDS, self)]
        return f"time.struct_time({', '.join(parts)})"


_FIELDS = ("tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst")


def _item(i):
    return property(lambda self: self[i])


for _i, _name in enumerate(_FIELDS):
    setattr(struct_time, _name, _item(_i))


def gmtime(seconds=None, /):
    days, rest = divmod(int((time() if seconds is None else seconds) // 1), 86400)
    year, month, day = _dates.civil(days)
    yday = days - _dates.day_number(year, 1, 1) + 1
    return struct_time((year, month, day, rest // 3600, rest // 60 % 60, rest % 60, (days + 3) % 7, yday, 0))


localtime = gmtime


def mktime(t, /):
    return float(_dates.day_number(t[0], t[1], t[2]) * 86400 + t[3] * 3600 + t[4] * 60 + t[5])


def strftime(format, t=None, /):
    t = gmtime() if t is None else t
    return _dates.format(format, t[0], t[1], t[2], t[3], t[4], t[5], 0, "+0000", "UTC")


def asctime(t=None, /):
    return strftime("%a %b %e %H:%M:%S %Y", *([] if t is None else [t]))


def ctime(seconds=None, /):
    return asctime(gmtime(seconds))


def strptime(string, format="%a %b %d %H:%M:%S %Y", /):
    from datetime import datetime
    return datetime.strptime(string, format).timetuple()
