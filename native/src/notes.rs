//! What a shop's events leave behind: `chatpulse.scoreboard.shop`, as far as events go in.
//!
//! Rows lie here, in use or packed. `note` says before it changes anything whether Python has to
//! know first: of rows that rest, live boards must find again what they counted for.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use hashbrown::{HashMap, HashSet, HashTable};
use pyo3::exceptions::{PyKeyError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::chat::{condense, is_tidy, tidy};
use crate::event::{Body, Content, Event, Sender};
use crate::evidence::{Effect, forgotten_at, purchase, remember};
use crate::policy::Policy;
use crate::row::{AGENT, BOT, BUYER, LATENESS, Line, Mark, NO_TRAITS, Row, SYSTEM, TRANSFER};
use crate::wire::{Hasher, Name, Names};
use crate::{compact, msgpack};

/// Lines beyond which the settled part of a tail is folded.
const TAIL: usize = 24;
const OPEN_DAYS: i64 = 8;
const CAMPAIGN_BUYERS: usize = 3;

type Place = u32;

enum Held {
    Used(Box<Row>),
    Packed(Box<[u8]>),
    Gone,
}

/// A buyer's place. `changed_in` and `saved_in` are numbers of cuts.
struct Slot {
    buyer_id: Box<str>,
    held: Held,
    changed_in: u32,
    saved_in: u32,
    is_touched: bool,
    rests: bool,
}

/// What became of an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    Applied,
    Late,
    /// Rows rest whose numbers this event would change.
    Rests,
}

/// The buyers who sent a text on a day, at most as many as make a campaign.
enum Senders {
    One(Place),
    More(Vec<Place>),
}

impl Senders {
    fn places(&self) -> &[Place] {
        match self {
            Senders::One(place) => std::slice::from_ref(place),
            Senders::More(places) => places,
        }
    }
}

#[pyclass(module = "chatpulse_native")]
pub struct Notes {
    policy: Policy,
    names: Names,
    is_live: bool,
    #[pyo3(get, set)]
    pub clock: i64,
    #[pyo3(get, set)]
    closed_through: i64,
    /// The instant of the clock at which a day may close.
    #[pyo3(get, set)]
    next_close: i64,
    #[pyo3(get, set)]
    duplicates: i64,
    #[pyo3(get, set)]
    unmatched_refunds: i64,
    nobody: Name,
    hasher: Hasher,
    places: HashTable<Place>,
    slots: Vec<Slot>,
    free: Vec<Place>,
    resting: usize,
    touched: Vec<Place>,
    touched_count: usize,
    /// Touched buyers without a row.
    touched_gone: HashSet<Box<str>>,
    active: BTreeMap<i64, HashSet<Place>>,
    expiring: BTreeMap<i64, HashSet<Place>>,
    campaigns: BTreeMap<i64, HashMap<i64, Senders>>,
    cut: u32,
    /// How far the present cut has been read, and how far it goes.
    cut_at: Place,
    cut_end: Place,
    saved: Vec<(Box<str>, Box<[u8]>)>,
    unchanged: Vec<Place>,
}

// ---- within the crate

impl Notes {
    /// Return the day of an event at `at`, unless it closes a day or comes after a close. Days
    /// close up to the instant `limit`.
    pub fn day_of_plain(&mut self, py: Python, at: i64, limit: i64) -> PyResult<Option<i64>> {
        if at > self.clock && at.min(limit) >= self.next_close {
            return Ok(None);
        }
        let day = self.policy.calendar.day(py, at)?;
        Ok((day > self.closed_through).then_some(day))
    }

    /// Note an event of `day`; where rows rest that it would change, change nothing.
    pub fn note(&mut self, py: Python, event: &Event, day: i64) -> PyResult<Noted> {
        let found = self.place(&event.buyer_id);
        if found.is_some_and(|place| self.is_asleep(place)) {
            return Ok(Noted::Rests);
        }
        match &event.body {
            Body::Message { .. } | Body::Transfer { .. } => self.note_chat(py, event, day, found),
            _ => self.note_evidence(py, event, day, found),
        }
    }

