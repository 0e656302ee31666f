//! A wire between a store and its server that can be cut where it hurts.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// What happens to what is said on the wires there are; those made later are whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// What the server answers disappears, and the wire breaks.
    LoseAnswers,
    /// What the store says is held back until it is released.
    HoldQuestions,
    Release,
}

pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: SocketAddr,
    fault: watch::Sender<Fault>,
    /// Nobody gets through, and nobody is told.
    dark: AtomicBool,
    connections: AtomicUsize,
    lost: AtomicUsize,
}

impl Proxy {
    pub(crate) async fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let shared = Arc::new(Shared {
            server: SocketAddr::from(([127, 0, 0, 1], port)),
            fault: watch::Sender::new(Fault::None),
            dark: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
        });
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self { port, shared }
    }

    /// The URL that leads through the proxy to where `url` leads.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replace(&format!(":{}/", self.shared.server.port()), &format!(":{}/", self.port))
    }

    /// Of the wires there are.
    pub(crate) fn set(&self, fault: Fault) {
        self.shared.fault.send_replace(fault);
    }

    pub(crate) fn set_dark(&self, dark: bool) {
        self.shared.dark.store(dark, Ordering::SeqCst);
    }

    /// How many answers were lost.
    pub(crate) fn lost(&self) -> usize {
        self.shared.lost.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            while shared.dark.load(Ordering::SeqCst) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            let Ok(server) = TcpStream::connect(shared.server).await else { return };
            // Faults that are set already are for the wires before this one.
            let mut fault = shared.fault.subscribe();
            fault.mark_unchanged();
            let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
            let answers = tokio::spawn(answers(from_server, to_client, shared, fault.clone()));
            questions(from_client, to_server, fault).await;
            let _ = answers.await;
        });
    }
}

async fn questions(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut fault: watch::Receiver<Fault>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if fault.has_changed().unwrap_or(false) && *fault.borrow() == Fault::HoldQuestions {
            let _ = fault.wait_for(|fault| *fault == Fault::Release).await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: Arc<Shared>, fault: watch::Receiver<Fault>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        while shared.dark.load(Ordering::SeqCst) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        if fault.has_changed().unwrap_or(false) && *fault.borrow() == Fault::LoseAnswers {
            shared.lost.fetch_add(1, Ordering::SeqCst);
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
}
