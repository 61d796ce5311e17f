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
shakedown::requires!(browser, flame_pages::chromium_here, in profile_pages);
shakedown::requires!(perf, profile_cpu::perf_here, in profile_pages);
shakedown::requires!(perf, profile_cpu::perf_here, in profile_commands);
shakedown::requires!(heap_profilers, profile_heap::tools_here, in profile_pages);
shakedown::requires!(heap_profilers, profile_heap::tools_here, in profile_commands);
shakedown::requires!(plain, without_lenses::is_built, in without_lenses, opt_in);

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
mod profile_commands;
mod profile_cpu;
mod profile_heap;
mod profile_pages;
mod prometheus;
mod request_profiles;
mod sniffer;
mod story_pages;
mod tracing;
mod trap;
mod without_lenses;
