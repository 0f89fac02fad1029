"""Packed sequences (torch.nn.utils.rnn): how long each is is a question of values, so that all are as long as the input
is, and the figures say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.layers.site import Finding
from cnncalc.source.dtypes import INT64
from cnncalc.source.errors import ShapeError, unknown
from cnncalc.source.functions import call
from cnncalc.source.sizes import current
from cnncalc.source.tensor import Tensor, full, tensor_of

WHOLE = "every sequence is as long as what holds it"


class PackedSequence:
    """torch.nn.utils.rnn.PackedSequence, with the sequences as they are beside each other."""

    def __init__(
        self, data: Tensor, batch_sizes: Any = None, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> None:
        samples, steps = getattr(batch_sizes, "_packs", (None, None))
        if samples is None:
            unknown("a PackedSequence", "of other sizes than another one has is not known without torch")
        shape = (steps, samples, *data.shape[1:])
        self._set(call("reshape", (data, shape), {}), batch_sizes, (sorted_indices, unsorted_indices))

    def _set(self, steps_first: Tensor, batch_sizes: Any, order: tuple[Any, Any]) -> PackedSequence:
        self.steps_first = steps_first
        self.batch_sizes = batch_sizes
        self.sorted_indices, self.unsorted_indices = order
        return self

    @property
    def data(self) -> Any:
        return call("flatten", (self.steps_first, 0, 1), {})

    def _with(self, steps_first: Tensor) -> PackedSequence:
        """Other values of the same lengths."""
        made = PackedSequence.__new__(PackedSequence)
        return made._set(steps_first, self.batch_sizes, (self.sorted_indices, self.unsorted_indices))

    def to(self, *_: Any, **__: Any) -> PackedSequence:
        return self

    cuda = cpu = pin_memory = to


def refuse(message: str) -> None:
    raise ShapeError(Finding("bad-argument", message, None, (), None))


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    if len(input._shape) < 2:
        refuse(f"pack_padded_sequence takes samples and steps, but {list(input.shape)} arrives")
    steps_first = call("transpose", (input, 0, 1), {}) if batch_first else input
    steps, samples = steps_first.shape[:2]
    known = lengths if isinstance(lengths, list | tuple) else None
    if isinstance(lengths, Tensor):
        if len(lengths._shape) != 1 or lengths.dtype is not INT64:
            arrives = f"{list(lengths.shape)} of {lengths.dtype.name}"
            refuse(f"pack_padded_sequence takes a list of whole lengths, but {arrives} arrives")
        if lengths._shape[0] != steps_first._shape[1]:
            refuse(f"there are {lengths.shape[0]} lengths of {samples} sequences")
        known = lengths.tolist() if lengths._data is not None else None
    if known is None:
        current().tell(WHOLE)
    elif any(one != steps for one in known):
        unknown("pack_padded_sequence", f"with lengths other than {steps} is not known without torch")
    sizes = full((steps_first._shape[0],), samples, INT64)
    sizes.__dict__["_packs"] = (samples, steps)
    order = None if enforce_sorted else tensor_of((steps_first._shape[1],), INT64)
    return PackedSequence.__new__(PackedSequence)._set(steps_first, sizes, (order, order))


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: Any = None
) -> tuple[Any, Any]:
    steps_first = sequence.steps_first
    steps = steps_first.shape[0]
    if total_length is not None and total_length != steps:
        refuse(f"sequences of {steps} steps are not padded to a total_length of {total_length}")
    found = call("transpose", (steps_first, 0, 1), {}) if batch_first else steps_first
    return found, full((steps_first._shape[1],), steps, INT64)


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    most = max([one.shape[0] for one in sequences])
    rows = []
    for one in sequences:
        missing = most - one.shape[0]
        sides = (0, missing) if padding_side == "right" else (missing, 0)
        wide = [0, 0] * (len(one._shape) - 1)
        rows.append(one if missing == 0 else call("pad", (one, (*wide, *sides), "constant", padding_value), {}))
    return call("stack", (rows, 0 if batch_first else 1), {})


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    lengths = [one.shape[0] for one in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


NAMES: Mapping[str, Any] = {
    f"torch.nn.utils.rnn.{one.__name__}": one
    for one in (PackedSequence, pack_padded_sequence, pad_packed_sequence, pad_sequence, pack_sequence)
}
