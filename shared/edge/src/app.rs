//! App (应用): what the operations of a function reach: tables, objects, queues, channels. Everything but the tables is
//! made when it is first used, so that no cold start pays for what it does not need.

use std::sync::{Arc, OnceLock};

use aws_sdk_dynamodb::config::retry::RetryPartition;
use aws_types::SdkConfig;
use domain::supervision::FieldMap;
use domain::{Fault, Kind, Moment};
use gateway::ambient::Ambient;
use gateway::channel::Channels;
use gateway::channel::alipay::{Alipay, AlipaySettings, AlipaySetupError};
use gateway::channel::chinaums::{Chinaums, ChinaumsSettings, ChinaumsSetupError};
use gateway::channel::wechat::{Wechat, WechatSettings, WechatSetupError};
use gateway::http::Http;
use gateway::identity::{IdentityProvider, IdentitySettings, IdentitySetupError};
use gateway::message::{MessageSettings, MessageSetupError, Messages};
use gateway::object::Objects;
use gateway::queue::Wakeups;
use gateway::secret::{SecretError, Secrets};
use gateway::signer::Signer;
use gateway::supervision::{Supervision, SupervisionSettings, SupervisionSetupError};
use store::{Commit, Store, StoreError};
use tokio::sync::OnceCell;

use crate::config::{Config, MissingVariable, Variable};
use crate::http::RequestError;
use crate::personal::PersonalKeys;
use crate::problem::Problem;

/// Makes the HTTP client for systems that are not AWS.
pub type Outside = Box<dyn Fn() -> Http + Send + Sync>;

/// What the operations of a function reach. Cheap to clone.
#[derive(Clone)]
pub struct App {
    parts: Arc<Parts>,
}

struct Parts {
    config: Config,
    aws: SdkConfig,
    retries: RetryPartition,
    ambient: Arc<dyn Ambient>,
    outside: Outside,
    store: Store,
    secrets: OnceLock<Secrets>,
    objects: OnceLock<Objects>,
    wakeups: OnceLock<Wakeups>,
    signer: OnceLock<Signer>,
    channels: OnceCell<Channels>,
    identity_provider: OnceCell<IdentityProvider>,
    messages: OnceCell<Option<Messages>>,
    supervision: OnceCell<Supervision>,
}

impl App {
    /// An app over the AWS clients that `aws` makes, in the stack that `config` names. Its clients share the retries
    /// that `retries` allows.
    pub fn new(
        config: Config,
        aws: SdkConfig,
        retries: RetryPartition,
        outside: Outside,
        ambient: Arc<dyn Ambient>,
    ) -> Result<Self, MissingVariable> {
        let tables = aws_sdk_dynamodb::config::Builder::from(&aws).retry_partition(retries.clone()).build();
        let key = config.get(Variable::PersonalKeyArn).ok().map(str::to_owned);
        let keys = Arc::new(PersonalKeys::new(aws.clone(), retries.clone(), key));
        let tables = aws_sdk_dynamodb::Client::from_conf(tables);
        let store = Store::new(tables, config.get(Variable::TablePrefix)?, keys);
        let parts = Parts {
            config,
            aws,
            retries,
            ambient,
            outside,
            store,
            secrets: OnceLock::new(),
            objects: OnceLock::new(),
            wakeups: OnceLock::new(),
            signer: OnceLock::new(),
            channels: OnceCell::new(),
            identity_provider: OnceCell::new(),
            messages: OnceCell::new(),
            supervision: OnceCell::new(),
        };
        Ok(Self { parts: Arc::new(parts) })
    }

    /// The moment now.
    pub fn now(&self) -> Moment {
        self.parts.ambient.now()
    }

    /// A random number.
    pub fn random(&self) -> u64 {
        self.parts.ambient.random()
    }

