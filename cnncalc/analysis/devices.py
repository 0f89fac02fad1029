"""What devices can do at most: operations and bytes a second."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cnncalc.analysis.quantities import option_bound
from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest
from cnncalc.layers.memory import SIZES
from cnncalc.named_tuples import NamedTuple

OWN = Path(__file__).with_name("devices.yaml")
FORM = "name: {peak: {float32: 19.5T}, bandwidth: 1555G, source: its data sheet}"


class Device(NamedTuple):
    """A device, for one type."""

    name: str
    peak: int  # floating-point operations a second
    bandwidth: int  # bytes a second
    source: str  # whose figures they are


def devices(file: str | None = None) -> dict[str, Mapping[str, Any]]:
    """All devices by name: the package's own, and those of a file. Raises UsageError."""
    found = read(OWN)
    return found if file is None else {**found, **read(Path(file))}


def read(path: Path) -> dict[str, Mapping[str, Any]]:
    """The devices of a file. Raises UsageError."""
    import yaml  # 20 ms, for devices alone

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(Diagnostic("missing-file", f"the devices in {path} cannot be read: {reason}")) from None
    except yaml.YAMLError:
        raise UsageError(Diagnostic("bad-device", f"{path} is no YAML", hint=FORM)) from None
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise UsageError(Diagnostic("bad-device", f"{path} is no table of devices", hint=FORM))
    return {str(name): one for name, one in found.items()}


def device(name: str, dtype: str, file: str | None = None) -> Device:
    """A device for numbers of a type. Raises UsageError.

    >>> device("a100-40gb", "float32")[:3]
    ('a100-40gb', 19500000000000, 1555000000000)
    """
    known = devices(file)
    if name not in known:
        near = nearest(name, list(known))
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(known))}; --devices FILE adds more"
        raise UsageError(Diagnostic("unknown-device", f"there is no device {name}", hint=hint))
    one = known[name]
    if "bandwidth" not in one:
        hint = "a line with bandwidth: 1555G, or --bandwidth"
        raise UsageError(Diagnostic("bad-device", f"the device {name} has no bandwidth", hint=hint))
    peak = one.get("peak")
    rates = peak if isinstance(peak, dict) else {}
    unknown = [str(type) for type in rates if type not in SIZES]
    if unknown or not rates:
        what = f"a peak for {unknown[0]}, which is no type" if unknown else "no peak"
        raise UsageError(Diagnostic("bad-device", f"the device {name} has {what}", hint=FORM))
    if dtype not in rates:
        message = f"the device {name} has no peak for {dtype}, but for {listed([str(type) for type in rates])}"
        raise UsageError(Diagnostic("bad-device", message, hint="--dtype chooses another"))
    told = {"peak": rates[dtype], "bandwidth": one["bandwidth"]}
    figures = [option_bound(f"{what} of {name}", "<=", str(value)) for what, value in told.items()]
    if not all(figures):
        raise UsageError(Diagnostic("bad-device", f"the device {name} does nothing in a second", hint=FORM))
    return Device(name, figures[0], figures[1], str(one.get("source", "")))


def stated(peak: str | None, bandwidth: str | None) -> Device:
    """A device that is said by its figures. Raises UsageError."""
    for given, option in ((peak, "--peak"), (bandwidth, "--bandwidth")):
        if given is None:
            other = "--bandwidth 1555G" if option == "--bandwidth" else "--peak 19.5T"
            message = f"a least time needs operations and bytes a second, but {option} is left out"
            raise UsageError(Diagnostic("bad-option", message, hint=f"{other}, or --device NAME"))
    rates = option_bound("--peak", "<=", peak or ""), option_bound("--bandwidth", "<=", bandwidth or "")
    if not all(rates):
        raise UsageError(Diagnostic("bad-option", "--peak and --bandwidth are more than 0"))
    return Device("stated", *rates, "")
