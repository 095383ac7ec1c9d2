//! The OpenAPI 3.1 document, made from the handlers themselves, and the page to browse it.

use super::problem::ProblemDocument;
use actix_web::{HttpResponse, Responder, get, web};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::SwaggerUi;

/// What no handler can say of itself.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Training Vouchers",
        description = "Signed training vouchers, redeemed exactly once, with a ledger that follows every kopeck. \
            Refusals are problem documents (RFC 9457) with a stable code, in Russian or English by Accept-Language. \
            Writes take an Idempotency-Key and answer with a receipt (C2SP tlog-proof).",
        version = env!("CARGO_PKG_VERSION"),
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ProblemDocument)),
    security(("bearer" = [])),
    modifiers(&Bearer)
)]
pub struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("tv_…")
            .description(Some(
                "A token made by an administrator; its scope and organisation decide what it may do",
            ))
            .build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// Names every operation by its method and path, so that each has one name whatever its handler is
/// called: `get_vouchers_by_voucher_id`.
pub fn name_operations(openapi: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut openapi.paths.paths {
        let words = path.split('/').filter(|segment| !["", "v1"].contains(segment)).map(|segment| {
            match segment.strip_prefix('{') {
                Some(parameter) => format!("by_{}", parameter.trim_end_matches('}')),
                None => segment.replace(['-', '.'], "_"),
            }
        });
        let words: Vec<_> = words.collect();
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{}", words.join("_")));
            }
        }
    }
}

/// The document as served.
pub struct Served(pub utoipa::openapi::OpenApi);

#[get("/openapi.json")]
pub async fn document(served: web::Data<Served>) -> impl Responder {
    HttpResponse::Ok().json(&served.0)
}

/// The page at `/docs/`; all its files are part of the binary.
pub fn page() -> SwaggerUi {
    SwaggerUi::new("/docs/{tail:.*}").config(utoipa_swagger_ui::Config::from("/openapi.json"))
}
