# The enrolment desk.

scan-title = Enrolment desk
scan-update = A new version of this page is ready.
scan-reload = Load the new version
scan-menu = Menu
scan-sign-out = Sign out
scan-menu-unreachable = The service does not answer: the other pages open when it does. Enrolling goes on here.
scan-sign-out-unreachable = The service does not answer: signing out needs a connection. Until then, lock this device when you leave it.
scan-run-label = Course run
scan-choose-run = Choose a course run…
scan-runs-over = Over
scan-run = run { $run }
scan-hours = { $hours ->
    [one] { $hours } hour
   *[other] { $hours } hours
}
scan-seats = { $seats ->
    [0] No seats left (of { $all })
    [one] { $seats } seat left of { $all }
   *[other] { $seats } seats left of { $all }
}

scan-connection-online = Connected
scan-connection-offline = No connection: working offline
scan-connection-signed-out = Signed out

scan-camera-picture = Picture of the camera
scan-camera-start = Start the camera
scan-camera-stop = Stop the camera
scan-camera-choice = Which camera
scan-camera-nth = Camera { $nth }
scan-camera-off = The camera is off
scan-camera-starting = The camera is starting…
scan-camera-on = Hold the QR code 20–60 cm in front of the camera
scan-camera-denied = The camera is not allowed. Allow it in the browser’s settings for this site, or type the voucher’s number.
scan-camera-none = No camera was found. Plug one in, choose a photo, or type the voucher’s number.
scan-camera-busy = Another program uses the camera. Close it and start the camera again.
scan-camera-unsupported = This browser gives no access to a camera. Choose a photo or type the voucher’s number.
scan-camera-failed = The camera did not start. Try again.
scan-decoder-failed = The code reader was not loaded: no connection. Type the voucher’s number.
scan-torch = Torch
scan-picture = Photo or file
scan-picture-looking = Looking for a code…
scan-picture-blurred = The photo is not sharp: the code cannot be read. Hold still, give more light, and take another.
scan-picture-no-code = There is no QR code in this picture. Take all of the code with the white margin around it.
scan-picture-not-a-picture = This is not a picture, or it is too large. JPEG and PNG up to 110 megapixels will do.
scan-number-label = Voucher number
scan-number-check = Check
scan-number-shape = A number looks like this: PSK20-0001234-5.
scan-number-check-digit = There is a slip in the number: its last digit does not agree.
scan-scanner-hint = A USB scanner works at once: just scan.

scan-today = Today on this device
scan-today-enrolled = enrolled
scan-today-waiting = waiting to be sent
scan-today-refused = refused
scan-recent-empty = Who is enrolled will appear here.
scan-state-enrolled = enrolled
scan-state-waiting = accepted, not final
scan-state-conflict = conflict
scan-state-rejected = rejected
scan-state-undone = undone
scan-state-undo-waiting = undoing waits to be sent
scan-state-undo-proposed = undoing waits for a second person
scan-seen = Understood
scan-undo = Undo
scan-undo-late = Ask to undo
scan-undo-title = Undo the enrolment
scan-undo-alone = The voucher can be redeemed again. Within ten minutes no second person is needed.
scan-undo-second = Ten minutes have passed: a second person will confirm it.
scan-undo-reason = Reason
scan-undo-do = Undo the enrolment
scan-undo-keep = Leave it
scan-undo-needs-reason = Give a reason.
scan-undo-unreachable = The service does not answer. Nothing is lost: try again when it does.
scan-undo-signed-out = You are signed out. Sign in in another tab and try again: the reason is kept here.

scan-roster = Enrolled in this run
scan-search = Find by name or number
scan-found = { $count ->
    [one] { $count } person
   *[other] { $count } people
}
scan-roster-empty = Nobody was found.

scan-device = Device and queue
scan-device-is = This device: “{ $name }”.
scan-device-is-revoked = The device “{ $name }” was revoked. What it accepted waits for the programme office.
scan-device-none = The device is not paired: it cannot accept vouchers offline.
scan-device-hint = To work offline, pair this device: open on it the pairing code of the page “Devices”.
scan-device-name = Name of the device
scan-pair = Pair
scan-pairing-unreachable = The service does not answer. The code still holds: try again.
scan-pairing-queue = Send the queue first, then pair anew.
scan-waiting = { $count ->
    [0] The queue is empty
    [one] { $count } item waits to be sent
   *[other] { $count } items wait to be sent
}
scan-sync = Send now
scan-sync-idle = It is sent by itself as soon as there is a connection.
scan-sync-sending = Sending…
scan-sync-waiting = The service does not answer yet. It is tried again by itself.
scan-sync-stuck = The service does not take the queue. Nothing is lost: ask the programme office.
scan-known-keys = Keys checked: { $at }
scan-known-status = Status list of: { $at }
scan-clock-off = { $minutes ->
    [one] The device’s clock is { $minutes } minute off. The service’s time is used.
   *[other] The device’s clock is { $minutes } minutes off. The service’s time is used.
}
scan-settings = Signals
scan-sound = Sound
scan-vibration = Vibration

