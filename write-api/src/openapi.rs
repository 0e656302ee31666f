//! What the description of every endpoint shares: headers, answers, problems.

use std::{collections::BTreeMap, marker::PhantomData};

use orderflow_http::{Action, FieldError, Problem};
use utoipa::{
    IntoParams, IntoResponses, OpenApi, ToSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Type, schema::Schema,
    },
};

use crate::{
    answer::Changed,
    body::MoneyBody,
    orders::{EditedAnswer, OrderAnswer, OrderLine},
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Orderflow write API", description = "Commands: everything that changes something."),
    components(schemas(
        Problem, FieldError, Action, Changed, MoneyBody, OrderAnswer, EditedAnswer, OrderLine
    )),
    tags(
        (name = "products", description = "The catalogue: what can be ordered, and at what price."),
        (name = "stock", description = "What is on hand."),
        (name = "orders", description = "Orders, from draft to completed or cancelled."),
        (name = "shipments", description = "Pieces of an order on their way. The fulfilment process requests them."),
        (name = "payments", description = "An order's payment. The fulfilment process requests and captures it."),
        (name = "customers", description = "Who may order on account."),
    )
)]
pub(crate) struct Document;

/// The headers of every command.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes what Call reads")]
pub(crate) struct Headers {
    /// Names the intention. The same key with the same body gives the same answer, however often and however
    /// concurrently; with another body it is refused.
    #[param(rename = "Idempotency-Key", example = "8e03978e-40d5-43e8-bc93-6894a57f9324")]
    idempotency_key: Option<String>,
    /// The ETag of the version that the command is meant for.
    #[param(rename = "If-Match", example = "\"v3\"")]
    if_match: Option<String>,
}

/// The same where a key has to be sent.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes what Call reads")]
pub(crate) struct KeyedHeaders {
    /// Required, because twice would be once too often. The same key with the same body gives the same answer, however
    /// often and however concurrently; with another body it is refused.
    #[param(rename = "Idempotency-Key", example = "8e03978e-40d5-43e8-bc93-6894a57f9324")]
    idempotency_key: String,
    /// The ETag of the version that the command is meant for.
    #[param(rename = "If-Match", example = "\"v3\"")]
    if_match: Option<String>,
}

/// 200 with a body of `B`.
pub(crate) struct Done<B>(PhantomData<B>);

/// 201 with a body of `B`.
pub(crate) struct Made<B>(PhantomData<B>);

impl<B: ToSchema> IntoResponses for Done<B> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let description = "Done, and durable; or it was already as the command would have it.";
        BTreeMap::from([("200".to_owned(), written::<B>(description).build().into())])
    }
}

impl<B: ToSchema> IntoResponses for Made<B> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let location = header("Where to read it.", "/api/v1/orders/0190d3e5-7c64-7d3c-8f5e-1d2c3b4a5f60");
        let made = written::<B>("Created, and durable.").header("Location", location).build();
        BTreeMap::from([("201".to_owned(), made.into())])
    }
}

fn written<B: ToSchema>(description: &str) -> ResponseBuilder {
    let schema: RefOr<Schema> = Ref::from_schema_name(B::name()).into();
    ResponseBuilder::new()
        .description(description)
        .content("application/json", ContentBuilder::new().schema(Some(schema)).build())
        .header("ETag", header("The version after the command.", "\"v1\""))
        .header(
            "Orderflow-Position",
            header("The consistency token: a read that sends it as Orderflow-After sees this write.", "42"),
        )
}

fn header(description: &str, example: &str) -> utoipa::openapi::Header {
    HeaderBuilder::new()
        .schema(Some(Schema::from(ObjectBuilder::new().schema_type(Type::String).build())))
        .description(Some(description))
        .example(Some(example.into()))
        .build()
}

/// The problems that every command may meet.
pub(crate) struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        [
            ("400", "Malformed JSON, path or header, or a required Idempotency-Key is missing: fix the request."),
            ("403", "The caller has not the privilege for what the request names."),
            ("404", "There is no such thing."),
            ("409", "The state it is in does not allow this: reload and decide anew. `code` names the rule."),
            ("412", "It is not at the version of If-Match: reload."),
            ("413", "The body is too large."),
            ("415", "The body is not sent as JSON."),
            (
                "422",
                "Fields are wrong, each named in `errors`; or a rule never allows this, named in `code`; or the \
                 idempotency key came before with another body.",
            ),
            ("500", "A fault of the service: stop, and ask for help with its id."),
            ("503", "Try again after Retry-After, with the same Idempotency-Key."),
        ]
        .into_iter()
        .map(|(status, description)| (status.to_owned(), problem(description).into()))
        .collect()
    }
}

fn problem(description: &str) -> Response {
    let schema: RefOr<Schema> = Ref::from_schema_name(Problem::name()).into();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", ContentBuilder::new().schema(Some(schema)).build())
        .build()
}
