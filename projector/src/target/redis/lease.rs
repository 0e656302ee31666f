//! Who writes: one worker, for as long as it says so again and again.
//!
//! The lease names the worker and counts its terms. Every write checks it, so whatever was prepared before the lease
//! was lost, even if the same worker has it again, changes nothing.

use std::sync::{Arc, MutexGuard, PoisonError, atomic::Ordering};

use super::{
    super::{TargetError, Terms},
    Inner, script,
};

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<str>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn held(&self) -> Option<Arc<str>> {
        self.lock().clone()
    }

    /// For what only the writer may do.
    pub(super) fn lease(&self) -> Result<Arc<str>, TargetError> {
        self.held().ok_or_else(|| TargetError::new("another worker writes these views"))
    }

    pub(super) async fn renew(&self) -> Result<Terms, TargetError> {
        let before = self.held();
        let mut call = script::RENEW.call(&[self.keys.writer(), self.keys.term()]);
        let lease_ms = u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX);
        call.arg(&self.worker).arg(before.as_deref().unwrap_or_default()).arg(lease_ms);
        let answer: Option<(String, u8)> = script::RENEW.run(&self.link, &call).await?;
        let Some((lease, kept)) = answer else {
            *self.lock() = None;
            return Ok(Terms::NONE);
        };
        *self.lock() = Some(Arc::from(lease));
        // A server that was emptied counts terms anew, so the times are counted here.
        let taken = self.taken.fetch_add(u64::from(kept == 0), Ordering::Relaxed);
        Ok(Terms::all(taken + u64::from(kept == 0)))
    }

    pub(super) async fn resign(&self) -> Result<(), TargetError> {
        let Some(lease) = self.lock().take() else { return Ok(()) };
        let mut call = script::RESIGN.call(&[self.keys.writer()]);
        call.arg(&*lease);
        script::RESIGN.run(&self.link, &call).await.map_err(TargetError::from)
    }

    /// Begins a new term with the next renewal: what the present one has begun is not gone on with.
    pub(super) fn end_term(&self, lease: &Arc<str>) {
        self.lock().take_if(|held| held == lease);
    }
}
