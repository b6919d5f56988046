//! Pupils and their guardians (学生与家长) as a school keeps them by hand: by the same rules as files. S2.1 S3.3.

use crate::directory::{Guardian, Homeroom, Pupil, Sex, Student, Waiver};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{GuardianId, StudentId};
use crate::identifier::mobile_phone;
use crate::import::{person_name, student_number};
use crate::pii::Pii;
use crate::record::{OrderState, TermRecord};

/// Most guardians of one pupil.
pub const GUARDIANS: usize = 6;
/// Most children of one guardian.
pub const CHILDREN: usize = 20;
/// Most waivers of one pupil.
pub const WAIVERS: usize = 5;

/// Why a pupil or a guardian cannot be so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "pupil/")]
pub enum PupilError {
    /// No name, or one with digits and marks.
    #[error("姓名应为 1 至 40 个字,不含数字或符号")]
    NameUnusable,
    /// No student number.
    #[error("学籍号不能使用:{reason}")]
    NumberUnusable {
        /// What is wrong with it, without the number.
        reason: String,
    },
    /// No reason, no part, or too many of them.
    #[error("减免最多 5 项,每项须有 1 至 40 个字的原因和 1 至 100 的比例")]
    WaiverUnusable,
    /// The pupil of this number is there, at this school or another one.
    #[error("该学籍号的学生已存在,请在学生列表中查找;转学请联系平台管理员")]
    Exists,
    /// Not a homeroom of the school, or one that has left.
    #[error("没有这个行政班或它已毕业,请重新选择本校的行政班")]
    HomeroomUnknown,
    /// The pupil has left.
    #[error("该学生已毕业,资料不再变更")]
    Graduated,
    /// No mobile phone.
    #[error("手机号应为 11 位数字,以 13 至 19 开头")]
    PhoneUnusable,
    /// The phone belongs to a guardian of another name.
    #[error("该手机号已登记为其他姓名的家长,请核对手机号和姓名")]
    GuardianNameDiffers,
    /// The guardian is linked.
    #[error("该家长已与学生关联,无需重复操作")]
    AlreadyLinked,
    /// More guardians than a pupil has.
    #[error("一名学生最多关联 {GUARDIANS} 位家长,请先解除不再监护的家长")]
    TooManyGuardians,
    /// More children than a guardian has.
    #[error("一位家长最多关联 {CHILDREN} 名学生,请核对手机号")]
    TooManyChildren,
    /// Nobody would be left to pay what waits.
    #[error("该学生还有待缴费的订单,须保留至少一位家长,请待订单缴费或释放后再解除")]
    LastGuardian,
}

