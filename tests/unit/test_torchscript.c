/* TorchScript: code texts and the graphs that they become, by the rules of torch's own loader; what
 * is wrong with texts. */
#include "torch/script.h"
#include "torchfile.h"

#define TENSOR                                                                                     \
	"ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\n"              \
	"X\1\0\0\0000X\3\0\0\0cpuK\2tQK\0K\2\205K\1\205\211ccollections\nOrderedDict\n)RtR"
#define CLASS                                                                                      \
	"class Net(Module):\n"                                                                     \
	"  __parameters__ = [\"w\", ]\n"                                                           \
	"  __buffers__ = [\"b\", ]\n"                                                              \
	"  w : Tensor\n"                                                                           \
	"  b : Tensor\n"                                                                           \
	"  n : int\n"
#define FORWARD "  def forward(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n"

static const char object[] =
    "\200\2c__torch__\nNet\n)\201}(X\1\0\0\0w" TENSOR "X\1\0\0\0b" TENSOR "X\1\0\0\0nK\3ub.";

/* The graph as text, or what was said. */
static const char *
read_code(World *w, Buf *out, const char *pickle, size_t npickle, const char *code)
{
	static const char storage[64];
	ZipMaker z = {0};
	TorchOpen o = {.arena = &w->arena, .names = &w->names, .diag = &w->diag, .path = "a.pt"};
	TGraph *g;

	add(&z, "a/data.pkl", pickle, npickle);
	add(&z, "a/data/0", storage, sizeof storage);
	add(&z, "a/code/__torch__.py", code, strlen(code));
	finish(&z);
	o.at = diag_object(&w->diag, NOSPAN, 0, "a.pt");
	o.data = z.b.at;
	o.n = z.b.n;
	g = torch_open(&o);
	diag_flush(&w->diag);
	if (g)
		tgraph_print(g, out);
	else
		buf_puts(out, check_message(w->said.at));
	drop(&z);
	return out->at;
}

static void
expect(const char *code, const char *want)
{
	World w;
	Buf b = {0};

	begin(&w);
	CHECK_STR(read_code(&w, &b, object, sizeof object - 1, code), want);
	buf_free(&b);
	end(&w);
}

static void
test_values(void)
{
	/* constants and defaults */
	expect(CLASS FORWARD "    return torch.add(torch.mul(x, 2), torch.mul(x, 2))\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant(1)\n"
	       "  %3 = prim::Constant(2)\n"
	       "  %4 = aten::mul(self=%x.1, other=%3)\n"
	       "  %5 = aten::mul(self=%x.1, other=%3)\n"
	       "  %6 = aten::add(self=%4, other=%5, alpha=%2)\n"
	       "  return (%6)\n");
	/* parameters */
	expect(CLASS FORWARD "    w = self.w\n"
	             "    b = self.b\n"
	             "    w0 = self.w\n"
	             "    return torch.linear(torch.add(x, self.n), w0, torch.add_(b, w))\n",
	       "input %x.1\n"
	       "constant %w\n"
	       "constant %b\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant(1)\n"
	       "  %7 = aten::add(self=%x.1, other=3, alpha=%2)\n"
	       "  %8 = aten::add_(self=%b, other=%w, alpha=%2)\n"
	       "  %9 = aten::linear(input=%7, weight=%w, bias=%8)\n"
	       "  return (%9)\n");
	/* names */
	expect(CLASS FORWARD "    y = torch.relu(x)\n"
	             "    y0 = torch.neg(y)\n"
	             "    return y0\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %y.1 = aten::relu(self=%x.1)\n"
	       "  %y0.1 = aten::neg(self=%y.1)\n"
	       "  return (%y0.1)\n");
	/* a condition */
	expect(CLASS FORWARD "    if bool(torch.gt(torch.sum(x), 0)):\n"
	             "      y = torch.relu(x)\n"
	             "    else:\n"
	             "      y = x\n"
	             "    return y\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant()\n"
	       "  %3 = prim::Constant(0)\n"
	       "  %4 = aten::sum(self=%x.1, dtype=%2)\n"
	       "  %5 = aten::gt(self=%4, other=%3)\n"
	       "  %6 = aten::Bool(a=%5)\n"
	       "  %y = prim::If(%6)\n"
	       "    block():\n"
	       "      %y.1 = aten::relu(self=%x.1)\n"
	       "      return (%y.1)\n"
	       "    block():\n"
	       "      return (%x.1)\n"
	       "  return (%y)\n");
	/* a known condition */
	expect(CLASS FORWARD "    if torch.eq(1, 1):\n"
	             "      y = torch.relu(x)\n"
	             "    else:\n"
	             "      y = x\n"
	             "    return y\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %y.1 = aten::relu(self=%x.1)\n"
	       "  return (%y.1)\n");
}

