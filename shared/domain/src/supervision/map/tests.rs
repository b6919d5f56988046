use std::collections::BTreeSet;

use serde_json::{Value, json};
use strum::VariantArray;

use super::*;
use crate::catalog::{Category, Origin, Weekday, Weeks};
use crate::directory::{Sex, Stage};
use crate::fault::{Fault, Kind};
use crate::payment::{Channel, PayMethod};
use crate::pii::Pii;
use crate::post::PostKind;
use crate::supervision::body::{Body, InboundBody};
use crate::supervision::code::{
    ClassRole, ClassState, LineState, OrderPurpose, OrderStage, PaymentStage, RefundCause, RefundStage, StayEnd,
    StudentPresence, StudentState, TeacherPresence, TeacherState, TeachingState,
};
use crate::supervision::record::Record;
use crate::supervision::{sample, schema};
use crate::time::Moment;

fn map() -> &'static FieldMap {
    FieldMap::current()
}

fn samples() -> Vec<Record> {
    sample::records(7)
}

fn sample_of(dataset: Dataset) -> Record {
    samples().into_iter().find(|record| record.dataset == dataset).unwrap()
}

/// Every place of a value that holds something: `lines.title`, whatever the row.
fn places(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    let is_datum = |fields: &serde_json::Map<String, Value>| fields.contains_key(Pii::<String>::MARK);
    match value {
        Value::Object(fields) if !is_datum(fields) => {
            for (name, value) in fields {
                places(value, &format!("{at}.{name}"), found);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                places(item, at, found);
            }
        }
        Value::Null => {}
        Value::Array(items) if items.is_empty() => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            found.insert(at.to_owned());
        }
    }
}

fn mapped(fields: &[Field], at: &str, theirs: bool, found: &mut BTreeSet<String>) {
    for field in fields {
        let at = format!("{at}.{}", if theirs { &field.theirs } else { &field.ours });
        if let Holds::Rows { fields, .. } = &field.holds {
            mapped(fields, &at, theirs, found);
        } else {
            found.insert(at);
        }
    }
}

#[test]
fn b6_1_each_field_of_each_record_is_in_the_map_and_in_a_sample() {
    for dataset in Dataset::VARIANTS {
        let (mut said, mut known) = (BTreeSet::new(), BTreeSet::new());
        let (mut sent, mut expected) = (BTreeSet::new(), BTreeSet::new());
        for record in samples().iter().filter(|record| record.dataset == *dataset) {
            places(&serde_json::to_value(&record.body).unwrap(), "", &mut said);
            places(&map().render(record).unwrap().json()[&map().envelope.body], "", &mut sent);
        }
        mapped(map().set(*dataset), "", false, &mut known);
        mapped(map().set(*dataset), "", true, &mut expected);
        assert_eq!(said, known, "{dataset}: what is said and what is mapped");
        assert_eq!(sent, expected, "{dataset}: what is sent and what the map names");
    }
}

/// The words of a list are those of its table, no more and no fewer.
fn covers<T: VariantArray + std::fmt::Display + 'static>(tables: &[&str], seen: &mut BTreeSet<String>) {
    for name in tables {
        let words: BTreeSet<String> = T::VARIANTS.iter().map(ToString::to_string).collect();
        let known: BTreeSet<String> = map().tables[*name].codes.keys().cloned().collect();
        assert_eq!(words, known, "{name}");
        seen.insert((*name).to_owned());
    }
}

