/** Language and theme: what the address says, else what was chosen here, else what the browser likes. */
import type { Language } from "./texts";

export type Theme = "light" | "dark";

const LANGUAGE_KEY = "chatpulse.language";
const THEME_KEY = "chatpulse.theme";

export function language(): Language {
  const named = new URLSearchParams(location.search).get("lang");
  const wanted = named ?? recall(LANGUAGE_KEY) ?? document.documentElement.lang;
  return wanted.startsWith("zh") ? "zh" : "en";
}

export function chooseLanguage(chosen: Language): void {
  remember(LANGUAGE_KEY, chosen);
  const url = new URL(location.href);
  if (url.searchParams.has("lang")) {
    url.searchParams.set("lang", chosen);
    history.replaceState(null, "", url);
  }
}

export function theme(): Theme {
  const chosen = new URLSearchParams(location.search).get("theme") ?? recall(THEME_KEY);
  if (chosen === "dark" || chosen === "light") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function chooseTheme(chosen: Theme): void {
  remember(THEME_KEY, chosen);
  const url = new URL(location.href);
  if (url.searchParams.has("theme")) {
    url.searchParams.set("theme", chosen);
    history.replaceState(null, "", url);
  }
}

// A browser may refuse storage; then a choice lasts as long as the page.
function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // see above
  }
}
