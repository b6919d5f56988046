//! A family (家庭) at the API: the children, what they can take, what they have taken.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Answer, Session, until};
use crate::dataset::{self, Household, TERM};
use crate::failure::{Failure, Outcome};

/// A child.
#[derive(Debug, Clone, Deserialize)]
pub struct Child {
    /// The child's identifier.
    pub student_id: String,
    /// The name.
    pub name: String,
    /// The school's code.
    pub school: String,
    /// The school's name.
    pub school_name: String,
    /// The homeroom's name.
    pub homeroom: String,
}

/// When an offering is taught.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Slot {
    /// `monday` … `sunday`.
    pub weekday: String,
    /// The period's number.
    pub period: u8,
    /// `every`, `odd` or `even`.
    pub weeks: String,
    /// For reading.
    pub when: String,
}

/// A fee beside the tuition.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Fee {
    /// How much.
    pub amount_fen: i64,
    /// Whether it may be left out.
    pub optional: bool,
}

/// An offering.
#[derive(Debug, Clone, Deserialize)]
pub struct Offering {
    /// Its identifier.
    pub offering_id: String,
    /// Its title.
    pub title: String,
    /// When it is taught.
    pub slots: Vec<Slot>,
    /// Offerings with the same mark exclude each other.
    pub exclusive: Option<String>,
    /// Tuition of the term.
    pub tuition_fen: i64,
    /// Materials fee.
    pub materials: Option<Fee>,
    /// Sundry fee.
    pub sundry: Option<Fee>,
    /// Seats.
    pub capacity: u16,
    /// Seats left.
    pub seats_left: u16,
}

/// A payment attempt.
#[derive(Debug, Clone, Deserialize)]
pub struct Payment {
    /// Its number.
    pub payment_no: String,
    /// `sent`, `pending`, `closed` or `succeeded`.
    pub state: String,
    /// How much.
    pub amount_fen: i64,
    /// The provider's number.
    pub transaction_id: Option<String>,
    /// Set aside to go back.
    pub refund_reserved_fen: i64,
}

/// An order.
#[derive(Debug, Clone, Deserialize)]
pub struct Order {
    /// Its number.
    pub order_no: String,
    /// What it costs.
    pub total_fen: i64,
    /// Until when it can be paid.
    pub deadline: String,
    /// SHA-256 of its snapshot.
    pub snapshot_sha256: String,
    /// Where it stands; missing in the answer to its submission.
    #[serde(default)]
    pub state: String,
    /// Its payment attempts.
    #[serde(default)]
    pub payments: Vec<Payment>,
    /// What was taken.
    pub lines: Vec<Line>,
}

/// A line of an order.
#[derive(Debug, Clone, Deserialize)]
pub struct Line {
    /// The offering.
    pub offering_id: String,
    /// Its title.
    pub title: String,
    /// What it costs.
    pub amount_fen: i64,
}

/// A list as the API answers it.
#[derive(Debug, Clone, Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

/// A checkout that was begun.
#[derive(Debug, Clone, Deserialize)]
pub struct Begun {
    /// The payment's number.
    pub payment_no: String,
    /// How much.
    pub amount_fen: i64,
    /// What the front end shows.
    pub checkout: Value,
}

/// A frozen order.
#[derive(Debug, Clone, Deserialize)]
pub struct Snapshot {
    /// Canonical JSON.
    pub body: String,
    /// Its SHA-256, base 64 for URLs.
    pub sha256: String,
    /// Whether it lies in the archive.
    pub archived: bool,
}

/// An offering a child takes, with the optional fees that are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// The offering.
    pub offering: &'a Offering,
    /// Whether the optional materials and sundries are wanted.
    pub extras: bool,
}

impl Offering {
    /// The course's code.
    pub fn course(&self) -> &str {
        self.offering_id.rsplit('.').next().unwrap_or_default()
    }

    /// Whether there is something that may be left out.
    pub fn has_extras(&self) -> bool {
        [self.materials, self.sundry].into_iter().flatten().any(|fee| fee.optional)
    }

    /// Whether both are taught at the same time.
    pub fn clashes(&self, other: &Self) -> bool {
        let together = |one: &Slot, two: &Slot| {
            let weeks = one.weeks == two.weeks || one.weeks == "every" || two.weeks == "every";
            (&one.weekday, one.period) == (&two.weekday, two.period) && weeks
        };
        self.slots.iter().any(|one| other.slots.iter().any(|two| together(one, two)))
    }

    /// Whether only one of both may be taken.
    pub fn excludes(&self, other: &Self) -> bool {
        self.exclusive.is_some() && self.exclusive == other.exclusive
    }

