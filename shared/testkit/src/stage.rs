//! A stage for operations: the world with the platform's tables, secrets and payment provider set up, the apps of its
//! functions, and the events by which API Gateway calls them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use bytes::Bytes;
use domain::Moment;
use edge::{App, Config, Variable};
use gateway::ambient::Ambient;
use gateway::http::Http;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::{Alipay, Chinaums, MiniProgram, Province, Supervision, WechatPay};
use tower::ServiceExt;

use crate::connector::Outside;
use crate::database::Item;
use crate::table::{TABLES, table_name};
use crate::town::Town;
use crate::world::{World, simulate};

/// What the names of the tables begin with.
pub const PREFIX: &str = "test";
/// The bucket of snapshots.
pub const SNAPSHOTS: &str = "snapshots";
/// The bucket of audit segments.
pub const AUDIT: &str = "audit";
/// The bucket of imported files.
pub const IMPORTS: &str = "imports";
/// The bucket of providers' bills.
pub const BILLS: &str = "bills";
/// The queue that wakes the archive.
pub const ARCHIVE_QUEUE: &str = "archive.fifo";
/// The queue that wakes the import.
pub const IMPORT_QUEUE: &str = "import.fifo";

/// The queue that wakes the payout of refunds.
pub const REFUND_QUEUE: &str = "refund.fifo";
/// The queue that has families told.
pub const NOTICE_QUEUE: &str = "notice.fifo";
/// The queue that has the city told.
pub const MUNICIPAL_QUEUE: &str = "municipal.fifo";
/// The queue that has a school compared with the city.
pub const AGREEMENT_QUEUE: &str = "agreement.fifo";
/// Where providers reach the platform.
pub const PUBLIC_URL: &str = "https://platform.invalid/v1";
/// Where the identity provider sends people back to.
pub const RETURN_URL: &str = "https://platform.invalid/signed-in";

/// The world with the platform set up in it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The world.
    pub world: World,
    provider: Arc<Mutex<WechatPay>>,
    alipay: Arc<Mutex<Alipay>>,
    chinaums: Arc<Mutex<Chinaums>>,
    province: Arc<Mutex<Province>>,
    mini_program: Arc<Mutex<MiniProgram>>,
    supervision: Arc<Mutex<Supervision>>,
}

/// The outside systems, each at its own host.
struct Neighbours {
    provider: Arc<Mutex<WechatPay>>,
    alipay: Arc<Mutex<Alipay>>,
    chinaums: Arc<Mutex<Chinaums>>,
    province: Arc<Mutex<Province>>,
    mini_program: Arc<Mutex<MiniProgram>>,
    supervision: Arc<Mutex<Supervision>>,
}

impl Outside for Neighbours {
    fn call(&mut self, request: Request<Bytes>, now: Timestamp) -> Response<Bytes> {
        if request.uri().host() == Some(simulator::supervision::HOST) {
            self.supervision.lock().unwrap_or_else(PoisonError::into_inner).call(&request, now)
        } else if request.uri().host() == Some(simulator::mini_program::HOST) {
            self.mini_program.lock().unwrap_or_else(PoisonError::into_inner).call(&request, now)
        } else if request.uri().host() == Some(simulator::province::HOST) {
            self.province.lock().unwrap_or_else(PoisonError::into_inner).call(&request, now)
        } else if request.uri().host() == Some(simulator::alipay::HOST) {
            self.alipay.lock().unwrap_or_else(PoisonError::into_inner).call(&request, now)
        } else if request.uri().host() == Some(simulator::chinaums::HOST) {
            self.chinaums.lock().unwrap_or_else(PoisonError::into_inner).call(&request, now)
        } else {
            self.provider.lock().unwrap_or_else(PoisonError::into_inner).call(&request, now)
        }
    }
}

struct Surroundings(World);

impl Ambient for Surroundings {
    fn now(&self) -> Moment {
        self.0.now().into()
    }

    fn random(&self) -> u64 {
        self.0.random()
    }
}