static void
test_blocks(void)
{
	/* loops */
	expect(CLASS FORWARD "    y = x\n"
	             "    for i in range(3):\n"
	             "      y = torch.add(y, i)\n"
	             "    while bool(torch.lt(torch.sum(y), 9.)):\n"
	             "      y = torch.mul(y, 2.)\n"
	             "    return y\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant()\n"
	       "  %3 = prim::Constant(1)\n"
	       "  %4 = prim::Constant(True)\n"
	       "  %5 = prim::Constant(3)\n"
	       "  %6 = prim::Constant(9223372036854775807)\n"
	       "  %7 = prim::Constant(9)\n"
	       "  %8 = prim::Constant(2)\n"
	       "  %y.19 = prim::Loop(%5, %4, %x.1)\n"
	       "    block(%i.1, %y.17):\n"
	       "      %y.3 = aten::add(self=%y.17, other=%i.1, alpha=%3)\n"
	       "      return (%4, %y.3)\n"
	       "  %13 = aten::sum(self=%y.19, dtype=%2)\n"
	       "  %14 = aten::lt(self=%13, other=%7)\n"
	       "  %15 = aten::Bool(a=%14)\n"
	       "  %y = prim::Loop(%6, %15, %y.19)\n"
	       "    block(%17, %y.21):\n"
	       "      %y.11 = aten::mul(self=%y.21, other=%8)\n"
	       "      %20 = aten::sum(self=%y.11, dtype=%2)\n"
	       "      %21 = aten::lt(self=%20, other=%7)\n"
	       "      %22 = aten::Bool(a=%21)\n"
	       "      return (%22, %y.11)\n"
	       "  return (%y)\n");
	/* break */
	expect(CLASS FORWARD "    y = x\n"
	             "    for i in range(3):\n"
	             "      if torch.gt(i, 1):\n"
	             "        break\n"
	             "      y = torch.add(y, i)\n"
	             "    return y\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant(True)\n"
	       "  %3 = prim::Constant(3)\n"
	       "  %4 = prim::Constant(1)\n"
	       "  %5 = prim::Constant(False)\n"
	       "  %y = prim::Loop(%3, %2, %x.1)\n"
	       "    block(%i.1, %y.9):\n"
	       "      %9 = aten::gt(a=%i.1, b=%4)\n"
	       "      %10, %11 = prim::If(%9)\n"
	       "        block():\n"
	       "          return (%5, %y.9)\n"
	       "        block():\n"
	       "          %y.3 = aten::add(self=%y.9, other=%i.1, alpha=%4)\n"
	       "          return (%2, %y.3)\n"
	       "      return (%10, %11)\n"
	       "  return (%y)\n");
	/* an early return */
	expect(CLASS FORWARD "    if bool(torch.sum(x)):\n"
	             "      return x\n"
	             "    return torch.neg(x)\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant()\n"
	       "  %3 = aten::sum(self=%x.1, dtype=%2)\n"
	       "  %4 = aten::Bool(a=%3)\n"
	       "  %5 = prim::If(%4)\n"
	       "    block():\n"
	       "      return (%x.1)\n"
	       "    block():\n"
	       "      %6 = aten::neg(self=%x.1)\n"
	       "      return (%6)\n"
	       "  return (%5)\n");
	/* append in a loop */
	expect(CLASS FORWARD "    l = annotate(List[Tensor], [])\n"
	             "    for i in range(2):\n"
	             "      _0 = torch.append(l, x)\n"
	             "    return torch.cat(l)\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant(0)\n"
	       "  %3 = prim::Constant(True)\n"
	       "  %4 = prim::Constant(2)\n"
	       "  %l.1 = prim::ListConstruct()\n"
	       "  %7.out = prim::Loop(%4, %3, %l.1)\n"
	       "    block(%i, %loop.0):\n"
	       "      %7 = aten::append(self=%loop.0, el=%x.1)\n"
	       "      return (%3, %7)\n"
	       "  %8 = aten::cat(tensors=%7.out, dim=%2)\n"
	       "  return (%8)\n");
	/* tuples */
	expect(CLASS "  def forward(self: __torch__.Net,\n"
	             "    p: Tuple[Tensor, Tensor]) -> Tuple[Tensor, List[Tensor]]:\n"
	             "    a, b = p\n"
	             "    return (torch.add(a, b), [a, b])\n",
	       "input %p.1_0\n"
	       "input %p.1_1\n"
	       "state b\n"
	       "block():\n"
	       "  %p.1 = prim::TupleConstruct(%p.1_0, %p.1_1)\n"
	       "  %2 = prim::Constant(1)\n"
	       "  %a.1, %b.1 = prim::TupleUnpack(%p.1)\n"
	       "  %5 = aten::add(self=%a.1, other=%b.1, alpha=%2)\n"
	       "  %6 = prim::ListConstruct(%a.1, %b.1)\n"
	       "  %7 = prim::TupleConstruct(%5, %6)\n"
	       "  return (%5, %a.1, %b.1)\n");
	/* assignment */
	expect(CLASS FORWARD "    _0 = torch.copy_(torch.select(x, 0, 1), x)\n"
	             "    _1 = torch.fill_(torch.slice(x, 0, 1, 2), 0)\n"
	             "    return torch.neg(x)\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant(False)\n"
	       "  %3 = prim::Constant(0)\n"
	       "  %4 = prim::Constant(1)\n"
	       "  %5 = prim::Constant(2)\n"
	       "  %6 = aten::select(self=%x.1, dim=%3, index=%4)\n"
	       "  %x.1_internal_tensor_assign_1 = "
	       "_internal_op_tensor_inplace_copy_(%x.1, %x.1, %4, None, None)\n"
	       "  %8 = aten::slice(self=%x.1_internal_tensor_assign_1, dim=%3, "
	       "start=%4, end=%5, step=%4)\n"
	       "  %x.1_internal_tensor_assign_2 = "
	       "_internal_op_tensor_inplace_fill_(%x.1_internal_tensor_assign_1, %3, "
	       "%4, %5, %4)\n"
	       "  %10 = aten::neg(self=%x.1_internal_tensor_assign_2)\n"
	       "  return (%10)\n");
}

