//! Values of a row, written and read in one order of fields, in whatever form: `msgpack` or `compact`.

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

/// Bytes in one form, being written.
pub trait Output {
    fn int(&mut self, value: i64);
    fn text(&mut self, text: &str);
    fn flag(&mut self, value: bool);
    /// Say whether there is a value, which then follows.
    fn presence(&mut self, is_there: bool);
    fn array(&mut self, length: usize);
    fn map(&mut self, length: usize);
    /// Begin a pair, of which both are written.
    fn pair(&mut self);
    /// Begin a record of `count` fields, of which those in the mask `given` are not as a record
    /// has them by default; return the mask of the fields that have to be written.
    fn record(&mut self, count: u32, given: u32) -> u32;
    /// Write a field of a record.
    fn field<T: Wire>(&mut self, value: &T);
}

/// Bytes in one form, being read.
pub trait Input {
    fn int(&mut self) -> Read<i64>;
    fn text(&mut self) -> Read<Box<str>>;
    fn name(&mut self) -> Read<Name>;
    fn pass_text(&mut self) -> Read<()>;
    fn flag(&mut self) -> Read<bool>;
    fn presence(&mut self) -> Read<bool>;
    /// Return a length that the rest of the input can hold.
    fn array(&mut self) -> Read<usize>;
    fn map(&mut self) -> Read<usize>;
    fn pair(&mut self) -> Read<()>;
    /// Return the mask of the fields that are there; the others have their defaults.
    fn record(&mut self, count: u32) -> Read<u32>;
    fn field<T: Wire>(&mut self) -> Read<T>;
}

/// A value with its order on the wire.
pub trait Wire: Sized {
    fn pack(&self, out: &mut impl Output);
    fn unpack(input: &mut impl Input) -> Read<Self>;

    /// Return the value of a field that nothing is said about.
    fn unsaid() -> Self;
    fn is_unsaid(&self) -> bool;

    /// Write a value of which it is known that it is not the unsaid one.
    fn pack_said(&self, out: &mut impl Output) {
        self.pack(out);
    }

    fn unpack_said(input: &mut impl Input) -> Read<Self> {
        Self::unpack(input)
    }

    /// Read over a value that is not the unsaid one.
    fn pass(input: &mut impl Input) -> Read<()> {
        Self::unpack_said(input).map(drop)
    }

    /// Read a value that is not the unsaid one, and of its records only the fields that are wanted
    /// at a glance.
    fn glance(input: &mut impl Input) -> Read<Self> {
        Self::unpack_said(input)
    }
}

/// Read over a value as if nothing were said about it.
pub fn passed<T: Wire>(input: &mut impl Input) -> Read<T> {
    T::pass(input)?;
    Ok(T::unsaid())
}

/// Read over a value of the type that `field` has.
pub fn pass_field<S, T: Wire>(_field: impl Fn(&S) -> &T, input: &mut impl Input) -> Read<()> {
    T::pass(input)
}

/// Elements for which there is room at once, whatever a length claims.
const AT_ONCE: usize = 1024;

impl Wire for i64 {
    fn pack(&self, out: &mut impl Output) {
        out.int(*self);
    }

    fn unpack(input: &mut impl Input) -> Read<Self> {
        input.int()
    }

    fn unsaid() -> Self {
        0
    }

    fn is_unsaid(&self) -> bool {
        *self == 0
    }
}

impl Wire for bool {
    fn pack(&self, out: &mut impl Output) {
        out.flag(*self);
    }

    fn unpack(input: &mut impl Input) -> Read<Self> {
        input.flag()
    }

    fn unsaid() -> Self {
        false
    }

    fn is_unsaid(&self) -> bool {
        !*self
    }

    fn pack_said(&self, _out: &mut impl Output) {}

    fn unpack_said(_input: &mut impl Input) -> Read<Self> {
        Ok(true)
    }
}

impl Wire for Name {
    fn pack(&self, out: &mut impl Output) {
        out.text(self);
    }

    fn unpack(input: &mut impl Input) -> Read<Self> {
        input.name()
    }

    fn pass(input: &mut impl Input) -> Read<()> {
        input.pass_text()
    }

    fn unsaid() -> Self {
        Name::default()
    }

    fn is_unsaid(&self) -> bool {
        self.is_empty()
    }
}

impl Wire for Box<str> {
    fn pack(&self, out: &mut impl Output) {
        out.text(self);
    }

    fn unpack(input: &mut impl Input) -> Read<Self> {
        input.text()
    }

    fn pass(input: &mut impl Input) -> Read<()> {
        input.pass_text()
    }

    fn unsaid() -> Self {
        Box::default()
    }