    fn note_chat(
        &mut self,
        py: Python,
        event: &Event,
        day: i64,
        found: Option<Place>,
    ) -> PyResult<Noted> {
        let at = event.at;
        if let Some(place) = found
            && at < self.row(place)?.newest_chat_at - LATENESS
        {
            return Ok(Noted::Late);
        }
        let is_recall = matches!(event.body, Body::Message { content: Content::Recall, .. });
        let line = if is_recall { None } else { self.line(py, event)? };
        let campaign = line.as_ref().map_or(0, |line| line.traits.campaign);
        let completed = self.completed_by(day, campaign, found);
        if completed.iter().any(|place| self.is_asleep(*place)) {
            return Ok(Noted::Rests);
        }
        let place = match found {
            Some(place) => place,
            None => {
                let day = self.policy.calendar.day(py, at)?;
                self.begin(&event.buyer_id, day)
            }
        };
        completed.into_iter().for_each(|sender| self.touch(sender));
        if campaign != 0 {
            self.note_campaign(day, campaign, place);
        }
        let row = self.change(py, place)?;
        row.newest_chat_at = row.newest_chat_at.max(at);
        remember(row, at, false);
        let Some(line) = line else {
            return Ok(Noted::Applied);
        };
        row.tail.push(line);
        let is_new_day = row.newest_day != day;
        row.newest_day = day;
        if row.tail.len() > TAIL && row.tail.len() % TAIL == 1 {
            self.condense(py, place)?;
        }
        if is_new_day {
            self.active.entry(day).or_default().insert(place);
        }
        self.touch(place);
        Ok(Noted::Applied)
    }

    /// Tell whether live boards do not know any more what a row counts for.
    fn is_asleep(&self, place: Place) -> bool {
        let slot = &self.slots[place as usize];
        self.is_live && slot.rests && !slot.is_touched
    }

    fn note_evidence(
        &mut self,
        py: Python,
        event: &Event,
        day: i64,
        found: Option<Place>,
    ) -> PyResult<Noted> {
        let own_day = self.policy.calendar.day(py, event.at)?;
        let place = found.unwrap_or_else(|| self.begin(&event.buyer_id, own_day));
        let row = self.change(py, place)?;
        let is_sale = matches!(event.body, Body::Paid { .. });
        let effect =
            purchase(remember(row, event.at, is_sale), &event.event_id, event.at, &event.body);
        row.days.entry(&day).active = true;
        self.count(effect);
        self.follow(place, day, own_day)?;
        Ok(Noted::Applied)
    }

    fn count(&mut self, effect: Effect) {
        self.duplicates += i64::from(effect == Effect::Duplicate);
        self.unmatched_refunds += i64::from(effect == Effect::Unmatched);
    }

    /// Let boards and closing days know of evidence about `day`, which came on `own_day`.
    fn follow(&mut self, place: Place, day: i64, own_day: i64) -> PyResult<()> {
        if day <= own_day {
            let row = self.row(place)?;
            if row.newest_day != day {
                row.newest_day = day;
                self.active.entry(day).or_default().insert(place);
            }
        }
        self.touch(place);
        Ok(())
    }

    fn line(&mut self, py: Python, event: &Event) -> PyResult<Option<Line>> {
        let line = match &event.body {
            Body::Message { sender, text, agent_id, content, auto, assist } => {
                let rank = match sender {
                    Sender::Buyer => BUYER,
                    Sender::Agent => AGENT,
                    Sender::Bot => BOT,
                    Sender::System => SYSTEM,
                };
                let flags = (*auto, *assist);
                let (counts, traits) =
                    self.policy.read(py, &mut self.names, rank, text, *content, flags)?;
                Line {
                    at: event.at,
                    rank,
                    event_id: event.event_id.as_ref().into(),
                    agent_id: self.name(agent_id.as_deref()),
                    counts,
                    from_agent_id: self.nobody.clone(),
                    traits,
                }
            }
            Body::Transfer { to_agent_id, from_agent_id } => Line {
                at: event.at,
                rank: TRANSFER,
                event_id: event.event_id.as_ref().into(),
                agent_id: self.names.get(to_agent_id),
                counts: false,
                from_agent_id: self.name(from_agent_id.as_deref()),
                traits: NO_TRAITS.clone(),
            },
            _ => return Ok(None),
        };
        Ok(Some(line))
    }

    fn name(&mut self, agent_id: Option<&str>) -> Name {
        agent_id.map_or_else(|| self.nobody.clone(), |agent_id| self.names.get(agent_id))
    }

    fn place(&self, buyer_id: &str) -> Option<Place> {
        let is_it = |place: &Place| *self.slots[*place as usize].buyer_id == *buyer_id;
        self.places.find(self.hasher.hash_one(buyer_id), is_it).copied()
    }

