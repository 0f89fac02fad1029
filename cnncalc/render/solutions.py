"""What `cnncalc solve` found, as text."""

from __future__ import annotations

from cnncalc.planning.answer import Answer
from cnncalc.planning.network import FREE_BATCH
from cnncalc.planning.tied import Pairs
from cnncalc.render import Options

FEW = 16  # lines of sizes that are tied together
SIZES = (16, 32, 64, 96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 1024, 1536, 2048, 3072, 4096)
"""Sizes that people use."""


def answer_text(answer: Answer, options: Options) -> str:
    """The solutions, each as text to use, and how many there are of how many."""
    mark = "▸ " if options.unicode else "> "
    if not answer.unknowns and not answer.free and answer.found and not answer.at_best:
        pairs = answer.solutions[0].pairs
        tied = () if pairs is None else (pairs.first, pairs.second)
        lines = [sizes.words() for name, sizes in answer.solutions[0].sizes.items() if name not in tied]
        if pairs is not None:
            lines += pair_lines(pairs)
    else:
        lines = [best_line(answer) if answer.aims and answer.found else headline(answer)]
        if answer.found:
            lines.append("")
        for at, solution in enumerate(answer.solutions):
            words = [sizes.words() for sizes in solution.sizes.values() if not (answer.at_best and sizes.number() == 1)]
            if solution.pairs is not None:
                words.append(f"{solution.pairs.first} and {solution.pairs.second} tied together")
            behind = f"   {', '.join(words)}" if words else ""
            lines.append(f"{mark if at == 0 else '  '}{solution.text}{behind}")
        more = answer.count - len(answer.solutions)
        if more:
            lines.append(f"  {more:,} more, with --all")
    lines += budget_lines(answer)
    for near in answer.nearest if not answer.found else ():
        side = "the smallest" if near.side == "smallest" else f"nearest {near.side}"
        lines.append(f"{side}: {near.found}, with {near.text}")
    if not answer.found and answer.refused == answer.tried and answer.first_refusal is not None:
        lines.append(f"it does not run with any of them: {answer.first_refusal.message}")
    lines += [f"note: {note}" for note in answer.notes]
    return "\n".join(lines) + "\n"


def pair_lines(pairs: Pairs) -> list[str]:
    """Which values of the one go with which of the other: a line for each, or for the usual ones of many."""
    first = pairs.first
    rows = [(ones.words(), others.words()) for ones, others in pairs.rows]
    lines = []
    if len(rows) > FEW:
        usual = (2**i for i in range(20)) if first == FREE_BATCH else SIZES
        shown = [n for n in usual if any(ones.has(n) for ones, _ in pairs.rows)]
        last = max((ones.largest() or 0 for ones, _ in pairs.rows), default=0)
        shown = list(dict.fromkeys([*shown[:FEW], last]))
        rows = [(f"{first} = {n}", pairs.at(n).words()) for n in shown]
    width = max((len(one) for one, _ in rows), default=0)
    lines += [f"{one.ljust(width)}  {other}" for one, other in rows]
    if len(pairs.rows) > FEW:
        lines.append(f"for every {first}: --json")
    if pairs.looked_at is not None:
        lines.append(f"note: {first} was looked at up to {pairs.looked_at:,}, and goes on")
    return lines


def best_line(answer: Answer) -> str:
    """What the solutions are the best of."""
    names = [*answer.free, *((unknown.name, unknown.values.words()) for unknown in answer.unknowns)]
    ranges = ", ".join(f"{name} {words}" for name, words in names)
    best = f"{' and '.join(answer.aims)} of what {'fits' if answer.complete else 'was tried and fits'}"
    return f"{best}: {ranges}" if ranges else best


def budget_lines(answer: Answer) -> list[str]:
    """What is left of each limit, and what no longer fits."""
    rows = [
        (
            budget.name,
            f"{budget.value:,}",
            budget.words,
            f"{budget.left:,} left{f' ({budget.share})' if budget.share else ''}",
            "binds" if budget.binds else "",
        )
        for budget in answer.budgets
    ]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    if answer.next is not None:
        lines.append(f"next: {answer.next.text} does not fit, {answer.next.found}")
    return ["", *lines] if lines else []


def headline(answer: Answer) -> str:
    """How many there are of how many, in which ranges."""
    ranges = [f"{unknown.name} {unknown.values.words()}" for unknown in answer.unknowns]
    ranges += [f"{name} {words}" for name, words in answer.free]
    if not ranges:
        return "no size fits"
    within = f": {', '.join(ranges)}"
    some = f"{answer.total:,} combinations"
    if not answer.complete:
        some = f"{answer.tried:,} of {some} that were looked at"
    if answer.total == 1:
        return f"{'it fits' if answer.found else 'it does not fit'}{within}"
    count = f"{answer.count:,} of" if answer.found else "none of"
    return f"{count} {some} {'fits' if answer.count < 2 else 'fit'}{within}"
