//! Receiving accounts (学校收款账户): where a school's money goes. One person proposes a change, another one approves it.
//! S31.1.

use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::directory::Merchants;
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{PersonId, SchoolCode};
use crate::payment::Channel;
use crate::pii::Pii;
use crate::time::Moment;

/// The largest share of a payment that a provider may be agreed to keep: a tenth.
const LARGEST_RATE_MILLIONTHS: u32 = 100_000;

/// Where a school's money goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose name the bank account is in (户名).
    pub holder: String,
    /// The bank and its branch (开户行).
    pub bank: String,
    /// The bank account's number.
    pub number: Pii<String>,
    /// The school's numbers at the payment providers.
    #[serde(default)]
    pub merchants: Merchants,
}

/// A school's receiving account, with the change that waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolAccount {
    /// The school.
    pub school: SchoolCode,
    /// What holds.
    #[serde(default)]
    pub account: Option<Account>,
    /// What is proposed instead.
    #[serde(default)]
    pub proposed: Option<Proposal>,
}

/// A proposed account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The account.
    pub account: Account,
    /// Why it changes.
    pub reason: String,
    /// Who proposed it.
    pub by: PersonId,
    /// When.
    pub at: Moment,
}

/// Why a receiving account is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "account/")]
pub enum AccountError {
    /// No holder, or a long one.
    #[error("户名应为 2 至 60 个字")]
    HolderUnusable,
    /// No bank, or a long one.
    #[error("开户行应为 2 至 60 个字")]
    BankUnusable,
    /// Not 8 to 30 digits.
    #[error("银行账号应为 8 至 30 位数字")]
    NumberUnusable,
    /// Not 8 to 10 digits, the first of them not 0.
    #[error("微信支付商户号应为 8 至 10 位数字")]
    WechatUnusable,
    /// Not 2088 and 12 digits.
    #[error("支付宝商户号(PID)应为 2088 开头的 16 位数字")]
    AlipayUnusable,
    /// Not 15 letters and digits.
    #[error("银联商务商户号应为 15 位字母或数字")]
    ChinaumsUnusable,
    /// More than a tenth.
    #[error("约定费率应为 0 至 10%,请核对与支付通道签订的费率")]
    RateUnusable(Channel),
    /// Another change waits already.
    #[error("已有待审批的账户变更,请先处理后再提交")]
    ChangeWaiting,
    /// What is proposed holds already.
    #[error("提交的账户与现有账户相同,无需变更")]
    NothingChanges,
    /// No change waits.
    #[error("没有待审批的账户变更,请刷新后查看")]
    NothingWaiting,
    /// Who proposes does not approve.
    #[error("账户变更须由提交人以外的人员审批")]
    SecondPersonNeeded,
}

impl Fault for AccountError {
    fn kind(&self) -> Kind {
        match self {
            Self::HolderUnusable
            | Self::BankUnusable
            | Self::NumberUnusable
            | Self::WechatUnusable
            | Self::AlipayUnusable
            | Self::ChinaumsUnusable
            | Self::RateUnusable(_) => Kind::Invalid,
            Self::ChangeWaiting | Self::NothingChanges | Self::NothingWaiting | Self::SecondPersonNeeded => {
                Kind::Refused
            }
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::HolderUnusable => "holder",
            Self::BankUnusable => "bank",
            Self::NumberUnusable => "number",
            Self::WechatUnusable => "merchants/wechat",
            Self::AlipayUnusable => "merchants/alipay",
            Self::ChinaumsUnusable => "merchants/chinaums",
            Self::RateUnusable(Channel::Wechat) => "merchants/rates/wechat",
            Self::RateUnusable(Channel::Alipay) => "merchants/rates/alipay",
            Self::RateUnusable(Channel::Chinaums) => "merchants/rates/chinaums",
            Self::ChangeWaiting | Self::NothingChanges | Self::NothingWaiting | Self::SecondPersonNeeded => {
                return Vec::new();
            }
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

impl Account {
    /// The same, if it can be so.
    pub fn checked(self) -> Result<Self, AccountError> {
        let named = |text: &str| (2..=60).contains(&text.trim().chars().count());
        if !named(&self.holder) {
            return Err(AccountError::HolderUnusable);
        }
        if !named(&self.bank) {
            return Err(AccountError::BankUnusable);
        }
        if !digits(self.number.reveal(), 8..=30) {
            return Err(AccountError::NumberUnusable);
        }
        let Merchants { wechat, alipay, chinaums, rates } = &self.merchants;
        if wechat.as_deref().is_some_and(|number| !is_wechat(number)) {
            return Err(AccountError::WechatUnusable);
        }
        if alipay.as_deref().is_some_and(|number| !is_alipay(number)) {
            return Err(AccountError::AlipayUnusable);
        }
        if chinaums.as_deref().is_some_and(|number| !is_chinaums(number)) {
            return Err(AccountError::ChinaumsUnusable);
        }
        if let Some((channel, _)) = rates.each().find(|(_, rate)| rate.millionths() > LARGEST_RATE_MILLIONTHS) {
            return Err(AccountError::RateUnusable(channel));
        }
        Ok(self)
    }
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|letter| letter.is_ascii_digit())
}

/// Whether it can be a merchant number at WeChat Pay.
pub(crate) fn is_wechat(number: &str) -> bool {
    digits(number, 8..=10) && !number.starts_with('0')
}

/// Whether it can be an account at Alipay.
pub(crate) fn is_alipay(number: &str) -> bool {
    digits(number, 16..=16) && number.starts_with("2088")
}

/// Whether it can be a merchant number at China UMS.
fn is_chinaums(number: &str) -> bool {
    number.len() == 15 && number.bytes().all(|letter| letter.is_ascii_alphanumeric())
}

impl Owned for SchoolAccount {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), ..Owner::default() }
    }
}