#[test]
fn b6_1_each_word_has_a_code_and_each_code_a_word() {
    let mut seen = BTreeSet::new();
    covers::<Sex>(&["sex"], &mut seen);
    covers::<Stage>(&["stage", "class_kind"], &mut seen);
    covers::<ClassState>(&["class_state"], &mut seen);
    covers::<StudentState>(&["student_state"], &mut seen);
    covers::<TeacherState>(&["teacher_state"], &mut seen);
    covers::<PostKind>(&["post"], &mut seen);
    covers::<OrderStage>(&["order_stage"], &mut seen);
    covers::<OrderPurpose>(&["order_purpose"], &mut seen);
    covers::<LineState>(&["line_state"], &mut seen);
    covers::<Channel>(&["channel"], &mut seen);
    covers::<PayMethod>(&["pay_method"], &mut seen);
    covers::<PaymentStage>(&["payment_stage"], &mut seen);
    covers::<RefundStage>(&["refund_stage"], &mut seen);
    covers::<RefundCause>(&["refund_cause"], &mut seen);
    covers::<Origin>(&["origin"], &mut seen);
    covers::<Category>(&["category"], &mut seen);
    covers::<TeachingState>(&["teaching_state"], &mut seen);
    covers::<ClassRole>(&["class_role"], &mut seen);
    covers::<StayEnd>(&["stay_end"], &mut seen);
    covers::<Weekday>(&["weekday"], &mut seen);
    covers::<Weeks>(&["weeks"], &mut seen);
    covers::<TeacherPresence>(&["teacher_presence"], &mut seen);
    covers::<StudentPresence>(&["student_presence"], &mut seen);
    assert_eq!(seen, map().tables.keys().cloned().collect(), "a table that nothing is held against");
}

#[test]
fn b6_1_a_pupil_is_written_in_the_citys_words() {
    let rendered = map().render(&sample_of(Dataset::Student)).unwrap();
    assert_eq!(
        rendered.json(),
        &json!({
            "SJJ": "XSJBSJ", "YWBH": "7K3M9Q2XAB", "XXDM": "2144209999", "BBH": 7, "CZLX": "U",
            "GXSJ": "2026-09-01 16:30:00", "ZY": rendered.hash.to_string(),
            "NR": {
                "XJH": "L442000201809010001", "XM": "样例学生", "XBM": "2", "BJBH": "2144209999.2024.02", "NJ": 3,
                "XSZT": "1", "JMXX": [{"JMYY": "低保家庭", "JFBL": 50}],
                "JTCY": [{"CYXM": "样例家长", "SJHM": "13800000000"}],
            },
        })
    );
    let masked = map().masked(Dataset::Student, rendered.json());
    assert_eq!((&masked["NR"]["XM"], &masked["NR"]["XJH"]), (&json!("样***"), &json!("L44************0001")));
    assert_eq!(masked["NR"]["JTCY"], json!([{"CYXM": "样***", "SJHM": "138****0000"}]));
    assert!(!format!("{rendered:?}").contains("样例"), "it does not print");
}

#[test]
fn b6_1_formats_are_entered_and_not_programmed() {
    let text = DEFAULT
        .replace("\"money\": \"yuan\"", "\"money\": \"fen\"")
        .replace("\"dashed\"", "\"compact\"")
        .replace("\"spaced\"", "\"rfc3339\"")
        .replace("[\"0\", \"1\"]", "[\"N\", \"Y\"]");
    let other = FieldMap::parse(&text).unwrap();
    let body = |record: &Record| other.render(record).unwrap().json()["NR"].clone();
    let order = body(&sample_of(Dataset::Order));
    assert_eq!((&order["DDFY"], &order["XDSJ"]), (&json!(23_500), &json!("2026-09-01T16:30:00+08:00")));
    assert_eq!(body(&sample_of(Dataset::StudentAttendance))["CQRQ"], json!("20260902"));
    assert_eq!(body(&sample_of(Dataset::StudentAttendance))["SFGZ"], json!("N"));
    for dataset in Dataset::VARIANTS {
        assert!(schema::of_outbound(&other, *dataset, &[]).is_some());
    }
}

#[test]
fn b6_1_the_hash_is_of_what_a_record_says() {
    let record = sample_of(Dataset::Refund);
    let hash = |record: &Record| map().render(record).unwrap().hash;
    let later = Record { version: 8, changed_at: Moment::from_seconds(1), ..record.clone() };
    assert_eq!(hash(&later), hash(&record), "saying the same again is no change");
    let sent = map().render(&record).unwrap();
    assert_eq!(map().hash_of(sent.json()), sent.hash, "and the city comes to the same");
    let moved = Record { day: None, ..record.clone() };
    let other = Record { source_id: "x".parse().unwrap(), ..record.clone() };
    let gone = Record { body: None, ..record.clone() };
    let hashes: BTreeSet<_> = [&record, &moved, &other, &gone].map(hash).into_iter().collect();
    assert_eq!(hashes.len(), 4);
}

