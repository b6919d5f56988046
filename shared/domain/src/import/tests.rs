//! A file of each kind, one fault at a time.

use proptest::prelude::*;
use strum::IntoEnumIterator;

use super::*;
use crate::catalog::{Category, Origin, Weekday, Weeks};
use crate::directory::{Merchants, OrganizationKind, Stage};
use crate::id::{HomeroomId, StudentId};
use crate::money::Money;
use crate::organization::Standing;
use crate::refund::facts::LessonState;
use crate::school::Premises;

/// Stands in for HMAC: different texts give different letters.
struct Plain;

impl Keys for Plain {
    fn keyed(&self, label: &str, text: &str) -> [u8; 32] {
        use sha2::Digest as _;
        sha2::Sha256::digest(format!("{label}:{text}")).into()
    }
}

const SCHOOL: &str = "2144200601";
const NUMBER: &str = "L449999201809010001";

fn known() -> Known {
    let school: SchoolCode = SCHOOL.parse().unwrap();
    let organization = |id: &str, kind| Organization {
        id: id.parse().unwrap(),
        kind,
        name: id.to_owned(),
        parent: None,
        credit_code: None,
        standing: Standing::default(),
    };
    let mut known = Known::of(None);
    for organization in
        [organization("442000006", OrganizationKind::Township), organization("P001", OrganizationKind::Provider)]
    {
        known.organizations.insert(organization.id.clone(), organization);
    }
    known.schools.insert(
        school.clone(),
        School {
            code: school.clone(),
            name: "示例小学".into(),
            township: "442000006".parse().unwrap(),
            stages: vec![Stage::Primary],
            merchants: Merchants::default(),
            premises: Premises::default(),
        },
    );
    known.add_homerooms([Homeroom {
        graduated: None,
        id: HomeroomId::new(&school, 2024, 2),
        grade: 3,
        name: "三年级\u{FF08}2\u{FF09}班".into(),
    }]);
    known.students.insert(Plain.student(NUMBER), school.clone());
    let specification = Specification {
        code: "G-CALLIGRAPHY-30".parse().unwrap(),
        subject: "书法".into(),
        smallest: 10,
        largest: 30,
        lesson_minutes: 45,
        unit_price: Money::from_fen(1250),
    };
    known.specifications.insert(specification.code.clone(), specification);
    let course = Course {
        school: school.clone(),
        code: "K012".parse().unwrap(),
        title: "软笔书法".into(),
        origin: Origin::External,
        category: Category::Enrichment,
        provider: Some("P001".parse().unwrap()),
        summary: String::new(),
    };
    known.courses.insert((school.clone(), course.code.clone()), course);
    let checked = check(ImportKind::Terms, &file(ImportKind::Terms, &[&[]]), &known, &Plain);
    let Some(Record::Term(term)) = checked.rows.into_iter().next().map(|row| row.record) else {
        panic!("{:?}", checked.errors)
    };
    known.terms.insert((school, term.code.clone()), term);
    known
}

/// A file of the kind's own examples, each row with some cells replaced.
fn file(kind: ImportKind, rows: &[&[(&str, Cell)]]) -> Table {
    let columns = kind.columns();
    let heading = columns.iter().map(|column| Cell::Text(column.title.into())).collect();
    let mut table = Table { rows: vec![Row { number: 1, cells: heading }] };
    for (number, replaced) in (2u32..).zip(rows) {
        let cells = columns
            .iter()
            .map(|column| {
                let other = replaced.iter().find(|(title, _)| *title == column.title);
                other.map_or_else(|| Cell::Text(column.example.into()), |(_, cell)| cell.clone())
            })
            .collect();
        table.rows.push(Row { number, cells });
    }
    table
}

fn text(text: &str) -> Cell {
    Cell::Text(text.into())
}

