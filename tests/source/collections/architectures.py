"""The architectures of transformers at small configurations, each with the shapes that go in.

This is read with the stand-in as torch, and with torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Architecture(NamedTuple):
    """Arguments of a configuration that make it small, and the inputs."""

    config: Mapping[str, Any]
    inputs: tuple[str, ...]


IDS = ("input_ids=16:int64",)
BOTH = ("input_ids=16:int64", "decoder_input_ids=12:int64")
IMAGE = ("pixel_values=3x64x64",)
SOUND = ("input_values=4000",)
WIDTH = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
TEXT = {**WIDTH, "intermediate_size": 128, "vocab_size": 100, "max_position_embeddings": 64, "pad_token_id": 0}
FEW = {**TEXT, "num_key_value_heads": 2, "head_dim": 16, "bos_token_id": 1, "eos_token_id": 2}
GPT = {"n_embd": 64, "n_layer": 2, "n_head": 4, "vocab_size": 100, "n_positions": 64, "bos_token_id": 1}
PAIR = {
    **{f"{side}_{part}": n for side in ("encoder", "decoder") for part, n in (("layers", 2), ("attention_heads", 4))},
    "encoder_ffn_dim": 128,
    "decoder_ffn_dim": 128,
    "d_model": 64,
    "vocab_size": 100,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "decoder_start_token_id": 1,
}
VISION = {**WIDTH, "intermediate_size": 128, "image_size": 64, "patch_size": 16}
STAGES = {"hidden_sizes": [16, 32, 48, 64], "depths": [1, 1, 2, 1]}
WAVES = {
    **WIDTH,
    "intermediate_size": 128,
    "conv_dim": [16, 16, 16],
    "conv_stride": [5, 2, 2],
    "conv_kernel": [10, 3, 2],
    "num_feat_extract_layers": 3,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "vocab_size": 32,
}


def of(names: str, config: Mapping[str, Any], inputs: tuple[str, ...]) -> dict[str, Architecture]:
    return {name: Architecture(config, inputs) for name in names.split()}


ARCHITECTURES: Mapping[str, Architecture] = {
    **of("bert roberta camembert xlm-roberta electra ernie megatron-bert mpnet rembert splinter", TEXT, IDS),
    **of("deberta deberta-v2 roformer nystromformer ibert layoutlm fnet data2vec-text", TEXT, IDS),
    **of("xlm-roberta-xl roberta-prelayernorm yoso bert-generation big_bird", TEXT, IDS),
    "albert": Architecture({**TEXT, "embedding_size": 32}, IDS),
    "convbert": Architecture({**TEXT, "embedding_size": 64}, IDS),
    "squeezebert": Architecture({**TEXT, "embedding_size": 64}, IDS),
    "mobilebert": Architecture({**TEXT, "embedding_size": 32, "intra_bottleneck_size": 32}, IDS),
    "distilbert": Architecture({"dim": 64, "n_layers": 2, "n_heads": 4, "hidden_dim": 128, "vocab_size": 100}, IDS),
    "modernbert": Architecture({**TEXT, "bos_token_id": 1, "cls_token_id": 1, "sep_token_id": 2}, IDS),
    **of("gpt2 openai-gpt", GPT, IDS),
    "gptj": Architecture({**GPT, "rotary_dim": 8}, IDS),
    "codegen": Architecture({**GPT, "n_ctx": 64, "rotary_dim": 8}, IDS),
    "ctrl": Architecture({**GPT, "dff": 128}, IDS),
    "gpt_bigcode": Architecture(GPT, IDS),
    "gpt_neo": Architecture(
        {**WIDTH, "num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]], "vocab_size": 100},
        IDS,
    ),
    "gpt_neox": Architecture(TEXT, IDS),
    "opt": Architecture({**TEXT, "ffn_dim": 128, "word_embed_proj_dim": 64}, IDS),
    "bloom": Architecture({"hidden_size": 64, "n_layer": 2, "n_head": 4, "vocab_size": 100}, IDS),
    "mpt": Architecture({"d_model": 64, "n_layers": 2, "n_heads": 4, "vocab_size": 100, "max_seq_len": 64}, IDS),
    "falcon": Architecture(TEXT, IDS),
    "biogpt": Architecture(TEXT, IDS),
    "xglm": Architecture({**PAIR, "num_layers": 2, "attention_heads": 4, "ffn_dim": 128}, IDS),
    **of("llama mistral qwen2 qwen3 gemma gemma2 phi3 stablelm starcoder2 cohere olmo olmo2 granite glm", FEW, IDS),
    **of("persimmon phi helium smollm3 nemotron", FEW, IDS),
    "mixtral": Architecture({**FEW, "num_local_experts": 4}, IDS),
    "mamba": Architecture({"hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 100, "state_size": 8}, IDS),
    "t5": Architecture(
        {"d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 2, "num_heads": 4, "vocab_size": 100}, BOTH
    ),
    **of("bart mbart pegasus marian m2m_100 blenderbot blenderbot-small plbart", PAIR, BOTH),
    "whisper": Architecture(
        {**PAIR, "num_mel_bins": 16, "max_source_positions": 32, "max_target_positions": 32},
        ("input_features=16x64", "decoder_input_ids=12:int64"),
    ),
    **of("vit deit vit_mae vit_msn dinov2 ijepa", VISION, IMAGE),
    "beit": Architecture({**VISION, "use_relative_position_bias": True}, IMAGE),
    "swin": Architecture(
        {"image_size": 64, "embed_dim": 16, "depths": [1, 2], "num_heads": [2, 4], "window_size": 4}, IMAGE
    ),
    "swinv2": Architecture(
        {"image_size": 64, "embed_dim": 16, "depths": [1, 2], "num_heads": [2, 4], "window_size": 4}, IMAGE
    ),
    **of("convnext convnextv2 resnet regnet", STAGES, IMAGE),
    "focalnet": Architecture({"image_size": 64, "embed_dim": 16, "depths": [1, 2, 1, 1]}, IMAGE),
    "segformer": Architecture({**STAGES, "decoder_hidden_size": 32}, IMAGE),
    "poolformer": Architecture({**STAGES, "num_encoder_blocks": 4}, IMAGE),
    "bit": Architecture({"hidden_sizes": [128, 128, 256, 256], "depths": [1, 1, 2, 1], "embedding_size": 64}, IMAGE),
    "pvt": Architecture({**STAGES, "image_size": 64, "num_attention_heads": [1, 2, 4, 8]}, IMAGE),
    **of("mobilenet_v1 mobilenet_v2", {"image_size": 64}, IMAGE),
    "mobilevit": Architecture({"image_size": 64}, IMAGE),
    "efficientnet": Architecture({"image_size": 64}, IMAGE),
    "clip_vision_model": Architecture(VISION, IMAGE),
    **of("wav2vec2 hubert wavlm data2vec-audio", WAVES, SOUND),
}


def build(name: str) -> Any:
    """An architecture without weights."""
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.for_model(name, **ARCHITECTURES[name].config)
    config.use_cache = False
    return AutoModel.from_config(config)
