//! The Firefox profiler's format, which also `samply load` and others open.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use fxprof_processed_profile::{
    CategoryColor, CpuDelta, Frame, FrameFlags, FrameInfo, Profile, SamplingInterval, Timestamp,
};

use super::PerfSample;

/// The samples as one JSON document.
#[expect(clippy::cast_precision_loss, reason = "a rate")]
pub(super) fn json(name: &str, samples: &[PerfSample], hertz: u32) -> Vec<u8> {
    let interval = SamplingInterval::from_hz(hertz.max(1) as f32);
    let mut profile = Profile::new(name, SystemTime::now().into(), interval);
    let user = profile.add_category("User", CategoryColor::Yellow);
    let kernel = profile.add_category("Kernel", CategoryColor::Orange);
    let first = samples.iter().map(|s| s.seconds).fold(f64::MAX, f64::min);
    let when = |seconds: f64| Timestamp::from_millis_since_reference((seconds - first) * 1_000.0);
    let start = Timestamp::from_millis_since_reference(0.0);
    let mut processes = HashMap::new();
    let mut threads = HashMap::new();
    let each = Duration::from_secs(1) / hertz.max(1);
    for sample in samples {
        let process = *processes
            .entry(sample.pid)
            .or_insert_with(|| profile.add_process(name, sample.pid, start));
        let thread = *threads.entry((sample.pid, sample.tid)).or_insert_with(|| {
            let main = sample.pid == sample.tid;
            let thread = profile.add_thread(process, sample.tid, start, main);
            profile.set_thread_name(thread, &sample.thread);
            thread
        });
        let frames: Vec<FrameInfo> = sample
            .frames
            .iter()
            .rev()
            .map(|frame| {
                let category = match frame.function.ends_with("_[k]") {
                    true => kernel,
                    false => user,
                };
                FrameInfo {
                    frame: Frame::Label(profile.intern_string(&frame.function)),
                    category_pair: category.into(),
                    flags: FrameFlags::empty(),
                }
            })
            .collect();
        let stack = profile.intern_stack_frames(thread, frames.into_iter());
        let used = CpuDelta::from_nanos(u64::try_from(each.as_nanos()).unwrap_or(0));
        profile.add_sample(thread, when(sample.seconds), stack, used, 1);
    }
    serde_json::to_vec(&profile).expect("a profile has string keys and finite numbers")
}
