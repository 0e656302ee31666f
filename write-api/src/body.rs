//! Bodies as they come: a wrong field does not end the reading, so that all wrong fields are reported at once.

mod field;
mod values;

use std::fmt;

use orderflow_core::{Currency, Money, UnitPrice, order::MAX_LINES};
use orderflow_http::{FieldError, Problem, ProblemKind};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

pub(crate) use self::{
    field::{Field, FromJson},
    values::Text,
};

/// Why someone did something.
pub(crate) type Reason = Text<500>;

/// The caller's own name for something.
pub(crate) type Reference = Text<200>;

/// Where a field stands in its body; displayed as a JSON pointer in a URI fragment.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    Body(&'static str),
    Item { list: &'static str, index: usize, field: &'static str },
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(field) => write!(f, "#/{field}"),
            Self::Item { list, index, field: "" } => write!(f, "#/{list}/{index}"),
            Self::Item { list, index, field } => write!(f, "#/{list}/{index}/{field}"),
        }
    }
}

/// The errors of a body, gathered until all of it was looked at.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<FieldError>);

impl Errors {
    pub(crate) fn required<T: FromJson>(&mut self, field: Field<T>, at: At) -> Option<T> {
        match field {
            Field::Is(value) => Some(value),
            Field::Missing => {
                self.add(at, format!("is missing: give {}", T::EXPECTED));
                None
            }
            Field::Wrong(detail) => {
                self.add(at, detail);
                None
            }
        }
    }

    /// A field that may be left out, or be null.
    pub(crate) fn optional<T: FromJson>(&mut self, field: Field<T>, at: At) -> Option<T> {
        match field {
            Field::Is(value) => Some(value),
            Field::Missing => None,
            Field::Wrong(detail) => {
                self.add(at, detail);
                None
            }
        }
    }

    /// A text that says something.
    pub(crate) fn required_text<const MAX: usize>(&mut self, field: Field<Text<MAX>>, at: At) -> Option<Text<MAX>> {
        let text = self.required(field, at)?;
        if text.0.trim().is_empty() {
            self.add(at, "is empty: give a text");
            return None;
        }
        Some(text)
    }

    /// Refuses a list that is too long as one error, not thousands.
    pub(crate) fn bounded<T>(&mut self, list: Vec<T>, at: At) -> Vec<T> {
        if list.len() <= MAX_LINES {
            return list;
        }
        self.add(at, format!("has {} entries: an order has at most {MAX_LINES} lines, so split it", list.len()));
        Vec::new()
    }

    pub(crate) fn price(&mut self, price: PriceBody, amount: At, currency: At) -> Option<(UnitPrice, Currency)> {
        let price_amount = self.required(price.amount, amount).and_then(|decimal: Decimal| {
            UnitPrice::new(decimal).map_err(|invalid| self.add(amount, invalid.to_string())).ok()
        });
        price_amount.zip(self.required(price.currency, currency))
    }

    pub(crate) fn add(&mut self, at: At, detail: impl Into<String>) {
        self.0.push(FieldError::at_pointer(at.to_string(), detail));
    }

    /// Gives what was made of the body, unless something was wrong with it. Nothing wrong means that it is there.
    pub(crate) fn check<T>(self, made: Option<T>) -> Result<T, Problem> {
        if self.0.is_empty()
            && let Some(made) = made
        {
            return Ok(made);
        }
        Err(self.into_problem())
    }

    pub(crate) fn into_problem(self) -> Problem {
        let detail = match self.0.as_slice() {
            [only] => format!("{}: {}", only.pointer.as_deref().unwrap_or_default(), only.detail),
            several => format!("{} fields are wrong: the errors name each of them", several.len()),
        };
        Problem::new(ProblemKind::INVALID_REQUEST, detail).errors(self.0)
    }
}

/// The price of one piece.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = UnitPrice)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceBody {
    /// A decimal, not negative, with at most four places.
    #[serde(default)]
    #[schema(value_type = String, example = "2.95")]
    amount: Field<Decimal>,
    /// An ISO 4217 code.
    #[serde(default)]
    #[schema(value_type = String, example = "GBP")]
    currency: Field<Currency>,
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Reason)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonBody {
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Field<Reason>,
}

impl ReasonBody {
    pub(crate) fn check(self) -> Result<String, Problem> {
        let mut errors = Errors::default();
        let reason = errors.required_text(self.reason, At::Body("reason"));
        errors.check(reason.map(|Text(reason)| reason))
    }
}

/// An amount in answers.
#[derive(Debug, serde::Serialize, ToSchema)]
#[schema(as = Money)]
pub(crate) struct MoneyBody {
    #[schema(value_type = String, example = "35.40")]
    amount: Decimal,
    #[schema(value_type = String, example = "GBP")]
    currency: Currency,
}

impl From<Money> for MoneyBody {
    fn from(money: Money) -> Self {
        Self { amount: money.amount, currency: money.currency }
    }
}
