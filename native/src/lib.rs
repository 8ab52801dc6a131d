//! The hot path of chatpulse's engine, compiled: the same state as its plain Python, and the same
//! bytes of it.

mod boards;
mod campaigns;
mod chat;
mod compact;
mod decoded;
mod event;
mod evidence;
mod msgpack;
mod notes;
mod panics;
mod policy;
mod reader;
mod row;
mod tally;
mod text;
mod view;
mod wire;

use pyo3::prelude::*;

#[pymodule]
mod chatpulse_native {
    #[pymodule_export]
    use super::event::read_event;
    #[pymodule_export]
    use super::notes::Notes;
    #[pymodule_export]
    use super::reader::Reader;
    #[pymodule_export]
    use super::row::{pack_row, unpack_row};

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
