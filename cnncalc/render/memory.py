"""The memory of a network in the table: a column, and lines below."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.memory.report import MemoryReport
from cnncalc.analysis.trace import Report
from cnncalc.render import Options
from cnncalc.render.columns import Column, bar, figure, scaled
from cnncalc.render.rows import Row
from cnncalc.symbolic.expr import Dim
from cnncalc.symbolic.show import unicode_text

SHOWN = 5  # of what is alive at the worst moment


def memory_columns(report: Report, rows: Sequence[Row], options: Options) -> list[Column]:
    """Bytes in use while each layer runs, or those that it keeps for the backward pass; and their share as a bar."""
    memory = report.memory
    if memory is None:
        return []
    title = "saved" if memory.training else "in use"
    found = row_bytes(memory, rows)
    least = "≥ " if options.unicode else ">= "
    cells = [
        "" if value is None or "max(" in str(value) else f"{'' if known_in(memory, row) else least}{figure(value)}"
        for row, value in zip(rows, found)
    ]
    columns = [Column(title, cells, right=True)]
    whole = memory.saved if memory.training else memory.peak if memory.is_numeric else None
    if isinstance(whole, int) and whole and all(isinstance(value, int) for value in found):
        shares = [value / whole for value in found if isinstance(value, int)]
        columns.append(Column("", [bar(share, options.unicode) for share in shares], style="green"))
    return columns


def known_in(memory: MemoryReport, row: Row) -> bool:
    """Is it known what each layer of a row takes?"""
    return all(layer.known for layer in memory.layers[row.first.index : row.first.index + row.layers])


def row_bytes(memory: MemoryReport, rows: Sequence[Row]) -> list[Dim | None]:
    """The bytes of each row: what its layers keep together, or the most that one of them has in use. None for a level
    whose worst layer is another at other sizes.
    """
    from cnncalc.symbolic.expr import Total

    found: list[Dim | None] = []
    for row in rows:
        inside = memory.layers[row.first.index : row.first.index + row.layers]
        if memory.training:
            total = Total()
            for layer in inside:
                total.add(layer.saved)
            found.append(total.value)
        else:
            winners = memory.largest([layer.use for layer in inside]).winners if inside else [0]
            found.append(winners[0] if len(winners) == 1 else None)
    return found


def memory_lines(report: Report, options: Options) -> list[tuple[str, Dim | str, str]]:
    """The figures of the whole network: what each is called, the bytes, and a remark."""
    memory = report.memory
    if memory is None:
        return []
    least = "" if memory.status == "exact" else "at least "
    lines: list[tuple[str, Dim | str, str]] = [("weights", memory.weights, sized(memory.weights))]
    if memory.training:
        lines.append(("gradients", memory.gradients, sized(memory.gradients)))
        lines.append(("optimizer", memory.optimizer, f"{sized(memory.optimizer)}  {memory.asked.optimizer}".strip()))
        if least and not isinstance(memory.saved, int):
            lines.append(("saved", form(memory.saved, options), "at least"))
        else:
            remark = f"{sized(memory.saved)}  {'at least, ' if least else ''}kept for the backward pass"
            lines.append(("saved", memory.saved, remark.strip()))
    if memory.is_numeric:
        lines.append(("peak", memory.peak, f"{sized(memory.peak)}  {least}at {memory.peak_at}"))
        lines.append(("in all", memory.total, f"{least}{sized(memory.total)}"))
    else:
        lines += pieces(memory, options, least)
    return lines


def pieces(memory: MemoryReport, options: Options, least: str) -> list[tuple[str, Dim | str, str]]:
    """The peak with open sizes: a closed form from each size on at which another layer has it."""
    names = " = ".join(memory.report.symbols)
    found: list[tuple[str, Dim | str, str]] = []
    use, _ = memory.use
    for piece in memory.worst.pieces:
        start = f"from {names} = {piece.start:,} on, " if piece.start else ""
        found.append(
            ("peak" if not found else "", form(use[piece.at], options), f"{start}{least}at {memory.at(piece.at)}")
        )
    return [*found, ("", memory.note, "")] if memory.note else found


def form(value: Dim, options: Options) -> str:
    """Bytes as a closed form."""
    return unicode_text(value) if options.unicode else str(value)


def alive_lines(report: Report, options: Options) -> list[str]:
    """What is in memory at the worst moment, the largest first."""
    memory = report.memory
    if memory is None or not memory.is_numeric:
        return []
    named: dict[str, int] = {}
    for one in memory.alive:
        if isinstance(one.bytes, int):
            named[one.name] = named.get(one.name, 0) + one.bytes
    ranked = sorted(named.items(), key=lambda item: -item[1])
    texts = [f"{name} {sized(size) or size}" for name, size in ranked[:SHOWN]]
    rest = len(ranked) - SHOWN
    more = [f"and {rest} more"] if rest > 0 else []
    return folded("alive then  ", [*texts, *more], options.width)


def folded(label: str, texts: Sequence[str], width: int) -> list[str]:
    """Texts after a label, over as many lines as they need."""
    lines: list[str] = []
    for at, text in enumerate(texts):
        piece = text + ("," if at < len(texts) - 1 else "")
        if lines and len(lines[-1]) + 1 + len(piece) <= width:
            lines[-1] += f" {piece}"
        else:
            lines.append((label if not lines else " " * len(label)) + piece)
    return lines


def sized(value: Dim) -> str:
    """Bytes in three digits."""
    return scaled(value, "B") if isinstance(value, int) and value >= 1000 else ""
