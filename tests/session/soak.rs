//! The same endings at many moments: `cargo nextest run --profile live`.

mod m_live {
    use crate::scenario::{Scenario, finish, signal, start};
    use shakedown::fixtures::poll;

    const SHARED: &str = "test(/^shared::/)";

    /// Ends a run with `ending` after 0, 10, 20, .. of its 200 tests.
    fn ends_by_at_every_tenth_test(ending: i32) {
        for tests in (0..200).step_by(10) {
            let scenario = Scenario::new();
            let runner = start(&mut scenario.nextest(SHARED));
            poll::until(|| scenario.notes("seen").len() >= tests);
            signal(runner, ending);
            scenario.leaves_nothing_behind();
        }
    }

    #[test]
    fn sigkill_of_the_runner_at_every_tenth_test() {
        ends_by_at_every_tenth_test(libc::SIGKILL);
    }

    #[test]
    fn ctrl_c_at_every_tenth_test() {
        ends_by_at_every_tenth_test(libc::SIGINT);
    }

    #[test]
    fn twenty_runs_in_a_row_and_in_pairs_leave_nothing() {
        let scenario = Scenario::new();
        for _ in 0..10 {
            let other = start(&mut scenario.nextest(SHARED));
            finish(&mut scenario.nextest(SHARED))
                .succeeded()
                .says_nothing_of("LEAK");
            assert!(other.wait_with_output().unwrap().status.success());
        }
        scenario.leaves_nothing_behind();
        assert_eq!(scenario.instances_seen(), 20);
        assert_eq!(scenario.notes("starts").len(), 20);
        assert_eq!(scenario.notes("teardown").len(), 20);
    }
}
