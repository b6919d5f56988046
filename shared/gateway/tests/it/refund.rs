//! Refunds: each answer, each error, each notice of them. Reference: payments §1.7, §7.4 numbers 8–10.

use domain::fault::Fault;
use domain::payment::{Channel, PayMethod, ProviderState, Source};
use domain::refund::settle::{RefundEvidence, Status};
use domain::{Moment, Money};
use gateway::channel::{CallbackError, ChannelError, Notice, Redirection, RefundOrder};
use http::{Response, StatusCode};
use serde_json::{Value, json};
use simulator::keys;
use simulator::wechat::{Faults, REFUND_SECONDS, RefundState, RefundStep, UNFUNDED_SECONDS};

use crate::world::{NOTIFY_URL, NUMBER, SCHOOL, START, World, checkout};

const REFUND: &str = "20261-7K3M9Q2XAB-01-1-R1";

/// A world with a paid payment, and the order to give some of it back.
async fn paid() -> (World, RefundOrder) {
    let world = World::new();
    world.channel.create(&checkout(PayMethod::Native)).await.unwrap();
    let transaction = world.pay();
    let order = RefundOrder {
        channel: Channel::Wechat,
        payment: NUMBER.parse().unwrap(),
        refund: REFUND.to_owned(),
        transaction,
        sub_merchant: SCHOOL.to_owned(),
        amount: Money::from_fen(6_000),
        total: Money::from_fen(18_000),
        reason: "退课退费".to_owned(),
        notify_url: NOTIFY_URL.to_owned(),
    };
    (world, order)
}

fn faults(set: fn(&mut Faults)) -> Faults {
    let mut faults = Faults::default();
    set(&mut faults);
    faults
}

/// The notices that wait, opened.
fn notices(world: &World) -> Vec<Notice> {
    let callbacks = world.provider().take_callbacks(world.now().timestamp());
    let opened = callbacks.into_iter().map(|callback| {
        world.provider().answered(&callback.id, StatusCode::OK);
        world.channel.open_callback(callback.request.headers(), callback.request.body()).unwrap()
    });
    opened.filter(|notice| !matches!(notice, Notice::Paid { .. })).collect()
}

#[tokio::test]
async fn s34_4_a_refund_is_taken_on_and_then_done() {
    let (world, order) = paid().await;
    assert_eq!(world.channel.query_refund(&order).await.unwrap(), None, "nothing was asked for yet");
    let taken = world.channel.refund(&order).await.unwrap();
    let expected = RefundEvidence {
        source: Source::Query,
        channel: Channel::Wechat,
        refund: REFUND.to_owned(),
        provider_no: world.provider().refunds()[REFUND].refund_id.clone(),
        transaction: order.transaction.clone(),
        sub_merchant: SCHOOL.to_owned(),
        amount: order.amount,
        status: Status::Processing,
        at: Moment::from_seconds(START),
        accepted_at: Some(Moment::from_seconds(START)),
    };
    assert_eq!(taken, expected);
    assert_eq!(world.channel.refund(&order).await.unwrap(), expected, "the same number is the same refund");
    world.set_now(START + REFUND_SECONDS);
    let done = world.channel.query_refund(&order).await.unwrap().unwrap();
    let at = Moment::from_seconds(START + REFUND_SECONDS);
    assert_eq!(done, RefundEvidence { status: Status::Done, at, ..expected.clone() });
    assert_eq!(world.channel.refund(&order).await.unwrap(), done);
    let [Notice::Refund { evidence, .. }] = &notices(&world)[..] else { panic!("one notice") };
    let told = RefundEvidence { source: Source::Callback, accepted_at: None, ..done };
    assert_eq!(*evidence, told);
    assert_eq!(world.provider().refunds().len(), 1);
    let known = world.channel.query(&order.payment, SCHOOL).await.unwrap();
    assert!(matches!(known, ProviderState::Paid(_)), "what reads REFUND was paid all the same");
}

