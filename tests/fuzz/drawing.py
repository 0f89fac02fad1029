"""Texts for the fuzzer: mutated ones, ones that a grammar makes, and soups of tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from cnncalc.layers import families
from tests.fuzz.corpus import Corpus, corpus

TOKEN = re.compile(r"\s+|\w+|->|\*\*|//|[<>=!]=|.", re.DOTALL)
MARKS_TEXT = """-> -> -> , , ( ) ( ) [ ] { } = : * + - / // % ** == != < <= > >= . | & ! ? # ' " ; @ ` ~ ^ """
MARKS = [*MARKS_TEXT.split(), "\\"]
WORDS_TEXT = """
    if else and or not in for index do then tap again require train_only input inputs body blocks arguments variants
    use outputs shared symbols batch none name expect identity channels size range len max min sqrt ceil round int
    item make_divisible True False None yes no on off same valid x N H W C Sequential OrderedDict nn torch inf nan
    k3 s2 p1 d2 g2 k3x5 padding kernel_size stride bias eps out_features dim Tensor lambda import self e
"""
WORDS = WORDS_TEXT.split()
NUMBERS_TEXT = """
    0 1 2 3 4 7 8 16 64 100 -1 -2 0.5 1.5 1e3 1e-9 .5 5. 007 1_000 0x10 2e400 999999999999 9999999999999999999
    123456789012345678901234567890 1e999999999 3x8x8 3x224x224 HxW 0x0 3xHxW 1x1x1x1x1x1x1 10**18 2*H H//2 ² ٣
"""
NUMBERS = NUMBERS_TEXT.split()
# What terminals, readers of lines and encoders trip over.
ODD = (
    *("\0", "\n", "\r", "\r\n", "\t", "\x0b", "\x0c", "\x1b", "\x1b[31m", "\x7f", "\x85", "\xa0", "\u2028", "\u202e"),
    *("\ufeff", "\ud800", "\udcff", "\U0001f600", "\ue000", "\ufffe", "合", "é", "e\u0301", "→", "−", "“", "٣", "²"),
    *("\n::stop-commands::x\n", "]]>", "<!--", "\x9b31m", "ﬁ", "Ⅳ", "\u200b"),
)


def mutated(random: Random, texts: Sequence[str], words: Sequence[str] = ()) -> str:
    """A text with a few changes, among them parts of others."""
    text = random.choice(texts)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 6))):
        text = changed(random, text, texts, words)
    return text


def changed(random: Random, text: str, texts: Sequence[str], words: Sequence[str]) -> str:
    """A text with one change."""
    tokens = TOKEN.findall(text) or [""]
    at = random.randrange(len(tokens))
    kind = random.randrange(12)
    if kind < 3:  # a number, which keeps most texts legal
        places = [i for i, token in enumerate(tokens) if token.isdigit()] or [at]
        tokens[random.choice(places)] = random.choice(NUMBERS) if random.random() < 0.3 else str(random.randrange(40))
    elif kind == 3:
        tokens[at] = word(random, words)
    elif kind == 4:
        tokens.insert(at, word(random, words))
    elif kind == 5:
        del tokens[at : at + random.randint(1, 4)]
    elif kind == 6:
        other = random.randrange(len(tokens))
        tokens[at], tokens[other] = tokens[other], tokens[at]
    elif kind == 7:  # a part of another text
        others = TOKEN.findall(random.choice(texts)) or [""]
        start = random.randrange(len(others))
        tokens[at : at + random.randint(0, 5)] = others[start : start + random.randint(1, 30)]
    elif kind == 8:  # a part of its own, again
        stop = at + random.randint(1, 12)
        tokens[at:at] = tokens[at:stop] * random.choice((1, 1, 2, 5))
    elif kind == 9:
        return changed_lines(random, text)
    elif kind == 10:
        place = random.randrange(len(text) + 1)
        return text[:place] + random.choice((*ODD, chr(random.randrange(0x300)))) + text[place:]
    else:
        place = random.randrange(len(text) + 1)
        return text[:place] + text[place + random.randint(1, 3) :]
    return "".join(tokens)


def changed_lines(random: Random, text: str) -> str:
    """A text with a line that is left out, doubled, moved or indented."""
    lines = text.split("\n")
    at, to = random.randrange(len(lines)), random.randrange(len(lines))
    kind = random.randrange(4)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(to, lines[at])
    elif kind == 2:
        lines.insert(to, lines.pop(at))
    else:
        lines[at] = random.choice(("  ", "    ", "- ", "\t")) + lines[at] if random.random() < 0.5 else lines[at][2:]
    return "\n".join(lines)


def word(random: Random, more: Sequence[str] = ()) -> str:
    """One token of any kind."""
    kind = random.randrange(10 if more else 9)
    if kind < 2:
        return random.choice(MARKS)
    if kind < 4:
        return random.choice(NUMBERS)
    if kind < 6:
        return random.choice(WORDS)
    if kind == 6:
        return random.choice(names())
    if kind == 7:
        return random.choice(ODD)
    if kind == 8:
        return random.choice((" ", "\n", "\n  ", "\n- ", " " * 20, "(" * 70, "[" * 70, "-" * 70, "not " * 70))
    return random.choice(more)


def soup(random: Random, words: Sequence[str] = ()) -> str:
    """Tokens without a plan."""
    joint = random.choice((" ", "", " "))
    return joint.join(word(random, words) for _ in range(random.randrange(30)))


_names: list[str] = []


def names() -> list[str]:
    """Names of layers, the language's own and torch's."""
    if not _names:
        for family in families():
            for layer in family.members:
                _names.extend([layer.name, *([f"nn.{layer.torch}"] if layer.torch else [])])
    return _names


# A line, by its grammar


def expression(random: Random, depth: int = 0) -> str:
    """A value: a number, a name, a sum, a list, a choice."""
    kind = random.randrange(14 if depth < 3 else 6)
    if kind < 4:
        return str(random.choice((0, 1, 1, 2, 3, 3, 4, 5, 8, 16)))
    if kind == 4:
        return random.choice(("H", "W", "C", "channels", "i", "n", "a", "yes", "no", "None", "'same'", "same", "relu"))
    if kind == 5:
        return random.choice(("0.5", "-1", "3x5", "1e3", "(3, 5)", "()", "(2,)"))
    one, two = expression(random, depth + 1), expression(random, depth + 1)
    if kind < 9:
        return f"({one} {random.choice(('+', '-', '*', '//', '/', '%', '**', '==', '<', 'and', 'or', 'in'))} {two})"
    if kind == 9:
        function = random.choice(("max", "min", "range", "len", "size", "channels", "sqrt", "make_divisible", "item"))
        return f"{function}({one}{random.choice(('', f', {two}'))})"
    if kind == 10:
        return f"[{one}, {two}]"
    if kind == 11:
        return f"({one} if {two} else {expression(random, depth + 1)})"
    return random.choice((f"-{one}", f"not {one}", f"({one}, {two})[{random.randrange(3)}]", f"({one}, {two})"))


def call(random: Random) -> str:
    """A layer with arguments: as its example has them, or others."""
    family = random.choice(families())
    layer = random.choice(family.members)
    if layer.example and random.random() < 0.5:
        return layer.shown_example().rpartition("-> ")[2]
    torch = layer.torch is not None and random.random() < 0.3
    name = f"nn.{layer.torch}" if torch else layer.name
    keys = list(layer.arguments)
    given = [expression(random, 2) for _ in range(random.choice((0, 1, 1, 2, 3)))]
    for key in random.sample(keys, min(len(keys), random.choice((0, 0, 1, 2)))):
        given.append(f"{key}={expression(random, 2)}")
    if torch or random.random() < 0.6:
        return f"{name}({', '.join(given)})"
    return " ".join([name, *given])


def chain(random: Random, depth: int = 0) -> str:
    """Layers in a row, with branches, repeats and labels."""
    return " -> ".join(item(random, depth) for _ in range(random.choice((1, 1, 2, 2, 3, 4))))


def item(random: Random, depth: int) -> str:
    kind = random.randrange(16 if depth < 3 else 10)
    if kind < 6:
        return random.choice(
            ("relu", "conv 4 k3 p1", "bn", "maxpool 2", "identity", "linear 8", "flatten", "upsample 2", "gap",
             "chunk 2", "split 1", "transpose 1 2", "reshape 4 -1", "unsqueeze 1", "mean 2", "slice 2 1 -1", "a", "b")
        )  # fmt: skip
    if kind < 10:
        return call(random)
    if kind == 10:
        return f"{random.choice(('a', 'b', 'x1', 'relu'))}: {item(random, depth + 1)}"
    if kind == 11:
        return f"{expression(random, 2)} * ({chain(random, depth + 1)})"
    if kind == 12:
        return f"({chain(random, depth + 1)})"
    branches = ", ".join(chain(random, depth + 1) for _ in range(random.choice((1, 2, 2, 3))))
    return f"{random.choice(('add', 'cat', 'mul', 'matmul', 'sub', 'stack'))}({branches})"


def shape(random: Random) -> str:
    """A shape of one sample."""
    sizes = [random.choice((*"1348", *"1348", "16", "28", "H", "W", "H", "C", "0", "T")) for _ in range(4)]
    sizes = sizes[: random.choice((1, 2, 2, 3, 3, 3, 4))]
    return "x".join(sizes) if random.random() < 0.9 else f"({', '.join(expression(random, 2) for _ in sizes)},)"


def drawn_line(random: Random) -> str:
    return f"{shape(random)} -> {chain(random)}"


# PyTorch's text


def constructor(random: Random, depth: int = 0) -> str:
    """A layer as PyTorch's code or its printed text has it."""
    if depth < 3 and random.random() < 0.15:
        return sequential(random, depth + 1)
    layer = random.choice([member for family in families() for member in family.members if member.torch])
    values = [expression(random, 2) for _ in range(random.choice((0, 1, 2, 2, 3)))]
    values += [f"{key}={expression(random, 2)}" for key in list(layer.arguments)[-1:] if random.random() < 0.3]
    prefix = random.choice(("nn.", "nn.", "torch.nn.", ""))
    return f"{prefix}{layer.torch}({', '.join(values)})"


def sequential(random: Random, depth: int = 0) -> str:
    children = [constructor(random, depth) for _ in range(random.choice((0, 1, 2, 3)))]
    kind = random.randrange(5)
    if kind == 0:
        pairs = ", ".join(f"({random.choice(('0', 'a', 'b.c', 'x1'))!r}, {child})" for child in children)
        return f"nn.Sequential(OrderedDict([{pairs}]))"
    if kind == 1:
        return f"nn.Sequential(*[{', '.join(children)}])"
    return f"nn.Sequential({', '.join(children)})"


def printed(random: Random, depth: int = 0) -> str:
    """The text of `print(model)`."""
    pad = "  " * (depth + 1)
    lines = []
    for i in range(random.choice((0, 1, 2, 3))):
        inner = printed(random, depth + 1) if depth < 2 and random.random() < 0.3 else constructor(random, 3)
        lines.append(f"{pad}({random.choice((str(i), 'a', 'layer1'))}): {inner.removeprefix('nn.')}\n")
    name = random.choice(("Sequential", "Sequential", "Net", "ModuleList"))
    return f"{name}(\n{''.join(lines)}{pad[2:]})"


# YAML


def drawn_yaml(random: Random) -> str:
    """A spec with some of all that YAML adds."""
    parts = []
    for _ in range(random.choice((0, 1, 1, 2))):
        parts.append(random.choice(YAML_PARTS)(random))
    random.shuffle(parts)
    head = f"input: {shape(random)}\n" if random.random() < 0.85 else f"inputs: {{a: {shape(random)}, b: 3x8x8}}\n"
    return head + "".join(parts) + "body:\n" + "".join(body(random, 1))


def body(random: Random, depth: int) -> list[str]:
    """The lines of a list of items."""
    pad = "  " * depth
    lines = []
    for _ in range(random.choice((1, 1, 2, 3))):
        kind = random.randrange(14 if depth < 4 else 6)
        if kind < 4:
            lines.append(f"{pad}- {quoted(chain(random, 1))}\n")
        elif kind < 6:
            lines.append(f"{pad}- {label(random)}: {quoted(chain(random, 1))}\n")
        elif kind == 6:
            lines += [f"{pad}- {label(random)}:\n", *body(random, depth + 2)]
        elif kind < 9:
            names = random.choice(("i", "i", "a, b", "n"))
            lines += [f"{pad}- for: {quoted(f'{names} in {expression(random, 1)}')}\n"]
            lines += [f"{pad}  index: j\n"] if random.random() < 0.2 else []
            lines += [f"{pad}  do:\n", *body(random, depth + 2)]
        elif kind < 11:
            lines += [f"{pad}- if: {quoted(expression(random, 1))}\n", f"{pad}  then:\n", *body(random, depth + 2)]
            lines += [f"{pad}  else:\n", *body(random, depth + 2)] if random.random() < 0.4 else []
        elif kind == 11:
            lines.append(f"{pad}- tap: {random.choice(('a', 'b', 'a, b', 'x{i}'))}\n")
        elif kind == 12:
            lines.append(f"{pad}- again: {random.choice(('a', 'relu1', 'conv1', 'a(b, input)', 'x'))}\n")
        else:
            word = random.choice(("train_only", "require"))
            text = quoted(chain(random, 2) if word == "train_only" else expression(random, 1))
            lines.append(f"{pad}- {word}: {text}\n")
    return lines


