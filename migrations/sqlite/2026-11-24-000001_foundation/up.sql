-- Instants are milliseconds since 1970 (UTC), money whole kopecks, days ISO text.
-- Numbers (`*_no`) are internal keys, UUIDs (`*_id`) what the outside sees. Most numbers are the index
-- of the log leaf that created the thing. `programme_no` 0 is the service's own log.
-- Every table that grows with vouchers carries programme_no in its primary, unique and foreign keys.

-- Reference data -------------------------------------------------------------------------------

CREATE TABLE installation (
  installation_no INTEGER NOT NULL PRIMARY KEY CHECK (installation_no = 1),
  issuer TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE signing_key (
  kid BLOB NOT NULL PRIMARY KEY CHECK (length(kid) = 8),
  purpose TEXT NOT NULL CHECK (purpose IN ('credential', 'log')),
  public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
  state TEXT NOT NULL CHECK (state IN ('active', 'retired', 'compromised')),
  valid_from BIGINT NOT NULL,
  valid_until BIGINT,
  compromised_at BIGINT
);

CREATE TABLE agency (
  agency_no INTEGER NOT NULL PRIMARY KEY,
  agency_id BLOB NOT NULL UNIQUE CHECK (length(agency_id) = 16),
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  category TEXT NOT NULL CHECK (category IN ('state_body', 'municipality')),
  municipality TEXT
);

CREATE TABLE university (
  university_no INTEGER NOT NULL PRIMARY KEY,
  university_id BLOB NOT NULL UNIQUE CHECK (length(university_id) = 16),
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL
);

CREATE TABLE token (
  token_no INTEGER NOT NULL PRIMARY KEY,
  token_id BLOB NOT NULL UNIQUE CHECK (length(token_id) = 16),
  token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  subject TEXT NOT NULL,
  scope TEXT NOT NULL CHECK (scope IN
    ('agency', 'registrar', 'teaching', 'programme', 'treasury', 'auditor', 'admin')),
  agency_no BIGINT REFERENCES agency,
  university_no BIGINT REFERENCES university,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT,
  CHECK ((scope = 'agency') = (agency_no IS NOT NULL)),
  CHECK ((scope IN ('registrar', 'teaching')) = (university_no IS NOT NULL))
);

-- How the bearer of a token signs in with a browser. Nothing here opens a door by itself: the password is hashed
-- (Argon2id), the secret of the second factor is derived from the installation's, everything else is a SHA-256.
CREATE TABLE login (
  token_no INTEGER NOT NULL PRIMARY KEY REFERENCES token,
  password_hash TEXT NOT NULL,
  -- Which of the secrets derived for this login is in its holder's app: 1 the first, 2 after it was set up anew, ...
  second_factor BIGINT NOT NULL CHECK (second_factor > 0),
  -- The time step of the last code taken: a code is good once (RFC 6238, section 5.2).
  last_step BIGINT NOT NULL
);

-- Each is good once, and is deleted by being used.
CREATE TABLE recovery_code (
  token_no BIGINT NOT NULL REFERENCES login,
  code_hash BLOB NOT NULL CHECK (length(code_hash) = 32),
  PRIMARY KEY (token_no, code_hash)
) WITHOUT ROWID;

-- Who a provider of identities says somebody is, as a keyed hash: it opens one login.
CREATE TABLE identity (
  token_no INTEGER NOT NULL PRIMARY KEY REFERENCES login,
  identity_hash BLOB NOT NULL UNIQUE CHECK (length(identity_hash) = 32),
  linked_at BIGINT NOT NULL
);

-- One-time passes: to set up a login, or to sign in another browser. Deleted by being used.
CREATE TABLE pass (
  pass_hash BLOB NOT NULL PRIMARY KEY CHECK (length(pass_hash) = 32),
  token_no BIGINT NOT NULL REFERENCES token,
  purpose TEXT NOT NULL CHECK (purpose IN ('set_up', 'sign_in')),
  expires_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Browsers that are, or were, signed in. means: what with. browser: what it calls itself, in short.
CREATE TABLE sign_in (
  sign_in_no INTEGER NOT NULL PRIMARY KEY,
  sign_in_id BLOB NOT NULL UNIQUE CHECK (length(sign_in_id) = 16),
  secret_hash BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
  token_no BIGINT NOT NULL REFERENCES token,
  means TEXT NOT NULL CHECK (means IN ('password', 'recovery_code', 'pass', 'provider')),
  browser TEXT NOT NULL,
  signed_in_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX sign_in_token ON sign_in (token_no, sign_in_no);
CREATE INDEX sign_in_live ON sign_in (expires_at) WHERE ended_at IS NULL;

-- Refused calls, the newest few thousand; not part of the proof log.
CREATE TABLE denial (
  denial_no INTEGER NOT NULL PRIMARY KEY,
  denied_at BIGINT NOT NULL,
  token_no BIGINT,
  method TEXT NOT NULL,
  route TEXT NOT NULL,
  code TEXT NOT NULL
);

CREATE TABLE payee (
  payee_no INTEGER NOT NULL PRIMARY KEY,
  payee_id BLOB NOT NULL UNIQUE CHECK (length(payee_id) = 16),
  kind TEXT NOT NULL CHECK (kind IN ('instructor', 'tax_office', 'contractor')),
  university_no BIGINT REFERENCES university,
  CHECK ((kind = 'instructor') = (university_no IS NOT NULL))
);

CREATE TABLE employee (
  employee_no INTEGER NOT NULL PRIMARY KEY,
  employee_id BLOB NOT NULL UNIQUE CHECK (length(employee_id) = 16),
  agency_no BIGINT NOT NULL REFERENCES agency,
  category TEXT NOT NULL CHECK (category IN ('state_civil_servant', 'municipal_servant', 'other')),
  leaves_on TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX employee_agency ON employee (agency_no, employee_no);

-- Personal data, apart from everything else ------------------------------------------------------

CREATE TABLE employee_personal (
  employee_no INTEGER NOT NULL PRIMARY KEY REFERENCES employee,
  agency_no BIGINT NOT NULL,
  snils_key BLOB NOT NULL CHECK (length(snils_key) = 32),
  snils TEXT NOT NULL,
  family_name TEXT NOT NULL,
  given_name TEXT NOT NULL,
  patronymic TEXT,
  position TEXT NOT NULL,
  email TEXT,
  UNIQUE (agency_no, snils_key)
);

CREATE TABLE payee_personal (
  payee_no INTEGER NOT NULL PRIMARY KEY REFERENCES payee,
  name TEXT NOT NULL
);

CREATE TABLE voucher_credential (
  programme_no BIGINT NOT NULL,
  voucher_no BIGINT NOT NULL,
  credential_version INTEGER NOT NULL,
  credential BLOB NOT NULL,
  PRIMARY KEY (programme_no, voucher_no, credential_version)
) WITHOUT ROWID;

-- The programme ------------------------------------------------------------------------------------

CREATE TABLE programme (
  programme_no INTEGER NOT NULL PRIMARY KEY CHECK (programme_no > 0),
  programme_id BLOB NOT NULL UNIQUE CHECK (length(programme_id) = 16),
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  year INTEGER NOT NULL,
  university_no BIGINT NOT NULL REFERENCES university,
  course_hours INTEGER NOT NULL CHECK (course_hours > 0),
  face_value_kopecks BIGINT NOT NULL CHECK (face_value_kopecks > 0),
  valid_from TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  priority_until TEXT,
  auto_approve_max_rows INTEGER NOT NULL,
  sync_grace_days INTEGER NOT NULL,
  eligible_categories TEXT NOT NULL,
  contribution_basis_points INTEGER NOT NULL,
  target_trained INTEGER NOT NULL,
  illustrative BOOLEAN NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('draft', 'open', 'closed')),
  -- The next free voucher number; reserved before signing, so numbers may have gaps.
  next_voucher_no BIGINT NOT NULL
);

CREATE TABLE budget_line (
  programme_no BIGINT NOT NULL REFERENCES programme,
  budget_line_no BIGINT NOT NULL,
  budget_line_id BLOB NOT NULL CHECK (length(budget_line_id) = 16),
  kbk TEXT NOT NULL CHECK (length(kbk) = 20),
  item TEXT NOT NULL CHECK (item IN ('instructor_pay', 'information_campaign')),
  name TEXT NOT NULL,
  PRIMARY KEY (programme_no, budget_line_no),
  UNIQUE (programme_no, budget_line_id),
  UNIQUE (programme_no, item)
);

CREATE TABLE quota (
  programme_no BIGINT NOT NULL REFERENCES programme,
  agency_no BIGINT NOT NULL REFERENCES agency,
  seats BIGINT NOT NULL CHECK (seats >= 0),
  held BIGINT NOT NULL CHECK (held >= 0 AND held <= seats),
  PRIMARY KEY (programme_no, agency_no)
);

-- Seats on their way from one agency to another: they move when both have agreed. move_no is the index of its leaf.
CREATE TABLE quota_move (
  programme_no BIGINT NOT NULL REFERENCES programme,
  move_no BIGINT NOT NULL,
  move_id BLOB NOT NULL CHECK (length(move_id) = 16),
  from_agency_no BIGINT NOT NULL REFERENCES agency,
  to_agency_no BIGINT NOT NULL REFERENCES agency,
  seats BIGINT NOT NULL CHECK (seats > 0),
  reason TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('proposed', 'moved', 'declined', 'withdrawn')),
  proposed_side TEXT NOT NULL CHECK (proposed_side IN ('programme', 'from_agency')),
  proposed_by TEXT NOT NULL,
  proposed_at BIGINT NOT NULL,
  from_agreed_by TEXT,
  from_agreed_at BIGINT,
  -- Of the proposal's own leaf when the agency that gives has proposed.
  from_agreed_log_index BIGINT,
  to_agreed_by TEXT,
  to_agreed_at BIGINT,
  to_agreed_log_index BIGINT,
  ended_side TEXT CHECK (ended_side IN ('programme', 'from_agency', 'to_agency')),
  ended_at BIGINT,
  ended_log_index BIGINT,
  -- Why it was declined.
  ended_reason TEXT,
  PRIMARY KEY (programme_no, move_no),
  UNIQUE (programme_no, move_id),
  CHECK (from_agency_no <> to_agency_no),
  CHECK ((status IN ('declined', 'withdrawn')) = (ended_log_index IS NOT NULL)),
  CHECK (status <> 'moved' OR (from_agreed_log_index IS NOT NULL AND to_agreed_log_index IS NOT NULL))
) WITHOUT ROWID;

-- An act of promise 7 that waits for its second person.
CREATE TABLE proposal (
  programme_no BIGINT NOT NULL,
  proposal_no BIGINT NOT NULL,
  proposal_id BLOB NOT NULL CHECK (length(proposal_id) = 16),
  kind TEXT NOT NULL,
  act TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('proposed', 'confirmed', 'withdrawn')),
  proposed_by TEXT NOT NULL,
  proposed_at BIGINT NOT NULL,
  decided_by TEXT,
  decided_at BIGINT,
  decided_log_index BIGINT,
  PRIMARY KEY (programme_no, proposal_no),
  UNIQUE (programme_no, proposal_id)
);

-- Journal and log ------------------------------------------------------------------------------------

CREATE TABLE log_head (
  programme_no INTEGER NOT NULL PRIMARY KEY,
  origin TEXT NOT NULL UNIQUE,
  frontier BLOB NOT NULL
);

CREATE TABLE journal_transaction (
  programme_no BIGINT NOT NULL REFERENCES log_head,
  log_index BIGINT NOT NULL,
  kind SMALLINT NOT NULL,
  effective_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  recorded_by BIGINT NOT NULL,
  leaf BLOB NOT NULL,
  leaf_hash BLOB NOT NULL,
  PRIMARY KEY (programme_no, log_index)
) WITHOUT ROWID;

-- The statement of an account goes by the day transactions are dated, not in the order they were recorded.
CREATE INDEX journal_transaction_effective ON journal_transaction (programme_no, effective_at, log_index);

-- Roots of complete subtrees of 256^level leaves, level >= 1 (C2SP tlog-tiles).
CREATE TABLE log_hash (
  programme_no BIGINT NOT NULL REFERENCES log_head,
  level SMALLINT NOT NULL,
  hash_index BIGINT NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (programme_no, level, hash_index)
) WITHOUT ROWID;

CREATE TABLE checkpoint (
  programme_no BIGINT NOT NULL REFERENCES log_head,
  tree_size BIGINT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (programme_no, tree_size)
) WITHOUT ROWID;

-- What witnesses say of checkpoints: of each log and witness the newest, and the last of each day.
-- witness: its verifier key. cosigned_at: as of when it knew of nothing larger. line: as it stands below the note.
CREATE TABLE cosignature (
  programme_no BIGINT NOT NULL REFERENCES log_head,
  witness TEXT NOT NULL,
  tree_size BIGINT NOT NULL,
  cosigned_at BIGINT NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (programme_no, witness, tree_size)
) WITHOUT ROWID;

-- account: 0 limit, 1 available, 2 reserved, 3 obligated, 4 accrued, 5 paid.
-- amount_kopecks: debit positive, credit negative.
CREATE TABLE posting (
  programme_no BIGINT NOT NULL,
  log_index BIGINT NOT NULL,
  posting_no INTEGER NOT NULL,
  budget_line_no BIGINT NOT NULL,
  account SMALLINT NOT NULL CHECK (account BETWEEN 0 AND 5),
  amount_kopecks BIGINT NOT NULL,
  agency_no BIGINT,
  voucher_no BIGINT,
  redemption_no BIGINT,
  course_run_no BIGINT,
  session_no BIGINT,
  payee_no BIGINT,
  payment_no BIGINT,
  contract_no BIGINT,
  act_no BIGINT,
  PRIMARY KEY (programme_no, log_index, posting_no)
) WITHOUT ROWID;
CREATE INDEX posting_redemption ON posting (programme_no, redemption_no) WHERE redemption_no IS NOT NULL;
CREATE INDEX posting_payment ON posting (programme_no, payment_no) WHERE payment_no IS NOT NULL;
CREATE INDEX posting_payee ON posting (programme_no, payee_no) WHERE payee_no IS NOT NULL;
CREATE INDEX posting_session ON posting (programme_no, session_no) WHERE session_no IS NOT NULL;
CREATE INDEX posting_contract ON posting (programme_no, contract_no) WHERE contract_no IS NOT NULL;
-- Without statistics SQLite takes a programme for ten postings, and reads all of them for those of one redemption. These
-- are of a large programme; plans made from them are right for small ones too, and stay as they are.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('journal_transaction', 'journal_transaction', '5000000 2500000 1'),
  ('journal_transaction', 'journal_transaction_effective', '5000000 2500000 2 1'),
  ('posting', 'posting', '10000000 5000000 2 1'),
  ('posting', 'posting_redemption', '5000000 2500000 4'),
  ('posting', 'posting_payment', '1000000 500000 50'),
  ('posting', 'posting_payee', '1000000 500000 20000'),
  ('posting', 'posting_session', '1000000 500000 100'),
  ('posting', 'posting_contract', '1000 500 10');
ANALYZE sqlite_schema;

-- balance_kopecks: on the account's normal side (limit credit, all others debit), never negative.
CREATE TABLE account_balance (
  programme_no BIGINT NOT NULL,
  budget_line_no BIGINT NOT NULL,
  account SMALLINT NOT NULL CHECK (account BETWEEN 0 AND 5),
  balance_kopecks BIGINT NOT NULL CHECK (balance_kopecks >= 0),
  PRIMARY KEY (programme_no, budget_line_no, account)
) WITHOUT ROWID;

-- What moved on an account in a month (YYYY-MM, Moscow, by the day it is dated): kept with every posting, so that
-- nobody need add them up.
CREATE TABLE account_turnover (
  programme_no BIGINT NOT NULL,
  budget_line_no BIGINT NOT NULL,
  account SMALLINT NOT NULL CHECK (account BETWEEN 0 AND 5),
  month TEXT NOT NULL,
  debit_kopecks BIGINT NOT NULL CHECK (debit_kopecks >= 0),
  credit_kopecks BIGINT NOT NULL CHECK (credit_kopecks >= 0),
  PRIMARY KEY (programme_no, budget_line_no, account, month)
) WITHOUT ROWID;

-- A month that takes no entries any more, and its trial balance (JSON) as it was signed.
CREATE TABLE period (
  programme_no BIGINT NOT NULL REFERENCES programme,
  month TEXT NOT NULL,
  -- The first instant behind it.
  ends_at BIGINT NOT NULL,
  closed_at BIGINT NOT NULL,
  closed_log_index BIGINT NOT NULL,
  trial_balance TEXT NOT NULL,
  PRIMARY KEY (programme_no, month)
) WITHOUT ROWID;

-- Requests and vouchers ------------------------------------------------------------------------------

CREATE TABLE request (
  programme_no BIGINT NOT NULL REFERENCES programme,
  request_no BIGINT NOT NULL,
  request_id BLOB NOT NULL CHECK (length(request_id) = 16),
  agency_no BIGINT NOT NULL REFERENCES agency,
  mode TEXT NOT NULL CHECK (mode IN ('all_or_nothing', 'best_effort')),
  status TEXT NOT NULL CHECK (status IN ('requested', 'approved', 'rejected', 'issued')),
  requested_by TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  decided_by TEXT,
  decided_at BIGINT,
  automatic BOOLEAN NOT NULL,
  reason TEXT,
  PRIMARY KEY (programme_no, request_no),
  UNIQUE (programme_no, request_id)
);
CREATE INDEX request_agency ON request (programme_no, agency_no, request_no);

CREATE TABLE request_item (
  programme_no BIGINT NOT NULL,
  request_no BIGINT NOT NULL,
  item_no INTEGER NOT NULL,
  client_ref TEXT NOT NULL,
  employee_no BIGINT,
  holder_key BLOB,
  -- refused: never became a request; the others follow the voucher's life up to its issue.
  status TEXT NOT NULL CHECK (status IN ('refused', 'requested', 'approved', 'rejected', 'issued')),
  refusal TEXT,
  eligibility TEXT NOT NULL,
  voucher_no BIGINT,
  PRIMARY KEY (programme_no, request_no, item_no),
  FOREIGN KEY (programme_no, request_no) REFERENCES request
) WITHOUT ROWID;

-- One live voucher (or pending request) per person per programme, across agencies.
CREATE TABLE holder_claim (
  programme_no BIGINT NOT NULL,
  holder_key BLOB NOT NULL CHECK (length(holder_key) = 32),
  agency_no BIGINT NOT NULL,
  PRIMARY KEY (programme_no, holder_key)
) WITHOUT ROWID;

-- status: 1 issued, 2 suspended, 3 redeemed, 4 completed, 5 voided, 6 expired, 7 replaced.
CREATE TABLE voucher (
  programme_no BIGINT NOT NULL REFERENCES programme,
  voucher_no BIGINT NOT NULL,
  voucher_id BLOB NOT NULL CHECK (length(voucher_id) = 16),
  status SMALLINT NOT NULL CHECK (status BETWEEN 1 AND 7),
  agency_no BIGINT NOT NULL REFERENCES agency,
  employee_no BIGINT NOT NULL REFERENCES employee,
  request_no BIGINT NOT NULL,
  face_value_kopecks BIGINT NOT NULL CHECK (face_value_kopecks > 0),
  not_before BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  issued_at BIGINT NOT NULL,
  issued_log_index BIGINT NOT NULL,
  kid BLOB NOT NULL,
  credential_version INTEGER NOT NULL,
  redemption_no BIGINT,
  replaces_no BIGINT,
  replaced_by_no BIGINT,
  PRIMARY KEY (programme_no, voucher_no),
  UNIQUE (programme_no, voucher_id),
  CHECK ((status IN (3, 4)) = (redemption_no IS NOT NULL)),
  CHECK ((status = 7) = (replaced_by_no IS NOT NULL))
) WITHOUT ROWID;
CREATE INDEX voucher_agency ON voucher (programme_no, agency_no, voucher_no);

-- How many vouchers stand where, by status; held_kopecks: face value of the issued and suspended. Kept with every
-- change of a voucher, so that nobody need count them.
CREATE TABLE voucher_tally (
  programme_no BIGINT NOT NULL REFERENCES programme,
  agency_no BIGINT NOT NULL REFERENCES agency,
  expires_at BIGINT NOT NULL,
  issued BIGINT NOT NULL,
  suspended BIGINT NOT NULL,
  redeemed BIGINT NOT NULL,
  completed BIGINT NOT NULL,
  voided BIGINT NOT NULL,
  expired BIGINT NOT NULL,
  replaced BIGINT NOT NULL,
  held_kopecks BIGINT NOT NULL,
  PRIMARY KEY (programme_no, agency_no, expires_at)
) WITHOUT ROWID;

CREATE TABLE course_run (
  programme_no BIGINT NOT NULL REFERENCES programme,
  course_run_no BIGINT NOT NULL,
  course_run_id BLOB NOT NULL CHECK (length(course_run_id) = 16),
  code TEXT NOT NULL,
  starts_on TEXT NOT NULL,
  ends_on TEXT NOT NULL,
  seats BIGINT NOT NULL CHECK (seats > 0),
  enrolled BIGINT NOT NULL CHECK (enrolled >= 0 AND enrolled <= seats),
  illustrative BOOLEAN NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
  PRIMARY KEY (programme_no, course_run_no),
  UNIQUE (programme_no, course_run_id),
  UNIQUE (programme_no, code)
);

-- status: 1 live, 2 reversed. redemption_no is the index of its leaf in the programme's log.
CREATE TABLE redemption (
  programme_no BIGINT NOT NULL,
  redemption_no BIGINT NOT NULL,
  redemption_id BLOB NOT NULL CHECK (length(redemption_id) = 16),
  voucher_no BIGINT NOT NULL,
  course_run_no BIGINT NOT NULL,
  status SMALLINT NOT NULL CHECK (status IN (1, 2)),
  redeemed_at BIGINT NOT NULL,
  redeemed_by BIGINT NOT NULL,
  by_number BOOLEAN NOT NULL,
  reversed_log_index BIGINT,
  PRIMARY KEY (programme_no, redemption_no),
  UNIQUE (programme_no, redemption_id)
) WITHOUT ROWID;
-- The guard of "exactly once": one live redemption per voucher.
CREATE UNIQUE INDEX redemption_once ON redemption (programme_no, voucher_no) WHERE status = 1;
CREATE INDEX redemption_course_run ON redemption (programme_no, course_run_no, redemption_no);

-- Enrolments moved to another course run: from which one. The redemption has its present run. move_no is the index of its leaf.
CREATE TABLE enrolment_move (
  programme_no BIGINT NOT NULL,
  move_no BIGINT NOT NULL,
  redemption_no BIGINT NOT NULL,
  from_course_run_no BIGINT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (programme_no, move_no),
  FOREIGN KEY (programme_no, redemption_no) REFERENCES redemption,
  FOREIGN KEY (programme_no, from_course_run_no) REFERENCES course_run
) WITHOUT ROWID;
CREATE INDEX enrolment_move_redemption ON enrolment_move (programme_no, redemption_no, move_no);

-- What happened to a voucher beside its issue and live redemption: suspended, extended, refused scans ...
-- is_final: this refusal is the answer to its redemption_id for ever.
CREATE TABLE voucher_attempt (
  programme_no BIGINT NOT NULL,
  attempt_no BIGINT NOT NULL,
  voucher_no BIGINT NOT NULL,
  attempted_at BIGINT NOT NULL,
  attempted_by BIGINT NOT NULL,
  action TEXT NOT NULL,
  outcome TEXT NOT NULL,
  facts TEXT NOT NULL,
  log_index BIGINT,
  redemption_id BLOB,
  request_digest BLOB,
  is_final BOOLEAN NOT NULL,
  PRIMARY KEY (programme_no, attempt_no)
);
CREATE INDEX voucher_attempt_voucher ON voucher_attempt (programme_no, voucher_no, attempt_no);
CREATE UNIQUE INDEX voucher_attempt_final ON voucher_attempt (programme_no, redemption_id) WHERE is_final;

-- Teaching and pay -------------------------------------------------------------------------------------

CREATE TABLE session (
  programme_no BIGINT NOT NULL,
  session_no BIGINT NOT NULL,
  session_id BLOB NOT NULL CHECK (length(session_id) = 16),
  course_run_no BIGINT NOT NULL,
  payee_no BIGINT NOT NULL REFERENCES payee,
  held_on TEXT NOT NULL,
  -- HH:MM, Moscow; null where it is not fixed.
  starts_at TEXT,
  phase TEXT NOT NULL CHECK (phase IN
    ('lecture', 'practical_university', 'practical_authority', 'remote', 'test')),
  hours INTEGER NOT NULL CHECK (hours > 0),
  status TEXT NOT NULL CHECK (status IN ('recorded', 'accepted', 'cancelled')),
  recorded_by TEXT NOT NULL,
  accepted_by TEXT,
  accepted_log_index BIGINT,
  pay_kopecks BIGINT,
  contributions_kopecks BIGINT,
  cancelled_log_index BIGINT,
  -- Why it was cancelled.
  reason TEXT,
  PRIMARY KEY (programme_no, session_no),
  UNIQUE (programme_no, session_id),
  FOREIGN KEY (programme_no, course_run_no) REFERENCES course_run,
  CHECK ((status = 'cancelled') = (cancelled_log_index IS NOT NULL AND reason IS NOT NULL))
);
CREATE INDEX session_course_run ON session (programme_no, course_run_no, session_no);
CREATE INDEX session_payee ON session (payee_no, held_on);

-- A register: one document that pays many.
CREATE TABLE payment_register (
  programme_no BIGINT NOT NULL,
  register_no BIGINT NOT NULL,
  register_id BLOB NOT NULL CHECK (length(register_id) = 16),
  document_number TEXT NOT NULL,
  paid_on TEXT NOT NULL,
  PRIMARY KEY (programme_no, register_no),
  UNIQUE (programme_no, register_id),
  UNIQUE (programme_no, document_number)
);

CREATE TABLE payment (
  programme_no BIGINT NOT NULL,
  payment_no BIGINT NOT NULL,
  payment_id BLOB NOT NULL CHECK (length(payment_id) = 16),
  payee_no BIGINT NOT NULL REFERENCES payee,
  document_number TEXT NOT NULL,
  paid_on TEXT NOT NULL,
  amount_kopecks BIGINT NOT NULL CHECK (amount_kopecks > 0),
  status TEXT NOT NULL CHECK (status IN ('prepared', 'paid', 'returned', 'withdrawn')),
  prepared_by TEXT NOT NULL,
  confirmed_by TEXT,
  paid_log_index BIGINT,
  withdrawn_by TEXT,
  withdrawn_log_index BIGINT,
  -- The day the bank gave it back.
  returned_on TEXT,
  returned_by TEXT,
  returned_log_index BIGINT,
  -- Why it was withdrawn or returned.
  reason TEXT,
  register_no BIGINT,
  PRIMARY KEY (programme_no, payment_no),
  UNIQUE (programme_no, payment_id),
  CHECK ((status = 'withdrawn') = (withdrawn_log_index IS NOT NULL)),
  CHECK ((status = 'returned') = (returned_log_index IS NOT NULL AND returned_on IS NOT NULL)),
  CHECK ((status IN ('returned', 'withdrawn')) = (reason IS NOT NULL)),
  FOREIGN KEY (programme_no, register_no) REFERENCES payment_register
);
CREATE INDEX payment_register_no ON payment (programme_no, register_no) WHERE register_no IS NOT NULL;
-- The number of a payment that was withdrawn is free again.
CREATE UNIQUE INDEX payment_document ON payment (programme_no, document_number) WHERE status <> 'withdrawn';

-- Bank statements ----------------------------------------------------------------------------------

CREATE TABLE settlement_account (
  programme_no BIGINT NOT NULL,
  account_no BIGINT NOT NULL,
  account_id BLOB NOT NULL CHECK (length(account_id) = 16),
  account_number TEXT NOT NULL CHECK (length(account_number) = 20),
  bic TEXT NOT NULL CHECK (length(bic) = 9),
  PRIMARY KEY (programme_no, account_no),
  UNIQUE (programme_no, account_id),
  UNIQUE (programme_no, account_number)
);

CREATE TABLE bank_statement (
  programme_no BIGINT NOT NULL,
  statement_no BIGINT NOT NULL,
  statement_id BLOB NOT NULL CHECK (length(statement_id) = 16),
  account_no BIGINT NOT NULL,
  file_sha256 BLOB NOT NULL CHECK (length(file_sha256) = 32),
  -- The last day inclusive.
  first_day TEXT NOT NULL,
  last_day TEXT NOT NULL,
  opening_kopecks BIGINT NOT NULL,
  closing_kopecks BIGINT NOT NULL,
  imported_by TEXT NOT NULL,
  PRIMARY KEY (programme_no, statement_no),
  UNIQUE (programme_no, statement_id),
  UNIQUE (programme_no, account_no, first_day),
  FOREIGN KEY (programme_no, account_no) REFERENCES settlement_account,
  CHECK (first_day <= last_day)
);

-- What the bank says happened; neither names nor purposes are kept. payment_no or register_no: what it is about, matched at
-- once or, of an unmatched one, when it was resolved.
CREATE TABLE statement_item (
  programme_no BIGINT NOT NULL,
  statement_no BIGINT NOT NULL,
  -- Its place in the statement, from 1.
  item_no INTEGER NOT NULL,
  item_id BLOB NOT NULL CHECK (length(item_id) = 16),
  direction TEXT NOT NULL CHECK (direction IN ('debit', 'credit')),
  booked_on TEXT NOT NULL,
  amount_kopecks BIGINT NOT NULL CHECK (amount_kopecks > 0),
  document_number TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('matched_paid', 'matched_confirmed', 'matched_returned', 'unmatched')),
  -- Why it was matched with nothing: a code.
  unmatched_because TEXT,
  payment_no BIGINT,
  register_no BIGINT,
  resolved_log_index BIGINT,
  resolved_by TEXT,
  -- What a person found out about it.
  reason TEXT,
  PRIMARY KEY (programme_no, statement_no, item_no),
  UNIQUE (programme_no, item_id),
  FOREIGN KEY (programme_no, statement_no) REFERENCES bank_statement,
  FOREIGN KEY (programme_no, payment_no) REFERENCES payment,
  FOREIGN KEY (programme_no, register_no) REFERENCES payment_register,
  CHECK ((outcome = 'unmatched') = (unmatched_because IS NOT NULL)),
  CHECK ((resolved_log_index IS NULL) = (reason IS NULL)),
  CHECK (resolved_log_index IS NULL OR outcome = 'unmatched'),
  CHECK (payment_no IS NULL OR register_no IS NULL)
);
-- What the bank says of a payment it says once.
CREATE UNIQUE INDEX statement_item_payment ON statement_item (programme_no, payment_no, direction)
  WHERE payment_no IS NOT NULL;
