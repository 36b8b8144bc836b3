// One person: who it is, whom they met, what moved their attitude this month; no names, no invented feelings.
import { eventOf, metOthers, NOT_ASKED, sessionsOf } from "./film.js";
import { body, post } from "./feed.js";
import { CLASSES } from "./marks.js";
import { change, covered, state } from "./state.js";
import { ATTITUDE_WORDS, BAND_WORDS, EVENT_WORDS, ROLE_WORDS, SESSION_WORDS, SEX_WORDS, TIE_WORDS } from "./terms.js";
import { num, t, titleOf } from "./words.js";

let known = { person: -1, ties: [], met: [] };

/** Return the ties of the person shown, each with whether the two met this week, as far as they are known. */
export function tiesShown() {
  if (known.person !== state.person || covered()) return [];
  const met = known.week === state.week ? new Set(known.met.map((one) => one.person)) : new Set();
  return known.ties.map((one) => ({ ...one, met: met.has(one.person) }));
}

/** Show a person; ask the server for their ties when there is one. */
export async function choose(person, live) {
  change({ person });
  if (person < 0 || !live || covered()) return;
  try {
    const week = state.week;
    const reply = await post("/person", { ...body(), person, week });
    const told = await reply.json();
    known = { person, week, ties: told.ties || [], met: told.met || [] };
    if (state.person === person) change({ told: {} });
  } catch {
    known = { person: -1, ties: [], met: [] };
  }
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

/** Fill the card of a person. */
export function showPerson(card) {
  const film = state.film;
  card.hidden = state.person < 0 || !film;
  if (card.hidden) return;
  const p = state.person;
  const { planes, header } = film;
  const arms = covered() ? ["without"] : ["without", "with"];
  const community = header.communities[planes.community[p]];
  const village = header.villages[planes.village[p]];
  const rows = [
    [t("Who"), [t(SEX_WORDS[planes.sex[p]]), t(BAND_WORDS[planes.band[p]]), t(ROLE_WORDS[header.roles[planes.role[p]]])].join(", ")],
    [t("Community"), titleOf(community.title, community.key)],
    [t("Village"), titleOf(village.title, village.key)],
    [t("Attitude to others at the start"), words(film, attitude(film, "without", 0, p))],
  ];
  for (const arm of arms) {
    const side = arm === "with" ? t("With the programme") : t("Without the programme");
    rows.push([side, [`${words(film, attitude(film, arm, state.week, p))}.`, met(film, arm, p), moved(film, arm, p)].filter(Boolean).join(" ")]);
  }
  const list = card.querySelector("dl");
  if (known.person === p && !covered()) rows.push([t("Whom they know"), circle()]);
  list.replaceChildren(
    ...rows.flatMap(([name, value]) => [
      Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    ]),
  );
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
