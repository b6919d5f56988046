//! Providers (校外机构) with their licences, and whether they may be used. B5.1 S6.1.

use super::{Compared, Concern, Judged, days};
use crate::directory::{Organization, OrganizationKind};
use crate::id::PersonId;
use crate::organization::{Blacklisting, Licence, Standing};
use crate::supervision::body::ProviderBody;
use crate::time::Moment;

/// A provider as the city tells it. `courses` are those that are being given by it; `by` is who acts for the city here.
pub fn provider(
    told: &ProviderBody,
    held: Option<&Organization>,
    courses: usize,
    (by, now): (&PersonId, Moment),
) -> Judged<Organization> {
    let standing = standing(told, held, by, now);
    let value = Organization {
        id: told.code.clone(),
        kind: OrganizationKind::Provider,
        name: told.name.clone(),
        parent: told.township.clone().or_else(|| held.and_then(|held| held.parent.clone())),
        credit_code: Some(told.credit_code.clone()),
        standing,
    };
    let mut compared = Compared::default();
    compared.both("机构名称", held.map(|held| &held.name), &value.name);
    let parent = |one: &Organization| one.parent.as_ref().map(ToString::to_string);
    compared.field("所属组织", held.and_then(parent), parent(&value));
    compared.field("统一社会信用代码", held.and_then(|held| held.credit_code.clone()), value.credit_code.clone());
    let number = |one: &Organization| one.standing.licence.as_ref().map(|licence| licence.number.clone());
    compared.field("办学许可证号", held.and_then(number), number(&value));
    let valid =
        |one: &Organization| one.standing.licence.as_ref().map(|licence| days(licence.valid_from, licence.valid_until));
    compared.field("许可有效期", held.and_then(valid), valid(&value));
    let phone = |one: &Organization| one.standing.phone.clone();
    compared.field("联系电话", held.and_then(phone), phone(&value));
    let barred =
        |one: &Organization| one.standing.blacklisted.as_ref().map(|bar| format!("自 {} 起:{}", bar.since, bar.reason));
    compared.field("黑名单", held.and_then(barred), barred(&value));
    let mut concerns = Vec::new();
    if held.is_some_and(|held| held.kind != OrganizationKind::Provider) {
        concerns.push(Concern::CodeTaken { code: told.code.clone() });
    }
    let was_usable = held.is_none_or(|held| held.usable_on(now.day()).is_ok());
    if courses > 0
        && was_usable
        && let Err(unusable) = value.usable_on(now.day())
    {
        concerns.push(Concern::ProviderInUse { courses, reason: unusable.to_string() });
    }
    Judged { value, differences: compared.0, concerns }
}

/// What is known of it. A blacklisting of ours stays whatever the city says: to let a provider in again is a person's act.
fn standing(told: &ProviderBody, held: Option<&Organization>, by: &PersonId, now: Moment) -> Standing {
    let (number, valid_from, valid_until) = (told.licence.clone(), told.valid_from, told.valid_until);
    let ours = held.and_then(|held| held.standing.blacklisted.clone());
    let theirs = told.blacklisted.then(|| Blacklisting {
        reason: told.blacklist_reason.clone().unwrap_or_else(|| "监管系统列入黑名单".to_owned()),
        since: told.blacklisted_since.unwrap_or_else(|| now.day()),
        by: by.clone(),
    });
    let known = held.and_then(|held| held.standing.phone.clone());
    Standing {
        licence: Some(Licence { number, valid_from, valid_until }),
        phone: told.phone.clone().or(known),
        blacklisted: ours.or(theirs),
    }
}