CREATE UNIQUE INDEX statement_item_register ON statement_item (programme_no, register_no) WHERE register_no IS NOT NULL;
CREATE INDEX statement_item_unmatched ON statement_item (programme_no, statement_no, item_no)
  WHERE outcome = 'unmatched' AND resolved_log_index IS NULL;

-- The information campaign ---------------------------------------------------------------------------

CREATE TABLE campaign_contract (
  programme_no BIGINT NOT NULL,
  contract_no BIGINT NOT NULL,
  contract_id BLOB NOT NULL CHECK (length(contract_id) = 16),
  budget_line_no BIGINT NOT NULL,
  payee_no BIGINT NOT NULL REFERENCES payee,
  document_number TEXT NOT NULL,
  signed_on TEXT NOT NULL,
  subject TEXT NOT NULL,
  amount_kopecks BIGINT NOT NULL CHECK (amount_kopecks > 0),
  status TEXT NOT NULL CHECK (status IN ('signed', 'ended')),
  ended_log_index BIGINT,
  PRIMARY KEY (programme_no, contract_no),
  UNIQUE (programme_no, contract_id),
  UNIQUE (programme_no, document_number),
  FOREIGN KEY (programme_no, budget_line_no) REFERENCES budget_line,
  CHECK ((status = 'ended') = (ended_log_index IS NOT NULL))
);