    /// Bytes nobody can foretell, for what keeps a secret.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            for (place, byte) in chunk.iter_mut().zip(self.random().to_le_bytes()) {
                *place = byte;
            }
        }
        bytes
    }

    /// The clock and the dice.
    pub fn ambient(&self) -> &dyn Ambient {
        self.parts.ambient.as_ref()
    }

    /// The tables.
    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    /// Writes an edit. Who was overtaken by another edit meanwhile reads anew, as with an outdated `If-Match`.
    pub async fn write_edit(&self, commit: Commit) -> Outcome<()> {
        match self.store().commit(commit).await {
            Err(StoreError::Stale) => Err(RequestError::IfMatchOutdated.into()),
            written => Ok(written?),
        }
    }

    /// The value of a variable.
    pub fn variable(&self, variable: Variable) -> Result<&str, MissingVariable> {
        self.parts.config.get(variable)
    }

    /// The objects.
    pub fn objects(&self) -> &Objects {
        self.parts.objects.get_or_init(|| {
            let config = aws_sdk_s3::config::Builder::from(&self.parts.aws).force_path_style(true);
            Objects::new(aws_sdk_s3::Client::from_conf(config.retry_partition(self.parts.retries.clone()).build()))
        })
    }

    /// The queues.
    pub fn wakeups(&self) -> &Wakeups {
        self.parts.wakeups.get_or_init(|| {
            let config = aws_sdk_sqs::config::Builder::from(&self.parts.aws);
            Wakeups::new(aws_sdk_sqs::Client::from_conf(config.retry_partition(self.parts.retries.clone()).build()))
        })
    }

    /// The signer.
    pub fn signer(&self) -> &Signer {
        self.parts.signer.get_or_init(|| {
            let config = aws_sdk_kms::config::Builder::from(&self.parts.aws);
            Signer::new(aws_sdk_kms::Client::from_conf(config.retry_partition(self.parts.retries.clone()).build()))
        })
    }

    /// The secrets.
    pub fn secrets(&self) -> &Secrets {
        self.parts.secrets.get_or_init(|| {
            let config = aws_sdk_secretsmanager::config::Builder::from(&self.parts.aws);
            let config = config.retry_partition(self.parts.retries.clone()).build();
            Secrets::new(aws_sdk_secretsmanager::Client::from_conf(config))
        })
    }

    /// The payment channels, with the accounts their secrets hold.
    pub async fn channels(&self) -> Result<&Channels, ChannelsError> {
        self.parts
            .channels
            .get_or_try_init(|| async {
                let settings: WechatSettings = self.secrets().get(self.variable(Variable::WechatSecret)?).await?;
                let base_url = self.variable(Variable::WechatBaseUrl)?;
                let http = (self.parts.outside)();
                let wechat = Wechat::new(settings, base_url, http, Arc::clone(&self.parts.ambient))?;
                Ok(Channels::new(wechat, opened(self.alipay().await)?, opened(self.chinaums().await)?))
            })
            .await
    }

    async fn alipay(&self) -> Result<Option<Alipay>, ChannelsError> {
        let settings: Option<AlipaySettings> = self.secrets().find(self.variable(Variable::AlipaySecret)?).await?;
        let base_url = self.variable(Variable::AlipayBaseUrl)?;
        let open = |settings| Alipay::new(settings, base_url, (self.parts.outside)(), Arc::clone(&self.parts.ambient));
        Ok(settings.map(open).transpose()?)
    }

    async fn chinaums(&self) -> Result<Option<Chinaums>, ChannelsError> {
        let settings: Option<ChinaumsSettings> = self.secrets().find(self.variable(Variable::ChinaumsSecret)?).await?;
        let base_url = self.variable(Variable::ChinaumsBaseUrl)?;
        let open =
            |settings| Chinaums::new(settings, base_url, (self.parts.outside)(), Arc::clone(&self.parts.ambient));
        Ok(settings.map(open).transpose()?)
    }

    /// The identity provider, with the account the secret holds.
    pub async fn identity_provider(&self) -> Result<&IdentityProvider, ProviderError> {
        self.parts
            .identity_provider
            .get_or_try_init(|| async {
                let settings: IdentitySettings = self.secrets().get(self.variable(Variable::IdentitySecret)?).await?;
                let base_url = self.variable(Variable::IdentityBaseUrl)?;
                let return_url = self.variable(Variable::SignInReturnUrl)?;
                let outside = (self.parts.outside)();
                IdentityProvider::new(settings, base_url, return_url, outside).map_err(AccountError::Setup)
            })
            .await
    }

    /// Messages through our mini program, with the account the secret holds; none where it is not opened.
    pub async fn messages(&self) -> Result<Option<&Messages>, MessagesError> {
        let messages = self.parts.messages.get_or_try_init(|| async {
            let settings: Option<MessageSettings> =
                self.secrets().find(self.variable(Variable::MessageSecret)?).await?;
            let base_url = self.variable(Variable::MessageBaseUrl)?;
            let open =
                |settings| Messages::new(settings, base_url, (self.parts.outside)(), Arc::clone(&self.parts.ambient));
            settings.map(open).transpose().map_err(AccountError::Setup)
        });
        Ok(messages.await?.as_ref())
    }

    /// The city's supervision system, with the account the secret holds.
    pub async fn supervision(&self) -> Result<&Supervision, SupervisionAppError> {
        self.parts
            .supervision
            .get_or_try_init(|| async {
                let name = self.variable(Variable::SupervisionSecret)?;
                let settings: SupervisionSettings = self.secrets().get(name).await?;
                let (map, base_url) = (FieldMap::current().clone(), self.variable(Variable::SupervisionBaseUrl)?);
                let (http, ambient) = ((self.parts.outside)(), Arc::clone(&self.parts.ambient));
                Supervision::new(&settings, base_url, Arc::new(map), http, ambient).map_err(AccountError::Setup)
            })
            .await
    }
}

