//! Objects (对象存储): snapshots, raw events and files, kept in S3.

use std::io::{Read, Write};

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Error;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use aws_smithy_types::byte_stream::error::Error as StreamError;
use bytes::{Bytes, BytesMut};
use domain::fault::{Fault, Kind};

use crate::outage::{is_outage, status};

/// S3's answer when the object exists already and the write was conditional.
const PRECONDITION_FAILED: u16 = 412;
const NOT_FOUND: u16 = 404;

/// A file of more bytes than this is stored in parts of this size: so much of it is held at once, and no more.
pub const PART_BYTES: u64 = 8 << 20;

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
    /// The object could not be written in parts.
    #[error("object {key} could not be stored in parts")]
    Parts {
        /// Its key.
        key: String,
        /// Whether the store could not be reached, or not then.
        outage: bool,
        /// What the store said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file that is to be stored, or that an object is written to, failed.
    #[error("file of object {key} failed")]
    File {
        /// The object's key.
        key: String,
        /// What the disk said.
        #[source]
        source: std::io::Error,
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
            Self::Parts { outage, .. } => *outage,
            Self::Broken { .. } => true,
            Self::TooLarge { .. } | Self::File { .. } => false,
        };
        if outage { Kind::Unavailable } else { Kind::Internal }
    }

    fn slug(&self) -> &'static str {
        match (self.kind(), self) {
            (Kind::Unavailable, _) => "gateway/object-unavailable",
            (_, Self::TooLarge { .. }) => "gateway/object-too-large",
            (_, Self::File { .. }) => "gateway/object-file",
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

    /// The same for a file of `bytes` bytes, which is never held whole: a long one is sent in parts.
    pub async fn put_file_once(
        &self,
        bucket: &str,
        key: &str,
        (mut file, bytes): (impl Read, u64),
        content_type: &str,
    ) -> Result<(), ObjectError> {
        if bytes <= PART_BYTES {
            let whole = part(&mut file, key)?;
            return self.put_once(bucket, key, whole, content_type).await;
        }
        let begin = self.client.create_multipart_upload().bucket(bucket).key(key).content_type(content_type);
        // A bucket that locks what it keeps takes no part without a checksum.
        let upload =
            begin.checksum_algorithm(ChecksumAlgorithm::Crc32).send().await.map_err(|error| in_parts(key, error))?;
        let upload = upload.upload_id.unwrap_or_default();
        let sent = Box::pin(self.put_parts((bucket, key, &upload), file)).await;
        if !matches!(sent, Ok(true)) {
            // Parts of an upload that is not completed cost until they are taken away: at best effort here, after some
            // days by the bucket's own rule.
            let abort = self.client.abort_multipart_upload().bucket(bucket).key(key).upload_id(&upload);
            if let Err(error) = abort.send().await {
                tracing::warn!(key, error = %error.into_service_error(), "parts of an object are left");
            }
        }
        sent.map(drop)
    }

    /// False: it is there already, and its key names its bytes.
    async fn put_parts(
        &self,
        (bucket, key, upload): (&str, &str, &str),
        mut file: impl Read,
    ) -> Result<bool, ObjectError> {
        let mut parts = CompletedMultipartUpload::builder();
        for number in 1i32.. {
            let bytes = part(&mut file, key)?;
            if bytes.is_empty() {
                break;
            }
            let put = self.client.upload_part().bucket(bucket).key(key).upload_id(upload).part_number(number);
            let put = put
                .checksum_algorithm(ChecksumAlgorithm::Crc32)
                .body(ByteStream::from(bytes))
                .send()
                .await
                .map_err(|error| in_parts(key, error))?;
            let done = CompletedPart::builder().part_number(number).set_e_tag(put.e_tag);
            parts = parts.parts(done.set_checksum_crc32(put.checksum_crc32).build());
        }
        let complete = self.client.complete_multipart_upload().bucket(bucket).key(key).upload_id(upload);
        let done = complete.if_none_match("*").multipart_upload(parts.build()).send().await;
        match done {
            Ok(_) => Ok(true),
            Err(error) if status(&error) == Some(PRECONDITION_FAILED) => Ok(false),
            Err(error) => Err(in_parts(key, error)),
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

    /// Writes an object down piece by piece; false when it is not there.
    pub async fn get_file(&self, bucket: &str, key: &str, into: &mut (dyn Write + Send)) -> Result<bool, ObjectError> {
        let mut body = match self.client.get_object().bucket(bucket).key(key).send().await {
            Ok(object) => object.body,
            Err(error) if status(&error) == Some(NOT_FOUND) => return Ok(false),
            Err(error) => return Err(ObjectError::Get { key: key.to_owned(), source: Box::new(error) }),
        };
        loop {
            match body.try_next().await {
                Ok(Some(chunk)) => {
                    into.write_all(&chunk).map_err(|source| ObjectError::File { key: key.to_owned(), source })?;
                }
                Ok(None) => return Ok(true),
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

/// The next part of a file; empty at its end.
fn part(file: &mut impl Read, key: &str) -> Result<Bytes, ObjectError> {
    let mut bytes = Vec::new();
    let read = file.take(PART_BYTES).read_to_end(&mut bytes);
    read.map_err(|source| ObjectError::File { key: key.to_owned(), source })?;
    Ok(Bytes::from(bytes))
}

fn in_parts<E>(key: &str, error: SdkError<E>) -> ObjectError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    ObjectError::Parts { key: key.to_owned(), outage: is_outage(&error), source: Box::new(error) }
}
