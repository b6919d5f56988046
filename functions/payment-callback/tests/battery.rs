//! The battery of callbacks: what may and what may not take effect, through the real router and with the provider's own
//! signatures. P6.5, promises P2–P5; payments reference §1.2–§1.4, §7.4.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected, and this one prints its number of cases"
)]

mod ground;

use std::collections::BTreeSet;
use std::pin::Pin;
use std::time::Duration;

use domain::payment::PaymentState;
use domain::record::OrderState;
use ground::{FIRST, Facts, Ground, Letter};
use serde_json::{Value, json};
use simulator::keys::{self, Signer};
use simulator::wechat::Faults;
use testkit::town::Town;
use testkit::{Fault, Outcome, Script, simulate};

type Work<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// What a delivery must come to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    /// It pays the order.
    Applied,
    /// It pays nothing: all of it is reserved to go back, for this reason.
    Returned(&'static str),
    /// It is known, or means nothing to us: acknowledged, and nothing changes.
    Nothing,
    /// It does not fit and is kept for a person, for this reason; so many statements were found not to fit.
    Quarantined(&'static str, usize),
    /// It does not fit and is kept; what is true was asked for, and applied.
    Corrected(&'static str),
    /// It is turned away.
    Refused(u16),
}

use Expected::{Applied, Corrected, Nothing, Quarantined, Refused, Returned};

struct Case {
    name: &'static str,
    expected: Expected,
    town: fn(&mut Town),
    /// From an order that is being paid to the moment at which the letter is written.
    before: for<'a> fn(&'a Ground) -> Work<'a>,
    letter: fn(&Ground) -> Letter,
}

/// A case in which the guardian has paid just now, and the letter is the provider's with something bent.
const fn wire(name: &'static str, expected: Expected, letter: fn(&Ground) -> Letter) -> Case {
    Case { name, expected, town: |_| {}, before: |ground| Box::pin(async { ground.pay(FIRST) }), letter }
}

/// A case in which the provider itself errs.
const fn provider(name: &'static str, expected: Expected, before: for<'a> fn(&'a Ground) -> Work<'a>) -> Case {
    Case { name, expected, town: |_| {}, before, letter: Ground::callback }
}

/// A case with a history of its own.
const fn story(
    name: &'static str,
    expected: Expected,
    before: for<'a> fn(&'a Ground) -> Work<'a>,
    letter: fn(&Ground) -> Letter,
) -> Case {
    Case { name, expected, town: |_| {}, before, letter }
}

macro_rules! lie {
    ($($switch:ident),+) => {
        |ground| Box::pin(async {
            ground.stage.provider().set_faults(Faults { $($switch: true,)+ ..Faults::NONE });
            ground.pay(FIRST);
        })
    };
}

/// Letters that take effect.
const RIGHT: &[Case] = &[
    wire("as the provider sends it", Applied, Ground::callback),
    wire("without signature type", Applied, |ground| ground.callback().without("Wechatpay-Signature-Type")),
    wire("header names in small letters", Applied, |ground| ground.callback().in_small_letters()),
    wire("299 seconds old", Applied, |ground| ground.callback().signed_at(ground, -299)),
    wire("299 seconds ahead", Applied, |ground| ground.callback().signed_at(ground, 299)),
    wire("signed by the older certificate, still configured", Applied, |ground| {
        ground.callback().signed_by(ground, Signer::Certificate, keys::CERTIFICATE_SERIAL)
    }),
    wire("pretty-printed", Applied, |ground| {
        let letter = ground.callback();
        let body: Value = serde_json::from_slice(&letter.body).expect("JSON");
        Letter::saying(ground, format!("{body:#}\r\n").into_bytes())
    }),
    wire("with fields nobody knows", Applied, |ground| {
        ground.letter(FIRST, "EV-1", &|content| content["promotion_detail"] = json!([]))
    }),
    provider("signed by the older certificate from the provider", Applied, lie!(old_certificate)),
    // The create had no answer, so we do not even know that the provider has the payment.
    Case {
        before: |ground| {
            Box::pin(async {
                assert_eq!(ground.payment(FIRST).await.map(|payment| payment.state), Some(PaymentState::Sent));
                ground.pay(FIRST);
            })
        },
        ..provider("before the answer to the create", Applied, |_| Box::pin(async {}))
    },
    provider("after the deadline, before the sweeper came", Applied, |ground| {
        Box::pin(async {
            ground.pay(FIRST);
            ground.later(16 * 60).await;
        })
    }),
    provider("while the order is closing", Applied, |ground| {
        Box::pin(async {
            ground.enter_password(FIRST);
            ground.cancel().await;
            assert_eq!(ground.order().await.state, OrderState::Closing);
            ground.pay(FIRST);
        })
    }),
    provider("after release, the seat is free", Applied, |ground| {
        Box::pin(async {
            ground.pay(FIRST);
            ground.release().await;
            assert!(ground.seated().is_empty());
        })
    }),
    story(
        "by an attempt that we had closed, while another is open",
        Applied,
        |ground| Box::pin(async { ground.pay_another_way().await }),
        |ground| ground.letter(FIRST, "EV-1", &|_| {}),
    ),
];

/// Letters of money for which there is no place any more.
const TOO_LATE: &[Case] = &[
    Case {
        town: |town| town.offerings[0].capacity = 1,
        ..provider("after release, the seat is gone", Returned("seats_gone"), |ground| {
            Box::pin(async {
                ground.pay(FIRST);
                ground.release().await;
                ground.neighbour_enrolls().await;
            })
        })
    },
    story(
        "after the order was given up",
        Returned("order_ended"),
        |ground| Box::pin(async { ground.cancel().await }),
        |ground| ground.letter(FIRST, "EV-1", &|_| {}),
    ),
    provider("after release, when the family has chosen anew", Returned("order_ended"), |ground| {
        Box::pin(async {
            ground.pay(FIRST);
            ground.release().await;
            ground.enroll_again().await;
        })
    }),
    story(
        "a second attempt is paid too",
        Returned("paid_twice"),
        |ground| {
            Box::pin(async {
                ground.pay_another_way().await;
                ground.pay("20261-S000000000-01-2");
                assert_eq!(ground.deliver(&ground.callback()).await.status, 200);
            })
        },
        |ground| ground.letter(FIRST, "EV-2", &|content| content["transaction_id"] = json!("4200000002")),
    ),
];

/// Letters that are right and say nothing new.
const KNOWN: &[Case] = &[
    story("the same again", Nothing, |ground| Box::pin(ground.is_paid()), Ground::callback_again),
    story(
        "another notification of the same fact",
        Nothing,
        |ground| Box::pin(ground.is_paid()),
        |ground| ground.letter(FIRST, "EV-OTHER", &|_| {}),
    ),
    story(
        "of money that goes back already",
        Nothing,
        |ground| {
            Box::pin(async {
                ground.cancel().await;
                assert_eq!(ground.deliver(&ground.letter(FIRST, "EV-1", &|_| {})).await.status, 200);
            })
        },
        |ground| ground.letter(FIRST, "EV-3", &|_| {}),
    ),
    wire("the provider's self-test", Nothing, |ground| {
        ground.envelope("EV-1", &|envelope| {
            envelope["event_type"] = json!("SECURITY_ECHO.SUCCESS");
            envelope["resource"]["original_type"] = json!("security");
        })
    }),
];

/// Letters that are rightly signed and do not fit what we know.
const UNFITTING: &[Case] = &[
    provider("another amount, and the provider knows better", Corrected("payment/amount-differs"), lie!(wrong_amount)),
    provider(
        "another school, and the provider knows better",
        Corrected("payment/merchant-differs"),
        lie!(other_school),
    ),
    provider(
        "another currency, and the provider knows better",
        Corrected("payment/currency-differs"),
        lie!(wrong_currency),
    ),
    // The notification and the answer to our question: two statements.
    provider("another amount in the provider's own books", Quarantined("payment/amount-differs", 2), |ground| {
        Box::pin(async {
            let now = ground.stage.world.now();
            ground.stage.provider().pay_amount(FIRST, 1, now).expect("paid");
        })
    }),
    Case {
        before: |_| Box::pin(async {}),
        ..wire("an amount that nobody has paid", Quarantined("payment/amount-differs", 1), |ground| {
            ground.letter(FIRST, "EV-1", &|content| content["amount"]["total"] = json!(1))
        })
    },
    Case {
        before: |_| Box::pin(async {}),
        ..wire("a negative amount", Quarantined("payment/amount-differs", 1), |ground| {
            ground.letter(FIRST, "EV-1", &|content| content["amount"]["total"] = json!(-40_000))
        })
    },
    Case {
        before: |_| Box::pin(async {}),
        ..wire("to another school, unpaid", Quarantined("payment/merchant-differs", 1), |ground| {
            ground.letter(FIRST, "EV-1", &|content| content["sub_mchid"] = json!("1900000202"))
        })
    },
    story(
        "another transaction for a payment that is paid",
        Quarantined("payment/transaction-differs", 1),
        |ground| Box::pin(ground.is_paid()),
        |ground| ground.letter(FIRST, "EV-9", &|content| content["transaction_id"] = json!("4200000009")),
    ),
    wire("a pupil nobody knows", Quarantined("payment/unknown", 1), |ground| {
        ground.letter("20261-7K3M9Q2XAB-01-1", "EV-1", &|_| {})
    }),
    wire("an attempt that was never made", Quarantined("payment/unknown", 1), |ground| {
        ground.letter("20261-S000000000-01-2", "EV-1", &|_| {})
    }),
    wire("a number of another system", Quarantined("payment/foreign", 1), |ground| {
        ground.letter("SHOP-0001", "EV-1", &|_| {})
    }),
    wire("what has no rule", Quarantined("payment/no-rule", 1), |ground| {
        ground.envelope("EV-1", &|envelope| envelope["event_type"] = json!("PROFITSHARING.SUCCESS"))
    }),
];

/// Letters that are not from the provider, or not for us.
const WRONG: &[Case] = &[
    provider("the provider's probe", Refused(401), lie!(probe)),
    provider("301 seconds old from the provider", Refused(401), lie!(stale)),
    provider("an unknown serial from the provider", Refused(401), lie!(unknown_serial)),
    provider("a body changed on its way", Refused(401), lie!(tamper_body)),
    provider("a signature changed on its way", Refused(401), lie!(tamper_signature)),
    provider("for another application", Refused(401), lie!(wrong_app)),
    wire("for another service provider", Refused(401), |ground| {
        ground.letter(FIRST, "EV-1", &|content| content["sp_mchid"] = json!("1900000110"))
    }),
    wire("301 seconds old", Refused(401), |ground| ground.callback().signed_at(ground, -301)),
    wire("301 seconds ahead", Refused(401), |ground| ground.callback().signed_at(ground, 301)),
    wire("timestamp that is no number", Refused(401), |ground| ground.callback().with("Wechatpay-Timestamp", "now")),
    wire("without timestamp", Refused(401), |ground| ground.callback().without("Wechatpay-Timestamp")),
    wire("without nonce", Refused(401), |ground| ground.callback().without("Wechatpay-Nonce")),
    wire("without signature", Refused(401), |ground| ground.callback().without("Wechatpay-Signature")),
    wire("without serial", Refused(401), |ground| ground.callback().without("Wechatpay-Serial")),
    wire("without any header of the signature", Refused(401), |ground| {
        ["Timestamp", "Nonce", "Signature", "Serial", "Signature-Type"]
            .iter()
            .fold(ground.callback(), |letter, name| letter.without(&format!("Wechatpay-{name}")))
    }),
    wire("empty signature", Refused(401), |ground| ground.callback().with("Wechatpay-Signature", "")),
    wire("signature that is no base64", Refused(401), |ground| ground.callback().with("Wechatpay-Signature", "%%%")),
    wire("a bit flipped in the signature", Refused(401), |ground| ground.callback().flipped("Wechatpay-Signature")),
    wire("a bit flipped in the nonce", Refused(401), |ground| ground.callback().flipped("Wechatpay-Nonce")),
    wire("a bit flipped in the serial", Refused(401), |ground| ground.callback().flipped("Wechatpay-Serial")),
    wire("a second more in the timestamp", Refused(401), |ground| {
        let letter = ground.callback();
        let later = ground.stage.now().plus_seconds(1).seconds().to_string();
        letter.with("Wechatpay-Timestamp", &later)
    }),
    wire("another signature type", Refused(401), |ground| {
        ground.callback().with("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3")
    }),
    wire("the certificate's serial over the public key's signature", Refused(401), |ground| {
        ground.callback().with("Wechatpay-Serial", keys::CERTIFICATE_SERIAL)
    }),
    wire("signed by ourselves", Refused(401), |ground| {
        ground.callback().signed_by(ground, Signer::Merchant, keys::PUBLIC_KEY_ID)
    }),
    wire("signed by ourselves, under our own serial", Refused(401), |ground| {
        ground.callback().signed_by(ground, Signer::Merchant, keys::MERCHANT_SERIAL)
    }),
    wire("body of another letter under this signature", Refused(401), |ground| {
        let other = ground.letter(FIRST, "EV-1", &|_| {});
        Letter { body: other.body, ..ground.callback() }
    }),
    wire("a space more at the end", Refused(401), |ground| {
        let mut letter = ground.callback();
        letter.body.push(b' ');
        letter
    }),
    wire("empty body", Refused(401), |ground| Letter { body: Vec::new(), ..ground.callback() }),
    wire("empty body, signed", Refused(400), |ground| Letter::saying(ground, Vec::new())),
    wire("no JSON, signed", Refused(400), |ground| Letter::saying(ground, b"<xml/>".to_vec())),
    wire("longer than any notification, signed", Refused(400), |ground| {
        Letter::saying(ground, vec![b' '; 64 * 1024 + 1])
    }),
    wire("without event id", Refused(400), |ground| ground.envelope("", &|_| {})),
    wire("sealed with another key", Refused(401), |ground| {
        ground.envelope("EV-1", &|envelope| {
            let sealed = envelope["resource"]["ciphertext"].as_str().expect("text").to_owned();
            envelope["resource"]["ciphertext"] = json!(sealed.chars().rev().collect::<String>());
        })
    }),
    wire("sealed with another nonce", Refused(401), |ground| {
        ground.envelope("EV-1", &|envelope| envelope["resource"]["nonce"] = json!("000000000000"))
    }),
    wire("sealed for another purpose", Refused(401), |ground| {
        ground.envelope("EV-1", &|envelope| envelope["resource"]["associated_data"] = json!("refund"))
    }),
    wire("another algorithm", Refused(401), |ground| {
        ground.envelope("EV-1", &|envelope| envelope["resource"]["algorithm"] = json!("AEAD_SM4_GCM"))
    }),
    wire("a refund in the clothes of a payment", Refused(400), |ground| {
        ground.envelope("EV-1", &|envelope| envelope["resource"]["original_type"] = json!("refund"))
    }),
    wire("a payment that is not paid", Refused(400), |ground| {
        ground.letter(FIRST, "EV-1", &|content| content["trade_state"] = json!("NOTPAY"))
    }),
    wire("without transaction", Refused(400), |ground| {
        ground.letter(FIRST, "EV-1", &|content| content["transaction_id"] = json!(""))
    }),
    wire("without time", Refused(400), |ground| {
        ground.letter(FIRST, "EV-1", &|content| content["success_time"] = Value::Null)
    }),
    wire("an amount that is a text", Refused(400), |ground| {
        ground.letter(FIRST, "EV-1", &|content| content["amount"]["total"] = json!("40000"))
    }),
];

async fn check(case: &Case, ground: &Ground) {
    (case.before)(ground).await;
    let letter = (case.letter)(ground);
    let (before, facts, lines) = (ground.everything(), ground.facts().await, ground.security_lines());
    let answered = ground.deliver(&letter).await;
    let (after, now) = (ground.everything(), ground.facts().await);
    let (name, lines) = (case.name, ground.security_lines() - lines);
    let status = answered.status.as_u16();
    let posted = now.journal.len() - facts.journal.len();
    let told =
        |expected: (u16, usize, usize)| assert_eq!((status, posted, lines), expected, "{name}: {}", answered.text);
    let credited = |account: &str| {
        let entries = |facts: &Facts| facts.journal.iter().filter(|credit| *credit == account).count();
        entries(&now) - entries(&facts)
    };
    match case.expected {
        Applied => {
            told((200, 1, 0));
            assert_eq!(now.order, OrderState::Paid, "{name}");
            assert_eq!(credited("order_prepaid"), 1, "{name}");
            assert_eq!((now.seated.as_slice(), now.refunds.len()), (["S000000000".to_owned()].as_slice(), 0), "{name}");
            assert_eq!((now.events, now.messages), (facts.events + 1, facts.messages + 1), "{name}");
        }
        Returned(reason) => {
            told((200, 1, 0));
            assert_eq!(credited("refund_payable"), 1, "{name}");
            assert_eq!(now.refunds, [(reason.to_owned(), 40_000)], "{name}");
            assert_eq!(now.order, facts.order, "{name}");
            assert_eq!(now.seated, facts.seated, "{name}");
        }
        Nothing => {
            told((200, 0, 0));
            assert!(before == after, "{name}");
        }
        Quarantined(reason, statements) => {
            told((200, 0, statements));
            assert_eq!(now.quarantined, [reason], "{name}");
            assert_eq!((now.order, now.seated), (facts.order, facts.seated), "{name}");
        }
        Corrected(reason) => {
            told((200, 1, 1));
            assert_eq!(now.quarantined, [reason], "{name}");
            assert_eq!(now.order, OrderState::Paid, "{name}");
        }
        Refused(expected) => {
            told((expected, 0, 1));
            assert!(before == after, "{name} has changed something");
            let (code, message) = (&answered.json()["code"], &answered.json()["message"]);
            assert_eq!((code, message), (&json!("FAIL"), &json!("callback not accepted")), "{name}");
            // What was spoiled comes again, and then counts.
            ground.stage.provider().set_faults(Faults::NONE);
            ground.later(30 * 60).await;
            assert_eq!(ground.deliver(&ground.callback()).await.status, 200, "{name}");
            let facts = ground.facts().await;
            assert_eq!((facts.order, facts.journal.len()), (OrderState::Paid, 1), "{name}");
        }
    }
    if status != 200 {
        assert!(answered.json()["code"].is_string() && answered.json()["message"].is_string(), "{name}");
    }
}

fn run(cases: &[Case]) {
    for case in cases {
        let mut town = Town::small(4);
        (case.town)(&mut town);
        simulate(1, async |world| {
            let lost = case.name == "before the answer to the create";
            let ground = Ground::new(&world, &town, lost).await;
            check(case, &ground).await;
        });
    }
    println!("callback battery: {} cases", cases.len());
}

#[test]
fn p6_5_right_callbacks_pay_their_order() {
    run(RIGHT);
}

#[test]
fn p6_5_money_without_a_place_goes_back() {
    run(TOO_LATE);
}

#[test]
fn p6_5_what_is_known_changes_nothing() {
    run(KNOWN);
}

#[test]
fn p6_5_what_does_not_fit_is_kept_and_asked_about() {
    run(UNFITTING);
}

#[test]
fn p6_5_what_is_not_the_providers_is_turned_away() {
    run(WRONG);
}

#[test]
fn p6_5_the_battery_has_at_least_forty_cases() {
    let cases = [RIGHT, TOO_LATE, KNOWN, UNFITTING, WRONG].map(<[Case]>::len).iter().sum::<usize>();
    println!("callback battery: {cases} cases in all");
    assert!(cases >= 40);
}

#[test]
fn p6_5_no_bit_of_a_body_may_differ() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &Town::small(4), false).await;
        ground.pay(FIRST);
        let letter = ground.callback();
        let before = ground.everything();
        let mut flips = 0;
        for place in (0..letter.body.len()).step_by(11) {
            let mut bent = letter.clone();
            bent.body[place] ^= 1 << (place % 8);
            assert_eq!(ground.deliver(&bent).await.status, 401, "bit of byte {place}");
            flips += 1;
        }
        assert!(before == ground.everything());
        assert_eq!(ground.security_lines(), flips);
        println!("callback battery: {flips} flipped bits");
        assert_eq!(ground.deliver(&letter).await.status, 200);
    });
}

