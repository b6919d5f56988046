//! Objects (对象存储): snapshots, raw events and files, kept in S3.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Error;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::byte_stream::error::Error as StreamError;
use bytes::{Bytes, BytesMut};
use domain::fault::{Fault, Kind};

use crate::outage::{is_outage, status};

/// S3's answer when the object exists already and the write was conditional.
const PRECONDITION_FAILED: u16 = 412;
const NOT_FOUND: u16 = 404;

/// Why an object was not stored or read.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The object could not be written.
    #[error("object {key} could not be stored")]
    Put {
        /// Its key.
        key: String,
        /// What the store said.
        #[source]
        source: Box<SdkError<PutObjectError>>,
    },
    /// The object could not be read.
    #[error("object {key} could not be read")]
    Get {
        /// Its key.
        key: String,
        /// What the store said.
        #[source]
        source: Box<SdkError<GetObjectError>>,
    },
    /// The objects could not be listed.
    #[error("objects of {bucket} could not be listed")]
    List {
        /// The bucket.
        bucket: String,
        /// What the store said.
        #[source]
        source: Box<SdkError<ListObjectsV2Error>>,
    },
    /// The object broke off while it was read.
    #[error("object {key} broke off")]
    Broken {
        /// Its key.
        key: String,
        /// What the stream said.
        #[source]
        source: StreamError,
    },
    /// The object is longer than its reader allows.
    #[error("object {key} is longer than {limit} bytes")]
    TooLarge {
        /// Its key.
        key: String,
        /// The reader's limit in bytes.
        limit: usize,
    },
}

impl Fault for ObjectError {
    fn kind(&self) -> Kind {
        let outage = match self {
            Self::Put { source, .. } => is_outage(source),
            Self::Get { source, .. } => is_outage(source),
            Self::List { source, .. } => is_outage(source),
            Self::Broken { .. } => true,
            Self::TooLarge { .. } => false,
        };
        if outage { Kind::Unavailable } else { Kind::Internal }
    }

    fn slug(&self) -> &'static str {
        match (self.kind(), self) {
            (Kind::Unavailable, _) => "gateway/object-unavailable",
            (_, Self::TooLarge { .. }) => "gateway/object-too-large",
            _ => "gateway/object-refused",
        }
    }
}

/// The store of objects.
#[derive(Debug, Clone)]
pub struct Objects {
    client: Client,
}

impl Objects {
    /// Objects behind `client`.
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Stores an object that never changes. If it is there already, that is as good: whoever writes it twice writes
    /// the same bytes, because its key names them.
    pub async fn put_once(&self, bucket: &str, key: &str, bytes: Bytes, content_type: &str) -> Result<(), ObjectError> {
        self.put_new(bucket, key, bytes, content_type).await.map(drop)
    }

    /// Stores an object of which there can be but one; false when there is one already. It may be this very one, if the
    /// answer to an earlier try was lost.
    pub async fn put_new(
        &self,
        bucket: &str,
        key: &str,
        bytes: Bytes,
        content_type: &str,
    ) -> Result<bool, ObjectError> {
        let put = self.client.put_object().bucket(bucket).key(key).content_type(content_type);
        match put.if_none_match("*").body(ByteStream::from(bytes)).send().await {
            Ok(_) => Ok(true),
            Err(error) if status(&error) == Some(PRECONDITION_FAILED) => Ok(false),
            Err(error) => Err(ObjectError::Put { key: key.to_owned(), source: Box::new(error) }),
        }
    }

    /// Stores an object, in place of the one that may be there.
    pub async fn put(&self, bucket: &str, key: &str, bytes: Bytes, content_type: &str) -> Result<(), ObjectError> {
        let put = self.client.put_object().bucket(bucket).key(key).content_type(content_type);
        match put.body(ByteStream::from(bytes)).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(ObjectError::Put { key: key.to_owned(), source: Box::new(error) }),
        }
    }

    /// The bytes of an object, if it is there and not longer than `limit`.
    pub async fn get(&self, bucket: &str, key: &str, limit: usize) -> Result<Option<Bytes>, ObjectError> {
        let mut body = match self.client.get_object().bucket(bucket).key(key).send().await {
            Ok(object) => object.body,
            Err(error) if status(&error) == Some(NOT_FOUND) => return Ok(None),
            Err(error) => return Err(ObjectError::Get { key: key.to_owned(), source: Box::new(error) }),
        };
        let mut whole = BytesMut::new();
        loop {
            match body.try_next().await {
                Ok(Some(chunk)) if whole.len().saturating_add(chunk.len()) > limit => {
                    return Err(ObjectError::TooLarge { key: key.to_owned(), limit });
                }
                Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
                Ok(None) => return Ok(Some(whole.freeze())),
                Err(source) => return Err(ObjectError::Broken { key: key.to_owned(), source }),
            }
        }
    }

    /// The keys that begin with `prefix`, in order, after the key `after`: a page of them, none at the end.
    pub async fn keys(&self, bucket: &str, prefix: &str, after: Option<&str>) -> Result<Vec<String>, ObjectError> {
        let list = self.client.list_objects_v2().bucket(bucket).prefix(prefix);
        let listed = list.set_start_after(after.map(str::to_owned)).send().await;
        let listed =
            listed.map_err(|error| ObjectError::List { bucket: bucket.to_owned(), source: Box::new(error) })?;
        Ok(listed.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect())
    }
}
