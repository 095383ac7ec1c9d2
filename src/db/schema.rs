//! The tables as diesel sees them: `migrations/` is the truth, and a test compares the two.

diesel::table! {
    installation (installation_no) {
        installation_no -> BigInt,
        issuer -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    signing_key (kid) {
        kid -> Binary,
        purpose -> Text,
        public_key -> Binary,
        state -> Text,
        valid_from -> BigInt,
        valid_until -> Nullable<BigInt>,
        compromised_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    agency (agency_no) {
        agency_no -> BigInt,
        agency_id -> Binary,
        code -> Text,
        name -> Text,
        category -> Text,
        municipality -> Nullable<Text>,
    }
}

diesel::table! {
    university (university_no) {
        university_no -> BigInt,
        university_id -> Binary,
        code -> Text,
        name -> Text,
    }
}

diesel::table! {
    token (token_no) {
        token_no -> BigInt,
        token_id -> Binary,
        token_hash -> Binary,
        subject -> Text,
        scope -> Text,
        agency_no -> Nullable<BigInt>,
        university_no -> Nullable<BigInt>,
        created_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    login (token_no) {
        token_no -> BigInt,
        password_hash -> Text,
        second_factor -> BigInt,
        last_step -> BigInt,
    }
}

diesel::table! {
    recovery_code (token_no, code_hash) {
        token_no -> BigInt,
        code_hash -> Binary,
    }
}

diesel::table! {
    identity (token_no) {
        token_no -> BigInt,
        identity_hash -> Binary,
        linked_at -> BigInt,
    }
}

diesel::table! {
    pass (pass_hash) {
        pass_hash -> Binary,
        token_no -> BigInt,
        purpose -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    sign_in (sign_in_no) {
        sign_in_no -> BigInt,
        sign_in_id -> Binary,
        secret_hash -> Binary,
        token_no -> BigInt,
        means -> Text,
        browser -> Text,
        signed_in_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    denial (denial_no) {
        denial_no -> BigInt,
        denied_at -> BigInt,
        token_no -> Nullable<BigInt>,
        method -> Text,
        route -> Text,
        code -> Text,
    }
}

diesel::table! {
    payee (payee_no) {
        payee_no -> BigInt,
        payee_id -> Binary,
        kind -> Text,
        university_no -> Nullable<BigInt>,
    }
}

diesel::table! {
    employee (employee_no) {
        employee_no -> BigInt,
        employee_id -> Binary,
        agency_no -> BigInt,
        category -> Text,
        leaves_on -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    employee_personal (employee_no) {
        employee_no -> BigInt,
        agency_no -> BigInt,
        snils_key -> Binary,
        snils -> Text,
        family_name -> Text,
        given_name -> Text,
        patronymic -> Nullable<Text>,
        position -> Text,
        email -> Nullable<Text>,
    }
}

diesel::table! {
    payee_personal (payee_no) {
        payee_no -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    voucher_credential (programme_no, voucher_no, credential_version) {
        programme_no -> BigInt,
        voucher_no -> BigInt,
        credential_version -> Integer,
        credential -> Binary,
    }
}

diesel::table! {
    programme (programme_no) {
        programme_no -> BigInt,
        programme_id -> Binary,
        code -> Text,
        name -> Text,
        year -> Integer,
        university_no -> BigInt,
        course_hours -> Integer,
        face_value_kopecks -> BigInt,
        valid_from -> Text,
        valid_until -> Text,
        priority_until -> Nullable<Text>,
        auto_approve_max_rows -> Integer,
        sync_grace_days -> Integer,
        eligible_categories -> Text,
        contribution_basis_points -> Integer,
        target_trained -> Integer,
        illustrative -> Bool,
        status -> Text,
        next_voucher_no -> BigInt,
    }
}

diesel::table! {
    budget_line (programme_no, budget_line_no) {
        programme_no -> BigInt,
        budget_line_no -> BigInt,
        budget_line_id -> Binary,
        kbk -> Text,
        item -> Text,
        name -> Text,
    }
}

diesel::table! {
    quota (programme_no, agency_no) {
        programme_no -> BigInt,
        agency_no -> BigInt,
        seats -> BigInt,
        held -> BigInt,
    }
}

diesel::table! {
    quota_move (programme_no, move_no) {
        programme_no -> BigInt,
        move_no -> BigInt,
        move_id -> Binary,
        from_agency_no -> BigInt,
        to_agency_no -> BigInt,
        seats -> BigInt,
        reason -> Text,
        status -> Text,
        proposed_side -> Text,
        proposed_by -> Text,
        proposed_at -> BigInt,
        from_agreed_by -> Nullable<Text>,
        from_agreed_at -> Nullable<BigInt>,
        from_agreed_log_index -> Nullable<BigInt>,
        to_agreed_by -> Nullable<Text>,
        to_agreed_at -> Nullable<BigInt>,
        to_agreed_log_index -> Nullable<BigInt>,
        ended_side -> Nullable<Text>,
        ended_at -> Nullable<BigInt>,
        ended_log_index -> Nullable<BigInt>,
        ended_reason -> Nullable<Text>,
    }
}

diesel::table! {
    proposal (programme_no, proposal_no) {
        programme_no -> BigInt,
        proposal_no -> BigInt,
        proposal_id -> Binary,
        kind -> Text,
        act -> Text,
        status -> Text,
        proposed_by -> Text,
        proposed_at -> BigInt,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<BigInt>,
        decided_log_index -> Nullable<BigInt>,
    }
}

diesel::table! {
    log_head (programme_no) {
        programme_no -> BigInt,
        origin -> Text,
        frontier -> Binary,
    }
}

diesel::table! {
    journal_transaction (programme_no, log_index) {
        programme_no -> BigInt,
        log_index -> BigInt,
        kind -> SmallInt,
        effective_at -> BigInt,
        recorded_at -> BigInt,
        recorded_by -> BigInt,
        leaf -> Binary,
        leaf_hash -> Binary,
    }
}

diesel::table! {
    log_hash (programme_no, level, hash_index) {
        programme_no -> BigInt,
        level -> SmallInt,
        hash_index -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    checkpoint (programme_no, tree_size) {
        programme_no -> BigInt,
        tree_size -> BigInt,
        note -> Text,
    }
}

diesel::table! {
    cosignature (programme_no, witness, tree_size) {
        programme_no -> BigInt,
        witness -> Text,
        tree_size -> BigInt,
        cosigned_at -> BigInt,
        line -> Text,
    }
}

diesel::table! {
    posting (programme_no, log_index, posting_no) {
        programme_no -> BigInt,
        log_index -> BigInt,
        posting_no -> Integer,
        budget_line_no -> BigInt,
        account -> SmallInt,
        amount_kopecks -> BigInt,
        agency_no -> Nullable<BigInt>,
        voucher_no -> Nullable<BigInt>,
        redemption_no -> Nullable<BigInt>,
        course_run_no -> Nullable<BigInt>,
        session_no -> Nullable<BigInt>,
        payee_no -> Nullable<BigInt>,
        payment_no -> Nullable<BigInt>,
        contract_no -> Nullable<BigInt>,
        act_no -> Nullable<BigInt>,
    }
}

diesel::table! {
    account_turnover (programme_no, budget_line_no, account, month) {
        programme_no -> BigInt,
        budget_line_no -> BigInt,
        account -> SmallInt,
        month -> Text,
        debit_kopecks -> BigInt,
        credit_kopecks -> BigInt,
    }
}

diesel::table! {
    period (programme_no, month) {
        programme_no -> BigInt,
        month -> Text,
        ends_at -> BigInt,
        closed_at -> BigInt,
        closed_log_index -> BigInt,
        trial_balance -> Text,
    }
}

diesel::table! {
    voucher_tally (programme_no, agency_no, expires_at) {
        programme_no -> BigInt,
        agency_no -> BigInt,
        expires_at -> BigInt,
        issued -> BigInt,
        suspended -> BigInt,
        redeemed -> BigInt,
        completed -> BigInt,
        voided -> BigInt,
        expired -> BigInt,
        replaced -> BigInt,
        held_kopecks -> BigInt,
    }
}

diesel::table! {
    account_balance (programme_no, budget_line_no, account) {
        programme_no -> BigInt,
        budget_line_no -> BigInt,
        account -> SmallInt,
        balance_kopecks -> BigInt,
    }
}

diesel::table! {
    request (programme_no, request_no) {
        programme_no -> BigInt,
        request_no -> BigInt,
        request_id -> Binary,
        agency_no -> BigInt,
        mode -> Text,
        status -> Text,
        requested_by -> Text,
        requested_at -> BigInt,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<BigInt>,
        automatic -> Bool,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    request_item (programme_no, request_no, item_no) {
        programme_no -> BigInt,
        request_no -> BigInt,
        item_no -> Integer,
        client_ref -> Text,
        employee_no -> Nullable<BigInt>,
        holder_key -> Nullable<Binary>,
        status -> Text,
        refusal -> Nullable<Text>,
        eligibility -> Text,
        voucher_no -> Nullable<BigInt>,
    }
}

diesel::table! {
    holder_claim (programme_no, holder_key) {
        programme_no -> BigInt,
        holder_key -> Binary,
        agency_no -> BigInt,
    }
}

diesel::table! {
    voucher (programme_no, voucher_no) {
        programme_no -> BigInt,
        voucher_no -> BigInt,
        voucher_id -> Binary,
        status -> SmallInt,
        agency_no -> BigInt,
        employee_no -> BigInt,
        request_no -> BigInt,
        face_value_kopecks -> BigInt,
        not_before -> BigInt,
        expires_at -> BigInt,
        issued_at -> BigInt,
        issued_log_index -> BigInt,
        kid -> Binary,
        credential_version -> Integer,
        redemption_no -> Nullable<BigInt>,
        replaces_no -> Nullable<BigInt>,
        replaced_by_no -> Nullable<BigInt>,
    }
}

diesel::table! {
    course_run (programme_no, course_run_no) {
        programme_no -> BigInt,
        course_run_no -> BigInt,
        course_run_id -> Binary,
        code -> Text,
        starts_on -> Text,
        ends_on -> Text,
        seats -> BigInt,
        enrolled -> BigInt,
        illustrative -> Bool,
        status -> Text,
    }
}

diesel::table! {
    redemption (programme_no, redemption_no) {
        programme_no -> BigInt,
        redemption_no -> BigInt,
        redemption_id -> Binary,
        voucher_no -> BigInt,
        course_run_no -> BigInt,
        status -> SmallInt,
        redeemed_at -> BigInt,
        redeemed_by -> BigInt,
        by_number -> Bool,
        reversed_log_index -> Nullable<BigInt>,
    }
}

diesel::table! {
    enrolment_move (programme_no, move_no) {
        programme_no -> BigInt,
        move_no -> BigInt,
        redemption_no -> BigInt,
        from_course_run_no -> BigInt,
        reason -> Text,
    }
}

diesel::table! {
    voucher_attempt (programme_no, attempt_no) {
        programme_no -> BigInt,
        attempt_no -> BigInt,
        voucher_no -> BigInt,
        attempted_at -> BigInt,
        attempted_by -> BigInt,
        action -> Text,
        outcome -> Text,
        facts -> Text,
        log_index -> Nullable<BigInt>,
        redemption_id -> Nullable<Binary>,
        request_digest -> Nullable<Binary>,
        is_final -> Bool,
    }
}

diesel::table! {
    session (programme_no, session_no) {
        programme_no -> BigInt,
        session_no -> BigInt,
        session_id -> Binary,
        course_run_no -> BigInt,
        payee_no -> BigInt,
        held_on -> Text,
        starts_at -> Nullable<Text>,
        phase -> Text,
        hours -> Integer,
        status -> Text,
        recorded_by -> Text,
        accepted_by -> Nullable<Text>,
        accepted_log_index -> Nullable<BigInt>,
        pay_kopecks -> Nullable<BigInt>,
        contributions_kopecks -> Nullable<BigInt>,
        cancelled_log_index -> Nullable<BigInt>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    payment_register (programme_no, register_no) {
        programme_no -> BigInt,
        register_no -> BigInt,
        register_id -> Binary,
        document_number -> Text,
        paid_on -> Text,
    }
}

diesel::table! {
    payment (programme_no, payment_no) {
        programme_no -> BigInt,
        payment_no -> BigInt,
        payment_id -> Binary,
        payee_no -> BigInt,
        document_number -> Text,
        paid_on -> Text,
        amount_kopecks -> BigInt,
        status -> Text,
        prepared_by -> Text,
        confirmed_by -> Nullable<Text>,
        paid_log_index -> Nullable<BigInt>,
        withdrawn_by -> Nullable<Text>,
        withdrawn_log_index -> Nullable<BigInt>,
        returned_on -> Nullable<Text>,
        returned_by -> Nullable<Text>,
        returned_log_index -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        register_no -> Nullable<BigInt>,
    }
}

diesel::table! {
    settlement_account (programme_no, account_no) {
        programme_no -> BigInt,
        account_no -> BigInt,
        account_id -> Binary,
        account_number -> Text,
        bic -> Text,
    }
}

diesel::table! {
    bank_statement (programme_no, statement_no) {
        programme_no -> BigInt,
        statement_no -> BigInt,
        statement_id -> Binary,
        account_no -> BigInt,
        file_sha256 -> Binary,
        first_day -> Text,
        last_day -> Text,
        opening_kopecks -> BigInt,
        closing_kopecks -> BigInt,
        imported_by -> Text,
    }
}

diesel::table! {
    statement_item (programme_no, statement_no, item_no) {
        programme_no -> BigInt,
        statement_no -> BigInt,
        item_no -> Integer,
        item_id -> Binary,
        direction -> Text,
        booked_on -> Text,
        amount_kopecks -> BigInt,
        document_number -> Text,
        outcome -> Text,
        unmatched_because -> Nullable<Text>,
        payment_no -> Nullable<BigInt>,
        register_no -> Nullable<BigInt>,
        resolved_log_index -> Nullable<BigInt>,
        resolved_by -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    campaign_contract (programme_no, contract_no) {
        programme_no -> BigInt,
        contract_no -> BigInt,
        contract_id -> Binary,
        budget_line_no -> BigInt,
        payee_no -> BigInt,
        document_number -> Text,
        signed_on -> Text,
        subject -> Text,
        amount_kopecks -> BigInt,
        status -> Text,
        ended_log_index -> Nullable<BigInt>,
    }
}

diesel::table! {
    campaign_act (programme_no, act_no) {
        programme_no -> BigInt,
        act_no -> BigInt,
        act_id -> Binary,
        contract_no -> BigInt,
        document_number -> Text,
        accepted_on -> Text,
        amount_kopecks -> BigInt,
    }
}

diesel::table! {
    instructor_contract (contract_no) {
        contract_no -> BigInt,
        contract_id -> Binary,
        payee_no -> BigInt,
        number -> Text,
        hourly_rate_kopecks -> BigInt,
        valid_from -> Text,
        valid_until -> Text,
        hours -> Integer,
    }
}

diesel::table! {
    course_run_plan (programme_no, course_run_no, phase) {
        programme_no -> BigInt,
        course_run_no -> BigInt,
        phase -> Text,
        hours -> Integer,
    }
}

diesel::table! {
    attendance (programme_no, attendance_no, redemption_no) {
        programme_no -> BigInt,
        attendance_no -> BigInt,
        redemption_no -> BigInt,
        session_no -> BigInt,
        present -> Bool,
    }
}

diesel::table! {
    test_result (programme_no, result_no, redemption_no) {
        programme_no -> BigInt,
        result_no -> BigInt,
        redemption_no -> BigInt,
        passed -> Bool,
        score -> Nullable<Integer>,
    }
}

diesel::table! {
    completion (programme_no, completion_no) {
        programme_no -> BigInt,
        completion_no -> BigInt,
        redemption_no -> BigInt,
        document_number -> Text,
        completed_on -> Text,
        category -> Text,
    }
}

diesel::table! {
    retrained_tally (programme_no, agency_no, month, category) {
        programme_no -> BigInt,
        agency_no -> BigInt,
        month -> Text,
        category -> Text,
        retrained -> BigInt,
    }
}

diesel::table! {
    device_pairing (pairing_no) {
        pairing_no -> BigInt,
        pairing_id -> Binary,
        secret_sha256 -> Binary,
        token_no -> BigInt,
        university_no -> BigInt,
        expires_at -> BigInt,
        device_no -> Nullable<BigInt>,
    }
}

diesel::table! {
    device (device_no) {
        device_no -> BigInt,
        device_id -> Binary,
        name -> Text,
        public_key -> Binary,
        token_no -> BigInt,
        registrar -> Text,
        university_no -> BigInt,
        paired_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        revoked_log_index -> Nullable<BigInt>,
        next_sequence -> BigInt,
        newest_item_sha256 -> Nullable<Binary>,
    }
}

diesel::table! {
    offline_item (device_no, sequence) {
        device_no -> BigInt,
        sequence -> BigInt,
        item_sha256 -> Binary,
        action -> Text,
        redemption_id -> Binary,
        scanned_at -> BigInt,
        received_at -> BigInt,
        answer -> Text,
        programme_no -> BigInt,
        log_index -> BigInt,
    }
}

diesel::table! {
    offline_item_personal (device_no, sequence) {
        device_no -> BigInt,
        sequence -> BigInt,
        item -> Text,
        signature -> Binary,
    }
}

diesel::table! {
    conflict_case (programme_no, conflict_no) {
        programme_no -> BigInt,
        conflict_no -> BigInt,
        conflict_id -> Binary,
        device_no -> BigInt,
        sequence -> BigInt,
        voucher_no -> BigInt,
        course_run_no -> BigInt,
        refusal -> Text,
        collides_log_index -> Nullable<BigInt>,
        status -> Text,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<BigInt>,
        decided_log_index -> Nullable<BigInt>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    unmasking (programme_no, unmasking_no) {
        programme_no -> BigInt,
        unmasking_no -> BigInt,
        voucher_no -> Nullable<BigInt>,
        payee_no -> Nullable<BigInt>,
        reason -> Text,
    }
}

diesel::table! {
    saved_query (query_id) {
        query_id -> Binary,
        token_no -> BigInt,
        name -> Text,
        address -> Text,
        saved_at -> BigInt,
    }
}

diesel::table! {
    idempotency (organisation, idempotency_key) {
        organisation -> Text,
        idempotency_key -> Text,
        request_digest -> Binary,
        accepted -> Bool,
        outcome -> Text,
        programme_no -> Nullable<BigInt>,
        log_index -> Nullable<BigInt>,
        recorded_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    installation,
    signing_key,
    agency,
    university,
    token,
    login,
    recovery_code,
    identity,
    pass,
    sign_in,
    denial,
    payee,
    employee,
    employee_personal,
    payee_personal,
    voucher_credential,
    programme,
    budget_line,
    quota,
    quota_move,
    proposal,
    log_head,
    journal_transaction,
    log_hash,
    checkpoint,
    cosignature,
    posting,
    account_turnover,
    period,
    account_balance,
    voucher_tally,
    request,
    request_item,
    holder_claim,
    voucher,
    course_run,
    redemption,
    enrolment_move,
    voucher_attempt,
    session,
    payment,
    payment_register,
    settlement_account,
    bank_statement,
    statement_item,
    campaign_contract,
    campaign_act,
    instructor_contract,
    course_run_plan,
    attendance,
    test_result,
    completion,
    retrained_tally,
    device_pairing,
    device,
    offline_item,
    offline_item_personal,
    conflict_case,
    unmasking,
    saved_query,
    idempotency,
);

diesel::joinable!(request -> agency (agency_no));
diesel::joinable!(voucher -> agency (agency_no));
diesel::joinable!(voucher -> programme (programme_no));
