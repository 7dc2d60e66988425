# csv: tables as text. One reader of characters with a state, one writer; dialects are sets of six options.
QUOTE_MINIMAL, QUOTE_ALL, QUOTE_NONNUMERIC, QUOTE_NONE = 0, 1, 2, 3
__doc__ = "CSV reading and writing"


class Error(Exception):
    pass


class Dialect:
    delimiter = ","
    quotechar = '"'
    escapechar = None
    doublequote = True
    skipinitialspace = False
    lineterminator = "\r\n"
    quoting = QUOTE_MINIMAL
    strict = False


class excel(Dialect):
    pass


class excel_tab(excel):
    delimiter = "\t"


class unix_dialect(Dialect):
    lineterminator = "\n"
    quoting = QUOTE_ALL


_dialects = {"excel": excel, "excel-tab": excel_tab, "unix": unix_dialect}
_OPTIONS = ("delimiter", "quotechar", "escapechar", "doublequote", "skipinitialspace", "lineterminator", "quoting",
            "strict")


def register_dialect(name, dialect=None, **fmtparams):
    if not isinstance(name, str):
        raise TypeError("dialect name must be a string")
    _dialects[name] = _dialect(dialect, fmtparams)


def unregister_dialect(name):
    get_dialect(name)
    del _dialects[name]


def get_dialect(name):
    if name not in _dialects:
        raise Error("unknown dialect")
    return _dialects[name]


def list_dialects():
    return list(_dialects)


def field_size_limit(limit=131072):
    return 131072


def _dialect(dialect, params):
    base = get_dialect(dialect) if isinstance(dialect, str) else excel if dialect is None else dialect
    for name in params:
        if name not in _OPTIONS:
            raise TypeError(f"{name!r} is an invalid keyword argument for this function")
    d = Dialect()
    for name in _OPTIONS:
        setattr(d, name, params.get(name, getattr(base, name, getattr(Dialect, name))))
    for name in ("delimiter", "quotechar", "escapechar"):
        value = getattr(d, name)
        if value is None and name == "delimiter" or value is not None and not isinstance(value, str):
            tail = "" if name == "delimiter" else " or None"
            raise TypeError(f'"{name}" must be string{tail}, not {type(value).__name__}')
        if value is not None and len(value) != 1:
            raise TypeError(f'"{name}" must be a 1-character string')
    if not isinstance(d.quoting, int) or not 0 <= d.quoting <= 3:
        raise TypeError('bad "quoting" value')
    if d.quotechar is None and "quoting" not in params and "quotechar" in params:
        d.quoting = QUOTE_NONE
    if d.quoting != QUOTE_NONE and d.quotechar is None:
        raise TypeError("quotechar must be set if quoting enabled")
    if d.lineterminator is None:
        raise TypeError('"lineterminator" must be set')
    return d


class reader:
    def __init__(self, iterable, dialect=None, **fmtparams):
        self.dialect = _dialect(dialect, fmtparams)
        self._lines = iter(iterable)
        self.line_num = 0

    def __iter__(self):
        return self

    def _line(self):
        line = next(self._lines)
        if not isinstance(line, str):
            raise Error(f"iterator should return strings, not {type(line).__name__} (the file should be opened in text "
                        "mode)")
        self.line_num += 1
        return line

    def __next__(self):
        d = self.dialect
        self._row, self._field, self._number = [], [], False
        state = "row"
        while True:
            try:
                line = self._line()
            except StopIteration:
                if state in ("quoted", "escaped in quotes") or self._field and state != "row":
                    if d.strict:
                        raise Error("unexpected end of data")
                    self._save()
                    return self._row
                raise
            if state == "row" and "\n" not in line[:-1] and "\r" not in line[:-2]:
                text = line.rstrip("\r\n")
                if not (d.quotechar and d.quotechar in text or d.escapechar and d.escapechar in text
                        or d.skipinitialspace or d.quoting == QUOTE_NONNUMERIC):
                    return text.split(d.delimiter) if text else []
            for c in line:
                state = self._take(state, c)
            state = self._take(state, "")
            if state == "row":
                return self._row

    def _save(self):
        field = "".join(self._field)
        self._row.append(float(field) if self._number else field)
        self._field, self._number = [], False

    def _take(self, state, c):
        """The state behind the character c, which is empty at the end of a line."""
        d = self.dialect
        if state == "eaten":
            if c in ("\n", "\r"):
                return state
            if c == "":
                return "row"
            raise Error("new-line character seen in unquoted field - do you need to open the file in "
                        "universal-newline mode?")
        if state in ("escaped", "escaped in quotes"):
            self._field.append(c or "\n")
            return "quoted" if state != "escaped" else "broken" if c in ("\n", "\r") else "field"
        if state == "broken" and c == "":
            return state
        if state == "quoted":
            if c == "":
                return state
            if c == d.escapechar and c is not None:
                return "escaped in quotes"
            if c == d.quotechar and d.quoting != QUOTE_NONE:
                return "quote" if d.doublequote else "field"
            self._field.append(c)
            return state
        if state == "quote" and c and c == d.quotechar and d.quoting != QUOTE_NONE:
            self._field.append(c)
            return "quoted"
        if c in ("\n", "\r", ""):
            if state == "row":
                return "row" if c == "" else "eaten"
            self._save()
            return "row" if c == "" else "eaten"
        if c == d.delimiter:
            self._save()
            return "start"
        if state in ("row", "start"):
            if c == d.quotechar and d.quoting != QUOTE_NONE:
                return "quoted"
            if c == d.escapechar:
                return "escaped"
            if c == " " and d.skipinitialspace:
                return "start"
            self._number = d.quoting == QUOTE_NONNUMERIC
        elif state in ("field", "broken") and c == d.escapechar:
            return "escaped"
        elif state == "quote" and d.strict:
            raise Error(f"'{d.delimiter}' expected after '{d.quotechar}'")
        self._field.append(c)
        return "field"


