//! The login page of the province's platform (登录页): whom one signs in as, and the way back.

use axum::extract::{Form, RawQuery, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use simulator::people::STAFF;
use simulator::province::{Account, PREFIX, asked};

use crate::keep::{Keeper, now};
use crate::page::{escaped, page};

/// Our own style and our own form, which sends the browser on to another port of this machine.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self' http://127.0.0.1:*; \
                              base-uri 'none'; frame-ancestors 'none'";

/// Accounts that must not get in, by what is the matter with them.
const ODD: [(&str, &str); 4] =
    [("unreal", "未实名"), ("level-1", "L1 级别"), ("legal", "法人"), ("no-phone", "未绑手机")];

/// What the form sends: a phone and a name, or one of [`ODD`].
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(crate) struct Pressed {
    phone: String,
    name: String,
    kind: String,
}

/// The page.
pub(crate) async fn show(RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    match asked(&query) {
        Ok(_) => html(form(&query)),
        Err(parameter) => (StatusCode::BAD_REQUEST, html(refusal(parameter))).into_response(),
    }
}

/// Somebody presses 登录.
pub(crate) async fn press(
    State(keeper): State<Keeper>,
    RawQuery(query): RawQuery,
    Form(pressed): Form<Pressed>,
) -> Response {
    let query = query.unwrap_or_default();
    match keeper.province(|province| province.sign_in(&query, pressed.account(), now())) {
        Ok(back) => Redirect::to(&back).into_response(),
        Err(parameter) => (StatusCode::BAD_REQUEST, html(refusal(parameter))).into_response(),
    }
}

/// Where a browser comes back to that has no page of the platform's own yet: it shows what to finish the sign-in with.
pub(crate) async fn back(RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let shown: Vec<String> = query.split('&').map(|pair| format!("<li><code>{}</code></li>", escaped(pair))).collect();
    html(page(
        "登录返回",
        "narrow",
        &format!(
            "<h1>登录返回</h1><section class=\"card\"><p>请用下列参数,连同开始登录时取得的 binding,调用 \
             <code>POST /sign-in/province/finish</code> 完成登录:</p><ul>{}</ul></section>",
            shown.concat()
        ),
    ))
}

impl Pressed {
    fn account(&self) -> Account {
        // A radio button carries both: `19800000001 示例系统员`.
        let (phone, name) = self.phone.split_once(' ').unwrap_or((&self.phone, &self.name));
        let person = Account::person(if name.is_empty() { "示例用户" } else { name }, phone);
        match self.kind.as_str() {
            "unreal" => Account { real: false, ..person },
            "level-1" => Account { level: 1, ..person },
            "legal" => Account { legal: true, ..person },
            "no-phone" => Account { phone: String::new(), ..person },
            _ => person,
        }
    }
}

fn form(query: &str) -> String {
    let staff = STAFF.map(|staff| {
        format!(
            "<label><input type=\"radio\" name=\"phone\" value=\"{0} {1}\" required>{1}({2},{0})</label>",
            staff.phone, staff.name, staff.title
        )
    });
    let odd = ODD.map(|(kind, title)| format!("<option value=\"{kind}\">{title}</option>"));
    let action = format!("{PREFIX}/authorize?{}", escaped(query));
    let content = format!(
        "<h1>统一身份认证模拟</h1><p class=\"soft\">本机演示用,人员与号码均为虚构</p>\
         <h2>工作人员</h2><section class=\"card\"><form method=\"post\" action=\"{action}\">\
         <div class=\"switches\">{}</div><button>登录</button></form></section>\
         <h2>家长或其他人</h2><section class=\"card\"><form method=\"post\" action=\"{action}\">\
         <label>手机号 <input name=\"phone\" inputmode=\"numeric\" pattern=\"1[3-9][0-9]{{9}}\" required></label>\
         <label>姓名 <input name=\"name\" value=\"示例用户\"></label>\
         <label>账号情况 <select name=\"kind\"><option value=\"\">实名 L2</option>{}</select></label>\
         <button>登录</button></form></section>",
        staff.concat(),
        odd.concat()
    );
    page("统一身份认证模拟", "narrow", &content)
}

fn refusal(parameter: &str) -> String {
    page(
        "统一身份认证模拟",
        "narrow",
        &format!(
            "<h1>统一身份认证模拟</h1><section class=\"card\"><p class=\"state bad\">参数 {parameter} 不正确</p></section>"
        ),
    )
}

fn html(page: String) -> Response {
    let mut response = Html(page).into_response();
    let headers = response.headers_mut();
    headers.insert("Content-Security-Policy", HeaderValue::from_static(CONTENT_POLICY));
    headers.insert("Cache-Control", HeaderValue::from_static("no-store"));
    // The address of this page carries the state.
    headers.insert("Referrer-Policy", HeaderValue::from_static("no-referrer"));
    response
}
