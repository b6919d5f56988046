//! The other side of the counter (后台): functions and tables of the stack, asked directly in the emulator.

use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};

use crate::address::Cloud;
use crate::client::{Answer, http, until};
use crate::failure::{Failure, Outcome, ensure};

/// No function of the template runs longer.
const LONGEST_RUN: Duration = Duration::from_mins(14);

/// The emulator, as the owner of its account.
#[derive(Debug, Clone)]
pub struct Aws {
    http: Client,
    endpoint: String,
    stack: String,
}

impl Aws {
    /// The emulator of a cloud.
    pub fn of(cloud: &Cloud) -> Outcome<Self> {
        Ok(Self { http: http()?, endpoint: cloud.endpoint.clone(), stack: cloud.stack.clone() })
    }

    /// The emulator wants to know who asks, and takes the signature on trust.
    fn credential(service: &str) -> String {
        let scope = format!("test/20260101/cn-northwest-1/{service}/aws4_request");
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
    }

    /// Runs the sweep once more; what it reports.
    pub async fn sweep(&self) -> Outcome<Value> {
        self.invoke("sweep").await
    }

    /// Runs the bill run once more; what it reports.
    pub async fn bill_run(&self) -> Outcome<Value> {
        self.invoke("bill-run").await
    }

    /// Asks once more for what falls due of courses paid in parts; what it reports.
    pub async fn instalments(&self) -> Outcome<Value> {
        self.invoke("instalment").await
    }

    /// Runs the sealer of the audit once more; what it reports.
    pub async fn seal(&self) -> Outcome<Value> {
        self.invoke("audit-seal").await
    }

    /// Compares a school's records with the city's once more; what the function reports.
    pub async fn agree(&self, school: &str) -> Outcome<Value> {
        self.invoke_with("municipal-agreement", &json!({ "school": school })).await
    }

    /// Pulls what the city tells once more; what the function reports.
    pub async fn intake(&self) -> Outcome<Value> {
        self.invoke("municipal-intake").await
    }

    async fn invoke(&self, function: &str) -> Outcome<Value> {
        self.invoke_with(function, &json!({})).await
    }

    /// Runs a function of which only one runs at a time, and waits as long as it may run.
    async fn invoke_with(&self, function: &str, event: &Value) -> Outcome<Value> {
        let address = format!("{}/2015-03-31/functions/{}-{function}/invocations", self.endpoint, self.stack);
        until(&format!("a free {function}"), LONGEST_RUN.as_secs(), async || {
            let request = self.http.post(&address).timeout(LONGEST_RUN);
            let request = request.header("Authorization", Self::credential("lambda")).body(event.to_string());
            let answer = Answer::of(request).await?;
            if answer.status == 429 {
                return Ok(None);
            }
            let failed = answer.headers.contains_key("x-amz-function-error");
            ensure(!failed, || format!("{function} failed: {}", answer.body))?;
            answer.read(200).map(Some)
        })
        .await
    }

    /// Calls an operation on a table of the stack.
    pub async fn table(&self, table: &str, operation: &str, mut body: Value) -> Outcome<Value> {
        if let Some(fields) = body.as_object_mut() {
            fields.insert("TableName".to_owned(), json!(format!("{}-{table}", self.stack)));
        }
        let request = self
            .http
            .post(&self.endpoint)
            .header("Authorization", Self::credential("dynamodb"))
            .header("X-Amz-Target", format!("DynamoDB_20120810.{operation}"))
            .header("Content-Type", "application/x-amz-json-1.0")
            .body(body.to_string());
        Answer::of(request).await?.read(200)
    }

    /// How many tasks of a queue wait.
    pub async fn tasks(&self, queue: &str) -> Outcome<u64> {
        let mut waiting = 0;
        let mut scan = json!({
            "Select": "COUNT",
            "ConsistentRead": true,
            "FilterExpression": "queue = :queue",
            "ExpressionAttributeValues": { ":queue": { "S": queue } },
        });
        loop {
            let page = self.table("tasks", "Scan", scan.clone()).await?;
            waiting += page.get("Count").and_then(Value::as_u64).unwrap_or_default();
            let (Some(last), Some(fields)) = (page.get("LastEvaluatedKey"), scan.as_object_mut()) else {
                return Ok(waiting);
            };
            fields.insert("ExclusiveStartKey".to_owned(), last.clone());
        }
    }

    /// The items of a partition.
    pub async fn partition(&self, table: &str, pk: &str) -> Outcome<Vec<Value>> {
        let query = json!({
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": { ":pk": { "S": pk } },
            "ConsistentRead": true,
        });
        let answer = self.table(table, "Query", query).await?;
        let items = answer.get("Items").and_then(Value::as_array).cloned();
        items.ok_or_else(|| Failure(format!("{table} answers {answer}")))
    }
}
