// Views that are drawn for the chosen layer, and stepped: by keys, by buttons, and by a click on a position.

const stepped = { window: drawWindowOf, field: drawFieldOf };
const standing = { window: null, field: null }; // for each, the layer that is drawn, how many positions it has, and where it is
const stoodAt = { window: new Map(), field: new Map() }; // by layer, so that who comes back to one finds it as it was
let playing = null;

const panelOf = (name) => document.getElementById(`view-${name}`);

/** An element of a picture. */
function drawn(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function sheet(width, height, label) {
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  const told = label === "" ? { "aria-hidden": "true" } : { role: "img", "aria-label": label };
  return drawn("svg", { class: "cnncalc", ...size, ...told });
}

/** In place of a picture. */
function say(name, text) {
  standing[name] = null;
  panelOf(name).replaceChildren(element("p", { class: "dim" }, text));
}

/** Draws the stepped view that is seen, if one is. */
function drawStepped() {
  for (const [name, draw] of Object.entries(stepped)) {
    const panel = panelOf(name);
    if (panel === null || panel.hidden) continue;
    if (state.refusal !== null) say(name, "There is nothing to draw at these sizes.");
    else draw(panel);
  }
}

/** The layer that is drawn: the chosen one or the first inside of it, or where none is chosen what `otherwise` finds. */
function layerFor(can, otherwise) {
  const row = rowOfPath.get(state.chosen);
  if (row === undefined) return otherwise();
  const [, , , first, count] = data.rows[row];
  for (let i = first; i < first + count; i += 1) if (can(i)) return i;
  return -1;
}

/** Where a view stands at a layer, within what there is: where it was left, or at `start`. */
function stand(name, path, counts, start) {
  const last = stoodAt[name].get(path) ?? start;
  const at = counts.map((count, i) => Math.min(Math.max(0, last[i]), Math.max(0, count - 1)));
  standing[name] = { path, counts, at };
  return at;
}

function moveTo(name, at) {
  if (standing[name] === null) return;
  stoodAt[name].set(standing[name].path, at);
  drawStepped();
}

/** Moves along an axis, counted from the last one. */
function moveAlong(name, axis, by) {
  if (standing[name] === null) return;
  const at = [...standing[name].at];
  const i = at.length - 1 - axis;
  if (i >= 0) at[i] += by;
  moveTo(name, at);
}

/** Moves to the next position, or the one before: row by row, and from the end to the start. */
function moveBy(name, by) {
  if (standing[name] === null) return;
  const { counts, at } = standing[name];
  const total = counts.reduce((product, count) => product * count, 1);
  let number = at.reduce((sum, place, i) => sum * counts[i] + place, 0) + by;
  number = ((number % total) + total) % total;
  const next = [];
  for (const count of [...counts].reverse()) {
    next.unshift(number % count);
    number = Math.floor(number / count);
  }
  moveTo(name, next);
}

/** Steps by itself, until it is pressed again or another view is seen. */
function play(name) {
  if (playing !== null) return stop();
  playing = setInterval(() => (panelOf(name).hidden ? stop() : moveBy(name, 1)), 600);
  drawStepped();
}

function stop() {
  clearInterval(playing);
  playing = null;
  drawStepped();
}

/** The buttons of a view, which stay where they are while what is below is drawn anew. */
function stepper(name, path) {
  const panel = panelOf(name);
  let bar = panel.querySelector(".stepper");
  if (bar === null) {
    bar = element("div", { class: "stepper" });
    const button = (text, title, press) => {
      const made = element("button", { type: "button", title, "aria-label": title }, text);
      made.addEventListener("click", press);
      return made;
    };
    const [before, after] = [button("◂", "The step before", () => moveBy(name, -1)), button("▸", "The next step", () => moveBy(name, 1))];
    const run = button("", "Step by itself", () => play(name));
    run.className = "play";
    bar.append(element("b", {}), before, after, run, element("span", { class: "dim" }, "or the arrow keys"));
  }
  write(bar.querySelector("b"), path);
  for (const one of [...bar.children].slice(1)) one.hidden = standing[name].counts.length === 0;
  write(bar.querySelector(".play"), playing === null ? "play" : "pause");
  return bar;
}

/** Writes a view anew, below its buttons. */
function fill(name, path, ...parts) {
  const panel = panelOf(name);
  const bar = stepper(name, path);
  if (bar.parentNode !== panel) return panel.replaceChildren(bar, ...parts);
  while (bar.nextSibling) bar.nextSibling.remove();
  panel.append(...parts);
}

/** The keys of a view: the arrows go along its axes, Home and End to its ends. */
function stepKeys(name, event) {
  if (standing[name] === null || event.target.closest("button, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const { counts } = standing[name];
  const by = event.shiftKey ? 10 : 1;
  const along = { ArrowLeft: [0, -by], ArrowRight: [0, by], ArrowUp: [1, -by], ArrowDown: [1, by] }[event.key];
  if (along !== undefined && along[0] < counts.length) moveAlong(name, ...along);
  else if (event.key === "Home") moveTo(name, counts.map(() => 0));
  else if (event.key === "End") moveTo(name, counts.map((count) => count - 1));
  else return;
  event.preventDefault();
}

/** What the marks of a picture mean. */
function keyOf(pairs) {
  const made = element("ul", { class: "key dim" });
  for (const [kind, text] of pairs) {
    const svg = sheet(14, 14, "");
    const d = kind === "missed" ? "M4 4l6 6m0 -6l-6 6" : square(1, 1, 12);
    svg.append(drawn("path", { class: kind, d }));
    made.append(element("li", {}, svg, text));
  }
  return made;
}

const square = (x, y, side) => `M${x} ${y}h${side}v${side}h-${side}z`;

/** A number with the sign of a minus. */
const signed = (value) => String(value).replace("-", "−");

/** A size as a number to draw with; one that is too large for that is infinite. */
const drawable = (place) => (state.values[place] > 10n ** 9n ? Infinity : Number(state.values[place]));
