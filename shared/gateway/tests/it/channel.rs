//! Create, query, close, echo: each answer and each error of them.

use domain::fault::{Fault, Kind};
use domain::payment::{CloseAnswer, PayMethod, ProviderState, Source};
use domain::{Moment, Money};
use gateway::channel::wechat::{Wechat, WechatSetupError};
use gateway::channel::{CallbackError, ChannelError, Checkout, Invoke, Notice, Prepared};
use http::{HeaderValue, StatusCode};
use simulator::keys;
use simulator::wechat::Faults;

use crate::world::{BASE, NOTIFY_URL, NUMBER, SCHOOL, START, World, checkout, settings};

fn number() -> domain::id::PaymentNo {
    NUMBER.parse().unwrap()
}

async fn created() -> World {
    let world = World::new();
    world.channel.create(&checkout(PayMethod::Native)).await.unwrap();
    world
}

#[tokio::test]
async fn p6_2_each_method_gives_what_its_front_end_needs() {
    let world = World::new();
    let Prepared::Scan { code_url } = world.channel.create(&checkout(PayMethod::Native)).await.unwrap() else {
        panic!("a code to scan")
    };
    assert!(code_url.starts_with("weixin://"), "{code_url}");

    let world = World::new();
    let Prepared::Redirect { h5_url } = world.channel.create(&checkout(PayMethod::H5)).await.unwrap() else {
        panic!("a page to open")
    };
    assert_eq!(h5_url, format!("{BASE}/pay/{NUMBER}"));

    for method in [PayMethod::Jsapi, PayMethod::MiniProgram] {
        let world = World::new();
        let Prepared::Invoke(invoke) = world.channel.create(&checkout(method)).await.unwrap() else {
            panic!("parameters to invoke")
        };
        assert_eq!(world.last_request().uri().path(), "/v3/pay/partner/transactions/jsapi");
        check_pay_sign(&invoke, keys::SP_APPID);
    }
}

#[tokio::test]
async fn p6_2_a_schools_own_application_pays_with_its_own_payer() {
    let world = World::new();
    let own = Checkout { sub_app: Some("wx00school".into()), ..checkout(PayMethod::MiniProgram) };
    let Prepared::Invoke(invoke) = world.channel.create(&own).await.unwrap() else { panic!("parameters to invoke") };
    check_pay_sign(&invoke, "wx00school");
    let sent: serde_json::Value = serde_json::from_slice(world.last_request().body()).unwrap();
    assert_eq!(sent["payer"], serde_json::json!({ "sub_openid": "oFictive0001" }));
    assert_eq!(sent["sub_appid"], "wx00school");
}

fn check_pay_sign(invoke: &Invoke, app: &str) {
    assert_eq!((invoke.app_id.as_str(), invoke.sign_type.as_str()), (app, "RSA"));
    assert_eq!(invoke.time_stamp, START.to_string());
    assert!(invoke.package.starts_with("prepay_id=wx"), "{invoke:?}");
    let signed = format!("{app}\n{}\n{}\n{}\n", invoke.time_stamp, invoke.nonce_str, invoke.package);
    assert!(keys::is_signed_by_merchant(signed.as_bytes(), &invoke.pay_sign));
    let shown = serde_json::to_value(Prepared::Invoke(invoke.clone())).unwrap();
    for name in ["kind", "appId", "timeStamp", "nonceStr", "package", "signType", "paySign"] {
        assert!(shown.get(name).is_some(), "{name} is missing in {shown}");
    }
}

#[tokio::test]
async fn p6_2_a_create_may_be_repeated_but_not_changed() {
    let world = created().await;
    world.channel.create(&checkout(PayMethod::Native)).await.unwrap();
    assert_eq!(world.provider().payments().len(), 1);
    let dearer = Checkout { amount: Money::from_fen(18_001), ..checkout(PayMethod::Native) };
    let error = world.channel.create(&dearer).await.unwrap_err();
    assert!(matches!(error, ChannelError::NumberUsed), "{error:?}");
    let other_method = world.channel.create(&checkout(PayMethod::H5)).await.unwrap_err();
    assert!(matches!(other_method, ChannelError::NumberUsed), "{other_method:?}");
    world.set_now(START + 901);
    let late = world.channel.create(&checkout(PayMethod::Native)).await.unwrap_err();
    assert!(matches!(&late, ChannelError::Refused { code, .. } if code == "INVALID_REQUEST"), "{late:?}");
    assert!(late.outcome_is_known());
}

