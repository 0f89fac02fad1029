// What the page does: everything is written anew after each change.

/** Computes everything and writes what is seen; `typing` is the size whose number is left as it is being typed. */
function render(typing = null) {
  const picture = seenPicture();
  const [rows, seen] = [seenRows(), picture === undefined ? null : seenOf(picture)];
  update();
  fillControls(typing);
  drawHead();
  if (table.order === null) fillTable(...rows);
  else drawTable();
  drawDetails();
  fillPictures(seen);
  markConditions();
  restLater();
  addressLater();
}

let resting = null;

/** What is not seen is written as soon as the sizes rest. */
function restLater() {
  clearTimeout(resting);
  resting = setTimeout(fillRest, 250);
}

function fillRest() {
  clearTimeout(resting);
  fillTable();
  const picture = seenPicture();
  if (picture !== undefined) fillPicture(picture);
}

function drawHead() {
  const wrong = state.refusal;
  const alert = document.getElementById("refusal");
  alert.hidden = wrong === null;
  write(alert, wrong === null ? "" : refusalText(wrong));
  const ins = data.inputs.map(([, shape]) => shapeText(shape)).join(", ");
  write(document.getElementById("flow"), `${ins} → ${wrong === null ? outputsText() : "–"}`);
  const totals = document.getElementById("totals");
  const pairs = [["params"], ["macs", "MACs"], ["flops", "FLOPs"], ["activations"], ["buffers"]];
  if (total("trainable") !== total("params")) pairs.splice(1, 0, ["trainable"]);
  const made = pairs.map(([name, title = name]) => {
    const value = total(name);
    const known = name === "macs" || name === "flops" ? data.status : "exact";
    const text = wrong !== null ? "–" : counted(value, known);
    const short = wrong === null && value >= 100_000n ? scaled(value) : "";
    return element("div", {}, element("dt", {}, title), element("dd", { id: `total-${name}` }, text), element("dd", { class: "dim" }, short));
  });
  totals.replaceChildren(...made);
  write(document.getElementById("command"), commandText());
  speakLater();
}

function refusalText({ path, message, hint }) {
  const least = leastSizes();
  const more = hint ?? (least.length ? `the smallest sizes are ${least.join(", ")}` : null);
  return `${path === "" ? "" : `${path}: `}${message}${more === null ? "" : `. ${more[0].toUpperCase()}${more.slice(1)}`}`;
}

/** The smallest sizes; arguments are no sizes. */
function leastSizes() {
  const sizes = data.sizes.filter((size) => size.kind === "size" && size.name in data.smallest);
  return sizes.map((size) => `${size.name} = ${data.smallest[size.name]}`);
}

