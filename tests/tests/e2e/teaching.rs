//! A teaching day, from the class to the lock.

use tests::Outcome;
use tests::family::order_in;
use tests::main_job::NOTIFIED_SECONDS;
use tests::teaching_day::{SCHOOL, teaching_day};

use crate::scene::Scene;

#[tokio::test]
async fn s17_t1_t2_t4_t5_p8_p9_s25_5_a_teaching_day_from_the_class_to_the_lock() -> Outcome<()> {
    let scene = Scene::at(SCHOOL).await?;
    let (placed, payment) = scene.begin().await?;
    scene.provider.press_pay(&payment).await?;
    order_in(&scene.session, &placed.order_no, "paid", NOTIFIED_SECONDS).await?;
    teaching_day(&scene.cloud, &scene.session, &scene.child, &scene.offering).await
}
