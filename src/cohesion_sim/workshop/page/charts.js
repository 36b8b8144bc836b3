// Four charts of both sides: the run as lines, a hundred villages as fans; drawn up to the week that is shown.
import { fanOf, lineOf, shownAs } from "./film.js";
import { covered, lastWeek, state } from "./state.js";
import { num, t } from "./words.js";
import { MEASURE_WORDS } from "./terms.js";

const SVG = "http://www.w3.org/2000/svg";

/** Return a new SVG element. */
export function svg(name, attributes = {}, text = "") {
  const at = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) at.setAttribute(key, value);
  if (text) at.textContent = text;
  return at;
}

/** Return the words for a measure; counts are added up from the first week. */
export function measureTitle(film, name) {
  const { flow, hundred } = shownAs(film, name);
  const measure = t(MEASURE_WORDS[name] || name);
  return flow ? t("{measure}, so far", { measure }) : hundred ? t("{measure}, of 100", { measure }) : measure;
}

/** Return the words for a measure as it is at the end of the whole film. */
export function endTitle(film, name) {
  const { flow, hundred } = shownAs(film, name);
  const measure = t(MEASURE_WORDS[name] || name);
  if (flow) return t("{measure}, by the end of {n} weeks", { measure, n: num(film.weeks) });
  return hundred ? t("{measure}, of 100", { measure }) : measure;
}

/** Return a chart in a box: redraw() after a new film, size or language; move() after a new week. */
export function chart(box, slot) {
  const stage = box.querySelector(".plot");
  const said = box.querySelector(".said");
  const pick = box.querySelector("select");
  let [until, drawn, cursor, scale, shown, lines] = [null, null, null, null, null, {}];
  let wide = 0;
  const values = {};
  let visible = false;

  function options(film) {
    pick.replaceChildren(
      ...film.names.map((name) => {
        const option = document.createElement("option");
        option.value = name;
        option.textContent = measureTitle(film, name);
        return option;
      }),
    );
    pick.value = state.shown[slot];
    box.querySelector(".title").textContent = measureTitle(film, pick.value);
  }

  function redraw() {
    const film = state.film;
    if (!film) return;
    options(film);
    const name = state.shown[slot];
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    visible = stage.clientWidth > 0;
    const [width, height] = [Math.max(stage.clientWidth, 60), Math.max(stage.clientHeight, 60)];
    const arms = covered() ? ["without"] : ["without", "with"];
    lines = Object.fromEntries(arms.map((arm) => [arm, lineOf(film, arm, name)]));
    const fans = Object.fromEntries(arms.map((arm) => [arm, fanOf(film, arm, name)]));
    shown = shownAs(film, name);
    scale = scaleOf(shown, lines, fans, width, height, rem);
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
    for (const arm of arms) if (fans[arm]) root.append(fan(fans[arm], arm));
    root.append(...axes(film, width, height, rem));
    wide = width;
    drawn = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
    for (const arm of arms) drawn.append(svg("path", { d: path(lines[arm]), class: `line ${arm}` }));
    until = Object.assign(document.createElement("div"), { className: "until" });
    until.append(drawn);
    cursor = Object.assign(document.createElement("div"), { className: "cursor" });
    cursor.style.height = `${scale.base}px`;
    stage.replaceChildren(root, until, cursor);
    said.replaceChildren(...arms.map(value));
    move();
  }

  function path(line) {
    let d = "";
    for (let week = 0; week < line.length; week++) {
      if (Number.isFinite(line[week])) d += `${d ? "L" : "M"}${scale.x(week).toFixed(1)} ${scale.y(line[week]).toFixed(1)}`;
    }
    return d;
  }

  function fan(rows, arm) {
    const group = svg("g", { class: `fan ${arm}` });
    for (const [low, high] of [[0, 4], [1, 3]]) {
      const there = [...rows[low].keys()].filter((week) => Number.isFinite(rows[low][week]));
      const up = there.map((week) => `${scale.x(week).toFixed(1)} ${scale.y(rows[high][week]).toFixed(1)}`);
      const down = there.reverse().map((week) => `${scale.x(week).toFixed(1)} ${scale.y(rows[low][week]).toFixed(1)}`);
      group.append(svg("path", { d: `M${up.join("L")}L${down.join("L")}Z` }));
    }
    return group;
  }

  function axes(film, width, height, rem) {
    const { base } = scale;
    const parts = [svg("line", { x1: scale.x(0), x2: width, y1: base, y2: base, class: "axis" })];
    const write = (x, y, text, anchor) => parts.push(svg("text", { x, y, "text-anchor": anchor, class: "tick" }, text));
    write(scale.x(0) - rem * 0.3, scale.y(scale.top) + rem * 0.75, num(scale.top, scale.decimals), "end");
    write(scale.x(0) - rem * 0.3, base, num(scale.low, scale.decimals), "end");
    const years = Math.floor(lastWeek() / 52);
    for (let year = 1; year <= years; year++) {
      const x = scale.x(year * 52);
      parts.push(svg("line", { x1: x, x2: x, y1: 0, y2: base, class: "year" }));
      const text = t("year {n}", { n: year });
      write(scale.x((year - 0.5) * 52), height - rem * 0.3, text, "middle");
    }
    return parts;
  }

  function move() {
    if (!state.film || !visible) return;
    const week = Math.min(state.week, lastWeek());
    const x = scale.x(week);
    // A curtain drawn aside, not a clip: the browser moves finished pictures and draws nothing anew.
    until.style.transform = `translateX(${x - wide}px)`;
    drawn.style.transform = `translateX(${wide - x}px)`;
    cursor.style.transform = `translateX(${x}px)`;
    for (const arm of Object.keys(lines)) {
      const words = num(lines[arm][week], shown.decimals);
      if (values[arm].data !== words) values[arm].data = words;
    }
  }

  /** Return the place of a number, as wide as the widest of its weeks, so that a new one moves nothing else. */
  function value(arm) {
    const [at, number, now] = ["span", "b", "span"].map((name) => document.createElement(name));
    at.className = `value ${arm}`;
    now.className = "now";
    values[arm] = document.createTextNode("");
    now.append(values[arm]);
    number.append(now);
    const all = [...lines[arm].subarray(0, lastWeek() + 1)].map((one) => num(one, shown.decimals));
    number.dataset.longest = all.reduce((long, one) => (one.length > long.length ? one : long), "");
    at.append(`${arm === "with" ? t("with") : t("without")} `, number);
    return at;
  }

  pick.addEventListener("change", () => box.dispatchEvent(new CustomEvent("pick", { detail: { slot, name: pick.value } })));
  return { redraw, move };
}

