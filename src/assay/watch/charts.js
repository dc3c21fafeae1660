"use strict";
// Small panels, one a number, drawn from columns. Colours are variables of the style sheet, so both themes follow.
const Charts = (() => {
  const {el} = Rollouts;
  const COLOURS = new Set(["math", "code", "science", "logic", "simulation", "table", "instruction",
    "correct", "incorrect", "no_answer", "timeout", "error"]);
  const WIDE = 310, HIGH = 175, LEFT = 42, RIGHT = 302, TOP = 8, BOTTOM = 152;
  const colour = name => `var(--${COLOURS.has(name) ? name : "ink"})`;
  const short = value => Math.abs(value) >= 10000 ? value.toExponential(1) : String(+value.toPrecision(3));

  function svg(tag, attributes, style, text) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    for (const [name, value] of Object.entries(style || {})) node.style.setProperty(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function ticks(low, high, most) {
    const rough = (high - low) / most || 1, unit = 10 ** Math.floor(Math.log10(rough));
    const step = unit * [1, 2, 2.5, 5, 10].find(times => unit * times >= rough * .999);
    const found = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) found.push(n * step);
    return found;
  }

  function axes(steps, low, high) {
    const first = steps[0], last = steps[steps.length - 1], span = last - first || 1;
    const x = step => steps.length === 1 ? (LEFT + RIGHT) / 2 : LEFT + (step - first) / span * (RIGHT - LEFT);
    const y = value => BOTTOM - (value - low) / (high - low || 1) * (BOTTOM - TOP);
    const drawn = svg("svg", {viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img"});
    drawn.append(svg("title", {}));
    for (const value of ticks(low, high, 4)) {
      drawn.append(svg("line", {x1: LEFT, x2: RIGHT, y1: y(value), y2: y(value), class: "grid"}));
      drawn.append(svg("text", {x: LEFT - 5, y: y(value) + 3.5, "text-anchor": "end"}, {}, short(value)));
    }
    const whole = ticks(first, last, 5).filter(Number.isInteger);
    for (const step of steps.length === 1 ? [first] : whole)
      drawn.append(svg("text", {x: x(step), y: BOTTOM + 14, "text-anchor": "middle"}, {}, step));
    return {drawn, x, y};
  }

  const smooth = values => values.map((_, at) => {
    const part = values.slice(Math.max(0, at - 9), at + 1);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const path = (points, x, y) => points.map(([step, value], at) => `${at ? "L" : "M"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`).join("");

  function line(title, name, curves) {
    const points = curves.steps.map((step, at) => [step, curves.columns[name][at]]).filter(([, value]) => value !== null);
    if (!points.length) return null;
    const values = points.map(([, value]) => value), band = curves.bands[name] || [[], []];
    const ends = curves.steps.map((step, at) => [step, band[0][at], band[1][at]]).filter(([, low]) => typeof low === "number");
    const top = Math.max(...values, ...ends.map(end => end[2])), low = Math.min(0, ...values, ...ends.map(end => end[1]));
    const {drawn, x, y} = axes(curves.steps, low, curves.top || (top > low ? top * (top > 0 ? 1.05 : 1) : 1));
    const bold = curves.smoothed && curves.every === 1 ? smooth(values).map((value, at) => [points[at][0], value]) : points;
    if (ends.length > 1) {
      const up = ends.map(([step, , high]) => [step, high]), back = ends.map(([step, low]) => [step, low]).reverse();
      drawn.append(svg("path", {d: `${path(up, x, y)}${path(back, x, y).replace("M", "L")}Z`, class: "band"}, {fill: colour(name)}));
    }
    if (name in curves.marks)
      drawn.append(svg("line", {x1: x(curves.marks[name]), x2: x(curves.marks[name]), y1: TOP, y2: BOTTOM, class: "alarm"}));
    if (bold !== points) drawn.append(svg("path", {d: path(points, x, y), class: "thin"}, {stroke: colour(name)}));
    if (points.length === 1) drawn.append(svg("circle", {cx: x(points[0][0]), cy: y(values[0]), r: 3}, {fill: colour(name)}));
    drawn.append(svg("path", {d: path(bold, x, y), class: "bold"}, {stroke: colour(name)}));
    drawn.firstChild.textContent = `${title}, ${name}: ${startAndEnd(points)}`;
    return figure(name, drawn, points, x, value => short(value));
  }

  function stacked(title, curves) {
    const names = Object.keys(curves.columns), {drawn, x, y} = axes(curves.steps, 0, curves.top || 1);
    const steps = curves.steps, below = steps.map(() => 0);
    for (const name of names) {
      const floor = [...below];
      curves.columns[name].forEach((share, at) => { below[at] += share || 0; });
      if (steps.length === 1) {
        drawn.append(svg("rect", {x: LEFT, width: RIGHT - LEFT, y: y(below[0]), height: y(floor[0]) - y(below[0])}, {fill: colour(name)}));
        continue;
      }
      const up = steps.map((step, at) => [step, below[at]]), back = steps.map((step, at) => [step, floor[at]]).reverse();
      drawn.append(svg("path", {d: `${path(up, x, y)}${path(back, x, y).replace("M", "L")}Z`}, {fill: colour(name)}));
    }
    const first = steps.map((step, at) => [step, curves.columns[names[0]][at] || 0]);
    drawn.firstChild.textContent = `${title}: share of ${names[0]} ${startAndEnd(first)}`;
    const told = (_, at) => names.filter(name => curves.columns[name][at]).map(name =>
      `${name.replace("_", " ")} ${(100 * curves.columns[name][at]).toFixed(1)} %`).join(", ");
    return figure("", drawn, first, x, told);
  }

  const startAndEnd = points => [points[0], ...points.length > 1 ? [points[points.length - 1]] : []]
    .map(([step, value]) => `${short(value)} at step ${step}`).join(", ");

  function figure(name, drawn, points, x, told) {
    const seen = el("output", {}, told(points[points.length - 1][1], points.length - 1));
    const mark = svg("line", {y1: TOP, y2: BOTTOM, class: "mark", visibility: "hidden"});
    drawn.append(mark);
    const show = at => {
      seen.textContent = `step ${points[at][0]}: ${told(points[at][1], at)}`;
      for (const end of ["x1", "x2"]) mark.setAttribute(end, x(points[at][0]));
      mark.setAttribute("visibility", "visible");
    };
    drawn.addEventListener("pointermove", event => {
      const box = drawn.getBoundingClientRect(), at = (event.clientX - box.left) / box.width * WIDE;
      let near = 0;
      points.forEach(([step], n) => { if (Math.abs(x(step) - at) < Math.abs(x(points[near][0]) - at)) near = n; });
      show(near);
    });
    drawn.addEventListener("pointerleave", () => {
      mark.setAttribute("visibility", "hidden");
      seen.textContent = told(points[points.length - 1][1], points.length - 1);
    });
    return el("figure", {}, el("figcaption", {}, name, " ", seen), drawn);
  }

  const cell = value => value === null ? "" : /[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : value;
  function csv(curves) {
    const names = Object.keys(curves.columns);
    const rows = curves.steps.map((step, at) => [step, ...names.map(name => curves.columns[name][at])]);
    return [["step", ...names], ...rows].map(row => row.map(cell).join(",")).join("\n") + "\n";
  }

  // Draws the curves into `root`; what stands there already is brought up to date in its place.
  function draw(root, all) {
    for (const curves of all) {
      const id = `curves-${curves.title.toLowerCase().replaceAll(" ", "-")}`;
      let section = document.getElementById(id);
      if (!section) {
        const names = Object.keys(curves.columns);
        const legend = curves.stacked && el("ul", {class: "legend"}, names.map(name =>
          el("li", {}, el("i", {class: `swatch ${name}`}), name.replace("_", " "))));
        section = el("section", {id}, el("h2", {}, curves.title), el("p", {}), legend,
          el("div", {class: curves.stacked ? "panels one" : "panels"}),
          el("a", {class: "data", download: `${id}.csv`}, `${curves.title} as CSV`));
        root.append(section);
      }
      section.querySelector("p").textContent = curves.about;
      const panels = curves.stacked ? [stacked(curves.title, curves)]
        : Object.keys(curves.columns).map(name => line(curves.title, name, curves));
      section.querySelector(".panels").replaceChildren(...panels.filter(Boolean));
      section.querySelector("a").href = `data:text/csv;charset=utf-8,${encodeURIComponent(csv(curves))}`;
    }
  }
  return {draw};
})();
