//! English.

use crate::kernel::Code;

/// Title, what is known, what to do next.
pub(super) const fn texts(code: Code) -> (&'static str, &'static str, &'static str) {
    match code {
        Code::MalformedCredential => (
            "Not a voucher",
            "What was scanned is not a voucher of this programme[: {reason}].",
            "Scan the QR code of the digital training certificate again, or ask the holder for the right document.",
        ),
        Code::BadSignature => (
            "The signature does not match",
            "The credential was changed or was not signed by the key it names.",
            "Do not accept it. Ask the holder for the original file from their agency and report a second failure to the programme office.",
        ),
        Code::UnknownKey => (
            "Unknown signing key",
            "The credential names a key this service does not know[: {kid}].",
            "Do not accept it. If it looks genuine, ask the programme office which service issued it.",
        ),
        Code::KeyCompromised => (
            "The signing key is no longer trusted",
            "The key that signed this credential was declared compromised[ at {compromised_at}].",
            "Ask the holder's agency to have the voucher replaced; a replacement is signed with a new key.",
        ),
        Code::KeyNotValidAtIssue => (
            "The key could not sign at that time",
            "The credential is dated outside its key's time of use[: issued {issued_at}][, key valid from {valid_from}][ until {valid_until}].",
            "Do not accept it and report it to the programme office.",
        ),
        Code::WrongIssuer => (
            "Another issuer's voucher",
            "The credential was issued by another service[: {issuer}].",
            "Redeem it where it was issued, or ask the holder for this programme's voucher.",
        ),
        Code::WrongUniversity => (
            "Another university's voucher",
            "This voucher is for another university[: {audience}].",
            "Send the holder to the university named on the voucher.",
        ),
        Code::WrongProgramme => (
            "Another programme's voucher",
            "The voucher and the course run belong to different programmes[: the voucher is of {voucher_programme}].",
            "Choose a course run of the voucher's programme, or ask the holder for the right voucher.",
        ),
        Code::NotYetValid => (
            "Not valid yet",
            "The voucher is not valid yet[; it is from {not_before}].",
            "Come back on or after that day.",
        ),
        Code::Expired => (
            "Expired",
            "The voucher's last day has passed[; it was valid until {expires_at}].",
            "The holder's agency can ask the programme office to extend it or request a new one.",
        ),
        Code::UnknownVoucher => (
            "Unknown voucher",
            "There is no such voucher in this service.",
            "Check the number, or scan the QR code instead. If it was scanned, report it to the programme office.",
        ),
        Code::Suspended => (
            "Suspended",
            "The voucher is suspended.",
            "The holder's agency or the programme office can say why, and resume it.",
        ),
        Code::Voided => (
            "Voided",
            "The voucher was voided and will not be valid again.",
            "The holder's agency can request a new voucher.",
        ),
        Code::Replaced => (
            "Replaced",
            "The voucher was replaced by another one.",
            "Ask the holder for the new voucher; their agency has it.",
        ),
        Code::AlreadyRedeemed => (
            "Already redeemed",
            "The voucher was redeemed already[ at {redeemed_at}][, into course run {course_run}].",
            "If this was a slip, the registrar who redeemed it may undo it within ten minutes; after that it takes a second person.",
        ),
        Code::CourseFull => (
            "The course run is full",
            "All seats of the course run are taken[: {seats}].",
            "Choose another course run of the programme; the voucher was not spent.",
        ),
        Code::CourseRunClosed => (
            "The course run is closed",
            "The course run is closed and takes no changes.",
            "Choose an open course run of the programme.",
        ),
        Code::ProgrammeNotOpen => (
            "The programme is not open",
            "The programme is not open[; it is {status}][; missing: {missing}].",
            "Ask the programme office when it opens, or use an open programme.",
        ),
        Code::IdentityNotChecked => (
            "The holder's document was not checked",
            "The request does not say that the holder's identity was checked.",
            "Compare the surname and initials with the holder's document, then redeem again with identity_checked: true.",
        ),
        Code::DuplicateHolder => (
            "This person has a voucher already",
            "This person already has a live voucher, or a place in a request, in this programme.",
            "One person has one voucher per programme. If it was lost, ask for a replacement instead.",
        ),
        Code::NotEligible => (
            "Not eligible",
            "This person may not take part in the programme.",
            "Check the employee's category of service and dates; correct them if they are wrong.",
        ),
        Code::QuotaExceeded => (
            "The quota is used up",
            "The agency's quota in this programme does not suffice[; seats left: {left}][, asked for: {asked}].",
            "Request fewer seats, or ask the programme office for a larger quota.",
        ),
        Code::BeforePriorityDate => (
            "State bodies come first",
            "Requests of municipalities wait in line[ until {priority_until}].",
            "Approve it after that day, or change the programme's priority date.",
        ),
        Code::BudgetExceeded => (
            "Not enough budget",
            "The budget line does not have the money available[: {shortfall_kopecks} short][, {available_kopecks} available].",
            "Reduce the amount, release lapsed reserves, or ask the finance office to raise the appropriation.",
        ),
        Code::ObligationExceeded => (
            "More than is still obligated",
            "There is not that much obligated any more[: {shortfall_kopecks} short].",
            "Of a course run: redeem more vouchers into it, top it up (two people), or record fewer hours. \
             Of a contract: accept an act of no more than its rest.",
        ),
        Code::AccrualExceeded => (
            "More than is owed",
            "The payee is owed less than that[: {accrued_kopecks} accrued and unpaid].",
            "Pay at most what is accrued, or have the sessions accepted first.",
        ),
        Code::PeriodClosed => (
            "The period is closed",
            "This day lies in a month that takes no entries any more[: {month}].",
            "Date it in an open period[, {open_from} at the earliest].",
        ),
        Code::NoContract => (
            "No contract on that day",
            "The instructor has no contract on that day[: {held_on}][; contracts: {contracts}].",
            "Choose a day of a contract, or add the instructor's contract for that day first (POST to their contracts).",
        ),
        Code::ContractExceeded => (
            "Hours over the contract",
            "The contract of that day has fewer hours left[: {contract_hours} agreed][, {recorded_hours} recorded][, {hours_left} left][, {hours} asked for].",
            "Record at most the hours that are left, cancel a session that was not held, or record it with another instructor.",
        ),
        Code::ContractOverlap => (
            "The contracts have days in common",
            "The instructor has another contract on some of these days[: from {valid_from}][ until {valid_until}].",
            "Let the new contract begin after the last day of the one before it, or end before its first.",
        ),
        Code::PhaseExceeded => (
            "Hours over the plan",
            "The course run's plan has fewer hours left for this phase[: {phase}][, {planned_hours} planned][, {recorded_hours} recorded][, {hours_left} left].",
            "Record at most the hours that are left, or choose the phase that was taught.",
        ),
        Code::SessionOverlap => (
            "Two sessions at one time",
            "Another session is held at that time[: {session_id}][, {other_starts_at}][–{other_ends_at}][, of the same {of}].",
            "Correct the day, the time or the hours; an hour of a session lasts 60 minutes.",
        ),
        Code::WrongAccount => (
            "The statement is of another account",
            "The statement is of none of the programme's settlement accounts[: expected {expected}][, found {found}].",
            "Choose the statement of the programme's account, or set this account first (POST …/settlement-accounts).",
        ),
        Code::StatementUnbalanced => (
            "The statement does not add up",
            "The statement's items do not come to what it says[: {stated_kopecks} stated][, {added_kopecks} added up][, a difference of {difference_kopecks}].",
            "Ask the bank's system for the statement again, with all documents of all its days. Nothing was imported.",
        ),
        Code::NotPassed => (
            "The test is not passed",
            "The course is completed by those who passed its test[; recorded: {result}].",
            "Record the test result first; after a second attempt record it again.",
        ),
        Code::AttendanceTooLow => (
            "Too few hours attended",
            "The course is completed by those who attended most of its hours[, {percent_needed} %][: {attended_hours} attended][ of {counted_hours}][, {hours_needed} needed].",
            "Record the attendance of every accepted session, correct it where it is wrong, or let the person catch up with another session.",
        ),
        Code::SelfApproval => (
            "This takes a second person",
            "Whoever asked for this cannot confirm it.",
            "Ask a colleague with the same right to confirm it with their own token.",
        ),
        Code::InvalidTransition => (
            "Not possible now",
            "This cannot be done in the present state[: {status}].",
            "Look at the present state first[; possible now: {allowed}].",
        ),
        Code::PairingInvalid => (
            "The device cannot be paired",
            "The pairing code is unknown, was used already, or is older than ten minutes.",
            "Ask the registrar for a new pairing code and scan it within ten minutes.",
        ),
        Code::DeviceRevoked => (
            "The device is not trusted any more",
            "The device, or the right of the registrar who paired it, was revoked or has expired[: {revoked_at}].",
            "The programme office decides in the conflict case; pair the device anew if it is still in good hands.",
        ),
        Code::ClockNotBelieved => (
            "The device's clock cannot be believed",
            "The time of the scan does not fit what is known of the device[: scanned {scanned_at}][, expected {expected_at}].",
            "The programme office decides in the conflict case; set the device's clock by the network.",
        ),
        Code::BadItemSignature => (
            "The item was not signed by this device",
            "The signature of an item is not by the key that the device was paired with[: item {sequence}].",
            "Pair the device anew. What it still has to send stays on it: show it to the programme office.",
        ),
        Code::OutOfSequence => (
            "Items are missing before this one",
            "The items do not follow those that were received from this device[; the next is number {next_sequence}].",
            "Send the items in their order from that number on, each with the digest of the one before it.",
        ),
        Code::IdempotencyKeyReused => (
            "The Idempotency-Key was used for another request",
            "This key belongs to an earlier request with another content.",
            "Send the earlier request unchanged, or use a new key for a new request.",
        ),
        Code::IdempotencyKeyMissing => (
            "An Idempotency-Key is needed",
            "Every write needs the header Idempotency-Key, so that a repeat cannot do it twice.",
            "Send a new random key, such as a UUID, with each new request, and the same key with its repeats.",
        ),
        Code::InvalidField => (
            "A value cannot be taken",
            "A value cannot be taken[: {field}][, expected {expected}].",
            "Correct the value and send the request again.",
        ),
        Code::MalformedBody => (
            "The body cannot be read",
            "The body cannot be read[: {reason}][ (line {line}][, column {column})].",
            "Send complete JSON in UTF-8.",
        ),
        Code::MalformedFile => (
            "The file cannot be read",
            "The file cannot be read[: {reason}][, line {line}].",
            "Save it as an Excel workbook (.xlsx) or CSV, with a header row, and send it again. Nothing was imported.",
        ),
        Code::WrongFileKind => (
            "A file of another kind",
            "Such files are not read here[: this one looks like {looks_like}].",
            "Open it in Excel or LibreOffice, save it as \"Excel workbook (.xlsx)\" or \"CSV UTF-8\", and send it again. Nothing was imported.",
        ),
        Code::FileProtected => (
            "The file has a password",
            "The workbook is protected by a password and cannot be read.",
            "Take the password off (File, Info, Protect Workbook), save the workbook and send it again. Nothing was imported.",
        ),
        Code::MalformedStatement => (
            "The statement cannot be read",
            "The file cannot be read as a bank statement[: {reason}][, line {line}][, {key}].",
            "Ask the bank's system for the statement as camt.053 (XML) or for 1C (1CClientBankExchange), and send that file as it is. Nothing was imported.",
        ),
        Code::UnsupportedMediaType => (
            "This media type is not taken",
            "The body has a media type or an encoding that is not taken here[; expected {expected}].",
            "Set the header Content-Type accordingly and send the body uncompressed.",
        ),
        Code::TooLarge => (
            "Too large",
            "The body is larger than is taken here[: at most {limit_bytes} bytes].",
            "Split it into several requests.",
        ),
        Code::TooManyRows => (
            "Too many rows",
            "The request has more rows than are taken at once[: at most {limit}].",
            "Split it into several requests.",
        ),
        Code::RowsRefused => (
            "Some rows are refused",
            "Nothing was done, because some rows are refused[: {refused}][ of {rows}].",
            "Correct the rows named in the answer, or send the request with mode best_effort.",
        ),
        Code::NotFound => (
            "Not found",
            "There is no such thing here, or it is not yours to see[: {what}].",
            "Check the address and the id.",
        ),
        Code::AlreadyExists => (
            "It exists already",
            "There is one already[: {field}][ {value}].",
            "Use the existing one, or choose another name or code.",
        ),
        Code::MethodNotAllowed => (
            "This method is not for this address",
            "The address does not take this method[; it takes {allowed}].",
            "Use one of the methods of the header Allow.",
        ),
        Code::Unauthenticated => (
            "A valid token is needed",
            "The request has no token, or one that is malformed, unknown, expired or revoked.",
            "Send the header Authorization: Bearer tv_… with a valid token; an administrator issues them.",
        ),
        Code::Forbidden => (
            "Your token may not do this",
            "This is not allowed to your token's scope[; it is to {allowed_scopes}].",
            "Ask a colleague whose role this is, or an administrator for another token.",
        ),
        Code::SignInFailed => (
            "Not signed in",
            "Login, password and code do not fit together.",
            "Check the keyboard layout and the clock of the phone; a code is good once. Ask an administrator for a new invitation if you forgot the password.",
        ),
        Code::TooManyAttempts => (
            "Too many attempts",
            "There were too many attempts to sign in from here[: the next is possible in {minutes} min].",
            "Wait, or sign in from a browser you used before, or by a pass.",
        ),
        Code::PassNotValid => (
            "The code is no longer good",
            "The one-time code is unknown, used up or too old.",
            "Ask for a new one: an invitation from an administrator, a pass on your own page of a browser that is signed in.",
        ),
        Code::NotFromHere => (
            "The page is too old",
            "The request did not show that a page of this service sent it.",
            "Open the page again and repeat; programs use a token instead of a browser's sign-in.",
        ),
        Code::Overloaded => (
            "Too busy",
            "More changes are waiting than can be taken now. Nothing was done.",
            "Send the same request again after the time of Retry-After.",
        ),
        Code::OutcomeUnknown => (
            "The outcome is not known yet",
            "The service cannot say now whether the change was made.",
            "Send the same request with the same Idempotency-Key (or redemption_id) again: it is done once.",
        ),
        Code::Unavailable => (
            "Unavailable for the moment",
            "The service cannot reach its database now. Nothing was done.",
            "Send the same request again after the time of Retry-After.",
        ),
        Code::LogKeyMissing => (
            "The log cannot be signed",
            "No active key of the log is at hand, and nothing is written without its signature. Nothing was done.",
            "An administrator makes a new key on the server: vouchers key rotate --purpose log. Then send the same request again.",
        ),
        Code::Internal => (
            "A fault of the service",
            "The service met a fault of its own. Nothing was done.",
            "Name the request id to whoever runs the service.",
        ),
    }
}