#[test]
fn p6_5_a_hundred_copies_at_once_count_once() {
    for seed in 0..3 {
        simulate(seed, async |world| {
            let ground = Ground::new(&world, &Town::small(4), false).await;
            ground.pay(FIRST);
            let letter = ground.callback();
            world.set_faults(testkit::Faults::latency(20));
            let answers = futures::future::join_all((0..100).map(|_| ground.deliver(&letter))).await;
            world.set_faults(testkit::Faults::none());
            let done = answers.iter().filter(|answered| answered.status == 200).count();
            println!("100 copies at once, seed {seed}: {done} acknowledged, the others shall come again");
            assert!(done > 0);
            assert!(answers.iter().all(|answered| matches!(answered.status.as_u16(), 200 | 500)));
            assert_eq!(ground.deliver(&letter).await.status, 200);
            let facts = ground.facts().await;
            assert_eq!((facts.journal.len(), facts.events, facts.refunds.len()), (1, 1, 0));
            assert_eq!((facts.order, facts.seated.len()), (OrderState::Paid, 1));
            assert_eq!(ground.security_lines(), 0);
        });
    }
}

#[test]
fn p6_5_while_the_tables_are_down_nothing_is_acknowledged() {
    for faults in [
        testkit::Faults { throttle: 1000, ..testkit::Faults::none() },
        testkit::Faults { connection_error: 1000, ..testkit::Faults::none() },
    ] {
        simulate(1, async |world| {
            let ground = Ground::new(&world, &Town::small(4), false).await;
            // The environment is warm: it has its keys.
            assert_eq!(ground.deliver(&ground.envelope("EV-0", &|_| {}).without("Wechatpay-Nonce")).await.status, 401);
            ground.pay(FIRST);
            let letter = ground.callback();
            let before = ground.everything();
            world.set_faults(faults);
            let answered = ground.deliver(&letter).await;
            world.set_faults(testkit::Faults::none());
            assert_eq!(answered.status, 500);
            assert_eq!(answered.json(), json!({"code": "FAIL", "message": "try again later"}));
            assert!(before == ground.everything());
            assert_eq!(ground.deliver(&letter).await.status, 200);
            assert_eq!(ground.facts().await.order, OrderState::Paid);
        });
    }
}

