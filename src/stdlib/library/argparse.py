# argparse: parsers of command lines; _argparse_help.py has how usage and help look.
import sys
from _io import open
from os.path import basename

from _argparse_help import (ArgumentDefaultsHelpFormatter, HelpFormatter, MetavarTypeHelpFormatter,  # noqa: F401
                            ONE_OR_MORE, OPTIONAL, PARSER, REMAINDER, RawDescriptionHelpFormatter,
                            RawTextHelpFormatter, SUPPRESS, ZERO_OR_MORE)

_REST = "_unrecognized_args"
_ANY = 1 << 30


class ArgumentTypeError(Exception):
    pass


class ArgumentError(Exception):
    def __init__(self, argument, message):
        self.argument_name = _name_of(argument)
        self.message = message

    def __str__(self):
        if self.argument_name is None:
            return self.message
        return f"argument {self.argument_name}: {self.message}"


def _name_of(action):
    if action is None:
        return None
    if action.option_strings:
        return "/".join(action.option_strings)
    for name in (action.metavar, action.dest):
        if name not in (None, SUPPRESS):
            return name
    return "{" + ",".join(action.choices) + "}" if action.choices else None


class _Shown:
    """Has a repr() that lists what _shown() gives."""

    def _shown(self):
        return list(self.__dict__.items())

    def __repr__(self):
        parts = [f"{k}={v!r}" for k, v in self._shown() if k.isidentifier()]
        odd = {k: v for k, v in self._shown() if not k.isidentifier()}
        if odd:
            parts.append(f"**{odd!r}")
        return f"{type(self).__name__}({', '.join(parts)})"


class Namespace(_Shown):
    def __init__(self, **kwargs):
        for name, value in kwargs.items():
            setattr(self, name, value)

    def __eq__(self, other):
        if not isinstance(other, Namespace):
            return NotImplemented
        return vars(self) == vars(other)

    def __contains__(self, key):
        return key in self.__dict__


class Action(_Shown):
    def __init__(self, option_strings, dest, nargs=None, const=None, default=None, type=None, choices=None,
                 required=False, help=None, metavar=None):
        self.option_strings = option_strings
        self.dest = dest
        self.nargs = nargs
        self.const = const
        self.default = default
        self.type = type
        self.choices = choices
        self.required = required
        self.help = help
        self.metavar = metavar

    def _shown(self):
        names = "option_strings dest nargs const default type choices required help metavar".split()
        return [(n, getattr(self, n)) for n in names]

    def format_usage(self):
        return self.option_strings[0]

    def __call__(self, parser, namespace, values, option_string=None):
        raise NotImplementedError(".__call__() not defined")


class _StoreAction(Action):
    def __init__(self, option_strings, dest, nargs=None, const=None, default=None, type=None, choices=None,
                 required=False, help=None, metavar=None):
        if nargs == 0:
            raise ValueError("nargs for store actions must be != 0; if you have nothing to store, actions such as "
                             "store true or store const may be more appropriate")
        if const is not None and nargs != OPTIONAL:
            raise ValueError(f"nargs must be {OPTIONAL!r} to supply const")
        super().__init__(option_strings, dest, nargs, const, default, type, choices, required, help, metavar)

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, values)


class _StoreConstAction(Action):
    def __init__(self, option_strings, dest, const=None, default=None, required=False, help=None, metavar=None):
        super().__init__(option_strings, dest, 0, const, default, required=required, help=help)

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, self.const)


class _StoreTrueAction(_StoreConstAction):
    def __init__(self, option_strings, dest, default=False, required=False, help=None):
        super().__init__(option_strings, dest, True, default, required, help)


class _StoreFalseAction(_StoreConstAction):
    def __init__(self, option_strings, dest, default=True, required=False, help=None):
        super().__init__(option_strings, dest, False, default, required, help)


class BooleanOptionalAction(Action):
    def __init__(self, option_strings, dest, default=None, type=None, choices=None, required=False, help=None,
                 metavar=None):
        names = []
        for s in option_strings:
            names.append(s)
            if s.startswith("--"):
                names.append("--no-" + s[2:])
        super().__init__(names, dest, 0, None, default, type, choices, required, help, metavar)

    def __call__(self, parser, namespace, values, option_string=None):
        if option_string in self.option_strings:
            setattr(namespace, self.dest, not option_string.startswith("--no-"))

    def format_usage(self):
        return " | ".join(self.option_strings)


