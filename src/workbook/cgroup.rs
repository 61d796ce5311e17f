//! What the control groups of this process allow it, version 2 or 1.
//!
//! A limit may stand at any group above the process's own, and the tightest holds:
//! in version 2 `cpu.max` (`quota period`, or `max`) and `memory.max`, in version 1
//! `cpu.cfs_quota_us`, `cpu.cfs_period_us` and `memory.limit_in_bytes`, each in a
//! hierarchy of its own.

/// In version 1 a group without a limit has one near the largest number there is.
const NO_LIMIT: u64 = 1 << 60;

/// The limits in words, `cpu 150000/100000, memory 1073741824`; empty without any.
/// `own` is `/proc/self/cgroup`, `read` the text of a file, empty without it.
pub(super) fn limits(own: &str, read: &dyn Fn(&str) -> String) -> String {
    let mut limits = Vec::new();
    let second = group(own, "").unwrap_or("/");
    let cpu = tightest(second, |place| {
        quota(&read(&format!("/sys/fs/cgroup{place}/cpu.max")))
    });
    let cpu = cpu.or_else(|| {
        tightest(group(own, "cpu")?, |place| {
            let file = |name: &str| read(&format!("/sys/fs/cgroup/cpu{place}/cpu.cfs_{name}_us"));
            quota(&format!(
                "{} {}",
                file("quota").trim(),
                file("period").trim()
            ))
        })
    });
    if let Some(Quota { quota, period }) = cpu {
        limits.push(format!("cpu {quota}/{period}"));
    }
    let memory = tightest(second, |place| {
        bytes(&read(&format!("/sys/fs/cgroup{place}/memory.max")))
    });
    let memory = memory.or_else(|| {
        tightest(group(own, "memory")?, |place| {
            bytes(&read(&format!(
                "/sys/fs/cgroup/memory{place}/memory.limit_in_bytes"
            )))
        })
    });
    if let Some(bytes) = memory {
        limits.push(format!("memory {bytes}"));
    }
    limits.join(", ")
}

/// Processor time in microseconds, of a period of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Quota {
    quota: u64,
    period: u64,
}

impl PartialOrd for Quota {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quota {
    /// By the share: quota a / period a against quota b / period b.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let share = |a: u64, b: u64| u128::from(a) * u128::from(b);
        share(self.quota, other.period)
            .cmp(&share(other.quota, self.period))
            .then(self.period.cmp(&other.period))
    }
}

/// The path of the group of `controller` in `/proc/self/cgroup`, whose lines are
/// `number:controllers:path`; that of version 2 has no controllers.
fn group<'a>(own: &'a str, controller: &str) -> Option<&'a str> {
    own.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let has = controllers.split(',').any(|known| known == controller);
        has.then_some(path)
    })
}

/// The least of the limits of `group` and the groups above it.
fn tightest<T: Ord>(group: &str, limit: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut place = group.trim_end_matches('/');
    let mut least = limit(place);
    while let Some((above, _)) = place.rsplit_once('/') {
        place = above;
        least = match (least, limit(place)) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    least
}

/// `150000 100000`; none of `max 100000` and of `-1 100000`.
fn quota(text: &str) -> Option<Quota> {
    let (quota, period) = text.trim().split_once(' ')?;
    let (quota, period) = (quota.parse().ok()?, period.parse().ok()?);
    Some(Quota { quota, period }).filter(|of| of.period > 0)
}

/// A number of bytes; none of `max`.
fn bytes(text: &str) -> Option<u64> {
    let bytes = text.trim().parse().ok()?;
    (bytes < NO_LIMIT).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::limits;

    #[track_caller]
    fn check(own: &str, files: &[(&str, &str)], expected: &str) {
        let read = |path: &str| {
            let found = files.iter().find(|(name, _)| *name == path);
            found.map_or_else(String::new, |(_, text)| (*text).to_owned())
        };
        assert_eq!(limits(own, &read), expected);
    }

    #[test]
    fn the_tightest_limit_above_a_process_holds() {
        let own = "0::/system.slice/build.service/worker\n";
        check(
            own,
            &[
                (
                    "/sys/fs/cgroup/system.slice/build.service/worker/cpu.max",
                    "max 100000\n",
                ),
                (
                    "/sys/fs/cgroup/system.slice/build.service/cpu.max",
                    "150000 100000\n",
                ),
                ("/sys/fs/cgroup/system.slice/cpu.max", "40000 20000\n"),
                ("/sys/fs/cgroup/system.slice/memory.max", "1073741824\n"),
                (
                    "/sys/fs/cgroup/system.slice/build.service/memory.max",
                    "max\n",
                ),
            ],
            "cpu 150000/100000, memory 1073741824",
        );
    }

    #[test]
    fn in_a_container_the_root_is_the_own_group() {
        let files = [
            ("/sys/fs/cgroup/cpu.max", "200000 100000\n"),
            ("/sys/fs/cgroup/memory.max", "536870912\n"),
        ];
        check("0::/\n", &files, "cpu 200000/100000, memory 536870912");
        check("0::/\n", &[], "");
    }

    #[test]
    fn version_1_has_a_hierarchy_for_each_controller() {
        let own = "4:memory:/docker/ab\n2:cpu,cpuacct:/docker/ab\n0::/\n";
        let files = [
            ("/sys/fs/cgroup/cpu/docker/ab/cpu.cfs_quota_us", "50000\n"),
            ("/sys/fs/cgroup/cpu/docker/ab/cpu.cfs_period_us", "100000\n"),
            (
                "/sys/fs/cgroup/memory/docker/ab/memory.limit_in_bytes",
                "9223372036854771712\n",
            ),
            (
                "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
                "2147483648\n",
            ),
        ];
        check(own, &files, "cpu 50000/100000, memory 2147483648");
        let none = [
            ("/sys/fs/cgroup/cpu/docker/ab/cpu.cfs_quota_us", "-1\n"),
            ("/sys/fs/cgroup/cpu/docker/ab/cpu.cfs_period_us", "100000\n"),
        ];
        check(own, &none, "");
    }
}