CREATE TABLE campaign_act (
  programme_no BIGINT NOT NULL,
  act_no BIGINT NOT NULL,
  act_id BLOB NOT NULL CHECK (length(act_id) = 16),
  contract_no BIGINT NOT NULL,
  document_number TEXT NOT NULL,
  accepted_on TEXT NOT NULL,
  amount_kopecks BIGINT NOT NULL CHECK (amount_kopecks > 0),
  PRIMARY KEY (programme_no, act_no),
  UNIQUE (programme_no, act_id),
  UNIQUE (programme_no, contract_no, document_number),
  FOREIGN KEY (programme_no, contract_no) REFERENCES campaign_contract
);

-- What an instructor was engaged for: the rate of an hour on its days. Two contracts of one instructor have no day in
-- common.
CREATE TABLE instructor_contract (
  contract_no INTEGER NOT NULL PRIMARY KEY,
  contract_id BLOB NOT NULL UNIQUE CHECK (length(contract_id) = 16),
  payee_no BIGINT NOT NULL REFERENCES payee,
  number TEXT NOT NULL,
  hourly_rate_kopecks BIGINT NOT NULL CHECK (hourly_rate_kopecks > 0),
  valid_from TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  hours INTEGER NOT NULL CHECK (hours > 0),
  UNIQUE (payee_no, number),
  CHECK (valid_from <= valid_until)
);