#[tokio::test]
async fn p6_2_a_paid_or_closed_number_says_so() {
    let world = created().await;
    world.pay();
    let error = world.channel.create(&checkout(PayMethod::Native)).await.unwrap_err();
    assert!(matches!(error, ChannelError::AlreadyPaid), "{error:?}");

    let world = created().await;
    world.channel.close(&number(), SCHOOL).await.unwrap();
    let error = world.channel.create(&checkout(PayMethod::Native)).await.unwrap_err();
    assert!(matches!(error, ChannelError::Closed), "{error:?}");
}

#[tokio::test]
async fn p6_2_the_provider_moves_a_near_expiry_to_one_minute() {
    let world = World::new();
    let near = Checkout { expires_at: Moment::from_seconds(START + 5), ..checkout(PayMethod::Native) };
    world.channel.create(&near).await.unwrap();
    let expires_at = world.provider().payments()[NUMBER].expires_at;
    assert_eq!(Moment::from(expires_at).seconds(), START + 60);
    let sent: serde_json::Value = serde_json::from_slice(world.last_request().body()).unwrap();
    assert_eq!(sent["time_expire"], "2026-09-01T08:00:05+08:00");
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_sent() {
    let world = World::new();
    let good = checkout(PayMethod::Jsapi);
    let cases = [
        Checkout { payer: None, ..good.clone() },
        Checkout { payer_ip: None, method: PayMethod::H5, ..good.clone() },
        Checkout { amount: Money::from_fen(0), ..good.clone() },
        Checkout { sub_merchant: "19&sp_mchid=1".into(), ..good },
    ];
    for case in cases {
        let error = world.channel.create(&case).await.unwrap_err();
        assert!(matches!(error, ChannelError::Unsendable(_)), "{error:?}");
        assert!(error.outcome_is_known());
    }
    assert!(matches!(world.channel.query(&number(), "").await, Err(ChannelError::Unsendable(_))));
    assert!(matches!(world.channel.close(&number(), "a b").await, Err(ChannelError::Unsendable(_))));
    assert_eq!(world.requests(), 0);
}

#[tokio::test]
async fn p6_3_a_query_tells_each_state() {
    let world = World::new();
    assert_eq!(world.channel.query(&number(), SCHOOL).await.unwrap(), ProviderState::Unknown);
    world.channel.create(&checkout(PayMethod::Native)).await.unwrap();
    assert_eq!(world.channel.query(&number(), SCHOOL).await.unwrap(), ProviderState::Unpaid);
    let until = Moment::from_seconds(START + 30).timestamp();
    world.provider().enter_password(NUMBER, until).unwrap();
    assert_eq!(world.channel.query(&number(), SCHOOL).await.unwrap(), ProviderState::Paying);
    world.set_now(START + 40);
    let transaction = world.pay();
    let ProviderState::Paid(evidence) = world.channel.query(&number(), SCHOOL).await.unwrap() else {
        panic!("it is paid")
    };
    assert_eq!(evidence.source, Source::Query);
    assert_eq!((evidence.transaction, evidence.event), (transaction, None));
    assert_eq!((evidence.merchant.as_str(), evidence.app.as_str()), (keys::SP_MCHID, keys::SP_APPID));
    assert_eq!((evidence.total, evidence.currency.as_str()), (Money::from_fen(18_000), "CNY"));
    assert_eq!((evidence.paid_at.seconds(), evidence.sub_merchant.as_str()), (START + 40, SCHOOL));
    let foreign = world.channel.query(&number(), "1900000999").await.unwrap();
    assert_eq!(foreign, ProviderState::Unknown, "another school sees nothing");

    let world = created().await;
    world.channel.close(&number(), SCHOOL).await.unwrap();
    assert_eq!(world.channel.query(&number(), SCHOOL).await.unwrap(), ProviderState::Closed);
}

#[tokio::test]
async fn p6_3_a_close_tells_each_outcome() {
    let world = World::new();
    assert_eq!(world.channel.close(&number(), SCHOOL).await.unwrap(), CloseAnswer::Unknown);
    world.channel.create(&checkout(PayMethod::Native)).await.unwrap();
    assert_eq!(world.channel.close(&number(), "1900000999").await.unwrap(), CloseAnswer::Unknown);
    let until = Moment::from_seconds(START + 30).timestamp();
    world.provider().enter_password(NUMBER, until).unwrap();
    assert_eq!(world.channel.close(&number(), SCHOOL).await.unwrap(), CloseAnswer::Paying);
    world.set_now(START + 31);
    assert_eq!(world.channel.close(&number(), SCHOOL).await.unwrap(), CloseAnswer::Closed);
    assert_eq!(world.channel.close(&number(), SCHOOL).await.unwrap(), CloseAnswer::Closed);

    let world = created().await;
    world.pay();
    assert_eq!(world.channel.close(&number(), SCHOOL).await.unwrap(), CloseAnswer::Paid);
}

#[tokio::test]
async fn p6_3_the_self_test_comes_back_as_a_callback() {
    let world = World::new();
    world.channel.echo("hello", NOTIFY_URL).await.unwrap();
    let callback = world.provider().take_callbacks(world.now().timestamp()).remove(0);
    let notice = world.channel.open_callback(callback.request.headers(), callback.request.body()).unwrap();
    assert_eq!(notice, Notice::Echo { event_id: callback.id });
}

#[tokio::test]
async fn a_lost_answer_leaves_the_outcome_open() {
    let world = World::new();
    world.provider().set_faults_of(NUMBER, Some(Faults { answer_lost: 1, ..Faults::default() }));
    let error = world.channel.create(&checkout(PayMethod::Native)).await.unwrap_err();
    assert_eq!((error.kind(), error.slug()), (Kind::Unavailable, "gateway/provider-unavailable"));
    assert!(!error.outcome_is_known());
    assert_eq!(world.provider().payments().len(), 1, "it acted");
    world.channel.create(&checkout(PayMethod::Native)).await.unwrap();
}

#[tokio::test]
async fn a_busy_provider_is_unavailable() {
    let world = World::new();
    world.provider().set_faults(Faults { busy: 3, ..Faults::default() });
    let create = world.channel.create(&checkout(PayMethod::Native)).await.unwrap_err();
    let query = world.channel.query(&number(), SCHOOL).await.unwrap_err();
    let close = world.channel.close(&number(), SCHOOL).await.unwrap_err();
    for error in [create, query, close] {
        assert!(matches!(error, ChannelError::Unavailable(_)), "{error:?}");
    }
    assert!(world.provider().payments().is_empty(), "it did nothing");
}

#[tokio::test]
async fn an_answer_that_is_not_signed_is_no_answer() {
    let world = created().await;
    world.pay();
    let now = world.now().seconds();
    let spoil: [fn(&mut http::Response<bytes::Bytes>); 6] = [
        |answer| drop(answer.headers_mut().remove("Wechatpay-Signature")),
        |answer| drop(answer.headers_mut().remove("Wechatpay-Nonce")),
        |answer| drop(answer.headers_mut().insert("Wechatpay-Nonce", HeaderValue::from_static("n"))),
        |answer| drop(answer.headers_mut().insert("Wechatpay-Serial", HeaderValue::from_static("NOBODY"))),
        |answer| *answer.body_mut() = [answer.body(), &b" "[..]].concat().into(),
        |answer| {
            drop(answer.headers_mut().insert("Wechatpay-Timestamp", HeaderValue::from(START - 301)));
        },
    ];
    for change in spoil {
        world.meddle(move |mut answer| {
            change(&mut answer);
            answer
        });
        let error = world.channel.query(&number(), SCHOOL).await.unwrap_err();
        assert!(matches!(error, ChannelError::BadSignature(_)), "{error:?}");
        assert!(!error.outcome_is_known());
    }
    assert_eq!(world.now().seconds(), now);
}

#[tokio::test]
async fn a_close_without_content_is_verified_too() {
    let world = created().await;
    world.provider().set_faults(Faults { tamper_answer: 1, ..Faults::default() });
    let error = world.channel.close(&number(), SCHOOL).await.unwrap_err();
    assert!(matches!(error, ChannelError::BadSignature(CallbackError::BadSignature)), "{error:?}");
    assert_eq!(world.channel.close(&number(), SCHOOL).await.unwrap(), CloseAnswer::Closed);
}

#[tokio::test]
async fn a_refusal_with_a_wrong_signature_is_no_refusal() {
    let world = created().await;
    world.pay();
    world.provider().set_faults(Faults { tamper_answer: 1, ..Faults::default() });
    let error = world.channel.close(&number(), SCHOOL).await.unwrap_err();
    assert!(matches!(error, ChannelError::BadSignature(_)), "{error:?}");
}

#[tokio::test]
async fn strange_answers_are_never_facts() {
    type Expected = fn(&ChannelError) -> bool;
    let strange: [(u16, &str, Expected); 8] = [
        (200, "{}", |e| matches!(e, ChannelError::BadSignature(_))),
        (302, "", |e| matches!(e, ChannelError::Malformed(_))),
        (403, "<html>proxy</html>", |e| matches!(e, ChannelError::Malformed(_))),
        (403, r#"{"code":"NO_AUTH","message":"no"}"#, |e| matches!(e, ChannelError::Refused { .. })),
        (429, r#"{"code":"FREQUENCY_LIMITED"}"#, |e| matches!(e, ChannelError::Unavailable(_))),
        (502, "<html>bad gateway</html>", |e| matches!(e, ChannelError::Unavailable(_))),
        (500, r#"{"code":"ORDER_CLOSED"}"#, |e| matches!(e, ChannelError::Unavailable(_))),
        (400, r#"{"trade_state":"SUCCESS"}"#, |e| matches!(e, ChannelError::Malformed(_))),
    ];
    for (status, body, expected) in strange {
        let world = created().await;
        world.meddle(move |_answer| {
            let mut answer = http::Response::new(body.into());
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            answer
        });
        let error = world.channel.query(&number(), SCHOOL).await.unwrap_err();
        assert!(expected(&error), "{status} {body}: {error:?}");
        let error = world.channel.close(&number(), SCHOOL).await.unwrap_err();
        assert!(expected(&error), "{status} {body}: {error:?}");
    }
}

#[tokio::test]
async fn answers_are_signed_by_the_key_that_is_asked_for() {
    let mut by_certificate = settings();
    by_certificate.answer_serial = keys::CERTIFICATE_SERIAL.into();
    let world = World::with(by_certificate);
    world.channel.create(&checkout(PayMethod::Native)).await.unwrap();
    assert_eq!(world.last_request().headers()["Wechatpay-Serial"], keys::CERTIFICATE_SERIAL);
}

#[test]
fn a_wrong_account_is_found_at_start() {
    type Change = fn(&mut gateway::channel::wechat::WechatSettings);
    let cases: [(Change, WechatSetupError); 8] = [
        (|s| s.sp_mchid = "19a".into(), WechatSetupError::Merchant),
        (|s| s.sp_appid = String::new(), WechatSetupError::Merchant),
        (|s| s.serial_no = "\"".into(), WechatSetupError::Merchant),
        (|s| s.private_key = "-----BEGIN".into(), WechatSetupError::PrivateKey),
        (|s| s.api_v3_key = "short".into(), WechatSetupError::SharedKey),
        (|s| s.verifiers[1].serial = "00".into(), WechatSetupError::Verifier("00".into())),
        (|s| s.answer_serial = "NOBODY".into(), WechatSetupError::AnswerSerial),
        (|s| s.verifiers.clear(), WechatSetupError::AnswerSerial),
    ];
    for (change, expected) in cases {
        let mut changed = settings();
        change(&mut changed);
        assert_eq!(setup(changed, BASE), Some(expected));
    }
    for base in ["", "api.mch.weixin.qq.com", "https://a/b", "https://a?b=c", "ftp://a", "https://u:p@a"] {
        assert_eq!(setup(settings(), base), Some(WechatSetupError::BaseUrl), "{base}");
    }
    for base in ["https://a", "https://a/", "http://127.0.0.1:9000"] {
        assert_eq!(setup(settings(), base), None, "{base}");
    }
}

fn setup(settings: gateway::channel::wechat::WechatSettings, base: &str) -> Option<WechatSetupError> {
    struct Nothing;
    impl gateway::ambient::Ambient for Nothing {
        fn now(&self) -> Moment {
            Moment::from_seconds(0)
        }
        fn random(&self) -> u64 {
            0
        }
    }
    #[derive(Debug)]
    struct NoLine;
    impl aws_smithy_runtime_api::client::http::HttpConnector for NoLine {
        fn call(
            &self,
            _request: aws_smithy_runtime_api::client::orchestrator::HttpRequest,
        ) -> aws_smithy_runtime_api::client::http::HttpConnectorFuture {
            panic!("nothing is sent at start")
        }
    }
    let line = aws_smithy_runtime_api::client::http::SharedHttpConnector::new(NoLine);
    Wechat::new(settings, base, gateway::http::Http::new(line), std::sync::Arc::new(Nothing)).err()
}

#[test]
fn k3_no_secret_prints() {
    let world = World::new();
    let shown = format!("{:?} {:?}", settings(), world.channel);
    assert!(shown.contains(keys::SP_MCHID));
    for secret in [keys::API_V3_KEY, "PRIVATE KEY", "MII"] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
}
