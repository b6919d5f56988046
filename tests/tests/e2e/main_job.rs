//! The main job, twice.

use tests::Outcome;

use crate::scene::{SEATS, cloud};

#[tokio::test]
async fn p2_1_guardian_enrolls_two_children_pays_and_the_seats_are_confirmed() -> Outcome<()> {
    let cloud = cloud().await?;
    let _alone = SEATS.write().await;
    tests::main_job::main_job(&cloud).await?;
    // It may be done again: another family comes.
    tests::main_job::main_job(&cloud).await
}