-- Hours of a course run by phase; a run without a plan has none.
CREATE TABLE course_run_plan (
  programme_no BIGINT NOT NULL,
  course_run_no BIGINT NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN
    ('lecture', 'practical_university', 'practical_authority', 'remote', 'test')),
  hours INTEGER NOT NULL CHECK (hours > 0),
  PRIMARY KEY (programme_no, course_run_no, phase),
  FOREIGN KEY (programme_no, course_run_no) REFERENCES course_run
) WITHOUT ROWID;

-- Who was there. What was recorded last of a person in a session counts; attendance_no is the index of its leaf.
CREATE TABLE attendance (
  programme_no BIGINT NOT NULL,
  attendance_no BIGINT NOT NULL,
  redemption_no BIGINT NOT NULL,
  session_no BIGINT NOT NULL,
  present BOOLEAN NOT NULL,
  PRIMARY KEY (programme_no, attendance_no, redemption_no),
  FOREIGN KEY (programme_no, session_no) REFERENCES session
) WITHOUT ROWID;
CREATE INDEX attendance_session ON attendance (programme_no, session_no, redemption_no, attendance_no);

-- Who passed the test. What was recorded last of a person counts; result_no is the index of its leaf.
CREATE TABLE test_result (
  programme_no BIGINT NOT NULL,
  result_no BIGINT NOT NULL,
  redemption_no BIGINT NOT NULL,
  passed BOOLEAN NOT NULL,
  score INTEGER CHECK (score BETWEEN 0 AND 100),
  PRIMARY KEY (programme_no, result_no, redemption_no)
) WITHOUT ROWID;
CREATE INDEX test_result_redemption ON test_result (programme_no, redemption_no, result_no);

