"""torch.distributions, as far as models draw from them: shapes and types, by torch's own formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cnncalc.source.creation import sizes_of
from cnncalc.source.dtypes import INT64, Size
from cnncalc.source.errors import NoTensor, unknown
from cnncalc.source.functions import call
from cnncalc.source.tensor import Tensor, full, tensor_of


def tensors(*values: Any) -> list[Any]:
    """Parameters as tensors of one shape. Raises NoTensor."""
    if not any(isinstance(one, Tensor) for one in values):
        return [full((), float(one)) for one in values]
    kind = next(one.dtype for one in values if isinstance(one, Tensor))
    given = [one if isinstance(one, Tensor) else full((), float(one), kind) for one in values]
    return list(call("broadcast_tensors", tuple(given), {}))


class Distribution:
    """A distribution of values, of which each has the shape `event_shape`."""

    has_rsample = False
    _of: Any  # a tensor of its batch_shape and event_shape
    _event: int = 0  # how many of its axes are one value's
    _kind: Any = None  # the type of what is drawn, where it is another

    def __init__(self, *_: Any, **__: Any) -> None:
        unknown(f"torch.distributions.{type(self).__name__}")

    def _shape(self, sample_shape: Any) -> Any:
        return (*sizes_of((tuple(sample_shape),)), *self._of._shape)

    @property
    def batch_shape(self) -> Size:
        return self._of.shape[: len(self._of._shape) - self._event]  # type: ignore[no-any-return]

    @property
    def event_shape(self) -> Size:
        return self._of.shape[len(self._of._shape) - self._event :]  # type: ignore[no-any-return]

    def _drawn(self, sample_shape: Any) -> Tensor:
        """Drawn numbers, which no layer gives."""
        return tensor_of(self._shape(sample_shape), self._kind or self._of.dtype)

    def sample(self, sample_shape: Any = ()) -> Any:
        return self._drawn(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        if not self.has_rsample:
            raise NotImplementedError
        return self._drawn(sample_shape)

    def expand(self, *_: Any, **__: Any) -> Any:
        unknown(f"torch.distributions.{type(self).__name__}.expand")

    @property
    def stddev(self) -> Any:
        return call("sqrt", (self.variance,), {})

    @property
    def mode(self) -> Any:
        return self.mean

    mean: Any
    variance: Any

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        unknown(f"torch.distributions.{type(self).__name__}.{name}")


class Normal(Distribution):
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: Any = None) -> None:
        self.loc, self.scale = tensors(loc, scale)
        self._of = self.loc

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.loc + self._drawn(sample_shape) * self.scale

    mean = mode = property(lambda self: self.loc)
    stddev = property(lambda self: self.scale)
    variance = property(lambda self: call("pow", (self.scale, 2), {}))

    def log_prob(self, value: Any) -> Any:
        variance = call("pow", (self.scale, 2), {})
        apart = call("pow", (value - self.loc, 2), {})
        return -apart / (variance * 2) - call("log", (self.scale,), {}) - math.log(math.sqrt(2 * math.pi))

    def entropy(self) -> Any:
        return call("log", (self.scale,), {}) + (0.5 + 0.5 * math.log(2 * math.pi))

    def cdf(self, value: Any) -> Any:
        inverse = call("reciprocal", (self.scale,), {})
        return (call("erf", ((value - self.loc) * inverse / math.sqrt(2),), {}) + 1) * 0.5


class LogNormal(Normal):
    def rsample(self, sample_shape: Any = ()) -> Any:
        return call("exp", (super().rsample(sample_shape),), {})

    log_prob = entropy = cdf = mean = mode = stddev = variance = property(
        lambda self: unknown("torch.distributions.LogNormal", "is known for what is drawn alone without torch")
    )


class Laplace(Distribution):
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: Any = None) -> None:
        self.loc, self.scale = tensors(loc, scale)
        self._of = self.loc

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.loc - self.scale * self._drawn(sample_shape)

    mean = mode = property(lambda self: self.loc)

    def log_prob(self, value: Any) -> Any:
        return -call("log", (self.scale * 2,), {}) - call("abs", (value - self.loc,), {}) / self.scale

    def entropy(self) -> Any:
        return call("log", (self.scale * 2,), {}) + 1


class Uniform(Distribution):
    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: Any = None) -> None:
        self.low, self.high = tensors(low, high)
        self._of = self.low

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.low + self._drawn(sample_shape) * (self.high - self.low)

    mean = property(lambda self: (self.high + self.low) / 2)

    def entropy(self) -> Any:
        return call("log", (self.high - self.low,), {})


class OfOdds(Distribution):
    """Of probabilities, or of their logits. Raises ValueError as torch, where it is not one of both."""

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        (self._given,) = tensors(probs if logits is None else logits)
        self._by_logits = logits is not None
        self._of = self._given


class Bernoulli(OfOdds):
    @property
    def probs(self) -> Any:
        return call("sigmoid", (self._given,), {}) if self._by_logits else self._given

    @property
    def logits(self) -> Any:
        return self._given if self._by_logits else call("logit", (self._given,), {})

    mean = property(lambda self: self.probs)
    variance = property(lambda self: self.probs * (1 - self.probs))

    def log_prob(self, value: Any) -> Any:
        return -call("binary_cross_entropy_with_logits", (self.logits, value), {"reduction": "none"})

    def entropy(self) -> Any:
        return call("binary_cross_entropy_with_logits", (self.logits, self.probs), {"reduction": "none"})


class Categorical(OfOdds):
    _kind = INT64

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(probs, logits)
        if not self._given._shape:
            raise ValueError("a parameter must be at least one-dimensional")
        self._of = self._given._alias()
        self._of._shape = self._given._shape[:-1]

    @property
    def probs(self) -> Any:
        if self._by_logits:
            return call("softmax", (self.logits, -1), {})
        return self._given / call("sum", (self._given, -1, True), {})

    @property
    def logits(self) -> Any:
        if not self._by_logits:
            return call("log", (self.probs,), {})
        return self._given - call("logsumexp", (self._given,), {"dim": -1, "keepdim": True})

    def log_prob(self, value: Any) -> Any:
        index = call("unsqueeze", (value._alias(INT64), -1), {})
        logits = call("expand", (self.logits, (*index.shape[:-1], -1)), {})
        return call("squeeze", (call("gather", (logits, -1, index), {}), -1), {})

    def entropy(self) -> Any:
        return -call("sum", (self.logits * self.probs, -1), {})


class Independent(Distribution):
    """A distribution, the last axes of whose batch are one value's."""

    def __init__(self, base_distribution: Any, reinterpreted_batch_ndims: int, validate_args: Any = None) -> None:
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.has_rsample = base_distribution.has_rsample
        self._of = base_distribution._of
        self._event = reinterpreted_batch_ndims + base_distribution._event
        if self._event > len(self._of._shape):
            raise ValueError("Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape)")

    def _summed(self, value: Any) -> Any:
        last = tuple(range(-self.reinterpreted_batch_ndims, 0))
        return call("sum", (value, last), {}) if last else value

    def sample(self, sample_shape: Any = ()) -> Any:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.base_dist.rsample(sample_shape)

    mean = property(lambda self: self.base_dist.mean)
    mode = property(lambda self: self.base_dist.mode)
    variance = property(lambda self: self.base_dist.variance)
    stddev = property(lambda self: self.base_dist.stddev)

    def log_prob(self, value: Any) -> Any:
        return self._summed(self.base_dist.log_prob(value))

    def entropy(self) -> Any:
        return self._summed(self.base_dist.entropy())


