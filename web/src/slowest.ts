/** The five slowest, as bars that do not change their scale with the fastest of them. */
import { byId, keyed, make, setLevel, setMark, setText } from "./dom";
import { meanMs, secondsWithUnit } from "./format";
import { level } from "./levels";
import type { State } from "./state";

export function drawSlowest(state: State): void {
  const list = byId("slowest");
  const { wall, texts } = state;
  const limits = wall.thresholds.alerts.slow_responder;
  const longest = Math.max(0, ...wall.slowest.map((slow) => meanMs(slow.response) ?? 0));
  const full = Math.max(longest, 2000 * (limits.critical ?? 60));
  const keys = wall.slowest.map((slow) => JSON.stringify([slow.shop_id, slow.agent_id]));
  const items = keyed(list, keys.length ? keys : ["-"], (key) => (key === "-" ? make("li", "empty") : createItem()));
  if (!keys.length) setText(items[0] as HTMLElement, texts.noneSlow);
  wall.slowest.forEach((slow, index) => {
    const item = items[index] as HTMLElement;
    const part = (selector: string) => item.querySelector(selector) as HTMLElement;
    const mean = meanMs(slow.response) ?? 0;
    const its = level(mean / 1000, limits, slow.response.count);
    setLevel(item, its);
    setMark(part(".mark"), its, texts);
    setText(part(".name"), slow.agent_id);
    setText(part(".window"), `${wall.shops.length > 1 ? `${slow.shop_id} · ` : ""}${slow.window === "5m" ? "" : "1 h · "}${texts.ofAnswers(slow.response.count)}`);
    setText(part(".mean"), secondsWithUnit(mean, texts));
    part(".bar").style.width = `${Math.max(1, Math.round((100 * mean) / full))}%`;
  });
}

function createItem(): HTMLElement {
  return make(
    "li",
    "",
    make("span", "mark"),
    make("bdi", "name"),
    make("span", "window"),
    make("span", "mean"),
    make("span", "track", make("span", "bar")),
  );
}
