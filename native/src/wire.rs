//! MessagePack as msgspec writes it: the same value is the same bytes.

use std::sync::Arc;

use hashbrown::HashSet;
use indexmap::IndexMap;

/// An id of an agent, a keyword, a verdict: one object for all that share it.
pub type Name = Arc<str>;

pub type Hasher = hashbrown::DefaultHashBuilder;

/// Every name in use, once.
#[derive(Default)]
pub struct Names {
    known: HashSet<Name>,
    limit: usize,
}

const FEW_NAMES: usize = 4096;

impl Names {
    pub fn get(&mut self, text: &str) -> Name {
        if let Some(name) = self.known.get(text) {
            return name.clone();
        }
        if self.known.len() >= self.limit.max(FEW_NAMES) {
            self.known.retain(|name| Arc::strong_count(name) > 1);
            self.limit = 2 * self.known.len();
        }
        let name: Name = text.into();
        self.known.insert(name.clone());
        name
    }
}

/// What is wrong with bytes that are no row.
#[derive(Debug)]
pub struct Malformed;

pub type Read<T> = Result<T, Malformed>;

pub struct Input<'a> {
    bytes: &'a [u8],
    pub names: &'a mut Names,
}

/// A value with its one form on the wire.
pub trait Wire: Sized {
    fn pack(&self, out: &mut Vec<u8>);
    fn unpack(input: &mut Input) -> Read<Self>;
}

/// Return the value that `bytes` hold, all of them.
pub fn unpacked<T: Wire>(bytes: &[u8], names: &mut Names) -> Read<T> {
    let mut input = Input { bytes, names };
    let value = T::unpack(&mut input)?;
    if input.bytes.is_empty() { Ok(value) } else { Err(Malformed) }
}

impl<'a> Input<'a> {
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

    fn peek(&self) -> Read<u8> {
        self.bytes.first().copied().ok_or(Malformed)
    }

    pub fn int(&mut self) -> Read<i64> {
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

    pub fn text(&mut self) -> Read<&'a str> {
        let length = match self.byte()? {
            tag @ 0xa0..=0xbf => usize::from(tag & 0x1f),
            0xd9 => self.number(1)? as usize,
            0xda => self.number(2)? as usize,
            0xdb => self.number(4)? as usize,
            _ => return Err(Malformed),
        };
        std::str::from_utf8(self.take(length)?).map_err(|_| Malformed)
    }

    /// Read the head of an array, of `count` elements if that is given.
    pub fn array(&mut self, count: Option<usize>) -> Read<usize> {
        let length = match self.byte()? {
            tag @ 0x90..=0x9f => usize::from(tag & 0x0f),
            0xdc => self.number(2)? as usize,
            0xdd => self.number(4)? as usize,
            _ => return Err(Malformed),
        };
        let is_right = count.is_none_or(|count| count == length) && length <= self.bytes.len();
        if is_right { Ok(length) } else { Err(Malformed) }
    }

    pub fn map(&mut self) -> Read<usize> {
        let length = match self.byte()? {
            tag @ 0x80..=0x8f => usize::from(tag & 0x0f),
            0xde => self.number(2)? as usize,
            0xdf => self.number(4)? as usize,
            _ => return Err(Malformed),
        };
        if length <= self.bytes.len() { Ok(length) } else { Err(Malformed) }
    }
}

fn pack_head(out: &mut Vec<u8>, length: usize, short: u8, most: usize, tags: [Option<u8>; 3]) {
    let [byte, two, four] = tags;
    if length <= most {
        out.push(short | length as u8);
    } else if let (Some(tag), true) = (byte, length <= 0xff) {
        out.extend([tag, length as u8]);
    } else if let (Some(tag), true) = (two, length <= 0xffff) {
        out.push(tag);
        out.extend((length as u16).to_be_bytes());
    } else if let Some(tag) = four {
        out.push(tag);
        out.extend((length as u32).to_be_bytes());
    }
}

pub fn pack_array(out: &mut Vec<u8>, length: usize) {
    pack_head(out, length, 0x90, 15, [None, Some(0xdc), Some(0xdd)]);
}

pub fn pack_map(out: &mut Vec<u8>, length: usize) {
    pack_head(out, length, 0x80, 15, [None, Some(0xde), Some(0xdf)]);
}

pub fn pack_text(out: &mut Vec<u8>, text: &str) {
    pack_head(out, text.len(), 0xa0, 31, [Some(0xd9), Some(0xda), Some(0xdb)]);
    out.extend(text.as_bytes());
}

impl Wire for i64 {
    fn pack(&self, out: &mut Vec<u8>) {
        let value = *self;
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

    fn unpack(input: &mut Input) -> Read<Self> {
        input.int()
    }
}

impl Wire for bool {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(if *self { 0xc3 } else { 0xc2 });
    }

