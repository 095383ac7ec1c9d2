"""The books of a programme derived again from the leaves of its log alone (docs/audit-package.md): each event must have
exactly the postings that its kind asks for. Part of verify_package.py; standard library only."""
from collections import defaultdict

KINDS = dict(zip(
    [*range(1, 7), *range(8, 35), *range(40, 51), *range(60, 69), *range(70, 85), *range(90, 93)],
    """initialised agency_registered university_registered token_created token_revoked key_added key_compromised
    employees_imported payee_registered log_restored pairing_opened device_paired device_revoked pass_made login_set_up
    signed_in sign_in_ended identity_linked programme_created programme_opened programme_closed budget_line_created quotas_set
    proposed withdrawn appropriation_made appropriation_reduced budget_moved year_closed period_closed quota_move_proposed
    quota_move_agreed quota_move_ended requested request_approved request_rejected voucher_issued voucher_suspended
    voucher_resumed voucher_voided voucher_replaced voucher_extended voucher_expired holder_unmasked course_run_created
    course_run_closed redeemed redemption_reversed course_run_topped_up enrolment_moved conflict_opened conflict_decided
    offline_item_rejected session_recorded session_accepted payment_prepared payment_made payment_withdrawn payment_returned
    session_cancelled settlement_account_set statement_imported statement_item_resolved instructor_contract_added
    attendance_recorded results_recorded completed payee_unmasked contract_signed act_accepted contract_ended""".split()))
UNTOLD = {81, 82, 83}  # their facts are about people and stay where they are
ACCOUNTS = ["limit", "available", "reserved", "obligated", "accrued", "paid"]
LIMIT, AVAILABLE, RESERVED, OBLIGATED, ACCRUED, PAID = range(6)
AGENCY, VOUCHER, REDEMPTION, RUN, SESSION, PAYEE, PAYMENT, CONTRACT, ACT = range(9)
OPENED, LINE, UP, DOWN = 21, 23, 27, 28
LIVES = {"voucher_suspended": ("issued", "suspended"), "voucher_resumed": ("suspended", "issued"),
         "completed": ("redeemed", "completed")}  # before and after


class Wrong(Exception):
    """Something does not hold."""


def must(holds, *words):
    if not holds:
        raise Wrong(" ".join(str(word) for word in words))


