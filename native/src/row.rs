//! One conversation's row: `chatpulse.conversations.row`, field by field.

use std::sync::{Arc, LazyLock};

use hashbrown::HashSet;
use indexmap::IndexMap;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::wire::{Few, Hasher, Input, Name, Names, Output, Read, Wire, fields};
use crate::{compact, msgpack};

pub const DAY: i64 = 24 * 60 * 60 * 1000;
pub const LATENESS: i64 = 120_000;
pub const MEMORY: i64 = 8 * DAY;
pub const MEMORY_WITH_SALE: i64 = 21 * DAY;

pub const BUYER: i64 = 0;
pub const TRANSFER: i64 = 1;
pub const AGENT: i64 = 2;
pub const BOT: i64 = 3;
pub const SYSTEM: i64 = 4;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Traits {
    pub closer: bool,
    pub digest: i64,
    pub signals: i64,
    pub keywords: Vec<Name>,
    pub campaign: i64,
}
fields!(Traits: closer, digest, signals, keywords, #seen campaign);

pub static NO_TRAITS: LazyLock<Arc<Traits>> = LazyLock::new(Arc::default);

impl Wire for Arc<Traits> {
    fn pack(&self, out: &mut impl Output) {
        (**self).pack(out);
    }

    fn unpack(input: &mut impl Input) -> Read<Self> {
        let traits = Traits::unpack(input)?;
        Ok(if traits == **NO_TRAITS { NO_TRAITS.clone() } else { Arc::new(traits) })
    }

    fn pass(input: &mut impl Input) -> Read<()> {
        Traits::pass(input)
    }

    fn glance(input: &mut impl Input) -> Read<Self> {
        let traits = Traits::glance(input)?;
        Ok(if traits == **NO_TRAITS { NO_TRAITS.clone() } else { Arc::new(traits) })
    }

    fn unsaid() -> Self {
        NO_TRAITS.clone()
    }

    fn is_unsaid(&self) -> bool {
        *self == *NO_TRAITS
    }
}

/// The order of the fields is the order of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub at: i64,
    pub rank: i64,
    pub event_id: Box<str>,
    pub agent_id: Name,
    pub counts: bool,
    pub from_agent_id: Name,
    pub traits: Arc<Traits>,
}
fields!(Line: #seen at, rank, event_id, agent_id, counts, from_agent_id, #seen traits);

#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    pub asked_at: i64,
    pub replied_at: Option<i64>,
    pub agent_id: Name,
    pub agent_from: i64,
    pub session_at: i64,
    pub opens_session: bool,
}
fields!(Round: asked_at, replied_at, agent_id, agent_from, session_at, opens_session);

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    pub at: i64,
    pub day: i64,
    pub session_at: i64,
    pub opens_session: bool,
}
fields!(Asked: at, day, session_at, opens_session);

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Desk {
    pub asked: Option<Asked>,
    pub replied_day: i64,
    pub replied_in_session: bool,
}
fields!(Desk: asked, replied_day, replied_in_session);

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Consultation {
    pub at: i64,
    pub replied: bool,
}
fields!(Consultation: at, replied);

#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub at: i64,
    pub agent_id: Name,
}
fields!(Reply: at, agent_id);

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Day {
    pub active: bool,
    pub rounds: Vec<Round>,
    pub assist_rounds: Option<Vec<Round>>,
    pub consulted: Option<Consultation>,
    pub consultations: Few<Name, Consultation>,
    pub replies: Vec<Reply>,
    pub buyer_messages: Few<Name, i64>,
    pub sessions: i64,
    pub joined: Vec<(Name, i64)>,
    pub spans: Few<Name, Vec<i64>>,
    pub passed_on: Few<Name, i64>,
    pub abandoned: Vec<Name>,
    pub signals: i64,
    pub keywords: Vec<Name>,
    pub campaigns: Vec<i64>,
    pub texts: HashSet<i64>,
    pub written: bool,
    pub answered: bool,
    pub again: bool,
}
fields!(Day: active, rounds, assist_rounds, consulted, consultations, replies, buyer_messages,
    sessions, joined, spans, passed_on, abandoned, signals, keywords, #seen campaigns, texts,
    written, answered, again);