#[test]
fn b6_1_a_tombstone_says_only_what_is_gone() {
    let gone = Record { body: None, ..sample_of(Dataset::Order) };
    let rendered = map().render(&gone).unwrap();
    assert_eq!((&rendered.json()["CZLX"], rendered.json().get("NR")), (&json!("D"), None));
    assert_eq!((rendered.op, map().needs(&gone)), (Op::Delete, Vec::new()));
}

#[test]
fn b6_1_what_is_referred_to_comes_before() {
    let names: Vec<(Dataset, String)> =
        map().needs(&sample_of(Dataset::Refund)).into_iter().map(|(set, id)| (set, id.to_string())).collect();
    let order = "20261-7K3M9Q2XAB-01".to_owned();
    assert_eq!(names, [(Dataset::Payment, format!("{order}-1")), (Dataset::Order, order)]);
    let mut known = BTreeSet::new();
    for record in samples() {
        for need in map().needs(&record) {
            assert!(known.contains(&need), "{} {} needs {need:?}", record.dataset, record.source_id);
        }
        known.insert((record.dataset, record.source_id));
    }
}

#[test]
fn b6_1_what_does_not_fit_is_said_field_by_field() {
    let mut record = sample_of(Dataset::Student);
    let Some(Body::Student(body)) = &mut record.body else { panic!("a pupil") };
    body.name = Pii::new(" ".to_owned());
    body.number = Pii::new("G44".to_owned());
    body.grade = 10;
    body.waivers[0].reason = "长".repeat(41);
    body.guardians[0].phone = Pii::new("138".to_owned());
    let error = map().render(&record).unwrap_err();
    let told: Vec<(&str, &str)> =
        error.flaws.iter().map(|flaw| (flaw.pointer.as_str(), flaw.detail.as_str())).collect();
    assert_eq!(
        told,
        [
            ("/NR/XJH", "“学籍号”不能使用:学籍号应为 19 位:字母 G、J 或 L 加 18 位"),
            ("/NR/XM", "“姓名”未填写,请补充"),
            ("/NR/NJ", "“年级”应为 1 至 9 的整数"),
            ("/NR/JMXX/0/JMYY", "“减免原因”超过 40 个字,请缩短"),
            ("/NR/JTCY/0/SJHM", "“家长手机号”不能使用:手机号应为 11 位数字,以 13 至 19 开头"),
        ]
    );
    assert_eq!((error.kind(), error.slug()), (Kind::Invalid, "supervision/record-unusable"));
    assert_eq!(error.pointed().len(), 5);
    assert!(error.to_string().starts_with("学生记录不符合字段对照:“学籍号”不能使用"));
    let mut order = sample_of(Dataset::Order);
    let Some(Body::Order(body)) = &mut order.body else { panic!("an order") };
    body.lines.clear();
    assert_eq!(map().render(&order).unwrap_err().flaws[0].detail, "“订单明细”应有 1 至 99 项");
    let crossed = Record { dataset: Dataset::Class, ..sample_of(Dataset::Teacher) };
    assert!(map().render(&crossed).unwrap_err().to_string().contains("数据集与内容不符"));
}

