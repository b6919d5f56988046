//! By password and second factor.

use std::time::Duration;

use domain::credential::{Credential, SecondFactor};
use domain::{Moment, Pii};
use edge::password::hash_password;
use edge::totp::code_at;
use serde_json::{Value, json};
use store::Versioned;
use testkit::stage::Answered;
use testkit::{Faults, Outcome, simulate};

use crate::ground::{Ground, SCHOOL_ADMIN, Tokens};

const PASSWORD: &str = "correct horse battery";
const OTHER: &str = "another horse battery";
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn code(now: Moment, secret: &str) -> String {
    format!("{:06}", code_at(&Pii::new(secret.to_owned()), now.seconds() / 30))
}

async fn password(ground: &Ground, phone: &str, password: &str) -> Answered {
    ground.post("/sign-in/password", &json!({"phone": phone, "password": password})).await
}

fn ticket(answered: &Answered) -> String {
    assert_eq!(answered.status, 200, "{}", answered.text);
    answered.json()["ticket"].as_str().expect("a ticket").to_owned()
}

async fn answer(ground: &Ground, path: &str, ticket: &str, code: &str) -> Answered {
    ground.post(path, &json!({"ticket": ticket, "code": code})).await
}

/// An account with a password, and a second factor if it has been set up.
async fn staff(ground: &Ground, must_change: bool, second_factor: bool) {
    ground.tokens_of(SCHOOL_ADMIN).await;
    let (person, app) = (ground.person(SCHOOL_ADMIN.1).await, ground.stage.app());
    let hash = hash_password(&app, PASSWORD).unwrap();
    let mut credential = Credential::first(person, hash, must_change, ground.stage.now());
    credential.second_factor = second_factor.then(|| SecondFactor { secret: Pii::new(SECRET.to_owned()) });
    ground.save_credential(&Versioned::absent(credential)).await;
}

#[test]
fn b1_2_staff_set_a_password_and_a_second_factor_and_come_in_by_them() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        let tokens = ground.tokens_of(SCHOOL_ADMIN).await;
        for (new, slug) in [("short", "password/too-short"), ("password1234", "password/common")] {
            let body = json!({"new_password": new});
            assert_eq!(ground.as_person("PUT", "/me/password", &tokens.access, Some(&body)).await.slug(), slug);
        }
        let body = json!({"new_password": PASSWORD});
        let set = ground.as_person("PUT", "/me/password", &tokens.access, Some(&body)).await;
        assert_eq!((set.status.as_u16(), set.json()), (200, json!({"second_factor_pending": true})));

        let first = password(&ground, SCHOOL_ADMIN.1, PASSWORD).await;
        assert_eq!(first.json()["next"], "set_up_second_factor");
        let given = ground.post("/sign-in/second-factor/set-up", &json!({"ticket": ticket(&first)})).await;
        let secret = given.json()["secret"].as_str().expect("a secret").to_owned();
        assert!(given.json()["otpauth_uri"].as_str().unwrap().contains(&secret));
        let confirm = "/sign-in/second-factor/confirm";
        let wrong = answer(&ground, confirm, &ticket(&given), "000000").await;
        assert_eq!((wrong.status.as_u16(), wrong.slug().as_str()), (401, "sign-in/wrong-code"));
        let now = code(ground.stage.now(), &secret);
        let confirmed = answer(&ground, confirm, &ticket(&given), &now).await;
        assert_eq!(confirmed.json()["next"], "signed_in", "{}", confirmed.text);
        let access = Tokens::of(&confirmed.json()["session"]).access;
        assert_eq!(ground.context(&access).await["grants"], "school_admin@school:2144200601");

        // The code that confirmed is used up; the next one lets in.
        let again = password(&ground, SCHOOL_ADMIN.1, PASSWORD).await;
        assert_eq!(again.json()["next"], "second_factor");
        let path = "/sign-in/second-factor";
        assert_eq!(answer(&ground, path, &ticket(&again), &now).await.slug(), "sign-in/wrong-code");
        world.advance(Duration::from_secs(30)).await;
        let next = code(ground.stage.now(), &secret);
        assert_eq!(answer(&ground, path, &ticket(&again), &next).await.json()["next"], "signed_in");
        assert_eq!(answer(&ground, path, &ticket(&again), &next).await.slug(), "sign-in/ticket-unknown");
        ground.log(&[PASSWORD, &secret, &now, &next]);
        assert_eq!((ground.told("second factor set up"), ground.told("password set")), (1, 1));
    });
}

#[test]
fn b1_2_a_password_somebody_else_knows_is_changed_before_one_comes_in() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        staff(&ground, true, true).await;
        let first = password(&ground, SCHOOL_ADMIN.1, PASSWORD).await;
        let now = code(ground.stage.now(), SECRET);
        let passed = answer(&ground, "/sign-in/second-factor", &ticket(&first), &now).await;
        assert_eq!((&passed.json()["next"], &passed.json()["session"]), (&json!("change_password"), &Value::Null));
        let change = async |new: &str| {
            let body = json!({"ticket": ticket(&passed), "new_password": new});
            ground.post("/sign-in/password/change", &body).await
        };
        assert_eq!(change(PASSWORD).await.slug(), "password/unchanged");
        assert_eq!(change("my phone is 19800000102").await.slug(), "password/personal");
        assert_eq!(change("我就是示例校管甲,没错的").await.slug(), "password/personal");
        let changed = change(OTHER).await;
        assert_eq!(changed.json()["next"], "signed_in", "{}", changed.text);
        assert_eq!(change(OTHER).await.slug(), "sign-in/ticket-unknown");
        assert_eq!(password(&ground, SCHOOL_ADMIN.1, PASSWORD).await.slug(), "sign-in/wrong-password");
        assert_eq!(password(&ground, SCHOOL_ADMIN.1, OTHER).await.status, 200);
        ground.log(&[PASSWORD, OTHER]);
    });
}

