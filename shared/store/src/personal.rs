//! Sealing (密封读写): whatever is written is searched for personal data, and what is found is sealed; who reads personal
//! data opens it. K3, promise P13.
//!
//! A datum is found by its mark, not by a list of fields, so that nobody who adds a field can forget it. In the table
//! it stays marked: `{"pii": <envelope>}`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::Blob;
use domain::audit::Actor;
use domain::{Moment, Pii, Tenant};
use serde::de::DeserializeOwned;

use crate::envelope::{DataKey, EnvelopeError, Place, key_number};
use crate::error::{Image, StoreError};
use crate::item::{Versioned, decode, text};
use crate::key::Key;
use crate::table::Store;

/// The attribute that says under whose key an item's personal data lies.
const TENANT: &str = "tenant";

/// Whether an image holds a personal datum, sealed or not.
pub(crate) fn is_personal(image: &Image) -> bool {
    fn within(value: &AttributeValue) -> bool {
        if let AttributeValue::M(inside) = value {
            inside.contains_key(Pii::MARK) || inside.values().any(within)
        } else if let AttributeValue::L(inside) = value {
            inside.iter().any(within)
        } else {
            false
        }
    }
    image.values().any(within)
}

/// Changes each personal datum of an image in turn; it is told the way to the field.
fn each_datum<F>(image: &mut Image, change: &mut F) -> Result<(), EnvelopeError>
where
    F: FnMut(&str, &mut AttributeValue) -> Result<(), EnvelopeError>,
{
    fn within<F>(way: &str, value: &mut AttributeValue, change: &mut F) -> Result<(), EnvelopeError>
    where
        F: FnMut(&str, &mut AttributeValue) -> Result<(), EnvelopeError>,
    {
        if let AttributeValue::M(inside) = value {
            if let Some(datum) = inside.get_mut(Pii::MARK) {
                return change(way, datum);
            }
            inside.iter_mut().try_for_each(|(name, value)| within(&format!("{way}/{name}"), value, change))
        } else if let AttributeValue::L(inside) = value {
            let mut numbered = inside.iter_mut().enumerate();
            numbered.try_for_each(|(index, value)| within(&format!("{way}/{index}"), value, change))
        } else {
            Ok(())
        }
    }
    image.iter_mut().try_for_each(|(name, value)| within(name, value, change))
}

fn place<'a>(tenant: &'a str, key: &'a Key, field: &'a str) -> Place<'a> {
    Place { tenant, table: key.table.suffix(), pk: &key.pk, sk: &key.sk, field }
}

impl Store {
    /// Seals the personal data of an image that is about to be written at `key`.
    pub(crate) async fn seal(
        &self,
        (key, image): (&Key, &mut Image),
        tenant: &Tenant,
        (actor, now): (&Actor, Moment),
    ) -> Result<(), StoreError> {
        let with = self.current_key(tenant, actor, now).await?;
        let name = tenant.to_string();
        each_datum(image, &mut |field, datum| {
            let AttributeValue::S(clear) = datum else { return Err(EnvelopeError::NoEnvelope) };
            let envelope = with.seal(place(&name, key, field), clear)?;
            *datum = AttributeValue::B(Blob::new(envelope));
            Ok(())
        })?;
        image.insert(TENANT.into(), text(name));
        Ok(())
    }

    /// Opens the personal data of an image that was read at `key`. One that lies there in the clear is refused: it did
    /// not come from the writer.
    pub(crate) async fn unseal(&self, key: &Key, mut image: Image) -> Result<Image, StoreError> {
        let mut keys: BTreeMap<u32, Option<Arc<DataKey>>> = BTreeMap::new();
        each_datum(&mut image, &mut |_, datum| {
            let AttributeValue::B(envelope) = datum else { return Err(EnvelopeError::NoEnvelope) };
            keys.insert(key_number(envelope.as_ref())?, None);
            Ok(())
        })?;
        if keys.is_empty() {
            return Ok(image);
        }
        let name = image.get(TENANT).and_then(|value| value.as_s().ok()).cloned().ok_or(EnvelopeError::NoTenant)?;
        let tenant = Tenant::named(&name).ok_or(EnvelopeError::NoTenant)?;
        for (number, opened) in &mut keys {
            *opened = Some(self.numbered_key(&tenant, *number).await?);
        }
        each_datum(&mut image, &mut |field, datum| {
            let AttributeValue::B(envelope) = datum else { return Err(EnvelopeError::NoEnvelope) };
            let number = key_number(envelope.as_ref())?;
            let with = keys.get(&number).and_then(Option::as_ref).ok_or(EnvelopeError::Refused)?;
            *datum = text(with.open(place(&name, key, field), envelope.as_ref())?);
            Ok(())
        })?;
        Ok(image)
    }

    /// Reads an item as it is now, with its personal data opened.
    pub(crate) async fn get_opened<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        key: &Key,
    ) -> Result<Option<Versioned<T>>, StoreError> {
        let Some(image) = self.image(key, true).await? else { return Ok(None) };
        decode(kind, self.unseal(key, image).await?).map(Some)
    }
}
