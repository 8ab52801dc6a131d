/** The wall page: draws every picture that comes, and between them what grows by itself. */
import "./wall.css";
import { drawAgents, drawShops } from "./agents";
import { drawAlerting } from "./alerting";
import { ServerClock } from "./clock";
import { byId, setText } from "./dom";
import { drawHeader, drawLink } from "./header";
import { drawNumbers } from "./numbers";
import * as preferences from "./preferences";
import { drawSlowest } from "./slowest";
import type { Colours, Wall } from "./snapshot";
import type { State } from "./state";
import { Stream, type LinkState } from "./stream";
import { TEXTS, type Texts } from "./texts";
import { Trend } from "./trend";
import { drawVolume } from "./volume";

const TICK_MS = 250;
const RELOADED_FOR = "chatpulse.reloaded";

const clock = new ServerClock();
const trend = new Trend();
let language = preferences.language();
let theme = preferences.theme();
let link: LinkState = "opening";
let wall: Wall | null = null;
let heardAt = 0;
let heardHere = performance.now();

function draw(): void {
  const texts = TEXTS[language];
  if (!wall) {
    drawLink(texts, link, false);
    setText(byId("alerting"), texts.starting);
    return;
  }
  const silence = (performance.now() - heardHere) / 1000;
  const limit = wall.thresholds.display.silence.critical ?? Infinity;
  const now = clock.now();
  const state: State = { wall, now, silence, silent: silence > limit, heardAt, language, texts };
  document.body.classList.toggle("silent", state.silent);
  drawHeader(state, link);
  drawNumbers(byId("numbers"), state);
  drawAlerting(state);
  drawAgents(state);
  drawShops(state);
  drawSlowest(state);
  drawVolume(state);
  trend.draw(state);
}

function hear(serverNow: number): void {
  clock.hear(serverNow);
  heardAt = serverNow;
  heardHere = performance.now();
}

/** The worker was upgraded: take its own page, once. */
function reloadFor(page: string): boolean {
  const mine = document.querySelector<HTMLMetaElement>("meta[name=page]")?.content;
  if (mine === page) return false;
  try {
    if (sessionStorage.getItem(RELOADED_FOR) === page) return false;
    sessionStorage.setItem(RELOADED_FOR, page);
  } catch {
    return false; // without a memory it might go round in circles
  }
  location.reload();
  return true;
}

function colours(of: Colours): void {
  for (const [name, value] of Object.entries(of)) {
    document.documentElement.style.setProperty(`--${name}`, value);
  }
}

function applyPreferences(): void {
  const texts = TEXTS[language];
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  document.documentElement.dataset.theme = theme;
  document.title = `${texts.title} · chatpulse`;
  for (const element of document.querySelectorAll<HTMLElement>("[data-text]")) {
    setText(element, texts[element.dataset.text as keyof Texts] as string);
  }
  setText(byId("language"), texts.otherLanguage);
  byId("language").lang = language === "zh" ? "en" : "zh-Hans";
  setText(byId("theme"), theme === "dark" ? texts.toLight : texts.toDark);
  draw();
}

byId("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  preferences.chooseLanguage(language);
  applyPreferences();
});
byId("theme").addEventListener("click", () => {
  theme = theme === "dark" ? "light" : "dark";
  preferences.chooseTheme(theme);
  applyPreferences();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  theme = preferences.theme();
  applyPreferences();
});

applyPreferences();
new Stream("api/v1/wall/stream", {
  wall(next) {
    if (reloadFor(next.served.page)) return;
    hear(next.now);
    const { served } = next;
    const begins = served.unready !== null && served.partitions_owned === 0;
    // A worker that has just started knows nothing yet: what was known before stays, and ages.
    wall = wall && begins ? { ...wall, served } : next;
    colours(next.thresholds.colours);
    draw();
  },
  beat: hear,
  state(next) {
    if (next === "lost") clock.reset();
    link = next;
    draw();
  },
});
setInterval(draw, TICK_MS);
