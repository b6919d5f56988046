//! Staying in, and leaving.

use std::time::Duration;

use serde_json::json;
use simulator::session as keys;
use testkit::{Faults, simulate};

use crate::ground::{GUARDIAN, Ground, SCHOOL_ADMIN, Tokens};

const DAY: u64 = 86_400;

#[test]
fn k5_1_each_renewal_gives_another_token_and_an_old_one_ends_the_whole_session() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        ground.add_guardian(GUARDIAN).await;
        let first = ground.tokens_of(GUARDIAN).await;
        world.advance(Duration::from_mins(15)).await;
        let second = Tokens::of(&ground.refresh(&first.refresh).await.json());
        assert_ne!(first.refresh, second.refresh);
        assert_eq!(ground.context(&second.access).await["grants"], "guardian@children");
        world.advance(Duration::from_secs(31)).await;
        let reused = ground.refresh(&first.refresh).await;
        assert_eq!((reused.status.as_u16(), reused.slug().as_str()), (401, "session/reused"));
        let ended = ground.refresh(&second.refresh).await;
        assert_eq!((ended.status.as_u16(), ended.slug().as_str()), (401, "session/ended"), "nobody can tell the thief");
        assert_eq!(ground.told("session ended"), 1);
        ground.log(&[&first.refresh, &second.refresh]);
        // Another session of the same person goes on.
        let other = ground.tokens_of(GUARDIAN).await;
        assert_eq!(ground.refresh(&other.refresh).await.status, 200);
    });
}

#[test]
fn k5_1_a_lost_answer_is_given_again_and_many_tabs_get_the_same_token() {
    for seed in 0..8 {
        simulate(seed, async |world| {
            let ground = Ground::new(&world);
            ground.add_guardian(GUARDIAN).await;
            let first = ground.tokens_of(GUARDIAN).await;
            world.set_faults(Faults::latency(30));
            let at_once = futures::future::join_all([(); 4].map(|()| ground.refresh(&first.refresh))).await;
            world.set_faults(Faults::none());
            let given: std::collections::BTreeSet<String> =
                at_once.iter().map(|answered| Tokens::of(&answered.json()).refresh).collect();
            assert_eq!(given.len(), 1, "seed {seed}");
            let again = Tokens::of(&ground.refresh(&first.refresh).await.json()).refresh;
            assert!(given.contains(&again));
            assert_eq!(ground.refresh(&again).await.status, 200);
            assert_eq!(ground.refresh(&first.refresh).await.slug(), "session/reused", "its successor was used");
        });
    }
}

#[test]
fn p10_changed_roles_appear_at_the_next_renewal_and_a_frozen_account_is_refused() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        let first = ground.tokens_of(SCHOOL_ADMIN).await;
        ground
            .change_user(SCHOOL_ADMIN.1, |user| {
                user.grants = vec!["steward@school:2144200602".parse().unwrap()];
                user.session_ver += 1;
            })
            .await;
        let second = Tokens::of(&ground.refresh(&first.refresh).await.json());
        let context = ground.context(&second.access).await;
        assert_eq!((&context["grants"], &context["sv"]), (&json!("steward@school:2144200602"), &json!("1")));
        ground
            .change_user(SCHOOL_ADMIN.1, |user| {
                user.freeze(
                    &"A000000001".parse().unwrap(),
                    domain::user::Reason::read("离职".to_owned()).unwrap(),
                    domain::Moment::from_seconds(0),
                )
                .unwrap();
            })
            .await;
        let frozen = ground.refresh(&second.refresh).await;
        assert_eq!((frozen.status.as_u16(), frozen.slug().as_str()), (403, "sign-in/frozen"));
        ground.change_user(SCHOOL_ADMIN.1, |user| user.frozen = None).await;
        assert_eq!(ground.refresh(&second.refresh).await.slug(), "session/ended", "it does not come back");
        let third = ground.tokens_of(SCHOOL_ADMIN).await;
        ground.change_user(SCHOOL_ADMIN.1, |user| user.grants = Vec::new()).await;
        assert_eq!(ground.refresh(&third.refresh).await.slug(), "sign-in/not-registered");
        assert_eq!(ground.refresh(&third.refresh).await.slug(), "session/ended");
    });
}

