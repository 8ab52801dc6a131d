//! Everything one conversation contributes to one day: `chatpulse.conversations.tallies`, and what
//! it calls, rule by rule, in the order of kpis.md.

use pyo3::prelude::*;

use crate::chat::agent_clock;
use crate::policy::Policy;
use crate::row::{Asked, Consultation, Credit, DAY, Day, Order, Reply, Round, Timeline};
use crate::view::{Reason, View};
use crate::wire::{Few, Name};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// Give the names of the numbers, and each a place in this order.
macro_rules! numbers {
    ($($place:ident = $name:literal),+ $(,)?) => {
        #[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
        enum Place { $($place),+ }
        // of numbers in a row, such as those of the histogram, only the first is named again
        $(#[allow(dead_code)] pub const $place: usize = Place::$place as usize;)+
        pub const NAMES: &[&str] = &[$($name),+];
    };
}

numbers! {
    ROUNDS = "rounds", ANSWERED = "answered", MISSED = "missed", ALARMING = "alarming",
    RESPONSE_MS_SUM = "response_ms_sum", SLOW_RECEPTIONS = "slow_receptions",
    FIRST_RESPONSES = "first_responses", FIRST_RESPONSE_MS_SUM = "first_response_ms_sum",
    DUTY_30 = "duty_30s", DUTY_60 = "duty_60s", DUTY_180 = "duty_180s", DUTY_300 = "duty_300s",
    WITHIN_30 = "within_30s", WITHIN_60 = "within_60s", WITHIN_180 = "within_180s",
    WITHIN_300 = "within_300s", TRANSFERRED_UNANSWERED = "transferred_unanswered",
    ABANDONED = "abandoned", CONSULTED = "consulted", REPLIED = "replied", SESSIONS = "sessions",
    EXCLUDED_AD = "excluded.ad", EXCLUDED_INTERNAL = "excluded.internal",
    EXCLUDED_BLOCKED = "excluded.blocked", BUYER_MESSAGES = "buyer_messages",
    AGENT_MESSAGES = "agent_messages", INQUIRIES = "inquiries",
    INQUIRIES_SAME_DAY = "inquiries_same_day", INQUIRIES_NEXT_DAY = "inquiries_next_day",
    INQUIRIES_FINAL = "inquiries_final", ORDERED_SAME_DAY = "ordered_same_day",
    ORDERED_NEXT_DAY = "ordered_next_day", ORDERED_FINAL = "ordered_final",
    CONVERTED_SAME_DAY = "converted_same_day", CONVERTED_NEXT_DAY = "converted_next_day",
    CONVERTED_FINAL = "converted_final", ORDERS_PAID = "orders_paid",
    CREDIT_CLOSED = "credit.closed", CREDIT_CHASED = "credit.chased",
    CREDIT_SILENT = "credit.silent", SALES_MINOR = "sales_minor", ITEMS = "items",
    REFUNDS_MINOR = "refunds_minor", PAYING_BUYERS = "paying_buyers",
    ASSISTS_ORDER = "assists_order", ASSISTS_PAYMENT = "assists_payment",
    ASSISTS_FOLLOWUP = "assists_followup", TAOBAO_3MIN_TOTAL = "taobao_3min.total",
    TAOBAO_3MIN_HITS = "taobao_3min.hits", TAOBAO_AVG_TOTAL = "taobao_avg.total",
    TAOBAO_AVG_MS_SUM = "taobao_avg.ms_sum", PDD_3MIN_TOTAL = "pdd_3min.total",
    PDD_3MIN_HITS = "pdd_3min.hits", JD_30S_TOTAL = "jd_30s.total", JD_30S_HITS = "jd_30s.hits",
    DOUYIN_3MIN_TOTAL = "douyin_3min.total", DOUYIN_3MIN_HITS = "douyin_3min.hits",
    KUAISHOU_3MIN_TOTAL = "kuaishou_3min.total", KUAISHOU_3MIN_HITS = "kuaishou_3min.hits",
    RESPONSES = "responses.0", RESPONSES_1 = "responses.1", RESPONSES_2 = "responses.2",
    RESPONSES_3 = "responses.3", RESPONSES_4 = "responses.4", RESPONSES_5 = "responses.5",
    RESPONSES_6 = "responses.6", RESPONSES_7 = "responses.7", RESPONSES_8 = "responses.8",
    RESPONSES_9 = "responses.9", RESPONSES_10 = "responses.10", RESPONSES_11 = "responses.11",
    RESPONSES_12 = "responses.12", RESPONSES_13 = "responses.13", RESPONSES_14 = "responses.14",
}

/// One number for each name.
pub type Numbers = [i64; NAMES.len()];
/// Names, a bit each: what a moment counts one for.
pub type Names = u128;
const _: () = assert!(NAMES.len() <= Names::BITS as usize);

/// Upper bounds of the response-time histogram, in milliseconds.
pub const BOUNDS: [i64; 14] = [
    5_000, 10_000, 15_000, 20_000, 30_000, 45_000, 60_000, 90_000, 100_000, 120_000, 180_000,
    300_000, 600_000, 1_800_000,
];
const LIMITS: [(i64, usize, usize); 4] = [
    (30_000, DUTY_30, WITHIN_30),
    (60_000, DUTY_60, WITHIN_60),
    (180_000, DUTY_180, WITHIN_180),
    (300_000, DUTY_300, WITHIN_300),
];
const ALARMING_MS: i64 = 100_000;
const SLOW_MS: i64 = 120_000;
const SLOW_WAITS: i64 = 3;
const DAY_WINDOW: (i64, i64) = (8 * HOUR, 23 * HOUR);
const JD_WINDOW: (i64, i64) = (9 * HOUR, 23 * HOUR);
const THREE_MINUTES: i64 = 180_000;
const JD_LIMIT: i64 = 30_000;
const CAP: i64 = 600_000;
const FOLLOW_UP: i64 = 7 * DAY;
const AFTER_SALE: i64 = 21 * DAY;
const NEVER: i64 = 1 << 62;
const FEW_OWNERS: usize = 4;
/// Of a round, both sides: mostly no more.
const MOMENTS: usize = 4;
/// Days of the spans of conversion, the cohort day included: same day, next day, final.
const SPANS: [i64; 3] = [1, 2, 4];

/// Return the place of a response time in the histogram.
pub fn bucket(ms: i64) -> usize {
    BOUNDS.partition_point(|bound| *bound < ms)
}

/// What happened in one minute (since the epoch), for the sliding windows.
#[derive(Clone, PartialEq, Debug)]
pub struct Moment {
    pub names: Names,
    pub minute: i64,
    /// Of a reply on the day of its round.
    pub response_ms: i32,
    pub owner: Owner,
}

/// The place of somebody among the owners of a tally.
pub type Owner = u32;

/// What a conversation contributes to a day: numbers by owner, and `(owner, first, last)` minutes
/// in conversation. Moments before the minute `since` may be missing.
pub struct Tally {
    pub owners: Vec<(Name, Numbers)>,
    pub spans: Vec<(Owner, i64, i64)>,
    pub moments: Vec<Moment>,
    since: i64,
}

impl Tally {
    fn owner(&mut self, owner: &Name) -> Owner {
        let known = self.owners.iter().position(|(known, _)| known == owner);
        let place = known.unwrap_or_else(|| {
            self.owners.push((owner.clone(), [0; NAMES.len()]));
            self.owners.len() - 1
        });
        place as Owner
    }

    fn at(&mut self, owner: Owner) -> &mut Numbers {
        &mut self.owners[owner as usize].1
    }

    fn of(&mut self, owner: &Name) -> &mut Numbers {
        let owner = self.owner(owner);
        self.at(owner)
    }

    fn count(&mut self, owner: &Name, names: &[usize]) {
        let numbers = self.of(owner);
        for name in names {
            numbers[*name] += 1;
        }
    }

    fn moment(&mut self, minute: i64, owner: Owner, names: Names, response_ms: i32) {
        if minute >= self.since {
            self.moments.push(Moment { names, minute, response_ms, owner });
        }
    }
}

const fn bit(name: usize) -> Names {
    1 << name
}

/// A round from one side: the shop's (`owner` nobody) or its agent's, each with its clock.
#[derive(Clone, Copy)]
struct Wait {
    owner: Owner,
    start: i64,
    replied_at: i64,
    ms: Option<i64>,
    open_ms: Option<i64>,
    session_at: i64,
    opens_session: bool,
    on_duty: bool,
    in_day: bool,
}

impl Wait {
    fn is_decided(&self, limit: i64) -> bool {
        self.open_ms.is_none_or(|open| open > limit)
    }

    fn is_hit(&self, limit: i64) -> bool {
        self.ms.is_some_and(|ms| ms <= limit)
    }
}

/// What the tallies of a conversation are made with.
pub struct Counter<'a, 'v, 'py> {
    pub py: Python<'py>,
    pub view: &'a mut View<'v>,
    pub policy: &'a mut Policy,
    pub nobody: &'a Name,
}