impl Fault for PupilError {
    fn kind(&self) -> Kind {
        match self {
            Self::NameUnusable
            | Self::NumberUnusable { .. }
            | Self::WaiverUnusable
            | Self::HomeroomUnknown
            | Self::PhoneUnusable => Kind::Invalid,
            Self::Exists
            | Self::Graduated
            | Self::GuardianNameDiffers
            | Self::AlreadyLinked
            | Self::TooManyGuardians
            | Self::TooManyChildren
            | Self::LastGuardian => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::NameUnusable => "name",
            Self::NumberUnusable { .. } => "number",
            Self::WaiverUnusable => "waivers",
            Self::HomeroomUnknown => "homeroom_id",
            Self::PhoneUnusable => "phone",
            Self::Exists
            | Self::Graduated
            | Self::GuardianNameDiffers
            | Self::AlreadyLinked
            | Self::TooManyGuardians
            | Self::TooManyChildren
            | Self::LastGuardian => return Vec::new(),
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

/// A name as it is kept.
fn name_of(name: &Pii<String>) -> Result<Pii<String>, PupilError> {
    let kept = person_name(name.reveal()).map_err(|_reason| PupilError::NameUnusable)?;
    if kept.is_empty() { Err(PupilError::NameUnusable) } else { Ok(Pii::new(kept)) }
}

/// A student number as it is kept: what the identifier is made from.
pub fn number_of(number: &Pii<String>) -> Result<Pii<String>, PupilError> {
    student_number(number.reveal()).map(Pii::new).map_err(|reason| PupilError::NumberUnusable { reason })
}

/// A guardian's phone as it is kept: what the identifier is made from.
pub fn phone_of(phone: &Pii<String>) -> Result<Pii<String>, PupilError> {
    let kept = phone.reveal().trim();
    mobile_phone(kept).map_err(|_reason| PupilError::PhoneUnusable)?;
    Ok(Pii::new(kept.to_owned()))
}

fn waivers_of(waivers: Vec<Waiver>) -> Result<Vec<Waiver>, PupilError> {
    let usable = |waiver: &Waiver| {
        (1..=40).contains(&waiver.reason.trim().chars().count())
            && !waiver.reason.chars().any(char::is_control)
            && (1..=100).contains(&waiver.percent)
    };
    if waivers.len() <= WAIVERS && waivers.iter().all(usable) { Ok(waivers) } else { Err(PupilError::WaiverUnusable) }
}

/// What is said of a pupil by hand.
#[derive(Debug, Clone)]
pub struct Said {
    /// The name; none: it stays.
    pub name: Option<Pii<String>>,
    /// The sex.
    pub sex: Sex,
    /// The waivers, all of them.
    pub waivers: Vec<Waiver>,
}

/// A pupil who comes to a homeroom.
pub fn add(id: StudentId, number: Pii<String>, said: Said, homeroom: &Homeroom) -> Result<Student, PupilError> {
    let name = name_of(&said.name.ok_or(PupilError::NameUnusable)?)?;
    if homeroom.graduated.is_some() {
        return Err(PupilError::HomeroomUnknown);
    }
    let pupil = Pupil {
        id,
        school: homeroom.id.school(),
        homeroom: homeroom.id.clone(),
        grade: homeroom.grade,
        sex: said.sex,
        waivers: waivers_of(said.waivers)?,
        guardians: Vec::new(),
        graduated: None,
    };
    Ok(Student { pupil, name, number })
}

/// A pupil as said, in a homeroom of the same school; the grade goes with the homeroom.
pub fn edit(student: &Student, said: Said, homeroom: &Homeroom) -> Result<Student, PupilError> {
    if student.pupil.graduated.is_some() {
        return Err(PupilError::Graduated);
    }
    if homeroom.graduated.is_some() || homeroom.id.school() != student.pupil.school {
        return Err(PupilError::HomeroomUnknown);
    }
    let name = said.name.as_ref().map_or_else(|| Ok(student.name.clone()), name_of)?;
    let pupil = Pupil {
        homeroom: homeroom.id.clone(),
        grade: homeroom.grade,
        sex: said.sex,
        waivers: waivers_of(said.waivers)?,
        ..student.pupil.clone()
    };
    Ok(Student { pupil, name, ..student.clone() })
}

/// A guardian as somebody names one.
#[derive(Debug, Clone)]
pub struct NewGuardian {
    /// From the keyed hash of the phone.
    pub id: GuardianId,
    /// The name.
    pub name: Pii<String>,
    /// The phone, as [`phone_of`] gives it.
    pub phone: Pii<String>,
}

/// Links a pupil with a guardian, who may be there already for a child of another school: both as they are then.
pub fn link(
    student: &Student,
    guardian: Option<&Guardian>,
    new: NewGuardian,
) -> Result<(Student, Guardian), PupilError> {
    let name = name_of(&new.name)?;
    let mut guardian = guardian.cloned().unwrap_or_else(|| Guardian {
        id: new.id,
        name: name.clone(),
        phone: new.phone,
        children: Vec::new(),
    });
    if guardian.name != name {
        return Err(PupilError::GuardianNameDiffers);
    }
    let mut student = student.clone();
    if student.pupil.guardians.contains(&guardian.id) {
        return Err(PupilError::AlreadyLinked);
    }
    if student.pupil.guardians.len() >= GUARDIANS {
        return Err(PupilError::TooManyGuardians);
    }
    if guardian.children.len() >= CHILDREN {
        return Err(PupilError::TooManyChildren);
    }
    student.pupil.guardians.push(guardian.id.clone());
    if !guardian.children.contains(&student.pupil.id) {
        guardian.children.push(student.pupil.id.clone());
    }
    Ok((student, guardian))
}

/// A guardian by a corrected name. The phone stays: another phone is another guardian.
pub fn rename(guardian: &Guardian, name: &Pii<String>) -> Result<Guardian, PupilError> {
    Ok(Guardian { name: name_of(name)?, ..guardian.clone() })
}

/// Takes a guardian and a pupil apart: both as they are then. `records` are the pupil's terms.
pub fn unlink(
    student: &Student,
    guardian: &Guardian,
    records: &[TermRecord],
) -> Result<(Student, Guardian), PupilError> {
    let waits = |record: &TermRecord| {
        record.orders.iter().any(|order| matches!(order.state, OrderState::Pending | OrderState::Closing))
    };
    let (mut student, mut guardian) = (student.clone(), guardian.clone());
    student.pupil.guardians.retain(|id| *id != guardian.id);
    guardian.children.retain(|id| *id != student.pupil.id);
    if student.pupil.guardians.is_empty() && records.iter().any(waits) {
        return Err(PupilError::LastGuardian);
    }
    Ok((student, guardian))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::HomeroomId;

    fn homeroom(school: &str, class: u8) -> Homeroom {
        let id = HomeroomId::new(&school.parse().unwrap(), 2024, class);
        Homeroom { id, grade: 3, name: format!("三年级({class})班"), graduated: None }
    }

    fn said(name: Option<&str>) -> Said {
        Said { name: name.map(|name| Pii::new(name.to_owned())), sex: Sex::Female, waivers: Vec::new() }
    }

    fn student() -> Student {
        let number = Pii::new("L442000201701010001".to_owned());
        add("S000000001".parse().unwrap(), number, said(Some("欧阳小明")), &homeroom("2144200601", 1)).unwrap()
    }

    fn new_guardian(number: usize, name: &str) -> NewGuardian {
        NewGuardian {
            id: format!("G{number:09}").parse().unwrap(),
            name: Pii::new(name.to_owned()),
            phone: Pii::new(format!("1380000{number:04}")),
        }
    }

    #[test]
    fn s3_3_a_pupil_is_added_by_the_rules_of_files() {
        assert_eq!(student().pupil.grade, 3);
        let shout = Pii::new(" l442000201701010001 ".to_owned());
        assert_eq!(number_of(&shout).unwrap(), student().number, "as a file would say it");
        for number in ["", "L44200020170101", "X442000201701010001", "G442000201701010001"] {
            let refused = number_of(&Pii::new(number.to_owned())).unwrap_err();
            assert_eq!(refused.slug(), "pupil/number-unusable");
            assert!(number.is_empty() || !refused.to_string().contains(number), "it does not repeat the number");
        }
        let room = homeroom("2144200601", 1);
        for name in ["", " ", "张3", "<b>"] {
            let added = add("S000000001".parse().unwrap(), student().number, said(Some(name)), &room);
            assert_eq!(added, Err(PupilError::NameUnusable), "{name}");
        }
        let left = Homeroom { graduated: Some(2026), ..room };
        let added = add("S000000001".parse().unwrap(), student().number, said(Some("李四")), &left);
        assert_eq!(added, Err(PupilError::HomeroomUnknown));
    }

    #[test]
    fn s3_3_a_pupil_moves_within_the_school() {
        let moved = edit(&student(), said(None), &Homeroom { grade: 4, ..homeroom("2144200601", 2) }).unwrap();
        assert_eq!((moved.pupil.grade, moved.name), (4, student().name));
        assert_eq!(edit(&student(), said(None), &homeroom("2144200602", 1)), Err(PupilError::HomeroomUnknown));
        let mut graduate = student();
        graduate.pupil.graduated = Some(2026);
        assert_eq!(edit(&graduate, said(None), &homeroom("2144200601", 1)), Err(PupilError::Graduated));
    }

    #[test]
    fn s3_3_a_waiver_has_a_reason_and_a_part() {
        let waiver = |reason: &str, percent| Waiver { reason: reason.to_owned(), percent };
        assert!(waivers_of(vec![waiver("低保家庭", 100)]).is_ok());
        for bad in [waiver("", 50), waiver("低保", 0), waiver("低保", 101), waiver(&"低".repeat(41), 5)] {
            assert_eq!(waivers_of(vec![bad]), Err(PupilError::WaiverUnusable));
        }
        assert_eq!(waivers_of(vec![waiver("低保", 1); 6]), Err(PupilError::WaiverUnusable));
    }

    #[test]
    fn s2_1_a_guardian_of_another_name_is_not_taken_over() {
        let (child, guardian) = link(&student(), None, new_guardian(1, "张三")).unwrap();
        assert_eq!(guardian.children, std::slice::from_ref(&child.pupil.id));
        let again = link(&child, Some(&guardian), new_guardian(1, "张三"));
        assert_eq!(again, Err(PupilError::AlreadyLinked));
        let mut sibling = student();
        sibling.pupil.id = "S000000002".parse().unwrap();
        assert_eq!(link(&sibling, Some(&guardian), new_guardian(1, "李四")), Err(PupilError::GuardianNameDiffers));
        let (_, guardian) = link(&sibling, Some(&guardian), new_guardian(1, "张三")).unwrap();
        assert_eq!(guardian.children.len(), 2);
        let mut many = student();
        many.pupil.guardians = (0..GUARDIANS).map(|n| format!("G{:09}", n + 10).parse().unwrap()).collect();
        assert_eq!(link(&many, None, new_guardian(1, "张三")), Err(PupilError::TooManyGuardians));
        let busy = Guardian {
            children: (0..CHILDREN).map(|n| format!("S{:09}", n + 10).parse().unwrap()).collect(),
            ..guardian
        };
        assert_eq!(link(&student(), Some(&busy), new_guardian(1, "张三")), Err(PupilError::TooManyChildren));
        assert_eq!(phone_of(&Pii::new("12345".to_owned())).unwrap_err(), PupilError::PhoneUnusable);
    }

    proptest! {
        /// Whatever is linked and taken apart: a pupil names a guardian exactly when the guardian names the pupil.
        #[test]
        fn s2_1_both_sides_of_a_link_agree(steps in prop::collection::vec((0usize..3, any::<bool>()), 0..20)) {
            let mut child = student();
            let mut guardians: Vec<Option<Guardian>> = vec![None; 3];
            for (number, linking) in steps {
                let held = guardians[number].clone();
                let done = if linking {
                    link(&child, held.as_ref(), new_guardian(number, "张三")).ok()
                } else {
                    held.and_then(|held| unlink(&child, &held, &[]).ok())
                };
                if let Some((next, guardian)) = done {
                    child = next;
                    guardians[number] = Some(guardian);
                }
                for guardian in guardians.iter().flatten() {
                    let (here, there) = (child.pupil.guardians.contains(&guardian.id), guardian.children.contains(&child.pupil.id));
                    prop_assert_eq!(here, there);
                }
            }
        }
    }
}
