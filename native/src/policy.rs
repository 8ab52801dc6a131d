//! What the hot path asks the rules of one shop: its days, its duty, its texts.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::event::Content;
use crate::row::{AGENT, BOT, BUYER, DAY, NO_TRAITS, Traits};
use crate::text::{Texts, strings};
use crate::view::Reason;
use crate::wire::Names;

/// 1970-01-01 as a proleptic Gregorian ordinal.
const EPOCH_DAY: i64 = 719_163;
const MAX_DAYS: usize = 4096;
const MAX_TEXTS: usize = 1 << 14;
/// Bytes of a text beyond which it is read anew each time: few are sent twice.
const MAX_TEXT: usize = 36;

/// A day of the shop and its instants `[start, end)`, in milliseconds.
#[derive(Clone, Copy, Default)]
pub struct Span {
    pub day: i64,
    pub start: i64,
    pub end: i64,
}

/// The shop's calendar; what it has said once about a day is known.
pub struct Calendar {
    calendar: Py<PyAny>,
    spans: HashMap<i64, Span>,
    latest: Span,
}

impl Calendar {
    /// Return the day of an instant.
    pub fn day(&mut self, py: Python, at: i64) -> PyResult<i64> {
        if !(self.latest.start <= at && at < self.latest.end) {
            self.latest = match self.known_span(at) {
                Some(span) => span,
                None => {
                    let calendar = self.calendar.bind(py);
                    let day: i64 = calendar.call_method1("day", (at,))?.extract()?;
                    self.span(py, day)?
                }
            };
        }
        Ok(self.latest.day)
    }

    /// Return the known day of an instant: in no time zone is it far from that of Greenwich.
    fn known_span(&self, at: i64) -> Option<Span> {
        let about = at.div_euclid(DAY) + EPOCH_DAY;
        let known = (about - 1..=about + 1).filter_map(|day| self.spans.get(&day));
        known.copied().find(|span| span.start <= at && at < span.end)
    }

    /// Return the instants of a day.
    pub fn span(&mut self, py: Python, day: i64) -> PyResult<Span> {
        if let Some(span) = self.spans.get(&day) {
            return Ok(*span);
        }
        let calendar = self.calendar.bind(py);
        let start = calendar.call_method1("start", (day,))?.extract()?;
        let end = calendar.call_method1("start", (day + 1,))?.extract()?;
        if self.spans.len() >= MAX_DAYS {
            self.spans.clear();
        }
        let span = Span { day, start, end };
        self.spans.insert(day, span);
        Ok(span)
    }

    /// Return what the shop's wall clock shows, in milliseconds since 00:00.
    pub fn time_of_day(&mut self, py: Python, at: i64) -> PyResult<i64> {
        self.day(py, at)?;
        if self.latest.end - self.latest.start == DAY {
            return Ok(at - self.latest.start);
        }
        self.calendar.bind(py).call_method1("time_of_day", (at,))?.extract()
    }
}

pub struct Policy {
    pub calendar: Calendar,
    pub duty_window: (i64, i64),
    /// Whether the validity is asked of the payment, not of the order.
    pub by_payment: bool,
    validity: i64,
    block_list: HashSet<String>,
    internal_list: HashSet<String>,
    auto_reply_prefixes: Vec<String>,
    stickers_close: bool,
    texts: Texts,
    read_text: Py<PyAny>,
    known: HashMap<Box<str>, Arc<Traits>>,
}

