//! Specifications and courses (课程规格、课程) as rows. S5.

use super::column::{Column, SCHOOL_CODE};
use super::field::{self, Fields};
use super::known::Known;
use crate::catalog::{Category, Course, Origin, Specification};
use crate::directory::OrganizationKind;
use crate::id::OrganizationId;

pub(super) const SPECIFICATION_CODE: Column = Column::required("规格编号", "G-CALLIGRAPHY-30").text();
const SUBJECT: Column = Column::required("科目", "书法");
const SMALLEST: Column = Column::required("最少人数", "10");
const LARGEST: Column = Column::required("最多人数", "30");
const MINUTES: Column = Column::required("每课时分钟数", "45");
pub(super) const UNIT_PRICE: Column = Column::required("课时单价(元)", "12.50");

/// The columns of specifications.
pub(super) const SPECIFICATION: &[Column] =
    &[SPECIFICATION_CODE.identifying(), SUBJECT, SMALLEST, LARGEST, MINUTES, UNIT_PRICE];

pub(super) const COURSE_CODE: Column = Column::required("课程编号", "K012").text();
const TITLE: Column = Column::required("课程名称", "软笔书法");
const ORIGIN: Column = Column::required("课程来源", "校外课程").one_of(&["校内课程", "校外课程"]);
const CATEGORY: Column = Column::required("课程类别", "素质课程").one_of(&["托管", "素质课程"]);
const PROVIDER: Column = Column::optional("机构编码", "P001").text();
const SUMMARY: Column = Column::optional("课程简介", "从执笔与坐姿开始");

/// The columns of courses.
pub(super) const COURSE: &[Column] =
    &[SCHOOL_CODE, COURSE_CODE.identifying(), TITLE, ORIGIN, CATEGORY, PROVIDER, SUMMARY];

/// Pupils of the largest class that any specification allows.
const CLASS_LIMIT: u16 = 500;

/// Characters of a subject or title.
const TITLE_CHARACTERS: usize = 40;

/// Characters of what guardians read about a course.
const SUMMARY_CHARACTERS: usize = 500;

pub(super) fn specification(fields: &mut Fields<'_>) -> Option<Specification> {
    let code = fields.read(&SPECIFICATION_CODE, field::code);
    let subject = fields.read(&SUBJECT, field::words(TITLE_CHARACTERS));
    let smallest = fields.read(&SMALLEST, field::whole(1, CLASS_LIMIT));
    let largest = fields.read(&LARGEST, field::whole(1, CLASS_LIMIT));
    let lesson_minutes = fields.read(&MINUTES, field::whole(20, 180));
    let unit_price = fields.read(&UNIT_PRICE, field::yuan);
    if let (Some(smallest), Some(largest)) = (smallest, largest)
        && smallest > largest
    {
        fields.fault(&LARGEST, format!("不能小于最少人数 {smallest},填的是「{largest}」,请修改"));
    }
    Some(Specification {
        code: code?,
        subject: subject?,
        smallest: smallest?,
        largest: largest?,
        lesson_minutes: lesson_minutes?,
        unit_price: unit_price?,
    })
}

pub(super) fn course(fields: &mut Fields<'_>, known: &Known) -> Option<Course> {
    let school = fields.school(&SCHOOL_CODE, known);
    let code = fields.read(&COURSE_CODE, field::code);
    let title = fields.read(&TITLE, field::words(TITLE_CHARACTERS));
    let origin = fields.read(&ORIGIN, field::choice(&[("校内课程", Origin::InHouse), ("校外课程", Origin::External)]));
    let category =
        fields.read(&CATEGORY, field::choice(&[("托管", Category::Care), ("素质课程", Category::Enrichment)]));
    let provider: Option<OrganizationId> = fields.maybe(&PROVIDER, field::code)?;
    let summary = fields.maybe(&SUMMARY, field::words(SUMMARY_CHARACTERS))?.unwrap_or_default();
    match (origin, &provider) {
        (Some(Origin::External), None) => fields.fault(&PROVIDER, "校外课程须填写机构编码"),
        (Some(Origin::InHouse), Some(_)) => fields.fault(&PROVIDER, "校内课程不填机构编码,请清空或改为校外课程"),
        (Some(Origin::External), Some(id)) => {
            let is_provider =
                known.organizations.get(id).is_some_and(|organization| organization.kind == OrganizationKind::Provider);
            if !is_provider {
                fields.fault(&PROVIDER, format!("没有编码为「{id}」的校外机构,请先导入组织机构"));
            }
        }
        (Some(Origin::InHouse), None) | (None, _) => {}
    }
    Some(Course {
        school: school?.code.clone(),
        code: code?,
        title: title?,
        origin: origin?,
        category: category?,
        provider,
        summary,
    })
}
