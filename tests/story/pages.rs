//! The page and the plots: self-contained, well-formed, reachable, unchanged.

use std::collections::BTreeSet;
use std::fs;

use shakedown::story::{Document, StoryConfig, Tale, document, html, publish};

use crate::archives::archive;

fn told(name: &str) -> Document {
    let archive = archive(name);
    document(&Tale::new(&archive, &StoryConfig::default()))
}

#[test]
fn drawings_are_what_they_were() {
    let names = told("names");
    let records = told("records");
    let of = |document: &Document, slug: &str| {
        let plot = document.plots().find(|plot| plot.slug == slug);
        plot.unwrap_or_else(|| panic!("no plot `{slug}`")).clone()
    };
    for (kind, slug) in [
        ("names", "delta-01"),
        ("names", "percentiles"),
        ("names", "time-01"),
        ("records", "delta-01"),
        ("records", "scaling-01"),
    ] {
        let document = if kind == "names" { &names } else { &records };
        let plot = of(document, slug);
        insta::assert_snapshot!(format!("{kind}_{slug}"), plot.narrow);
    }
}

#[test]
fn every_drawing_is_well_formed_and_stays_inside_its_frame() {
    for document in [told("names"), told("records")] {
        for plot in document.plots() {
            for drawing in [&plot.wide, &plot.narrow, &plot.file()] {
                let parsed = roxmltree::Document::parse(drawing).unwrap();
                let root = parsed.root_element();
                let size: Vec<f64> = root
                    .attribute("viewBox")
                    .unwrap()
                    .split(' ')
                    .map(|number| number.parse().unwrap())
                    .collect();
                for node in parsed.descendants() {
                    for (name, limit) in [
                        ("x", size[2]),
                        ("x1", size[2]),
                        ("x2", size[2]),
                        ("cx", size[2]),
                        ("y", size[3]),
                        ("y1", size[3]),
                        ("y2", size[3]),
                        ("cy", size[3]),
                    ] {
                        if let Some(value) = node.attribute(name) {
                            let value: f64 = value.parse().unwrap();
                            assert!(
                                (0.0..=limit).contains(&value),
                                "{}: {name}={value}",
                                plot.slug
                            );
                        }
                    }
                }
                assert!(
                    !drawing.contains("NaN") && !drawing.contains("inf"),
                    "{}",
                    plot.slug
                );
            }
        }
    }
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let page = html(&told("records"));
    let addresses = page.replace("http://www.w3.org/2000/svg", "");
    for outside in [
        "http://", "https://", "src=", "@import", "url(", "<link", "<iframe",
    ] {
        assert!(!addresses.contains(outside), "{outside}");
    }
}

#[test]
fn the_page_names_each_element_once_and_its_links_lead_somewhere() {
    let page = html(&told("names"));
    let mut ids = BTreeSet::new();
    for part in page.split(" id=\"").skip(1) {
        let id = part.split('"').next().unwrap();
        assert!(ids.insert(id.to_owned()), "`{id}` twice");
    }
    for part in page.split("href=\"#").skip(1) {
        let target = part.split('"').next().unwrap();
        assert!(ids.contains(target), "`#{target}` leads nowhere");
    }
}

#[test]
fn tables_are_named_sortable_and_reachable_by_keyboard() {
    let page = html(&told("names"));
    let count = |text: &str| page.matches(text).count();
    let tables = count("<table>");
    assert!(tables >= 4);
    assert_eq!(count("<caption>"), tables);
    assert_eq!(count("role=\"region\" tabindex=\"0\" aria-label="), tables);
    assert_eq!(
        count("<th scope=\"col\""),
        count("<button type=\"button\">")
    );
    assert!(count("data-sort=") > 20, "figures are sorted as numbers");
}

#[test]
fn hostile_names_stay_text() {
    let directory = tempfile::tempdir().unwrap();
    let table = "Type\tName\t# Requests\t# Fails\tMedian (ms)\t95%ile (ms)\tAverage (ms)\tCurrent RPS\n\
                 GET\t</script><script>alert(1)</script>\t5\t0\t1\t2\t3\t4\n\
                 \tAggregated\t5\t0\t1\t2\t3\t4\n";
    for name in [
        "profile_5_<img src=x>_&_aaaaaa1.csv",
        "profile_5_`|`_aaaaaa1.csv",
    ] {
        fs::write(directory.path().join(name), table).unwrap();
    }
    let config = StoryConfig::default();
    let archive = shakedown::story::Archive::read(directory.path(), &config).unwrap();
    assert_eq!(archive.profiles.len(), 2);
    let document = document(&Tale::new(&archive, &config));
    let page = html(&document);
    assert!(!page.contains("<img") && !page.contains("<script>alert"));
    for plot in document.plots() {
        roxmltree::Document::parse(&plot.file()).unwrap();
    }
}

#[test]
fn publishing_writes_all_files_and_removes_only_drawings_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("docs/Story.md");
    let plots = directory.path().join("docs/Story-plots");
    fs::create_dir_all(&plots).unwrap();
    for old in ["delta-99.svg", "flame-07.svg"] {
        fs::write(plots.join(old), "old").unwrap();
    }
    fs::write(plots.join("logo.svg"), "somebody's").unwrap();
    let document = told("names");
    let published = publish(&document, &path).unwrap();
    assert_eq!(published.plots.len(), document.plots().count());
    assert!(!plots.join("delta-99.svg").exists() && !plots.join("flame-07.svg").exists());
    assert!(plots.join("logo.svg").exists());
    let text = fs::read_to_string(&published.markdown).unwrap();
    for part in text.split("](").skip(1) {
        let target = part.split(')').next().unwrap();
        assert!(
            directory.path().join("docs").join(target).exists(),
            "{target}"
        );
    }
    let left: Vec<_> = fs::read_dir(directory.path().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert_eq!(left, [""; 0], "no temporary file is left");
    let before = fs::read(&published.html).unwrap();
    publish(&document, &path).unwrap();
    assert_eq!(fs::read(&published.html).unwrap(), before);
}
