// What happens in a week, over the village: places, disputes, sessions and who sits in them, one person's ties.
import { DROPPED, eventOf, sessionsOf } from "./film.js";
import { glyph, OF_EVENT, OF_SESSION } from "./glyphs.js";
import { state } from "./state.js";
import { titleOf } from "./words.js";

const LASTS = 0.8; // seconds an event can be seen at least: nothing flashes more often than three times a second

/** Return a painter of signs (places, names of villages) and events for two canvases that lie over the map. */
export function overlay(canvas, signs, arm, map) {
  const events = canvas.getContext("2d");
  let pen = events;
  let rem = 16;

  /** Take size and words: signs are drawn once, not each week. */
  function fit(film) {
    const [width, height] = map.size();
    for (const one of [canvas, signs]) [one.width, one.height] = [width, height];
    rem = (parseFloat(getComputedStyle(document.documentElement).fontSize) * width) / Math.max(canvas.clientWidth, 1);
    pen = signs.getContext("2d");
    drawPlaces(film, rem);
    drawNames(film, rem);
    pen = events;
  }

  function draw(film, week, ties) {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    drawEvents(film, week, rem);
    drawSessions(film, week, rem);
    drawPerson(film, ties, rem);
  }

  const home = (film, person) => map.place(film.planes.x[person] / 65535, film.planes.y[person] / 65535);

  function drawPlaces(film, rem) {
    for (const { kind, x, y } of film.header.places) {
      const [px, py] = map.place(x / 65535, y / 65535);
      glyph(pen, kind, px, py, rem * 0.5);
    }
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
    const back = state.playing ? Math.max(Math.ceil(state.speed * LASTS), 1) : 1;
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

  function drawSessions(film, week, rem) {
    const people = film.planes["session.people"];
    sessionsOf(film, arm, week).forEach((session, nth) => {
      const seats = Math.min(session.to - session.from, 400);
      for (let at = session.from; at < session.from + seats; at++) {
        const [x, y] = home(film, people[at]);
        glyph(pen, "seat", x, y, rem * 0.42);
      }
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
    for (const one of [canvas, signs]) [one.width, one.height] = [1, 1];
  }

  return { fit, draw, clear };
}
