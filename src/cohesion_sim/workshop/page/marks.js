// The marks of people as lists of pixels: fill says attitude, a core says it again without colour, shape says community.

export const FILLS = ["#b35806", "#f1a340", "#d9d4cc", "#67a9cf", "#2166ac"];
const PALE = "#eeece6";
const INK = "#1b1b1b";
const GROUND = "#f7f4ec";
export const CLASSES = FILLS.length;
export const CHILD = 5; // not asked: a small open dot
export const FADED = 6; // the same on both sides, when only differences are shown
export const SHAPES = 8;

/** Draw the outline of a community's shape round (x, y). */
export function outline(pen, shape, x, y, r) {
  const corners = (count, turn, inner) => {
    for (let at = 0; at < count; at++) {
      const reach = inner && at % 2 ? r * inner : r * 1.15;
      const angle = turn + (at * 2 * Math.PI) / count;
      pen.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
    }
    pen.closePath();
  };
  pen.beginPath();
  if (shape === 0) pen.arc(x, y, r, 0, 2 * Math.PI);
  else if (shape === 1) pen.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
  else if (shape === 2) corners(3, -Math.PI / 2);
  else if (shape === 3) corners(4, -Math.PI / 2);
  else if (shape === 4) corners(3, Math.PI / 2);
  else if (shape === 5) corners(8, 0, 0.55);
  else if (shape === 6) corners(5, -Math.PI / 2);
  else corners(10, -Math.PI / 2, 0.5);
}

/** Draw one mark: cold ones have a dark core, warm ones a white one, those between none. */
export function drawMark(pen, shape, kind, x, y, r) {
  if (kind === CHILD) {
    pen.beginPath();
    pen.arc(x, y, Math.max(r * 0.4, 0.8), 0, 2 * Math.PI);
    pen.fillStyle = "#b9b3a6";
    pen.fill();
    return;
  }
  outline(pen, shape, x, y, r);
  pen.fillStyle = kind === FADED ? PALE : FILLS[kind];
  pen.fill();
  pen.lineWidth = Math.max(0.6, r * 0.16);
  pen.strokeStyle = kind === FADED ? "#cfcabd" : INK;
  pen.stroke();
  if (kind === 2 || kind === FADED) return;
  pen.beginPath();
  pen.arc(x, y, Math.max(r * (kind === 0 || kind === 4 ? 0.4 : 0.24), kind === 0 || kind === 4 ? 0.9 : 0.5), 0, 2 * Math.PI);
  pen.fillStyle = kind < 2 ? INK : "#fff";
  pen.fill();
}

const drawn = new Map();

/** Return pixel lists of all shapes and kinds at a radius, drawn once for both sides. */
export function rasterised(r) {
  const key = r.toFixed(2);
  if (drawn.size > 24) drawn.clear();
  if (!drawn.has(key)) drawn.set(key, rasterise(Number(key)));
  return drawn.get(key);
}

/** Return pixel lists of all shapes and kinds at a radius (device pixels): {dx, dy, colour}. */
function rasterise(r) {
  const side = 2 * Math.ceil(r * 1.4) + 3;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const middle = (side - 1) / 2;
  const sprites = [];
  for (let shape = 0; shape < SHAPES; shape++) {
    for (let kind = 0; kind <= FADED; kind++) {
      pen.fillStyle = GROUND;
      pen.fillRect(0, 0, side, side);
      const blank = new Uint32Array(pen.getImageData(0, 0, side, side).data.buffer);
      drawMark(pen, shape, kind, middle + 0.5, middle + 0.5, r);
      const pixels = new Uint32Array(pen.getImageData(0, 0, side, side).data.buffer);
      const [dx, dy, colour] = [[], [], []];
      for (let at = 0; at < pixels.length; at++) {
        if (pixels[at] === blank[at]) continue;
        dx.push((at % side) - middle);
        dy.push(Math.floor(at / side) - middle);
        colour.push(pixels[at]);
      }
      sprites.push({ dx: Int16Array.from(dx), dy: Int16Array.from(dy), colour: Uint32Array.from(colour) });
    }
  }
  return { sprites, reach: Math.ceil(side / 2) };
}