/** Return the scale of a chart. It is never so fine that a small difference looks large. */
function scaleOf(shown, lines, fans, width, height, rem) {
  const last = lastWeek();
  let [low, top] = [Infinity, -Infinity];
  const take = (row) => {
    for (let week = 0; week <= last; week++) {
      if (Number.isFinite(row[week])) [low, top] = [Math.min(low, row[week]), Math.max(top, row[week])];
    }
  };
  for (const [arm, line] of Object.entries(lines)) {
    take(line);
    if (fans[arm]) for (const row of [fans[arm][0], fans[arm][4]]) take(row);
  }
  if (!Number.isFinite(low)) [low, top] = [0, 1];
  const step = Math.max(shown.least / 4, 10 ** Math.floor(Math.log10(Math.max(top - low, 1e-6))) / 2);
  const middle = (low + top) / 2;
  low = shown.flow ? 0 : Math.max(Math.floor(Math.min(low, middle - shown.least / 2) / step) * step, 0);
  top = Math.ceil(Math.max(top, low + shown.least) / step) * step;
  const decimals = shown.hundred || top >= 20 ? 0 : shown.decimals;
  const left = rem * (0.5 + 0.66 * Math.max(num(top, decimals).length, num(low, decimals).length));
  const base = height - rem * 1.45;
  return {
    low, top, decimals, base,
    x: (week) => left + (week / Math.max(last, 1)) * (width - left - 2),
    y: (value) => base - ((value - low) / (top - low)) * (base - 3),
  };
}
