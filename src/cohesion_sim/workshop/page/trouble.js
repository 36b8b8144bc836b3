// What went wrong, in the viewer's language: a sentence by what kind it is; the program's own words, in English, below.
import { change, state } from "./state.js";
import { t } from "./words.js";

const w = (text) => text;
const SILENT = w("The program on this computer does not answer. Is its window still open?");
const REFUSED = w("This cannot be worked out as it was chosen. The page shows again what was there before.");
const BY_STATUS = {
  403: w("The program answers only to the address that its window shows. Please open the page from there."),
  421: w("The program answers only to the address that its window shows. Please open the page from there."),
  500: w("Something went wrong in the program on this computer. The page shows again what was there before."),
  503: w("This computer has too much to work out just now. Please try again in a moment."),
};
export const OLD_BROWSER = w("This browser is too old to unpack the film. Please open the file in a newer one.");
export const UNREADABLE = w("The film could not be read. Please open the page again, or ask for the file once more.");
export const NO_FILE = w("The file could not be made.");

/** Return what to say of an error: of a refusal by its status, of anything else that the program is silent. */
export function troubleOf(error) {
  if (error.said) return { said: error.said, details: [] };
  if (!error.status) return { said: SILENT, details: [] };
  const said = BY_STATUS[error.status] || (error.status < 500 ? REFUSED : BY_STATUS[500]);
  return { said, details: (error.mistakes || []).map((one) => (typeof one === "string" ? one : one.message || JSON.stringify(one))) };
}

/** Say that something went wrong; the state keeps English words, so that another language says it too. */
export function tell(error) {
  change({ mistakes: [troubleOf(error)] });
}

let shown = "";

/** Show what went wrong; written only when it is something else, as screen readers read it aloud each time. */
export function showTrouble(box, live) {
  const key = JSON.stringify([state.mistakes, state.lang, Boolean(state.film)]);
  if (key === shown) return;
  shown = key;
  box.replaceChildren(
    ...state.mistakes.map(({ said, details }) => {
      const at = document.createElement("div");
      at.append(Object.assign(document.createElement("p"), { textContent: t(said) }));
      for (const one of details) at.append(Object.assign(document.createElement("p"), { textContent: one, lang: "en", className: "details" }));
      if (live && !state.film) {
        const again = Object.assign(document.createElement("button"), { type: "button", textContent: t("Try again") });
        again.addEventListener("click", () => location.reload());
        at.append(again);
      }
      return at;
    }),
  );
}
