//! Each emulated service in calm weather.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use serde_json::json;
use testkit::{Outside, START, TABLES, plain, simulate, table_name};

use super::{item, key, n, s};

#[test]
fn tables_take_items_and_give_them_back() {
    simulate(1, async |world| {
        world.create_tables("t");
        let db = world.dynamodb();
        let new = item("a", "1", [("n", n(3)), ("by_due_not", s("x"))]);
        db.put_item().table_name("t-seats").set_item(Some(new.clone())).send().await.unwrap();
        let got = db.get_item().table_name("t-seats").set_key(Some(key("a", "1"))).send().await.unwrap();
        assert_eq!(got.item, Some(new.clone()));
        assert_eq!(world.peek("t-seats", "a", "1"), Some(new.clone()));
        assert_eq!(world.scan("t-seats"), vec![new.clone()]);
        assert_eq!(plain(&new), json!({"pk": "a", "sk": "1", "n": 3, "by_due_not": "x"}));
    });
}

#[test]
fn a_failed_condition_shows_the_old_item() {
    simulate(1, async |world| {
        world.create_tables("t");
        world.plant("t-seats", item("a", "1", [("n", n(40))]));
        let error = world
            .dynamodb()
            .update_item()
            .table_name("t-seats")
            .set_key(Some(key("a", "1")))
            .update_expression("SET n = n + :one")
            .condition_expression("n < :cap")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":cap", n(40))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await
            .unwrap_err()
            .into_service_error();
        let aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(failed) = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(failed.item.unwrap()["n"], n(40));
    });
}

#[test]
fn a_transaction_is_all_or_nothing() {
    simulate(1, async |world| {
        world.create_tables("t");
        world.plant("t-money", item("m", "old", []));
        let db = world.dynamodb();
        let put =
            |name: &str| Put::builder().table_name("t-money").set_item(Some(item("m", name, []))).build().unwrap();
        let absent = ConditionCheck::builder()
            .table_name("t-money")
            .set_key(Some(key("m", "new")))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .unwrap();
        let refused = db
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put("one")).build())
            .transact_items(
                TransactWriteItem::builder()
                    .update(
                        Update::builder()
                            .table_name("t-money")
                            .set_key(Some(key("m", "old")))
                            .update_expression("SET ver = :v")
                            .condition_expression("ver = :v")
                            .expression_attribute_values(":v", n(1))
                            .build()
                            .unwrap(),
                    )
                    .build(),
            )
            .send()
            .await
            .unwrap_err()
            .into_service_error();
        let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
            canceled,
        ) = refused
        else {
            panic!("{refused:?}")
        };
        let codes: Vec<_> = canceled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
        assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
        assert!(world.peek("t-money", "m", "one").is_none());

        db.transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put("one")).build())
            .transact_items(
                TransactWriteItem::builder()
                    .delete(Delete::builder().table_name("t-money").set_key(Some(key("m", "old"))).build().unwrap())
                    .build(),
            )
            .transact_items(TransactWriteItem::builder().condition_check(absent).build())
            .send()
            .await
            .unwrap();
        assert_eq!(world.scan("t-money"), vec![item("m", "one", [])]);
    });
}

#[test]
fn a_request_token_is_good_for_ten_minutes() {
    simulate(1, async |world| {
        world.create_tables("t");
        let db = world.dynamodb();
        let add = || {
            let update = Update::builder()
                .table_name("t-money")
                .set_key(Some(key("m", "sum")))
                .update_expression("ADD n :one")
                .expression_attribute_values(":one", n(1))
                .build()
                .unwrap();
            db.transact_write_items()
                .client_request_token("same")
                .transact_items(TransactWriteItem::builder().update(update).build())
                .send()
        };
        add().await.unwrap();
        add().await.unwrap();
        assert_eq!(world.peek("t-money", "m", "sum").unwrap()["n"], n(1));
        world.advance(Duration::from_secs(601)).await;
        add().await.unwrap();
        assert_eq!(world.peek("t-money", "m", "sum").unwrap()["n"], n(2));
    });
}

#[test]
fn the_due_index_is_sparse_and_ordered() {
    simulate(1, async |world| {
        world.create_tables("t");
        for (name, due) in [("late", 30), ("soon", 10)] {
            world.plant("t-tasks", item("q", name, [("due_shard", s("0")), ("due", n(due))]));
        }
        world.plant("t-tasks", item("q", "done", []));
        let found = world
            .dynamodb()
            .query()
            .table_name("t-tasks")
            .index_name("by_due")
            .key_condition_expression("due_shard = :s AND due <= :now")
            .expression_attribute_values(":s", s("0"))
            .expression_attribute_values(":now", n(99))
            .send()
            .await
            .unwrap();
        let names: Vec<_> = found.items().iter().map(|item| item["sk"].as_s().unwrap().as_str()).collect();
        assert_eq!(names, ["soon", "late"]);
    });
}