-- Who finished, and the document they got. category: of service, as it was then. completion_no is the index of its leaf.
CREATE TABLE completion (
  programme_no BIGINT NOT NULL,
  completion_no BIGINT NOT NULL,
  redemption_no BIGINT NOT NULL,
  document_number TEXT NOT NULL,
  completed_on TEXT NOT NULL,
  category TEXT NOT NULL CHECK (category IN ('state_civil_servant', 'municipal_servant', 'other')),
  PRIMARY KEY (programme_no, completion_no),
  UNIQUE (programme_no, redemption_no),
  UNIQUE (programme_no, document_number)
) WITHOUT ROWID;

-- How many were retrained in a month (YYYY-MM, Moscow). Kept with every completion, so that nobody need count them.
CREATE TABLE retrained_tally (
  programme_no BIGINT NOT NULL REFERENCES programme,
  agency_no BIGINT NOT NULL REFERENCES agency,
  month TEXT NOT NULL,
  category TEXT NOT NULL,
  retrained BIGINT NOT NULL,
  PRIMARY KEY (programme_no, agency_no, month, category)
) WITHOUT ROWID;

-- Devices of the enrolment table ---------------------------------------------------------------------

-- A secret that pairs one device, once; only its SHA-256. pairing_no is the index of its leaf in the service's log.
CREATE TABLE device_pairing (
  pairing_no INTEGER NOT NULL PRIMARY KEY,
  pairing_id BLOB NOT NULL UNIQUE CHECK (length(pairing_id) = 16),
  secret_sha256 BLOB NOT NULL UNIQUE CHECK (length(secret_sha256) = 32),
  token_no BIGINT NOT NULL,
  university_no BIGINT NOT NULL REFERENCES university,
  expires_at BIGINT NOT NULL,
  device_no BIGINT
);