#[derive(Debug, Clone, PartialEq)]
pub struct Chat {
    pub assignee: Name,
    pub message_at: Option<i64>,
    pub session_at: Option<i64>,
    pub session_day: i64,
    pub members: Few<Name, i64>,
    pub human: Desk,
    pub assist: Option<Desk>,
    pub transfers: Few<Name, i64>,
    pub pending: Vec<Asked>,
    pub waiting_from: Option<i64>,
}
fields!(Chat: assignee, message_at, session_at, session_day, members, human, assist, transfers,
    pending, waiting_from);

#[derive(Debug, Clone, PartialEq)]
pub struct Credit {
    pub kind: Name,
    pub agent_id: Name,
}
fields!(Credit: kind, agent_id);

/// The first in the order of the fields counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sale {
    pub at: i64,
    pub event_id: Box<str>,
    pub amount_minor: i64,
    pub items: i64,
}
fields!(Sale: at, event_id, amount_minor, items);

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Order {
    pub created_at: Option<i64>,
    pub sale: Option<Sale>,
    pub cancelled: bool,
    pub flagged: bool,
    pub refunds: IndexMap<Box<str>, (i64, i64), Hasher>,
    pub settled_reply: Option<Name>,
    pub settled_credit: Option<Credit>,
    pub settled_out: bool,
}
fields!(Order: created_at, sale, cancelled, flagged, refunds, settled_reply, settled_credit,
    settled_out);

/// The last in the order of the fields counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub at: i64,
    pub event_id: Box<str>,
    pub verdict: Name,
}
fields!(Mark: at, event_id, verdict);

#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    pub first_at: i64,
    pub newest_at: i64,
    pub memory: i64,
    pub purchase_at: Option<i64>,
    pub orders: IndexMap<Box<str>, Order, Hasher>,
    pub marks: Few<i64, Mark>,
}
fields!(Timeline: first_at, #seen newest_at, #seen memory = MEMORY, purchase_at, orders, marks);

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub chat: Chat,
    pub days: Few<i64, Day>,
    pub tail: Vec<Line>,
    pub newest_chat_at: i64,
    pub newest_day: i64,
    pub timelines: Vec<Timeline>,
    pub kept_replies: Vec<Reply>,
    pub excluded_days: Vec<i64>,
}
fields!(Row: chat, #seen days, #seen tail, newest_chat_at = -LATENESS, #seen newest_day,
    #seen timelines, kept_replies, excluded_days);

impl Row {
    /// Return of a row, if it is in the compact form, its days with their campaigns, when its tail
    /// and its timelines were, and the newest day.
    pub fn glance(bytes: &[u8], names: &mut Names) -> PyResult<Option<Row>> {
        if bytes.first() != Some(&compact::FORM) {
            return Ok(None);
        }
        compact::glanced(bytes, names).map(Some).map_err(|_| no_row())
    }

    /// Read a row as this engine or plain Python packed it.
    pub fn read(bytes: &[u8], names: &mut Names) -> PyResult<Row> {
        let row = match bytes.first() {
            Some(&compact::FORM) => compact::unpacked(bytes, names),
            _ => msgpack::unpacked(bytes, names),
        };
        row.map_err(|_| no_row())
    }

    /// Begin the row of a new buyer; `nobody` is the queue's id.
    pub fn new(nobody: Name) -> Row {
        Row {
            chat: Chat {
                assignee: nobody,
                message_at: None,
                session_at: None,
                session_day: 0,
                members: Few::default(),
                human: Desk::default(),
                assist: None,
                transfers: Few::default(),
                pending: Vec::new(),
                waiting_from: None,
            },
            days: Few::default(),
            tail: Vec::new(),
            newest_chat_at: -LATENESS,
            newest_day: 0,
            timelines: Vec::new(),
            kept_replies: Vec::new(),
            excluded_days: Vec::new(),
        }
    }
}

fn no_row() -> PyErr {
    PyValueError::new_err("these bytes are no row")
}

/// Return a row, packed in any form, in the compact one.
#[pyfunction]
pub fn pack_row<'py>(py: Python<'py>, row: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let row = Row::read(row, &mut Names::default())?;
    Ok(PyBytes::new(py, &compact::packed(&row)))
}

/// Return a row, packed in any form, as MessagePack.
#[pyfunction]
pub fn unpack_row<'py>(py: Python<'py>, row: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let row = Row::read(row, &mut Names::default())?;
    Ok(PyBytes::new(py, &msgpack::packed(&row)))
}
