//! Finding out what serves, and claiming what this worker may write of it.
//!
//! Programs of two versions run side by side while one replaces the other. What the newer one has built the older one
//! leaves alone, or the two would rebuild a view against each other without end. And as slices are shared for all views
//! together, whoever cannot write one of them keeps out of the sharing while there is somebody who can.

use orderflow_engine::View;

use crate::{
    state::Upkeep,
    target::{AnyTarget, Claim, Fit, Generations, Stored, Target, TargetError, Terms},
};

/// The slices held, and the views in their order.
pub(crate) struct Stock {
    pub(crate) terms: Terms,
    pub(crate) kept: Vec<Generations>,
}

impl Stock {
    /// For a worker that knows nothing yet.
    pub(crate) async fn first(target: &AnyTarget, views: &[&'static View]) -> Result<Self, TargetError> {
        let kept = look(target, views).await?;
        let claim = claim(target, views.iter().copied().zip(kept.iter().map(|kept| kept.serving)));
        Self::take(target, views, claim).await
    }

    /// Claims first and looks then, because what is held nobody else moves; and claims again when the look shows that
    /// it should have claimed something else.
    pub(crate) async fn take(target: &AnyTarget, views: &[&'static View], known: Claim) -> Result<Self, TargetError> {
        let terms = target.claim(known).await?;
        let kept = look(target, views).await?;
        let better = claim(target, views.iter().copied().zip(kept.iter().map(|kept| kept.serving)));
        if better == known {
            return Ok(Self { terms, kept });
        }
        let terms = target.claim(better).await?;
        Ok(Self { terms, kept: look(target, views).await? })
    }
}

async fn look(target: &AnyTarget, views: &[&'static View]) -> Result<Vec<Generations>, TargetError> {
    let mut kept = Vec::with_capacity(views.len());
    for view in views {
        kept.push(target.ensure(view).await?);
    }
    Ok(kept)
}

/// What a worker may claim that knows these views, when this is what serves.
pub(crate) fn claim(target: &AnyTarget, serving: impl Iterator<Item = (&'static View, Stored)>) -> Claim {
    let mut claim = Claim::Share;
    for (view, stored) in serving {
        match (upkeep(target, view, &stored), stored.fit) {
            (Upkeep::StandBy, _) => return Claim::Nothing,
            (Upkeep::Live, _) | (Upkeep::Rebuild, Fit::Declared) => {}
            (Upkeep::Rebuild, Fit::Outdated) => claim = Claim::IfNobodyElse,
        }
    }
    claim
}

/// Who brings a view up to date. Only where there are other workers can one of them be of a newer program: otherwise
/// somebody went back to an older one, which then builds its own.
pub(crate) fn upkeep(target: &AnyTarget, view: &View, stored: &Stored) -> Upkeep {
    match stored.fit {
        Fit::Declared => Upkeep::Live,
        Fit::Outdated if target.renew_every().is_some() && stored.version > view.version => Upkeep::StandBy,
        Fit::Outdated => Upkeep::Rebuild,
    }
}
