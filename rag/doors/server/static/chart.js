// A small chart of figures: a line for times in their order, bars otherwise. Drawn anew whenever its width changes.

import { el, fill, svg } from "./dom.js";
import { shortOf, timeOf } from "./periods.js";
import { language, t } from "./text.js";

const LEAST = 3; // figures
const HEIGHT = 190; // of a chart with a line
const [TOP, FOOT, SIDE] = [12, 38, 14]; // room around the line
const PITCH = 26; // from bar to bar
const SIGNS = new Set(["percent", "points"]);

// A figure with a chart of the lines that have a value; null for fewer than three, and where they measure different things.
export function drawChart(lines, spoken) {
  const valued = lines.filter((line) => line.value).map((line) => line.kind + line.unit);
  if (valued.length < LEAST || new Set(valued).size > 1 || /^(time|text)/.test(valued[0])) return null;
  const marks = lines.filter((line) => line.value || line.missing).map((line) => ({ ...line, at: timeOf(line.period) }));
  for (const mark of marks) mark.number = mark.value ? numberOf(mark.value) : null;
  const chart = { marks, spoken, scale: scaleOf(marks), isLine: isInTime(marks) };
  return assembled(chart);
}

// "21/10" → 2.1
function numberOf(fraction) {
  const [above, below = 1] = fraction.split("/").map(Number);
  return above / below;
}

// Whether the marks follow one another in time.
const isInTime = (marks) => marks.every(({ at }, i) => at && (i === 0 || at.end > marks[i - 1].at.end));

// What the figures of an axis are divided by, and their unit: as it is printed where it is printed alike.
function scaleOf(marks) {
  const { kind, unit } = marks.find((mark) => mark.value);
  if (SIGNS.has(kind)) return { by: 1, unit: kind === "percent" ? "%" : t("points") };
  const printed = marks.map(({ number, shown = "" }) => ({ number, found: /^\D*([\d.,]+)(\D*)$/.exec(shown) }));
  const read = printed.filter(({ number, found }) => number && found);
  const ends = new Set(read.map(({ found }) => found[2]));
  if (read.length && ends.size === 1) {
    const by = read[0].number / Number(read[0].found[1].replaceAll(",", ""));
    const [end] = ends;
    if (by > 0 && Number.isFinite(by)) return { by, unit: end.includes(unit) ? end : end + unit };
  }
  const most = Math.max(...marks.map(({ number }) => Math.abs(number || 0)));
  const [by, name] = most >= 1e8 ? [1e8, "亿"] : most >= 1e4 ? [1e4, "万"] : [1, ""];
  return { by, unit: name + unit };
}

// The drawing, a line above it that tells the figure pointed at, and a button over each figure.
function assembled(chart) {
  const { marks, scale } = chart;
  const readout = el("p", { class: "readout", "aria-hidden": "true", lang: "zh" }, scale.unit);
  const drawing = svg("svg", { class: "plot", role: "img", "aria-label": toldAs(chart) });
  const tell = (at) => {
    fill(readout, at === null ? scale.unit : [el("b", {}, marks[at].label), " ", figureOf(marks[at])]);
    for (const drawn of drawing.querySelectorAll("[data-mark]"))
      drawn.classList.toggle("on", drawn.dataset.mark === String(at));
  };
  const spots = marks.map((mark, at) => spot(mark, at, tell));
  const group = el("div", { class: "spots", role: "group", "aria-label": t("chart_values") }, spots);
  group.addEventListener("keydown", (event) => walk(event, spots));
  const box = el("div", { class: "plot-box" }, drawing, group);
  draw(chart, drawing, spots, box, 640);
  new ResizeObserver(([{ contentRect }]) => {
    const width = Math.floor(contentRect.width);
    if (width && width !== Number(drawing.getAttribute("width"))) draw(chart, drawing, spots, box, width);
  }).observe(box);
  return el("figure", { class: "chart-box", lang: chart.spoken }, readout, box);
}