impl Policy {
    /// Take over a `chatpulse.conversations.policy.Policy`.
    pub fn of(policy: &Bound<PyAny>) -> PyResult<Policy> {
        let reader = policy.getattr("reader")?;
        Ok(Policy {
            calendar: Calendar {
                calendar: policy.getattr("calendar")?.unbind(),
                spans: HashMap::new(),
                latest: Span::default(),
            },
            duty_window: policy.getattr("duty_window")?.extract()?,
            by_payment: policy.getattr("attribution")?.extract::<String>()? == "payment",
            validity: policy.getattr("validity")?.extract()?,
            block_list: strings(&policy.getattr("block_list")?)?.into_iter().collect(),
            internal_list: strings(&policy.getattr("internal_list")?)?.into_iter().collect(),
            auto_reply_prefixes: policy.getattr("auto_reply_prefixes")?.extract()?,
            stickers_close: reader.getattr("stickers_close")?.extract()?,
            texts: Texts::of(&reader)?,
            read_text: reader.getattr("traits")?.unbind(),
            known: HashMap::new(),
        })
    }

    pub fn in_duty(&mut self, py: Python, at: i64) -> PyResult<bool> {
        let (start, end) = self.duty_window;
        let time = self.calendar.time_of_day(py, at)?;
        Ok(start <= time && time < end)
    }

    /// Return what the shop's lists say of a buyer.
    pub fn listed(&self, buyer_id: &str) -> Option<Reason> {
        if self.internal_list.contains(buyer_id) {
            return Some(Reason::Internal);
        }
        self.block_list.contains(buyer_id).then_some(Reason::Blocked)
    }

    /// Return the start of the validity of an order placed at `placed`.
    pub fn validity_start(&mut self, py: Python, placed: i64) -> PyResult<i64> {
        let day = self.calendar.day(py, placed)?;
        Ok(self.calendar.span(py, day - (self.validity - 1))?.start)
    }

    /// Return what a message's line says: whether it counts, and the traits of a buyer's text.
    pub fn read(
        &mut self,
        py: Python,
        names: &mut Names,
        rank: i64,
        text: &str,
        content: Content,
        (auto, assist): (bool, bool),
    ) -> PyResult<(bool, Arc<Traits>)> {
        match rank {
            BUYER => {
                let traits = self.traits(py, names, text)?;
                if content == Content::Text {
                    return Ok((traits.closer, traits));
                }
                let counts = content == Content::Sticker && self.stickers_close;
                if traits.campaign == 0 {
                    return Ok((counts, traits));
                }
                Ok((counts, Arc::new(Traits { campaign: 0, ..(*traits).clone() })))
            }
            AGENT => {
                let is_automatic =
                    auto || self.auto_reply_prefixes.iter().any(|prefix| text.starts_with(prefix));
                Ok((!is_automatic, NO_TRAITS.clone()))
            }
            BOT => Ok((assist, NO_TRAITS.clone())),
            _ => Ok((false, NO_TRAITS.clone())),
        }
    }

    /// Return what a buyer's text says.
    pub fn traits(&mut self, py: Python, names: &mut Names, text: &str) -> PyResult<Arc<Traits>> {
        if text.len() > MAX_TEXT {
            return self.read_anew(py, names, text);
        }
        if let Some(traits) = self.known.get(text) {
            return Ok(traits.clone());
        }
        let traits = self.read_anew(py, names, text)?;
        if self.known.len() >= MAX_TEXTS {
            self.known.clear();
        }
        self.known.insert(text.into(), traits.clone());
        Ok(traits)
    }

    fn read_anew(&self, py: Python, names: &mut Names, text: &str) -> PyResult<Arc<Traits>> {
        if let Some(traits) = self.texts.read(text) {
            return Ok(Arc::new(traits));
        }
        let read = self.read_text.bind(py).call1((text,))?;
        let keywords: Bound<PyTuple> = read.getattr("keywords")?.extract()?;
        let mut traits = Traits {
            closer: read.getattr("closer")?.extract()?,
            digest: read.getattr("digest")?.extract()?,
            signals: read.getattr("signals")?.extract()?,
            keywords: Vec::new(),
            campaign: read.getattr("campaign")?.extract()?,
        };
        for keyword in keywords {
            traits.keywords.push(names.get(&keyword.extract::<String>()?));
        }
        Ok(Arc::new(traits))
    }
}
