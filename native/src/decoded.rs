//! Events that Python has decoded: `chatpulse.contract.events` as `Event`.

use pyo3::prelude::*;

use crate::event::{Body, Content, Event, Sender};

/// The texts of a Python event, which `Event` borrows.
pub struct Texts {
    kind: String,
    event_id: String,
    shop_id: String,
    buyer_id: String,
    first: String,
    second: Option<String>,
}

impl Texts {
    pub fn of(event: &Bound<PyAny>) -> PyResult<Texts> {
        let text = |name: &str| event.getattr(name)?.extract::<String>();
        let kind = event.get_type().name()?.to_string();
        let (first, second) = match kind.as_str() {
            "Message" => (text("text")?, event.getattr("agent_id")?.extract()?),
            "Transfer" => (text("to_agent_id")?, event.getattr("from_agent_id")?.extract()?),
            _ => (text("order_id")?, None),
        };
        let (event_id, shop_id) = (text("event_id")?, text("shop_id")?);
        Ok(Texts { kind, event_id, shop_id, buyer_id: text("buyer_id")?, first, second })
    }

    /// Return the event; None of a kind that is none of a chat or an order.
    pub fn event<'a>(&'a self, event: &Bound<PyAny>) -> PyResult<Option<Event<'a>>> {
        let int = |name: &str| event.getattr(name)?.extract::<i64>();
        let flag = |name: &str| event.getattr(name)?.extract::<bool>();
        let second = self.second.as_deref().map(Into::into);
        let order_id = self.first.as_str().into();
        let body = match self.kind.as_str() {
            "Message" => Body::Message {
                sender: match event.getattr("sender")?.extract::<&str>()? {
                    "buyer" => Sender::Buyer,
                    "agent" => Sender::Agent,
                    "bot" => Sender::Bot,
                    _ => Sender::System,
                },
                text: self.first.as_str().into(),
                agent_id: second,
                content: match event.getattr("content")?.extract::<&str>()? {
                    "text" => Content::Text,
                    "sticker" => Content::Sticker,
                    "recall" => Content::Recall,
                    _ => Content::Other,
                },
                auto: flag("auto")?,
                assist: flag("assist")?,
            },
            "Transfer" => {
                Body::Transfer { to_agent_id: self.first.as_str().into(), from_agent_id: second }
            }
            "Created" => Body::Created { order_id },
            "Paid" => {
                Body::Paid { order_id, amount_minor: int("amount_minor")?, items: int("items")? }
            }
            "Refunded" => Body::Refunded { order_id, amount_minor: int("amount_minor")? },
            "Cancelled" => Body::Cancelled { order_id },
            "Flagged" => Body::Flagged { order_id },
            _ => return Ok(None),
        };
        Ok(Some(Event {
            event_id: self.event_id.as_str().into(),
            shop_id: self.shop_id.as_str().into(),
            buyer_id: self.buyer_id.as_str().into(),
            at: int("at")?,
            body,
        }))
    }
}
