//! Reading `template.yaml`: the functions with their routes and variables, and the tables.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml_ng::Value;

/// A function as the template declares it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Function {
    /// `POST /orders/{order_no}/payments`, with whether anybody may call it.
    pub(crate) routes: BTreeMap<String, bool>,
    /// Variables of its own.
    pub(crate) variables: BTreeSet<String>,
}

/// What the template declares.
#[derive(Debug, Default)]
pub(crate) struct Template {
    /// Variables that every function has.
    pub(crate) common: BTreeSet<String>,
    /// The functions by their folder's name.
    pub(crate) functions: BTreeMap<String, Function>,
    /// Each table's name after the stack's, with its keys and indexes in one line.
    pub(crate) tables: BTreeMap<String, String>,
}

impl Template {
    /// Reads the template of the house.
    pub(crate) fn read() -> Self {
        Self::of(&crate::house::text("template.yaml"))
    }

    /// Reads a template.
    pub(crate) fn of(text: &str) -> Self {
        let yaml: Value = serde_yaml_ng::from_str(text).expect("template.yaml reads as YAML");
        let mut template = Self { common: variables(at(&yaml, &["Globals", "Function"])), ..Self::default() };
        let routes = routes(at(&yaml, &["Resources", "Api", "Properties", "DefinitionBody", "paths"]));
        for (name, resource) in entries(at(&yaml, &["Resources"])) {
            let properties = at(resource, &["Properties"]);
            match word(at(resource, &["Type"])).as_str() {
                "AWS::Serverless::Function" => {
                    let folder = word(at(properties, &["CodeUri"]));
                    let function = folder.strip_prefix("functions/").unwrap_or_else(|| panic!("CodeUri of {name}"));
                    let routes = routes.get(&name).cloned().unwrap_or_default();
                    let read = Function { routes, variables: variables(properties) };
                    template.functions.insert(function.to_owned(), read);
                }
                "AWS::DynamoDB::Table" => {
                    let full = word(at(properties, &["TableName"]));
                    let suffix = full.strip_prefix("${AWS::StackName}-").unwrap_or(&full);
                    template.tables.insert(suffix.to_owned(), shape(properties));
                }
                _ => {}
            }
        }
        template
    }
}

/// The routes by who serves them, each with whether it is open.
fn routes(paths: &Value) -> BTreeMap<String, BTreeMap<String, bool>> {
    let mut routes: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    for (path, methods) in entries(paths) {
        for (method, operation) in entries(methods) {
            let uri = word(at(operation, &["x-amazon-apigateway-integration", "uri"]));
            let server = uri.split_once("functions/${").and_then(|(_, rest)| rest.split_once(".Arn}"));
            let (server, _) = server.unwrap_or_else(|| panic!("{method} {path} is served by {uri}"));
            let open = at(operation, &["security"])
                .as_sequence()
                .is_some_and(|one| one.iter().any(|one| one.get("NONE").is_some()));
            routes.entry(server.to_owned()).or_default().insert(format!("{} {path}", method.to_uppercase()), open);
        }
    }
    routes
}

fn variables(properties: &Value) -> BTreeSet<String> {
    entries(at(properties, &["Environment", "Variables"])).map(|(name, _)| name).collect()
}

/// `pk:S sk:S by_due(due_shard:S due:N KEYS_ONLY)`.
fn shape(properties: &Value) -> String {
    let list = |value: &Value| value.as_sequence().cloned().unwrap_or_default();
    let types: BTreeMap<String, String> = list(at(properties, &["AttributeDefinitions"]))
        .iter()
        .map(|one| (word(at(one, &["AttributeName"])), word(at(one, &["AttributeType"]))))
        .collect();
    let key = |of: &Value| {
        let names = list(at(of, &["KeySchema"])).into_iter().map(|one| word(at(&one, &["AttributeName"])));
        names
            .map(|name| format!("{name}:{}", types.get(&name).map_or("?", String::as_str)))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut shape = key(properties);
    for index in list(at(properties, &["GlobalSecondaryIndexes"])) {
        let projection = word(at(&index, &["Projection", "ProjectionType"]));
        shape.push_str(&format!(" {}({} {projection})", word(at(&index, &["IndexName"])), key(&index)));
    }
    shape
}

fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(bare(value), |value, name| bare(value.get(*name).unwrap_or(&Value::Null)))
}

/// The value behind a short tag: `!Sub text` is `text` here.
fn bare(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => bare(&tagged.value),
        plain => plain,
    }
}

fn word(value: &Value) -> String {
    bare(value).as_str().unwrap_or_default().to_owned()
}

fn entries(value: &Value) -> impl Iterator<Item = (String, &Value)> {
    value.as_mapping().into_iter().flatten().map(|(name, value)| (word(name), bare(value)))
}

/// A template in little, for the tests of the rules.
#[cfg(test)]
pub(crate) const LITTLE: &str = r#"
Globals: {Function: {Environment: {Variables: {STAGE: !Ref Stage, TABLE_PREFIX: !Ref "AWS::StackName"}}}}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      DefinitionBody:
        paths:
          "/orders/{order_no}":
            get: {x-amazon-apigateway-integration: {uri: !Sub "a:functions/${OrderFunction.Arn}/invocations"}}
          /health:
            get:
              security: [{NONE: []}]
              x-amazon-apigateway-integration: {uri: !Sub "a:functions/${OrderFunction.Arn}/invocations"}
  OrderFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/order
      Environment: {Variables: {PUBLIC_URL: !Ref PublicUrl, WECHAT_SECRET: !Sub "${AWS::StackName}/wechat"}}
      Events:
        Tick: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 minute)}}
  TasksTable:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub "${AWS::StackName}-tasks"
      AttributeDefinitions:
        - {AttributeName: pk, AttributeType: S}
        - {AttributeName: sk, AttributeType: S}
        - {AttributeName: due, AttributeType: N}
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
      GlobalSecondaryIndexes:
        - IndexName: by_due
          KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: due, KeyType: RANGE}]
          Projection: {ProjectionType: KEYS_ONLY}
"#;

#[test]
fn short_tags_are_read() {
    let template = Template::of(LITTLE);
    let order = template.functions.get("order").expect("the function");
    let routes = [("GET /health".to_owned(), true), ("GET /orders/{order_no}".to_owned(), false)];
    assert_eq!(order.routes, routes.into());
    assert_eq!(order.variables, ["PUBLIC_URL".to_owned(), "WECHAT_SECRET".to_owned()].into());
    assert_eq!(template.common.len(), 2);
    assert_eq!(template.tables.get("tasks").map(String::as_str), Some("pk:S sk:S by_due(pk:S due:N KEYS_ONLY)"));
}
