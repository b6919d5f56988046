//! Telemetry (运行记录): one JSON line for each event, and metrics in the embedded format. No personal data.

use tracing_subscriber::EnvFilter;

/// Sends events to standard output as JSON, at the level of `RUST_LOG` (`info` without it).
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_unset| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_env_filter(filter);
    if lines.without_time().try_init().is_err() {
        tracing::debug!("events are collected already");
    }
}

/// Records a metric in the embedded metric format, in the namespace of the platform.
pub fn metric(name: &'static str, value: i64, now: domain::Moment) {
    let line = serde_json::json!({
        "_aws": {
            "Timestamp": now.seconds().saturating_mul(1000),
            "CloudWatchMetrics": [{"Namespace": "AfterSchool", "Dimensions": [[]], "Metrics": [{"Name": name}]}],
        },
        name: value,
    });
    #[expect(clippy::print_stdout, reason = "the embedded metric format is a line of standard output")]
    {
        println!("{line}");
    }
}
