//! Retention (保存期限): what is held about a family, what for, by what law and how long; and to whom it is given. K3,
//! promise P13.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::record::{Order, OrderState};
use crate::time::Moment;

/// A class of what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Class {
    /// A guardian's name and phone.
    Guardian,
    /// A pupil's name, number, homeroom, waivers.
    Pupil,
    /// What was taken.
    Orders,
    /// What was paid.
    Payments,
    /// Who did and looked at what.
    Audit,
    /// What was agreed to, and what was asked.
    Consents,
    /// Files that were brought in.
    Imports,
}

/// How long something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// So many years.
    Years(i8),
    /// So many days.
    Days(u16),
    /// As long as the service lasts.
    Service,
}

/// What is held of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The class.
    pub class: Class,
    /// Its name.
    pub title: &'static str,
    /// What it consists of.
    pub what: &'static str,
    /// What for.
    pub purpose: &'static str,
    /// By what law.
    pub basis: &'static str,
    /// How long.
    pub period: Period,
    /// The same in words, with when it begins.
    pub until: &'static str,
}

/// Somebody to whom personal data is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub name: &'static str,
    /// What is given.
    pub what: &'static str,
    /// What for.
    pub purpose: &'static str,
    /// By what law.
    pub basis: &'static str,
}

/// To whom personal data is given.
pub const RECIPIENTS: [Recipient; 3] = [
    Recipient {
        name: "财付通支付科技有限公司(微信支付)",
        what: "支付单号、金额、商品说明、付款人网络地址;不含学生和家长的姓名、手机号、学籍号",
        purpose: "完成缴费与退费",
        basis: "《个人信息保护法》第十三条第一款第二项、第二十三条:履行缴费所必需",
    },
    Recipient {
        name: "深圳市腾讯计算机系统有限公司(微信订阅消息)",
        what: "家长在小程序中的标识、隐去名字的学生姓名、课程、上课时间、考勤或请假结果;仅限已订阅提醒的家长",
        purpose: "告知孩子的考勤与请假结果",
        basis: "《个人信息保护法》第十三条第一款第一项、第二十三条、第二十九条:家长订阅时的同意",
    },
    Recipient {
        name: "中山市教育和体育局(课后服务监管系统)",
        what: "报名、缴费、退费的记录",
        purpose: "课后服务的监督管理",
        basis: "《个人信息保护法》第十三条第一款第三项、第三十四条:履行法定职责所必需",
    },
];

impl Class {
    /// What is held of it.
    pub const fn retention(self) -> Retention {
        match self {
            Self::Guardian => Retention {
                class: self,
                title: "家长信息",
                what: "姓名、手机号、与学生的监护关系;订阅消息提醒的,在小程序中的标识",
                purpose: "确认监护人身份,为孩子报名、缴费、接收通知",
                basis: "《个人信息保护法》第十三条第一款第二项、第三十一条",
                period: Period::Service,
                until: "服务期间保存;不再有孩子参加课后服务、且没有依法须保存的订单时删除",
            },
            Self::Pupil => Retention {
                class: self,
                title: "学生信息",
                what: "姓名、学籍号、性别、学校、年级、行政班、减免原因",
                purpose: "编班、核对选课资格、计算费用",
                basis: "《个人信息保护法》第十三条第一款第二项、第二十九条、第三十一条",
                period: Period::Service,
                until: "在校参加课后服务期间保存;毕业、转出或学校停止使用平台后删除或销毁密钥",
            },
            Self::Orders => Retention {
                class: self,
                title: "订单",
                what: "所选课程、金额、减免、提交时间与快照凭证",
                purpose: "履行服务、处理退课与争议",
                basis: "《电子商务法》第三十一条(交易信息不少于三年)",
                period: Period::Years(5),
                until: "自提交之日起保存 5 年",
            },
            Self::Payments => Retention {
                class: self,
                title: "缴费凭证",
                what: "支付单、退费单、记账分录与快照凭证",
                purpose: "财务核算、对账、审计",
                basis: "《会计法》第二十三条、《会计档案管理办法》附表一(会计凭证 30 年)",
                period: Period::Years(30),
                until: "自缴费之日起保存 30 年",
            },
            Self::Audit => Retention {
                class: self,
                title: "审计记录",
                what: "操作人、时间、内容、目的,不含姓名和号码",
                purpose: "查明谁查看或变更过个人信息",
                basis: "《网络安全法》关于日志留存的规定(不少于六个月)、《个人信息保护法》第五十四条",
                period: Period::Days(400),
                until: "自记录之日起保存 400 天以上,期间任何人不能更改",
            },
            Self::Consents => Retention {
                class: self,
                title: "同意与申请记录",
                what: "同意的文件、版本、时间、撤回时间,隐私申请及其处理结果",
                purpose: "证明处理个人信息取得同意,落实查阅、更正、删除等权利",
                basis: "《网络数据安全管理条例》第十二条(不少于三年)、《未成年人网络保护条例》第三十四条",
                period: Period::Years(3),
                until: "自撤回或处理完毕之日起保存 3 年",
            },
            Self::Imports => Retention {
                class: self,
                title: "导入文件",
                what: "学校上传的名单原文件",
                purpose: "核对导入结果",
                basis: "《个人信息保护法》第十九条(最短必要时间)",
                period: Period::Days(30),
                until: "自上传之日起保存 30 天",
            },
        }
    }

