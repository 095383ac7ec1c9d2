### Pages of the programme office and of agencies.

menu-progress = Progress
menu-requests = Requests
menu-vouchers = Vouchers
menu-proposals = To confirm

programme = Programme
state = State
all-states = all
show = Show
next-page = Next →
agency = Agency
people = People
seats = Seats
reason = Reason
row = Row
employee = Employee
position = Position
when = When
what = What
who = Who
outcome = Outcome
done = done
refused = refused
the-service = the service
change = Change
confirm = Confirm
withdraw = Withdraw

## Requests

request = Request
requested = Requested
refused-rows = Refused
requests-empty = There are no requests here
requests-empty-text = Choose another state or programme.
requested-by = requested { $at } by { $login }
approved-automatically = approved automatically: no more rows than the programme's threshold
rejected-because = Rejected:
people-accepted = rows accepted
people-refused = rows refused
decide = Decision
approve-text = Seats will be held. Money is reserved at issue.
approve = Approve
reject = Reject
issue-title = Issue the vouchers
issue-text = A voucher is signed for each employee and its face value reserved.
issue = Issue
request-rows = List
eligibility = Eligibility
the-voucher = voucher
request-requested = waits for a decision
request-approved = approved
request-rejected = rejected
request-issued = vouchers issued
request-refused = refused
rule-category-of-service = category of service
rule-employed-through = employed through the last day
rule-agency-takes-part = agency takes part

## Vouchers

voucher-number = Number
issued-at = Issued
good-until = Good until
face-value = Face value
lapsed = lapsed
signed = Signature
signed-by = version { $version }, key { $kid }
history = History
hand-out = Hand out
qr-of-voucher = QR code of the voucher
certificate-pdf = Certificate (PDF)
vouchers-empty = There are no vouchers here
vouchers-empty-text = They appear when a request is approved and its vouchers are issued.
voucher-issued = issued
voucher-suspended = suspended
voucher-redeemed = redeemed, enrolled
voucher-completed = completed
voucher-voided = voided
voucher-expired = expired
voucher-replaced = replaced
action-issue = issue
action-redeem = redemption
action-reverse = reversal
action-suspend = suspension
action-resume = resumption
action-void = voiding
action-replace = replacement
action-extend = extension
action-expire = release of the reserve
action-preview = preview
action-complete = completion
action-move = move to another run
do-suspend = Suspend
do-resume = Resume
do-replace = Replace (lost)
do-void = Void
do-text-suspend = While it is suspended it cannot be redeemed; the reserve stays.
do-text-resume = It can be used again.
do-text-replace = The old one ends, a new one takes over its reserve.
do-text-void = For good: its reserve and its seat are released.

## Progress

retrained = Retrained
retrained-of = retrained of { $target }
cost-per-retrained = Spent per retrained specialist:
seats-of-quota = seats of quotas
issued = Issued
live = Live
enrolled = Enrolled
completed = Completed
lapsed-or-released = Expired
retrained-by-month = Retrained by month
by-agency = By agency
way = Way
month-short-1 = Jan
month-short-2 = Feb
month-short-3 = Mar
month-short-4 = Apr
month-short-5 = May
month-short-6 = Jun
month-short-7 = Jul
month-short-8 = Aug
month-short-9 = Sep
month-short-10 = Oct
month-short-11 = Nov
month-short-12 = Dec

## Acts of two people

proposals-text = Acts that one person cannot do alone wait here for the second.
proposals-show-all = Show decided ones too
proposals-show-open = Show only those that wait
proposals-empty = Nothing waits for confirmation
proposals-empty-text = A new proposal appears here at once.
proposal-own = You proposed it: another person must confirm.
proposed-by = Proposed by
decided-by = Decided by
proposal-proposed = waits
proposal-confirmed = confirmed
proposal-withdrawn = withdrawn
act-appropriation = Appropriation
act-budget-move = Move between budget lines
act-year-end = Year end
act-period-closing = Closing of a month
act-top-up = Top-up of a course run
act-contract-signing = Contract of the information campaign
act-act-acceptance = Work of a contract accepted
act-contract-ending = Contract ended
act-session-cancellation = Accepted session cancelled
act-redemption-reversal = Redemption reversed
act-key-compromise = Key compromised
fact-amount = Amount
fact-document-number = Document
fact-reason = Reason
fact-month = Month
fact-signed-on = Signed on
fact-accepted-on = Accepted on
fact-subject = Subject
fact-voucher = Voucher becomes
fact-rest = Rest
fact-kid = Key

## Devices

menu-devices = Devices
device = Device
device-prepare = Prepare a phone
device-prepare-text = The phone scans a code, signs in as you and can then accept vouchers without a network. You answer for what it accepts.
device-show-code = Show the code
pairing-text = Scan the code with the camera of the phone that will be at the enrolment table.
pairing-once = It is good for ten minutes and once. Show it to nobody else.
pairing-qr-title = QR code that prepares a phone
devices-empty = No device is prepared
devices-empty-text = Without one, vouchers are redeemed only with a network.
device-registrar = Whose
device-paired = Prepared
device-items = Accepted offline
device-works = works
device-revoked = revoked
device-revoke = Revoke
device-revoke-text = Whatever the device sends from then on waits for a person.

## Conflict cases

menu-conflicts = Conflict cases
conflicts-text = What was accepted offline does not agree with the ledger. A person decides, not the one whose device it is; money follows the decision.
conflicts-empty = There are no conflict cases
conflicts-empty-text = Whatever was accepted offline is booked.
conflict-open = waits for a decision
conflict-enrolled = enrolled
conflict-dismissed = dismissed
conflict-device-side = What the device accepted
conflict-ledger-side = What the ledger says
conflict-scanned = Scanned
conflict-received = Received
conflict-run = Course run
conflict-item = Item of the device
conflict-leaf = Ledger entry
conflict-nothing = Nothing in this programme's ledger.
conflict-voucher-now = The voucher now:
conflict-decide-text = Enrol: the holder ends in the device's course run, an earlier redemption is reversed. Dismiss: nothing changes.
conflict-enrol = Enrol
conflict-dismiss = Dismiss

## The holder's page

holder-title = Training voucher
illustrative = specimen, made-up data
university = University
hours = Hours
holder-bring = Bring an identity document and show this code at the enrolment table. It is good once.
holder-app-name = Certificate
holder-as-of = State as of { $at }.
holder-kept = Offline: the state as of { $at }. What came later is not shown.
holder-kept-hint = This page is kept on this device and opens without a connection too. Your browser’s menu puts it on the home screen.
holder-next-issued = The voucher has lapsed. Ask your HR office.
holder-next-suspended = The voucher is suspended. Ask the HR office of your agency.
holder-next-redeemed = You are enrolled. See you at the course.
holder-next-completed = The course is completed. Congratulations!
holder-next-voided = The voucher was voided. Ask your HR office.
holder-next-expired = The voucher has expired. Ask your HR office.
holder-next-replaced = A new voucher took its place. Ask your HR office for its link.
