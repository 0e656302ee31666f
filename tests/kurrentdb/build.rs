//! Compiles the protocol's messages and services, without a `protoc`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = ["streams.proto", "gossip.proto", "server_features.proto"];
    let descriptors = protox::compile(files, ["proto"])?;
    tonic_build::configure()
        .build_client(false)
        .bytes(["."])
        // Of a reader's answers most are events, but the others need not be as large.
        .boxed(".event_store.client.streams.ReadResp.content.event")
        .include_file("protocol.rs")
        .compile_fds(descriptors)?;
    Ok(())
}
