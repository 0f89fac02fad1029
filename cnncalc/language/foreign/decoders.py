"""Language models of Llama's kind by their sizes: `hidden_size=4096, num_key_value_heads=8, intermediate_size=14336`.

One attention by itself, and the cut of an image into patches, which sizes say too.
"""

from __future__ import annotations

import re

from cnncalc.language.foreign.network import Contradiction, Network, Unclear
from cnncalc.language.foreign.transformers import sizes_of
from cnncalc.language.foreign.tries import Tries

_DECODER = re.compile(
    r"(?i)key_value_heads|\bn?_?kv[_ ]heads|rms_?norm|swiglu|llama|mistral|qwen[23]|smollm|\bgqa\b|grouped[- ]query"
)
_OTHER = re.compile(
    r"(?i)\b(gemma\w*|phi\d?\w*|falcon\w*|mixtral\w*|deepseek\w*|gpt_?\w*|olmo\w*|mamba\w*|num_(?:local_)?experts|"
    r"n_routed_experts|kv_lora_rank)"
)
ROTARY = "rotary positions have no parameters, and are left out"


def network_of(text: str, tries: Tries) -> Network | None:
    """A decoder with grouped queries, RMS norms and a gated feed-forward; None where the text is none.

    As transformers' LlamaModel has it: no bias but where the text says `attention_bias`, or on query, key and value for
    Qwen2. Raises Unclear, and Contradiction for a family that computes otherwise, or lacks a size.
    """
    if not _DECODER.search(text) or "->" in text or re.search(r"\bnn\.|\bclass\b|\bdef\b|\(\w+\):", text):
        return None
    if re.search(r"(?i)(?<!\w)dim\b", text):  # Meta's and Mistral's params.json
        text = re.sub(r"(?i)\bhidden_dim\b", "intermediate_size", text)
    sizes = sizes_of(re.sub(r"(?i)\b(?:llama|mistral|qwen|tinyllama|smollm)[\w.-]*", " ", text))
    if not {"width", "heads", "layers"} <= sizes.keys():
        return None
    if other := _OTHER.search(text):
        message = f"this is a network with {other[1]}, which Llama's layers are not"
        raise Contradiction(message, "write its layers as a spec: `cnncalc help language` says how")
    if "inner" not in sizes:
        message = "the text does not say the width of the feed-forward, which is no fixed multiple in Llama"
        raise Contradiction(message, "add intermediate_size=11008, or what it is")
    width, heads, layers, inner = (sizes[kind] for kind in ("width", "heads", "layers", "inner"))
    pairs = sizes.get("kv", heads)
    if heads <= 0 or pairs <= 0 or width <= 0 or heads % pairs:
        message = f"{heads} heads cannot share {pairs} heads of key and value"
        raise Contradiction(message, "the first has to be a multiple of the second")
    if width % heads and "head" not in sizes:
        raise Contradiction(f"{width} features cannot be cut into {heads} heads", None)
    head = sizes.get("head", width // heads)
    net = Network()
    qkv = "" if says(text, "attention_bias") or re.search(r"(?i)qwen2", text) else " bias=no"
    out = "" if says(text, "attention_bias") and not re.search(r"(?i)qwen2", text) else " bias=no"

    def cut(n: int) -> str:
        return f"linear {n * head}{qkv} -> unflatten 2 ({n}, {head}) -> transpose 1 2"

    shared = ", enable_gqa=yes" if pairs != heads else ""
    attention = (
        f"rmsnorm -> sdpa({cut(heads)}, {cut(pairs)}, {cut(pairs)}, is_causal=yes{shared}) -> transpose 1 2 -> "
        f"flatten 2 -> linear {width}{out}"
    )
    gated = f"rmsnorm -> mul(linear {inner} bias=no -> silu, linear {inner} bias=no) -> linear {width} bias=no"
    made = [f"{layers} * (add({attention}, identity) -> add({gated}, identity))", "rmsnorm"]
    net.note(ROTARY)
    length = sizes.get("length", 128)
    if "length" not in sizes and not tries.given and not tries.shape:
        net.note("128 stands for the number of tokens, which changes no parameter")
    if "words" in sizes:
        words = sizes["words"]
        tied = says(text, "tie_word_embeddings")
        made.insert(0, f"{'words: ' if tied else ''}embedding {words} {width}")
        made.append(
            f"F.linear(identity, parameter {words} {width} of=words.weight)" if tied else f"linear {words} bias=no"
        )
        if not re.search(r"tie_word_embeddings", text):
            net.note("the embedding and the last linear are two tables; tie_word_embeddings=true makes them one")
    else:
        net.note("without vocab_size the embedding and the last linear are left out")
    if not tries.given and not tries.shape:
        net.start("input", (length,) if "words" in sizes else (length, width))
    net.add(made)
    return net


def says(text: str, name: str) -> bool:
    """Does a text say that a switch is on?"""
    return re.search(rf"(?i)\b{name}\b['\"]?\s*[:=]\s*(?:true|yes|1)\b", text) is not None


def attention_of(text: str, tries: Tries) -> Network | None:
    """One attention by itself, or the cut of an image into patches; None where the text is neither. Raises Unclear."""
    if "->" in text or re.search(r"\w\(|[|\n{};]|\bclass\b|\bdef\b", text):
        return None
    attends = re.search(r"(?i)multi-?\s?head|self-?\s?attention|attention (?:layer|block|module)|\bmhs?a\b", text)
    patches = re.search(r"(?i)\bpatch(?:es)?[ _-]?(?:embed\w*|proj\w*)", text)
    if bool(attends) == bool(patches) or re.search(r"(?i)\blayers\b|encoder|decoder|transformer|\bvit\b", text):
        return None
    sizes = sizes_of(_ASKING.sub(" ", text))
    net = Network()
    if attends:
        if not {"width", "heads"} <= sizes.keys() or sizes.keys() - {"width", "heads", "length", "head"}:
            return None
        if sizes.get("head", sizes["width"] // (sizes["heads"] or 1)) * sizes["heads"] != sizes["width"]:
            raise Unclear
        if not tries.given and not tries.shape:
            if "length" not in sizes:
                net.note("128 stands for the number of tokens, which changes no parameter")
            net.start("input", (sizes.get("length", 128), sizes["width"]))
        net.add([f"mha {sizes['heads']}"])
        return net
    if not {"width", "patch"} <= sizes.keys() or sizes.keys() - {"width", "patch", "image", "channels"}:
        return None
    if not tries.given and not tries.shape:
        if "image" not in sizes:
            net.note("3x224x224 stands for the shape of your input, channels first")
        net.start("input", (sizes.get("channels", 3), *[sizes.get("image", 224)] * 2))
    net.add([f"conv {sizes['width']} k{sizes['patch']} s{sizes['patch']}", "flatten 2", "transpose 1 2"])
    return net


_ASKING = re.compile(r"(?i)\b(?:of|on|for|with|and|an?|the|has|have|how many|params?|parameters?|what|is)\b(?!\s*\d)")