impl Stage {
    /// Sets up empty tables, the secrets and the provider.
    pub fn new(world: &World) -> Self {
        world.create_tables(PREFIX);
        let secrets = simulator::secrets();
        for (name, value) in secrets.as_object().expect("secrets") {
            world.put_secret(&format!("{PREFIX}/{name}"), value);
        }
        let provider = Arc::new(Mutex::new(WechatPay::new(world.seed())));
        let alipay = Arc::new(Mutex::new(Alipay::new(world.seed())));
        let chinaums = Arc::new(Mutex::new(Chinaums::new(world.seed())));
        let province = Arc::new(Mutex::new(Province::new(world.seed())));
        let mini_program = Arc::new(Mutex::new(MiniProgram::new(world.seed())));
        let supervision = Arc::new(Mutex::new(Supervision::new()));
        world.set_outside(Neighbours {
            provider: Arc::clone(&provider),
            alipay: Arc::clone(&alipay),
            chinaums: Arc::clone(&chinaums),
            province: Arc::clone(&province),
            mini_program: Arc::clone(&mini_program),
            supervision: Arc::clone(&supervision),
        });
        Self { world: world.clone(), provider, alipay, chinaums, province, mini_program, supervision }
    }

    /// The same with a town that has settled in.
    pub async fn with(world: &World, town: &Town) -> Self {
        let stage = Self::new(world);
        town.settle_in(stage.app().store(), stage.now()).await;
        stage
    }

    /// What a town is in the tables, to be planted in many worlds.
    pub fn image_of(town: &Town) -> TownImage {
        Self::image_after(town, async |_| {})
    }

    /// The same when something has happened there.
    pub fn image_after(town: &Town, happens: impl AsyncFnOnce(&Self)) -> TownImage {
        simulate(0, async |world| {
            happens(&Self::with(&world, town).await).await;
            let names = TABLES.iter().map(|table| table_name(PREFIX, table.name));
            TownImage(names.map(|name| (name.clone(), world.scan(&name))).collect())
        })
    }

    /// The same as [`Stage::with`], without a call to the tables.
    pub fn planted(world: &World, image: &TownImage) -> Self {
        let stage = Self::new(world);
        for (table, items) in &image.0 {
            for item in items {
                world.plant(table, item.clone());
            }
        }
        stage
    }

    /// The app of a new Lambda environment: nothing is remembered in it yet.
    pub fn app(&self) -> App {
        let config = Config::of(
            [
                (Variable::TablePrefix, PREFIX),
                (Variable::SessionSecret, "test/session"),
                (Variable::SigningSecret, "test/session-signing"),
                (Variable::IdentitySecret, "test/identity"),
                (Variable::FirstAdministratorsSecret, "test/first-administrators"),
                (Variable::IdentityBaseUrl, "https://tyrz.gd.gov.cn"),
                (Variable::SignInReturnUrl, RETURN_URL),
                (Variable::BlindSecret, "test/blind"),
                (Variable::PersonalKeyArn, crate::kms::KEY),
                (Variable::WechatSecret, "test/wechat"),
                (Variable::WechatBaseUrl, "https://api.mch.weixin.qq.com"),
                (Variable::AlipaySecret, "test/alipay"),
                (Variable::AlipayBaseUrl, "https://openapi.alipay.com"),
                (Variable::ChinaumsSecret, "test/chinaums"),
                (Variable::ChinaumsBaseUrl, "https://api-mop.chinaums.com"),
                (Variable::MessageSecret, "test/message"),
                (Variable::MessageBaseUrl, "https://api.weixin.qq.com"),
                (Variable::SupervisionSecret, "test/supervision"),
                (Variable::SupervisionBaseUrl, "https://supervision.example"),
                (Variable::PublicUrl, PUBLIC_URL),
                (Variable::SnapshotsBucket, SNAPSHOTS),
                (Variable::ImportsBucket, IMPORTS),
                (Variable::BillsBucket, BILLS),
                (Variable::AuditBucket, AUDIT),
                (Variable::AuditSigningKey, "audit"),
                (Variable::ReportSigningKey, "report"),
                (Variable::ArchiveQueueUrl, "https://sqs.cn-northwest-1.amazonaws.com.cn/1/archive.fifo"),
                (Variable::ImportQueueUrl, "https://sqs.cn-northwest-1.amazonaws.com.cn/1/import.fifo"),
                (Variable::RefundQueueUrl, "https://sqs.cn-northwest-1.amazonaws.com.cn/1/refund.fifo"),
                (Variable::NoticeQueueUrl, "https://sqs.cn-northwest-1.amazonaws.com.cn/1/notice.fifo"),
                (Variable::MunicipalQueueUrl, "https://sqs.cn-northwest-1.amazonaws.com.cn/1/municipal.fifo"),
                (Variable::AgreementQueueUrl, "https://sqs.cn-northwest-1.amazonaws.com.cn/1/agreement.fifo"),
            ]
            .map(|(variable, value)| (variable, value.to_owned())),
        );
        let connector = self.world.http_connector();
        let outside = Box::new(move || Http::new(connector.clone()));
        let ambient = Arc::new(Surroundings(self.world.clone()));
        App::new(config, self.world.sdk_config(), World::retry_partition(), outside, ambient).expect("an app")
    }