    fn is_unsaid(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Wire> Wire for Option<T> {
    fn pack(&self, out: &mut impl Output) {
        out.presence(self.is_some());
        self.pack_said(out);
    }

    fn unpack(input: &mut impl Input) -> Read<Self> {
        if input.presence()? { Self::unpack_said(input) } else { Ok(None) }
    }

    fn unsaid() -> Self {
        None
    }

    fn is_unsaid(&self) -> bool {
        self.is_none()
    }

    fn pack_said(&self, out: &mut impl Output) {
        if let Some(value) = self {
            value.pack(out);
        }
    }

    fn unpack_said(input: &mut impl Input) -> Read<Self> {
        Ok(Some(T::unpack(input)?))
    }

    fn pass(input: &mut impl Input) -> Read<()> {
        T::pass(input)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn pack(&self, out: &mut impl Output) {
        out.array(self.len());
        for value in self {
            value.pack(out);
        }
    }

    fn unpack(input: &mut impl Input) -> Read<Self> {
        let length = input.array()?;
        let mut values = Vec::with_capacity(length.min(AT_ONCE));
        for _ in 0..length {
            values.push(T::unpack(input)?);
        }
        Ok(values)
    }

    fn pass(input: &mut impl Input) -> Read<()> {
        (0..input.array()?).try_for_each(|_| T::pass(input))
    }

    fn glance(input: &mut impl Input) -> Read<Self> {
        let length = input.array()?;
        let mut values = Vec::with_capacity(length.min(AT_ONCE));
        for _ in 0..length {
            values.push(T::glance(input)?);
        }
        Ok(values)
    }

    fn unsaid() -> Self {
        Vec::new()
    }

    fn is_unsaid(&self) -> bool {
        self.is_empty()
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn pack(&self, out: &mut impl Output) {
        out.pair();
        self.0.pack(out);
        self.1.pack(out);
    }

    fn unpack(input: &mut impl Input) -> Read<Self> {
        input.pair()?;
        Ok((A::unpack(input)?, B::unpack(input)?))
    }

    fn pass(input: &mut impl Input) -> Read<()> {
        input.pair()?;
        A::pass(input)?;
        B::pass(input)
    }

    fn unsaid() -> Self {
        (A::unsaid(), B::unsaid())
    }

    fn is_unsaid(&self) -> bool {
        self.0.is_unsaid() && self.1.is_unsaid()
    }
}

/// Numbers that stand for texts; they go out by size, so that equal sets are equal bytes.
impl Wire for HashSet<i64> {
    fn pack(&self, out: &mut impl Output) {
        let mut values: Vec<i64> = self.iter().copied().collect();
        values.sort_unstable();
        values.pack(out);
    }

    fn unpack(input: &mut impl Input) -> Read<Self> {
        let length = input.array()?;
        let mut values = HashSet::with_capacity(length.min(AT_ONCE));
        for _ in 0..length {
            values.insert(input.int()?);
        }
        Ok(values)
    }

    fn pass(input: &mut impl Input) -> Read<()> {
        Vec::<i64>::pass(input)
    }

    fn unsaid() -> Self {
        HashSet::new()
    }

    fn is_unsaid(&self) -> bool {
        self.is_empty()
    }
}

/// Values by id, of which there may be many; in the order in which they came.
impl<V: Wire> Wire for IndexMap<Box<str>, V, Hasher> {
    fn pack(&self, out: &mut impl Output) {
        out.map(self.len());
        for (key, value) in self {
            key.pack(out);
            value.pack(out);
        }
    }

    fn unpack(input: &mut impl Input) -> Read<Self> {
        let length = input.map()?;
        let mut values = IndexMap::with_capacity_and_hasher(length.min(AT_ONCE), Hasher::default());
        for _ in 0..length {
            values.insert(input.text()?, V::unpack(input)?);
        }
        Ok(values)
    }

    fn pass(input: &mut impl Input) -> Read<()> {
        Few::<Box<str>, V>::pass(input)
    }

    fn unsaid() -> Self {
        IndexMap::default()
    }

    fn is_unsaid(&self) -> bool {
        self.is_empty()
    }
}

/// A few values by key, in the order in which they came; as a Python dict.
#[derive(Clone, Debug, PartialEq)]
pub struct Few<K, V>(pub Vec<(K, V)>);

/// Bytes of a value from which on it is large.
const LARGE: usize = 128;

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Few(Vec::new())
    }
}

impl<K, V> Few<K, V> {
    /// Add what is not there; of large values there is room for no more than there are.
    pub fn push(&mut self, key: K, value: V) {
        if size_of::<V>() > LARGE {
            self.0.reserve_exact(1);
        }
        self.0.push((key, value));
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
            None => self.push(key, value),
        }
    }
}

impl<K: PartialEq + Clone, V: Default> Few<K, V> {
    pub fn entry(&mut self, key: &K) -> &mut V {
        let place = match self.0.iter().position(|(known, _)| known == key) {
            Some(place) => place,
            None => {
                self.push(key.clone(), V::default());
                self.0.len() - 1
            }
        };
        &mut self.0[place].1
    }
}

impl<K: Wire + PartialEq, V: Wire> Wire for Few<K, V> {
    fn pack(&self, out: &mut impl Output) {
        out.map(self.0.len());
        for (key, value) in &self.0 {
            key.pack(out);
            value.pack(out);
        }
    }

