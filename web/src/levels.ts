/** How bad a number is, by the thresholds that the alerts have too. */
import type { Levels } from "./snapshot";

export type Level = "none" | "warning" | "critical";

export const MARKS: Record<Level, string> = { none: "", warning: "▲", critical: "●" };

/** The level of a value with so many samples behind it; none without a value. */
export function level(value: number | null, levels: Levels, samples = Infinity): Level {
  if (value === null || samples < Math.max(1, levels.samples)) return "none";
  const { warning, critical } = levels;
  const lowIsBad = warning !== null && critical !== null && critical < warning;
  const beyond = (limit: number | null) =>
    limit !== null && (lowIsBad ? value < limit : value > limit);
  return beyond(critical) ? "critical" : beyond(warning) ? "warning" : "none";
}

export function worst(...levels: Level[]): Level {
  return levels.includes("critical") ? "critical" : levels.includes("warning") ? "warning" : "none";
}
