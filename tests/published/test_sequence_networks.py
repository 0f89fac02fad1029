"""The zoo's networks for sequences are those of their papers: with the same random weights, the module that
`cnncalc.torch_bridge.verifying.build` makes gives the output of another one, put together from torch's own layers."""

from __future__ import annotations

import math
from typing import Any

import pytest

import cnncalc

torch = pytest.importorskip("torch", reason="torch runs the networks")
nn = torch.nn
F = torch.nn.functional


def module(name: str, sizes: str, **settings: object) -> Any:
    """Our module of a network, in a smaller form, with random weights everywhere."""
    from cnncalc.torch_bridge.verifying.build import build

    torch.manual_seed(0)
    report = cnncalc.calc(f"zoo:{name}", input=sizes.split(), set={key: str(value) for key, value in settings.items()})
    ours = build(report).eval()
    for key, value in [*ours.named_parameters(), *ours.named_buffers()]:
        if value.is_floating_point():
            value.data = torch.rand_like(value) + 0.5 if key.endswith("var") else 0.3 * torch.randn_like(value)
    return ours


class Weights:
    """The state dict of a module, of which each entry has to be used once."""

    def __init__(self, ours: Any, *twice: str) -> None:
        self.left = {k: v for k, v in ours.state_dict().items() if k not in twice and not k.endswith("batches_tracked")}

    def take(self, *names: str) -> Any:
        """One entry, or several below each other."""
        return torch.cat([self.left.pop(name) for name in names])

    def fill(self, layer: Any, path: str) -> None:
        """Give a layer of torch what is at a path."""
        for key, value in layer.state_dict().items():
            if not key.endswith("batches_tracked"):
                value.copy_(self.left.pop(f"{path}.{key}"))


def close(got: Any, wanted: Any) -> None:
    scale = float(wanted.abs().max())
    assert scale > 0
    assert got.shape == wanted.shape
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-4 * scale)


@torch.no_grad()
def test_bert_is_torchs_encoder_on_its_embeddings() -> None:
    width, heads, layers = 24, 3, 2
    ours = module("bert_base", "7", L=layers, H=width, A=heads, vocabulary=50, positions=11)
    weights = Weights(ours)
    tokens, segments = torch.randint(50, (2, 7)), torch.randint(2, (2, 7))
    norm = nn.LayerNorm(width, eps=1e-12)
    weights.fill(norm, "embeddings.LayerNorm")
    x = F.embedding(tokens, weights.take("embeddings.word_embeddings.weight"))
    x = x + F.embedding(segments, weights.take("embeddings.token_type_embeddings.weight"))
    x = norm(x + weights.take("embeddings.position_embeddings.weight")[:7])
    layer = nn.TransformerEncoderLayer(width, heads, 4 * width, 0.1, "gelu", 1e-12, batch_first=True)
    encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False).eval()
    for i, each in enumerate(encoder.layers):
        path = f"encoder.layer.{i}"
        for kind in ("weight", "bias"):
            parts = [f"{path}.attention.self.{part}.{kind}" for part in ("query", "key", "value")]
            getattr(each.self_attn, f"in_proj_{kind}").copy_(weights.take(*parts))
        weights.fill(each.self_attn.out_proj, f"{path}.attention.output.dense")
        weights.fill(each.norm1, f"{path}.attention.output.LayerNorm")
        weights.fill(each.linear1, f"{path}.intermediate.dense")
        weights.fill(each.linear2, f"{path}.output.dense")
        weights.fill(each.norm2, f"{path}.output.LayerNorm")
    pooler = nn.Linear(width, width)
    weights.fill(pooler, "pooler.dense")
    assert not weights.left
    states = encoder(x)
    got = ours(tokens, segments)
    close(got[0], states)
    close(got[1], torch.tanh(pooler(states[:, 0])))


@torch.no_grad()
def test_gpt2_is_torchs_encoder_with_norms_in_front_and_a_causal_mask() -> None:
    width, heads, layers, words = 24, 3, 2, 9
    ours = module("gpt2", str(words), d_model=width, heads=heads, layers=layers, vocabulary=40, context=12)
    weights = Weights(ours, "lm_head")
    tokens = torch.randint(40, (2, words))
    table = weights.take("wte.weight")
    layer = nn.TransformerEncoderLayer(
        width, heads, 4 * width, 0.1, lambda x: F.gelu(x, approximate="tanh"), batch_first=True, norm_first=True
    )
    encoder = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False).eval()
    for i, each in enumerate(encoder.layers):
        path = f"h.{i}"
        for kind in ("weight", "bias"):
            getattr(each.self_attn, f"in_proj_{kind}").copy_(weights.take(f"{path}.attn.c_attn.{kind}"))
        weights.fill(each.self_attn.out_proj, f"{path}.attn.c_proj")
        weights.fill(each.norm1, f"{path}.ln_1")
        weights.fill(each.linear1, f"{path}.mlp.c_fc")
        weights.fill(each.linear2, f"{path}.mlp.c_proj")
        weights.fill(each.norm2, f"{path}.ln_2")
    weights.fill(encoder.norm, "ln_f")
    x = F.embedding(tokens, table) + weights.take("wpe.weight")[:words]
    assert not weights.left
    mask = nn.Transformer.generate_square_subsequent_mask(words)
    close(ours(tokens), encoder(x, mask=mask) @ table.T)


def sinusoids(words: int, width: int) -> Any:
    """Section 3.5 of Attention Is All You Need, element by element."""
    rows = [
        [(math.sin if i % 2 == 0 else math.cos)(position / 10000 ** ((i - i % 2) / width)) for i in range(width)]
        for position in range(words)
    ]
    return torch.tensor(rows)


