// Numbers for a window to work on: a small picture, three filters, and what layers make of them, exactly. A value is a
// fraction, [numerator, denominator], or a decimal where it is a root.

let filterName = data.begin.filter ?? "none";

/** What works on the numbers of a window at the sizes that are set: a pool, or the chosen filter; null where nothing does. */
function working({ numbers }) {
  if (numbers === null) return null;
  if (numbers.kind !== "filter") return numbers;
  return filterName !== "none" && filtered({ numbers }) ? { ...numbers, summed: drawable(numbers.summed) } : null;
}

/** Can a window be shown with a filter? */
const filtered = ({ numbers }) => numbers?.kind === "filter" && drawable(numbers.summed) <= data.numbers.most;

/** The picture at a position of the input, made as large as that is; channels show it differently. */
function pixelAt([rows, columns], along, channel, row, column) {
  const { picture, line } = data.numbers;
  if (along) {
    const at = Math.floor((column * line.length) / columns.size);
    const tone = Number(line[at]);
    return [tone, 9 - tone, Number(line[line.length - 1 - at])][channel % 3];
  }
  const [down, across] = [Math.floor((row * picture.length) / rows.size), Math.floor((column * picture.length) / columns.size)];
  if (channel % 3 === 1) return 9 - Number(picture[down][across]);
  return Number(channel % 3 === 2 ? picture[across][down] : picture[down][across]);
}

/** The position of the input whose value is at a position; null where it is none of the input's. */
function sourceOf(slide, position) {
  if (position >= 0 && position < slide.under) return position;
  if (slide.spread || position >= slide.size + slide.right) return null;
  if (slide.edge === "circular") return ((position % slide.size) + slide.size) % slide.size;
  if (slide.edge === "reflect") return slide.size - 1 - Math.abs(slide.size - 1 - Math.abs(position));
  if (slide.edge === "replicate") return Math.min(Math.max(position, 0), slide.size - 1);
  return null;
}

