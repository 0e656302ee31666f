//! Lines as they are asked for, and what the catalogue makes of them.

use std::collections::{HashMap, hash_map::Entry};

use orderflow_core::{
    Country, Currency, CustomerId, Quantity, Sku, UnitPrice, customer::CustomerState, order::NewLine,
    product::ProductState,
};
use orderflow_engine::Tenant;
use orderflow_http::{FieldError, Problem, ProblemKind};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    body::{At, Errors, Field, PriceBody},
    caller::Privilege,
    fault,
    state::WriteState,
};

/// So many pieces of a product.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewLine)]
#[serde(deny_unknown_fields)]
pub(super) struct LineBody {
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "85048")]
    sku: Field<Sku>,
    #[serde(default)]
    #[schema(value_type = u32, minimum = 1, maximum = 1_000_000, example = 12)]
    quantity: Field<Quantity>,
    /// The charged price of one piece, for callers with the privilege; else it comes from the catalogue.
    unit_price: Option<PriceBody>,
}

/// A line that is right in itself.
#[derive(Debug)]
pub(super) struct WantedLine {
    sku: Sku,
    quantity: Quantity,
    price: Option<(UnitPrice, Currency)>,
}

/// Checks every field of every line. Too many lines are one error, not thousands.
pub(super) fn check(lines: Vec<LineBody>, list: &'static str, errors: &mut Errors) -> Vec<WantedLine> {
    let lines = errors.bounded(lines, At::Body(list));
    let mut wanted = Vec::with_capacity(lines.len());
    for (index, line) in lines.into_iter().enumerate() {
        let at = |field| At::Item { list, index, field };
        let sku = errors.required(line.sku, at("sku"));
        let quantity = errors.required(line.quantity, at("quantity"));
        let price =
            line.unit_price.and_then(|price| errors.price(price, at("unit_price/amount"), at("unit_price/currency")));
        if let Some((sku, quantity)) = sku.zip(quantity) {
            wanted.push(WantedLine { sku, quantity, price });
        }
    }
    wanted
}

/// Refuses prices that are not the caller's to name.
pub(super) fn permit_prices(lines: &[WantedLine], list: &'static str, privilege: Privilege) -> Result<(), Problem> {
    match privilege {
        Privilege::Operator => Ok(()),
        Privilege::Ordinary => forbid(priced(lines, list)),
    }
}

/// Where lines name their price.
pub(super) fn priced(lines: &[WantedLine], list: &'static str) -> impl Iterator<Item = At> {
    let priced = lines.iter().enumerate().filter(|(_, line)| line.price.is_some());
    priced.map(move |(index, _)| At::Item { list, index, field: "unit_price" })
}

/// Refuses a request that names what only a privileged caller may, if it does so anywhere.
pub(super) fn forbid(places: impl Iterator<Item = At>) -> Result<(), Problem> {
    let errors: Vec<_> =
        places.map(|at| FieldError::at_pointer(at.to_string(), "is not yours to name: leave it out")).collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::FORBIDDEN, "naming prices, times and countries takes a privilege").errors(errors))
}

/// What the catalogue says of a SKU.
enum Listing {
    Unknown,
    Discontinued,
    Listed { description: String, price: UnitPrice, currency: Currency },
}

/// Completes lines from the catalogue: a description always, a price where none was named. A product that cannot be
/// ordered, or is not priced in the order's currency, is an error at its line. Where the currency is not known there is
/// no order, which its own rules will say.
pub(super) async fn complete(
    state: &WriteState, tenant: &Tenant, order: Option<Currency>, wanted: Vec<WantedLine>, list: &'static str,
    errors: &mut Errors,
) -> Result<Vec<NewLine>, Problem> {
    let mut listings: HashMap<Sku, Listing> = HashMap::with_capacity(wanted.len());
    let mut lines = Vec::with_capacity(wanted.len());
    for (index, WantedLine { sku, quantity, price: named }) in wanted.into_iter().enumerate() {
        let listing = match listings.entry(sku.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(listing(state, tenant, &sku).await?),
        };
        let at = |field| At::Item { list, index, field };
        let (description, listed, listed_in) = match listing {
            Listing::Unknown => {
                errors.add(at("sku"), format!("'{sku}' is not in the catalogue"));
                continue;
            }
            Listing::Discontinued => {
                errors.add(at("sku"), format!("'{sku}' is discontinued and cannot be ordered"));
                continue;
            }
            Listing::Listed { description, price, currency } => (description, *price, *currency),
        };
        let (unit_price, currency) = named.unwrap_or((listed, listed_in));
        match order {
            Some(order) if order != currency => {
                let field = if named.is_some() { "unit_price/currency" } else { "sku" };
                errors
                    .add(at(field), format!("is priced in {currency}, but the order is in {order}: use one currency"));
            }
            Some(_) | None => {
                lines.push(NewLine { sku, description: description.clone(), quantity, unit_price, currency });
            }
        }
    }
    Ok(lines)
}

async fn listing(state: &WriteState, tenant: &Tenant, sku: &Sku) -> Result<Listing, Problem> {
    let look = |product: &ProductState, _| match product {
        ProductState::Unlisted => Listing::Unknown,
        ProductState::Discontinued(_) => Listing::Discontinued,
        ProductState::Listed(listed) => {
            Listing::Listed { description: listed.description.clone(), price: listed.price, currency: listed.currency }
        }
    };
    state.commands.products.look(tenant, sku.as_str(), look).await.map_err(fault::problem)
}

/// Why a product named by a draft can no longer be ordered, if it cannot.
pub(super) async fn obstacle(state: &WriteState, tenant: &Tenant, sku: &Sku) -> Result<Option<&'static str>, Problem> {
    let look = |product: &ProductState, _| match product {
        ProductState::Unlisted => Some("is not in the catalogue"),
        ProductState::Discontinued(_) => Some("is discontinued and cannot be ordered"),
        ProductState::Listed(_) => None,
    };
    state.commands.products.look(tenant, sku.as_str(), look).await.map_err(fault::problem)
}

/// The country of a customer who may order; else why not.
pub(super) async fn customer(
    state: &WriteState, tenant: &Tenant, customer: CustomerId,
) -> Result<Result<Option<Country>, &'static str>, Problem> {
    let look = |customer: &CustomerState, _| match customer {
        CustomerState::Unregistered => Err("there is no such customer: register it first"),
        CustomerState::Inactive(_) => Err("the customer is deactivated and places no orders"),
        CustomerState::Active(registered) => Ok(registered.country.clone()),
    };
    state.commands.customers.look(tenant, &customer.to_string(), look).await.map_err(fault::problem)
}