#[test]
fn b6_1_a_map_that_cannot_work_is_not_read() {
    let with = |from: &str, to: &str| {
        let text = DEFAULT.replacen(from, to, 1);
        assert_ne!(text, DEFAULT, "{from}");
        FieldMap::parse(&text).unwrap_err().to_string()
    };
    for (from, to, complaint) in [
        ("\"version\": \"2026.1\"", "\"version\": \"\"", "no version"),
        ("[\"0\", \"1\"]", "[\"1\", \"1\"]", "yes and no are the same"),
        ("\"YWBH\"", "\"SJJ\"", "envelope: “SJJ” is there twice or empty"),
        ("\"delete\": \"D\"", "\"delete\": \"U\"", "both operations have one code"),
        ("\"male\": \"1\"", "\"male\": \"2\"", "table sex: “2” is there twice or empty"),
        ("\"table\": \"sex\"", "\"table\": \"colour\"", "student.sex: no table colour"),
        ("\"to\": \"class\"", "\"to\": \"order\"", "student.class: order comes later"),
        ("\"theirs\": \"XM\"", "\"theirs\": \"XJH\"", "student: “XJH” is there twice or empty"),
        ("\"name\": \"BJSJ\"", "\"name\": \"XSJBSJ\"", "data sets: “XSJBSJ” is there twice or empty"),
        ("\"least\": 1, \"most\": 99", "\"least\": 9, \"most\": 1", "class.number: no number fits"),
        ("\"longest\": 60", "\"longest\": 0", "class.name: no text fits"),
        ("\"least\": 0, \"most\": 5", "\"least\": 6, \"most\": 5", "student.waivers: no number of items fits"),
        ("\"label\": \"班号\"", "\"label\": \"\"", "class.number has no name"),
        (
            "\"most\": 9}, \"required\"",
            "\"most\": 9}, \"personal\": \"name\", \"required\"",
            "class.grade is personal and no text",
        ),
        ("\"refund\": {", "\"refound\": {", "unknown variant"),
        ("\"formats\"", "\"formatted\"", "unknown field"),
    ] {
        let told = with(from, to);
        assert!(told.contains(complaint), "{told}");
    }
    let mut lacking: Value = serde_json::from_str(DEFAULT).unwrap();
    lacking["outbound"].as_object_mut().unwrap().remove("refund");
    lacking["inbound"].as_object_mut().unwrap().remove("school");
    let told = FieldMap::parse(&lacking.to_string()).unwrap_err();
    assert_eq!(told.0, ["refund is missing", "school is missing"]);
}

fn provider() -> Value {
    json!({
        "SJJ": "KHJYJG", "YWBH": "JG0001", "BBH": 3, "CZLX": "U", "GXSJ": "2026-08-20 09:00:00",
        "NR": {
            "JGBH": "JG0001", "QYMC": "样例艺术中心", "TYSHXYDM": "91350100M000100Y43", "FRDBXM": "样例法人",
            "LXDH": "0760-88881234", "BXXKZ": "教民144200070000001号", "XKZYXQQ": "2025-01-01",
            "XKZYXQZ": "2027-12-31", "SFHMD": "1", "HMDYY": "违规收费", "HMDRQ": "2026-08-19", "BZXX": "更多",
        },
    })
}

#[test]
fn b5_1_a_record_of_the_city_is_read_in_our_words() {
    let received = map().read(Inbound::Provider, &provider()).unwrap();
    assert_eq!((received.version, received.changed_at.to_string().as_str()), (3, "2026-08-20T09:00:00+08:00"));
    let Some(InboundBody::Provider(body)) = received.body else { panic!("a provider") };
    assert!(body.blacklisted && body.township.is_none());
    assert_eq!(
        (body.licence.as_str(), body.representative.unwrap().masked_name()),
        ("教民144200070000001号", "样***".into())
    );
    let specification = json!({
        "SJJ": "KHKMGG", "YWBH": "SF-A", "BBH": 1, "CZLX": "U", "GXSJ": "2026-08-20 09:00:00",
        "NR": {"GGBH": "SF-A", "KMMC": "书法", "ZXBE": 10, "ZDBE": 40, "KSSC": 45, "KSDJ": "25.00", "QYXQ": "2026-2027-1"},
    });
    let received = map().read(Inbound::Specification, &specification).unwrap();
    let Some(InboundBody::Specification(body)) = received.body else { panic!("a specification") };
    assert_eq!((body.unit_price.fen(), body.until_term), (2_500, None));
    let gone = json!({"SJJ": "KHKMGG", "YWBH": "SF-A", "BBH": 2, "CZLX": "D", "GXSJ": "2026-08-21 09:00:00"});
    assert_eq!(map().read(Inbound::Specification, &gone).unwrap().body, None);
}

