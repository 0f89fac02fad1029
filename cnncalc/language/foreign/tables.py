"""Tables of layers: Markdown, CSV, LaTeX, columns of plain text."""

from __future__ import annotations

import csv
import re

from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.rows import Record, network_of_records
from cnncalc.language.foreign.shapes import shape_of, without_lead
from cnncalc.language.foreign.tries import Tries

MOST_ROWS = 120
EMPTY = re.compile(r"(?i)[-–—/.\s]*|n/?a|none|nan|null|\?")
_RULE = re.compile(r"[\s|:+=\-─━│┼]*")
COLUMNS = {
    "kind": r"(layer[\s_]*)?type(\s*/\s*strides?)?|(layer[\s_]*)?kind|operation|operator|op|module|function",
    "label": r"layers?([\s_]*name)?|name|block|stage",
    "index": r"#|no\.?|nr\.?|i|idx|index|id|layer\s*(#|no\.?)|number|step",
    "out": r"(#|n|num|number)?[\s_]*(of[\s_]*)?(out(put)?[\s_]*)?(filters?|channels?|ch|units?|neurons?|nodes?|"
    r"kernels|"
    r"(feature[\s_]*)?maps?|features|planes)|filters?\s*/\s*(units?|neurons?|channels?)|channels?\s*/\s*(units?|"
    r"features)|"
    r"c_?out|out|c|hidden[\s_]*units|out(put)?[\s_]*(features|dim)|units?\s*/\s*filters?",
    "kernel": r"(kernel|filter|window|patch|pool|conv)?[\s_/]*(kernel|filter|window|pool)?[\s_]*(size|shape|dims?)|"
    r"kernel|k|"
    r"ksize|kernel\s*/\s*pool(\s*size)?|window",
    "both": r"(kernel|filter|patch|window)?[\s_]*(size|shape)?\s*[/,]\s*strides?|kernel\s*/\s*strides?",
    "stride": r"strides?|s|step",
    "padding": r"padding|pad|p",
    "act": r"activations?([\s_]*(function|fn))?|act|non-?linearity",
    "norm": r"bn|batch[\s_-]*norm(alization)?|norm(alization)?",
    "dilation": r"dilation|d|rate",
    "groups": r"groups?|g",
    "bias": r"bias|use[\s_]*bias",
    "rate": r"drop[\s_-]*out([\s_]*rate)?",
    "repeat": r"repeats?|n|x|times|count|repetitions?",
    "shape": r"out(put)?[\s_]*(shape|size|dims?|dimensions?|resolution|map)|output|(feature[\s_]*map|map)[\s_]*size|"
    r"output\s*\(.*\)|output (volume|tensor)",
    "into": r"in(put)?[\s_]*(shape|size|dims?|dimensions?)|input|input\s*\(.*\)",
    "channels": r"in(put)?[\s_]*(channels?|features?|ch)|c_?in|in",
    "params": r"#?\s*(of\s*)?param(eter)?s?(\s*#)?|(number|num) of param(eter)?s|weights",
    "said": r"notes?|comments?|remarks?|description|macs|flops|memory|rf|receptive field|details?|config(uration)?|"
    r"param(eter)?s\s*/\s*config",
}


def cells_of(text: str) -> list[list[str]] | None:
    """The rows of a table as texts of cells, its header first. None where the text is none."""
    if re.search(r"\\begin\{(tabular|array|longtable)|(?<!\\)&.*\\\\", text):
        return latex(text)
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    barred = [line for line in lines if line.count("|") >= 2 or line.count("│") >= 2]
    if len(barred) > 2 and len(barred) >= len(lines) - 4:
        rows = [re.split(r"(?<!\\)[|│]", line.strip("|│ ")) for line in barred if not _RULE.fullmatch(line)]
        return [[plainly(cell) for cell in row] for row in rows]
    lines = [line for line in lines if not line.startswith("#") and not _RULE.fullmatch(line)]
    for mark in (",", ";", "\t"):
        if len(lines) > 2 and all(mark in line for line in lines[:1]):
            rows = list(csv.reader(lines, delimiter=mark, skipinitialspace=True))
            width = len(rows[0])
            if width > 1 and all(len(row) <= width for row in rows) and len(named(rows[0])) > 1:
                return [[plainly(cell) for cell in row] for row in rows]
    rows = [re.split(r"\s{2,}|\t", line) for line in lines]
    if len(rows) > 2 and len(rows[0]) > 2 and all(len(row) == len(rows[0]) for row in rows):
        return [[plainly(cell) for cell in row] for row in rows]
    return None


