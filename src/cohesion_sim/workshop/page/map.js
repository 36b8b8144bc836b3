// One side's village: ground and people, painted into a buffer of pixels when somebody's class has changed.
import { FADED, rasterised } from "./marks.js";
import { covered, state } from "./state.js";

const STREET = "#e4dfd2";
const YARD = "#f7f4ec";

/** Return a painter for a canvas; what else lies on the map is drawn with its pen after paint(). */
export function painter(canvas) {
  const pen = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  let [film, units, kinds, others, sprites, large] = [null, null, null, null, null, null];
  let [image, pixels, ground, shown] = [null, null, null, null];
  let pale = false;
  let [width, height, columns, rows] = [0, 0, null, null];

  /** Return device pixels of a place in 0..1. */
  function place(x, y) {
    const { zoom, x: cx, y: cy } = state.view;
    return [((x - cx) * zoom + 0.5) * width, ((y - cy) * zoom + 0.5) * height];
  }

  /** Take the size of the canvas, the film and its marks; everything is painted anew. */
  function fit(newFilm, newUnits, arm) {
    [film, units] = [newFilm, newUnits];
    kinds = units.kinds[arm];
    others = units.kinds[arm === "with" ? "without" : "with"];
    const ratio = window.devicePixelRatio || 1;
    width = Math.max(Math.round(canvas.clientWidth * ratio), 1);
    height = Math.max(Math.round(canvas.clientHeight * ratio), 1);
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const gap = Math.sqrt((width * height) / units.count);
    const r = Math.min(Math.max(gap * 0.36 * state.view.zoom ** 0.85, 2 * ratio), 15 * ratio);
    sprites = laid(rasterised(r));
    large = laid(rasterised(Math.max(r * 1.45, r + 2 * ratio)));
    drawGround();
    columns = new Int32Array(units.count);
    rows = new Int32Array(units.count);
    for (let at = 0; at < units.count; at++) {
      const [x, y] = place(units.x[at], units.y[at]);
      columns[at] = Math.round(x);
      rows[at] = Math.round(y);
    }
    image = pen.getImageData(0, 0, width, height);
    pixels = new Uint32Array(image.data.buffer);
    ground = pixels.slice();
    shown = null;
    pale = false;
  }

  function drawGround() {
    pen.fillStyle = STREET;
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = YARD;
    for (const { rect } of film.header.quarters) {
      const [x0, y0] = place(rect[0] / 65535, rect[1] / 65535);
      const [x1, y1] = place(rect[2] / 65535, rect[3] / 65535);
      pen.fillRect(Math.round(x0), Math.round(y0), Math.round(x1 - x0), Math.round(y1 - y0));
    }
  }

  /** Return marks with the way of each pixel from the middle in a picture as wide as this one. */
  function laid({ reach, sprites }) {
    return { reach, sprites: sprites.map((one) => ({ ...one, steps: Int32Array.from(one.dx, (dx, p) => one.dy[p] * width + dx) })) };
  }

  function stamp(at, kind, set) {
    const { reach } = set;
    const [x, y] = [columns[at], rows[at]];
    if (x < -reach || y < -reach || x >= width + reach || y >= height + reach) return;
    const { dx, dy, colour, steps } = set.sprites[units.shape[at] * (FADED + 1) + kind];
    if (x >= reach && y >= reach && x < width - reach && y < height - reach) {
      const middle = y * width + x;
      for (let p = 0; p < colour.length; p++) pixels[middle + steps[p]] = colour[p];
      return;
    }
    for (let p = 0; p < colour.length; p++) {
      const [px, py] = [x + dx[p], y + dy[p]];
      if (px >= 0 && py >= 0 && px < width && py < height) pixels[py * width + px] = colour[p];
    }
  }

  /** Paint the marks of a week, always in the same order, so that the same week is the same picture. */
  function paint(week) {
    if (!units) return;
    stampAll(week);
    pen.putImageData(image, 0, 0);
  }

  /** Stamp all marks into the pixels, unless none has changed. */
  function stampAll(week) {
    const [from, to] = [week * units.count, (week + 1) * units.count];
    const differ = state.differ && !covered();
    let changed = differ !== pale || !shown;
    for (let at = from; !changed && at < to; at++) changed = kinds[at] !== kinds[shown.from + at - from];
    if (!changed && !differ) return;
    pale = differ;
    shown = { from };
    pixels.set(ground);
    if (differ) {
      for (let at = 0; at < units.count; at++) if (same(from + at)) stamp(at, FADED, sprites);
      for (let at = 0; at < units.count; at++) if (!same(from + at)) stamp(at, kinds[from + at], large);
    } else {
      for (let at = 0; at < units.count; at++) stamp(at, kinds[from + at], units.leader[at] ? large : sprites);
    }
  }

  const same = (at) => kinds[at] === others[at];

  /** Cover everything: nothing of the people is left in the pixels. */
  function cover() {
    [film, units, kinds, others, sprites, large] = [null, null, null, null, null, null];
    [image, pixels, ground, shown, columns, rows] = [null, null, null, null, null, null];
    [canvas.width, canvas.height] = [1, 1];
  }

  /** Return the person whose mark is nearest to a point of the canvas, in CSS pixels; -1 when none is near. */
  function personAt(x, y) {
    if (!units) return -1;
    const ratio = width / canvas.clientWidth;
    let [best, found] = [(14 * ratio) ** 2, -1];
    for (let at = 0; at < units.count; at++) {
      const gap = (columns[at] - x * ratio) ** 2 + (rows[at] - y * ratio) ** 2;
      if (gap < best) [best, found] = [gap, at];
    }
    return found < 0 ? -1 : units.person[found];
  }

  return { pen, fit, paint, cover, place, personAt, size: () => [width, height], ratio: () => width / Math.max(canvas.clientWidth, 1) };
}
