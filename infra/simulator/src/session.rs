//! Keys of sessions (会话密钥): what the platform signs its tokens with on a laptop, and what they say.

/// Who issues tokens.
pub const ISSUER: &str = "https://platform.invalid/identity";
/// Whom they are meant for.
pub const AUDIENCE: &str = "after-school-platform";
/// The name of the key.
pub const KEY_ID: &str = "local-1";
/// The private key, PEM.
pub const PRIVATE_PEM: &str = include_str!("../keys/session.key.pem");
/// The public key, PEM.
pub const PUBLIC_PEM: &str = include_str!("../keys/session.pub.pem");
/// The name of a key that may follow it.
pub const NEXT_KEY_ID: &str = "local-2";
/// Its private half, PEM.
pub const NEXT_PRIVATE_PEM: &str = include_str!("../keys/session-next.key.pem");
/// Its public half, PEM.
pub const NEXT_PUBLIC_PEM: &str = include_str!("../keys/session-next.pub.pem");
