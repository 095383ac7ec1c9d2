//! `vouchers voucher`: issue, show, QR pictures.

use super::table::Table;
use super::{Failure, House, Output, find, house, output};
use crate::app::App;
use crate::credential::{encode, qr};
use crate::kernel::{Code, Refusal, RequestId};
use crate::programme::ProgrammeFacts;
use crate::voucher::http::release_all;
use crate::voucher::issue::{Issued, Order, read_order};
use crate::voucher::query::{self, HistoryEntry, VoucherView};
use crate::voucher::store;
use std::path::{Path, PathBuf};

/// As the server draws them.
const PIXELS_PER_MODULE: u8 = 8;

#[derive(clap::Subcommand)]
pub(super) enum Voucher {
    /// Issues the vouchers of an approved request
    Issue {
        /// The request's id
        #[arg(long, value_name = "ID")]
        request: RequestId,
        #[command(flatten)]
        output: Output,
    },
    /// Shows a voucher and everything that happened to it or was tried
    Show {
        /// The voucher's number or id
        voucher: String,
        #[command(flatten)]
        output: Output,
    },
    /// Writes a voucher's QR code as a picture. It names the holder: handle it as personal data
    Qr {
        /// The voucher's number or id
        voucher: String,
        /// A .png or .svg file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

impl Voucher {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        match self {
            Self::Issue { request, output } => house.with_app(|app| issue(app, request, &output)),
            Self::Show { voucher, output } => show(house, &voucher, &output),
            Self::Qr { voucher, out } => write_qr(house, &voucher, &out),
        }
    }
}

fn issue(app: &App, request_id: RequestId, output: &Output) -> Result<(), Failure> {
    let order = || app.read_blocking(|connection| read_order(connection, request_id, || app.new_id()));
    let first = order()?;
    let programme_id = first.programme.programme_id;
    let issued = match issue_once(app, request_id, first) {
        // Lapsed vouchers may still hold the money that is missing.
        Err(refusal) if refusal.code == Code::BudgetExceeded => {
            match house::wait(release_all(app, programme_id, house::operator()))? {
                0 => return Err(refusal.into()),
                _ => issue_once(app, request_id, order()?)?,
            }
        }
        answer => answer?,
    };
    if output.json {
        return output::json(&issued);
    }
    let mut table = Table::new(&["REFERENCE", "NUMBER", "VOUCHER"]);
    for voucher in issued.vouchers {
        table.row([voucher.client_ref, voucher.number, voucher.voucher_id.to_string()]);
    }
    output::text(table)
}

fn issue_once(app: &App, request_id: RequestId, order: Order) -> Result<Issued, Refusal> {
    let signed = app.signing_desk().prepare_blocking(&app.writer, &order.programme, &order.drafts())?;
    let command = order.signed(request_id, house::operator(), signed);
    Ok(app.writer.execute_blocking(command)?.reply)
}

fn show(house: &House, text: &str, output: &Output) -> Result<(), Failure> {
    let now = house::system_clock().now();
    let (voucher, history, programme) = house.read(|connection| {
        let found = find::voucher(connection, text)?;
        let (view, found) = query::one(connection, found.voucher_id, None, now)?;
        let programme = ProgrammeFacts::by_no(connection, found.programme_no)?;
        Ok((view, query::history(connection, &found)?, programme))
    })?;
    if output.json {
        return output::json(&serde_json::json!({ "voucher": voucher, "history": history }));
    }
    print(&voucher, &history, &programme)
}

fn print(voucher: &VoucherView, history: &[HistoryEntry], programme: &ProgrammeFacts) -> Result<(), Failure> {
    let lapsed = if voucher.lapsed { ", lapsed (срок истёк)" } else { "" };
    let valid = format!("{} to {}", voucher.not_before.for_people(), voucher.expires_at.for_people());
    output::line(Table::of_names([
        ("Voucher (сертификат)", voucher.number.clone()),
        ("Id", voucher.voucher_id.to_string()),
        ("Status (состояние)", format!("{}{lapsed}", voucher.status)),
        ("Programme (программа)", format!("{} «{}»", programme.code, programme.name)),
        ("Face value (номинал)", voucher.face_value.to_string()),
        ("Valid (срок)", valid),
        ("Credential", format!("version {}, key {}", voucher.credential_version, voucher.kid)),
        ("Moves allowed", voucher.allowed.join(", ")),
    ]))?;
    let mut table = Table::new(&["WHEN", "ACTION", "OUTCOME", "BY", "LEAF", "KNOWN"]);
    for entry in history {
        let is_known = entry.facts.as_object().is_some_and(|facts| !facts.is_empty());
        table.row([
            entry.at.for_people(),
            entry.action.clone(),
            entry.outcome.clone(),
            entry.by.clone().unwrap_or_else(|| "service".into()),
            entry.log_index.map(|index| index.to_string()).unwrap_or_default(),
            if is_known { entry.facts.to_string() } else { String::new() },
        ]);
    }
    output::text(table)
}

fn write_qr(house: &House, text: &str, out: &Path) -> Result<(), Failure> {
    let is_png = match out.extension().and_then(|extension| extension.to_str()) {
        Some("png") => true,
        Some("svg") => false,
        _ => return Err(Failure::Usage(format!("--out {}: a .png or .svg file", out.display()))),
    };
    let credential = house.read(|connection| {
        let found = find::voucher(connection, text)?;
        Ok(encode(&store::credential(connection, &found)?))
    })?;
    let picture =
        if is_png { qr::png(&credential, PIXELS_PER_MODULE)? } else { qr::svg(&credential)?.into_bytes() };
    std::fs::write(out, picture).map_err(Failure::at(out))
}
