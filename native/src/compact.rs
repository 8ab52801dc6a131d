//! A row in few bytes, as it rests in memory and in checkpoints: `chatpulse.scoreboard.compact` is
//! the same in Python.
//!
//! ```text
//! row     = FORM record
//! varint  = LEB128, unsigned
//! record  = varint: a bit per field, the first lowest, set if it is not what it is by default;
//!           then these fields in order; a flag is its bit alone, an optional field its value
//! array   = varint length, then the elements; a map: key, value, key, value ...; a pair: both
//! number  = varint: payload << 2 | kind
//!           0: the payload itself, below 2^16
//!           1: zigzag difference to the last number of 2^32 up to 2^48, an instant
//!           2: the number that was new the payload-th last; payload 0: 8 bytes follow, little end
//!           3: zigzag difference to the last number of 2^16 up to 2^32, a day or minute
//! text    = varint: payload << 2 | kind
//!           0: as many bytes of UTF-8 follow
//!           1: as many hexadecimal digits, two to a byte, the high one first
//!           2: the text that was new the payload-th last
//!           3: payload 0: a UUID as 16 bytes
//! ```
//!
//! Of numbers that are not of kind 0, and of short texts, the last `WINDOW` are known as new.

use std::borrow::Cow;

use crate::wire::{Input, Malformed, Name, Names, Output, Read, Wire};

/// The first byte of every row in this form, which no row has in MessagePack.
pub const FORM: u8 = 1;

/// How many numbers, and how many texts, can be meant again.
const WINDOW: usize = 64;
/// Bytes up to which a text can be meant again: of what is longer, copies could be made to fill
/// all memory.
const SHORT: usize = 64;
/// Digits from which on a text of digits is packed as such.
const DIGITS: usize = 8;

const PLAIN: u64 = 0;
const NEAR_INSTANT: u64 = 1;
const AGAIN: u64 = 2;
const NEAR_DAY: u64 = 3;

const HEX: u64 = 1;
const UUID: u64 = 3;
const UUID_BYTES: usize = 16;
const DASHES: [usize; 4] = [8, 13, 18, 23];

const SMALL: i64 = 1 << 16;
const INSTANTS: i64 = 1 << 32;
const RANDOM: i64 = 1 << 48;

/// Return a value in the compact form.
pub fn packed(value: &impl Wire) -> Box<[u8]> {
    let mut out = Packer::default();
    out.bytes.reserve(512);
    out.bytes.push(FORM);
    value.pack(&mut out);
    out.bytes.into()
}

/// Return the value that `bytes` hold, all of them.
pub fn unpacked<T: Wire>(bytes: &[u8], names: &mut Names) -> Read<T> {
    whole(bytes, names, T::unpack)
}

/// Return of the value that `bytes` hold what is wanted at a glance; the rest is as if nothing
/// were said about it.
pub fn glanced<T: Wire>(bytes: &[u8], names: &mut Names) -> Read<T> {
    whole(bytes, names, T::glance)
}

fn whole<'a, T>(
    bytes: &'a [u8],
    names: &'a mut Names,
    read: impl Fn(&mut Unpacker<'a>) -> Read<T>,
) -> Read<T> {
    if bytes.first() != Some(&FORM) {
        return Err(Malformed);
    }
    let mut input = Unpacker { bytes, at: 1, names, numbers: Numbers::default(), texts: default() };
    let value = read(&mut input)?;
    if input.at == bytes.len() { Ok(value) } else { Err(Malformed) }
}

/// The last few values that were new.
struct Recent<T> {
    values: [T; WINDOW],
    count: usize,
}

fn default<T: Copy + Default>() -> Recent<T> {
    Recent { values: [T::default(); WINDOW], count: 0 }
}

impl<T: Copy> Recent<T> {
    fn add(&mut self, value: T) {
        self.values[self.count % WINDOW] = value;
        self.count += 1;
    }

    /// Return the value that was added the `age`-th last.
    fn at(&self, age: usize) -> Read<T> {
        if (1..=self.count.min(WINDOW)).contains(&age) {
            Ok(self.values[(self.count - age) % WINDOW])
        } else {
            Err(Malformed)
        }
    }

    fn age(&self, is_it: impl Fn(&T) -> bool) -> Option<usize> {
        let known = 1..=self.count.min(WINDOW);
        known.into_iter().find(|age| is_it(&self.values[(self.count - age) % WINDOW]))
    }
}

