### Budget, accounts, traces of money and proofs.

## The pages

books-budget = Budget
books-budget-title = How the budget is carried out
books-accounts = Accounts
books-postings = Postings
books-payments = Payments
books-findings = Findings
books-journal = Journal
books-none-title = There is no programme yet
books-none-text = Figures will be here as soon as the programme office has made the first one.
books-show = Show
books-all = All
books-paging = Pages of the list
books-next = Next
books-to-first = To the first
books-as-of = As of { $size } entries of the journal
books-total = Total

## Budget

books-lapsed = Of what is reserved, { $amount } is held by vouchers that have lapsed and were not released yet.
books-bars = What became of the limit
books-table = In parts
books-by = By
books-by-line = By line
books-by-agency = By agency
books-by-month = By month
books-by-course-run = By course run
books-by-line-caption = Budget lines: what their accounts hold
books-by-line-caption-empty = There are no budget lines yet.
books-by-agency-caption = Agencies: what is held, owed and paid for their people
books-by-agency-caption-empty = No agency has been given a voucher yet.
books-by-month-caption = Months: changes of the accounts, by the day of the event
books-by-month-caption-empty = Nothing has moved yet.
books-by-course-run-caption = Course runs: obligated, accrued, paid
books-by-course-run-caption-empty = Nobody is enrolled in a course run yet.

## Accounts

books-account = Account
books-account-limit = Limit
books-account-available = Available
books-account-reserved = Reserved
books-account-obligated = Obligated
books-account-accrued = Accrued
books-account-paid = Paid
books-no-lines = The programme has no budget lines yet.
books-line = Budget line
books-agency = Agency
books-course-run = Course run
books-month = Month
books-from = From
books-to = To
books-opening = Opening balance
books-closing = Closing balance
books-statement-caption = Statement of the account
books-statement-caption-empty = Nothing moved in these days.
books-page-opening = Before the first line
books-page-closing = After the last line
books-day = Day
books-entry = Entry
books-about = About
books-debit = Debit
books-credit = Credit
books-balance = Balance
books-postings-caption = Postings in the order of the journal
books-postings-caption-empty = There are no such postings.

## What things are

books-what-agency = Agency
books-what-voucher = Voucher
books-what-redemption = Redemption
books-what-course-run = Run
books-what-session = Session
books-what-payee = Payee
books-what-payment = Payment
books-what-contract = Contract
books-what-act = Act
books-what-item = Statement item
books-what-statement = Statement
books-payee = Payee
books-payee-instructor = Instructor
books-payee-tax-office = Payroll contributions
books-payee-contractor = Contractor
books-phase = Phase
books-phase-lecture = Lecture
books-phase-practical-university = Practical, university
books-phase-practical-authority = Practical, authority
books-phase-remote = Remote
books-phase-test = Test
books-redemption = Redemption
books-redemption-live = live
books-redemption-reversed = reversed
books-session = Session
books-session-recorded = recorded
books-session-accepted = accepted
books-session-cancelled = cancelled
books-voucher = Voucher
books-act = Act
books-contract = Contract

## An entry

books-entry-title = Entry № { $index }
books-what-happened = What happened
books-effective-at = Effective
books-recorded-at = Recorded
books-recorded-by = Recorded by
books-service-itself = the service itself
books-moved = Moved
books-moved-nothing = It moved no money: the entry only says that it happened.
books-debited = { $account }: debit { $amount }
books-credited = { $account }: credit { $amount }
books-documents = Documents
books-entry-postings-caption = Postings of the entry: debits equal credits
books-entry-postings-caption-empty = There are no postings.
books-subjects = What the entry is about
books-subjects-caption = As signed in the log: ids and digests, no personal data
books-subjects-caption-empty = Nothing else is named.
books-subject = Subject
books-value = Value
books-entry-before = Previous
books-entry-after = Next entry
books-proof = Proof
books-proof-text = Entry № { $index } is a leaf of a tree of { $size } entries. The root of the tree is signed: change one bit of any of them and the signature does not fit.
books-check-leaf = The entry's hash (SHA-256) is the one that this page shows.
books-check-path = Along its path the hash leads to the root in the checkpoint.
books-check-signature = The checkpoint is signed by a key of the log that the service publishes and that is not compromised.
books-check-newest = The newest checkpoint is signed and continues this one: nothing was rewritten since.
books-check-good = holds
books-check-bad = does not hold
books-check-skipped = not checked
books-verify = Verify in my browser
books-verified = Verified: the entry is in the signed log, and the log has only grown since.
books-verified-partly = What can be checked here was checked; the rest is marked “not checked”.
books-not-verified = The proof does not hold. Keep this page and tell finance control.
books-unreachable = What is needed for the check could not be fetched. Check the network and try again.
books-verify-offline = You need not trust this page: an audit package is checked on a computer of your own, without network and without this service.
books-proof-details = Hash, path and checkpoint
books-leaf-hash = Leaf hash
books-path = Path to the root
books-path-empty = The leaf is the root.
books-checkpoint = Checkpoint

