//! Specifications, terms, courses and offerings.

use domain::import::{Cell, ImportKind};
use fastrand::Rng;
use jiff::civil::date;
use sheet::Sheet;

use crate::file::{number, sheet, text};
use crate::place::{PROVIDERS, SCHOOLS};

const TERM: &str = "2026-2027-1";

/// What the city fixes, and the course that every school makes of it.
struct Kind {
    code: &'static str,
    subject: &'static str,
    smallest: u16,
    largest: u16,
    price: &'static str,
    title: &'static str,
    /// Index of the provider; none: the school's own teachers.
    provider: Option<usize>,
    grades: &'static str,
    exclusive: &'static str,
    slots: &'static str,
    materials: Option<(&'static str, &'static str)>,
    sundry: Option<(&'static str, &'static str)>,
    summary: &'static str,
}

/// A row of the tables below, short enough to be read as one.
const fn kind(
    (code, subject, smallest, largest, price): (&'static str, &'static str, u16, u16, &'static str),
    (title, provider): (&'static str, Option<usize>),
    (grades, exclusive, slots): (&'static str, &'static str, &'static str),
    materials: Option<(&'static str, &'static str)>,
    sundry: Option<(&'static str, &'static str)>,
    summary: &'static str,
) -> Kind {
    Kind {
        code,
        subject,
        smallest,
        largest,
        price,
        title,
        provider,
        grades,
        exclusive,
        slots,
        materials,
        sundry,
        summary,
    }
}

const ALL: &str = "一年级至六年级";
const LOWER: &str = "一年级至三年级";
const UPPER: &str = "四年级至六年级";
const CARE: &str = "周一1;周二1;周三1;周四1;周五1";

const KINDS: [Kind; 12] = [
    kind(
        ("G-TG-45", "基础托管", 10, 45, "2.50"),
        ("作业辅导托管", None),
        (ALL, "托管", CARE),
        None,
        None,
        "完成作业,答疑,课外阅读",
    ),
    kind(
        ("G-SF-30", "书法", 10, 30, "12.50"),
        ("软笔书法", Some(0)),
        (UPPER, "", "周三2"),
        Some(("35.00", "是")),
        Some(("20.00", "否")),
        "从执笔与坐姿开始,临摹颜体",
    ),
    kind(
        ("G-WD-30", "舞蹈", 12, 30, "15.00"),
        ("中国舞", Some(0)),
        (LOWER, "", "周二2"),
        None,
        Some(("60.00", "是")),
        "形体、节奏与小型剧目",
    ),
    kind(
        ("G-HH-30", "绘画", 12, 30, "12.50"),
        ("创意绘画", Some(0)),
        (LOWER, "", "周四2"),
        Some(("48.00", "否")),
        None,
        "水彩、拼贴与写生",
    ),
    kind(
        ("G-ZQ-36", "足球", 14, 36, "13.00"),
        ("校园足球", Some(1)),
        ("二年级至六年级", "球类", "周二2;周四2双"),
        None,
        Some(("30.00", "否")),
        "球感、传接与小场比赛",
    ),
    kind(
        ("G-LQ-36", "篮球", 12, 36, "13.00"),
        ("快乐篮球", Some(1)),
        ("三年级至六年级", "球类", "周二2;周四2单"),
        None,
        Some(("30.00", "否")),
        "运球、投篮与三人赛",
    ),
    kind(
        ("G-TS-40", "跳绳", 12, 40, "8.00"),
        ("花样跳绳", None),
        (ALL, "", "周五2单"),
        Some(("15.00", "是")),
        None,
        "单人、双人与交互绳",
    ),
    kind(
        ("G-JQ-24", "机器人", 8, 24, "20.00"),
        ("积木机器人", Some(2)),
        (LOWER, "科技", "周三2"),
        Some(("120.00", "否")),
        None,
        "齿轮、杠杆与简单程序",
    ),
    kind(
        ("G-BC-24", "编程", 8, 24, "20.00"),
        ("图形化编程", Some(2)),
        (UPPER, "科技", "周五2"),
        None,
        None,
        "用积木块写出自己的游戏",
    ),
    kind(
        ("G-KX-30", "科学实验", 12, 30, "10.00"),
        ("趣味科学", None),
        ("三年级至五年级", "", "周一2"),
        Some(("25.50", "否")),
        None,
        "看得见的空气、水与电",
    ),
    kind(
        ("G-HC-45", "合唱", 20, 45, "6.00"),
        ("童声合唱", None),
        ("二年级至五年级", "", "周一2;周四2"),
        None,
        None,
        "发声、视唱与两声部",
    ),
    kind(
        ("G-QL-30", "棋类", 12, 30, "10.00"),
        ("象棋入门", None),
        ("一年级、二年级、四年级", "", "周五2双"),
        Some(("18.00", "是")),
        None,
        "棋规、基本杀法与礼仪",
    ),
];

/// A second group of some courses, at another time, so that every school has fifteen.
const SECOND: [(usize, &str, &str); 3] =
    [(0, "作业辅导托管(二)", CARE), (7, "积木机器人(提高)", "周四2"), (4, "校园足球(校队)", "周一2;周五2")];

/// The courses of a school: code, index of kind, title, slots.
fn courses() -> Vec<(String, &'static Kind, &'static str, &'static str)> {
    let first = KINDS.iter().map(|kind| (kind, kind.title, kind.slots));
    let second = SECOND.iter().filter_map(|(at, title, slots)| KINDS.get(*at).map(|kind| (kind, *title, *slots)));
    (1u8..).zip(first.chain(second)).map(|(i, (kind, title, slots))| (format!("K{i:03}"), kind, title, slots)).collect()
}

pub(crate) fn specification_sheet() -> Sheet {
    let rows = KINDS.iter().map(|kind| {
        vec![
            ("规格编号", text(kind.code)),
            ("科目", text(kind.subject)),
            ("最少人数", number(kind.smallest)),
            ("最多人数", number(kind.largest)),
            ("每课时分钟数", number(45)),
            ("课时单价(元)", number(kind.price)),
        ]
    });
    sheet(ImportKind::Specifications, rows)
}

/// The windows are open for two years, so that the demo works on any day of them.
pub(crate) fn term_sheet() -> Sheet {
    let moment = |year, month, day, hour| Cell::Date(date(year, month, day).at(hour, 0, 0, 0));
    let rows = SCHOOLS.map(|(school, ..)| {
        vec![
            ("学校标识码", text(school)),
            ("学期", text(TERM)),
            ("开学日期", moment(2026, 9, 1, 0)),
            ("结束日期", moment(2027, 1, 22, 0)),
            ("选课模式", text("立即报名")),
            ("选课开始", moment(2026, 1, 1, 9)),
            ("选课结束", moment(2027, 12, 31, 18)),
            ("退课开始", moment(2026, 1, 1, 9)),
            ("退课结束", moment(2027, 12, 31, 18)),
            ("限报门数", number(5)),
            ("锁定分钟数", number(15)),
            ("作息时间", text("1 课后第一节 16:30-17:15;2 课后第二节 17:25-18:10")),
        ]
    });
    sheet(ImportKind::Terms, rows)
}

pub(crate) fn course_sheet() -> Sheet {
    let rows = SCHOOLS.iter().flat_map(|(school, ..)| {
        courses().into_iter().map(|(code, kind, title, _)| {
            let provider = kind.provider.and_then(|at| PROVIDERS.get(at));
            vec![
                ("学校标识码", text(*school)),
                ("课程编号", text(code)),
                ("课程名称", text(title)),
                ("课程来源", text(if provider.is_some() { "校外课程" } else { "校内课程" })),
                ("课程类别", text(if kind.code == "G-TG-45" { "托管" } else { "素质课程" })),
                ("机构编码", provider.map_or(Cell::Empty, |(id, _)| text(*id))),
                ("课程简介", text(kind.summary)),
            ]
        })
    });
    sheet(ImportKind::Courses, rows)
}

pub(crate) fn offering_sheet(random: &mut Rng) -> Sheet {
    let mut rows = Vec::new();
    for (school, ..) in SCHOOLS {
        for (code, kind, _, slots) in courses() {
            let smallest = kind.smallest.max(12);
            let capacity = if kind.code == "G-TG-45" { 45 } else { random.u16(smallest..=kind.largest) };
            let mut row = vec![
                ("学校标识码", text(school)),
                ("学期", text(TERM)),
                ("课程编号", text(code)),
                ("规格编号", text(kind.code)),
                ("班额", number(capacity)),
                ("课时数", number(lessons(slots))),
                ("课时单价(元)", number(kind.price)),
                ("适用年级", text(kind.grades)),
                ("互斥组", text(kind.exclusive)),
                ("上课时间", text(slots)),
                ("任课教师", text(if kind.provider.is_some() { "机构教师" } else { "本校教师" })),
                ("场室", text(format!("{}室", kind.subject))),
                ("状态", text("开放")),
            ];
            if let Some((amount, optional)) = kind.materials {
                row.extend([("教材费(元)", number(amount)), ("教材费可不选", text(optional))]);
            }
            if let Some((amount, optional)) = kind.sundry {
                row.extend([("杂费(元)", number(amount)), ("杂费可不选", text(optional))]);
            }
            rows.push(row);
        }
    }
    sheet(ImportKind::Offerings, rows)
}

/// Sixteen weeks; a slot of odd or even weeks counts half.
fn lessons(slots: &str) -> u16 {
    slots.split(';').map(|slot| if slot.ends_with(['单', '双']) { 8u16 } else { 16 }).sum()
}
