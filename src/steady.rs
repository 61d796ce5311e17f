//! The throughput of a load that begins and ends.
//!
//! The last answers of a closed loop come after its users were told to stop, the
//! later the slower the server is. Divided by the time until the last one, a slow
//! server looks slower than it was while everybody asked.

/// Fewer whole seconds than this are no rate.
const FEWEST: f64 = 2.0;

/// Requests a second, of the whole seconds in which all users ran; `None` of less
/// than two of them.
///
/// `series` has the seconds of the run in which requests ended, and how many. All
/// users ran from `ramp_s` to `ramp_s + window_s`; the engine needs up to a second
/// to begin, so the first whole one does not count.
pub(crate) fn rate(
    series: impl IntoIterator<Item = (f64, f64)>,
    ramp_s: f64,
    window_s: f64,
) -> Option<f64> {
    let (from, until) = ((ramp_s + 1.0).ceil(), (ramp_s + window_s).floor());
    let seconds = until - from;
    let within = |second: f64| second >= from && second + 1.0 <= until;
    let requests = series.into_iter().filter(|(second, _)| within(*second));
    (seconds >= FEWEST).then(|| requests.map(|(_, requests)| requests).sum::<f64>() / seconds)
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn ramp_and_last_answers_do_not_count() {
        let series = [
            (0.0, 5.0),
            (1.0, 40.0),
            (2.0, 100.0),
            (3.0, 100.0),
            (4.0, 60.0),
            (9.0, 80.0),
        ];
        assert_eq!(rate(series, 0.5, 4.0), Some(100.0));
    }

    #[test]
    fn a_second_without_an_answer_counts_as_one() {
        assert_eq!(rate([(2.0, 90.0), (4.0, 30.0)], 1.0, 4.5), Some(40.0));
    }

    #[test]
    fn one_second_is_no_rate() {
        assert_eq!(rate([(1.0, 90.0)], 0.0, 2.0), None);
        assert_eq!(rate([(1.0, 90.0)], 0.0, f64::NAN), None);
    }
}
