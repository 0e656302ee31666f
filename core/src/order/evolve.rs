use super::{
    event::{Line, OrderEvent, ShipmentDispatched},
    state::{
        Captured, Draft, Ended, OrderState, Parcel, PaymentAnswer, Ready, Sent, Shipping, StockAnswer, Waiting, Was,
        Whereabouts, place_of,
    },
};

pub(super) fn evolve(state: OrderState, event: &OrderEvent) -> OrderState {
    match event {
        OrderEvent::Drafted(drafted) => match state {
            OrderState::New => OrderState::Draft(Draft { drafted: drafted.clone(), lines: Vec::new(), next_line: 1 }),
            unchanged => unchanged,
        },
        OrderEvent::LineAdded(added) => drafting(state, |draft| add(draft, &added.line)),
        OrderEvent::LineChanged(changed) => drafting(state, |draft| {
            if let Some(place) = place_of(&draft.lines, changed.line.line) {
                draft.lines[place] = changed.line.clone();
            }
        }),
        OrderEvent::LineRemoved(removed) => drafting(state, |draft| {
            draft.lines.retain(|line| line.line != removed.line);
        }),
        OrderEvent::Placed(placed) => match state {
            OrderState::New | OrderState::Draft(_) => OrderState::Placed(Waiting::new(placed.clone())),
            unchanged => unchanged,
        },
        OrderEvent::StockConfirmed(_) => waiting(state, |waiting| waiting.stock = StockAnswer::Confirmed),
        OrderEvent::StockRejected(rejected) => {
            waiting(state, |waiting| waiting.stock = StockAnswer::Rejected(rejected.short.clone()))
        }
        OrderEvent::PaymentConfirmed(_) => waiting(state, |waiting| waiting.payment = PaymentAnswer::Confirmed),
        OrderEvent::PaymentFailed(failed) => {
            waiting(state, |waiting| waiting.payment = PaymentAnswer::Failed { reason: failed.reason.clone() })
        }
        OrderEvent::Confirmed(_) => match state {
            OrderState::Placed(Waiting { placed, hold, .. }) => OrderState::Confirmed(Ready { placed, hold }),
            unchanged => unchanged,
        },
        OrderEvent::Held(held) => holding(state, Some(held.reason.clone())),
        OrderEvent::Released(_) => holding(state, None),
        OrderEvent::ShipmentDispatched(dispatched) => match state {
            OrderState::Confirmed(Ready { placed, hold }) => OrderState::Shipping(Shipping {
                sent: send(Sent::nothing(placed), dispatched),
                captured: Captured::NotYet,
                hold,
            }),
            OrderState::Shipping(shipping) => {
                OrderState::Shipping(Shipping { sent: send(shipping.sent, dispatched), ..shipping })
            }
            unchanged => unchanged,
        },
        OrderEvent::PaymentCaptured(_) => match state {
            OrderState::Shipping(shipping) => OrderState::Shipping(Shipping { captured: Captured::Yes, ..shipping }),
            unchanged => unchanged,
        },
        OrderEvent::Delivered(delivered) => match state {
            OrderState::Shipping(mut shipping) => {
                for parcel in &mut shipping.sent.shipments {
                    if parcel.shipment == delivered.shipment {
                        parcel.whereabouts = Whereabouts::Arrived;
                    }
                }
                OrderState::Shipping(shipping)
            }
            unchanged => unchanged,
        },
        OrderEvent::Completed(_) => match state {
            OrderState::Shipping(shipping) => OrderState::Completed(shipping.sent),
            unchanged => unchanged,
        },
        OrderEvent::Cancelled(cancelled) => {
            let was = match state {
                OrderState::Draft(draft) => Was::Draft(draft),
                OrderState::Placed(waiting) => Was::Placed(waiting.placed),
                OrderState::Confirmed(ready) => Was::Placed(ready.placed),
                unchanged => return unchanged,
            };
            OrderState::Cancelled(Ended {
                was,
                reason: cancelled.reason.clone(),
                fulfilment: cancelled.fulfilment,
                payment: cancelled.payment,
            })
        }
    }
}

fn drafting(mut state: OrderState, change: impl FnOnce(&mut Draft)) -> OrderState {
    if let OrderState::Draft(draft) = &mut state {
        change(draft);
    }
    state
}

fn waiting(mut state: OrderState, change: impl FnOnce(&mut Waiting)) -> OrderState {
    if let OrderState::Placed(waiting) = &mut state {
        change(waiting);
    }
    state
}

fn holding(state: OrderState, hold: Option<String>) -> OrderState {
    match state {
        OrderState::Placed(waiting) => OrderState::Placed(Waiting { hold, ..waiting }),
        OrderState::Confirmed(ready) => OrderState::Confirmed(Ready { hold, ..ready }),
        OrderState::Shipping(shipping) => OrderState::Shipping(Shipping { hold, ..shipping }),
        unchanged => unchanged,
    }
}

/// Lines stay in the order of their numbers.
fn add(draft: &mut Draft, line: &Line) {
    if line.line >= draft.next_line {
        draft.lines.push(line.clone());
        draft.next_line = line.line.saturating_add(1);
    }
}

fn send(mut sent: Sent, dispatched: &ShipmentDispatched) -> Sent {
    if sent.parcel(dispatched.shipment).is_none() {
        sent.shipped.clone_from(&dispatched.shipped);
        sent.shipments.push(Parcel { shipment: dispatched.shipment, whereabouts: Whereabouts::OnItsWay });
    }
    sent
}
