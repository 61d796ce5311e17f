//! Two builds whose phases can be run in turn.

use std::path::Path;

use super::bench_tier::{BenchTier, NotRun, Run, build_programs, is_function};
use super::gate::root;
use super::{Error, Output};
use crate::workbook::{
    Measurement, NotCompared, Phase, RunKind, Settings, Side, Verdict, WorkbookError, judge,
    measure,
};

/// A 95th percentile is a nanosecond or more: ratios are taken of it.
const LEAST_MS: f64 = 1e-6;

/// A build: of the bench tier, and of what phases start.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    settings: Settings,
    tier: BenchTier,
}

impl Build {
    /// The build of the workspace of `settings`, whose phases stand in the file
    /// `phases`; only some are `wanted`.
    pub(crate) fn of(
        settings: &Settings,
        phases: &Path,
        wanted: &[Phase],
        output: &mut Output,
    ) -> Result<Self, Error> {
        let mut settings = settings.clone();
        settings.path = root(&settings).join(settings.file());
        build_programs(&settings, output)?;
        let functions = wanted.iter().any(|phase| is_function(&phase.run));
        let tier = if functions {
            BenchTier::build(&settings, phases, output)?
        } else {
            BenchTier::none(&settings)
        };
        Ok(Self { settings, tier })
    }

    /// Runs a phase once: the 95th percentile of that run, in milliseconds. A wait
    /// that did not wait is no run: its speed says nothing.
    fn run(&self, phase: &Phase, samples: u64) -> Result<f64, NotRun> {
        let measurement: Measurement = if is_function(&phase.run) {
            let run = Run {
                name: &phase.name,
                samples: Some(samples),
                contest: true,
            };
            self.tier.run(run, |_| {})?
        } else {
            measure(&self.settings, phase, samples, None).map_err(Error::from)?
        };
        let verdict = judge(&measurement);
        if verdict == Verdict::TooShort {
            return Err(NotRun::Failed(Error::Workbook(WorkbookError::Phase {
                phase: phase.name.clone(),
                reason: verdict.sentence(&measurement),
            })));
        }
        Ok(measurement.summary.p95_ms.max(LEAST_MS))
    }
}

/// Two builds.
#[derive(Debug)]
pub(crate) struct Contest {
    base: Build,
    new: Build,
}

impl Contest {
    /// Two builds that are to be compared, which must not be one.
    pub(crate) fn between(base: Build, new: Build) -> Result<Self, Error> {
        for phase in &new.settings.phases {
            let binaries = [&base, &new].map(|build| {
                let binary = build.tier.binary(&phase.name)?;
                Some(binary.canonicalize().unwrap_or_else(|_| binary.to_owned()))
            });
            if let [Some(one), Some(other)] = binaries
                && one == other
            {
                return Err(Error::Workbook(WorkbookError::OneBuild { path: one }));
            }
        }
        Ok(Self { base, new })
    }

    /// A build and itself.
    pub(crate) fn with_itself(build: Build) -> Self {
        Self {
            base: build.clone(),
            new: build,
        }
    }

    /// Why `phase` cannot be run on both sides, where it cannot.
    pub(crate) fn refuses(&self, phase: &Phase) -> Option<NotCompared> {
        let refused = |reason: String| Some(NotCompared::Refused(reason));
        match &phase.run {
            RunKind::Http { fixture: None, .. } => refused(
                "both sides would ask the same server: give it a `fixture`, which each side starts"
                    .to_owned(),
            ),
            RunKind::Http {
                fixture: Some(name),
                ..
            } => {
                let fixture = self.new.settings.fixtures.get(name)?;
                self.shared(fixture.command.first()?).and_then(refused)
            }
            RunKind::Command { words } => self.shared(words.first()?).and_then(refused),
            RunKind::Function if self.new.tier.binary(&phase.name).is_none() => {
                refused("the bench tier has no test of its name".to_owned())
            }
            RunKind::Function if self.base.tier.binary(&phase.name).is_none() => {
                Some(NotCompared::New)
            }
            RunKind::Function | RunKind::Stress { .. } => None,
        }
    }

    /// Why a program that the workspace built would be the same on both sides.
    fn shared(&self, program: &str) -> Option<String> {
        let path = Path::new(program);
        let own = path.is_absolute() && path.starts_with(root(&self.new.settings));
        own.then(|| {
            format!("both sides would run `{program}`: name it by its path below the workspace")
        })
    }

    pub(crate) fn run(&mut self, side: Side, phase: &Phase, samples: u64) -> Result<f64, NotRun> {
        match side {
            Side::Base => self.base.run(phase, samples),
            Side::New => self.new.run(phase, samples),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(text: &str, binary: &str) -> Build {
        let settings = Settings::parse(Path::new("/app/.config/shakedown.toml"), text).unwrap();
        let tier = BenchTier::of_one(&settings, "A", Path::new(binary));
        Build { settings, tier }
    }

    const TABLE: &str = "target = \"1 s\"\ngate = \"hard\"\nsamples = 1\n";

    #[test]
    fn one_build_is_not_compared_with_itself() {
        let text = format!("[phase.A]\n{TABLE}");
        let of = |binary: &str| build(&text, binary);
        let error = Contest::between(of("/shared/bench"), of("/shared/bench")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "both builds are `/shared/bench`: they would be compared with themselves"
        );
        assert!(Contest::between(of("/base/bench"), of("/shared/bench")).is_ok());
    }

    #[test]
    fn a_program_of_the_workspace_is_named_below_it() {
        let text = |program: &str| {
            format!("[phase.A]\n{TABLE}run = {{ command = [\"{program}\", \"x\"] }}\n")
        };
        let refuses = |program: &str| {
            let text = text(program);
            let contest = Contest::with_itself(build(&text, "/bench"));
            contest.refuses(&contest.new.settings.phases[0])
        };
        assert!(refuses("/app/target/release/app").is_some());
        assert!(refuses("target/release/app").is_none());
        assert!(refuses("/bin/sh").is_none());
    }
}
