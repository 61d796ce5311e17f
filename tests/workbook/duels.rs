//! Builds against each other, on synthetic runs whose truth is known.

use shakedown::workbook::{Decision, Duel, LOOKS, Side, Tolerance, settle};

/// A sequence that is the same every time.
struct Dice(u64);

impl Dice {
    /// Between 0 and 1.
    fn one(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal, of standard deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.one()).sum::<f64>() - 6.0
    }

    /// A run's P95: 10 ms, spread, and disturbed one time in twenty.
    fn run(&mut self, slowdown: f64, spread: f64) -> f64 {
        let disturbed = if self.one() < 0.05 { 1.8 } else { 1.0 };
        10.0 * slowdown * disturbed * (spread * self.normal()).exp()
    }
}

fn tolerance(relative: f64, absolute_ms: f64) -> Tolerance {
    let mut tolerance = Tolerance::default();
    tolerance.relative = relative;
    tolerance.absolute_ms = absolute_ms;
    tolerance
}

/// Decisions of duels whose new side is `slowdown` times the base.
fn decide(count: usize, slowdown: f64, spread: f64, seed: u64) -> Vec<Decision> {
    let mut dice = Dice(seed);
    let duel = Duel::new(tolerance(0.1, 0.0), 1);
    (0..count)
        .map(|_| {
            let run = |side| {
                let factor = if side == Side::New { slowdown } else { 1.0 };
                Ok::<_, ()>(dice.run(factor, spread))
            };
            duel.run(run).unwrap().decision
        })
        .collect()
}

fn share(decisions: &[Decision], wanted: Decision) -> f64 {
    let count = decisions
        .iter()
        .filter(|decision| **decision == wanted)
        .count();
    count as f64 / decisions.len() as f64
}

#[test]
fn a_build_against_itself_is_rarely_called_slower() {
    let decisions = decide(40, 1.0, 0.08, 1);
    assert!(share(&decisions, Decision::Fail) <= 0.05, "{decisions:?}");
    assert!(share(&decisions, Decision::Pass) >= 0.5, "{decisions:?}");
}

#[test]
fn a_build_that_is_a_third_slower_is_found() {
    let decisions = decide(20, 1.3, 0.08, 2);
    assert!(share(&decisions, Decision::Fail) >= 0.8, "{decisions:?}");
}

#[test]
fn a_machine_that_gets_slower_hits_both_sides_alike() {
    let mut slower = 1.0;
    let mut dice = Dice(3);
    let outcome = Duel::new(tolerance(0.1, 0.0), 1).run(|_| {
        slower *= 1.02;
        Ok::<_, ()>(slower * dice.run(1.0, 0.02))
    });
    assert_eq!(outcome.unwrap().decision, Decision::Pass);
}

#[test]
fn noise_that_hides_everything_is_inconclusive_and_says_what_it_could_see() {
    let mut dice = Dice(4);
    let mut runs = 0;
    let outcome = Duel::new(tolerance(0.05, 0.0), 1).run(|_| {
        runs += 1;
        Ok::<_, ()>(dice.run(1.0, 0.5))
    });
    let outcome = outcome.unwrap();
    assert_eq!(outcome.decision, Decision::Inconclusive);
    assert_eq!((outcome.pairs, runs), (LOOKS[4], 2 * LOOKS[4]));
    assert!(
        outcome.detectable > 0.3 && outcome.detectable < 3.0,
        "{outcome:?}"
    );
    assert!(outcome.low < 0.0 && outcome.high > 0.0, "{outcome:?}");
}

#[test]
fn more_pairs_decide_what_fewer_cannot() {
    // A fifth slower on a machine whose runs differ by as much.
    let of = |most: usize, seed: u64| {
        let mut dice = Dice(seed);
        let duel = Duel::new(tolerance(0.1, 0.0), 1).with_most_pairs(most);
        let outcome = duel.run(|side| {
            let slowdown = if side == Side::New { 1.2 } else { 1.0 };
            Ok::<_, ()>(dice.run(slowdown, 0.2))
        });
        outcome.unwrap()
    };
    let found = |most: usize| {
        let outcomes = (0..40).map(|seed| of(most, seed).decision);
        outcomes.filter(|of| *of == Decision::Fail).count()
    };
    let (few, many) = (found(32), found(320));
    assert!(few <= 20 && many >= 36, "{few} and {many} of 40");
    // Fewer than the usual are the usual.
    assert_eq!(of(4, 1), of(32, 1));
    assert!(of(320, 1).pairs >= 80);
}

#[test]
fn both_tolerances_must_be_exceeded() {
    let pairs: Vec<(f64, f64)> = (0..16).map(|n| (1.0 + 0.001 * f64::from(n), 1.5)).collect();
    let relative_only = Duel::new(tolerance(0.1, 2.0), 1).judge(&pairs);
    assert_eq!(relative_only.decision, Decision::Pass, "{relative_only:?}");
    let both = Duel::new(tolerance(0.1, 0.2), 1).judge(&pairs);
    assert_eq!(both.decision, Decision::Fail, "{both:?}");
    let absolute_only = Duel::new(tolerance(0.8, 0.2), 1).judge(&pairs);
    assert_eq!(absolute_only.decision, Decision::Pass, "{absolute_only:?}");
}

