// One person: who it is, whom they met, what moved their attitude this month; no names, no invented feelings.
import { eventOf, metOthers, NOT_ASKED, sessionsOf } from "./film.js";
import { body, post } from "./feed.js";
import { hear } from "./hear.js";
import { CLASSES } from "./marks.js";
import { change, covered, state } from "./state.js";
import { ATTITUDE_WORDS, BAND_WORDS, EVENT_WORDS, labelWords, ROLE_WORDS, SESSION_WORDS, SEX_WORDS, SHOCK_WORDS, TIE_WORDS } from "./terms.js";
import { num, t, titleOf } from "./words.js";

const REST = 300; // milliseconds in one week until the server is asked what happened in it
const NOBODY = { film: null, person: -1, arm: "", week: -1, ties: [], met: [], activities: [], away: false };
let [known, timer, asking] = [NOBODY, 0, null];

/** Return the side whose person is read about: the one that was touched, never one that is covered. */
function side() {
  return covered() ? "without" : state.side;
}

const isKnown = () => known.film === state.film && known.person === state.person && known.arm === side();

/** Return the ties of the person shown on a side, each with whether the two met this week, as far as they are known. */
export function tiesShown(arm) {
  if (arm !== side() || !isKnown()) return [];
  const met = known.week === state.week ? new Set(known.met.map((one) => one.person)) : new Set();
  return known.ties.map((one) => ({ ...one, met: met.has(one.person) }));
}

/** Show a person of a side; nobody with -1. */
export function choose(person, arm) {
  change({ person, side: arm || state.side });
  document.querySelector("#person").scrollTop = 0;
  if (person >= 0 && state.film) hear(`${t("One person")}: ${who(state.film, person)}`);
}

/** Ask the server about the person shown when a week rests; answers to what is no longer shown are dropped. */
export function askPerson() {
  clearTimeout(timer);
  if (asking) asking.abort();
  asking = null;
  if (state.person < 0 || state.playing || state.busy || !state.film || (isKnown() && known.week === state.week)) return;
  timer = setTimeout(async () => {
    const mine = new AbortController();
    asking = mine;
    const about = { film: state.film, person: state.person, arm: side(), week: state.week };
    const { person, arm, week } = about;
    let told = {};
    try {
      told = await (await post("/person", { ...body(), person, arm, week }, mine.signal)).json();
    } catch {
      // The card shows what the film itself holds.
    }
    if (asking !== mine) return;
    asking = null;
    known = { ...NOBODY, ...told, ...about };
    change({ told: {} });
  }, REST);
}

/** Return somebody worth a look this week: who took part, who quarrelled, then leaders; each call the next one. */
export function nextPerson() {
  const film = state.film;
  const arm = covered() ? "without" : "with";
  const here = new Set();
  for (const session of sessionsOf(film, arm, state.week)) here.add(film.planes["session.people"][session.from]);
  for (const at of film.events[arm][state.week]) here.add(eventOf(film, arm, at).a);
  film.planes.role.forEach((role, person) => {
    if (role && here.size < 12) here.add(person);
  });
  const list = [...here].filter((person) => person !== undefined && film.planes.band[person] > 0);
  return list.length ? list[(list.indexOf(state.person) + 1) % list.length] : 0;
}

const attitude = (film, arm, week, person) => film.att[arm][week * film.n + person];

function words(film, value) {
  if (value === NOT_ASKED) return t("a child: not asked");
  const kind = Math.min(Math.floor((value / film.scale) * CLASSES), CLASSES - 1);
  return t("{n} of 100 ({word})", { n: num((100 * value) / film.scale), word: t(ATTITUDE_WORDS[kind]) });
}

function who(film, p) {
  const { planes, header } = film;
  return [t(SEX_WORDS[planes.sex[p]]), t(BAND_WORDS[planes.band[p]]), t(ROLE_WORDS[header.roles[planes.role[p]]])].join(", ");
}

function communityOf(film, p) {
  const community = film.header.communities[film.planes.community[p]];
  return titleOf(community.title, community.key);
}

