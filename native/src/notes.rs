//! What a shop's events leave behind: `chatpulse.scoreboard.shop`, as far as events go in.
//!
//! Rows lie here, in use or packed, and with them the live boards that count them.

use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher;

use hashbrown::{HashMap, HashSet, HashTable};
use pyo3::exceptions::{PyKeyError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use smol_str::SmolStr;

use crate::boards::{Boards, Place};
use crate::campaigns::Campaigns;
use crate::chat::{condense, tidy};
use crate::decoded::Texts;
use crate::event::{Body, Content, Event, Sender};
use crate::evidence::{Effect, forgotten_at, last_forgotten_at, purchase, remember};
use crate::panics::guarded;
use crate::policy::Policy;
use crate::row::{AGENT, BOT, BUYER, LATENESS, Line, Mark, NO_TRAITS, Row, SYSTEM, TRANSFER};
use crate::tally::{Counter, NAMES, Numbers, Tally};
use crate::view::View;
use crate::wire::{Hasher, Name, Names};
use crate::{compact, msgpack};

/// Lines beyond which the settled part of a tail is folded.
const TAIL: usize = 24;
const OPEN_DAYS: i64 = 8;

enum Held {
    Used(Box<Row>),
    /// In memory of Python's: pieces that stay would hold that of rows which come and go.
    Packed(Py<PyBytes>),
    Gone,
}

/// A buyer's place. `changed_in` and `saved_in` are numbers of cuts.
struct Slot {
    buyer_id: SmolStr,
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
}

#[pyclass(module = "chatpulse_native")]
pub struct Notes {
    policy: Policy,
    names: Names,
    /// The boards; None in a replay, where nobody looks on.
    boards: Option<Boards>,
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
    /// In the order in which they were touched: nobody waits for those who come later.
    touched: VecDeque<Place>,
    touched_count: usize,
    active: BTreeMap<i64, HashSet<Place>>,
    expiring: BTreeMap<i64, HashSet<Place>>,
    campaigns: Campaigns,
    cut: u32,
    /// How far the present cut has been read, and how far it goes.
    cut_at: Place,
    cut_end: Place,
    saved: Vec<(SmolStr, Py<PyBytes>)>,
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

    /// Note an event of `day`.
    pub fn note(&mut self, py: Python, event: &Event, day: i64) -> PyResult<Noted> {
        let found = self.place(&event.buyer_id);
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
            && at < self.row(py, place)?.newest_chat_at - LATENESS
        {
            return Ok(Noted::Late);
        }
        let is_recall = matches!(event.body, Body::Message { content: Content::Recall, .. });
        let line = if is_recall { None } else { self.line(py, event)? };
        let campaign = line.as_ref().map_or(0, |line| line.traits.campaign);
        let completed = self.completed_by(day, campaign, found);
        let place = found.unwrap_or_else(|| self.begin(&event.buyer_id, day));
        for sender in completed {
            self.rouse(py, sender)?; // while what it counted for still holds
            self.touch(sender);
        }
        if campaign != 0 {
            self.campaigns.add(day, campaign, place);
        }
        let row = self.change(py, place)?;
        row.newest_chat_at = row.newest_chat_at.max(at);
        remember(row, at, false);
        let Some(line) = line else {
            return Ok(Noted::Applied);
        };
        row.tail.push(line);
        if row.tail.len() > TAIL && row.tail.len() % TAIL == 1 {
            self.condense(py, place)?;
        }
        self.follow(py, place, day)?;
        Ok(Noted::Applied)
    }

    fn note_evidence(
        &mut self,
        py: Python,
        event: &Event,
        day: i64,
        found: Option<Place>,
    ) -> PyResult<Noted> {
        let place = found.unwrap_or_else(|| self.begin(&event.buyer_id, day));
        let row = self.change(py, place)?;
        let is_sale = matches!(event.body, Body::Paid { .. });
        let effect =
            purchase(remember(row, event.at, is_sale), &event.event_id, event.at, &event.body);
        row.days.entry(&day).active = true;
        self.count(effect);
        self.follow(py, place, day)?;
        Ok(Noted::Applied)
    }

    fn count(&mut self, effect: Effect) {
        self.duplicates += i64::from(effect == Effect::Duplicate);
        self.unmatched_refunds += i64::from(effect == Effect::Unmatched);
    }

    /// Let boards and closing days know that something of `day` was noted in a row.
    fn follow(&mut self, py: Python, place: Place, day: i64) -> PyResult<()> {
        let row = self.row(py, place)?;
        if row.newest_day != day {
            row.newest_day = day;
            self.active.entry(day).or_default().insert(place);
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

    /// Look for a buyer's row, so that it is near by when it is asked for.
    pub fn look_for(&self, buyer_id: &str) {
        if let Some(place) = self.place(buyer_id)
            && let Held::Used(row) = &self.slots[place as usize].held
        {
            std::hint::black_box(row.newest_chat_at);
        }
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
            is_touched: false,
            rests: false,
        };
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
        self.keep_place(place);
        self.expiring.entry(day).or_default().insert(place);
        place
    }

    /// Return a row to look at; it is unpacked if need be.
    fn row(&mut self, py: Python, place: Place) -> PyResult<&mut Row> {
        let slot = &mut self.slots[place as usize];
        if let Held::Packed(bytes) = &slot.held {
            slot.held = Held::Used(Box::new(Row::read(bytes.as_bytes(py), &mut self.names)?));
        }
        match &mut slot.held {
            Held::Used(row) => Ok(row),
            _ => Err(PyKeyError::new_err(slot.buyer_id.to_string())),
        }
    }

    /// Return a row to change: the present cut has it as it was.
    fn change(&mut self, py: Python, place: Place) -> PyResult<&mut Row> {
        self.save(py, place)?;
        self.rouse(py, place)?;
        self.slots[place as usize].changed_in = self.cut;
        self.row(py, place)
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

    fn packed(&mut self, py: Python, place: Place) -> PyResult<Py<PyBytes>> {
        if let Held::Packed(bytes) = &self.slots[place as usize].held {
            return Ok(bytes.clone_ref(py));
        }
        self.condense(py, place)?;
        match &self.slots[place as usize].held {
            Held::Used(row) => Ok(PyBytes::new(py, &compact::packed(&**row)).unbind()),
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
        if self.boards.is_some() && !slot.is_touched {
            slot.is_touched = true;
            self.touched.push_back(place);
            self.touched_count += 1;
        }
    }

    /// Return the buyers for whom a text becomes a campaign if this one sends it as well.
    fn completed_by(&self, day: i64, text: i64, found: Option<Place>) -> Vec<Place> {
        if text == 0 || self.boards.is_none() {
            return Vec::new();
        }
        self.campaigns.completed_by(day, text, found)
    }

    /// Note when a row may be forgotten that nothing can change from the instant `at` on.
    fn expect(&mut self, py: Python, place: Place, at: i64) -> PyResult<()> {
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
        slot.buyer_id = SmolStr::default();
        if let Ok(found) = self.places.find_entry(hash, |other| *other == place) {
            found.remove();
        }
        if std::mem::take(&mut slot.is_touched) {
            self.touched_count -= 1;
        }
        if let Some(boards) = &mut self.boards {
            boards.drop(place);
        }
        self.free.push(place);
        if self.places.is_empty() {
            self.slots = Vec::new();
            self.free = Vec::new();
            self.touched = VecDeque::new();
            (self.cut_at, self.cut_end) = (0, 0);
        }
        Ok(())
    }
}

// ---- boards

impl Notes {
    /// Let a row rest no more, before it changes: what it counts for is found again.
    fn rouse(&mut self, py: Python, place: Place) -> PyResult<()> {
        let slot = &mut self.slots[place as usize];
        if slot.rests {
            slot.rests = false;
            self.resting -= 1;
            if self.find_again(py, place)? {
                self.touch(place);
            }
        }
        Ok(())
    }

    /// Find again what a row that rested counts for: as of any instant between the last count and
    /// the first deadline after it. Tell whether its time had come.
    fn find_again(&mut self, py: Python, place: Place) -> PyResult<bool> {
        let Some(mut boards) = self.boards.take() else {
            return Ok(false);
        };
        let came = boards.overdue.remove(&place);
        let mut found = Ok(());
        if !self.slots[place as usize].is_touched && !boards.is_counted(place) {
            let counted_at = came.map_or(boards.now, |at| at - 1);
            found =
                self.with_view(py, place, counted_at, boards.since(), |view, policy, tallies| {
                    boards.recall(py, place, view, policy, tallies)
                });
        }
        self.boards = Some(boards);
        found.map(|()| came.is_some())
    }

    fn recount(&mut self, py: Python, place: Place) -> PyResult<()> {
        let Some(mut boards) = self.boards.take() else {
            return Ok(());
        };
        let rests = self.slots[place as usize].rests;
        let (now, since) = (boards.now, boards.since());
        let counted = self.with_view(py, place, now, since, |view, policy, tallies| {
            boards.count(py, place, view, policy, tallies, rests)
        });
        self.boards = Some(boards);
        counted
    }

    /// Show a conversation as of `now`, with the tallies of its days, to `see`.
    fn with_view(
        &mut self,
        py: Python,
        place: Place,
        now: i64,
        since: i64,
        see: impl FnOnce(&mut View, &mut Policy, Vec<(i64, Tally)>) -> PyResult<()>,
    ) -> PyResult<()> {
        self.condense(py, place)?;
        let slot = &mut self.slots[place as usize];
        let mut unpacked = None;
        let row = match &mut slot.held {
            Held::Used(row) => &mut **row,
            Held::Packed(bytes) => unpacked.insert(Row::read(bytes.as_bytes(py), &mut self.names)?),
            Held::Gone => return Ok(()),
        };
        let (policy, nobody, campaigns) = (&mut self.policy, &self.nobody, &self.campaigns);
        let in_campaign = |day: i64, text: i64| campaigns.contains(day, text);
        let times = (now, self.closed_through);
        let mut view = View::new(py, row, &slot.buyer_id, policy, nobody, times, &in_campaign)?;
        let days: Vec<i64> = view.days.0.iter().map(|(day, _)| *day).collect();
        let mut tallies = Vec::with_capacity(days.len());
        for day in days {
            let mut counter = Counter { py, view: &mut view, policy, nobody };
            tallies.push((day, counter.tally(day, since)?));
        }
        see(&mut view, policy, tallies)
    }

    fn refresh_some(&mut self, py: Python, now: i64, limit: usize) -> PyResult<usize> {
        let slots = &self.slots;
        let rests = |place: Place| {
            slots.get(place as usize).is_some_and(|slot| slot.rests && !slot.is_touched)
        };
        let Some(boards) = &mut self.boards else {
            return Ok(0);
        };
        for place in boards.pass_time(now, self.closed_through, rests) {
            self.touch(place);
        }
        let mut count = 0;
        while count < limit {
            let Some(place) = self.next_touched() else {
                break;
            };
            self.recount(py, place)?;
            count += 1;
        }
        while count < limit {
            let overdue = self.boards.as_ref().and_then(|boards| boards.overdue.first_key_value());
            let Some((place, _)) = overdue.map(|(place, at)| (*place, *at)) else {
                break;
            };
            self.find_again(py, place)?;
            self.recount(py, place)?;
            count += 1;
        }
        Ok(count)
    }

    fn next_touched(&mut self) -> Option<Place> {
        while let Some(place) = self.touched.pop_front() {
            let slot = self.slots.get_mut(place as usize);
            if slot.is_some_and(|slot| std::mem::take(&mut slot.is_touched)) {
                self.touched_count -= 1;
                return Some(place);
            }
        }
        None
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
            boards: is_live.then(Boards::new),
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
            touched: VecDeque::new(),
            touched_count: 0,
            active: BTreeMap::new(),
            expiring: BTreeMap::new(),
            campaigns: Campaigns::default(),
            cut: 2,
            cut_at: 0,
            cut_end: 0,
            saved: Vec::new(),
        })
    }

    // -- events

    /// Note an event of `day`; tell whether it was applied, or late.
    fn apply(&mut self, py: Python, event: &Bound<PyAny>, day: i64) -> PyResult<bool> {
        let texts = Texts::of(event)?;
        let Some(event) = texts.event(event)? else {
            return Err(PyValueError::new_err("no event of a chat or an order"));
        };
        guarded(|| Ok(self.note(py, &event, day)? == Noted::Applied))
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
        let (place, own_day) = self.place_at(py, buyer_id, at)?;
        let verdict = self.names.get(verdict);
        let timeline = remember(self.change(py, place)?, at, false);
        let mark = Mark { at, event_id: event_id.into(), verdict };
        match timeline.marks.get(&day) {
            Some(before) if *before == mark => self.duplicates += 1,
            Some(before) if *before > mark => {}
            _ => timeline.marks.set(day, mark),
        }
        if day <= own_day {
            return self.follow(py, place, day);
        }
        self.touch(place); // marked for a day to come, which may never come
        Ok(())
    }

    /// Remember that something happened in the conversation.
    fn remember(&mut self, py: Python, buyer_id: &str, at: i64) -> PyResult<()> {
        let (place, _) = self.place_at(py, buyer_id, at)?;
        remember(self.change(py, place)?, at, false);
        Ok(())
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

    /// Let a row rest no more: it is about to be changed.
    fn wake(&mut self, py: Python, buyer_id: &str) -> PyResult<()> {
        let place = self.find(buyer_id)?;
        self.rouse(py, place)
    }

    /// Return a row as MessagePack, with its tail tidy; raise KeyError without one.
    fn look<'py>(&mut self, py: Python<'py>, buyer_id: &str) -> PyResult<Bound<'py, PyBytes>> {
        let place = self.find(buyer_id)?;
        self.condense(py, place)?;
        let bytes = match &self.slots[place as usize].held {
            Held::Used(row) => msgpack::packed(&**row),
            Held::Packed(bytes) => {
                msgpack::packed(&Row::read(bytes.as_bytes(py), &mut self.names)?)
            }
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
        if let Some(place) = self.place(buyer_id) {
            self.touch(place);
        }
    }

    /// Return the buyers whose numbers may have changed since they were counted.
    fn touched_buyers(&self) -> Vec<String> {
        let touched = self.slots.iter().filter(|slot| slot.is_touched);
        touched.map(|slot| slot.buyer_id.to_string()).collect()
    }

    /// How many conversations changed, or had their time come, and are not counted again yet.
    #[getter]
    fn uncounted(&self) -> usize {
        self.touched_count + self.boards.as_ref().map_or(0, |boards| boards.overdue.len())
    }

    /// Bring the boards up to `now`, counting at most `limit` conversations again; return how many
    /// were.
    fn refresh(&mut self, py: Python, now: i64, limit: usize) -> PyResult<usize> {
        guarded(|| self.refresh_some(py, now, limit))
    }

    // -- reading the boards, as of the last refresh

    /// The instant of the last refresh.
    #[getter]
    fn now(&self) -> i64 {
        self.boards.as_ref().map_or(0, |boards| boards.now)
    }

    /// Return the numbers by owner and name of the current minute and the `length - 1` before it.
    fn window<'py>(&self, py: Python<'py>, length: i64) -> PyResult<Bound<'py, PyDict>> {
        let sums = self.boards.as_ref().map(|boards| boards.window(length)).unwrap_or_default();
        named(py, &sums)
    }

    /// Return the shop's own numbers of one minute by name.
    fn minute<'py>(&self, py: Python<'py>, minute: i64) -> PyResult<Bound<'py, PyDict>> {
        let boards = self.boards.as_ref();
        match boards.and_then(|boards| boards.minute(minute, &self.nobody)) {
            Some(numbers) => named_numbers(py, &numbers),
            None => Ok(PyDict::new(py)),
        }
    }

    /// The days that have a board.
    fn board_days(&self) -> Vec<i64> {
        self.boards.as_ref().map_or_else(Vec::new, |boards| boards.days.keys().copied().collect())
    }

    /// Return the numbers by owner and name of a day; None without a board.
    fn day_counts<'py>(&self, py: Python<'py>, day: i64) -> PyResult<Option<Bound<'py, PyDict>>> {
        let board = self.boards.as_ref().and_then(|boards| boards.days.get(&day));
        board.map(|board| named(py, &board.counts)).transpose()
    }

    /// Return by owner and minute how many more conversations there are than the minute before.
    fn day_steps<'py>(&self, py: Python<'py>, day: i64) -> PyResult<Bound<'py, PyDict>> {
        let steps = PyDict::new(py);
        if let Some(board) = self.boards.as_ref().and_then(|boards| boards.days.get(&day)) {
            for (owner, minutes) in &board.steps {
                let own = PyDict::new(py);
                for (minute, step) in minutes.iter().filter(|(_, step)| **step != 0) {
                    own.set_item(minute, step)?;
                }
                steps.set_item(&**owner, own)?;
            }
        }
        Ok(steps)
    }

    /// Return the buyers who wait now: `(assignee, since, agent_since)` each.
    fn open_waits(&self) -> Vec<(String, i64, i64)> {
        let Some(boards) = &self.boards else {
            return Vec::new();
        };
        let waits = boards.open_waits();
        waits.map(|wait| (wait.assignee.to_string(), wait.since, wait.agent_since)).collect()
    }

    /// Return the assignee of each conversation with a message in the last 10 minutes.
    fn active_assignees(&self) -> Vec<String> {
        let Some(boards) = &self.boards else {
            return Vec::new();
        };
        boards.active_assignees().map(|assignee| assignee.to_string()).collect()
    }

    /// The response times so far, by bucket of the histogram, and their sum in milliseconds.
    fn responses(&self) -> (Vec<i64>, i64) {
        let Some(boards) = &self.boards else {
            return (Vec::new(), 0);
        };
        (boards.response_counts.to_vec(), boards.response_ms_sum)
    }

    /// Tell whether enough buyers sent a text on a day.
    fn in_campaign(&self, day: i64, text: i64) -> bool {
        self.campaigns.contains(day, text)
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
        self.campaigns.forget(through);
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
            let row = self.row(py, place)?;
            let last = last_forgotten_at(row);
            if last <= clock {
                self.drop_row(py, place)?;
                continue;
            }
            if row.timelines.iter().any(|timeline| forgotten_at(timeline) <= clock) {
                self.save(py, place)?;
                let row = self.row(py, place)?;
                row.timelines.retain(|timeline| forgotten_at(timeline) > clock);
            }
            self.expect(py, place, last)?;
        }
        Ok(())
    }

    /// Return how much is held, for telling whether it grows: bytes of rows packed, and entries of
    /// all else.
    fn held(&mut self, py: Python) -> PyResult<usize> {
        let mut held = self.slots.len() + self.free.len() + self.touched.len();
        held += self.saved.len() + self.boards.as_ref().map_or(0, Boards::held);
        held += self.active.values().chain(self.expiring.values()).map(HashSet::len).sum::<usize>();
        held += self.campaigns.held();
        for place in self.places.iter().copied().collect::<Vec<_>>() {
            held += self.packed(py, place)?.as_bytes(py).len();
        }
        Ok(held)
    }

    /// Return what a buyer's text says, as `Traits` is on the wire.
    fn read_text<'py>(&mut self, py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyBytes>> {
        let traits = self.policy.traits(py, &mut self.names, text)?;
        Ok(PyBytes::new(py, &msgpack::packed(&traits)))
    }

    // -- checkpoints

    /// Begin a cut of all rows as they are now; it ends the one before.
    fn begin_cut(&mut self) -> u32 {
        self.cut += 1;
        self.cut_at = 0;
        self.cut_end = self.slots.len() as Place;
        self.saved = Vec::new();
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
            let is_unchanged = slot.changed_in + 2 <= cut && !slot.is_touched;
            let bytes = self.packed(py, place)?;
            let slot = &mut self.slots[place as usize];
            rows.append((&*slot.buyer_id, &bytes))?;
            if is_unchanged && !slot.rests {
                slot.rests = true;
                self.resting += 1;
                if let Some(boards) = &mut self.boards {
                    boards.rest(place);
                }
            }
            if slot.rests {
                slot.held = Held::Packed(bytes);
            }
        }
        while rows.len() < most && self.cut_at == self.cut_end {
            let Some((buyer_id, bytes)) = self.saved.pop() else {
                break;
            };
            rows.append((&*buyer_id, bytes))?;
        }
        Ok(rows)
    }
}