-- A device signs what it did while it was offline; its registrar answers for it. The last two columns are the chain of its items.
CREATE TABLE device (
  device_no INTEGER NOT NULL PRIMARY KEY,
  device_id BLOB NOT NULL UNIQUE CHECK (length(device_id) = 16),
  name TEXT NOT NULL,
  public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
  token_no BIGINT NOT NULL,
  registrar TEXT NOT NULL,
  university_no BIGINT NOT NULL REFERENCES university,
  paired_at BIGINT NOT NULL,
  revoked_at BIGINT,
  revoked_log_index BIGINT,
  next_sequence BIGINT NOT NULL CHECK (next_sequence > 0),
  newest_item_sha256 BLOB,
  CHECK ((revoked_at IS NULL) = (revoked_log_index IS NULL)),
  CHECK ((next_sequence = 1) = (newest_item_sha256 IS NULL))
);

-- What a device did while it was offline, once it was received. programme_no and log_index: the leaf that it ended in.
CREATE TABLE offline_item (
  device_no BIGINT NOT NULL REFERENCES device,
  sequence BIGINT NOT NULL CHECK (sequence > 0),
  item_sha256 BLOB NOT NULL CHECK (length(item_sha256) = 32),
  action TEXT NOT NULL CHECK (action IN ('redeem', 'undo')),
  redemption_id BLOB NOT NULL CHECK (length(redemption_id) = 16),
  scanned_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  -- What it was answered: JSON.
  answer TEXT NOT NULL,
  programme_no BIGINT NOT NULL,
  log_index BIGINT NOT NULL,
  PRIMARY KEY (device_no, sequence)
) WITHOUT ROWID;
CREATE INDEX offline_item_redemption ON offline_item (device_no, redemption_id, sequence);

