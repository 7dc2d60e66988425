#!/usr/bin/env python3
"""Scripts that try the methods of NeuralNetworkBuilder that add layers, made of the rows of src/nn/layers.def.

  gen_builder.py            writes tests/builder/NAME.mil, one for each family of layers
  gen_builder.py --check    prints `ok` or `FAILED` for each: whether it is what would be written

Each method is called with what it needs, then with every value below of every parameter that has a default, one at
a time; a parameter that takes words is given all of them. The scripts print the layers that come of that. A method or
a parameter without values here is an error: whoever adds a row adds its values.
"""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEAD = """# Made by tests/gen_builder.py: what the methods of the builder make of their arguments.
import coremltools as ct
import numpy as np
from coremltools.models import datatypes
from coremltools.models.neural_network import NeuralNetworkBuilder
from coremltools.proto import NeuralNetwork_pb2


def twist():
    m = NeuralNetwork_pb2.CustomLayerParams()
    m.className = "Twist"
    m.parameters["angle"].doubleValue = 1.5
    return m


def w(*shape):
    return ((np.arange(int(np.prod(shape))) * 7 % 11) / 4 - 1).astype(np.float32).reshape(shape)


def show(method, *args, **named):
    b = NeuralNetworkBuilder(
        [("x", datatypes.Array(2, 3, 4)), ("z", datatypes.Array(4)), ("c", datatypes.Array(1))],
        [("y", None)],
        disable_rank5_shape_mapping=True,
    )
    getattr(b, method)("layer", *args, **named)
    print(method, b.spec.specificationVersion, b.rank_dict)
    print(b.nn_spec.layers[0])


"""
TAIL = """
b = NeuralNetworkBuilder([("x", datatypes.Array(3))], [("y", None)])
b.add_softmax("softmax", "x", "y")
ct.models.MLModel(b.spec).save("softmax.mlmodel")
"""

# Values of parameters by name: the first is given where the parameter has no default, each of them where it has one.
EDGES = ["2"]
VALUES = {
    "input_name": ['"x"'],
    "output_name": ['"y"'],
    "input_names": ['["x", "z"]'],
    "output_names": ['["y"]'],
    "has_bias": ["True", "False"],
    "W": ["w(2, 4)"],
    "b": ["w(2)"],
    "nbits": ["8", "4"],
    "quant_lut": ["w(256)"],
    "quant_scale": ["np.array([0.5])"],
    "quant_bias": ["np.array([0.25])"],
    "axes": ["[1]", "[0, -1]"],
    "keepdims": ["True", "False"],
    "reduce_all": ["True", "False"],
    "axis": ["1", "-1"],
    "value": ["1.5"],
    "seed": ["7"],
    "output_shape": ["[3, 2]", "(2, 3, 1)"],
    "alpha": ["0.5", "-2"],
    "beta": ["3"],
    "epsilon": ["0.125"],
    "shape": ["[2, 2]"],
    "step": ["3"],
    "k": ["1", "-1"],
    "use_bottom_k": ["True"],
    "padding_mode": ['"valid"', '"SAME"', '"custom"'],
    "mode": ['"UPDATE"', '"add"', '"SUB"', '"mul"', '"DIV"', '"Max"', '"MIN"'],
    "same_padding_asymmetry_mode": ['"BOTTOM_RIGHT_HEAVY"', '"top_left_heavy"'],
    "output_all": ["True"],
    "reverse_input": ["True"],
    "hidden_size": ["2"],
    "input_size": ["3"],
    "forget_bias": ["True"],
    "coupled_input_forget_gate": ["True"],
    "cell_clip_threshold": ["10.0"],
}
for side in ("top", "bottom", "left", "right", "front", "back"):
    for prefix in ("", "padding_", "custom_padding_"):
        VALUES[prefix + side] = EDGES
for word in ("height", "width", "depth"):
    for prefix in ("", "stride_", "dilation_", "kernel_"):
        VALUES[prefix + word] = ["2"]
GATES = ['"SIGMOID"', '"tanh"', '"LINEAR"', '"SIGMOID_HARD"', '"hard_sigmoid"', '"SCALED_TANH"', '"RELU"']
for word in ("inner_activation", "cell_state_update_activation", "output_activation", "activation"):
    VALUES[word] = GATES[6:]
for prefix in ("random_bernoulli", "random_normal", "random_uniform"):
    VALUES.update(prob=["0.25"], mean=["2.0"], stddev=["0.5"], minval=["-1"], maxval=["2.5"])

