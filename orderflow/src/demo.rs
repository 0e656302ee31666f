//! `orderflow demo`: a server with a sample of real invoices in it.

use orderflow_engine::Position;

use crate::{
    client::Client,
    load::{self, Delivery, LoadOptions, Progress, Source},
    serve::{Role, Server},
    settings::Settings,
};

pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let mut server = Server::start(&settings, Role::All).await?;
    let url = server.url();
    println!("orderflow serves {url}; loading 500 invoices of a real retailer's year");
    let options = LoadOptions {
        source: Source::Sample,
        url: url.clone(),
        read_url: None,
        summary: None,
        rejects: None,
        stock_share: rust_decimal::Decimal::ONE,
        deliver: Delivery::Yes,
        connections: 16,
        progress: Progress::Bar,
    };
    let loaded = tokio::select! {
        loaded = load::load(options) => loaded,
        stopped = server.run_until_asked() => stopped.and_then(|()| anyhow::bail!("stopped before the sample was loaded")),
    };
    match loaded {
        Ok(summary) => println!("{summary}"),
        Err(error) => {
            server.stop().await?;
            return Err(error);
        }
    }
    println!("{}", what_to_look_at(&url).await?);
    server.run_until_asked().await?;
    server.stop().await
}

async fn what_to_look_at(url: &str) -> anyhow::Result<String> {
    let client = Client::to(url)?;
    let orders = client.get("/api/v1/orders?limit=1").await?;
    let order = orders.pointer("/items/0/id").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let projections = client.get("/api/v1/admin/projections").await?;
    let head = projections.get("head").and_then(serde_json::Value::as_u64).map_or(Position::START, Position);
    Ok(format!(
        "{head} events. Look at:\n\
         \n  {url}/docs                                  both APIs, to try out\
         \n  {url}/api/v1/orders/{order}\
         \n  {url}/api/v1/orders/{order}/timeline\
         \n  {url}/api/v1/analytics/sales?by=month\
         \n  {url}/api/v1/analytics/top-products\
         \n  {url}/api/v1/admin/projections\
         \n\n  orderflow events tail                       the log, as it grows\
         \n  orderflow projection rebuild --all --verify every view anew, beside the one that serves\
         \n\nControl-C stops it; 'orderflow serve' goes on with the same data."
    ))
}
