/** Small steps in the document. Text is only ever set as text. */
import { MARKS, type Level } from "./levels";
import type { Texts } from "./texts";

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id}`);
  return found as T;
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Set a text if it is another one: what has not changed is not touched. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setLevel(element: HTMLElement, level: Level): void {
  if (element.dataset.level !== level) element.dataset.level = level;
}

/** The mark of a level, which says in shape and in words what the colour says. */
export function setMark(mark: HTMLElement, level: Level, texts: Texts): void {
  setText(mark, MARKS[level]);
  if (level === "none") {
    mark.removeAttribute("role");
    mark.removeAttribute("aria-label");
  } else {
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", texts[level]);
  }
}

/** Make the children of `parent` those of `keys`, in this order, keeping the ones that exist. */
export function keyed<T extends HTMLElement>(
  parent: HTMLElement,
  keys: readonly string[],
  create: (key: string) => T,
): T[] {
  const before = new Map([...parent.children].map((e) => [(e as HTMLElement).dataset.key, e as T]));
  const wanted = keys.map((key) => {
    const element = before.get(key) ?? create(key);
    element.dataset.key = key;
    before.delete(key);
    return element;
  });
  for (const element of before.values()) element.remove();
  wanted.forEach((element, index) => {
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
  });
  return wanted;
}