# Of a method: its own values of parameters; "always": arguments of all calls; "more": other calls.
LSTM = {"W_h": ["[w(2, 2)] * 4"], "W_x": ["[w(2, 3)] * 4"], "b": ["[w(2)] * 4", "None"], "peep": ["[w(2)] * 3"]}
# What means something only together: "more" has them.
WITH_CODES = dict.fromkeys(
    ["is_quantized_weight", "quantization_type", "nbits", "quant_scale", "quant_bias", "quant_lut"], []
)
QUANTIZED = [
    ', is_quantized_weight=True, quantization_type="linear", nbits=8, W=bytes(range(8)), '
    "quant_scale=np.array([0.5]), quant_bias=np.array([-1.0])",
    ', is_quantized_weight=True, quantization_type="LINEAR", nbits=4, W=bytes(range(4)), quant_scale=[0.5, 1.0], '
    "quant_bias=[0.0, 1.0]",
    ', is_quantized_weight=True, quantization_type="lut", nbits=2, W=bytes(range(2)), quant_lut=np.array([0.0, '
    "1.0, 2.0, 3.0])",
]
INT8 = ", is_quantized_weight=True, int_8_dynamic_quantize=True, W=bytes(range(8)), quant_scale=np.array([0.5])"
METHODS = {
    "unary": {
        "mode": ['"abs"', '"EXP"', '"inverse"', '"Inverse"', '"log"', '"power"', '"rsqrt"', '"sqrt"', '"threshold"'],
        "shift": ["2"],
        "scale": ["0.5"],
    },
    "clip": {"min_value": ["-3"], "max_value": ["2"]},
    "gelu": {"mode": ['"EXACT"', '"TANH_APPROXIMATION"', '"SIGMOID_APPROXIMATION"']},
    "elementwise": {
        "mode": ['"concat"', '"SEQUENCE_CONCAT"', '"ADD"', '"multiply"', '"COS"', '"DOT"', '"MAX"', '"MIN"', '"AVE"'],
        "alpha": ["2.0", "0"],
        "more": ['input_names="x", output_name="y", mode="MULTIPLY", alpha=3'],
    },
    "greater_than": {
        "use_greater_than_equal": ["True"],
        "more": [
            'input_names="x", output_name="y", alpha=2.5',
            'input_names=["x"], output_name="y", use_greater_than_equal=True, alpha=1',
        ],
    },
    "less_than": {
        "use_less_than_equal": ["True"],
        "more": [
            'input_names="x", output_name="y", alpha=2.5',
            'input_names=["x"], output_name="y", use_less_than_equal=True, alpha=1',
        ],
    },
    "equal": {"more": ['input_names="x", output_name="y", alpha=2.5']},
    "not_equal": {"more": ['input_names="x", output_name="y"']},
    "logical": {"mode": ['"AND"', '"OR"', '"XOR"'], "more": ['input_names="x", output_name="y", mode="NOT"']},
    "bias": {
        "b": ["w(1)", "2"],
        "shape_bias": ["[1]"],
        "more": ['b=w(2, 1, 3), input_name="x", output_name="y", shape_bias=[2, 1, 3]'],
    },
    "scale": {
        "W": ["w(1)", "3"],
        "b": ["w(1)", "-1"],
        "shape_scale": ["[1]"],
        "shape_bias": ["[1]"],
        "more": [
            'W=w(2), b=None, has_bias=False, input_name="x", output_name="y", shape_scale=[2]',
            'W=w(3, 1, 1), b=w(3), has_bias=True, input_name="x", output_name="y", shape_scale=[3, 1, 1], '
            "shape_bias=[3]",
        ],
    },
    "activation": {
        "non_linearity": [
            '"RELU"',
            '"sigmoid"',
            '"TANH"',
            '"SCALED_TANH"',
            '"SOFTPLUS"',
            '"SOFTSIGN"',
            '"SIGMOID_HARD"',
            '"LEAKYRELU"',
            '"THRESHOLDEDRELU"',
            '"linear"',
        ],
        "params": ["None"],
        "input_rank": ["3"],
        "input_shape": ["(2, 3, 4)", '(2, "?")'],
        "output_rank": ["2"],
        "output_shape": ["[1, 2]"],
        "more": [
            f'non_linearity="{k}", input_name="x", output_name="y", params={p}'
            for k, p in (
                ("SCALED_TANH", "[1.5, 2.5]"),
                ("SIGMOID_HARD", "[0.5, 0.25]"),
                ("LEAKYRELU", "[0.125]"),
                ("PRELU", "w(3)"),
                ("ELU", "0.75"),
                ("PARAMETRICSOFTPLUS", "[w(3), w(3)]"),
                ("THRESHOLDEDRELU", "2"),
                ("LINEAR", "(2, 1)"),
            )
        ],
    },
    "batched_mat_mul": {
        "transpose_a": ["True"],
        "transpose_b": ["True"],
        "weight_matrix_rows": [],
        "weight_matrix_columns": [],
        "W": [],
        "bias": [],
        "int_8_dynamic_quantize": [],
        **WITH_CODES,
        "more": [
            'input_names=["x"], output_name="y", weight_matrix_rows=4, weight_matrix_columns=2, bias=w(2)' + q
            for q in [", W=w(4, 2)"] + QUANTIZED + [INT8]
        ],
    },
    "embedding": {
        "input_dim": ["4"],
        "output_channels": ["2"],
        **WITH_CODES,
        "more": [
            'b=w(2), input_dim=4, output_channels=2, has_bias=True, input_name="x", output_name="y"' + q
            for q in QUANTIZED
        ],
    },
    "embedding_nd": {
        "vocab_size": ["4"],
        "embedding_size": ["2"],
        **WITH_CODES,
        "more": ['vocab_size=4, embedding_size=2, input_name="x", output_name="y"' + q for q in QUANTIZED],
    },
    "inner_product": {
        "input_channels": ["4"],
        "output_channels": ["2"],
        "int_8_dynamic_quantize": ["False"],
        **WITH_CODES,
        "more": [
            'b=None, input_channels=4, output_channels=2, has_bias=False, input_name="x", output_name="y"' + q
            for q in QUANTIZED + [INT8]
        ],
    },
    "reduce": {
        "axis": ['"CHW"', '"hw"', '"C"', '"H"', '"w"'],
        "mode": ['"sum"', '"AVG"', '"prod"', '"logsum"', '"sumsquare"', '"l1"', '"L2"', '"max"', '"min"', '"argmax"'],
    },
    "flatten": {"mode": ["0", "1"]},
    "flatten_to_2d": {"axis": ["2"]},
    "load_constant": {"constant_value": ["w(1, 2, 2)"], "shape": ["[1, 2, 2]"]},
    "load_constant_nd": {"constant_value": ["w(4)"]},
    "matrix_band_part": {"num_lower": ["2"], "num_upper": ["0"]},
    "permute": {"dim": ["[0, 2, 3, 1]"]},
    "rank_preserving_reshape": {"output_shape": ["[3, 2, 4]", "np.array([1, 0, -1])"]},
    "reorganize_data": {"mode": ['"space_to_depth"', '"DEPTH_TO_SPACE"', '"PIXEL_SHUFFLE"'], "block_size": ["3"]},
    "reshape": {
        "target_shape": ["[2, 3, 4]"],
        "mode": ["0", "1"],
        "more": ['input_name="x", output_name="y", target_shape=(1, 2, 3, 4), mode=1'],
    },
    "reverse": {"reverse_dim": ["[True, 0]"]},
    "reverse_sequence": {"batch_axis": ["1"], "seq_axis": ["0"]},
    "sequence_repeat": {"nrep": ["3"]},
    "sliding_windows": {"window_size": ["2"]},
    "squeeze": {"axes": ["[1]", "[0, 1, 2]"], "squeeze_all": ["True"]},
    "tile": {
        "reps": ["[2, 1]"],
        "more": ['input_name=["x", "z"], output_name="y"', 'input_name=("x",), output_name="y", reps=[3]'],
    },
    "transpose": {"axes": ["[2, 0, 1]"], "more": ['axes=(0, -1, -2), input_name="x", output_name="y"']},
    "concat_nd": {"interleave": ["True", "False"]},
    "slice": {
        "axis": ['"channel"', '"HEIGHT"', '"width"'],
        "start_index": ["1"],
        "end_index": ["2"],
        "stride": ["2"],
    },
    "slice_by_size": {"size": ["2"]},
    "slice_dynamic": {
        "end_ids": ["[1, 2]"],
        "strides": ["[2]"],
        "begin_masks": ["[True, False]"],
        "end_masks": ["[False, True]"],
        "squeeze_masks": ["[True, False]", "[False]"],
    },
    "slice_static": {
        "begin_ids": ["[0, 1]"],
        "end_ids": ["[2, 3]"],
        "strides": ["[1, 2]"],
        "begin_masks": ["[False, True]"],
        "end_masks": ["[True, False]"],
        "squeeze_masks": ["[True, False]", "[False, False]"],
    },
    "split": {"output_names": ['["y", "u", "v"]']},
    "split_nd": {"output_names": ['["y", "u"]'], "num_splits": ["2"], "split_sizes": ["[1, 2]"]},
    "argsort": {"axis": ["2", "np.int64(1)"], "descending": ["True"]},
    "cumsum": {"reverse": ["True"], "exclusive": ["True"]},
    "nms": {
        "output_names": ['["y", "s", "i", "n"]'],
        "iou_threshold": ["0.25"],
        "score_threshold": ["0.5"],
        "max_boxes": ["4"],
        "per_class_suppression": ["True"],
    },
    "one_hot": {"one_hot_vector_size": ["5", "0"], "on_value": ["2"], "off_value": ["-1.0"]},
    "range_dynamic": {"start": ["1"]},
    "range_static": {"input_names": ["None"], "end": ["5"], "start": ["1"]},
    "topk": {"output_names": ['["y", "i"]'], "k": ["3"]},
    "branch": {"if_branch": ["None"], "else_branch": ["None"]},
    "loop": {
        "body_network": ["None"],
        "input_name": ['"c"'],
        "condition": ['"c"'],
        "condition_network": ["None"],
        "max_iterations": ["5"],
    },
    "constant_pad": {
        "pad_to_given_output_size_mode": ["True"],
        "pad_amounts": ["[1, 2, 0, 0]", "[]"],
        "more": ['input_names=["x"], output_name="y", value=-1, pad_amounts=np.array([0, 1])'],
    },
    "crop": {
        "offset": ["[1, 2]"],
        "more": ['left=1, right=2, top=3, bottom=4, offset=[9, 9], input_names=["x"], output_name="y"'],
    },
    "crop_resize": {
        "target_height": ["5"],
        "target_width": ["6"],
        "normalized_roi": ["True"],
        "spatial_scale": ["0.5"],
        "mode": ['"STRICT_ALIGN_ENDPOINTS_MODE"', '"ALIGN_ENDPOINTS_MODE"', '"upsample_mode"', '"ROI_ALIGN_MODE"'],
        "box_indices_mode": [
            '"CORNERS_HEIGHT_FIRST"',
            '"CORNERS_WIDTH_FIRST"',
            '"center_size_height_first"',
            '"CENTER_SIZE_WIDTH_FIRST"',
        ],
    },
    "padding": {
        "padding_type": ['"constant"', '"REFLECTION"', '"replication"'],
        "input_name": ['"z"'],
        "output_name": ['"y"'],
    },
    "resize_bilinear": {
        "target_height": ["5"],
        "target_width": ["6"],
        "mode": ['"STRICT_ALIGN_ENDPOINTS_MODE"', '"align_endpoints_mode"', '"UPSAMPLE_MODE"', '"ROI_ALIGN_MODE"'],
    },
    "upsample": {
        "scaling_factor_h": ["2"],
        "scaling_factor_w": ["3.0"],
        "mode": ['"NN"', '"bilinear"'],
        "linear_upsample_mode": ['"DEFAULT"', '"align_corners_true"', '"ALIGN_CORNERS_FALSE"'],
        "more": [
            'scaling_factor_h=1.5, scaling_factor_w=2, input_name="x", output_name="y", mode="BILINEAR", '
            'linear_upsample_mode="ALIGN_CORNERS_TRUE"'
        ],
    },
    "convolution": {
        "kernel_channels": ["1"],
        "output_channels": ["2"],
        "border_mode": ['"valid"', '"SAME"'],
        "groups": ["1"],
        "W": ["w(2, 2, 1, 2)"],
        "b": ["w(2)"],
        "has_bias": ["True"],
        "is_deconv": ["False"],
        "output_shape": ["[9, 9]"],
        "input_name": ['"z"', '["x"]'],
        "output_name": ['"y"'],
        "dilation_factors": ["[2, 1]"],
        **WITH_CODES,
        "more": [
            "kernel_channels=1, output_channels=2, height=2, width=2, stride_height=1, stride_width=1, " + t
            for t in (
                'border_mode="same", groups=1, W=w(2, 2, 1, 2), b=None, has_bias=False, '
                'same_padding_asymmetry_mode="TOP_LEFT_HEAVY"',
                'border_mode="valid", groups=2, W=w(2, 2, 1, 1), b=w(2), has_bias=True, is_deconv=True, '
                "output_shape=(7, 8)",
                'border_mode="valid", groups=1, W=None, b=None, has_bias=False, input_name=["x", "z"], '
                'output_name="y"',
                'border_mode="valid", groups=1, W=bytes(range(8)), b=None, has_bias=False, '
                'quantization_type="linear", nbits=8, quant_scale=[0.5] * 2, quant_bias=[0.0] * 2',
                'border_mode="valid", groups=1, W=bytes(range(4)), b=None, has_bias=False, '
                'quantization_type="lut", nbits=4, quant_lut=w(16)',
                'border_mode="valid", groups=1, W=bytes(range(3)), b=None, has_bias=False, '
                'quantization_type="linear", nbits=3, quant_scale=[0.5], quant_bias=[0.0]',
            )
        ],
    },
    "convolution3d": {
        "input_channels": ["1"],
        "output_channels": ["2"],
        "W": ["w(2, 1, 2, 2, 2)"],
        "b": ["w(2)"],
        "has_bias": ["True"],
        "groups": ["3"],
        "is_deconv": ["False"],
        "output_shape": ["[9, 9, 9]"],
        "input_name": ['"z"', '["x"]'],
        "output_name": ['"y"'],
        "more": [
            "input_channels=1, output_channels=2, depth=2, height=2, width=2, W=w(2, 1, 2, 2, 2), b=None, "
            "has_bias=False, " + t
            for t in (
                "is_deconv=True, output_shape=[5, 6, 7]",
                'padding_mode="Custom", padding_front=1, padding_back=2, padding_top=3, padding_bottom=4, '
                "padding_left=5, padding_right=6",
            )
        ],
    },
    "global_pooling3d": {"pooling_type": ['"max"', '"AVERAGE"']},
    "pooling": {
        "layer_type": ['"MAX"', '"average"', '"L2"'],
        "padding_type": ['"VALID"', '"same"', '"INCLUDE_LAST_PIXEL"'],
        "exclude_pad_area": ["False"],
        "is_global": ["True"],
        "more": [
            "height=2, width=3, stride_height=1, stride_width=2, layer_type='MAX', input_name='x', output_name='y', "
            + t
            for t in (
                'padding_type="INCLUDE_LAST_PIXEL", padding_top=1, padding_bottom=1, padding_left=2, padding_right=2',
                'padding_type="SAME", same_padding_asymmetry_mode="TOP_LEFT_HEAVY"',
            )
        ],
    },
    "pooling3d": {
        "pooling_type": ['"max"', '"AVERAGE"'],
        "average_pooling_count_excludes_padding": ["True"],
        "more": [
            'input_name="x", output_name="y", pooling_type="MAX", kernel_depth=1, kernel_height=2, '
            "kernel_width=3, stride_depth=1, stride_height=1, "
            'stride_width=1, padding_mode="CUSTOM", custom_padding_front=1, custom_padding_back=2, '
            "custom_padding_top=3, custom_padding_bottom=4, "
            "custom_padding_left=5, custom_padding_right=6"
        ],
    },
    "batchnorm": {
        "channels": ["2"],
        "gamma": ["w(2)"],
        "beta": ["w(2)"],
        "mean": ["w(2)"],
        "variance": ["w(2)"],
        "input_name": ['"z"'],
        "output_name": ['"y"'],
        "always": "mean=w(2), variance=w(2)",
        "compute_mean_var": ["False"],
        "instance_normalization": ["True"],
        "epsilon": ["1e-3"],
        "more": ["channels=2, gamma=w(2), beta=w(2), compute_mean_var=True, instance_normalization=True"],
    },
    "layer_normalization": {
        "normalized_shape": ["[4]"],
        "gamma": ["w(4)"],
        "beta": ["w(4)"],
        "eps": ["1e-3"],
        "more": ['input_name="x", output_name="y", normalized_shape=(3, 4), gamma=w(3, 4), beta=w(3, 4)'],
    },
    "lrn": {"local_size": ["5"], "k": ["2.0"]},
    "mvn": {"across_channels": ["False"], "normalize_variance": ["False"]},
    "categorical_distribution": {
        "num_samples": ["3"],
        "is_logits": ["False"],
        "eps": ["1e-3"],
        "temperature": ["2.0"],
    },
    "bidirlstm": dict(
        LSTM,
        **{k + "_back": v for k, v in LSTM.items()},
        output_names=['["y", "u", "v", "p", "q"]'],
        input_names=['["x", "z"]'],
    ),
    "unilstm": dict(LSTM, output_names=['["y", "u", "v"]']),
    "gru": {"W_h": ["[w(2, 2)] * 3"], "W_x": ["[w(2, 3)] * 3"], "b": ["[w(2)] * 3", "None"]},
    "simple_rnn": {
        "W_h": ["w(2, 2)"],
        "W_x": ["w(2, 3)"],
        "activation": GATES,
        "more": [
            'W_h=w(2, 2), W_x=w(2, 3), b=None, hidden_size=2, input_size=3, activation="TANH", input_names=["x", '
            '"z"], output_names=["y", "u"]'
        ],
    },
    "custom": {"custom_proto_spec": ["None", "twist()"]},
}


