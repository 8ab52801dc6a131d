//! Chat lines to facts: `chatpulse.conversations.chat`, rule by rule. kpis.md is explained there.

use pyo3::prelude::*;

use crate::policy::Policy;
use crate::row::{
    AGENT, Asked, BOT, BUYER, Chat, Consultation, Day, Desk, LATENESS, Line, Reply, Round, Row,
    TRANSFER,
};
use crate::wire::{Few, Name, Names};

const MINUTE: i64 = 60_000;
pub const SILENCE: i64 = 10 * MINUTE;
pub const PATIENCE: i64 = 2 * 60 * MINUTE;
const MAX_KEYWORDS: usize = 3;

/// Hands out the facts of a day, to be written into.
pub trait OpenDay {
    fn open(&mut self, day: i64) -> &mut Day;
}

/// The open days of a row; what is written into a closed one is forgotten.
struct Days<'a> {
    days: &'a mut Few<i64, Day>,
    closed_through: i64,
    closed: Day,
}

impl OpenDay for Days<'_> {
    fn open(&mut self, day: i64) -> &mut Day {
        if let Some(place) = self.days.0.iter().rposition(|(known, _)| *known == day) {
            return &mut self.days.0[place].1;
        }
        if day <= self.closed_through {
            self.closed = Day::default();
            return &mut self.closed;
        }
        self.days.entry(&day)
    }
}

/// Tell whether the tail is sorted, without copies.
pub fn is_tidy(row: &Row) -> bool {
    row.tail.is_sorted_by(|left, right| left < right)
}

/// Sort the tail and drop its copies; return how many there were.
pub fn tidy(row: &mut Row) -> i64 {
    let before = row.tail.len();
    if !is_tidy(row) {
        row.tail.sort();
        row.tail.dedup();
    }
    (before - row.tail.len()) as i64
}

/// Fold the tail's lines before `before` for good; the tail is tidy.
pub fn settle(
    py: Python,
    row: &mut Row,
    before: i64,
    policy: &mut Policy,
    names: &mut Names,
    closed_through: i64,
) -> PyResult<()> {
    let count = row.tail.partition_point(|line| line.at < before);
    if count == 0 {
        return Ok(());
    }
    let nobody = names.get("");
    let mut days = Days { days: &mut row.days, closed_through, closed: Day::default() };
    for line in row.tail.drain(..count) {
        Fold { py, chat: &mut row.chat, policy, nobody: &nobody }.line(&line, &mut days)?;
    }
    if row.tail.capacity() > 2 * row.tail.len() + 32 {
        row.tail.shrink_to_fit();
    }
    Ok(())
}

/// Tidy the tail and fold what nothing can overtake any more; return how many copies there were.
pub fn condense(
    py: Python,
    row: &mut Row,
    policy: &mut Policy,
    names: &mut Names,
    closed_through: i64,
) -> PyResult<i64> {
    let copies = tidy(row);
    settle(py, row, row.newest_chat_at - LATENESS, policy, names, closed_through)?;
    Ok(copies)
}

pub fn agent_clock(chat: &Chat, start: i64, agent_id: &Name) -> i64 {
    chat.transfers.get(agent_id).map_or(start, |given| start.max(*given))
}

fn round(chat: &Chat, asked: Asked, at: Option<i64>, agent_id: Name) -> Round {
    Round {
        asked_at: asked.at,
        replied_at: at,
        agent_from: agent_clock(chat, asked.at, &agent_id),
        agent_id,
        session_at: asked.session_at,
        opens_session: asked.opens_session,
    }
}

fn end_round(chat: &Chat, asked: Asked, at: Option<i64>, agent_id: Name, facts: &mut Day) {
    if chat.assist.is_some() && facts.assist_rounds.is_none() {
        facts.assist_rounds = Some(facts.rounds.clone());
    }
    facts.rounds.push(round(chat, asked, at, agent_id));
}

fn end_assist_round(chat: &Chat, asked: Asked, at: Option<i64>, agent_id: Name, facts: &mut Day) {
    let rounds = facts.assist_rounds.get_or_insert_with(|| facts.rounds.clone());
    rounds.push(round(chat, asked, at, agent_id));
}

fn is_answered(desk: &Desk, today: i64) -> bool {
    desk.replied_in_session || desk.replied_day == today
}

fn open_round(desk: &mut Desk, asked: Asked) -> bool {
    if desk.asked.is_some() {
        return false;
    }
    desk.asked = Some(asked);
    true
}