def _list_of(namespace, dest):
    items = getattr(namespace, dest, None)
    return [] if items is None else items[:] if isinstance(items, list) else list(items)


class _AppendAction(Action):
    def __init__(self, option_strings, dest, nargs=None, const=None, default=None, type=None, choices=None,
                 required=False, help=None, metavar=None):
        if nargs == 0:
            raise ValueError("nargs for append actions must be != 0; if arg strings are not supplying the value to "
                             "append, the append const action may be more appropriate")
        if const is not None and nargs != OPTIONAL:
            raise ValueError(f"nargs must be {OPTIONAL!r} to supply const")
        super().__init__(option_strings, dest, nargs, const, default, type, choices, required, help, metavar)

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, _list_of(namespace, self.dest) + [values])


class _AppendConstAction(Action):
    def __init__(self, option_strings, dest, const=None, default=None, required=False, help=None, metavar=None):
        super().__init__(option_strings, dest, 0, const, default, required=required, help=help, metavar=metavar)

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, _list_of(namespace, self.dest) + [self.const])


class _ExtendAction(_AppendAction):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, _list_of(namespace, self.dest) + list(values))


class _CountAction(Action):
    def __init__(self, option_strings, dest, default=None, required=False, help=None):
        super().__init__(option_strings, dest, 0, None, default, required=required, help=help)

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, (getattr(namespace, self.dest, None) or 0) + 1)


class _HelpAction(Action):
    def __init__(self, option_strings, dest=SUPPRESS, default=SUPPRESS, help=None):
        super().__init__(option_strings, dest, 0, None, default, help=help)

    def __call__(self, parser, namespace, values, option_string=None):
        parser.print_help()
        parser.exit()


class _VersionAction(Action):
    def __init__(self, option_strings, version=None, dest=SUPPRESS, default=SUPPRESS,
                 help="show program's version number and exit"):
        super().__init__(option_strings, dest, 0, None, default, help=help)
        self.version = version

    def __call__(self, parser, namespace, values, option_string=None):
        formatter = parser._get_formatter()
        formatter.add_text(parser.version if self.version is None else self.version)
        sys.stdout.write(formatter.format_help())
        parser.exit()


class _ChoiceLine(Action):
    """The line of a subcommand in the help of its parser."""

    def __init__(self, name, aliases, help):
        label = name + (f" ({', '.join(aliases)})" if aliases else "")
        super().__init__([], label, help=help, metavar=label)


class _SubParsersAction(Action):
    def __init__(self, option_strings, prog, parser_class, dest=SUPPRESS, required=False, help=None, metavar=None):
        self._prog_prefix = prog
        self._parser_class = parser_class
        self._name_parser_map = {}
        self._choices_actions = []
        super().__init__(option_strings, dest, PARSER, choices=self._name_parser_map, required=required, help=help,
                         metavar=metavar)

    def add_parser(self, name, **kwargs):
        if kwargs.get("prog") is None:
            kwargs["prog"] = f"{self._prog_prefix} {name}"
        aliases = kwargs.pop("aliases", ())
        for n in (name, *aliases):
            if n in self._name_parser_map:
                raise ArgumentError(self, f"conflicting subparser{'' if n == name else ' alias'}: {n}")
        if "help" in kwargs:
            self._choices_actions.append(_ChoiceLine(name, aliases, kwargs.pop("help")))
        parser = self._parser_class(**kwargs)
        for n in (name, *aliases):
            self._name_parser_map[n] = parser
        return parser

    def _get_subactions(self):
        return self._choices_actions

    def __call__(self, parser, namespace, values, option_string=None):
        name, rest = values[0], values[1:]
        if self.dest is not SUPPRESS:
            setattr(namespace, self.dest, name)
        if name not in self._name_parser_map:
            raise ArgumentError(self, f"unknown parser {name!r} (choices: {', '.join(self._name_parser_map)})")
        inner, rest = self._name_parser_map[name].parse_known_args(rest, None)
        for key, value in vars(inner).items():
            setattr(namespace, key, value)
        if rest:
            vars(namespace).setdefault(_REST, [])
            getattr(namespace, _REST).extend(rest)


