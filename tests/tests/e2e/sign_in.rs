//! Signing in over the local cloud, as browsers do it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use tests::client::until;
use tests::dataset::households;
use tests::sign_in::{Login, Tokens, by_province, refresh, step};
use tests::{Answer, Failure, Outcome, Session, ensure};

use crate::scene::cloud;

/// A password nobody guesses.
const PASSWORD: &str = "correct horse battery";

fn code(secret: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "an authenticator app has a clock of its own")]
    let now = jiff::Timestamp::now().as_second();
    format!("{:06}", edge::totp::code_at(&domain::Pii::new(secret.to_owned()), now / 30))
}

#[tokio::test]
async fn b1_2_a_guardian_and_a_member_of_staff_come_in_stay_in_and_leave() -> Outcome<()> {
    let cloud = cloud().await?;
    let household = households()?.pop().ok_or_else(|| Failure("no household".to_owned()))?;
    for (login, grant) in [(household.login(), "guardian@children"), (Login::system_admin()?, "system_admin@platform")]
    {
        let first = by_province(&cloud, &login).await?;
        let session = Session::nobody(&cloud)?.with_token(&first.access_token);
        let me: Value = session.get("/me").await?.read(200)?;
        ensure(me["roles"][0]["grant"] == grant, || me.to_string())?;
        ensure(!me.to_string().contains(&login.phone) && !me.to_string().contains(&login.name), || me.to_string())?;
        let second: Tokens = refresh(&cloud, &first.refresh_token).await?.read(200)?;
        let end = Session::nobody(&cloud)?.request(Method::POST, "/session/end");
        let end = Answer::of(end.json(&json!({ "refresh_token": second.refresh_token }))).await?;
        ensure(end.status == 204, || end.body)?;
        let problem = refresh(&cloud, &second.refresh_token).await?.problem(401)?;
        ensure(problem.kind.ends_with("session/ended"), || problem.kind)?;
    }
    Ok(())
}

#[tokio::test]
async fn b1_2_staff_come_in_by_password_and_second_factor() -> Outcome<()> {
    let cloud = cloud().await?;
    let login = Login::holder("principal@school:2144200601")?;
    let session = Session::sign_in(&cloud, &login).await?;
    let set = session.request(Method::PUT, "/me/password").json(&json!({ "new_password": PASSWORD }));
    Answer::of(set).await?.read::<Value>(200)?;
    let credentials = json!({ "phone": login.phone, "password": PASSWORD });
    let first = step(&cloud, "/sign-in/password", &credentials).await?;
    let given = step(&cloud, "/sign-in/second-factor/set-up", &json!({ "ticket": first.ticket })).await?;
    let secret = given.secret.ok_or_else(|| Failure("no secret".to_owned()))?;
    let answer = json!({ "ticket": given.ticket, "code": code(&secret) });
    let inside = step(&cloud, "/sign-in/second-factor/confirm", &answer).await?;
    ensure(inside.next == "signed_in" && inside.session.is_some(), || inside.next)?;

    let again = step(&cloud, "/sign-in/password", &credentials).await?;
    ensure(again.next == "second_factor", || again.next.clone())?;
    // A code is good once: the next one comes within half a minute, or is that of the next step already.
    let tokens = until("a code that was not used", 180, async || {
        let answer = json!({ "ticket": again.ticket, "code": code(&secret) });
        let request = Session::nobody(&cloud)?.request(Method::POST, "/sign-in/second-factor").json(&answer);
        let answer = Answer::of(request).await?;
        if answer.status == 200 {
            return Ok(answer.read::<tests::sign_in::NextStep>(200)?.session);
        }
        ensure(matches!(answer.status, 401 | 429), || answer.body)?;
        tokio::time::sleep(std::time::Duration::from_secs(31)).await;
        Ok(None)
    })
    .await?;
    let me: Value = Session::nobody(&cloud)?.with_token(tokens.access_token).get("/me").await?.read(200)?;
    ensure(me["roles"][0]["title"] == "校长", || me.to_string())
}

#[tokio::test]
async fn k2_who_guesses_has_to_wait_and_a_forged_token_is_nobodys() -> Outcome<()> {
    let cloud = cloud().await?;
    let login = Login::holder("school_finance@school:2144200601")?;
    let session = Session::sign_in(&cloud, &login).await?;
    for (weak, slug) in [("short", "password/too-short"), ("password1234", "password/common")] {
        let set = session.request(Method::PUT, "/me/password").json(&json!({ "new_password": weak }));
        let refused = Answer::of(set).await?.problem(422)?;
        ensure(refused.kind.ends_with(slug), || refused.kind)?;
    }
    let set = session.request(Method::PUT, "/me/password").json(&json!({ "new_password": PASSWORD }));
    Answer::of(set).await?.read::<Value>(200)?;
    let guess = async |password: &str| {
        let credentials = json!({ "phone": login.phone, "password": password });
        Answer::of(Session::nobody(&cloud)?.request(Method::POST, "/sign-in/password").json(&credentials)).await
    };
    let mut statuses = Vec::new();
    for attempt in 0..8 {
        statuses.push(guess(&format!("wrong horse battery {attempt}")).await?.status);
    }
    ensure(statuses.first() == Some(&401) && statuses.last() == Some(&429), || format!("{statuses:?}"))?;
    let locked = guess(PASSWORD).await?;
    ensure(locked.status == 429 && locked.headers.contains_key("retry-after"), || locked.body.clone())?;

    let token = by_province(&cloud, &login).await?.access_token;
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, signature] = parts.as_slice() else { return Err(Failure("no token".to_owned())) };
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
    let last = if signature.starts_with('A') { "B" } else { "A" };
    let turned = format!("{last}{}", signature.get(1..).unwrap_or_default());
    for forged in [format!("{unsigned}.{body}."), format!("{head}.{body}.{turned}"), format!("{head}.{body}.")] {
        let nobody = Session::nobody(&cloud)?.with_token(forged);
        ensure(nobody.get("/me").await?.status == 401, || "a forged token came in".to_owned())?;
    }
    Session::nobody(&cloud)?.with_token(token).get("/me").await?.read::<Value>(200)?;
    Ok(())
}