    fn keep_place(&mut self, place: Place) {
        let (hasher, slots) = (&self.hasher, &self.slots);
        let hash = |place: &Place| hasher.hash_one(&*slots[*place as usize].buyer_id);
        self.places.insert_unique(hash(&place), place, hash);
    }

    fn find(&self, buyer_id: &str) -> PyResult<Place> {
        let place = self.place(buyer_id);
        place.ok_or_else(|| PyKeyError::new_err(buyer_id.to_owned()))
    }

    fn begin(&mut self, buyer_id: &str, day: i64) -> Place {
        let slot = Slot {
            buyer_id: buyer_id.into(),
            held: Held::Used(Box::new(Row::new(self.nobody.clone()))),
            changed_in: self.cut,
            saved_in: self.cut, // it is none of the present cut's
            is_touched: self.touched_gone.remove(buyer_id),
            rests: false,
        };
        let is_touched = slot.is_touched;
        let place = match self.free.pop() {
            Some(place) => {
                self.slots[place as usize] = slot;
                place
            }
            None => {
                self.slots.push(slot);
                (self.slots.len() - 1) as Place
            }
        };
        if is_touched {
            self.touched.push(place);
        }
        self.keep_place(place);
        self.expiring.entry(day).or_default().insert(place);
        place
    }

    /// Return a row to look at; it is unpacked if need be.
    fn row(&mut self, place: Place) -> PyResult<&mut Row> {
        let slot = &mut self.slots[place as usize];
        if let Held::Packed(bytes) = &slot.held {
            slot.held = Held::Used(Box::new(Row::read(bytes, &mut self.names)?));
        }
        match &mut slot.held {
            Held::Used(row) => Ok(row),
            _ => Err(PyKeyError::new_err(slot.buyer_id.to_string())),
        }
    }

    /// Return a row to change: the present cut has it as it was.
    fn change(&mut self, py: Python, place: Place) -> PyResult<&mut Row> {
        self.save(py, place)?;
        let slot = &mut self.slots[place as usize];
        slot.changed_in = self.cut;
        if slot.rests {
            slot.rests = false;
            self.resting -= 1;
        }
        self.row(place)
    }

    /// Pack a row for the present cut, unless that has it already.
    fn save(&mut self, py: Python, place: Place) -> PyResult<()> {
        let slot = &self.slots[place as usize];
        if slot.saved_in == self.cut || place < self.cut_at || place >= self.cut_end {
            return Ok(());
        }
        let bytes = self.packed(py, place)?;
        let slot = &mut self.slots[place as usize];
        slot.saved_in = self.cut;
        self.saved.push((slot.buyer_id.clone(), bytes));
        Ok(())
    }

    fn packed(&mut self, py: Python, place: Place) -> PyResult<Box<[u8]>> {
        if let Held::Packed(bytes) = &self.slots[place as usize].held {
            return Ok(bytes.clone());
        }
        self.condense(py, place)?;
        match &self.slots[place as usize].held {
            Held::Used(row) => Ok(compact::packed(&**row)),
            _ => Err(PyKeyError::new_err("a row that is gone")),
        }
    }

    fn condense(&mut self, py: Python, place: Place) -> PyResult<()> {
        if let Held::Used(row) = &mut self.slots[place as usize].held {
            let (policy, names) = (&mut self.policy, &mut self.names);
            self.duplicates += condense(py, row, policy, names, self.closed_through)?;
        }
        Ok(())
    }

    fn touch(&mut self, place: Place) {
        let slot = &mut self.slots[place as usize];
        if self.is_live && !slot.is_touched {
            slot.is_touched = true;
            self.touched.push(place);
            self.touched_count += 1;
        }
    }

    /// Return the buyers for whom a text becomes a campaign if this one sends it as well.
    fn completed_by(&self, day: i64, text: i64, found: Option<Place>) -> Vec<Place> {
        if text == 0 {
            return Vec::new();
        }
        let texts = if self.is_live { self.campaigns.get(&day) } else { None };
        let senders = texts.and_then(|texts| texts.get(&text)).map_or(&[][..], Senders::places);
        let is_new = found.is_none_or(|place| !senders.contains(&place));
        let is_next = senders.len() == CAMPAIGN_BUYERS - 1 && is_new;
        if is_next { senders.to_vec() } else { Vec::new() }
    }

