"""Where torch has the functions that are known here.

`CNNCALC_OVERWRITE=1 python -m pytest tests/torch/test_places.py` writes the table anew, by the torch that is installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

PLACES: dict[str, str] = {
    "torch": """
        _adaptive_avg_pool2d _adaptive_avg_pool3d _conj _embedding_bag _grouped_mm _log_softmax _logcumsumexp _softmax
        _stack _weight_norm abs abs_ absolute acos acos_ acosh acosh_ adaptive_avg_pool1d adaptive_max_pool1d add addbmm
        addcdiv addcmul addmm addmv addr adjoint affine_grid_generator all allclose alpha_dropout alpha_dropout_ amax
        amin aminmax angle any arange arccos arccos_ arccosh arccosh_ arcsin arcsin_ arcsinh arcsinh_ arctan arctan2
        arctan_ arctanh arctanh_ argmax argmin argsort argwhere asin asin_ asinh asinh_ atan atan2 atan_ atanh atanh_
        atleast_1d atleast_2d atleast_3d avg_pool1d baddbmm batch_norm bernoulli bilinear
        binary_cross_entropy_with_logits bincount bitwise_and bitwise_left_shift bitwise_not bitwise_or
        bitwise_right_shift bitwise_xor bmm broadcast_tensors broadcast_to bucketize cartesian_prod cat cdist ceil ceil_
        celu celu_ channel_shuffle chunk clamp clamp_ clamp_max clamp_max_ clamp_min clamp_min_ clip clip_ clone
        column_stack complex concat concatenate conj conv1d conv2d conv3d conv_transpose1d conv_transpose2d
        conv_transpose3d copysign cos cos_ cosh cosh_ cosine_similarity count_nonzero cross cummax cummin cumprod cumsum
        deg2rad deg2rad_ det detach detach_ diag diag_embed diagflat diagonal diff digamma dist div divide dot dropout
        dropout_ dsplit dstack einsum embedding embedding_bag empty eq equal erf erf_ erfc erfc_ erfinv exp exp2 exp2_
        exp_ expm1 expm1_ eye feature_alpha_dropout feature_alpha_dropout_ feature_dropout feature_dropout_ fill fill_
        fix fix_ flatten flip fliplr flipud float_power floor floor_ floor_divide fmax fmin fmod frac frac_ full gather
        ge ger greater greater_equal group_norm gru gru_cell gt hardshrink heaviside histc hsplit hstack hypot i0 i0_
        imag index_add index_copy index_fill index_select inner instance_norm inverse isfinite isin isinf isnan isneginf
        isposinf isreal kl_div kron kthvalue layer_norm le lerp less less_equal lgamma linspace log log10 log10_ log1p
        log1p_ log2 log2_ log_ log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_not logical_or
        logical_xor logit logit_ logsumexp lstm lstm_cell lt masked_fill masked_select matmul matrix_exp matrix_power
        max max_pool1d max_pool2d max_pool3d maximum mean median meshgrid min minimum mm moveaxis movedim msort mul
        multinomial multiply mv nan_to_num nan_to_num_ nanquantile nansum narrow native_channel_shuffle native_dropout
        ne neg neg_ negative negative_ nextafter nonzero norm normal not_equal numel ones outer pairwise_distance
        permute pixel_shuffle pixel_unshuffle polar positive pow prelu prod quantile rad2deg rad2deg_ rand randn ravel
        real reciprocal reciprocal_ relu relu_ remainder repeat_interleave reshape resolve_conj resolve_neg rms_norm
        roll rot90 round round_ row_stack rrelu rrelu_ rsqrt rsqrt_ rsub scatter scatter_add scatter_reduce searchsorted
        select selu selu_ sgn sigmoid sigmoid_ sign signbit sin sin_ sinc sinc_ sinh sinh_ slogdet softmax sort split
        split_with_sizes sqrt sqrt_ square square_ squeeze stack std std_mean sub subtract sum swapaxes swapdims t take
        take_along_dim tan tan_ tanh tanh_ tensor_split tensordot threshold threshold_ tile topk trace transpose tril
        triu true_divide trunc trunc_ unbind unflatten unique unique_consecutive unsqueeze var var_mean vdot
        view_as_complex view_as_real vsplit vstack where xlogy xlogy_ zero_ zeros
    """,
    "torch.nn.functional": """
        _adaptive_max_pool1d _adaptive_max_pool2d _adaptive_max_pool3d _fractional_max_pool2d _fractional_max_pool3d
        _max_pool1d _max_pool2d _max_pool3d _threshold adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
        adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d affine_grid alpha_dropout avg_pool1d avg_pool2d
        avg_pool3d batch_norm bilinear binary_cross_entropy binary_cross_entropy_with_logits celu celu_ channel_shuffle
        conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d cosine_similarity cross_entropy dropout
        dropout1d dropout2d dropout3d elu elu_ embedding embedding_bag feature_alpha_dropout fold fractional_max_pool2d
        fractional_max_pool3d gelu glu grid_sample group_norm grouped_mm gumbel_softmax hardshrink hardsigmoid hardswish
        hardtanh hardtanh_ huber_loss instance_norm interpolate kl_div l1_loss layer_norm leaky_relu leaky_relu_ linear
        local_response_norm log_softmax logsigmoid lp_pool1d lp_pool2d lp_pool3d max_pool1d max_pool2d
        max_pool2d_with_indices max_pool3d max_pool3d_with_indices max_unpool1d max_unpool2d max_unpool3d mish mse_loss
        multi_head_attention_forward native_channel_shuffle nll_loss normalize one_hot pad pairwise_distance
        pixel_shuffle pixel_unshuffle prelu relu relu6 relu_ rms_norm rrelu rrelu_ scaled_dot_product_attention selu
        selu_ sigmoid silu smooth_l1_loss softmax softmin softplus softshrink softsign tanh tanhshrink threshold
        threshold_ unfold upsample upsample_bilinear upsample_nearest
    """,
    "torch.Tensor": """
        _autocast_to_full_precision _autocast_to_reduced_precision _conj abs abs_ absolute absolute_ acos acos_ acosh
        acosh_ add add_ addbmm addcdiv addcdiv_ addcmul addcmul_ addmm addmm_ addmv addr adjoint all allclose amax amin
        aminmax angle any arccos arccos_ arccosh arccosh_ arcsin arcsin_ arcsinh arcsinh_ arctan arctan2 arctan2_
        arctan_ arctanh arctanh_ argmax argmin argsort argwhere asin asin_ asinh asinh_ atan atan2 atan2_ atan_ atanh
        atanh_ baddbmm baddbmm_ bernoulli bernoulli_ bfloat16 bincount bitwise_and bitwise_and_ bitwise_left_shift
        bitwise_left_shift_ bitwise_not bitwise_not_ bitwise_or bitwise_or_ bitwise_right_shift bitwise_right_shift_
        bitwise_xor bitwise_xor_ bmm bool broadcast_to byte cauchy_ cdouble ceil ceil_ cfloat char chunk clamp clamp_
        clamp_max clamp_max_ clamp_min clamp_min_ clip clip_ clone conj contiguous copy_ copysign copysign_ cos cos_
        cosh cosh_ count_nonzero cross cummax cummin cumprod cumprod_ cumsum cumsum_ deg2rad deg2rad_ dense_dim det
        detach detach_ diag diag_embed diagflat diagonal diff digamma digamma_ dist div div_ divide divide_ dot double
        dsplit eq eq_ equal erf erf_ erfc erfc_ erfinv erfinv_ exp exp2 exp2_ exp_ expand expand_as expm1 expm1_
        exponential_ fill_ fix fix_ flatten flip fliplr flipud float float_power floor floor_ floor_divide floor_divide_
        fmax fmin fmod fmod_ frac frac_ gather ge ge_ geometric_ ger greater greater_ greater_equal greater_equal_ gt
        gt_ half hardshrink heaviside heaviside_ histc hsplit hypot hypot_ i0 i0_ index index_add index_add_ index_copy
        index_copy_ index_fill index_fill_ index_select inner int inverse isfinite isinf isnan isneginf isposinf isreal
        kron kthvalue le le_ lerp lerp_ less less_ less_equal less_equal_ lgamma lgamma_ log log10 log10_ log1p log1p_
        log2 log2_ log_ log_normal_ log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_and_
        logical_not logical_not_ logical_or logical_or_ logical_xor logical_xor_ logit logit_ logsumexp long lt lt_
        masked_fill masked_fill_ masked_select matmul matrix_exp matrix_power max maximum mean median min minimum mm
        moveaxis movedim msort mul mul_ multinomial multiply multiply_ mv nan_to_num nan_to_num_ nanquantile nansum
        narrow ne ne_ neg neg_ negative negative_ new_empty new_empty_strided new_full new_ones new_tensor new_zeros
        nextafter nextafter_ nonzero norm normal_ not_equal not_equal_ numel outer permute positive pow pow_ prelu prod
        quantile rad2deg rad2deg_ random_ ravel reciprocal reciprocal_ relu relu_ remainder remainder_ repeat
        repeat_interleave requires_grad_ reshape reshape_as resolve_conj resolve_neg roll rot90 round round_ rsqrt
        rsqrt_ scatter scatter_ scatter_add scatter_add_ scatter_reduce scatter_reduce_ select sgn sgn_ short sigmoid
        sigmoid_ sign sign_ signbit sin sin_ sinc sinc_ sinh sinh_ slogdet softmax sort split split_with_sizes sqrt
        sqrt_ square square_ squeeze squeeze_ std sub sub_ subtract subtract_ sum swapaxes swapaxes_ swapdims swapdims_
        t t_ take take_along_dim tan tan_ tanh tanh_ tensor_split tile to topk trace transpose transpose_ tril tril_
        triu triu_ true_divide true_divide_ trunc trunc_ type_as unbind unflatten unfold uniform_ unique
        unique_consecutive unsqueeze unsqueeze_ var vdot view view_as vsplit where xlogy xlogy_ zero_
    """,
    "torch.Tensor, not known": """
        addbmm_ addmv_ addr_ apply_ as_strided as_strided_ as_strided_scatter as_subclass ccol_indices chalf cholesky
        cholesky_inverse cholesky_solve coalesce col_indices conj_physical conj_physical_ const_data_ptr corrcoef cov
        crow_indices dequantize diagonal_scatter dim_order eig fill_diagonal_ float_power_ frexp gcd gcd_ geqrf
        grad_dtype hash_tensor histogram igamma igamma_ igammac igammac_ index_put index_put_ index_reduce index_reduce_
        indices int_repr ipu is_coalesced is_conj is_cpu is_distributed is_inference is_ipu is_maia is_mps is_mtia
        is_neg is_nonzero is_pinned is_set_to is_shared is_signed is_sparse_csr is_vulkan is_xla is_xpu isclose istft
        lcm lcm_ ldexp ldexp_ lstsq lu lu_solve mH map2_ map_ masked_scatter masked_scatter_ mode module_load mtia
        mvlgamma mvlgamma_ name nanmean nanmedian narrow_copy new nonzero_static orgqr ormqr output_nr pinverse
        polygamma polygamma_ put put_ q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale
        q_zero_point qr qscheme record_stream register_post_accumulate_grad_hook reinforce renorm renorm_ resize resize_
        resize_as resize_as_ resize_as_sparse_ retains_grad row_indices select_scatter set_ slice_inverse slice_scatter
        smm solve sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ sspaddmm stft storage_offset
        storage_type sum_to_size svd symeig to_dense to_mkldnn to_padded_tensor to_sparse to_sparse_bsc to_sparse_bsr
        to_sparse_coo to_sparse_csc to_sparse_csr triangular_solve unsafe_chunk unsafe_split unsafe_split_with_sizes
        values volatile xpu
    """,
}


@cache
def names(place: str) -> frozenset[str]:
    """The functions that a place of torch's has."""
    return frozenset(PLACES[place].split())


