"""Transformers (torch.nn.Transformer and its parts), made of the attention, linear and norm layers.

Parameters and MACs are those of the layers that they are made of; there is no formula of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.attended import Steps
from cnncalc.layers.kinds import Bool, Choice, Int, Number, OfLayer
from cnncalc.layers.layer import Layer, Piece
from cnncalc.layers.memory import InnerStep
from cnncalc.layers.merge import said
from cnncalc.layers.registry import layer_class
from cnncalc.layers.sequence import batch_axis, batch_first, few_layers
from cnncalc.layers.shapes import Named, Shape, Shapes, is_batch
from cnncalc.layers.site import Site, heads_that_fit
from cnncalc.layers.window import ALL, ANY, SAME, Reach, Reaches
from cnncalc.symbolic.expr import Dim, product

if TYPE_CHECKING:
    from random import Random


class _Composed(Layer):
    """A layer that is made of others, on sequences of features that keep their shape."""

    numbers = "decimals"

    features_last = True
    input_names: ClassVar[tuple[str, ...]] = ("src",)

    @property
    def has_heads(self) -> bool:
        """Has it attention of its own, whose heads have to divide the features?"""
        return True

    def pieces(self, *xs: Shape) -> list[Piece]:
        """What it is made of, in the order of torch's attributes."""
        raise NotImplementedError

    def model(self) -> tuple[Layer, str, Dim | None, bool]:
        """Who says how many features there are, by which argument, how many, and whether the batch is first."""
        return self, "d_model", getattr(self, "d_model"), getattr(self, "batch_first")  # noqa: B009

    def forward(self, site: Site, *xs: Shape) -> Shape:
        owner, key, features, first = self.model()
        out = xs[-1] if self.input_names == ("src", "tgt") else xs[0]
        batch = batch_axis(site, self, out, first)
        width = out[-1] if features is None else features
        for name, x in zip(self.input_names, xs):
            if len(x) != len(out):
                site.refuse("shape-mismatch", f"{self.torch} needs inputs of one rank, but {said(list(xs))} arrive")
            if x[-1] != width:
                message = f"{self.torch} has {width} features in each input, but {x[-1]} arrive in its {name}"
                site.unequal(width, x[-1], "channel-mismatch", message, arg=key if owner is self else None)
            if batch is not None and x[batch] != out[batch]:
                message = f"{self.torch} needs one batch in all inputs, but {said(list(xs))} arrive"
                hint = "batch_first=True has the batch first, as it arrives" if batch == 1 and is_batch(x[0]) else None
                site.unequal(x[batch], out[batch], "shape-mismatch", message, hint=hint)
        if self.has_heads:
            heads(site, owner, width)
        return out

    def params(self, *xs: Shape) -> Named:
        return {
            f"{piece.path}.{name}": shape
            for piece in self.pieces(*xs)
            for name, shape in piece.layer.params(*piece.xs).items()
        }

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        total: Dim = 0
        for piece in self.pieces(*xs):
            total = total + piece.layer.macs(piece.xs, piece.ys)
        return total

    def between(self, *xs: Shape) -> Dim:
        """Elements of what it works out between its pieces: activations, and sums with shortcuts."""
        return 0

    def inner(self, xs: Shapes, ys: Shapes) -> Dim:
        total = self.between(*xs)
        for piece in self.pieces(*xs):
            total = total + product(piece.ys[0]) + piece.layer.inner(piece.xs, piece.ys)
        return total - product(ys[0])  # what the last of them gives is its own output

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        rank, first = len(ys[0]), self.model()[3]
        width = ys[0][-1]
        # A norm leaves nothing of one feature, and little of two.
        mixed = ANY if isinstance(width, int) and width < 3 else ALL
        batch = None if rank == 2 else 0 if first else 1
        positions = 1 if batch == 0 else 0
        found: list[Reach] = []
        for name in self.input_names:
            alone: Reach = {axis: (axis, SAME if axis == batch else mixed) for axis in range(rank)}
            other = name == "memory"
            found.append({a: (None if other and a == positions else b, steps) for a, (b, steps) in alone.items()})
        return found


