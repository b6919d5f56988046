//! The providers' state in files (状态保存), so that a restart keeps their payments.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use simulator::{Alipay, MiniProgram, Province, Supervision, WechatPay};

/// Shared by all requests. Every change is in the file before it is answered.
#[derive(Clone)]
pub(crate) struct Keeper {
    wechat: Arc<Mutex<Kept<WechatPay>>>,
    alipay: Arc<Mutex<Kept<Alipay>>>,
    /// Codes live for minutes: nothing of it is written down.
    province: Arc<Mutex<Province>>,
    /// What arrived is looked at while it runs, and no promise rests on it.
    mini_program: Arc<Mutex<MiniProgram>>,
    supervision: Arc<Mutex<Kept<Supervision>>>,
}

struct Kept<P> {
    provider: P,
    file: Option<PathBuf>,
}

impl<P: Serialize + DeserializeOwned> Kept<P> {
    /// Goes on from `file`, or starts anew.
    fn open(file: Option<PathBuf>, new: impl FnOnce(u64) -> P) -> Result<Self, Box<dyn Error>> {
        let provider = match &file {
            Some(file) if file.exists() => serde_json::from_slice(&std::fs::read(file)?)?,
            // Numbers of one run shall not come again in the next.
            _ => new(fresh_seed()),
        };
        Ok(Self { provider, file })
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut P) -> T) -> T {
        let outcome = change(&mut self.provider);
        if let Some(file) = &self.file
            && let Err(error) = write(file, &self.provider)
        {
            eprintln!("simulator: state not written: {error}");
        }
        outcome
    }
}

impl Keeper {
    /// Goes on from `file` and the one beside it, or starts anew.
    pub(crate) fn open(file: Option<PathBuf>) -> Result<Self, Box<dyn Error>> {
        let beside = file.as_ref().map(|file| file.with_extension("alipay.json"));
        let reported = file.as_ref().map(|file| file.with_extension("supervision.json"));
        Ok(Self {
            wechat: Arc::new(Mutex::new(Kept::open(file, WechatPay::new)?)),
            alipay: Arc::new(Mutex::new(Kept::open(beside, Alipay::new)?)),
            province: Arc::new(Mutex::new(Province::new(fresh_seed()))),
            mini_program: Arc::new(Mutex::new(MiniProgram::new(fresh_seed()))),
            supervision: Arc::new(Mutex::new(Kept::open(reported, |_seed| Supervision::new())?)),
        })
    }

    /// Something happens at the province's platform.
    pub(crate) fn province<T>(&self, happens: impl FnOnce(&mut Province) -> T) -> T {
        happens(&mut self.province.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Something happens at our mini program.
    pub(crate) fn mini_program<T>(&self, happens: impl FnOnce(&mut MiniProgram) -> T) -> T {
        happens(&mut self.mini_program.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the supervision system.
    pub(crate) fn read_city<T>(&self, look: impl FnOnce(&Supervision) -> T) -> T {
        look(&self.supervision.lock().unwrap_or_else(PoisonError::into_inner).provider)
    }

    /// Changes the supervision system and writes it down.
    pub(crate) fn change_city<T>(&self, change: impl FnOnce(&mut Supervision) -> T) -> T {
        self.supervision.lock().unwrap_or_else(PoisonError::into_inner).change(change)
    }

    /// Looks at WeChat Pay.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&WechatPay) -> T) -> T {
        look(&self.wechat.lock().unwrap_or_else(PoisonError::into_inner).provider)
    }

    /// Changes WeChat Pay and writes it down.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut WechatPay) -> T) -> T {
        self.wechat.lock().unwrap_or_else(PoisonError::into_inner).change(change)
    }

    /// Looks at Alipay.
    pub(crate) fn read_alipay<T>(&self, look: impl FnOnce(&Alipay) -> T) -> T {
        look(&self.alipay.lock().unwrap_or_else(PoisonError::into_inner).provider)
    }

    /// Changes Alipay and writes it down.
    pub(crate) fn change_alipay<T>(&self, change: impl FnOnce(&mut Alipay) -> T) -> T {
        self.alipay.lock().unwrap_or_else(PoisonError::into_inner).change(change)
    }
}

/// Writes beside the file and renames, so that a crash leaves the old state or the new one.
fn write(file: &Path, provider: &impl Serialize) -> Result<(), Box<dyn Error>> {
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