static void
test_calls(void)
{
	/* methods */
	expect(CLASS FORWARD "    return (self).twice((self).twice(x, ), )\n"
	             "  def twice(self: __torch__.Net,\n"
	             "    x: Tensor,\n"
	             "    by: int=2) -> Tensor:\n"
	             "    return torch.mul(x, by)\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant(2)\n"
	       "  %3 = aten::mul(self=%x.1, other=%2)\n"
	       "  %4 = aten::mul(self=%3, other=%2)\n"
	       "  return (%4)\n");
	/* functions */
	expect(CLASS FORWARD "    return __torch__.f(x, [1, 2], )\n"
	             "def f(x: Tensor,\n"
	             "    s: List[int],\n"
	             "    inplace: bool=False) -> Tensor:\n"
	             "  if inplace:\n"
	             "    y = torch.relu_(x)\n"
	             "  else:\n"
	             "    y = torch.reshape(x, s)\n"
	             "  return y\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant(False)\n"
	       "  %3 = prim::Constant(1)\n"
	       "  %4 = prim::Constant(2)\n"
	       "  %5 = prim::ListConstruct(%3, %4)\n"
	       "  %y = prim::If(%2)\n"
	       "    block():\n"
	       "      %y.1 = aten::relu_(self=%x.1)\n"
	       "      return (%y.1)\n"
	       "    block():\n"
	       "      %y.3 = aten::reshape(self=%x.1, shape=%5)\n"
	       "      return (%y.3)\n"
	       "  return (%y)\n");
	/* casts */
	expect(CLASS FORWARD "    t = ops.prim.NumToTensor(torch.size(x, 0))\n"
	             "    return torch.reshape(x, [int(t), -1])\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant(0)\n"
	       "  %3 = prim::Constant(-1)\n"
	       "  %4 = aten::size(self=%x.1, dim=%2)\n"
	       "  %t.1 = prim::NumToTensor(a=%4)\n"
	       "  %6 = aten::Int(a=%t.1)\n"
	       "  %7 = prim::ListConstruct(%6, %3)\n"
	       "  %8 = aten::reshape(self=%x.1, shape=%7)\n"
	       "  return (%8)\n");
	/* infinities */
	expect(CLASS FORWARD "    return torch.clamp(x, -inf, 1.)\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant(-inf)\n"
	       "  %3 = prim::Constant(1)\n"
	       "  %4 = aten::clamp(self=%x.1, min=%2, max=%3)\n"
	       "  return (%4)\n");
	/* chunks */
	expect(CLASS FORWARD "    a, b, = torch.chunk(x, 2, 1)\n"
	             "    return torch.add(a, b)\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant(1)\n"
	       "  %3, %4 = prim::ConstantChunk(%x.1, 2, 1)\n"
	       "  %5 = aten::add(self=%3, other=%4, alpha=%2)\n"
	       "  return (%5)\n");
	/* one number for two */
	expect(CLASS FORWARD "    return torch.avg_pool2d(x, 2, 2)\n",
	       "input %x.1\n"
	       "state b\n"
	       "block():\n"
	       "  %2 = prim::Constant()\n"
	       "  %3 = prim::Constant(True)\n"
	       "  %4 = prim::Constant(False)\n"
	       "  %5 = prim::Constant([0, 0])\n"
	       "  %6 = prim::Constant(2)\n"
	       "  %7 = prim::ListConstruct(%6, %6)\n"
	       "  %8 = prim::ListConstruct(%6, %6)\n"
	       "  %9 = aten::avg_pool2d(self=%x.1, kernel_size=%7, stride=%8, "
	       "padding=%5, ceil_mode=%4, count_include_pad=%3, divisor_override=%2)\n"
	       "  return (%9)\n");
}

