"""The only place that imports torch: real modules from graphs, and their figures beside ours."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, UsageError


def require_torch(what: str) -> None:
    """Raises UsageError where torch is not installed. `what` is who needs it."""
    try:
        import torch  # noqa: F401
    except ImportError:
        message = f"{what} needs torch, which is not installed"
        raise UsageError(Diagnostic("no-torch", message, hint="pip install torch")) from None