    fn unpack(input: &mut impl Input) -> Read<Self> {
        let length = input.map()?;
        let mut values = Few(Vec::with_capacity(length.min(AT_ONCE)));
        for _ in 0..length {
            values.set(K::unpack(input)?, V::unpack(input)?);
        }
        Ok(values)
    }

    fn pass(input: &mut impl Input) -> Read<()> {
        for _ in 0..input.map()? {
            K::pass(input)?;
            V::pass(input)?;
        }
        Ok(())
    }

    fn glance(input: &mut impl Input) -> Read<Self> {
        let length = input.map()?;
        let mut values = Few(Vec::with_capacity(length.min(AT_ONCE)));
        for _ in 0..length {
            values.set(K::unpack(input)?, V::glance(input)?);
        }
        Ok(values)
    }

    fn unsaid() -> Self {
        Few::default()
    }

    fn is_unsaid(&self) -> bool {
        self.0.is_empty()
    }
}

/// Give a struct the form of a record of its fields, in their order. A field that nothing is said
/// about is empty, zero, false or none, or what it is set to here. Those marked `#seen` are wanted
/// at a glance.
macro_rules! fields {
    ($name:ident: $($(#$seen:ident)? $field:ident $(= $unsaid:expr)?),+) => {
        impl $crate::wire::Wire for $name {
            fn pack(&self, out: &mut impl $crate::wire::Output) {
                let (mut count, mut given) = (0, 0);
                $(
                    given |= u32::from(!fields!(@is_unsaid self.$field $(, $unsaid)?)) << count;
                    count += 1;
                )+
                let mut rest = out.record(count, given);
                $(
                    if rest & 1 == 1 {
                        out.field(&self.$field);
                    }
                    rest >>= 1;
                )+
                debug_assert_eq!(rest, 0);
            }

            fn unpack(input: &mut impl $crate::wire::Input) -> $crate::wire::Read<Self> {
                let mut rest = input.record([$(stringify!($field)),+].len() as u32)?;
                let mut is_next = || {
                    let is_there = rest & 1 == 1;
                    rest >>= 1;
                    is_there
                };
                Ok($name {
                    $(
                        $field: if is_next() {
                            input.field()?
                        } else {
                            fields!(@unsaid $($unsaid)?)
                        }
                    ),+
                })
            }

            fn pass(input: &mut impl $crate::wire::Input) -> $crate::wire::Read<()> {
                let mut rest = input.record([$(stringify!($field)),+].len() as u32)?;
                $(
                    if rest & 1 == 1 {
                        $crate::wire::pass_field(|record: &Self| &record.$field, input)?;
                    }
                    rest >>= 1;
                )+
                debug_assert_eq!(rest, 0);
                Ok(())
            }

            fn glance(input: &mut impl $crate::wire::Input) -> $crate::wire::Read<Self> {
                let mut rest = input.record([$(stringify!($field)),+].len() as u32)?;
                let mut is_next = || {
                    let is_there = rest & 1 == 1;
                    rest >>= 1;
                    is_there
                };
                Ok($name {
                    $(
                        $field: if is_next() {
                            fields!(@glance input $(, $seen)?)
                        } else {
                            fields!(@unsaid $($unsaid)?)
                        }
                    ),+
                })
            }

            fn unsaid() -> Self {
                $name { $($field: fields!(@unsaid $($unsaid)?)),+ }
            }

            fn is_unsaid(&self) -> bool {
                $(fields!(@is_unsaid self.$field $(, $unsaid)?))&&+
            }
        }
    };
    (@glance $input:ident) => { $crate::wire::passed($input)? };
    (@glance $input:ident, $seen:ident) => { $crate::wire::Wire::glance($input)? };
    (@unsaid) => { $crate::wire::Wire::unsaid() };
    (@unsaid $unsaid:expr) => { $unsaid };
    (@is_unsaid $value:expr) => { $crate::wire::Wire::is_unsaid(&$value) };
    (@is_unsaid $value:expr, $unsaid:expr) => { $value == $unsaid };
}

pub(crate) use fields;
