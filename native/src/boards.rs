//! Live boards of one shop, kept up to date by differences: `chatpulse.scoreboard.live`.
//!
//! A conversation that was touched, or whose time has come, is counted again; what it counted for
//! before is compared with that. Of rows that rest nothing is kept: before one changes, what it
//! counts for is found again.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use hashbrown::{HashMap, HashSet};
use pyo3::prelude::*;

use crate::chat::{PATIENCE, SILENCE, agent_clock};
use crate::policy::Policy;
use crate::tally::{BOUNDS, Moment, NAMES, Numbers, Owner, RESPONSE_MS_SUM, Tally, bucket};
use crate::view::View;
use crate::wire::Name;

pub const MINUTE: i64 = 60_000;
/// What is kept by minute: enough for an hour of 5-minute windows.
const KEPT_MINUTES: i64 = 60 + 5 - 1;

pub type Place = u32;

/// A buyer who waits: for whom, since when, and since when for the assignee.
#[derive(Clone)]
pub struct OpenWait {
    pub assignee: Name,
    pub since: i64,
    pub agent_since: i64,
}

/// A number that is not zero, by its place in `NAMES`.
#[derive(PartialEq)]
struct Count {
    owner: Owner,
    name: u8,
    number: i64,
}

/// A tally as the boards remember it.
#[derive(Default)]
struct Summed {
    owners: Box<[Name]>,
    counts: Box<[Count]>,
    spans: Box<[(Owner, i64, i64)]>,
    moments: Box<[Moment]>,
}

impl Summed {
    fn of(tally: Tally) -> Summed {
        let mut counts = Vec::with_capacity(tally.owners.len() * NAMES.len() / 2);
        for (owner, (_, numbers)) in tally.owners.iter().enumerate() {
            let solid = numbers.iter().enumerate().filter(|(_, number)| **number != 0);
            counts.extend(solid.map(|(name, number)| Count {
                owner: owner as Owner,
                name: name as u8,
                number: *number,
            }));
        }
        Summed {
            owners: tally.owners.into_iter().map(|(owner, _)| owner).collect(),
            counts: counts.into(),
            spans: tally.spans.into(),
            moments: tally.moments.into(),
        }
    }

    fn counts_of(&self, owner: usize) -> &[Count] {
        let start = self.counts.partition_point(|count| (count.owner as usize) < owner);
        let end = self.counts.partition_point(|count| count.owner as usize <= owner);
        &self.counts[start..end]
    }
}

/// Advance both over what they begin and what they end with alike.
fn strip_common<'a, T, I>(left: &mut I, right: &mut I)
where
    T: PartialEq + 'a,
    I: DoubleEndedIterator<Item = &'a T> + Clone,
{
    for step in [I::next, I::next_back] {
        loop {
            let (mut rest, mut other) = (left.clone(), right.clone());
            match (step(&mut rest), step(&mut other)) {
                (Some(one), Some(two)) if one == two => (*left, *right) = (rest, other),
                _ => break,
            }
        }
    }
}

/// What a conversation has put on the boards, and when it is to be counted again.
pub struct Counted {
    days: Box<[(i64, Summed)]>,
    until: Option<i64>,
    /// The replies that ended rounds and were seen, sorted.
    replies: Vec<(i64, Name)>,
}

/// One day: numbers by owner, and how many conversations each minute has more than the one before.
#[derive(Default)]
pub struct DayBoard {
    pub counts: HashMap<Name, Box<Numbers>>,
    pub steps: HashMap<Name, BTreeMap<i64, i64>>,
}

type Minute = HashMap<Name, InMinute>;

/// What somebody did in one minute: of all numbers few, and an hour of minutes is kept.
#[derive(Default)]
struct InMinute {
    counts: Vec<(u8, i32)>,
    response_ms: i64,
}

impl InMinute {
    fn add(&mut self, moment: &Moment, sign: i32) {
        let mut names = moment.names;
        while names != 0 {
            let name = names.trailing_zeros() as u8;
            match self.counts.binary_search_by_key(&name, |(name, _)| *name) {
                Ok(place) => self.counts[place].1 += sign,
                Err(place) => self.counts.insert(place, (name, sign)),
            }
            names &= names - 1;
        }
        self.response_ms += i64::from(sign) * i64::from(moment.response_ms);
    }