    fn unpack(input: &mut Input) -> Read<Self> {
        match input.byte()? {
            0xc2 => Ok(false),
            0xc3 => Ok(true),
            _ => Err(Malformed),
        }
    }
}

impl Wire for Name {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_text(out, self);
    }

    fn unpack(input: &mut Input) -> Read<Self> {
        let text = input.text()?;
        Ok(input.names.get(text))
    }
}

impl Wire for Box<str> {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_text(out, self);
    }

    fn unpack(input: &mut Input) -> Read<Self> {
        Ok(input.text()?.into())
    }
}

impl<T: Wire> Wire for Option<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.pack(out),
            None => out.push(0xc0),
        }
    }

    fn unpack(input: &mut Input) -> Read<Self> {
        if input.peek()? == 0xc0 {
            input.byte()?;
            return Ok(None);
        }
        Ok(Some(T::unpack(input)?))
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_array(out, self.len());
        for value in self {
            value.pack(out);
        }
    }

    fn unpack(input: &mut Input) -> Read<Self> {
        let length = input.array(None)?;
        let mut values = Vec::with_capacity(length.min(1024));
        for _ in 0..length {
            values.push(T::unpack(input)?);
        }
        Ok(values)
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_array(out, 2);
        self.0.pack(out);
        self.1.pack(out);
    }

    fn unpack(input: &mut Input) -> Read<Self> {
        input.array(Some(2))?;
        Ok((A::unpack(input)?, B::unpack(input)?))
    }
}

impl<T: Wire> Wire for Box<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        (**self).pack(out);
    }

    fn unpack(input: &mut Input) -> Read<Self> {
        Ok(Box::new(T::unpack(input)?))
    }
}

/// Numbers that stand for texts; they go out in no particular order, as those of a Python set do.
impl Wire for HashSet<i64> {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_array(out, self.len());
        for value in self {
            value.pack(out);
        }
    }

    fn unpack(input: &mut Input) -> Read<Self> {
        let length = input.array(None)?;
        let mut values = HashSet::with_capacity(length.min(1024));
        for _ in 0..length {
            values.insert(input.int()?);
        }
        Ok(values)
    }
}

/// Values by id, of which there may be many; in the order in which they came.
impl<V: Wire> Wire for IndexMap<Box<str>, V, Hasher> {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_map(out, self.len());
        for (key, value) in self {
            key.pack(out);
            value.pack(out);
        }
    }

    fn unpack(input: &mut Input) -> Read<Self> {
        let length = input.map()?;
        let mut values = IndexMap::with_capacity_and_hasher(length.min(1024), Hasher::default());
        for _ in 0..length {
            values.insert(input.text()?.into(), V::unpack(input)?);
        }
        Ok(values)
    }
}

/// A few values by key, in the order in which they came; as a Python dict.
#[derive(Clone, Debug, PartialEq)]
pub struct Few<K, V>(pub Vec<(K, V)>);

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Few(Vec::new())
    }
}

impl<K: PartialEq, V> Few<K, V> {
    pub fn get(&self, key: &K) -> Option<&V> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.0.iter_mut().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    pub fn set(&mut self, key: K, value: V) {
        match self.get_mut(&key) {
            Some(old) => *old = value,
            None => self.0.push((key, value)),
        }
    }
}

impl<K: PartialEq + Clone, V: Default> Few<K, V> {
    pub fn entry(&mut self, key: &K) -> &mut V {
        let place = match self.0.iter().position(|(known, _)| known == key) {
            Some(place) => place,
            None => {
                self.0.push((key.clone(), V::default()));
                self.0.len() - 1
            }
        };
        &mut self.0[place].1
    }
}

impl<K: Wire + PartialEq, V: Wire> Wire for Few<K, V> {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_map(out, self.0.len());
        for (key, value) in &self.0 {
            key.pack(out);
            value.pack(out);
        }
    }

    fn unpack(input: &mut Input) -> Read<Self> {
        let length = input.map()?;
        let mut values = Few(Vec::with_capacity(length.min(1024)));
        for _ in 0..length {
            values.set(K::unpack(input)?, V::unpack(input)?);
        }
        Ok(values)
    }
}

/// Give a struct the form of an array of its fields, in their order.
macro_rules! fields {
    ($name:ident: $($field:ident),+) => {
        impl $crate::wire::Wire for $name {
            fn pack(&self, out: &mut Vec<u8>) {
                $crate::wire::pack_array(out, [$(stringify!($field)),+].len());
                $(self.$field.pack(out);)+
            }

            fn unpack(input: &mut $crate::wire::Input) -> $crate::wire::Read<Self> {
                input.array(Some([$(stringify!($field)),+].len()))?;
                Ok($name { $($field: $crate::wire::Wire::unpack(input)?),+ })
            }
        }
    };
}

pub(crate) use fields;