static const struct {
	const char *code, *want;
} wrong[] = {
    {CLASS FORWARD "    _0 = torch.copy_(x, x)\n    return x\n",
     "a.pt: member code/__torch__.py, line 9, operation aten::copy_: error: an assignment to a "
     "tensor as a whole is not supported: assign to a slice of it, as in x[:] = y"},
    {"class Other(Module):\n"
     "  x : int\n",
     "a.pt: member data.pkl: error: the file has no code of the class "
     "__torch__.Net"},
    {CLASS,
     "a.pt: member code/__torch__.py, line 1: error: __torch__.Net has no "
     "method forward()"},
    {"x\n",
     "a.pt: member code/__torch__.py, line 1: error: expected a class or a "
     "function"},
    {CLASS FORWARD "    return y\n",
     "a.pt: member code/__torch__.py, line 9: error: there is no value 'y'"},
    {CLASS FORWARD "    return self.q\n",
     "a.pt: member code/__torch__.py, line 9: error: __torch__.Net has no "
     "attribute 'q'"},
    {CLASS "  q : Tensor\n"
     "  def forward(self: __torch__.Net) -> Tensor:\n"
     "    return self.q\n",
     "a.pt: member code/__torch__.py, line 9: error: data.pkl has no "
     "attribute 'q' of a __torch__.Net"},
    {CLASS FORWARD "    return (self).forward(x, )\n",
     "a.pt: member code/__torch__.py, line 9: error: __torch__.Net.forward "
     "calls itself: TorchScript cannot do that"},
    {CLASS FORWARD "    return 1\n",
     "a.pt: member code/__torch__.py, line 9: error: the function returns "
     "Tensor, this is int"},
    {CLASS FORWARD "    pass\n",
     "a.pt: member code/__torch__.py, line 7: error: __torch__.Net.forward "
     "does not return on all ways"},
    {CLASS FORWARD "    return torch.relu(\"a\")\n",
     "a.pt: member code/__torch__.py, line 9: error: no form of aten::relu "
     "takes the operands (str)"},
    {CLASS FORWARD "    a, b, c = torch.max(x, 1)\n"
     "    return a\n",
     "a.pt: member code/__torch__.py, line 9: error: 3 names for 2 values"},
    {CLASS FORWARD "    a, b, = x\n"
     "    return a\n",
     "a.pt: member code/__torch__.py, line 9: error: Tensor cannot be taken "
     "apart"},
    {CLASS FORWARD "    import a\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 9: error: this kind of statement "
     "is not supported"},
    {CLASS FORWARD "    return x if 1 else x\n",
     "a.pt: member code/__torch__.py, line 9: error: this kind of "
     "expression is not supported"},
    {CLASS FORWARD "    for a in [x]:\n"
     "      pass\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 9: error: a loop over anything "
     "but range() is not supported"},
    {CLASS FORWARD "    break\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 9: error: 'break' outside of a "
     "loop"},
    {"class Net(Foo):\n"
     "  x : int\n",
     "a.pt: member code/__torch__.py, line 1: error: __torch__.Net is of a "
     "kind of class that is not supported"},
    {CLASS "  def forward(self: __torch__.Net,\n"
     "    x: 3) -> Tensor:\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 8: error: this is no type that "
     "TorchScript has"},
    {CLASS "  def forward(self: __torch__.Net,\n"
     "    x: List[int, int]) -> Tensor:\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 8: error: this is no type that "
     "TorchScript has"},
    {CLASS "  def forward(self: __torch__.Net,\n"
     "    x: __torch__.Nobody) -> Tensor:\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 8: error: the file has no class "
     "__torch__.Nobody"},
    {CLASS FORWARD "    return torch.add(x, CONSTANTS.c0)\n",
     "a.pt: member code/__torch__.py, line 9: error: constants.pkl has no "
     "tensor CONSTANTS.c0"},
    {CLASS FORWARD "    return annotate(Tensor, 1)\n",
     "a.pt: member code/__torch__.py, line 9: error: this is of type int, "
     "not Tensor"},
    {CLASS FORWARD "    y = x\n"
     "    for i in range(2):\n"
     "      y = \"a\"\n"
     "    return y\n",
     "a.pt: member code/__torch__.py, line 11: error: 'y' was of type "
     "Tensor and is now assigned str"},
    {CLASS FORWARD "    y = torch\n"
     "    for i in range(2):\n"
     "      y = x\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 11: error: 'y' cannot be "
     "assigned again"},
    {CLASS FORWARD "    return x(x)\n",
     "a.pt: member code/__torch__.py, line 9: error: this cannot be called"},
    {CLASS FORWARD "    return int(x, x)\n",
     "a.pt: member code/__torch__.py, line 9: error: 'int' cannot be called "
     "so"},
    {CLASS FORWARD "    for i in range(1, 2, 3, 4):\n"
     "      pass\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 9: error: range takes one to "
     "three numbers, not 4"},
    {CLASS FORWARD "    y = range(3)\n"
     "    return torch.relu(y)\n",
     "a.pt: member code/__torch__.py, line 10: error: a range cannot stand "
     "here"},
    {CLASS FORWARD "    return torch.relu(*x)\n",
     "a.pt: member code/__torch__.py, line 9: error: '*' before an operand "
     "is not supported"},
    {CLASS FORWARD "    y = {**x}\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 9: error: '**' in a dict is not "
     "supported"},
    {CLASS FORWARD "    return (x, x)[2]\n",
     "a.pt: member code/__torch__.py, line 9: error: a tuple of 2 has no "
     "such item"},
    {CLASS FORWARD "    return (x, x)[0:torch.size(x, 0)][0]\n",
     "a.pt: member code/__torch__.py, line 9: error: a slice of a tuple "
     "needs constant bounds"},
    {CLASS FORWARD "    return x[0:1]\n",
     "a.pt: member code/__torch__.py, line 9: error: slices of anything but "
     "tuples are not supported here"},
    {CLASS FORWARD "    return [x, 1]\n",
     "a.pt: member code/__torch__.py, line 9: error: a list of values of "
     "several types"},
    {CLASS FORWARD "    return +x\n",
     "a.pt: member code/__torch__.py, line 9: error: unary '+' is not "
     "supported"},
    {CLASS FORWARD "    torch.relu(x).y = 1\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 9: error: Tensor has no "
     "attribute 'y'"},
    {CLASS FORWARD "    a = b = x\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 9: error: an assignment to "
     "several targets is not supported"},
    {CLASS FORWARD "    a : int\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 9: error: a variable without a "
     "value"},
    {CLASS FORWARD "    del x\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 9: error: only items of lists "
     "and dicts can be deleted"},
    {CLASS FORWARD "    l = [x]\n"
     "    if bool(torch.sum(x)):\n"
     "      _0 = torch.append(l, x)\n"
     "    else:\n"
     "      pass\n"
     "    return torch.cat(l)\n",
     "a.pt: member code/__torch__.py, line 11, operation aten::append: "
     "error: append() in a condition is not supported: make the list "
     "outside of it"},
    {CLASS FORWARD "    return (self).g(x, )\n"
     "  def g(self: __torch__.Net,\n"
     "    x: Tensor,\n"
     "    y: int=torch.size) -> Tensor:\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 12: error: a default that is no "
     "literal"},
    {CLASS FORWARD "    return (self).g(x, )\n"
     "  def g() -> Tensor:\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 10: error: a method without self"},
    {CLASS FORWARD "    return (self).g(x, )\n"
     "  def g(self: __torch__.Net,\n"
     "    *x) -> Tensor:\n"
     "    return x\n",
     "a.pt: member code/__torch__.py, line 11: error: this kind of "
     "parameter is not supported"},
    {CLASS FORWARD "    return ...\n",
     "a.pt: member code/__torch__.py, line 9: error: a literal that "
     "TorchScript does not have"},
    {CLASS FORWARD "    return torch.relu.foo\n",
     "a.pt: member code/__torch__.py, line 9: error: there is no attribute "
     "'foo' here"},
};