_ACTIONS = {
    None: _StoreAction, "store": _StoreAction, "store_const": _StoreConstAction, "store_true": _StoreTrueAction,
    "store_false": _StoreFalseAction, "append": _AppendAction, "append_const": _AppendConstAction,
    "count": _CountAction, "help": _HelpAction, "version": _VersionAction, "parsers": _SubParsersAction,
    "extend": _ExtendAction,
}


class FileType:
    def __init__(self, mode="r", bufsize=-1, encoding=None, errors=None):
        self._mode, self._bufsize, self._encoding, self._errors = mode, bufsize, encoding, errors

    def __call__(self, string):
        if string == "-":
            if "r" in self._mode:
                raise _milc_lacks("argparse: milc does not read standard input")
            return sys.stdout
        try:
            return open(string, self._mode, self._bufsize, self._encoding, self._errors)
        except OSError as e:
            raise ArgumentTypeError(f"can't open '{string}': {e}")


class _ActionsContainer:
    def __init__(self, description, prefix_chars, argument_default, conflict_handler):
        if conflict_handler not in ("error", "resolve"):
            raise ValueError(f"invalid conflict_resolution value: {conflict_handler!r}")
        self.description = description
        self.argument_default = argument_default
        self.prefix_chars = prefix_chars
        self.conflict_handler = conflict_handler
        self._actions = []
        self._option_string_actions = {}
        self._action_groups = []
        self._mutually_exclusive_groups = []
        self._defaults = {}
        self._has_negative_number_optionals = []
        self._kinds = {}

    def register(self, registry_name, value, object):
        self._kinds[registry_name, value] = object

    def set_defaults(self, **kwargs):
        self._defaults.update(kwargs)
        for action in self._actions:
            if action.dest in kwargs:
                action.default = kwargs[action.dest]

    def get_default(self, dest):
        for action in self._actions:
            if action.dest == dest and action.default is not None:
                return action.default
        return self._defaults.get(dest, None)

    def add_argument(self, *args, **kwargs):
        chars = self.prefix_chars
        if not args or len(args) == 1 and args[0][0] not in chars:
            if args and "dest" in kwargs:
                raise ValueError("dest supplied twice for positional argument")
            kwargs = self._positional(*args, **kwargs)
        else:
            kwargs = self._optional(args, kwargs)
        if "default" not in kwargs:
            dest = kwargs["dest"]
            if dest in self._defaults:
                kwargs["default"] = self._defaults[dest]
            elif self.argument_default is not None:
                kwargs["default"] = self.argument_default
        name = kwargs.pop("action", None)
        kind = self._kinds.get(("action", name)) or (_ACTIONS.get(name, name) if not callable(name) else name)
        if not callable(kind):
            raise ValueError(f'unknown action "{kind}"')
        action = kind(**kwargs)
        convert = self._kinds.get(("type", action.type), action.type)
        if convert is not None and not callable(convert):
            raise ValueError(f"{convert!r} is not callable")
        if convert is FileType:
            raise ValueError(f"{convert!r} is a FileType class object, instance of it must be passed")
        try:
            HelpFormatter("")._format_args(action, None)
        except TypeError:
            raise ValueError("length of metavar tuple does not match nargs")
        return self._add_action(action)

    def _positional(self, dest, **kwargs):
        if "required" in kwargs:
            raise TypeError("'required' is an invalid argument for positionals")
        nargs = kwargs.get("nargs")
        kwargs["required"] = nargs != OPTIONAL and not (nargs == ZERO_OR_MORE and "default" in kwargs)
        return {**kwargs, "dest": dest, "option_strings": []}

    def _optional(self, args, kwargs):
        dest = kwargs.pop("dest", None)
        long = []
        for s in args:
            if s[0] not in self.prefix_chars:
                raise ValueError(f"invalid option string {s!r}: must start with a character {self.prefix_chars!r}")
            if len(s) > 1 and s[1] in self.prefix_chars:
                long.append(s)
        if dest is None:
            first = long[0] if long else args[0]
            dest = first.lstrip(self.prefix_chars)
            if not dest:
                raise ValueError(f"dest= is required for options like {first!r}")
            dest = dest.replace("-", "_")
        return {**kwargs, "dest": dest, "option_strings": list(args)}

    def add_argument_group(self, *args, **kwargs):
        group = _ArgumentGroup(self, *args, **kwargs)
        self._action_groups.append(group)
        return group

    def add_mutually_exclusive_group(self, **kwargs):
        group = _MutuallyExclusiveGroup(self, **kwargs)
        self._mutually_exclusive_groups.append(group)
        return group

    def _add_action(self, action):
        taken = [(s, self._option_string_actions[s]) for s in action.option_strings
                 if s in self._option_string_actions]
        if taken and self.conflict_handler == "error":
            plural = "" if len(taken) == 1 else "s"
            raise ArgumentError(action, f"conflicting option string{plural}: {', '.join([s for s, _ in taken])}")
        for s, other in taken:
            other.option_strings.remove(s)
            self._option_string_actions.pop(s, None)
            if not other.option_strings:
                other.container._remove_action(other)
        self._actions.append(action)
        action.container = self
        for s in action.option_strings:
            self._option_string_actions[s] = action
            if _is_negative(s) and not self._has_negative_number_optionals:
                self._has_negative_number_optionals.append(True)
        return action

    def _remove_action(self, action):
        self._actions.remove(action)

    def _add_container_actions(self, container):
        groups = {g.title: g for g in self._action_groups}
        place = {}
        for g in container._action_groups:
            if g.title not in groups:
                groups[g.title] = self.add_argument_group(title=g.title, description=g.description,
                                                          conflict_handler=g.conflict_handler)
            for action in g._group_actions:
                place[action] = groups[g.title]
        for g in container._mutually_exclusive_groups:
            mine = self.add_mutually_exclusive_group(required=g.required)
            for action in g._group_actions:
                place[action] = mine
        for action in container._actions:
            place.get(action, self)._add_action(action)


