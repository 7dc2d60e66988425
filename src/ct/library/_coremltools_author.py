# What a script's own passes and operations derive from, in its own language. What becomes of them is in
# script_pass.c and script_op.c.
import coremltools as ct
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import Block
from coremltools.converters.mil.mil.scope import ScopeInfo, ScopeSource
from _coremltools import Inst, add_op, add_pass


# ---- passes ----


class AbstractGraphPass:
    def __new__(cls, *args, **named):
        if cls.apply is AbstractGraphPass.apply:
            raise TypeError(f"Can't instantiate abstract class {cls.__name__} with abstract method apply")
        return super().__new__(cls)

    def __call__(self, prog):
        if not prog.skip_all_passes:
            with mb.scope(ScopeInfo(source=ScopeSource.COREMLTOOLS_GRAPH_PASS, data=[str(self)])):
                self.apply(prog)

    def __str__(self):
        return type(self).__name__

    def apply(self, prog):
        pass

    def set_options(self, pass_options=None):
        for option in pass_options or []:
            name = option.option_name
            if not hasattr(self, name):
                raise NotImplementedError(f"The graph pass `{self}` doesn't support option `{name}`.")
            setattr(self, name, option.option_val)


def register_pass(namespace, override=False, name=None):
    def register(pass_cls):
        add_pass(namespace, pass_cls.__name__ if name is None else name, pass_cls, override)
        return pass_cls

    return register


# Of a function and of a method, which has its pass in front.
def block_context_manager(_func=None):
    def within(*args):
        block = args[isinstance(args[0], AbstractGraphPass)]
        if not isinstance(block, Block):
            raise ValueError(
                "The function decorated with block_context_manager must have a Block type argument as the first input."
            )
        with block:
            return _func(*args)

    return within


# ---- operations ----


class _Fields:
    def __init__(self, **fields):
        self._fields = fields

    def __add__(self, other):
        return type(self)(**{**self._fields, **other._fields})


class DefaultInputs(_Fields):
    def items(self):
        return self._fields.items()


class InputSpec(_Fields):
    @property
    def input_types(self):
        return self._fields


class _InputType:
    kind = "tensor"
    type_domain = ()
    type_domain_id = None

    def __init__(self, const=False, optional=False):
        self.const = const
        self.optional = optional


class TensorInputType(_InputType):
    def __init__(self, type_domain, **kwargs):
        super().__init__(**kwargs)
        if isinstance(type_domain, str):
            self.type_domain_id = type_domain
        else:
            self.type_domain = type_domain if isinstance(type_domain, tuple) else (type_domain,)


class ListInputType(_InputType):
    kind = "list"


class TupleInputType(_InputType):
    kind = "tuple"


class StateInputType(_InputType):
    kind = "state"


class PyFunctionInputType(_InputType):
    kind = "function"


VALUE, SYMBOL, NONE, ALL = 1, 2, 4, 7


# Says for which inputs value_inference() is meant.
def precondition(allow=ALL):
    return lambda function: function


class _OperationType(type):
    def __instancecheck__(cls, x):
        return type(x) is Inst if cls is Operation else type.__instancecheck__(cls, x)


class Operation(metaclass=_OperationType):
    input_spec = InputSpec()
    type_domains = {}

    def __init__(self, **kwargs):
        self.name = kwargs.pop("name", None)
        for name in self.input_spec.input_types:
            setattr(self, name, None)
        for name, value in kwargs.items():
            setattr(self, name, value)
        self.inputs = kwargs

    @property
    def op_type(self):
        return type(self).__name__

    def default_inputs(self):
        return DefaultInputs()

    def type_inference(self):
        raise NotImplementedError("This function must be implemented by each op")

    def value_inference(self):
        raise NotImplementedError("Implement value_inference")


def register_op(_cls=None, is_custom_op=False, namespace=None, opset_version=None, allow_override=False):
    def register(op_cls):
        name = op_cls.__name__
        dialect = not is_custom_op and namespace is not None
        if dialect and not name.startswith(namespace):
            raise ValueError(
                f"Dialect op type {name} registered under {namespace} namespace must prefix with {namespace}"
            )
        add_op(name, op_cls, is_custom_op, dialect, allow_override)
        return op_cls

    return register if _cls is None else register(_cls)


# What script_op.c asks of a class: its inputs, each (name, kind, const, optional, types, id of a type domain), and
# its bindings.
def describe(cls):
    inputs = []
    for name, t in cls.input_spec.input_types.items():
        domain, group = t.type_domain, t.type_domain_id
        if group is not None:
            if group not in cls.type_domains:
                raise ValueError(f"type_domain {group} not defined.")
            domain = cls.type_domains[group]
        inputs.append((name, t.kind, t.const, t.optional, domain, group))
    b = getattr(cls, "bindings", {})
    weights = [[float(x) for x in w] for w in b.get("weights", [])]
    return (
        inputs,
        b.get("class_name"),
        b.get("description", ""),
        b.get("input_order", []),
        b.get("parameters", []),
        weights,
    )


# The optional inputs that a call leaves out, with their defaults.
def defaults(cls, given):
    op = cls(**given)
    return {k: v for k, v in op.default_inputs().items() if k not in given and v is not None}


# The types of the results.
def infer(cls, inputs):
    if "value_inference" in vars(cls) and all(v.val is not None for v in inputs.values() if hasattr(v, "val")):
        raise _milc_lacks(f"milc does not compute the values of {cls.__name__}, whose inputs are all known")
    types = cls(**inputs).type_inference()
    return types if isinstance(types, tuple) else (types,)