#[tokio::test]
async fn s34_2_several_refunds_never_come_to_more_than_was_paid() {
    let (world, order) = paid().await;
    let part = |seq: u8, fen: i64| RefundOrder {
        refund: format!("{NUMBER}-R{seq}"),
        amount: Money::from_fen(fen),
        ..order.clone()
    };
    world.channel.refund(&part(1, 6_000)).await.unwrap();
    world.channel.refund(&part(2, 11_999)).await.unwrap();
    let over = world.channel.refund(&part(3, 2)).await.unwrap_err();
    assert!(matches!(over, ChannelError::Refused { .. }) && over.outcome_is_known(), "{over:?}");
    world.channel.refund(&part(3, 1)).await.unwrap();
    assert_eq!(world.provider().refunded_fen(NUMBER), 18_000);
}

#[tokio::test]
async fn s34_4_a_number_with_other_values_is_used() {
    let (world, order) = paid().await;
    world.channel.refund(&order).await.unwrap();
    let dearer = RefundOrder { amount: Money::from_fen(6_001), ..order.clone() };
    let error = world.channel.refund(&dearer).await.unwrap_err();
    assert!(matches!(error, ChannelError::NumberUsed), "{error:?}");
    let worded_anew = RefundOrder { reason: "停课".to_owned(), ..order.clone() };
    let known = world.channel.refund(&worded_anew).await.unwrap();
    assert_eq!(known.amount, order.amount, "it was taken on before, in other words");
}

#[tokio::test]
async fn s34_4_the_provider_has_its_limits() {
    let (world, order) = paid().await;
    let one =
        |seq: i64| RefundOrder { refund: format!("{NUMBER}-R{seq}"), amount: Money::from_fen(1), ..order.clone() };
    for seq in 1..=50 {
        world.channel.refund(&one(seq)).await.unwrap();
    }
    let error = world.channel.refund(&one(51)).await.unwrap_err();
    assert!(matches!(error, ChannelError::Refused { .. }), "{error:?}");

    let (world, order) = paid().await;
    world.set_now(START + 365 * 24 * 3600);
    world.channel.refund(&order).await.unwrap();
    world.set_now(START + 365 * 24 * 3600 + 1);
    let late = world.channel.refund(&RefundOrder { refund: format!("{NUMBER}-R2"), ..order }).await.unwrap_err();
    assert!(matches!(late, ChannelError::Refused { .. }), "{late:?}");
}

#[tokio::test]
async fn s34_4_a_lost_answer_is_asked_for_again_under_the_same_number() {
    let (world, order) = paid().await;
    world.provider().set_faults(faults(|f| f.answer_lost = 1));
    let error = world.channel.refund(&order).await.unwrap_err();
    assert!(!error.outcome_is_known());
    assert_eq!(world.provider().refunds().len(), 1, "it acted");
    assert_eq!(world.channel.refund(&order).await.unwrap().status, Status::Processing);
    assert_eq!(world.provider().refunds().len(), 1);

    let (world, order) = paid().await;
    world.provider().set_faults(faults(|f| (f.busy, f.tamper_answer) = (1, 1)));
    assert!(matches!(world.channel.refund(&order).await, Err(ChannelError::Unavailable(_))));
    assert!(world.provider().refunds().is_empty(), "it did nothing");
    let forged = world.channel.refund(&order).await.unwrap_err();
    assert!(matches!(forged, ChannelError::BadSignature(_)) && !forged.outcome_is_known(), "{forged:?}");
}

#[tokio::test]
async fn s34_4_an_empty_balance_is_known_and_tried_again_with_the_same_number() {
    let (world, order) = paid().await;
    world.provider().set_faults(faults(|f| f.not_enough = 1));
    let error = world.channel.refund(&order).await.unwrap_err();
    assert_eq!((error.slug(), error.outcome_is_known()), ("gateway/provider-not-enough", true));
    assert!(world.provider().refunds().is_empty());
    assert_eq!(world.channel.refund(&order).await.unwrap().status, Status::Processing);
}

#[tokio::test]
async fn s34_4_what_is_never_covered_is_closed_after_seven_days() {
    let (world, order) = paid().await;
    world.provider().set_faults(faults(|f| f.refund_unfunded = true));
    world.channel.refund(&order).await.unwrap();
    world.set_now(START + UNFUNDED_SECONDS - 1);
    assert_eq!(world.channel.query_refund(&order).await.unwrap().unwrap().status, Status::Processing);
    world.set_now(START + UNFUNDED_SECONDS);
    let closed = world.channel.query_refund(&order).await.unwrap().unwrap();
    assert_eq!(closed.status, Status::Closed);
    let [Notice::Refund { evidence, .. }] = &notices(&world)[..] else { panic!("one notice") };
    assert_eq!((evidence.status, evidence.at), (Status::Closed, world.now()));
    world.provider().set_faults(Faults::default());
    let anew = RefundOrder { refund: format!("{NUMBER}-R2"), amount: order.total, ..order };
    assert_eq!(world.channel.refund(&anew).await.unwrap().status, Status::Processing, "its amount is free again");
}