/** The numbers of a window, whose axes are `both`. */
function numbersOf(window, both, along) {
  const work = working(window);
  if (work === null) return null;
  const [rows, columns] = both;
  const { spread } = window;
  const pixel = (channel, row, column) => pixelAt(both, along, channel, row, column);

  /** What is at a position that a window is on; null where that is nothing. */
  const under = (channel, row, column) => {
    const [down, across] = [sourceOf(rows, row), sourceOf(columns, column)];
    if (down !== null && across !== null) return pixel(channel, down, across);
    const past = [kindOf(rows, row), kindOf(columns, column)].includes("past");
    return past || work.kind === "max" ? null : 0;
  };

  const weights = () => {
    const { weights: square, divisor, along: line, along_divisor: lineDivisor } = data.numbers.filters[filterName];
    return along ? [[line], lineDivisor] : [square, divisor];
  };

  /** The parts of the kernel that land on an output position, each with the input that it comes from. */
  const from = (slide, position) => {
    const found = [];
    for (let tap = 0; tap < slide.kernel; tap += 1) {
      const offset = position + slide.left - tap * slide.dilation;
      const step = offset / slide.stride;
      if (offset % slide.stride === 0 && step >= 0 && step < slide.size) found.push([tap, step]);
    }
    return found;
  };
  const parts = (slide, at) => (spread ? from(slide, at) : taps(slide, at).map((position, tap) => [tap, position]));

  const convolved = (row, column) => {
    const [square, divisor] = weights();
    const read = spread ? pixel : (...place) => under(...place) ?? 0;
    const terms = parts(rows, row).flatMap(([i, down]) => parts(columns, column).map(([j, across]) => [square[i][j], down, across]));
    const sums = [];
    for (let channel = 0; channel < work.summed; channel += 1) {
      sums.push(terms.reduce((sum, [weight, down, across]) => sum + weight * read(channel, down, across), 0));
    }
    const value = [sums.reduce((sum, part) => sum + part, 0), divisor];
    if (work.summed > 1) {
      const named = sums.map((part, i) => `channel ${i}: ${numberText([part, divisor], 2)}`);
      const shown = named.length > 3 ? [...named.slice(0, 2), "…", named[named.length - 1]] : named;
      return { value, words: `${shown.join(" + ")} = ${numberText(value, 2)}` };
    }
    const found = terms.filter(([weight]) => weight !== 0).map(([weight, down, across]) => [weight, read(0, down, across)]);
    const words = divisor > 1 ? `(${found.map(([, at]) => at).join(" + ")})/${divisor}` : weightedWords(found) || "0";
    return { value, words: `${words} = ${numberText(value, 2)}` };
  };

  const pooled = (row, column) => {
    const places = taps(rows, row).flatMap((down) => taps(columns, column).map((across) => [down, across]));
    let there = places.map((place) => under(0, ...place)).filter((value) => value !== null);
    if (work.kind === "max") {
      if (there.length === 0) return { value: null, words: "nothing in the window: −∞" };
      const most = Math.max(...there);
      return { value: [most, 1], words: `max(${someOf(there, ", ")}) = ${most}` };
    }
    if (work.kind === "power") {
      const total = (there.reduce((sum, value) => sum + value ** work.power, 0) / there.length) * places.length;
      const value = total ** (1 / work.power);
      const words = someOf(there.map((one) => `${one}^${work.power}`), " + ");
      return { value, words: `(${words})^(1/${work.power}) = ${numberText(value, 2)}` };
    }
    let count = there.length;
    if (!work.pads) {
      there = places.filter(([d, a]) => d >= 0 && d < rows.size && a >= 0 && a < columns.size).map((place) => pixel(0, ...place));
      count = there.length;
    }
    count = work.divisor ?? count;
    if (count === 0) return { value: null, words: "nothing in the window" };
    const value = [there.reduce((sum, one) => sum + one, 0), count];
    return { value, words: `(${someOf(there, " + ")})/${count} = ${numberText(value, 2)}` };
  };

  return { ...work, pixel, under, weights, made: work.kind === "filter" ? convolved : pooled };
}

/** A number with at most so many decimals, rounded to the nearest, a half to even. */
function numberText(value, digits) {
  const scale = 10 ** digits;
  let whole;
  let negative;
  if (Array.isArray(value)) {
    const [over, under] = value[1] < 0 ? [-value[0], -value[1]] : value;
    negative = over < 0;
    whole = halfEven(Math.floor((Math.abs(over) * scale) / under), 2 * ((Math.abs(over) * scale) % under) - under);
  } else {
    negative = value < 0;
    const scaled = Math.abs(value) * scale;
    whole = halfEven(Math.floor(scaled), 2 * (scaled - Math.floor(scaled)) - 1);
  }
  const rest = String(whole % scale).padStart(digits, "0").replace(/0+$/, "");
  const shown = `${Math.floor(whole / scale)}${rest === "" ? "" : `.${rest}`}`;
  return negative && whole > 0 ? `−${shown}` : shown;
}

/** A number rounded down, or up where more than half is left, or half of an odd one. */
const halfEven = (down, over) => down + (over > 0 || (over === 0 && down % 2 === 1) ? 1 : 0);

const decimalOf = (value) => (Array.isArray(value) ? value[0] / value[1] : value ?? -Infinity);

/** `8·4 − 2 − 2`. */
function weightedWords(terms) {
  let words = "";
  for (const [weight, pixel] of terms) {
    const sign = weight < 0 ? (words === "" ? "−" : " − ") : words === "" ? "" : " + ";
    words += `${sign}${Math.abs(weight) === 1 ? "" : `${Math.abs(weight)}·`}${pixel}`;
  }
  return words;
}

/** Terms in a row, the first and the last of many. */
const someOf = (words, joint) => (words.length > 12 ? [...words.slice(0, 6), "…", ...words.slice(-2)] : words).join(joint);