scan-ready = Compare the document
    .next = Surname and initials must be those of the document.
scan-asking = Asking the service…
scan-ready-online = { $seats ->
    [one] The service agrees: can be enrolled. { $seats } seat left.
   *[other] The service agrees: can be enrolled. { $seats } seats left.
}
scan-ready-offline = No connection: it will be accepted, but not finally.
scan-confirm = Document checked — enrol
scan-cancel = Cancel
scan-next = Next
scan-again = Try again
scan-accept-anyway = Document checked — accept, not finally
scan-looking = Looking the voucher up…
scan-working = Enrolling…
scan-enrolled = Enrolled
    .next = The next person, please.
scan-accepted = Accepted, not final
    .next = It is kept on this device and is sent by itself when there is a connection.
scan-no-run = No course run is chosen
    .next = Choose one at the top of the page and scan again.
scan-not-kept = It could not be kept — not accepted
    .next = The device is full, or the browser forbids storage. Make room and scan again.
scan-not-paired = The service does not answer
    .next = This device is not paired and cannot accept offline. Try again: if the request did arrive, the voucher is not redeemed twice.
scan-device-revoked = The service does not answer, and the device was revoked
    .next = Wait for the connection and try again.
scan-number-offline = By number only with a connection
    .next = Scan the voucher’s QR code, or wait for the connection.
scan-signed-out = You are signed out
    .next = Sign in in another tab and press “Try again”. Nothing is lost.
scan-sign-in = Sign in in a new tab

scan-cannot-tell-status-missing = The status is not known
    .next = There is no status list on this device: whether the voucher is suspended cannot be told. Signature and dates are right.
scan-cannot-tell-status-stale = The status is out of date
    .next = The status list is of { $at }: what came later is not known. Signature and dates are right.
scan-cannot-tell-keys-stale = The keys were not checked for long
    .next = The keys are of { $keys }: whether one was withdrawn cannot be told. Signature and dates are right.
scan-cannot-tell-keys-missing = There is nothing to check it with
    .next = This device does not have the service’s keys yet. It needs a connection.
scan-cannot-tell-unknown-key = The signing key is not known here
    .next = It may be newer than the keys of this device. It needs a connection.
scan-last-known-suspended = When last heard of, the voucher was suspended.
scan-last-known-status-invalid = When last heard of, the voucher was voided or replaced.
scan-last-known-already-redeemed = When last heard of, the voucher was redeemed already.

scan-refused = Refused
scan-refused-malformed-credential = This is not a training voucher
    .next = Ask for the “digital training certificate” and scan the large QR code on it.
scan-refused-link = This is a link, not a voucher
    .next = This QR code opens a page in the internet. What is needed is the code on the “digital training certificate” itself.
scan-refused-page = This is a link to the voucher’s page
    .next = Scan the large QR code on the voucher itself, or on that page on the holder’s phone.
scan-refused-other-code = This is another system’s code
    .next = Ask for the “digital training certificate”: the agency’s human resources give it out.
scan-refused-bad-signature = The signature does not match
    .next = Do not accept it. Ask for the original file of the agency; when it happens again, tell the programme office.
scan-refused-wrong-issuer = Another service’s voucher
    .next = It was issued by another service ({ $issuer }). Ask for this programme’s voucher.
scan-refused-key-compromised = The signing key is no longer trusted
    .next = Ask the holder’s agency to have the voucher replaced.
scan-refused-key-not-valid-at-issue = The key could not sign at that time
    .next = Do not accept it, and tell the programme office.
scan-refused-wrong-university = Another university’s voucher
    .next = It is for the university “{ $audience }”. Send the holder there.
scan-refused-not-yet-valid = Not valid yet
    .next = The voucher is valid from { $not_before }.
scan-refused-expired = Expired
    .next = Its last day was { $expires_at }. The holder’s agency can ask for an extension.
scan-refused-suspended = Suspended
    .next = The holder’s agency knows why.
scan-refused-status-invalid = Voided or replaced
    .next = If it was replaced, the holder has a new one. The holder’s agency knows why.
scan-refused-already-redeemed = Redeemed already
    .next = If this was a slip, undo the enrolment before.
scan-refused-already-here = Accepted on this device already
    .next = { $at }, run { $run }. There is no need to accept it again.