class _ArgumentGroup(_ActionsContainer):
    def __init__(self, container, title=None, description=None, **kwargs):
        super().__init__(description, kwargs.get("prefix_chars", container.prefix_chars),
                         kwargs.get("argument_default", container.argument_default),
                         kwargs.get("conflict_handler", container.conflict_handler))
        self.title = title
        self._group_actions = []
        self._container = container
        self._kinds = container._kinds
        self._actions = container._actions
        self._option_string_actions = container._option_string_actions
        self._defaults = container._defaults
        self._has_negative_number_optionals = container._has_negative_number_optionals
        self._mutually_exclusive_groups = container._mutually_exclusive_groups

    def _add_action(self, action):
        super()._add_action(action)
        self._group_actions.append(action)
        return action

    def _remove_action(self, action):
        super()._remove_action(action)
        self._group_actions.remove(action)


class _MutuallyExclusiveGroup(_ArgumentGroup):
    def __init__(self, container, required=False):
        super().__init__(container)
        self.required = required

    def _add_action(self, action):
        if action.required:
            raise ValueError("mutually exclusive arguments must be optional")
        action = self._container._add_action(action)
        self._group_actions.append(action)
        return action

    def _remove_action(self, action):
        self._container._remove_action(action)
        self._group_actions.remove(action)


def _is_negative(s):
    if not s.startswith("-") or s.count(".") > 1:
        return False
    whole, dot, part = s[1:].partition(".")
    return part.isdecimal() and (not whole or whole.isdecimal()) if dot else whole.isdecimal()


def _pattern(action):
    """What the action takes, as (which of A, O and - (for --), how many at least, at most) one after the other."""
    nargs, dash = action.nargs, ("-", 0, _ANY)
    if nargs is None:
        items = [dash, ("A", 1, 1), dash]
    elif nargs == OPTIONAL:
        items = [dash, ("A", 0, 1), dash]
    elif nargs == ZERO_OR_MORE:
        items = [dash, ("A-", 0, _ANY)]
    elif nargs == ONE_OR_MORE:
        items = [dash, ("A", 1, 1), ("A-", 0, _ANY)]
    elif nargs == REMAINDER:
        items = [("A-O", 0, _ANY)]
    elif nargs == PARSER:
        items = [dash, ("A", 1, 1), ("A-O", 0, _ANY)]
    elif nargs == SUPPRESS:
        items = [dash]
    else:
        items = [dash] + [("A", 1, 1), dash] * nargs
    if action.option_strings:
        items = [(chars.replace("-", ""), low, high) for chars, low, high in items]
        items = [item for item in items if item[0]]
    return items


