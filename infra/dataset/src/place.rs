//! The township, its providers, schools and homerooms.

use domain::identifier::credit_check;
use domain::import::ImportKind;
use sheet::Sheet;

use crate::file::{number, sheet, text};

/// The first year of the school year.
const SCHOOL_YEAR: u16 = 2026;

/// Code, name, kind of stage, merchant, classes of each primary grade, classes of each junior grade.
pub(crate) const SCHOOLS: [(&str, &str, &str, &str, &str, u8, u8); 4] = [
    ("2144200601", "五桂山第一示例小学", "小学", "1900000101", "2088000000000601", 4, 0),
    ("2144200602", "五桂山第二示例小学", "小学", "1900000102", "2088000000000602", 4, 0),
    ("2144200603", "五桂山第三示例小学", "小学", "1900000103", "2088000000000603", 3, 0),
    ("3144200604", "五桂山示例学校", "九年一贯制", "1900000104", "2088000000000604", 3, 2),
];

/// Providers by code and name.
pub(crate) const PROVIDERS: [(&str, &str); 3] =
    [("P001", "青木示例艺术培训中心"), ("P002", "云帆示例体育俱乐部"), ("P003", "启明示例科技培训中心")];

/// Chinese digits of the grades.
const DIGITS: [&str; 9] = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// A homeroom to be filled with pupils.
#[derive(Debug, Clone)]
pub(crate) struct Homeroom {
    pub(crate) school: &'static str,
    pub(crate) grade: u8,
    pub(crate) class: u8,
}

impl Homeroom {
    /// 三年级.
    pub(crate) fn grade_name(&self) -> String {
        let digit = usize::from(self.grade).checked_sub(1).and_then(|i| DIGITS.get(i)).unwrap_or(&"?");
        format!("{digit}年级")
    }

    /// 三年级(2)班.
    pub(crate) fn name(&self) -> String {
        format!("{}({})班", self.grade_name(), self.class)
    }
}

/// All homerooms of all schools.
pub(crate) fn homerooms() -> Vec<Homeroom> {
    let mut homerooms = Vec::new();
    for (school, _, _, _, _, primary, junior) in SCHOOLS {
        for grade in 1..=9 {
            let classes = if grade <= 6 { primary } else { junior };
            homerooms.extend((1..=classes).map(|class| Homeroom { school, grade, class }));
        }
    }
    homerooms
}

pub(crate) fn organization_sheet() -> Sheet {
    let offices = [
        ("442000", "中山市教育和体育局(示例)", "市教体局", ""),
        ("442000006", "五桂山街道教育事务指导中心(示例)", "镇街", "442000"),
    ]
    .map(|(id, name, kind, parent)| {
        vec![("机构编码", text(id)), ("机构名称", text(name)), ("机构类型", text(kind)), ("上级机构编码", text(parent))]
    });
    let providers = (1u8..).zip(PROVIDERS).map(|(index, (id, name))| {
        let body = format!("52449999MJL00000{index}");
        let check = credit_check(&body).map(String::from).unwrap_or_default();
        vec![
            ("机构编码", text(id)),
            ("机构名称", text(name)),
            ("机构类型", text("校外机构")),
            ("统一社会信用代码", text(body + &check)),
        ]
    });
    sheet(ImportKind::Organizations, offices.into_iter().chain(providers))
}

pub(crate) fn school_sheet() -> Sheet {
    let rows = SCHOOLS.map(|(code, name, stages, merchant, seller, _, _)| {
        vec![
            ("学校标识码", text(code)),
            ("学校名称", text(name)),
            ("镇街编码", text("442000006")),
            ("学段", text(stages)),
            ("微信商户号", text(merchant)),
            ("支付宝商户号", text(seller)),
        ]
    });
    sheet(ImportKind::Schools, rows)
}

pub(crate) fn homeroom_sheet(homerooms: &[Homeroom]) -> Sheet {
    let rows = homerooms.iter().map(|homeroom| {
        let entry_year = SCHOOL_YEAR.saturating_add(1).saturating_sub(u16::from(homeroom.grade));
        vec![
            ("学校标识码", text(homeroom.school)),
            ("学年", text("2026-2027")),
            ("入学年份", number(entry_year)),
            ("班号", number(homeroom.class)),
            ("年级", text(homeroom.grade_name())),
            ("班级名称", text(homeroom.name())),
        ]
    });
    sheet(ImportKind::Homerooms, rows)
}
