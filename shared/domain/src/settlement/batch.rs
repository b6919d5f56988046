//! Settlement batch (结算批次): drawn up, confirmed by one person, approved by another in another role, and settled from
//! then on. Who agrees names the hash of what was shown. What is settled never changes; a batch that mirrors it takes it
//! back (冲销). S36.2 S36.3 S36.4, promise P11.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Month;
use super::docket::{BATCHES, Cover, Docket};
use super::draw::PARTS;
use super::line::{BatchLine, Totals};
use super::rules::Field;
use crate::access::{Owned, Owner};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{BatchId, CourseCode, PersonId, RoleId, SchoolCode};
use crate::snapshot::Snapshot;
use crate::time::Moment;

/// Characters of a reason.
pub const REASON_CHARACTERS: std::ops::RangeInclusive<usize> = 2..=200;

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BatchState {
    /// Drawn up, nobody has agreed (待确认).
    Drawn,
    /// Confirmed by the first person (待审批).
    Confirmed,
    /// Approved by the second: final (已结算).
    Settled,
    /// Sent back (已驳回).
    Rejected,
    /// Given up by who prepares batches (已作废).
    Discarded,
}

impl BatchState {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Drawn => "待确认",
            Self::Confirmed => "待审批",
            Self::Settled => "已结算",
            Self::Rejected => "已驳回",
            Self::Discarded => "已作废",
        }
    }
}

/// Who said yes or no, in which role, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Who.
    pub by: PersonId,
    /// In which role.
    pub role: RoleId,
    /// When.
    pub at: Moment,
}

/// A batch, without its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Its identifier, which says school, term and number.
    pub id: BatchId,
    /// The school.
    pub school: SchoolCode,
    /// What it covers.
    pub cover: Cover,
    /// What is to be seen of it.
    pub fields: BTreeSet<Field>,
    /// The version of the rules by which it was drawn up; 0: the standard ones.
    pub rules: u64,
    /// The batch it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<u16>,
    /// Why it takes that back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How often it was drawn up.
    pub revision: u16,
    /// What its lines come to.
    pub totals: Totals,
    /// SHA-256 of all it says, lines and parts with it.
    pub hash: String,
    /// Where it stands.
    pub state: BatchState,
    /// Who drew it up last.
    pub drawn: Word,
    /// Who confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Word>,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Word>,
    /// Who sent it back or gave it up, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<(Word, String)>,
}

impl Owned for Batch {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), ..Owner::default() }
    }
}

/// Why something cannot be done to a batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "settlement/")]
pub enum BatchError {
    /// Settled batches hold all of it.
    #[error("所选月份和课程没有需要结算的内容,请核对范围;刚支付的订单几分钟后才会计入")]
    NothingToSettle,
    /// More parts than a batch holds.
    #[error("所选范围超过 {PARTS} 条订单明细,请减少月份或课程,分批结算")]
    TooLarge,
    /// Another batch waits that covers some of it.
    #[error("所选范围与第 {number} 批重叠,该批次尚未办结,请先确认、驳回或作废该批次")]
    AlreadyOpen {
        /// Its number.
        number: u16,
    },
    /// More batches than a term has.
    #[error("本学期结算批次已达 {BATCHES} 个上限,请联系平台管理员")]
    TooMany,
    /// A month outside of the term.
    #[error("{month} 不在本学期内,请选择学期内的月份")]
    MonthOutOfRange {
        /// The month.
        month: Month,
    },
    /// A course the school does not give in the term.
    #[error("本学期没有课程 {course},请核对课程编号")]
    UnknownCourse {
        /// The course.
        course: CourseCode,
    },
    /// No period is over of which nothing is settled.
    #[error("没有已结束且未结算的周期,如需提前结算或更正,请指定月份")]
    NoPeriodLeft,
    /// It does not wait for this.
    #[error("该批次当前状态为{},不能这样处理,请刷新后查看", .state.chinese())]
    NotWaiting {
        /// Where it stands.
        state: BatchState,
    },
    /// It was drawn up anew since it was shown.
    #[error("批次内容已重新编制,与您核对的不一致,请核对最新内容后再确认")]
    Changed,
    /// Who confirmed it does not approve it.
    #[error("财务确认与审批须由两人完成,您已确认过该批次,请由另一位人员审批")]
    SecondPersonNeeded,
    /// It was confirmed in the same role.
    #[error("财务确认与审批须由两个不同角色完成,请由其他角色的人员审批")]
    SecondRoleNeeded,
    /// No reason, or a long one.
    #[error("请填写原因,2 至 200 个字")]
    ReasonUnusable,
    /// Not settled, taken back already, or itself one that takes back.
    #[error("只有已结算且未被冲销的批次可以冲销,冲销批次本身不能再冲销")]
    NotReversible,
    /// Not settled yet.
    #[error("该批次尚未审核确认,不能导出,请先完成确认与审批")]
    NotSettled,
    /// Its lines are not those it was made of.
    #[error("the lines of a batch do not have its hash")]
    Altered,
}

