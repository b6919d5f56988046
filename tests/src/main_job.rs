//! The main job (主线): a guardian enrolls two children, pays, and the provider's signed notification confirms the seats;
//! one course is given up, and its money goes back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::address::Cloud;
use crate::client::Session;
use crate::dataset::Household;
use crate::failure::{Failure, Outcome, ensure};
use crate::family::{self, Child, Choice, Offering, Order};
use crate::provider::Provider;
use crate::sign_in::Login;
use crate::tell::{line, step, yuan};
use crate::{reconciliation, refund};

/// How long the notification of a payment may take on a busy machine.
pub const NOTIFIED_SECONDS: u64 = 60;

/// How long a refund may take on its way through queue, provider and notification.
const REFUNDED_SECONDS: u64 = 120;

/// A guardian who is signed in, with two children that have not taken anything yet.
#[derive(Debug)]
struct Family {
    session: Session,
    name: String,
    children: [Child; 2],
}

/// What the children shall take: two offerings that go together, one that clashes with the first, and one for the
/// sibling.
struct Wishes {
    first: [Offering; 2],
    clashing: Offering,
    second: Offering,
}

/// Does the main job, telling each step. It may be done again: each time another family comes.
pub async fn main_job(cloud: &Cloud) -> Outcome<()> {
    let provider = Provider::of(cloud)?;
    step("家长登录");
    let (family, wishes) = next_family(cloud).await?;
    let [elder, younger] = &family.children;
    line(format!("家长{}", family.name));
    for child in &family.children {
        line(format!("孩子 {},{}{}", child.name, child.school_name, child.homeroom));
    }

    let [one, two] = &wishes.first;
    let extras = |offering| Choice { offering, extras: true };
    let elder_wants = [extras(one), extras(two)];
    let younger_wants = [extras(&wishes.second)];

    step(format!("可选课程与剩余名额({})", elder.name));
    for offering in family::offerings(&family.session, elder).await? {
        line(describe(&offering));
    }

    step("时间冲突的选课被拒绝,不占名额");
    refuse_clash(&family.session, elder, &wishes).await?;

    step(format!("为{}选两门课,含可选的教材费、杂费", elder.name));
    let first = enroll(&family.session, elder, &elder_wants).await?;
    step(format!("为{}选一门课", younger.name));
    let second = enroll(&family.session, younger, &younger_wants).await?;

    for (child, order, offerings) in
        [(elder, &first, wishes.first.as_slice()), (younger, &second, std::slice::from_ref(&wishes.second))]
    {
        step(format!("支付{}的订单 {}", child.name, order.order_no));
        pay(&family.session, &provider, order).await?;
        show_seats(&family.session, child, offerings).await?;
    }

    step("快照凭证");
    for order in [&first, &second] {
        check_snapshot(&family.session, order).await?;
    }

    step(format!("{}退课:测算、审核、原路退回", younger.name));
    withdraw(cloud, &family.session, younger, &second).await?;

    step(format!("{}今日资金", younger.school_name));
    show_day(cloud, younger).await
}

/// What the school sees of today: what came in and what went back is in it.
async fn show_day(cloud: &Cloud, child: &Child) -> Outcome<()> {
    let school = Session::sign_in(cloud, &Login::school_admin(&child.school)?).await?;
    let day = reconciliation::statement(&school, &child.school, 0).await?;
    let balance = day.opening_fen.saturating_add(day.received_fen).saturating_sub(day.refunded_fen);
    ensure(day.refunded_fen > 0 && day.closing_fen == balance, || format!("the day does not add up: {day:?}"))?;
    let state = if day.is_final { "已核对账单" } else { "截至目前,次日核对账单后出账" };
    line(format!("{}({state})", day.day));
    let sums = [
        ("应收", day.receivable_fen),
        ("期初余额", day.opening_fen),
        ("已收", day.received_fen),
        ("已退", day.refunded_fen),
        ("手续费", day.fees_fen),
        ("退款在途", day.in_flight_fen),
        ("期末余额", day.closing_fen),
    ];
    line(sums.map(|(name, fen)| format!("{name} {}", yuan(fen))).join(","));
    Ok(())
}

