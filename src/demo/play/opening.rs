//! The programme is created, gets its money and its quotas, and opens.

use super::{PRIORITY_UNTIL, SYNC_GRACE_DAYS, VALID_UNTIL};
use crate::demo::cast::{Agency, Cast, number};
use crate::demo::course;
use crate::demo::run::DemoError;
use crate::demo::stage::{Stage, day, refused};
use crate::kernel::*;
use crate::programme::budget_line::CreateBudgetLine;
use crate::programme::create::CreateProgramme;
use crate::programme::form::ProgrammeForm;
use crate::programme::lifecycle::OpenProgramme;
use crate::programme::model::{BudgetItem, NewBudgetLine};
use crate::programme::quotas::{Seats, SetQuotas};
use crate::proposal::appropriation::Appropriation;
use crate::proposal::confirm::Confirm;
use crate::proposal::model::Second;
use crate::proposal::{Act, Propose};

/// Made up, but well formed: КБК, item, name and limit.
const BUDGET_LINES: [(&str, BudgetItem, &str, Kopecks); 2] = [
    (
        "07104101520100009244",
        BudgetItem::InstructorPay,
        "Оплата труда преподавателей",
        Kopecks::new(1_300_000_000),
    ),
    (
        "07104101520200009244",
        BudgetItem::InformationCampaign,
        "Информационная кампания",
        Kopecks::new(150_000_000),
    ),
];

/// Creates the programme with its money and quotas, and opens it.
pub(super) fn open_programme(stage: &Stage, cast: &Cast) -> Result<(ProgrammeId, i64), DemoError> {
    stage.turn_to(day(1, 27), 10);
    let doing = "creating the programme";
    let form = ProgrammeForm {
        code: ProgrammeCode::parse("PSK20").map_err(|why| refused(doing)(why.at("code")))?,
        name: Text::parse("Переквалификация органов госвласти")
            .map_err(|why| refused(doing)(why.at("name")))?,
        year: 2020,
        university_id: cast.university_id,
        course_hours: course::HOURS,
        face_value: Kopecks::new(650_000),
        valid_from: day(3, 1),
        valid_until: VALID_UNTIL,
        priority_until: Some(PRIORITY_UNTIL),
        auto_approve_max_rows: 0,
        sync_grace_days: SYNC_GRACE_DAYS,
        eligible_categories: vec![ServiceCategory::StateCivilServant, ServiceCategory::MunicipalServant],
        contribution_basis_points: 3_020,
        target_trained: 2_000,
        illustrative: true,
    };
    let programme_id = ProgrammeId(stage.app.new_id());
    let new = form.parse().map_err(refused(doing))?;
    let create = CreateProgramme { programme_id, actor: cast.programme.clone(), new };
    let programme_no = number(stage.order(doing, create)?.entry, doing)?;
    appropriate(stage, cast, programme_id, programme_no)?;

    stage.turn_to(day(2, 10), 10);
    let seats = |agency: &Agency| Seats { agency_id: agency.agency_id, seats: agency.seats };
    let quotas = cast.agencies.iter().map(seats).collect();
    stage.order("setting quotas", SetQuotas { programme_id, actor: cast.programme.clone(), quotas })?;
    stage.order("opening", OpenProgramme { programme_id, actor: cast.programme.clone() })?;
    Ok((programme_id, programme_no))
}

/// Creates both budget lines and brings them their money, which takes two people.
fn appropriate(
    stage: &Stage,
    cast: &Cast,
    programme_id: ProgrammeId,
    programme_no: i64,
) -> Result<(), DemoError> {
    let doing = "appropriating";
    let mut proposals = Vec::new();
    for (place, (kbk, item, name, amount)) in (1..).zip(BUDGET_LINES) {
        let budget_line_id = BudgetLineId(stage.app.new_id());
        let new = NewBudgetLine {
            kbk: Kbk::parse(kbk).map_err(|why| refused(doing)(why.at("kbk")))?,
            item,
            name: Text::parse(name).map_err(|why| refused(doing)(why.at("name")))?,
        };
        let actor = cast.programme.clone();
        stage.order(doing, CreateBudgetLine { programme_id, budget_line_id, actor, new })?;
        let document_number = Text::parse(&format!("{place}-ПРИМЕР"))
            .map_err(|why| refused(doing)(why.at("document_number")))?;
        let act = Act::Appropriation(Appropriation { budget_line_id, amount, document_number });
        let proposal_id = ProposalId(stage.app.new_id());
        stage.order(doing, Propose { proposal_id, programme_no, actor: cast.treasury.clone(), act })?;
        proposals.push(proposal_id);
    }
    stage.turn_to(day(2, 3), 10);
    for proposal_id in proposals {
        let actor = cast.treasury_2.clone();
        let second = Second { actor, scope: Scope::Treasury, university_no: None };
        stage.order(doing, Confirm { proposal_id, second })?;
    }
    Ok(())
}
