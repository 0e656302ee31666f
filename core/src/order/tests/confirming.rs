use super::*;

#[test]
fn stock_is_confirmed() {
    let command = OrderCommand::ConfirmStock;
    given::<Order>([placed()]).when(command.clone()).then([stock_confirmed()]);
    given::<Order>([placed(), held("fraud?")]).when(command.clone()).then([stock_confirmed()]);
    given::<Order>([placed(), payment_confirmed()]).when(command.clone()).then([stock_confirmed(), confirmed()]);
    given::<Order>([placed(), payment_confirmed(), held("fraud?")]).when(command.clone()).then([stock_confirmed()]);
    satisfied(&command, [in_confirmed(), in_shipping(), in_completed()]);
    refused(
        &command,
        [
            (vec![], OrderRejection::Missing),
            (in_draft(), OrderRejection::NotPlaced),
            (vec![placed(), stock_rejected()], OrderRejection::StockRejected),
            (in_cancelled(), OrderRejection::AlreadyCancelled),
        ],
    );
}

#[test]
fn stock_is_rejected() {
    let command = OrderCommand::RejectStock { short: short() };
    given::<Order>([placed()]).when(command.clone()).then([stock_rejected()]);
    refused(
        &command,
        [
            (vec![], OrderRejection::Missing),
            (in_draft(), OrderRejection::NotPlaced),
            (vec![placed(), stock_confirmed()], OrderRejection::StockAlreadyConfirmed),
            (in_confirmed(), OrderRejection::StockAlreadyConfirmed),
            (in_shipping(), OrderRejection::StockAlreadyConfirmed),
            (in_completed(), OrderRejection::AlreadyCompleted),
            (in_cancelled(), OrderRejection::AlreadyCancelled),
        ],
    );
}

#[test]
fn payment_is_confirmed_and_with_it_an_order_that_has_its_stock() {
    let command = OrderCommand::ConfirmPayment;
    given::<Order>([placed()]).when(command.clone()).then([payment_confirmed()]);
    given::<Order>([placed(), stock_confirmed()]).when(command.clone()).then([payment_confirmed(), confirmed()]);
    given::<Order>([placed(), stock_confirmed(), held("fraud?")]).when(command.clone()).then([payment_confirmed()]);
    satisfied(&command, [in_confirmed(), in_shipping(), in_completed()]);
    refused(
        &command,
        [
            (vec![], OrderRejection::Missing),
            (in_draft(), OrderRejection::NotPlaced),
            (vec![placed(), payment_failed()], no_funds()),
            (in_cancelled(), OrderRejection::AlreadyCancelled),
        ],
    );
}

#[test]
fn payment_fails() {
    given::<Order>([placed()]).when(fail_payment()).then([payment_failed()]);
    refused(
        &fail_payment(),
        [
            (vec![], OrderRejection::Missing),
            (in_draft(), OrderRejection::NotPlaced),
            (vec![placed(), payment_confirmed()], OrderRejection::PaymentAlreadyConfirmed),
            (in_confirmed(), OrderRejection::PaymentAlreadyConfirmed),
            (in_shipping(), OrderRejection::PaymentAlreadyConfirmed),
            (in_completed(), OrderRejection::AlreadyCompleted),
            (in_cancelled(), OrderRejection::AlreadyCancelled),
        ],
    );
}

#[test]
fn an_order_is_confirmed_when_it_has_both_and_is_not_on_hold() {
    let command = OrderCommand::Confirm;
    let both = || vec![placed(), stock_confirmed(), payment_confirmed()];
    given::<Order>(both()).when(command.clone()).then([confirmed()]);
    satisfied(&command, [in_confirmed(), then(in_confirmed(), [held("fraud?")]), in_shipping(), in_completed()]);
    refused(
        &command,
        [
            (vec![], OrderRejection::Missing),
            (in_draft(), OrderRejection::NotPlaced),
            (vec![placed(), payment_confirmed()], OrderRejection::StockNotConfirmed),
            (vec![placed(), stock_rejected()], OrderRejection::StockRejected),
            (vec![placed(), stock_confirmed()], OrderRejection::PaymentNotConfirmed),
            (vec![placed(), stock_confirmed(), payment_failed()], no_funds()),
            (then(both(), [held("fraud?")]), OrderRejection::OnHold { reason: "fraud?".to_owned() }),
            (in_cancelled(), OrderRejection::AlreadyCancelled),
        ],
    );
}

#[test]
fn an_order_is_held_for_a_reason() {
    for history in [vec![placed()], in_confirmed(), in_shipping()] {
        given::<Order>(history.clone()).when(hold("fraud?")).then([held("fraud?")]);
        let for_another = then(history, [held("fraud?")]);
        given::<Order>(for_another).when(hold("address?")).then([held("address?")]);
    }
    refused(
        &hold("fraud?"),
        [
            (vec![], OrderRejection::Missing),
            (in_draft(), OrderRejection::NotPlaced),
            (in_completed(), OrderRejection::AlreadyCompleted),
            (in_cancelled(), OrderRejection::AlreadyCancelled),
        ],
    );
}

#[test]
fn an_order_is_released_and_confirmed_if_that_was_all_it_waited_for() {
    let command = OrderCommand::Release;
    let both = || vec![placed(), stock_confirmed(), payment_confirmed()];
    given::<Order>([placed(), held("fraud?")]).when(command.clone()).then([released()]);
    given::<Order>([placed(), stock_confirmed(), held("fraud?")]).when(command.clone()).then([released()]);
    given::<Order>(then(both(), [held("fraud?")])).when(command.clone()).then([released(), confirmed()]);
    given::<Order>(then(in_confirmed(), [held("fraud?")])).when(command.clone()).then([released()]);
    given::<Order>(then(in_shipping(), [held("fraud?")])).when(command.clone()).then([released()]);
    let not_held = [in_draft(), both(), in_confirmed(), in_shipping(), in_completed(), in_cancelled()];
    satisfied(&command, not_held);
    refused(&command, [(vec![], OrderRejection::Missing)]);
}

#[test]
fn a_hold_stays_through_confirmation_and_shows_its_reason() {
    let order = Order::fold(&then(in_confirmed(), [held("fraud?")]));
    assert_eq!((order.status(), order.on_hold()), (Some(OrderStatus::Confirmed), Some("fraud?")));
    assert_eq!((order.fulfilment(), order.payment()), (FulfilmentStatus::Reserved, PaymentStatus::Authorized));
}