impl Counter<'_, '_, '_> {
    /// Return the conversation's contribution to `day`.
    pub fn tally(&mut self, day: i64, since: i64) -> PyResult<Tally> {
        let facts = self.view.days.get(&day).cloned();
        let rounds = facts.as_ref().map_or(0, |facts| facts.rounds.len());
        let mut tally = Tally {
            owners: Vec::with_capacity(FEW_OWNERS),
            spans: Vec::new(),
            moments: Vec::with_capacity(FEW_OWNERS + MOMENTS * rounds),
            since,
        };
        if let Some(facts) = facts {
            self.count(&mut tally, day, &facts)?;
        }
        Ok(tally)
    }

    fn excluded(&mut self, day: i64) -> PyResult<Option<Reason>> {
        self.view.excluded(self.py, self.policy, day)
    }

    fn in_window(&mut self, at: i64, window: (i64, i64)) -> PyResult<bool> {
        let time = self.policy.calendar.time_of_day(self.py, at)?;
        Ok(window.0 <= time && time < window.1)
    }

    fn count(&mut self, tally: &mut Tally, day: i64, facts: &Day) -> PyResult<()> {
        for (agent_id, session_day) in &facts.joined {
            if self.excluded(*session_day)?.is_none() {
                tally.count(agent_id, &[SESSIONS]);
            }
        }
        if let Some(reason) = self.excluded(day)? {
            if facts.active {
                let name = match reason {
                    Reason::Ad => EXCLUDED_AD,
                    Reason::Internal => EXCLUDED_INTERNAL,
                    Reason::Blocked => EXCLUDED_BLOCKED,
                };
                tally.count(self.nobody, &[name]);
            }
            return Ok(());
        }
        self.rounds(tally, day, facts)?;
        self.reply_rate(tally, facts);
        self.inquiry(tally, day, facts)?;
        self.sales(tally, day, facts)?;
        self.workload(tally, facts);
        Ok(())
    }

    // ---- rounds

    fn rounds(&mut self, tally: &mut Tally, day: i64, facts: &Day) -> PyResult<()> {
        let today = |asked: Option<Asked>| asked.filter(|asked| asked.day == day);
        let human = self.waits(tally, &facts.rounds, today(self.view.chat.human.asked))?;
        let mut assisted = None;
        if self.view.chat.assist.is_some() || facts.assist_rounds.is_some() {
            let desk = self.view.chat.assist.as_ref().unwrap_or(&self.view.chat.human);
            let asked = today(desk.asked);
            let rounds = facts.assist_rounds.as_ref().unwrap_or(&facts.rounds);
            assisted = Some(self.waits(tally, rounds, asked)?);
        }
        let assisted = assisted.as_ref().unwrap_or(&human);
        self.answers(tally, &human);
        taobao(tally, assisted);
        buyer_day(tally, &human);
        self.jd(tally, &human)?;
        self.douyin(tally, assisted, day)?;
        for (agent_id, count) in &facts.passed_on.0 {
            tally.of(agent_id)[TRANSFERRED_UNANSWERED] += count;
            tally.of(self.nobody)[TRANSFERRED_UNANSWERED] += count;
        }
        for agent_id in &facts.abandoned {
            tally.count(self.nobody, &[ABANDONED]);
            if agent_id != self.nobody {
                tally.count(agent_id, &[ABANDONED]);
            }
        }
        Ok(())
    }

    fn waits(
        &mut self,
        tally: &mut Tally,
        rounds: &[Round],
        asked: Option<Asked>,
    ) -> PyResult<Vec<Wait>> {
        let mut sides = Vec::with_capacity(2 * rounds.len() + 2);
        let nobody = self.nobody;
        let of_nobody = tally.owner(nobody);
        for round in rounds {
            let of_shop = Wait {
                owner: of_nobody,
                replied_at: round.replied_at.unwrap_or(0),
                ms: round.replied_at.map(|at| at - round.asked_at),
                ..self.wait(round.asked_at, round.session_at, round.opens_session)?
            };
            sides.push(of_shop);
            if round.agent_id != *nobody {
                sides.push(Wait {
                    owner: tally.owner(&round.agent_id),
                    start: round.agent_from,
                    ms: round.replied_at.map(|at| at - round.agent_from),
                    ..of_shop
                });
            }
        }
        if let Some(asked) = asked {
            let wait = self.wait(asked.at, asked.session_at, asked.opens_session)?;
            let assignee = &self.view.chat.assignee;
            let clock = agent_clock(&self.view.chat, asked.at, assignee);
            let now = self.view.now;
            let side = |owner, start| Wait { owner, start, open_ms: Some(now - start), ..wait };
            if assignee != nobody {
                sides.push(side(of_nobody, asked.at));
            }
            sides.push(side(tally.owner(assignee), clock));
        }
        Ok(sides)
    }

    /// Return a wait that has no owner and no answer yet.
    fn wait(&mut self, asked_at: i64, session_at: i64, opens_session: bool) -> PyResult<Wait> {
        let time = self.policy.calendar.time_of_day(self.py, asked_at)?;
        let duty = self.policy.duty_window;
        Ok(Wait {
            owner: 0,
            start: asked_at,
            replied_at: 0,
            ms: None,
            open_ms: None,
            session_at,
            opens_session,
            on_duty: duty.0 <= time && time < duty.1,
            in_day: DAY_WINDOW.0 <= time && time < DAY_WINDOW.1,
        })
    }

    fn answers(&self, tally: &mut Tally, sides: &[Wait]) {
        let mut slow: Few<Owner, i64> = Few::default();
        for side in sides {
            match side.ms {
                None => unanswered(tally, side),
                Some(ms) => {
                    answered(tally, side, ms);
                    if ms > SLOW_MS {
                        *slow.entry(&side.owner) += 1;
                    }
                }
            }
        }
        for (owner, count) in &slow.0 {
            tally.at(*owner)[SLOW_RECEPTIONS] += i64::from(*count >= SLOW_WAITS);
        }
    }

    fn jd(&mut self, tally: &mut Tally, sides: &[Wait]) -> PyResult<()> {
        for side in sides {
            if side.opens_session
                && side.is_decided(JD_LIMIT)
                && self.in_window(side.session_at, JD_WINDOW)?
            {
                let numbers = tally.at(side.owner);
                numbers[JD_30S_TOTAL] += 1;
                numbers[JD_30S_HITS] += i64::from(side.is_hit(JD_LIMIT));
            }
        }
        Ok(())
    }

    fn douyin(&mut self, tally: &mut Tally, sides: &[Wait], day: i64) -> PyResult<()> {
        let day_start = self.policy.calendar.span(self.py, day)?.start;
        // by session and owner: rounds decided, rounds answered, their milliseconds
        let mut units: Vec<(i64, Owner, i64, i64, i64)> = Vec::new();
        for side in sides {
            if side.session_at < day_start || !side.is_decided(THREE_MINUTES) {
                continue;
            }
            let (session_at, owner) = (side.session_at, side.owner);
            let known = units.iter().rposition(|unit| unit.0 == session_at && unit.1 == owner);
            let place = known.unwrap_or_else(|| {
                units.push((session_at, owner, 0, 0, 0));
                units.len() - 1
            });
            let unit = &mut units[place];
            unit.2 += 1;
            if let Some(ms) = side.ms {
                unit.3 += 1;
                unit.4 += ms;
            }
        }
        for (session_at, owner, decided, answered, ms) in units {
            if self.in_window(session_at, DAY_WINDOW)? {
                let is_hit = answered == decided && ms <= THREE_MINUTES * answered;
                tally.at(owner)[DOUYIN_3MIN_TOTAL] += 1;
                tally.at(owner)[DOUYIN_3MIN_HITS] += i64::from(is_hit);
            }
        }
        Ok(())
    }

    // ---- reply rate, inquiries

    fn reply_rate(&self, tally: &mut Tally, facts: &Day) {
        let of_shop = facts.consulted.iter().map(|consultation| (self.nobody, consultation));
        let of_agents = facts.consultations.0.iter().map(|(agent_id, known)| (agent_id, known));
        for (owner, Consultation { at, replied }) in of_shop.chain(of_agents) {
            let owner = tally.owner(owner);
            tally.at(owner)[CONSULTED] += 1;
            tally.at(owner)[REPLIED] += i64::from(*replied);
            let names = bit(CONSULTED) | if *replied { bit(REPLIED) } else { 0 };
            tally.moment(at.div_euclid(MINUTE), owner, names, 0);
        }
    }

    fn inquiry(&mut self, tally: &mut Tally, day: i64, facts: &Day) -> PyResult<()> {
        const INQUIRY: [usize; 4] =
            [INQUIRIES, INQUIRIES_SAME_DAY, INQUIRIES_NEXT_DAY, INQUIRIES_FINAL];
        let Some(consulted) = facts.consulted else {
            return Ok(());
        };
        let purchases = self.purchases(day)?;
        if purchases.is_empty() {
            tally.count(self.nobody, &INQUIRY);
            for (agent_id, _) in &facts.consultations.0 {
                tally.count(agent_id, &INQUIRY);
            }
            return Ok(());
        }
        let mut ends = [0; 3];
        for (end, days) in ends.iter_mut().zip(SPANS) {
            *end = self.policy.calendar.span(self.py, day + days)?.start;
        }
        if !is_presale(&purchases, consulted.at, ends[2]) {
            return Ok(());
        }
        tally.count(self.nobody, &INQUIRY);
        let ordered_at = first_order(&purchases, consulted.at);
        let paid_at = first_sale(&purchases, consulted.at, None);
        spans(tally, self.nobody, &ends, ordered_at, paid_at);
        for (agent_id, consultation) in &facts.consultations.0 {
            let since = consultation.at;
            if !is_presale(&purchases, since, ends[2]) {
                continue;
            }
            let sold_at = first_sale(&purchases, since, None);
            let own_at = first_sale(&purchases, since, Some(agent_id));
            tally.count(agent_id, &[INQUIRIES]);
            for (place, end) in ends.iter().enumerate() {
                if sold_at >= *end || own_at < *end {
                    tally.count(agent_id, &[INQUIRIES_SAME_DAY + place]);
                }
            }
            spans(tally, agent_id, &ends, first_order(&purchases, since), own_at);
        }
        Ok(())
    }

    fn purchases(&mut self, day: i64) -> PyResult<Vec<Purchase>> {
        let mut purchases = Vec::new();
        let Some(timeline) = self.view.timeline(self.py, self.policy, day)? else {
            return Ok(purchases);
        };
        if timeline.orders.is_empty() {
            return Ok(purchases);
        }
        let replies = self.view.replies(self.py, self.policy, timeline)?;
        for order in timeline.orders.values() {
            let Some(placed_at) = ordered_at(order).filter(|_| !order.flagged) else {
                continue;
            };
            let mut purchase = Purchase {
                placed_at,
                paid_at: order.sale.as_ref().map(|sale| sale.at),
                stands: order.sale.is_some() || !order.cancelled,
                earner: self.nobody.clone(),
            };
            if order.sale.is_some() {
                purchase.earner = self.credit(order, &replies)?.1;
            }
            purchases.push(purchase);
        }
        Ok(purchases)
    }

    // ---- sales

    /// Return how an order was earned, and by whom: `chatpulse.conversations.attribution`.
    fn credit(&mut self, order: &Order, replies: &[Reply]) -> PyResult<(usize, Name)> {
        if let Some(Credit { kind, agent_id }) = &order.settled_credit {
            let kind = match &**kind {
                "closed" => CREDIT_CLOSED,
                "chased" => CREDIT_CHASED,
                _ => CREDIT_SILENT,
            };
            return Ok((kind, agent_id.clone()));
        }
        let silent = (CREDIT_SILENT, self.nobody.clone());
        let (Some(placed), Some(sale)) = (ordered_at(order), &order.sale) else {
            return Ok(silent);
        };
        let start = self.policy.validity_start(self.py, placed)?;
        if self.policy.by_payment {
            let Some(reply) = latest(replies, start, sale.at) else {
                return Ok(silent);
            };
            let kind = if reply.at < placed { CREDIT_CLOSED } else { CREDIT_CHASED };
            return Ok((kind, reply.agent_id.clone()));
        }
        let closer = match &order.settled_reply {
            Some(agent_id) => Some(agent_id.clone()).filter(|agent_id| agent_id != self.nobody),
            None => latest(replies, start, placed).map(|reply| reply.agent_id.clone()),
        };
        if let Some(agent_id) = closer {
            return Ok((CREDIT_CLOSED, agent_id));
        }
        let chaser = latest(replies, placed, sale.at);
        Ok(chaser.map_or(silent, |reply| (CREDIT_CHASED, reply.agent_id.clone())))
    }

    fn sales(&mut self, tally: &mut Tally, day: i64, facts: &Day) -> PyResult<()> {
        let Some(timeline) = self.view.timeline(self.py, self.policy, day)? else {
            return Ok(());
        };
        if timeline.orders.is_empty() {
            return Ok(());
        }
        let replies = self.view.replies(self.py, self.policy, timeline)?;
        let span = self.policy.calendar.span(self.py, day)?;
        let is_on_day = |at: i64| span.start <= at && at < span.end;
        let mut payers: Vec<Name> = Vec::new();
        for order in timeline.orders.values() {
            let Some(sale) = order.sale.as_ref().filter(|_| !order.flagged) else {
                continue;
            };
            let (kind, earner) = self.credit(order, &replies)?;
            let owners = if earner == *self.nobody {
                vec![self.nobody.clone()]
            } else {
                vec![self.nobody.clone(), earner]
            };
            if is_on_day(sale.at) {
                for owner in &owners {
                    tally.count(owner, &[ORDERS_PAID, kind]);
                    tally.of(owner)[SALES_MINOR] += sale.amount_minor;
                    tally.of(owner)[ITEMS] += sale.items;
                    if !payers.contains(owner) {
                        payers.push(owner.clone());
                    }
                }
            }
            if !order.refunds.is_empty() && !self.is_out(order, sale.at)? {
                let of_day = order.refunds.values().filter(|(at, _)| is_on_day(*at));
                let refunds: i64 = of_day.map(|(_, amount)| amount).sum();
                for owner in &owners {
                    tally.of(owner)[REFUNDS_MINOR] += refunds;
                }
            }
        }
        for owner in &payers {
            tally.count(owner, &[PAYING_BUYERS]);
        }
        self.assists(tally, timeline, &replies, facts)
    }

    /// Tell whether the day of the payment is excluded: then there is no sale.
    fn is_out(&mut self, order: &Order, paid_at: i64) -> PyResult<bool> {
        if order.settled_credit.is_some() {
            return Ok(order.settled_out);
        }
        let paid_on = self.policy.calendar.day(self.py, paid_at)?;
        Ok(self.excluded(paid_on)?.is_some())
    }

    fn assists(
        &mut self,
        tally: &mut Tally,
        timeline: &Timeline,
        replies: &[Reply],
        facts: &Day,
    ) -> PyResult<()> {
        let mut given: Vec<(usize, &Name)> = Vec::new();
        for order in timeline.orders.values() {
            let (Some(placed), Some(sale)) = (ordered_at(order), &order.sale) else {
                continue;
            };
            if facts.replies.is_empty() {
                break;
            }
            let earner = match order.flagged {
                true => self.nobody.clone(),
                false => self.credit(order, replies)?.1,
            };
            if earner == *self.nobody && !order.flagged {
                continue;
            }
            let start = self.policy.validity_start(self.py, placed)?;
            for reply in &facts.replies {
                let is_near = start <= reply.at && reply.at < sale.at + FOLLOW_UP;
                if reply.agent_id == earner || !is_near {
                    continue;
                }
                let kind = match reply.at {
                    at if at < placed => ASSISTS_ORDER,
                    at if at < sale.at => ASSISTS_PAYMENT,
                    _ => ASSISTS_FOLLOWUP,
                };
                if !given.contains(&(kind, &reply.agent_id)) {
                    given.push((kind, &reply.agent_id));
                }
            }
        }
        for (kind, agent_id) in given {
            tally.count(agent_id, &[kind]);
            tally.count(self.nobody, &[kind]);
        }
        Ok(())
    }

    // ---- workload

    fn workload(&self, tally: &mut Tally, facts: &Day) {
        for (agent_id, count) in &facts.buyer_messages.0 {
            tally.of(self.nobody)[BUYER_MESSAGES] += count;
            if agent_id != self.nobody {
                tally.of(agent_id)[BUYER_MESSAGES] += count;
            }
        }
        if !facts.replies.is_empty() {
            tally.of(self.nobody)[AGENT_MESSAGES] += facts.replies.len() as i64;
        }
        for reply in &facts.replies {
            tally.of(&reply.agent_id)[AGENT_MESSAGES] += 1;
        }
        if facts.sessions != 0 {
            tally.of(self.nobody)[SESSIONS] += facts.sessions;
        }
        for (owner, span) in &facts.spans.0 {
            let owner = tally.owner(owner);
            for ends in span.chunks_exact(2) {
                tally.spans.push((owner, ends[0], ends[1]));
            }
        }
    }
}

