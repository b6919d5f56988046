//! The description of all operations (OpenAPI 3.1): one document made from the functions' routers, sound by itself,
//! and held in `docs/openapi.json`, from where the portal serves it.
#![expect(
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "every function of this target is a test or serves one; what a document lacks is null"
)]

mod routers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, OpenApiVersion, PathItem, RefOr,
    SecurityRequirement, ServerBuilder,
};

/// The tags in the order in which a reader meets them.
const TAGS: [(&str, &str); 33] = [
    ("公共", "无需登录:平台状态、接口描述与问题代码"),
    ("登录", "统一身份认证登录,工作人员密码加动态验证码登录,续期与退出"),
    ("用户与角色", "账号、所持角色,以及角色的权限配置与审批"),
    ("权限审查", "谁能做什么、哪些权限无人使用、哪些账号长期未登录,并由第二人签署"),
    ("审计", "谁在何时以何权限做了什么"),
    ("行政班与学生", "行政班、学生与家长,名册导出与学年升级"),
    ("教职工", "学校教职工及其岗位"),
    ("家长", "家长名下的学生"),
    ("我的隐私", "家长查看平台持有的个人信息、谁看过、提供给谁,导出、更正、删除与同意书"),
    ("个人信息", "按用途申请查看完整个人信息并由责任人批准,处理家长的更正与删除请求"),
    ("数据密钥", "各学校数据密钥的清单、轮换,及须两人的销毁"),
    ("学校", "学校名录、学期日历、节假日与场室"),
    ("收款账户", "学校收款账户,变更须两人"),
    ("导入", "按名册导入组织、人员与课程:先检查,再确认"),
    ("选课目录", "学期、选课时间与开课,及剩余名额"),
    ("选课", "为学生选课,查询选课记录"),
    ("订单", "支付、取消与查询订单,订单快照凭证"),
    ("退费", "测算、申请与审核退课退费,查看退款单,处理未到账与异常"),
    ("退费规则", "学校每学期的退费规则与镇街的默认规则,订单按提交时的版本执行"),
    ("对账", "通道账单与平台账务的差异及其处理,学校资金日报、收退统计与明细导出"),
    ("结算", "学校结算规则,按自然月编制的结算批次及其确认、审批、冲销与导出,订单按自然月拆分"),
    ("教学班", "教学班及其教师、行政管理教师和学生,教材领取与结课"),
    ("课表", "班级、教师、学生与场室的课表及日历订阅"),
    ("调课代课", "课次的调课、代课与停课:申请、审核、撤销与记录"),
    ("考勤", "签到与点名,考勤锁定,考勤报表与课时统计"),
    ("请假与更正", "学生与教师请假、销假,考勤更正与补打卡"),
    ("考勤规则", "学校的签到、审核与更正规则"),
    ("考勤锁定", "按月或按日期锁定考勤"),
    ("调课调班", "学生改选课程或更换教学班:测算、申请、审核、撤回与记录"),
    ("消息订阅", "监护人订阅的微信提醒"),
    ("数据上报", "监管系统已接收的数据:上报情况、核对与差异、重报、上报时段、月度核对报告"),
    ("数据接收", "监管系统下发的学校、机构、规格与课程:推送、差异、确认采用"),
    ("支付回调", "由支付通道调用,以签名为凭"),
];

/// The scheme that guards everything that is not public.
const SESSION: &str = "session";

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];

/// The whole document.
fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("课后服务平台")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "中小学课后服务平台接口。金额以分为单位,字段名以 `_fen` 结尾;时间为 RFC 3339,带 `+08:00`。\n\n\
             占用名额或涉及资金的 POST 请求须带 `Idempotency-Key`:同一值加同一内容得到同一结果,同一值加不同内容返回 422。\
             修改请求以 `If-Match` 带上读取时的 `ETag`。出错时返回 `application/problem+json`,代码见 `/problems`。",
        ))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build()))
        .build();
    let session = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("登录后取得的访问令牌(ES256)"))
        .build();
    let mut components = Components::new();
    components.add_security_scheme(SESSION, SecurityScheme::Http(session));
    let tags = TAGS.map(|(name, text)| TagBuilder::new().name(name).description(Some(text)).build());
    let mut whole = OpenApiBuilder::new()
        .openapi(OpenApiVersion::Version31)
        .info(info)
        .servers(Some([ServerBuilder::new().url("/v1").description(Some("本页所在的平台")).build()]))
        .components(Some(components))
        .security(Some([SecurityRequirement::new(SESSION, Vec::<String>::new())]))
        .tags(Some(tags))
        .build();
    for (_, part) in routers::documents() {
        whole.merge(part);
    }
    whole.paths.paths.values_mut().flat_map(operations).for_each(say_problem);
    whole
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, .. } = item;
    [get, put, post, delete, options, head, patch].into_iter().filter_map(Option::as_mut)
}

