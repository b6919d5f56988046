//! What guardians were told of is there, and what was archived lies under its hash.

use std::collections::BTreeMap;

use testkit::stage::{SNAPSHOTS, Stage};

use super::tables::{Broken, Tables, ensure, text};
use crate::play::Promised;

/// Every order a guardian was told of is there, once.
pub(super) fn kept(tables: &Tables, promised: &Promised) -> Broken {
    let mut there: BTreeMap<&str, &str> = BTreeMap::new();
    for (_, order) in tables.orders() {
        let twice = there.insert(text(&order["rq"], "k"), text(order, "no"));
        ensure(twice.is_none(), || format!("P4: request {} made two orders", order["rq"]))?;
    }
    for (key, (order, _)) in promised {
        let found = there.get(key.as_str());
        ensure(found == Some(&order.as_str()), || format!("P4: {key} was promised {order}, there is {found:?}"))?;
    }
    Ok(())
}

/// Every order and every success lies in the archive under its hash.
pub(super) fn snapshots_kept(stage: &Stage, tables: &Tables) -> Broken {
    let objects = stage.world.objects(SNAPSHOTS);
    for (_, order) in tables.orders() {
        let key = format!("order/{}.json", text(order, "sh"));
        ensure(objects.contains_key(&key), || format!("P2.5: no snapshot of order {}", order["no"]))?;
    }
    for payment in tables.money("payment").filter(|payment| !payment["paid"].is_null()) {
        let key = format!("payment/{}.json", text(&payment["paid"], "snapshot"));
        ensure(objects.contains_key(&key), || format!("P6.5: no snapshot of payment {}", payment["no"]))?;
    }
    for refund in tables.money("refund") {
        let key = format!("refund/{}.json", text(refund, "snapshot"));
        ensure(objects.contains_key(&key), || format!("P7.1: no snapshot of a refund of {}", refund["payment"]))?;
    }
    Ok(())
}