struct Numbers {
    recent: Recent<i64>,
    instant: i64,
    day: i64,
}

impl Default for Numbers {
    fn default() -> Self {
        Numbers { recent: default(), instant: 0, day: 0 }
    }
}

impl Numbers {
    /// Take note of a number that was new.
    fn add(&mut self, value: i64) {
        self.recent.add(value);
        match value {
            SMALL..INSTANTS => self.day = value,
            INSTANTS..RANDOM => self.instant = value,
            _ => {}
        }
    }
}

fn zigzag(difference: i64) -> u64 {
    (difference << 1 ^ difference >> 63) as u64
}

fn near(value: i64, payload: u64) -> Read<i64> {
    let difference = (payload >> 1) as i64 ^ -((payload & 1) as i64);
    value.checked_add(difference).ok_or(Malformed)
}

struct Packer {
    bytes: Vec<u8>,
    numbers: Numbers,
    /// Where texts that were new stand.
    texts: Recent<(usize, usize)>,
}

impl Default for Packer {
    fn default() -> Self {
        Packer { bytes: Vec::new(), numbers: Numbers::default(), texts: default() }
    }
}

impl Packer {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn token(&mut self, kind: u64, payload: u64) {
        self.varint(payload << 2 | kind);
    }

    fn digits(&mut self, digits: impl Iterator<Item = u8>) {
        let mut is_high = true;
        for digit in digits {
            if is_high {
                self.bytes.push(digit << 4);
            } else if let Some(last) = self.bytes.last_mut() {
                *last |= digit;
            }
            is_high = !is_high;
        }
    }
}

/// Return the value of a digit as it is written here.
fn digit(char: u8) -> Option<u8> {
    match char {
        b'0'..=b'9' => Some(char - b'0'),
        b'a'..=b'f' => Some(char - b'a' + 10),
        _ => None,
    }
}

fn is_uuid(text: &[u8]) -> bool {
    let fits = |(place, char): (usize, &u8)| match DASHES.contains(&place) {
        true => *char == b'-',
        false => digit(*char).is_some(),
    };
    text.len() == 2 * UUID_BYTES + DASHES.len() && text.iter().enumerate().all(fits)
}

impl Output for Packer {
    fn int(&mut self, value: i64) {
        if (0..SMALL).contains(&value) {
            return self.token(PLAIN, value as u64);
        }
        if let Some(age) = self.numbers.recent.age(|known| *known == value) {
            return self.token(AGAIN, age as u64);
        }
        match value {
            SMALL..INSTANTS => self.token(NEAR_DAY, zigzag(value - self.numbers.day)),
            INSTANTS..RANDOM => self.token(NEAR_INSTANT, zigzag(value - self.numbers.instant)),
            _ => {
                self.token(AGAIN, 0);
                self.bytes.extend(value.to_le_bytes());
            }
        }
        self.numbers.add(value);
    }

    fn text(&mut self, text: &str) {
        let (begin, chars) = (self.bytes.len(), text.as_bytes());
        if chars.len() >= DIGITS && chars.iter().all(|char| digit(*char).is_some()) {
            self.token(HEX, chars.len() as u64);
            self.digits(chars.iter().filter_map(|char| digit(*char)));
        } else if is_uuid(chars) {
            self.token(UUID, 0);
            self.digits(chars.iter().filter_map(|char| digit(*char)));
        } else {
            self.token(PLAIN, chars.len() as u64);
            self.bytes.extend(chars);
        }
        if chars.is_empty() || chars.len() > SHORT {
            return;
        }
        let (known, new) = self.bytes.split_at(begin);
        match self.texts.age(|(from, to)| known[*from..*to] == *new) {
            Some(age) => {
                self.bytes.truncate(begin);
                self.token(AGAIN, age as u64);
            }
            None => self.texts.add((begin, self.bytes.len())),
        }
    }

    fn flag(&mut self, value: bool) {
        self.bytes.push(u8::from(value));
    }

    fn presence(&mut self, is_there: bool) {
        self.flag(is_there);
    }

    fn array(&mut self, length: usize) {
        self.varint(length as u64);
    }

    fn map(&mut self, length: usize) {
        self.varint(length as u64);
    }

    fn pair(&mut self) {}

    fn record(&mut self, _count: u32, given: u32) -> u32 {
        self.varint(u64::from(given));
        given
    }

    fn field<T: Wire>(&mut self, value: &T) {
        value.pack_said(self);
    }
}

