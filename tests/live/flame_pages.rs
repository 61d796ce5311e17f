//! Flame graphs as a browser shows them.

use std::path::Path;
use std::process::Command;

use shakedown::Result;
use shakedown::lens::flame::{FlameGraph, Stacks, Unit};

/// Whether a headless Chromium starts.
pub(crate) fn chromium_here() -> Result<(), String> {
    Command::new("chromium")
        .arg("--version")
        .output()
        .map(drop)
        .map_err(|error| format!("`chromium` does not start: {error} (Debian: chromium)"))
}

/// The page's document after its scripts have run, in a window of that width.
pub(crate) fn shown(page: &Path, width: u32) -> Result<String> {
    let home = tempfile::tempdir()?;
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", home.path().display()))
        .arg(format!("--window-size={width},900"))
        .arg(format!("file://{}", page.display()))
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn bars_are_drawn_named_and_reachable_at_both_widths() -> Result {
    let home = tempfile::tempdir()?;
    let page = home.path().join("page.html");
    let stacks = Stacks::parse("main;demo::work 60\nmain;[awaiting] 39\nmain;demo::little 1\n")?;
    let graph = FlameGraph::new("demo").view("wall time", Unit::Samples, stacks);
    // The document says how wide it turned out.
    let measure = "<script>document.body.dataset.over = document.documentElement.scrollWidth - innerWidth;</script></body>";
    std::fs::write(&page, graph.html().replace("</body>", measure))?;
    for width in [400, 1_400] {
        let dom = shown(&page, width)?;
        let (_, drawn) = dom.split_once("id=\"graph\"").expect("the graph's element");
        assert_eq!(
            drawn.matches("role=\"treeitem\"").count(),
            5,
            "at {width}: {drawn}"
        );
        assert_eq!(
            drawn.matches("tabindex=\"0\"").count(),
            2,
            "one bar, and the table"
        );
        assert!(
            drawn.contains("aria-label=\"demo::work, 60 samples, 60.0%\""),
            "{drawn}"
        );
        let over = dom.split_once("data-over=\"").expect("the width").1;
        let over: i32 = over.split('"').next().unwrap_or_default().parse()?;
        assert!(over <= 0, "{over} pixels too wide at {width}");
    }
    Ok(())
}