fn answered(tally: &mut Tally, side: &Wait, ms: i64) {
    let response = RESPONSES + bucket(ms);
    let numbers = tally.at(side.owner);
    numbers[ROUNDS] += 1;
    numbers[ANSWERED] += 1;
    numbers[response] += 1;
    numbers[RESPONSE_MS_SUM] += ms;
    numbers[ALARMING] += i64::from(ms > ALARMING_MS);
    if side.on_duty {
        for (limit, duty, within) in LIMITS {
            numbers[duty] += 1;
            numbers[within] += i64::from(ms <= limit);
        }
    }
    if side.opens_session {
        numbers[FIRST_RESPONSES] += 1;
        numbers[FIRST_RESPONSE_MS_SUM] += ms;
    }
    let minute = side.replied_at.div_euclid(MINUTE);
    if minute < tally.since {
        return;
    }
    let ms_in_day = i32::try_from(ms).unwrap_or(i32::MAX);
    tally.moment(minute, side.owner, bit(ANSWERED) | bit(response), ms_in_day);
    if side.on_duty {
        let kept = LIMITS.iter().filter(|(limit, ..)| ms <= *limit);
        let names = kept.fold(0, |names, (_, duty, within)| names | bit(*duty) | bit(*within));
        tally.moment(minute, side.owner, names, 0);
        overdue(tally, side, Some(ms));
    }
}

