"""Texts of other habits: each is read as its writer means it, or refused with the sentence that leads there.

What is read has its output and its parameters worked out by hand beside it, as sums that share nothing with the
product: `in*out*k*k + out` for a convolution, `in*out + out` for a linear, `2*c` for a norm.
"""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.diagnostics import CnncalcError


def spec(body: str, input: str = "3x32x32", more: str = "") -> str:
    return f"input: {input}\n{more}body:\n" + "".join(f"  {line}\n" for line in body.split("\n"))


READ: list[tuple[str, str, str, int]] = [
    # Characters that editors and other keyboards make
    ("characters", "3x32x32 => conv 16 k3 => relu", "16x30x30", 3 * 16 * 9 + 16),
    ("characters", "3x32x32 → conv 16 k3 ⇒ relu", "16x30x30", 3 * 16 * 9 + 16),
    ("characters", "3x32x32 --> conv 16 k3 –> relu", "16x30x30", 3 * 16 * 9 + 16),
    ("characters", "3×32×32 -> conv 16 k3×5", "16x30x28", 3 * 16 * 15 + 16),
    ("characters", "３ｘ３２ｘ３２ －＞ conv １６ ｋ３", "16x30x30", 3 * 16 * 9 + 16),
    ("characters", "3x32x32 -> conv（16， k3） -> flatten　1 −1", "14400", 3 * 16 * 9 + 16),
    ("characters", "3x32x32 -> Conv2d(3, 16, 3, padding=‘same’)", "16x32x32", 3 * 16 * 9 + 16),
    ("characters", "3x32x32\t->\tconv 16 k3\r\n->\trelu\r\n", "16x30x30", 3 * 16 * 9 + 16),
    # Korean, Chinese, Japanese
    ("spoken", "3x32x32 -> 합성곱층 16 k3 -> 렐루 -> 최대풀링 2", "16x15x15", 3 * 16 * 9 + 16),
    ("spoken", "3x32x32 -> 합성곱(필터=16, 커널=3, 패딩=1)", "16x32x32", 3 * 16 * 9 + 16),
    ("spoken", "3x32x32 -> 卷积层(16, k3) -> 最大池化(2) -> 展平 -> 全连接 10", "10", 448 + 16 * 225 * 10 + 10),
    ("spoken", "3x32x32 -> 畳み込み 16 k3 -> 平坦化 -> 全結合層 10", "10", 448 + 16 * 900 * 10 + 10),
    # Keras
    ("keras", "3x32x32 -> Conv2D(16, 3)", "16x30x30", 3 * 16 * 9 + 16),
    ("keras", "3x32x32 -> Conv2D(filters=16, kernel_size=3)", "16x30x30", 3 * 16 * 9 + 16),
    ("keras", "3x32x32 -> Conv2D(16, (3, 3), padding='same')", "16x32x32", 3 * 16 * 9 + 16),
    ("keras", "3x32x32 -> Conv2D(16, 3, strides=2)", "16x15x15", 3 * 16 * 9 + 16),
    ("keras", "3x32x32 -> Conv2D(16, 3, use_bias=False)", "16x30x30", 3 * 16 * 9),
    ("keras", "3x32x32 -> Conv2D(16, 3, dilation_rate=2)", "16x28x28", 3 * 16 * 9 + 16),
    ("keras", "3x32x32 -> MaxPooling2D(2)", "3x16x16", 0),
    ("keras", "3x32x32 -> MaxPooling2D(pool_size=2, strides=2)", "3x16x16", 0),
    ("keras", "3x32x32 -> AveragePooling2D(2)", "3x16x16", 0),
    ("keras", "3x32x32 -> BatchNormalization()", "3x32x32", 2 * 3),
    ("keras", "10x64 -> LayerNormalization()", "10x64", 2 * 64),
    ("keras", "3x32x32 -> Conv2DTranspose(8, 2, strides=2)", "8x64x64", 3 * 8 * 4 + 8),
    ("keras", "3x32x32 -> ZeroPadding2D(1)", "3x34x34", 0),
    ("keras", "784 -> Dense(10)", "10", 784 * 10 + 10),
    ("keras", "784 -> Dense(units=10)", "10", 784 * 10 + 10),
    ("keras", "784 -> Dense(128) -> ReLU() -> Dropout(0.5) -> Dense(10)", "10", 784 * 128 + 128 + 128 * 10 + 10),
    ("keras", "784 -> keras.layers.Dense(10)", "10", 784 * 10 + 10),
    ("keras", "784 -> tf.keras.layers.Dense(10)", "10", 784 * 10 + 10),
    ("keras", "784 -> layers.Dropout(0.5)", "784", 0),
    ("keras", "784 -> dropout rate=0.5", "784", 0),
    ("keras", "12 -> Embedding(input_dim=1000, output_dim=64)", "12x64", 1000 * 64),
    ("keras", "3x32x32 -> SpatialDropout2D(0.2)", "3x32x32", 0),
    ("keras", "3x32x32 -> LeakyReLU() -> Flatten() -> Dense(4)", "4", 3072 * 4 + 4),
    ("keras", "3x32x32 -> leakyrelu alpha=0.1", "3x32x32", 0),
    ("keras", "10x20 -> softmax axis=-1", "10x20", 0),
    ("keras", "3x32x32 -> a: conv 8 k1 -> Concatenate()([a, input])", "11x32x32", 3 * 8 + 8),
    ("keras", "3x32x32 -> a: conv 3 k1 -> Add()([a, input])", "3x32x32", 3 * 3 + 3),
    # Caffe
    ("caffe", "3x32x32 -> Convolution(num_output=16, kernel_size=3, pad=1)", "16x32x32", 3 * 16 * 9 + 16),
    ("caffe", "4x32x32 -> Convolution num_output=16 kernel_size=3 group=2", "16x30x30", 2 * 16 * 9 + 16),
    ("caffe", "3x32x32 -> Convolution(num_output=16, kernel_size=3, bias_term=False)", "16x30x30", 3 * 16 * 9),
    ("caffe", "3x32x32 -> Deconvolution(num_output=8, kernel_size=2, stride=2)", "8x64x64", 3 * 8 * 4 + 8),
    ("caffe", "3x32x32 -> Concat(identity, conv 8 k1)", "11x32x32", 3 * 8 + 8),
    ("caffe", "8x32x32 -> LRN 5", "8x32x32", 0),
    ("caffe", "8x32x32 -> Softmax axis=1", "8x32x32", 0),
    # ONNX
    ("onnx", "3x32x32 -> Conv out_channels=16 kernel_shape=3 pads=1 strides=2", "16x16x16", 3 * 16 * 9 + 16),
    ("onnx", "3x32x32 -> Relu -> GlobalAveragePool -> Flatten -> Gemm 10", "10", 3 * 10 + 10),
    ("onnx", "3x32x32 -> AveragePool kernel_shape=2 strides=2", "3x16x16", 0),
    ("onnx", "3x32x32 -> BatchNormalization epsilon=1e-3", "3x32x32", 6),
    ("onnx", "4x8x8 -> DepthToSpace blocksize=2", "1x16x16", 0),
    ("onnx", "1x8x8 -> SpaceToDepth blocksize=2", "4x4x4", 0),
    ("onnx", "3x8x8 -> Mul(identity, identity)", "3x8x8", 0),
    # Case, underscores, and words of papers
    ("words", "3x32x32 -> CONV 8 k3", "8x30x30", 3 * 8 * 9 + 8),
    ("words", "3x32x32 -> Conv 8 k3 -> ReLu -> MAXPOOL 2", "8x15x15", 3 * 8 * 9 + 8),
    ("words", "3x32x32 -> Max_Pool 2", "3x16x16", 0),
    ("words", "3x32x32 -> conv 16 kernel=3 pad=1", "16x32x32", 3 * 16 * 9 + 16),
    ("words", "3x32x32 -> conv filters=16 k3", "16x30x30", 3 * 16 * 9 + 16),
    ("words", "3x32x32 -> conv out=16 kernel=3 stride=2", "16x15x15", 3 * 16 * 9 + 16),
    ("words", "3x32x32 -> pointwise 8", "8x32x32", 3 * 8 + 8),
    ("words", "3x32x32 -> conv1x1 8", "8x32x32", 3 * 8 + 8),
    ("words", "3x32x32 -> tconv 8 k2 s2", "8x64x64", 3 * 8 * 4 + 8),
    ("words", "3x32x32 -> transposed_conv 8 k2 s2", "8x64x64", 3 * 8 * 4 + 8),
    ("words", "400 -> fully_connected 10", "10", 400 * 10 + 10),
    ("words", "400 -> fc out=10", "10", 400 * 10 + 10),
    ("words", "400 -> drop 0.5 -> lrelu", "400", 0),
    ("words", "3x8x8 -> hswish -> swish", "3x8x8", 0),
    ("words", "3x32x32 -> upsample scale=2", "3x64x64", 0),
    ("words", "10x20 -> lstm hidden=30", "10x30", 4 * 30 * (20 + 30) + 8 * 30),
    ("words", "10x20 -> lstm units=30", "10x30", 4 * 30 * (20 + 30) + 8 * 30),
    ("words", "10x64 -> mha heads=8", "10x64", 4 * 64 * 64 + 4 * 64),
    # Functions as code calls them
    ("functions", "3x8x8 -> F.relu(x)", "3x8x8", 0),
    ("functions", "3x8x8 -> relu(x)", "3x8x8", 0),
    ("functions", "3x8x8 -> torch.relu(x)", "3x8x8", 0),
    ("functions", "3x8x8 -> torch.flatten(x, 1)", "192", 0),
    ("functions", "3x8x8 -> flatten(x, 1)", "192", 0),
    ("functions", "3x8x8 -> x.view(-1, 192)", "192", 0),
    ("functions", "3x8x8 -> x.flatten(1)", "192", 0),
    ("functions", "3x8x8 -> F.max_pool2d(x, 2)", "3x4x4", 0),
    ("functions", "3x8x8 -> F.max_pool2d(x, kernel_size=2, stride=2)", "3x4x4", 0),
    ("functions", "3x8x8 -> F.avg_pool2d(x, 2)", "3x4x4", 0),
    ("functions", "3x8x8 -> F.adaptive_avg_pool2d(x, 1)", "3x1x1", 0),
    ("functions", "3x8x8 -> F.dropout(x, 0.5, training=self.training)", "3x8x8", 0),
    ("functions", "3x8x8 -> F.interpolate(x, scale_factor=2)", "3x16x16", 0),
    ("functions", "3x8x8 -> F.softmax(x, dim=1)", "3x8x8", 0),
    ("functions", "3x8x8 -> torch.cat([identity, conv 5 k1], dim=1)", "8x8x8", 3 * 5 + 5),
    ("functions", "3x8x8 -> torch.cat((identity, conv 5 k1), 1)", "8x8x8", 3 * 5 + 5),
    ("functions", "3x8x8 -> a: conv 3 k1 -> torch.add(a, input)", "3x8x8", 12),
    ("functions", "3x8x8 -> a: conv 4 k1 -> conv 8 k1 -> b: relu(a)", "4x8x8", 3 * 4 + 4 + 4 * 8 + 8),
    ("functions", "3x8x8 -> nn.Flatten()(x)", "192", 0),
    ("functions", "3x8x8 -> torch.mean(x, dim=1)", "8x8", 0),
    # Code around a network
    ("code", "3x8x8 -> nn.Conv2d(3, 6, 5, device='cuda', dtype=torch.float16)", "6x4x4", 3 * 6 * 25 + 6),
    ("code", "3x8x8 -> nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU()).to(device)", "6x4x4", 3 * 6 * 25 + 6),
    ("code", "3x8x8 -> nn.Sequential(nn.Conv2d(3, 6, 5).cuda(), nn.ReLU()).eval()", "6x4x4", 3 * 6 * 25 + 6),
    ("code", "3x32x32 -> (conv 3 k3 -> relu) * 3", "3x26x26", 3 * (3 * 3 * 9 + 3)),
    ("code", "3x32x32 -> conv 8 k3 -> conv 8 k3 p1 -> cat(identity, conv1)", "16x30x30", 3 * 8 * 9 + 8 + 8 * 8 * 9 + 8),
    ("code", "a=10x512, b=20x512 -> cat(a, b)", "30x512", 0),
    # 3*16*121 + 16 and 16*3*121 + 3; (250 - 11)//3 + 1 = 80, and (80 - 1)*3 + 11 = 248, of which 250 is 2 more
    ("code", "3x250x250 -> conv 16 k11 s3 -> convtranspose 3 k11 s3 output_size=250", "3x250x250", 2 * 5808 + 19),
    (
        "code",
        "3x250x250 -> conv 16 k11 s3 -> nn.ConvTranspose2d(16, 3, 11, stride=3)(x, output_size=(250, 249))",
        "3x250x249",
        2 * 5808 + 19,
    ),
    # YAML of other tools
    ("yaml", spec("- conv: 64 k7"), "64x26x26", 3 * 64 * 49 + 64),
    ("yaml", spec("- Conv2d: [3, 64, 7]"), "64x26x26", 3 * 64 * 49 + 64),
    ("yaml", spec("- nn.Conv2d: [3, 64, 7]"), "64x26x26", 3 * 64 * 49 + 64),
    ("yaml", spec("- conv: [64, k7, s2]"), "64x13x13", 3 * 64 * 49 + 64),
    ("yaml", spec("- conv: {filters: 64, kernel: 7}"), "64x26x26", 3 * 64 * 49 + 64),
    ("yaml", spec("- Conv2D: {filters: 8, kernel_size: [3, 3], padding: same}"), "8x32x32", 3 * 8 * 9 + 8),
    ("yaml", spec("- flatten:\n- linear: 10"), "10", 3072 * 10 + 10),
    ("yaml", spec("- maxpool: 2\n- Dropout: 0.5"), "3x16x16", 0),
    ("yaml", spec("- a: conv 8 k1\n- cat: [a, input]"), "11x32x32", 3 * 8 + 8),
    ("yaml", spec("- a: conv 3 k1\n- add: [a, input]"), "3x32x32", 3 * 3 + 3),
    ("yaml", spec("- a: conv 8 k1\n- cat: a, input"), "11x32x32", 3 * 8 + 8),
    ("yaml", "input: 3x8x8\nlayers:\n  - conv 8 k3\n", "8x6x6", 3 * 8 * 9 + 8),
    ("yaml", "input: 3x8x8\nmodel:\n  - conv 8 k3\n", "8x6x6", 3 * 8 * 9 + 8),
    ("yaml", "input_shape: 3x8x8\nnetwork:\n  - conv 8 k3\n", "8x6x6", 3 * 8 * 9 + 8),
    ("yaml", spec("- conv 8 k3", input="[3, 32, 32]"), "8x30x30", 3 * 8 * 9 + 8),
    ("words", "3x32x32 -> conv 8 3x3 s2", "8x15x15", 3 * 8 * 9 + 8),
    ("words", "(3, 32, 32) -> conv(8, 3) -> relu() -> flatten() -> linear(10)", "10", 3 * 8 * 9 + 8 + 7200 * 10 + 10),
    ("words", "[3, 32, 32] -> conv 8 k3", "8x30x30", 3 * 8 * 9 + 8),
    ("yaml", spec("- conv n k3", more="params: {n: 5}\n"), "5x30x30", 3 * 5 * 9 + 5),
    ("yaml", spec("- conv n k3", more="vars:\n  n: 5\n"), "5x30x30", 3 * 5 * 9 + 5),
    (
        "yaml",
        spec("- for: i in range(2)\n  do:\n    - enc{i}: conv 4 k3 p1\n- cat(enc0, enc{2 - 1})"),
        "8x32x32",
        3 * 4 * 9 + 4 + 4 * 4 * 9 + 4,
    ),
    ("yaml", spec("- b(4)", more="arguments: {k: 3}\nblocks:\n  b(c): conv c k=k\n"), "4x30x30", 3 * 4 * 9 + 4),
]


