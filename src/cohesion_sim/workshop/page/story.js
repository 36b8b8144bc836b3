// What happened this week, in words under each map, and where we are in time.
import { AROSE, BLOWS, eventsOf, GATHERING, GROUP_FIGHT, lineOf, SETTLED, sessionsOf, shownAs, VIOLENT } from "./film.js";
import { counted } from "./hundred.js";
import { covered, lastWeek, state } from "./state.js";
import { EVENT_WORDS, labelWords, MEASURE_WORDS, SESSION_WORDS, SHOCK_WORDS } from "./terms.js";
import { num, say, seasonOf, t, titleOf } from "./words.js";

/** Return the words of a week of a side. */
function tally(arm, week) {
  const { film } = state;
  if (!week) return "";
  const said = sessionsOf(film, arm, week).map((one) => {
    const title = titleOf(one.label.title) || t(SHOCK_WORDS[one.label.kind] || labelWords(one.label.label, one.label.kind) || SESSION_WORDS[one.what]);
    const people = one.to - one.from;
    return people ? `${title} (${num(people)})` : title;
  });
  const many = eventsOf(film, arm, week);
  for (const what of [AROSE, SETTLED, VIOLENT, BLOWS, GROUP_FIGHT, GATHERING]) {
    if (many[what]) said.push(`${t(EVENT_WORDS[what])}: ${num(many[what])}`);
  }
  return said.length ? said.join(" · ") : t("a quiet week");
}

function whenOf(week) {
  const { film } = state;
  return week === 0 ? t("before the first week") : t("week {n} of {all}, {season}", { n: week, all: film.weeks, season: seasonOf(film.header.start, week) });
}

/**
 * Keep as much room for the words of every week as the longest of them needs, so that the page never jumps and a new
 * week is laid out within its own box; of a covered side nothing is read, not even its length.
 */
export function reserve(arms, when, scrub) {
  const weeks = [...Array(lastWeek() + 1).keys()];
  const longest = (texts) => texts.reduce((long, one) => (one.length > long.length ? one : long), "");
  for (const [arm, at] of arms) {
    at.dataset.longest = arm === "with" && covered() ? "" : longest(weeks.map((week) => tally(arm, week)));
  }
  when.dataset.longest = longest(weeks.map(whenOf));
  scrub.max = lastWeek();
}

/** Say the week. */
export function sayWeek(arms, when, scrub) {
  const { week } = state;
  if (Number(scrub.value) !== week) scrub.value = week;
  const words = whenOf(week);
  scrub.setAttribute("aria-valuetext", words);
  say(when.firstElementChild, words);
  for (const [arm, at] of arms) say(at.firstElementChild, arm === "with" && covered() ? "" : tally(arm, week));
}

/** Say what this village shows by a week, in how many of its like it is better, and that one village is luck. */
export function saySum(at) {
  at.hidden = covered();
  drawn.count = covered() ? null : counted(state.villages, state.counted);
  // Room is kept for all that may come, so that nothing moves when villages are computed.
  at.dataset.longest = covered() ? "" : sum(state.film, state.film.weeks, { less: 100, same: 0, more: 100 }, true);
  saySumOfWeek(at);
}

/** Say the same of another week. */
export function saySumOfWeek(at) {
  say(at.firstElementChild, covered() ? "" : sum(state.film, state.week, drawn.count, false));
}

const drawn = {};

function sum(film, week, count, always) {
  const name = state.counted;
  if (drawn.film !== film || drawn.name !== name) {
    Object.assign(drawn, { film, name, lines: ["without", "with"].map((arm) => lineOf(film, arm, name)) });
  }
  const { decimals, hundred } = shownAs(film, name);
  const { better } = film.header.measures[film.names.indexOf(name)];
  const words = t(MEASURE_WORDS[name] || name);
  const measure = hundred ? t("{measure}, of 100", { measure: words }) : words;
  const [a, b] = drawn.lines.map((line) => line[week]);
  const told = [];
  if (week) told.push(t("This village by week {week}, {measure}: {a} without, {b} with.", { week, measure, a: num(a, decimals), b: num(b, decimals) }));
  if (!count) return told.join("");
  const n = always ? 100 : count.less + count.same + count.more;
  const { less, more } = count;
  told.push(
    better
      ? t("Of {n} such villages: better in {better}, worse in {worse}.", { n, better: better < 0 ? less : more, worse: better < 0 ? more : less })
      : t("Of {n} such villages: less in {less}, more in {more}.", { n, less, more }),
  );
  if (always || (week === film.weeks && (b - a) * (more - less) < 0)) told.push(t("One village can go the other way: this is luck."));
  return told.join(" ");
}