#[test]
fn the_change_and_its_interval_are_those_of_the_pairs() {
    let pairs: Vec<(f64, f64)> = (0..12)
        .map(|n| (10.0, 13.0 + 0.1 * f64::from(n % 3) - 0.1))
        .collect();
    let outcome = Duel::new(tolerance(0.1, 0.0), 1).judge(&pairs);
    assert!((outcome.change - 0.3).abs() < 0.005, "{outcome:?}");
    assert!(
        outcome.low <= outcome.change && outcome.change <= outcome.high,
        "{outcome:?}"
    );
    assert!(outcome.low > 0.28 && outcome.high < 0.32, "{outcome:?}");
}

#[test]
fn many_phases_together_need_more_evidence() {
    let alone = Duel::new(tolerance(0.1, 0.0), 1).judge(&[
        (10.0, 12.0),
        (10.0, 12.5),
        (10.0, 11.9),
        (10.0, 12.2),
        (10.0, 12.8),
        (10.0, 11.8),
        (10.0, 12.1),
        (10.0, 12.4),
    ]);
    let mut all = vec![alone.clone(); 9];
    for (index, outcome) in all.iter_mut().enumerate() {
        outcome.decision = Decision::Inconclusive;
        outcome.p_value = if index == 0 { 0.02 } else { 0.9 };
    }
    settle(&mut all[..1]);
    assert_eq!(all[0].decision, Decision::Fail);
    all[0].decision = Decision::Inconclusive;
    settle(&mut all);
    assert!(
        all.iter()
            .all(|outcome| outcome.decision == Decision::Inconclusive)
    );
}

/// Sixteen pairs whose new side is `slowdown` times the base, give or take.
fn spread(slowdown: f64) -> Vec<(f64, f64)> {
    (0..16)
        .map(|n| (10.0, 10.0 * slowdown * (1.0 + 0.03 * f64::from(n % 5 - 2))))
        .collect()
}

#[test]
fn evidence_that_is_enough_for_one_phase_is_not_for_one_of_a_hundred() {
    let decide = |slowdown: f64, phases: usize| {
        let duel = Duel::new(tolerance(0.1, 0.0), phases);
        duel.judge(&spread(slowdown)).decision
    };
    let between = (0..25)
        .map(|step| 1.1 + 0.008 * f64::from(step))
        .find(|slowdown| decide(*slowdown, 1) == Decision::Fail)
        .unwrap();
    assert_ne!(decide(between, 100), Decision::Fail, "{between}");
    // What is far slower than that fails among a hundred too.
    assert_eq!(decide(1.4, 100), Decision::Fail);
}

#[test]
fn the_interval_is_the_one_that_decides() {
    for step in 0..12 {
        let pairs = spread(1.0 + 0.021 * f64::from(step));
        for phases in [1, 9] {
            let outcome = Duel::new(tolerance(0.1, 0.0), phases).judge(&pairs);
            let expected = if outcome.low >= 0.1 {
                Decision::Fail
            } else if outcome.high <= 0.1 {
                Decision::Pass
            } else {
                Decision::Inconclusive
            };
            assert_eq!(outcome.decision, expected, "{outcome:?}");
        }
    }
}

#[test]
fn what_can_be_seen_is_beyond_the_absolute_tolerance_too() {
    let pairs = spread(1.0);
    let detectable = |absolute| {
        Duel::new(tolerance(0.1, absolute), 1)
            .judge(&pairs)
            .detectable
    };
    assert!(detectable(0.0) < 0.2, "{}", detectable(0.0));
    // Five milliseconds of ten are a half.
    let five = detectable(5.0);
    assert!(five > 0.5 && five < 0.6, "{five}");
}

#[test]
fn a_build_that_is_far_slower_fails_among_many_phases() {
    let mut noise = Dice(7);
    let outcome = Duel::new(tolerance(0.1, 0.0), 100)
        .run(|side| {
            let slower = if side == Side::New { 3.0 } else { 1.0 };
            Ok::<_, ()>(noise.run(slower, 0.02))
        })
        .unwrap();
    assert_eq!(outcome.decision, Decision::Fail, "{outcome:?}");
    let mut all = vec![outcome; 1];
    let mut calm = all[0].clone();
    (calm.p_value, calm.decision) = (0.9, Decision::Pass);
    all.extend(vec![calm; 99]);
    settle(&mut all);
    let fails = all
        .iter()
        .filter(|of| of.decision == Decision::Fail)
        .count();
    assert_eq!(fails, 1);
}

#[test]
fn the_tightest_tolerance_grows_with_the_noise() {
    let tightest = |spread: f64| {
        let mut dice = Dice(5);
        let pairs: Vec<(f64, f64)> = (0..16)
            .map(|_| (dice.run(1.0, spread), dice.run(1.0, spread)))
            .collect();
        Duel::new(tolerance(0.1, 0.0), 1).tightest(&pairs)
    };
    let (calm, noisy) = (tightest(0.01), tightest(0.2));
    assert!(calm < noisy && noisy > 0.1 && calm < 0.2, "{calm} {noisy}");
}
