//! Organizations, schools and homerooms (组织机构、学校、行政班) as rows. S1 S3.

use std::collections::BTreeSet;

use super::column::{Column, SCHOOL_CODE};
use super::field::{self, Fields};
use super::known::Known;
use crate::account::{self, AccountError};
use crate::directory::{Grade, Homeroom, Merchants, Organization, OrganizationKind, School, Stage};
use crate::id::{HomeroomId, OrganizationId};
use crate::identifier;
use crate::organization::Standing;
use crate::school::{Premises, stages_fit};

const ORGANIZATION_ID: Column = Column::required("机构编码", "442000006").text().identifying();
const ORGANIZATION_NAME: Column = Column::required("机构名称", "五桂山街道教育事务指导中心");
const ORGANIZATION_KIND: Column = Column::required("机构类型", "镇街").one_of(&["市教体局", "镇街", "校外机构"]);
const PARENT: Column = Column::optional("上级机构编码", "442000").text();
const CREDIT_CODE: Column = Column::optional("统一社会信用代码", "91350100M000100Y43").text();

/// The columns of organizations.
pub(super) const ORGANIZATION: &[Column] =
    &[ORGANIZATION_ID, ORGANIZATION_NAME, ORGANIZATION_KIND, PARENT, CREDIT_CODE];

const OWN_CODE: Column = SCHOOL_CODE.identifying();
pub(super) const SCHOOL_NAME: Column = Column::required("学校名称", "五桂山示例小学");
const TOWNSHIP: Column = Column::required("镇街编码", "442000006").text();
const STAGES: Column = Column::required("学段", "小学").one_of(&["小学", "初中", "九年一贯制"]);
const WECHAT: Column = Column::optional("微信商户号", "1900000001").text();
const ALIPAY: Column = Column::optional("支付宝商户号", "2088000000000001").text();

/// The columns of schools.
pub(super) const SCHOOL: &[Column] = &[OWN_CODE, SCHOOL_NAME, TOWNSHIP, STAGES, WECHAT, ALIPAY];

const SCHOOL_YEAR: Column = Column::required("学年", "2026-2027").text();
const ENTRY_YEAR: Column = Column::required("入学年份", "2024");
const CLASS: Column = Column::required("班号", "2").identifying();
pub(super) const GRADE: Column = Column::required("年级", "三年级");
pub(super) const HOMEROOM_NAME: Column = Column::required("班级名称", "三年级(2)班");

/// The columns of homerooms.
pub(super) const HOMEROOM: &[Column] = &[SCHOOL_CODE, SCHOOL_YEAR, ENTRY_YEAR, CLASS, GRADE, HOMEROOM_NAME];

/// Characters of a name of an organization, school or homeroom.
const NAME_CHARACTERS: usize = 60;

pub(super) fn organization(
    fields: &mut Fields<'_>,
    known: &Known,
    above: &BTreeSet<OrganizationId>,
) -> Option<Organization> {
    let id: Option<OrganizationId> = fields.read(&ORGANIZATION_ID, field::code);
    let name = fields.read(&ORGANIZATION_NAME, field::words(NAME_CHARACTERS));
    let kinds = [
        ("市教体局", OrganizationKind::City),
        ("镇街", OrganizationKind::Township),
        ("校外机构", OrganizationKind::Provider),
    ];
    let kind = fields.read(&ORGANIZATION_KIND, field::choice(&kinds));
    let parent: Option<OrganizationId> = fields.maybe(&PARENT, field::code)?;
    let credit_code = fields.maybe(&CREDIT_CODE, |text| {
        let code = field::plain(text);
        identifier::credit_code(&code).map(|()| code).map_err(|error| error.to_string())
    })?;
    let unknown = |id: &&OrganizationId| !known.organizations.contains_key(*id) && !above.contains(*id);
    if let Some(id) = parent.as_ref().filter(unknown) {
        fields.fault(&PARENT, format!("没有编码为「{id}」的机构,请先导入它或把它写在前面的行"));
    }
    if kind == Some(OrganizationKind::Provider) && credit_code.is_none() {
        fields.fault(&CREDIT_CODE, "校外机构须填写统一社会信用代码");
    }
    Some(Organization { id: id?, kind: kind?, name: name?, parent, credit_code, standing: Standing::default() })
}

