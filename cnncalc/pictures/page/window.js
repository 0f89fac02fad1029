// The window of the chosen layer, where it stands at each step. A step is an output position; of a transposed convolution
// it is an input position, and its window stands on the output.

const ROOM = { one: 26, two: 15 }; // positions of an axis that are drawn at once, where there are one or two axes

const windowOf = (index) => data.calls[data.layers[index][1]].window; // null where it has none

/** The axes of a layer's window at the sizes that are set. */
function slidesOf({ axes, spread, adaptive, edge }) {
  return axes.map(([name, size, out, kernel, stride, dilation, left, right]) => {
    const [whole, made] = [drawable(size), drawable(out)];
    const [count, under] = spread ? [whole, made] : [made, whole];
    return { name, size: whole, out: made, count, under, kernel, stride, dilation, left, right, spread, adaptive, edge };
  });
}

/** The positions that the window has at a step. */
function taps(slide, step) {
  if (slide.adaptive) {
    const first = Math.floor((step * slide.size) / slide.out);
    const last = Math.ceil(((step + 1) * slide.size) / slide.out);
    return Array.from({ length: Math.min(last - first, 4096) }, (_, i) => first + i);
  }
  const start = step * slide.stride - slide.left;
  return Array.from({ length: slide.kernel }, (_, i) => start + i * slide.dilation);
}

/** The first position that there is to draw, and the one behind the last. */
function endsOf(slide) {
  if (slide.adaptive) return [0, slide.size];
  const last = (slide.count - 1) * slide.stride - slide.left + (slide.kernel - 1) * slide.dilation + 1;
  return [-slide.left, Math.max(last, slide.spread ? slide.out : slide.size + slide.right)];
}

/** What a position is: a pixel, padding, past the end, or cut off. */
function kindOf(slide, position) {
  if (position >= 0 && position < slide.under) return "pixel";
  if (slide.spread) return "cut";
  return position < slide.size + slide.right ? "pad" : "past";
}

/** Is a position of the axis in no window at all? */
function missed(slide, position) {
  if (slide.adaptive || slide.edge !== "zeros" || position < 0 || position >= slide.under) return false;
  for (let tap = 0; tap < slide.kernel; tap += 1) {
    const from = position + slide.left - tap * slide.dilation;
    if (from % slide.stride === 0 && from >= 0 && from / slide.stride < slide.count) return false;
  }
  return true;
}

/** The positions that are drawn about those of a step, with null where others are left out. */
function about([low, high], wanted, room) {
  if (high - low <= room) return run(low, high);
  const [first, last] = [wanted[0], wanted[wanted.length - 1]];
  const long = last - first + 1;
  let found;
  if (long > room - 2) {
    // Of a window that is longer than the room, its ends.
    found = [...run(Math.max(low, first - 1), first + 6), null, ...run(last - 5, Math.min(high, last + 2))];
  } else {
    const start = Math.min(Math.max(low, first - Math.floor((room - long) / 2)), high - room);
    found = run(start, start + room);
  }
  if (found[0] > low) found.unshift(null);
  if (found[found.length - 1] < high - 1) found.push(null);
  return found;
}

const run = (low, high) => Array.from({ length: high - low }, (_, i) => low + i);

/** Where each drawn position begins, in pixels, and how long all are. */
function placed(positions, cell) {
  const places = new Map();
  let at = 0;
  for (const position of positions) {
    if (position !== null) places.set(position, at);
    at += position === null ? cell * 0.7 : cell;
  }
  return { places, length: at, cell, positions };
}

const ALONE = { name: "", size: 1, out: 1, count: 1, under: 1, kernel: 1, stride: 1, dilation: 1, left: 0, right: 0, edge: "zeros" };

function drawWindowOf() {
  const index = layerFor(windowOf, () => data.layers.findIndex((_, i) => windowOf(i) !== null));
  if (index >= 0) drawWindow(data.layers[index][0], windowOf(index));
  else say("window", `${state.chosen ?? "This network"} has no window that slides. Convolutions and pools have one.`);
}