def kl_divergence(p: Any, q: Any) -> Any:
    if isinstance(p, Independent) and isinstance(q, Independent):
        return p._summed(kl_divergence(p.base_dist, q.base_dist))
    if type(p) is Normal and type(q) is Normal:
        ratio = call("pow", (p.scale / q.scale, 2), {})
        apart = call("pow", ((p.loc - q.loc) / q.scale, 2), {})
        return (ratio + apart - 1 - call("log", (ratio,), {})) * 0.5
    if type(p) is Categorical and type(q) is Categorical:
        return call("sum", (p.probs * (p.logits - q.logits), -1), {})
    names = " and ".join(type(one).__name__ for one in (p, q))
    if not isinstance(p, Distribution) or not isinstance(q, Distribution):
        raise NoTensor(f"kl_divergence() takes two distributions, not {names}")
    unknown("torch.distributions.kl_divergence", f"of {names} is not known without torch")


KNOWN = (Distribution, Normal, LogNormal, Laplace, Uniform, Bernoulli, Categorical, Independent)
PLACES = {Distribution: "distribution", LogNormal: "log_normal"}
NAMES: Mapping[str, Any] = {
    "torch.distributions.kl_divergence": kl_divergence,
    "torch.distributions.kl.kl_divergence": kl_divergence,
    **{f"torch.distributions.{one.__name__}": one for one in KNOWN},
    **{f"torch.distributions.{PLACES.get(one, one.__name__.lower())}.{one.__name__}": one for one in KNOWN},
}