#[test]
fn k5_1_another_password_ends_the_sessions_of_the_old_one() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        staff(&ground, false, true).await;
        let first = password(&ground, SCHOOL_ADMIN.1, PASSWORD).await;
        let now = code(ground.stage.now(), SECRET);
        let inside = answer(&ground, "/sign-in/second-factor", &ticket(&first), &now).await;
        let tokens = Tokens::of(&inside.json()["session"]);
        let by_province = ground.tokens_of(SCHOOL_ADMIN).await;
        let set = async |current: Option<&str>| {
            let body = json!({"current_password": current, "new_password": OTHER});
            ground.as_person("PUT", "/me/password", &tokens.access, Some(&body)).await
        };
        for wrong in [None, Some(OTHER)] {
            assert_eq!(set(wrong).await.slug(), "sign-in/old-password-wrong");
        }
        assert_eq!(set(Some(PASSWORD)).await.status, 200);
        assert_eq!(ground.refresh(&tokens.refresh).await.slug(), "session/ended");
        assert_eq!(ground.refresh(&by_province.refresh).await.status, 200);
    });
}

#[test]
fn k5_1_guessing_is_slowed_down_and_says_nothing_about_whether_there_is_an_account() {
    let told = |phone: &'static str| {
        simulate(1, async |world| {
            let ground = Ground::new(&world);
            staff(&ground, false, true).await;
            let mut told = Vec::new();
            for _ in 0..7 {
                let answered = match world.run(password(&ground, phone, "not the password")).await {
                    Outcome::Done(answered) => answered,
                    Outcome::Crashed => unreachable!("nothing crashes here"),
                };
                let after = answered.headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned());
                let calls = world.calls_of_last_run();
                told.push((answered.status.as_u16(), answered.slug(), after, calls));
            }
            world.advance(Duration::from_mins(1)).await;
            told.push((password(&ground, phone, "wrong").await.status.as_u16(), String::new(), None, Vec::new()));
            told.push((password(&ground, phone, "wrong").await.status.as_u16(), String::new(), None, Vec::new()));
            ground.log(&[phone]);
            told
        })
    };
    let (known, unknown) = (told(SCHOOL_ADMIN.1), told("19812345678"));
    let statuses: Vec<u16> = known.iter().map(|(status, ..)| *status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 401, 429]);
    assert_eq!(known[5].1, "sign-in/too-many-attempts");
    assert_eq!(known[5].2.as_deref(), Some("60"));
    for (one, other) in known.iter().zip(&unknown).skip(1) {
        assert_eq!((one.0, &one.1, &one.2), (other.0, &other.1, &other.2));
        assert_eq!(one.3.len(), other.3.len(), "{:?} {:?}", one.3, other.3);
    }
}

#[test]
fn k5_1_many_guesses_at_once_are_no_more_than_in_turn() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        staff(&ground, false, true).await;
        world.set_faults(Faults::latency(30));
        let guesses = [(); 12].map(|()| password(&ground, SCHOOL_ADMIN.1, "not the password"));
        let answers = futures::future::join_all(guesses).await;
        let looked_at = answers.iter().filter(|answered| answered.status == 401).count();
        assert!(looked_at <= 5, "{looked_at} guesses were looked at");
        assert!(answers.iter().all(|answered| matches!(answered.status.as_u16(), 401 | 429)));
    });
}

#[test]
fn k5_1_codes_are_guessed_no_faster_than_passwords() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        staff(&ground, false, true).await;
        let mut refused = 0;
        for _ in 0..6 {
            let first = password(&ground, SCHOOL_ADMIN.1, PASSWORD).await;
            if first.status != 200 {
                assert_eq!(first.slug(), "sign-in/too-many-attempts");
                refused += 1;
                continue;
            }
            answer(&ground, "/sign-in/second-factor", &ticket(&first), "000000").await;
        }
        assert_eq!(refused, 1, "a right password gives no new guesses at the code");
    });
}

#[test]
fn b1_2_a_frozen_account_and_a_late_set_up_are_told_why_but_to_its_owner_only() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        staff(&ground, true, false).await;
        world.advance(Duration::from_hours(72)).await;
        let late = password(&ground, SCHOOL_ADMIN.1, PASSWORD).await;
        assert_eq!((late.status.as_u16(), late.slug().as_str()), (403, "sign-in/setup-overdue"));
        ground
            .change_user(SCHOOL_ADMIN.1, |user| {
                user.freeze(
                    &"A000000001".parse().unwrap(),
                    domain::user::Reason::read("离职".to_owned()).unwrap(),
                    Moment::from_seconds(0),
                )
                .unwrap();
            })
            .await;
        assert_eq!(password(&ground, SCHOOL_ADMIN.1, PASSWORD).await.slug(), "sign-in/frozen");
        assert_eq!(password(&ground, SCHOOL_ADMIN.1, "not the password").await.slug(), "sign-in/wrong-password");
    });
}

#[test]
fn k5_1_one_address_tries_so_often_and_no_more() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        let body = json!({"ticket": "x", "code": "123456"});
        for _ in 0..120 {
            assert_eq!(ground.post("/sign-in/second-factor", &body).await.status, 401);
        }
        let refused = ground.post("/sign-in/second-factor", &body).await;
        assert_eq!((refused.status.as_u16(), refused.slug().as_str()), (429, "sign-in/too-many-attempts"));
        let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=600).contains(&wait));
        world.advance(Duration::from_secs(wait)).await;
        assert_eq!(ground.post("/sign-in/second-factor", &body).await.status, 401);
    });
}
