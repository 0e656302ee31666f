//! The world of a script: one store, the real handlers and the real runner, a clock that can be wound on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta};
use orderflow_commands::{Clock, Commands, FulfilmentActions, Payments, SimulatedProvider};
use orderflow_core::{
    AnyEvent, Currency, OrderId, Quantity, Sku, UnitPrice,
    fulfilment::{Action, Fulfilment, Outcome},
    order::{CancelReason, NewLine, OrderCommand, Particulars},
    shipment::ShipmentCommand,
    stock::StockCommand,
    views,
};
use orderflow_engine::{
    Actions, Category, Cause, CommandId, Decider, Envelope, EventReader, FirstLook, Handler, MemoryStore, Metadata,
    Position, Projection, Slices, StreamName, Tenant, Timestamp, Wanted,
    projection::{Changes, Rows, Value},
};
use orderflow_projector::{Agenda, AgendaError, Overdue, ProcessHandle, ProcessOptions, start_process};
use orderflow_stores::AnyStore;
use rust_decimal::Decimal;
use tokio::{sync::Mutex, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::script::{Deed, Fault, Script};

/// So many deadlines are found at a time.
const DEADLINES: usize = 3;

pub(crate) struct World {
    pub(crate) store: AnyStore,
    pub(crate) tenant: Tenant,
    pub(crate) orders: Vec<OrderId>,
    commands: Commands,
    agenda: TestAgenda,
    faults: Arc<Faults>,
    clock: Clock,
    runner: Option<Runner>,
    ids: u128,
}

struct Runner {
    handle: ProcessHandle,
    task: JoinHandle<()>,
    shutdown: CancellationToken,
}

struct Faults {
    planned: Vec<Fault>,
    next: AtomicUsize,
}

pub(crate) fn sku(number: usize) -> Sku {
    Sku::new(format!("SKU {number}")).expect("a valid SKU")
}

/// The simulated time.
pub(crate) fn clock() -> Clock {
    let begin = Instant::now();
    Clock::new(move || {
        let elapsed = TimeDelta::from_std(begin.elapsed()).expect("a short time");
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + elapsed
    })
}

impl World {
    pub(crate) async fn new(script: &Script) -> Self {
        let store = AnyStore::from(MemoryStore::new());
        let mut world = Self {
            commands: Commands::new(&store, 1000),
            agenda: TestAgenda::new(store.clone()),
            faults: Arc::new(Faults { planned: script.faults.clone(), next: AtomicUsize::new(0) }),
            tenant: Tenant::default(),
            orders: Vec::new(),
            store,
            clock: clock(),
            runner: None,
            ids: 0,
        };
        for (number, pieces) in script.stock.iter().enumerate() {
            world.receive(number, *pieces).await;
        }
        world.start().await;
        world
    }

    pub(crate) async fn perform(&mut self, deed: &Deed) {
        match deed {
            Deed::Place { lines, token } => self.place(lines, token).await,
            Deed::Cancel(order) => {
                let reason = CancelReason::Requested { note: None };
                self.on_order(*order, OrderCommand::Cancel { reason }).await;
            }
            Deed::Hold(order) => self.on_order(*order, OrderCommand::Hold { reason: "a question".to_owned() }).await,
            Deed::Release(order) => self.on_order(*order, OrderCommand::Release).await,
            Deed::Dispatch(order) => {
                let command = ShipmentCommand::Dispatch { carrier: "a carrier".to_owned(), tracking: None };
                self.on_shipment(*order, command).await;
            }
            Deed::Deliver(order) => self.on_shipment(*order, ShipmentCommand::Deliver).await,
            Deed::Receive { sku, pieces } => self.receive(*sku, *pieces).await,
            Deed::Pass(millis) => tokio::time::sleep(Duration::from_millis(*millis)).await,
            Deed::Restart { forgetful } => self.restart(*forgetful).await,
            Deed::Retry(order) => {
                if let (Some(order), Some(runner)) = (self.order(*order), &self.runner) {
                    // A process that was never started has nothing to retry.
                    let _ = tokio::time::timeout(
                        Duration::from_millis(200),
                        runner.handle.retry(&self.tenant, &order.to_string()),
                    )
                    .await;
                }
            }
        }
    }

    /// Releases every hold, ships and delivers what there is to ship, and waits until nothing more happens.
    pub(crate) async fn settle(&mut self) {
        self.faults.next.store(usize::MAX / 2, Ordering::Relaxed);
        // Longer than any payment stays unknown, any reservation lasts and any failed action is paused for; after that,
        // only what has to be shipped still takes a moment.
        for pause in [1000, 1, 1, 1].map(Duration::from_secs) {
            for number in 0..self.orders.len() {
                self.on_order(number, OrderCommand::Release).await;
            }
            tokio::time::sleep(pause).await;
            for number in 0..self.orders.len() {
                let dispatch = ShipmentCommand::Dispatch { carrier: "a carrier".to_owned(), tracking: None };
                self.on_shipment(number, dispatch).await;
                self.on_shipment(number, ShipmentCommand::Deliver).await;
            }
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        let head = self.store.head().await.expect("readable");
        let position = self.runner.as_ref().map_or(Position::START, |runner| runner.handle.position());
        assert_eq!(position, head, "the process took everything in");
        self.stop().await;
    }

    async fn place(&mut self, lines: &[(usize, u32)], token: &str) {
        let lines = lines.iter().map(|(number, pieces)| NewLine {
            sku: sku(*number),
            description: "a thing".to_owned(),
            quantity: Quantity::new(*pieces).expect("a valid quantity"),
            unit_price: UnitPrice::new(Decimal::new(125, 2)).expect("a valid price"),
            currency: Currency::GBP,
        });
        let particulars = Particulars {
            customer: None,
            country: None,
            currency: Currency::GBP,
            reference: None,
            payment_token: token.to_owned(),
        };
        let command = OrderCommand::Place { particulars, lines: lines.collect(), placed_at: self.clock.now() };
        let order = OrderId(Uuid::from_u128(0xFEED_0000 + self.orders.len() as u128));
        self.orders.push(order);
        self.execute(&self.commands.orders.clone(), &order.to_string(), command).await;
    }

    async fn receive(&mut self, number: usize, pieces: u32) {
        if let Ok(quantity) = Quantity::new(pieces) {
            self.execute(&self.commands.stock.clone(), sku(number).as_str(), StockCommand::Receive { quantity }).await;
        }
    }

    async fn on_order(&mut self, number: usize, command: OrderCommand) {
        if let Some(order) = self.order(number) {
            self.execute(&self.commands.orders.clone(), &order.to_string(), command).await;
        }
    }

    async fn on_shipment(&mut self, number: usize, command: ShipmentCommand) {
        if let Some(order) = self.order(number) {
            self.execute(&self.commands.shipments.clone(), &order.shipment(1).to_string(), command).await;
        }
    }

    fn order(&self, number: usize) -> Option<OrderId> {
        self.orders.get(number.checked_rem(self.orders.len())?).copied()
    }

    /// People try all sorts of things; a refusal is an answer.
    async fn execute<D: Decider>(&mut self, handler: &Handler<D, AnyStore>, id: &str, command: D::Command) {
        self.ids += 1;
        let envelope = Envelope {
            metadata: Metadata::new(CommandId(Uuid::from_u128(self.ids)), "somebody"),
            time: self.clock.now(),
            if_version: None,
            first_look: FirstLook::Load,
        };
        match handler.execute(&self.tenant, id, &command, &envelope).await {
            Ok(_) | Err(orderflow_engine::ExecuteError::Rejected(_)) => {}
            Err(fault) => panic!("the memory store does not fail: {fault}"),
        }
    }

    async fn start(&mut self) {
        let clock = self.clock.clone();
        let payments = Payments::new(self.commands.clone(), Arc::new(SimulatedProvider), clock.clone());
        let actions = Faulty {
            actions: FulfilmentActions::new(self.commands.clone(), payments, clock.clone()),
            faults: Arc::clone(&self.faults),
        };
        let slices = tokio::sync::watch::Sender::new(Slices::ALL).subscribe();
        let options = ProcessOptions { clock: Box::new(move || clock.now()), side_by_side: 4, slices };
        let shutdown = CancellationToken::new();
        let (handle, task) =
            start_process::<Fulfilment, _>(self.store.clone(), actions, self.agenda.clone(), options, shutdown.clone())
                .await
                .expect("the agenda can be read");
        self.runner = Some(Runner { handle, task, shutdown });
    }

    /// Kills the runner without a word, its caches with it.
    async fn restart(&mut self, forgetful: bool) {
        if let Some(runner) = self.runner.take() {
            runner.task.abort();
            let _ = runner.task.await;
        }
        self.commands = Commands::new(&self.store, 1000);
        if forgetful {
            *self.agenda.checkpoint.lock().await = Position::START;
        }
        self.start().await;
    }

    async fn stop(&mut self) {
        if let Some(runner) = self.runner.take() {
            runner.shutdown.cancel();
            runner.task.await.expect("the runner ends well");
        }
    }
}

/// Actions some of which never happen, or happen unseen.
struct Faulty {
    actions: FulfilmentActions,
    faults: Arc<Faults>,
}

impl Actions<Fulfilment> for Faulty {
    async fn carry_out(&self, tenant: &Tenant, action: &Action, cause: &Metadata) -> Result<Outcome, Cause> {
        let turn = self.faults.next.fetch_add(1, Ordering::Relaxed);
        match self.faults.planned.get(turn).copied().unwrap_or(Fault::None) {
            Fault::None => self.actions.carry_out(tenant, action, cause).await,
            Fault::Before => Err(Cause::new("it was never sent")),
            Fault::After => {
                self.actions.carry_out(tenant, action, cause).await?;
                Err(Cause::new("the answer was lost"))
            }
        }
    }
}

/// Finds deadlines by projecting the log, as a target would.
#[derive(Clone)]
pub(crate) struct TestAgenda {
    store: AnyStore,
    checkpoint: Arc<Mutex<Position>>,
    processes: Arc<Mutex<Processes>>,
}

impl TestAgenda {
    pub(crate) fn new(store: AnyStore) -> Self {
        Self { store, checkpoint: Arc::default(), processes: Arc::default() }
    }
}

#[derive(Default)]
struct Processes {
    through: Position,
    rows: std::collections::BTreeMap<Vec<Value>, Vec<Value>>,
}

impl Agenda for TestAgenda {
    async fn checkpoint(&self, _: &'static str, _: Slices) -> Result<Position, AgendaError> {
        Ok(*self.checkpoint.lock().await)
    }

    async fn set_checkpoint(&self, _: &'static str, _: Slices, position: Position) -> Result<(), AgendaError> {
        *self.checkpoint.lock().await = position;
        Ok(())
    }

    async fn due(
        &self, process: Category, now: Timestamp, after: Option<&Overdue>,
    ) -> Result<Vec<Overdue>, AgendaError> {
        let projection = projection();
        let mut processes = self.processes.lock().await;
        if *self.store.watch().borrow() == processes.through {
            return Ok(processes.due(process, now, after));
        }
        let page = self.store.read_all(processes.through, usize::MAX, &Wanted::kinds(projection.kinds)).await;
        let page = page.expect("readable");
        let mut changes = Changes::new(projection.view);
        for event in &page.events {
            let mut rows = Rows::default();
            (projection.project)(&event.decode().expect("decodes"), &mut rows);
            changes.push(rows);
        }
        changes.apply(&mut processes.rows);
        processes.through = page.through;
        Ok(processes.due(process, now, after))
    }
}

impl Processes {
    fn due(&self, process: Category, now: Timestamp, after: Option<&Overdue>) -> Vec<Overdue> {
        let projection = projection();
        let deadline = projection.view.column("deadline");
        let due = self.rows.iter().filter_map(|(key, row)| match (&key[1], &row[deadline]) {
            (Value::Text(id), Value::Int(at)) if *at <= now.timestamp_micros() => Some(Overdue {
                deadline: DateTime::from_timestamp_micros(*at).expect("a time"),
                stream: StreamName::new(&Tenant::default(), process, id),
            }),
            _not_yet => None,
        });
        let mut due: Vec<_> = due.filter(|overdue| after.is_none_or(|after| overdue > after)).collect();
        due.sort();
        due.truncate(DEADLINES);
        due
    }
}

fn projection() -> Projection<AnyEvent> {
    *views::ALL.iter().find(|projection| projection.view.name == "processes").expect("it is declared")
}
