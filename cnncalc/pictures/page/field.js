// The field of the chosen layer: what one of its positions sees, of the input and of each value on the way to it.

const fields = data.fields;
const fieldOf = new Map((fields === null ? [] : fields.values).map((entry) => [entry[0], entry])); // by value
const [EXACT, HULL, BOUND] = [0, 1, 2]; // how a field is seen

/** What positions from low to high see together, by a pattern: the first and the last; null where that is nothing. */
function through(pattern, [low, high]) {
  const [period, step, lows, highs] = fields.patterns[pattern];
  if (step === 0) [low, high] = [Math.max(low, 0), Math.min(high, period - 1)]; // a list has nothing outside of it
  let found = null;
  const look = (position) => {
    const place = ((position % period) + period) % period;
    if (lows[place] === null) return;
    const on = step * Math.floor(position / period);
    const [first, last] = [lows[place] + on, highs[place] + on];
    found = found === null ? [first, last] : [Math.min(found[0], first), Math.max(found[1], last)];
  };
  // Positions a period apart see the same, further on: one period at each end shows all that there is.
  for (let i = low; i <= Math.min(high, low + period - 1); i += 1) look(i);
  for (let i = Math.max(low, high - period + 1); i <= high; i += 1) look(i);
  return found;
}

/** What is seen of each value on the way to a position of a value, by axis: {low, high, whole}, or null for nothing. */
function seenOnTheWay(value, at) {
  const seen = new Map([[value, at.map((place) => ({ low: place, high: place, whole: false }))]]);
  const order = [...fieldOf.keys()].filter((one) => one <= value).reverse();
  for (const one of order) {
    const spans = seen.get(one);
    if (spans === undefined) continue;
    for (const [from, patterns] of fieldOf.get(one)[4]) {
      const sizes = sizesOf(from);
      if (sizes === null) continue;
      const found = patterns.map((pattern, i) => {
        if (spans[i] === null) return null;
        if (pattern === null) return { low: 0, high: sizes[i] - 1, whole: true };
        const ends = through(pattern, [spans[i].low, spans[i].high]);
        return ends === null ? null : { low: ends[0], high: ends[1], whole: false };
      });
      seen.set(from, together(seen.get(from), found));
    }
  }
  return seen;
}

/** What two branches see. */
function together(one, other) {
  if (one === undefined) return other;
  return one.map((a, i) => {
    const b = other[i];
    if (a === null || b === null) return a ?? b;
    return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high), whole: a.whole || b.whole };
  });
}

/** The sizes of the axes of a value that are those of the input; null where they are not axes of its own. */
function sizesOf(value) {
  const places = value === fields.input ? fields.sizes : fieldOf.get(value)?.[2];
  if (places === undefined || places.includes(null)) return null;
  return places.map(drawable);
}

/** What a position of a value sees of the input: by axis the ends, and how it is seen. */
function seenOfInput(value, at) {
  const sizes = fields.sizes.map(drawable);
  return fields.states[fieldOf.get(value)[3]].map(([pattern, kind, [blurred, folded]], i) => {
    if (pattern === null) return { low: 0, high: sizes[i] - 1, whole: true, kind };
    const ends = through(pattern, [at[i], at[i]]);
    if (ends === null) return null;
    const [low, high] = ends;
    const near = low < Math.floor(sizes[i] / 4) || high >= sizes[i] - Math.floor(sizes[i] / 4);
    const unsure = (blurred && near) || (folded && (low < 0 || high >= sizes[i])); // the pattern is that of the middle
    return { low, high, whole: false, kind: unsure ? BOUND : kind };
  });
}

const MOST_PLANES = 4;
const SIDES = { most: 150, least: 60, strip: 16 };

function drawFieldOf() {
  if (fields === null) return say("field", "A field is drawn along one or two axes of the input, and this one has none such.");
  const sees = (index) => fieldOf.has(fields.first[index]);
  const index = layerFor(sees, () => {
    for (let i = data.layers.length - 1; i >= 0; i -= 1) if (sees(i) && sizesOf(fields.first[i]) !== null) return i;
    return data.layers.findIndex((_, i) => sees(i));
  });
  if (index < 0) return say("field", `${state.chosen ?? "This network"} sees nothing of the input ${data.inputs[fields.input][0]}.`);
  drawField(data.layers[index][0], fields.first[index]);
}