// A mark's figure as it is printed, or that there is none.
const figureOf = (mark) => (mark.missing ? `— ${t("no_report")}` : mark.figure);

// The button over a mark: it tells the figure, and opens its article.
function spot(mark, at, tell) {
  return el("button", {
    type: "button",
    class: "spot",
    tabindex: at ? "-1" : "0",
    "aria-label": `${mark.label}: ${figureOf(mark)}`,
    onclick: () => mark.open?.(),
    onpointerenter: () => tell(at),
    onpointerleave: () => tell(null),
    onfocus: () => tell(at),
    onblur: () => tell(null),
  });
}

// Arrow keys go from figure to figure; only one of them is a stop of the Tab key.
function walk(event, spots) {
  const at = spots.indexOf(document.activeElement);
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const next = event.key === "Home" ? 0 : event.key === "End" ? spots.length - 1 : step ? at + step : -1;
  if (at < 0 || !spots[next]) return;
  event.preventDefault();
  spots[at].tabIndex = -1;
  spots[next].tabIndex = 0;
  spots[next].focus();
}

// The chart in words.
function toldAs({ marks, isLine }) {
  const valued = marks.filter((mark) => mark.value);
  const sorted = [...valued].sort((one, other) => one.number - other.number);
  const told = (mark) => `${mark.label} ${mark.figure}`;
  const values = { n: valued.length, least: told(sorted[0]), most: told(sorted[sorted.length - 1]) };
  const ends = { first: told(valued[0]), last: told(valued[valued.length - 1]) };
  const missing = marks.filter((mark) => mark.missing).map((mark) => mark.label);
  return [
    isLine ? t("chart_line", { ...values, ...ends }) : t("chart_bars", values),
    missing.length ? t("chart_missing", { names: missing.join(", ") }) : "",
  ].join(" ");
}

// Draws at a width in pixels, so that letters keep their size.
function draw(chart, drawing, spots, box, width) {
  const { nodes, areas, height } = (chart.isLine ? lineOf : barsOf)(chart, width);
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
    drawing.setAttribute(name, String(value));
  box.style.height = `${height}px`;
  fill(drawing, nodes);
  for (const [i, [left, top, wide, high]] of areas.entries())
    Object.assign(spots[i].style, { left: `${left}px`, top: `${top}px`, width: `${wide}px`, height: `${high}px` });
}

// About how wide a text is in letters of 12 pixels.
const widthOf = (text) => [...text].reduce((sum, letter) => sum + (letter > "\u2e7f" ? 12 : 6.7), 0);

// A figure of an axis.
const written = (number) =>
  new Intl.NumberFormat(language() === "zh" ? "zh" : "en", { maximumFractionDigits: 6 }).format(number);