#[test]
fn p6_5_when_the_truth_cannot_be_asked_for_the_letter_shall_come_again() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &Town::small(4), false).await;
        ground.stage.provider().set_faults(Faults { wrong_amount: true, busy: 5, ..Faults::NONE });
        ground.pay(FIRST);
        let letter = ground.callback();
        assert_eq!(ground.deliver(&letter).await.status, 500);
        let facts = ground.facts().await;
        assert_eq!(
            (facts.journal.len(), facts.quarantined.as_slice()),
            (0, ["payment/amount-differs".to_owned()].as_slice())
        );
        ground.stage.provider().set_faults(Faults::NONE);
        assert_eq!(ground.deliver(&letter).await.status, 200);
        assert_eq!(ground.facts().await.journal.len(), 1);
    });
}

/// Wherever the function stops, what it has acknowledged is written, and what comes again counts once.
#[test]
fn p6_5_acknowledged_means_written_at_every_step() {
    let mut stops = 0;
    for fault in Fault::EVERY_STEP {
        for at_call in 0..16 {
            simulate(1, async |world| {
                let ground = Ground::new(&world, &Town::small(4), false).await;
                ground.pay(FIRST);
                let letter = ground.callback();
                world.set_script(Script { at_call, fault });
                let outcome = world.run(ground.deliver(&letter)).await;
                if at_call < world.calls_of_last_run().len() {
                    stops += 1;
                }
                if let Outcome::Done(answered) = outcome {
                    let posted = ground.facts().await.journal.len();
                    assert!(answered.status != 200 || posted == 1, "{fault:?} at {at_call}: acknowledged, not written");
                }
                world.advance(Duration::from_mins(1)).await;
                let again = ground.deliver(&letter).await;
                assert_eq!(again.status, 200, "{fault:?} at {at_call}");
                let facts = ground.facts().await;
                assert_eq!(
                    (facts.order, facts.journal.len(), facts.events),
                    (OrderState::Paid, 1, 1),
                    "{fault:?} at {at_call}"
                );
            });
        }
    }
    println!("callback battery: stopped at {stops} steps");
    assert!(stops > 20);
}

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/payment-callback");