/** Words of a command line, each in quotes where a shell would take it for more. */
function commandText() {
  const words = data.command.map((word) => {
    const text = typeof word === "string" ? word : word.map((part) => (typeof part === "string" ? part : (state.sizes[part.size] ?? 1n).toString())).join("");
    return /^[\w.,:=@%+\/#-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  });
  if (state.sizes.N !== null && state.sizes.N !== undefined) words.push("--batch", state.sizes.N.toString());
  return words.join(" ");
}

let speaking = null;

/** The totals for who hears the page, once the sizes rest. */
function speakLater() {
  clearTimeout(speaking);
  speaking = setTimeout(() => {
    const text = `${figure(total("params"))} params, ${counted(total("macs"), data.status)} MACs`;
    write(document.getElementById("said"), state.refusal === null ? text : "");
  }, 600);
}

let addressing = null;

/** The address is written when the sizes rest, as browsers count how often it is. */
function addressLater() {
  clearTimeout(addressing);
  addressing = setTimeout(writeAddress, 150);
}

// What holds for all sizes

function drawAbout() {
  const at = document.getElementById("about");
  const parts = [];
  const sized = data.sizes.some((size) => size.kind !== "batch");
  if (sized) {
    const forms = [["output", data.output_form.join(", ")], ["params", data.forms.params], ["MACs", data.forms.macs], ["activations", data.forms.activations]];
    parts.push(section("Closed forms, for one sample", [list(forms)], true));
  }
  if (data.conditions.length || data.legal.length || Object.keys(data.smallest).length) {
    const inside = [];
    const least = leastSizes();
    if (least.length) inside.push(element("p", {}, `The smallest sizes are ${least.join(", ")}${data.smallest_note ? `; ${data.smallest_note}` : ""}.`));
    for (const words of data.legal) inside.push(element("p", {}, `${words}.`));
    const conditions = data.conditions.map(([path, text, words]) =>
      element("li", {}, element("span", {}), ` ${path} needs ${text}${words ? `: ${words}` : ""}`),
    );
    if (conditions.length) inside.push(element("ul", { class: "conditions" }, ...conditions));
    parts.push(section("Sizes that it takes", inside, true));
  }
  if (data.warnings.length) {
    parts.push(section(`Warnings (${data.warnings.length})`, [element("ul", {}, ...data.warnings.map((text) => element("li", {}, text)))], false));
  }
  at.replaceChildren(...parts);
}

/** Says of each condition whether it holds. */
function markConditions() {
  for (const [i, mark] of document.querySelectorAll(".conditions span").entries()) {
    const [, , , left, right] = data.conditions[i];
    const holds = state.values[left] === state.values[right];
    mark.className = holds ? "yes" : "no";
    write(mark, holds ? "holds" : "does not hold");
  }
}

function section(title, inside, open) {
  return element("details", { open }, element("summary", {}, title), ...inside);
}

/** Chooses a layer or a level, in the table and in the pictures. */
function choose(path, from = "") {
  state.chosen = path;
  const row = rowOfPath.get(path);
  if (row !== undefined && from !== "table") {
    reveal(row);
    const shown = rowsAt.querySelector(`[data-row="${row}"]`);
    shown?.scrollIntoView({ block: "nearest" });
  }
  markRow();
  drawDetails();
  markPictures();
  drawStepped();
  addressLater();
}

async function copy(text, said) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page from a file may not use the clipboard directly.
    const area = element("textarea", { class: "unseen", readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
  }
  write(document.getElementById("copied"), done ? said : "the browser does not allow it");
  setTimeout(() => write(document.getElementById("copied"), ""), 3000);
}

function listen() {
  window.addEventListener("beforeprint", fillRest);
  rowsAt.addEventListener("click", (event) => {
    const line = event.target.closest("tr");
    const button = line?.querySelector("button.name");
    if (!button) return;
    const row = Number(button.dataset.row);
    const flat = table.search !== "" || table.order !== null;
    if (isLevel(row) && !flat && event.target.closest("button.name")) {
      table.folded.set(row, !isOpen(row));
      drawTable();
      rowsAt.querySelector(`[data-row="${row}"]`)?.focus();
    }
    choose(pathOfRow[row], "table");
  });
  rowsAt.addEventListener("keydown", (event) => {
    const buttons = [...rowsAt.querySelectorAll("button.name")];
    const at = buttons.indexOf(event.target);
    if (at < 0) return;
    const row = Number(event.target.dataset.row);
    const flat = table.search !== "" || table.order !== null;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to !== undefined) buttons[Math.min(Math.max(0, to), buttons.length - 1)].focus();
    else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && isLevel(row) && !flat) {
      table.folded.set(row, event.key === "ArrowRight");
      drawTable();
      rowsAt.querySelector(`[data-row="${row}"]`)?.focus();
    } else return;
    event.preventDefault();
  });
  for (const head of document.querySelectorAll("th[data-figure]")) {
    head.firstElementChild.addEventListener("click", () => {
      table.order = table.order === head.dataset.figure ? null : head.dataset.figure;
      drawTable();
    });
  }
  const search = document.getElementById("search");
  search.addEventListener("input", () => {
    table.search = search.value.trim().toLowerCase();
    drawTable();
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && table.shown.length) choose(pathOfRow[table.shown[0]], "table");
    if (event.key === "ArrowDown") rowsAt.querySelector("button.name")?.focus();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.matches("input, textarea");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && !typing) choose(null);
  });
  document.getElementById("more").addEventListener("click", () => setDepth(table.depth + 1));
  document.getElementById("less").addEventListener("click", () => setDepth(table.depth - 1));
  document.getElementById("copy").addEventListener("click", () => copy(tableText(), "copied"));
  document.getElementById("copy-command").addEventListener("click", () => copy(commandText(), "copied"));
  for (const { svg } of pictures) {
    svg.addEventListener("click", (event) => {
      const box = event.target.closest("[data-path]");
      if (box && rowOfPath.has(box.dataset.path)) choose(box.dataset.path, "picture");
    });
  }
  for (const name of Object.keys(stepped)) panelOf(name).addEventListener("keydown", (event) => stepKeys(name, event));
  const tabs = [...document.querySelectorAll("[role=tab]")];
  for (const [i, tab] of tabs.entries()) {
    tab.addEventListener("click", () => {
      show(tab.id.slice(4));
      addressLater();
    });
    tab.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (by === undefined) return;
      const next = tabs[(i + by + tabs.length) % tabs.length];
      next.focus();
      next.click();
    });
  }
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      const seen = seenPicture();
      if (button.dataset.zoom === "fit") fit(seen);
      else zoomTo(seen, seen.zoom * Number(button.dataset.zoom));
    });
  }
  window.addEventListener("hashchange", () => {
    const view = readAddress();
    if (view !== null) show(view);
    render();
    choose(state.chosen);
  });
}

write(document.getElementById("name"), data.name || data.source || "network");
document.getElementById("name").classList.toggle("text", !data.name);
drawControls();
const firstView = views.includes(data.begin.view) ? data.begin.view : views[0];
state.chosen = data.begin.layer;
const view = readAddress();
update();
drawTable();
drawAbout();
show(view ?? firstView);
render();
listen();
if (state.chosen !== null) choose(state.chosen);
