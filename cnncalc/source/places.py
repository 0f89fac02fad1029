"""Where torch has the functions that are known here.

`CNNCALC_OVERWRITE=1 python -m pytest tests/torch/test_places.py` writes the table anew, by the torch that is installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

PLACES: dict[str, str] = {
    "torch": """
        _adaptive_avg_pool2d _adaptive_avg_pool3d _conj _embedding_bag _grouped_mm _log_softmax _logcumsumexp _softmax
        _stack _weight_norm abs abs_ absolute acos acos_ adaptive_avg_pool1d adaptive_max_pool1d add addcdiv addcmul
        addmm adjoint affine_grid_generator all allclose alpha_dropout alpha_dropout_ amax amin angle any arange arccos
        arccos_ arcsin arcsin_ arctan arctan2 arctan_ argmax argmin argsort argwhere asin asin_ atan atan2 atan_
        atleast_1d atleast_2d avg_pool1d baddbmm batch_norm bernoulli bilinear binary_cross_entropy_with_logits bincount
        bitwise_and bitwise_not bitwise_or bitwise_xor bmm broadcast_tensors broadcast_to bucketize cat cdist ceil ceil_
        celu celu_ channel_shuffle chunk clamp clamp_ clamp_max clamp_max_ clamp_min clamp_min_ clip clip_ clone
        column_stack complex concat concatenate conj conv1d conv2d conv3d conv_transpose1d conv_transpose2d
        conv_transpose3d cos cos_ cosh cosh_ cosine_similarity cross cummax cummin cumprod cumsum det detach detach_
        diff div divide dot dropout dropout_ dstack einsum embedding embedding_bag empty eq equal erf erf_ erfc erfc_
        exp exp2 exp2_ exp_ expm1 expm1_ eye feature_alpha_dropout feature_alpha_dropout_ feature_dropout
        feature_dropout_ fill fill_ fix fix_ flatten flip fliplr flipud floor floor_ floor_divide fmod full gather ge
        ger greater greater_equal group_norm gru gru_cell gt hardshrink histc hstack imag index_add index_copy
        index_fill index_select inner instance_norm inverse isfinite isin isinf isnan kl_div kthvalue layer_norm le lerp
        less less_equal linspace log log10 log10_ log1p log1p_ log2 log2_ log_ log_softmax logcumsumexp logical_and
        logical_not logical_or logical_xor logsumexp lstm lstm_cell lt masked_fill masked_select matmul matrix_exp
        matrix_power max max_pool1d max_pool2d max_pool3d maximum mean median meshgrid min minimum mm moveaxis movedim
        msort mul multinomial multiply mv nan_to_num nan_to_num_ nanquantile narrow native_channel_shuffle
        native_dropout ne neg neg_ negative negative_ nonzero norm normal not_equal numel ones outer pairwise_distance
        permute pixel_shuffle pixel_unshuffle polar positive pow prelu prod quantile rand randn ravel real reciprocal
        reciprocal_ relu relu_ remainder repeat_interleave reshape resolve_conj resolve_neg rms_norm roll round round_
        row_stack rrelu rrelu_ rsqrt rsqrt_ rsub scatter scatter_add scatter_reduce searchsorted select selu selu_
        sigmoid sigmoid_ sign sin sin_ sinh sinh_ slogdet softmax sort split split_with_sizes sqrt sqrt_ square square_
        squeeze stack std std_mean sub subtract sum swapaxes swapdims t tan tan_ tanh tanh_ tensor_split tensordot
        threshold threshold_ tile topk transpose tril triu true_divide trunc trunc_ unbind unflatten unique
        unique_consecutive unsqueeze var var_mean vdot view_as_complex view_as_real vstack where zero_ zeros
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
        native_channel_shuffle nll_loss normalize one_hot pad pairwise_distance pixel_shuffle pixel_unshuffle prelu relu
        relu6 relu_ rms_norm rrelu rrelu_ scaled_dot_product_attention selu selu_ sigmoid silu smooth_l1_loss softmax
        softmin softplus softshrink softsign tanh tanhshrink threshold threshold_ unfold upsample
    """,
    "torch.Tensor": """
        _autocast_to_full_precision _autocast_to_reduced_precision _conj abs abs_ absolute absolute_ acos acos_ add add_
        addcdiv addcdiv_ addcmul addcmul_ addmm addmm_ adjoint all allclose amax amin angle any arccos arccos_ arcsin
        arcsin_ arctan arctan2 arctan2_ arctan_ argmax argmin argsort argwhere asin asin_ atan atan2 atan2_ atan_
        baddbmm baddbmm_ bernoulli bernoulli_ bfloat16 bincount bitwise_and bitwise_and_ bitwise_not bitwise_not_
        bitwise_or bitwise_or_ bitwise_xor bitwise_xor_ bmm bool broadcast_to byte cauchy_ cdouble ceil ceil_ cfloat
        char chunk clamp clamp_ clamp_max clamp_max_ clamp_min clamp_min_ clip clip_ clone conj contiguous copy_ cos
        cos_ cosh cosh_ cross cummax cummin cumprod cumprod_ cumsum cumsum_ dense_dim det detach detach_ diff div div_
        divide divide_ dot double eq eq_ equal erf erf_ erfc erfc_ erfinv_ exp exp2 exp2_ exp_ expand expand_as expm1
        expm1_ exponential_ fill_ fix fix_ flatten flip fliplr flipud float floor floor_ floor_divide floor_divide_ fmod
        fmod_ gather ge ge_ geometric_ ger greater greater_ greater_equal greater_equal_ gt gt_ half hardshrink histc
        index index_add index_add_ index_copy index_copy_ index_fill index_fill_ index_select inner int inverse isfinite
        isinf isnan kthvalue le le_ lerp lerp_ less less_ less_equal less_equal_ log log10 log10_ log1p log1p_ log2
        log2_ log_ log_normal_ log_softmax logcumsumexp logical_and logical_and_ logical_not logical_not_ logical_or
        logical_or_ logical_xor logical_xor_ logsumexp long lt lt_ masked_fill masked_fill_ masked_select matmul
        matrix_exp matrix_power max maximum mean median min minimum mm moveaxis movedim msort mul mul_ multinomial
        multiply multiply_ mv nan_to_num nan_to_num_ nanquantile narrow ne ne_ neg neg_ negative negative_ new_empty
        new_empty_strided new_full new_ones new_tensor new_zeros nonzero norm normal_ not_equal not_equal_ numel outer
        permute positive pow pow_ prelu prod quantile random_ ravel reciprocal reciprocal_ relu relu_ remainder
        remainder_ repeat repeat_interleave requires_grad_ reshape reshape_as resolve_conj resolve_neg roll round round_
        rsqrt rsqrt_ scatter scatter_ scatter_add scatter_add_ scatter_reduce scatter_reduce_ select short sigmoid
        sigmoid_ sign sign_ sin sin_ sinh sinh_ slogdet softmax sort split split_with_sizes sqrt sqrt_ square square_
        squeeze squeeze_ std sub sub_ subtract subtract_ sum swapaxes swapaxes_ swapdims swapdims_ t t_ tan tan_ tanh
        tanh_ tensor_split tile to topk transpose transpose_ tril tril_ triu triu_ true_divide true_divide_ trunc trunc_
        type_as unbind unflatten unfold uniform_ unique unique_consecutive unsqueeze unsqueeze_ var vdot view view_as
        where zero_
    """,
    "torch.Tensor, not known": """
        acosh acosh_ addbmm addbmm_ addmv addmv_ addr addr_ aminmax apply_ arccosh arccosh_ arcsinh arcsinh_ arctanh
        arctanh_ as_strided as_strided_ as_strided_scatter as_subclass asinh asinh_ atanh atanh_ bitwise_left_shift
        bitwise_left_shift_ bitwise_right_shift bitwise_right_shift_ ccol_indices chalf cholesky cholesky_inverse
        cholesky_solve coalesce col_indices conj_physical conj_physical_ const_data_ptr copysign copysign_ corrcoef
        count_nonzero cov crow_indices deg2rad deg2rad_ dequantize diag diag_embed diagflat diagonal diagonal_scatter
        digamma digamma_ dim_order dist dsplit eig erfinv fill_diagonal_ float_power float_power_ fmax fmin frac frac_
        frexp gcd gcd_ geqrf grad_dtype hash_tensor heaviside heaviside_ histogram hsplit hypot hypot_ i0 i0_ igamma
        igamma_ igammac igammac_ index_put index_put_ index_reduce index_reduce_ indices int_repr ipu is_coalesced
        is_conj is_cpu is_distributed is_inference is_ipu is_maia is_mps is_mtia is_neg is_nonzero is_pinned is_set_to
        is_shared is_signed is_sparse_csr is_vulkan is_xla is_xpu isclose isneginf isposinf isreal istft kron lcm lcm_
        ldexp ldexp_ lgamma lgamma_ logaddexp logaddexp2 logdet logit logit_ lstsq lu lu_solve mH map2_ map_
        masked_scatter masked_scatter_ mode module_load mtia mvlgamma mvlgamma_ name nanmean nanmedian nansum
        narrow_copy new nextafter nextafter_ nonzero_static orgqr ormqr output_nr pinverse polygamma polygamma_ put put_
        q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point qr qscheme rad2deg
        rad2deg_ record_stream register_post_accumulate_grad_hook reinforce renorm renorm_ resize resize_ resize_as
        resize_as_ resize_as_sparse_ retains_grad rot90 row_indices select_scatter set_ sgn sgn_ signbit sinc sinc_
        slice_inverse slice_scatter smm solve sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ sspaddmm
        stft storage_offset storage_type sum_to_size svd symeig take take_along_dim to_dense to_mkldnn to_padded_tensor
        to_sparse to_sparse_bsc to_sparse_bsr to_sparse_coo to_sparse_csc to_sparse_csr trace triangular_solve
        unsafe_chunk unsafe_split unsafe_split_with_sizes values volatile vsplit xlogy xlogy_ xpu
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
