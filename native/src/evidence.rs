//! Orders, and which events a conversation remembers together: `chatpulse.conversations.memory`
//! and `.orders`.

use crate::event::Body;
use crate::row::{DAY, MEMORY, MEMORY_WITH_SALE, Order, Row, Sale, Timeline};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    New,
    Duplicate,
    Unmatched,
}

/// Let an event happen in the conversation; return the timeline it belongs to.
pub fn remember(row: &mut Row, at: i64, is_sale: bool) -> &mut Timeline {
    let memory = if is_sale { MEMORY_WITH_SALE } else { MEMORY };
    let place = match row.timelines.last_mut() {
        Some(newest) if newest.first_at <= at && at <= newest.newest_at + newest.memory => {
            newest.newest_at = newest.newest_at.max(at);
            newest.memory = newest.memory.max(memory);
            row.timelines.len() - 1
        }
        _ => {
            row.timelines.reserve_exact(1); // hardly anybody has a second one
            row.timelines.push(Timeline {
                first_at: at,
                newest_at: at,
                memory,
                purchase_at: None,
                orders: Default::default(),
                marks: Default::default(),
            });
            row.timelines.sort_by_key(|timeline| timeline.first_at);
            join(&mut row.timelines);
            row.timelines.iter().rposition(|timeline| timeline.first_at <= at).unwrap_or(0)
        }
    };
    &mut row.timelines[place]
}

/// Return from which instant of the shop's clock on nothing can change the timeline any more.
pub fn forgotten_at(timeline: &Timeline) -> i64 {
    timeline.newest_at + timeline.memory + 9 * DAY
}

/// Return the same for all that a row has evidence of.
pub fn last_forgotten_at(row: &Row) -> i64 {
    row.timelines.iter().map(forgotten_at).max().unwrap_or(0)
}

fn join(timelines: &mut Vec<Timeline>) {
    let mut place = 0;
    while place + 1 < timelines.len() {
        let left = &timelines[place];
        if timelines[place + 1].first_at <= left.newest_at + left.memory {
            let right = timelines.remove(place + 1);
            merge(&mut timelines[place], right);
        } else {
            place += 1;
        }
    }
}

fn first<T: Ord>(left: Option<T>, right: Option<T>) -> Option<T> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}

fn merge(left: &mut Timeline, right: Timeline) {
    left.newest_at = left.newest_at.max(right.newest_at);
    left.memory = left.memory.max(right.memory);
    left.purchase_at = first(left.purchase_at, right.purchase_at);
    for (order_id, order) in right.orders {
        match left.orders.get_mut(&order_id) {
            Some(before) => merge_order(before, order),
            None => {
                left.orders.insert(order_id, order);
            }
        }
    }
    for (day, mark) in right.marks.0 {
        let is_older = left.marks.get(&day).is_some_and(|before| *before > mark);
        if !is_older {
            left.marks.set(day, mark);
        }
    }
}

fn merge_order(left: &mut Order, right: Order) {
    left.created_at = first(left.created_at, right.created_at);
    left.sale = first(left.sale.take(), right.sale);
    left.cancelled |= right.cancelled;
    left.flagged |= right.flagged;
    left.refunds.extend(right.refunds);
    left.settled_reply = left.settled_reply.take().or(right.settled_reply);
    left.settled_credit = left.settled_credit.take().or(right.settled_credit);
    left.settled_out |= right.settled_out;
}

/// Note an order event in its timeline.
pub fn purchase(timeline: &mut Timeline, event_id: &str, at: i64, body: &Body) -> Effect {
    let (Body::Created { order_id }
    | Body::Paid { order_id, .. }
    | Body::Refunded { order_id, .. }
    | Body::Cancelled { order_id }
    | Body::Flagged { order_id }) = body
    else {
        return Effect::New;
    };
    if !timeline.orders.contains_key(order_id.as_ref()) {
        timeline.orders.insert(order_id.as_ref().into(), Order::default());
    }
    let Some(order) = timeline.orders.get_mut(order_id.as_ref()) else {
        return Effect::New;
    };
    match body {
        Body::Created { .. } => {
            if order.created_at == Some(at) {
                return Effect::Duplicate;
            }
            timeline.purchase_at = first(timeline.purchase_at, Some(at));
            order.created_at = first(order.created_at, Some(at));
        }
        Body::Paid { amount_minor, items, .. } => {
            let (amount_minor, items) = (*amount_minor, *items);
            let sale = Sale { at, event_id: event_id.into(), amount_minor, items };
            if order.sale.as_ref() == Some(&sale) {
                return Effect::Duplicate;
            }
            timeline.purchase_at = first(timeline.purchase_at, Some(at));
            order.sale = first(order.sale.take(), Some(sale));
        }
        Body::Cancelled { .. } => order.cancelled = true,
        Body::Flagged { .. } => order.flagged = true,
        Body::Refunded { amount_minor, .. } => {
            if order.refunds.contains_key(event_id) {
                return Effect::Duplicate;
            }
            order.refunds.insert(event_id.into(), (at, *amount_minor));
            if order.sale.is_none() {
                return Effect::Unmatched;
            }
        }
        _ => {}
    }
    Effect::New
}