/// Each event as API Gateway hands it on, the status of its answer, and the entries that it posts.
const SAMPLES: [(&str, u16, usize); 15] = [
    ("paid", 200, 1),
    ("old-certificate", 200, 1),
    ("self-test", 200, 0),
    ("other-system", 200, 0),
    ("unknown-payment", 200, 0),
    ("refund", 200, 0),
    ("another-amount", 200, 1),
    ("not-json", 400, 0),
    ("bit-flipped", 401, 0),
    ("probe", 401, 0),
    ("stale", 401, 0),
    ("unknown-serial", 401, 0),
    ("without-signature", 401, 0),
    ("wrong-method", 404, 0),
    ("wrong-path", 404, 0),
];

#[test]
fn every_event_is_run() {
    let files = std::fs::read_dir(EVENTS).expect("a folder of events/");
    let stored: BTreeSet<String> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("text")).collect();
    assert_eq!(stored, SAMPLES.iter().map(|(file, ..)| format!("{file}.json")).collect());
    for (file, status, entries) in SAMPLES {
        simulate(1, async |world| {
            let ground = Ground::new(&world, &Town::small(4), false).await;
            ground.pay(FIRST);
            let text = std::fs::read_to_string(format!("{EVENTS}/{file}.json")).expect("a file");
            let answered = ground.deliver_event(&serde_json::from_str(&text).expect("JSON")).await;
            assert_eq!((answered.status.as_u16(), ground.facts().await.journal.len()), (status, entries), "{file}");
        });
    }
}