/** Draws the window of a layer where it stands. */
function drawWindow(path, window) {
  const found = slidesOf(window);
  if (found.some((slide) => slide.size + slide.out === Infinity)) return say("window", `The sizes of ${path} are too large to draw.`);
  const at = stand("window", path, found.map((slide) => slide.count), found.map(() => 0));
  const both = found.length === 2 ? found : [ALONE, found[0]];
  const step = found.length === 2 ? at : [0, at[0]];
  const room = found.length === 2 ? ROOM.two : ROOM.one;
  const cell = found.length === 2 ? 18 : 16;
  const { spread } = window;
  const numbers = numbersOf(window, both, found.length === 1);
  const shown = both.map((slide, i) => [
    about(endsOf(slide), taps(slide, step[i]), room),
    about([0, slide.count], [step[i]], found.length === 2 ? 9 : 12),
  ]);
  const made = numbers === null ? null : madeOf(numbers, both, shown.map((each) => each[spread ? 0 : 1]));
  const longest = made === null ? 0 : Math.max(...[...made.values()].map(({ text }) => text.length));
  const side = Math.max(cell, longest * 5.6 + 6);
  const wide = shown.map(([positions]) => placed(positions, spread ? side : cell));
  const single = shown.map(([, positions]) => placed(positions, spread ? cell : side));
  const [left, right] = spread ? [single, wide] : [wide, single];
  const across = left[1].length + 78;
  const height = Math.max(left[0].length, right[0].length);
  const svg = sheet(across + right[1].length + 50, height + 50, `The window of ${path}`);
  const tops = [left, right].map(([rows]) => 36 + (height - rows.length) / 2);
  const lefts = [34, across + 34];
  for (const [i, side] of [left, right].entries()) {
    const under = (i === 1) === spread; // is it the side that windows stand on?
    drawCells(svg, side, lefts[i], tops[i], under ? both : null, found.length === 2);
    if (numbers !== null) writeSide(svg, side, lefts[i], tops[i], numbers, i === 0, spread, made);
    const several = numbers?.kind === "filter" && numbers.summed > 1;
    const name = i === 1 ? "output" : several ? "input, channel 0" : "input";
    svg.append(drawn("text", { x: lefts[i], y: tops[i] - 20, class: "b" }, name));
    const cells = under ? both.map((slide, axis) => taps(slide, step[axis])) : step.map((place) => [place]);
    mark(svg, side, lefts[i], tops[i], cells, under ? "tap" : "hit");
  }
  const middle = 36 + height / 2;
  svg.append(drawn("path", { class: "e", d: `M${across - 34} ${middle}H${across - 4}` }));
  svg.append(drawn("path", { class: "t", d: `M${across - 5} ${middle - 3.5}v7l7 -3.5z` }));
  svg.addEventListener("click", (event) => {
    const place = event.target.dataset?.place?.split(" ").map(Number);
    if (place) moveTo("window", found.length === 2 ? place : [place[1]]);
  });
  for (const place of hits(single, spread ? lefts[0] : lefts[1], spread ? tops[0] : tops[1])) svg.append(place);
  const kinds = new Set(wide[0].positions.flatMap((row) => wide[1].positions.map((column) => kindAt(both, row, column))));
  const said = element("p", { class: "caption", "aria-live": "polite" }, placeWords(found, at, spread));
  const sum = numbers === null ? "" : element("p", { class: "sum" }, sumWords(numbers, both, step, spread));
  const more = element("div", { class: "dim" }, ...numberNotes(numbers).map((note) => element("p", {}, note)));
  fill("window", path, svg, said, sum, legend(kinds, both, wide, window), notesOf(window), more);
  if (data.numbers !== null) filterChoice(panelOf("window").querySelector(".stepper"), window);
}

/** What a cell is: what either of its positions is, if that is no pixel. */
function kindAt([rows, columns], row, column) {
  if (row === null || column === null) return "pixel";
  const kinds = [kindOf(rows, row), kindOf(columns, column)];
  return ["cut", "past", "pad"].find((kind) => kinds.includes(kind)) ?? "pixel";
}

function drawCells(svg, [rows, columns], left, top, both, numbered) {
  const paths = {};
  for (const [row, y] of rows.places) {
    for (const [column, x] of columns.places) {
      const kind = both === null ? "pixel" : kindAt(both, row, column);
      paths[kind] = (paths[kind] ?? "") + square(left + x, top + y, rows.cell);
      if (both !== null && kind === "pixel" && (missed(both[0], row) || missed(both[1], column))) {
        const [a, b] = [rows.cell * 0.25, rows.cell * 0.5];
        paths.missed = `${paths.missed ?? ""}M${left + x + a} ${top + y + a}l${b} ${b}m0 -${b}l-${b} ${b}`;
      }
    }
  }
  for (const [kind, d] of Object.entries(paths)) svg.append(drawn("path", { class: kind === "missed" ? kind : `cell ${kind}`, d }));
  const rest = (axis, other, across) => {
    let at = 0;
    for (const position of axis.positions) {
      const gap = position === null;
      if (gap) {
        for (const place of other.places.values()) {
          const side = place + other.cell / 2;
          const d = across
            ? `M${left + at + 3} ${top + side}h${axis.cell * 0.7 - 6}`
            : `M${left + side} ${top + at + 3}v${axis.cell * 0.7 - 6}`;
          svg.append(drawn("path", { class: "rest", d }));
        }
      }
      at += gap ? axis.cell * 0.7 : axis.cell;
    }
  };
  rest(columns, rows, true);
  rest(rows, columns, false);
  const number = (text, x, y, anchor) => svg.append(drawn("text", { x, y, class: "tick", "text-anchor": anchor }, text));
  ticks(columns, (position, place) => number(position, left + place + columns.cell / 2, top - 5, "middle"));
  if (numbered) ticks(rows, (position, place) => number(position, left - 5, top + place + rows.cell / 2 + 3, "end"));
}

