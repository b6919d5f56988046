//! Letter (告知内容): a fact in the words a family reads, within what a channel carries. P9.1.

use jiff::civil::Date;

use super::Fact;
use crate::subscription::Topic;
use crate::teaching::roll::Presence;

/// Most characters of a title: what a field of a subscription message carries.
const LONGEST_TITLE: usize = 20;

/// The lesson or the leave that a fact is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// The class, or the leave.
    pub title: String,
    /// The day; of a leave, its first.
    pub date: Date,
    /// Minutes after midnight at which it begins, where that is known.
    pub from_minute: Option<u16>,
}

/// What a family reads. The child is named as far as its family needs to tell its children apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it is about, as families subscribe to it.
    pub topic: Topic,
    /// The masked name of the child.
    pub name: String,
    /// The class, or the leave.
    pub title: String,
    /// When: `2026年9月2日 16:30`.
    pub when: String,
    /// What became of it, in at most five characters.
    pub state: &'static str,
    /// What to know or to do, in at most twenty characters.
    pub remark: String,
}

impl Letter {
    /// The letter of a fact.
    pub fn of(fact: Fact, masked_name: String, occasion: &Occasion) -> Self {
        let (state, remark) = match fact {
            Fact::Attended { was, is } => (state_of(is), remark_of(was, is)),
            Fact::LeaveGranted => ("已通过", "请假已同步到考勤".to_owned()),
            Fact::LeaveRefused => ("未通过", "原因请在请假记录中查看".to_owned()),
        };
        Self {
            topic: fact.topic(),
            name: masked_name,
            title: shortened(&occasion.title),
            when: when(occasion),
            state,
            remark,
        }
    }

    /// The whole as a sentence.
    pub fn sentence(&self) -> String {
        let Self { name, title, when, state, remark, .. } = self;
        format!("{name} {when}「{title}」{state}:{remark}")
    }
}

const fn state_of(presence: Presence) -> &'static str {
    match presence {
        Presence::Present => "已到课",
        Presence::Late => "迟到",
        Presence::OnLeave => "请假",
        Presence::Absent => "未到课",
        Presence::Abnormal => "异常",
    }
}

fn remark_of(was: Option<Presence>, is: Presence) -> String {
    if let Some(was) = was {
        return format!("考勤更正:由{}改为{}", was.chinese(), is.chinese());
    }
    match is {
        Presence::Present => "老师点名时已在课堂",
        Presence::Late => "已到课堂,晚于上课时间",
        Presence::OnLeave => "已按请假记录",
        Presence::Absent => "没有请假记录,请尽快联系老师",
        Presence::Abnormal => "请联系任课老师核实",
    }
    .to_owned()
}

fn when(occasion: &Occasion) -> String {
    let Occasion { date, from_minute, .. } = occasion;
    let day = format!("{}年{}月{}日", date.year(), date.month(), date.day());
    from_minute.map_or(day.clone(), |minute| format!("{day} {:02}:{:02}", minute / 60, minute % 60))
}

fn shortened(title: &str) -> String {
    if title.chars().count() <= LONGEST_TITLE {
        return title.to_owned();
    }
    title.chars().take(LONGEST_TITLE - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use strum::VariantArray as _;

    use super::*;

    fn occasion(title: &str) -> Occasion {
        Occasion { title: title.to_owned(), date: date(2026, 9, 2), from_minute: Some(990) }
    }

    fn letter(was: Option<Presence>, is: Presence) -> Letter {
        Letter::of(Fact::Attended { was, is }, "王**".to_owned(), &occasion("书法入门1班"))
    }

    #[test]
    fn p9_1_a_family_reads_who_where_when_and_what() {
        assert_eq!(
            letter(None, Presence::Absent).sentence(),
            "王** 2026年9月2日 16:30「书法入门1班」未到课:没有请假记录,请尽快联系老师"
        );
        let corrected = letter(Some(Presence::Absent), Presence::Late);
        assert_eq!((corrected.state, corrected.remark.as_str()), ("迟到", "考勤更正:由缺勤改为迟到"));
        let granted =
            Letter::of(Fact::LeaveGranted, "王**".to_owned(), &Occasion { from_minute: None, ..occasion("请假2节") });
        assert_eq!((granted.state, granted.when.as_str()), ("已通过", "2026年9月2日"));
        assert_eq!(granted.topic, Topic::Leave);
    }

    #[test]
    fn p9_1_every_field_fits_into_what_the_channel_carries() {
        let all = || Presence::VARIANTS.iter().copied();
        for letter in all().flat_map(|is| all().map(Some).chain([None]).map(move |was| letter(was, is))) {
            assert!(letter.state.chars().count() <= 5 && letter.remark.chars().count() <= 20, "{letter:?}");
        }
        let long = Letter::of(Fact::LeaveRefused, "王**".to_owned(), &occasion(&"长".repeat(30)));
        assert_eq!(long.title.chars().count(), 20);
        assert!(long.title.ends_with('…') && long.state.chars().count() <= 5);
    }
}