## Subjects of leaves

books-subject-proposal = Proposal
books-subject-voucher = Voucher
books-subject-payee = Payee
books-subject-employee = Employee
books-subject-course-run = Course run
books-subject-from-course-run = From course run
books-subject-payment = Payment
books-subject-token = Access token
books-subject-redemption = Redemption
books-subject-reason-sha256 = Digest of the reason
books-subject-university = University
books-subject-session = Session
books-subject-request = Request
books-subject-credential-sha256 = Digest of the credential
books-subject-contract = Contract
books-subject-programme = Programme
books-subject-agency = Agency
books-subject-sign-in = Sign-in
books-subject-linked = Linked (1) or unlinked (0)
books-subject-settlement-account = Settlement account
books-subject-rows = Rows
books-subject-document-sha256 = Digest of the document's number
books-subject-budget-line = Budget line
books-subject-from-budget-line = From budget line
books-subject-to-budget-line = To budget line
books-subject-updated = Updated
books-subject-successor = Its successor
books-subject-status = Status
books-subject-statement-item = Statement item
books-subject-statement = Statement
books-subject-seats = Seats
books-subject-run = Run
books-subject-retired-kid = Retired key
books-subject-register = Register
books-subject-refused = Refused
books-subject-quotas-sha256 = Digest of the quotas
books-subject-quota-move = Move of a quota
books-subject-from-agency = From agency
books-subject-to-agency = To agency
books-subject-outcome = Outcome
books-subject-public-key = Public key
books-subject-month = Month
books-subject-kid = Key
books-subject-kbk = Classification code
books-subject-holders = Digest of the holders
books-subject-device = Device
books-subject-created = Created
books-subject-act-sha256 = Digest of what is proposed
books-subject-act = Act
books-subject-accepted = Accepted
books-subject-facts-sha256 = Digest of the facts
books-subject-checkpoint = Checkpoint
books-subject-epoch = Epoch of the log
books-subject-conflict = Conflict case
books-subject-code = Code
books-subject-decision = Decision
books-subject-pairing = Pairing
books-subject-item-sha256 = Digest of the device's item

## Traces

books-trace = Trace of money
books-way = The way of the money
books-way-text = Left to right: for whom, in which run, for which hours, owed to whom, paid by what. The tables below say the same.
books-column-redemptions = Redemptions
books-column-course-run = Course run
books-column-sessions = Sessions
books-column-accruals = Accruals
books-column-payments = Payments
books-more = { $count } more
books-left-out = Not all are shown: { $count } more are in the journal's file.
books-hours = Hours
books-face-value = Face value
books-topped-up = Topped up
books-moved-in = Moved in
books-moved-out = Moved out
books-still-obligated = Still obligated
books-accrued-in-all = Accrued
books-of-it-paid = Of it paid
books-released = Released
books-unpaid = Unpaid
books-trace-sessions-title = Sessions and accruals
books-trace-sessions = Parts in what became owed for sessions
books-trace-sessions-empty = No hours have been accrued yet.
books-trace-payments-title = Payments
books-trace-payments = What it was paid by
books-trace-payments-empty = Nothing has been paid yet.
books-trace-shares-title = Redemptions behind this amount
books-trace-shares = Parts of redemptions
books-trace-shares-empty = There are no redemptions behind this amount now.
books-trace-acts-title = Acts of the campaign
books-trace-acts = Acts that were paid
books-trace-acts-empty = There are no acts.