/** Draws what the chosen position of a value sees. */
function drawField(path, value) {
  const sizes = sizesOf(value);
  if (fields.sizes.map(drawable).includes(Infinity)) return say("field", "The sizes of the input are too large to draw.");
  const alone = fields.sizes.map(() => 0);
  const at = stand("field", path, sizes ?? [], sizes === null ? [] : sizes.map((size) => Math.floor(size / 2)));
  const fixed = fields.states[fieldOf.get(value)[3]].every(([pattern]) => pattern === null || fields.patterns[pattern][0] === 1 && fields.patterns[pattern][1] === 0);
  const first = sizes !== null || fixed ? seenOfInput(value, sizes === null ? alone : at) : null;
  const seen = sizes === null ? new Map() : seenOnTheWay(value, at);
  const whole = fields.sizes.map(drawable);
  const input = { name: data.inputs[fields.input][0], sizes: whole, spans: first ?? whole.map(() => null) };
  const way = onTheWay(seen, value);
  const self = { name: path, sizes, spans: at.map((place) => ({ low: place, high: place, whole: false })), own: true };
  const planes = [input, ...ofEachSize(way), ...(sizes === null ? [] : [self])];
  const words = element("p", { class: "caption", "aria-live": "polite" }, fieldWords(path, value, at, sizes, first, input));
  const parts = [drawPlanes(planes, path), words];
  if (sizes !== null) parts.push(fieldTable([self, ...way.reverse(), input]));
  const pairs = [["field", "seen"], ...(sizes === null ? [] : [["hit", "the position"]])];
  const crosses = planes.some((plane) => plane.spans.some((span, i) => span !== null && (span.low < 0 || span.high >= plane.sizes[i])));
  if (crosses) pairs.push(["beyond", "with what is padding"]);
  fill("field", path, ...parts, keyOf(pairs));
}

/** The values on the way at which something else is seen than at the one behind, from the input on. */
function onTheWay(seen, value) {
  const found = [];
  let last = null;
  for (const [one, entry] of fieldOf) {
    const spans = seen.get(one);
    if (one === value || one === fields.input || spans === undefined || entry[1] < 0) continue;
    const sizes = sizesOf(one);
    const text = JSON.stringify([sizes, spans]);
    if (text === last) found.pop(); // of layers through which the same is seen, the last
    last = text;
    found.push({ name: data.layers[entry[1]][0], sizes, spans });
  }
  return found;
}

/** The last value of each size; of many, some. */
function ofEachSize(way) {
  const last = new Map();
  for (const one of way) {
    last.delete(String(one.sizes));
    last.set(String(one.sizes), one);
  }
  const found = [...last.values()];
  if (found.length <= MOST_PLANES) return found;
  const places = new Set([0, 1, 2, 3].map((i) => Math.round((i * (found.length - 1)) / 3)));
  return [...places].map((i) => found[i]);
}

function fieldWords(path, value, at, sizes, first, { name, sizes: whole }) {
  if (sizes !== null && first.every((span) => span !== null && span.whole)) return `Each position of ${path} ${atMost(first) === "" ? "sees" : "may see"} all of ${name}.`;
  if (first !== null && first.every((span) => span !== null && span.whole)) {
    return `All that ${path} gives ${atMost(first) === "" ? "sees" : "may see"} all of ${name}.`;
  }
  const who = sizes === null ? `All that ${path} gives` : `Position ${at.join(", ")} of ${sizes.join("x")}`;
  if (first === null) {
    const field = data.layers[fieldOf.get(value)[1]][4];
    return `Positions of ${path} stand for several axes at once; each sees up to ${field === null ? "all" : shapeText(field[1])} of ${name}.`;
  }
  if (first.includes(null)) return `${who} sees nothing of ${name}.`;
  const inside = first.map((span, i) => Math.max(0, Math.min(span.high, whole[i] - 1) - Math.max(span.low, 0) + 1));
  const crosses = first.some((span, i) => span.low < 0 || span.high >= whole[i]);
  const full = first.map((span) => span.high - span.low + 1).join("x");
  return `${who} sees ${atMost(first)}${inside.join("x")} of the ${whole.join("x")} positions of ${name}${crosses ? `; with what is padding its field is ${full}` : ""}.`;
}

const atMost = (spans) => (spans.some((span) => span !== null && span.kind === BOUND) ? "at most " : "");

