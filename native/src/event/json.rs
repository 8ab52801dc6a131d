//! Strings and numbers of JSON, as msgspec reads them.

use std::borrow::Cow;

/// What a double can hold exactly; the contract knows no greater integers.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// A value that is no object and no array, and is well-formed JSON.
#[derive(Default)]
pub enum Value<'a> {
    #[default]
    Absent,
    Null,
    Bool(bool),
    /// From 0 to `MAX_INTEGER`.
    Int(i64),
    /// Any other number.
    Number,
    Text(Cow<'a, str>),
}

/// A place in a text; what does not stand there as JSON has it is None.
pub struct Scanner<'a> {
    text: &'a str,
    place: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Scanner { text, place: 0 }
    }

    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.place).copied()
    }

    pub fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.place += 1;
        Some(byte)
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.place += usize::from(is_there);
        is_there
    }

    pub fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    pub fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.place += 1;
        }
    }

    pub fn value(&mut self) -> Option<Value<'a>> {
        match self.peek()? {
            b'"' => {
                self.place += 1;
                self.string().map(Value::Text)
            }
            b'n' => self.literal("null", Value::Null),
            b't' => self.literal("true", Value::Bool(true)),
            b'f' => self.literal("false", Value::Bool(false)),
            _ => self.number(), // objects and arrays are not
        }
    }

    fn literal(&mut self, word: &str, value: Value<'a>) -> Option<Value<'a>> {
        let is_there = self.text.as_bytes()[self.place..].starts_with(word.as_bytes());
        self.place += word.len();
        is_there.then_some(value)
    }

    fn number(&mut self) -> Option<Value<'a>> {
        let is_negative = self.take(b'-');
        let has_leading_zero = self.peek() == Some(b'0');
        let (digits, value) = self.digits();
        if digits == 0 || (has_leading_zero && digits > 1) {
            return None;
        }
        let mut is_integer = true;
        if self.take(b'.') {
            is_integer = false;
            self.some_digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            is_integer = false;
            let _ = self.take(b'+') || self.take(b'-');
            self.some_digits()?;
        }
        // Of so few digits none went over; -0 is an integer that Python may judge.
        let is_plain = is_integer && !is_negative && digits <= 16 && value <= MAX_INTEGER;
        Some(if is_plain { Value::Int(value as i64) } else { Value::Number })
    }

    /// Pass digits: how many, and their value modulo 2^64.
    fn digits(&mut self) -> (usize, u64) {
        let (start, mut value) = (self.place, 0u64);
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.place += 1;
        }
        (self.place - start, value)
    }

    fn some_digits(&mut self) -> Option<()> {
        (self.digits().0 > 0).then_some(())
    }

    /// Read a string whose opening quote has been passed; without escapes it is borrowed.
    pub fn string(&mut self) -> Option<Cow<'a, str>> {
        let content = self.plain();
        match self.next()? {
            b'"' => Some(Cow::Borrowed(content)),
            b'\\' => self.unescaped(content).map(Cow::Owned),
            _ => None, // a control character
        }
    }

    /// Read the rest of a string from its first escape, whose backslash has been passed.
    fn unescaped(&mut self, before: &str) -> Option<String> {
        let mut found = String::with_capacity(2 * before.len() + 64);
        found.push_str(before);
        loop {
            found.push(self.escape()?);
            found.push_str(self.plain());
            match self.next()? {
                b'"' => return Some(found),
                b'\\' => {}
                _ => return None,
            }
        }
    }

    /// Read what stands for itself in a string: up to a quote, a backslash, a control character.
    fn plain(&mut self) -> &'a str {
        let start = self.place;
        self.skip_plain();
        &self.text[start..self.place]
    }

    fn skip_plain(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(word) = bytes.get(self.place..self.place + 8) {
            let special = special(u64::from_le_bytes(word.try_into().expect("eight bytes")));
            if special != 0 {
                self.place += special.trailing_zeros() as usize / 8;
                return;
            }
            self.place += 8;
        }
        while let Some(byte) = self.peek() {
            if byte == b'"' || byte == b'\\' || byte < b' ' {
                return;
            }
            self.place += 1;
        }
    }

    /// Read an escape whose backslash has been passed.
    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return None,
        })
    }

    fn code_point(&mut self) -> Option<char> {
        let unit = self.utf16_unit()?;
        if !(0xD800..0xDC00).contains(&unit) {
            return char::from_u32(unit); // none for the second half of a pair
        }
        self.expect(b'\\')?;
        self.expect(b'u')?;
        let second = self.utf16_unit()?;
        if !(0xDC00..0xE000).contains(&second) {
            return None;
        }
        char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00))
    }

    fn utf16_unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for &digit in self.text.as_bytes().get(self.place..self.place + 4)? {
            unit = unit << 4 | char::from(digit).to_digit(16)?;
        }
        self.place += 4;
        Some(unit)
    }
}

/// Mark the bytes of a word that end a plain run by their highest bits.
///
/// The lowest mark is right; above it there may be wrong ones, for a subtraction borrows.
fn special(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST: u64 = ONES << 7;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let quote = zero(word ^ (ONES * b'"' as u64));
    let backslash = zero(word ^ (ONES * b'\\' as u64));
    let control = word.wrapping_sub(ONES * b' ' as u64) & !word;
    (quote | backslash | control) & HIGHEST
}
