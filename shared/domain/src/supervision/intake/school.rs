//! Schools (学校). Where their money goes, their campuses and grades are the school's own, and no city says it. B5.1.

use super::{Compared, Concern, Judged};
use crate::directory::{Merchants, School};
use crate::school::Premises;
use crate::supervision::body::SchoolBody;

/// A school as the city tells it.
pub fn school(told: &SchoolBody, held: Option<&School>) -> Judged<School> {
    let known = held.map(|held| held.premises.clone()).unwrap_or_default();
    let premises = Premises {
        address: told.address.clone().unwrap_or_else(|| known.address.clone()),
        phone: told.phone.clone().or_else(|| known.phone.clone()),
        ..known
    };
    let value = School {
        code: told.code.clone(),
        name: told.name.clone(),
        township: told.township.clone(),
        stages: told.stages.clone(),
        merchants: held.map_or_else(Merchants::default, |held| held.merchants.clone()),
        premises,
    };
    let mut compared = Compared::default();
    compared.both("学校名称", held.map(|held| &held.name), &value.name);
    compared.both("主管镇街", held.map(|held| &held.township), &value.township);
    let stages = |one: &School| one.stages.iter().map(ToString::to_string).collect::<Vec<_>>().join("、");
    compared.field("学段", held.map(stages), Some(stages(&value)));
    compared.field("地址", held.map(|held| held.premises.address.clone()), Some(value.premises.address.clone()));
    compared.field("联系电话", held.and_then(|held| held.premises.phone.clone()), value.premises.phone.clone());
    let moves = held.filter(|held| held.township != value.township);
    let concerns =
        moves.map(|held| Concern::TownshipMoves { here: held.township.clone(), told: value.township.clone() });
    Judged { concerns: concerns.into_iter().collect(), value, differences: compared.0 }
}
