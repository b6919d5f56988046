//! Which failures of an AWS call are worth a second try (可重试故障).

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

const TOO_MANY_REQUESTS: u16 = 429;
const CONFLICT: u16 = 409;

/// Codes of the JSON services, whose status is 400 whatever is the matter.
const BUSY: [&str; 4] = ["ThrottlingException", "RequestThrottled", "Throttling", "InternalServiceError"];

/// Whether the service could not be reached or could not answer, so that the same call may succeed later.
pub(crate) fn is_outage<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    if let SdkError::ServiceError(answer) = error {
        let status = answer.raw().status();
        let busy = answer.err().code().is_some_and(|code| BUSY.contains(&code));
        return busy || status.is_server_error() || matches!(status.as_u16(), TOO_MANY_REQUESTS | CONFLICT);
    }
    // A request that cannot be built stays impossible.
    !matches!(error, SdkError::ConstructionFailure(_))
}

/// The status of the answer, if there was one.
pub(crate) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|answer| answer.status().as_u16())
}
