//! Comparing what was built with what serves.

use orderflow_engine::{EventCodec, EventReader};
use tokio::sync::oneshot;
use tokio_util::task::AbortOnDropHandle;

use super::{Done, Failure, LOOK_AGAIN, Rebuild, RebuildError, Rising, Verified, attempt::Aim};
use crate::{
    state::Upkeep,
    target::{Activity, Comparison, Generations, Reserve, Target, TargetError},
};

/// How often what serves is looked at before it is thought to stand still.
const LOOKS: u32 = 60;

type Comparing = AbortOnDropHandle<Result<Comparison, TargetError>>;

impl<R: EventReader, E: EventCodec> Rebuild<R, E> {
    /// Compares what can be compared. When it is not equal, or cannot be found out, nothing is left of what was built.
    pub(super) async fn verify(&self, rising: &mut [Rising], done: &mut Done) -> Result<(), Failure> {
        let outcome = match self.wait_until_behind(rising).await {
            Ok(()) => self.compare(rising, done).await,
            Err(failure) => Err(failure),
        };
        if let Err(Failure::Final(RebuildError::Differs { .. } | RebuildError::NotVerified { .. })) = &outcome {
            for view in rising {
                self.shared.target.abandon(view.view, view.generation).await?;
            }
        }
        outcome
    }

    /// What was found half built may be ahead of what serves, which then has to come past it.
    async fn wait_until_behind(&self, rising: &[Rising]) -> Result<(), Failure> {
        for view in rising {
            let mut looks = LOOKS;
            while self.is_followed(view) {
                let Generations { serving, activity, .. } = self.shared.target.ensure(view.view).await?;
                if view.checkpoints.greatest() <= serving.checkpoints.least() {
                    break;
                }
                if looks == 0 || activity == Activity::Paused {
                    return Err(Failure::Final(RebuildError::NotVerified { view: view.view.name }));
                }
                looks -= 1;
                tokio::select! {
                    () = self.shutdown.cancelled() => return Err(Failure::Final(RebuildError::Stopped)),
                    () = tokio::time::sleep(LOOK_AGAIN) => {}
                }
            }
        }
        Ok(())
    }

    /// Whether the rows that serve are those of this program.
    fn is_followed(&self, view: &Rising) -> bool {
        self.shared.see(|views| views.entries[view.index].upkeep == Upkeep::Live)
    }

    async fn compare(&self, rising: &mut [Rising], done: &mut Done) -> Result<(), Failure> {
        let turn = self.shared.turn.lock().await;
        let standstill = self.shared.target.reserve(Reserve::Standstill).await?;
        let goals = self.goals(rising, Aim::Meet).await?;
        self.round(rising, &goals, done).await?;
        let mut comparing = Vec::with_capacity(rising.len());
        for view in rising.iter() {
            comparing.push(if self.is_followed(view) { Some(self.begin_comparing(view).await?) } else { None });
        }
        // Both generations are compared as they are now, so the live workers need not wait for the outcome.
        drop((turn, standstill));
        let mut difference = None;
        for (view, comparing) in rising.iter_mut().zip(comparing) {
            let Some(comparing) = comparing else {
                view.verified = Verified::Incomparable;
                continue;
            };
            let comparison = comparing.await.map_err(|stopped| Failure::Again(stopped.to_string()))??;
            if !comparison.is_equal() && difference.is_none() {
                let Comparison { serving, building: rebuilt, sample } = comparison;
                difference = Some(RebuildError::Differs { view: view.view.name, serving, rebuilt, sample });
            }
            view.verified = Verified::Equal;
        }
        difference.map_or(Ok(()), |difference| Err(Failure::Final(difference)))
    }

    /// Returns once the comparison has its instant. The standstill may have been lost, so both are looked at around it:
    /// what was compared must have stood where the other one did.
    async fn begin_comparing(&self, view: &Rising) -> Result<Comparing, Failure> {
        let stands = async || {
            let serving = self.shared.target.ensure(view.view).await?.serving;
            if serving.checkpoints == view.checkpoints {
                Ok(serving.generation)
            } else {
                Err(Failure::Again(format!("'{}' went on while it was to be compared", view.view.name)))
            }
        };
        let serving = stands().await?;
        let (open, is_open) = oneshot::channel();
        let (target, declared, building) = (self.shared.target.clone(), view.view, view.generation);
        let comparing =
            AbortOnDropHandle::new(tokio::spawn(
                async move { target.compare(declared, serving, building, open).await },
            ));
        // When it is dropped instead, the comparison has failed and says so itself.
        let _ = is_open.await;
        stands().await?;
        Ok(comparing)
    }
}