## Payments

books-document = Document
books-paid-on = Paid on
books-status = Status
books-reason = Reason
books-amount = Amount
books-payment-prepared = prepared
books-payment-paid = paid
books-payment-returned = returned
books-payment-withdrawn = withdrawn
books-payments-caption = Payments of the programme
books-payments-caption-empty = There are no payments yet.
books-unmatched = Does not agree with the bank
books-unmatched-text = { $count ->
    [one] { $count } item of a bank statement waits for a person.
   *[other] { $count } items of bank statements wait for a person.
}
books-unmatched-none = Every item of the imported statements is matched.
books-unmatched-caption = Items of statements that wait for a person
books-unmatched-caption-empty = There are none.
books-direction = Direction
books-direction-debit = debit
books-direction-credit = credit
books-why-unmatched = Why it is unmatched
books-because-no-number = the document has no number
books-because-no-payment = no payment has this number
books-because-amount-differs = the amount differs
books-because-before-order = booked before the order's day
books-because-ambiguous = more than one payment fits
books-because-already-matched = another item says the same of the payment
books-because-partly-paid = the register is partly paid
books-because-not-a-return = money that came and is not called a return

## Findings

books-list-unusual = Unusual patterns
books-list-attempts = Refused attempts
books-list-about-unusual = A person should look at these. None is an accusation.
books-list-about-attempts = What was tried with vouchers and refused by the service.
books-unusual-caption = Unusual patterns
books-unusual-caption-empty = Nothing unusual was found.
books-attempts-caption = Attempts in the order of time
books-attempts-caption-empty = Nothing was refused.
books-finding = What was found
books-figures = Figures
books-at = When
books-action = Action
books-refusal = Refusal
books-by-whom = Who
books-action-suspend = suspend
books-action-resume = resume
books-action-void = void
books-action-replace = replace
books-action-extend = extend
books-action-expire = expire
books-action-redeem = redeem
books-action-reverse = reverse
books-action-complete = complete
books-action-move = move
books-figure-amount = amount
books-figure-by-number = by number
books-figure-redemptions = redemptions
books-figure-hour-in-moscow = hour in Moscow
books-figure-hours = hours
books-figure-course-hours = hours of the course
books-figure-course-runs = course runs
books-figure-pay = pay
books-figure-sessions = sessions
books-figure-live-redemptions = live redemptions
books-figure-seats = seats
books-figure-payments = payments
books-figure-total = total
books-figure-seconds-after-issue = seconds after issue

## Journal

books-entries = Entries
books-journal-caption = Entries of the journal in their order
books-journal-caption-empty = There are no such entries.
books-files = The journal as a file
books-files-text = All postings of the programme in the days chosen above; no personal data is in it.
books-format-csv = CSV for Excel
books-format-xlsx = Excel workbook (XLSX)
books-format-jsonl = JSON Lines
books-format-parquet = Apache Parquet
books-format-hledger = hledger journal
books-format-beancount = beancount ledger
books-periods = Closed months
books-periods-caption = Months that take no entries any more
books-periods-caption-empty = No month has been closed yet.
books-closed-at = Closed
books-turnover = Turnover

## Kinds of entries

