"""Networks of public repositories. Their files are not here: the folder that NETWORKS names has a checkout of each."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Checked(NamedTuple):
    """A network of a repository."""

    repository: str
    spec: str  # FILE.py:NAME in it, or a function of this file
    inputs: tuple[str, ...]
    kwargs: Mapping[str, Any] = {}
    root: str = ""  # the folder that its imports begin at

    @property
    def name(self) -> str:
        return self.spec.removeprefix(f"{HERE}:")


def folder() -> Path:
    """Where the repositories are."""
    return Path(os.environ.get("NETWORKS", "networks"))


SMALL = ("3x32x32",)
VIT = {"image_size": 64, "patch_size": 16, "num_classes": 10, "dim": 64, "depth": 2, "heads": 4, "mlp_dim": 128}


def cifar(module: str, *names: str) -> list[Checked]:
    return [Checked("kuangliu/pytorch-cifar", f"models/{module}.py:{name}", SMALL) for name in names]


def cifar100(module: str, name: str) -> Checked:
    return Checked("weiaicunzai/pytorch-cifar100", f"models/{module}.py:{name}", SMALL)


def vit(module: str, name: str, inputs: tuple[str, ...] = ("3x64x64",), **kwargs: Any) -> Checked:
    return Checked("lucidrains/vit-pytorch", f"vit_pytorch/{module}.py:{name}", inputs, {**VIT, **kwargs})


PLANE = {"spatial_dims": 2, "in_channels": 1, "out_channels": 2}


def monai(name: str, inputs: str = "1x64x64", **kwargs: Any) -> Checked:
    return Checked("Project-MONAI/MONAI", f"monai.networks.nets:{name}", (inputs,), kwargs or PLANE)


def gan(which: str, name: str, inputs: tuple[str, ...], **kwargs: Any) -> Checked:
    root = f"implementations/{which}"
    return Checked("eriklindernoren/PyTorch-GAN", f"{root}/models.py:{name}", inputs, kwargs, root)


def vae(name: str, module: str, **kwargs: Any) -> Checked:
    given = {"in_channels": 3, "latent_dim": 32, **kwargs}
    return Checked("AntixK/PyTorch-VAE", f"models/{module}.py:{name}", ("3x64x64",), given)


# Whose constructor takes a configuration


def nano_gpt() -> Any:
    own = importlib.import_module("model")
    return own.GPT(own.GPTConfig(block_size=64, vocab_size=100, n_layer=2, n_head=4, n_embd=64))


def min_gpt() -> Any:
    own = importlib.import_module("mingpt.model")
    config = own.GPT.get_default_config()
    config.model_type, config.vocab_size, config.block_size = "gpt-nano", 100, 64
    return own.GPT(config)


def efficientnet() -> Any:
    return importlib.import_module("efficientnet_pytorch").EfficientNet.from_name("efficientnet-b1")


def transformer() -> Any:
    own = importlib.import_module("transformer.Models")
    return own.Transformer(100, 100, 0, 0, d_word_vec=64, d_model=64, d_inner=128, n_layers=2, n_head=4, d_k=16, d_v=16)


HERE = "tests.source.collections.repositories"

NETWORKS = [
    Checked("kuangliu/pytorch-cifar", "models/vgg.py:VGG", SMALL, {"vgg_name": "VGG16"}),
    *cifar("resnet", "ResNet18", "ResNet50"),
    *cifar("preact_resnet", "PreActResNet18"),
    *cifar("densenet", "DenseNet121"),
    *cifar("googlenet", "GoogLeNet"),
    *cifar("dla", "DLA"),
    *cifar("dla_simple", "SimpleDLA"),
    *cifar("dpn", "DPN26"),
    *cifar("efficientnet", "EfficientNetB0"),
    *cifar("lenet", "LeNet"),
    *cifar("mobilenet", "MobileNet"),
    *cifar("mobilenetv2", "MobileNetV2"),
    *cifar("pnasnet", "PNASNetA"),
    *cifar("regnet", "RegNetX_200MF"),
    *cifar("resnext", "ResNeXt29_2x64d"),
    *cifar("senet", "SENet18"),
    *cifar("shufflenet", "ShuffleNetG2"),
    cifar100("attention", "attention56"),
    cifar100("inceptionv3", "inceptionv3"),
    cifar100("inceptionv4", "inceptionv4"),
    cifar100("nasnet", "nasnet"),
    cifar100("rir", "resnet_in_resnet"),
    cifar100("shufflenetv2", "shufflenetv2"),
    cifar100("squeezenet", "squeezenet"),
    cifar100("stochasticdepth", "stochastic_depth_resnet18"),
    cifar100("xception", "xception"),
    vit("vit", "ViT"),
    vit("simple_vit", "SimpleViT"),
    vit("deepvit", "DeepViT"),
    vit("parallel_vit", "ViT"),
    vit("vit_for_small_dataset", "ViT"),
    vit("simple_vit_with_fft", "SimpleViT", freq_patch_size=16),
    vit("simple_flash_attn_vit", "SimpleViT"),
    Checked("milesial/Pytorch-UNet", "unet/unet_model.py:UNet", ("3x64x64",), {"n_channels": 3, "n_classes": 2}),
    *(
        Checked("LeeJunHyun/Image_Segmentation", f"network.py:{name}", ("3x64x64",))
        for name in ("U_Net", "R2U_Net", "AttU_Net", "R2AttU_Net")
    ),
    Checked(
        "meijieru/crnn.pytorch", "models/crnn.py:CRNN", ("1x32x100",), {"imgH": 32, "nc": 1, "nclass": 37, "nh": 64}
    ),
    Checked("locuslab/TCN", "TCN/tcn.py:TemporalConvNet", ("4x50",), {"num_inputs": 4, "num_channels": [8, 8, 16]}),
    Checked("yunjey/stargan", "model.py:Generator", ("3x64x64", "5")),
    Checked("yunjey/stargan", "model.py:Discriminator", ("3x128x128",)),
    Checked("xternalz/WideResNet-pytorch", "wideresnet.py:WideResNet", SMALL, {"depth": 16, "num_classes": 10}),
    Checked("karpathy/nanoGPT", f"{HERE}:nano_gpt", ("idx=32:int64",)),
    Checked("karpathy/minGPT", f"{HERE}:min_gpt", ("idx=32:int64",)),
    Checked("lukemelas/EfficientNet-PyTorch", f"{HERE}:efficientnet", ("3x240x240",)),
    Checked("jadore801120/attention-is-all-you-need-pytorch", f"{HERE}:transformer", ("12:int64", "10:int64")),
    Checked("pytorch/examples", "mnist/main.py:Net", ("1x28x28",)),
    Checked("pytorch/examples", "siamese_network/main.py:SiameseNetwork", ("1x28x28", "1x28x28")),
    Checked("pytorch/examples", "vae/main.py:VAE", ("1x28x28",)),
    Checked("pytorch/examples", "mnist_rnn/main.py:Net", ("28x28",)),
    Checked("pytorch/examples", "super_resolution/model.py:Net", ("1x32x32",), {"upscale_factor": 3}),
    Checked("pytorch/examples", "fast_neural_style/neural_style/transformer_net.py:TransformerNet", ("3x64x64",)),
    Checked(
        "pytorch/examples",
        "word_language_model/model.py:TransformerModel",
        ("20:int64",),
        {"ntoken": 100, "ninp": 32, "nhead": 4, "nhid": 64, "nlayers": 2},
    ),
    gan("srgan", "GeneratorResNet", ("3x16x16",)),
    gan("pix2pix", "GeneratorUNet", ("3x256x256",)),
    gan("esrgan", "GeneratorRRDB", ("3x16x16",), channels=3, num_res_blocks=2),
    vae("VanillaVAE", "vanilla_vae"),
    vae("BetaVAE", "beta_vae"),
    monai("UNet", **PLANE, channels=[16, 32, 64], strides=[2, 2], num_res_units=2),
    monai("BasicUNet"),
    monai("BasicUNetPlusPlus"),
    monai("AttentionUnet", **PLANE, channels=[16, 32, 64], strides=[2, 2]),
    monai("SegResNet"),
    monai("SegResNetDS"),
    monai("DynUNet", **PLANE, kernel_size=[3, 3, 3], strides=[1, 2, 2], upsample_kernel_size=[2, 2]),
    monai("DenseNet121"),
    monai("EfficientNetBN", "3x64x64", model_name="efficientnet-b0", pretrained=False),
    monai("FlexibleUNet", "3x64x64", in_channels=3, out_channels=2, backbone="efficientnet-b0"),
    monai("SEResNet50", "3x64x64", spatial_dims=2, in_channels=3, num_classes=5),
    monai("HighResNet"),
    monai("AHNet", "1x128x128"),
    monai("resnet18", spatial_dims=2, n_input_channels=1, num_classes=3),
    monai("RegUNet", "2x64x64", spatial_dims=2, in_channels=2, num_channel_initial=8, depth=2),
    monai("AutoEncoder", **PLANE, channels=[8, 16], strides=[2, 2]),
    monai("PatchDiscriminator", spatial_dims=2, channels=16, in_channels=1),
    monai("VQVAE"),
    Checked(
        "JingyunLiang/SwinIR",
        "models/network_swinir.py:SwinIR",
        ("3x64x64",),
        {"upscale": 2, "window_size": 8, "depths": [2], "embed_dim": 24, "num_heads": [2], "upsampler": "pixelshuffle"},
    ),
    Checked("facebookresearch/ConvNeXt", "models/convnext.py:convnext_tiny", ("3x64x64",)),
]
