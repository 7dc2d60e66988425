# The help of argparse: usage and descriptions laid out for 80 columns, as CPython 3.11 lays them out.
import textwrap

SUPPRESS = "==SUPPRESS=="
OPTIONAL, ZERO_OR_MORE, ONE_OR_MORE, PARSER, REMAINDER = "?", "*", "+", "A...", "..."


class HelpFormatter:
    """Collects blocks of text as functions that give them when all widths are known."""

    def __init__(self, prog, indent_increment=2, max_help_position=24, width=None):
        if width is None:
            width = 78
        self._prog = prog
        self._indent_increment = indent_increment
        self._width = width
        self._max_help_position = min(max_help_position, max(width - 20, indent_increment * 2))
        self._current_indent = 0
        self._action_max_length = 0
        self._blocks = []
        self._open = []

    def _indent(self):
        self._current_indent += self._indent_increment

    def _dedent(self):
        self._current_indent -= self._indent_increment

    def start_section(self, heading):
        self._indent()
        self._open.append((self._blocks, heading))
        self._blocks = []

    def end_section(self):
        inner = self._blocks
        self._dedent()
        self._blocks, heading = self._open.pop()
        indent = self._current_indent
        self._blocks.append(lambda: self._section(inner, heading, indent))

    def _section(self, blocks, heading, indent):
        before = self._current_indent
        self._current_indent = indent + self._indent_increment
        body = self._joined(blocks)
        self._current_indent = before
        if not body:
            return ""
        if heading is SUPPRESS or heading is None:
            return f"\n{body}\n"
        return f"\n{' ' * indent}{heading}:\n{body}\n"

    def _joined(self, blocks):
        texts = [block() for block in blocks]
        return "".join([t for t in texts if t and t is not SUPPRESS])

    def add_text(self, text):
        if text is not SUPPRESS and text is not None:
            self._blocks.append(lambda: self._format_text(text))

    def add_usage(self, usage, actions, groups, prefix=None):
        if usage is not SUPPRESS:
            self._blocks.append(lambda: self._format_usage(usage, actions, groups, prefix))

    def add_argument(self, action):
        if action.help is SUPPRESS:
            return
        widths = [len(self._format_action_invocation(action)) + self._current_indent]
        for sub in self._subactions(action):
            widths.append(len(self._format_action_invocation(sub)) + self._current_indent + self._indent_increment)
        self._action_max_length = max(self._action_max_length, *widths)
        self._blocks.append(lambda: self._format_action(action))

    def add_arguments(self, actions):
        for action in actions:
            self.add_argument(action)

    def format_help(self):
        text = self._joined(self._blocks)
        while "\n\n\n" in text:
            text = text.replace("\n\n\n", "\n\n")
        return text.strip("\n") + "\n" if text else text

    def _subactions(self, action):
        return action._get_subactions() if hasattr(action, "_get_subactions") else []

    def _format_text(self, text):
        if "%(prog)" in text:
            text = text % {"prog": self._prog}
        width = max(self._width - self._current_indent, 11)
        return self._fill_text(text, width, " " * self._current_indent) + "\n\n"

    def _format_usage(self, usage, actions, groups, prefix):
        if prefix is None:
            prefix = "usage: "
        if usage is not None:
            usage = usage % {"prog": self._prog}
        elif not actions:
            usage = str(self._prog)
        else:
            usage = self._usage_of(actions, groups, prefix)
        return f"{prefix}{usage}\n\n"

    def _usage_of(self, actions, groups, prefix):
        prog = str(self._prog)
        options = self._format_actions_usage([a for a in actions if a.option_strings], groups)
        places = self._format_actions_usage([a for a in actions if not a.option_strings], groups)
        usage = " ".join([s for s in (prog, options, places) if s])
        width = self._width - self._current_indent
        if len(prefix) + len(usage) <= width:
            return usage
        options, places = _usage_parts(options), _usage_parts(places)
        if len(prefix) + len(prog) <= 0.75 * width:
            indent = " " * (len(prefix) + len(prog) + 1)
            if options:
                lines = _usage_lines([prog] + options, indent, width, len(prefix)) + _usage_lines(places, indent, width)
            else:
                lines = _usage_lines([prog] + places, indent, width, len(prefix)) if places else [prog]
        else:
            indent = " " * len(prefix)
            lines = _usage_lines(options + places, indent, width)
            if len(lines) > 1:
                lines = _usage_lines(options, indent, width) + _usage_lines(places, indent, width)
            lines = [prog] + lines
        return "\n".join(lines)

    def _format_actions_usage(self, actions, groups):
        parts = [self._usage_part(a, any(a in g._group_actions for g in groups)) for a in actions]
        for group in groups:
            members = group._group_actions
            if not members:
                raise ValueError(f"empty group {group}")
            if all(a.help is SUPPRESS for a in members) or members[0] not in actions:
                continue
            at = actions.index(members[0])
            if actions[at:at + len(members)] != members:
                continue
            shown = [parts[at + i] for i in range(len(members)) if parts[at + i]]
            text = " | ".join(shown)
            if not group.required:
                text = f"[{text}]"
            elif len(shown) > 1:
                text = f"({text})"
            parts[at:at + len(members)] = [text] + [""] * (len(members) - 1)
        return " ".join([p for p in parts if p])

    def _usage_part(self, action, grouped):
        if action.help is SUPPRESS:
            return ""
        if not action.option_strings:
            part = self._format_args(action, self._get_default_metavar_for_positional(action))
            return part[1:-1] if grouped and part[0] == "[" and part[-1] == "]" else part
        part = action.format_usage()
        if action.nargs != 0:
            args = self._format_args(action, self._get_default_metavar_for_optional(action))
            part = f"{action.option_strings[0]} {args}"
        return part if action.required or grouped else f"[{part}]"

    def _format_action(self, action):
        at = min(self._action_max_length + 2, self._max_help_position)
        width = max(self._width - at, 11)
        header = " " * self._current_indent + self._format_action_invocation(action)
        lines = []
        if action.help and action.help.strip():
            text = self._expand_help(action)
            lines = self._split_lines(text, width) if text else []
        if not action.help:
            out = [header + "\n"]
        elif len(header) <= at - 2:
            first = lines[0] if lines else ""
            out = [header + " " * (at - len(header)) + first + "\n"]
            lines = lines[1:]
        else:
            out = [header + "\n"]
        out += [" " * at + line + "\n" for line in lines]
        subactions = self._subactions(action)
        if subactions:
            self._indent()
            out += [self._format_action(sub) for sub in subactions if sub.help is not SUPPRESS]
            self._dedent()
        return "".join(out)

    def _format_action_invocation(self, action):
        if not action.option_strings:
            return self._metavars(action, self._get_default_metavar_for_positional(action), 1)[0]
        if action.nargs == 0:
            return ", ".join(action.option_strings)
        args = self._format_args(action, self._get_default_metavar_for_optional(action))
        return ", ".join([f"{s} {args}" for s in action.option_strings])

    def _metavars(self, action, default, n):
        if action.metavar is not None:
            text = action.metavar
        elif action.choices is not None:
            text = "{" + ",".join([str(c) for c in action.choices]) + "}"
        else:
            text = default
        return text if isinstance(text, tuple) else (text,) * n

    def _format_args(self, action, default):
        nargs = action.nargs
        if nargs is None:
            return "%s" % self._metavars(action, default, 1)
        if nargs == OPTIONAL:
            return "[%s]" % self._metavars(action, default, 1)
        if nargs == ZERO_OR_MORE:
            names = self._metavars(action, default, 1)
            return ("[%s [%s ...]]" if len(names) == 2 else "[%s ...]") % names
        if nargs == ONE_OR_MORE:
            return "%s [%s ...]" % self._metavars(action, default, 2)
        if nargs == REMAINDER:
            return "..."
        if nargs == PARSER:
            return "%s ..." % self._metavars(action, default, 1)
        if nargs == SUPPRESS:
            return ""
        if not isinstance(nargs, int):
            raise ValueError("invalid nargs value")
        return " ".join(["%s"] * nargs) % self._metavars(action, default, nargs)

    def _expand_help(self, action):
        params = {k: v for k, v in vars(action).items() if v is not SUPPRESS}
        params["prog"] = self._prog
        for name in params:
            if hasattr(params[name], "__name__"):
                params[name] = params[name].__name__
        if params.get("choices") is not None:
            params["choices"] = ", ".join([str(c) for c in params["choices"]])
        return self._get_help_string(action) % params

    def _split_lines(self, text, width):
        return textwrap.wrap(" ".join(text.split()), width)

    def _fill_text(self, text, width, indent):
        return textwrap.fill(" ".join(text.split()), width, initial_indent=indent, subsequent_indent=indent)

    def _get_help_string(self, action):
        return action.help

    def _get_default_metavar_for_optional(self, action):
        return action.dest.upper()

    def _get_default_metavar_for_positional(self, action):
        return action.dest