fn unanswered(tally: &mut Tally, side: &Wait) {
    let numbers = tally.at(side.owner);
    numbers[ROUNDS] += 1;
    numbers[MISSED] += i64::from(side.open_ms.is_none());
    if side.on_duty {
        for (limit, duty, _) in LIMITS {
            numbers[duty] += i64::from(side.is_decided(limit));
        }
        overdue(tally, side, side.open_ms);
    }
}

/// Note, in the minute of the limit, the limits that a wait of `ms` (None: ever) exceeds.
fn overdue(tally: &mut Tally, side: &Wait, ms: Option<i64>) {
    for (limit, duty, _) in LIMITS {
        if ms.is_none_or(|ms| ms > limit) {
            tally.moment((side.start + limit).div_euclid(MINUTE), side.owner, bit(duty), 0);
        }
    }
}

fn taobao(tally: &mut Tally, sides: &[Wait]) {
    for side in sides.iter().filter(|side| side.in_day) {
        let numbers = tally.at(side.owner);
        if side.is_decided(THREE_MINUTES) {
            numbers[TAOBAO_3MIN_TOTAL] += 1;
            numbers[TAOBAO_3MIN_HITS] += i64::from(side.is_hit(THREE_MINUTES));
        }
        if side.is_decided(CAP) {
            numbers[TAOBAO_AVG_TOTAL] += 1;
            numbers[TAOBAO_AVG_MS_SUM] += side.ms.map_or(CAP, |ms| ms.min(CAP));
        }
    }
}

