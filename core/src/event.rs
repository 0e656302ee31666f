//! Every event of the domain, for readers of the whole log.

use orderflow_engine::{DecodeError, EventCodec};

use crate::{
    customer::CustomerEvent, fulfilment::FulfilmentEvent, order::OrderEvent, payment::PaymentEvent,
    product::ProductEvent, shipment::ShipmentEvent, stock::StockEvent,
};

macro_rules! any_event {
    ($($variant:ident($event:ty) = $category:literal),+ $(,)?) => {
        #[derive(Debug, Clone, PartialEq)]
        pub enum AnyEvent { $($variant($event)),+ }

        $(impl From<$event> for AnyEvent {
            fn from(event: $event) -> Self {
                Self::$variant(event)
            }
        })+

        impl EventCodec for AnyEvent {
            const KINDS: &'static [&'static str] =
                &concat::<{ 0 $(+ <$event as EventCodec>::KINDS.len())+ }>(&[$(<$event as EventCodec>::KINDS),+]);

            fn kind(&self) -> &'static str {
                match self { $(Self::$variant(event) => event.kind()),+ }
            }

            fn encode(&self) -> Vec<u8> {
                match self { $(Self::$variant(event) => event.encode()),+ }
            }

            fn decode(kind: &str, data: &[u8]) -> Result<Self, DecodeError> {
                match kind.split_once('.').map(|(category, _)| category) {
                    $(Some($category) => <$event>::decode(kind, data).map(Self::$variant),)+
                    Some(_) | None => Err(DecodeError::UnknownKind { kind: kind.to_owned() }),
                }
            }
        }
    };
}

any_event! {
    Order(OrderEvent) = "order",
    Stock(StockEvent) = "stock",
    Payment(PaymentEvent) = "payment",
    Shipment(ShipmentEvent) = "shipment",
    Product(ProductEvent) = "product",
    Customer(CustomerEvent) = "customer",
    Fulfilment(FulfilmentEvent) = "fulfilment",
}

const fn concat<const N: usize>(lists: &[&[&'static str]]) -> [&'static str; N] {
    let mut all = [""; N];
    let (mut list, mut next) = (0, 0);
    while list < lists.len() {
        let mut index = 0;
        while index < lists[list].len() {
            all[next] = lists[list][index];
            next += 1;
            index += 1;
        }
        list += 1;
    }
    all
}