books-kind-initialised = Service initialised
books-kind-agency-registered = Agency registered
books-kind-university-registered = University registered
books-kind-token-created = Access given
books-kind-token-revoked = Access revoked
books-kind-key-added = Signing key added
books-kind-key-compromised = Signing key declared compromised
books-kind-employees-imported = Employees imported
books-kind-payee-registered = Payee registered
books-kind-log-restored = Log restored from a copy
books-kind-pass-made = One-time pass made
books-kind-login-set-up = Sign-in set up
books-kind-signed-in = Signed in
books-kind-sign-in-ended = Sign-in ended
books-kind-identity-linked = Account at a provider linked or unlinked
books-kind-programme-created = Programme created
books-kind-programme-opened = Programme opened
books-kind-programme-closed = Programme closed
books-kind-budget-line-created = Budget line created
books-kind-quotas-set = Quotas set
books-kind-quota-move-proposed = Move of a quota proposed
books-kind-quota-move-agreed = Agency agreed to a move of a quota
books-kind-quota-move-ended = Move of a quota ended
books-kind-proposed = Proposed, waits for a second person
books-kind-withdrawn = Proposal withdrawn
books-kind-appropriation-made = Appropriation made
books-kind-appropriation-reduced = Appropriation reduced
books-kind-budget-moved = Authority moved to another line
books-kind-year-closed = Year closed, what was left given back
books-kind-period-closed = Period closed
books-kind-requested = Request made
books-kind-request-approved = Request approved
books-kind-request-rejected = Request rejected
books-kind-voucher-issued = Voucher issued, its face value reserved
books-kind-voucher-suspended = Voucher suspended
books-kind-voucher-resumed = Voucher resumed
books-kind-voucher-voided = Voucher voided, its reserve released
books-kind-voucher-replaced = Voucher replaced, the reserve moved to the new one
books-kind-voucher-extended = Voucher extended
books-kind-voucher-expired = Voucher expired, its reserve released
books-kind-holder-unmasked = Holder’s name asked for
books-kind-course-run-created = Course run created
books-kind-course-run-closed = Course run closed, the rest of its obligation released
books-kind-redeemed = Voucher redeemed, its seat obligated
books-kind-redemption-reversed = Redemption reversed
books-kind-course-run-topped-up = Course run topped up
books-kind-enrolment-moved = Enrolment moved to another course run
books-kind-session-recorded = Session recorded
books-kind-session-accepted = Session accepted, its pay accrued
books-kind-payment-prepared = Payment prepared
books-kind-payment-made = Payment made
books-kind-payment-withdrawn = Payment withdrawn before it was paid
books-kind-payment-returned = Payment returned by the bank
books-kind-session-cancelled = Accepted session cancelled, its accruals reversed
books-kind-settlement-account-set = Settlement account set
books-kind-statement-imported = Bank statement imported
books-kind-statement-item-resolved = Statement item resolved
books-kind-instructor-contract-added = Instructor's contract added
books-kind-attendance-recorded = Attendance recorded
books-kind-results-recorded = Test results recorded
books-kind-completed = Training completed
books-kind-payee-unmasked = Instructor’s name asked for
books-kind-contract-signed = Campaign contract signed
books-kind-act-accepted = Act accepted, its pay accrued
books-kind-contract-ended = Contract ended, the rest of its obligation released
books-kind-pairing-opened = Pairing of a device opened
books-kind-device-paired = Device paired
books-kind-device-revoked = Device revoked
books-kind-conflict-opened = Conflict case opened
books-kind-conflict-decided = Conflict case decided
books-kind-offline-item-rejected = Offline item rejected

## Names behind pseudonyms

books-unmask = Show the name
books-unmask-text = The question and its reason become an entry of the log. The programme office and administrators see the list of questions. Name nobody in the reason.
books-unmask-why = Why the name is needed, three words or more
books-unmasked = The name behind the pseudonym
books-unmasked-text = The name is shown here once and kept nowhere else. The question is recorded:
books-persons-name = Name
books-whose-name = Whose name
books-unmaskings = Names asked for
books-unmaskings-text = Who of finance control asked whom a pseudonym stands for, and why. The names themselves are not here.
books-unmaskings-caption = Questions, in the order they were recorded
books-unmaskings-caption-empty = Nobody has asked for a name yet.

## Saved queries

books-queries = Saved queries
books-queries-text = Pages you come back to. Only you see them.
books-queries-empty = Nothing is saved yet
books-queries-empty-text = Open the budget, accounts, postings, payments, findings or the journal with the conditions you want, and choose “Save this query”.
books-query-save = Save this query
books-query-name = Name
books-query-change = Change
books-query-rename = Rename
books-query-delete = Delete
books-query-gone = There is no such page any more.
