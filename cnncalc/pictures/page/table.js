// The table: levels that fold, the layers by size, and those that a search finds.

const table = { depth: data.open, folded: new Map(), order: null, search: "", shown: [] };
const rowsAt = document.getElementById("rows");
const rowOfPath = new Map();
const pathOfRow = [];

{
  const path = [];
  for (const [i, [depth, label]] of data.rows.entries()) {
    path.length = depth;
    path.push(label);
    pathOfRow.push(path.join("."));
    rowOfPath.set(pathOfRow[i], i);
  }
}

const isOpen = (row) => table.folded.get(row) ?? data.rows[row][0] + 1 < table.depth;
const isLevel = (row) => row + 1 < data.rows.length && data.rows[row + 1][0] > data.rows[row][0];
const deepest = Math.max(0, ...data.rows.map(([depth]) => depth + 1));

/** The rows that are shown: numbers of rows. */
function chosenRows() {
  const found = [];
  if (table.search !== "" || table.order !== null) {
    for (let row = 0; row < data.rows.length; row += 1) {
      if (data.rows[row][5] && matches(row)) found.push(row);
    }
    if (table.order !== null) {
      const size = new Map(found.map((row) => [row, sum(table.order, data.rows[row][3], data.rows[row][4])]));
      found.sort((a, b) => (size.get(a) < size.get(b) ? 1 : size.get(a) > size.get(b) ? -1 : a - b));
    }
    return found;
  }
  for (let row = 0; row < data.rows.length; ) {
    found.push(row);
    const depth = data.rows[row][0];
    row += 1;
    if (!isOpen(row - 1)) while (row < data.rows.length && data.rows[row][0] > depth) row += 1;
  }
  return found;
}

function matches(row) {
  const call = data.calls[data.layers[data.rows[row][3]][1]];
  return `${pathOfRow[row]} ${call.type}${argumentsText(call)}`.toLowerCase().includes(table.search);
}

/** Writes the rows anew. */
function drawTable() {
  const flat = table.search !== "" || table.order !== null;
  table.shown = chosenRows();
  const made = document.createDocumentFragment();
  for (const row of table.shown) made.append(drawnRow(row, flat));
  if (table.shown.length === 0) {
    made.append(element("tr", {}, element("td", { colspan: 5, class: "dim" }, `no layer is called ${table.search}`)));
  }
  rowsAt.replaceChildren(made);
  for (const head of document.querySelectorAll("th[data-figure]")) {
    head.setAttribute("aria-sort", table.order === head.dataset.figure ? "descending" : "none");
  }
  fillTable();
  markRow();
}

function drawnRow(row, flat) {
  const [depth, label, kind, first, count, isLayer] = data.rows[row];
  const level = isLevel(row) && !flat;
  const call = isLayer ? data.calls[data.layers[first][1]] : null;
  const name = flat ? pathOfRow[row] : label;
  const button = element(
    "button",
    { type: "button", class: "name", "data-row": row, tabindex: -1, "aria-expanded": level ? String(isOpen(row)) : null },
    name,
  );
  const head = element("th", { scope: "row", style: `padding-left:${flat ? 0.3 : 0.3 + depth}em` }, button);
  const type = element("td", { class: "type" });
  if (call !== null) {
    const mark = (call.status === "exact" ? "" : " *") + (data.layers[first][2] !== null ? " (shared)" : "");
    type.append(call.type + mark, element("span", { class: "dim" }, argumentsText(call)));
    button.title = pathOfRow[row];
  } else type.append(kind + (status(first, count) === "exact" ? "" : " *"));
  return element(
    "tr",
    { class: isLayer ? null : "level" },
    head,
    type,
    element("td", { class: "out" }),
    element("td", { class: "n" }),
    element("td", { class: "n" }),
  );
}

const scroller = document.querySelector(".scroll");

