// The pictures: their labels and bars follow the sizes, and their boxes lead to the table and back.

const pictures = Object.entries(data.pictures).map(([name, items]) => {
  const panel = document.getElementById(`view-${name}`);
  const svg = panel.querySelector("svg");
  const nodes = [...svg.querySelectorAll("[data-follows]")];
  const heights = nodes.map((node) => Number(node.getAttribute("y")));
  const written = nodes.map(() => 0); // for each, the round in which it was written
  return { name, panel, svg, nodes, items, heights, written, width: Number(svg.getAttribute("width")), zoom: null, round: 1 };
});
const READABLE = 0.75; // how small a picture is shown at first
const AROUND = 60; // pixels beyond what is seen of a picture

/** Writes the labels that are seen; the others `fillRest` writes when the sizes rest, or when they are seen. */
function fillPictures(seen) {
  drawStepped();
  for (const picture of pictures) {
    picture.round += 1;
    if (!picture.panel.hidden) fillPicture(picture, seen);
  }
}

/** From where to where a picture is seen, in its own pixels. Asked before anything is written, which undoes the layout. */
function seenOf(picture) {
  const { scrollTop, clientHeight } = picture.panel;
  return [scrollTop / picture.zoom - AROUND, (scrollTop + clientHeight) / picture.zoom + AROUND];
}

function fillPicture(picture, [top, bottom] = [-Infinity, Infinity]) {
  const most = { params: 1, macs: 1 };
  for (const [, kind, start, stop] of picture.items) {
    if (kind in most) most[kind] = Math.max(most[kind], Number(sum(kind, start, stop - start)));
  }
  for (const [i, node] of picture.nodes.entries()) {
    if (picture.written[i] === picture.round || picture.heights[i] < top || picture.heights[i] > bottom) continue;
    picture.written[i] = picture.round;
    const [room, kind, ...rest] = picture.items[node.dataset.follows];
    if (kind in most) {
      const share = Number(sum(kind, rest[0], rest[1] - rest[0])) / most[kind];
      const width = state.refusal !== null ? 0 : share > 0 ? Math.max(1, room * share) : 0;
      node.setAttribute("width", width.toFixed(1));
      continue;
    }
    const textOf = { shape: spread, figures: figuresText, words: wordsText }[kind];
    fitText(node, state.refusal !== null ? "–" : textOf(...rest), room);
  }
}

const ruler = document.createElement("canvas").getContext("2d");
const fonts = new Map(); // by class

/** Writes a label, pressed together where it is longer than its room. It is measured without a layout of the page. */
function fitText(node, text, room) {
  if (node.textContent === text) return;
  node.textContent = text;
  const kind = node.getAttribute("class") ?? "";
  if (!fonts.has(kind)) fonts.set(kind, getComputedStyle(node).font);
  ruler.font = fonts.get(kind);
  if (room > 0 && ruler.measureText(text).width > room) {
    node.setAttribute("textLength", room);
    node.setAttribute("lengthAdjust", "spacingAndGlyphs");
  } else if (node.hasAttribute("textLength")) node.removeAttribute("textLength");
}

/** A shape, and that of the last copy where it differs: 64…224x56x56. */
function spread(first, last) {
  if (first === last) return shapeText(first);
  const [a, b] = [dims(first), dims(last)];
  if (a.length !== b.length) return joined(a);
  return a.map((text, i) => (text === b[i] ? text : `${text}…${b[i]}`)).join("x");
}

/** The type and arguments of a layer, and of its last copy what differs. */
function wordsText(type, layer, last) {
  const [words, others] = [layer, last].map((at) => argumentsText(data.calls[data.layers[at][1]]).trim().split(" "));
  const text = words.length === others.length
    ? words.map((word, i) => (word === others[i] ? word : `${word}…${others[i]}`)).join(" ")
    : `${words.join(" ")}…${others.join(" ")}`;
  return `${type} ${text}`.trim();
}

/** "9.41 k params · 118 M MACs", without what is 0. */
function figuresText(start, stop, further) {
  const count = stop - start;
  const both = (name) => [sum(name, start, count), sum(name, start + further, count)];
  const text = ([first, last]) => (first === last ? scaled(first) : `${scaled(first)}…${scaled(last)}`);
  const found = [];
  const params = both("params");
  if (params[0] !== 0n) found.push(`${text(params)} params`);
  const macs = both("macs");
  const known = status(start, count);
  if (known === "uncounted" && macs[0] === 0n) found.push("MACs not counted");
  else if (macs[0] !== 0n) found.push(`${known === "exact" ? "" : "at least "}${text(macs)} MACs`);
  return found.join(" · ");
}

/** Shows where the chosen layer is in the pictures: its box, or the one that it is folded into. */
function markPictures() {
  for (const { svg, panel } of pictures) {
    for (const node of svg.querySelectorAll(".chosen")) node.classList.remove("chosen");
    let path = state.chosen;
    while (path) {
      const node = svg.querySelector(`[data-path="${CSS.escape(path)}"]`);
      if (node) {
        node.classList.add("chosen");
        if (!panel.hidden) within(panel, node);
        break;
      }
      path = path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : "";
    }
  }
}

/** Scrolls a picture so that a box is in it. */
function within(panel, node) {
  const box = node.getBoundingClientRect();
  const room = panel.getBoundingClientRect();
  if (box.top < room.top || box.bottom > room.bottom) panel.scrollTop += box.top - room.top - room.height / 3;
  if (box.left < room.left || box.right > room.right) panel.scrollLeft += box.left - room.left - room.width / 3;
}

const seenPicture = () => pictures.find((picture) => !picture.panel.hidden);

const views = [...document.querySelectorAll("[role=tabpanel]")].map((panel) => panel.id.slice(5));
const seenView = () => views.find((name) => !panelOf(name).hidden);

/** Which view is seen. */
function show(name) {
  for (const view of views) {
    const seen = view === name;
    panelOf(view).hidden = !seen;
    const tab = document.getElementById(`tab-${view}`);
    tab.setAttribute("aria-selected", String(seen));
    tab.tabIndex = seen ? 0 : -1;
  }
  const picture = seenPicture();
  document.querySelector(".zoom").hidden = picture === undefined;
  if (picture === undefined) return drawStepped();
  if (picture.zoom === null) fit(picture, READABLE);
  fillPicture(picture, seenOf(picture));
  restLater();
  markPictures();
}

/** As wide as there is room for, and no larger than it is drawn. */
function fit(picture, least = 0.1) {
  const room = picture.panel.clientWidth;
  zoomTo(picture, room > 0 ? Math.min(1, Math.max(least, room / picture.width)) : 1);
}

function zoomTo(picture, zoom) {
  picture.zoom = Math.min(4, Math.max(0.1, zoom));
  picture.svg.style.width = `${Math.round(picture.width * picture.zoom)}px`;
  picture.svg.style.height = "auto";
}
