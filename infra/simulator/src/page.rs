//! Pages for people (收银台与故障开关): plain HTML, no script.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Value, json};
use simulator::WechatPay;
use simulator::wechat::{Faults, Payment, PaymentState, Refund, RefundState};

/// The style sheet of all pages.
pub(crate) const STYLE: &str = include_str!("style.css");

/// Each switch and what it is called.
const SWITCHES: [(&str, &str); 28] = [
    ("drop", "回调丢失次数"),
    ("delay_seconds", "回调延迟秒数"),
    ("duplicate", "回调重复份数"),
    ("reorder", "回调乱序"),
    ("deliveries", "以下异常影响的投递次数"),
    ("tamper_body", "篡改报文"),
    ("tamper_signature", "篡改签名"),
    ("stale", "时间戳过期"),
    ("probe", "签名探测"),
    ("wrong_amount", "金额不符"),
    ("other_school", "他校商户号"),
    ("wrong_app", "应用不符"),
    ("wrong_currency", "币种不符"),
    ("unknown_serial", "未知证书序列号"),
    ("old_certificate", "旧平台证书签名"),
    ("not_enough", "退款余额不足次数"),
    ("refund_unfunded", "退款受理后余额不足"),
    ("refund_abnormal", "退款异常"),
    ("refund_hold", "退款停在处理中"),
    ("answer_lost", "应答丢失次数"),
    ("busy", "系统繁忙次数"),
    ("tamper_answer", "篡改应答签名次数"),
    ("cut_bill", "账单下载中断次数"),
    ("no_fund_flow", "无资金账单权限"),
    ("flow_short", "资金账单少一分次数"),
    ("late_bill", "账单未生成次数"),
    ("short_bill", "账单缺少末行次数"),
    ("wrong_sum", "账单合计错误次数"),
];

/// Text that is no markup.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// A whole page.
pub(crate) fn page(title: &str, class: &str, content: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{}</title>\
         <link rel=\"stylesheet\" href=\"/_sim/style.css\"></head><body><main class=\"{class}\">{content}</main>\
         </body></html>\n",
        escaped(title)
    )
}

pub(crate) fn yuan(fen: i64) -> String {
    format!("¥{}.{:02}", fen / 100, fen % 100)
}

pub(crate) fn time(at: Timestamp) -> String {
    Offset::constant(8).to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn school(provider: &WechatPay, payment: &Payment) -> String {
    match provider.school(&payment.sub_mchid) {
        Some(name) => escaped(name),
        None => format!("特约商户 {}", escaped(&payment.sub_mchid)),
    }
}

/// The checkout of one payment, if there is one.
pub(crate) fn checkout(provider: &WechatPay, out_trade_no: &str, now: Timestamp) -> Option<String> {
    let payment = provider.payments().get(out_trade_no)?;
    let end = match &payment.state {
        PaymentState::Paid { transaction_id, paid_at, .. } => format!(
            "<p class=\"state good\" role=\"status\">支付成功</p><dl><dt>交易单号</dt><dd>{}</dd>\
             <dt>支付时间</dt><dd>{}</dd><dt>已退或在退</dt><dd>{}</dd></dl>",
            escaped(transaction_id),
            time(*paid_at),
            yuan(provider.refunded_fen(out_trade_no)),
        ),
        PaymentState::Closed { .. } => "<p class=\"state bad\" role=\"status\">订单已关闭</p>".to_owned(),
        PaymentState::Open if now > payment.expires_at => {
            "<p class=\"state bad\" role=\"status\">已过支付时间</p>".to_owned()
        }
        PaymentState::Open => {
            format!("<form method=\"post\" action=\"/pay/{}\"><button>支付</button></form>", escaped(out_trade_no))
        }
    };
    let content = format!(
        "<h1>收银台</h1><p class=\"soft\">微信支付模拟，不产生真实交易</p><section class=\"card\">\
         <p class=\"amount\">{}</p><dl><dt>收款方</dt><dd>{}</dd><dt>商品</dt><dd>{}</dd>\
         <dt>商户订单号</dt><dd>{}</dd><dt>支付截止</dt><dd>{}</dd></dl>{end}</section>",
        yuan(payment.total_fen),
        school(provider, payment),
        escaped(&payment.description),
        escaped(out_trade_no),
        time(payment.expires_at),
    );
    Some(page("收银台", "narrow", &content))
}

/// There is no such payment.
pub(crate) fn missing() -> String {
    page("收银台", "narrow", "<h1>收银台</h1><section class=\"card\"><p class=\"state bad\">订单不存在</p></section>")
}

/// All payments and all switches.
pub(crate) fn overview(provider: &WechatPay, now: Timestamp) -> String {
    let mut rows = Vec::new();
    let mut payments: Vec<&Payment> = provider.payments().values().collect();
    payments.sort_by_key(|payment| std::cmp::Reverse(payment.created_at));
    for payment in payments {
        let state = match &payment.state {
            PaymentState::Paid { .. } => "<span class=\"good\">已支付</span>",
            PaymentState::Closed { .. } => "已关闭",
            PaymentState::Open if now > payment.expires_at => "已过期",
            PaymentState::Open => "待支付",
        };
        let number = escaped(&payment.out_trade_no);
        rows.push(format!(
            "<tr><td><a href=\"/pay/{number}\">{number}</a></td><td>{}</td><td>{}</td>\
             <td class=\"number\">{}</td><td>{state}</td><td>{}</td></tr>",
            school(provider, payment),
            escaped(&payment.description),
            yuan(payment.total_fen),
            time(payment.created_at),
        ));
    }
    if rows.is_empty() {
        rows.push("<tr><td colspan=\"6\" class=\"soft\">暂无支付单</td></tr>".to_owned());
    }
    let content = format!(
        "<h1>微信支付模拟</h1><p class=\"soft\">本机演示用，不产生真实交易 · <a href=\"/alipay\">支付宝模拟</a> · <a href=\"/supervision\">监管系统模拟</a></p><h2>支付单</h2>\
         <section class=\"card wide\"><table><thead><tr><th>商户订单号</th><th>收款方</th><th>商品</th><th>金额</th>\
         <th>状态</th><th>创建时间</th></tr></thead><tbody>{}</tbody></table></section>{}<h2>故障开关</h2>\
         <section class=\"card\"><form method=\"post\" action=\"/faults\"><div class=\"switches\">{}</div>\
         <button>保存</button></form></section>",
        rows.concat(),
        refunds(provider),
        switches(provider.faults(""))
    );
    page("微信支付模拟", "", &content)
}

/// All refunds, and what can happen to those under way.
fn refunds(provider: &WechatPay) -> String {
    let mut refunds: Vec<&Refund> = provider.refunds().values().collect();
    refunds.sort_by_key(|refund| std::cmp::Reverse(refund.created_at));
    let rows: Vec<String> = refunds.into_iter().map(refund_row).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "<h2>退款单</h2><section class=\"card wide\"><table><thead><tr><th>商户退款单号</th><th>商户订单号</th>\
         <th>金额</th><th>状态</th><th>受理时间</th><th></th></tr></thead><tbody>{}</tbody></table></section>",
        rows.concat()
    )
}

