use jiff::SignedDuration;

use super::schema::OUTBOUND;
use super::*;

fn start() -> Timestamp {
    Timestamp::from_second(1_788_220_800).unwrap()
}

/// The examples of the published schemas, what is referred to before what refers to it.
fn examples() -> Vec<Value> {
    let of = |text: &&str| serde_json::from_str::<Value>(text).unwrap()["examples"].as_array().unwrap().clone();
    OUTBOUND.iter().flat_map(of).collect()
}

fn filled() -> Supervision {
    let mut city = Supervision::new();
    for record in examples() {
        assert!(matches!(city.take(&record, start()), Taken::Accepted { .. }), "{record}");
    }
    city
}

/// A record that says what it says under its right hash.
fn hashed(mut record: Value) -> Value {
    record["ZY"] = store::hash_of(&record).into();
    record
}

fn reason(city: &mut Supervision, record: &Value) -> String {
    match city.take(record, start()) {
        Taken::Refused { code, reason } => format!("{code} {reason}"),
        taken @ (Taken::Accepted { .. } | Taken::Stale { .. }) => panic!("{taken:?}"),
    }
}

#[test]
fn the_examples_of_the_schemas_are_taken() {
    let city = filled();
    assert_eq!(city.store().counts().values().sum::<usize>(), examples().len());
    assert_eq!(city.store().counts().len(), 11);
}

/// What is done to a sound record.
type Change = fn(&mut Value);

#[test]
fn what_the_schemas_do_not_allow_is_refused_with_where() {
    let mut city = Supervision::new();
    let with = |change: Change| {
        let mut record = examples().remove(0);
        change(&mut record);
        hashed(record)
    };
    let cases: [(Change, &str); 8] = [
        (|record| drop(record["NR"].as_object_mut().unwrap().remove("BJMC")), "1001 /NR/BJMC 未填写"),
        (|record| record["NR"]["XD"] = "9".into(), "1001 /NR/XD 不在代码表中"),
        (|record| record["NR"]["NJ"] = 10.into(), "1001 /NR/NJ 超出范围"),
        (|record| record["NR"]["NJ"] = "3".into(), "1001 /NR/NJ 类型不符"),
        (|record| record["NR"]["BJMC"] = "长".repeat(61).into(), "1001 /NR/BJMC 长度不符"),
        (|record| record["NR"]["XX"] = 1.into(), "1001 /NR/XX 不能识别"),
        (|record| record["XXDM"] = "214420999".into(), "1001 /XXDM 格式不符"),
        (|record| record["CZLX"] = "D".into(), "1001 /NR 不应填写"),
    ];
    for (change, expected) in cases {
        assert_eq!(reason(&mut city, &with(change)), expected);
    }
    let mut forged = examples().remove(0);
    forged["NR"]["BJMC"] = "四年级(2)班".into();
    assert_eq!(reason(&mut city, &forged), "1005 摘要与内容不符");
    assert_eq!(reason(&mut city, &json!({"SJJ": "X"})), "1001 数据集不能识别");
    assert_eq!(city.store().all().count(), 0);
}

#[test]
fn what_is_lost_is_acknowledged_and_what_is_late_comes() {
    let mut city = Supervision::new();
    let (first, second) = (examples().remove(0), examples().remove(1));
    let id = |record: &Value| record["YWBH"].as_str().unwrap().to_owned();
    city.set_faults(SupervisionFaults { lose: 1, delay_seconds: 60, ..SupervisionFaults::default() });
    assert!(matches!(city.take(&first, start()), Taken::Accepted { .. }));
    assert!(matches!(city.take(&second, start()), Taken::Accepted { .. }));
    assert_eq!(city.store().all().count(), 0);
    city.set_faults(SupervisionFaults::default());
    let later = start() + SignedDuration::from_secs(60);
    assert!(matches!(city.take(&examples().remove(4), later), Taken::Accepted { .. }));
    assert!(city.store().get("BJSJ", &id(&first)).is_none(), "for good");
    assert!(city.store().get("BJSJ", &id(&second)).is_some(), "a minute late");
}

#[test]
fn digests_tell_what_was_meddled_with_and_survive_a_restart() {
    let mut city = filled();
    let whole = |city: &Supervision| city.store().digests("2144209999", "");
    let before = whole(&city);
    let kept: Supervision = serde_json::from_value(json!(city)).unwrap();
    assert_eq!(whole(&kept), before);
    assert!(city.store_mut().alter("BJSJ", "2144209999.2024.02", "BJMC", json!("三年级(9)班")));
    let after = whole(&city);
    assert_ne!(after["-"], before["-"]);
    assert_eq!(after["2026-2027-1"], before["2026-2027-1"]);
    assert!(city.store_mut().forget("BJSJ", "2144209999.2024.02"));
    assert!(!city.store_mut().forget("BJSJ", "2144209999.2024.02"));
    assert!(!city.store_mut().alter("BJSJ", "x", "BJMC", json!("")));
    assert!(city.store_mut().invent("BJSJ", "2144209999.2020.01", "2144209999.2020.09"));
    assert_eq!(city.store().listing("2144209999", "-/class/-").len(), 2);
    assert!(city.store().listing("2144209998", "-/class/-").is_empty());
}
