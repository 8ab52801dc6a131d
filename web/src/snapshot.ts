// Made from src/chatpulse/wall/wall.py by tools/wall_types.py (`make web`); do not edit.

/** An agent's numbers, or those of the shop's queue, which has no `agent_id`. */
export interface AgentLine {
  waiting: number;
  oldest_wait_start_at: number | null;
  active: number;
  response_5m: Mean;
  response_1h: Mean;
  response_today: Mean;
  within_30s: Share;
  replied: Share;
  converted: Share;
  sales_minor: number;
  shop_id: string;
  agent_id: string | null;
}

/** Numbers that are alerts as well; waits in seconds, shares from 0 to 1. */
export interface Alerts {
  buyer_waiting: Levels;
  buyers_queued: Levels;
  slow_responder: Levels;
  shop_slow: Levels;
  shop_reply_rate: Levels;
}

/** Colours of the levels, `#RRGGBB`. */
export interface Colours {
  good: string;
  warning: string;
  critical: string;
  neutral: string;
}

/** Numbers that are only coloured; spans in seconds, shares from 0 to 1. */
export interface Display {
  data_delay: Levels;
  silence: Levels;
  thirty_second_rate: Levels;
  conversion: Levels;
}

/** Where the levels of a number begin; a critical value below the warning means low is bad. None: there is no such level. `samples`: with fewer behind it the number has no level at all. */
export interface Levels {
  warning: number | null;
  critical: number | null;
  samples: number;
}

/** The numbers of one row: a person, a queue (no agent), a shop or everything. `within_30s` is that of the last hour, `replied`, `converted` (same day) and `sales_minor` are today's. */
export interface Line {
  waiting: number;
  oldest_wait_start_at: number | null;
  active: number;
  response_5m: Mean;
  response_1h: Mean;
  response_today: Mean;
  within_30s: Share;
  replied: Share;
  converted: Share;
  sales_minor: number;
}

/** The sum of some waits and how many they are. */
export interface Mean {
  sum_ms: number;
  count: number;
}

/** The 5-minute window that ends with the minute which begins at `at`; None: no answers. */
export interface Point {
  at: number;
  mean_ms: number | null;
  p90_ms: number | null;
}

/** What this worker serves, and where to look for the rest. `page` names the version of the page that goes with these numbers. `unready` says why not all is loaded yet; None when it is. `elsewhere` are the addresses of other workers, if known. */
export interface Served {
  version: string;
  page: string;
  unready: string | null;
  partitions_owned: number;
  partitions: number;
  elsewhere: string[];
}

/** So many of so many; without a `whole` there is no share. */
export interface Share {
  part: number;
  whole: number;
}

/** A shop's own numbers; `queued` of its waiting buyers have no agent yet. */
export interface ShopLine {
  waiting: number;
  oldest_wait_start_at: number | null;
  active: number;
  response_5m: Mean;
  response_1h: Mean;
  response_today: Mean;
  within_30s: Share;
  replied: Share;
  converted: Share;
  sales_minor: number;
  shop_id: string;
  queued: number;
}

/** One of the slowest: the mean wait, in the first window (`5m`, `1h`) with enough of them. */
export interface Slow {
  shop_id: string;
  agent_id: string;
  window: string;
  response: Mean;
}

/** What the file says, as far as the wall page needs it. */
export interface Thresholds {
  alerts: Alerts;
  display: Display;
  colours: Colours;
}

/** The numbers of all shops here together. The oldest wait is that of a buyer of `oldest_wait_shop_id` (None: nobody waits), who is now assigned to `oldest_wait_agent_id` (None: to nobody). */
export interface Total {
  waiting: number;
  oldest_wait_start_at: number | null;
  active: number;
  response_5m: Mean;
  response_1h: Mean;
  response_today: Mean;
  within_30s: Share;
  replied: Share;
  converted: Share;
  sales_minor: number;
  queued: number;
  oldest_wait_shop_id: string | null;
  oldest_wait_agent_id: string | null;
  response_5m_p90_ms: number | null;
  agents_active: number;
  agents_seen: number;
}

/** Today's buyers: the consulted ones that count, and those left out by reason. */
export interface Volume {
  genuine: number;
  ad: number;
  internal: number;
  blocked: number;
}

/** One picture. `timezone` is the shops' common one; None if they have none in common. */
export interface Wall {
  now: number;
  served: Served;
  thresholds: Thresholds;
  timezone: string | null;
  newest_event_at: number | null;
  total: Total;
  agents: AgentLine[];
  agents_left_out: number;
  slowest: Slow[];
  shops: ShopLine[];
  trend: Point[];
  volume: Volume;
}
