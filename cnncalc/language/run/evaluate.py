"""Expressions of the language, worked out exactly: whole numbers, fractions, open sizes, words, lists."""

from __future__ import annotations

import re
from typing import Any

from cnncalc.diagnostics import Span
from cnncalc.language.run.functions import called, check_function, size_at
from cnncalc.language.run.scope import (
    Asked,
    Key,
    Scope,
    Tap,
    checked,
    defined,
    describe,
    fail,
    is_open_name,
    numeric,
    truth,
    whole,
)
from cnncalc.language.text.tree import Expression, Function, Name, Number, Operation, Several, Text, Unknown
from cnncalc.layers.kinds import FALSE, TRUE, List, Value, Word, is_fraction, said
from cnncalc.symbolic.expr import Expr, greatest, least, remainder, symbol


def evaluate(node: Expression, scope: Scope) -> Value:
    """The value of an expression. A name that nothing defines is a `Word`."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        return _name(node, scope)
    if isinstance(node, Operation):
        return _operation(node, scope)
    if isinstance(node, Text):
        return node.text
    if isinstance(node, Unknown):
        found: Value = _unknown(node, scope)
        return found
    if isinstance(node, Several):
        items = (List if node.square else tuple)([evaluate(item, scope) for item in node.items])
        if any(isinstance(item, tuple) for item in items) and weight(items) > scope.limits["steps"]:
            # Lists of one list twice, over and over, hold few objects and take forever to go through.
            raise scope.limits.exceeded("steps", "this list holds too much", node.span)
        return items
    if isinstance(node, Function):
        check_function(node)
        return called(node, [evaluate(argument, scope) for argument in node.arguments], scope)
    if scope.layer is None:
        raise fail("wrong-kind", "expected a number here, not a layer", node.span)
    return scope.layer(node)


def weight(value: Value) -> int:
    """How many values are in a value, with those of lists in lists."""
    return 1 + sum(map(weight, value)) if isinstance(value, tuple) and not isinstance(value, Tap) else 1


def filled(name: str, span: Span, scope: Scope) -> str:
    """A name with the values of the expressions in it: `stage{i + 1}`. The span starts where the name does."""
    if "{" not in name:
        return name
    from cnncalc.language.text.expressions import Expressions

    parts: list[str] = []
    for match in re.finditer(r"([^{}]+)|\{([^{}]*)\}", name):
        if match[1]:
            parts.append(match[1])
            continue
        parser = Expressions(span.source, span.start + match.start(2), span.start + match.end(2), scope.limits)
        node = parser.value()
        if parser.next.kind != "end":
            parser.unexpected("}")
        parts.append(said(defined(evaluate(node, scope), node, scope)))
    return "".join(parts)


def _name(node: Name, scope: Scope) -> Value:
    name = filled(node.text, node.span, scope) if "{" in node.text else node.text
    if name in scope.local:
        return scope.local[name]
    if name == "None":
        return None
    if name == "channels" and scope.shape is not None:
        return size_at(node.span, None, 1, scope)
    if scope.lookup is not None and (tap := scope.lookup(name)) is not None:
        return tap
    if name in scope.open or is_open_name(name):
        return symbol(name)
    return Word(name)


def _unknown(node: Unknown, scope: Scope) -> Any:
    """The number that is tried for an unknown; where there is none yet, the unknown itself."""
    if scope.unknowns is None:
        message = f"{node.span.text} stands for a number that is to be found"
        hint = "`cnncalc solve` finds it, with --expect-output and the like"
        hint += "; a capital leaves a size open, 3xHxW" if node.of_shape else ""
        raise fail("unknown-number", message, node.span, hint)
    key: Key = node.name or (node.span.source.name, node.span.start)
    return scope.unknowns[key] if key in scope.unknowns else Asked(key, node.name, node.span)


def _operation(node: Operation, scope: Scope) -> Value:
    operator = node.operator
    if operator in ("and", "or"):
        left = truth(evaluate(node.operands[0], scope), node.operands[0], scope)
        if left == (operator == "or"):
            return left
        return truth(evaluate(node.operands[1], scope), node.operands[1], scope)
    if operator == "if":
        condition, value, other = node.operands
        holds = _choice(condition, scope)
        if isinstance(holds, bool):
            return evaluate(value if holds else other, scope)
        one, two = (whole(numeric(evaluate(branch, scope), branch, scope), node) for branch in (value, other))
        chosen: Value = checked(two + (one - two) * holds, node.span, scope.limits)
        return chosen
    if operator == "not":
        return not truth(evaluate(node.operands[0], scope), node.operands[0], scope)
    if operator in ("==", "!="):
        left_value, right_value = (evaluate(operand, scope) for operand in node.operands)
        return _equal(left_value, right_value, node, scope) == (operator == "==")
    if operator == "in":
        return _among(node, scope)
    numbers = [numeric(evaluate(operand, scope), operand, scope) for operand in node.operands]
    if operator in ("-1", "+1"):
        return -numbers[0] if operator == "-1" else numbers[0]
    left_number, right_number = numbers
    if operator in ("<", "<=", ">", ">="):
        return _compare(operator, left_number, right_number, node)
    found: Value = checked(_arithmetic(operator, left_number, right_number, node), node.span, scope.limits)
    return found


def _among(node: Operation, scope: Scope) -> bool:
    value, items = (evaluate(operand, scope) for operand in node.operands)
    if not isinstance(items, tuple):
        raise fail("wrong-kind", f"`in` needs a list after it, not {describe(items)}", node.operands[1].span)
    return any(_equal(value, item, node, scope) for item in items)


def _choice(node: Expression, scope: Scope) -> bool | Expr:
    """Whether a condition holds; of a comparison of open sizes 1 where it does, and 0 where not."""
    if not isinstance(node, Operation) or node.operator not in ("<", "<=", ">", ">="):
        return truth(evaluate(node, scope), node, scope)
    left, right = (numeric(evaluate(operand, scope), operand, scope) for operand in node.operands)
    if isinstance(left, int | Expr) and isinstance(right, int | Expr):
        more = left - right if node.operator in (">", ">=") else right - left
        if isinstance(more, Expr):
            found = least(1, greatest(0, more + 1 if node.operator in ("<=", ">=") else more))
            return found if isinstance(found, Expr) else bool(found)
    return _compare(node.operator, left, right, node)


def _equal(left: Value, right: Value, node: Operation, scope: Scope) -> bool:
    pair: list[Any] = []
    for value, operand in ((left, node.operands[0]), (right, node.operands[1])):
        if isinstance(value, str) and value in TRUE | FALSE and isinstance(value, Word):
            value = value in TRUE
        elif (
            isinstance(value, Word)
            and not isinstance(operand, Text)
            and (isinstance(left, int | Expr) or is_fraction(left))
        ):
            value = defined(value, operand, scope)
        pair.append(value)
    if isinstance(pair[0], Expr) or isinstance(pair[1], Expr):
        if isinstance(pair[0], int | Expr) and isinstance(pair[1], int | Expr):
            difference = pair[0] - pair[1]
            if isinstance(difference, int):
                return difference == 0
            raise fail(
                "open-condition",
                f"whether {pair[0]} == {pair[1]} depends on open sizes, and the graph would change with it",
                node.span,
                "give the size a number, by --set or -i",
            )
        return False
    if isinstance(pair[0], bool) is not isinstance(pair[1], bool):
        return False
    return bool(pair[0] == pair[1])


def _compare(operator: str, left: Any, right: Any, node: Operation) -> bool:
    if isinstance(left, Expr) or isinstance(right, Expr):
        difference = left - right if not is_fraction(left) and not is_fraction(right) else None
        if isinstance(difference, Expr):
            from cnncalc.symbolic.bounds import bounds

            low, high = bounds(difference)
            if (low is not None and low > 0) or (high is not None and high < 0):
                difference = 1 if low is not None and low > 0 else -1
        if not isinstance(difference, int):
            raise fail(
                "open-condition",
                f"whether {left} {operator} {right} depends on open sizes, and the graph would change with it",
                node.span,
                "give the size a number, by --set or -i",
            )
        left, right = difference, 0
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])


def _arithmetic(operator: str, left: Any, right: Any, node: Operation) -> Any:
    fraction = is_fraction(left) or is_fraction(right)
    opened = isinstance(left, Expr) or isinstance(right, Expr)
    if fraction and opened:
        left, right = (whole(v, node) for v in (left, right))
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "**":
        if not isinstance(right, int) or not 0 <= right <= 64:
            raise fail("wrong-kind", f"a power is a whole number from 0 to 64, not {said(right)}", node.span)
        return left**right
    if not isinstance(right, Expr) and right == 0:
        raise fail("division-by-zero", f"{said(left)} is divided by 0", node.span)
    if opened:
        if isinstance(right, int) and right < 0:
            raise fail("wrong-kind", f"an open size is divided by {right}; a divisor is 1 or more", node.span)
        if operator == "/":
            raise fail("wrong-kind", f"{left} / {right} may be a fraction; write // to round down", node.span)
        return left // right if operator == "//" else remainder(left, right)
    if operator == "/":
        from fractions import Fraction

        result = Fraction(left) / Fraction(right)
        return int(result) if result.denominator == 1 else result
    return left // right if operator == "//" else left % right
