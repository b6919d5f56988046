//! Each role, in each relation to what is asked for in which it can stand.

use domain::access::Level;
use testkit::stage::Who;

/// How a caller stands to what is asked for.
pub(crate) const RELATIONS: [&str; 5] = ["own", "same school", "other school", "other township", "none"];

/// A role, and who holds it in each relation. None: nobody with the role stands so.
pub(crate) struct Caller {
    pub(crate) role: String,
    pub(crate) relations: [Option<Who>; RELATIONS.len()],
}

/// Every built-in role.
pub(crate) fn callers() -> Vec<Caller> {
    let mut all = Vec::new();
    for role in domain::access::built_in() {
        let at = |scope: &str| Some(Who::Staff(format!("{}@{scope}", role.id)));
        let of = |id: &str| Some(Who::Guardian(id.to_owned()));
        let nobody = Some(Who::Person("N000000001".to_owned(), String::new()));
        let relations = match role.level {
            Level::Children => [of("G000000000"), of("G000000001"), of("G000000008"), of("G000000009"), nobody],
            Level::Classes => {
                [None, at("classes:3144200101"), at("classes:3144200102"), at("classes:3144200901"), nobody]
            }
            Level::School => [None, at("school:3144200101"), at("school:3144200102"), at("school:3144200901"), nobody],
            Level::Provider => [None, None, at("provider:P001"), None, nobody],
            Level::Township => [None, at("township:442000006000"), None, at("township:442000007000"), nobody],
            Level::City => [None, at("city"), None, None, nobody],
            Level::Platform => [None, at("platform"), None, None, nobody],
        };
        all.push(Caller { role: role.id.to_string(), relations });
    }
    all
}