def label(random: Random) -> str:
    return random.choice(("a", "b", "x1", "a.b", "'x{i}'", "'a{i + 1}'", "a, b", "'if'", "conv1", '"a"', "x-1", "合"))


def quoted(text: str) -> str:
    return f"'{text}'".replace("'same'", "same") if set(text) & set(":[]{},'\"#") else text


YAML_PARTS: tuple[Callable[[Random], str], ...] = (
    lambda random: f"arguments: {{n: {quoted(expression(random, 2))}, a: {random.choice(('relu', '3', ''))}}}\n",
    lambda random: "variants:\n  small: {n: 2}\n  large: {n: 3, a: gelu}\n",
    lambda random: f"blocks:\n  b(n=2): {quoted(chain(random, 1))}\n  c(x):\n{''.join(body(random, 2))}",
    lambda random: f"shared:\n  s: {quoted(chain(random, 2))}\n",
    lambda random: "use: {other.yaml: [d]}\n",
    lambda random: f"symbols: {random.choice(('[T, L]', 'T', '{T: 8}', '{H: 4}'))}\n",
    lambda random: f"batch: {random.choice(('none', '2', '0', '-1', 'N', 'yes'))}\n",
    lambda random: f"require: {{{quoted(expression(random, 2))}: why}}\n",
    lambda random: f"expect: {{params: '<= {expression(random, 2)}', output: {shape(random)}}}\n",
    lambda random: f"outputs: {random.choice(('[a, b]', '{y: a}', '[]', 'a', '[relu1]'))}\n",
    lambda random: f"name: {random.choice(('net', '合', '~', '[]', '1'))}\nyear: 2015\nnotes: >\n  a\n  b\n",
)


# One text of each kind


def draw_line(random: Random) -> list[str]:
    return [drawn(random, drawn_line, texts().lines, "3x8x8 -> ")]


def draw_torch(random: Random) -> list[str]:
    return [drawn(random, lambda r: f"{shape(r)} -> {sequential(r)}", texts().torch, "3x8x8 -> nn.Sequential(")]


def draw_printed(random: Random) -> list[str]:
    return [drawn(random, printed, texts().printed, "Sequential(\n")]


def draw_yaml(random: Random) -> list[str]:
    """A spec, and the file beside it that it may use."""
    text = drawn(random, drawn_yaml, texts().yamls, "input: 3x8x8\nbody: ")
    beside = drawn(random, lambda r: f"blocks:\n  d(n=1): {quoted(chain(r, 2))}\n", ("blocks: {d: relu}\n",), "")
    return [text, beside]


def draw_setting(random: Random) -> list[str]:
    """A spec, and what --set or -i says of it."""
    spec = random.choice(("3xHxW -> conv 4 k3 -> relu", "CxT -> relu", "H -> linear 3", drawn_line(random)))
    if random.random() < 0.3:
        spec = f"symbols: [T]\narguments: {{width: 3, act: relu, H: }}\ninput: 3xHxT\nbody:\n{''.join(body(random, 1))}"
    option = random.choice(("--set", "--set", "--input", "--batch"))
    given = texts().settings if option == "--set" else texts().shapes
    return [spec, option, drawn(random, lambda r: f"H={expression(r)}", given, random.choice(("H=", "", "width=")))]


def draw_expectation(random: Random) -> list[str]:
    spec = random.choice(("3x8x8 -> conv 4 k3 -> relu", "3xHxW -> conv 4 k3 s2", "8 -> linear 4", "CxHxW -> chunk 2"))
    return [
        spec,
        drawn(random, lambda r: f"output=({expression(r)}, {expression(r)})", texts().expectations, "params="),
    ]


def draw_project(random: Random) -> list[str]:
    return [drawn(random, lambda r: mutated(r, TOML_LINES), texts().tomls, "[tool.cnncalc.check.a]\ntarget = ")]


def draw_baseline(random: Random) -> list[str]:
    return [
        drawn(random, lambda r: mutated(r, texts().baselines, JSON_WORDS), texts().baselines, '{"cnncalc_baseline":')
    ]


