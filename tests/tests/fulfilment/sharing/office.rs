//! An office in which several runners fulfil the same orders, by hands that may fail.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use orderflow_commands::{Clock, Commands, FulfilmentActions, Payments, SimulatedProvider};
use orderflow_core::{
    Currency, OrderId, Quantity, UnitPrice,
    fulfilment::{Action, Fulfilment, FulfilmentState, Outcome, Step},
    order::{NewLine, OrderCommand, Particulars},
    shipment::ShipmentCommand,
    stock::StockCommand,
};
use orderflow_engine::{
    Actions, Append, Category, Cause, CommandId, Decider, Envelope, EventReader, EventStore, FirstLook, Handler,
    MemoryStore, Metadata, Page, Position, RawEvent, ReadError, Slice, Slices, Snapshot, StreamName, Tenant, Ticket,
    Timestamp, Version, Wanted, Writers, replay,
};
use orderflow_projector::{Agenda, AgendaError, NotRetried, Overdue, ProcessHandle, ProcessOptions, start_process};
use orderflow_stores::AnyStore;
use rust_decimal::Decimal;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::world::{TestAgenda, clock, sku};

pub(super) const SIDE_BY_SIDE: usize = 4;

/// What hands do about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hands {
    Able,
    /// They capture no payment.
    Refusing,
    /// They learn nothing of the payment provider.
    Silent,
    /// Nothing comes of anything.
    Stuck,
}

/// Whether a runner sees what the log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    Clear,
    Blind,
}

pub(super) struct Office {
    store: AnyStore,
    commands: Commands,
    clock: Clock,
    hands: Arc<Mutex<HashMap<OrderId, Hands>>>,
    agenda: Shelf,
}

pub(super) fn order(number: usize) -> OrderId {
    OrderId(Uuid::from_u128(0xFEED_0000 + number as u128))
}

fn stream(order: OrderId) -> StreamName {
    StreamName::new(&Tenant::default(), Fulfilment::CATEGORY, order)
}

impl Office {
    pub(super) fn new() -> Self {
        let store = AnyStore::from(MemoryStore::new());
        Self {
            commands: Commands::new(&store, 1000),
            agenda: Shelf { deadlines: TestAgenda::new(store.clone()), places: Arc::default() },
            hands: Arc::default(),
            clock: clock(),
            store,
        }
    }

    pub(super) fn set(&self, order: OrderId, hands: Hands) {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner).insert(order, hands);
    }

    pub(super) fn is_in(&self, order: OrderId, slices: Slices) -> bool {
        slices.contains(Slice::of(&stream(order)))
    }

    pub(super) async fn head(&self) -> Position {
        self.store.head().await.expect("readable")
    }

    pub(super) async fn state(&self, order: OrderId) -> FulfilmentState {
        replay::<Fulfilment>(&self.store, &stream(order), |_| true).await.expect("replays").state
    }

    pub(super) async fn step(&self, order: OrderId) -> Option<Step> {
        match self.state(order).await {
            FulfilmentState::Active { step, .. } => Some(step),
            FulfilmentState::Idle | FulfilmentState::Ended(_) => None,
        }
    }

    /// Waits, in a time that is simulated, for longer than anything is paused for.
    pub(super) async fn until(&self, holds: impl AsyncFn() -> bool) {
        for _ in 0..20_000 {
            if holds().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it never comes to that");
    }

    pub(super) async fn all(&self, orders: &[OrderId], holds: impl AsyncFn(OrderId) -> bool) -> bool {
        for order in orders {
            if !holds(*order).await {
                return false;
            }
        }
        true
    }

    /// Places an order for one piece, which is there.
    pub(super) async fn place(&self, number: usize) -> OrderId {
        let (sku, quantity) = (sku(0), Quantity::new(1).expect("a valid quantity"));
        self.execute(&self.commands.stock, sku.as_str(), StockCommand::Receive { quantity }).await;
        let line = NewLine {
            sku,
            description: "a thing".to_owned(),
            quantity,
            unit_price: UnitPrice::new(Decimal::new(125, 2)).expect("a valid price"),
            currency: Currency::GBP,
        };
        let particulars = Particulars {
            customer: None,
            country: None,
            currency: Currency::GBP,
            reference: None,
            payment_token: "tok_approve".to_owned(),
        };
        let command = OrderCommand::Place { particulars, lines: vec![line], placed_at: self.clock.now() };
        self.execute(&self.commands.orders, &order(number).to_string(), command).await;
        order(number)
    }

    pub(super) async fn dispatch(&self, order: OrderId) {
        let command = ShipmentCommand::Dispatch { carrier: "a carrier".to_owned(), tracking: None };
        self.execute(&self.commands.shipments, &order.shipment(1).to_string(), command).await;
    }

    pub(super) async fn deliver(&self, order: OrderId) {
        self.execute(&self.commands.shipments, &order.shipment(1).to_string(), ShipmentCommand::Deliver).await;
    }

    async fn execute<D: Decider>(&self, handler: &Handler<D, AnyStore>, id: &str, command: D::Command) {
        let envelope = Envelope {
            metadata: Metadata::new(CommandId(Uuid::new_v4()), "somebody"),
            time: self.clock.now(),
            if_version: None,
            first_look: FirstLook::Load,
        };
        handler.execute(&Tenant::default(), id, &command, &envelope).await.expect("it is carried out");
    }

    pub(super) async fn start(&self, slices: Slices, sight: Sight) -> Runner {
        let (clock, share) = (self.clock.clone(), watch::Sender::new(slices));
        // With handlers of its own: nobody else's cache is of use to it.
        let commands = Commands::new(&self.store, 1000);
        let payments = Payments::new(commands.clone(), Arc::new(SimulatedProvider), clock.clone());
        let actions = OfficeActions {
            actions: FulfilmentActions::new(commands, payments, clock.clone()),
            hands: Arc::clone(&self.hands),
        };
        let options = ProcessOptions {
            clock: Box::new(move || clock.now()),
            side_by_side: SIDE_BY_SIDE,
            slices: share.subscribe(),
        };
        let (log, shutdown) = (Log { store: self.store.clone(), sight }, CancellationToken::new());
        let started =
            start_process::<Fulfilment, _>(log, actions, self.agenda.clone(), options, shutdown.clone()).await;
        let (handle, task) = started.expect("the agenda can be read");
        Runner { handle, task, share, shutdown }
    }
}