/** The values of the output positions that are drawn, by their place. */
function madeOf(numbers, [rows, columns], [downs, acrosses]) {
  const found = new Map();
  for (const row of downs) {
    for (const column of acrosses) {
      if (row === null || column === null || row < 0 || row >= rows.out || column < 0 || column >= columns.out) continue;
      const { value } = numbers.made(row, column);
      found.set(`${row} ${column}`, { value, text: value === null ? "−∞" : numberText(value, 1) });
    }
  }
  return found;
}

/** Writes the values of the input, or of the output, into its cells. */
function writeSide(svg, side, left, top, numbers, ofInput, spread, made) {
  const group = drawn("g", { class: "values", "data-side": ofInput ? "input" : "output" });
  svg.append(group);
  if (!ofInput) return writeValues(group, side, left, top, (row, column) => made.get(`${row} ${column}`), null);
  const read = spread ? numbers.pixel : numbers.under;
  writeValues(group, side, left, top, (row, column) => {
    const value = read(0, row, column);
    return value === null ? undefined : { value: [value, 1], text: String(value) };
  }, [0, 9]);
}

/** What a step comes to. */
function sumWords(numbers, [rows, columns], step, spread) {
  if (!spread) return numbers.made(...step).words;
  const values = [];
  for (let channel = 0; channel < Math.min(numbers.summed, 3); channel += 1) values.push(numbers.pixel(channel, ...step));
  const what = `${values.join(" and ")}${numbers.summed > 3 ? " and so on" : ""}`;
  return `${what}${values.length > 1 ? ", each" : ""} times the filter, is added to what is there`;
}

function numberNotes(numbers) {
  if (numbers === null) return [];
  const { words } = data.numbers;
  const notes = [words.values];
  if (numbers.kind === "filter") {
    const [rows, divisor] = numbers.weights();
    const weights = rows.map((row) => row.map(signed).join(" ")).join(" | ");
    notes.push(`The weights of ${filterName} are ${weights}${divisor > 1 ? `, each divided by ${divisor}` : ""}.`);
  }
  if (numbers.kind === "filter" && numbers.summed > 1) notes.push(words.same);
  if (numbers.kind === "filter" && numbers.bias) notes.push(words.bias);
  return notes;
}

/** Writes values into the cells that have one, the larger the more tinted. */
function writeValues(svg, [rows, columns], left, top, valueAt, ends) {
  const found = [];
  for (const [row, y] of rows.places) {
    for (const [column, x] of columns.places) {
      const value = valueAt(row, column);
      if (value !== undefined) found.push([left + x, top + y, value, `${row} ${column}`]);
    }
  }
  const finite = found.map(([, , { value }]) => decimalOf(value)).filter(Number.isFinite);
  const [low, high] = ends ?? [Math.min(...finite), Math.max(...finite)];
  for (const [x, y, { value, text }, at] of found) {
    const share = high > low && value !== null ? (decimalOf(value) - low) / (high - low) : 0;
    if (share > 0) {
      const d = `M${x} ${y}h${columns.cell}v${rows.cell}h-${columns.cell}z`;
      svg.append(drawn("path", { class: "shade", "fill-opacity": (0.45 * share).toFixed(2), d }));
    }
    const place = { x: x + columns.cell / 2, y: y + rows.cell / 2 + 3.5, class: "value", "text-anchor": "middle", "data-at": at };
    svg.append(drawn("text", place, text));
  }
}

/** The choice of a filter, in the bar of the window. */
function filterChoice(bar, window) {
  let label = bar.querySelector(".filter");
  if (label === null) {
    const select = element("select", {}, element("option", { value: "none" }, "no filter"));
    for (const name of Object.keys(data.numbers.filters)) select.append(element("option", { value: name }, name));
    select.value = filterName;
    select.addEventListener("change", () => {
      filterName = select.value;
      drawStepped();
    });
    label = element("label", { class: "filter dim" }, "filter ", select);
    bar.append(label);
  }
  label.hidden = !filtered(window);
}