def draw_bytes(random: Random) -> list[str]:
    """A file that may be no text, each byte as the character of its number; and its name's end."""
    text = random.choice((drawn_yaml(random), drawn_line(random), soup(random)))
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(random.choice((0, 1, 3))):
        data[random.randrange(len(data) + 1) : random.randrange(len(data) + 1)] = random.randbytes(random.randrange(4))
    return [data.decode("latin-1"), random.choice((".yaml", ".txt", ".py", ".json", ""))]


def draw_command(random: Random) -> list[str]:
    """Words of the command line."""
    words = [random.choice(("calc", "explain", "check", "check", "layers", "zoo", "diff", "schema"))]
    for _ in range(random.choice((1, 1, 2, 3))):
        option = random.choice(OPTIONS)
        words += [option] if option.startswith("-") else []
        words.append(drawn(random, drawn_line, (*texts().settings, *texts().expectations, *texts().shapes), ""))
    return words


def draw_planning(random: Random) -> list[str]:
    """Words of the commands that plan, choose and draw: unknowns, ranges, conditions, columns, views."""
    command = random.choice((*("solve",) * 4, *("sweep",) * 3, *("draw",) * 2, *("calc",) * 2))
    if command in ("solve", "sweep"):
        spec = mutated(random, QUESTIONS) if random.random() < 0.3 else random.choice(QUESTIONS)
        if random.random() < 0.3:
            spec = re.sub(r"\b\d+\b", lambda digits: "?" if random.random() < 0.3 else digits[0], drawn_line(random))
    else:
        spec = random.choice((*ASKED_OF, drawn_line(random)))
    words = [command, spec]
    for option in random.choices(list(PLANNED[command]), k=random.choice((1, 2, 2, 3, 4))):
        values = PLANNED[command][option]
        if not values:
            words.append(option)
            continue
        way = random.random()
        text = random.choice(values) if way < 0.5 else mutated(random, values) if way < 0.9 else soup(random)
        words.append(f"{option}={text}")
    return words


def draw_name(random: Random) -> list[str]:
    """What comes after a file of Python code, to say which network of it is meant."""
    names = (
        "Net",
        "build",
        "net",
        "Net.inner",
        "make.net",
        "size",
        "nothing",
        "",
        "nn",
        "nn.ReLU",
        "torch",
        "Broken",
        "F",
    )
    return [random.choice(names) if random.random() < 0.4 else mutated(random, names)]