fn read_signals(line: &Line, facts: &mut Day) {
    let traits = &line.traits;
    if traits.digest != 0 && !facts.again {
        if facts.answered && !facts.texts.contains(&traits.digest) {
            facts.again = true;
            facts.texts = Default::default();
        } else {
            facts.texts.insert(traits.digest);
        }
    }
    facts.written = true;
    facts.signals |= traits.signals;
    for keyword in &traits.keywords {
        if facts.keywords.len() < MAX_KEYWORDS && !facts.keywords.contains(keyword) {
            facts.keywords.push(keyword.clone());
        }
    }
    if traits.campaign != 0 && !facts.campaigns.contains(&traits.campaign) {
        facts.campaigns.push(traits.campaign);
    }
}

/// What a line is folded with.
pub struct Fold<'a, 'py> {
    pub py: Python<'py>,
    pub chat: &'a mut Chat,
    pub policy: &'a mut Policy,
    pub nobody: &'a Name,
}

impl Fold<'_, '_> {
    /// Apply a line, none before what `chat` has seen.
    pub fn line(&mut self, line: &Line, days: &mut impl OpenDay) -> PyResult<()> {
        let today = self.policy.calendar.day(self.py, line.at)?;
        self.pass_time(line.at, today, days);
        if line.rank == TRANSFER {
            self.transfer(line, days);
            return Ok(());
        }
        days.open(today).active = true;
        self.continue_run(line.at);
        match line.rank {
            BUYER => self.asked(line, today, days),
            AGENT if line.counts => self.replied(line, today, days),
            BOT if line.counts => {
                self.assisted(line, today, days);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// End what has lapsed before anything happens at `now`.
    pub fn pass_time(&mut self, now: i64, today: i64, days: &mut impl OpenDay) {
        let chat = &mut *self.chat;
        while chat.pending.first().is_some_and(|asked| now > asked.at + PATIENCE) {
            let asked = chat.pending.remove(0);
            days.open(asked.day).abandoned.push(chat.assignee.clone());
        }
        if let Some(asked) = chat.human.asked.take_if(|asked| asked.day < today) {
            end_round(chat, asked, None, chat.assignee.clone(), days.open(asked.day));
        }
        if let Some(desk) = &mut chat.assist
            && let Some(asked) = desk.asked.take_if(|asked| asked.day < today)
        {
            end_assist_round(chat, asked, None, chat.assignee.clone(), days.open(asked.day));
        }
    }

    fn continue_run(&mut self, at: i64) {
        let chat = &mut *self.chat;
        if chat.message_at.is_none_or(|before| at - before > SILENCE) {
            chat.session_at = None;
            chat.members = Few::default();
            chat.human.replied_in_session = false;
            if let Some(desk) = &mut chat.assist {
                desk.replied_in_session = false;
            }
        }
        chat.message_at = Some(at);
    }

    /// Begin a session unless one is on; return its start and whether this message opened it.
    fn open_session(&mut self, at: i64, today: i64, days: &mut impl OpenDay) -> (i64, bool) {
        if let Some(since) = self.chat.session_at {
            return (since, false);
        }
        self.chat.session_at = Some(at);
        self.chat.session_day = today;
        days.open(today).sessions += 1;
        (at, true)
    }

    fn asked(&mut self, line: &Line, today: i64, days: &mut impl OpenDay) -> PyResult<()> {
        let (at, agent_id) = (line.at, &line.agent_id);
        let (session_at, opens_session) = self.open_session(at, today, days);
        let asked = Asked { at, day: today, session_at, opens_session };
        let is_assigned = !agent_id.is_empty();
        self.chat.assignee = agent_id.clone();
        *days.open(today).buyer_messages.entry(agent_id) += 1;
        self.take_part(self.nobody, at, today, days)?;
        if is_assigned {
            self.take_part(agent_id, at, today, days)?;
        }
        let facts = days.open(today);
        read_signals(line, facts);
        let chat = &mut *self.chat;
        if !(line.counts && is_answered(&chat.human, today)) {
            let consultation = Consultation { at, replied: false };
            facts.consulted.get_or_insert(consultation);
            if is_assigned && facts.consultations.get(agent_id).is_none() {
                facts.consultations.set(agent_id.clone(), consultation);
            }
            let nobody_waits = chat.human.asked.is_none() && chat.waiting_from.is_none();
            if nobody_waits && chat.assist.is_none() {
                chat.transfers.0.clear();
            }
            if chat.waiting_from.is_none_or(|since| at - since > PATIENCE) {
                chat.waiting_from = Some(at);
            }
            if open_round(&mut chat.human, asked) && self.policy.in_duty(self.py, at)? {
                chat.pending.push(asked);
            }
        }
        if let Some(desk) = &mut chat.assist
            && !(line.counts && is_answered(desk, today))
        {
            open_round(desk, asked);
        }
        Ok(())
    }

    fn replied(&mut self, line: &Line, today: i64, days: &mut impl OpenDay) -> PyResult<()> {
        let (at, agent_id) = (line.at, &line.agent_id);
        self.open_session(at, today, days);
        self.take_part(self.nobody, at, today, days)?;
        self.take_part(agent_id, at, today, days)?;
        let chat = &mut *self.chat;
        let facts = days.open(today);
        facts.replies.push(Reply { at, agent_id: agent_id.clone() });
        facts.answered = facts.answered || facts.written;
        let mut consultation = facts.consultations.get(agent_id).copied();
        if let Some(asked) = chat.human.asked.take() {
            end_round(chat, asked, Some(at), agent_id.clone(), facts);
            if consultation.is_none_or(|known| known.at > asked.at) {
                consultation = Some(Consultation { at: asked.at, replied: false });
            }
        }
        if let Some(Consultation { at: since, replied: false }) = consultation {
            let consultation = Consultation { at: since, replied: true };
            facts.consultations.set(agent_id.clone(), consultation);
        }
        if let Some(consulted) = &mut facts.consulted {
            consulted.replied = true;
        }
        if let Some(desk) = &mut chat.assist
            && let Some(asked) = desk.asked.take()
        {
            end_assist_round(chat, asked, Some(at), agent_id.clone(), facts);
        }
        chat.waiting_from = None;
        chat.pending.clear();
        for desk in std::iter::once(&mut chat.human).chain(&mut chat.assist) {
            desk.replied_day = today;
            desk.replied_in_session = true;
        }
        Ok(())
    }

    /// Count a bot's message as a valid reply where assisting bots reply.
    fn assisted(&mut self, line: &Line, today: i64, days: &mut impl OpenDay) {
        let chat = &mut *self.chat;
        let facts = days.open(today);
        if chat.assist.is_none() {
            chat.assist = Some(chat.human.clone());
            facts.assist_rounds = Some(facts.rounds.clone());
        }
        let is_in_session = chat.session_at.is_some();
        let Some(desk) = &mut chat.assist else { return };
        desk.replied_day = today;
        desk.replied_in_session = is_in_session;
        if let Some(asked) = desk.asked.take() {
            let who = if line.agent_id.is_empty() { &chat.assignee } else { &line.agent_id };
            let who = who.clone();
            end_assist_round(chat, asked, Some(line.at), who, facts);
        }
    }

    fn transfer(&mut self, line: &Line, days: &mut impl OpenDay) {
        let (giver, receiver) = (&line.from_agent_id, &line.agent_id);
        if giver == receiver {
            return;
        }
        self.chat.assignee = receiver.clone();
        self.chat.transfers.set(receiver.clone(), line.at);
        if let (false, Some(asked)) = (giver.is_empty(), self.chat.human.asked) {
            *days.open(asked.day).passed_on.entry(giver) += 1;
        }
    }

    /// Extend the owner's span of the session to the minute of `at`; cut it at midnight.
    fn take_part(
        &mut self,
        owner: &Name,
        at: i64,
        today: i64,
        days: &mut impl OpenDay,
    ) -> PyResult<()> {
        let minute = at / MINUTE;
        let since = self.chat.members.get(owner).copied();
        if since == Some(today) {
            if let Some(last) = days.open(today).spans.get_mut(owner).and_then(|s| s.last_mut()) {
                *last = minute;
            }
            return Ok(());
        }
        self.chat.members.set(owner.clone(), today);
        let Some(since) = since else {
            let session_day = self.chat.session_day;
            let facts = days.open(today);
            facts.spans.entry(owner).extend([minute, minute]);
            if !owner.is_empty() {
                facts.joined.push((owner.clone(), session_day));
            }
            return Ok(());
        };
        let until = (self.policy.calendar.span(self.py, since)?.end - 1) / MINUTE;
        let span = days.open(since).spans.entry(owner);
        match span.last_mut() {
            Some(last) => *last = until,
            None => span.extend([minute, until]),
        }
        for day in since + 1..=today {
            let whole = self.policy.calendar.span(self.py, day)?;
            let until = minute.min((whole.end - 1) / MINUTE);
            days.open(day).spans.entry(owner).extend([whole.start / MINUTE, until]);
        }
        Ok(())
    }
}
