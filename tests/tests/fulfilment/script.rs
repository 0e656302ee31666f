//! What is going to happen, as data.

use proptest::prelude::*;

#[derive(Debug, Clone)]
pub(crate) struct Script {
    /// Pieces of each SKU on the shelf at the beginning.
    pub(crate) stock: Vec<u32>,
    /// Which actions of the process fail, in the order they are carried out: most of them do not.
    pub(crate) faults: Vec<Fault>,
    pub(crate) deeds: Vec<Deed>,
}

/// What happens to an action on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    None,
    /// It is not carried out.
    Before,
    /// It is carried out, and nobody learns of it.
    After,
}

/// Orders and shipments are named by their number, modulo how many there are.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Place {
        lines: Vec<(usize, u32)>,
        token: &'static str,
    },
    Cancel(usize),
    Hold(usize),
    Release(usize),
    Dispatch(usize),
    Deliver(usize),
    Receive {
        sku: usize,
        pieces: u32,
    },
    /// Lets the process work for so many milliseconds.
    Pass(u64),
    /// Ends the runner wherever it is, and starts another one from the last checkpoint, or from the beginning.
    Restart {
        forgetful: bool,
    },
    Retry(usize),
}

pub(crate) const SKUS: usize = 3;

pub(crate) fn any() -> impl Strategy<Value = Script> {
    (
        prop::collection::vec(0..40_u32, SKUS),
        prop::collection::vec(fault(), 0..60),
        prop::collection::vec(deed(), 1..30),
    )
        .prop_map(|(stock, faults, deeds)| Script { stock, faults, deeds })
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![8 => Just(Fault::None), 1 => Just(Fault::Before), 1 => Just(Fault::After)]
}

fn deed() -> impl Strategy<Value = Deed> {
    let token = prop_oneof![
        6 => Just("tok_approve"),
        1 => Just("tok_decline"),
        1 => Just("tok_slow"),
        1 => Just("tok_unknown"),
        1 => Just("tok_timeout"),
    ];
    let lines = prop::collection::vec((0..SKUS, 1..12_u32), 1..5);
    prop_oneof![
        8 => (lines, token).prop_map(|(lines, token)| Deed::Place { lines, token }),
        2 => number().prop_map(Deed::Cancel),
        1 => number().prop_map(Deed::Hold),
        2 => number().prop_map(Deed::Release),
        4 => number().prop_map(Deed::Dispatch),
        4 => number().prop_map(Deed::Deliver),
        2 => (0..SKUS, 1..30_u32).prop_map(|(sku, pieces)| Deed::Receive { sku, pieces }),
        6 => (0..400_u64).prop_map(Deed::Pass),
        2 => prop::bool::ANY.prop_map(|forgetful| Deed::Restart { forgetful }),
        1 => number().prop_map(Deed::Retry),
    ]
}

fn number() -> impl Strategy<Value = usize> {
    0..1000_usize
}