#[test]
fn a_batch_is_read_in_one_call() {
    simulate(1, async |world| {
        world.create_tables("t");
        world.plant("t-catalog", item("a", "1", []));
        world.plant("t-catalog", item("a", "2", []));
        let keys = KeysAndAttributes::builder().keys(key("a", "1")).keys(key("a", "2")).keys(key("a", "3"));
        let got = world.dynamodb().batch_get_item().request_items("t-catalog", keys.build().unwrap()).send().await;
        assert_eq!(got.unwrap().responses.unwrap()["t-catalog"].len(), 2);
        assert_eq!(world.counts().calls["dynamodb:BatchGetItem"], 1);
    });
}

#[test]
fn every_table_of_the_list_exists() {
    simulate(1, async |world| {
        world.create_tables("t");
        for table in TABLES {
            let name = table_name("t", table.name);
            let described = world.dynamodb().describe_table().table_name(&name).send().await.unwrap();
            let indexes = described.table.unwrap().global_secondary_indexes.unwrap_or_default();
            assert_eq!(indexes.len(), table.indexes.len(), "{name}");
        }
    });
}

#[test]
fn objects_are_put_once_and_read_back() {
    simulate(1, async |world| {
        let s3 = world.s3();
        let put = |body: &'static str| {
            s3.put_object()
                .bucket("snapshots")
                .key("2026/订单 1.json")
                .if_none_match("*")
                .content_type("application/json")
                .metadata("sha256", "abc")
                .body(ByteStream::from_static(body.as_bytes()))
                .send()
        };
        put("{}").await.unwrap();
        let second = put("{\"other\":1}").await.unwrap_err();
        assert_eq!(second.raw_response().unwrap().status().as_u16(), 412);
        let object = &world.objects("snapshots")["2026/订单 1.json"];
        assert_eq!(object.body, "{}");
        assert_eq!(object.content_type.as_deref(), Some("application/json"));

        let got = s3.get_object().bucket("snapshots").key("2026/订单 1.json").send().await.unwrap();
        assert_eq!(got.metadata().unwrap()["sha256"], "abc");
        assert_eq!(got.body.collect().await.unwrap().into_bytes(), "{}");
        let head = s3.head_object().bucket("snapshots").key("2026/订单 1.json").send().await.unwrap();
        assert_eq!(head.content_length(), Some(2));
        let none = s3.head_object().bucket("snapshots").key("none").send().await.unwrap_err();
        assert!(none.into_service_error().is_not_found());
        let none = s3.get_object().bucket("snapshots").key("none").send().await.unwrap_err();
        assert!(none.into_service_error().is_no_such_key());
        s3.delete_object().bucket("snapshots").key("2026/订单 1.json").send().await.unwrap();
        assert!(world.objects("snapshots").is_empty());
    });
}

#[test]
fn secrets_are_found_by_name() {
    simulate(1, async |world| {
        world.put_secret("wechat", &json!({"key": "k"}));
        let got = world.secrets().get_secret_value().secret_id("wechat").send().await.unwrap();
        assert_eq!(got.secret_string(), Some("{\"key\":\"k\"}"));
        let none = world.secrets().get_secret_value().secret_id("alipay").send().await.unwrap_err();
        assert!(none.into_service_error().is_resource_not_found_exception());
    });
}

#[derive(Default)]
struct Provider {
    seen: Vec<(String, Timestamp)>,
}

impl Outside for Provider {
    fn call(&mut self, request: Request<Bytes>, now: Timestamp) -> Response<Bytes> {
        self.seen.push((request.uri().to_string(), now));
        Response::builder().status(202).header("x-serial", "1").body(request.into_body()).unwrap()
    }
}

#[test]
fn any_other_host_is_outside() {
    simulate(1, async |world| {
        let provider = Arc::new(Mutex::new(Provider::default()));
        world.set_outside(Arc::clone(&provider));
        world.advance(Duration::from_secs(5)).await;
        let connector = world.http_connector();
        let request = Request::post("https://api.mch.weixin.qq.com/v3/pay?x=1").body("hello".into()).unwrap();
        let response = connector.call(HttpRequest::try_from(request).unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), 202);
        assert_eq!(response.headers().get("x-serial"), Some("1"));
        assert_eq!(response.body().bytes(), Some(&b"hello"[..]));
        let seen = provider.lock().unwrap().seen.clone();
        let moment = START + jiff::SignedDuration::from_secs(5);
        assert_eq!(seen, [("https://api.mch.weixin.qq.com/v3/pay?x=1".to_owned(), moment)]);
    });
}
