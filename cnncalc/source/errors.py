"""What stops a model's code. A shape that does not fit is an error of torch's kind, which code may catch; what is
not known or not decided is none, and goes past every `except Exception`."""

from __future__ import annotations

import os
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from cnncalc.diagnostics import nearest
from cnncalc.layers.site import Finding

if TYPE_CHECKING:
    from cnncalc.layers import Layer
    from cnncalc.layers.shapes import Shapes


class ShapeError(RuntimeError):
    """What torch refuses too."""

    def __init__(self, finding: Finding, module: object = None) -> None:
        super().__init__(finding.message)
        self.finding = finding
        self.module = module  # torch's own layer that refuses
        self.called: tuple[Layer, Shapes] | None = None  # the layer that it is here, and what arrives


class ArgumentError(ValueError):
    """An argument that torch refuses when a layer is made."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class NotMade(AttributeError):
    """A module is used before torch has made it one."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class NoName(AttributeError):
    """A name that torch does not have."""

    def __init__(self, whole: str, hint: str | None) -> None:
        message = f"{whole} is no name of torch's"
        super().__init__(message)
        self.finding = Finding("unknown-torch", message, None, (), hint)


class NoTensor(TypeError):
    """A function or layer is called with what it does not take. `given` is what is in the place of a tensor."""

    def __init__(self, message: str, hint: str | None = None, given: object = ()) -> None:
        super().__init__(message)
        self.hint, self.given = hint, given


class NoModule(TypeError):
    """What is given to hold is no module."""

    def __init__(self, message: str, given: object) -> None:
        super().__init__(message)
        self.given = given


class NotCalled(NotImplementedError):
    """A module without a forward is called."""

    def __init__(self, module: object) -> None:
        super().__init__(f'Module [{type(module).__name__}] is missing the required "forward" function')
        self.given = module


class Stop(BaseException):
    """The code cannot be followed further. Whoever has torch may go on with it."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.finding = Finding(code, message, None, (), hint)


class Unknown(Stop):
    """A name or a use of torch's that is not known here."""


class NeedsData(Stop):
    """The code asks for values that only real data have."""


class BatchAsked(Stop):
    """The code goes by the number of samples, which is left open."""


class Halted(Stop):
    """What a statement of a file would have set is used, and the statement has failed."""

    def __init__(self, cause: BaseException) -> None:
        finding = cause.finding if isinstance(cause, Stop) else Finding("source-failed", str(cause), None, (), None)
        super().__init__(finding.code, finding.message, finding.hint)
        self.cause = cause


class TooLong(Stop):
    """The code does not come to an end within its time."""


def unknown(name: str, what: str = "is not known without torch") -> NoReturn:
    """Refuse a name of torch's; one that torch has in other letters alone is a slip."""
    from cnncalc.layers import families

    bare = name.rpartition(".")[2]
    meant = {member.torch.lower(): member.torch for family in families() for member in family.members if member.torch}
    right = meant.get(bare.lower(), bare)
    if name.startswith(("nn.", "torch.nn.")) and right != bare:
        raise Unknown("unknown-torch", f"{name} is no name of torch's", f"did you mean nn.{right}?")
    if name.startswith(("nn.", "torch.nn.")) and bare[:1].isupper() and (near := nearest(bare, list(meant.values()))):
        raise Unknown("unknown-torch", f"{name} {what}", f"did you mean nn.{near[0]}?")
    raise Unknown("unknown-torch", f"{name} {what}", "where torch is installed, --torch reads the model with it")


def needs_data(what: str) -> NoReturn:
    """Refuse to guess a value."""
    message = f"{what} depends on values that are not known without data"
    raise NeedsData("needs-data", message, "name a submodule that goes by shapes alone, as in net.py:Net.encoder")


def is_ours(frame: FrameType) -> bool:
    """Is it a frame of the stand-in?"""
    return str(frame.f_globals.get("__name__", "")).startswith("cnncalc.")


def is_user_file(file: str) -> bool:
    """Is it a file of the user's, and neither installed nor a part of Python?"""
    if file.startswith("<") or is_installed(file):
        return False
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return not os.path.abspath(file).startswith(own + os.sep) and not is_of_python(file)


def is_installed(file: str) -> bool:
    return "site-packages" in file or "dist-packages" in file


def is_of_python(file: str) -> bool:
    """Is it a file of Python itself?"""
    standard = os.path.dirname(os.__file__)
    return os.path.abspath(file).startswith(standard + os.sep) and not is_installed(file)
