//! A way to a server on which everything can be swallowed.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
};

pub(crate) struct Proxy {
    pub(crate) port: u16,
    swallows: watch::Sender<bool>,
}

impl Proxy {
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (swallows, swallowed) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (from, to) = client.into_split();
                let (back, there) = TcpStream::connect(("127.0.0.1", server)).await.unwrap().into_split();
                tokio::spawn(carry(from, there, swallowed.clone()));
                tokio::spawn(carry(back, to, swallowed.clone()));
            }
        });
        Self { port, swallows }
    }

    pub(crate) fn swallow(&self, everything: bool) {
        self.swallows.send_replace(everything);
    }
}

/// What was swallowed is not delivered later, and the connection it was on carries nothing ever after.
async fn carry(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, mut swallowed: watch::Receiver<bool>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if *swallowed.borrow_and_update() {
            return std::future::pending().await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