// Round figures from below the least to above the most: about four.
function ticksOf(least, most) {
  const rough = (most - least || Math.abs(most) || 1) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough * 0.999);
  const first = Math.floor(least / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// A text of the drawing.
const word = (x, y, text, anchor = "start") => svg("text", { x, y, "text-anchor": anchor }, text);

// Times in their order, at their distances; the line breaks where a figure is missing.
function lineOf({ marks, scale, spoken }, width) {
  const numbers = marks.filter((mark) => mark.value).map((mark) => mark.number / scale.by);
  const ticks = ticksOf(Math.min(...numbers), Math.max(...numbers));
  const [low, high] = [ticks[0], ticks[ticks.length - 1]];
  const left = Math.max(...ticks.map((tick) => widthOf(written(tick)))) + 10;
  const [begin, end] = [marks[0].at.end, marks[marks.length - 1].at.end];
  const x = (mark) => left + SIDE + ((mark.at.end - begin) / (end - begin)) * (width - left - 2 * SIDE);
  const y = (number) => TOP + ((high - number) / (high - low)) * (HEIGHT - TOP - FOOT);
  const nodes = [
    ticks.map((tick) => [
      svg("line", { class: tick ? "grid" : "grid zero", x1: left, x2: width, y1: y(tick), y2: y(tick) }),
      word(left - 6, y(tick) + 4, written(tick), "end"),
    ]),
    namesBelow(marks, x, spoken),
    stretches(marks).map((stretch) =>
      svg("polyline", { points: stretch.map((mark) => `${x(mark)},${y(mark.number / scale.by)}`).join(" ") }),
    ),
    marks.map((mark, i) =>
      mark.value
        ? svg("circle", {
            class: mark.taken ? "dot taken" : "dot",
            dataset: { mark: i },
            cx: x(mark),
            cy: y(mark.number / scale.by),
            r: mark.taken ? 5 : 3.5,
          })
        : null,
    ),
  ];
  const edges = marks.map((mark, i) => (i ? (x(marks[i - 1]) + x(mark)) / 2 : left));
  const areas = marks.map((mark, i) => [edges[i], 0, (edges[i + 1] ?? width) - edges[i], HEIGHT - FOOT]);
  return { nodes, areas, height: HEIGHT };
}

// The runs of marks without a gap.
function stretches(marks) {
  const runs = [[]];
  for (const mark of marks) {
    if (mark.missing) runs.push([]);
    else runs[runs.length - 1].push(mark);
  }
  return runs.filter((run) => run.length > 1);
}

// The times below a line, as many as there is room for, each year once beneath them.
function namesBelow(marks, x, spoken) {
  const nodes = [];
  let [right, year] = [-Infinity, null];
  for (const mark of marks) {
    const name = shortOf(mark.at, spoken);
    const half = widthOf(name) / 2;
    if (x(mark) - half < right + 6) continue;
    right = x(mark) + half;
    nodes.push(word(x(mark), HEIGHT - FOOT + 16, name, "middle"));
    if (mark.at.year && mark.at.year !== year && name !== String(mark.at.year))
      nodes.push(word(x(mark), HEIGHT - FOOT + 31, String(mark.at.year), "middle"));
    year = mark.at.year;
  }
  return nodes;
}

// One bar for each, from zero, with its name before and its figure behind it.
function barsOf({ marks, scale }, width) {
  const numbers = marks.map((mark) => (mark.number || 0) / scale.by);
  const [least, most] = [Math.min(0, ...numbers), Math.max(0, ...numbers)];
  const room = Math.min(Math.max(...marks.map((mark) => widthOf(mark.label))), width * 0.36);
  const behind = Math.min(Math.max(...marks.map((mark) => widthOf(figureOf(mark)))), width * 0.3) + 14;
  const x = (number) => room + 10 + ((number - least) / (most - least || 1)) * (width - room - 10 - behind);
  const height = marks.length * PITCH + 6;
  const nodes = marks.map((mark, i) => {
    const middle = i * PITCH + PITCH / 2 + 3;
    const [from, to] = [x(Math.min(0, numbers[i])), x(Math.max(0, numbers[i]))];
    return [
      word(0, middle + 4, fitted(mark.label, room)),
      mark.value &&
        svg("rect", {
          class: mark.taken ? "bar-of taken" : "bar-of",
          dataset: { mark: i },
          x: from,
          y: middle - 8,
          width: Math.max(1, to - from),
          height: 16,
        }),
      word((mark.value ? to : x(0)) + 6, middle + 4, mark.missing ? "—" : fitted(mark.figure, behind - 6)),
    ];
  });
  nodes.push(svg("line", { class: "grid zero", x1: x(0), x2: x(0), y1: 0, y2: height }));
  return { nodes, areas: marks.map((_, i) => [0, i * PITCH + 3, width, PITCH]), height };
}

// As much of a text as there is room for.
function fitted(text, room) {
  if (widthOf(text) <= room + 1) return text;
  const letters = [...text];
  while (letters.length > 1 && widthOf(letters.join("")) > room - 10) letters.pop();
  return `${letters.join("")}…`;
}
