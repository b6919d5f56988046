//! Subscription (消息订阅): of what a guardian wants to be told at WeChat, and under which name there. P9.1 K3.
//!
//! Whoever has refused a message at WeChat is not sent another one until the guardian subscribes anew: WeChat is asked
//! once, and what it said is remembered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::GuardianId;
use crate::pii::Pii;
use crate::time::Moment;

/// Something a family may be told of; each has a template at WeChat.
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
pub enum Topic {
    /// Whether a child is in its lesson (考勤).
    Attendance,
    /// How leave was decided (请假结果).
    Leave,
}

/// Where a topic stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Standing {
    /// The guardian wants to be told.
    Accepted,
    /// The guardian does not.
    Declined,
    /// WeChat has said that it takes no more of them to this guardian: refused there, or used up.
    Ended,
}

/// What was decided about a topic, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Where it stands.
    pub standing: Standing,
    /// Since when.
    pub at: Moment,
}

/// What a guardian has subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The guardian.
    pub guardian: GuardianId,
    /// The guardian's name at our mini program (`OpenID`).
    pub open_id: Pii<String>,
    /// The topics that were decided about.
    #[serde(default)]
    pub topics: BTreeMap<Topic, Choice>,
}

impl Owned for Subscription {
    fn owner(&self) -> Owner<'_> {
        Owner { persons: std::slice::from_ref(&self.guardian), ..Owner::default() }
    }
}

/// Why somebody cannot subscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "subscription/")]
pub enum SubscriptionError {
    /// No topic.
    #[error("请至少选择一项要订阅或取消的提醒")]
    NothingChosen,
    /// The platform has no mini program.
    #[error("微信提醒尚未开通,可在孩子的当日课程中查看考勤")]
    NotOpened,
    /// WeChat does not know the code.
    #[error("微信登录凭证无效或已使用,请重新进入小程序后再试")]
    CodeRefused,
}

impl Fault for SubscriptionError {
    fn kind(&self) -> Kind {
        match self {
            Self::NothingChosen => Kind::Invalid,
            Self::NotOpened | Self::CodeRefused => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::NothingChosen => vec![Pointed { pointer: "/topics".to_owned(), detail: self.to_string() }],
            Self::NotOpened | Self::CodeRefused => Vec::new(),
        }
    }
}

impl Subscription {
    /// What a guardian chooses, with what was chosen before. Returns none if it says nothing new.
    pub fn choose(
        before: Option<&Self>,
        (guardian, open_id): (&GuardianId, Pii<String>),
        chosen: &BTreeMap<Topic, bool>,
        now: Moment,
    ) -> Result<Option<Self>, SubscriptionError> {
        if chosen.is_empty() {
            return Err(SubscriptionError::NothingChosen);
        }
        let topics = before.map(|before| before.topics.clone()).unwrap_or_default();
        let mut next = Self { guardian: guardian.clone(), open_id, topics };
        for (topic, wants) in chosen {
            let standing = if *wants { Standing::Accepted } else { Standing::Declined };
            if next.topics.get(topic).is_none_or(|choice| choice.standing != standing) {
                next.topics.insert(*topic, Choice { standing, at: now });
            }
        }
        Ok((before != Some(&next)).then_some(next))
    }

    /// Whether messages about a topic are to be sent.
    pub fn takes(&self, topic: Topic) -> bool {
        self.topics.get(&topic).is_some_and(|choice| choice.standing == Standing::Accepted)
    }

    /// WeChat takes no more messages about a topic. Returns whether that is new.
    pub fn end(&mut self, topic: Topic, now: Moment) -> bool {
        let takes = self.takes(topic);
        if takes {
            self.topics.insert(topic, Choice { standing: Standing::Ended, at: now });
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_788_220_800);

    fn chosen(
        before: Option<&Subscription>,
        wants: &[(Topic, bool)],
    ) -> Result<Option<Subscription>, SubscriptionError> {
        let guardian = "G000000000".parse().unwrap();
        let open_id = Pii::new("oUser0".to_owned());
        Subscription::choose(before, (&guardian, open_id), &wants.iter().copied().collect(), NOW)
    }

    #[test]
    fn p9_1_a_guardian_is_told_what_was_chosen_and_nothing_else() {
        let both = chosen(None, &[(Topic::Attendance, true), (Topic::Leave, false)]).unwrap().unwrap();
        assert!(both.takes(Topic::Attendance) && !both.takes(Topic::Leave));
        assert_eq!(chosen(Some(&both), &[(Topic::Attendance, true)]), Ok(None), "known");
        let less = chosen(Some(&both), &[(Topic::Attendance, false)]).unwrap().unwrap();
        assert!(!less.takes(Topic::Attendance));
        assert_eq!(chosen(None, &[]), Err(SubscriptionError::NothingChosen));
    }

    #[test]
    fn p9_1_what_wechat_refuses_is_remembered_until_it_is_chosen_anew() {
        let mut taken = chosen(None, &[(Topic::Attendance, true)]).unwrap().unwrap();
        assert!(taken.end(Topic::Attendance, NOW));
        assert!(!taken.end(Topic::Attendance, NOW) && !taken.end(Topic::Leave, NOW), "once, and not what nobody chose");
        assert!(!taken.takes(Topic::Attendance));
        let anew = chosen(Some(&taken), &[(Topic::Attendance, true)]).unwrap().unwrap();
        assert!(anew.takes(Topic::Attendance));
    }

    #[test]
    fn k3_an_open_id_does_not_show() {
        let one = chosen(None, &[(Topic::Leave, true)]).unwrap().unwrap();
        assert!(!format!("{one:?}").contains("oUser0"));
    }
}
