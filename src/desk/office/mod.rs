//! Pages by which a programme is run: quotas and their moves, the way to the target week by week, instructors' load, the
//! campaign's spending, and what is still to be set up.

mod campaign;
mod quotas;
mod setting_up;
mod steps;
mod teaching;
pub(super) mod tiles;
pub(super) mod weeks;

use actix_web::web::ServiceConfig;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(quotas::quotas).service(quotas::propose).service(quotas::say);
    config.service(teaching::teaching).service(campaign::campaign_page).service(setting_up::setting_up);
}
