//! A panic is a bug of ours. Python is to see an ordinary exception: what it was about is given up
//! and nothing of it is kept, as after any failure of the engine.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Do `work`; a panic becomes a RuntimeError. What `work` was changing is not to be used again.
pub fn guarded<T>(work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    let failed = || PyRuntimeError::new_err("the compiled engine panicked");
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(failed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_ordinary_exception() {
        Python::initialize();
        let failed = guarded::<()>(|| panic!("planted")).unwrap_err();
        Python::attach(|py| assert!(failed.is_instance_of::<PyRuntimeError>(py)));
        assert_eq!(guarded(|| Ok(7)).unwrap(), 7);
    }
}
