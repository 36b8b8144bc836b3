// The bytes of a film into arrays. The format is described in docs/workshop-technical.md.

const ARRAYS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i16: Int16Array, f32: Float32Array };
export const NOT_ASKED = 255;

/** Return the unpacked bytes of a gzip stream. */
export async function gunzip(bytes) {
  if (bytes[0] !== 0x1f) return bytes.buffer; // the browser unpacked it on the way
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** Return a film: header, planes by name, attitudes of both sides week by week. */
export function decode(buffer) {
  const view = new DataView(buffer);
  if (view.getUint32(0, false) !== 0x434f4853) throw new Error("not a film");
  const size = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, size)));
  const planes = {};
  for (const { name, dtype, shape, offset } of header.planes) {
    const count = shape.reduce((all, side) => all * side, 1);
    planes[name] = new ARRAYS[dtype](buffer, 8 + size + offset, count);
  }
  const n = header.people;
  const weeks = header.weeks;
  const att = attitudes(planes["att.without"], planes["att.with"], n, weeks);
  const film = { header, planes, n, weeks, scale: header.scale || 100, att };
  film.names = header.measures.map((one) => one.name);
  film.sessions = sessionsByWeek(film);
  film.events = { without: eventsByWeek(film, "without"), with: eventsByWeek(film, "with") };
  return film;
}

/** Return attitudes of both sides as rows of weeks, from a row of changes for each person; all mod 256. */
function attitudes(changes, against, n, weeks) {
  const [without, withIt] = [new Uint8Array((weeks + 1) * n), new Uint8Array((weeks + 1) * n)];
  for (let p = 0, from = 0; p < n; p++) {
    let [one, other] = [0, 0];
    for (let at = p; at < without.length; at += n, from++) {
      one = (one + changes[from]) & 255;
      other = (other + changes[from] + against[from]) & 255;
      without[at] = one;
      withIt[at] = other;
    }
  }
  return { without, with: withIt };
}

/** Return for each week the numbers of the events in it. */
function eventsByWeek(film, arm) {
  const byWeek = Array.from({ length: film.weeks + 1 }, () => []);
  const week = film.planes[`event.${arm}.week`] || [];
  for (let at = 0; at < week.length; at++) if (byWeek[week[at]]) byWeek[week[at]].push(at);
  return byWeek;
}

/** Return how many events of each kind there were in a week of a side; counted once. */
export function eventsOf(film, arm, week) {
  const table = ((film.tally ||= {})[arm] ||= tallied(film, arm));
  return table.subarray(week * EVENTS, (week + 1) * EVENTS);
}

function tallied(film, arm) {
  const table = new Uint32Array((film.weeks + 1) * EVENTS);
  const { [`event.${arm}.week`]: week = [], [`event.${arm}.what`]: what } = film.planes;
  for (let at = 0; at < week.length; at++) table[week[at] * EVENTS + what[at]]++;
  return table;
}

/** Return one event of a side as an object. */
export function eventOf(film, arm, at) {
  const column = (name) => film.planes[`event.${arm}.${name}`][at];
  return { week: column("week"), kind: column("kind"), what: column("what"), a: column("a"), b: column("b") };
}

function sessionsByWeek(film) {
  const byWeek = Array.from({ length: film.weeks + 1 }, () => []);
  const { "session.week": week = [], "session.start": start } = film.planes;
  for (let at = 0; at < week.length; at++) {
    const label = film.header.labels[film.planes["session.label"][at]] || {};
    const what = film.planes["session.what"][at];
    if (byWeek[week[at]]) byWeek[week[at]].push({ what, label, from: start[at], to: start[at + 1] });
  }
  return byWeek;
}

/** Return the sessions of a side in a week: what the programme does is on one side only, shocks on both. */
export function sessionsOf(film, arm, week) {
  const all = film.sessions[week] || [];
  return arm === "with" ? all : all.filter((one) => one.what === SHOCK);
}

export const [AROSE, SETTLED, VIOLENT, DROPPED, GROUP_FIGHT, GATHERING, BLOWS] = [0, 1, 2, 3, 4, 5, 6];
const EVENTS = 7;
export const SHOCK = 5;

const OF_A_HUNDRED = new Set(["0-1", "share", "index"]);

/** Return how a measure is shown: shares and attitudes of a hundred, counts added up from the first week. */
export function shownAs(film, name) {
  const measure = film.header.measures[film.names.indexOf(name)];
  const hundred = OF_A_HUNDRED.has(measure.unit);
  const decimals = hundred ? Math.max(measure.decimals - 1, 0) : measure.decimals;
  return { factor: hundred ? 100 : 1, decimals, flow: measure.flow, hundred, least: hundred ? 20 : measure.unit === "0-10" ? 2 : 4 };
}

/** Return the series of a measure on a side, as it is shown. */
export function lineOf(film, arm, name) {
  const at = film.names.indexOf(name);
  const weeks = film.weeks + 1;
  const { factor, flow } = shownAs(film, name);
  const row = film.planes[`series.${arm}`].subarray(at * weeks, (at + 1) * weeks);
  if (!flow) return row.map((value) => value * factor);
  const sums = new Float64Array(weeks);
  for (let week = 1; week < weeks; week++) sums[week] = sums[week - 1] + (row[week] || 0);
  return sums;
}

/** Return the five lines of the fan of a measure on a side, or nothing when there is none yet. */
export function fanOf(film, arm, name) {
  const plane = film.planes[`fan.${arm}`];
  if (!plane) return null;
  const weeks = film.weeks + 1;
  const at = film.names.indexOf(name) * 5 * weeks;
  const { factor } = shownAs(film, name);
  const rows = [0, 1, 2, 3, 4].map((q) => plane.subarray(at + q * weeks, at + (q + 1) * weeks).map((value) => value * factor));
  return Number.isFinite(rows[2][weeks - 1]) ? rows : null;
}

/** Whether a person met somebody of another community in a week; nothing when the film does not keep it. */
export function metOthers(film, arm, week, person) {
  const plane = film.planes["met.without"];
  if (!plane || week < 1) return null;
  const at = person * Math.ceil(film.weeks / 8) + ((week - 1) >> 3);
  const bits = arm === "with" ? plane[at] ^ film.planes["met.with"][at] : plane[at];
  return Boolean(bits & (0x80 >> ((week - 1) & 7)));
}