function drawPlanes(planes, path) {
  const largest = Math.max(...planes.flatMap(({ sizes }) => sizes));
  const over = 10;
  let x = over + 4;
  for (const plane of planes) {
    const [columns, rows] = [plane.sizes[plane.sizes.length - 1], plane.sizes.length === 2 ? plane.sizes[0] : 1];
    const scale = Math.max(SIDES.most / largest, SIDES.least / Math.max(columns, rows));
    Object.assign(plane, { left: x, width: Math.max(2, columns * scale), height: plane.sizes.length === 2 ? Math.max(2, rows * scale) : SIDES.strip });
    x += Math.max(plane.width, SIDES.least) + 42;
  }
  const high = Math.max(...planes.map(({ height }) => height));
  const svg = sheet(x - 42 + over + 30, high + 50 + over, `What a position of ${path} sees`);
  for (const plane of planes) plane.top = 38 + over + (high - plane.height) / 2;
  for (const [i, plane] of planes.entries()) {
    const { left, top, width, height, own } = plane;
    const room = Math.max(plane.width, SIDES.least) + 36;
    const [name, sizes] = [24, 12].map((above, line) => drawn("text", { x: left, y: top - over - above + 6, class: line ? "s d" : "b" }));
    name.textContent = cut(plane.name, room);
    sizes.textContent = plane.sizes.join("x");
    svg.append(name, sizes, drawn("rect", { x: left, y: top, width, height, class: "cell" }));
    const [outside, inside] = [boxOf(plane, over), boxOf(plane, 0)];
    if (outside !== null && inside !== null && String(outside) !== String(inside)) svg.append(boxed(outside, "beyond"));
    if (inside !== null) svg.append(boxed(inside, own ? "hit" : "field"));
    if (i > 0) {
      const before = boxOf(planes[i - 1], 0);
      if (before !== null && inside !== null) {
        const d = [1, 3].map((corner) => `M${before[2]} ${before[corner]}L${inside[0]} ${inside[corner]}`).join("");
        svg.append(drawn("path", { class: "ray", d }));
      }
    }
    if (own) {
      const touch = drawn("rect", { x: left, y: top, width, height, class: "touch" });
      touch.addEventListener("click", (event) => {
        const box = touch.getBoundingClientRect();
        const shares = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
        moveTo("field", plane.sizes.map((size, axis) => Math.floor(size * shares[shares.length - plane.sizes.length + axis])));
      });
      svg.append(touch);
    }
  }
  return svg;
}

/** As much of a name as there is room for. */
function cut(name, room) {
  ruler.font = `bold 11px ${getComputedStyle(document.body).fontFamily}`;
  let text = name;
  while (text.length > 2 && ruler.measureText(text).width > room) text = `${text.slice(0, -2)}…`;
  return text;
}

/** What is seen of a plane as left, top, right and bottom; with what of it is padding, so many pixels of it. */
function boxOf({ sizes, spans, left, top, width, height }, over) {
  const ends = [];
  const axes = sizes.length === 2 ? [[1, left, width], [0, top, height]] : [[0, left, width], [null, top, height]];
  for (const [axis, start, length] of axes) {
    if (axis === null) {
      ends.push([start, start + length]);
      continue;
    }
    if (spans[axis] === null) return null;
    const [low, high] = [spans[axis].low, spans[axis].high];
    const cell = length / sizes[axis];
    const [from, to] = over > 0 ? [low, high] : [Math.max(0, low), Math.min(sizes[axis] - 1, high)];
    if (from > to) return null;
    ends.push([Math.max(start + from * cell, start - over), Math.min(start + (to + 1) * cell, start + length + over)]);
  }
  return [ends[0][0], ends[1][0], ends[0][1], ends[1][1]];
}

const boxed = ([left, top, right, bottom], kind) =>
  drawn("rect", { x: left, y: top, width: Math.max(2, right - left), height: Math.max(2, bottom - top), class: kind });

const LISTED = 14;

/** What is seen of each value, from the layer back to the input. */
function fieldTable(found) {
  const names = fields.sizes.length === 2 ? ["rows", "columns"] : ["positions"];
  const head = element("tr", {}, ...["", "map", ...names].map((text) => element("th", { scope: "col" }, text)));
  const shown = found.length <= LISTED ? found : [...found.slice(0, LISTED / 2), null, ...found.slice(-LISTED / 2)];
  const lines = shown.map((one) => {
    if (one === null) return element("tr", { class: "dim" }, element("td", { colspan: names.length + 2 }, `… ${found.length - LISTED} more`));
    const ranges = one.spans.map((span) => element("td", {}, rangeText(span)));
    return element("tr", {}, element("th", { scope: "row" }, one.name), element("td", {}, one.sizes.join("x")), ...ranges);
  });
  return element("table", { class: "seen" }, element("thead", {}, head), element("tbody", {}, ...lines));
}

function rangeText(span) {
  if (span === null) return "none";
  if (span.whole) return "all";
  return span.low === span.high ? signed(span.low) : `${signed(span.low)} to ${signed(span.high)}`;
}