/// Gives the first course of an order up; the school approves it if it has to, and the money goes back.
async fn withdraw(cloud: &Cloud, session: &Session, child: &Child, order: &Order) -> Outcome<()> {
    let line_of = order.lines.first().ok_or_else(|| Failure("an order without a line".to_owned()))?;
    let course = line_of.offering_id.rsplit('.').next().unwrap_or_default();
    let quoted = refund::quote(session, &order.order_no, course).await?;
    line(format!("规则:{}", quoted.rule));
    for one in &quoted.lines {
        line(format!("{} {}", yuan(one.amount_fen), one.words));
    }
    let asked = refund::withdraw(session, &order.order_no, course).await?;
    let school = Session::sign_in(cloud, &Login::school_admin(&child.school)?).await?;
    let granted = refund::approve(&school, &asked).await?;
    let refund_no = granted.refund_no.ok_or_else(|| Failure("nothing goes back".to_owned()))?;
    line(format!("申请 {}:{},退款单 {refund_no}", granted.request_id, granted.state));
    let done = refund::refund_in(session, &refund_no, "done", REFUNDED_SECONDS).await?;
    ensure(done.amount_fen == quoted.total_fen, || {
        format!("quoted {}, refunded {}", quoted.total_fen, done.amount_fen)
    })?;
    line(format!("已原路退回 {}", yuan(done.amount_fen)));
    Ok(())
}

/// The first family of the data set that has taken nothing yet, and whose school still has seats for it.
async fn next_family(cloud: &Cloud) -> Outcome<(Family, Wishes)> {
    for household in family::suitable()? {
        let session = Session::sign_in(cloud, &household.login()).await?;
        let Some(children) = unspent(&session, &household).await? else { continue };
        let (one, two) =
            (family::offerings(&session, &children[0]).await?, family::offerings(&session, &children[1]).await?);
        if let Some(wishes) = wishes(&free(one), &free(two)) {
            return Ok((Family { session, name: household.name, children }, wishes));
        }
    }
    Err(Failure("no family is left that could enroll; `make demo-reset` starts afresh".to_owned()))
}

async fn unspent(session: &Session, household: &Household) -> Outcome<Option<[Child; 2]>> {
    let children: [Child; 2] = family::children(session)
        .await?
        .try_into()
        .map_err(|found: Vec<_>| Failure(format!("{} has {} children", household.guardian, found.len())))?;
    for child in &children {
        if !family::orders(session, child).await?.is_empty() {
            return Ok(None);
        }
    }
    Ok(Some(children))
}

fn free(offerings: Vec<Offering>) -> Vec<Offering> {
    offerings.into_iter().filter(|offering| offering.seats_left > 0).collect()
}

fn wishes(elder: &[Offering], younger: &[Offering]) -> Option<Wishes> {
    let pairs = elder.iter().flat_map(|one| elder.iter().map(move |two| (one, two)));
    pairs.filter(|(one, two)| one.goes_with(two) && (one.has_extras() || two.has_extras())).find_map(|(one, two)| {
        // Seats are counted: the sibling takes another offering.
        let other = |offering: &&Offering| ![&one.offering_id, &two.offering_id].contains(&&offering.offering_id);
        let clashing = elder.iter().filter(other).find(|third| third.clashes(one) && !third.excludes(one))?;
        let second = younger.iter().find(other)?;
        Some(Wishes { first: [one.clone(), two.clone()], clashing: clashing.clone(), second: second.clone() })
    })
}

fn describe(offering: &Offering) -> String {
    let Offering { title, tuition_fen, capacity, seats_left, .. } = offering;
    let when: Vec<&str> = offering.slots.iter().map(|slot| slot.when.as_str()).collect();
    format!("{title}:{};{};剩余 {seats_left}/{capacity}", when.join("、"), yuan(*tuition_fen))
}

async fn refuse_clash(session: &Session, child: &Child, wishes: &Wishes) -> Outcome<()> {
    let [one, _] = &wishes.first;
    let both = [one, &wishes.clashing].map(|offering| Choice { offering, extras: false });
    let key = format!("clash-{}", child.student_id);
    let problem = family::submit(session, child, &both, &key).await?.problem(409)?;
    ensure(problem.kind.ends_with("/timetable-clash"), || format!("refused as {}", problem.kind))?;
    line(problem.detail);
    Ok(())
}