    fn note_campaign(&mut self, day: i64, text: i64, place: Place) {
        let texts = self.campaigns.entry(day).or_default();
        let Some(senders) = texts.get_mut(&text) else {
            texts.insert(text, Senders::One(place));
            return;
        };
        let known = senders.places();
        if known.len() < CAMPAIGN_BUYERS && !known.contains(&place) {
            *senders = Senders::More([known, &[place]].concat());
        }
    }

    fn expect(&mut self, py: Python, place: Place) -> PyResult<()> {
        let row = self.row(place)?;
        let at = row.timelines.iter().map(forgotten_at).max().unwrap_or(0);
        let day = self.policy.calendar.day(py, at)? - OPEN_DAYS - 1;
        self.expiring.entry(day).or_default().insert(place);
        Ok(())
    }

    fn drop_row(&mut self, py: Python, place: Place) -> PyResult<()> {
        self.save(py, place)?;
        let slot = &mut self.slots[place as usize];
        slot.held = Held::Gone;
        self.resting -= usize::from(std::mem::take(&mut slot.rests));
        let hash = self.hasher.hash_one(&*slot.buyer_id);
        let buyer_id = std::mem::take(&mut slot.buyer_id);
        if let Ok(found) = self.places.find_entry(hash, |other| *other == place) {
            found.remove();
        }
        if std::mem::take(&mut slot.is_touched) {
            self.touched_count -= 1;
        }
        if self.is_live {
            self.touched_count += usize::from(self.touched_gone.insert(buyer_id));
        }
        self.free.push(place);
        if self.places.is_empty() {
            self.slots = Vec::new();
            self.free = Vec::new();
            self.touched = Vec::new();
            (self.cut_at, self.cut_end) = (0, 0);
        }
        Ok(())
    }
}

// ---- for Python

#[pymethods]
impl Notes {
    /// Begin with nothing. `policy` is a `chatpulse.conversations.policy.Policy`; with `is_live`
    /// the buyers whose numbers may have changed are collected.
    #[new]
    fn new(policy: &Bound<PyAny>, is_live: bool) -> PyResult<Notes> {
        let mut names = Names::default();
        Ok(Notes {
            policy: Policy::of(policy)?,
            nobody: names.get(""),
            names,
            is_live,
            clock: 0,
            closed_through: 0,
            next_close: 0,
            duplicates: 0,
            unmatched_refunds: 0,
            hasher: Hasher::default(),
            places: HashTable::new(),
            slots: Vec::new(),
            free: Vec::new(),
            resting: 0,
            touched: Vec::new(),
            touched_count: 0,
            touched_gone: HashSet::new(),
            active: BTreeMap::new(),
            expiring: BTreeMap::new(),
            campaigns: BTreeMap::new(),
            cut: 2,
            cut_at: 0,
            cut_end: 0,
            saved: Vec::new(),
            unchanged: Vec::new(),
        })
    }

    // -- events

