"""What layers without a name are called."""

from __future__ import annotations

import pytest

import cnncalc


def paths(body: str) -> list[str]:
    return [node.path for node in cnncalc.parse(f"input: 8x5x5\nbody:\n{body}").nodes]


def test_unnamed_layers_are_numbered_by_what_they_are() -> None:
    assert paths("  - conv 8 k1 -> relu\n  - conv 8 k1") == ["conv1", "relu1", "conv2"]


def test_a_label_further_down_is_taken() -> None:
    assert paths("  - conv 8 k1\n  - conv1: conv 8 k1") == ["conv2", "conv1"]


def test_a_level_that_a_label_opens_further_down_is_taken() -> None:
    body = "  - conv 8 k1\n  - conv1.gain: parameter 8\n  - input -> conv 8 k1\n  - conv2.gain: parameter 8"
    assert paths(body) == ["conv3", "conv1.gain", "conv4", "conv2.gain"]


@pytest.mark.parametrize("word", ["for", "if", "tap", "again", "train_only", "require", "do", "index", "then", "else"])
def test_in_single_quotes_a_word_of_the_language_is_a_name(word: str) -> None:
    text = f"input: 4\nbody:\n  - '{word}': linear 3\n  - level:\n      - '{word}':\n          - linear 2\n  - relu\n"
    graph = cnncalc.parse(text)
    assert [node.path for node in graph.nodes] == [word, f"level.{word}.0", "relu1"]
    again = cnncalc.parse(cnncalc.write(graph))
    assert [node.path for node in again.nodes] == [node.path for node in graph.nodes]


def test_in_json_words_are_words() -> None:
    text = '{"input": "8x5x5", "body": [{"for": "i in range(2)", "do": ["conv 8 k1"]}, {"tap": "x"}, "add(x, x)"]}'
    assert [node.path for node in cnncalc.parse(text).nodes] == ["conv1", "conv2", "add1"]
