// What happens in a week, over the village: places, disputes, sessions and who sits in them, one person's ties.
import { DROPPED, eventOf, sessionsOf } from "./film.js";
import { glyph, OF_EVENT, OF_SESSION } from "./glyphs.js";
import { state } from "./state.js";
import { titleOf } from "./words.js";

const LASTS = 0.8; // seconds a sign can be seen at least: nothing flashes more often than three times a second
const HELD = 30; // weeks a second at most while an arrow key is held down
const MOST_BUNDLES = 40; // the strongest ties between quarters; more would be a grey fog

/** Return how many weeks back signs are still shown; only the week itself when time stands. */
function weeksBack() {
  const speed = state.held ? HELD : state.playing ? state.speed : 0;
  return Math.max(Math.ceil(speed * LASTS), 1);
}

/**
 * Return a painter of signs (places, names of villages) and events over a map. Both are drawn on the map's own canvas:
 * each further canvas is laid over the page anew at every week, which on a computer without a graphics card costs as
 * much as everything else together.
 */
export function overlay(arm, map) {
  const signs = document.createElement("canvas"); // drawn once, then copied every week
  let pen = null;
  let rem = 16;

  /** Take size and words. */
  function fit(film) {
    [signs.width, signs.height] = map.size();
    rem = parseFloat(getComputedStyle(document.documentElement).fontSize) * map.ratio();
    still(film);
  }

  /** Draw what does not change from week to week. */
  function still(film) {
    pen = signs.getContext("2d");
    pen.clearRect(0, 0, signs.width, signs.height);
    if (state.ties) drawBundles(film, rem);
    drawPlaces(film, rem);
    drawNames(film, rem);
  }

  /** Draw signs, events and the person chosen over the people of a week. */
  function draw(film, week, ties) {
    pen = map.pen;
    pen.drawImage(signs, 0, 0);
    drawEvents(film, week, rem);
    drawSessions(film, week, rem);
    drawPerson(film, ties, rem);
  }

  const home = (film, person) => map.place(film.planes.x[person] / 65535, film.planes.y[person] / 65535);

  /** Draw ties between quarters as soft lines, wider for more of them; of one person's quarter when one is chosen. */
  function drawBundles(film, rem) {
    const { quarters } = film.header;
    const middle = ({ rect }) => map.place((rect[0] + rect[2]) / 2 / 65535, (rect[1] + rect[3]) / 2 / 65535);
    const own = state.person < 0 ? -1 : film.planes.quarter[state.person];
    const list = bundlesOf(film).filter(({ from, to }) => own < 0 || from === own || to === own).slice(0, own < 0 ? MOST_BUNDLES : MOST_BUNDLES / 2);
    pen.lineCap = "round";
    for (const { from, to, many } of list.reverse()) {
      const [[x0, y0], [x1, y1]] = [middle(quarters[from]), middle(quarters[to])];
      const bend = 0.12; // so that lines over the same quarters lie beside each other
      const [cx, cy] = [(x0 + x1) / 2 + (y1 - y0) * bend, (y0 + y1) / 2 - (x1 - x0) * bend];
      for (const [more, colour] of [[rem * 0.14, "rgba(255,255,255,.5)"], [0, "rgba(84,39,136,.6)"]]) {
        pen.lineWidth = Math.max((rem * 0.45 * many) / list[list.length - 1].many, rem * 0.06) + more;
        pen.strokeStyle = colour;
        pen.beginPath();
        pen.moveTo(x0, y0);
        pen.quadraticCurveTo(cx, cy, x1, y1);
        pen.stroke();
      }
    }
  }

  /** Draw mosque, school and the like, small enough that neighbours do not lie on each other. */
  function drawPlaces(film, rem) {
    const at = film.header.places.map(({ x, y }) => map.place(x / 65535, y / 65535));
    let near = Infinity;
    at.forEach(([x, y], one) => {
      for (const [toX, toY] of at.slice(one + 1)) near = Math.min(near, Math.max(Math.abs(x - toX), Math.abs(y - toY)));
    });
    const r = Math.max(Math.min(rem * 0.5, near / 2.4), rem * 0.28);
    film.header.places.forEach(({ kind }, one) => glyph(pen, kind, at[one][0], at[one][1], r));
  }

  function drawNames(film, rem) {
    const { villages, quarters } = film.header;
    if (villages.length < 2) return;
    pen.font = `600 ${rem}px Village, sans-serif`;
    pen.textAlign = "center";
    pen.lineJoin = "round";
    const wide = map.size()[0];
    villages.forEach((village, at) => {
      const mine = quarters.filter((quarter) => quarter.village === at);
      if (!mine.length) return;
      const left = Math.min(...mine.map((quarter) => quarter.rect[0]));
      const right = Math.max(...mine.map((quarter) => quarter.rect[2]));
      const [x, y] = map.place((left + right) / 2 / 65535, Math.min(...mine.map((quarter) => quarter.rect[1])) / 65535);
      const room = map.place(right / 65535, 0)[0] - map.place(left / 65535, 0)[0];
      const name = titleOf(village.title, village.key).replace(/\s*\(.*\)$/, "");
      const half = pen.measureText(name).width / 2;
      if (half * 2 > room * 1.1) return;
      const within = Math.min(Math.max(x, half + 4), wide - half - 4);
      pen.lineWidth = rem * 0.3;
      pen.strokeStyle = "rgba(255,255,255,.9)";
      pen.strokeText(name, within, y + rem * 1.05);
      pen.fillStyle = "#222";
      pen.fillText(name, within, y + rem * 1.05);
    });
  }

  function drawEvents(film, week, rem) {
    const back = weeksBack();
    for (let of = Math.max(week - back + 1, 1); of <= week; of++) {
      pen.globalAlpha = 1 - (0.7 * (week - of)) / back;
      for (const at of film.events[arm][of]) {
        const event = eventOf(film, arm, at);
        if (event.what === DROPPED && film.n > 3000) continue; // the least telling ones would hide the rest
        const [x, y] = home(film, event.a);
        glyph(pen, OF_EVENT[event.what], x, y, rem * (event.what === 2 || event.what > 3 ? 0.62 : 0.5));
      }
    }
    pen.globalAlpha = 1;
  }

  /** Draw sessions of the last weeks without fading: what meets every month stays, instead of blinking at high speed. */
  function drawSessions(film, week, rem) {
    const people = film.planes["session.people"];
    const [latest, seated] = [new Map(), new Set()];
    for (let of = Math.max(week - weeksBack() + 1, 1); of <= week; of++) {
      for (const session of sessionsOf(film, arm, of)) {
        latest.set(session.label, session);
        for (let at = session.from; at < Math.min(session.to, session.from + 400); at++) seated.add(people[at]);
      }
    }
    for (const person of seated) {
      const [x, y] = home(film, person);
      glyph(pen, "seat", x, y, rem * 0.42);
    }
    [...latest.values()].forEach((session, nth) => {
      const x = rem * (1.3 + nth * 2.6);
      const y = map.size()[1] - rem * 1.3;
      pen.fillStyle = "#fff";
      pen.strokeStyle = "#111";
      pen.lineWidth = Math.max(rem * 0.09, 1);
      pen.beginPath();
      pen.arc(x, y, rem * 1.05, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
      glyph(pen, OF_SESSION[session.what], x, y, rem * 0.6);
    });
  }

  function drawPerson(film, ties, rem) {
    if (state.person < 0) return;
    const [x, y] = home(film, state.person);
    pen.strokeStyle = "rgba(20,20,20,.75)";
    for (const { person, met } of ties || []) {
      pen.lineWidth = Math.max(rem * (met ? 0.2 : 0.07), 1); // met this week: thick
      const [toX, toY] = home(film, person);
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(toX, toY);
      pen.stroke();
    }
    for (const [wide, colour] of [[0.36, "#fff"], [0.18, "#111"]]) {
      pen.lineWidth = rem * wide;
      pen.strokeStyle = colour;
      pen.beginPath();
      pen.arc(x, y, rem * 0.8, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  function clear() {
    [signs.width, signs.height] = [1, 1];
  }

  return { fit, still, draw, clear };
}

/** Return ties between different quarters, the most first. */
function bundlesOf(film) {
  if (film.bundles) return film.bundles;
  const counts = film.planes.bundle || [];
  const size = film.header.quarters.length;
  film.bundles = [];
  for (let at = 0; at < counts.length; at++) {
    const [from, to] = [Math.floor(at / size), at % size];
    if (from !== to && counts[at]) film.bundles.push({ from, to, many: counts[at] });
  }
  return film.bundles.sort((a, b) => b.many - a.many);
}
