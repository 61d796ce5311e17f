//! Tests of the `live` tier.

shakedown::tier!(live);
shakedown::requires!(capture, sniffer::can_capture, in sniffer);
shakedown::requires!(embedded_capture, embedded::can_capture, in embedded);
shakedown::requires!(promtool, prometheus::promtool_here, in prometheus);
shakedown::requires!(clients, client::all_here, in decoys);
shakedown::requires!(perf, profile_cpu::perf_here, in profile_cpu);
shakedown::requires!(heap_profilers, profile_heap::tools_here, in profile_heap);
shakedown::requires!(browser, flame_pages::chromium_here, in flame_pages);
shakedown::requires!(browser, flame_pages::chromium_here, in story_pages);

#[path = "../service/conftest.rs"]
mod conftest;
#[path = "../service/server.rs"]
mod server;

mod client;
mod decoys;
mod deploy;
mod durability;
mod embedded;
mod flame_pages;
mod leftovers;
mod planted;
mod profile_cpu;
mod profile_heap;
mod prometheus;
mod request_profiles;
mod sniffer;
mod story_pages;
mod tracing;
mod trap;
