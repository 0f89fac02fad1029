"""A line whose layers are joined, or named, as in other places: arrows of all kinds, commas, lines, dashes, `x3`."""

from __future__ import annotations

import ast
import re

from cnncalc.diagnostics import CnncalcError, Source
from cnncalc.language.foreign import einops, papers, sections
from cnncalc.language.foreign.branches import BAR, MERGES, SIDES, branched, skips
from cnncalc.language.foreign.call import ACTIVATIONS, in_words
from cnncalc.language.foreign.chatter import told, without_chatter
from cnncalc.language.foreign.layers import is_layer
from cnncalc.language.foreign.network import Contradiction, Network, Refused, Unclear
from cnncalc.language.foreign.parts import (
    REPEATED,
    apart,
    bare_number,
    calls_alone,
    calls_in,
    in_words_alone,
    network_named,
)
from cnncalc.language.foreign.plain import COMMA, PLUS, in_order, plain, split
from cnncalc.language.foreign.python_code import Reader, parsed, tool_of
from cnncalc.language.foreign.rules import ruled
from cnncalc.language.foreign.shapes import first_input, shape_of, without_lead
from cnncalc.language.foreign.tries import Tries, fits_both
from cnncalc.language.text.brackets import enclosed
from cnncalc.language.text.inline import Parser
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.synonyms import RUNNING, explained, find
from cnncalc.language.text.tree import Call

MOST_PARTS = 300  # that are looked into
ARROW = re.compile(r"\|>|[-–—−]+>|=+>|[→⇒➔➜⟶►▶↦]|\||\\to\b|\\rightarrow\b|\n|;|>(?!=)")
DASH = re.compile(r"\s*[-–—]\s*")
_TITLE = re.compile(
    r"(?i)^\s*(?:my\s+|an?\s+|the\s+)?(?:\d+-layer\s+)?(?:network|model|net|cnn|mlp|arch|architecture|layers|structure|auto-?encoder|"
    r"perceptron)\s*(?:[:=]\s*|\s+(?:(?:with|of)\s+)?(?:layers?\s+|(?:layer\s+)?sizes\s+)?(?:of\s+)?(?=\d))"
)


_THEN = re.compile(r"(?i)([,;])\s*(?:and\s+)?then\b")
_ENDING = re.compile(r"(?i)(?<=\d)\s+(?:mlp|perceptron|net(?:work)?|model|auto-?encoder|encoder)(?=\s*[.!]?\s*$|\s*,)")


_BELONGS = re.compile(  # what a comma stands in front of in a row of layers, and that is said of the layer before it
    r"(?i)(?<=[\w)])\s*,\s*(?=(?:with\s+|and\s+)?"
    r"(?:strides?|padding|pad|dilation|kernel(?: size)?|(?:no|without) bias)\b)"
)
_CHANNELS = re.compile(r"(?i)(\bconv(?:2d)?\s*\d+x\d+|\d+x\d+\s*conv\w*)\s*,\s*(\d+)(?=\s*(?:,|$))")
_IMAGE = re.compile(r"(?i)conv2d|\d+c\d|c\d|c\(|.*?\d+x\d+")  # a first layer that reads a picture