/** The numbers of an axis, as many as there is room for. */
function ticks({ places, cell }, write) {
  const longest = Math.max(...[...places.keys()].map((position) => String(position).length));
  const every = Math.max(1, Math.ceil((longest * 6 + 4) / cell));
  for (const [position, place] of places) if (position % every === 0) write(signed(position), place);
}

/** Marks the cells of a step, and draws a line around them all. */
function mark(svg, [rows, columns], left, top, [downs, acrosses], kind) {
  let d = "";
  const ends = [Infinity, Infinity, -Infinity, -Infinity];
  for (const down of downs) {
    for (const across of acrosses) {
      const [x, y] = [columns.places.get(across), rows.places.get(down)];
      if (x === undefined || y === undefined) continue;
      d += square(left + x, top + y, rows.cell);
      ends[0] = Math.min(ends[0], left + x);
      ends[1] = Math.min(ends[1], top + y);
      ends[2] = Math.max(ends[2], left + x + rows.cell);
      ends[3] = Math.max(ends[3], top + y + rows.cell);
    }
  }
  const places = { "data-rows": downs.join(" "), "data-columns": acrosses.join(" ") };
  svg.append(drawn("path", { class: kind, d, ...places }));
  if (kind === "tap") svg.append(drawn("rect", { class: "hull", x: ends[0], y: ends[1], width: ends[2] - ends[0], height: ends[3] - ends[1] }));
}

/** Squares that are seen by the pointer alone: each is a step. */
function hits([rows, columns], left, top) {
  const found = [];
  for (const [row, y] of rows.places) {
    for (const [column, x] of columns.places) {
      const place = { x: left + x, y: top + y, width: rows.cell, height: rows.cell };
      found.push(drawn("rect", { class: "touch", ...place, "data-place": `${row} ${column}` }));
    }
  }
  return found;
}

/** Which positions a step is about: "output row 0, column 1 reads rows −1 to 1, columns 0 to 2 of the input". */
function placeWords(slides, at, spread) {
  const place = slides.map(({ name }, i) => `${name} ${at[i]}`).join(", ");
  const runs = slides.map((slide, i) => runWords(slide, at[i])).join(", ");
  return spread ? `input ${place} is spread over ${runs} of the output` : `output ${place} reads ${runs} of the input`;
}

function runWords(slide, step) {
  const found = taps(slide, step);
  const said = found.map(signed);
  const last = said[said.length - 1];
  if (found.length === 1) return `${slide.name} ${last}`;
  const apart = found[1] - found[0];
  if (apart === 1 || found.length === 2) return `${slide.name}s ${said[0]} ${apart === 1 ? "to" : "and"} ${last}`;
  if (found.length <= 4) return `${slide.name}s ${said.slice(0, -1).join(", ")} and ${last}`;
  return `${slide.name}s ${said[0]} to ${last} in steps of ${apart}`;
}

function legend(kinds, both, wide, { spread, edge }) {
  const pairs = spread
    ? [["hit", "the input of this step"], ["tap", "what it is spread over"]]
    : [["tap", "read at this step"], ["hit", "made of it"]];
  const padding = { zeros: "", reflect: ", mirrored", replicate: ", the edge repeated" }[edge] ?? ", the other end";
  const words = { pad: `padding${padding}`, past: "past the end", cut: "cut off as padding" };
  for (const [kind, text] of Object.entries(words)) if (kinds.has(kind)) pairs.push([`cell ${kind}`, text]);
  const none = both.some((slide, i) => wide[i].positions.some((position) => position !== null && missed(slide, position)));
  if (none) pairs.push(["missed", spread ? "nothing lands here" : "read by no window"]);
  return keyOf(pairs);
}

const notesOf = ({ notes }) => element("div", { class: "dim" }, ...notes.map((note) => element("p", {}, filled(note))));
