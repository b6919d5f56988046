//! The documents of the functions that answer HTTP requests, made from their routers.

use utoipa::openapi::OpenApi;

/// Name of each function with its document, in the order of the whole document.
pub(crate) fn documents() -> Vec<(&'static str, OpenApi)> {
    vec![
        ("portal", portal::routes().into_openapi()),
        ("identity", identity::routes().into_openapi()),
        ("directory", directory::routes().into_openapi()),
        ("privacy", privacy::routes().into_openapi()),
        ("people", people::routes().into_openapi()),
        ("school", school::routes().into_openapi()),
        ("catalog", catalog::routes().into_openapi()),
        ("enrollment", enrollment::routes().into_openapi()),
        ("order", order::routes().into_openapi()),
        ("refund", refund::routes().into_openapi()),
        ("receipt", receipt::routes().into_openapi()),
        ("register", register::routes().into_openapi()),
        ("reconciliation", reconciliation::routes().into_openapi()),
        ("settlement", settlement::routes().into_openapi()),
        ("teaching-class", teaching_class::routes().into_openapi()),
        ("timetable", timetable::routes().into_openapi()),
        ("exchange", exchange::routes().into_openapi()),
        ("attendance", attendance::routes().into_openapi()),
        ("lesson-hours", lesson_hours::routes().into_openapi()),
        ("leave", leave::routes().into_openapi()),
        ("supervision", supervision::routes().into_openapi()),
        ("intake", intake::routes().into_openapi()),
        ("payment-callback", payment_callback::routes().into_openapi()),
    ]
}
