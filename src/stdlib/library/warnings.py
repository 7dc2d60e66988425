# warnings: what scripts say about themselves. Filters are kept; a text is said once for each category.
import sys

filters = []
_said = set()
_recorders = []


def filterwarnings(action, message="", category=Warning, module="", lineno=0, append=False):
    if action not in ("error", "ignore", "always", "default", "module", "once"):
        raise AssertionError(f"invalid action: {action!r}")
    filters.insert(len(filters) if append else 0, (action, message, category))


def simplefilter(action, category=Warning, lineno=0, append=False):
    filterwarnings(action, "", category, "", lineno, append)


def resetwarnings():
    filters.clear()


def _action(text, category):
    for action, message, kind in filters:
        if issubclass(category, kind) and text.lower().startswith(message.lower().replace(".*", "").replace("\\", "")):
            return action
    quiet = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
    return "ignore" if issubclass(category, quiet) and category is not DeprecationWarning else "default"


class WarningMessage:
    def __init__(self, message, category, filename, lineno, file=None, line=None, source=None):
        self.message, self.category, self.filename, self.lineno = message, category, filename, lineno
        self.file, self.line, self.source = file, line, source


def warn(message, category=None, stacklevel=1, source=None):
    if isinstance(message, Warning):
        category = type(message)
    category = UserWarning if category is None else category
    if not isinstance(category, type) or not issubclass(category, Warning):
        raise TypeError(f"category must be a Warning subclass, not '{type(category).__name__}'")
    text = str(message)
    action = _action(text, category)
    if action == "error":
        raise message if isinstance(message, Warning) else category(message)
    if action == "ignore" or action != "always" and (text, category) in _said:
        return
    _said.add((text, category))
    if not isinstance(message, Warning):
        message = category(message)
    if _recorders:
        _recorders[-1].append(WarningMessage(message, category, sys.argv[0], 0))
    else:
        showwarning(message, category, sys.argv[0], 0)


def formatwarning(message, category, filename, lineno, line=None):
    return f"{filename}:{lineno}: {category.__name__}: {message}\n"


def showwarning(message, category, filename, lineno, file=None, line=None):
    (file or sys.stderr).write(f"{filename}: {category.__name__}: {message}\n")


class catch_warnings:
    def __init__(self, *, record=False, module=None, action=None, category=Warning, lineno=0, append=False):
        self._record, self._action, self._category = record, action, category

    def __enter__(self):
        self._kept, self._kept_said = filters[:], set(_said)
        _said.clear()
        if self._action is not None:
            simplefilter(self._action, self._category)
        if self._record:
            _recorders.append([])
            return _recorders[-1]

    def __exit__(self, *exc_info):
        filters[:] = self._kept
        _said.clear()
        _said.update(self._kept_said)
        if self._record:
            _recorders.pop()
