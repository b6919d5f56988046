//! By the province's unified identity.

use std::time::Duration;

use domain::session::SessionError;
use serde_json::{Value, json};
use simulator::province::{Account, ProvinceFaults};
use testkit::stage::PREFIX;
use testkit::{Faults, simulate, table_name};

use crate::ground::{GUARDIAN, Ground, SCHOOL_ADMIN};

#[test]
fn b1_2_a_guardian_comes_in_by_the_province_and_is_known_to_the_authorizer() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        ground.add_guardian(GUARDIAN).await;
        let tokens = ground.tokens_of(GUARDIAN).await;
        let context = ground.context(&tokens.access).await;
        assert_eq!(context["grants"], "guardian@children");
        assert_eq!(context["sub"], ground.person(GUARDIAN.1).await.as_str());
        assert_eq!(context["sv"], "0");
        let me = ground.as_person("GET", "/me", &tokens.access, None).await;
        assert_eq!((me.status.as_u16(), me.json()["name"].clone()), (200, json!("示****")));
        assert!(!me.text.contains(GUARDIAN.1) && !me.text.contains(GUARDIAN.0));
        assert_eq!(ground.told("signed in"), 1);
    });
}

#[test]
fn b1_2_a_new_deployment_lets_its_first_administrators_in_once() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        assert!(ground.user(SCHOOL_ADMIN.1).await.is_none());
        let tokens = ground.tokens_of(SCHOOL_ADMIN).await;
        assert_eq!(ground.context(&tokens.access).await["grants"], "school_admin@school:2144200601");
        let audit = world.scan(&table_name(PREFIX, "audit"));
        let added = audit.iter().filter(|item| testkit::plain(item)["a"] == "identity.add-first-administrator");
        assert_eq!(added.count(), 1, "the account is audited as any other");
        assert_eq!(ground.told("first administrator added"), 1);
        // What the list says is not looked at again.
        ground
            .change_user(SCHOOL_ADMIN.1, |user| user.grants = vec!["teacher@classes:2144200601".parse().unwrap()])
            .await;
        let tokens = ground.tokens_of(SCHOOL_ADMIN).await;
        assert_eq!(ground.context(&tokens.access).await["grants"], "teacher@classes:2144200601");
        assert_eq!(ground.told("first administrator added"), 1);
    });
}

#[test]
fn p10_staff_with_children_here_come_in_as_both() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        ground.add_guardian(SCHOOL_ADMIN).await;
        let tokens = ground.tokens_of(SCHOOL_ADMIN).await;
        let grants = "school_admin@school:2144200601 guardian@children";
        assert_eq!(ground.context(&tokens.access).await["grants"], grants);
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
        let refused = ground.come_in(Account::person(SCHOOL_ADMIN.0, SCHOOL_ADMIN.1)).await;
        assert_eq!((refused.status.as_u16(), refused.slug().as_str()), (403, "sign-in/frozen"));
    });
}

#[test]
fn k5_1_a_state_is_good_once_in_time_and_in_its_own_browser() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        ground.add_guardian(GUARDIAN).await;
        let account = || Account::person(GUARDIAN.0, GUARDIAN.1);
        let finish = async |code: &str, state: &str, binding: &str| {
            let body = json!({"code": code, "state": state, "binding": binding});
            let answered = ground.post("/sign-in/province/finish", &body).await;
            (answered.status.as_u16(), answered.slug())
        };
        let (url, binding) = ground.begin().await;
        let (_, elsewhere) = ground.begin().await;
        let (code, state) = ground.at_province(&url, account());
        let refused = |slug: &str| (409, slug.to_owned());
        assert_eq!(finish(&code, &state, &elsewhere).await, refused("sign-in/state-unknown"), "another browser");
        assert_eq!(finish(&code, "AAAAAAAAAAAAAAAAAAAAAA", &binding).await, refused("sign-in/state-unknown"));
        assert_eq!(finish(&code, &state, &binding).await, (201, String::new()));
        assert_eq!(finish(&code, &state, &binding).await, refused("sign-in/state-used"));

        // A code that was used, with a state that is new.
        let (url, binding) = ground.begin().await;
        let (_, state) = ground.at_province(&url, account());
        assert_eq!(finish(&code, &state, &binding).await, refused("sign-in/code-refused"));
        let (url, binding) = ground.begin().await;
        let (_, state) = ground.at_province(&url, account());
        assert_eq!(finish("never-given", &state, &binding).await, refused("sign-in/code-refused"));
        assert_eq!(
            finish("never-given", &state, &binding).await,
            refused("sign-in/state-used"),
            "used up all the same"
        );

        let (url, binding) = ground.begin().await;
        let (code, state) = ground.at_province(&url, account());
        world.advance(Duration::from_mins(10)).await;
        assert_eq!(finish(&code, &state, &binding).await, refused("sign-in/state-expired"));
        assert_eq!(ground.told("sign-in refused"), 7);
        ground.log(&[&code, &state, &binding]);
    });
}

