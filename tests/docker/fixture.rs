//! The container fixture, on decnet's image.

use std::time::Duration;

use shakedown::container::{Container, ContainerError, ContainerHandle, Network, Ready, Volume};
use shakedown::fixtures::poll;
use shakedown::session::Host;
use shakedown::{Failure, Result};

use crate::image::{Api, DECNET, PORT, decnet, docker};
use crate::nested::Nested;

/// One for all tests of a run.
async fn start_shared(host: &mut Host) -> Result<ContainerHandle> {
    Ok(decnet().name("shared").start_for(host).await?)
}
shakedown::session!(SHARED: ContainerHandle = async start_shared);

#[tokio::test]
async fn ports_are_published_on_loopback_and_no_others() -> Result {
    let container = decnet().start().await?;
    let address = container.address(PORT)?;
    assert!(address.ip().is_loopback(), "{address}");
    let published = docker(&["port", container.name()])?;
    assert_eq!(published, format!("{PORT}/tcp -> {address}"));
    let error = container.address(9).unwrap_err().to_string();
    assert!(
        error.ends_with("has no port 9: give it to the builder with `.port(9)`"),
        "{error}"
    );

    let closed = Container::builder(DECNET).arg("services").start().await?;
    assert_eq!(docker(&["port", closed.name()])?, "");
    Ok(())
}

#[tokio::test]
async fn a_missing_image_is_named_and_nothing_is_pulled() -> Result {
    let Err(error) = Container::builder("nobody/nothing:1").start().await else {
        return Err(Failure::new("it started"));
    };
    assert_eq!(
        error.to_string(),
        "no image `nobody/nothing:1` on this machine: build it, or get it with `docker pull nobody/nothing:1`"
    );
    let unmet = shakedown::container::image("nobody/nothing:1").unwrap_err();
    assert_eq!(unmet, error.to_string());
    assert_eq!(shakedown::container::image(DECNET), Ok(()));
    Ok(())
}

#[tokio::test]
async fn what_is_not_ready_in_time_is_told_with_its_log_and_removed() -> Result {
    let builder = decnet()
        .name("never-ready")
        .ready(Ready::log("words that nobody writes"))
        .ready_timeout(Duration::from_secs(2));
    let Err(error) = builder.start().await else {
        return Err(Failure::new("it is ready"));
    };
    assert!(matches!(error, ContainerError::NotReady { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("was not ready within 2s: it wrote `words that"),
        "{text}"
    );
    assert!(
        text.contains("\n| decnet: listening on http://0.0.0.0:8000"),
        "{text}"
    );
    let left = docker(&["ps", "--all", "--quiet", "--filter", "name=never-ready"])?;
    assert_eq!(left, "");
    Ok(())
}

#[tokio::test]
async fn a_start_that_the_engine_refuses_leaves_nothing() -> Result {
    let builder = decnet().name("refused").customize(|request| {
        use shakedown::container::testcontainers::ImageExt as _;
        request.with_working_dir("relative/and/refused")
    });
    let Err(error) = builder.start().await else {
        return Err(Failure::new("it started"));
    };
    let text = format!("{error:?}");
    assert!(
        text.starts_with("cannot start a container of `shakedown/decnet:local`"),
        "{text}"
    );
    assert!(text.contains("relative/and/refused"), "{text}");
    let left = docker(&["ps", "--all", "--quiet", "--filter", "name=refused"])?;
    assert_eq!(left, "");
    Ok(())
}

#[tokio::test]
async fn what_is_dropped_is_removed() -> Result {
    let names = {
        let network = Network::create("dropped").await?;
        let volume = Volume::create("dropped").await?;
        let container = decnet()
            .network(&network)
            .volume(&volume, "/data")
            .start()
            .await?;
        Api::of(&container).await?;
        [
            ("container", container.name().to_owned()),
            ("network", network.name().to_owned()),
            ("volume", volume.name().to_owned()),
        ]
    };
    for (kind, name) in names {
        let error = docker(&[kind, "inspect", &name]).unwrap_err().to_string();
        let gone = ["No such container", "no such volume", "not found"];
        assert!(gone.iter().any(|words| error.contains(words)), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_container_starts_again_with_its_files() -> Result {
    let container = decnet().ready(Ready::log("listening on")).start().await?;
    let api = Api::of(&container).await?;
    let id = api.post("before").await;
    container.signal("TERM")?;
    assert_eq!(container.wait(Duration::from_secs(10)).await?, Some(0));
    assert!(!container.is_running()?);
    container.start_again().await?;
    let again = Api::of(&container).await?;
    assert_eq!(again.lines("before").await?["before"], [id.unwrap()]);
    Ok(())
}

// Three processes under nextest, one container: a test of a test, below.
macro_rules! sees_the_shared_container {
    ($($name:ident)*) => {$(
        #[tokio::test]
        async fn $name() -> Result {
            let shared = SHARED.get();
            let url = format!("http://{}/healthz", shared.address(PORT)?);
            assert!(reqwest::get(url).await?.status().is_success());
            crate::nested::note("seen", shared.name());
            Ok(())
        }
    )*};
}
sees_the_shared_container!(sees_shared_one sees_shared_two sees_shared_three);

#[test]
fn the_processes_of_a_run_share_one_container_which_goes_with_the_run() -> Result {
    let run = Nested::new("test(/^fixture::sees_shared_/)")?;
    let finished = run.finish()?;
    assert!(finished.status.success(), "{}", finished.text);
    assert!(finished.text.contains("3 passed"), "{}", finished.text);
    let mut seen = run.notes("seen");
    assert_eq!(seen.len(), 3, "{}", finished.text);
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    poll::until(|| docker(&["container", "inspect", &seen[0]]).is_err());
    Ok(())
}

#[tokio::test]
async fn fails_while_it_holds_a_container() -> Result {
    if !crate::nested::is() {
        return Ok(()); // its failure is looked at below
    }
    let container = decnet().start().await?;
    let shared = SHARED.get();
    crate::nested::note("held", container.name());
    assert_eq!(container.name(), shared.name(), "two containers, two names");
    Ok(())
}

#[test]
fn a_failing_test_shows_the_logs_of_its_containers() -> Result {
    let run = Nested::new("test(=fixture::fails_while_it_holds_a_container)")?;
    let finished = run.finish()?;
    assert!(!finished.status.success(), "{}", finished.text);
    let held = run.notes("held");
    let own = format!("the container `{}` of `{DECNET}` was in use\n", held[0]);
    assert!(finished.text.contains(&own), "{}", finished.text);
    assert!(
        finished
            .text
            .contains("session resource `SHARED` was in use"),
        "{}",
        finished.text
    );
    let said = finished
        .text
        .matches("| decnet: listening on http://0.0.0.0:8000")
        .count();
    assert!(said >= 2, "{}", finished.text);
    Ok(())
}
