//! A conversation as it stands now: its row with the tail folded in, time passed, days judged.
//! `chatpulse.conversations.conversation` and `.spam`.

use std::ops::Deref;
use std::rc::Rc;

use pyo3::prelude::*;

use crate::chat::{Fold, OpenDay, PATIENCE, agent_clock, tidy};
use crate::policy::Policy;
use crate::row::{Chat, Day, Reply, Row, Timeline};
use crate::wire::{Few, Name};

const AD_SCORE: i64 = 3;
const CONTACT: i64 = 1;
const MOBILE: i64 = 2;
const FOREIGN_URL: i64 = 4;

/// Why a conversation-day is left out of every number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    Ad,
    Internal,
    Blocked,
}

/// Whether a text was sent by enough buyers on a day.
pub type InCampaign<'a> = &'a dyn Fn(i64, i64) -> bool;

/// What is known of a day: as it is in the row, or as it would be by now.
#[derive(Clone)]
pub enum Facts<'a> {
    Kept(&'a Day),
    Now(Rc<Day>),
}

impl Deref for Facts<'_> {
    type Target = Day;

    fn deref(&self) -> &Day {
        match self {
            Facts::Kept(day) => day,
            Facts::Now(day) => day,
        }
    }
}

/// What the tallies of one row are made from.
pub struct View<'a> {
    row: &'a Row,
    in_campaign: InCampaign<'a>,
    listed: Option<Reason>,
    pub chat: Chat,
    pub days: Few<i64, Facts<'a>>,
    pub now: i64,
    out: Vec<(i64, Option<Reason>)>,
}

/// Days that may be looked at only: what is written into them is written into a copy.
struct Copies<'a> {
    row: &'a Row,
    days: Few<i64, Day>,
    closed_through: i64,
    closed: Day,
}

impl OpenDay for Copies<'_> {
    fn open(&mut self, day: i64) -> &mut Day {
        if let Some(place) = self.days.0.iter().rposition(|(known, _)| *known == day) {
            return &mut self.days.0[place].1;
        }
        let facts = self.row.days.get(&day).cloned().unwrap_or_default();
        if day <= self.closed_through {
            self.closed = facts;
            return &mut self.closed;
        }
        self.days.push(day, facts);
        &mut self.days.0.last_mut().expect("it was pushed").1
    }
}