#[test]
fn b5_1_what_the_city_tells_wrongly_is_said_field_by_field() {
    let mut wrong = provider();
    wrong["BBH"] = json!(-1);
    let told = map().read(Inbound::Provider, &wrong).unwrap_err();
    assert_eq!(told.flaws[0].detail, "版本号应为非负整数");
    let mut wrong = provider();
    wrong["NR"]["TYSHXYDM"] = json!("91350100M000100Y44");
    wrong["NR"]["XKZYXQQ"] = json!("2025-02-30");
    wrong["NR"]["SFHMD"] = json!("是");
    let told = map().read(Inbound::Provider, &wrong).unwrap_err();
    let details: Vec<&str> = told.flaws.iter().map(|flaw| flaw.detail.as_str()).collect();
    assert_eq!(
        details,
        [
            "“统一社会信用代码”不能使用:统一社会信用代码的校验位不符,请核对是否有字符写错或颠倒",
            "“许可有效期起”应为日期,如 2026-09-01",
            "“是否黑名单”应为是或否的代码",
        ]
    );
    assert!(map().read(Inbound::School, &provider()).is_err(), "another data set");
    for nothing in [json!(null), json!([]), json!({}), json!("x")] {
        assert!(!map().read(Inbound::School, &nothing).unwrap_err().flaws.is_empty());
    }
}

/// A record of the samples as the city holds it, with other personal data, in the clear.
fn changed(value: &Value, places: &[(&str, Value)]) -> Value {
    let mut changed = value.clone();
    for (place, with) in places {
        *changed.pointer_mut(place).unwrap() = with.clone();
    }
    changed
}

#[test]
fn d5_1_both_sides_stand_beside_each_other_and_nothing_personal_is_in_the_clear() {
    let ours = map().render(&sample_of(Dataset::Student)).unwrap().json().clone();
    let theirs = changed(
        &ours,
        &[("/NR/XM", "欧阳无忌".into()), ("/NR/JTCY/0/SJHM", "13999998888".into()), ("/NR/XJH", json!(["张三丰"]))],
    );
    let rows = map().beside(Dataset::Student, Some(&ours), Some(&theirs));
    let of = |field: &str| rows.iter().find(|row| row.field == field).unwrap();
    assert_eq!((of("XM").label.as_str(), of("XM").same), ("姓名", false));
    assert_eq!(of("XM").theirs.as_deref(), Some("欧***"));
    assert_eq!(
        (of("JTCY/0/SJHM").label.as_str(), of("JTCY/0/SJHM").theirs.as_deref()),
        ("家长 1 · 家长手机号", Some("139****8888"))
    );
    assert!(of("XBM").same && of("XBM").ours == of("XBM").theirs);
    let told = format!("{rows:?}");
    let mut personal: Vec<String> = ["欧阳无忌", "13999998888", "张三丰"].map(str::to_owned).into();
    for place in ["/NR/XM", "/NR/XJH", "/NR/JTCY/0/CYXM", "/NR/JTCY/0/SJHM"] {
        personal.push(ours.pointer(place).unwrap().as_str().unwrap().to_owned());
    }
    assert!(personal.iter().all(|datum| !told.contains(datum.as_str())), "{told}");
}

#[test]
fn k3_a_reason_that_repeats_personal_data_is_kept_without_it() {
    let record = map().render(&sample_of(Dataset::Student)).unwrap();
    let text = |place: &str| record.json().pointer(place).unwrap().as_str().unwrap().to_owned();
    let data = ["/NR/XM", "/NR/XJH", "/NR/JTCY/0/CYXM", "/NR/JTCY/0/SJHM"].map(text);
    let said = map().concealed(&record, &format!("学籍号重复:{};班级 {}", data.join("、"), text("/NR/BJBH")));
    assert!(data.iter().all(|datum| !said.contains(datum.as_str())), "{said}");
    assert!(said.starts_with("学籍号重复:") && said.ends_with(&text("/NR/BJBH")), "{said}");
}

#[test]
fn d5_1_a_field_that_only_one_side_has_differs_and_one_nobody_knows_is_not_shown() {
    for record in samples() {
        let ours = map().render(&record).unwrap().json().clone();
        let alone = map().beside(record.dataset, Some(&ours), None);
        assert!(!alone.is_empty() && alone.iter().all(|row| row.theirs.is_none() && !row.same), "{}", record.dataset);
        let both = map().beside(record.dataset, Some(&ours), Some(&ours));
        assert!(both.len() == alone.len() && both.iter().all(|row| row.same), "{}", record.dataset);
        let mut theirs = ours.clone();
        theirs["NR"]["BZ"] = "李四的电话".into();
        let rows = map().beside(record.dataset, Some(&ours), Some(&theirs));
        assert!(rows == both && map().unknown_fields(record.dataset, &theirs) == 1);
    }
    assert_eq!(map().beside(Dataset::Order, None, None), []);
}
