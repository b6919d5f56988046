//! Permissions (权限点): what may be done, each also as a type, so that a proof of one is no proof of another. B3 K5.1.

use serde::{Deserialize, Serialize};

/// A permission as a type: the parameter of [`super::Granted`].
pub trait Allows: Send + Sync + 'static {
    /// The permission it stands for.
    const PERMISSION: Permission;
}

macro_rules! permissions {
    ($($(#[doc = $doc:literal])+ $name:ident $chinese:literal),+ $(,)?) => {
        /// Something that may be done, as far as the scope reaches in which a role is held.
        #[derive(
            Debug,
            Clone,
            Copy,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            Serialize,
            Deserialize,
            strum::Display,
            strum::EnumString,
            strum::VariantArray,
        )]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        pub enum Permission {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Permission {
            /// Its name for those who hand out roles.
            pub const fn chinese(self) -> &'static str {
                match self {
                    $(Self::$name => $chinese,)+
                }
            }
        }

        /// The permissions as types.
        pub mod may {
            $(
                $(#[doc = $doc])+
                #[derive(Debug, Clone, Copy)]
                pub enum $name {}

                impl super::Allows for $name {
                    const PERMISSION: super::Permission = super::Permission::$name;
                }
            )+
        }
    };
}

permissions! {
    /// See what is offered.
    ViewCatalog "查看开课",
    /// Change terms, windows and offerings.
    EditCatalog "管理开课",
    /// See the own children.
    ViewChildren "查看子女",
    /// Take offerings for a child.
    Enroll "选课报名",
    /// See what pupils take and owe.
    ViewEnrollments "查看报名与订单",
    /// Pay or give up an order.
    Pay "缴费",
    /// Ask for a withdrawal or a refund, or agree to one as its guardian.
    AskRefund "申请退课退费",
    /// Approve withdrawals and refunds somebody else has asked for.
    ApproveRefund "审核退课退费",
    /// See to refunds that do not arrive: answer, send elsewhere, try again, pay out by hand.
    HandleRefunds "处理退费异常",
    /// Write down the refund rules of a school or township.
    EditRefundRules "制定退费规则",
    /// Put the deadlines of orders off, remind of them.
    ManageOrders "管理订单",
    /// See organizations, schools, homerooms, rooms, bells and calendars.
    ViewSchools "查看学校资料",
    /// Change a school's homerooms, rooms, bells and calendar.
    EditSchool "管理学校资料",
    /// Add and change bureaus, townships, schools and providers.
    EditOrganizations "管理组织",
    /// See pupils, guardians and staff, personal data masked.
    ViewPeople "查看人员",
    /// Add and change pupils, guardians and staff.
    EditPeople "管理人员",
    /// Bring in files of organizations, people and courses.
    Import "导入数据",
    /// Take lists out as files.
    Export "导出数据",
    /// Ask to see personal data in full.
    ViewPersonalData "查看完整个人信息",
    /// Approve that personal data of minors is seen in full.
    ApprovePersonalData "审批未成年人信息查看",
    /// See a school's receiving accounts, masked.
    ViewAccounts "查看收款账户",
    /// Propose a change of a receiving account.
    EditAccounts "变更收款账户",
    /// Approve a change of a receiving account somebody else has proposed.
    ApproveAccounts "审批收款账户变更",
    /// See teaching classes and timetables.
    ViewTeaching "查看教学班与课表",
    /// Set up, change and close teaching classes.
    EditTeaching "管理教学班与课表",
    /// Check in to a lesson and take roll in it.
    TakeRoll "签到与点名",
    /// See attendance and lesson hours.
    ViewAttendance "查看考勤与课时",
    /// Ask for leave, or for a correction of attendance.
    AskLeave "申请请假与考勤更正",
    /// Decide leave and corrections somebody else has asked for.
    ApproveLeave "审核请假与考勤更正",
    /// Ask that a lesson is moved or taught by somebody else.
    AskLessonChange "申请调课代课",
    /// Decide changes of lessons somebody else has asked for.
    ApproveLessonChange "审核调课代课",
    /// Ask that a pupil takes another course or class instead.
    AskMove "申请调课调班",
    /// Decide moves of pupils somebody else has asked for.
    ApproveMove "审核调课调班",
    /// Lock the attendance of a month or of days, and lift such a lock.
    LockAttendance "锁定考勤",
    /// Write down how a school takes attendance and who approves what.
    EditTeachingRules "制定考勤规则",
    /// See what a school took in and gave back, and where bills differ from the books.
    ViewMoney "查看资金与对账",
    /// Confirm differences between bills and books, or let them go.
    SettleDifferences "处理对账差异",
    /// Write down how a school settles, and what is due to providers and teachers.
    EditSettlementRules "制定结算规则",
    /// Draw up settlement batches, give them up, take settled ones back.
    PrepareSettlement "编制结算批次",
    /// Confirm a settlement batch, as finance.
    ConfirmSettlement "确认结算批次",
    /// Approve a confirmed settlement batch, or send one back.
    ApproveSettlement "审批结算批次",
    /// See what the supervision system was told, and what it has refused.
    ViewReports "查看数据上报",
    /// Have what the supervision system has refused, or should have, sent again.
    HandleReports "处理数据上报",
    /// See users, their roles and their state.
    ViewUsers "查看用户",
    /// Add users and change them.
    EditUsers "管理用户",
    /// Freeze and unfreeze users.
    FreezeUsers "冻结用户",
    /// Give roles to users and take them back.
    GrantRoles "授予角色",
    /// See roles and their permissions.
    ViewRoles "查看角色",
    /// Propose a change of roles.
    EditRoles "配置角色权限",
    /// Approve a sensitive change of roles somebody else has proposed.
    ApproveRoles "审批角色变更",
    /// Draw up access reviews and sign them off.
    ReviewAccess "权限审查",
    /// Search the audit.
    ViewAudit "查看审计",
    /// Give and withdraw consents, see what is held about oneself and the own children.
    OwnPrivacy "隐私管理",
    /// Decide guardians' requests about personal data.
    HandlePrivacy "处理隐私请求",
    /// Change the keys of a school's personal data, or destroy them.
    ManageKeys "管理数据密钥",
}

impl Permission {
    /// Whether what it allows moves money or permissions: then the caller's account is read anew, so that freezing it
    /// or changing its roles holds from the next such operation on, and not when the session ends.
    pub const fn weighty(self) -> bool {
        match self {
            Self::Pay
            | Self::AskRefund
            | Self::ApproveRefund
            | Self::HandleRefunds
            | Self::EditRefundRules
            | Self::ManageOrders
            | Self::EditAccounts
            | Self::ApproveAccounts
            | Self::SettleDifferences
            | Self::EditSettlementRules
            | Self::PrepareSettlement
            | Self::ConfirmSettlement
            | Self::ApproveSettlement
            | Self::ApproveLeave
            | Self::AskMove
            | Self::ApproveMove
            | Self::LockAttendance
            | Self::EditTeachingRules
            | Self::EditUsers
            | Self::FreezeUsers
            | Self::GrantRoles
            | Self::EditRoles
            | Self::ApproveRoles
            | Self::ReviewAccess
            | Self::ViewPersonalData
            | Self::ApprovePersonalData
            | Self::HandlePrivacy
            | Self::ManageKeys
            | Self::ViewAudit
            | Self::HandleReports
            | Self::Import
            | Self::Export => true,
            Self::ViewCatalog
            | Self::EditCatalog
            | Self::ViewChildren
            | Self::Enroll
            | Self::ViewEnrollments
            | Self::ViewSchools
            | Self::EditSchool
            | Self::EditOrganizations
            | Self::ViewPeople
            | Self::EditPeople
            | Self::ViewAccounts
            | Self::ViewTeaching
            | Self::EditTeaching
            | Self::TakeRoll
            | Self::ViewAttendance
            | Self::AskLeave
            | Self::AskLessonChange
            | Self::ApproveLessonChange
            | Self::ViewMoney
            | Self::ViewReports
            | Self::ViewUsers
            | Self::ViewRoles
            | Self::OwnPrivacy => false,
        }
    }

    /// Whether giving it to a role needs a second person: it reaches money, other people's permissions, or personal
    /// data in full.
    pub const fn sensitive(self) -> bool {
        matches!(
            self,
            Self::ApproveRefund
                | Self::HandleRefunds
                | Self::EditRefundRules
                | Self::EditAccounts
                | Self::ApproveAccounts
                | Self::SettleDifferences
                | Self::EditSettlementRules
                | Self::ConfirmSettlement
                | Self::ApproveSettlement
                | Self::LockAttendance
                | Self::GrantRoles
                | Self::EditRoles
                | Self::ApproveRoles
                | Self::ViewPersonalData
                | Self::ApprovePersonalData
                | Self::Export
                | Self::ViewAudit
                | Self::ReviewAccess
                | Self::ManageKeys
        )
    }
}
