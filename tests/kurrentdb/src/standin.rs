//! The way in: starts the nodes, and stops them when it is dropped.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use crate::{cluster::Cluster, faults::Faults, node::Node, record::Recorded};

/// What a cluster is like.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many nodes there are. The first leads.
    pub nodes: usize,
    /// The one user's name and password. Everybody is let in without.
    pub credentials: Option<(String, String)>,
    /// How large all events of an append may be together.
    pub max_append_bytes: usize,
    /// Where the first node listens, the others on the ports that follow. With port 0 all take free ones.
    pub listen: SocketAddr,
}

impl Default for Options {
    fn default() -> Self {
        Self { nodes: 1, credentials: None, max_append_bytes: 1 << 20, listen: (Ipv4Addr::LOCALHOST, 0).into() }
    }
}

/// A cluster, for as long as it is held. Its log is in memory; it survives its nodes, but not this.
pub struct Standin {
    cluster: Arc<Cluster>,
    /// Nothing is there only while it is being started or stopped, or when that has failed.
    nodes: Mutex<Vec<Option<Node>>>,
}

impl Standin {
    /// Starts one node on a free port.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    /// Starts a cluster.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn start_with(options: Options) -> Self {
        Self::try_start(&options).expect("the stand-in starts")
    }

    /// Starts a cluster, unless its addresses are taken.
    pub fn try_start(options: &Options) -> io::Result<Self> {
        let mut nodes = Vec::new();
        let mut addresses = Vec::new();
        for number in 0..options.nodes {
            let (node, address) = Node::bind(nth(options.listen, number)?)?;
            nodes.push(Some(node));
            addresses.push(address);
        }
        let cluster = Cluster::new(&addresses, options.credentials.as_ref(), options.max_append_bytes);
        let standin = Self { cluster: Arc::new(cluster), nodes: Mutex::new(nodes) };
        for number in 0..options.nodes {
            standin.turn(number, |node| node.start(&standin.cluster, number))?;
        }
        Ok(standin)
    }

    /// What clients connect to, without credentials.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.cluster.members.iter().map(|member| member.address.to_string()).collect();
        format!("kurrentdb://{}?tls=false", hosts.join(","))
    }

    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.cluster.faults
    }

    /// Ends a node's connections and lets nobody connect. Without its leader a cluster is not ready, until another
    /// is elected.
    ///
    /// # Panics
    ///
    /// When there is no such node, or it cannot be stopped.
    pub fn stop_node(&self, node: usize) {
        self.turn(node, |stopped| stopped.stop(&self.cluster, node)).expect("a node can be stopped");
    }

    /// Starts a node again, on the same port.
    ///
    /// # Panics
    ///
    /// When there is no such node, or it cannot be started.
    pub fn start_node(&self, node: usize) {
        self.turn(node, |started| started.start(&self.cluster, node)).expect("a node can be started again");
    }

    /// Makes a node hang: it takes connections, and answers nothing.
    ///
    /// # Panics
    ///
    /// When there is no such node.
    pub fn freeze_node(&self, node: usize) {
        self.cluster.members[node].freeze.set(true);
    }

    /// Lets a frozen node go on with whatever has come meanwhile.
    ///
    /// # Panics
    ///
    /// When there is no such node.
    pub fn thaw_node(&self, node: usize) {
        self.cluster.members[node].freeze.set(false);
    }

    /// How many connections the nodes have.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.cluster.members.iter().map(|member| member.connections.load(Ordering::SeqCst)).sum()
    }

    /// Makes a node the leader.
    ///
    /// # Panics
    ///
    /// When there is no such node.
    pub fn elect(&self, node: usize) {
        assert!(node < self.cluster.members.len(), "there is no node {node}");
        self.cluster.elect(node);
    }

    /// How many appends have been committed, by calls that may have brought several events each.
    #[must_use]
    pub fn appends(&self) -> usize {
        self.cluster.appends.load(Ordering::SeqCst)
    }

    /// How many subscriptions have begun, those included that have ended.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.cluster.subscriptions.load(Ordering::SeqCst)
    }

    /// Everything that is in `$all`, in its order.
    #[must_use]
    pub fn appended(&self) -> Vec<Recorded> {
        self.cluster.log().records().iter().map(|record| Recorded::from(&**record)).collect()
    }

    fn turn(&self, number: usize, change: impl FnOnce(Node) -> io::Result<Node>) -> io::Result<()> {
        let mut nodes = self.nodes();
        let node = nodes[number].take().ok_or_else(|| io::Error::other("the node failed before"))?;
        nodes[number] = Some(change(node)?);
        Ok(())
    }

    fn nodes(&self) -> MutexGuard<'_, Vec<Option<Node>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        for (number, node) in self.nodes().iter_mut().enumerate() {
            // What cannot be stopped ends with the process; a drop has nobody to tell.
            let _ = node.take().map(|node| node.stop(&self.cluster, number));
        }
    }
}

fn nth(first: SocketAddr, number: usize) -> io::Result<SocketAddr> {
    let port = match first.port() {
        0 => Some(0),
        port => u16::try_from(number).ok().and_then(|number| port.checked_add(number)),
    };
    let port = port.ok_or_else(|| io::Error::other("there are not so many ports"))?;
    Ok(SocketAddr::new(first.ip(), port))
}