def _fit(items, text, at):
    """The ends of what the items take of text from at, each as much as it can while the others fit; None without."""
    if not items:
        return []
    chars, low, high = items[0]
    n = 0
    while n < high and at + n < len(text) and text[at + n] in chars:
        n += 1
    while n >= low:
        rest = _fit(items[1:], text, at + n)
        if rest is not None:
            return [at + n] + rest
        n -= 1
    return None


class ArgumentParser(_ActionsContainer, _Shown):
    def __init__(self, prog=None, usage=None, description=None, epilog=None, parents=[], formatter_class=HelpFormatter,
                 prefix_chars="-", fromfile_prefix_chars=None, argument_default=None, conflict_handler="error",
                 add_help=True, allow_abbrev=True, exit_on_error=True):
        if fromfile_prefix_chars is not None:
            raise _milc_lacks("argparse: milc does not have fromfile_prefix_chars")
        super().__init__(description, prefix_chars, argument_default, conflict_handler)
        self.prog = basename(sys.argv[0]) if prog is None else prog
        self.usage = usage
        self.epilog = epilog
        self.formatter_class = formatter_class
        self.add_help = add_help
        self.allow_abbrev = allow_abbrev
        self.exit_on_error = exit_on_error
        self._positionals = self.add_argument_group("positional arguments")
        self._optionals = self.add_argument_group("options")
        self._subparsers = None
        dash = "-" if "-" in prefix_chars else prefix_chars[0]
        if add_help:
            self.add_argument(dash + "h", dash * 2 + "help", action="help", default=SUPPRESS,
                              help="show this help message and exit")
        for parent in parents:
            self._add_container_actions(parent)
            self._defaults.update(parent._defaults)

    def _shown(self):
        return [(n, getattr(self, n)) for n in
                ("prog", "usage", "description", "formatter_class", "conflict_handler", "add_help")]

    def add_subparsers(self, **kwargs):
        if self._subparsers is not None:
            self.error("cannot have multiple subparser arguments")
        kwargs.setdefault("parser_class", type(self))
        if "title" in kwargs or "description" in kwargs:
            self._subparsers = self.add_argument_group(kwargs.pop("title", "subcommands"),
                                                       kwargs.pop("description", None))
        else:
            self._subparsers = self._positionals
        if kwargs.get("prog") is None:
            formatter = self._get_formatter()
            formatter.add_usage(self.usage, self._get_positional_actions(), self._mutually_exclusive_groups, "")
            kwargs["prog"] = formatter.format_help().strip()
        kind = kwargs.pop("action", _SubParsersAction)
        action = kind(option_strings=[], **kwargs)
        self._subparsers._add_action(action)
        return action

    def _add_action(self, action):
        if action.option_strings:
            self._optionals._add_action(action)
        else:
            self._positionals._add_action(action)
        return action

    def _get_optional_actions(self):
        return [a for a in self._actions if a.option_strings]

    def _get_positional_actions(self):
        return [a for a in self._actions if not a.option_strings]

    def parse_args(self, args=None, namespace=None):
        args, rest = self.parse_known_args(args, namespace)
        if rest:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return args

    def parse_known_args(self, args=None, namespace=None):
        args = sys.argv[1:] if args is None else list(args)
        if namespace is None:
            namespace = Namespace()
        for action in self._actions:
            if action.dest is not SUPPRESS and action.default is not SUPPRESS and not hasattr(namespace, action.dest):
                setattr(namespace, action.dest, action.default)
        for dest in self._defaults:
            if not hasattr(namespace, dest):
                setattr(namespace, dest, self._defaults[dest])
        if self.exit_on_error:
            try:
                namespace, rest = _Run(self, args, namespace).all()
            except ArgumentError as err:
                self.error(str(err))
        else:
            namespace, rest = _Run(self, args, namespace).all()
        if hasattr(namespace, _REST):
            rest.extend(getattr(namespace, _REST))
            delattr(namespace, _REST)
        return namespace, rest

    def parse_intermixed_args(self, args=None, namespace=None):
        raise _milc_lacks("argparse: milc does not have parse_intermixed_args()")

    def convert_arg_line_to_args(self, arg_line):
        return [arg_line]

    def _parse_optional(self, arg):
        """(action or None, option string, value after = or None) of what looks like an option, or None."""
        if not arg or arg[0] not in self.prefix_chars:
            return None
        if arg in self._option_string_actions:
            return self._option_string_actions[arg], arg, None
        if len(arg) == 1:
            return None
        if "=" in arg:
            option, value = arg.split("=", 1)
            if option in self._option_string_actions:
                return self._option_string_actions[option], option, value
        found = self._abbreviated(arg)
        if len(found) > 1:
            self.error(f"ambiguous option: {arg} could match {', '.join([f[1] for f in found])}")
        if found:
            return found[0]
        if _is_negative(arg) and not self._has_negative_number_optionals:
            return None
        return None if " " in arg else (None, arg, None)

    def _abbreviated(self, arg):
        table = self._option_string_actions
        if arg[1] in self.prefix_chars:
            if not self.allow_abbrev:
                return []
            option, eq, value = arg.partition("=")
            return [(table[s], s, value if eq else None) for s in table if s.startswith(option)]
        found = []
        for s in table:
            if s == arg[:2]:
                found.append((table[s], s, arg[2:]))
            elif s.startswith(arg):
                found.append((table[s], s, None))
        return found

    def _get_values(self, action, args):
        if action.nargs not in (PARSER, REMAINDER) and "--" in args:
            args.remove("--")
        nargs = action.nargs
        if not args and nargs == OPTIONAL:
            value = action.const if action.option_strings else action.default
            if isinstance(value, str):
                value = self._get_value(action, value)
                self._check_value(action, value)
            return value
        if not args and nargs == ZERO_OR_MORE and not action.option_strings:
            if action.default is None:
                return args
            self._check_value(action, action.default)
            return action.default
        if nargs == SUPPRESS:
            return SUPPRESS
        values = [self._get_value(action, s) for s in args]
        if nargs == PARSER:
            self._check_value(action, values[0])
        elif nargs != REMAINDER:
            for value in values:
                self._check_value(action, value)
        return values[0] if len(values) == 1 and nargs in (None, OPTIONAL) else values

    def _get_value(self, action, text):
        convert = self._kinds.get(("type", action.type), action.type)
        if convert is None:
            return text
        if not callable(convert):
            raise ArgumentError(action, f"{convert!r} is not callable")
        try:
            return convert(text)
        except ArgumentTypeError as err:
            message = str(err)
        except (TypeError, ValueError):
            message = f"invalid {getattr(action.type, '__name__', repr(action.type))} value: {text!r}"
        raise ArgumentError(action, message)

    def _check_value(self, action, value):
        if action.choices is not None and value not in action.choices:
            known = ", ".join([repr(c) for c in action.choices])
            raise ArgumentError(action, f"invalid choice: {value!r} (choose from {known})")

    def _get_formatter(self):
        return self.formatter_class(prog=self.prog)

    def format_usage(self):
        formatter = self._get_formatter()
        formatter.add_usage(self.usage, self._actions, self._mutually_exclusive_groups)
        return formatter.format_help()

    def format_help(self):
        formatter = self._get_formatter()
        formatter.add_usage(self.usage, self._actions, self._mutually_exclusive_groups)
        formatter.add_text(self.description)
        for group in self._action_groups:
            formatter.start_section(group.title)
            formatter.add_text(group.description)
            formatter.add_arguments(group._group_actions)
            formatter.end_section()
        formatter.add_text(self.epilog)
        return formatter.format_help()

    def print_usage(self, file=None):
        self._print_message(self.format_usage(), file or sys.stdout)

    def print_help(self, file=None):
        self._print_message(self.format_help(), file or sys.stdout)

    def _print_message(self, message, file=None):
        if message:
            (file or sys.stderr).write(message)

    def exit(self, status=0, message=None):
        if message:
            self._print_message(message, sys.stderr)
        sys.exit(status)

    def error(self, message):
        self.print_usage(sys.stderr)
        if sys.stderr is not sys.__stderr__:
            self.exit(2, f"{self.prog}: error: {message}\n")
        ending = SystemExit(2)  # the message is what the compiler says where nobody catches it
        ending._words = message
        raise ending