def latex(text: str) -> list[list[str]]:
    """The rows of a tabular."""
    inside = re.search(r"\\begin\{(?:tabular|array|longtable)[*xy]?\}(.*?)\\end\{", text, re.DOTALL)
    body = re.sub(r"^\s*(\{[^{}]*\})?\s*\{(?:[^{}]|\{[^{}]*\})*\}", "", inside[1]) if inside else text
    body = re.sub(r"(?m)%.*$", "", body.replace(r"\%", " percent"))
    body = re.sub(r"\\(hline|toprule|midrule|bottomrule|centering)|\\c(line|midrule)(\(.*?\))?\{.*?\}", "", body)
    rows = [row for row in re.split(r"\\\\(?:\[.*?\])?|\\tabularnewline", body) if row.strip()]
    return [[plainly(cell) for cell in re.split(r"(?<!\\)&", row)] for row in rows]


def plainly(cell: str) -> str:
    """A cell without its marks."""
    cell = re.sub(r"\\(?:text\w*|mathrm|mathbf|bf)\s*\{([^{}]*)\}", r"\1", cell)
    cell = re.sub(r"\\times\b\s*|\\cdot\b\s*|[×✕]", "x", cell).replace("\\#", "#").replace("\\", " ").replace("$", "")
    return re.sub(r"[*`_]{2,}|^\*|\*$|`|<[^<>]*>", "", cell.replace("{", "").replace("}", "")).strip()


