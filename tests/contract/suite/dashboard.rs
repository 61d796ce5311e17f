//! Users and deckies.

use decnet::model::{Decky, User};
use shakedown::Result;

use super::World;

fn user(username: &str, password_hash: &str) -> User {
    User {
        username: username.to_owned(),
        password_hash: password_hash.to_owned(),
        must_change_password: true,
    }
}

fn decky(name: &str, ip: &str) -> Decky {
    Decky {
        name: name.to_owned(),
        ip: ip.to_owned(),
        hostname: format!("{name}.example"),
        services: vec!["ssh".to_owned(), "it's \"quoted\"\n".to_owned()],
    }
}

pub(crate) async fn names_are_exact_to_the_byte(world: &World) -> Result {
    // What a collation that ignores spaces, case or accents takes for one name.
    let names = [
        "admin", "Admin", "admin ", " admin", "ädmin", "ａdmin", "admin\0", "",
    ];
    for name in names {
        world
            .repository
            .save_user(user(name, &format!("of {name:?}")))
            .await?;
    }
    for name in names {
        let found = world.repository.user(name.to_owned()).await?;
        assert_eq!(found, Some(user(name, &format!("of {name:?}"))));
    }
    assert_eq!(world.repository.user("ADMIN".to_owned()).await?, None);
    let mut deckies: Vec<Decky> = names.iter().map(|name| decky(name, "127.0.0.1")).collect();
    world.repository.deploy(deckies.clone()).await?;
    deckies.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(world.repository.deckies().await?, deckies);
    Ok(())
}

pub(crate) async fn deploying_replaces_the_deckies(world: &World) -> Result {
    let first = vec![decky("a", "127.0.0.2"), decky("b", "127.0.0.3")];
    world.repository.deploy(first.clone()).await?;
    assert_eq!(world.repository.deckies().await?, first);
    assert_eq!(world.repository.statistics().await?.deployed_deckies, 2);
    let second = vec![decky("b", "127.0.0.4")];
    world.repository.deploy(second.clone()).await?;
    assert_eq!(world.repository.deckies().await?, second);
    // The last of one name counts.
    let doubled = vec![decky("c", "127.0.0.5"), decky("c", "127.0.0.6")];
    world.repository.deploy(doubled.clone()).await?;
    assert_eq!(world.repository.deckies().await?, doubled[1..]);
    world.repository.deploy(Vec::new()).await?;
    assert_eq!(world.repository.statistics().await?.deployed_deckies, 0);
    Ok(())
}

pub(crate) async fn a_saved_user_replaces_one_of_the_same_name(world: &World) -> Result {
    world.repository.save_user(user("admin", "first")).await?;
    let second = User {
        must_change_password: false,
        ..user("admin", "second")
    };
    world.repository.save_user(second.clone()).await?;
    let reopened = world.reopened().await?;
    assert_eq!(reopened.user("admin".to_owned()).await?, Some(second));
    reopened.close().await;
    Ok(())
}
