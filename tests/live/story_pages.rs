//! The story's page as a browser shows it: nothing is wider than the window, tables
//! are sorted by a click and by the keyboard, and the dark colours are others.

use std::path::{Path, PathBuf};
use std::process::Command;

use shakedown::story::{Archive, StoryConfig, Tale, document, html};
use shakedown::{Failure, Result};

const WIDTHS: [u32; 2] = [400, 1_400];

/// Where pictures of a page that failed are kept.
fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/story-pages")
}

/// A browser that shows the page and ends; `more` are its flags. No window is narrower
/// than 500 pixels, so the page is in a frame of a page of ours.
fn browser(page: &Path, width: u32, dark: bool, more: &[&str]) -> Result<Vec<u8>> {
    let home = tempfile::tempdir()?;
    let frame = home.path().join("frame.html");
    std::fs::write(
        &frame,
        format!(
            "<!DOCTYPE html><meta name=\"color-scheme\" content=\"light dark\">\
             <body style=\"margin:0\"><script>onmessage = (told) => {{ document.body.dataset.answers = told.data; }}\
             </script><iframe src=\"file://{}\" style=\"width:{width}px;height:2400px;border:0\"></iframe>",
            page.display()
        ),
    )?;
    let mut command = Command::new("chromium");
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
        ])
        .arg(format!("--user-data-dir={}", home.path().display()))
        // Time that passes at once: for the answers of the frame.
        .arg("--virtual-time-budget=5000")
        .arg(format!("--window-size={},2400", width.max(500)))
        .args(more);
    if dark {
        command.arg("--blink-settings=preferredColorScheme=0");
    }
    let output = command
        .arg(format!("file://{}", frame.display()))
        .output()?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::new(format!(
            "chromium ended with {}: {words}",
            output.status
        )));
    }
    Ok(output.stdout)
}

/// Keeps a picture of the page if the test ends with a panic or an error.
struct Evidence<'a> {
    page: &'a Path,
    held: bool,
}

impl Drop for Evidence<'_> {
    fn drop(&mut self) {
        if self.held {
            return;
        }
        let _ = std::fs::create_dir_all(pictures());
        for width in WIDTHS {
            for (dark, name) in [(false, "light"), (true, "dark")] {
                let picture = pictures().join(format!("story-{width}-{name}.png"));
                let flag = format!("--screenshot={}", picture.display());
                let _ = browser(self.page, width, dark, &[&flag]);
            }
        }
    }
}

/// Runs that the story's own tests have.
fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/story/records")
}

/// The page of `records` in `directory`, with a script that asks it, and tells the page
/// around it, which keeps the answers in `data-answers`.
fn asked(records: &Path, directory: &Path, script: &str) -> Result<PathBuf> {
    let config = StoryConfig::default();
    let archive = Archive::read(records, &config)?;
    let page = html(&document(&Tale::new(&archive, &config)));
    let script = format!("<script>{script}</script></body>");
    let path = directory.join("story.html");
    std::fs::write(&path, page.replace("</body>", &script))?;
    Ok(path)
}

