//! Reporting: sums, ranks and counts.

pub(crate) mod funnel;
pub(crate) mod sales;
pub(crate) mod top_products;
