/** Numbers as people read them from across the room. */
import type { Mean, Share } from "./snapshot";
import type { Language, Texts } from "./texts";

export const NOTHING = "—";

/** A span that is still growing: 0:07, 12:34, 1:02:03. */
export function clockSpan(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

export function meanMs(mean: Mean): number | null {
  return mean.count ? mean.sum_ms / mean.count : null;
}

export function ratio(share: Share): number | null {
  return share.whole ? share.part / share.whole : null;
}

/** Whole seconds, without the unit. */
export function seconds(ms: number | null): string {
  return ms === null ? NOTHING : String(Math.round(ms / 1000));
}

export function secondsWithUnit(ms: number | null, texts: Texts): string {
  return ms === null ? NOTHING : `${seconds(ms)} ${texts.secondUnit}`;
}

/** Whole percents, without the sign; 100 only if nothing is missing, 0 only if nothing is there. */
export function percent(value: number | null): string {
  if (value === null) return NOTHING;
  const whole = Math.round(value * 100);
  return String(value < 1 && value > 0 ? Math.min(99, Math.max(1, whole)) : whole);
}

export function percentWithSign(value: number | null): string {
  return value === null ? NOTHING : `${percent(value)}%`;
}

export function yuan(minor: number, language: Language): string {
  const locale = language === "zh" ? "zh-CN" : "en-US";
  return `¥${Math.round(minor / 100).toLocaleString(locale)}`;
}

/** A time of day, in the zone of the shops if they have one in common. */
export function timeOfDay(ms: number, timezone: string | null, withSeconds = true): string {
  return new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    ...(withSeconds ? { second: "2-digit" } : {}),
    ...(timezone === null ? {} : { timeZone: timezone }),
  }).format(ms);
}
