//! Names of tiers in settings.

use serde::{Deserialize, Deserializer};

use crate::inspect::model::tier_named;

/// A list of tiers; a name that no tier has would never apply, so it is an error.
pub(super) fn tiers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    for name in &names {
        if name != "fast" && tier_named(name).is_none() {
            let known = crate::inspect::model::TIERS.join(", ");
            let message = format!("no tier `{name}`; there are fast, {known}");
            return Err(serde::de::Error::custom(message));
        }
    }
    Ok(names)
}
