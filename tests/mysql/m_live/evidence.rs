//! What stays of a database and its server, by how the test ended.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use shakedown::db::mysql::{Database, MySqlServer};
use shakedown::fixtures::poll;
use shakedown::process::{Process, Ready};

use crate::rerun::{again, as_nextest, part};

/// A temporary directory with a short name, which a socket's path needs, and
/// with the initialised data directory of the real one.
struct Tmp(PathBuf);

impl Tmp {
    fn new() -> Self {
        let real = std::env::temp_dir();
        let tmp = real.join(format!("sd-{}", std::process::id()));
        // SAFETY: the call has no preconditions.
        let home = format!("shakedown-{}", unsafe { libc::geteuid() });
        let templates = real.join(&home).join("templates");
        drop(MySqlServer::shared().unwrap()); // initialises it
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(tmp.join(&home)).unwrap();
        std::os::unix::fs::symlink(templates, tmp.join(&home).join("templates")).unwrap();
        Self(tmp)
    }

    /// The directories of servers in it.
    fn servers(&self) -> Vec<PathBuf> {
        let home = fs::read_dir(&self.0).unwrap().next().unwrap().unwrap();
        let entries = fs::read_dir(home.path().join("mariadb")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Tmp {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs the test `name` again in `tmp`, with or without nextest.
fn run(name: &str, part: &str, tmp: &Tmp, nextest: bool) -> Output {
    let mut command = again(name, part);
    command.env("TMPDIR", &tmp.0);
    if nextest {
        as_nextest(&mut command, name);
    }
    command.output().unwrap()
}

/// Makes a database with a row, and says which process serves it.
#[expect(
    clippy::print_stdout,
    reason = "read by the process that started this one"
)]
fn database() -> Database {
    let server = MySqlServer::shared().unwrap();
    let database = Database::create(&server).unwrap();
    database
        .execute("CREATE TABLE evidence (text TEXT); INSERT INTO evidence VALUES ('here')")
        .unwrap();
    println!("\nserver {} {}", server.pid().unwrap(), database.name());
    database
}

/// The directory in `/proc` of the server, and the name of the database.
fn told(output: &str) -> (PathBuf, String) {
    let line = output.lines().find_map(|line| line.strip_prefix("server "));
    let (pid, name) = line.unwrap().split_once(' ').unwrap();
    (Path::new("/proc").join(pid), name.to_owned())
}

fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(&[out.as_slice(), err].concat()).into_owned()
}

#[test]
fn nothing_stays_of_a_test_that_passes() {
    const NAME: &str = "m_live::evidence::nothing_stays_of_a_test_that_passes";
    if part(NAME).is_some() {
        drop(database());
        return;
    }
    let tmp = Tmp::new();
    for nextest in [false, true] {
        let output = run(NAME, "pass", &tmp, nextest);
        let text = text(&output);
        assert!(output.status.success(), "{text}");
        assert!(!told(&text).0.exists(), "{text}");
        assert_eq!(
            tmp.servers(),
            [] as [PathBuf; 0],
            "nextest: {nextest}\n{text}"
        );
    }
}

#[test]
fn the_database_of_a_failed_test_stays_and_opens_as_printed() -> Result<(), String> {
    const NAME: &str = "m_live::evidence::the_database_of_a_failed_test_stays_and_opens_as_printed";
    match part(NAME).as_deref() {
        None => {}
        Some("panic") => {
            let _database = database();
            panic!("on purpose");
        }
        Some(_) => {
            // The value is dropped before the exit code tells.
            drop(database());
            return Err("on purpose".to_owned());
        }
    }
    let tmp = Tmp::new();
    for (part, nextest) in [("panic", false), ("panic", true), ("error", true)] {
        let output = run(NAME, part, &tmp, nextest);
        let text = text(&output);
        assert!(!output.status.success(), "{text}");
        let (process, name) = told(&text);
        assert!(!process.exists(), "{text}");
        assert!(
            text.contains(&format!("the database `{name}` is kept")),
            "{text}"
        );
        let mut commands = text
            .lines()
            .skip_while(|line| !line.contains("is kept; to look at it"))
            .skip(1);
        let server = commands.next().unwrap().trim().trim_end_matches('&');
        let client = commands.next().unwrap().trim();
        let _server = Process::builder("sh")
            .args(["-c", &format!("exec {server}")])
            .ready(Ready::line("ready for connections"))
            .start()
            .unwrap();
        let select = format!("{client} --batch -e 'SELECT text FROM evidence'");
        let found = Command::new("sh").args(["-c", &select]).output().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&found.stdout),
            "text\nhere\n",
            "{found:?}"
        );
    }
    assert_eq!(tmp.servers().len(), 3);
    Ok(())
}

#[test]
fn the_server_of_a_killed_test_is_gone_and_its_database_stays() {
    const NAME: &str =
        "m_live::evidence::the_server_of_a_killed_test_is_gone_and_its_database_stays";
    if part(NAME).is_some() {
        let _database = database();
        loop {
            std::thread::park();
        }
    }
    let tmp = Tmp::new();
    let mut command = again(NAME, "wait");
    let log = tmp.0.join("log");
    command
        .env("TMPDIR", &tmp.0)
        .stdout(fs::File::create(&log).unwrap());
    let mut child = command.spawn().unwrap();
    let (server, name) = poll::until(|| {
        let text = fs::read_to_string(&log).unwrap();
        text.contains("\nserver ").then(|| told(&text))
    });
    assert!(server.exists());
    child.kill().unwrap();
    child.wait().unwrap();
    poll::until(|| !server.exists());
    fs::remove_file(&log).unwrap();
    let servers = tmp.servers();
    assert_eq!(servers.len(), 1);
    assert!(servers[0].join("data").join(name).is_dir());
}
