//! Lists by time of rows of one status, or of all of them.

use orderflow_engine::Tenant;

use super::rows::Parameters;
use crate::views::question::{Place, Slice};

/// Tenant, time and id to go on after, the number of rows wanted, and the statuses wanted.
pub(super) fn parameters(
    tenant: &Tenant, slice: &Slice<Place>, status: Option<&'static str>, all: &'static [&'static str],
) -> Parameters {
    let (at, after) = slice.begins_after();
    let wanted = status.map_or_else(|| all.to_vec(), |status| vec![status]);
    Parameters::default().with(tenant.as_str()).with(at).with(after).with(slice.limit as i64).with(wanted)
}