    /// The last day on which something of this class is kept that began at `from`; none: as long as the service lasts.
    pub fn kept_until(self, from: Moment) -> Option<Date> {
        match self.retention().period {
            Period::Years(years) => Some(from.day().saturating_add(i32::from(years).years())),
            Period::Days(days) => Some(from.day().saturating_add(i32::from(days).days())),
            Period::Service => None,
        }
    }
}

/// Why something may not be deleted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// An order is open.
    OpenOrder(crate::id::OrderNo),
    /// The law wants something kept.
    Until(Class, Date),
}

/// What keeps these orders from being deleted today: an open one first, then what is kept longest.
pub fn kept<'a>(orders: impl IntoIterator<Item = &'a Order>, now: Moment) -> Option<Kept> {
    let mut longest: Option<(Date, Class)> = None;
    for order in orders {
        let (class, from) = match (order.state, &order.paid) {
            (OrderState::Pending | OrderState::Closing, _) => return Some(Kept::OpenOrder(order.no.clone())),
            (OrderState::Paid, Some((_, at))) => (Class::Payments, *at),
            (OrderState::Paid | OrderState::Expired | OrderState::Cancelled, _) => (Class::Orders, order.placed_at),
        };
        let until = class.kept_until(from).filter(|until| *until >= now.day());
        if let Some(until) = until
            && longest.is_none_or(|(known, _)| known < until)
        {
            longest = Some((until, class));
        }
    }
    longest.map(|(until, class)| Kept::Until(class, until))
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;
    use crate::money::Money;
    use crate::record::{RequestMark, TermRecord};

    const NOW: Moment = Moment::from_seconds(1_788_220_800);
    const YEAR: i64 = 366 * 24 * 3600;

    fn order(state: OrderState) -> Order {
        let (student, term) = ("S000000000".parse().unwrap(), "2026-2027-1".parse().unwrap());
        let record = TermRecord::new(student, term, "3144200101".parse().unwrap());
        let request = RequestMark { key: String::new(), body: String::new() };
        let next = record.next_order("G000000000".parse().unwrap(), (Vec::new(), Money::ZERO), request, NOW);
        let paid = (state == OrderState::Paid).then(|| (crate::id::PaymentNo::new(&next.no, 1), NOW));
        Order { state, paid, ..next }
    }

    #[test]
    fn k3_what_is_held_says_what_for_by_what_law_and_how_long() {
        for class in Class::VARIANTS {
            let held = class.retention();
            assert_eq!(held.class, *class);
            for text in [held.title, held.what, held.purpose, held.basis, held.until] {
                assert!(!text.is_empty() && !text.ends_with('。'), "{class}: {text}");
            }
            assert!(held.basis.contains('第') || held.basis.contains("规定"), "{class}: {}", held.basis);
        }
    }

    #[test]
    fn p13_orders_and_payments_are_kept_as_long_as_the_law_wants() {
        assert_eq!(kept(&[], NOW), None);
        let (open, cancelled, paid) =
            (order(OrderState::Pending), order(OrderState::Cancelled), order(OrderState::Paid));
        assert_eq!(kept([&paid, &open], NOW), Some(Kept::OpenOrder(open.no.clone())));
        let until = |class: Class| Some(Kept::Until(class, class.kept_until(NOW).unwrap()));
        assert_eq!(kept([&cancelled], NOW), until(Class::Orders));
        assert_eq!(kept([&cancelled, &paid, &cancelled], NOW), until(Class::Payments));
        assert_eq!(kept([&cancelled], NOW.plus_seconds(6 * YEAR)), None);
        assert_eq!(kept([&cancelled, &paid], NOW.plus_seconds(6 * YEAR)), until(Class::Payments));
        assert_eq!(kept([&cancelled, &paid], NOW.plus_seconds(31 * YEAR)), None);
        assert_eq!(Class::Pupil.kept_until(NOW), None);
        assert_eq!(Class::Orders.kept_until(NOW).unwrap().to_string(), "2031-09-01");
    }
}