/// What the page answered, read out of its document.
fn answers(dom: &[u8]) -> Result<serde_json::Value> {
    let dom = String::from_utf8_lossy(dom);
    let found = dom
        .split_once("data-answers=\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    let (text, _) = found.ok_or_else(|| Failure::new("the page's script left no answers"))?;
    Ok(serde_json::from_str(&text.replace("&quot;", "\""))?)
}

const QUESTIONS: &str = r#"
const table = document.querySelector("table");
const heads = [...table.tHead.rows[0].cells];
const column = heads.findIndex((head) => head.textContent === "RPS");
const rates = () => [...table.tBodies[0].rows].map((row) => Number(row.cells[column].dataset.sort));
const button = heads[column].querySelector("button");
const before = rates();
button.click();
const ascending = rates(), said = heads[column].getAttribute("aria-sort");
button.focus();
const reached = document.activeElement === button;
// What Enter and Space do to a button that has the focus.
document.activeElement.click();
const descending = rates();
document.activeElement.click();
const styles = getComputedStyle(document.body);
parent.postMessage(JSON.stringify({
  over: document.documentElement.scrollWidth - innerWidth, width: innerWidth,
  before, ascending, said, reached, descending, again: rates(),
  tag: button.tagName, tabbable: button.tabIndex,
  paper: styles.backgroundColor, ink: styles.color,
  plots: [...document.querySelectorAll("figure svg")].filter((svg) => svg.getBoundingClientRect().width > 0).length,
  drawings: document.querySelectorAll("figure").length,
  regions: [...document.querySelectorAll(".scroll")].every((region) => region.tabIndex === 0),
}), "*");
"#;

#[test]
fn the_page_fits_its_window_and_its_tables_are_sorted_at_both_widths() -> Result {
    let home = tempfile::tempdir()?;
    let page = asked(&recorded(), home.path(), QUESTIONS)?;
    let mut evidence = Evidence {
        page: &page,
        held: false,
    };
    let mut papers = Vec::new();
    for width in WIDTHS {
        for dark in [false, true] {
            let told = answers(&browser(&page, width, dark, &["--dump-dom"])?)?;
            assert_eq!(told["width"], width);
            let over = told["over"].as_i64().unwrap_or(i64::MAX);
            assert!(over <= 0, "{over} pixels too wide at {width}");
            let rates = |name: &str| -> Vec<f64> {
                let values = told[name].as_array().into_iter().flatten();
                values.filter_map(serde_json::Value::as_f64).collect()
            };
            let mut sorted = rates("before");
            sorted.sort_by(f64::total_cmp);
            assert!(sorted.len() >= 4, "{told}");
            assert_eq!(rates("ascending"), sorted, "after a click");
            assert_eq!(told["said"], "ascending");
            sorted.reverse();
            assert_eq!(rates("descending"), sorted, "after another");
            assert_eq!(rates("again"), rates("before"), "after a third");
            // A real button that the Tab key reaches is one that Enter and Space press.
            assert_eq!(
                (&told["tag"], &told["reached"]),
                (&"BUTTON".into(), &true.into())
            );
            assert!(told["tabbable"].as_i64() >= Some(0), "{told}");
            assert_eq!(
                told["regions"], true,
                "a table that scrolls is reached by the keyboard"
            );
            assert_eq!(
                told["plots"], told["drawings"],
                "one drawing of each, fit for the width"
            );
            papers.push((dark, told["paper"].to_string(), told["ink"].to_string()));
        }
    }
    let of = |wanted: bool| {
        let mut of = papers.iter().filter(move |(dark, ..)| *dark == wanted);
        of.next()
            .map(|(_, paper, ink)| (paper.clone(), ink.clone()))
    };
    let (light, dark) = (of(false), of(true));
    assert_ne!(light, dark, "dark mode has colours of its own");
    evidence.held = true;
    Ok(())
}

/// Puts a run whose server was sampled into `directory`.
fn sampled(directory: &Path) -> Result {
    let stem = "profile_50_dashboard_database-sqlite_tracing-off_1_workers_feed5eed";
    let (record, stats) = (format!("{stem}.json"), format!("{stem}_stats.csv"));
    std::fs::copy(recorded().join(&stats), directory.join(&stats))?;
    let known = std::fs::read(recorded().join(&record))?;
    let mut known: serde_json::Value = serde_json::from_slice(&known)?;
    known["flame"] = serde_json::json!({
        "samples": 4_000, "hertz": 999, "callers_by": "DWARF",
        "functions": [{ "name": "sqlite3VdbeExec", "own": 0.41, "total": 0.41 }],
    });
    std::fs::write(directory.join(&record), known.to_string())?;
    let stacks = "decnet;main;sqlite3VdbeExec 1640\ndecnet;main 2360\n";
    std::fs::write(directory.join(format!("{stem}_flame.folded")), stacks)?;
    Ok(())
}

const BARS: &str = r##"
const shown = [...document.querySelectorAll("#flame-01 svg")].find((svg) => svg.getBoundingClientRect().width > 0);
const widths = {};
for (const bar of shown.querySelectorAll(".flame-bar"))
  widths[bar.querySelector("title").textContent.split("\n")[0]] = bar.querySelector("rect").getBoundingClientRect().width;
parent.postMessage(JSON.stringify({ widths }), "*");
"##;

#[test]
fn the_flame_graph_of_a_sampled_server_is_drawn_at_both_widths() -> Result {
    let home = tempfile::tempdir()?;
    let records = home.path().join("records");
    std::fs::create_dir(&records)?;
    sampled(&records)?;
    let page = asked(&records, home.path(), BARS)?;
    let mut evidence = Evidence {
        page: &page,
        held: false,
    };
    for width in WIDTHS {
        let told = answers(&browser(&page, width, false, &["--dump-dom"])?)?;
        let of = |name: &str| told["widths"][name].as_f64().unwrap_or(0.0);
        let share = of("sqlite3VdbeExec") / of("main");
        assert!((share - 0.41).abs() < 0.01, "{share} at {width}: {told}");
    }
    evidence.held = true;
    Ok(())
}