-- The item as the device signed it: it has the credential, which names the holder.
CREATE TABLE offline_item_personal (
  device_no BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  item TEXT NOT NULL,
  signature BLOB NOT NULL CHECK (length(signature) = 64),
  PRIMARY KEY (device_no, sequence),
  FOREIGN KEY (device_no, sequence) REFERENCES offline_item
) WITHOUT ROWID;

-- An offline item that could not be followed as it was: a person decides. conflict_no is the index of its leaf.
CREATE TABLE conflict_case (
  programme_no BIGINT NOT NULL,
  conflict_no BIGINT NOT NULL,
  conflict_id BLOB NOT NULL CHECK (length(conflict_id) = 16),
  device_no BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  voucher_no BIGINT NOT NULL,
  course_run_no BIGINT NOT NULL,
  -- Why: code, field and facts, JSON.
  refusal TEXT NOT NULL,
  -- The leaf that it collides with, where there is one in this log.
  collides_log_index BIGINT,
  status TEXT NOT NULL CHECK (status IN ('open', 'enrolled', 'dismissed')),
  decided_by TEXT,
  decided_at BIGINT,
  decided_log_index BIGINT,
  reason TEXT,
  PRIMARY KEY (programme_no, conflict_no),
  UNIQUE (programme_no, conflict_id),
  FOREIGN KEY (programme_no, voucher_no) REFERENCES voucher,
  FOREIGN KEY (programme_no, course_run_no) REFERENCES course_run,
  CHECK ((status = 'open') = (decided_log_index IS NULL)),
  CHECK ((status = 'open') = (decided_by IS NULL AND decided_at IS NULL AND reason IS NULL))
) WITHOUT ROWID;