    /// The payment provider.
    pub fn provider(&self) -> MutexGuard<'_, WechatPay> {
        self.provider.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The second payment provider.
    pub fn alipay(&self) -> MutexGuard<'_, Alipay> {
        self.alipay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A bank's aggregated channel, which the platform has not opened unless a test puts its secret.
    pub fn chinaums(&self) -> MutexGuard<'_, Chinaums> {
        self.chinaums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The province's unified identity.
    pub fn province(&self) -> MutexGuard<'_, Province> {
        self.province.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Our mini program at WeChat.
    pub fn mini_program(&self) -> MutexGuard<'_, MiniProgram> {
        self.mini_program.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The city's supervision system.
    pub fn supervision(&self) -> MutexGuard<'_, Supervision> {
        self.supervision.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The virtual moment.
    pub fn now(&self) -> Moment {
        self.world.now().into()
    }
}

/// The tables of a town.
#[derive(Clone, Debug)]
pub struct TownImage(Vec<(String, Vec<Item>)>);

/// What a function answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Answered {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The slug of the problem it is.
    pub fn slug(&self) -> String {
        let kind = self.json()["type"].as_str().unwrap_or_default().to_owned();
        kind.trim_start_matches("/problems/").to_owned()
    }

    /// The text of the file it holds; a workbook is none.
    pub fn file(&self) -> String {
        use base64::Engine as _;
        let content = self.json()["content_base64"].as_str().unwrap_or_default().to_owned();
        let bytes = base64::engine::general_purpose::STANDARD.decode(content).expect("base 64");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Sends an event of API Gateway to the router of a function.
pub async fn send(router: &Router, event: &Value) -> Answered {
    let request = lambda_http::request::from_str(&event.to_string()).expect("an event of API Gateway");
    let response = router.clone().oneshot(request).await.expect("a router never fails");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    Answered { status: parts.status, headers: parts.headers, text }
}

/// Who sends a request.
#[derive(Clone, Debug)]
pub enum Who {
    /// Nobody: the path is public.
    Nobody,
    /// A guardian.
    Guardian(String),
    /// A person with a role, as `school_admin@school:3144200101`.
    Staff(String),
    /// This person, with these roles.
    Person(String, String),
}

impl Who {
    fn context(&self) -> Value {
        let (id, grants) = match self {
            Self::Nobody => return Value::Null,
            Self::Guardian(id) => (id.as_str(), "guardian@children"),
            Self::Staff(grant) => ("A000000001", grant.as_str()),
            Self::Person(id, grants) => (id.as_str(), grants.as_str()),
        };
        json!({"sub": id, "sid": "5f0c1d7e9b3a4c26", "sv": "0", "grants": grants, "principalId": id})
    }
}

/// An event of API Gateway: `path` may have a query behind `?`.
pub fn event(method: &str, path: &str, who: &Who, headers: &[(&str, &str)], body: Option<&str>) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let one: serde_json::Map<String, Value> = pairs.clone().map(|(k, v)| (k.to_owned(), json!(v))).collect();
    let many: serde_json::Map<String, Value> = pairs.map(|(k, v)| (k.to_owned(), json!([v]))).collect();
    let head: serde_json::Map<String, Value> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let heads: serde_json::Map<String, Value> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
    json!({
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": head,
        "multiValueHeaders": heads,
        "queryStringParameters": one,
        "multiValueQueryStringParameters": many,
        "pathParameters": null,
        "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012",
            "resourceId": "abc123",
            "stage": "$default",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "test"},
            "resourcePath": path,
            "httpMethod": method,
            "apiId": "1234567890",
            "protocol": "HTTP/1.1",
            "authorizer": who.context(),
        },
        "body": body,
        "isBase64Encoded": false,
    })
}
