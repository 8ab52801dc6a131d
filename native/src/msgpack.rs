//! MessagePack as msgspec writes it: the same value is the same bytes.

use crate::wire::{Input, Malformed, Name, Names, Output, Read, Wire};

/// Return a value as MessagePack.
pub fn packed(value: &impl Wire) -> Vec<u8> {
    let mut out = Packer(Vec::with_capacity(1024));
    value.pack(&mut out);
    out.0
}

/// Return the value that `bytes` hold, all of them.
pub fn unpacked<T: Wire>(bytes: &[u8], names: &mut Names) -> Read<T> {
    let mut input = Unpacker { bytes, names };
    let value = T::unpack(&mut input)?;
    if input.bytes.is_empty() { Ok(value) } else { Err(Malformed) }
}

struct Packer(Vec<u8>);

impl Packer {
    fn head(&mut self, length: usize, short: u8, most: usize, tags: [Option<u8>; 3]) {
        let [byte, two, four] = tags;
        if length <= most {
            self.0.push(short | length as u8);
        } else if let (Some(tag), true) = (byte, length <= 0xff) {
            self.0.extend([tag, length as u8]);
        } else if let (Some(tag), true) = (two, length <= 0xffff) {
            self.0.push(tag);
            self.0.extend((length as u16).to_be_bytes());
        } else if let Some(tag) = four {
            self.0.push(tag);
            self.0.extend((length as u32).to_be_bytes());
        }
    }
}

impl Output for Packer {
    fn int(&mut self, value: i64) {
        let out = &mut self.0;
        match value {
            0..=0x7f => out.push(value as u8),
            0x80..=0xff => out.extend([0xcc, value as u8]),
            0x100..=0xffff => {
                out.push(0xcd);
                out.extend((value as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                out.push(0xce);
                out.extend((value as u32).to_be_bytes());
            }
            0x1_0000_0000.. => {
                out.push(0xcf);
                out.extend(value.to_be_bytes());
            }
            -0x20..=-1 => out.push(value as u8),
            -0x80..=-0x21 => out.extend([0xd0, value as u8]),
            -0x8000..=-0x81 => {
                out.push(0xd1);
                out.extend((value as i16).to_be_bytes());
            }
            -0x8000_0000..=-0x8001 => {
                out.push(0xd2);
                out.extend((value as i32).to_be_bytes());
            }
            _ => {
                out.push(0xd3);
                out.extend(value.to_be_bytes());
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.head(text.len(), 0xa0, 31, [Some(0xd9), Some(0xda), Some(0xdb)]);
        self.0.extend(text.as_bytes());
    }

    fn flag(&mut self, value: bool) {
        self.0.push(if value { 0xc3 } else { 0xc2 });
    }

    fn presence(&mut self, is_there: bool) {
        if !is_there {
            self.0.push(0xc0);
        }
    }

    fn array(&mut self, length: usize) {
        self.head(length, 0x90, 15, [None, Some(0xdc), Some(0xdd)]);
    }

    fn map(&mut self, length: usize) {
        self.head(length, 0x80, 15, [None, Some(0xde), Some(0xdf)]);
    }

    fn pair(&mut self) {
        self.array(2);
    }

    fn record(&mut self, count: u32, _given: u32) -> u32 {
        self.array(count as usize);
        (1 << count) - 1
    }

    fn field<T: Wire>(&mut self, value: &T) {
        value.pack(self);
    }
}

struct Unpacker<'a> {
    bytes: &'a [u8],
    names: &'a mut Names,
}

impl<'a> Unpacker<'a> {
    fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(Malformed)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Read<u8> {
        Ok(self.take(1)?[0])
    }

    /// Read a big-endian number of `count` bytes.
    fn number(&mut self, count: usize) -> Read<u64> {
        Ok(self.take(count)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn str(&mut self) -> Read<&'a str> {
        let length = match self.byte()? {
            tag @ 0xa0..=0xbf => usize::from(tag & 0x1f),
            0xd9 => self.number(1)? as usize,
            0xda => self.number(2)? as usize,
            0xdb => self.number(4)? as usize,
            _ => return Err(Malformed),
        };
        std::str::from_utf8(self.take(length)?).map_err(|_| Malformed)
    }

    fn fitting(&self, length: usize) -> Read<usize> {
        if length <= self.bytes.len() { Ok(length) } else { Err(Malformed) }
    }
}

impl Input for Unpacker<'_> {
    fn int(&mut self) -> Read<i64> {
        let value = match self.byte()? {
            tag @ 0x00..=0x7f => i64::from(tag),
            tag @ 0xe0..=0xff => i64::from(tag as i8),
            0xcc => self.number(1)? as i64,
            0xcd => self.number(2)? as i64,
            0xce => self.number(4)? as i64,
            0xcf => i64::try_from(self.number(8)?).map_err(|_| Malformed)?,
            0xd0 => i64::from(self.number(1)? as i8),
            0xd1 => i64::from(self.number(2)? as i16),
            0xd2 => i64::from(self.number(4)? as i32),
            0xd3 => self.number(8)? as i64,
            _ => return Err(Malformed),
        };
        Ok(value)
    }

    fn text(&mut self) -> Read<Box<str>> {
        Ok(self.str()?.into())
    }

    fn name(&mut self) -> Read<Name> {
        let text = self.str()?;
        Ok(self.names.get(text))
    }

    fn pass_text(&mut self) -> Read<()> {
        self.str().map(drop)
    }

    fn flag(&mut self) -> Read<bool> {
        match self.byte()? {
            0xc2 => Ok(false),
            0xc3 => Ok(true),
            _ => Err(Malformed),
        }
    }

    fn presence(&mut self) -> Read<bool> {
        let is_there = *self.bytes.first().ok_or(Malformed)? != 0xc0;
        if !is_there {
            self.byte()?;
        }
        Ok(is_there)
    }

    fn array(&mut self) -> Read<usize> {
        let length = match self.byte()? {
            tag @ 0x90..=0x9f => usize::from(tag & 0x0f),
            0xdc => self.number(2)? as usize,
            0xdd => self.number(4)? as usize,
            _ => return Err(Malformed),
        };
        self.fitting(length)
    }

    fn map(&mut self) -> Read<usize> {
        let length = match self.byte()? {
            tag @ 0x80..=0x8f => usize::from(tag & 0x0f),
            0xde => self.number(2)? as usize,
            0xdf => self.number(4)? as usize,
            _ => return Err(Malformed),
        };
        self.fitting(length)
    }

    fn pair(&mut self) -> Read<()> {
        if self.array()? == 2 { Ok(()) } else { Err(Malformed) }
    }

    fn record(&mut self, count: u32) -> Read<u32> {
        let length = self.array()?;
        if length <= count as usize { Ok((1 << length) - 1) } else { Err(Malformed) }
    }

    fn field<T: Wire>(&mut self) -> Read<T> {
        T::unpack(self)
    }
}
