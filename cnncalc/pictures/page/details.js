// The chosen layer: what it is, its sums with their numbers, and what it sees of the input.

const CHOOSE = "Choose a layer in the table or in a picture to see how its figures come about.";
const detailsAt = document.getElementById("details");

/** Writes what there is to say of the chosen layer or level. */
function drawDetails() {
  detailsAt.replaceChildren();
  const row = rowOfPath.get(state.chosen);
  if (row === undefined) {
    detailsAt.append(element("p", { class: "dim" }, CHOOSE));
    return;
  }
  const [, , kind, first, count, isLayer] = data.rows[row];
  const close = element("button", { type: "button", class: "close", "aria-label": "Close", title: "Close" }, "×");
  close.addEventListener("click", () => choose(null));
  detailsAt.append(close, element("h2", {}, state.chosen));
  if (state.refusal !== null) {
    detailsAt.append(element("p", { class: "dim" }, "There are no figures at these sizes."));
    return;
  }
  if (!isLayer) {
    detailsAt.append(element("p", {}, `${kind === "" ? "" : `${kind}: `}${count.toLocaleString("en")} layers`));
    detailsAt.append(list(levelFigures(first, count)));
    return;
  }
  drawLayer(data.layers[first], first);
}

function levelFigures(first, count) {
  const known = status(first, count);
  return [
    ["params", figure(sum("params", first, count))],
    ["buffers", figure(sum("buffers", first, count))],
    ["MACs", counted(sum("macs", first, count), known)],
    ["FLOPs", counted(sum("flops", first, count), known)],
    ["activations", figure(sum("activations", first, count))],
  ];
}

function drawLayer([path, at, shared, reads, field], index) {
  const call = data.calls[at];
  const ins = call.inputs.map(shapeText).join(", ");
  const outs = call.outputs.map(shapeText).join(", ");
  detailsAt.append(element("p", { class: "call" }, call.type + argumentsText(call)));
  if (call.about !== "") detailsAt.append(element("p", { class: "dim" }, call.about));
  const facts = [["shape", `${ins || "nothing"} → ${outs}`]];
  if (reads.length) facts.push(["reads", reads.join(", ")]);
  if (shared !== null) facts.push(["parameters", `those of ${shared}, counted there`]);
  if (call.train_only) facts.push(["runs", "in training alone: it has parameters, and no MACs"]);
  detailsAt.append(list(facts));
  if (call.formulas !== null) {
    const sums = element("div", { class: "sums" });
    for (const line of call.formulas.sizes) sums.append(...sumLines(line));
    for (const line of call.formulas.params) sums.append(...sumLines([`params ${line[0]}`, ...line.slice(1)]));
    if (call.formulas.macs !== null) sums.append(...sumLines(call.formulas.macs, call.status));
    if (sums.children.length) detailsAt.append(sums);
    if (data.batched && state.sizes.N !== null && call.formulas.macs !== null) {
      detailsAt.append(element("p", { class: "dim" }, "The sums are for one sample."));
    }
  }
  const figures = levelFigures(index, 1).filter(([, text]) => text !== "0");
  if (field !== null) figures.push(["field", `${field[0] ? "up to " : ""}${shapeText(field[1])} of the input`]);
  detailsAt.append(list(figures));
}

/** A sum: its name, the formula, the numbers, what it comes to. */
function sumLines([label, names, numbers, place, extent, extentNumbers, extentPlace], known = "exact") {
  const value = figure(state.values[place]);
  const lines = [element("b", {}, label)];
  const text = element("span", {});
  if (extent !== undefined) {
    text.append(`extent = ${extent} = ${extentNumbers} = ${state.values[extentPlace]}`, element("br"));
  }
  const steps = names === "1" || names === state.values[place].toString() ? [] : [names, filled(numbers)];
  if (steps.length && steps[1] === state.values[place].toString()) steps.pop();
  const least = known === "lower-bound" ? "at least " : "";
  text.append([...steps, `${least}${value}`].join(" = "));
  return [...lines, text];
}

/** Names with what they are. */
function list(pairs) {
  const made = element("dl", { class: "facts" });
  for (const [name, text] of pairs) made.append(element("dt", {}, name), element("dd", {}, text));
  return made;
}
