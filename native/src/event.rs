//! Bytes of one record to an event, for the records whose every rule is plainly kept.
//!
//! `read` says None wherever it is not certain that `chatpulse.contract.codec.decode` accepts the
//! record with the very same values: that record goes to the plain Python, which also knows why a
//! record is rejected.

mod json;

use std::borrow::Cow;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use json::{Scanner, Value};

const MAX_BYTES: usize = 64 * 1024;
const MAX_ID_LENGTH: usize = 128;
const DAY: i64 = 24 * 60 * 60 * 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    Buyer,
    Agent,
    Bot,
    System,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Text,
    Sticker,
    Recall,
    /// image, video, card, file: nothing depends on which
    Other,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Event<'a> {
    pub event_id: Cow<'a, str>,
    pub shop_id: Cow<'a, str>,
    pub buyer_id: Cow<'a, str>,
    pub at: i64,
    pub body: Body<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Body<'a> {
    Message {
        sender: Sender,
        text: Cow<'a, str>,
        agent_id: Option<Cow<'a, str>>,
        content: Content,
        auto: bool,
        assist: bool,
    },
    Transfer {
        to_agent_id: Cow<'a, str>,
        from_agent_id: Option<Cow<'a, str>>,
    },
    Created {
        order_id: Cow<'a, str>,
    },
    Paid {
        order_id: Cow<'a, str>,
        amount_minor: i64,
        items: i64,
    },
    Refunded {
        order_id: Cow<'a, str>,
        amount_minor: i64,
    },
    Cancelled {
        order_id: Cow<'a, str>,
    },
    Flagged {
        order_id: Cow<'a, str>,
    },
}

/// Return the event in `raw`; None where the plain Python has to look.
pub fn read<'a>(raw: &'a [u8], now_ms: i64) -> Option<Event<'a>> {
    if raw.len() > MAX_BYTES {
        return None;
    }
    let text = std::str::from_utf8(raw).ok()?;
    let mut fields = Fields::default();
    fields.fill(Scanner::new(text))?;
    let event = fields.event()?;
    (event.at <= now_ms.saturating_add(DAY)).then_some(event)
}

/// What `read` makes of a record: the type, what all types have, and what only this one has, by
/// the names of `chatpulse.contract.events`; None where the plain Python has to look.
#[pyfunction]
pub fn read_event<'py>(
    py: Python<'py>,
    raw: &[u8],
    now_ms: i64,
) -> PyResult<Option<(&'static str, Bound<'py, PyDict>)>> {
    let Some(event) = read(raw, now_ms) else {
        return Ok(None);
    };
    let fields = PyDict::new(py);
    fields.set_item("event_id", event.event_id)?;
    fields.set_item("shop_id", event.shop_id)?;
    fields.set_item("buyer_id", event.buyer_id)?;
    fields.set_item("at", event.at)?;
    let kind = match event.body {
        Body::Message { sender, text, agent_id, content, auto, assist } => {
            fields.set_item("sender", format!("{sender:?}").to_lowercase())?;
            fields.set_item("text", text)?;
            fields.set_item("agent_id", agent_id)?;
            fields.set_item("content", format!("{content:?}").to_lowercase())?;
            fields.set_item("auto", auto)?;
            fields.set_item("assist", assist)?;
            "message"
        }
        Body::Transfer { to_agent_id, from_agent_id } => {
            fields.set_item("to_agent_id", to_agent_id)?;
            fields.set_item("from_agent_id", from_agent_id)?;
            "transfer"
        }
        Body::Created { order_id } => {
            fields.set_item("order_id", order_id)?;
            "created"
        }
        Body::Paid { order_id, amount_minor, items } => {
            fields.set_item("order_id", order_id)?;
            fields.set_item("amount_minor", amount_minor)?;
            fields.set_item("items", items)?;
            "paid"
        }
        Body::Refunded { order_id, amount_minor } => {
            fields.set_item("order_id", order_id)?;
            fields.set_item("amount_minor", amount_minor)?;
            "refunded"
        }
        Body::Cancelled { order_id } => {
            fields.set_item("order_id", order_id)?;
            "cancelled"
        }
        Body::Flagged { order_id } => {
            fields.set_item("order_id", order_id)?;
            "flagged"
        }
    };
    Ok(Some((kind, fields)))
}

