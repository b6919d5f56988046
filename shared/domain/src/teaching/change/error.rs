//! Why a lesson is not changed (调代课不能办理), each with the sentence the user reads.

use jiff::civil::Date;

use super::{CALLED_CHARACTERS, FEE_YUAN, REASON_CHARACTERS};
use crate::fault::{Fault, Kind, Pointed};
use crate::teaching::clash::ClashError;
use crate::teaching::timetable::LockError;

/// Why a change of a lesson is not taken, not decided, or not revoked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "lesson-change/")]
pub enum ChangeError {
    /// The class has no such lesson any more.
    #[error("该教学班没有这节课,课表可能已调整,请刷新后重新选择")]
    NoSuchLesson,
    /// The class is over.
    #[error("教学班已结课,不能再调课、代课或停课")]
    ClassClosed,
    /// It is off already.
    #[error("该节课已停课;需要补上请申请调课")]
    AlreadyOff,
    /// It has begun, or its day is over.
    #[error("该节课已开始或已过,不能再变更;教师申请须在上课前提交,学校可在当天办理")]
    HasBegun,
    /// Somebody has checked in or called the roll.
    #[error("该节课已签到或点名,不能再调课、代课或停课")]
    RollCalled,
    /// A day outside of the term.
    #[error("新的上课日期应在学期内({from} 至 {until})")]
    DayOutOfTerm {
        /// The first day.
        from: Date,
        /// The last day.
        until: Date,
    },
    /// The day has no such period.
    #[error("作息时间中没有第{period}节,请重新选择节次")]
    PeriodUnknown {
        /// The period.
        period: u8,
    },
    /// When it would be given has passed.
    #[error("{date} 第{period}节的上课时间已过,请选择之后的时间")]
    TimePassed {
        /// The day.
        date: Date,
        /// The period.
        period: u8,
    },
    /// Nothing would change.
    #[error("新的时间和场室与原来相同,不需要调课")]
    NothingChanges,
    /// Not a room of the school, or one that is not used any more.
    #[error("没有这个场室或已停用,请重新选择本校场室")]
    RoomUnknown,
    /// More pupils than the room takes.
    #[error("该场室最多容纳 {capacity} 人,当天有 {pupils} 名学生,请选择更大的场室")]
    RoomTooSmall {
        /// What it takes.
        capacity: u16,
        /// The pupils of the day.
        pupils: usize,
    },
    /// The class itself is taught then.
    #[error("该教学班在 {date} 第{period}节已有一节课,请选择其他时间")]
    OwnLesson {
        /// The day.
        date: Date,
        /// The period.
        period: u8,
    },
    /// Who is to be stood in for does not teach the lesson.
    #[error("被代课的教师不是该节课的任课教师,请重新选择")]
    NotTheTeacher,
    /// A teacher asks for the own place.
    #[error("教师只能为自己的课申请代课,为其他教师安排代课请联系学校管理员")]
    OthersPlace,
    /// Who would stand in teaches the lesson anyway.
    #[error("代课教师已任教该节课,请选择其他教师")]
    AlreadyTeaches,
    /// Not an account that may teach at the school.
    #[error("代课教师不是本校可任课的用户,请先在用户管理中添加并授予任课角色")]
    TeacherUnknown,
    /// Not what somebody is called.
    #[error("教师称呼应为 1 至 {CALLED_CHARACTERS} 个字,如“李老师”")]
    CalledUnusable,
    /// Only the school lets a lesson fall out.
    #[error("停课只能由学校办理,教师请申请调课或代课")]
    BySchoolOnly,
    /// No reason, or a long one.
    #[error("请填写原因,{} 至 {} 个字", REASON_CHARACTERS.start(), REASON_CHARACTERS.end())]
    ReasonUnusable,
    /// Not an amount, or no word for what.
    #[error("费用差额应在正负 {FEE_YUAN} 元之间,并用 2 至 200 个字说明依据")]
    FeeUnusable,
    /// It was decided.
    #[error("该申请已处理,请刷新后查看结果")]
    AlreadyDecided,
    /// Who asked does not decide.
    #[error("申请人不能审核自己的申请,请由另一位人员审核")]
    SecondPersonNeeded,
    /// Somebody else asked.
    #[error("只有申请人可以撤回申请,不同意请驳回")]
    NotTheAsker,
    /// It is not in effect.
    #[error("该申请未生效或已撤销,没有可以撤销的变更")]
    NotInEffect,
    /// The lesson was changed again.
    #[error("该节课之后又有变更,请先撤销后一次变更")]
    ChangedSince,
    /// Somebody or something would be needed twice.
    #[error(transparent)]
    Clash(#[from] ClashError),
    /// A day is locked.
    #[error(transparent)]
    Locked(#[from] LockError),
}

impl ChangeError {
    /// The field of the request that does not fit; none when it is the state of things.
    const fn field(&self) -> Option<&'static str> {
        match self {
            Self::DayOutOfTerm { .. } | Self::TimePassed { .. } | Self::NothingChanges => Some("date"),
            Self::PeriodUnknown { .. } => Some("period"),
            Self::RoomUnknown => Some("room_id"),
            Self::NotTheTeacher | Self::OthersPlace => Some("absent_id"),
            Self::AlreadyTeaches | Self::TeacherUnknown => Some("present_id"),
            Self::CalledUnusable => Some("present_called"),
            Self::ReasonUnusable => Some("reason"),
            Self::FeeUnusable => Some("fee"),
            Self::NoSuchLesson
            | Self::ClassClosed
            | Self::AlreadyOff
            | Self::HasBegun
            | Self::RollCalled
            | Self::RoomTooSmall { .. }
            | Self::OwnLesson { .. }
            | Self::BySchoolOnly
            | Self::AlreadyDecided
            | Self::SecondPersonNeeded
            | Self::NotTheAsker
            | Self::NotInEffect
            | Self::ChangedSince
            | Self::Clash(_)
            | Self::Locked(_) => None,
        }
    }
}

impl Fault for ChangeError {
    fn kind(&self) -> Kind {
        if self.field().is_some() { Kind::Invalid } else { Kind::Refused }
    }

    fn slug(&self) -> &'static str {
        if let Self::Clash(error) = self {
            error.slug()
        } else if let Self::Locked(error) = self {
            error.slug()
        } else {
            self.into()
        }
    }

    fn pointed(&self) -> Vec<Pointed> {
        let pointed = |field| Pointed { pointer: format!("/{field}"), detail: self.to_string() };
        self.field().map(pointed).into_iter().collect()
    }
}
