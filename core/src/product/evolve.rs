use super::{
    event::{Listed, ProductEvent},
    state::ProductState,
};

pub(super) fn evolve(state: ProductState, event: &ProductEvent) -> ProductState {
    match event {
        ProductEvent::Listed(listed) => match state {
            ProductState::Unlisted => ProductState::Listed(listed.clone()),
            unchanged => unchanged,
        },
        ProductEvent::Described(described) => {
            amended(state, |listed| listed.description.clone_from(&described.description))
        }
        ProductEvent::PriceChanged(changed) => amended(state, |listed| {
            listed.price = changed.price;
            listed.currency = changed.currency;
        }),
        ProductEvent::Discontinued(_) => match state {
            ProductState::Listed(listed) => ProductState::Discontinued(listed),
            unchanged => unchanged,
        },
        ProductEvent::Relisted(_) => match state {
            ProductState::Discontinued(listed) => ProductState::Listed(listed),
            unchanged => unchanged,
        },
    }
}

fn amended(mut state: ProductState, amend: impl FnOnce(&mut Listed)) -> ProductState {
    match &mut state {
        ProductState::Unlisted => {}
        ProductState::Listed(listed) | ProductState::Discontinued(listed) => amend(listed),
    }
    state
}
