//! Identifiers that need to be unique, not secret.

use std::cell::Cell;

use uuid::Uuid;

thread_local! {
    static STATE: Cell<u64> =
        Cell::new(Uuid::new_v4().as_u64_pair().0 ^ Uuid::new_v4().as_u64_pair().1.rotate_left(32));
}

/// SplitMix64, seeded by the operating system in each thread: a hundred times cheaper than asking it every time.
fn next() -> u64 {
    STATE.with(|state| {
        let seed = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        state.set(seed);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

/// Fills `text` with random lower-case hexadecimal digits, not all of them 0.
pub(super) fn hex(text: &mut [u8]) {
    for digits in text.chunks_mut(16) {
        // One bit of the first digit is set, as an id of zeros means "none" in a trace.
        let mut bits = next() | (1 << 60);
        for digit in digits {
            bits = bits.rotate_left(4);
            *digit = b"0123456789abcdef"[(bits & 15) as usize];
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_hexadecimal_and_differ() {
        let mut seen = HashSet::new();
        for _ in 0..10_000 {
            let mut id = [0; 32];
            hex(&mut id);
            assert!(id.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')));
            assert!(seen.insert(id));
        }
    }
}