/** Fill the card of a person. */
export function showPerson(card) {
  const film = state.film;
  card.hidden = state.person < 0 || !film;
  if (card.hidden) return;
  const p = state.person;
  const { planes, header } = film;
  const arms = covered() ? ["without"] : ["without", "with"];
  const village = header.villages[planes.village[p]];
  const rows = [
    [t("Who"), who(film, p)],
    [t("Community"), communityOf(film, p)],
    [t("Village"), titleOf(village.title, village.key)],
    [t("Attitude to others at the start"), words(film, attitude(film, "without", 0, p))],
  ];
  for (const arm of arms) {
    const told = [`${words(film, attitude(film, arm, state.week, p))}.`, met(film, arm, p), moved(film, arm, p)];
    if (isKnown() && known.arm === arm && known.week === state.week) told.push(metWhom(film), activities(film));
    rows.push([arm === "with" ? t("With the programme") : t("Without the programme"), told.filter(Boolean).join(" ")]);
  }
  if (isKnown()) rows.push([t("Whom they know"), circle()]);
  card.querySelector("dl").replaceChildren(
    ...rows.flatMap(([name, value]) => [
      Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    ]),
  );
}

/** Return whom she met this week, by community: how they are tied and how it went; equal ones are counted. */
function metWhom(film) {
  if (known.away) return t("Away from home this week.");
  const kinds = new Map(known.ties.map((one) => [one.person, one.kind]));
  const many = new Map();
  for (const { person, well } of known.met) {
    const place = communityOf(film, person);
    const how = well === true ? ` (${t("went well")})` : well === false ? ` (${t("went badly")})` : "";
    const kind = kinds.get(person);
    const one = `${kind ? t(TIE_WORDS[kind] || kind) : t("somebody unknown")}${how}`;
    if (!many.has(place)) many.set(place, new Map());
    many.get(place).set(one, (many.get(place).get(one) || 0) + 1);
  }
  const counted = (ones) => [...ones].map(([one, n]) => (n > 1 ? `${one} × ${num(n)}` : one)).join(", ");
  const list = [...many].map(([place, ones]) => `${place} – ${counted(ones)}`).join("; ");
  return list ? t("Met this week: {list}.", { list }) : "";
}

/** Return in which activities she took part this week. */
function activities(film) {
  const list = known.activities.map((label) => {
    const one = (film.header.labels || []).find((each) => each.label === label) || {};
    return titleOf(one.title) || t(SHOCK_WORDS[one.kind] || labelWords(label, one.kind));
  });
  return list.length ? t("Took part in: {list}.", { list: list.join(", ") }) : "";
}

/** Return how many there are of each kind of tie. */
function circle() {
  const many = {};
  for (const { kind } of known.ties) many[kind] = (many[kind] || 0) + 1;
  return Object.entries(many).map(([kind, n]) => `${t(TIE_WORDS[kind] || kind)}: ${num(n)}`).join(" · ");
}

function met(film, arm, p) {
  const did = metOthers(film, arm, state.week, p);
  if (did === null) return "";
  return did ? t("Met people of other communities this week.") : t("Met nobody of another community this week.");
}

/** Return in a sentence what moved a person's attitude in the last four weeks. */
function moved(film, arm, p) {
  const from = Math.max(state.week - 4, 0);
  const [before, now] = [attitude(film, arm, from, p), attitude(film, arm, state.week, p)];
  if (before === NOT_ASKED || now === NOT_ASKED || state.week === 0) return "";
  const reasons = new Set();
  for (let week = from + 1; week <= state.week; week++) {
    for (const session of sessionsOf(film, arm, week)) {
      const people = film.planes["session.people"];
      for (let at = session.from; at < session.to; at++) if (people[at] === p) reasons.add(t(SESSION_WORDS[session.what]));
    }
    for (const at of film.events[arm][week]) {
      const event = eventOf(film, arm, at);
      if (event.a === p || event.b === p) reasons.add(t(EVENT_WORDS[event.what]));
    }
    if (metOthers(film, arm, week, p)) reasons.add(t("meeting others"));
  }
  const change_ = (100 * (now - before)) / film.scale;
  const way = Math.abs(change_) < 0.5 ? t("This month: no change.") : change_ > 0
    ? t("This month: warmer by {n}.", { n: num(change_) })
    : t("This month: colder by {n}.", { n: num(-change_) });
  return reasons.size ? `${way} ${t("What happened to them: {list}.", { list: [...reasons].join(", ") })}` : way;
}
