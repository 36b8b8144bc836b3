// What marks and signs mean: beside the maps for people, on the help card for everything else.
import { glyph, OF_EVENT, OF_SESSION } from "./glyphs.js";
import { CHILD, drawMark, SHAPES } from "./marks.js";
import { state } from "./state.js";
import { ATTITUDE_WORDS, EVENT_WORDS, PLACE_WORDS, SESSION_WORDS } from "./terms.js";
import { say, t, titleOf } from "./words.js";

const make = (name, text, kind) => Object.assign(document.createElement(name), { textContent: text || "", className: kind || "" });

function picture(draw) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 44;
  canvas.setAttribute("aria-hidden", "true");
  draw(canvas.getContext("2d"));
  return canvas;
}

const swatch = (shape, kind) => picture((pen) => drawMark(pen, shape, kind, 22, 22, 16));

function entry(drawn, words) {
  const at = make("li");
  at.append(drawn, words);
  return at;
}

/** Show the colours of attitudes and the shapes of communities. */
export function showLegend(scale, shapes, unit, households) {
  scale.replaceChildren(make("li", t("Attitude to others:"), "head"), ...ATTITUDE_WORDS.map((word, kind) => entry(swatch(0, kind), t(word))),
    entry(swatch(0, CHILD), t("a child: not asked")));
  const { header, planes } = state.film;
  const many = new Array(header.communities.length).fill(0);
  for (const one of planes.community) many[one]++;
  shapes.replaceChildren(
    make("li", t("Community:"), "head"),
    ...header.communities.map((one, at) => (many[at] ? entry(swatch(at % SHAPES, 2), titleOf(one.title, one.key)) : "")).filter(Boolean),
  );
  showUnit(unit, households);
}

/** Say what one mark stands for. */
export function showUnit(unit, households) {
  const words = households ? t("One mark is a household; come closer to see people.") : t("One mark is a person. Large marks are leaders.");
  say(unit, words);
}

/** Show on the help card what every sign on the maps means. */
export function showSigns(list) {
  const sign = (name, r, words) => entry(picture((pen) => glyph(pen, name, 22, 22, r)), words);
  const [dispute, , , , group, gathering] = EVENT_WORDS.keys();
  const small = (what) => (what === group || what === gathering ? 10 : what === dispute ? 15 : 14);
  const places = state.film ? [...new Set(state.film.header.places.map((one) => one.kind))] : [];
  list.replaceChildren(
    ...EVENT_WORDS.map((words, what) => sign(OF_EVENT[what], small(what), t(words))),
    entry(
      picture((pen) => {
        drawMark(pen, 0, 3, 22, 22, 9);
        glyph(pen, "seat", 22, 22, 15);
      }),
      t("takes part this week"),
    ),
    ...SESSION_WORDS.map((words, what) => sign(OF_SESSION[what], 15, t(words))),
    ...places.map((kind) => sign(kind, 13, t(PLACE_WORDS[kind] || kind))),
    entry(
      picture((pen) => {
        drawMark(pen, 0, 3, 22, 22, 16);
      }),
      t("large mark: a leader"),
    ),
  );
}
