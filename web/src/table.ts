/** Tables of lines: a header from the columns, a row per line, cells with a level of their own. */
import { keyed, make, setLevel, setMark, setText } from "./dom";
import type { Level } from "./levels";
import type { State } from "./state";
import type { Texts } from "./texts";

export interface Cell {
  text: string;
  level?: Level;
}

export interface Column<T> {
  title: keyof Texts & string;
  /** `name` stands left and heads the row; `wide` is left out on a phone. */
  kind?: "name" | "wide" | "wide name";
  cell(line: T, state: State): Cell;
}

export interface TableOptions<T> {
  key(line: T): string;
  level(line: T, state: State): Level;
  caption: string;
  empty: string;
}

export function drawTable<T>(
  table: HTMLTableElement,
  columns: readonly Column<T>[],
  lines: readonly T[],
  options: TableOptions<T>,
  state: State,
): void {
  table.caption ?? table.append(make("caption", "unseen"));
  setText(table.caption as HTMLElement, options.caption);
  const head = table.tHead ?? table.createTHead();
  const body = table.tBodies[0] ?? table.createTBody();
  const row = head.rows[0] ?? head.insertRow();
  const titles = keyed(row, columns.map((c) => c.title), () => {
    const cell = make("th");
    cell.scope = "col";
    return cell;
  });
  columns.forEach((column, i) => {
    const title = titles[i] as HTMLElement;
    setText(title, state.texts[column.title] as string);
    title.className = column.kind ?? "";
  });
  const keys = lines.length ? lines.map(options.key) : ["-"];
  const rows = keyed(body, keys, () => make("tr"));
  if (!lines.length) {
    const cell = make("td", "empty", options.empty);
    cell.colSpan = columns.length;
    (rows[0] as HTMLElement).replaceChildren(cell);
    return;
  }
  lines.forEach((line, i) => {
    const element = rows[i] as HTMLElement;
    setLevel(element, options.level(line, state));
    const cells = keyed(element, columns.map((c) => c.title), (key) => createCell(columns, key));
    columns.forEach((column, j) => {
      const { text, level = "none" } = column.cell(line, state);
      const cell = cells[j] as HTMLElement;
      setText(cell.querySelector(".text") as HTMLElement, text);
      setLevel(cell, level);
      setMark(cell.querySelector(".mark") as HTMLElement, level, state.texts);
    });
  });
}

function createCell<T>(columns: readonly Column<T>[], title: string): HTMLTableCellElement {
  const column = columns.find((c) => c.title === title);
  const heads = column?.title === "agent" || (column?.title === "shop" && columns[0] === column);
  const cell = make(heads ? "th" : "td", column?.kind ?? "", make("span", "mark"), make("bdi", "text"));
  if (heads) cell.scope = "row";
  return cell;
}

/** Hide the rows for which there is no room; return how many. On a page that scrolls: none. */
export function fitRows(table: HTMLTableElement): number {
  const room = (table.parentElement as HTMLElement).getBoundingClientRect();
  const rows = [...(table.tBodies[0]?.rows ?? [])];
  for (const row of rows) row.hidden = false;
  if (getComputedStyle(table.parentElement as HTMLElement).overflowY !== "hidden") return 0;
  const hidden = rows.filter((row) => row.getBoundingClientRect().bottom > room.bottom + 1);
  for (const row of hidden) row.hidden = true;
  return hidden.length;
}