#[test]
fn k5_1_who_signs_out_is_out_with_every_token() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        ground.add_guardian(GUARDIAN).await;
        let first = ground.tokens_of(GUARDIAN).await;
        let second = Tokens::of(&ground.refresh(&first.refresh).await.json());
        for _ in 0..2 {
            let ended = ground.post("/session/end", &json!({"refresh_token": first.refresh})).await;
            assert_eq!((ended.status.as_u16(), ended.text.as_str()), (204, ""));
        }
        assert_eq!(ground.refresh(&second.refresh).await.slug(), "session/ended");
        assert_eq!(ground.told("signed_out"), 1);
    });
}

#[test]
fn k5_1_a_session_ends_by_rest_and_by_age() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        ground.add_guardian(GUARDIAN).await;
        let idle = ground.tokens_of(GUARDIAN).await;
        let mut used = ground.tokens_of(GUARDIAN).await;
        for _ in 0..3 {
            world.advance(Duration::from_secs(29 * DAY)).await;
            used = Tokens::of(&ground.refresh(&used.refresh).await.json());
        }
        assert_eq!(ground.refresh(&idle.refresh).await.slug(), "session/expired");
        world.advance(Duration::from_secs(3 * DAY)).await;
        assert_eq!(ground.refresh(&used.refresh).await.slug(), "session/expired", "90 days");
    });
}

#[test]
fn k5_1_what_was_never_a_token_ends_nothing() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        ground.add_guardian(GUARDIAN).await;
        let tokens = ground.tokens_of(GUARDIAN).await;
        let (handle, secret) = tokens.refresh.split_once('.').unwrap();
        let other = "A".repeat(43);
        for odd in [
            String::new(),
            handle.to_owned(),
            format!("{handle}."),
            format!(".{secret}"),
            format!("{handle}.{secret}."),
            format!("{handle}.{secret}A"),
            format!("{}.{secret}", "A".repeat(22)),
            format!("{handle}.{}", secret.get(..42).unwrap()),
            tokens.access.clone(),
        ] {
            assert_eq!(ground.refresh(&odd).await.slug(), "session/unknown", "{odd}");
        }
        assert_eq!(ground.refresh(&tokens.refresh).await.status, 200, "nothing of that ended it");
        let guessed = ground.refresh(&format!("{handle}.{other}")).await;
        assert_eq!(guessed.slug(), "session/reused", "who knows the handle has had a token");
    });
}

#[test]
fn k5_1_the_newest_key_signs_whose_time_has_come() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        ground.add_guardian(GUARDIAN).await;
        let key = |kid: &str, from: &str, pem: &str| json!({"kid": kid, "from": from, "pem": pem});
        let secret = json!({
            "issuer": keys::ISSUER, "audience": keys::AUDIENCE,
            "keys": [
                key(keys::NEXT_KEY_ID, "2026-09-01T09:00:00+08:00", keys::NEXT_PRIVATE_PEM),
                key(keys::KEY_ID, "2026-01-01T00:00:00+08:00", keys::PRIVATE_PEM),
            ],
        });
        world.put_secret("test/session-signing", &secret);
        let public = |kid: &str, pem: &str| json!({"kid": kid, "pem": pem});
        let both = [public(keys::KEY_ID, keys::PUBLIC_PEM), public(keys::NEXT_KEY_ID, keys::NEXT_PUBLIC_PEM)];
        let trusted = json!({"issuer": keys::ISSUER, "audience": keys::AUDIENCE, "keys": both});
        world.put_secret("test/session", &trusted);
        let kid = |access: &str| {
            use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
            let head = BASE64_URL_SAFE_NO_PAD.decode(access.split('.').next().unwrap()).unwrap();
            serde_json::from_slice::<serde_json::Value>(&head).unwrap()["kid"].as_str().unwrap().to_owned()
        };
        let old = ground.tokens_of(GUARDIAN).await;
        assert_eq!(kid(&old.access), keys::KEY_ID);
        world.advance(Duration::from_hours(1)).await;
        let new = Tokens::of(&ground.refresh(&old.refresh).await.json());
        assert_eq!(kid(&new.access), keys::NEXT_KEY_ID);
        assert_eq!(ground.context(&new.access).await["grants"], "guardian@children");
    });
}
