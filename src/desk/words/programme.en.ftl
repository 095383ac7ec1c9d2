### Pages of the programme office: quotas, load, campaign, setting up.

menu-quotas = Quotas
menu-teaching = Instructors' load
menu-campaign = Information campaign
menu-setting-up = Setting up

## Quotas

quotas-text = Seats go from one agency to another when both agree. Held seats stay where they are held.
quota-moves = Moves
quota-moves-open = open
quota-moves-empty = No moves here
quota-move-proposed = waits for consent
quota-move-moved = seats moved
quota-move-declined = declined
quota-move-withdrawn = withdrawn
quota-side-programme = programme office
quota-side-from-agency = the agency that gives
quota-side-to-agency = the agency that gets
quota-from-word = Who gives
quota-to-word = Who gets
quota-agreed = agreed,
quota-silent = no answer yet
quota-ended = Ended by
quota-agree = Agree
quota-decline = Decline
quota-propose = Propose a move
quota-propose-office = The seats move when both agencies agree.
quota-propose-agency = You give free seats of your own. They move when the other agency agrees.
quota-from = From
quota-to = To
quota-to-code = Code of the agency that gets the seats
quota-left-of = { $left ->
    [one] { $left } seat free
   *[other] { $left } seats free
}
quota-seats-of = { $seats ->
    [one] { $seats } seat
   *[other] { $seats } seats
}
quota-do-propose = Propose
quota-held = Held
quota-left = Free
quota-used = Used

## Progress by week

weeks-title = The way to the target by week
weeks-target = target
weeks-table = As a table
weeks-table-below = The table below says the same.
weeks-week = Week from
weeks-enrolled = Enrolled
weeks-completed = Completed
weeks-enrolled-so-far = Enrolled so far
weeks-completed-so-far = Completed so far
tiles-state-body = State bodies
tiles-municipality = Municipalities
tiles-hint = Share of seats whose holders completed the course. A darker tile has more; the figures say the same.

## Instructors' load

load-text = Hours by contract and by course run: planned, accepted, paid. Cancelled sessions do not count.
load-planned-figure = hours planned
load-accepted-figure = hours accepted
load-paid-figure = hours paid in full
load-contracts-title = By instructor and contract
load-contracts = Hours and pay by instructors' contracts
load-contracts-empty = There are no contracts with instructors.
load-runs-title = By course run
load-runs = Hours and pay by course run
load-runs-empty = There are no course runs.
load-instructor = Instructor
load-contract = Contract
load-contract-hours = Agreed, h
load-planned = Planned, h
load-accepted = Accepted, h
load-paid-hours = Paid, h
load-pay = Earned
load-paid = Paid
load-left = Left, h
load-run = Course run

## The information campaign

campaign-text = Contracts of the campaign, work accepted and payments, against the budget line.
campaign-no-line = The programme has no budget line for the information campaign.
campaign-contracts-title = Contracts
campaign-contracts = Contracts with what is accepted and paid
campaign-contracts-empty = There are no contracts.
campaign-acts-title = Acts
campaign-acts = Work accepted
campaign-acts-empty = There are no acts.
campaign-contract = Contract
campaign-contract-signed = in force
campaign-contract-ended = ended
campaign-signed-on = Signed
campaign-subject = Subject
campaign-contractor = Contractor
campaign-amount = Amount
campaign-accepted = Accepted
campaign-paid = Paid
campaign-left = Left
campaign-act = Act
campaign-accepted-on = Accepted on

## Setting up

setting-up-text = What the programme needs before it opens and while it runs. The list is made from what there is now.
setting-up-done = { $done } of { $total } done
programme-status-draft = draft
programme-status-open = open
programme-status-closed = closed
step-of = { $has } of { $needed }
step-for = { $has } for { $needed }
step-done = done
step-open = needed
step-look = look
step-agencies = Agencies are registered
step-do-agencies = Register the agencies that take part.
step-quotas = Quotas suffice for the target
step-do-quotas = Set the quotas of agencies; together they must make the programme's target.
step-agency-people = Somebody acts for each agency with a quota
step-do-agency-people = Give each agency's HR office access and invite it.
step-registrars = The university has a registrar
step-do-registrars = Give those who enrol access.
step-teaching-office = The teaching office has two people
step-do-teaching-office = One records a session, another accepts it.
step-treasury-office = The treasury has two people
step-do-treasury-office = A second person confirms appropriations and payments.
step-pay-line = Budget line: instructors' pay
step-do-pay-line = Create the line with item instructor_pay; the programme does not open without it.
step-campaign-line = Budget line: information campaign
step-do-campaign-line = Create the line with item information_campaign.
step-pay-money = The vouchers' money is appropriated
step-do-pay-money = Appropriate face value × target.
step-campaign-money = The campaign's money is appropriated
step-do-campaign-money = Appropriate to the campaign's line.
step-settlement-account = A settlement account is set
step-do-settlement-account = Set the account that bank statements come for.
step-opened = The programme is open
step-do-opened = Open the programme: then vouchers are issued and redeemed.
step-runs = Open course runs have seats for the vouchers that live
step-do-runs = Create a course run, or another.
step-contracts = Instructors' contracts are in force, hours left
step-do-contracts = Register instructors with their contracts.
waiting = Waits for a decision
waiting-requested = Requests
waiting-approved = Approved requests without vouchers
waiting-quota-moves = Moves of quotas
waiting-conflicts = Conflict cases
waiting-proposals = Acts that wait for a second person
