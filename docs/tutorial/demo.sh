# Helpers of the tutorial, for bash: `. docs/tutorial/demo.sh` in the repository's directory, while the demo runs.
# They need curl and python3. DEMO names another data directory than `data`.

# field KEY…: a value of the JSON on standard input.   … | field items 0 payee_id
field() {
  python3 -c '
import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1:]:
    value = value[int(key) if isinstance(value, list) else key]
text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
sys.stdout.write(text + ("\n" if sys.stdout.isatty() else ""))' "$@"
}

# demo KEY…: a value of demo.json.   demo tokens registrar
demo() { field "$@" < "${DEMO:-data}/demo.json"; }

# voucher N FIELD [STATUS]: a field of the Nth voucher (from 0) that had this status (issued) when the demo ended.
voucher() {
  python3 -c '
import json, sys
path, place, name, status = sys.argv[1:]
found = [voucher for voucher in json.load(open(path))["vouchers"] if voucher["status"] == status]
sys.stdout.write(found[int(place)][name] + ("\n" if sys.stdout.isatty() else ""))' \
    "${DEMO:-data}/demo.json" "$1" "$2" "${3:-issued}"
}

# as ROLE CURL-ARGUMENTS…: curl with the role's token; the status, then the answer laid out.
as() {
  local token
  token=$(demo tokens "$1") || return
  shift
  curl -sS -w '%{stderr}HTTP %{http_code}\n' -H "Authorization: Bearer $token" "$@" | python3 -c '
import json, sys
text = sys.stdin.read()
try:
    text = json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"
except ValueError:
    pass
sys.stdout.write(text)'
}

# key: a new Idempotency-Key, or the id of a new redemption.
key() { python3 -c 'import sys, uuid; sys.stdout.write(str(uuid.uuid4()))'; }

# today: the day it is in Moscow.
today() { TZ=MSK-3 date +%F; }

# vouchers: the program, built.
vouchers() { cargo run --quiet --release -- --data "${DEMO:-data}" "$@"; }

json='Content-Type: application/json'
base=$(demo base_url)
programme=$(demo programme_id)
run=$(demo open_course_run_id)