struct Unpacker<'a> {
    bytes: &'a [u8],
    at: usize,
    names: &'a mut Names,
    numbers: Numbers,
    /// Where texts that were new stand.
    texts: Recent<usize>,
}

impl<'a> Unpacker<'a> {
    fn byte(&mut self) -> Read<u8> {
        let byte = *self.bytes.get(self.at).ok_or(Malformed)?;
        self.at += 1;
        Ok(byte)
    }

    fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let rest = self.bytes.get(self.at..).ok_or(Malformed)?;
        let taken = rest.get(..count).ok_or(Malformed)?;
        self.at += count;
        Ok(taken)
    }

    fn varint(&mut self) -> Read<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(Malformed);
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    fn token(&mut self) -> Read<(u64, u64)> {
        let token = self.varint()?;
        Ok((token & 3, token >> 2))
    }

    fn length(&mut self) -> Read<usize> {
        let length = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
        if length <= self.bytes.len() - self.at { Ok(length) } else { Err(Malformed) }
    }

    fn str(&mut self) -> Read<Cow<'a, str>> {
        let begin = self.at;
        let (kind, payload) = self.token()?;
        let payload = usize::try_from(payload).map_err(|_| Malformed)?;
        if kind == AGAIN {
            let end = self.at;
            self.at = self.texts.at(payload)?;
            let (kind, payload) = self.token()?;
            let text = self.new_text(kind, payload as usize);
            self.at = end;
            return text;
        }
        let text = self.new_text(kind, payload)?;
        if !text.is_empty() && text.len() <= SHORT {
            self.texts.add(begin);
        }
        Ok(text)
    }

    fn new_text(&mut self, kind: u64, payload: usize) -> Read<Cow<'a, str>> {
        match kind {
            PLAIN => {
                let bytes = self.take(payload)?;
                Ok(Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| Malformed)?))
            }
            HEX => {
                let bytes = self.take(payload.div_ceil(2))?;
                Ok(Cow::Owned(digits(bytes).take(payload).collect()))
            }
            UUID if payload == 0 => {
                let mut text: String = digits(self.take(UUID_BYTES)?).collect();
                DASHES.iter().for_each(|place| text.insert(*place, '-'));
                Ok(Cow::Owned(text))
            }
            _ => Err(Malformed),
        }
    }
}

fn digits(bytes: &[u8]) -> impl Iterator<Item = char> {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
}

impl Input for Unpacker<'_> {
    fn int(&mut self) -> Read<i64> {
        let (kind, payload) = self.token()?;
        let value = match kind {
            PLAIN => return i64::try_from(payload).map_err(|_| Malformed),
            NEAR_INSTANT => near(self.numbers.instant, payload)?,
            NEAR_DAY => near(self.numbers.day, payload)?,
            _ if payload > 0 => {
                let age = usize::try_from(payload).map_err(|_| Malformed)?;
                return self.numbers.recent.at(age);
            }
            _ => {
                let bytes = self.take(8)?.try_into().map_err(|_| Malformed)?;
                i64::from_le_bytes(bytes)
            }
        };
        self.numbers.add(value);
        Ok(value)
    }

    fn text(&mut self) -> Read<Box<str>> {
        Ok(self.str()?.into())
    }

    fn name(&mut self) -> Read<Name> {
        let text = self.str()?;
        Ok(self.names.get(&text))
    }

    fn pass_text(&mut self) -> Read<()> {
        let begin = self.at;
        let (kind, payload) = self.token()?;
        let payload = usize::try_from(payload).map_err(|_| Malformed)?;
        let length = match kind {
            AGAIN => return self.texts.at(payload).map(drop),
            HEX => {
                self.take(payload.div_ceil(2))?;
                payload
            }
            _ => self.new_text(kind, payload)?.len(),
        };
        if (1..=SHORT).contains(&length) {
            self.texts.add(begin);
        }
        Ok(())
    }

    fn flag(&mut self) -> Read<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }

    fn presence(&mut self) -> Read<bool> {
        self.flag()
    }

    fn array(&mut self) -> Read<usize> {
        self.length()
    }

    fn map(&mut self) -> Read<usize> {
        self.length()
    }

    fn pair(&mut self) -> Read<()> {
        Ok(())
    }

    fn record(&mut self, count: u32) -> Read<u32> {
        let given = self.varint()?;
        if given >> count == 0 { Ok(given as u32) } else { Err(Malformed) }
    }

    fn field<T: Wire>(&mut self) -> Read<T> {
        T::unpack_said(self)
    }
}