// ---- parts of the above

impl Notes {
    /// Return the place of a buyer, new or not, and the day of the instant `at`.
    fn place_at(&mut self, py: Python, buyer_id: &str, at: i64) -> PyResult<(Place, i64)> {
        let day = self.policy.calendar.day(py, at)?;
        let found = self.place(buyer_id);
        Ok((found.unwrap_or_else(|| self.begin(buyer_id, day)), day))
    }

    /// Take over the packed row of a buyer; what else is known of days and campaigns, it tells.
    pub fn restore(&mut self, py: Python, buyer_id: &str, packed: Bound<PyBytes>) -> PyResult<()> {
        if self.place(buyer_id).is_some() {
            return Err(PyValueError::new_err("a second row of the same buyer"));
        }
        let (row, packed) = match Row::glance(packed.as_bytes(), &mut self.names)? {
            Some(row) => (row, packed),
            None => {
                let mut row = Row::read(packed.as_bytes(), &mut self.names)?;
                self.duplicates += tidy(&mut row); // earlier versions packed tails as they came
                let packed = PyBytes::new(py, &compact::packed(&row));
                (row, packed)
            }
        };
        let place = self.slots.len() as Place;
        let mut days = Vec::with_capacity(2);
        if row.newest_day > self.closed_through {
            days.push(row.newest_day); // of which a mark or transfer leaves no trace
        }
        for (day, facts) in &row.days.0 {
            days.push(*day);
            for text in &facts.campaigns {
                self.campaigns.add(*day, *text, place);
            }
        }
        for line in &row.tail {
            let day = self.policy.calendar.day(py, line.at)?;
            days.push(day);
            if line.traits.campaign != 0 {
                self.campaigns.add(day, line.traits.campaign, place);
            }
        }
        for day in days {
            self.active.entry(day).or_default().insert(place);
        }
        self.expect(py, place, last_forgotten_at(&row))?;
        self.slots.push(Slot {
            buyer_id: buyer_id.into(),
            held: Held::Packed(packed.unbind()),
            changed_in: 0,
            saved_in: self.cut,
            is_touched: false,
            rests: true,
        });
        self.keep_place(place);
        self.resting += 1;
        if !(row.days.0.is_empty() && row.tail.is_empty()) {
            self.touch(place);
            if let Some(boards) = &mut self.boards {
                boards.restore(place);
            }
        }
        Ok(())
    }
}

/// Return the numbers that are not zero, by owner and name.
fn named<'py>(
    py: Python<'py>,
    owners: &HashMap<Name, Box<Numbers>>,
) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    for (owner, numbers) in owners {
        let own = named_numbers(py, numbers)?;
        if !own.is_empty() {
            found.set_item(&**owner, own)?;
        }
    }
    Ok(found)
}

fn named_numbers<'py>(py: Python<'py>, numbers: &Numbers) -> PyResult<Bound<'py, PyDict>> {
    static WORDS: PyOnceLock<Vec<Py<PyString>>> = PyOnceLock::new();
    let words = || NAMES.iter().map(|name| PyString::intern(py, name).unbind()).collect();
    let words = WORDS.get_or_init(py, words);
    let found = PyDict::new(py);
    for (word, number) in words.iter().zip(numbers) {
        if *number != 0 {
            found.set_item(word, number)?;
        }
    }
    Ok(found)
}
