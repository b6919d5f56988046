//! Refresh tokens (刷新令牌): what a browser keeps to stay signed in. K5.1.
//!
//! A token is `<handle>.<secret>`. The hash of the handle is the session's name, so that a name, which every access
//! token tells, leads to no token; who presents a right handle with a wrong secret has had an older token. The next
//! secret is made of the present one and a salt: whoever has neither the old token nor the table cannot make it, and
//! who lost the answer gets the very same one again.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::SessionId;
use domain::import::content_hash;
use domain::snapshot::hash;
use edge::App;

const HANDLE_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// A refresh token. It is told to its browser and kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    handle: [u8; HANDLE_BYTES],
    secret: [u8; SECRET_BYTES],
}

impl RefreshToken {
    /// The first token of a session.
    pub(crate) fn new(app: &App) -> Self {
        Self { handle: app.random_bytes(), secret: app.random_bytes() }
    }

    /// Reads what a browser sends.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (handle, secret) = text.split_once('.')?;
        let handle = URL_SAFE_NO_PAD.decode(handle).ok()?.try_into().ok()?;
        Some(Self { handle, secret: URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()? })
    }

    /// What the browser is told.
    pub(crate) fn text(&self) -> String {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(self.handle), URL_SAFE_NO_PAD.encode(self.secret))
    }

    /// The session it belongs to.
    pub(crate) fn session(&self) -> Option<SessionId> {
        content_hash(&[b"session", &self.handle]).parse().ok()
    }

    /// The hash by which it is known again.
    pub(crate) fn hash(&self) -> String {
        hash(&self.secret)
    }

    /// The token after it.
    pub(crate) fn successor(&self, salt: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.secret);
        let tag = hmac::sign(&key, salt.as_bytes());
        let mut secret = [0; SECRET_BYTES];
        for (place, byte) in secret.iter_mut().zip(tag.as_ref()) {
            *place = *byte;
        }
        Self { handle: self.handle, secret }
    }

    /// What makes a successor nobody can foretell.
    pub(crate) fn salt(app: &App) -> String {
        URL_SAFE_NO_PAD.encode(app.random_bytes::<SALT_BYTES>())
    }
}
