//! A node: one address, and while it runs a thread with a runtime of its own, with which all its connections end.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket},
    runtime::{Builder, Runtime},
    sync::oneshot,
};
use tonic::transport::Server;

use crate::{
    cluster::Cluster,
    service::{Features, GossipOf, StreamsOf},
    socket,
    wire::{
        gossip::gossip_server::GossipServer, server_features::server_features_server::ServerFeaturesServer,
        streams::streams_server::StreamsServer,
    },
};

const WORKERS: usize = 2;
const BACKLOG: u32 = 1024;
/// The largest event there is, and its envelope.
const MAX_MESSAGE_BYTES: usize = (16 + 1) << 20;
/// How long calls that are being answered may take to notice that their node has stopped.
const LAST_BREATH: Duration = Duration::from_secs(5);

pub(crate) enum Node {
    /// Holds its port, so that nobody else takes it: whoever connects is refused.
    Stopped(TcpSocket),
    Running {
        stop: oneshot::Sender<()>,
        thread: JoinHandle<()>,
    },
}

impl Node {
    /// Takes an address. Port 0 is any that is free.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<(Self, SocketAddr)> {
        let socket = reserve(address)?;
        let address = socket.local_addr()?;
        Ok((Self::Stopped(socket), address))
    }

    pub(crate) fn start(self, cluster: &Arc<Cluster>, number: usize) -> io::Result<Self> {
        let Self::Stopped(socket) = self else { return Ok(self) };
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name(format!("kurrentdb-{number}"))
            .enable_all()
            .build()?;
        let listener = {
            let _context = runtime.enter();
            socket.listen(BACKLOG)?
        };
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(cluster);
        let thread = thread::Builder::new()
            .name(format!("kurrentdb-{number}"))
            .spawn(move || run(runtime, listener, served, number, stopped))?;
        cluster.members[number].set_alive(true);
        Ok(Self::Running { stop, thread })
    }

    /// Ends its connections as a crash does. Appends that have been committed stay so.
    pub(crate) fn stop(self, cluster: &Cluster, number: usize) -> io::Result<Self> {
        let Self::Running { stop, thread } = self else { return Ok(self) };
        cluster.members[number].set_alive(false);
        // It may have ended by itself, when its listener failed.
        let _ = stop.send(());
        thread.join().map_err(|_| io::Error::other("the node has panicked"))?;
        reserve(cluster.members[number].address).map(Self::Stopped)
    }
}

fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections of the node's earlier life may still linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn run(runtime: Runtime, listener: TcpListener, cluster: Arc<Cluster>, number: usize, stopped: oneshot::Receiver<()>) {
    let streams =
        StreamsServer::new(StreamsOf::new(Arc::clone(&cluster), number)).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let sockets = socket::accept(listener, Arc::clone(&cluster), number);
    let server = Server::builder()
        .add_service(streams)
        .add_service(GossipServer::new(GossipOf::new(cluster)))
        .add_service(ServerFeaturesServer::new(Features));
    runtime.block_on(async {
        let served = server.serve_with_incoming(sockets);
        tokio::select! {
            // Without a listener there is nothing left to do but to be found dead.
            _ = served => {}
            _ = stopped => {}
        }
    });
    runtime.shutdown_timeout(LAST_BREATH);
}
