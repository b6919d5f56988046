//! When the city takes records, and whether it does now (上报时段、上报闸门). B6.1 D5.1, promise P8.

use axum::extract::State;
use domain::access::may;
use domain::supervision::gate::{Gate, Window};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::{Commit, Versioned};
use utoipa::ToSchema;

/// The gate.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GateView {
    /// Whether the city takes records now.
    pub open: bool,
    /// From when on it takes them again.
    #[schema(format = DateTime)]
    pub opens_at: String,
    /// Failures in a row.
    pub failures: u32,
    /// Until when it is left alone after a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub shut_until: Option<String>,
    /// When it takes records each day; none: at any time.
    pub windows: Vec<WindowView>,
}

/// A stretch of each day.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowView {
    /// The first minute after midnight.
    #[schema(example = 1320)]
    pub from_minute: u16,
    /// The first minute no longer; at most 1440. A night is two windows.
    #[schema(example = 1440)]
    pub until_minute: u16,
}

/// The windows as they shall be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Windows {
    /// At most eight; none: at any time.
    pub windows: Vec<WindowView>,
}

fn shown(app: &App, gate: &Gate) -> GateView {
    let Gate { windows, shut_until, failures } = gate;
    let window = |window: &Window| WindowView { from_minute: window.from_minute, until_minute: window.until_minute };
    GateView {
        open: gate.is_open(app.now()),
        opens_at: gate.opens_at(app.now()).to_string(),
        failures: *failures,
        shut_until: shut_until.map(|until| until.to_string()),
        windows: windows.iter().map(window).collect(),
    }
}

/// 上报闸门与上报时段
#[utoipa::path(
    get, path = "/supervision/gate", operation_id = "show_gate", tag = "数据上报",
    responses(
        (status = 200, description = "现行上报时段与当前是否可上报", body = GateView),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_gate(State(app): State<App>, caller: Caller) -> Outcome<Answer<GateView>> {
    let granted = caller.ask::<may::ViewReports>(&app).await?;
    if !granted.everywhere() {
        return Err(AccessError::NotFound.into());
    }
    let gate = app.store().gate().await?;
    Ok(Answer::ok(shown(&app, &gate.value)).at_version(gate.ver))
}

/// 设定上报时段
///
/// For all schools alike: the city says when it takes records. What waits is told once it opens.
#[utoipa::path(
    put, path = "/supervision/gate", operation_id = "edit_gate", tag = "数据上报",
    params(("If-Match" = String, Header, description = "读取时的版本;首次设定为 0")),
    request_body = Windows,
    responses(
        (status = 200, description = "已生效", body = GateView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "上报时段不能这样设定", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_gate(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    sent: Sent<Windows>,
) -> Outcome<Answer<GateView>> {
    let granted = caller.ask::<may::HandleReports>(&app).await?;
    if !granted.everywhere() {
        return Err(AccessError::NotFound.into());
    }
    let mut gate: Versioned<Gate> = app.store().gate().await?;
    version.check(gate.ver)?;
    let window = |view: WindowView| Window { from_minute: view.from_minute, until_minute: view.until_minute };
    gate.value.keep_windows(sent.value.windows.into_iter().map(window).collect())?;
    let mut commit = Commit::new(caller.actor(&granted), "supervision.edit_gate", app.now());
    commit.decide_gate(&gate)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(shown(&app, &gate.value)).at_version(gate.ver.saturating_add(1)))
}