class Line:
    """One text, read part by part. `tries` tries a line as far as it is known."""

    def __init__(
        self, text: str, tries: Tries, limits: Limits, own: frozenset[str] = frozenset(), patient: bool = False
    ) -> None:
        text, rules = ruled(skips(sections.joined(told(without_chatter(plain(text))))))
        self.text = _ENDING.sub("", _TITLE.sub("", in_order(_THEN.sub(r"\1 ", text))))
        self.own_names = own  # blocks of the spec
        self.given = tries.given  # the caller says what comes in
        self.tries = tries
        self.patient = patient  # takes what has a mistake of sizes, where nothing else can be meant
        self.limits = limits
        self.net = Network()
        self.net.rules = rules
        self.notes: list[str] = []
        self.shape = ""
        self.rank = 3
        self.made: list[str] = []
        self.left = MOST_PARTS
        self.between = ""  # the activation between dense layers that are told by their sizes
        self.labels: set[str] = set()
        self.unknown = ""  # a name that is no layer, for which there is an explanation
        try:
            self.tool = tool_of(text)
        except Unclear:
            self.tool = ""

    def line(self) -> str:
        """The line of the language. Raises Unclear."""
        parts = branched(split(self.text, ARROW), self.notes)
        if len(parts) > 1 and any("->" in part for part in split(self.text, BAR)) and len(split(self.text, BAR)) > 1:
            raise Unclear  # perhaps branches side by side
        if len(parts) == 1:
            parts = self.of_one(parts[0])
        parts = [each for part in parts for each in calls_alone(part) or [part]]
        parts = [part for part in parts if not re.fullmatch(r"(?i)out(puts?)?\s*[:=]\s*\w+", part)]
        if not parts:
            raise Unclear
        for at, part in enumerate(parts[1:], 1):  # what comes in, said at the end
            if (
                re.match(r"(?i)inputs?\b", part)
                and shape_of(without_lead(part))
                and not shape_of(without_lead(parts[0]))
            ):
                parts.insert(0, parts.pop(at))
        shape = None
        windows = [part for part in parts if re.fullmatch(r"(\d{1,2})\s*x\s*\1\s*x\s*\d+", part)]
        if parts[0] in windows and len(windows) > 1:  # 3x3x16 - 3x3x32: kernels, and how many
            parts.insert(0, "input")
        known = self.given or bool(self.tries.shape)
        if known and len(parts) > 1 and self.is_given(parts[0], all(map(bare_number, parts))):
            parts = parts[1:]
        while not known and shape is None and len(parts) > 1:
            shape = shape_of(without_lead(parts[0])) or shape_of(parts[0])
            if shape is None and not re.fullmatch(r"(?i)inputs?(layer)?(\(\))?", parts[0]):
                break
            parts = parts[1:]
        if shape is None and not known:
            shape = self.head(parts)
        if self.tries.shape:
            shape = self.tries.shape.split("x"), []
        if shape is not None and len(shape[0]) == 2 and _IMAGE.match(parts[0]) and not self.tool:
            self.notes.append(f"1x{'x'.join(shape[0])} has one channel")
            shape = (["1", *shape[0]], shape[1])
        if shape is not None:
            self.shape = "x".join(shape[0]) if len(shape[0]) > 1 else shape[0][0]
            self.rank = len(shape[0])
            self.notes += shape[1]
            self.net.layout = {1: "features", 3: "map", 4: "map"}.get(self.rank, "")
            if self.tool == "keras" and self.rank == 2:
                self.net.layout = "sequence"
                if re.match(r"(?i)[\w.]*(conv1d|zeropadding1d)", parts[0]):
                    self.notes.append("channels come first")
                    self.net.layout = "map"
                    self.shape = "x".join(reversed(self.shape.split("x")))
        elif not self.given:
            if all(bare_number(part) for part in parts):
                return self.dense_layers(parts)
            self.shape = first_input(self.text)
            self.rank = self.shape.count("x") + 1
            self.net.layout = "map" if self.rank > 2 else ""
            self.notes.append(f"{self.shape} stands for the shape of your input, channels first")
        if all(bare_number(part) for part in parts):
            return self.dense_layers(parts)
        if all(re.search(r"\d", part) and shape_of(part) for part in parts):  # shapes, and no layers between them
            raise Unclear
        if re.fullmatch(r"(?i)outputs?|y|logits", parts[-1]):
            parts = parts[:-1]
        for i, part in enumerate(parts):
            if papers.BASIC.fullmatch(part) and (given := self.tries.gives(self.joined([*self.made, "identity"]))):
                self.made += papers.basic_blocks(part, given.shape[0])
                self.notes += [papers.BASIC_IS] if papers.BASIC_IS not in self.notes else []
                self.net.layout = "map"
            else:
                self.made += self.part(part, parts[i + 1 :])
        return self.joined(self.made)

    def runs(self, line: str) -> bool:
        return self.tries.runs(line) or (self.patient and self.tries.mistake(line) is not None)

    def is_given(self, part: str, numbers: bool) -> bool:
        """Does a part say what comes in once more?"""
        if numbers:
            return part in (*self.tries.inputs, self.tries.shape)
        return (
            bool(re.search(r"\d\s*[x,*]\s*\d|(?i:^(?:inputs?|z|noise|latent)\b)", part))
            and shape_of(without_lead(part)) is not None
        )

    def joined(self, layers: list[str]) -> str:
        return " -> ".join([self.shape, *layers] if self.shape else layers)

    def of_one(self, text: str) -> list[str]:
        """The parts of a text without arrows: with commas or dashes between them, or a colon after the shape."""
        if (match := re.match(r"([^:()]+):\s*(.+)", text, re.DOTALL)) and shape_of(without_lead(match[1])):
            return [match[1], *self.of_one(match[2])]
        text = _CHANNELS.sub(r"\1 \2", _BELONGS.sub(" ", text))
        for separator in (COMMA, DASH, PLUS):
            parts = split(text, separator)
            acted = re.fullmatch(r"(\d+)[\s,(]+(\w+)\)?", parts[-1])
            if acted and len(parts) > 1 and acted[2].lower() in ACTIVATIONS:
                self.between = ACTIVATIONS[acted[2].lower()]
                parts[-1] = acted[1]
            if len(parts) > 1 and all(bare_number(part) for part in parts):
                return parts
        commas = split(text, COMMA)
        if len(commas) > 1 and shape_of(without_lead(commas[0])) and len(without_lead(commas[0])) > 2:
            return commas
        dashes = split(text, DASH)
        if len(dashes) > 2 and shape_of(without_lead(dashes[0])) and len(dashes[0]) > 2:
            return dashes
        words = re.match(r"(?i)((?:in(?:put)?:?\s*)?(?=\S*\d)\S+)\s+([A-Za-z].*)", text, re.DOTALL)
        if words and shape_of(without_lead(words[1])) and re.search(r"\d\s*[x,]\s*\d", words[1]):
            return [words[1], *self.of_one(words[2])]
        return in_words_alone(text) or [text]

    def head(self, parts: list[str]) -> tuple[list[str], list[str]] | None:
        """A shape that is in the first part together with layers: `3,32,32, conv 8 k3`."""
        match = re.match(r"(?i)((?:inputs?:?\s*)?\(?\d+(?:\s*[x,*]\s*\d+)+\)?)[\s,:]+(?=[A-Za-z])", parts[0])
        if match is None or (found := shape_of(without_lead(match[1]))) is None:
            return None
        parts[0] = parts[0][match.end() :]
        return found

    def dense_layers(self, parts: list[str]) -> str:
        """`784 -> 256 -> 10`: a perceptron in layers."""
        if self.shape and self.rank > 1:
            raise Unclear
        sizes = parts if self.shape or self.given else parts[1:]
        if not self.shape and not self.given:
            self.shape = parts[0]
        if not sizes:
            raise Unclear
        layers = []
        for size in sizes[:-1]:
            layers += [f"linear {size}", self.between or "relu"]
        if len(sizes) > 1 and not self.between:
            self.notes.append("an activation between the layers changes no figure, whichever it is")
        return self.joined([*layers, f"linear {sizes[-1]}"])

    # Parts

    def part(self, text: str, rest: list[str]) -> list[str]:
        """The layers of one part. Raises Unclear where none of the ways to read it applies."""
        text = text.strip().strip(",").strip()
        self.left -= 1
        if self.left < 0 or not text:
            raise Unclear
        match = REPEATED.match(text)
        if match and (parts := apart(text, match)):
            return [layer for i, part in enumerate(parts) for layer in self.part(part, parts[i + 1 :] + rest)]
        if match:
            count = match["n"] or match["n2"] or match["n3"] or match["n4"]
            body = (match["body"] or match["body2"] or match["body3"] or match["body4"] or "").strip()
            inner = self.part(body, rest)
            listed = any(len(split(body, separator)) > 1 for separator in (COMMA, PLUS))
            if len(inner) > 1 and listed and not match["n3"] and not match["n4"]:
                raise Unclear  # perhaps a repeat of the layer beside the number alone
            chain = " -> ".join(inner)
            alone = len(inner) == 1 and (enclosed(chain) or re.fullmatch(r"[\w.]+\([^()]*\)", chain))
            return [f"{count} * {chain if alone else f'({chain})'}"]
        if text[0] in "([{" and enclosed(text) and not shape_of(text):
            inside = text[1:-1]
            parts = split(inside, ARROW)
            if len(parts) == 1:
                parts = split(inside, COMMA)
            made = [layer for i, part in enumerate(parts) for layer in self.part(part, parts[i + 1 :])]
            return [f"({' -> '.join(made)})"] if len(made) > 1 else made
        if bare_number(text) and self.net.layout == "features":
            return [f"linear {text}"]
        ends = all(bare_number(part) or part.lower() in (*ACTIVATIONS, "softmax", "dropout") for part in rest)
        if bare_number(text) and self.net.layout == "map" and ends:
            self.notes.append(f"{text} is taken as the features of a linear, with flatten in front of it")
            self.net.layout = "features"
            return ["flatten", f"linear {text}"]
        if (whole := network_named(text)) and (rest or self.made):
            message = f"{text} is a whole network of the zoo, and no layer of another"
            raise Contradiction(message, f"zoo:{whole} --depth 1 has what each of its parts comes to")
        for read in (
            self.labelled,
            self.rearranged,
            self.own,
            self.added,
            self.merging,
            self.summed,
            self.called,
            self.worded,
        ):
            layout = self.net.layout
            try:
                return read(text, rest)
            except (Contradiction, Refused):
                raise
            except Unclear:
                self.net.layout = layout
        for separator in (COMMA, PLUS, DASH):
            parts = split(text, separator)
            if len(parts) > 1:
                layout = self.net.layout
                try:
                    return [layer for i, part in enumerate(parts) for layer in self.part(part, parts[i + 1 :] + rest)]
                except (Contradiction, Refused):
                    raise
                except Unclear:
                    self.net.layout = layout
        raise Unclear

    def labelled(self, text: str, rest: list[str]) -> list[str]:
        """`stem: conv 64 k7`"""
        label = re.match(r"([a-z_]\w*)\s*[:=]\s*(?=[A-Za-z0-9(])", text)
        if label is None or re.match(r"(?:[a-z_]\w*\s*[:=]\s*){3}", text):
            raise Unclear
        if find(label[1]) is not None and not re.match(r"[A-Za-z]", text[label.end() :]):  # conv: 6 5x5
            return self.part(f"{label[1]} {text[label.end() :]}", rest)
        if bare_number(text[label.end() :].strip()):  # d_model=512: a size, and no layer
            raise Unclear
        inner = self.part(text[label.end() :], rest)
        self.labels.add(label[1])
        if find(label[1]) is not None:  # no name for a value, as it is that of a layer
            return inner
        chain = " -> ".join(inner)
        return [f"{label[1]}: {chain if len(inner) == 1 else f'({chain})'}"]

    def own(self, text: str, rest: list[str]) -> list[str]:
        """A part that is written in the language already, or in PyTorch's order after a name of the language."""
        if self.net.rules and "conv" in text.lower():
            raise Unclear
        try:
            parser = Parser(Source("", text), 0, len(text), self.limits)
            chain = parser.whole_chain()
        except CnncalcError:
            raise Unclear from None
        calls = calls_in(chain)
        known = self.own_names | {"identity", "input"}
        self.unknown = self.unknown or next((c.name for c in calls if find(c.name) is None and explained(c.name)), "")
        if not calls or any(find(call.name) is None and call.name not in known for call in calls):
            raise Unclear
        first = calls[0].name
        found = find(first)
        kind = found.family.name.replace("{n}d", "") if found else ""
        before: list[str] = []
        if kind == "linear" and self.net.layout == "map" and not (found and found.torch_style):
            before = ["flatten"]
            if not self.loose():
                self.notes.append("flatten comes in front of a linear, which works on the last axis alone")
        self.after(kind)
        line = self.joined([*self.made, *before, text])
        if self.runs(line):
            return [*before, text]
        if (mistake := self.tries.mistake(line)) is not None and fits_both(mistake.diagnostics[0]):
            raise Refused(line)
        if kind == "linear" and not before and self.runs(self.joined([*self.made, "flatten", text])):
            return ["flatten", text]
        only = chain.single if isinstance(chain.single, Call) else None
        infers = found is not None and any(a.inferred for a in found.family.layer.arguments.values())
        recurrent = kind in ("lstm", "gru", "rnn")  # whose sequences Keras leaves out
        if (
            found
            and found.torch_style
            and infers
            and only is not None
            and only.bracketed
            and not (recurrent and self.tool)
        ):
            if recurrent:
                self.notes.append(f"{kind} gives every step; select 1 -1 after it takes the last")
            name = found.family.name.format(n=found.ndim)
            inside = in_words(text.partition("(")[2].rpartition(")")[0])
            others = [f"{call}({inside})" for call in (first, name)]  # Conv2d(16, 3), without what comes in
            for other in others:
                if other != text and self.runs(self.joined([*self.made, *before, other])):
                    return [*before, other]
        in_row = only is not None and re.fullmatch(r"\w+( \d+){2,}", text) is not None
        if found and not found.torch_style and only is not None and (only.bracketed or in_row):
            for other in self.in_torch(text, calls[0]):
                if self.runs(self.joined([*self.made, *before, other])):
                    return [*before, other]
        if found and found.torch_style and only is not None and re.match(r"\w+\s+\(.*,.*\)$", text):
            other = re.sub(r"\s+", "", text, count=1).replace("(", "((", 1) + ")"  # MaxPool3d (1, 2, 2)
            if self.runs(self.joined([*self.made, *before, other])):
                return [*before, other]
        if only is not None and kind in ("add", "cat", "mul", "sub") and len(only.branches) == 1:
            other = f"{first}(identity, {text.partition('(')[2]}"
            if self.runs(self.joined([*self.made, other])):
                return [other]
        raise Unclear

    def in_torch(self, text: str, call: Call) -> list[str]:
        """The call with PyTorch's class, for values in its order."""
        found = find(call.name)
        assert found is not None
        family = found.family
        dims = self.rank - 1
        if family.dims and dims not in family.dims:
            return []
        member = family.member(found.ndim or (dims if family.dims else None))
        if member.torch is None:
            return []
        inside = text.partition("(")[2].rpartition(")")[0] or ", ".join(text.split()[1:])
        return [f"{member.torch}({in_words(inside)})"]

    def loose(self) -> bool:
        """Is the text one of another notation, in which a dense layer takes all of a map?"""
        return "->" not in self.text

    def after(self, kind: str) -> None:
        if kind in ("flatten", "linear"):
            self.net.layout = "features"
        elif kind.startswith(("conv", "maxpool", "avgpool", "adaptive")):
            self.net.layout = "map"

    def added(self, text: str, rest: list[str]) -> list[str]:
        """`residual(conv 64 k3 p1 -> relu)`"""
        match = re.match(
            r"(?i)(?:skip|residual|res|shortcut|res_?block|residual_?block|skip_?connection)\((?=.*[A-Za-z])", text
        )
        if match is None or not text.endswith(")"):
            raise Unclear
        inner = [layer for part in split(text[match.end() : -1], ARROW) for layer in self.part(part, rest)]
        return [f"add({' -> '.join(inner)}, identity)"]

    def rearranged(self, text: str, rest: list[str]) -> list[str]:
        """`Rearrange('b c (h p) (w q) -> b (h w) (p q c)', p=16, q=16)`"""
        if not einops.CALL.match(text) or (given := self.tries.gives(self.joined([*self.made, "identity"]))) is None:
            raise Unclear
        self.net.layout = "sequence"
        return einops.layers_of(text, given.shape)

    def merging(self, text: str, rest: list[str]) -> list[str]:
        """`cat(3x3 conv, 64 | 1x1 conv, 64)`"""
        match = re.match(r"(?i)(cat|concat\w*|add|sum|mul|multiply)\s*\((?=.*[A-Za-z])", text)
        if match is None or not enclosed(text[match.end() - 1 :]):
            raise Unclear
        kind = MERGES[match[1].lower()[:3]]
        inside = text[match.end() : -1]
        sides = split(inside, SIDES)
        sides = sides if len(sides) > 1 else split(inside, COMMA)
        chains = []
        for side in sides:
            layout, made = self.net.layout, self.made
            if re.fullmatch(r"(?i)identity|skip|input|x|shortcut", side):
                chains.append("identity")
                continue
            parts = split(side[1:-1] if enclosed(side) else side, ARROW)
            if len(parts) == 1:
                parts = split(parts[0], COMMA) if enclosed(side) else parts
            chain: list[str] = []
            for i, part in enumerate(parts):
                self.made = [*made, *chain]
                chain += self.part(part, parts[i + 1 :] or ["conv"])
            self.net.layout, self.made = layout, made
            chains.append(" -> ".join(chain))
        return [f"{kind}({', '.join(chains)})"]

    def summed(self, text: str, rest: list[str]) -> list[str]:
        """`conv 64 k3 p1 + x`, where x is what comes in here."""
        if match := re.fullmatch(r"(?:\+\s*|add\s+|plus\s+|cat\s+|concat\s+)([a-z_]\w*)", text):
            kind = "cat" if text.startswith(("cat", "concat")) else "add"
            if find(match[1]) is not None and match[1] not in ("input", "identity"):
                raise Unclear
            if match[1] in RUNNING:
                raise Unclear
            return [f"{kind}(identity, {match[1]})"]
        parts = split(text, re.compile(r"\s*\+\s*"))
        if len(parts) > 1 and self.labels.issuperset(parts):
            return [f"add({', '.join(parts)})"]
        names = [part for part in parts if part in RUNNING or part in ("identity", "input", "residual", "shortcut")]
        if len(parts) != 2 or len(names) != 1:
            raise Unclear
        other = next(part for part in parts if part not in names)
        chain = " -> ".join(self.part(other.strip(), rest))
        name = "input" if names[0] == "input" else "identity"
        return [f"add({chain}, {name})" if parts[1] in names else f"add({name}, {chain})"]

    def called(self, text: str, rest: list[str]) -> list[str]:
        """A call as Python writes it."""
        try:
            tree, *more = parsed(text.strip())
        except (SyntaxError, ValueError):
            raise Unclear from None
        if more or not isinstance(tree, ast.Expr):
            raise Unclear
        body = tree.value
        reader = Reader(self.tool)
        reader.began = True
        reader.net.running, reader.net.layout = "x", self.net.layout
        dense = isinstance(body, ast.Call) and re.search(r"(?i)(dense|linear)\(", text)
        if dense and self.net.layout == "map":  # all of the map, or each pixel
            raise Unclear
        bare = [a for a in getattr(body, "args", []) if isinstance(a, ast.Constant)]
        if len(bare) > 2 and not self.tool:  # with or without what comes in
            raise Unclear
        if isinstance(body, ast.Name) and not is_layer(body.id):
            raise Unclear
        if reader.flattened(body, "x") if isinstance(body, ast.Call) else None:
            self.net.layout = "features"
            return ["flatten"]
        reader.expression(body)
        given = reader.net.inputs.values()
        if any(sorted(map(str, shape)) != sorted(self.shape.split("x")) for shape in given):
            raise Unclear  # another shape than that of the line
        self.net.layout = reader.net.layout
        self.notes += [note for note in reader.net.notes if note not in self.notes]
        made = [layer for step in reader.net.steps for layer in step.layers]
        if not made and not isinstance(body, ast.Call):  # a number, which would be dropped without a word
            raise Unclear
        return made

    def worded(self, text: str, rest: list[str]) -> list[str]:
        """A part in words."""
        if re.search(r"\(\s*\d+\s*,\s*\d+\s*,\s*\d+", text):  # with or without what comes in
            raise Unclear
        ends = not rest or re.match(r"(?i)(fc|dense|linear|softmax|fully|flatten)", rest[0]) is not None
        net = Network()
        net.rules = self.net.rules
        net.running, net.layout = "x", self.net.layout
        net.notes = list(self.notes)
        made = papers.layers_in(net, text, ends)
        self.net.layout = net.layout
        self.notes += [note for note in net.notes if note not in self.notes]
        return made
