// What one mark stands for: a person, or in a large place a household until one comes closer; and its class each week.
import { NOT_ASKED } from "./film.js";
import { CHILD, CLASSES, SHAPES } from "./marks.js";

const MANY = 5000;
const STICKY = 0.25; // of a class: a value must go this far over a border before the colour changes; for drawing only

/** Return the marks of a film, of people or households: place, shape, size, and classes of both sides by week. */
export function unitsOf(film, households) {
  const { x, y, community, role, household } = film.planes;
  const first = households ? firstOfHouses(household) : null;
  const count = first ? first.length - 1 : film.n;
  const units = { count, households, x: new Float32Array(count), y: new Float32Array(count), person: new Uint32Array(count) };
  units.shape = new Uint8Array(count);
  units.leader = new Uint8Array(count);
  for (let at = 0; at < count; at++) {
    const [from, to] = first ? [first[at], first[at + 1]] : [at, at + 1];
    let [sumX, sumY, leads] = [0, 0, 0];
    for (let p = from; p < to; p++) {
      sumX += x[p];
      sumY += y[p];
      if (role[p]) leads = 1;
    }
    units.x[at] = sumX / (to - from) / 65535;
    units.y[at] = sumY / (to - from) / 65535;
    units.person[at] = from;
    units.shape[at] = community[from] % SHAPES;
    units.leader[at] = leads;
  }
  units.kinds = { without: classes(film, "without", count, first), with: classes(film, "with", count, first) };
  return units;
}

/** Whether a place is drawn by households until one comes closer. */
export function isLarge(film) {
  return film.n > MANY;
}

/** Return the first row of each household, and the end; rows of a household lie together. */
function firstOfHouses(household) {
  const first = [];
  for (let p = 0; p < household.length; p++) if (!p || household[p] !== household[p - 1]) first.push(p);
  first.push(household.length);
  return Uint32Array.from(first);
}

function classes(film, arm, count, first) {
  const out = new Uint8Array((film.weeks + 1) * count);
  const att = film.att[arm];
  const width = film.scale / CLASSES;
  for (let week = 0; week <= film.weeks; week++) {
    for (let at = 0; at < count; at++) {
      const value = first ? mean(att, week * film.n, first[at], first[at + 1]) : att[week * film.n + at];
      const here = week * count + at;
      if (value === NOT_ASKED) {
        out[here] = CHILD;
        continue;
      }
      let kind = Math.min(Math.floor(value / width), CLASSES - 1);
      const before = week ? out[here - count] : CHILD;
      if (before < CLASSES && kind !== before) {
        const border = (kind > before ? before + 1 : before) * width;
        if (Math.abs(value - border) < STICKY * width && Math.abs(kind - before) === 1) kind = before;
      }
      out[here] = kind;
    }
  }
  return out;
}

function mean(att, row, from, to) {
  let [sum, asked] = [0, 0];
  for (let p = from; p < to; p++) {
    const value = att[row + p];
    if (value !== NOT_ASKED) {
      sum += value;
      asked++;
    }
  }
  return asked ? sum / asked : NOT_ASKED;
}