/// Enrolls, and once more under the same key: the answer is the same, and nothing more is taken.
async fn enroll(session: &Session, child: &Child, wanted: &[Choice<'_>]) -> Outcome<Order> {
    let key = format!("enroll-{}", child.student_id);
    let submitted = family::submit(session, child, wanted, &key).await?;
    let order: Order = submitted.read(201)?;
    for line_of_order in &order.lines {
        line(format!("{} {}", line_of_order.title, yuan(line_of_order.amount_fen)));
    }
    line(format!("订单号 {},共 {},请在 {} 前支付", order.order_no, yuan(order.total_fen), order.deadline));

    let again = family::submit(session, child, wanted, &key).await?;
    ensure((again.status, &again.body) == (submitted.status, &submitted.body), || {
        format!("the same request is answered differently: {}", again.body)
    })?;
    ensure(family::orders(session, child).await?.len() == 1, || "the same request has made two orders".to_owned())?;
    line("同一请求重发一次:应答相同,没有第二个订单");
    let fewer = wanted.get(1..).unwrap_or_default();
    let problem = family::submit(session, child, fewer, &key).await?.problem(422)?;
    ensure(problem.kind.ends_with("/idempotency-key-reused"), || format!("refused as {}", problem.kind))?;
    line(format!("同一请求号换了内容:{}", problem.detail));
    for choice in wanted {
        let Offering { offering_id, seats_left, .. } = choice.offering;
        family::seats_become(session, child, offering_id, seats_left.saturating_sub(1)).await?;
    }
    Ok(order)
}

/// Pays at the provider's page and waits for its notification to take effect.
async fn pay(session: &Session, provider: &Provider, order: &Order) -> Outcome<()> {
    let begun = family::pay(session, &order.order_no, &format!("pay-{}", order.order_no)).await?;
    ensure(begun.amount_fen == order.total_fen, || format!("asked to pay {}", begun.amount_fen))?;
    let page = provider.press_pay(&begun.payment_no).await?;
    ensure(page.contains("支付成功"), || "the pay page does not say 支付成功".to_owned())?;
    let paid = family::order_in(session, &order.order_no, "paid", NOTIFIED_SECONDS).await?;
    let counted = paid.payments.iter().find(|payment| payment.state == "succeeded");
    let transaction = counted.and_then(|payment| payment.transaction_id.clone());
    let transaction = transaction.ok_or_else(|| Failure(format!("{} has no paid payment", order.order_no)))?;
    ensure(page.contains(&transaction), || format!("{transaction} is not the provider's number"))?;
    let notice =
        provider.notified(&begun.payment_no, NOTIFIED_SECONDS, |notice| notice.last_status == Some(200)).await?;
    line(format!("支付单 {},{},在收银台按下「支付」", begun.payment_no, yuan(begun.amount_fen)));
    line(format!("微信支付交易单号 {transaction}"));
    line(format!("收到签名回调 {} 次,订单状态 {}", notice.deliveries, paid.state));
    Ok(())
}

async fn show_seats(session: &Session, child: &Child, offerings: &[Offering]) -> Outcome<()> {
    let now = family::offerings(session, child).await?;
    for before in offerings {
        let after = now.iter().find(|offering| offering.offering_id == before.offering_id);
        let after = after.ok_or_else(|| Failure(format!("{} is not listed", before.offering_id)))?;
        line(format!("名额 {}:{} → {}", before.title, before.seats_left, after.seats_left));
        ensure(after.seats_left < before.seats_left, || format!("{} took no seat", before.offering_id))?;
    }
    Ok(())
}

/// The snapshot hashes as the order said when it was submitted.
pub async fn check_snapshot(session: &Session, order: &Order) -> Outcome<family::Snapshot> {
    let snapshot = family::snapshot(session, &order.order_no).await?;
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(snapshot.body.as_bytes()));
    ensure(hash == snapshot.sha256 && hash == order.snapshot_sha256, || {
        format!("{}: the snapshot hashes to {hash}, not {}", order.order_no, order.snapshot_sha256)
    })?;
    ensure(snapshot.body.contains(&order.order_no), || "the snapshot is of another order".to_owned())?;
    line(format!("订单 {} 的 SHA-256 {hash},核对一致", order.order_no));
    Ok(snapshot)
}
