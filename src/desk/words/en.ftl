### Words of all pages and of signing in.

service = Training Vouchers
skip = Skip to content
menu = Sections
menu-desk = My desk
back = Back
go-on = Continue
to-the-desk = To my desk
sign-in = Sign in
sign-out = Sign out

date = { $day } { $monthYear }
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

scope-agency = Agency HR
scope-registrar = Enrolment
scope-teaching = Teaching office
scope-programme = Programme office
scope-treasury = Treasury
scope-auditor = Finance control
scope-admin = Administrator

## Front page

front-eyebrow = A region trains its civil servants
front-title = Training vouchers
front-lead = A signed certificate with a QR code gives an employee a seat on a course. It is redeemed exactly once, and every kopeck can be followed from the appropriation to the hour taught, and back.
front-by-pass = Sign in with a pass
front-picture = A certificate with a QR code, a seat and a ledger entry, joined by a line
front-agency = For agencies
front-agency-text = Send your people as a spreadsheet or from your HR system and see who is eligible and why.
front-university = For the university
front-university-text = Scan certificates with a phone at the enrolment table, also without a network.
front-control = For finance control
front-control-text = Trace any rouble to people and hours, and check yourself that nobody rewrote the books.
front-programs = For programs and for checking signatures:

## Signing in

sign-in-title = Sign in
sign-in-login = Login
sign-in-password = Password
sign-in-code = Code
sign-in-code-hint = Six digits from the app on your phone, or one of your recovery codes.
sign-in-by-pass = Sign in with a pass
sign-in-invited = I was invited for the first time

pass-title = Sign in with a pass
pass-text = A pass is a one-time code: your own page shows it in a browser that is signed in, or the server's administrator gives it to you.
pass-label = Pass
pass-qr-title = QR code with the address to sign in

invitation-title = Invitation
invitation-text = Paste the invitation code that your administrator gave you.
invitation-label = Invitation code

set-up-title = Set up your sign-in
set-up-as = You sign in as
set-up-password-step = 1. Choose a password
set-up-password = Password
set-up-password-hint = At least 12 characters; a phrase of several words is best. Your login must not be in it.
set-up-again = Password again
set-up-app-step = 2. Link an authenticator app
set-up-app-text = Open an app for one-time codes on your phone (FreeOTP, for example) and scan the QR code.
set-up-app-by-hand = Cannot scan? Type this into the app:
set-up-qr-title = QR code for an authenticator app
set-up-code = Code from the app
set-up-done = Done
set-up-password-refused = The password cannot be taken: 12 to 128 characters, without your login in it.
set-up-passwords-differ = The passwords differ.
set-up-code-refused = The code does not fit. Check that your phone's clock is right and type a new code.

recovery-title = Recovery codes
recovery-text = The sign-in of “{ $login }” is set up. If you lose the phone, each of these codes replaces the app's code once.
recovery-once = They are not shown again. Write them down or print them now.
recovery-codes-left = { $count ->
    [one] { $count } code left
   *[other] { $count } codes left
}

## One's own page

me-title = My page
me-phone = Sign in on your phone
me-phone-text = A pass is a QR code good for ten minutes: scan it with the phone and sign in without a password.
me-make-pass = Show a pass
me-sign-ins = Where you are signed in
me-browser = Browser
me-means = How
me-since = When
me-state = State
me-this = this browser
me-live = signed in
me-ended = ended
me-end = End
means-password = password and code
means-recovery-code = recovery code
means-pass = pass
made-pass-title = A pass for your phone
made-pass-text = Scan it with the phone's camera. It is good for ten minutes and once.
made-pass-by-hand = Or open “Sign in with a pass” on the phone and type:

## Desk

menu-enrolment = Enrolment
enrolment-app-name = Enrolment: training vouchers
enrolment-no-script = The scanner needs JavaScript. Without it a voucher can be redeemed by its number through the API.
desk-empty = There are no pages for this role yet
desk-empty-text = All that it may do is in the API:
