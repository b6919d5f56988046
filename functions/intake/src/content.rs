//! What a record of the city says, line by line, with what it says of persons masked.

use domain::Pii;
use domain::directory::{Grade, Stage};
use domain::supervision::InboundBody;
use domain::supervision::body::{
    CourseTeacherPart, ExternalCourseBody, InHouseCourseBody, ProviderBody, SchoolBody, SpecificationBody,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A line of what a record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContentLine {
    /// The field.
    #[schema(example = "机构名称")]
    pub field: &'static str,
    /// What it says.
    #[schema(example = "样例书法中心")]
    pub value: String,
}

/// Collects lines; what is not said has none.
#[derive(Default)]
struct Lines(Vec<ContentLine>);

impl Lines {
    fn add(&mut self, field: &'static str, value: &(impl ToString + ?Sized)) {
        self.0.push(ContentLine { field, value: value.to_string() });
    }

    fn maybe<T: ToString>(&mut self, field: &'static str, value: Option<&T>) {
        if let Some(value) = value {
            self.add(field, value);
        }
    }
}

/// The lines of a record.
pub(crate) fn lines(body: &InboundBody) -> Vec<ContentLine> {
    let mut lines = Lines::default();
    match body {
        InboundBody::School(body) => school(&mut lines, body),
        InboundBody::Provider(body) => provider(&mut lines, body),
        InboundBody::Specification(body) => specification(&mut lines, body),
        InboundBody::InHouseCourse(body) => in_house(&mut lines, body),
        InboundBody::ExternalCourse(body) => external(&mut lines, body),
    }
    lines.0
}

fn school(lines: &mut Lines, body: &SchoolBody) {
    let stage = |stage: &Stage| match stage {
        Stage::Primary => "小学",
        Stage::Junior => "初中",
    };
    lines.add("学校代码", &body.code);
    lines.add("学校名称", &body.name);
    lines.add("主管镇街", &body.township);
    lines.add("包含学段", &body.stages.iter().map(stage).collect::<Vec<_>>().join("、"));
    lines.maybe("学校地址", body.address.as_ref());
    lines.maybe("办公电话", body.phone.as_ref());
}

fn provider(lines: &mut Lines, body: &ProviderBody) {
    lines.add("机构编号", &body.code);
    lines.add("机构名称", &body.name);
    lines.add("统一社会信用代码", &body.credit_code);
    lines.maybe("主管镇街", body.township.as_ref());
    lines.maybe("法定代表人", body.representative.as_ref().map(Pii::masked_name).as_ref());
    lines.maybe("机构地址", body.address.as_ref());
    lines.maybe("办公电话", body.phone.as_ref());
    lines.maybe("服务范围", body.scope.as_ref());
    lines.add("办学许可证号", &body.licence);
    lines.add("许可有效期", &format!("{} 至 {}", body.valid_from, body.valid_until));
    lines.add("是否黑名单", if body.blacklisted { "是" } else { "否" });
    lines.maybe("列入黑名单原因", body.blacklist_reason.as_ref());
    lines.maybe("列入黑名单日期", body.blacklisted_since.as_ref());
}

fn specification(lines: &mut Lines, body: &SpecificationBody) {
    lines.add("规格编号", &body.code);
    lines.add("科目名称", &body.subject);
    lines.add("班额", &format!("{} 至 {} 人", body.smallest, body.largest));
    lines.add("课时时长(分钟)", &body.lesson_minutes);
    lines.add("课时单价(元)", &body.unit_price);
    lines.add("启用学期", &body.from_term);
    lines.maybe("停用学期", body.until_term.as_ref());
}

fn in_house(lines: &mut Lines, body: &InHouseCourseBody) {
    lines.add("学校代码", &body.school);
    lines.add("学年学期", &body.term);
    lines.add("课程编号", &body.code);
    lines.add("课程名称", &body.title);
    lines.add("课程规格编号", &body.specification);
    lines.add("适用年级", &grades(body.grades.iter()));
    lines.add("课时数", &body.lessons);
    lines.maybe("课程描述", body.summary.as_ref());
}

fn external(lines: &mut Lines, body: &ExternalCourseBody) {
    lines.add("学校代码", &body.school);
    lines.add("学年学期", &body.term);
    lines.add("课程编号", &body.code);
    lines.add("课程名称", &body.title);
    lines.add("课程规格编号", &body.specification);
    lines.add("适用年级", &grades(body.grades.iter()));
    lines.add("课时数", &body.lessons);
    lines.maybe("课程描述", body.summary.as_ref());
    lines.add("机构编号", &body.provider);
    for teacher in &body.teachers {
        lines.add("任课教师", &masked(teacher));
    }
}

fn grades<'a>(grades: impl Iterator<Item = &'a Grade>) -> String {
    grades.map(ToString::to_string).collect::<Vec<_>>().join("、")
}

/// `张* 137****0000 证书 SF2026001`.
fn masked(teacher: &CourseTeacherPart) -> String {
    let phone = teacher.phone.as_ref().map(|phone| format!(" {}", phone.masked_number())).unwrap_or_default();
    let certificate = teacher.certificate.as_ref().map(|number| format!(" 证书 {number}")).unwrap_or_default();
    format!("{}{phone}{certificate}", teacher.name.masked_name())
}
