//! Configuration (配置): the variables a function reads, once, at its cold start.

use std::collections::BTreeMap;

use domain::{Fault, Kind};

/// A variable of the environment. `template.yaml` declares for each function exactly those that its `main.rs` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Variable {
    /// What the names of all tables begin with.
    TablePrefix,
    /// Name of the secret with the public keys of sessions.
    SessionSecret,
    /// Name of the secret with the private keys that sign sessions.
    SigningSecret,
    /// Name of the secret with the account at the identity provider.
    IdentitySecret,
    /// Name of the secret with the people a new deployment lets in.
    FirstAdministratorsSecret,
    /// Where the identity provider is reached.
    IdentityBaseUrl,
    /// Where the identity provider sends people back to, letter by letter as it is registered there.
    SignInReturnUrl,
    /// Name of the secret with the key of the blind index.
    BlindSecret,
    /// The key of KMS under which the keys of personal data are wrapped.
    PersonalKeyArn,
    /// Name of the secret with the account at WeChat Pay.
    WechatSecret,
    /// Where WeChat Pay is reached.
    WechatBaseUrl,
    /// Name of the secret with the account at Alipay; it holds `null` where that is not opened.
    AlipaySecret,
    /// Where Alipay is reached.
    AlipayBaseUrl,
    /// Name of the secret with the account at China UMS; it holds `null` where that is not opened.
    ChinaumsSecret,
    /// Where China UMS is reached.
    ChinaumsBaseUrl,
    /// Name of the secret with our mini program at WeChat; it holds `null` where that is not opened.
    MessageSecret,
    /// Where the mini program's messages are sent.
    MessageBaseUrl,
    /// Name of the secret with our account at the city's supervision system.
    SupervisionSecret,
    /// Where the supervision system is reached.
    SupervisionBaseUrl,
    /// Where providers reach us: scheme, host and stage.
    PublicUrl,
    /// The bucket of snapshots.
    SnapshotsBucket,
    /// The bucket of imported files.
    ImportsBucket,
    /// The bucket of providers' bills.
    BillsBucket,
    /// The bucket of audit segments.
    AuditBucket,
    /// The key that signs audit segments.
    AuditSigningKey,
    /// The key that signs the monthly reports of agreement.
    ReportSigningKey,
    /// The queue that wakes the archive.
    ArchiveQueueUrl,
    /// The queue that wakes the import.
    ImportQueueUrl,
    /// The queue that wakes the payout of refunds.
    RefundQueueUrl,
    /// The queue that has families told.
    NoticeQueueUrl,
    /// The queue that has the city told.
    MunicipalQueueUrl,
    /// The queue that has a school compared with the city.
    AgreementQueueUrl,
}

/// What every function reads.
pub const COMMON: [Variable; 1] = [Variable::TablePrefix];

/// A variable is missing: the function does not start, or it asks for one that its `main.rs` did not name.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("variable {} is not set", <&str>::from(.0))]
pub struct MissingVariable(pub Variable);

impl Fault for MissingVariable {
    fn kind(&self) -> Kind {
        Kind::Internal
    }

    fn slug(&self) -> &'static str {
        "edge/missing-variable"
    }
}

/// The values of the variables.
#[derive(Debug, Clone, Default)]
pub struct Config(BTreeMap<Variable, String>);

impl Config {
    /// Reads the variables a function names, and those that all read.
    pub fn read(variables: &[Variable]) -> Result<Self, MissingVariable> {
        COMMON
            .iter()
            .chain(variables)
            .map(|variable| {
                #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
                let value = std::env::var(<&str>::from(variable));
                value.map(|value| (*variable, value)).map_err(|_absent| MissingVariable(*variable))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Values given by hand.
    pub fn of(values: impl IntoIterator<Item = (Variable, String)>) -> Self {
        Self(values.into_iter().collect())
    }

    /// The value of a variable.
    pub fn get(&self, variable: Variable) -> Result<&str, MissingVariable> {
        self.0.get(&variable).map(String::as_str).ok_or(MissingVariable(variable))
    }
}
