//! Systems whose threads cannot be asked for their stack: only waits are seen.

#[derive(Debug)]
pub(super) struct Question;

#[derive(Debug)]
pub(super) enum Answer {
    #[expect(dead_code, reason = "never asked here")]
    Pending(Question),
    #[expect(dead_code, reason = "never asked here")]
    Missed,
    #[expect(dead_code, reason = "never asked here")]
    Stack(Vec<usize>),
}

pub(super) fn this_thread() -> i32 {
    1
}

pub(super) fn prepare() -> bool {
    false
}

impl Question {
    pub(super) fn ask(_thread: i32, _request: u64) -> Option<Self> {
        None
    }

    pub(super) fn read(self) -> Answer {
        Answer::Pending(self)
    }

    pub(super) fn withdraw(self) {}
}

/// The calling thread's stack down to `end`, innermost frame first.
pub(super) fn own_stack(from: usize, end: usize) -> Vec<usize> {
    let mut frames = Vec::with_capacity(64);
    backtrace::trace(|frame| {
        let below = frame.sp() as usize <= end;
        if below && frame.sp() as usize > from {
            frames.push(frame.ip() as usize);
        }
        below && frames.len() < 256
    });
    frames
}
