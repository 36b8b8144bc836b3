// Where films come from: the server of this machine, asked anew after every change, or the bytes in this very file.
import { decode, gunzip } from "./film.js";
import { change, state } from "./state.js";
import { OLD_BROWSER, tell, UNREADABLE } from "./trouble.js";

const PAUSE = 180; // milliseconds without a further change before the server is asked
const AGAIN = [1000, 3000, 9000, 20000]; // milliseconds until villages whose stream broke are asked for again
const CHOSEN = ["scenario", "programme", "seed", "off", "choices", "earlier", "fromWeek", "shocks"];
let [timer, asking, listening, good] = [0, null, null, null];

/** Return bytes embedded in the page, once: its words, and in a file the film, whose letters then leave the page. */
export function embedded(name) {
  const at = document.getElementById(name);
  if (!at) return null;
  const text = atob(at.textContent.trim());
  at.remove();
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  return bytes;
}

/** Show the film of this file. */
export async function showEmbedded(bytes) {
  if (typeof DecompressionStream === "undefined") return tell({ said: OLD_BROWSER });
  try {
    const film = await filmOf(bytes);
    change({ film, ...asked(film), ...firstShown(film), villages: kept(film) });
  } catch (trouble) {
    tell(trouble);
  }
}

async function filmOf(buffer) {
  try {
    return decode(await gunzip(new Uint8Array(buffer)));
  } catch {
    throw Object.assign(new Error("unreadable"), { said: UNREADABLE });
  }
}

/** Return what the header says was asked. */
function asked(film) {
  const { scenario, programme, seed } = film.header;
  return { scenario, programme: programme.name, seed };
}

/** Return what is shown first: what the scenario puts first, then what every hall asks about. */
function firstShown(film) {
  const names = [(film.header.headline || [])[0], "violent", "attitude", "trust", "marriages"].filter((name) => film.names.includes(name));
  return { shown: [...new Set(names)].slice(0, 4) };
}

function kept(film) {
  const known = film.header.villages_of_100 || film.header.hundred;
  if (!known) return null;
  const values = {};
  for (const [name, one] of Object.entries(known)) if (one && one.values) values[name] = one.values;
  return { n: known.n, values, done: true };
}

/** Return the body of every request: all that this viewer has chosen. */
export function body() {
  const { scenario, programme, seed, choices, fromWeek, earlier, shocks, off } = state;
  return { scenario, programme, seed, choices, from_week: fromWeek, earlier, shocks, off };
}

/** Ask for a new film soon. What is on the way answers an older wish and is dropped; the last wish always comes true. */
export function ask() {
  clearTimeout(timer);
  if (asking) asking.abort();
  asking = null;
  change({ busy: true });
  timer = setTimeout(run, PAUSE);
}

async function run() {
  const mine = new AbortController();
  asking = mine;
  const wish = Object.fromEntries(CHOSEN.map((name) => [name, state[name]]));
  try {
    const reply = await post("/twin", body(), mine.signal);
    const film = await filmOf(await reply.arrayBuffer());
    if (asking !== mine) return;
    asking = null;
    const other = !state.film || state.film.header.scenario !== film.header.scenario;
    good = { ...wish, programme: film.header.programme.name };
    change({ film, mistakes: [], busy: false, programme: good.programme, villages: kept(film), ...(other ? firstShown(film) : {}) });
  } catch (trouble) {
    if (asking !== mine) return; // something newer is asked for
    asking = null;
    // What is shown is still the last film: the choices go back to those that made it, its villages go on.
    change({ ...good, busy: false });
    tell(trouble);
    return;
  }
  hundred();
}

/** Send a body; throw with the status and the mistakes the server names. */
export async function post(path, what, signal) {
  const reply = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(what),
    signal,
  });
  if (reply.ok) return reply;
  const said = await reply.json().catch(() => ({}));
  throw Object.assign(new Error("refused"), { status: reply.status, mistakes: said.mistakes });
}

/** Listen to the hundred villages, pair by pair, until they are done or there is another film; ask again when it breaks. */
async function hundred() {
  if (listening) listening.abort();
  const mine = new AbortController();
  listening = mine;
  const what = body();
  const film = state.film;
  const villages = { n: 0, values: {}, done: false };
  change({ villages });
  for (const wait of [...AGAIN, 0]) {
    try {
      await listen(what, mine, villages, film);
      return;
    } catch (trouble) {
      if (listening !== mine) return;
      if ((trouble.status && trouble.status < 500) || !wait) return tell(trouble);
    }
    await new Promise((done) => setTimeout(done, wait));
    if (listening !== mine) return;
  }
}

async function listen(what, mine, villages, film) {
  const reply = await post("/villages", what, mine.signal);
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (listening !== mine) return;
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line.trim()) take(villages, JSON.parse(line), film);
    change({ villages });
  }
  if (!villages.done) throw new Error("the stream broke");
}

/** Take one line: a village at its number, so that one told twice counts once; or the ranges, which come last. */
function take(villages, line, film) {
  if (line.values) {
    for (const [name, pair] of Object.entries(line.values)) (villages.values[name] ||= [])[line.k - 1] = pair;
    villages.n = Math.max(villages.n, ...Object.values(villages.values).map((list) => list.filter(Boolean).length));
  }
  if (line.fans) {
    const { planes, weeks, names } = film;
    for (const arm of ["without", "with"]) {
      const plane = new Float32Array(names.length * 5 * (weeks + 1)).fill(NaN);
      for (const [name, rows] of Object.entries(line.fans[arm] || {})) {
        const at = names.indexOf(name);
        rows.forEach((row, q) => row.forEach((one, week) => (plane[(at * 5 + q) * (weeks + 1) + week] = one ?? NaN)));
      }
      planes[`fan.${arm}`] = plane;
    }
    villages.done = true;
    change({ fans: state.fans + 1 });
  }
}