#[test]
fn k5_1_of_two_who_bring_the_same_answer_at_once_one_comes_in() {
    for seed in 0..8 {
        simulate(seed, async |world| {
            let ground = Ground::new(&world);
            ground.add_guardian(GUARDIAN).await;
            let (url, binding) = ground.begin().await;
            let (code, state) = ground.at_province(&url, Account::person(GUARDIAN.0, GUARDIAN.1));
            let body = json!({"code": code, "state": state, "binding": binding});
            world.set_faults(Faults::latency(30));
            let twice = [(); 3].map(|()| ground.post("/sign-in/province/finish", &body));
            let answers = futures::future::join_all(twice).await;
            let done = answers.iter().filter(|answered| answered.status == 201).count();
            assert_eq!(done, 1, "seed {seed}: {answers:?}");
        });
    }
}

#[test]
fn b1_2_whom_the_province_does_not_vouch_for_or_nobody_knows_is_told_why() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        ground.add_guardian(GUARDIAN).await;
        let person = || Account::person(GUARDIAN.0, GUARDIAN.1);
        for (account, slug) in [
            (Account { real: false, ..person() }, "sign-in/not-verified"),
            (Account { level: 1, ..person() }, "sign-in/not-verified"),
            (Account { legal: true, ..person() }, "sign-in/not-natural"),
            (Account { phone: String::new(), ..person() }, "sign-in/phone-missing"),
            (Account { phone: "110".to_owned(), ..person() }, "sign-in/phone-missing"),
            (Account::person("路人", "19911111111"), "sign-in/not-registered"),
        ] {
            let refused = ground.come_in(account).await;
            assert_eq!((refused.status.as_u16(), refused.slug().as_str()), (403, slug));
            assert!(!refused.text.contains("199"), "{}", refused.text);
        }
        assert_eq!(ground.told("sign-in refused"), 6);
        ground.log(&["路人", "19911111111"]);
    });
}

#[test]
fn b1_2_whatever_the_province_answers_is_never_a_fault_of_ours() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        ground.add_guardian(GUARDIAN).await;
        let none = ProvinceFaults::default();
        for (what, faults) in [
            ("half a document", ProvinceFaults { broken: true, ..none }),
            ("a page", ProvinceFaults { page: true, ..none }),
            ("megabytes", ProvinceFaults { oversized: true, ..none }),
            ("502", ProvinceFaults { down: true, ..none }),
            ("a redirect", ProvinceFaults { redirects: true, ..none }),
            ("no name", ProvinceFaults { nameless: true, ..none }),
            ("nobody", ProvinceFaults { nobody: true, ..none }),
        ] {
            ground.stage.province().set_faults(faults);
            let busy = ground.come_in(Account::person(GUARDIAN.0, GUARDIAN.1)).await;
            assert_eq!((busy.status.as_u16(), busy.slug().as_str()), (503, "busy"), "{what}");
        }
        ground.stage.province().set_faults(none);
        // Slower than anybody waits.
        let slow = Faults { outside_delay: 1000, outside_delay_limit_milliseconds: 3_600_000, ..Faults::none() };
        let (url, binding) = ground.begin().await;
        let (code, state) = ground.at_province(&url, Account::person(GUARDIAN.0, GUARDIAN.1));
        world.set_faults(slow);
        let body = json!({"code": code, "state": state, "binding": binding});
        let busy = ground.post("/sign-in/province/finish", &body).await;
        assert_eq!((busy.status.as_u16(), busy.slug().as_str()), (503, "busy"));
        world.set_faults(Faults::none());
        assert_eq!(ground.come_in(Account::person(GUARDIAN.0, GUARDIAN.1)).await.status, 201);
        let lines = ground.log(&[&code, &state, &binding]);
        assert!(lines.iter().any(|line| line.contains("identity provider")), "it is told to us: {lines:?}");
    });
}

#[test]
fn k5_1_without_a_session_table_entry_there_is_no_session_and_no_token_lies_in_a_table() {
    simulate(1, async |world| {
        let ground = Ground::new(&world);
        ground.add_guardian(GUARDIAN).await;
        let tokens = ground.tokens_of(GUARDIAN).await;
        let (handle, secret) = tokens.refresh.split_once('.').unwrap();
        let tables: String = testkit::TABLES
            .iter()
            .flat_map(|table| world.scan(&table_name(PREFIX, table.name)))
            .map(|item| testkit::plain(&item).to_string())
            .collect();
        assert!(tables.contains("SESSION#") && !tables.contains(handle) && !tables.contains(secret));
        assert!(!tables.contains("eyJ"));
        let sid = ground.context(&tokens.access).await["sid"].as_str().unwrap().to_owned();
        let by_name = ground.refresh(&format!("{sid}.{secret}")).await;
        assert_eq!(by_name.json()["detail"], Value::from(SessionError::Unknown.to_string()), "a name is no handle");
    });
}
