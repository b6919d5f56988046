//! A provider, a clock and the channel between them.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use domain::payment::{Channel, PayMethod};
use domain::{Moment, Money};
use gateway::ambient::Ambient;
use gateway::channel::Checkout;
use gateway::channel::wechat::{Wechat, WechatSettings};
use gateway::http::Http;
use simulator::WechatPay;

pub(crate) const NUMBER: &str = "20261-7K3M9Q2XAB-01-1";
pub(crate) const SCHOOL: &str = "1900000201";
pub(crate) const NOTIFY_URL: &str = "https://pay.example/v1/callbacks/wechat";
pub(crate) const BASE: &str = "https://api.mch.weixin.qq.com";
/// 2026-09-01 08:00 in China.
pub(crate) const START: i64 = 1_788_220_800;

pub(crate) struct Clock {
    now: AtomicI64,
    dice: AtomicU64,
}

impl Clock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { now: AtomicI64::new(START), dice: AtomicU64::new(1) })
    }

    pub(crate) fn set(&self, seconds: i64) {
        self.now.store(seconds, Ordering::SeqCst);
    }
}

impl Ambient for Clock {
    fn now(&self) -> Moment {
        Moment::from_seconds(self.now.load(Ordering::SeqCst))
    }

    fn random(&self) -> u64 {
        self.dice.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst)
    }
}

/// What the line does to an answer before the channel sees it.
type Meddler = Box<dyn FnMut(http::Response<Bytes>) -> http::Response<Bytes> + Send>;

pub(crate) struct World {
    provider: Arc<Mutex<WechatPay>>,
    clock: Arc<Clock>,
    meddler: Arc<Mutex<Option<Meddler>>>,
    requests: Arc<Mutex<Vec<http::Request<Bytes>>>>,
    pub(crate) channel: Wechat,
}

struct Line {
    provider: Arc<Mutex<WechatPay>>,
    clock: Arc<Clock>,
    meddler: Arc<Mutex<Option<Meddler>>>,
    requests: Arc<Mutex<Vec<http::Request<Bytes>>>>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().unwrap();
        let request = request.map(|body| Bytes::copy_from_slice(body.bytes().unwrap()));
        let mut answer = self.provider.lock().unwrap().call(&request, self.clock.now().timestamp());
        self.requests.lock().unwrap().push(request);
        if let Some(meddler) = self.meddler.lock().unwrap().as_mut() {
            answer = meddler(answer);
        }
        HttpConnectorFuture::ready(Ok(HttpResponse::try_from(answer.map(SdkBody::from)).unwrap()))
    }
}

pub(crate) fn settings() -> WechatSettings {
    serde_json::from_value(simulator::secrets()["wechat"].take()).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(settings())
    }

    pub(crate) fn with(settings: WechatSettings) -> Self {
        let provider = Arc::new(Mutex::new(WechatPay::new(7)));
        let clock = Clock::new();
        let (meddler, requests) = (Arc::default(), Arc::default());
        let line = Line {
            provider: Arc::clone(&provider),
            clock: Arc::clone(&clock),
            meddler: Arc::clone(&meddler),
            requests: Arc::clone(&requests),
        };
        let http = Http::new(SharedHttpConnector::new(line));
        let ambient: Arc<dyn Ambient> = Arc::<Clock>::clone(&clock);
        let channel = Wechat::new(settings, BASE, http, ambient).unwrap();
        Self { provider, clock, meddler, requests, channel }
    }

    pub(crate) fn provider(&self) -> MutexGuard<'_, WechatPay> {
        self.provider.lock().unwrap()
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(crate) fn set_now(&self, seconds: i64) {
        self.clock.set(seconds);
    }

    pub(crate) fn meddle(&self, meddler: impl FnMut(http::Response<Bytes>) -> http::Response<Bytes> + Send + 'static) {
        *self.meddler.lock().unwrap() = Some(Box::new(meddler));
    }

    pub(crate) fn last_request(&self) -> http::Request<Bytes> {
        self.requests.lock().unwrap().last().unwrap().clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    pub(crate) fn pay(&self) -> String {
        self.provider().pay(NUMBER, self.now().timestamp()).unwrap()
    }
}

pub(crate) fn checkout(method: PayMethod) -> Checkout {
    Checkout {
        channel: Channel::Wechat,
        payment: NUMBER.parse().unwrap(),
        sub_merchant: SCHOOL.into(),
        sub_app: None,
        description: "五桂山小学 足球 2026 秋".into(),
        amount: Money::from_fen(18_000),
        expires_at: Moment::from_seconds(START + 900),
        method,
        payer: Some("oFictive0001".into()),
        payer_ip: Some("203.0.113.7".into()),
        notify_url: NOTIFY_URL.into(),
    }
}
