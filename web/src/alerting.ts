/** The line that says it all: who keeps buyers waiting, who responds slowly. */
import { byId, make, setMark } from "./dom";
import { timeOfDay } from "./format";
import { MARKS, type Level } from "./levels";
import type { AgentLine } from "./snapshot";
import { nameOf, slowLevel, waitLevel, type State } from "./state";
import type { Texts } from "./texts";

const MOST_NAMES = 6;
let shown = "";

/** Redraw the line only when it says something else: it is read out to those who cannot see it. */
export function drawAlerting(state: State): void {
  const box = byId("alerting");
  const groups = trouble(state);
  const said = JSON.stringify([state.language, box.clientWidth, groups]);
  if (said === shown) return;
  shown = said;
  let names = MOST_NAMES;
  do {
    box.replaceChildren(...groups.map((group) => render(group, names, state.texts)));
  } while (box.scrollWidth > box.clientWidth && --names >= 0);
}

function render({ title, level, names }: Trouble, most: number, texts: Texts): HTMLElement {
  if (!names.length) {
    const mark = make("span", "mark", level === "none" ? "✓" : MARKS[level]);
    const group = make("span", "trouble", mark, " ", title);
    group.dataset.level = level;
    return group;
  }
  const chips = names.slice(0, most).map(([name, its]) => {
    const mark = make("span", "mark");
    setMark(mark, its, texts);
    const chip = make("span", "chip", mark, " ", make("bdi", "", name), " ");
    chip.dataset.level = its;
    return chip;
  });
  const rest = names.length - chips.length;
  return make("span", "trouble", make("strong", "", `${title} `), ...chips, rest ? `+${rest}` : "");
}

interface Trouble {
  title: string;
  level: Level;
  names: [string, Level][];
}

function trouble(state: State): Trouble[] {
  const { texts, wall } = state;
  const found: Trouble[] = [];
  if (state.silent) {
    const since = timeOfDay(state.heardAt, wall.timezone);
    found.push({ title: texts.oldNumbers(since), level: "critical", names: [] });
  } else if (wall.served.unready !== null) {
    found.push({ title: texts.loading, level: "warning", names: [] });
  }
  const named = (levelOf: (line: AgentLine) => Level) =>
    wall.agents
      .map((line): [string, Level] => [nameOf(line, state), levelOf(line)])
      .filter(([, its]) => its !== "none")
      .sort(([, a], [, b]) => Number(b === "critical") - Number(a === "critical"));
  const waits = named((line) => waitLevel(line, state));
  const slow = named((line) => slowLevel(line, state));
  if (waits.length) found.push({ title: texts.waitsTooLong, level: "critical", names: waits });
  if (slow.length) found.push({ title: texts.respondsSlowly, level: "critical", names: slow });
  if (!found.length) found.push({ title: texts.allWell, level: "none", names: [] });
  return found;
}