def elsewhere(place: str, name: str) -> str | None:
    """The call that does what a name would that a place has not, as code writes it; None for none."""
    from cnncalc.diagnostics import nearest
    from cnncalc.operators.names import layer_for

    cls = layer_for(name)
    wanted: Iterable[str] = (name, *FOREIGN.get(name, ()), *([] if cls is None else called(cls.torch or cls.name)))
    for one in wanted:
        for other in (place, *SHORT):
            if one in names(other):
                return SHORT[other].format(one)
    near = nearest(name, sorted(names(place)))
    return SHORT[place].format(near[0]) if near else None


def called(name: str) -> list[str]:
    """The functions that a class may be called as: `leaky_relu` and `leakyrelu` of LeakyReLU."""
    parts = "".join(f"_{letter}" if letter.isupper() and before.islower() else letter for before, letter in pairs(name))
    return [parts.lower(), name.lower()]


def pairs(name: str) -> list[tuple[str, str]]:
    return list(zip(f" {name}", name))


SHORT = {"torch": "torch.{}", "torch.nn.functional": "F.{}", "torch.Tensor": "x.{}"}
"""How code writes what is in a place."""

FOREIGN = {"astype": ("to",), "copy": ("clone",), "concatenate": ("cat",), "concat": ("cat",), "array": ("tensor",)}
"""What numpy calls otherwise."""