/// Problems are sent as `application/problem+json`, whatever their type says of itself.
fn say_problem(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert("application/problem+json".to_owned(), content);
        }
    }
}

/// What is wrong with a document, as far as OpenAPI 3.1 and our own rules say.
fn complaints(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if !document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")) {
        found.push("not OpenAPI 3.1".to_owned());
    }
    for field in ["title", "version"] {
        if document["info"][field].as_str().is_none_or(str::is_empty) {
            found.push(format!("info has no {field}"));
        }
    }
    let mut ids = BTreeMap::new();
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, item) in paths {
        if !path.starts_with('/') {
            found.push(format!("{path}: does not begin with a stroke"));
        }
        let methods = item.as_object().into_iter().flatten().filter(|(name, _)| METHODS.contains(&name.as_str()));
        for (method, operation) in methods {
            let place = format!("{} {path}", method.to_uppercase());
            found.extend(about(document, path, operation).into_iter().map(|complaint| format!("{place}: {complaint}")));
            match operation["operationId"].as_str() {
                None => found.push(format!("{place}: no operationId")),
                Some(id) => {
                    if let Some(other) = ids.insert(id, place.clone()) {
                        found.push(format!("{place}: operationId {id} is that of {other}"));
                    }
                }
            }
        }
    }
    references(document, &mut |reference| {
        let pointer = reference.strip_prefix('#').unwrap_or(reference);
        if document.pointer(pointer).is_none() {
            found.push(format!("{reference} leads nowhere"));
        }
    });
    found.extend(unused(document));
    found
}

fn about(document: &Value, path: &str, operation: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let declared: BTreeSet<&str> = parameters
        .iter()
        .filter(|parameter| parameter["in"] == "path")
        .filter(|parameter| parameter["required"] == json!(true) && parameter["schema"].is_object())
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    let named: BTreeSet<&str> = path.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
    found.extend(named.symmetric_difference(&declared).map(|name| format!("parameter {name} of the path")));
    let responses = operation["responses"].as_object().cloned().unwrap_or_default();
    if responses.is_empty() {
        found.push("no responses".to_owned());
    }
    if !responses.keys().any(|status| status.starts_with('2')) {
        found.push("never succeeds".to_owned());
    }
    for (status, response) in &responses {
        if response["description"].as_str().is_none_or(str::is_empty) {
            found.push(format!("{status} has no description"));
        }
    }
    if operation["summary"].as_str().is_none_or(str::is_empty) {
        found.push("no summary".to_owned());
    }
    let tags: Vec<&Value> = document["tags"].as_array().into_iter().flatten().map(|tag| &tag["name"]).collect();
    for tag in operation["tags"].as_array().into_iter().flatten().filter(|tag| !tags.contains(tag)) {
        found.push(format!("tag {tag} is not declared"));
    }
    let schemes = &document["components"]["securitySchemes"];
    let security = operation["security"].as_array().or_else(|| document["security"].as_array());
    let needed: Vec<&String> =
        security.into_iter().flatten().filter_map(Value::as_object).flat_map(serde_json::Map::keys).collect();
    found.extend(needed.iter().filter(|name| schemes[name.as_str()].is_null()).map(|name| format!("scheme {name}")));
    let told = responses.contains_key("401");
    if !needed.is_empty() && !told {
        found.push("guarded, but 401 is not described".to_owned());
    }
    if operation["requestBody"].is_object()
        && operation["requestBody"]["content"].as_object().is_none_or(serde_json::Map::is_empty)
    {
        found.push("its body has no content".to_owned());
    }
    found
}