    fn add_to(&self, sums: &mut Numbers) {
        for (name, count) in &self.counts {
            sums[usize::from(*name)] += i64::from(*count);
        }
        sums[RESPONSE_MS_SUM] += self.response_ms;
    }
}

fn numbers_of<'a>(owners: &'a mut HashMap<Name, Box<Numbers>>, owner: &Name) -> &'a mut Numbers {
    if !owners.contains_key(owner) {
        owners.insert(owner.clone(), Box::new([0; NAMES.len()]));
    }
    owners.get_mut(owner).expect("it was inserted")
}

impl DayBoard {
    /// Put `new` in the place of `old`; both count the `owners` by their places.
    fn exchange(&mut self, owners: &[Name], old: &Summed, new: &Summed) {
        for (place, owner) in owners.iter().enumerate() {
            let (before, after) = (old.counts_of(place), new.counts_of(place));
            if before == after {
                continue;
            }
            let numbers = numbers_of(&mut self.counts, owner);
            for count in before {
                numbers[usize::from(count.name)] -= count.number;
            }
            for count in after {
                numbers[usize::from(count.name)] += count.number;
            }
        }
        let (mut before, mut after) = (old.spans.iter(), new.spans.iter());
        strip_common(&mut before, &mut after);
        let steps = before.map(|span| (span, -1)).chain(after.map(|span| (span, 1)));
        for ((owner, first, last), sign) in steps {
            let owner = &owners[*owner as usize];
            let steps = match self.steps.get_mut(owner) {
                Some(steps) => steps,
                None => self.steps.entry(owner.clone()).or_default(),
            };
            *steps.entry(*first).or_default() += sign;
            *steps.entry(last + 1).or_default() -= sign;
        }
    }
}

/// The boards of one shop.
pub struct Boards {
    pub now: i64,
    pub days: BTreeMap<i64, DayBoard>,
    minutes: BTreeMap<i64, Minute>,
    waits: HashMap<Place, OpenWait>,
    active: HashMap<Place, (i64, Name)>,
    pub response_counts: [i64; BOUNDS.len() + 1],
    pub response_ms_sum: i64,
    counted: HashMap<Place, Counted>,
    minute: i64,
    due: BinaryHeap<Reverse<(i64, Place)>>,
    /// Rows at rest whose time has come, and when it came.
    pub overdue: BTreeMap<Place, i64>,
    restored: HashSet<Place>,
}

/// Give back memory that a crowd needed which has gone.
fn slim<T>(map: &mut HashMap<Place, T>) {
    if map.capacity() > 4 * map.len().max(FEW) {
        map.shrink_to(2 * map.len());
    }
}

const FEW: usize = 64;

impl Boards {
    pub fn new() -> Boards {
        Boards {
            now: 0,
            days: BTreeMap::new(),
            minutes: BTreeMap::new(),
            waits: HashMap::new(),
            active: HashMap::new(),
            response_counts: [0; BOUNDS.len() + 1],
            response_ms_sum: 0,
            counted: HashMap::new(),
            minute: 0,
            due: BinaryHeap::new(),
            overdue: BTreeMap::new(),
            restored: HashSet::new(),
        }
    }

    // ---- time

    /// Let it be `now`; a clock that steps back stands still. Return the rows in use whose time
    /// has come; `rests` tells of the others whether they rest uncounted.
    pub fn pass_time(
        &mut self,
        now: i64,
        closed_through: i64,
        rests: impl Fn(Place) -> bool,
    ) -> Vec<Place> {
        self.now = self.now.max(now);
        let mut come = Vec::new();
        while let Some(Reverse((at, place))) = self.due.peek().copied()
            && at <= self.now
        {
            self.due.pop();
            match self.counted.get(&place) {
                Some(counted) if counted.until == Some(at) => come.push(place),
                Some(_) => {}
                None if rests(place) => {
                    self.overdue.entry(place).or_insert(at);
                }
                None => {}
            }
        }
        let (now, minute) = (self.now, self.now.div_euclid(MINUTE));
        if minute > self.minute {
            self.minute = minute;
            self.minutes = self.minutes.split_off(&(minute - KEPT_MINUTES + 1));
            self.waits.retain(|_, wait| now - wait.since <= PATIENCE);
            self.active.retain(|_, (at, _)| now - *at <= SILENCE);
            slim(&mut self.waits);
            slim(&mut self.active);
            slim(&mut self.counted);
        }
        self.days = self.days.split_off(&(closed_through + 1));
        come
    }