def rows():
    """(family, method, [(parameter, its default or None)])"""
    text = open(f"{ROOT}/src/nn/layers.def").read()
    defined = dict(re.findall(r'^#define (ONE|MANY_IN) ("[^"]*")', text, re.M))
    text = re.sub(r"\\\n", " ", text)
    quantized = "".join(re.findall(r'"([^"]*)"', re.search(r"#define QUANTIZED(.*)", text)[1]))
    family = None
    for m in re.finditer(
        r"^/\* (.*?) \*/$|^(ADDS?|REDUCTION|RANDOM)\((.*?)\)$(?=\n(?:[A-Z/#\n]|$))", text, re.M | re.S
    ):
        if m[1]:
            family = m[1]
            continue
        body = m[3].replace("QUANTIZED", f'"{quantized}"')
        for k, v in defined.items():
            body = re.sub(rf"\b{k}\b", v, body)
        if m[2] == "REDUCTION":
            name = body.split(",")[1].strip()
            yield family, name, defined["ONE"].strip('"') + ",axes=None,keepdims=True,reduce_all=False"
        elif m[2] == "RANDOM":
            name = body.split(",")[1].strip()
            more = re.findall(r'"([^"]*)"', body)[1]
            for kind, first in (
                ("dynamic", defined["MANY_IN"].strip('"')),
                ("like", defined["ONE"].strip('"')),
                ("static", "name,output_name,output_shape"),
            ):
                yield family, f"{name}_{kind}", f"{first}{more},seed=-1"
        else:
            first, rest = body.split(",", 1)
            name, rest = rest.split(",", 1)
            params = re.match(r'\s*((?:"[^"]*"\s*)+)', rest)[1]
            yield family, name.strip(), "".join(re.findall(r'"([^"]*)"', params))