static void
test_wrong(void)
{
	for (size_t i = 0; i < countof(wrong); i++)
		expect(wrong[i].code, wrong[i].want);
}

/* Objects, and texts that nobody writes. */
static void
expect_object(const char *pickle, size_t n, const char *code, const char *want)
{
	World w;
	Buf b = {0};

	begin(&w);
	CHECK_STR(read_code(&w, &b, pickle, n, code), want);
	buf_free(&b);
	end(&w);
}
#define OBJECT(pickle, code, want) expect_object(pickle, sizeof pickle - 1, code, want)
#define NET "\200\2c__torch__\nNet\n)\201"
#define RELU "    return torch.relu(x)\n"

static void
test_objects(void)
{
	Buf b = {0};

	OBJECT("\200\2K\1.", CLASS FORWARD RELU,
	       "a.pt: member data.pkl: error: the model is an integer, expected a module");
	OBJECT(NET "q\0}(X\1\0\0\0mh\0ub.", "class Net(Module):\n  m : __torch__.Net\n" FORWARD RELU,
	       "a.pt: member code/__torch__.py, line 1: error: the modules are nested too deeply, or "
	       "contain themselves");
	OBJECT(NET TENSOR "b.",
	       CLASS "  def __setstate__(self: __torch__.Net,\n    state: Tensor) -> NoneType:\n"
	             "    if bool(torch.sum(state)):\n      self.n = 1\n    else:\n      pass\n"
	             "    return None\n" FORWARD "    return torch.add(x, self.n)\n",
	       "a.pt: member code/__torch__.py, line 16: error: __torch__.Net has a __setstate__ that "
	       "cannot be followed");
	OBJECT(NET TENSOR "b.",
	       CLASS "  def __setstate__(self: __torch__.Net) -> NoneType:\n    return None\n" FORWARD
	             "    return torch.add(x, self.n)\n",
	       "a.pt: member code/__torch__.py, line 11: error: __torch__.Net has a __setstate__ that "
	       "cannot be followed");
	OBJECT(NET TENSOR "b.",
	       CLASS "  def __setstate__(self: __torch__.Net,\n    state: Tensor) -> NoneType:\n"
	             "    if torch.eq(1, 1):\n      self.n = 7\n    else:\n      pass\n"
	             "    self.w = state\n    return None\n" FORWARD
	             "    return torch.add(torch.mul(x, self.w), self.n)\n",
	       "input %x.1\nconstant %w\nblock():\n  %2 = prim::Constant(1)\n"
	       "  %4 = aten::mul(self=%x.1, other=%w)\n"
	       "  %6 = aten::add(self=%4, other=7, alpha=%2)\n  return (%6)\n");
	buf_puts(&b, "");
	buf_put(&b, NET "}(X\1\0\0\0n", sizeof NET "}(X\1\0\0\0n" - 1);
	for (int i = 0; i < 50; i++)
		buf_byte(&b, '(');
	buf_puts(&b, "K\1");
	for (int i = 0; i < 50; i++)
		buf_byte(&b, 't');
	buf_puts(&b, "ub.");
	expect_object(b.at, b.n, CLASS FORWARD "    return torch.add(x, self.n)\n",
	              "a.pt: member code/__torch__.py, line 9: error: the values of a module are nested "
	              "too deeply");
	buf_free(&b);
}

