//! The documents in force, with what the guardian has agreed to of each. K3.

use axum::extract::State;
use domain::consent::{Consent, DOCUMENTS, Document};
use domain::id::StudentId;
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use serde::Serialize;
use store::Versioned;
use utoipa::ToSchema;

use crate::desk::Desk;

/// Whether a document is agreed to, for a child or for none.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsentView {
    /// The document.
    #[schema(example = "child_privacy")]
    pub document: String,
    /// For which child.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: Option<String>,
    /// Whether the present version is agreed to.
    pub in_force: bool,
    /// The version that was agreed to last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    pub version: Option<u16>,
    /// SHA-256 of the text that was agreed to last, base 64 for URLs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_sha256: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub given_at: Option<String>,
    /// When it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub withdrawn_at: Option<String>,
}

impl ConsentView {
    /// A consent as it stands to the document in force.
    pub(crate) fn of(consent: &Consent, document: &Document) -> Self {
        let last = consent.given.last();
        Self {
            document: consent.document.clone(),
            student_id: consent.student.as_ref().map(ToString::to_string),
            in_force: consent.in_force(document).is_some(),
            version: last.map(|given| given.version),
            text_sha256: last.map(|given| given.text_hash.clone()),
            given_at: last.map(|given| given.at.to_string()),
            withdrawn_at: last.and_then(|given| given.withdrawn_at).map(|at| at.to_string()),
        }
    }
}

/// A document with what the guardian has agreed to of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DocumentView {
    /// Its code.
    #[schema(example = "child_privacy")]
    pub document: String,
    /// The version in force.
    #[schema(example = 1)]
    pub version: u16,
    /// Its title.
    #[schema(example = "儿童个人信息保护规则")]
    pub title: String,
    /// The day from which it holds.
    #[schema(example = "2026-08-01", format = Date)]
    pub effective: String,
    /// The text.
    pub text: String,
    /// Its SHA-256, base 64 for URLs.
    pub text_sha256: String,
    /// One for the guardian, or one for each child.
    pub consents: Vec<ConsentView>,
}

/// The documents in force.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Consents {
    /// In the order in which they are shown.
    pub items: Vec<DocumentView>,
}

/// 我的同意
#[utoipa::path(
    get, path = "/me/consents", operation_id = "list_consents", tag = "我的隐私",
    responses(
        (status = 200, description = "文件全文与同意情况", body = Consents),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn list_consents(State(app): State<App>, caller: Caller) -> Outcome<Answer<Consents>> {
    let desk = Desk::of(&app, &caller).await?;
    let held = app.store().consents(&caller.id).await?;
    let view = |document: &Document, student: Option<&StudentId>| {
        let same =
            |it: &&Versioned<Consent>| it.value.document == document.code && it.value.student.as_ref() == student;
        let none = || Consent::none(caller.id.clone(), document, student.cloned());
        let consent = held.iter().find(same).map_or_else(none, |found| found.value.clone());
        ConsentView::of(&consent, document)
    };
    let items = DOCUMENTS.iter().map(|document| DocumentView {
        document: document.code.to_owned(),
        version: document.version,
        title: document.title.to_owned(),
        effective: document.effective.to_owned(),
        text: document.text.to_owned(),
        text_sha256: document.text_hash(),
        consents: if document.per_child {
            desk.children.iter().map(|child| view(document, Some(&child.id))).collect()
        } else {
            vec![view(document, None)]
        },
    });
    Ok(Answer::ok(Consents { items: items.collect() }))
}
