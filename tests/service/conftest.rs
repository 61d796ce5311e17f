//! The environment that every test of decnet runs in, whatever the shell exports.

shakedown::conftest! {
    env: {
        "DECNET_DEVELOPER": "true",
        "DECNET_DEVELOPER_TRACING": "false",
        "DECNET_DB_TYPE": "sqlite",
    },
    scrub: ["DECNET_*"],
}
