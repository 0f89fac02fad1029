"""Which file each layer is in, for the families that are not loaded at once.

`CNNCALC_OVERWRITE=1 python -m pytest tests/layers/test_index.py` writes the table anew.
"""

from __future__ import annotations

from functools import cache

WITHOUT_LAYERS = (
    "arguments",
    "attended",
    "drawing",
    "index",
    "kinds",
    "layer",
    "meant",
    "memory",
    "registry",
    "sequence",
    "shapes",
    "site",
    "window",
)
"""Files that define no layer."""

INDEX: dict[str, str] = {
    "adaptive_softmax": "AdaptiveLogSoftmaxWithLoss adaptivelogsoftmaxwithloss",
    "arrange": """
        broadcast_tensors expand expand_as flip moveaxis movedim repeat repeat_interleave reshape_as roll tile tril triu
        view_as
    """,
    "attention": "MultiheadAttention mha multiheadattention scaled_dot_product_attention sdpa",
    "complex": """
        angle complex conj fft fft2 fftn fftshift hfft hfft2 hfftn ifft ifft2 ifftn ifftshift ihfft ihfft2 ihfftn imag
        irfft irfft2 irfftn polar real rfft rfft2 rfftn view_as_complex view_as_real
    """,
    "creation": "arange empty eye full linspace ones rand randn zeros",
    "cut": "chunk crop narrow select slice split tensor_split unbind",
    "diagonal": "diag_embed diagonal",
    "distance": "CosineSimilarity PairwiseDistance cdist cosinesimilarity pairwisedistance",
    "einsum": "einsum",
    "elementwise": """
        abs acos addcdiv addcmul asin atan atan2 bitwise_and bitwise_not bitwise_or bitwise_xor ceil clamp clip cos cosh
        eq erf erfc exp exp2 expm1 fill floor floor_divide fmod ge gt isfinite isinf isnan le lerp log log10 log1p log2
        logical_and logical_not logical_or logical_xor lt masked_fill maximum minimum nan_to_num ne neg pow reciprocal
        remainder round rsqrt rsub sign sin sinh sqrt square tan to trunc where
    """,
    "embedding": "Embedding EmbeddingBag embedding embeddingbag",
    "fold": "Fold Unfold col2im fold im2col tensor_unfold unfold",
    "functional": """
        F.batch_norm F.conv F.conv1d F.conv2d F.conv3d F.conv_transpose F.conv_transpose1d F.conv_transpose2d
        F.conv_transpose3d F.embedding F.group_norm F.layer_norm F.linear F.prelu F.rms_norm
    """,
    "grid": "affine_grid grid_sample",
    "linalg": """
        linalg_cholesky linalg_cross linalg_det linalg_eigh linalg_eigvalsh linalg_inv linalg_matrix_exp
        linalg_matrix_norm linalg_matrix_power linalg_pinv linalg_qr linalg_slogdet linalg_solve linalg_svd
        linalg_svdvals
    """,
    "loss": """
        binary_cross_entropy binary_cross_entropy_with_logits cross_entropy huber_loss kl_div l1_loss mse_loss nll_loss
        smooth_l1_loss
    """,
    "opaque": "opaque",
    "pad": """
        CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d
        ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d
        circularpad circularpad1d circularpad2d circularpad3d constantpad constantpad1d constantpad2d constantpad3d pad
        reflectionpad reflectionpad1d reflectionpad2d reflectionpad3d replicationpad replicationpad1d replicationpad2d
        replicationpad3d zeropad zeropad1d zeropad2d zeropad3d
    """,
    "pick": "gather index index_select meshgrid one_hot",
    "products": "addmm baddbmm bmm dot grouped_mm mm mv outer",
    "rare_norm": "CrossMapLRN2d SyncBatchNorm crossmaplrn2d syncbatchnorm",
    "recurrent": "GRU GRUCell LSTM LSTMCell RNN RNNCell gru grucell lstm lstmcell rnn rnncell",
    "reduce": """
        all amax amin any argmax argmin argsort cummax cummin cumprod cumsum diff logcumsumexp logsumexp max mean median
        min norm normalize prod sort std sum topk var vector_norm
    """,
    "resize": """
        ChannelShuffle PixelShuffle PixelUnshuffle Upsample UpsamplingBilinear2d UpsamplingNearest2d channelshuffle
        interpolate pixelshuffle pixelunshuffle upsample upsamplingbilinear2d upsamplingnearest2d
    """,
    "scatter": "index_add index_copy index_fill scatter scatter_add scatter_reduce",
    "special": """
        acosh asinh atanh bitwise_left_shift bitwise_right_shift copysign deg2rad digamma erfinv fmax fmin frac
        heaviside hypot i0 isneginf isposinf isreal lgamma logaddexp logaddexp2 logit nextafter rad2deg sgn signbit sinc
        xlogy
    """,
    "state": "buffer constant param parameter",
    "statistics": "bincount bucketize histc isin kthvalue multinomial nanquantile quantile searchsorted",
    "transformer": """
        Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer transformer
        transformerdecoder transformerdecoderlayer transformerencoder transformerencoderlayer
    """,
    "unpool": """
        FractionalMaxPool2d FractionalMaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d fractionalmaxpool
        fractionalmaxpool2d fractionalmaxpool3d maxunpool maxunpool1d maxunpool2d maxunpool3d
    """,
}


@cache
def _modules() -> dict[str, str]:
    return {name: module for module, names in INDEX.items() for name in names.split()}


def module_of(name: str) -> str | None:
    """The file that defines a layer, by any of its names."""
    return _modules().get(name)