pub(super) struct Runner {
    handle: ProcessHandle,
    task: JoinHandle<()>,
    share: watch::Sender<Slices>,
    shutdown: CancellationToken,
}

impl Runner {
    pub(super) fn position(&self) -> Position {
        self.handle.position()
    }

    pub(super) fn set_aside(&self) -> usize {
        self.handle.set_aside()
    }

    pub(super) fn share(&self, slices: Slices) {
        self.share.send_replace(slices);
    }

    pub(super) async fn retry(&self, order: OrderId) -> Result<(), NotRetried> {
        self.handle.retry(&Tenant::default(), &order.to_string()).await
    }

    pub(super) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.expect("the runner ends well");
    }

    /// Ends without a word.
    pub(super) async fn die(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

struct OfficeActions {
    actions: FulfilmentActions,
    hands: Arc<Mutex<HashMap<OrderId, Hands>>>,
}

fn order_of(action: &Action) -> OrderId {
    match action {
        Action::Reserve { order, .. }
        | Action::ConfirmStock { order }
        | Action::Authorize { order, .. }
        | Action::AskProvider { order }
        | Action::ConfirmPayment { order }
        | Action::RequestShipment { order, .. }
        | Action::Ship { order, .. }
        | Action::Capture { order }
        | Action::RecordDispatch { order, .. }
        | Action::RecordDelivery { order, .. }
        | Action::Withdraw { order, .. }
        | Action::Release { order, .. }
        | Action::Expire { order, .. }
        | Action::Void { order }
        | Action::RejectStock { order, .. }
        | Action::FailPayment { order, .. }
        | Action::Cancel { order, .. } => *order,
    }
}

impl Actions<Fulfilment> for OfficeActions {
    async fn carry_out(&self, tenant: &Tenant, action: &Action, cause: &Metadata) -> Result<Outcome, Cause> {
        let hands = self.hands.lock().unwrap_or_else(PoisonError::into_inner).get(&order_of(action)).copied();
        let asks = matches!(action, Action::Authorize { .. } | Action::AskProvider { .. });
        match hands.unwrap_or(Hands::Able) {
            Hands::Stuck => Err(Cause::new("nothing comes of it")),
            Hands::Silent if asks => Ok(Outcome::Unknown { reason: "no answer".to_owned() }),
            Hands::Refusing if matches!(action, Action::Capture { .. }) => {
                Ok(Outcome::Refused { what: "no".to_owned() })
            }
            // Payments are none of this.
            Hands::Able | Hands::Silent | Hands::Refusing if asks || matches!(action, Action::Capture { .. }) => {
                Ok(Outcome::Done)
            }
            Hands::Able | Hands::Silent | Hands::Refusing => self.actions.carry_out(tenant, action, cause).await,
        }
    }
}

/// The store as one of several that append to it has it.
#[derive(Clone)]
struct Log {
    store: AnyStore,
    sight: Sight,
}

impl EventReader for Log {
    async fn read_stream(&self, stream: &StreamName, after: Version, limit: usize) -> Result<Vec<RawEvent>, ReadError> {
        self.store.read_stream(stream, after, limit).await
    }

    async fn read_all(&self, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, ReadError> {
        match self.sight {
            Sight::Clear => self.store.read_all(after, limit, wanted).await,
            Sight::Blind => Ok(Page { events: Vec::new(), through: after }),
        }
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.store.watch()
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        self.store.load_snapshot(stream).await
    }
}

impl EventStore for Log {
    fn writers(&self) -> Writers {
        Writers::Several
    }

    async fn submit_after(&self, append: Append, rests_on: Option<Ticket>) -> Ticket {
        self.store.submit_after(append, rests_on).await
    }

    async fn save_snapshot(&self, stream: StreamName, snapshot: Snapshot) {
        self.store.save_snapshot(stream, snapshot).await;
    }
}

/// Places slice by slice, as servers keep them.
#[derive(Clone)]
struct Shelf {
    deadlines: TestAgenda,
    places: Arc<Mutex<[Position; Slice::COUNT]>>,
}

impl Agenda for Shelf {
    async fn checkpoint(&self, _: &'static str, slices: Slices) -> Result<Position, AgendaError> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(slices.iter().map(|slice| places[slice.number()]).min().unwrap_or_default())
    }

    async fn set_checkpoint(&self, _: &'static str, slices: Slices, position: Position) -> Result<(), AgendaError> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        slices.iter().for_each(|slice| places[slice.number()] = position);
        Ok(())
    }

    async fn due(
        &self, process: Category, now: Timestamp, after: Option<&Overdue>,
    ) -> Result<Vec<Overdue>, AgendaError> {
        self.deadlines.due(process, now, after).await
    }
}
