//! Files with errors, and files that somebody may not bring in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sheet::{Limits, REASON_HEADING};
use tests::seed::check;
use tests::sign_in::Login;
use tests::{Outcome, Session, ensure};

use crate::scene::cloud;

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c))
}

#[tokio::test]
async fn s3_a_file_with_errors_comes_back_with_the_reasons() -> Outcome<()> {
    let cloud = cloud().await?;
    let admin = Session::sign_in(&cloud, &Login::system_admin()?).await?;
    let checked = check(&admin, "students", "students-with-errors.xlsx").await?;
    ensure(checked.bad_rows >= 17, || format!("{} bad rows", checked.bad_rows))?;
    for error in &checked.errors {
        let told = error.row > 1 && is_chinese(&error.column) && is_chinese(&error.reason);
        ensure(told, || format!("row {} {}: {}", error.row, error.column, error.reason))?;
    }

    let path = format!("/imports/{}", checked.import_id);
    let refused = admin.post(&format!("{path}/apply"), "with-errors", &json!({})).await?.problem(409)?;
    ensure(refused.kind.ends_with("import/has-errors"), || refused.kind.clone())?;
    let kept: Value = admin.get(&path).await?.read(200)?;
    ensure(kept["state"] == "checked" && kept["applied"]["new"] == 0, || format!("after the refusal {kept}"))?;

    let returned: Value = admin.get(&format!("{path}/errors")).await?.read(200)?;
    let bytes = STANDARD.decode(returned["content_base64"].as_str().unwrap_or_default()).unwrap();
    let table = sheet::read(&bytes, &Limits::default()).unwrap();
    let (heading, rows) = table.split().unwrap();
    assert_eq!(heading.cell(0).to_string(), REASON_HEADING);
    let reasons = rows.iter().filter(|row| is_chinese(&row.cell(0).to_string())).count();
    assert_eq!(u32::try_from(reasons).unwrap(), checked.bad_rows, "one reason in each bad row, none in the others");
    Ok(())
}

#[tokio::test]
async fn a5_a_school_imports_only_what_is_its_own() -> Outcome<()> {
    let cloud = cloud().await?;
    let school = Session::sign_in(&cloud, &Login::school_admin("2144200601")?).await?;
    let content = STANDARD.encode(tests::dataset::file("organizations.xlsx")?);
    let body = json!({ "kind": "organizations", "file_name": "机构.xlsx", "content_base64": content });
    let refused = school.post("/imports", "organizations", &body).await?.problem(409)?;
    ensure(is_chinese(&refused.detail), || refused.detail.clone())?;

    let admin = Session::sign_in(&cloud, &Login::system_admin()?).await?;
    let of_platform = check(&admin, "schools", "schools.xlsx").await?;
    school.get(&format!("/imports/{}", of_platform.import_id)).await?.problem(404)?;
    Ok(())
}

#[tokio::test]
async fn a5_the_same_file_again_changes_nothing() -> Outcome<()> {
    let cloud = cloud().await?;
    let admin = Session::sign_in(&cloud, &Login::system_admin()?).await?;
    for kind in ["students", "offerings"] {
        let again = check(&admin, kind, &format!("{kind}.xlsx")).await?.expected;
        ensure((again.new, again.changed) == (0, 0), || format!("{kind} again: {again:?}"))?;
    }
    Ok(())
}