@pytest.mark.parametrize(("text", "output", "params"), [row[1:] for row in READ])
def test_read_as_it_is_meant(text: str, output: str, params: int) -> None:
    report = cnncalc.calc(text)
    assert "x".join(map(str, report.output)) == output
    assert report.totals.params == params


REFUSED: list[tuple[str, str]] = [
    # Two readings
    ("3x32x32 -> conv(3, 16, 3)", "write Conv2d(3, 16, 3), or conv 3 k16 s3"),
    ("3x32x32 -> conv2d(3, 16, 3, padding=1)", "write Conv2d(3, 16, 3, padding=1), or conv 3 k16 s3 p1"),
    ("3x32x32 -> Conv2D(3, 16, 3)", "write Conv2d(3, 16, 3), or conv 3 k16 s3"),
    ("10x20 -> lstm(20, 30)", "write LSTM(20, 30), or lstm 20 num_layers=30"),
    ("10x512 -> transformerencoderlayer(512, 8)", "write TransformerEncoderLayer(512, 8), or "),
    ("28x28 -> conv2d 32 k3", "write 1x28x28 for one channel"),
    ("28x28 -> nn.Conv2d(1, 32, 3)", "write 1x28x28 for one channel"),
    ("16000 -> conv1d 8 k9", "write 1x16000 for one channel"),
    (spec("- cat: [conv 6 k3 p1, conv 6 k1]"), "write cat(conv 6 k3 p1, conv 6 k1) for the layer"),
    (spec("- add: [conv 3 k3 p1, identity]"), "write add(conv 3 k3 p1, identity) for the layer"),
    (spec("- a: conv 8 k1\n- route: [a, input]"), "what reads both has them in its brackets: cat(a, input)"),
    # Channels last
    ("28x28x1 -> conv 6 k5", "channels come first: write 1x28x28"),
    ("28x28x1 -> nn.Conv2d(1, 6, 5)", "channels come first: write 1x28x28"),
    ("224x224x3 -> Conv2d(3, 64, 7)", "channels come first: write 3x224x224"),
    ("32x32x3 -> nn.BatchNorm2d(3)", "channels come first: write 3x32x32"),
    ("100x12 -> nn.Conv1d(12, 32, 5)", "channels come first: write 12x100"),
    # A flatten that is missing, a view that does not fit, groups
    ("1x28x28 -> nn.Linear(784, 10)", "a flatten is missing: 1 * 28 * 28 = 784, so write flatten -> Linear(784, 10)"),
    ("16x5x5 -> Linear(16*5*5, 120)", "a flatten is missing: 16 * 5 * 5 = 400, so write flatten -> Linear(400, 120)"),
    ("16x5x5 -> Linear(256, 120)", "on all of the map write flatten -> Linear(400, 120), as 16 * 5 * 5 = 400"),
    ("16x5x5 -> view(-1, 16*4*4)", "write reshape -1 400, as 16 * 5 * 5 = 400"),
    ("16x5x5 -> x.view(-1, 256)", "write reshape -1 400, as 16 * 5 * 5 = 400"),
    ("12x8x8 -> conv 18 k3 g=4", "can both be divided by 2 or 3"),
    ("3x8x8 -> nn.Conv2d(3, 8, 3, groups=3)", "g=3 goes with out_channels 6 or 9"),
    # Keras
    ("10x20 -> Permute((2, 1))", "axes are counted with the batch as 0: permute 0 2 1"),
    # Caffe, ONNX
    ("3x32x32 -> InnerProduct(num_output=10)", "flatten -> linear 10"),
    ("3x32x32 -> Pooling(pool='MAX', kernel_size=2)", "write maxpool 2, avgpool 2"),
    ("3x32x32 -> Eltwise(identity, identity)", "write add(a, b), mul(a, b) or maximum(a, b)"),
    ("3x32x32 -> Scale", "write mul 0.5, or mul(identity, parameter 1)"),
    ("3x32x32 -> Resize 2", "write upsample 2 for a factor"),
    # Papers and frameworks of detection
    ("3x32x32 -> conv 8 k3 -> residual", "a skip connection adds what it passes"),
    ("3x32x32 -> shortcut", "a skip connection adds what it passes"),
    ("3x32x32 -> skip(conv)", "a skip connection adds what it passes"),
    ("3x32x32 -> se", "write mul(gap -> conv 4 k1"),
    ("3x32x32 -> SEBlock(16)", "write mul(gap -> conv 4 k1"),
    ("3x32x32 -> depthwise 3", "conv channels k3 p1 g=channels"),
    ("3x32x32 -> dwconv k3", "conv channels k3 p1 g=channels"),
    ("3x32x32 -> sepconv 64", "conv channels k3 p1 g=channels bias=no -> conv 64 k1"),
    ("3x32x32 -> mbconv 64", "define it under `blocks`"),
    ("3x32x32 -> C2f(64, 3)", "define it under `blocks`"),
    ("3x32x32 -> SPPF 64", "define it under `blocks`"),
    ("3x32x32 -> ConvBNReLU(64)", "write conv 64 k3 p1 bias=no -> bn -> relu"),
    ("10x64 -> attention 8", "write mha 8"),
    ("3x32x32 -> conv 8 k3 act=relu", "an activation is a layer of its own: -> relu"),
    ("3x32x32 -> conv 8 k3 norm=bn", "a norm is a layer of its own: -> bn"),
    ("400 -> dropout keep_prob=0.8", "p is the part that is dropped: p = 1 - keep_prob"),
    ("16x80x80 -> convtranspose 3 k11 s3 output_size=251", ""),
    # Signs between values
    ("3x32x32 -> conv 3 k3 p1 + identity", "add(conv 3 k3 p1, identity)"),
    ("3x32x32 -> sum(conv 3 k3 p1, identity)", "add(conv 3 k3 p1, identity)"),
    ("3x32x32 -> add(x, conv 3 k3 p1)", "add(identity, conv 3 k3 p1)"),
    ("3x32x32 -> F.relu(F.max_pool2d(x, 2))", "layers are written one after the other"),
    ("3x32x32 -> upsample x2", "write upsample 2 for a factor of 2"),
    ("3x32x32 -> upsample s2", "write upsample 2 for a factor of 2"),
    # Code
    ("n = 16", "write what its forward does as a spec"),
    ("3x32x32 -> 8 conv 3x3", "the name of a layer comes first: conv 8"),
    ("3 x 32 x 32 -> conv 8 k3", 'write "3x32x32 -> conv 8 k3"'),
    ("3x32x32 -> Rearrange('b c h w -> b (h w) c')", "permute 0 2 3 1 -> reshape N 32*32 3"),
    ("3x32x32 -> einops.rearrange(x, 'b c h w -> b (h w) c')", "permute 0 2 3 1 -> reshape N 32*32 3"),
    # Tables and rows of configurations
    (spec("- [-1, 1, Conv, [64, 3, 2]]"), "conv 64 k3 s2 p1 bias=no -> bn -> silu"),
    (spec("- [-1, 3, C2f, [128, True]]"), "cat(c0, c0_0, c0_1, c0_2) -> conv 128 k1"),
    (spec("- n-1 * (conv 3 k3 p1)", more="arguments: {n: 3}\n"), "* (conv 3 k3 p1)"),
    (spec("- conv 8 k3", input="N x 3 x 32 x 32"), "write 3x32x32, without the batch"),
    ("x = self.pool(F.relu(self.conv1(x)))", "save the whole class, such as Net, as net.py"),
    (
        "class Net(nn.Module):\n    pass\n",
        "save it as net.py after `import torch.nn as nn`, which `cnncalc net.py:Net -i 3x224x224` reads",
    ),
    ("hello world", "`cnncalc layers` lists all"),
    ("hello, what is this good for", 'write what comes in, and the layers: "3x224x224 -> conv 64 k7 s2 p3'),
    ("a -> b -> c", "`cnncalc layers` lists all"),
    ("lstm 256 -> select 1 -1", 'write "LxF -> ..."'),
    ("residual", "a skip connection adds what it passes"),
    ("embedding", "for example `embedding 30522 768`"),
    ("[INPUT - CONV - RELU - POOL] with 12 filters", '"3x224x224 -> (conv 12 k3 p1 -> RELU -> maxpool 2)"'),
    ("[INPUT - CONV - RELU - POOL - FC] with 12 filters on CIFAR-10", "maxpool 2 -> flatten -> linear 10)"),
    ("llama with hidden_size 512, 8 layers, 8 heads", "add intermediate_size=11008, or what it is"),
    ("224x224 RGB -> vgg16 -> dense 256 -> dense 5", "zoo:vgg16 --depth 1 has what each of its parts comes to"),
    ("params(resnet34) <= 22M", "cnncalc check zoo:resnet34 --max-params 22M does"),
    ("3x32x32 -> conv 3 64 3", "write Conv2d(3, 64, 3)"),
    ("conv 3 64 3 relu pool", "write Conv2d(3, 64, 3), or conv 3 k64 s3"),
    ("model = dict(type='FasterRCNN', backbone=dict(type='ResNet', depth=50))", "zoo:resnet50 is the backbone"),
    # What a text does not hold, or what it cannot mean
    ("3x32x32 -> conv 8 k3 p1 -> bn(8) -> relu -> fc(64,10)", "in PyTorch's order it is BatchNorm2d(8)"),
    ("3x32x32 -> conv 8 k3 p1 g=in_channels", "write channels, which is the number of channels"),
    ("8x32x32 -> nn.Conv2d(8, 8, 3, groups=in_channels)", "write channels, which is the number of channels"),
    ("3072 -> nn.Linear(3072, num_classes)", "write its number, or a single capital such as C for an open size"),
    ("256x14x14 -> add(conv 128 k3 p1, identity)", "conv 128 k1 after `identity1` gives 128x14x14"),
    ("64x32x32 -> add(conv 128 k3 s2 p1, identity)", "conv 128 k1 s2 after `identity1` gives 128x16x16"),
    ("64x15x15 -> maxpool 2 -> upsample 2 -> cat(identity, input)", "upsample size=(15, 15) gives `upsample1`"),
    ("Net(\n  (conv1): Conv2d(1, 32, kernel_size=(3, 3))\n)", "Conv2d(1, 32, kernel_size=(3, 3))"),
    ("Layer (type)   Output Shape   Param #\nConv2d-1   [-1, 64, 112, 112]   9,408", "conv2d 64 k7 s2 p3 bias=no"),
    ("%3 : Float(1, 16) = onnx::Gemm[alpha=1.](%x, %w, %b)", "the PyTorch model that it was exported from"),
    ("self.conv1 = nn.Conv2d(3, 16, 3)\nself.fc = nn.Linear(16, 10)", "save the whole class, such as Net, as net.py"),
    ("3x32x32 -> conv 16 k3 | conv 8 k3, conv 8 k5", "layers are joined by ->"),
    ("3x32x32 -> Dense(10, activation='relu')", "an activation is a layer of its own: -> relu"),
    ("(B, C, H, W) -> relu", 'write "CxHxW -> relu"'),
    ("100 -> linear 8192 -> reshape 512 4 4 -> convt 256 k4 s2 p1", "write reshape N 512 4 4"),
    ("100 -> linear 8192 -> view(512, 4, 4)", "write view N 512 4 4"),
    ("3x32x32 -> self.conv1 -> relu", "save the class that has it as net.py"),
    ("3x32x32 -> Conv2d 16 3 1 1", "write conv2d 16 3 1 1, which reads off what comes in"),
    # Keys
    (spec("- relu", more="backbone: [[-1, 1, Conv, [64, 3, 2]]]\n"), "written as chains under `body`"),
    (spec("- relu", more="nc: 80\n"), "numbers with names belong under `arguments`"),
    (spec("- relu", more="output: relu\n"), "belong under `outputs`"),
    ("input_size: 224\nbody: [relu]\n", "write input: 3x224x224, channels first"),
]


@pytest.mark.parametrize(("text", "hint"), REFUSED)
def test_refused_with_what_to_write(text: str, hint: str) -> None:
    with pytest.raises(CnncalcError) as caught:
        cnncalc.calc(text)
    assert any(hint in (diagnostic.hint or "") for diagnostic in caught.value.diagnostics), [
        (diagnostic.message, diagnostic.hint) for diagnostic in caught.value.diagnostics
    ]


def test_there_are_as_many_as_were_collected() -> None:
    assert len({row[1] for row in READ}) + len({row[0] for row in REFUSED}) >= 150
