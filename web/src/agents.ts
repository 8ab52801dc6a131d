/** Who waits for whom and who is how fast: the agents, and below the shops. */
import { byId, setText } from "./dom";
import { clockSpan, meanMs, NOTHING, percentWithSign, ratio, secondsWithUnit, yuan } from "./format";
import { level, worst, type Level } from "./levels";
import type { AgentLine, Line, ShopLine } from "./snapshot";
import { slowLevel, waitLevel, waitMs, type State } from "./state";
import { drawTable, fitRows, type Column } from "./table";

const waiting: Column<Line> = {
  title: "waitingShort",
  cell: (line) => ({ text: String(line.waiting) }),
};
const oldest: Column<Line> = {
  title: "oldestShort",
  cell: (line, state) => {
    const wait = waitMs(line, state);
    return { text: wait === null ? NOTHING : clockSpan(wait), level: waitLevel(line, state) };
  },
};
const mean5m: Column<Line> = {
  title: "mean5mShort",
  cell: (line, state) => ({
    text: secondsWithUnit(meanMs(line.response_5m), state.texts),
    level: slowLevel(line, state),
  }),
};
const within30s: Column<Line> = {
  title: "within30sShort",
  kind: "wide",
  cell: (line) => ({ text: percentWithSign(ratio(line.within_30s)) }),
};
const replied: Column<Line> = {
  title: "repliedShort",
  kind: "wide",
  cell: (line) => ({ text: percentWithSign(ratio(line.replied)) }),
};
const converted: Column<Line> = {
  title: "convertedShort",
  kind: "wide",
  cell: (line) => ({ text: percentWithSign(ratio(line.converted)) }),
};
const sales: Column<Line> = {
  title: "salesShort",
  kind: "wide",
  cell: (line, state) => {
    const isQueue = "agent_id" in line && line.agent_id === null;
    return { text: isQueue ? NOTHING : yuan(line.sales_minor, state.language) };
  },
};
const agent: Column<AgentLine> = {
  title: "agent",
  kind: "name",
  cell: (line, state) => ({ text: line.agent_id ?? state.texts.queue }),
};
const shop: Column<{ shop_id: string }> = {
  title: "shop",
  kind: "name",
  cell: (line) => ({ text: line.shop_id }),
};

const numbers = [waiting, oldest, mean5m, within30s, replied, converted, sales];
const ONE_SHOP: Column<AgentLine>[] = [agent, ...numbers];
const SEVERAL_SHOPS: Column<AgentLine>[] = [agent, { ...shop, kind: "wide name" }, ...numbers];
const SHOPS: Column<ShopLine>[] = [shop, waiting, oldest, mean5m, replied];

export function drawAgents(state: State): void {
  const table = byId<HTMLTableElement>("agents");
  const { texts, wall } = state;
  const columns = wall.shops.length > 1 ? SEVERAL_SHOPS : ONE_SHOP;
  drawTable(
    table,
    columns,
    wall.agents,
    {
      key: (line) => JSON.stringify([line.shop_id, line.agent_id]),
      level: (line) => worst(waitLevel(line, state), slowLevel(line, state)),
      caption: texts.agents,
      empty: texts.nobodyHere,
    },
    state,
  );
  const left = fitRows(table) + wall.agents_left_out;
  setText(byId("agents-more"), left ? texts.moreAgents(left) : "");
}

export function drawShops(state: State): void {
  const table = byId<HTMLTableElement>("shops");
  const { texts, wall } = state;
  drawTable(
    table,
    SHOPS,
    wall.shops,
    { key: (line) => line.shop_id, level: shopLevel, caption: texts.shops, empty: texts.noShops },
    state,
  );
  const left = fitRows(table);
  setText(byId("shops-more"), left ? texts.moreShops(left) : "");
}

function shopLevel(line: ShopLine, state: State): Level {
  const queue = level(line.queued, state.wall.thresholds.alerts.buyers_queued);
  return worst(queue, waitLevel(line, state), slowLevel(line, state));
}
