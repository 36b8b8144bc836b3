// What one can keep: the page as one file, and a picture of this moment.
import { body, post } from "./feed.js";
import { change, state } from "./state.js";
import { t } from "./words.js";

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Save the film as one file that opens everywhere. */
export async function saveFile() {
  try {
    const reply = await post("/save", { ...body(), lang: state.lang });
    download(await reply.blob(), `${state.scenario}-${state.programme}.html`);
  } catch (trouble) {
    change({ mistakes: trouble.mistakes || [t("The file could not be made.")] });
  }
}

/** Save what the maps show as one picture; `shown` holds the side and its layers. */
export function savePicture(shown) {
  const [width, height] = [shown[0][1].width, shown[0][1].height];
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * shown.length + 10 * (shown.length - 1), height + 60];
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#111";
  pen.font = "600 24px Village, sans-serif";
  shown.forEach(([arm, ...layers], nth) => {
    const x = nth * (width + 10);
    pen.fillText(arm === "with" ? t("With the programme") : t("Without the programme"), x + 8, 26);
    for (const layer of layers) pen.drawImage(layer, x, 36);
  });
  pen.font = "18px Village, sans-serif";
  pen.fillText(`${document.querySelector("#title").textContent} · ${document.querySelector("#when").textContent}`, 8, height + 56);
  canvas.toBlob((blob) => download(blob, `${state.scenario}-${state.week}.png`));
}