class writer:
    def __init__(self, fileobj, dialect=None, **fmtparams):
        if not hasattr(fileobj, "write"):
            raise TypeError('argument 1 must have a "write" method')
        self.dialect = _dialect(dialect, fmtparams)
        self._file = fileobj

    def writerow(self, row):
        d = self.dialect
        try:
            values = list(row)
        except TypeError:
            raise Error(f"iterable expected, not {type(row).__name__}") from None
        fields = [self._text(v, len(values) == 1) for v in values]
        return self._file.write(d.delimiter.join(fields) + d.lineterminator)

    def writerows(self, rows):
        for row in rows:
            self.writerow(row)

    def _text(self, value, alone):
        d = self.dialect
        text = value if isinstance(value, str) else "" if value is None else str(value)
        special = [c for c in (d.delimiter, d.quotechar, d.escapechar) if c] + list(d.lineterminator)
        quoted = d.quoting == QUOTE_ALL or d.quoting == QUOTE_NONNUMERIC and not isinstance(value, (int, float))
        out = []
        for c in text:
            if c not in special:
                out.append(c)
                continue
            escaped = d.quoting == QUOTE_NONE
            if not escaped and c == d.quotechar and d.doublequote:
                out.append(c)
                quoted = True
            elif not escaped and c != d.quotechar and c != d.escapechar:
                quoted = True
            else:
                escaped = True
            if escaped:
                if d.escapechar is None:
                    raise Error("need to escape, but no escapechar set")
                out.append(d.escapechar)
            out.append(c)
        if not text and alone and not quoted:
            if d.quoting == QUOTE_NONE:
                raise Error("single empty field record must be quoted")
            quoted = True
        return d.quotechar + "".join(out) + d.quotechar if quoted else "".join(out)


class DictReader:
    def __init__(self, f, fieldnames=None, restkey=None, restval=None, dialect="excel", *args, **kwds):
        if fieldnames is not None and iter(fieldnames) is fieldnames:
            fieldnames = list(fieldnames)
        self._fieldnames = fieldnames
        self.restkey, self.restval = restkey, restval
        self.reader = reader(f, dialect, *args, **kwds)
        self.dialect = dialect
        self.line_num = 0

    @property
    def fieldnames(self):
        if self._fieldnames is None:
            self._fieldnames = next(self.reader, None)
            self.line_num = self.reader.line_num
        return self._fieldnames

    @fieldnames.setter
    def fieldnames(self, value):
        self._fieldnames = value

    def __iter__(self):
        return self

    def __next__(self):
        names = self.fieldnames
        row = next(self.reader)
        while not row:
            row = next(self.reader)
        self.line_num = self.reader.line_num
        result = dict(zip(names, row))
        if len(row) > len(names):
            result[self.restkey] = row[len(names):]
        for name in names[len(row):]:
            result[name] = self.restval
        return result


class DictWriter:
    def __init__(self, f, fieldnames, restval="", extrasaction="raise", dialect="excel", *args, **kwds):
        if extrasaction.lower() not in ("raise", "ignore"):
            raise ValueError(f"extrasaction ({extrasaction}) must be 'raise' or 'ignore'")
        self.fieldnames = list(fieldnames)
        self.restval = restval
        self.extrasaction = extrasaction.lower()
        self.writer = writer(f, dialect, *args, **kwds)

    def writeheader(self):
        return self.writer.writerow(self.fieldnames)

    def _row(self, rowdict):
        if self.extrasaction == "raise":
            wrong = [k for k in rowdict if k not in self.fieldnames]
            if wrong:
                raise ValueError("dict contains fields not in fieldnames: " + ", ".join([repr(k) for k in wrong]))
        return [rowdict.get(name, self.restval) for name in self.fieldnames]

    def writerow(self, rowdict):
        return self.writer.writerow(self._row(rowdict))

    def writerows(self, rowdicts):
        return self.writer.writerows([self._row(r) for r in rowdicts])


class Sniffer:
    def sniff(self, sample, delimiters=None):
        raise _milc_lacks("csv: milc does not have Sniffer; name the delimiter")

    def has_header(self, sample):
        raise _milc_lacks("csv: milc does not have Sniffer; say whether there is a header")