pub(super) fn school(fields: &mut Fields<'_>, known: &Known) -> Option<School> {
    let code = fields.read(&OWN_CODE, field::school_code);
    let name = fields.read(&SCHOOL_NAME, field::words(NAME_CHARACTERS));
    let township: Option<OrganizationId> = fields.read(&TOWNSHIP, field::code);
    if let Some(id) = &township {
        let is_township =
            known.organizations.get(id).is_some_and(|organization| organization.kind == OrganizationKind::Township);
        if !is_township {
            fields.fault(&TOWNSHIP, format!("没有编码为「{id}」的镇街,请先导入组织机构"));
        }
    }
    let both: &[Stage] = &[Stage::Primary, Stage::Junior];
    let stages = fields.read(
        &STAGES,
        field::choice(&[("小学", &[Stage::Primary][..]), ("初中", &[Stage::Junior][..]), ("九年一贯制", both)]),
    );
    if let (Some(code), Some(stages)) = (&code, stages)
        && !stages_fit(code, stages)
    {
        fields.fault(&STAGES, "与学校标识码不符:21 开头为小学,31 开头为初中或九年一贯制,请核对");
    }
    let wechat = fields.maybe(&WECHAT, |text| {
        let number = field::plain(text);
        if account::is_wechat(&number) { Ok(number) } else { Err(AccountError::WechatUnusable.to_string()) }
    })?;
    let alipay = fields.maybe(&ALIPAY, |text| {
        let number = field::plain(text);
        if account::is_alipay(&number) { Ok(number) } else { Err(AccountError::AlipayUnusable.to_string()) }
    })?;
    Some(School {
        code: code?,
        name: name?,
        township: township?,
        stages: stages?.to_vec(),
        merchants: Merchants { wechat, alipay, ..Merchants::default() },
        premises: Premises::default(),
    })
}

pub(super) fn homeroom(fields: &mut Fields<'_>, known: &Known) -> Option<Homeroom> {
    let school = fields.school(&SCHOOL_CODE, known);
    let year = fields.read(&SCHOOL_YEAR, school_year)?;
    let entry_year = fields.read(&ENTRY_YEAR, field::whole(year.saturating_sub(8), year));
    let class = fields.read(&CLASS, field::whole(1, 99)).and_then(|class| u8::try_from(class).ok());
    let grade = fields.read(&GRADE, field::grade);
    let name = fields.read(&HOMEROOM_NAME, field::words(NAME_CHARACTERS));
    let (school, grade) = (school?, grade?);
    let (lowest, highest) = school.grade_span().into_inner();
    if !(lowest..=highest).contains(&grade) {
        fields.fault(&GRADE, outside(school, grade));
    } else if let Some(entry_year) = entry_year {
        let years = year.saturating_sub(entry_year);
        let expected = u8::try_from(years).unwrap_or(u8::MAX).saturating_add(lowest);
        if expected != grade {
            fields.fault(
                &GRADE,
                format!(
                    "{entry_year} 年入学的班级在 {year}-{} 学年应为{},填的是「{}」,请核对入学年份和年级",
                    year.saturating_add(1),
                    field::grade_name(expected),
                    field::grade_name(grade)
                ),
            );
        }
    }
    fields.is_clean().then(|| {
        Some(Homeroom { id: HomeroomId::new(&school.code, entry_year?, class?), grade, name: name?, graduated: None })
    })?
}

/// The first year of `2026-2027`.
fn school_year(text: &str) -> Result<u16, String> {
    let plain = field::plain(text);
    let years = plain.split_once('-').and_then(|(from, to)| Some((from.parse::<u16>().ok()?, to.parse::<u16>().ok()?)));
    let year = years.filter(|(from, to)| (2000..2100).contains(from) && from.checked_add(1) == Some(*to));
    year.map(|(from, _)| from).ok_or_else(|| "应如 2026-2027".to_owned())
}

/// Why a grade is not one of the school's.
pub(super) fn outside(school: &School, grade: Grade) -> String {
    let (lowest, highest) = school.grade_span().into_inner();
    format!(
        "{}只有{}至{},填的是「{}」,请核对年级或学校",
        school.name,
        field::grade_name(lowest),
        field::grade_name(highest),
        field::grade_name(grade)
    )
}