def values(method, param):
    own = METHODS.get(method, {})
    if param in own:
        return own[param]
    if param in VALUES:
        return VALUES[param]
    sys.exit(f"gen_builder.py: no values of '{param}' of add_{method}()")


def calls(method, params):
    own = METHODS.get(method, {})
    needed, optional = [], []
    for p in params.split(",")[1:]:
        if p == "*":
            continue
        name, eq, default = p.partition("=")
        (optional if eq else needed).append(name)
    base = {p: values(method, p)[0] for p in needed}
    lists = []

    def one(given, more=""):
        text = ", ".join([f"{k}={v}" for k, v in given.items()] + ([more] if more else []))
        lists.append(text)

    always = own.get("always", "")
    one(base, always)
    for p in needed:
        for v in values(method, p)[1:]:
            one({**base, p: v}, always)
    for p in optional:
        for v in values(method, p):
            if v and not (always and f"{p}=" in always):
                one({**base, p: v}, always)
    for text in own.get("more", []):
        one({}, text)
    return lists


def scripts():
    made = {}
    for family, method, params in rows():
        name = re.sub(r"\W+", "-", family).strip("-")
        lines = made.setdefault(name, [])
        if method in ("loop_break", "loop_continue"):
            lines.append(f'show("add_{method}")')
            continue
        lines += [
            f'show("add_{method}", {text})' if text else f'show("add_{method}")' for text in calls(method, params)
        ]
    return {name: HEAD + "\n".join(lines) + "\n" + TAIL for name, lines in made.items()}


def main():
    folder = f"{ROOT}/tests/builder"
    for name, text in scripts().items():
        path = f"{folder}/{name}.mil"
        if "--check" in sys.argv:
            same = os.path.exists(path) and open(path).read() == text
            print(f"{'ok' if same else 'FAILED'} tests/builder/{name}.mil: as gen_builder.py makes it")
        else:
            open(path, "w").write(text)


main()
