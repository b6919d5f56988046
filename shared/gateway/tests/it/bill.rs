//! WeChat Pay's daily bill: fetched, and believed by its hash. Reference: payments §1.8.

use domain::payment::PayMethod;
use gateway::channel::{Bill, ChannelError};
use http::{Response, StatusCode};
use simulator::wechat::Faults;

use crate::world::{SCHOOL, START, World, checkout};

async fn paid() -> World {
    let world = World::new();
    world.channel.create(&checkout(PayMethod::Native)).await.unwrap();
    world.pay();
    world
}

#[tokio::test]
async fn s36_1_a_bill_of_all_schools_or_of_one() {
    let world = paid().await;
    let day = "2026-09-01".parse().unwrap();
    world.set_now(START + 25 * 3_600);
    let mut file = Vec::new();
    assert_eq!(world.channel.bill(day, None, &mut file).await.unwrap(), Bill::NotReady);
    world.set_now(START + 26 * 3_600);
    for school in [None, Some(SCHOOL)] {
        let mut file = Vec::new();
        assert_eq!(world.channel.bill(day, school, &mut file).await.unwrap(), Bill::Written);
        assert!(file.starts_with("\u{feff}交易时间,".as_bytes()));
    }
    assert_eq!(world.channel.bill(day, Some("1900000999"), &mut file).await.unwrap(), Bill::None);
    assert_eq!(world.channel.bill("2026-08-31".parse().unwrap(), None, &mut file).await.unwrap(), Bill::None);
    let tomorrow = world.channel.bill("2026-09-03".parse().unwrap(), None, &mut file).await.unwrap_err();
    assert!(matches!(tomorrow, ChannelError::Refused { .. }), "{tomorrow:?}");
    assert!(file.is_empty(), "nothing was written down");
}

#[tokio::test]
async fn s36_1_a_file_that_was_changed_is_none() {
    let world = paid().await;
    world.set_now(START + 26 * 3_600);
    let day = "2026-09-01".parse().unwrap();
    world.meddle(|mut answer| {
        if !answer.headers().contains_key("Wechatpay-Signature") {
            let cut = answer.body().slice(..answer.body().len() - 1);
            *answer.body_mut() = cut;
        }
        answer
    });
    let error = world.channel.bill(day, None, &mut Vec::new()).await.unwrap_err();
    assert!(matches!(error, ChannelError::Malformed("bill with another hash")), "{error:?}");
    world.meddle(|answer| {
        if answer.headers().contains_key("Wechatpay-Signature") {
            return answer;
        }
        let mut gone = Response::new("gone".into());
        *gone.status_mut() = StatusCode::NOT_FOUND;
        gone
    });
    let mut file = Vec::new();
    let error = world.channel.bill(day, None, &mut file).await.unwrap_err();
    assert!(matches!(error, ChannelError::Unavailable(_)) && file.is_empty(), "{error:?}");
}

#[tokio::test]
async fn s35_1_a_schools_fund_bill_is_opened_and_believed_by_its_hash() {
    let world = paid().await;
    let day = "2026-09-01".parse().unwrap();
    let mut file = Vec::new();
    world.set_now(START + 25 * 3_600);
    assert_eq!(world.channel.fund_flow(day, SCHOOL, &mut file).await.unwrap(), Bill::NotReady);
    world.set_now(START + 26 * 3_600);
    assert_eq!(world.channel.fund_flow(day, "1900000999", &mut file).await.unwrap(), Bill::None);
    assert!(file.is_empty());
    assert_eq!(world.channel.fund_flow(day, SCHOOL, &mut file).await.unwrap(), Bill::Written);
    let text = String::from_utf8(file).unwrap();
    assert!(text.starts_with("\u{feff}记账时间,") && text.contains(",`扣除交易手续费,`支出,"), "{text}");
    world.meddle(|mut answer| {
        if !answer.headers().contains_key("Wechatpay-Signature") {
            let cut = answer.body().slice(..answer.body().len() - 1);
            *answer.body_mut() = cut;
        }
        answer
    });
    let error = world.channel.fund_flow(day, SCHOOL, &mut Vec::new()).await.unwrap_err();
    assert!(matches!(error, ChannelError::Malformed("fund bill that does not open")), "{error:?}");
    world.provider().set_faults(Faults { no_fund_flow: true, ..Faults::NONE });
    assert_eq!(world.channel.fund_flow(day, SCHOOL, &mut Vec::new()).await.unwrap(), Bill::None, "not permitted");
}
