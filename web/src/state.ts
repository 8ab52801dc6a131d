/** What every part of the page is drawn from. */
import { level, type Level } from "./levels";
import type { AgentLine, Line, Wall } from "./snapshot";
import { meanMs } from "./format";
import type { Language, Texts } from "./texts";

export interface State {
  wall: Wall;
  /** The worker's clock, which runs on without it. */
  now: number;
  /** Seconds without a sign of life. */
  silence: number;
  /** Whether that is so long that the numbers are old. */
  silent: boolean;
  /** The worker's clock at its last word. */
  heardAt: number;
  language: Language;
  texts: Texts;
}

export function waitMs(line: Line, state: State): number | null {
  const start = line.oldest_wait_start_at;
  return start === null ? null : Math.max(0, state.now - start);
}

export function waitLevel(line: Line, state: State): Level {
  const wait = waitMs(line, state);
  return level(wait === null ? null : wait / 1000, state.wall.thresholds.alerts.buyer_waiting);
}

export function slowLevel(line: Line, state: State): Level {
  const { slow_responder, shop_slow } = state.wall.thresholds.alerts;
  const mean = meanMs(line.response_5m);
  const limits = "agent_id" in line ? slow_responder : shop_slow;
  return level(mean === null ? null : mean / 1000, limits, line.response_5m.count);
}

/** The name of an agent or a queue; with its shop where another one has the same. */
export function nameOf(line: Pick<AgentLine, "agent_id" | "shop_id">, state: State): string {
  const { agents, shops } = state.wall;
  const name = line.agent_id ?? state.texts.queue;
  const clashes =
    line.agent_id === null
      ? shops.length > 1
      : agents.some((a) => a.agent_id === line.agent_id && a.shop_id !== line.shop_id);
  return clashes ? `${name} · ${line.shop_id}` : name;
}
