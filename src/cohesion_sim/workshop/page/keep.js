// What one can keep: the page as one file, a picture of this moment, a video of the film.
import { calm, playOrPause } from "./clock.js";
import { body, post } from "./feed.js";
import { change, lastWeek, state } from "./state.js";
import { NO_FILE, tell } from "./trouble.js";
import { t } from "./words.js";

const FRAMES = 25; // of a video in a second
const KINDS = ["video/webm;codecs=vp9", "video/webm", "video/mp4"];
let recorder = null;

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const nameOf = () => `${state.scenario}-${state.programme || "programme"}`;

/** Save the film as one file that opens everywhere. */
export async function saveFile() {
  try {
    const reply = await post("/save", { ...body(), lang: state.lang });
    download(await reply.blob(), `${nameOf()}.html`);
  } catch (trouble) {
    tell(trouble.status ? trouble : { said: NO_FILE });
  }
}

/** Draw what the maps show, with title, week and what was changed; `shown` holds each side and its canvas. */
function compose(canvas, shown) {
  const [width, height] = [shown[0][1].width, shown[0][1].height];
  const wide = width * shown.length + 10 * (shown.length - 1);
  const changed = document.querySelector("#changed");
  const lines = [`${document.querySelector("#title").textContent} · ${document.querySelector("#when .now").textContent}`];
  const pen = canvas.getContext("2d");
  pen.font = "18px Village, sans-serif";
  if (!changed.hidden) lines.push(...broken(pen, changed.textContent, wide - 16));
  const [w, h] = [wide + (wide % 2), height + 42 + 24 * lines.length]; // some encoders want even numbers
  if (canvas.width !== w || canvas.height !== h + (h % 2)) [canvas.width, canvas.height] = [w, h + (h % 2)];
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#111";
  pen.font = "600 24px Village, sans-serif";
  shown.forEach(([arm, map], nth) => {
    const x = nth * (width + 10);
    pen.fillText(arm === "with" ? t("With the programme") : t("Without the programme"), x + 8, 26);
    pen.drawImage(map, x, 36);
  });
  pen.font = "18px Village, sans-serif";
  lines.forEach((line, nth) => pen.fillText(line, 8, height + 56 + 24 * nth));
}

/** Return a text in lines of at most so many pixels. */
function broken(pen, text, wide) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (pen.measureText(longer).width <= wide) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Save what the maps show as one picture. */
export function savePicture(shown) {
  if (!shown.length) return;
  const canvas = document.createElement("canvas");
  compose(canvas, shown);
  canvas.toBlob((blob) => download(blob, `${nameOf()}-${state.week}.png`));
}

/** Whether this browser can make a video of a canvas. */
export function canRecord() {
  return typeof MediaRecorder !== "undefined" && Boolean(HTMLCanvasElement.prototype.captureStream);
}

/** Record the film from the week that is shown to its end as a video, or end the one that is being made. */
export function recordVideo(shownNow) {
  if (recorder) return recorder.stop();
  if (!canRecord() || !state.film || !shownNow().length) return;
  const canvas = document.createElement("canvas");
  compose(canvas, shownNow());
  const kind = KINDS.find((one) => MediaRecorder.isTypeSupported(one));
  const parts = [];
  recorder = new MediaRecorder(canvas.captureStream(FRAMES), kind ? { mimeType: kind, videoBitsPerSecond: 6e6 } : {});
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  recorder.addEventListener("stop", () => {
    const type = recorder.mimeType || kind || "video/webm";
    recorder = null;
    change({ recording: false, playing: false });
    download(new Blob(parts, { type }), `${nameOf()}.${type.startsWith("video/mp4") ? "mp4" : "webm"}`);
  });
  let rest = 1.5 * FRAMES; // frames of the last week, so that it can be seen
  const draw = () => {
    if (!recorder || recorder.state !== "recording") return;
    const shown = shownNow();
    if (shown.length) compose(canvas, shown);
    if (state.week >= lastWeek() && !state.playing && --rest < 0) return recorder.stop();
    if (calm.matches) setTimeout(draw, 100);
    else requestAnimationFrame(draw);
  };
  recorder.start(1000);
  change({ recording: true });
  if (!state.playing) playOrPause();
  draw();
}