fn refund_row(refund: &Refund) -> String {
    let number = escaped(&refund.out_refund_no);
    let (state, steps): (&str, &[(&str, &str)]) = match refund.state {
        RefundState::Processing => ("处理中", &[("success", "到账"), ("abnormal", "异常"), ("closed", "关闭")]),
        RefundState::Abnormal => ("<span class=\"bad\">退款异常</span>", &[("success", "到账")]),
        RefundState::Closed => ("已关闭", &[]),
        RefundState::Success { .. } => ("<span class=\"good\">已到账</span>", &[]),
    };
    let button = |(step, label): &(&str, &str)| {
        format!("<form method=\"post\" action=\"/refunds/{number}/{step}\"><button>{label}</button></form>")
    };
    let origin = if refund.is_external() { "（商户平台）" } else { "" };
    format!(
        "<tr><td>{number}{origin}</td><td>{}</td><td class=\"number\">{}</td><td>{state}</td><td>{}</td><td>{}</td></tr>",
        escaped(&refund.out_trade_no),
        yuan(refund.refund_fen),
        time(refund.created_at),
        steps.iter().map(button).collect::<String>(),
    )
}

fn switches(faults: &Faults) -> String {
    let values = json!(faults);
    let inputs = SWITCHES.map(|(name, label)| match values.get(name) {
        Some(Value::Bool(on)) => {
            let checked = if *on { " checked" } else { "" };
            format!("<label><input type=\"checkbox\" name=\"{name}\"{checked}>{label}</label>")
        }
        value => {
            let number = value.and_then(Value::as_i64).unwrap_or_default();
            format!("<label><input type=\"number\" min=\"0\" name=\"{name}\" value=\"{number}\">{label}</label>")
        }
    });
    inputs.concat()
}

/// The switches as a form sends them: a box that is not ticked is not sent.
pub(crate) fn faults_of_form(form: &BTreeMap<String, String>) -> Option<Faults> {
    let mut values = json!(Faults::default());
    for (name, value) in values.as_object_mut()? {
        *value = match value {
            Value::Bool(_) => json!(form.contains_key(name)),
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                json!(form.get(name)?.trim().parse::<u32>().ok()?)
            }
        };
    }
    serde_json::from_value(values).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_has_a_name_and_comes_back_from_its_form() {
        let all = json!(Faults::default());
        let names: Vec<&str> = SWITCHES.iter().map(|(name, _)| *name).collect();
        assert!(all.as_object().unwrap().keys().all(|name| names.contains(&name.as_str())));
        assert_eq!(all.as_object().unwrap().len(), names.len());
        let numbers = [
            "drop",
            "delay_seconds",
            "duplicate",
            "deliveries",
            "not_enough",
            "answer_lost",
            "busy",
            "tamper_answer",
            "cut_bill",
            "flow_short",
            "late_bill",
            "short_bill",
            "wrong_sum",
        ];
        let mut form: BTreeMap<String, String> = numbers.map(|name| (name.to_owned(), "2".to_owned())).into();
        form.insert("probe".into(), "on".into());
        let faults = faults_of_form(&form).unwrap();
        assert!(faults.probe && !faults.stale);
        assert_eq!((faults.drop, faults.delay_seconds, faults.busy), (2, 2, 2));
        form.insert("busy".into(), "-1".into());
        assert_eq!(faults_of_form(&form), None);
    }

    #[test]
    fn nothing_a_merchant_sends_becomes_markup() {
        assert_eq!(escaped("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
    }
}
