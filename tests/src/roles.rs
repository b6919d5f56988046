//! Every role comes in (各角色登录): one person of each, by the province's platform, with what the platform knows of them.

use std::collections::BTreeSet;

use serde_json::Value;
use simulator::people::STAFF;

use crate::address::Cloud;
use crate::client::Session;
use crate::failure::{Failure, Outcome, ensure};
use crate::family;
use crate::sign_in::Login;
use crate::tell::{line, step};

/// Signs in one person of each role, and tells by which phone and name.
pub async fn roles(cloud: &Cloud) -> Outcome<()> {
    step("各角色登录:省统一身份认证平台(模拟),手机号与姓名");
    let mut met = BTreeSet::new();
    for staff in STAFF {
        let role = staff.grant.split('@').next().unwrap_or_default();
        if met.insert(role) {
            come_in(cloud, &Login::staff(&staff), staff.grant).await?;
        }
    }
    let household = family::suitable()?.into_iter().next().ok_or_else(|| Failure("no household".to_owned()))?;
    come_in(cloud, &household.login(), "guardian@children").await?;
    met.insert("guardian");
    let all: BTreeSet<String> = domain::access::built_in().iter().map(|role| role.id.to_string()).collect();
    ensure(met.iter().copied().eq(all.iter().map(String::as_str)), || format!("roles met: {met:?}, of {all:?}"))
}

async fn come_in(cloud: &Cloud, login: &Login, grant: &str) -> Outcome<()> {
    let me: Value = Session::sign_in(cloud, login).await?.get("/me").await?.read(200)?;
    let roles = me.get("roles").and_then(Value::as_array).into_iter().flatten();
    let text = |role: &Value, name: &str| role.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let title = roles.filter(|role| text(role, "grant").as_deref() == Some(grant)).find_map(|role| text(role, "title"));
    let title = title.ok_or_else(|| Failure(format!("{} is not {grant}: {me}", login.phone)))?;
    line(format!("{title}  {}  {}  {grant}", login.phone, login.name));
    Ok(())
}