/** From which to which row the table is seen. Asked before anything is written, which undoes the layout. */
function seenRows() {
  const height = rowsAt.firstElementChild?.offsetHeight || 1;
  const first = Math.max(0, Math.floor(scroller.scrollTop / height) - 10);
  return [first, first + Math.ceil(scroller.clientHeight / height) + 20];
}

/** Writes the figures of rows that are shown: of all, or of those between two places. */
function fillTable(from = 0, to = table.shown.length) {
  const all = { params: Number(total("params")), macs: Number(total("macs")) };
  for (let i = from; i < Math.min(to, table.shown.length); i += 1) {
    const row = table.shown[i];
    const [, , , first, count] = data.rows[row];
    const [, type, out, params, macs] = rowsAt.children[i].children;
    if (state.refusal !== null) {
      for (const cell of [out, params, macs]) put(cell, "–", 0);
      continue;
    }
    const last = data.calls[data.layers[first + count - 1][1]];
    write(out, shapeText(last.outputs[0]));
    if (data.rows[row][5] && typeof last.arguments !== "string") write(type.lastChild, argumentsText(last));
    const own = sum("params", first, count);
    const work = sum("macs", first, count);
    put(params, figure(own), all.params ? Number(own) / all.params : 0);
    put(macs, counted(work, status(first, count)), all.macs ? Number(work) / all.macs : 0);
  }
}

/** What a layer is given, with a space in front. */
function argumentsText(call) {
  const text = filled(call.arguments).trimStart();
  return text === "" ? "" : ` ${text}`;
}

/** A cell with its share of the whole as a bar behind the text. */
function put(cell, text, share) {
  write(cell, text);
  const bar = share > 0 ? `${(100 * share).toFixed(1)}%` : "";
  if (cell.dataset.share !== bar) {
    cell.dataset.share = bar;
    cell.style.setProperty("--share", bar === "" ? "0" : bar);
  }
}

/** Shows which row is chosen, and makes it the one that the tab key comes to. */
function markRow() {
  const buttons = [...rowsAt.querySelectorAll("button.name")];
  const wanted = buttons.find((button) => pathOfRow[button.dataset.row] === state.chosen);
  for (const button of buttons) {
    const chosen = button === wanted;
    button.closest("tr").classList.toggle("chosen", chosen);
    button.setAttribute("aria-current", String(chosen));
    button.tabIndex = -1;
  }
  const first = wanted ?? buttons[0];
  if (first) first.tabIndex = 0;
}

/** Opens what is around a row, so that it is shown. */
function reveal(row) {
  if (table.shown.includes(row)) return;
  table.search = "";
  table.order = null;
  document.getElementById("search").value = "";
  let depth = data.rows[row][0];
  for (let above = row; depth > 0 && above >= 0; above -= 1) {
    if (data.rows[above][0] < depth) {
      depth = data.rows[above][0];
      table.folded.set(above, true);
    }
  }
  drawTable();
}

function setDepth(depth) {
  table.depth = Math.min(Math.max(1, depth), deepest);
  table.folded.clear();
  drawTable();
}

/** The rows that are shown as plain text, in columns. */
function tableText() {
  fillTable();
  const cells = [["layer", "type", "output", "params", "MACs"]];
  for (const [i, row] of table.shown.entries()) {
    const texts = [...rowsAt.children[i].children].map((cell) => cell.textContent.trim());
    const flat = table.search !== "" || table.order !== null;
    texts[0] = flat ? texts[0] : "  ".repeat(data.rows[row][0]) + texts[0];
    cells.push(texts);
  }
  const totals = ["total", "", outputsText(), figure(total("params")), counted(total("macs"), data.status)];
  cells.push(totals);
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) =>
    row.map((text, column) => (column > 2 ? text.padStart(widths[column]) : text.padEnd(widths[column]))).join("  ");
  return `${document.getElementById("flow").textContent}\n\n${cells.map(line).join("\n")}\n`;
}

const outputsText = () => data.outputs.map(([, shape]) => shapeText(shape)).join(", ");
