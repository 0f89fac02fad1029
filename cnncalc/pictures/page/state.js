// The sizes that are set, and what comes of them. All numbers are BigInt, as exact as those of the command line.

const data = JSON.parse(document.getElementById("data").textContent);
const FIGURES = ["params", "trainable", "buffers", "macs", "flops", "activations"];
const LONGEST = 18; // digits of a number

const state = {
  sizes: {}, // by key; the batch is null while figures are for one sample
  values: [], // everything that depends on sizes, by its place
  sums: {}, // for each figure, the sum of the layers in front of each
  worst: [], // for each layer, how well its MACs are counted
  refusal: null, // what is wrong with the sizes
  chosen: null, // a path
};

for (const size of data.sizes) state.sizes[size.key] = size.start === "" ? null : BigInt(size.start);
state.worst = data.layers.map(([, call]) => (data.calls[call].train_only ? 0 : STATUS.indexOf(data.calls[call].status)));

/** Computes everything at the sizes that are set. */
function update() {
  let divided = false;
  const floor = (num, den) => {
    if (den <= 0n) {
      divided = true; // of a size that is refused, or else said below
      return 0n;
    }
    const whole = num / den;
    return num < 0n && num % den !== 0n ? whole - 1n : whole;
  };
  const given = {};
  for (const size of data.sizes) given[size.key] = state.sizes[size.key] ?? 1n;
  if (!("N" in given)) given.N = 1n;
  state.values = compute(given, floor);
  state.refusal = refused(divided);
  for (const [at, name] of FIGURES.entries()) {
    const sums = [0n];
    for (const [i, layer] of data.layers.entries()) sums.push(sums[i] + ofLayer(layer, at, name));
    state.sums[name] = sums;
  }
}

function ofLayer([, call, shared, , , trained], at, name) {
  if (shared !== null && at < 3) return 0n; // counted where it is called first
  if (name === "trainable" && trained !== null) return state.values[trained];
  return state.values[data.calls[call].figures[at]];
}

/** The first layer that does not take these sizes, with the reason. */
function refused(divided) {
  for (const [path, kind, place, parts, hint] of data.refusals) {
    const value = state.values[place];
    if (kind === 0 ? value !== 0n : value < 0n) {
      return { path, message: filled(parts), hint: hint === null ? null : filled(hint) };
    }
  }
  if (!divided) return null;
  const at = data.sizes.filter((size) => state.sizes[size.key] !== null);
  const texts = at.map((size) => `${size.name} = ${state.sizes[size.key]}`);
  return { path: "", message: `with ${texts.join(", ")}, a size is divided by 0`, hint: null };
}

/** A text with its numbers put in. */
function filled(parts) {
  if (typeof parts === "string") return parts;
  const text = (part) => {
    if (typeof part === "string") return part;
    if (typeof part === "number") return (part < 0 ? (state.sizes.N ?? "N") : state.values[part]).toString();
    const [place, number, inside] = part; // left out where it is the default
    return state.values[place] === BigInt(number) ? "" : filled(inside);
  };
  return parts.map(text).join("");
}

/** The texts of the sizes of a shape; without the batch in front while figures are for one sample. */
function dims(shape) {
  const texts = [];
  for (const size of data.shapes[shape]) {
    if (typeof size === "number") texts.push(sizeText(state.values[size]));
    else if (state.sizes.N !== null && state.sizes.N !== undefined) texts.push(sizeText(state.values[size[0]]));
    else if (typeof size[1] === "string") texts.push(size[1]);
    else if (size[1] !== null) {
      const rest = state.values[size[1]];
      texts.push(rest === 1n ? "N" : rest === 0n ? "0" : `${rest}*N`);
    }
  }
  return texts;
}

/** A size. A layer for training alone, which the input is too small for, has none. */
const sizeText = (value) => (value < 0n ? "–" : value.toString());

const shapeText = (shape) => joined(dims(shape));

/** The sum of a figure over layers in a row. */
function sum(name, first, count) {
  return state.sums[name][first + count] - state.sums[name][first];
}

/** How well the MACs of layers in a row are counted. */
function status(first, count) {
  let worst = 0;
  for (let i = first; i < first + count; i += 1) worst = Math.max(worst, state.worst[i]);
  return STATUS[worst];
}

const total = (name) => sum(name, 0, data.layers.length);

/** A number as it is typed, or null. */
function wholeNumber(text, least) {
  const plain = text.replace(/[,_\s]/g, "");
  if (!/^\d+$/.test(plain) || plain.length > LONGEST || BigInt(plain) < BigInt(least)) return null;
  return BigInt(plain);
}