    /// The first minute that a window can see.
    pub fn since(&self) -> i64 {
        self.now.div_euclid(MINUTE) - KEPT_MINUTES + 1
    }

    // ---- counting

    pub fn restore(&mut self, place: Place) {
        self.restored.insert(place);
    }

    pub fn is_counted(&self, place: Place) -> bool {
        self.counted.contains_key(&place)
    }

    /// Count what a conversation is now in the place of what it was; `tallies` are those of its
    /// days. With `rests`, remember nothing of it.
    pub fn count(
        &mut self,
        py: Python,
        place: Place,
        view: &mut View,
        policy: &mut Policy,
        tallies: Vec<(i64, Tally)>,
        rests: bool,
    ) -> PyResult<()> {
        let before = self.counted.remove(&place);
        let (days_before, mut replies) = match before {
            Some(before) => (before.days, before.replies),
            None => Default::default(),
        };
        let days: Box<[_]> =
            tallies.into_iter().map(|(day, tally)| (day, Summed::of(tally))).collect();
        self.exchange(&days_before, &days);
        self.note_presence(py, place, view, policy)?;
        self.note_responses(py, place, view, policy, &mut replies)?;
        let until = view.next_change(py, policy)?;
        if let Some(until) = until {
            self.due.push(Reverse((until, place)));
        }
        if !rests {
            self.counted.insert(place, Counted { days, until, replies });
        }
        Ok(())
    }

    /// Remember again what a row that rested counts for.
    pub fn recall(
        &mut self,
        py: Python,
        place: Place,
        view: &View,
        policy: &mut Policy,
        tallies: Vec<(i64, Tally)>,
    ) -> PyResult<()> {
        let rounds = view.days.0.iter().flat_map(|(_, facts)| &facts.rounds);
        let replied = rounds.filter_map(|r| r.replied_at.map(|at| (at, r.agent_id.clone())));
        let mut replies: Vec<_> = replied.collect();
        replies.sort_unstable();
        replies.dedup();
        let until = view.next_change(py, policy)?;
        let days = tallies.into_iter().map(|(day, tally)| (day, Summed::of(tally))).collect();
        self.counted.insert(place, Counted { days, until, replies });
        Ok(())
    }

    /// Forget what a row counts for that is to rest.
    pub fn rest(&mut self, place: Place) {
        self.counted.remove(&place);
    }

    /// Take a conversation that is forgotten from the boards.
    pub fn drop(&mut self, place: Place) {
        if let Some(counted) = self.counted.remove(&place) {
            self.exchange(&counted.days, &[]);
        }
        self.waits.remove(&place);
        self.active.remove(&place);
        self.overdue.remove(&place);
        self.restored.remove(&place);
    }

    fn exchange(&mut self, before: &[(i64, Summed)], after: &[(i64, Summed)]) {
        let nothing = Summed::default();
        for (day, old) in before {
            let is_known = self.days.contains_key(day); // or it is closed, and counts no more
            match after.iter().find(|(other, _)| other == day) {
                Some((_, new)) if is_known => self.replace(*day, old, new),
                _ => self.replace(*day, old, &nothing),
            }
        }
        for (day, new) in after {
            let is_known = self.days.contains_key(day);
            self.days.entry(*day).or_default();
            if !(is_known && before.iter().any(|(other, _)| other == day)) {
                self.replace(*day, &nothing, new);
            }
        }
    }

    fn replace(&mut self, day: i64, old: &Summed, new: &Summed) {
        let shared = old.owners.len().min(new.owners.len());
        if old.owners[..shared] != new.owners[..shared] {
            let nothing = Summed::default();
            self.replace(day, old, &nothing);
            self.replace(day, &nothing, new);
            return;
        }
        let owners = if shared == new.owners.len() { &old.owners } else { &new.owners };
        if let Some(board) = self.days.get_mut(&day) {
            board.exchange(owners, old, new);
        }
        let since = self.since();
        let is_seen = |moment: &&Moment| moment.minute >= since;
        let mut before = old.moments.iter().filter(is_seen);
        let mut after = new.moments.iter().filter(is_seen);
        strip_common(&mut before, &mut after);
        let moments = before.map(|moment| (moment, -1)).chain(after.map(|moment| (moment, 1)));
        for (moment, sign) in moments {
            let owner = &owners[moment.owner as usize];
            let minute = self.minutes.entry(moment.minute).or_default();
            match minute.get_mut(owner) {
                Some(known) => known.add(moment, sign),
                None => minute.entry(owner.clone()).or_default().add(moment, sign),
            }
        }
    }

