//! People (演示人员): the staff of the demo, whom a new deployment lets in. Names and phones are fictive.

/// A member of staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staff {
    /// What the person is at the platform, for people.
    pub title: &'static str,
    /// The name.
    pub name: &'static str,
    /// The mobile phone.
    pub phone: &'static str,
    /// The role held, with its scope.
    pub grant: &'static str,
}

const fn staff(title: &'static str, name: &'static str, phone: &'static str, grant: &'static str) -> Staff {
    Staff { title, name, phone, grant }
}

/// One of each role, a second teacher, the administrator of each school, and a second school with finance.
pub const STAFF: [Staff; 17] = [
    staff("系统管理员", "示例系统员", "19800000001", "system_admin@platform"),
    staff("安全管理员", "示例安全员", "19800000002", "security_admin@platform"),
    staff("审计管理员", "示例审计员", "19800000003", "audit_admin@platform"),
    staff("教育局管理员", "示例局管员", "19800000004", "city_admin@city"),
    staff("镇街管理员", "示例镇管员", "19800000005", "township_admin@township:442000006"),
    staff("机构人员", "示例机构员", "19800000006", "provider_staff@provider:P001"),
    staff("校长", "示例校长甲", "19800000101", "principal@school:2144200601"),
    staff("学校课后服务管理员", "示例校管甲", "19800000102", "school_admin@school:2144200601"),
    staff("学校财务", "示例财务甲", "19800000103", "school_finance@school:2144200601"),
    staff("行政管理教师", "示例行政甲", "19800000104", "steward@school:2144200601"),
    staff("任课教师", "示例教师甲", "19800000105", "teacher@classes:2144200601"),
    staff("任课教师", "示例教师乙", "19800000107", "teacher@classes:2144200601"),
    staff("巡课教师", "示例巡课甲", "19800000106", "patrol_teacher@school:2144200601"),
    staff("学校课后服务管理员", "示例校管乙", "19800000202", "school_admin@school:2144200602"),
    staff("学校课后服务管理员", "示例校管丙", "19800000302", "school_admin@school:2144200603"),
    staff("学校课后服务管理员", "示例校管丁", "19800000402", "school_admin@school:3144200604"),
    staff("学校财务", "示例财务丁", "19800000403", "school_finance@school:3144200604"),
];

/// Who holds this role.
pub fn holders(grant: &str) -> impl Iterator<Item = &'static Staff> {
    STAFF.iter().filter(move |staff| staff.grant == grant)
}

/// The first who holds this role.
pub fn holder(grant: &str) -> Option<&'static Staff> {
    holders(grant).next()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn nobody_shares_a_phone() {
        assert_eq!(STAFF.iter().map(|staff| staff.phone).collect::<BTreeSet<_>>().len(), STAFF.len());
        assert!(holder("system_admin@platform").is_some() && holder("janitor@city").is_none());
    }
}
