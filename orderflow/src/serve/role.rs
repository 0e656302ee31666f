//! What a process does of all there is to do.

/// The parts that one process plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// All of the others, in one process.
    All,
    WriteApi,
    ReadApi,
    /// Keeps views up to date, and runs processes.
    Projector,
}

impl Role {
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::All | Self::WriteApi)
    }

    pub(super) fn reads(self) -> bool {
        matches!(self, Self::All | Self::ReadApi)
    }

    pub(super) fn projects(self) -> bool {
        matches!(self, Self::All | Self::Projector)
    }

    /// Whether it has anything to do with views.
    pub(crate) fn has_views(self) -> bool {
        self.reads() || self.projects()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::All => "orderflow",
            Self::WriteApi => "the write API",
            Self::ReadApi => "the read API",
            Self::Projector => "the projector",
        }
    }
}
