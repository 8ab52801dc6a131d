/** Genuine buyers against advertising and whatever else is left out. */
import { byId, keyed, make, setText } from "./dom";
import { percent } from "./format";
import type { State } from "./state";

const KINDS = ["genuine", "ad", "internal", "blocked"] as const;

export function drawVolume(state: State): void {
  const { volume } = state.wall;
  const whole = KINDS.reduce((sum, kind) => sum + volume[kind], 0);
  const bars = keyed(byId("volume-bar"), KINDS, (kind) => make("span", kind));
  const items = keyed(byId("volume"), KINDS, (kind) =>
    make("li", kind, make("span", "swatch"), make("span", "label"), make("strong"), make("span", "share")),
  );
  KINDS.forEach((kind, index) => {
    const bar = bars[index] as HTMLElement;
    const item = items[index] as HTMLElement;
    const part = (selector: string) => item.querySelector(selector) as HTMLElement;
    bar.style.flexGrow = String(volume[kind]);
    bar.hidden = volume[kind] === 0;
    item.hidden = volume[kind] === 0 && kind !== "genuine" && kind !== "ad";
    setText(part(".label"), state.texts[kind]);
    setText(part("strong"), String(volume[kind]));
    setText(part(".share"), whole ? `${percent(volume[kind] / whole)}%` : "");
  });
}