impl Fault for BatchError {
    fn kind(&self) -> Kind {
        match self {
            Self::MonthOutOfRange { .. } | Self::UnknownCourse { .. } | Self::ReasonUnusable => Kind::Invalid,
            Self::NothingToSettle
            | Self::TooLarge
            | Self::AlreadyOpen { .. }
            | Self::TooMany
            | Self::NoPeriodLeft
            | Self::NotWaiting { .. }
            | Self::Changed
            | Self::SecondPersonNeeded
            | Self::SecondRoleNeeded
            | Self::NotReversible
            | Self::NotSettled => Kind::Refused,
            Self::Altered => Kind::Internal,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::MonthOutOfRange { .. } => "months",
            Self::UnknownCourse { .. } => "courses",
            Self::ReasonUnusable => "reason",
            Self::NothingToSettle
            | Self::TooLarge
            | Self::AlreadyOpen { .. }
            | Self::TooMany
            | Self::NoPeriodLeft
            | Self::NotWaiting { .. }
            | Self::Changed
            | Self::SecondPersonNeeded
            | Self::SecondRoleNeeded
            | Self::NotReversible
            | Self::NotSettled
            | Self::Altered => return Vec::new(),
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

/// What a batch is drawn up with, beside its lines.
#[derive(Debug, Clone)]
pub struct Brief {
    /// What it covers.
    pub cover: Cover,
    /// What is to be seen of it.
    pub fields: BTreeSet<Field>,
    /// The version of the rules.
    pub rules: u64,
}

impl Batch {
    /// Draws a batch up: the docket gives it what it covers.
    pub fn draw_up(docket: &mut Docket, brief: Brief, lines: &[BatchLine], by: Word) -> Result<Self, BatchError> {
        Self::open(docket, brief, None, lines, by)
    }

    /// Draws up the batch that takes a settled one back: its mirror, with the lines that [`BatchLine::mirrored`] gives.
    pub fn reverse(
        &self,
        docket: &mut Docket,
        lines: &[BatchLine],
        (reason, by): (&str, Word),
    ) -> Result<(Self, Vec<BatchLine>), BatchError> {
        if self.state != BatchState::Settled || self.reverses.is_some() || !docket.counts(self.number()) {
            return Err(BatchError::NotReversible);
        }
        let reason = usable(reason)?;
        let mirrored: Vec<BatchLine> = lines.iter().map(BatchLine::mirrored).collect();
        let brief = Brief { cover: self.cover.clone(), fields: self.fields.clone(), rules: self.rules };
        let batch = Self::open(docket, brief, Some((self.number(), reason)), &mirrored, by)?;
        Ok((batch, mirrored))
    }

    fn open(
        docket: &mut Docket,
        brief: Brief,
        reverses: Option<(u16, String)>,
        lines: &[BatchLine],
        by: Word,
    ) -> Result<Self, BatchError> {
        let number = docket.take(&brief.cover)?;
        let (reverses, reason) = reverses.unzip();
        let mut batch = Self {
            id: BatchId::new(&docket.school, &docket.term, number),
            school: docket.school.clone(),
            cover: brief.cover,
            fields: brief.fields,
            rules: brief.rules,
            reverses,
            reason,
            revision: 1,
            totals: Totals::of(lines),
            hash: String::new(),
            state: BatchState::Drawn,
            drawn: by,
            confirmed: None,
            approved: None,
            ended: None,
        };
        batch.hash = batch.hash_of(lines);
        Ok(batch)
    }

    /// Draws it up anew, by what is known now. Nobody may have agreed to it yet.
    pub fn redraw(&mut self, rules: u64, lines: &[BatchLine], by: Word) -> Result<(), BatchError> {
        self.check_redraw()?;
        self.rules = rules;
        self.revision = self.revision.saturating_add(1);
        self.totals = Totals::of(lines);
        self.drawn = by;
        self.hash = self.hash_of(lines);
        Ok(())
    }

    /// Whether it can be drawn up anew: a batch that takes another back is its mirror, and stays so.
    pub fn check_redraw(&self) -> Result<(), BatchError> {
        if self.state == BatchState::Drawn && self.reverses.is_none() { Ok(()) } else { Err(self.not_waiting()) }
    }

    /// The first person agrees to what `hash` names.
    pub fn confirm(&mut self, hash: &str, by: Word) -> Result<(), BatchError> {
        if self.state != BatchState::Drawn {
            return Err(self.not_waiting());
        }
        self.check_seen(hash)?;
        self.state = BatchState::Confirmed;
        self.confirmed = Some(by);
        Ok(())
    }

    /// The second person agrees, in another role: from now on it is settled, and the docket says so.
    pub fn approve(
        &mut self,
        docket: &mut Docket,
        lines: &[BatchLine],
        (hash, by): (&str, Word),
    ) -> Result<(), BatchError> {
        let first = self.confirmed.as_ref().filter(|_| self.state == BatchState::Confirmed);
        let first = first.ok_or_else(|| self.not_waiting())?;
        if first.by == by.by {
            return Err(BatchError::SecondPersonNeeded);
        }
        if first.role == by.role {
            return Err(BatchError::SecondRoleNeeded);
        }
        self.check_seen(hash)?;
        self.verify(lines)?;
        self.state = BatchState::Settled;
        self.approved = Some(by);
        match self.reverses {
            Some(reversed) => docket.take_back(reversed, self.number()),
            None => docket.settle(self.number(), lines.iter().map(|line| (line.month, &line.course))),
        }
        Ok(())
    }

    /// Who could agree sends it back.
    pub fn reject(&mut self, docket: &mut Docket, (reason, by): (&str, Word)) -> Result<(), BatchError> {
        self.end(docket, BatchState::Rejected, (reason, by))
    }

    /// Who prepares batches gives it up.
    pub fn discard(&mut self, docket: &mut Docket, (reason, by): (&str, Word)) -> Result<(), BatchError> {
        self.end(docket, BatchState::Discarded, (reason, by))
    }

    fn end(&mut self, docket: &mut Docket, state: BatchState, (reason, by): (&str, Word)) -> Result<(), BatchError> {
        if !matches!(self.state, BatchState::Drawn | BatchState::Confirmed) {
            return Err(self.not_waiting());
        }
        self.ended = Some((by, usable(reason)?));
        self.state = state;
        docket.free(self.number());
        Ok(())
    }

    /// Its number among the batches of its term.
    pub fn number(&self) -> u16 {
        self.id.number()
    }

    /// Whether it can be taken out as a file: once it is settled.
    pub fn check_settled(&self) -> Result<(), BatchError> {
        if self.state == BatchState::Settled { Ok(()) } else { Err(BatchError::NotSettled) }
    }

    /// Whether these are the lines it was made of.
    pub fn verify(&self, lines: &[BatchLine]) -> Result<(), BatchError> {
        let same = self.hash == self.hash_of(lines) && self.totals == Totals::of(lines);
        if same { Ok(()) } else { Err(BatchError::Altered) }
    }

    fn check_seen(&self, hash: &str) -> Result<(), BatchError> {
        if self.hash == hash { Ok(()) } else { Err(BatchError::Changed) }
    }

    const fn not_waiting(&self) -> BatchError {
        BatchError::NotWaiting { state: self.state }
    }

    /// The hash of what it says: school, term, cover, fields, rules, each line with its parts.
    fn hash_of(&self, lines: &[BatchLine]) -> String {
        let line = |line: &BatchLine| {
            json!({
                "course": line.course,
                "month": line.month,
                "title": line.title,
                "origin": line.origin,
                "provider": line.provider,
                "unit_price_fen": line.unit_price,
                "taught": line.taught,
                "figures": line.figures,
                "due": line.due,
                "parts": line.parts.to_string(),
            })
        };
        let said = json!({
            "kind": "settlement_batch",
            "id": self.id,
            "cover": self.cover,
            "fields": self.fields,
            "rules": self.rules,
            "reverses": self.reverses,
            "lines": lines.iter().map(line).collect::<Vec<_>>(),
        });
        Snapshot::of(&said).hash
    }
}

/// A reason somebody can read.
fn usable(reason: &str) -> Result<String, BatchError> {
    let reason = reason.trim();
    let usable = REASON_CHARACTERS.contains(&reason.chars().count());
    usable.then(|| reason.to_owned()).ok_or(BatchError::ReasonUnusable)
}