fn buyer_day(tally: &mut Tally, sides: &[Wait]) {
    let mut units: Vec<(Owner, bool)> = Vec::new();
    for side in sides.iter().filter(|side| side.in_day && side.is_decided(THREE_MINUTES)) {
        let is_hit = side.is_hit(THREE_MINUTES);
        match units.iter_mut().find(|(owner, _)| *owner == side.owner) {
            Some((_, all)) => *all &= is_hit,
            None => units.push((side.owner, is_hit)),
        }
    }
    for (owner, is_hit) in units {
        let (numbers, hit) = (tally.at(owner), i64::from(is_hit));
        numbers[PDD_3MIN_TOTAL] += 1;
        numbers[PDD_3MIN_HITS] += hit;
        numbers[KUAISHOU_3MIN_TOTAL] += 1;
        numbers[KUAISHOU_3MIN_HITS] += hit;
    }
}

/// An order that is not flagged, as an inquiry sees it.
struct Purchase {
    placed_at: i64,
    paid_at: Option<i64>,
    stands: bool,
    earner: Name,
}

fn ordered_at(order: &Order) -> Option<i64> {
    match (order.created_at, &order.sale) {
        (Some(created), Some(sale)) => Some(created.min(sale.at)),
        (created, sale) => created.or(sale.as_ref().map(|sale| sale.at)),
    }
}

