//! Texts that many buyers of a shop send on one day: `chatpulse.scoreboard.campaigns`.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::boards::Place;

const CAMPAIGN_BUYERS: usize = 3;

/// Per day and text the first buyers who sent it, at most as many as make a campaign.
#[derive(Default)]
pub struct Campaigns(BTreeMap<i64, Texts>);

/// Most texts have one sender and never another, and of those there are many.
#[derive(Default)]
struct Texts {
    first: HashMap<i64, Place>,
    others: HashMap<i64, Vec<Place>>,
}

impl Texts {
    fn senders(&self, text: i64) -> impl Iterator<Item = Place> + '_ {
        let others = self.others.get(&text).into_iter().flatten();
        self.first.get(&text).into_iter().chain(others).copied()
    }
}

impl Campaigns {
    /// Tell whether enough buyers sent a text on a day.
    pub fn contains(&self, day: i64, text: i64) -> bool {
        self.0.get(&day).is_some_and(|texts| texts.senders(text).count() >= CAMPAIGN_BUYERS)
    }

    /// Return the buyers for whom a text becomes a campaign if this one sends it as well.
    pub fn completed_by(&self, day: i64, text: i64, buyer: Option<Place>) -> Vec<Place> {
        let Some(texts) = self.0.get(&day) else {
            return Vec::new();
        };
        let is_next = texts.senders(text).count() == CAMPAIGN_BUYERS - 1
            && texts.senders(text).all(|sender| Some(sender) != buyer);
        if is_next { texts.senders(text).collect() } else { Vec::new() }
    }

    /// Note that a buyer sent a text.
    pub fn add(&mut self, day: i64, text: i64, buyer: Place) {
        let texts = self.0.entry(day).or_default();
        let first = *texts.first.entry(text).or_insert(buyer);
        if first == buyer {
            return;
        }
        let others = texts.others.entry(text).or_default();
        if others.len() < CAMPAIGN_BUYERS - 1 && !others.contains(&buyer) {
            others.push(buyer);
        }
    }

    /// Drop the days up to `through`, which are closed.
    pub fn forget(&mut self, through: i64) {
        self.0 = self.0.split_off(&(through + 1));
    }

    /// Return how many senders are held.
    pub fn held(&self) -> usize {
        let others = self.0.values().flat_map(|texts| texts.others.values());
        self.0.values().map(|texts| texts.first.len()).sum::<usize>()
            + others.map(Vec::len).sum::<usize>()
    }
}