/// What a field of the contract needs of its value; None where the value does not have it.
impl<'a> Value<'a> {
    fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn id(self) -> Option<Cow<'a, str>> {
        let id = self.text()?;
        let is_short = id.len() <= MAX_ID_LENGTH || id.chars().count() <= MAX_ID_LENGTH;
        (is_short && !id.is_empty()).then_some(id)
    }

    fn optional_id(self) -> Option<Option<Cow<'a, str>>> {
        match self {
            Value::Absent | Value::Null => Some(None),
            _ => self.id().map(Some),
        }
    }

    fn int(self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    fn items(self) -> Option<i64> {
        match self {
            Value::Absent => Some(1),
            _ => self.int().filter(|&items| items >= 1),
        }
    }

    fn bool(self) -> Option<bool> {
        match self {
            Value::Absent => Some(false),
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn sender(self) -> Option<Sender> {
        match &*self.text()? {
            "buyer" => Some(Sender::Buyer),
            "agent" => Some(Sender::Agent),
            "bot" => Some(Sender::Bot),
            "system" => Some(Sender::System),
            _ => None,
        }
    }

    fn content(self) -> Option<Content> {
        if let Value::Absent = self {
            return Some(Content::Text);
        }
        match &*self.text()? {
            "text" => Some(Content::Text),
            "sticker" => Some(Content::Sticker),
            "recall" => Some(Content::Recall),
            "image" | "video" | "card" | "file" => Some(Content::Other),
            _ => None,
        }
    }
}

/// The fields of any type that `read` knows: which of them count is known when `kind` is.
#[derive(Default)]
struct Fields<'a> {
    kind: Value<'a>,
    event_id: Value<'a>,
    shop_id: Value<'a>,
    at: Value<'a>,
    buyer_id: Value<'a>,
    sender: Value<'a>,
    text: Value<'a>,
    agent_id: Value<'a>,
    content: Value<'a>,
    auto: Value<'a>,
    assist: Value<'a>,
    to_agent_id: Value<'a>,
    from_agent_id: Value<'a>,
    order_id: Value<'a>,
    amount_minor: Value<'a>,
    items: Value<'a>,
    reason: Value<'a>,
}

impl<'a> Fields<'a> {
    /// Take the fields of the one object that the text is.
    fn fill(&mut self, mut scanner: Scanner<'a>) -> Option<()> {
        scanner.skip_space();
        scanner.expect(b'{')?;
        loop {
            scanner.skip_space();
            scanner.expect(b'"')?;
            let name = scanner.string()?;
            scanner.skip_space();
            scanner.expect(b':')?;
            scanner.skip_space();
            let value = scanner.value()?;
            if let Some(field) = self.field(&name) {
                let Value::Absent = field else { return None };
                *field = value;
            }
            scanner.skip_space();
            match scanner.next()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        scanner.skip_space();
        scanner.peek().is_none().then_some(())
    }

    fn field(&mut self, name: &str) -> Option<&mut Value<'a>> {
        Some(match name {
            "type" => &mut self.kind,
            "event_id" => &mut self.event_id,
            "shop_id" => &mut self.shop_id,
            "at" => &mut self.at,
            "buyer_id" => &mut self.buyer_id,
            "sender" => &mut self.sender,
            "text" => &mut self.text,
            "agent_id" => &mut self.agent_id,
            "content" => &mut self.content,
            "auto" => &mut self.auto,
            "assist" => &mut self.assist,
            "to_agent_id" => &mut self.to_agent_id,
            "from_agent_id" => &mut self.from_agent_id,
            "order_id" => &mut self.order_id,
            "amount_minor" => &mut self.amount_minor,
            "items" => &mut self.items,
            "reason" => &mut self.reason,
            _ => return None,
        })
    }

    #[inline]
    fn event(self) -> Option<Event<'a>> {
        let body = match &*self.kind.text()? {
            "message" => Body::Message {
                sender: self.sender.sender()?,
                text: self.text.text()?,
                agent_id: self.agent_id.optional_id()?,
                content: self.content.content()?,
                auto: self.auto.bool()?,
                assist: self.assist.bool()?,
            },
            "transfer" => Body::Transfer {
                to_agent_id: self.to_agent_id.id()?,
                from_agent_id: self.from_agent_id.optional_id()?,
            },
            "created" => {
                self.amount_minor.int()?;
                self.items.items()?;
                Body::Created { order_id: self.order_id.id()? }
            }
            "paid" => Body::Paid {
                order_id: self.order_id.id()?,
                amount_minor: self.amount_minor.int()?,
                items: self.items.items()?,
            },
            "refunded" => Body::Refunded {
                order_id: self.order_id.id()?,
                amount_minor: self.amount_minor.int()?,
            },
            "cancelled" => Body::Cancelled { order_id: self.order_id.id()? },
            "flagged" if self.reason.text()? == "brushing" => {
                Body::Flagged { order_id: self.order_id.id()? }
            }
            _ => return None,
        };
        if let Body::Message { sender: Sender::Agent, agent_id: None, .. } = body {
            return None;
        }
        Some(Event {
            event_id: self.event_id.id()?,
            shop_id: self.shop_id.id()?,
            buyer_id: self.buyer_id.id()?,
            at: self.at.int()?,
            body,
        })
    }
}

#[cfg(test)]
mod tests;
