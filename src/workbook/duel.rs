//! Two builds against each other: interleaved runs, more of them until they
//! decide.
//!
//! Pairs of runs are taken as A B, B A, A B, ..., so that a machine that gets
//! slower hits both sides alike. At fixed numbers of pairs ([`LOOKS`], or as many parts
//! of more pairs where those are allowed) the change
//! of the 95th percentile is looked at: a regression when it is surely above the
//! tolerance, relative and absolute both; no regression when it is surely below
//! either. Otherwise more pairs are taken, and after the last look the duel is
//! inconclusive, with the smallest change that it could have seen.
//!
//! Looking several times would raise the false alarms, so each look has its
//! share of the error allowed (Bonferroni), as has each of several phases; after
//! all duels [`settle`] applies Holm's procedure, which is never stricter.
//!
//! The interval that an outcome has is at those shares, one for each end: where its
//! lower end is above the tolerance the look says regression, where its upper end is
//! below it says none, as far as the relative tolerance goes. So it is wider than one
//! of 90 percent, and wider at its lower end the more phases are judged together.

use super::Tolerance;
use super::bootstrap::{Bootstrap, freedom, holm};
use super::distribution::{normal_quantile, t_quantile};
use super::noise::Level;
use crate::story::statistics::median;

/// Pairs after which a duel is looked at, unless more are allowed.
pub const LOOKS: [usize; 5] = [8, 12, 16, 24, 32];

/// Pairs that may be allowed at most.
pub const MOST_PAIRS: usize = 1_000;

/// How often a phase without a regression may be called one, all together.
pub const ALPHA: f64 = 0.05;

/// How likely a change of the minimum detectable effect is found.
const POWER: f64 = 0.8;

/// Which build is to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What there was.
    Base,
    /// What there is now.
    New,
}

/// What a duel came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// No regression beyond the tolerance.
    Pass,
    /// A regression beyond the tolerance.
    Fail,
    /// Neither, with all pairs taken.
    Inconclusive,
}

impl Decision {
    /// A word for a table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "FAIL",
            Self::Inconclusive => "unsure",
        }
    }
}

/// A duel that is over.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// What it came to.
    pub decision: Decision,
    /// Pairs taken.
    pub pairs: usize,
    /// The change: 0.1 is 10 percent slower.
    pub change: f64,
    /// The lower end of its interval: the truth lies below it one time in
    /// 100 x phases. A regression has it above the relative tolerance, but for one
    /// that only [`settle`] found.
    pub low: f64,
    /// The upper end: the truth lies above it one time in 100.
    pub high: f64,
    /// How likely so much would be at the tolerance; several looks counted in.
    pub p_value: f64,
    /// The smallest change that so many pairs find four times in five: beyond the
    /// relative tolerance and the absolute one.
    pub detectable: f64,
}

/// Runs duels of a family of `phases`, each against `tolerance`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Duel {
    /// How much slower is no regression.
    pub tolerance: Tolerance,
    /// How many phases are judged together.
    pub phases: usize,
    /// Pairs that are taken at most.
    pub most: usize,
}

impl Duel {
    /// A duel of one of `phases`.
    #[must_use]
    pub fn new(tolerance: Tolerance, phases: usize) -> Self {
        Self {
            tolerance,
            phases: phases.max(1),
            most: LOOKS[LOOKS.len() - 1],
        }
    }

    /// The duel with `most` pairs where it does not decide before, at least those of
    /// [`LOOKS`]: four times as many see a change half as large.
    #[must_use]
    pub fn with_most_pairs(mut self, most: usize) -> Self {
        self.most = most.max(LOOKS[LOOKS.len() - 1]);
        self
    }

    /// Pairs after which it is looked at: as many looks, at the same parts of its pairs.
    fn looks(&self) -> [usize; LOOKS.len()] {
        LOOKS.map(|look| look * self.most / LOOKS[LOOKS.len() - 1])
    }

    /// Runs pairs until they decide. `run` runs one side and returns the 95th
    /// percentile of that run in milliseconds.
    ///
    /// # Errors
    /// The first that `run` returns.
    ///
    /// # Example
    /// ```
    /// use shakedown::workbook::{Decision, Duel, Side, Tolerance};
    ///
    /// let mut runs = 0.0;
    /// let outcome = Duel::new(Tolerance::default(), 1).run(|side| {
    ///     runs += 1.0;
    ///     let noise = 1.0 + 0.02 * f64::sin(runs);
    ///     Ok::<_, ()>(noise * if side == Side::New { 13.0 } else { 10.0 })
    /// });
    /// assert_eq!(outcome.unwrap().decision, Decision::Fail);
    /// ```
    pub fn run<E>(&self, mut run: impl FnMut(Side) -> Result<f64, E>) -> Result<Outcome, E> {
        let mut pairs: Vec<(f64, f64)> = Vec::new();
        for look in self.looks() {
            while pairs.len() < look {
                let order = if pairs.len().is_multiple_of(2) {
                    [Side::Base, Side::New]
                } else {
                    [Side::New, Side::Base]
                };
                let first = run(order[0])?;
                let second = run(order[1])?;
                pairs.push(if order[0] == Side::Base {
                    (first, second)
                } else {
                    (second, first)
                });
            }
            let outcome = self.judge(&pairs);
            if outcome.decision != Decision::Inconclusive {
                return Ok(outcome);
            }
        }
        Ok(self.judge(&pairs))
    }

