//! The lists that are taken out, as sheets. B2.1 S1.1 S4.1.

use domain::directory::{Organization, OrganizationKind, School, Stage};
use domain::import::Cell;
use domain::room::Room;
use jiff::civil::Date;
use sheet::Sheet;
use store::Versioned;

use crate::show_organization::OrganizationView;
use crate::show_school::SchoolView;

/// Bureaus, townships and providers, as they are on a day.
pub(crate) fn organizations(organizations: &[Organization], day: Date) -> Sheet {
    let row = |found: &Organization| organization_row(found.kind, OrganizationView::of(found, day));
    let headings = [
        "组织编码",
        "类型",
        "名称",
        "上级组织",
        "统一社会信用代码",
        "办学许可证号",
        "许可有效期至",
        "办公电话",
        "状态",
    ];
    Sheet::list("组织", day, &headings, organizations.iter().map(row).collect())
}

fn organization_row(kind: OrganizationKind, view: OrganizationView) -> Vec<Cell> {
    let kind = match kind {
        OrganizationKind::City => "市教育行政部门",
        OrganizationKind::Township => "镇街教育管理部门",
        OrganizationKind::Provider => "机构",
    };
    let (number, until) =
        view.licence.map_or_else(Default::default, |licence| (licence.number, licence.valid_until.to_string()));
    let state = match (view.blacklisted, view.unusable) {
        (Some(listed), _) => format!("黑名单({} 起):{}", listed.since, listed.reason),
        (None, Some(why)) => why,
        (None, None) => "正常".to_owned(),
    };
    let texts = [
        view.organization_id,
        kind.to_owned(),
        view.name,
        view.parent.unwrap_or_default(),
        view.credit_code.unwrap_or_default(),
        number,
        until,
        view.phone.unwrap_or_default(),
        state,
    ];
    texts.into_iter().map(Cell::Text).collect()
}

/// Schools with their campuses and grades.
pub(crate) fn schools(schools: &[Versioned<School>], day: Date) -> Sheet {
    let rows = schools.iter().map(|found| school_row(&found.value)).collect();
    let headings = ["学校标识码", "名称", "所属镇街", "学段", "年级", "地址", "办公电话", "校区", "微信收款"];
    Sheet::list("学校", day, &headings, rows)
}

fn school_row(school: &School) -> Vec<Cell> {
    let view = SchoolView::from(school);
    let stages: Vec<&str> = school.stages.iter().map(|stage| chinese(*stage)).collect();
    let grades: Vec<String> = view.grades.iter().map(ToString::to_string).collect();
    let campuses: Vec<String> =
        view.campuses.into_iter().map(|campus| format!("{} {}", campus.name, campus.address)).collect();
    let texts = [
        view.code,
        view.name,
        view.township,
        stages.join("、"),
        grades.join("、"),
        view.address,
        view.phone.unwrap_or_default(),
        campuses.join(";"),
        if view.takes_wechat { "已开通" } else { "未开通" }.to_owned(),
    ];
    texts.into_iter().map(Cell::Text).collect()
}

const fn chinese(stage: Stage) -> &'static str {
    match stage {
        Stage::Primary => "小学",
        Stage::Junior => "初中",
    }
}

/// The rooms of a school.
pub(crate) fn rooms(rooms: &[Versioned<Room>], day: Date) -> Sheet {
    let rows = rooms.iter().map(|found| room_row(&found.value)).collect();
    Sheet::list("场室", day, &["场室编号", "名称", "位置", "用途", "容纳人数", "状态"], rows)
}

fn room_row(room: &Room) -> Vec<Cell> {
    vec![
        Cell::text(room.id.to_string()),
        Cell::text(&room.name),
        Cell::text(&room.place),
        Cell::text(&room.purpose),
        Cell::count(room.capacity),
        Cell::text(if room.retired { "停用" } else { "在用" }),
    ]
}