/// Why a system outside cannot be used by this function. `S`: what is wrong with our account there.
#[derive(Debug, thiserror::Error)]
pub enum AccountError<S: Fault> {
    /// A variable is missing.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
    /// The secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret holds no usable account.
    #[error(transparent)]
    Setup(S),
}

impl<S: Fault> Fault for AccountError<S> {
    fn kind(&self) -> Kind {
        match self {
            Self::Variable(error) => error.kind(),
            Self::Secret(error) => error.kind(),
            Self::Setup(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Variable(error) => error.slug(),
            Self::Secret(error) => error.slug(),
            Self::Setup(error) => error.slug(),
        }
    }
}

/// Why the supervision system cannot be asked by this function.
pub type SupervisionAppError = AccountError<SupervisionSetupError>;

/// Why messages cannot be sent by this function.
pub type MessagesError = AccountError<MessageSetupError>;

/// Why the identity provider cannot be used by this function.
pub type ProviderError = AccountError<IdentitySetupError>;

/// Why the payment channels cannot be used by this function.
#[derive(Debug, thiserror::Error)]
pub enum ChannelsError {
    /// A variable is missing.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
    /// The secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret of WeChat Pay holds no usable account.
    #[error(transparent)]
    Wechat(#[from] WechatSetupError),
    /// The secret of Alipay holds no usable account.
    #[error(transparent)]
    Alipay(#[from] AlipaySetupError),
    /// The secret of China UMS holds no usable account.
    #[error(transparent)]
    Chinaums(#[from] ChinaumsSetupError),
}

impl Fault for ChannelsError {
    fn kind(&self) -> Kind {
        match self {
            Self::Variable(error) => error.kind(),
            Self::Secret(error) => error.kind(),
            Self::Wechat(error) => error.kind(),
            Self::Alipay(error) => error.kind(),
            Self::Chinaums(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Variable(error) => error.slug(),
            Self::Secret(error) => error.slug(),
            Self::Wechat(error) => error.slug(),
            Self::Alipay(error) => error.slug(),
            Self::Chinaums(error) => error.slug(),
        }
    }
}

/// A channel besides the first, if it is opened. What is wrong with one account closes its channel and no other.
fn opened<C>(channel: Result<Option<C>, ChannelsError>) -> Result<Option<C>, ChannelsError> {
    match channel {
        Err(fault) if fault.kind() == Kind::Internal => {
            // The conversion logs the causes.
            drop(Problem::from(fault));
            Ok(None)
        }
        opened => opened,
    }
}

/// What an operation answers.
pub type Outcome<T> = Result<T, Problem>;
