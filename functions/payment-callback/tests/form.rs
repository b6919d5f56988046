//! Notifications that are forms: what they bring about, and what they are answered with. P3 P6.4, R2 R3 R7.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use axum::Router;
use domain::access::Guarded;
use domain::id::PaymentNo;
use domain::payment::{Channel, Payment, PaymentState};
use domain::record::{Order, OrderState};
use edge::App;
use serde_json::json;
use simulator::alipay::SELLERS;
use simulator::wechat::{Callback, Faults};
use testkit::stage::{Answered, Stage, Who, event, send};
use testkit::town::{TERM, Town, id};
use testkit::{World, simulate};

const FIRST: &str = "20261-S000000000-01-1";
const GUARDIAN: &str = "G000000000";

struct Ground {
    stage: Stage,
    app: App,
    orders: Router,
    callbacks: Router,
}

impl Ground {
    /// An order that waits. China UMS is opened if it is wanted.
    async fn ordered(world: &World, chinaums: bool) -> Self {
        let stage = Stage::with(world, &Town::small(4)).await;
        if chinaums {
            world.put_secret("test/chinaums", &simulator::chinaums::secret());
        }
        let enrollment = edge::start::router(stage.app(), enrollment::routes());
        let ground = Self {
            app: stage.app(),
            orders: edge::start::router(stage.app(), order::routes()),
            callbacks: edge::start::router(stage.app(), payment_callback::routes()),
            stage,
        };
        let choices = json!([{"offering_id": format!("3144200101.{TERM}.K1")}]);
        let body = json!({"student_id": "S000000000", "term": TERM, "choices": choices}).to_string();
        let who = Who::Guardian(GUARDIAN.to_owned());
        let sent = event("POST", "/enrollments", &who, &[("Idempotency-Key", "e")], Some(&body));
        assert_eq!(send(&enrollment, &sent).await.status, 201);
        ground
    }

    /// The same, its payment begun at Alipay and opened by the payer.
    async fn new(world: &World) -> Self {
        let ground = Self::ordered(world, false).await;
        let begun = ground.begin("alipay", "page", "p-1").await;
        let signed = signed(&begun, "https://openapi.alipay.com/gateway.do?");
        assert_eq!(ground.stage.alipay().open(&signed, ground.stage.world.now()).as_deref(), Ok(FIRST));
        ground
    }

    async fn begin(&self, channel: &str, method: &str, key: &str) -> Answered {
        let body = json!({"channel": channel, "method": method}).to_string();
        let who = Who::Guardian(GUARDIAN.to_owned());
        let path = "/orders/20261-S000000000-01/payments";
        send(&self.orders, &event("POST", path, &who, &[("Idempotency-Key", key)], Some(&body))).await
    }

    fn pay(&self) -> String {
        self.stage.alipay().pay(FIRST, self.stage.world.now()).expect("paid")
    }

    fn next(&self) -> Callback {
        self.stage.alipay().take_callbacks(self.stage.world.now()).remove(0)
    }

    async fn deliver(&self, callback: &Callback) -> Answered {
        self.deliver_to("/callbacks/alipay", callback).await
    }

    async fn deliver_to(&self, path: &str, callback: &Callback) -> Answered {
        let body = String::from_utf8(callback.request.body().to_vec()).expect("a form");
        let headers = [("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")];
        send(&self.callbacks, &event("POST", path, &Who::Nobody, &headers, Some(&body))).await
    }

    async fn order(&self) -> Order {
        let record = self.app.store().record(&id("S000000000"), &id(TERM)).await.expect("read").map(Guarded::unguarded);
        record.expect("a record").value.orders[0].clone()
    }

    async fn payment(&self) -> Payment {
        let found = self.app.store().payment(&id::<PaymentNo>(FIRST)).await.expect("read").map(Guarded::unguarded);
        found.expect("a payment").value
    }

    /// How many messages of the provider are kept.
    fn kept(&self) -> usize {
        let items = self.stage.world.scan("test-money");
        items.iter().filter(|item| item["pk"].as_s().is_ok_and(|pk| pk.contains("alipay"))).count()
    }
}

/// What is signed in the address of a checkout.
fn signed(begun: &Answered, address: &str) -> String {
    assert_eq!(begun.status, 201, "{}", begun.text);
    let checkout = &begun.json()["checkout"];
    assert_eq!(checkout["kind"], "redirect");
    checkout["h5_url"].as_str().and_then(|url| url.strip_prefix(address)).expect("the provider's").to_owned()
}

#[test]
fn p6_4_a_payment_at_alipay_pays_its_order_once() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        let transaction = ground.pay();
        let callback = ground.next();
        for _repetition in 0..3 {
            let answered = ground.deliver(&callback).await;
            assert_eq!((answered.status.as_u16(), answered.text.as_str()), (200, "success"));
        }
        let payment = ground.payment().await;
        assert_eq!((payment.channel, payment.state), (Channel::Alipay, PaymentState::Succeeded));
        assert_eq!(payment.sub_merchant, SELLERS[0].pid, "the school's own account");
        assert_eq!(payment.paid.expect("paid").transaction, transaction);
        assert_eq!(ground.order().await.state, OrderState::Paid);
        assert_eq!(ground.kept(), 1, "kept once, with what it changed");
    });
}