/// Return the last reply in `[start, end)`.
fn latest(replies: &[Reply], start: i64, end: i64) -> Option<&Reply> {
    let place = replies.partition_point(|reply| reply.at < end);
    replies[..place].last().filter(|reply| reply.at >= start)
}

fn spans(tally: &mut Tally, owner: &Name, ends: &[i64; 3], ordered_at: i64, paid_at: i64) {
    for (place, end) in ends.iter().enumerate() {
        if ordered_at < *end {
            tally.count(owner, &[ORDERED_SAME_DAY + place]);
        }
        if paid_at < *end {
            tally.count(owner, &[CONVERTED_SAME_DAY + place]);
        }
    }
}

fn first_order(purchases: &[Purchase], since: i64) -> i64 {
    let belong = |p: &&Purchase| p.stands && p.paid_at.is_none_or(|at| at >= since);
    purchases.iter().filter(belong).map(|p| p.placed_at).min().unwrap_or(NEVER)
}

fn first_sale(purchases: &[Purchase], since: i64, earner: Option<&Name>) -> i64 {
    let own = purchases.iter().filter(|p| earner.is_none_or(|earner| p.earner == *earner));
    own.filter_map(|p| p.paid_at).filter(|at| *at >= since).min().unwrap_or(NEVER)
}

fn is_presale(purchases: &[Purchase], since: i64, end: i64) -> bool {
    let is_after_sale = |at: i64| since - AFTER_SALE <= at && at < since;
    let bought_before = purchases.iter().filter_map(|p| p.paid_at).any(is_after_sale);
    !bought_before || purchases.iter().any(|p| since <= p.placed_at && p.placed_at < end)
}
