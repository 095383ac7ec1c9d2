### HR of an agency: a new request from a list, the quota, reminders.

## A new request: the file

new-request = New request
list-text = Upload your list of employees as it is: an Excel workbook or CSV in your own columns. Nothing is sent before you have looked at the rows.
list-file = File with the list
list-hint = .xlsx or .csv, up to { $megabytes } MB and 5,000 rows. It needs СНИЛС, name, position and category of service.
list-drop = You can drop the file onto this page.
list-uploading = Uploading
list-upload = Upload and check
list-other-file = choose another file
no-open-programme = No programme is open now
no-open-programme-text = Requests can be made once the programme office has opened it.
file-none = No file was chosen.
file-remedy-none = Choose an Excel workbook (.xlsx) or CSV.
file-picture = This is a picture, not a table.
file-remedy-picture = The list itself is needed: open it in Excel or LibreOffice and save it as “Excel workbook (.xlsx)” or “CSV UTF-8”. Screenshots and scans cannot be read.
file-pdf = This is a PDF, not a table.
file-remedy-pdf = Find the table it was made from and upload that: .xlsx or .csv.
file-empty = There is no filled row in the file.
file-remedy-empty = Check that it is the right file and that it was saved. It needs a row of titles and rows with employees.
file-encoding = The letters of the file are in an encoding that is not read here.
file-remedy-encoding = Open the file in Excel and save it as “Excel workbook (.xlsx)” or “CSV UTF-8”.
file-nul-byte = This is no table: the file has bytes that no text has.
file-remedy-nul-byte = Open the list in Excel or LibreOffice and save it as “Excel workbook (.xlsx)” or “CSV UTF-8”.
file-unreadable = The file is damaged or not whole.
file-remedy-unreadable = Open it in Excel, save it anew and upload it again.
file-too-large = The file is too large: up to { $megabytes } MB are taken.
file-remedy-too-large = Leave only the sheet with the list in the workbook, without pictures, or save it as CSV. Split a long list in two.
file-too-many-rows = The list has more than 5,000 rows.
file-remedy-too-many-rows = Split it into two files and make two requests.

## A new request: the columns

columns-title = 1. What each column holds
columns-text = Columns were recognised by their titles. Change what was not understood.
list-sheet = Sheet
list-header-row = Row with the titles
list-category = Category of service, where no column says it
list-category-none = — choose —
category-state-civil-servant = state civil servants
category-municipal-servant = municipal servants
category-other = other employees
column = Column
column-title = Title
column-samples = First values
column-holds = What it holds
column-is = What column { $letter } holds
column-unused = — not needed —
field-client-ref = Your number of the row
field-snils = СНИЛС
field-full-name = Full name
field-family-name = Family name
field-given-name = Given name
field-patronymic = Patronymic
field-position = Position
field-email = E-mail
field-category = Category of service
field-leaves-on = Last day of service
list-check-again = Check the rows
list-doubled = “{ $field }” is chosen for several columns. Leave one.
list-missing = Missing: { $fields }. Choose a column; the category can be one for everybody. Then the rows are checked.
list-nothing-recognised = No column was recognised. If the file has no row of titles, add one in Excel (“СНИЛС”, “ФИО”, “Должность”) and upload the file again; if it has one, give its number and choose the columns below.
list-no-such-row = There is no such row or it is empty; the titles were looked for anew.
list-nobody = There is nobody below the titles. Check the number of the row with the titles, and the sheet.
list-read-anew = The columns were changed after the check. Look at the rows again, then send them.
list-changed-meanwhile = Something changed while you looked, and nothing was sent. Look at the rows again.

## A new request: the rows

rows-title = 2. The rows, checked
rows-refused-text = Refused rows stand first. Correct them in your file and upload it again, or send the others.
rows-none-accepted = There is nothing to send: no row is accepted.
row-accepted = accepted
row-cell = Cell { $cell }: “{ $value }”.
row-cell-empty = Cell { $cell } is empty.
row-twice = This person is in row { $row } already. Leave one of the two.
row-claimed-here = You have a request or a voucher for this person already. Take the row out; if the voucher is lost, replace it on its page.
row-claimed-elsewhere = Another agency has a request or a voucher for this person. Ask them; if they came to you, the other agency has to void it.
row-over-quota = Over quota: no seat is left. Take somebody out of the list or ask the programme office for more seats.
row-failed-category-of-service = The programme is not for this category of service. If the category is wrong, correct it.
row-failed-employed-through = Leaves before the voucher’s last day. If the date is wrong, correct it.
row-failed-agency-takes-part = Your agency has no quota in this programme. Ask the programme office.
row-wrong-client-ref = The number of the row: up to 64 characters, not starting with = + - @. Correct it.
row-wrong-snils = The СНИЛС is wrong: 11 digits whose check digits fit. Compare it with the document.
row-wrong-full-name = The name cannot be read: family name and given name are needed. Correct it.
row-wrong-family-name = The family name is empty or has signs that do not belong there. Correct it.
row-wrong-given-name = The given name is empty or has signs that do not belong there. Correct it.
row-wrong-patronymic = The patronymic has signs that do not belong there. Correct it.
row-wrong-position = The position is empty, longer than 200 characters or starts with = + - @. Correct it.
row-wrong-email = The e-mail address is wrong. Correct it or leave the cell empty.
row-wrong-category = The category of service is not known. Write “государственный гражданский служащий”, “муниципальный служащий” or “иное”.
row-wrong-leaves-on = The date cannot be read. Write it as 31.12.2020 or leave the cell empty.
request-will-be-approved = The request will be approved at once: it has no more rows than the programme’s threshold.
request-will-wait = The request will wait for the programme office.
request-will-wait-in-line = The request will wait in line: until { $until } those of state bodies come first.
send-all = { $count ->
    [one] Send { $count } row
   *[other] Send { $count } rows
}
send-accepted = { $count ->
    [one] Send only the { $count } accepted row
   *[other] Send only the { $count } accepted rows
}

## The quota

quota = Quota of the agency
quota-seats = { $count ->
    [one] { $count } seat
   *[other] { $count } seats
}
quota-part-held = held by approved requests
quota-part-waiting = waiting for a decision
quota-part-asked = in this list
quota-part-left = left
quota-over = { $count ->
    [one] { $count } row is over quota.
   *[other] { $count } rows are over quota.
}
quota-none = Your agency has no quota in this programme. The programme office gives seats.

## Reminders

voucher-lapsing = about to lapse, not redeemed
vouchers-lapsing-text = Remind these people:
menu-reminders = Reminders
reminders-empty = Nobody needs a reminder
reminders-empty-text = Here will be those whose voucher is not redeemed while its last day is 14 days away or less.
reminders-text = { $count ->
    [one] The voucher of { $count } person is not redeemed and about to lapse. Send them the text, or download the list for a mail merge.
   *[other] The vouchers of { $count } people are not redeemed and about to lapse. Send each the text, or download the list for a mail merge.
}
reminders-csv = Download the list (CSV)
days-left = { $days ->
    [0] today is the last day
    [one] { $days } day left
   *[other] { $days } days left
}
reminder = Text to send
reminder-translated = In English
copy = Copy the text
copied = Copied
reminder-text = Good day, { $name }! Your digital training voucher { $number } (“{ $programme }”) is not redeemed yet and is good until { $date }, inclusive: { $days ->
    [0] today is the last day
    [one] { $days } day left
   *[other] { $days } days left
}. Come to the university with an identity document and show the QR code of the voucher: { $link } The link is for you alone. If you cannot attend, tell us.
