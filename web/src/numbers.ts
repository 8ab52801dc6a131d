/** The eight big numbers. */
import { keyed, make, setLevel, setMark, setText } from "./dom";
import {
  clockSpan,
  meanMs,
  NOTHING,
  percent,
  ratio,
  seconds,
  secondsWithUnit,
  timeOfDay,
} from "./format";
import { level, worst, type Level } from "./levels";
import type { Levels, Share } from "./snapshot";
import { nameOf, slowLevel, waitLevel, waitMs, type State } from "./state";
import type { Texts } from "./texts";

interface Tile {
  name: keyof Texts & string;
  value: string;
  unit?: string;
  below: string;
  level: Level;
  /** Worth a look, but nobody has to jump up. */
  calm?: boolean;
}

export function drawNumbers(list: HTMLElement, state: State): void {
  const tiles = numbers(state);
  const elements = keyed(list, tiles.map((tile) => tile.name), createTile);
  tiles.forEach((tile, index) => fillTile(elements[index] as HTMLElement, tile, state.texts));
}

function numbers(state: State): Tile[] {
  const { texts, now } = state;
  const { total, thresholds, newest_event_at, timezone } = state.wall;
  const { alerts, display } = thresholds;
  const wait = waitMs(total, state);
  const delay = newest_event_at === null ? null : Math.max(0, now - newest_event_at);
  const samples = alerts.shop_reply_rate.samples;
  return [
    {
      name: "waiting",
      value: String(total.waiting),
      below: texts.inQueue(total.queued),
      level: level(total.queued, alerts.buyers_queued),
    },
    {
      name: "oldest",
      value: wait === null ? NOTHING : clockSpan(wait),
      below: total.oldest_wait_start_at === null ? texts.nobodyWaits : whoWaits(state),
      level: waitLevel(total, state),
    },
    {
      name: "mean5m",
      value: seconds(meanMs(total.response_5m)),
      unit: texts.secondUnit,
      below: texts.p90(secondsWithUnit(total.response_5m_p90_ms, texts)),
      level: slowLevel(total, state),
    },
    share("within30s", total.within_30s, display.thirty_second_rate, samples, texts),
    share("replied", total.replied, alerts.shop_reply_rate, samples, texts),
    share("converted", total.converted, display.conversion, samples, texts),
    {
      name: "active",
      value: String(total.agents_active),
      below: texts.ofAgents(total.agents_seen),
      level: total.waiting > 0 && total.agents_active === 0 ? "critical" : "none",
    },
    {
      name: "delay",
      value: delay === null ? NOTHING : delay < 100_000 ? seconds(delay) : clockSpan(delay),
      ...(delay !== null && delay < 100_000 ? { unit: texts.secondUnit } : {}),
      below: state.silent
        ? texts.silentFor(Math.floor(state.silence))
        : newest_event_at === null
          ? texts.noEvents
          : texts.newestAt(timeOfDay(newest_event_at, timezone)),
      level: worst(
        level(delay === null ? null : delay / 1000, display.data_delay),
        level(state.silence, display.silence),
      ),
    },
  ];
}

function whoWaits(state: State): string {
  const { oldest_wait_agent_id: agent_id, oldest_wait_shop_id: shop_id } = state.wall.total;
  return nameOf({ agent_id, shop_id: shop_id ?? "" }, state);
}

function share(
  name: "within30s" | "replied" | "converted",
  value: Share,
  levels: Levels,
  samples: number,
  texts: Texts,
): Tile {
  return {
    name,
    value: percent(ratio(value)),
    unit: "%",
    below: texts.ofWhole(value.part, value.whole, name === "within30s"),
    level: level(ratio(value), { ...levels, samples: levels.samples || samples }, value.whole),
    calm: true,
  };
}

function createTile(): HTMLElement {
  const title = make("dt", "", make("span", "label"), make("span", "mark"));
  const value = make("dd", "", make("span", "value"), make("span", "unit"));
  return make("div", "tile", title, value, make("dd", "below"));
}

function fillTile(element: HTMLElement, tile: Tile, texts: Texts): void {
  const part = (selector: string) => element.querySelector(selector) as HTMLElement;
  element.id = `number-${tile.name}`;
  element.classList.toggle("calm", tile.calm ?? false);
  element.style.setProperty("--characters", String(tile.value.length));
  setText(part(".label"), texts[tile.name] as string);
  setText(part(".value"), tile.value);
  setText(part(".unit"), tile.value === NOTHING ? "" : (tile.unit ?? ""));
  setText(part(".below"), tile.below);
  setLevel(element, tile.level);
  setMark(part(".mark"), tile.level, texts);
}