@torch.no_grad()
def test_the_transformer_is_torchs_encoder_and_decoder() -> None:
    width, heads, layers, inner = 24, 3, 2, 40
    ours = module("transformer_base", "7 5", d_model=width, h=heads, N=layers, d_ff=inner, tokens=30)
    weights = Weights(ours, "weight", *(key for key in ours.state_dict() if key.startswith("words:2")))
    table = weights.take("words.weight")
    options: dict[str, Any] = {"dropout": 0.1, "batch_first": True}
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(width, heads, inner, **options), layers, enable_nested_tensor=False
    ).eval()
    decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(width, heads, inner, **options), layers).eval()

    def attention(theirs: Any, path: str) -> None:
        theirs.in_proj_weight.copy_(weights.take(*(f"{path}.{part}.weight" for part in ("query", "key", "value"))))
        theirs.out_proj.weight.copy_(weights.take(f"{path}.out.weight"))
        theirs.in_proj_bias.zero_()
        theirs.out_proj.bias.zero_()

    for i, each in enumerate([*encoder.layers, *decoder.layers]):
        decodes = i >= layers
        path = f"decoder.{i - layers}" if decodes else f"encoder.{i}"
        attention(each.self_attn, f"{path}.masked_attention" if decodes else f"{path}.attention")
        if decodes:
            attention(each.multihead_attn, f"{path}.attention")
        norms = ("masked", "attended", "out") if decodes else ("attended", "out")
        for theirs, name in zip((each.norm1, each.norm2, getattr(each, "norm3", None)), norms):
            weights.fill(theirs, f"{path}.{name}.norm")
        weights.fill(each.linear1, f"{path}.feed_forward.0")
        weights.fill(each.linear2, f"{path}.feed_forward.2")
    assert not weights.left
    source, target = torch.randint(30, (2, 7)), torch.randint(30, (2, 5))
    came, written = (
        F.embedding(words, table) * math.sqrt(width) + sinusoids(words.shape[1], width) for words in (source, target)
    )
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    close(ours(source, target), decoder(written, encoder(came), tgt_mask=mask) @ table.T)


@torch.no_grad()
def test_textcnn_takes_the_largest_value_of_each_map() -> None:
    ours = module("textcnn", "9", words=50, k=12, maps=4)
    weights = Weights(ours)
    x = torch.randint(50, (2, 9))
    vectors = F.embedding(x, weights.take("embedding.weight")).unsqueeze(1)  # an image of words by vectors
    found = []
    for i, window in enumerate((3, 4, 5)):
        weight = weights.take(f"convs.{i}.0.weight").transpose(1, 2).unsqueeze(1)
        maps = F.relu(F.conv2d(vectors, weight, weights.take(f"convs.{i}.0.bias")))
        assert maps.shape == (2, 4, 10 - window, 1)
        found.append(maps.amax((2, 3)))
    wanted = F.linear(torch.cat(found, 1), weights.take("fc.weight"), weights.take("fc.bias"))
    assert not weights.left
    close(ours(x), wanted)


class BidirectionalLSTM(nn.Module):  # type: ignore[misc, name-defined]
    def __init__(self, features: int, hidden: int, out: int) -> None:
        super().__init__()
        self.rnn = nn.LSTM(features, hidden, bidirectional=True)
        self.embedding = nn.Linear(2 * hidden, out)

    def forward(self, x: Any) -> Any:
        return self.embedding(self.rnn(x)[0])


@torch.no_grad()
def test_crnn_is_its_table_read_from_below() -> None:
    ours = module("crnn", "1x32x50", hidden=16)
    weights = Weights(ours)
    layers: list[Any] = []
    before = 1
    for i, maps in enumerate((64, 128, 256, 256, 512, 512, 512)):
        layers.append(nn.Conv2d(before, maps, *((2, 1, 0) if i == 6 else (3, 1, 1))))
        weights.fill(layers[-1], f"cnn.conv{i}")
        if i in (4, 5):
            layers.append(nn.BatchNorm2d(maps).eval())
            weights.fill(layers[-1], f"cnn.batchnorm{i}")
        layers.append(nn.ReLU())
        if i in (0, 1):
            layers.append(nn.MaxPool2d(2, 2))
        if i in (3, 5):
            layers.append(nn.MaxPool2d((2, 2), (2, 1), (0, 1)))
        before = maps
    recurrent = nn.Sequential(BidirectionalLSTM(512, 16, 16), BidirectionalLSTM(16, 16, 37))
    weights.fill(recurrent, "rnn")
    assert not weights.left
    x = torch.randn(2, 1, 32, 50)
    maps = nn.Sequential(*layers)(x)
    assert maps.shape[2] == 1
    wanted = recurrent(maps.squeeze(2).permute(2, 0, 1))  # time first
    close(ours(x).transpose(0, 1), wanted)


# keras-team/keras-hub, the presets of BERT and GPT-2: exact counts of the published weights.
KERAS_HUB = {
    "bert_base": 109_482_240,
    "bert_large": 335_141_888,
    "gpt2": 124_439_808,
    "gpt2_medium": 354_823_168,
    "gpt2_large": 774_030_080,
    "gpt2_xl": 1_557_611_200,
}


@pytest.mark.parametrize("name", KERAS_HUB)
def test_the_counts_of_keras_hub(name: str) -> None:
    assert cnncalc.calc(f"zoo:{name}").totals.params == KERAS_HUB[name]


def test_a_text_has_no_more_words_than_there_are_positions() -> None:
    for name, most in (("bert_base", 512), ("gpt2", 1024)):
        assert cnncalc.calc(f"zoo:{name}", input=str(most)).outputs
        with pytest.raises(cnncalc.CnncalcError, match=str(most + 1)):
            cnncalc.calc(f"zoo:{name}", input=str(most + 1))