static void
repeat(Buf *b, const char *s, int n)
{
	while (n-- > 0)
		buf_puts(b, s);
}

static void
test_deep(void)
{
	Buf b = {0};

	buf_puts(&b, CLASS FORWARD "    return x");
	repeat(&b, ".a", 500);
	buf_puts(&b, "\n");
	expect(b.at, "a.pt: member code/__torch__.py, line 9: error: an expression is nested too deeply");
	buf_clear(&b);
	buf_puts(&b, CLASS "  def forward(self: __torch__.Net,\n    x: ");
	repeat(&b, "List[", 40);
	buf_puts(&b, "int");
	repeat(&b, "]", 40);
	buf_puts(&b, ") -> Tensor:\n    return x\n");
	expect(b.at, "a.pt: member code/__torch__.py, line 8: error: a type is nested too deeply");
	buf_clear(&b);
	buf_puts(&b, CLASS FORWARD "    return __torch__.f0(x, )\n");
	for (int i = 0; i < 120; i++)
		buf_printf(&b, "def f%d(x: Tensor) -> Tensor:\n  return __torch__.f%d(x, )\n", i, i + 1);
	expect(b.at, "a.pt: member code/__torch__.py, line 209: error: the calls of __torch__.f100 are "
	             "nested too deeply");
	buf_clear(&b);
	buf_puts(&b, CLASS FORWARD "    return __torch__.f0(x, )\n");
	for (int i = 0; i < 30; i++)
		buf_printf(&b,
		           "def f%d(x: Tensor) -> Tensor:\n"
		           "  return torch.add(__torch__.f%d(x, ), __torch__.f%d(x, ))\n",
		           i, i + 1, i + 1);
	buf_puts(&b, "def f30(x: Tensor) -> Tensor:\n  return torch.relu(x)\n");
	expect(b.at, "a.pt: member code/__torch__.py, line 33: error: with all calls inlined, the program "
	             "has more than 1048576 nodes");
	buf_free(&b);
}

int
main(void)
{
	test_objects();
	test_deep();
	test_values();
	test_blocks();
	test_calls();
	test_wrong();
	return check_report();
}
