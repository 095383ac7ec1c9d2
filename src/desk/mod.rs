//! The desks: pages for people, rendered here, with small modules of script where a page needs them.
//!
//! A page is a struct with its [`Page`] (who looks, in which language) and what it shows, a template of the same name in
//! `pages/`, and its words in `words/`. It asks the same queries and sends the same commands as the doors for programs,
//! and decides nothing. Forms that change something are [`Form`]s, which carry the browser's token; refusals come back as pages
//! by [`dress()`].
//!
//! To add a page: its line in `http::permissions::PAGES`, its handler in a file here, its template, its words in both
//! languages (a test compares them; `typed-…` names a field where a form is shown again), its place in `menu`.

mod assets;
mod books;
mod choice;
mod conflicts;
mod devices;
mod dress;
mod enrolment;
mod form;
mod form_data;
mod holder;
mod home;
mod language;
mod lists;
mod me;
mod menu;
mod new_request;
mod office;
mod page;
mod progress;
mod proposals;
mod provider;
mod quota;
mod reminders;
mod requests;
mod resume;
mod set_up;
mod sign_in;
mod vouchers;
mod words;

pub use dress::dress;
pub use form::Form;
pub use page::Page;

use actix_web::web::ServiceConfig;

/// Mounts the pages. They are not part of the OpenAPI document: programs have doors of their own.
pub fn routes(config: &mut ServiceConfig) {
    config.service(assets::file).service(language::choose).service(home::front).service(home::desk);
    config
        .service(sign_in::sign_in_page)
        .service(sign_in::sign_in)
        .service(sign_in::pass_page)
        .service(sign_in::by_pass)
        .service(resume::again);
    provider::routes(config);
    config.service(set_up::invitation_page).service(set_up::set_up);
    config.service(enrolment::enrolment).service(enrolment::worker).service(enrolment::manifest);
    config.service(progress::progress);
    // Before the page of one, whose pattern takes its address too.
    config.service(new_request::choose).service(new_request::check).service(new_request::send);
    config.service(reminders::reminders).service(reminders::list);
    config.service(requests::list).service(requests::one);
    config.service(requests::approve).service(requests::reject).service(requests::issue);
    config.service(vouchers::list).service(vouchers::one).service(vouchers::change);
    config.service(devices::devices).service(devices::pair).service(devices::revoke);
    config.service(conflicts::conflicts).service(conflicts::decide);
    // The worker's address would be a link, else.
    config.service(holder::holder_worker).service(holder::holder).service(holder::holder_manifest);
    config.service(proposals::list).service(proposals::confirm).service(proposals::withdraw);
    config.service(me::me).service(me::make_pass).service(me::end).service(me::sign_out);
    office::routes(config);
    books::routes(config);
}
