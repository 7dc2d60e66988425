# datetime: dates, times of day and spans, counted in days since 1970 and microseconds. The local zone is UTC.
import _dates
import _time

MINYEAR, MAXYEAR = _dates.MINYEAR, _dates.MAXYEAR
_DAY = 86400 * 10**6


class timedelta:
    def __init__(self, days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0):
        total = 0
        for value, unit in ((days, _DAY), (seconds, 10**6), (microseconds, 1), (milliseconds, 1000),
                            (minutes, 60 * 10**6), (hours, 3600 * 10**6), (weeks, 7 * _DAY)):
            if not isinstance(value, (int, float)):
                raise TypeError(f"unsupported type for timedelta days component: {type(value).__name__}")
            if isinstance(value, float):
                whole = int(value // 1)
                total += whole * unit + round((value - whole) * unit)
            else:
                total += value * unit
        self._us = total
        if not -999999999 <= self.days <= 999999999:
            raise OverflowError(f"days={self.days}; must have magnitude <= 999999999")

    @property
    def days(self):
        return self._us // _DAY

    @property
    def seconds(self):
        return self._us % _DAY // 10**6

    @property
    def microseconds(self):
        return self._us % 10**6

    def total_seconds(self):
        return self._us / 10**6

    def _new(self, us):
        return timedelta(microseconds=us)

    def __add__(self, other):
        return self._new(self._us + other._us) if isinstance(other, timedelta) else NotImplemented

    __radd__ = __add__

    def __sub__(self, other):
        return self._new(self._us - other._us) if isinstance(other, timedelta) else NotImplemented

    def __neg__(self):
        return self._new(-self._us)

    def __pos__(self):
        return self

    def __abs__(self):
        return self._new(abs(self._us))

    def __mul__(self, n):
        if isinstance(n, int):
            return self._new(self._us * n)
        return self._new(round(self._us * n)) if isinstance(n, float) else NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other):
        if isinstance(other, timedelta):
            return self._us / other._us
        return self._new(round(self._us / other)) if isinstance(other, (int, float)) else NotImplemented

    def __floordiv__(self, other):
        if isinstance(other, timedelta):
            return self._us // other._us
        return self._new(self._us // other) if isinstance(other, int) else NotImplemented

    def __mod__(self, other):
        return self._new(self._us % other._us) if isinstance(other, timedelta) else NotImplemented

    def __divmod__(self, other):
        return self // other, self % other

    def __eq__(self, other):
        return self._us == other._us if isinstance(other, timedelta) else NotImplemented

    def __lt__(self, other):
        return self._us < other._us if isinstance(other, timedelta) else NotImplemented

    def __le__(self, other):
        return self._us <= other._us if isinstance(other, timedelta) else NotImplemented

    def __gt__(self, other):
        return self._us > other._us if isinstance(other, timedelta) else NotImplemented

    def __ge__(self, other):
        return self._us >= other._us if isinstance(other, timedelta) else NotImplemented

    def __hash__(self):
        return hash(self._us)

    def __bool__(self):
        return self._us != 0

    def __str__(self):
        minutes, seconds = divmod(self.seconds, 60)
        text = f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
        if self.days:
            text = f"{self.days} day{'s' if abs(self.days) != 1 else ''}, {text}"
        return text + (f".{self.microseconds:06d}" if self.microseconds else "")

    def __repr__(self):
        parts = [f"{n}={getattr(self, n)}" for n in ("days", "seconds", "microseconds") if getattr(self, n)]
        return f"datetime.timedelta({', '.join(parts) or 0})"


timedelta.min, timedelta.max = timedelta(-999999999), timedelta(999999999, 86399, 999999)
timedelta.resolution = timedelta(microseconds=1)


class tzinfo:
    pass


def _offset_text(offset, colon):
    us = offset._us
    sign, us = ("-", -us) if us < 0 else ("+", us)
    minutes, seconds = divmod(us // 10**6, 60)
    text = f"{sign}{minutes // 60:02d}{colon}{minutes % 60:02d}"
    return text + (f"{colon}{seconds:02d}" if seconds else "")


class timezone(tzinfo):
    def __init__(self, offset, name=None):
        if not isinstance(offset, timedelta):
            raise TypeError(f"timezone() argument 1 must be datetime.timedelta, not {type(offset).__name__}")
        if not -_DAY < offset._us < _DAY:
            raise ValueError("offset must be a timedelta strictly between -timedelta(hours=24) and "
                             f"timedelta(hours=24), not {offset!r}.")
        self._offset, self._name = offset, name

    def utcoffset(self, dt):
        return self._offset

    def dst(self, dt):
        return None

    def tzname(self, dt):
        return self._name or ("UTC" + (_offset_text(self._offset, ":") if self._offset else ""))

    def __eq__(self, other):
        return self._offset == other._offset if isinstance(other, timezone) else NotImplemented

    def __hash__(self):
        return hash(self._offset)

    def __str__(self):
        return self.tzname(None)

    def __repr__(self):
        if self is UTC:
            return "datetime.timezone.utc"
        return f"datetime.timezone({self._offset!r}{'' if self._name is None else f', {self._name!r}'})"


UTC = timezone.utc = timezone(timedelta(0))


def _two(text, i, what):
    part = text[i:i + 2]
    if len(part) != 2 or not part.isdecimal():
        raise ValueError(what)
    return int(part)


def _iso_date(text, wrong):
    if len(text) == 8 and text.isdecimal():
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if len(text) != 10 or text[4] != "-" or text[7] != "-" or not text[:4].isdecimal():
        raise ValueError(wrong)
    return int(text[:4]), _two(text, 5, wrong), _two(text, 8, wrong)


def _iso_time(text, wrong):
    """Hour, minute, second, microsecond and zone."""
    zone = None
    for i, c in enumerate(text):
        if c in "+-Z":
            zone = UTC if c == "Z" else _zone(c, text[i + 1:], wrong)
            text = text[:i]
            break
    text, _, part = text.partition(".")
    digits = text.replace(":", "")
    if len(digits) not in (2, 4, 6) or part and not part.isdecimal():
        raise ValueError(wrong)
    fields = [_two(digits, i, wrong) for i in range(0, len(digits), 2)]
    return (*fields, *[0] * (3 - len(fields)), int((part + "000000")[:6])), zone


def _zone(sign, text, wrong):
    digits = text.replace(":", "")
    fields = [_two(digits, i, wrong) for i in range(0, len(digits), 2)]
    seconds = sum([f * unit for f, unit in zip(fields, (3600, 60, 1))])
    return timezone(timedelta(seconds=-seconds if sign == "-" else seconds)) if seconds else UTC


class date:
    def __init__(self, year, month, day):
        _dates.check_date(year, month, day)
        self._year, self._month, self._day = year, month, day

    year = property(lambda self: self._year)
    month = property(lambda self: self._month)
    day = property(lambda self: self._day)

    @classmethod
    def today(cls):
        return cls.fromtimestamp(_time.time())

    @classmethod
    def fromtimestamp(cls, timestamp):
        return cls(*_dates.civil(int(timestamp // 86400)))

    @classmethod
    def fromordinal(cls, n):
        return cls(*_dates.civil(n - 719163))

    @classmethod
    def fromisoformat(cls, text):
        return cls(*_iso_date(text, f"Invalid isoformat string: {text!r}"))

    def _count(self):
        return _dates.day_number(self._year, self._month, self._day)

    def toordinal(self):
        return self._count() + 719163

    def weekday(self):
        return (self._count() + 3) % 7

    def isoweekday(self):
        return self.weekday() + 1

    def isocalendar(self):
        return _dates.isocalendar(self._count())

    def replace(self, year=None, month=None, day=None):
        return type(self)(year or self._year, month or self._month, day or self._day)

    def timetuple(self):
        from time import gmtime
        return gmtime(self._count() * 86400)

    def isoformat(self):
        return f"{self._year:04d}-{self._month:02d}-{self._day:02d}"

    def ctime(self):
        return self.strftime("%a %b %e %H:%M:%S %Y")

    def strftime(self, format):
        return _dates.format(format, self._year, self._month, self._day, 0, 0, 0, 0, "", "")

    def __format__(self, spec):
        return self.strftime(spec) if spec else str(self)

    def __str__(self):
        return self.isoformat()

    def __repr__(self):
        return f"datetime.date({self._year}, {self._month}, {self._day})"

    def __add__(self, delta):
        if not isinstance(delta, timedelta):
            return NotImplemented
        return type(self)(*_checked_civil(self._count() + delta.days))

    __radd__ = __add__

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return type(self)(*_checked_civil(self._count() - other.days))
        return timedelta(self._count() - other._count()) if type(other) is type(self) else NotImplemented

    def _key(self):
        return self._count()

    def _like(self, other):
        return isinstance(other, date) and isinstance(other, datetime) == isinstance(self, datetime)

    def __eq__(self, other):
        return self._key() == other._key() if self._like(other) else NotImplemented

    def __lt__(self, other):
        return self._key() < other._key() if self._like(other) else NotImplemented

    def __le__(self, other):
        return self._key() <= other._key() if self._like(other) else NotImplemented

    def __gt__(self, other):
        return self._key() > other._key() if self._like(other) else NotImplemented

    def __ge__(self, other):
        return self._key() >= other._key() if self._like(other) else NotImplemented

    def __hash__(self):
        return hash(self._key())


def _checked_civil(days):
    if not -719162 <= days <= 2932896:
        raise OverflowError("date value out of range")
    return _dates.civil(days)


class time:
    def __init__(self, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0):
        _dates.check_time(hour, minute, second, microsecond)
        self.hour, self.minute, self.second, self.microsecond, self.tzinfo = hour, minute, second, microsecond, tzinfo

    @classmethod
    def fromisoformat(cls, text):
        return cls(*sum(_iso_time(text, f"Invalid isoformat string: {text!r}"), ()))

    def _key(self):
        return self.hour, self.minute, self.second, self.microsecond

    def __eq__(self, other):
        return self._key() == other._key() if isinstance(other, time) else NotImplemented

    def __lt__(self, other):
        return self._key() < other._key() if isinstance(other, time) else NotImplemented

    def __hash__(self):
        return hash(self._key())

    def isoformat(self, timespec="auto"):
        return _clock_text(*self._key(), timespec) + (_offset_text(self.tzinfo.utcoffset(None), ":")
                                                      if self.tzinfo else "")

    def strftime(self, format):
        return _dates.format(format, 1900, 1, 1, *self._key(), "", "")

    def __str__(self):
        return self.isoformat()

    def __repr__(self):
        n = 4 if self.microsecond else 3 if self.second else 2
        return f"datetime.time({', '.join([str(v) for v in self._key()[:n]])})"


def _clock_text(hour, minute, second, microsecond, timespec):
    if timespec == "auto":
        timespec = "microseconds" if microsecond else "seconds"
    texts = {"hours": f"{hour:02d}", "minutes": f"{hour:02d}:{minute:02d}",
             "seconds": f"{hour:02d}:{minute:02d}:{second:02d}"}
    texts["milliseconds"] = f"{texts['seconds']}.{microsecond // 1000:03d}"
    texts["microseconds"] = f"{texts['seconds']}.{microsecond:06d}"
    if timespec not in texts:
        raise ValueError("Unknown timespec value")
    return texts[timespec]


class datetime(date):
    def __init__(self, year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0):
        super().__init__(year, month, day)
        _dates.check_time(hour, minute, second, microsecond)
        self._clock, self._zone = (hour, minute, second, microsecond), tzinfo

    hour = property(lambda self: self._clock[0])
    minute = property(lambda self: self._clock[1])
    second = property(lambda self: self._clock[2])
    microsecond = property(lambda self: self._clock[3])
    tzinfo = property(lambda self: self._zone)

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(_time.time(), tz)

    @classmethod
    def utcnow(cls):
        return cls.now()

    @classmethod
    def fromtimestamp(cls, timestamp, tz=None):
        us = round(timestamp * 10**6)
        return cls._of(us + (tz.utcoffset(None)._us if tz else 0), tz)

    utcfromtimestamp = fromtimestamp

    @classmethod
    def _of(cls, us, tz):
        days, us = divmod(us, _DAY)
        seconds, us = divmod(us, 10**6)
        return cls(*_checked_civil(days), seconds // 3600, seconds // 60 % 60, seconds % 60, us, tz)

    @classmethod
    def combine(cls, date, time, tzinfo=None):
        return cls(date.year, date.month, date.day, *time._key(), tzinfo or time.tzinfo)

    @classmethod
    def fromisoformat(cls, text):
        wrong = f"Invalid isoformat string: {text!r}"
        n = 8 if text[:8].isdecimal() else 10
        clock, zone = _iso_time(text[n + 1:], wrong) if len(text) > n else ((), None)
        return cls(*_iso_date(text[:n], wrong), *clock, tzinfo=zone)

    @classmethod
    def strptime(cls, text, format):
        return _parsed_by(cls, text, format)

    def _us(self):
        hour, minute, second, us = self._clock
        return self._count() * _DAY + ((hour * 60 + minute) * 60 + second) * 10**6 + us

    def _offset(self):
        return self._zone.utcoffset(self) if self._zone is not None else None

    utcoffset = _offset

    def tzname(self):
        return self._zone.tzname(self) if self._zone is not None else None

    def _key(self):
        return self._us() - (self._offset()._us if self._zone is not None else 0)

    def _like(self, other):
        return isinstance(other, datetime) and (self._zone is None) == (other._zone is None)

    def timestamp(self):
        return self._key() / 10**6

    def date(self):
        return date(self._year, self._month, self._day)

    def time(self):
        return time(*self._clock)

    def timetuple(self):
        from time import gmtime
        return gmtime(self._us() // 10**6)

    def astimezone(self, tz=None):
        tz = UTC if tz is None else tz
        return type(self)._of(self._key() + tz.utcoffset(None)._us, tz)

    def replace(self, year=None, month=None, day=None, hour=None, minute=None, second=None, microsecond=None,
                tzinfo=True, *, fold=None):
        given = (year, month, day, hour, minute, second, microsecond)
        mine = (self._year, self._month, self._day, *self._clock)
        fields = [b if a is None else a for a, b in zip(given, mine)]
        return type(self)(*fields, self._zone if tzinfo is True else tzinfo)

    def isoformat(self, sep="T", timespec="auto"):
        text = f"{date.isoformat(self)}{sep}{_clock_text(*self._clock, timespec)}"
        return text if self._zone is None else text + _offset_text(self._offset(), ":")

    def strftime(self, format):
        offset = "" if self._zone is None else _offset_text(self._offset(), "")
        return _dates.format(format, self._year, self._month, self._day, *self._clock, offset, self.tzname() or "")

    def __str__(self):
        return self.isoformat(" ")

    def __repr__(self):
        hour, minute, second, us = self._clock
        fields = [self._year, self._month, self._day, hour, minute]
        fields += [second, us] if us else [second] if second else []
        zone = "" if self._zone is None else f", tzinfo={self._zone!r}"
        return f"datetime.datetime({', '.join([str(f) for f in fields])}{zone})"

    def __add__(self, delta):
        return self._of(self._us() + delta._us, self._zone) if isinstance(delta, timedelta) else NotImplemented

    __radd__ = __add__

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return self._of(self._us() - other._us, self._zone)
        if not isinstance(other, datetime):
            return NotImplemented
        if not self._like(other):
            raise TypeError("can't subtract offset-naive and offset-aware datetimes")
        return timedelta(microseconds=self._key() - other._key())

    def __lt__(self, other):
        return self._ordered(other, lambda a, b: a < b)

    def __le__(self, other):
        return self._ordered(other, lambda a, b: a <= b)

    def __gt__(self, other):
        return self._ordered(other, lambda a, b: a > b)

    def __ge__(self, other):
        return self._ordered(other, lambda a, b: a >= b)

    def _ordered(self, other, holds):
        if not isinstance(other, datetime):
            return NotImplemented
        if not self._like(other):
            raise TypeError("can't compare offset-naive and offset-aware datetimes")
        return holds(self._key(), other._key())

    def __eq__(self, other):
        return self._key() == other._key() if self._like(other) else NotImplemented

    def __hash__(self):
        return hash(self._key())


date.min, date.max = date(1, 1, 1), date(9999, 12, 31)
datetime.min, datetime.max = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)
time.min, time.max = time(), time(23, 59, 59, 999999)
date.resolution, datetime.resolution = timedelta(1), timedelta(microseconds=1)


def _parsed_by(cls, text, format):
    wrong = f"time data {text!r} does not match format {format!r}"
    found = {"Y": 1900, "m": 1, "d": 1, "H": 0, "M": 0, "S": 0, "f": 0, "p": None, "z": None}
    widths = {"Y": 4, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2, "f": 6, "y": 2, "j": 3}
    format = format.replace("%T", "%H:%M:%S").replace("%F", "%Y-%m-%d")
    i, k = 0, 0
    while k < len(format):
        c = format[k]
        k += 1
        if c.isspace():
            while i < len(text) and text[i].isspace():
                i += 1
            continue
        if c != "%":
            if text[i:i + 1] != c:
                raise ValueError(wrong)
            i += 1
            continue
        c = format[k:k + 1]
        k += 1
        if c in widths:
            end = i
            while end < len(text) and end - i < widths[c] and text[end].isdecimal():
                end += 1
            if end == i or c == "Y" and end - i < 4:
                raise ValueError(wrong)
            found[c] = int(text[i:end].ljust(6, "0") if c == "f" else text[i:end])
            i = end
        elif c in "aAbBp":
            names = {"A": _dates.DAYS, "B": _dates.MONTHS, "p": ("AM", "PM")}.get(c.upper() if c != "p" else c)
            names = [name[:3] for name in names] if c in "ab" else names
            fits = [n for n, name in enumerate(names) if text[i:].lower().startswith(name.lower())]
            if not fits:
                raise ValueError(wrong)
            found["m" if c in "bB" else "p" if c == "p" else "weekday"] = fits[0] + (c in "bB")
            i += len(names[fits[0]])
        elif c == "z":
            n = 1 if text[i:i + 1] == "Z" else 6 if text[i + 3:i + 4] == ":" else 5
            if text[i:i + 1] not in ("Z", "+", "-"):
                raise ValueError(wrong)
            found["z"] = UTC if n == 1 else _zone(text[i], text[i + 1:i + n], wrong)
            i += n
        elif c == "%":
            i += 1
        else:
            raise _milc_lacks(f"datetime: milc does not have %{c} in strptime()")
    if i < len(text):
        raise ValueError(f"unconverted data remains: {text[i:]}")
    if "y" in found:
        found["Y"] = found["y"] + (2000 if found["y"] < 69 else 1900)
    if "I" in found:
        found["H"] = found["I"] % 12 + 12 * (found["p"] or 0)
    return cls(found["Y"], found["m"], found["d"], found["H"], found["M"], found["S"], found["f"], found["z"])