QUESTIONS = (
    *(
        "3x224x224 -> conv 64 k? s? p?",
        "8x9 -> convt 4 k3 s2 output_padding=?",
        "4x7x7 -> maxpool ? s? p?",
        "zoo:lenet5",
    ),
    *(
        "3xHxH -> conv 8 k7 s2 p3 -> maxpool 3 s2",
        "3x32x32 -> ? * (conv 8 k3 p1) -> flatten -> linear ?",
        "1xL -> conv 4 k?n",
    ),
    *(
        "3x32x32 -> conv ?c k3 -> conv ?c k?",
        "nn.LazyConv2d(?, 3, stride=?)",
        "3x8x8 -> upsample size=?",
        "? -> linear 3",
    ),
    *(
        "?xHxW -> conv 4 k3",
        "3x8x8 -> relu",
        "3xHxW -> add(conv 4 k3 s2, maxpool 3 s2 -> conv 4 k1)",
        "2x9 -> unfold ?",
    ),
)
ASKED_OF = (
    "zoo:lenet5",
    "3xHxW -> conv 8 k3 -> (relu -> maxpool 2)",
    "8x8 -> a: linear 4 -> relu",
    "3x9x9 -> conv 4 k3 p1",
)
_RANGES = (
    *(
        "width",
        "H=1:400",
        "H=1:10:3",
        "k=1,3,5,7",
        "width=0.25:1.5:0.05",
        "batch",
        "=1",
        "H=",
        "H=5:1",
        "a=1:8:0",
        "c=1:9",
    ),
    *("H=1:1000000000000", "act=relu,silu", "?k=1:3", "s=(2,2),(3,4)", "H=-3:3", "W=0", "classes=1:100", "L=1:1e9"),
)
_WISHES = (
    *(
        "params<=5M",
        "macs=4k +- 10%",
        "output=64x112x112",
        "output=4x6",
        "layers.conv1.output=8x3x3",
        "params=0",
        "x=1",
    ),
    *(
        "output=<= 8x30x30",
        "macs>1e6",
        "params 3",
        "output=Hx3",
        "layers.conv1.params=1k..2k",
        "memory<=1M",
        "params=?",
    ),
)
_FIGURES = (
    "params",
    "-macs",
    "activations",
    "layer",
    "width",
    "",
    "macs,params",
    "x",
    "memory",
    "output",
    "params:max",
)
_COLUMNS = ("layer,output", "+flops,-type", "macs%", "params-bar", "x", "field,reads", "", ",", "-layer", "layer,layer")
PLANNED: dict[str, dict[str, tuple[str, ...]]] = {
    "solve": {
        "--free": _RANGES,
        "--expect": _WISHES,
        "--expect-output": ("64x112x112", "4x6x6", "10", "HxH", "4x3x?", "()"),
        "--max-params": ("3M", "100", "0", "-1", "1e3", "x"),
        **dict.fromkeys(("--maximize", "--minimize"), _FIGURES),
        "--all": (),
        "--json": (),
        "-i": ("3xHxH", "1xL", "3x8x8", "?x8"),
        "--batch": ("2", "0", "N", "?"),
    },
    "sweep": {
        "--over": _RANGES,
        "--where": _WISHES,
        "--columns": ("output,params", "layers.conv1.macs", "x", "", "params,params", "H"),
        **dict.fromkeys(("--sort", "--pareto", "--plot-axes"), _FIGURES),
        "--top": ("1", "0", "x"),
        "--plot": ("-", "x.svg", "x.gif"),
        "--format": ("csv", "json", "x"),
        "--json": (),
    },
    "calc": {
        "--columns": _COLUMNS,
        "--filter": (
            "conv",
            "layer3.*",
            "params>=1M",
            "macs% > 1",
            "*",
            "[",
            "params=",
            ">=1",
            "output=3x3",
            "type==relu",
        ),
        "--sort": _FIGURES,
        "--top": ("1", "0", "x"),
        "--format": ("csv", "json", "markdown", "x"),
        "--depth": ("1", "9", "0"),
    },
    "draw": {
        "--view": ("graph", "maps", "window", "field", "x"),
        "--layer": ("conv1", "x", "", "features", "a", "relu1", "2"),
        "--filter": ("blur", "edge", "sharpen", "x"),
        "--at": ("3,3", "3", "0,0", "-1,2", "x", "99,99", "1,2,3"),
        "-o": ("x.svg", "x.dot", "x.mmd", "x", "x/y.svg", "x.pdf"),
        "--width": ("100", "5000", "1", "1000000"),
        "--depth": ("1", "3"),
        "--labels": ("all", "sizes", "x"),
        "--theme": ("dark", "x"),
        "--unfold": (),
    },
}


TOML_LINES = (
    '[tool.cnncalc.check."a\\u001b[31m"]\ntarget = "3x8x8 -> relu"\nexpect.params = 3\nbaseline = "\\u0000"\n',
)
JSON_WORDS = ("null", "true", "[", "]", "{", "}", "[]", "{}", '"x"', '"H"', '"(H + 1)//2"', "-1", "1.5", "1e400", "NaN")
OPTIONS = (
    *("", "", "", "--set", "--input", "-i", "--expect", "--expect-output", "--max-params", "--batch", "--depth"),
    *("--limit", "--format", "--convention", "--kwargs", "--baseline", "--json", "--report=github", "--report=junit"),
)


def drawn(random: Random, grammar: Callable[[Random], str], examples: Sequence[str], head: str) -> str:
    """A text by one of the three ways; now and then one of them is mutated, or stretched."""
    way = random.random()
    if way < 0.5:
        text = mutated(random, examples)
    elif way < 0.8:
        text = grammar(random)
        if random.random() < 0.3:
            text = changed(random, text, examples, ())
    else:
        text = head + soup(random)
    if random.random() < 0.002:
        text = stretched(random, text)
    return text


def stretched(random: Random, text: str) -> str:
    """A text with one part of it very often, up to the size that a file can have."""
    start = random.randrange(len(text) + 1)
    part = text[start : start + random.choice((1, 1, 2, 5, 12))] or "\n"
    if random.random() < 0.5:
        part = random.choice(
            (" ", "\n", "\t", "(", "[", "{", "- ", "a", "1", ".", ",", ":", "'", '"', "#", "x", "\n\n- ")
        )
    count = random.choice((100, 1_000, 10_000, 900_000 // len(part)))
    return text[:start] + part * count + text[start:]


def texts() -> Corpus:
    return corpus()