class _Run:
    """One parse: where options stand among the arguments, what was seen."""

    def __init__(self, parser, args, namespace):
        self.parser, self.args, self.namespace = parser, args, namespace
        self.rest = []
        self.seen, self.given = [], []
        self.positionals = parser._get_positional_actions()
        self.options = {}
        self.pattern = ""
        for i, arg in enumerate(args):
            if arg == "--":
                self.pattern += "-" + "A" * (len(args) - i - 1)
                break
            option = parser._parse_optional(arg)
            if option is not None:
                self.options[i] = option
            self.pattern += "A" if option is None else "O"

    def act(self, action, args, option=None):
        self.seen.append(action)
        values = self.parser._get_values(action, args)
        if values is not action.default:
            self.given.append(action)
            for group in self.parser._mutually_exclusive_groups:
                if action in group._group_actions:
                    for other in group._group_actions:
                        if other is not action and other in self.given:
                            raise ArgumentError(action, f"not allowed with argument {_name_of(other)}")
        if values is not SUPPRESS:
            action(self.parser, self.namespace, values, option)

    def count(self, action, text):
        ends = _fit(_pattern(action), text, 0)
        if ends is None:
            n = action.nargs
            texts = {None: "expected one argument", OPTIONAL: "expected at most one argument",
                     ONE_OR_MORE: "expected at least one argument"}
            raise ArgumentError(action, texts.get(n) or f"expected {n} argument{'' if n == 1 else 's'}")
        return ends[-1] if ends else 0

    def optional(self, at):
        action, option, value = self.options[at]
        chars = self.parser.prefix_chars
        todo = []
        while True:
            if action is None:
                self.rest.append(self.args[at])
                return at + 1
            if value is None:
                end = at + 1 + self.count(action, self.pattern[at + 1:])
                todo.append((action, self.args[at + 1:end], option))
                break
            n = self.count(action, "A")
            if n == 0 and option[1] not in chars and value != "":
                todo.append((action, [], option))
                option, value = option[0] + value[0], value[1:] or None
                if option not in self.parser._option_string_actions:
                    raise ArgumentError(action, f"ignored explicit argument {option[1] + (value or '')!r}")
                action = self.parser._option_string_actions[option]
            elif n == 1:
                todo.append((action, [value], option))
                end = at + 1
                break
            else:
                raise ArgumentError(action, f"ignored explicit argument {value!r}")
        for action, args, option in todo:
            self.act(action, args, option)
        return end

    def places(self, at):
        """Gives as many positional arguments as fit what stands from at; where it stopped."""
        text = self.pattern[at:]
        for n in range(len(self.positionals), -1, -1):
            patterns = [_pattern(a) for a in self.positionals[:n]]
            ends = _fit([item for p in patterns for item in p], text, 0)
            if ends is not None:
                break
        used, k = 0, 0
        for action, p in zip(self.positionals[:n], patterns):
            k += len(p)
            end = ends[k - 1]
            self.act(action, self.args[at + used:at + end])
            used = end
        self.positionals = self.positionals[n:]
        return at + used

    def all(self):
        at, last = 0, max(self.options, default=-1)
        while at <= last:
            following = min([i for i in self.options if i >= at])
            if at != following:
                end = self.places(at)
                if end > at:
                    at = end
                    continue
            if at not in self.options:
                self.rest.extend(self.args[at:following])
                at = following
            at = self.optional(at)
        at = self.places(at)
        self.rest.extend(self.args[at:])
        self.missing()
        return self.namespace, self.rest

    def missing(self):
        needed = []
        for action in self.parser._actions:
            if action in self.seen:
                continue
            if action.required:
                needed.append(_name_of(action))
            elif isinstance(action.default, str) and getattr(self.namespace, action.dest, None) is action.default:
                setattr(self.namespace, action.dest, self.parser._get_value(action, action.default))
        if needed:
            self.parser.error(f"the following arguments are required: {', '.join(needed)}")
        for group in self.parser._mutually_exclusive_groups:
            if group.required and not any(a in self.given for a in group._group_actions):
                names = [_name_of(a) for a in group._group_actions if a.help is not SUPPRESS]
                self.parser.error(f"one of the arguments {' '.join(names)} is required")