impl<'a> View<'a> {
    /// Look at a row, whose tail is tidied, as of `now`.
    pub fn new(
        py: Python,
        row: &'a mut Row,
        buyer_id: &str,
        policy: &mut Policy,
        nobody: &Name,
        (now, closed_through): (i64, i64),
        in_campaign: InCampaign<'a>,
    ) -> PyResult<View<'a>> {
        tidy(row);
        let row = &*row;
        let listed = policy.listed(buyer_id);
        let mut chat = row.chat.clone();
        let mut copies =
            Copies { row, days: Few::default(), closed_through, closed: Day::default() };
        let mut fold = Fold { py, chat: &mut chat, policy, nobody };
        for line in &row.tail {
            fold.line(line, &mut copies)?;
        }
        let today = fold.policy.calendar.day(py, now)?;
        fold.pass_time(now, today, &mut copies);
        let mut days = Few(Vec::with_capacity(row.days.0.len() + 1));
        for (day, facts) in copies.days.0 {
            days.0.push((day, Facts::Now(Rc::new(facts))));
        }
        for (day, facts) in &row.days.0 {
            if days.get(day).is_none() {
                days.0.push((*day, Facts::Kept(facts)));
            }
        }
        days.0.sort_by_key(|(day, _)| *day);
        Ok(View { row, in_campaign, listed, chat, days, now, out: Vec::new() })
    }

    /// Return the evidence that a day with events sees.
    pub fn timeline(
        &self,
        py: Python,
        policy: &mut Policy,
        day: i64,
    ) -> PyResult<Option<&'a Timeline>> {
        let span = policy.calendar.span(py, day)?;
        let sees = |t: &&Timeline| t.first_at < span.end && t.newest_at >= span.start;
        Ok(self.row.timelines.iter().rev().find(sees))
    }

    /// Return why a day is left out of every number, or None.
    pub fn excluded(
        &mut self,
        py: Python,
        policy: &mut Policy,
        day: i64,
    ) -> PyResult<Option<Reason>> {
        if let Some((_, reason)) = self.out.iter().find(|(known, _)| *known == day) {
            return Ok(*reason);
        }
        let reason = self.judge(py, policy, day)?;
        self.out.push((day, reason));
        Ok(reason)
    }

    fn judge(&self, py: Python, policy: &mut Policy, day: i64) -> PyResult<Option<Reason>> {
        let Some(facts) = self.days.get(&day) else {
            return Ok(self.row.excluded_days.contains(&day).then_some(Reason::Ad));
        };
        let timeline = self.timeline(py, policy, day)?;
        if let Some(mark) = timeline.and_then(|timeline| timeline.marks.get(&day)) {
            return Ok(match &*mark.verdict {
                "ad" => Some(Reason::Ad),
                "internal" => Some(Reason::Internal),
                _ => None,
            });
        }
        if self.listed.is_some() {
            return Ok(self.listed);
        }
        if facts.signals == 0 && facts.keywords.is_empty() {
            return Ok(None); // a campaign alone is no ad
        }
        let end = policy.calendar.span(py, day)?.end;
        let has_bought = timeline.and_then(|t| t.purchase_at).is_some_and(|at| at < end);
        let is_campaign = facts.campaigns.iter().any(|text| (self.in_campaign)(day, *text));
        let score = 2 * i64::from(facts.signals & CONTACT != 0)
            + i64::from(facts.signals & MOBILE != 0)
            + 2 * i64::from(facts.signals & FOREIGN_URL != 0)
            + facts.keywords.len() as i64
            + 2 * i64::from(is_campaign)
            - 3 * i64::from(has_bought)
            - i64::from(facts.again);
        Ok((score >= AD_SCORE).then_some(Reason::Ad))
    }

    /// Return the timeline's replies on days that are not excluded, sorted.
    pub fn replies(
        &mut self,
        py: Python,
        policy: &mut Policy,
        timeline: &Timeline,
    ) -> PyResult<Vec<Reply>> {
        let is_its =
            |reply: &&Reply| timeline.first_at <= reply.at && reply.at <= timeline.newest_at;
        let mut replies: Vec<Reply> =
            self.row.kept_replies.iter().filter(is_its).cloned().collect();
        for (day, facts) in self.days.0.clone() {
            if !facts.replies.is_empty() && self.excluded(py, policy, day)?.is_none() {
                replies.extend(facts.replies.iter().filter(is_its).cloned());
            }
        }
        Ok(replies)
    }

    /// Return the first instant after `now` at which a tally would differ by the mere passing of
    /// time: `chatpulse.conversations.deadlines`.
    pub fn next_change(&self, py: Python, policy: &mut Policy) -> PyResult<Option<i64>> {
        let mut next: Option<i64> = None;
        let mut note = |at: i64| {
            if at > self.now && next.is_none_or(|before| at < before) {
                next = Some(at);
            }
        };
        for asked in &self.chat.pending {
            note(asked.at + PATIENCE + 1);
        }
        for desk in std::iter::once(&self.chat.human).chain(&self.chat.assist) {
            if let Some(asked) = desk.asked {
                note(policy.calendar.span(py, asked.day)?.end);
                for start in [asked.at, agent_clock(&self.chat, asked.at, &self.chat.assignee)] {
                    for limit in [30_000, 60_000, 180_000, 300_000, 600_000] {
                        note(start + limit + 1);
                    }
                }
            }
        }
        Ok(next)
    }
}
