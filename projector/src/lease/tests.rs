//! Any coming and going of workers: never two holders of a slice, soon an even split, and then no change.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const LEASE: i64 = 8;
const BEAT: i64 = 2;

/// What happens to the workers, in seconds.
#[derive(Debug, Clone)]
enum Happens {
    /// It starts, or beats once more after it was away.
    Beats(usize),
    Leaves(usize),
    /// It says nothing any more, until it beats again.
    Dies(usize),
    Passes(i64),
}

/// The table of leases, and what each worker believes.
struct World {
    now: i64,
    workers: BTreeMap<String, i64>,
    leases: Vec<Lease>,
    epochs: Vec<u64>,
    alive: BTreeMap<String, i64>,
    believed: BTreeMap<String, [Option<u64>; Slice::COUNT]>,
    moved: usize,
}

impl World {
    fn new() -> Self {
        Self {
            now: 0,
            workers: BTreeMap::new(),
            leases: vec![Lease { owner: None, expires_at_micros: 0 }; Slice::COUNT],
            epochs: vec![0; Slice::COUNT],
            alive: BTreeMap::new(),
            believed: BTreeMap::new(),
            moved: 0,
        }
    }

    fn beat(&mut self, name: &str) {
        let until = self.now + LEASE;
        self.workers.retain(|_, expires_at| *expires_at > self.now);
        self.workers.insert(name.to_owned(), until);
        self.alive.insert(name.to_owned(), self.now + BEAT);
        let workers: Vec<Worker> = self
            .workers
            .iter()
            .map(|(name, expires_at)| Worker { name: name.clone(), expires_at_micros: *expires_at })
            .collect();
        let decision = share(name, &workers, &self.leases, self.now);
        let mut believed = [None; Slice::COUNT];
        for slice in Slice::all() {
            let (lease, epoch) = (&mut self.leases[slice.number()], &mut self.epochs[slice.number()]);
            let (renew, give_back) = (decision.renew.contains(slice), decision.give_back.contains(slice));
            let take = decision.take.contains(slice);
            assert!(u8::from(renew) + u8::from(give_back) + u8::from(take) <= 1, "{decision:?}");
            if renew || give_back {
                assert_eq!(lease.owner.as_deref(), Some(name), "only its own");
            }
            if take {
                assert!(lease.owner.is_none() || lease.expires_at_micros <= self.now, "nobody else's");
                *epoch += 1;
            }
            if renew || take {
                *lease = Lease { owner: Some(name.to_owned()), expires_at_micros: until };
                believed[slice.number()] = Some(*epoch);
            }
            if give_back {
                *lease = Lease { owner: None, expires_at_micros: self.now };
            }
            self.moved += usize::from(give_back || take);
        }
        self.believed.insert(name.to_owned(), believed);
    }

    fn leave(&mut self, name: &str) {
        for lease in &mut self.leases {
            if lease.owner.as_deref() == Some(name) {
                *lease = Lease { owner: None, expires_at_micros: self.now };
            }
        }
        self.workers.remove(name);
        self.alive.remove(name);
        self.believed.remove(name);
    }

    /// Whether a write of this worker to this slice would pass the fence.
    fn may_write(&self, name: &str, slice: Slice) -> bool {
        let lease = &self.leases[slice.number()];
        let believed = self.believed.get(name).and_then(|believed| believed[slice.number()]);
        lease.owner.as_deref() == Some(name)
            && believed == Some(self.epochs[slice.number()])
            && lease.expires_at_micros > self.now
    }

    fn check(&self) {
        for slice in Slice::all() {
            let writers = self.believed.keys().filter(|name| self.may_write(name, slice)).count();
            assert!(writers <= 1, "slice {slice} has {writers} writers");
        }
    }

    /// Time passes second by second, and who is alive beats when its time has come.
    fn pass(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.now += 1;
            let due = self.alive.iter().filter(|(_, at)| **at <= self.now).map(|(name, _)| name.clone());
            for name in due.collect::<Vec<_>>() {
                self.beat(&name);
            }
            self.check();
        }
    }

    fn held(&self, name: &str) -> usize {
        Slice::all().filter(|slice| self.may_write(name, *slice)).count()
    }
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        3 => (0..11_usize).prop_map(Happens::Beats),
        1 => (0..11_usize).prop_map(Happens::Leaves),
        1 => (0..11_usize).prop_map(Happens::Dies),
        3 => (0..12_i64).prop_map(Happens::Passes),
    ]
}

proptest! {
    #[test]
    fn slices_have_one_writer_and_are_soon_split_evenly(story in prop::collection::vec(happens(), 1..60)) {
        let mut world = World::new();
        let name = |worker: usize| format!("worker-{worker}");
        for event in story {
            match event {
                Happens::Beats(worker) => world.beat(&name(worker)),
                Happens::Leaves(worker) => world.leave(&name(worker)),
                Happens::Dies(worker) => drop(world.alive.remove(&name(worker))),
                Happens::Passes(seconds) => world.pass(seconds),
            }
            world.check();
        }
        // The dead are forgotten when their leases end; giving back and taking are a beat each.
        world.pass(LEASE + 3 * BEAT);
        let alive: Vec<String> = world.alive.keys().cloned().collect();
        let counts: Vec<usize> = alive.iter().map(|name| world.held(name)).collect();
        if let (Some(least), Some(most)) = (counts.iter().min(), counts.iter().max()) {
            prop_assert_eq!(counts.iter().sum::<usize>(), Slice::COUNT);
            prop_assert!(most - least <= 1, "{:?}", counts);
        }
        let moved = world.moved;
        world.pass(20 * BEAT);
        prop_assert_eq!(world.moved, moved, "what is even stays as it is");
    }
}

#[test]
fn a_second_worker_gets_half_as_soon_as_the_first_gives_it_back() {
    let mut world = World::new();
    world.beat("a");
    assert_eq!(world.held("a"), 8);
    world.beat("b");
    assert_eq!((world.held("a"), world.held("b")), (8, 0));
    world.beat("a");
    assert_eq!((world.held("a"), world.held("b")), (4, 0));
    world.beat("b");
    assert_eq!((world.held("a"), world.held("b")), (4, 4));
}

#[test]
fn a_late_beat_finds_what_nobody_took() {
    let mut world = World::new();
    world.beat("a");
    world.now += 10 * LEASE;
    assert_eq!(world.held("a"), 0, "it has run out");
    world.beat("a");
    assert_eq!((world.held("a"), world.moved), (8, 8), "nothing was taken anew");
}