    /// Whether a child may take both.
    pub fn goes_with(&self, other: &Self) -> bool {
        self.offering_id != other.offering_id && !self.clashes(other) && !self.excludes(other)
    }
}

/// Households for the main job: two children in primary grades, nothing waived, so that there is something to pay.
pub fn suitable() -> Outcome<Vec<Household>> {
    let suits = |household: &Household| {
        let fits = |pupil: &dataset::Pupil| !pupil.waived && is_primary(&pupil.grade);
        household.children.len() == 2 && household.children.iter().all(fits)
    };
    Ok(dataset::households()?.into_iter().filter(suits).collect())
}

/// Households of one child in a primary grade of this school, with nothing waived.
pub fn of_one_child(school: &str) -> Outcome<Vec<Household>> {
    let suits = |household: &Household| {
        let [pupil] = household.children.as_slice() else { return false };
        pupil.school == school && !pupil.waived && is_primary(&pupil.grade)
    };
    Ok(dataset::households()?.into_iter().filter(suits).collect())
}

fn is_primary(grade: &str) -> bool {
    ["一年级", "二年级", "三年级", "四年级", "五年级", "六年级"].contains(&grade)
}

/// The children of who is signed in.
pub async fn children(session: &Session) -> Outcome<Vec<Child>> {
    Ok(session.get("/children").await?.read::<Items<Child>>(200)?.items)
}

/// What a child can take.
pub async fn offerings(session: &Session, child: &Child) -> Outcome<Vec<Offering>> {
    let path = format!("/offerings?term={TERM}&student_id={}", child.student_id);
    Ok(session.get(&path).await?.read::<Items<Offering>>(200)?.items)
}

/// What a child has taken.
pub async fn orders(session: &Session, child: &Child) -> Outcome<Vec<Order>> {
    let path = format!("/enrollments?term={TERM}&student_id={}", child.student_id);
    Ok(session.get(&path).await?.read::<Items<Order>>(200)?.items)
}

/// Submits for a child.
pub async fn submit(session: &Session, child: &Child, choices: &[Choice<'_>], key: &str) -> Outcome<Answer> {
    let choice = |choice: &Choice<'_>| json!({ "offering_id": choice.offering.offering_id, "materials": choice.extras, "sundry": choice.extras });
    let choices: Vec<Value> = choices.iter().map(choice).collect();
    let body = json!({ "student_id": child.student_id, "term": TERM, "choices": choices });
    session.post("/enrollments", key, &body).await
}

/// Begins to pay by a QR code of WeChat.
pub async fn pay(session: &Session, order_no: &str, key: &str) -> Outcome<Begun> {
    pay_by(session, order_no, key, ("wechat", "native")).await
}

/// Begins to pay: by which provider, by which checkout.
pub async fn pay_by(session: &Session, order_no: &str, key: &str, by: (&str, &str)) -> Outcome<Begun> {
    let (channel, method) = by;
    let body = json!({ "channel": channel, "method": method });
    session.post(&format!("/orders/{order_no}/payments"), key, &body).await?.read(201)
}

/// Gives an order up.
pub async fn cancel(session: &Session, order_no: &str) -> Outcome<Order> {
    session.post(&format!("/orders/{order_no}/cancel"), &format!("cancel-{order_no}"), &json!({})).await?.read(200)
}

/// An order as it stands.
pub async fn order(session: &Session, order_no: &str) -> Outcome<Order> {
    session.get(&format!("/orders/{order_no}")).await?.read(200)
}

/// An order, once it is in this state.
pub async fn order_in(session: &Session, order_no: &str, state: &str, seconds: u64) -> Outcome<Order> {
    until(&format!("order {order_no} {state}"), seconds, async || {
        Ok(Some(order(session, order_no).await?).filter(|order| order.state == state))
    })
    .await
}

/// The snapshot of an order.
pub async fn snapshot(session: &Session, order_no: &str) -> Outcome<Snapshot> {
    session.get(&format!("/orders/{order_no}/snapshot")).await?.read(200)
}

/// Seats left in an offering, once they are as many: what is listed may be two seconds old.
pub async fn seats_become(session: &Session, child: &Child, offering_id: &str, seats: u16) -> Outcome<()> {
    until(&format!("{seats} seats left in {offering_id}"), 300, async || {
        let listed = offerings(session, child).await?;
        let found = listed.iter().find(|offering| offering.offering_id == offering_id);
        let left = found.ok_or_else(|| Failure(format!("{offering_id} is not listed")))?.seats_left;
        Ok(Some(()).filter(|()| left == seats))
    })
    .await
}
