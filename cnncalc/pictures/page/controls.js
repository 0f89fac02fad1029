// What the reader sets: sizes by sliders and numbers, and the address that holds them.

const controls = new Map(); // by key: the slider, the number, its message

/** A slider and a number for each size. */
function drawControls() {
  const form = document.getElementById("sizes");
  for (const size of data.sizes) {
    const id = `size-${size.key}`;
    const batch = size.kind === "batch";
    const start = size.start === "" ? 1 : Number(size.start);
    const slider = element("input", {
      type: "range",
      id: `${id}-slider`,
      min: size.least,
      max: batch ? Math.max(256, 4 * start) : Math.max(16, 4 * start),
      step: 1,
      "aria-label": `${size.name}, slider`,
    });
    const number = element("input", {
      type: "text",
      inputmode: "numeric",
      id,
      size: 8,
      placeholder: batch ? "one sample" : null,
      "aria-describedby": `${id}-said`,
    });
    const said = element("span", { id: `${id}-said`, class: "said" });
    slider.addEventListener("input", () => set(size, BigInt(slider.value)));
    number.addEventListener("input", () => typed(size, number.value));
    number.addEventListener("keydown", (event) => step(event, size));
    number.addEventListener("change", () => render());
    controls.set(size.key, { size, slider, number, said });
    const label = element("label", { for: id }, size.name);
    form.append(element("div", { class: `size ${size.kind}` }, label, slider, number, said));
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  if (data.sizes.length) {
    const reset = element("button", { type: "button", id: "reset" }, "reset");
    reset.addEventListener("click", () => {
      for (const size of data.sizes) state.sizes[size.key] = size.start === "" ? null : BigInt(size.start);
      render();
    });
    form.append(reset);
  }
  const fixed = data.fixed.map(([name, text]) => `${name} = ${text}`);
  const still = data.sizes.some((size) => size.kind === "size") ? [] : ["This network has no open size: its figures stay as they are."];
  if (fixed.length) still.push(`As written, since other values make other layers: ${fixed.join(" · ")}.`);
  write(document.getElementById("fixed"), still.join(" "));
}

/** The arrow keys count up and down, with Shift by 10. */
function step(event, size) {
  const by = { ArrowUp: 1n, ArrowDown: -1n }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  const next = (state.sizes[size.key] ?? 0n) + by * (event.shiftKey ? 10n : 1n);
  set(size, next < BigInt(size.least) ? BigInt(size.least) : next);
}

function typed(size, text) {
  if (text.trim() === "" && size.kind === "batch") return set(size, null);
  const value = wholeNumber(text, size.least);
  const { number, said } = controls.get(size.key);
  number.setAttribute("aria-invalid", String(value === null));
  write(said, value === null ? `a whole number, ${size.least} or more` : "");
  if (value !== null) set(size, value, false);
}

function set(size, value, shown = true) {
  state.sizes[size.key] = value;
  later(shown ? null : size.key);
}

let waiting = false;

/** One rendering for each frame, however fast a slider moves. */
function later(typing) {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    render(typing);
  });
}

/** Sliders and numbers as the sizes are, but for the one that is being typed. */
function fillControls(typing) {
  for (const [key, { slider, number, said }] of controls) {
    const value = state.sizes[key];
    const shown = value === null ? 1n : value;
    if (shown > BigInt(slider.max) && shown < 10n ** 9n) slider.max = (shown * 2n).toString();
    slider.value = shown.toString();
    if (key === typing) continue;
    number.value = value === null ? "" : value.toString();
    number.setAttribute("aria-invalid", "false");
    write(said, "");
  }
}

// The address

let known = ""; // the part of the address that has been read or written

/** Sizes, layer and view as the address has them. */
function readAddress() {
  known = location.hash;
  const given = new URLSearchParams(location.hash.slice(1));
  for (const size of data.sizes) {
    const text = given.get(size.key === "N" ? "batch" : size.name);
    const value = text === null ? null : wholeNumber(text, size.least);
    if (value !== null) state.sizes[size.key] = value;
    else state.sizes[size.key] = size.start === "" || text === "" ? null : BigInt(size.start);
  }
  const path = given.get("layer");
  if (path === "") state.chosen = null;
  else if (path !== null && rowOfPath.has(path)) state.chosen = path;
  const view = given.get("view");
  return views.includes(view) ? view : null;
}

function writeAddress() {
  if (location.hash !== known) return; // the reader has set another one, which is about to be read
  const pairs = [];
  for (const size of data.sizes) {
    const value = state.sizes[size.key];
    if ((value === null ? "" : value.toString()) === size.start) continue;
    pairs.push([size.key === "N" ? "batch" : size.name, value === null ? "" : value]);
  }
  if (state.chosen !== data.begin.layer) pairs.push(["layer", state.chosen ?? ""]);
  if (seenView() !== firstView) pairs.push(["view", seenView()]);
  const text = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
  const address = text === "" ? location.pathname + location.search : `#${text}`;
  if (location.hash.slice(1) !== text) history.replaceState(null, "", address);
  known = location.hash;
}