/// The sentences about a file of one row with one cell replaced.
fn faults(kind: ImportKind, column: &str, cell: Cell) -> Vec<String> {
    let checked = check(kind, &file(kind, &[&[(column, cell)]]), &known(), &Plain);
    assert!(checked.rows.is_empty() != checked.errors.is_empty());
    checked.errors.iter().map(ToString::to_string).collect()
}

fn one(kind: ImportKind, column: &str, cell: Cell) -> Record {
    let checked = check(kind, &file(kind, &[&[(column, cell)]]), &known(), &Plain);
    assert_eq!(checked.errors, []);
    checked.rows.into_iter().next().unwrap().record
}

#[test]
fn the_examples_of_every_template_are_good() {
    let mut known = known();
    known.organizations.insert(
        "442000".parse().unwrap(),
        Organization {
            id: "442000".parse().unwrap(),
            kind: OrganizationKind::City,
            name: "市".into(),
            parent: None,
            credit_code: None,
            standing: Standing::default(),
        },
    );
    for kind in ImportKind::iter() {
        let checked = check(kind, &file(kind, &[&[]]), &known, &Plain);
        assert_eq!((checked.errors, checked.rows.len(), checked.total), (vec![], 1, 1), "{kind}");
        assert!(kind.columns().iter().any(|column| column.identifies), "{kind}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of sentences")]
fn s3_a_reason_says_what_why_and_what_now() {
    for (kind, column, cell, sentence) in [
        (ImportKind::Students, "年级", text("1"), "「年级」应为「一年级」至「九年级」,填的是「1」,请修改"),
        (
            ImportKind::Students,
            "学籍号",
            Cell::Number("442000201809010".into()),
            "「学籍号」须为文本格式:数字格式会丢失开头的 0 或末尾的数字,请把此列设为「文本」后重新填写",
        ),
        (ImportKind::Students, "姓名", Cell::Empty, "「姓名」不能为空,请填写"),
        (ImportKind::Students, "姓名", Cell::Broken("#N/A".into()), "「姓名」公式出错(#N/A),请改为填写结果"),
        (
            ImportKind::Students,
            "年级",
            text("七年级"),
            "「年级」示例小学只有一年级至六年级,填的是「七年级」,请核对年级或学校",
        ),
        (ImportKind::Students, "年级", text("四年级"), "「年级」「三年级(2)班」是三年级,填的是「四年级」,请改为一致"),
        (
            ImportKind::Students,
            "行政班",
            text("三年级(9)班"),
            "「行政班」示例小学没有「三年级(9)班」,请核对班级名称或先导入行政班",
        ),
        (
            ImportKind::Students,
            "学校标识码",
            text("2144200699"),
            "「学校标识码」没有标识码为「2144200699」的学校,请先导入学校",
        ),
        (ImportKind::Students, "减免比例(%)", Cell::Empty, "「减免比例(%)」填写了减免原因,也须填写减免比例(1 至 100)"),
        (ImportKind::Guardians, "手机号", text("1990000001"), "「手机号」手机号应为 11 位数字,以 13 至 19 开头"),
        (
            ImportKind::Guardians,
            "学籍号",
            text("L449999201809010002"),
            "「学籍号」平台没有该学籍号的学生,请核对学籍号或先导入学生",
        ),
        (
            ImportKind::Homerooms,
            "年级",
            text("四年级"),
            "「年级」2024 年入学的班级在 2026-2027 学年应为三年级,填的是「四年级」,请核对入学年份和年级",
        ),
        (
            ImportKind::Schools,
            "学段",
            text("九年一贯制"),
            "「学段」与学校标识码不符:21 开头为小学,31 开头为初中或九年一贯制,请核对",
        ),
        (
            ImportKind::Schools,
            "镇街编码",
            text("442000007"),
            "「镇街编码」没有编码为「442000007」的镇街,请先导入组织机构",
        ),
        (ImportKind::Specifications, "最多人数", text("9"), "「最多人数」不能小于最少人数 10,填的是「9」,请修改"),
        (
            ImportKind::Specifications,
            "课时单价(元)",
            text("12.505"),
            "「课时单价(元)」金额应为最多两位小数的数字,填的是「12.505」,请修改",
        ),
        (ImportKind::Courses, "机构编码", Cell::Empty, "「机构编码」校外课程须填写机构编码"),
        (ImportKind::Courses, "机构编码", text("P009"), "「机构编码」没有编码为「P009」的校外机构,请先导入组织机构"),
        (
            ImportKind::Offerings,
            "课时单价(元)",
            Cell::Number("12.51".into()),
            "「课时单价(元)」不能高于规格「G-CALLIGRAPHY-30」的单价 12.50 元,填的是「12.51」,请降低单价或换用其他规格",
        ),
        (
            ImportKind::Offerings,
            "班额",
            Cell::Number("31".into()),
            "「班额」规格「G-CALLIGRAPHY-30」的班额为 10 至 30 人,填的是「31」,请修改班额或换用其他规格",
        ),
        (
            ImportKind::Offerings,
            "上课时间",
            text("周三3"),
            "「上课时间」示例小学的作息没有第 3 节,填的是「周三3」,请修改或先补充作息时间",
        ),
        (
            ImportKind::Offerings,
            "上课时间",
            text("周三1;周三1单"),
            "「上课时间」「周三1单」与前面的时间重复,填的是「周三1;周三1单」,请修改",
        ),
        (
            ImportKind::Offerings,
            "课程编号",
            text("K013"),
            "「课程编号」示例小学没有编号为「K013」的课程,请核对或先导入课程",
        ),
        (
            ImportKind::Offerings,
            "学期",
            text("2026-2027-2"),
            "「学期」示例小学没有 2026-2027-2 学期,请核对或先导入学期",
        ),
        (
            ImportKind::Offerings,
            "规格编号",
            text("G-0"),
            "「规格编号」没有编号为「G-0」的课程规格,请核对或先导入课程规格",
        ),
        (
            ImportKind::Offerings,
            "适用年级",
            text("三至一年级"),
            "「适用年级」应如「一年级至三年级、五年级」,填的是「三至一年级」,请修改",
        ),
        (ImportKind::Offerings, "教材费(元)", Cell::Empty, "「教材费(元)」「教材费可不选」为「是」时须填写金额"),
        (
            ImportKind::Terms,
            "结束日期",
            text("2026-08-31"),
            "「结束日期」应在开学日期 2026-09-01 之后 250 天以内,填的是「2026-08-31」,请修改",
        ),
        (
            ImportKind::Terms,
            "选课结束",
            text("2026-08-20 18:00"),
            "「选课结束」应晚于「选课开始」2026-08-25T09:00:00+08:00,填的是「2026-08-20T18:00:00+08:00」,请修改",
        ),
        (ImportKind::Terms, "选课结束", Cell::Empty, "「选课结束」填写了「选课开始」,也须填写本列"),
        (
            ImportKind::Terms,
            "补选开始",
            text("2026-08-30 09:00"),
            "「补选开始」应不早于前一窗口的结束时间 2026-08-31T18:00:00+08:00,填的是「2026-08-30T09:00:00+08:00」,请修改",
        ),
        (
            ImportKind::Terms,
            "作息时间",
            text("1 一 16:30-17:15;2 二 17:10-18:05"),
            "「作息时间」「一」与「二」的时间重叠,填的是「1 一 16:30-17:15;2 二 17:10-18:05」,请修改",
        ),
    ] {
        assert_eq!(faults(kind, column, cell.clone()), [sentence], "{kind} {column} {cell}");
    }
}

#[test]
fn k3_a_reason_never_repeats_a_personal_value() {
    for (kind, column, wrong) in [
        (ImportKind::Students, "学籍号", "G449999201809010001"),
        (ImportKind::Students, "姓名", "张三13800000000"),
        (ImportKind::Guardians, "手机号", "138000000001"),
        (ImportKind::Guardians, "家长姓名", "李四4"),
    ] {
        let sentences = faults(kind, column, text(wrong)).concat();
        assert!(!sentences.is_empty() && !sentences.contains(wrong), "{sentences}");
    }
}

#[test]
fn s3_rows_of_a_file_do_not_repeat_each_other() {
    let students = file(ImportKind::Students, &[&[], &[("姓名", text("示例二"))]]);
    let checked = check(ImportKind::Students, &students, &known(), &Plain);
    assert_eq!(checked.rows.len(), 1);
    assert_eq!(
        checked.errors.first().map(|error| (error.row, error.to_string())),
        Some((3, "「学籍号」与第 2 行重复,请只保留一行".to_owned()))
    );

    let other_child = "L449999201809010009";
    let mut known = known();
    known.students.insert(Plain.student(other_child), SCHOOL.parse().unwrap());
    let guardians = file(
        ImportKind::Guardians,
        &[&[], &[("学籍号", text(other_child))], &[("学籍号", text(other_child)), ("家长姓名", text("别人"))]],
    );
    let checked = check(ImportKind::Guardians, &guardians, &known, &Plain);
    assert_eq!((checked.rows.len(), checked.errors.len()), (2, 1), "two children of one guardian are two rows");
    let strangers = file(ImportKind::Guardians, &[&[], &[("学籍号", text(other_child)), ("家长姓名", text("别人"))]]);
    let checked = check(ImportKind::Guardians, &strangers, &known, &Plain);
    assert_eq!(checked.errors.first().map(|error| error.column.as_str()), Some("家长姓名"));
}

#[test]
fn s3_headings_are_found_in_any_order() {
    let mut table = file(ImportKind::Students, &[&[]]);
    for row in &mut table.rows {
        row.cells.reverse();
        row.cells.push(if row.number == 1 { text("备注") } else { Cell::Empty });
    }
    let checked = check(ImportKind::Students, &table, &known(), &Plain);
    assert_eq!((checked.rows.len(), checked.ignored), (1, vec!["备注".to_owned()]));

    let guardians = check(ImportKind::Guardians, &table, &known(), &Plain);
    let missing: Vec<&str> = guardians.errors.iter().map(|error| error.column.as_str()).collect();
    assert_eq!(missing, ["手机号", "家长姓名"]);
}

#[test]
fn p10_a_school_imports_only_for_itself() {
    let mut known = known();
    let own: SchoolCode = "2144200602".parse().unwrap();
    known.scope = Some(own.clone());
    let checked = check(ImportKind::Students, &file(ImportKind::Students, &[&[]]), &known, &Plain);
    assert_eq!(checked.errors.first().map(|error| error.column.as_str()), Some("学校标识码"));
    let checked =
        check(ImportKind::Guardians, &file(ImportKind::Guardians, &[&[("学籍号", text(NUMBER))]]), &known, &Plain);
    assert_eq!(
        checked.errors.first().map(ToString::to_string),
        Some("「学籍号」本校没有该学籍号的学生,请核对学籍号或先导入学生".to_owned())
    );
    known.scope = Some(SCHOOL.parse().unwrap());
    known.students.insert(Plain.student(NUMBER), own);
    let checked = check(ImportKind::Students, &file(ImportKind::Students, &[&[]]), &known, &Plain);
    assert_eq!(checked.errors.first().map(|error| error.column.as_str()), Some("学籍号"));
}

#[test]
fn s12_an_offering_reads_as_the_school_writes_it() {
    let Record::Offering(offering) = one(ImportKind::Offerings, "上课时间", text("周五2单;星期三1")) else {
        panic!()
    };
    assert_eq!(offering.id.as_str(), "2144200601.2026-2027-1.K012");
    assert_eq!(offering.title, "软笔书法");
    let slots: Vec<_> = offering.slots.iter().map(|slot| (slot.weekday, slot.period, slot.weeks)).collect();
    assert_eq!(slots, [(Weekday::Wednesday, 1, Weeks::Every), (Weekday::Friday, 2, Weeks::Odd)]);
    assert_eq!(offering.grades.iter().copied().collect::<Vec<_>>(), [1, 2, 3, 5]);
    assert_eq!(offering.materials.map(|fee| (fee.amount.fen(), fee.optional)), Some((3500, true)));
    assert_eq!(offering.sundry.map(|fee| (fee.amount.fen(), fee.optional)), Some((2000, false)));
}

#[test]
fn s12_a_day_alone_ends_a_window_at_midnight() {
    let day = Cell::Date(jiff::civil::date(2026, 8, 31).at(0, 0, 0, 0));
    let Record::Term(term) = one(ImportKind::Terms, "选课结束", day) else { panic!() };
    assert_eq!(term.windows.opening.unwrap().until.to_string(), "2026-09-01T00:00:00+08:00");
    let Record::Term(term) = one(ImportKind::Terms, "选课结束", text("2026年8月31日 8:30")) else { panic!() };
    assert_eq!(term.windows.opening.unwrap().until.to_string(), "2026-08-31T08:30:00+08:00");
}

#[test]
fn what_a_file_refers_to_is_found_beforehand() {
    let table = file(ImportKind::Offerings, &[&[]]);
    let wanted_of_offerings = wanted(&table, &Plain);
    assert_eq!(wanted_of_offerings.terms.len(), 1);
    assert_eq!(wanted_of_offerings.schools.len(), 1);
    let wanted_of_guardians =
        wanted(&file(ImportKind::Guardians, &[&[("学籍号", text(" l449999201809010001"))]]), &Plain);
    assert_eq!(wanted_of_guardians.students, [Plain.student(NUMBER)].into());
    assert_eq!(wanted_of_guardians.guardians.len(), 1);
}

#[test]
fn s34_2_a_row_of_attendance_is_a_lesson_of_a_pupil_of_the_school() {
    let Record::Attendance(attendance) = one(ImportKind::Attendance, "出勤情况", text("请假")) else { panic!() };
    assert_eq!((attendance.student.clone(), attendance.course.as_str()), (Plain.student(NUMBER), "K012"));
    assert_eq!((attendance.date, attendance.period), (jiff::civil::date(2026, 9, 2), 1));
    assert_eq!((attendance.state, attendance.materials_received), (LessonState::OnLeave, true));
    let id = Plain.student(NUMBER).to_string();
    let by_id: &[(&str, Cell)] = &[("学籍号", Cell::Empty), ("学生编号", text(&id)), ("出勤情况", text("请假"))];
    let table = file(ImportKind::Attendance, &[by_id]);
    assert_eq!(wanted(&table, &Plain).students, [attendance.student.clone()].into());
    let checked = check(ImportKind::Attendance, &table, &known(), &Plain);
    assert_eq!(checked.rows.first().map(|row| &row.record), Some(&Record::Attendance(attendance)));
    for (column, cell, sentence) in [
        ("学籍号", Cell::Empty, "「学籍号」学籍号与学生编号须填写一项"),
        ("学生编号", text("7K3M9Q2XAB"), "「学生编号」与学籍号不是同一名学生,请核对后只填写一项"),
        ("学籍号", text("L449999201809010002"), "「学籍号」平台没有该学生,请核对学籍号或学生编号"),
        ("课程编号", text("K999"), "「课程编号」示例小学没有编号为「K999」的课程,请核对或先导入课程"),
        ("学期", text("2027-2028-1"), "「学期」示例小学没有 2027-2028-1 学期,请核对或先导入学期"),
        ("出勤情况", text("迟到"), "「出勤情况」应为出勤、请假、缺勤、停课之一,填的是「迟到」,请修改"),
        ("第几节", text("0"), "「第几节」应为 1 至 9 的整数,填的是「0」,请修改"),
    ] {
        assert_eq!(faults(ImportKind::Attendance, column, cell), [sentence]);
    }
    let outside = faults(ImportKind::Attendance, "日期", text("2027-09-02"));
    assert!(outside[0].starts_with("「日期」应在学期内"), "{outside:?}");
    let twice = file(ImportKind::Attendance, &[&[], &[("出勤情况", text("缺勤"))], &[("第几节", text("2"))]]);
    let checked = check(ImportKind::Attendance, &twice, &known(), &Plain);
    assert_eq!((checked.rows.len(), checked.errors.len()), (2, 1), "the second of two lessons is another one");
    assert_eq!(checked.errors[0].to_string(), "「日期」与第 2 行重复,请只保留一行");
}

#[test]
fn a5_a_second_import_never_undoes_what_was_edited_by_hand() {
    let record = one(ImportKind::Students, "姓名", text("䶮"));
    let before = Fingerprint::of(&record, &Plain);
    let after = Fingerprint::of(&one(ImportKind::Students, "姓名", text("䶮䶮")), &Plain);
    let stored = |content: &Fingerprint, imported: Option<&Fingerprint>| Stored {
        content: content.clone(),
        imported: imported.cloned(),
        linked: true,
    };
    assert_eq!(Stored::merge(None, &after, false), Merge::New);
    assert_eq!(Stored::merge(Some(&stored(&before, Some(&before))), &after, false), Merge::Changed);
    assert_eq!(Stored::merge(Some(&stored(&after, None)), &after, false), Merge::Unchanged);
    assert_eq!(Stored::merge(Some(&stored(&before, None)), &after, false), Merge::Conflict);
    assert_eq!(Stored::merge(Some(&stored(&before, Some(&after))), &after, false), Merge::Conflict);
    assert_eq!(Stored::merge(Some(&stored(&before, None)), &after, true), Merge::Changed);
    let unlinked = Stored { linked: false, ..stored(&after, Some(&after)) };
    assert_eq!(Stored::merge(Some(&unlinked), &after, false), Merge::New);
}

#[test]
fn guardians_of_a_pupil_are_not_what_a_file_of_pupils_says() {
    let Record::Student(student) = one(ImportKind::Students, "姓名", text("示例一")) else { panic!() };
    let plain = Fingerprint::of(&Record::Student(student.clone()), &Plain);
    let mut linked = student;
    linked.pupil.guardians.push(Plain.guardian("13800000000"));
    assert_eq!(Fingerprint::of(&Record::Student(linked), &Plain), plain);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_cell_is_judged_without_harm(kind in 0usize..10, column in 0usize..17, cell in cells()) {
        let kind = ImportKind::iter().nth(kind).unwrap();
        let titles: Vec<&str> = kind.columns().iter().map(|column| column.title).collect();
        let title = titles[column % titles.len()];
        let checked = check(kind, &file(kind, &[&[(title, cell)]]), &known(), &Plain);
        prop_assert_eq!(checked.rows.is_empty(), !checked.errors.is_empty());
    }
}

fn cells() -> impl Strategy<Value = Cell> {
    prop_oneof![
        "\\PC{0,30}".prop_map(Cell::Text),
        "[0-9年月日:/ -]{0,20}".prop_map(Cell::Text),
        "[周一三五1-9单双;,]{0,12}".prop_map(Cell::Text),
        any::<i64>().prop_map(|number| Cell::Number(number.to_string())),
        any::<bool>().prop_map(Cell::Bool),
        (1900i16..2100, 1i8..13, 1i8..29).prop_map(|(y, m, d)| Cell::Date(jiff::civil::date(y, m, d).at(0, 0, 0, 0))),
        Just(Cell::Empty),
    ]
}

#[test]
fn ids_come_from_keyed_hashes() {
    let Record::Student(student) = one(ImportKind::Students, "学籍号", text(NUMBER)) else { panic!() };
    assert_eq!(student.pupil.id, StudentId::from_hash(&Plain.keyed("student", NUMBER)));
}