#[test]
fn p3_what_is_not_from_alipay_has_no_effect() {
    let spoil: [fn(&mut Faults); 4] = [
        |faults| faults.tamper_body = true,
        |faults| faults.tamper_signature = true,
        |faults| faults.wrong_app = true,
        |faults| faults.other_school = true,
    ];
    for set in spoil {
        simulate(1, async |world| {
            let ground = Ground::new(&world).await;
            let mut faults = Faults::default();
            set(&mut faults);
            ground.stage.alipay().set_faults(faults.clone());
            ground.pay();
            let answered = ground.deliver(&ground.next()).await;
            assert_eq!((answered.status.as_u16(), answered.text.as_str()), (401, "fail"), "{faults:?}");
            assert_eq!((ground.order().await.state, ground.kept()), (OrderState::Pending, 0));
            ground.stage.world.advance(Duration::from_mins(4)).await;
            assert_eq!(ground.deliver(&ground.next()).await.text, "success", "it comes again, and is right");
            assert_eq!(ground.order().await.state, OrderState::Paid);
        });
    }
}

#[test]
fn p3_another_amount_is_kept_and_the_provider_is_asked() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        ground.stage.alipay().set_faults(Faults { wrong_amount: true, ..Faults::default() });
        ground.pay();
        let answered = ground.deliver(&ground.next()).await;
        assert_eq!((answered.status.as_u16(), answered.text.as_str()), (200, "success"));
        assert_eq!(
            (ground.order().await.state, ground.kept()),
            (OrderState::Paid, 1),
            "what it says when asked is right"
        );
    });
}

#[test]
fn p7_3_a_notice_of_a_refund_never_pays() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        ground.pay();
        // That of the payment is lost; that of a refund made in the console reads TRADE_SUCCESS too.
        drop(ground.next());
        ground.stage.alipay().refund_in_console(FIRST, 100, world.now()).expect("gone back");
        let answered = ground.deliver(&ground.next()).await;
        assert_eq!((answered.status.as_u16(), answered.text.as_str()), (200, "success"));
        assert_eq!((ground.order().await.state, ground.kept()), (OrderState::Pending, 1), "kept for a person");
    });
}

#[test]
fn p6_4_a_method_of_another_channel_is_refused() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        let refused = ground.begin("alipay", "native", "p-2").await;
        assert_eq!((refused.status.as_u16(), refused.slug()), (422, "order/method-not-offered".to_owned()));
        // The open attempt has to end first: whoever opened it may still pay.
        let other = ground.begin("alipay", "wap", "p-3").await;
        assert_eq!(other.status, 201, "waiting for its payer it can be closed: {}", other.text);
        assert_eq!(ground.stage.alipay().trades()[FIRST].status(), "TRADE_CLOSED");
        let told = ground.deliver(&ground.next()).await;
        assert_eq!((told.status.as_u16(), told.text.as_str()), (200, "success"), "closed as we know");
    });
}

#[test]
fn p6_4_a_bank_is_believed_when_it_is_asked() {
    simulate(1, async |world| {
        let ground = Ground::ordered(&world, true).await;
        let begun = ground.begin("chinaums", "h5", "p-1").await;
        let signed = signed(&begun, "https://api-mop.chinaums.com/v1/netpay/uac/order?");
        let number = ground.stage.chinaums().open(&signed, world.now()).expect("opened");
        // Rightly hashed, it lies about the amount: nothing of it counts but that there is something to ask about.
        ground.stage.chinaums().set_faults(Faults { wrong_amount: true, ..Faults::default() });
        let transaction = ground.stage.chinaums().pay(&number, world.now()).expect("paid");
        let told = ground.stage.chinaums().take_callbacks(world.now()).remove(0);
        for _repetition in 0..2 {
            let answered = ground.deliver_to("/callbacks/chinaums", &told).await;
            assert_eq!((answered.status.as_u16(), answered.text.as_str()), (200, "SUCCESS"));
        }
        let payment = ground.payment().await;
        assert_eq!((payment.channel, payment.state), (Channel::Chinaums, PaymentState::Succeeded));
        assert_eq!(payment.paid.expect("paid").transaction, transaction);
        assert_eq!(ground.order().await.state, OrderState::Paid);
    });
}

#[test]
fn p6_4_a_channel_that_is_not_opened_takes_nothing() {
    simulate(1, async |world| {
        let ground = Ground::ordered(&world, false).await;
        let refused = ground.begin("chinaums", "h5", "p-1").await;
        assert_eq!((refused.status.as_u16(), refused.slug()), (409, "order/channel-not-opened".to_owned()));
        let request = http::Request::new(bytes::Bytes::from_static(b"sign=1&signType=SHA256"));
        let answered = ground.deliver_to("/callbacks/chinaums", &Callback { id: String::new(), request }).await;
        assert_eq!((answered.status.as_u16(), answered.text.as_str()), (401, "fail"));
        assert_eq!(ground.begin("alipay", "app", "p-2").await.status, 201, "the others are open");
    });
}
