"""Transformers by their sizes: `d_model=512, 8 heads, 6 layers, d_ff=2048`, and configs as transformers writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnncalc.language.foreign.network import Contradiction, Network, Unclear
from cnncalc.language.foreign.tries import Tries

SIZES = {
    "inner": r"d_?ff|dim_feedforward|intermediate_size|ffn?_?(?:dim|size|hidden)|n_inner|mlp_?(?:dim|size)|"
    r"feed[- _]?forward(?: |_)?(?:dim(?:ension)?|size|width|hidden)?|d_inner|MLP (?:dim|size)|ffn|ff|mlp",
    "kv": r"(?:num|n)_?(?:key_value|kv)_?heads|(?:key[- /]value|kv)[ _-]heads|kv_heads|query[ _]groups",
    "heads": r"n_?heads?|num_(?:attention_)?heads|attention[ _]heads|heads|nhead|h|n_attention_heads",
    "layers": r"n_?layers?|num_(?:hidden_|encoder_)?layers|(?:encoder |transformer )?(?:layers|blocks)|depth|[LN]|"
              r"num_blocks|"
    r"n_?blocks|encoder_layers",
    "ratio": r"mlp[_ ]ratio|ff_mult|ffn_ratio|expansion",
    "words": r"vocab(?:ulary)?(?:[ _]size)?|n_vocab|num_tokens|num_embeddings",
    "length": r"(?:max_)?seq(?:uence)?_?(?:len(?:gth)?)?|max_position_embeddings|n_positions|n_ctx|"
              r"context(?:_length|_size| length)?|"
    r"block_size|max[_ ]len(?:gth)?|sequence length|seq length|tokens|positions",
    "classes": r"num_(?:classes|labels)|n_classes|classes|num_outputs",
    "patch": r"patch(?:_size| size)?",
    "image": r"image(?:_size| size)|img_size|input_size|resolution",
    "channels": r"num_channels|in_channels|in_chans|channels",
    "types": r"type_vocab_size",
    "head": r"head[_ ]dim(?:ension)?|dim_head|d_head|d_k|d_v|key_dim",
    "width": r"d_?model|hidden_size|hidden_dim|n_embd|embed(?:ding)?[_ ]?(?:dim|size)|emb_dim|model_dim|d_embed|"
    r"embedding (?:dim(?:ension)?|size)|model (?:dim(?:ension)?|size|width)|hidden (?:size|dim(?:ension)?)|dim|width|"
    r"embed_dim|hidden",
}  # fmt: skip
_NO_MATTER = re.compile(
    r".*dropout.*|.*(eps|epsilon|range|std|rate|token_id|_act|activation|activation_function|pdrop|prob)$|model_type|"
    r"architectures?|name|type|torch_dtype|use_cache|transformers_version|layer_norm_.*|position_embedding_type|"
    r"classifier_dropout|gradient_checkpointing|initializer.*|act|drop|optimizer|batch_size|lr|learning_rate|"
    r"batch_first|norm_first|pre_?norm|causal|bias|qkv_bias|encoder|kind|_name_or_path|summary_.*|tie_word_embeddings|"
    r"rope_\w+|partial_rotary_factor|sliding_window|max_window_layers|use_\w+|pretraining_tp|attention_bias|mlp_bias|"
    r"tokenizer\w*|auto_map"
)
_ENCODER = re.compile(
    r"(?i)transformer|encoder|\bvit\b|vision transformer|bert|gpt|attention|d_model|num_attention_heads|n_head|"
    r"patch[ _]size"
)
NAMED = rf"(?<![\w-])(?:{'|'.join(SIZES.values())})"
_VIT = re.compile(r"(?i)patch|\bvit\b|vision")


def sizes_of(text: str) -> dict[str, int]:
    """The sizes that a text gives, by what they are. Raises Unclear where a number has no name."""
    text = re.sub(r"[\"'{}\[\]]", " ", text)
    text = re.sub(r"(?i)\b(\d+)x\1x(\d)(?:\s+(?:images?|inputs?))?\b", r"image size \1, \2 channels", text)
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    text = re.sub(
        r"(?i)\b(?:vit|deit|bert|gpt)_\w+|VisionTransformer|[()]", " ", re.sub(r"(?<=\d)\.0?(?![\d])", "", text)
    )
    text = re.sub(r"(?i)(\d)\s*k\b", r"\g<1>000", text)
    found: dict[str, int] = {}

    def keep(kind: str, number: str) -> str:
        value = int(number)
        if found.setdefault(kind, value) != value:
            raise Unclear
        return " "

    first = re.search(r"(?<![\w.])\d+[- ]+(?:dim(?:ensional)?|layers?|heads?|blocks|ff|ffn|tokens)\b", text)
    in_front = first is not None and re.search(rf"(?i){NAMED}\s*[=:]?\s*\d", text[: first.end()]) is None
    if in_front:  # 6 layers 512 dim 8 heads
        for kind, pattern in SIZES.items():
            before = rf"(?<![\w.-])(\d+)[- ]+(?:dim(?:ensional)? )?(?:{pattern})(?![\w-])(?!\s*[=:])"
            text = re.sub(before, lambda m, kind=kind: keep(kind, m[1]), text, flags=re.IGNORECASE)  # type: ignore[misc]
    for kind, pattern in SIZES.items():
        named = rf"(?<![\w-])(?:{pattern})(?:\s*(?:=|:|of|is|->|to)?\s*)(\d+)(?:x\d+)?(?![\w.])"
        text = re.sub(named, lambda m, kind=kind: keep(kind, m[1]), text, flags=re.IGNORECASE)  # type: ignore[misc]
    for kind, pattern in SIZES.items():
        behind = rf"(?<![\w.-])(\d+)[- ]+(?:dim(?:ensional)? )?(?:{pattern})(?![\w-])"
        text = re.sub(behind, lambda m, kind=kind: keep(kind, m[1]), text, flags=re.IGNORECASE)  # type: ignore[misc]
    for line in re.split(r"[,;\n]", text):
        name, mark, _ = line.partition(":" if ":" in line else "=")
        if re.search(r"\d", line) and not (mark and _NO_MATTER.fullmatch(name.strip().lower())):
            rest = re.sub(r"(?i)\b(dropout|p)\s*(=|:|of)?\s*0?\.\d+|ViT-\w+/\d+|bert\S*|gpt-?\d", "", line)
            if re.search(r"\d", rest):
                raise Unclear
    return found


def network_of(text: str, tries: Tries) -> Network | None:
    """An encoder of the given sizes; None where the text is none. Raises Unclear."""
    if not _ENCODER.search(text) or "->" in text or re.search(r"\bnn\.|\bclass\b|\bdef\b|\(\w+\):", text):
        return None
    sizes = sizes_of(text)
    if re.search(r"(?i)\btransformer[ _]?encoder[ _]?layer\b(?!s)", text):
        sizes.setdefault("layers", 1)
    if not {"width", "heads", "layers"} <= sizes.keys():
        return None
    if sizes.get("head", sizes["width"] // (sizes["heads"] or 1)) != sizes["width"] // (sizes["heads"] or 1):
        raise Unclear
    width, heads, layers = sizes["width"], sizes["heads"], sizes["layers"]
    inner = sizes.get("inner", width * sizes.get("ratio", 4))
    if _VIT.search(text) or re.search(r"(?i)gpt|decoder|causal|bert|cross", text) or "types" in sizes:
        return None
    if re.search(r"\bTransformer\s*\(", text):
        message = "a Transformer(...) has a decoder too, of 6 layers where it does not say num_decoder_layers"
        alone = f"{layers} * transformerencoderlayer {heads} {inner}"
        raise Contradiction(message, f'its encoder alone, without a norm at its end, is "{alone}"')
    net = Network()
    if "inner" not in sizes and "ratio" not in sizes:
        net.note(f"the text does not say the feed-forward size, for which 4*{width} is here")
    made: list[str] = []
    length = sizes.get("length", 128)
    if not tries.given and not tries.shape:
        if "length" not in sizes:
            net.note("128 stands for the number of tokens, which changes no parameter")
        net.start("input", (length,) if "words" in sizes else (length, width))
    if "words" in sizes:
        made.append(f"embedding {sizes['words']} {width}")
    made.append(f"{f'{layers} * ' if layers != 1 else ''}transformerencoderlayer {heads} {inner}")
    if "classes" in sizes:
        made += ["select 1 0", f"linear {sizes['classes']}"]
    net.add(made)
    return net


ZOO = {  # what the zoo's networks call these sizes
    "vit_b_16": {
        "width": "hidden",
        "heads": "heads",
        "layers": "layers",
        "inner": "mlp",
        "patch": "patch",
        "classes": "num_classes",
    },
    "gpt2": {"width": "d_model", "heads": "heads", "layers": "layers", "words": "vocabulary", "length": "context"},
    "bert_base": {"width": "H", "heads": "A", "layers": "L", "words": "vocabulary", "length": "positions"},
}


def of_zoo(text: str, tries: Tries) -> Iterator[tuple[str, list[str]]]:
    """A network of the zoo with the sizes of a text: ViT, GPT-2, BERT. Raises Unclear."""
    call = re.search(r"VisionTransformer\s*\(|GPT2?Config\(|BertConfig\(|ViTConfig\(", text)
    if not _ENCODER.search(text) or "->" in text or ("(" in text and not call):
        return
    sizes = sizes_of(text)
    name = "vit_b_16" if _VIT.search(text) else "gpt2" if re.search(r"(?i)gpt|n_embd", text) else ""
    name = name or ("bert_base" if re.search(r"(?i)bert|type_vocab_size", text) else "")
    if not name or not {"width", "heads", "layers"} <= sizes.keys() or ("patch" in sizes) != (name == "vit_b_16"):
        return
    inner = sizes.get("inner", sizes["width"] * sizes.get("ratio", 4))
    if name == "vit_b_16":
        sizes["inner"] = inner
    elif inner != 4 * sizes["width"]:
        return
    options = [f"--set {own}={sizes[size]}" for size, own in ZOO[name].items() if size in sizes]
    if "image" in sizes:
        side = sizes["image"]
        options.append(f"-i {sizes.get('channels', 3)}x{side}x{side}")
    elif name == "gpt2" and "length" in sizes and not tries.given:
        options.append(f"-i {sizes['length']}")
    yield " ".join([f"zoo:{name}", *options]), []