def allocate(total, weights):
    """To the kopeck by largest remainder, ties by key."""
    whole = sum(weights.values())
    must(0 <= total <= whole, "more is owed than there is:", total, "kopecks of", whole)
    shares = {key: total * weight // whole for key, weight in weights.items()} if whole else dict(weights)
    left = total - sum(shares.values())
    for key in sorted(weights, key=lambda key: (-(total * weights[key] % (whole or 1)), key))[:left]:
        shares[key] += 1
    return shares


def sides(amount, line, debit, credit, about, other=None):
    return [(line, debit, amount, about), (line, credit, -amount, other or about)] if amount else []


class Books:
    def __init__(self):
        self.lines, self.line_ids, self.pay_line = {}, {}, None
        self.vouchers, self.voucher_ids = {}, {}           # number: [agency, reserved, life, redemption]
        self.redemptions, self.runs = {}, {}               # number: [id, voucher, agency, run, obligated, live]
        self.sessions, self.payments, self.payees, self.tax_office = {}, {}, {}, None
        self.unpaid = defaultdict(dict)                    # payee: {(redemption, session): kopecks}
        self.session_runs, self.quotas = {}, {}            # session: its run; move of seats: agencies yet to agree
        self.face, self.points, self.contracts = None, None, {}    # id: [number, line, payee, left, in force]

    def find(self, subjects, *lives):
        must(subjects.get("voucher") in self.voucher_ids, "there is no such voucher")
        number = self.voucher_ids[subjects["voucher"]]
        must(self.vouchers[number][2] in lives, "voucher", number, "is", self.vouchers[number][2])
        return number

    def issue(self, number, agency, voucher_id):
        must(None not in (number, agency, voucher_id) and number not in self.vouchers and
             voucher_id not in self.voucher_ids, "voucher", number, "is issued twice, or without a name")
        self.voucher_ids[voucher_id], self.vouchers[number] = number, [agency, 0, "issued", None]

    def about(self, number, redemption=None):
        run = self.redemptions[redemption][3] if redemption is not None else None
        return (self.vouchers[number][0], number, redemption, run) + (None,) * 5

    def owing(self, due, payee, payment=None):
        """Line and dimensions of a debt: (redemption, session), or ("act", contract, act)."""
        if due[0] == "act":
            line = next(c[1] for c in self.contracts.values() if c[0] == due[1])
            return line, (None,) * 5 + (payee, payment) + due[1:]
        about = self.about(self.redemptions[due[0]][1], due[0])
        return self.pay_line, about[:3] + (self.session_runs[due[1]], due[1], payee, payment, None, None)

    def live(self, run):
        return {(r[0], n): n for n, r in self.redemptions.items() if r[3] == run and self.vouchers[r[1]][3] == n}

    def obligated(self, run):  # (id, number) of a redemption: what it has obligated
        return {(r[0], n): r[4] for n, r in self.redemptions.items() if r[3] == run and r[4]}

    def expected(self, index, kind, says, lines, facts):
        """The postings that the leaf must have."""
        name, line = KINDS[kind], self.pay_line
        if kind == OPENED and facts:
            self.face, self.points = int(facts[0]), int(facts[2])
        elif kind == LINE:
            self.lines[index], self.line_ids[says["budget_line"]] = [0] * 6, index
        elif kind in (UP, DOWN):
            must(lines and lines[0][2] > 0, "nothing is appropriated")
            pair = (AVAILABLE, LIMIT) if kind == UP else (LIMIT, AVAILABLE)
            return sides(lines[0][2], self.line_ids.get(says["budget_line"]), *pair, (None,) * 9)
        elif name == "budget_moved":
            source, to = (self.line_ids.get(says[way + "_budget_line"]) for way in ("from", "to"))
            must(lines and lines[0][2] > 0 and source != to, "nothing is moved")
            return (sides(lines[0][2], source, LIMIT, AVAILABLE, (None,) * 9)
                    + sides(lines[0][2], to, AVAILABLE, LIMIT, (None,) * 9))
        elif name == "quota_move_proposed":
            self.quotas[says["quota_move"]] = {says["from_agency"], says["to_agency"]} - {says.get("agency")}
        elif name == "quota_move_agreed":
            waits = self.quotas.get(says["quota_move"], set())
            must(says["agency"] in waits, "an agency agrees to no open move of its quota")
            waits.remove(says["agency"])
            must(says["outcome"] == (b"waits" if waits else b"moved"), "a quota moves without both agencies' consent")
        elif name == "quota_move_ended":
            must(self.quotas.pop(says["quota_move"], None), "no open move of a quota ends")
        elif name == "year_closed":
            must(not any(any(b[RESERVED:PAID]) for b in self.lines.values()), "the year ends with money under way")
            return [s for at, b in self.lines.items() for s in sides(b[AVAILABLE], at, LIMIT, AVAILABLE, (None,) * 9)]
        elif name == "voucher_issued":
            must(lines, "an issue without postings")
            self.pay_line, self.face = lines[0][0] if line is None else line, self.face or lines[0][2]
            self.issue(lines[0][3][VOUCHER], lines[0][3][AGENCY], says.get("voucher"))
            return sides(self.face, self.pay_line, RESERVED, AVAILABLE, self.about(lines[0][3][VOUCHER]))
        elif name in LIVES:
            self.vouchers[self.find(says, LIVES[name][0])][2] = LIVES[name][1]
        elif name in ("voucher_voided", "voucher_expired"):
            number = self.find(says, "issued", "suspended")
            self.vouchers[number][2] = name[8:]
            return sides(self.vouchers[number][1], line, AVAILABLE, RESERVED, self.about(number))
        elif name == "voucher_replaced":
            number = self.find(says, "issued", "suspended")
            must(lines, "a replacement without postings")
            self.vouchers[number][2], successor = "replaced", lines[0][3][VOUCHER]
            self.issue(successor, self.vouchers[number][0], says.get("successor"))
            return sides(self.vouchers[number][1], line, RESERVED, RESERVED, self.about(successor), self.about(number))
        elif name == "voucher_extended":
            number = self.find(says, "issued", "expired")
            had_expired, self.vouchers[number][2] = self.vouchers[number][2] == "expired", "issued"
            return sides(self.face if had_expired else 0, line, RESERVED, AVAILABLE, self.about(number))
        elif name == "course_run_created":
            self.runs[says["course_run"]] = [index, True]
        elif name == "redeemed":
            late = ("expired", "voided") if "conflict" in says else ("expired",) if "item_sha256" in says else ()
            number, run = self.find(says, "issued", *late), self.runs.get(says["course_run"])
            must(run and run[1], "a redemption into a course run that is closed or not there")
            agency, reserved, life, _ = self.vouchers[number]
            self.vouchers[number][2:] = "redeemed", index
            self.redemptions[index] = [says["redemption"], number, agency, run[0], 0]
            released = life != "issued"  # a scan made offline that came late, or stands by decision
            return sides(self.face if released else reserved, line, OBLIGATED, AVAILABLE if released else RESERVED,
                         self.about(number, index))
        elif name == "redemption_reversed":
            number = self.find(says, "redeemed", "completed")
            redemption = self.vouchers[number][3]
            must(self.redemptions[redemption][0] == says["redemption"], "another redemption than the voucher's")
            left, lives = self.redemptions[redemption][4], bool(lines) and lines[0][1] == RESERVED
            must(not lives or (left == self.face and self.vouchers[number][2] == "redeemed"),
                 "a voucher lives again with a part of its face value, or after the course")
            self.vouchers[number][2:] = ("issued" if lives else "voided"), None
            if lines and lines[0][1] == OBLIGATED:  # the rest goes to the others of the run
                others, own = self.live(self.redemptions[redemption][3]), self.about(number, redemption)
                parts = allocate(left, {key: left for key in others})
                return [s for (_, n), part in parts.items() for s in
                        sides(part, line, OBLIGATED, OBLIGATED, self.about(self.redemptions[n][1], n), own)]
            return sides(left, line, RESERVED if lives else AVAILABLE, OBLIGATED, self.about(number, redemption))
        elif name == "enrolment_moved":
            number, left, to = self.find(says, "redeemed"), self.runs.get(says["from_course_run"]), self.runs.get(says["course_run"])
            moved = self.redemptions[self.vouchers[number][3]]
            must(left and to and to[1] and left != to and (moved[0], moved[3]) == (says["redemption"], left[0]),
                 "an enrolment that cannot move there")
            before, moved[3] = self.about(number, self.vouchers[number][3]), to[0]
            return sides(moved[4], line, OBLIGATED, OBLIGATED, self.about(number, self.vouchers[number][3]), before)
        elif name == "course_run_closed":
            run = self.runs.get(says["course_run"])
            must(run and run[1], "a course run is closed twice")
            run[1] = False
            return [side for (_, n), left in self.obligated(run[0]).items() for side in
                    sides(left, line, AVAILABLE, OBLIGATED, self.about(self.redemptions[n][1], n))]
        elif name == "course_run_topped_up":
            run, amount = self.runs.get(says["course_run"]), sum(a for _, account, a, _ in lines if account == OBLIGATED)
            must(run and run[1] and amount > 0 and self.live(run[0]), "a run that cannot be topped up")
            parts = allocate(amount, {key: amount for key in self.live(run[0])})
            return [s for (_, n), part in parts.items() for s in
                    sides(part, line, OBLIGATED, AVAILABLE, self.about(self.redemptions[n][1], n))]
        elif name == "session_cancelled":
            return self.cancelled(says)
        elif name == "contract_signed":
            must(lines and lines[0][3][PAYEE] is not None and lines[0][0] != line, "a contract on no line of the campaign")
            at, payee, amount = lines[0][0], lines[0][3][PAYEE], int(facts[3])
            self.know(says["payee"], payee)
            self.contracts[says["contract"]] = [index, at, payee, amount, True]
            return sides(amount, at, OBLIGATED, AVAILABLE, (None,) * 5 + (payee, None, index, None))
        elif name in ("act_accepted", "contract_ended"):
            contract = self.contracts.get(says["contract"])
            must(contract and contract[4], "there is no such contract in force")
            number, at, payee, left, _ = contract
            amount, is_act = (int(facts[2]), True) if name == "act_accepted" else (left, False)
            must(0 <= amount <= left, "an act of more than its contract has left")
            contract[3:] = left - amount, is_act
            return sides(amount, at, ACCRUED if is_act else AVAILABLE, OBLIGATED,
                         (None,) * 5 + (payee, None, number, index if is_act else None))
        elif name == "session_recorded":
            must(says["course_run"] in self.runs, "a session of no course run")
            self.session_runs[index] = self.runs[says["course_run"]][0]
            self.sessions[says["session"]] = [index, self.runs[says["course_run"]], says["payee"], int(facts[2]), False]
        elif name == "session_accepted":
            return self.accepted(says, lines, facts)
        elif name == "payment_prepared":
            self.payments[says["payment"]] = [index, says["payee"], int(facts[2]), True, {}, None]
        elif name == "payment_returned":
            payment = self.payments.get(says["payment"])
            must(payment and payment[4], "a payment that was not made, or was returned already")
            parts, payment[4] = payment[4], {}
            return [s for due, part in parts.items() for at, about in [self.owing(due, payment[5], payment[0])]
                    for s in sides(part, at, ACCRUED, PAID, about)]
        elif name in ("payment_withdrawn", "payment_made"):
            payment = self.payments.get(says["payment"])
            must(payment and payment[3], "a payment that was made or withdrawn already")
            payment[3] = False
            if name == "payment_made":
                return self.paid(payment, lines)
        return []

    def know(self, payee_id, payee):
        must(self.payees.setdefault(payee_id, payee) == payee, "money goes to another payee:", payee)

    def accepted(self, says, lines, facts):
        session = self.sessions.get(says["session"])
        must(session and not session[4] and session[1][1], "a session accepted twice, or of a closed run")
        session[4] = True
        owed = {}
        for _, account, amount, about in lines:
            if account == ACCRUED:
                owed[about[PAYEE]] = owed.get(about[PAYEE], 0) + amount
        (payee, pay), *rest = list(owed.items()) or [(None, 0)]
        self.know(session[2], payee)
        must(len(rest) < 2, "a session owes more than two payees")
        contributions = rest[0][1] if rest else 0
        self.tax_office = rest[0][0] if rest and self.tax_office is None else self.tax_office
        must(not rest or rest[0][0] == self.tax_office, "contributions go to another payee than before")
        must(pay % session[3] == 0, "pay is not hours by a rate")
        if facts:
            hours, rate, points, *amounts = map(int, facts)
            must((hours, hours * rate) == (session[3], pay) and amounts == [pay, contributions] and
                 points == (self.points or points), "pay is not what its facts say")
        part = contributions if self.points is None else (pay * self.points + 5000) // 10000
        must(contributions == part, "contributions are", contributions, "kopecks, and must be", part)
        left, postings = self.obligated(session[1][0]), []
        for payee, amount in owed.items():
            for key, share in allocate(amount, left).items():
                left[key] -= share
                postings += sides(share, self.pay_line, ACCRUED, OBLIGATED, self.owing((key[1], session[0]), payee)[1])
        return postings

    def cancelled(self, says):
        session = self.sessions.pop(says["session"], None)
        must(session, "there is no such session")
        if not session[4]:
            return []
        live, postings = set(self.live(session[1][0]).values()) if session[1][1] else set(), []
        for payee in (self.payees[session[2]], self.tax_office):
            for due, amount in self.unpaid[payee].items():
                if due[0] != "act" and due[1] == session[0]:
                    at, about = self.owing(due, payee)
                    postings += sides(amount, at, OBLIGATED, ACCRUED, about)
                    postings += [] if due[0] in live else sides(amount, at, AVAILABLE, OBLIGATED, about)
        return postings

    def paid(self, payment, lines):
        payee = lines[0][3][PAYEE] if lines else None
        self.know(payment[1], payee)
        weights = {(b"", due[2], due) if due[0] == "act" else (self.redemptions[due[0]][0], due[1], due): amount
                   for due, amount in self.unpaid[payee].items()}
        parts = {key[2]: share for key, share in allocate(payment[2], weights).items() if share}
        payment[4:] = parts, payee
        return [side for due, share in parts.items() for at, about in [self.owing(due, payee, payment[0])]
                for side in sides(share, at, PAID, ACCRUED, about)]

    def book(self, index, kind, says, lines, facts):
        must(kind in KINDS, "kind", kind, "is unknown: this verifier is older than the log")
        expected = self.expected(index, kind, says, lines, facts)
        must(sorted(map(repr, expected)) == sorted(map(repr, lines)), KINDS[kind], "has other postings than its rule")
        must(sum(amount for _, _, amount, _ in lines) == 0, "debits are not credits")
        for line, account, amount, about in lines:
            must(line in self.lines, "there is no budget line", line)
            balances = self.lines[line]
            balances[account] += -amount if account == LIMIT else amount
            must(balances[account] >= 0, ACCOUNTS[account], "goes below zero")
            if account == RESERVED:
                self.vouchers[about[VOUCHER]][1] += amount
            if account == OBLIGATED and about[REDEMPTION] is not None:
                self.redemptions[about[REDEMPTION]][4] += amount
                must(self.redemptions[about[REDEMPTION]][4] >= 0, "a redemption gives more than it has")
            if account == ACCRUED:
                owed, key = self.unpaid[about[PAYEE]], (about[REDEMPTION], about[SESSION])
                key = key if about[CONTRACT] is None else ("act", about[CONTRACT], about[ACT])
                owed[key] = owed.get(key, 0) + amount
                must(owed[key] >= 0, "more is paid than owed")
                if not owed[key]:
                    del owed[key]
        for line in {line for line, *_ in lines}:
            must(self.lines[line][LIMIT] == sum(self.lines[line][1:]), "the limit is not the sum of the other accounts")
