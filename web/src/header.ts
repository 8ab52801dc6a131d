/** Whose numbers these are, how they come, and the two switches. */
import { byId, make, setText } from "./dom";
import { timeOfDay } from "./format";
import type { State } from "./state";
import type { LinkState } from "./stream";

const SHOPS_NAMED = 4;
let scoped = "";

export function drawHeader(state: State, link: LinkState): void {
  const { texts, wall } = state;
  setText(byId("clock"), timeOfDay(state.now, wall.timezone));
  drawLink(state.texts, link, state.silent);
  const { served, shops } = wall;
  const key = JSON.stringify([served, shops.map((shop) => shop.shop_id).sort(), state.language]);
  if (key === scoped) return;
  scoped = key;
  const names = shops.map((shop) => shop.shop_id).sort().slice(0, SHOPS_NAMED);
  if (shops.length > SHOPS_NAMED) names.push(`+${shops.length - SHOPS_NAMED}`);
  const parts: (Node | string)[] = [make("bdi", "", names.join(", ") || texts.noShops)];
  if (served.partitions_owned < served.partitions) {
    parts.push(" · ", texts.part(served.partitions_owned, served.partitions));
    for (const url of served.elsewhere) {
      const link = make("a", "", new URL(url).host);
      link.href = url;
      parts.push(" ", link);
    }
  }
  if (served.unready !== null) parts.push(` · ${texts.loading}: ${served.unready}`);
  byId("scope").replaceChildren(...parts);
}

export function drawLink(texts: State["texts"], link: LinkState, silent: boolean): void {
  const shown = silent ? "silent" : link;
  byId("link").dataset.state = shown;
  setText(byId("link-text"), texts[shown]);
}
