// Texts of numbers and shapes, as the command line writes them, and elements that hold text alone.

const STATUS = ["exact", "lower-bound", "uncounted"];

/** An element. What is given as a child is text, or an element; no text becomes markup. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Writes a text where it is another one. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** 9472n as "9,472". */
function figure(value) {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Three digits and a prefix: 4.09 G. Powers of 1,000. */
function scaled(value) {
  let number = Number(value);
  const prefixes = ["", "k", "M", "G", "T", "P", "E"];
  let at = 0;
  while (number >= 999.5 && at < prefixes.length - 1) {
    number /= 1000;
    at += 1;
  }
  return `${general(number)} ${prefixes[at]}`.trimEnd();
}

/** Three digits without zeros at the end, and past a thousand of the last prefix as a power of ten. */
function general(number) {
  const text = number.toPrecision(3);
  if (!text.includes("e")) return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  const [digits, power] = text.split("e");
  const plain = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  return `${plain}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

/** Sizes as a shape: 64x112x112, and with spaces where one is more than a name. */
function joined(texts) {
  if (texts.length === 0) return "scalar";
  return texts.join(texts.every((text) => /^-?\d+$|^[A-Za-z_]\w*$/.test(text)) ? "x" : " x ");
}

/** A count of MACs or FLOPs, which is never 0 for what is not counted. */
function counted(value, status, write = figure) {
  if (status === "exact") return write(value);
  if (status === "uncounted" && value === 0n) return "not counted";
  return `at least ${write(value)}`;
}