/// Calls `each` with every `$ref`.
fn references(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str().filter(|_| name == "$ref") {
                    Some(reference) => each(reference),
                    None => references(field, each),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, each)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn unused(document: &Value) -> Vec<String> {
    let mut used = BTreeSet::new();
    references(document, &mut |reference| {
        used.insert(reference.to_owned());
    });
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let unused = schemas.filter(|(name, _)| !used.contains(&format!("#/components/schemas/{name}")));
    unused.map(|(name, _)| format!("schema {name} is not used")).collect()
}

/// Two functions must not describe different things under one name: the document can hold only one of them.
fn collisions(parts: &[(&str, Value)]) -> Vec<String> {
    let mut seen: BTreeMap<(&str, &str), (&str, &Value)> = BTreeMap::new();
    let mut found = Vec::new();
    for (function, part) in parts {
        for family in ["schemas", "responses"] {
            for (name, value) in part["components"][family].as_object().into_iter().flatten() {
                match seen.insert((family, name), (function, value)) {
                    Some((other, before)) if before != value => {
                        found.push(format!("{name} of {function} is not {name} of {other}"));
                    }
                    _ => {}
                }
            }
        }
    }
    found
}

fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n  {}\n", complaints.join("\n  "));
}

fn sound() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "tags": [{"name": "a"}],
        "security": [{"session": []}],
        "paths": {"/things/{id}": {"get": {
            "operationId": "show", "summary": "s", "tags": ["a"],
            "parameters": [{"in": "path", "name": "id", "required": true, "schema": {"type": "string"}}],
            "responses": {
                "200": {"description": "d", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                "401": {"description": "d"},
            },
        }}},
        "components": {"schemas": {"Thing": {"type": "object"}}, "securitySchemes": {"session": {"type": "http"}}},
    })
}

#[test]
fn each_defect_of_a_document_is_found() {
    none(&complaints(&sound()));
    let operation = "/paths/~1things~1{id}/get";
    let defects: [(&str, Value, usize); 11] = [
        ("/openapi", json!("3.0.3"), 1),
        ("/info/title", json!(""), 1),
        (&format!("{operation}/operationId"), Value::Null, 1),
        (&format!("{operation}/parameters"), json!([]), 1),
        (&format!("{operation}/parameters/0/required"), json!(false), 1),
        (&format!("{operation}/responses/200/description"), json!(""), 1),
        // Nothing is answered: no success, no 401, and the schema is not used any more.
        (&format!("{operation}/responses"), json!({}), 4),
        (&format!("{operation}/tags/0"), json!("b"), 1),
        (&format!("{operation}/summary"), json!(""), 1),
        ("/components/securitySchemes", json!({}), 1),
        // The reference leads nowhere.
        ("/components/schemas", json!({}), 1),
    ];
    for (place, value, count) in defects {
        let mut document = sound();
        *document.pointer_mut(place).expect("a place of the document") = value;
        assert_eq!(complaints(&document).len(), count, "{place}: {:?}", complaints(&document));
    }
    let mut twice = sound();
    let operation = twice["paths"]["/things/{id}"]["get"].clone();
    twice["paths"]["/things/{id}"]["put"] = operation;
    assert_eq!(complaints(&twice).len(), 1, "the same operationId");
}

#[test]
fn schemas_that_collide_are_found() {
    let part = |kind: &str| json!({"components": {"schemas": {"Thing": {"type": kind}}}});
    none(&collisions(&[("a", part("object")), ("b", part("object"))]));
    assert_eq!(collisions(&[("a", part("object")), ("b", part("string"))]).len(), 1);
}

#[test]
fn the_document_is_sound() {
    let value = |document| serde_json::to_value(document).expect("a document");
    let parts: Vec<(&str, Value)> = routers::documents().into_iter().map(|(name, part)| (name, value(part))).collect();
    none(&collisions(&parts));
    let document = value(document());
    none(&complaints(&document));
    let operations = document["paths"].as_object().into_iter().flatten();
    assert!(operations.count() > 10, "the routers were read");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the switch of whoever runs the test")]
fn the_document_is_held() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let made = format!("{}\n", document().to_pretty_json().expect("a document"));
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(&path, made).expect("the document can be written");
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/openapi.json is not what the code says; run `make snapshots` and read the difference");
}
