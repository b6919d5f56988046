//! Which failures of an AWS call are worth a second try (可重试故障).

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

const TOO_MANY_REQUESTS: u16 = 429;
const CONFLICT: u16 = 409;

/// Whether the service could not be reached or could not answer, so that the same call may succeed later.
pub(crate) fn is_outage<E>(error: &SdkError<E, HttpResponse>) -> bool {
    if let SdkError::ServiceError(answer) = error {
        let status = answer.raw().status();
        return status.is_server_error() || matches!(status.as_u16(), TOO_MANY_REQUESTS | CONFLICT);
    }
    // A request that cannot be built stays impossible.
    !matches!(error, SdkError::ConstructionFailure(_))
}

/// The status of the answer, if there was one.
pub(crate) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|answer| answer.status().as_u16())
}
