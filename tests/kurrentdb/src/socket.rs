//! Connections that acknowledge at once whatever they read.
//!
//! The client sends an append in several small pieces and leaves it to the kernel to hold each of them back until the
//! one before is acknowledged, for which the kernel of a server takes its time: 40 ms for each append that is made
//! alone. Tests would wait for nothing else.

use std::{
    io,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tokio_stream::{Stream, StreamExt, wrappers::TcpListenerStream};
use tonic::transport::server::Connected;

use crate::cluster::{Cluster, Member};

pub(crate) struct Socket {
    stream: TcpStream,
    cluster: Arc<Cluster>,
    node: usize,
}

pub(crate) fn accept(
    listener: TcpListener, cluster: Arc<Cluster>, node: usize,
) -> impl Stream<Item = io::Result<Socket>> {
    TcpListenerStream::new(listener).map(move |accepted| {
        let stream = accepted?;
        stream.set_nodelay(true)?;
        let socket = Socket { stream, cluster: Arc::clone(&cluster), node };
        socket.member().connections.fetch_add(1, Ordering::SeqCst);
        Ok(socket)
    })
}

impl Socket {
    fn member(&self) -> &Member {
        &self.cluster.members[self.node]
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.member().connections.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Connected for Socket {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.member().freeze.poll_thawed(context));
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if matches!(read, Poll::Ready(Ok(()))) {
            // The kernel forgets it again, so that it has to be told each time. Without it everything is only slower.
            let _ = self.stream.set_quickack(true);
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.member().freeze.poll_thawed(context));
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.member().freeze.poll_thawed(context));
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
