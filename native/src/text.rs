//! What an ordinary text says: `chatpulse.conversations.text` for texts that need none of its
//! patterns. About any other, `read` says None, and the plain Python reads it.

use hashbrown::HashSet;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyString};

use crate::row::Traits;

const CAMPAIGN_LENGTH: usize = 12;
/// Of contacts and addresses; a text with one of them may be an advertiser's.
const SUSPICIOUS: [&str; 7] = ["微信", "vx", "wechat", "qq", "加v", "://", "www."];
const MOBILE_DIGITS: usize = 11;

/// The lists of one shop's rules, as its `TextReader` has them.
pub struct Texts {
    has_closers: bool,
    closer_starts: HashSet<char>,
    keywords: Vec<String>,
    /// The characters with which a suspicious word or a keyword begins.
    starts: HashSet<char>,
    exempt: HashSet<String>,
}

/// Return the strings of a Python collection.
pub fn strings(list: &Bound<PyAny>) -> PyResult<Vec<String>> {
    PyIterator::from_object(list)?
        .map(|text| Ok(text?.cast_into::<PyString>()?.to_str()?.to_owned()))
        .collect()
}

impl Texts {
    pub fn of(reader: &Bound<PyAny>) -> PyResult<Texts> {
        let starts = strings(&reader.getattr("closer_starts")?)?;
        let keywords = strings(&reader.getattr("keywords")?)?;
        let words = SUSPICIOUS.into_iter().chain(keywords.iter().map(String::as_str));
        Ok(Texts {
            starts: words.filter_map(|word| word.chars().next()).collect(),
            has_closers: reader.getattr("has_closers")?.extract()?,
            closer_starts: starts.iter().flat_map(|start| start.chars()).collect(),
            keywords,
            exempt: strings(&reader.getattr("exempt")?)?.into_iter().collect(),
        })
    }

    /// Return what an ordinary text says.
    pub fn read(&self, text: &str) -> Option<Traits> {
        let folded = folded(text)?;
        let mut normal = String::with_capacity(folded.len());
        let mut shown = String::with_capacity(folded.len());
        let (mut length, mut is_suspicious) = (0, false);
        for (place, c) in folded.char_indices() {
            if c == '?' || is_letter_or_digit(c) && !matches!(c, '呢' | '哈' | '啦' | '哦' | '呀')
            {
                normal.push(c);
                length += 1;
            }
            let c = if matches!(c, '薇' | '威' | '徽') { '微' } else { c };
            is_suspicious = is_suspicious || self.starts.contains(&c);
            match c {
                _ if is_separator(c) && is_between_digits(&folded, place) => {}
                _ => shown.push(c),
            }
        }
        let closer = match normal.chars().next() {
            None => self.has_closers,
            Some(start) if self.has_closers && self.closer_starts.contains(&start) => return None,
            Some(_) => false,
        };
        is_suspicious = is_suspicious
            && (SUSPICIOUS.iter().any(|word| shown.contains(word))
                || self.keywords.iter().any(|keyword| shown.contains(keyword)));
        if is_suspicious || longest_number(&shown) >= MOBILE_DIGITS {
            return None;
        }
        let digest = digest(&shown);
        let campaign = match length {
            CAMPAIGN_LENGTH.. if self.exempt.contains(&normal) => 0,
            CAMPAIGN_LENGTH.. if normal == shown => digest,
            CAMPAIGN_LENGTH.. => self::digest(&normal),
            _ => 0,
        };
        Some(Traits { closer, digest, signals: 0, keywords: Vec::new(), campaign })
    }
}

/// NFKC and lower case, of characters of which that is plain; of the CJK ideographs only those
/// that every Unicode version of a supported Python knows.
fn folded(text: &str) -> Option<String> {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' '..='~' => folded.push(c.to_ascii_lowercase()),
            '\u{4e00}'..='\u{9ffc}' => folded.push(c),
            '、' | '。' | '《' | '》' | '【' | '】' | '“' | '”' | '‘' | '’' => {
                folded.push(c)
            }
            '！'..='～' => {
                let narrow = char::from_u32(c as u32 - 0xfee0)?;
                folded.push(narrow.to_ascii_lowercase());
            }
            '\u{3000}' => folded.push(' '),
            '…' => folded.push_str("..."),
            _ => return None,
        }
    }
    Some(folded)
}

fn is_letter_or_digit(c: char) -> bool {
    c.is_ascii_alphanumeric() || c >= '\u{4e00}'
}

/// What people put between the digits of a number, of the characters that `folded` leaves.
fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '_' | '.' | ',' | '*' | '/' | '|')
}

/// Tell whether the run of separators around a place has digits on both sides.
fn is_between_digits(folded: &str, place: usize) -> bool {
    let before = folded[..place].chars().rev().find(|c| !is_separator(*c));
    let after = folded[place..].chars().find(|c| !is_separator(*c));
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    is_digit(before) && is_digit(after)
}

fn longest_number(shown: &str) -> usize {
    let mut longest = 0;
    let mut length = 0;
    for byte in shown.bytes() {
        length = if byte.is_ascii_digit() { length + 1 } else { 0 };
        longest = longest.max(length);
    }
    longest
}

/// Return 63 bits that stand for a text; 0 stands for the empty one only.
fn digest(text: &str) -> i64 {
    if text.is_empty() {
        return 0;
    }
    let hash = blake2b_simd::Params::new().hash_length(8).hash(text.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(hash.as_bytes());
    ((u64::from_be_bytes(bytes) >> 1) as i64).max(1)
}