def named(header: list[str]) -> dict[int, str]:
    """What each column is, by its number, as far as it is known."""
    found: dict[int, str] = {}
    for at, title in enumerate(header):
        title = re.sub(r"\s+", " ", title.strip().lower()).rstrip(":")
        kind = next((kind for kind, pattern in COLUMNS.items() if re.fullmatch(pattern, title)), None)
        if kind is None and "(" in title:
            plain = re.sub(r"\s*\(.*?\)", "", title)
            kind = next((kind for kind, pattern in COLUMNS.items() if re.fullmatch(pattern, plain)), None)
        if kind is not None:
            found[at] = kind
    names = list(found.values())
    for at, kind in list(found.items()):
        if kind == "kernel" and names.count("kernel") > 1 and re.fullmatch(r"size", header[at].strip().lower()):
            found[at] = "shape"  # of the map, as the kernel has a column of its own
    if "kind" not in names:
        first = next((at for at, kind in found.items() if kind == "label"), None)
        if first is not None:
            found[first] = "kind"
    return found


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of a table; None where the text is none. Raises Unclear."""
    rows = cells_of(text)
    if rows is None or len(rows) < 2:
        return None
    header, *rows = rows
    columns = named(header)
    if "kind" not in columns.values() or len(columns) < 2:
        return None
    if len(rows) > MOST_ROWS:
        raise Unclear
    unknown = [header[at] for at in range(len(header)) if at not in columns and header[at]]
    start: list[str] | None = None
    records: list[Record] = []
    intos: list[str] = []  # what comes into each row
    for cells in rows:
        row = {columns[at]: cell for at, cell in enumerate(cells) if at in columns and not EMPTY.fullmatch(cell)}
        row = {key: value for key, value in row.items() if key not in ("index", "said")}
        kind = row.get("kind", row.get("label", ""))
        if not kind and not row:
            continue
        if re.match(r"(?i)total|sum\b", kind):
            continue
        if re.match(r"(?i)(input|image|data)\b", kind) and not records:
            shape = next(
                (s for key in ("shape", "into", "out", "kernel", "said") if (s := shape_in(row.get(key, "")))), None
            )
            size = shape_in(row.get("shape", ""))
            if size is not None and len(size) == 2 and row.get("out", "").isdecimal():
                shape = [row["out"], *size]
            start = shape or shape_in(without_lead(kind))
            continue
        if start is None and not records and "into" in row:
            start = shape_in(row["into"])
            if start and len(start) == 2 and row.get("channels", "").isdecimal():
                start = [row["channels"], *start]
        intos.append(row.get("into", ""))
        records.append(record(row))
    if all(intos[1:]) and not any(r.shape for r in records):  # a row gives what comes into the next one
        shapes = [tuple(int(size) for size in re.findall(r"\d+", text)) for text in intos[1:]]
        records = [r._replace(shape=shape) for r, shape in zip(records, [*shapes, ()])]
    net = network_of_records(records, start, tries)
    if unknown:
        net.note(
            f"the column {unknown[0]} is not read"
            if len(unknown) == 1
            else f"the columns {', '.join(unknown)} are not read"
        )
    return net


def shape_in(text: str) -> list[str] | None:
    """The sizes of a cell, channels first."""
    found = shape_of(text) if text else None
    return found[0] if found and all(size.isdecimal() for size in found[0]) else None


def record(row: dict[str, str]) -> Record:
    """A row as what it says of its layer. Raises Unclear."""
    said: dict[str, str] = {}
    kind = row.pop("kind", None) or row.pop("label", "")
    label = row.pop("label", "")
    if not re.search(r"[A-Za-z]{2}", kind):  # a number of the row
        kind = label
    if match := re.search(r"\s*/\s*s\s*(\d+)\s*$", kind):  # Conv dw / s2
        said["s"], kind = match[1], kind[: match.start()]
    kind = re.sub(r"(?i)^(conv\w*)\s+dw$", r"dw \1", kind)
    for key in ("kernel", "both"):
        cell = re.sub(r"\s*x\s*", "x", row.pop(key, "").lower()).strip("() ")
        cell = re.sub(r"^(\d+),\s*(\d+)$", r"\1x\2", cell)
        cell = re.sub(r"\s*\bdw\b|^(?:max|avg|average)?\s*pool(?:ing)?\s*|^classifier$|^(?:global|softmax)$", "", cell)
        if re.match(r"(?i)(fc|dense|linear|fully)", kind) and (match := re.fullmatch(r"(\d+)x(\d+)", cell)):
            said["out"] = match[2]
            continue
        if not cell:
            continue
        match = re.fullmatch(r"(\d+(?:x\d+)*)(?:\s*[,@]\s*(\d+))?(?:\s*[/,]?\s*(?:s|stride)?\s*[/=,]?\s*(\d+))?", cell)
        if match is None:
            raise Unclear
        sizes = match[1].split("x")
        if len(sizes) == 4:  # 3x3x3x32, with what comes in
            said["into"], said["out"] = sizes[2], sizes[3]
        elif len(sizes) == 3 and not row.get("out") and not match[2]:
            said["out"] = sizes[2]
        said["k"] = "x".join(sizes[:2])
        number = match[2] or ""
        if number and key == "both" and not match[3]:
            said["s"] = number
        elif number:
            said["out"] = number
        if match[3]:
            said["s"] = match[3]
    for key, short in (
        ("out", "out"),
        ("stride", "s"),
        ("padding", "p"),
        ("dilation", "d"),
        ("groups", "g"),
        ("channels", "into"),
    ):
        cell = row.pop(key, "").lower().strip("() ")
        cell = re.sub(r"^(\d+)\s*[x,]\s*\1$", r"\1", cell)
        if not cell:
            continue
        if not re.fullmatch(r"\d+|same|valid|no|\d+x\d+", cell) or said.get(short, cell) != cell:
            raise Unclear
        said[short] = cell
    for key in ("act", "norm", "bias", "rate", "repeat"):
        if key in row:
            said[key] = row.pop(key)
    shape = row.pop("shape", "")
    count = row.pop("params", "").replace(",", "").replace(" ", "")
    row.pop("into", None)
    if row:
        raise Unclear
    given = [int(size) for size in re.findall(r"\d+", shape)]
    if given and re.match(r"\W*(none|-1|n|b|batch)\b", shape.lower()):
        given = given[1:] if re.match(r"\W*-1", shape) else given
    if re.search(r"[A-Za-z]{3}", re.sub(r"(?i)none|batch", "", shape)):
        given = []
    return Record(kind, said, tuple(given), int(count) if count.isdecimal() else None)
