use super::*;

#[test]
fn a_draft_is_cancelled_without_having_been_anything() {
    let event = OrderEvent::Cancelled(Cancelled {
        reason: at_request(),
        fulfilment: FulfilmentStatus::None,
        payment: PaymentStatus::None,
        placed: None,
    });
    given::<Order>(in_draft()).when(cancel()).then([event.clone()]);
    let order = Order::fold(&then(in_draft(), [event]));
    assert_eq!((order.lines(), order.placed(), order.total()), (&lines()[..], None, dec!(91.80)));
}

#[test]
fn what_is_cancelled_is_released_and_voided_as_far_as_it_had_come() {
    use {FulfilmentStatus as F, PaymentStatus as P};
    let histories = [
        (vec![placed()], F::None, P::None),
        (vec![placed(), stock_rejected()], F::None, P::None),
        (vec![placed(), stock_confirmed()], F::Released, P::None),
        (vec![placed(), stock_confirmed(), payment_failed()], F::Released, P::Failed),
        (vec![placed(), payment_confirmed()], F::None, P::Voided),
        (vec![placed(), held("fraud?")], F::None, P::None),
        (in_confirmed(), F::Released, P::Voided),
    ];
    for (history, fulfilment, payment) in histories {
        given::<Order>(history).when(cancel()).then([cancelled(fulfilment, payment)]);
    }
}

#[test]
fn an_order_is_cancelled_until_something_has_left() {
    refused(
        &cancel(),
        [
            (vec![], OrderRejection::Missing),
            (in_shipping(), OrderRejection::AlreadyDispatched),
            (in_completed(), OrderRejection::AlreadyCompleted),
        ],
    );
    let for_lack_of_stock = OrderCommand::Cancel { reason: CancelReason::OutOfStock { short: short() } };
    satisfied(&for_lack_of_stock, [in_cancelled()]);
}

#[test]
fn a_cancelled_order_still_says_what_it_was() {
    let order = Order::fold(&in_cancelled());
    assert_eq!((order.status(), order.cancel_reason()), (Some(OrderStatus::Cancelled), Some(&at_request())));
    assert_eq!((order.placed(), order.on_hold()), (Some(&payload()), None));
}
