//! Raw records into the notes of the shops they belong to: the loop that every event runs through.

use std::ops::Range;

use hashbrown::HashMap;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use crate::event::{self, Body, Event};
use crate::msgpack;
use crate::notes::{Noted, Notes};
use crate::panics::guarded;
use crate::wire::{Name, Names};

/// A shop of the partition, once it is known, and the instant before which its events are plain.
#[derive(Default)]
struct Shop {
    notes: Option<Py<Notes>>,
    until: i64,
}

/// Reads the records of a partition into the notes of its shops.
#[pyclass(module = "chatpulse_native")]
pub struct Reader {
    shops: HashMap<Box<str>, Shop>,
}

/// Events that are read before they are noted.
const AHEAD: usize = 16;

/// Return what records hold, as far as they follow each other from the offset `expected` on.
fn values<'py>(
    records: &Bound<'py, PyList>,
    range: Range<usize>,
    expected: i64,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let py = records.py();
    let (offset_name, value_name) = (pyo3::intern!(py, "offset"), pyo3::intern!(py, "value"));
    let mut found = Vec::with_capacity(range.len());
    for index in range {
        let record = records.get_item(index)?;
        let offset: i64 = record.getattr(offset_name)?.extract()?;
        let Ok(value) = record.getattr(value_name)?.cast_into::<PyBytes>() else {
            break; // a tombstone
        };
        if offset != expected + found.len() as i64 {
            break;
        }
        found.push(value);
    }
    Ok(found)
}

/// Kinds of events, in the order in which they are counted.
const KINDS: usize = 7;

fn kind(body: &Body) -> usize {
    match body {
        Body::Message { .. } => 0,
        Body::Transfer { .. } => 1,
        Body::Created { .. } => 2,
        Body::Paid { .. } => 3,
        Body::Refunded { .. } => 4,
        Body::Cancelled { .. } => 5,
        Body::Flagged { .. } => 6,
    }
}

#[pymethods]
impl Reader {
    #[new]
    fn new() -> Reader {
        Reader { shops: HashMap::new() }
    }

    /// Read events of a shop into `notes`.
    fn add(&mut self, shop_id: &str, notes: Py<Notes>) {
        self.shops.entry(shop_id.into()).or_default().notes = Some(notes);
    }

    /// Read events of a shop before the instant `until` only.
    fn read_until(&mut self, shop_id: &str, until: i64) {
        self.shops.entry(shop_id.into()).or_default().until = until;
    }

    /// Take over rows, records `(key, packed)` of a checkpoint; what else is known of days and
    /// campaigns, they tell.
    fn restore(&self, py: Python, rows: &Bound<PyList>) -> PyResult<()> {
        guarded(|| self.restore_all(py, rows))
    }

    /// Note `records` from index `start` on, the first of which is expected to have the offset
    /// `expected`, as far as nothing about them is out of the ordinary.
    ///
    /// Return how many were noted, the newest instant among them (-1: none), and how many there
    /// were of each kind.
    fn fold<'py>(
        &self,
        py: Python<'py>,
        records: &Bound<'py, PyList>,
        start: usize,
        expected: i64,
        now_ms: i64,
        close_limit: i64,
    ) -> PyResult<(usize, i64, Bound<'py, PyTuple>)> {
        let read = || self.read(py, records, start, expected, now_ms, close_limit);
        let (count, newest, kinds) = guarded(read)?;
        Ok((count, newest, PyTuple::new(py, kinds)?))
    }
}

impl Reader {
    fn restore_all(&self, py: Python, rows: &Bound<PyList>) -> PyResult<()> {
        let mut names = Names::default();
        for record in rows {
            let (key, packed): (Bound<PyBytes>, Bound<PyBytes>) = record.extract()?;
            let key = msgpack::unpacked::<(Name, Box<str>)>(key.as_bytes(), &mut names);
            let (shop_id, buyer_id) = key.map_err(|_| PyValueError::new_err("no key of a row"))?;
            let Some(Shop { notes: Some(notes), .. }) = self.shops.get(&*shop_id) else {
                return Err(PyValueError::new_err("a row of a shop that is not there"));
            };
            notes.borrow_mut(py).restore(py, &buyer_id, packed)?;
        }
        Ok(())
    }

    fn read(
        &self,
        py: Python,
        records: &Bound<PyList>,
        start: usize,
        expected: i64,
        now_ms: i64,
        close_limit: i64,
    ) -> PyResult<(usize, i64, [u64; KINDS])> {
        let (mut count, mut newest, mut kinds) = (0, -1, [0; KINDS]);
        for first in (start..records.len()).step_by(AHEAD) {
            let last = records.len().min(first + AHEAD);
            let values = values(records, first..last, expected + count as i64)?;
            let read = values.iter().map_while(|value| event::read(value.as_bytes(), now_ms));
            let events: Vec<Event> = read.collect();
            self.find(py, &events);
            for event in &events {
                if !self.note(py, event, close_limit)? {
                    return Ok((count, newest, kinds));
                }
                count += 1;
                newest = newest.max(event.at);
                kinds[kind(&event.body)] += 1;
            }
            if events.len() < last - first {
                break;
            }
        }
        Ok((count, newest, kinds))
    }

    /// Look for the buyers of events that are to be noted: where there are many, a look waits for
    /// memory, and several looks wait together.
    fn find(&self, py: Python, events: &[Event]) {
        for event in events {
            if let Some(Shop { notes: Some(notes), .. }) = self.shops.get(event.shop_id.as_ref()) {
                notes.borrow(py).look_for(&event.buyer_id);
            }
        }
    }

    /// Note an event; tell whether it was plain enough.
    fn note(&self, py: Python, event: &Event, close_limit: i64) -> PyResult<bool> {
        let shop = self.shops.get(event.shop_id.as_ref());
        let Some(Shop { notes: Some(notes), until }) = shop else {
            return Ok(false);
        };
        if event.at >= *until {
            return Ok(false);
        }
        let mut notes = notes.borrow_mut(py);
        let Some(day) = notes.day_of_plain(py, event.at, close_limit)? else {
            return Ok(false);
        };
        let is_applied = notes.note(py, event, day)? == Noted::Applied;
        if is_applied {
            notes.clock = notes.clock.max(event.at);
        }
        Ok(is_applied)
    }
}
