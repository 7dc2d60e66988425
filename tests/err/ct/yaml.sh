# ct.optimize.coreml.OptimizationConfig.from_yaml: what is read of YAML, and what is refused.
good='config_type: OpLinearQuantizerConfig
global_config:
  mode: linear_symmetric # a comment
  dtype: int8
  weight_threshold: 100
op_type_configs: {matmul: {mode: "linear", dtype: '"'uint8'"'}}
op_name_configs:
  first: null
'
cat >a.mil <<'EOF'
config = ct.optimize.coreml.OptimizationConfig.from_yaml("c.yaml")
print(config.global_config.mode, config.global_config.weight_threshold, config.op_type_configs["matmul"].mode, config.op_name_configs)

@mb.program(input_specs=[mb.TensorSpec(shape=(1, 4))])
def f(x):
    return mb.relu(x=x)
EOF
yaml() { # TEXT
	printf '%s' "$1" >c.yaml
	echo "# $1" | head -3
	"$MILC" a.mil -o a.mlpackage 2>&1 | head -2
}
yaml "$good"
yaml "---
$good"
yaml 'config_type: "open'
yaml 'config_type: &anchor x'
yaml 'config_type: {a b}'
yaml 'config_type: {a: 1'
yaml 'config_type: [1, 2'
yaml 'config_type: {a:'
yaml "config_type: $(printf '[%.0s' $(seq 70))"
yaml 'config_type: [1 ] 2]'
yaml 'config_type: [[1] [2]]'
deep=$(for i in $(seq 70); do printf '%*sa:\n' "$i" ''; done)
yaml "$deep"
yaml 'config_type: x
global_config'
yaml '  config_type: x
 global_config: y'
yaml 'config_type:
    a: 1
  b: 2'
yaml "config_type:
$(printf '\t')a: 1"
yaml '[1]
x: 2'
