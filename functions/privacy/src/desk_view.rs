//! What a guardian reads about the own family's data: what is held, what for, how long, who looked, to whom it is given.

use domain::audit::Entry;
use domain::retention::{Class, RECIPIENTS, Recipient, Retention};
use serde::Serialize;
use strum::VariantArray as _;
use utoipa::ToSchema;

/// What is held about the guardian.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HeldGuardian {
    /// The identifier, which stands for the person everywhere else.
    #[schema(example = "7K3M9Q2XAB")]
    pub person_id: String,
    /// The name.
    #[schema(example = "李建国")]
    pub name: String,
    /// The phone.
    #[schema(example = "13800001234")]
    pub phone: String,
}

/// What is held about a child.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HeldChild {
    /// The identifier, which stands for the child everywhere else.
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// Whether name and number are destroyed with the school's keys.
    pub destroyed: bool,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "李一诺")]
    pub name: Option<String>,
    /// The student number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "G442000201801011234")]
    pub student_number: Option<String>,
    /// `male`, `female` or `unstated`.
    #[schema(example = "female")]
    pub sex: String,
    /// The school.
    #[schema(example = "2144200601")]
    pub school: String,
    /// 1 to 9.
    #[schema(example = 3)]
    pub grade: u8,
    /// The homeroom.
    #[schema(example = "2144200601.2024.02")]
    pub homeroom_id: String,
    /// Reasons of waivers.
    pub waivers: Vec<String>,
    /// Numbers of the orders.
    pub orders: Vec<String>,
}

/// A class of what is held.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RetentionView {
    /// The class.
    #[schema(example = "orders")]
    pub class: String,
    /// Its name.
    #[schema(example = "订单")]
    pub title: String,
    /// What it consists of.
    pub what: String,
    /// What for.
    pub purpose: String,
    /// By what law.
    pub basis: String,
    /// How long.
    pub until: String,
}

impl RetentionView {
    /// All classes.
    pub(crate) fn all() -> Vec<Self> {
        Class::VARIANTS.iter().map(|class| Self::from(class.retention())).collect()
    }
}

impl From<Retention> for RetentionView {
    fn from(held: Retention) -> Self {
        Self {
            class: held.class.to_string(),
            title: held.title.to_owned(),
            what: held.what.to_owned(),
            purpose: held.purpose.to_owned(),
            basis: held.basis.to_owned(),
            until: held.until.to_owned(),
        }
    }
}

/// Somebody to whom data is given.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecipientView {
    /// Who.
    pub name: String,
    /// What is given.
    pub what: String,
    /// What for.
    pub purpose: String,
    /// By what law.
    pub basis: String,
}

impl RecipientView {
    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        RECIPIENTS.iter().map(Self::from).collect()
    }
}

impl From<&Recipient> for RecipientView {
    fn from(recipient: &Recipient) -> Self {
        Self {
            name: recipient.name.to_owned(),
            what: recipient.what.to_owned(),
            purpose: recipient.purpose.to_owned(),
            basis: recipient.basis.to_owned(),
        }
    }
}

/// A look at the data.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LookView {
    /// Whose data: the guardian's or a child's identifier.
    #[schema(example = "7K3M9Q2XAB")]
    pub about: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// In what role.
    #[schema(example = "school_admin")]
    pub role: String,
    /// Where the role is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "school:2144200601")]
    pub scope: Option<String>,
    /// What for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// What was done.
    #[schema(example = "access.read_in_full")]
    pub action: String,
}

impl LookView {
    /// The look that an entry about somebody tells of.
    pub(crate) fn of(about: &str, entry: Entry) -> Self {
        let actor = &entry.trace.actor;
        Self {
            about: about.to_owned(),
            at: entry.trace.at.to_string(),
            role: actor.role().to_owned(),
            scope: actor.scope().map(str::to_owned),
            purpose: actor.purpose().map(str::to_owned),
            action: entry.trace.action,
        }
    }
}