    /// Judges pairs of 95th percentiles: base and new, in milliseconds, three or
    /// more and above zero.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "numbers of looks and phases")]
    pub fn judge(&self, pairs: &[(f64, f64)]) -> Outcome {
        let (relative, absolute) = self.bootstraps(pairs);
        let bound = self.tolerance.relative.ln_1p();
        let floor = self.tolerance.absolute_ms;
        let looks = LOOKS.len() as f64;
        // A regression exceeds both bounds, so the weaker evidence counts.
        let p_fail = relative.p_above(bound).max(absolute.p_above(floor));
        // It is none if it stays below either.
        let p_pass = relative.p_below(bound).min(if floor > 0.0 {
            absolute.p_below(floor)
        } else {
            1.0
        });
        let each = ALPHA / looks;
        let shared = each / self.phases as f64;
        let decision = if p_fail <= shared {
            Decision::Fail
        } else if p_pass <= each {
            Decision::Pass
        } else {
            Decision::Inconclusive
        };
        Outcome {
            decision,
            pairs: pairs.len(),
            change: relative.estimate.exp_m1(),
            low: relative.lower(shared).exp_m1(),
            high: relative.upper(each).exp_m1(),
            p_value: (p_fail * looks).min(1.0),
            detectable: self.detectable(pairs, &relative, &absolute),
        }
    }

    /// The smallest change that exceeds both tolerances by so much that it is found.
    fn detectable(&self, pairs: &[(f64, f64)], relative: &Bootstrap, absolute: &Bootstrap) -> f64 {
        let reach = self.reach(pairs.len());
        let share = (self.tolerance.relative.ln_1p() + reach * relative.error).exp_m1();
        let bases: Vec<f64> = pairs.iter().map(|(base, _)| *base).collect();
        let base = median(&bases).filter(|base| *base > 0.0);
        let length = self.tolerance.absolute_ms + reach * absolute.error;
        base.map_or(share, |base| share.max(length / base))
    }

    fn bootstraps(&self, pairs: &[(f64, f64)]) -> (Bootstrap, Bootstrap) {
        let ratios: Vec<f64> = pairs.iter().map(|(base, new)| (new / base).ln()).collect();
        let differences: Vec<f64> = pairs.iter().map(|(base, new)| new - base).collect();
        (Bootstrap::of(&ratios), Bootstrap::of(&differences))
    }

    /// Standard errors that lie between a bound and what is found beyond it.
    #[expect(clippy::cast_precision_loss, reason = "numbers of looks and phases")]
    fn reach(&self, pairs: usize) -> f64 {
        let each = ALPHA / (LOOKS.len() * self.phases) as f64;
        t_quantile(1.0 - each, freedom(pairs)) + normal_quantile(POWER)
    }

    /// What this machine's noise allows, from pairs of a build and itself.
    #[must_use]
    pub fn level(&self, pairs: &[(f64, f64)]) -> Level {
        let both: Vec<f64> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
        Level {
            tightest: self.tightest(pairs),
            p95_ms: median(&both).unwrap_or(0.0),
        }
    }

    /// The tightest relative tolerance that this machine's noise allows, from
    /// pairs of a build and itself: what a duel with all pairs of [`LOOKS`] tells from
    /// nothing four times in five.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "numbers of pairs")]
    pub fn tightest(&self, pairs: &[(f64, f64)]) -> f64 {
        let (relative, _) = self.bootstraps(pairs);
        let most = LOOKS[LOOKS.len() - 1];
        let error = relative.error * (pairs.len() as f64 / most as f64).sqrt();
        (self.reach(most) * error).exp_m1()
    }
}

/// Settles several duels together: those that Holm's procedure calls
/// regressions fail, also where no look of their own was sure enough.
pub fn settle(outcomes: &mut [Outcome]) {
    let p_values: Vec<f64> = outcomes.iter().map(|outcome| outcome.p_value).collect();
    for (outcome, falls) in outcomes.iter_mut().zip(holm(&p_values, ALPHA)) {
        if falls {
            outcome.decision = Decision::Fail;
        }
    }
}
