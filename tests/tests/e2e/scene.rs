//! What each test begins with: the data set brought in once, and a child of a family of its own beside one course.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use simulator::supervision::SupervisionFaults;
use tests::aws::Aws;
use tests::family::{Child, Choice, Offering, Order, children, of_one_child, offerings, orders, pay, submit};
use tests::provider::Provider;
use tests::seed::seed;
use tests::supervision::City;
use tests::{Cloud, Failure, Outcome, Session, ensure};
use tokio::sync::{OnceCell, RwLock, RwLockReadGuard};

static SEEDED: OnceCell<()> = OnceCell::const_new();

/// The main job counts seats in any course: it is alone with the cloud while it does.
pub(crate) static SEATS: RwLock<()> = RwLock::const_new(());

/// The next household nobody has taken.
static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// The children that were taken: both parents of one may sign in.
static CHILDREN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The offerings that were taken: seats are counted by the one test that fills them.
static OFFERINGS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The cloud with its data set.
pub(crate) async fn cloud() -> Outcome<Cloud> {
    let cloud = Cloud::here()?;
    let begun = async {
        // The township is told to the city when the journeys are over: meanwhile it takes little.
        let busy = SupervisionFaults { per_minute: Some(1), ..SupervisionFaults::default() };
        City::of(&cloud)?.switch(&busy).await?;
        seed(&cloud).await
    };
    SEEDED.get_or_try_init(|| begun).await?;
    Ok(cloud)
}

/// One child with a guardian who is signed in, and one offering no other test takes.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) cloud: Cloud,
    pub(crate) provider: Provider,
    pub(crate) aws: Aws,
    pub(crate) session: Session,
    pub(crate) child: Child,
    pub(crate) offering: Offering,
    _counted: RwLockReadGuard<'static, ()>,
}

impl Scene {
    /// A child of this school beside a course it may take, which costs something.
    pub(crate) async fn at(school: &str) -> Outcome<Self> {
        Self::beside(school, |_| true).await
    }

    /// The same with a course of some kind.
    pub(crate) async fn beside(school: &str, suits: impl Fn(&Offering) -> bool) -> Outcome<Self> {
        let cloud = cloud().await?;
        let counted = SEATS.read().await;
        let (session, child) = family(&cloud, school).await?;
        let mut listed = offerings(&session, &child).await?;
        // One in which nobody sits, if there is one: what the main job has sold is settled with what a test sells.
        listed.sort_by_key(|offering| offering.seats_left < offering.capacity);
        let offering = listed.into_iter().find(|offering| suits(offering) && untaken(offering));
        let offering = offering.ok_or_else(|| Failure(format!("no course is left at {school}")))?;
        let (provider, aws) = (Provider::of(&cloud)?, Aws::of(&cloud)?);
        Ok(Self { cloud, provider, aws, session, child, offering, _counted: counted })
    }

    /// Takes the offering.
    pub(crate) async fn enroll(&self) -> Outcome<Order> {
        let wanted = [Choice { offering: &self.offering, extras: false }];
        let key = format!("e2e-{}", self.child.student_id);
        submit(&self.session, &self.child, &wanted, &key).await?.read(201)
    }

    /// Another offering no other test takes, which goes with the first.
    pub(crate) async fn another(&self) -> Outcome<Offering> {
        let listed = offerings(&self.session, &self.child).await?;
        let found = listed.into_iter().find(|other| other.goes_with(&self.offering) && untaken(other));
        found.ok_or_else(|| Failure(format!("nothing goes with {}", self.offering.title)))
    }

    /// Takes the offering and begins to pay it; the order and the payment's number.
    pub(crate) async fn begin(&self) -> Outcome<(Order, String)> {
        let order = self.enroll().await?;
        let begun = pay(&self.session, &order.order_no, &format!("pay-{}", order.order_no)).await?;
        Ok((order, begun.payment_no))
    }

    /// The seats left in the offering come to this, counted from what it was in the beginning.
    pub(crate) async fn seats_taken(&self, taken: u16) -> Outcome<()> {
        let left = self.offering.seats_left - taken;
        tests::family::seats_become(&self.session, &self.child, &self.offering.offering_id, left).await
    }
}

/// Takes an offering, unless another test has it.
fn untaken(offering: &Offering) -> bool {
    let mut taken = OFFERINGS.lock().unwrap_or_else(PoisonError::into_inner);
    offering.tuition_fen > 0 && offering.seats_left > 0 && taken.insert(offering.offering_id.clone())
}

/// A guardian of one child at this school, in a primary grade, with nothing waived, whom no other test takes and none before
/// has taken: the bills are read by a process of their own.
pub(crate) async fn family(cloud: &Cloud, school: &str) -> Outcome<(Session, Child)> {
    let all = of_one_child(school)?;
    loop {
        let household = all.get(TAKEN.fetch_add(1, Ordering::Relaxed));
        let household = household.ok_or_else(|| Failure("no family is left".to_owned()))?;
        let session = Session::sign_in(cloud, &household.login()).await?;
        let found = children(&session).await?;
        ensure(found.len() == 1, || format!("{} has {} children", household.guardian, found.len()))?;
        let Some(child) = found.into_iter().next() else { continue };
        if !orders(&session, &child).await?.is_empty() {
            continue;
        }
        let mut taken = CHILDREN.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.insert(child.student_id.clone()) {
            return Ok((session, child));
        }
    }
}