    /// Note an event of `day`: True if applied, False if late; else, without any change, the
    /// buyers who have to be woken first.
    fn apply<'py>(
        &mut self,
        py: Python<'py>,
        event: &Bound<'py, PyAny>,
        day: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let texts = Texts::of(event)?;
        let Some(event) = texts.event(event)? else {
            return Err(PyValueError::new_err("no event of a chat or an order"));
        };
        match self.note(py, &event, day)? {
            Noted::Applied => Ok(true.into_pyobject(py)?.to_owned().into_any()),
            Noted::Late => Ok(false.into_pyobject(py)?.to_owned().into_any()),
            Noted::Rests => Ok(PyList::new(py, self.asleep(py, &event, day)?)?.into_any()),
        }
    }

    /// Note a person's verdict on `day`.
    fn mark(
        &mut self,
        py: Python,
        buyer_id: &str,
        event_id: &str,
        at: i64,
        verdict: &str,
        day: i64,
    ) -> PyResult<()> {
        let place = self.note_alone(py, buyer_id, at)?;
        let verdict = self.names.get(verdict);
        let row = self.change(py, place)?;
        let timeline = remember(row, at, false);
        let mark = Mark { at, event_id: event_id.into(), verdict };
        match timeline.marks.get(&day) {
            Some(before) if *before == mark => self.duplicates += 1,
            Some(before) if *before > mark => {}
            _ => timeline.marks.set(day, mark),
        }
        let own_day = self.policy.calendar.day(py, at)?;
        self.follow(place, day, own_day)
    }

    /// Remember that something happened in the conversation.
    fn remember(&mut self, py: Python, buyer_id: &str, at: i64) -> PyResult<()> {
        self.note_alone(py, buyer_id, at).map(|_| ())
    }

    // -- rows

    fn __len__(&self) -> usize {
        self.places.len()
    }

    fn __contains__(&self, buyer_id: &str) -> bool {
        self.place(buyer_id).is_some()
    }

    /// Return all buyers with a row.
    fn buyers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.places.iter().map(|place| &*self.slots[*place as usize].buyer_id))
    }

    /// How many rows rest.
    #[getter]
    fn resting(&self) -> usize {
        self.resting
    }

    /// Tell whether a buyer's row rests.
    fn rests(&self, buyer_id: &str) -> bool {
        self.place(buyer_id).is_some_and(|place| self.slots[place as usize].rests)
    }

    /// Let a row rest: packed, and told of before it changes.
    fn rest(&mut self, py: Python, buyer_id: &str) -> PyResult<()> {
        let place = self.find(buyer_id)?;
        let bytes = self.packed(py, place)?;
        let slot = &mut self.slots[place as usize];
        slot.held = Held::Packed(bytes);
        if !slot.rests {
            slot.rests = true;
            self.resting += 1;
        }
        Ok(())
    }

    /// Let a row rest no more.
    fn wake(&mut self, buyer_id: &str) -> PyResult<()> {
        let place = self.find(buyer_id)?;
        let slot = &mut self.slots[place as usize];
        if slot.rests {
            slot.rests = false;
            self.resting -= 1;
        }
        Ok(())
    }

    /// Return a row as MessagePack, with its tail tidy; raise KeyError without one.
    fn look<'py>(&mut self, py: Python<'py>, buyer_id: &str) -> PyResult<Bound<'py, PyBytes>> {
        let place = self.find(buyer_id)?;
        self.condense(py, place)?;
        let bytes = match &self.slots[place as usize].held {
            Held::Used(row) => msgpack::packed(&**row),
            Held::Packed(bytes) => msgpack::packed(&Row::read(bytes, &mut self.names)?),
            Held::Gone => return Err(PyKeyError::new_err(buyer_id.to_owned())),
        };
        Ok(PyBytes::new(py, &bytes))
    }

    /// Put a row in the place of the one there is.
    fn put(&mut self, py: Python, buyer_id: &str, packed: &[u8]) -> PyResult<()> {
        let place = self.find(buyer_id)?;
        let row = Row::read(packed, &mut self.names)?;
        *self.change(py, place)? = row;
        Ok(())
    }

    // -- who changed

    /// Say that a buyer's numbers may have changed.
    fn touch_buyer(&mut self, buyer_id: &str) {
        match self.place(buyer_id) {
            Some(place) => self.touch(place),
            None if self.is_live => {
                self.touched_count += usize::from(self.touched_gone.insert(buyer_id.into()));
            }
            None => {}
        }
    }

    /// How many buyers' numbers may have changed.
    #[getter]
    fn touched(&self) -> usize {
        self.touched_count
    }

    /// Tell whether a buyer's numbers may have changed.
    fn is_touched(&self, buyer_id: &str) -> bool {
        match self.place(buyer_id) {
            Some(place) => self.slots[place as usize].is_touched,
            None => self.touched_gone.contains(buyer_id),
        }
    }

    /// Take one buyer whose numbers may have changed; None if there is none.
    fn take_touched(&mut self) -> Option<String> {
        while let Some(place) = self.touched.pop() {
            let slot = &mut self.slots[place as usize];
            if std::mem::take(&mut slot.is_touched) {
                self.touched_count -= 1;
                return Some(slot.buyer_id.to_string());
            }
        }
        let buyer_id = self.touched_gone.iter().next()?.clone();
        self.touched_gone.remove(&buyer_id);
        self.touched_count -= 1;
        Some(buyer_id.into())
    }

    /// Return all of them.
    fn touched_buyers(&self) -> Vec<String> {
        let here = self.slots.iter().filter(|slot| slot.is_touched).map(|slot| &slot.buyer_id);
        here.chain(&self.touched_gone).map(|buyer_id| buyer_id.to_string()).collect()
    }

    /// Tell whether enough buyers sent a text on a day.
    fn in_campaign(&self, day: i64, text: i64) -> bool {
        let senders = self.campaigns.get(&day).and_then(|texts| texts.get(&text));
        senders.is_some_and(|senders| senders.places().len() >= CAMPAIGN_BUYERS)
    }

    // -- days

    /// The days on which anything happened and that are not closed.
    fn active_days(&self) -> Vec<i64> {
        self.active.keys().copied().collect()
    }

    /// Take the buyers of a day that closes.
    fn close(&mut self, day: i64) -> Vec<String> {
        let places = self.active.remove(&day).unwrap_or_default();
        let slots = places.iter().filter_map(|place| self.slots.get(*place as usize));
        let here = slots.filter(|slot| !matches!(slot.held, Held::Gone));
        here.map(|slot| slot.buyer_id.to_string()).collect()
    }

    /// Drop the rows that nothing can change any more, now that days `through` are closed. They
    /// count for no open day, so that nobody has to be woken.
    fn forget(&mut self, py: Python, through: i64) -> PyResult<()> {
        self.campaigns = self.campaigns.split_off(&(through + 1));
        let mut due = HashSet::new();
        while let Some(day) = self.expiring.first_key_value().map(|(day, _)| *day)
            && day <= through
        {
            due.extend(self.expiring.remove(&day).unwrap_or_default());
        }
        for place in due {
            let slot = self.slots.get(place as usize);
            if slot.is_none_or(|slot| matches!(slot.held, Held::Gone)) {
                continue;
            }
            let clock = self.clock;
            let row = self.row(place)?;
            if row.timelines.iter().all(|timeline| forgotten_at(timeline) <= clock) {
                self.drop_row(py, place)?;
                continue;
            }
            if row.timelines.iter().any(|timeline| forgotten_at(timeline) <= clock) {
                self.save(py, place)?;
                let row = self.row(place)?;
                row.timelines.retain(|timeline| forgotten_at(timeline) > clock);
            }
            self.expect(py, place)?;
        }
        Ok(())
    }

    /// Return how much is held, for telling whether it grows: bytes of rows packed, and entries of
    /// all else.
    fn held(&mut self, py: Python) -> PyResult<usize> {
        let mut held = self.slots.len() + self.free.len() + self.touched.len();
        held += self.touched_gone.len() + self.saved.len() + self.unchanged.len();
        held += self.active.values().chain(self.expiring.values()).map(HashSet::len).sum::<usize>();
        let texts = self.campaigns.values().flat_map(HashMap::values);
        held += texts.map(|senders| senders.places().len()).sum::<usize>();
        for place in self.places.iter().copied().collect::<Vec<_>>() {
            held += self.packed(py, place)?.len();
        }
        Ok(held)
    }

    /// Return what a buyer's text says, as `Traits` is on the wire.
    fn read_text<'py>(&mut self, py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyBytes>> {
        let traits = self.policy.traits(py, &mut self.names, text)?;
        Ok(PyBytes::new(py, &msgpack::packed(&traits)))
    }

    // -- checkpoints

    /// Take over packed rows; what else is known of days and campaigns, they tell.
    fn restore(&mut self, py: Python, rows: &Bound<pyo3::types::PyDict>) -> PyResult<()> {
        for (buyer_id, packed) in rows {
            let buyer_id = buyer_id.cast_into::<PyString>()?;
            let packed = packed.cast_into::<PyBytes>()?;
            self.restore_row(py, buyer_id.to_str()?, packed.as_bytes())?;
        }
        Ok(())
    }

    /// Begin a cut of all rows as they are now; it ends the one before.
    fn begin_cut(&mut self) -> u32 {
        self.cut += 1;
        self.cut_at = 0;
        self.cut_end = self.slots.len() as Place;
        self.saved = Vec::new();
        self.unchanged = Vec::new();
        self.cut
    }

    /// Return up to `most` more rows of a cut, `(buyer, packed)`; none at its end.
    fn read_cut<'py>(
        &mut self,
        py: Python<'py>,
        cut: u32,
        most: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        if cut != self.cut {
            let reason = "a newer cut was taken before this one was read to its end";
            return Err(PyRuntimeError::new_err(reason));
        }
        let rows = PyList::empty(py);
        while rows.len() < most && self.cut_at < self.cut_end {
            let place = self.cut_at;
            self.cut_at += 1;
            let slot = &mut self.slots[place as usize];
            if slot.saved_in == cut || matches!(slot.held, Held::Gone) {
                continue;
            }
            slot.saved_in = cut;
            let is_used = matches!(slot.held, Held::Used(_));
            if is_used && !slot.rests && slot.changed_in + 2 <= cut {
                self.unchanged.push(place);
            }
            let bytes = self.packed(py, place)?;
            let buyer_id = &*self.slots[place as usize].buyer_id;
            rows.append((buyer_id, PyBytes::new(py, &bytes)))?;
            if is_used && self.slots[place as usize].rests {
                self.slots[place as usize].held = Held::Packed(bytes); // looked at meanwhile
            }
        }
        while rows.len() < most && self.cut_at == self.cut_end {
            let Some((buyer_id, bytes)) = self.saved.pop() else {
                break;
            };
            rows.append((&*buyer_id, PyBytes::new(py, &bytes)))?;
        }
        Ok(rows)
    }

    /// Take the buyers whose rows the last two cuts found unchanged.
    fn take_unchanged(&mut self) -> Vec<String> {
        let places = std::mem::take(&mut self.unchanged);
        let slots = places.iter().map(|place| &self.slots[*place as usize]);
        slots
            .filter(|slot| slot.changed_in + 2 <= self.cut && !matches!(slot.held, Held::Gone))
            .map(|slot| slot.buyer_id.to_string())
            .collect()
    }
}