-- Answers kept for repeats ---------------------------------------------------------------------------

-- Names that finance control asked for: the number is that of the leaf. Who asked and when, the journal says; the name is
-- in neither.
CREATE TABLE unmasking (
  programme_no BIGINT NOT NULL,
  unmasking_no BIGINT NOT NULL,
  voucher_no BIGINT,
  payee_no BIGINT REFERENCES payee,
  reason TEXT NOT NULL,
  PRIMARY KEY (programme_no, unmasking_no),
  FOREIGN KEY (programme_no, voucher_no) REFERENCES voucher,
  CHECK ((voucher_no IS NULL) <> (payee_no IS NULL))
) WITHOUT ROWID;

-- Pages that the bearer of a token looks at again: bookmarks, which are in no log.
CREATE TABLE saved_query (
  query_id BLOB NOT NULL PRIMARY KEY CHECK (length(query_id) = 16),
  token_no BIGINT NOT NULL REFERENCES token,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  saved_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX saved_query_token ON saved_query (token_no, saved_at);

CREATE TABLE idempotency (
  organisation TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_digest BLOB NOT NULL,
  -- accepted: the reply; refused: code, field and facts.
  accepted BOOLEAN NOT NULL,
  outcome TEXT NOT NULL,
  programme_no BIGINT,
  log_index BIGINT,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (organisation, idempotency_key)
);

-- History is only added to ------------------------------------------------------------------------------

CREATE TRIGGER journal_transaction_no_update BEFORE UPDATE ON journal_transaction
BEGIN SELECT RAISE(ABORT, 'journal_transaction is append-only'); END;
CREATE TRIGGER journal_transaction_no_delete BEFORE DELETE ON journal_transaction
BEGIN SELECT RAISE(ABORT, 'journal_transaction is append-only'); END;
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting
BEGIN SELECT RAISE(ABORT, 'posting is append-only'); END;
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting
BEGIN SELECT RAISE(ABORT, 'posting is append-only'); END;
CREATE TRIGGER log_hash_no_update BEFORE UPDATE ON log_hash
BEGIN SELECT RAISE(ABORT, 'log_hash is append-only'); END;
CREATE TRIGGER log_hash_no_delete BEFORE DELETE ON log_hash
BEGIN SELECT RAISE(ABORT, 'log_hash is append-only'); END;
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;
CREATE TRIGGER voucher_attempt_no_update BEFORE UPDATE ON voucher_attempt
BEGIN SELECT RAISE(ABORT, 'voucher_attempt is append-only'); END;
CREATE TRIGGER voucher_attempt_no_delete BEFORE DELETE ON voucher_attempt
BEGIN SELECT RAISE(ABORT, 'voucher_attempt is append-only'); END;
CREATE TRIGGER redemption_no_delete BEFORE DELETE ON redemption
BEGIN SELECT RAISE(ABORT, 'redemption is never deleted'); END;
CREATE TRIGGER enrolment_move_no_update BEFORE UPDATE ON enrolment_move
BEGIN SELECT RAISE(ABORT, 'enrolment_move is append-only'); END;
CREATE TRIGGER enrolment_move_no_delete BEFORE DELETE ON enrolment_move
BEGIN SELECT RAISE(ABORT, 'enrolment_move is append-only'); END;
CREATE TRIGGER attendance_no_update BEFORE UPDATE ON attendance
BEGIN SELECT RAISE(ABORT, 'attendance is append-only'); END;
CREATE TRIGGER attendance_no_delete BEFORE DELETE ON attendance
BEGIN SELECT RAISE(ABORT, 'attendance is append-only'); END;
CREATE TRIGGER test_result_no_update BEFORE UPDATE ON test_result
BEGIN SELECT RAISE(ABORT, 'test_result is append-only'); END;
CREATE TRIGGER test_result_no_delete BEFORE DELETE ON test_result
BEGIN SELECT RAISE(ABORT, 'test_result is append-only'); END;
CREATE TRIGGER completion_no_update BEFORE UPDATE ON completion
BEGIN SELECT RAISE(ABORT, 'completion is append-only'); END;
CREATE TRIGGER completion_no_delete BEFORE DELETE ON completion
BEGIN SELECT RAISE(ABORT, 'completion is append-only'); END;
CREATE TRIGGER offline_item_no_update BEFORE UPDATE ON offline_item
BEGIN SELECT RAISE(ABORT, 'offline_item is append-only'); END;
CREATE TRIGGER offline_item_no_delete BEFORE DELETE ON offline_item
BEGIN SELECT RAISE(ABORT, 'offline_item is append-only'); END;
CREATE TRIGGER quota_move_no_delete BEFORE DELETE ON quota_move
BEGIN SELECT RAISE(ABORT, 'quota_move is never deleted'); END;
CREATE TRIGGER conflict_case_no_delete BEFORE DELETE ON conflict_case
BEGIN SELECT RAISE(ABORT, 'conflict_case is never deleted'); END;
CREATE TRIGGER unmasking_no_update BEFORE UPDATE ON unmasking
BEGIN SELECT RAISE(ABORT, 'unmasking is append-only'); END;
CREATE TRIGGER unmasking_no_delete BEFORE DELETE ON unmasking
BEGIN SELECT RAISE(ABORT, 'unmasking is append-only'); END;