    fn note_presence(
        &mut self,
        py: Python,
        place: Place,
        view: &mut View,
        policy: &mut Policy,
    ) -> PyResult<()> {
        self.waits.remove(&place);
        self.active.remove(&place);
        let assignee = view.chat.assignee.clone();
        if let Some(since) = view.chat.waiting_from
            && self.now - since <= PATIENCE
        {
            let day = policy.calendar.day(py, since)?;
            if view.excluded(py, policy, day)?.is_none() {
                let agent_since = agent_clock(&view.chat, since, &assignee);
                let wait = OpenWait { assignee: assignee.clone(), since, agent_since };
                self.waits.insert(place, wait);
            }
        }
        if let Some(written) = view.chat.message_at
            && self.now - written <= SILENCE
        {
            let day = policy.calendar.day(py, written)?;
            if view.excluded(py, policy, day)?.is_none() {
                self.active.insert(place, (written, assignee));
            }
        }
        Ok(())
    }

    /// Count each reply that ended a round once, when it is first seen.
    fn note_responses(
        &mut self,
        py: Python,
        place: Place,
        view: &mut View,
        policy: &mut Policy,
        replies: &mut Vec<(i64, Name)>,
    ) -> PyResult<()> {
        let is_new = !self.restored.remove(&place);
        for (day, facts) in view.days.0.clone() {
            if facts.rounds.is_empty() || view.excluded(py, policy, day)?.is_some() {
                continue;
            }
            for round in &facts.rounds {
                let Some(at) = round.replied_at else {
                    continue;
                };
                let agent_id = &round.agent_id;
                let order =
                    |known: &(i64, Name)| known.0.cmp(&at).then_with(|| known.1.cmp(agent_id));
                let Err(place) = replies.binary_search_by(order) else {
                    continue;
                };
                replies.insert(place, (at, agent_id.clone()));
                if is_new {
                    let ms = at - round.asked_at;
                    self.response_counts[bucket(ms)] += 1;
                    self.response_ms_sum += ms;
                }
            }
        }
        Ok(())
    }

    // ---- reading

    /// Return the numbers by owner of the current minute and the `length - 1` before it.
    pub fn window(&self, length: i64) -> HashMap<Name, Box<Numbers>> {
        let last = self.now.div_euclid(MINUTE);
        let mut sums = HashMap::new();
        for (_, owners) in self.minutes.range(last - length + 1..=last) {
            for (owner, minute) in owners {
                minute.add_to(numbers_of(&mut sums, owner));
            }
        }
        sums
    }

    /// Return the numbers of one owner in one minute.
    pub fn minute(&self, minute: i64, owner: &Name) -> Option<Numbers> {
        let mut numbers = [0; NAMES.len()];
        self.minutes.get(&minute)?.get(owner)?.add_to(&mut numbers);
        Some(numbers)
    }

    /// Return the buyers who wait now, for at most two hours.
    pub fn open_waits(&self) -> impl Iterator<Item = &OpenWait> {
        self.waits.values().filter(|wait| self.now - wait.since <= PATIENCE)
    }

    /// Return the assignee of each conversation with a message in the last 10 minutes.
    pub fn active_assignees(&self) -> impl Iterator<Item = &Name> {
        let now = self.now;
        self.active.values().filter(move |(at, _)| now - *at <= SILENCE).map(|(_, agent)| agent)
    }

    /// How much is held, for telling whether it grows.
    pub fn held(&self) -> usize {
        self.days.len()
            + self.minutes.len()
            + self.waits.len()
            + self.active.len()
            + self.counted.values().map(|counted| 1 + counted.replies.len()).sum::<usize>()
            + self.due.len()
            + self.overdue.len()
            + self.restored.len()
    }
}
