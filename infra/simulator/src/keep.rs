//! The provider's state in a file (状态保存), so that a restart keeps its payments.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use simulator::{Province, WechatPay};

/// Shared by all requests. Every change is in the file before it is answered.
#[derive(Clone)]
pub(crate) struct Keeper {
    kept: Arc<Mutex<Kept>>,
    /// Codes live for minutes: nothing of it is written down.
    province: Arc<Mutex<Province>>,
}

struct Kept {
    provider: WechatPay,
    file: Option<PathBuf>,
}

impl Keeper {
    /// Goes on from `file`, or starts anew.
    pub(crate) fn open(file: Option<PathBuf>) -> Result<Self, Box<dyn Error>> {
        let provider = match &file {
            Some(file) if file.exists() => serde_json::from_slice(&std::fs::read(file)?)?,
            // Numbers of one run shall not come again in the next.
            _ => WechatPay::new(fresh_seed()),
        };
        let province = Arc::new(Mutex::new(Province::new(fresh_seed())));
        Ok(Self { kept: Arc::new(Mutex::new(Kept { provider, file })), province })
    }

    /// Something happens at the province's platform.
    pub(crate) fn province<T>(&self, happens: impl FnOnce(&mut Province) -> T) -> T {
        happens(&mut self.province.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the provider.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&WechatPay) -> T) -> T {
        look(&self.kept.lock().unwrap_or_else(PoisonError::into_inner).provider)
    }

    /// Changes the provider and writes it down.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut WechatPay) -> T) -> T {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = change(&mut kept.provider);
        if let Some(file) = &kept.file
            && let Err(error) = write(file, &kept.provider)
        {
            eprintln!("simulator: state not written: {error}");
        }
        outcome
    }
}

/// Writes beside the file and renames, so that a crash leaves the old state or the new one.
fn write(file: &Path, provider: &WechatPay) -> Result<(), Box<dyn Error>> {
    let beside = file.with_extension("new");
    std::fs::write(&beside, serde_json::to_vec(provider)?)?;
    std::fs::rename(beside, file)?;
    Ok(())
}

/// A seed no other run has.
fn fresh_seed() -> u64 {
    now().as_nanosecond().unsigned_abs().try_into().unwrap_or(0)
}

/// The clock of this program.
#[expect(clippy::disallowed_methods, reason = "the one place of this program that reads the clock")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
