// Beside the picture: what it cost, what a survey would have seen, who is worse off, where the numbers come from.
import { measureTitle } from "./charts.js";
import { shownAs } from "./film.js";
import { covered, state } from "./state.js";
import { BAND_WORDS, fieldWords, labelWords, MARK_WORDS, MEASURE_WORDS, SEX_WORDS, shockWords, TIE_WORDS } from "./terms.js";
import { decimalsOf, num, say, t, titleOf } from "./words.js";

const make = (name, text, kind) => Object.assign(document.createElement(name), { textContent: text || "", className: kind || "" });

/** Show money spent up to this week of the budget. */
export function showMoney(box) {
  const { film } = state;
  const weekly = film.planes["money.weekly"];
  const lines = film.header.money.lines || [];
  const all = weekly ? (film.spent ||= sums(weekly)) : [lines.reduce((sum, one) => sum + one.usd, 0)];
  const { budget } = film.header.money;
  const of = budget || lines.reduce((sum, one) => sum + one.usd, 0) || 1;
  const spent = all[Math.min(state.week, all.length - 1)];
  const bar = box.querySelector(".bar");
  bar.classList.toggle("over", Boolean(budget) && spent > budget);
  bar.firstElementChild.style.clipPath = `inset(0 ${Math.max(0, 100 - (100 * spent) / of)}% 0 0)`; // which lays out nothing anew
  const at = box.querySelector(".said");
  const longest = spentWords(all[all.length - 1], budget);
  if (at.dataset.longest !== longest) at.dataset.longest = longest;
  const words = spentWords(spent, budget);
  say(at.firstElementChild, words);
}

function spentWords(spent, budget) {
  if (!budget) return t("{spent} US dollars spent by this week", { spent: num(spent) });
  const said = t("{spent} of {budget} US dollars spent by this week", { spent: num(spent), budget: num(budget) });
  return spent > budget ? `${said}: ${t("{over} more than there is", { over: num(spent - budget) })}` : said;
}

function sums(weekly) {
  let sum = 0;
  return Float64Array.from(weekly, (one) => (sum += one || 0));
}

/** Show what the programme pays for. */
export function showLines(box) {
  const { film } = state;
  const sums = new Map();
  for (const { label, usd } of film.header.money.lines || []) sums.set(kindOf(film, label), (sums.get(kindOf(film, label)) || 0) + usd);
  box.querySelector("ul").replaceChildren(...[...sums].map(([name, usd]) => make("li", `${name}: ${num(usd)} USD`)));
}

function kindOf(film, label) {
  const known = (film.header.labels || []).find((one) => one.label === label);
  const title = known && titleOf(known.title);
  return title || t(labelWords(label, known && known.kind));
}

/** Show under the title what was changed against the plan of the scenario's file, in the page and in a file saved from it. */
export function showChanged(at) {
  const { header } = state.film;
  const told = [];
  if (header.off) told.push(t("the programme is switched off"));
  for (const one of header.off ? [] : header.choices || []) {
    const planned = one.planned ?? one.value;
    if (one.value === planned) continue;
    const name = `${t(labelWords(one.label, one.kind))}, ${t(fieldWords(one))}`;
    const decimals = decimalsOf(one.step);
    const places = { name, value: num(one.value, decimals), planned: num(planned, decimals), week: one.from_week };
    told.push(one.from_week ? t("{name}: {value} from week {week} on, planned {planned}", places) : t("{name}: {value}, planned {planned}", places));
  }
  for (const one of header.shocks || []) {
    if (!one.on) continue;
    told.push(`${t(shockWords(one))}, ${t("week {n}", { n: one.week })}`);
  }
  at.hidden = !told.length;
  at.textContent = told.length ? t("Changed here: {list}.", { list: told.join("; ") }) : "";
}

/** Show what a survey of so many people would have found. */
export function showSurvey(at) {
  const { survey } = state.film.header;
  at.hidden = covered() || !survey || survey.low === undefined;
  if (at.hidden) {
    at.textContent = "";
    return;
  }
  const one = { ...survey, ...(survey.all || []).find((each) => each.measure === state.counted) }; // else its first measure
  const title = t(MEASURE_WORDS[one.measure] || one.measure);
  const { factor } = shownAs(state.film, one.measure);
  const places = { n: num(one.n), measure: title, low: num(one.low * factor, 1), high: num(one.high * factor, 1) };
  at.textContent = one.sees
    ? t("A survey of {n} people would have seen a difference in {measure}: between {low} and {high}.", places)
    : t("A survey of {n} people would have seen no sure difference in {measure}: between {low} and {high}.", places);
}

/** Show groups for whom something is worse with the programme. */
export function showWorse(box) {
  const { film } = state;
  box.hidden = covered();
  const list = covered() ? [] : film.header.worse_off || [];
  box.querySelector("ul").replaceChildren(
    ...(list.length ? list : [null]).map((one) =>
      one
        ? make("li", worse(film, one))
        : make("li", covered() ? "" : t("No group is clearly worse off in this run.")),
    ),
  );
}

function worse(film, one) {
  const { factor, decimals } = shownAs(film, one.measure);
  const [before, after] = [one.without, one.with].map((value) => num(value * factor, decimals));
  return `${groupOf(film, one)}: ${measureTitle(film, one.measure)} – ${t("without")} ${before}, ${t("with")} ${after}`;
}

function groupOf(film, { by, group }) {
  const lists = { community: film.header.communities, village: film.header.villages };
  const known = (lists[by] || []).find((one) => one.key === group);
  if (known) return titleOf(known.title, group);
  const band = ["0-13", "14-28", "29-59", "60+"].indexOf(group);
  if (band >= 0) return t(BAND_WORDS[band]);
  return { m: t(SEX_WORDS[0]), male: t(SEX_WORDS[0]), men: t(SEX_WORDS[0]), f: t(SEX_WORDS[1]), female: t(SEX_WORDS[1]), women: t(SEX_WORDS[1]) }[group] || group;
}

/** Fill the card on sources: how many numbers are found, how many assumed, and those that matter most. */
export function showSources(card) {
  const { count, top } = state.film.header.assumptions;
  card.querySelector(".marks").replaceChildren(
    ...Object.entries(count || {}).map(([mark, many]) => {
      const at = make("li");
      at.append(`${t(MARK_WORDS[mark] || mark)}: `, make("b", num(many)), " ", make("code", mark));
      return at;
    }),
  );
  card.querySelector("tbody").replaceChildren(
    ...(top || []).map((one) => {
      const row = make("tr");
      const range = one.range && one.range.length ? t("{low} to {high}", { low: text(one.range[0]), high: text(one.range[1]) }) : "–";
      const tie = /^ties\.(\w+)\./.exec(one.path || "");
      const what = (tie && TIE_WORDS[tie[1]] ? `${t(TIE_WORDS[tie[1]])}: ` : "") + t(one.meaning || one.path);
      for (const cell of [what, `${text(one.value)} ${one.unit ? t(one.unit) : ""}`, range, t(MARK_WORDS[one.mark] || one.mark), one.source === "own" ? t("assumption of this model") : one.source || "–"]) {
        row.append(make("td", cell));
      }
      return row;
    }),
  );
}

const text = (value) => (typeof value === "number" ? String(value).replace(".", state.lang === "en" ? "." : ",") : String(value));