async fn abnormal() -> (World, RefundOrder, String) {
    let (world, order) = paid().await;
    world.provider().set_faults(faults(|f| f.refund_abnormal = true));
    let taken = world.channel.refund(&order).await.unwrap();
    world.set_now(START + REFUND_SECONDS);
    assert_eq!(world.channel.query_refund(&order).await.unwrap().unwrap().status, Status::Abnormal);
    let [Notice::Refund { evidence, .. }] = &notices(&world)[..] else { panic!("one notice") };
    assert_eq!(evidence.status, Status::Abnormal);
    (world, order, taken.provider_no)
}

fn other_card() -> Redirection {
    Redirection::Payer { bank: "ICBC_DEBIT".into(), account: "6222000000000001234".into(), name: "示例家长".into() }
}

#[tokio::test]
async fn s34_4_a_card_that_takes_nothing_is_replaced_by_another() {
    let (world, order, provider_no) = abnormal().await;
    let sent = world.channel.redirect_abnormal(&order, &provider_no, &other_card()).await.unwrap();
    assert_eq!(sent.status, Status::Processing);
    let request = world.last_request();
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    assert!(!body.contains("6222") && !body.contains("示例家长"), "number and name are sealed");
    assert_eq!(request.headers()["Wechatpay-Serial"], keys::PUBLIC_KEY_ID);
    world.set_now(START + 2 * REFUND_SECONDS);
    assert_eq!(world.channel.query_refund(&order).await.unwrap().unwrap().status, Status::Done);
    let receiver = world.provider().refunds()[REFUND].redirected.clone();
    assert_eq!(receiver.as_deref(), Some("ICBC_DEBIT借记卡1234"), "the provider could open both");
    let again = world.channel.redirect_abnormal(&order, &provider_no, &other_card()).await.unwrap_err();
    assert!(matches!(again, ChannelError::Refused { .. }), "{again:?}");
    assert_eq!(format!("{:?}", other_card()), r#"Payer { bank: "ICBC_DEBIT", .. }"#);
}

#[tokio::test]
async fn s34_4_what_no_card_takes_goes_to_the_school() {
    let (world, order, provider_no) = abnormal().await;
    world.channel.redirect_abnormal(&order, &provider_no, &Redirection::School).await.unwrap();
    let receiver = world.provider().refunds()[REFUND].redirected.clone();
    assert_eq!(receiver.as_deref(), Some("商户银行卡"));
    let (world, order, provider_no) = abnormal().await;
    world.provider().step_refund(REFUND, RefundStep::Success, world.now().timestamp()).unwrap();
    assert!(matches!(world.provider().refunds()[REFUND].state, RefundState::Success { .. }), "the card works again");
    let late = world.channel.redirect_abnormal(&order, &provider_no, &Redirection::School).await.unwrap_err();
    assert!(matches!(late, ChannelError::Refused { .. }), "{late:?}");
}

#[tokio::test]
async fn s34_4_what_cannot_be_sent_is_not_sent() {
    let (world, order) = paid().await;
    let before = world.requests();
    let cases = [
        RefundOrder { amount: Money::ZERO, ..order.clone() },
        RefundOrder { amount: Money::from_fen(18_001), ..order.clone() },
        RefundOrder { refund: "a/b".into(), ..order.clone() },
        RefundOrder { refund: "R".repeat(65), ..order.clone() },
        RefundOrder { transaction: String::new(), ..order.clone() },
        RefundOrder { sub_merchant: "1&a=b".into(), ..order.clone() },
    ];
    for case in cases {
        assert!(matches!(world.channel.refund(&case).await, Err(ChannelError::Unsendable(_))), "{case:?}");
    }
    let nameless = Redirection::Payer { bank: "ICBC_DEBIT".into(), account: "62".into(), name: String::new() };
    let error = world.channel.redirect_abnormal(&order, "50300", &nameless).await.unwrap_err();
    assert!(matches!(error, ChannelError::Unsendable("name")), "{error:?}");
    assert_eq!(world.requests(), before);
}

#[tokio::test]
async fn s34_4_an_answer_about_another_refund_is_none() {
    let changes: [(&str, Value); 8] = [
        ("/out_refund_no", json!("20261-7K3M9Q2XAB-01-1-R2")),
        ("/out_trade_no", json!("20261-7K3M9Q2XAB-02-1")),
        ("/amount/total", json!(18_001)),
        ("/amount/currency", json!("USD")),
        ("/status", json!("REFUNDED")),
        ("/create_time", json!("yesterday")),
        ("/refund_id", json!("")),
        ("/transaction_id", json!("")),
    ];
    for (pointer, value) in changes {
        let (world, order) = paid().await;
        world.channel.refund(&order).await.unwrap();
        let now = world.now().seconds();
        let shown = value.clone();
        world.meddle(move |answer| {
            signed_anew(&answer, now, |body| *body.pointer_mut(pointer).unwrap() = value.clone())
        });
        let error = world.channel.query_refund(&order).await.unwrap_err();
        assert!(matches!(error, ChannelError::Malformed(_)), "{pointer} {shown}: {error:?}");
        assert!(!error.outcome_is_known());
    }
}

/// The answer with a change, signed by the provider all the same.
fn signed_anew(answer: &Response<bytes::Bytes>, now: i64, change: impl Fn(&mut Value)) -> Response<bytes::Bytes> {
    let mut body: Value = serde_json::from_slice(answer.body()).unwrap();
    change(&mut body);
    let body = body.to_string();
    let signature = keys::sign(keys::Signer::Platform, format!("{now}\nn\n{body}\n").as_bytes());
    let mut again = Response::new(bytes::Bytes::from(body));
    for (name, value) in [
        ("Wechatpay-Timestamp", now.to_string().as_str()),
        ("Wechatpay-Nonce", "n"),
        ("Wechatpay-Signature", signature.as_str()),
        ("Wechatpay-Serial", keys::PUBLIC_KEY_ID),
    ] {
        again.headers_mut().insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    again
}

#[tokio::test]
async fn s34_4_a_refund_made_in_the_console_is_told_to_nobody() {
    let (world, order) = paid().await;
    let number = world.provider().refund_in_console(NUMBER, 1_000, world.now().timestamp()).unwrap();
    world.set_now(START + REFUND_SECONDS);
    assert_eq!(notices(&world), []);
    let foreign = world.channel.query_refund(&RefundOrder { refund: number, ..order.clone() }).await.unwrap().unwrap();
    assert_eq!((foreign.status, foreign.amount), (Status::Done, Money::from_fen(1_000)));
    let over = world.channel.refund(&RefundOrder { amount: Money::from_fen(17_001), ..order }).await.unwrap_err();
    assert!(matches!(over, ChannelError::Refused { .. }), "it counts at the provider: {over:?}");
}

#[tokio::test]
async fn s34_4_the_switches_of_notices_spoil_those_of_refunds_too() {
    let cases: [(Faults, Option<CallbackError>); 4] = [
        (faults(|f| f.tamper_signature = true), Some(CallbackError::BadSignature)),
        (faults(|f| f.stale = true), Some(CallbackError::StaleTimestamp)),
        (faults(|f| f.old_certificate = true), None),
        (faults(|f| f.wrong_amount = true), None),
    ];
    for (spoil, expected) in cases {
        let (world, order) = paid().await;
        notices(&world);
        world.provider().set_faults(spoil.clone());
        world.channel.refund(&order).await.unwrap();
        world.set_now(START + REFUND_SECONDS);
        let first = world.provider().take_callbacks(world.now().timestamp()).remove(0);
        let opened = world.channel.open_callback(first.request.headers(), first.request.body());
        assert_eq!(opened.as_ref().err(), expected.as_ref(), "{opened:?}");
        world.set_now(START + REFUND_SECONDS + 15);
        let second = notices(&world);
        let [Notice::Refund { event_id, evidence }] = &second[..] else { panic!("{second:?}") };
        assert_eq!((event_id, evidence.amount), (&first.id, order.amount), "the next one is right");
    }
}