// ---- parts of the above

impl Notes {
    fn note_alone(&mut self, py: Python, buyer_id: &str, at: i64) -> PyResult<Place> {
        let day = self.policy.calendar.day(py, at)?;
        let found = self.place(buyer_id);
        let place = found.unwrap_or_else(|| self.begin(buyer_id, day));
        remember(self.change(py, place)?, at, false);
        Ok(place)
    }

    /// Return the buyers whose rows rest and whose numbers an event would change.
    fn asleep(&mut self, py: Python, event: &Event, day: i64) -> PyResult<Vec<String>> {
        let found = self.place(&event.buyer_id);
        let campaign = self.line(py, event)?.map_or(0, |line| line.traits.campaign);
        let mut places = self.completed_by(day, campaign, found);
        places.extend(found);
        places.retain(|place| self.is_asleep(*place));
        Ok(places.iter().map(|place| self.slots[*place as usize].buyer_id.to_string()).collect())
    }

    fn restore_row(&mut self, py: Python, buyer_id: &str, packed: &[u8]) -> PyResult<()> {
        let mut row = Row::read(packed, &mut self.names)?;
        let packed = if is_tidy(&row) && packed.first() == Some(&compact::FORM) {
            packed.into()
        } else {
            self.duplicates += tidy(&mut row); // earlier versions packed tails as they came
            compact::packed(&row)
        };
        let place = self.slots.len() as Place;
        let mut days = Vec::with_capacity(2);
        if row.newest_day > self.closed_through {
            days.push(row.newest_day); // of which a mark or transfer leaves no trace
        }
        for (day, facts) in &row.days.0 {
            days.push(*day);
            for text in &facts.campaigns {
                self.note_campaign(*day, *text, place);
            }
        }
        for line in &row.tail {
            let day = self.policy.calendar.day(py, line.at)?;
            days.push(day);
            if line.traits.campaign != 0 {
                self.note_campaign(day, line.traits.campaign, place);
            }
        }
        for day in days {
            self.active.entry(day).or_default().insert(place);
        }
        let at = row.timelines.iter().map(forgotten_at).max().unwrap_or(0);
        let day = self.policy.calendar.day(py, at)? - OPEN_DAYS - 1;
        self.expiring.entry(day).or_default().insert(place);
        self.slots.push(Slot {
            buyer_id: buyer_id.into(),
            held: Held::Packed(packed),
            changed_in: 0,
            saved_in: self.cut,
            is_touched: false,
            rests: true,
        });
        self.keep_place(place);
        self.resting += 1;
        if !(row.days.0.is_empty() && row.tail.is_empty()) {
            self.touch(place);
        }
        Ok(())
    }
}

/// The texts of a Python event, which `Event` borrows.
struct Texts {
    kind: String,
    event_id: String,
    shop_id: String,
    buyer_id: String,
    first: String,
    second: Option<String>,
}

impl Texts {
    fn of(event: &Bound<PyAny>) -> PyResult<Texts> {
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

    fn event<'a>(&'a self, event: &Bound<PyAny>) -> PyResult<Option<Event<'a>>> {
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