def _usage_parts(text):
    """Splits a usage into words, of which what stands in brackets is one."""
    parts, i = [], 0
    while i < len(text):
        if text[i] == " ":
            i += 1
            continue
        end = -1
        if text[i] in "([":
            closing = ")" if text[i] == "(" else "]"
            end = text.find(closing, i)
            while end >= 0:
                while end < len(text) and text[end] == closing:
                    end += 1
                if end == len(text) or text[end] == " ":
                    break
                end = text.find(closing, end)
        if end < 0:
            end = text.find(" ", i)
        if end < 0:
            end = len(text)
        parts.append(text[i:end])
        i = end
    return parts


def _usage_lines(parts, indent, width, prefix=None):
    lines, line = [], []
    used = (len(indent) if prefix is None else prefix) - 1
    for part in parts:
        if used + 1 + len(part) > width and line:
            lines.append(indent + " ".join(line))
            line, used = [], len(indent) - 1
        line.append(part)
        used += len(part) + 1
    if line:
        lines.append(indent + " ".join(line))
    if prefix is not None:
        lines[0] = lines[0][len(indent):]
    return lines


class RawDescriptionHelpFormatter(HelpFormatter):
    def _fill_text(self, text, width, indent):
        return "".join([indent + line for line in text.splitlines(keepends=True)])


class RawTextHelpFormatter(RawDescriptionHelpFormatter):
    def _split_lines(self, text, width):
        return text.splitlines()


class ArgumentDefaultsHelpFormatter(HelpFormatter):
    def _get_help_string(self, action):
        text = action.help or ""
        if "%(default)" not in text and action.default is not SUPPRESS:
            if action.option_strings or action.nargs in (OPTIONAL, ZERO_OR_MORE):
                text += " (default: %(default)s)"
        return text


class MetavarTypeHelpFormatter(HelpFormatter):
    def _get_default_metavar_for_optional(self, action):
        return action.type.__name__

    def _get_default_metavar_for_positional(self, action):
        return action.type.__name__
