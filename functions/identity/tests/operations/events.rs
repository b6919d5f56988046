//! Each sample event.

use testkit::sample::{self, Case, Functions};

const FUNCTIONS: Functions = &[("identity", identity::routes)];

const CASES: &[Case] = &[
    Case::done("identity/begin-province", 201).after(|_, answered| {
        Box::pin(async {
            let begun = answered.json();
            let url = begun["authorize_url"].as_str().unwrap();
            assert!(url.starts_with("https://tyrz.gd.gov.cn/pscp/sso/connect/page/oauth2/authorize?client_id="));
            assert!(!url.contains(begun["binding"].as_str().unwrap()), "what the browser keeps goes nowhere");
        })
    }),
    Case::refused("identity/finish-unknown-state", 409, "sign-in/state-unknown"),
    Case::refused("identity/finish-unknown-field", 422, "request/field-unusable"),
    Case::refused("identity/finish-not-json", 400, "request/not-json"),
    Case::refused("identity/password-nobody", 401, "sign-in/wrong-password"),
    Case::refused("identity/password-field-missing", 422, "request/field-unusable"),
    Case::refused("identity/password-wrong-type", 422, "request/field-unusable"),
    Case::refused("identity/second-factor-unknown-ticket", 401, "sign-in/ticket-unknown"),
    Case::refused("identity/set-up-unknown-ticket", 401, "sign-in/ticket-unknown"),
    Case::refused("identity/confirm-unknown-ticket", 401, "sign-in/ticket-unknown"),
    Case::refused("identity/change-unknown-ticket", 401, "sign-in/ticket-unknown"),
    Case::refused("identity/refresh-unknown", 401, "session/unknown"),
    Case::refused("identity/refresh-unreadable", 401, "session/unknown"),
    Case::refused("identity/refresh-oversized", 400, "request/body-too-large"),
    Case::refused("identity/end-unknown", 401, "session/unknown"),
    Case::done("identity/me", 200).after(|_, answered| {
        Box::pin(async {
            let me = answered.json();
            assert_eq!((&me["person_id"], &me["name"]), (&"G000000000".into(), &"家**".into()));
            assert_eq!(me["roles"][0]["title"], "家长");
        })
    }),
    Case::refused("identity/me-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("identity/me-unknown", 404, "access/not-found"),
    Case::refused("identity/set-password-by-guardian", 403, "sign-in/staff-only"),
    Case::refused("identity/set-password-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("identity/wrong-method", 404, "request/no-such-method"),
    Case::refused("identity/wrong-path", 404, "request/no-such-path"),
];

#[test]
fn every_event_is_run() {
    sample::every_event_is_named("identity", &[CASES]);
    for case in CASES {
        case.run(FUNCTIONS);
    }
}