impl SchoolAccount {
    /// A school without an account.
    pub const fn none(school: SchoolCode) -> Self {
        Self { school, account: None, proposed: None }
    }

    /// Proposes another account.
    pub fn propose(&mut self, proposal: Proposal) -> Result<(), AccountError> {
        if self.proposed.is_some() {
            return Err(AccountError::ChangeWaiting);
        }
        if self.account.as_ref() == Some(&proposal.account) {
            return Err(AccountError::NothingChanges);
        }
        self.proposed = Some(proposal);
        Ok(())
    }

    /// Decides the change that waits. Approved, it holds for every payment begun from then on.
    pub fn decide(&mut self, by: &PersonId, approved: bool) -> Result<(), AccountError> {
        let proposal = self.proposed.as_ref().ok_or(AccountError::NothingWaiting)?;
        // Whoever proposed may take it back.
        if approved && proposal.by == *by {
            return Err(AccountError::SecondPersonNeeded);
        }
        if let (Some(proposal), true) = (self.proposed.take(), approved) {
            self.account = Some(proposal.account);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: &str) -> Account {
        Account {
            holder: "五桂山第一小学".to_owned(),
            bank: "中国工商银行中山分行".to_owned(),
            number: Pii::new(number.to_owned()),
            merchants: Merchants::wechat("1900000201"),
        }
    }

    fn by(person: &str, number: &str) -> Proposal {
        let at = Moment::from_seconds(0);
        Proposal { account: account(number), reason: "换行".to_owned(), by: person.parse().unwrap(), at }
    }

    fn school() -> SchoolAccount {
        SchoolAccount::none("3144200101".parse().unwrap())
    }

    #[test]
    fn s31_1_an_account_changes_by_two_persons() {
        let (one, two) = ("A000000001".parse().unwrap(), "A000000002".parse().unwrap());
        let mut school = school();
        school.propose(by("A000000001", "6222021234567890")).unwrap();
        assert!(school.account.is_none(), "nothing holds yet");
        assert_eq!(school.propose(by("A000000002", "6222021234567891")), Err(AccountError::ChangeWaiting));
        assert_eq!(school.decide(&one, true), Err(AccountError::SecondPersonNeeded));
        school.decide(&two, true).unwrap();
        assert_eq!(school.account, Some(account("6222021234567890")));
        assert_eq!(school.decide(&two, true), Err(AccountError::NothingWaiting));
        assert_eq!(school.propose(by("A000000001", "6222021234567890")), Err(AccountError::NothingChanges));
    }

    #[test]
    fn s31_1_a_rejected_change_leaves_what_held_and_who_proposed_may_take_it_back() {
        let one = "A000000001".parse().unwrap();
        let mut school = school();
        school.propose(by("A000000001", "6222021234567890")).unwrap();
        school.decide(&one, false).unwrap();
        assert_eq!((school.account, school.proposed), (None, None));
    }

    #[test]
    fn s31_1_an_account_that_cannot_be_is_refused() {
        let good = account("6222021234567890");
        assert!(good.clone().checked().is_ok());
        let refused = |account: Account| account.checked().unwrap_err();
        assert_eq!(refused(Account { holder: "x".to_owned(), ..good.clone() }), AccountError::HolderUnusable);
        assert_eq!(refused(Account { bank: String::new(), ..good.clone() }), AccountError::BankUnusable);
        for number in ["1234567", "62220212345678901234567890123456", "6222-0212-3456"] {
            assert_eq!(refused(account(number)), AccountError::NumberUnusable, "{number}");
        }
        let paid_at = |merchants| Account { merchants, ..good.clone() };
        for number in ["190000", "0900000201", "19000002x1"] {
            let account = paid_at(Merchants::wechat(number));
            assert_eq!(refused(account), AccountError::WechatUnusable, "{number}");
        }
        for number in ["2089000000000201", "208800000000020", "208800000000020x"] {
            let account = paid_at(Merchants { alipay: Some(number.to_owned()), ..Merchants::default() });
            assert_eq!(refused(account), AccountError::AlipayUnusable, "{number}");
        }
        let account = paid_at(Merchants { chinaums: Some("898-10212345678".to_owned()), ..Merchants::default() });
        assert_eq!(refused(account), AccountError::ChinaumsUnusable);
    }
}
