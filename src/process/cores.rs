//! Which cores a process may run on, so that a server and what loads it do not
//! compete for the same ones (Linux; elsewhere asking for cores is an error).

use std::fmt;
use std::io;
use std::str::FromStr;

/// A set of cores, numbered as the kernel does.
///
/// # Example
/// ```
/// use shakedown::process::Cores;
///
/// let cores: Cores = "0,2-3".parse()?;
/// assert_eq!((cores.count(), cores.to_string().as_str()), (3, "0,2-3"));
///
/// let error = "all".parse::<Cores>().unwrap_err();
/// assert_eq!(error.to_string(), "`all` names no cores; it takes numbers and ranges, such as `0` or `0,2-3`");
/// # Ok::<(), shakedown::process::CoresError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cores(Vec<usize>);

/// Why cores cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CoresError {
    /// The text is no set of cores.
    #[error("`{text}` names no cores; it takes numbers and ranges, such as `0` or `0,2-3`")]
    Unreadable {
        /// What was given.
        text: String,
    },
    /// A core does not exist, or this process may not use it.
    #[error("core {core} of `{wanted}` is not to be had; this process may use `{available}`")]
    Missing {
        /// The core.
        core: usize,
        /// What was asked for.
        wanted: Cores,
        /// What there is.
        available: Cores,
    },
    /// The operating system refused to say, or to change, who runs where.
    #[error("the operating system does not pin to cores")]
    Refused(#[source] io::Error),
}

/// The kernel's own limit of a plain set, and more cores than machines have.
const MOST: usize = 1_024;

impl Cores {
    /// Cores by their numbers; `None` when there is none, or one of 1,024 or more.
    #[must_use]
    pub fn new(numbers: impl IntoIterator<Item = usize>) -> Option<Self> {
        let mut numbers: Vec<usize> = numbers.into_iter().collect();
        numbers.sort_unstable();
        numbers.dedup();
        let sound = numbers.last().is_some_and(|last| *last < MOST);
        sound.then_some(Self(numbers))
    }

    /// How many cores there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The numbers, ascending.
    #[must_use]
    pub fn numbers(&self) -> &[usize] {
        &self.0
    }

    /// The cores that this thread may use.
    ///
    /// # Errors
    /// [`CoresError::Refused`], on other systems than Linux always.
    pub fn available() -> Result<Self, CoresError> {
        Self::of(0)
    }

    /// The cores that the process or thread `pid` may use.
    ///
    /// # Errors
    /// [`CoresError::Refused`], for example when there is no such process.
    pub fn of(pid: u32) -> Result<Self, CoresError> {
        let numbers = kernel::cores_of(pid).map_err(CoresError::Refused)?;
        Self::new(numbers).ok_or_else(|| CoresError::Refused(io::ErrorKind::InvalidData.into()))
    }

    /// Lets the thread `thread`, and what it starts from now on, use these cores
    /// alone; 0 is the calling thread.
    ///
    /// # Errors
    /// [`CoresError::Missing`] for a core that this thread may not use, or
    /// [`CoresError::Refused`].
    pub fn pin(&self, thread: u32) -> Result<(), CoresError> {
        kernel::pin(thread, &self.0).map_err(CoresError::Refused)
    }

    /// Whether all of these can be had by the calling thread.
    ///
    /// # Errors
    /// [`CoresError::Missing`] names the first that cannot.
    pub fn check(&self) -> Result<(), CoresError> {
        let available = Self::available()?;
        match self.0.iter().find(|core| !available.0.contains(core)) {
            None => Ok(()),
            Some(core) => Err(CoresError::Missing {
                core: *core,
                wanted: self.clone(),
                available,
            }),
        }
    }
}

impl FromStr for Cores {
    type Err = CoresError;

    fn from_str(text: &str) -> Result<Self, CoresError> {
        let unreadable = || CoresError::Unreadable {
            text: text.to_owned(),
        };
        let mut numbers = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| text.trim().parse::<usize>().map_err(|_| unreadable());
            let (first, last) = (number(first)?, number(last)?);
            if first > last || last >= MOST {
                return Err(unreadable());
            }
            numbers.extend(first..=last);
        }
        Self::new(numbers).ok_or_else(unreadable)
    }
}

/// As the kernel lists them: `0,2-3`.
impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_slice();
        let mut comma = "";
        while let Some(first) = rest.first() {
            let run = rest.iter().zip(*first..).take_while(|(a, b)| **a == *b);
            let length = run.count();
            match length {
                1 => write!(f, "{comma}{first}")?,
                _ => write!(f, "{comma}{first}-{}", first + length - 1)?,
            }
            rest = &rest[length..];
            comma = ",";
        }
        Ok(())
    }
}

#[cfg(target_os = "linux")]
pub(super) mod kernel {
    //! The two system calls.

    use std::io;
    use std::mem;

    use super::MOST;

    pub(super) fn cores_of(pid: u32) -> io::Result<Vec<usize>> {
        // SAFETY: an all-zero `cpu_set_t`, a plain bit set, is the empty set.
        let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
        let size = size_of_val(&set);
        // SAFETY: writes at most `size` bytes into `set`.
        let asked = unsafe { libc::sched_getaffinity(pid.cast_signed(), size, &raw mut set) };
        if asked != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: reads a bit below the size of the set, which `MOST` is.
        let has = |core: &usize| unsafe { libc::CPU_ISSET(*core, &set) };
        Ok((0..MOST).filter(has).collect())
    }

    /// Allocates nothing and takes no lock, so that it may run between fork and
    /// exec.
    pub(in crate::process) fn pin(thread: u32, cores: &[usize]) -> io::Result<()> {
        // SAFETY: as above.
        let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
        for core in cores.iter().filter(|core| **core < MOST) {
            // SAFETY: sets a bit below the size of the set.
            unsafe { libc::CPU_SET(*core, &mut set) };
        }
        let size = size_of_val(&set);
        // SAFETY: reads `size` bytes of `set`.
        match unsafe { libc::sched_setaffinity(thread.cast_signed(), size, &raw const set) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) mod kernel {
    //! There is no such thing here.

    use std::io;

    pub(super) fn cores_of(_pid: u32) -> io::Result<Vec<usize>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(in crate::process) fn pin(_thread: u32, _cores: &[usize]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_as_they_are_read() {
        for (text, written) in [
            ("0", "0"),
            ("3,1,2", "1-3"),
            ("0, 2-3 ,5", "0,2-3,5"),
            ("1,1", "1"),
        ] {
            assert_eq!(text.parse::<Cores>().unwrap().to_string(), written);
        }
        for text in ["", "x", "1-", "3-1", "0,,1", "-1", "1024", "0-99999999999"] {
            assert!(text.parse::<Cores>().is_err(), "{text}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_is_pinned_and_what_cannot_be_had_is_named() {
        let before = Cores::available().unwrap();
        let last = *before.numbers().last().unwrap();
        let one = Cores::new([last]).unwrap();
        // A thread of its own, so that no other test is pinned.
        let seen = std::thread::spawn(move || {
            one.check().unwrap();
            one.pin(0).unwrap();
            Cores::available().unwrap()
        });
        assert_eq!(seen.join().unwrap().numbers(), [last]);
        assert_eq!(Cores::available().unwrap(), before);
        let error = Cores::new([1_023]).unwrap().check().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("core 1023 of `1023` is not to be had; this process may use `{before}`")
        );
    }
}