def heads(site: Site, owner: Layer, features: Dim) -> None:
    """The heads have to divide the features."""
    count = getattr(owner, "nhead")  # noqa: B009
    message = f"d_model has to be divisible by nhead, but {features} is not a multiple of {count}"
    hint = heads_that_fit(features, count)
    site.divides(features, count, "heads-do-not-divide", message, arg="nhead", hint=hint)


class _Block(_Composed):
    """One layer of an encoder or decoder: attention, two linears and norms."""

    d_model: Dim | None
    nhead: Dim
    dim_feedforward: Dim
    layer_norm_eps: float
    batch_first: bool
    bias: bool
    norms: ClassVar[int]

    def check(self, site: Site) -> None:
        if self.d_model is not None:
            heads(site, self, self.d_model)

    def arrives(self, *xs: Shape) -> dict[str, Dim]:
        return {"d_model": xs[0][-1]}

    def attentions(self, *xs: Shape) -> list[tuple[str, Shapes]]:
        """The paths of the attentions, with what goes in."""
        raise NotImplementedError

    def pieces(self, *xs: Shape) -> list[Piece]:
        x = xs[0]
        wide = (*x[:-1], self.dim_feedforward)
        attention = layer_class("multiheadattention")(
            num_heads=self.nhead, bias=self.bias, batch_first=self.batch_first, need_weights=False
        )
        linear = layer_class("linear")
        norm = layer_class("layernorm")(eps=self.layer_norm_eps, bias=self.bias)
        return [
            *(Piece(path, attention, given, (x,)) for path, given in self.attentions(*xs)),
            Piece("linear1", linear(out_features=self.dim_feedforward, bias=self.bias), (x,), (wide,)),
            Piece("linear2", linear(out_features=x[-1], bias=self.bias), (wide,), (x,)),
            *(Piece(f"norm{i + 1}", norm, (x,), (x,)) for i in range(self.norms)),
        ]

    def between(self, *xs: Shape) -> Dim:
        shortcuts = self.norms  # each attention and the linears are added to what goes into them, and have a norm
        return shortcuts * product(xs[0]) + product(xs[0][:-1]) * self.dim_feedforward

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        steps = Steps(len(xs))
        options = {key: getattr(self, key) for key in self.arguments}
        attention = self.pieces(*xs)[0].layer
        stated = {key: getattr(attention, key) for key in attention.arguments}
        attention = type(attention)(**stated | {"dropout": options["dropout"]})
        norm = layer_class("layernorm")(bias=self.bias)
        drop = layer_class("dropout")(p=options["dropout"])
        add = layer_class("add")()

        def around(x: int, run: Callable[[int], int]) -> int:
            """A shortcut around what is run, with a norm before or after."""
            if options["norm_first"]:
                return steps.add(add, x, run(steps.add(norm, x, held=run is feed_forward)))
            return steps.add(norm, steps.add(add, x, run(x)))

        def feed_forward(x: int) -> int:
            wide = steps.add(layer_class(options["activation"])(), steps.linear(x, self.dim_feedforward, self.bias))
            return steps.add(drop, steps.linear(steps.add(drop, wide), xs[0][-1], self.bias))

        x = 0
        for _, given in self.attentions(*xs):
            memory = [1] if len(given) > 1 else []
            x = around(x, lambda at: steps.add(drop, steps.add(attention, at, *memory)))  # noqa: B023
        around(x, feed_forward)
        return steps.found

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return part(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> tuple[dict[str, Any], list[tuple[int, ...]]]:
        values, shapes = drawn_block(draw, len(cls.input_names))
        return values, shapes


def drawn_block(draw: Random, inputs: int) -> tuple[dict[str, Any], list[tuple[int, ...]]]:
    """Arguments of a block, and its inputs."""
    count = draw.choice([1, 2, 3, 4])
    width = count * draw.randrange(1, 4)
    values: dict[str, Any] = {"d_model": width, "nhead": count, "dim_feedforward": draw.randrange(1, 20)}
    for key in ("batch_first", "norm_first", "bias"):
        if draw.random() < 0.5:
            values[key] = draw.random() < 0.5
    if draw.random() < 0.3:
        values["activation"] = draw.choice(["relu", "gelu"])
    if draw.random() < 0.1:
        values["layer_norm_eps"] = draw.choice([1e-6, 0.1])
    if draw.random() < 0.05:
        values["nhead"] = width + 1
    samples = () if draw.random() < 0.2 else (draw.randrange(1, 4),)
    shapes: list[tuple[int, ...]] = []
    for _ in range(inputs):
        steps = draw.randrange(1, 6)
        shapes.append((*samples, steps, width) if values.get("batch_first") else (steps, *samples, width))
    if draw.random() < 0.1:
        wrong = draw.randrange(inputs)
        shapes[wrong] = draw.choice([(*shapes[wrong][:-1], 13), (2, 2, *shapes[wrong]), shapes[wrong][-1:]])
    return values, shapes


class TransformerEncoderLayer(_Block, torch="TransformerEncoderLayer"):
    """One layer of a transformer's encoder: self-attention, then two linears, each with a norm and a shortcut.

    Made of MultiheadAttention, Linear and LayerNorm. `norm_first` changes where the norms are, and no figure.
    `transformerencoderlayer` has the batch in front, `nn.TransformerEncoderLayer` positions unless batch_first=True.
    Source: torch.nn.TransformerEncoderLayer; Vaswani et al. 2017, section 3.1.
    """

    example = "197x768 -> transformerencoderlayer 12 dim_feedforward=3072"
    norms = 2

    d_model: Dim | None = arg(Int(1, open=True), inferred=True, help="features that come in")
    nhead: Dim = arg(Int(1, open=True), help="heads of the attention")
    dim_feedforward: Dim = arg(Int(1, open=True), 2048, help="features between the two linears")
    dropout: float = arg(Number(least=0, most=1), 0.1, help="dropout")
    activation: str = arg(Choice("relu", "gelu"), "relu", help="what comes between the two linears")
    layer_norm_eps: float = arg(Number(), 1e-5, help="added to the variance")
    batch_first: bool = batch_first()
    norm_first: bool = arg(Bool(), False, help="norms come before attention and linears, not after")
    bias: bool = arg(Bool(), True, help="learned biases everywhere")

    def attentions(self, *xs: Shape) -> list[tuple[str, Shapes]]:
        return [("self_attn", xs)]


class TransformerDecoderLayer(_Block, torch="TransformerDecoderLayer"):
    """One layer of a transformer's decoder: self-attention, attention to the memory, then two linears.

    Inputs: the target, and the memory that the encoder gave. Made of MultiheadAttention, Linear and LayerNorm.
    `transformerdecoderlayer` has the batch in front, `nn.TransformerDecoderLayer` positions unless
    batch_first=True. Source: torch.nn.TransformerDecoderLayer; Vaswani et al. 2017, section 3.1.
    """

    example = "20x512 -> transformerdecoderlayer(identity, identity, nhead=8)"
    inputs = (2, 2)
    input_names: ClassVar[tuple[str, ...]] = ("tgt", "memory")
    norms = 3

    d_model: Dim | None = arg(Int(1, open=True), inferred=True, help="features that come in")
    nhead: Dim = arg(Int(1, open=True), help="heads of the attentions")
    dim_feedforward: Dim = arg(Int(1, open=True), 2048, help="features between the two linears")
    dropout: float = arg(Number(least=0, most=1), 0.1, help="dropout")
    activation: str = arg(Choice("relu", "gelu"), "relu", help="what comes between the two linears")
    layer_norm_eps: float = arg(Number(), 1e-5, help="added to the variance")
    batch_first: bool = batch_first()
    norm_first: bool = arg(Bool(), False, help="norms come before attentions and linears, not after")
    bias: bool = arg(Bool(), True, help="learned biases everywhere")

    def attentions(self, *xs: Shape) -> list[tuple[str, Shapes]]:
        return [("self_attn", xs[:1]), ("multihead_attn", xs)]


NORMS = OfLayer("layernorm", "rmsnorm")


class _Stack(_Composed):
    """Copies of one layer, and perhaps a norm after them."""

    takes_layers = True
    num_layers: int
    norm: Layer | None

    @property
    def block(self) -> Layer:
        raise NotImplementedError

    def model(self) -> tuple[Layer, str, Dim | None, bool]:
        block = self.block
        assert isinstance(block, _Block)
        return block, "d_model", block.d_model, block.batch_first

    def check(self, site: Site) -> None:
        few_layers(site, self, self.num_layers, "num_layers")

    def pieces(self, *xs: Shape) -> list[Piece]:
        copies = [Piece(f"layers.{i}", self.block, xs, xs[:1]) for i in range(self.num_layers)]
        return copies if self.norm is None else [*copies, Piece("norm", self.norm, xs[:1], xs[:1])]

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        steps, x = Steps(len(xs)), 0
        for _ in range(self.num_layers):
            x = steps.add(self.block, x, *range(1, len(xs)))
        if self.norm is not None:
            steps.add(self.norm, x)
        return steps.found

    @classmethod
    def drawn(cls, draw: Random) -> tuple[dict[str, Any], list[tuple[int, ...]]]:
        """The layers among the arguments are cnncalc's, for torch to make its own of."""
        values, shapes = drawn_block(draw, len(cls.input_names))
        key = next(iter(cls.arguments))
        layer = layer_class("transformerencoderlayer" if key == "encoder_layer" else "transformerdecoderlayer")
        count = draw.randrange(1, 4) if draw.random() < 0.95 else 0  # torch makes it of 0 layers, and does not run it
        values = {key: layer(**({"batch_first": False} | values)), "num_layers": count}
        if draw.random() < 0.4:
            values["norm"] = layer_class("layernorm")(normalized_shape=(values[key].d_model,))
        return values, shapes


class TransformerEncoder(_Stack, torch="TransformerEncoder"):
    """A transformer's encoder: copies of a TransformerEncoderLayer, and perhaps a norm.

    Whether the batch comes in front is what its layer says. Source: torch.nn.TransformerEncoder.
    """

    example = "197x768 -> transformerencoder(transformerencoderlayer(12), num_layers=6)"

    encoder_layer: Layer = arg(OfLayer("transformerencoderlayer"), help="the layer that is copied")
    num_layers: int = arg(Int(1), help="how many copies")
    norm: Layer | None = arg(NORMS, None, help="the norm after the last layer")
    enable_nested_tensor: bool = arg(Bool(), True, help="skip padding where that is faster")
    mask_check: bool = arg(Bool(), True, help="check that the mask allows it")

    @property
    def block(self) -> Layer:
        return self.encoder_layer


class TransformerDecoder(_Stack, torch="TransformerDecoder"):
    """A transformer's decoder: copies of a TransformerDecoderLayer, and perhaps a norm.

    Inputs: the target, and the memory that the encoder gave. Whether the batch comes in front is what its layer
    says. Source: torch.nn.TransformerDecoder.
    """

    example = "20x512 -> transformerdecoder(identity, identity, decoder_layer=transformerdecoderlayer(8), num_layers=6)"
    inputs = (2, 2)
    input_names: ClassVar[tuple[str, ...]] = ("tgt", "memory")

    decoder_layer: Layer = arg(OfLayer("transformerdecoderlayer"), help="the layer that is copied")
    num_layers: int = arg(Int(1), help="how many copies")
    norm: Layer | None = arg(NORMS, None, help="the norm after the last layer")

    @property
    def block(self) -> Layer:
        return self.decoder_layer


class Transformer(_Composed, torch="Transformer"):
    """A whole transformer: an encoder of the source, and a decoder of the target, each with a norm at its end.

    Inputs: the source and the target, as features; the embeddings and the head are layers of their own.
    `transformer` has the batch in front, `nn.Transformer` positions unless batch_first=True.
    Source: torch.nn.Transformer; Vaswani et al. 2017.
    """

    example = "20x512 -> transformer(identity, identity)"
    inputs = (2, 2)
    input_names: ClassVar[tuple[str, ...]] = ("src", "tgt")
    takes_layers = True

    d_model: Dim | None = arg(Int(1, open=True), inferred=True, in_torch=512, help="features that come in")
    nhead: Dim = arg(Int(1, open=True), 8, help="heads of the attentions")
    num_encoder_layers: int = arg(Int(1), 6, help="layers of the encoder")
    num_decoder_layers: int = arg(Int(1), 6, help="layers of the decoder")
    dim_feedforward: Dim = arg(Int(1, open=True), 2048, help="features between two linears")
    dropout: float = arg(Number(least=0, most=1), 0.1, help="dropout")
    activation: str = arg(Choice("relu", "gelu"), "relu", help="what comes between two linears")
    custom_encoder: Layer | None = arg(OfLayer("transformerencoder"), None, help="takes the place of the encoder")
    custom_decoder: Layer | None = arg(OfLayer("transformerdecoder"), None, help="takes the place of the decoder")
    layer_norm_eps: float = arg(Number(), 1e-5, help="added to the variance")
    batch_first: bool = batch_first()
    norm_first: bool = arg(Bool(), False, help="norms come before attentions and linears, not after")
    bias: bool = arg(Bool(), True, help="learned biases everywhere")

    def check(self, site: Site) -> None:
        few_layers(site, self, self.num_encoder_layers, "num_encoder_layers")
        few_layers(site, self, self.num_decoder_layers, "num_decoder_layers")
        if self.d_model is not None and self.has_heads:
            heads(site, self, self.d_model)

    @property
    def has_heads(self) -> bool:
        """Does it make layers of its own arguments?"""
        return self.custom_encoder is None or self.custom_decoder is None

    def forward(self, site: Site, *xs: Shape) -> Shape:
        out = super().forward(site, *xs)
        for piece in self.pieces(*xs):
            if piece.layer in (self.custom_encoder, self.custom_decoder):
                piece.layer.forward(site, *piece.xs)
        return out

    def arrives(self, *xs: Shape) -> dict[str, Dim]:
        return {"d_model": xs[0][-1]}

    def pieces(self, *xs: Shape) -> list[Piece]:
        src, tgt = xs
        keys = (
            "nhead",
            "dim_feedforward",
            "dropout",
            "activation",
            "layer_norm_eps",
            "batch_first",
            "norm_first",
            "bias",
        )
        own = {key: getattr(self, key) for key in keys}
        norm = layer_class("layernorm")(eps=self.layer_norm_eps, bias=self.bias)
        encoder = self.custom_encoder or layer_class("transformerencoder")(
            encoder_layer=layer_class("transformerencoderlayer")(**own), num_layers=self.num_encoder_layers, norm=norm
        )
        decoder = self.custom_decoder or layer_class("transformerdecoder")(
            decoder_layer=layer_class("transformerdecoderlayer")(**own), num_layers=self.num_decoder_layers, norm=norm
        )
        return [Piece("encoder", encoder, (src,), (src,)), Piece("decoder", decoder, (tgt, src), (tgt,))]

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        encoder, decoder = (piece.layer for piece in self.pieces(*xs))
        steps = Steps(len(xs))
        steps.add(decoder, 1, steps.add(encoder, 0, held=True))
        return steps.found

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        """What the decoder reads of the target, and through the memory the encoder of the source.

        Encoders and decoders of the user's say themselves where the batch is.
        """
        encoder, decoder = self.pieces(*xs)
        (encoded,) = encoder.layer.reach(encoder.xs, encoder.ys)
        target, memory = decoder.layer.reach(decoder.xs, decoder.ys)
        read = {axis: steps for axis, (_, steps) in (encoded or {}).items()}
        source: Reach = {a: (to, steps if read[a] == SAME else read[a]) for a, (to, steps) in (memory or {}).items()}
        return [source, target]

    @classmethod
    def drawn(cls, draw: Random) -> tuple[dict[str, Any], list[tuple[int, ...]]]:
        values, shapes = drawn_block(draw, 2)
        for key in ("encoder", "decoder"):
            if draw.random() < 0.2:
                own: dict[str, Any] = {"batch_first": False}
                own |= values if draw.random() < 0.8 else drawn_block(draw, 1)[0]
                copied = layer_class(f"transformer{key}layer")(**own)
                inside: dict[str, Any] = {f"{key}_layer": copied, "num_layers": draw.randrange(1, 3)}
                values[f"custom_{key}"] = layer_class(f"transformer{key}")(**inside)
            else:
                values[f"num_{key}_layers"] = draw.randrange(1, 3) if draw.random() < 0.95 else 0
        return values, shapes
