//! Families: pupils of one surname, with one or two guardians who may have children in several schools.

use std::collections::BTreeSet;

use domain::identifier::citizen_check;
use domain::import::{Cell, ImportKind};
use fastrand::Rng;
use sheet::Sheet;

use crate::file::{number, sheet, text};
use crate::place::Homeroom;

const SURNAMES: [&str; 48] = [
    "李", "王", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "高", "林",
    "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾", "肖", "田", "董", "袁", "潘", "于",
    "蒋", "蔡", "余", "杜", "叶", "程", "欧阳", "司徒", "甘", "古",
];
const GIVEN: [&str; 64] = [
    "子", "雨", "思", "浩", "欣", "宇", "梓", "涵", "诗", "琪", "嘉", "怡", "俊", "杰", "晨", "曦", "明", "轩", "佳",
    "慧", "志", "远", "文", "博", "若", "彤", "一", "诺", "沐", "阳", "可", "馨", "天", "佑", "芷", "晴", "书", "瑶",
    "星", "辰", "安", "然", "乐", "恩", "泽", "楷", "语", "桐", "景", "行", "知", "夏", "锦", "程", "予", "希", "南",
    "乔", "北", "辞", "向", "东", "静", "宁",
];

/// Characters of names that many systems lose: outside GBK, most of them outside the basic plane.
const RARE: [&str; 5] = ["𬭎", "㛃", "䶮", "𫖯", "𬱖"];

/// An area of birth that does not exist, so that no number is anybody's.
const AREA: &str = "449999";

/// A pupil of the data set.
#[derive(Debug, Clone)]
pub(crate) struct Pupil {
    pub(crate) homeroom: Homeroom,
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) male: bool,
    waiver: Option<(&'static str, u8)>,
}

/// A guardian of one pupil; a guardian of two is two of these.
#[derive(Debug, Clone)]
pub(crate) struct Guardian {
    phone: String,
    name: String,
    number: String,
}

/// Fills the homerooms with pupils and gives them guardians.
pub(crate) fn families(homerooms: &[Homeroom], random: &mut Rng) -> (Vec<Pupil>, Vec<Guardian>) {
    let mut seats: Vec<Homeroom> = Vec::new();
    for homeroom in homerooms {
        let count = random.usize(30..=37);
        seats.extend(std::iter::repeat_n(homeroom.clone(), count));
    }
    random.shuffle(&mut seats);
    let (mut pupils, mut guardians) = (Vec::new(), Vec::new());
    let mut numbers = BTreeSet::new();
    let mut phones = 1u32..;
    while !seats.is_empty() {
        let children = match random.u8(0..100) {
            0..80 => 1,
            80..97 => 2,
            _ => 3,
        };
        let surname = *random.choice(&SURNAMES).unwrap_or(&"李");
        let siblings: Vec<Pupil> = (0..children)
            .filter_map(|_| seats.pop())
            .map(|homeroom| pupil(homeroom, surname, &mut numbers, random))
            .collect();
        let adults = if random.bool() { 2 } else { 1 };
        for adult in 0..adults {
            // One parent shares the surname with the children.
            let own = if adult == 0 { surname } else { random.choice(&SURNAMES).unwrap_or(&"李") };
            let name = name(own, random);
            let phone = format!("1990000{:04}", phones.next().unwrap_or_default());
            guardians.extend(siblings.iter().map(|pupil| Guardian {
                phone: phone.clone(),
                name: name.clone(),
                number: pupil.number.clone(),
            }));
        }
        pupils.extend(siblings);
    }
    pupils.sort_by(|a, b| sorting(a).cmp(&sorting(b)));
    (pupils, guardians)
}

fn sorting(pupil: &Pupil) -> (&str, u8, u8, &str) {
    (pupil.homeroom.school, pupil.homeroom.grade, pupil.homeroom.class, &pupil.number)
}

fn pupil(homeroom: Homeroom, surname: &str, numbers: &mut BTreeSet<String>, random: &mut Rng) -> Pupil {
    let male = random.bool();
    let mut number = number_of(homeroom.grade, male, random);
    while !numbers.insert(number.clone()) {
        number = number_of(homeroom.grade, male, random);
    }
    let waiver = match random.u8(0..100) {
        0 => Some(("低保家庭", 100)),
        1 => Some(("孤儿", 100)),
        2 => Some(("家庭经济困难", 50)),
        _ => None,
    };
    Pupil { homeroom, number, name: name(surname, random), male, waiver }
}

/// G for nine of ten, J for pupils without a citizen's number, L for those who have just come.
fn number_of(grade: u8, male: bool, random: &mut Rng) -> String {
    let month = random.u8(1..=12);
    // Six years old on 31 August before the first grade.
    let youngest = if month >= 9 { 2019u16 } else { 2020 };
    let year = youngest.saturating_add(1).saturating_sub(u16::from(grade));
    let day = random.u8(1..=28);
    let born = format!("{AREA}{year}{month:02}{day:02}");
    match random.u8(0..100) {
        0..6 => format!("L{born}{:04}", random.u16(0..10_000)),
        letter => {
            let letter = if letter < 10 { 'J' } else { 'G' };
            let sequence = random.u16(0..500).saturating_mul(2).saturating_add(u16::from(male));
            let body = format!("{born}{sequence:03}");
            let check = citizen_check(&body).map(String::from).unwrap_or_default();
            format!("{letter}{body}{check}")
        }
    }
}

fn name(surname: &str, random: &mut Rng) -> String {
    let mut name = surname.to_owned();
    for _ in 0..random.u8(1..=2) {
        let rare = random.u8(0..100) == 0;
        name.push_str(if rare { random.choice(&RARE) } else { random.choice(&GIVEN) }.unwrap_or(&"安"));
    }
    name
}

/// The cells of a pupil's row.
pub(crate) fn cells(pupil: &Pupil) -> Vec<(&'static str, Cell)> {
    let mut cells = vec![
        ("学校标识码", text(pupil.homeroom.school)),
        ("学籍号", text(pupil.number.as_str())),
        ("姓名", text(pupil.name.as_str())),
        ("性别", text(if pupil.male { "男" } else { "女" })),
        ("年级", text(pupil.homeroom.grade_name())),
        ("行政班", text(pupil.homeroom.name())),
    ];
    if let Some((reason, percent)) = pupil.waiver {
        cells.extend([("减免原因", text(reason)), ("减免比例(%)", number(percent))]);
    }
    cells
}

pub(crate) fn student_sheet(pupils: &[Pupil]) -> Sheet {
    sheet(ImportKind::Students, pupils.iter().map(cells))
}

pub(crate) fn guardian_sheet(guardians: &[Guardian]) -> Sheet {
    let rows = guardians.iter().map(|guardian| {
        vec![
            ("手机号", text(guardian.phone.as_str())),
            ("家长姓名", text(guardian.name.as_str())),
            ("学籍号", text(guardian.number.as_str())),
        ]
    });
    sheet(ImportKind::Guardians, rows)
}
